"""Names of any length: a document may have them, a file system does not take them."""

from __future__ import annotations

from pathlib import Path

from .commands import QUOTES, wsgen

LONG = "tick" * 1000


def test_a_document_of_long_names_becomes_a_package(tmp_path: Path) -> None:
    long = QUOTES.replace("{title: Quotes", f"{{title: {LONG}").replace("const: quotes.", f"const: {LONG}.")
    (tmp_path / "api.yaml").write_text(long, "utf-8")

    run = wsgen(tmp_path, "build", "api.yaml")

    assert run.code == 0
    (package,) = (path for path in tmp_path.iterdir() if path.is_dir())
    (domain,) = package.glob("tick*.py")
    assert package.name.startswith("tick" * 40)
    assert domain.stem.startswith("tick" * 40)

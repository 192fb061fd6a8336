"""What is verified in a run of `wsgen build`, and in how many processes."""

from __future__ import annotations

import subprocess
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from wsgen.cli import main

from .commands import QUOTES, wsgen

CONFIGURATION = """
[[client]]
input = "a.yaml"
output = "clients/a"
runtime = "shared"
runtime_output = "clients/runtime"

[[client]]
input = "b.yaml"
output = "clients/b"
runtime = "shared"
runtime_output = "clients/runtime"
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """For every interpreter that verifies, the packages that it was given."""
    found: list[list[str]] = []

    class Recording(subprocess.Popen[bytes]):
        def __init__(self, command: Any, **options: Any) -> None:
            if any(str(each).endswith("probe.py") for each in command):
                found.append([str(each) for each in command[5:]])
            super().__init__(command, **options)

    monkeypatch.setattr(subprocess, "Popen", Recording)
    return found


@pytest.mark.parametrize("clients", [2, 4])
def test_one_interpreter_verifies_several_clients(tmp_path: Path, clients: int, started: list[list[str]]) -> None:
    names = [f"{number}.yaml" for number in range(clients)]
    for name in names:
        (tmp_path / name).write_text(QUOTES.replace("title: Quotes", f"title: Quotes {name}"), "utf-8")
    assert wsgen(tmp_path, "build", *names, "-o", "out").code == 0
    assert [len(packages) for packages in started] == [clients]


def test_one_job_is_one_interpreter_for_however_many(tmp_path: Path, started: list[list[str]]) -> None:
    names = [f"{number}.yaml" for number in range(9)]
    for name in names:
        (tmp_path / name).write_text(QUOTES.replace("title: Quotes", f"title: Quotes {name}"), "utf-8")
    with chdir(tmp_path), pytest.raises(SystemExit, match="0"):
        main(["build", *names, "-o", "out", "--jobs", "1"])
    assert [len(packages) for packages in started] == [9]


def test_what_does_not_reach_the_code_is_not_verified(tmp_path: Path, started: list[list[str]]) -> None:
    document = tmp_path / "quotes.yaml"
    document.write_text(QUOTES, "utf-8")
    assert wsgen(tmp_path, "build", "quotes.yaml").code == 0
    assert len(started) == 1
    before = (tmp_path / "quotes" / ".wsgen.json").read_bytes()
    document.write_text(QUOTES + "# a remark\n", "utf-8")
    assert wsgen(tmp_path, "build", "quotes.yaml").code == 0
    assert (tmp_path / "quotes" / ".wsgen.json").read_bytes() != before
    assert len(started) == 1
    assert wsgen(tmp_path, "build", "quotes.yaml", "--force").code == 0
    assert len(started) == 2, "who forces a build has it verified"


def test_what_reaches_the_code_is_verified(tmp_path: Path, started: list[list[str]]) -> None:
    document = tmp_path / "quotes.yaml"
    document.write_text(QUOTES, "utf-8")
    assert wsgen(tmp_path, "build", "quotes.yaml", "--no-verify").code == 0
    assert started == []
    document.write_text(QUOTES.replace("number", "integer"), "utf-8")
    assert wsgen(tmp_path, "build", "quotes.yaml").code == 0
    assert len(started) == 1
    (tmp_path / "quotes" / "models.py").unlink()
    assert wsgen(tmp_path, "build", "quotes.yaml").code == 0
    assert len(started) == 2


def test_another_runtime_has_all_verified_that_import_it(tmp_path: Path, started: list[list[str]]) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(QUOTES.replace("title: Quotes", f"title: {name}"), "utf-8")
    (tmp_path / "wsgen.toml").write_text(CONFIGURATION, "utf-8")
    assert wsgen(tmp_path, "build").code == 0
    assert [len(packages) for packages in started] == [2]
    for name in ("a", "b"):
        with (tmp_path / f"{name}.yaml").open("a", encoding="utf-8") as document:
            document.write("# a remark\n")
    assert wsgen(tmp_path, "build").code == 0
    assert [len(packages) for packages in started] == [2]
    for name in ("a", "b"):
        with (tmp_path / f"{name}.yaml").open("a", encoding="utf-8") as document:
            document.write("# another remark\n")
    (tmp_path / "clients" / "runtime" / "errors.py").unlink()
    assert wsgen(tmp_path, "build").code == 0
    assert [len(packages) for packages in started] == [2, 2]

"""What a person may want to do after a first build. Offered on a terminal; never done unasked."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

__all__ = ["attributes_line", "offer_attributes"]


def offer_attributes(output: Path) -> None:
    """Offer to mark the output as generated, where it stands in a git repository that does not know it."""
    line = attributes_line(output)
    if line is not None:
        typer.echo(
            "  reviews fold generated files, and merges leave them to the next build, with this line:\n"
            f"    echo {shlex.quote(line)} >> .gitattributes"
        )


def attributes_line(output: Path) -> str | None:
    """A line of .gitattributes at the root of the repository; None where there is no use for it."""
    folder = output.resolve()
    root = next((each for each in folder.parents if (each / ".git").exists()), None)
    if root is None:
        return None
    path = folder.relative_to(root).as_posix()
    known = root / ".gitattributes"
    try:
        if known.is_file() and any("linguist-generated" in line for line in known.read_text("utf-8").splitlines()):
            return None
    except (OSError, UnicodeDecodeError):
        return None
    pattern = f'"{path}/**"' if " " in path else f"{path}/**"
    return f"{pattern} linguist-generated=true -merge"

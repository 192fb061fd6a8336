"""What the README says of the size of an installation, within what changes as libraries are released."""

from __future__ import annotations

import re
from pathlib import Path

from tests.installed import installed

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_readme_says_what_an_installation_brings() -> None:
    said = re.search(r"(\d+) packages\s+of\s+(\d+)\s+MB", README)
    assert said
    packages, megabytes = int(said[1]), int(said[2])
    found = installed()
    assert abs(len(found.sizes) - packages) <= 5, list(found.sizes)
    assert abs(found.megabytes - megabytes) <= 0.3 * megabytes, found.sizes


def test_an_application_needs_the_runtime_alone() -> None:
    assert installed().sizes["wsgen"] > 100_000

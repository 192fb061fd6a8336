"""Where a command prints that does not get rid of its words, and in a locale that has few letters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .commands import QUOTES, WSGEN

PRINTING = ("inspect", "quotes.yaml"), ("explain",), ("schema", "config"), ("build", "quotes.yaml", "--check")
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quotes.yaml").write_text(QUOTES, "utf-8")
    return tmp_path


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_who_leaves_is_told_nothing_and_no_result_is_claimed(folder: Path, arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run([*WSGEN, *arguments], cwd=folder, stdout=writing, stderr=subprocess.PIPE, encoding="utf-8")
    os.close(writing)
    assert (run.returncode, "rror" in run.stderr) == (141, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_below_what_is_printed_is_no_fault_of_ours(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*WSGEN, "inspect", "quotes.yaml"]
        run = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, encoding="utf-8")
    assert run.stderr == "wsgen: what is printed cannot be written: No space left on device\n"
    assert run.returncode == 4


def test_a_closed_output_does_not_keep_it_from_building(folder: Path) -> None:
    command = [*WSGEN, "build", "quotes.yaml", "--no-verify"]
    run = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], cwd=folder, stderr=subprocess.PIPE, encoding="utf-8")
    assert (run.returncode, run.stderr) == (0, "")
    assert (folder / "quotes" / ".wsgen.json").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="file names are not bytes here")
@pytest.mark.parametrize("arguments", [("build", "größe.yaml", "-o", "aus gäbe"), ("build", "--config", "größe.toml")])
def test_the_locale_does_not_change_a_byte(folder: Path, arguments: tuple[str, ...]) -> None:
    def build(place: Path, **environment: str) -> dict[str, bytes]:
        place.mkdir()
        (place / "größe.yaml").write_text(QUOTES, "utf-8")
        (place / "größe.toml").write_text('[[client]]\ninput = "größe.yaml"\noutput = "aus gäbe"\n', "utf-8")
        command = [*WSGEN, *arguments]
        run = subprocess.run(command, cwd=place, env={**os.environ, **environment}, stderr=subprocess.PIPE)
        assert (run.returncode, run.stderr) == (0, b"")
        output = place / "aus gäbe"
        return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}

    assert build(folder / "ours") == build(folder / "ascii", **ASCII)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are not bytes here")
def test_a_configuration_is_begun_in_any_locale(folder: Path) -> None:
    (folder / "quotes.yaml").rename(folder / "größe.yaml")
    for command in (["init"], ["build", "--check"]):
        run = subprocess.run([*WSGEN, *command], cwd=folder, env={**os.environ, **ASCII}, capture_output=True)
        assert (run.returncode, b"Traceback" in run.stderr) == (int("--check" in command), False)
    assert 'input = "größe.yaml"' in (folder / "wsgen.toml").read_text("utf-8")

"""Problems as they are printed: frames and carets, colours, hostile text, JSON."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len
from wsgen.cli.printing import WHERE_LINES_GO, WIDTH, print_problems
from wsgen.problems import Place, Problem, Problems

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/problems.schema.json").read_text("utf-8"))
HOSTILE = "a\x1b[31mb\x1b]0;title\x07c\u202ed\u2028e\x9bf\r\ng\u200b[bold red]h[/]"


def shown(capsys: pytest.CaptureFixture[str], problems: Iterable[Problem]) -> list[str]:
    print_problems(problems, "text")
    return capsys.readouterr().err.splitlines()


def below_caret(source: str, caret: str) -> str:
    """What stands above the carets, by cells as a terminal has them."""
    start = len(caret) - len(caret.lstrip())
    end = len(caret.rstrip())
    found, at = "", 0
    for character in source:
        if start <= at < end and (cell_len(character) or at > start):
            found += character
        at += cell_len(character)
    return found


class TestFrames:
    @pytest.mark.parametrize(
        ("line", "word"),
        [
            ("info: {titel: Quotes}", "titel"),
            ("\tinfo:\t{titel: Quotes}", "titel"),
            ("日本語: {titel: Quotes}", "titel"),
            ("e\u0301te\u0301: {titel: Quotes}", "titel"),
            ("🙂🙂\t{titel: Quotes}", "titel"),
            ("{価格: 1}", "価格"),
            ('{"a b": 1, "価 格": 2}', '"価 格"'),
            ("x: " + "y" * 500 + " titel: " + "z" * 500, "titel"),
            ("x: " + "価" * 500 + " titel: " + "z" * 500, "titel"),
            ("titel: " + "\t" * 300, "titel"),
        ],
    )
    def test_carets_stand_below_the_word(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, word: str
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(f"asyncapi: 3.0.0\n{line}\n", "utf-8")
        place = Place(file.as_posix(), 2, line.index(word) + 1)
        _, source, caret, _ = shown(capsys, [Problem("WSG207", "note", "a field", place)])
        assert source.startswith("  2 | ")
        assert below_caret(source, caret[:4] + " " + caret[5:]) == word
        assert cell_len(source) <= WIDTH + 8

    def test_the_end_of_a_line_has_a_caret(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "a.yaml"
        file.write_text("info:\n", "utf-8")
        _, source, caret, _ = shown(capsys, [Problem("WSG207", "note", "x", Place(file.as_posix(), 1, 6))])
        assert (source, caret) == ("  1 | info:", "    |      ^")

    def test_a_word_is_underlined_as_far_as_it_is_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text("x" * 5000, "utf-8")
        _, source, caret, _ = shown(capsys, [Problem("WSG207", "note", "x", Place(file.as_posix(), 1, 1))])
        assert source == f"  1 | {'x' * WIDTH}…"
        assert caret == f"    | {'^' * WIDTH}"

    @pytest.mark.parametrize("line", [0, 3, 4000])
    def test_a_place_that_is_not_there_has_no_frame(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: int
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text("info:\n", "utf-8")
        place = Place(file.as_posix(), line, line and 1)
        assert len(shown(capsys, [Problem("WSG207", "note", "x", place)])) == 2

    def test_pointer_second_place_help_and_configuration_follow(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "a.yaml"
        file.write_text("one: 1\ntwo: 2\n", "utf-8")
        name = file.as_posix()
        problem = Problem(
            "WSG425",
            "warning",
            "two and one",
            Place(name, 2, 1, "/two"),
            "take one",
            ((Place(name, 1, 1, "/one"), "the other"),),
            'domains.one.route = "connection"',
        )
        assert shown(capsys, [problem]) == [
            f"{name}:2:1: warning[WSG425]: two and one",
            "  2 | two: 2",
            "    | ^^^",
            "  at /two",
            f"  {name}:1:1: the other",
            "    1 | one: 1",
            "      | ^^^",
            "  help: take one",
            '    domains.one.route = "connection"',
            WHERE_LINES_GO,
            "1 warning; `wsgen explain WSG425` tells more",
        ]


class TestHostileText:
    def test_no_text_steers_a_terminal(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "a.yaml"
        file.write_text(HOSTILE + "\n", "utf-8", newline="")
        place = Place(file.as_posix(), 1, 1, f"/{HOSTILE}")
        problem = Problem("WSG207", "note", HOSTILE, place, HOSTILE, ((place, HOSTILE),), f'[x]\na = "{HOSTILE}"')
        print_problems([problem], "text")
        err = capsys.readouterr().err
        assert all(character.isprintable() or character == "\n" for character in err)
        assert "[bold red]h[/]" in err

    def test_the_name_of_a_file_neither(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_problems([Problem("WSG101", "error", "x", Place(HOSTILE))], "text")
        err = capsys.readouterr().err
        assert all(character.isprintable() or character == "\n" for character in err)

    def test_json_is_ascii(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_problems([Problem("WSG101", "error", HOSTILE, Place(HOSTILE))], "json")
        out = capsys.readouterr().out
        assert all(character.isprintable() or character == "\n" for character in out)
        assert json.loads(out)[0]["message"] == HOSTILE


def on_a_terminal(arguments: list[str], folder: Path, **environment: str) -> bytes:
    """Standard error of a command line whose standard error is a terminal."""
    own, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "wsgen.cli", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**plain, "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(theirs)
        chunks: list[bytes] = []
        try:
            while chunk := os.read(own, 65536):
                chunks.append(chunk)
        except OSError:  # the other end is closed
            pass
        os.close(own)
        process.wait()
    return b"".join(chunks)


class TestColours:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "a.yaml").write_text("asyncapi: 1.2.0\ninfo: {}\n", "utf-8")
        return tmp_path

    def test_on_a_terminal(self, folder: Path) -> None:
        out = on_a_terminal(["validate", "a.yaml"], folder)
        assert b"\x1b[1;31merror[WSG202]\x1b[0m" in out

    def test_not_with_no_color(self, folder: Path) -> None:
        out = on_a_terminal(["validate", "a.yaml"], folder, NO_COLOR="1")
        assert b"error[WSG202]" in out
        assert b"\x1b[1;31m" not in out
        assert b"\x1b[3" not in out

    def test_not_in_a_pipe(self, folder: Path) -> None:
        command = [sys.executable, "-m", "wsgen.cli", "validate", "a.yaml"]
        run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert b"error[WSG202]" in run.stderr
        assert b"\x1b" not in run.stderr


class TestJson:
    def test_the_schema_is_one(self) -> None:
        Draft202012Validator.check_schema(SCHEMA)

    def test_problems_are_as_the_schema_says(self, capsys: pytest.CaptureFixture[str]) -> None:
        problems = Problems()
        problems.note("WSG601", "a note", Place(""))
        problems.error("WSG410", "an error", Place("a.yaml", 1, 2, "/x"), "help", ((Place("b.yaml"), "there"),))
        problems.warning("WSG425", "a warning", Place("-"), settled_by="[x]\na = 1")
        print_problems(problems, "json")
        found = json.loads(capsys.readouterr().out)
        Draft202012Validator(SCHEMA).validate(found)
        assert [problem["code"] for problem in found] == ["WSG601", "WSG425", "WSG410"]

    def test_no_problem_is_an_empty_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_problems([], "json")
        assert json.loads(capsys.readouterr().out) == []


def test_a_terminal_without_our_letters_gets_escapes(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("asyncapi: 3.0.0\ninfo: {titré: x}\nchannels: {}\n", "utf-8")
    command = [sys.executable, "-m", "wsgen.cli", "validate", "a.yaml"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env=environment)
    assert run.returncode == 3
    assert rb"`titr\xe9`" in run.stderr

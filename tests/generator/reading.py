"""A document through the front of the generator, for tests of its rooms."""

from __future__ import annotations

from pathlib import Path

from wsgen.build import build
from wsgen.document import load, reader
from wsgen.model import Application
from wsgen.problems import Problems
from wsgen.resolve import Tree, resolve
from wsgen.structure import check
from wsgen.upgrade import upgrade

SPECS = Path(__file__).parents[2] / "specs"


def tree_of(text: str, problems: Problems | None = None, name: str = "spec.yaml") -> Tree:
    problems = problems if problems is not None else Problems()
    return resolve(load(name, problems, text=text), reader(name, problems), problems)


def read(source: str | Path, problems: Problems, *, text: str | None = None) -> Application:
    """The application of a document; `text` is its content, where it is not in a file."""
    document = load(str(source), problems, text=text)
    tree = resolve(document, reader(str(source), problems), problems)
    check(tree, problems)
    return build(upgrade(tree, problems), problems)


def read_text(text: str, name: str = "spec.yaml") -> tuple[Application, Problems]:
    problems = Problems()
    return read(name, problems, text=text), problems


def read_valid(name: str) -> Application:
    """The application of a document of specs/valid, which must be without any problem."""
    problems = Problems()
    application = read(SPECS / "valid" / name, problems)
    assert [str(problem) for problem in problems] == []
    return application


def codes(problems: Problems) -> list[str]:
    return [problem.code for problem in problems]

"""The examples behind the rules of problems: what produces each code, and the same mended.

An example is a text that shows both forms as a difference. `--- NAME` begins a file, `--- shell` the commands that
are given (without any, the first file is validated). Each line below begins with two characters: `- ` where only
the form with the problem has it, `+ ` where only the mended one has, else two spaces. Files below `output/` are what
`wsgen build` would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["Example", "Part", "example_of"]

SHELL = "shell"


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or the commands. Each of `lines` is a mark (`-`, `+` or a space) and a text."""

    name: str
    lines: tuple[tuple[str, str], ...]

    @property
    def is_shell(self) -> bool:
        return self.name == SHELL

    def form(self, *, mended: bool) -> tuple[str, ...]:
        """The lines of one form."""
        return tuple(text for mark, text in self.lines if mark != ("-" if mended else "+"))


@dataclass(frozen=True, slots=True)
class Example:
    parts: tuple[Part, ...]

    def files(self, *, mended: bool) -> dict[str, str]:
        """The texts of the files that one form has, by their paths. A file without a line is not there."""
        found = {part.name: part.form(mended=mended) for part in self.parts if not part.is_shell}
        return {name: "\n".join(lines) + "\n" for name, lines in found.items() if lines}

    def commands(self, *, mended: bool) -> tuple[str, ...]:
        """What is typed, for one form."""
        for part in self.parts:
            if part.is_shell:
                return part.form(mended=mended)
        return (f"wsgen validate {self.parts[0].name}",)


def example_of(code: str) -> Example:
    """The example of a code that has a rule."""
    text = (files("wsgen.problems.rules") / "examples" / f"{code}.txt").read_text("utf-8")
    return Example(tuple(_parts(text)))


def _parts(text: str) -> Iterator[Part]:
    name, lines = "", list[tuple[str, str]]()
    for line in text.splitlines():
        if line.startswith("--- "):
            if name:
                yield Part(name, tuple(lines))
            name, lines = line.removeprefix("--- "), []
        else:
            lines.append((line[:1] or " ", line[2:]))
    yield Part(name, tuple(lines))

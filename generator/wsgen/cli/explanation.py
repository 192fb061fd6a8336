"""What `wsgen explain` prints."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from wsgen.problems.rules import RULES

from .examples import Part, example_of

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_rule", "print_rules"]

WIDTH = 100
_STYLES = {"-": "red", "+": "green", " ": ""}


def print_rules() -> None:
    """Every code with its title."""
    console = _console()
    for code, rule in RULES.items():
        console.print(f"{code}  {rule.title}")


def print_rule(code: str) -> None:
    """A rule, an example as the difference between its two forms, and how it is mended."""
    console, rule, example = _console(), RULES[code], example_of(code)
    console.print(f"{code}: {rule.title}", style="bold")
    console.print(f"\n{_filled(rule.text)}\n\nFor example (- gives the problem, + is its mend):")
    for part in example.parts:
        _print_part(console, part)
    if not any(part.is_shell for part in example.parts) and not example.parts[0].name.startswith("output/"):
        _print_part(console, Part("shell", tuple((" ", command) for command in example.commands(mended=False))))
    console.print(f"\n{_filled(rule.mend)}")


def _print_part(console: Console, part: Part) -> None:
    if part.is_shell:
        lines = [(mark, f"$ {text}") for mark, text in part.lines]
    else:
        console.print(f"\n  {part.name}", style="bold")
        lines = [(mark, f"  {text}") for mark, text in part.lines]
    if part.is_shell:
        console.print()
    for mark, text in lines:
        console.print(f"{mark} {text}".rstrip(), style=_STYLES[mark])


def _filled(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _console() -> Console:
    """Standard output, with colours on a terminal alone."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False)

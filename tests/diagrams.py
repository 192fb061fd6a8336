"""The state diagrams of `docs/runtime.md`, drawn from what the runtime does: `python -m tests.diagrams`.

That of a subscription is drawn from the table in `transitions`, that of a connection by trying, in every state that
can be reached, everything that can happen to a session.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Final

from wsgen_runtime.errors import Closed
from wsgen_runtime.options import ConnectionState
from wsgen_runtime.transitions import TABLE, Act, Happening, Held

from tests.runtime.sessions import Bench

__all__ = ["DOCUMENT", "connection_diagram", "subscription_diagram", "with_diagrams"]

DOCUMENT = Path(__file__).parents[1] / "docs" / "runtime.md"

Facts = tuple[bool, Held]
Edges = dict[tuple[str, str], list[str]]


def mermaid(names: Mapping[str, str], start: str, edges: Edges, notes: Iterable[str] = ()) -> str:
    """A state diagram: states with what is written in them, and edges with all of their labels."""
    lines = ["stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f'    state "{text}" as {name}' for name, text in names.items() if name != text]
    lines += [f"    {tail} --> {head}: {', '.join(labels)}" for (tail, head), labels in edges.items()]
    lines += [f"    {note}" for note in notes]
    return "\n".join(lines) + "\n"


def subscription_diagram(table: Mapping[tuple[bool, Held, Happening], tuple[Held, Act]] = TABLE) -> str:
    """What becomes of a set of parameters, as Mermaid text. Rows that change nothing and do nothing are left out, and
    so are states that nothing leads to. What leads from all states to absent, and does nothing, is a note.
    """
    everywhere = [happening for happening in Happening if _leads_everything_to_absent(table, happening)]
    edges: Edges = {}
    for (wanted, held, happening), (after, act) in table.items():
        for before in _before(wanted, happening):
            changes = (before, held) != (wanted, after) or act is not Act.NOTHING
            if changes and happening not in everywhere:
                label = happening.value if act is Act.NOTHING else f"{happening.value} / {act.value}"
                edges.setdefault((_name((before, held)), _name((wanted, after))), []).append(label)
    reached = _reached_from(_name((False, Held.ABSENT)), edges)
    names = {_name(facts): _text(facts) for facts in product((False, True), Held) if _name(facts) in reached}
    edges = {edge: labels for edge, labels in edges.items() if edge[0] in reached}
    notes = [
        line
        for happening in everywhere
        for line in (
            f"note left of {_name((False, Held.ABSENT))}",
            f"    {happening.value}: from any state to absent, wanted or not as before",
            "end note",
        )
    ]
    return mermaid(names, _name((False, Held.ABSENT)), edges, notes)


def _before(wanted: bool, happening: Happening) -> tuple[bool, ...]:
    """Whether it was wanted before: the table's fact is the one after the happening."""
    if happening is Happening.JOINED:
        return (False, True)
    return (True,) if happening is Happening.LEFT else (wanted,)


def _leads_everything_to_absent(
    table: Mapping[tuple[bool, Held, Happening], tuple[Held, Act]], happening: Happening
) -> bool:
    rows = [row for (_, _, what), row in table.items() if what is happening]
    return len(rows) == 2 * len(Held) and all(row == (Held.ABSENT, Act.NOTHING) for row in rows)


def _reached_from(start: str, edges: Edges) -> set[str]:
    reached, more = {start}, True
    while more:
        found = {head for tail, head in edges if tail in reached} - reached
        reached |= found
        more = bool(found)
    return reached


def _name(facts: Facts) -> str:
    wanted, held = facts
    return f"{'wanted' if wanted else 'unwanted'}_{held.value}"


def _text(facts: Facts) -> str:
    wanted, held = facts
    return f"{'wanted' if wanted else 'not wanted'}, {held.value}"


def _call(bench: Bench) -> None:
    with suppress(Closed):
        bench.session.connect(bench.lease)


def _spend_all_attempts(bench: Bench) -> None:
    made = -1
    while bench.session.state in ("CONNECTING", "RECONNECTING") and made != len(bench.attempts):
        made = len(bench.attempts)
        if bench.attempts:
            bench.session.unreachable(bench.attempts[-1].generation, ConnectionRefusedError())
        bench.collect()
        bench.advance(60)


def _refuse(bench: Bench) -> None:
    if bench.attempts:
        bench.session.refused(bench.attempts[-1].generation, 404)


def _accept(bench: Bench) -> None:
    if bench.attempts:
        bench.open()


HAPPENINGS: Final[dict[str, Callable[[Bench], object]]] = {
    "a call": _call,
    "an attempt succeeds": _accept,
    "the last attempt fails": _spend_all_attempts,
    "the server refuses for good": _refuse,
    "the connection ends": lambda bench: bench.lose(1006),
    "the server closes for good": lambda bench: bench.lose(4400),
    "the last client closes": lambda bench: bench.session.close(bench.lease),
}
"""What can happen to a connection, and how it is made to happen. Where it cannot happen, it does nothing."""


def connection_diagram() -> str:
    """The states of a connection, as Mermaid text: everything that can happen, tried in every state."""
    paths: dict[ConnectionState, tuple[str, ...]] = {"DISCONNECTED": ()}
    edges: Edges = {}
    to_try: list[ConnectionState] = ["DISCONNECTED"]
    for state in to_try:
        for happening in HAPPENINGS:
            after = _state_after((*paths[state], happening))
            if after == state:
                continue
            edges.setdefault((state, after), []).append(happening)
            if after not in paths:
                paths[after] = (*paths[state], happening)
                to_try.append(after)
    return mermaid({state: state for state in paths}, "DISCONNECTED", edges)


def _state_after(path: Iterable[str]) -> ConnectionState:
    bench = Bench()
    for happening in path:
        HAPPENINGS[happening](bench)
        bench.collect()
        bench.advance(1)
    return bench.session.state


DIAGRAMS: Final[dict[str, Callable[[], str]]] = {
    "connection": connection_diagram,
    "subscription": subscription_diagram,
}


def with_diagrams(text: str) -> str:
    """A document with its diagrams drawn anew, each between the two markers that name it."""
    for name, draw in DIAGRAMS.items():
        begin, end = f"<!-- diagram: {name} -->\n", f"<!-- end of diagram: {name} -->"
        between = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        drawn = f"{begin}```mermaid\n{draw()}```\n{end}".replace("\\", r"\\")
        text, count = between.subn(drawn, text)
        if count != 1:
            raise ValueError(f"expected one pair of markers for the diagram {name!r}, got {count}")
    return text


if __name__ == "__main__":
    logging.disable()
    DOCUMENT.write_text(with_diagrams(DOCUMENT.read_text("utf-8")), encoding="utf-8", newline="\n")
    print(f"wrote {DOCUMENT.name}")

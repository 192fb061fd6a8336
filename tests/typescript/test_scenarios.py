"""Every scenario holds in TypeScript, too: one contract, two languages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from wsgen_runtime.transitions import TABLE, Act

from .tools import HERE, NodeTools

SCENARIOS = sorted((HERE.parent / "scenarios").glob("*.json"))
"""All of them: there is no list of exceptions."""

Failures = Mapping[str, str | None]


def played(tools: NodeTools, folder: Path, files: Sequence[Path]) -> Failures:
    """What does not hold in each of these scenarios, by its path."""
    runner = tools.bundle(HERE / "scenarios.ts", folder / "scenarios.mjs", "--sourcemap=inline")
    failures: Failures = json.loads(tools.node(runner, *map(str, files)))
    return failures


@pytest.fixture(scope="module")
def failures(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Failures:
    return played(node_tools, tmp_path_factory.mktemp("scenarios"), SCENARIOS)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, failures: Failures) -> None:
    assert failures[str(path)] is None


def test_the_runner_sees_what_does_not_hold(node_tools: NodeTools, tmp_path: Path) -> None:
    wrong, unknown = tmp_path / "wrong.json", tmp_path / "unknown.json"
    wrong.write_text('{"steps": [{"connect": true}, {"expect_attempts": 2}]}')
    unknown.write_text('{"options": {"tiemout": 1}, "steps": [{"conect": true}]}')

    failures = played(node_tools, tmp_path, [wrong, unknown])

    assert str(failures[str(wrong)]).splitlines() == [
        'step 2: {"expect_attempts":2}',
        "attempts:",
        "  expected 2",
        "  found    1",
    ]
    assert "unknown options: tiemout" in str(failures[str(unknown)])


def test_the_table_is_that_of_python(node_tools: NodeTools, tmp_path: Path) -> None:
    """What is not in the table of TypeScript stays as it is."""
    script = node_tools.bundle(HERE / "table.ts", tmp_path / "table.mjs")
    table = json.loads(node_tools.node(script))

    found = {
        (wanted, held, happening): tuple(table[happening][wanted].get(held.value, (held.value,)))
        for wanted, held, happening in ((key[0], key[1], key[2].value) for key in TABLE)
    }

    assert found == {
        (wanted, held, happening.value): (after.value,) if act is Act.NOTHING else (after.value, act.value)
        for (wanted, held, happening), (after, act) in TABLE.items()
    }
    named = {
        (wanted, held, happening) for happening, both in table.items() for wanted in (0, 1) for held in both[wanted]
    }
    assert named <= {(int(wanted), held.value, happening.value) for wanted, held, happening in TABLE}

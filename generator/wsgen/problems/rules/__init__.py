"""The rules behind the codes of problems: what `wsgen explain` prints.

One table per hundred: `parse` 1xx, `structure` 2xx, `references` 3xx, `derivation` 4xx (`connections` 45x,
`payloads` 46x, `names` 48x), `output` 6xx, `configuration` 9xx. A code never changes its meaning; one that is
no longer used is not given out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import configuration, connections, derivation, names, output, parse, payloads, references, structure
from .rule import Rule

__all__ = ["RULES", "Rule"]

RULES: Mapping[str, Rule] = MappingProxyType(
    dict(
        sorted(
            {
                **parse.RULES,
                **structure.RULES,
                **references.RULES,
                **derivation.RULES,
                **connections.RULES,
                **payloads.RULES,
                **names.RULES,
                **output.RULES,
                **configuration.RULES,
            }.items()
        )
    )
)
"""Every rule by its code, in the order of the codes."""

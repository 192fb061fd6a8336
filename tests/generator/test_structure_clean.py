"""What is told to be clean without jsonschema is what jsonschema finds nothing wrong with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsgen.document import Json
from wsgen.structure import version_2, version_3
from wsgen.structure.clean import Later, clean
from wsgen.structure.dialect import Dialect
from wsgen.structure.vocabulary import Definitions

from .mutants import mutant
from .test_fuzz import documents

DEFINITIONS: Mapping[str, Definitions] = {"2": version_2.DEFINITIONS, "3": version_3.DEFINITIONS}
DIALECTS = {version: Dialect(definitions) for version, definitions in DEFINITIONS.items()}
KINDS = [(version, kind) for version, definitions in DEFINITIONS.items() for kind in definitions]

_ODD = st.sampled_from(["", "x-own", "$ref", "typ", "payload", "type", "required", "schemaFormat", "é", "0"])
_TEXTS = st.one_of(
    st.sampled_from(["string", "object", "http", "oauth2", "httpApiKey", "query", "send", "GET", "#/components/a"]),
    st.text(max_size=5),
)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([0.0, -0.5, 2.0, 1.5, 1e300]), _TEXTS
)
_VALUES: st.SearchStrategy[Json] = st.recursive(
    _SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(_ODD, below, max_size=3)),
    max_leaves=5,
)


def _fields_of(schema: Json) -> Iterator[str]:
    """All names of properties in a definition."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for below in schema.values():
            yield from _fields_of(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from _fields_of(below)


@st.composite
def objects(draw: st.DrawFn) -> tuple[str, str, Json]:
    """A version, a kind of object, and a value that has some of its fields."""
    version, kind = draw(st.sampled_from(KINDS))
    names = [*_fields_of(DEFINITIONS[version][kind])]
    keys = st.one_of(st.sampled_from(names), _ODD) if names else _ODD
    value = draw(st.one_of(st.dictionaries(keys, _VALUES, max_size=6), _VALUES))
    return version, kind, value


@pytest.mark.parametrize("version", DEFINITIONS)
def test_every_definition_is_written_in_keywords_that_are_known(version: str) -> None:
    for kind, definition in DEFINITIONS[version].items():
        assert clean(definition)(None, (), []) in (True, False), kind


def test_a_keyword_that_is_not_known_is_no_keyword_to_pass_over() -> None:
    with pytest.raises(KeyError, match="maxContains"):
        clean({"type": "array", "maxContains": 3})


@given(objects())
@settings(max_examples=1500, deadline=None)
def test_whatever_the_value_the_findings_are_those_of_jsonschema(given: tuple[str, str, Json]) -> None:
    version, kind, value = given
    dialect = DIALECTS[version]
    assert dialect.look(kind, value) == dialect.judged(kind, value)


def test_every_object_of_every_example_is_found_the_same_also_with_a_fault() -> None:
    clean_ones = 0
    for name, document in documents():
        for seed in ("", "a", "b", "c"):
            tree, what = mutant(document, f"{name} {seed}") if seed else (document, "nothing")
            for version, kind, value in _objects(tree):
                found = DIALECTS[version].look(kind, value)
                assert found == DIALECTS[version].judged(kind, value), f"{name}, {kind}: {what}"
                clean_ones += all(each.keyword == "later" for each in found)
    assert clean_ones > 5_000, "most of what people write is in order"


def _objects(tree: Json) -> Iterator[tuple[str, str, Json]]:
    """The objects of a document, without those behind references."""
    version = "2" if isinstance(tree, dict) and str(tree.get("asyncapi", "")).startswith("2") else "3"
    waiting: list[tuple[str, Json]] = [("AsyncAPI", tree)]
    while waiting:
        kind, value = waiting.pop()
        if kind == "Reference":
            continue
        yield version, kind, value
        for found in DIALECTS[version].judged(kind, value):
            if found.keyword == "later":
                below = value
                for step in found.path:
                    below = cast("dict[str | int, Json]", below)[step]
                waiting.append((str(cast("list[Json]", found.expected)[0]), below))


def test_what_is_clean_names_what_other_definitions_describe() -> None:
    later: list[Later] = []
    definition = clean(version_3.DEFINITIONS["Channel"])
    assert definition({"address": "/a", "messages": {"m": {"$ref": "#/m"}}, "x-own": 1}, (), later)
    assert later == [Later(("messages", "m"), "Reference", "Message")]
    assert not definition({"address": 3}, (), later)

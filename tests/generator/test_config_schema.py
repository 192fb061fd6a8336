"""The published schema of the configuration says of its form what the loader says, in both directions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from wsgen.config.reading import Source, Table
from wsgen.config.schema import DESCRIBED_KEYS, DOMAIN_KEYS, GENERAL_KEYS, OLDER_KEYS, PACKAGE_KEYS, config_schema
from wsgen.config.tables import EVERY_DOMAIN, NOT_IN_DOCUMENTS, OF_DOMAINS, read_config
from wsgen.problems import Problem, Problems

from .rule_examples import run_wsgen

ROOT = Path(__file__).parents[2]
SCHEMA: Any = config_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
OF_FORM = {"WSG902", "WSG903", "WSG904"}


def form_problems(document: dict[str, Any]) -> list[Problem]:
    """What the loader says of the form of a wsgen.json."""
    problems = Problems()
    read_config(Path("wsgen.json"), Table(document, (), Source("wsgen.json", {}, problems)))
    return [problem for problem in problems if problem.code in OF_FORM]


def test_it_is_a_schema_and_published() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    code, out, _ = run_wsgen("schema", "config")
    assert code == 0
    assert json.loads(out) == SCHEMA
    assert (ROOT / "docs" / "schemas" / "config.schema.json").read_text("utf-8") == out


def instances(schema: Any) -> st.SearchStrategy[Any]:
    """Values that a schema allows, in the few words that this one uses."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of([instances(each) for each in schema["anyOf"]])
    kinds = schema.get("type", ["null", "boolean", "string", "number", "array", "object"])
    return st.one_of([of_kind(schema, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def of_kind(schema: Any, kind: str) -> st.SearchStrategy[Any]:
    if kind == "object":
        return objects(schema)
    if kind == "array":
        return st.lists(
            instances(schema.get("items", {"type": "string"})), min_size=schema.get("minItems", 0), max_size=3
        )
    if kind == "string":
        texts = (
            st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(min_size=schema.get("minLength", 0))
        )
        return texts.filter(lambda text: "not" not in schema or "\n" not in text)
    if kind == "integer":
        return st.integers(min_value=schema["minimum"])
    if kind == "number":
        return st.floats(schema.get("exclusiveMinimum", -9.0), schema.get("maximum", 9.0), exclude_min=True)
    return st.booleans() if kind == "boolean" else st.none()


def objects(schema: Any) -> st.SearchStrategy[dict[str, Any]]:
    named = {key: instances(each) for key, each in schema.get("properties", {}).items()}
    needed = set(schema.get("required", ()))
    fixed = st.fixed_dictionaries(
        {key: each for key, each in named.items() if key in needed},
        optional={key: each for key, each in named.items() if key not in needed},
    )
    others = schema.get("additionalProperties")
    if not isinstance(others, dict):
        return fixed
    free = st.dictionaries(st.text(), instances(others), min_size=schema.get("minProperties", 0), max_size=2)
    return st.tuples(fixed, free).map(lambda pair: {**pair[1], **pair[0]})


DOCUMENTS = instances(SCHEMA)


@given(DOCUMENTS)
@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
def test_what_the_schema_allows_is_loaded(document: dict[str, Any]) -> None:
    assume(VALIDATOR.is_valid(document))  # "latest" needs its key
    assert form_problems(document) == []


ALL: dict[str, Any] = {
    "input": "a.json",
    "headers": {"Authorization": "Bearer ${TOKEN}"},
    "allow_refs": ["../shared"],
    "output": "a",
    "target": "python",
    "import_extension": ".ts",
    "int64": "bigint",
    "models": "pydantic",
    "runtime": "shared",
    "runtime_output": "r",
    "url_env": "URL",
    "fakes": False,
    "readme": True,
    "picows": True,
    "perspective": "server",
    "connection": "shared",
    "discriminator": "op",
    "wire_types": {"A": "a"},
    "framing": "plain",
    "envelope": "data",
    "rename": {"A": "B"},
    "include": ["a.*", "b"],
    "exclude": "c.*",
    "heartbeat": {"type": "ping", "interval": 2.5, "payload": {"a": [1, None]}, "reply": "pong"},
    "strict_enums": True,
    "typed_formats": True,
    "strict_topic": True,
    "reply": {"status": "s", "message": "", "topic": "t", "ok": ["yes", True]},
    "delivery": {"policy": "latest", "limit": 3, "key": "k"},
    "verbs": {"subscribe": "", "unsubscribe": "x", "update": ["a", "b"]},
    "pipeline": False,
    "replies": {"move": ["moved"], "ping": "pong", "x": []},
    "subscriptions": {
        "trades": {
            "subscribe": "follow",
            "unsubscribe": "",
            "unsubscribe_values": {"op": "leave"},
            "unsubscribe_topic": "params.0",
            "updates": ["trade"],
            "update_topic": "",
            "confirmation": "",
            "refusals": "error",
            "topic": "a:{b}",
            "route": {"data.symbol": "symbol"},
            "reply": {"topic": "result"},
            "delivery": {"policy": "fail"},
        },
    },
    "domains": {
        "bars": {
            "topic": "a:{b}",
            "route": {"a": "b"},
            "replies": {"join": ["a"], "x": "y", "z": []},
            "pipeline": True,
        },
        "": {"route": "connection", "delivery": {"policy": "fail"}, "verbs": {}, "reply": {"ok": False}},
    },
    "client": [{"input": "b", "envelope": False, "domains": {"a.b": {"strict_topic": True}}}],
    "$schema": "x",
    "baseClass": 1,
    "template": None,
    "options": {"generateTypes": True, "generateMocks": False, "generateTests": True, "generateDocs": False},
}


def test_an_example_has_every_key() -> None:
    assert ALL.keys() == SCHEMA["properties"].keys()
    assert VALIDATOR.is_valid(ALL)
    assert form_problems(ALL) == []


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in items for found in ((*at, key), *places(each, (*at, key)))]


SCALARS = st.sampled_from([None, True, False, 0, 1, -1, 0.5, 2.0, 1e300, "", "x", "a b", "latest", "connection", "1x"])
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from(["a", "key", ""]), SCALARS))


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """A configuration with every key, in which one to three things are not as they were."""
    document = copy.deepcopy(ALL)
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places(document)))
        parent: Any = document
        for key in path:
            parent = parent[key]
        kind = draw(st.sampled_from(["value", "value", "remove", "rename", "add"]))
        if kind == "value":
            parent[last] = draw(VALUES)
        elif kind == "add" and isinstance(parent, dict):
            parent[draw(st.sampled_from(["zzz", "key", "input", "topic", "limit"]))] = draw(VALUES)
        else:
            old = parent.pop(last)
            if kind == "rename" and isinstance(parent, dict):
                parent[f"{last}x"] = old
        if not document:
            break
    return document


@given(mutants())
@settings(max_examples=1500, deadline=None, suppress_health_check=SLOW)
def test_mutants_are_refused_by_both_or_by_neither(document: Any) -> None:
    assert VALIDATOR.is_valid(document) == (form_problems(document) == [])


@pytest.mark.parametrize("place", places(ALL), ids=str)
def test_a_wrong_kind_at_each_place_is_refused_by_both(place: tuple[str | int, ...]) -> None:
    values: list[Any] = [1.5, "", {}, [], None, True]
    for wrong in values:
        document = copy.deepcopy(ALL)
        parent: Any = document
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = wrong
        assert VALIDATOR.is_valid(document) == (form_problems(document) == []), (place, wrong)


def test_the_schema_and_the_loader_have_the_same_kinds_of_keys() -> None:
    assert PACKAGE_KEYS.keys() == NOT_IN_DOCUMENTS.keys()
    assert set(GENERAL_KEYS) == set(EVERY_DOMAIN)
    assert set(DOMAIN_KEYS) == set(OF_DOMAINS)
    assert GENERAL_KEYS.keys() <= DESCRIBED_KEYS.keys()
    assert not OLDER_KEYS.keys() & (PACKAGE_KEYS.keys() | DESCRIBED_KEYS.keys())


def test_every_key_is_described() -> None:
    waiting: list[Any] = [SCHEMA]
    while waiting:
        each = waiting.pop()
        for key, below in each.get("properties", {}).items():
            if each is not SCHEMA["properties"]["options"]:
                assert below.get("description") or below is None, key
            waiting.append(below)
        if isinstance(each.get("additionalProperties"), dict):
            waiting.append(each["additionalProperties"])

"""Instances of a schema of draft 7 without references, made up from a seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

__all__ = ["instances"]

FORMATS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:30:00Z",
    "time": "12:30:00Z",
    "duration": "PT1H",
    "email": "ann@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/a?b=c",
    "url": "https://example.com/a?b=c",
    "uuid": "6f1c0a52-6a53-4b1c-9d3b-0f5b2a3c4d5e",
    "byte": "aGVsbG8=",
}
WORDS = ("", "a", "AAPL", "ünïcödé", "two words", 'quotes " and \\', "<&>", "0")


def instances(schema: object, count: int) -> list[Any]:
    """Up to `count` different values that are meant to fit: whoever wants to be sure validates them.

    The first has what is required and little more, the second all properties.
    """
    found: dict[str, Any] = {}
    for number in range(count * 2):
        random = Random(number)
        share = (0.0, 1.0)[number] if number < 2 else random.random()
        try:
            value = _value(schema, random, share)
        except _Nothing:
            continue
        found.setdefault(json.dumps(value, sort_keys=True), value)
    return list(found.values())[:count]


class _Nothing(Exception):
    """No value fits."""


def _value(schema: object, random: Random, share: float) -> Any:
    """`share` is how likely an optional property is there."""
    if schema is False:
        raise _Nothing
    if not isinstance(schema, Mapping):
        return random.choice([None, True, 7, "anything", ["x"], {"some": "thing"}])
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            return _with_branch(schema, keyword, random, share)
    if schema.get("allOf"):
        return _value(_merged(schema), random, share)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return random.choice(schema["enum"])
    return _of_type(schema, random, share)


def _with_branch(schema: Mapping[str, Any], keyword: str, random: Random, share: float) -> Any:
    branches = list(schema[keyword])
    random.shuffle(branches)
    rest = {name: value for name, value in schema.items() if name != keyword}
    for branch in branches:
        try:
            return _value({**rest, "allOf": [*rest.get("allOf", []), branch]}, random, share)
        except _Nothing:
            continue
    raise _Nothing


def _merged(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The branches of `allOf` laid over each other, as far as that is simple."""
    whole: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
    for branch in schema["allOf"]:
        if branch is False:
            raise _Nothing
        if not isinstance(branch, Mapping):
            continue
        flat = _merged(branch) if "allOf" in branch else branch
        for name, value in flat.items():
            whole[name] = _both(name, whole[name], value) if name in whole else value
    return whole


def _both(name: str, one: Any, other: Any) -> Any:
    if name == "properties":
        common = {key: {"allOf": [one[key], other[key]]} for key in one.keys() & other.keys()}
        return {**one, **other, **common}
    if name == "required":
        return sorted({*one, *other})
    if name == "enum":
        return [value for value in one if value in other]
    if name in {"oneOf", "anyOf"}:
        return [{"allOf": [left, right]} for left in one for right in other]
    if name == "type":
        both = set(_listed(one)) & set(_listed(other))
        return sorted(both or {"integer"} if {"number", "integer"} <= {*_listed(one), *_listed(other)} else both)
    return other


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_type(schema: Mapping[str, Any], random: Random, share: float) -> Any:
    kinds = _listed(schema.get("type", _implied(schema)))
    if not kinds:
        raise _Nothing
    kind = random.choice(kinds)
    if kind == "object":
        return _object(schema, random, share)
    if kind == "array":
        return _array(schema, random, share)
    if kind == "string":
        return _string(schema, random)
    if kind in {"integer", "number"}:
        return _number(schema, kind, random)
    return random.choice([True, False]) if kind == "boolean" else None


def _implied(schema: Mapping[str, Any]) -> str:
    if "items" in schema:
        return "array"
    return "string" if "pattern" in schema or "format" in schema else "object"


def _object(schema: Mapping[str, Any], random: Random, share: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        if name in required or random.random() < share:
            try:
                found[name] = _value(inner, random, share * 0.8)
            except _Nothing:
                if name in required:
                    raise
    for name in required:
        if name not in found:
            found[name] = _value(schema.get("additionalProperties", True), random, share)
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping) and (random.random() < share or schema.get("minProperties")):
        for number in range(max(1, schema.get("minProperties", 1))):
            try:
                found[f"key{number}"] = _value(rest, random, share * 0.8)
            except _Nothing:
                break
    return found


def _array(schema: Mapping[str, Any], random: Random, share: float) -> list[Any]:
    items = schema.get("items", {"type": "string"})
    if isinstance(items, list):
        return [_value(each, random, share) for each in items]
    least = schema.get("minItems", 0)
    most = max(least, min(schema.get("maxItems", 3), 3))
    found: list[Any] = []
    for _ in range(random.randint(least, most)):
        try:
            found.append(_value(items, random, share * 0.8))
        except _Nothing:
            if len(found) < least:
                raise
            break
    return found


def _string(schema: Mapping[str, Any], random: Random) -> Any:
    if "pattern" in schema:
        return random.choice(_matching(schema["pattern"]))
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    text = random.choice(WORDS)
    text += "x" * (schema.get("minLength", 0) - len(text))
    return text[: schema.get("maxLength", len(text))]


@cache
def _matching(pattern: str) -> list[str]:
    found: list[str] = []

    @seed(0)
    @settings(
        max_examples=5,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.from_regex(pattern))
    def collect(text: str) -> None:
        found.append(text)

    try:
        collect()
    except Exception as unknown:  # a pattern of another dialect
        raise _Nothing from unknown
    whole = sorted({text for text in found if not text.endswith("\n")})  # `$` of Python alone allows a line's end
    if not whole:
        raise _Nothing
    return whole


def _number(schema: Mapping[str, Any], kind: str, random: Random) -> Any:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -5))
    high = schema.get("maximum", schema.get("exclusiveMaximum", max(low, 0) + 1000))
    if "minimum" not in schema and "exclusiveMinimum" not in schema:
        low = min(low, high)
    step = schema.get("multipleOf", 1)
    if kind == "integer" or isinstance(step, float) or random.random() < 0.3:
        bottom = -(-low // step) + ("exclusiveMinimum" in schema)
        top = high // step - ("exclusiveMaximum" in schema)
        if bottom <= top:
            return random.randint(int(bottom), int(min(top, bottom + 1000))) * step
        if kind == "integer":
            raise _Nothing
    return round(low + (high - low) * random.choice((0.25, 0.5, 0.75)), 6)

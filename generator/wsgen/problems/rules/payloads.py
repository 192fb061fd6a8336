"""46x: payload models."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG461": Rule(
        "A schema refers to itself with no object in between",
        "A class can refer to itself, because its fields are read later. A list or a choice that contains itself has "
        "no class; the inner part takes part in the client as anything (`Any`).",
        "Put the inner values into a property of an object, if the protocol allows it.",
    ),
    "WSG462": Rule(
        "A pattern is not checked",
        "Patterns are regular expressions as ECMA-262 defines them. Those that pydantic's engine does not take, or "
        "reads differently (look-around, negated classes), are left to the server; with msgspec also "
        "those whose check could take long (repeated groups).",
        "Nothing needs to be done. A simpler pattern would be checked before anything is sent.",
    ),
    "WSG463": Rule(
        "A schema could not be written as a model",
        "The model of one definition could not be generated. The client takes its values as they are.",
        "Simplify the schema, and report the case: it is a fault of wsgen.",
    ),
    "WSG464": Rule(
        "A payload that nothing can satisfy",
        "The schema `false` has no valid value, so a message with such a payload cannot exist.",
        "Describe the payload; a message without one has no `payload` at all.",
    ),
    "WSG465": Rule(
        "A default that its schema does not allow",
        "A default is what a missing property counts as. One of another type would break the type of the field.",
        "Correct the default, or remove it.",
    ),
    "WSG466": Rule(
        "Schemas beyond all measure",
        "Nesting, combinations and the number of classes are bounded, so that a hostile document cannot exhaust "
        "memory. What is beyond the bound takes part in the client as anything (`Any`).",
        "Define inner schemas in components.schemas and refer to them.",
    ),
    "WSG467": Rule(
        "A choice that msgspec cannot make by itself",
        "msgspec decodes a choice at once where its members are different kinds of JSON values, or classes that a "
        "constant text in one property tells apart. All others are tried one after another, which takes some "
        "microseconds for each value. What clients get is the same.",
        "Give each member a required property with a constant of its own, if the protocol has one.",
    ),
    "WSG468": Rule(
        "Properties that msgspec has no place for",
        "The schema says that an object may have properties that it does not describe. A struct has the described ones "
        "alone: the others are passed over when they are received, and cannot be sent.",
        "Describe the properties, or put them into a property that is a map. A schema with no `properties` at all is a "
        "map itself. Models of pydantic keep such properties.",
    ),
}

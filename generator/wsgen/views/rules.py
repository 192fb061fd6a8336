"""Views of the rules that lead a frame to its message."""

from __future__ import annotations

from dataclasses import replace

from wsgen.landing.python import literal
from wsgen.operations import ByKey, ByType, ByValue, ClientConnection, Rule

from .layout import Code, Group, tuple_of
from .scope import Scope

__all__ = ["apart", "rule_arguments"]

_RULES = "._runtime.rules"


def rule_arguments(connection: ClientConnection, scope: Scope) -> list[Code]:
    """The codec's arguments with the rules of both directions; none where tags decide."""
    rules = (("rule", connection.rule), ("sent_rule", connection.sent_rule))
    return [_rule(f"{name}=", rule, scope) for name, rule in rules if rule is not None]


def _rule(lead: str, rule: Rule, scope: Scope) -> Code:
    if isinstance(rule, tuple):
        return f"{lead}{literal(rule[0])}" if len(rule) == 1 else tuple_of(f"{lead}(", map(literal, rule))
    rule = apart(rule)
    cases = Group("{", tuple(_rule(f"{literal(case)}: ", inner, scope) for case, inner in rule.cases), "}")
    otherwise = () if rule.otherwise is None else (_rule("otherwise=", rule.otherwise, scope),)
    if isinstance(rule, ByValue) and rule.absent is not None:
        otherwise = (*otherwise, _rule("absent=", rule.absent, scope))
    path = () if isinstance(rule, ByKey) else (literal(rule.path),)
    return Group(f"{lead}{scope.use(_RULES, _name(rule))}(", (*path, cases, *otherwise), ")", hug=True)


def apart(rule: ByValue | ByKey | ByType) -> ByValue | ByKey | ByType:
    """A rule whose cases differ in Python, too, where true equals 1, and false 0."""
    if not isinstance(rule, ByValue) or len({value for value, _ in rule.cases}) == len(rule.cases):
        return rule
    truths = tuple(case for case in rule.cases if isinstance(case[0], bool))
    others = tuple(case for case in rule.cases if not isinstance(case[0], bool))
    return ByType(rule.path, (("boolean", replace(rule, cases=truths)),), replace(rule, cases=others))


def _name(rule: ByValue | ByKey | ByType) -> str:
    return type(rule).__name__

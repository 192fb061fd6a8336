"""From the forms of messages to the rule that leads a frame to its message.

A rule is grown from its root: of all tests of one place that divide the forms, the one that leaves the least
undecided is taken, and each part is divided further in the same way. Only what excludes each other is divided:
messages that share a value stay together, a property of data that only one of them has decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from wsgen.operations import ByKey, ByType, ByValue, Discriminator, Rule, TagValue

from .forms import Form, Spot

__all__ = ["Names", "decide", "discriminators", "leaves"]

Names: TypeAlias = Mapping[str, frozenset[str]]
"""How each message is called, by its key: its plain names."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Split:
    """A way to divide forms: what decides, the parts, and how good it is (less is better)."""

    cost: tuple[float, ...]
    parts: tuple[tuple[object, tuple[Form, ...]], ...]
    rest: tuple[Form, ...]
    make: Callable[[tuple[tuple[object, Rule], ...], Rule | None], Rule]


def decide(forms: Sequence[Form], names: Names) -> Rule:
    """The rule for messages of these forms. There is at least one."""
    messages = tuple(dict.fromkeys(form.message for form in forms))
    if len(messages) == 1:
        return messages
    # A tag that all have comes first: what else is known can divide what it leaves together, and no stranger fits.
    best = min(_splits(forms, names), key=lambda split: (split.cost[1] != _TAG, *split.cost), default=None)
    if best is None:
        return messages
    grown: dict[tuple[Form, ...], Rule] = {}
    for _, part in best.parts:
        if part not in grown:
            grown[part] = decide(part, names)
    cases = tuple((case, grown[part]) for case, part in best.parts)
    return best.make(cases, decide(best.rest, names) if best.rest else None)


def _splits(forms: Sequence[Form], names: Names) -> Iterator[_Split]:
    whole = _by_frame(forms)
    if whole is not None:
        yield whole
        return
    undecided = len({form.message for form in forms}) ** 2
    for order, path in enumerate(dict.fromkeys(path for form in forms for path in form.spots)):
        for split in (_by_value(path, forms, names), _by_type(path, forms)):
            if split is not None and split.cost[0] < undecided:
                yield replace(split, cost=(*split.cost, path.count("."), order))
    by_key = _by_key(forms)
    if by_key is not None and by_key.cost[0] < undecided:
        yield by_key


def _confusion(parts: Iterable[Sequence[Form]]) -> float:
    """How much is left undecided: each message counts the messages that it is still among."""
    return sum(len({form.message for form in part}) ** 2 for part in parts if part)


# The first word of what a split costs after the confusion that it leaves.
_TAG, _TAG_OR_REST, _KEY, _TYPE, _LISTS = range(5)


def _by_frame(forms: Sequence[Form]) -> _Split | None:
    """Binary, text, and the JSON types of whole frames."""
    parts = _apart(forms, _kinds)
    if len(parts) < 2:
        return None
    cases = [(kind, part) for part, kinds in parts for kind in sorted(kinds)]
    return _Split((0, _TAG), tuple(cases), (), _type_rule(""))


def _kinds(form: Form) -> frozenset[str]:
    """What a frame may be; text that is any text may also read as a JSON string or the like."""
    if form.types == frozenset({"text"}):
        return frozenset({"text", "string", "number", "boolean", "null"})
    return form.types or frozenset({"object", "array", "string", "number", "boolean", "null"})


def _type_rule(path: str) -> Callable[[tuple[tuple[object, Rule], ...], Rule | None], Rule]:
    return lambda cases, rest: ByType(path, tuple((str(kind), rule) for kind, rule in cases), rest)


def _by_type(path: str, forms: Sequence[Form]) -> _Split | None:
    """The JSON type of a property or position that all have, or that the others do not know."""
    if "." in path:
        return None
    known = [form for form in forms if path in form.spots]
    if not all(form.spots[path].required and form.spots[path].types for form in known):
        return None
    rest = tuple(form for form in forms if path not in form.spots)
    parts = _apart(known, lambda form: form.spots[path].types)
    if len(parts) < 2:
        return None
    cases = tuple((kind, part) for part, kinds in parts for kind in sorted(kinds))
    cost = _confusion([*(part for part, _ in parts), rest])
    return _Split((cost, _TYPE), cases, rest, _type_rule(path))


def _by_key(forms: Sequence[Form]) -> _Split | None:
    """Properties that some forms must have and that the others do not know."""
    taken: dict[tuple[Form, ...], str] = {}
    for key in dict.fromkeys(path for form in forms for path in form.spots if "." not in path):
        if key.isdecimal():
            continue
        known = tuple(form for form in forms if key in form.spots)
        apart = all(not set(known) & set(other) for other in taken)
        if len(known) < len(forms) and apart and all(form.spots[key].required for form in known):
            taken[known] = key
    best = sorted(taken.items(), key=lambda item: len(item[0]))
    if not best or any("object" not in form.types for form in forms):
        return None
    cases = tuple((key, part) for part, key in best)
    inside = {form for part, _ in best for form in part}
    rest = tuple(form for form in forms if form not in inside)

    def make(grown: tuple[tuple[object, Rule], ...], otherwise: Rule | None) -> Rule:
        return ByKey(tuple((str(key), rule) for key, rule in grown), otherwise)

    return _Split((_confusion([*(part for _, part in cases), rest]), _KEY, 0, 0), cases, rest, make)


def _by_value(path: str, forms: Sequence[Form], names: Names) -> _Split | None:
    """Constants and lists of values at one place."""
    tagged = [form for form in forms if path in form.spots and form.spots[path].values]
    rest = tuple(form for form in forms if form not in tagged)
    if not tagged:
        return None
    parts = _apart(_told_by_name(path, tagged, names), lambda form: frozenset(map(_token, _values(form, path))))
    lists = sum(len({token for form in part for token in map(_token, _values(form, path))}) > 1 for part, _ in parts)
    if len(parts) < 2 and not (rest and _stands_alone(path, parts[0][0], names)):
        return None
    if lists * 2 > len(parts) and "." in path:
        return None
    named = sum(_plain(str(value)) in names[form.message] for form in tagged for value in _values(form, path))
    kind = _LISTS if lists * 2 > len(parts) else _TAG_OR_REST if rest else _TAG
    cases = tuple(
        (value, part)
        for part, _ in parts
        for value in {_token(value): value for form in part for value in _values(form, path)}.values()
    )

    open_rest = any(path in form.spots for form in rest)

    def make(grown: tuple[tuple[object, Rule], ...], otherwise: Rule | None) -> Rule:
        found = tuple((value, rule) for value, rule in grown if isinstance(value, str | int | float))
        return ByValue(path, found, otherwise) if open_rest else ByValue(path, found, absent=otherwise)

    cost = _confusion([*(part for part, _ in parts), rest])
    return _Split((cost, kind, -named if path.count(".") == 0 else 0), cases, rest, make)


def _stands_alone(path: str, part: Sequence[Form], names: Names) -> bool:
    """Whether one constant is a tag, where no other message has one: text, of the frame, that is always there
    or is what the message is called.
    """
    values = {_token(value): value for form in part for value in _values(form, path)}
    (first, *others) = values.values()
    if others or not isinstance(first, str) or "." in path or path.isdecimal():
        return False
    return all(form.spots[path].required or _plain(first) in names[form.message] for form in part)


def _told_by_name(path: str, forms: Sequence[Form], names: Names) -> list[Form]:
    """One list that several messages share decides where each of them is called like one of its values."""
    lists = [form for form in forms if len(_values(form, path)) > 1]
    shared = [form for form in lists if any(other is not form and _overlap(form, other, path) for other in forms)]
    found: dict[Form, TagValue] = {}
    for form in shared:
        own = [value for value in _values(form, path) if _plain(str(value)) in names[form.message]]
        if len(own) == 1:
            found[form] = own[0]
    if len(found) < len(shared) or len({_token(value) for value in found.values()}) < len(
        {form.message for form in shared}
    ):
        return list(forms)
    return [_with_value(form, path, found[form]) if form in found else form for form in forms]


def _with_value(form: Form, path: str, value: TagValue) -> Form:
    spot = form.spots[path]
    return replace(form, spots={**form.spots, path: Spot((value,), spot.types, spot.required)})


def _overlap(one: Form, other: Form, path: str) -> bool:
    return bool(set(map(_token, _values(one, path))) & set(map(_token, _values(other, path))))


def _values(form: Form, path: str) -> tuple[TagValue, ...]:
    spot = form.spots.get(path)
    return () if spot is None else spot.values or ()


def _token(value: TagValue) -> tuple[bool, TagValue]:
    """Values that are different in JSON are different here: true is not 1."""
    return (isinstance(value, bool), value)


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _apart(forms: Sequence[Form], of: Callable[[Form], frozenset[_T]]) -> list[tuple[tuple[Form, ...], frozenset[_T]]]:
    """Forms in groups that have nothing in common, in order, with what each group has."""
    groups: list[tuple[list[Form], frozenset[_T]]] = []
    for form in forms:
        own = of(form)
        near = [group for group in groups if group[1] & own]
        merged = [each for group in near for each in group[0]]
        groups = [group for group in groups if group not in near]
        groups.append(([*merged, form], own.union(*(group[1] for group in near))))
    order = {id(form): index for index, form in enumerate(forms)}
    ordered = [(tuple(sorted(group, key=lambda form: order[id(form)])), own) for group, own in groups]
    return sorted(ordered, key=lambda group: order[id(group[0][0])])


def leaves(rule: Rule) -> Iterator[tuple[str, ...]]:
    """The leaves of a rule: keys of messages that are not told apart any further."""
    if isinstance(rule, tuple):
        yield rule
        return
    for _, case in rule.cases:
        yield from leaves(case)
    for rest in _rests(rule):
        yield from leaves(rest)


def _rests(rule: ByValue | ByKey | ByType) -> Iterator[Rule]:
    """Where a rule leads what none of its cases takes."""
    for rest in (rule.otherwise, rule.absent if isinstance(rule, ByValue) else None):
        if rest is not None:
            yield rest


_Trail: TypeAlias = tuple[tuple[str, str, TagValue | None], ...]
"""The tests on the way to a leaf, each with its kind, its path, and the value that was found."""


def discriminators(rule: Rule, labels: Mapping[str, str]) -> dict[str, Discriminator]:
    """How each message is known, by its key. `labels` are paths as people read them."""
    trails: dict[tuple[str, ...], list[_Trail]] = {}
    for leaf, trail in _trails(rule, ()):
        trails.setdefault(leaf, []).append(trail)
    found: dict[str, Discriminator] = {}
    for leaf, ways in trails.items():
        known = _discriminator(ways, labels)
        for key in leaf:
            if len(leaf) > 1:
                tag = known.by == "constant"
                found[key] = Discriminator("undecidable", known.property if tag else "", known.value if tag else None)
            elif key not in found or found[key].by == "undecidable":
                found[key] = known
    return found


def _trails(rule: Rule, trail: _Trail) -> Iterator[tuple[tuple[str, ...], _Trail]]:
    if isinstance(rule, tuple):
        yield rule, trail
        return
    for case, inner in rule.cases:
        kind = "value" if isinstance(rule, ByValue) else "key" if isinstance(rule, ByKey) else "type"
        path = str(case) if isinstance(rule, ByKey) else rule.path
        yield from _trails(inner, (*trail, (kind, path, case)))
    for rest in _rests(rule):
        yield from _trails(rest, trail)


def _discriminator(ways: Sequence[_Trail], labels: Mapping[str, str]) -> Discriminator:
    first = ways[0]
    tags = [labels.get(path, path) for kind, path, _ in first if kind == "value"]
    if len(tags) > 1:
        return Discriminator(
            "pair", "+".join(tags), "+".join(str(value) for kind, _, value in first if kind == "value")
        )
    values = [value for way in ways for kind, _, value in way if kind == "value" and value is not None]
    if tags:
        only = values[0] if len(set(map(_token, values))) == 1 else None
        return Discriminator("enum" if only is None else "constant", tags[0], only)
    keys = [path for kind, path, _ in first if kind == "key"]
    if keys:
        return Discriminator("required_key", keys[0])
    types = [(path, str(value)) for kind, path, value in first if kind == "type"]
    if not types:
        return Discriminator("single")
    path, value = types[-1]
    frames = {value for way in ways for kind, path, value in way if kind == "type" and not path}
    if frames == {"binary"} or "text" in frames:
        return Discriminator("binary", "", "text" if "text" in frames else "binary")
    return Discriminator("json_type", labels.get(path, path), value)

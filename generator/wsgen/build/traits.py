"""Traits of 3.x, where the object itself wins over its traits."""

from __future__ import annotations

from wsgen.resolve import Node, made, merged

__all__ = ["with_traits"]


def with_traits(node: Node) -> Node:
    """An operation or message with its traits under it, the later trait over the earlier (RFC 7396).

    https://www.asyncapi.com/docs/reference/specification/v3.0.0#traits-merge-mechanism
    """
    traits = node.get("traits")
    found = [raw.follow() for raw in traits.elements()] if traits is not None else []
    below: Node | None = None
    for trait in found:
        if trait is not None and isinstance(trait.value, dict):
            below = trait if below is None else merged(below, trait, node)
    if below is None:
        return node
    own = made(node, {key: member for key, member in node.members() if key != "traits"})
    return merged(below, own, node)

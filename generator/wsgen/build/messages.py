"""Nodes to messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wsgen.model import CorrelationId, Json, Message, Schema
from wsgen.problems import Problems
from wsgen.resolve import Node

from .locations import Location, leads_somewhere, location_of
from .schemas import Schemas, is_json_schema, is_multi_format
from .traits import with_traits

__all__ = ["Messages", "tags"]


@dataclass(slots=True)
class Messages:
    """Makes messages, each once."""

    problems: Problems
    schemas: Schemas
    locations: list[tuple[Node, Location, Node]] = field(default_factory=list[tuple[Node, Location, Node]])
    _made: dict[str, Message] = field(default_factory=dict[str, Message])

    def make(self, node: Node, id: str) -> Message:
        """The message that is defined at `node`, under the id that it has in a channel."""
        if node.key not in self._made:
            self._made[node.key] = self._message(node, id)
        message = self._made[node.key]
        return message if message.id == id else replace(message, id=id)

    def _message(self, node: Node, id: str) -> Message:
        whole = with_traits(node)
        payload, schema_format = self._payload(whole)
        self._claim_examples(whole, payload)
        return Message(
            id=id,
            key=node.key,
            place=node.place,
            name=whole.text("name"),
            title=whole.text("title"),
            summary=whole.text("summary"),
            description=whole.text("description"),
            content_type=whole.text("contentType"),
            schema_format=schema_format,
            payload=payload,
            headers=self.schemas.use_member(whole, "headers"),
            correlation_id=self._correlation_id(whole),
            response=self._response(whole),
            deprecated=whole.flag("deprecated") or whole.flag("x-deprecated"),
            examples=_examples(whole),
            tags=tags(whole),
            extensions=whole.extensions(),
        )

    def _claim_examples(self, message: Node, payload: Schema | None) -> None:
        member = message.get("examples")
        content = message.text("contentType").lower()
        if content and "json" not in content:
            return
        for example in member.elements() if member is not None else ():
            self.schemas.claims.add("example", example.member("payload"), payload)

    def check_locations(self) -> None:
        """Report locations that lead nowhere. The schemas are complete by then."""
        for node, location, message in self.locations:
            made = self._made.get(message.key)
            schema = made.payload if made is not None and location.source == "payload" else None
            if schema is not None and not leads_somewhere(location.pointer, schema, self.schemas.definitions):
                field = "/".join(location.pointer)[:60]
                self.problems.warning(
                    "WSG325",
                    f"the correlation id is at `{field}`, but the payload has no such field",
                    node.place_of("location"),
                    f"add `{field}` to the payload, or correct the location",
                    ((schema.place, "the payload"),),
                )

    def _payload(self, message: Node) -> tuple[Schema | None, str]:
        """The schema of the payload and the format it is written in. In another format there is no schema."""
        raw = message.member("payload")
        if raw is None and _is_schema(message):
            return self.schemas.use(message), ""
        if raw is None or not isinstance(raw.value, (dict, bool)):
            return None, ""
        defined = raw.follow()
        format = ""
        if defined is not None and isinstance(defined.value, dict) and "schema" in defined.value:
            format = defined.text("schemaFormat")
        if is_json_schema(format):
            if "openapi" in format:
                self.schemas.openapi.append(raw.key)
            inline = raw.member("schema") if is_multi_format(raw) and not raw.is_reference else None
            return self.schemas.use(inline or raw), format
        self.schemas.report_format(raw, format)
        return None, format

    def _correlation_id(self, message: Node) -> CorrelationId | None:
        node = message.get("correlationId")
        if node is None:
            return None
        location = location_of(node, "correlation id", self.problems)
        if location is None:
            return None
        self.locations.append((node, location, message))
        return CorrelationId(location.source, location.pointer, node.place)

    def _response(self, message: Node) -> str | None:
        raw = message.member("x-response")
        if raw is None:
            return None
        target = raw.follow() if raw.is_reference else None
        if target is not None and isinstance(target.value, dict) and "/schemas/" not in target.pointer:
            return target.key
        if not raw.is_reference or target is not None:
            message_text = "`x-response` must be a reference to a message, and is ignored"
            help = "write `x-response: {$ref: '#/components/messages/…'}`"
            self.problems.warning("WSG321", message_text, message.place_of("x-response"), help)
        return None


def _is_schema(message: Node) -> bool:
    """Whether there is a schema where a message should be: it is the payload."""
    return any(
        isinstance(node.value, dict | str | list) for key in ("type", "properties") if (node := message.member(key))
    )


def tags(node: Node) -> tuple[str, ...]:
    """The names of an object's tags."""
    member = node.get("tags")
    names: list[str] = []
    for raw in member.elements() if member is not None else ():
        tag = raw.follow()
        if tag is not None:
            names.append(tag.value if isinstance(tag.value, str) else tag.text("name"))
    return tuple(dict.fromkeys(name for name in names if name))


def _examples(message: Node) -> tuple[Mapping[str, Json], ...]:
    member = message.get("examples")
    if member is None:
        return ()
    return tuple(example.value for example in member.elements() if isinstance(example.value, dict))

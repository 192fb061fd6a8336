"""A 3.x-shaped tree to the model: the last stage that sees a document's own form."""

from __future__ import annotations

from pathlib import PurePosixPath

from wsgen.model import Application
from wsgen.problems import Problems
from wsgen.resolve import Node, Tree, referenced_keys

from .channels import Channels
from .messages import Messages
from .schemas import Schemas
from .servers import server

__all__ = ["build"]


def build(tree: Tree, problems: Problems) -> Application:
    """The application that a document describes.

    `tree` comes from `upgrade.upgrade`. What is wrong in it has been reported by `structure.check`, or is here;
    such parts are left out, so that the rest can still be looked at. The next stage is `derive.derive`.
    """
    root = tree.root
    info = root.get("info") or root
    schemas = Schemas(problems, referenced_keys(tree))
    messages = Messages(problems, schemas)
    components = root.get("components")
    if components is not None:
        for _, raw in _entries(components, "schemas"):
            schemas.define(raw)
    schemes = components.get("securitySchemes") if components is not None else None
    servers = {raw.key: server(id, node, schemes, problems) for id, raw, node in _defined(root, "servers")}
    server_ids = {key: value.id for key, value in servers.items()}
    channels = Channels(problems, schemas, messages, server_ids, schemes)
    for _, raw, node in _defined(root, "servers"):
        channels.servers.setdefault(node.key, servers[raw.key].id)
    for id, raw, node in _defined(root, "channels"):
        channels.add(id, raw, node)
    stated = root.get("channels")
    if not channels.found and (stated is None or stated.value == {}):
        help = "add the root field `channels`"
        problems.error("WSG324", "the document describes no channel", root.place, help)
    operations = [
        operation
        for id, _, node in _defined(root, "operations")
        if (operation := channels.operation(id, node)) is not None
    ]
    channels.report_nowhere(others=bool(operations))
    component_messages = [messages.make(node, id) for id, _, node in _defined(components or root, "messages")]
    definitions = schemas.finish()
    messages.check_locations()
    return Application(
        asyncapi=tree.version,
        title=info.text("title") or PurePosixPath(root.place.file).name.partition(".")[0] or "api",
        version=info.text("version"),
        place=root.place,
        description=info.text("description") or info.text("summary"),
        default_content_type=root.text("defaultContentType") or "application/json",
        servers=tuple(servers.values()),
        channels=tuple(channels.found.values()),
        operations=tuple(operations),
        messages=tuple(component_messages),
        schemas=definitions,
        extensions={**root.extensions(), **info.extensions()},
    )


def _entries(node: Node, key: str) -> list[tuple[str, Node]]:
    member = node.get(key)
    return list(member.members()) if member is not None else []


def _defined(node: Node, key: str) -> list[tuple[str, Node, Node]]:
    """The objects of a map: id, the entry as it stands, and the object that it leads to."""
    found: list[tuple[str, Node, Node]] = []
    for id, raw in _entries(node, key):
        target = raw.follow()
        if target is not None and isinstance(target.value, dict):
            found.append((id, raw, target))
    return found

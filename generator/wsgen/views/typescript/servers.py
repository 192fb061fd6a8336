"""View of the module with the servers of the document."""

from __future__ import annotations

from wsgen.config import ImportExtension
from wsgen.landing.typescript import jsdoc, literal
from wsgen.model import Server, ServerVariable
from wsgen.naming import Names, ServerNames
from wsgen.operations import Client
from wsgen.payloads import PayloadTypes
from wsgen.views.servers import server_text, servers_of
from wsgen.views.texts import sentence

from .layout import Doc, call, concat, const, entry, fallback, lay, obj, parameters, type_object, union
from .package import DeclaredFunction, ServersModule
from .scope import RUNTIME, Scope

__all__ = ["servers_module"]


def servers_module(
    client: Client, names: Names, types: PayloadTypes, extension: ImportExtension
) -> ServersModule | None:
    """The module with the URL of each server; None where there is no server."""
    servers = servers_of(client)
    if not servers:
        return None
    scope = Scope([names.servers[server.id].name for server in servers], types, extension)
    functions = tuple(_function(server, names.servers[server.id], scope) for server in servers if server.variables)
    return ServersModule(
        comment=jsdoc([f"The servers of {client.title}: what its clients take as `url`."]),
        imports=scope.imports(),
        constants=tuple(_constant(server, names.servers[server.id]) for server in servers if not server.variables),
        functions=functions,
    )


def _constant(server: Server, names: ServerNames) -> str:
    about = jsdoc([sentence(server.description or server.title)])
    line = const(names.name, "", literal(server_text(server)))
    return f"{about}\n{line}" if about else line


def _function(server: Server, names: ServerNames, scope: Scope) -> DeclaredFunction:
    about = sentence(server.description or server.title or f"The URL of the server `{server.id}`")
    tags = [
        f"@param given.{names.variables[each.name]} {sentence(each.description)}"
        for each in server.variables
        if each.description
    ]
    needed = any(each.default is None for each in server.variables)
    # The type of a single parameter hugs the parentheses; its properties stand below each other.
    members = type_object([_member(each, names) for each in server.variables])
    name = f"export function {names.name}"
    hugged = concat(name, "(given: ", members, "): string {")
    defaulted = parameters(name, [concat("given: ", members, " = {}")], "string", " {")
    pairs = [_pair(each, names) for each in server.variables]
    template = literal(server_text(server))
    url = call(scope.value(RUNTIME, "serverUrl"), template, obj(pairs, expanded=True))
    return DeclaredFunction(
        comment=jsdoc([about], tags),
        head=lay(hugged if needed else defaulted),
        body=lay(concat("return ", url, ";"), 2),
    )


def _member(variable: ServerVariable, names: ServerNames) -> Doc:
    default = variable.default
    mark = "" if default is None else "?"
    listed = variable.enum if default is None or default in variable.enum else (*variable.enum, default)
    type = union([literal(each) for each in listed]) if variable.enum else "string"
    return concat(f"{names.variables[variable.name]}{mark}: ", type)


def _pair(variable: ServerVariable, names: ServerNames) -> Doc:
    given = f"given.{names.variables[variable.name]}"
    return entry(variable.name, given) if variable.default is None else fallback(variable.name, given, variable.default)

"""View of the module with the servers of the document."""

from __future__ import annotations

from wsgen.landing.python import docstring, literal
from wsgen.model import Server
from wsgen.naming import Names, ServerNames
from wsgen.operations import Client

from .connections import exports
from .layout import Code, Group, call, collection, definition, lay
from .package import ServerFunction, ServersModule
from .scope import Scope
from .texts import arguments, docs, sentence

__all__ = ["server_text", "servers_module", "servers_of"]


def servers_of(client: Client) -> list[Server]:
    """The servers of all connections, each once, in the document's order."""
    return list({server.id: server for each in client.connections for server in each.servers}.values())


def servers_module(client: Client, names: Names) -> ServersModule | None:
    """The module with the URL of each server; None where there is no server."""
    servers = servers_of(client)
    if not servers:
        return None
    public = [names.servers[server.id].name for server in servers]
    variables = [name for server in servers for name in names.servers[server.id].variables.values()]
    scope = Scope([*public, *variables])
    functions = tuple(_function(server, names.servers[server.id], scope) for server in servers if server.variables)
    standard, package = scope.imports()
    return ServersModule(
        docstring=docs(0, [f"The servers of {client.title}: what its clients take as `url`."]),
        standard_imports=standard,
        package_imports=package,
        exports=exports(public),
        constants=tuple(_constant(server, names.servers[server.id]) for server in servers if not server.variables),
        functions=functions,
    )


def _constant(server: Server, names: ServerNames) -> str:
    about = sentence(server.description or server.title)
    line = f"{names.name} = {literal(server_text(server))}"
    return f"{line}\n{docstring(about, 0)}" if about else line


def server_text(server: Server) -> str:
    """The URL of a server, with its variables in braces."""
    return f"{server.protocol}://{server.host}{server.pathname}"


def _function(server: Server, names: ServerNames, scope: Scope) -> ServerFunction:
    given = [f"{literal(wire)}: {name}" for wire, name in names.variables.items()]
    url = call(
        scope.use("._runtime.addresses", "server_url"), literal(server_text(server)), collection("{", given, "}")
    )
    return ServerFunction(
        head=definition(f"def {names.name}", _arguments(server, names, scope), scope.builtin("str"), 0),
        docstring=docs(
            4,
            [
                sentence(server.description or server.title or f"The URL of the server `{server.id}`"),
                arguments((names.variables[each.name], sentence(each.description)) for each in server.variables),
            ],
        ),
        body=lay(url, 4, lead="return "),
    )


def _arguments(server: Server, names: ServerNames, scope: Scope) -> list[Code]:
    found: list[Code] = ["*"]
    for variable in server.variables:
        name, default = names.variables[variable.name], variable.default
        end = "" if default is None else f" = {literal(default)}"
        if variable.enum:
            listed = variable.enum if default is None or default in variable.enum else (*variable.enum, default)
            opening = f"{name}: {scope.use('typing', 'Literal')}["
            found.append(Group(opening, tuple(map(literal, listed)), f"]{end}", hug=True))
        else:
            found.append(f"{name}: {scope.builtin('str')}{end}")
    return found

"""Names of façades, modules of domains, and servers. All of them yield to the document's schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wsgen.landing.python import BUILTINS, FACADE_MEMBERS, MODULES, OPTIONS, PARAMETERS, Identifier, constant
from wsgen.model import Server, ServerVariable
from wsgen.operations import Argument, Client

from .fakes import fake_names
from .members import member_names
from .names import ConnectionNames, DomainNames, ModuleNames, ServerNames
from .place import DomainPlace, pascal, snake, unique
from .settle import PINNED, Scopes, Wish

__all__ = ["connection_names", "server_names"]


def connection_names(
    client: Client, package: str, rename: Mapping[str, str], scopes: Scopes
) -> tuple[ConnectionNames, ...]:
    """Names of every façade. `scopes` has the document's classes in "classes"."""
    ids = [(each.channel, f"{index:04}") for index, each in enumerate(client.connections)]
    stems = _stems(client, ids, package, rename, scopes)
    facades = _facades(client, ids, stems, scopes)
    places = list(_places(client, stems))
    modules = _modules(places, rename, scopes)
    protocols = _protocols(client, ids, stems, scopes)
    within: list[list[DomainPlace]] = [[] for _ in ids]
    for place in places:
        within[place.connection].append(place)
    attributes = {
        index: frozenset(modules[place.id].attribute for place in own if not place.facade)
        for index, own in enumerate(within)
    }
    members = member_names(places, attributes, rename, scopes)
    domains = {place.id: DomainNames(members[place.id], modules.get(place.id)) for place in places}
    fakes = fake_names(within, domains, list(zip(ids, stems, strict=True)), scopes)
    arguments = {
        id: _arguments(each.arguments, protocols["address", *id], rename, scopes)
        for id, each in zip(ids, client.connections, strict=True)
    }
    displaced = {id: _displaced(arguments[id]) for id in ids}
    options = _options([(id, stem) for id, stem in zip(ids, stems, strict=True) if displaced[id]], scopes)
    return tuple(
        ConnectionNames(
            facade=facades[index],
            protocol=protocols["protocol", *id],
            address=protocols["address", *id],
            arguments=arguments[id],
            domains=tuple(domains[place.id] for place in within[index]),
            fake=fakes[index],
            displaced=displaced[id],
            options=options.get(("options", *id)),
        )
        for index, id in enumerate(ids)
    )


def _stems(
    client: Client, ids: Sequence[tuple[str, str]], package: str, rename: Mapping[str, str], scopes: Scopes
) -> list[Identifier]:
    """The words of each façade: the package's where there is one façade, else its channel's."""
    if len(ids) == 1 and client.connections[0].channel not in rename:
        return [pascal(package, lead="client")]
    wishes = [
        Wish(
            key=id,
            candidates=(pascal(rename.get(each.channel, each.channel), lead=package),),
            scopes=("stems",),
            rank=PINNED if each.channel in rename else 1,
            source=each.channel,
            place=each.place,
        )
        for id, each in zip(ids, client.connections, strict=True)
    ]
    given = scopes.settle(wishes)
    return [given[id] for id in ids]


def _facades(client: Client, ids: Sequence[tuple[str, str]], stems: Sequence[str], scopes: Scopes) -> list[Identifier]:
    wishes = [
        Wish(
            key=id,
            candidates=unique(*(pascal(f"{stem} {word}", lead="client") for word in _facade_endings(stem))),
            scopes=("classes",),
            source=each.channel or stem,
            place=each.place,
        )
        for id, each, stem in zip(ids, client.connections, stems, strict=True)
    ]
    given = scopes.settle(wishes)
    return [given[id] for id in ids]


def _facade_endings(stem: str) -> tuple[str, str]:
    """`client` is not doubled."""
    return ("" if stem.lower().endswith("client") else "client", "web socket client")


def _places(client: Client, stems: Sequence[str]) -> Iterator[DomainPlace]:
    for index, connection in enumerate(client.connections):
        for number, domain in enumerate(connection.domains):
            stem = domain.name or stems[index]
            yield DomainPlace(index, number, connection.channel, domain, stem, facade=not domain.name)


def _modules(
    places: Sequence[DomainPlace], rename: Mapping[str, str], scopes: Scopes
) -> dict[tuple[str, str, str], ModuleNames]:
    """A module for each domain that has a name; its other names follow from the module's."""
    domains = [place for place in places if not place.facade]
    scopes.reserve("modules", MODULES)
    modules = scopes.settle([_module_wish(place, rename) for place in domains])
    scopes.reserve("classes", modules.values())
    wishes = [wish for place in domains for wish in _module_class_wishes(place, modules["module", *place.id])]
    given = scopes.settle(wishes)
    return {place.id: _module(place, modules["module", *place.id], given) for place in domains}


def _module_wish(place: DomainPlace, rename: Mapping[str, str]) -> Wish:
    name = place.domain.name
    pinned = name in rename
    own = snake(rename.get(name, name), lead="domain", reserved=MODULES)
    return Wish(
        key=("module", *place.id),
        candidates=unique(own, snake(f"{place.channel} {name}", lead="domain", reserved=MODULES)),
        scopes=("modules",),
        rank=PINNED if pinned else 1 if own == name else 2,
        source=name,
        place=place.domain.place,
    )


def _module_class_wishes(place: DomainPlace, module: Identifier) -> Iterator[Wish]:
    wordings = {
        "client": (
            pascal(f"{module} client", lead="domain"),
            pascal(f"{module} domain client", lead="domain"),
        ),
        "source": (
            pascal(f"{module} source", lead="domain"),
            pascal(f"{module} domain source", lead="domain"),
        ),
        "factory": (snake(f"{module} client", lead="domain"), snake(f"open {module} client", lead="domain")),
    }
    for kind, candidates in wordings.items():
        yield Wish(
            key=(kind, *place.id),
            candidates=candidates,
            scopes=("classes",),
            source=place.domain.name,
            place=place.domain.place,
        )


def _module(place: DomainPlace, module: Identifier, given: Mapping[tuple[str, ...], Identifier]) -> ModuleNames:
    return ModuleNames(
        module=module,
        attribute=Identifier(f"{module}_") if module in FACADE_MEMBERS else module,
        client=given["client", *place.id],
        source=given["source", *place.id],
        factory=given["factory", *place.id],
    )


def _protocols(
    client: Client, ids: Sequence[tuple[str, str]], stems: Sequence[str], scopes: Scopes
) -> dict[tuple[str, ...], Identifier]:
    """Names of `protocol`; the address of a channel with arguments is a function."""
    wishes: list[Wish] = []
    for id, each, stem in zip(ids, client.connections, stems, strict=True):
        lead = f"{stem} " if len(ids) > 1 else ""
        address = snake if each.arguments else constant
        wishes.append(Wish(("protocol", *id), (constant(f"{lead}protocol", lead="channel"),), ("classes",)))
        wishes.append(Wish(("address", *id), (address(f"{lead}address", lead="channel"),), ("classes",)))
    return scopes.settle(wishes)


def _arguments(
    arguments: Sequence[Argument], address: Identifier, rename: Mapping[str, str], scopes: Scopes
) -> dict[tuple[str, str], Identifier]:
    """Arguments of one façade. `address` is what is called with them where they stand."""
    own = Scopes()
    given = own.settle([_argument(each, PARAMETERS | {address}, rename) for each in arguments])
    scopes.clashes += own.clashes
    return {(each.location, each.name): given[each.location, each.name] for each in arguments}


def _argument(argument: Argument, reserved: frozenset[str], rename: Mapping[str, str]) -> Wish:
    location, name = argument.location, argument.name
    pinned = _word(name, rename)
    candidates = unique(
        snake(name, lead=_LEADS[location], reserved=reserved),
        snake(f"{name} {_LEADS[location]}", lead="argument", reserved=reserved),
    )
    if pinned:
        candidates = (_exactly(pinned, reserved), *candidates)
    return Wish(
        key=(location, name),
        candidates=candidates,
        scopes=("arguments",),
        rank=PINNED if pinned else 1 if location == "path" else 2 if location == "query" else 3,
        source=name,
        place=argument.place,
    )


def _word(name: str, rename: Mapping[str, str]) -> str:
    """What the configuration calls an argument; a name in capitals is for a class that the document calls like it."""
    pinned = rename.get(name, "")
    return "" if pinned[:1].isupper() else pinned


def _exactly(name: str, reserved: frozenset[str]) -> Identifier:
    """A name that the configuration gives, where it can be had."""
    return Identifier(f"{name}_" if name in reserved else name)


_LEADS = {"path": "parameter", "query": "query", "header": "header"}


def _displaced(arguments: Mapping[tuple[str, str], Identifier]) -> dict[str, Identifier]:
    """New names of the options whose own are taken by arguments."""
    scopes = Scopes()
    scopes.reserve("options", {*OPTIONS, *arguments.values()})
    taken = [option for option in OPTIONS if option in arguments.values()]
    given = scopes.settle(
        [Wish((option,), (snake(f"connection {option}", lead="connection"),), ("options",)) for option in taken]
    )
    return {option: given[(option,)] for option in taken}


def _options(stems: Sequence[tuple[tuple[str, str], str]], scopes: Scopes) -> dict[tuple[str, ...], Identifier]:
    """Classes of options, for the connections of which some are displaced."""
    return scopes.settle(
        [
            Wish(
                ("options", *id),
                (pascal(f"{stem} options", lead="channel"), pascal(f"{stem} client options", lead="channel")),
                ("classes",),
            )
            for id, stem in stems
        ]
    )


def server_names(servers: Sequence[Server], rename: Mapping[str, str], scopes: Scopes) -> dict[str, ServerNames]:
    """Names in the module `servers`: a constant for each, in capitals; a function for one with variables."""
    wishes = [
        Wish(
            key=("server", server.id),
            candidates=(_exactly(rename[server.id], BUILTINS) if server.id in rename else _server(server),),
            scopes=("servers",),
            rank=PINNED if server.id in rename else 1,
            source=server.id,
            place=server.place,
        )
        for server in servers
    ]
    given = scopes.settle(wishes)
    return {
        server.id: ServerNames(given["server", server.id], _variables(server, rename, scopes)) for server in servers
    }


def _server(server: Server) -> Identifier:
    return (
        snake(server.id, lead="server", reserved=BUILTINS) if server.variables else constant(server.id, lead="server")
    )


def _variables(server: Server, rename: Mapping[str, str], scopes: Scopes) -> dict[str, Identifier]:
    own = Scopes()
    given = own.settle([_variable(each, rename) for each in server.variables])
    scopes.clashes += own.clashes
    return {each.name: given[(each.name,)] for each in server.variables}


def _variable(variable: ServerVariable, rename: Mapping[str, str]) -> Wish:
    name, pinned = variable.name, _word(variable.name, rename)
    candidate = _exactly(pinned, BUILTINS) if pinned else snake(name, lead="variable", reserved=BUILTINS)
    rank = PINNED if pinned else 1
    return Wish((name,), (candidate,), ("variables",), rank=rank, source=name, place=variable.place)

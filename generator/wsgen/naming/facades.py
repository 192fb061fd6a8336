"""Names of façades, modules of domains, and servers. All of them yield to the document's schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wsgen.landing.python import Identifier
from wsgen.model import Server, ServerVariable
from wsgen.operations import Argument, Client

from .conventions import Convention
from .fakes import fake_names
from .members import member_names
from .names import ConnectionNames, DomainNames, ModuleNames, ServerNames
from .place import DomainPlace, unique
from .settle import PINNED, Scopes, Wish

__all__ = ["connection_names", "server_names"]


def connection_names(
    client: Client, package: str, rename: Mapping[str, str], words: Convention, scopes: Scopes
) -> tuple[ConnectionNames, ...]:
    """Names of every façade. `scopes` has the document's classes in "classes"."""
    ids = [(each.channel, f"{index:04}") for index, each in enumerate(client.connections)]
    stems = _stems(client, ids, package, rename, words, scopes)
    facades = _facades(client, ids, stems, words, scopes)
    places = list(_places(client, stems, words))
    modules = _modules(places, rename, words, scopes)
    protocols = _protocols(client, ids, stems, words, scopes)
    within: list[list[DomainPlace]] = [[] for _ in ids]
    for place in places:
        within[place.connection].append(place)
    attributes = {
        index: frozenset(modules[place.id].attribute for place in own if not place.facade)
        for index, own in enumerate(within)
    }
    members = member_names(places, attributes, rename, scopes)
    domains = {place.id: DomainNames(members[place.id], modules.get(place.id)) for place in places}
    fakes = fake_names(within, domains, list(zip(ids, stems, strict=True)), words, scopes)
    arguments = {
        id: _arguments(each.arguments, protocols["address", *id], rename, words, scopes)
        for id, each in zip(ids, client.connections, strict=True)
    }
    displaced = {id: _displaced(arguments[id], words) for id in ids}
    options = _options([(id, stem) for id, stem in zip(ids, stems, strict=True) if displaced[id]], words, scopes)
    listed = [pair for pair in zip(ids, stems, strict=True) if words.interfaces and arguments[pair[0]]]
    interfaces = _argument_types(listed, words, scopes)
    choices = {} if words.interfaces else _choices(client, ids, stems, words, scopes)
    undivided = _undivided(client, ids, stems, words, scopes)
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
            arguments_type=interfaces.get(("arguments", *id)),
            choices={(key[3], key[4]): name for key, name in choices.items() if key[1:3] == id},
            undivided={key[3]: name for key, name in undivided.items() if key[1:3] == id},
        )
        for index, id in enumerate(ids)
    )


def _stems(
    client: Client,
    ids: Sequence[tuple[str, str]],
    package: str,
    rename: Mapping[str, str],
    words: Convention,
    scopes: Scopes,
) -> list[Identifier]:
    """The words of each façade: the package's where there is one façade, else its channel's."""
    if len(ids) == 1 and client.connections[0].channel not in rename:
        return [words.pascal(package, lead="client")]
    wishes = [
        Wish(
            key=id,
            candidates=(words.pascal(rename.get(each.channel, each.channel), lead=package),),
            scopes=("stems",),
            rank=PINNED if each.channel in rename else 1,
            source=each.channel,
            place=each.place,
        )
        for id, each in zip(ids, client.connections, strict=True)
    ]
    given = scopes.settle(wishes)
    return [given[id] for id in ids]


def _facades(
    client: Client, ids: Sequence[tuple[str, str]], stems: Sequence[str], words: Convention, scopes: Scopes
) -> list[Identifier]:
    wishes = [
        Wish(
            key=id,
            candidates=unique(*(words.pascal(f"{stem} {word}", lead="client") for word in _facade_endings(stem))),
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


def _places(client: Client, stems: Sequence[str], words: Convention) -> Iterator[DomainPlace]:
    for index, connection in enumerate(client.connections):
        for number, domain in enumerate(connection.domains):
            stem = domain.name or stems[index]
            yield DomainPlace(index, number, connection.channel, domain, stem, not domain.name, words)


def _modules(
    places: Sequence[DomainPlace], rename: Mapping[str, str], words: Convention, scopes: Scopes
) -> dict[tuple[str, str, str], ModuleNames]:
    """A module for each domain that has a name; its other names follow from the module's."""
    domains = [place for place in places if not place.facade]
    scopes.reserve("modules", words.modules)
    modules = scopes.settle([_module_wish(place, rename) for place in domains])
    scopes.reserve("classes", modules.values())
    wishes = [wish for place in domains for wish in _module_class_wishes(place, modules["module", *place.id])]
    given = scopes.settle(wishes)
    attributes = _attributes(domains, modules, words)
    return {place.id: _module(place, modules["module", *place.id], attributes[place.id], given) for place in domains}


def _attributes(
    domains: Sequence[DomainPlace], modules: Mapping[tuple[str, ...], Identifier], words: Convention
) -> Mapping[tuple[str, ...], Identifier]:
    """The attributes of each façade with its domains, after their modules."""
    own = Scopes()
    return own.settle(
        [
            Wish(
                place.id,
                (words.member(modules["module", *place.id], lead="domain", reserved=words.facade),),
                (f"attributes:{place.connection}",),
            )
            for place in domains
        ]
    )


def _module_wish(place: DomainPlace, rename: Mapping[str, str]) -> Wish:
    name = place.domain.name
    pinned = name in rename
    write = place.words.module
    own = write(rename.get(name, name), lead="domain", reserved=place.words.modules)
    return Wish(
        key=("module", *place.id),
        candidates=unique(own, write(f"{place.channel} {name}", lead="domain", reserved=place.words.modules)),
        scopes=("modules", "classes"),
        rank=PINNED if pinned else 1 if own == name else 2,
        source=name,
        place=place.domain.place,
    )


def _module_class_wishes(place: DomainPlace, module: Identifier) -> Iterator[Wish]:
    pascal, member = place.words.pascal, place.words.member
    wordings = {
        "client": (
            pascal(f"{module} client", lead="domain"),
            pascal(f"{module} domain client", lead="domain"),
        ),
        "source": (
            pascal(f"{module} source", lead="domain"),
            pascal(f"{module} domain source", lead="domain"),
        ),
        "factory": (member(f"{module} client", lead="domain"), member(f"open {module} client", lead="domain")),
    }
    for kind, candidates in wordings.items():
        yield Wish(
            key=(kind, *place.id),
            candidates=candidates,
            scopes=("classes",),
            source=place.domain.name,
            place=place.domain.place,
        )


def _module(
    place: DomainPlace, module: Identifier, attribute: Identifier, given: Mapping[tuple[str, ...], Identifier]
) -> ModuleNames:
    return ModuleNames(
        module=module,
        attribute=attribute,
        client=given["client", *place.id],
        source=given["source", *place.id],
        factory=given["factory", *place.id],
    )


def _protocols(
    client: Client, ids: Sequence[tuple[str, str]], stems: Sequence[str], words: Convention, scopes: Scopes
) -> dict[tuple[str, ...], Identifier]:
    """Names of `protocol`; the address of a channel with arguments is a function."""
    wishes: list[Wish] = []
    for id, each, stem in zip(ids, client.connections, stems, strict=True):
        lead = f"{stem} " if len(ids) > 1 else ""
        address = words.member if each.arguments else words.constant
        wishes.append(Wish(("protocol", *id), (words.constant(f"{lead}protocol", lead="channel"),), ("classes",)))
        wishes.append(Wish(("address", *id), (address(f"{lead}address", lead="channel"),), ("classes",)))
    return scopes.settle(wishes)


def _arguments(
    arguments: Sequence[Argument], address: Identifier, rename: Mapping[str, str], words: Convention, scopes: Scopes
) -> dict[tuple[str, str], Identifier]:
    """Arguments of one façade. `address` is what is called with them where they stand."""
    own = Scopes()
    given = own.settle([_argument(each, words.parameters | {address}, rename, words) for each in arguments])
    scopes.clashes += own.clashes
    return {(each.location, each.name): given[each.location, each.name] for each in arguments}


def _argument(argument: Argument, reserved: frozenset[str], rename: Mapping[str, str], words: Convention) -> Wish:
    location, name = argument.location, argument.name
    pinned = _word(name, rename)
    candidates = unique(
        words.argument(name, lead=_LEADS[location], reserved=reserved),
        words.argument(f"{name} {_LEADS[location]}", lead="argument", reserved=reserved),
    )
    if pinned:
        candidates = (_exactly(pinned, reserved, words), *candidates)
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


def _exactly(name: str, reserved: frozenset[str], words: Convention) -> Identifier:
    """A name that the configuration gives, where it can be had."""
    return words.exact(f"{name}_" if name in reserved else name)


_LEADS = {"path": "parameter", "query": "query", "header": "header"}


def _displaced(arguments: Mapping[tuple[str, str], Identifier], words: Convention) -> dict[str, Identifier]:
    """New names of the options whose own are taken by arguments."""
    scopes = Scopes()
    scopes.reserve("options", {*words.options, *arguments.values()})
    taken = [option for option in words.options if option in arguments.values()]
    given = scopes.settle(
        [
            Wish((option,), (words.argument(f"connection {option}", lead="connection"),), ("options",))
            for option in taken
        ]
    )
    return {option: given[(option,)] for option in taken}


def _options(
    stems: Sequence[tuple[tuple[str, str], str]], words: Convention, scopes: Scopes
) -> dict[tuple[str, ...], Identifier]:
    """Classes of options, for the connections of which some are displaced."""
    return scopes.settle(
        [
            Wish(
                ("options", *id),
                tuple(words.pascal(f"{stem} {ending}", lead="channel") for ending in ("options", "client options")),
                ("classes",),
            )
            for id, stem in stems
        ]
    )


def _argument_types(
    stems: Sequence[tuple[tuple[str, str], str]], words: Convention, scopes: Scopes
) -> dict[tuple[str, ...], Identifier]:
    """Types of the arguments, for the connections that take some as one object."""
    return scopes.settle(
        [
            Wish(
                ("arguments", *id),
                tuple(words.pascal(f"{stem} {ending}", lead="channel") for ending in ("arguments", "client arguments")),
                ("classes",),
            )
            for id, stem in stems
        ]
    )


MANY = 5
"""Listed values of an argument above which they have a name."""


def _choices(
    client: Client, ids: Sequence[tuple[str, str]], stems: Sequence[str], words: Convention, scopes: Scopes
) -> dict[tuple[str, ...], Identifier]:
    """Types of the arguments that have one of many values, for those who call with them."""
    return scopes.settle(
        [
            Wish(
                ("choice", *id, argument.location, argument.name),
                unique(
                    words.pascal(argument.name, lead="argument"),
                    words.pascal(f"{stem} {argument.name}", lead="argument"),
                    words.pascal(f"{stem} {argument.location} {argument.name}", lead="argument"),
                ),
                ("classes",),
            )
            for id, stem, connection in zip(ids, stems, client.connections, strict=True)
            for argument in connection.arguments
            if len(argument.values) > MANY
        ]
    )


def _undivided(
    client: Client, ids: Sequence[tuple[str, str]], stems: Sequence[str], words: Convention, scopes: Scopes
) -> dict[tuple[str, ...], Identifier]:
    """Types of what may be one of several messages. What these have in common is in the key, or nothing."""
    return scopes.settle(
        [
            Wish(
                ("undivided", *id, message.key),
                unique(
                    *(
                        words.pascal(f"{lead} message", lead="received")
                        for lead in (message.key.removesuffix("message").strip() or stem, f"{stem} {message.key}")
                    )
                ),
                ("classes",),
            )
            for id, stem, connection in zip(ids, stems, client.connections, strict=True)
            for message in connection.delivered
            if message.members and message.frame == "json"
        ]
    )


def server_names(
    servers: Sequence[Server], rename: Mapping[str, str], words: Convention, scopes: Scopes
) -> dict[str, ServerNames]:
    """Names in the module `servers`: a constant for each, in capitals; a function for one with variables."""
    wishes = [
        Wish(
            key=("server", server.id),
            candidates=(
                _exactly(rename[server.id], words.builtins, words) if server.id in rename else _server(server, words),
            ),
            scopes=("servers",),
            rank=PINNED if server.id in rename else 1,
            source=server.id,
            place=server.place,
        )
        for server in servers
    ]
    given = scopes.settle(wishes)
    return {
        server.id: ServerNames(given["server", server.id], _variables(server, rename, words, scopes))
        for server in servers
    }


def _server(server: Server, words: Convention) -> Identifier:
    return (
        words.member(server.id, lead="server", reserved=words.builtins)
        if server.variables
        else words.constant(server.id, lead="server")
    )


def _variables(server: Server, rename: Mapping[str, str], words: Convention, scopes: Scopes) -> dict[str, Identifier]:
    own = Scopes()
    given = own.settle([_variable(each, rename, words) for each in server.variables])
    scopes.clashes += own.clashes
    return {each.name: given[(each.name,)] for each in server.variables}


def _variable(variable: ServerVariable, rename: Mapping[str, str], words: Convention) -> Wish:
    name, pinned = variable.name, _word(variable.name, rename)
    candidate = (
        _exactly(pinned, words.builtins, words)
        if pinned
        else words.argument(name, lead="variable", reserved=words.builtins)
    )
    rank = PINNED if pinned else 1
    return Wish((name,), (candidate,), ("variables",), rank=rank, source=name, place=variable.place)

"""Where a channel is: a server's URL, and what the channel's address adds to it (RFC 3986, RFC 6455 section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = ["Address", "Value", "channel_url", "public_url", "server_url"]

Scalar: TypeAlias = str | int | float
Value: TypeAlias = Scalar | Sequence[Scalar] | Mapping[str, Scalar] | None
"""A value of a query: a sequence is one pair for each item, a mapping one for each key, None is absent.

That is the style "form" with `explode` of OpenAPI. Booleans (which are integers to Python) are `true` and `false`.
"""

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_LITERAL: Final = "/:@!$&'()*+,;=-._~%"
"""What stands for itself in a path or query, besides letters and digits."""
_DELIMITERS: Final = re.compile(r"[/?#@\\\s\x00-\x1f\x7f]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """What a channel adds to a server's URL, and to the handshake there.

    No value can lead to another path: what is not a letter or a digit is percent-encoded, and what would be an
    empty segment, or a step up, is refused. The `repr` shows no value.

    Attributes:
        template: the channel's address, with its parameters in braces; it may have a query of its own.
        parameters: the values of the template's parameters.
        query: further pairs of the query, in this order.
        headers: headers of the handshake; None is absent.
    """

    template: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    query: Mapping[str, Value] = field(default_factory=dict[str, Value])
    headers: Mapping[str, Scalar | None] = field(default_factory=dict[str, "Scalar | None"])

    def expanded(self) -> tuple[str, str]:
        """The path and the query, percent-encoded.

        Raises:
            ValueError: a parameter of the path is empty, or would be a step in it.
        """
        path, _, query = self.template.partition("?")
        segments = [self._segment(segment) for segment in path.split("/")]
        pairs = [*filter(None, [self._filled(query, "?")]), *_pairs(self.query)]
        return "/".join(segments), "&".join(pairs)

    def handshake_headers(self) -> dict[str, str]:
        """The headers that are there.

        Raises:
            ValueError: a value has a control character.
        """
        found = {name: _text(value) for name, value in self.headers.items() if value is not None}
        for name, value in found.items():
            if _UNPRINTABLE.search(value):
                raise ValueError(f"the header {name!r} has a control character")
        return found

    def _segment(self, template: str) -> str:
        for name in _PARAMETER.findall(template):
            if _text(self.parameters.get(name, name)) == "":
                raise ValueError(f"the parameter {name!r} of the address {self.template!r} is empty")
        segment = self._filled(template, "")
        if segment in (".", "..") and segment != template:
            raise ValueError(f"a parameter of the address {self.template!r} is a step to another path: {segment!r}")
        return segment

    def _filled(self, template: str, safe: str) -> str:
        parts = _PARAMETER.split(template)
        for index, part in enumerate(parts):
            known = index % 2 == 1 and part in self.parameters
            literal = part if index % 2 == 0 else f"{{{part}}}"
            parts[index] = (
                quote(_text(self.parameters[part]), safe="") if known else quote(literal, safe=_LITERAL + safe)
            )
        return "".join(parts)

    def __repr__(self) -> str:
        return f"Address({self.template!r})"


def channel_url(server: str, address: Address) -> str:
    """The URL of a channel on a server. A query of the server's URL comes first.

    Raises:
        ValueError: `server` is no WebSocket URL, or a value cannot stand in the address.
    """
    parts = urlsplit(server)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"expected a URL such as 'wss://example.com/path', got {public_url(server)!r}")
    if parts.fragment:
        raise ValueError("a WebSocket URL has no fragment")
    path, query = address.expanded()
    if path.strip("/"):
        parts = parts._replace(path=f"{parts.path.rstrip('/')}/{path.lstrip('/')}")
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, query]))))


def server_url(template: str, variables: Mapping[str, str]) -> str:
    """The URL of a server with variables. None of them can lead to another host; a host that is a
    variable may bring its scheme along.

    Raises:
        ValueError: a variable of the host has a character that ends a host, or is empty.
    """
    scheme, separator, rest = template.partition("://")
    first = _PARAMETER.match(rest)
    if first is not None and variables.get(first[1], "").startswith(("ws://", "wss://")):
        scheme, _, given = variables[first[1]].partition("://")
        variables = {**variables, first[1]: given}
    host, slash, path = rest.partition("/")
    for name in _PARAMETER.findall(scheme + host):
        value = variables.get(name, name)
        if not value or _DELIMITERS.search(value):
            raise ValueError(f"the variable {name!r} of the server {template!r} cannot be {value!r}")

    def as_it_is(match: re.Match[str]) -> str:
        return variables.get(match[1], match[0])

    def quoted(match: re.Match[str]) -> str:
        return quote(variables[match[1]], safe="/") if match[1] in variables else match[0]

    return f"{_PARAMETER.sub(as_it_is, scheme + separator + host)}{slash}{_PARAMETER.sub(quoted, path)}"


def public_url(url: str) -> str:
    """A URL as logs and messages may show it: without user, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _pairs(query: Mapping[str, Value]) -> Iterator[str]:
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            yield from (_pair(key, item) for key, item in value.items())
        elif isinstance(value, str) or not isinstance(value, Sequence):
            yield _pair(name, value)
        else:
            yield from (_pair(name, item) for item in value)


def _pair(name: str, value: Scalar) -> str:
    return f"{quote(name, safe='')}={quote(_text(value), safe='')}"


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

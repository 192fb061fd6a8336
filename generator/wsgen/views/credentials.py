"""What a server asks for, in the words of the options that carry it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsgen.landing.markdown import code, text
from wsgen.landing.python import literal
from wsgen.model import SecurityScheme

from .places import Place
from .texts import summary

__all__ = ["asked", "credential_rows", "scheme_cells", "schemes_of"]


def asked(place: Place) -> str:
    """The schemes of a connection in one phrase: alternatives joined by "or", what is needed together by "and"."""
    alternatives = [
        " and ".join(f"`{_one_line(scheme.id)}`{_where(scheme)}" for scheme in alternative)
        for alternative in place.connection.security
    ]
    return ", or ".join(alternatives)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _where(scheme: SecurityScheme) -> str:
    option = _option(scheme)
    return f" (option `{option[0]}`)" if option is not None else ""


def _option(scheme: SecurityScheme) -> tuple[str, str] | None:
    """The option that carries a scheme and its value as Python; None where a WebSocket cannot carry it by itself."""
    kind, scheme_name = scheme.kind.lower(), scheme.scheme.lower()
    if kind in ("httpapikey", "apikey") and scheme.name:
        option = {"query": "query", "header": "headers", "cookie": "cookies"}.get(scheme.location.lower())
        return (option, f"{{{literal(scheme.name)}: key}}") if option is not None else None
    if kind == "http" and scheme_name == "basic":
        return ("headers", '{"Authorization": "Basic " + b64encode(b"user:password").decode()}')
    if kind == "userpassword":
        return ("headers", '{"Authorization": "Basic " + b64encode(b"user:password").decode()}')
    if kind in ("http", "oauth2", "openidconnect"):
        word = "Bearer" if kind != "http" or scheme_name in ("", "bearer") else scheme.scheme
        return ("headers", f'{{"Authorization": {literal(f"{word} ")} + token}}')
    return ("ssl", "context") if kind == "x509" else None


def scheme_cells(scheme: SecurityScheme) -> tuple[str, str]:
    """The name of a scheme, and what it is, as Markdown."""
    kind = " ".join(filter(None, [scheme.kind, scheme.scheme, scheme.bearer_format]))
    about = [code(kind), text(summary(scheme.description))]
    return code(_one_line(scheme.id)), ": ".join(filter(None, about))


def schemes_of(places: Iterable[Place]) -> list[SecurityScheme]:
    """Every scheme, once."""
    found = [scheme for place in places for alternative in place.connection.security for scheme in alternative]
    return list(dict.fromkeys(found))


def credential_rows(places: Iterable[Place]) -> Iterator[tuple[str, str, str]]:
    """For each scheme, once: its name, what it is, and the option that carries it, as Markdown."""
    for scheme in schemes_of(places):
        option = _option(scheme)
        carried = code(f"{option[0]}={option[1]}") if option is not None else "as the server's documentation says"
        yield *scheme_cells(scheme), carried

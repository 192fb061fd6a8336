"""A domain of a connection, as naming sees it."""

from __future__ import annotations

from dataclasses import dataclass

from wsgen.landing.python import Identifier
from wsgen.operations import Domain

from .conventions import Convention

__all__ = ["DomainPlace", "unique"]


def unique(*candidates: Identifier) -> tuple[Identifier, ...]:
    return tuple(dict.fromkeys(candidates))


@dataclass(frozen=True, slots=True)
class DomainPlace:
    """One domain of one connection.

    Attributes:
        channel: the connection's channel.
        stem: the words that its classes begin with: the domain's own, or the façade's where it has no name.
        facade: whether its operations are methods of the façade.
        words: how names are written.
    """

    connection: int
    index: int
    channel: str
    domain: Domain
    stem: str
    facade: bool
    words: Convention

    @property
    def id(self) -> tuple[str, str, str]:
        """Orders domains by the document's names; the number tells equal ones apart."""
        return (self.channel, self.domain.name, f"{self.connection:04}.{self.index:04}")

    @property
    def methods(self) -> str:
        """The scope of its methods."""
        return f"methods:{self.connection}:{self.index}"

    @property
    def module(self) -> str:
        """The scope of what stands in its module."""
        return "module:client" if self.facade else f"module:{self.connection}:{self.index}"

"""What consumers get where a document does not say how its messages are told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

__all__ = ["Json", "Undivided", "read_as"]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""A JSON value; numbers, strings and the rest as Python has them."""

ModelT = TypeVar("ModelT")
ModelT_contra = TypeVar("ModelT_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Undivided(Generic[ModelT_contra]):
    """One of several messages; nothing in the document says which.

    An `Undivided[Opened | Closed]` is read as either, by who knows better: from a property of `raw`, or from
    what was asked before.

        def on_message(message: Undivided[Opened | Closed]) -> None:
            if isinstance(message.raw, dict) and "reason" in message.raw:
                closed = read_as(message, Closed)

    Attributes:
        raw: the JSON value that was received; the text, where it was a text frame without JSON.
    """

    raw: Json
    _read: Callable[[type[Any]], Any] = field(repr=False, compare=False)


def read_as(message: Undivided[ModelT], model: type[ModelT]) -> ModelT:
    """The message as one of its models. A model that is none of them is refused by type checkers.

    Raises:
        InvalidPayload: it does not fit.
    """
    # A method could not do this: type checkers would bind its model to the whole union before they see the model.
    found: ModelT = message._read(model)  # pyright: ignore[reportPrivateUsage]  (the other half of the class)
    return found

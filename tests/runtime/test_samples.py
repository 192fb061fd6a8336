"""What is made up where nobody says what stands in a payload: the least that its schema allows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AnyUrl, Field, TypeAdapter
from wsgen_runtime.pydantic_codec import WireModel
from wsgen_runtime.samples import merged, nested, sample


class Part(WireModel):
    name: Annotated[str, Field(min_length=3)]
    note: str | None = None


class Whole(WireModel):
    kind: Literal["whole"]
    part: Part
    parts: Annotated[list[Part], Field(min_length=2)]
    pair: tuple[int, str]
    count: Annotated[int, Field(ge=7)]
    share: Annotated[float, Field(gt=0, le=0.5)]
    debt: Annotated[int, Field(lt=0)]
    at: datetime
    id: UUID
    link: AnyUrl
    either: Part | None
    open: bool
    names: dict[str, int]


class Tree(WireModel):
    left: Tree
    right: Tree


@pytest.mark.parametrize(
    "type", [Whole, Part, int, list[int], Literal["a", "b"], Part | int, dict[str, Part], None, bool]
)
def test_a_sample_is_valid(type: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(type)
    value = sample(adapter.json_schema())
    assert adapter.dump_python(adapter.validate_python(value), mode="json", exclude_unset=True, by_alias=True) == value


def test_only_what_is_required_is_there() -> None:
    assert sample(TypeAdapter(Part).json_schema()) == {"name": "---"}


def test_what_requires_itself_has_no_sample() -> None:
    with pytest.raises(ValueError, match="requires itself"):
        sample(TypeAdapter(Tree).json_schema())


def test_paths_become_objects() -> None:
    assert nested({"a.b": 1, "a.c": 2, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}


def test_what_is_given_lies_over_what_is_made_up() -> None:
    assert merged({"a": {"b": 0, "c": 0}, "d": 0}, {"a": {"b": 1}, "e": 1}) == {"a": {"b": 1, "c": 0}, "d": 0, "e": 1}

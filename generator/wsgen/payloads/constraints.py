"""Keywords that restrict a value, as far as they can be checked without refusing a valid one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction

from wsgen.model import Json

from .forms import ScalarKind
from .intersect import is_number

__all__ = ["bounds", "constraints", "whole"]

# ECMA-262, which JSON Schema means, and the regex engine of pydantic read these differently: what Unicode adds
# to \d or \w is taken away by their negations, and classes are sets with operators.
_DIFFERENT = re.compile(r"\\[WDSbB]|\[\^[^\]]*\\[wds]|\[[^\]]*(?:\[|&&|--|~~)|\(\?[^:=!<]")


def constraints(kind: ScalarKind, keywords: Mapping[str, Json]) -> tuple[tuple[str, Json], ...]:
    """The keywords of a scalar that hold for its kind, in a fixed order; what makes no sense is left out."""
    if kind == "string":
        least, most = whole(keywords.get("minLength")), whole(keywords.get("maxLength"))
        found: dict[str, Json] = {"minLength": least or None, "maxLength": most}
        pattern = keywords.get("pattern")
        found["pattern"] = pattern if isinstance(pattern, str) and can_match(pattern) else None
    elif kind in ("integer", "number"):
        found = dict(bounds(keywords, integral=kind == "integer"))
    else:
        found = {}
    return tuple((name, value) for name, value in found.items() if value is not None)


def whole(value: Json) -> int | None:
    """A length or count; None for anything else."""
    if is_number(value) and math.isfinite(value) and value == int(value) and value >= 0:
        return int(value)
    return None


def bounds(keywords: Mapping[str, Json], *, integral: bool) -> dict[str, Json]:
    """Lower and upper bound in the forms of drafts 4 (exclusive is a boolean) and later; `multipleOf`."""
    found: dict[str, Json] = {}
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        limit, strict = keywords.get(plain), keywords.get(exclusive)
        if strict is True:
            limit, strict = None, limit
        for name, value in ((plain, limit), (exclusive, strict)):
            if is_number(value) and math.isfinite(value):
                found[name] = _rounded(name, value) if integral else _double(value)
    step = keywords.get("multipleOf")
    # Steps of a fraction are left to the server: 0.07 is no multiple of 0.01 to a double.
    if integral and is_number(step) and math.isfinite(step) and step > 0 and step == int(step):
        found["multipleOf"] = int(step)
    return found


def _rounded(name: str, value: float) -> int:
    """The bound for integers that is the same: none lies between 0.5 and 1."""
    exact = Fraction(value)
    if name in ("minimum", "exclusiveMaximum"):
        return math.ceil(exact)
    return math.floor(exact)


def _double(value: float) -> Json:
    try:
        return float(value)
    except OverflowError:
        return None


def can_match(pattern: str) -> bool:
    """Whether pydantic takes the pattern and means by it what JSON Schema does."""
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    if _DIFFERENT.search(pattern):
        return False
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except (SchemaError, UnicodeError):
        return False
    return True

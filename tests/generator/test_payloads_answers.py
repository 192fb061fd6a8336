"""What datamodel-code-generator says of the types that most documents have: `python -m` writes it down anew."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsgen.payloads import annotate, answers
from wsgen.payloads.annotate import Annotation
from wsgen.payloads.answers import ANSWERS
from wsgen.payloads.forms import Anything, ListOf, MapOf, Null, Scalar, ScalarKind, TupleOf, Type, Union, Use
from wsgen.payloads.pydantic_models import PydanticModels

from tests.benchmarks.feeds import feeds

KINDS: tuple[ScalarKind, ...] = ("string", "integer", "number", "boolean", "date-time", "date", "uuid")
SCALARS: tuple[Type, ...] = tuple(map(Scalar, KINDS))
HEAD = '''"""What datamodel-code-generator answers to the questions that most documents ask.

`make regen` writes it, and a test compares it with what the generator says.
"""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ANSWERS"]

ANSWERS: Mapping[str, str] = {
'''


def _restricted() -> Iterator[Type]:
    """Scalars with what restricts them: a bound, a range, a length, a pattern."""
    for kind, zero, other in (("integer", 0, 5), ("number", 0.0, 5.0)):
        lower = [((least, bound),) for least in ("minimum", "exclusiveMinimum") for bound in (zero, other)]
        upper = [((most, bound),) for most in ("maximum", "exclusiveMaximum") for bound in (zero, other)]
        for bounds in (*lower, *upper, *(below + above for below in lower for above in upper)):
            yield Scalar("integer" if kind == "integer" else "number", bounds)
    yield Scalar("integer", (("multipleOf", 5),))
    for size in ((), (("minLength", 5),), (("maxLength", 9),), (("minLength", 5), ("maxLength", 9))):
        yield Scalar("string", (*size, ("pattern", "^a")))
        yield Scalar("string", size)


def types() -> Iterator[Type]:
    """The types whose answers are written down."""
    simple: tuple[Type, ...] = (Anything(), *SCALARS, Use("0"))
    yield from (Anything(), Null(), *SCALARS)
    yield from _restricted()
    nested: list[Type] = [*simple, *map(ListOf, simple), *map(MapOf, simple)]
    nested += [Union((each, Null())) for each in (*SCALARS, Use("0"))]
    yield from map(ListOf, nested)
    yield from map(MapOf, nested)
    for item in (*SCALARS[:4], Use("0")):
        for least, most in ((5, None), (None, 9), (5, 9), (None, 0)):
            yield from (ListOf(item, least, most), MapOf(item, least, most))
    yield from (TupleOf((first, second)) for first in simple for second in simple[:4])
    classes = tuple(Use(str(number)) for number in range(12))
    for count in range(2, len(classes) + 1):
        union = Union(classes[:count])
        yield from (union, ListOf(union), MapOf(union))
    plain: tuple[Type, ...] = (*SCALARS[:4], Use("0"), ListOf(SCALARS[0]), ListOf(Use("0")), MapOf(Anything()))
    yield from (Union((first, second)) for first in plain for second in plain if first != second)


def asked() -> annotate._Questions:
    """The questions for these types."""
    annotator = annotate.Annotator(lambda id: id, lambda id, wire: wire, PydanticModels())
    for number, type in enumerate(types()):
        annotator.want(str(number), [type])
    return annotator._questions


def answered() -> dict[str, str]:
    """What the generator says to each question."""
    questions = asked()
    said = questions.generated(questions.bundle)
    return {text: ast.unparse(said[number]) for text, number in sorted(questions.numbers.items()) if number in said}


def written(answers: dict[str, str]) -> str:
    lines = (f"    {text!r}: {answer!r},\n" for text, answer in answers.items())
    return HEAD + "".join(lines) + "}\n"


def annotated(*wanted: Type) -> list[Annotation | None]:
    annotator = annotate.Annotator(lambda id: f"Class{id}", lambda id, wire: wire, PydanticModels())
    for number, type in enumerate(wanted):
        annotator.want(str(number), [type])
    annotator.write()
    found = [annotator.annotations(str(number), lambda module, name: name or module) for number in range(len(wanted))]
    return [each[0] if each else None for each in found]


def test_what_is_written_down_is_what_the_generator_says() -> None:
    assert dict(ANSWERS) == answered()


def test_bounds_are_those_of_the_document() -> None:
    wanted = (
        Scalar("integer", (("minimum", -7), ("maximum", 10**30), ("multipleOf", 7))),
        Scalar("integer", (("minimum", 1002), ("maximum", 1001))),
        Scalar("integer", (("exclusiveMinimum", 0), ("maximum", 1))),
        Scalar("number", (("minimum", 0.25), ("exclusiveMaximum", 1e300))),
        Scalar("string", (("minLength", 3), ("maxLength", 3), ("pattern", "T0"))),
        ListOf(Scalar("string"), 2, 1001),
        MapOf(Scalar("string"), 2, 0),
    )
    found = [each.constraints if each else None for each in annotated(*wanted)]
    assert found == [
        ("ge=-7", f"le={10**30}", "multiple_of=7"),
        ("ge=1002", "le=1001"),
        ("gt=0", "le=1"),
        ("ge=0.25", f"lt={int(1e300)}"),
        ("min_length=3", "max_length=3", 'pattern="T0"'),
        ("min_length=2", "max_length=1001"),
        ("min_length=2", "max_length=0"),
    ]


@given(st.lists(st.sampled_from([*types()]), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_known_and_unknown_questions_are_answered_as_the_generator_alone_does(wanted: list[Type]) -> None:
    wanted = [*wanted, ListOf(TupleOf((Scalar("uuid"), *wanted[:1]))), TupleOf((Null(),) * 3)]
    found = annotated(*wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(annotate, "ANSWERS", {})
        assert annotated(*wanted) == found
    assert None not in found


def test_a_document_of_common_types_is_built_without_loading_the_generator(tmp_path: Path) -> None:
    script = """
import sys
from wsgen.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
assert "wsgen.payloads.models" in sys.modules
heavy = {"datamodel_code_generator", "jsonschema", "wsgen.views.typescript"} & sys.modules.keys()
assert not heavy, heavy
"""
    document = tmp_path / "feeds.json"
    document.write_text(feeds(2), "utf-8")
    build = ["build", str(document), "-o", str(tmp_path / "client"), "--no-verify"]
    run = subprocess.run([sys.executable, "-c", script, *build], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


if __name__ == "__main__":
    Path(answers.__file__).write_text(written(answered()), encoding="utf-8", newline="\n")
    print(f"wrote {Path(answers.__file__).name}")

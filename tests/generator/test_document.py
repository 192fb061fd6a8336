from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from wsgen.document import MAX_DEPTH, Document, Json, child_pointer, load, pointer_tokens, reader
from wsgen.problems import Place, Problems, Stop

from .reading import SPECS, codes

NUMERAL = re.compile(r"[-+]?[.0-9]+[eE][-+]?[0-9]+")
"""Where PyYAML, which writes YAML 1.1 for these tests, sees a text, and YAML 1.2 a number."""

SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: not NUMERAL.fullmatch(text))
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def load_text(text: str, name: str = "spec.yaml") -> Document:
    problems = Problems()
    document = load(name, problems, text=text)
    assert codes(problems) == []
    return document


def refused(text: str, name: str) -> list[tuple[str, int, int]]:
    problems = Problems()
    with pytest.raises(Stop):
        load(name, problems, text=text)
    return [(problem.code, problem.place.line, problem.place.column) for problem in problems]


def pointers(value: Json, pointer: str = "") -> list[tuple[str, Json]]:
    found = [(pointer, value)]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, inner in pairs:
        found += pointers(inner, child_pointer(pointer, token))
    return found


def test_yaml_scalars_are_those_of_the_1_2_core_schema() -> None:
    root = load((SPECS / "valid/yaml-scalars.yaml").as_posix(), Problems()).root
    assert isinstance(root, dict)
    assert {key: value for key, value in root.items() if key.startswith("x-")} == {
        "x-no": "no",
        "x-on": "on",
        "x-time": "1:30",
        "x-date": "2024-01-02",
        "x-quoted": "12",
        "x-twelve": 12,
        "x-octal": 12,
        "x-true": True,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("", None),
        ("Null", None),
        ("nUll", "nUll"),
        ("TRUE", True),
        ("yes", "yes"),
        ("-0", 0),
        ("+12", 12),
        ("0x1F", 31),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1e", "1e"),
        ("--", "--"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("! 12", "12"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_yaml_scalar(text: str, value: Json) -> None:
    root = load_text(f"- {text}").root
    assert isinstance(root, list)
    assert (root[0], type(root[0])) == (value, type(value))


def test_yaml_merge_keys_add_what_is_not_there() -> None:
    text = "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\nall: {<<: [*base, *other], a: 0}\n"
    document = load_text(text)
    assert isinstance(document.root, dict)
    assert document.root["all"] == {"a": 0, "b": 2, "c": 4}
    assert document.place("/all/c") == Place("spec.yaml", 2, 25, "/all/c")


def test_a_quoted_merge_key_is_a_key() -> None:
    assert load_text('"<<": {a: 1}').root == {"<<": {"a": 1}}


def test_an_aliased_value_is_placed_at_its_anchor() -> None:
    document = load_text("a: &x\n  b: 1\nc: *x\n")
    assert document.place("/c").line == 3
    assert document.place("/c/b").line == 2


def test_scalars_are_placed_at_their_value_and_objects_at_their_key() -> None:
    document = load_text("info:\n  title: Quotes\nlist:\n  - a\n  - b: 1\n")
    assert document.place("/info") == Place("spec.yaml", 1, 1, "/info")
    assert document.place("/info/title") == Place("spec.yaml", 2, 10, "/info/title")
    assert document.place("/info/title", key=True) == Place("spec.yaml", 2, 3, "/info/title")
    assert document.place("/list/1") == Place("spec.yaml", 5, 5, "/list/1")


def test_what_is_not_there_is_placed_at_what_is_around_it() -> None:
    document = load_text('{"info": {"title": "Quotes"}}', "spec.json")
    assert document.place("/info/version") == Place("spec.json", 1, 2, "/info/version")


def test_positions_in_json_count_characters_past_surrogate_pairs_and_long_keys() -> None:
    key = "k" * 3000
    text = f'{{"\\ud83d\\udd14": 1, "🔔🔔": {{"{key}": [10, 20]}}}}'
    document = load_text(text, "spec.json")
    assert document.place("/🔔") == Place("spec.json", 1, 18, "/🔔")
    assert document.place(f"/🔔🔔/{key}/1").column == text.index("20") + 1


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_json_positions_lead_to_their_values(value: Json, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    document = load_text(text, "spec.json")
    lines = text.split("\n")
    for pointer, inner in pointers(document.root):
        place = document.place(pointer)
        rest = "\n".join([lines[place.line - 1][place.column - 1 :], *lines[place.line :]])
        if not pointer or isinstance(inner, (dict, list)):
            continue
        found, _ = json.JSONDecoder().raw_decode(rest)
        assert found == inner


@given(VALUES)
def test_json_is_read_alike_as_json_and_as_yaml(value: Json) -> None:
    text = json.dumps({"value": value}, indent=1)
    if "\\ud8" in text or "\\ud9" in text or "\\uda" in text or "\\udb" in text:
        return  # libyaml refuses surrogate pairs, which is why JSON does not go through it
    assert load_text(text, "spec.json").root == load_text("# YAML\n" + text, "spec.yaml").root


@given(VALUES)
def test_yaml_agrees_with_what_was_written(value: Json) -> None:
    text = yaml.safe_dump({"value": value}, allow_unicode=True)
    found = load_text(text).root
    assert isinstance(found, dict)
    assert json.dumps(found["value"]) == json.dumps(yaml.safe_load(text)["value"])


@given(st.text())
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    for name in ("spec.json", "spec.yaml", "-"):
        problems = Problems()
        try:
            load(name, problems, text=text)
        except Stop:
            assert problems.fatal


@given(st.lists(st.sampled_from("{}[]:,-?*&!|>%@`\"'#\n a1~<\\"), max_size=40).map("".join))
def test_any_punctuation_is_a_document_or_a_problem(text: str) -> None:
    problems = Problems()
    try:
        document = load("spec.yaml", problems, text=text)
    except Stop:
        assert problems.fatal
    else:
        json.dumps(document.root, allow_nan=False)


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_nesting_is_bounded_in_json(opening: str) -> None:
    closing = {"{": "}", "[": "]"}[opening[0]]
    assert load_text(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH, "spec.json").place().line == 1
    assert refused(opening * (MAX_DEPTH + 1) + "1" + closing * (MAX_DEPTH + 1), "spec.json") == [
        ("WSG107", 1, len(opening) * MAX_DEPTH + 1)
    ]
    assert refused(opening * 100_000, "spec.json")[0][0] in {"WSG104", "WSG107"}
    assert refused(opening * 100_000 + "1" + closing * 100_000, "spec.json") == [
        ("WSG107", 1, len(opening) * MAX_DEPTH + 1)
    ]


def test_nesting_is_bounded_in_yaml_with_aliases() -> None:
    half = MAX_DEPTH // 2
    fits = f"a: &a {'[' * half}{']' * half}\nb: {'[' * (half - 1)}*a{']' * (half - 1)}\n"
    assert load_text(fits).root
    assert refused(fits.replace("b: ", "b: [[") + "]]", "spec.yaml")[0][0] == "WSG107"
    assert refused("[" * 100_000, "spec.yaml") == [("WSG107", 1, MAX_DEPTH + 1)]


def test_keys_and_numbers_are_bounded() -> None:
    long = "k" * 20_000
    assert refused(f'{{"{long}": 1}}', "spec.json") == [("WSG109", 1, 2)]
    assert refused(f'"{long}": 1', "spec.yaml")[0][0] in {"WSG105", "WSG109"}
    assert refused('{"a": ' + "1" * 5000 + "}", "spec.json") == [("WSG109", 1, 7)]
    assert refused("a: " + "1" * 5000, "spec.yaml") == [("WSG109", 1, 4)]
    assert refused("a: 1e999", "spec.yaml") == [("WSG109", 1, 4)]
    assert refused('{"a": NaN}', "spec.json") == [("WSG109", 1, 7)]


def test_keys_are_bounded_as_they_are_written() -> None:
    short, long = "\\u0041" * 1_666, "\\u0041" * 1_667
    assert load_text(f'{{"{short}": 1}}', "spec.json").root == {"A" * 1_666: 1}
    assert refused(f'{{"{long}": 1}}', "spec.json") == [("WSG109", 1, 2)]


def test_all_duplicate_keys_are_reported_with_their_first() -> None:
    problems = Problems()
    with pytest.raises(Stop):
        load("spec.json", problems, text='{"a": 1,\n "a": 2,\n "b": {"c": 1, "\\u0063": 2}}')
    assert [(problem.place.line, problem.place.column, problem.related[0][0].line) for problem in problems] == [
        (2, 2, 1),
        (3, 16, 3),
    ]


def test_json_in_a_file_with_another_name_is_read_as_json() -> None:
    assert load_text('{"bell": "\\ud83d\\udd14"}', "spec.yaml").root == {"bell": "🔔"}
    assert load_text('{"bell": "\\ud83d\\udd14"}', "-").root == {"bell": "🔔"}


def test_flow_style_yaml_that_begins_as_json_does_is_read_as_yaml() -> None:
    assert load_text('{"a": b}').root == {"a": "b"}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert load(str(path), Problems()).root == {"a": 1}
    assert load_text('\ufeff{"a": 1}', "spec.json").root == {"a": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "spec.json"
    file.write_bytes('\ufeff{"a": "ü😀"}'.encode(encoding))
    assert load(str(file), Problems()).root == {"a": "ü😀"}
    file.write_bytes("\ufeff".encode(encoding) + b"\x00\xd8\x00\xd8\x01")
    problems = Problems()
    with pytest.raises(Stop):
        load(str(file), problems)
    assert codes(problems) == ["WSG103"]


def test_windows_line_ends_are_line_ends() -> None:
    document = load_text("asyncapi: 3.0.0\r\ninfo:\r\n  title: |\r\n    a\r\n    b\r\n  version: 1\r\n")
    assert document.root == {"asyncapi": "3.0.0", "info": {"title": "a\nb\n", "version": 1}}
    assert document.place("/info/version").line == 6


def test_an_anchor_may_be_used_again() -> None:
    assert load_text("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").root == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Here you are:\n\n```yaml\nasyncapi: 3.0.0\nx: {a: 1}\n```\nBye: bye\n", 5),
        ('Here you are:\n\n~~~json\n{"asyncapi": "3.0.0",\n "x": {"a": 1}}\n~~~\n', 5),
        ("A document of ours\n\n---\nasyncapi: 3.0.0\nx: {a: 1}\n", 5),
        ("A document of ours\r\n\r\nasyncapi: 3.0.0\r\nx: {a: 1}\r\n", 4),
        ('A document of ours\n{"asyncapi": "3.0.0",\n "x": {"a": 1}}', 3),
    ],
)
@pytest.mark.parametrize("name", ["spec.yaml", "spec.json", "-"])
def test_text_before_a_document_is_passed_over(text: str, line: int, name: str) -> None:
    problems = Problems()
    document = load(name, problems, text=text)
    assert document.root == {"asyncapi": "3.0.0", "x": {"a": 1}}
    assert document.place("/x/a").line == line
    assert codes(problems) == ["WSG114"]


def test_text_before_something_else_is_a_fault() -> None:
    assert refused("Here you are:\n\n```yaml\nopenapi: 3.0.0\n```\n", "spec.yaml")[0][0] == "WSG105"
    assert refused("Here\nyou are\nasyncapi: [\n", "spec.yaml")[0][0] == "WSG105"


def test_a_missing_file_stops(tmp_path: Path) -> None:
    problems = Problems()
    with pytest.raises(Stop):
        load(str(tmp_path / "none.yaml"), problems)
    assert codes(problems) == ["WSG101"]
    assert next(iter(problems)).message == "the file cannot be read: No such file or directory"


def test_a_folder_or_an_impossible_name_stops(tmp_path: Path) -> None:
    for name in (str(tmp_path), "a\0b"):
        problems = Problems()
        with pytest.raises(Stop):
            load(name, problems)
        assert codes(problems) == ["WSG101"]


def test_bytes_that_are_not_utf_8_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"asyncapi: 3.0.0\ninfo: {title: caf\xe9}\n")
    problems = Problems()
    with pytest.raises(Stop):
        load(str(path), problems)
    (problem,) = problems
    assert (problem.code, problem.place.line, problem.place.column) == ("WSG103", 2, 18)
    assert problem.message == "the file is not UTF-8: byte 0xe9 at offset 33"


def test_size_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"# " + b"a" * (16 * 1024 * 1024))
    problems = Problems()
    with pytest.raises(Stop):
        load(str(path), problems)
    assert codes(problems) == ["WSG102"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 1")))
    document = load("-", Problems())
    assert document.root == {"a": 1}
    assert document.place("/a") == Place("-", 1, 4, "/a")


def test_a_reader_stays_in_the_folder_of_its_document(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    (folder / "schemas").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("a: 1")
    (folder / "schemas" / "bars.yaml").write_text("b: 2")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    problems = Problems()
    read = reader(str(folder / "asyncapi.yaml"), problems)
    place = Place("asyncapi.yaml", 1, 1)
    document = read("schemas/bars.yaml", place)
    assert document is not None
    assert document.root == {"b": 2}
    assert document.name.endswith("specs/schemas/bars.yaml")
    assert read("../secret.yaml", place) is None
    assert read("link.yaml", place) is None
    assert read("schemas/bar.yaml", place) is None
    assert codes(problems) == ["WSG301", "WSG305", "WSG305"]
    assert next(iter(problems)).help == "did you mean `schemas/bars.yaml`?"


def test_a_reader_reads_what_is_allowed(tmp_path: Path) -> None:
    for name in ("own/spec.yaml", "shared/a.yaml", "secret/b.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a: 1\n")
    (tmp_path / "shared/link.yaml").symlink_to(tmp_path / "secret/b.yaml")
    problems = Problems()
    read = reader(str(tmp_path / "own/spec.yaml"), problems, [tmp_path / "shared"])
    assert read("../shared/a.yaml", Place("own/spec.yaml")) is not None
    assert not problems.fatal
    assert read("../secret/b.yaml", Place("own/spec.yaml")) is None
    assert read("../shared/link.yaml", Place("own/spec.yaml")) is None
    assert codes(problems) == ["WSG305", "WSG305"]


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsgen.document._MAX_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text("a: 1\n")
    problems = Problems()
    read = reader(str(tmp_path / "spec.yaml"), problems)
    assert [read(f"{name}.yaml", Place("")) is not None for name in "abc"] == [True, True, False]
    assert codes(problems) == ["WSG308"]


@given(st.lists(st.text()))
def test_pointers_and_tokens_are_inverse(tokens: list[str]) -> None:
    pointer = ""
    for token in tokens:
        pointer = child_pointer(pointer, token)
    assert pointer_tokens(pointer) == tokens

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsgen.document import Document, Json, load, reader
from wsgen.problems import Place, Problems, Stop
from wsgen.resolve import Node, Tree, made, made_value, merged, referenced_keys, resolve

from .reading import codes, tree_of


def at(tree: Tree, *path: str) -> Node:
    node = tree.root
    for token in path:
        below = node.step(token)
        assert below is not None
        node = below
    return node


def followed(text: str, *path: str) -> tuple[Node | None, Problems]:
    problems = Problems()
    return at(tree_of(text, problems), *path).follow(), problems


def test_a_reference_is_followed_and_keeps_the_identity_of_its_target() -> None:
    node, problems = followed("a: {$ref: '#/b/c'}\nb: {c: {d: 1}}\n", "a")
    assert node is not None
    assert (node.key, node.value, node.place.line) == ("#/b/c", {"d": 1}, 2)
    assert codes(problems) == []


@pytest.mark.parametrize(
    "pointer",
    ["/paths/~1users~1%7Bid%7D/til~0de", "/paths/~1users~1{id}/til~0de", "/paths/%7E1users%7E1%7Bid%7D/til%7E0de"],
)
def test_escapes_of_pointers_and_uris(pointer: str) -> None:
    node, problems = followed(f"a: {{$ref: '#{pointer}'}}\npaths: {{'/users/{{id}}': {{til~de: [1]}}}}", "a")
    assert node is not None
    assert node.value == [1]
    assert node.key == "#/paths/~1users~1{id}/til~0de"
    assert codes(problems) == []


def test_a_percent_sign_of_a_key_need_not_be_escaped() -> None:
    node, problems = followed("a: {$ref: '#/100%25'}\n100%25: {b: 1}", "a")
    assert node is not None
    assert node.value == {"b": 1}
    assert codes(problems) == []


def test_chains_and_references_on_the_way() -> None:
    text = "a: {$ref: '#/b'}\nb: {$ref: '#/c/inner'}\nc: {$ref: '#/d'}\nd: {inner: {leaf: 1}}\n"
    node, problems = followed(text, "a")
    assert node is not None
    assert node.key == "#/d/inner"
    assert codes(problems) == []


def test_elements_of_lists() -> None:
    node, _ = followed("a: {$ref: '#/b/1'}\nb: [x, {c: 1}]\n", "a")
    assert node is not None
    assert node.value == {"c": 1}
    for index in ("2", "-1", "01x", "٣", "99999999999"):
        node, problems = followed(f"a: {{$ref: '#/b/{index}'}}\nb: [x, y]\n", "a")
        assert node is None
        assert codes(problems) == ["WSG301"]


def test_a_reference_to_the_whole_document() -> None:
    node, problems = followed("a: {$ref: '#'}", "a")
    assert node is not None
    assert node.pointer == ""
    assert codes(problems) == []


def test_a_cycle_is_reported_once_however_it_is_entered() -> None:
    problems = Problems()
    tree = tree_of("x: {$ref: '#/b'}\na: {$ref: '#/b'}\nb: {$ref: '#/c'}\nc: {$ref: '#/a'}\n", problems)
    for key in ("x", "c", "a", "b"):
        assert at(tree, key).follow() is None
    (problem,) = problems
    assert problem.code == "WSG302"
    assert problem.place == Place("spec.yaml", 2, 1, "/a")
    assert "`#/a` → `#/b` → `#/c` → `#/a`" in problem.message


def test_recursion_through_properties_is_no_cycle() -> None:
    node, problems = followed("a: {properties: {self: {$ref: '#/a'}}}", "a", "properties", "self")
    assert node is not None
    assert node.key == "#/a"
    assert codes(problems) == []


def test_long_chains_end_in_a_problem() -> None:
    chain = "".join(f"k{number}: {{$ref: '#/k{number + 1}'}}\n" for number in range(5000))
    through = "".join(f"k{number}: {{$ref: '#/k{number + 1}/x'}}\n" for number in range(5000))
    for text in (chain, through):
        node, problems = followed(text, "k0")
        assert node is None
        assert "WSG308" in codes(problems)


def test_the_reader_is_asked_for_each_file_once() -> None:
    asked: list[str] = []

    def read(path: str, place: Place) -> Document | None:
        asked.append(path)
        text = {"schemas/a.yaml": "A: {$ref: 'b.yaml#/B'}", "schemas/b.yaml": "B: {$ref: '../spec.yaml#/c'}"}[path]
        return load(path, problems, text=text)

    problems = Problems()
    text = "a: {$ref: './schemas/a.yaml#/A'}\nb: {$ref: 'schemas/b.yaml#/B'}\nc: {d: 1}\n"
    tree = resolve(load("docs/spec.yaml", problems, text=text), read, problems)
    for key in ("a", "b"):
        node = at(tree, key).follow()
        assert node is not None
        assert node.key == "#/c"
    assert asked == ["schemas/a.yaml", "schemas/b.yaml"]
    assert codes(problems) == []


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("https://example.com/a.yaml", "WSG304"),
        ("//example.com/a.yaml", "WSG304"),
        ("file:///etc/passwd", "WSG304"),
        ("urn:a:b", "WSG304"),
        ("/etc/passwd", "WSG305"),
        ("../a.yaml", "WSG305"),
        ("x/../../a.yaml", "WSG305"),
        ("%2e%2e/a.yaml", "WSG305"),
        ("..\\\\a.yaml", "WSG305"),
        ("a%00b.yaml", "WSG305"),
        ("#name", "WSG301"),
        ("#/~2", "WSG301"),
    ],
)
def test_references_that_are_not_followed(reference: str, code: str) -> None:
    node, problems = followed(f'a: {{$ref: "{reference}"}}', "a")
    assert node is None
    assert codes(problems) == [code]


def test_a_file_that_cannot_be_read_as_a_document_is_reported_at_its_own_place() -> None:
    def read(path: str, place: Place) -> Document | None:
        try:
            return load(path, problems, text="a: {")
        except Stop:
            return None

    problems = Problems()
    tree = resolve(load("spec.yaml", problems, text="a: {$ref: 'b.yaml'}"), read, problems)
    assert at(tree, "a").follow() is None
    (problem,) = problems
    assert (problem.code, problem.place.file) == ("WSG105", "b.yaml")


def test_did_you_mean_looks_in_the_place_that_was_reached() -> None:
    _, problems = followed("a: {$ref: '#/components/Qoute/x'}\ncomponents: {Quote: {}, Trade: {}}", "a")
    (problem,) = problems
    assert problem.message == "`#/components/Qoute/x` leads nowhere: `#/components` has no `Qoute`"
    assert problem.help == "did you mean `#/components/Quote`?"
    assert problem.place == Place("spec.yaml", 1, 11, "/a/$ref")


def test_text_of_scalars() -> None:
    root = tree_of("a: x\nb: 1.5\nc: true\nd: [x]\ne: null\n").root
    assert [root.text(key) for key in "abcdef"] == ["x", "1.5", "true", "", "", ""]


def test_null_is_no_member_to_get() -> None:
    root = tree_of("a: null\nb: {$ref: '#/a'}\n").root
    assert root.get("a") is None
    assert root.member("a") is not None


def test_a_property_that_is_called_ref_is_no_reference() -> None:
    root = tree_of("properties: {$ref: {type: string}}").root
    properties = root.get("properties")
    assert properties is not None
    assert [key for key, _ in properties.members()] == ["$ref"]


def test_merging_is_that_of_json_merge_patch() -> None:
    root = tree_of(
        "a: {x: 1, y: {p: 1, q: 2}, z: [1]}\nb: {x: null, y: {p: 3, r: {s: null}}, z: [2], w: {v: null}}"
    ).root
    base, over = root.get("a"), root.get("b")
    assert base is not None
    assert over is not None
    both = merged(base, over, base)
    assert both.key == "#/a"
    assert {key: node.value for key, node in both.members()} == {
        "y": {"p": 3, "q": 2, "r": {"s": None}},
        "z": [2],
        "w": {"v": None},
    }
    y = both.get("y")
    assert y is not None
    assert {key: node.place.line for key, node in y.members()} == {"p": 2, "q": 1, "r": 2}


def test_made_nodes_have_parts_of_their_own_and_places_of_the_document() -> None:
    root = tree_of("a: {b: 1}\nc: 2").root
    a, c = root.get("a"), root.get("c")
    assert a is not None
    assert c is not None
    node = made(a, {"c": c, "d": made_value(c, "text")})
    assert node.value == {"c": 2, "d": "text"}
    assert [(key, member.place.line) for key, member in node.members()] == [("c", 2), ("d", 2)]
    assert node.member("b") is None


def test_referenced_keys_are_spelt_as_nodes_spell_theirs() -> None:
    text = "a: {$ref: '#/b%20c'}\nd: [{$ref: 'x/y.yaml#/z'}, {$ref: 'https://example.com'}, {$ref: ../up.yaml}]"
    assert referenced_keys(tree_of(text)) == {"#/b c", "x/y.yaml#/z", "../up.yaml#"}


REFERENCES = st.lists(st.sampled_from(["#", "/", "a", "b", "c", "0", "~1", "~", "%", "..", ".", "y.yaml"]), max_size=7)


def reference(parts: list[str]) -> Json:
    return {"$ref": "".join(parts)}


VALUES: st.SearchStrategy[Json] = st.recursive(
    REFERENCES.map(reference),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "/a"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_every_reference_leads_to_a_value_or_a_problem(value: Json) -> None:
    problems = Problems()
    document = Document("spec.yaml", value, dict)
    tree = resolve(document, reader("/nowhere/spec.yaml", problems), problems)
    waiting = [tree.root]
    while waiting:
        node = waiting.pop()
        waiting += [*node.elements(), *(member for _, member in node.members())]
        target = node.follow()
        assert target is None or not target.is_reference
        assert target is not None or problems.fatal

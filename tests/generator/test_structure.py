from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsgen.document import Json, load, reader
from wsgen.problems import Problem, Problems, Stop
from wsgen.resolve import resolve
from wsgen.structure import check, version_2, version_3
from wsgen.structure.vocabulary import Definitions

from .reading import codes, tree_of

HEAD = "asyncapi: 3.0.0\ninfo: {title: A, version: 1.0.0}\n"


def checked(text: str) -> Problems:
    problems = Problems()
    check(tree_of(text, problems), problems)
    return problems


def only(problems: Problems) -> Problem:
    (problem,) = problems
    return problem


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("2.0.0", None),
        ("2.6.0", None),
        ("3.0.0", None),
        ("3.1.0", None),
        ("3.0", None),
        ("2.7.0", "warning"),
        ("3.2.0", "warning"),
        ("3.10.1-rc", "warning"),
        ("1.2.0", "error"),
        ("4.0.0", "error"),
        ("three", "error"),
    ],
)
def test_versions(version: str, level: str | None) -> None:
    problems = Problems()
    tree = tree_of(f"asyncapi: '{version}'\ninfo: {{title: A, version: '1'}}\nchannels: {{}}\n", problems)
    if level == "error":
        with pytest.raises(Stop):
            check(tree, problems)
    else:
        check(tree, problems)
    assert [problem.level for problem in problems] == ([level] if level else [])


def test_an_unquoted_version_is_read_as_text() -> None:
    problem = only(checked("asyncapi: 3.0\ninfo: {title: A, version: '1'}\n"))
    assert (problem.code, problem.level) == ("WSG208", "warning")
    assert problem.help == 'write "3.0", in quotes'


def test_an_error_lands_on_the_node_also_behind_a_reference() -> None:
    text = HEAD + "channels: {a: {$ref: '#/components/channels/A'}}\ncomponents:\n  channels:\n    A: {messages: [x]}\n"
    problem = only(checked(text))
    assert problem.message == "`messages` must be an object, but it is a list"
    assert (problem.place.line, problem.place.pointer) == (6, "/components/channels/A/messages")


def test_what_is_referred_to_is_checked_as_what_it_is_used_for() -> None:
    problem = only(checked(HEAD + "channels: {a: {messages: {m: {$ref: '#/x-here/M'}}}}\nx-here: {M: {payload: 3}}\n"))
    assert (problem.code, problem.place.pointer) == ("WSG204", "/x-here/M/payload")


def test_a_definition_is_checked_once_however_often_it_is_used() -> None:
    uses = "".join(f"      m{number}: {{$ref: '#/components/messages/M'}}\n" for number in range(50))
    text = HEAD + f"channels:\n  a:\n    messages:\n{uses}components: {{messages: {{M: {{traits: x}}}}}}\n"
    assert codes(checked(text)) == ["WSG204"]


def test_extensions_are_accepted_everywhere() -> None:
    text = (
        "asyncapi: 3.0.0\nx-a: 1\ninfo: {title: A, version: '1', x-b: 1}\n"
        "channels: {a: {x-c: 1, messages: {m: {x-d: 1, payload: {x-e: 1}}}}}\n"
        "operations: {o: {action: send, channel: {$ref: '#/channels/a'}, x-f: 1}}\n"
    )
    assert codes(checked(text)) == []


def test_unknown_keywords_of_schemas_are_accepted_but_for_slips_of_the_pen() -> None:
    text = HEAD + "channels: {a: {messages: {m: {payload: {strange: 1, contentType: x, propertys: {}}}}}}\n"
    problem = only(checked(text))
    assert problem.help == "did you mean `properties`?"


def test_a_payload_in_another_format_is_not_checked() -> None:
    formatted = "{schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema: {type: record}}"
    assert codes(checked(HEAD + f"channels: {{a: {{messages: {{m: {{payload: {formatted}}}}}}}}}\n")) == []
    two = "asyncapi: 2.6.0\ninfo: {title: A, version: '1'}\nchannels: {a: {publish: {message: "
    assert codes(checked(two + "{schemaFormat: application/raml+yaml, payload: {type: record}}}}}\n")) == []
    assert codes(checked(two + "{payload: {type: record}}}}}\n")) == ["WSG205"]


@pytest.mark.parametrize("key", ["description", "title", "default", "examples", "deprecated", "x-any", "$comment"])
def test_annotations_beside_a_reference_are_silent(key: str) -> None:
    text = HEAD + f"channels: {{a: {{messages: {{m: {{payload: {{$ref: '#/components/schemas/S', {key}: x}}}}}}}}}}\n"
    assert codes(checked(text + "components: {schemas: {S: {type: object}}}\n")) == []


def test_a_sibling_that_says_what_the_definition_says_is_silent() -> None:
    text = HEAD + "channels: {a: {messages: {m: {payload: {$ref: '#/components/schemas/S', type: object}}}}}\n"
    assert codes(checked(text + "components: {schemas: {S: {type: object}}}\n")) == []
    assert codes(checked(text + "components: {schemas: {S: {type: array}}}\n")) == ["WSG306"]


def test_hostile_nesting_of_references_costs_no_stack() -> None:
    count = 3000
    chain = "".join(
        f"    s{number}: {{not: {{$ref: '#/components/schemas/s{number + 1}'}}}}\n" for number in range(count)
    )
    text = HEAD + "channels: {}\ncomponents:\n  schemas:\n" + chain + f"    s{count}: true\n"
    assert codes(checked(text)) == []


def test_a_document_of_usual_size_takes_no_time() -> None:
    member = "{type: object, required: [a], properties: {a: {type: string}, b: {type: array, items: {type: number}}}}"
    schemas = "".join(f"    s{number}: {member}\n" for number in range(400))
    tree = tree_of(HEAD + "channels: {}\ncomponents:\n  schemas:\n" + schemas)
    check(tree_of(HEAD + "channels: {}"), Problems())
    before = time.process_time()
    check(tree, Problems())
    # 45 kB; the bound is ten times what it takes, so that only a wrong algorithm breaks it.
    assert time.process_time() - before < 1.5


def test_jsonschema_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, wsgen.build, wsgen.structure; print(sorted({'jsonschema', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("definitions", [version_2.DEFINITIONS, version_3.DEFINITIONS], ids=["2", "3"])
def test_the_definitions_are_json_schema_and_complete(definitions: Definitions) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema({"$defs": definitions})
    used: set[str] = set()
    waiting: list[Json] = list(definitions.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            used |= {
                str(value[key]).rpartition("/")[2] for key in ("$ref", "x-target") if isinstance(value.get(key), str)
            }
    assert used == {*definitions} - {"AsyncAPI"}


@pytest.mark.parametrize("definitions", [version_2.DEFINITIONS, version_3.DEFINITIONS], ids=["2", "3"])
def test_no_alternative_leads_to_another_definition(definitions: Definitions) -> None:
    """Such a reference would be taken later, when the alternative has been decided."""
    waiting: list[tuple[Json, bool]] = [(value, False) for value in definitions.values()]
    while waiting:
        value, inside = waiting.pop()
        if isinstance(value, list):
            waiting += [(item, inside) for item in value]
        elif isinstance(value, dict):
            assert not (inside and "x-target" in value)
            assert not (inside and isinstance(value.get("$ref"), str))
            for key, item in value.items():
                if key == "properties" and isinstance(item, dict):
                    waiting += [(schema, inside) for schema in item.values()]
                else:
                    waiting.append((item, inside or key in {"anyOf", "oneOf", "not", "if"}))


KEYS = sorted(
    {key for definitions in (version_2.DEFINITIONS, version_3.DEFINITIONS) for key in definitions}
    | {"channels", "operations", "servers", "messages", "message", "payload", "$ref", "oneOf", "traits", "schemas"}
    | {"components", "info", "title", "type", "properties", "items", "action", "channel", "reply", "security", "x-a"}
)
LEAVES: st.SearchStrategy[Json] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "#/components/x", "send"])
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=30,
)


@given(st.sampled_from(["2.6.0", "3.0.0"]), st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_any_object_is_checked_without_a_traceback(version: str, members: dict[str, Json]) -> None:
    import json

    problems = Problems()
    document = load("spec.json", problems, text=json.dumps({"asyncapi": version, **members}))
    check(resolve(document, reader("spec.json", problems), problems), problems)
    for problem in problems:
        assert problem.message
        assert problem.place.file == "spec.json"

"""What is generated compiles under every strict flag and is formatted, whatever the document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import pytest
from wsgen.config import ClientSettings, DeliverySettings, DomainSettings, HeartbeatSettings

from tests.generated.test_hostile import HOSTILE

from .output import SPECS, Written, hostile_documents, sound_documents, write_all
from .tools import COMPILERS, NodeTools


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("output")
    return write_all([*sound_documents(), *hostile_documents(folder)], folder)


def test_every_sound_document_has_a_package(written: Written) -> None:
    assert written.problems == ()
    packages = {module.parent for module in written.modules}
    assert len(packages) >= len(sound_documents()) + len(HOSTILE) // 2


@pytest.mark.parametrize("compiler", COMPILERS)
def test_it_compiles_under_every_strict_flag(written: Written, node_tools: NodeTools, compiler: str) -> None:
    assert node_tools.tsc(written.modules, compiler=compiler) == ""


def test_it_is_formatted(written: Written, node_tools: NodeTools) -> None:
    assert node_tools.misformatted(written.modules) == ""


@pytest.fixture(scope="module")
def readmes(written: Written) -> dict[str, Path]:
    """By the names of the documents."""
    return {path.name: package / "README.md" for path, package in written.packages.items()}


def test_their_readmes_are_formatted(readmes: dict[str, Path], node_tools: NodeTools) -> None:
    assert len(readmes) >= len(sound_documents())
    assert node_tools.misformatted(readmes.values()) == ""


def test_the_examples_of_their_readmes_compile(readmes: dict[str, Path], node_tools: NodeTools) -> None:
    # There, objects have a property `constructor` of a type of its own, which no literal has that leaves it out.
    others = {name: readme for name, readme in readmes.items() if name != "names.json"}
    assert len(others) == len(readmes) - 1
    uses: list[Path] = []
    for readme in others.values():
        package = readme.parent
        blocks = re.findall(r"^```ts\n(.*?)^```$", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        openings = [block for block in blocks if block.startswith("import") and "fakes.js" not in block]
        assert openings
        for number, block in enumerate(blocks):
            called = re.search(r"(\w+)\.[\w.]+\(", block)
            assert called
            opening = next((each for each in openings if f"const {called[1]} = new" in each), "")
            text = block if block.startswith("import") else f"{opening}{block}"
            uses.append(package.parent / f"use_{package.name}_{number}.ts")
            uses[-1].write_text(re.sub(r'from "\./[^/]+/', f'from "./{package.name}/', text), "utf-8")
    assert node_tools.tsc(uses, noUnusedLocals=False) == ""


def test_nothing_invisible_stands_in_it(written: Written) -> None:
    for module in written.modules:
        assert all(character == "\n" or character.isprintable() for character in module.read_text("utf-8")), module


def test_names_of_files_are_fit_for_every_system(written: Written) -> None:
    for package in {module.parent for module in written.modules}:
        names = [path.name for path in package.iterdir()]
        assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize("extension", [".ts", "none"])
def test_imports_have_the_extension_that_is_wanted(extension: str, tmp_path: Path) -> None:
    words = "" if extension == "none" else extension
    found = write_all(sound_documents()[-1:], tmp_path, ".ts" if extension == ".ts" else "none")
    text = (found.modules[0].parent / "index.ts").read_text("utf-8")
    assert f'from "./client{words}"' in text
    assert found.problems == ()


def test_what_a_configuration_asks_for_is_handed_in(node_tools: NodeTools, tmp_path: Path) -> None:
    latest = DeliverySettings(policy="latest", key="time")
    settings = ClientSettings(
        input="",
        domains={
            "alerts": DomainSettings(route={"level": "level"}),
            "bars": DomainSettings(topic="sorted-json", delivery=latest),
            "quotes": DomainSettings(topic="quotes:{symbols}", delivery=DeliverySettings(limit=10)),
        },
        heartbeat=HeartbeatSettings("ping", 20, reply="pong"),
    )

    found = write_all([SPECS / "trading.asyncapi.json"], tmp_path, given=settings)

    texts = {module.name: module.read_text("utf-8") for module in found.modules}
    assert 'route: /* @__PURE__ */ byFields({ level: "level" })' in texts["alerts.ts"]
    assert "topicRule: sortedJson" in texts["bars.ts"]
    assert 'delivery: /* @__PURE__ */ latest("time")' in texts["bars.ts"]
    assert 'topicRule: /* @__PURE__ */ templated("quotes:{symbols}")' in texts["quotes.ts"]
    assert "/* @__PURE__ */ heartbeat({" in texts["protocol.ts"]
    assert node_tools.tsc(found.modules) == ""
    assert node_tools.misformatted(found.modules) == ""


@pytest.mark.parametrize(("route", "name"), [("connection", "ownConnection"), (None, "oneAtATime")])
def test_updates_without_a_topic_have_a_route(
    route: Literal["connection"] | None, name: str, node_tools: NodeTools, tmp_path: Path
) -> None:
    settings = ClientSettings(input="", domains={"alerts": DomainSettings(route=route)})
    found = write_all([SPECS / "trading.asyncapi.json"], tmp_path, given=settings)
    [alerts] = (module for module in found.modules if module.name == "alerts.ts")
    assert f"route: {name}," in alerts.read_text("utf-8")
    assert node_tools.tsc(found.modules) == ""


@pytest.mark.parametrize("schema", [{"additionalProperties": {"type": "string"}}, {"properties": {"id": {}}}])
def test_constants_of_every_length_are_formatted(
    schema: dict[str, object], node_tools: NodeTools, tmp_path: Path
) -> None:
    documents = []
    for length in range(1, 40):
        name = "a" * length
        payload = {"type": "object", **schema}
        place = {
            "subscribe": {"message": {"payload": payload}},
            "publish": {"message": {"name": "Location", "payload": {"type": "object", "properties": {"at": {}}}}},
        }
        document = {
            "asyncapi": "2.6.0",
            "info": {"title": name, "version": "1"},
            "servers": {"main": {"url": "ws://localhost", "protocol": "ws"}},
            "channels": {f"/{name}": place},
        }
        documents.append(tmp_path / f"{name}.json")
        documents[-1].write_text(json.dumps(document), "utf-8")

    found = write_all(documents, tmp_path)

    assert len({module.parent for module in found.modules}) == len(documents)
    assert node_tools.misformatted(found.modules) == ""


def test_texts_of_every_length_are_formatted(node_tools: NodeTools, tmp_path: Path) -> None:
    texts = {f"{'n' * name}{length}": {"const": "w" * length} for name in range(1, 7) for length in range(58, 76)}
    payload = {"type": "object", "required": list(texts), "properties": texts}
    document = tmp_path / "texts.json"
    document.write_text(
        json.dumps(
            {
                "asyncapi": "2.6.0",
                "info": {"title": "Texts", "version": "1"},
                "servers": {"main": {"url": "ws://localhost", "protocol": "ws"}},
                "channels": {
                    "/": {
                        "subscribe": {"message": {"name": "said", "payload": payload}},
                        "publish": {"message": {"name": "tell", "payload": payload}},
                    }
                },
            }
        ),
        "utf-8",
    )

    found = write_all([document], tmp_path)

    assert any(f'"{"w" * 75}"' in module.read_text("utf-8") for module in found.modules if module.name == "fakes.ts")
    assert node_tools.misformatted(found.modules) == ""


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string"}, '""'),
        ({"type": "integer", "format": "int64"}, "0"),
        ({"enum": ["b", "a"]}, '"b"'),
        ({"const": True}, "true"),
        ({"type": ["null", "boolean"]}, "false"),
        ({"type": "array", "minItems": 1, "items": {"type": "string"}}, "[]"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "{}"),
        ({"type": "object", "required": ["x"], "properties": {"x": {}, "y": {}}}, "{ x: null }"),
        ({"oneOf": [{"$ref": "#/components/schemas/Node"}, {"type": "string"}]}, '""'),
        ({"$ref": "#/components/schemas/Node"}, None),
    ],
)
def test_samples_have_the_least_that_a_payload_must_have(
    schema: dict[str, object], made: str | None, node_tools: NodeTools, tmp_path: Path
) -> None:
    node = {"$ref": "#/components/schemas/Node"}
    payload = {"type": "object", "required": ["__proto__"], "properties": {"__proto__": schema, "other": {}}}
    document = {
        "asyncapi": "2.6.0",
        "info": {"title": "Samples", "version": "1"},
        "servers": {"main": {"url": "ws://localhost", "protocol": "ws"}},
        "channels": {"/": {"subscribe": {"message": {"name": "Partial", "payload": payload}}}},
        "components": {"schemas": {"Node": {"type": "object", "required": ["next"], "properties": {"next": node}}}},
    }
    path = tmp_path / "samples.json"
    path.write_text(json.dumps(document), "utf-8")

    found = write_all([path], tmp_path)

    (fakes,) = (module.read_text("utf-8") for module in found.modules if module.name == "fakes.ts")
    assert ("export function makePartial(" in fakes) == (made is not None)
    assert made is None or f'return {{ ["__proto__"]: {made}, ...given }};' in fakes
    assert node_tools.tsc(found.modules) == ""
    assert node_tools.misformatted(found.modules) == ""


def test_a_cookie_can_be_given_where_there_is_no_page(node_tools: NodeTools, tmp_path: Path) -> None:
    document = {
        "asyncapi": "2.6.0",
        "info": {"title": "Cookies", "version": "1"},
        "servers": {"main": {"url": "ws://localhost", "protocol": "ws", "security": [{"session": []}]}},
        "channels": {"/": {"subscribe": {"message": {"name": "said", "payload": {"type": "object"}}}}},
        "components": {"securitySchemes": {"session": {"type": "httpApiKey", "in": "cookie", "name": "sid"}}},
    }
    path = tmp_path / "cookies.json"
    path.write_text(json.dumps(document), "utf-8")

    found = write_all([path], tmp_path)

    readme = found.packages[path] / "README.md"
    assert "`{ cookies: { sid: apiKey } }`; in a browser, a cookie of the page" in readme.read_text("utf-8")
    assert node_tools.misformatted([readme]) == ""

"""A client in TypeScript takes made-up frames for the messages that they were made up for, as Python's does."""

from __future__ import annotations

from pathlib import Path

import pytest

from .frames import Told, told
from .output import sound_documents, write_all
from .tools import NodeTools

DOCUMENTS = [path for path in sound_documents() if path.name != "schema-formats.yaml"]
"""But one: who makes up instances does not see the schema behind a reference to a schema with a format."""

FEED = """
asyncapi: 3.0.0
info: {{title: Feed, version: '1'}}
channels: {{feed: {{messages: {{{messages}}}}}}}
operations: {{tell: {{action: send, channel: {{$ref: '#/channels/feed'}}}}}}
"""
PRICE = "{payload: {type: object, properties: {price: {type: number}}}, examples: [{payload: {price: 1.5}}]}"


@pytest.fixture(scope="module")
def frames(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """Each frame, and what the codec in TypeScript says of it."""
    folder = tmp_path_factory.mktemp("messages")
    return told(node_tools, write_all(DOCUMENTS, folder).packages, folder)


def test_frames_are_taken_for_their_messages(frames: list[Told]) -> None:
    assert [str(each) for each in frames if not each.right] == []
    assert len(frames) > 300


def test_they_are_written_as_they_were(frames: list[Told]) -> None:
    certain = [each for each in frames if each.frame.case.certain and each.frame.payload is not None]
    assert [str(each) for each in certain if not each.again] == []
    assert len(certain) > 300


def test_what_cannot_be_told_apart_arrives_with_its_payload(node_tools: NodeTools, tmp_path: Path) -> None:
    objects, texts = tmp_path / "objects.yaml", tmp_path / "texts.yaml"
    objects.write_text(FEED.format(messages=f"trade: {PRICE}, volume: {PRICE}"))
    texts.write_text(
        FEED.format(
            messages="note: {contentType: text/plain, payload: {type: string}}, name: {payload: {type: string}}"
        )
    )
    found = told(node_tools, write_all([objects, texts], tmp_path).packages, tmp_path)
    assert {each.key for each in found} == {"message"}
    payloads = [each.payload for each in found]
    assert {"price": 1.5} in payloads
    assert any(isinstance(each, str) for each in payloads)
    json_frames = [each for each in found if each.frame.case.frame == "json"]
    assert [str(each) for each in json_frames if each.payload != each.frame.payload] == []

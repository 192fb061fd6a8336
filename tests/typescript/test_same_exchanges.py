"""Subscriptions, requests and handlers of clients in TypeScript do what their documents say, by made-up frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from .output import sound_documents, write_all
from .talks import Talked, talked
from .tools import NodeTools


@pytest.fixture(scope="module")
def talks(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> list[Talked]:
    folder = tmp_path_factory.mktemp("talks")
    return talked(node_tools, write_all(sound_documents(), folder).packages, folder)


def test_what_follows_reaches_its_caller(talks: list[Talked]) -> None:
    assert [str(each) for each in talks if each.wrong] == []
    assert {each.exchange.kind for each in talks} >= {"update", "confirmation", "reply"}
    assert sum(len(each.exchange.follow) for each in talks) > 100


FEED = """
asyncapi: 3.0.0
info: {title: Feed, version: '1'}
channels:
  feed:
    messages:
      subscribe:
        payload: {type: object, required: [op, symbol], properties: {op: {const: subscribe}, symbol: {type: string}}}
      subscribed: {payload: {type: object, required: [since], properties: {since: {type: number}}}}
      gone: {payload: {type: object, required: [left], properties: {left: {type: boolean}}}}
      tick:
        payload:
          type: object
          required: [price, symbol]
          properties: {price: {type: number}, symbol: {type: string}}
operations:
  subscribe:
    action: receive
    channel: {$ref: '#/channels/feed'}
    messages: [{$ref: '#/channels/feed/messages/subscribe'}]
    reply: {channel: {$ref: '#/channels/feed'}, messages: [{$ref: '#/channels/feed/messages/subscribed'}]}
  tell:
    action: send
    channel: {$ref: '#/channels/feed'}
    messages: [{$ref: '#/channels/feed/messages/tick'}, {$ref: '#/channels/feed/messages/gone'}]
"""


def test_what_a_fake_makes_up_says_which_message_it_is(node_tools: NodeTools, tmp_path: Path) -> None:
    document = tmp_path / "feed.yaml"
    document.write_text(FEED)
    found = talked(node_tools, write_all([document], tmp_path).packages, tmp_path)
    assert [each.exchange.kind for each in found] == ["update", "confirmation"]
    assert [str(each) for each in found if each.wrong] == []

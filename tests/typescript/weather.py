"""Random steps of scenarios: what clients and servers may do, in any order, as the session in Python answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

from tests.scenarios.player import Player, Step

__all__ = ["CHOICES", "OPTIONS", "written"]

OPTIONS = st.sampled_from(
    [
        {},
        {},
        {"timeout": 2, "max_silence": 7},
        {"heartbeat": {"type": "ping", "interval": 3}},
        {"on_disconnect": "queue", "ttl": 4, "max_attempts": 2},
        {"retry": {"delays": [0, 0.5], "stable_after": 2, "give_up_after": 12}, "connect_timeout": 3},
        {"topic": {"bars": "bars:{symbol}", "quotes": "sorted-json"}},
        {"topic": {"bars": "bars:{symbol}"}, "strict_topic": True},
        {"route": {"alerts": {"level": "level"}, "orders": "broadcast"}},
        {"route": {"alerts": "connection"}},
        {"delivery": {"bars": {"policy": "drop_oldest", "limit": 2}, "ticks": {"limit": 3}}},
        {"delivery": {"bars": {"policy": "latest", "key": "n"}, "ticks": {"policy": "fail", "limit": 2}}},
    ]
)
CHOICES = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 11), st.integers(0, 11)), min_size=40, max_size=80)

PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "bars": [{"symbol": "A"}, {"resolution": "1", "symbol": "A"}, {"symbol": "B"}, {"symbol": "é", "resolution": "5"}],
    "quotes": [{"symbols": ["A"]}, {"symbols": ["A", "B"]}, {"symbols": ["B", "A"]}, {}],
    "alerts": [{"level": "high"}, {"level": "low"}, {"level": ["high", "low"]}, {}],
    "orders": [{"account": 1}, {"account": "1"}],
    "ticks": [{"symbol": "A"}, {"symbol": ["A", "B"]}, {"symbol": "B"}, {}],
    "books": [{"book": "A"}, {"book": "B"}, {"id": 3, "book": "A"}],
}
DOMAINS = ("bars", "bars", "bars", "quotes", "alerts", "orders", "ticks", "books", "books", "bars", "quotes", "alerts")
SECONDS = (0.25, 0.5, 1, 1, 2, 2.5, 4, 5, 5, 10, 31, 0.001)
CODES = (None, 1000, 1001, 1003, 1006, 1008, 1009, 1011, 1012, 4401, 4404, 4408)
STRAY: tuple[Step, ...] = (
    {"text": "not json"},
    {"frames": [{"type": "server.ask", "payload": {"id": "a"}}, {"type": "server.ask", "payload": None}]},
    {"binary": "00ff"},
    {"frame": {"type": "weather", "payload": 1}},
    {"frame": {"type": "bars.subscribe.response", "payload": {"topic": "bars:A"}}},
    {"frame": {"type": "bars.update", "payload": {"topic": 7}}},
    {"frame": {"type": "pong"}},
    {"frame": {"type": "server.ask", "payload": {"id": 7, "question": "?"}}},
    {"frame": {"type": "chat.message", "payload": {"text": "hello"}}},
    {"frame": {"type": "books.refused", "payload": {"id": 1, "words": "no"}}},
    {"frame": {"type": "bars.unsubscribe.response", "payload": {"status": "ok", "topic": "bars:B"}}},
    {"frame": {"type": "constructor", "payload": {"__proto__": 1}}},
)


def written(options: dict[str, Any], choices: list[tuple[int, int, int]]) -> tuple[list[Step], list[dict[str, Any]]]:
    """Steps that these choices lead to, and what the session in Python shows after each."""
    author, seen = _Author(options), []
    with _log() as lines:
        for kind, one, other in choices:
            for step in author.steps(kind, one, other):
                lines.clear()
                seen.append({**author.play(step), "log": list(lines)})
    return author.played, seen


@contextmanager
def _log() -> Iterator[list[str]]:
    """The level of each line of the log."""
    levels: list[str] = []
    handler, logger = logging.Handler(), logging.getLogger("scenarios")
    handler.emit = lambda record: levels.append(record.levelname)  # type: ignore[method-assign]  # all there is to it
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield levels
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


class _Author:
    """Writes a scenario, one step after another, by what has happened so far."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.played: list[Step] = []
        self._player = Player(options)
        self._subscribed: list[str] = []
        self._streams: list[str] = []
        self._busy: list[str] = []
        self._wanted: list[tuple[str, dict[str, Any]]] = []
        self._asked: list[str] = []
        self._unanswered: list[dict[str, Any]] = []
        self._connected = False
        self._attempts = 0
        self._numbers = 0

    def play(self, step: Step) -> dict[str, Any]:
        self.played.append(step)
        self._player.play(step)
        seen = self._player.seen()
        states = [session[0] for session in seen["sessions"].values()]
        self._attempts = sum(session[1] for session in seen["sessions"].values())
        self._connected = "CONNECTED" in states
        if not self._connected:
            self._unanswered.clear()
        self._unanswered += seen["sent"]
        return seen

    def steps(self, kind: int, one: int, other: int) -> list[Step]:
        """The steps of one choice; none, where it makes no sense now."""
        if not self._connected and self._attempts and kind % 2:
            return [self._attempt(one)]
        for bound, write in self._kinds():
            if kind < bound:
                return write(one, other)
        return self._close(one, other)

    def _kinds(self) -> tuple[tuple[int, Callable[[int, int], list[Step]]], ...]:
        return (
            (20, self._subscribe),
            (30, self._leave),
            (58, self._answer),
            (70, self._update),
            (77, self._request),
            (85, self._advance),
            (88, self._lose),
            (90, self._stray),
            (93, self._callback),
            (95, self._others),
            (99, self._done),
        )

    def _subscribe(self, one: int, other: int) -> list[Step]:
        domain = DOMAINS[one]
        label, sets = f"s{len(self._subscribed)}", PARAMETERS[domain]
        self._subscribed.append(label)
        self._wanted.append((domain, sets[other % len(sets)]))
        step: Step = {"subscribe": domain, "params": sets[other % len(sets)], "as": label}
        if other in (3, 7):
            step["timeout"] = (1, 8)[other == 7]
        if other in (5, 9):
            step["stream"] = True
            self._streams.append(label)
        elif other in (1, 6):
            self._busy.append(label)
            return [step, {"busy": label}]
        return [step]

    def _leave(self, one: int, other: int) -> list[Step]:
        if not self._subscribed:
            return []
        return [{("unsubscribe", "cancel", "unsubscribe", "abandon")[one % 4]: self._pick(self._subscribed, other)}]

    def _answer(self, one: int, other: int) -> list[Step]:
        """The oldest frame is answered; now and then another one, or twice, or not at all, or with other words."""
        if not self._unanswered:
            return self._advance(one, other)
        frame = self._unanswered.pop(1 if one == 10 and len(self._unanswered) > 1 else 0)
        reply = self._reply(frame, other)
        if reply is None or one == 11:
            return []
        return [{"frames": [reply, reply]}] if one == 9 else [{"frame": reply}]

    def _reply(self, frame: dict[str, Any], other: int) -> dict[str, Any] | None:
        key, payload = frame["type"], frame.get("payload") or {}
        domain, _, verb = key.partition(".")
        if key == "ping":
            return {"type": "pong"}
        if key == "chat.join":
            return {"type": "chat.joined", "payload": payload}
        if key == "slow":
            return {"type": "slow.done", "payload": payload}
        if key == "probe":
            return {"type": "probe.result", "ref": frame.get("ref"), "payload": payload}
        if key == "lookup":
            return {"type": "lookup.failed" if other > 9 else "lookup.found", "payload": payload}
        if domain == "books" and verb == "subscribe":
            if other == 11:
                return {"type": "books.refused", "payload": {"id": payload.get("id"), "words": "no"}}
            number = ord(str(payload.get("book"))[0])
            return {"type": "books.subscribed", "payload": {"id": payload.get("id"), "number": number}}
        if verb not in ("subscribe", "unsubscribe") or domain not in ("bars", "quotes", "alerts", "orders"):
            return None
        said: dict[str, Any] = {"status": "error" if other == 11 else "ok", "message": "words"}
        if other not in (9, 10):
            said["topic"] = self._topic(domain, payload, same=other == 8)
        return {"type": f"{domain}.{verb}.response", "payload": said}

    def _topic(self, domain: str, payload: dict[str, Any], *, same: bool) -> str:
        if domain == "bars":
            return f"bars:{'A' if same else payload.get('symbol')}"
        return f"{domain}:{json.dumps({} if same else payload, sort_keys=True, separators=(',', ':'))}"

    def _update(self, one: int, other: int) -> list[Step]:
        domain, sets = DOMAINS[one], PARAMETERS[DOMAINS[one]]
        parameters = sets[other % len(sets)]
        if one > 2 and self._wanted:
            domain, parameters = self._wanted[-1 - other % len(self._wanted)]
        self._numbers += 1
        value: dict[str, Any] = {"n": other % 3, "number": self._numbers}
        if domain in ("bars", "quotes"):
            payload: dict[str, Any] = {"topic": self._topic(domain, parameters, same=False), "payload": value}
        elif domain == "books":
            payload = {"number": ord(parameters["book"]) if other < 9 else str(ord("A")), "payload": value}
        else:
            payload = {**value, **{name: each for name, each in parameters.items() if isinstance(each, str)}}
        return [{"frame": {"type": f"{domain}.update", "payload": payload}}]

    def _request(self, one: int, other: int) -> list[Step]:
        if one == 0 and self._asked:
            return [{"abandon": self._pick(self._asked, other)}]
        if one == 1:
            return [{"send": "chat.typing", "payload": {"room": other}, "as": f"t{len(self.played)}"}]
        label = f"r{len(self._asked)}"
        self._asked.append(label)
        step: Step = {"request": "ping", "as": label}
        if one > 3:
            name = ("chat.join", "lookup", "probe", "slow")[one % 4]
            step = {"request": name, "payload": {"room": other}, "as": label}
            if name == "lookup" and other > 9:
                step["payload"]["ref"] = other % 2
        if other in (2, 3):
            step["timeout"] = 1
        if other in (4, 5):
            step["on_disconnect"] = ("fail", "queue")[other == 5]
        return [step]

    def _advance(self, one: int, other: int) -> list[Step]:
        return [{"advance": SECONDS[one]}]

    def _lose(self, one: int, other: int) -> list[Step]:
        return [{"lost": CODES[one]}] if self._attempts else []

    def _stray(self, one: int, other: int) -> list[Step]:
        return [STRAY[one]] if self._connected else []

    def _callback(self, one: int, other: int) -> list[Step]:
        if not self._subscribed:
            return []
        label, another = self._pick(self._subscribed, one), self._pick(self._subscribed, other)
        if one == 0:
            return [{"raises": label}]
        do: tuple[Step, ...] = (
            {"cancel": label},
            {"cancel": another},
            {"unsubscribe": another},
            {"request": "ping", "as": f"c{len(self.played)}"},
            {"close": True},
        )
        return [{"on_update": label, "do": do[other % (5 if one == 11 else 4)]}]

    def _done(self, one: int, other: int) -> list[Step]:
        return [{"done": self._pick(self._busy, other)}] if self._busy else []

    def _others(self, one: int, other: int) -> list[Step]:
        if self._streams and one > 5:
            return [{"take": self._pick(self._streams, one), "count": 1 + other % 3}]
        label = f"l{len(self.played)}"
        if one > 3:
            return [{"listen": "chat.message", "as": label}]
        if one > 1:
            return [{"handle": "server.ask", "as": label, "answer": {"n": one} if other else {"id": "mine"}}]
        return [{"connect": True, "as": f"k{len(self.played)}"}]

    def _close(self, one: int, other: int) -> list[Step]:
        return [{"close": True}] if one == 0 else [{"reconnect": True, "as": f"k{len(self.played)}"}]

    def _attempt(self, one: int) -> Step:
        if one == 10:
            return {"refused": 503, "retry_after": 3}
        if one == 11:
            return {"refused": 403}
        return {"unreachable": True} if one == 9 else {"opened": True}

    def _pick(self, labels: list[str], number: int) -> str:
        """The latest are of the most interest."""
        return labels[-1 - number % len(labels)]

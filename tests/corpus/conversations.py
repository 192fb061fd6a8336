"""Exchanges, played through the classes of a generated package: clients on a `MemoryTransport`, and their fakes.

It imports nothing of wsgen.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

__all__ = ["Client", "Conversations", "decoded", "encoded"]

PATIENCE = 2.0
"""Seconds of real time for what is done at once where all is well."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a generated client, and the operation that it hands to the runtime."""

    call: Callable[..., Any]
    kind: str
    operation: Any


@dataclass(slots=True)
class Client:
    """A generated client, and all of its methods."""

    it: Any
    methods: list[Method] = field(default_factory=list[Method])

    def find(self, kind: str, matches: Callable[[Any], bool]) -> Method | None:
        return next((each for each in self.methods if each.kind == kind and matches(each.operation)), None)


class Conversations:
    """The clients and the fakes of one package."""

    def __init__(self, name: str, protocols: list[Any]) -> None:
        self._package = name
        self._protocols = protocols
        self._runtime = importlib.import_module(f"{name}._runtime")
        self._routes = importlib.import_module(f"{name}._runtime.session.routes")
        self._rules = importlib.import_module(f"{name}._runtime.rules")
        self._errors = importlib.import_module(f"{name}._runtime.errors")
        self._client = importlib.import_module(f"{name}.client")
        self._fakes = importlib.import_module(f"{name}.fakes")

    def play(self, exchange: Mapping[str, Any], payload: Callable[[Any, Mapping[str, Any]], Any]) -> str | None:
        """What is not as it should be, if anything. `payload` makes what callers give of a case."""
        protocol = self._protocols[exchange["connection"]]
        talk = _Talk(self, protocol, exchange, lambda case: payload(protocol, case))
        return asyncio.run(talk.play())

    def client(self, protocol: Any, transport: Any) -> Client:
        """A client of this protocol.

        Raises:
            LookupError: there is none.
        """
        kinds: list[Any] = list(vars(self._client).values())
        for kind in kinds:
            if (
                inspect.isclass(kind)
                and issubclass(kind, self._runtime.Client)
                and kind.__module__ == self._client.__name__
            ):
                make: Any = kind
                client = make("ws://test", transport=transport, **_arguments(make.__init__))
                if client.connection._protocol is protocol:
                    return Client(client, list(_methods(client)))
        raise LookupError("no client has this protocol")

    def fake(self, protocol: Any) -> Any:
        """A fake server of this protocol.

        Raises:
            LookupError: there is none.
        """
        for kind in vars(self._fakes).values():
            if inspect.isclass(kind) and kind.__module__ == self._fakes.__name__ and hasattr(kind, "send_raw"):
                server: Any = kind()
                if server._desk._clients is protocol.codec:
                    return server
        raise LookupError("no fake server has this protocol")


class _Talk:
    """One exchange."""

    def __init__(
        self,
        all: Conversations,
        protocol: Any,
        exchange: Mapping[str, Any],
        payload: Callable[[Mapping[str, Any]], Any],
    ) -> None:
        self._all = all
        self._protocol = protocol
        self._exchange = exchange
        self._payload = payload
        self._codec = protocol.codec
        self._server = protocol.codec.reversed()

    async def play(self) -> str | None:
        kind: str = self._exchange["kind"]
        if kind == "update":
            return await self._update()
        if kind == "asked":
            return await self._asked()
        for case in self._exchange["follow"]:
            trouble = await (self._reply(case) if kind == "reply" else self._confirmation(case))
            if trouble:
                return f"{trouble}; answer {case and case['value']}"
        return None

    # Updates.

    async def _update(self) -> str | None:
        method = self._method("subscribe")
        operation = method(None).operation
        confirmed = operation.confirmation is not None
        server = self._all.fake(self._protocol) if confirmed else None
        transport = self._all._runtime.MemoryTransport() if server is None else server.transport
        client = self._all.client(self._protocol, transport)
        mine = method(client)
        got: dict[int, list[Any]] = {}
        try:
            await self._follow_others(client, mine, got, confirmed)
            await _soon(mine.call(*self._begin(), got.setdefault(id(mine.operation), []).append))
            topic = self._topic(server, operation)
            for case in self._exchange["follow"]:
                frame = self._with_topic(case, operation, topic)
                for values in got.values():
                    values.clear()
                if server is None:
                    link = transport.connections[-1]
                    (link.send_binary if type(frame) is self._all._rules.Frame else link.send)(frame)
                else:
                    server.send_raw(frame)
                await asyncio.sleep(0)
                trouble = self._arrived(client, mine, got, frame)
                if trouble:
                    return f"{trouble}; update {frame[:1000]!r}"
        finally:
            await _soon(client.it.close())
        return None

    async def _follow_others(self, client: Client, mine: Method, got: dict[int, list[Any]], confirmed: bool) -> None:
        """Listen to everything else that the connection has."""
        firsts = {case["key"]: case for case in self._exchange["others"] if case["certain"] or not confirmed}
        for each in client.methods:
            operation, values = each.operation, got.setdefault(id(each.operation), [])
            if each.kind == "listen":
                each.call(values.append)
            elif each.kind == "subscribe" and operation is not mine.operation:
                bare = self._codec._sent_types[operation.subscribe] is None
                if operation.subscribe == mine.operation.subscribe or not (bare or operation.subscribe in firsts):
                    continue
                if operation.confirmation is None or confirmed:
                    arguments = [] if bare else [self._payload(firsts[operation.subscribe])]
                    await _soon(each.call(*arguments, values.append))

    def _arrived(self, client: Client, mine: Method, got: dict[int, list[Any]], frame: bytes) -> str | None:
        key, payload = self._decoded(frame)
        update = next(each for each in mine.operation.updates if each.key == key)
        value = payload if update.data is None else self._codec.getter(key, update.data)(payload)
        expected = value if update.event is None else self._all._routes.maker(update.event)(value)
        values = got[id(mine.operation)]
        if len(values) != 1:
            return f"{len(values)} values reached the subscriber"
        if type(values[0]) is not type(expected) or values[0] != expected:
            return f"the subscriber got {values[0]!r}"
        for each in client.methods:
            operation = each.operation
            names = (
                operation.messages if each.kind == "listen" else [one.key for one in getattr(operation, "updates", ())]
            )
            most = 1 if key in names else 0
            if len(got.get(id(operation), ())) > most:
                return f"{len(got[id(operation)])} values reached `{names}`"
        return None

    def _topic(self, server: Any, operation: Any) -> Any:
        """The topic under which the fake has confirmed."""
        if server is None:
            return None
        held = [
            each for one in server._desk.open() for each in one.held if each.operation.subscribe == operation.subscribe
        ]
        return held[-1].named if held else None

    def _with_topic(self, case: Mapping[str, Any] | None, operation: Any, topic: Any) -> bytes:
        if case is None:
            bare: bytes = self._server.encode(self._exchange["keys"][0], None)
            return bare
        update = next(each for each in operation.updates if each.key == case["delivered"])
        if update.topic is None or topic is None:
            return self._frame(case)
        return encoded({**case, "value": _put(case["value"], self._path(update.topic), topic)})

    # Confirmations and replies.

    async def _confirmation(self, case: Mapping[str, Any] | None) -> str | None:
        transport = self._all._runtime.MemoryTransport()
        client = self._all.client(self._protocol, transport)
        mine = self._method("subscribe")(client)
        confirmation = mine.operation.confirmation
        key = confirmation.key if case is None else case["key"]
        try:
            asking = asyncio.ensure_future(mine.call(*self._begin(), lambda value: None))
            frame = await self._answer(transport, asking, case, key, confirmation.correlation)
            try:
                await _soon(asking)
            except self._all._errors.SubscriptionRejected as refused:
                payload = self._decoded(frame)[1]
                return None if refused.reply == payload else f"refused with {refused.reply!r}"
            except self._all._errors.TopicMismatch:
                return None
            return "it is not refused" if self._exchange["kind"] == "refusal" else None
        finally:
            await _soon(client.it.close())

    async def _reply(self, case: Mapping[str, Any] | None) -> str | None:
        transport = self._all._runtime.MemoryTransport()
        client = self._all.client(self._protocol, transport)
        mine = self._method("request")(client)
        replies = mine.operation.replies
        key = replies[0] if case is None else case["key"]
        try:
            asking = asyncio.ensure_future(mine.call(*self._begin()))
            frame = await self._answer(transport, asking, case, key, mine.operation.correlation)
            reply = await _soon(asking)
        finally:
            await _soon(client.it.close())
        key, payload = self._decoded(frame)
        event = mine.operation.events.get(key)
        expected = payload if event is None else self._all._routes.maker(event)(payload)
        if key not in replies:
            return f"taken for `{key}`"
        return None if type(reply) is type(expected) and reply == expected else f"the call gave {reply!r}"

    async def _answer(
        self, transport: Any, asking: asyncio.Future[Any], case: Mapping[str, Any] | None, key: str, correlation: Any
    ) -> bytes:
        """Wait for the frame of a call, and answer it with a case that has its id."""
        for _ in range(20):
            if asking.done() or (transport.connections and transport.connections[-1].received):
                break
            await asyncio.sleep(0)
        link = transport.connections[-1]
        sent = [*link.received, *link.received_binary]
        if (asking.done() and asking.exception() is not None) or not sent:
            await _soon(asking)
        frame: bytes
        if case is None:
            frame = self._server.encode(key, None)
        else:
            frame = self._frame(self._with_id(case, sent[-1], correlation))
        (link.send_binary if type(frame) is self._all._rules.Frame else link.send)(frame)
        return frame

    def _with_id(self, case: Mapping[str, Any], sent: bytes, correlation: Any) -> Mapping[str, Any]:
        if correlation is None or case["frame"] != "json":
            return case
        framed = correlation.within == "frame"
        asked = correlation.request.split(".") if framed else self._path(correlation.request)
        answered = correlation.reply.split(".") if framed else self._path(correlation.reply)
        id, there = _at(decoded(sent), asked), _at(case["value"], answered)
        if id is None:
            return case
        return {**case, "value": _put(case["value"], answered, str(id) if isinstance(there, str) else id)}

    # What the server asks.

    async def _asked(self) -> str | None:
        for case in self._exchange["follow"]:
            trouble = await self._asked_once(case)
            if trouble:
                return f"{trouble}; answer {case and case['value']}"
        return None

    async def _asked_once(self, case: Mapping[str, Any] | None) -> str | None:
        transport = self._all._runtime.MemoryTransport()
        client = self._all.client(self._protocol, transport)
        mine = self._method("handle")(client)
        begin = self._exchange["begin"]
        frame = self._server.encode(mine.operation.request, None) if begin is None else self._frame(begin)
        key = mine.operation.replies[0] if case is None else case["key"]
        event = mine.operation.events.get(key)
        payload = None if case is None else self._payload(case)
        answer = payload if event is None else self._all._routes.maker(event)(payload)
        got: list[Any] = []

        def handler(asked: Any) -> Any:
            got.append(asked)
            return answer

        mine.call(handler)
        await _soon(client.it.connect())
        link = transport.connections[-1]
        (link.send_binary if type(frame) is self._all._rules.Frame else link.send)(frame)
        await asyncio.sleep(0)
        sent = [*link.received, *link.received_binary]
        await _soon(client.it.close())
        expected = self._decoded(frame)[1]
        if len(got) != 1 or type(got[0]) is not type(expected) or got[0] != expected:
            return f"the handler got {got!r}"
        if len(sent) != 1:
            return f"{len(sent)} frames were sent"
        if case is not None and case["certain"]:
            found, _ = (
                self._server.decode(sent[0]) if case["frame"] != "binary" else self._server.decode_binary(sent[0])
            )
            return None if found == key else f"the answer is taken for `{found}`"
        return None

    # Frames.

    def _method(self, kind: Literal["subscribe", "request", "handle"]) -> Callable[[Client | None], Method]:
        """What finds the method of the exchange in a client; in one of its own for None."""
        key, keys = self._exchange["key"], tuple(self._exchange["keys"])

        def matches(operation: Any) -> bool:
            if kind == "subscribe":
                return operation.subscribe == key and tuple(each.key for each in operation.updates) == keys
            return operation.request == key and tuple(operation.replies) == keys

        def find(client: Client | None) -> Method:
            client = client or self._all.client(self._protocol, self._all._runtime.MemoryTransport())
            found = client.find(kind, matches)
            if found is None:
                raise LookupError(f"no method of the client has `{key}`")
            return found

        return find

    def _begin(self) -> list[Any]:
        case = self._exchange["begin"]
        if case is None or self._codec._sent_types[case["key"]] is None:
            return []
        return [self._payload(case)]

    def _frame(self, case: Mapping[str, Any]) -> bytes:
        frame = encoded(case)
        binary: bytes = self._all._rules.Frame(frame)
        return binary if case["frame"] == "binary" else frame

    def _decoded(self, frame: bytes) -> tuple[str, Any]:
        binary = type(frame) is self._all._rules.Frame
        found: tuple[str, Any] = self._codec.decode_binary(frame) if binary else self._codec.decode(frame)
        return found

    def _path(self, path: str) -> list[str]:
        wrapper = self._codec._envelope.payload
        return [*([wrapper] if wrapper else []), *path.split(".")]


async def _soon(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE)


def encoded(case: Mapping[str, Any]) -> bytes:
    """The frame of a case. What is no JSON travels as it is; a binary frame must not be UTF-8."""
    if case["frame"] == "json" or not isinstance(case["value"], str):
        return json.dumps(case["value"], ensure_ascii=False).encode()
    return case["value"].encode() + (b"\xff" if case["frame"] == "binary" else b"")


def decoded(frame: bytes) -> Any:
    return json.loads(frame)


def _methods(client: Any) -> Iterator[Method]:
    """The methods of a client and of its domains, by the operation that each one names."""
    own = [
        client,
        *(each for name, each in _members(client) if type(each).__module__ != type(client.connection).__module__),
    ]
    for holder in own:
        for name, function in vars(type(holder)).items():
            if not isinstance(function, FunctionType):
                continue
            names = function.__code__.co_names
            operations = [function.__globals__[each] for each in names if _is_operation(function.__globals__.get(each))]
            for kind in ("subscribe", "request", "handle", "listen"):
                if kind in names and operations:
                    yield Method(getattr(holder, name), kind, operations[0])


def _members(client: Any) -> Iterator[tuple[str, Any]]:
    yield from vars(client).items()


def _is_operation(value: object) -> bool:
    return type(value).__module__.endswith("_runtime.operations")


def _arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """A value for each argument that a client must be given."""
    hints = get_type_hints(function)
    needed = [
        each
        for each in list(inspect.signature(function).parameters.values())[2:]
        if each.default is each.empty and each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    return {each.name: _some(hints.get(each.name)) for each in needed}


def _some(hint: Any) -> Any:
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_origin(hint) in (Union, UnionType):
        return _some(get_args(hint)[0])
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Sequence):
        return [_some(get_args(hint)[0])]
    return {int: 1, float: 1.5, bool: True}.get(hint, "some")


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _put(value: Any, path: Sequence[str], inner: Any) -> Any:
    """A copy with something at a path, where the way to it is there."""
    if not isinstance(value, dict):
        return value
    head, *rest = path
    if rest and not isinstance(value.get(head), dict):
        return value
    return {**value, head: _put(value[head], rest, inner) if rest else inner}

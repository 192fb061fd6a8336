"""Every transport that opens sockets, against real sockets: how a connection comes to be, or does not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from wsgen_runtime.errors import ConnectionFault, HandshakeRejected
from wsgen_runtime.shell.websockets_transport import RecvTransport, WebSocketsTransport
from wsgen_runtime.transport import ConnectRequest, Transport

from tests.runtime.sockets import PATIENCE, TEXT, Notes, Peer, frame, raw_server
from tests.runtime.transports import each, request

SECRETS = {"Authorization": "Bearer hunter2", "X-Api-Key": "hunter2", "Cookie": "session=hunter2"}
CERTIFICATE = Path(__file__).with_name("localhost.pem")


async def accept(peer: Peer) -> None:
    await peer.handshake(frame(TEXT, b"hello"))
    await peer.gone()


async def greeting(transport: Transport, asked: ConnectRequest) -> list[bytes]:
    """Connect, hear the first message, leave."""
    notes = Notes()
    link = await transport.connect(asked, notes)
    heard = await notes.count(1)
    link.abort()
    await notes.end()
    return heard


@each
@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        ("401 Unauthorized", None, None),
        ("403 Forbidden", None, None),
        ("404 Not Found", None, None),
        ("429 Too Many Requests", "7", 7.0),
        ("429 Too Many Requests", "soon", None),
        ("429 Too Many Requests", "Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("500 Internal Server Error", None, None),
        ("503 Service Unavailable", "0", 0.0),
        ("302 Found", None, None),
    ],
)
async def test_a_refusal_has_the_status_and_what_retry_after_says(
    transport: Transport, status: str, retry_after: str | None, seconds: float | None
) -> None:
    async def script(peer: Peer) -> None:
        await peer.refuse(status, "" if retry_after is None else f"Retry-After: {retry_after}\r\n")

    notes = Notes()
    async with raw_server(script) as url:
        with pytest.raises(HandshakeRejected) as caught:
            await transport.connect(request(f"{url}/?token=hunter2", headers=SECRETS), notes)
    assert (caught.value.status, caught.value.retry_after) == (int(status[:3]), seconds)
    assert str(caught.value) == f"the server refused the connection with HTTP status {status[:3]}"
    assert (notes.frames, notes.ends) == ([], [])


@each
async def test_retry_after_may_be_a_date_to_come(transport: Transport) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    async def script(peer: Peer) -> None:
        await peer.refuse("503 Service Unavailable", f"Retry-After: {date}\r\n")

    async with raw_server(script) as url:
        with pytest.raises(HandshakeRejected) as caught:
            await transport.connect(request(url), Notes())
    assert caught.value.retry_after is not None
    assert 3500 < caught.value.retry_after <= 3600


@each
async def test_a_redirect_to_another_origin_is_refused_and_nothing_is_sent_there(transport: Transport) -> None:
    strangers: list[bytes] = []

    async def stranger(peer: Peer) -> None:
        strangers.append(await peer.reader.read(65536))

    async with raw_server(stranger) as other:
        targets = [
            f"{other}/ws?token=hunter2",
            f"{other.replace('ws:', 'wss:')}/ws",
            f"{other.replace('ws:', 'http:')}/ws",
            f"//user:hunter2@{other[5:]}/ws",
        ]
        for target in targets:

            async def script(peer: Peer, target: str = target) -> None:
                await peer.refuse("307 Temporary Redirect", f"Location: {target}\r\n")

            async with raw_server(script) as url:
                with pytest.raises(HandshakeRejected, match="another origin") as caught:
                    await transport.connect(request(url, headers=SECRETS), Notes())
            assert caught.value.status == 307
            assert other[5:] in str(caught.value)
            assert "hunter2" not in str(caught.value)
    assert strangers == []


@each
async def test_a_redirect_within_the_origin_is_followed_with_all_headers(transport: Transport) -> None:
    paths: list[str] = []
    keys: list[str] = []

    async def script(peer: Peer) -> None:
        if not paths:
            await peer.refuse("302 Found", "Location: /elsewhere?x=1\r\n")
            paths.append(peer.request.split()[1].decode())
        else:
            await accept(peer)
            paths.append(peer.request.split()[1].decode())
            keys.extend(peer.header(name) for name in SECRETS)

    async with raw_server(script) as url:
        assert await greeting(transport, request(f"{url}/ws", headers=SECRETS)) == [b"hello"]
        while len(paths) < 2:
            await asyncio.sleep(0)
    assert paths == ["/ws", "/elsewhere?x=1"]
    assert keys == list(SECRETS.values())


@each
async def test_redirects_without_end_are_a_fault(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.refuse("302 Found", "Location: /again\r\n")

    async with raw_server(script) as url:
        with pytest.raises(ConnectionFault, match="redirects"):
            await transport.connect(request(url), Notes())


@each
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="hangs up"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", id="speaks something else"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", id="does not upgrade"),
        pytest.param(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
            id="accepts another key",
        ),
    ],
)
async def test_an_answer_that_is_no_handshake_is_a_fault_without_secrets(transport: Transport, answer: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.write(answer)

    notes = Notes()
    async with raw_server(script) as url:
        with pytest.raises(ConnectionFault, match="no valid handshake") as caught:
            await transport.connect(request(f"{url}/?token=hunter2", headers=SECRETS), notes)
    assert type(caught.value) is ConnectionFault
    assert "hunter2" not in str(caught.value)
    assert notes.ends == []


@each
async def test_nobody_listens(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await transport.connect(request(f"ws://127.0.0.1:{port}"), Notes())


@each
async def test_a_server_that_does_not_answer_in_time(transport: Transport) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.gone()
        gone.set()

    notes = Notes()
    async with raw_server(script) as url:
        with pytest.raises(TimeoutError):
            await transport.connect(request(url, open_timeout=0.1), notes)
        await asyncio.wait_for(gone.wait(), PATIENCE)
    assert notes.ends == []


@each
async def test_a_cancelled_connect_leaves_nothing_behind(transport: Transport) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        asked.set()
        await peer.gone()
        gone.set()

    notes = Notes()
    async with raw_server(script) as url:
        connecting = asyncio.create_task(transport.connect(request(url), notes))
        await asyncio.wait_for(asked.wait(), PATIENCE)
        connecting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await connecting
        assert connecting.cancelled()
        await asyncio.wait_for(gone.wait(), PATIENCE)
    assert notes.ends == []


@each
@pytest.mark.parametrize(
    "url", ["http://example.com/?token=hunter2", "ws:///?token=hunter2", "example.com", "ws://u:hunter2@"]
)
async def test_a_url_of_another_kind_is_the_callers_mistake(transport: Transport, url: str) -> None:
    with pytest.raises(ValueError, match="not a ws or wss URL") as caught:
        await transport.connect(request(url), Notes())
    assert "hunter2" not in str(caught.value)


@each
async def test_a_proxy_of_the_environment_is_not_used(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "socks_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with raw_server(accept) as url:
        assert await greeting(transport, request(url)) == [b"hello"]


@each
async def test_tls_checks_the_name_of_the_server(transport: Transport) -> None:
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(CERTIFICATE)
    trusting = ssl.create_default_context(cafile=CERTIFICATE)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await accept(Peer(reader, writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=inside)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await greeting(transport, request(f"wss://localhost:{port}", ssl=trusting)) == [b"hello"]
        with pytest.raises(ssl.SSLCertVerificationError, match=r"127\.0\.0\.1"):
            await transport.connect(request(f"wss://127.0.0.1:{port}", ssl=trusting), Notes())
        with pytest.raises(ssl.SSLCertVerificationError, match=r"self.signed"):
            await transport.connect(request(f"wss://localhost:{port}"), Notes())


@each
async def test_a_context_for_tls_does_not_disturb_a_plain_url(transport: Transport) -> None:
    async with raw_server(accept) as url:
        assert await greeting(transport, request(url, ssl=ssl.create_default_context())) == [b"hello"]


@each
async def test_headers_and_query_are_sent_as_given(transport: Transport) -> None:
    seen: list[Peer] = []

    async def script(peer: Peer) -> None:
        seen.append(peer)
        await accept(peer)

    async with raw_server(script) as url:
        assert await greeting(transport, request(f"{url}/ws?symbol=%C3%A9&token=a%2Bb", headers=SECRETS)) == [b"hello"]
    assert seen[0].request.split()[1] == b"/ws?symbol=%C3%A9&token=a%2Bb"
    assert [seen[0].header(name) for name in SECRETS] == list(SECRETS.values())


def test_transports_with_equal_settings_are_equal() -> None:
    assert WebSocketsTransport() == WebSocketsTransport()
    assert WebSocketsTransport(close_timeout=1) != WebSocketsTransport()
    assert len({WebSocketsTransport(), WebSocketsTransport(), RecvTransport()}) == 2

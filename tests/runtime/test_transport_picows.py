"""What the transport on picows does otherwise than those on `websockets`, against real sockets."""

from __future__ import annotations

import pytest
from wsgen_runtime.errors import HandshakeRejected
from wsgen_runtime.shell.picows_transport import PicowsTransport

from tests.runtime.sockets import CONT, PATIENCE, TEXT, Notes, Peer, frame, raw_server
from tests.runtime.transports import request

TRANSPORT = PicowsTransport(PATIENCE)


async def test_picows_refuses_compression() -> None:
    with pytest.raises(ValueError, match="picows has no compression"):
        await TRANSPORT.connect(request("ws://127.0.0.1:1", compression="deflate"), Notes())


@pytest.mark.parametrize("status", [418, 499, 520])
async def test_a_status_that_python_does_not_know_is_a_status(status: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.write(f"HTTP/1.1 {status} Whatever\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n".encode())

    async with raw_server(script) as url:
        with pytest.raises(HandshakeRejected) as caught:
            await TRANSPORT.connect(request(url), Notes())
    assert (caught.value.status, caught.value.retry_after) == (status, 7.0)


@pytest.mark.parametrize(
    "frames",
    [
        frame(TEXT, b"one", fin=False) + frame(TEXT, b"two"),
        frame(CONT, b"of nothing"),
        b"\xc1\x00",
    ],
    ids=["a message inside a fragmented one", "a fragment of no message", "a reserved bit"],
)
async def test_frames_against_the_protocol_end_with_1002(frames: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"before") + frames + frame(TEXT, b"after"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        await PicowsTransport(0.2).connect(request(url), notes)
        code, _, _ = await notes.end()
    assert code == 1002
    assert notes.frames == [b"before"]


async def test_its_complaints_are_nobodys_log(caplog: pytest.LogCaptureFixture) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(b"\xc1\x00")
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        await PicowsTransport(0.2).connect(request(f"{url}?token=hunter2"), notes)
        await notes.end()
    assert caplog.text == ""

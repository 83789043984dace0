"""The floor: framing and one future a message on bare asyncio, without an SMPP client.

    PYTHONPATH=benchmarks python benchmarks/floor.py PORT [--window N] [--rate N] [--uvloop]

Rule: an asyncio client with a future for each message can't be faster, so all clients are compared
with this. The submit_sm is encoded once and only its sequence_number changes; all frames of one
iteration of the event loop go out in one write.

`--rate` sends at an even pace, for comparing latencies: at full speed a latency only depends on the
window.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, TypeVar, cast

from measuring import SENDER, TEXT, Clock, arguments, measure, recipient, start

if TYPE_CHECKING:
    import argparse

HEADER = struct.Struct(">4I")
BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, UNBIND = 0x09, 0x04, 0x05, 0x06
RESPONSE = 0x80000000
BIND = b"bench\0secret\0\0\x34\0\0\0"
SUBMIT = b"".join(
    (
        b"\0\5\0", SENDER.encode(), b"\0\1\1", recipient(0).encode(), b"\0\0\0\0\0\0\0\0\0\0",
        bytes([len(TEXT)]), TEXT.encode(),
    )
)  # fmt: skip


class Floor(asyncio.Protocol):
    """Requests by sequence_number, each with a future."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._awaited: dict[int, asyncio.Future[bytes]] = {}
        self._outgoing: list[bytes] = []
        self._incoming = b""
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Cut frames and complete the futures of responses."""
        data = self._incoming + data
        at, end, awaited = 0, len(data), self._awaited
        while end - at >= 16:
            length, _, _, number = HEADER.unpack_from(data, at)
            if end - at < length:
                break
            future = awaited.pop(number, None)
            if future is not None and not future.done():
                future.set_result(data[at + 16 : at + length])
            at += length
        self._incoming = data[at:]

    def request(self, command_id: int, body: bytes) -> asyncio.Future[bytes]:
        """Write a request at the end of this turn; the future's result is the response's body."""
        if not self._outgoing:
            self._loop.call_soon(self._write)
        self._number += 1
        self._outgoing.append(HEADER.pack(16 + len(body), command_id, 0, self._number) + body)
        future = self._awaited[self._number] = self._loop.create_future()
        return future

    def _queue(self, frame: bytes) -> None:
        """Write a frame at the end of this turn."""
        if not self._outgoing:
            self._loop.call_soon(self._write)
        self._outgoing.append(frame)

    def _write(self) -> None:
        """Write all queued frames."""
        self.transport.write(b"".join(self._outgoing))
        self._outgoing.clear()


F = TypeVar("F", bound=Floor)


class ReceiptFloor(Floor):
    """The floor with a second future for each message's receipt; answers deliver_sm."""

    def __init__(self) -> None:
        super().__init__()
        self._receipts: dict[bytes, asyncio.Future[bytes]] = {}

    def data_received(self, data: bytes) -> None:
        """Cut frames and complete the futures of responses and receipts."""
        data = self._incoming + data
        at, end, awaited, receipts = 0, len(data), self._awaited, self._receipts
        while end - at >= 16:
            length, command_id, _, number = HEADER.unpack_from(data, at)
            if end - at < length:
                break
            body = data[at + 16 : at + length]
            if command_id == DELIVER_SM:
                self._queue(HEADER.pack(17, DELIVER_SM | RESPONSE, 0, number) + b"\0")
                receipts[body[body.index(b"id:") + 3 : body.index(b" sub:")]].set_result(body)
            else:
                # A receipt may come in the same read as the response, before the sender resumes.
                if command_id == SUBMIT_SM | RESPONSE:
                    receipts[body[:-1]] = self._loop.create_future()
                awaited.pop(number).set_result(body)
            at += length
        self._incoming = data[at:]

    async def send(self) -> None:
        """Submit a message and wait for its receipt."""
        message_id = await self.request(SUBMIT_SM, SUBMIT)
        async with asyncio.timeout(10):
            await self._receipts[message_id[:-1]]
        del self._receipts[message_id[:-1]]


async def connect(port: int, kind: type[F]) -> F:
    """Connect to the sink and bind."""
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(kind, "127.0.0.1", port)
    await link.request(BIND_TRANSCEIVER, BIND)
    return link


async def main(options: argparse.Namespace) -> None:
    """Measure as the options say and print the figures."""
    link = await connect(options.port, Floor)
    clock = Clock("floor uvloop" if options.uvloop else "floor", options.window)
    (await measure(lambda _: link.request(SUBMIT_SM, SUBMIT), clock, options)).show()
    await link.request(UNBIND, b"")
    link.transport.close()


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--uvloop", action="store_true")
    parsed = parser.parse_args()
    start(lambda: main(parsed), uvloop=parsed.uvloop)

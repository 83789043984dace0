"""Kannel's own SMSC, `drive_smpp`, works with our client.

Rule: it knows bind_receiver and bind_transmitter only, takes one client, numbers its requests from
0, and ends when its client leaves. Its log counts what it has seen, and tshark checks every PDU.
"""

from __future__ import annotations

import asyncio
import re
import socket
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from counterparts import PATIENCE, end, need_program
from scripted import until
from wire import dissect, recording

from smsc_async import GatewayLimits, Sms, SmscClient

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from wire import Recorder

pytestmark = pytest.mark.takes_up_to(15, reason="a daemon starts, counts and ends; tshark is slow")

PROGRAM = "/usr/lib/kannel/test/drive_smpp"
SMSBOX_PORT = 13001
"""It connects there, as to Kannel's bearerbox, and ends if it can't."""
MESSAGES = 20
"""deliver_sm that it sends to a receiver."""


@dataclass(frozen=True, slots=True)
class DriveSmpp:
    """A running drive_smpp, behind a recording proxy."""

    process: asyncio.subprocess.Process
    recorder: Recorder

    def url(self, mode: str) -> str:
        """Return the address for a client."""
        return f"smpp://u:p@127.0.0.1:{self.recorder.port}?mode={mode}"

    async def counted(self) -> dict[str, int]:
        """Wait until it ends, and return what it has counted: "sent to ESME", "sent to SMSC"."""
        async with asyncio.timeout(PATIENCE):
            _, log = await self.process.communicate()
        assert 0 == self.process.returncode
        found = re.findall(r"Number of messages (sent to \w+): (\d+)", log.decode())
        return {name: int(number) for name, number in found}


@asynccontextmanager
async def bearerbox() -> AsyncGenerator[None]:
    """Take its connection to Kannel; several tests may do that at a time, on one port."""

    async def take(reader: StreamReader, writer: StreamWriter) -> None:
        """Keep the connection as long as drive_smpp does."""
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", SMSBOX_PORT, reuse_port=True)
    try:
        yield
    finally:
        server.close()


@pytest.fixture
async def smsc(tmp_path: Path) -> AsyncGenerator[DriveSmpp]:
    """Run drive_smpp; at the end tshark checks every PDU."""
    program = need_program(PROGRAM, "apt install kannel-extras")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "-p", str(port), "-m", str(MESSAGES), "-v", "1"]
    async with bearerbox(), recording(port) as recorder:
        process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE)
        try:
            await _listening(port)
            yield DriveSmpp(process, recorder)
        finally:
            await end(process)
    complaints = [each.complaint for each in dissect(recorder.frames, tmp_path) if each.complaint]
    assert [] == complaints


async def _listening(port: int) -> None:
    """Wait until a port is taken: a connection would be its one client."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                socket.create_server(("127.0.0.1", port)).close()
            except OSError:
                return
            await asyncio.sleep(0.02)


async def test_receiver_answers_all_that_it_is_sent(smsc: DriveSmpp) -> None:
    """Their numbers begin with 0; each names an id in a TLV and no state, as no receipt does."""
    async with SmscClient(smsc.url("receiver")) as client:
        await until(lambda: client.stats().receipts == MESSAGES)
        async for receipt in client.receipts():
            assert "receipted_message_id" == receipt.message_id
            assert receipt.state is None
            break

    assert MESSAGES == (await smsc.counted())["sent to ESME"]
    answers = [frame for frame in smsc.recorder.frames if frame.octets[4:8] == b"\x80\0\0\x05"]
    assert [bytes(4)] * MESSAGES == [frame.octets[8:12] for frame in answers]


async def test_transmitters_messages_arrive_and_have_no_id(smsc: DriveSmpp) -> None:
    """Its submit_sm_resp ends behind an empty message_id."""
    async with SmscClient(smsc.url("transmitter"), limits=GatewayLimits.off()) as client:
        sent = [
            await client.send(Sms(to="79991234567", text=f"Order {number}", sender="123"))
            for number in range(5)
        ]

    assert [""] * 5 == [each.message_id for each in sent]
    assert 5 == (await smsc.counted())["sent to SMSC"]

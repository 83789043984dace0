"""Recorded traffic, and tshark's dissection of it.

Rule: nothing here uses our codec. PDUs are cut by `command_length` alone and checked by tshark
offline; text2pcap makes the captures, so no permissions and no network interface are needed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from counterparts import need_program

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncGenerator, Iterable
    from pathlib import Path

CURE = "apt install tshark"
SMPP_PORT = 2775  # tshark takes this port for SMPP
CODING_0 = "smpp.decode_sms_over_smpp:GSM 7-bit"  # the meaning of data_coding 0, for tshark
LEAST_WARNING = 0x600000  # tshark's PI_WARN; errors are above it
FIELDS = (
    "tcp.dstport",
    "smpp.command_id",
    "smpp.command_status",
    "smpp.sequence_number",
    "smpp.data_coding",
    "smpp.message_text",
    "smpp.message_id",
    "gsm_sms_ud.short_msg",
    "gsm_sms_ud.reassembled.length",
    "_ws.malformed",
    "_ws.expert.severity",
    "_ws.expert.message",
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One recorded PDU.

    Args:
        to_smsc: Whether it went to the SMSC.
        octets: The whole PDU.
    """

    to_smsc: bool
    octets: bytes


@dataclass(slots=True)
class Recorder:
    """A TCP proxy between a client and an SMSC that keeps every PDU.

    Args:
        upstream: The SMSC's port on 127.0.0.1.
        port: Its own port there.
        frames: PDUs of both directions, in order.
        connections: Open connections.
    """

    upstream: int
    port: int = 0
    frames: list[Frame] = field(default_factory=list)
    connections: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    def accept(self, near: StreamReader, back: StreamWriter) -> None:
        """Forward a client's connection until it ends or the recorder is closed."""
        self.connections.add(asyncio.create_task(self.carry(near, back)))

    async def close(self) -> None:
        """Close the open connections."""
        for task in self.connections:
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)

    async def carry(self, near: StreamReader, back: StreamWriter) -> None:
        """Forward one connection in both directions until either end closes it."""
        far, forth = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._one_way(near, forth, to_smsc=True))
                group.create_task(self._one_way(far, back, to_smsc=False))
        finally:
            for writer in (forth, back):
                writer.close()

    async def _one_way(self, source: StreamReader, sink: StreamWriter, *, to_smsc: bool) -> None:
        """Forward PDUs in one direction, and the end of the stream."""
        try:
            while True:
                length = await source.readexactly(4)
                octets = length + await source.readexactly(int.from_bytes(length, "big") - 4)
                self.frames.append(Frame(to_smsc, octets))
                sink.write(octets)
                await sink.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            sink.close()


@asynccontextmanager
async def recording(upstream: int) -> AsyncGenerator[Recorder]:
    """Run a recording proxy until the end of the block."""
    recorder = Recorder(upstream)
    server = await asyncio.start_server(recorder.accept, "127.0.0.1", 0)
    recorder.port = server.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        server.close()
        await recorder.close()


@dataclass(frozen=True, slots=True)
class Dissected:
    """tshark's dissection of one PDU.

    Args:
        values: Its fields by tshark's names; a field may occur more than once.
    """

    values: dict[str, list[str]]

    def first(self, name: str) -> str | None:
        """Return a field's first value; None if the PDU doesn't have it."""
        return self.values[name][0] if name in self.values else None

    @property
    def command_id(self) -> int:
        """The `command_id`; 0 if tshark found no SMPP."""
        return int(self.first("smpp.command_id") or "0", 16)

    @property
    def text(self) -> str | None:
        """The short message as tshark reads it, without its header."""
        return self.first("smpp.message_text")

    @property
    def reassembled(self) -> bytes | None:
        """The whole message's octets where this PDU completes it."""
        if "gsm_sms_ud.reassembled.length" not in self.values:
            return None
        return bytes.fromhex(self.values["gsm_sms_ud.short_msg"][0].replace(":", ""))

    @property
    def complaint(self) -> str | None:
        """The messages of tshark, if it has a warning or an error about this PDU; else None."""
        severities = map(int, self.values.get("_ws.expert.severity", ["0"]))
        if "_ws.malformed" in self.values or max(severities) >= LEAST_WARNING:
            return "; ".join(self.values.get("_ws.expert.message", ["malformed"]))
        return None if self.command_id else "no SMPP at all"


def dissect(frames: Iterable[Frame], folder: Path) -> list[Dissected]:
    """Dissect PDUs with tshark, in order; at least one. Skips the test if tshark is missing.

    Args:
        frames: The recorded PDUs.
        folder: An empty folder for the capture.
    """
    text2pcap = need_program("text2pcap", CURE)
    tshark = need_program("tshark", CURE)
    drawn, capture = folder / "frames.txt", folder / "frames.pcap"
    drawn.write_text("".join(map(draw, frames)), encoding="ascii")
    ports = f"40000,{SMPP_PORT}"
    subprocess.run([text2pcap, "-q", "-D", "-T", ports, drawn, capture], check=True)
    command = [tshark, "-r", str(capture), "-T", "json", "-o", CODING_0]
    for name in FIELDS:
        command += ["-e", name]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    # Others cut surrogate pairs between parts; tshark shows each half as it is.
    shown = json.loads(said.decode("utf-8", errors="replace"))
    packets = [packet["_source"]["layers"] for packet in shown]
    return [Dissected(packet) for packet in packets]


def draw(frame: Frame) -> str:
    """Return one PDU in the format of text2pcap; "I" is towards the second port."""
    direction = "I" if frame.to_smsc else "O"
    return f"{direction}\n000000 {frame.octets.hex(' ')}\n"

"""Fixtures for tests that compare the gateway's document with the octets that are sent.

Rule: expected octets are written by hand from a sentence of the document and compared with the
octets on the wire. The listener records, and answers by the specification alone. Texts are decoded
by Python's own codecs and by a second copy of the GSM alphabet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from pdu import (
    RESPONSES,
    BindTransceiver,
    DeliverSm,
    FrameBuffer,
    Pdu,
    SubmitSm,
    TlvTag,
    decode,
    encode,
)
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import submits_of
from smsc_async.listener import ClientSession
from smsc_async.simulator import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsc_async.messages import Message

Sender: TypeAlias = Callable[..., list[SubmitSm]]
Reader: TypeAlias = Callable[[SubmitSm], str]

# GSM 03.38, a second copy: sixteen characters a line, ESC shown as the replacement character.
_GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\ufffdÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_GSM_ESCAPED: Final = dict(zip(b"\x0a\x14()/<=>@e", "\f^{}\\[~]|€", strict=True))


class RecordingSmsc:
    """An SMSC that records and accepts all requests, and sends a receipt for each message.

    Attributes:
        port: Its port on 127.0.0.1.
        frames: The octets of every PDU, in order.
        requests: The PDUs, decoded.
        receipt: The text of the receipts, "{}" for the id; the ids are 855469, 855470…
    """

    def __init__(self) -> None:
        self.port = 0
        self.frames: list[bytes] = []
        self.requests: list[Pdu] = []
        self.receipt = "id:{} stat:DELIVRD err:000"
        self.connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The URL to connect to."""
        return f"smpp://shop:secret@127.0.0.1:{self.port}"

    @property
    def submits(self) -> list[SubmitSm]:
        """All submit_sm received, in order."""
        return [pdu for pdu in self.requests if isinstance(pdu, SubmitSm)]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Accept a connection."""
        self.connections.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Record and answer until the client closes the connection."""
        buffer = FrameBuffer()
        while data := await reader.read(65_536):
            for frame in buffer.feed(data):
                self.frames.append(frame)
                self.requests.append(decode(frame))
                writer.write(self._answer(self.requests[-1]))
        writer.close()

    def _answer(self, request: Pdu) -> bytes:
        """Return the response, and after that of a submit_sm the receipt."""
        if type(request) not in RESPONSES:
            return b""
        response: Any = RESPONSES[type(request)]
        number = request.sequence_number
        if not isinstance(request, SubmitSm):
            return encode(response(sequence_number=number))
        message_id = str(855_468 + len(self.submits))
        receipt = DeliverSm(
            sequence_number=number,
            source_addr=request.destination_addr,
            destination_addr=request.source_addr,
            esm_class=0x04,
            short_message=self.receipt.format(message_id).encode("ascii"),
        )
        return encode(response(sequence_number=number, message_id=message_id)) + encode(receipt)


@pytest.fixture
async def smsc() -> AsyncIterator[RecordingSmsc]:
    """An SMSC that listens and records."""
    recording = RecordingSmsc()
    server = await asyncio.start_server(recording.accept, "127.0.0.1", 0)
    recording.port = server.sockets[0].getsockname()[1]
    try:
        yield recording
    finally:
        server.close()
        for connection in recording.connections:
            connection.cancel()
        await asyncio.gather(*recording.connections, return_exceptions=True)


@pytest.fixture(scope="session")
def sent() -> Sender:
    """Return the submit_sm of a message, encoded and decoded without a socket."""

    def leaves(message: Message[Any], **settings: Any) -> list[SubmitSm]:  # noqa: ANN401 - passed on
        pdus = submits_of(message, settings=TextSettings(**settings))
        read = [decode(encode(pdu, sequence_number=1)) for pdu in pdus]
        return [pdu for pdu in read if isinstance(pdu, SubmitSm)]

    return leaves


@pytest.fixture(scope="session")
def said() -> Reader:
    """The text of a submit_sm in the coding that it names, on a bind without "ISO"."""
    return text_of


@pytest.fixture(scope="session")
def simulated() -> Callable[..., list[Pdu]]:
    """Return what the simulator answers on one link, from the bind to the last receipt."""

    def answers(*requests: Pdu) -> list[Pdu]:
        smsc = SimulatedSmsc(Scenario(), now=0.0, wall=datetime(2026, 3, 1, tzinfo=UTC))
        client = ClientSession(smsc, "", 0.0)
        bind = BindTransceiver(system_id="shop")
        for number, request in enumerate((bind, *requests), 1):
            client.receive(encode(request, sequence_number=number), 0.0)
        while (deadline := smsc.next_deadline()) is not None and deadline < 60.0:
            smsc.advance(deadline)
        return [decode(frame) for frame in FrameBuffer().feed(client.session.data_to_send())]

    return answers


@pytest.fixture(scope="session")
def decoded() -> Callable[[bytes, int], str]:
    """Return octets decoded by a data_coding."""
    return text_in


def text_of(submit: SubmitSm) -> str:
    """Decode the text by data_coding = coding * 4, without its header, or from message_payload."""
    octets = submit.short_message
    for tag, value in submit.tlvs:
        octets = value if tag == TlvTag.MESSAGE_PAYLOAD else octets
    if submit.esm_class & 0x40:
        octets = octets[1 + octets[0] :]
    return text_in(octets, submit.data_coding)


def text_in(octets: bytes, data_coding: int) -> str:
    """Decode octets, strictly."""
    coding = data_coding // 4 & 3
    if coding == 0:
        return _gsm_text(octets)
    return octets.decode({1: "latin-1", 2: "utf-16-be"}[coding])


def _gsm_text(octets: bytes) -> str:
    """Decode septets, one an octet."""
    septets = iter(octets)
    return "".join(
        _GSM_ESCAPED[next(septets)] if septet == 0x1B else _GSM[septet] for septet in septets
    )

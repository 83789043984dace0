"""A faulty SMSC that records which messages it accepted.

Rule: whatever happens to a connection or a response, `taken` counts what the SMSC accepted, which
is what is charged. All randomness comes from one seed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Self, cast

from scripted import until

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    FrameBuffer,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    decode,
    encode,
)

if TYPE_CHECKING:
    from types import TracebackType

REFUSALS = (CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL)
RECEIPT = "id:{} stat:DELIVRD err:000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """Probability of each fault for a message, 0 to 1.

    Args:
        throttled: Refused as too fast or with a full queue, and all others for a fraction of a
            second too.
        refused: Refused permanently.
        unanswered: Accepted, but no response is sent.
        doubled: Answered twice.
        receipt: A receipt is sent, before or after the response.
        dropped: The connection is cut, before or after the message is accepted.
        cut: The connection ends inside the response.
        garbled: The response has status 0 and can't be decoded.
        garbage: An impossible length is written.
        unbound: The SMSC unbinds.
        stalled: Nothing is read for a while.
        strange: An unknown request, or a response without a request.
    """

    throttled: float = 0.0003
    refused: float = 0.002
    unanswered: float = 0.0002
    doubled: float = 0.002
    receipt: float = 0.2
    dropped: float = 0.0003
    cut: float = 0.0001
    garbled: float = 0.0002
    garbage: float = 0.0001
    unbound: float = 0.0001
    stalled: float = 0.0005
    strange: float = 0.002


class Connection(asyncio.Protocol):
    """One client's connection. Responses are written in any order and in pieces of any size."""

    def __init__(self, smsc: ChaosSmsc) -> None:
        self._smsc = smsc
        self._chance = smsc.chance
        self._loop = asyncio.get_running_loop()
        self._buffer = FrameBuffer()
        self._ready: list[bytes] = []
        self._stream = bytearray()
        self._planned: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._own_numbers = 0
        self._receipts: dict[int, int] = {}
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._smsc.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection."""
        del exc
        self._is_over = True
        self._smsc.connections.discard(self)
        for timer in (self._planned, self._stall):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Process each PDU, until one of them ends the connection."""
        for frame in self._buffer.feed(data):
            self._take(decode(frame))
            if self._is_over:
                return
        self._plan()

    def abort(self) -> None:
        """Cut the connection; what isn't written is lost."""
        self._is_over = True
        self._transport.abort()

    def _take(self, pdu: Pdu) -> None:
        """Process a PDU, with random faults."""
        number = pdu.sequence_number
        match pdu:
            case SubmitSm():
                self._take_message(pdu)
            case BindTransceiver():
                self._answer(BindTransceiverResp(sequence_number=number))
            case EnquireLink():
                self._answer(EnquireLinkResp(sequence_number=number))
            case Unbind():
                self._answer(UnbindResp(sequence_number=number))
            case DeliverSmResp() if not pdu.command_status:
                self._smsc.acknowledged[self._receipts.pop(number)] = 1

    def _take_message(self, submit: SubmitSm) -> None:
        """Accept a message or not, answer it or not, then cause a random fault."""
        odds, number = self._smsc.odds, submit.sequence_number
        if self._happens(odds.dropped):
            self.abort()
            return
        if self._is_too_fast(odds.throttled):
            status = self._chance.choice(REFUSALS)
            self._answer(SubmitSmResp(sequence_number=number, command_status=status))
            return
        if self._happens(odds.refused):
            status = CommandStatus.ESME_RSUBMITFAIL
            self._answer(SubmitSmResp(sequence_number=number, command_status=status))
            return
        message = self._smsc.take(submit)
        self._answer_taken(number, message)
        self._disturb()

    def _is_too_fast(self, odds: float) -> bool:
        """Whether to throttle a message: if one is throttled, all are for a while."""
        now, smsc = asyncio.get_running_loop().time(), self._smsc
        if self._happens(odds):
            smsc.throttled_until = now + self._chance.uniform(0.02, 0.2)
        return now < smsc.throttled_until

    def _answer_taken(self, number: int, message: int) -> None:
        """Answer an accepted message, correctly or not; send its receipt or not."""
        odds = self._smsc.odds
        receipt = self._happens(odds.receipt)
        if receipt and self._chance.random() < 0.5:
            self._deliver(message)
        if self._happens(odds.dropped):
            self.abort()
            return
        response = encode(SubmitSmResp(message_id=f"id{message}", sequence_number=number))
        if self._happens(odds.cut):
            self._stream += response[: self._chance.randrange(1, len(response))]
            self._write_all()
            self._transport.close()
            self._is_over = True
        elif self._happens(odds.garbled):
            self._ready.append((len(response) - 1).to_bytes(4, "big") + response[4:-1])
        elif not self._happens(odds.unanswered):
            self._ready += [response] * (2 if self._happens(odds.doubled) else 1)
        if receipt and self._smsc.deliveries[message] == 0:
            self._deliver(message)

    def _disturb(self) -> None:
        """Cause a fault that doesn't concern the message."""
        odds = self._smsc.odds
        if self._is_over:
            return
        if self._happens(odds.strange):
            self._ready.append(
                bytes.fromhex("00000010 00010203 00000000 00000007")
                if self._chance.random() < 0.5
                else encode(SubmitSmResp(message_id="none", sequence_number=0x7FFFFFFF))
            )
            self._ready.append(encode(EnquireLink(sequence_number=self._next_number())))
        if self._happens(odds.garbage):
            self._ready.append(b"\xde\xad\xbe\xef" * 4)
        if self._happens(odds.unbound):
            self._answer(Unbind(sequence_number=self._next_number()))
        if self._happens(odds.stalled) and self._stall is None:
            self._transport.pause_reading()
            self._stall = self._loop.call_later(self._chance.random() * 0.05, self._go_on)

    def _deliver(self, message: int) -> None:
        """Send a receipt."""
        number = self._next_number()
        self._receipts[number] = message
        self._smsc.deliveries[message] += 1
        text = RECEIPT.format(f"id{message}").encode("ascii")
        self._answer(DeliverSm(esm_class=4, short_message=text, sequence_number=number))

    def _next_number(self) -> int:
        """Return the next sequence_number for a request of the SMSC."""
        self._own_numbers += 1
        return self._own_numbers

    def _answer(self, pdu: Pdu) -> None:
        """Schedule a PDU to be written."""
        self._ready.append(encode(pdu))

    def _happens(self, odds: float) -> bool:
        """Return True with this probability."""
        return self._chance.random() < odds

    def _go_on(self) -> None:
        """Resume reading."""
        self._stall = None
        if not self._is_over:
            self._transport.resume_reading()

    def _plan(self) -> None:
        """Schedule a write shortly after."""
        if self._planned is None and (self._ready or self._stream):
            delay = self._chance.choice((0.0, 0.0, 0.001, 0.005))
            self._planned = self._loop.call_later(delay, self._write_some)

    def _write_some(self) -> None:
        """Write queued PDUs in any order and cut anywhere; the rest is written shortly after."""
        self._planned = None
        self._chance.shuffle(self._ready)
        self._stream += b"".join(self._ready)
        self._ready.clear()
        if self._chance.random() < 0.7:
            self._write_all()
        else:
            cut = self._chance.randrange(len(self._stream) + 1)
            self._transport.write(bytes(self._stream[:cut]))
            del self._stream[:cut]
        self._plan()

    def _write_all(self) -> None:
        """Write all queued octets."""
        self._transport.write(bytes(self._stream))
        self._stream.clear()


class ChaosSmsc:
    """The listening side and its record of accepted messages.

    Args:
        messages: Number of messages, distinguished by their recipients.
        seed: Seed of all randomness.
        odds: Probability of each fault.
    """

    def __init__(self, messages: int, *, seed: int, odds: Odds | None = None) -> None:
        self.chance = Random(seed)  # noqa: S311 - no secret
        self.odds = odds or Odds()
        self.throttled_until = 0.0
        self.connections: set[Connection] = set()
        self.port = 0
        # One octet a message, allocated in advance: the test watches the memory.
        self.taken = bytearray(messages)
        self.deliveries = bytearray(messages)
        self.acknowledged = bytearray(messages)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for connection in tuple(self.connections):
            connection.abort()
        await until(lambda: not self.connections)

    def take(self, submit: SubmitSm) -> int:
        """Accept a message; return its index."""
        message = int(submit.destination_addr[4:])
        self.taken[message] += 1
        return message

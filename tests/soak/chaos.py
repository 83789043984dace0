"""An SMSC that does what it likes, and keeps a true account of what it took.

Rule: whatever it does to a connection or to a response, `taken` tells what it accepted: that is
what somebody pays for. What is random comes from one seed.
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
    """How often each thing happens to a message, 0 to 1.

    Args:
        throttled: Refused, too fast or a full queue, and so is all else for a fraction of a second.
        refused: Refused for good.
        unanswered: Taken, and its response never sent.
        doubled: Answered twice.
        receipt: Its receipt is sent, before or after its response.
        dropped: The connection is cut, before the message is taken or after.
        cut: The connection ends inside the response.
        garbled: The response says yes and can't be read.
        garbage: A length that can't be is written.
        unbound: The SMSC unbinds.
        stalled: Nothing is read for a while.
        strange: A request nobody knows, or a response to nothing.
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
    """One client's connection. Responses leave in any order, and in pieces of any size."""

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
        """Note the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._smsc.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        del exc
        self._is_over = True
        self._smsc.connections.discard(self)
        for timer in (self._planned, self._stall):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take each PDU, until one of them ends the connection."""
        for frame in self._buffer.feed(data):
            self._take(decode(frame))
            if self._is_over:
                return
        self._plan()

    def abort(self) -> None:
        """Cut the connection: what hasn't left never does."""
        self._is_over = True
        self._transport.abort()

    def _take(self, pdu: Pdu) -> None:
        """Do with a PDU what chance says."""
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
        """Take a message, or don't; then answer, or don't; then let something happen."""
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
        """Whether a message comes too fast: one does, and then all do for a while."""
        now, smsc = asyncio.get_running_loop().time(), self._smsc
        if self._happens(odds):
            smsc.throttled_until = now + self._chance.uniform(0.02, 0.2)
        return now < smsc.throttled_until

    def _answer_taken(self, number: int, message: int) -> None:
        """Answer a message that was taken, well or badly; perhaps send its receipt."""
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
        """Let something happen that has nothing to do with the message."""
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
        """Number a request of our own."""
        self._own_numbers += 1
        return self._own_numbers

    def _answer(self, pdu: Pdu) -> None:
        """Have a PDU written some time."""
        self._ready.append(encode(pdu))

    def _happens(self, odds: float) -> bool:
        """Roll the dice."""
        return self._chance.random() < odds

    def _go_on(self) -> None:
        """Read again."""
        self._stall = None
        if not self._is_over:
            self._transport.resume_reading()

    def _plan(self) -> None:
        """Write a moment later."""
        if self._planned is None and (self._ready or self._stream):
            delay = self._chance.choice((0.0, 0.0, 0.001, 0.005))
            self._planned = self._loop.call_later(delay, self._write_some)

    def _write_some(self) -> None:
        """Write what is ready in any order, cut off anywhere; the rest comes a moment later."""
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
        """Write all that was ever begun."""
        self._transport.write(bytes(self._stream))
        self._stream.clear()


class ChaosSmsc:
    """The listening side and its account.

    Args:
        messages: How many messages there are, told apart by the number they are sent to.
        seed: Of all that is random.
        odds: How often what happens.
    """

    def __init__(self, messages: int, *, seed: int, odds: Odds | None = None) -> None:
        self.chance = Random(seed)  # noqa: S311 - no secret
        self.odds = odds or Odds()
        self.throttled_until = 0.0
        self.connections: set[Connection] = set()
        self.port = 0
        # An octet a message: memory must not grow while it is being watched.
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
        """Take a message in; return which one it is."""
        message = int(submit.destination_addr[4:])
        self.taken[message] += 1
        return message

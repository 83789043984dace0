"""What random octets are thrown at: a session, the simulated gateway, and a whole client.

Rule: a target takes any octets and returns; whatever else it does is a fault. It needs no
fuzzer, no socket and no clock, so that every input that was ever interesting is run again by
the ordinary tests.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from pdu import (
    RESPONSES,
    BindMode,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    FrameBuffer,
    Pdu,
    SubmitSm,
    decode,
    encode,
)
from smsc_async import Sms, SmscClient, SmscError, Submission
from smsc_async.session import (
    BindRequested,
    LateResponseReceived,
    LinkEnded,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
    Role,
    Session,
    SessionLimits,
)
from smsc_async.simulator import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsc_async.session import Event

SUBMIT = SubmitSm(destination_addr="79991234567", short_message=b"hello")
DELIVER = DeliverSm(destination_addr="Shop", short_message=b"hello")
LIMITS = SessionLimits(window=4, max_length=4096, inactivity_timeout=100.0)
SETTINGS = (
    "window=4&timeout=2&link_timeout=20&receipts=2&incoming=2&reassembly_timeout=5"
    "&early_receipt_timeout=5&enquire_link_interval=5&enquire_link_timeout=2&frame_timeout=5"
    "&reconnect_initial=1&reconnect_maximum=1"
)
LONG = "Длинный текст для трёх частей. " * 6


def pieces(octets: bytes, size: int) -> Iterator[bytes]:
    """Cut octets into reads."""
    step = 1 + size
    return (octets[at : at + step] for at in range(0, len(octets), step))


# A session.


class Watched:
    """A session, and which contexts are owed an end.

    Args:
        role: Which end it is.
    """

    def __init__(self, role: Role) -> None:
        self.now = 0.0
        self.session = Session(role, LIMITS, now=self.now)
        self._owed: set[object] = set()
        self._written = FrameBuffer()

    def request(self) -> None:
        """Ask something that is owed an answer, if the session allows it."""
        question = SUBMIT if self.session.role is Role.ESME else DELIVER
        refused_by = BindMode.RECEIVER if question is SUBMIT else BindMode.TRANSMITTER
        mode = self.session.mode
        if mode in {None, refused_by} or self.session.window.is_full:
            return
        context = object()
        self.session.request(question, self.now, context=context)
        self._owed.add(context)

    def see(self, events: list[Event]) -> None:
        """Take events in, answer what is asked, check what is written."""
        for event in events:
            match event:
                case ResponseReceived() | ResponseUndecodable() | ResponseOverdue():
                    self._owed.remove(event.context)
                case LinkEnded():
                    for context in event.lost:
                        self._owed.remove(context)
                case LateResponseReceived():
                    assert event.context not in self._owed
                case RequestReceived() | BindRequested():
                    response = RESPONSES.get(type(event.pdu))
                    if response is not None:
                        self.session.respond(event.pdu, response(), self.now)
            repr(event)
        for frame in self._written.feed(self.session.outgoing()):
            decode(frame)

    def settled(self) -> bool:
        """Tell whether everybody has had an end, and nothing half is written."""
        return not self._owed and not self._written.pending and not self.session.window.in_flight


def session(data: bytes) -> None:
    """Run octets through a session in any state: two octets choose, the rest is read."""
    if len(data) < 2:
        return
    choice, size = data[0], data[1]
    watched = Watched(Role.SMSC if choice & 1 else Role.ESME)
    if choice & 2 and not choice & 1:
        watched.session.request(BindTransceiver(system_id="shop"), watched.now)
        watched.see(watched.session.receive(encode(BindTransceiverResp(sequence_number=1)), 0.0))
    for piece in pieces(data[2:], size):
        if choice & 4:
            watched.request()
        watched.now += (choice >> 4) / 4
        watched.see(watched.session.receive(piece, watched.now))
        watched.see(watched.session.advance(watched.now))
    if choice & 8 and watched.session.mode is not None:
        watched.session.unbind(watched.now)
        watched.see([])
    watched.see(watched.session.receive_eof(watched.now))
    assert watched.settled()


# The simulated gateway.


def simulator(data: bytes) -> None:
    """Let a customer say octets to the simulated gateway: an octet chooses, the rest is read."""
    if not data:
        return
    now, choice = 0.0, data[0]
    scenario = Scenario(
        receipt_delay=choice & 1,
        intermediate=bool(choice & 2),
        response_delay=(choice & 4) / 4,
        id_format="hex_in_response" if choice & 8 else "decimal",
    )
    brain = SimulatedSmsc(scenario, now=now, wall=datetime(2026, 11, 23, tzinfo=UTC))
    link = brain.connect(now)
    if not choice & 16:
        brain.receive(link, encode(BindTransceiver(system_id="shop", sequence_number=1)), now)
    written = FrameBuffer()
    for piece in pieces(data[1:], 255 if choice & 32 else 20):
        brain.receive(link, piece, now)
        now += (choice >> 6) / 2
        brain.advance(now)
        for frame in written.feed(link.session.outgoing()):
            decode(frame)
    brain.advance(now + 1000.0)
    brain.disconnect(link, now + 1000.0)
    for kept in brain.messages:
        repr((kept, kept.message))
    assert 0 == brain.stats().links


# A client.


class Clockwork(selectors.SelectSelector):
    """Waits for nothing: whatever time was to pass has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time go by at once; with nothing to wait for, nothing will ever happen."""
        if timeout is None and not super().select(0):
            raise AssertionError("everybody waits, and no timer will ring")
        self.now += timeout or 0.0
        return super().select(0)


class Wire(asyncio.Transport):
    """A fake connection to an SMSC that says what it is told to, once it was bound.

    Args:
        protocol: The client's end.
        says: Reads that the client gets behind the bind's response; then the end of the file.
        answers: Whether this SMSC answers requests, as a good one does.
    """

    def __init__(self, protocol: asyncio.Protocol, says: Iterator[bytes], *, answers: bool) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._says = says
        self._answers = answers
        self._buffer = FrameBuffer()
        self._is_closing = False
        self._ids = 0

    def write(self, data: Any) -> None:  # noqa: ANN401 - any octets, as the base says
        """Take what the client writes: whole PDUs, or it is a fault."""
        for frame in self._buffer.feed(bytes(data)):
            self._take(decode(frame))

    def _take(self, pdu: Pdu) -> None:
        """Answer a bind; answer others if this SMSC does."""
        number = pdu.sequence_number
        if isinstance(pdu, BindTransceiver):
            self._say(encode(BindTransceiverResp(sequence_number=number)))
            if not self._answers:
                self._loop.call_soon(self._talk)
        elif self._answers and type(pdu) in RESPONSES:
            fields: dict[str, Any] = {"message_id": "7"} if isinstance(pdu, SubmitSm) else {}
            self._say(encode(RESPONSES[type(pdu)](sequence_number=number, **fields)))

    def _talk(self) -> None:
        """Say the next piece, or end."""
        piece = next(self._says, None)
        if piece is None:
            self._loop.call_later(10.0, self.abort)
        else:
            self._say(piece)
            self._loop.call_later(0.1, self._talk)

    def _say(self, octets: bytes) -> None:
        """Have octets read."""
        self._loop.call_soon(self._heard, octets)

    def _heard(self, octets: bytes) -> None:
        """Let the client read."""
        if not self._is_closing:
            self._protocol.data_received(octets)

    def is_closing(self) -> bool:
        """Tell whether the end is near."""
        return self._is_closing

    def close(self) -> None:
        """End."""
        self.abort()

    def abort(self) -> None:
        """End, once."""
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def get_write_buffer_size(self) -> int:
        """Keep nothing: all that is written has been read."""
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as the base says
        """Know nothing."""
        del name
        return default


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose network is fake and whose time flies.

    Args:
        reads: What the first connection's SMSC says; those of later ones are good.
    """

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._clockwork = Clockwork()
        super().__init__(self._clockwork)
        self._reads: Iterator[bytes] | None = reads
        self.complaints: list[str] = []
        self.set_exception_handler(self._complain)

    def time(self) -> float:
        """Return the seconds that were skipped."""
        return self._clockwork.now

    async def create_connection(self, protocol_factory: Any, *_: object, **__: object) -> Any:  # noqa: ANN401 - of its many shapes one is used
        """Connect to the next SMSC."""
        protocol = protocol_factory()
        says, self._reads = self._reads, None
        wire = Wire(protocol, says or iter(()), answers=says is None)
        protocol.connection_made(wire)
        return wire, protocol

    def _complain(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what nobody caught."""
        self.complaints.append(f"{context.get('message')}: {context.get('exception')!r}")


def client(data: bytes) -> None:
    """Let a client talk to an SMSC that says these octets; an octet first says in what pieces."""
    if not data:
        return
    loop = Loop(pieces(data[1:], data[0]))
    try:
        loop.run_until_complete(_live())
        left = asyncio.all_tasks(loop)
    finally:
        loop.close()
    assert not left, left
    assert not loop.complaints, loop.complaints


async def _live() -> None:
    """Use a client in every way; whatever fails must fail by a type of ours."""
    async with SmscClient(f"smpp://shop:secret@fake?{SETTINGS}") as smsc:
        readers = [
            asyncio.ensure_future(_read(cast("Any", source)))
            for source in (smsc.receipts(), smsc.incoming())
        ]
        messages = [Sms(to="79991234567", text=text) for text in ("hello", "Привет", LONG)]
        sends = [asyncio.ensure_future(smsc.send(message)) for message in messages]
        asked = asyncio.ensure_future(smsc.query("7"))
        outcomes = await asyncio.gather(*sends, asked, return_exceptions=True)
        for outcome in outcomes[:-1]:
            assert isinstance(outcome, Submission | SmscError), outcome
            repr(outcome)
        assert not isinstance(outcomes[-1], Exception) or isinstance(outcomes[-1], SmscError)
    stats = smsc.stats()
    assert stats.in_flight == stats.waiting == 0
    assert 3 == stats.accepted + stats.failed
    await asyncio.gather(*readers)


async def _read(source: Any) -> None:  # noqa: ANN401 - either of two generators
    """Read to the end, and show what was read."""
    async for item in source:
        repr(item)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "session": session,
    "simulator": simulator,
    "client": client,
}

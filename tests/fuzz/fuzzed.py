"""Fuzzing targets: a session, the simulated SMSC, a whole client.

Rule: a target takes any octets and returns; an exception is a fault. It needs no fuzzer, no socket
and no clock, so that the ordinary tests can replay the corpus.
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
from smsc_async.listener import ClientSession
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


class CheckedSession:
    """A session, and the contexts of its requests without an outcome.

    Args:
        role: Which end it is.
    """

    def __init__(self, role: Role) -> None:
        self.now = 0.0
        self.session = Session(role, LIMITS, now=self.now)
        self._pending: set[object] = set()
        self._written = FrameBuffer()

    def request(self) -> None:
        """Send a request, if the session allows it."""
        pdu = SUBMIT if self.session.role is Role.ESME else DELIVER
        refused_by = BindMode.RECEIVER if pdu is SUBMIT else BindMode.TRANSMITTER
        mode = self.session.mode
        if mode in {None, refused_by} or self.session.window.is_full:
            return
        context = object()
        self.session.request(pdu, self.now, context=context)
        self._pending.add(context)

    def handle(self, events: list[Event]) -> None:
        """Respond to requests, check events and what is written."""
        for event in events:
            match event:
                case ResponseReceived() | ResponseUndecodable() | ResponseOverdue():
                    self._pending.remove(event.context)
                case LinkEnded():
                    for context in event.lost:
                        self._pending.remove(context)
                case LateResponseReceived():
                    assert event.context not in self._pending
                case RequestReceived() | BindRequested():
                    response = RESPONSES.get(type(event.pdu))
                    if response is not None:
                        self.session.respond(event.pdu, response(), self.now)
            repr(event)
        for frame in self._written.feed(self.session.data_to_send()):
            decode(frame)

    def is_settled(self) -> bool:
        """Whether every request has an outcome, and no PDU is half written."""
        return not self._pending and not self._written.pending and not self.session.window.in_flight


def session(data: bytes) -> None:
    """Run a session in any state: two octets select it, the rest is read."""
    if len(data) < 2:
        return
    choice, size = data[0], data[1]
    checked = CheckedSession(Role.SMSC if choice & 1 else Role.ESME)
    if choice & 2 and not choice & 1:
        checked.session.request(BindTransceiver(system_id="shop"), checked.now)
        checked.handle(checked.session.receive(encode(BindTransceiverResp(sequence_number=1)), 0.0))
    for piece in pieces(data[2:], size):
        if choice & 4:
            checked.request()
        checked.now += (choice >> 4) / 4
        checked.handle(checked.session.receive(piece, checked.now))
        checked.handle(checked.session.advance(checked.now))
    if choice & 8 and checked.session.mode is not None:
        checked.session.unbind(checked.now)
        checked.handle([])
    checked.handle(checked.session.receive_eof(checked.now))
    assert checked.is_settled()


# The simulated SMSC.


def simulator(data: bytes) -> None:
    """Run the simulated SMSC: one octet selects the scenario, the rest is read."""
    if not data:
        return
    now, choice = 0.0, data[0]
    scenario = Scenario(
        receipt_delay=choice & 1,
        intermediate=bool(choice & 2),
        response_delay=(choice & 4) / 4,
        id_format="hex_in_response" if choice & 8 else "decimal",
    )
    smsc = SimulatedSmsc(scenario, now=now, wall=datetime(2026, 11, 23, tzinfo=UTC))
    client = ClientSession(smsc, "", now)
    if not choice & 16:
        client.receive(encode(BindTransceiver(system_id="shop", sequence_number=1)), now)
    written = FrameBuffer()
    for piece in pieces(data[1:], 255 if choice & 32 else 20):
        client.receive(piece, now)
        now += (choice >> 6) / 2
        smsc.advance(now)
        for frame in written.feed(client.session.data_to_send()):
            decode(frame)
    smsc.advance(now + 1000.0)
    client.disconnect(now + 1000.0)
    for message in smsc.state.messages:
        repr((message, message.message))
    assert 0 == smsc.stats().links


# A client.


class SkippingSelector(selectors.SelectSelector):
    """Never waits: it moves its clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Move the clock by the timeout; without one the loop would wait for ever."""
        if timeout is None and not super().select(0):
            raise AssertionError("every task waits, and no timer is set")
        self.now += timeout or 0.0
        return super().select(0)


class Wire(asyncio.Transport):
    """A fake connection to an SMSC that writes given octets after the bind.

    Args:
        protocol: The client's end.
        reads: What the client reads after the bind's response; then the connection ends.
        responds: Whether this SMSC responds to requests instead.
    """

    def __init__(
        self, protocol: asyncio.Protocol, reads: Iterator[bytes], *, responds: bool
    ) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._reads = reads
        self._responds = responds
        self._buffer = FrameBuffer()
        self._is_closing = False
        self._ids = 0

    def write(self, data: Any) -> None:  # noqa: ANN401 - any octets, as the base says
        """Read what the client writes; anything but PDUs is a fault."""
        for frame in self._buffer.feed(bytes(data)):
            self._on_pdu(decode(frame))

    def _on_pdu(self, pdu: Pdu) -> None:
        """Respond to a bind; to other requests if this SMSC does."""
        number = pdu.sequence_number
        if isinstance(pdu, BindTransceiver):
            self._send(encode(BindTransceiverResp(sequence_number=number)))
            if not self._responds:
                self._loop.call_soon(self._send_next)
        elif self._responds and type(pdu) in RESPONSES:
            fields: dict[str, Any] = {"message_id": "7"} if isinstance(pdu, SubmitSm) else {}
            self._send(encode(RESPONSES[type(pdu)](sequence_number=number, **fields)))

    def _send_next(self) -> None:
        """Send the next piece, or end the connection."""
        piece = next(self._reads, None)
        if piece is None:
            self._loop.call_later(10.0, self.abort)
        else:
            self._send(piece)
            self._loop.call_later(0.1, self._send_next)

    def _send(self, octets: bytes) -> None:
        """Let the client read octets in the next turn."""
        self._loop.call_soon(self._deliver, octets)

    def _deliver(self, octets: bytes) -> None:
        """Let the client read octets, unless the connection is closed."""
        if not self._is_closing:
            self._protocol.data_received(octets)

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self._is_closing

    def close(self) -> None:
        """Close."""
        self.abort()

    def abort(self) -> None:
        """Close, once."""
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def get_write_buffer_size(self) -> int:
        """Return 0: everything written has been read."""
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as the base says
        """Return the default."""
        del name
        return default


class Loop(asyncio.SelectorEventLoop):
    """An event loop with a fake network, whose clock skips every wait.

    Args:
        reads: What the first connection's SMSC writes; those of later ones respond.
    """

    def __init__(self, reads: Iterator[bytes]) -> None:
        self._selector = SkippingSelector()
        super().__init__(self._selector)
        self._reads: Iterator[bytes] | None = reads
        self.errors: list[str] = []
        self.set_exception_handler(self._on_error)

    def time(self) -> float:
        """Return the seconds skipped so far."""
        return self._selector.now

    async def create_connection(self, protocol_factory: Any, *_: object, **__: object) -> Any:  # noqa: ANN401 - of its many shapes one is used
        """Connect to the next SMSC."""
        protocol = protocol_factory()
        reads, self._reads = self._reads, None
        wire = Wire(protocol, reads or iter(()), responds=reads is None)
        protocol.connection_made(wire)
        return wire, protocol

    def _on_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Record an exception that was not caught."""
        self.errors.append(f"{context.get('message')}: {context.get('exception')!r}")


def client(data: bytes) -> None:
    """Run a client whose SMSC writes these octets; the first one is the size of its reads."""
    if not data:
        return
    loop = Loop(pieces(data[1:], data[0]))
    try:
        loop.run_until_complete(_use_client())
        left = asyncio.all_tasks(loop)
    finally:
        loop.close()
    assert not left, left
    assert not loop.errors, loop.errors


async def _use_client() -> None:
    """Use every method of a client; only typed errors may be raised."""
    async with SmscClient(f"smpp://shop:secret@fake?{SETTINGS}") as smsc:
        readers = [
            asyncio.ensure_future(_read(cast("Any", source)))
            for source in (smsc.receipts(), smsc.incoming())
        ]
        messages = [Sms(to="79991234567", text=text) for text in ("hello", "Привет", LONG)]
        sends = [asyncio.ensure_future(smsc.send(message)) for message in messages]
        query = asyncio.ensure_future(smsc.query("7"))
        outcomes = await asyncio.gather(*sends, query, return_exceptions=True)
        for outcome in outcomes[:-1]:
            assert isinstance(outcome, Submission | SmscError), outcome
            repr(outcome)
        assert not isinstance(outcomes[-1], Exception) or isinstance(outcomes[-1], SmscError)
    stats = smsc.stats()
    assert stats.in_flight == stats.waiting == 0
    assert 3 == stats.accepted + stats.failed
    await asyncio.gather(*readers)


async def _read(source: Any) -> None:  # noqa: ANN401 - either of two generators
    """Read to the end; every repr must work."""
    async for item in source:
        repr(item)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "session": session,
    "simulator": simulator,
    "client": client,
}

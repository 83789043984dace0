"""An SMSC on a real socket that does what a test says, however wrong that is.

Rule: it keeps no rule of SMPP by itself. It reads PDUs, notes them, and calls a hook for each;
the hooks answer as a good SMSC would until a test puts others in their place.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from pdu import (
    RESPONSES,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    EnquireLink,
    FrameBuffer,
    Pdu,
    PduError,
    SubmitSm,
    Unbind,
    decode,
    encode,
)
from smsc_async import SmscConfig
from smsc_async.client.receipt_wait import ReceiptWaiters
from smsc_async.instrumentation import Hooks
from smsc_async.link import Dispatcher, LinkPool

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from pdu.codec import Part
    from smsc_async.link import SubmitJob
    from smsc_async.session import LinkEnded

P = TypeVar("P", bound=Pdu)

BINDS = (BindReceiver, BindTransmitter, BindTransceiver)
FINAL = "id:{} sub:001 dlvrd:001 submit date:2611230000 done date:2611230001 stat:{} err:000 text:"


async def until(happened: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Let the loop turn until something is so; a test that waits for too long fails here.

    What takes more than a few turns waits for a timer or for another thread: the loop has to
    wait as well, since its clock runs only then.
    """
    async with asyncio.timeout(seconds):
        for turn in count():
            if happened():
                return
            await asyncio.sleep(0 if turn < 100 else 0.001)


async def turns(number: int = 20) -> None:
    """Let the loop turn a few times: what hasn't happened by then doesn't."""
    for _ in range(number):
        await asyncio.sleep(0)


class Peer(asyncio.Protocol):
    """One client's connection, seen from the gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._buffer = FrameBuffer()
        self._own_numbers = 0
        self.received: list[Pdu] = []
        self.garbage: PduError | None = None
        self.is_closed = False
        self.in_flight = 0
        self.most_in_flight = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        self.transport = cast("asyncio.Transport", transport)
        self._gateway.peers.append(self)
        self._gateway.on_connect(self)

    def data_received(self, data: bytes) -> None:
        """Note each PDU and call its hook."""
        try:
            frames = self._buffer.feed(data)
        except PduError as error:
            self.garbage = error
            self.transport.close()
            return
        pdus = [decode(frame) for frame in frames]
        submits = sum(isinstance(pdu, SubmitSm) for pdu in pdus)
        self.in_flight += submits
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        for pdu in pdus:
            self.received.append(pdu)
            self._gateway.take(self, pdu)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        del exc
        self.is_closed = True

    def all(self, kind: type[P]) -> list[P]:
        """Return every PDU of a kind that came, in order."""
        return [pdu for pdu in self.received if isinstance(pdu, kind)]

    async def got(self, kind: type[P], count: int = 1) -> list[P]:
        """Wait until so many PDUs of a kind have come."""
        await until(lambda: len(self.all(kind)) >= count)
        return self.all(kind)

    def write(self, *pdus: Pdu) -> None:
        """Write PDUs in one piece, each under the number it has."""
        self.raw(b"".join(encode(pdu) for pdu in pdus))

    def raw(self, octets: bytes) -> None:
        """Write any octets."""
        self.transport.write(octets)

    def answer(self, request: Pdu, command_status: int = 0, **fields: Any) -> None:  # noqa: ANN401 - fields of any PDU
        """Answer a request."""
        self.in_flight -= isinstance(request, SubmitSm)
        self.write(response_to(request, command_status, **fields))

    def deliver(self, **fields: Any) -> int:  # noqa: ANN401 - fields of any PDU
        """Write a deliver_sm and return its number."""
        self._own_numbers += 1
        self.write(DeliverSm(sequence_number=self._own_numbers, **fields))
        return self._own_numbers

    def deliver_receipt(self, message_id: str, state: str = "DELIVRD") -> int:
        """Write a receipt and return its number."""
        return self.deliver(**receipt_fields(message_id, state))

    def hang_up(self) -> None:
        """Close the connection when all that was written has left."""
        self.transport.close()

    def drop(self) -> None:
        """Cut the connection without a word."""
        self.transport.abort()


class Gateway:
    """The listening side. Assign another callable to an `on_…` to misbehave.

    Args:
        tls: A server's context.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._ids = 0
        self.port = 0
        self.peers: list[Peer] = []
        self.on_connect: Callable[[Peer], None] = nothing
        self.on_bind: Callable[[Peer, Any], None] = Peer.answer
        self.on_submit: Callable[[Peer, SubmitSm], None] = self.accept
        self.on_enquire_link: Callable[[Peer, Any], None] = Peer.answer
        self.on_unbind: Callable[[Peer, Any], None] = unbound
        self.on_other: Callable[[Peer, Pdu], None] = nothing

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for peer in self.peers:
            peer.transport.abort()
        await until(lambda: all(peer.is_closed for peer in self.peers))

    def connected(self) -> Peer:
        """Make the other side of a connection that is just being made."""
        return Peer(self)

    def url(self, query: str = "") -> str:
        """Return where it is, with settings that let tests end soon."""
        scheme = "smpps" if self._tls else "smpp"
        fast = "reconnect_initial=0.001&reconnect_maximum=0.001&reconnect_multiplier=1"
        return f"{scheme}://shop:secret@127.0.0.1:{self.port}?{fast}{query and '&' + query}"

    def config(self, query: str = "") -> SmscConfig:
        """Return what `url` says, read."""
        return SmscConfig.from_url(self.url(query))

    @property
    def peer(self) -> Peer:
        """The newest connection."""
        return self.peers[-1]

    @property
    def submits(self) -> list[SubmitSm]:
        """Every submit_sm of all connections."""
        return [submit for peer in self.peers for submit in peer.all(SubmitSm)]

    async def bound(self, number: int = 1) -> Peer:
        """Wait until so many binds have come, and return the connection of the last one."""
        await until(lambda: len([p for p in self.peers if self._binds(p)]) >= number)
        return [peer for peer in self.peers if self._binds(peer)][number - 1]

    async def submitted(self, number: int = 1) -> list[SubmitSm]:
        """Wait until so many submit_sm have come."""
        await until(lambda: len(self.submits) >= number)
        return self.submits

    def take(self, peer: Peer, pdu: Pdu) -> None:
        """Call the hook for a PDU."""
        if isinstance(pdu, SubmitSm):
            self.on_submit(peer, pdu)
        elif isinstance(pdu, BINDS):
            self.on_bind(peer, pdu)
        elif isinstance(pdu, EnquireLink):
            self.on_enquire_link(peer, pdu)
        elif isinstance(pdu, Unbind):
            self.on_unbind(peer, pdu)
        else:
            self.on_other(peer, pdu)

    def accept(self, peer: Peer, submit: SubmitSm) -> None:
        """Accept a message under the next id, counted from "1"."""
        self._ids += 1
        peer.answer(submit, message_id=str(self._ids))

    @staticmethod
    def _binds(peer: Peer) -> int:
        """Count the binds of a connection."""
        return sum(isinstance(pdu, BINDS) for pdu in peer.received)


def nothing(*_: object) -> None:
    """Do nothing, where an answer is expected."""


def parts_of(number: int) -> tuple[Part, ...]:
    """Make parts as a message has them."""
    return tuple((_packed, b"") for _ in range(number))


def _packed(sequence_number: int, destination_addr: str, short_message: bytes) -> bytes:
    """Encode a part under a number."""
    submit = SubmitSm(destination_addr=destination_addr, short_message=short_message)
    return encode(submit, sequence_number=sequence_number)


class RecordingTraffic:
    """A TrafficHandler that records every call.

    Args:
        on_accepted: Called with each accepted part that has an id, also with the last one.
    """

    def __init__(self, on_accepted: Callable[[Any, str], object] = nothing) -> None:
        self._on_accepted = on_accepted
        self.receipt_waiters = ReceiptWaiters()
        self.requests: list[Pdu] = []
        self.accepted: list[tuple[Any, str]] = []
        self.postponed: list[Any] = []
        self.finished: list[Any] = []

    def on_request(self, link: object, request: Pdu) -> None:
        """Record a request of the gateway; no response is sent."""
        del link
        self.requests.append(request)

    def on_accepted(self, job: object, message_id: str) -> None:
        """Record an accepted part."""
        self.accepted.append((job, message_id))
        self._on_accepted(job, message_id)

    def on_read_done(self) -> None:
        """Nothing."""

    def on_postponed(self, job: object) -> bool:
        """Record a message that is written late."""
        self.postponed.append(job)
        return False

    def on_finished(self, job: object, message_id: str = "") -> None:
        """Record the outcome of a message, and the part whose acceptance it was."""
        self.finished.append(job)
        if message_id:
            self.on_accepted(job, message_id)


class RecordingLinkHandler:
    """A LinkHandler that records every call; a link may end once."""

    def __init__(self) -> None:
        self.rooms = 0
        self.unbound = 0
        self.throttled: list[tuple[Any, int]] = []
        self.end: LinkEnded | None = None

    def on_room(self) -> None:
        """Count the call."""
        self.rooms += 1

    def on_throttled(self, job: object, command_status: int) -> None:
        """Record a throttled part."""
        self.throttled.append((job, command_status))

    def on_unbound(self, link: object) -> None:
        """Record that the gateway unbound."""
        del link
        self.unbound += 1

    def on_closed(self, link: object, end: LinkEnded) -> None:
        """Record the end."""
        del link
        assert self.end is None
        self.end = end


class RecordedPool:
    """A pool and its dispatcher, with the events of the links and the outcomes recorded.

    Args:
        config: Of the client that isn't there.
    """

    def __init__(self, config: SmscConfig) -> None:
        self.events: list[Any] = []
        self.traffic = RecordingTraffic()
        self._now = asyncio.get_running_loop().time
        hooks = Hooks([self.events.append])
        self.dispatcher = Dispatcher(config, self.traffic, hooks=hooks, clock=self._now)
        self.pool = LinkPool(config, self.dispatcher, self.traffic, hooks=hooks, clock=self._now)

    def submit(self, job: SubmitJob[Any]) -> None:
        """Submit a message now."""
        self.dispatcher.submit(job, self._now())


def unbound(peer: Peer, unbind: Pdu) -> None:
    """Answer an unbind and hang up."""
    peer.answer(unbind)
    peer.hang_up()


def refusing(command_status: int) -> Callable[[Peer, Pdu], None]:
    """Make a hook that refuses."""
    return lambda peer, request: peer.answer(request, command_status)


def response_to(request: Pdu, command_status: int = 0, **fields: Any) -> Pdu:  # noqa: ANN401 - fields of any PDU
    """Make the response to a request."""
    response = RESPONSES[type(request)]
    return response(
        sequence_number=request.sequence_number, command_status=command_status, **fields
    )


def receipt_fields(message_id: str, state: str = "DELIVRD") -> dict[str, Any]:
    """Make the fields of a deliver_sm that is a receipt."""
    return {
        "esm_class": 0x04,
        "source_addr": "79991234567",
        "destination_addr": "Shop",
        "short_message": FINAL.format(message_id, state).encode(),
    }

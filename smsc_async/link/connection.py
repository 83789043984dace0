"""One TCP connection to the gateway with its session: octets in, octets out, one timer.

Rule: it decides nothing. What a PDU means is the session's, what becomes of a message is the
receiver's; here is only when to write and when to look at the clock. All PDUs of one turn of
the event loop leave in one write.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, cast

from pdu.names import command_name
from smsc_async.errors import BindRefusedError, LinkLostError
from smsc_async.instrumentation import WireLog
from smsc_async.link.submit_job import waiter_of
from smsc_async.session import (
    BindRefused,
    Bound,
    EndReason,
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import Bind, Pdu
    from smsc_async.config import Host
    from smsc_async.link.submit_job import Context, ResponseHandler, SubmitJob
    from smsc_async.session import Event

CLOSING_TIMEOUT = 2.0
"""Seconds for the last octets to leave a closing socket; then it is closed all the same."""

READ_FIRST = 0.001
"""Seconds from a deadline to its consequences. Unlike asyncio, uvloop rings timers before it reads,
and takes a shorter wait for none."""

HELD_UP_AT_MOST = 1.0
"""Seconds of somebody's blocking code that are made good; whoever blocks longer, blocks often."""

MAX_UNREAD = 16 * 1024 * 1024
"""Octets that may wait for a gateway that doesn't read. Segments stop long before; what gets
here are answers to a gateway that asks and asks. A window of 10 000 is a sixth of it."""


class Receiver(Protocol):
    """Who is told what happens on a link."""

    def requested(self, link: Link, request: Pdu) -> None:
        """Take a request of the gateway; answer it with `link.respond`, now or later."""

    def has_room(self, link: Link) -> None:
        """Take notice that slots may be free."""

    def throttled(self, link: Link, outgoing: SubmitJob[Any], command_status: int) -> None:
        """Take a message back that came too fast for the gateway."""

    def unexpected(self, link: Link, event: object) -> None:
        """Take notice of something harmless that should not have happened."""

    def ended(self, link: Link, end: LinkEnded) -> None:
        """Take notice that the link is over. The socket is closed a little later."""


class Link(asyncio.Protocol):
    """One connection, from TCP on to its end.

    Args:
        host: Where it leads, for people.
        limits: Window, timeouts, largest PDU.
        receiver: Who is told.
        clock: Seconds of a monotonic clock.
    """

    def __init__(
        self,
        host: Host,
        limits: SessionLimits,
        receiver: Receiver,
        clock: Callable[[], float],
    ) -> None:
        self.host = host
        self.session = Session(Role.ESME, limits, now=clock())
        self.bound_at: float | None = None
        self._loop = asyncio.get_running_loop()
        self._receiver = receiver
        self._clock = clock
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._flush_planned = False
        self._write_paused = False
        self._binding: asyncio.Future[None] | None = None
        self._lost: LinkLostError | None = None
        self._closed = self._loop.create_future()
        self._wire = WireLog(str(host))

    # What the manager asks for.

    @property
    def is_bound(self) -> bool:
        """Whether traffic may go out."""
        return self.session.mode is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing goes out or comes in any more."""
        return self.session.is_over

    @property
    def in_flight(self) -> int:
        """Requests that await their response."""
        return self.session.window.in_flight

    @property
    def room(self) -> int:
        """Requests that may be written now: slots free, while bound and the socket takes octets."""
        session = self.session
        return 0 if self._write_paused or session.mode is None else session.window.free

    async def bind(self, request: Bind, system_id: str) -> None:
        """Bind. Cancelling leaves the link to be closed by `abort`.

        Raises:
            BindRefusedError: The gateway's answer.
            LinkLostError: It hung up, or didn't answer in time.
        """
        self._binding = self._loop.create_future()
        self._bind_name, self._system_id = command_name(request.command_id), system_id
        if self._lost is None:
            self.session.request(request, self._clock())
            self._plan_flush()
            await self._binding
        # It may have ended before we asked, or in the same read as the gateway's yes.
        if self._lost is not None:
            raise self._lost

    def submit(self, outgoing: SubmitJob[Any], now: float) -> None:
        """Write the next part of a message; only while there is `room`."""
        pack, octets, context = outgoing.next_part(now)
        self.session.submit_packed(
            pack, outgoing.message.to, octets, now, context, outgoing.timeout
        )
        if not self._flush_planned:
            self._plan_flush()

    def request(self, pdu: Pdu, waiter: ResponseHandler) -> None:
        """Write another request that takes a slot; *waiter* is told its response."""
        self.session.request(pdu, self._clock(), context=waiter, timeout=waiter.timeout)
        self._plan_flush()

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Answer a request of the gateway; does nothing once the link is over."""
        self.session.respond(request, response, self._clock())
        self._plan_flush()

    def unbind(self) -> None:
        """Ask to end the session; `closed` follows, at the unbind timeout if not before."""
        if self.is_bound:
            self.session.unbind(self._clock())
            self._plan_flush()

    def abort(self) -> None:
        """Close at once, without a word."""
        self._take(self.session.close(self._clock()))
        if self._transport is not None:
            self._transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the socket is closed. Cancelling is safe."""
        await asyncio.shield(self._closed)

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Run what was read through the session."""
        if self._wire.is_on:
            self._wire.read(data)
        self._take(self.session.receive(data, self._clock()))
        self._receiver.has_room(self)
        self._plan_flush()

    def eof_received(self) -> None:
        """End at once: half a connection is of no use, and nothing more is to be written to it."""
        self._take(self.session.receive_eof(self._clock()))

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was under way."""
        self._take(self.session.receive_eof(self._clock(), error=exc))
        if self._timer is not None:
            self._timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        """Write no further segment until the socket has taken what it has."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self._write_paused = False
        self._receiver.has_room(self)

    # What the session tells.

    def _take(self, events: list[Event]) -> None:
        """Tell everybody whom the events concern.

        Responses first: a receipt that was read together with the response that names its id is
        not an early one.
        """
        others: list[Event] = []
        # Each is let go of as it is told, so that fewer objects live at a time.
        events.reverse()
        while events:
            event = events.pop()
            if type(event) is not ResponseReceived:
                others.append(event)
                continue
            # Not by `cast`: it is a call, and this runs for every message.
            context: Any
            _, context, response = event
            waiter, index = context if type(context) is tuple else (context, 0)
            if waiter.answered(index, response):
                self._receiver.throttled(self, waiter, response.command_status)
        for other in others:
            if type(other) is RequestReceived:
                self._receiver.requested(self, other.pdu)
            elif not self._take_late(other):
                self._take_change(other)

    def _take_late(self, event: Event) -> bool:
        """Tell a waiter what went wrong with its response; False if that isn't what it is."""
        match event:
            case ResponseOverdue():
                waiter, index = waiter_of(cast("Context", event.context))
                waiter.overdue(index, waiter.timeout or self._limits.response_timeout)
            case ResponseUndecodable():
                waiter, index = waiter_of(cast("Context", event.context))
                waiter.garbled(index, event.error)
            case LateResponseReceived():
                waiter, index = waiter_of(cast("Context", event.context))
                waiter.answered_late(index, event.response)
                self._receiver.unexpected(self, event)
            case _:
                return False
        return True

    def _take_change(self, event: Event) -> None:
        """Take what concerns the link or the gateway's own requests."""
        match event:
            case Bound():
                self.bound_at = self._clock()
                self._settle_bind(None)
            case BindRefused():
                status = event.response.command_status
                self._settle_bind(
                    BindRefusedError(status, bind=self._bind_name, system_id=self._system_id)
                )
            case LinkEnded():
                self._end(event)
            case _:
                self._receiver.unexpected(self, event)

    def _settle_bind(self, error: Exception | None) -> None:
        """End the wait of `bind`, once."""
        binding = self._binding
        if binding is None or binding.done():
            return
        if error is None:
            binding.set_result(None)
        else:
            binding.set_exception(error)

    def _end(self, end: LinkEnded) -> None:
        """Tell all who waited on this link, write what is left, close the socket."""
        self._lost = lost = LinkLostError(self._why(end))
        lost.__cause__ = end.error
        self._settle_bind(lost)
        for context in end.lost:
            waiter, index = waiter_of(cast("Context", context))
            waiter.lost(index, end.reason.value, end.error)
        self._receiver.ended(self, end)
        self._flush()
        self._close_socket(end.reason)

    def _why(self, end: LinkEnded) -> str:
        """Say what ended the link, and the way out where it never was bound."""
        reason = end.reason.value if end.error is None else f"{end.reason.value}: {end.error}"
        if self._binding is None or self.bound_at is not None:
            return reason
        if end.reason is EndReason.BIND_OVERDUE:
            return (
                f"{self._bind_name} got no response in {self._limits.bind_timeout:.1f} s"
                "; check that SMPP is spoken at that port"
            )
        return f"{self._bind_name} got no response, {reason}; a TLS port wants smpps://"

    def _close_socket(self, reason: EndReason) -> None:
        """Close at once where nobody would read any more, else after the last octets."""
        if self._transport is None:
            return
        if reason in _HOPELESS:
            self._transport.abort()
        else:
            self._transport.close()
            self._arm_abort()

    def _arm_abort(self) -> None:
        """Make sure that a closing socket gets closed."""
        if self._timer is not None:
            self._timer.cancel()
        assert self._transport is not None  # noqa: S101 - for the type checker
        self._timer = self._loop.call_later(CLOSING_TIMEOUT, self._transport.abort)

    # When to write, when to look at the clock.

    def _plan_flush(self) -> None:
        """Write at the end of this turn of the event loop."""
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write all that is queued, in one go."""
        self._flush_planned = False
        transport = self._transport
        octets = self.session.outgoing()
        if octets and transport is not None and not transport.is_closing():
            if self._wire.is_on:
                self._wire.written(octets)
            transport.write(octets)
            if transport.get_write_buffer_size() > MAX_UNREAD:
                unread = ConnectionAbortedError("the gateway reads none of our answers")
                self._take(self.session.receive_eof(self._clock(), error=unread))
        self._arm()

    def _arm(self) -> None:
        """Keep one timer, no later than the session's next deadline."""
        deadline = self.session.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(0.0, deadline - self._clock()), self._tick)

    def _tick(self) -> None:
        """Make good for the time in which the loop was held up, before anything is overdue.

        What arrived meanwhile has to be read first, and what was to be written left late.
        """
        late = self._clock() - self._timer_at
        wait = min(max(late, READ_FIRST), HELD_UP_AT_MOST)
        self._timer = self._loop.call_later(wait, self._tell_due)

    def _tell_due(self) -> None:
        """Tell what has become due."""
        self._timer = None
        self._take(self.session.advance(self._clock()))
        self._receiver.has_room(self)
        self._flush()

    def __repr__(self) -> str:
        return f"<Link {self.host}, {self.session!r}>"


# Nobody at the other end would read what is still to be written.
_HOPELESS = frozenset(
    {
        EndReason.LOST,
        EndReason.ENQUIRE_LINK_OVERDUE,
        EndReason.UNBIND_OVERDUE,
        EndReason.BIND_OVERDUE,
        EndReason.UNBOUND,
    }
)

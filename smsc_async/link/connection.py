"""One TCP connection to the gateway with its session: octets in, octets out, one timer.

Rule: the session interprets PDUs, the handlers decide about messages; the link decides only when to
write and when to look at the clock. All PDUs of one iteration of the event loop leave in one write.
"""

from __future__ import annotations

import asyncio
from logging import DEBUG
from typing import TYPE_CHECKING, Any, cast

from pdu.names import command_name
from smsc_async._deadline_timer import READ_FIRST, Punctuality
from smsc_async.errors import BindRefusedError, LinkLostError
from smsc_async.instrumentation import LOG, WIRE, WireLog
from smsc_async.link.submit_job import handler_of
from smsc_async.session import (
    BindRefused,
    Bound,
    EndReason,
    LateResponseReceived,
    LinkEnded,
    PeerUnbound,
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
    from smsc_async.link.contract import Context, LinkHandler, ResponseHandler, TrafficHandler
    from smsc_async.link.submit_job import SubmitJob
    from smsc_async.session import Event

CLOSING_TIMEOUT = 2.0
"""Seconds for the last octets to leave a closing socket; then it is aborted."""

LONGEST_EXTENSION = 1.0
"""Seconds by which a deadline is extended at most, if the event loop was blocked."""

MAX_UNREAD = 16 * 1024 * 1024
"""Octets that may wait for a gateway that doesn't read; beyond it the link ends. Messages stop
long before, at the transport's high-water mark: only our responses can pile up this far."""


class Link(asyncio.Protocol):
    """One connection, from TCP connect to its end.

    Args:
        host: Name of the gateway, for logs and `repr`.
        limits: Window, timeouts, largest PDU.
        handler: Gets the events of the link.
        traffic: Gets the requests of the gateway.
        clock: Seconds of a monotonic clock.
    """

    def __init__(
        self,
        host: Host,
        limits: SessionLimits,
        handler: LinkHandler,
        traffic: TrafficHandler,
        clock: Callable[[], float],
    ) -> None:
        self.host = host
        self.session = Session(Role.ESME, limits, now=clock())
        self.bound_at: float | None = None
        self._loop = asyncio.get_running_loop()
        self._handler = handler
        self._traffic = traffic
        self._clock = clock
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._punctuality = Punctuality()
        self._has_read = False  # since the timer last fired
        self._shortest = limits.shortest_timeout
        self._flush_planned = False
        self._write_paused = False
        self._binding: asyncio.Future[None] | None = None
        self._lost: LinkLostError | None = None
        self._closed = self._loop.create_future()
        self._wire = WireLog(str(host))

    # For the dispatcher and the pool.

    @property
    def is_bound(self) -> bool:
        """Whether traffic may go out."""
        return self.session.mode is not None

    @property
    def is_over(self) -> bool:
        """Whether the session has ended."""
        return self.session.is_over

    @property
    def in_flight(self) -> int:
        """Requests that await their response."""
        return self.session.window.in_flight

    @property
    def room(self) -> int:
        """Requests that may be written now: free slots, unless unbound or paused by the socket."""
        session = self.session
        return 0 if self._write_paused or session.mode is None else session.window.free

    async def bind(self, request: Bind, system_id: str) -> None:
        """Bind. After a cancelled bind call `abort`.

        Raises:
            BindRefusedError: The gateway refused it.
            LinkLostError: The gateway hung up, or didn't respond in time.
        """
        self._binding = self._loop.create_future()
        self._bind_name, self._system_id = command_name(request.command_id), system_id
        if self._lost is None:
            self.session.request(request, self._clock())
            self._plan_flush()
            await self._binding
        # It may have ended before the request, or in the same read as the positive response.
        if self._lost is not None:
            raise self._lost

    def submit(self, job: SubmitJob[Any], now: float) -> None:
        """Write the next part of a message. Only while there is `room`."""
        pack, octets, context = job.next_part(now)
        timeout = job.timeout
        self.session.submit_packed(pack, job.message.to, octets, now, context, timeout)
        if timeout is not None and timeout < self._shortest:
            self._rearm()
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def request(self, pdu: Pdu, handler: ResponseHandler) -> None:
        """Write another request that takes a slot; *handler* gets its response."""
        self.session.request(pdu, self._clock(), context=handler, timeout=handler.timeout)
        self._rearm()
        self._plan_flush()

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Respond to a request of the gateway; does nothing once the link is over."""
        self.session.respond(request, response, self._clock())
        self._plan_flush()

    def unbind(self) -> None:
        """Unbind; the link closes when all is answered, at the unbind timeout at the latest."""
        if self.is_bound:
            self.session.unbind(self._clock())
            self._plan_flush()

    def abort(self) -> None:
        """Close at once, without unbind."""
        self._dispatch(self.session.close(self._clock()))
        if self._transport is not None:
            self._transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the socket is closed. Cancelling is safe."""
        await asyncio.shield(self._closed)

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Pass what was read to the session, and its events to the handlers."""
        if WIRE.isEnabledFor(DEBUG):
            self._wire.received(data)
        self._has_read = self._flush_planned = True
        try:
            self._dispatch(self.session.receive(data, self._clock()))
            self._handler.on_room()
        finally:
            self._end_read()

    def _end_read(self) -> None:
        """Let those go on whom the read has answered, then write all that it has caused."""
        try:
            self._traffic.on_read_done()
        finally:
            self._flush()

    def eof_received(self) -> None:
        """End the link at once: a half-closed connection is of no use."""
        self._dispatch(self.session.receive_eof(self._clock()))

    def connection_lost(self, exc: Exception | None) -> None:
        """End the link."""
        self._dispatch(self.session.receive_eof(self._clock(), error=exc))
        if self._timer is not None:
            self._timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        """Write no further part until asyncio calls `resume_writing`."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Continue writing."""
        self._write_paused = False
        self._handler.on_room()

    # Events of the session.

    def _dispatch(self, events: list[Event]) -> None:
        """Pass events to their handlers, responses first.

        A receipt that was read together with the response that names its id isn't an early one.
        """
        others: list[Event] = []
        events.reverse()  # popped one by one, fewer objects live at a time (hot path)
        while events:
            event = events.pop()
            if type(event) is not ResponseReceived:
                others.append(event)
                continue
            context: Any  # `cast` is a call (hot path)
            _, context, response = event
            handler, index = context if type(context) is tuple else (context, 0)
            if handler.on_response(index, response):
                self._handler.on_throttled(handler, response.command_status)
        for other in others:
            if type(other) is RequestReceived:
                self._traffic.on_request(self, other.pdu)
            else:
                self._dispatch_rare(other)

    def _dispatch_rare(self, event: Event) -> None:
        """Handle the rarer events: overdue and late responses, the bind, the end of the link."""
        match event:
            case ResponseOverdue():
                handler, index = handler_of(cast("Context", event.context))
                handler.on_timeout(index, handler.timeout or self._limits.response_timeout)
            case ResponseUndecodable():
                handler, index = handler_of(cast("Context", event.context))
                handler.on_decode_error(index, event.error)
            case LateResponseReceived():
                LOG.debug("< late response seq=%d", event.sequence_number)
                handler, index = handler_of(cast("Context", event.context))
                handler.on_late_response(index, event.response)
            case Bound():
                self.bound_at = self._clock()
                self._finish_bind(None)
            case BindRefused():
                status = event.response.command_status
                bind, login, host = self._bind_name, self._system_id, str(self.host)
                error = BindRefusedError(status, bind=bind, system_id=login, host=host)
                self._finish_bind(error)
            case PeerUnbound():
                self._handler.on_unbound(self)
            case LinkEnded():
                self._end(event)
            case _:
                LOG.debug("< unexpected: %s", type(event).__name__)

    def _finish_bind(self, error: Exception | None) -> None:
        """End the wait of `bind`, once."""
        binding = self._binding
        if binding is None or binding.done():
            return
        if error is None:
            binding.set_result(None)
        else:
            binding.set_exception(error)

    def _end(self, end: LinkEnded) -> None:
        """Report the end to all handlers, write what is left, close the socket."""
        self._lost = lost = LinkLostError(self._end_reason(end))
        lost.__cause__ = end.error
        self._finish_bind(lost)
        for context in end.lost:
            handler, index = handler_of(cast("Context", context))
            handler.on_connection_lost(index, end.reason.value, end.error)
        self._handler.on_closed(self, end)
        self._flush()
        self._close_socket(end.reason)

    def _end_reason(self, end: LinkEnded) -> str:
        """Say what ended the link, with the remedy if it never was bound."""
        reason = end.reason.value if end.error is None else f"{end.reason.value}: {end.error}"
        if self._binding is None or self.bound_at is not None:
            return reason
        if end.reason is EndReason.BIND_OVERDUE:
            return (
                f"{self._bind_name} got no response in {self._limits.bind_timeout:.1f} s"
                "; check that SMPP is spoken at that port"
            )
        is_tls = self._transport and self._transport.get_extra_info("sslcontext")
        remedy = "check that SMPP is spoken at that port" if is_tls else "a TLS port wants smpps://"
        return f"{self._bind_name} got no response, {reason}; {remedy}"

    def _close_socket(self, reason: EndReason) -> None:
        """Close after the last octets, or at once where the peer doesn't read them."""
        if self._transport is None:
            return
        if reason in _ABORTED:
            self._transport.abort()
            return
        self._transport.close()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(CLOSING_TIMEOUT, self._transport.abort)

    # Writes and the timer.

    def _plan_flush(self) -> None:
        """Write at the end of this iteration of the event loop."""
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write all that is queued, in one write."""
        self._flush_planned = False
        transport = self._transport
        octets = self.session.data_to_send()
        if octets and transport is not None and not transport.is_closing():
            if WIRE.isEnabledFor(DEBUG):
                self._wire.sent(octets)
            transport.write(octets)
            if transport.get_write_buffer_size() > MAX_UNREAD:
                unread = ConnectionAbortedError("the gateway reads none of our answers")
                self._dispatch(self.session.receive_eof(self._clock(), error=unread))
        if self._timer is None:
            self._arm()

    def _arm(self) -> None:
        """Start the timer, if the session has a deadline and no timer runs.

        It fires after the session's shortest timeout at the latest, so few writes need another.
        """
        deadline = self.session.next_deadline()
        if deadline is None:
            return
        now = self._clock()
        self._timer_at = min(deadline, now + self._shortest)
        self._timer = self._loop.call_later(max(0.0, self._timer_at - now), self._tick)

    def _rearm(self) -> None:
        """Start the timer anew, if a deadline is earlier: one that has passed is not postponed."""
        deadline = self.session.next_deadline()
        if self._timer is not None:
            if deadline is None or self._timer_at <= deadline:
                return
            self._timer.cancel()
        self._arm()

    def _tick(self) -> None:
        """Extend the deadline by as long as the event loop was blocked, at most 1 s.

        Responses that arrived meanwhile are unread, and requests were written late.
        """
        now, deadline = self._clock(), self.session.next_deadline()
        if deadline is None or deadline > now:
            self._timer = None
            self._arm()
            return
        late = now - self._timer_at
        self._look_again(now, min(max(late, READ_FIRST), LONGEST_EXTENSION))

    def _look_again(self, now: float, wait: float) -> None:
        """Judge what is due a little later, if the event loop has read all by then."""
        self._has_read = False
        self._punctuality.plan(now + wait)
        self._timer = self._loop.call_later(wait, self._report_due)

    def _report_due(self) -> None:
        """Report what has become due, unless the loop was held up: then it reads first."""
        now = self._clock()
        if self._punctuality.must_read_first(now, has_read=self._has_read):
            self._look_again(now, READ_FIRST)
            return
        self._timer = None
        self._dispatch(self.session.advance(now))
        self._handler.on_room()
        self._end_read()

    def __repr__(self) -> str:
        return f"<Link {self.host}, {self.session!r}>"


_E = EndReason  # below, the peer reads no more of what is still to be written
_ABORTED = frozenset(
    (_E.LOST, _E.ENQUIRE_LINK_OVERDUE, _E.UNBIND_OVERDUE, _E.BIND_OVERDUE, _E.UNBOUND)
)

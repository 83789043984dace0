"""One SMPP session, either end of it, without a socket and without a clock.

Octets that were read go into `receive`, events come out; requests and responses go into
`request` and `respond`, and `data_to_send` gives the octets to write. `next_deadline` says when to
call `advance`. Every method takes the current time, in seconds of one monotonic clock.

Rule: what the protocol settles by itself is settled here, at once. enquire_link and unbind are
answered as they are read, and an illegal request gets a negative response; events report only what
the caller has to decide or is waiting for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu import (
    CommandId,
    CommandStatus,
    DecodeError,
    EncodeError,
    EnquireLink,
    EnquireLinkResp,
    FrameBuffer,
    FramingError,
    GenericNack,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    decode,
    encode,
)
from pdu._tracebacks import hides_arguments
from pdu.names import RESPONSE_BIT, command_name
from smsc_async.errors import LocalProtocolError, RemoteProtocolError
from smsc_async.session.events import (
    BindRefused,
    BindRequested,
    Bound,
    EndReason,
    LateResponseReceived,
    LinkEnded,
    PduRejected,
    PeerUnbound,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
    UnexpectedResponseReceived,
)
from smsc_async.session.limits import SessionLimits
from smsc_async.session.negative_responses import (
    error_for_illegal,
    is_usable,
    negative_response,
    status_for_illegal,
    status_for_undecodable,
)
from smsc_async.session.states import (
    BINDS,
    BOUND,
    MODES,
    MOVES,
    OUTSIDE_WINDOW,
    UNANSWERED,
    Role,
    SessionState,
    after,
    allowed,
    explain,
)
from smsc_async.session.timers import Timer, Timers
from smsc_async.session.window import NO_SLOT, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import BindMode, Pdu
    from smsc_async.session.events import Event

_DEFAULTS: Final = SessionLimits()
_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_GENERIC_NACK: Final = int(CommandId.GENERIC_NACK)
_new = tuple.__new__  # hot path

_AFTER_UNBIND: Final = frozenset({SessionState.UNBINDING, SessionState.UNBOUND})

_END_OF: Final = {
    Timer.BIND: EndReason.BIND_OVERDUE,
    Timer.ENQUIRE_LINK_RESP: EndReason.ENQUIRE_LINK_OVERDUE,
    Timer.UNBIND: EndReason.UNBIND_OVERDUE,
    Timer.INACTIVITY: EndReason.IDLE,
    Timer.PDU: EndReason.PDU_OVERDUE,
}


@hides_arguments(ValueError)
class Session:
    """The protocol of one link, from its TCP connection on.

    After LinkEnded every method stays safe: octets received are ignored, `request` raises,
    `data_to_send` still returns the octets left to write.

    After an unbind, of either end, the responses to requests in flight are still read: until the
    last of them, the end of the connection, or `limits.unbind_timeout`. Requests of the peer are
    ignored then: it repeats on the next link what was not answered.

    Args:
        role: Which end this is.
        limits: Window, timeouts, largest PDU.
        now: The time at which the connection was made, in seconds.

    Attributes:
        mode: How the session is bound; None before and after.
        window: The slots of our own requests.
        unwritten: Octets of PDUs that `data_to_send` has not returned yet.
        is_over: Whether LinkEnded was reported. The connection is to be closed once all octets
            are written.
    """

    __slots__ = (
        "_buffer",
        "_events",
        "_is_mid_pdu",
        "_may_send",
        "_peer_may_send",
        "_state",
        "_timers",
        "_unbound",
        "is_over",
        "limits",
        "mode",
        "role",
        "unwritten",
        "window",
    )

    def __init__(self, role: Role, limits: SessionLimits = _DEFAULTS, *, now: float) -> None:
        self.role = role
        self.limits = limits
        self.window = Window(limits.window, limits.response_timeout)
        self._timers = Timers(limits)
        self._buffer = FrameBuffer(limits.max_length)
        self.unwritten: list[bytes] = []
        self._events: list[Event] = []
        self._is_mid_pdu = False
        self._unbound = EndReason.UNBOUND
        self.is_over = False
        self._enter(SessionState.OPEN, now)

    @property
    def state(self) -> SessionState:
        """Where the session is in its life."""
        return self._state

    def request(
        self, pdu: Pdu, now: float, *, context: object = None, timeout: float | None = None
    ) -> int:
        """Number a request, expect its response, and queue its octets.

        bind, outbind, unbind, enquire_link and alert_notification take no slot of the window
        and never wait for one; they take neither *context* nor *timeout*.

        Args:
            pdu: The request. Its own `sequence_number` is not used.
            now: The time of writing: call this only when the octets can leave, for the
                response's deadline counts from here.
            context: Comes back in the event that reports the outcome.
            timeout: Seconds for the response; None takes `limits.response_timeout`.

        Returns:
            The `sequence_number` it goes out under.

        Raises:
            LocalProtocolError: Not allowed for this role in this state, or not encodable.
            WindowFullError: All slots are taken.
        """
        command_id = pdu.command_id
        if command_id in OUTSIDE_WINDOW:
            return self._request_outside(pdu, now, context, timeout)
        self._check_allowed(command_id)
        self.window.check_free()
        number = self.window.take_number()
        octets = _encoded(pdu, number)
        self.window.open_slot(number, command_id, context, now, timeout)
        self.unwritten.append(octets)
        return number

    def submit_packed(  # noqa: PLR0917 - called for every message, and keywords cost time
        self,
        pack: Callable[[int, str, bytes], bytes],
        destination_addr: str,
        short_message: bytes,
        now: float,
        context: object = None,
        timeout: float | None = None,
    ) -> int:
        """Queue a submit_sm made from a template; otherwise like `request`.

        Args:
            pack: Returns the octets for a `sequence_number` and the next two arguments, as a
                template of `pdu` does; called once, at once.
            destination_addr: The recipient.
            short_message: The octets of the text, a user data header included.
            now: See `request`, also for the rest.
            context: See `request`.
            timeout: See `request`.

        Returns:
            The `sequence_number` it goes out under.

        Raises:
            LocalProtocolError: See `request`.
            WindowFullError: All slots are taken.
        """
        if _SUBMIT_SM not in self._may_send:
            raise LocalProtocolError(explain(self.role, self._state, _SUBMIT_SM))
        window = self.window
        if window.free <= 0:
            window.check_free()
        if timeout is None:
            number = window.open_submit(context, now)
        else:
            number = window.take_number()
            window.open_slot(number, _SUBMIT_SM, context, now, timeout)
        try:
            self.unwritten.append(pack(number, destination_addr, short_message))
        except EncodeError as exc:
            window.close_slot(number, _GENERIC_NACK)
            raise LocalProtocolError(str(exc)) from exc
        return number

    def respond(self, request: Pdu, response: Pdu, now: float) -> None:
        """Respond to a request of the peer, under the peer's sequence_number.

        Does nothing once the link has ended: the peer repeats what was not answered.

        Args:
            request: As it came in BindRequested or RequestReceived.
            response: Its response or GenericNack. Its own `sequence_number` is not used.
            now: The time of writing, in seconds.

        Raises:
            LocalProtocolError: No response to this request, not encodable, or a second
                answer to a bind.
        """
        if self.is_over:
            return
        is_bind = request.command_id in BINDS
        if is_bind or response.command_id != request.command_id | RESPONSE_BIT:
            self._check_answer(request, response)
        self.unwritten.append(_encoded(response, request.sequence_number))
        if is_bind:
            self._enter(after(response.command_id, response.command_status), now)

    def unbind(self, now: float) -> None:
        """Ask the peer to end the session; LinkEnded follows, at the timeout if not before.

        Responses to requests in flight count until then. Let them finish first.

        Raises:
            LocalProtocolError: Not bound.
        """
        self.request(Unbind(), now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Process octets that were read; return the events they cause.

        How the stream was cut into reads makes no difference.

        Args:
            data: Any number of octets.
            now: The time of reading, in seconds.
        """
        if not self.is_over:
            self._read(data, now)
            if self._state is SessionState.UNBOUND:
                self._end_if_answered(now)
        events, self._events = self._events, []
        return events

    def receive_eof(self, now: float, *, error: Exception | None = None) -> list[Event]:
        """End the session because the connection is gone; after an unbind that is a clean end.

        Args:
            now: Current time, in seconds.
            error: The transport's error, if it failed.
        """
        if self._state in _AFTER_UNBIND:
            return self._ended(self._unbound, now)
        return self._ended(EndReason.LOST, now, error)

    def close(self, now: float) -> list[Event]:
        """End the session without an unbind. Closing twice does no harm."""
        return self._ended(EndReason.CLOSED, now)

    def advance(self, now: float) -> list[Event]:
        """Report what is due. Call `receive` first: a response already read isn't overdue."""
        for slot in self.window.expire(now):
            self._events.append(ResponseOverdue(slot.sequence_number, slot.context))
        while (timer := self._timers.pop_expired(now)) is not None:
            if timer is Timer.ENQUIRE_LINK:
                self.request(EnquireLink(), now)
            elif self._state is SessionState.UNBOUND:
                self._end(self._unbound, now)
            else:
                self._end(_END_OF[timer], now)
        if self._state is SessionState.UNBOUND:
            self._end_if_answered(now)
        return self._drain_events()

    def next_deadline(self) -> float | None:
        """The time to call `advance` at, or None. Ask again after every other call."""
        requests, link = self.window.next_deadline(), self._timers.next_deadline()
        if requests is None or link is None:
            return link if requests is None else requests
        return min(requests, link)

    def data_to_send(self) -> bytes:
        """Return the octets to write now, whole PDUs in order, and forget them."""
        octets = b"".join(self.unwritten)
        self.unwritten.clear()
        return octets

    # What goes out.

    def _check_allowed(self, command_id: int) -> None:
        """Raise LocalProtocolError unless the operation matrix allows the request now."""
        if command_id not in self._may_send:
            raise LocalProtocolError(explain(self.role, self._state, command_id))

    def _request_outside(self, pdu: Pdu, now: float, context: object, timeout: float | None) -> int:
        """Send a request that takes no slot; its timer waits for the response, if there is one."""
        command_id = pdu.command_id
        self._check_allowed(command_id)
        if context is not None or timeout is not None:
            name = command_name(command_id)
            raise LocalProtocolError(f"{name} takes no context and no timeout; the limits have one")
        is_enquiry = command_id == CommandId.ENQUIRE_LINK
        if is_enquiry and self._timers.is_running(Timer.ENQUIRE_LINK_RESP):
            raise LocalProtocolError("an enquire_link still awaits its response; one is enough")
        number = self.window.take_number()
        self.unwritten.append(_encoded(pdu, number))
        if command_id not in UNANSWERED:
            self.window.track_control_request(number, command_id)
        if command_id in MOVES:
            self._enter(after(command_id, 0), now)
        elif is_enquiry:
            self._timers.stop(Timer.ENQUIRE_LINK)
            self._timers.start(Timer.ENQUIRE_LINK_RESP, now)
        return number

    def _check_answer(self, request: Pdu, response: Pdu) -> None:
        """Raise unless the response belongs to this request, and to a bind only once."""
        if response.command_id not in (request.command_id | RESPONSE_BIT, CommandId.GENERIC_NACK):
            raise LocalProtocolError(
                f"{command_name(request.command_id)} is not answered by "
                f"{command_name(response.command_id)}"
            )
        if request.command_id in BINDS and self._state is not SessionState.BINDING:
            raise LocalProtocolError(
                f"{command_name(request.command_id)} was answered before; "
                f"the session is {self._state.value}"
            )

    # What comes in.

    def _read(self, data: bytes, now: float) -> None:
        """Process the whole PDUs; a framing error after them ends the session."""
        broken: FramingError | None = None
        try:
            frames = self._buffer.feed(data)
        except FramingError as exc:
            frames, broken = list(exc.frames), exc
        timers = self._timers
        if frames:
            timers.received_at = now
        close_submit, events = self.window.close_submit, self._events
        for frame in frames:
            try:
                pdu = decode(frame)
            except DecodeError as exc:
                self._take_undecodable(exc, frame, now)
            else:
                number = pdu.sequence_number
                # hot path
                context = close_submit(number) if type(pdu) is SubmitSmResp else NO_SLOT
                if context is NO_SLOT:
                    self._take(pdu, frame, now)
                else:
                    timers.answered_at = now
                    events.append(_new(ResponseReceived, (number, context, pdu)))
            if self.is_over:
                return
        if broken is not None:
            nack = GenericNack(command_status=CommandStatus.ESME_RINVCMDLEN)
            self.unwritten.append(_encoded(nack, 0))
            self._end(EndReason.PROTOCOL_ERROR, now, _remote_error(broken, b""))
        elif self._buffer.pending or self._is_mid_pdu:
            self._watch_partial_pdu(now, received=bool(frames))

    def _take(self, pdu: Pdu, frame: bytes, now: float) -> None:
        """Process one PDU, request or response."""
        command_id = pdu.command_id
        if pdu.fault is not None and not is_usable(pdu, self.role):
            self._take_undecodable(pdu.fault, frame, now)
            return
        if not command_id & RESPONSE_BIT:
            self._take_request(pdu, frame, now)
            return
        number = pdu.sequence_number
        slot = self.window.close_slot(number, command_id)
        if slot is None:
            self._take_unmatched_response(pdu, now)
        elif slot.command_id in OUTSIDE_WINDOW:
            self._timers.answered_at = now
            if slot.command_id in BINDS:
                self._take_bind_response(pdu, now)
            else:
                self._take_control_response(slot.command_id, now)
        else:
            self._timers.answered_at = now
            self._events.append(_new(ResponseReceived, (number, slot.context, pdu)))

    def _take_unmatched_response(self, response: Pdu, now: float) -> None:
        """Report a response to nothing in flight: a late one, or an unexpected one."""
        number = response.sequence_number
        slot = self.window.close_overdue(number, response.command_id)
        if slot is None:
            self._events.append(UnexpectedResponseReceived(response))
            return
        self._timers.answered_at = now
        self._events.append(LateResponseReceived(number, slot.context, response))

    def _take_bind_response(self, response: Pdu, now: float) -> None:
        """Enter the bound state, or OPEN again if the bind was refused."""
        self._enter(after(response.command_id, response.command_status), now)
        mode = self.mode
        self._events.append(BindRefused(response) if mode is None else Bound(mode, response))

    def _take_control_response(self, command_id: int, now: float) -> None:
        """Process enquire_link_resp or unbind_resp, which are a header only."""
        if command_id == CommandId.UNBIND:
            self._settle_unbind(EndReason.UNBOUND, now)
            return
        self._timers.stop(Timer.ENQUIRE_LINK_RESP)
        if self._state in BOUND:
            self._timers.start(Timer.ENQUIRE_LINK, now)

    def _take_request(self, pdu: Pdu, frame: bytes, now: float) -> None:
        """Respond to a request of the peer, or report it."""
        command_id = pdu.command_id
        if command_id not in self._peer_may_send:
            status = status_for_illegal(command_id, self._state)
            error = error_for_illegal(pdu, self.role.peer, self._state, frame)
            self._refuse(command_id, pdu.sequence_number, status, error)
        elif command_id == CommandId.ENQUIRE_LINK:
            self.unwritten.append(_encoded(EnquireLinkResp(), pdu.sequence_number))
        elif command_id == CommandId.UNBIND:
            self._take_unbind(pdu, now)
        elif command_id in BINDS:
            self._enter(after(command_id, 0), now)
            self._events.append(BindRequested(pdu))
        else:
            if command_id == CommandId.OUTBIND:
                self._enter(after(command_id, 0), now)
            self._events.append(_new(RequestReceived, (pdu,)))

    def _take_unbind(self, pdu: Pdu, now: float) -> None:
        """Respond to the peer's unbind; the session ends."""
        # Both may unbind at once; then the reason is our own unbind.
        ours = self._state is SessionState.UNBINDING
        self.unwritten.append(_encoded(UnbindResp(), pdu.sequence_number))
        self._settle_unbind(EndReason.UNBOUND if ours else EndReason.PEER_UNBOUND, now)

    def _settle_unbind(self, reason: EndReason, now: float) -> None:
        """Enter UNBOUND; end the session at once if no request awaits its response."""
        self._unbound = reason
        self._enter(after(CommandId.UNBIND_RESP, 0), now)
        if reason is EndReason.PEER_UNBOUND and self.window.in_flight:
            self._events.append(PeerUnbound())
        self._end_if_answered(now)

    def _end_if_answered(self, now: float) -> None:
        """End the unbound session once no request awaits its response."""
        if not (self.window.in_flight or self.is_over):
            self._end(self._unbound, now)

    def _take_undecodable(self, exc: DecodeError, frame: bytes, now: float) -> None:
        """Refuse an undecodable request; of an undecodable response, end the request it answers."""
        error = _remote_error(exc, frame)
        if exc.command_id & RESPONSE_BIT:
            self._take_undecodable_response(exc, error, now)
            return
        if exc.command_id in self._peer_may_send:
            status = status_for_undecodable(exc, self.role)
        else:
            status = status_for_illegal(exc.command_id, self._state)
        self._refuse(exc.command_id, exc.sequence_number, status, error)

    def _take_undecodable_response(
        self, exc: DecodeError, error: RemoteProtocolError, now: float
    ) -> None:
        """End the request whose response lacks what was asked for."""
        number = exc.sequence_number
        slot = self.window.close_slot(number, exc.command_id)
        if slot is None:
            self._events.append(PduRejected(error, None))
            return
        self._timers.answered_at = now
        self._events.append(ResponseUndecodable(number, slot.context, error))

    def _refuse(
        self, command_id: int, number: int, status: CommandStatus, error: RemoteProtocolError
    ) -> None:
        """Send a negative response and report it; after an unbind the peer gets no answer."""
        if self._state is SessionState.UNBOUND:
            self._events.append(PduRejected(error, None))
            return
        self.unwritten.append(_encoded(negative_response(command_id, status), number))
        self._events.append(PduRejected(error, status))

    def _watch_partial_pdu(self, now: float, *, received: bool) -> None:
        """Run the PDU timer while a PDU is incomplete, anew for each PDU that begins."""
        if not self._buffer.pending:
            self._timers.stop(Timer.PDU)
        elif received or not self._is_mid_pdu:
            self._timers.start(Timer.PDU, now)
        self._is_mid_pdu = self._buffer.pending > 0

    # States.

    def _enter(self, state: SessionState, now: float) -> None:
        """Enter *state*: its allowed requests, its timers."""
        self._state = state
        self.mode: BindMode | None = MODES.get(state)
        self._may_send = allowed(self.role, state)
        # Until our unbind arrives, the peer may send what it could before.
        if state is not SessionState.UNBINDING:
            self._peer_may_send = allowed(self.role.peer, state)
        self._timers.enter(self.role, state, now)

    def _ended(self, reason: EndReason, now: float, error: Exception | None = None) -> list[Event]:
        """End the session, unless it is over, and return the events."""
        if not self.is_over:
            self._end(reason, now, error)
        self._enter(SessionState.CLOSED, now)
        return self._drain_events()

    def _end(self, reason: EndReason, now: float, error: Exception | None = None) -> None:
        """End the session; every request in flight is lost."""
        if self._state is not SessionState.UNBOUND:
            self._enter(SessionState.CLOSED, now)
        self._timers.stop_all()
        self.is_over = True
        lost = [slot.context for slot in self.window.drain()]
        self._events.append(LinkEnded(reason, error, lost))

    def _drain_events(self) -> list[Event]:
        """Return the pending events and forget them."""
        events, self._events = self._events, []
        return events

    def __repr__(self) -> str:
        return (
            f"<Session {self.role.value} {self._state.value}, "
            f"{self.window.in_flight}/{self.window.size} in flight, "
            f"last sequence_number {self.window.last_number}>"
        )


def _encoded(pdu: Pdu, sequence_number: int) -> bytes:
    """Encode a PDU; raise LocalProtocolError for what a field doesn't take."""
    try:
        return encode(pdu, sequence_number=sequence_number)
    except EncodeError as exc:
        raise LocalProtocolError(str(exc)) from exc


def _remote_error(exc: DecodeError | FramingError, frame: bytes) -> RemoteProtocolError:
    """Return the codec's error as a RemoteProtocolError chained to it."""
    error = RemoteProtocolError(str(exc), frame)
    # A traceback would keep the codec's frames alive, message texts included.
    exc.__context__ = None
    error.__cause__ = exc.with_traceback(None)
    return error

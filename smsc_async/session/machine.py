"""One SMPP session, either end of it, without a socket and without a clock.

Octets that were read go into `receive`, events come out; requests and responses go into
`request` and `respond`, and `outgoing` gives the octets to write. `next_deadline` says when to
call `advance`. Every method takes the instant it happens at, in seconds of one monotonic clock.

Rule: nothing that the protocol settles by itself waits for anybody. enquire_link is answered as
it is read, unbind too, and a request that isn't taken is refused; the shell sees only what
somebody has to decide or was waiting for.
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
    RequestReceived,
    ResponseGarbled,
    ResponseOverdue,
    ResponseReceived,
    UnexpectedResponseReceived,
)
from smsc_async.session.limits import SessionLimits
from smsc_async.session.negative_responses import (
    error_of_illegal,
    refusal,
    status_of_illegal,
    status_of_unreadable,
)
from smsc_async.session.sequence import Sequence
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
from smsc_async.session.window import NOBODY, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import BindMode, Pdu
    from smsc_async.session.events import Event

_DEFAULTS: Final = SessionLimits()
_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_event = tuple.__new__  # half the time of `ResponseReceived(…)`, and one is made for every message

_END_OF: Final = {
    Timer.BIND: EndReason.BIND_OVERDUE,
    Timer.ENQUIRE_LINK_RESP: EndReason.ENQUIRE_LINK_OVERDUE,
    Timer.UNBIND: EndReason.UNBIND_OVERDUE,
    Timer.INACTIVITY: EndReason.IDLE,
    Timer.PDU: EndReason.PDU_OVERDUE,
}


class Session:
    """The protocol of one link, from its TCP connection on.

    After LinkEnded every method stays safe: what comes in is ignored, `request` raises,
    `outgoing` still gives what must be written.

    Args:
        role: Which end this is.
        limits: Window, timeouts, largest PDU.
        now: The instant at which the connection was made, in seconds.

    Attributes:
        mode: How the session is bound; None before and after.
        window: The slots of our own requests.
    """

    __slots__ = (
        "_answered",
        "_buffer",
        "_events",
        "_may_send",
        "_outgoing",
        "_over",
        "_peer_may_send",
        "_sequence",
        "_state",
        "_timers",
        "limits",
        "mode",
        "role",
        "window",
    )

    def __init__(self, role: Role, limits: SessionLimits = _DEFAULTS, *, now: float) -> None:
        self.role = role
        self.limits = limits
        self.window = Window(limits.window, limits.response_timeout)
        self._sequence = Sequence()
        self._timers = Timers(limits)
        self._buffer = FrameBuffer(limits.max_length)
        self._outgoing: list[bytes] = []
        self._events: list[Event] = []
        self._answered = False
        self._over = False
        self._enter(SessionState.OPEN, now)

    @property
    def state(self) -> SessionState:
        """Where the session is in its life."""
        return self._state

    @property
    def is_over(self) -> bool:
        """Whether LinkEnded was told. The connection is to be closed once all is written."""
        return self._over

    def request(
        self, pdu: Pdu, now: float, *, context: object = None, timeout: float | None = None
    ) -> int:
        """Number a request, expect its response, and queue its octets.

        bind, outbind, unbind, enquire_link and alert_notification take no slot of the window
        and never wait for one; they take neither *context* nor *timeout*.

        Args:
            pdu: The request. Its own `sequence_number` is not used.
            now: The instant of writing: call this only when the octets can leave, for the
                response's deadline counts from here.
            context: Comes back in the event that tells the outcome.
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
        number = self._admit(command_id)
        octets = _encoded(pdu, number)
        self.window.open_slot(number, command_id, context, now, timeout)
        self._outgoing.append(octets)
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
        """Do what `request` does, for a submit_sm whose octets are nearly ready.

        Args:
            pack: Gives the octets for a `sequence_number` and the next two, as a template of
                `pdu` does; called once, at once.
            destination_addr: What varies from message to message.
            short_message: As above.
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
        number = self._sequence.take(window)
        try:
            octets = pack(number, destination_addr, short_message)
        except EncodeError as exc:
            raise LocalProtocolError(str(exc)) from exc
        if timeout is None:
            window.open_submit(number, context, now)
        else:
            window.open_slot(number, _SUBMIT_SM, context, now, timeout)
        self._outgoing.append(octets)
        return number

    def respond(self, request: Pdu, response: Pdu, now: float) -> None:
        """Answer a request of the peer, under the number the peer gave it.

        Does nothing once the link has ended: whoever asked is gone, and will ask again.

        Args:
            request: As it came in BindRequested or RequestReceived.
            response: Its response or GenericNack. Its own `sequence_number` is not used.
            now: The instant of writing, in seconds.

        Raises:
            LocalProtocolError: No response to this request, not encodable, or a second
                answer to a bind.
        """
        if self._over:
            return
        self._check_answer(request, response)
        self._outgoing.append(_encoded(response, request.sequence_number))
        if request.command_id in BINDS:
            self._enter(after(response.command_id, response.command_status), now)

    def unbind(self, now: float) -> None:
        """Ask the peer to end the session; LinkEnded follows, at the timeout if not before.

        Requests in flight may still be answered until then. Let them finish first.

        Raises:
            LocalProtocolError: Not bound.
        """
        self.request(Unbind(), now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take octets that were read and tell what they meant.

        How the stream was cut into reads makes no difference.

        Args:
            data: Any number of octets.
            now: The instant of reading, in seconds.
        """
        if not self._over:
            self._read(data, now)
        return self._take_events()

    def receive_eof(self, now: float, *, error: Exception | None = None) -> list[Event]:
        """Take notice that the connection is gone. After our unbind that is a clean end.

        Args:
            now: The instant, in seconds.
            error: What the transport said, if it failed.
        """
        if self._state is SessionState.UNBINDING:
            return self._ended(EndReason.UNBOUND, now)
        return self._ended(EndReason.LOST, now, error)

    def close(self, now: float) -> list[Event]:
        """End the session without a word to the peer. Closing twice does no harm."""
        return self._ended(EndReason.CLOSED, now)

    def advance(self, now: float) -> list[Event]:
        """Tell what became due. Read what has arrived before: a response in hand isn't overdue."""
        for slot in self.window.expire(now):
            self._events.append(ResponseOverdue(slot.sequence_number, slot.context))
        while (timer := self._timers.pop_expired(now)) is not None:
            if timer is Timer.ENQUIRE_LINK:
                self.request(EnquireLink(), now)
            else:
                self._end(_END_OF[timer], now)
        return self._take_events()

    def next_deadline(self) -> float | None:
        """The instant to call `advance` at, or None. Ask again after every other call."""
        requests, link = self.window.next_deadline(), self._timers.next_deadline()
        if requests is None or link is None:
            return link if requests is None else requests
        return min(requests, link)

    def outgoing(self) -> bytes:
        """Take the octets that are to be written now: whole PDUs, in order."""
        octets = b"".join(self._outgoing)
        self._outgoing.clear()
        return octets

    # What goes out.

    def _admit(self, command_id: int) -> int:
        """Give the number for a request that is allowed and has room."""
        self._check_allowed(command_id)
        self.window.check_free()
        return self._sequence.take(self.window)

    def _check_allowed(self, command_id: int) -> None:
        """Ask the operation matrix."""
        if command_id not in self._may_send:
            raise LocalProtocolError(explain(self.role, self._state, command_id))

    def _request_outside(self, pdu: Pdu, now: float, context: object, timeout: float | None) -> int:
        """Send what takes no slot: the session itself waits for the answer, if there is one."""
        command_id = pdu.command_id
        self._check_allowed(command_id)
        if context is not None or timeout is not None:
            name = command_name(command_id)
            raise LocalProtocolError(f"{name} takes no context and no timeout; the limits have one")
        is_enquiry = command_id == CommandId.ENQUIRE_LINK
        if is_enquiry and self._timers.is_running(Timer.ENQUIRE_LINK_RESP):
            raise LocalProtocolError("an enquire_link still awaits its response; one is enough")
        number = self._sequence.take(self.window)
        self._outgoing.append(_encoded(pdu, number))
        if command_id not in UNANSWERED:
            self.window.open_aside(number, command_id)
        if command_id in MOVES:
            self._enter(after(command_id, 0), now)
        elif is_enquiry:
            self._timers.stop(Timer.ENQUIRE_LINK)
            self._timers.start(Timer.ENQUIRE_LINK_RESP, now)
        return number

    def _check_answer(self, request: Pdu, response: Pdu) -> None:
        """Make sure that a response answers this request, and a bind only once."""
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
        """Take what is whole by now; the framing error behind it, if any, comes last."""
        frames, broken = self._cut(data)
        close_submit, events = self.window.close_submit, self._events
        for frame in frames:
            try:
                pdu = decode(frame)
            except DecodeError as exc:
                self._take_unreadable(exc, frame, now)
            else:
                # What nearly all are is told apart here: a call more is one for every message.
                if type(pdu) is SubmitSmResp:
                    number = pdu.sequence_number
                    context = close_submit(number)
                    if context is not NOBODY:
                        self._answered = True
                        events.append(_event(ResponseReceived, (number, context, pdu)))
                        continue
                self._take(pdu, frame, now)
            if self._over:
                return
        if broken is None:
            self._watch(now, heard=bool(frames))
            return
        nack = GenericNack(command_status=CommandStatus.ESME_RINVCMDLEN)
        self._outgoing.append(_encoded(nack, 0))
        self._end(EndReason.PROTOCOL_ERROR, now, _remote_error(broken, b""))

    def _cut(self, data: bytes) -> tuple[list[bytes], FramingError | None]:
        """Cut octets into frames; those before a bad length count all the same."""
        try:
            return self._buffer.feed(data), None
        except FramingError as exc:
            return list(exc.frames), exc

    def _take(self, pdu: Pdu, frame: bytes, now: float) -> None:
        """Take one PDU, request or response."""
        command_id = pdu.command_id
        if not command_id & RESPONSE_BIT:
            self._take_request(pdu, frame, now)
            return
        number = pdu.sequence_number
        slot = self.window.close_slot(number, command_id)
        if slot is None:
            self._take_stray_response(pdu)
        elif slot.command_id in OUTSIDE_WINDOW:
            self._answered = True
            self._take_response_aside(slot.command_id, pdu, now)
        else:
            self._answered = True
            self._events.append(_event(ResponseReceived, (number, slot.context, pdu)))

    def _take_response_aside(self, command_id: int, response: Pdu, now: float) -> None:
        """Take the response to a request that takes no slot."""
        if command_id in BINDS:
            self._take_bind_response(response, now)
        else:
            self._settle(command_id, now)

    def _take_stray_response(self, response: Pdu) -> None:
        """Take a response to nothing in flight: too late, or to nothing at all."""
        number = response.sequence_number
        slot = self.window.close_overdue(number, response.command_id)
        if slot is None:
            self._events.append(UnexpectedResponseReceived(response))
            return
        self._answered = True
        self._events.append(LateResponseReceived(number, slot.context, response))

    def _take_bind_response(self, response: Pdu, now: float) -> None:
        """Be bound, or open again."""
        self._enter(after(response.command_id, response.command_status), now)
        mode = self.mode
        self._events.append(BindRefused(response) if mode is None else Bound(mode, response))

    def _settle(self, command_id: int, now: float) -> None:
        """Take the answer to enquire_link or unbind, whose header is all it says."""
        if command_id == CommandId.UNBIND:
            self._enter(after(CommandId.UNBIND_RESP, 0), now)
            self._end(EndReason.UNBOUND, now)
            return
        self._timers.stop(Timer.ENQUIRE_LINK_RESP)
        if self._state in BOUND:
            self._timers.start(Timer.ENQUIRE_LINK, now)

    def _take_request(self, pdu: Pdu, frame: bytes, now: float) -> None:
        """Settle a request of the peer, or hand it on."""
        command_id = pdu.command_id
        if command_id not in self._peer_may_send:
            status = status_of_illegal(command_id, self._state)
            error = error_of_illegal(pdu, self.role.peer, self._state, frame)
            self._refuse(command_id, pdu.sequence_number, status, error)
        elif command_id == CommandId.ENQUIRE_LINK:
            self._outgoing.append(_encoded(EnquireLinkResp(), pdu.sequence_number))
        elif command_id == CommandId.UNBIND:
            self._take_unbind(pdu, now)
        elif command_id in BINDS:
            self._enter(after(command_id, 0), now)
            self._events.append(BindRequested(pdu))
        else:
            if command_id == CommandId.OUTBIND:
                self._enter(after(command_id, 0), now)
            self._events.append(_event(RequestReceived, (pdu,)))

    def _take_unbind(self, pdu: Pdu, now: float) -> None:
        """Answer an unbind of the peer; the session is over."""
        # Both may unbind at once; then the end is the one we asked for.
        ours = self._state is SessionState.UNBINDING
        self._outgoing.append(_encoded(UnbindResp(), pdu.sequence_number))
        self._enter(after(CommandId.UNBIND_RESP, 0), now)
        self._end(EndReason.UNBOUND if ours else EndReason.PEER_UNBOUND, now)

    def _take_unreadable(self, exc: DecodeError, frame: bytes, now: float) -> None:
        """Refuse a request, or end the one whose response this was meant to be."""
        error = _remote_error(exc, frame)
        if exc.command_id & RESPONSE_BIT:
            self._take_garbled_response(exc, error, now)
            return
        if exc.command_id in self._peer_may_send:
            status = status_of_unreadable(exc, self.role)
        else:
            status = status_of_illegal(exc.command_id, self._state)
        self._refuse(exc.command_id, exc.sequence_number, status, error)

    def _take_garbled_response(
        self, exc: DecodeError, error: RemoteProtocolError, now: float
    ) -> None:
        """End the request whose response can be read no further than its header."""
        number = exc.sequence_number
        slot = self.window.close_slot(number, exc.command_id)
        self._answered |= slot is not None
        if slot is None:
            self._events.append(PduRejected(error, None))
        elif slot.command_id not in OUTSIDE_WINDOW:
            self._events.append(ResponseGarbled(number, slot.context, error))
        elif slot.command_id in BINDS:
            self._end(EndReason.PROTOCOL_ERROR, now, error)
        else:
            self._events.append(PduRejected(error, None))
            self._settle(slot.command_id, now)

    def _refuse(
        self, command_id: int, number: int, status: CommandStatus, error: RemoteProtocolError
    ) -> None:
        """Answer negatively, and tell."""
        self._outgoing.append(_encoded(refusal(command_id, status), number))
        self._events.append(PduRejected(error, status))

    def _watch(self, now: float, *, heard: bool) -> None:
        """Set the timers by what was read just now."""
        if heard:
            self._timers.restart(Timer.INACTIVITY, now)
        if self._answered:
            self._timers.restart(Timer.ENQUIRE_LINK, now)
            self._answered = False
        if not self._buffer.pending:
            self._timers.stop(Timer.PDU)
        elif heard or not self._timers.is_running(Timer.PDU):
            self._timers.start(Timer.PDU, now)

    # Where it leads.

    def _enter(self, state: SessionState, now: float) -> None:
        """Be in another state, with what is allowed and waited for in it."""
        self._state = state
        self.mode: BindMode | None = MODES.get(state)
        self._may_send = allowed(self.role, state)
        # Until our unbind has arrived there, the peer may send what it could before.
        if state is not SessionState.UNBINDING:
            self._peer_may_send = allowed(self.role.peer, state)
        self._timers.enter(self.role, state, now)

    def _ended(self, reason: EndReason, now: float, error: Exception | None = None) -> list[Event]:
        """End from outside; nothing more to tell if the session was over."""
        if not self._over:
            self._end(reason, now, error)
        self._enter(SessionState.CLOSED, now)
        return self._take_events()

    def _end(self, reason: EndReason, now: float, error: Exception | None = None) -> None:
        """Be over: all that is in flight is lost."""
        if self._state is not SessionState.UNBOUND:
            self._enter(SessionState.CLOSED, now)
        self._timers.stop_all()
        self._over = True
        lost = [slot.context for slot in self.window.drain()]
        self._events.append(LinkEnded(reason, error, lost))

    def _take_events(self) -> list[Event]:
        """Give away what happened since the last time."""
        events, self._events = self._events, []
        return events

    def __repr__(self) -> str:
        return (
            f"<Session {self.role.value} {self._state.value}, "
            f"{self.window.in_flight}/{self.window.size} in flight, "
            f"last sequence_number {self._sequence.last}>"
        )


def _encoded(pdu: Pdu, sequence_number: int) -> bytes:
    """Encode, with errors in the words of this floor."""
    try:
        return encode(pdu, sequence_number=sequence_number)
    except EncodeError as exc:
        raise LocalProtocolError(str(exc)) from exc


def _remote_error(exc: DecodeError | FramingError, frame: bytes) -> RemoteProtocolError:
    """Wrap an error of the codec in one of this floor."""
    error = RemoteProtocolError(str(exc), frame)
    # Tracebacks would keep the frames of the codec alive, texts included.
    exc.__context__ = None
    error.__cause__ = exc.with_traceback(None)
    return error

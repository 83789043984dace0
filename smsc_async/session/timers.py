"""The session's timers, as opposed to the deadlines of single requests.

Rule: a timer is a name with a deadline; the session decides what its expiry means. Nothing here
ticks: the caller asks for the next deadline and calls back then. See SMPP v3.4 §7.2.
"""

from __future__ import annotations

from enum import IntEnum, auto
from math import inf
from typing import TYPE_CHECKING, Final

from smsc_async.session.states import BOUND, Role, SessionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.session.limits import SessionLimits


class Timer(IntEnum):
    """The timers of a session."""

    BIND = auto()
    """ESME: the bind response. SMSC: the bind request (session_init_timer)."""

    ENQUIRE_LINK = auto()
    """The time to send enquire_link (enquire_link_timer).

    Any response postpones it. Requests of the peer don't: a peer that answers nothing is
    unresponsive, and a gateway may expect requests from us no matter how much it sends.
    """

    ENQUIRE_LINK_RESP = auto()
    """enquire_link_resp. No other PDU stops it."""

    UNBIND = auto()
    """The end of the session after an unbind: unbind_resp, and the responses still in flight."""

    INACTIVITY = auto()
    """Any PDU from the peer (inactivity_timer)."""

    PDU = auto()
    """The rest of a PDU whose first octets were read."""


STARTED_IN: Final[Mapping[tuple[Role, SessionState], tuple[Timer, ...]]] = {
    (Role.SMSC, SessionState.OPEN): (Timer.BIND,),
    (Role.SMSC, SessionState.OUTBOUND): (Timer.BIND,),
    (Role.ESME, SessionState.BINDING): (Timer.BIND,),
    **{(role, state): (Timer.ENQUIRE_LINK, Timer.INACTIVITY) for role in Role for state in BOUND},
    **{(role, SessionState.UNBINDING): (Timer.UNBIND,) for role in Role},
    **{(role, SessionState.UNBOUND): (Timer.UNBIND,) for role in Role},
}
"""The timers that start when a role enters a state, unless they run; the others stop there.

An incomplete PDU stays incomplete whatever the state, so `Timer.PDU` runs on. `Timer.UNBIND`
counts from the first unbind, whichever end sent it.
"""

_LASTING: Final = frozenset({Timer.PDU, Timer.UNBIND})


class Timers:
    """Named deadlines of one link.

    Args:
        limits: How long each timer runs, in seconds; None there never runs.

    Attributes:
        received_at: Time of the last PDU read; INACTIVITY counts from there.
        answered_at: Time of the last response read; ENQUIRE_LINK counts from there.
    """

    __slots__ = ("_deadlines", "_durations", "answered_at", "received_at")

    def __init__(self, limits: SessionLimits) -> None:
        # Plain attributes, since every read sets them: a deadline is worked out when looked at.
        self.received_at = self.answered_at = -inf
        self._deadlines: dict[Timer, float] = {}
        self._durations: dict[Timer, float | None] = {
            Timer.BIND: limits.bind_timeout,
            Timer.ENQUIRE_LINK: limits.enquire_link_interval,
            Timer.ENQUIRE_LINK_RESP: limits.enquire_link_timeout,
            Timer.UNBIND: limits.unbind_timeout,
            Timer.INACTIVITY: limits.inactivity_timeout,
            Timer.PDU: limits.pdu_timeout,
        }

    def start(self, timer: Timer, now: float) -> None:
        """Start *timer* at *now*, anew if it was running."""
        duration = self._durations[timer]
        if duration is not None:
            self._deadlines[timer] = now + duration

    def stop(self, timer: Timer) -> None:
        """Stop *timer*, whether it was running or not."""
        self._deadlines.pop(timer, None)

    def enter(self, role: Role, state: SessionState, now: float) -> None:
        """Stop the timers of the old state and start those of *role* in *state*."""
        self._deadlines = {t: at for t, at in self._deadlines.items() if t in _LASTING}
        for timer in STARTED_IN.get((role, state), ()):
            if timer not in self._deadlines:
                self.start(timer, now)

    def stop_all(self) -> None:
        """Stop every timer."""
        self._deadlines.clear()

    def is_running(self, timer: Timer) -> bool:
        """Whether *timer* was started and neither stopped nor popped."""
        return timer in self._deadlines

    def next_deadline(self) -> float | None:
        """The earliest deadline of all, or None when no timer runs."""
        return min(map(self._deadline, self._deadlines), default=None)

    def pop_expired(self, now: float) -> Timer | None:
        """Stop and return the timer whose deadline was reached first, or None."""
        timer = min(self._deadlines, key=self._deadline, default=None)
        if timer is None or self._deadline(timer) > now:
            return None
        del self._deadlines[timer]
        return timer

    def _deadline(self, timer: Timer) -> float:
        """The deadline of a running timer, what was read since its start included."""
        activity = -inf
        if timer is Timer.ENQUIRE_LINK:
            activity = self.answered_at
        elif timer is Timer.INACTIVITY:
            activity = self.received_at
        return max(self._deadlines[timer], activity + (self._durations[timer] or 0.0))

    def __repr__(self) -> str:
        running = ", ".join(f"{timer.name}={self._deadline(timer)}" for timer in self._deadlines)
        return f"Timers({running})"

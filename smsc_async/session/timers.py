"""The waits of the link itself, as opposed to those of single requests.

Rule: a timer is a name with a deadline; what it means when that is reached, the session says.
Nothing here ticks: whoever runs the session asks for the next deadline and comes back then.
See SMPP v3.4 §7.2.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING, Final

from smsc_async.session.states import BOUND, Role, SessionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.session.limits import SessionLimits


class Timer(IntEnum):
    """What is waited for. A timer that isn't running waits for nothing."""

    BIND = auto()
    """ESME: the bind response. SMSC: the bind request (session_init_timer)."""

    ENQUIRE_LINK = auto()
    """The moment to ask for a sign of life (enquire_link_timer).

    Only a response counts as one. A peer that talks but answers nothing is as dead as one that
    is silent, and a gateway may want to hear requests from us, whatever it sends itself.
    """

    ENQUIRE_LINK_RESP = auto()
    """The answer to that question. No other PDU stops it."""

    UNBIND = auto()
    """The response to our unbind."""

    INACTIVITY = auto()
    """Any PDU at all from the peer (inactivity_timer)."""

    PDU = auto()
    """The rest of a PDU whose first octets are here."""


STARTED_IN: Final[Mapping[tuple[Role, SessionState], tuple[Timer, ...]]] = {
    (Role.SMSC, SessionState.OPEN): (Timer.BIND,),
    (Role.SMSC, SessionState.OUTBOUND): (Timer.BIND,),
    (Role.ESME, SessionState.BINDING): (Timer.BIND,),
    **{(role, state): (Timer.ENQUIRE_LINK, Timer.INACTIVITY) for role in Role for state in BOUND},
    **{(role, SessionState.UNBINDING): (Timer.UNBIND,) for role in Role},
}
"""What begins to run when a role enters a state; everything but `Timer.PDU` stops there."""


class Timers:
    """Named deadlines of one link.

    Args:
        limits: How long each timer runs, in seconds; None there never runs.
    """

    __slots__ = ("_deadlines", "_durations")

    def __init__(self, limits: SessionLimits) -> None:
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
        """Let *timer* run from *now* on, anew if it was running."""
        duration = self._durations[timer]
        if duration is not None:
            self._deadlines[timer] = now + duration

    def stop(self, timer: Timer) -> None:
        """Let *timer* wait for nothing, whether it was running or not."""
        self._deadlines.pop(timer, None)

    def restart(self, timer: Timer, now: float) -> None:
        """Let *timer* run anew from *now* on, if it was running."""
        if timer in self._deadlines:
            self.start(timer, now)

    def enter(self, role: Role, state: SessionState, now: float) -> None:
        """Stop what the old state waited for and start what *role* waits for in *state*."""
        # Half a PDU stays half a PDU whatever the state.
        self._deadlines = {t: at for t, at in self._deadlines.items() if t is Timer.PDU}
        for timer in STARTED_IN.get((role, state), ()):
            self.start(timer, now)

    def stop_all(self) -> None:
        """Wait for nothing any more."""
        self._deadlines.clear()

    def is_running(self, timer: Timer) -> bool:
        """Say whether *timer* has a deadline ahead, or one that nobody has looked at yet."""
        return timer in self._deadlines

    def next_deadline(self) -> float | None:
        """The earliest deadline of all, or None when nothing is waited for."""
        return min(self._deadlines.values(), default=None)

    def pop_expired(self, now: float) -> Timer | None:
        """Stop and return the timer whose deadline was reached first, or None."""
        timer = min(self._deadlines, key=self._deadlines.__getitem__, default=None)
        if timer is None or self._deadlines[timer] > now:
            return None
        del self._deadlines[timer]
        return timer

    def __repr__(self) -> str:
        waits = ", ".join(f"{timer.name}={at}" for timer, at in self._deadlines.items())
        return f"Timers({waits})"

"""Timers that judge a deadline only after the event loop has read what had arrived.

Rule: a timer that fires late says nothing about the gateway. User code may have held up the loop,
and the response may be in the socket already: such a timer starts again, and the loop reads first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NEVER = float("inf")

READ_FIRST = 0.001
"""Seconds between a late timer and its next look at the clock. Unlike asyncio, uvloop runs timers
before it reads, and takes a shorter delay for none."""

HELD_UP = 0.05
"""Seconds by which a timer may be late without a second look: a busy machine is late by less."""

MOST_LOOKS = 20
"""Looks until a deadline is judged all the same: every wait has an end, also in a loop that is held
up in every turn, and by then it has read in most of them."""


class Punctuality:
    """Looks of one timer at the clock. It reads none: times are arguments, in seconds."""

    __slots__ = ("_looks", "_planned")

    def __init__(self) -> None:
        self._planned = 0.0
        self._looks = MOST_LOOKS

    def plan(self, at: float) -> None:
        """Note the time for which the timer was set."""
        self._planned = at

    def must_read_first(self, now: float, *, has_read: bool = False) -> bool:
        """Return whether the timer has to start again, for `READ_FIRST` seconds.

        Args:
            now: The time at which the timer fired.
            has_read: Whether something arrived since the last look, so that more may be waiting.
        """
        if self._looks and (has_read or now > self._planned + HELD_UP):
            self._looks -= 1
            return True
        self._looks = MOST_LOOKS
        return False

    def __repr__(self) -> str:
        return f"<Punctuality, planned {self._planned:g}, {self._looks} looks left>"


class DeadlineTimer:
    """One timer of the event loop, for a deadline that moves.

    Args:
        clock: Seconds of a monotonic clock.
        on_due: Called when the deadline has come; it may start the timer again.

    Attributes:
        at: The deadline; `NEVER` while the timer is stopped.
        has_read: Set by the owner when something was read: more may be waiting, so that the timer
            looks again before it judges.
    """

    __slots__ = ("_clock", "_handle", "_on_due", "_punctuality", "at", "has_read")

    def __init__(self, clock: Callable[[], float], on_due: Callable[[], None]) -> None:
        self.at = NEVER
        self.has_read = False
        self._clock = clock
        self._on_due = on_due
        self._handle: asyncio.TimerHandle | None = None
        self._punctuality = Punctuality()

    def start(self, at: float) -> None:
        """Set the deadline; `NEVER` stops the timer."""
        if at == self.at:
            return
        self.stop()
        if at < NEVER:
            self.at = at
            self._schedule(at, self._clock())

    def start_by(self, at: float | None) -> None:
        """Fire at *at* at the latest: a deadline that moves away leaves the timer alone."""
        if at is not None and at < self.at:  # hot path
            self.start(at)

    def stop(self) -> None:
        """Stop the timer, whether it was running or not."""
        self.at = NEVER
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _schedule(self, at: float, now: float) -> None:
        """Fire at this time, or as soon as possible."""
        self._punctuality.plan(max(at, now))
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(max(0.0, at - now), self._fire)

    def _fire(self) -> None:
        """Call `on_due`, unless the loop was held up: then it reads first."""
        now = self._clock()
        has_read, self.has_read = self.has_read, False
        if self._punctuality.must_read_first(now, has_read=has_read):
            self._schedule(now + READ_FIRST, now)
            return
        self.stop()
        self._on_due()

    def __repr__(self) -> str:
        return f"<DeadlineTimer at {self.at:g}>"

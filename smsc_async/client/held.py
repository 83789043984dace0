"""Callers whose messages a check or a rule holds.

Rule: callers are woken in the order of their times, a few in each iteration of the event loop: each
asks the rules again, and thousands of them would hold up the loop. One timer serves all of them.
Times are those of the rules' clock, which a test may move.
"""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from smsc_async._deadline_timer import NEVER
from smsc_async.instrumentation import call_logged

if TYPE_CHECKING:
    from collections.abc import Callable

    Wait = tuple[float, int, asyncio.Future[None]]
    """When it ends, its number, and what its caller waits for."""

WOKEN_TOGETHER: Final = 200
"""Callers woken in one iteration of the event loop; each takes about 20 µs."""

MANY_CANCELLED: Final = 1000
"""The waits are purged once more of them are cancelled, and these are over half."""


class HeldCallers:
    """Waits of callers, each until a time of its own.

    Args:
        clock: Seconds of the rules' clock.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waits: list[Wait] = []
        self._count = 0
        self._waiting = 0
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0
        self._latest = NEVER

    def __len__(self) -> int:
        """Return how many callers wait, those included that were just woken."""
        return self._waiting

    async def wait(self, until: float) -> bool:
        """Wait until a time; return False if `end` has ended such a wait. Cancelling is safe."""
        if until > self._latest:
            return False
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._count += 1
        self._waiting += 1
        heappush(self._waits, (until, self._count, waiter))
        if self._waits[0][2] is waiter:
            self._arm()
        try:
            await waiter
        finally:
            self._waiting -= 1
            if waiter.cancelled():
                self._purge()
        return until <= self._latest

    def end(self, latest: float) -> None:
        """End all waits that last longer than until *latest*, also later ones, in their order."""
        self._latest = latest = min(self._latest, latest)
        self._waits = [
            (-NEVER if at > latest else at, number, waiter) for at, number, waiter in self._waits
        ]
        heapify(self._waits)
        self._arm()

    def move(self, seconds: float) -> None:
        """Set the timer anew: the clock was moved forward.

        Args:
            seconds: By so many. What `end` allows is time of the event loop, and doesn't change.
        """
        self._latest += seconds
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._arm()

    def _purge(self) -> None:
        """Drop the waits that were cancelled, if they are many."""
        cancelled = len(self._waits) - self._waiting
        if cancelled > MANY_CANCELLED and cancelled > self._waiting:
            self._waits = [wait for wait in self._waits if not wait[2].done()]
            heapify(self._waits)
            self._arm()

    def _arm(self) -> None:
        """Set the timer for the first wait, unless it is set for an earlier one."""
        if not self._waits:
            return
        at = self._waits[0][0]
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        # Without a time its caller asks the rules again, and gets the error of the clock.
        now = call_logged("RuleStore.now", self._clock)
        delay = 0.0 if now is None else max(0.0, at - now)
        self._timer = self._loop.call_later(delay, self._wake_due)

    def _wake_due(self) -> None:
        """Wake the first callers whose time has come, the others of them in the next iteration."""
        self._timer = None
        waits, woken = self._waits, 0
        # The loop's timer may be early, and a clock may fail.
        read = call_logged("RuleStore.now", self._clock)
        now = self._timer_at if read is None else max(read, self._timer_at)
        while waits and waits[0][0] <= now and woken < WOKEN_TOGETHER:
            waiter = heappop(waits)[2]
            if not waiter.done():
                waiter.set_result(None)
                woken += 1
        if waits and waits[0][0] <= now:
            self._timer_at = waits[0][0]
            self._timer = self._loop.call_soon(self._wake_due)
        else:
            self._arm()

    def __repr__(self) -> str:
        return f"<HeldCallers, {len(self)} waiting>"

"""Callers whose messages a check or a rule holds.

Rule: callers are woken in the order of their times, a few in each iteration of the event loop: each
asks the rules again, and thousands of them would hold up the loop. One timer serves all of them.
"""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    Wait = tuple[float, int, asyncio.Future[None]]
    """When it ends, on the loop's clock, its number, and what its caller waits for."""

WOKEN_TOGETHER: Final = 200
"""Callers woken in one iteration of the event loop; each takes about 20 µs."""

MANY_CANCELLED: Final = 1000
"""The waits are purged once more of them are cancelled, and these are over half."""


class HeldCallers:
    """Waits of callers, each until a time of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waits: list[Wait] = []
        self._count = 0
        self._waiting = 0
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0

    def __len__(self) -> int:
        """Return how many callers wait, those included that were just woken."""
        return self._waiting

    async def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until `end_after`. Cancelling is safe."""
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._count += 1
        self._waiting += 1
        heappush(self._waits, (self._loop.time() + seconds, self._count, waiter))
        if self._waits[0][2] is waiter:
            self._arm()
        try:
            await waiter
        finally:
            self._waiting -= 1
            if waiter.cancelled():
                self._purge()

    def end_after(self, seconds: float) -> None:
        """End the waits that last longer than so many seconds from now, in their order."""
        now = self._loop.time()
        latest = now + seconds
        self._waits = [
            (now if at > latest else at, number, waiter) for at, number, waiter in self._waits
        ]
        heapify(self._waits)
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
        self._timer = self._loop.call_at(at, self._wake_due)

    def _wake_due(self) -> None:
        """Wake the first callers whose time has come, the others of them in the next iteration."""
        self._timer = None
        waits, now, woken = self._waits, max(self._loop.time(), self._timer_at), 0
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

"""An event loop whose clock runs only while it waits: a busy machine makes nothing late.

Rule: work takes no time on this clock, but for a microsecond a turn, since no clock stands still.
A timeout of 20 ms ends after 20 ms in which nothing was to be done, however long the work before
it took; `pass_time` moves the clock as a callback would that holds the loop up.
"""

from __future__ import annotations

import asyncio
import selectors
import time

TURN = 1e-6
"""Seconds that an iteration of the event loop takes."""
POLL = 0.05
"""Seconds between two looks at something, at most."""


class IdleSelector(selectors.DefaultSelector):
    """Counts the seconds that were spent in waiting.

    Args:
        now: The time on its clock, seconds; moved by tests, too.
        slept: Seconds that all of them were idle, until a timer was due. Other processes and
            threads are polled for: waits shorter than `POLL` don't count.
    """

    slept = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; wait for it, and let the time pass, only where nothing is."""
        self.now += TURN
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        began = time.monotonic()
        ready = super().select(timeout)
        waited = time.monotonic() - began
        # The system may wake this process late: that isn't the loop's time.
        self.now += waited if timeout is None else min(waited, timeout)
        if not ready and timeout is not None and timeout > POLL:
            IdleSelector.slept += timeout
        return ready


class IdleClockLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop on that clock."""

    def __init__(self) -> None:
        self._idle = IdleSelector()
        super().__init__(self._idle)

    def time(self) -> float:
        """Return the time on the loop's clock, seconds."""
        return self._idle.now

    def pass_time(self, seconds: float) -> None:
        """Move the clock, as a callback does that runs for so long."""
        self._idle.now += seconds


def pass_time(seconds: float) -> None:
    """Move the clock of the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, IdleClockLoop)
    loop.pass_time(seconds)

"""Failover: which calls a server that can't be reached has missed, and when it is tried again.

Rule: no send waits for a server that is known to be unreachable. A task of its own tries it again,
and delivers the backlog before the rules are shared again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from logging import ERROR, INFO, WARNING, getLogger
from typing import TYPE_CHECKING, Final

from pdu.escaping import escape
from smsc_async.instrumentation import log, place_of
from smsc_async.stores._redis_batch import CALLS_AT_ONCE
from smsc_async.stores.base import StoreHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.stores._redis_batch import Batcher
    from smsc_async.stores._redis_script import Answer, ScriptCall

LOG = getLogger("smsc_async.rules")

BACKLOG: Final = 10_000
"""Calls that are kept for the server, more than an account's rate makes in a minute. Beyond that
the oldest are dropped: they matter least, and what they reserved has a time to live."""


class Failover:
    """Whether the server is reachable, and the calls that it has missed.

    Args:
        batcher: Runs the script.
        probe_every: Seconds between two attempts to reach the server again.
        clock: Of this worker.
        on_unreachable: Called when that begins; returns what follows from it, for the log.
        on_probe: Called with the answer that ends it; raises if that is malformed.
        on_reachable: Called when the rules are shared again.
        on_change: Called when the health becomes degraded and when that ends.
    """

    def __init__(
        self,
        batcher: Batcher,
        probe_every: float,
        clock: Callable[[], float],
        *,
        on_unreachable: Callable[[], str],
        on_probe: Callable[[Answer], object],
        on_reachable: Callable[[], None],
        on_change: Callable[[], None] | None,
    ) -> None:
        self._batcher = batcher
        self._probe_every = probe_every
        self._clock = clock
        self._on_unreachable = on_unreachable
        self._on_probe = on_probe
        self._on_reachable = on_reachable
        self._on_change = on_change
        self.health = StoreHealth()
        self.probe_at = 0.0
        self.backlog: deque[ScriptCall] = deque(maxlen=BACKLOG)
        self._timer: asyncio.TimerHandle | None = None
        self._probe: asyncio.Task[None] | None = None

    def degrade(self, error: BaseException) -> None:
        """Record that the server can't be reached, and schedule the next probe."""
        now, was_degraded = self._clock(), self.health.is_degraded
        since = self.health.since if was_degraded else now
        if isinstance(error, TimeoutError):
            error = TimeoutError(f"no answer in {self._batcher.budget:g} s")
        self.health = StoreHealth(is_degraded=True, since=since, last_error=describe(error))
        self.probe_at = now + self._probe_every
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._probe_every, self._begin_probe)
        if not was_degraded:
            consequence = self._on_unreachable()
            line = "! rule store unreachable: %s; until it is back, %s"
            log(LOG, WARNING, line, self.health.last_error, consequence)
            self._report_change()

    def report_loss(self) -> None:
        """Log that the server answers, but has lost state that it had."""
        line = (
            "! rule store has lost its state (flushed, evicted or restarted without its data):"
            " this worker goes on behind its own turns, and for a minute it can't recognise repeats"
            " of other workers' messages; use maxmemory-policy noeviction"
        )
        log(LOG, WARNING, line)

    def retry_at(self, now: float) -> float:
        """Return when the rules may be shared again, of this worker's clock; later than *now*.

        A probe that is running has its outcome within the budget.
        """
        return max(self.probe_at, now + self._batcher.budget)

    def stop(self) -> None:
        """Stop probing."""
        if self._timer is not None:
            self._timer.cancel()
        if self._probe is not None and not self._probe.done():
            self._batcher.abandon(self._probe)

    def _begin_probe(self) -> None:
        """Try the server again, in a task of its own."""
        self._probe = asyncio.get_running_loop().create_task(self._deliver_backlog())

    async def _deliver_backlog(self) -> None:
        """Send the server all that it has missed, and share the rules again if it answers."""
        calls: list[ScriptCall] = []
        backlog = self.backlog
        try:
            while True:
                calls = [backlog.popleft() for _ in range(min(CALLS_AT_ONCE, len(backlog)))]
                answer = await self._batcher.run(calls)
                if not backlog:
                    self._on_probe(answer)
                    break
        except Exception as error:  # noqa: BLE001 - whatever the client raises, the server is still unreachable
            backlog.extendleft(reversed(calls))
            self.degrade(error)
        else:
            self.health = StoreHealth(last_error=self.health.last_error)
            log(LOG, INFO, "= rule store reachable again")
            self._on_reachable()
            self._report_change()

    def _report_change(self) -> None:
        """Call `on_change`; an error of it is logged."""
        if self._on_change is None:
            return
        try:
            self._on_change()
        except Exception as error:  # noqa: BLE001 - logged
            # Without its text.
            log(LOG, ERROR, "! on_change raised %s", place_of(error))


def describe(error: BaseException) -> str:
    """Return type and text of an error on one line, without a full stop."""
    name, text = type(error).__name__, str(error).rstrip(". ")
    return escape(f"{name}: {text}" if text else name)

"""How much a link carries: the same messages at one window after the other.

Rule: it measures and decides nothing. Every message was agreed on beforehand, so none is sent
twice, whatever becomes of it; where the gateway takes none at all it stops.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from smsc_async.cli.failures import failure_of
from smsc_async.errors import SendError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence

    from smsc_async.client.client import SmscClient
    from smsc_async.messages import Sms

SUFFICIENT_SHARE = 0.95
"""Of the best rate: a larger window that gives less than the rest on top isn't worth it."""

_GIVE_UP_AFTER = 20  # failures without anything accepted
_CATCH_UP = 0.01  # seconds that a late turn may make up for: timers are late by a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStep:
    """What one window gave. Latencies are seconds; None where nothing was measured.

    Args:
        window: Messages under way at most.
        accepted: Messages that the gateway took.
        failed: Messages that it didn't, or that were held or lost.
        why: What went wrong, by the names of the errors, with how often each came.
        rate: Accepted messages a second.
        p50: Half of the responses came within it; p95 and p99 likewise.
        p95: See p50.
        p99: See p50.
        cpu: Seconds of processor time a message, in this process.
        receipts: Final receipts that came, of the accepted messages.
        receipt_p50: From the response to the final receipt; receipt_p95 likewise.
        receipt_p95: See receipt_p50.
    """

    window: int
    accepted: int
    failed: int
    why: dict[str, int] = field(default_factory=dict)
    rate: float = 0.0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    cpu: float = 0.0
    receipts: int = 0
    receipt_p50: float | None = None
    receipt_p95: float | None = None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that *share* of the sorted values don't exceed; None of nothing."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else None


def sufficient_step(steps: Sequence[LoadStep]) -> LoadStep | None:
    """Return the smallest window that gives nearly the best rate; None if none gave any."""
    best = max((step.rate for step in steps), default=0.0)
    by_window = sorted(steps, key=lambda step: step.window)
    return next((step for step in by_window if best and step.rate >= best * SUFFICIENT_SHARE), None)


class Pacer:
    """Turns at an even rate, first come first served.

    Args:
        rate: Turns a second; None gives one at once.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._next = 0.0

    async def wait_turn(self, weight: int = 1) -> None:
        """Wait for a turn. Cancelling loses it.

        Args:
            weight: How many turns this one counts for.
        """
        if self._rate is None:
            return
        now = perf_counter()
        at = max(self._next, now - _CATCH_UP)
        self._next = at + weight / self._rate
        if at > now:
            await asyncio.sleep(at - now)


class LoadTest:
    """One link, measured at several windows.

    Args:
        smsc: Open, with at least the largest window.
        messages: What to send; no two alike, and at least as many as will be sent.
        parts: Of one message, for the pace.
        rate: Parts a second at most; None is no limit.
        wait: Seconds to wait for receipts after the last response; 0 doesn't.
        told: Called with the window and how many are answered, warm-up excluded.
    """

    def __init__(
        self,
        smsc: SmscClient,
        messages: Iterator[Sms],
        *,
        parts: int = 1,
        rate: float | None = None,
        wait: float = 0.0,
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._smsc = smsc
        self._messages = messages
        self._parts = parts
        self._pacer = Pacer(rate)
        self._wait = wait
        self._on_progress = on_progress
        self._receipts = _ReceiptTimes()
        self.accepted = 0
        """Messages that the gateway took so far, warm-up included."""

    async def steps(
        self, windows: Sequence[int], count: int, *, warm_up: int
    ) -> AsyncGenerator[LoadStep]:
        """Measure one window after the other.

        Args:
            windows: Each 1 or more, in the order to measure them in.
            count: Messages to measure at each.
            warm_up: Messages to send at each before.

        Raises:
            SendError: The gateway takes nothing; what it said.
            LinkError: The link is closed.
        """
        reading = asyncio.create_task(self._receipts.read(self._smsc)) if self._wait else None
        try:
            for window in windows:
                await self._run(window, warm_up, lambda _: None)
                yield await self._step(window, count)
        finally:
            if reading is not None:
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading

    async def _step(self, window: int, count: int) -> LoadStep:
        """Measure one window."""
        wall, cpu = perf_counter(), process_time()
        done = await self._run(window, count, lambda answered: self._on_progress(window, answered))
        wall, cpu = perf_counter() - wall, process_time() - cpu
        if self._wait:
            await self._receipts.wait_for(done.accepted, self._wait)
        took, delays = sorted(done.took), self._receipts.delays(done.accepted)
        return LoadStep(
            window=window,
            accepted=len(done.took),
            failed=done.why.total(),
            why=dict(done.why),
            rate=len(done.took) / wall,
            p50=percentile(took, 0.5),
            p95=percentile(took, 0.95),
            p99=percentile(took, 0.99),
            cpu=cpu / max(count, 1),
            receipts=len(delays),
            receipt_p50=percentile(delays, 0.5),
            receipt_p95=percentile(delays, 0.95),
        )

    async def _run(self, window: int, count: int, on_progress: Callable[[int], None]) -> _RunResult:
        """Send *count* messages, at most *window* of them under way."""
        done = _RunResult()
        turns = iter(range(count))

        async def work() -> None:
            """Send one after the other."""
            for _ in turns:
                await self._pacer.wait_turn(self._parts)
                await self._send(next(self._messages), done)
                on_progress(len(done.took) + done.why.total())

        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(window, count)):
                    workers.create_task(work())
        except ExceptionGroup as several:
            error = several.exceptions[0]  # the others ended for the same reason
        else:
            return done
        raise error

    async def _send(self, message: Sms, done: _RunResult) -> None:
        """Send one message and note what became of it."""
        began = perf_counter()
        try:
            sent = await self._smsc.send(message)
        except SendError as error:
            done.why[failure_of(error).key] += 1
            if done.why.total() >= _GIVE_UP_AFTER and not done.took:
                raise
            return
        ended = perf_counter()
        self.accepted += 1
        done.took.append(ended - began)
        done.accepted[sent.message_ids[-1]] = ended


@dataclass(slots=True)
class _RunResult:
    """What became of the messages of a run: seconds of each, ids with their instant, errors."""

    took: list[float] = field(default_factory=list)
    accepted: dict[str, float] = field(default_factory=dict)
    why: Counter[str] = field(default_factory=Counter)


class _ReceiptTimes:
    """When each final receipt came. Of a message in parts the last part stands for it."""

    def __init__(self) -> None:
        self._received: dict[str, float] = {}
        self._came = asyncio.Event()

    async def read(self, smsc: SmscClient) -> None:
        """Take receipts until it is cancelled or the client closes."""
        async for receipt in smsc.receipts():
            if receipt.is_final:
                self._received[receipt.message_id] = perf_counter()
                self._came.set()

    async def wait_for(self, accepted: Mapping[str, float], seconds: float) -> None:
        """Wait until all of *accepted* are final, or *seconds* are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not accepted.keys() <= self._received.keys():
                    self._came.clear()
                    await self._came.wait()

    def delays(self, accepted: Mapping[str, float]) -> list[float]:
        """Return the seconds from response to receipt, sorted, and forget all that came."""
        found = [
            max(0.0, self._received[message_id] - at)
            for message_id, at in accepted.items()
            if message_id in self._received
        ]
        self._received.clear()
        return sorted(found)

"""Throughput and latency of a link, at one window size after the other.

Rule: the messages are confirmed by the user beforehand, so none is sent twice, also after an
error. The test stops if the gateway accepts nothing at all.
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
    from pathlib import Path

    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import Sms

SUFFICIENT_SHARE = 0.95
"""Share of the best rate that makes a smaller window sufficient."""

_GIVE_UP_AFTER = 20  # failures with nothing accepted
_CATCH_UP = 0.01  # seconds that a late turn may make up for: timers are late by a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchTask:
    """A measurement as the user confirms it.

    Args:
        config: Of the link.
        messages: To send, all different; at least `total`.
        parts: Number of parts of one message.
        windows: Window sizes, in the order of measurement.
        count: Messages to measure at each window.
        warm_up: Messages to send before each measurement.
        rate: Maximum parts a second; None doesn't limit.
        wait: Seconds to wait for receipts after each window.
        html: File for the report, if any.
        is_free: Whether nothing is charged: generated numbers, on this machine itself.
    """

    config: SmscConfig
    messages: Iterator[Sms]
    parts: int
    windows: tuple[int, ...]
    count: int
    warm_up: int
    rate: float | None
    wait: float
    html: Path | None
    is_free: bool

    @property
    def total(self) -> int:
        """Number of all messages."""
        return len(self.windows) * (self.count + self.warm_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStep:
    """Figures of one window size. Latencies are in seconds; None where nothing was measured.

    Args:
        window: Maximum number of messages in flight.
        accepted: Number of messages that the gateway accepted.
        failed: Number of messages that were refused, held or lost.
        why: Names of the errors, with the number of each.
        rate: Accepted messages a second.
        p50: Median time to the response.
        p95: 95th percentile of it.
        p99: 99th percentile of it.
        cpu: Processor time of this process a message, seconds.
        receipts: Number of final receipts of the accepted messages.
        receipt_p50: Median time from the response to the final receipt.
        receipt_p95: 95th percentile of it.
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
    """Return the value that *share* of the sorted *values* don't exceed; None if there are none."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else None


def sufficient_step(steps: Sequence[LoadStep]) -> LoadStep | None:
    """Return the step of the smallest window with nearly the best rate; None if all rates are 0."""
    best = max((step.rate for step in steps), default=0.0)
    by_window = sorted(steps, key=lambda step: step.window)
    return next((step for step in by_window if best and step.rate >= best * SUFFICIENT_SHARE), None)


class Pacer:
    """FIFO pacing at an even rate.

    Args:
        rate: Turns a second; None doesn't limit.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._next = 0.0

    async def wait_turn(self, weight: int = 1) -> None:
        """Wait for a turn. Cancelling forfeits it.

        Args:
            weight: Number of turns to take.
        """
        if self._rate is None:
            return
        now = perf_counter()
        at = max(self._next, now - _CATCH_UP)
        self._next = at + weight / self._rate
        if at > now:
            await asyncio.sleep(at - now)


class LoadTest:
    """Measures one link at several window sizes.

    Args:
        smsc: An open client; its window is at least the largest one measured.
        task: What to measure.
        on_progress: Called with the window and the number of answered messages, without warm-up.
    """

    def __init__(
        self, smsc: SmscClient, task: BenchTask, on_progress: Callable[[int, int], None]
    ) -> None:
        self._smsc = smsc
        self._task = task
        self._pacer = Pacer(task.rate)
        self._on_progress = on_progress
        self._receipts = _ReceiptTimes()
        self.accepted = 0
        """Number of messages accepted so far, warm-up included."""

    async def steps(self) -> AsyncGenerator[LoadStep]:
        """Measure one window after the other.

        Raises:
            SendError: The gateway accepts nothing; its last error.
            LinkError: The link is closed.
        """
        task = self._task
        reading = asyncio.create_task(self._receipts.read(self._smsc)) if task.wait else None
        try:
            for window in task.windows:
                await self._run(window, task.warm_up, lambda _: None)
                yield await self._step(window, task.count)
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
        if self._task.wait:
            await self._receipts.wait_for(done.accepted, self._task.wait)
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
        """Send *count* messages, with at most *window* in flight."""
        done = _RunResult()
        turns = iter(range(count))

        async def work() -> None:
            """Send one message after the other."""
            for _ in turns:
                await self._pacer.wait_turn(self._task.parts)
                await self._send(next(self._task.messages), done)
                on_progress(len(done.took) + done.why.total())

        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(window, count)):
                    workers.create_task(work())
        except ExceptionGroup as several:
            error = several.exceptions[0]  # the others have the same reason
        else:
            return done
        raise error

    async def _send(self, message: Sms, done: _RunResult) -> None:
        """Send one message and record the result."""
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
    """Results of a run: response times in seconds, acceptance times by id, errors."""

    took: list[float] = field(default_factory=list)
    accepted: dict[str, float] = field(default_factory=dict)
    why: Counter[str] = field(default_factory=Counter)


class _ReceiptTimes:
    """Times of final receipts. The last part of a long message represents it."""

    def __init__(self) -> None:
        self._received: dict[str, float] = {}
        self._updated = asyncio.Event()

    async def read(self, smsc: SmscClient) -> None:
        """Read receipts until cancelled or the client is closed."""
        async for receipt in smsc.receipts():
            if receipt.is_final:
                self._received[receipt.message_id] = perf_counter()
                self._updated.set()

    async def wait_for(self, accepted: Mapping[str, float], seconds: float) -> None:
        """Wait until all *accepted* messages are final, *seconds* at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not accepted.keys() <= self._received.keys():
                    self._updated.clear()
                    await self._updated.wait()

    def delays(self, accepted: Mapping[str, float]) -> list[float]:
        """Return the seconds from response to receipt, sorted, and clear the receipts."""
        found = [
            max(0.0, self._received[message_id] - at)
            for message_id, at in accepted.items()
            if message_id in self._received
        ]
        self._received.clear()
        return sorted(found)

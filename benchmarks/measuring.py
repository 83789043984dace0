"""Measurement that all drivers share: the same load, clocks and figures.

Rule: each client runs in a process of its own. Its processor time is that of the process with all
threads; a latency lasts from the call to its return. Building the messages is part of the
measurement, and all messages are different, so that no rule holds them.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from array import array
from collections import deque
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

TEXT = "Your order 4711 has been sent and will arrive tomorrow between 10 and 12. " + "x" * 46
assert len(TEXT) == 120
SENDER = "Shop"
LOGIN, PASSWORD = "bench", "secret"
WARM_UP = 1000  # messages before the clock starts
METRONOME = Path(__file__).parent / "metronome.py"
MOST_DUE = 65_536  # most calls to make at once after a pause of this process


@dataclass(slots=True)
class Figures:
    """The figures of one run: one line of JSON.

    Args:
        peer: The client and its method.
        window: Most requests in flight.
        rate: Messages a second.
        cpu_us: Microseconds of processor time for a message, all threads.
        p50_ms: Median of the latency; None if it wasn't measured.
        p99_ms: 99th percentile of the latency; None if it wasn't measured.
        count: Number of messages measured.
        note: A remark about this run; "" for none.
    """

    peer: str
    window: int
    rate: float
    cpu_us: float
    p50_ms: float | None
    p99_ms: float | None
    count: int
    note: str = ""

    def show(self) -> None:
        """Print the line."""
        print(json.dumps({**asdict(self), "version": sys.version.split()[0]}), flush=True)


def percentile(latencies: list[float], share: float) -> float:
    """Return the value below which *share* of the sorted values lie; NaN if there are none."""
    return (
        latencies[min(int(len(latencies) * share), len(latencies) - 1)]
        if latencies
        else float("nan")
    )


def recipient(number: int) -> str:
    """Return a phone number, a different one for each *number* below ten million."""
    return f"7916{number % 10_000_000:07d}"


class Clock:
    """Wall, processor and latencies of one run.

    Args:
        peer: The client, for the figures.
        window: The window, for the figures.
    """

    def __init__(self, peer: str, window: int, note: str = "") -> None:
        self.peer, self.window, self.note = peer, window, note
        self.latencies = array("d")
        self.restart()

    def restart(self, *, collect: bool = True) -> None:
        """Discard the warm-up, collect garbage (this takes milliseconds) and start the clocks."""
        del self.latencies[:]
        if collect:
            gc.collect()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def figures(self, count: int | None = None) -> Figures:
        """Stop and return the figures; *count* is given if not every latency was recorded."""
        wall = time.perf_counter() - self._wall
        cpu = time.process_time() - self._cpu
        taken = sorted(self.latencies)
        count = len(taken) if count is None else count
        half, most = (round(percentile(taken, share) * 1e3, 4) for share in (0.5, 0.99))
        return Figures(
            self.peer,
            self.window,
            rate=round(count / wall, 1),
            cpu_us=round(cpu / max(count, 1) * 1e6, 3),
            p50_ms=half if taken else None,
            p99_ms=most if taken else None,
            count=count,
            note=self.note,
        )


async def saturate(
    send: Callable[[int], Awaitable[object]], clock: Clock, *, count: int, seconds: float
) -> Figures:
    """Keep *window* calls in progress until *count* messages are answered or the time is over.

    Args:
        send: Sends the message with a number and returns when it is answered.
        clock: Has the window; records the latencies.
        count: Messages to measure, after the warm-up.
        seconds: Longest time of the measured part.
    """
    now, note = time.perf_counter, clock.latencies.append

    async def work(numbers: Iterator[int], end: float) -> None:
        """Send messages one after the other."""
        for number in numbers:
            began = now()
            await send(number)
            ended = now()
            note(ended - began)
            if ended > end:
                return

    async def run(first: int, messages: int) -> None:
        """Let *window* workers share the messages."""
        numbers, end = iter(range(first, first + messages)), now() + seconds
        await asyncio.gather(*(work(numbers, end) for _ in range(clock.window)))

    await run(0, WARM_UP)
    clock.restart()
    await run(WARM_UP, count)
    return clock.figures()


class Callers:
    """Tasks for paced calls: an idle task makes the next call; if none is idle, a new one starts.

    Tasks are reused, as in `saturate`, so that the cost of new tasks isn't measured.

    Args:
        send: As for `saturate`.
        clock: Records the latencies, from the call to its return.
        tasks: The task group.
        stay: Whether tasks are reused; otherwise each call is a task of its own.
    """

    def __init__(
        self,
        send: Callable[[int], Awaitable[object]],
        clock: Clock,
        tasks: asyncio.TaskGroup,
        *,
        stay: bool,
    ) -> None:
        self._send, self._clock, self._tasks, self._stay = send, clock, tasks, stay
        self._loop = asyncio.get_running_loop()
        self._idle: deque[asyncio.Future[int]] = deque()

    def call(self, number: int) -> None:
        """Send the message with this number."""
        if self._idle:
            self._idle.popleft().set_result(number)
        else:
            self._tasks.create_task(self._work(number))

    def dismiss(self) -> None:
        """End all tasks after their calls have returned."""
        self._stay = False
        for turn in self._idle:
            turn.set_result(-1)

    async def _work(self, number: int) -> None:
        """Make a call, then the next ones; a negative number ends the task."""
        send, note, now = self._send, self._clock.latencies.append, time.perf_counter
        while number >= 0:
            began = now()
            await send(number)
            note(now() - began)
            if not self._stay:
                return
            self._idle.append(turn := self._loop.create_future())
            number = await turn


@contextmanager
def metronome(rate: float, seconds: float) -> Iterator[int]:
    """Run the metronome; yield a file descriptor with one octet for each call that is due."""
    command = [sys.executable, str(METRONOME), str(rate), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout.fileno()


async def pace(
    send: Callable[[int], Awaitable[object]], clock: Clock, asked: argparse.Namespace
) -> Figures:
    """Call *send* at an even pace, whether or not earlier calls have returned.

    Args:
        send: As for `saturate`.
        clock: Records the latencies.
        asked: *rate* calls a second for *seconds*, of which the first tenth is the warm-up; with
            *tasks* each call is a task of its own.
    """
    loop, numbers = asyncio.get_running_loop(), count()
    is_over, is_warm = asyncio.Event(), False
    gc.collect()
    with metronome(asked.rate, asked.seconds) as beats:
        began = loop.time()
        async with asyncio.TaskGroup() as tasks:
            callers = Callers(send, clock, tasks, stay=not asked.tasks)

            def beat() -> None:
                """Make the calls that are due."""
                nonlocal is_warm
                due = len(os.read(beats, MOST_DUE))
                if not due:
                    loop.remove_reader(beats)
                    is_over.set()
                if not is_warm and loop.time() - began > asked.seconds / 10:
                    is_warm = True
                    clock.restart(collect=False)
                for number in islice(numbers, due):
                    callers.call(number)

            loop.add_reader(beats, beat)
            await is_over.wait()
            figures = clock.figures()
            callers.dismiss()
    return figures


async def measure(
    send: Callable[[int], Awaitable[object]], clock: Clock, asked: argparse.Namespace
) -> Figures:
    """Measure at an even pace if a rate is given, otherwise at full speed."""
    if asked.rate:
        return await pace(send, clock, asked)
    return await saturate(send, clock, count=asked.count, seconds=asked.seconds)


def arguments(what: str) -> argparse.ArgumentParser:
    """Return the options that every driver takes."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("port", type=int, help="of the sink, on 127.0.0.1")
    parser.add_argument("--window", type=int, default=100, help="requests in flight (100)")
    parser.add_argument("--count", type=int, default=20_000, help="messages (20000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="at most (10)")
    parser.add_argument(
        "--rate", type=float, default=0.0, help="an even pace instead of all at once"
    )
    parser.add_argument("--tasks", action="store_true", help="at a pace: each call is a task")
    return parser


def tune_collector() -> None:
    """Set the garbage collector as in docs/en/performance.md."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def start(
    main: Callable[[], Coroutine[object, object, None]],
    *,
    uvloop: bool = False,
    tuned: bool = False,
) -> None:
    """Run a driver on the event loop of its options."""
    if tuned:
        tune_collector()
    if uvloop:
        from uvloop import run  # noqa: PLC0415 - the extra `speed`

        run(main())
    else:
        asyncio.run(main())

"""Benchmark of the simulator's tap: processor time with `FrameTap` and without it.

    PYTHONPATH=.:benchmarks python benchmarks/bench_tap.py [--rounds N] [--count N] [--same]

Rule: two simulators, one with the tap and one without, are processes of their own. The client, in
a third one, sends to them by turns, a slice each, and awaits all receipts of a slice. Processor
time is that of a process with all threads; a round has the median ratio of its pairs of slices.
`--same` leaves the tap out of both, which
shows how accurate a figure is.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from drivers import environment_of
from machine import describe, load
from measuring import TEXT, recipient

from smsc_async import GatewayLimits, Sms, SmscClient, Submission
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ROUNDS = 5
COUNT = 20_000  # messages of a round, to each simulator
SLICE = 500
WARM_UP = 20_000  # by then the ring is full
LIMIT = 1.05

NUMBERS = count()


async def serve(*, with_tap: bool) -> None:
    """Run a simulator; print its URL, and its processor time for each line of standard input."""
    async with Simulator(Scenario(receipt_delay=0.0)) as simulator:
        if not with_tap:
            simulator._listener().tap = None  # noqa: SLF001 - it is what is measured
        print(simulator.url, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), flush=True)


class Contestant:
    """A simulator in a process of its own, and the client that is connected to it."""

    def __init__(self, process: subprocess.Popen[str], smsc: SmscClient) -> None:
        self._process = process
        self._smsc = smsc
        self._receipts = smsc.receipts()

    async def run(self, messages: int) -> float:
        """Send messages and await their receipts; return what it took the simulator, seconds."""
        before = self._processor_time()
        sent = [Sms(to=recipient(next(NUMBERS)), text=TEXT, sender="Shop") for _ in range(messages)]
        reading = asyncio.create_task(self._read(messages))
        async for outcome in self._smsc.send_many(sent):
            assert isinstance(outcome, Submission), outcome
        await reading
        return self._processor_time() - before

    async def _read(self, receipts: int) -> None:
        """Read as many receipts."""
        for _ in range(receipts):
            await anext(self._receipts)

    def _processor_time(self) -> float:
        """Ask the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def simulator(which: str) -> Iterator[subprocess.Popen[str]]:
    """Run a simulator until the end of the block; it ends with its standard input."""
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", which],
        env=environment_of(sys.executable),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


@asynccontextmanager
async def contestant(which: str) -> AsyncIterator[Contestant]:
    """Start a simulator and connect to it."""
    with simulator(which) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
            yield Contestant(process, smsc)


async def measure(rounds: int, messages: int, *, is_same: bool) -> list[float]:
    """Return the ratio of each round: processor time with the tap / without it."""
    ratios: list[float] = []
    async with contestant("off") as off, contestant("off" if is_same else "on") as on:
        for one in (off, on):
            await one.run(WARM_UP)
        for number in range(1, rounds + 1):
            slices: dict[Contestant, list[float]] = {off: [], on: []}
            for turn in range(messages // SLICE):
                for one in (off, on) if turn % 2 else (on, off):
                    slices[one].append(await one.run(SLICE) / SLICE * 1e6)
            ratios.append(median(b / a for a, b in zip(slices[off], slices[on], strict=True)))
            print(
                f"round {number}: {median(slices[off]):6.1f} us without the tap,"
                f" {median(slices[on]):6.1f} us with it, ratio {ratios[-1]:.3f}, load {load()}",
                flush=True,
            )
    return ratios


def main() -> int:
    """Measure and print; the exit code is 1 if the target is missed."""
    parser = argparse.ArgumentParser(description="processor time of the simulator with its tap")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--count", type=int, default=COUNT, help=f"messages of a round ({COUNT})")
    parser.add_argument("--same", action="store_true", help="no tap in either")
    parser.add_argument("--serve", choices=("on", "off"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        asyncio.run(serve(with_tap=asked.serve == "on"))
        return 0
    print(f"{describe()}; load {load()}")
    ratio = median(asyncio.run(measure(asked.rounds, asked.count, is_same=asked.same)))
    verdict = "holds" if ratio <= LIMIT else "doesn't hold"
    print(f"median ratio {ratio:.3f}; target: at most {LIMIT}: {verdict}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

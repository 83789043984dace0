"""Probes of growth: messages sent, concurrent callers. They print a line of JSON for each step.

    PYTHONPATH=.:benchmarks python benchmarks/probes.py sent PORT --count 1000000 [--rules off]
    PYTHONPATH=.:benchmarks python benchmarks/probes.py waiting PORT --count 100000

Rule: each probe is a process of its own, so that its resident memory is that of one case. The probe
itself keeps only a few integers a step.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import sys
import time
from collections import deque
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import WARM_UP, start
from ours import NOTE, client, message

from smsc_async import GatewayLimits, SmscClient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

STEPS = 20  # lines of `sent`


def resident() -> int:
    """Return the resident memory of this process, octets; without /proc, its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return pages * resource.getpagesize()


def show(**values: object) -> None:
    """Print a line."""
    print(json.dumps(values), flush=True)


async def sent(smsc: SmscClient, asked: argparse.Namespace) -> None:
    """Send *count* messages; print memory and time of a message after each twentieth of them."""
    step = asked.count // STEPS
    for first in range(0, asked.count, step):
        numbers = iter(range(first, first + step))

        async def work() -> None:
            """Send messages one after the other."""
            for number in numbers:  # noqa: B023 - ends before the next step
                await smsc.send(message(number))

        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(asked.window)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        show(
            sent=first + step,
            resident=resident(),
            rate=round(step / wall, 1),
            cpu_us=round(cpu / step * 1e6, 3),
        )


async def waiting(smsc: SmscClient, asked: argparse.Namespace) -> None:
    """Run *count* concurrent callers, repeatedly until *total* messages are sent."""
    await asyncio.gather(*(smsc.send(message(number)) for number in range(WARM_UP)))

    async def send(number: int) -> int:
        """Send one message; return its id, which the sink increments."""
        return int((await smsc.send(message(number))).message_id)

    await wait(send, asked)


async def bare(asked: argparse.Namespace) -> None:
    """Run *count* concurrent tasks that await futures, completed in order: asyncio alone."""
    loop, turns, waiting = asyncio.get_running_loop(), count(), deque[asyncio.Future[int]]()

    def answer() -> None:
        """Complete as many futures as a window has slots."""
        for _ in range(min(asked.window, len(waiting))):
            waiting.popleft().set_result(next(turns))
        if waiting:
            loop.call_soon(answer)

    async def send(_number: int) -> int:
        """Await a future."""
        future: asyncio.Future[int] = loop.create_future()
        waiting.append(future)
        if len(waiting) == 1:
            loop.call_soon(answer)
        return await future

    await wait(send, asked)


async def wait(
    send: Callable[[int], Coroutine[object, object, int]], asked: argparse.Namespace
) -> None:
    """Make *count* concurrent calls, repeatedly until *total* are made; print the figures.

    The first round isn't timed: in it the system allocates memory to the process, which isn't a
    cost of the client.
    """
    gc.collect()
    before, most, done, in_order = resident(), 0, -asked.count, True
    wall, cpu = time.perf_counter(), time.process_time()
    while done < asked.total:
        if not done:
            wall, cpu = time.perf_counter(), time.process_time()
        first = WARM_UP + asked.count + done
        callers = [asyncio.create_task(send(first + number)) for number in range(asked.count)]
        await asyncio.sleep(0)  # all have called, and all but a window of them wait
        await asyncio.sleep(0)
        most = max(most, resident())
        turns = await asyncio.gather(*callers)
        in_order &= all(a < b for a, b in pairwise(turns))
        done += len(turns)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    show(
        waiting=asked.count,
        completed=done,
        in_order=in_order,
        octets=round((most - before) / asked.count),
        rate=round(done / wall, 1),
        cpu_us=round(cpu / done * 1e6, 3),
    )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="our client under what grows")
    parser.add_argument("what", choices=("sent", "waiting", "bare"))
    parser.add_argument("port", type=int)
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--total", type=int, default=100_000, help="messages of `waiting`")
    parser.add_argument("--rules", choices=("on", "off"), default="on")
    parser.add_argument("--tuned", action="store_true", help="the garbage collector")
    return parser.parse_args()


async def main() -> None:
    """Open the client and run the probe."""
    asked = ASKED
    if asked.what == "bare":
        await bare(asked)
        return
    options = {"limits": GatewayLimits.off()} if asked.rules == "off" else {}
    url = f"smpp://bench:secret@127.0.0.1:{asked.port}?window={asked.window}"
    async with client(url, **options) as smsc:
        await {"sent": sent, "waiting": waiting}[asked.what](smsc, asked)
    show(note="all rules and the pace off" if options else NOTE)


if __name__ == "__main__":
    ASKED = arguments()
    start(main, tuned=ASKED.tuned)

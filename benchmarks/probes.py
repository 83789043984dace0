"""Our client under what grows: messages sent, callers that wait. One line of JSON a step.

    PYTHONPATH=.:benchmarks python benchmarks/probes.py sent PORT --count 1000000 [--rules off]
    PYTHONPATH=.:benchmarks python benchmarks/probes.py waiting PORT --count 100000

Rule: a process of its own, so that resident memory is that of one thing alone. What the probe
itself keeps is a few integers a step.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import sys
import time
from array import array
from itertools import pairwise
from pathlib import Path

from measuring import WARM_UP, start
from ours import NOTE, client, message

from smsc_async import GatewayLimits, SmscClient

STEPS = 20  # lines of `sent`


def resident() -> int:
    """Return the octets of memory that are this process's, now or, failing that, at most."""
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
    """Send *count* messages; tell the memory and what a message took after each twentieth."""
    step = asked.count // STEPS
    for first in range(0, asked.count, step):
        numbers = iter(range(first, first + step))

        async def work() -> None:
            """Send one after the other."""
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
    """Let *count* callers wait at once, as often as it takes to send *total* messages."""
    await asyncio.gather(*(smsc.send(message(number)) for number in range(WARM_UP)))
    gc.collect()
    before, most = resident(), 0
    order = array("L")

    async def one(number: int) -> None:
        """Send one message and note when it was its turn."""
        await smsc.send(message(number))
        order.append(number)

    wall, cpu = time.perf_counter(), time.process_time()
    for first in range(WARM_UP, WARM_UP + asked.total, asked.count):
        callers = [asyncio.create_task(one(first + number)) for number in range(asked.count)]
        await asyncio.sleep(0)  # all of them have called, and all but a window wait
        await asyncio.sleep(0)
        most = max(most, resident())
        await asyncio.gather(*callers)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    done = len(order)
    show(
        waiting=asked.count,
        completed=done,
        in_order=all(a < b for a, b in pairwise(order)),
        octets=round((most - before) / asked.count),
        rate=round(done / wall, 1),
        cpu_us=round(cpu / done * 1e6, 3),
    )


async def main() -> None:
    """Open the client and probe."""
    parser = argparse.ArgumentParser(description="our client under what grows")
    parser.add_argument("what", choices=("sent", "waiting"))
    parser.add_argument("port", type=int)
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--total", type=int, default=100_000, help="messages of `waiting`")
    parser.add_argument("--rules", choices=("on", "off"), default="on")
    asked = parser.parse_args()
    options = {"limits": GatewayLimits.off()} if asked.rules == "off" else {}
    url = f"smpp://bench:secret@127.0.0.1:{asked.port}?window={asked.window}"
    async with client(url, **options) as smsc:
        await {"sent": sent, "waiting": waiting}[asked.what](smsc, asked)
    show(note="all rules and the pace off" if options else NOTE)


if __name__ == "__main__":
    start(main)

"""A contestant of `ratio.py`: the client or the floor, working in slices of time.

    PYTHONPATH=benchmarks python benchmarks/peers/drive_slices.py PORT --who ours --shape send

It warms up and prints "ready". For each line of standard input, a number of seconds, it works that
long. A slice ends when all its messages are answered, and is reported as a line of JSON: seconds of
processor time, seconds of wall time, messages.

Rule: only the public API of the first release is used, so that it can drive any revision.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Work = Callable[[float], Awaitable[int]]  # takes the end; returns the count

WARM_UP = 0.5  # seconds
LEAD_IN = 0.005  # seconds before each slice, to fill the processor's caches again


async def saturate(send: Callable[[], Awaitable[object]], window: int, end: float) -> int:
    """Keep *window* calls in progress until *end*; return their number."""

    async def slot() -> int:
        done = 0
        while True:
            await send()
            done += 1
            if perf_counter() >= end:
                return done

    return sum(await asyncio.gather(*(slot() for _ in range(window))))


async def serve(work: Work) -> None:
    """Work for each line of standard input; between slices the whole process is blocked."""
    await work(perf_counter() + WARM_UP)
    gc.collect()
    print("ready", flush=True)
    for line in sys.stdin:
        await work(perf_counter() + LEAD_IN)
        wall, cpu = perf_counter(), process_time()
        messages = await work(wall + float(line))
        cpu, wall = process_time() - cpu, perf_counter() - wall
        print(json.dumps([cpu, wall, messages]), flush=True)


async def floor(port: int, shape: str, window: int) -> None:
    """Work with bare asyncio: `send` without TLS for every shape but `receipt`."""
    from floor import SUBMIT, SUBMIT_SM, Floor, ReceiptFloor, connect  # noqa: PLC0415

    send: Callable[[], Awaitable[object]]
    if shape == "receipt":
        send = (await connect(port, ReceiptFloor)).send
    else:
        link = await connect(port, Floor)
        send = lambda: link.request(SUBMIT_SM, SUBMIT)  # noqa: E731
    await serve(lambda end: saturate(send, window, end))


async def ours(port: int, shape: str, window: int, beside: str) -> None:
    """Work with the installed client, all rules on and pacing off."""
    from slices_ours import opened  # noqa: PLC0415

    async with opened(port, shape, window, beside) as client:
        call = client.call(shape)
        await serve(client.work(shape) or (lambda end: saturate(call, window, end)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--who", choices=("floor", "ours"), required=True)
    parser.add_argument("--shape", required=True)
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--beside", default="", help="address of what the shape needs")
    options = parser.parse_args()
    common = options.port, options.shape, options.window
    asyncio.run(floor(*common) if options.who == "floor" else ours(*common, options.beside))

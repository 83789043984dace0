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
from itertools import count
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from measuring import SENDER, TEXT, recipient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from smsc_async import Sms

    Work = Callable[[float], Awaitable[int]]  # takes the end; returns the count

WARM_UP = 0.5  # seconds
LEAD_IN = 0.005  # seconds before each slice, to fill the processor's caches again
REST = TEXT[8:]  # the end of each text, after eight digits that differ


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
    """Work with bare asyncio: `send` for every shape but `receipt`."""
    from floor import SUBMIT, SUBMIT_SM, Floor, ReceiptFloor, connect  # noqa: PLC0415

    send: Callable[[], Awaitable[object]]
    if shape == "receipt":
        send = (await connect(port, ReceiptFloor)).send
    else:
        link = await connect(port, Floor)
        send = lambda: link.request(SUBMIT_SM, SUBMIT)  # noqa: E731
    await serve(lambda end: saturate(send, window, end))


async def ours(port: int, shape: str, window: int) -> None:
    """Work with the installed client, all rules on and pacing off."""
    from smsc_async import GatewayLimits, Sms, SmscClient, Submission  # noqa: PLC0415

    numbers = count()

    def message() -> Sms:
        """Return a message with a unique recipient and text."""
        number = next(numbers)
        return Sms(to=recipient(number), text=f"{number:08d}{REST}", sender=SENDER)

    def messages(end: float) -> Iterator[Sms]:
        yield message()
        while perf_counter() < end:
            yield message()

    async def make(end: float) -> int:
        return sum(1 for _ in messages(end))

    async def send_many(end: float) -> int:
        done = 0
        async for outcome in smsc.send_many(messages(end)):
            if not isinstance(outcome, Submission):
                raise outcome.error
            done += 1
        return done

    async def receipt() -> None:
        sent = await smsc.send(message())
        await sent.receipt(timeout=10)

    work: dict[str, Work] = {
        "make": make,
        "send": lambda end: saturate(lambda: smsc.send(message()), window, end),
        "send_many": send_many,
        "receipt": lambda end: saturate(receipt, window, end),
    }
    url = f"smpp://bench:secret@127.0.0.1:{port}?window={window}"
    async with SmscClient(url, limits=GatewayLimits(rate=None)) as smsc:
        await serve(work[shape])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--who", choices=("floor", "ours"), required=True)
    parser.add_argument("--shape", choices=("send", "send_many", "receipt", "make"), required=True)
    parser.add_argument("--window", type=int, default=100)
    options = parser.parse_args()
    contestant = floor if options.who == "floor" else ours
    asyncio.run(contestant(options.port, options.shape, options.window))

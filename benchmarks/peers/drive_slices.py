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
import os
import sys
import tempfile
from contextlib import AsyncExitStack, contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from measuring import SENDER, TEXT, recipient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from smsc_async import Sms
    from smsc_async.outbox import Outbox, PostgresOutbox

    Work = Callable[[float], Awaitable[int]]  # takes the end; returns the count

WARM_UP = 0.5  # seconds
LEAD_IN = 0.005  # seconds before each slice, to fill the processor's caches again
REST = TEXT[8:]  # the end of each text, after eight digits that differ
# Three parts; and as many octets as the ordinary text has, in half as many characters.
RESTS = {"long": (TEXT * 4)[:392], "ucs2": ("Ваш заказ отправлен и придёт завтра с 10 до 12. " * 2)[:52]}
AT_ONCE = 200  # messages that are put into an outbox before its worker runs


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


@contextmanager
def new_outbox(conninfo: str) -> Iterator[Outbox | PostgresOutbox]:
    """Yield an empty outbox: a file, or a schema of PostgreSQL if *conninfo* isn't empty."""
    from smsc_async.outbox import Outbox, PostgresOutbox  # noqa: PLC0415

    if not conninfo:
        with tempfile.TemporaryDirectory() as folder:
            yield Outbox(Path(folder, "outbox.db"))
        return
    import psycopg  # noqa: PLC0415 - an extra

    schema = f"outbox_ratio_{os.getpid()}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        try:
            yield PostgresOutbox(f"{conninfo} options='-c search_path={schema}'")
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


async def ours(port: int, shape: str, window: int, beside: str) -> None:
    """Work with the installed client, all rules on and pacing off."""
    from smsc_async import GatewayLimits, Sms, SmscClient, Submission  # noqa: PLC0415

    numbers, rest = count(), RESTS.get(shape, REST)

    def message() -> Sms:
        """Return a message with a unique recipient and text."""
        number = next(numbers)
        return Sms(to=recipient(number), text=f"{number:08d}{rest}", sender=SENDER)

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

    async def store_and_send(end: float) -> int:
        """Put messages, and run a worker until the outbox is empty."""
        done = 0
        while not done or perf_counter() < end:
            await asyncio.gather(*(outbox.put(message()) for _ in range(AT_ONCE)))
            await outbox.run(smsc, stop_when_empty=True)
            done += AT_ONCE
        return done

    work: dict[str, Work] = {
        "make": make,
        "send_many": send_many,
        "receipt": lambda end: saturate(receipt, window, end),
        "outbox": store_and_send,
        "postgres": store_and_send,
    }
    plain: Work = lambda end: saturate(lambda: smsc.send(message()), window, end)  # noqa: E731
    url = f"smpp://bench:secret@127.0.0.1:{port}?window={window}"
    if shape == "tls":
        url = f"smpps://bench:secret@{beside}&window={window}"
    options: dict[str, Any] = {"limits": GatewayLimits(rate=None)}
    if shape == "redis":
        from smsc_async.stores.redis import RedisRuleStore  # noqa: PLC0415 - an extra

        options["store"] = RedisRuleStore(beside, account=f"bench-{os.getpid()}", **options)
    async with AsyncExitStack() as stack:
        if shape in {"outbox", "postgres"}:
            outbox = stack.enter_context(new_outbox(beside))
            await stack.enter_async_context(outbox)
        smsc = await stack.enter_async_context(SmscClient(url, **options))
        await serve(work.get(shape, plain))


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

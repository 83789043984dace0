"""Benchmark of the outbox: messages stored a second, by number of concurrent `put` calls.

    PYTHONPATH=. python benchmarks/bench_outbox.py [--folder PATH] [--postgres CONNINFO]

Rule: every counted `put` is on the disk. One caller is limited by the disk; with a hundred callers
the group commit shares one sync among them. The rate of `fsync` alone is printed as well, because
the other figures depend on it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.outbox import Outbox, OutboxState, PostgresOutbox
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from smsc_async.outbox.base import BaseOutbox

MESSAGE = Sms(to="79991234567", text="Your order 4711 has been sent.")
SECONDS = 3.0


def fsyncs(folder: Path) -> float:
    """Return how many times a second a page can be written and synced."""
    page, count, began = b"x" * 4096, 0, time.perf_counter()
    with tempfile.TemporaryFile(dir=folder) as file:
        while time.perf_counter() - began < 1.0:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
            count += 1
    return count / (time.perf_counter() - began)


async def puts(outbox: BaseOutbox, putters: int) -> float:
    """Return the number of puts a second with *putters* concurrent callers."""
    count, began = 0, time.perf_counter()

    async def put() -> None:
        """Put messages one after the other."""
        nonlocal count
        while time.perf_counter() - began < SECONDS:
            await outbox.put(MESSAGE)
            count += 1

    await asyncio.gather(*(put() for _ in range(putters)))
    return count / (time.perf_counter() - began)


async def sends(outbox: BaseOutbox) -> float:
    """Return how many messages a second a worker sends to a simulator in the same process."""
    # All messages are identical, and the repeat rule would admit one a minute.
    gateway = Simulator(Scenario(receipt_delay=0.0, rules=None))
    async with gateway, SmscClient(gateway.url, limits=GatewayLimits.off()) as smsc:
        began, queued = time.perf_counter(), (await outbox.counts())[OutboxState.QUEUED]
        worker = asyncio.create_task(outbox.run(smsc))
        await asyncio.sleep(SECONDS)
        left = (await outbox.counts())[OutboxState.QUEUED]
        took = time.perf_counter() - began
        worker.cancel()
        await asyncio.wait([worker])
    return (queued - left) / took


async def measure(name: str, outbox: BaseOutbox) -> None:
    """Measure one outbox and print the figures."""
    async with outbox:
        for putters in (1, 10, 100, 1000):
            print(f"{name}, {putters:4d} putters: {await puts(outbox, putters):8.0f} puts/s")
        print(f"{name}, worker with a window of 100: {await sends(outbox):8.0f} messages/s")


async def main() -> None:
    """Measure what the command line requests."""
    parser = argparse.ArgumentParser(description="the outbox and its group commit")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--postgres", metavar="CONNINFO")
    arguments = parser.parse_args()
    print(f"the disk alone: {fsyncs(arguments.folder):8.0f} writes with fsync/s")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        await measure("sqlite", Outbox(Path(folder, "outbox.db")))
    if arguments.postgres:
        await measure("postgres", PostgresOutbox(arguments.postgres))


if __name__ == "__main__":
    asyncio.run(main())

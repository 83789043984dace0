"""Benchmark of the outbox: messages stored a second, by number of concurrent `put` calls.

    PYTHONPATH=. python benchmarks/bench_outbox.py [--folder PATH] [--postgres CONNINFO] [--large]

Rule: every counted `put` is on the disk. One caller is limited by the disk; with a hundred callers
the group commit shares one sync among them. The rate of `fsync` alone is printed as well, because
the other figures depend on it.

`--large` measures instead what a look, an empty claim and a `put` cost beside 1 000 entries that
are due tomorrow, and beside 1 000 000: the time must not depend on their number. The processor time
of PostgreSQL's own processes is shown if they are on this machine, and it is Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.outbox import Outbox, OutboxState, PostgresOutbox
from smsc_async.outbox.schema import Statement
from smsc_async.outbox.worker_queries import look
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from smsc_async.outbox.base import BaseOutbox
    from smsc_async.outbox.schema import Operation

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


def in_schema(conninfo: str, name: str) -> str:
    """Return the conninfo of a new schema."""
    import psycopg  # noqa: PLC0415 - an extra

    schema = f"outbox_{name}_{os.getpid()}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{conninfo} options='-c search_path={schema}'"


def copies(number: int, *, is_postgres: bool) -> str:
    """Return the SQL that copies the only entry, due tomorrow."""
    series = f"generate_series(2, {number})"
    if not is_postgres:
        series = (
            f"(WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"  # noqa: S608 - numbers
            " SELECT i FROM n)"
        )
    return (
        "INSERT INTO smsc_outbox (form, state, created_at, changed_at, not_before)"  # noqa: S608 - numbers
        " SELECT form, state, created_at, changed_at, created_at + 86400"
        f" FROM smsc_outbox, {series} AS copies"
    )


def server_seconds(pids: Sequence[int]) -> float:
    """Return the processor time of the database's processes."""
    return sum(
        int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) for pid in pids
    ) / 1e9  # fmt: skip


async def cost(
    name: str,
    work: Callable[[], Awaitable[object]],
    pids: Sequence[int] = (),
    rounds: int = 300,
) -> None:
    """Print the processor time and the time of one call, medians of slices."""
    slices = []
    for _ in range(10):
        cpu, server, wall = time.process_time(), server_seconds(pids), time.perf_counter()
        for _ in range(rounds // 10):
            await work()
        slices.append(
            (
                time.process_time() - cpu,
                server_seconds(pids) - server,
                time.perf_counter() - wall,
            )
        )
    cpu, server, wall = (
        statistics.median(one) / (rounds // 10) for one in zip(*slices, strict=True)
    )
    of_server = f" {server * 1e6:8.0f} us of the server," if pids else ""
    print(f"{name:42s} {cpu * 1e6:8.0f} us of this process,{of_server} {wall * 1e6:8.0f} us")


def server_pids(conninfo: str) -> list[int]:
    """Return the processes of the connections to a database, if they can be read here."""
    import psycopg  # noqa: PLC0415 - an extra

    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return [pid for (pid,) in rows if Path(f"/proc/{pid}/schedstat").exists()]


async def measure_large(
    name: str, make: Callable[[str], BaseOutbox], conninfo: str | None = None
) -> None:
    """Measure a small and a large outbox, by turns."""
    for number in (1_000, 1_000_000):
        outbox = make(str(number))
        async with outbox:
            await outbox.put(MESSAGE)

            def fill(
                sql: str = copies(number, is_postgres=isinstance(outbox, PostgresOutbox)),
            ) -> Operation[None]:
                """Copy the entry, and let it be due tomorrow too."""
                yield Statement(sql)
                yield Statement(
                    "UPDATE smsc_outbox SET not_before = created_at + 86400 WHERE id = 1"
                )

            ledger = outbox._ledger  # noqa: SLF001 - it is what is measured
            await ledger.run(fill)
            await ledger.claim_due(1)
            await ledger.read(look)
            pids = server_pids(conninfo) if conninfo else []
            text = f"{name}, {number:9,d} due tomorrow:"
            await cost(f"{text} look", partial(ledger.read, look), pids)
            await cost(f"{text} claim", partial(ledger.claim_due, 100), pids)
            await cost(f"{text} put", partial(outbox.put, MESSAGE), pids)


async def main() -> None:
    """Measure what the command line requests."""
    parser = argparse.ArgumentParser(description="the outbox and its group commit")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--postgres", metavar="CONNINFO")
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    if arguments.large:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            await measure_large("sqlite", lambda name: Outbox(Path(folder, f"{name}.db")))
        if arguments.postgres:
            await measure_large(
                "postgres",
                lambda name: PostgresOutbox(in_schema(arguments.postgres, name)),
                arguments.postgres,
            )
        return
    print(f"the disk alone: {fsyncs(arguments.folder):8.0f} writes with fsync/s")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        await measure("sqlite", Outbox(Path(folder, "outbox.db")))
    if arguments.postgres:
        await measure("postgres", PostgresOutbox(arguments.postgres))


if __name__ == "__main__":
    asyncio.run(main())

"""A process that forks outbox workers and `smsc bulk`, and kills them at a random point.

Rule: this process runs no loop and no thread, so forking it is safe and a worker starts within
milliseconds. Standard input has one JSON array a line, with an object for each worker to run side
by side; when all of them have ended, a line on standard output reports their puts and exit codes.

    [{"database": …, "url": …, "seconds": 0.05, "prefix": "kill 7", "puts": 20}, …]

A worker puts *puts* messages while it sends, and reports each put that returned. It is killed after
*seconds*; None lets it work until the outbox is empty. Further members: "signal", else kill -9;
"rate", the messages a second; "file", for `smsc bulk` of a file instead of a worker.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg  # noqa: F401 - imported once, since it takes longer than a worker runs

from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.cli import main as smsc
from smsc_async.outbox import Outbox, PostgresOutbox

if TYPE_CHECKING:
    from smsc_async.outbox.base import BaseOutbox

CONCURRENCY = 5
STOPPED = 15
"""Exit code of a worker that SIGTERM has stopped."""


def open_outbox(database: str) -> BaseOutbox:
    """Return the outbox in a file, or in PostgreSQL where a conninfo is given."""
    return PostgresOutbox(database) if database.startswith("host=") else Outbox(database)


async def work(order: dict[str, Any], reports: int) -> None:
    """Put and send until the outbox is empty or the process is killed."""
    # The repeat rule would hold equal texts for a minute, the flood rule those to one subscriber.
    limits = GatewayLimits(
        repeat_window=None, flood_length=None, flood_gap=None, rate=order.get("rate")
    )
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with (
        open_outbox(order["database"]) as outbox,
        SmscClient(order["url"], limits=limits) as smsc,
    ):

        async def put(number: int) -> None:
            """Put a message, and report it when it is on disk."""
            text = f"{order['prefix']} message {number}"
            await outbox.put(Sms(to="79991234567", text=text), key=text)
            os.write(reports, f"{text}\n".encode())

        is_last = order["seconds"] is None
        sending = outbox.run(smsc, concurrency=CONCURRENCY, stop_when_empty=is_last)
        await asyncio.gather(sending, *(put(number) for number in range(order["puts"])))


def fork_worker(order: dict[str, Any], reports: int) -> int:
    """Fork a worker; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        if "file" in order:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(smsc(["bulk", order["file"], "--url", order["url"]]))
        asyncio.run(work(order, reports))
        os._exit(0)
    except asyncio.CancelledError:
        os._exit(STOPPED)
    except BaseException as error:  # noqa: BLE001 - the child must not return into the loop of its parent
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(1)


def run_workers(orders: list[dict[str, Any]]) -> dict[str, Any]:
    """Run workers side by side and kill each after its seconds."""
    reads, writes = os.pipe()
    began = time.monotonic()
    pids, signals = {}, {}
    for order in orders:
        pid = fork_worker(order, writes)
        pids[pid], signals[pid] = order["seconds"], order.get("signal", signal.SIGKILL)
    os.close(writes)
    codes = []
    for pid, seconds in sorted(pids.items(), key=lambda item: item[1] or 1e9):
        if seconds is not None:
            time.sleep(max(0.0, began + seconds - time.monotonic()))
            os.kill(pid, signals[pid])
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    with os.fdopen(reads, encoding="utf-8") as pipe:
        return {"codes": codes, "put": pipe.read().splitlines()}


def main() -> None:
    """Run the workers of each line until standard input ends."""
    import smsc_async.cli.bulk  # noqa: PLC0415 - takes longer than a worker runs
    import smsc_async.cli.run  # noqa: F401, PLC0415

    for line in sys.stdin:
        print(json.dumps(run_workers(json.loads(line))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()

"""Probes of stalls: the longest iteration of the event loop while many callers wait at once.

    PYTHONPATH=.:benchmarks python benchmarks/probe_stalls.py held PORT --count 8000 --hold 8
    PYTHONPATH=.:benchmarks python benchmarks/probe_stalls.py throttled PORT --count 4000
    PYTHONPATH=.:benchmarks python benchmarks/probe_stalls.py bare PORT --count 8000

Rule: a stall is processor time of the loop's thread in one iteration, so that other processes of
the machine don't count. `bare` is what asyncio alone takes: as many tasks, whose futures are all
completed in one iteration.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from typing import TYPE_CHECKING, Any

from ours import message

from smsc_async import GatewayLimits, Hold, SmscClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AT_ONCE = 200  # callers that start in one iteration: starting them isn't what is measured
LONGEST = 100.0  # seconds a caller waits


class TimedLoop(asyncio.SelectorEventLoop):
    """An event loop that knows its longest iteration, in seconds of processor time."""

    longest = 0.0

    def _run_once(self) -> None:
        began = time.thread_time()
        super()._run_once()  # type: ignore[misc]  # private, in every Python since 3.4
        self.longest = max(self.longest, time.thread_time() - began)


async def callers(call: Callable[[int], Awaitable[object]], count: int) -> list[asyncio.Task[Any]]:
    """Start callers, some in each iteration."""

    async def one(number: int) -> None:
        await call(number)

    tasks = []
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        tasks += [asyncio.create_task(one(number)) for number in numbers]
        await asyncio.sleep(0)
    return tasks


async def bare(loop: TimedLoop, _port: int, asked: argparse.Namespace) -> dict[str, int]:
    """Complete the futures of all callers in one iteration."""
    futures = [loop.create_future() for _ in range(asked.count)]
    tasks = await callers(futures.__getitem__, asked.count)
    await restart(loop)
    for future in futures:
        future.set_result(None)
    await asyncio.gather(*tasks)
    return {"completed": asked.count}


async def held(loop: TimedLoop, port: int, asked: argparse.Namespace) -> dict[str, int]:
    """Let the repeat rule hold all callers until the same moment, or nearly."""
    limits = GatewayLimits(
        repeat_window=asked.hold, flood_length=None, flood_gap=None, rate=None, margin=0.0
    )
    url = f"smpp://bench:secret@127.0.0.1:{port}?window=1000"
    async with SmscClient(url, limits=limits) as smsc:
        messages = [message(number) for number in range(asked.count)]
        async for _ in smsc.send_many(messages):
            pass
        hold = Hold.wait(at_most=LONGEST)
        tasks = await callers(lambda number: smsc.send(messages[number], hold=hold), asked.count)
        await asyncio.sleep(0.01)
        waiting = sum(not task.done() for task in tasks)
        await restart(loop)
        await asyncio.gather(*tasks)
    return {"waiting": waiting, "completed": len(tasks)}


async def throttled(loop: TimedLoop, port: int, asked: argparse.Namespace) -> dict[str, int]:
    """Let the gateway refuse a whole window with ESME_RTHROTTLED at once, then accept it."""
    url = f"smpp://bench:secret@127.0.0.1:{port}?window={asked.count}"
    async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
        tasks = await callers(lambda number: smsc.send(message(number)), asked.count)
        await restart(loop)
        done, waiting = await asyncio.wait(tasks, timeout=asked.seconds)
        for task in waiting:
            task.cancel()
    return {"completed": len(done)}


async def restart(loop: TimedLoop) -> None:
    """Forget the iterations until now, and the garbage of the start."""
    gc.collect()
    await asyncio.sleep(0)
    loop.longest = 0.0


PROBES = {"bare": bare, "held": held, "throttled": throttled}


async def main(asked: argparse.Namespace) -> None:
    """Run the probe and print its figures."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TimedLoop)
    figures = await PROBES[asked.what](loop, asked.port, asked)
    print(json.dumps({"what": asked.what, "count": asked.count, "stall": loop.longest} | figures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=PROBES)
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--hold", type=float, default=8.0, help="seconds of the repeat rule")
    parser.add_argument("--seconds", type=float, default=20.0, help="of `throttled`, at most")
    with asyncio.Runner(loop_factory=TimedLoop) as runner:
        runner.run(main(parser.parse_args()))

"""Driver of our client: `send`, `send_many`, receipts, or a send and its receipt.

    PYTHONPATH=.:benchmarks python benchmarks/peers/drive_ours.py PORT [--way send_many] [--uvloop]

Rule: written as a user would write it, with the public API alone.
"""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

from measuring import WARM_UP, Clock, Figures, arguments, measure, start
from ours import NOTE, client, message

from smsc_async import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async import Sms, SmscClient

OPTIONS = arguments(__doc__)
OPTIONS.add_argument(
    "--way", choices=("send", "send_many", "receipts", "confirmed"), default="send"
)
OPTIONS.add_argument("--uvloop", action="store_true")
OPTIONS.add_argument("--binds", type=int, default=1)
ASKED = OPTIONS.parse_args()
TIMED = 61  # send_many: the latency of one in 61 messages is recorded, since that costs time


async def send_many(smsc: SmscClient, clock: Clock) -> Figures:
    """Measure one long run of send_many."""
    numbers = count()
    called: dict[int, float] = {}  # by id(): a hash would take time

    def messages(many: int) -> Iterator[Sms]:
        """Yield messages until the count is reached or the time is over."""
        end = time.perf_counter() + ASKED.seconds
        for number in range(many):
            made = message(next(numbers))
            if not number % TIMED:
                called[id(made)] = now = time.perf_counter()
                if now > end:
                    return
            yield made

    async def run(many: int) -> int:
        """Send them and return how many were accepted."""
        accepted = 0
        async for outcome in smsc.send_many(messages(many)):
            accepted += isinstance(outcome, Submission)
            if called and (began := called.pop(id(outcome.message), None)) is not None:
                clock.latencies.append(time.perf_counter() - began)
        return accepted

    await run(WARM_UP)
    clock.restart()
    return clock.figures(await run(ASKED.count))


async def receipts(smsc: SmscClient, clock: Clock) -> Figures:
    """Measure the receipts of a sink started with --push; *count* is their number."""
    taken = 0
    async for _ in smsc.receipts():
        taken += 1
        if taken == WARM_UP:
            clock.restart()
        elif taken == ASKED.count:
            break
    return clock.figures(ASKED.count - WARM_UP)


async def confirmed(smsc: SmscClient, number: int) -> None:
    """Send one message to a sink started with --receipts, and await its receipt."""
    sent = await smsc.send(message(number))
    await sent.receipt(timeout=10)


async def main() -> None:
    """Measure as the options say and print the figures."""
    peer = "ours " + ASKED.way + (" uvloop" if ASKED.uvloop else "")
    window = ASKED.window // ASKED.binds or 1
    url = f"smpp://bench:secret@127.0.0.1:{ASKED.port}?window={window}&binds={ASKED.binds}"
    async with client(url) as smsc:
        clock = Clock(peer, ASKED.window, NOTE)
        if ASKED.way == "send_many":
            figures = await send_many(smsc, clock)
        elif ASKED.way == "receipts":
            figures = await receipts(smsc, clock)
        elif ASKED.way == "confirmed":
            figures = await measure(lambda number: confirmed(smsc, number), clock, ASKED)
        else:
            figures = await measure(lambda number: smsc.send(message(number)), clock, ASKED)
    figures.show()


if __name__ == "__main__":
    start(main, uvloop=ASKED.uvloop)

"""Driver of aiosmpplib (Python, asyncio).

    PYTHONPATH=benchmarks python benchmarks/peers/drive_aiosmpplib.py PORT [--window N] [--rate N]

Rule: aiosmpplib has a queue and a hook instead of a call that returns. So the driver queues a
message under a name and awaits until the hook is called with a response of that name.
"""

from __future__ import annotations

import asyncio
import logging

from aiosmpplib import ESME, NPI, TON, PhoneNumber, SubmitSm, SubmitSmResp
from aiosmpplib.hook import AbstractHook
from measuring import LOGIN, PASSWORD, SENDER, TEXT, Clock, arguments, measure, recipient, start

ASKED = arguments(__doc__).parse_args()


class Responses(AbstractHook):  # type: ignore[misc]  # it is untyped
    """Hook that completes the futures of responses."""

    def __init__(self) -> None:
        self.awaited: dict[str, asyncio.Future[None]] = {}

    async def sending(self, *_: object) -> None:
        """Nothing is to be done."""

    async def received(self, smpp_message: object, *_: object) -> None:
        """Take a response."""
        if isinstance(smpp_message, SubmitSmResp):
            future = self.awaited.pop(smpp_message.log_id, None)
            if future is not None and not future.done():
                future.set_result(None)

    async def send_error(self, *_: object) -> None:
        """Do nothing; the run ends by its timeout."""


async def main() -> None:
    """Measure as the options say and print the figures."""
    hook = Responses()
    esme = ESME("127.0.0.1", ASKED.port, LOGIN, PASSWORD, hook=hook, log_level=logging.ERROR)
    running = asyncio.create_task(esme.start())
    source, loop = PhoneNumber(SENDER, TON.ALPHANUMERIC, NPI.UNKNOWN), asyncio.get_running_loop()

    async def send(number: int) -> None:
        """Send one message and wait for its response."""
        future = hook.awaited[str(number)] = loop.create_future()
        await esme.broker.enqueue(
            SubmitSm(
                short_message=TEXT,
                source=source,
                destination=PhoneNumber(recipient(number), TON.INTERNATIONAL, NPI.ISDN),
                registered_delivery=0,
                log_id=str(number),
            )
        )
        await future

    (await measure(send, Clock("aiosmpplib", ASKED.window), ASKED)).show()
    running.cancel()


if __name__ == "__main__":
    start(main)

"""One worker of several: sends through a gateway without a pause until its input ends.

    python sending_worker.py GATEWAY_URL REDIS_URL ACCOUNT RATE NUMBER

It prints "ready" when it is bound, and begins when it reads a line. At the end it prints the times
for which its messages were admitted: a clock that all processes have in common.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from typing import TYPE_CHECKING

from smsc_async import GatewayLimits, RedisRuleStore, Sms, SmscClient
from smsc_async.rules.verdict import Admitted

if TYPE_CHECKING:
    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Verdict

AT_ONCE = 60
"""Messages that wait at a time: more than the account sends in a second."""


class RecordingStore(RedisRuleStore):
    """Records for when it admits messages."""

    times: list[float]

    async def apply(self, step: Step) -> Verdict:
        """Decide, and record."""
        verdict = await super().apply(step)
        if isinstance(verdict, Admitted):
            self.times.append(verdict.not_before)
        return verdict


async def main() -> None:
    """Send to a new number each time."""
    gateway, redis, account, rate, number = sys.argv[1:]
    store = RecordingStore(redis, account=account, budget=1.0, probe_every=0.2)
    store.times = []
    numbers = count(int(number) * 1_000_000)

    async def send_on(smsc: SmscClient) -> None:
        """Send one after the other."""
        while True:
            await smsc.send(Sms(to=f"7916{next(numbers):07d}", text="Hi"))

    async with SmscClient(gateway, limits=GatewayLimits(rate=float(rate)), store=store) as smsc:
        print("ready", flush=True)  # noqa: T201 - read by the test
        await asyncio.to_thread(sys.stdin.readline)
        sending = [asyncio.create_task(send_on(smsc)) for _ in range(AT_ONCE)]
        await asyncio.to_thread(sys.stdin.readline)
        for task in sending:
            task.cancel()
        await asyncio.wait(sending)
        await smsc.aclose(timeout=0.0)
    await store.aclose()
    print(*store.times)  # noqa: T201 - as above


if __name__ == "__main__":
    asyncio.run(main())

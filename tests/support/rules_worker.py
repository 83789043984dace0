"""One worker of several: asks a shared store for messages and prints how many are admitted.

    python rules_worker.py URL ACCOUNT same|different NUMBER CLOCK_OFFSET

It waits for a line on its standard input, so that all workers start together.
"""

from __future__ import annotations

import asyncio
import sys
import time

from smsc_async import GatewayLimits, RedisRuleStore, Sms
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted

MESSAGES = 50


async def main() -> None:
    """Ask for all messages at once."""
    url, account, kind, number, offset = sys.argv[1:]
    store = RedisRuleStore(
        url,
        account=account,
        budget=20.0,  # speed isn't measured here
        clock=lambda: time.monotonic() + float(offset),
    )
    engine = RuleEngine(GatewayLimits(), key=store.key)
    texts = ["Hi" if kind == "same" else f"Hi {number} {index}" for index in range(MESSAGES)]
    steps = [engine.step(Sms(to="79991234567", text=text), 1, text) for text in texts]
    print("ready", flush=True)  # noqa: T201 - read by the test
    sys.stdin.readline()
    verdicts = await asyncio.gather(*map(store.apply, steps))
    assert not store.health().is_degraded
    await store.aclose()
    print(sum(isinstance(verdict, Admitted) for verdict in verdicts))  # noqa: T201 - as above


if __name__ == "__main__":
    asyncio.run(main())

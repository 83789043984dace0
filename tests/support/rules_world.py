"""An account with one rule store or several, and a time that is moved."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING

from smsc_async import GatewayLimits, RedisRuleStore, Sms
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Verdict
    from smsc_async.stores import RuleStore

ACCOUNTS = count()
TO = "79991234567"


def new_account() -> str:
    """Return the name of an account that no test has used."""
    return f"test-{next(ACCOUNTS)}"


async def decide(store: RuleStore, step: Step) -> Verdict:
    """Ask a store as a client does: `apply_now` first, `apply` where that doesn't decide."""
    verdict = store.apply_now(step, store.now())
    if verdict is None:
        return await store.apply(step)
    if isinstance(verdict, float):
        return Admitted(verdict, verdict, step[0].interval)
    return verdict


def give_back_turns(store: RuleStore, admitted: Admitted, parts: int = 1) -> None:
    """Give back the turn of each part, the latest first, as a client does."""
    for index in reversed(range(parts)):
        store.give_back_turn(admitted.not_before + index * admitted.interval, admitted.interval)


def most_in_a_second(times: list[float]) -> int:
    """Return the largest number of times within one second."""
    times, first, most = sorted(times), 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= 1.0 - 1e-6:  # they are sums of intervals
            first += 1
        most = max(most, last - first + 1)
    return most


async def shared_again(*stores: RedisRuleStore) -> None:
    """Wait until all workers share the rules again."""
    async with asyncio.timeout(60):
        while any(
            s.health().is_degraded or s._workers.interval_factor(s.now()) > 1 for s in stores
        ):
            for store in stores:
                if not store.health().is_degraded:
                    store._batcher.beat()
            await asyncio.sleep(0.01)


class World:
    """An account's workers and their time. Workers are asked by turns.

    Args:
        make: Makes a worker's store, with the clock that it is given.
        workers: How many there are.
    """

    def __init__(self, make: Callable[[Callable[[], float]], RuleStore], workers: int = 1) -> None:
        self.moved = 0.0
        self.stores = [make(self._clock(31.0 * number)) for number in range(workers)]
        self.move(0.0)
        self.turn = count()
        self.asked = self.stores[0]  # the store that was asked last
        self.use(GatewayLimits(rate=None))

    def _clock(self, ahead: float) -> Callable[[], float]:
        """Make the clock of a worker that is ahead of the others."""
        return lambda: 1000.0 + ahead + self.moved

    def use(self, limits: GatewayLimits) -> None:
        """Use these limits from now on."""
        self.engine = RuleEngine(limits, key=self.stores[0].key)

    def move(self, seconds: float) -> None:
        """Let time pass, here and at the server."""
        self.moved += seconds
        for store in self.stores:
            if isinstance(store, RedisRuleStore):
                store._script.frozen_at = round((1e9 + self.moved) * 1e6)

    def step(
        self, text: str = "Hi", *, to: str = TO, parts: int = 1, token: float | str | None = None
    ) -> Step:
        """Make the step of a message."""
        return self.engine.step(Sms(to=to, text=text), parts, text, token)

    async def ask(self, step: Step) -> tuple[Verdict, float]:
        """Ask the next worker; return its verdict and the time of asking."""
        self.asked = self.stores[next(self.turn) % len(self.stores)]
        return await decide(self.asked, step), self.asked.now()

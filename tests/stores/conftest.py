"""The stores under one roof: each world has a store or two, and a time that is moved."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

import pytest
from redis_server import RedisServer

from smsc_async import GatewayLimits, MemoryRuleStore, RedisRuleStore, Sms
from smsc_async.gateway.rulebook import Rulebook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from smsc_async.gateway.rulebook import Step
    from smsc_async.gateway.verdict import Admitted, Verdict
    from smsc_async.stores import RuleStore

ACCOUNTS = count()
TO = "79991234567"


class World:
    """An account's workers and their time. Whoever asks next is the next worker.

    Args:
        limits: Of the gateway.
        make: Makes a worker's store, which goes by the clock that it is given.
        workers: How many there are.
    """

    def __init__(
        self, make: Callable[[Callable[[], float]], RuleStore], workers: int = 1
    ) -> None:
        self.moved = 0.0
        began = time.monotonic()
        # The server's time goes on, and the workers' with it.
        self.stores = [make(self._clock(began, 31.0 * number)) for number in range(workers)]
        self.turn = count()
        self.admitted_by: dict[Admitted, RuleStore] = {}
        self.use(GatewayLimits(rate=None))

    def _clock(self, began: float, ahead: float) -> Callable[[], float]:
        """Make the clock of a worker that is ahead of the others."""
        return lambda: time.monotonic() - began + 1000.0 + ahead + self.moved

    def use(self, limits: GatewayLimits) -> None:
        """Go by these limits from now on."""
        self.rulebook = Rulebook(limits, key=self.stores[0].key)

    def move(self, seconds: float) -> None:
        """Let time pass, here and at the server."""
        self.moved += seconds
        for store in self.stores:
            if isinstance(store, RedisRuleStore):
                store._offset = round(self.moved * 1e6)

    def step(
        self, text: str = "Hi", *, to: str = TO, parts: int = 1, token: int | str | None = None
    ) -> Step:
        """Make the question of a message."""
        return self.rulebook.step(Sms(to=to, text=text), parts, token=token)

    async def ask(self, step: Step) -> tuple[Verdict, float]:
        """Ask the next worker; return its verdict and the instant of asking."""
        store = self.stores[next(self.turn) % len(self.stores)]
        now = store.now()
        return await store.apply(step), now

    async def settle(self) -> None:
        """Wait until all workers have told what they had to."""
        for store in self.stores:
            await store.flush()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for all tests that leave it in peace; each account is used once."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that a test may freeze and kill."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()


def new_account() -> str:
    """Name an account that nobody has used."""
    return f"test-{next(ACCOUNTS)}"


@pytest.fixture(params=["memory", "redis", "redis, two workers"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A store of each kind; what is said of one is said of all."""
    if request.param == "memory":
        world = World(MemoryRuleStore)
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        account = new_account()
        world = World(
            lambda clock: RedisRuleStore(
                server.url, account=account, secret="s", clock=clock, budget=5.0
            ),
            workers=2 if "two" in request.param else 1,
        )
    yield world
    for store in world.stores:
        await store.aclose()

"""A server that answers, but has lost its state: the rate holds, and one warning says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import redis.asyncio
from rules_world import TO, World, give_back_turns, most_in_a_second, new_account, shared_again

from smsc_async import GatewayLimits, RedisRuleStore
from smsc_async.rules.verdict import Admitted, Held
from smsc_async.stores._redis_workers import HEARTBEAT, WORKER_TTL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from redis_server import RedisServer

    from smsc_async.rules.verdict import Verdict

RATE = 40
PAUSE = 2 * HEARTBEAT + 0.01  # roundings of clocks
LOSSES = ["FLUSHALL", "the key of the rate is deleted", "an old snapshot", "an empty restart"]
pytestmark = pytest.mark.takes_up_to(10, reason="a server is killed and started again")


class Account(World):
    """Two workers that know of each other; time stands still until it is moved."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.account = account = new_account()
        self.shared: list[RedisRuleStore] = []
        self.numbers = iter(range(10_000))

        def make(clock: Callable[[], float]) -> RedisRuleStore:
            """Make a worker."""
            store = RedisRuleStore(
                server.url, account=account, clock=clock, budget=5.0, probe_every=0.02
            )
            self.shared.append(store)
            return store

        super().__init__(make, workers=2)
        self.use(GatewayLimits(rate=RATE))

    async def beat(self) -> None:
        """Let each worker call the server twice, as it does a few times a second."""
        for store in self.shared * 2:
            if not store.health().is_degraded:
                store._batcher.beat()
                await store.flush()

    async def burst(self, count: int, *stores: RedisRuleStore) -> list[float]:
        """Ask for messages to numbers of their own; return their turns, as seconds from the start.

        After a loss it takes a pause, in which both workers call the server.
        """
        asked = [store for store in stores or self.shared for _ in range(count)]
        steps = [self.step(to=f"7916{next(self.numbers):07d}") for _ in asked]
        asking = asyncio.gather(
            *(store.apply(step) for store, step in zip(asked, steps, strict=True))
        )
        await asyncio.sleep(0)
        for store in self.shared:
            await store.flush()
        if self.is_paused():
            await self.beat()
            self.move(PAUSE)
            for store in self.shared:
                store._fallback.resume()
        verdicts = await asking
        assert all(isinstance(verdict, Admitted) for verdict in verdicts)
        return [
            verdict.not_before - store.now() + self.moved
            for store, verdict in zip(asked, verdicts, strict=True)
            if isinstance(verdict, Admitted)
        ]

    def is_paused(self) -> bool:
        """Whether a worker has learned that no turns are assigned."""
        return any(store._turns.paused_until > store.now() for store in self.shared)

    async def lose(self, kind: str) -> None:
        """Let the server lose its state, or a part of it."""
        prefix = self.shared[0]._script.prefix
        async with redis.asyncio.Redis.from_url(self.server.url) as client:
            if kind == "FLUSHALL":
                await client.flushall()
            elif kind == "an old snapshot":
                await client.set(f"{prefix}rate", round((1e9 + self.moved) * 1e6))
            elif kind == "an empty restart":
                self.server.kill()
                await asyncio.to_thread(self.server.start)
            else:
                await client.delete(f"{prefix}rate")
        if kind == "an empty restart":
            await self.beat()
            await shared_again(*self.shared)


@pytest.fixture
async def account(own_server: RedisServer) -> AsyncIterator[Account]:
    """Two workers of an account, on a server of their own."""
    account = Account(own_server)
    await account.beat()
    yield account
    for store in account.shared:
        await store.aclose()


def lines(caplog: pytest.LogCaptureFixture) -> int:
    """Return how many warnings say that state was lost."""
    return sum("has lost its state" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("kind", LOSSES)
async def test_rate_holds_after_the_server_has_lost_its_state(account: Account, kind: str) -> None:
    """Two workers hold 120 turns; the next ones were assigned from now on: 80 of 40 a second."""
    turns = await account.burst(60)
    await account.beat()
    await account.lose(kind)
    turns += await account.burst(60)

    assert 240 == len(turns)
    assert RATE * 0.9 <= most_in_a_second(turns) <= RATE


async def test_worker_without_a_turn_goes_on_behind_those_of_others(account: Account) -> None:
    """Its last answer is a heartbeat old, and says until when the account's turns are assigned."""
    first, second = account.shared
    turns = await account.burst(60, first)
    await account.beat()
    await account.lose("FLUSHALL")
    turns += await account.burst(60, second)

    assert most_in_a_second(turns) <= RATE


@pytest.mark.parametrize("kind", LOSSES[:3])
async def test_turns_of_others_that_a_worker_has_not_seen_are_not_assigned_again(
    account: Account, kind: str
) -> None:
    """The first to call after the loss was assigned turns that the other one held: 76 of 40."""
    first, second = account.shared
    turns = await account.burst(60, first)
    turns += await account.burst(60, second)
    await account.lose(kind)
    turns += await account.burst(100, first)
    turns += await account.burst(100, second)

    assert RATE * 0.9 <= most_in_a_second(turns) <= RATE


async def test_pause_after_a_loss_ends(account: Account) -> None:
    """Two heartbeats long; a message that was asked for meanwhile is admitted then, once."""
    first, second = account.shared
    await account.burst(60, first)
    await account.lose("FLUSHALL")
    steps = [account.step(to=f"7918{number:07d}") for number in range(6)]
    asked = [asyncio.create_task(first.apply(step)) for step in steps[:3]]
    await asyncio.wait(asked, timeout=0.05)
    assert account.is_paused()
    asked += [asyncio.create_task(second.apply(step)) for step in steps[3:]]
    asked[1].cancel()
    await asyncio.wait(asked[2:], timeout=0.05)
    assert [1] == [number for number, task in enumerate(asked) if task.done()]

    account.move(PAUSE)
    await account.beat()
    verdicts = await asyncio.gather(*asked, return_exceptions=True)

    assert not account.is_paused()
    assert 5 == sum(isinstance(verdict, Admitted) for verdict in verdicts)
    for step in (*steps[:1], *steps[2:]):
        assert isinstance(await first.apply(step), Held)
    assert isinstance(await first.apply(steps[1]), Admitted)


async def test_worker_that_finds_the_loss_later_does_not_prolong_the_pause(
    account: Account,
) -> None:
    """Ten workers, one after the other, would stop the account for seconds."""
    first, second = account.shared
    await account.burst(60, first)
    await account.lose("FLUSHALL")
    asked: list[asyncio.Task[Verdict]] = []
    for store, left in ((first, 0.5), (second, 0.2)):
        asked.append(asyncio.create_task(store.apply(account.step(to=f"7918{len(asked):07d}"))))
        await asyncio.wait(asked, timeout=0.05)
        assert pytest.approx(left, abs=0.002) == store._turns.paused_until - store.now()
        account.move(0.3)
    await account.beat()

    assert all(isinstance(verdict, Admitted) for verdict in await asyncio.gather(*asked))


@pytest.mark.parametrize("kind", LOSSES)
async def test_each_loss_is_logged_once_by_each_worker(
    account: Account, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """However many calls follow; the next loss is another event."""
    for times in (1, 2):
        await account.burst(60)
        await account.beat()
        await account.lose(kind)
        await account.burst(1)
        await account.beat()
        await account.burst(1)
        # The worker that comes second finds the rate as the first has restored it.
        assert times <= lines(caplog) <= 2 * times


async def test_loss_without_a_turn_is_logged_too(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """The messages of the last minute are lost: others may be repeated."""
    await account.lose("FLUSHALL")
    await account.beat()

    assert 2 == lines(caplog)


@pytest.mark.parametrize("kind", ["FLUSHALL", "an empty restart"])
async def test_worker_holds_repeats_of_its_own_after_a_loss(account: Account, kind: str) -> None:
    """It needs no server for what it has sent itself, neither for repeats nor for streaks."""
    store = account.shared[0]
    sent = account.step("Hi", to="79160000000")
    assert isinstance(await store.apply(sent), Admitted)
    for number in range(50):
        assert isinstance(await store.apply(account.step(f"{number}")), Admitted)
    await account.lose(kind)

    assert isinstance(await store.apply(sent), Held)
    held = await store.apply(account.step("the 51st", to=TO))
    assert isinstance(held, Held)
    assert "flood" == held.rule
    account.move(62.0)
    assert isinstance(await store.apply(sent), Admitted)


async def test_returned_turns_are_no_loss(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """The account's free time goes back when turns at its end are given back."""
    first = account.shared[0]
    step = account.step(to="79180000001")
    await account.burst(20)
    given = []
    for number in range(20):
        store = account.shared[number % 2]
        given.append((store, await store.apply(account.step(to=f"7917{number:07d}"))))
    for store, verdict in reversed(given):
        assert isinstance(verdict, Admitted)
        give_back_turns(store, verdict)
    await account.beat()
    verdict = await first.apply(step)

    assert isinstance(verdict, Admitted)
    assert not lines(caplog)
    assert pytest.approx(40 * 1.05 / RATE, abs=0.001) == verdict.not_before - first.now()


async def test_worker_that_leaves_or_is_forgotten_has_lost_nothing(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """The server counts it as a new one when it comes back, and that is all."""
    store = account.shared[0]
    store.attach()
    await store.flush()
    store.detach()
    await store.flush()
    await account.beat()
    account.move(WORKER_TTL + 1)
    await account.beat()

    assert not lines(caplog)


async def test_clock_that_is_set_back_stops_nothing(account: Account) -> None:
    """A replica that takes over may have another clock: turns of the old one mean nothing there."""
    await account.burst(60)
    for store in account.shared:
        store._script.frozen_at = round((1e9 - 3600) * 1e6)
    await account.lose("FLUSHALL")

    assert max(await account.burst(1)) < 1.0

"""Other turns for messages that have missed theirs, and the time of a turn on another clock."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from idle_clock import pass_time
from rules_world import World, give_back_turns, most_in_a_second, new_account
from scripted import Gateway, until

from smsc_async import GatewayLimits, RedisRuleStore, Sms, SmscClient
from smsc_async.rules.verdict import Admitted, Held
from smsc_async.stores import RuleStore
from smsc_async.stores._redis_turns import DRIFT, AccountTurns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis_server import RedisServer

    from smsc_async.rules.engine import Step
    from smsc_async.stores._redis_script import Answer, ScriptCall

RATE = 40
INTERVAL = 1.05 / RATE
pytestmark = pytest.mark.takes_up_to(10, reason="messages are written at a rate of 40 a second")


@pytest.fixture
async def world(redis_server: RedisServer) -> AsyncIterator[World]:
    """Two workers of an account whose time is moved."""
    account = new_account()
    world = World(
        lambda clock: RedisRuleStore(redis_server.url, account=account, clock=clock, budget=5.0),
        workers=2,
    )
    world.use(GatewayLimits(rate=RATE))
    yield world
    for store in world.stores:
        await store.aclose()


def number(index: int) -> str:
    """Return a subscriber of its own."""
    return f"7916{index:07d}"


async def test_turns_that_are_taken_anew_are_no_ones_else(world: World) -> None:
    """Both workers catch up on a second, while new messages are admitted."""
    steps = [world.step(to=number(n)) for n in range(40)]
    admitted = [await world.stores[n % 2].apply(step) for n, step in enumerate(steps)]
    world.move(10.0)
    times = []
    for n, (step, verdict) in enumerate(zip(steps, admitted, strict=True)):
        store = world.stores[n % 2]
        assert isinstance(verdict, Admitted)
        moved = await store.take_turn(step, verdict)
        new = await store.apply(world.step(to=number(1000 + n)))
        assert isinstance(new, Admitted)
        assert moved.token == verdict.token
        times += [moved.not_before - store.now(), new.not_before - store.now()]

    assert 80 == len(times)
    assert all(at >= -1e-6 for at in times)
    assert RATE >= most_in_a_second(times)


async def test_message_counts_from_its_new_turn(world: World) -> None:
    """For all workers: a repeat is held for a minute from then on, and given back it isn't."""
    first, second = world.stores
    step = world.step(to=number(1))
    verdict = await first.apply(step)
    assert isinstance(verdict, Admitted)
    world.move(30.0)
    moved = await first.take_turn(step, verdict)
    world.move(32.0)

    assert isinstance(await second.apply(step), Held)
    assert isinstance(await first.apply(step), Held)
    first.release(step, moved)
    await first.flush()
    assert isinstance(await second.apply(step), Admitted)


async def test_cancelled_wait_gives_the_turn_back_and_keeps_the_message(world: World) -> None:
    """Whether the call was in flight or not: it stays reserved, since it may be written."""
    first, second = world.stores
    step = world.step(to=number(1))
    verdict = await first.apply(step)
    assert isinstance(verdict, Admitted)
    world.move(30.0)
    for turns in range(12):
        taking = asyncio.create_task(first.take_turn(step, verdict))
        for _ in range(turns):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait([taking])
        if not taking.cancelled():
            give_back_turns(first, taking.result())
    await first.flush()

    assert isinstance(await second.apply(step), Held)
    new = await second.apply(world.step(to=number(2)))
    assert isinstance(new, Admitted)
    assert new.not_before - second.now() <= INTERVAL + 1e-5  # microseconds are rounded up


@pytest.mark.parametrize("on_failure", ["open", "closed"])
async def test_turn_without_the_server_is_one_of_the_share(on_failure: str) -> None:
    """Also where nothing new is admitted then: this message was admitted before."""
    store = RedisRuleStore(
        "redis://127.0.0.1:1",
        account=new_account(),
        workers=4,
        on_failure=on_failure,  # type: ignore[arg-type]
    )
    world = World(lambda _clock: store)
    world.use(GatewayLimits(rate=RATE))
    verdict = Admitted("t", store.now() - 5.0, INTERVAL)
    moved = [await store.take_turn(world.step(to=number(n)), verdict) for n in range(3)]

    gaps = [after.not_before - at.not_before for at, after in pairwise(moved)]
    assert [pytest.approx(4 * INTERVAL)] * 2 == gaps
    await store.aclose()


async def test_store_of_a_program_postpones_by_default() -> None:
    """A store that shares a rate and knows no turns records that the message is due now."""

    class Simple(RuleStore):
        """A store that admits everything."""

        key = None
        shares_rate = True

        def now(self) -> float:
            """Return the time."""
            return 50.0

        async def apply(self, _step: object) -> Admitted:
            """Admit."""
            return Admitted("t", 50.0)

        def release(self, step: object, admitted: Admitted) -> None:
            """Keep it."""

        def postpone(self, _step: object, admitted: Admitted, index: int = 0) -> Admitted:
            """Count from now on."""
            return admitted.postponed(50.0, index)

    step = World(lambda clock: RedisRuleStore("redis://127.0.0.1:1", clock=clock)).step()

    assert Admitted("t", 50.0) == await Simple().take_turn(step, Admitted("t", 1.0))


# --- the time of a turn ---


def test_late_answer_does_not_move_turns() -> None:
    """The loop was held up for two seconds while the answer was there: its turns are over."""
    turns = AccountTurns()
    for at in (100.0, 101.0):
        turns.called_at = at
        assert at + 0.002 == pytest.approx(turns.on_answer(round(at * 1e6) + 1000, 0, at + 0.002))
    turns.called_at = 102.0

    assert pytest.approx(102.002, abs=5 * DRIFT) == turns.on_answer(102_001_000, 0, 104.0)


@pytest.mark.parametrize("step", [-3600, -1, 1, 3600])
def test_clock_that_is_set_moves_turns_by_a_call_at_most(step: int) -> None:
    """The script ran after the call and before the answer, whatever the server's clock says."""
    turns = AccountTurns()
    turns.on_answer(100_000_000, 0, 100.0)
    turns.called_at = 101.0

    assert 101.0 <= turns.on_answer((101 + step) * 1_000_000, 0, 101.2) <= 101.2


# --- whole clients ---


class LoopStore(RedisRuleStore):
    """A worker's store whose clocks, the server's included, are the loop's: they jump with it.

    Attributes:
        taken: The turns that were taken anew.
    """

    def __init__(self, url: str, account: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.taken: list[float] = []
        super().__init__(url, account=account, budget=5.0, clock=self.loop.time)
        self._run = self._script.run
        self._batcher._run = self.run

    async def run(self, calls: list[ScriptCall]) -> Answer:
        """Run the script at the loop's time."""
        self._script.frozen_at = round((1e9 + self.loop.time()) * 1e6)
        return await self._run(calls)

    async def take_turn(self, step: Step, admitted: Admitted) -> Admitted:
        """Record it."""
        moved = await super().take_turn(step, admitted)
        self.taken.append(moved.not_before)
        return moved


@pytest.mark.parametrize("held_up", [1.0, 1.5, 3.0])
async def test_two_clients_that_catch_up_keep_the_rate(
    redis_server: RedisServer, held_up: float
) -> None:
    """Their loop was held up for so many seconds; each at the account's rate was 76 of 40."""
    account, times = new_account(), list[float]()
    stores = [LoopStore(redis_server.url, account) for _ in range(2)]
    loop, limits = asyncio.get_running_loop(), GatewayLimits(rate=RATE)
    async with Gateway() as gateway:
        accept = gateway.accept

        def record(peer: Any, pdu: Any) -> None:  # noqa: ANN401 - of the scripted gateway
            """Record the time of a submit_sm and accept it."""
            times.append(loop.time())
            accept(peer, pdu)

        gateway.on_submit = record
        async with (
            SmscClient(gateway.url(), limits=limits, store=stores[0]) as first,
            SmscClient(gateway.url(), limits=limits, store=stores[1]) as second,
        ):
            sends = [
                asyncio.create_task(smsc.send(Sms(to=number(n), text=text)))
                for n in range(40)
                for text, smsc in (("a", first), ("b", second))
            ]
            await until(lambda: len(times) > 5)
            pass_time(held_up)
            sent = await asyncio.gather(*sends)
    for store in stores:
        await store.aclose()

    assert 80 == len(times) == len({each.message_id for each in sent})
    # All whose turns are over by then; the first client's turns are before the second's.
    assert sum(len(store.taken) for store in stores) >= min(held_up, 1.8) * RATE * 0.8
    assert all(store.taken for store in stores) or held_up < 1.5
    assert RATE * 0.9 <= most_in_a_second(times) <= RATE

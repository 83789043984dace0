"""Whole clients that share their rules in Redis; submit_sm are counted at the gateway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from rules_world import TO, new_account
from scripted import Gateway, refusing

from pdu import CommandStatus
from smsc_async import (
    FailedSubmission,
    FloodLimitError,
    GatewayLimits,
    HeldByRuleError,
    RedisRuleStore,
    RepeatedMessageError,
    Sms,
    SmscClient,
    Submission,
    SubmitRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis_server import RedisServer

HI = Sms(to=TO, text="Hi")
UNPACED = GatewayLimits(rate=None)
pytestmark = pytest.mark.takes_up_to(5, reason="budgets of a second are waited out")

BUDGET = 1.0  # a server that is there answers in time, however busy the machine
STALL = 0.35  # seconds for the iterations of the event loop around it


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """An SMSC that accepts everything until a test changes that."""
    async with Gateway() as running:
        yield running


@pytest.fixture
async def workers(redis_server: RedisServer, gateway: Gateway) -> AsyncIterator[list[SmscClient]]:
    """Two clients of one account, each with its own connection to Redis."""
    account = new_account()
    stores = [RedisRuleStore(redis_server.url, account=account, budget=5.0) for _ in range(2)]
    clients = [SmscClient(gateway.url(), limits=UNPACED, store=store) for store in stores]
    async with clients[0], clients[1]:
        yield clients
    for store in stores:
        await store.aclose()


async def test_twenty_identical_sends_of_two_workers_are_one(
    workers: list[SmscClient], gateway: Gateway
) -> None:
    """Which of them is sent isn't defined."""
    sends = [workers[number % 2].send(HI) for number in range(20)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)

    assert 1 == sum(isinstance(outcome, Submission) for outcome in outcomes)
    assert 19 == sum(isinstance(outcome, RepeatedMessageError) for outcome in outcomes)
    assert 1 == len(gateway.submits)


async def test_two_workers_send_fifty_to_one_subscriber(
    workers: list[SmscClient], gateway: Gateway
) -> None:
    """The streak is the account's: `send_many` of both, thirty each."""

    async def held(client: SmscClient, first: int) -> list[object]:
        """Return the errors of thirty messages."""
        messages = [Sms(to=TO, text=f"Text {number}") for number in range(first, first + 30)]
        outcomes = [one async for one in client.send_many(messages)]
        return [one.error for one in outcomes if isinstance(one, FailedSubmission)]

    first, second = await asyncio.gather(held(workers[0], 0), held(workers[1], 30))

    assert 10 == sum(isinstance(error, FloodLimitError) for error in first + second)
    assert 50 == len(gateway.submits)


async def test_message_refused_to_one_worker_may_be_sent_by_the_other(
    workers: list[SmscClient], gateway: Gateway
) -> None:
    """A refusal gives the reservation back to all workers."""
    gateway.on_submit = refusing(CommandStatus.ESME_RINVSRCADR)
    with pytest.raises(SubmitRefusedError):
        await workers[0].send(HI)
    await workers[0]._store.flush()
    gateway.on_submit = gateway.accept

    assert "1" == (await workers[1].send(HI)).message_id


async def test_plan_predicts_a_hold_by_the_workers_own_messages(workers: list[SmscClient]) -> None:
    """It doesn't ask the server, so messages of the other worker may be missing."""
    await workers[0].send(HI)

    assert "repeat" == workers[0].plan(HI).held_by


async def test_no_send_waits_longer_than_the_budget_for_a_frozen_server(
    own_server: RedisServer, gateway: Gateway
) -> None:
    """The worker decides by its own messages, and `health()` reports that."""
    loop = asyncio.get_running_loop()
    store = RedisRuleStore(own_server.url, account=new_account(), budget=BUDGET)
    async with SmscClient(gateway.url(), limits=UNPACED, store=store) as smsc:
        await smsc.send(HI)
        assert not smsc.health().rules.is_degraded
        own_server.freeze()
        waits = []
        for number in range(5):
            began = loop.time()
            await smsc.send(Sms(to=TO, text=f"Text {number}"))
            waits.append(loop.time() - began)
        with pytest.raises(HeldByRuleError):
            await smsc.send(HI)
        degraded = smsc.health().rules.is_degraded
        own_server.thaw()
    await store.aclose()

    assert degraded
    assert max(waits) < BUDGET + STALL
    assert 6 == len(gateway.submits)


async def test_closed_store_says_when_to_send_again(gateway: Gateway) -> None:
    """In some time, never in none: a sender that obeys would ask again and again."""
    store = RedisRuleStore(
        "redis://127.0.0.1:1", account=new_account(), on_failure="closed", probe_every=0.01
    )
    async with SmscClient(gateway.url(), limits=UNPACED, store=store) as smsc:
        for _ in range(10):
            await asyncio.sleep(0.007)
            with pytest.raises(HeldByRuleError) as held:
                await smsc.send(HI)
            assert held.value.retry_after is not None
            assert held.value.retry_after > 0
    await store.aclose()

    assert not gateway.submits

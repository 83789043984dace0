"""Callers that wait for the simulator; `test_server` has those on sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from smsc_async.simulator import MessageFilter, Scenario
from smsc_async.simulator.waiting_calls import WaitingCalls

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Client, Harness

    MakeHarness = Callable[..., Harness]


async def test_messages_are_returned_once_and_in_order(harness: Harness, client: Client) -> None:
    """Those that came before the call first."""
    calls = WaitingCalls(harness.state)
    client.submit("one")
    client.submit("two")
    calls.on_flushed()

    assert "<WaitingCalls, 0 of 2 messages read, 0 awaited deliver_sm>" == repr(calls)
    assert ["one", "two"] == [(await calls.next_message(1.0)).text for _ in range(2)]
    with pytest.raises(TimeoutError, match=r"no message came in 0\.01 s"):
        await calls.next_message(0.01)


async def test_call_goes_on_after_the_flush(harness: Harness, client: Client) -> None:
    """By then its response is written."""
    calls = WaitingCalls(harness.state)
    waiting = asyncio.create_task(calls.next_message(1.0))
    await asyncio.sleep(0)
    client.submit("one")
    await asyncio.sleep(0)
    assert not waiting.done()
    calls.on_flushed()

    assert "one" == (await waiting).text


async def test_first_refusal_of_a_part_is_the_result(harness: Harness, client: Client) -> None:
    """Each part of a subscriber's message ends by itself."""
    calls = WaitingCalls(harness.state)
    deliveries = harness.smsc.deliver("79991234567", "Shop", "x" * 300, harness.now)
    waiting = asyncio.create_task(calls.until_ended(deliveries))
    await asyncio.sleep(0)
    first, second = client.read()
    client.answer(first)
    calls.on_flushed()
    assert "<WaitingCalls, 0 of 0 messages read, 1 awaited deliver_sm>" == repr(calls)
    client.answer(second, status=0x65)
    calls.on_flushed()

    assert 0x65 == await waiting


async def test_wait_ends_with_the_simulator(harness: Harness) -> None:
    """A cancelled call doesn't mind."""
    calls = WaitingCalls(harness.state)
    deliveries = harness.smsc.deliver("79991234567", "Shop", "Hi", harness.now)
    others = harness.smsc.deliver("79991234567", "Shop", "Hi", harness.now)
    waiting = asyncio.create_task(calls.until_ended(deliveries))
    cancelled = asyncio.create_task(calls.until_ended(others))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.sleep(0)
    calls.close()

    with pytest.raises(RuntimeError, match="closed meanwhile"):
        await waiting


async def test_wait_for_a_message_ends_with_the_simulator(harness: Harness, client: Client) -> None:
    """At once, not by its timeout; what came before is still returned."""
    calls = WaitingCalls(harness.state)
    waiting = asyncio.create_task(calls.next_message(30.0))
    await asyncio.sleep(0)
    calls.close()
    with pytest.raises(RuntimeError, match="closed meanwhile"):
        await waiting

    client.submit("one")
    calls.on_flushed()
    assert "one" == (await calls.next_message(30.0)).text
    with pytest.raises(RuntimeError, match="closed meanwhile"):
        await calls.next_message(30.0)


async def test_forgotten_message_is_not_returned(make_harness: MakeHarness) -> None:
    """Neither one that was removed, nor one that made room for others."""
    harness = make_harness(keep=3)
    client, log = harness.client(), harness.state.log
    calls = WaitingCalls(harness.state)
    for text in "abcd":
        client.submit(text)
    calls.on_flushed()
    log.remove(log.find(MessageFilter(text="c")))

    assert ["b", "d"] == [(await calls.next_message(1.0)).text for _ in range(2)]
    with pytest.raises(TimeoutError):
        await calls.next_message(0.0)


async def test_refused_message_wakes_no_caller(make_harness: MakeHarness) -> None:
    """It waits for the next accepted one."""
    harness = make_harness(submit_status=0x45)
    client, calls = harness.client(), WaitingCalls(harness.state)
    waiting = asyncio.create_task(calls.next_message(1.0))
    client.submit("refused")
    calls.on_flushed()
    await asyncio.sleep(0)
    assert not waiting.done()
    harness.state.scenario = Scenario()
    client.submit("accepted")
    calls.on_flushed()

    assert "accepted" == (await waiting).text

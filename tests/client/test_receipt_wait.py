"""Waits for receipts of submissions: who is woken when, by one timer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from scripted import turns

from smsc_async.client import receipt_wait
from smsc_async.client.receipt_wait import ReceiptWaiters
from smsc_async.errors import ClientClosedError

if TYPE_CHECKING:
    from smsc_async.client.wakeups import Waiter


def after(seconds: float) -> float:
    """Return a deadline on the loop's clock."""
    return asyncio.get_running_loop().time() + seconds


async def test_waits_end_at_their_deadlines_in_any_order() -> None:
    """The first timer isn't the earliest."""
    waiters, order, lateness = ReceiptWaiters(), list[str](), list[float]()

    async def wait(name: str, seconds: float) -> bool:
        """Wait so long, and note the end."""
        deadline = after(seconds)
        result: bool = await waiters.add(deadline)
        order.append(name)
        lateness.append(after(0.0) - deadline)
        return result

    results = await asyncio.gather(wait("c", 0.03), wait("a", 0.01), wait("b", 0.02))

    assert ["a", "b", "c"] == order
    assert max(lateness) < 0.005
    assert not any(results)


async def test_wait_without_a_deadline_ends_with_its_result() -> None:
    """Others time out meanwhile."""
    waiters = ReceiptWaiters()
    endless, short = waiters.add(None), waiters.add(after(0.005))
    assert "<ReceiptWaiters, 2 waiting>" == repr(waiters)
    assert not await short
    assert not endless.done()
    endless.set_result(True)

    assert await endless


async def test_receipt_before_the_deadline_leaves_the_later_ones_waiting() -> None:
    """The timer was set for it, and is set for the next then."""
    waiters = ReceiptWaiters()
    first, second = waiters.add(after(0.005)), waiters.add(after(0.02))
    first.set_result(True)
    waiters.discard(first)

    assert await first
    assert not await second


async def test_leaving_wakes_all_and_ends_the_timer() -> None:
    """No receipt will come; a wait that is done keeps its result."""
    waiters = ReceiptWaiters()
    done, waiting = waiters.add(after(3600)), waiters.add(None)
    done.set_result(False)
    waiters.cut_off()

    assert await waiting
    assert not await done
    assert waiters.is_cut_off
    timer = waiters._timer
    assert timer is not None
    assert timer.cancelled()


async def test_leaving_without_a_wait_is_fine() -> None:
    """As after most uses of a client."""
    waiters = ReceiptWaiters()
    waiters.cut_off()

    assert 0 == len(waiters)


async def test_ended_waits_are_forgotten_before_their_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A million receipts awaited for an hour each at most, and had at once, leave nothing."""
    monkeypatch.setattr(receipt_wait, "MANY_ENDED", 10)
    waiters, kept = ReceiptWaiters(), list["Waiter"]()
    for number in range(100):
        waiter = waiters.add(after(3600))
        if number % 25 == 0:
            kept.append(waiter)
            continue
        waiter.set_result(True)
        waiters.discard(waiter)

    assert 4 == len(waiters)
    assert len(waiters._ends) <= 10 + 2 * 4
    assert {*kept} <= {end[2] for end in waiters._ends}
    waiters.cut_off()
    await turns()


async def test_another_loop_is_refused_and_harms_no_wait() -> None:
    """Its timer would end with it, and no later wait of the client's own loop would time out."""
    waiters = ReceiptWaiters()
    first = waiters.add(after(0.01))

    async def wait() -> None:
        """Try it in the loop of another thread."""
        with pytest.raises(ClientClosedError, match="belongs to another event loop"):
            waiters.add(after(0.001))

    await asyncio.to_thread(lambda: asyncio.run(wait()))

    assert not await first
    assert not await waiters.add(after(0.001))

"""Callers that are held: woken in order, a few at a time, by one timer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from smsc_async.client.held import MANY_CANCELLED, WOKEN_TOGETHER, HeldCallers

if TYPE_CHECKING:
    from collections.abc import Sequence


def new_held() -> HeldCallers:
    """Return one by the loop's clock."""
    return HeldCallers(asyncio.get_running_loop().time)


def end_after(held: HeldCallers, seconds: float) -> None:
    """End the waits that last longer."""
    held.end(asyncio.get_running_loop().time() + seconds)


def start(
    held: HeldCallers, seconds: Sequence[float], woken: list[int]
) -> list[asyncio.Task[None]]:
    """Start a caller for each of so many seconds; note the order in which they go on."""
    now = asyncio.get_running_loop().time()

    async def caller(number: int, wait: float) -> None:
        """Wait, and note the number."""
        await held.wait(now + wait)
        woken.append(number)

    return [asyncio.create_task(caller(number, wait)) for number, wait in enumerate(seconds)]


async def test_callers_go_on_in_the_order_of_their_times() -> None:
    """Not in that of their calls; of equal times the first caller is the first."""
    held = new_held()
    woken: list[int] = []
    await asyncio.gather(*start(held, [0.03, 0.01, 0.02, 0.0, 0.0], woken))

    assert [3, 4, 1, 2, 0] == woken
    assert 0 == len(held)


async def test_a_few_are_woken_in_one_iteration_of_the_loop() -> None:
    """Each asks the rules again, which takes time; between them the loop reads and writes."""
    number = 3 * WOKEN_TOGETHER
    held = new_held()
    woken: list[int] = []
    tasks = start(held, [1000.0] * number, woken)
    await asyncio.sleep(0)
    end_after(held, 0.0)
    most = 0
    while len(woken) < number:
        before = len(woken)
        await asyncio.sleep(0)
        most = max(most, len(woken) - before)

    assert WOKEN_TOGETHER == most
    assert list(range(number)) == woken
    await asyncio.gather(*tasks)


async def test_end_lets_the_shorter_waits_go_on() -> None:
    """A client that is left waits `drain` seconds for those that can still be sent."""
    held = new_held()
    woken: list[int] = []
    tasks = start(held, [1000.0, 0.05, 2000.0], woken)
    await asyncio.sleep(0)
    end_after(held, 0.1)
    await asyncio.gather(*tasks)

    assert [0, 2, 1] == woken


async def test_earlier_caller_moves_the_timer() -> None:
    """One timer serves all, so it follows the first of them."""
    held = new_held()
    woken: list[int] = []
    tasks = start(held, [1000.0, 0.01], woken)
    async with asyncio.timeout(5):
        await tasks[1]

    assert [1] == woken
    assert "<HeldCallers, 1 waiting>" == repr(held)
    end_after(held, 0.0)
    await tasks[0]


async def test_cancelled_callers_are_forgotten() -> None:
    """Many are cancelled together: a search for each would be O(n²)."""
    number = 2 * MANY_CANCELLED
    held = new_held()
    woken: list[int] = []
    tasks = start(held, [1000.0] * number, woken)
    await asyncio.sleep(0)
    for task in tasks[:-1]:
        task.cancel()
    await asyncio.gather(*tasks[:-1], return_exceptions=True)

    assert 1 == len(held)
    assert len(held._waits) <= MANY_CANCELLED + 1
    end_after(held, 0.0)
    await tasks[-1]
    assert [number - 1] == woken
    assert 0 == len(held)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_first_caller_that_is_cancelled_holds_up_no_other(order: tuple[int, int]) -> None:
    """The timer was set for it."""
    held = new_held()
    woken: list[int] = []
    waits = [0.01, 0.02]
    tasks = start(held, [waits[place] for place in order], woken)
    await asyncio.sleep(0)
    tasks[order.index(0)].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert [order.index(1)] == woken
    assert 0 == len(held)


async def test_caller_cancelled_when_it_was_woken_is_counted_once() -> None:
    """The wait is over then, and its caller goes away without the outcome."""
    held = new_held()
    woken: list[int] = []
    (task,) = start(held, [1000.0], woken)
    await asyncio.sleep(0)
    end_after(held, 0.0)
    asyncio.get_running_loop().call_soon(task.cancel)
    await asyncio.gather(task, return_exceptions=True)

    assert 0 == len(held)
    assert [] == held._waits


async def test_move_of_the_clock_wakes_those_who_are_due() -> None:
    """In the order of their times; the timer is set anew for the others."""
    now = 100.0
    held = HeldCallers(lambda: now)
    done: list[float] = []

    async def wait(until: float) -> None:
        """Wait, and note it."""
        assert await held.wait(until)
        done.append(until)

    tasks = [asyncio.create_task(wait(until)) for until in (160.0, 130.0, 190.0)]
    await asyncio.sleep(0)
    now += 70.0
    held.move(70.0)
    await asyncio.gather(*tasks[:2])
    assert [130.0, 160.0] == done
    now += 20.0
    held.move(20.0)
    await tasks[2]


async def test_what_an_end_allows_does_not_change_by_a_move() -> None:
    """The seconds for leaving a client are the event loop's."""
    now = 100.0
    held = HeldCallers(lambda: now)
    held.end(130.0)
    now += 1000.0
    held.move(1000.0)

    assert [True, False] == [await held.wait(until) for until in (1100.0, 1130.1)]


async def test_clock_that_fails_wakes_its_callers() -> None:
    """They ask the rules, and get its error."""
    fails = False

    def clock() -> float:
        """Return the time, or fail."""
        return 1 / (not fails)

    held = HeldCallers(clock)
    (task,) = [asyncio.create_task(held.wait(1000.0))]
    await asyncio.sleep(0)
    fails = True
    held.move(0.0)

    assert await asyncio.wait_for(task, 1)


async def test_end_without_callers_does_nothing() -> None:
    """A client is left twice, and most have no caller that is held."""
    held = new_held()
    end_after(held, 0.0)
    end_after(held, 5.0)

    assert 0 == len(held)

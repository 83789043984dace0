"""Callers whose results are known go on together, and never while something is being read."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from scripted import turns

from smsc_async.client.wakeups import Waiter, Wakeups

NAME: ContextVar[str] = ContextVar("NAME", default="")


async def started(*waiters: Waiter) -> list[asyncio.Task[Any]]:
    """Return tasks that await them."""

    async def wait(waiter: Waiter) -> object:
        """Await one."""
        return await waiter

    tasks = [asyncio.ensure_future(wait(waiter)) for waiter in waiters]
    await asyncio.sleep(0)
    return tasks


async def called(function: Any) -> None:  # noqa: ANN401 - any call
    """Call a function as the event loop does, outside of a task."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: done.set_result(function()))
    await done


async def test_task_gets_the_result_and_the_error() -> None:
    """As of a future."""
    wakeups = Wakeups()
    good, bad = Waiter(wakeups), Waiter(wakeups)
    first, second = await started(good, bad)
    good.set_result(5)
    bad.set_exception(ValueError("x"))

    assert 5 == await first
    with pytest.raises(ValueError, match="x"):
        await second
    assert (True, True) == (good.done(), bad.done())
    assert not good.cancelled()


async def test_result_before_the_wait_is_returned_at_once() -> None:
    """The event loop runs nothing else meanwhile."""
    wakeups = Wakeups()
    waiter = Waiter(wakeups)
    waiter.set_result("known")
    others: list[int] = []
    asyncio.get_running_loop().call_soon(others.append, 1)

    assert "known" == await waiter
    assert [] == others
    assert "<Wakeups, 0 ready>" == repr(wakeups)


async def test_error_before_the_wait_is_raised_at_once() -> None:
    """As above."""
    waiter = Waiter(Wakeups())
    waiter.set_exception(KeyError("x"))

    with pytest.raises(KeyError):
        await waiter


async def test_all_that_are_ready_go_on_in_one_call_in_order() -> None:
    """A handle of the event loop for each of thousands would take longer than their results."""
    wakeups = Wakeups()
    waiters = [Waiter(wakeups) for _ in range(50)]
    order: list[int] = []

    async def wait(number: int) -> None:
        """Await one, and note it."""
        order.append(await waiters[number])

    tasks = [asyncio.ensure_future(wait(number)) for number in range(50)]
    await asyncio.sleep(0)

    def finish() -> None:
        """Give all their results, the last first; no task runs until `run`."""
        for number in reversed(range(50)):
            waiters[number].set_result(number)
        assert [] == order
        wakeups.run()

    await called(finish)

    assert [*reversed(range(50))] == order
    assert all(task.done() for task in tasks)


async def test_results_outside_of_a_read_need_no_call() -> None:
    """The next iteration of the loop lets their callers go on, once for all."""
    wakeups = Wakeups()
    waiters = [Waiter(wakeups) for _ in range(3)]
    tasks = await started(*waiters)
    for waiter in waiters:
        waiter.set_result(1)

    assert "<Wakeups, 3 ready>" == repr(wakeups)
    assert wakeups.is_planned
    assert [1, 1, 1] == await asyncio.gather(*tasks)
    assert not wakeups.is_planned


async def test_run_within_a_task_waits_for_the_next_iteration() -> None:
    """Asyncio lets no task go on within another."""
    wakeups = Wakeups()
    waiter = Waiter(wakeups)
    (task,) = await started(waiter)
    waiter.set_result(7)
    wakeups.run()

    assert not task.done()
    await turns()
    assert 7 == task.result()


async def test_cancelled_task_ends_and_its_waiter_says_so() -> None:
    """With the message of the cancellation, by which anyio knows its own."""
    waiter = Waiter(Wakeups())
    (task,) = await started(waiter)
    task.cancel("why")
    with pytest.raises(asyncio.CancelledError, match="why"):
        await task

    assert (True, True) == (waiter.done(), waiter.cancelled())
    assert not waiter.cancel()


async def test_cancel_after_the_result_ends_the_task_too() -> None:
    """The result came and isn't read any more."""
    wakeups = Wakeups()
    waiter = Waiter(wakeups)
    (task,) = await started(waiter)
    waiter.set_result(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not waiter.cancelled()


async def test_cancel_scope_and_timeout_end_the_wait() -> None:
    """Those of anyio and of asyncio."""
    with anyio.move_on_after(0.001) as scope:
        await Waiter(Wakeups())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await Waiter(Wakeups())

    assert scope.cancelled_caught


async def test_task_goes_on_in_its_own_context() -> None:
    """Whatever ran when the result came."""
    wakeups = Wakeups()
    waiter = Waiter(wakeups)

    async def wait() -> str:
        """Name the context, and wait."""
        NAME.set("the caller's")
        await waiter
        return NAME.get()

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    NAME.set("the reader's")
    waiter.set_result(1)

    assert "the caller's" == await task


async def test_interrupted_caller_keeps_none_of_the_others_waiting() -> None:
    """Ctrl-C in one of them ends the loop; if it goes on, so do the others."""
    wakeups = Wakeups()
    waiters = [Waiter(wakeups) for _ in range(3)]

    async def interrupt() -> None:
        """Wait, and be interrupted."""
        await waiters[0]
        raise KeyboardInterrupt

    interrupted = asyncio.ensure_future(interrupt())
    await asyncio.sleep(0)
    tasks = await started(*waiters[1:])
    raised: list[type[BaseException]] = []

    def finish() -> None:
        """Give all their results."""
        for waiter in waiters:
            waiter.set_result(1)
        try:
            wakeups.run()
        except KeyboardInterrupt as error:
            raised.append(type(error))

    await called(finish)

    await turns()
    assert [1, 1] == [task.result() for task in tasks]
    assert [KeyboardInterrupt] == raised
    assert isinstance(interrupted.exception(), KeyboardInterrupt)


async def test_results_during_the_run_wait_for_the_next_iteration() -> None:
    """Two callers that end each other's waits don't stop the loop."""
    wakeups = Wakeups()
    first, second = Waiter(wakeups), Waiter(wakeups)

    async def pass_on() -> None:
        """Wait, and give the other its result."""
        second.set_result(await first)

    task = asyncio.ensure_future(pass_on())
    (other,) = await started(second)

    def finish() -> bool:
        """Give the first its result."""
        first.set_result(3)
        wakeups.run()
        return other.done()

    await called(finish)

    assert "<Waiter done>" == repr(second)
    assert 3 == await other
    await task


def test_repr_says_whether_it_waits() -> None:
    """A task that is printed shows it."""

    async def shown() -> str:
        """Make one."""
        return repr(Waiter(Wakeups()))

    assert "<Waiter pending>" == asyncio.run(shown())

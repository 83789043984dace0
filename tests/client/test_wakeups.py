"""Callers whose results are known go on together, and never while something is being read."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import uvloop
from scripted import turns

from smsc_async.client.wakeups import Waiter, Wakeups

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: ContextVar[str] = ContextVar("NAME", default="")
HELD: ContextVar[object] = ContextVar("HELD", default=None)


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


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_caller_that_exits_ends_the_loop_and_keeps_no_other_waiting(
    error: type[BaseException], new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """As from any task, and not as a failure of the connection that has read."""
    loop = new_loop()
    order: list[str] = []

    async def wait(waiter: Waiter, name: str) -> None:
        """Wait, and note it; the first one exits."""
        await waiter
        order.append(name)
        if name == "first":
            raise error

    async def start() -> None:
        """Let three wait, and give all their results as a read does."""
        wakeups = Wakeups()
        waiters = [Waiter(wakeups) for _ in range(3)]
        names = ("first", "second", "third")
        tasks = [loop.create_task(wait(*each)) for each in zip(waiters, names, strict=True)]
        tasks[0].add_done_callback(lambda task: task.exception())
        await asyncio.sleep(0)

        def read() -> None:
            """Nothing is raised here: the transport would be closed by it."""
            for waiter in waiters:
                waiter.set_result(None)
            wakeups.run()
            order.append("read")

        loop.call_soon(read)
        await asyncio.sleep(3600)

    main = loop.create_task(start())
    with pytest.raises(error):
        loop.run_forever()
    main.cancel()
    loop.run_until_complete(asyncio.gather(main, return_exceptions=True))
    loop.close()

    assert ["first", "second", "third", "read"] == order


async def test_waiter_that_is_kept_keeps_nothing_alive() -> None:
    """Neither the context of its caller nor, after a cancel, what its task was doing."""
    wakeups = Wakeups()
    waiters = [Waiter(wakeups) for _ in range(2)]
    kept: list[weakref.ref[object]] = []

    class Thing:
        """In a local variable and in the context of a caller."""

    async def wait(waiter: Waiter) -> None:
        """Wait with something at hand."""
        thing, in_context = Thing(), Thing()
        kept.extend([weakref.ref(thing), weakref.ref(in_context)])
        HELD.set(in_context)
        del in_context
        await waiter

    tasks = [asyncio.ensure_future(wait(waiter)) for waiter in waiters]
    await asyncio.sleep(0)
    tasks[0].cancel()
    waiters[1].set_result(None)
    await asyncio.wait(tasks)
    tasks.clear()
    gc.collect()

    assert [None] * 4 == [each() for each in kept]
    assert waiters[0].cancelled()


async def test_cancel_scope_spares_a_caller_that_has_its_result() -> None:
    """Anyio asks whether what the task awaits is a future and done."""
    wakeups = Wakeups()
    waiter = Waiter(wakeups)
    scope = anyio.CancelScope()

    async def wait() -> str:
        """Wait within the scope."""
        with scope:
            return str(await waiter)
        return "none"

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    waiter.set_result("kept")
    scope.cancel()

    assert "kept" == await task


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

"""Work that is finished although its caller is cancelled."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from smsc_async.outbox.shielded import run_to_completion


async def test_result_is_returned() -> None:
    """Without a cancel it is a plain call."""
    assert "done" == await run_to_completion(asyncio.sleep(0, "done"))


async def test_failure_is_raised() -> None:
    """As by a plain call."""

    async def fail() -> None:
        """Fail."""
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run_to_completion(fail())


@pytest.mark.parametrize("cancels", [1, 2, 3])
async def test_work_is_finished_before_the_cancel_is_raised(cancels: int) -> None:
    """However often the caller is cancelled."""
    may_end = asyncio.Event()
    caller = asyncio.create_task(run_to_completion(may_end.wait()))
    for _ in range(cancels):
        await asyncio.sleep(0)
        caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    await asyncio.wait([caller])

    assert caller.cancelled()


async def test_scope_that_cancels_repeatedly_waits_for_the_work() -> None:
    """Those of anyio do."""
    ended = []

    async def work() -> None:
        """Take a few iterations of the event loop."""
        for _ in range(20):
            await asyncio.sleep(0)
        ended.append(True)

    with anyio.CancelScope() as scope:
        scope.cancel()
        await run_to_completion(work())

    assert [True] == ended


async def test_failure_is_the_cause_of_the_cancel() -> None:
    """It isn't lost."""

    async def fail() -> None:
        """Fail a little later."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def call() -> str:
        """Return the cause."""
        try:
            await run_to_completion(fail())
        except asyncio.CancelledError as error:
            return type(error.__cause__).__name__
        return ""

    caller = asyncio.create_task(call())
    await asyncio.sleep(0)
    caller.cancel()

    assert "ZeroDivisionError" == await caller


async def test_work_that_is_cancelled_itself_is_a_cancel() -> None:
    """The end of the loop cancels all tasks."""

    async def cancel() -> None:
        """Cancel the task that runs this."""
        raise asyncio.CancelledError

    caller = asyncio.create_task(run_to_completion(cancel()))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])

    assert caller.cancelled()

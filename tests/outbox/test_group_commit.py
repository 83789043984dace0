"""Group commit: concurrent callers share transactions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from smsc_async import ClientClosedError
from smsc_async.outbox import OutboxError, OutboxFullError
from smsc_async.outbox.errors import OperationError
from smsc_async.outbox.group_commit import MAX_BATCH, Committer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from smsc_async.outbox.schema import OperationFactory


class Transactions:
    """A store that counts the operations of each transaction.

    Args:
        failure: The error of every transaction.
    """

    def __init__(self, failure: BaseException | None = None) -> None:
        self.sizes: list[int] = []
        self.failure = failure
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Count the operations and number their results."""
        self.has_begun.set()
        await self.may_end.wait()
        self.sizes.append(len(operations))
        if self.failure is not None:
            raise self.failure
        return list(range(len(operations)))


def nothing() -> Generator[Any, Any, int]:
    """Do nothing: the committer passes operations on unseen."""
    yield from ()
    return 0


async def test_calls_of_one_turn_share_a_transaction() -> None:
    """A hundred concurrent puts cost one sync of the disk."""
    transactions = Transactions()
    committer = Committer(transactions)

    assert list(range(100)) == await asyncio.gather(*(committer.run(nothing) for _ in range(100)))
    assert [100] == transactions.sizes


async def test_calls_during_a_transaction_share_the_next_one() -> None:
    """The slower the disk, the larger the groups."""
    transactions = Transactions()
    committer = Committer(transactions)
    transactions.may_end.clear()
    first = asyncio.create_task(committer.run(nothing))
    await transactions.has_begun.wait()
    others = [asyncio.create_task(committer.run(nothing)) for _ in range(5)]
    await asyncio.sleep(0)
    assert "open, 5 operations waiting" in repr(committer)
    transactions.may_end.set()
    await asyncio.gather(first, *others)

    assert [1, 5] == transactions.sizes


async def test_size_of_a_transaction_is_limited() -> None:
    """The first callers must not wait for everything that comes later."""
    transactions = Transactions()
    committer = Committer(transactions)
    await asyncio.gather(*(committer.run(nothing) for _ in range(MAX_BATCH + 1)))

    assert [MAX_BATCH, 1] == transactions.sizes


async def test_failure_is_raised_in_every_caller() -> None:
    """Nothing of the transaction happened. Each caller raises a copy with its own traceback."""
    committer = Committer(Transactions(OutboxFullError("full")))
    found = await asyncio.gather(
        *(committer.run(nothing) for _ in range(2)), return_exceptions=True
    )

    assert [OutboxFullError, OutboxFullError] == [type(one) for one in found]
    assert found[0] is not found[1]


async def test_cancelled_caller_does_not_disturb_the_others() -> None:
    """Its operation is run nevertheless, and the others get their own results."""
    transactions = Transactions()
    committer = Committer(transactions)
    transactions.may_end.clear()
    cancelled, other = (asyncio.create_task(committer.run(nothing)) for _ in range(2))
    await transactions.has_begun.wait()
    cancelled.cancel()
    await asyncio.sleep(0)
    transactions.may_end.set()

    assert 1 == await other
    assert cancelled.cancelled()


async def test_failure_of_a_cancelled_call_is_not_logged() -> None:
    """Asyncio logs exceptions that are never retrieved."""
    transactions = Transactions(OutboxError("broken"))
    committer = Committer(transactions)
    transactions.may_end.clear()
    cancelled = asyncio.create_task(committer.run(nothing))
    await transactions.has_begun.wait()
    cancelled.cancel()
    await asyncio.sleep(0)
    transactions.may_end.set()
    await committer.close()

    assert [1] == transactions.sizes


async def test_closing_waits_for_running_calls() -> None:
    """Accepted operations are run, and no more are accepted."""
    committer = Committer(Transactions())
    asked = asyncio.create_task(committer.run(nothing))
    await asyncio.sleep(0)
    await committer.close()

    assert 0 == await asked
    with pytest.raises(ClientClosedError, match="async with"):
        await committer.run(nothing)


async def test_end_of_the_loop_cancels_the_callers() -> None:
    """`asyncio.run` cancels all tasks, and callers must not wait for a task that has ended."""
    transactions = Transactions()
    committer = Committer(transactions)
    transactions.may_end.clear()
    asked = asyncio.create_task(committer.run(nothing))
    await transactions.has_begun.wait()
    assert committer._task is not None
    committer._task.cancel()
    await asyncio.wait([asked])

    assert asked.cancelled()


async def test_other_errors_are_raised_unchanged() -> None:
    """A bug is no OutboxError."""
    committer = Committer(Transactions(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        await committer.run(nothing)


class Faulty:
    """A store whose transactions fail as a whole if one of their operations is `broken`.

    Args:
        fault: The error.
    """

    def __init__(self, fault: Exception) -> None:
        self.sizes: list[int] = []
        self.fault = fault

    async def __call__(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Return the size of the transaction for each operation."""
        self.sizes.append(len(operations))
        if broken in operations:
            raise self.fault
        return [len(operations)] * len(operations)


def broken() -> Generator[Any, Any, int]:
    """Do nothing: the store knows this operation."""
    yield from ()
    return 0


@pytest.mark.parametrize("fault", [OverflowError("too large"), OperationError("no such type")])
@pytest.mark.parametrize("place", [0, 3, 6])
async def test_fault_of_an_operation_fails_its_caller_only(fault: Exception, place: int) -> None:
    """The puts of other callers must not depend on one bad value."""
    store = Faulty(fault)
    committer = Committer(store)
    calls = [broken if number == place else nothing for number in range(7)]
    found = await asyncio.gather(*(committer.run(call) for call in calls), return_exceptions=True)

    assert [place] == [number for number, one in enumerate(found) if isinstance(one, Exception)]
    assert type(fault) is type(found[place])


async def test_failure_of_the_database_is_not_tried_in_parts() -> None:
    """A full disk is full for each of them."""
    store = Faulty(OutboxFullError("full"))
    committer = Committer(store)
    found = await asyncio.gather(
        *(committer.run(call) for call in (broken, nothing)), return_exceptions=True
    )

    assert [OutboxFullError, OutboxFullError] == [type(one) for one in found]
    assert [2] == store.sizes


async def test_task_cancelled_before_its_first_step_leaves_the_committer_usable() -> None:
    """A loop may end in the very turn of a put: closing must neither wait nor spin."""
    committer = Committer(Transactions())
    asked = asyncio.create_task(committer.run(nothing))
    await asyncio.sleep(0)
    assert committer._task is not None
    committer._task.cancel()
    await asyncio.wait([asked])

    assert asked.cancelled()
    assert 0 == await committer.run(nothing)
    await committer.close()


def test_committer_goes_on_in_the_next_loop_when_its_own_is_closed() -> None:
    """Its callers have ended with that loop, and its task with them."""
    committer = Committer(Faulty(OverflowError()))

    async def leave_at_once() -> None:
        """End the loop in the iteration of the call."""
        asked = asyncio.create_task(committer.run(nothing))
        await asyncio.sleep(0)
        assert not asked.done()

    asyncio.run(leave_at_once())
    assert 1 == asyncio.run(committer.run(nothing))
    asyncio.run(committer.close())

    assert committer.is_closed


async def test_other_loop_gets_an_error_and_no_endless_wait() -> None:
    """Its callers would never be resumed: futures aren't for several threads."""
    committer = Committer(Transactions())
    await committer.run(nothing)
    for call in (committer.run(nothing), committer.close()):
        with pytest.raises(ClientClosedError, match="another event loop"):
            await asyncio.to_thread(asyncio.run, call)
    assert 0 == await committer.run(nothing)

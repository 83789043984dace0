"""One sync of the disk for all who wait for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from smsc_async import ClientClosedError
from smsc_async.outbox import OutboxError, OutboxFullError
from smsc_async.outbox.group_commit import MAX_BATCH, Committer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from smsc_async.outbox.queries import OperationFactory


class Transactions:
    """Keeps what was run together.

    Args:
        failure: What every transaction fails with.
    """

    def __init__(self, failure: BaseException | None = None) -> None:
        self.sizes: list[int] = []
        self.failure = failure
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Count, and give each its number."""
        await self.gate.wait()
        self.sizes.append(len(operations))
        if self.failure is not None:
            raise self.failure
        return list(range(len(operations)))


def nothing() -> Generator[Any, Any, int]:
    """Do nothing: the committer doesn't look."""
    yield from ()
    return 0


async def test_calls_of_one_turn_share_a_transaction() -> None:
    """A hundred putters pay for one sync, not for a hundred."""
    transactions = Transactions()
    committer = Committer(transactions)

    assert list(range(100)) == await asyncio.gather(*(committer.run(nothing) for _ in range(100)))
    assert [100] == transactions.sizes


async def test_what_comes_meanwhile_shares_the_next_one() -> None:
    """While the disk is busy the next group gathers."""
    transactions = Transactions()
    committer = Committer(transactions)
    transactions.gate.clear()
    first = asyncio.create_task(committer.run(nothing))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(committer.run(nothing)) for _ in range(5)]
    await asyncio.sleep(0.01)
    transactions.gate.set()
    await asyncio.gather(first, *others)

    assert [1, 5] == transactions.sizes


async def test_a_group_has_an_end() -> None:
    """Whoever came first must not wait for everybody."""
    transactions = Transactions()
    committer = Committer(transactions)
    await asyncio.gather(*(committer.run(nothing) for _ in range(MAX_BATCH + 1)))

    assert [MAX_BATCH, 1] == transactions.sizes


async def test_failure_is_told_to_everybody() -> None:
    """Nothing of the group happened, so each of them gets an error, and one of their own."""
    committer = Committer(Transactions(OutboxFullError("full")))
    found = await asyncio.gather(
        *(committer.run(nothing) for _ in range(2)), return_exceptions=True
    )

    assert [OutboxFullError, OutboxFullError] == [type(one) for one in found]
    assert found[0] is not found[1]


async def test_caller_that_went_away_harms_nobody() -> None:
    """Its operation is done all the same, and the others get theirs."""
    transactions = Transactions()
    committer = Committer(transactions)
    transactions.gate.clear()
    gone, stays = (asyncio.create_task(committer.run(nothing)) for _ in range(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.sleep(0)
    transactions.gate.set()

    assert 1 == await stays
    assert gone.cancelled()


async def test_failure_that_nobody_waits_for_is_no_noise() -> None:
    """A cancelled caller can't be told, and the loop must not complain about it."""
    transactions = Transactions(OutboxError("broken"))
    committer = Committer(transactions)
    transactions.gate.clear()
    gone = asyncio.create_task(committer.run(nothing))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.sleep(0)
    transactions.gate.set()
    await committer.close()

    assert [1] == transactions.sizes


async def test_closing_waits_for_what_was_asked() -> None:
    """Who was told "soon" is told "done"; nobody else is taken in."""
    committer = Committer(Transactions())
    asked = asyncio.create_task(committer.run(nothing))
    await asyncio.sleep(0)
    await committer.close()

    assert 0 == await asked
    with pytest.raises(ClientClosedError, match="async with"):
        await committer.run(nothing)


async def test_loop_that_ends_leaves_nobody_waiting() -> None:
    """Cancelled from outside, the callers are cancelled too."""
    transactions = Transactions()
    committer = Committer(transactions)
    transactions.gate.clear()
    asked = asyncio.create_task(committer.run(nothing))
    await asyncio.sleep(0.01)
    assert committer._task is not None
    committer._task.cancel()
    await asyncio.wait([asked])

    assert asked.cancelled()


async def test_error_of_anybody_is_passed_on_as_it_is() -> None:
    """A mistake of ours is no outbox's error."""
    committer = Committer(Transactions(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        await committer.run(nothing)

"""Group commit: whatever is asked for while a transaction runs shares the next one.

Rule: a caller goes on when its operation is on disk, never before; and one sync of the disk is
paid by all who wait for it, not by each. Nothing here knows what an operation does.
"""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from smsc_async.errors import ClientClosedError, SmscError
from smsc_async.outbox import queries
from smsc_async.outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.outbox.queries import Make, Operation

T = TypeVar("T")

LARGEST = 1000
"""Operations of one transaction; beyond it others would wait too long for their turn."""


def check_version(version: int, place: str) -> None:
    """Refuse tables that a newer version made.

    Raises:
        OutboxError: They are.
    """
    if version > queries.VERSION:
        raise OutboxError(f"a newer smsc-async made the tables in {place}; update this one")


class Store(Protocol):
    """A database that runs queries. Used by one event loop, one transaction at a time."""

    async def open(self) -> None:
        """Connect, and make the tables where there are none.

        Raises:
            OutboxError: It can't be used.
        """

    async def transact(self, makes: Sequence[Make]) -> list[Any]:
        """Run all queries in one transaction; on disk when it returns, or none of them.

        Raises:
            OutboxError: Nothing of it happened.
        """

    async def own(self) -> int:
        """Return the owner that this store's claims carry, alive as long as the store is.

        Raises:
            OutboxError: It can't be had.
        """

    async def disown(self) -> None:
        """Let the owner be dead; the next call of `own` makes another. Never raises."""

    async def gone(self, owners: Sequence[int]) -> list[int]:
        """Return those owners that are surely dead.

        Raises:
            OutboxError: That can't be found out.
        """

    async def close(self) -> None:
        """Let go of everything. Never raises."""


class Committer:
    """Gathers queries into transactions.

    Args:
        transact: Runs a transaction of the store.
    """

    def __init__(self, transact: Callable[[Sequence[Make]], Any]) -> None:
        self._transact = transact
        self._waiting: list[tuple[Make, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    async def do(self, make: Callable[[], Operation[T]]) -> T:
        """Run an operation and return its result when it is on disk.

        A caller that is cancelled doesn't know whether it happened.

        Raises:
            OutboxError: It didn't happen.
            ClientClosedError: The outbox isn't open.
        """
        if self.is_closed:
            raise ClientClosedError("the outbox isn't open; use it inside `async with`")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((make, future))
        if self._task is None:
            # It begins in the loop's next turn, when all who ask in this one have asked.
            self._task = asyncio.create_task(self._commit(), name="smsc-outbox-commit")
        return await future

    async def close(self) -> None:
        """Take no more, and wait until what was asked for is done."""
        self.is_closed = True
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _commit(self) -> None:
        """Run transactions until nobody waits."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
                await self._commit_batch(batch)
        finally:
            self._task = None

    async def _commit_batch(self, batch: list[tuple[Make, asyncio.Future[Any]]]) -> None:
        """Run one transaction, and tell everybody in it."""
        futures = [future for _, future in batch]
        try:
            results = await self._transact([make for make, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            for future in futures:
                if not future.done():
                    future.set_exception(_own(error))
        except BaseException:
            for future in [*futures, *(future for _, future in self._waiting)]:
                future.cancel()
            self._waiting.clear()
            raise
        else:
            for future, result in zip(futures, results, strict=True):
                if not future.done():
                    future.set_result(result)


def _own(error: Exception) -> Exception:
    """Return an error of the caller's own, since each raises it with a traceback of its own."""
    if not isinstance(error, SmscError):
        return error
    twin = copy.copy(error)
    twin.__cause__ = error.__cause__
    return twin

"""Group commit: operations that arrive while a transaction runs share the next one.

Rule: a caller resumes when its operation is on disk, never before, and all callers of one
transaction share one sync of the disk. A failure of the database fails all of them; one of an
operation fails its own caller only.
"""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from smsc_async.errors import ClientClosedError, SmscError
from smsc_async.outbox.errors import OperationError, OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.outbox.schema import Operation, OperationFactory

T = TypeVar("T")

MAX_BATCH = 1000
"""Operations of one transaction at most, which bounds the wait of the next one's callers."""


class Store(Protocol):
    """A database that runs operations. Used by one event loop, one transaction at a time.

    Attributes:
        locks_rows: Whether transactions of other processes run beside one of this process.
    """

    locks_rows: ClassVar[bool]

    async def open(self) -> None:
        """Connect, and create the tables, or migrate those of an older version.

        Raises:
            OutboxError: The database can't be used.
        """

    async def transact(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run all operations in one transaction; on disk when it returns, or none of them.

        Raises:
            OutboxError: None of them happened, because of the database.
            Exception: None of them happened, because of one of them.
        """

    async def read(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run operations that only read in one transaction, without a lock that writers wait for.

        Raises:
            OutboxError: None of them happened, because of the database.
            Exception: None of them happened, because of one of them.
        """

    async def acquire_owner(self) -> int:
        """Return the owner of this store's claims, which stays valid as long as the store is open.

        Raises:
            OutboxError: Its lock can't be taken.
        """

    async def release_owner(self) -> None:
        """Release the owner's lock; the next `acquire_owner` makes a new owner. Never raises."""

    async def stale_owners(self, owners: Sequence[int]) -> list[int]:
        """Return the stale owners: those whose process has certainly ended.

        Raises:
            OutboxError: The locks can't be tested.
        """

    async def close(self) -> None:
        """Disconnect and release the owner's lock. Never raises."""


class Committer:
    """Gathers operations into transactions.

    Args:
        transact: Runs a transaction, see `Store.transact`.
    """

    def __init__(self, transact: Callable[[Sequence[OperationFactory]], Any]) -> None:
        self._transact = transact
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[OperationFactory, asyncio.Future[Any], str]] = []
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        return f"<Committer {state}, {len(self._waiting)} operations waiting>"

    async def run(self, operation: Callable[[], Operation[T]], *, order: str = "") -> T:
        """Run an operation and return its result when it is on disk.

        After a cancel the caller doesn't know whether the operation happened.

        Args:
            operation: Makes the operation.
            order: The operations of a transaction run in this order, then in that of the calls.

        Raises:
            OutboxError: It didn't happen.
            ClientClosedError: The outbox isn't open, or is open in another event loop.
        """
        if self.is_closed:
            raise ClientClosedError("the outbox isn't open; use it inside `async with`")
        self.check_loop()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, future, order))
        if self._task is None or self._task.done():
            # The task starts in the next iteration of the event loop: all callers of this one share
            # it.
            self._task = asyncio.create_task(self._commit(), name="smsc-outbox-commit")
            self._task.add_done_callback(self._on_end)
        return await future

    def check_loop(self) -> None:
        """Check that this is the event loop of the outbox, or that its loop is closed.

        Raises:
            ClientClosedError: It is open in another loop, which never resumes a caller of this one.
        """
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        if self._loop is not None and not self._loop.is_closed():
            raise ClientClosedError(
                "the outbox belongs to another event loop; open one for each loop"
            )
        # The callers of the closed loop have ended with it.
        self._loop, self._task, self._waiting = loop, None, []

    def open(self) -> None:
        """Accept operations in this event loop."""
        self._loop, self.is_closed = asyncio.get_running_loop(), False

    async def close(self) -> None:
        """Accept no more operations, and wait for those that were accepted.

        Raises:
            ClientClosedError: The outbox is open in another event loop.
        """
        self.check_loop()
        self.is_closed = True
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def _commit(self) -> None:
        """Run transactions until no operation is waiting."""
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            batch.sort(key=_order)
            await self._commit_batch(batch)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        """Cancel the callers that wait for a task that was cancelled, even before it began."""
        if task.cancelled() and task is self._task:
            for _, future, _ in self._waiting:
                future.cancel()
            self._waiting.clear()

    async def _commit_batch(
        self, batch: list[tuple[OperationFactory, asyncio.Future[Any], str]]
    ) -> None:
        """Run one transaction and resolve the futures of its callers.

        If one of the operations can't be done, the two halves are tried each by itself, so that
        only its caller fails.
        """
        futures = [future for _, future, _ in batch]
        try:
            results = await self._transact([operation for operation, _, _ in batch])
        except Exception as error:  # noqa: BLE001 - raised by `run` in the callers
            if len(batch) > 1 and not _is_of_all(error):
                await self._commit_batch(batch[: len(batch) // 2])
                await self._commit_batch(batch[len(batch) // 2 :])
                return
            for future in futures:
                if not future.done():
                    future.set_exception(_copy_of(error))
        except BaseException:
            for future in [*futures, *(future for _, future, _ in self._waiting)]:
                future.cancel()
            self._waiting.clear()
            raise
        else:
            for future, result in zip(futures, results, strict=True):
                if not future.done():
                    future.set_result(result)


def _order(waiting: tuple[OperationFactory, asyncio.Future[Any], str]) -> str:
    """Return the key by which the operations of a transaction are sorted."""
    return waiting[2]


def _is_of_all(error: Exception) -> bool:
    """Whether an error is one of the database, and not of one operation."""
    return isinstance(error, OutboxError) and not isinstance(error, OperationError)


def _copy_of(error: Exception) -> Exception:
    """Return a copy for one caller, since each raises it with its own traceback."""
    if not isinstance(error, SmscError):
        return error
    twin = copy.copy(error)
    twin.__cause__ = error.__cause__
    return twin

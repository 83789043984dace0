"""Claims, outcomes, receipts and orphans: what workers read and write.

Rule: a known outcome is never lost. While the database can't store it, it is kept in memory, and
stored first when the database works again.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from smsc_async.instrumentation import LOG
from smsc_async.outbox import queries
from smsc_async.outbox.entry import OutboxEntry, OutboxState
from smsc_async.outbox.errors import OutboxError
from smsc_async.outbox.group_commit import Committer, Store
from smsc_async.outbox.queries import Attempt, Settlement, entry_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from smsc_async.outbox.queries import Operation

T = TypeVar("T")

MAX_EARLY_RECEIPTS = 1000
"""Receipts kept that came before their message's outcome was stored; the oldest are dropped."""

_OWNER_ENDED = "the process that was sending it ended before it stored the outcome"


class Ledger:
    """Reads and writes the entries of one store.

    Args:
        store: The database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._committer = Committer(store.transact)
        self._committer.is_closed = True
        self._unstored: dict[int, Settlement] = {}
        self._early: OrderedDict[str, int] = OrderedDict()
        self.listeners: set[asyncio.Event] = set()
        """Set when this process queues an entry."""

    def __repr__(self) -> str:
        return f"<Ledger {self._committer!r}, {len(self._unstored)} outcomes unstored>"

    async def open(self) -> None:
        """Open the store, and move the SENDING entries of stale owners to UNKNOWN.

        Raises:
            OutboxError: The store can't be used.
        """
        await self._store.open()
        self._committer.is_closed = False
        try:
            await self.recover_orphans()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Store the known outcomes and close the store. What can't be stored becomes UNKNOWN."""
        try:
            await self.settle_unstored()
        except OutboxError as error:
            LOG.error("! %d outcomes can't be stored: %s", len(self._unstored), error)
        finally:
            await self._committer.close()
            await self._store.close()

    async def run(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation, see `Committer.run`."""
        return await self._committer.run(operation)

    def notify_queued(self) -> None:
        """Wake the workers of this process."""
        for event in self.listeners:
            event.set()

    async def claim_due(self, limit: int) -> list[tuple[Attempt, OutboxEntry]]:
        """Claim entries that are due; they are SENDING on disk when this returns.

        An entry whose message can't be read is refused at once.
        """
        owner = await self._store.acquire_owner()
        try:
            rows = await self.run(partial(queries.claim_due, owner, limit))
        except OutboxError:
            # The commit may have happened although it failed. Its entries would stay SENDING as
            # long as their owner is running, so the owner ends here.
            await self._store.release_owner()
            raise
        claimed = []
        for row in rows:
            attempt = Attempt(entry_id=row[0], owner=owner, number=row[7])
            try:
                claimed.append((attempt, entry_of(row)))
            except OutboxError as error:
                refused = OutboxState.REFUSED
                await self.settle(Settlement(attempt=attempt, state=refused, reason=str(error)))
        return claimed

    async def settle(self, settlement: Settlement) -> None:
        """Store the outcome of an attempt.

        Raises:
            OutboxError: It can't be stored now; it is kept for `settle_unstored`.
        """
        number = settlement.attempt.entry_id
        self._unstored[number] = settlement
        is_ours = await self.run(partial(queries.settle, settlement))
        self._unstored.pop(number, None)
        if not is_ours:
            LOG.warning("! entry %d was moved by another process or user meanwhile", number)
        for message_id in settlement.expected:
            state = self._early.pop(message_id, None)
            if state is not None:
                await self.record(message_id, state)

    async def settle_unstored(self) -> None:
        """Store the outcomes that couldn't be stored before.

        Raises:
            OutboxError: They still can't be stored.
        """
        for settlement in list(self._unstored.values()):
            await self.settle(settlement)

    async def record(self, message_id: str, state: int) -> bool:
        """Store the final state of a part; return whether it belongs to an entry."""
        if await self.run(partial(queries.record, message_id, state)):
            return True
        # The receipt may have come before the outcome of its message was stored.
        self._early[message_id] = state
        if len(self._early) > MAX_EARLY_RECEIPTS:
            self._early.popitem(last=False)
        return False

    async def recover_orphans(self) -> None:
        """Move the SENDING entries of stale owners to UNKNOWN."""
        owners = await self.run(queries.owners)
        count = 0
        for owner in await self._store.stale_owners(owners) if owners else ():
            count += await self.run(partial(queries.recover, owner, _OWNER_ENDED))
        if count:
            LOG.warning("! %d entries of ended processes are UNKNOWN now", count)

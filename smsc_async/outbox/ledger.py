"""The outbox as its worker sees it: claims, outcomes, receipts, the dead.

Rule: an outcome that is known is never forgotten. While the database can't take it, it is kept
here and written down first of all when the database can again.
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
from smsc_async.outbox.queries import Claim, Settlement, entry_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from smsc_async.outbox.queries import Operation, Row

T = TypeVar("T")

KEPT_EARLY = 1000
"""Receipts whose message isn't written down as accepted yet; the oldest are forgotten first."""

DIED = "the process that was sending it died before it wrote down what became of it"


class Ledger:
    """What is written down about entries.

    Args:
        store: Where.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._committer = Committer(store.transact)
        self._committer.is_closed = True
        self._unsettled: dict[int, Settlement] = {}
        self._early: OrderedDict[str, int] = OrderedDict()
        self.listeners: set[asyncio.Event] = set()
        """Set when something was queued by this process."""

    async def open(self) -> None:
        """Open the store, and mark what dead owners have left behind.

        Raises:
            OutboxError: The store can't be used.
        """
        await self._store.open()
        self._committer.is_closed = False
        try:
            await self.bury_the_dead()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Write down what is known and close the store. What can't be written becomes UNKNOWN."""
        try:
            await self.settle_the_rest()
        except OutboxError as error:
            LOG.error("! %d outcomes can't be written down: %s", len(self._unsettled), error)
        finally:
            await self._committer.close()
            await self._store.close()

    async def do(self, make: Callable[[], Operation[T]]) -> T:
        """Run any operation, see `Committer.do`."""
        return await self._committer.do(make)

    def was_queued(self) -> None:
        """Let the workers of this process look."""
        for event in self.listeners:
            event.set()

    async def claim(self, limit: int) -> list[tuple[Claim, OutboxEntry]]:
        """Take entries that are due; they are SENDING on disk when this returns.

        One whose message can't be read is refused at once, since nobody here could send it.
        """
        owner = await self._store.own()
        try:
            rows = await self.do(partial(queries.claim, owner, limit))
        except OutboxError:
            # A commit may have failed and happened all the same. Nobody here would ever send what
            # it claimed, so its owner must not live on.
            await self._store.disown()
            raise
        found = [self._claimed(row, owner) for row in rows]
        for settlement in (one for one in found if isinstance(one, Settlement)):
            await self.settle(settlement)
        return [one for one in found if not isinstance(one, Settlement)]

    def _claimed(self, row: Row, owner: int) -> tuple[Claim, OutboxEntry] | Settlement:
        """Read a claimed row."""
        taken = Claim(id=row[0], owner=owner, attempt=row[7])
        try:
            return taken, entry_of(row)
        except OutboxError as error:
            return Settlement(claim=taken, state=OutboxState.REFUSED, reason=str(error))

    async def settle(self, settlement: Settlement) -> None:
        """Write down what became of a claim.

        Raises:
            OutboxError: It can't be written now; it is kept, see `settle_the_rest`.
        """
        number = settlement.claim.id
        self._unsettled[number] = settlement
        is_ours = await self.do(partial(queries.settle, settlement))
        self._unsettled.pop(number, None)
        if not is_ours:
            LOG.warning("! entry %d was settled by somebody else meanwhile", number)
        for message_id in settlement.expected:
            state = self._early.pop(message_id, None)
            if state is not None:
                await self.record(message_id, state)

    async def settle_the_rest(self) -> None:
        """Write down what couldn't be written before.

        Raises:
            OutboxError: It still can't.
        """
        for settlement in list(self._unsettled.values()):
            await self.settle(settlement)

    async def record(self, message_id: str, state: int) -> bool:
        """Keep the final state of a part; return whether it belongs to an entry here."""
        if await self.do(partial(queries.record, message_id, state)):
            return True
        # It may have overtaken the outcome of its own message.
        self._early[message_id] = state
        if len(self._early) > KEPT_EARLY:
            self._early.popitem(last=False)
        return False

    async def next_due(self) -> float | None:
        """Return the seconds until something may be sent; None if nothing is queued."""
        return await self.do(queries.next_due)

    async def bury_the_dead(self) -> int:
        """Mark as UNKNOWN what dead owners were sending; return how many entries."""
        noted = await self.do(queries.owners)
        count = 0
        for owner in await self._store.gone(noted) if noted else ():
            count += await self.do(partial(queries.bury, owner, DIED))
        if count:
            LOG.warning("! %d entries of a dead process are UNKNOWN now", count)
        return count

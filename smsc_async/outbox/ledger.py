"""Claims, outcomes, receipts and orphans: what workers read and write.

Rule: a known outcome is never lost. While the database can't store it, it is kept in memory, and
stored first when the database works again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from logging import ERROR, WARNING
from typing import TYPE_CHECKING, Any, Final, TypeVar

from smsc_async.client.write_queue import boot_seconds
from smsc_async.instrumentation import LOG, log
from smsc_async.outbox import queries, schema, worker_queries
from smsc_async.outbox.attempt import Attempt, Settlement, of_resend
from smsc_async.outbox.entry import OutboxState
from smsc_async.outbox.errors import OutboxError
from smsc_async.outbox.group_commit import Committer, Store
from smsc_async.outbox.resend_window import boot_id
from smsc_async.outbox.shielded import run_to_completion

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from smsc_async.messages import Message
    from smsc_async.outbox.schema import Operation, Row
    from smsc_async.rules.verdict import Token

T = TypeVar("T")

Clock = Callable[[], float]

UNMATCHED_AGE: Final = 3 * 24 * 3600.0
"""Seconds for which a receipt is kept that no message has claimed."""
MAX_REMEMBERED: Final = 10_000
"""Unknown outcomes of which reservation and write are kept in memory; the oldest are dropped."""


class Ledger:
    """Reads and writes the entries of one store.

    Args:
        store: The database.

    Attributes:
        listeners: Set when this process queues an entry.
        last_error: Why a worker can't use the database at the moment; None if it can.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._committer = Committer(store.transact)
        self._reader = Committer(store.read)
        # Where a database locks rows, receipts are apart from outcomes, so that two processes lock
        # the rows of parts in one order.
        self._recorder = Committer(store.transact) if store.locks_rows else self._committer
        for committer in self._committers:
            committer.is_closed = True
        self._unstored: dict[tuple[int, int], Settlement] = {}
        # By entry, each with the number of its attempt: a user may move an entry while an older
        # attempt of it is still in memory.
        self._reservations: OrderedDict[int, tuple[int, Token]] = OrderedDict()
        self._written: OrderedDict[int, tuple[int, Clock, float]] = OrderedDict()
        self.listeners: set[asyncio.Event] = set()
        self.last_error: str | None = None

    def __repr__(self) -> str:
        return f"<Ledger {self._committer!r}, {len(self._unstored)} outcomes unstored>"

    @property
    def _committers(self) -> tuple[Committer, ...]:
        """All of them."""
        return self._reader, self._recorder, self._committer

    @property
    def unstored(self) -> int:
        """Outcomes that the database couldn't store yet."""
        return len(self._unstored)

    async def open(self) -> None:
        """Open the store, and take the entries of stale owners back.

        Raises:
            OutboxError: The store can't be used.
        """
        await self._store.open()
        for committer in self._committers:
            committer.open()
        try:
            await self.recover_orphans()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Store the known outcomes and close the store. What can't be stored becomes UNKNOWN.

        When cancelled, it is closed nevertheless, and the cancel is raised then.

        Raises:
            ClientClosedError: It is open in another event loop.
        """
        for committer in self._committers:
            committer.check_loop()
        await run_to_completion(self._close())

    async def _close(self) -> None:
        """Do so; see `close`."""
        try:
            await self.settle_unstored()
        except OutboxError as error:
            log(LOG, ERROR, "! %d outcomes can't be stored: %s", len(self._unstored), error)
        finally:
            for committer in self._committers:
                await committer.close()
            await self._store.close()

    async def run(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation that writes, see `Committer.run`."""
        return await self._committer.run(operation)

    async def read(self, operation: Callable[[], Operation[T]]) -> T:
        """Run an operation that only reads: it takes no lock that a writer waits for."""
        return await self._reader.run(operation)

    def notify_queued(self) -> None:
        """Wake the workers of this process."""
        for event in self.listeners:
            event.set()

    async def claim_due(
        self, limit: int, response_key: Callable[[str], str] | None = None
    ) -> list[tuple[Attempt, Message[Any]]]:
        """Claim entries that are due; they are CLAIMED on disk when this returns.

        An entry whose message can't be read is refused at once.

        Args:
            limit: Entries at most.
            response_key: See `Attempt`.
        """
        owner = await self._store.acquire_owner()
        try:
            rows = await self.run(partial(worker_queries.claim_due, owner, limit))
        except OutboxError:
            # The commit may have happened although it failed. Its entries would stay CLAIMED as
            # long as their owner is running, so the owner ends here.
            await self._store.release_owner()
            raise
        claimed = []
        for row in rows:
            faults: list[str] = []
            attempt, message = self._attempt_of(row, owner, response_key, faults)
            if message is not None:
                claimed.append((attempt, message))
                continue
            refused = OutboxState.REFUSED
            settlement = Settlement(attempt=attempt, state=refused, reason="; ".join(faults))
            if attempt.first_write is not None:
                settlement = of_resend(settlement, 0.0)
            await self.settle(settlement)
        return claimed

    def _attempt_of(
        self,
        row: Row,
        owner: int,
        response_key: Callable[[str], str] | None,
        faults: list[str],
    ) -> tuple[Attempt, Message[Any] | None]:
        """Return the attempt that a claim begins, and its message; None, and why, without one.

        Args:
            row: With the columns of `worker_queries.CLAIMED`.
            owner: Who claimed it.
            response_key: See `Attempt`.
            faults: What can't be read is added to it.
        """
        number, attempts, key, form, ids, may_pay_twice, reservation, retries = row[:8]
        _, message = queries.read_message(key, form, faults)
        _, reservation = self._reservations.get(number, (0, reservation))
        attempt = Attempt(
            entry_id=number,
            owner=owner,
            number=attempts,
            first_write=queries.first_write_of(row[8:]),
            may_pay_twice=may_pay_twice == 1,
            reservation=reservation,
            earlier_ids=queries.read_ids(ids, faults),
            retries=retries if isinstance(retries, int) else 0,
            response_key=response_key,
            expects_receipts=message is None or message.requests_receipt,
        )
        return attempt, message

    async def begin_sending(
        self, attempts: Sequence[Attempt], clock: Clock
    ) -> set[tuple[int, int]]:
        """Move claimed entries to SENDING, all of one owner in one transaction.

        Args:
            attempts: The attempts that are about to be written.
            clock: Of the client's rules, see `seconds_since_write`.

        Returns:
            The `Attempt.identity` of those that may be written: no other process or user has moved
            them meanwhile.

        Raises:
            OutboxError: They may be SENDING or not, and mustn't be written.
        """
        boot, boot_at, began = boot_id(), boot_seconds(), clock()
        kept: set[tuple[int, int]] = set()
        for owner in {attempt.owner for attempt in attempts}:
            owned = [attempt for attempt in attempts if attempt.owner == owner]
            begin = partial(worker_queries.begin_sending, owner, owned, boot, boot_at)
            kept |= await self.run(begin)
        for number, attempt_number in kept:
            self._written.setdefault(number, (attempt_number, clock, began))
        return kept

    def seconds_since_write(self, entry_id: int, clock: Clock) -> float:
        """Return the seconds since an unknown attempt of this process, by the rules' clock.

        0 without such an attempt, or on another clock.
        """
        _, known, at = self._written.get(entry_id, (0, clock, clock()))
        return clock() - at if known is clock else 0.0

    async def settle(self, settlement: Settlement) -> None:
        """Store the outcome of an attempt.

        Raises:
            OutboxError: It can't be stored now; it is kept for `settle_unstored`.
        """
        number = settlement.attempt.entry_id
        self._unstored[settlement.attempt.identity] = settlement
        self._remember(settlement)
        settle = partial(worker_queries.settle, settlement)
        is_ours = await self._committer.run(settle, order=min(settlement.expected, default=""))
        self._unstored.pop(settlement.attempt.identity, None)
        if not is_ours:
            log(LOG, WARNING, "! entry %d was moved by another process or user meanwhile", number)

    def _remember(self, settlement: Settlement) -> None:
        """Keep what a resend needs to know of an attempt that may have been accepted."""
        number, attempt = settlement.attempt.entry_id, settlement.attempt
        may_be_resent = settlement.may_be_accepted and settlement.state is not OutboxState.ACCEPTED
        writer, *_ = self._written.get(number, (0,))
        if not may_be_resent and attempt.first_write is None and writer == attempt.number:
            del self._written[number]
        newest, *_ = self._reservations.get(number, (0,))
        if settlement.reservation is not None and attempt.number >= newest:
            self._reservations[number] = (attempt.number, settlement.reservation)
        for remembered in (self._reservations, self._written):
            if len(remembered) > MAX_REMEMBERED:
                remembered.popitem(last=False)

    async def settle_unstored(self) -> None:
        """Store the outcomes that couldn't be stored before.

        Raises:
            OutboxError: They still can't be stored.
        """
        for settlement in list(self._unstored.values()):
            await self.settle(settlement)

    async def record(self, message_id: str, state: int) -> bool:
        """Store the final state of a part; return whether it belongs to an entry by now.

        A receipt that comes before its message's outcome is stored waits for it in the database,
        where any process finds it.
        """
        operation = partial(worker_queries.record, message_id, state)
        return await self._recorder.run(operation, order=message_id)

    async def recover_orphans(self) -> None:
        """Take the entries of stale owners back."""
        owners = await self.read(schema.owners)
        count = 0
        for owner in await self._store.stale_owners(owners) if owners else ():
            count += await self.run(partial(worker_queries.recover, owner))
        if count:
            log(LOG, WARNING, "! %d entries of ended processes are UNKNOWN now", count)

    async def expire_receipts(self) -> None:
        """Forget receipts that no message has claimed for days."""
        expire = partial(worker_queries.expire_receipts, UNMATCHED_AGE)
        while await self._recorder.run(expire) >= queries.PAGE:
            pass

    async def release_ahead(self) -> None:
        """Let entries be sent that wait since a time that hasn't come: the clock was set back."""
        if await self.read(worker_queries.is_ahead):
            await self.run(worker_queries.release_ahead)
            log(
                LOG,
                WARNING,
                "! the clock of the database was set back; waiting entries are due now",
            )

"""What every outbox can do, whatever it is kept in.

Rule: a method here checks what it is given and asks the rooms beside: queries for what stands
in the tables, the ledger and the worker for what is being sent.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

from smsc_async.errors import ConfigError
from smsc_async.outbox import queries
from smsc_async.outbox.entry import OutboxEntry, OutboxState
from smsc_async.outbox.errors import OutboxKeyError, OutboxStateError
from smsc_async.outbox.ledger import Ledger
from smsc_async.outbox.queries import entry_of
from smsc_async.outbox.serialization import write
from smsc_async.outbox.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from types import TracebackType

    from smsc_async.client.client import SmscClient
    from smsc_async.messages import Message
    from smsc_async.outbox.group_commit import Store
    from smsc_async.receipts import Receipt

LONGEST_KEY = 255
"""Characters of a key."""


class BaseOutbox:
    """An outbox; `Outbox` and `PostgresOutbox` say where it is kept.

    Args:
        store: Where entries are kept.
    """

    def __init__(self, store: Store) -> None:
        self._ledger = Ledger(store)

    async def __aenter__(self) -> Self:
        """Open it, make its tables, and mark as UNKNOWN what dead processes were sending.

        Raises:
            OutboxError: It can't be used; the reason is said.
        """
        await self._ledger.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write down what is known, and close. Cancel `run` first."""
        await self._ledger.close()

    async def put(self, message: Message[Any], key: str | None = None) -> OutboxEntry:
        """Queue a message; it is on the disk when this returns.

        Calls that are made together share one write. Cancelled, it may have happened or not:
        with a key one may simply do it again.

        Args:
            message: Of any kind.
            key: The caller's own name for it, 1 to 255 characters. A second put with the same
                key returns the entry that is there and queues nothing, until that is purged.

        Returns:
            The entry, or the one that was there before.

        Raises:
            OutboxKeyError: The key stands for another message.
            OutboxFullError: The disk is full. The message wasn't taken.
            OutboxError: It wasn't taken, for another reason that is said.
            ClientClosedError: The outbox isn't open.
        """
        _check_key(key)
        form = write(message)
        row = await self._ledger.do(partial(queries.put, form, key))
        entry = entry_of(row)
        if key is not None and entry.message != message:
            raise OutboxKeyError(
                f"key {key!r} stands for another message already (entry {entry.id},"
                f" {entry.state.value}); use a key of its own for each message"
            )
        self._ledger.was_queued()
        return entry

    async def run(
        self,
        smsc: SmscClient,
        *,
        stop_when_empty: bool = False,
        concurrency: int | None = None,
        grace: float = 5.0,
        receipts: bool = True,
    ) -> None:
        """Send what is queued, in the order in which it was put, and go on until cancelled.

        Several workers may run on one outbox, in this process and in others; no entry goes to
        two of them. Messages that didn't leave are tried again after a pause, those that a rule
        of the gateway holds when the rule lets them pass.

        Cancelling takes no new entries at once, and waits for those under way, at most *grace*
        seconds or until a second cancel; what has no response by then is UNKNOWN.

        Args:
            smsc: A client that is open for as long as this runs.
            stop_when_empty: Return when nothing is queued any more.
            concurrency: Messages under way at once; None takes the client's windows. So many may
                be UNKNOWN after a crash.
            grace: Seconds for those under way when it ends.
            receipts: Read all of the client's receipts and keep the final state of each message.
                With False somebody else reads `smsc.receipts()`, and may give them to `record`.

        Raises:
            OutboxError: The database failed. What was sent and couldn't be written down is
                remembered, and written by the next `run` or at the end of `async with`.
            LinkError: The client isn't open, or its login was refused for good.
            LocalProtocolError: It is bound as a receiver.
        """
        if concurrency is None:
            concurrency = smsc.config.window * smsc.config.binds
        if concurrency < 1:
            raise ConfigError("concurrency", concurrency, f"takes 1 or more, got {concurrency}")
        worker = Worker(
            self._ledger,
            smsc,
            concurrency=concurrency,
            stop_when_empty=stop_when_empty,
            grace=grace,
            receipts=receipts,
        )
        await worker.run()

    async def entries(self, state: OutboxState | None = None) -> AsyncGenerator[OutboxEntry]:
        """Yield entries in the order in which they were put.

        They are read in pages as the loop goes on, and may be moved or purged inside of it.

        Args:
            state: Only those; None yields all.
        """
        after = 0
        while rows := await self._ledger.do(partial(queries.page, state, after)):
            for row in rows:
                yield entry_of(row)
            after = rows[-1][0]

    def unknown(self) -> AsyncGenerator[OutboxEntry]:
        """Yield the entries that wait for a decision: `resend`, `discard` or `accept`."""
        return self.entries(OutboxState.UNKNOWN)

    async def get(self, entry: OutboxEntry | int) -> OutboxEntry | None:
        """Return an entry as it is now, None if it was purged."""
        row = await self._ledger.do(partial(queries.get, _id(entry)))
        return None if row is None else entry_of(row)

    async def find(self, key: str) -> OutboxEntry | None:
        """Return the entry that was put with *key*, None if there is none."""
        row = await self._ledger.do(partial(queries.find, key))
        return None if row is None else entry_of(row)

    async def resend(self, entry: OutboxEntry | int) -> OutboxEntry:
        """Queue an UNKNOWN, REFUSED or DISCARDED entry again, knowing that it may be paid twice.

        Inside of a minute the gateway refuses a repeat, so that waiting isn't safer.

        Raises:
            OutboxStateError: It is in another state.
        """
        moved = await self._move(entry, OutboxState.QUEUED, "sent again on purpose")
        self._ledger.was_queued()
        return moved

    async def replace(self, entry: OutboxEntry | int, message: Message[Any]) -> OutboxEntry:
        """Put another message in the place of one that is QUEUED or REFUSED, and queue it.

        Raises:
            OutboxStateError: It is in another state: the old one may have been sent.
        """
        allowed = (OutboxState.QUEUED, OutboxState.REFUSED)
        reason, form = "replaced on purpose", write(message)
        moved = await self._move(entry, OutboxState.QUEUED, reason, allowed, form)
        self._ledger.was_queued()
        return moved

    async def discard(
        self, entry: OutboxEntry | int, reason: str = "discarded on purpose"
    ) -> OutboxEntry:
        """Give up an entry that is UNKNOWN, REFUSED, or still QUEUED.

        Args:
            entry: It, or its number.
            reason: What is kept in the entry.

        Raises:
            OutboxStateError: It is in another state.
        """
        return await self._move(entry, OutboxState.DISCARDED, reason)

    async def accept(self, entry: OutboxEntry | int) -> OutboxEntry:
        """Say that an UNKNOWN entry was accepted, as the history of the account may show.

        Raises:
            OutboxStateError: It is in another state.
        """
        return await self._move(entry, OutboxState.ACCEPTED, "accepted, as a user says")

    async def counts(self) -> dict[OutboxState, int]:
        """Return how many entries there are in each state, zeros included."""
        return await self._ledger.do(queries.counts)

    async def purge(self, *, older_than: float) -> int:
        """Delete finished entries: ACCEPTED, REFUSED and DISCARDED; never others.

        Their keys are forgotten with them. Cancelling is safe, and so is doing it again.

        Args:
            older_than: Seconds since they were finished.

        Returns:
            How many were deleted.
        """
        total = 0
        while count := await self._ledger.do(partial(queries.purge, older_than)):
            total += count
        return total

    async def record(self, receipt: Receipt) -> bool:
        """Keep the final state that a receipt tells, for those who read receipts themselves.

        Returns:
            Whether it is about an entry of this outbox.
        """
        if not receipt.is_final or receipt.state is None:
            return False
        return await self._ledger.record(receipt.message_id, int(receipt.state))

    async def _move(
        self,
        entry: OutboxEntry | int,
        target: OutboxState,
        reason: str,
        allowed: Sequence[OutboxState] = (),
        form: str | None = None,
    ) -> OutboxEntry:
        """Let a user move an entry."""
        number, allowed = _id(entry), allowed or queries.movable(target)
        move = partial(queries.move, number, allowed, target, reason, form)
        row, is_moved = await self._ledger.do(move)
        if row is None:
            raise OutboxStateError(f"there is no entry {number}; it may have been purged")
        moved = entry_of(row)
        if not is_moved:
            names = " or ".join(state.name for state in allowed)
            raise OutboxStateError(
                f"entry {number} is {moved.state.name}; only {names} may become {target.name}"
            )
        return moved


def _id(entry: OutboxEntry | int) -> int:
    """Return the number of an entry."""
    return entry if isinstance(entry, int) else entry.id


def _check_key(key: str | None) -> None:
    """Refuse a key that one of the databases wouldn't keep."""
    if key is not None and not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        raise ConfigError(
            "key", f"{len(key)} characters", f"takes 1 to {LONGEST_KEY} printable characters"
        )

"""The public methods of every outbox, whatever its database.

Rule: a method here checks its arguments and delegates: `queries` reads and writes the tables, the
ledger and the worker send. An argument that no outbox can take is a `ConfigError`.
"""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import SmscError, check_duration, check_kind, shown
from smsc_async.outbox import queries
from smsc_async.outbox.arguments import (
    checked_age,
    checked_concurrency,
    checked_id,
    checked_key,
    checked_receipt,
    checked_state,
    checked_text,
    checked_windows,
)
from smsc_async.outbox.entry import OutboxEntry, OutboxState
from smsc_async.outbox.errors import OutboxConsentError, OutboxKeyError, OutboxStateError
from smsc_async.outbox.ledger import Ledger
from smsc_async.outbox.queries import entry_of
from smsc_async.outbox.resend_window import PUBLISHED_WINDOW, FirstWrite
from smsc_async.outbox.serialization import deserialize, serialize
from smsc_async.outbox.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from types import TracebackType

    from smsc_async.client.client import SmscClient
    from smsc_async.messages import Message
    from smsc_async.outbox.group_commit import Store
    from smsc_async.outbox.schema import Row
    from smsc_async.receipts import Receipt

P = ParamSpec("P")
T = TypeVar("T")


@shows_half_made
class BaseOutbox:
    """An outbox; `Outbox` and `PostgresOutbox` choose the database.

    Args:
        store: The database.
    """

    def __init__(self, store: Store) -> None:
        self._ledger = Ledger(store)
        # As the client of the last `run` compares ids of receipts.
        self._receipt_key: Callable[[str], str] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._ledger!r}>"

    @hides_locals(SmscError)
    async def __aenter__(self) -> Self:
        """Open the database, and take back the entries of workers whose process has ended.

        Its tables are created, or those of an older version migrated in one transaction.

        Raises:
            OutboxVersionError: A newer version made the tables, or a worker of an older one is
                running.
            OutboxError: The database can't be used; the reason is in the error.
        """
        await self._ledger.open()
        return self

    @hides_locals(SmscError)
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Store the known outcomes, and close. Cancel `run` first."""
        await self._ledger.close()

    @hides_locals(SmscError)
    async def put(self, message: Message[Any], key: str | None = None) -> OutboxEntry:
        """Queue a message; it is on disk when this returns.

        Concurrent calls share one write. After a cancel the message may be queued or not; with a
        key the call can be repeated.

        Args:
            message: A message of any kind.
            key: Idempotency key, 1 to 255 characters. A second put with the same key returns the
                existing entry and queues nothing, until that entry is purged.

        Returns:
            The new entry, or the existing one.

        Raises:
            InvalidMessageError: It isn't a message of any kind.
            ConfigError: The key isn't 1 to 255 printable characters.
            OutboxKeyError: The key belongs to another message.
            OutboxFullError: The disk is full. The message wasn't queued.
            OutboxError: It wasn't queued, for the reason in the error.
            ClientClosedError: The outbox isn't open.
        """
        key = None if key is None else checked_key(key)
        form = serialize(message)
        row, is_new = await self._ledger.run(_unshown(queries.put, form, key))
        # Times are read back in another zone, and those of some zones equal none of another.
        stored = message if message.is_plain else deserialize(form)
        entry = queries.new_entry(row, key, stored) if is_new else entry_of(row)
        if not is_new and entry.message not in (message, stored):
            raise OutboxKeyError(
                f"key {key!r} already belongs to another message (entry {entry.id},"
                f" {entry.state.value}); use a different key for each message"
            )
        self._ledger.notify_queued()
        return entry

    @hides_locals(SmscError)
    async def run(
        self,
        smsc: SmscClient,
        *,
        stop_when_empty: bool = False,
        concurrency: int | None = None,
        grace: float = 5.0,
        receipts: bool = True,
        patience: float = 60.0,
    ) -> None:
        """Run a worker: send queued messages, in the order of `put`, until cancelled.

        Several workers may run on one outbox, in this process and in others; each entry is claimed
        by one of them. Messages that weren't sent are retried with exponential back-off, those that
        a rule of the gateway holds when the rule lets them pass.

        A cancel stops the worker from claiming entries and gives back those of which nothing was
        written; it then waits for the messages in flight, *grace* seconds at most or until a second
        cancel. Those without a response by then are UNKNOWN.

        Args:
            smsc: A client that stays open while this runs.
            stop_when_empty: Return when no entry is queued or in flight; receipts may come later.
            concurrency: Messages claimed and in flight at most; None takes the windows of the
                client.
            grace: Seconds that messages in flight get when the worker stops.
            receipts: Read all of the client's delivery receipts and store the final state of each
                message. They were answered before, so a killed process loses those that it hasn't
                stored. With False other code may read `smsc.receipts()` and call `record`; with
                `SmscClient(…, on_receipt=outbox.record)` each is answered once it is stored.
            patience: Seconds to go on while the database can't be reached, for example while its
                server restarts. Nothing is sent meanwhile; `last_error` says why.

        Raises:
            ConfigError: *smsc* is no client, *concurrency* below 1, *grace* or *patience* no time.
            OutboxError: The database failed. Outcomes that couldn't be stored are kept in memory
                and stored by the next `run` or at the end of `async with`.
            LinkError: The client isn't open, or the gateway refused its login for good.
            LocalProtocolError: The client is bound as a receiver.
        """
        windows = checked_windows(smsc)
        concurrency = checked_concurrency(windows if concurrency is None else concurrency)
        for name, seconds in (("grace", grace), ("patience", patience)):
            if seconds != inf:
                check_duration(name, seconds, may_be_zero=True)
        worker = Worker(
            self._ledger,
            smsc,
            concurrency=concurrency,
            stop_when_empty=stop_when_empty,
            grace=grace,
            receipts=receipts,
            patience=patience,
        )
        self._receipt_key = worker.receipt_key
        await worker.run()

    @hides_locals(SmscError)
    def entries(self, state: OutboxState | None = None) -> AsyncGenerator[OutboxEntry]:
        """Yield entries in the order of `put`; those that can't be read have no message.

        They are read in pages, so the loop may move and purge them.

        Args:
            state: Yield only entries in this state; None yields all.
        """
        return self._entries(checked_state(state))

    async def _entries(self, state: OutboxState | None) -> AsyncGenerator[OutboxEntry]:
        """Read and yield entries."""
        after = 0
        while rows := await self._ledger.read(partial(queries.page, state, after)):
            for row in rows:
                yield entry_of(row)
            after = rows[-1][0]

    def unknown(self) -> AsyncGenerator[OutboxEntry]:
        """Yield the entries that await a decision: `resend`, `discard` or `accept`."""
        return self.entries(OutboxState.UNKNOWN)

    @hides_locals(SmscError)
    async def get(self, entry: OutboxEntry | int) -> OutboxEntry | None:
        """Return the current state of an entry, None if it was purged."""
        row = await self._ledger.read(partial(queries.get, checked_id(entry)))
        return None if row is None else entry_of(row)

    @hides_locals(SmscError)
    async def find(self, key: str) -> OutboxEntry | None:
        """Return the entry with an idempotency key, None if there is none."""
        row = await self._ledger.read(partial(queries.find, checked_text("key", key)))
        return None if row is None else entry_of(row)

    @hides_locals(SmscError)
    async def resend(self, entry: OutboxEntry | int, *, may_pay_twice: bool = False) -> OutboxEntry:
        """Queue an UNKNOWN, REFUSED or DISCARDED entry again.

        If an earlier attempt may have been accepted, this one repeats it while the gateway still
        refuses repeats (59 seconds from its first octet, with the published limits): it is charged
        once at most. If the gateway refuses it, or if it isn't written in time, the entry is
        UNKNOWN again. How long ago the first attempt was is known on the machine that made it,
        until that is rebooted.

        Args:
            entry: The entry or its number.
            may_pay_twice: Send it whenever that was: both attempts may be delivered and charged.

        Raises:
            OutboxConsentError: It may be charged twice, and *may_pay_twice* isn't set.
            OutboxStateError: It is in another state.
        """
        check_kind("may_pay_twice", may_pay_twice, bool)
        number, allowed = checked_id(entry), queries.movable(OutboxState.QUEUED)
        resend = partial(
            queries.resend, number, allowed, "sent again on purpose", may_pay_twice, _is_safe
        )
        row, is_moved, is_allowed = await self._ledger.run(resend)
        if row is not None and not is_allowed and entry_of(row).state in allowed:
            raise OutboxConsentError(
                f"sending entry {number} again may be charged twice: its first attempt isn't known"
                f" to be less than {PUBLISHED_WINDOW:g} s old; resend(entry, may_pay_twice=True)"
                " sends it nevertheless"
            )
        moved = self._moved(number, row, is_moved, allowed, OutboxState.QUEUED)
        self._ledger.notify_queued()
        return moved

    @hides_locals(SmscError)
    async def replace(self, entry: OutboxEntry | int, message: Message[Any]) -> OutboxEntry:
        """Replace the message of a QUEUED or REFUSED entry, and queue it.

        Raises:
            OutboxStateError: It is in another state, or an earlier attempt may have been accepted.
        """
        allowed = (OutboxState.QUEUED, OutboxState.REFUSED)
        moved = await self._move(entry, OutboxState.QUEUED, "replaced on purpose", allowed, message)
        self._ledger.notify_queued()
        return moved

    @hides_locals(SmscError)
    async def discard(
        self, entry: OutboxEntry | int, reason: str = "discarded on purpose"
    ) -> OutboxEntry:
        """Give up an UNKNOWN, REFUSED, QUEUED or CLAIMED entry.

        Args:
            entry: The entry or its number.
            reason: Stored as the entry's reason.

        Raises:
            OutboxStateError: It is in another state.
        """
        return await self._move(entry, OutboxState.DISCARDED, checked_text("reason", reason))

    @hides_locals(SmscError)
    async def accept(self, entry: OutboxEntry | int) -> OutboxEntry:
        """Mark an UNKNOWN entry as ACCEPTED, because the account's history shows the message.

        Raises:
            OutboxStateError: It is in another state.
        """
        return await self._move(entry, OutboxState.ACCEPTED, "marked as accepted by a user")

    @hides_locals(SmscError)
    async def counts(self) -> dict[OutboxState, int]:
        """Return the number of entries in each state, zeros included."""
        return await self._ledger.read(queries.counts)

    @hides_locals(SmscError)
    async def purge(self, *, older_than: float) -> int:
        """Delete finished entries: ACCEPTED, REFUSED and DISCARDED; never others.

        Their keys can be used again. Cancelling is safe, and so is calling it again.

        Args:
            older_than: Seconds since the last change of an entry's state, 0 or more.

        Returns:
            The number of deleted entries.

        Raises:
            ConfigError: *older_than* is no such number.
        """
        total, after, older_than = 0, 0, checked_age(older_than)
        # Found without a lock, deleted with one.
        while numbers := await self._ledger.read(partial(queries.old_finished, older_than, after)):
            delete = partial(queries.delete_finished, numbers, older_than)
            total, after = total + await self._ledger.run(delete), numbers[-1]
        return total

    @hides_locals(SmscError)
    async def rename(self, entry: OutboxEntry | int, key: str) -> None:
        """Give an entry another idempotency key.

        Raises:
            ConfigError: The key isn't 1 to 255 printable characters.
            OutboxKeyError: Another entry has this key, or this one was purged.
        """
        number, key = checked_id(entry), checked_key(key)
        if not await self._ledger.run(partial(queries.rename_key, number, key)):
            raise OutboxKeyError(f"entry {number} can't have the key {key!r}; another has it")

    @property
    def last_error(self) -> str | None:
        """Why a worker of this process can't use the database at the moment; None if it can."""
        return self._ledger.last_error

    @hides_locals(SmscError)
    async def record(self, receipt: Receipt) -> bool:
        """Store the final state in a delivery receipt, where `run` doesn't read receipts itself.

        It is stored when this returns: `SmscClient(…, on_receipt=outbox.record)` answers it then.
        Its id is compared as the client of the last `run` in this process compares ids, and before
        the first `run` as it is.

        Returns:
            Whether the receipt belongs to an entry of this outbox.
        """
        receipt = checked_receipt(receipt)
        if not receipt.is_final or receipt.state is None:
            return False
        part_id = receipt.message_id
        if self._receipt_key is not None:
            part_id = self._receipt_key(part_id)
        return await self._ledger.record(part_id, int(receipt.state))

    async def _move(
        self,
        entry: OutboxEntry | int,
        target: OutboxState,
        reason: str,
        allowed: Sequence[OutboxState] = (),
        message: Message[Any] | None = None,
    ) -> OutboxEntry:
        """Move an entry on behalf of a user."""
        number, allowed = checked_id(entry), allowed or queries.movable(target)
        form: Any = {} if message is None else {"form": serialize(message)}
        move = _unshown(queries.move, number, allowed, target, reason, **form)
        del form
        row, is_moved = await self._ledger.run(move)
        return self._moved(number, row, is_moved, allowed, target)

    @staticmethod
    def _moved(
        number: int,
        row: Row | None,
        is_moved: bool,  # noqa: FBT001 - what an operation returned
        allowed: Sequence[OutboxState],
        target: OutboxState,
    ) -> OutboxEntry:
        """Return a moved entry, or raise why it wasn't."""
        if row is None:
            raise OutboxStateError(f"there is no entry {shown(number)}; it may have been purged")
        moved = entry_of(row)
        if not is_moved and moved.state in allowed:
            raise OutboxStateError(
                f"entry {number} is {moved.state.name}, and an earlier attempt of it may have been"
                " accepted; discard it and put the other message"
            )
        if not is_moved:
            names = " or ".join(state.name for state in allowed)
            raise OutboxStateError(
                f"entry {number} is {moved.state.name}; only {names} may become {target.name}"
            )
        return moved


def _unshown(operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Return a call that is made later; unlike that of a `partial`, its `repr` shows no text."""
    return lambda: operation(*args, **kwargs)


def _is_safe(first: FirstWrite) -> bool:
    """Whether the gateway refuses a repeat of this attempt, as far as is known here."""
    return first.may_be_within(PUBLISHED_WINDOW)

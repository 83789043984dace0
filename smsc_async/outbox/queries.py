"""The SQL of the outbox, independent of the database driver.

Rule: an operation is a generator. It yields statements, receives their rows, and returns its
result; its driver owns the connection and the transaction. SQLite and PostgreSQL execute the same
statements, so there is one protocol and not two.

Three placeholders differ between the databases: `{now}`, the database's own clock in seconds
since 1970 (the machines of one outbox share it), `{skip_locked}`, which skips rows that another
transaction has locked, and `{identity}`, the type of the primary key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from smsc_async.outbox.entry import (
    FINISHED,
    OutboxEntry,
    OutboxState,
    as_message_state,
    overall_state,
    sources_of,
)
from smsc_async.outbox.errors import OutboxError
from smsc_async.outbox.serialization import deserialize

T = TypeVar("T")


class Statement(NamedTuple):
    """One SQL statement with its named parameters."""

    sql: str
    values: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default, never changed


Row = Sequence[Any]
Operation = Generator[Statement, Sequence[Row], T]
OperationFactory = Callable[[], Operation[Any]]
"""Makes an operation; called again each time its transaction is retried."""

VERSION: Final = 1
"""Version of the tables."""
PAGE: Final = 500
"""Rows that one statement reads or deletes at most."""

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS smsc_outbox_version (version INTEGER PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS smsc_outbox (
        id {identity},
        key TEXT UNIQUE,
        form TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at DOUBLE PRECISION NOT NULL,
        changed_at DOUBLE PRECISION NOT NULL,
        not_before DOUBLE PRECISION NOT NULL,
        owner BIGINT,
        attempts INTEGER NOT NULL DEFAULT 0,
        message_ids TEXT NOT NULL DEFAULT '[]',
        command_status BIGINT,
        reason TEXT NOT NULL DEFAULT '',
        receipt INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS smsc_outbox_state ON smsc_outbox (state, id)",
    """CREATE TABLE IF NOT EXISTS smsc_outbox_parts (
        message_id TEXT PRIMARY KEY,
        entry BIGINT NOT NULL,
        state INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS smsc_outbox_parts_entry ON smsc_outbox_parts (entry)",
    "CREATE TABLE IF NOT EXISTS smsc_outbox_owners (owner BIGINT PRIMARY KEY)",
)

_COLUMNS: Final = (
    "id, key, form, state, created_at, changed_at, not_before,"
    " attempts, message_ids, command_status, reason, receipt"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt of a worker to send an entry; an outcome counts only for its own attempt.

    Args:
        entry_id: Number of the entry.
        owner: The worker's store, see `Store.acquire_owner`.
        number: Attempt number, from 1.
    """

    entry_id: int
    owner: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of an attempt.

    Args:
        attempt: The attempt.
        state: The entry's next state.
        after: Seconds until the entry may be sent again, if it is QUEUED.
        message_ids: Ids of the parts that the gateway accepted.
        part_ids: The same ids as receipts spell them; empty if there is no difference.
        receipts: Final states that are known already, by those ids.
        command_status: The status of a refusal.
        reason: Why the entry isn't accepted.
    """

    attempt: Attempt
    state: OutboxState
    after: float = 0.0
    message_ids: tuple[str, ...] = ()
    part_ids: tuple[str, ...] = ()
    receipts: tuple[tuple[str, int], ...] = ()
    command_status: int | None = None
    reason: str = ""

    @property
    def expected(self) -> tuple[str, ...]:
        """The ids that receipts will carry."""
        return tuple(filter(None, self.part_ids or self.message_ids))


def entry_of(row: Row) -> OutboxEntry:
    """Make an entry of its row.

    Raises:
        OutboxError: Its message can't be read.
    """
    number, key, form, state, created, changed, not_before, attempts, ids, status, why, receipt = (
        row
    )
    return OutboxEntry(
        id=number,
        key=key,
        message=deserialize(form),
        state=OutboxState(state),
        created_at=created,
        changed_at=changed,
        not_before=not_before,
        attempts=attempts,
        message_ids=tuple(json.loads(ids)),
        command_status=status,
        reason=why,
        receipt=as_message_state(receipt),
    )


# --- the tables ---


def create_tables() -> Operation[int]:
    """Create the tables that don't exist; return the version of those that do."""
    for sql in SCHEMA:
        yield Statement(sql)
    found = yield from version()
    if not found:
        yield Statement(
            "INSERT INTO smsc_outbox_version (version) VALUES (:version)", {"version": VERSION}
        )
    return found or VERSION


def version() -> Operation[int]:
    """Return the version of the tables, 0 if there is none."""
    rows = yield Statement("SELECT max(version) FROM smsc_outbox_version")
    return int(rows[0][0] or 0)


def check_version(found: int, place: str) -> None:
    """Refuse tables that a newer version made.

    Raises:
        OutboxError: They are newer.
    """
    if found > VERSION:
        raise OutboxError(f"a newer smsc-async made the tables in {place}; update this one")


# --- of users ---


def put(form: str, key: str | None) -> Operation[Row]:
    """Queue a message unless its key exists; return the row that the table now has."""
    while True:
        rows = yield Statement(
            "INSERT INTO smsc_outbox (key, form, state, created_at, changed_at, not_before)"
            " VALUES (:key, :form, 'queued', {now}, {now}, {now})"
            f" ON CONFLICT (key) DO NOTHING RETURNING {_COLUMNS}",
            {"form": form, "key": key},
        )
        row = rows[0] if rows else (yield from find(key))
        # Between the two statements another process may delete the row in conflict.
        if row is not None:
            return row


def move(
    number: int,
    allowed: Sequence[OutboxState],
    target: OutboxState,
    reason: str,
    form: str | None = None,
) -> Operation[tuple[Row | None, bool]]:
    """Move an entry to another state on behalf of a user; *form* replaces its message.

    Returns:
        The entry's row, None if there is none, and whether it was moved.
    """
    rows = yield Statement(
        "UPDATE smsc_outbox SET state = :state, reason = :reason, form = coalesce(:form, form),"
        " owner = NULL, changed_at = {now}, not_before = {now}"
        f" WHERE id = :id AND state IN ({_names(allowed)}) RETURNING {_COLUMNS}",
        {"id": number, "state": target.value, "reason": reason, "form": form},
    )
    if not rows:
        return (yield from get(number)), False
    if target is OutboxState.QUEUED:
        yield Statement("DELETE FROM smsc_outbox_parts WHERE entry = :id", {"id": number})
    return rows[0], True


def movable(target: OutboxState) -> tuple[OutboxState, ...]:
    """Return the states from which a user may move an entry; SENDING is the worker's."""
    return tuple(state for state in sources_of(target) if state is not OutboxState.SENDING)


def get(number: int) -> Operation[Row | None]:
    """Return the row of an entry, None if there is none."""
    sql = f"SELECT {_COLUMNS} FROM smsc_outbox WHERE id = :id"
    rows = yield Statement(sql, {"id": number})
    return rows[0] if rows else None


def find(key: str | None) -> Operation[Row | None]:
    """Return the row with a key, None if there is none."""
    sql = f"SELECT {_COLUMNS} FROM smsc_outbox WHERE key = :key"
    rows = yield Statement(sql, {"key": key})
    return rows[0] if rows else None


def page(state: OutboxState | None, after: int) -> Operation[Sequence[Row]]:
    """Return the next rows whose number is above *after*, in order."""
    condition = "" if state is None else f" AND state = '{state.value}'"
    return (
        yield Statement(
            f"SELECT {_COLUMNS} FROM smsc_outbox WHERE id > :after{condition}"
            " ORDER BY id LIMIT :limit",
            {"after": after, "limit": PAGE},
        )
    )


def counts() -> Operation[dict[OutboxState, int]]:
    """Return the number of entries in each state."""
    rows = yield Statement("SELECT state, count(*) FROM smsc_outbox GROUP BY state")
    found = {OutboxState(name): number for name, number in rows}
    return dict.fromkeys(OutboxState, 0) | found


def purge(older_than: float) -> Operation[int]:
    """Delete some finished entries that are old enough; return their number."""
    rows = yield Statement(
        f"SELECT id FROM smsc_outbox WHERE state IN ({_names(FINISHED)})"
        " AND changed_at <= {now} - :age ORDER BY id LIMIT :limit",
        {"age": older_than, "limit": PAGE},
    )
    for (number,) in rows:
        values = {"id": number}
        yield Statement("DELETE FROM smsc_outbox_parts WHERE entry = :id", values)
        yield Statement(
            f"DELETE FROM smsc_outbox WHERE id = :id AND state IN ({_names(FINISHED)})",
            values,
        )
    return len(rows)


# --- of workers ---


def claim_due(owner: int, limit: int) -> Operation[list[Row]]:
    """Move the oldest entries that are due to SENDING, so that no other worker sends them."""
    rows = yield Statement(
        # MATERIALIZED, or the planner may evaluate the LIMIT more than once.
        "WITH due AS MATERIALIZED (SELECT id FROM smsc_outbox"
        " WHERE state = 'queued' AND not_before <= {now} ORDER BY id LIMIT :limit {skip_locked})"
        " UPDATE smsc_outbox SET state = 'sending', owner = :owner,"
        " attempts = attempts + 1, changed_at = {now}"
        f" WHERE id IN (SELECT id FROM due) RETURNING {_COLUMNS}",
        {"owner": owner, "limit": limit},
    )
    if rows:
        # In the same transaction, so that every SENDING entry has a registered owner, whose end is
        # detected. DO UPDATE and not DO NOTHING: it locks the row, see `recover`.
        yield Statement(
            "INSERT INTO smsc_outbox_owners (owner) VALUES (:owner)"
            " ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner",
            {"owner": owner},
        )
    return sorted(rows, key=lambda row: int(row[0]))


def settle(settlement: Settlement) -> Operation[bool]:
    """Store the outcome of an attempt; return False if the entry is in another attempt.

    UNKNOWN is replaced too: the process that took the owner for stale didn't know the outcome.
    """
    attempt = settlement.attempt
    rows = yield Statement(
        "UPDATE smsc_outbox SET state = :state, message_ids = :ids, command_status = :status,"
        " reason = :reason, owner = NULL, changed_at = {now}, not_before = {now} + :after"
        " WHERE id = :id AND owner = :owner AND attempts = :attempt"
        " AND state IN ('sending', 'unknown') RETURNING id",
        {
            "id": attempt.entry_id,
            "owner": attempt.owner,
            "attempt": attempt.number,
            "state": settlement.state.value,
            "ids": json.dumps(settlement.message_ids),
            "status": settlement.command_status,
            "reason": settlement.reason,
            "after": settlement.after,
        },
    )
    if not rows:
        return False
    for message_id in settlement.expected:
        yield Statement(
            "INSERT INTO smsc_outbox_parts (message_id, entry) VALUES (:message_id, :entry)"
            " ON CONFLICT (message_id) DO UPDATE SET entry = excluded.entry, state = NULL",
            {"message_id": message_id, "entry": attempt.entry_id},
        )
    for message_id, state in settlement.receipts:
        yield from record(message_id, state)
    return True


def record(message_id: str, state: int) -> Operation[bool]:
    """Store the final state of a part; return whether its id belongs to an entry."""
    rows = yield Statement(
        "UPDATE smsc_outbox_parts SET state = :state"
        " WHERE message_id = :message_id RETURNING entry",
        {"message_id": message_id, "state": state},
    )
    if not rows:
        return False
    values = {"entry": rows[0][0]}
    parts = yield Statement("SELECT state FROM smsc_outbox_parts WHERE entry = :entry", values)
    overall = overall_state(state for (state,) in parts)
    if overall is not None:
        yield Statement(
            "UPDATE smsc_outbox SET receipt = :receipt WHERE id = :entry",
            {**values, "receipt": overall},
        )
    return True


def next_due() -> Operation[float | None]:
    """Return the seconds until the next queued entry may be sent; None if there is none."""
    rows = yield Statement("SELECT min(not_before) - {now} FROM smsc_outbox WHERE state = 'queued'")
    seconds = rows[0][0]
    return None if seconds is None else float(seconds)


# --- of owners ---


def owners() -> Operation[list[int]]:
    """Return all registered owners."""
    rows = yield Statement("SELECT owner FROM smsc_outbox_owners")
    return [int(owner) for (owner,) in rows]


def recover(owner: int, reason: str) -> Operation[int]:
    """Move the SENDING entries of a stale owner to UNKNOWN; return their number."""
    # DELETE first: if the owner is still running and claims, this waits for its commit, and the
    # next statement sees what it claimed.
    yield Statement("DELETE FROM smsc_outbox_owners WHERE owner = :owner", {"owner": owner})
    rows = yield Statement(
        # The column `owner` stays: an owner that is still running may settle the entry.
        "UPDATE smsc_outbox SET state = 'unknown', reason = :reason, changed_at = {now}"
        " WHERE owner = :owner AND state = 'sending' RETURNING id",
        {"owner": owner, "reason": reason},
    )
    return len(rows)


def _names(states: Sequence[OutboxState] | frozenset[OutboxState]) -> str:
    """Return states as a list of SQL literals."""
    return ", ".join(sorted(f"'{state.value}'" for state in states))

"""What the outbox does with its tables, without a database.

Rule: an operation is a generator. It yields statements, gets their rows, and returns its result;
whoever drives it owns the connection and the transaction around it. Both databases run these
very statements, so that there is one protocol and not two.

Two words in braces differ: `{now}`, the database's own clock in seconds since 1970 (several
machines agree on it), and `{skip_locked}`, where rows in somebody's hands are passed over.
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
    before,
    of_parts,
)
from smsc_async.outbox.serialization import read

T = TypeVar("T")


class Statement(NamedTuple):
    """One statement of SQL with its named parameters."""

    sql: str
    values: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default, never changed


Row = Sequence[Any]
Operation = Generator[Statement, Sequence[Row], T]
Make = Callable[[], Operation[Any]]
"""Makes an operation, once for each time its transaction is tried."""

VERSION: Final = 1
PAGE: Final = 500
"""Rows that are read or deleted at once."""

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
class Claim:
    """Which attempt of which owner an entry is in; nobody else's outcome counts.

    Args:
        id: Of the entry.
        owner: Who took it.
        attempt: The how-manieth.
    """

    id: int
    owner: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a claimed entry.

    Args:
        claim: Which attempt it is about.
        state: Where the entry goes.
        after: Seconds until it may be sent again, if it goes back.
        message_ids: What the gateway accepted.
        part_ids: The same as receipts will spell them; empty if that is no different.
        receipts: Final states that are known already, by those ids.
        command_status: The number in a refusal.
        reason: Why it isn't accepted.
    """

    claim: Claim
    state: OutboxState
    after: float = 0.0
    message_ids: tuple[str, ...] = ()
    part_ids: tuple[str, ...] = ()
    receipts: tuple[tuple[str, int], ...] = ()
    command_status: int | None = None
    reason: str = ""

    @property
    def expected(self) -> tuple[str, ...]:
        """The ids by which receipts will come."""
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
        message=read(form),
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


def prepare() -> Operation[int]:
    """Make the tables where there are none; return the version of what is there."""
    for sql in SCHEMA:
        yield Statement(sql)
    found = yield from version()
    if not found:
        yield Statement(
            "INSERT INTO smsc_outbox_version (version) VALUES (:version)", {"version": VERSION}
        )
    return found or VERSION


def version() -> Operation[int]:
    """Return the version of the tables, 0 if it isn't said."""
    rows = yield Statement("SELECT max(version) FROM smsc_outbox_version")
    return int(rows[0][0] or 0)


# --- what users do ---


def put(form: str, key: str | None) -> Operation[Row]:
    """Queue a message, unless its key is there; return the row that is there now."""
    values = {"form": form, "key": key}
    rows: Sequence[Row] = ()
    # Between the two statements the one that is in the way may be deleted by another process.
    while not rows:
        rows = yield Statement(
            "INSERT INTO smsc_outbox (key, form, state, created_at, changed_at, not_before)"
            " VALUES (:key, :form, 'queued', {now}, {now}, {now})"
            f" ON CONFLICT (key) DO NOTHING RETURNING {_COLUMNS}",
            values,
        )
        if not rows:
            rows = yield Statement(
                f"SELECT {_COLUMNS} FROM smsc_outbox WHERE key = :key",
                {"key": key},
            )
    return rows[0]


def move(
    number: int,
    allowed: Sequence[OutboxState],
    target: OutboxState,
    reason: str,
    form: str | None = None,
) -> Operation[tuple[Row | None, bool]]:
    """Let a user move an entry, with another message if there is a form of one.

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
        rows = yield _get(number)
        return (rows[0] if rows else None), False
    if target is OutboxState.QUEUED:
        yield Statement("DELETE FROM smsc_outbox_parts WHERE entry = :id", {"id": number})
    return rows[0], True


def movable(target: OutboxState) -> tuple[OutboxState, ...]:
    """Return the states from which a user may move an entry; what a worker holds is its own."""
    return tuple(state for state in before(target) if state is not OutboxState.SENDING)


def get(number: int) -> Operation[Row | None]:
    """Return the row of an entry, if there is one."""
    rows = yield _get(number)
    return rows[0] if rows else None


def find(key: str) -> Operation[Row | None]:
    """Return the row with a key, if there is one."""
    rows = yield Statement(
        f"SELECT {_COLUMNS} FROM smsc_outbox WHERE key = :key",
        {"key": key},
    )
    return rows[0] if rows else None


def page(state: OutboxState | None, after: int) -> Operation[Sequence[Row]]:
    """Return the next rows behind a number, in order."""
    condition = "" if state is None else " AND state = :state"
    values: dict[str, object] = {"after": after, "limit": PAGE}
    if state is not None:
        values["state"] = state.value
    return (
        yield Statement(
            f"SELECT {_COLUMNS} FROM smsc_outbox WHERE id > :after{condition}"
            " ORDER BY id LIMIT :limit",
            values,
        )
    )


def counts() -> Operation[dict[OutboxState, int]]:
    """Return how many entries there are in each state."""
    rows = yield Statement("SELECT state, count(*) FROM smsc_outbox GROUP BY state")
    found = {OutboxState(name): number for name, number in rows}
    return {state: found.get(state, 0) for state in OutboxState}


def purge(older_than: float) -> Operation[int]:
    """Delete some finished entries that are old enough; return how many."""
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


# --- what workers do ---


def claim(owner: int, limit: int) -> Operation[list[Row]]:
    """Take the oldest entries that are due, so that nobody else does."""
    rows = yield Statement(
        # MATERIALIZED, or the planner may look for the limited rows more than once.
        "WITH due AS MATERIALIZED (SELECT id FROM smsc_outbox"
        " WHERE state = 'queued' AND not_before <= {now} ORDER BY id LIMIT :limit {skip_locked})"
        " UPDATE smsc_outbox SET state = 'sending', owner = :owner,"
        " attempts = attempts + 1, changed_at = {now}"
        f" WHERE id IN (SELECT id FROM due) RETURNING {_COLUMNS}",
        {"owner": owner, "limit": limit},
    )
    if rows:
        # Together with the claim, so that whatever is SENDING has an owner that can be buried.
        # DO UPDATE and not DO NOTHING: it locks the row, see `bury`.
        yield Statement(
            "INSERT INTO smsc_outbox_owners (owner) VALUES (:owner)"
            " ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner",
            {"owner": owner},
        )
    return sorted(rows, key=lambda row: int(row[0]))


def settle(settlement: Settlement) -> Operation[bool]:
    """Write down what became of a claimed entry; return whether it was still ours to say.

    Also from UNKNOWN: whoever took us for dead didn't know better, and we do.
    """
    claim = settlement.claim
    rows = yield Statement(
        "UPDATE smsc_outbox SET state = :state, message_ids = :ids, command_status = :status,"
        " reason = :reason, owner = NULL, changed_at = {now}, not_before = {now} + :after"
        " WHERE id = :id AND owner = :owner AND attempts = :attempt"
        " AND state IN ('sending', 'unknown') RETURNING id",
        {
            "id": claim.id,
            "owner": claim.owner,
            "attempt": claim.attempt,
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
            {"message_id": message_id, "entry": claim.id},
        )
    for message_id, state in settlement.receipts:
        yield from record(message_id, state)
    return True


def record(message_id: str, state: int) -> Operation[bool]:
    """Keep the final state of a part; return whether anybody knows its id."""
    rows = yield Statement(
        "UPDATE smsc_outbox_parts SET state = :state"
        " WHERE message_id = :message_id RETURNING entry",
        {"message_id": message_id, "state": state},
    )
    if not rows:
        return False
    values = {"entry": rows[0][0]}
    parts = yield Statement("SELECT state FROM smsc_outbox_parts WHERE entry = :entry", values)
    whole = of_parts(state for (state,) in parts)
    if whole is not None:
        yield Statement(
            "UPDATE smsc_outbox SET receipt = :receipt WHERE id = :entry",
            {**values, "receipt": whole},
        )
    return True


def next_due() -> Operation[float | None]:
    """Return the seconds until the next queued entry may be sent; None if there is none."""
    rows = yield Statement("SELECT min(not_before) - {now} FROM smsc_outbox WHERE state = 'queued'")
    seconds = rows[0][0]
    return None if seconds is None else float(seconds)


# --- owners ---


def owners() -> Operation[list[int]]:
    """Return all that were noted and not buried."""
    rows = yield Statement("SELECT owner FROM smsc_outbox_owners")
    return [int(owner) for (owner,) in rows]


def bury(owner: int, reason: str) -> Operation[int]:
    """Mark what a dead owner was sending as UNKNOWN; return how many entries that were."""
    # First: if it lives after all and is claiming right now, this waits until that is committed,
    # and the statement below sees it.
    yield Statement("DELETE FROM smsc_outbox_owners WHERE owner = :owner", {"owner": owner})
    rows = yield Statement(
        # The owner stays: if it wasn't dead after all, it may still tell the truth.
        "UPDATE smsc_outbox SET state = 'unknown', reason = :reason, changed_at = {now}"
        " WHERE owner = :owner AND state = 'sending' RETURNING id",
        {"owner": owner, "reason": reason},
    )
    return len(rows)


def _get(number: int) -> Statement:
    """Return the statement that reads one entry."""
    return Statement(f"SELECT {_COLUMNS} FROM smsc_outbox WHERE id = :id", {"id": number})


def _names(states: Sequence[OutboxState] | frozenset[OutboxState]) -> str:
    """Return states as a list of SQL literals; the names are our own."""
    return ", ".join(sorted(f"'{state.value}'" for state in states))

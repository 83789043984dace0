"""The tables of the outbox, and their migration from the version before.

Rule: a new database goes the same way as an old one: the tables of version 1, then every change
since. All of it is one transaction of the caller. Names of tables and columns stay.

Placeholders differ between the databases: `{now}`, the database's own clock in seconds since 1970
(the machines of one outbox share it); `{identity}`, the type of the primary key; `{has_tables}`,
1 if the tables exist, else 0; `{skip_locked}`, which skips rows that another transaction has
locked; `{pairs}`, the rows (id, attempts) of the JSON in `:pairs`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from smsc_async.outbox.errors import OutboxVersionError

T = TypeVar("T")


class Statement(NamedTuple):
    """One SQL statement with its named parameters.

    The answer of one that returns no rows is an empty row for each row that it changed. SQLite
    takes twice as long for an UPDATE or INSERT with RETURNING.
    """

    sql: str
    values: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default, never changed


Row = Sequence[Any]
Operation = Generator[Statement, Sequence[Row], T]
OperationFactory = Callable[[], Operation[Any]]
"""Makes an operation; called again each time its transaction is retried."""

VERSION: Final = 2
"""Version of the tables; 0.1.0 made version 1."""

OWNER_ENDED: Final = "the process that was sending it ended before it stored the outcome"
"""The reason of entries whose worker ended while they were SENDING."""

# The reasons of entries that a user queued again.
_RESENT_IN_VERSION_1: Final = "sent again on purpose"
_REPLACED_IN_VERSION_1: Final = "replaced on purpose"

_TABLES: Final = (
    "CREATE TABLE smsc_outbox_version (version INTEGER PRIMARY KEY)",
    """CREATE TABLE smsc_outbox (
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
    "CREATE INDEX smsc_outbox_state ON smsc_outbox (state, id)",
    """CREATE TABLE smsc_outbox_parts (
        message_id TEXT PRIMARY KEY,
        entry BIGINT NOT NULL,
        state INTEGER
    )""",
    "CREATE INDEX smsc_outbox_parts_entry ON smsc_outbox_parts (entry)",
    "CREATE TABLE smsc_outbox_owners (owner BIGINT PRIMARY KEY)",
)

_CHANGES_2: Final = (
    # No worker of version 1 is running, see `check_version`.
    (
        "UPDATE smsc_outbox SET state = 'unknown', reason = :owner_ended, changed_at = {now}"
        " WHERE state = 'sending'"
    ),
    "DELETE FROM smsc_outbox_owners",
    # When the first octet left of an attempt before this one that may have been accepted.
    "ALTER TABLE smsc_outbox ADD COLUMN written_at DOUBLE PRECISION",
    # The same of this attempt. A worker of version 1 doesn't set it: the name of the constraint is
    # what it reports when it claims an entry.
    (
        "ALTER TABLE smsc_outbox ADD COLUMN sending_at DOUBLE PRECISION"
        " CONSTRAINT smsc_outbox_needs_a_newer_smsc_async"
        " CHECK (state <> 'sending' OR sending_at IS NOT NULL)"
    ),
    # The same instant on a clock that isn't set: the boot of the machine, and seconds since then.
    "ALTER TABLE smsc_outbox ADD COLUMN boot TEXT",
    "ALTER TABLE smsc_outbox ADD COLUMN boot_at DOUBLE PRECISION",
    "ALTER TABLE smsc_outbox ADD COLUMN may_pay_twice INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE smsc_outbox ADD COLUMN reservation TEXT",
    # Attempts that ended in a pause that grows; `attempts` counts held and given back ones too.
    "ALTER TABLE smsc_outbox ADD COLUMN retries INTEGER NOT NULL DEFAULT 0",
    # The earliest instant at which the attempt of an earlier version can have been written. That
    # version doesn't tell a second attempt after an unknown outcome from one after a pause.
    (
        "UPDATE smsc_outbox SET written_at = created_at WHERE state = 'unknown'"
        " OR (state = 'discarded' AND attempts > 0)"
        " OR (state = 'refused' AND (message_ids <> '[]' OR attempts > 1))"
        " OR (state = 'queued' AND (attempts > 1 OR message_ids <> '[]' OR (attempts > 0"
        " AND reason IN (:resent, :replaced) AND command_status IS NULL)))"
    ),
    # 0 is at once: neither depends on a clock nor on its being set.
    (
        "UPDATE smsc_outbox SET not_before = 0"
        " WHERE state = 'queued' AND (not_before <= {now} OR changed_at > {now})"
    ),
    "CREATE INDEX smsc_outbox_due ON smsc_outbox (state, not_before, id)",
    # A part without an entry (0) is a receipt that came before its message's outcome was stored.
    "ALTER TABLE smsc_outbox_parts ADD COLUMN received_at DOUBLE PRECISION",
    # Parts of one message that have this id: each gets a receipt.
    "ALTER TABLE smsc_outbox_parts ADD COLUMN parts INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX smsc_outbox_parts_unmatched ON smsc_outbox_parts (received_at) WHERE entry = 0",
)
_VALUES: Final = {
    "owner_ended": OWNER_ENDED,
    "resent": _RESENT_IN_VERSION_1,
    "replaced": _REPLACED_IN_VERSION_1,
}


def found_version() -> Operation[int]:
    """Return the version of the tables, 0 if there are none."""
    rows = yield Statement("SELECT {has_tables}")
    if not rows[0][0]:
        return 0
    rows = yield Statement("SELECT max(version) FROM smsc_outbox_version")
    return int(rows[0][0] or 0)


def migrate(found: int) -> Operation[None]:
    """Bring the tables to this version.

    Args:
        found: Their version; 0 creates them.
    """
    if not found:
        for sql in _TABLES:
            yield Statement(sql)
    for sql in _CHANGES_2:
        needed = {name: value for name, value in _VALUES.items() if f":{name}" in sql}
        yield Statement(sql, needed)
    yield Statement(
        "INSERT INTO smsc_outbox_version (version) VALUES (:version)", {"version": VERSION}
    )


def owners() -> Operation[list[int]]:
    """Return all registered owners."""
    rows = yield Statement("SELECT owner FROM smsc_outbox_owners")
    return [int(owner) for (owner,) in rows]


def check_version(found: int, place: str) -> None:
    """Refuse tables that a newer version made.

    Raises:
        OutboxVersionError: They are newer.
    """
    if found > VERSION:
        raise OutboxVersionError(
            f"a newer smsc-async made the tables in {place} (version {found}, this one knows"
            f" {VERSION}); update this one"
        )


def check_owners(running: int, place: str) -> None:
    """Refuse to migrate tables that workers of an older version are using.

    Raises:
        OutboxVersionError: There is such a worker.
    """
    if running:
        raise OutboxVersionError(
            f"a worker of an older smsc-async is running on {place}; stop it before this one starts"
        )

"""The SQL of the outbox that its users call for, independent of the database driver.

Rule: an operation is a generator. It yields statements, receives their rows, and returns its
result; its driver owns the connection and the transaction. SQLite and PostgreSQL execute the same
statements, so there is one protocol and not two. The placeholders are those of `schema`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from smsc_async.outbox.entry import (
    FINISHED,
    OutboxEntry,
    OutboxState,
    as_message_state,
    sources_of,
)
from smsc_async.outbox.errors import OutboxError
from smsc_async.outbox.resend_window import FirstWrite
from smsc_async.outbox.schema import Statement
from smsc_async.outbox.serialization import deserialize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from smsc_async.messages import Message
    from smsc_async.outbox.schema import Operation, Row

PAGE: Final = 500
"""Rows that one statement reads or deletes at most."""

COLUMNS: Final = (
    "id, key, form, state, created_at, changed_at, not_before,"
    " attempts, message_ids, command_status, reason, receipt,"
    " {now} - coalesce(written_at, sending_at), boot, boot_at"
)
"""What `entry_of` reads, then what `first_write_of` reads."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""What octets become that aren't UTF-8."""


def entry_of(row: Row) -> OutboxEntry:
    """Make an entry of its row. What can't be read is left out, and the reason says so.

    Args:
        row: With the columns of `COLUMNS`.
    """
    number, key, form, state, created, changed, not_before, attempts, ids, status, why, receipt = (
        row[:12]
    )
    faults: list[str] = []
    readable_key, message = read_message(key, form, faults)
    readable_reason = _text_of(why, "reason", faults)
    return OutboxEntry(
        id=number,
        key=readable_key,
        message=message,
        state=_state_of(state, faults),
        created_at=_number_of(created),
        changed_at=_number_of(changed),
        not_before=_number_of(not_before),
        attempts=attempts,
        message_ids=read_ids(ids, faults),
        command_status=status,
        reason="; ".join([*faults, *filter(None, [readable_reason])]),
        receipt=as_message_state(receipt),
    )


def new_entry(row: Row, key: str | None, message: Message[Any]) -> OutboxEntry:
    """Make an entry that was just queued; the others are read by `entry_of` (hot path)."""
    number, at = row
    return OutboxEntry(
        id=number,
        key=key,
        message=message,
        state=OutboxState.QUEUED,
        created_at=at,
        changed_at=at,
        not_before=0.0,
    )


def read_message(
    key: Any,  # noqa: ANN401 - SQLite's columns hold any type
    form: Any,  # noqa: ANN401 - as above
    faults: list[str],
) -> tuple[str | None, Message[Any] | None]:
    """Return key and message of a row; None, and the fault, for what can't be read."""
    readable_key = _text_of(key, "key", faults)
    # An entry that isn't found by its key may have been put again: it isn't sent.
    return readable_key, None if faults else _message_of(form, faults)


def _message_of(form: Any, faults: list[str]) -> Message[Any] | None:  # noqa: ANN401 - SQLite's columns hold any type
    """Return the message of a row; None, and the fault, if it can't be read."""
    try:
        return deserialize(form)
    except OutboxError as error:
        faults.append(str(error))
        return None


def _text_of(stored: Any, name: str, faults: list[str]) -> str | None:  # noqa: ANN401 - as above
    """Return the text of a row; None, and the fault, if it can't be read."""
    if stored is None or (isinstance(stored, str) and not _SURROGATE.search(stored)):
        return stored
    faults.append(f"its {name} is stored in a form that can't be read")
    return None


def _number_of(stored: Any) -> float:  # noqa: ANN401 - as above
    """Return the number of a row; 0 if it is none."""
    return stored if isinstance(stored, (int, float)) else 0.0


def _state_of(name: Any, faults: list[str]) -> OutboxState:  # noqa: ANN401 - as above
    """Return the state of a row; UNKNOWN, and the fault, if there is no such state."""
    try:
        return OutboxState(name)
    except ValueError:
        faults.append("its state is stored in a form that can't be read")
        return OutboxState.UNKNOWN


def read_ids(ids: Any, faults: list[str]) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """Return the message_ids of a row; none, and the fault, if they can't be read."""
    if ids == "[]":  # as of every entry that is queued
        return ()
    try:
        return tuple(map(str, json.loads(ids)))
    except (ValueError, TypeError, RecursionError):
        faults.append("its message_ids are stored in a form that can't be read")
        return ()


def first_write_of(columns: Row) -> FirstWrite | None:
    """Return when an earlier attempt was written that may have been accepted; None without one.

    Args:
        columns: The last three of `COLUMNS`.
    """
    age, boot, boot_at = columns
    if not isinstance(boot_at, (int, float)):
        boot_at = None
    return None if age is None else FirstWrite(float(age), boot, boot_at)


# --- of users ---


def put(form: str, key: str | None) -> Operation[tuple[Row, bool]]:
    """Queue a message unless its key exists.

    Returns:
        The row that the table now has, and whether it is new; of a new one what `new_entry` reads.
    """
    while True:
        rows = yield Statement(
            "INSERT INTO smsc_outbox (key, form, state, created_at, changed_at, not_before)"
            " VALUES (:key, :form, 'queued', {now}, {now}, 0)"
            " ON CONFLICT (key) DO NOTHING RETURNING id, created_at",
            {"form": form, "key": key},
        )
        if rows:
            return rows[0], True
        row = yield from find(key)
        # Between the two statements another process may delete the row in conflict.
        if row is not None:
            return row, False


def move(
    number: int,
    allowed: Sequence[OutboxState],
    target: OutboxState,
    reason: str,
    *,
    form: str | None = None,
    may_pay_twice: bool = False,
) -> Operation[tuple[Row | None, bool]]:
    """Move an entry to another state on behalf of a user; *form* replaces its message.

    Returns:
        The entry's row, None if there is none, and whether it was moved.
    """
    # Another message is no repeat of one that may have been accepted.
    condition = "" if form is None else " AND written_at IS NULL AND sending_at IS NULL"
    rows = yield Statement(
        "UPDATE smsc_outbox SET state = :state, reason = :reason, form = coalesce(:form, form),"
        " may_pay_twice = :may_pay_twice, owner = NULL, changed_at = {now}, not_before = 0"
        f" WHERE id = :id AND state IN ({_names(allowed)}){condition} RETURNING {COLUMNS}",
        {
            "id": number,
            "state": target.value,
            "reason": reason,
            "form": form,
            "may_pay_twice": int(may_pay_twice),
        },
    )
    if not rows:
        return (yield from get(number)), False
    if target is OutboxState.QUEUED:
        values = {"id": number}
        yield Statement("DELETE FROM smsc_outbox_parts WHERE entry = :id", values)
        yield Statement("UPDATE smsc_outbox SET receipt = NULL WHERE id = :id", values)
    return rows[0], True


def resend(
    number: int,
    allowed: Sequence[OutboxState],
    reason: str,
    may_pay_twice: bool,  # noqa: FBT001 - an argument of a partial
    is_safe: Callable[[FirstWrite], bool],
) -> Operation[tuple[Row | None, bool, bool]]:
    """Queue an entry again, if that is safe or a user allows a second payment.

    Returns:
        The entry's row, None if there is none; whether it was moved; whether it may be.
    """
    row = yield from get(number)
    first = None if row is None else first_write_of(row[12:])
    if first is not None and not (may_pay_twice or is_safe(first)):
        return row, False, False
    queued = OutboxState.QUEUED
    row, is_moved = yield from move(number, allowed, queued, reason, may_pay_twice=may_pay_twice)
    return row, is_moved, True


def movable(target: OutboxState) -> tuple[OutboxState, ...]:
    """Return the states from which a user may move an entry.

    SENDING is the worker's. A CLAIMED entry may be discarded: its worker doesn't send it then.
    """
    workers = {OutboxState.SENDING}
    if target is not OutboxState.DISCARDED:
        workers.add(OutboxState.CLAIMED)
    return tuple(state for state in sources_of(target) if state not in workers)


def rename_key(number: int, key: str) -> Operation[bool]:
    """Give an entry another key, unless another entry has it; return whether that was so."""
    rows = yield Statement(
        "UPDATE smsc_outbox SET key = :key WHERE id = :id"
        " AND NOT EXISTS (SELECT 1 FROM smsc_outbox WHERE key = :key AND id <> :id) RETURNING id",
        {"id": number, "key": key},
    )
    return bool(rows)


def get(number: int) -> Operation[Row | None]:
    """Return the row of an entry, None if there is none."""
    sql = f"SELECT {COLUMNS} FROM smsc_outbox WHERE id = :id"
    rows = yield Statement(sql, {"id": number})
    return rows[0] if rows else None


def find(key: str | None) -> Operation[Row | None]:
    """Return the row with a key, None if there is none."""
    sql = f"SELECT {COLUMNS} FROM smsc_outbox WHERE key = :key"
    rows = yield Statement(sql, {"key": key})
    return rows[0] if rows else None


def page(state: OutboxState | None, after: int) -> Operation[Sequence[Row]]:
    """Return the next rows whose number is above *after*, in order."""
    condition = "" if state is None else f" AND state = '{state.value}'"
    return (
        yield Statement(
            f"SELECT {COLUMNS} FROM smsc_outbox WHERE id > :after{condition}"
            " ORDER BY id LIMIT :limit",
            {"after": after, "limit": PAGE},
        )
    )


def counts() -> Operation[dict[OutboxState, int]]:
    """Return the number of entries in each state."""
    rows = yield Statement("SELECT state, count(*) FROM smsc_outbox GROUP BY state")
    found = dict.fromkeys(OutboxState, 0)
    for name, number in rows:
        found[_state_of(name, [])] += number
    return found


def old_finished(older_than: float, after: int) -> Operation[list[int]]:
    """Return the numbers of the next finished entries that are old enough, in order."""
    rows = yield Statement(
        f"SELECT id FROM smsc_outbox WHERE id > :after AND state IN ({_names(FINISHED)})"
        " AND changed_at <= {now} - :age ORDER BY id LIMIT :limit",
        {"after": after, "age": older_than, "limit": PAGE},
    )
    return [int(number) for (number,) in rows]


def delete_finished(numbers: Iterable[int], older_than: float) -> Operation[int]:
    """Delete those of some entries that are finished and old enough; return how many."""
    count = 0
    for number in numbers:
        rows = yield Statement(
            f"DELETE FROM smsc_outbox WHERE id = :id AND state IN ({_names(FINISHED)})"
            " AND changed_at <= {now} - :age RETURNING id",
            {"id": number, "age": older_than},
        )
        if rows:
            yield Statement("DELETE FROM smsc_outbox_parts WHERE entry = :id", {"id": number})
        count += len(rows)
    return count


def _names(states: Sequence[OutboxState] | frozenset[OutboxState]) -> str:
    """Return states as a list of SQL literals."""
    return ", ".join(sorted(f"'{state.value}'" for state in states))

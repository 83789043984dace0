"""The SQL of the outbox that its workers call for: claims, outcomes, receipts and owners.

Rule: as in `queries`. What a worker does to an entry counts only for its own attempt.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pdu.enums import MessageState
from smsc_async.outbox.entry import overall_state
from smsc_async.outbox.queries import PAGE
from smsc_async.outbox.schema import OWNER_ENDED, Statement
from smsc_async.outbox.storable import LARGEST_INTEGER, storable_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsc_async.outbox.attempt import Attempt, Settlement
    from smsc_async.outbox.schema import Operation, Row

CLOCK_SLACK: Final = 60.0
"""Seconds by which a receipt may be older than its message's write, if a clock was set."""

CLAIMED: Final = (
    "id, attempts, key, form, message_ids, may_pay_twice, reservation, retries,"
    " {now} - coalesce(written_at, sending_at), boot, boot_at"
)
"""What an attempt needs; the last three are those of `queries.first_write_of`."""


def look() -> Operation[tuple[float, float | None]]:
    """Return the database's time, and the seconds until the next queued entry may be sent.

    The second is None if there is none.
    """
    rows = yield Statement(
        "SELECT {now}, (SELECT min(not_before) FROM smsc_outbox WHERE state = 'queued'),"
        " EXISTS (SELECT 1 FROM smsc_outbox WHERE state = 'queued' AND not_before > 1e300)"
    )
    now, due, is_odd = rows[0]
    if is_odd:
        # No time at all, see `claim_due`.
        return float(now), 0.0
    return float(now), None if due is None else float(due) - float(now)


def claim_due(owner: int, limit: int) -> Operation[list[Row]]:
    """Move the oldest entries that are due to CLAIMED, so that no other worker sends them.

    Entries that had to wait come first, then the others in the order of `put`. One whose time is
    none (negative, infinite, in SQLite a text, which is above all numbers) is due at once.
    """
    rows = yield Statement(
        # MATERIALIZED, or the planner may evaluate a LIMIT more than once. Ranges of one
        # index, so that neither what is finished nor what waits for tomorrow is read.
        "WITH late AS MATERIALIZED (SELECT id FROM smsc_outbox"
        " WHERE state = 'queued' AND not_before > 0 AND not_before <= {now}"
        " ORDER BY not_before, id LIMIT :limit {skip_locked}),"
        " others AS MATERIALIZED (SELECT id FROM smsc_outbox"
        " WHERE state = 'queued' AND not_before = 0 ORDER BY id LIMIT :limit {skip_locked}),"
        " early AS MATERIALIZED (SELECT id FROM smsc_outbox"
        " WHERE state = 'queued' AND not_before < 0 LIMIT :limit {skip_locked}),"
        " never AS MATERIALIZED (SELECT id FROM smsc_outbox"
        " WHERE state = 'queued' AND not_before > 1e300 LIMIT :limit {skip_locked}),"
        " due AS MATERIALIZED (SELECT id FROM late UNION ALL SELECT id FROM early"
        " UNION ALL SELECT id FROM never UNION ALL SELECT id FROM others LIMIT :limit)"
        " UPDATE smsc_outbox SET state = 'claimed', owner = :owner,"
        " attempts = attempts + 1, changed_at = {now},"
        " written_at = coalesce(written_at, sending_at), sending_at = NULL"
        f" WHERE id IN (SELECT id FROM due) RETURNING {CLAIMED}",
        {"owner": owner, "limit": limit},
    )
    if rows:
        # In the same transaction, so that every claimed entry has a registered owner, whose end is
        # detected. DO UPDATE and not DO NOTHING: it locks the row, see `recover`.
        yield Statement(
            "INSERT INTO smsc_outbox_owners (owner) VALUES (:owner)"
            " ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner",
            {"owner": owner},
        )
    return sorted(rows, key=lambda row: int(row[0]))


def begin_sending(
    owner: int, attempts: Sequence[Attempt], boot: str, boot_at: float
) -> Operation[set[tuple[int, int]]]:
    """Move claimed entries to SENDING; return those attempts that still were this owner's.

    One owner may have several attempts of one entry, if a user moved it: only the last counts.

    Args:
        owner: Who claimed them.
        attempts: The attempts that are about to be written.
        boot: Of this machine, see `resend_window.boot_id`.
        boot_at: The time in seconds of that boot.
    """
    asked = {attempt.identity for attempt in attempts}
    values = {"owner": owner, "pairs": json.dumps(sorted(asked))}
    moved = yield Statement(
        "UPDATE smsc_outbox SET state = 'sending', sending_at = {now}, changed_at = {now},"
        " boot = CASE WHEN written_at IS NULL THEN :boot ELSE boot END,"
        " boot_at = CASE WHEN written_at IS NULL THEN :boot_at ELSE boot_at END"
        " WHERE owner = :owner AND state = 'claimed' AND (id, attempts) IN {pairs}",
        {**values, "boot": boot, "boot_at": boot_at},
    )
    if len(moved) == len(asked):
        return asked
    rows = yield Statement(
        "SELECT id, attempts FROM smsc_outbox"
        " WHERE owner = :owner AND state = 'sending' AND (id, attempts) IN {pairs}",
        values,
    )
    return {(int(number), int(attempt)) for number, attempt in rows}


def settle(settlement: Settlement) -> Operation[bool]:
    """Store the outcome of an attempt; return False if the entry is in another attempt.

    UNKNOWN is replaced too: the process that took the owner for stale didn't know the outcome.
    """
    attempt, after = settlement.attempt, settlement.after
    values: dict[str, Any] = {
        "id": attempt.entry_id,
        "owner": attempt.owner,
        "attempt": attempt.number,
        "state": settlement.state.value,
        "ids": json.dumps(settlement.message_ids),
        "status": settlement.command_status,
        "reason": settlement.reason,
        "reservation": settlement.stored_reservation,
    }
    if after > 0:
        values["after"] = float(after)
    sql = _settle_sql(after > 0, settlement.may_be_accepted, settlement.is_retry)
    if not (yield Statement(sql, values)):
        return False
    is_known = False
    numbers: dict[str, int] = {}
    for message_id in map(storable_id, settlement.expected):
        numbers[message_id] = numbers.get(message_id, 0) + 1
    # In order, so that two transactions with the same ids don't wait for each other.
    for message_id, number in sorted(numbers.items()):
        values = {"message_id": message_id, "entry": attempt.entry_id, "parts": number}
        is_known |= yield from _expect_receipt(values)
    # Of parts with one id the last one got the first receipt.
    for message_id, state in reversed(settlement.receipts):
        yield from record(message_id, state)
    if is_known:
        yield from _store_overall_state(attempt.entry_id)
    return True


@cache
def _settle_sql(is_paused: bool, may_be_accepted: bool, is_retry: bool) -> str:  # noqa: FBT001 - of a cached function
    """Return the statement that stores an outcome."""
    not_before = "{now} + :after" if is_paused else "0"
    more = "" if may_be_accepted else ", sending_at = NULL"
    if is_retry:
        more += ", retries = retries + 1"
    return (
        "UPDATE smsc_outbox SET state = :state, message_ids = :ids, command_status = :status,"
        " reason = :reason, reservation = :reservation, owner = NULL, changed_at = {now},"
        f" not_before = {not_before}{more}"
        " WHERE id = :id AND owner = :owner AND attempts = :attempt"
        " AND state IN ('claimed', 'sending', 'unknown')"
    )


def _expect_receipt(values: dict[str, Any]) -> Operation[bool]:
    """Store that the receipt of an id belongs to an entry; return whether it came before that."""
    is_new = yield Statement(
        "INSERT INTO smsc_outbox_parts (message_id, entry, parts)"
        " VALUES (:message_id, :entry, :parts) ON CONFLICT (message_id) DO NOTHING",
        values,
    )
    if is_new:
        return False
    entry = {"entry": values["entry"]}
    rows = yield Statement("SELECT sending_at FROM smsc_outbox WHERE id = :entry", entry)
    parts = yield Statement(
        # A receipt from before the message was written is of another one with this id.
        "INSERT INTO smsc_outbox_parts (message_id, entry, parts)"
        " VALUES (:message_id, :entry, :parts) ON CONFLICT (message_id)"
        " DO UPDATE SET entry = excluded.entry, parts = excluded.parts, state = CASE"
        " WHEN smsc_outbox_parts.entry = 0 AND smsc_outbox_parts.received_at >= :since"
        " THEN smsc_outbox_parts.state ELSE NULL END RETURNING state",
        {**values, "since": float(rows[0][0] or 0.0) - CLOCK_SLACK},
    )
    return parts[0][0] is not None


def record(message_id: str, state: int) -> Operation[bool]:
    """Store the final state of a part; return whether its id belongs to an entry.

    If it doesn't yet, the receipt is kept until it does, see `settle` and `expire_receipts`. Where
    several parts have one id, the receipt of one that failed stays.
    """
    rows = yield Statement(
        "INSERT INTO smsc_outbox_parts (message_id, entry, state, received_at)"
        " VALUES (:message_id, 0, :state, {now}) ON CONFLICT (message_id)"
        " DO UPDATE SET received_at = excluded.received_at, state = CASE"
        " WHEN smsc_outbox_parts.state <> :delivered"
        " AND (smsc_outbox_parts.entry = 0 OR smsc_outbox_parts.parts > 1)"
        " THEN smsc_outbox_parts.state ELSE excluded.state END RETURNING entry",
        {
            "message_id": storable_id(message_id),
            "state": max(0, min(state, LARGEST_INTEGER)),
            "delivered": int(MessageState.DELIVERED),
        },
    )
    entry = int(rows[0][0])
    if entry:
        yield from _store_overall_state(entry)
    return bool(entry)


def _store_overall_state(entry: int) -> Operation[None]:
    """Store the final state of a whole message, once its parts decide it."""
    values = {"entry": entry}
    parts = yield Statement("SELECT state FROM smsc_outbox_parts WHERE entry = :entry", values)
    overall = overall_state(state for (state,) in parts)
    if overall is not None:
        yield Statement(
            "UPDATE smsc_outbox SET receipt = :receipt WHERE id = :entry",
            {**values, "receipt": overall},
        )


def expire_receipts(age: float) -> Operation[int]:
    """Delete receipts that no message has claimed for *age* seconds; return how many."""
    rows = yield Statement(
        "DELETE FROM smsc_outbox_parts WHERE entry = 0 AND message_id IN"
        " (SELECT message_id FROM smsc_outbox_parts WHERE entry = 0"
        " AND received_at <= {now} - :age ORDER BY received_at LIMIT :limit) RETURNING 1",
        {"age": age, "limit": PAGE},
    )
    return len(rows)


def is_ahead() -> Operation[bool]:
    """Return whether an entry waits since a time that hasn't come: the clock was set back."""
    rows = yield Statement(
        "SELECT 1 FROM smsc_outbox WHERE state = 'queued' AND not_before > {now}"
        " AND changed_at > {now} LIMIT 1"
    )
    return bool(rows)


def release_ahead() -> Operation[None]:
    """Let those entries be sent at once: nothing else says how long they have waited."""
    yield Statement(
        "UPDATE smsc_outbox SET not_before = 0 WHERE state = 'queued' AND not_before > {now}"
        " AND changed_at > {now}"
    )


def recover(owner: int) -> Operation[int]:
    """Take the entries of a stale owner back; return how many of them are UNKNOWN now."""
    # DELETE first: if the owner is still running and claims, this waits for its commit, and the
    # next statements see what it claimed.
    values = {"owner": owner}
    yield Statement("DELETE FROM smsc_outbox_owners WHERE owner = :owner", values)
    yield Statement(
        "UPDATE smsc_outbox SET state = 'queued', owner = NULL, changed_at = {now}"
        " WHERE owner = :owner AND state = 'claimed'",
        values,
    )
    rows = yield Statement(
        # The column `owner` stays: an owner that is still running may settle the entry.
        "UPDATE smsc_outbox SET state = 'unknown', reason = :reason, changed_at = {now}"
        " WHERE owner = :owner AND state = 'sending' RETURNING id",
        {**values, "reason": OWNER_ENDED},
    )
    return len(rows)

"""Looks and claims read what is due, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from outboxes import ScriptedClient, begin_sending
from version_1 import execute

from smsc_async import Sms
from smsc_async.outbox import Outbox, OutboxState, PostgresOutbox
from smsc_async.outbox import postgres as postgres_module
from smsc_async.outbox import sqlite as sqlite_module
from smsc_async.outbox.schema import Statement
from smsc_async.outbox.worker_queries import claim_due, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from smsc_async.outbox.base import BaseOutbox
    from smsc_async.outbox.schema import Operation

    Make = Callable[[], BaseOutbox]

MESSAGE = Sms(to="79991234567", text="hi")
TOMORROW = 86_400.0


def sql_of(operation: Operation[Any]) -> Statement:
    """Return the first statement of an operation."""
    return next(operation)


async def fill(outbox: BaseOutbox, place: str, number: int) -> None:
    """Queue entries that are due tomorrow, by copying one."""
    await outbox.put(MESSAGE)
    series = f"generate_series(1, {number})"
    if not isinstance(outbox, PostgresOutbox):
        series = (
            f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"  # noqa: S608 - constants
            " SELECT i FROM n)"
        )
    columns = "form, state, created_at, changed_at"
    insert = (
        f"INSERT INTO smsc_outbox ({columns}, not_before)"  # noqa: S608 - constants
        f" SELECT {columns}, created_at + {TOMORROW} FROM smsc_outbox, {series} AS copies"
    )
    execute(place, (insert, {}))
    if isinstance(outbox, PostgresOutbox):  # SQLite has no statistics unless a user makes them
        execute(place, ("ANALYZE", {}))


async def plan_of(outbox: BaseOutbox, statement: Statement) -> str:
    """Return how the database executes a statement."""
    is_postgres = isinstance(outbox, PostgresOutbox)
    dialect: Any = (postgres_module if is_postgres else sqlite_module)._dialect
    made = dialect(statement.sql)
    sql = made.decode() if is_postgres else made

    def explain() -> Operation[list[Any]]:
        """Ask the database."""
        word = "EXPLAIN" if is_postgres else "EXPLAIN QUERY PLAN"
        return list((yield Statement(f"{word} {_colons(sql)}", statement.values)))

    return "\n".join(str(row[-1]) for row in await outbox._ledger.run(explain))


def _colons(sql: str) -> str:
    """Return a statement with parameters as the operations write them."""
    return sql.replace("%(", ":").replace(")s", "") if "%(" in sql else sql


@pytest.mark.takes_up_to(10, reason="thousands of entries are made")
@pytest.mark.parametrize("operation", [look, lambda: claim_due(5, 100)])
async def test_looks_and_claims_use_the_index(
    outbox: BaseOutbox, place: str, operation: Callable[[], Operation[Any]]
) -> None:
    """However much is finished or waits for tomorrow."""
    await fill(outbox, place, 5000)
    plan = await plan_of(outbox, sql_of(operation()))

    assert "smsc_outbox_due" in plan
    assert "Seq Scan on smsc_outbox " not in plan
    assert "SCAN smsc_outbox\n" not in f"{plan}\n"


async def test_entries_that_waited_come_before_those_in_the_queue(
    outbox: BaseOutbox, place: str
) -> None:
    """A message that was retried isn't put behind all that were queued meanwhile."""
    for _ in range(4):
        await outbox.put(MESSAGE)
    execute(
        place,
        ("UPDATE smsc_outbox SET not_before = 2 WHERE id = 3", {}),
        ("UPDATE smsc_outbox SET not_before = 1 WHERE id = 4", {}),
    )
    claimed = [
        [attempt.entry_id for attempt, _ in await outbox._ledger.claim_due(2)] for _ in range(2)
    ]

    assert [[3, 4], [1, 2]] == claimed


async def test_look_waits_for_no_writer(tmp_path: Path, client: ScriptedClient) -> None:
    """Another process may hold the write lock of the file for as long as it likes."""
    path = tmp_path / "outbox.db"
    async with Outbox(path, patience=0.01) as outbox:
        entry = await outbox.put(MESSAGE)
        await outbox.run(client.as_client, stop_when_empty=True)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        now, due = await outbox._ledger.read(look)
        assert now > 1.7e9
        assert due is None
        assert await outbox.get(entry) == (await anext(outbox.entries()))
        assert 1 == (await outbox.counts())[OutboxState.ACCEPTED]
        await outbox._ledger.recover_orphans()
        other.execute("ROLLBACK")
        other.close()


async def test_clock_that_was_set_back_makes_waiting_entries_due(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """Else an entry waits for as long as the clock was wrong."""
    for _ in range(3):
        await outbox.put(MESSAGE)
    an_hour = "not_before = changed_at + 3660, changed_at = changed_at + 3600"
    execute(
        place,
        (f"UPDATE smsc_outbox SET {an_hour} WHERE id = 1", {}),  # noqa: S608 - a constant
        ("UPDATE smsc_outbox SET not_before = changed_at + 3600 WHERE id = 2", {}),
        ("UPDATE smsc_outbox SET created_at = created_at + 3600 WHERE id = 3", {}),
    )
    await outbox._ledger.release_ahead()
    claimed = await outbox._ledger.claim_due(10)

    assert [1, 3] == [attempt.entry_id for attempt, _ in claimed]
    assert [] == client.sent


async def test_worker_notices_that_the_clock_was_set_back(
    outbox: BaseOutbox, client: ScriptedClient, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its next look, while it runs."""
    monkeypatch.setattr("smsc_async.outbox.worker.POLL_INTERVAL", 0.01)
    released: list[float] = []
    ahead = 3600.0

    async def read(operation: Any) -> Any:  # noqa: ANN401 - as the real one
        """Read, with a clock that is ahead at first."""
        result = await real(operation)
        if operation is look:
            released.append(ahead)
            return result[0] + ahead, result[1]
        return result

    real = outbox._ledger.read
    monkeypatch.setattr(outbox._ledger, "read", read)
    await outbox.put(MESSAGE)
    waits = "UPDATE smsc_outbox SET not_before = changed_at + 3660, changed_at = changed_at + 3600"
    execute(place, (waits, {}))
    monkeypatch.setattr(outbox._ledger, "release_ahead", _first_not(outbox._ledger.release_ahead))
    worker = asyncio.create_task(outbox.run(client.as_client, stop_when_empty=True))
    while len(released) < 3:  # noqa: ASYNC110 - the worker looks at intervals
        await asyncio.sleep(0.01)
    assert [] == client.sent
    ahead = 0.0
    await asyncio.wait_for(worker, 60)

    assert [MESSAGE] == client.sent


def _first_not(release: Any) -> Any:  # noqa: ANN401 - a method
    """Return a method that does nothing the first time: a worker calls it when it starts."""
    calls: list[None] = []

    async def release_later() -> None:
        """Release what waits, from the second call on."""
        if calls:
            await release()
        calls.append(None)

    return release_later


async def test_owner_taken_for_stale_writes_nothing(make_outbox: Make) -> None:
    """Its claims went back to the queue, and may be another worker's by now."""
    async with make_outbox() as one, make_outbox() as two:
        await one.put(MESSAGE)
        ((attempt, _),) = await one._ledger.claim_due(1)
        await one.discard(1)
        assert set() == await one._ledger.begin_sending([attempt], lambda: 0.0)
        await two.resend(1)
        (other,) = await begin_sending(two)
        assert set() == await one._ledger.begin_sending([attempt], lambda: 0.0)
        found = await two.get(1)

    assert found is not None
    assert (OutboxState.SENDING, other.number) == (found.state, found.attempts)

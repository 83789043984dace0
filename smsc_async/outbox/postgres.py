"""An outbox in PostgreSQL, for the processes of several machines.

Rule: the statements are those of the SQLite outbox; here they run on one connection, which also
shows other processes that this one is running. psycopg is the extra `postgres` and is imported
when an outbox is opened.

Liveness: an owner holds a session-level advisory lock for as long as its connection lasts, and the
server releases it with the session. This needs no clock, which machines disagree on, and no
heartbeat, which a busy or suspended process misses although it is running. A killed process is
detected at once, a machine that lost power after a minute, by the server's keepalives. If the
server drops the connection of a running process, its SENDING entries may become UNKNOWN until it
has connected again and settled them; no worker sends them a second time.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import AsyncExitStack, suppress
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import SmscError, check_duration, check_kind
from smsc_async.outbox import schema
from smsc_async.outbox.base import BaseOutbox
from smsc_async.outbox.errors import (
    OperationError,
    OutboxError,
    OutboxFullError,
    OutboxLockedError,
    OutboxUnavailableError,
)
from smsc_async.outbox.postgres_connection import (
    check_conninfo,
    connect,
    import_psycopg,
    is_broken,
    without_limit,
)
from smsc_async.outbox.shielded import run_to_completion
from smsc_async.outbox.storable import storable_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import psycopg

    from smsc_async.outbox.postgres_connection import Connection
    from smsc_async.outbox.schema import Operation, OperationFactory, Row, Statement

T = TypeVar("T")

ATTEMPTS: Final = 5
"""Attempts of a transaction that conflicts with another one."""

_CREATING_TABLES: Final = 0x736D7363_6F757462
"""Advisory lock under which the tables are created, so that two processes don't collide."""
_RETRIED: Final = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_FULL: Final = "53100"
_LOCKED: Final = "55P03"
_FORBIDDEN: Final = "42501"
# Server and connection: it ends, it starts, it has no connection left, it can't be reached; a
# statement took too long.
_UNAVAILABLE: Final = frozenset({"57P01", "57P02", "57P03", "53300", "57014"})
# Classes: invalid values, constraints, and values above a limit.
_OF_AN_OPERATION: Final = frozenset({"22", "23", "54"})
_CONNECTION_CLASS: Final = "08"
_PARAMETER: Final = re.compile(r":(\w+)")


@shows_half_made
class PostgresOutbox(BaseOutbox):
    """An outbox in a PostgreSQL database, 12 or later.

        async with PostgresOutbox("postgresql://shop@db.example.com/shop") as outbox:
            await outbox.put(Sms(to="79991234567", text="Order 17 is ready"))

    Its tables begin with `smsc_outbox` and are created in the first schema of the search path.
    Each open outbox keeps one connection of its own: a direct one, or a pooler's in *session* mode,
    since the connection itself proves that the process is running.

    A broken connection is replaced. If it broke during a commit, it is unknown whether the commit
    happened, which is an `OutboxError`; a `put` with a key can then be repeated.

    No call waits for the server without a limit: a statement fails after *patience* and 5 seconds,
    a server that doesn't answer counts as unreachable after *patience* and 10 seconds, an attempt
    to connect ends after 10 seconds (`connect_timeout` in *conninfo*).

    Args:
        conninfo: In libpq's format: a URL or "host=… dbname=…"; the rest is in the environment.
        patience: Seconds to wait while another transaction holds a lock.

    Raises:
        ConfigError: *conninfo* is no text, or *patience* no number of seconds.
    """

    @hides_locals(SmscError)
    def __init__(self, conninfo: str = "", *, patience: float = 5.0) -> None:
        check_kind("conninfo", conninfo, str)
        check_duration("patience", patience, may_be_zero=True)
        super().__init__(PostgresStore(conninfo, patience))


class PostgresStore:
    """The connection.

    Args:
        conninfo: In libpq's format.
        patience: Seconds to wait for a lock.
    """

    locks_rows: ClassVar = True

    def __init__(self, conninfo: str, patience: float) -> None:
        self._conninfo = conninfo
        self._patience = patience
        self._connection: Connection | None = None
        self._owner: int | None = None
        self._is_committing = False
        # The connection runs one task at a time; `stale_owners` isn't the committer's.
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Connect; create the tables, or migrate those of an older version.

        Raises:
            OutboxError: The database can't be used, or psycopg isn't installed.
        """
        if self._connection is not None:
            raise OutboxError("it is open already; make a second PostgresOutbox")
        check_conninfo(self._conninfo)
        try:
            await self._execute(_prepare_tables)
        except BaseException:
            await run_to_completion(self.close())
            raise

    async def transact(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run all operations in one transaction, again if it conflicts with another one.

        Raises:
            OutboxError: None of them happened, unless the connection broke during the commit.
        """

        async def run(connection: Connection) -> list[Any]:
            """Run them once."""
            async with connection.transaction():
                results = await _drive_all([operation() for operation in operations], connection)
                self._is_committing = True
            return results

        return await self._execute(run)

    async def read(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run operations that only read in one transaction.

        Raises:
            OutboxError: None of them happened.
        """

        async def run(connection: Connection) -> list[Any]:
            """Run them once."""
            async with connection.transaction():
                return await _drive_all([operation() for operation in operations], connection)

        return await self._execute(run)

    async def acquire_owner(self) -> int:
        """Return the owner of this store; the first call takes its lock.

        Raises:
            OutboxError: The lock can't be taken.
        """
        if self._owner is not None:
            return self._owner
        return await self._execute(self._lock_owner)

    async def _lock_owner(self, connection: Connection) -> int:
        """Take the lock, unless another run has taken it meanwhile.

        With two, one would look like that of an ended process: this session could lock it again.
        """
        owner = self._owner
        if owner is None:
            owner = secrets.randbits(62)
            await connection.execute(b"SELECT pg_advisory_lock(%s)", [owner])
            self._owner = owner
        return owner

    async def release_owner(self) -> None:
        """Release the lock. Never raises."""
        owner, self._owner = self._owner, None
        if owner is not None:
            with suppress(OutboxError):  # without a connection there is no lock either
                await self._execute(lambda connection: _unlock(connection, owner))

    async def stale_owners(self, owners: Sequence[int]) -> list[int]:
        """Return those owners whose lock no session holds.

        Raises:
            OutboxError: The locks can't be tested.
        """
        others = [owner for owner in owners if owner != self._owner]
        return await self._execute(lambda connection: _free_owners(connection, others))

    async def close(self) -> None:
        """Disconnect, which releases the lock. Never raises."""
        connection, self._connection = self._connection, None
        self._owner = None
        if connection is not None:
            with suppress(Exception):
                await connection.close()

    async def _execute(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do some work on the connection, again after a conflict; raise the outbox's errors."""
        psycopg = import_psycopg()
        fault: OutboxError | None = None
        async with self._turn:
            for attempt in range(ATTEMPTS):
                # The other transaction gets time to finish, or the two conflict again at once.
                await asyncio.sleep(attempt * secrets.randbelow(100) / 1000)
                before = self._connection
                was_open = before is not None and not before.closed
                self._is_committing = False
                try:
                    return await work(await self._connected())
                except psycopg.Error as error:
                    fault = _translate(error)
                    # An idle connection may have broken long ago; a new one then serves.
                    is_stale = was_open and before is self._connection and is_broken(before)
                    if error.sqlstate not in _RETRIED and (not is_stale or self._is_committing):
                        break
        # Outside of the handler: the server's error may repeat values.
        assert fault is not None  # noqa: S101 - there is at least one attempt
        raise fault

    async def _connected(self) -> Connection:
        """Return the connection, a new one if the last has broken."""
        connection = self._connection
        if connection is None or connection.closed:
            self._connection = connection = await connect(self._conninfo, self._patience)
            # While the server still holds the lock for the broken session, a new owner goes on; the
            # old owner's entries are settled by their outcomes.
            if self._owner is not None and not await _try_lock(connection, self._owner):
                self._owner = None
        return connection


async def _prepare_tables(connection: Connection) -> None:
    """Create the tables, or migrate them if no worker of an older version is running."""
    async with connection.transaction():
        await connection.execute(b"SELECT pg_advisory_xact_lock(%s)", [_CREATING_TABLES])
        (found,) = await _drive_all([schema.found_version()], connection)
        schema.check_version(found, "the database")
        if 0 < found < schema.VERSION:
            (owners,) = await _drive_all([schema.owners()], connection)
            stale = await _free_owners(connection, owners)
            schema.check_owners(len(owners) - len(stale), "the database")
        # A role that only uses the tables needs no right to create them.
        if found < schema.VERSION:
            await connection.execute(b"SET LOCAL statement_timeout = 0")
            with without_limit(connection):
                await _drive_all([schema.migrate(found)], connection)


async def _try_lock(connection: Connection, owner: int) -> bool:
    """Take the lock of an owner if no other session holds it."""
    cursor = await connection.execute(b"SELECT pg_try_advisory_lock(%s)", [owner])
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def _unlock(connection: Connection, owner: int) -> None:
    """Release the lock of an owner."""
    await connection.execute(b"SELECT pg_advisory_unlock(%s)", [owner])


async def _free_owners(connection: Connection, owners: Sequence[int]) -> list[int]:
    """Return the owners whose lock is free; a number is used only once, so they are stale."""
    found = []
    for owner in owners:
        if await _try_lock(connection, owner):
            await _unlock(connection, owner)
            found.append(owner)
    return found


async def _drive_all(operations: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
    """Run operations in order; return their results.

    Neighbours of one kind are pipelined: they don't depend on each other, and need as many round
    trips together as one of them alone.
    """
    results: list[Any] = []
    for _, alike in groupby(operations, key=lambda operation: getattr(operation, "gi_code", None)):
        results += await _drive_alike(list(alike), connection)
    return results


async def _drive_alike(operations: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
    """Run operations of one kind, statement by statement."""
    results: list[Any] = [None] * len(operations)
    rows: dict[int, Any] = dict.fromkeys(range(len(operations)))
    while rows:
        statements = {}
        for place, answer in rows.items():
            try:
                statements[place] = operations[place].send(answer)
            except StopIteration as end:
                results[place] = end.value
        rows = await _execute_all(statements, connection)
    return results


async def _execute_all(
    statements: Mapping[int, Statement], connection: Connection
) -> dict[int, Sequence[Row]]:
    """Execute statements, pipelined if there is more than one."""
    async with AsyncExitStack() as stack:
        if len(statements) > 1 and import_psycopg().Pipeline.is_supported():
            await stack.enter_async_context(connection.pipeline())
        cursors = {
            place: await connection.execute(
                _dialect(statement.sql), storable_values(statement.values)
            )
            for place, statement in statements.items()
        }
    return {
        place: await cursor.fetchall() if cursor.description else [()] * cursor.rowcount
        for place, cursor in cursors.items()
    }


@lru_cache(maxsize=256)
def _dialect(sql: str) -> bytes:
    """Return a statement in the dialects of PostgreSQL and psycopg."""
    sql = sql.format(
        now="CAST(extract(epoch FROM statement_timestamp()) AS double precision)",
        identity="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        skip_locked="FOR UPDATE SKIP LOCKED",
        has_tables="CASE WHEN to_regclass('smsc_outbox_version') IS NULL THEN 0 ELSE 1 END",
        pairs="(SELECT CAST(pair->>0 AS bigint), CAST(pair->>1 AS integer)"
        " FROM json_array_elements(CAST(:pairs AS json)) AS pair)",
    )
    return _PARAMETER.sub(r"%(\1)s", sql).encode()


def _translate(error: psycopg.Error) -> OutboxError:
    """Return the outbox's error for the server's, without the details that repeat values."""
    said = error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__
    if error.sqlstate == _FULL:
        return OutboxFullError(f"no room left in the database: {said}; make room and do it again")
    if error.sqlstate == _LOCKED or error.sqlstate in _RETRIED:
        return OutboxLockedError(f"another transaction holds a lock: {said}; calling again is safe")
    if error.sqlstate == _FORBIDDEN:
        return OutboxError(
            f"the database can't be used: {said}; open the outbox once as the owner of its tables,"
            " which creates or migrates them"
        )
    if _is_of_an_operation(error):
        return OperationError(f"the database can't store or find this: {said}")
    if _is_unavailable(error):
        return OutboxUnavailableError(f"the database can't be used: {said}")
    return OutboxError(f"the database can't be used: {said}")


def _is_of_an_operation(error: psycopg.Error) -> bool:
    """Whether the values of one statement cause it; others of the transaction may succeed."""
    if error.sqlstate is not None:
        return error.sqlstate[:2] in _OF_AN_OPERATION
    psycopg = import_psycopg()
    return isinstance(error, (psycopg.DataError, psycopg.ProgrammingError))


def _is_unavailable(error: psycopg.Error) -> bool:
    """Whether the server or the connection is gone, rather than a statement wrong."""
    if error.sqlstate is None:
        psycopg = import_psycopg()
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    return error.sqlstate in _UNAVAILABLE or error.sqlstate.startswith(_CONNECTION_CLASS)

"""An outbox in PostgreSQL, for the processes of several machines.

Rule: the statements are those of the file; here they run on one connection, which is also what
tells others that its process is alive. psycopg is the extra `postgres` and is imported when an
outbox is opened.

Who is alive: an owner holds a session-level advisory lock for as long as its connection lives,
and the server drops it with the session. That asks no clock, which machines disagree on, and no
heartbeat, which a busy or suspended process misses although it lives. A killed process is noticed
at once, a machine without power after a minute, by the server's keepalives. Should the server
drop a connection whose process goes on, then what it was sending may be called UNKNOWN until it
has connected again and told the truth; nobody sends it a second time by himself.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import AsyncExitStack, suppress
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeVar

from smsc_async.outbox import queries
from smsc_async.outbox.base import BaseOutbox
from smsc_async.outbox.errors import OutboxError, OutboxFullError, OutboxLockedError
from smsc_async.outbox.group_commit import check_version

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import psycopg

    from smsc_async.outbox.queries import Make, Operation, Row, Statement

    Connection = psycopg.AsyncConnection[tuple[Any, ...]]

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often a transaction is tried that got into another one's way."""

_MAKING_TABLES: Final = 0x736D7363_6F757462
"""Advisory lock under which tables are made, so that two first-comers don't collide."""
_RETRIED: Final = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_FULL: Final = "53100"
_LOCKED: Final = "55P03"
_PARAMETER: Final = re.compile(r":(\w+)")
_SESSION: Final = (
    # "On disk when it returns" isn't left to the server's settings.
    b"SET synchronous_commit = on",
    # Of the server's end: what lost its power is noticed after a minute. Unix sockets ignore it.
    b"SET tcp_keepalives_idle = 30",
    b"SET tcp_keepalives_interval = 10",
    b"SET tcp_keepalives_count = 3",
)


class PostgresOutbox(BaseOutbox):
    """An outbox in a PostgreSQL database, 12 or later.

        async with PostgresOutbox("postgresql://shop@db.example.com/shop") as outbox:
            await outbox.put(Sms(to="79991234567", text="Order 17 is ready"))

    Its tables begin with `smsc_outbox` and are made in the first schema of the search path. Each
    open outbox keeps one connection of its own: a direct one, or a pooler's in *session* mode,
    since the connection itself is the sign of life.

    A connection that breaks is made again. Where it broke during a commit nobody knows whether
    that happened, which is an `OutboxError`; `put` with a key may then be done again.

    Args:
        conninfo: As libpq takes it: a URL or "host=… dbname=…"; the rest is in the environment.
    """

    def __init__(self, conninfo: str = "") -> None:
        super().__init__(PostgresStore(conninfo))

    def __repr__(self) -> str:
        return "<PostgresOutbox>"


class PostgresStore:
    """The connection.

    Args:
        conninfo: As libpq takes it.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: Connection | None = None
        self._owner: int | None = None
        self._is_committing = False
        # The connection runs one thing at a time; `gone` isn't the committer's.
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Connect, and make the tables where there are none.

        Raises:
            OutboxError: It can't be used; or psycopg isn't installed.
        """
        if self._connection is not None:
            raise OutboxError("it is open already; make a second PostgresOutbox")
        try:
            check_version(await self._guarded(_prepared), "the database")
        except BaseException:
            await self.close()
            raise

    async def transact(self, makes: Sequence[Make]) -> list[Any]:
        """Run all queries in one transaction, again if it got into another one's way.

        Raises:
            OutboxError: Nothing of it happened, unless the connection broke during the commit.
        """

        async def run(connection: Connection) -> list[Any]:
            """Run them once."""
            async with connection.transaction():
                results = await _drive_all([make() for make in makes], connection)
                self._is_committing = True
            return results

        return await self._guarded(run)

    async def own(self) -> int:
        """Return the owner of this store; the first call takes its lock.

        Raises:
            OutboxError: The lock can't be had.
        """
        if self._owner is None:
            owner = secrets.randbits(62)
            await self._guarded(lambda connection: _lock(connection, owner))
            self._owner = owner
        return self._owner

    async def disown(self) -> None:
        """Let go of the lock. Never raises."""
        owner, self._owner = self._owner, None
        if owner is not None:
            with suppress(OutboxError):  # without a connection there is no lock either
                await self._guarded(lambda connection: _unlock(connection, owner))

    async def gone(self, noted: Sequence[int]) -> list[int]:
        """Return those owners whose lock no session holds.

        Raises:
            OutboxError: That can't be found out.
        """
        others = [owner for owner in noted if owner != self._owner]
        return await self._guarded(lambda connection: _gone(connection, others))

    async def close(self) -> None:
        """Disconnect, and with that let go of the lock. Never raises."""
        connection, self._connection = self._connection, None
        self._owner = None
        if connection is not None:
            with suppress(Exception):
                await connection.close()

    async def _guarded(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do some work on the connection; say in our words what goes wrong."""
        psycopg = _psycopg()
        fault: OutboxError | None = None
        async with self._turn:
            for attempt in range(ATTEMPTS):
                # Whoever was in the way gets time to finish, or the two meet again at once.
                await asyncio.sleep(attempt * secrets.randbelow(100) / 1000)
                was_there = self._connection
                self._is_committing = False
                try:
                    return await work(await self._connected())
                except psycopg.Error as error:
                    fault = _translated(error)
                    if not (error.sqlstate in _RETRIED or self._has_broken(was_there)):
                        break
        # Outside of the handler: the server's error may repeat values.
        assert fault is not None  # noqa: S101 - one attempt was made at least
        raise fault

    def _has_broken(self, connection: Connection | None) -> bool:
        """Whether an old connection turned out to be broken, before anything could be done."""
        is_old = connection is not None and connection is self._connection
        return is_old and self._connection_is_gone and not self._is_committing

    @property
    def _connection_is_gone(self) -> bool:
        """Whether there is no connection that could be used."""
        return self._connection is None or self._connection.closed

    async def _connected(self) -> Connection:
        """Return the connection, a new one if the last has broken."""
        connection = self._connection
        if connection is None or connection.closed:
            psycopg = _psycopg()
            connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
            self._connection = connection
            for setting in _SESSION:
                await connection.execute(setting)
            # Where the server still keeps the lock for the session that broke, another owner goes
            # on, and what the old one was sending is told by its outcomes.
            if self._owner is not None and not await _try_lock(connection, self._owner):
                self._owner = None
        return connection


def _psycopg() -> Any:  # noqa: ANN401 - the module
    """Return psycopg.

    Raises:
        OutboxError: It isn't installed.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra, imported when it is used
    except ImportError as error:
        raise OutboxError(
            f"PostgreSQL needs psycopg ({error}): pip install 'smsc-async[postgres]'"
        ) from error
    return psycopg


async def _prepared(connection: Connection) -> int:
    """Make the tables where there are none; return their version."""
    async with connection.transaction():
        await connection.execute(b"SELECT pg_advisory_xact_lock(%s)", [_MAKING_TABLES])
        # Whoever may only use the tables needs no right to make them.
        cursor = await connection.execute(b"SELECT to_regclass('smsc_outbox_version')")
        row = await cursor.fetchone()
        is_there = row is not None and row[0] is not None
        operation = queries.version() if is_there else queries.prepare()
        (found,) = await _drive_all([operation], connection)
        return int(found)


async def _lock(connection: Connection, owner: int) -> None:
    """Take the lock of a new owner, for as long as the session lives."""
    await connection.execute(b"SELECT pg_advisory_lock(%s)", [owner])


async def _try_lock(connection: Connection, owner: int) -> bool:
    """Take the lock of an owner again, if no other session has it."""
    cursor = await connection.execute(b"SELECT pg_try_advisory_lock(%s)", [owner])
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def _unlock(connection: Connection, owner: int) -> None:
    """Let go of the lock of an owner."""
    await connection.execute(b"SELECT pg_advisory_unlock(%s)", [owner])


async def _gone(connection: Connection, owners: Sequence[int]) -> list[int]:
    """Return those whose lock can be had; a number is used by one owner only, so it is dead."""
    found = []
    for owner in owners:
        if await _try_lock(connection, owner):
            await _unlock(connection, owner)
            found.append(owner)
    return found


async def _drive_all(found: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
    """Run queries in order; return their results.

    Neighbours of one kind go side by side: they don't depend on each other, and together they
    wait for the network as often as one of them alone.
    """
    results: list[Any] = []
    for _, alike in groupby(found, key=lambda operation: getattr(operation, "gi_code", None)):
        results += await _drive_alike(list(alike), connection)
    return results


async def _drive_alike(found: Sequence[Operation[Any]], connection: Connection) -> list[Any]:
    """Run queries of one kind, statement by statement."""
    results: list[Any] = [None] * len(found)
    rows: dict[int, Any] = dict.fromkeys(range(len(found)))
    while rows:
        statements = {}
        for place, answer in rows.items():
            try:
                statements[place] = found[place].send(answer)
            except StopIteration as end:
                results[place] = end.value
        rows = await _execute_all(statements, connection)
    return results


async def _execute_all(
    statements: Mapping[int, Statement], connection: Connection
) -> dict[int, Sequence[Row]]:
    """Execute statements; with more than one, none waits for the answer of another."""
    async with AsyncExitStack() as stack:
        if len(statements) > 1 and _psycopg().Pipeline.is_supported():
            await stack.enter_async_context(connection.pipeline())
        cursors = {
            place: await connection.execute(_dialect(statement.sql), statement.values)
            for place, statement in statements.items()
        }
    return {
        place: await cursor.fetchall() if cursor.description else []
        for place, cursor in cursors.items()
    }


@lru_cache(maxsize=256)
def _dialect(sql: str) -> bytes:
    """Return a statement as PostgreSQL and psycopg say it."""
    words = {
        "{now}": "CAST(extract(epoch FROM statement_timestamp()) AS double precision)",
        "{identity}": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "{skip_locked}": "FOR UPDATE SKIP LOCKED",
    }
    for word, own in words.items():
        sql = sql.replace(word, own)
    return _PARAMETER.sub(r"%(\1)s", sql).encode()


def _translated(error: psycopg.Error) -> OutboxError:
    """Say in our words what the server said, without the details that repeat values."""
    said = error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__
    if error.sqlstate == _FULL:
        return OutboxFullError(f"no room left in the database: {said}; make room and do it again")
    if error.sqlstate == _LOCKED or error.sqlstate in _RETRIED:
        return OutboxLockedError(f"others hold what is needed: {said}; doing it again is safe")
    return OutboxError(f"the database can't be used: {said}")

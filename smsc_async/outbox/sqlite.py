"""An outbox in a file: SQLite from the standard library, for the processes of one machine.

Rule: one thread holds the connection, and the event loop never waits for a disk. A transaction
is on the disk (WAL, synced at every commit) before anybody is told that it is done.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from smsc_async.outbox import liveness, queries
from smsc_async.outbox.base import BaseOutbox
from smsc_async.outbox.errors import OutboxError, OutboxFullError, OutboxLockedError
from smsc_async.outbox.group_commit import check_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.outbox.queries import Make, Operation

T = TypeVar("T")

OLDEST = (3, 35)
"""The first SQLite that has RETURNING and MATERIALIZED."""

RETRY_AFTER = 0.01
"""Seconds between two attempts where SQLite itself doesn't wait."""

_CLOSED = "the file isn't open"
# In thousandths of a second, which is what SQLite's clock gives; one statement sees one instant.
_NOW = "((julianday('now') - 2440587.5) * 86400.0)"


class Outbox(BaseOutbox):
    """An outbox in a file on this machine.

        async with Outbox("outbox.db") as outbox:
            await outbox.put(Sms(to="79991234567", text="Order 17 is ready"))

    Any number of processes may put, and any number may run workers. The file must be on a disk of
    this machine: neither SQLite's nor our locks are sure over a network. It is made for its owner
    alone (mode 600), since it holds texts and numbers.

    Args:
        path: Of the file; made if it isn't there. Beside it come `-wal`, `-shm` and, for every
            worker that lives, an `-owner-…`.
        patience: Seconds to wait while another process writes.

    Raises:
        OutboxError: This Python's SQLite is too old.
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float = 5.0) -> None:
        if sqlite3.sqlite_version_info < OLDEST:
            raise OutboxError(
                f"SQLite {'.'.join(map(str, OLDEST))} or later is needed,"
                f" this Python has {sqlite3.sqlite_version}"
            )
        self.path = Path(path)
        super().__init__(SqliteStore(self.path, patience))

    def __repr__(self) -> str:
        return f"<Outbox {str(self.path)!r}>"


class SqliteStore:
    """The file, and the thread that has it.

    Args:
        path: Of the file.
        patience: Seconds to wait while another process writes.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._lock: liveness.OwnerLock | None = None

    async def open(self) -> None:
        """Open or make the file.

        Raises:
            OutboxError: It can't be used.
        """
        if self._thread is not None:
            raise OutboxError("it is open already; make a second Outbox on the same file")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smsc-outbox")
        try:
            check_version(await self._run(self._open), str(self._path))
        except BaseException:
            await self.close()
            raise

    async def transact(self, makes: Sequence[Make]) -> list[Any]:
        """Run all queries in one transaction.

        Raises:
            OutboxError: Nothing of it happened.
        """
        return await self._run(self._transact, makes)

    async def own(self) -> int:
        """Return this store's owner; the first call takes its lock.

        Raises:
            OutboxError: The lock can't be had.
        """
        if self._lock is None:
            self._lock = liveness.OwnerLock(self._path)
        return self._lock.owner

    async def disown(self) -> None:
        """Let go of the lock. Never raises."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    async def gone(self, noted: Sequence[int]) -> list[int]:
        """Return those owners whose lock nobody holds."""
        return await self._run(liveness.gone, self._path, noted)

    async def close(self) -> None:
        """Close the file, then let go of the lock. Never raises."""
        thread, self._thread = self._thread, None
        if thread is not None:
            with suppress(sqlite3.Error):
                await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)
        await self.disown()

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - passed on
        """Call a function in the thread."""
        if self._thread is None:
            raise OutboxError(_CLOSED)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, function, *arguments
            )
        except sqlite3.Error as error:
            raise _translated(error, self._path) from error

    # --- on the thread ---

    def _open(self) -> int:
        """Connect and make the tables; return the version of those that are there."""
        is_new = not self._path.exists()
        if is_new:
            _create(self._path)
        connection = sqlite3.connect(self._path, timeout=self._patience, isolation_level=None)
        self._connection = connection
        self._patiently(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone())
        # WAL with NORMAL would survive the process, but not a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")
        (version,) = self._transact([queries.prepare])
        if is_new:
            _sync_folder(self._path.resolve().parent)
        return int(version)

    def _patiently(self, begin: Callable[[], object]) -> None:
        """Begin something that another process may be in the way of.

        SQLite waits by itself, but for some locks it doesn't: those of the change to WAL, and of
        the recovery after somebody was killed.
        """
        latest = monotonic() + self._patience
        while True:
            try:
                begin()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or monotonic() >= latest:
                    raise
                sleep(RETRY_AFTER)
            else:
                return

    def _transact(self, makes: Sequence[Make]) -> list[Any]:
        """Run queries between BEGIN and COMMIT."""
        connection = self._connection
        if connection is None:
            raise OutboxError(_CLOSED)
        self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            results = [_drive(make(), connection) for make in makes]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return results

    def _close(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _drive(operation: Operation[T], connection: sqlite3.Connection) -> T:
    """Run the statements of an operation, and return its result."""
    try:
        statement = next(operation)
        while True:
            rows = connection.execute(_dialect(statement.sql), statement.values).fetchall()
            statement = operation.send(rows)
    except StopIteration as end:
        result: T = end.value
        return result


@lru_cache(maxsize=256)
def _dialect(sql: str) -> str:
    """Return a statement as SQLite says it."""
    words = {
        "{now}": _NOW,
        "{identity}": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "{skip_locked}": "",
    }
    for word, own in words.items():
        sql = sql.replace(word, own)
    return sql


def _create(path: Path) -> None:
    """Make an empty file for its owner alone: texts and numbers are in it.

    Files beside it get the same rights; whoever shares it changes them once.
    """
    with suppress(OSError):  # SQLite finds the better words for it
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _sync_folder(folder: Path) -> None:
    """Let the new file's name be on the disk as well."""
    if os.name == "nt":  # pragma: no cover - folders can't be opened there, and needn't be
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's number for an error, without its finer distinctions."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _translated(error: sqlite3.Error, path: Path) -> OutboxError:
    """Say in our words what SQLite said; it never repeats values."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return OutboxFullError(f"no room left for {path}: {error}; make room and do it again")
    if _is_busy(error):
        return OutboxLockedError(
            f"another process holds {path} and doesn't let go: {error}; doing it again is safe"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return OutboxError(f"{path} is no outbox: {error}; give it a file of its own")
    return OutboxError(f"{path} can't be used: {error}")

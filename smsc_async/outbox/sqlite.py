"""An outbox in a SQLite file, for the processes of one machine.

Rule: a thread of its own uses the connection, so the event loop never waits for the disk. A
transaction is on disk (WAL, synced at every commit) before its callers resume.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import SmscError, check_duration
from smsc_async.outbox import liveness, schema
from smsc_async.outbox.arguments import checked_path
from smsc_async.outbox.base import BaseOutbox
from smsc_async.outbox.errors import (
    OperationError,
    OutboxError,
    OutboxFullError,
    OutboxLockedError,
)
from smsc_async.outbox.file_identity import OpenedFile, resolved
from smsc_async.outbox.shielded import run_to_completion
from smsc_async.outbox.storable import storable_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from smsc_async.outbox.schema import Operation, OperationFactory

T = TypeVar("T")

MIN_VERSION = (3, 35)
"""The first SQLite with RETURNING and MATERIALIZED."""

RETRY_AFTER = 0.01
"""Seconds between two attempts to get a lock that SQLite itself doesn't wait for."""

# SQLite's clock has milliseconds; the time is the same all through a statement.
_NOW = "((julianday('now') - 2440587.5) * 86400.0)"


@shows_half_made
class Outbox(BaseOutbox):
    """An outbox in a file on this machine.

        async with Outbox("outbox.db") as outbox:
            await outbox.put(Sms(to="79991234567", text="Order 17 is ready"))

    Any number of processes may put, and any number may run workers. The file must be on a local
    disk: neither SQLite's locks nor the outbox's are reliable over a network. It is created with
    mode 600, since it holds texts and numbers.

    Args:
        path: The file; created if it doesn't exist. Beside it are `-wal`, `-shm` and, for every
            live worker, an `-owner-…`. Symbolic links and a relative path are resolved when the
            outbox is opened.
        patience: Seconds to wait while another process writes.

    Raises:
        ConfigError: *path* is no path, or *patience* no number of seconds.
        OutboxError: This Python's SQLite is too old.
    """

    @hides_locals(SmscError)
    def __init__(self, path: str | os.PathLike[str], *, patience: float = 5.0) -> None:
        if sqlite3.sqlite_version_info < MIN_VERSION:
            raise OutboxError(
                f"SQLite {'.'.join(map(str, MIN_VERSION))} or later is needed,"
                f" this Python has {sqlite3.sqlite_version}"
            )
        self.path = checked_path(path)
        check_duration("patience", patience, may_be_zero=True)
        super().__init__(SqliteStore(self.path, patience))

    def __repr__(self) -> str:
        return f"<Outbox {str(self.path)!r} {self._ledger!r}>"


class SqliteStore:
    """The file, and the thread that uses it.

    Args:
        path: The file.
        patience: Seconds to wait while another process writes.
    """

    locks_rows: ClassVar = False

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._opened: OpenedFile | None = None
        self._lock: liveness.OwnerLock | None = None

    async def open(self) -> None:
        """Open or create the file.

        Raises:
            OutboxError: It can't be used.
        """
        if self._thread is not None:
            raise OutboxError("it is open already; make a second Outbox on the same file")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smsc-outbox")
        try:
            await self._run(self._open)
        except BaseException:
            await run_to_completion(self.close())
            raise

    async def transact(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run all operations in one transaction.

        Raises:
            OutboxError: None of them happened.
        """
        return await self._run(self._transact, operations)

    async def read(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run operations that only read in one transaction, while others may write.

        Raises:
            OutboxError: None of them happened.
        """
        return await self._run(self._read, operations)

    async def acquire_owner(self) -> int:
        """Return this store's owner; the first call takes its lock.

        Raises:
            OutboxError: The lock can't be taken.
        """
        if self._lock is None:
            self._lock = liveness.OwnerLock(self._path)
        return self._lock.owner

    async def release_owner(self) -> None:
        """Release the lock. Never raises."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    async def stale_owners(self, owners: Sequence[int]) -> list[int]:
        """Return those owners whose lock is free."""
        return await self._run(liveness.stale_owners, self._path, owners)

    async def close(self) -> None:
        """Close the file, then release the lock. Never raises."""
        thread, self._thread = self._thread, None
        try:
            if thread is not None:
                # Submitted and shielded: the file is closed even if this is cancelled.
                closing = thread.submit(self._close)
                thread.shutdown(wait=False)
                with suppress(sqlite3.Error):
                    await asyncio.shield(asyncio.wrap_future(closing))
        finally:
            await self.release_owner()

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - of the function
        """Call a function in the thread."""
        if self._thread is None:
            raise OutboxError("the file isn't open")
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, function, *arguments
            )
        except (sqlite3.Error, OSError) as error:
            raise _translate(error, self._path) from error

    # --- on the thread ---

    def _open(self) -> None:
        """Connect; create the tables, or migrate those of an older version."""
        self._path = path = resolved(self._path)
        is_new = not path.exists()
        if is_new:
            # The files beside it get the same mode. SQLite words the error better, so it is left
            # to `connect`.
            with suppress(OSError):
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        # Before `connect`, which may wait for a lock: the name may belong to another file then.
        self._opened = OpenedFile(path)
        connection = sqlite3.connect(path, timeout=self._patience, isolation_level=None)
        connection.text_factory = _text_of
        self._connection = connection
        self._retry_while_busy(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone())
        # NORMAL would survive a crash of the process, but not a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")
        self._transact([self._prepare_tables])
        if is_new:
            _sync_folder(path.parent)

    def _prepare_tables(self) -> Operation[None]:
        """Create the tables, or migrate them if no worker of an older version is running."""
        place = str(self._path)
        found = yield from schema.found_version()
        schema.check_version(found, place)
        if 0 < found < schema.VERSION:
            owners = yield from schema.owners()
            stale = liveness.stale_owners(self._path, owners)
            schema.check_owners(len(owners) - len(stale), place)
        if found < schema.VERSION:
            yield from schema.migrate(found)

    def _retry_while_busy(self, begin: Callable[[], object]) -> None:
        """Call *begin* until no other process holds the file, for the patience at most.

        SQLite waits by itself, except for the locks of the change to WAL and of the recovery after
        a process was killed.
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

    def _transact(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run operations between BEGIN and COMMIT."""
        connection = self._connection
        assert connection is not None  # noqa: S101 - `_run` refuses when the file isn't open
        self._retry_while_busy(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            results = [_drive(operation(), connection) for operation in operations]
            self._check_file()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return results

    def _read(self, operations: Sequence[OperationFactory]) -> list[Any]:
        """Run operations that only read, on one snapshot."""
        connection = self._connection
        assert connection is not None  # noqa: S101 - `_run` refuses when the file isn't open
        results: list[Any] = []

        def read_all() -> None:
            """Read once, after a conflict again."""
            connection.execute("BEGIN")
            try:
                results[:] = [_drive(operation(), connection) for operation in operations]
                self._check_file()
            finally:
                connection.execute("COMMIT")

        self._retry_while_busy(read_all)
        return results

    def _check_file(self) -> None:
        """Check, within a transaction, that other processes use the same file.

        SQLite doesn't notice when it is moved. Its log and index exist from the first transaction
        until the last connection is closed.
        """
        assert self._opened is not None  # noqa: S101 - `_open` comes first
        self._opened.check()

    def _close(self) -> None:
        """Disconnect."""
        connection, self._connection, self._opened = self._connection, None, None
        if connection is not None:
            connection.close()


def _drive(operation: Operation[T], connection: sqlite3.Connection) -> T:
    """Execute the statements of an operation, and return its result."""
    try:
        statement = next(operation)
        while True:
            values = storable_values(statement.values)
            cursor = connection.execute(_dialect(statement.sql), values)
            rows = cursor.fetchall() if cursor.description else [()] * cursor.rowcount
            statement = operation.send(rows)
    except StopIteration as end:
        result: T = end.value
        return result


@lru_cache(maxsize=256)
def _dialect(sql: str) -> str:
    """Return a statement in the dialect of SQLite."""
    return sql.format(
        now=_NOW,
        identity="INTEGER PRIMARY KEY AUTOINCREMENT",
        skip_locked="",
        has_tables="(SELECT count(*) FROM sqlite_master WHERE name = 'smsc_outbox_version')",
        pairs="(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')"
        " FROM json_each(:pairs))",
    )


def _text_of(stored: bytes) -> str:
    """Return a stored text; octets that aren't UTF-8 become lone surrogates.

    No message takes those, so a damaged text isn't sent. SQLite's own decoder fails the
    whole statement instead, with the text in its error.
    """
    return stored.decode("utf-8", "surrogateescape")


def _sync_folder(folder: Path) -> None:
    """Write the new file's name to the disk as well."""
    if os.name == "nt":  # pragma: no cover - folders can't be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code of an error."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds a lock."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


_OF_AN_OPERATION = (
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
)
"""What the values of one statement cause."""


def _translate(error: sqlite3.Error | OSError, path: Path) -> OutboxError:
    """Return the outbox's error for SQLite's, which never repeats values."""
    if isinstance(error, OSError):
        return OutboxError(f"{path} can't be used: {error.strerror or type(error).__name__}")
    if isinstance(error, _OF_AN_OPERATION):
        return OperationError(f"{path} can't store or find this: {error}")
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return OutboxFullError(f"no room left for {path}: {error}; make room and do it again")
    if _is_busy(error):
        return OutboxLockedError(
            f"another process still holds a lock on {path}: {error}; calling again is safe"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return OutboxError(f"{path} is no outbox: {error}; give it a file of its own")
    return OutboxError(f"{path} can't be used: {error}")

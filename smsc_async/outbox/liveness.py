"""Liveness of owners: a lock file for each, locked for as long as its process runs.

Rule: the kernel decides which owner is stale, that is, whose process has ended. It releases a
`flock` when the last descriptor of the file is closed, after a clean exit as after kill -9 or a
power cut, and never before. A process that sleeps, swaps or is stopped in a debugger keeps its
lock; a reused pid holds none; there is no clock and no lease. So the SENDING entries of a stale
owner are UNKNOWN at once, and those of a running one are never touched. (A child that is forked
without exec shares the lock, so the owner is stale only when both processes have ended: that is
detected late, but never wrongly.)

`flock` and not `fcntl` record locks: those belong to the process, so two outboxes of one process
couldn't be distinguished, and closing any descriptor of the file would release them all.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from smsc_async.outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]  # `OwnerLock` raises


class OwnerLock:
    """A lock file, locked from construction until `release`.

    Args:
        database: The file of the outbox; the lock file is beside it.

    Raises:
        OutboxError: The lock file can't be made.
    """

    def __init__(self, database: Path) -> None:
        if fcntl is None:
            raise OutboxError(
                "a worker on a file needs locks that Windows doesn't have; use PostgresOutbox there"
            )
        self.owner = secrets.randbits(62)
        self._path = lock_path(database, self.owner)
        try:
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            # Every user of the database must be able to test the lock.
            if database.exists():
                os.fchmod(self._descriptor, database.stat().st_mode & 0o666)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OutboxError(f"can't make the lock file {self._path}: {error.strerror}") from error

    def release(self) -> None:
        """Remove the file and release the lock."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def lock_path(database: Path, owner: int) -> Path:
    """Return the path of an owner's lock file."""
    return database.with_name(f"{database.name}-owner-{owner:016x}")


def stale_owners(database: Path, owners: Sequence[int]) -> list[int]:
    """Return those owners whose lock is free; their lock files are removed.

    An owner takes its lock before it is registered, so a missing file is one that was removed.
    """
    return [owner for owner in owners if _is_stale(lock_path(database, owner))]


def _is_stale(path: Path) -> bool:
    """Whether the lock is free."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # another user's file: its owner may be running
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True

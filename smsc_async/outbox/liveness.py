"""Who is alive: a lock file for each owner, held for as long as its process lives.

Rule: the kernel decides who is dead. It drops a `flock` when the last descriptor of the file is
gone, after a clean end as after kill -9 or a power cut, and never before. A process that sleeps,
swaps or is stopped in a debugger still holds it; a pid that was given out again holds nothing; no
clock and no lease is asked. So what a dead owner was sending may be called UNKNOWN at once, and
what a living one sends is never touched. (A child that is forked without exec holds it as well, so
its parent counts as alive until both are gone: late, but never wrong.)

`flock` and not `fcntl` record locks: those belong to the process, so two outboxes of one process
couldn't tell each other apart, and closing any descriptor of the file would drop them all.
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
    fcntl = None  # type: ignore[assignment]  # told when it is used


class OwnerLock:
    """A lock file that is held from birth until `release`.

    Args:
        database: The file of the outbox; the lock's is beside it.

    Raises:
        OutboxError: It can't be made.
    """

    def __init__(self, database: Path) -> None:
        if fcntl is None:
            raise OutboxError(
                "a worker on a file needs locks that Windows hasn't; use PostgresOutbox there"
            )
        self.owner = secrets.randbits(62)
        self._path = path_of(database, self.owner)
        try:
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            # Whoever may use the database must be able to see whether this one lives.
            if database.exists():
                os.fchmod(self._descriptor, database.stat().st_mode & 0o666)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OutboxError(f"can't make the lock file {self._path}: {error.strerror}") from error

    def release(self) -> None:
        """Let go, and leave nothing behind."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def path_of(database: Path, owner: int) -> Path:
    """Return where the lock file of an owner is."""
    return database.with_name(f"{database.name}-owner-{owner:016x}")


def gone(database: Path, owners: Sequence[int]) -> list[int]:
    """Return those owners whose lock nobody holds; their files are removed.

    An owner takes its lock before it is noted anywhere, so a file that isn't there is one that
    was removed.
    """
    return [owner for owner in owners if _is_gone(path_of(database, owner))]


def _is_gone(path: Path) -> bool:
    """Try a lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # somebody else's file: not ours to judge
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True

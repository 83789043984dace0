"""The kernel knows who is dead."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from smsc_async.outbox import OutboxError
from smsc_async.outbox import liveness as owners
from smsc_async.outbox.liveness import OwnerLock, gone, path_of

if TYPE_CHECKING:
    from pathlib import Path


def test_owner_lives_until_it_lets_go(tmp_path: Path) -> None:
    """And leaves no file behind."""
    database = tmp_path / "outbox.db"
    lock = OwnerLock(database)
    assert [] == gone(database, [lock.owner])
    lock.release()

    assert [lock.owner] == gone(database, [lock.owner])
    assert [] == list(tmp_path.iterdir())


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_killed_owner_is_dead_at_once(tmp_path: Path) -> None:
    """Stopped it still lives: it may go on any moment. Killed it doesn't."""
    database = tmp_path / "outbox.db"
    code = (
        "import pathlib, sys, time; from smsc_async.outbox.liveness import OwnerLock\n"
        "lock = OwnerLock(pathlib.Path(sys.argv[1])); print(lock.owner, flush=True)\n"
        "time.sleep(600)"
    )
    process = subprocess.Popen(  # noqa: S603 - a fixed list of arguments
        [sys.executable, "-c", code, str(database)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        owner = int(process.stdout.readline())
        process.send_signal(signal.SIGSTOP)
        assert [] == gone(database, [owner])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert [owner] == gone(database, [owner])
    assert not path_of(database, owner).exists()


def test_file_that_cannot_be_looked_at_is_not_judged(tmp_path: Path) -> None:
    """Another user's owner may be alive for all we know."""
    database = tmp_path / "outbox.db"
    path_of(database, 17).mkdir()

    assert [] == gone(database, [17])


def test_lock_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """With the path of its file."""
    with pytest.raises(OutboxError, match="nowhere"):
        OwnerLock(tmp_path / "nowhere" / "outbox.db")


def test_system_without_locks_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers would take each other for dead."""
    monkeypatch.setattr(owners, "fcntl", None)
    with pytest.raises(OutboxError, match="PostgresOutbox"):
        OwnerLock(tmp_path / "outbox.db")


def test_lock_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else may hold it."""
    lock = OwnerLock(tmp_path / "outbox.db")
    mode = path_of(tmp_path / "outbox.db", lock.owner).stat().st_mode & 0o777
    lock.release()

    assert 0o600 == mode

"""Lock files: the kernel knows which owner is stale."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from smsc_async.outbox import OutboxError, liveness
from smsc_async.outbox.liveness import OwnerLock, lock_path, stale_owners

if TYPE_CHECKING:
    from pathlib import Path


def test_owner_is_alive_until_it_releases_its_lock(tmp_path: Path) -> None:
    """A clean end removes the lock file too."""
    database = tmp_path / "outbox.db"
    lock = OwnerLock(database)
    assert [] == stale_owners(database, [lock.owner])
    lock.release()

    assert [lock.owner] == stale_owners(database, [lock.owner])
    assert [] == list(tmp_path.iterdir())


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_killed_owner_is_stale_at_once(tmp_path: Path) -> None:
    """A stopped process keeps its lock, since it may continue; a killed one doesn't."""
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
        assert [] == stale_owners(database, [owner])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert [owner] == stale_owners(database, [owner])
    assert not lock_path(database, owner).exists()


def test_owner_whose_file_cannot_be_opened_is_not_stale(tmp_path: Path) -> None:
    """Another user's lock file can't be tested, and its owner may be running."""
    database = tmp_path / "outbox.db"
    lock_path(database, 17).mkdir()

    assert [] == stale_owners(database, [17])


def test_lock_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """The path in the error shows what to mend."""
    with pytest.raises(OutboxError, match="nowhere"):
        OwnerLock(tmp_path / "nowhere" / "outbox.db")


def test_system_without_flock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers would take each other for stale."""
    monkeypatch.setattr(liveness, "fcntl", None)
    with pytest.raises(OutboxError, match="PostgresOutbox"):
        OwnerLock(tmp_path / "outbox.db")


def test_lock_file_has_mode_600(tmp_path: Path) -> None:
    """No other user may take the lock."""
    lock = OwnerLock(tmp_path / "outbox.db")
    mode = lock_path(tmp_path / "outbox.db", lock.owner).stat().st_mode & 0o777
    lock.release()

    assert 0o600 == mode

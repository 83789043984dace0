"""The file: synced, shared between processes, and honest where it can't go on."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING

import pytest

from smsc_async import Sms
from smsc_async.outbox import (
    Outbox,
    OutboxError,
    OutboxFullError,
    OutboxLockedError,
    OutboxState,
)
from smsc_async.outbox.queries import Settlement
from smsc_async.outbox.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

MESSAGE = Sms(to="79991234567", text="Code: 4821")


def ask(outbox: Outbox, sql: str) -> object:
    """Return the first value of a statement, on the outbox's own connection."""
    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    connection = store._connection
    assert connection is not None
    return connection.execute(sql).fetchone()[0]


def names(folder: Path) -> str:
    """Return the names of all files in a folder."""
    return " ".join(path.name for path in folder.iterdir())


async def in_thread(outbox: Outbox, sql: str) -> object:
    """Ask from the thread that may."""
    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    return await store._run(ask, outbox, sql)


async def test_every_commit_is_synced(tmp_path: Path) -> None:
    """WAL, and FULL: a power cut after `put` returned loses nothing."""
    async with Outbox(tmp_path / "outbox.db") as outbox:
        assert "wal" == await in_thread(outbox, "PRAGMA journal_mode")
        assert 2 == await in_thread(outbox, "PRAGMA synchronous")


async def test_loop_goes_on_while_the_disk_is_waited_for(tmp_path: Path) -> None:
    """Another process holds the file; timers of ours come on time."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        put = asyncio.create_task(outbox.put(MESSAGE))
        await asyncio.sleep(0.1)
        assert not put.done()  # it would be, had the loop waited for it
        other.execute("ROLLBACK")
        other.close()
        await put


async def test_file_that_is_being_made_is_waited_for(tmp_path: Path) -> None:
    """SQLite doesn't wait for the change to WAL by itself, and two processes may begin at once."""
    path = tmp_path / "outbox.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE something (number)")
    other.execute("BEGIN IMMEDIATE")
    outbox = Outbox(path)
    opening = asyncio.create_task(outbox.__aenter__())
    await asyncio.sleep(0.05)
    assert not opening.done()
    other.execute("ROLLBACK")
    other.close()
    await opening
    await outbox.__aexit__(None, None, None)


async def test_locked_file_is_said(tmp_path: Path) -> None:
    """After some patience; nothing was taken, and doing it again works."""
    path = tmp_path / "outbox.db"
    async with Outbox(path, patience=0.01) as outbox:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutboxLockedError, match="another process holds"):
            await outbox.put(MESSAGE)
        other.execute("ROLLBACK")
        other.close()
        await outbox.put(MESSAGE)
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]


async def test_full_disk_is_said(tmp_path: Path) -> None:
    """SQLite's own limit of pages is what a full disk looks like; what was put before stays."""
    async with Outbox(tmp_path / "outbox.db") as outbox:
        await outbox.put(MESSAGE)
        pages = await in_thread(outbox, "PRAGMA page_count")
        await in_thread(outbox, f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutboxFullError, match="make room") as caught:
            await asyncio.gather(
                *(outbox.put(Sms(to=MESSAGE.to, text="x" * 900)) for _ in "1234567")
            )
        await in_thread(outbox, "PRAGMA max_page_count = 1000000")
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]
        await outbox.put(MESSAGE)

    assert "disk is full" in str(caught.value)


async def test_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """It is said, and nothing is written to it."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    with pytest.raises(OutboxError, match="is no outbox"):
        await Outbox(path).__aenter__()

    assert path.read_text(encoding="utf-8").startswith("Dear")


async def test_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With the path, since that is what is wrong."""
    with pytest.raises(OutboxError, match="nowhere"):
        await Outbox(tmp_path / "nowhere" / "outbox.db").__aenter__()


async def test_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """And closed again."""
    path = tmp_path / "outbox.db"
    async with Outbox(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE smsc_outbox_version SET version = 2")
    connection.close()
    with pytest.raises(OutboxError, match="newer"):
        await Outbox(path).__aenter__()


def test_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At once, and not by a syntax error later."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(OutboxError, match=r"3\.35"):
        Outbox(tmp_path / "outbox.db")


async def test_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Texts and numbers of subscribers are in it; who shares it shares the locks too."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE)
        assert {0o600} == {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}  # noqa: ASYNC240 - a few
    path.chmod(0o660)
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE)
        await outbox._ledger.claim(1)
        assert {0o660} == {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}  # noqa: ASYNC240 - a few


async def test_clean_end_leaves_one_file(tmp_path: Path) -> None:
    """No lock file and no write-ahead log stays beside it."""
    async with Outbox(tmp_path / "outbox.db") as outbox:
        await outbox.put(MESSAGE)
        await outbox._ledger.claim(1)
        assert "-owner-" in names(tmp_path)

    assert "outbox.db" == names(tmp_path)


async def test_failed_claim_holds_no_transaction(tmp_path: Path) -> None:
    """An operation that fails takes its transaction with it, and not the next one."""

    def broken() -> None:
        """Fail before the first statement."""
        raise ZeroDivisionError

    async with Outbox(tmp_path / "outbox.db") as outbox:
        with pytest.raises(ZeroDivisionError):
            await outbox._ledger.do(broken)  # type: ignore[arg-type]  # no operation at all
        await outbox.put(MESSAGE)


async def test_dead_that_cannot_be_looked_for_close_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outbox opens whole or not at all."""
    outbox = Outbox(tmp_path / "outbox.db")

    async def failing() -> int:
        """Fail."""
        raise OutboxError("broken")

    monkeypatch.setattr(outbox._ledger, "bury_the_dead", failing)
    with pytest.raises(OutboxError, match="broken"):
        await outbox.__aenter__()

    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    assert store._thread is None
    with pytest.raises(OutboxError, match="isn't open"):
        await store.transact([])


async def test_outcome_that_never_reaches_the_disk_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Leaving doesn't fail for it: the entry is UNKNOWN for the next who opens the file."""
    path = tmp_path / "outbox.db"
    async with Outbox(path, patience=0.01) as outbox:
        await outbox.put(MESSAGE)
        ((taken, _),) = await outbox._ledger.claim(1)
        outbox._ledger._unsettled[taken.id] = Settlement(claim=taken, state=OutboxState.ACCEPTED)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    other.close()
    assert [logging.ERROR] == [record.levelno for record in caplog.records]

    async with Outbox(path) as outbox:
        assert 1 == (await outbox.counts())[OutboxState.UNKNOWN]


async def test_one_process_may_have_two_outboxes_on_a_file(tmp_path: Path) -> None:
    """Locks of the process, as fcntl has them, would be lost with the first that closes."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as living:
        await living.put(MESSAGE)
        await living._ledger.claim(1)
        async with Outbox(path):
            pass
        async with Outbox(path) as third:
            assert 1 == (await third.counts())[OutboxState.SENDING]

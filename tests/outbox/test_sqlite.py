"""SQLite: syncs, locks between processes, and errors."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING

import anyio
import pytest
from outboxes import begin_sending, turn_loop, until

from smsc_async import ClientClosedError, Sms
from smsc_async.outbox import (
    Outbox,
    OutboxError,
    OutboxFullError,
    OutboxLockedError,
    OutboxState,
)
from smsc_async.outbox.attempt import Settlement
from smsc_async.outbox.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from outboxes import ScriptedClient

MESSAGE = Sms(to="79991234567", text="Code: 4821")


def value_of(outbox: Outbox, sql: str) -> object:
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
    """Return it from the thread that has the connection."""
    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    return await store._run(value_of, outbox, sql)


async def test_every_commit_is_synced(tmp_path: Path) -> None:
    """WAL and FULL: a power cut after `put` returned loses nothing."""
    async with Outbox(tmp_path / "outbox.db") as outbox:
        assert "wal" == await in_thread(outbox, "PRAGMA journal_mode")
        assert 2 == await in_thread(outbox, "PRAGMA synchronous")


async def test_loop_goes_on_while_the_disk_is_waited_for(tmp_path: Path) -> None:
    """Another process holds the file; the loop isn't blocked."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        put = asyncio.create_task(outbox.put(MESSAGE))
        await turn_loop()
        assert not put.done()  # a blocked loop would have waited for the whole patience
        other.execute("ROLLBACK")
        other.close()
        await put


async def test_open_waits_for_another_process_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite doesn't wait for the lock of the change to WAL by itself."""
    has_waited = threading.Event()
    monkeypatch.setattr("smsc_async.outbox.sqlite.sleep", lambda _: has_waited.set())
    path = tmp_path / "outbox.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE something (number)")
    other.execute("BEGIN IMMEDIATE")
    outbox = Outbox(path)
    opening = asyncio.create_task(outbox.__aenter__())
    await asyncio.to_thread(has_waited.wait)
    assert not opening.done()
    other.execute("ROLLBACK")
    other.close()
    await opening
    await outbox.__aexit__(None, None, None)


async def test_locked_file_is_an_error(tmp_path: Path) -> None:
    """It is raised after the patience. Nothing was queued, and a second call works."""
    path = tmp_path / "outbox.db"
    async with Outbox(path, patience=0.01) as outbox:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutboxLockedError, match="another process still holds a lock"):
            await outbox.put(MESSAGE)
        other.execute("ROLLBACK")
        other.close()
        await outbox.put(MESSAGE)
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]


async def test_full_disk_is_an_error(tmp_path: Path) -> None:
    """SQLite's limit of pages acts like a full disk; earlier entries stay."""
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


async def test_file_that_is_no_outbox_is_not_changed(tmp_path: Path) -> None:
    """A wrong path must not destroy a document."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    with pytest.raises(OutboxError, match="is no outbox"):
        await Outbox(path).__aenter__()

    assert path.read_text(encoding="utf-8").startswith("Dear")


async def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    """The path in the error shows what to mend."""
    with pytest.raises(OutboxError, match="nowhere"):
        await Outbox(tmp_path / "nowhere" / "outbox.db").__aenter__()


async def test_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Tables that are understood in part could send a message twice."""
    path = tmp_path / "outbox.db"
    async with Outbox(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE smsc_outbox_version SET version = 3")
    connection.close()
    with pytest.raises(OutboxError, match="newer"):
        await Outbox(path).__aenter__()


def test_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error comes at once, and isn't a syntax error of SQL."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(OutboxError, match=r"3\.35"):
        Outbox(tmp_path / "outbox.db")


async def test_files_have_mode_600_or_that_of_the_database(tmp_path: Path) -> None:
    """They hold texts and numbers. Users who share the database must share the lock files."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE)
        assert {0o600} == {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}  # noqa: ASYNC240 - a few
    path.chmod(0o660)
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE)
        await begin_sending(outbox)
        assert {0o660} == {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}  # noqa: ASYNC240 - a few


async def test_clean_end_leaves_one_file(tmp_path: Path) -> None:
    """Lock file and write-ahead log are removed."""
    async with Outbox(tmp_path / "outbox.db") as outbox:
        await outbox.put(MESSAGE)
        await begin_sending(outbox)
        assert "-owner-" in names(tmp_path)

    assert "outbox.db" == names(tmp_path)


async def test_failed_operation_ends_its_transaction(tmp_path: Path) -> None:
    """An open transaction would make the next one fail."""

    def broken() -> None:
        """Fail before the first statement."""
        raise ZeroDivisionError

    async with Outbox(tmp_path / "outbox.db") as outbox:
        with pytest.raises(ZeroDivisionError):
            await outbox._ledger.run(broken)  # type: ignore[arg-type]  # no operation at all
        await outbox.put(MESSAGE)


async def test_outbox_whose_recovery_fails_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed `async with` must leave no thread and no file open."""
    outbox = Outbox(tmp_path / "outbox.db")

    async def failing() -> int:
        """Fail."""
        raise OutboxError("broken")

    monkeypatch.setattr(outbox._ledger, "recover_orphans", failing)
    with pytest.raises(OutboxError, match="broken"):
        await outbox.__aenter__()

    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    assert store._thread is None
    with pytest.raises(OutboxError, match="isn't open"):
        await store.transact([])


async def test_outcome_that_cannot_be_stored_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Closing doesn't fail; the entry is UNKNOWN for the next process."""
    path = tmp_path / "outbox.db"
    async with Outbox(path, patience=0.01) as outbox:
        await outbox.put(MESSAGE)
        (attempt,) = await begin_sending(outbox)
        outbox._ledger._unstored[attempt.identity] = Settlement(
            attempt=attempt, state=OutboxState.ACCEPTED
        )
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    other.close()
    assert [logging.ERROR] == [record.levelno for record in caplog.records]

    async with Outbox(path) as outbox:
        assert 1 == (await outbox.counts())[OutboxState.UNKNOWN]


async def test_one_process_may_have_two_outboxes_on_a_file(tmp_path: Path) -> None:
    """Record locks of `fcntl` would be released with the first outbox that closes."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as living:
        await living.put(MESSAGE)
        await begin_sending(living)
        async with Outbox(path):
            pass
        async with Outbox(path) as third:
            assert 1 == (await third.counts())[OutboxState.SENDING]


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("leave", ["scope", "twice"])
async def test_cancelled_close_closes_the_file(
    tmp_path: Path, client: ScriptedClient, leave: str
) -> None:
    """A half-closed outbox would keep its -wal file and its owner's lock."""
    outbox = Outbox(tmp_path / "outbox.db")
    client.answers = [asyncio.get_running_loop().create_future()]

    async def work() -> None:
        """Run a worker that waits for a response."""
        async with outbox:
            await outbox.put(MESSAGE)
            await outbox.run(client.as_client, grace=0.05)

    if leave == "scope":
        with anyio.CancelScope() as scope:
            asyncio.get_running_loop().call_later(0.2, scope.cancel)
            await work()
    else:
        working = asyncio.create_task(work())
        await client.was_called.wait()
        for _ in range(3):
            working.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([working])

    assert ["outbox.db"] == names_in(tmp_path)
    async with outbox:
        assert 1 == (await outbox.counts())[OutboxState.UNKNOWN]


async def test_end_of_the_loop_while_it_closes_closes_the_file(tmp_path: Path) -> None:
    """`asyncio.run` cancels the task that closes, too."""
    outbox = Outbox(tmp_path / "outbox.db")

    async def begin_to_close() -> None:
        """Leave the loop in the middle of the close."""
        await outbox.__aenter__()
        await outbox.put(MESSAGE)
        closing = asyncio.create_task(outbox.__aexit__(None, None, None))
        for _ in range(4):
            await asyncio.sleep(0)
        assert not closing.done()

    await asyncio.to_thread(asyncio.run, begin_to_close())
    await until(lambda: ["outbox.db"] == names_in(tmp_path))
    async with outbox:
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]


async def test_outbox_of_another_loop_is_an_error(tmp_path: Path) -> None:
    """A put and a close there would wait without end."""
    async with Outbox(tmp_path / "outbox.db") as outbox:
        for call in (outbox.put(MESSAGE), outbox.counts(), outbox.__aexit__(None, None, None)):
            with pytest.raises(ClientClosedError, match="another event loop"):
                await asyncio.to_thread(asyncio.run, call)
        await outbox.put(MESSAGE)


def test_loops_one_after_another_may_use_an_outbox(tmp_path: Path) -> None:
    """A program of several `asyncio.run`."""
    outbox = Outbox(tmp_path / "outbox.db")
    asyncio.run(outbox.__aenter__())
    for number in range(3):
        asyncio.run(outbox.put(MESSAGE, key=str(number)))
    assert 3 == asyncio.run(outbox.counts())[OutboxState.QUEUED]
    asyncio.run(outbox.__aexit__(None, None, None))

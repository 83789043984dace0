"""One file has one name, whatever it is opened by."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from outboxes import begin_sending, until

from smsc_async import Sms
from smsc_async.outbox import Outbox, OutboxError, OutboxMovedError, OutboxState
from smsc_async.outbox.file_identity import resolved

if TYPE_CHECKING:
    from collections.abc import Callable

    from outboxes import ScriptedClient

MESSAGE = Sms(to="79991234567", text="hi")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with another one beside it, and work there."""
    (tmp_path / "here").mkdir()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here" / "outbox.db"


@pytest.mark.parametrize("link", ["symlink", "symlink to the folder", "hard link", "chdir"])
async def test_running_worker_is_found_by_any_name(
    database: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    """Its entries stay what they are: taken for stale, they could be sent twice."""
    async with Outbox("outbox.db") as living:
        await living.put(MESSAGE)
        await begin_sending(living)
        await living.put(MESSAGE)
        await living._ledger.claim_due(1)
        other = database.parent.parent / "other" / "link.db"
        if link == "symlink":
            other.symlink_to(database)
        elif link == "symlink to the folder":
            (database.parent.parent / "folder").symlink_to(database.parent)
            other = database.parent.parent / "folder" / "outbox.db"
        elif link == "hard link":
            other = database.with_name("another.db")
            os.link(database, other)
        monkeypatch.chdir(other.parent)
        async with Outbox(other if link != "chdir" else "../here/outbox.db") as outbox:
            counts = await outbox.counts()
        await living._ledger.recover_orphans()
        assert counts == await living.counts()

    assert (1, 1) == (counts[OutboxState.SENDING], counts[OutboxState.CLAIMED])


def test_name_without_a_file_is_absolute(database: Path) -> None:
    """It is created there, and found there after a chdir."""
    assert database == resolved("outbox.db")


def test_hard_links_in_two_folders_are_refused(database: Path) -> None:
    """Which of them others use can't be found out, and two logs destroy the file."""
    database.touch()
    os.link(database, database.parent.parent / "other" / "link.db")
    with pytest.raises(OutboxError, match="hard links"):
        resolved("outbox.db")


def test_hard_links_that_are_both_in_use_are_refused(database: Path) -> None:
    """The damage may have been done already."""
    database.touch()
    os.link(database, database.with_name("a.db"))
    for name in ("a.db-wal", "outbox.db-wal"):
        database.with_name(name).touch()
    with pytest.raises(OutboxError, match="2 names"):
        resolved("a.db")


def test_unused_hard_links_have_one_name(database: Path) -> None:
    """The first of them, for every process."""
    database.touch()
    os.link(database, database.with_name("a.db"))
    database.with_name("b.db").symlink_to(database)

    assert {database.with_name("a.db")} == {resolved(name) for name in ("outbox.db", "a.db")}
    assert Path.cwd() == database.parent


def move_away(path: Path) -> None:
    """Move a file as a backup or a rotation of logs does."""
    path.rename(path.with_name("moved"))


def replace(path: Path) -> None:
    """Put a copy in the place of a file, as a restored backup."""
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize("change", [Path.unlink, move_away, replace])
async def test_file_that_is_gone_is_no_longer_used(
    database: Path, suffix: str, change: Callable[[Path], object]
) -> None:
    """Other processes would send the same entries from another file."""
    async with Outbox(database) as outbox:
        entry = await outbox.put(MESSAGE)
        change(database.with_name(f"outbox.db{suffix}"))
        for call in (
            outbox.put(MESSAGE),
            outbox.discard(entry),
            outbox._ledger.claim_due(1),
            outbox.counts(),
        ):
            with pytest.raises(OutboxMovedError, match="moved, deleted or replaced"):
                await call


async def test_second_process_does_not_disturb(database: Path) -> None:
    """Opening, checkpoints and closing leave the files what they are."""
    async with Outbox(database) as outbox:
        for _ in range(3):
            async with Outbox(database) as other:
                await other.put(MESSAGE)
            checkpoint = sqlite3.connect(database)
            checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            checkpoint.close()
            await outbox.put(MESSAGE)

        assert 6 == (await outbox.counts())[OutboxState.QUEUED]


async def test_worker_of_a_moved_file_sends_nothing_more(
    database: Path, client: ScriptedClient
) -> None:
    """The entry is sent once, by the process that sees the file."""
    async with Outbox(database) as outbox:
        await outbox.put(MESSAGE)
        moved = database.with_name("moved.db")
        for suffix in ("", "-wal", "-shm"):
            os.rename(f"{database}{suffix}", f"{moved}{suffix}")  # noqa: PTH104 - three names
        with pytest.raises(OutboxMovedError, match="open it again"):
            await outbox.run(client.as_client, stop_when_empty=True)
        assert [] == client.sent
    async with Outbox(moved) as outbox:
        await outbox.run(client.as_client, stop_when_empty=True)

    assert [MESSAGE] == client.sent


async def test_file_replaced_while_it_is_opened_is_not_used(database: Path) -> None:
    """Opening may wait for a lock, and the name belong to another file when it is free."""
    async with Outbox(database) as outbox:
        await outbox.put(MESSAGE)
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    late = Outbox(database)
    opening = asyncio.create_task(late.__aenter__())
    await until(lambda: late._ledger._store._connection is not None)  # type: ignore[attr-defined]
    for suffix in ("", "-wal", "-shm"):
        moved = f"{database.with_name('moved.db')}{suffix}"
        os.rename(f"{database}{suffix}", moved)  # noqa: PTH104 - three names
    async with Outbox(database) as fresh:
        holder.execute("ROLLBACK")
        holder.close()
        with pytest.raises(OutboxMovedError, match="moved, deleted or replaced"):
            await opening
        assert 0 == sum((await fresh.counts()).values())


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
async def test_file_that_cannot_be_examined_is_not_called_moved(
    database: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy is another one: nothing has to be put back."""
    async with Outbox(database) as outbox:
        await outbox.put(MESSAGE)
        original = Path.stat

        def stat(path: Path, **options: bool) -> os.stat_result:
            """Fail for the database."""
            if path == database:
                raise OSError(number, os.strerror(number))
            return original(path, **options)

        monkeypatch.setattr(Path, "stat", stat)
        with pytest.raises(OutboxError, match=re.escape(os.strerror(number))) as caught:
            await outbox.put(MESSAGE)
        monkeypatch.undo()
        assert not isinstance(caught.value, OutboxMovedError)
        await outbox.put(MESSAGE)


async def test_folder_under_a_component_that_is_a_file_now_is_gone(tmp_path: Path) -> None:
    """ENOTDIR says as surely as ENOENT that there is no such file."""
    database = tmp_path / "folder" / "outbox.db"
    database.parent.mkdir()
    async with Outbox(database) as outbox:
        await outbox.put(MESSAGE)
        database.parent.rename(tmp_path / "other")
        database.parent.write_text("")
        with pytest.raises(OutboxMovedError, match="moved, deleted or replaced"):
            await outbox.put(MESSAGE)


async def test_folder_is_named_as_one(database: Path) -> None:
    """Its links aren't hard links of a file."""
    database.mkdir()  # noqa: ASYNC240 - of the test
    with pytest.raises(OutboxError, match="is a folder"):
        await Outbox(database).__aenter__()


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes in folders")
async def test_named_pipe_is_no_file(database: Path) -> None:
    """Opening it would wait for another process."""
    os.mkfifo(database)
    with pytest.raises(OutboxError, match="no regular file"):
        await Outbox(database).__aenter__()


@pytest.mark.parametrize("name", ["n" * 256, "\udcff\ud800", "a/" * 3000])
async def test_name_that_the_system_does_not_take_is_an_error_of_the_outbox(
    tmp_path: Path, name: str
) -> None:
    """Whatever the system's own error is."""
    with pytest.raises(OutboxError):
        await Outbox(tmp_path / name).__aenter__()


async def test_loop_of_links_is_an_error_of_the_outbox(database: Path) -> None:
    """`Path.resolve` has an error of its own for it."""
    database.symlink_to(database)  # noqa: ASYNC240 - of the test
    with pytest.raises(OutboxError):
        await Outbox(database).__aenter__()

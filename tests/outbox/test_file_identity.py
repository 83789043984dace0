"""One file has one name, whatever it is opened by."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from outboxes import begin_sending

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

"""One file has one name, whatever it is opened by."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from outboxes import begin_sending

from smsc_async import Sms
from smsc_async.outbox import Outbox, OutboxError, OutboxState
from smsc_async.outbox.file_identity import resolved

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

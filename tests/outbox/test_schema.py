"""Outboxes of 0.1.0 are migrated, and versions that don't fit are refused."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
import version_1
from outboxes import Accepted, ScriptedClient
from version_1 import entry, execute, make_version_1

from smsc_async import MessageState, Receipt, Sms
from smsc_async.outbox import (
    OutboxConsentError,
    OutboxError,
    OutboxState,
    OutboxVersionError,
)
from smsc_async.outbox.liveness import OwnerLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from smsc_async.outbox.base import BaseOutbox

    Make = Callable[[], BaseOutbox]

NEW = {"created_at": time.time(), "attempts": 1}
"""An attempt of a moment ago: even then 0.1.0 didn't store when it was written."""


async def states(outbox: BaseOutbox) -> dict[str, OutboxState]:
    """Return the state of each entry by its key."""
    return {entry.key or "": entry.state async for entry in outbox.entries()}


async def test_entries_of_0_1_0_keep_their_states(place: str, make_outbox: Make) -> None:
    """An entry that an ended process was sending is UNKNOWN, as it was with 0.1.0."""
    make_version_1(
        place,
        entry("queued", "queued"),
        entry("sending", "sending", owner=5, attempts=1),
        entry("accepted", "accepted", attempts=1, message_ids='["17"]'),
        entry("refused", "refused", attempts=1, command_status=69),
        entry("unknown", "unknown", attempts=1),
        entry("discarded", "discarded"),
        owners=(5,),
    )
    async with make_outbox() as outbox:
        found = await states(outbox)
        accepted = await outbox.find("accepted")
    assert found.pop("sending") is OutboxState.UNKNOWN
    assert all(name == state.value for name, state in found.items())
    assert accepted is not None
    assert (("17",), Sms(to="79991234567", text="accepted")) == (
        accepted.message_ids,
        accepted.message,
    )


async def test_nothing_of_0_1_0_is_sent_twice(
    place: str, make_outbox: Make, client: ScriptedClient
) -> None:
    """Queued entries are sent once; one that was sent again when it was unknown isn't."""
    make_version_1(
        place,
        entry("queued", "queued"),
        entry("resent", "queued", reason="sent again on purpose", attempts=1),
        entry("replaced", "queued", reason="replaced on purpose", attempts=1),
        entry(
            "in parts",
            "queued",
            reason="replaced on purpose",
            message_ids='["17"]',
            attempts=1,
            command_status=69,
        ),
        entry("resent and held", "queued", reason="same text was sent 3 s ago", attempts=2),
        entry("resent and throttled", "queued", reason="throttled", command_status=88, attempts=5),
        entry("sending", "sending", owner=5, attempts=1),
        entry("unknown", "unknown", attempts=1),
        owners=(5,),
    )
    for _ in range(2):
        async with make_outbox() as outbox:
            await outbox.run(client.as_client, stop_when_empty=True)
    async with make_outbox() as outbox:
        found = await states(outbox)

    assert [Sms(to="79991234567", text="queued")] == client.sent
    assert OutboxState.ACCEPTED is found.pop("queued")
    assert {OutboxState.UNKNOWN} == set(found.values())


@pytest.mark.parametrize(
    "row",
    [
        entry("a", "unknown", **NEW),
        entry("a", "discarded", **NEW),
        entry("a", "refused", message_ids='["17"]', **NEW),
        entry("a", "refused", command_status=69, **(NEW | {"attempts": 2})),
    ],
)
async def test_entry_that_0_1_0_may_have_sent_needs_consent(
    place: str, make_outbox: Make, client: ScriptedClient, row: dict[str, object]
) -> None:
    """It is unknown when its first octet left."""
    make_version_1(place, row)
    async with make_outbox() as outbox:
        with pytest.raises(OutboxConsentError, match="may_pay_twice=True"):
            await outbox.resend(1)
        await outbox.resend(1, may_pay_twice=True)
        await outbox.run(client.as_client, stop_when_empty=True)

    assert 1 == len(client.sent)


@pytest.mark.parametrize("reason", ["sent again on purpose", "replaced on purpose"])
async def test_entry_that_0_1_0_never_tried_is_sent(
    place: str, make_outbox: Make, client: ScriptedClient, reason: str
) -> None:
    """A row that was taken out of the file and restored; so is one that was refused before."""
    make_version_1(
        place,
        entry("restored", "queued", reason=reason),
        entry("refused", "queued", reason=reason, attempts=1, command_status=69),
    )
    async with make_outbox() as outbox:
        await outbox.run(client.as_client, stop_when_empty=True)
        assert 2 == (await outbox.counts())[OutboxState.ACCEPTED]

    assert ["restored", "refused"] == [getattr(message, "text", "") for message in client.sent]


async def test_receipts_of_0_1_0_find_their_entries(
    place: str, make_outbox: Make, client: ScriptedClient
) -> None:
    """Those that come after the update, too."""
    make_version_1(place, entry("accepted", "accepted", attempts=1, message_ids='["17"]'))
    execute(place, ("INSERT INTO smsc_outbox_parts VALUES ('17', 1, NULL)", {}))
    async with make_outbox() as outbox:
        assert await outbox.record(Receipt(message_id="17", state=MessageState.DELIVERED))
        found = await outbox.get(1)

    assert found is not None
    assert MessageState.DELIVERED is found.receipt
    assert [] == client.sent


async def test_entry_that_was_due_an_hour_ago_is_due(place: str, make_outbox: Make) -> None:
    """So is one that was put by a clock that was an hour ahead; neither waits."""
    ahead = time.time() + 3600
    make_version_1(
        place,
        entry("late", "queued"),
        entry("ahead", "queued", created_at=ahead, changed_at=ahead, not_before=ahead),
        entry("held", "queued", not_before=ahead),
    )
    async with make_outbox() as outbox:
        claimed = await outbox._ledger.claim_due(10)
    assert [1, 2] == [attempt.entry_id for attempt, _ in claimed]


async def test_running_worker_of_0_1_0_forbids_the_migration(place: str, make_outbox: Make) -> None:
    """It doesn't know the new states and would send what isn't its to send."""
    if place.startswith("host="):
        lock, owner = psycopg.connect(place, autocommit=True), 5
        lock.execute("SELECT pg_advisory_lock(5)")
        release = lock.close
    else:
        from pathlib import Path  # noqa: PLC0415 - for one of two databases

        held = OwnerLock(Path(place))
        owner, release = held.owner, held.release
    make_version_1(place, entry("sending", "sending", owner=owner, attempts=1), owners=(owner,))
    with pytest.raises(OutboxVersionError, match="older smsc-async is running"):
        await make_outbox().__aenter__()
    assert [("sending",)] == execute(place, ("SELECT state FROM smsc_outbox", {}))
    release()
    async with make_outbox() as outbox:
        assert 1 == (await outbox.counts())[OutboxState.UNKNOWN]


async def test_worker_of_0_1_0_can_claim_nothing_afterwards(place: str, make_outbox: Make) -> None:
    """One that was idle during the migration is refused by the tables themselves."""
    make_version_1(place, entry("queued", "queued"))
    async with make_outbox() as outbox:
        with pytest.raises(Exception, match="smsc_outbox_needs_a_newer_smsc_async"):
            execute(place, (version_1.CLAIM, {}))
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]
    ((found,),) = execute(place, ("SELECT max(version) FROM smsc_outbox_version", {}))
    assert 2 == found


async def test_migration_happens_whole_or_not_at_all(
    place: str, make_outbox: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash or a full disk in between leaves the tables of 0.1.0."""
    make_version_1(place, entry("queued", "queued"))
    with monkeypatch.context() as patch:
        broken = ("ALTER TABLE smsc_outbox ADD COLUMN a TEXT", "SELECT no_such_column")
        patch.setattr("smsc_async.outbox.schema._CHANGES_2", broken)
        with pytest.raises(OutboxError, match="no_such_column"):
            await make_outbox().__aenter__()
    assert [(1,)] == execute(place, ("SELECT max(version) FROM smsc_outbox_version", {}))
    execute(place, ("ALTER TABLE smsc_outbox ADD COLUMN a TEXT", {}))  # it isn't there
    async with make_outbox() as outbox:
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]


async def test_two_processes_migrate_at_the_same_time(place: str, make_outbox: Make) -> None:
    """One of them waits and finds the new tables."""
    make_version_1(place, *(entry(f"m{number}", "queued") for number in range(50)))
    outboxes = [make_outbox(), make_outbox()]
    await asyncio.gather(*(outbox.__aenter__() for outbox in outboxes))
    counts = [(await outbox.counts())[OutboxState.QUEUED] for outbox in outboxes]
    for outbox in outboxes:
        await outbox.__aexit__(None, None, None)

    assert [50, 50] == counts


async def test_new_and_migrated_tables_are_the_same(
    place: str, make_outbox: Make, client: ScriptedClient
) -> None:
    """They are made by the same statements."""
    make_version_1(place)
    client.answers = [Accepted(("17",))]
    async with make_outbox() as outbox:
        await outbox.put(Sms(to="79991234567", text="hi"))
        await outbox.run(client.as_client, stop_when_empty=True)
        assert 1 == (await outbox.counts())[OutboxState.ACCEPTED]


def test_version_of_a_newer_outbox_is_named(tmp_path: Path) -> None:
    """The error says which versions meet."""
    from smsc_async.outbox import Outbox  # noqa: PLC0415 - of SQLite alone

    path = os.fspath(tmp_path / "outbox.db")
    make_version_1(path)
    execute(path, ("UPDATE smsc_outbox_version SET version = 9", {}))
    with pytest.raises(OutboxVersionError, match="version 9, this one knows 2"):
        asyncio.run(Outbox(path).__aenter__())

"""What a damaged file holds hides no other entry, and no error repeats it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from version_1 import execute

from smsc_async import Sms
from smsc_async.outbox import Outbox, OutboxState
from smsc_async.outbox.serialization import serialize

if TYPE_CHECKING:
    from pathlib import Path

    from outboxes import ScriptedClient

    from smsc_async.outbox.base import BaseOutbox

MESSAGE = Sms(to="79991234567", text="Code: 4821")
OTHER = Sms(to="79990000000", text="Order 17 is ready")
# The text is in the form, with one octet that isn't UTF-8.
DAMAGED = serialize(MESSAGE).replace("Code", "C\udcffde").encode("utf-8", "surrogateescape")


def change(path: Path, what: str) -> None:
    """Change the first entry as a disk or another program may."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(f"UPDATE smsc_outbox SET {what} WHERE id = 1")  # noqa: S608 - a constant


@pytest.mark.parametrize(
    ("what", "is_sent", "said"),
    [
        (f"form = CAST(x'{DAMAGED.hex()}' AS TEXT)", False, "can't be read"),
        ("form = CAST(x'ff41' AS TEXT)", False, "can't be read"),
        ("form = x'ff41'", False, "can't be read"),
        ("key = CAST(x'ff41' AS TEXT)", False, "its key"),
        ("key = x'ff00'", False, "its key"),
        ("reason = x'ff00'", True, "its reason"),
        ("reason = CAST(x'80' AS TEXT)", True, "its reason"),
        ("message_ids = CAST(x'5bff5d' AS TEXT)", True, "its message_ids"),
        ("retries = 'many'", True, ""),
        ("created_at = 'once', changed_at = x'00'", True, ""),
        ("written_at = 'then', boot_at = 'now'", False, ""),
        ("may_pay_twice = 'certainly', written_at = 1, boot = x'ff'", False, ""),
    ],
)
async def test_text_that_cannot_be_decoded_hides_no_other_entry(
    tmp_path: Path, client: ScriptedClient, what: str, said: str, *, is_sent: bool
) -> None:
    """The entry is shown with its fault; the others are read and sent."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE, key="one")
        await outbox.put(OTHER, key="two")
        change(path, what)
        (first, second) = [entry async for entry in outbox.entries()]
        assert (said in first.reason, OTHER) == (True, second.message)
        assert "4821" not in first.reason
        first.reason.encode()
        await asyncio.wait_for(outbox.run(client.as_client, stop_when_empty=True), 60)
        found = await outbox.get(1)

    assert found is not None
    assert is_sent == (OutboxState.ACCEPTED is found.state)
    assert [OTHER] == [message for message in client.sent if message != MESSAGE]
    assert is_sent == (MESSAGE in client.sent)


@pytest.mark.parametrize("state", ["x'ff00'", "CAST(x'ff41' AS TEXT)", "17"])
async def test_state_that_is_none_hides_no_other_entry(
    tmp_path: Path, client: ScriptedClient, state: str
) -> None:
    """It is UNKNOWN: nothing says that it wasn't sent."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE)
        await outbox.put(OTHER)
        change(path, f"state = {state}")
        assert 1 == (await outbox.counts())[OutboxState.UNKNOWN]
        await asyncio.wait_for(outbox.run(client.as_client, stop_when_empty=True), 60)
        states = [entry.state async for entry in outbox.entries()]

    assert [OutboxState.UNKNOWN, OutboxState.ACCEPTED] == states
    assert [OTHER] == client.sent


@pytest.mark.parametrize("time", ["-5", "-1e308", "'abc'", "x'00'", "9e999"])
async def test_entry_whose_time_is_none_is_sent_at_once(
    tmp_path: Path, client: ScriptedClient, time: str
) -> None:
    """Else its worker looks for it without a pause, or fails."""
    path = tmp_path / "outbox.db"
    async with Outbox(path) as outbox:
        await outbox.put(MESSAGE)
        await outbox.put(OTHER)
        change(path, f"not_before = {time}")
        assert 2 == len([entry async for entry in outbox.entries()])
        await asyncio.wait_for(outbox.run(client.as_client, stop_when_empty=True), 60)

    assert {MESSAGE, OTHER} == set(client.sent)


@pytest.mark.parametrize("time", ["-5", "'-Infinity'", "'Infinity'", "'NaN'"])
async def test_number_that_is_no_time_is_due_at_once_in_both_databases(
    outbox: BaseOutbox, client: ScriptedClient, place: str, time: str
) -> None:
    """PostgreSQL has numbers that SQLite doesn't have."""
    await outbox.put(MESSAGE)
    execute(place, (f"UPDATE smsc_outbox SET not_before = {time}", {}))  # noqa: S608 - a constant
    await asyncio.wait_for(outbox.run(client.as_client, stop_when_empty=True), 60)

    assert [MESSAGE] == client.sent

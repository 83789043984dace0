"""Receipts find their entries, whichever process and whatever octets they come with."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from outboxes import Accepted, ScriptedClient, begin_sending
from version_1 import execute
from zygote import open_outbox

from smsc_async import (
    CommandStatus,
    MessageState,
    Receipt,
    Sms,
    SmscClient,
    SubmitRefusedError,
)
from smsc_async.outbox import OutboxState, OutboxUnavailableError
from smsc_async.outbox.attempt import Settlement
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.outbox.base import BaseOutbox

    Make = Callable[[], BaseOutbox]

DELIVERED = MessageState.DELIVERED
MESSAGES = 1000
SUPPORT = str(Path(__file__).parents[1] / "support")

WORKER = """
import asyncio, sys
from zygote import open_outbox
from smsc_async import GatewayLimits, SmscClient

async def main():
    database, url = sys.argv[1:]
    async with open_outbox(database) as outbox, SmscClient(url, limits=GatewayLimits.off()) as smsc:
        worker = asyncio.create_task(outbox.run(smsc))
        await asyncio.to_thread(sys.stdin.readline)
        worker.cancel()
        await asyncio.wait([worker])

asyncio.run(main())
"""


@pytest.mark.takes_up_to(120, reason="two processes send a thousand messages")
async def test_two_processes_with_receipts_over_either_link_miss_none(place: str) -> None:
    """A receipt that comes to the other process, before the outcome is stored, waits for it."""
    scenario = Scenario(receipt_delay=0.0, keep=MESSAGES)
    async with Simulator(scenario) as gateway, open_outbox(place) as outbox:
        messages = [Sms(to=f"7999{number:07d}", text="hi") for number in range(MESSAGES)]
        await asyncio.gather(*map(outbox.put, messages))
        workers = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                WORKER,
                place,
                gateway.url,
                stdin=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": SUPPORT, "PYTHONASYNCIODEBUG": ""},
            )
            for _ in range(2)
        ]
        async with asyncio.timeout(100):  # processes are polled
            while await _without_receipt(outbox):  # noqa: ASYNC110 - of other processes
                await asyncio.sleep(0.1)
        await asyncio.gather(*(worker.communicate(b"\n") for worker in workers))

    assert [0, 0] == [worker.returncode for worker in workers]


async def _without_receipt(outbox: BaseOutbox) -> int:
    """Return the number of entries without a final receipt."""
    return len([entry async for entry in outbox.entries() if entry.receipt is not DELIVERED])


async def accepted(outbox: BaseOutbox, *ids: str) -> int:
    """Put a message and settle it as accepted; return its number."""
    entry = await outbox.put(Sms(to="79991234567", text="hi"))
    (attempt,) = await begin_sending(outbox)
    settlement = Settlement(attempt=attempt, state=OutboxState.ACCEPTED, message_ids=ids)
    await outbox._ledger.settle(settlement)
    return entry.id


async def receipt_of(outbox: BaseOutbox, number: int) -> object:
    """Return the final state of an entry."""
    entry = await outbox.get(number)
    assert entry is not None
    return entry.receipt


async def test_receipt_is_answered_once_it_is_stored(
    outbox: BaseOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `on_receipt=outbox.record` what can't be stored is delivered again, also after `run`."""
    record, failures = outbox._ledger.record, [OutboxUnavailableError("restarting")] * 2

    async def failing(message_id: str, state: int) -> bool:
        """Fail twice."""
        if failures:
            raise failures.pop()
        return await record(message_id, state)

    monkeypatch.setattr(outbox._ledger, "record", failing)
    entry = await outbox.put(Sms(to="79991234567", text="hi"))
    async with (
        Simulator(Scenario(receipt_delay=0.05, redelivery_delay=0.0)) as gateway,
        SmscClient(gateway.url, on_receipt=outbox.record) as smsc,
    ):
        await outbox.run(smsc, stop_when_empty=True, receipts=False)
        async with asyncio.timeout(10):  # the gateway is polled
            while await receipt_of(outbox, entry.id) is None:  # noqa: ASYNC110 - of the gateway
                await asyncio.sleep(0.01)
        redelivered = gateway.stats.redelivered

    assert (2, []) == (redelivered, failures)
    assert DELIVERED is await receipt_of(outbox, entry.id)


async def test_early_receipt_waits_in_the_database(make_outbox: Make) -> None:
    """Another process, or the next one, matches it; of a message in parts too."""
    async with make_outbox() as outbox:
        for message_id in ("a", "b"):
            receipt = Receipt(message_id=message_id, state=DELIVERED)
            assert not await outbox.record(receipt)
    async with make_outbox() as other:
        number = await accepted(other, "b", "a")
        assert DELIVERED is await receipt_of(other, number)


async def test_early_receipts_expire_after_days(make_outbox: Make, place: str) -> None:
    """Receipts of other programs' messages would fill the disk."""
    async with make_outbox() as outbox:
        await outbox.record(Receipt(message_id="old", state=DELIVERED))
        await outbox.record(Receipt(message_id="new", state=DELIVERED))
        days_ago = "UPDATE smsc_outbox_parts SET received_at = 1e9 WHERE message_id = 'old'"
        execute(place, (days_ago, {}))
        matched = await accepted(outbox, "matched")
        execute(place, ("UPDATE smsc_outbox_parts SET received_at = 1e9 WHERE entry > 0", {}))
        await outbox._ledger.expire_receipts()
        rows = execute(place, ("SELECT message_id FROM smsc_outbox_parts ORDER BY 1", {}))

    assert matched
    assert [("matched",), ("new",)] == rows


async def test_receipt_from_before_the_write_is_of_another_message(
    make_outbox: Make, place: str
) -> None:
    """A restarted gateway counts its ids from 1 again."""
    async with make_outbox() as outbox:
        await outbox.record(Receipt(message_id="1", state=MessageState.EXPIRED))
        execute(place, ("UPDATE smsc_outbox_parts SET received_at = received_at - 3600", {}))
        number = await accepted(outbox, "1")
        assert await receipt_of(outbox, number) is None
        assert await outbox.record(Receipt(message_id="1", state=DELIVERED))
        assert DELIVERED is await receipt_of(outbox, number)


@pytest.mark.parametrize(
    ("states", "overall"),
    [
        ((MessageState.UNDELIVERABLE, DELIVERED, DELIVERED), MessageState.UNDELIVERABLE),
        ((DELIVERED, MessageState.UNDELIVERABLE, DELIVERED), MessageState.UNDELIVERABLE),
        ((DELIVERED, DELIVERED, MessageState.EXPIRED), MessageState.EXPIRED),
        ((MessageState.EXPIRED, MessageState.REJECTED, DELIVERED), MessageState.EXPIRED),
        ((DELIVERED, DELIVERED, DELIVERED), DELIVERED),
    ],
)
@pytest.mark.parametrize("early", [0, 1, 3])
async def test_message_whose_parts_have_one_id_is_delivered_if_all_parts_are(
    outbox: BaseOutbox, states: tuple[MessageState, ...], overall: MessageState, early: int
) -> None:
    """Each part gets a receipt under that id; that of a part that failed decides."""
    receipts = [Receipt(message_id="9", state=state) for state in states]
    for receipt in receipts[:early]:
        assert not await outbox.record(receipt)
    number = await accepted(outbox, "9", "9", "9")
    for receipt in receipts[early:]:
        assert await outbox.record(receipt)

    assert overall is await receipt_of(outbox, number)


async def test_later_receipt_of_the_only_part_replaces_the_earlier_one(outbox: BaseOutbox) -> None:
    """A gateway may correct itself; only an id of several parts has receipts of several parts."""
    number = await accepted(outbox, "9")
    await outbox.record(Receipt(message_id="9", state=MessageState.EXPIRED))
    await outbox.record(Receipt(message_id="9", state=DELIVERED))

    assert DELIVERED is await receipt_of(outbox, number)


@pytest.mark.parametrize(
    "message_id",
    ["a\0b", "\ud800", "x" * 70_000, "\\x00", "\U0001f600", "\r\n\x1b[2J", "'; DROP TABLE x; --"],
)
async def test_octets_from_outside_fail_no_statement(
    outbox: BaseOutbox, client: ScriptedClient, message_id: str
) -> None:
    """One PDU must not stop the worker; id and receipt still find each other."""
    await outbox.put(Sms(to="79991234567", text="hi"))
    client.receipts_to_come = [Receipt(message_id=message_id, state=DELIVERED)]
    answer = client.accept_after_receipts(Accepted((message_id,)))
    client.answers = [asyncio.ensure_future(answer)]
    await outbox.run(client.as_client, stop_when_empty=True)

    (entry,) = [entry async for entry in outbox.entries()]
    assert (DELIVERED, (message_id,)) == (entry.receipt, entry.message_ids)


@pytest.mark.parametrize("state", [2**31, 2**70, -(2**70)])
async def test_states_of_any_size_fail_no_statement(outbox: BaseOutbox, state: int) -> None:
    """A receipt may have been read by other code."""
    receipt = Receipt(message_id="17", state=state)
    assert not await outbox.record(receipt)


async def test_reasons_and_keys_fail_no_statement(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """An error quotes what the gateway said, a key what was typed."""
    message = Sms(to="79991234567", text="hi")
    entry = await outbox.put(message)
    error: Any = SubmitRefusedError(message, command_status=CommandStatus.ESME_RSUBMITFAIL)
    error.args = ("refused: \0\ud800",)
    client.answers = [error]
    await outbox.run(client.as_client, stop_when_empty=True)
    found = await outbox.get(entry)

    assert found is not None
    assert r"refused: \x00\ud800" == found.reason
    assert await outbox.find("a\0\ud800") is None
    assert r"\x00" == (await outbox.discard(entry, "\0")).reason

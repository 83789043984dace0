"""Behaviour of both outboxes, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from outboxes import Accepted, ScriptedClient, begin_sending, kill_owner
from version_1 import execute

from smsc_async import (
    ClientClosedError,
    CommandStatus,
    ConfigError,
    MessageState,
    Ping,
    Receipt,
    ResponseTimeoutError,
    Sms,
    SmscClient,
)
from smsc_async.outbox import (
    OutboxEntry,
    OutboxError,
    OutboxKeyError,
    OutboxState,
    OutboxStateError,
)
from smsc_async.outbox.attempt import Settlement
from smsc_async.outbox.schema import Statement, owners
from smsc_async.outbox.serialization import serialize
from smsc_async.outbox.worker import Worker
from smsc_async.outbox.worker_queries import look
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.outbox.base import BaseOutbox
    from smsc_async.outbox.schema import Operation, OperationFactory

    Make = Callable[[], BaseOutbox]

SOON = Scenario(receipt_delay=0.0, keep=5000)


def sms(text: str = "Code: 4821", to: str = "79991234567") -> Sms:
    """Make a message."""
    return Sms(to=to, text=text)


async def only(outbox: BaseOutbox) -> OutboxEntry:
    """Return the only entry."""
    (entry,) = [entry async for entry in outbox.entries()]
    return entry


async def unknown_entry(outbox: BaseOutbox) -> OutboxEntry:
    """Return an entry that is UNKNOWN, since its worker was killed."""
    entry = await outbox.put(sms())
    await begin_sending(outbox)
    await kill_owner(outbox)
    await outbox._ledger.recover_orphans()
    found = await outbox.get(entry)
    assert found is not None
    assert found.state is OutboxState.UNKNOWN
    return found


# --- putting ---


async def test_stored_entry_is_read_by_other_processes(make_outbox: Make) -> None:
    """Another process, or this one after a restart, reads what was put."""
    async with make_outbox() as outbox:
        put = await outbox.put(sms("Код"), key="order 17")
        async with make_outbox() as other:
            assert put == await only(other)
            assert put == await other.get(put)
            assert put == await other.find("order 17")

    assert (sms("Код"), OutboxState.QUEUED, "order 17") == (put.message, put.state, put.key)
    assert put.created_at > 1.7e9
    assert 0.0 == put.not_before


async def test_same_key_queues_nothing_more(outbox: BaseOutbox) -> None:
    """A caller that doesn't know whether its put happened repeats it."""
    first = await outbox.put(sms(), key="a")
    second = await outbox.put(sms(), key="a")

    assert first == second
    assert 1 == (await outbox.counts())[OutboxState.QUEUED]


async def test_same_key_at_the_same_time_queues_one(outbox: BaseOutbox) -> None:
    """The de-duplication works inside of one transaction too."""
    found = await asyncio.gather(*(outbox.put(sms(), key="a") for _ in range(10)))

    assert {found[0].id} == {entry.id for entry in found}


async def test_key_of_another_message_is_an_error(outbox: BaseOutbox) -> None:
    """Dropping the second message silently would lose it; the first one stays."""
    await outbox.put(sms("one"), key="a")
    with pytest.raises(OutboxKeyError, match="'a' already belongs to another message"):
        await outbox.put(sms("two"), key="a")

    assert sms("one") == (await only(outbox)).message


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b"])
async def test_key_is_limited(outbox: BaseOutbox, key: str) -> None:
    """Both databases must be able to store it."""
    with pytest.raises(ConfigError, match="255"):
        await outbox.put(sms(), key=key)


async def test_equal_messages_without_keys_are_both_queued(outbox: BaseOutbox) -> None:
    """Without idempotency keys there is no de-duplication: both may be meant."""
    await asyncio.gather(outbox.put(sms()), outbox.put(sms()))

    assert 2 == (await outbox.counts())[OutboxState.QUEUED]


async def test_closed_outbox_refuses_calls(make_outbox: Make) -> None:
    """Nothing could be stored."""
    outbox = make_outbox()
    with pytest.raises(ClientClosedError, match="async with"):
        await outbox.put(sms())
    async with outbox:
        pass
    with pytest.raises(ClientClosedError):
        await outbox.counts()


async def test_outbox_opens_once_at_a_time(make_outbox: Make) -> None:
    """A second open would leak the first connection; a closed outbox opens again."""
    async with make_outbox() as outbox:
        await outbox.put(sms())
        with pytest.raises(OutboxError, match="open already"):
            await outbox.__aenter__()
    async with outbox:
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]


# --- sending ---


async def test_queued_messages_are_sent_in_order(outbox: BaseOutbox) -> None:
    """The order is that of `put`; afterwards each entry has the gateway's ids."""
    for number in range(20):
        await outbox.put(sms(f"message {number}"))
    async with Simulator(SOON) as gateway, SmscClient(gateway.url) as smsc:
        await outbox.run(smsc, stop_when_empty=True)
        arrived = gateway.messages

    entries = [entry async for entry in outbox.entries(OutboxState.ACCEPTED)]
    assert [f"message {number}" for number in range(20)] == [one.text for one in arrived]
    assert [one.message_ids for one in arrived] == [entry.message_ids for entry in entries]
    assert {1} == {entry.attempts for entry in entries}


async def test_entry_has_the_ids_of_all_parts(outbox: BaseOutbox) -> None:
    """Each part has its own id and is charged separately."""
    await outbox.put(sms("x" * 300))
    async with Simulator(SOON) as gateway, SmscClient(gateway.url) as smsc:
        await outbox.run(smsc, stop_when_empty=True)

    entry = await only(outbox)
    assert gateway.messages[0].message_ids == entry.message_ids
    assert 2 == len(entry.message_ids)


async def test_put_wakes_a_worker_that_waits(
    outbox: BaseOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker doesn't poll for the entries of its own process."""
    monkeypatch.setattr("smsc_async.outbox.worker.POLL_INTERVAL", 3600.0)
    has_looked, look_ahead = asyncio.Event(), Worker._look_ahead

    async def look_and_report(worker: Worker) -> bool:
        """Look ahead, then let the test go on."""
        is_due = await look_ahead(worker)
        has_looked.set()
        return is_due

    monkeypatch.setattr(Worker, "_look_ahead", look_and_report)
    async with Simulator(SOON) as gateway, SmscClient(gateway.url) as smsc:
        worker = asyncio.create_task(outbox.run(smsc))
        await has_looked.wait()
        await outbox.put(sms())
        assert "Code: 4821" == (await gateway.wait_for_message(timeout=60)).text
        worker.cancel()
        await asyncio.wait([worker])

    assert worker.cancelled()
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_refused_entry_has_the_reason(outbox: BaseOutbox) -> None:
    """It isn't retried: the gateway would refuse it again."""
    await outbox.put(sms())
    scenario = Scenario(submit_status=CommandStatus.ESME_RINVSRCADR)
    async with Simulator(scenario) as gateway, SmscClient(gateway.url) as smsc:
        await outbox.run(smsc, stop_when_empty=True)

    entry = await only(outbox)
    assert (OutboxState.REFUSED, CommandStatus.ESME_RINVSRCADR) == (
        entry.state,
        entry.command_status,
    )
    assert "ESME_RINVSRCADR" in entry.reason
    assert "4821" not in entry.reason


async def test_missing_response_is_unknown(outbox: BaseOutbox) -> None:
    """The gateway may have the message, so no worker sends it again."""
    await outbox.put(sms())
    scenario = Scenario(silent=True, receipts=False)
    async with Simulator(scenario) as gateway, SmscClient(f"{gateway.url}?timeout=0.05") as smsc:
        await outbox.run(smsc, stop_when_empty=True)
        await outbox.run(smsc, stop_when_empty=True)
        assert 1 == len(gateway.messages)

    assert [OutboxState.UNKNOWN] == [entry.state async for entry in outbox.unknown()]


async def test_final_state_of_a_message_is_stored(outbox: BaseOutbox) -> None:
    """Receipts come long after the message was accepted."""
    await outbox.put(sms("x" * 300))
    scenario = Scenario(receipt_delay=0.01, state=MessageState.EXPIRED)
    async with Simulator(scenario) as gateway, SmscClient(gateway.url) as smsc:
        worker = asyncio.create_task(outbox.run(smsc))
        while (await only(outbox)).receipt is None:
            pass
        worker.cancel()
        await asyncio.wait([worker])

    assert MessageState.EXPIRED is (await only(outbox)).receipt


async def test_record_takes_receipts_that_other_code_reads(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """DELIVERED is known with the receipt of the last part."""
    await outbox.put(sms())
    client.answers = [Accepted(("a", "b"), (None, None))]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)
    receipts = [Receipt(message_id=one, state=MessageState.DELIVERED) for one in "abc"]
    between = Receipt(message_id="a", state=MessageState.ENROUTE, is_intermediate=True)

    assert [False, True] == [await outbox.record(between), await outbox.record(receipts[0])]
    assert (await only(outbox)).receipt is None
    assert [True, False] == [await outbox.record(receipts[1]), await outbox.record(receipts[2])]
    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_two_workers_share_the_entries(make_outbox: Make) -> None:
    """Each entry is sent once, by one of them."""
    async with (
        Simulator(SOON) as gateway,
        SmscClient(gateway.url) as smsc,
        make_outbox() as one,
        make_outbox() as two,
    ):
        messages = [sms(f"m{number}", f"7999{number:07d}") for number in range(40)]
        await asyncio.gather(*(one.put(message) for message in messages))
        await asyncio.gather(
            *(box.run(smsc, stop_when_empty=True, concurrency=5) for box in (one, two))
        )
        arrived = sorted(message.text or "" for message in gateway.messages)
        counts = await one.counts()

    assert sorted(f"m{number}" for number in range(40)) == arrived
    assert 40 == counts[OutboxState.ACCEPTED]


async def test_runs_that_begin_at_once_have_one_owner(outbox: BaseOutbox) -> None:
    """With two, each run would take the other's entries for those of an ended process."""
    store = outbox._ledger._store
    owners = await asyncio.gather(*(store.acquire_owner() for _ in range(3)))
    entry = await outbox.put(sms("claimed"))
    await outbox._ledger.claim_due(1)
    await outbox._ledger.recover_orphans()
    claimed = await outbox.get(entry)

    assert 1 == len(set(owners))
    assert [] == await store.stale_owners(owners)
    assert claimed is not None
    assert OutboxState.CLAIMED is claimed.state


async def test_two_clients_may_share_one_outbox(outbox: BaseOutbox) -> None:
    """Two runs of one process claim different entries too."""
    await asyncio.gather(*(outbox.put(sms(f"m{number}")) for number in range(30)))
    async with (
        Simulator(SOON) as gateway,
        SmscClient(gateway.url) as one,
        SmscClient(gateway.url) as two,
    ):
        await asyncio.gather(*(outbox.run(smsc, stop_when_empty=True) for smsc in (one, two)))

    assert 30 == len(gateway.messages) == len({message.text for message in gateway.messages})
    assert 30 == (await outbox.counts())[OutboxState.ACCEPTED]


# --- liveness ---


async def test_entries_of_a_killed_worker_are_unknown(make_outbox: Make) -> None:
    """They may have been sent; after a restart a user decides, and no worker sends them."""
    async with make_outbox() as dying:
        await asyncio.gather(*(dying.put(sms(f"m{number}")) for number in range(3)))
        await begin_sending(dying, 2)
        await kill_owner(dying)
        async with make_outbox() as restarted:
            states = [entry.state async for entry in restarted.entries()]
            reasons = [entry.reason async for entry in restarted.unknown()]

    assert [OutboxState.UNKNOWN, OutboxState.UNKNOWN, OutboxState.QUEUED] == states
    assert all("ended before" in reason for reason in reasons)


async def test_entries_of_a_living_worker_stay_sending(make_outbox: Make) -> None:
    """However long the worker takes, and however many processes open the outbox."""
    async with make_outbox() as living, make_outbox() as other:
        await living.put(sms())
        await begin_sending(living)
        await other._ledger.recover_orphans()
        await living._ledger.recover_orphans()
        async with make_outbox() as third:
            assert OutboxState.SENDING is (await only(third)).state
            assert [] == await third._ledger.claim_due(1)


async def test_clean_end_leaves_no_owner(make_outbox: Make, client: ScriptedClient) -> None:
    """Each registered owner costs every other worker a test of its lock."""
    async with make_outbox() as outbox:
        await outbox.put(sms())
        await outbox.run(client.as_client, stop_when_empty=True)
    async with make_outbox() as outbox:
        assert [] == await outbox._ledger.run(owners)


async def test_worker_that_was_taken_for_stale_settles_its_entry(
    make_outbox: Make, client: ScriptedClient
) -> None:
    """A machine that was disconnected comes back and knows the outcome."""
    async with make_outbox() as cut_off, make_outbox() as other:
        await cut_off.put(sms())
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        client.answers = [answer]
        worker = asyncio.create_task(cut_off.run(client.as_client, stop_when_empty=True))
        await asyncio.wait_for(client.was_called.wait(), 60)
        await kill_owner(cut_off)
        await other._ledger.recover_orphans()
        assert OutboxState.UNKNOWN is (await only(other)).state
        answer.set_result(Accepted(("17",)))
        await asyncio.wait([worker])
        entry = await only(other)

    assert (OutboxState.ACCEPTED, ("17",)) == (entry.state, entry.message_ids)


async def test_outcome_of_an_earlier_attempt_settles_nothing(outbox: BaseOutbox) -> None:
    """An outcome is stored twice if its commit happened and seemed to fail.

    Meanwhile the entry may be SENDING once more, and would be sent a third time.
    """
    await outbox.put(sms())
    (first,) = await begin_sending(outbox)
    await outbox._ledger.settle(Settlement(attempt=first, state=OutboxState.QUEUED))
    (second,) = await begin_sending(outbox)
    await outbox._ledger.settle(Settlement(attempt=first, state=OutboxState.QUEUED))

    assert OutboxState.SENDING is (await only(outbox)).state
    await outbox._ledger.settle(Settlement(attempt=second, state=OutboxState.ACCEPTED))
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_entry_that_is_not_due_is_not_claimed(outbox: BaseOutbox) -> None:
    """A rule of the gateway sets the time: before it the message is refused or blocked."""
    await outbox.put(sms())
    (attempt,) = await begin_sending(outbox)
    later = Settlement(attempt=attempt, state=OutboxState.QUEUED, after=3600.0)
    await outbox._ledger.settle(later)

    assert [] == await outbox._ledger.claim_due(1)
    _, due = await outbox._ledger.read(look)
    assert due is not None
    assert 3500.0 < due <= 3600.0


async def test_claim_whose_commit_seemed_to_fail_goes_back(
    outbox: BaseOutbox, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit may have happened, and the entry must not stay CLAIMED forever."""
    await outbox.put(sms())
    committer, transact = outbox._ledger._committer, outbox._ledger._store.transact
    failing = True

    async def fail_after(operations: Sequence[OperationFactory]) -> list[object]:
        """Commit a claim, then report a failure."""
        results = await transact(operations)
        if failing and results and isinstance(results[0], list) and results[0]:
            raise OutboxError("the connection broke")
        return results

    monkeypatch.setattr(committer, "_transact", fail_after)
    with pytest.raises(OutboxError, match="broke"):
        await outbox.run(client.as_client)
    failing = False
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [sms()] == client.sent
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_id_that_the_gateway_uses_again_has_no_receipt_yet(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """Else the receipt of one part would report the whole of another message as delivered."""
    client.answers = [Accepted(("a",)), Accepted(("a", "b"), (None, None))]
    entries = [await outbox.put(sms("one"))]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)
    first, second = (Receipt(message_id=one, state=MessageState.DELIVERED) for one in "ab")
    await outbox.record(first)
    entries.append(await outbox.put(sms("two")))
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)

    await outbox.record(second)
    found = [await outbox.get(entry) for entry in entries]
    assert [MessageState.DELIVERED, None] == [entry and entry.receipt for entry in found]
    await outbox.record(first)
    latest = await outbox.get(entries[1])
    assert latest is not None
    assert MessageState.DELIVERED is latest.receipt


# --- decisions of users ---


async def test_unknown_message_is_sent_again_only_by_resend(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """A worker never risks a second payment on its own."""
    entry = await unknown_entry(outbox)
    await outbox.run(client.as_client, stop_when_empty=True)
    assert [] == client.sent

    assert OutboxState.QUEUED is (await outbox.resend(entry)).state
    await outbox.run(client.as_client, stop_when_empty=True)
    again = await only(outbox)
    assert (OutboxState.ACCEPTED, 2) == (again.state, again.attempts)


async def test_receipt_of_the_first_attempt_says_nothing_of_the_second(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """A part of the first may never arrive; the user waits for the second."""
    entry = await outbox.put(sms())
    lost = ResponseTimeoutError(sms(), timeout=1.0, message_ids=("first",))
    client.answers = [lost, Accepted(("second",))]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)
    await outbox.resend(entry)
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)

    receipts = [
        Receipt(message_id=message_id, state=MessageState.DELIVERED)
        for message_id in ("first", "second")
    ]
    assert [False, True] == [await outbox.record(receipt) for receipt in receipts]
    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_unknown_message_may_be_discarded(outbox: BaseOutbox) -> None:
    """A user may not need it any more; the entry's number is enough."""
    entry = await unknown_entry(outbox)

    assert OutboxState.DISCARDED is (await outbox.discard(entry.id)).state


async def test_unknown_message_may_be_accepted(outbox: BaseOutbox) -> None:
    """The account's history shows whether the gateway has it."""
    entry = await unknown_entry(outbox)

    assert OutboxState.ACCEPTED is (await outbox.accept(entry)).state


async def test_moves_from_other_states_are_refused(outbox: BaseOutbox) -> None:
    """A queued entry needs no resend, one in flight can't be discarded."""
    entry = await outbox.put(sms())
    with pytest.raises(OutboxStateError, match="QUEUED; only REFUSED or UNKNOWN or DISCARDED may"):
        await outbox.resend(entry)
    await begin_sending(outbox)
    with pytest.raises(OutboxStateError, match="SENDING"):
        await outbox.discard(entry)
    with pytest.raises(OutboxStateError, match="no entry 4711"):
        await outbox.accept(4711)
    assert await outbox.get(4711) is None
    assert await outbox.find("nothing") is None


async def test_unsent_message_may_be_replaced(outbox: BaseOutbox, client: ScriptedClient) -> None:
    """It keeps its key; a message that may have been sent can't be replaced."""
    entry = await outbox.put(sms("one"), key="a")
    await outbox.replace(entry, sms("two"))
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [sms("two")] == client.sent
    with pytest.raises(OutboxStateError, match="ACCEPTED; only QUEUED or REFUSED may"):
        await outbox.replace(entry, sms("three"))
    assert sms("two") == (await only(outbox)).message


async def test_queued_message_may_be_discarded(outbox: BaseOutbox, client: ScriptedClient) -> None:
    """No worker has claimed it, so nothing of it is charged."""
    await outbox.discard(await outbox.put(sms()))
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [] == client.sent


async def test_old_finished_entries_are_purged(outbox: BaseOutbox, client: ScriptedClient) -> None:
    """Unfinished entries stay, and the purged keys can be used again."""
    await outbox.put(sms(), key="a")
    await outbox.run(client.as_client, stop_when_empty=True)
    await outbox.put(Ping(to="79991234567"))

    assert 0 == await outbox.purge(older_than=3600)
    assert 1 == await outbox.purge(older_than=0)
    assert {OutboxState.QUEUED: 1} == {
        state: count for state, count in (await outbox.counts()).items() if count
    }
    await outbox.put(sms("another"), key="a")


async def test_entries_are_read_in_pages(
    outbox: BaseOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions don't fit into memory, and the loop may move the entries that it reads."""
    monkeypatch.setattr("smsc_async.outbox.queries.PAGE", 2)
    for number in range(5):
        await outbox.put(sms(f"m{number}"))
    seen = []
    async for entry in outbox.entries(OutboxState.QUEUED):
        seen.append(entry.id)
        await outbox.discard(entry)

    assert 5 == len(set(seen))
    assert 5 == await outbox.purge(older_than=0)


async def test_message_of_a_newer_version_is_refused(
    outbox: BaseOutbox, client: ScriptedClient
) -> None:
    """A part of it may be unknown here; a newer version may resend it."""
    entry = await outbox.put(sms())
    await outbox._ledger.run(lambda: _store_newer_form(entry.id))
    await outbox.run(client.as_client, stop_when_empty=True)

    assert [] == client.sent
    assert 1 == (await outbox.counts())[OutboxState.REFUSED]
    found = await outbox.get(entry)
    assert found is not None
    assert found.message is None
    assert "newer" in found.reason


def _store_newer_form(number: int) -> Operation[None]:
    """Store a message in a future format."""
    yield Statement(
        "UPDATE smsc_outbox SET form = :form WHERE id = :id", {"id": number, "form": '{"v":9}'}
    )


async def test_repr_has_numbers_and_no_secret(outbox: BaseOutbox) -> None:
    """A conninfo may hold a password, an entry a text."""
    entry = await outbox.put(sms())

    assert "open, 0 operations waiting" in repr(outbox)
    assert "0 outcomes unstored" in repr(outbox)
    assert "port=" not in repr(outbox)
    assert "4821" not in repr(entry)


async def test_concurrency_is_at_least_one(outbox: BaseOutbox, client: ScriptedClient) -> None:
    """A worker that may send nothing would wait forever."""
    with pytest.raises(ConfigError, match="concurrency"):
        await outbox.run(client.as_client, concurrency=0)


@pytest.mark.parametrize("name", ["grace", "patience"])
@pytest.mark.parametrize("seconds", [-1, float("nan"), "5", True, 10**400], ids=range(5))
async def test_run_refuses_what_is_no_duration(
    outbox: BaseOutbox, client: ScriptedClient, name: str, seconds: object
) -> None:
    """Before an entry is claimed; infinite is one."""
    settings: dict[str, Any] = {name: seconds}
    with pytest.raises(ConfigError, match=name):
        await outbox.run(client.as_client, **settings)
    settings = {name: float("inf")}
    await outbox.run(client.as_client, stop_when_empty=True, **settings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("form = 'no JSON'", "can't be read"),
        ("form = '{\"v\":9}'", "newer"),
        ("state = 'tired'", "its state"),
        ("message_ids = 'no JSON'", "its message_ids"),
        (f"message_ids = '{'[' * 100_000}'", "its message_ids"),
        (f"form = '{'[' * 100_000}'", "can't be read"),
        (f"form = '{serialize(sms())[:-1]},\"validity\":1e999}}'", "can't be read"),
    ],
)
async def test_unreadable_entry_is_shown_and_hides_no_other(
    outbox: BaseOutbox, client: ScriptedClient, place: str, change: str, said: str
) -> None:
    """One row that a newer version or a disk has changed must not end a report of all."""
    for key in "abc":
        await outbox.put(sms(key), key=key)
    execute(place, (f"UPDATE smsc_outbox SET {change} WHERE key = 'b'", {}))  # noqa: S608 - a constant
    found = await outbox.find("b")

    assert found is not None
    assert (2, "b") == (found.id, found.key)
    assert said in found.reason
    assert [1, 2, 3] == [entry.id async for entry in outbox.entries()]
    assert 3 == sum((await outbox.counts()).values())
    await outbox.run(client.as_client, stop_when_empty=True)
    assert {sms("a"), sms("c")} <= set(client.sent)


async def test_unreadable_entry_awaits_a_decision(outbox: BaseOutbox, place: str) -> None:
    """It is among the unknown ones, and can be discarded."""
    entry = await unknown_entry(outbox)
    execute(place, ("UPDATE smsc_outbox SET form = ''", {}))
    (shown,) = [one async for one in outbox.unknown()]

    assert (entry.id, None) == (shown.id, shown.message)
    assert OutboxState.DISCARDED is (await outbox.discard(shown)).state


async def test_unreadable_entry_that_is_sent_again_stays_unknown(
    outbox: BaseOutbox, client: ScriptedClient, place: str
) -> None:
    """REFUSED would say that its first attempt wasn't accepted."""
    entry = await unknown_entry(outbox)
    execute(place, ("UPDATE smsc_outbox SET form = ''", {}))
    await outbox.resend(entry)
    await outbox.run(client.as_client, stop_when_empty=True)

    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_entry_gets_another_key(outbox: BaseOutbox) -> None:
    """A program may change how it makes its keys; two entries can't have one."""
    entry = await outbox.put(sms(), key="old")
    await outbox.put(sms(), key="taken")
    await outbox.rename(entry, "new")

    assert await outbox.find("old") is None
    assert (await outbox.put(sms(), key="new")).id == entry.id
    with pytest.raises(OutboxKeyError):
        await outbox.rename(entry, "taken")


async def test_claimed_entry_may_be_discarded(outbox: BaseOutbox) -> None:
    """Nothing of it is written, and its worker finds out before it writes."""
    await outbox.put(sms())
    ((attempt, _),) = await outbox._ledger.claim_due(1)
    assert OutboxState.DISCARDED is (await outbox.discard(1)).state
    assert set() == await outbox._ledger.begin_sending([attempt], lambda: 0.0)


async def test_claimed_entries_of_a_killed_worker_go_back(
    make_outbox: Make, client: ScriptedClient
) -> None:
    """Nothing of them was written, so no one has to decide."""
    async with make_outbox() as dying, make_outbox() as other:
        await dying.put(sms())
        await dying._ledger.claim_due(1)
        await kill_owner(dying)
        await other.run(client.as_client, stop_when_empty=True)
        assert OutboxState.ACCEPTED is (await only(other)).state


@pytest.mark.parametrize(
    "schedule",
    [
        datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2027, 3, 28, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
        datetime(2027, 11, 7, 1, 15, tzinfo=ZoneInfo("America/New_York")),
    ],
)
async def test_key_of_a_message_in_the_hour_of_a_clock_change(
    outbox: BaseOutbox, schedule: datetime
) -> None:
    """Such a time equals none of another zone, not even itself read back."""
    message = Sms(to="79991234567", text="hi", schedule=schedule)
    first = await outbox.put(message, key="one")
    assert first == await outbox.get(first.id)
    assert first.id == (await outbox.put(message, key="one")).id
    for hour in (4, 9):
        other = replace(message, schedule=schedule.replace(hour=hour))
        with pytest.raises(OutboxKeyError):
            await outbox.put(other, key="one")


async def test_key_of_a_message_whose_time_is_of_another_zone(outbox: BaseOutbox) -> None:
    """The same instant is the same message."""
    at = datetime(2027, 5, 1, 12, tzinfo=UTC)
    first = await outbox.put(Sms(to="79991234567", text="hi", schedule=at), key="one")
    there = at.astimezone(ZoneInfo("Asia/Vladivostok"))
    again = await outbox.put(Sms(to="79991234567", text="hi", schedule=there), key="one")

    assert first.id == again.id


async def test_entries_of_a_process_that_ended_meanwhile_are_sent_before_the_run_ends(
    make_outbox: Make,
) -> None:
    """Otherwise they would stay claimed, and a report would say that a process sends them."""
    async with make_outbox() as outbox, make_outbox() as other:
        for number in range(4):
            await outbox.put(Sms(to="79991234567", text=f"message {number}"))
        assert 2 == len(await other._ledger.claim_due(2))

        class Killing(ScriptedClient):
            """The other process is killed while the last message is sent."""

            async def send(self, message: Any) -> Any:  # noqa: ANN401 - as the real one
                """Kill it, then send."""
                if len(self.sent) == 1:
                    await kill_owner(other)
                return await super().send(message)

        await outbox.run(Killing([Accepted()]).as_client, stop_when_empty=True)
        assert 4 == (await outbox.counts())[OutboxState.ACCEPTED]

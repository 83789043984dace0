"""What is promised of every outbox, of the file and of PostgreSQL alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from outboxes import Accepted, TamedClient, die

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
from smsc_async.outbox.queries import Settlement, Statement, owners
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.outbox.base import BaseOutbox
    from smsc_async.outbox.queries import Make as MakeOperation
    from smsc_async.outbox.queries import Operation

    Make = Callable[[], BaseOutbox]

SOON = Scenario(receipt_delay=0.0, keep=5000)


def sms(text: str = "Code: 4821", to: str = "79991234567") -> Sms:
    """Make a message."""
    return Sms(to=to, text=text)


async def only(outbox: BaseOutbox) -> OutboxEntry:
    """Return the one entry there is."""
    (entry,) = [entry async for entry in outbox.entries()]
    return entry


async def unknown(outbox: BaseOutbox) -> OutboxEntry:
    """Return an entry whose fate is unknown: its worker died."""
    entry = await outbox.put(sms())
    await outbox._ledger.claim(1)
    await die(outbox)
    await outbox._ledger.bury_the_dead()
    found = await outbox.get(entry)
    assert found is not None
    assert found.state is OutboxState.UNKNOWN
    return found


# --- putting ---


async def test_what_was_put_is_there_for_everybody(make_outbox: Make) -> None:
    """Another process, or this one after a restart, finds it as it was."""
    async with make_outbox() as outbox:
        put = await outbox.put(sms("Код"), key="order 17")
        async with make_outbox() as other:
            assert put == await only(other)
            assert put == await other.get(put)
            assert put == await other.find("order 17")

    assert (sms("Код"), OutboxState.QUEUED, "order 17") == (put.message, put.state, put.key)
    assert put.created_at == put.not_before > 1.7e9


async def test_same_key_queues_nothing_more(outbox: BaseOutbox) -> None:
    """Whoever doesn't know whether the put happened does it again."""
    first = await outbox.put(sms(), key="a")
    second = await outbox.put(sms(), key="a")

    assert first == second
    assert 1 == (await outbox.counts())[OutboxState.QUEUED]


async def test_same_key_at_the_same_time_queues_one(outbox: BaseOutbox) -> None:
    """Also where all of them are in one transaction."""
    found = await asyncio.gather(*(outbox.put(sms(), key="a") for _ in range(10)))

    assert {found[0].id} == {entry.id for entry in found}


async def test_key_of_another_message_is_an_error(outbox: BaseOutbox) -> None:
    """Quietly dropping the second one would lose it; the first one stays."""
    await outbox.put(sms("one"), key="a")
    with pytest.raises(OutboxKeyError, match="'a' stands for another message"):
        await outbox.put(sms("two"), key="a")

    assert sms("one") == (await only(outbox)).message


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b"])
async def test_key_has_limits(outbox: BaseOutbox, key: str) -> None:
    """Both databases must keep it."""
    with pytest.raises(ConfigError, match="255"):
        await outbox.put(sms(), key=key)


async def test_without_a_key_each_is_its_own(outbox: BaseOutbox) -> None:
    """Two equal messages may both be meant."""
    await asyncio.gather(outbox.put(sms()), outbox.put(sms()))

    assert 2 == (await outbox.counts())[OutboxState.QUEUED]


async def test_closed_outbox_takes_nothing(make_outbox: Make) -> None:
    """It couldn't be on the disk."""
    outbox = make_outbox()
    with pytest.raises(ClientClosedError, match="async with"):
        await outbox.put(sms())
    async with outbox:
        pass
    with pytest.raises(ClientClosedError):
        await outbox.counts()


async def test_outbox_opens_once_at_a_time(make_outbox: Make) -> None:
    """And again when it was closed."""
    async with make_outbox() as outbox:
        await outbox.put(sms())
        with pytest.raises(OutboxError, match="open already"):
            await outbox.__aenter__()
    async with outbox:
        assert 1 == (await outbox.counts())[OutboxState.QUEUED]


# --- sending ---


async def test_queued_messages_are_sent_in_order(outbox: BaseOutbox) -> None:
    """And each is known by the gateway's id afterwards."""
    for number in range(20):
        await outbox.put(sms(f"message {number}"))
    async with Simulator(SOON) as gateway, SmscClient(gateway.url) as smsc:
        await outbox.run(smsc, stop_when_empty=True)
        arrived = gateway.messages

    entries = [entry async for entry in outbox.entries(OutboxState.ACCEPTED)]
    assert [f"message {number}" for number in range(20)] == [one.text for one in arrived]
    assert [one.message_ids for one in arrived] == [entry.message_ids for entry in entries]
    assert {1} == {entry.attempts for entry in entries}


async def test_parts_are_all_known(outbox: BaseOutbox) -> None:
    """Each part has an id of its own, and is paid by itself."""
    await outbox.put(sms("x" * 300))
    async with Simulator(SOON) as gateway, SmscClient(gateway.url) as smsc:
        await outbox.run(smsc, stop_when_empty=True)

    entry = await only(outbox)
    assert gateway.messages[0].message_ids == entry.message_ids
    assert 2 == len(entry.message_ids)


async def test_message_that_is_put_while_it_runs_is_sent(outbox: BaseOutbox) -> None:
    """A worker doesn't poll for what its own process puts."""
    async with Simulator(SOON) as gateway, SmscClient(gateway.url) as smsc:
        worker = asyncio.create_task(outbox.run(smsc))
        await asyncio.sleep(0.02)
        await outbox.put(sms())
        assert "Code: 4821" == (await gateway.wait_for_message(timeout=0.5)).text
        worker.cancel()
        await asyncio.wait([worker])

    assert worker.cancelled()
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_refused_message_keeps_the_reason(outbox: BaseOutbox) -> None:
    """It isn't tried again: the gateway would say the same."""
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
    """The gateway may have it; nobody sends it again by himself."""
    await outbox.put(sms())
    scenario = Scenario(silent=True, receipts=False)
    async with Simulator(scenario) as gateway, SmscClient(f"{gateway.url}?timeout=0.05") as smsc:
        await outbox.run(smsc, stop_when_empty=True)
        await outbox.run(smsc, stop_when_empty=True)
        assert 1 == len(gateway.messages)

    assert [OutboxState.UNKNOWN] == [entry.state async for entry in outbox.unknown()]


async def test_receipt_is_kept(outbox: BaseOutbox) -> None:
    """The final state of the whole message, whenever it comes."""
    await outbox.put(sms("x" * 300))
    scenario = Scenario(receipt_delay=0.05, state=MessageState.EXPIRED)
    async with Simulator(scenario) as gateway, SmscClient(gateway.url) as smsc:
        worker = asyncio.create_task(outbox.run(smsc))
        await gateway.wait_for_message()
        for _ in range(40):
            await asyncio.sleep(0.01)
            if (await only(outbox)).receipt is not None:
                break
        worker.cancel()
        await asyncio.wait([worker])

    assert MessageState.EXPIRED is (await only(outbox)).receipt


async def test_receipts_may_be_handed_over(outbox: BaseOutbox, tamed: TamedClient) -> None:
    """By whoever reads `smsc.receipts()` himself; of two parts it takes both."""
    await outbox.put(sms())
    tamed.answers = [Accepted(("a", "b"), (None, None))]
    await outbox.run(tamed.as_client, stop_when_empty=True, receipts=False)
    receipts = [Receipt(message_id=one, state=MessageState.DELIVERED) for one in "abc"]
    between = Receipt(message_id="a", state=MessageState.ENROUTE, is_intermediate=True)

    assert [False, True] == [await outbox.record(between), await outbox.record(receipts[0])]
    assert (await only(outbox)).receipt is None
    assert [True, False] == [await outbox.record(receipts[1]), await outbox.record(receipts[2])]
    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_two_workers_share_the_work(make_outbox: Make) -> None:
    """No entry goes to both, and none is left out."""
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


async def test_two_clients_may_share_one_outbox(outbox: BaseOutbox) -> None:
    """Also inside of one process."""
    await asyncio.gather(*(outbox.put(sms(f"m{number}")) for number in range(30)))
    async with (
        Simulator(SOON) as gateway,
        SmscClient(gateway.url) as one,
        SmscClient(gateway.url) as two,
    ):
        await asyncio.gather(*(outbox.run(smsc, stop_when_empty=True) for smsc in (one, two)))

    assert 30 == len({message.text for message in gateway.messages})
    assert 30 == (await outbox.counts())[OutboxState.ACCEPTED]


# --- the dead and the living ---


async def test_what_a_dead_worker_was_sending_is_unknown(make_outbox: Make) -> None:
    """It may have left; on restart a user is asked, and nothing is sent."""
    async with make_outbox() as dying:
        await asyncio.gather(*(dying.put(sms(f"m{number}")) for number in range(3)))
        await dying._ledger.claim(2)
        await die(dying)
        async with make_outbox() as restarted:
            states = [entry.state async for entry in restarted.entries()]
            reasons = [entry.reason async for entry in restarted.unknown()]

    assert [OutboxState.UNKNOWN, OutboxState.UNKNOWN, OutboxState.QUEUED] == states
    assert all("died" in reason for reason in reasons)


async def test_what_a_living_worker_is_sending_is_left_alone(make_outbox: Make) -> None:
    """However long it takes, and whoever opens the outbox meanwhile."""
    async with make_outbox() as living, make_outbox() as other:
        await living.put(sms())
        await living._ledger.claim(1)
        await other._ledger.bury_the_dead()
        await living._ledger.bury_the_dead()
        async with make_outbox() as third:
            assert OutboxState.SENDING is (await only(third)).state
            assert [] == await third._ledger.claim(1)


async def test_clean_end_leaves_nothing_behind(make_outbox: Make, tamed: TamedClient) -> None:
    """An owner that has left isn't looked for for ever."""
    async with make_outbox() as outbox:
        await outbox.put(sms())
        await outbox.run(tamed.as_client, stop_when_empty=True)
    async with make_outbox() as outbox:
        assert [] == await outbox._ledger.do(owners)


async def test_worker_that_was_taken_for_dead_tells_the_truth(
    make_outbox: Make, tamed: TamedClient
) -> None:
    """A machine that was cut off comes back and knows what became of it."""
    async with make_outbox() as cut_off, make_outbox() as other:
        await cut_off.put(sms())
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        tamed.answers = [answer]
        worker = asyncio.create_task(cut_off.run(tamed.as_client, stop_when_empty=True))
        await asyncio.wait_for(tamed.was_called.wait(), 1)
        await die(cut_off)
        await other._ledger.bury_the_dead()
        assert OutboxState.UNKNOWN is (await only(other)).state
        answer.set_result(Accepted(("17",)))
        await asyncio.wait([worker])
        entry = await only(other)

    assert (OutboxState.ACCEPTED, ("17",)) == (entry.state, entry.message_ids)


async def test_outcome_of_an_earlier_attempt_settles_nothing(outbox: BaseOutbox) -> None:
    """It is written down twice where a commit failed and happened all the same.

    Meanwhile the entry may be on its way once more, and would be sent a third time.
    """
    await outbox.put(sms())
    ((first, _),) = await outbox._ledger.claim(1)
    await outbox._ledger.settle(Settlement(claim=first, state=OutboxState.QUEUED))
    ((second, _),) = await outbox._ledger.claim(1)
    await outbox._ledger.settle(Settlement(claim=first, state=OutboxState.QUEUED))

    assert OutboxState.SENDING is (await only(outbox)).state
    await outbox._ledger.settle(Settlement(claim=second, state=OutboxState.ACCEPTED))
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_entry_that_is_not_due_is_not_taken(outbox: BaseOutbox) -> None:
    """A rule of the gateway said when: before that instant it would be refused or blocked."""
    await outbox.put(sms())
    ((taken, _),) = await outbox._ledger.claim(1)
    later = Settlement(claim=taken, state=OutboxState.QUEUED, after=3600.0)
    await outbox._ledger.settle(later)

    assert [] == await outbox._ledger.claim(1)
    due = await outbox._ledger.next_due()
    assert due is not None
    assert 3500.0 < due <= 3600.0


async def test_claim_that_nobody_knows_of_is_unknown(
    outbox: BaseOutbox, tamed: TamedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that failed may have happened; what it took must not be stuck for ever."""
    await outbox.put(sms())
    committer, transact = outbox._ledger._committer, outbox._ledger._store.transact
    failing = True

    async def fail_after(makes: Sequence[MakeOperation]) -> list[object]:
        """Claim, and not be able to say so."""
        results = await transact(makes)
        if failing and results and isinstance(results[0], list) and results[0]:
            raise OutboxError("the connection broke")
        return results

    monkeypatch.setattr(committer, "_transact", fail_after)
    with pytest.raises(OutboxError, match="broke"):
        await outbox.run(tamed.as_client)
    failing = False
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert [] == tamed.sent
    assert OutboxState.UNKNOWN is (await only(outbox)).state


# --- what users decide ---


async def test_unknown_message_is_sent_again_on_purpose_only(
    outbox: BaseOutbox, tamed: TamedClient
) -> None:
    """And then as any other."""
    entry = await unknown(outbox)
    await outbox.run(tamed.as_client, stop_when_empty=True)
    assert [] == tamed.sent

    assert OutboxState.QUEUED is (await outbox.resend(entry)).state
    await outbox.run(tamed.as_client, stop_when_empty=True)
    again = await only(outbox)
    assert (OutboxState.ACCEPTED, 2) == (again.state, again.attempts)


async def test_receipt_of_the_first_attempt_says_nothing_of_the_second(
    outbox: BaseOutbox, tamed: TamedClient
) -> None:
    """The part of the first one may never arrive; the second one is what the user waits for."""
    entry = await outbox.put(sms())
    lost = ResponseTimeoutError(sms(), timeout=1.0, message_ids=("first",))
    tamed.answers = [lost, Accepted(("second",))]
    await outbox.run(tamed.as_client, stop_when_empty=True, receipts=False)
    await outbox.resend(entry)
    await outbox.run(tamed.as_client, stop_when_empty=True, receipts=False)

    receipts = [
        Receipt(message_id=one, state=MessageState.DELIVERED) for one in ("first", "second")
    ]
    assert [False, True] == [await outbox.record(receipt) for receipt in receipts]
    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_unknown_message_may_be_given_up(outbox: BaseOutbox) -> None:
    """By its number as well as by its entry."""
    entry = await unknown(outbox)

    assert OutboxState.DISCARDED is (await outbox.discard(entry.id)).state


async def test_unknown_message_may_be_known_to_have_arrived(outbox: BaseOutbox) -> None:
    """The history of the account tells."""
    entry = await unknown(outbox)

    assert OutboxState.ACCEPTED is (await outbox.accept(entry)).state


async def test_only_a_fitting_state_may_be_left(outbox: BaseOutbox) -> None:
    """What is queued needs no resend, what is sent can't be discarded."""
    entry = await outbox.put(sms())
    with pytest.raises(OutboxStateError, match="QUEUED; only REFUSED or UNKNOWN or DISCARDED may"):
        await outbox.resend(entry)
    await outbox._ledger.claim(1)
    with pytest.raises(OutboxStateError, match="SENDING"):
        await outbox.discard(entry)
    with pytest.raises(OutboxStateError, match="no entry 4711"):
        await outbox.accept(4711)
    assert await outbox.get(4711) is None
    assert await outbox.find("nothing") is None


async def test_unsent_message_may_be_replaced(outbox: BaseOutbox, tamed: TamedClient) -> None:
    """Under its key; what may have been sent stays what it is."""
    entry = await outbox.put(sms("one"), key="a")
    await outbox.replace(entry, sms("two"))
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert [sms("two")] == tamed.sent
    with pytest.raises(OutboxStateError, match="ACCEPTED; only QUEUED or REFUSED may"):
        await outbox.replace(entry, sms("three"))
    assert sms("two") == (await only(outbox)).message


async def test_queued_message_may_be_taken_back(outbox: BaseOutbox, tamed: TamedClient) -> None:
    """As long as no worker has it."""
    await outbox.discard(await outbox.put(sms()))
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert [] == tamed.sent


async def test_old_finished_entries_are_purged(outbox: BaseOutbox, tamed: TamedClient) -> None:
    """And no others; their keys may be used again then."""
    await outbox.put(sms(), key="a")
    await outbox.run(tamed.as_client, stop_when_empty=True)
    await outbox.put(Ping(to="79991234567"))

    assert 0 == await outbox.purge(older_than=3600)
    assert 1 == await outbox.purge(older_than=-1)
    assert {OutboxState.QUEUED: 1} == {
        state: count for state, count in (await outbox.counts()).items() if count
    }
    await outbox.put(sms("another"), key="a")


async def test_entries_are_read_in_pages(
    outbox: BaseOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions don't fit into memory; and what the loop changes doesn't disturb it."""
    monkeypatch.setattr("smsc_async.outbox.queries.PAGE", 2)
    for number in range(5):
        await outbox.put(sms(f"m{number}"))
    seen = []
    async for entry in outbox.entries(OutboxState.QUEUED):
        seen.append(entry.id)
        await outbox.discard(entry)

    assert 5 == len(set(seen))
    assert 5 == await outbox.purge(older_than=-1)


async def test_what_a_newer_version_wrote_is_not_sent(
    outbox: BaseOutbox, tamed: TamedClient
) -> None:
    """It is refused, aloud, and may be sent again by one that can read it."""
    entry = await outbox.put(sms())
    await outbox._ledger.do(lambda: _spoil(entry.id))
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert [] == tamed.sent
    assert 1 == (await outbox.counts())[OutboxState.REFUSED]
    with pytest.raises(OutboxError, match="newer"):
        await outbox.get(entry)


def _spoil(number: int) -> Operation[None]:
    """Write a form that nobody knows yet."""
    yield Statement(
        "UPDATE smsc_outbox SET form = :form WHERE id = :id", {"id": number, "form": '{"v":9}'}
    )


async def test_repr_tells_no_secret(outbox: BaseOutbox) -> None:
    """A conninfo may hold a password, an entry a text."""
    entry = await outbox.put(sms())

    assert "Outbox" in repr(outbox)
    assert "port=" not in repr(outbox)
    assert "4821" not in repr(entry)


async def test_concurrency_is_at_least_one(outbox: BaseOutbox, tamed: TamedClient) -> None:
    """None at all would wait for ever."""
    with pytest.raises(ConfigError, match="concurrency"):
        await outbox.run(tamed.as_client, concurrency=0)

"""Whatever the client says, or doesn't get to say, ends in one outcome on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from outboxes import Accepted, TamedClient

from smsc_async import (
    ClientClosedError,
    CommandStatus,
    InvalidMessageError,
    LinkState,
    LocalProtocolError,
    MessageState,
    Outcome,
    PartsOverdueError,
    Receipt,
    RepeatedMessageError,
    ResponseTimeoutError,
    SendError,
    Sms,
    SmscConfig,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.outbox import Outbox, OutboxEntry, OutboxFullError, OutboxState
from smsc_async.outbox.queries import Claim
from smsc_async.outbox.sqlite import SqliteStore
from smsc_async.outbox.worker import settlement_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

MESSAGE = Sms(to="79991234567", text="Code: 4821")
THROTTLED = CommandStatus.ESME_RTHROTTLED
BALANCE = CommandStatus.ESME_RSUBMITFAIL


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncGenerator[Outbox]:
    """Give an outbox that holds one message."""
    async with Outbox(tmp_path / "outbox.db") as opened:
        await opened.put(MESSAGE)
        yield opened


async def only(outbox: Outbox) -> OutboxEntry:
    """Return the one entry there is."""
    (entry,) = [entry async for entry in outbox.entries()]
    return entry


async def stopped(worker: asyncio.Task[None]) -> None:
    """Cancel a worker and see it end."""
    worker.cancel()
    await asyncio.wait([worker])
    assert worker.cancelled()


@pytest.mark.parametrize(
    ("error", "state", "after"),
    [
        (ResponseTimeoutError(MESSAGE, timeout=1.0), OutboxState.UNKNOWN, 0),
        (SubmitInterruptedError(MESSAGE, outcome=Outcome.UNKNOWN), OutboxState.UNKNOWN, 0),
        (SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT), OutboxState.QUEUED, 1),
        (PartsOverdueError(MESSAGE, accepted=0, total=2), OutboxState.QUEUED, 1),
        (PartsOverdueError(MESSAGE, accepted=1, total=2), OutboxState.UNKNOWN, 0),
        (RepeatedMessageError(MESSAGE, retry_after=47.6), OutboxState.QUEUED, 47.6),
        (SubmitRefusedError(MESSAGE, command_status=BALANCE), OutboxState.REFUSED, 0),
        (
            ThrottledError(MESSAGE, command_status=THROTTLED, retry_after=2.0),
            OutboxState.QUEUED,
            2,
        ),
        (
            ThrottledError(MESSAGE, command_status=THROTTLED, retry_after=2.0, message_ids=("17",)),
            OutboxState.REFUSED,
            0,
        ),
        (
            SendError("odd", message=MESSAGE, outcome=Outcome.NOT_SENT, message_ids=("17",)),
            OutboxState.REFUSED,
            0,
        ),
    ],
)
def test_every_outcome_has_its_state(error: SendError, state: OutboxState, after: float) -> None:
    """What is paid in part isn't sent again by itself; what isn't paid at all is."""
    settled = settlement_of(Claim(id=1, owner=2, attempt=1), error)

    assert (state, after) == (settled.state, settled.after)
    assert error.message_ids == settled.message_ids
    assert "4821" not in settled.reason


def test_pauses_grow_up_to_a_limit() -> None:
    """A gateway that is down all night isn't asked every second."""
    error = SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT)
    pauses = [
        settlement_of(Claim(id=1, owner=2, attempt=attempt), error).after
        for attempt in (1, 2, 3, 7, 5000)
    ]

    assert [1, 2, 4, 60, 60] == pauses


async def test_held_message_waits_for_its_time(outbox: Outbox, tamed: TamedClient) -> None:
    """It goes back with the rule's own wait, and is sent after that."""
    tamed.answers = [RepeatedMessageError(MESSAGE, retry_after=0.1), Accepted()]
    worker = asyncio.create_task(outbox.run(tamed.as_client, stop_when_empty=True))
    await asyncio.wait_for(tamed.was_called.wait(), 1)
    await asyncio.sleep(0.02)
    held = await only(outbox)
    await worker

    assert OutboxState.QUEUED is held.state
    assert 0.09 < held.not_before - held.changed_at < 0.11
    assert "held" in held.reason
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_message_that_cannot_travel_is_refused(outbox: Outbox, tamed: TamedClient) -> None:
    """Some texts don't fit this bind; trying again wouldn't help."""
    tamed.answers = [InvalidMessageError("text", "x", "doesn't fit")]
    await outbox.run(tamed.as_client, stop_when_empty=True)
    entry = await only(outbox)

    assert (OutboxState.REFUSED, "text: doesn't fit") == (entry.state, entry.reason)


@pytest.mark.parametrize("error", [ClientClosedError(), LocalProtocolError("a receiver")])
async def test_client_that_cannot_send_ends_the_run(
    outbox: Outbox, tamed: TamedClient, error: Exception
) -> None:
    """The messages stay queued: none of them has left."""
    tamed.answers = [error]
    with pytest.raises(type(error)):
        await outbox.run(tamed.as_client)

    assert OutboxState.QUEUED is (await only(outbox)).state


async def test_fault_of_ours_leaves_an_unknown(outbox: Outbox, tamed: TamedClient) -> None:
    """Where it happened nobody knows, so neither whether the message left."""
    tamed.answers = [ZeroDivisionError("Code: 4821")]
    with pytest.raises(ZeroDivisionError):
        await outbox.run(tamed.as_client)
    entry = await only(outbox)

    assert OutboxState.UNKNOWN is entry.state
    assert "4821" not in entry.reason


async def test_nothing_is_claimed_without_a_link(outbox: Outbox, tamed: TamedClient) -> None:
    """What waits in the client would be UNKNOWN after a crash, though it never left."""
    tamed.state = LinkState.DOWN
    worker = asyncio.create_task(outbox.run(tamed.as_client, stop_when_empty=True))
    await asyncio.sleep(0.05)
    assert 0 == (await only(outbox)).attempts
    tamed.state = LinkState.BOUND
    await worker

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_empty_outbox_needs_no_link_to_end(outbox: Outbox, tamed: TamedClient) -> None:
    """There is nothing that it could be waited for with."""
    await outbox.run(tamed.as_client, stop_when_empty=True)
    tamed.state = LinkState.DOWN
    await asyncio.wait_for(outbox.run(tamed.as_client, stop_when_empty=True), 0.5)

    assert 1 == len(tamed.sent)


@pytest.mark.parametrize("state", [LinkState.FAILED, LinkState.CLOSED])
async def test_link_that_never_comes_ends_the_run(
    outbox: Outbox, tamed: TamedClient, state: LinkState
) -> None:
    """A wrong password doesn't become right by waiting."""
    tamed.state = state
    with pytest.raises(ClientClosedError, match="told so"):
        await outbox.run(tamed.as_client)


async def test_response_within_the_grace_counts(outbox: Outbox, tamed: TamedClient) -> None:
    """A polite end doesn't make what is under way unknown."""
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    tamed.answers = [answer]
    worker = asyncio.create_task(outbox.run(tamed.as_client))
    await asyncio.wait_for(tamed.was_called.wait(), 1)
    asyncio.get_running_loop().call_later(0.05, answer.set_result, Accepted())
    await stopped(worker)

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_missing_response_is_unknown_after_the_grace(
    outbox: Outbox, tamed: TamedClient
) -> None:
    """It was cancelled, and may have left all the same."""
    tamed.answers = [asyncio.get_running_loop().create_future()]
    worker = asyncio.create_task(outbox.run(tamed.as_client, grace=0.02))
    await asyncio.wait_for(tamed.was_called.wait(), 1)
    await stopped(worker)

    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_second_cancel_waits_no_longer(outbox: Outbox, tamed: TamedClient) -> None:
    """Somebody is in a hurry; what became of it is written down even so."""
    tamed.answers = [asyncio.get_running_loop().create_future()]
    worker = asyncio.create_task(outbox.run(tamed.as_client, grace=60))
    await asyncio.wait_for(tamed.was_called.wait(), 1)
    worker.cancel()
    await asyncio.sleep(0.02)
    assert not worker.done()
    await stopped(worker)

    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_cancel_scope_of_anyio_has_its_grace_too(outbox: Outbox, tamed: TamedClient) -> None:
    """Such a scope cancels again and again, which must not count as a hurry."""
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    tamed.answers = [answer]
    asyncio.get_running_loop().call_later(0.1, answer.set_result, Accepted())
    with anyio.move_on_after(0.05) as scope:
        await outbox.run(tamed.as_client)

    assert scope.cancelled_caught
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_what_is_claimed_when_it_ends_goes_back(
    outbox: Outbox, tamed: TamedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hasn't been given to the client, so it hasn't left."""
    claim = outbox._ledger.claim

    async def claim_and_cancel(limit: int) -> Any:  # noqa: ANN401 - what `claim` returns
        """Be cancelled in the middle of a claim."""
        claimed = await claim(limit)
        worker.cancel()
        await asyncio.sleep(0.01)
        return claimed

    monkeypatch.setattr(outbox._ledger, "claim", claim_and_cancel)
    worker = asyncio.create_task(outbox.run(tamed.as_client))
    await asyncio.wait([worker])

    assert worker.cancelled()
    assert [] == tamed.sent
    assert OutboxState.QUEUED is (await only(outbox)).state


async def test_no_more_than_asked_for_are_under_way(outbox: Outbox, tamed: TamedClient) -> None:
    """So many at most are UNKNOWN after a crash."""
    for _ in range(5):
        await outbox.put(MESSAGE)
    answers: list[asyncio.Future[Accepted]] = []

    def answer(_: object) -> asyncio.Future[Accepted]:
        """Answer later."""
        answers.append(asyncio.get_running_loop().create_future())
        return answers[-1]

    tamed.answers = [answer]
    worker = asyncio.create_task(outbox.run(tamed.as_client, concurrency=2, stop_when_empty=True))
    while not worker.done():
        await asyncio.sleep(0.01)
        assert 2 >= (await outbox.counts())[OutboxState.SENDING]
        for future in answers:
            if not future.done():
                future.set_result(Accepted())

    assert 6 == (await outbox.counts())[OutboxState.ACCEPTED]


async def test_one_that_ends_makes_room_for_one(outbox: Outbox, tamed: TamedClient) -> None:
    """While a slow one is under way, quick ones come and go beside it, one by one."""
    for _ in range(5):
        await outbox.put(MESSAGE)
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[Accepted]] = []
    under_way: list[int] = []

    def answer(_: object) -> asyncio.Future[Accepted]:
        """Answer every second one at once, the others later."""
        future = loop.create_future()
        loop.call_later(0.02 * (len(answers) % 2), future.set_result, Accepted())
        answers.append(future)
        under_way.append(sum(not one.done() for one in answers))
        return future

    tamed.answers = [answer]
    await outbox.run(tamed.as_client, concurrency=2, stop_when_empty=True)

    assert (6, 2) == (len(answers), max(under_way))


async def test_receipt_before_its_acceptance_is_kept(outbox: Outbox, tamed: TamedClient) -> None:
    """It may overtake what is written down of its own message."""
    tamed.receipts_to_come = [Receipt(message_id="17", state=MessageState.DELIVERED)]
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    tamed.answers = [answer]
    asyncio.get_running_loop().call_later(0.05, answer.set_result, Accepted(("17",)))
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert MessageState.DELIVERED is (await only(outbox)).receipt


@pytest.mark.parametrize(
    ("spelling", "response", "receipt"),
    [("response_hex", "D0DAD", "855469"), ("receipt_hex", "855469", "D0DAD")],
)
async def test_receipt_is_found_in_either_spelling(
    outbox: Outbox, tamed: TamedClient, spelling: str, response: str, receipt: str
) -> None:
    """Some SMSCs answer in hexadecimal and report in decimal, or the other way round."""
    tamed.config = SmscConfig.from_url(f"sim://?message_ids={spelling}")
    tamed.receipts_to_come = [Receipt(message_id=receipt, state=MessageState.DELIVERED)]
    tamed.answers = [Accepted((response, "no number"), (None, None))]
    await outbox.run(tamed.as_client, stop_when_empty=True)
    await outbox.record(Receipt(message_id="no number", state=MessageState.DELIVERED))
    entry = await only(outbox)

    assert (response, "no number") == entry.message_ids
    assert MessageState.DELIVERED is entry.receipt


async def test_receipt_in_the_submission_is_kept(outbox: Outbox, tamed: TamedClient) -> None:
    """One that overtook its response is there and goes to no reader."""
    receipt = Receipt(message_id="D", state=MessageState.EXPIRED)
    tamed.answers = [Accepted(("17",), (receipt,))]
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert MessageState.EXPIRED is (await only(outbox)).receipt


async def test_receipts_are_written_down_a_few_at_a_time(
    outbox: Outbox, tamed: TamedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk is busy the others wait in the client, and the gateway with them."""
    monkeypatch.setattr("smsc_async.outbox.worker.MOST_RECEIPTS", 1)
    ids = tuple("abcdef")
    tamed.receipts_to_come = [Receipt(message_id=one, state=MessageState.DELIVERED) for one in ids]
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    tamed.answers = [answer]
    asyncio.get_running_loop().call_later(0.1, answer.set_result, Accepted(ids, (None,) * 6))
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_receipts_that_cannot_be_read_stop_nothing(
    outbox: Outbox, tamed: TamedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sending is what it is for; a client that is being left says so to `send` as well."""

    async def closed() -> AsyncGenerator[Receipt]:
        """Be closed."""
        for receipt in tamed.receipts_to_come:
            yield receipt
        raise ClientClosedError

    monkeypatch.setattr(tamed, "receipts", closed)
    await outbox.run(tamed.as_client, stop_when_empty=True)

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_receipt_that_cannot_be_written_ends_the_run(
    outbox: Outbox, tamed: TamedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full is said, whatever met it first."""

    async def full(_message_id: str, _state: int) -> bool:
        """Have no room."""
        raise OutboxFullError("no room")

    tamed.receipts_to_come = [Receipt(message_id="17", state=MessageState.DELIVERED)]
    monkeypatch.setattr(outbox._ledger, "record", full)
    with pytest.raises(OutboxFullError, match="no room"):
        await outbox.run(tamed.as_client)


async def test_early_receipts_are_forgotten_at_last(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receipts of other programs would fill the memory."""
    monkeypatch.setattr("smsc_async.outbox.ledger.KEPT_EARLY", 2)
    for number in range(5):
        await outbox.record(Receipt(message_id=str(number), state=MessageState.DELIVERED))

    assert ["3", "4"] == list(outbox._ledger._early)


async def test_full_disk_loses_no_outcome(
    outbox: Outbox, tamed: TamedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is remembered, and written down as soon as there is room again."""
    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    real = store._transact
    is_full = False

    def transact(makes: Any) -> list[Any]:  # noqa: ANN401 - as the real one
        """Be out of room, as SQLite says it."""
        if is_full:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return real(makes)

    monkeypatch.setattr(store, "_transact", transact)

    def accept(_: object) -> Accepted:
        """Accept it, when the disk has become full."""
        nonlocal is_full
        is_full = True
        return Accepted(("17",))

    tamed.answers = [accept]
    with pytest.raises(OutboxFullError, match="make room"):
        await outbox.run(tamed.as_client, stop_when_empty=True)
    is_full = False
    assert OutboxState.SENDING is (await only(outbox)).state
    await outbox.run(tamed.as_client, stop_when_empty=True)

    entry = await only(outbox)
    assert (OutboxState.ACCEPTED, ("17",)) == (entry.state, entry.message_ids)
    assert 1 == len(tamed.sent)

"""The worker: each attempt ends in one stored outcome."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from idle_clock import pass_time
from outboxes import Accepted, ScriptedClient, turn_loop

from smsc_async import (
    GENERIC,
    ClientClosedError,
    CommandStatus,
    HeldByRuleError,
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
from smsc_async.outbox.attempt import Attempt, settlement_of
from smsc_async.outbox.schema import Operation, Statement
from smsc_async.outbox.sqlite import SqliteStore
from smsc_async.outbox.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
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
    """Return the only entry."""
    (entry,) = [entry async for entry in outbox.entries()]
    return entry


async def stopped(worker: asyncio.Task[None]) -> None:
    """Cancel a worker and wait for its end."""
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
        (HeldByRuleError(MESSAGE, retry_after=36_000.0), OutboxState.QUEUED, 36_000.0),
        (HeldByRuleError(MESSAGE, retry_after=float("inf")), OutboxState.QUEUED, 86_400.0),
        (
            SendError("a check failed", message=MESSAGE, outcome=Outcome.NOT_SENT),
            OutboxState.QUEUED,
            1,
        ),
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
    """A message of which nothing is charged is retried; one that is charged in part isn't."""
    settled = settlement_of(Attempt(entry_id=1, owner=2, number=1), error)

    assert (state, after) == (settled.state, settled.after)
    assert error.message_ids == settled.message_ids
    assert "4821" not in settled.reason


def test_pauses_grow_up_to_a_limit() -> None:
    """A gateway that is down for hours isn't called every second."""
    error = SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT)
    pauses = [
        settlement_of(Attempt(entry_id=1, owner=2, number=9, retries=retries), error).after
        for retries in (0, 1, 2, 6, 5000)
    ]

    assert [1, 2, 4, 60, 60] == pauses


async def test_pause_grows_with_each_failure_and_with_nothing_else(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """A message that was held for a night, or given back at stops, has not failed."""
    lost = SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT)
    held = HeldByRuleError(MESSAGE, retry_after=0.1)
    client.answers = [held, lost, held, held, lost, held, lost, Accepted()]
    worker = asyncio.create_task(outbox.run(client.as_client, stop_when_empty=True))
    pauses = []
    while not worker.done():
        waiting = await only(outbox)
        if waiting.not_before > waiting.changed_at and OutboxState.QUEUED is waiting.state:
            pauses.append(round(waiting.not_before - waiting.changed_at, 3))
            await outbox._ledger.run(an_hour_later)
            pass_time(1.0)
        await asyncio.sleep(0)
    await worker

    assert [0.1, 1.0, 0.1, 0.1, 2.0, 0.1, 4.0] == pauses


@pytest.mark.parametrize(
    ("asked", "after"),
    [(1e-9, 0.1), (0.0, 0.1), (0.25, 0.25), (1e300, 86_400.0), (float("inf"), 86_400.0)],
)
def test_held_message_is_tried_again_neither_at_once_nor_never(asked: float, after: float) -> None:
    """A check may ask for any time; each try is two commits."""
    error = HeldByRuleError(MESSAGE, retry_after=asked)

    assert after == settlement_of(Attempt(entry_id=1, owner=2, number=1), error).after


async def test_held_message_waits_for_its_time(outbox: Outbox, client: ScriptedClient) -> None:
    """It goes back with the rule's own wait, by the database's clock, and is sent after that."""
    client.answers = [RepeatedMessageError(MESSAGE, retry_after=3600.0), Accepted()]
    worker = asyncio.create_task(outbox.run(client.as_client, stop_when_empty=True))
    await asyncio.wait_for(client.was_called.wait(), 60)
    while (held := await only(outbox)).state is OutboxState.SENDING:
        pass

    assert OutboxState.QUEUED is held.state
    assert 3600.0 == pytest.approx(held.not_before - held.changed_at)
    assert "held" in held.reason
    assert [] == await outbox._ledger.claim_due(1)
    assert OutboxState.QUEUED is (await only(outbox)).state  # the worker hasn't claimed it, either
    await outbox._ledger.run(an_hour_later)
    pass_time(3600.0)
    await worker
    assert OutboxState.ACCEPTED is (await only(outbox)).state


def an_hour_later() -> Operation[None]:
    """Let an hour pass for queued entries."""
    yield Statement("UPDATE smsc_outbox SET not_before = not_before - 3600")


async def test_message_that_does_not_fit_the_bind_is_refused(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """The client refuses it each time, so it isn't retried."""
    client.answers = [InvalidMessageError("text", "x", "doesn't fit")]
    await outbox.run(client.as_client, stop_when_empty=True)
    entry = await only(outbox)

    assert (OutboxState.REFUSED, "text: doesn't fit") == (entry.state, entry.reason)


@pytest.mark.parametrize("error", [ClientClosedError(), LocalProtocolError("a receiver")])
async def test_client_that_cannot_send_ends_the_run(
    outbox: Outbox, client: ScriptedClient, error: Exception
) -> None:
    """The entries stay queued: none of them was sent."""
    client.answers = [error]
    with pytest.raises(type(error)):
        await outbox.run(client.as_client)

    assert OutboxState.QUEUED is (await only(outbox)).state


async def test_unexpected_error_leaves_an_unknown_entry(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """It may have been raised after the message was sent."""
    client.answers = [ZeroDivisionError("Code: 4821")]
    with pytest.raises(ZeroDivisionError):
        await outbox.run(client.as_client)
    entry = await only(outbox)

    assert OutboxState.UNKNOWN is entry.state
    assert "4821" not in entry.reason


async def test_nothing_is_claimed_without_a_link(outbox: Outbox, client: ScriptedClient) -> None:
    """Entries that wait in the client would be UNKNOWN after a crash, although unsent."""
    client.state = LinkState.DOWN
    worker = asyncio.create_task(outbox.run(client.as_client, stop_when_empty=True))
    while client.health_reads < 3 and not worker.done():
        pass_time(0.1)
        await outbox.counts()
    assert 0 == (await only(outbox)).attempts
    client.state = LinkState.BOUND
    await worker

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_run_until_empty_waits_for_what_may_come_back(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """What is in flight isn't sent yet: the gateway may throttle it, and it is queued again."""
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    client.answers = [answer, Accepted()]
    worker = asyncio.create_task(outbox.run(client.as_client, stop_when_empty=True))
    await client.was_called.wait()
    for _ in range(50):
        await outbox.counts()  # by then it has looked for more and found nothing
    answer.set_exception(ThrottledError(MESSAGE, command_status=THROTTLED, retry_after=0.01))
    await worker

    assert 2 == len(client.sent)
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_claimed_entries_are_given_back_when_the_link_is_down_for_long(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """Another worker may have a link."""
    client.state = LinkState.DOWN
    client.config = SmscConfig.from_url("sim://?link_timeout=5")
    worker = asyncio.create_task(outbox.run(client.as_client))
    while client.health_reads < 2:
        await outbox.counts()
    assert [] == client.given_back
    pass_time(6.0)
    while not client.given_back:
        await outbox.counts()
    await stopped(worker)

    assert "no link for 5.0 s" == client.given_back[0]


async def test_worker_without_room_notices_that_the_link_is_down(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """No message ends while all of them wait for a link, so it looks by itself."""
    client.answers = [asyncio.get_running_loop().create_future()]
    worker = asyncio.create_task(outbox.run(client.as_client, concurrency=1, grace=0.0))
    await asyncio.wait_for(client.was_called.wait(), 60)
    client.state = LinkState.DOWN
    for _ in range(200):
        pass_time(1.0)
        await outbox.counts()
        if client.given_back:
            break
    await stopped(worker)

    assert client.given_back


async def test_empty_outbox_needs_no_link_to_end(outbox: Outbox, client: ScriptedClient) -> None:
    """Without entries there is nothing to wait for."""
    await outbox.run(client.as_client, stop_when_empty=True)
    client.state = LinkState.DOWN
    await asyncio.wait_for(outbox.run(client.as_client, stop_when_empty=True), 60)

    assert 1 == len(client.sent)


@pytest.mark.parametrize("state", [LinkState.FAILED, LinkState.CLOSED])
async def test_link_that_never_comes_ends_the_run(
    outbox: Outbox, client: ScriptedClient, state: LinkState
) -> None:
    """A wrong password doesn't become right by waiting."""
    client.state = state
    with pytest.raises(ClientClosedError, match="login refused"):
        await outbox.run(client.as_client)


async def test_response_within_the_grace_counts(outbox: Outbox, client: ScriptedClient) -> None:
    """A stop must not make the messages in flight UNKNOWN."""
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
    client.answers = [answer]
    worker = asyncio.create_task(outbox.run(client.as_client))
    await asyncio.wait_for(client.was_called.wait(), 60)
    worker.cancel()
    await turn_loop()
    answer.set_result(Accepted())
    await stopped(worker)

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_missing_response_is_unknown_after_the_grace(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """The send is cancelled, and the message may have been sent."""
    client.answers = [asyncio.get_running_loop().create_future()]
    worker = asyncio.create_task(outbox.run(client.as_client, grace=0.02))
    await asyncio.wait_for(client.was_called.wait(), 60)
    await stopped(worker)

    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_second_cancel_ends_the_grace(outbox: Outbox, client: ScriptedClient) -> None:
    """The run ends at once, and the outcome is stored nevertheless."""
    client.answers = [asyncio.get_running_loop().create_future()]
    worker = asyncio.create_task(outbox.run(client.as_client, grace=60))
    await asyncio.wait_for(client.was_called.wait(), 60)
    worker.cancel()
    for _ in range(3):
        await outbox.counts()
    assert not worker.done()
    await stopped(worker)

    assert OutboxState.UNKNOWN is (await only(outbox)).state


async def test_cancel_scope_of_anyio_leaves_the_grace(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """Such a scope cancels again and again, which must not count as a second cancel."""
    answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()

    def cancel_then_answer(_: object) -> asyncio.Future[Accepted]:
        """Let the scope cancel soon, and respond after that."""
        scope.deadline = anyio.current_time() + 0.05
        asyncio.get_running_loop().call_later(0.1, answer.set_result, Accepted())
        return answer

    client.answers = [cancel_then_answer]
    with anyio.CancelScope() as scope:
        await outbox.run(client.as_client)

    assert scope.cancelled_caught
    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_entries_claimed_during_a_cancel_are_queued_again(
    outbox: Outbox, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client hasn't got them, so they weren't sent."""
    claim = outbox._ledger.claim_due

    async def claim_and_cancel(limit: int, key: Any) -> Any:  # noqa: ANN401 - what `claim` takes and returns
        """Claim, and be cancelled before it returns."""
        claimed = await claim(limit, key)
        worker.cancel()
        await turn_loop()
        return claimed

    monkeypatch.setattr(outbox._ledger, "claim_due", claim_and_cancel)
    worker = asyncio.create_task(outbox.run(client.as_client))
    await asyncio.wait([worker])

    assert worker.cancelled()
    assert [] == client.sent
    assert OutboxState.QUEUED is (await only(outbox)).state


async def test_concurrency_limits_the_messages_in_flight(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """It is the number of entries that a crash can make UNKNOWN."""
    for _ in range(5):
        await outbox.put(MESSAGE)
    answers: list[asyncio.Future[Accepted]] = []

    def answer(_: object) -> asyncio.Future[Accepted]:
        """Respond later."""
        answers.append(asyncio.get_running_loop().create_future())
        return answers[-1]

    client.answers = [answer]
    worker = asyncio.create_task(outbox.run(client.as_client, concurrency=2, stop_when_empty=True))
    while not worker.done():
        assert 2 >= (await outbox.counts())[OutboxState.SENDING]
        for future in answers:
            if not future.done():
                future.set_result(Accepted())

    assert 6 == (await outbox.counts())[OutboxState.ACCEPTED]


async def test_message_that_ends_makes_room_for_one(outbox: Outbox, client: ScriptedClient) -> None:
    """While a slow one is in flight, quick ones come and go beside it, one by one."""
    for _ in range(5):
        await outbox.put(MESSAGE)
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[Accepted]] = []
    in_flight: list[int] = []

    def answer(_: object) -> asyncio.Future[Accepted]:
        """Respond to every second one at once, to the others later."""
        future = loop.create_future()
        loop.call_later(0.02 * (len(answers) % 2), future.set_result, Accepted())
        answers.append(future)
        in_flight.append(sum(not one.done() for one in answers))
        return future

    client.answers = [answer]
    await outbox.run(client.as_client, concurrency=2, stop_when_empty=True)

    assert (6, 2) == (len(answers), max(in_flight))


async def test_receipt_before_the_outcome_is_stored(outbox: Outbox, client: ScriptedClient) -> None:
    """It may overtake the outcome of its own message."""
    client.receipts_to_come = [Receipt(message_id="17", state=MessageState.DELIVERED)]
    client.answers = [asyncio.create_task(client.accept_after_receipts(Accepted(("17",))))]
    await outbox.run(client.as_client, stop_when_empty=True)

    assert MessageState.DELIVERED is (await only(outbox)).receipt


@pytest.mark.parametrize(
    ("spelling", "response", "receipt"),
    [("response_hex", "D0DAD", "855469"), ("receipt_hex", "855469", "D0DAD")],
)
async def test_receipt_is_matched_in_either_spelling(
    outbox: Outbox, client: ScriptedClient, spelling: str, response: str, receipt: str
) -> None:
    """Some SMSCs respond in hexadecimal and report in decimal, or the other way round."""
    client.config = SmscConfig.from_url(f"sim://?message_ids={spelling}")
    client.receipts_to_come = [Receipt(message_id=receipt, state=MessageState.DELIVERED)]
    client.answers = [Accepted((response, "no number"), (None, None))]
    await outbox.run(client.as_client, stop_when_empty=True)
    await outbox.record(Receipt(message_id="no number", state=MessageState.DELIVERED))
    entry = await only(outbox)

    assert (response, "no number") == entry.message_ids
    assert MessageState.DELIVERED is entry.receipt


async def test_receipt_is_matched_as_the_dialect_of_the_client_compares_ids(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """As the client itself; the ids that users see stay as they were written."""
    client.dialect = replace(GENERIC, normalize_id=lambda message_id: message_id.lower().zfill(10))
    client.receipts_to_come = [Receipt(message_id="00000000AB", state=MessageState.DELIVERED)]
    client.answers = [Accepted(("ab",), (None,))]
    await outbox.run(client.as_client, stop_when_empty=True)
    entry = await only(outbox)

    assert ("ab",) == entry.message_ids
    assert MessageState.DELIVERED is entry.receipt


async def test_recorded_receipt_is_compared_as_the_client_does(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """Other code may read the receipts; the ids are those of the same SMSC."""
    client.dialect = replace(GENERIC, normalize_id=str.lower)
    client.answers = [Accepted(("ab",), (None,))]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)

    assert await outbox.record(Receipt(message_id="AB", state=MessageState.DELIVERED))
    assert MessageState.DELIVERED is (await only(outbox)).receipt


@pytest.mark.parametrize(
    "error",
    [
        SubmitRefusedError(MESSAGE, command_status=BALANCE, message_ids=("ab",)),
        ResponseTimeoutError(MESSAGE, timeout=1.0, message_ids=("ab",)),
        ThrottledError(MESSAGE, command_status=THROTTLED, retry_after=1.0, message_ids=("ab",)),
        PartsOverdueError(MESSAGE, accepted=1, total=2),
    ],
)
@pytest.mark.parametrize(
    ("query", "normalize_id", "receipt"),
    [("", str.upper, "AB"), ("?message_ids=response_hex", GENERIC.normalize_id, "171")],
)
async def test_receipt_of_a_message_accepted_in_part_is_matched(  # noqa: PLR0917 - cases and fixtures
    outbox: Outbox,
    client: ScriptedClient,
    error: SendError,
    query: str,
    normalize_id: Callable[[str], str],
    receipt: str,
) -> None:
    """Whatever became of its other parts: ids are compared as those of a whole message."""
    error.message_ids = ("ab",)
    client.config = SmscConfig.from_url(f"sim://{query}")
    client.dialect = replace(GENERIC, normalize_id=normalize_id)
    client.answers = [error]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)

    assert await outbox.record(Receipt(message_id=receipt, state=MessageState.DELIVERED))
    assert (("ab",), MessageState.DELIVERED) == (
        (await only(outbox)).message_ids,
        (await only(outbox)).receipt,
    )


async def test_receipt_of_an_earlier_attempt_is_matched_after_a_resend(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """The parts of both attempts are expected, in comparable form."""
    client.dialect = replace(GENERIC, normalize_id=str.upper)
    client.answers = [
        ResponseTimeoutError(MESSAGE, timeout=1.0, message_ids=("ab",)),
        ResponseTimeoutError(MESSAGE, timeout=1.0, message_ids=("cd",)),
    ]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)
    await outbox.resend(await only(outbox))
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)

    assert ("ab", "cd") == (await only(outbox)).message_ids
    assert await outbox.record(Receipt(message_id="AB", state=MessageState.DELIVERED))
    assert await outbox.record(Receipt(message_id="Cd", state=MessageState.DELIVERED))
    assert MessageState.DELIVERED is (await only(outbox)).receipt


@pytest.mark.parametrize("state", [None, MessageState.ENROUTE, MessageState.SCHEDULED])
async def test_receipt_without_a_final_state_is_not_recorded(
    outbox: Outbox, client: ScriptedClient, state: MessageState | None
) -> None:
    """Without a state the dialect couldn't read it: what it says may be wrong."""
    receipt = Receipt(message_id="17", state=state, raw="id:17 stat:DELIVRD")
    client.receipts_to_come = [receipt]
    client.answers = [
        asyncio.create_task(client.accept_after_receipts(Accepted(("17",), (receipt,))))
    ]
    await outbox.run(client.as_client, stop_when_empty=True)

    assert not await outbox.record(receipt)
    assert (OutboxState.ACCEPTED, None) == (
        (await only(outbox)).state,
        (await only(outbox)).receipt,
    )


async def test_dialect_that_fails_ends_no_worker(outbox: Outbox, client: ScriptedClient) -> None:
    """Ids are compared as they are then."""
    client.dialect = replace(GENERIC, normalize_id=lambda message_id: str(int(message_id)))
    client.receipts_to_come = [Receipt(message_id="x-1", state=MessageState.DELIVERED)]
    client.answers = [Accepted(("x-1",), (None,))]
    await outbox.run(client.as_client, stop_when_empty=True)

    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_receipt_in_the_submission_is_stored(outbox: Outbox, client: ScriptedClient) -> None:
    """A receipt that overtook its response is there and isn't in `receipts()`."""
    receipt = Receipt(message_id="D", state=MessageState.EXPIRED)
    client.answers = [Accepted(("17",), (receipt,))]
    await outbox.run(client.as_client, stop_when_empty=True)

    assert MessageState.EXPIRED is (await only(outbox)).receipt


async def test_receipts_being_stored_are_limited(
    outbox: Outbox, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back-pressure: with a slow disk the others wait in the client, and the gateway waits."""
    monkeypatch.setattr("smsc_async.outbox.worker.MAX_RECORDINGS", 1)
    ids = tuple("abcdef")
    client.receipts_to_come = [Receipt(message_id=one, state=MessageState.DELIVERED) for one in ids]
    client.answers = [asyncio.create_task(client.accept_after_receipts(Accepted(ids, (None,) * 6)))]
    await outbox.run(client.as_client, stop_when_empty=True)

    assert MessageState.DELIVERED is (await only(outbox)).receipt


async def test_receipts_that_cannot_be_read_do_not_end_the_run(
    outbox: Outbox, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed client raises in `send` too, which ends the run."""

    async def closed() -> AsyncGenerator[Receipt]:
        """Raise what a closed client raises."""
        for receipt in client.receipts_to_come:
            yield receipt
        raise ClientClosedError

    monkeypatch.setattr(client, "receipts", closed)
    await outbox.run(client.as_client, stop_when_empty=True)

    assert OutboxState.ACCEPTED is (await only(outbox)).state


async def test_receipt_that_cannot_be_stored_ends_the_run(
    outbox: Outbox, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is an error, whatever is stored first."""

    async def full(_message_id: str, _state: int) -> bool:
        """Fail as a full disk does."""
        raise OutboxFullError("no room")

    client.receipts_to_come = [Receipt(message_id="17", state=MessageState.DELIVERED)]
    monkeypatch.setattr(outbox._ledger, "record", full)
    with pytest.raises(OutboxFullError, match="no room"):
        await outbox.run(client.as_client)


async def test_full_disk_loses_no_outcome(
    outbox: Outbox, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome is kept in memory and stored when there is room again."""
    store = outbox._ledger._store
    assert isinstance(store, SqliteStore)
    real = store._transact
    is_full = False

    def transact(makes: Any) -> list[Any]:  # noqa: ANN401 - as the real one
        """Fail as SQLite does on a full disk."""
        if is_full:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return real(makes)

    monkeypatch.setattr(store, "_transact", transact)

    def accept(_: object) -> Accepted:
        """Accept the message and fill the disk."""
        nonlocal is_full
        is_full = True
        return Accepted(("17",))

    client.answers = [accept]
    with pytest.raises(OutboxFullError, match="make room"):
        await outbox.run(client.as_client, stop_when_empty=True)
    is_full = False
    assert OutboxState.SENDING is (await only(outbox)).state
    await outbox.run(client.as_client, stop_when_empty=True)

    entry = await only(outbox)
    assert (OutboxState.ACCEPTED, ("17",)) == (entry.state, entry.message_ids)
    assert 1 == len(client.sent)


def test_repr_has_the_numbers_of_a_debugger(outbox: Outbox, client: ScriptedClient) -> None:
    """How many messages are in flight is the first question about a worker that seems stuck."""
    worker = Worker(
        outbox._ledger,
        client.as_client,
        concurrency=2,
        stop_when_empty=False,
        grace=0.0,
        receipts=False,
        patience=0.0,
    )

    assert "<Worker running, 0 of 2 in flight>" == repr(worker)


async def test_entry_without_a_requested_receipt_expects_none(
    outbox: Outbox, client: ScriptedClient
) -> None:
    """It ends as ACCEPTED; a message that gets its id later is another one."""
    await outbox.discard(await only(outbox))
    entry = await outbox.put(replace(MESSAGE, registered_delivery=False))
    client.answers = [Accepted(("17", "18"))]
    await outbox.run(client.as_client, stop_when_empty=True, receipts=False)

    assert not await outbox.record(Receipt(message_id="17", state=MessageState.DELIVERED))
    stored = await outbox.get(entry)
    assert stored is not None
    assert (OutboxState.ACCEPTED, None) == (stored.state, stored.receipt)

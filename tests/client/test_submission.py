"""A submission and its job: state, receipts, and the wait for the final one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from weakref import ref

import pytest
from idle_clock import pass_time
from scripted import RecordingTraffic, parts_of, receipt_fields, turns

from pdu import DeliverSm, MessageState, SubmitSmResp
from smsc_async import (
    ClientClosedError,
    ConfigError,
    HlrQuery,
    HlrReceipt,
    Message,
    NoReceiptError,
    Receipt,
    ReceiptTimeoutError,
    Sms,
    Submission,
)
from smsc_async.client.submission import MessageJob
from smsc_async.gateway.receipts import read_receipt

SMS = Sms(to="79991234567", text="a secret of ours")


def accepted(*message_ids: str, message: Message[Any] = SMS) -> MessageJob[Any]:
    """Make a message whose parts are accepted under these ids."""
    job = MessageJob[Any](message, parts_of(len(message_ids)), None, RecordingTraffic())
    for index, message_id in enumerate(message_ids):
        job.next_part(0.0)
        job.on_response(index, SubmitSmResp(message_id=message_id))
    return job


def add(job: MessageJob[Any], index: int, receipt: Receipt, *, is_read: bool = True) -> None:
    """Give a receipt to a part."""
    job.add_receipt(index, receipt, is_final=receipt.is_final, is_read=is_read)


def receipt(message_id: str, state: str = "DELIVRD") -> Receipt:
    """Make a receipt as the gateway writes it."""
    return read_receipt(DeliverSm(**receipt_fields(message_id, state)))


def test_submission_shows_message_ids_and_parts() -> None:
    """Of several ids the first one is the message's."""
    sent = Submission(accepted("a", "b"))

    assert SMS is sent.message
    assert ("a", ("a", "b"), 2) == (sent.message_id, sent.message_ids, sent.parts)
    assert (None, None) == sent.receipts
    assert MessageState.ENROUTE is sent.state


def test_submission_accepted_without_an_id_has_an_empty_one() -> None:
    """A gateway may leave it out; it is a string nevertheless."""
    assert "" == Submission(accepted("")).message_id


def test_submission_can_be_referenced_weakly() -> None:
    """Users keep their own data beside it in a WeakKeyDictionary."""
    sent = Submission(accepted("1"))

    assert sent is ref(sent)()


def test_late_receipt_does_not_replace_a_final_one() -> None:
    """An ENROUTE that was overtaken by DELIVRD."""
    job = accepted("1", "2")
    add(job, 0, receipt("1"))
    add(job, 0, receipt("1", "ENROUTE"))
    add(job, 1, receipt("2"))

    assert MessageState.DELIVERED is Submission(job).state
    assert [True, True] == [each is not None and each.is_final for each in job.receipts]


def test_late_receipt_does_not_replace_a_final_one_of_a_single_part() -> None:
    """The same, and `receipts` shows the final one."""
    job = accepted("1")
    final = receipt("1")
    add(job, 0, final)
    add(job, 0, receipt("1", "ENROUTE"))

    assert final is Submission(job).receipts[0]


async def test_receipt_read_in_the_last_turn_counts() -> None:
    """The loop was held up past the deadline: receipt and time-out came in one iteration."""
    job = accepted("1")
    waiting = asyncio.create_task(Submission(job).receipt(timeout=0.02))
    await turns(2)
    loop = asyncio.get_running_loop()
    # Timers of one iteration run in the order of their times.
    loop.call_later(0.01, partial(job.add_receipt, 0, receipt("1"), is_final=True))
    loop.call_soon(pass_time, 1.0)

    assert MessageState.DELIVERED is (await waiting).state


def test_final_receipt_replaces_a_final_one() -> None:
    """A gateway may correct itself, or report read after delivered."""
    job = accepted("1")
    add(job, 0, receipt("1"))
    add(job, 0, receipt("1", "EXPIRED"))

    assert MessageState.EXPIRED is Submission(job).state


def test_intermediate_state_is_kept_and_is_not_final() -> None:
    """ACCEPTD before DELIVRD: it is in `receipts`, `state` stays ENROUTE."""
    job = accepted("1")
    sent = Submission(job)
    add(job, 0, receipt("1", "ACCEPTD"))

    assert MessageState.ENROUTE is sent.state
    assert sent.receipts[0] is not None
    assert MessageState.ACCEPTED is sent.receipts[0].state


def test_message_in_parts_is_delivered_when_all_are() -> None:
    """The last final receipt decides."""
    job = accepted("1", "2", "3")
    sent = Submission(job)
    add(job, 2, receipt("3"))
    add(job, 0, receipt("1"))
    before = sent.state
    assert [True, False, True] == [known is not None for known in sent.receipts]
    add(job, 1, receipt("2"))

    assert [MessageState.ENROUTE, MessageState.DELIVERED] == [before, sent.state]


def test_one_part_that_will_not_arrive_settles_it() -> None:
    """The phone shows an incomplete message, or none."""
    job = accepted("1", "2", "3")
    add(job, 1, receipt("2", "UNDELIV"))

    assert MessageState.UNDELIVERABLE is Submission(job).state


def test_receipt_of_an_hlr_query_is_an_hlr_receipt() -> None:
    """Even if the receipt itself doesn't say what it is."""
    job = accepted("1", message=HlrQuery(to="79991234567"))
    add(job, 0, receipt("1"))

    assert isinstance(Submission(job).receipts[0], HlrReceipt)


def test_corrected_part_decides_again() -> None:
    """UNDELIV, then DELIVRD of the same part: another failed part decides, or the last one."""
    job = accepted("1", "2", "3")
    sent = Submission(job)
    states = []
    for index, state in [
        (0, "UNDELIV"),
        (1, "EXPIRED"),
        (0, "DELIVRD"),
        (1, "DELIVRD"),
        (2, "ENROUTE"),
        (2, "DELIVRD"),
        (2, "ENROUTE"),
        (1, "REJECTD"),
        (1, "DELETED"),
        (1, "DELIVRD"),
    ]:
        add(job, index, receipt(str(index), state))
        assert isinstance(sent.state, MessageState)
        states.append(sent.state.name)

    assert [
        *["UNDELIVERABLE", "UNDELIVERABLE", "EXPIRED", "ENROUTE", "ENROUTE", "DELIVERED"],
        *["DELIVERED", "REJECTED", "DELETED", "DELIVERED"],
    ] == states


def test_receipt_that_was_not_read_is_unread_until_it_is() -> None:
    """By its part, by the state, by the list of receipts; others stay."""
    job = accepted("1", "2")
    receipts = [receipt("1"), receipt("2")]
    for index, each in enumerate(receipts):
        add(job, index, each, is_read=False)
    log = job.open_log()
    log.mark_read(receipts[0])
    first = log.take_unread()
    again = log.take_unread()
    add(job, 0, receipts[0], is_read=False)
    job.mark_read()

    assert ([receipts[1]], [], []) == (first, again, log.take_unread())


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), True, "1", float("-inf")])
async def test_wait_that_is_no_duration_is_refused(seconds: Any) -> None:  # noqa: ANN401 - what is no duration
    """One typed error, before anything is waited for."""
    with pytest.raises(ConfigError, match="timeout: takes 0 seconds or more"):
        await Submission(accepted("1")).receipt(timeout=seconds)


@pytest.mark.parametrize("seconds", [None, float("inf"), 5, 5.5])
async def test_wait_ends_with_the_receipt(seconds: float | None) -> None:
    """However long it would have lasted."""
    job = accepted("1")
    waiting = asyncio.create_task(Submission(job).receipt(seconds))
    await turns()
    add(job, 0, receipt("1"))

    assert "1" == (await waiting).message_id


async def test_waiting_ends_with_the_receipt_or_in_time() -> None:
    """Several tasks may wait; cancelling one wakes no other."""
    job = accepted("1")
    sent = Submission(job)
    with pytest.raises(ReceiptTimeoutError, match=r"message_id '1' in 0\.0 s"):
        await sent.receipt(timeout=0)
    waiting = [asyncio.create_task(sent.receipt(timeout=1)) for _ in range(3)]
    await turns()
    waiting[0].cancel()
    add(job, 0, receipt("1", "ACCEPTD"))
    await turns()
    add(job, 0, receipt("1"))
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert isinstance(results[1], Receipt)
    assert results[1] is results[2]
    assert not job._receipt_waiters


async def test_wait_that_timed_out_leaves_nothing_behind() -> None:
    """Polling with a timeout must not collect futures."""
    job = accepted("1")
    for _ in range(3):
        with pytest.raises(ReceiptTimeoutError):
            await Submission(job).receipt(timeout=0.001)

    assert not job._receipt_waiters


async def test_cut_off_ends_the_waits_and_keeps_what_came() -> None:
    """The client is left: no receipt will come, but known ones can be read."""
    cut, done = accepted("1"), accepted("2")
    add(done, 0, receipt("2"))
    waiters = cut._traffic.receipt_waiters
    waiting = asyncio.create_task(Submission(cut).receipt())
    await turns()
    assert 1 == len(waiters)
    for job in (cut, done):
        job._traffic.receipt_waiters.cut_off()

    with pytest.raises(ClientClosedError, match="before the receipt came"):
        await waiting
    with pytest.raises(ClientClosedError):
        await Submission(cut).receipt()
    assert not waiters
    assert "2" == (await Submission(done).receipt()).message_id


def test_reprs_show_ids_and_no_text() -> None:
    """They appear in logs and debuggers."""
    job = accepted("1")
    shown = repr(Submission(job))

    assert "message_ids=('1',)" in shown
    assert "<MessageJob Sms(" in repr(job)
    for secret in ("secret", "79991234567"):
        assert secret not in shown + repr(job)


@pytest.mark.parametrize("registered_delivery", [False, 0, 0x10])
async def test_receipt_that_was_not_requested_is_not_awaited(registered_delivery: int) -> None:
    """Without a timeout the wait would never end."""
    message = Sms(to="79991234567", text="a secret", registered_delivery=registered_delivery)
    job = accepted("a", message=message)
    sent = Submission(job)

    with pytest.raises(NoReceiptError, match="registered_delivery") as caught:
        await sent.receipt()
    assert ("a", int(registered_delivery)) == (
        caught.value.message_id,
        caught.value.registered_delivery,
    )
    # Some gateways send one all the same.
    add(job, 0, receipt("a"))
    assert MessageState.DELIVERED is (await sent.receipt()).state

"""Receipts and responses are matched by id, in whichever order they come."""

from __future__ import annotations

import asyncio
import gc
import math
from typing import TYPE_CHECKING, Any

import pytest
from scripted import RecordingTraffic, parts_of, receipt_fields, turns

from pdu import DeliverSm, MessageState, SubmitSmResp
from smsc_async import ClientClosedError, Outcome, Receipt, SendError, Sms, Submission
from smsc_async.client import correlation
from smsc_async.client.correlation import Match, ReceiptCorrelator
from smsc_async.client.dedup import ReceiptDeduplicator
from smsc_async.client.submission import MessageJob
from smsc_async.client.wakeups import Waiter, Wakeups
from smsc_async.gateway.receipts import read_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

SMS = Sms(to="79991234567", text="a secret of ours")


class Accepting:
    """A correlator whose messages are accepted by the gateway.

    Args:
        receipt_key: See ReceiptCorrelator.
        response_key: See ReceiptCorrelator.
    """

    def __init__(
        self,
        receipt_key: Callable[[str], str] | None = None,
        response_key: Callable[[str], str] | None = None,
    ) -> None:
        self.dedup = ReceiptDeduplicator(receipt_key)
        self.correlator = ReceiptCorrelator(
            60.0, self.dedup, receipt_key=receipt_key, response_key=response_key
        )
        self.matches: list[tuple[str, Match]] = []

    def accept(self, *message_ids: str) -> Submission[Any]:
        """Make a message whose parts are accepted under these ids."""
        traffic = RecordingTraffic(self._register)
        traffic.receipt_waiters = self.correlator.waiters
        job = MessageJob[Any](SMS, parts_of(len(message_ids)), None, traffic)
        for index, message_id in enumerate(message_ids):
            job.next_part(0.0)
            job.on_response(index, SubmitSmResp(message_id=message_id))
        traffic.accepted.clear()
        traffic.finished.clear()
        return Submission(job)

    def _register(self, job: MessageJob[Any], message_id: str) -> None:
        """Register an id, as the client does."""
        early = self.correlator.register(job, message_id)
        self.matches += [(receipt.message_id, match) for receipt, match in early]

    def match(self, message_id: str, state: str = "DELIVRD") -> Match:
        """Match a receipt."""
        return self.correlator.match(receipt(message_id, state))

    def wait(self, message_id: str, now: float = 0.0) -> list[str]:
        """Let an early receipt wait; return the ids of those that had to go."""
        return ids_of(self.correlator.wait_for_response(receipt(message_id), now))


@pytest.fixture
def client() -> Accepting:
    """A correlator that compares ids as they are."""
    return Accepting()


def receipt(message_id: str, state: str = "DELIVRD") -> Receipt:
    """Make a receipt as the gateway writes it."""
    return read_receipt(DeliverSm(**receipt_fields(message_id, state)))


def ids_of(receipts: list[Receipt]) -> list[str]:
    """Return the ids of receipts."""
    return [receipt.message_id for receipt in receipts]


def hexadecimal(message_id: str) -> str:
    """Return a hexadecimal id in decimal."""
    return str(int(message_id, 16))


def test_receipt_is_matched_to_its_message(client: Accepting) -> None:
    """After a final receipt nothing more is expected under that id."""
    sent = client.accept("1")

    assert Match.MATCHED is client.match("1")
    assert MessageState.DELIVERED is sent.state
    assert 0 == client.correlator.expected


def test_repeated_final_receipt_is_unknown_and_changes_nothing(client: Accepting) -> None:
    """The gateway repeats a receipt whose response it didn't get."""
    sent = client.accept("1")
    client.match("1")
    first = sent.receipts[0]

    assert Match.UNKNOWN is client.match("1")
    assert first is sent.receipts[0]


def test_id_is_expected_until_the_final_receipt(client: Accepting) -> None:
    """ACCEPTD, then DELIVRD: both belong to the same message."""
    sent = client.accept("1")

    assert Match.MATCHED is client.match("1", "ACCEPTD")
    assert 1 == client.correlator.expected
    assert Match.MATCHED is client.match("1")
    assert MessageState.DELIVERED is sent.state


def test_receipt_of_a_part_goes_to_that_part(client: Accepting) -> None:
    """Each part has its own id, in whichever order the receipts come."""
    sent = client.accept("1", "2", "3")
    client.match("3")
    client.match("1")

    assert [True, False, True] == [known is not None for known in sent.receipts]
    client.match("2")
    assert MessageState.DELIVERED is sent.state


def test_of_parts_with_one_id_the_newest_gets_the_receipt(client: Accepting) -> None:
    """A gateway may give several parts the same id."""
    sent = client.accept("1", "1", "2")
    client.match("1")

    assert [False, True, False] == [known is not None for known in sent.receipts]


def test_early_receipt_is_matched_by_the_response(client: Accepting) -> None:
    """It overtook the response that names its id; one of another id goes on waiting."""
    assert [] == client.wait("1") + client.wait("2")
    sent = client.accept("1")

    assert MessageState.DELIVERED is sent.state
    assert [("1", Match.MATCHED)] == client.matches
    assert ["2"] == ids_of(client.correlator.give_up_early())
    assert [] == client.correlator.give_up_early()


def test_early_receipt_that_came_twice_is_matched_once(client: Accepting) -> None:
    """The second goes on waiting: the gateway may give the id to another part."""
    client.wait("1")
    client.wait("1")
    sent = client.accept("1")

    assert MessageState.DELIVERED is sent.state
    assert [("1", Match.MATCHED)] == client.matches
    assert ["1"] == ids_of(client.correlator.give_up_early())


def test_early_receipt_waits_for_its_patience_at_most(client: Accepting) -> None:
    """The deadline is the oldest one's."""
    client.wait("1", 10.0)
    client.wait("2", 11.0)

    assert 70.0 == client.correlator.next_deadline()
    assert [] == client.correlator.expire(69.9)
    assert ["1"] == ids_of(client.correlator.expire(70.5))
    assert 71.0 == client.correlator.next_deadline()
    assert ["2"] == ids_of(client.correlator.expire(71.0))
    assert math.inf == client.correlator.next_deadline()


def test_early_receipts_are_bounded(client: Accepting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are returned, to be read by others."""
    monkeypatch.setattr(correlation, "MAX_EARLY", 2)

    assert [[], [], ["1"]] == [client.wait(message_id) for message_id in ("1", "2", "3")]


def test_expected_ids_are_bounded(client: Accepting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that never sends receipts: of twice as many ids the older half is dropped."""
    monkeypatch.setattr(correlation, "REGISTERED_IDS", 2)
    sent = [client.accept(message_id) for message_id in ("1", "2", "3", "4", "5")]

    assert 3 == client.correlator.expected
    assert Match.UNKNOWN is client.match("1")
    assert Match.MATCHED is client.match("3")
    assert 5 == len(sent)


def test_message_that_nothing_refers_to_is_unmatched(client: Accepting) -> None:
    """The client itself doesn't keep it in memory."""
    client.accept("1")
    gc.collect()

    assert Match.UNMATCHED is client.match("1")
    assert 0 == client.correlator.expected


@pytest.mark.parametrize("way", ["failed", "cancelled", "given up"])
async def test_message_that_no_submission_will_show_is_unmatched(
    client: Accepting, way: str
) -> None:
    """A traceback keeps the job: the receipt is unclaimed at once, and a repetition isn't news."""
    sent = client.accept("1")
    job = sent._job
    waiter: Waiter = Waiter(Wakeups())
    job.waiter = waiter
    if way == "failed":
        job.failure = SendError("", message=SMS, outcome=Outcome.UNKNOWN)
    elif way == "cancelled":
        waiter.cancel()
    else:
        waiter.set_result(SendError("", message=SMS, outcome=Outcome.UNKNOWN))
    late = receipt("1", "ENROUTE")

    assert Match.UNMATCHED is client.correlator.match(late)
    client.dedup.add(late)
    assert Match.UNKNOWN is client.correlator.match_repeat(late)
    assert [None] == list(job.receipts)


async def test_message_whose_caller_has_not_been_woken_yet_gets_its_receipt(
    client: Accepting,
) -> None:
    """Its submission is on the way."""
    sent = client.accept("1")
    waiter: Waiter = Waiter(Wakeups())
    sent._job.waiter = waiter
    waiter.set_result(None)

    assert Match.MATCHED is client.match("1")


def test_ids_of_collected_messages_are_removed(client: Accepting) -> None:
    """All together, after some: an id that was used again meanwhile stays."""
    client.accept("used-twice")
    gc.collect()
    kept = client.accept("used-twice")
    for number in range(correlation.MAX_DEAD):
        client.accept(str(number))
    gc.collect()

    assert 1 == client.correlator.expected
    assert Match.MATCHED is client.match("used-twice")
    assert MessageState.DELIVERED is kept.state


def test_id_that_was_given_twice_belongs_to_the_newer_message(
    client: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway may count from the beginning again; the older message is of another generation."""
    monkeypatch.setattr(correlation, "REGISTERED_IDS", 2)
    older, other = client.accept("1"), client.accept("2")
    newer = client.accept("1")
    del older, other
    gc.collect()

    assert client.correlator.expected
    assert Match.MATCHED is client.match("1")
    assert MessageState.DELIVERED is newer.state


def test_response_without_an_id_expects_nothing(client: Accepting) -> None:
    """Receipts without an id can't be matched."""
    client.accept("")

    assert 0 == client.correlator.expected


def test_hexadecimal_receipts_match_decimal_responses() -> None:
    """Gateways exist that write the two differently; a setting says which."""
    client = Accepting(receipt_key=hexadecimal)
    sent = client.accept("255")

    assert Match.MATCHED is client.match("FF")
    assert MessageState.DELIVERED is sent.state


def test_hexadecimal_early_receipt_is_matched_by_a_decimal_response() -> None:
    """An early receipt waits under the id that the response will have."""
    client = Accepting(receipt_key=hexadecimal)
    client.wait("FF")
    sent = client.accept("255")

    assert MessageState.DELIVERED is sent.state


def test_hexadecimal_responses_match_decimal_receipts_of_each_part() -> None:
    """Early receipts too."""
    client = Accepting(response_key=hexadecimal)
    client.wait("16")
    sent = client.accept("FF", "10")

    assert Match.MATCHED is client.match("255")
    assert MessageState.DELIVERED is sent.state


async def test_cut_off_ends_every_wait_for_a_receipt(
    client: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ids in both generations and in none; dropped messages are no obstacle."""
    monkeypatch.setattr(correlation, "REGISTERED_IDS", 2)
    client.accept("1")
    kept = [client.accept(message_id) for message_id in ("2", "3", "4", "5", "6", "")]
    waiting = [asyncio.create_task(sent.receipt()) for sent in kept]
    await turns()
    client.correlator.cut_off()
    results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)

    assert [ClientClosedError] * 6 == [type(result) for result in results]


def test_repr_has_numbers_and_no_texts(client: Accepting) -> None:
    """A repr appears in logs and debuggers."""
    sent = client.accept("1", "2")
    client.wait("3")

    assert "<ReceiptCorrelator 2 ids, 1 early receipts>" == repr(client.correlator)
    assert 2 == sent.parts

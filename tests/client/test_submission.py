"""Ids and receipts, in whichever order they come."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Nobody, parts_of, receipt_fields, turns

from pdu import DeliverSm, MessageState, SubmitSmResp
from smsc_async import (
    ClientClosedError,
    HlrQuery,
    HlrReceipt,
    Message,
    Receipt,
    ReceiptTimeoutError,
    Sms,
    Submission,
)
from smsc_async.client import submission as room
from smsc_async.client.submission import Match, ReceiptCorrelator
from smsc_async.receipts import read_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

SMS = Sms(to="79991234567", text="a secret of ours")


class Counter:
    """A correlator, and what it gave up."""

    def __init__(self, receipt_key: Callable[[str], str] = str) -> None:
        self.unclaimed: list[str] = []
        self.claimed: list[str] = []
        self.correlator = ReceiptCorrelator(
            60.0, self._give_up, self._hand_over, receipt_key=receipt_key
        )

    def _give_up(self, receipt: Receipt) -> None:
        """Note the id."""
        self.unclaimed.append(receipt.message_id)

    def _hand_over(self, receipt: Receipt) -> None:
        """Note the id."""
        self.claimed.append(receipt.message_id)

    def sent(self, *message_ids: str, message: Message[Any] = SMS) -> Submission[Any]:
        """Make a message whose parts are accepted under these ids."""
        parts = parts_of(len(message_ids))
        submission = Submission[Any](message, parts, None, Nobody(self.correlator.learn))
        for index, message_id in enumerate(message_ids):
            submission.next_part(0.0)
            submission.on_response(index, SubmitSmResp(message_id=message_id))
        return submission

    def brings(
        self, message_id: str, state: str = "DELIVRD", *, now: float = 0.0, early: bool = False
    ) -> Match:
        """Bring a receipt to the correlator."""
        pdu = DeliverSm(**receipt_fields(message_id, state))
        return self.correlator.take(read_receipt(pdu), now=now, may_be_early=early)


@pytest.fixture
def at() -> Counter:
    """A correlator."""
    return Counter()


def test_receipt_finds_its_message(at: Counter) -> None:
    """And is told to be taken."""
    sent = at.sent("1")

    assert Match.MATCHED is at.brings("1")
    assert MessageState.DELIVERED is sent.state
    assert 0 == at.correlator.expected


def test_repeated_receipt_changes_nothing(at: Counter) -> None:
    """The gateway didn't see our answer; the second is nobody's."""
    sent = at.sent("1")
    at.brings("1")
    first = sent.receipts[0]

    assert Match.UNMATCHED is at.brings("1")
    assert first is sent.receipts[0]


def test_straggler_does_not_undo_what_is_final(at: Counter) -> None:
    """An ENROUTE that was overtaken."""
    sent = at.sent("1", "2")
    pdu = DeliverSm(**receipt_fields("1", "ENROUTE"))
    at.brings("1")
    sent.take_receipt(0, read_receipt(pdu))
    at.brings("2")

    assert MessageState.DELIVERED is sent.state


def test_state_on_the_way_is_kept_and_is_not_the_end(at: Counter) -> None:
    """ACCEPTD, then DELIVRD: both come to the same message."""
    sent = at.sent("1")
    at.brings("1", "ACCEPTD")

    assert MessageState.ENROUTE is sent.state
    assert sent.receipts[0] is not None
    assert MessageState.ACCEPTED is sent.receipts[0].state
    assert Match.MATCHED is at.brings("1")


def test_message_in_parts_is_delivered_when_all_are(at: Counter) -> None:
    """The last one settles it."""
    sent = at.sent("1", "2", "3")
    at.brings("3")
    at.brings("1")

    before = sent.state
    assert [True, False, True] == [receipt is not None for receipt in sent.receipts]

    at.brings("2")

    assert [MessageState.ENROUTE, MessageState.DELIVERED] == [before, sent.state]
    assert "1" == sent.message_id


def test_one_part_that_will_not_arrive_settles_it(at: Counter) -> None:
    """The phone shows a torso, or nothing."""
    sent = at.sent("1", "2", "3")
    at.brings("2", "UNDELIV")

    assert MessageState.UNDELIVERABLE is sent.state


def test_receipt_of_two_parts_with_one_id_is_the_newer_parts(at: Counter) -> None:
    """A gateway that gives an id twice means the last part that it gave it to."""
    sent = at.sent("7", "7", "8")
    at.brings("7")

    assert [False, True, False] == [receipt is not None for receipt in sent.receipts]


def test_early_receipt_is_handed_over(at: Counter) -> None:
    """It overtook its response."""
    assert Match.EARLY is at.brings("1", early=True)
    assert Match.EARLY is at.brings("2", early=True)
    assert at.correlator.has_early
    sent = at.sent("1")

    assert MessageState.DELIVERED is sent.state
    at.correlator.give_up_early()
    assert (["1"], ["2"]) == (at.claimed, at.unclaimed)
    assert not at.correlator.has_early


def test_early_receipt_that_came_twice_is_handed_over_once(at: Counter) -> None:
    """The second goes to whoever reads all."""
    at.brings("1", early=True)
    at.brings("1", early=True)
    sent = at.sent("1")

    assert MessageState.DELIVERED is sent.state
    assert ["1"] == at.unclaimed


def test_early_receipt_waits_no_longer_than_its_patience(at: Counter) -> None:
    """Then it goes to whoever reads all."""
    at.brings("1", now=10.0, early=True)
    at.brings("2", now=11.0, early=True)

    assert 70.0 == at.correlator.next_deadline()
    at.correlator.expire(70.5)
    assert ["1"] == at.unclaimed
    assert 71.0 == at.correlator.next_deadline()


def test_early_receipts_are_bounded(at: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is given up first."""
    monkeypatch.setattr(room, "KEPT_EARLY", 2)
    for message_id in ("1", "2", "3"):
        at.brings(message_id, early=True)

    assert ["1"] == at.unclaimed


def test_expected_ids_are_bounded(at: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that never sends receipts: of twice as many the oldest half is forgotten."""
    monkeypatch.setattr(room, "KEPT_IDS", 2)
    sent = [at.sent(message_id) for message_id in ("1", "2", "3", "4", "5")]

    assert 3 == at.correlator.expected
    assert Match.UNMATCHED is at.brings("1")
    assert Match.MATCHED is at.brings("3")
    assert 5 == len(sent)


def test_message_that_nobody_keeps_is_nobodys(at: Counter) -> None:
    """The client itself doesn't hold it in memory."""
    at.sent("1")
    gc.collect()

    assert Match.UNMATCHED is at.brings("1")
    assert 0 == at.correlator.expected


def test_id_that_was_given_twice_belongs_to_the_newer_message(
    at: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateways count from the beginning after a restart; the older message is gone from memory."""
    monkeypatch.setattr(room, "KEPT_IDS", 2)
    older, other = at.sent("1"), at.sent("2")
    newer = at.sent("1")
    del older, other
    gc.collect()

    assert at.correlator.expected
    assert Match.MATCHED is at.brings("1")
    assert MessageState.DELIVERED is newer.state


def test_response_without_an_id_expects_nothing(at: Counter) -> None:
    """Receipts of it can't be told from others."""
    sent = at.sent("")

    assert 0 == at.correlator.expected
    assert "" == sent.message_id


def test_hex_and_decimal_ids_meet() -> None:
    """A setting, since gateways exist that write them differently."""
    at = Counter(receipt_key=lambda message_id: str(int(message_id, 16)))
    sent = at.sent("255")

    assert Match.MATCHED is at.brings("FF")
    assert MessageState.DELIVERED is sent.state


async def test_waiting_ends_with_the_receipt_or_in_time(at: Counter) -> None:
    """Several may wait, and one that goes away takes nothing with it."""
    sent = at.sent("1")
    with pytest.raises(ReceiptTimeoutError, match=r"message_id '1' in 0\.0 s"):
        await sent.receipt(timeout=0)
    waiting = [asyncio.create_task(sent.receipt(timeout=1)) for _ in range(3)]
    await turns()
    waiting[0].cancel()
    at.brings("1", "ACCEPTD")
    await turns()
    at.brings("1")
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert isinstance(results[1], Receipt)
    assert results[1] is results[2]
    assert not sent._waiters


async def test_closed_desk_lets_nobody_wait(at: Counter) -> None:
    """A message that nobody keeps is no blocked; what came already is still there."""
    kept, done = at.sent("1"), at.sent("2")
    at.sent("3")
    at.brings("2")
    waiting = asyncio.create_task(kept.receipt())
    await turns()
    at.correlator.close()

    with pytest.raises(ClientClosedError, match="before the receipt came"):
        await asyncio.wait_for(waiting, 1)
    with pytest.raises(ClientClosedError):
        await kept.receipt()
    assert "2" == (await done.receipt()).message_id


def test_query_gets_its_own_kind_of_receipt(at: Counter) -> None:
    """Even if the receipt itself doesn't say what it is."""
    sent = at.sent("1", message=HlrQuery(to="79991234567"))
    at.brings("1")

    assert isinstance(sent.receipts[0], HlrReceipt)


def test_repr_shows_ids_and_no_text(at: Counter) -> None:
    """It shows up in logs."""
    shown = repr(at.sent("1"))

    assert "message_ids=('1')" in shown
    assert "secret" not in shown

"""A repeated receipt is recognised, whatever way it comes."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from pdu import MessageState
from smsc_async import Receipt
from smsc_async.client import dedup
from smsc_async.client.dedup import MAX_REPORTS, ReceiptDeduplicator, report_of

DELIVERED = Receipt(message_id="1", state=MessageState.DELIVERED, error_code=0)


def test_added_receipt_is_a_repeat() -> None:
    """The gateway repeats a receipt whose response it didn't get."""
    known = ReceiptDeduplicator()
    before = known.is_repeat(DELIVERED)
    known.add(DELIVERED)

    assert (False, True) == (before, known.is_repeat(DELIVERED))


@pytest.mark.parametrize(
    "other",
    [
        Receipt(message_id="2", state=MessageState.DELIVERED, error_code=0),
        Receipt(message_id="1", state=MessageState.ENROUTE, error_code=0),
        Receipt(message_id="1", state=MessageState.DELIVERED, error_code=255),
        Receipt(message_id="1"),
    ],
    ids=["id", "state", "error", "nothing else known"],
)
def test_receipt_with_other_contents_is_no_repeat(other: Receipt) -> None:
    """Delivered after accepted, read after delivered: each is news."""
    known = ReceiptDeduplicator()
    known.add(DELIVERED)

    assert not known.is_repeat(other)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"state": MessageState.ENROUTE}, {"state": MessageState.UNDELIVERABLE}),
        ({"state": MessageState.ENROUTE}, {"state": MessageState.ACCEPTED}),
        ({"state": 42}, {"state": MessageState.EXPIRED}),
        ({"state": None}, {"state": MessageState.REJECTED}),
        (
            {"state": MessageState.UNDELIVERABLE, "is_intermediate": True},
            {"state": MessageState.UNDELIVERABLE},
        ),
    ],
    ids=["final", "on its way", "unknown state", "no state", "intermediate notification"],
)
def test_receipts_with_one_error_differ_by_state(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    """ENROUTE with error 6, then UNDELIV with error 6: the final one must be read."""
    known = ReceiptDeduplicator()
    known.add(Receipt(message_id="1", error_code=6, **first))
    news = Receipt(message_id="1", error_code=6, **second)
    before = known.is_repeat(news)
    known.add(news)

    assert (False, True) == (before, known.is_repeat(news))


def test_final_receipts_with_one_error_are_the_same_in_any_state() -> None:
    """SMPP and HTTP may name the state of a failure differently; the error is the same."""
    known = ReceiptDeduplicator()
    known.add(Receipt(message_id="1", state=MessageState.UNDELIVERABLE, error_code=6))

    assert known.is_repeat(Receipt(message_id="1", state=MessageState.REJECTED, error_code=6))
    assert not known.is_repeat(Receipt(message_id="1", state=MessageState.REJECTED, error_code=7))


def test_missing_error_is_no_error() -> None:
    """One of the two ways leaves it out."""
    known = ReceiptDeduplicator()
    known.add(DELIVERED)

    assert known.is_repeat(Receipt(message_id="1", state=MessageState.DELIVERED))


def test_forgotten_id_is_new_in_both_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway uses it again; other ids stay."""
    monkeypatch.setattr(dedup, "REMEMBERED_RECEIPTS", 2)
    known = ReceiptDeduplicator()
    receipts = [Receipt(message_id=number, state=MessageState.DELIVERED) for number in "123"]
    for receipt in receipts:
        known.add(receipt)
    known.forget("1")
    known.forget("3")
    known.forget("never seen")

    assert [False, True, False] == [known.is_repeat(receipt) for receipt in receipts]


def test_ids_are_compared_as_configured() -> None:
    """An id is forgotten in the form of its response."""
    known = ReceiptDeduplicator(lambda message_id: str(int(message_id, 16)))
    upper, lower = (Receipt(message_id=each, state=MessageState.DELIVERED) for each in ("FF", "ff"))
    known.add(upper)
    before = known.is_repeat(lower)
    known.forget("255")

    assert (True, False) == (before, known.is_repeat(upper))


def test_reports_of_one_id_are_bounded() -> None:
    """A gateway that reports ever new errors: the newest are remembered."""
    known = ReceiptDeduplicator()
    receipts = [
        Receipt(message_id="1", state=MessageState.DELETED, error_code=code)
        for code in range(MAX_REPORTS + 2)
    ]
    for receipt in receipts:
        known.add(receipt)

    assert [False, False] + [True] * MAX_REPORTS == [known.is_repeat(each) for each in receipts]


def test_receipt_without_an_id_is_never_a_repeat() -> None:
    """Two of them may be of different messages."""
    known = ReceiptDeduplicator()
    anonymous = Receipt(message_id="", state=MessageState.DELIVERED)
    known.add(anonymous)

    assert not known.is_repeat(anonymous)


@pytest.mark.parametrize("error_code", [None, 0, 6])
def test_receipt_without_a_state_is_never_a_repeat(error_code: int | None) -> None:
    """An SMSC may send such a one for each of several messages, all with one id."""
    known = ReceiptDeduplicator()
    stateless = Receipt(message_id="1", error_code=error_code)
    known.add(stateless)

    assert not known.is_repeat(stateless)


def test_remembered_receipts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twice as many as the limit the older half is dropped."""
    monkeypatch.setattr(dedup, "REMEMBERED_RECEIPTS", 2)
    known = ReceiptDeduplicator()
    receipts = [
        Receipt(message_id=str(number), state=MessageState.DELIVERED) for number in range(5)
    ]
    for receipt in receipts:
        known.add(receipt)

    assert [False, False, True, True, True] == [known.is_repeat(receipt) for receipt in receipts]


def test_reports_are_of_plain_values() -> None:
    """The garbage collector stops tracking tuples of strings and numbers."""
    report = report_of(DELIVERED)
    gc.collect()

    assert (0, 2, False) == report
    assert int is type(report[1])


def test_repr_has_numbers_and_no_ids() -> None:
    """A repr appears in logs and debuggers."""
    known = ReceiptDeduplicator()
    known.add(DELIVERED)
    known.repeats += 1

    assert "<ReceiptDeduplicator 1 receipts, 1 repeats>" == repr(known)

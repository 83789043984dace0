"""A repeated receipt is recognised, whatever way it comes."""

from __future__ import annotations

import gc

import pytest

from pdu import MessageState
from smsc_async import Receipt
from smsc_async.client import dedup
from smsc_async.client.dedup import ReceiptDeduplicator, key_of

DELIVERED = Receipt(message_id="1", state=MessageState.DELIVERED, error_code=0)


def test_added_receipt_is_a_repeat_and_is_counted() -> None:
    """The gateway repeats a receipt whose response it didn't get."""
    known = ReceiptDeduplicator()
    before = known.is_repeat(DELIVERED)
    known.add(DELIVERED)

    assert (False, True) == (before, known.is_repeat(DELIVERED))
    assert 1 == known.repeats


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
    assert 0 == known.repeats


def test_receipts_with_one_error_are_the_same_in_any_state() -> None:
    """SMPP and HTTP may name the state of a failure differently; the error is the same."""
    known = ReceiptDeduplicator()
    known.add(Receipt(message_id="1", state=MessageState.UNDELIVERABLE, error_code=6))

    assert known.is_repeat(Receipt(message_id="1", state=MessageState.REJECTED, error_code=6))


def test_receipt_without_an_id_is_never_a_repeat() -> None:
    """Two of them may be of different messages."""
    known = ReceiptDeduplicator()
    anonymous = Receipt(message_id="", state=MessageState.DELIVERED)
    known.add(anonymous)

    assert not known.is_repeat(anonymous)


def test_remembered_receipts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twice as many as the limit the older half is dropped."""
    monkeypatch.setattr(dedup, "REMEMBERED_RECEIPTS", 2)
    known = ReceiptDeduplicator()
    receipts = [Receipt(message_id=str(number)) for number in range(5)]
    for receipt in receipts:
        known.add(receipt)

    assert [False, False, True, True, True] == [known.is_repeat(receipt) for receipt in receipts]


def test_keys_are_of_plain_values() -> None:
    """The garbage collector stops tracking tuples of strings and numbers."""
    key = key_of(DELIVERED)
    gc.collect()

    assert ("1", 0, 2) == key
    assert int is type(key[2])


def test_repr_has_numbers_and_no_ids() -> None:
    """A repr appears in logs and debuggers."""
    known = ReceiptDeduplicator()
    known.add(DELIVERED)
    known.is_repeat(DELIVERED)

    assert "<ReceiptDeduplicator 1 receipts, 1 repeats>" == repr(known)

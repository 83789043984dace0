"""Receipts in parts: joined, acknowledged, expired, repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pdu import CommandStatus, DataSm, DeliverSm, EsmClass, Tlv, TlvTag
from smsc_async.client.receipt_parts import ReceiptParts, is_part
from smsc_async.gateway.dialect import GENERIC

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = b"id:7 sub:001 dlvrd:001 stat:DELIVRD err:000"


class RecordingDelivery:
    """A delivery that records its answers."""

    is_stale = False

    def __init__(self) -> None:
        self.answers: list[int] = []

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Record the answer."""
        self.answers.append(command_status)


class Clock:
    """A clock that is moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def part(
    number: int,
    octets: bytes,
    *tlvs: Tlv,
    reference: int = 9,
    total: int = 2,
    esm_class: int = 0x44,
) -> DeliverSm:
    """Return a part of a receipt."""
    return DeliverSm(
        source_addr="79991234567",
        destination_addr="Shop",
        esm_class=esm_class,
        short_message=bytes((5, 0, 3, reference, total, number)) + octets,
        tlvs=tlvs,
    )


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def parts(clock: Clock) -> ReceiptParts:
    """Return the parts of a client."""
    return ReceiptParts(30.0, clock)


def texts(receipts: Sequence[tuple[DeliverSm | DataSm, object]]) -> list[bytes]:
    """Return the texts of receipts."""
    return [getattr(receipt, "short_message", b"") for receipt, _ in receipts]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_parts_are_joined_and_each_is_answered(parts: ReceiptParts, order: tuple[int, int]) -> None:
    """In any order; the first one at once, the other when the receipt is stored."""
    octets = {1: TEXT[:20], 2: TEXT[20:]}
    state = Tlv(TlvTag.MESSAGE_STATE, b"\2")
    cost = Tlv(0x2000, b"1.5\0")
    first, second = RecordingDelivery(), RecordingDelivery()

    assert [] == parts.add(part(order[0], octets[order[0]], state), first)
    ((receipt, delivery),) = parts.add(part(order[1], octets[order[1]], cost, state), second)
    before = list(second.answers)
    delivery.acknowledge()

    assert ([0], [], [0]) == (first.answers, before, second.answers)
    assert TEXT == getattr(receipt, "short_message", b"")
    assert {state, cost} == set(receipt.tlvs)
    assert 2 == len(receipt.tlvs)
    assert EsmClass.DELIVERY_RECEIPT == receipt.esm_class
    assert not delivery.is_stale


def test_receipt_in_one_part_is_passed_on(parts: ReceiptParts) -> None:
    """Its header has no numbers, or says that it is the only one."""
    for header in (b"\6\5\4\x0b\x84\x23\xf0", b"\5\0\3\1\1\1", b"\xff"):
        whole = DeliverSm(esm_class=0x44, short_message=header + TEXT)
        delivery = RecordingDelivery()

        assert [(whole, delivery)] == parts.add(whole, delivery)
        assert [] == delivery.answers


def test_parts_numbered_by_tlvs_are_joined_without_the_numbers(parts: ReceiptParts) -> None:
    """Else the joined receipt would be a part again."""

    def numbered(number: int, total: int, octets: bytes) -> DeliverSm:
        """Return a part."""
        numbers = (
            Tlv.of(TlvTag.SAR_MSG_REF_NUM, 7),
            Tlv.of(TlvTag.SAR_TOTAL_SEGMENTS, total),
            Tlv.of(TlvTag.SAR_SEGMENT_SEQNUM, number),
        )
        return DeliverSm(esm_class=4, short_message=octets, tlvs=numbers)

    first, second = numbered(1, 2, TEXT[:20]), numbered(2, 2, TEXT[20:])
    assert [] == parts.add(first, RecordingDelivery())
    ((receipt, _),) = parts.add(second, RecordingDelivery())

    assert is_part(first)
    assert is_part(second)
    assert not is_part(receipt)
    assert () == receipt.tlvs
    assert [TEXT] == texts([(receipt, None)])
    assert not any(map(is_part, (numbered(1, 1, b""), numbered(3, 2, b""), part(1, b"", total=2))))


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_receipts_with_the_header_of_the_message_are_not_joined(
    parts: ReceiptParts, order: tuple[int, int]
) -> None:
    """Each is a receipt of its own, about one part of a long message."""
    received = {
        1: part(1, TEXT),
        2: part(2, b"", Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"8\0"), Tlv(TlvTag.MESSAGE_STATE, b"\5")),
    }
    first, second = RecordingDelivery(), RecordingDelivery()

    assert [] == parts.add(received[order[0]], first)
    receipts = parts.add(received[order[1]], second)
    assert [received[number] for number in order] == [receipt for receipt, _ in receipts]
    assert [] == second.answers
    for _, delivery in receipts:
        delivery.acknowledge()
    assert ([0], [0]) == (first.answers, second.answers)


def test_quoted_text_that_looks_like_a_receipt_is_a_part(parts: ReceiptParts) -> None:
    """Else a message could forge the receipt of another one."""
    octets = TEXT + b" text:he", b"llo id:8 stat:DELIVRD err:000"
    parts.add(part(1, octets[0]), RecordingDelivery())

    assert [b"".join(octets)] == texts(parts.add(part(2, octets[1]), RecordingDelivery()))


def test_receipts_with_the_header_of_the_message_may_be_incomplete(parts: ReceiptParts) -> None:
    """The one about the second of three parts never comes."""
    received = [part(1, TEXT, total=3), part(3, TEXT.replace(b"id:7", b"id:9"), total=3)]
    for receipt in received:
        parts.add(receipt, RecordingDelivery())

    assert received == [receipt for receipt, _ in parts.give_up()]


def test_parts_that_never_come_leave_the_octets_as_they_are(parts: ReceiptParts) -> None:
    """ASCII under the data_coding of UCS-2, a part of which is missing."""
    for number, octets in ((1, TEXT[:20]), (3, TEXT[20:])):
        one = part(number, octets, total=3)
        parts.add(
            DeliverSm(esm_class=0x44, data_coding=8, short_message=one.short_message),
            RecordingDelivery(),
        )

    assert [TEXT] == texts(parts.give_up())


def test_part_that_never_comes_is_not_waited_for_longer(parts: ReceiptParts) -> None:
    """What came often has the id and the state."""
    parts.add(part(1, TEXT[:40]), RecordingDelivery())

    assert 1030.0 == parts.next_deadline()
    assert [] == parts.expire(1029.9)
    assert [TEXT[:40]] == texts(parts.expire(1030.0))
    assert [] == parts.give_up()


def test_incomplete_receipts_are_given_up_at_the_end(parts: ReceiptParts) -> None:
    """They were acknowledged; each is returned once."""
    parts.add(part(1, b"id:1"), RecordingDelivery())
    parts.add(part(1, b"id:2", reference=10), RecordingDelivery())

    assert [b"id:1", b"id:2"] == texts(parts.give_up())
    assert [] == parts.give_up()
    assert "<ReceiptParts 0 incomplete>" == repr(parts)


def test_reused_reference_ends_the_receipt_before(parts: ReceiptParts) -> None:
    """The part that displaces it is acknowledged and waits for its own."""
    third = RecordingDelivery()
    parts.add(part(1, b"id:1"), RecordingDelivery())

    receipts = parts.add(part(1, b"id:2"), third)
    receipts[0][1].acknowledge()

    assert [b"id:1"] == texts(receipts)
    assert [0] == third.answers
    assert [b"id:2 stat:DELIVRD"] == texts(parts.add(part(2, b" stat:DELIVRD"), third))


def test_receipt_that_was_not_handled_waits_for_its_last_part_again(parts: ReceiptParts) -> None:
    """The gateway repeats that part alone."""
    parts.add(part(1, TEXT[:20]), RecordingDelivery())
    failing = RecordingDelivery()
    ((_, completing),) = parts.add(part(2, TEXT[20:]), failing)
    completing.acknowledge(CommandStatus.ESME_RX_T_APPN)

    assert [CommandStatus.ESME_RX_T_APPN] == failing.answers
    assert [TEXT] == texts(parts.add(part(2, TEXT[20:]), RecordingDelivery()))


def test_repeated_part_of_a_stored_receipt_is_no_receipt(parts: ReceiptParts, clock: Clock) -> None:
    """The gateway didn't see the answer."""
    for number in (1, 2):
        parts.add(part(number, TEXT[:20] if number == 1 else TEXT[20:]), RecordingDelivery())
    again = RecordingDelivery()

    assert [] == parts.add(part(1, TEXT[:20]), again)
    assert [0] == again.answers
    assert [] == parts.expire(clock.now + 60)


@pytest.mark.parametrize("esm_class", [0x44, 0x60, 0x40, 0xC4, 0x63])
def test_joined_receipt_is_final_as_it_would_be_in_one_part(
    parts: ReceiptParts, esm_class: int
) -> None:
    """An intermediate notification in two parts doesn't end the wait for the final receipt."""
    text = b"id:7 stat:UNDELIV err:001"
    in_one = DeliverSm(esm_class=esm_class & ~EsmClass.UDHI, short_message=text)

    parts.add(part(2, text[10:]), RecordingDelivery())
    ((joined, _),) = parts.add(part(1, text[:10], esm_class=esm_class), RecordingDelivery())

    assert in_one.esm_class == joined.esm_class
    assert GENERIC.read_receipt(in_one).is_final == GENERIC.read_receipt(joined).is_final


def test_joined_receipt_has_no_payload_of_one_part(parts: ReceiptParts) -> None:
    """Its short_message has the whole text; the TLV held one part with its header."""
    state = Tlv(TlvTag.MESSAGE_STATE, b"\2")
    first, second = (
        DataSm(
            destination_addr="Shop",
            esm_class=0x44,
            tlvs=(state, Tlv(TlvTag.MESSAGE_PAYLOAD, bytes((5, 0, 3, 9, 2, number)) + octets)),
        )
        for number, octets in ((1, TEXT[:20]), (2, TEXT[20:]))
    )
    parts.add(first, RecordingDelivery())
    receipts = parts.add(second, RecordingDelivery())

    assert [TEXT] == texts(receipts)
    assert (state,) == receipts[0][0].tlvs


def test_tlvs_of_one_tag_that_differ_all_stay(parts: ReceiptParts) -> None:
    """Equal ones stand once; a reader takes the first of a tag."""
    first, second = Tlv(0x2000, b"1"), Tlv(0x2000, b"2")
    parts.add(part(1, TEXT[:20], first), RecordingDelivery())
    ((receipt, _),) = parts.add(part(2, TEXT[20:], second, first), RecordingDelivery())

    assert (first, second) == receipt.tlvs

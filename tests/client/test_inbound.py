"""What the gateway brings: where it goes, and when it is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Nobody, parts_of, receipt_fields, turns

from pdu import (
    AlertNotification,
    CommandStatus,
    DataSm,
    DeliverSm,
    MessageState,
    Pdu,
    SubmitSmResp,
    Tlv,
    TlvTag,
)
from smsc_async import IncomingMessage, Receipt, Sms, SmscConfig, Submission
from smsc_async.client import inbound as room
from smsc_async.client.delivery_queue import MAX_UNANSWERED, DeliveryQueue
from smsc_async.client.inbound import InboundRouter, PendingDelivery
from smsc_async.gateway.coding import TextSettings

if TYPE_CHECKING:
    from smsc_async.link import Link


class Answers:
    """A link that notes what is answered."""

    is_over = False

    def __init__(self) -> None:
        self.given: list[tuple[int, int]] = []

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Note number and status."""
        self.given.append((request.sequence_number, response.command_status))


class ReceiptCorrelator:
    """An inbound with a clock that is moved by hand."""

    def __init__(self, settings: str = "") -> None:
        self.now = 1000.0
        self.owes = False
        self.alarms = 0
        self.link = Answers()
        self._number = 0
        self.inbound = InboundRouter(
            SmscConfig.from_url(f"smpp://shop:secret@host?{settings}"),
            TextSettings(),
            clock=lambda: self.now,
            owes_response=lambda: self.owes,
            waits=self._alarm,
        )

    def _alarm(self) -> None:
        """Count."""
        self.alarms += 1

    def bring(self, kind: type[Pdu] = DeliverSm, **fields: Any) -> int:  # noqa: ANN401 - fields of any PDU
        """Bring a PDU and return its number."""
        self._number += 1
        fields.setdefault("source_addr", "79991234567")
        fields.setdefault("destination_addr", "Shop")
        request = kind(sequence_number=self._number, **fields)
        self.inbound.requested(cast("Link", self.link), request)
        return self._number

    def bring_part(self, sequence: int, text: bytes, sender: str = "79991234567") -> int:
        """Bring a part of a message."""
        octets = bytes([5, 0, 3, 42, 2, sequence]) + text
        return self.bring(esm_class=0x40, short_message=octets, source_addr=sender)

    def read_messages(self) -> list[Any]:
        """Take what is in the queue of messages."""
        return list(self.inbound.incoming._items)

    def read_receipts(self) -> list[str]:
        """Take the ids that are in the queue of receipts."""
        return [receipt.message_id for receipt in self.inbound.receipts._items]


async def take(queue: DeliveryQueue[Any], number: int) -> list[Any]:
    """Read some items."""
    items: list[Any] = []
    async for item in queue.read():
        items.append(item)
        if len(items) == number:
            break
    return items


def test_receipt_that_has_its_place_is_answered() -> None:
    """Not before, and at once."""
    correlator = ReceiptCorrelator()
    number = correlator.bring(**receipt_fields("1"))

    assert [(number, 0)] == correlator.link.given
    assert ["1"] == correlator.read_receipts()
    assert 1 == correlator.inbound.receipts_taken


def test_early_receipt_waits_for_its_response_and_then_goes_to_all() -> None:
    """Some response is owed; after the patience nobody has claimed it."""
    correlator = ReceiptCorrelator("early_receipt_timeout=60")
    correlator.owes = True
    number = correlator.bring(**receipt_fields("1"))

    assert [(number, 0)] == correlator.link.given
    assert [] == correlator.read_receipts()
    assert 1060.0 == correlator.inbound.next_deadline()
    assert 1 == correlator.alarms

    correlator.inbound.expire(1059.9)
    assert [] == correlator.read_receipts()
    correlator.inbound.expire(1060.0)
    assert ["1"] == correlator.read_receipts()
    assert correlator.inbound.next_deadline() is None


@pytest.mark.parametrize(("is_read", "read"), [(True, ["1"]), (False, [])])
def test_early_receipt_that_found_its_message_goes_to_a_reader_of_all(
    *, is_read: bool, read: list[str]
) -> None:
    """As one that is in time does: whoever reads all misses none."""
    correlator = ReceiptCorrelator()
    correlator.owes, correlator.inbound.receipts.is_read = True, is_read
    correlator.bring(**receipt_fields("1"))
    message = Sms(to="79991234567", text="hello")
    sent = Submission[Any](message, parts_of(1), None, Nobody(correlator.inbound.correlator.learn))
    sent.next_part(0.0)
    sent.on_response(0, SubmitSmResp(message_id="1"))

    assert MessageState.DELIVERED is sent.state
    assert read == correlator.read_receipts()


def test_receipt_without_an_id_is_nobodys() -> None:
    """No response could ever name it; its text isn't lost."""
    correlator = ReceiptCorrelator()
    correlator.owes = True
    correlator.bring(esm_class=0x04, short_message=b"what is this")

    assert [""] == correlator.read_receipts()


def test_data_sm_brings_receipts_too() -> None:
    """Its response has its own name."""
    correlator = ReceiptCorrelator()
    tlvs = (Tlv.of(TlvTag.RECEIPTED_MESSAGE_ID, "77"),)
    number = correlator.bring(DataSm, esm_class=0x04, tlvs=tlvs)

    assert [(number, 0)] == correlator.link.given
    assert ["77"] == correlator.read_receipts()


def test_what_wants_no_answer_gets_none() -> None:
    """alert_notification has no response."""
    correlator = ReceiptCorrelator()
    request = AlertNotification(sequence_number=9, source_addr="1", esme_addr="2")
    correlator.inbound.requested(cast("Link", correlator.link), request)

    assert [] == correlator.link.given


def test_single_message_is_decoded() -> None:
    """UCS-2, with whatever TLVs came."""
    correlator = ReceiptCorrelator()
    correlator.bring(
        data_coding=8,
        short_message="Привет".encode("utf-16-be"),
        tlvs=(Tlv(0x2000, b"vendor"),),
    )
    (message,) = correlator.read_messages()

    assert "Привет" == message.text
    assert ((0x2000, b"vendor"),) == message.tlvs
    assert 1000.0 == message.received_at
    assert message.is_complete


def test_shuffled_parts_of_two_senders_are_joined() -> None:
    """Same reference, different phones: never mixed, joined in order."""
    correlator = ReceiptCorrelator()
    for sender, sequence, text in [
        ("79990000001", 2, b"one"),
        ("79990000002", 1, b"bye "),
        ("79990000001", 1, b"part "),
        ("79990000002", 2, b"all"),
    ]:
        correlator.bring_part(sequence, text, sender)

    assert [("79990000001", "part one"), ("79990000002", "bye all")] == [
        (message.sender, message.text) for message in correlator.read_messages()
    ]
    assert 4 == len(correlator.link.given)


def test_sar_tlvs_number_parts_too() -> None:
    """The other way of saying which part it is."""
    correlator = ReceiptCorrelator()
    for sequence in (2, 1):
        numbers = (
            (TlvTag.SAR_MSG_REF_NUM, 300),
            (TlvTag.SAR_TOTAL_SEGMENTS, 2),
            (TlvTag.SAR_SEGMENT_SEQNUM, sequence),
        )
        tlvs = tuple(Tlv.of(tag, number) for tag, number in numbers)
        correlator.bring(short_message=b"%d" % sequence, tlvs=tlvs)
    (message,) = correlator.read_messages()

    assert "12" == message.text


def test_odd_sar_tlv_makes_it_a_single_message() -> None:
    """A length of three octets is no number; the text isn't lost."""
    correlator = ReceiptCorrelator()
    correlator.bring(short_message=b"hi", tlvs=(Tlv(TlvTag.SAR_TOTAL_SEGMENTS, b"abc"),))

    assert ["hi"] == [message.text for message in correlator.read_messages()]


def test_parts_that_never_come_are_not_waited_for() -> None:
    """After the reassembly timeout what came is handed out, and says that it is incomplete."""
    correlator = ReceiptCorrelator("reassembly_timeout=300")
    correlator.bring_part(1, b"half ")

    assert 1300.0 == correlator.inbound.next_deadline()

    correlator.inbound.expire(1300.0)
    (message,) = correlator.read_messages()

    assert ("half ", 1, 2) == (message.text, message.parts, message.total)
    assert not message.is_complete


def test_contradicting_part_ends_the_earlier_set() -> None:
    """A used reference comes round again: both messages are handed out."""
    correlator = ReceiptCorrelator()
    correlator.bring_part(1, b"old")
    correlator.bring_part(1, b"new ")
    correlator.bring_part(2, b"one")

    assert ["old", "new one"] == [message.text for message in correlator.read_messages()]


def test_full_queue_leaves_the_gateway_waiting() -> None:
    """What has no place isn't answered; beyond all bounds it is told to come again."""
    correlator = ReceiptCorrelator("incoming=1")
    for _ in range(1 + MAX_UNANSWERED):
        correlator.bring(short_message=b"hi")
    assert [(1, 0)] == correlator.link.given
    assert MAX_UNANSWERED == correlator.inbound.incoming.unanswered

    number = correlator.bring(short_message=b"hi")
    part = correlator.bring_part(1, b"half")

    refused = CommandStatus.ESME_RX_T_APPN
    assert [(1, 0), (number, refused), (part, refused)] == correlator.link.given


def test_overfull_receipts_are_refused_early_ones_too() -> None:
    """An early receipt is answered before it has a place, so it needs one in sight."""
    correlator = ReceiptCorrelator("receipts=1")
    for message_id in range(1 + MAX_UNANSWERED):
        correlator.bring(**receipt_fields(str(message_id)))
    correlator.owes = True
    number = correlator.bring(**receipt_fields("late"))

    assert (number, CommandStatus.ESME_RX_T_APPN) == correlator.link.given[-1]


async def test_read_items_make_room_in_order() -> None:
    """Each item read lets one more in, and its delivery is answered then."""
    correlator = ReceiptCorrelator("incoming=2")
    for text in (b"1", b"2", b"3", b"4"):
        correlator.bring(short_message=text)
    assert [1, 2] == [number for number, _ in correlator.link.given]

    got = await take(correlator.inbound.incoming, 3)

    assert ["1", "2", "3"] == [message.text for message in got]
    assert [1, 2, 3, 4] == [number for number, _ in correlator.link.given]


async def test_readers_share_and_none_is_lost_to_one_that_goes_away() -> None:
    """A cancelled reader takes nothing with it."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 10)
    readers = [asyncio.create_task(take(queue, 1)) for _ in range(3)]
    await turns()
    readers[0].cancel()
    queue.put(1)
    queue.put(2)
    results = await asyncio.gather(*readers, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert [[1], [2]] == results[1:]
    assert 0 == len(queue)


async def test_closed_queue_keeps_what_was_answered() -> None:
    """The unanswered comes again from the gateway; what was answered never would."""
    link = Answers()
    queue: DeliveryQueue[str] = DeliveryQueue("messages", 1)
    request = DeliverSm(sequence_number=1)
    delivery = PendingDelivery(cast("Link", link), request)
    queue.put("first", delivery)
    queue.put("unanswered", delivery)
    queue.put("joined of answered parts")
    queue.close()

    assert ["first", "joined of answered parts"] == [item async for item in queue.read()]
    assert 1 == len(link.given)


async def test_item_without_delivery_waits_for_its_place() -> None:
    """One that was put together of answered parts; it comes in its turn."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 1)
    queue.put(1)
    queue.put(2)

    assert [1, 2] == await take(queue, 2)


def test_unread_queue_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    """It says what to do, and doesn't fill the log."""
    correlator = ReceiptCorrelator("receipts=1")
    for message_id in "1234":
        correlator.bring(**receipt_fields(message_id))

    assert 1 == caplog.text.count("1 receipts are unread, the gateway has to wait; read receipts()")


def test_closing_gives_early_receipts_to_all() -> None:
    """No response will come any more."""
    correlator = ReceiptCorrelator()
    correlator.owes = True
    correlator.bring(**receipt_fields("1"))
    correlator.inbound.close()

    assert ["1"] == correlator.read_receipts()


@pytest.mark.parametrize(
    ("setting", "response", "receipt"),
    [("opaque", "0a", "0a"), ("response_hex", "0A", "10"), ("receipt_hex", "10", "0A")],
)
def test_ids_meet_as_the_setting_says(setting: str, response: str, receipt: str) -> None:
    """Opaque by default; the two others are for gateways that write them differently."""
    correlator = ReceiptCorrelator(f"message_ids={setting}")
    message = Sms(to="79991234567", text="hello")
    sent = Submission(message, parts_of(1), None, Nobody(correlator.inbound.correlator.learn))
    sent.next_part(0.0)
    sent.on_response(0, SubmitSmResp(message_id=response))
    correlator.bring(**receipt_fields(receipt))

    assert MessageState.DELIVERED is sent.state
    assert [] == correlator.read_receipts()


def test_id_that_is_no_number_is_compared_as_it_is() -> None:
    """A setting for one gateway must not lose the receipts of another."""
    correlator = ReceiptCorrelator("message_ids=receipt_hex")
    correlator.bring(**receipt_fields("not-hex"))

    assert ["not-hex"] == correlator.read_receipts()


@given(
    esm_class=st.integers(0, 255),
    data_coding=st.integers(0, 255),
    short_message=st.binary(max_size=254),
    tlvs=st.lists(
        st.tuples(
            st.sampled_from([0x001E, 0x0427, 0x0423, 0x0424, 0x020C, 0x020E, 0x020F, 0x2001]),
            st.binary(max_size=6),
        ),
        max_size=4,
    ),
)
def test_no_delivery_raises(
    esm_class: int, data_coding: int, short_message: bytes, tlvs: list[tuple[int, bytes]]
) -> None:
    """An exception here would end the link, and the gateway would bring it again for ever."""
    correlator = ReceiptCorrelator()
    correlator.bring(
        esm_class=esm_class,
        data_coding=data_coding,
        short_message=short_message,
        tlvs=tuple(Tlv(tag, value) for tag, value in tlvs),
    )

    assert 1 == len(correlator.link.given)


# What is told twice.


def test_receipt_that_was_told_is_answered_and_read_once() -> None:
    """The gateway repeats what it isn't sure was heard: a response may be lost with its link."""
    correlator = ReceiptCorrelator()
    correlator.bring(**receipt_fields("1"))
    number = correlator.bring(**receipt_fields("1"))

    assert (number, 0) == correlator.link.given[-1]
    assert ["1"] == correlator.read_receipts()
    assert 1 == correlator.inbound.repeated_receipts


def test_other_state_of_the_same_message_is_news() -> None:
    """Delivered after accepted, read after delivered: each is told."""
    correlator = ReceiptCorrelator()
    correlator.bring(**receipt_fields("1", "ENROUTE"))
    correlator.bring(**receipt_fields("1"))

    assert ["1", "1"] == correlator.read_receipts()


def test_receipts_that_name_no_message_are_never_repeats() -> None:
    """Nobody can tell that they speak of the same."""
    correlator = ReceiptCorrelator()
    for _ in range(2):
        correlator.bring(esm_class=4, short_message=b"stat:DELIVRD err:000")

    assert ["", ""] == correlator.read_receipts()


def test_known_receipts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten, and would be news again."""
    monkeypatch.setattr(room, "KEPT_KNOWN", 2)
    correlator = ReceiptCorrelator()
    for message_id in "123412":
        correlator.bring(**receipt_fields(message_id))

    assert ["1", "2", "3", "4", "1", "2"] == correlator.read_receipts()
    assert 0 == correlator.inbound.repeated_receipts


def test_unanswered_delivery_of_a_lost_link_gets_no_place() -> None:
    """The gateway brings it again, and it shall not be read twice."""
    correlator = ReceiptCorrelator("receipts=1")
    correlator.bring(**receipt_fields("1"))
    correlator.bring(**receipt_fields("2"))
    correlator.link.is_over = True
    queue = correlator.inbound.receipts
    queue._items.clear()
    queue._admit()

    assert [] == correlator.read_receipts()
    assert 0 == queue.unanswered


async def test_status_told_over_http_as_well_is_read_once() -> None:
    """The account's handler may be called for what SMPP brought already."""
    correlator = ReceiptCorrelator()
    correlator.bring(**receipt_fields("1"))
    await correlator.inbound.take(
        Receipt(message_id="1", state=MessageState.DELIVERED, error_code=0)
    )
    await correlator.inbound.take(
        Receipt(message_id="2", state=MessageState.DELIVERED, error_code=0)
    )
    correlator.bring(**receipt_fields("2"))

    assert ["1", "2"] == correlator.read_receipts()
    assert 2 == correlator.inbound.repeated_receipts


async def test_status_over_http_waits_for_its_place_and_may_be_withdrawn() -> None:
    """The handler answers 200 only when the receipt has its place, and 503 if that takes long."""
    correlator = ReceiptCorrelator("receipts=1")
    correlator.bring(**receipt_fields("1"))
    waits = asyncio.create_task(correlator.inbound.take(Receipt(message_id="2")))
    leaves = asyncio.create_task(correlator.inbound.take(Receipt(message_id="3")))
    await turns()
    assert not waits.done()

    leaves.cancel()
    got = await take(correlator.inbound.receipts, 2)
    await waits

    assert ["1", "2"] == [receipt.message_id for receipt in got]
    assert 0 == correlator.inbound.receipts.unanswered


async def test_too_many_unread_statuses_are_refused_over_http_too() -> None:
    """The handler says that it isn't stored, and the gateway calls again."""
    correlator = ReceiptCorrelator("incoming=1")
    for _ in range(1 + MAX_UNANSWERED):
        correlator.bring(short_message=b"hi")

    with pytest.raises(asyncio.QueueFull):
        await correlator.inbound.take(IncomingMessage(sender="7999", recipient="Shop", text="hi"))


async def test_other_events_are_not_taken() -> None:
    """A handler that gets calls has a sink of its own; nothing is swallowed."""
    with pytest.raises(TypeError, match="got a int"):
        await ReceiptCorrelator().inbound.take(42)

"""Deliveries of the gateway: to which reader they go, and when they are acknowledged."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import RecordingTraffic, parts_of, receipt_fields, turns, until

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
from pdu.text import body_octets
from smsc_async import (
    GENERIC,
    SMSC_RU,
    Dialect,
    IncomingMessage,
    Receipt,
    Sms,
    SmscConfig,
    Submission,
)
from smsc_async.client import correlation, dedup
from smsc_async.client.delivery_queue import MAX_UNACKNOWLEDGED, Reader
from smsc_async.client.inbound import InboundRouter
from smsc_async.client.submission import MessageJob
from smsc_async.gateway.coding import TextSettings

if TYPE_CHECKING:
    from smsc_async.client.delivery_queue import DeliveryQueue
    from smsc_async.link import Dispatcher
    from smsc_async.link.contract import RoomListener

SMS = Sms(to="79991234567", text="hello")


class RecordingLink:
    """A link that records the responses."""

    def __init__(self) -> None:
        self.is_over = False
        self.responses: list[tuple[int, int]] = []

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Record number and status."""
        self.responses.append((request.sequence_number, response.command_status))


class Slots:
    """A dispatcher of which the router sees two things."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.room_listeners: set[RoomListener] = set()

    def respond_to_all(self) -> None:
        """Receive all responses."""
        self.in_flight = 0
        for listener in tuple(self.room_listeners):
            listener.on_room()


class Routed:
    """A router with a clock that is moved by hand.

    Args:
        settings: Of the config, as in its URL.
        dialect: Reads receipts.
    """

    def __init__(self, settings: str = "", dialect: Dialect = SMSC_RU) -> None:
        self.now = 1000.0
        self.slots = Slots()
        self.link = RecordingLink()
        self.reader = Reader()
        self._number = 0
        self.router = InboundRouter(
            SmscConfig.from_url(f"smpp://shop:secret@host?{settings}"),
            TextSettings(),
            cast("Dispatcher", self.slots),
            clock=lambda: self.now,
            dialect=dialect,
        )

    def deliver(self, kind: type[Pdu] = DeliverSm, **fields: Any) -> int:  # noqa: ANN401 - fields of any PDU
        """Deliver a PDU and return its number."""
        self._number += 1
        fields.setdefault("source_addr", "79991234567")
        fields.setdefault("destination_addr", "Shop")
        self.router.on_request(self.link, kind(sequence_number=self._number, **fields))
        return self._number

    def deliver_part(self, sequence: int, text: bytes, sender: str = "79991234567") -> int:
        """Deliver a part of a message in two parts."""
        octets = bytes([5, 0, 3, 42, 2, sequence]) + text
        return self.deliver(esm_class=0x40, short_message=octets, source_addr=sender)

    def accept(self, message_id: str) -> Submission[Any]:
        """Make a message that is accepted under an id, as the client does."""
        traffic = RecordingTraffic(self._register)
        job = MessageJob[Any](SMS, parts_of(1), None, traffic)
        job.next_part(0.0)
        job.on_response(0, SubmitSmResp(message_id=message_id))
        return Submission(job)

    def _register(self, job: MessageJob[Any], message_id: str) -> None:
        """Register an id."""
        self.router.route_early(self.router.correlator.register(job, message_id))

    def begin_reading(self) -> None:
        """Have a reader of each queue that is busy with something else."""
        for queue in (self.router.receipts, self.router.incoming):
            queue.is_read = True
            queue._readers.add(self.reader)
        self.router.correlator.tracks_unread = False

    def unread_messages(self) -> list[IncomingMessage]:
        """Return the messages that are stored."""
        return list(self.router.incoming._items)

    def unread_receipts(self) -> list[str]:
        """Return the ids of the receipts that are stored."""
        return [receipt.message_id for receipt in self.router.receipts._items]


async def read(queue: DeliveryQueue[Any], number: int) -> list[Any]:
    """Read some items."""
    items: list[Any] = []
    async for item in queue.read():
        items.append(item)
        if len(items) == number:
            break
    return items


def test_stored_receipt_is_acknowledged() -> None:
    """At once, as long as there is room."""
    routed = Routed()
    number = routed.deliver(**receipt_fields("1"))

    assert [(number, 0)] == routed.link.responses
    assert ["1"] == routed.unread_receipts()
    assert 1 == routed.router.receipts_taken


async def test_early_receipt_waits_for_its_response_up_to_its_timeout() -> None:
    """An outstanding response may name its id; after the timeout the readers get it."""
    routed = Routed("early_receipt_timeout=60")
    routed.slots.in_flight = 1
    number = routed.deliver(**receipt_fields("1"))

    assert [(number, 0)] == routed.link.responses
    assert [] == routed.unread_receipts()
    assert 1060.0 == routed.router.next_deadline()
    routed.router.expire(1059.9)
    assert [] == routed.unread_receipts()
    routed.router.expire(1060.0)
    assert ["1"] == routed.unread_receipts()
    assert math.inf == routed.router.next_deadline()


async def test_early_receipt_waits_only_while_a_response_is_outstanding() -> None:
    """Once all responses have come none can name its id; then the router stops listening."""
    routed = Routed()
    routed.slots.in_flight = 2
    routed.deliver(**receipt_fields("1"))
    routed.slots.in_flight = 1
    routed.router.on_room()
    assert [] == routed.unread_receipts()
    routed.slots.respond_to_all()

    assert ["1"] == routed.unread_receipts()
    assert set() == routed.slots.room_listeners


async def test_receipt_of_an_unknown_id_is_not_early_without_an_outstanding_response() -> None:
    """It is of another process or an earlier run, and is read at once."""
    routed = Routed()
    routed.deliver(**receipt_fields("1"))

    assert ["1"] == routed.unread_receipts()
    assert math.inf == routed.router.next_deadline()


@pytest.mark.parametrize(("is_read", "unread"), [(True, ["1"]), (False, [])])
async def test_early_receipt_of_a_message_is_read_by_readers_of_all(
    *, is_read: bool, unread: list[str]
) -> None:
    """As one that comes after its response is: a reader of `receipts()` misses none."""
    routed = Routed()
    routed.slots.in_flight, routed.router.receipts.is_read = 1, is_read
    routed.deliver(**receipt_fields("1"))
    sent = routed.accept("1")

    assert MessageState.DELIVERED is sent.state
    assert unread == routed.unread_receipts()


@pytest.mark.parametrize(("is_read", "unread"), [(True, ["1"]), (False, [])])
def test_receipt_of_a_message_is_read_by_readers_of_all(
    *, is_read: bool, unread: list[str]
) -> None:
    """Without a reader it stays with its message alone; repetitions are recognised either way."""
    routed = Routed()
    routed.router.receipts.is_read = is_read
    sent = routed.accept("1")
    for _ in range(2):
        routed.deliver(**receipt_fields("1"))

    assert MessageState.DELIVERED is sent.state
    assert unread == routed.unread_receipts()
    assert (2, 1) == (routed.router.receipts_taken, routed.router.dedup.repeats)


async def test_excess_early_receipts_are_read_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest first; each was acknowledged when it came."""
    monkeypatch.setattr(correlation, "MAX_EARLY", 2)
    routed = Routed()
    routed.slots.in_flight = 1
    for message_id in "123":
        routed.deliver(**receipt_fields(message_id))

    assert ["1"] == routed.unread_receipts()
    assert [(1, 0), (2, 0), (3, 0)] == routed.link.responses


async def test_timer_expires_early_receipts_and_incomplete_messages() -> None:
    """One timer, for whichever is due first."""
    routed = Routed("early_receipt_timeout=0.02&reassembly_timeout=0.01")
    loop = asyncio.get_running_loop()
    routed.router._clock = routed.router._timer._clock = loop.time
    routed.slots.in_flight = 1
    routed.deliver(**receipt_fields("1"))
    routed.deliver_part(1, b"half ")
    await until(routed.unread_messages)
    assert [] == routed.unread_receipts()
    await until(routed.unread_receipts)

    assert math.inf == routed.router.next_deadline()
    assert float("inf") == routed.router._timer.at


async def test_receipt_without_an_id_is_never_early() -> None:
    """No response could ever name it; its text is read by the readers of all receipts."""
    routed = Routed()
    routed.slots.in_flight = 1
    routed.deliver(esm_class=0x04, short_message=b"what is this")

    assert [""] == routed.unread_receipts()


def test_data_sm_may_be_a_receipt() -> None:
    """Its response is a data_sm_resp."""
    routed = Routed()
    tlvs = (Tlv.of(TlvTag.RECEIPTED_MESSAGE_ID, "77"),)
    number = routed.deliver(DataSm, esm_class=0x04, tlvs=tlvs)

    assert [(number, 0)] == routed.link.responses
    assert ["77"] == routed.unread_receipts()


def test_request_without_a_response_gets_none() -> None:
    """alert_notification has no response."""
    routed = Routed()
    request = AlertNotification(sequence_number=9, source_addr="1", esme_addr="2")
    routed.router.on_request(routed.link, request)

    assert [] == routed.link.responses


def test_single_message_is_decoded() -> None:
    """UCS-2 text, and the TLVs as they came."""
    routed = Routed()
    routed.deliver(
        data_coding=8,
        short_message="Привет".encode("utf-16-be"),
        tlvs=(Tlv(0x2000, b"vendor"),),
    )
    (message,) = routed.unread_messages()

    assert "Привет" == message.text
    assert ((0x2000, b"vendor"),) == message.tlvs
    assert 1000.0 == message.received_at
    assert message.is_complete


async def test_shuffled_parts_of_two_senders_are_joined() -> None:
    """With one reference: parts of different phones are never mixed."""
    routed = Routed()
    for sender, sequence, text in [
        ("79990000001", 2, b"one"),
        ("79990000002", 1, b"bye "),
        ("79990000001", 1, b"part "),
        ("79990000002", 2, b"all"),
    ]:
        routed.deliver_part(sequence, text, sender)

    assert [("79990000001", "part one"), ("79990000002", "bye all")] == [
        (message.sender, message.text) for message in routed.unread_messages()
    ]
    assert 4 == len(routed.link.responses)


async def test_sar_tlvs_number_parts_too() -> None:
    """SAR TLVs, instead of a user data header."""
    routed = Routed()
    for sequence in (2, 1):
        numbers = (
            (TlvTag.SAR_MSG_REF_NUM, 300),
            (TlvTag.SAR_TOTAL_SEGMENTS, 2),
            (TlvTag.SAR_SEGMENT_SEQNUM, sequence),
        )
        tlvs = tuple(Tlv.of(tag, number) for tag, number in numbers)
        routed.deliver(short_message=b"%d" % sequence, tlvs=tlvs)
    (message,) = routed.unread_messages()

    assert "12" == message.text


def test_odd_sar_tlv_makes_it_a_single_message() -> None:
    """A length of three octets is no number; the text isn't lost."""
    routed = Routed()
    routed.deliver(short_message=b"hi", tlvs=(Tlv(TlvTag.SAR_TOTAL_SEGMENTS, b"abc"),))

    assert ["hi"] == [message.text for message in routed.unread_messages()]


async def test_incomplete_message_is_read_after_the_reassembly_timeout() -> None:
    """With the parts that came, and marked as incomplete."""
    routed = Routed("reassembly_timeout=300")
    routed.deliver_part(1, b"half ")

    assert 1300.0 == routed.router.next_deadline()

    routed.router.expire(1300.0)
    (message,) = routed.unread_messages()

    assert ("half ", 1, 2) == (message.text, message.parts, message.total)
    assert not message.is_complete


async def test_contradicting_part_ends_the_earlier_message() -> None:
    """A reference is used again: both messages are read."""
    routed = Routed()
    routed.deliver_part(1, b"old")
    routed.deliver_part(1, b"new ")
    routed.deliver_part(2, b"one")

    assert ["old", "new one"] == [message.text for message in routed.unread_messages()]


async def test_full_queue_leaves_the_gateway_waiting() -> None:
    """What isn't stored isn't acknowledged; too many of them are refused, to be repeated."""
    routed = Routed("incoming=1")
    routed.begin_reading()
    for _ in range(1 + MAX_UNACKNOWLEDGED):
        routed.deliver(short_message=b"hi")
    assert [(1, 0)] == routed.link.responses
    assert MAX_UNACKNOWLEDGED == routed.router.incoming.unacknowledged

    number = routed.deliver(short_message=b"hi")
    part = routed.deliver_part(1, b"half")

    refused = CommandStatus.ESME_RX_T_APPN
    assert [(1, 0), (number, refused), (part, refused)] == routed.link.responses


async def test_overfull_receipts_are_refused_early_ones_too() -> None:
    """An early receipt is acknowledged before it is stored, so the queue needs room for it."""
    routed = Routed("receipts=1")
    routed.begin_reading()
    for message_id in range(1 + MAX_UNACKNOWLEDGED):
        routed.deliver(**receipt_fields(str(message_id)))
    routed.slots.in_flight = 1
    number = routed.deliver(**receipt_fields("late"))

    assert (number, CommandStatus.ESME_RX_T_APPN) == routed.link.responses[-1]


async def test_read_items_make_room_in_order() -> None:
    """Each item that is read stores one more, and deliver_sm_resp is sent then."""
    routed = Routed("incoming=2")
    routed.begin_reading()
    for text in (b"1", b"2", b"3", b"4"):
        routed.deliver(short_message=text)
    assert [1, 2] == [number for number, _ in routed.link.responses]

    got = await read(routed.router.incoming, 3)

    assert ["1", "2", "3"] == [message.text for message in got]
    assert [1, 2, 3, 4] == [number for number, _ in routed.link.responses]


def test_unread_queue_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    """The line names the remedy, and the log isn't flooded."""
    routed = Routed("receipts=1")
    routed.begin_reading()
    for message_id in "1234":
        routed.deliver(**receipt_fields(message_id))

    assert 1 == caplog.text.count("1 receipts are unread, the gateway has to wait; read receipts()")


async def test_close_passes_early_receipts_to_readers() -> None:
    """No response will come that names them."""
    routed = Routed()
    routed.slots.in_flight = 1
    routed.deliver(**receipt_fields("1"))
    routed.router.close()

    assert ["1"] == routed.unread_receipts()


@pytest.mark.parametrize(
    ("setting", "response", "receipt"),
    [("opaque", "0a", "0a"), ("response_hex", "0A", "10"), ("receipt_hex", "10", "0A")],
)
def test_ids_are_compared_as_configured(setting: str, response: str, receipt: str) -> None:
    """As they are by default; the others are for gateways that write the two differently."""
    routed = Routed(f"message_ids={setting}")
    sent = routed.accept(response)
    routed.deliver(**receipt_fields(receipt))

    assert MessageState.DELIVERED is sent.state
    assert [] == routed.unread_receipts()


def unreadable(_: object) -> Receipt:
    """Fail to read a receipt."""
    raise KeyError


async def test_ids_are_compared_as_the_dialect_says() -> None:
    """An early receipt, too; each id is normalised once. Users see ids as they were written."""
    seen: list[str] = []

    def normalize(message_id: str) -> str:
        """Record an id."""
        seen.append(message_id)
        return message_id.lstrip("0").lower()

    routed = Routed(dialect=replace(GENERIC, normalize_id=normalize))
    routed.slots.in_flight = 1
    routed.deliver(**receipt_fields("00AB"))
    sent = routed.accept("ab")
    routed.deliver(**receipt_fields("00CD"))
    routed.slots.respond_to_all()

    assert MessageState.DELIVERED is sent.state
    assert ["00AB", "ab", "00CD"] == seen
    assert ["00CD"] == routed.unread_receipts()


def test_receipt_without_an_id_matches_no_message() -> None:
    """Whatever the dialect makes of an empty id."""
    routed = Routed(dialect=replace(GENERIC, normalize_id=lambda _: "7"))
    sent = routed.accept("7")
    routed.deliver(esm_class=0x04, short_message=b"stat:DELIVRD")

    assert MessageState.ENROUTE is sent.state
    assert [""] == routed.unread_receipts()


def test_receipt_that_cannot_be_read_is_unclaimed_and_acknowledged() -> None:
    """Its submission waits for one that can; `receipts()` has its id and text.

    It has no state, which may be wrong.
    """
    routed = Routed(dialect=replace(SMSC_RU, read_receipt=unreadable))
    sent = routed.accept("1")
    number = routed.deliver(**receipt_fields("1"))

    assert MessageState.ENROUTE is sent.state
    assert [("1", None)] == [
        (one.message_id, one.state) for one in routed.router.receipts.take_all()
    ]
    assert [(number, 0)] == routed.link.responses
    assert 1 == routed.router.receipts_taken


def test_receipts_that_cannot_be_read_are_no_repeats() -> None:
    """They look alike because nothing is known of them; each may be another state."""
    routed = Routed(dialect=replace(SMSC_RU, read_receipt=unreadable))
    for _ in range(2):
        routed.deliver(esm_class=0x04, short_message=b"id:1 err:none")

    assert ["1", "1"] == routed.unread_receipts()


async def test_receipt_that_cannot_be_read_waits_as_any_other() -> None:
    """Back-pressure: it isn't acknowledged before there is room."""
    routed = Routed("receipts=1", replace(SMSC_RU, read_receipt=unreadable))
    routed.begin_reading()
    first, second = (routed.deliver(**receipt_fields(number)) for number in "12")
    assert [(first, 0)] == routed.link.responses
    await read(routed.router.receipts, 2)

    assert [(first, 0), (second, 0)] == routed.link.responses


def test_dialect_decides_what_a_receipt_is() -> None:
    """An SMSC may mark them in the text only."""
    by_text = replace(GENERIC, is_receipt=lambda pdu: body_octets(pdu).startswith(b"id:"))
    routed = Routed(dialect=by_text)
    fields = receipt_fields("1")
    routed.deliver(**(fields | {"esm_class": 0}))
    routed.deliver(esm_class=0x04, short_message=b"hello")

    assert ["1"] == routed.unread_receipts()
    assert ["hello"] == [message.text for message in routed.unread_messages()]


def test_id_that_is_not_hexadecimal_is_compared_as_it_is() -> None:
    """A setting for one gateway must not lose the receipts of another."""
    routed = Routed("message_ids=receipt_hex")
    routed.deliver(**receipt_fields("not-hex"))

    assert ["not-hex"] == routed.unread_receipts()


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
async def test_no_delivery_raises(
    esm_class: int, data_coding: int, short_message: bytes, tlvs: list[tuple[int, bytes]]
) -> None:
    """An exception would end the link, and the gateway would repeat the delivery for ever."""
    routed = Routed()
    routed.deliver(
        esm_class=esm_class,
        data_coding=data_coding,
        short_message=short_message,
        tlvs=tuple(Tlv(tag, value) for tag, value in tlvs),
    )

    assert 1 == len(routed.link.responses)


# De-duplication, and receipts that come out of band.


def test_repeated_receipt_is_acknowledged_and_read_once() -> None:
    """The gateway repeats a receipt whose response was lost with its link."""
    routed = Routed()
    routed.deliver(**receipt_fields("1"))
    number = routed.deliver(**receipt_fields("1"))

    assert (number, 0) == routed.link.responses[-1]
    assert ["1"] == routed.unread_receipts()
    assert 1 == routed.router.dedup.repeats


def test_other_state_of_the_same_message_is_news() -> None:
    """Delivered after accepted, read after delivered: each is read."""
    routed = Routed()
    routed.deliver(**receipt_fields("1", "ENROUTE"))
    routed.deliver(**receipt_fields("1"))

    assert ["1", "1"] == routed.unread_receipts()


def test_receipts_without_an_id_are_never_repeats() -> None:
    """Two of them may be of different messages."""
    routed = Routed()
    for _ in range(2):
        routed.deliver(esm_class=4, short_message=b"stat:DELIVRD err:000")

    assert ["", ""] == routed.unread_receipts()


def test_remembered_receipts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are dropped, and would be read again."""
    monkeypatch.setattr(dedup, "REMEMBERED_RECEIPTS", 2)
    routed = Routed()
    for message_id in "123412":
        routed.deliver(**receipt_fields(message_id))

    assert ["1", "2", "3", "4", "1", "2"] == routed.unread_receipts()
    assert 0 == routed.router.dedup.repeats


def test_unacknowledged_delivery_of_a_lost_link_is_dropped() -> None:
    """The gateway repeats it on the next link, so it must not be stored now."""
    routed = Routed("receipts=1")
    routed.deliver(**receipt_fields("1"))
    routed.deliver(**receipt_fields("2"))
    routed.link.is_over = True
    queue = routed.router.receipts
    queue._items.clear()
    queue._store_waiting()

    assert [] == routed.unread_receipts()
    assert 0 == queue.unacknowledged


async def test_receipt_over_smpp_and_http_is_read_once() -> None:
    """An account may have both, and either may come first."""
    routed = Routed()
    routed.deliver(**receipt_fields("1"))
    await routed.router.take(Receipt(message_id="1", state=MessageState.DELIVERED, error_code=0))
    await routed.router.take(Receipt(message_id="2", state=MessageState.DELIVERED, error_code=0))
    routed.deliver(**receipt_fields("2"))

    assert ["1", "2"] == routed.unread_receipts()
    assert 2 == routed.router.dedup.repeats


async def test_receipt_over_http_waits_until_it_is_stored() -> None:
    """The handler responds 200 only then; cancelling withdraws the receipt."""
    routed = Routed("receipts=1")
    routed.begin_reading()
    routed.deliver(**receipt_fields("1"))
    waits = asyncio.create_task(routed.router.take(Receipt(message_id="2")))
    leaves = asyncio.create_task(routed.router.take(Receipt(message_id="3")))
    await turns()
    assert not waits.done()

    leaves.cancel()
    got = await read(routed.router.receipts, 2)
    await waits

    assert ["1", "2"] == [receipt.message_id for receipt in got]
    assert 0 == routed.router.receipts.unacknowledged


async def test_too_many_unread_events_are_refused_over_http_too() -> None:
    """The handler responds with an error, and the gateway calls again."""
    routed = Routed("incoming=1")
    routed.begin_reading()
    for _ in range(1 + MAX_UNACKNOWLEDGED):
        routed.deliver(short_message=b"hi")

    with pytest.raises(asyncio.QueueFull):
        await routed.router.take(IncomingMessage(sender="7999", recipient="Shop", text="hi"))


async def test_other_events_are_refused() -> None:
    """No event is dropped silently."""
    with pytest.raises(TypeError, match="got int"):
        await Routed().router.take(42)


async def test_close_ends_the_readers_and_the_timer() -> None:
    """Readers first get what is stored."""
    routed = Routed()
    routed.slots.in_flight = 1
    routed.deliver(**receipt_fields("1"))
    routed.deliver(short_message=b"hi")
    timer = routed.router._timer
    assert timer.at < float("inf")
    routed.router.close()

    assert float("inf") == timer.at
    assert ["1"] == [receipt.message_id async for receipt in routed.router.receipts.read()]
    assert ["hi"] == [message.text async for message in routed.router.incoming.read()]


async def test_repr_has_numbers_and_no_texts() -> None:
    """A repr appears in logs and debuggers."""
    routed = Routed()
    routed.deliver(**receipt_fields("1"))
    routed.deliver(short_message=b"a secret of theirs")

    shown = "<InboundRouter 1 receipts, 1 messages taken, 1 and 1 unread>"
    assert shown == repr(routed.router)

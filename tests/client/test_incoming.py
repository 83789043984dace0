"""Incoming messages: which are joined, who gets them, and when each part is acknowledged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import pytest

from pdu import CommandStatus, DataSm, DeliverSm, EsmClass, Tlv, TlvTag
from smsc_async import IncomingKind, IncomingMessage, SmscConfig
from smsc_async.client.delivery_queue import MAX_UNACKNOWLEDGED, Reader
from smsc_async.client.handlers import CallResult
from smsc_async.client.incoming import MessageRouter
from smsc_async.gateway.coding import TextSettings

if TYPE_CHECKING:
    from smsc_async.client.handlers import HandlerCall, HandlerRunner

OK, AGAIN = CommandStatus.ESME_ROK, CommandStatus.ESME_RX_T_APPN


class Delivery:
    """A delivery that records its answers."""

    def __init__(self) -> None:
        self.is_stale = False
        self.answers: list[int] = []

    def acknowledge(self, command_status: int = OK) -> None:
        """Record the answer."""
        self.answers.append(command_status)


class Calls:
    """Handler calls that a test ends."""

    def __init__(self) -> None:
        self.is_overfull = False
        self.waiting: list[HandlerCall] = []

    def submit(self, call: HandlerCall) -> None:
        """Keep a call."""
        self.waiting.append(call)

    def end(self, result: CallResult) -> IncomingMessage:
        """End the oldest call, and return what it was for."""
        call = self.waiting.pop(0)
        call.on_end(result)
        return cast("IncomingMessage", call.item)


class Routed:
    """A router with a clock that is moved by hand.

    Args:
        is_handled: Whether the user has a handler.
        settings: How texts are coded.
    """

    def __init__(self, *, is_handled: bool = False, settings: TextSettings | None = None) -> None:
        self.now = 1000.0
        self.deadlines = 0
        self.calls = Calls()
        self.router = MessageRouter(
            SmscConfig.from_url("smpp://shop:secret@host?reassembly_timeout=30"),
            settings or TextSettings(),
            cast("HandlerRunner", self.calls),
            clock=lambda: self.now,
            on_deadline=self._note_deadline,
            on_incoming=self._handle if is_handled else None,
        )

    def route(self, text: bytes = b"hello", **fields: Any) -> Delivery:  # noqa: ANN401 - fields of a PDU
        """Route a message of one part."""
        delivery = Delivery()
        fields.setdefault("source_addr", "79991234567")
        self.router.route(DeliverSm(short_message=text, **fields), delivery)
        return delivery

    def route_part(self, number: int, text: bytes = b"x", *, total: int = 2) -> Delivery:
        """Route a part."""
        header = bytes((5, 0, 3, 42, total, number))
        return self.route(header + text, esm_class=EsmClass(EsmClass.UDHI))

    def begin_reading(self) -> None:
        """Have a reader that is busy with something else."""
        self.router.queue.is_read = True
        self.router.queue._readers.add(self.reader)

    @property
    def unread(self) -> list[str | None]:
        """The texts that are stored for readers."""
        return [message.text for message in self.router.queue._items]

    def _note_deadline(self) -> None:
        """Count the calls."""
        self.deadlines += 1

    async def _handle(self, message: IncomingMessage) -> None:
        """Stand for the user's handler, which is never called here."""

    reader = Reader()


def test_message_is_acknowledged_when_it_is_stored() -> None:
    """There is no reader yet; the newest ones are kept."""
    routed = Routed()
    delivery = routed.route()

    assert [OK] == delivery.answers
    assert ["hello"] == routed.unread
    assert 1 == routed.router.taken
    assert "<MessageRouter 1 taken, 0 incomplete>" == repr(routed.router)


def test_part_is_acknowledged_before_the_others_come() -> None:
    """Else a gateway with a window of one would never send the next one."""
    routed = Routed()
    first = routed.route_part(2, b"world")
    before = routed.unread
    second = routed.route_part(1, b"hello ")

    assert ([OK], [], [OK]) == (first.answers, before, second.answers)
    assert ["hello world"] == routed.unread
    assert (2, 1) == (routed.router.taken, routed.deadlines)


def test_incomplete_message_times_out() -> None:
    """With the parts that came, and their number."""
    routed = Routed()
    routed.route_part(2, b"world", total=3)

    assert 1030.0 == routed.router.next_deadline()
    routed.router.expire(1029.9)
    assert [] == routed.unread
    routed.router.expire(1030.0)
    (message,) = routed.router.queue._items
    assert ("world", 1, 3, False) == (
        message.text,
        message.parts,
        message.total,
        message.is_complete,
    )
    assert math.inf == routed.router.next_deadline()


def test_reused_reference_ends_the_message_before() -> None:
    """The part that contradicts it is acknowledged, and waits for its own."""
    routed = Routed()
    routed.route_part(1, b"one")
    delivery = routed.route_part(1, b"two")

    assert ["one"] == routed.unread
    assert [OK] == delivery.answers
    routed.route_part(2, b" more")
    assert ["one", "two more"] == routed.unread


@pytest.mark.parametrize(
    ("total", "sequence"), [(b"\0", b"\1"), (b"\2", b"\0"), (b"\2", b"\3"), (b"\1", b"\1")]
)
def test_numbers_that_contradict_each_other_make_a_single_message(
    total: bytes, sequence: bytes
) -> None:
    """Nothing to wait for."""
    routed = Routed()
    delivery = routed.route(
        tlvs=(
            Tlv(TlvTag.SAR_MSG_REF_NUM, b"\0\7"),
            Tlv(TlvTag.SAR_TOTAL_SEGMENTS, total),
            Tlv(TlvTag.SAR_SEGMENT_SEQNUM, sequence),
        )
    )

    assert ([OK], ["hello"]) == (delivery.answers, routed.unread)


@pytest.mark.parametrize("esm_class", range(0, 0x40, 4))
@pytest.mark.parametrize("mode", [0, 1, 2, 3, 0x80])
def test_kind_is_that_of_the_message_type(esm_class: int, mode: int) -> None:
    """Mode and features don't change it; each of the sixteen types has a kind."""
    known = {
        0x00: IncomingKind.MESSAGE,
        0x04: IncomingKind.DELIVERY_RECEIPT,
        0x08: IncomingKind.DELIVERY_ACKNOWLEDGEMENT,
        0x10: IncomingKind.USER_ACKNOWLEDGEMENT,
        0x18: IncomingKind.CONVERSATION_ABORT,
        0x20: IncomingKind.INTERMEDIATE_NOTIFICATION,
    }
    routed = Routed()
    routed.route(esm_class=EsmClass(esm_class | mode))
    (message,) = routed.router.queue._items

    assert known.get(esm_class, IncomingKind.RESERVED) is message.kind
    assert esm_class | mode == message.esm_class


def test_message_has_the_fields_of_its_pdu() -> None:
    """Also those of a data_sm, whose text is a TLV."""
    routed = Routed()
    data = DataSm(
        source_addr="79991234567",
        destination_addr="Shop",
        data_coding=8,
        tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, b"\x04\x3c"), Tlv(0x1400, b"x")),
    )
    routed.router.route(data, Delivery())
    (message,) = routed.router.queue._items

    assert ("м", "79991234567", "Shop", 8) == (
        message.text,
        message.sender,
        message.recipient,
        message.data_coding,
    )
    assert (0x1400, b"x") in message.tlvs
    assert message.pdu is data


def test_text_is_read_as_the_settings_say() -> None:
    """Packed septets, behind a header with fill bits too."""
    routed = Routed(settings=TextSettings(packed=True))
    routed.route(bytes.fromhex("E8329BFD06"))
    routed.route(bytes.fromhex("050003070101 D06536FB0D"), esm_class=EsmClass(EsmClass.UDHI))

    assert ["hello", "hello"] == routed.unread


def test_full_queue_refuses_until_there_is_room() -> None:
    """The gateway delivers again later; nothing is stored or lost."""
    routed = Routed()
    routed.begin_reading()
    deliveries = [routed.route(b"%d" % n) for n in range(1000 + MAX_UNACKNOWLEDGED)]
    refused = routed.route(b"too much")

    assert [AGAIN] == refused.answers
    assert [OK] == deliveries[0].answers
    assert [] == deliveries[-1].answers
    assert "too much" not in routed.unread


# --- with a handler ---


def test_handled_message_is_acknowledged_when_the_handler_returned() -> None:
    """And goes to readers as well, if there are any."""
    routed = Routed(is_handled=True)
    first = routed.route(b"one")
    before = list(first.answers)
    routed.calls.end(CallResult.RETURNED)
    routed.begin_reading()
    routed.route(b"two")
    routed.calls.end(CallResult.RETURNED)

    assert ([], [OK]) == (before, first.answers)
    assert ["two"] == routed.unread


@pytest.mark.parametrize(
    ("result", "answers"), [(CallResult.RAISED, [AGAIN]), (CallResult.GIVEN_UP, [])]
)
def test_message_that_was_not_handled_is_delivered_again(
    result: CallResult, answers: list[int]
) -> None:
    """Refused for now, or left without an answer when the client is left."""
    routed = Routed(is_handled=True)
    delivery = routed.route()
    routed.calls.end(result)

    assert (answers, []) == (delivery.answers, routed.unread)


def test_call_is_not_due_once_the_link_has_ended() -> None:
    """The gateway delivers the message again over another one."""
    routed = Routed(is_handled=True)
    delivery = routed.route()
    (call,) = routed.calls.waiting
    is_due = call.is_due()
    delivery.is_stale = True

    assert is_due
    assert not call.is_due()


def test_too_many_calls_refuse_messages() -> None:
    """Temporarily."""
    routed = Routed(is_handled=True)
    routed.calls.is_overfull = True

    assert [AGAIN] == routed.route().answers
    assert [] == routed.calls.waiting


def test_last_part_is_acknowledged_when_the_whole_message_was_handled() -> None:
    """So is its repetition, which came while the handler ran."""
    routed = Routed(is_handled=True)
    first, last = routed.route_part(1, b"hello "), routed.route_part(2, b"world")
    repeated = routed.route_part(2, b"world")
    before = [first.answers[:], last.answers[:], repeated.answers[:]]
    message = routed.calls.end(CallResult.RETURNED)

    assert [[OK], [], []] == before
    assert "hello world" == message.text
    assert [[OK], [OK], [OK]] == [first.answers, last.answers, repeated.answers]
    assert [] == routed.calls.waiting


def test_part_of_another_message_does_not_wait_for_the_handler() -> None:
    """It only has the same reference."""
    routed = Routed(is_handled=True)
    routed.route_part(1, b"hello ")
    routed.route_part(2, b"world")
    other = routed.route_part(1, b"other")

    assert [OK] == other.answers
    assert 1 == len(routed.calls.waiting)


def test_message_in_parts_that_was_not_handled_waits_for_its_last_part() -> None:
    """The gateway repeats that one alone."""
    routed = Routed(is_handled=True)
    routed.route_part(1, b"hello ")
    last = routed.route_part(2, b"world")
    routed.calls.end(CallResult.RAISED)
    again = routed.route_part(2, b"world")
    message = routed.calls.end(CallResult.RETURNED)

    assert ([AGAIN], [OK]) == (last.answers, again.answers)
    assert "hello world" == message.text
    assert [] == routed.unread


@pytest.mark.parametrize("result", [CallResult.RAISED, CallResult.GIVEN_UP])
def test_message_in_parts_is_kept_for_readers_when_the_client_is_left(result: CallResult) -> None:
    """Its other parts were acknowledged and don't come again."""
    routed = Routed(is_handled=True)
    routed.route_part(1, b"hello ")
    last = routed.route_part(2, b"world")
    routed.router.give_up_parts()
    routed.calls.end(result)

    assert ([], ["hello world"]) == (last.answers, routed.unread)


def test_leaving_handles_what_is_incomplete() -> None:
    """As the last chance; without a handler it is left for `close`."""
    handled, read = Routed(is_handled=True), Routed()
    for routed in (handled, read):
        routed.route_part(1, b"hello ")
        routed.router.give_up_parts()

    (call,) = handled.calls.waiting
    assert call.is_last_chance
    assert "hello " == handled.calls.end(CallResult.GIVEN_UP).text
    assert ["hello "] == handled.unread
    assert [] == read.unread
    read.router.close()
    assert ["hello "] == read.unread

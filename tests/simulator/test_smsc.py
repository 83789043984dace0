"""What the simulated gateway decides, with time moved by hand and no socket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pdu import (
    BindReceiverResp,
    BindTransceiverResp,
    BindTransmitterResp,
    BroadcastSm,
    CancelSm,
    CommandId,
    CommandStatus,
    DataSm,
    DeliverSm,
    EnquireLink,
    GenericNack,
    MessageState,
    Pdu,
    QuerySm,
    ReplaceSm,
    SmeAddress,
    SubmitMulti,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Unbind,
    UnbindResp,
    encode,
)
from pdu.text import TextCoding, split
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.compose import segments
from smsc_async.gateway.receipts import read_receipt
from smsc_async.messages import HlrQuery, LongText, Ping, Sms
from smsc_async.receipts import HlrReceipt
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import KeptMessage, Scenario
from smsc_async.simulator import smsc as brain
from smsc_async.simulator.accounts import MOST_OPEN_SETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.receipts import Receipt
    from tests.simulator.conftest import Client, Desk

    MakeDesk = Callable[..., Desk]

STATUS = CommandStatus
TO = "79991234567"
LONG = "Очень длинное сообщение. " * 6


def _ids(pdus: list[Pdu]) -> list[str]:
    """Return the ids in responses to submits; all of the PDUs have to be such."""
    assert all(isinstance(pdu, SubmitSmResp) for pdu in pdus)
    return [pdu.message_id for pdu in pdus if isinstance(pdu, SubmitSmResp)]


def _statuses(pdus: list[Pdu]) -> list[int]:
    """Return the `command_status` of each PDU."""
    return [pdu.command_status for pdu in pdus]


# Binds.


@pytest.mark.parametrize(
    ("mode", "response"),
    [
        ("transceiver", BindTransceiverResp),
        ("transmitter", BindTransmitterResp),
        ("receiver", BindReceiverResp),
    ],
)
def test_anybody_may_bind_in_any_mode(desk: Desk, mode: str, response: Any) -> None:  # noqa: ANN401 - a class of PDU
    """A gateway on the desk needs no account; it says which SMPP it speaks."""
    tlvs = (Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34"),)

    assert [response(system_id="SMSC", sequence_number=1, tlvs=tlvs)] == desk.connect().bind(mode)
    assert 1 == desk.brain.stats().binds


def test_version_5_is_answered_with_version_5(desk: Desk) -> None:
    """The gateway takes both."""
    (response,) = desk.connect().bind(interface_version=0x50)

    assert 0x50 == response.tlv(TlvTag.SC_INTERFACE_VERSION)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        ("shop", "secret", STATUS.ESME_ROK),
        ("shop", "Secret", STATUS.ESME_RINVPASWD),
        ("shoe", "secret", STATUS.ESME_RINVSYSID),
    ],
)
def test_accounts_let_in_those_who_know_the_password(
    make_desk: MakeDesk, system_id: str, password: str, status: CommandStatus
) -> None:
    """How a client tells a wrong login is worth a test."""
    desk = make_desk(accounts={"shop": "secret"})

    assert [status] == _statuses(desk.connect().bind(system_id=system_id, password=password))
    assert bool(status) is bool(desk.brain.stats().binds_refused)


def test_every_bind_may_be_refused(make_desk: MakeDesk) -> None:
    """The link stays up, and the next bind may be luckier."""
    desk = make_desk(bind_status=STATUS.ESME_RBINDFAIL)
    client = desk.connect()

    assert [STATUS.ESME_RBINDFAIL] == _statuses(client.bind())
    desk.brain.scenario = Scenario()
    assert [STATUS.ESME_ROK] == _statuses(client.bind())


def test_idle_link_is_cut(make_desk: MakeDesk) -> None:
    """The gateway: within two minutes a message or enquire_link, or the connection is closed."""
    desk = make_desk(inactivity_timeout=120.0)
    client = desk.client()
    desk.now += 60.0
    client.send(EnquireLink())
    desk.now += 119.0
    desk.brain.advance_link(client.link, desk.now)

    assert not client.link.session.is_over
    desk.now += 1.0
    desk.brain.advance_link(client.link, desk.now)
    assert client.link.session.is_over


def test_unbind_ends_the_link(desk: Desk) -> None:
    """Its account has one link less to send receipts over."""
    client = desk.client()

    assert [UnbindResp] == [type(pdu) for pdu in client.send(Unbind())]
    client.lose()
    assert 0 == desk.brain.stats().links


# Submits.


def test_ids_count_up_from_the_documents_own(client: Client) -> None:
    """Decimal, like the 855469 in the gateway's example."""
    assert ["855469", "855470"] == _ids(client.send(*segments(Sms(to=TO, text=LONG))))[:2]


def test_submit_is_kept_as_the_message_it_was(desk: Desk, client: Client) -> None:
    """What a test reads in `messages` is what the gateway understood."""
    message = Sms(to=TO, sender="Shop", text="Код 4821", comment="order 17")
    client.send(*segments(message))
    (kept,) = desk.brain.messages

    assert message == kept.message
    assert ("shop", "Shop", TO) == (kept.system_id, kept.sender, kept.recipient)
    assert ("Код 4821\n~~~\norder 17", 8, 1) == (kept.text, kept.data_coding, kept.parts)
    assert (("855469",), MessageState.ENROUTE) == (kept.message_ids, kept.state)
    assert datetime(2026, 3, 1, 12, 30, tzinfo=UTC) == kept.received_at


def test_octets_that_are_no_text_are_kept_too(desk: Desk, client: Client) -> None:
    """A data_coding that says nothing of text, or one that nobody knows."""
    client.submit(short_message=b"\x01\x02", data_coding=0x0C)

    assert (None, b"\x01\x02") == (desk.brain.messages[0].text, desk.brain.messages[0].octets)


def test_iso_bind_makes_coding_0_latin1(desk: Desk) -> None:
    """«Для использования кодировки ISO-8859-1 (ASCII) вместо GSM … system-type = "ISO"»."""
    client = desk.connect()
    client.bind(system_type="ISO")
    client.submit(short_message=b"\xe9@", data_coding=0)

    assert "é@" == desk.brain.messages[0].text


@pytest.mark.parametrize("long_text", LongText)
def test_parts_are_joined_however_they_travel(
    desk: Desk, client: Client, long_text: LongText
) -> None:
    """User data headers, sar_* TLVs or one message_payload: one message."""
    message = Sms(to=TO, text=LONG, long_text=long_text)
    pdus = segments(message, reference=7)
    ids = _ids(client.send(*reversed(pdus)))
    (kept,) = desk.brain.messages

    assert (LONG, len(pdus), True) == (kept.text, kept.parts, kept.is_complete)
    assert tuple(reversed(ids)) == kept.message_ids
    assert 1 == desk.brain.stats().messages


def test_parts_that_never_come_are_not_waited_for(desk: Desk, client: Client) -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты»."""
    first, second, _ = segments(Sms(to=TO, text=LONG), reference=7)
    client.send(second)
    desk.wait(30.0)
    client.send(first)
    assert [] == list(desk.brain.messages)

    desk.wait(30.0)
    (kept,) = desk.brain.messages
    assert (2, 3, LONG[:134]) == (kept.parts, kept.total, kept.text)
    assert ("855470", "855469") == kept.message_ids


def test_reference_in_use_begins_a_new_message(desk: Desk, client: Client) -> None:
    """What contradicts an earlier part ends that message, and each keeps its own ids."""
    first = split("a" * 161, TextCoding.LATIN1, reference=1)
    second = split("b" * 161, TextCoding.LATIN1, reference=1)
    for segment in (first[0], *second):
        client.submit(short_message=segment.short_message, esm_class=0x40)

    assert [("855469",), ("855470", "855471")] == [m.message_ids for m in desk.brain.messages]


def test_late_repetitions_of_parts_do_not_pile_up(
    desk: Desk, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends a part again after its message was whole gets an id and no message."""
    monkeypatch.setattr(brain, "MOST_OPEN_SETS", 2)
    assert MOST_OPEN_SETS > 2
    for reference in range(6):
        parts = split("a" * 161, TextCoding.LATIN1, reference=reference)
        for segment in (*parts, parts[0]):
            client.submit(short_message=segment.short_message, esm_class=0x40)

    assert client.link.account is not None
    assert 4 == len(client.link.account.open_sets)
    desk.wait(61.0)
    assert 6 == desk.brain.stats().messages


def test_newest_messages_are_kept(make_desk: MakeDesk) -> None:
    """Memory is bounded, the counter isn't."""
    desk = make_desk(keep=2)
    client = desk.client()
    for code in ("1", "2", "3"):
        client.submit(code)

    assert ["2", "3"] == [message.text for message in desk.brain.messages]
    assert (3, 3) == (desk.brain.stats().messages, len(desk.brain.arrived))


def test_submits_may_be_refused(make_desk: MakeDesk) -> None:
    """All of them, with one status."""
    desk = make_desk(submit_status=STATUS.ESME_RSUBMITFAIL)
    (response,) = desk.client().submit()

    assert STATUS.ESME_RSUBMITFAIL == response.command_status
    assert ([], 1) == (list(desk.brain.messages), desk.brain.stats().refused)


def test_submits_may_be_refused_by_what_they_say(make_desk: MakeDesk) -> None:
    """A function sees each as a message of its own that has no id yet."""
    seen: list[KeptMessage] = []

    def no_codes(message: KeptMessage) -> int:
        seen.append(message)
        return 0x400 if message.text and "code" in message.text else 0

    client = make_desk(submit_status=no_codes).client()

    assert [0x400, 0] == _statuses(client.submit("code 4821") + client.submit("hello"))
    assert ["", ""] == [message.message_id for message in seen]


def test_response_may_take_its_time(make_desk: MakeDesk) -> None:
    """And its receipt comes after it all the same: its delay counts from the response."""
    desk = make_desk(response_delay=0.5, receipt_delay=0.2)
    client = desk.client()

    assert [] == client.submit()
    assert 1000.5 == desk.brain.next_deadline()
    desk.wait(0.5)
    assert ["855469"] == _ids(client.read())
    desk.wait(0.2)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]
    assert desk.brain.next_deadline() is None


def test_submits_above_the_window_are_throttled(make_desk: MakeDesk) -> None:
    """A client that doesn't count what it is owed learns it here."""
    desk = make_desk(response_delay=0.5, window=2, receipts=False)
    client = desk.client()
    for code in ("1", "2", "3"):
        client.submit(code)
    desk.wait(0.5)

    assert [0, 0, STATUS.ESME_RTHROTTLED] == _statuses(client.read())
    client.submit("4")
    desk.wait(0.5)
    assert [0] == _statuses(client.read())


def test_silent_gateway_takes_submits_in(make_desk: MakeDesk) -> None:
    """The outcome a client calls unknown: it may well have been sent, and a receipt tells."""
    desk = make_desk(silent=True)
    client = desk.client()

    assert [] == client.submit()
    desk.wait(0.2)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]


def test_link_may_drop_after_so_many_submits(make_desk: MakeDesk) -> None:
    """The last one is taken in, closing is its answer, and what came behind it is lost."""
    desk = make_desk(drop_after=2)
    client = desk.client()
    answers = client.send(*[pdu for code in "123" for pdu in segments(Sms(to=TO, text=code))])

    assert ["855469"] == _ids(answers)
    assert client.link.session.is_over
    assert ["1", "2"] == [message.text for message in desk.brain.messages]
    client.lose()
    assert (0, 2) == (desk.brain.stats().links, desk.brain.stats().submits)


@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_link_may_be_unbound_after_so_many_submits(make_desk: MakeDesk, delay: float) -> None:
    """What is answered at once is answered before; the rest is in nobody's hands any more."""
    desk = make_desk(unbind_after=2, response_delay=delay, receipt_delay=0.2)
    client = desk.client()
    client.submit()
    answers = client.submit()
    late = client.submit()
    client.send_octets(encode(UnbindResp(sequence_number=1)))
    desk.wait(1.0)
    other = desk.connect()
    receipts = [pdu for pdu in other.bind() if isinstance(pdu, DeliverSm)]

    assert Unbind is type(answers[-1])
    assert ([] if delay else ["855470"]) == _ids(answers[:-1])
    assert ([] if delay else ["855471"]) == _ids(late)
    assert client.link.session.is_over
    assert 3 == len(desk.brain.messages)
    assert [] == client.read()
    assert 3 == len(receipts)


def test_response_may_spell_the_id_in_hex(make_desk: MakeDesk) -> None:
    """Some SMSCs do; a client that takes ids for opaque must be told how they match."""
    desk = make_desk(id_format="hex_in_response")
    client = desk.client()

    assert ["D0DAD"] == _ids(client.submit())
    desk.wait(0.2)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]
    assert ("D0DAD",) == desk.brain.messages[0].message_ids


# What isn't there, and what is asked.


@pytest.mark.parametrize(
    "request_pdu",
    [
        SubmitMulti(dest_address=(SmeAddress(1, 1, TO),)),
        CancelSm(message_id="855469"),
        ReplaceSm(message_id="855469"),
        DataSm(destination_addr=TO),
        BroadcastSm(),
    ],
)
def test_what_the_gateway_lacks_is_refused_by_its_own_response(
    client: Client, request_pdu: Pdu
) -> None:
    """«Команда SUBMIT_MULTI для множественной рассылки пока не реализована»."""
    (response,) = client.send(request_pdu)

    assert request_pdu.command_id | 0x80000000 == response.command_id
    assert STATUS.ESME_RINVCMDID == response.command_status


def test_command_that_nobody_knows_is_refused_by_a_generic_nack(client: Client) -> None:
    """It has no response of its own; the session settles that."""
    (response,) = client.send_octets(bytes.fromhex("00000010 00000077 00000000 00000009"))

    assert isinstance(response, GenericNack)


def test_query_is_answered_from_memory(desk: Desk, client: Client) -> None:
    """On its way first, then what became of it and when."""
    (message_id,) = _ids(client.submit())
    (before,) = client.send(QuerySm(message_id=message_id))
    desk.wait(90.0)
    client.read()
    (after,) = client.send(QuerySm(message_id=message_id))

    assert ("855469", MessageState.ENROUTE, "") == _queried(before)
    assert ("855469", MessageState.DELIVERED, "260301123130000+") == _queried(after)


def _queried(pdu: Any) -> tuple[str, int, str]:  # noqa: ANN401 - a QuerySmResp
    """Return what a query_sm_resp tells."""
    return pdu.message_id, pdu.message_state, pdu.final_date


def test_query_error_code_has_one_octet(make_desk: MakeDesk) -> None:
    """The gateway's codes end at 255, a scenario's may not."""
    desk = make_desk(error_code=999, receipt_delay=0.0)
    client = desk.client()
    client.submit(registered_delivery=0)
    desk.wait(0.0)
    response: Any = client.send(QuerySm(message_id="855469"))[0]

    assert 255 == response.error_code


def test_query_tells_nothing_of_others_messages(desk: Desk, client: Client) -> None:
    """Nor of messages that never were."""
    client.submit()
    stranger = desk.client(system_id="bank")

    assert [STATUS.ESME_RINVMSGID] == _statuses(stranger.send(QuerySm(message_id="855469")))
    assert [STATUS.ESME_RINVMSGID] == _statuses(client.send(QuerySm(message_id="1")))


def test_ids_are_forgotten_after_a_while(make_desk: MakeDesk) -> None:
    """Ten for each message that is kept."""
    desk = make_desk(keep=1)
    client = desk.client()
    for number in range(11):
        client.submit(str(number))

    assert [STATUS.ESME_RINVMSGID] == _statuses(client.send(QuerySm(message_id="855469")))
    assert [STATUS.ESME_ROK] == _statuses(client.send(QuerySm(message_id="855470")))


# Receipts.


def test_receipt_comes_after_its_delay(make_desk: MakeDesk) -> None:
    """With the outcome and the dates of the simulated day."""
    desk = make_desk(receipt_delay=90.0, state=MessageState.UNDELIVERABLE, error_code=6)
    client = desk.client()
    client.submit()
    desk.wait(89.0)
    assert [] == client.receipts()

    desk.wait(1.0)
    (receipt,) = client.receipts()
    assert (MessageState.UNDELIVERABLE, 6, TO) == (receipt.state, receipt.error_code, receipt.to)
    assert "2603011230" == receipt.fields["submit date"]
    assert "2603011231" == receipt.fields["done date"]
    assert MessageState.UNDELIVERABLE is desk.brain.messages[0].state


@pytest.mark.parametrize(
    ("settings", "registered_delivery"), [({}, 0), ({}, 2), ({"receipts": False}, 1)]
)
def test_no_receipt_for_those_who_did_not_ask(
    make_desk: MakeDesk, settings: dict[str, bool], registered_delivery: int
) -> None:
    """The message is delivered all the same."""
    desk = make_desk(**settings)
    client = desk.client()
    client.submit(registered_delivery=registered_delivery)
    desk.wait(0.2)

    assert [] == client.receipts()
    assert MessageState.DELIVERED is desk.brain.messages[0].state


def test_message_keeps_the_scenario_it_came_under(desk: Desk, client: Client) -> None:
    """Otherwise a test that changes it would race with what is still on its way."""
    client.submit("first")
    desk.brain.scenario = Scenario(state=MessageState.EXPIRED)
    client.submit("second")
    desk.wait(0.2)

    assert [MessageState.DELIVERED, MessageState.EXPIRED] == [r.state for r in client.receipts()]


def test_receipt_may_overtake_its_response(make_desk: MakeDesk) -> None:
    """Both in one read: what clients that forget unknown receipts lose."""
    client = make_desk(receipt_before_response=True).client()

    assert [CommandId.DELIVER_SM, CommandId.SUBMIT_SM_RESP] == [
        pdu.command_id for pdu in client.submit()
    ]


def test_intermediate_receipt_goes_ahead(make_desk: MakeDesk) -> None:
    """Halfway, with ENROUTE."""
    desk = make_desk(intermediate=True, receipt_delay=0.2)
    client = desk.client()
    client.submit()
    desk.wait(0.1)
    (ahead,) = client.receipts()
    desk.wait(0.1)
    (final,) = client.receipts()

    assert (MessageState.ENROUTE, True) == (ahead.state, ahead.is_intermediate)
    assert (MessageState.DELIVERED, False) == (final.state, final.is_intermediate)


@pytest.mark.parametrize(("long_text", "receipts"), [("udh", 3), ("sar", 3), ("payload", 1)])
def test_each_submit_has_its_own_receipt(
    desk: Desk, client: Client, long_text: str, receipts: int
) -> None:
    """Parts have their own ids; a payload is one submit_sm, charged by what it is cut into."""
    client.send(*segments(Sms(to=TO, text=LONG, long_text=LongText(long_text))))
    desk.wait(0.2)
    came = client.receipts()

    assert receipts == len({receipt.message_id for receipt in came})
    assert 3 == sum(receipt.parts or 0 for receipt in came)


def test_hlr_query_is_answered_by_an_hlr_receipt(desk: Desk, client: Client) -> None:
    """«Результат запроса приходит в обычном статусе (Delivery Report)»."""
    client.send(*segments(HlrQuery(to=TO)))
    desk.wait(0.2)
    (receipt,) = client.receipts()

    assert isinstance(receipt, HlrReceipt)
    assert ("250023012345678", "02") == (receipt.imsi, receipt.mnc)


def test_ping_is_answered_by_a_receipt(desk: Desk, client: Client) -> None:
    """A ping has no other answer."""
    client.send(*segments(Ping(to=TO)))
    desk.wait(0.2)

    assert [5] == [receipt.flags for receipt in client.receipts()]


def test_window_of_receipts_is_five(desk: Desk, client: Client) -> None:
    """The gateway sends at most that many deliver_sm without a response."""
    for number in range(7):
        client.submit(str(number))
    client.read()
    desk.wait(0.2)
    first = client.read()

    assert (5, 2) == (len(first), desk.brain.stats().waiting)
    assert 2 == len(client.answer(*first[:2]))
    assert 2 == desk.brain.stats().delivered


def test_receipts_wait_for_somebody_to_bind(desk: Desk) -> None:
    """Of the same login; a transmitter never gets them."""
    sending = desk.client("transmitter")
    sending.submit()
    desk.wait(0.2)
    assert [] == sending.receipts()

    assert [] == desk.client("receiver", system_id="bank").receipts()
    receiving = desk.connect()
    pdus = receiving.bind("receiver")
    assert [CommandId.BIND_RECEIVER_RESP, CommandId.DELIVER_SM] == [p.command_id for p in pdus]


def test_queue_of_receipts_is_bounded(make_desk: MakeDesk) -> None:
    """The oldest makes room."""
    desk = make_desk(receipt_queue=2)
    sending = desk.client("transmitter")
    for code in "123":
        sending.submit(code)
    desk.wait(0.2)

    assert ["855470", "855471"] == [r.message_id for r in _receipts_of(desk.connect())]
    assert 1 == desk.brain.stats().dropped


def _receipts_of(client: Client) -> list[Receipt]:
    """Bind a client as receiver and return what was waiting for it."""
    return [read_receipt(pdu) for pdu in client.bind("receiver") if isinstance(pdu, DeliverSm)]


def test_receipt_that_was_not_taken_comes_again(desk: Desk, client: Client) -> None:
    """ESME_RX_T_APPN: in a while, the same octets but for the number."""
    client.submit()
    desk.wait(0.2)
    (first,) = client.read()
    assert [] == client.answer(first, status=STATUS.ESME_RX_T_APPN)
    desk.wait(0.9)
    assert [] == client.read()

    desk.wait(0.1)
    assert [r.message_id for r in client.receipts()] == ["855469"]
    assert 1 == desk.brain.stats().redelivered


@pytest.mark.parametrize("status", [STATUS.ESME_RX_P_APPN, STATUS.ESME_RX_R_APPN])
def test_receipt_refused_for_good_does_not_come_again(
    desk: Desk, client: Client, status: CommandStatus
) -> None:
    """The permanent errors of a receiving application."""
    client.submit()
    desk.wait(0.2)
    client.answer(*client.read(), status=status)
    desk.wait(60.0)

    assert [] == client.read()
    assert (1, 0) == (desk.brain.stats().dropped, desk.brain.stats().waiting)


def test_receipt_without_a_response_comes_again(make_desk: MakeDesk) -> None:
    """The client may have died over it."""
    desk = make_desk(deliver_timeout=30.0, inactivity_timeout=None)
    client = desk.client()
    client.submit()
    desk.wait(0.2)
    client.read()
    desk.now += 30.0
    desk.brain.advance_link(client.link, desk.now)

    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]


def test_receipt_with_a_garbled_response_comes_again(desk: Desk, client: Client) -> None:
    """Octets that can't be read are no positive answer."""
    client.submit()
    desk.wait(0.2)
    (pdu,) = client.read()
    number = pdu.sequence_number.to_bytes(4, "big")
    # A TLV that says it is longer than the PDU.
    garbled = bytes.fromhex("00000015 80000005 00000000") + number + bytes.fromhex("00 1403 00FF")

    assert [CommandId.DELIVER_SM] == [pdu.command_id for pdu in client.send_octets(garbled)]


def test_receipts_of_a_lost_link_go_over_the_next(desk: Desk, client: Client) -> None:
    """In the order they had."""
    for number in range(3):
        client.submit(str(number))
    client.read()
    desk.wait(0.2)
    assert 3 == len(client.read())
    client.lose()

    came = _receipts_of(desk.connect())
    assert ["855469", "855470", "855471"] == [receipt.message_id for receipt in came]
    assert 3 == desk.brain.stats().redelivered


def test_receipts_of_a_lost_link_go_over_another_at_once(desk: Desk, client: Client) -> None:
    """Two connections of one login: nobody has to bind again."""
    client.submit()
    other = desk.client()
    desk.wait(0.2)
    assert 1 == len(client.read())
    client.lose()

    assert ["855469"] == [receipt.message_id for receipt in other.receipts()]


def test_address_that_cannot_go_back_costs_its_receipt_only(desk: Desk, client: Client) -> None:
    """8-bit addresses are read leniently and never written."""
    octets = bytearray(encode(_submit_of("Sh0p"), sequence_number=9))
    octets[octets.index(b"Sh0p")] = 0xD8
    client.send_octets(bytes(octets))
    client.submit()
    client.read()
    desk.wait(0.2)

    assert ["855470"] == [receipt.message_id for receipt in client.receipts()]
    assert 1 == desk.brain.stats().dropped


def _submit_of(sender: str) -> Pdu:
    """Return a submit_sm that asks for a receipt."""
    (pdu,) = segments(Sms(to=TO, sender=sender, text="x"))
    return pdu


# Subscribers.


def test_subscriber_may_write(desk: Desk, client: Client) -> None:
    """And is told when the client has taken it."""
    (delivery,) = desk.brain.deliver(TO, "Shop", "Привет", desk.now)
    (pdu,) = client.read()

    assert isinstance(pdu, DeliverSm)
    assert (TO, "Shop", 8) == (pdu.source_addr, pdu.destination_addr, pdu.data_coding)
    assert "Привет".encode("utf-16-be") == pdu.short_message
    assert [] == desk.brain.settled
    client.answer(pdu)
    assert [delivery] == desk.brain.settled
    assert 0 == delivery.command_status


def test_subscriber_may_write_at_length(desk: Desk, client: Client) -> None:
    """Each message with a reference of its own."""
    desk.brain.deliver(TO, "Shop", "x" * 161, desk.now)
    desk.brain.deliver(TO, "Shop", "x" * 161, desk.now)
    references = [pdu.short_message[3] for pdu in client.read() if isinstance(pdu, DeliverSm)]

    assert [1, 1, 2, 2] == references


def test_subscribers_message_waits_for_the_first_who_binds(desk: Desk) -> None:
    """Nobody has ever been here, so it is for whoever comes."""
    desk.brain.deliver(TO, "Shop", "Hi", desk.now)
    assert 1 == desk.brain.stats().waiting

    sending = desk.client("transmitter")
    assert [] == sending.read()
    assert 2 == len(desk.connect().bind("receiver"))
    assert 0 == desk.brain.stats().waiting


def test_subscribers_message_goes_to_an_account_that_can_receive(desk: Desk) -> None:
    """Or to the one that is named."""
    sending, receiving = desk.client("transmitter"), desk.client("receiver", system_id="bank")
    desk.brain.deliver(TO, "Shop", "Hi", desk.now)
    desk.brain.deliver(TO, "Shop", "Hi", desk.now, system_id="shop")

    assert (0, 1) == (len(sending.read()), len(receiving.read()))
    assert 1 == desk.brain.stats().waiting


def test_subscribers_message_that_fits_no_deliver_sm_is_refused(desk: Desk) -> None:
    """At once, to whoever asked for it, and without showing the text."""
    with pytest.raises(InvalidMessageError, match="source_addr") as caught:
        desk.brain.deliver("7" * 21, "Shop", "hunter2", desk.now)

    assert "hunter2" not in f"{caught.value!r} {caught.value}"
    assert caught.value.__context__ is None


def test_a_second_look_at_a_lost_link_changes_nothing(desk: Desk) -> None:
    """A connection that never bound leaves nothing behind."""
    client = desk.connect()
    client.lose()

    assert (1, 0) == (desk.brain.stats().connections, desk.brain.stats().links)
    assert desk.brain.touched


# What the gateway has rules against.


def _fates(client: Client) -> list[tuple[object, object]]:
    """Return state and error of the receipts that came."""
    return [(receipt.state, receipt.error_code) for receipt in client.receipts()]


def test_repeat_is_refused_and_leaves_no_trace(desk: Desk, client: Client) -> None:
    """«Сервер не принимает более одного одинакового запроса … в течение минуты…»."""
    client.submit("Hi")
    desk.wait(59.0)
    assert [STATUS.ESME_RSUBMITFAIL] == _statuses(
        [pdu for pdu in client.submit("Hi") if not isinstance(pdu, DeliverSm)]
    )
    assert (1, 1, 1) == (
        desk.brain.stats().messages,
        desk.brain.stats().refused,
        desk.brain.stats().stopped,
    )

    desk.wait(1.0)
    assert [STATUS.ESME_ROK] == _statuses(client.submit("Hi"))


def test_repeat_may_be_accepted_and_blocked(make_desk: MakeDesk) -> None:
    """How the gateway tells it over SMPP nobody has written down."""
    desk = make_desk(repeat_status=0, repeat_error=7)
    client = desk.client()
    client.submit("Hi")

    assert [STATUS.ESME_ROK] == _statuses(client.submit("Hi"))
    desk.wait(0.2)
    assert [(MessageState.DELIVERED, 0), (MessageState.UNDELIVERABLE, 7)] == _fates(client)
    assert MessageState.UNDELIVERABLE == desk.brain.messages[1].state


def test_repeat_of_another_account_is_none(desk: Desk, client: Client) -> None:
    """«…для защиты от ошибок … в программе на стороне Клиента»: of each client."""
    client.submit("Hi")

    assert [STATUS.ESME_ROK] == _statuses(desk.client(system_id="bank").submit("Hi"))


def test_fifty_first_in_a_row_is_accepted_and_blocked(desk: Desk, client: Client) -> None:
    """«Сервер также блокирует отправку более 50 сообщений одному абоненту…»: err 251."""
    answers = [client.submit(str(number))[0] for number in range(51)]
    desk.wait(0.2)
    errors: list[int | None] = []
    pdus = client.read()
    while pdus:
        errors += [read_receipt(pdu).error_code for pdu in pdus if isinstance(pdu, DeliverSm)]
        pdus = client.answer(*pdus)

    assert [0] * 51 == _statuses(answers)
    assert [0] * 50 + [251] == errors
    assert (0, 1) == (desk.brain.stats().refused, desk.brain.stats().stopped)


def test_flood_may_be_refused(make_desk: MakeDesk) -> None:
    """A client has to take it either way."""
    desk = make_desk(rules=GatewayLimits(flood_length=1), flood_status=0x400)
    client = desk.client()

    assert [0, 0x400] == _statuses(client.submit("1") + client.submit("2"))


def test_message_in_parts_has_one_fate_when_it_is_whole(desk: Desk, client: Client) -> None:
    """«…для проверки на фильтры и шаблоны все SMS-части предварительно необходимо склеить…»."""
    *first, last = segments(Sms(to=TO, text=LONG), reference=7)
    client.send(*first)
    desk.wait(59.0)
    assert [] == client.receipts()

    client.send(last)
    desk.wait(0.2)
    assert [(MessageState.DELIVERED, 0)] * 3 == _fates(client)


def test_message_whose_parts_are_late_is_undeliverable(desk: Desk, client: Client) -> None:
    """«В противном случае оператор может отклонить сообщение…»: err 241, for each part."""
    first, *rest = segments(Sms(to=TO, text=LONG), reference=7)
    client.send(first)
    desk.wait(60.0)
    assert [(MessageState.UNDELIVERABLE, 241)] == _fates(client)

    client.send(*rest)
    desk.wait(60.0)
    assert [(MessageState.UNDELIVERABLE, 241)] * 2 == _fates(client)
    assert [(1, 3), (2, 3)] == [(kept.parts, kept.total) for kept in desk.brain.messages]
    assert (0, 3) == (desk.brain.stats().refused, desk.brain.stats().stopped)


def test_parts_may_be_late_where_no_rule_is(make_desk: MakeDesk) -> None:
    """Each part has its outcome at once, as at an SMSC that joins nothing."""
    desk = make_desk(rules=GatewayLimits(multipart_window=None))
    client = desk.client()
    client.send(segments(Sms(to=TO, text=LONG), reference=7)[0])
    desk.wait(0.2)

    assert [(MessageState.DELIVERED, 0)] == _fates(client)
    desk.wait(60.0)
    assert [] == client.receipts()
    assert 1 == desk.brain.stats().messages


def test_parts_wait_as_long_as_the_rule_says(make_desk: MakeDesk) -> None:
    """Other numbers make a test disagree with the client on purpose."""
    desk = make_desk(rules=GatewayLimits(multipart_window=5.0, margin=0.0))
    client = desk.client()
    client.send(segments(Sms(to=TO, text=LONG), reference=7)[0])
    desk.wait(5.0)

    assert [(MessageState.UNDELIVERABLE, 241)] == _fates(client)


def test_long_message_sent_again_is_known_by_its_whole_text(make_desk: MakeDesk) -> None:
    """It was accepted part by part, so it can only be blocked; one that begins alike isn't."""
    desk = make_desk(receipt_window=9)
    client = desk.client()
    for reference, text in enumerate((LONG, LONG + "!", LONG)):
        client.send(*segments(Sms(to=TO, text=text), reference=reference))
    desk.wait(0.2)

    assert [(MessageState.DELIVERED, 0)] * 6 + [(MessageState.UNDELIVERABLE, 253)] * 3 == (
        _fates(client)
    )
    assert (0, 3) == (desk.brain.stats().refused, desk.brain.stats().stopped)


def test_message_with_a_blocked_part_is_blocked(make_desk: MakeDesk) -> None:
    """Two parts would have passed; nobody can read two thirds."""
    desk = make_desk(rules=GatewayLimits(flood_length=2))
    client = desk.client()
    client.send(*segments(Sms(to=TO, text=LONG)))
    desk.wait(0.2)

    assert [(MessageState.UNDELIVERABLE, 251)] * 3 == _fates(client)


def test_part_that_came_twice_has_a_fate_too(desk: Desk, client: Client) -> None:
    """Two ids were given, so two receipts are owed."""
    first, *rest = segments(Sms(to=TO, text=LONG), reference=7)
    client.send(first, first, *rest)
    desk.wait(0.2)
    assert ["855470", "855471", "855472", "855469"] == [r.message_id for r in client.receipts()]

    client.send(first)
    desk.wait(60.0)
    assert 1 == desk.brain.stats().messages


def test_rules_may_be_off(make_desk: MakeDesk) -> None:
    """Nothing is compared, counted or timed."""
    client = make_desk(rules=None).client()

    assert [0] * 60 == _statuses([client.submit("Hi")[0] for _ in range(60)])


def test_rate_is_kept_where_one_is_set(make_desk: MakeDesk) -> None:
    """Above it the throttling error; that one may come again."""
    desk = make_desk(rules=GatewayLimits(rate=2.0))
    client = desk.client()

    answers = [client.submit(code)[0] for code in "123"]
    assert [0, 0, STATUS.ESME_RTHROTTLED] == _statuses(answers)
    desk.wait(1.0)
    assert 0 == client.submit("3")[-1].command_status


def test_what_is_refused_for_another_reason_is_no_message(make_desk: MakeDesk) -> None:
    """Whoever mends a wrong sender sends the same text again."""
    desk = make_desk(submit_status=STATUS.ESME_RINVSRCADR)
    client = desk.client()
    client.submit("Hi")
    desk.brain.scenario = Scenario()

    assert [0] == _statuses(client.submit("Hi"))


def test_binary_messages_are_compared_by_their_octets(client: Client) -> None:
    """They have no text."""
    answers = [
        client.submit(short_message=octets, data_coding=0x0C)[0]
        for octets in (b"\x01", b"\x02", b"\x01")
    ]

    assert [0, 0, STATUS.ESME_RSUBMITFAIL] == _statuses(answers)


def test_outcome_may_come_first_of_parts_too(make_desk: MakeDesk) -> None:
    """Those of all parts come before the last one's response."""
    client = make_desk(receipt_before_response=True).client()
    *first, last = segments(Sms(to=TO, text=LONG), reference=7)

    assert [SubmitSmResp] * 2 == [type(pdu) for pdu in client.send(*first)]
    assert [DeliverSm] * 3 + [SubmitSmResp] == [type(pdu) for pdu in client.send(last)]


def test_set_that_is_open_keeps_its_rule(make_desk: MakeDesk) -> None:
    """A message keeps the scenario it came under; none is told twice, and none forgotten."""
    desk = make_desk()
    client = desk.client()
    first, second, last = segments(Sms(to=TO, text=LONG), reference=7)
    client.send(first)
    desk.brain.scenario = Scenario(rules=None)
    client.send(second)
    desk.wait(1.0)
    assert [] == client.receipts()

    client.send(last)
    desk.wait(1.0)
    assert [(MessageState.DELIVERED, 0)] * 3 == _fates(client)
    desk.wait(60.0)
    assert [] == client.receipts()

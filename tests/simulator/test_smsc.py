"""Decisions of the simulated SMSC, with time moved by hand and no socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from requests_by_hand import query, submit, with_fields

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
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.receipts import read_receipt
from smsc_async.messages import HlrQuery, LongText, Ping, Sms
from smsc_async.receipts import HlrReceipt
from smsc_async.rules.limits import GatewayLimits
from smsc_async.simulator import HlrAnswer, Scenario, SubmitView

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.conftest import Client, Harness

    MakeHarness = Callable[..., Harness]

STATUS = CommandStatus
TO = "79991234567"
LONG = "Очень длинное сообщение. " * 6


def _ids(pdus: list[Pdu]) -> list[str]:
    """Return the ids in submit_sm_resp; there must be no other PDU."""
    assert all(isinstance(pdu, SubmitSmResp) for pdu in pdus)
    return [pdu.message_id for pdu in pdus if isinstance(pdu, SubmitSmResp)]


def _statuses(pdus: list[Pdu]) -> list[int]:
    """Return the `command_status` of each PDU."""
    return [pdu.command_status for pdu in pdus]


@pytest.mark.parametrize(
    ("mode", "response"),
    [
        ("transceiver", BindTransceiverResp),
        ("transmitter", BindTransmitterResp),
        ("receiver", BindReceiverResp),
    ],
)
def test_any_login_may_bind_in_any_mode(harness: Harness, mode: str, response: Any) -> None:  # noqa: ANN401 - a class of PDU
    """The simulator needs no account; its response has the SMPP version."""
    tlvs = (Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34"),)

    assert [response(system_id="SMSC", sequence_number=1, tlvs=tlvs)] == harness.connect().bind(
        mode
    )
    assert 1 == harness.smsc.stats().binds


def test_version_5_is_answered_with_version_5(harness: Harness) -> None:
    """The gateway has both versions."""
    (response,) = harness.connect().bind(interface_version=0x50)

    assert 0x50 == response.tlv(TlvTag.SC_INTERFACE_VERSION)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        ("shop", "secret", STATUS.ESME_ROK),
        ("shop", "Secret", STATUS.ESME_RINVPASWD),
        ("shoe", "secret", STATUS.ESME_RINVSYSID),
    ],
)
def test_accounts_demand_the_right_password(
    make_harness: MakeHarness, system_id: str, password: str, status: CommandStatus
) -> None:
    """How a client reports a wrong login is worth a test."""
    harness = make_harness(accounts={"shop": "secret"})

    assert [status] == _statuses(harness.connect().bind(system_id=system_id, password=password))
    assert bool(status) is bool(harness.smsc.stats().binds_refused)


def test_every_bind_may_be_refused(make_harness: MakeHarness) -> None:
    """The link stays open, and a later bind may be accepted."""
    harness = make_harness(bind_status=STATUS.ESME_RBINDFAIL)
    client = harness.connect()

    assert [STATUS.ESME_RBINDFAIL] == _statuses(client.bind())
    harness.state.scenario = Scenario()
    assert [STATUS.ESME_ROK] == _statuses(client.bind())


def test_idle_link_is_cut(make_harness: MakeHarness) -> None:
    """The gateway closes a connection without a message or enquire_link for two minutes."""
    harness = make_harness(inactivity_timeout=120.0)
    client = harness.client()
    harness.now += 60.0
    client.send(EnquireLink())
    harness.now += 119.0
    client.advance()

    assert not client.link.session.is_over
    harness.now += 1.0
    client.advance()
    assert client.link.session.is_over


def test_unbind_ends_the_link(harness: Harness) -> None:
    """The session ends, and with the connection the link."""
    client = harness.client()

    assert [UnbindResp] == [type(pdu) for pdu in client.send(Unbind())]
    client.lose()
    assert 0 == harness.smsc.stats().links


def test_ids_count_up_from_the_one_in_the_document(client: Client) -> None:
    """Decimal, like 855469 in the gateway's example."""
    assert ["855469", "855470"] == _ids(client.send(*submits_of(Sms(to=TO, text=LONG))))[:2]


def test_submit_is_recorded_as_the_message_that_was_sent(harness: Harness, client: Client) -> None:
    """A test compares `messages` with what it sent."""
    message = Sms(to=TO, sender="Shop", text="Код 4821", comment="order 17")
    client.send(*submits_of(message))
    (got,) = harness.state.messages

    assert message == got.message
    assert ("shop", "Shop", TO) == (got.system_id, got.sender, got.recipient)
    assert ("Код 4821\n~~~\norder 17", 8, 1) == (got.text, got.data_coding, got.parts)
    assert (("855469",), MessageState.ENROUTE) == (got.message_ids, got.state)
    assert datetime(2026, 3, 1, 12, 30, tzinfo=UTC) == got.received_at


def test_octets_that_are_no_text_are_recorded_too(harness: Harness, client: Client) -> None:
    """Their data_coding is none of a text."""
    client.submit(short_message=b"\x01\x02", data_coding=0x02)

    assert (None, b"\x01\x02") == (harness.state.messages[0].text, harness.state.messages[0].octets)


def test_iso_bind_makes_coding_0_latin1(harness: Harness) -> None:
    """«Для использования кодировки ISO-8859-1 (ASCII) вместо GSM … system-type = "ISO"»."""
    client = harness.connect()
    client.bind(system_type="ISO")
    client.submit(short_message=b"\xe9@", data_coding=0)

    assert "é@" == harness.state.messages[0].text


def test_newest_messages_are_remembered(make_harness: MakeHarness) -> None:
    """Memory is bounded; the counter goes on."""
    harness = make_harness(keep=2)
    client = harness.client()
    for code in ("1", "2", "3"):
        client.submit(code)

    assert ["2", "3"] == [message.text for message in harness.state.messages]
    assert 3 == harness.smsc.stats().messages


def test_submits_may_be_refused(make_harness: MakeHarness) -> None:
    """All of them, with one status."""
    harness = make_harness(submit_status=STATUS.ESME_RSUBMITFAIL)
    (response,) = harness.client().submit()

    assert STATUS.ESME_RSUBMITFAIL == response.command_status
    assert ([], 1) == (list(harness.state.messages), harness.smsc.stats().refused)


def test_submits_may_be_refused_by_their_content(make_harness: MakeHarness) -> None:
    """A function of the scenario gets each submit_sm."""
    seen: list[SubmitView] = []

    def no_codes(message: SubmitView) -> int:
        seen.append(message)
        return 0x400 if message.text and "code" in message.text else 0

    client = make_harness(submit_status=no_codes).client()

    assert [0x400, 0] == _statuses(client.submit("code 4821") + client.submit("hello"))
    assert [("shop", "Shop", TO, "code 4821"), ("shop", "Shop", TO, "hello")] == [
        message[:4] for message in seen
    ]


def test_response_may_be_delayed(make_harness: MakeHarness) -> None:
    """The delay of the receipt counts from the response."""
    harness = make_harness(response_delay=0.5, receipt_delay=0.2)
    client = harness.client()

    assert [] == client.submit()
    assert 1000.5 == harness.smsc.next_deadline()
    harness.advance(0.5)
    assert ["855469"] == _ids(client.read())
    harness.advance(0.2)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]
    assert harness.smsc.next_deadline() is None


def test_submits_above_the_window_are_throttled(make_harness: MakeHarness) -> None:
    """A client has to count its requests in flight."""
    harness = make_harness(response_delay=0.5, window=2, receipts=False)
    client = harness.client()
    for code in ("1", "2", "3"):
        client.submit(code)
    harness.advance(0.5)

    assert [0, 0, STATUS.ESME_RTHROTTLED] == _statuses(client.read())
    client.submit("4")
    harness.advance(0.5)
    assert [0] == _statuses(client.read())


def test_silent_gateway_accepts_submits_without_a_response(make_harness: MakeHarness) -> None:
    """To the client the outcome is unknown, and a receipt shows that the message was sent."""
    harness = make_harness(silent=True)
    client = harness.client()

    assert [] == client.submit()
    harness.advance(0.2)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]


def test_link_may_be_dropped_after_a_number_of_submits(make_harness: MakeHarness) -> None:
    """The last one is accepted without a response, and what follows it is lost."""
    harness = make_harness(drop_after=2)
    client = harness.client()
    answers = client.send(*[pdu for code in "123" for pdu in submits_of(Sms(to=TO, text=code))])

    assert ["855469"] == _ids(answers)
    assert client.link.session.is_over
    assert ["1", "2"] == [message.text for message in harness.state.messages]
    client.lose()
    assert (0, 2) == (harness.smsc.stats().links, harness.smsc.stats().submits)


@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_link_may_be_unbound_after_a_number_of_submits(
    make_harness: MakeHarness, delay: float
) -> None:
    """Immediate responses come before the unbind; delayed ones are never sent."""
    harness = make_harness(unbind_after=2, response_delay=delay, receipt_delay=0.2)
    client = harness.client()
    client.submit()
    answers = client.submit()
    late = client.submit()
    client.send_octets(encode(UnbindResp(sequence_number=1)))
    harness.advance(1.0)
    other = harness.connect()
    receipts = [pdu for pdu in other.bind() if isinstance(pdu, DeliverSm)]

    assert Unbind is type(answers[-1])
    assert ([] if delay else ["855470"]) == _ids(answers[:-1])
    assert ([] if delay else ["855471"]) == _ids(late)
    assert client.link.session.is_over
    assert 3 == len(harness.state.messages)
    assert [] == client.read()
    assert 3 == len(receipts)


def test_response_may_have_the_id_in_hex(make_harness: MakeHarness) -> None:
    """Some SMSCs do; a client that compares ids as text needs a setting for that."""
    harness = make_harness(id_format="hex_in_response")
    client = harness.client()

    assert ["D0DAD"] == _ids(client.submit())
    harness.advance(0.2)
    assert ["855469"] == [receipt.message_id for receipt in client.receipts()]
    assert ("D0DAD",) == harness.state.messages[0].message_ids


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
def test_command_that_the_gateway_lacks_is_refused_by_its_own_response(
    client: Client, request_pdu: Pdu
) -> None:
    """«Команда SUBMIT_MULTI для множественной рассылки пока не реализована»."""
    (response,) = client.send(request_pdu)

    assert request_pdu.command_id | 0x80000000 == response.command_id
    assert STATUS.ESME_RINVCMDID == response.command_status


def test_unknown_command_is_refused_by_a_generic_nack(client: Client) -> None:
    """It has no response of its own."""
    (response,) = client.send_octets(bytes.fromhex("00000010 00000077 00000000 00000009"))

    assert isinstance(response, GenericNack)


def test_query_returns_the_state_and_its_date(harness: Harness, client: Client) -> None:
    """ENROUTE without a date, then the outcome with one."""
    (message_id,) = _ids(client.submit())
    (before,) = client.send(query(message_id))
    harness.advance(90.0)
    client.read()
    (after,) = client.send(query(message_id))

    assert ("855469", MessageState.ENROUTE, "") == _queried(before)
    assert ("855469", MessageState.DELIVERED, "260301123130000+") == _queried(after)


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"source_addr": "Bank"},
        {"source_addr": "shop"},
        {"source_addr_ton": 0},
        {"source_addr_npi": 1},
        {"source_addr": ""},
    ],
)
def test_query_with_another_source_is_refused(client: Client, source: dict[str, Any]) -> None:
    """Type, plan and address have to be those of the submit_sm (v3.4 §4.8.1)."""
    client.submit()
    strange = query("855469", **source) if source else QuerySm(message_id="855469")

    assert [STATUS.ESME_RQUERYFAIL] == _statuses(client.send(strange))


def test_query_without_a_source_finds_a_message_without_one(client: Client) -> None:
    """«NULL» of the submit_sm is NULL of the query_sm."""
    client.submit(source_addr="", source_addr_ton=0)

    assert [STATUS.ESME_ROK] == _statuses(client.send(QuerySm(message_id="855469")))


def test_lenient_simulator_answers_a_query_with_any_source(make_harness: MakeHarness) -> None:
    """As some SMSCs do; another login still finds nothing."""
    harness = make_harness(strict=False)
    client = harness.client()
    client.submit()

    assert [STATUS.ESME_ROK] == _statuses(client.send(QuerySm(message_id="855469")))
    stranger = harness.client(system_id="bank")
    assert [STATUS.ESME_RINVMSGID] == _statuses(stranger.send(query("855469")))


def _queried(pdu: Any) -> tuple[str, int, str]:  # noqa: ANN401 - a QuerySmResp
    """Return id, state and date of a query_sm_resp."""
    return pdu.message_id, pdu.message_state, pdu.final_date


def test_query_error_code_has_one_octet(make_harness: MakeHarness) -> None:
    """The gateway's codes end at 255, those of a scenario at 999."""
    harness = make_harness(error_code=999, receipt_delay=0.0)
    client = harness.client()
    client.submit(registered_delivery=0)
    harness.advance(0.0)
    response: Any = client.send(query("855469"))[0]

    assert 255 == response.error_code


def test_query_finds_no_message_of_another_account(harness: Harness, client: Client) -> None:
    """To its sender such a message doesn't exist."""
    client.submit()
    stranger = harness.client(system_id="bank")

    assert [STATUS.ESME_RINVMSGID] == _statuses(stranger.send(query("855469")))
    assert [STATUS.ESME_RINVMSGID] == _statuses(client.send(query("1")))


def test_number_of_ids_is_bounded(make_harness: MakeHarness) -> None:
    """Ten for each message in `keep`."""
    harness = make_harness(keep=1)
    client = harness.client()
    for number in range(11):
        client.submit(str(number))

    assert [STATUS.ESME_RINVMSGID] == _statuses(client.send(query("855469")))
    assert [STATUS.ESME_ROK] == _statuses(client.send(query("855470")))


def test_receipt_comes_after_its_delay(make_harness: MakeHarness) -> None:
    """With the outcome and the dates of the simulated clock."""
    harness = make_harness(receipt_delay=90.0, state=MessageState.UNDELIVERABLE, error_code=6)
    client = harness.client()
    client.submit()
    harness.advance(89.0)
    assert [] == client.receipts()

    harness.advance(1.0)
    (receipt,) = client.receipts()
    assert (MessageState.UNDELIVERABLE, 6, TO) == (receipt.state, receipt.error_code, receipt.to)
    assert "2603011230" == receipt.fields["submit date"]
    assert "2603011231" == receipt.fields["done date"]
    assert MessageState.UNDELIVERABLE is harness.state.messages[0].state


@pytest.mark.parametrize(
    ("settings", "registered_delivery"), [({}, 0), ({}, 2), ({"receipts": False}, 1)]
)
def test_no_receipt_without_a_request(
    make_harness: MakeHarness, settings: dict[str, bool], registered_delivery: int
) -> None:
    """The message is delivered all the same."""
    harness = make_harness(**settings)
    client = harness.client()
    client.submit(registered_delivery=registered_delivery)
    harness.advance(0.2)

    assert [] == client.receipts()
    assert MessageState.DELIVERED is harness.state.messages[0].state


def test_message_keeps_the_scenario_it_was_received_under(harness: Harness, client: Client) -> None:
    """Otherwise a test that changes it would race with messages on their way."""
    client.submit("first")
    harness.state.scenario = Scenario(state=MessageState.EXPIRED)
    client.submit("second")
    harness.advance(0.2)

    assert [MessageState.DELIVERED, MessageState.EXPIRED] == [r.state for r in client.receipts()]


def test_receipt_may_overtake_its_response(make_harness: MakeHarness) -> None:
    """Both in one read: a client has to keep receipts of ids that it doesn't know yet."""
    client = make_harness(receipt_before_response=True).client()

    assert [CommandId.DELIVER_SM, CommandId.SUBMIT_SM_RESP] == [
        pdu.command_id for pdu in client.submit()
    ]


def test_intermediate_receipt_comes_before_the_final_one(make_harness: MakeHarness) -> None:
    """Halfway to the outcome, with the state ENROUTE."""
    harness = make_harness(intermediate=True, receipt_delay=0.2)
    client = harness.client()
    client.submit(registered_delivery=0x11)
    harness.advance(0.1)
    (ahead,) = client.receipts()
    harness.advance(0.1)
    (final,) = client.receipts()

    assert (MessageState.ENROUTE, True) == (ahead.state, ahead.is_intermediate)
    assert (MessageState.DELIVERED, False) == (final.state, final.is_intermediate)


@pytest.mark.parametrize(
    ("strict", "registered_delivery", "states"),
    [
        (True, 0x01, "DELIVERED"),
        (True, 0x10, "ENROUTE"),
        (True, 0x11, "ENROUTE DELIVERED"),
        (True, 0x12, "ENROUTE"),
        (True, 0x1D, "ENROUTE DELIVERED"),
        (True, 0x00, ""),
        (False, 0x00, ""),
        (False, 0x01, "ENROUTE DELIVERED"),
        (False, 0x10, ""),
        (False, 0x02, ""),
    ],
)
def test_intermediate_receipts_go_to_those_who_request_them(
    make_harness: MakeHarness,
    strict: bool,  # noqa: FBT001 - a table's column
    registered_delivery: int,
    states: str,
) -> None:
    """Bit 4 requests them (v3.4 §5.2.17); some SMSCs send them with every receipt."""
    harness = make_harness(intermediate=True, strict=strict)
    client = harness.client()
    client.submit(registered_delivery=registered_delivery)
    harness.advance(0.2)

    came = [receipt.state for receipt in client.receipts()]
    assert [MessageState[name] for name in states.split()] == came


@pytest.mark.parametrize(
    ("interface_version", "strict", "has_tlvs"),
    [
        (0x34, True, True),
        (0x50, True, True),
        (0x33, True, False),
        (0x00, True, False),
        (0x33, False, True),
    ],
)
def test_client_below_version_3_4_gets_no_tlvs(
    make_harness: MakeHarness,
    interface_version: int,
    strict: bool,  # noqa: FBT001 - a table's column
    has_tlvs: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Neither in the response to its bind nor in receipts (v3.4 §3.4); the text says the same."""
    harness = make_harness(strict=strict)
    client = harness.connect()
    bound = client.bind(interface_version=interface_version)
    client.submit()
    harness.advance(0.2)
    (pdu,) = client.read()
    receipt = read_receipt(cast("DeliverSm", pdu))

    assert [has_tlvs, has_tlvs] == [bool(each.tlvs) for each in (*bound, pdu)]
    assert ("855469", MessageState.DELIVERED) == (receipt.message_id, receipt.state)


@pytest.mark.parametrize(
    ("interface_version", "status"), [(0x34, STATUS.ESME_RINVREGDLVFLG), (0x50, STATUS.ESME_ROK)]
)
def test_version_of_the_bind_decides_what_may_be_requested(
    harness: Harness, interface_version: int, status: int
) -> None:
    """Receipts of success only are of 5.0."""
    client = harness.connect()
    client.bind(interface_version=interface_version)

    assert [status] == _statuses(client.submit(registered_delivery=3))


def test_long_hlr_answer_without_tlvs_is_cut(make_harness: MakeHarness) -> None:
    """Below v3.4 there is no message_payload; id and state stand in front."""
    harness = make_harness(hlr=HlrAnswer(network="N" * 200, country="C" * 200))
    old = harness.connect()
    old.bind(interface_version=0x33)
    old.send(*submits_of(HlrQuery(to=TO)))
    harness.advance(0.2)
    (short,) = old.read()

    assert isinstance(short, DeliverSm)
    assert (254, ()) == (len(short.short_message), short.tlvs)
    assert MessageState.DELIVERED is read_receipt(short).state


def test_each_link_of_an_account_gets_what_it_can_read(harness: Harness) -> None:
    """A receipt that moves to another link gets or loses its TLVs."""
    old = harness.connect()
    old.bind(interface_version=0x33)
    old.submit()
    harness.advance(0.2)
    (first,) = old.read()
    new = harness.client()
    old.lose()
    (again,) = new.read()

    assert [False, True] == [bool(pdu.tlvs) for pdu in (first, again)]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"destination_addr": "7" * 30}, STATUS.ESME_RINVDSTADR),
        ({"destination_addr": ""}, STATUS.ESME_RINVDSTADR),
        ({"priority_flag": 9}, STATUS.ESME_RINVPRTFLG),
        ({"replace_if_present_flag": 7}, STATUS.ESME_RINVREPFLAG),
        ({"schedule_delivery_time": "tomorrow"}, STATUS.ESME_RINVSCHED),
        ({"validity_period": "999999999999999+"}, STATUS.ESME_RINVEXPIRY),
    ],
)
def test_what_the_specification_excludes_is_refused_unless_it_is_lenient(
    make_harness: MakeHarness, fields: dict[str, Any], status: int
) -> None:
    """Each with a status of its own, and a refused message leaves no trace in the rules."""
    octets = with_fields(submit(), **fields)
    strict, lenient = make_harness(), make_harness(strict=False)
    counters = "refused", "refusals", "stopped"

    assert [status] == _statuses(strict.client().send_octets(octets))
    assert [status] == _statuses(strict.client().send_octets(octets))
    assert [STATUS.ESME_ROK] == _statuses(lenient.client().send_octets(octets))
    assert (2, 2, 0) == tuple(getattr(strict.state.stats, name) for name in counters)
    assert [] == list(strict.state.messages)


def test_every_refused_request_is_recorded_with_its_reason(make_harness: MakeHarness) -> None:
    """So that `smsc sim` shows why, whatever the request was."""
    harness = make_harness(accounts={"shop": "secret"}, submit_status=0)
    client = harness.connect()
    client.bind(system_id="bank", password="secret")
    client.bind(password="wrong")
    client.bind(password="secret")
    client.submit("once")
    client.submit("once")
    client.send_octets(with_fields(submit("two"), priority_flag=4))
    client.send(QuerySm(message_id="1"), query("855469", source_addr="Bank"))
    client.send(CancelSm(message_id="855469"))
    client.bind(password="secret")
    harness.state.scenario = Scenario(submit_status=STATUS.ESME_RSYSERR)
    client.submit("three")

    assert [
        ("bind_transceiver", STATUS.ESME_RINVSYSID, "the scenario has no such login"),
        ("bind_transceiver", STATUS.ESME_RINVPASWD, "the password is wrong"),
        (
            "submit_sm",
            STATUS.ESME_RSUBMITFAIL,
            "the same message was accepted less than 60 s ago; it is accepted again in 60.0 s",
        ),
        ("submit_sm", STATUS.ESME_RINVPRTFLG, "priority_flag takes 0 to 3, got 4"),
        ("query_sm", STATUS.ESME_RINVMSGID, "no message of this login has the id"),
        (
            "query_sm",
            STATUS.ESME_RQUERYFAIL,
            "the source address isn't the one that the message was submitted with",
        ),
        ("cancel_sm", STATUS.ESME_RINVCMDID, "the gateway doesn't have this command"),
        ("bind_transceiver", STATUS.ESME_RALYBND, None),
        ("submit_sm", STATUS.ESME_RSYSERR, "the scenario refuses it"),
    ] == [
        (one.command, one.command_status, None if "protocol" in one.reason else one.reason)
        for one in harness.state.refusals
    ]
    assert "bank" == harness.state.refusals[0].system_id
    assert TO == harness.state.refusals[2].recipient
    assert TO not in repr(harness.state.refusals)


def test_number_of_recorded_refusals_is_bounded(make_harness: MakeHarness) -> None:
    """A client that loops fills no memory; the counter counts all."""
    harness = make_harness(keep=3, submit_status=STATUS.ESME_RSYSERR)
    client = harness.client()
    for _ in range(5):
        client.submit()

    assert (3, 5) == (len(harness.state.refusals), harness.smsc.stats().refusals)


def test_submit_over_a_receiver_bind_is_refused(harness: Harness) -> None:
    """ESME_RINVBNDSTS (v3.4 Table 2-1), with the reason in the record."""
    receiver = harness.client("receiver")

    assert [STATUS.ESME_RINVBNDSTS] == _statuses(receiver.submit())
    (refused,) = harness.state.refusals
    assert ("submit_sm", "shop") == (refused.command, refused.system_id)


@pytest.mark.parametrize(("long_text", "receipts"), [("udh", 3), ("sar", 3), ("payload", 1)])
def test_each_submit_has_its_own_receipt(
    harness: Harness, client: Client, long_text: str, receipts: int
) -> None:
    """Parts have ids of their own; a payload is one submit_sm, charged by its parts."""
    client.send(*submits_of(Sms(to=TO, text=LONG, long_text=LongText(long_text))))
    harness.advance(0.2)
    came = client.receipts()

    assert receipts == len({receipt.message_id for receipt in came})
    assert 3 == sum(receipt.parts or 0 for receipt in came)


def test_hlr_query_is_answered_by_an_hlr_receipt(harness: Harness, client: Client) -> None:
    """«Результат запроса приходит в обычном статусе (Delivery Report)»."""
    client.send(*submits_of(HlrQuery(to=TO)))
    harness.advance(0.2)
    (receipt,) = client.receipts()

    assert isinstance(receipt, HlrReceipt)
    assert ("250023012345678", "02") == (receipt.imsi, receipt.mnc)


def test_ping_is_answered_by_a_receipt(harness: Harness, client: Client) -> None:
    """A ping has no other result."""
    client.send(*submits_of(Ping(to=TO)))
    harness.advance(0.2)

    assert [5] == [receipt.flags for receipt in client.receipts()]


def test_lost_link_that_never_bound_is_counted_out(harness: Harness) -> None:
    """It has no account to be removed from."""
    client = harness.connect()
    client.lose()

    assert (1, 0) == (harness.smsc.stats().connections, harness.smsc.stats().links)


def test_repeat_is_refused_and_leaves_no_trace(harness: Harness, client: Client) -> None:
    """«Сервер не принимает более одного одинакового запроса … в течение минуты…»."""
    client.submit("Hi")
    harness.advance(59.0)
    assert [STATUS.ESME_RSUBMITFAIL] == _statuses(
        [pdu for pdu in client.submit("Hi") if not isinstance(pdu, DeliverSm)]
    )
    assert (1, 1, 1) == (
        harness.smsc.stats().messages,
        harness.smsc.stats().refused,
        harness.smsc.stats().stopped,
    )

    harness.advance(1.0)
    assert [STATUS.ESME_ROK] == _statuses(client.submit("Hi"))


def test_repeat_may_be_accepted_and_blocked(make_harness: MakeHarness) -> None:
    """How the gateway reports a repeat over SMPP isn't documented."""
    harness = make_harness(repeat_status=0, repeat_error=7)
    client = harness.client()
    client.submit("Hi")

    assert [STATUS.ESME_ROK] == _statuses(client.submit("Hi"))
    harness.advance(0.2)
    assert [(MessageState.DELIVERED, 0), (MessageState.UNDELIVERABLE, 7)] == client.outcomes()
    assert MessageState.UNDELIVERABLE == harness.state.messages[1].state


def test_repeat_of_another_account_is_none(harness: Harness, client: Client) -> None:
    """«…для защиты от ошибок … в программе на стороне Клиента»: of each client."""
    client.submit("Hi")

    assert [STATUS.ESME_ROK] == _statuses(harness.client(system_id="bank").submit("Hi"))


def test_fifty_first_in_a_streak_is_accepted_and_blocked(harness: Harness, client: Client) -> None:
    """«Сервер также блокирует отправку более 50 сообщений одному абоненту…»: err 251."""
    answers = [client.submit(str(number))[0] for number in range(51)]
    harness.advance(0.2)
    errors: list[int | None] = []
    pdus = client.read()
    while pdus:
        errors += [read_receipt(pdu).error_code for pdu in pdus if isinstance(pdu, DeliverSm)]
        pdus = client.answer(*pdus)

    assert [0] * 51 == _statuses(answers)
    assert [0] * 50 + [251] == errors
    assert (0, 1) == (harness.smsc.stats().refused, harness.smsc.stats().stopped)


def test_flood_may_be_refused(make_harness: MakeHarness) -> None:
    """A client has to handle both forms."""
    harness = make_harness(rules=GatewayLimits(flood_length=1), flood_status=0x400)
    client = harness.client()

    assert [0, 0x400] == _statuses(client.submit("1") + client.submit("2"))


def test_rules_may_be_off(make_harness: MakeHarness) -> None:
    """Measurements send the same message again and again."""
    client = make_harness(rules=None).client()

    assert [0] * 60 == _statuses([client.submit("Hi")[0] for _ in range(60)])


def test_submits_above_a_rate_are_throttled(make_harness: MakeHarness) -> None:
    """A client sends such a message again later."""
    harness = make_harness(rules=GatewayLimits(rate=2.0))
    client = harness.client()

    answers = [client.submit(code)[0] for code in "123"]
    assert [0, 0, STATUS.ESME_RTHROTTLED] == _statuses(answers)
    harness.advance(1.0)
    assert 0 == client.submit("3")[-1].command_status


def test_message_refused_for_another_reason_makes_no_repeat(make_harness: MakeHarness) -> None:
    """After a wrong sender is mended the same text is sent again."""
    harness = make_harness(submit_status=STATUS.ESME_RINVSRCADR)
    client = harness.client()
    client.submit("Hi")
    harness.state.scenario = Scenario()

    assert [0] == _statuses(client.submit("Hi"))


def test_binary_messages_are_compared_by_their_octets(client: Client) -> None:
    """They have no text."""
    answers = [
        client.submit(short_message=octets, data_coding=0x02)[0]
        for octets in (b"\x01", b"\x02", b"\x01")
    ]

    assert [0, 0, STATUS.ESME_RSUBMITFAIL] == _statuses(answers)


def test_reprs_show_numbers_and_no_text(harness: Harness, client: Client) -> None:
    """Debuggers show them, and a text may be a code."""
    client.submit("Code 4821")
    client.send(submits_of(Sms(to=TO, text=LONG), reference=7)[0])
    harness.advance(0.2)
    smsc: Any = harness.smsc

    assert [
        "<SimulatedSmsc 1 links, 2 submits, 1 messages, 0 deliver_sm waiting>",
        "<SmscState 1 accounts, 1 messages, 1 actions scheduled>",
        "<MessageAssembly 1 partial messages>",
        "<OutboundQueue 0 waiting, 0 delivered, 0 redelivered, 0 dropped>",
    ] == [repr(one) for one in (smsc, smsc.state, smsc._assembly, smsc._outbound)]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (0x50, "the same message was accepted less than 60 s ago; it is accepted again in 60.0 s"),
        (0x34, None),
        (0x33, None),
    ],
)
def test_response_of_smpp_5_0_says_why_a_message_is_refused(
    make_harness: MakeHarness, version: int, words: str | None
) -> None:
    """SMPP 3.4 has no TLVs in submit_sm_resp, and clients of it can't read any."""
    client = make_harness().connect()
    client.bind(interface_version=version)
    client.submit("once")
    (refused,) = client.submit("once")

    assert STATUS.ESME_RSUBMITFAIL == refused.command_status
    assert words == refused.tlv(TlvTag.ADDITIONAL_STATUS_INFO_TEXT)


@pytest.mark.parametrize("keep_octets", [1, 100, 250])
def test_texts_of_parts_are_bounded_too(make_harness: MakeHarness, keep_octets: int) -> None:
    """query_sm finds no more than is kept; the newest stays, however long it is."""
    harness = make_harness(keep=1000, keep_octets=keep_octets, rules=None)
    client = harness.client()
    for _ in range(20):
        client.submit("x" * 100)
    client.submit(short_message=b"\x01\x02", data_coding=2)
    parts = [*harness.state.parts.values()]

    assert parts[-1].text is None
    assert sum(len(part.text or "") for part in parts) <= max(keep_octets, 100)
    assert len(parts) == 1 + keep_octets // 100
    harness.state.scenario = replace(harness.state.scenario, keep_octets=1)
    client.submit("y" * 200)
    assert [200] == [len(part.text or "") for part in harness.state.parts.values()]


@pytest.mark.parametrize("returned", [-1, 2**32, 2**33, True, None, "8", 8.0, KeyError], ids=repr)
def test_status_that_is_none_refuses_the_message_and_keeps_the_link(
    make_harness: MakeHarness,
    caplog: pytest.LogCaptureFixture,
    returned: Any,  # noqa: ANN401 - no status
) -> None:
    """A bug of a test's function is one message's, and is found in the log if it was raised."""

    def status(view: SubmitView) -> int:
        if returned is KeyError:
            raise KeyError(view.text)
        return returned  # type: ignore[no-any-return]

    harness = make_harness(submit_status=status)
    client = harness.client()
    (response,) = client.submit("Ivan")
    (refused,) = harness.state.log

    assert CommandStatus.ESME_RSYSERR == response.command_status
    assert "submit_status of the scenario raised an error" in str(refused.refusal)
    assert not client.link.session.is_over
    assert ("! Scenario.submit_status failed: KeyError" in caplog.text) is (returned is KeyError)
    assert "Ivan" not in caplog.text


def test_refused_submit_says_where_it_came(make_harness: MakeHarness) -> None:
    """Its frames are found by that; of an accepted one its parts say it."""
    harness = make_harness(submit_status=lambda view: 8 if view.text == "b" else 0)
    client = harness.client()
    client.submit("a")
    client.submit("b")
    accepted, refused = harness.state.log

    assert (0, 0) == (accepted.link, accepted.sequence_number)
    assert (1, 3) == (refused.link, refused.sequence_number)

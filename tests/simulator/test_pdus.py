"""The deliver_sm of the simulated SMSC: receipts and subscribers' messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from message_examples import messages_of

from pdu import EncodeError, EsmClass, MessageState, Tlv, TlvTag, encode
from pdu.receipt_text import STAT_NAMES
from smsc_async.gateway.coding import DEFAULT_SETTINGS, TextSettings
from smsc_async.gateway.kinds import KINDS, Kind
from smsc_async.gateway.receipts import read_receipt
from smsc_async.messages import HlrQuery, Message, Ping, Sms, TelegramCode, Viber, VoiceCall
from smsc_async.receipts import HlrReceipt
from smsc_async.simulator import HlrAnswer, Scenario, SubmittedPart
from smsc_async.simulator.pdus import (
    charged_parts,
    flags_of,
    incoming,
    receipt,
    wants_receipt,
)

if TYPE_CHECKING:
    from smsc_async.receipts import Receipt

TO = "79991234567"


def _part(**fields: Any) -> SubmittedPart:  # noqa: ANN401 - any field of a part
    """Make a part that was delivered half an hour later."""
    values: dict[str, Any] = {
        "number": 855469,
        "system_id": "shop",
        "sender": "Shop",
        "recipient": TO,
        "source": (5, 0),
        "dest": (1, 1),
        "registered_delivery": 1,
        "text": "Your code is 4821, keep it secret",
        "flags": 0,
        "charged": 1,
        "scenario": Scenario(cost="2.5000"),
        "submitted_at": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        "done_at": datetime(2026, 3, 1, 13, 0, tzinfo=UTC),
        "state": MessageState.DELIVERED,
    }
    return SubmittedPart(**values | fields)


def _read(part: SubmittedPart) -> Receipt:
    """Read the receipt of a part as a client does."""
    return read_receipt(receipt(part))


def test_receipt_is_the_classic_text() -> None:
    """Its labels, their order and their padding are what clients search for."""
    assert (
        b"id:855469 sub:001 dlvrd:001 submit date:2603011230 done date:2603011300"
        b" stat:DELIVRD err:000 text:Your code is 4821, k" == receipt(_part()).short_message
    )


def test_receipt_carries_the_standard_tlvs_and_the_gateways_own() -> None:
    """«receipted_message_id, message_state, network_error_code», then 0x2000 to 0x2002."""
    expected = (
        Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"855469\0"),
        Tlv(TlvTag.MESSAGE_STATE, b"\x05"),
        Tlv(TlvTag.NETWORK_ERROR_CODE, b"\x03\x00\xfb"),
        Tlv(0x2000, b"2.5000"),
        Tlv(0x2001, b"\x00\x05"),
        Tlv(0x2002, b"\x00\x02"),
    )
    part = _part(state=MessageState.UNDELIVERABLE, error_code=251, flags=5, charged=2)

    assert expected == receipt(part).tlvs


def test_receipt_goes_the_other_way() -> None:
    """From the recipient to the sender, with the types of number they came with."""
    pdu = receipt(_part())

    assert (TO, 1, 1) == (pdu.source_addr, pdu.source_addr_ton, pdu.source_addr_npi)
    assert ("Shop", 5, 0) == (pdu.destination_addr, pdu.dest_addr_ton, pdu.dest_addr_npi)
    assert EsmClass.DELIVERY_RECEIPT == pdu.esm_class


def test_intermediate_receipt_says_so_in_esm_class() -> None:
    """A client must not mistake it for the outcome."""
    part = _part(state=MessageState.ENROUTE, done_at=None)
    read = read_receipt(receipt(part, is_intermediate=True))

    assert (True, MessageState.ENROUTE) == (read.is_intermediate, read.state)
    assert "2603011230" == read.fields["done date"]
    assert "000" == read.fields["dlvrd"]


@pytest.mark.parametrize("state", [*MessageState, 77])
def test_every_state_is_read_back(state: int) -> None:
    """Text and TLV agree, as far as the text has a word for the state."""
    read = _read(_part(state=state))

    assert state == read.state
    assert STAT_NAMES.get(state, "UNKNOWN") == read.fields["stat"]


@pytest.mark.parametrize(
    ("text", "quote"),
    [("Код 4821", "??? 4821"), ("two\nlines\0", "two?lines?"), (None, ""), ("é~ü", "?~?")],
)
def test_quote_is_plain_ascii(text: str | None, quote: str) -> None:
    """A receipt has no coding for the text that it quotes."""
    assert quote == _read(_part(text=text)).fields["text"]


def test_hlr_query_is_answered_in_the_documents_form() -> None:
    """The document's own example, to the character."""
    assert (
        b"id:855469 stat:DELIVRD err:000 imsi:250023012345678 msc:79232510066 mcc:250 mnc:02"
        b" cn:Russian+Federation net:MegaFON+open+Joint+Stock+Company rcn: rnet:"
        == receipt(_part(flags=4)).short_message
    )


def test_hlr_values_are_settable_and_read_back() -> None:
    """Clients are tested with a roaming subscriber, and with names in any alphabet."""
    answer = HlrAnswer(mcc="401", roaming_country="Қазақстан", roaming_network="Kcell & Co")
    read = _read(_part(flags=4, scenario=Scenario(hlr=answer)))

    assert isinstance(read, HlrReceipt)
    assert ("401", "Қазақстан", "Kcell & Co") == (
        read.mcc,
        read.roaming_country,
        read.roaming_network,
    )


def test_long_receipt_travels_as_payload() -> None:
    """short_message ends at 254 octets; names in Cyrillic are long when urlencoded."""
    scenario = Scenario(hlr=replace(HlrAnswer(), network="Мегафон" * 10))
    pdu = receipt(_part(flags=4, scenario=scenario))

    assert b"" == pdu.short_message
    assert b"id:855469 stat:DELIVRD" == pdu.tlv(TlvTag.MESSAGE_PAYLOAD)[:22]
    assert encode(pdu, sequence_number=1)


@pytest.mark.parametrize(
    ("registered_delivery", "when_delivered", "when_not"),
    [(0, False, False), (1, True, True), (2, False, True), (3, True, False), (0x10, False, False)],
)
def test_receipts_are_sent_on_request_only(
    registered_delivery: int, *, when_delivered: bool, when_not: bool
) -> None:
    """Bits 1 and 0 of registered_delivery select the outcomes."""
    assert when_delivered is wants_receipt(registered_delivery, MessageState.DELIVERED)
    assert when_not is wants_receipt(registered_delivery, MessageState.EXPIRED)


@pytest.mark.parametrize(
    ("message", "data_coding", "flags"),
    [
        (None, 0x00, 0),
        (None, 0x10, 1),
        (Sms(to=TO, text="x"), 0x08, 0),
        (HlrQuery(to=TO), 0x08, 4),
        (Ping(to=TO), 0x08, 5),
        (VoiceCall(to=TO, text="x"), 0x08, 7),
        (Viber(to=TO, text="x"), 0x08, 10),
        (TelegramCode(to=TO, code="4821"), 0x08, 0),
    ],
)
def test_flags_name_the_kind(message: Message[Any] | None, data_coding: int, flags: int) -> None:
    """Bits 0 to 3 of the gateway's TLV 0x2001."""
    assert flags == flags_of(message, data_coding)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.message_class.__name__)
def test_flags_are_those_of_the_table_of_kinds(kind: Kind) -> None:
    """0 for a kind that the gateway's list doesn't have."""
    assert {kind.flags} == {flags_of(message, 0x08) for message in messages_of(kind)}


@pytest.mark.parametrize(
    ("octets", "data_coding", "parts"),
    [(160, 0, 1), (161, 0, 2), (306, 0, 2), (140, 4, 1), (141, 4, 2), (140, 8, 1), (270, 8, 3)],
)
def test_payload_is_charged_by_the_parts_it_is_cut_into(
    octets: int, data_coding: int, parts: int
) -> None:
    """One submit_sm becomes many SMS; the gateway's TLV 0x2002 says how many."""
    assert parts == charged_parts(bytes(octets), data_coding)


def test_coding_that_is_none_is_charged_by_octets() -> None:
    """The gateway's third coding is reserved; a charge is still due."""
    assert 2 == charged_parts(bytes(141), 0x0C)


def test_subscriber_writes_in_the_narrowest_coding() -> None:
    """Latin in GSM, Cyrillic in UTF-16BE, as handsets do."""
    (latin,) = incoming(TO, "Shop", "Hi @", reference=1, settings=DEFAULT_SETTINGS)
    (cyrillic,) = incoming(TO, "3116", "Да", reference=1, settings=DEFAULT_SETTINGS)

    assert (0, b"Hi \x00", 5) == (latin.data_coding, latin.short_message, latin.dest_addr_ton)
    assert (8, b"\x04\x14\x04\x30", 1) == (
        cyrillic.data_coding,
        cyrillic.short_message,
        cyrillic.dest_addr_ton,
    )


def test_subscriber_of_an_iso_bind_writes_latin1() -> None:
    """On such a bind coding 0 means ISO-8859-1."""
    (pdu,) = incoming(TO, "Shop", "é@", reference=1, settings=TextSettings(latin1=True))

    assert (4, b"\xe9@") == (pdu.data_coding, pdu.short_message)


def test_long_text_of_a_subscriber_comes_in_parts() -> None:
    """With user data headers, as a handset sends them."""
    first, second = incoming(TO, "Shop", "x" * 161, reference=7, settings=DEFAULT_SETTINGS)

    assert EsmClass.UDHI == first.esm_class == second.esm_class
    assert b"\x05\x00\x03\x07\x02\x01" == first.short_message[:6]
    assert b"\x05\x00\x03\x07\x02\x02xxxxxxxx" == second.short_message


def test_text_that_no_parts_hold_is_refused() -> None:
    """255 parts is where the header's octet ends."""
    with pytest.raises(EncodeError, match="needs 256 segments"):
        incoming(TO, "Shop", "x" * (153 * 255 + 1), reference=1, settings=DEFAULT_SETTINGS)

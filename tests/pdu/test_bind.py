"""Opening a session: octets drawn field by field."""

from __future__ import annotations

from typing import Any

import pytest

from pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    CommandStatus,
    EncodeError,
    LongPasswordBindReceiver,
    LongPasswordBindTransceiver,
    LongPasswordBindTransmitter,
    Npi,
    Outbind,
    Pdu,
    Tlv,
    TlvTag,
    Ton,
    decode,
    encode,
)

BIND_TRANSMITTER = (
    "0000002C"  # command_length    44
    "00000002"  # command_id        bind_transmitter
    "00000000"  # command_status    ESME_ROK
    "00000001"  # sequence_number   1
    "73686F7000"  # system_id         "shop"
    "7365637265743100"  # password          "secret1"
    "49534F00"  # system_type       "ISO"
    "34"  # interface_version v3.4
    "01"  # addr_ton          international
    "01"  # addr_npi          ISDN
    "5E37393030252400"  # address_range     "^7900%$"
)
BIND_RECEIVER = (
    "00000022"  # command_length    34
    "00000001"  # command_id        bind_receiver
    "00000000"  # command_status    ESME_ROK
    "00000002"  # sequence_number   2
    "73686F7000"  # system_id         "shop"
    "61623400"  # password          "ab4"
    "49534F00"  # system_type       "ISO"
    "50"  # interface_version v5.0
    "00"  # addr_ton          unknown
    "00"  # addr_npi          unknown
    "3900"  # address_range     "9"
)
BIND_TRANSCEIVER = (
    "0000001B"  # command_length    27
    "00000009"  # command_id        bind_transceiver
    "00000000"  # command_status    ESME_ROK
    "00000003"  # sequence_number   3
    "73686F7000"  # system_id         "shop"
    "00"  # password          ""
    "00"  # system_type       ""
    "34"  # interface_version v3.4
    "00"  # addr_ton          unknown
    "00"  # addr_npi          unknown
    "00"  # address_range     ""
)
BIND_TRANSMITTER_RESP = (
    "0000001A"  # command_length    26
    "80000002"  # command_id        bind_transmitter_resp
    "00000000"  # command_status    ESME_ROK
    "00000001"  # sequence_number   1
    "534D534300"  # system_id         "SMSC"
    "0210 0001 34"  # sc_interface_version 0x34
)
BIND_RECEIVER_RESP = (
    "00000015"  # command_length    21
    "80000001"  # command_id        bind_receiver_resp
    "00000000"  # command_status    ESME_ROK
    "00000002"  # sequence_number   2
    "534D534300"  # system_id         "SMSC"
)
BIND_TRANSCEIVER_RESP = (
    "00000010"  # command_length    16: a refusal has no body
    "80000009"  # command_id        bind_transceiver_resp
    "0000000E"  # command_status    ESME_RINVPASWD
    "00000003"  # sequence_number   3
)
OUTBIND = (
    "0000001D"  # command_length    29
    "0000000B"  # command_id        outbind
    "00000000"  # command_status    ESME_ROK
    "00000007"  # sequence_number   7
    "534D534300"  # system_id         "SMSC"
    "7365637265743100"  # password          "secret1"
)


@pytest.mark.parametrize(
    ("pdu", "drawn"),
    [
        (
            BindTransmitter(
                sequence_number=1,
                system_id="shop",
                password="secret1",
                system_type="ISO",
                interface_version=0x34,
                addr_ton=Ton.INTERNATIONAL,
                addr_npi=Npi.ISDN,
                address_range="^7900%$",
            ),
            BIND_TRANSMITTER,
        ),
        (
            BindReceiver(
                sequence_number=2,
                system_id="shop",
                password="ab4",
                system_type="ISO",
                interface_version=0x50,
                address_range="9",
            ),
            BIND_RECEIVER,
        ),
        (BindTransceiver(sequence_number=3, system_id="shop"), BIND_TRANSCEIVER),
        (
            BindTransmitterResp(
                sequence_number=1,
                system_id="SMSC",
                tlvs=(Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34"),),
            ),
            BIND_TRANSMITTER_RESP,
        ),
        (BindReceiverResp(sequence_number=2, system_id="SMSC"), BIND_RECEIVER_RESP),
        (
            BindTransceiverResp(sequence_number=3, command_status=CommandStatus.ESME_RINVPASWD),
            BIND_TRANSCEIVER_RESP,
        ),
        (Outbind(sequence_number=7, system_id="SMSC", password="secret1"), OUTBIND),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Pdu) else "",
)
def test_octets_both_ways(pdu: Pdu, drawn: str) -> None:
    """v3.4 §4.1: the order and the kinds of the fields are the specification's."""
    assert bytes.fromhex(drawn) == encode(pdu)
    assert pdu == decode(bytes.fromhex(drawn))


@pytest.mark.parametrize(
    ("field", "characters"),
    [("system_id", 15), ("password", 8), ("system_type", 12), ("address_range", 40)],
)
def test_longest_string_goes_and_the_next_is_refused(field: str, characters: int) -> None:
    """Sizes in the specification count the NUL: C-octet string of 16 is 15 characters."""
    fields: dict[str, Any] = {"system_id": "shop", field: "x" * characters}
    encode(BindTransceiver(**fields))

    with pytest.raises(EncodeError, match=f"takes {characters} characters") as caught:
        encode(BindTransceiver(**fields | {field: "x" * (characters + 1)}))
    assert ("BindTransceiver", field) == (caught.value.pdu, caught.value.field)


@pytest.mark.parametrize(
    ("long", "plain"),
    [
        (LongPasswordBindTransmitter, BindTransmitter),
        (LongPasswordBindReceiver, BindReceiver),
        (LongPasswordBindTransceiver, BindTransceiver),
    ],
)
def test_long_password_needs_a_class_of_its_own(
    long: type[BindTransmitter], plain: type[BindTransmitter]
) -> None:
    """Some gateways issue more than eight characters; no password is cut silently."""
    octets = encode(long(system_id="shop", password="p" * 64))

    assert plain(system_id="shop", password="p" * 64) == decode(octets)
    with pytest.raises(EncodeError, match="takes 8 characters, got 64 "):
        encode(plain(system_id="shop", password="p" * 64))
    with pytest.raises(EncodeError, match="takes 64 characters, got 65 "):
        encode(long(system_id="shop", password="p" * 65))

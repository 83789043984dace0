"""Header-only PDUs: sixteen octets, and not one more."""

from __future__ import annotations

import pytest

from pdu import (
    CommandStatus,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    Unbind,
    UnbindResp,
    decode,
    encode,
)

ENQUIRE_LINK = (
    "00000010"  # command_length  16
    "00000015"  # command_id      enquire_link
    "00000000"  # command_status  ESME_ROK
    "00000001"  # sequence_number 1
)
ENQUIRE_LINK_RESP = (
    "00000010"  # command_length  16
    "80000015"  # command_id      enquire_link_resp
    "00000000"  # command_status  ESME_ROK
    "7FFFFFFF"  # sequence_number 2147483647, the largest of a request
)
UNBIND = (
    "00000010"  # command_length  16
    "00000006"  # command_id      unbind
    "00000000"  # command_status  ESME_ROK
    "0000002A"  # sequence_number 42
)
UNBIND_RESP = (
    "00000010"  # command_length  16
    "80000006"  # command_id      unbind_resp
    "00000004"  # command_status  ESME_RINVBNDSTS
    "0000002A"  # sequence_number 42
)
GENERIC_NACK = (
    "00000010"  # command_length  16
    "80000000"  # command_id      generic_nack
    "00000003"  # command_status  ESME_RINVCMDID
    "00000000"  # sequence_number 0: it couldn't be read
)


@pytest.mark.parametrize(
    ("pdu", "drawn"),
    [
        (EnquireLink(sequence_number=1), ENQUIRE_LINK),
        (EnquireLinkResp(sequence_number=0x7FFF_FFFF), ENQUIRE_LINK_RESP),
        (Unbind(sequence_number=42), UNBIND),
        (
            UnbindResp(command_status=CommandStatus.ESME_RINVBNDSTS, sequence_number=42),
            UNBIND_RESP,
        ),
        (GenericNack(command_status=CommandStatus.ESME_RINVCMDID), GENERIC_NACK),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Pdu) else "",
)
def test_octets_both_ways(pdu: Pdu, drawn: str) -> None:
    """v3.4 §4.2, §4.3, §4.11: strict servers refuse an enquire_link of seventeen octets."""
    assert bytes.fromhex(drawn) == encode(pdu)
    assert pdu == decode(bytes.fromhex(drawn))


def test_tlv_behind_a_header_is_kept() -> None:
    """v5.0 lets congestion_state follow any response."""
    octets = bytes.fromhex(
        "00000015"  # command_length  21
        "80000015"  # command_id      enquire_link_resp
        "00000000"  # command_status  ESME_ROK
        "00000001"  # sequence_number 1
        "0428 0001 64"  # congestion_state 100: congested
    )

    assert 100 == decode(octets).tlv(0x0428)
    assert octets == encode(decode(octets))

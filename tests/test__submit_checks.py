"""Fields of the submit_sm that a message of any kind may set: limits, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from message_examples import NUMBER

from pdu import Tlv
from pdu.enums import TlvTag
from smsc_async._submit_checks import MAX_TLV_OCTETS
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import HlrQuery, Message, Ping, Sms

SECRET = b"secret"
OTHERS: dict[str, Any] = {
    "registered_delivery": 2,
    "priority": 3,
    "tlvs": (Tlv(0x1400, SECRET), Tlv.of(TlvTag.USER_MESSAGE_REFERENCE, 7)),
    "service_type": "WAP",
}


def test_repr_shows_them_only_if_set() -> None:
    """Of a TLV that may hold a text it shows the size."""
    message = Sms(to=NUMBER, text="x", **OTHERS)
    reset = Sms(to=NUMBER, text="x", registered_delivery=1, tlvs=[])  # type: ignore[arg-type]

    assert (
        "Sms(to='7999***67', registered_delivery=2, priority=3, tlvs=(Tlv(0x1400, <6 octets>),"
        " Tlv(user_message_reference, 0007)), service_type='WAP', text=<1 characters>)"
    ) == repr(message)
    assert "Sms(to='7999***67', text=<1 characters>)" == repr(reset)
    assert Sms(to=NUMBER, text="x") == reset


def test_message_keeps_copies_of_its_tlvs() -> None:
    """A `Tlv` and a bytearray can be changed; what was checked mustn't."""
    octets = bytearray(b"ab")
    given = [Tlv(0x1400, octets)]  # type: ignore[arg-type]
    message = Sms(to=NUMBER, text="x", tlvs=given)  # type: ignore[arg-type]
    given[0].tag = 0x0424
    octets += b"c"
    given.clear()

    assert (Tlv(0x1400, b"ab"),) == message.tlvs
    assert hash(message)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("registered_delivery", 256, "0 to 255, got 256"),
        ("registered_delivery", -1, "0 to 255, got -1"),
        ("registered_delivery", "yes", "got a str of 3 characters"),
        ("registered_delivery", None, "got None"),
        ("priority", 4, "0 to 3, got 4"),
        ("priority", True, "0 to 3"),
        ("priority", 1.0, "0 to 3"),
        ("service_type", "ABCDEF", "at most 5 ASCII characters without NUL, got 6"),
        ("service_type", "смс", "at most 5 ASCII characters"),
        ("service_type", "A\0", "without NUL"),
        ("service_type", b"WAP", "a str is needed, got bytes"),
        ("tlvs", Tlv(1, b""), "a tuple of pdu.Tlv is needed, got Tlv"),
        ("tlvs", "secret", "a tuple of pdu.Tlv is needed, got str"),
        ("tlvs", ((0x1400, SECRET),), r"tlvs\[0\]: takes pdu.Tlv, got tuple"),
        ("tlvs", (Tlv(0x1400, b"x"), SECRET), r"tlvs\[1\]: takes pdu.Tlv, got bytes"),
        ("tlvs", (Tlv(0x10000, SECRET),), "a tag 0 to 65535, got 65536"),
        ("tlvs", (Tlv(-1, SECRET),), "a tag 0 to 65535, got -1"),
        ("tlvs", (Tlv(tag=True, value=SECRET),), "a tag 0 to 65535"),
        ("tlvs", (Tlv("x", SECRET),), "a tag 0 to 65535"),  # type: ignore[arg-type]
        ("tlvs", (Tlv(0x1400, "secret"),), "takes octets, got str"),  # type: ignore[arg-type]
        ("tlvs", (Tlv(TlvTag.USER_MESSAGE_REFERENCE, b"x"),), "takes 2 octets, got 1"),
        ("tlvs", (Tlv(0x1400, b"x" * MAX_TLV_OCTETS),), "got 65004; send fewer"),
        ("tlvs", (Tlv(TlvTag.MESSAGE_PAYLOAD, SECRET),), "choose it by long_text"),
        ("tlvs", (Tlv(TlvTag.SAR_MSG_REF_NUM, b"ab"),), "choose it by long_text"),
        ("tlvs", (Tlv(TlvTag.SAR_TOTAL_SEGMENTS, b"a"),), "choose it by long_text"),
        ("tlvs", (Tlv(TlvTag.SAR_SEGMENT_SEQNUM, b"a"),), "choose it by long_text"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: object, reason: str) -> None:
    """The error names field and limit, and shows no octets."""
    fields: dict[str, Any] = {name: value}
    with pytest.raises(InvalidMessageError, match=reason) as caught:
        Sms(to=NUMBER, text="x", **fields)

    assert caught.value.field.startswith(name)
    assert "secret" not in f"{caught.value}{caught.value.value}"


@pytest.mark.parametrize("kind", [HlrQuery, Ping])
@pytest.mark.parametrize("value", [False, 0, 0x10])
def test_query_needs_its_receipt(kind: type[Message[Any]], value: int) -> None:
    """It delivers nothing: the receipt is what it is paid for."""
    with pytest.raises(InvalidMessageError, match="the receipt is the result"):
        kind(to=NUMBER, registered_delivery=value)
    assert kind(to=NUMBER, registered_delivery=0x11).requests_receipt

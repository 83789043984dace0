"""A message that is a submit_sm's fields: what fits is taken as it is, the rest is refused."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pdu import Tlv, TlvTag
from smsc_async._submit import Submit
from smsc_async.errors import InvalidMessageError

TO = "79991234567"
PAYLOAD = (Tlv(TlvTag.MESSAGE_PAYLOAD, b"secret" * 100),)
FULL = Submit(
    to="short-code",
    sender="A name of 20 letters",
    registered_delivery=2,
    priority=1,
    tlvs=(Tlv(TlvTag.SAR_MSG_REF_NUM, b"\0\7"),),
    service_type="USSD",
    short_message=bytearray(b"\x05\x00\x03secret"),  # type: ignore[arg-type]
    data_coding=0xF5,
    esm_class=0x40,
    protocol_id=0x7F,
    source_addr_ton=0,
    source_addr_npi=255,
    dest_addr_ton=2,
    dest_addr_npi=8,
    schedule_delivery_time=datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    validity_period=timedelta(days=2),
    replace_if_present_flag=1,
    sm_default_msg_id=9,
)


@pytest.mark.parametrize("message", [FULL, Submit(to=TO), Submit(to=TO, tlvs=PAYLOAD)])
def test_it_is_a_value(message: Submit) -> None:
    """As any other message."""
    again = pickle.loads(pickle.dumps(message))  # noqa: S301 - our own octets

    assert message == again == copy.deepcopy(message) == replace(message)
    assert hash(message) == hash(again)


def test_times_are_kept_as_they_are_written() -> None:
    """Given as times of Python or of SMPP."""
    times = FULL.schedule_delivery_time, FULL.validity_period

    assert ("261231235900000+", "000002000000000R") == times
    assert times[1] == Submit(to=TO, validity_period="000002000000000R").validity_period


def test_repr_shows_sizes() -> None:
    """What the octets mean isn't known."""
    assert "secret" not in repr(FULL)
    assert "short_message=<9 octets>" in repr(FULL)
    assert ["Submit(to='7999***67', tlvs=(Tlv(message_payload, ", " octets),))"][0] in repr(
        Submit(to=TO, tlvs=PAYLOAD)
    )


def test_payload_is_where_the_octets_are() -> None:
    """In the field or in the TLV."""
    assert b"ab" == Submit(to=TO, short_message=b"ab").payload
    assert b"secret" * 100 == Submit(to=TO, tlvs=PAYLOAD).payload


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("to", "", "1 to 20 ASCII characters without NUL, got 0"),
        ("to", "7" * 21, "got 21"),
        ("to", "секрет", "ASCII"),
        ("to", "7\0", "without NUL"),
        ("to", 79991234567, "a str is needed, got int"),
        ("sender", "secret" * 4, "0 to 20 ASCII characters"),
        ("sender", None, "a str is needed, got NoneType"),
        ("short_message", "secret", "octets are needed, got str; Sms takes a text"),
        ("short_message", b"secret" * 43, "takes 254 octets, got 258; use the TLV"),
        ("data_coding", 256, "0 to 255, got 256"),
        ("data_coding", None, "got None"),
        ("esm_class", -1, "0 to 255, got -1"),
        ("protocol_id", "0", "0 to 255"),
        ("replace_if_present_flag", True, "0 to 255"),
        ("sm_default_msg_id", 300, "0 to 255"),
        ("source_addr_ton", 256, "0 to 255"),
        ("source_addr_npi", "1", "0 to 255"),
        ("dest_addr_ton", 1.0, "0 to 255"),
        ("dest_addr_npi", -1, "0 to 255"),
        ("schedule_delivery_time", "2026-12-31 23:59", "takes YYMMDDhhmmsstnnp"),
        ("schedule_delivery_time", "261331235900000+", "takes YYMMDDhhmmsstnnp"),
        ("schedule_delivery_time", "tomorrow", "got 8 characters"),
        ("schedule_delivery_time", datetime(2026, 1, 1), "zone"),  # noqa: DTZ001 - the mistake
        ("validity_period", timedelta(seconds=-1), "validity_period: "),
        ("validity_period", 60, "a datetime or a timedelta, got int"),
        ("priority", 4, "0 to 3"),
        ("tlvs", (Tlv(TlvTag.SAR_MSG_REF_NUM, b"x"),), "takes 2 octets"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: object, reason: str) -> None:
    """The error names field and limit, and shows neither octets nor names."""
    fields: dict[str, Any] = {"to": TO, name: value}
    with pytest.raises(InvalidMessageError, match=reason) as caught:
        Submit(**fields)

    assert caught.value.field.startswith(name)
    assert "secret" not in f"{caught.value}{caught.value.value}"
    assert "секрет" not in f"{caught.value}{caught.value.value}"


def test_octets_stand_in_one_place() -> None:
    """SMPP leaves open which of the two counts (v3.4 §5.3.2.32)."""
    with pytest.raises(InvalidMessageError, match="must be empty beside the TLV"):
        Submit(to=TO, short_message=b"secret", tlvs=PAYLOAD)

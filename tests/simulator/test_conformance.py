"""What SMPP v3.4 excludes is refused, field by field; what it or the gateway takes isn't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from message_examples import every_message
from requests_by_hand import query, submit, with_fields

from pdu import BindTransceiver, CommandStatus, decode
from pdu.smpp_time import format_time
from smsc_async.gateway.compose import submits_of
from smsc_async.messages import Email, LongText, Sms, TelegramBot
from smsc_async.session import Role, Session
from smsc_async.simulator import Scenario
from smsc_async.simulator.accounts import ClientLink
from smsc_async.simulator.conformance import check_bind, check_query, check_submit
from smsc_async.simulator.received import accepted_part, read_submit

if TYPE_CHECKING:
    from smsc_async.messages import Message

STATUS = CommandStatus
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
TO = "79991234567"


def refused(version: int = 0x34, **fields: Any) -> tuple[int, str] | None:  # noqa: ANN401 - any field of a submit_sm
    """Return status and reason for a submit_sm with these fields; None if it is accepted."""
    pdu: Any = decode(with_fields(submit(), **fields))
    refusal = check_submit(pdu, version=version, at=AT)
    return None if refusal is None else (refusal.command_status, str(refusal))


def status_of(version: int = 0x34, **fields: Any) -> int:  # noqa: ANN401 - any field of a submit_sm
    """Return the status for a submit_sm with these fields."""
    found = refused(version, **fields)
    return 0 if found is None else found[0]


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        (
            {"service_type": "TOOLONG"},
            STATUS.ESME_RINVSERTYP,
            "service_type takes 5 characters, got 7",
        ),
        ({"service_type": "\xd0"}, STATUS.ESME_RINVSERTYP, "printable ASCII"),
        ({"service_type": "C\tT"}, STATUS.ESME_RINVSERTYP, "printable ASCII"),
        ({"source_addr_ton": 7}, STATUS.ESME_RINVSRCTON, "source_addr_ton takes 0 to 6, got 7"),
        ({"source_addr_npi": 2}, STATUS.ESME_RINVSRCNPI, "source_addr_npi 2 is no numbering plan"),
        ({"source_addr": "S" * 21}, STATUS.ESME_RINVSRCADR, "takes 20 characters, got 21"),
        ({"source_addr": "Sh\xd8p"}, STATUS.ESME_RINVSRCADR, "printable ASCII"),
        ({"dest_addr_ton": 255}, STATUS.ESME_RINVDSTTON, "dest_addr_ton takes 0 to 6, got 255"),
        ({"dest_addr_npi": 19}, STATUS.ESME_RINVDSTNPI, "dest_addr_npi 19 is no numbering plan"),
        ({"destination_addr": ""}, STATUS.ESME_RINVDSTADR, "destination_addr is empty"),
        ({"destination_addr": "7" * 21}, STATUS.ESME_RINVDSTADR, "takes 20 characters, got 21"),
        ({"destination_addr": "7" * 30}, STATUS.ESME_RINVDSTADR, "takes 20 characters, got 30"),
        ({"destination_addr": "7999 1234567"}, STATUS.ESME_RINVDSTADR, "takes digits"),
        ({"destination_addr": "+"}, STATUS.ESME_RINVDSTADR, "takes digits"),
        ({"destination_addr": "Ivan"}, STATUS.ESME_RINVDSTADR, "takes digits"),
        ({"destination_addr": "7\x019"}, STATUS.ESME_RINVDSTADR, "printable ASCII"),
        (
            {"esm_class": 0x02},
            STATUS.ESME_RINVESMCLASS,
            "esm_class 0x02: submit_sm has no transaction",
        ),
        ({"esm_class": 0x04}, STATUS.ESME_RINVESMCLASS, "esm_class 0x04: a client submits"),
        ({"esm_class": 0x20}, STATUS.ESME_RINVESMCLASS, "esm_class 0x20: a client submits"),
        ({"esm_class": 0x1B}, STATUS.ESME_RINVESMCLASS, "esm_class 0x1B: a client submits"),
        ({"esm_class": 0x40}, STATUS.ESME_RINVESMCLASS, "announces a user data header"),
        ({"esm_class": 0x40, "short_message": b""}, STATUS.ESME_RINVESMCLASS, "and there is none"),
        (
            {"esm_class": 0xC3, "short_message": b"\x05\0\3"},
            STATUS.ESME_RINVESMCLASS,
            "there is none",
        ),
        ({"priority_flag": 4}, STATUS.ESME_RINVPRTFLG, "priority_flag takes 0 to 3, got 4"),
        ({"priority_flag": 255}, STATUS.ESME_RINVPRTFLG, "got 255"),
        (
            {"registered_delivery": 0x20},
            STATUS.ESME_RINVREGDLVFLG,
            "registered_delivery 0x20 is reserved",
        ),
        ({"registered_delivery": 0x81}, STATUS.ESME_RINVREGDLVFLG, "0x81 is reserved"),
        ({"registered_delivery": 0x03}, STATUS.ESME_RINVREGDLVFLG, "0x03 is reserved"),
        ({"replace_if_present_flag": 2}, STATUS.ESME_RINVREPFLAG, "takes 0 to 1, got 2"),
        ({"data_coding": 0x0C}, STATUS.ESME_RSUBMITFAIL, "data_coding 0x0C is reserved"),
        ({"data_coding": 0x0B}, STATUS.ESME_RSUBMITFAIL, "data_coding 0x0B is reserved"),
        ({"data_coding": 0x1C}, STATUS.ESME_RSUBMITFAIL, "data_coding 0x1C is reserved"),
        ({"data_coding": 0xBF}, STATUS.ESME_RSUBMITFAIL, "data_coding 0xBF is reserved"),
        ({"sm_default_msg_id": 1}, STATUS.ESME_RINVDFTMSGID, "sm_default_msg_id 1: there are no"),
        (
            {"short_message": b"x" * 255},
            STATUS.ESME_RINVMSGLEN,
            "sm_length takes 0 to 254, got 255",
        ),
    ],
)
def test_field_out_of_its_range_is_refused_with_its_own_status(
    fields: dict[str, Any], status: int, reason: str
) -> None:
    """The reason has field, value and limit."""
    found = refused(**fields)

    assert found is not None
    assert status == found[0]
    assert reason in found[1]


@pytest.mark.parametrize(
    "fields",
    [{"service_type": service_type} for service_type in ("", "CMT", "WAP", "USSD", "OTP1", "A-B")]
    + [{"source_addr": sender} for sender in ("", ".", "Shop", "S" * 20, "79990000000", "My Shop")]
    + [
        {"destination_addr": to}
        for to in (TO, f"+{TO}", "0" * 20, "a@b.ru", "@ivan", "#123", "112", "Ivan@mail.example.ru")
    ]
    + [{"dest_addr_ton": 5, "dest_addr_npi": 0, "destination_addr": "Bank"}]
    + [{"dest_addr_ton": ton, "source_addr_ton": ton} for ton in range(7)]
    + [{"dest_addr_npi": npi, "source_addr_npi": npi} for npi in (0, 1, 3, 4, 6, 8, 9, 10, 14, 18)]
    + [{"esm_class": octet} for octet in (0, 1, 3, 0x08, 0x10, 0x13, 0x80)]
    + [{"esm_class": 0x43, "short_message": b"\x05\0\3\1\2\1hello"}]
    + [{"esm_class": 0x40, "short_message": b"\0hello"}]
    + [{"priority_flag": priority} for priority in range(4)]
    + [{"registered_delivery": octet} for octet in (0, 1, 2, 0x10, 0x11, 0x1E)]
    + [{"replace_if_present_flag": 1}]
    + [{"data_coding": coding} for coding in (0, 1, 2, 3, 4, 8, 0x0E, 0x10, 0x14, 0x18, 0xC0, 0xF5)]
    + [{"short_message": text} for text in (b"", b"x" * 254)],
)
def test_field_in_its_range_is_taken(fields: dict[str, Any]) -> None:
    """Codings are those of the specification and of the gateway's page, with a class too."""
    assert None is refused(**fields)


def test_version_5_takes_what_it_adds() -> None:
    """Receipts of success only, an octet more, and a status for data_coding."""
    assert None is refused(0x50, registered_delivery=3)
    assert None is refused(0x50, short_message=b"x" * 255)
    assert STATUS.ESME_RINVDCS == status_of(0x50, data_coding=0x0C)


@pytest.mark.parametrize(
    "time",
    [
        "tomorrow",
        "2603021200",
        "260302120000",
        "20260302120000",
        "260302120000012",
        "260302120000012*",
        "261302120000012+",
        "260230120000012+",
        "260302250000012+",
        "260302120000049+",
        "260302120000099-",
        "000001000000100R",
        "000001000000001R",
        "26030212000001 +",
        "２６0302120000012+",
    ],
)
def test_text_that_is_no_time_is_refused(time: str) -> None:
    """Only the 16 characters of §7.1.1; receipts have other forms, requests don't."""
    ascii_time = time.encode("ascii", "replace").decode()

    assert STATUS.ESME_RINVSCHED == status_of(schedule_delivery_time=ascii_time)
    assert STATUS.ESME_RINVEXPIRY == status_of(validity_period=ascii_time)


@pytest.mark.parametrize(
    ("schedule", "validity", "status"),
    [
        (None, AT + timedelta(hours=1), 0),
        (None, AT, STATUS.ESME_RINVEXPIRY),
        (None, AT - timedelta(days=1), STATUS.ESME_RINVEXPIRY),
        (None, timedelta(hours=24), 0),
        (None, timedelta(seconds=1), 0),
        (None, timedelta(0), STATUS.ESME_RINVEXPIRY),
        (AT + timedelta(days=2), AT + timedelta(days=3), 0),
        (AT + timedelta(days=2), AT + timedelta(days=1), STATUS.ESME_RINVEXPIRY),
        (AT + timedelta(days=2), AT + timedelta(days=2), STATUS.ESME_RINVEXPIRY),
        (timedelta(days=2), AT + timedelta(days=1), STATUS.ESME_RINVEXPIRY),
        (timedelta(days=2), AT + timedelta(days=3), 0),
        (AT + timedelta(days=2), timedelta(hours=1), 0),
        (AT - timedelta(days=2), None, 0),
        (AT - timedelta(days=2), AT - timedelta(days=1), STATUS.ESME_RINVEXPIRY),
    ],
)
def test_validity_ends_after_the_schedule(
    schedule: datetime | timedelta | None, validity: datetime | timedelta | None, status: int
) -> None:
    """A relative one counts from the delivery; a schedule in the past means at once."""
    assert status == status_of(
        schedule_delivery_time=format_time(schedule), validity_period=format_time(validity)
    )


@pytest.mark.parametrize(
    ("tlvs", "status", "reason"),
    [
        ([(0x0424, b"hello")], STATUS.ESME_ROPTPARNOTALLWD, "short_message and message_payload"),
        ([(0x0424, b"")], STATUS.ESME_ROPTPARNOTALLWD, "short_message and message_payload"),
        (
            [(0x020E, b"\0\2")],
            STATUS.ESME_RINVPARLEN,
            "sar_total_segments: the length in octets must be 1, got 2",
        ),
        (
            [(0x020A, b"\1")],
            STATUS.ESME_RINVPARLEN,
            "source_port: the length in octets must be 2, got 1",
        ),
        ([(0x0381, b"\1\2")], STATUS.ESME_RINVPARLEN, "callback_num takes 4 to 19 octets, got 2"),
        (
            [(0x0204, b"")],
            STATUS.ESME_RINVPARLEN,
            "user_message_reference: the length in octets must be 2",
        ),
        ([(0x0201, b"\4")], STATUS.ESME_RINVOPTPARAMVAL, "privacy_indicator takes 0 to 3, got 4"),
        ([(0x0426, b"\2")], STATUS.ESME_RINVOPTPARAMVAL, "more_messages_to_send takes 0 to 1"),
        (
            [(0x0304, b"\x64")],
            STATUS.ESME_RINVOPTPARAMVAL,
            "number_of_messages takes 0 to 99, got 100",
        ),
        (
            [(0x020E, b"\0")],
            STATUS.ESME_RINVOPTPARAMVAL,
            "sar_total_segments takes 1 to 255, got 0",
        ),
        (
            [(0x020C, b"\0\1"), (0x020E, b"\2"), (0x020F, b"\3")],
            STATUS.ESME_RINVOPTPARAMVAL,
            "sar_segment_seqnum 3 is above sar_total_segments 2",
        ),
    ],
)
def test_tlv_of_a_wrong_length_or_value_is_refused(
    tlvs: list[tuple[int, bytes]], status: int, reason: str
) -> None:
    """Lengths and values are those of §5.3."""
    found = refused(tlvs=tlvs)

    assert found is not None
    assert status == found[0]
    assert reason in found[1]


@pytest.mark.parametrize(
    "tlvs",
    [
        [(0x020C, b"\0\1"), (0x020E, b"\2"), (0x020F, b"\2")],
        [(0x020C, b"\0\1"), (0x020F, b"\2")],
        [(0x0204, b"\0\1"), (0x0201, b"\3"), (0x130C, b"")],
        [(0x2000, b"vendor"), (0x1400, b"")],
        [(0x001E, b"\1" * 99), (0x0427, b"\1\2\3")],
        [(0x0007, b"\1\2")],
    ],
)
def test_unknown_and_unexpected_tlvs_are_ignored(tlvs: list[tuple[int, bytes]]) -> None:
    """§3.3 demands it; incomplete sar_* are ignored by §5.3.2.22."""
    assert None is refused(tlvs=tlvs)


def test_payload_alone_is_taken() -> None:
    """The gateway's own library sends every text so; in it a user data header is checked too."""
    header = b"\x05\0\3\1\2\1"
    assert None is refused(short_message=b"", tlvs=[(0x0424, b"x" * 1000)])
    assert None is refused(short_message=b"", esm_class=0x40, tlvs=[(0x0424, header + b"x")])
    assert STATUS.ESME_RINVESMCLASS == status_of(
        short_message=b"", esm_class=0x40, tlvs=[(0x0424, b"x")]
    )


@pytest.mark.parametrize("tlv", [(0x020C, b"\0\1"), (0x020A, b"\0\1"), (0x020B, b"\0\1")])
def test_user_data_header_and_its_tlvs_exclude_each_other(tlv: tuple[int, bytes]) -> None:
    """Both would number the parts or name the ports (§5.2.12)."""
    message = b"\x05\0\3\1\2\1hello"
    assert STATUS.ESME_ROPTPARNOTALLWD == status_of(
        esm_class=0x40, short_message=message, tlvs=[tlv]
    )


@pytest.mark.parametrize(
    "message",
    [
        *every_message(),
        Email(to="ivan.ivanov@mail.ru", text="Привет", subject="Тема"),
        TelegramBot(to=TO, text="Привет", bot="shop_bot"),
        Sms(to=TO, text="Flash", flash=True),
        Sms(to=TO, text="Привет", flash=True, sender="Shop"),
        Sms(to=TO, text="Привет" * 50),
        Sms(to=TO, text="Привет" * 50, long_text=LongText.SAR),
        Sms(to=TO, text="Привет" * 50, long_text=LongText.PAYLOAD),
        Sms(to=TO, text="Позже", validity=3600, schedule=AT + timedelta(days=2)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_kind_of_the_gateways_page_is_taken(message: Message[Any]) -> None:
    """The simulator is the gateway's: its page counts first."""
    submits = submits_of(message)

    assert [None] * len(submits) == [check_submit(pdu, version=0x34, at=AT) for pdu in submits]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 0),
        ({"password": "longer than eight"}, 0),
        ({"system_id": "s" * 16}, STATUS.ESME_RINVSYSID),
        ({"system_id": "магазин".encode().decode("latin-1")}, STATUS.ESME_RINVSYSID),
        ({"system_type": "t" * 13}, STATUS.ESME_RINVSYSTYP),
        ({"addr_ton": 7}, STATUS.ESME_RBINDFAIL),
        ({"addr_npi": 2}, STATUS.ESME_RBINDFAIL),
        ({"address_range": "7" * 41}, STATUS.ESME_RBINDFAIL),
    ],
)
def test_bind_with_a_field_out_of_its_range_is_refused(fields: dict[str, Any], status: int) -> None:
    """Login and type with statuses of their own; the rest is a bind that failed."""
    bind = BindTransceiver(system_id="shop", password="secret", system_type="ISO")
    refusal = check_bind(decode(with_fields(bind, **fields)))

    assert status == (0 if refusal is None else refusal.command_status)


def test_query_has_the_source_of_the_submit() -> None:
    """Type, plan and address, each compared (§4.8.1)."""
    link = ClientLink(Session(Role.SMSC, now=0.0))
    part = accepted_part(855_469, read_submit(link, submit()), 0, Scenario(), at=AT)

    assert None is check_query(query("855469"), part)
    assert [STATUS.ESME_RQUERYFAIL] * 3 == [
        getattr(check_query(query("855469", **other), part), "command_status", 0)
        for other in ({"source_addr": "Bank"}, {"source_addr_ton": 1}, {"source_addr_npi": 1})
    ]

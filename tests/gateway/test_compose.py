"""Messages as octets: what each field says, how texts are cut, templates and what has none."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_examples import every_message

from pdu import decode as decode_pdu
from pdu.enums import TlvTag
from pdu.submit import SubmitSm
from pdu.text import Joined, Reassembler, read_segment
from pdu.text.packed import pack
from pdu.tlvs import Tlv
from smsc_async._submit import Submit
from smsc_async.config import SmscConfig
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway import compose as room
from smsc_async.gateway.addressing import Addressing
from smsc_async.gateway.coding import TextSettings, decode
from smsc_async.gateway.compose import Composer, submits_of, wire_text
from smsc_async.gateway.markup import render
from smsc_async.gateway.plan import plan
from smsc_async.messages import (
    Coding,
    Email,
    HlrQuery,
    LongText,
    Message,
    Ping,
    Sms,
    TelegramBot,
    VoiceCall,
)

TO = "79991234567"


def only(message: Message[Any], **settings: Any) -> SubmitSm:  # noqa: ANN401 - passed on
    """The one PDU of a short message."""
    (submit,) = submits_of(message, **settings)
    return submit


def test_cyrillic_text() -> None:
    """UTF-16BE, a name for a sender, a receipt asked for."""
    submit = only(Sms(to=TO, text="Да", sender="Shop"))

    assert submit == SubmitSm(
        source_addr_ton=5,
        source_addr_npi=1,
        source_addr="Shop",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="79991234567",
        registered_delivery=1,
        data_coding=0x08,
        short_message=bytes.fromhex(
            "0414"  # Д
            "0430"  # а
        ),
    )


def test_latin_text() -> None:
    """One septet an octet; "@" is 0x00 and "{" takes two."""
    submit = only(Sms(to=TO, text="a@{"))

    assert 0x00 == submit.data_coding
    assert bytes.fromhex("61001b28") == submit.short_message


@pytest.mark.parametrize(
    ("sender", "ton"), [("Shop", 5), (".", 5), ("", 5), ("79990000000", 1), ("900", 1)]
)
def test_type_of_number_of_the_sender(sender: str, ton: int) -> None:
    """5 for a name, as the gateway's sample has it, 1 for a number."""
    submit = only(Sms(to=TO, text="x", sender=sender))

    assert (ton, 1) == (submit.source_addr_ton, submit.source_addr_npi)


@pytest.mark.parametrize(
    ("url", "unknown"),
    [
        ("smpp://shop:secret@gw.example", (0, 0)),
        ("smpp://shop:secret@mysmsc.ru,smsc.ru.example", (0, 0)),
        ("smpp://shop:secret@gw.example?source_ton=3&source_npi=2", (3, 2)),
        ("smpp://shop:secret@gw.example?source_ton=5", (5, 0)),
        ("smsc://shop:secret@", (5, 1)),
        ("smpp://shop:secret@SMPP2.smsc.ru.:3700", (5, 1)),
        ("smsc://shop:secret@127.0.0.1?server_hostname=smpp.smsc.ru", (5, 1)),
        ("smsc://shop:secret@?source_ton=0&source_npi=0", (0, 0)),
        ("sim://", (5, 1)),
    ],
)
def test_empty_sender_is_unknown_except_at_smsc_ru(url: str, unknown: tuple[int, int]) -> None:
    """«If not known, set to NULL (Unknown)»; what SMSC.ru gets stays as it was."""
    addressing = Addressing.from_config(SmscConfig.from_url(url))

    assert unknown == addressing.of_sender("")


def test_config_of_a_client_sets_the_types_of_number() -> None:
    """Four numbers that are easily swapped."""
    url = "smpp://shop:secret@localhost?source_ton=0&source_npi=2&dest_ton=3&dest_npi=4"
    expected = Addressing(source_ton=0, source_npi=2, dest_ton=3, dest_npi=4, is_smsc_ru=False)

    assert expected == Addressing.from_config(SmscConfig.from_url(url))


def test_settings_change_types_of_number() -> None:
    """For another SMSC."""
    submit = only(
        Sms(to=TO, text="x", sender="Shop"),
        addressing=Addressing(source_ton=0, source_npi=0, dest_ton=2, dest_npi=8),
    )

    assert (0, 0, 2, 8) == (
        submit.source_addr_ton,
        submit.source_addr_npi,
        submit.dest_addr_ton,
        submit.dest_addr_npi,
    )


@pytest.mark.parametrize(
    ("message", "octets"),
    [
        (HlrQuery(to=TO), "005f005f0048004c0052005f005f"),
        (Ping(to=TO), "005f005f00500049004e0047005f005f"),
    ],
)
def test_markup_in_ucs2(message: Message[Any], octets: str) -> None:
    """The underscore is beyond doubt there."""
    submit = only(message)

    assert 0x08 == submit.data_coding
    assert bytes.fromhex(octets) == submit.short_message


def test_markup_in_gsm_by_setting() -> None:
    """The underscore is 0x11 in GSM 03.38."""
    submit = only(Ping(to=TO), settings=TextSettings(markup=Coding.GSM))

    assert 0x00 == submit.data_coding
    assert b"\x11\x11PING\x11\x11" == submit.short_message


def test_comment_travels_in_the_coding_of_the_text() -> None:
    """Its size counts: "~" takes two septets."""
    message = Sms(to=TO, text="Hi", comment="17")

    assert b"Hi\n\x1b\x3d\x1b\x3d\x1b\x3d\n17" == only(message).short_message
    assert 12 == plan(message).units


def test_comment_may_force_ucs2() -> None:
    """One text on the wire has one coding."""
    message = Sms(to=TO, text="Hi", comment="заказ")

    assert 0x08 == only(message).data_coding
    assert ("з", "а", "к") == plan(message).forced_by


@pytest.mark.parametrize(
    ("text", "flash", "octet"), [("Hi", False, 0), ("Hi", True, 0x10), ("Да", True, 0x18)]
)
def test_flash(text: str, flash: bool, octet: int) -> None:  # noqa: FBT001 - a table's column
    """Message class 0."""
    message = Sms(to=TO, text=text, flash=flash)

    assert octet == only(message).data_coding
    assert octet == plan(message).data_coding


def test_given_coding_wins() -> None:
    """A coding that is named is used."""
    assert 0x08 == only(Sms(to=TO, text="Hi", coding=Coding.UCS2)).data_coding
    assert b"a\xe7" == only(Sms(to=TO, text="aç", coding=Coding.LATIN1)).short_message


def test_given_coding_that_the_bind_cannot_hold() -> None:
    """After an ISO bind coding 0 is ISO-8859-1, which has no euro sign."""
    message = Sms(to=TO, text="цена 5 €".replace("цена", "price"), coding=Coding.GSM)

    with pytest.raises(InvalidMessageError, match=r"character 9 \(U\+20AC\)") as caught:
        submits_of(message, settings=TextSettings(latin1=True))

    assert "price" not in str(caught.value)
    assert None is caught.value.__context__


def test_schedule_is_absolute_and_validity_relative() -> None:
    """`YYMMDDhhmmsstnnp`: local time with its quarter hours, and a span."""
    moscow = timezone(timedelta(hours=3))
    submit = only(
        Sms(to=TO, text="x", schedule=datetime(2026, 11, 23, 10, 30, tzinfo=moscow), validity=3600)
    )

    assert "261123103000012+" == submit.schedule_delivery_time
    assert "000000010000000R" == submit.validity_period


def test_either_time_alone() -> None:
    """The other stays empty, which is now, or the account's default."""
    later = Sms(to=TO, text="x", schedule=datetime(2026, 11, 23, tzinfo=UTC))
    brief = Sms(to=TO, text="x", validity=timedelta(days=1))

    assert "" == only(later).validity_period
    assert ("", "000001000000000R") == (
        only(brief).schedule_delivery_time,
        only(brief).validity_period,
    )


def test_parts_with_a_header() -> None:
    """05 00 03, the reference, how many there are, which this is."""
    first, second = submits_of(Sms(to=TO, text="Я" * 71), reference=0xAB)

    assert 0x40 == first.esm_class == second.esm_class
    assert bytes.fromhex("050003ab0201") + "Я".encode("utf-16-be") * 67 == first.short_message
    assert bytes.fromhex("050003ab0202") + "Я".encode("utf-16-be") * 4 == second.short_message
    assert () == first.tlvs


def test_parts_with_tlvs() -> None:
    """The text is cut as with a UDH; the numbers are in TLVs."""
    _, second = submits_of(Sms(to=TO, text="Я" * 71, long_text=LongText.SAR), reference=0xAB)

    assert 0 == second.esm_class
    assert "Я".encode("utf-16-be") * 4 == second.short_message
    assert (
        Tlv(TlvTag.SAR_MSG_REF_NUM, b"\x00\xab"),
        Tlv(TlvTag.SAR_TOTAL_SEGMENTS, b"\x02"),
        Tlv(TlvTag.SAR_SEGMENT_SEQNUM, b"\x02"),
    ) == second.tlvs


def test_whole_text_in_the_payload() -> None:
    """One PDU, sm_length 0; the gateway does the cutting."""
    message = Sms(to=TO, text="Я" * 71, long_text=LongText.PAYLOAD)
    submit = only(message)

    assert b"" == submit.short_message
    assert (Tlv(TlvTag.MESSAGE_PAYLOAD, "Я".encode("utf-16-be") * 71),) == submit.tlvs
    assert 0 == submit.esm_class
    assert (1, 2) == (plan(message).pdus, plan(message).parts)


@pytest.mark.parametrize(
    "message",
    [
        Sms(to=TO, text="x", long_text=LongText.PAYLOAD, validity=3600),
        Sms(to=TO, text="[]", long_text=LongText.PAYLOAD),
    ],
    ids=["with times", "escaped characters"],
)
def test_text_of_one_part_is_no_payload(message: Sms) -> None:
    """The choice is how several parts travel; a plan and the rules count one part either way."""
    submit = only(message)

    assert b"" != submit.short_message
    assert () == submit.tlvs


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("x" * 160, [160]),
        ("x" * 161, [6 + 153, 6 + 8]),
        ("x" * 159 + "@", [160]),
        ("x" * 160 + "@", [6 + 153, 6 + 8]),
        ("x" * 159 + "€", [6 + 153, 6 + 8]),
        ("😀" * 35, [140]),
        ("😀" * 36, [6 + 132, 6 + 12]),
        ("Я" * 69 + "😀", [6 + 134, 6 + 8]),
        ("😀" * 70, [6 + 132, 6 + 132, 6 + 16]),
    ],
    ids=lambda value: f"{value[0]}x{len(value)}" if isinstance(value, str) else None,
)
def test_no_part_takes_more_than_140_octets_on_air(text: str, octets: list[int]) -> None:
    """160 septets or 70 units: 71 units are two parts, however few characters they are."""
    ascii_coding = Coding.GSM if text.isascii() else None
    for coding in (None, ascii_coding):
        submits = submits_of(Sms(to=TO, text=text, coding=coding))
        assert octets == [len(submit.short_message) for submit in submits]


@pytest.mark.parametrize("long_text", LongText)
def test_short_text_is_one_plain_part_in_any_case(long_text: LongText) -> None:
    """`long_text` is about long texts."""
    submit = only(Sms(to=TO, text="Я" * 70, long_text=long_text))

    assert "Я".encode("utf-16-be") * 70 == submit.short_message
    assert () == submit.tlvs


@pytest.mark.parametrize("long_text", LongText)
def test_more_parts_than_a_message_has(long_text: LongText) -> None:
    """255 is what one octet counts."""
    message = Sms(to=TO, text="Я" * (255 * 67 + 1), long_text=long_text)

    with pytest.raises(InvalidMessageError) as caught:
        submits_of(message)

    assert "text: needs 256 parts, one message takes 255; shorten it" == str(caught.value)
    assert 255 == plan(Sms(to=TO, text="Я" * 255 * 67)).parts


def test_reference_out_of_range() -> None:
    """8 bits: a caller that counts references wraps them."""
    with pytest.raises(InvalidMessageError, match="reference"):
        submits_of(Sms(to=TO, text="Я" * 71), reference=256)


@pytest.mark.parametrize(
    "message",
    [
        Email(to="a@b.ru", text="Я" * 100, subject="Тема"),
        VoiceCall(to=TO, text="Я" * 100, wait=30),
        TelegramBot(to=TO, text="Я" * 100, bot="shop_bot"),
    ],
    ids=lambda m: type(m).__name__,
)
def test_long_markup_is_cut_as_well(message: Message[Any]) -> None:
    """Joined again it is the whole text."""
    submits = submits_of(message, reference=7)

    assert 2 == len(submits) == plan(message).parts
    assert render(message).encode("utf-16-be") == b"".join(s.short_message[6:] for s in submits)


@pytest.mark.parametrize(
    ("text", "long_text", "octets"),
    [
        ("hello", LongText.UDH, ["E8329BFD06"]),
        ("1234567", LongText.UDH, ["31D98C56B3DD1A"]),
        ("a" * 153 + "hellohello", LongText.UDH, [None, "050003090202D06536FB8D2EB3D96F"]),
        ("a" * 153 + "hellohello", LongText.SAR, [None, "E8329BFD4697D9EC37"]),
        ("мир", LongText.UDH, ["043C04380440"]),
    ],
)
def test_packed_gsm(text: str, long_text: LongText, octets: list[str | None]) -> None:
    """Behind a header with fill bits; UCS-2 as ever."""
    message = Sms(to=TO, text=text, long_text=long_text)
    submits = submits_of(message, reference=9, settings=TextSettings(packed=True))
    expected = [octets and bytes.fromhex(octets) for octets in octets]

    assert expected == [
        submit.short_message if wanted else None
        for submit, wanted in zip(submits, octets, strict=True)
    ]
    assert all(len(submit.short_message) <= 140 for submit in submits)


def test_packed_payload_is_packed_as_a_whole() -> None:
    """No header, no fill bits between the parts that the gateway will cut."""
    message = Sms(to=TO, text="a" * 161, long_text=LongText.PAYLOAD)
    (submit,) = submits_of(message, settings=TextSettings(packed=True))

    assert pack(b"a" * 161) == submit.tlv(TlvTag.MESSAGE_PAYLOAD)


@given(
    text=st.text("aЯ€😀{~ \n", min_size=1, max_size=400),
    long_text=st.sampled_from([LongText.UDH, LongText.SAR]),
    comment=st.none() | st.text("aЯ", max_size=20),
)
@settings(deadline=None, max_examples=60)
def test_what_is_cut_joins_again(text: str, long_text: LongText, comment: str | None) -> None:
    """Through the eyes of the receiving side; and the plan said so before."""
    try:
        message = Sms(to=TO, text=text, comment=comment, long_text=long_text)
    except InvalidMessageError:
        return
    planned, submits = plan(message), submits_of(message, reference=9)
    reassembler = Reassembler(timeout=60.0)
    joined: tuple[Joined, ...] = ()

    for submit in submits:
        sar = None
        if submit.tlvs:
            sar = (
                submit.tlv(TlvTag.SAR_MSG_REF_NUM),
                submit.tlv(TlvTag.SAR_TOTAL_SEGMENTS),
                submit.tlv(TlvTag.SAR_SEGMENT_SEQNUM),
            )
        part = read_segment(submit.short_message, has_udh=submit.esm_class == 0x40, sar=sar)
        joined = reassembler.add(part, sender="Shop", recipient=TO, now=0.0)

    assert render(message) == decode(joined[0].octets, submits[0].data_coding)
    assert planned.pdus == len(submits)
    assert all(len(submit.short_message) <= 160 for submit in submits)


def test_templates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Senders that vary wildly cost time, not memory."""
    monkeypatch.setattr(room, "MAX_TEMPLATES", 2)
    composer = Composer()
    for sender in ("One", "Two", "Three", "One"):
        ((pack, octets),) = composer.compose(Sms(to=TO, text="x", sender=sender))[1]

        assert sender == cast("SubmitSm", decode_pdu(pack(1, TO, octets))).source_addr
        assert len(composer._templates) <= 2


def test_smart_text_travels_in_septets() -> None:
    """One dash doesn't double the price."""
    submit = only(Sms(to=TO, text="17 — ready"), settings=TextSettings(smart=True))

    assert (0x00, b"17 - ready") == (submit.data_coding, submit.short_message)


def test_refusal_of_a_text_holds_no_text() -> None:
    """Error trackers show the variables of a traceback, and must show no message."""
    with pytest.raises(InvalidMessageError) as caught:
        submits_of(Sms(to=TO, text="Я" * (255 * 67 + 1)))

    shown = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    assert not [frame for frame in shown if "text" in (frame.locals or {})]


def test_wording_is_what_the_parts_say() -> None:
    """The gateway's rules compare it, comment included and smart text made plain."""
    message = Sms(to=TO, text="17 — ready", comment="order 17")

    assert "17 - ready\n~~~\norder 17" == wire_text(message, TextSettings(smart=True))


@pytest.mark.parametrize(
    "text",
    [
        "_\u200b_CALL__: hi",
        "__\ufeffHLR__",
        "\u00ad__TGM__: 4821",
        "\u200b",
        "total\n~\u200b~~\nnot a comment",
        "__PING_\u2060_",
    ],
)
def test_plain_signs_never_make_another_message_of_an_sms(text: str) -> None:
    """An invisible sign may stand inside of markup; without it the SMS would be a call or empty."""
    message = Sms(to=TO, text=text)

    assert text == wire_text(message, TextSettings(smart=True))


def test_plain_signs_in_a_comment_keep_it_a_comment() -> None:
    """The comment itself is made plain with the text."""
    message = Sms(to=TO, text="17 — ready", comment="order — 17")

    assert "17 - ready\n~~~\norder - 17" == wire_text(message, TextSettings(smart=True))


OTHERS: dict[str, Any] = {
    "registered_delivery": 2,
    "priority": 3,
    "tlvs": (Tlv(0x1400, b"vendor"),),
    "service_type": "WAP",
}


@pytest.mark.parametrize("message", every_message(), ids=lambda message: type(message).__name__)
def test_fields_of_the_submit_are_written_for_every_kind(message: Message[Any]) -> None:
    """Beside them the PDU is the same."""
    usual, other = only(message), only(replace(message, **OTHERS))

    assert (2, 3, "WAP") == (other.registered_delivery, other.priority_flag, other.service_type)
    assert OTHERS["tlvs"] == other.tlvs
    for name in ("registered_delivery", "priority_flag", "service_type", "tlvs"):
        setattr(other, name, getattr(usual, name))
    assert usual == other


@pytest.mark.parametrize("long_text", LongText)
def test_every_part_has_the_fields_of_the_submit(long_text: LongText) -> None:
    """The TLVs of the parts stand beside those of the user."""
    message = Sms(to=TO, text="x" * 400, long_text=long_text, validity=60)
    others = submits_of(replace(message, **OTHERS))

    for usual, other in zip(submits_of(message), others, strict=True):
        assert (2, 3, "WAP") == (other.registered_delivery, other.priority_flag, other.service_type)
        assert (*usual.tlvs, *OTHERS["tlvs"]) == other.tlvs
        assert (usual.short_message, usual.esm_class) == (other.short_message, other.esm_class)
        assert usual.validity_period == other.validity_period


def test_no_receipt_is_requested_if_it_is_off() -> None:
    """The octet is 0."""
    assert 0 == only(Sms(to=TO, text="x", registered_delivery=False)).registered_delivery


def test_message_with_own_fields_leaves_the_template_of_its_sender() -> None:
    """The next message of the sender has no priority."""
    composer = Composer()
    packs = [
        composer.compose(Sms(to=TO, text="x", sender="Shop", priority=priority))[1][0]
        for priority in (0, 3, 0)
    ]
    submits = [cast("SubmitSm", decode_pdu(pack(1, TO, octets))) for pack, octets in packs]

    assert [0, 3, 0] == [submit.priority_flag for submit in submits]
    assert packs[0][0] is packs[2][0]


@pytest.mark.parametrize(
    ("fields", "is_identical"),
    [
        ({"registered_delivery": False}, True),
        ({"priority": 2}, True),
        ({"service_type": "WAP"}, False),
        ({"tlvs": (Tlv(0x1400, b"a"),)}, False),
    ],
)
def test_rules_compare_what_is_delivered(fields: dict[str, Any], *, is_identical: bool) -> None:
    """A receipt or a priority makes no other message; a service or a TLV may."""
    plain, other = Sms(to=TO, text="x"), Sms(to=TO, text="x", **fields)
    composer = Composer()

    assert is_identical is (composer.compose(plain)[0] == composer.compose(other)[0])


def test_tlvs_of_a_request_are_told_apart() -> None:
    """By tag and octets, and from a service_type."""
    requests = {
        Composer().compose(Sms(to=TO, text="x", **fields))[0]
        for fields in (
            {"tlvs": (Tlv(0x1400, b"a"),)},
            {"tlvs": (Tlv(0x1401, b"a"),)},
            {"tlvs": (Tlv(0x1400, b"b"),)},
            {"tlvs": (Tlv(0x1400, b"a"), Tlv(0x1400, b"a"))},
            {"service_type": "1400"},
        )
    }

    assert 5 == len(requests)


SUBMIT = Submit(
    to="short-code",
    sender="79990000000",
    registered_delivery=2,
    priority=1,
    tlvs=(Tlv(TlvTag.SAR_MSG_REF_NUM, b"\0\7"),),
    service_type="USSD",
    short_message=b"\xff" * 254,
    data_coding=0xF5,
    esm_class=0x43,
    protocol_id=0x7F,
    source_addr_ton=0,
    dest_addr_npi=8,
    schedule_delivery_time="261231235900000+",
    validity_period="000002000000000R",
    replace_if_present_flag=1,
    sm_default_msg_id=9,
)


def test_submit_is_sent_as_it_is() -> None:
    """Each field in its place; a number that isn't given is that of the settings."""
    addressing = Addressing(source_ton=5, source_npi=3, dest_ton=4, dest_npi=6)

    assert only(SUBMIT, addressing=addressing) == SubmitSm(
        service_type="USSD",
        source_addr_ton=0,
        source_addr_npi=3,
        source_addr="79990000000",
        dest_addr_ton=4,
        dest_addr_npi=8,
        destination_addr="short-code",
        esm_class=0x43,
        protocol_id=0x7F,
        priority_flag=1,
        schedule_delivery_time="261231235900000+",
        validity_period="000002000000000R",
        registered_delivery=2,
        replace_if_present_flag=1,
        data_coding=0xF5,
        sm_default_msg_id=9,
        short_message=b"\xff" * 254,
        tlvs=(Tlv(TlvTag.SAR_MSG_REF_NUM, b"\0\7"),),
    )
    assert 1 == only(Submit(to=TO)).registered_delivery


def test_rules_compare_the_octets_of_a_submit() -> None:
    """Its other fields don't count, as those of any message."""
    base = Submit(to=TO, short_message=b"\x00\xff")
    texts = [
        Composer().compose(one)[0]
        for one in (
            base,
            replace(base, priority=1, registered_delivery=0, data_coding=4),
            replace(base, short_message=b"\x00\xfe"),
            replace(base, short_message=b"", tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, b"\x00\xff"),)),
        )
    ]

    assert "\x00\xff" == texts[0] == texts[1] == wire_text(base, TextSettings())
    assert 3 == len({*texts})


LONG_MAIL: dict[str, Any] = {
    "to": "ivan.petrov@company.ru",
    "sender": "a.long.sender@company.ru",
    "subject": "s",
}


@pytest.mark.parametrize(
    "message",
    [
        Email(**LONG_MAIL, text="short"),
        Email(**LONG_MAIL, text="long " * 99),
        Email(**LONG_MAIL, text="short", priority=2, tlvs=(Tlv(0x1400, b"x"),)),
        Email(**LONG_MAIL, text="long " * 99, service_type="MAIL"),
    ],
)
def test_longer_address_of_a_mail_is_sent_as_it_is_on_demand(message: Email) -> None:
    """Nothing of it is cut, in any part; without the setting it is neither sent nor planned."""
    for submit in submits_of(message, settings=TextSettings(email_limit=24)):
        assert (message.to, message.sender) == (submit.destination_addr, submit.source_addr)
        assert (message.priority, message.service_type) == (
            submit.priority_flag,
            submit.service_type,
        )
        assert message.tlvs == submit.tlvs
    for make in (plan, lambda one, of: submits_of(one, settings=of)):
        with pytest.raises(InvalidMessageError, match="email_limit is 20, got 22"):
            make(message, TextSettings())
        with pytest.raises(InvalidMessageError, match="source_addr takes 20 characters and email"):
            make(message, TextSettings(email_limit=23))


def test_numbers_of_a_bind_with_longer_addresses_are_the_same() -> None:
    """The setting is for e-mail."""
    settings, sms = TextSettings(email_limit=254), Sms(to="79991234567", text="x", sender="Shop")

    assert submits_of(sms) == submits_of(sms, settings=settings)

"""Messages as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from message_examples import every_message

from pdu import Tlv
from pdu.enums import TlvTag
from smsc_async import (
    Coding,
    Email,
    HlrQuery,
    InvalidMessageError,
    LongText,
    Message,
    Ping,
    Sms,
    Social,
    Submit,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)
from smsc_async.gateway import kinds
from smsc_async.outbox import OutboxError
from smsc_async.outbox.serialization import KINDS, deserialize, serialize

TO = "79991234567"
MESSAGES: tuple[Message[Any], ...] = (
    *every_message(),
    Sms(to=TO, text="Код входа: 4821"),
    Sms(
        to=TO,
        sender="Shop",
        text="x" * 200,
        comment="order 17",
        coding=Coding.GSM,
        long_text=LongText.PAYLOAD,
        validity=timedelta(hours=1.5),
        schedule=datetime(2026, 12, 31, 23, 59, 1, 300000, tzinfo=ZoneInfo("Europe/Moscow")),
        flash=True,
    ),
    Sms(to=TO, text="x", schedule=datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=-3.5)))),
    Email(to="a@example.com", sender="b@example.com", text="body\nmore", subject="s", comment="c"),
    VoiceCall(to=TO, text="x", voice=Voice.W2, language="en", wait=10),
    VoiceCall(to=TO, text="x", param="22,20"),
    VoiceCall(to=TO, text="x", param="30,60,3"),
    Viber(to=TO, text="x\u2028\x00🙂", comment="c"),
    Social(to=TO, text="x"),
    TelegramCode(to=TO, code="0042"),
    TelegramBot(to=TO, text="x", bot="@shop_bot"),
    HlrQuery(to=TO, sender="+79990000000"),
    Ping(to=TO),
    Sms(
        to=TO,
        text="x",
        registered_delivery=False,
        priority=2,
        tlvs=(Tlv(0x1400, b"\xff\x00"), Tlv.of(TlvTag.USER_MESSAGE_REFERENCE, 7)),
        service_type="WAP",
    ),
    VoiceCall(to=TO, text="x", registered_delivery=0x11),
    Submit(to=TO, short_message=b"\x00\xff", data_coding=4, validity_period=timedelta(days=2)),
    Submit(to="0123", source_addr_ton=0, tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, b"x"),)),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_message_comes_back_equal(message: Message[Any]) -> None:
    """Each kind keeps its class and all its fields."""
    again = deserialize(serialize(message))

    assert message == again
    assert type(message) is type(again)


def test_all_kinds_are_serialized() -> None:
    """A new kind must not be forgotten here."""
    assert {type(message) for message in MESSAGES} == set(KINDS.values())
    assert [one.__name__ for one in kinds.MESSAGE_CLASSES] == list(KINDS)


def test_foreign_number_stays_what_it_is() -> None:
    """A number of Vietnam without its plus would be read as a Russian one."""
    message = Sms(to="+84951234567", text="x")

    assert "84951234567" == message.to
    assert message == deserialize(serialize(message))


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


anything = st.fixed_dictionaries(
    {"to": st.from_regex(r"\+[1-9][0-9]{9,14}", fullmatch=True), "text": texts},
    optional={
        "comment": texts,
        "validity": st.timedeltas(timedelta(seconds=1), timedelta(hours=24)),
        "schedule": st.datetimes(
            datetime(2020, 1, 1),  # noqa: DTZ001 - the time zone comes with `timezones`
            datetime(2090, 1, 1),  # noqa: DTZ001 - as above
            timezones=st.just(UTC),
        ),
        "flash": st.booleans(),
    },
)


@given(anything)
def test_any_sms_comes_back_equal(fields: dict[str, Any]) -> None:
    """Any alphabet, any country, any instant."""
    try:
        message = Sms(**fields)
    except InvalidMessageError:
        return
    assert message == deserialize(serialize(message))


def test_serialized_message_is_a_line_of_ascii() -> None:
    """It is legible in the database, and fits every encoding."""
    form = serialize(Sms(to=TO, text="я\n"))

    assert r'{"v":1,"kind":"Sms","to":"+79991234567","text":"\u044f\n"}' == form


def test_form_with_a_new_field_has_a_new_version() -> None:
    """Version 0.1.0 reads forms without one, and refuses the others as newer."""
    form = serialize(Sms(to=TO, text="x", tlvs=(Tlv(0x1400, b"\xff"),), priority=1))

    assert (
        '{"v":2,"kind":"Sms","to":"+79991234567","priority":1,"tlvs":[[5120,"ff"]],"text":"x"}'
    ) == form


def test_submit_is_kept_as_octets() -> None:
    """In hexadecimal; no older version has this kind."""
    form = serialize(Submit(to=TO, short_message=b"\x00\xff"))

    assert '{"v":2,"kind":"Submit","to":"79991234567","short_message":"00ff"}' == form


def _changed(**changes: object) -> str:
    """Return a form with other or more fields."""
    return json.dumps({**json.loads(serialize(Sms(to=TO, text="secret words"))), **changes})


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (_changed(v=3), "newer"),
        (_changed(kind="Fax"), "newer"),
        (_changed(colour="red"), "newer"),
        (_changed(text=""), "can't be read"),
        (_changed(coding=9), "can't be read"),
        (_changed(tlvs=[[5120, "secret"]]), "can't be read"),
        (_changed(tlvs=[[0x0424, "ff"]]), "can't be read"),
        (_changed(tlvs=7), "can't be read"),
        ("secret words", "can't be read"),
        ("[]", "can't be read"),
        (_changed(validity=float("inf")), "can't be read"),
        (_changed(validity=1e30), "can't be read"),
        (_changed(validity=float("nan")), "can't be read"),
        ("[" * 100_000, "can't be read"),
        ('{"v":1,"kind":"Sms","text":' + '{"a":' * 100_000, "can't be read"),
    ],
)
def test_unreadable_message_is_refused(form: str, said: str) -> None:
    """A part of a message must not be sent, and the error must not hold its text."""
    with pytest.raises(OutboxError, match=said) as caught:
        deserialize(form)

    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


def test_kind_of_other_code_is_refused() -> None:
    """It couldn't be deserialized."""

    class Fax(Ping):
        """A kind that isn't in `smsc_async.messages`."""

    with pytest.raises(InvalidMessageError, match="got Fax"):
        serialize(Fax(to=TO))


@pytest.mark.parametrize("message", [{"to": TO, "text": "secret"}, "secret", None, Ping])
def test_what_is_no_message_is_refused(message: Any) -> None:  # noqa: ANN401 - a user's mistake
    """The error names its type and shows nothing of it."""
    with pytest.raises(InvalidMessageError, match=f"got {type(message).__name__}$") as caught:
        serialize(message)

    assert "secret" not in str(caught.value)


def test_defaults_are_left_out() -> None:
    """Fields with their default are left out, which keeps entries small."""
    assert {"v", "kind", "to"} == set(json.loads(serialize(Ping(to=TO))))

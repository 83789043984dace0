"""The gateway's texts: written to the character, and read back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsc_async._submit import Submit
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.kinds import KINDS
from smsc_async.gateway.markup import parse, render
from smsc_async.messages import (
    Email,
    HlrQuery,
    Message,
    Ping,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)

TO = "79991234567"

# The source document's form of each kind beside a message that takes it.
FORMS: list[tuple[Message[Any], str]] = [
    (Sms(to=TO, text="Привет"), "Привет"),
    (Sms(to=TO, text="Привет", comment="заказ 17"), "Привет\n~~~\nзаказ 17"),
    (Email(to="a@b.ru", text="Привет", subject="Тема"), "__MAIL__: Привет\nsubj:Тема"),
    (
        Email(to="a@b.ru", text="a\nb", subject="Тема", comment="17"),
        "__MAIL__: a\nb\nsubj:Тема\n~~~\n17",
    ),
    (VoiceCall(to=TO, text="Привет"), "__CALL__: Привет\nvoice:m3"),
    (VoiceCall(to=TO, text="Hi", voice=Voice.M, language="en"), "__CALL__: Hi\nvoice:m,en"),
    (
        VoiceCall(to=TO, text="Salut", voice=Voice.W, language="fr", wait=30),
        "__CALL__: Salut\nvoice:w,fr\n~~~\n30,20,5",
    ),
    (
        VoiceCall(to=TO, text="Привет", wait=30, interval=600, attempts=2),
        "__CALL__: Привет\nvoice:m3\n~~~\n30,600,2",
    ),
    (VoiceCall(to=TO, text="x", param="код=1"), "__CALL__: x\nvoice:m3\n~~~\nкод=1"),
    (Viber(to=TO, text="Привет"), "__VIBER__: Привет"),
    (Viber(to=TO, text="Привет", comment="17"), "__VIBER__: Привет\n~~~\n17"),
    (Social(to=TO, text="Привет"), "__SOC__: Привет"),
    (TelegramCode(to=TO, code="4821"), "__TGM__: 4821"),
    (TelegramBot(to=TO, text="Привет", bot="@shop_bot"), "__BOT__: Привет\nbot:@shop_bot"),
    (
        TelegramBot(to=TO, text="Привет", bot="shop_bot", comment="17"),
        "__BOT__: Привет\nbot:@shop_bot\n~~~\n17",
    ),
    (HlrQuery(to=TO), "__HLR__"),
    (Ping(to=TO), "__PING__"),
]


@pytest.mark.parametrize(("message", "text"), FORMS)
def test_forms_of_the_source_document(message: Message[Any], text: str) -> None:
    """To the character: a blank too many makes another message of it."""
    assert text == render(message)


@pytest.mark.parametrize(("message", "text"), FORMS)
def test_forms_are_read_back(message: Message[Any], text: str) -> None:
    """The simulator reads what the client writes."""
    assert message == parse(text, to=message.to)


@pytest.mark.parametrize("voice", Voice)
def test_every_voice(voice: Voice) -> None:
    """«m, m2, m3 (по умолчанию), m4, w, w2, w3, w4»."""
    message = VoiceCall(to=TO, text="x", voice=voice)

    assert f"__CALL__: x\nvoice:{voice.value}" == render(message)
    assert message == parse(render(message), to=TO)


def test_voice_left_out_is_the_default_one() -> None:
    """«m3 (по умолчанию) – мужской голос 3»."""
    assert VoiceCall(to=TO, text="Привет") == parse("__CALL__: Привет", to=TO)


def test_call_with_an_empty_param() -> None:
    """A mark with nothing behind it says nothing."""
    assert VoiceCall(to=TO, text="x") == parse("__CALL__: x\nvoice:m3\n~~~\n", to=TO)


def test_first_mark_begins_the_comment() -> None:
    """«…и после этого любой текст, который будет считаться комментарием…»."""
    assert Sms(to=TO, text="x", comment="a\n~~~ b") == parse("x\n~~~\na\n~~~ b", to=TO)
    assert Sms(to=TO, text="x") == parse("x\n~~~\n", to=TO)


def test_sender_is_kept() -> None:
    """It travels beside the text."""
    assert Ping(to=TO, sender="Shop") == parse("__PING__", to=TO, sender="Shop")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "text"),
        ("__TGM__: код", "code"),
        ("__TGM__: 4821\n~~~\nзаказ", "code"),
        ("__CALL__: x\nvoice:m9", "voice"),
        ("__CALL__: x\nvoice:m,русский", "language"),
        ("__BOT__: x", "bot"),
        ("__HLR__\n~~~\nзаказ", "text"),
        ("__MAIL__:x", "text"),
        ("__VIBER__: ", "text"),
    ],
)
def test_texts_without_a_meaning(text: str, field: str) -> None:
    """The document says what they look like, and these don't."""
    with pytest.raises(InvalidMessageError) as caught:
        parse(text, to=TO)

    assert field == caught.value.field
    assert "заказ" not in str(caught.value)
    assert caught.value.__context__ is None


def test_mail_without_a_subject_has_no_meaning() -> None:
    """«…перевод строки, слово "subj", двоеточие, тема e-mail сообщения»."""
    with pytest.raises(InvalidMessageError, match="subject: empty"):
        parse("__MAIL__: x", to="a@b.ru")


# Texts made of what the markup is made of, so that the corners are hit.
MARKS = ("\n", "\r", "~", "~~~", "\n~~~", "~~~\n", "subj:", "voice:", "bot:", "@", ":", "1,2,3")
WORDS = ("__HLR__", "__PING__", "__CALL__: ", "__MAIL__: ", " ", "а", "ё", "x", "😀", "")
PIECES = st.sampled_from(MARKS) | st.sampled_from(WORDS)
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30)
COMMENTS = st.none() | TEXTS
NUMBERS = st.from_regex(r"[1-79][0-9]{9,14}", fullmatch=True)
SENDERS = st.sampled_from(["", ".", "Shop", "79990000000"])
# By the names of fields, of whatever kind. Others keep their default; the numbers of a call are
# drawn below.
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "to": NUMBERS,
    "sender": SENDERS,
    "text": TEXTS,
    "comment": COMMENTS,
    "subject": TEXTS,
    "voice": st.sampled_from(Voice),
    "language": st.none() | st.sampled_from(["en", "fr", "deu"]),
    "param": st.none() | TEXTS | st.sampled_from(["22,20,5", "022,20,5", "99,3601,1"]),
    "code": st.from_regex(r"[0-9]{4,8}", fullmatch=True),
    "bot": st.just("shop_bot"),
}


@pytest.mark.parametrize("kind", [kind.message_class for kind in KINDS])
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_every_message_that_can_be_made_is_read_back(
    kind: type[Message[Any]], data: st.DataObject
) -> None:
    """No text, subject, comment or parameter turns a message into another one."""
    names = {field.name for field in fields(kind)}
    strategies = STRATEGIES | ({"to": st.just("a@b.ru")} if kind is Email else {})
    values = {
        name: data.draw(strategy, name) for name, strategy in strategies.items() if name in names
    }
    try:
        message = kind(**values)
    except InvalidMessageError:
        return

    text = render(message)

    assert message == parse(text, to=message.to, sender=message.sender)
    assert text == render(parse(text, to=message.to, sender=message.sender))


@given(
    wait=st.integers(0, 99), interval=st.integers(10, 3600), attempts=st.integers(1, 9), text=TEXTS
)
@settings(deadline=None, max_examples=50)
def test_numbers_of_a_call_are_read_back(
    wait: int, interval: int, attempts: int, text: str
) -> None:
    """Whatever they are."""
    try:
        call = VoiceCall(to=TO, text=text, wait=wait, interval=interval, attempts=attempts)
    except InvalidMessageError:
        return

    assert call == parse(render(call), to=TO)


@given(text=TEXTS)
@settings(deadline=None, max_examples=50)
def test_reading_any_text_gives_a_message_or_a_refusal(text: str) -> None:
    """The simulator takes whatever comes, from any client."""
    try:
        message = parse(text, to=TO)
    except InvalidMessageError:
        return

    assert message == parse(render(message), to=TO)


class Fax(Sms):
    """A subclass of a kind."""


NO_KINDS: list[Any] = [
    Fax(to=TO, text="secret"),
    Message(to=TO),
    {"to": TO, "text": "secret"},
    "secret",
    None,
    Sms,
    ("secret", TO),
]


@pytest.mark.parametrize("message", NO_KINDS, ids=[type(one).__name__ for one in NO_KINDS])
def test_what_is_no_kind_is_refused_by_its_type(message: Any) -> None:  # noqa: ANN401 - a mistake
    """Markup, simulator and outbox know exactly the kinds of the table."""
    with pytest.raises(InvalidMessageError) as caught:
        render(message)

    error = caught.value
    assert ("message", type(message).__name__) == (error.field, error.value)
    assert all(kind.message_class.__name__ in error.reason for kind in KINDS)
    assert "secret" not in str(error)
    assert TO not in str(error)
    assert error.__context__ is None


def test_submit_is_rendered_as_its_octets() -> None:
    """A character for each octet: it has no markup."""
    assert "\x00\xffa" == render(Submit(to="79991234567", short_message=b"\x00\xffa"))

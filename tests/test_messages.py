"""The kinds of message: values that can be sent."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from message_examples import every_message

from smsc_async.messages import (
    Coding,
    Email,
    HlrQuery,
    LongText,
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
SECRET = "Код входа 4821"

EVERY: list[Message[Any]] = [
    *every_message(SECRET),
    Sms(to=TO, text=SECRET, comment=SECRET, sender="Shop", flash=True),
    Email(to="client@example.com", text=SECRET, subject=SECRET, comment=SECRET),
    VoiceCall(to=TO, text=SECRET, voice=Voice.W2, language="en", wait=30),
    Viber(to=TO, text=SECRET),
    Viber(to=TO, text=SECRET, comment=SECRET),
    Social(to=TO, text=SECRET),
    Social(to=TO, text=SECRET, comment=SECRET),
    TelegramCode(to=TO, code="4821"),
    TelegramBot(to=TO, text=SECRET, bot="shop_bot", comment=SECRET),
    HlrQuery(to=TO),
    Ping(to=TO, sender="79990000000"),
]


@pytest.mark.parametrize("message", EVERY, ids=lambda m: type(m).__name__)
def test_a_message_is_a_value(message: Message[Any]) -> None:
    """Equal by its fields, hashable, immutable, and it can be pickled for a worker."""
    assert message == copy.copy(message)
    assert message == pickle.loads(pickle.dumps(message))  # noqa: S301 - our own octets
    assert hash(message) == hash(copy.deepcopy(message))
    with pytest.raises(AttributeError):
        message.to = "7"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("message", EVERY, ids=lambda m: type(m).__name__)
def test_repr_shows_sizes_and_no_secret(message: Message[Any]) -> None:
    """A repr ends in a log, and the text is a one-time code."""
    assert "4821" not in repr(message)
    assert TO not in repr(message)
    assert "client@example.com" not in repr(message)


def test_repr_is_useful() -> None:
    """What differs from the defaults, in one line."""
    message = Sms(to=TO, text="привет", sender="Shop", coding=Coding.UCS2, comment="17")

    assert (
        "Sms(to='7999***67', sender='Shop', text=<6 characters>, comment=<2 characters>, "
        "coding=Coding.UCS2)" == repr(message)
    )


def test_plus_of_a_numeric_sender_is_dropped() -> None:
    """source_addr is digits; the type of number says the rest."""
    assert "79990000000" == Sms(to=TO, text="x", sender="+79990000000").sender


@pytest.mark.parametrize(
    "text",
    [
        "~~~ скидки ~~~",
        "~~~\nпервая строка",
        "a\n~~~~",
        "a\n~~~ b",
        "a\r\n~~~\r\nb",
        "a\n",
        " __CALL__: x",
        "__CALL__",
        "__HLR__ это запрос",
        "__OTHER__: x",
        "a\nsubj:b\nvoice:c\nbot:d",
        " ",
    ],
)
def test_texts_that_only_look_like_markup(text: str) -> None:
    """A refusal of what travels well would be a fault too."""
    assert text == Sms(to=TO, text=text).text


@pytest.mark.parametrize(
    "message",
    [
        Sms(to=TO, text="x", comment=""),
        Viber(to=TO, text="x", comment=""),
        Social(to=TO, text="x", comment=""),
        Email(to="a@b.ru", text="x", subject="s", comment=""),
        TelegramBot(to=TO, text="x", bot="b", comment=""),
    ],
    ids=lambda m: type(m).__name__,
)
def test_empty_comment_is_none(message: Any) -> None:  # noqa: ANN401 - of five kinds
    """A form that was left empty means no comment, and no mark in the text."""
    assert None is message.comment


@pytest.mark.parametrize("comment", ["заказ 17", "две\nстроки", "a\r\n~~~\r\nb", " ", "__HLR__"])
def test_comments_that_may_be(comment: str) -> None:
    """Only a line of "~~~" is markup in a comment."""
    assert comment == Sms(to=TO, text="x", comment=comment).comment


def test_codings_may_be_given_as_the_gateways_numbers() -> None:
    """«coding = 2» is how its document says it."""
    message = Sms(to=TO, text="x", comment="y", coding=2)  # type: ignore[arg-type]  # the point

    assert Coding.UCS2 is message.coding


def test_long_text_may_be_given_by_name() -> None:
    """A file of settings has the name."""
    message = Sms(to=TO, text="x", long_text="sar")  # type: ignore[arg-type]  # the point

    assert LongText.SAR is message.long_text


@pytest.mark.parametrize("validity", [timedelta(hours=1), 3600, 3600.0])
def test_validity_is_a_span_however_given(validity: timedelta | float) -> None:
    """Equal messages are equal, whatever unit they were given in."""
    assert timedelta(hours=1) == Sms(to=TO, text="x", validity=validity).validity


def test_schedule_with_a_zone_is_kept() -> None:
    """The time zone makes it an instant."""
    moscow = timezone(timedelta(hours=3))
    schedule = datetime(2026, 11, 24, 10, 30, tzinfo=moscow)

    assert schedule == Sms(to=TO, text="x", schedule=schedule).schedule


def test_mail_addresses_are_kept() -> None:
    """Recipient, and a sender that is an address or a registered name."""
    message = Email(to="a.b+c@example.com", sender="shop@example.com", text="x", subject="s")

    assert ("a.b+c@example.com", "shop@example.com") == (message.to, message.sender)
    assert "Shop" == Email(to="a@b.ru", sender="Shop", text="x", subject="s").sender


@pytest.mark.parametrize("code", ["4821", "48212345"])
def test_codes_of_four_to_eight_digits(code: str) -> None:
    """«К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»; others go as an Sms."""
    assert code == TelegramCode(to=TO, code=code).code


@pytest.mark.parametrize("bot", ["shop_bot", "@shop_bot"])
def test_bot_with_or_without_its_at(bot: str) -> None:
    """People write it either way; it is the same bot."""
    assert "shop_bot" == TelegramBot(to=TO, text="x", bot=bot).bot


def test_voice_may_be_given_by_name() -> None:
    """«w2 – женский голос 2» is what the document calls it."""
    message = VoiceCall(to=TO, text="x", voice="w2")  # type: ignore[arg-type]  # the point

    assert Voice.W2 is message.voice


def test_spelling_of_fields_makes_no_difference() -> None:
    """Equal messages are equal however their fields are written: the repeat rule compares them."""
    loose = Sms(to="+7 (999) 123-45-67", sender="+79990000000", text="x", validity=60)

    assert Sms(to=TO, sender="79990000000", text="x", validity=timedelta(minutes=1)) == loose

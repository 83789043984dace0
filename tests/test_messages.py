"""Nine kinds of message: right from birth, or not born."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from smsc_async.errors import InvalidMessageError
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


def refusal(kind: type[Message[Any]], **fields: Any) -> InvalidMessageError:  # noqa: ANN401 - bad values of any type
    """Make a message that can't be, and check that the refusal keeps the secret."""
    with pytest.raises(InvalidMessageError) as caught:
        kind(**({"to": TO} | fields))
    error = caught.value
    assert SECRET not in f"{error} {error!r} {vars(error)}"
    assert not str(error).endswith(".")
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    assert not isinstance(error.__context__, UnicodeError)
    return error


@pytest.mark.parametrize("message", EVERY, ids=lambda m: type(m).__name__)
def test_a_message_is_a_value(message: Message[Any]) -> None:
    """Equal by its fields, hashable, not to be changed, and it survives the way to a worker."""
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
        "Sms(to='7999***4567', sender='Shop', text=<6 characters>, comment=<2 characters>, "
        "coding=Coding.UCS2)" == repr(message)
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("79991234567", "79991234567"),
        ("+79991234567", "79991234567"),
        ("+7 (999) 123-45-67", "79991234567"),
        ("8 999 123-45-67", "79991234567"),
        ("89991234567", "79991234567"),
        ("+84912345678", "84912345678"),
        ("+8613912345678", "8613912345678"),
        ("8613912345678", "8613912345678"),
        ("+49.151.23456789", "4915123456789"),
        ("7\u00a0999\u2011123", "7999123"),
        ("123456789012345", "123456789012345"),
        ("1234567890", "1234567890"),
    ],
)
def test_numbers_come_in_many_dresses(written: str, kept: str) -> None:
    """With a plus nothing is changed; eight and ten digits is how Russians write +7."""
    if len(kept) < 10:
        assert "to" == refusal(Ping, to=written).field
    else:
        assert kept == Ping(to=written).to


@pytest.mark.parametrize(
    "number",
    ["", "+", "123456789", "1234567890123456", "7999123456x", "٧٩٩٩١٢٣٤٥٦٧", "++79991234567"],
)
def test_what_is_no_number_is_refused(number: str) -> None:
    """It would be paid for, or refused by the gateway later."""
    error = refusal(Sms, to=number, text=SECRET)

    assert "to" == error.field
    assert "10 to 15 digits" in str(error)
    assert number not in str(error) or not number.strip("+")


@pytest.mark.parametrize("sender", ["", ".", "Shop", "Shop 24-7", "A" * 11, "1" * 15, "900"])
def test_senders_the_gateway_knows(sender: str) -> None:
    """A name of 11, a number of 15, the account's default, or "." for none of them."""
    assert sender == Sms(to=TO, text="x", sender=sender).sender


def test_plus_of_a_numeric_sender_is_dropped() -> None:
    """source_addr is digits; the type of number says the rest."""
    assert "79990000000" == Sms(to=TO, text="x", sender="+79990000000").sender


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("A" * 12, "takes 11 characters, got 12"),
        ("1" * 16, "takes 15 digits, got 16"),
        ("Магазин", "U+041C at position 0"),
        ("Shop\0", "U+0000 at position 4"),
        ("Sho`p", "U+0060 at position 3"),
        (b"Shop", "got bytes"),
        (None, "got NoneType"),
    ],
)
def test_senders_the_gateway_does_not_know(sender: str, reason: str) -> None:
    """An over-long one would be cut somewhere, and a NUL shifts every later field."""
    assert reason in str(refusal(Sms, text=SECRET, sender=sender))


@pytest.mark.parametrize("kind", [Sms, Viber, Social])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (SECRET.encode(), "got bytes"),
        (f"{SECRET}\ud83d", "half a surrogate pair U+D83D at position 14"),
        (f"{SECRET}\n~~~\nb", "'~~~' is markup"),
        (f"{SECRET}\n~~~", "'~~~' is markup"),
    ],
)
def test_texts_that_cannot_travel(kind: type[Message[Any]], text: object, reason: str) -> None:
    """Refused with the reason, before anything is paid."""
    error = refusal(kind, text=text)

    assert "text" == error.field
    assert reason in str(error)


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
    "text",
    [
        f"__MAIL__: {SECRET}",
        f"__CALL__: {SECRET}",
        f"__VIBER__:{SECRET}",
        f"__SOC__: {SECRET}",
        "__TGM__: 4821",
        f"__BOT__: {SECRET}",
        "__HLR__",
        "__PING__",
        "__PING__\n",
    ],
)
def test_sms_that_would_become_another_kind(text: str) -> None:
    """The gateway would make a call, or a lookup, of somebody's text."""
    error = refusal(Sms, text=text)

    assert "another kind of message" in str(error)
    assert "4821" not in str(error)


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        (Email, {"to": "a@b.ru", "subject": "s"}, f"{SECRET}\nsubj:x"),
        (VoiceCall, {}, f"{SECRET}\nvoice:w"),
        (TelegramBot, {"bot": "b"}, f"{SECRET}\nbot:@x"),
        (Email, {"to": "a@b.ru", "subject": "s"}, f"{SECRET}\n~~~"),
        (VoiceCall, {}, f"{SECRET}\n~~~"),
    ],
)
def test_text_that_would_end_early(
    kind: type[Message[Any]], fields: dict[str, Any], text: str
) -> None:
    """What follows the mark would be taken for the subject, the voice, the bot."""
    error = refusal(kind, **fields, text=text)

    assert "text" == error.field
    assert "put a space in front" in str(error)


@pytest.mark.parametrize("comment", [f"{SECRET}\n~~~\nb", "~~~\nb", "a\n~~~", "~~~"])
def test_comment_that_might_be_delivered(comment: str) -> None:
    """If the gateway looked for the last mark, the subscriber would read the comment."""
    error = refusal(Sms, text="x", comment=comment)

    assert "comment" == error.field
    assert "might deliver" in str(error)


@pytest.mark.parametrize(
    ("kind", "fields", "comment"),
    [
        (Email, {"to": "a@b.ru", "subject": "s"}, "subj:x"),
        (Email, {"to": "a@b.ru", "subject": "s"}, f"{SECRET}\nsubj:x"),
        (TelegramBot, {"bot": "b"}, "bot:x"),
    ],
)
def test_comment_with_the_markup_of_its_kind(
    kind: type[Message[Any]], fields: dict[str, Any], comment: str
) -> None:
    """Nobody says which mark the gateway looks for first."""
    assert "comment" == refusal(kind, **fields, text="x", comment=comment).field


def test_comment_must_be_a_whole_text() -> None:
    """It travels in the text, so it is encoded as well."""
    assert "got int" in str(refusal(Sms, text="x", comment=17))
    assert "U+DC00 at position 1" in str(refusal(Viber, text="x", comment="a\udc00"))


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
    """Nearly anything."""
    assert comment == Sms(to=TO, text="x", comment=comment).comment


@pytest.mark.parametrize(
    ("coding", "text", "comment", "field", "reason"),
    [
        (Coding.GSM, "Yes, ё", None, "text", "U+0451 at position 5 is not in GSM 03.38"),
        (Coding.GSM, "Yes", "ё", "comment", "U+0451 at position 0 is not in GSM 03.38"),
        (Coding.LATIN1, "5 €", None, "text", "U+20AC at position 2 is not in ISO-8859-1"),
        (7, "x", None, "coding", "Coding.GSM, LATIN1 or UCS2"),
    ],
)
def test_coding_that_cannot_hold_the_text(
    coding: Coding, text: str, comment: str | None, field: str, reason: str
) -> None:
    """Said at once, by code point and position, with the way out."""
    error = refusal(Sms, text=text, comment=comment, coding=coding)

    assert field == error.field
    assert reason in str(error)


def test_codings_may_be_given_as_the_gateways_numbers() -> None:
    """«coding = 2» is how its document says it."""
    message = Sms(to=TO, text="x", comment="y", coding=2)  # type: ignore[arg-type]  # the point

    assert Coding.UCS2 is message.coding


def test_long_text_may_be_given_by_name() -> None:
    """As from a file of settings."""
    message = Sms(to=TO, text="x", long_text="sar")  # type: ignore[arg-type]  # the point

    assert LongText.SAR is message.long_text
    assert "LongText.UDH, SAR or PAYLOAD" in str(refusal(Sms, text="x", long_text="zip"))


@pytest.mark.parametrize("validity", [timedelta(hours=1), 3600, 3600.0])
def test_validity_is_a_span_however_given(validity: timedelta | float) -> None:
    """Equal messages are equal, whatever unit their maker prefers."""
    assert timedelta(hours=1) == Sms(to=TO, text="x", validity=validity).validity


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        (86_401, "got 86401 s; the gateway tries no longer"),
        (timedelta(days=2), "1 s to 24 h"),
        (0, "got 0 s"),
        (0.5, "got 0.5 s"),
        (float("nan"), "got nan s"),
        (float("inf"), "got inf s"),
        (True, "got bool"),
        ("1h", "got str"),
    ],
)
def test_validity_the_gateway_would_cut(validity: timedelta | float, reason: str) -> None:
    """It tries for a day at most."""
    assert reason in str(refusal(Sms, text=SECRET, validity=validity))


def test_a_whole_day_is_the_longest_validity() -> None:
    """24 hours are in, one second more is out."""
    assert timedelta(days=1) == Sms(to=TO, text="x", validity=86_400).validity


def test_schedule_with_a_zone_is_kept() -> None:
    """An instant, beyond doubt."""
    moscow = timezone(timedelta(hours=3))
    schedule = datetime(2026, 11, 24, 10, 30, tzinfo=moscow)

    assert schedule == Sms(to=TO, text="x", schedule=schedule).schedule


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (datetime(2026, 11, 24, 10, 30), "has no time zone"),  # noqa: DTZ001 - the point
        (datetime(1999, 11, 24, tzinfo=UTC), "outside 2000 to 2099"),
        (datetime(2026, 11, 24, tzinfo=timezone(timedelta(hours=14))), "use .astimezone(UTC)"),
        ("2026-11-24", "got str"),
    ],
)
def test_schedule_that_names_no_instant(schedule: datetime, reason: str) -> None:
    """It would be sent at another time than meant."""
    assert reason in str(refusal(Sms, text=SECRET, schedule=schedule))


def test_mail_addresses_are_kept() -> None:
    """Recipient, and a sender that is an address or a registered name."""
    message = Email(to="a.b+c@example.com", sender="shop@example.com", text="x", subject="s")

    assert ("a.b+c@example.com", "shop@example.com") == (message.to, message.sender)
    assert "Shop" == Email(to="a@b.ru", sender="Shop", text="x", subject="s").sender


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"to": "client.long.name@example.com"}, "to", "takes 20 characters, got 28"),
        ({"to": "79991234567"}, "to", "looks like 'name@example.com'"),
        ({"to": "клиент@пример.рф"}, "to", "in ASCII"),
        ({"to": "a b@example.com"}, "to", "without spaces"),
        ({"to": "a@b@c"}, "to", "looks like"),
        ({"to": 1}, "to", "got int"),
        ({"sender": "shop.long.name@example.com"}, "sender", "takes 20 characters, got 26"),
        ({"sender": None}, "sender", "got NoneType"),
        ({"subject": ""}, "subject", "empty"),
        ({"subject": f"{SECRET}\nb"}, "subject", "line break"),
        ({"subject": f"{SECRET}\r"}, "subject", "line break"),
        ({"subject": "a\ud800"}, "subject", "U+D800 at position 1"),
        ({"subject": None}, "subject", "got NoneType"),
    ],
)
def test_mails_that_cannot_travel(fields: dict[str, Any], field: str, reason: str) -> None:
    """destination_addr takes 20 characters, and the document is silent about longer ones."""
    error = refusal(Email, **({"to": "a@b.ru", "text": SECRET, "subject": "s"} | fields))

    assert field == error.field
    assert reason in str(error)
    assert "client.long.name@example.com" not in str(error)


@pytest.mark.parametrize("code", ["4821", "48212345"])
def test_codes_of_four_to_eight_digits(code: str) -> None:
    """«К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»; others go as an Sms."""
    assert code == TelegramCode(to=TO, code=code).code


@pytest.mark.parametrize("code", ["482", "482123456", "48a1", "٤٨٢١", "4821\n", ""])
def test_other_codes_are_refused(code: str) -> None:
    """«К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»; so does the message."""
    error = refusal(TelegramCode, code=code)

    assert "4 to 8 digits" in str(error)
    assert not code or code not in str(error)


@pytest.mark.parametrize("bot", ["shop_bot", "@shop_bot"])
def test_bot_with_or_without_its_at(bot: str) -> None:
    """People write it either way; it is the same bot."""
    assert "shop_bot" == TelegramBot(to=TO, text="x", bot=bot).bot


@pytest.mark.parametrize("bot", ["", "@", "бот", "a b", "@@a", "a" * 33, "a\n"])
def test_what_is_no_bot_is_refused(bot: str) -> None:
    """It stands in the text, where a line break would begin something else."""
    assert "bot" == refusal(TelegramBot, text=SECRET, bot=bot).field


def test_one_number_of_a_call_brings_the_others() -> None:
    """They travel as three, so the gateway's defaults fill in."""
    message = VoiceCall(to=TO, text="x", wait=30)

    assert (30, 20, 5) == (message.wait, message.interval, message.attempts)
    assert (22, 600, 5) == _numbers(VoiceCall(to=TO, text="x", interval=600))
    assert (22, 20, 2) == _numbers(VoiceCall(to=TO, text="x", attempts=2))
    assert (None, None, None) == _numbers(VoiceCall(to=TO, text="x"))


def _numbers(call: VoiceCall) -> tuple[int | None, ...]:
    """How a call rings."""
    return call.wait, call.interval, call.attempts


def test_param_of_three_plain_numbers_is_taken_apart() -> None:
    """Two ways to say the same make equal messages."""
    assert VoiceCall(to=TO, text="x", param="30,600,2") == VoiceCall(
        to=TO, text="x", wait=30, interval=600, attempts=2
    )


@pytest.mark.parametrize("param", ["30", "30, 600, 2", "030,600,2", "30,5,2", "30,600,0", "w=30"])
def test_any_other_param_is_passed_through(param: str) -> None:
    """The document doesn't say what else there is."""
    message = VoiceCall(to=TO, text="x", param=param)

    assert param == message.param
    assert (None, None, None) == _numbers(message)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"wait": 100}, "wait", "0 to 99, got 100"),
        ({"wait": -1}, "wait", "0 to 99, got -1"),
        ({"wait": 30.0}, "wait", "a whole number"),
        ({"interval": 9}, "interval", "10 to 3600, got 9"),
        ({"interval": 3601}, "interval", "10 to 3600, got 3601"),
        ({"attempts": 0}, "attempts", "1 to 9, got 0"),
        ({"attempts": 10}, "attempts", "1 to 9, got 10"),
        ({"attempts": True}, "attempts", "a whole number"),
        ({"param": "x", "attempts": 1}, "param", "give param or attempts, not both"),
        ({"param": ""}, "param", "leave it None"),
        ({"param": "a\nb"}, "param", "one line"),
        ({"param": "\ud800"}, "param", "U+D800"),
        ({"param": 5}, "param", "got int"),
        ({"voice": "x9"}, "voice", "one of m, m2, m3, m4, w, w2, w3, w4, got 'x9'"),
        ({"language": "EN"}, "language", "small Latin letters"),
        ({"language": ""}, "language", "small Latin letters"),
        ({"language": 1}, "language", "got int"),
    ],
)
def test_calls_that_cannot_be_made(fields: dict[str, Any], field: str, reason: str) -> None:
    """Each number has its range, as the gateway's own clients have it."""
    error = refusal(VoiceCall, text=SECRET, **fields)

    assert field == error.field
    assert reason in str(error)


def test_voice_may_be_given_by_name() -> None:
    """«w2 – женский голос 2» is what the document calls it."""
    message = VoiceCall(to=TO, text="x", voice="w2")  # type: ignore[arg-type]  # the point

    assert Voice.W2 is message.voice

"""Fields of messages: what the gateway takes, and what is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from smsc_async._message_checks import as_str, check_email_limit
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import (
    Coding,
    Email,
    Message,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    VoiceCall,
)

TO = "79991234567"
SECRET = "Код входа 4821"


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


@pytest.mark.parametrize("sender", ["", ".", "Shop", "Shop 24-7", "A" * 11, "1" * 15, "900"])
def test_senders_the_gateway_knows(sender: str) -> None:
    """A name of 11, a number of 15, the account's default, or "." for none of them."""
    assert sender == Sms(to=TO, text="x", sender=sender).sender


@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        ("A" * 12, "takes 11 characters, got 12"),
        ("1" * 16, "takes 15 digits, got 16"),
        ("Магазин", "got 'М' (U+041C) as character 1"),
        ("Shop\0", "(U+0000) as character 5"),
        ("Sho`p", "got '`' (U+0060) as character 4"),
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
        (f"{SECRET}\ud83d", "character 15 (U+D83D) is half a surrogate pair"),
        (f"{SECRET}\n~~~\nb", "'~~~' is markup"),
        (f"{SECRET}\n~~~", "'~~~' is markup"),
    ],
)
def test_texts_that_cannot_travel(kind: type[Message[Any]], text: object, reason: str) -> None:
    """Refused with the reason, before anything is charged."""
    error = refusal(kind, text=text)

    assert "text" == error.field
    assert reason in str(error)


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
    """The gateway would make a call, or a lookup, of a user's text."""
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
    """The gateway's document doesn't say which mark it looks for first."""
    assert "comment" == refusal(kind, **fields, text="x", comment=comment).field


def test_comment_must_be_an_encodable_text() -> None:
    """It travels in the text, so it is encoded as well."""
    assert "got int" in str(refusal(Sms, text="x", comment=17))
    assert "character 2 (U+DC00)" in str(refusal(Viber, text="x", comment="a\udc00"))


@pytest.mark.parametrize(
    ("coding", "text", "comment", "field", "reason"),
    [
        (Coding.GSM, "Yes, ё", None, "text", "character 6 (U+0451) is not in GSM 03.38"),
        (Coding.GSM, "Yes", "ё", "comment", "character 1 (U+0451) is not in GSM 03.38"),
        (Coding.LATIN1, "5 €", None, "text", "character 3 (U+20AC) is not in ISO-8859-1"),
        (7, "x", None, "coding", "Coding.GSM, LATIN1 or UCS2"),
    ],
)
def test_coding_that_cannot_hold_the_text(
    coding: Coding, text: str, comment: str | None, field: str, reason: str
) -> None:
    """The error names code point and position, and the remedy."""
    error = refusal(Sms, text=text, comment=comment, coding=coding)

    assert field == error.field
    assert reason in str(error)


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        (86_401, "got 86401 s; the gateway tries no longer"),
        (timedelta(days=2), "1 s to 24 h, got 48 h"),
        (0, "got 0 s"),
        (0.5, "got 0.5 s"),
        (24 * 3600 + 60, "got 1441 min"),
        (86401.0, "got 86401 s"),
        (float("inf"), "got inf s"),
        (float("nan"), "got nan s"),
        (True, "got bool"),
        ("1h", "got str"),
    ],
)
def test_validity_the_gateway_would_cut(validity: timedelta | float, reason: str) -> None:
    """The gateway tries for a day at most."""
    assert reason in str(refusal(Sms, text=SECRET, validity=validity))


def test_a_whole_day_is_the_longest_validity() -> None:
    """24 hours are in, one second more is out."""
    assert timedelta(days=1) == Sms(to=TO, text="x", validity=86_400).validity


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


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"to": f"client.{'x' * 236}@example.com"}, "to", "takes 254 characters, got 255"),
        ({"to": "79991234567"}, "to", "looks like 'name@example.com'"),
        ({"to": "клиент@пример.рф"}, "to", "in ASCII"),
        ({"to": "a b@example.com"}, "to", "without spaces"),
        ({"to": "a@b@c"}, "to", "looks like"),
        ({"to": 1}, "to", "got int"),
        ({"sender": f"shop{'.' * 239}@example.com"}, "sender", "takes 254 characters, got 255"),
        ({"sender": None}, "sender", "got NoneType"),
        ({"subject": ""}, "subject", "empty"),
        ({"subject": f"{SECRET}\nb"}, "subject", "line break"),
        ({"subject": f"{SECRET}\r"}, "subject", "line break"),
        ({"subject": "a\ud800"}, "subject", "character 2 (U+D800)"),
        ({"subject": None}, "subject", "got NoneType"),
    ],
)
def test_mails_that_cannot_travel(fields: dict[str, Any], field: str, reason: str) -> None:
    """What isn't an address, and one longer than a mail server takes (RFC 5321)."""
    error = refusal(Email, **({"to": "a@b.ru", "text": SECRET, "subject": "s"} | fields))

    assert field == error.field
    assert reason in str(error)
    assert "client." not in str(error)


def test_address_of_a_mail_is_as_long_as_a_bind_permits() -> None:
    """20 characters of v3.4, unless the setting says more; the error names the setting."""
    long = {"to": "ivan.petrov@company.ru", "sender": "shop@company.ru"}
    check_email_limit(22, **long)
    with pytest.raises(InvalidMessageError) as caught:
        check_email_limit(20, **long)
    with pytest.raises(InvalidMessageError, match="source_addr takes 20"):
        check_email_limit(20, to="a@b.ru", sender="ivan.petrov@company.ru")

    assert ("to", "i***@***.ru") == (caught.value.field, caught.value.value)
    assert "destination_addr takes 20 characters and email_limit is 20, got 22" in str(caught.value)
    assert "set email_limit" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [(b"x", "decode octets first"), (5, "quotes"), (5.0, "str(int("), (None, "got NoneType")],
)
def test_value_of_another_type_is_refused_with_its_own_remedy(value: object, remedy: str) -> None:
    """A number from a spreadsheet isn't octets."""
    assert remedy in str(refusal(Sms, text=value))


@pytest.mark.parametrize("code", ["482", "482123456", "48a1", "٤٨٢١", "4821\n", ""])
def test_other_codes_are_refused(code: str) -> None:
    """«К отправке принимаются только числовые коды длиной от 4 до 8 цифр.»; so does the message."""
    error = refusal(TelegramCode, code=code)

    assert "4 to 8 digits" in str(error)
    assert not code or code not in str(error)


@pytest.mark.parametrize("bot", ["", "@", "бот", "a b", "@@a", "a" * 33, "a\n"])
def test_what_is_no_bot_is_refused(bot: str) -> None:
    """It stands in the text, where a line break would begin something else."""
    assert "bot" == refusal(TelegramBot, text=SECRET, bot=bot).field


def test_one_number_of_a_call_gets_the_defaults_of_the_others() -> None:
    """The gateway takes all three or none."""
    message = VoiceCall(to=TO, text="x", wait=30)

    assert (30, 20, 5) == (message.wait, message.interval, message.attempts)
    assert (22, 600, 5) == _numbers(VoiceCall(to=TO, text="x", interval=600))
    assert (22, 20, 2) == _numbers(VoiceCall(to=TO, text="x", attempts=2))
    assert (None, None, None) == _numbers(VoiceCall(to=TO, text="x"))


def _numbers(call: VoiceCall) -> tuple[int | None, ...]:
    """Return wait, interval and attempts."""
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
        ({"voice": "x9"}, "voice", "one of m, m2, m3, m4, w, w2, w3, w4, got 2 characters"),
        ({"voice": ["код 4821"]}, "voice", "w4, got list"),
        ({"voice": 9}, "voice", "w4, got 9"),
        ({"wait": "код 4821"}, "wait", "0 to 99, got 8 characters"),
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


@pytest.mark.parametrize("flash", [1, 0, None, "yes", "код 4821"])
def test_flag_is_a_bool(flash: Any) -> None:  # noqa: ANN401 - wrong on purpose
    """The text "no" would be true."""
    assert "True or False, got " in str(refusal(Sms, text="x", flash=flash))


def test_unknown_way_of_a_long_text_is_refused() -> None:
    """A misspelt setting must not silently become the default."""
    assert "LongText.UDH, SAR or PAYLOAD" in str(refusal(Sms, text="x", long_text="zip"))


def test_fields_at_their_limits_are_kept() -> None:
    """A refusal of what the gateway takes would be a fault too."""
    assert "__OTHER__: x" == Sms(to=TO, text="__OTHER__: x").text
    assert Sms(to=TO, text="x", flash=True).flash
    assert "4821" == TelegramCode(to=TO, code="4821").code
    assert "deu" == VoiceCall(to=TO, text="x", language="deu").language


@pytest.mark.parametrize("text", ["Your code is 4821", "Код 4821", "4821 is your code", "a@b 4821"])
@pytest.mark.parametrize(
    ("kind", "field"),
    [(Sms, "to"), (Email, "to"), (VoiceCall, "voice"), (Sms, "coding"), (Sms, "long_text")],
)
def test_text_in_another_field_is_not_shown(kind: Any, field: str, text: str) -> None:  # noqa: ANN401 - a class
    """The columns of a file may be shifted."""
    values: dict[str, Any] = {"to": "79991234567", "text": "x"}
    if kind is Email:
        values |= {"to": "a@b.ru", "subject": "x"}
    with pytest.raises(InvalidMessageError) as caught:
        kind(**(values | {field: text}))

    error = caught.value
    assert field == error.field
    assert "4821" not in f"{error} {error.value}"
    assert "Your" not in f"{error} {error.value}"
    assert error.__context__ is None


@pytest.mark.parametrize("flash", [1, "yes", None])
def test_flag_is_true_or_false(flash: object) -> None:
    """1 may be a coding in the wrong place."""
    assert "True or False" in str(refusal(Sms, text=SECRET, flash=flash))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (79991234567, 'a str is needed, got int; a number as text has quotes: "79991234567"'),
        (7.9e10, "a str is needed, got float; use str(int(…))"),
        (b"79991234567", "a str is needed, got bytes; decode octets first"),
        (bytearray(b"7"), "a str is needed, got bytearray; decode octets first"),
        (None, "a str is needed, got NoneType"),
        (["79991234567"], "a str is needed, got list"),
        (True, "a str is needed, got bool"),
    ],
)
def test_another_type_gets_its_own_remedy(value: object, words: str) -> None:
    """A number needs quotes, octets are decoded; the value isn't shown."""
    with pytest.raises(InvalidMessageError) as raised:
        as_str("to", value)

    assert words == raised.value.reason

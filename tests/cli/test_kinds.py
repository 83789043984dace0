"""Messages are built from command-line options."""

from __future__ import annotations

from typing import Any

import pytest

from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.kinds import MessageKind, make_message, text_of
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import (
    Coding,
    Email,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)

TO = "79991234567"
MAIL = "me@example.com"

# As the command gives them: what wasn't asked for is None or False.
NOT_GIVEN = {"comment": None, "coding": None, "flash": False, "smart": False, "subject": None}


def made(kind: MessageKind, options: dict[str, object], text: str = "hi") -> Any:  # noqa: ANN401 - any kind
    """Build a message from these options."""
    to = MAIL if kind is MessageKind.EMAIL else TO
    return make_message(
        "smsc send", kind=kind, to=to, text=text, sender="Shop", **{**NOT_GIVEN, **options}
    )


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (MessageKind.SMS, {"comment": "c"}, Sms(to=TO, sender="Shop", text="hi", comment="c")),
        (
            MessageKind.EMAIL,
            {"subject": "s"},
            Email(to=MAIL, sender="Shop", text="hi", subject="s"),
        ),
        (MessageKind.VIBER, {}, Viber(to=TO, sender="Shop", text="hi")),
        (MessageKind.SOCIAL, {}, Social(to=TO, sender="Shop", text="hi")),
        (
            MessageKind.TELEGRAM_BOT,
            {"bot": "b"},
            TelegramBot(to=TO, sender="Shop", text="hi", bot="b"),
        ),
        (
            MessageKind.CALL,
            {"voice": Voice.W, "language": "en", "call_wait": 20, "call_attempts": 2},
            VoiceCall(
                to=TO, sender="Shop", text="hi", voice=Voice.W, language="en", wait=20, attempts=2
            ),
        ),
    ],
)
def test_options_become_fields(
    kind: MessageKind, options: dict[str, object], message: object
) -> None:
    """Of the kind that has them."""
    assert message == made(kind, options)


def test_text_of_a_code_is_the_code() -> None:
    """`TelegramCode` has the field `code`, the command line has only TEXT."""
    code = made(MessageKind.TELEGRAM_CODE, {}, "4821")

    assert TelegramCode(to=TO, sender="Shop", code="4821") == code
    assert ("4821", "hi") == (text_of(code), text_of(made(MessageKind.VIBER, {})))


def test_zero_counts_as_given() -> None:
    """GSM has the number 0, and a call may ring for 0 seconds; both equal False."""
    coded, called = (
        made(MessageKind.SMS, {"coding": Coding.GSM}),
        made(MessageKind.CALL, {"call_wait": 0}),
    )

    assert (Coding.GSM, 0) == (coded.coding, called.wait)


def test_smart_text_is_not_a_field() -> None:
    """It is a setting of the client, allowed with SMS only."""
    assert Sms(to=TO, sender="Shop", text="hi") == made(MessageKind.SMS, {"smart": True})
    with pytest.raises(Failure, match=r"use\.not_of_kind"):
        made(MessageKind.VIBER, {"smart": True})


@pytest.mark.parametrize(
    ("kind", "options", "key", "values"),
    [
        (
            MessageKind.VIBER,
            {"coding": Coding.GSM},
            "use.not_of_kind",
            ("--coding", "viber", "sms"),
        ),
        (
            MessageKind.CALL,
            {"comment": "c"},
            "use.not_of_kind",
            ("--comment", "call", "sms, email, viber, social, telegram-bot"),
        ),
        (MessageKind.SMS, {"call_wait": 0}, "use.not_of_kind", ("--call-wait", "sms", "call")),
        (MessageKind.EMAIL, {}, "use.kind_needs", ("--subject", "email", None)),
        (MessageKind.TELEGRAM_BOT, {}, "use.kind_needs", ("--bot", "telegram-bot", None)),
        (
            MessageKind.CALL,
            {"call_interval": 20, "param": "p"},
            "use.param",
            ("--call-interval",) + 2 * (None,),
        ),
    ],
)
def test_options_that_exclude_each_other_are_named(
    kind: MessageKind, options: dict[str, object], key: str, values: tuple[str | None, ...]
) -> None:
    """An ignored option would mislead the user."""
    with pytest.raises(Failure) as caught:
        made(kind, options)
    failure = caught.value

    assert (ExitCode.USAGE_ERROR, key, "not_sent") == (
        failure.code,
        failure.key,
        failure.outcome,
    )
    assert values == tuple(map(failure.values.get, ("name", "kind", "kinds")))


def test_invalid_field_is_named_as_its_option() -> None:
    """`wait` of a call is `--call-wait` here, because `--wait` is for the receipt."""
    with pytest.raises(InvalidMessageError) as call:
        made(MessageKind.CALL, {"call_wait": 200})
    with pytest.raises(InvalidMessageError) as code:
        made(MessageKind.TELEGRAM_CODE, {}, "secret words")

    assert ("--call-wait", "code") == (call.value.field, code.value.field)
    assert code.value.__context__ is None
    assert "secret" not in str(code.value)

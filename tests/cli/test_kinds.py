"""Messages are built from command-line options."""

from __future__ import annotations

from typing import Any

import pytest
from message_examples import required_fields

from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.kinds import MessageKind, make_message, options_of, text_of
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.kinds import KIND_OF, KINDS
from smsc_async.messages import (
    Coding,
    Email,
    HlrQuery,
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
MAIL = "me@example.com"

WITH_COMMENT = ", ".join(kind.name for kind in KINDS if hasattr(kind.message_class, "comment"))
# As the command gives them: what wasn't asked for is None or False.
NOT_GIVEN = {"comment": None, "coding": None, "flash": False, "smart": False, "subject": None}


def made(kind: MessageKind, options: dict[str, object], text: str = "hi") -> Any:  # noqa: ANN401 - any kind
    """Build a message from these options."""
    to = MAIL if kind is MessageKind("email") else TO
    return make_message(
        "smsc send", kind=kind, to=to, text=text, sender="Shop", **{**NOT_GIVEN, **options}
    )


@pytest.mark.parametrize("kind", MessageKind)
def test_kinds_and_their_options_are_those_of_the_table(kind: MessageKind) -> None:
    """Each `--kind` makes a message of its class; a field without a default is required."""
    least = required_fields(kind.row)
    to, text = least.pop("to"), least.pop(kind.row.field or "")

    message = make_message("smsc send", kind=kind, to=to, text=text, sender="Shop", **least)

    assert kind.row.message_class is type(message)
    assert text == text_of(message)
    assert {*least} == {name for name, is_required in options_of(kind).items() if is_required}
    for name in least:
        with pytest.raises(Failure, match=r"use\.kind_needs"):
            made(kind, {**least, name: None}, text)


def test_hlr_and_ping_are_commands_and_no_kinds() -> None:
    """They take several numbers and have no text."""
    commands = {KIND_OF[HlrQuery].name, KIND_OF[Ping].name}

    assert {"hlr", "ping"} == commands
    assert not commands & {kind.value for kind in MessageKind}


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (MessageKind("sms"), {"comment": "c"}, Sms(to=TO, sender="Shop", text="hi", comment="c")),
        (
            MessageKind("email"),
            {"subject": "s"},
            Email(to=MAIL, sender="Shop", text="hi", subject="s"),
        ),
        (MessageKind("viber"), {}, Viber(to=TO, sender="Shop", text="hi")),
        (MessageKind("social"), {}, Social(to=TO, sender="Shop", text="hi")),
        (
            MessageKind("telegram-bot"),
            {"bot": "b"},
            TelegramBot(to=TO, sender="Shop", text="hi", bot="b"),
        ),
        (
            MessageKind("call"),
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
    code = made(MessageKind("telegram-code"), {}, "4821")

    assert TelegramCode(to=TO, sender="Shop", code="4821") == code
    assert ("4821", "hi") == (text_of(code), text_of(made(MessageKind("viber"), {})))


def test_zero_counts_as_given() -> None:
    """GSM has the number 0, and a call may ring for 0 seconds; both equal False."""
    coded, called = (
        made(MessageKind("sms"), {"coding": Coding.GSM}),
        made(MessageKind("call"), {"call_wait": 0}),
    )

    assert (Coding.GSM, 0) == (coded.coding, called.wait)


def test_smart_text_is_not_a_field() -> None:
    """It is a setting of the client, allowed with SMS only."""
    assert Sms(to=TO, sender="Shop", text="hi") == made(MessageKind("sms"), {"smart": True})
    with pytest.raises(Failure, match=r"use\.not_of_kind"):
        made(MessageKind("viber"), {"smart": True})


@pytest.mark.parametrize(
    ("kind", "options", "key", "values"),
    [
        (
            MessageKind("viber"),
            {"coding": Coding.GSM},
            "use.not_of_kind",
            ("--coding", "viber", "sms"),
        ),
        (
            MessageKind("call"),
            {"comment": "c"},
            "use.not_of_kind",
            ("--comment", "call", WITH_COMMENT),
        ),
        (MessageKind("sms"), {"call_wait": 0}, "use.not_of_kind", ("--call-wait", "sms", "call")),
        (MessageKind("email"), {}, "use.kind_needs", ("--subject", "email", None)),
        (MessageKind("telegram-bot"), {}, "use.kind_needs", ("--bot", "telegram-bot", None)),
        (
            MessageKind("call"),
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
        made(MessageKind("call"), {"call_wait": 200})
    with pytest.raises(InvalidMessageError) as code:
        made(MessageKind("telegram-code"), {}, "secret words")

    assert ("--call-wait", "code") == (call.value.field, code.value.field)
    assert code.value.__context__ is None
    assert "secret" not in str(code.value)

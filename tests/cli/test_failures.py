"""Every error of the library has an exit code and three answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pdu.enums import CommandStatus
from smsc_async import errors
from smsc_async.cli.failures import OUTCOMES, ExitCode, Failure, failure_of
from smsc_async.cli.i18n import LANGUAGES, Language, Translator
from smsc_async.errors import Outcome, SmscError
from smsc_async.messages import Sms

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

MESSAGE = Sms(to="79991234567", text="secret words")
IDS = ("855469", "855470")


def test_every_error_has_texts() -> None:
    """In both languages, with all placeholders filled: also an error of a later version."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    for kind in (kind for kind in kinds if issubclass(kind, SmscError)):
        error = kind.__new__(kind)
        if isinstance(error, errors.SendError):
            error.outcome, error.message_ids = Outcome.NOT_SENT, ()
        if isinstance(error, errors.ReceiptTimeoutError):
            error.message_id = IDS[0]
        failure = failure_of(error)

        assert failure.outcome in OUTCOMES
        for translate in map(Translator, LANGUAGES):
            assert translate(failure.text, **failure.values)
            assert translate(failure.advice, **failure.values)


@pytest.mark.parametrize(
    ("error", "code", "outcome"),
    [
        (errors.InvalidMessageError("text", 0, "empty"), 2, "not_sent"),
        (errors.ConfigError("url", "***", "no scheme"), 2, "not_sent"),
        (errors.ConnectFailedError("refused", hosts=("a:1",)), 3, "not_sent"),
        (errors.BindRefusedError(CommandStatus.ESME_RINVPASWD), 3, "not_sent"),
        (errors.LinkLostError(), 3, "not_sent"),
        (errors.RepeatedMessageError(MESSAGE, retry_after=47.61), 1, "not_sent"),
        (errors.SubmitRefusedError(MESSAGE, command_status=10), 1, "refused"),
        (errors.SubmitRefusedError(MESSAGE, command_status=10, message_ids=IDS), 1, "some"),
        (errors.ThrottledError(MESSAGE, command_status=0x58, retry_after=1), 1, "refused"),
        (errors.ResponseTimeoutError(MESSAGE, timeout=10), 4, "unknown"),
        (errors.ResponseTimeoutError(MESSAGE, timeout=10, message_ids=IDS), 4, "unknown"),
        (errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT), 3, "not_sent"),
        (errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.UNKNOWN), 4, "unknown"),
        (errors.PartsOverdueError(MESSAGE, accepted=0, total=2), 1, "not_sent"),
        (errors.PartsOverdueError(MESSAGE, accepted=1, total=2, message_ids=IDS), 4, "unknown"),
        (errors.ReceiptTimeoutError(IDS[0], timeout=30), 5, "accepted"),
        (errors.RemoteProtocolError("nonsense"), 3, "not_sent"),
        (SmscError("of a later version"), 4, "not_sent"),
    ],
)
def test_error_has_an_exit_code_and_an_outcome(error: SmscError, code: int, outcome: str) -> None:
    """Scripts use the code, people the row "sent"."""
    failure = failure_of(error)

    assert (code, outcome) == (failure.code, failure.outcome)


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_filled(language: Language) -> None:
    """Ids, field and seconds to wait, in both languages."""
    translate = Translator(language)
    held = failure_of(errors.FloodLimitError(MESSAGE, retry_after=47.61))
    invalid = failure_of(errors.InvalidMessageError("sender", 0, "no"))
    refused = failure_of(errors.SubmitRefusedError(MESSAGE, command_status=10, message_ids=IDS))

    assert {"en": "47.6 s", "ru": "47,6 с"}[language] in translate(held.advice, **held.values)
    assert "sender" in translate(invalid.advice, **invalid.values)
    assert "855469, 855470" in translate(OUTCOMES[refused.outcome], **refused.values)


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        ("123", "a number is 10 to 15 digits", "в номере с кодом страны от 10 до 15 цифр"),
        (
            "8107912345678",
            "a number of country 7 has 11 digits, got 10",
            "в номере с кодом 7 должно быть цифр: 11, а их 10",
        ),
        ("0123456789", "a country code never begins with 0", "код страны не начинается с 0"),
    ],
)
def test_detail_is_in_the_language_of_the_output(
    smsc: Callable[..., CompletedProcess[str]], number: str, english: str, russian: str
) -> None:
    """On a terminal and in JSON; the error of the library is in English."""
    for language, words in (("en", english), ("ru", russian)):
        done = smsc("send", number, "hi", "--lang", language)
        lines = smsc("send", number, "hi", "--lang", language, "--json").stdout

        assert f"to: {words}" in " ".join(done.stderr.split())
        assert words in json.loads(lines)["error"]["detail"]


def test_traceback_names_the_key() -> None:
    """`--debug` shows the key of a failure and no value."""
    failure = Failure(
        ExitCode.USAGE_ERROR, "use.value", "no {value}", advice="", value="secret words"
    )

    assert "use.value" == str(failure)

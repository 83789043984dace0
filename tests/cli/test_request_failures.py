"""Failures of `smsc hlr` and `smsc ping`: a request, not a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pdu.enums import CommandStatus
from smsc_async import errors
from smsc_async.cli.i18n import Translator
from smsc_async.cli.request_failures import failure_of_request
from smsc_async.cli.sentences import in_language
from smsc_async.messages import Ping

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79991234567"
PING = Ping(to=TO)


@pytest.mark.parametrize(
    ("error", "english", "russian"),
    [
        (
            errors.SubmitRefusedError(PING, command_status=CommandStatus.ESME_RSUBMITFAIL),
            "the gateway refused the request",
            "шлюз отклонил запрос",
        ),
        (
            errors.RepeatedMessageError(PING, retry_after=47.6),
            "not sent: the same request was sent less than a minute ago",
            "не отправлено: такой же запрос отправлен меньше минуты назад",
        ),
        (
            errors.ReceiptTimeoutError("855469", timeout=30.0),
            "no answer arrived in time",
            "ответ не пришёл вовремя",
        ),
        (
            errors.ResponseTimeoutError(PING, timeout=10.0),
            "the gateway didn't respond",
            "шлюз не ответил",
        ),
    ],
    ids=lambda it: type(it).__name__,
)
def test_request_is_no_message(error: errors.SmscError, english: str, russian: str) -> None:
    """Nothing is delivered, and no receipt is awaited."""
    failure = failure_of_request(error)
    shown = {
        language: " ".join(
            Translator(language)(text, **failure.values)
            for text in (failure.text, failure.advice, failure.outcome_texts[failure.outcome])
        )
        for language in ("en", "ru")
    }

    assert shown["en"].startswith(english)
    assert shown["ru"].startswith(russian)
    assert "сообщени" not in shown["ru"].replace("историю сообщений", "")
    assert "--sender" not in shown["en"]


def test_late_answer_may_still_come() -> None:
    """What is said of a message, that it may be delivered all the same, isn't true of a request."""
    failure = failure_of_request(errors.ReceiptTimeoutError("855469", timeout=30.0))

    assert "no answer in 30.0 s; it may still come" == failure.detail
    assert "ответа нет 30 с; он ещё может прийти" == in_language(failure.detail, Translator("ru"))


@pytest.mark.parametrize("command", ["hlr", "ping"])
def test_refused_repeat_says_when_it_is_accepted(
    smsc: Smsc, gateway: HostedSimulator, command: str
) -> None:
    """As `smsc send` does."""
    smsc(command, TO, "--url", gateway.url)
    done = smsc(command, TO, "--url", gateway.url, "--lang", "ru")
    shown = " ".join(done.stderr.split())

    assert 1 == done.returncode
    assert "шлюз отклонил запрос: такой же запрос принят меньше 60 с назад; повтор" in shown
    assert "отправьте его снова через" in shown
    assert "сообщение" not in shown

"""Reasons of rows: cause and remedy as `smsc send` gives them, in the language of the run."""

from __future__ import annotations

import csv
import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from pdu.enums import CommandStatus
from smsc_async import errors
from smsc_async.cli.bulk_reasons import error_of, reason_of
from smsc_async.cli.failures import failure_of
from smsc_async.cli.i18n import LANGUAGES, Language, Translator
from smsc_async.errors import Outcome, SendError
from smsc_async.messages import Sms
from smsc_async.outbox import OutboxEntry, OutboxState
from smsc_async.outbox.attempt import Attempt, settlement_of
from smsc_async.simulator import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

TO = "79995557733"
MESSAGE = Sms(to=TO, text="secret words")
ENGLISH, RUSSIAN = Translator("en"), Translator("ru")
TOO_LATE = (
    "it wasn't sent again: the gateway may no longer refuse a repeat;"
    " resend(entry, may_pay_twice=True) sends it nevertheless"
)
REPEAT = "the same message was accepted less than 60 s ago; it is accepted again in 59.4 s"


def stored(error: SendError, state: OutboxState | None = None, *, age: float = 0.0) -> OutboxEntry:
    """Return the entry that a worker stores for an error."""
    settled = settlement_of(Attempt(entry_id=1, owner=1, number=1), error)
    return entry(
        settled.reason,
        state or settled.state,
        command_status=settled.command_status,
        age=age,
        after=settled.after,
    )


def entry(
    reason: str,
    state: OutboxState,
    *,
    command_status: int | None = None,
    age: float = 0.0,
    after: float = 0.0,
) -> OutboxEntry:
    """Return an entry."""
    now = time.time()
    return OutboxEntry(
        id=1,
        key="1",
        message=MESSAGE,
        state=state,
        created_at=now - age,
        changed_at=now - age,
        not_before=now + after,
        command_status=command_status,
        reason=reason,
    )


def refused(status: int, words: str = "") -> errors.SubmitRefusedError:
    """Return the error of a response."""
    error = errors.SubmitRefusedError(MESSAGE, command_status=status)
    error.status_text = words
    return error


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "error",
    [
        refused(CommandStatus.ESME_RINVDSTADR),
        refused(CommandStatus.ESME_RINVSRCADR),
        refused(CommandStatus.ESME_RSUBMITFAIL),
        refused(CommandStatus.ESME_RSUBMITFAIL, REPEAT),
        refused(CommandStatus.ESME_RSUBMITFAIL, "нет денег: пополните (счёт 1)"),
        refused(0x400),
        errors.ThrottledError(
            MESSAGE, command_status=CommandStatus.ESME_RTHROTTLED, retry_after=1.0,
            message_ids=("1",),
        ),
        errors.PartsOverdueError(MESSAGE, accepted=1, total=3, message_ids=("1",)),
    ],
    ids=str,
)  # fmt: skip
def test_refused_row_has_cause_and_remedy_of_send(error: SendError, language: Language) -> None:
    """Made again of what is stored: an earlier run may have had another language."""
    translate, failure = Translator(language), failure_of(error)
    reason = reason_of(stored(error, OutboxState.REFUSED), translate)

    assert translate(failure.text, **failure.values) in reason
    assert reason.endswith(f"; {translate(failure.advice, **failure.values)}")
    assert "outcome=" not in reason
    assert "secret" not in reason
    if isinstance(error, errors.SubmitRefusedError):
        assert f"(0x{error.command_status:08X})" in reason


@pytest.mark.parametrize(
    ("error", "russian"),
    [
        (errors.RepeatedMessageError(MESSAGE, retry_after=50.0), "такое же сообщение"),
        (errors.FloodLimitError(MESSAGE, retry_after=30.0), "слишком много сообщений подряд"),
        (errors.HeldByRuleError(MESSAGE, retry_after=30.0), "не отправлено"),
        (
            errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.NOT_SENT),
            "соединение прервалось",
        ),
    ],
    ids=str,
)
def test_waiting_row_is_sent_by_the_command(error: SendError, russian: str) -> None:
    """Sent by hand, it would be there twice."""
    waiting = stored(error)

    assert OutboxState.QUEUED is waiting.state
    assert russian in reason_of(waiting, RUSSIAN)
    assert "запустите команду снова" in reason_of(waiting, RUSSIAN)
    assert reason_of(waiting, ENGLISH).endswith("it sends the rest, and no message twice")


@pytest.mark.parametrize(
    "error",
    [
        errors.ResponseTimeoutError(MESSAGE, timeout=10.0),
        errors.SubmitInterruptedError(MESSAGE, outcome=Outcome.UNKNOWN),
    ],
    ids=str,
)
def test_unknown_row_names_its_option(error: SendError) -> None:
    """The history of the account decides."""
    unknown = stored(error)

    assert OutboxState.UNKNOWN is unknown.state
    assert "--resend-unknown" in reason_of(unknown, RUSSIAN)
    assert failure_of(error).text in reason_of(unknown, ENGLISH)


@pytest.mark.parametrize(("age", "advice"), [(20.0, "in 39.4 s"), (90.0, "--resend-refused")])
def test_wait_of_an_earlier_run_is_what_is_left_of_it(age: float, advice: str) -> None:
    """Its minute may be over."""
    reason = reason_of(stored(refused(CommandStatus.ESME_RSUBMITFAIL, REPEAT), age=age), ENGLISH)

    assert re.search(re.escape(advice).replace("39\\.4", r"39\.[34]"), reason.rpartition(";")[2])


@pytest.mark.parametrize(
    ("reason", "state", "russian"),
    [
        ("", OutboxState.QUEUED, ""),
        (
            "the process that was sending it ended before it stored the outcome",
            OutboxState.UNKNOWN,
            "процесс, который отправлял сообщение, завершился",
        ),
        (
            TOO_LATE,
            OutboxState.UNKNOWN,
            "--resend-unknown --may-pay-twice",
        ),
        (
            "sent again: submit_sm to 7999***33 refused: ESME_RSUBMITFAIL (0x00000045)",
            OutboxState.UNKNOWN,
            "ESME_RSUBMITFAIL (0x00000045)",
        ),
        (
            "text: empty, and would be paid for; Ping finds out whether a phone is on",
            OutboxState.REFUSED,
            "text: ",
        ),
        (
            "its row was taken out of the file before it was sent",
            OutboxState.DISCARDED,
            "строка убрана из файла",
        ),
    ],
)
def test_other_reasons_are_translated(reason: str, state: OutboxState, russian: str) -> None:
    """Those that are no errors of sending."""
    said = reason_of(entry(reason, state), RUSSIAN)

    assert russian in said
    assert not re.search(r"\b(the|was|it)\b", said)


def test_status_alone_is_enough() -> None:
    """Another version may write another sentence."""
    known = entry("whatever", OutboxState.REFUSED, command_status=CommandStatus.ESME_RINVDSTADR)

    assert isinstance(error_of(known, MESSAGE), errors.SubmitRefusedError)
    assert "номер получателя" in reason_of(known, RUSSIAN)
    assert "whatever" == reason_of(entry("whatever", OutboxState.REFUSED), RUSSIAN)


def test_refusal_is_the_same_everywhere(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path
) -> None:
    """On the terminal, in both files, and by a later run in another language."""
    url = ("--url", gateway.url)
    assert 0 == smsc("send", TO, "hello", "--no-wait", *url).returncode
    file = tmp_path / "clients.csv"
    file.write_text(f"to,text\n{TO},hello\n", encoding="utf-8")
    of_send = smsc("send", TO, "hello", *url, "--lang", "ru", "--json")
    said = json.loads(of_send.stdout)["error"]["what"]
    for language in ("ru", "en", "ru"):
        done = smsc("bulk", str(file), *url, "--lang", language, "--json")
        row = json.loads(done.stdout.splitlines()[0])
        results = list(csv.DictReader(
            file.with_name("clients.result.csv").read_text(encoding="utf-8-sig").splitlines()
        ))  # fmt: skip
        rejected = list(csv.DictReader(
            file.with_name("clients.rejected.csv").read_text(encoding="utf-8-sig").splitlines()
        ))  # fmt: skip

        assert 1 == done.returncode
        assert ("refused", "rejected") == (results[0]["state"], row["outcome"])
        without_seconds = {
            re.sub("[0-9.,]+ ?[sс]", "", one)
            for one in (row["reason"], results[0]["error"], rejected[0]["reason"])
        }
        assert 1 == len(without_seconds)
        assert (said.partition("принято")[0] in row["reason"]) is (language == "ru")


def test_generic_refusal_says_what_it_usually_is(
    smsc: Smsc, gateway: HostedSimulator, tmp_path: Path
) -> None:
    """As `smsc send` does."""
    gateway.scenario = Scenario(submit_status=lambda _: CommandStatus.ESME_RSUBMITFAIL)
    file = tmp_path / "clients.csv"
    file.write_text(f"to,text\n{TO},hello\n", encoding="utf-8")
    done = smsc("bulk", str(file), "--url", gateway.url)

    assert 1 == done.returncode
    assert "the gateway refused the message" in " ".join(done.stdout.split())
    assert "ESME_RSUBMITFAIL (0x00000045)" in " ".join(done.stdout.split())

"""Why a row wasn't accepted, in the words that `smsc send` has for it, and what to do.

Rule: the outbox stores the sentence of the library, in English and for any run. Here it becomes the
error again that it was, so cause and remedy are in the language of this run, also if an earlier one
stored it.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from pdu.enums import CommandStatus
from pdu.names import status_label
from smsc_async.cli.failures import Failure, failure_of
from smsc_async.cli.i18n import NumberText, _
from smsc_async.cli.sentences import in_language
from smsc_async.errors import (
    FloodLimitError,
    HeldByRuleError,
    Outcome,
    PartsOverdueError,
    RepeatedMessageError,
    ResponseTimeoutError,
    SendError,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.outbox import OutboxState

if TYPE_CHECKING:
    from smsc_async.cli.i18n import Translator
    from smsc_async.messages import Message
    from smsc_async.outbox import OutboxEntry
    from smsc_async.receipts import Receipt

RESUME: Final = _("run the command again: it sends the rest, and no message twice")
RESUME_WITH_RESULTS: Final = _(
    "run the command again: it sends the rest, and no message twice; results so far: {result}"
)
ALL_SENT: Final = _(
    "all is sent; receipts: the same command with --wait-receipts; results: {result}"
)
RESOLVE: Final = _("check the history, then --resend-unknown (later --may-pay-twice)")
RESOLVE_LATE: Final = _("check the history, then --resend-unknown --may-pay-twice")
_RESEND: Final = _("send it again: --resend-refused")
_NOT_REPEATED: Final = _("it wasn't sent again: the gateway may no longer refuse a repeat")

_ERROR: Final = re.compile(r"(?:sent again: )?(.+?)(?: \(outcome=(\w+)\)(?:: (.+))?)?", re.DOTALL)
"""The sentence of an error, its outcome, and the gateway's own words."""
_REFUSED: Final = re.compile(
    r"submit_sm to \S+ (?:refused|not written, the gateway is refusing): .+ \(0x([0-9A-F]{8})\)"
)
_TIMEOUT: Final = re.compile(r"submit_sm to \S+ got no response in ([0-9.]+) s; .+")
_INTERRUPTED: Final = re.compile(r"submit_sm to \S+ interrupted: .+")
_HELD: Final = re.compile(r"message to \S+ is held: (.+); send it after the wait .+", re.DOTALL)
_OVERDUE: Final = re.compile(r"([0-9]+) of ([0-9]+) parts to \S+ were accepted in time; .+")
_THROTTLING: Final = frozenset({CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL})


def reason_of(entry: OutboxEntry, translate: Translator) -> str:
    """Return why an entry isn't accepted, and what to do; empty if nothing is known."""
    if not entry.reason:
        return ""
    if entry.reason.startswith(_NOT_REPEATED):
        return f"{translate(_NOT_REPEATED)}; {translate(RESOLVE_LATE)}"
    error = None if entry.message is None else error_of(entry, entry.message)
    if error is None:
        advice = RESOLVE if entry.state is OutboxState.UNKNOWN else ""
        said = in_language(entry.reason, translate), translate(advice)
        return "; ".join(filter(None, said))
    failure = failure_of(error)
    _adapt(failure, entry)
    text = translate(failure.text, **failure.values)
    if isinstance(error, SubmitRefusedError):
        text = f"{text} ({status_label(error.command_status)})"
    return f"{text}; {translate(failure.advice, **failure.values)}"


def _adapt(failure: Failure, entry: OutboxEntry) -> None:
    """Replace advice for a single message where the command itself sends the row again."""
    if entry.state is OutboxState.UNKNOWN:
        failure.advice = RESOLVE
    elif entry.state is not OutboxState.REFUSED:
        failure.advice = RESUME
    elif failure.values.get("rest") is not None:
        rest = failure.values["rest"]
        said = rest.text if isinstance(rest, NumberText) else str(rest)
        left = float(said) - (time.time() - entry.changed_at)
        failure.values["rest"] = NumberText(f"{left:.1f}")
        failure.advice = failure.advice if left > 0 else _RESEND


def error_of(entry: OutboxEntry, message: Message[Receipt]) -> SendError | None:
    """Return the error that ended the last attempt of an entry.

    Args:
        entry: The entry.
        message: Its message.

    Returns:
        None if it was no error of sending, or isn't known to this version.
    """
    found = _ERROR.fullmatch(entry.reason)
    if found is None:
        return None
    sentence, outcome, words = found.groups()
    if refused := _REFUSED.fullmatch(sentence):
        return _refusal(message, entry.command_status or int(refused[1], 16), words or "")
    if held := _HELD.fullmatch(sentence):
        return _hold(message, held[1], max(entry.not_before - time.time(), 0.0))
    if error := _interruption(message, sentence, outcome):
        return error
    is_refused = entry.state is OutboxState.REFUSED and entry.command_status
    return _refusal(message, entry.command_status or 0, "") if is_refused else None


def _interruption(message: Message[Receipt], sentence: str, outcome: str) -> SendError | None:
    """Return the error of an attempt that no response ended, if it was one."""
    if timeout := _TIMEOUT.fullmatch(sentence):
        return ResponseTimeoutError(message, timeout=float(timeout[1]))
    if overdue := _OVERDUE.fullmatch(sentence):
        return PartsOverdueError(message, accepted=int(overdue[1]), total=int(overdue[2]))
    if not _INTERRUPTED.fullmatch(sentence):
        return None
    is_unsent = outcome == Outcome.NOT_SENT.name
    return SubmitInterruptedError(
        message, outcome=Outcome.NOT_SENT if is_unsent else Outcome.UNKNOWN
    )


def _refusal(message: Message[Receipt], command_status: int, words: str) -> SubmitRefusedError:
    """Return the error of a response."""
    if command_status in _THROTTLING:
        return ThrottledError(message, command_status=command_status, retry_after=0.0)
    refused = SubmitRefusedError(message, command_status=command_status)
    refused.status_text = words
    return refused


def _hold(message: Message[Receipt], reason: str, wait: float) -> HeldByRuleError:
    """Return the error of a hold."""
    for kind in (RepeatedMessageError, FloodLimitError):
        error = kind(message, retry_after=wait)
        if f"is held: {reason};" in str(error):
            return error
    return HeldByRuleError(message, retry_after=wait, reason=reason)

"""Failures of a command: what happened, whether anything was sent, what to do.

Rule: every failure has an exit code from the table in `smsc --help` and these three answers, the
second only if the command sends messages. The message of the library's error is added as a
detail; it contains no text, no password and no complete number.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from smsc_async.cli.console import label_grid
from smsc_async.errors import (
    BindRefusedError,
    ConfigError,
    ConnectFailedError,
    HeldByRuleError,
    InvalidMessageError,
    LinkError,
    Outcome,
    PartsOverdueError,
    ProtocolError,
    ReceiptTimeoutError,
    RequestRefusedError,
    RequestTimeoutError,
    ResponseTimeoutError,
    SendError,
    SmscError,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from smsc_async.cli.console import Screen


class ExitCode(IntEnum):
    """Exit codes of the process."""

    DONE = 0
    REFUSED = 1
    """Refused, undelivered, unreachable, or invalid octets."""
    USAGE_ERROR = 2
    NO_LINK = 3
    UNKNOWN = 4
    NO_RECEIPT = 5
    INTERRUPTED = 130


class Failure(Exception):  # noqa: N818 -- it ends a command, it isn't an error of the program
    """A command can't go on.

    Args:
        code: Exit code of the process.
        key: Of the text that says what happened.
        outcome: Key of the text that says whether anything was sent; empty for a command that
            sends nothing.
        advice: Key of the text that says what to do; `key`.do by default.
        detail: Message of the library's error.
        message_ids: Ids of what the gateway accepted before the failure.
        values: Placeholders of the texts.
    """

    def __init__(
        self,
        code: ExitCode,
        key: str,
        *,
        outcome: str = "",
        advice: str = "",
        detail: str = "",
        message_ids: tuple[str, ...] = (),
        **values: object,
    ) -> None:
        super().__init__(key)
        self.code = code
        self.key = key
        self.outcome = outcome
        self.advice = advice or f"{key}.do"
        self.detail = detail
        self.message_ids = message_ids
        self.values: dict[str, object] = {"ids": ", ".join(message_ids), **values}


def failure_before_sending(key: str, **values: str | int) -> Failure:
    """Return the failure of a command whose input keeps it from sending anything."""
    failure = Failure(ExitCode.USAGE_ERROR, key, outcome="outcome.not_sent")
    failure.values.update(values)
    return failure


# The first class that matches; subclasses stand before their bases.
_CLASSES: Final[tuple[tuple[type[SmscError], ExitCode], ...]] = (
    (InvalidMessageError, ExitCode.USAGE_ERROR),
    (ConfigError, ExitCode.USAGE_ERROR),
    (ConnectFailedError, ExitCode.NO_LINK),
    (BindRefusedError, ExitCode.NO_LINK),
    (LinkError, ExitCode.NO_LINK),
    (HeldByRuleError, ExitCode.REFUSED),
    (ThrottledError, ExitCode.REFUSED),
    (SubmitRefusedError, ExitCode.REFUSED),
    (ResponseTimeoutError, ExitCode.UNKNOWN),
    (SubmitInterruptedError, ExitCode.NO_LINK),
    (PartsOverdueError, ExitCode.REFUSED),
    (SendError, ExitCode.REFUSED),
    (ReceiptTimeoutError, ExitCode.NO_RECEIPT),
    (RequestRefusedError, ExitCode.REFUSED),
    (RequestTimeoutError, ExitCode.NO_LINK),
    (ProtocolError, ExitCode.NO_LINK),
)
_OUTCOME_KEYS: Final = {
    Outcome.NOT_SENT: "outcome.not_sent",
    Outcome.REFUSED: "outcome.refused",
    Outcome.UNKNOWN: "outcome.unknown",
}


def failure_of(error: SmscError) -> Failure:
    """Convert an error of the library."""
    kind, code = next(
        (entry for entry in _CLASSES if isinstance(error, entry[0])),
        (SendError, ExitCode.UNKNOWN),
    )
    outcome, ids = _outcome_of(error)
    if outcome == "outcome.unknown":
        code = ExitCode.UNKNOWN
    return Failure(
        code,
        kind.__name__,
        outcome=outcome,
        detail=str(error),
        message_ids=ids,
        field=getattr(error, "field", ""),
        seconds=round(getattr(error, "retry_after", 0.0), 1),
    )


def _outcome_of(error: SmscError) -> tuple[str, tuple[str, ...]]:
    """Return the key of the outcome and the ids of what was accepted."""
    if isinstance(error, ReceiptTimeoutError):
        return "outcome.accepted", (error.message_id,)
    if not isinstance(error, SendError):
        return "outcome.not_sent", ()
    if error.message_ids and error.outcome is not Outcome.UNKNOWN:
        return "outcome.some", error.message_ids
    return _OUTCOME_KEYS[error.outcome], error.message_ids


def show_failure(failure: Failure, screen: Screen) -> None:
    """Print a failure to standard error."""
    translate, values = screen.translate, failure.values
    rows = [(translate("failed"), Text(translate(failure.key, **values), style="bold red"))]
    if failure.detail:
        rows.append((translate("detail"), Text(failure.detail)))
    if failure.outcome:
        rows.append((translate("outcome"), Text(translate(failure.outcome, **values))))
    rows.append((translate("do"), Text(translate(failure.advice, **values))))
    screen.show_error(label_grid(*rows))


def failure_as_json(failure: Failure, screen: Screen) -> dict[str, Any]:
    """Return a failure as a JSON object."""
    translate, values = screen.translate, failure.values
    return {
        "kind": failure.key,
        "what": translate(failure.key, **values),
        "detail": failure.detail or None,
        "outcome": failure.outcome.rpartition(".")[2] or None,
        "message_ids": list(failure.message_ids),
        "to_do": translate(failure.advice, **values),
    }

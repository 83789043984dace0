"""Failures as people need them: what happened, did it go, what to do.

Rule: every failure has an exit code of the table in `smsc --help` and these answers; the second
one where something was to be sent. The library's own sentence stands below as a detail; it holds
no text, no password and no whole number.
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
    """What the process says to its caller."""

    DONE = 0
    REFUSED = 1
    """Refused, undelivered, unreachable, or octets that are broken."""
    USAGE_ERROR = 2
    NO_LINK = 3
    UNKNOWN = 4
    NO_RECEIPT = 5
    INTERRUPTED = 130


class Failure(Exception):  # noqa: N818 -- it ends a command, it isn't a mistake of the program
    """A command can't go on.

    Args:
        code: Of the process.
        key: Of the text that says what happened; `key`.do says what to do.
        went: Of the text that answers "did it go?"; empty where nothing was to go.
        do: Of the text that says what to do, if it isn't `key`.do.
        detail: The library's own sentence.
        message_ids: What the gateway has accepted all the same.
        values: What is put into the texts.
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


# The first class that fits, from the narrow to the wide.
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
    """Turn an error of the library into the failure of a command."""
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
    """Return the answer to "did it go?", and what was accepted."""
    if isinstance(error, ReceiptTimeoutError):
        return "outcome.accepted", (error.message_id,)
    if not isinstance(error, SendError):
        return "outcome.not_sent", ()
    if error.message_ids and error.outcome is not Outcome.UNKNOWN:
        return "outcome.some", error.message_ids
    return _OUTCOME_KEYS[error.outcome], error.message_ids


def report(failure: Failure, screen: Screen) -> int:
    """Tell people, and with `--json` programs, what went wrong; return the exit code."""
    show_error(failure, screen)
    screen.write_json({"error": failure_as_json(failure, screen), "exit_code": int(failure.code)})
    return int(failure.code)


def show_error(failure: Failure, screen: Screen) -> None:
    """Tell people what went wrong."""
    translate, values = screen.translate, failure.values
    rows = [(translate("failed"), Text(translate(failure.key, **values), style="bold red"))]
    if failure.detail:
        rows.append((translate("detail"), Text(failure.detail)))
    if failure.outcome:
        rows.append((translate("outcome"), Text(translate(failure.outcome, **values))))
    rows.append((translate("do"), Text(translate(failure.advice, **values))))
    screen.show_error(label_grid(*rows))


def failure_as_json(failure: Failure, screen: Screen) -> dict[str, Any]:
    """Return a failure as one object."""
    translate, values = screen.translate, failure.values
    return {
        "kind": failure.key,
        "what": translate(failure.key, **values),
        "detail": failure.detail or None,
        "outcome": failure.outcome.rpartition(".")[2] or None,
        "message_ids": list(failure.message_ids),
        "to_do": translate(failure.advice, **values),
    }

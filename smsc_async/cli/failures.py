"""Failures as people need them: what happened, did it go, what to do.

Rule: every failure has an exit code of the table in `smsc --help` and these answers; the second
one where something was to be sent. The library's own sentence stands below as a detail; it holds
no text, no password and no whole number.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from smsc_async.cli.console import labelled
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
    WRONG_USE = 2
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
        went: str = "",
        do: str = "",
        detail: str = "",
        message_ids: tuple[str, ...] = (),
        **values: object,
    ) -> None:
        super().__init__(key)
        self.code = code
        self.key = key
        self.went = went
        self.do = do or f"{key}.do"
        self.detail = detail
        self.message_ids = message_ids
        self.values: dict[str, object] = {"ids": ", ".join(message_ids), **values}


# The first class that fits, from the narrow to the wide.
_CLASSES: Final[tuple[tuple[type[SmscError], ExitCode], ...]] = (
    (InvalidMessageError, ExitCode.WRONG_USE),
    (ConfigError, ExitCode.WRONG_USE),
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
_WENT: Final = {
    Outcome.NOT_SENT: "went.not_sent",
    Outcome.REFUSED: "went.refused",
    Outcome.UNKNOWN: "went.unknown",
}


def failure_of(error: SmscError) -> Failure:
    """Turn an error of the library into the failure of a command."""
    kind, code = next(
        (entry for entry in _CLASSES if isinstance(error, entry[0])),
        (SendError, ExitCode.UNKNOWN),
    )
    went, ids = _went(error)
    if went == "went.unknown":
        code = ExitCode.UNKNOWN
    return Failure(
        code,
        kind.__name__,
        went=went,
        detail=str(error),
        message_ids=ids,
        field=getattr(error, "field", ""),
        seconds=round(getattr(error, "retry_after", 0.0), 1),
    )


def _went(error: SmscError) -> tuple[str, tuple[str, ...]]:
    """Return the answer to "did it go?", and what was accepted."""
    if isinstance(error, ReceiptTimeoutError):
        return "went.accepted", (error.message_id,)
    if not isinstance(error, SendError):
        return "went.not_sent", ()
    if error.message_ids and error.outcome is not Outcome.UNKNOWN:
        return "went.some", error.message_ids
    return _WENT[error.outcome], error.message_ids


def report(failure: Failure, screen: Screen) -> int:
    """Tell people, and with `--json` programs, what went wrong; return the exit code."""
    complain(failure, screen)
    screen.write({"error": as_json(failure, screen), "exit_code": int(failure.code)})
    return int(failure.code)


def complain(failure: Failure, screen: Screen) -> None:
    """Tell people what went wrong."""
    say, values = screen.say, failure.values
    rows = [(say("failed"), Text(say(failure.key, **values), style="bold red"))]
    if failure.detail:
        rows.append((say("detail"), Text(failure.detail)))
    if failure.went:
        rows.append((say("went"), Text(say(failure.went, **values))))
    rows.append((say("do"), Text(say(failure.do, **values))))
    screen.complain(labelled(*rows))


def as_json(failure: Failure, screen: Screen) -> dict[str, Any]:
    """Return a failure as one object."""
    say, values = screen.say, failure.values
    return {
        "kind": failure.key,
        "what": say(failure.key, **values),
        "detail": failure.detail or None,
        "outcome": failure.went.rpartition(".")[2] or None,
        "message_ids": list(failure.message_ids),
        "to_do": say(failure.do, **values),
    }

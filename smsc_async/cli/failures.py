"""Failures of a command: what happened, whether anything was sent, what to do.

Rule: every failure has an exit code from the table in `smsc --help` and these three answers, the
second only if the command sends messages. The message of the library's error is added as a
detail, in the user's language; it contains no text, no password and no complete number.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.text import Text

from pdu.escaping import escape
from smsc_async.cli.causes import cause_of
from smsc_async.cli.console import label_grid
from smsc_async.cli.formatting import ids
from smsc_async.cli.i18n import _
from smsc_async.cli.sentences import in_language
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
    from collections.abc import Mapping

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


NOT_SENT: Final = "not_sent"
REFUSED: Final = "refused"
UNKNOWN: Final = "unknown"
ACCEPTED: Final = "accepted"
PARTLY_ACCEPTED: Final = "some"
PARTLY_SENT: Final = "bulk"
COUNTED: Final = "counted"

MEASURED: Final = "measured"

OUTCOMES: Final = {
    NOT_SENT: _("no: nothing was sent and nothing is charged"),
    REFUSED: _("no: the gateway refused it; refused messages aren't charged"),
    UNKNOWN: _("unknown: the message may have been accepted, delivered and charged"),
    ACCEPTED: _("yes: accepted as {ids}"),
    PARTLY_ACCEPTED: _("partly: accepted as {ids}, these are charged"),
    MEASURED: _("yes: {accepted} of {total} messages were accepted and are charged"),
    PARTLY_SENT: _("unknown: some may have been sent; the .outbox file has the state of each row"),
    COUNTED: _(
        "accepted: {accepted}; refused: {refused}; in the queue: {queued}; unknown: {unknown}"
    ),
}
"""Whether anything was sent: the name in JSON output, and the text."""


class Failure(Exception):  # noqa: N818 -- it ends a command, it isn't an error of the program
    """A command can't go on.

    Args:
        code: Exit code of the process.
        key: Stable name of the failure, "kind" in JSON output.
        text: What happened; in English, as all texts before they are shown.
        advice: What to do.
        outcome: A key of `OUTCOMES`; empty for a command that sends nothing.
        detail: Message of the library's error.
        message_ids: Ids of what the gateway accepted before the failure.
        values: Placeholders of the texts.

    Attributes:
        results: What is wrong with a file of results; empty for nothing.
        outcome_texts: The texts of the outcomes.
    """

    def __init__(
        self,
        code: ExitCode,
        key: str,
        text: str,
        /,
        *,
        advice: str,
        outcome: str = "",
        detail: str = "",
        message_ids: tuple[str, ...] = (),
        **values: object,
    ) -> None:
        super().__init__(key)
        self.code = code
        self.key = key
        self.text = text
        self.advice = advice
        self.outcome = outcome
        self.detail = detail
        self.message_ids = message_ids
        self.results = ""
        self.outcome_texts: Mapping[str, str] = OUTCOMES
        self.values: dict[str, object] = {"ids": ids(message_ids), **values}


def failure_before_sending(key: str, text: str, /, *, advice: str, **values: object) -> Failure:
    """Return the failure of a command whose input keeps it from sending anything."""
    failure = Failure(ExitCode.USAGE_ERROR, key, text, advice=advice, outcome=NOT_SENT)
    failure.values.update(values)
    return failure


class _ErrorTexts(NamedTuple):
    """Exit code and texts of a class of the library's errors."""

    error: type[SmscError]
    code: ExitCode
    text: str
    advice: str


# The first class that matches; subclasses stand before their bases.
_CLASSES: Final = (
    _ErrorTexts(
        InvalidMessageError, ExitCode.USAGE_ERROR, _("the message is invalid"),
        _("correct it ({field}); `smsc send … --dry-run` checks a message without sending"),
    ),
    _ErrorTexts(
        ConfigError, ExitCode.USAGE_ERROR, _("the settings are invalid"),
        _(
            "check the URL: smpp://login:password@host:2775, or set SMSC_LOGIN and SMSC_PASSWORD"
            " beside it; sim:// is the simulator"
        ),
    ),
    _ErrorTexts(
        ConnectFailedError, ExitCode.NO_LINK, _("no connection to the gateway"),
        _("check host and port, and that the account permits your address"),
    ),
    _ErrorTexts(
        BindRefusedError, ExitCode.NO_LINK, _("the gateway refused the login"),
        _("check login and password (SMPP has its own), and that SMPP is enabled"),
    ),
    _ErrorTexts(
        LinkError, ExitCode.NO_LINK, _("the connection to the gateway was lost"),
        _("try again; if it happens again, check the network and the gateway"),
    ),
    _ErrorTexts(
        HeldByRuleError, ExitCode.REFUSED, _("not sent: the gateway would refuse it now"),
        _("send it again in {seconds} s"),
    ),
    _ErrorTexts(
        ThrottledError, ExitCode.REFUSED, _("the gateway limits the rate"),
        _("wait a little, then send more slowly"),
    ),
    _ErrorTexts(
        SubmitRefusedError, ExitCode.REFUSED, _("the gateway refused the message"),
        _(
            "look up the status; usually it is the sender, the balance, a limit, or an identical"
            " message within the last minute"
        ),
    ),
    _ErrorTexts(
        ResponseTimeoutError, ExitCode.UNKNOWN, _("the gateway didn't respond"),
        _("check the history first: sending it again may be charged twice"),
    ),
    _ErrorTexts(
        SubmitInterruptedError, ExitCode.NO_LINK, _("the connection was lost while sending"),
        _("if it may have been sent, check the history; if not, send it again"),
    ),
    _ErrorTexts(
        PartsOverdueError, ExitCode.REFUSED,
        _("some parts weren't sent within the gateway's minute"),
        _("use a faster connection or a shorter text; the accepted parts may be lost"),
    ),
    _ErrorTexts(
        SendError, ExitCode.REFUSED, _("sending failed"),
        _("check the history of the account before sending again"),
    ),
    _ErrorTexts(
        ReceiptTimeoutError, ExitCode.NO_RECEIPT, _("no final receipt arrived in time"),
        _(
            "wait longer (--wait) or query it: smsc query {ids}; the phone may be off, or another"
            " program of this login (smsc tail) took the receipt"
        ),
    ),
    _ErrorTexts(
        RequestRefusedError, ExitCode.REFUSED, _("the gateway refused the request"),
        _("check the id, and the --sender of the message; old ids are deleted"),
    ),
    _ErrorTexts(
        RequestTimeoutError, ExitCode.NO_LINK, _("the gateway didn't respond"),
        _("try again a little later; that is safe"),
    ),
    _ErrorTexts(
        ProtocolError, ExitCode.NO_LINK, _("invalid data on the connection"),
        _("is it an SMPP port, with TLS where needed? compare smpp:// and smpps://"),
    ),
)  # fmt: skip
_OUTCOME_NAMES: Final = {
    Outcome.NOT_SENT: NOT_SENT,
    Outcome.REFUSED: REFUSED,
    Outcome.UNKNOWN: UNKNOWN,
}
_LATER_ERROR: Final = next(texts for texts in _CLASSES if texts.error is SendError)._replace(
    code=ExitCode.UNKNOWN
)
"""Texts of an error that a later version of the library may add."""
ERROR_TEXTS: Final = {texts.error.__name__: texts.text for texts in _CLASSES}
"""What happened, by the key of the failure."""


def failure_of(error: SmscError) -> Failure:
    """Convert an error of the library."""
    outcome, ids = _outcome_of(error)
    failure = failure_of_class(
        type(error),
        detail=str(error),
        outcome=outcome,
        message_ids=ids,
        field=getattr(error, "field", ""),
        seconds=round(getattr(error, "retry_after", 0.0), 1),
    )
    if outcome == UNKNOWN:
        failure.code = ExitCode.UNKNOWN
    cause = cause_of(error)
    if cause is not None:
        failure.text, failure.advice = cause.text, cause.advice
        failure.values.update(cause.values)
    return failure


def failure_of_class(kind: type[SmscError], **details: Any) -> Failure:  # noqa: ANN401 - those of `Failure`
    """Return the failure for a class of errors.

    Args:
        kind: Of the error.
        details: Keyword arguments of `Failure`.
    """
    texts = next((texts for texts in _CLASSES if issubclass(kind, texts.error)), _LATER_ERROR)
    return Failure(texts.code, texts.error.__name__, texts.text, advice=texts.advice, **details)


def _outcome_of(error: SmscError) -> tuple[str, tuple[str, ...]]:
    """Return the name of the outcome and the ids of what was accepted."""
    if isinstance(error, ReceiptTimeoutError):
        return ACCEPTED, (error.message_id,)
    if not isinstance(error, SendError):
        return NOT_SENT, ()
    if error.message_ids and error.outcome is not Outcome.UNKNOWN:
        return PARTLY_ACCEPTED, error.message_ids
    return _OUTCOME_NAMES[error.outcome], error.message_ids


def show_failure(failure: Failure, screen: Screen) -> None:
    """Print a failure to standard error."""
    translate, values = screen.translate, failure.values
    rows = [(translate("error"), Text(translate(failure.text, **values), style="bold red"))]
    if failure.detail:
        detail = in_language(failure.detail, translate)
        rows.append((translate("detail"), Text(escape(detail, letters=True))))
    if failure.outcome:
        rows.append(
            (translate("sent"), Text(translate(failure.outcome_texts[failure.outcome], **values)))
        )
    if failure.results:
        rows.append((translate("results"), Text(translate(failure.results, **values))))
    rows.append((translate("next step"), Text(translate(failure.advice, **values))))
    screen.show_error(label_grid(*rows))


def failure_as_json(failure: Failure, screen: Screen) -> dict[str, Any]:
    """Return a failure as a JSON object."""
    translate, values = screen.translate, failure.values
    return {
        "kind": failure.key,
        "what": translate(failure.text, **values),
        "detail": in_language(failure.detail, translate) or None,
        "outcome": failure.outcome or None,
        "message_ids": list(failure.message_ids),
        **({"results": translate(failure.results, **values)} if failure.results else {}),
        "to_do": translate(failure.advice, **values),
    }

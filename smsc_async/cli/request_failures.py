"""Failures of a request, as `smsc hlr` and `smsc ping` send: no message is delivered.

Rule: they are those of a message in other words; codes, keys and values are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsc_async.cli import causes
from smsc_async.cli.failures import (
    ERROR_TEXTS,
    OUTCOMES,
    REFUSED,
    UNKNOWN,
    Failure,
    failure_of,
)
from smsc_async.cli.i18n import TextWithValues, _
from smsc_async.errors import (
    ReceiptTimeoutError,
    RepeatedMessageError,
    SmscError,
    SubmitRefusedError,
)
from smsc_async.simulator.refusals import REPEAT

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXTS: Final[Mapping[str, str]] = {
    ERROR_TEXTS[SubmitRefusedError.__name__]: _("the gateway refused the request"),
    causes.REFUSED_BECAUSE: _("the gateway refused the request: {reason}"),
    causes.HOLD_CAUSES[RepeatedMessageError].text: _(
        "not sent: the same request was sent less than a minute ago"
    ),
    ERROR_TEXTS[ReceiptTimeoutError.__name__]: _("no answer arrived in time"),
}
"""The text for a request, by that for a message."""
_REPEATED_REQUEST: Final = _(
    "the same request was accepted less than {seconds} s ago; it is accepted again in {rest} s"
)
REQUEST_OUTCOMES: Final[Mapping[str, str]] = OUTCOMES | {
    UNKNOWN: _("unknown: the request may have been accepted and charged"),
    REFUSED: _("no: the gateway refused it; refused requests aren't charged"),
}
_ADVICE: Final[Mapping[type[SmscError], str]] = {
    SubmitRefusedError: _(
        "look up the status; usually it is the balance, a limit, or an identical request within the"
        " last minute"
    ),
    ReceiptTimeoutError: _("wait longer (--wait), or query it by its id: smsc query {ids}"),
}


def failure_of_request(error: SmscError) -> Failure:
    """Convert an error of the library, in the words of a request."""
    failure = failure_of(error)
    is_general = failure.text in ERROR_TEXTS.values()
    failure.text = _TEXTS.get(failure.text, failure.text)
    if is_general:
        failure.advice = _ADVICE.get(type(error), failure.advice)
    reason = failure.values.get("reason")
    if isinstance(reason, TextWithValues) and reason.text == REPEAT:
        failure.values["reason"] = TextWithValues(_REPEATED_REQUEST, reason.values)
    if isinstance(error, ReceiptTimeoutError):
        failure.detail = f"no answer in {error.timeout:.1f} s; it may still come"
    failure.outcome_texts = REQUEST_OUTCOMES
    return failure

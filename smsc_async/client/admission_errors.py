"""Errors of messages that a check or the rules' store doesn't admit because it failed.

Rule: they are NOT_SENT, and have the failure as their cause. The log gets its type and place.
"""

from __future__ import annotations

from logging import ERROR
from typing import TYPE_CHECKING, Any

from pdu.masking import mask_address
from smsc_async.errors import ClientClosedError, Outcome, SendError, SubmitInterruptedError
from smsc_async.instrumentation import LOG, log, place_of

if TYPE_CHECKING:
    from smsc_async.messages import Message


def failed(message: Message[Any], check: str, cause: Exception) -> SendError:
    """Return the error of a message whose check has failed."""
    error = SendError(
        f"message to {mask_address(message.to)} isn't sent: {check} failed with"
        f" {type(cause).__name__}; correct it and send the message again",
        message=message,
        outcome=Outcome.NOT_SENT,
    )
    error.__cause__ = cause
    return error


def store_failed(message: Message[Any], cause: Exception, method: str = "apply") -> SendError:
    """Log the failure of a rule store; return the error of the message."""
    log(LOG, ERROR, "! RuleStore.%s failed: %s", method, place_of(cause))
    return failed(message, f"RuleStore.{method}", cause)


def interrupted(message: Message[Any]) -> SubmitInterruptedError:
    """Return the error of a message that was held when the client was left."""
    cause = ClientClosedError("it was left while this message was held")
    error = SubmitInterruptedError(message, outcome=Outcome.NOT_SENT, reason=str(cause))
    error.__cause__ = cause
    return error

"""What the text of a message says: to the gateway, and to its subscriber.

Rule: pure functions. The gateway reads markup and comment, the subscriber neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.markup import parse
from smsc_async.messages import TelegramCode
from smsc_async.simulator.codes import FoundCodes, find_codes

if TYPE_CHECKING:
    from smsc_async.messages import Message


def parse_message(text: str | None, recipient: str, sender: str) -> Message[Any] | None:
    """Return what the gateway makes of a text, None if that is nothing."""
    if text is None:
        return None
    try:
        return parse(text, to=recipient, sender=sender)
    except InvalidMessageError:
        return None


def subscriber_text(message: Message[Any] | None, text: str | None) -> str:
    """Return a text as the subscriber reads it: without markup and comment.

    Args:
        message: What the gateway makes of the text; None for nothing.
        text: As it was received.
    """
    if isinstance(message, TelegramCode):
        return message.code
    # An HLR query and a Ping have none.
    return (text or "") if message is None else getattr(message, "text", "")


def codes_of(message: Message[Any] | None, text: str | None) -> FoundCodes:
    """Return the one-time codes of a message."""
    if isinstance(message, TelegramCode):
        return FoundCodes((message.code,))
    return find_codes(subscriber_text(message, text))

"""Messages of every kind in the table of kinds, for claims that hold for a new kind too.

Rule: a field has its example by its name. A new kind needs a line here only if it has a field
that no other kind has.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from smsc_async.gateway.kinds import KINDS, Kind
from smsc_async.messages import Email, Message, Voice

NUMBER = "79991234567"
MAIL = "client@example.com"
VALUES: dict[str, Any] = {
    "sender": "Shop",
    "code": "0042",
    "bot": "shop_bot",
    "voice": Voice.W2,
    "language": "en",
    "wait": 10,
    "interval": 600,
    "attempts": 2,
}


def required_fields(kind: Kind, text: str = "Код входа: 4821") -> dict[str, Any]:
    """Return the fields without which a message of a kind can't be made."""
    values = VALUES | {
        "to": MAIL if kind.message_class is Email else NUMBER,
        "text": text,
        "subject": text,
    }
    names = [field.name for field in fields(kind.message_class) if field.default is MISSING]
    return {name: values[name] for name in names}


def messages_of(kind: Kind, text: str = "Код входа: 4821") -> list[Message[Any]]:
    """Return messages of a kind: one of its required fields, one with all that have an example."""
    least = required_fields(kind, text)
    names = {field.name for field in fields(kind.message_class)}
    others = {name: value for name, value in (VALUES | {"comment": text}).items() if name in names}
    return [kind.message_class(**least), kind.message_class(**(others | least))]


def every_message(text: str = "Код входа: 4821") -> list[Message[Any]]:
    """Return messages of every kind."""
    return [message for kind in KINDS for message in messages_of(kind, text)]

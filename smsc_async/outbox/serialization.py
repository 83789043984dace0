"""A message as it is written down: a line of JSON, with its version.

Rule: what is read back equals what was written, and what a newer version wrote is refused, never
half understood. No code is ever loaded from a database, so this is no pickle.
"""

from __future__ import annotations

import json
from dataclasses import Field, fields
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from smsc_async.errors import SmscError
from smsc_async.messages import (
    Coding,
    Email,
    HlrQuery,
    LongText,
    Message,
    Ping,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)
from smsc_async.outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION: Final = 1

KINDS: Final[Mapping[str, type[Message[Any]]]] = {
    kind.__name__: kind
    for kind in (
        Sms, Email, VoiceCall, Viber, Social, TelegramCode, TelegramBot, HlrQuery, Ping,
    )
}  # fmt: skip

# How fields are read that JSON has no values for; the others are strings, numbers and booleans.
_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "coding": Coding,
    "long_text": LongText,
    "voice": Voice,
    "validity": lambda seconds: timedelta(seconds=seconds),
    "schedule": datetime.fromisoformat,
}


def write(message: Message[Any]) -> str:
    """Return a message as ASCII without line breaks, its defaults left out.

    Raises:
        OutboxError: It is none of the nine kinds.
    """
    kind = type(message)
    if KINDS.get(kind.__name__) is not kind:
        raise OutboxError(f"it holds the kinds of smsc_async.messages, got {kind.__qualname__}")
    form: dict[str, object] = {"v": VERSION, "kind": kind.__name__}
    for field in fields(message):
        value = getattr(message, field.name)
        if value != field.default:
            form[field.name] = _written(field, value)
    return json.dumps(form, separators=(",", ":"))


def read(form: str) -> Message[Any]:
    """Return the message that was written.

    Raises:
        OutboxError: A newer version wrote it, or it is broken. No text of it is shown.
    """
    fault = ""
    try:
        return _read(json.loads(form))
    except _NewerError as error:
        fault = f"a newer smsc-async wrote this message ({error}); update this one"
    except (ValueError, TypeError, KeyError, AttributeError, SmscError) as error:
        fault = f"a message is stored in a form that can't be read ({type(error).__name__})"
    # Outside of the handler: the error above may hold the text.
    raise OutboxError(fault)


class _NewerError(Exception):
    """What is written here isn't known yet."""


def _read(form: dict[str, Any]) -> Message[Any]:
    """Make the message of its parsed form."""
    if form.pop("v") != VERSION:
        raise _NewerError("version")
    kind = KINDS.get(name := form.pop("kind"))
    if kind is None:
        raise _NewerError(name)
    known = {field.name for field in fields(kind)}
    unknown = sorted(form.keys() - known)
    if unknown:
        raise _NewerError(", ".join(unknown))
    values: dict[str, Any] = {name: _READ.get(name, _same)(value) for name, value in form.items()}
    return kind(**values)


def _same(value: object) -> object:
    """Return a value that JSON holds as it is."""
    return value


def _written(field: Field[Any], value: Any) -> object:  # noqa: ANN401 - whatever a message holds
    """Return what JSON can hold of a field."""
    if field.name == "to" and value.isdigit():
        # With a plus no digit is ever changed; "85212345678" alone would be read as Russian.
        return f"+{value}"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else value

"""Messages as versioned JSON.

Rule: deserialized messages equal the serialized ones, and what a newer version wrote is refused,
never read in part. JSON and not pickle, so that a database can't execute code.

A form without a field or kind that version 2 added is written as version 1, so that smsc-async
0.1.0 reads it as well.
"""

from __future__ import annotations

import json
from dataclasses import Field, fields
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pdu.tlvs import Tlv
from smsc_async._message_base import SUBMIT_FIELDS
from smsc_async._submit import Submit
from smsc_async.errors import SmscError
from smsc_async.gateway import kinds
from smsc_async.messages import Coding, LongText, Message, Voice
from smsc_async.outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION: Final = 2
_FIRST_VERSION: Final = 1

# A form with one of these has version 2.
_NEW_FIELDS: Final = frozenset(SUBMIT_FIELDS)

KINDS: Final[Mapping[str, type[Message[Any]]]] = {
    message_class.__name__: message_class for message_class in kinds.MESSAGE_CLASSES
}

_NAMES: Final = {kind: frozenset(field.name for field in fields(kind)) for kind in KINDS.values()}
_COMMON: Final = {
    kind: tuple(field for field in fields(kind) if field.name not in kind.rare_fields)
    for kind in KINDS.values()
}
"""Fields that a plain message may set."""

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode

# Fields that aren't strings, numbers or booleans.
_DECODERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "coding": Coding,
    "long_text": LongText,
    "voice": Voice,
    "validity": lambda seconds: timedelta(seconds=seconds),
    "schedule": datetime.fromisoformat,
    "short_message": bytes.fromhex,
    "tlvs": lambda pairs: tuple(Tlv(tag, bytes.fromhex(octets)) for tag, octets in pairs),
}


def serialize(message: Message[Any]) -> str:
    """Return a message as ASCII without line breaks, without fields that have their default.

    Raises:
        InvalidMessageError: Its class isn't in the table of kinds.
    """
    kind = type(message)
    if KINDS.get(kind.__name__) is not kind:
        raise kinds.not_a_kind(message)
    form: dict[str, object] = {"v": _FIRST_VERSION, "kind": kind.__name__}
    for field in _COMMON[kind] if message.is_plain else fields(message):
        value = getattr(message, field.name)
        if value != field.default:
            form[field.name] = _encode_field(field, value)
    if kind is Submit:
        form["to"] = message.to
    if kind is Submit or form.keys() & _NEW_FIELDS:
        form["v"] = VERSION
    return _encode(form)


def deserialize(form: str) -> Message[Any]:
    """Return the message that was serialized.

    Raises:
        OutboxError: A newer version wrote it, or it is broken. The error has none of its text.
    """
    fault = ""
    try:
        return _message_of(json.loads(form))
    except _NewerError as error:
        fault = f"a newer smsc-async wrote this message ({error}); update this one"
    except _UNREADABLE as error:
        fault = f"a message is stored in a form that can't be read ({type(error).__name__})"
    # Outside of the handler: the context of the error would hold the text.
    raise OutboxError(fault)


_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
    SmscError,
)
"""What a broken form raises: Python's JSON has infinite numbers, and no limit of its depth."""


class _NewerError(Exception):
    """A newer version wrote this."""


def _message_of(form: dict[str, Any]) -> Message[Any]:
    """Make a message of its parsed JSON."""
    if form.pop("v") not in {_FIRST_VERSION, VERSION}:
        raise _NewerError("version")
    kind = KINDS.get(name := form.pop("kind"))
    if kind is None:
        raise _NewerError(name)
    if unknown := form.keys() - _NAMES[kind]:
        raise _NewerError(", ".join(sorted(unknown)))
    for field in form.keys() & _DECODERS.keys():
        form[field] = _DECODERS[field](form[field])
    return kind(**form)


def _encode_field(field: Field[Any], value: Any) -> object:  # noqa: ANN401 - of a message's field
    """Return a field's value for JSON."""
    if field.name == "to" and value.isdigit():
        # With a plus the number is international; "84951234567" alone would be read as Russian.
        return f"+{value}"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [[int(tag), octets.hex()] for tag, octets in value]
    return value.isoformat() if isinstance(value, datetime) else value

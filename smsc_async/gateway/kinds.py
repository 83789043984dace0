"""The table of kinds of message: how each is written into the gateway's text, and its names.

Rule: everything that depends on the kind of a message derives from `KINDS`: markup, simulator,
outbox, command line. A new kind is a class in `smsc_async.messages`, and its import and a row here;
the row of a kind that has only a text and a comment is `Kind(Viber, "viber", flags=10)`. The kind
works without a line in `smsc_async/__init__.py`; exporting it there is a promise to keep its name.

Writing and reading of one piece of a text stand side by side, and the forms are the gateway's
own, to the character.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from smsc_async._message_checks import BOT_MARK, COMMENT_MARK, SUBJECT_MARK, VOICE_MARK
from smsc_async._submit import Submit
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import (
    Email,
    HlrQuery,
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Section(NamedTuple):
    r"""A piece of a message's text that a mark separates from what is before it.

    Args:
        mark: The separator, with its line breaks: "\nsubj:".
        write: Returns the piece for a message; None leaves it out, and the mark with it.
        read: Returns the fields that a piece has; it is None if the text has no such mark.
    """

    mark: str
    write: Callable[[Any], str | None]
    read: Callable[[str | None], Mapping[str, object]]


def _write_voice(message: VoiceCall) -> str:
    """Write `m3[,en]`."""
    language = "" if message.language is None else f",{message.language}"
    return f"{message.voice.value}{language}"


def _read_voice(spoken: str | None) -> Mapping[str, object]:
    """Read `m3[,en]`; a call without it has the default voice."""
    if spoken is None:
        return {}
    name, comma, language = spoken.partition(",")
    return {"voice": _voice(name), "language": language if comma else None}


def _voice(name: str) -> Voice:
    """Return a voice. The error doesn't repeat an unknown one, which may be a piece of the text."""
    try:
        return Voice(name)
    except ValueError:
        known = ", ".join(voice.value for voice in Voice)
    raise InvalidMessageError("voice", f"{len(name)} characters", f"one of {known}")


def _write_param(message: VoiceCall) -> str | None:
    """Write `wait,interval,attempts`, or the gateway's own parameter."""
    if message.wait is None:
        return message.param
    return f"{message.wait},{message.interval},{message.attempts}"


COMMENT: Final = Section(COMMENT_MARK, attrgetter("comment"), lambda text: {"comment": text})
_SUBJECT: Final = Section(SUBJECT_MARK, attrgetter("subject"), lambda text: {"subject": text or ""})
_BOT: Final = Section(BOT_MARK, lambda message: f"@{message.bot}", lambda text: {"bot": text or ""})
_VOICE: Final = Section(VOICE_MARK, _write_voice, _read_voice)
_PARAM: Final = Section(COMMENT_MARK, _write_param, lambda text: {"param": text or None})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message.

    Args:
        message_class: Its class, which has the service prefix.
        name: Its name on the command line: the value of `--kind`, unless it has no field.
        flags: Its number in bits 0 to 3 of the gateway's TLV 0x2001; 0 if the gateway's list has
            none, as for an SMS.
        field: The field that follows the service prefix; None if the prefix stands alone.
        sections: The pieces after that field, in their order.
    """

    message_class: type[Message[Any]]
    name: str
    flags: int = 0
    field: str | None = "text"
    sections: tuple[Section, ...] = (COMMENT,)


KINDS: Final = (
    Kind(Sms, "sms"),
    Kind(Email, "email", flags=8, sections=(_SUBJECT, COMMENT)),
    Kind(VoiceCall, "call", flags=7, sections=(_VOICE, _PARAM)),
    Kind(Viber, "viber", flags=10),
    Kind(Social, "social", flags=12),
    Kind(TelegramCode, "telegram-code", field="code", sections=()),
    Kind(TelegramBot, "telegram-bot", sections=(_BOT, COMMENT)),
    Kind(HlrQuery, "hlr", flags=4, field=None, sections=()),
    Kind(Ping, "ping", flags=5, field=None, sections=()),
)
MESSAGE_CLASSES: Final = (*[kind.message_class for kind in KINDS], Submit)
"""Classes of messages that can be sent: a `Submit` isn't written into the gateway's text."""
KIND_OF: Final[Mapping[type[Message[Any]], Kind]] = {kind.message_class: kind for kind in KINDS}


def not_a_kind(message: object) -> InvalidMessageError:
    """Return the error for a message whose class isn't in the table; it shows only the class."""
    name = type(message).__name__
    known = ", ".join(message_class.__name__ for message_class in MESSAGE_CLASSES)
    return InvalidMessageError(
        "message", name, f"exactly one of {known} is accepted, no subclass of it; got {name}"
    )

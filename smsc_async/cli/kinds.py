"""The kinds of message on the command line, and the options of each.

Rule: an option that the kind doesn't have is a usage error, never ignored: the user relies on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from cyclopts import Parameter

from smsc_async.cli.arguments import usage_error
from smsc_async.cli.i18n import _
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import (
    Coding,
    Email,
    LongText,
    Message,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.receipts import Receipt


class MessageKind(Enum):
    """Values of the option `--kind`."""

    SMS = "sms"
    EMAIL = "email"
    CALL = "call"
    VIBER = "viber"
    SOCIAL = "social"
    TELEGRAM_CODE = "telegram-code"
    TELEGRAM_BOT = "telegram-bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOptions:
    """Options of a message, common to `smsc send` and `smsc plan`.

    Args:
        kind: Kind of the message.
        sender: Name or number of the sender, registered in the account.
        comment: For the history of the account, not delivered; counts towards the length.
        coding: Coding; default: the most compact that fits.
        long_text: How several parts are sent; default: udh.
        flash: Shown at once, not stored by the phone.
        smart: Replace typographic quotes and dashes by plain ones if that avoids UCS-2; same as
            smart_text=1 in the URL.
        subject: Subject; required.
        voice: Voice; m: male, w: female; default: m3.
        language: Language of the voice: en, fr, de.
        call_wait: How long it rings, 10 to 35 seconds; default: 22.
        call_interval: Seconds between attempts, 10 to 3600; default: 20.
        call_attempts: Number of attempts, 1 to 9; default: 5.
        param: The gateway's own parameter instead of these three.
        bot: Bot that the recipient has joined; required.
    """

    kind: MessageKind = MessageKind.SMS
    sender: str = ""
    comment: str | None = None
    coding: Coding | None = None
    long_text: LongText | None = None
    flash: Annotated[bool, Parameter(negative="")] = False
    smart: Annotated[bool, Parameter(negative="")] = False
    subject: str | None = None
    voice: Voice | None = None
    language: str | None = None
    call_wait: int | None = None
    call_interval: int | None = None
    call_attempts: int | None = None
    param: str | None = None
    bot: str | None = None


DEFAULT_OPTIONS: Final = MessageOptions()

_CALL_NUMBERS = ("call_wait", "call_interval", "call_attempts")


class _Kind(NamedTuple):
    """The class of a kind's messages, its options, and the one that it requires."""

    message_class: type[Message[Receipt]]
    options: tuple[str, ...]
    needed: str = ""


_KINDS: Final[Mapping[MessageKind, _Kind]] = {
    MessageKind.SMS: _Kind(Sms, ("comment", "coding", "long_text", "validity", "flash", "smart")),
    MessageKind.EMAIL: _Kind(Email, ("subject", "comment"), needed="subject"),
    MessageKind.CALL: _Kind(VoiceCall, ("voice", "language", *_CALL_NUMBERS, "param")),
    MessageKind.VIBER: _Kind(Viber, ("comment",)),
    MessageKind.SOCIAL: _Kind(Social, ("comment",)),
    MessageKind.TELEGRAM_CODE: _Kind(TelegramCode, ()),
    MessageKind.TELEGRAM_BOT: _Kind(TelegramBot, ("bot", "comment"), needed="bot"),
}


def options_by_kind() -> dict[str, tuple[str, ...]]:
    """Return the options of each kind, by its value; options of all kinds aren't among them."""
    return {kind.value: entry.options for kind, entry in _KINDS.items()}


def make_message(
    command: str, *, kind: MessageKind, to: str, text: str, sender: str, **options: object
) -> Message[Receipt]:
    """Build a message from options.

    Args:
        command: Named in the advice of a usage error ("smsc send").
        kind: Of the message.
        to: Recipient.
        text: The text; the code itself for `MessageKind.TELEGRAM_CODE`.
        sender: Name or number of the sender.
        options: All options of the command; None and False mean "not given".

    Raises:
        Failure: An option doesn't belong to the kind, or a required one is missing.
        InvalidMessageError: The gateway would refuse the message; names the option, if any.
    """
    # By identity: Coding.GSM and a wait of 0 seconds equal False, but are given.
    given = {
        name: value for name, value in options.items() if value is not None and value is not False
    }
    _check_options(kind, given, command)
    given.pop("smart", None)  # a setting of the client, not of the message
    given["code" if kind is MessageKind.TELEGRAM_CODE else "text"] = text
    fields: dict[str, Any] = {name.removeprefix("call_"): value for name, value in given.items()}
    try:
        return _KINDS[kind].message_class(to=to, sender=sender, **fields)
    except InvalidMessageError as error:
        field, value, reason = error.field, error.value, error.reason
    # Outside of the handler: no context that could contain the text.
    name = f"call_{field}"
    raise InvalidMessageError(_option(name) if name in _CALL_NUMBERS else field, value, reason)


def _check_options(kind: MessageKind, given: Mapping[str, object], command: str) -> None:
    """Reject options that don't belong to the kind or exclude each other."""
    for name in given:
        if name not in _KINDS[kind].options:
            kinds = ", ".join(one.value for one in MessageKind if name in _KINDS[one].options)
            values = {"name": _option(name), "kind": kind.value, "kinds": kinds}
            text = _("{name} can't be used with --kind {kind}, only with {kinds}")
            raise usage_error("use.not_of_kind", text, command, **values)
    needed = _KINDS[kind].needed
    if needed and needed not in given:
        text = _("--kind {kind} requires {name}")
        raise usage_error("use.kind_needs", text, command, name=_option(needed), kind=kind.value)
    number = next((name for name in _CALL_NUMBERS if name in given), None)
    if number is not None and "param" in given:
        text = _("{name} and --param can't be combined: --param contains all settings of a call")
        raise usage_error("use.param", text, command, name=_option(number))


def _option(name: str) -> str:
    """Return the spelling of an option on the command line."""
    return f"--{name.replace('_', '-')}"


def text_of(message: Message[Receipt]) -> str:
    """Return the text of a message, or the code of a `TelegramCode`."""
    text: str = getattr(message, "code" if isinstance(message, TelegramCode) else "text")
    return text

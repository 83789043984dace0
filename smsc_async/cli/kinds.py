"""The kinds of message on the command line, and the options of each.

Rule: an option that the kind doesn't have is a usage error, never ignored: the user relies on it.
Recipients and texts are checked here for every command and for the rows of a table alike.
The kinds are those of `smsc_async.gateway.kinds`; the options of a kind are the fields of its
class, and a field without a default is a required option.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from smsc_async._message_base import SUBMIT_FIELDS
from smsc_async.cli.arguments import usage_error
from smsc_async.cli.blank import is_filled
from smsc_async.cli.i18n import _
from smsc_async.cli.tables.numbers import typed_number
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.kinds import KIND_OF, KINDS
from smsc_async.messages import Coding, LongText, Message, Sms, Voice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.gateway.kinds import Kind
    from smsc_async.receipts import Receipt

# A kind without a text, as an HLR query, has a command of its own.
_BY_NAME: Final = {kind.name: kind for kind in KINDS if kind.field is not None}


class MessageKind(Enum):
    """Values of the option `--kind`: the names of the kinds that have a text."""

    vars().update({name.upper().replace("-", "_"): name for name in _BY_NAME})

    @property
    def row(self) -> Kind:
        """The kind in the table of kinds."""
        return _BY_NAME[self.value]


DEFAULT_KIND: Final = MessageKind("sms")


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

    kind: MessageKind = DEFAULT_KIND
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

# Fields that have another name as options; `--wait` is the timeout of the receipt.
_CALL_OPTIONS: Final = {
    "wait": "call_wait",
    "interval": "call_interval",
    "attempts": "call_attempts",
}
_FIELDS: Final = {option: field for field, option in _CALL_OPTIONS.items()}


@cache
def options_of(kind: MessageKind) -> Mapping[str, bool]:
    """Return the names of a kind's options, and whether each is required."""
    row = kind.row
    options = {
        _CALL_OPTIONS.get(field.name, field.name): field.default is MISSING
        for field in fields(row.message_class)
        if field.name not in {*SUBMIT_FIELDS, "to", "sender", row.field}
    }
    # A setting of the client, which changes the text of an Sms only.
    return options | {"smart": False} if row.message_class is Sms else options


def options_by_kind() -> dict[str, tuple[str, ...]]:
    """Return the options of each kind, by its value; options of all kinds aren't among them."""
    return {kind.value: tuple(options_of(kind)) for kind in MessageKind}


def make_message(
    command: str, *, kind: MessageKind, to: str, text: str, sender: str, **options: object
) -> Message[Receipt]:
    """Build a message from options.

    Args:
        command: Named in the advice of a usage error ("smsc send").
        kind: Of the message.
        to: Recipient, as a person or a spreadsheet writes it.
        text: The text; the code itself for a `TelegramCode`.
        sender: Name or number of the sender.
        options: All options of the command; None and False mean "not given".

    Raises:
        Failure: An option doesn't belong to the kind, or a required one is missing.
        InvalidMessageError: The gateway would refuse the message, or it would reach a stranger or
            show nothing; names the option, if any.
    """
    # By identity: Coding.GSM and a wait of 0 seconds equal False, but are given.
    given = {
        name: value for name, value in options.items() if value is not None and value is not False
    }
    _check_options(kind, given, command)
    given.pop("smart", None)  # a setting of the client, not of the message
    row = kind.row
    values: dict[str, Any] = {_FIELDS.get(name, name): value for name, value in given.items()}
    values[row.field or "text"] = text
    if text and not is_filled(text):
        raise InvalidMessageError(
            row.field or "text",
            f"{len(text)} characters",
            "nothing but spaces, and would be paid for; write a text",
        )
    try:
        return row.message_class(to=typed_number(to), sender=sender, **values)
    except InvalidMessageError as error:
        field, value, reason = error.field, error.value, error.reason
    # Outside of the handler: no context that could contain the text.
    option = _CALL_OPTIONS.get(field)
    raise InvalidMessageError(_option(option) if option else field, value, reason)


def _check_options(kind: MessageKind, given: Mapping[str, object], command: str) -> None:
    """Reject options that don't belong to the kind or exclude each other."""
    options = options_of(kind)
    for name in given:
        if name not in options:
            kinds = ", ".join(one.value for one in MessageKind if name in options_of(one))
            values = {"name": _option(name), "kind": kind.value, "kinds": kinds}
            text = _("{name} can't be used with --kind {kind}, only with {kinds}")
            raise usage_error("use.not_of_kind", text, command, **values)
    for name, is_required in options.items():
        if is_required and name not in given:
            text = _("--kind {kind} requires {name}")
            raise usage_error("use.kind_needs", text, command, name=_option(name), kind=kind.value)
    number = next((name for name in _FIELDS if name in given), None)
    if number is not None and "param" in given:
        text = _("{name} and --param can't be combined: --param contains all settings of a call")
        raise usage_error("use.param", text, command, name=_option(number))


def _option(name: str) -> str:
    """Return the spelling of an option on the command line."""
    return f"--{name.replace('_', '-')}"


def text_of(message: Message[Receipt]) -> str:
    """Return the text of a message, or the code of a `TelegramCode`."""
    text: str = getattr(message, KIND_OF[type(message)].field or "text")
    return text

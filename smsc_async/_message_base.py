"""What all kinds of message have in common: base class, constructor, `repr`.

Rule: a class becomes a kind of message by `message_kind`, which collects the service prefixes.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar, cast

import smsc_async._message_checks as checks
from pdu._exec import run
from pdu._tracebacks import strip_frames
from pdu.half_made import shows_half_made
from pdu.masking import mask_address
from smsc_async._base_errors import InvalidMessageError
from smsc_async.receipts import Receipt

R_co = TypeVar("R_co", bound=Receipt, covariant=True)
M = TypeVar("M", bound="Message[Any]")

SERVICE_PREFIXES: set[str] = set()
"""Of all kinds; no `Sms` begins with one of them."""

# Strings that a `repr` shows. Any other is a text, also in a kind that is yet to come.
_SHOWN = frozenset({"to", "sender", "language", "bot"})


@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Message(Generic[R_co]):
    """Base of all kinds of message, generic in the type of their receipt.

    Attributes:
        service_prefix: What the text of this kind begins with on the wire: "__CALL__: " before a
            text, "__HLR__" alone, "" for an `Sms`.

    Args:
        to: Recipient's number with country code, 10 to 15 digits. "+7 999 123-45-67" and
            "8 999 123-45-67" become "79991234567"; with a plus no digit is ever changed.
        sender: A name of at most 11 characters (Latin letters, digits, space, signs) or a
            number of at most 15 digits, registered in the account. "" is the account's
            default sender, "." is none at all.

    Raises:
        InvalidMessageError: The gateway would refuse the message.
    """

    service_prefix: ClassVar[str] = ""

    to: str
    sender: str = ""

    def __post_init__(self) -> None:
        to = self.to
        if not (
            type(to) is str
            and to.isascii()
            and to.isdigit()
            and to[0] != "8"
            and 10 <= len(to) <= 15
        ):
            set_field(self, "to", checks.number(to))
        sender = self.sender
        if not (
            type(sender) is str
            and len(sender) <= 11
            and (not sender or (sender.isascii() and sender.isalpha()))
        ):
            set_field(self, "sender", checks.sender(sender))

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={_shown(field.name, value)}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def set_field(message: Message[Any], name: str, value: object) -> None:
    """Set a field of a frozen message while it is being made."""
    object.__setattr__(message, name, value)


def _shown(name: str, value: object) -> str:
    """Return a field's value for `repr`: the size of a text, a masked number."""
    if name not in _SHOWN and isinstance(value, str):
        return f"<{len(value)} characters>"
    if name in {"to", "sender"} and isinstance(value, str):
        return ascii(mask_address(value))
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)


def _fast_init(kind: type[M]) -> type[M]:
    """Give a frozen dataclass a constructor that sets its slots directly."""  # hot path
    scope: dict[str, Any] = {"Invalid": InvalidMessageError, "strip_frames": strip_frames}
    parameters, statements = [], []
    for field in fields(cast("Any", kind)):
        scope[f"set_{field.name}"] = getattr(kind, field.name).__set__
        scope[f"default_{field.name}"] = field.default
        default = "" if field.default is MISSING else f"=default_{field.name}"
        parameters.append(f"{field.name}{default}")
        statements.append(f"    set_{field.name}(self, {field.name})")
    head = f"def __init__(self, *, {', '.join(parameters)}):"
    check = [
        "    try:",
        "        self.__post_init__()",
        "    except Invalid as error:",
        "        strip_frames(error)",
        "        raise",
    ]
    source = "\n".join([head, *statements, *check])
    init = run(source, f"<{kind.__name__}.__init__>", scope)["__init__"]
    init.__annotations__ = kind.__init__.__annotations__
    init.__qualname__ = f"{kind.__name__}.__init__"
    kind.__init__ = init  # type: ignore[method-assign]
    return kind


def message_kind(kind: type[M]) -> type[M]:
    """Declare a kind of message: its service prefix, which an Sms can't begin with."""
    if kind.service_prefix:
        SERVICE_PREFIXES.add(kind.service_prefix)
    return _fast_init(kind)

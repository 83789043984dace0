"""What all kinds of message have in common: base class, constructor, `repr`.

Rule: a class becomes a kind of message by `message_kind`, which collects the service prefixes.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from enum import Enum
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, cast

import smsc_async._message_checks as checks
import smsc_async._submit_checks as submit_checks
from pdu._exec import run
from pdu._tracebacks import hide_frames, hides_arguments, hides_assigned, hides_locals
from pdu.half_made import shows_half_made
from pdu.masking import mask_address
from pdu.tlvs import Tlv  # noqa: TC001 - for `get_type_hints`
from smsc_async._base_errors import InvalidMessageError
from smsc_async._number_checks import number
from smsc_async.receipts import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

R_co = TypeVar("R_co", bound=Receipt, covariant=True)
M = TypeVar("M", bound="Message[Any]")

SERVICE_PREFIXES: set[str] = set()
"""Of all kinds; no `Sms` begins with one of them."""

# Strings that a `repr` shows. Any other is a text, also in a kind that is yet to come.
_SHOWN = frozenset({"to", "sender", "language", "bot", "service_type"})

_CHECKS: Final[Mapping[str, Callable[..., object]]] = {
    "registered_delivery": submit_checks.checked_registered_delivery,
    "priority": submit_checks.checked_priority,
    "tlvs": submit_checks.checked_tlvs,
    "service_type": submit_checks.checked_service_type,
}
SUBMIT_FIELDS: Final = tuple(_CHECKS)
"""Fields of the submit_sm that a message of any kind may set."""


class _Flags:
    """Holds the slots of two flags that aren't fields.

    Attributes:
        is_plain: Whether none of `rare_fields` was given: all have their defaults.
        has_submit_fields: Whether one of `SUBMIT_FIELDS` hasn't.
    """

    __slots__ = ("has_submit_fields", "is_plain")

    is_plain: bool
    has_submit_fields: bool


@hides_arguments(InvalidMessageError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Message(_Flags, Generic[R_co]):
    """Base of all kinds of message, generic in the type of their receipt.

    Attributes:
        service_prefix: What the text of this kind begins with on the wire: "__CALL__: " before a
            text, "__HLR__" alone, "" for an `Sms`.
        needs_receipt: Whether its receipt is its result, so that it can't be sent without one.
        own_tags: TLVs that the client writes itself.
        rare_fields: Fields that few messages set, so that their slots stay empty in most.
        is_plain: Whether none of these was given: all have their defaults.
        has_submit_fields: Whether one of the last four fields hasn't.

    Args:
        to: Recipient's number with country code, 10 to 15 digits, 11 for country 7.
            "+7 999 123-45-67" and "8 999 123-45-67" become "79991234567"; no digit is changed but
            this 8, of 11 digits without a plus and before 3, 4, 8 or 9. What a spreadsheet makes of
            a number ("79991234567.0"), and the prefix 810 before a country code, are refused.
        sender: A name of at most 11 characters (Latin letters, digits, space, signs) or a
            number of at most 15 digits, registered in the account. "" is the account's
            default sender, "." is none at all.
        registered_delivery: Whether the SMSC is to send a delivery receipt (DLR), or the octet 0 to
            255 that says which (v3.4 §5.2.17: 1 of the final state, 2 of a failure only). With
            its bits 0 and 1 unset, `await submission.receipt()` raises `NoReceiptError` at once.
        priority: priority_flag, 0 to 3.
        tlvs: Optional parameters of each submit_sm, of at most 65,000 octets together. The client
            writes sar_* and message_payload itself.
        service_type: At most 5 ASCII characters; "" is the SMSC's default.

    Raises:
        InvalidMessageError: The gateway would refuse the message.
    """

    service_prefix: ClassVar[str] = ""
    needs_receipt: ClassVar[bool] = False
    own_tags: ClassVar[frozenset[int]] = submit_checks.OWN_TAGS
    rare_fields: ClassVar[tuple[str, ...]] = SUBMIT_FIELDS

    to: str
    sender: str = ""
    registered_delivery: bool | int = True
    priority: int = 0
    tlvs: tuple[Tlv, ...] = ()
    service_type: str = ""

    def __init_subclass__(cls) -> None:
        # The constructor that `dataclass` generates for a user's class is the user's, and its
        # frame stays. Our kinds get one that hides the frames (hot path).
        super(Message, cls).__init_subclass__()  # slots: another class
        if cls.__module__ != "smsc_async" and not cls.__module__.startswith("smsc_async."):
            cls.__post_init__ = hides_locals(InvalidMessageError)(cls.__post_init__)  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        to = self.to
        if not (
            type(to) is str
            and to.isascii()
            and to.isdigit()
            and ((len(to) == 11 and to[0] == "7") or (10 <= len(to) <= 15 and to[0] not in "078"))
        ):
            set_field(self, "to", number(to))
        sender = self.sender
        if not (
            type(sender) is str
            and len(sender) <= 11
            and (not sender or (sender.isascii() and sender.isalpha()))
        ):
            set_field(self, "sender", checks.sender(sender))

    @property
    def requests_receipt(self) -> bool:
        """Whether the SMSC is to send a receipt of the final state, or of a failure."""
        if self.is_plain:
            return True
        return submit_checks.requests_receipt(self.registered_delivery)

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={_shown(field.name, value)}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        )
        return f"{type(self).__name__}({', '.join(shown)})"


class _RareField:
    """A field that few messages set: an empty slot means its default (hot path).

    Args:
        slot: The descriptor of the slot.
        default: Of the field.
    """

    def __init__(self, slot: Any, default: object) -> None:  # noqa: ANN401 - its type has no name
        self._slot = slot
        self._default = default

    def __get__(self, message: Message[Any] | None, kind: type | None = None) -> object:
        if message is None:
            return self
        try:
            return self._slot.__get__(message, kind)
        except AttributeError:
            return self._default

    def __set__(self, message: Message[Any], value: object) -> None:
        self._slot.__set__(message, value)


def _make_rare(kind: type[Message[Any]]) -> None:
    """Let the rare fields of a class have empty slots."""
    for field in fields(kind):
        if field.name in kind.rare_fields and field.name in vars(kind):
            setattr(kind, field.name, _RareField(vars(kind)[field.name], field.default))


_make_rare(Message)
_Flags.has_submit_fields = _RareField(  # type: ignore[misc,assignment]  # in place of its slot
    vars(_Flags)["has_submit_fields"], default=False
)


def _set_rare_fields(message: Message[Any], given: dict[str, object]) -> None:
    """Set the rare fields, some of which were given, and check those of the submit_sm."""
    for name in given:
        if name not in message.rare_fields:
            kind = type(message).__name__
            raise TypeError(f"{kind}.__init__() got an unexpected keyword argument {name!r}")
    for field in fields(message):
        name = field.name
        if name in message.rare_fields:
            value = given.get(name, field.default)
            if name in given and name in _CHECKS:
                limits = (message.own_tags,) if name == "tlvs" else ()
                value = _CHECKS[name](value, *limits)
            set_field(message, name, value)
    if message.needs_receipt:
        submit_checks.check_receipt_needed(message.registered_delivery)
    _set_flags(message)


def _set_flags(message: Message[Any]) -> None:
    """Set the flags of a message whose fields are all set."""
    set_field(message, "is_plain", value=False)
    defaults = {field.name: field.default for field in fields(message)}
    has_some = any(getattr(message, name) != defaults[name] for name in SUBMIT_FIELDS)
    set_field(message, "has_submit_fields", has_some)


@hides_locals(InvalidMessageError)
def _set_state(message: Message[Any], values: list[object]) -> None:
    """Restore a message that was pickled or copied."""
    for field, value in zip(fields(message), values, strict=True):
        set_field(message, field.name, value)
    _set_flags(message)


def set_field(message: Message[Any], name: str, value: object) -> None:
    """Set a field of a frozen message while it is being made."""
    object.__setattr__(message, name, value)


def _shown(name: str, value: object) -> str:
    """Return a field's value for `repr`: the size of a text, a masked number."""
    if name not in _SHOWN and isinstance(value, str):
        return f"<{len(value)} characters>"
    if isinstance(value, bytes):
        return f"<{len(value)} octets>"
    if name in {"to", "sender"} and isinstance(value, str):
        return ascii(mask_address(value))
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)


def _fast_init(kind: type[M]) -> type[M]:
    """Give a frozen dataclass a constructor that sets its slots directly."""  # hot path
    scope: dict[str, Any] = {
        "Invalid": InvalidMessageError,
        "hide_frames": hide_frames,
        "set_rare_fields": _set_rare_fields,
        "set_is_plain": vars(_Flags)["is_plain"].__set__,
    }
    parameters, statements = [], []
    for field in fields(cast("Any", kind)):
        if field.name in kind.rare_fields:
            continue
        scope[f"set_{field.name}"] = getattr(kind, field.name).__set__
        scope[f"default_{field.name}"] = field.default
        default = "" if field.default is MISSING else f"=default_{field.name}"
        parameters.append(f"{field.name}{default}")
        statements.append(f"    set_{field.name}(self, {field.name})")
    # Each keyword that has a default takes time, also where it isn't given.
    head = f"def __init__(self, *, {', '.join(parameters)}, **rare_fields):"
    check = [
        "    try:",
        "        if rare_fields:",
        "            set_rare_fields(self, rare_fields)",
        "        else:",
        "            set_is_plain(self, True)",
        "        self.__post_init__()",
        "    except BaseException as error:",
        "        hide_frames(error, Invalid)",
        "        raise",
    ]
    source = "\n".join([head, *statements, *check])
    init = run(source, f"<{kind.__name__}.__init__>", scope)["__init__"]
    init.__annotations__ = kind.__init__.__annotations__
    init.__signature__ = signature(kind.__init__)
    init.__qualname__ = f"{kind.__name__}.__init__"
    kind.__init__ = init  # type: ignore[method-assign]
    return kind


def message_kind(kind: type[M]) -> type[M]:
    """Declare a kind of message: its service prefix, which an Sms can't begin with."""
    if kind.service_prefix:
        SERVICE_PREFIXES.add(kind.service_prefix)
    kind.__setstate__ = _set_state  # type: ignore[attr-defined]
    _make_rare(kind)
    return hides_assigned(_fast_init(kind))

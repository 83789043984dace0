"""The base of all errors, the two that values raise when they are made, and the outcomes.

They stand apart so that messages and configurations can raise them: `smsc_async.errors`, where
users find them, imports them.
"""

from __future__ import annotations

from enum import Enum
from inspect import iscoroutinefunction
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from pdu.escaping import escape

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(Enum):
    """What happened to a message whose sending failed."""

    NOT_SENT = "not sent"
    """No octet was written; nothing is charged, sending it again is safe."""
    REFUSED = "refused"
    """The gateway refused it; what it refused isn't charged."""
    UNKNOWN = "unknown"
    """It may have been accepted, delivered and charged; sending it again may be charged twice."""


def _restore(
    kind: type[SmscError], args: tuple[object, ...], state: Mapping[str, Any]
) -> SmscError:
    """Rebuild an unpickled error without calling its class."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SmscError(Exception):
    """Base of all errors that this package raises on purpose.

    `str` and `repr` are one line, whatever a peer wrote; attributes hold it as it was written.
    """

    def __str__(self) -> str:
        return escape(super().__str__(), letters=True)

    def __repr__(self) -> str:
        return escape(super().__repr__(), letters=True)

    def __reduce__(self) -> tuple[object, ...]:
        # `Exception` would call the class with `args`, which holds the finished sentence here.
        return _restore, (type(self), self.args, self.__dict__)


class InvalidMessageError(SmscError, ValueError):
    """The message can't be sent as it is. Raised by the message itself, before any I/O.

    Nothing was sent and nothing was charged. Correct the field that is named.

    Args:
        field: Name of the message's field.
        value: The invalid value; of a text or a number only a description.
        reason: What is wrong, the limit, and the remedy.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


class ConfigError(SmscError, ValueError):
    """A setting or a URL is invalid. Raised before any I/O; nothing was charged.

    Args:
        name: Name of the setting, or the part of the URL.
        value: The invalid value, if it is a number of up to 9 digits; else its size or type.
        reason: What is wrong, what is allowed, and the remedy.
    """

    def __init__(self, name: str, value: object, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.value = value
        self.reason = reason


class ReceiptTimeoutError(SmscError, TimeoutError):
    """No final receipt in time. It says nothing about the message, which may be delivered.

    Wait again, also by its id with `SmscClient.receipt`, or read `receipts()`.

    Args:
        message_id: The gateway's id of the message.
        timeout: How long the receipt was awaited, seconds.
        unknown: Receipts that came since the client was opened and name an id that none of its
            messages has: those of other programs, or ids that are spelt in another way.
    """

    def __init__(self, message_id: str, *, timeout: float, unknown: int = 0) -> None:
        hint = f"; receipts of unknown ids: {unknown}, see message_ids" if unknown else ""
        super().__init__(
            f"no final receipt for message_id {message_id!a} in {timeout:.1f} s"
            f"; the message may be delivered all the same: wait again{hint}"
        )
        self.message_id = message_id
        self.timeout = timeout
        self.unknown = unknown


class NoReceiptError(SmscError):
    """No receipt was requested, so none will come. The message itself is accepted.

    Args:
        message_id: The gateway's id of the message.
        registered_delivery: Of the message.
    """

    def __init__(self, message_id: str, registered_delivery: int) -> None:
        super().__init__(
            f"no receipt for message_id {message_id!a} was requested"
            f" (registered_delivery={registered_delivery}); send with registered_delivery=True"
        )
        self.message_id = message_id
        self.registered_delivery = registered_delivery


LONGEST_DURATION: Final = 31_536_000
"""Seconds of the longest wait that a setting or an argument may name: a year."""


def check_duration(name: str, value: object, *, may_be_zero: bool = False) -> None:
    """Refuse what is no number of seconds, and more than a year.

    Raises:
        ConfigError: With the name of the argument.
    """
    if not (is_number(value) and 0 <= value <= LONGEST_DURATION and (may_be_zero or value)):
        least = "0 seconds or more" if may_be_zero else "more than 0 seconds"
        raise refused(name, value, f"takes {least}, a year at most")


def refused(name: str, value: object, rule: str) -> ConfigError:
    """Return the error for a value that breaks a rule; neither shows more of it than `shown`."""
    said = shown(value)
    return ConfigError(name, value if may_be_shown(value) else said, f"{rule}, got {said}")


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a setting is an integer or a float; a bool is a mistake."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Return what an error shows of a value: a number, the length of a text, else the type.

    A value in the wrong place may be a password, a message or a phone number.
    """
    if may_be_shown(value):
        return repr(value)
    if isinstance(value, str):
        return f"{str.__len__(value)} characters"
    if isinstance(value, int):
        return f"an integer of {value.bit_length()} bits"
    return f"{value:.0e}" if isinstance(value, float) else type(value).__name__


def may_be_shown(value: object) -> bool:
    """Whether a value is None or a number that is too small, or infinite, for a phone number."""
    if value is None:
        return True
    return isinstance(value, int | float) and not _LEAST_HIDDEN <= abs(value) < inf


_LEAST_HIDDEN: Final = 1_000_000_000
"""The least number of 10 digits, as many as the shortest phone number has."""


def check_kind(name: str, value: object, kind: type) -> None:
    """Refuse an argument of another kind.

    Raises:
        ConfigError: With the name of the argument.
    """
    if not isinstance(value, kind):
        got = type(value).__name__
        raise ConfigError(name, got, f"takes a {kind.__name__}, got {got}")


def check_function(name: str, function: object) -> None:
    """Refuse a setting that isn't a function, and one that would have to be awaited.

    Raises:
        ConfigError: It is the one or the other.
    """
    kind = type(function).__name__
    if not callable(function):
        raise ConfigError(name, kind, f"takes a function, got {kind}")
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        raise ConfigError(name, kind, "takes a plain function, got an async one; it isn't awaited")

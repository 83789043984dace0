"""The base of all errors, the two that values raise when they are made, and the outcomes.

They stand apart so that messages and configurations can raise them: `smsc_async.errors`, where
users find them, imports them.
"""

from __future__ import annotations

from enum import Enum
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

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
    """Base of all errors that this package raises on purpose."""

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
        value: The invalid value; of a secret only a description.
        reason: What is wrong, what is allowed, and the remedy.
    """

    def __init__(self, name: str, value: object, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.value = value
        self.reason = reason


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

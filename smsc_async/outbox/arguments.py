"""Checks of what callers give to the public methods of an outbox.

Rule: an operation shares its transaction with those of other callers, so what a database can't
take is refused before that, with the argument's name.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, TypeGuard

from smsc_async._base_errors import ConfigError, check_kind, is_number, refused, shown
from smsc_async.config import SmscConfig
from smsc_async.outbox.entry import OutboxEntry, OutboxState
from smsc_async.receipts import Receipt

MAX_KEY_LENGTH: Final = 255
"""Characters of an idempotency key."""
LARGEST_ID: Final = 2**63 - 1
"""The largest number of an entry, in both databases."""
LONGEST_AGE: Final = 10_000_000_000.0
"""Seconds, about 300 years: more than any entry's age."""


def checked_id(entry: OutboxEntry | int) -> int:
    """Return the number of an entry.

    Raises:
        ConfigError: It is neither an entry nor an integer from 1 to `LARGEST_ID`.
    """
    number: object = entry.id if isinstance(entry, OutboxEntry) else entry
    if not _is_integer(number):
        got = type(number).__name__
        raise ConfigError("entry", got, f"takes an OutboxEntry or its number, got {got}")
    if not 1 <= number <= LARGEST_ID:
        raise refused("entry", number, f"takes 1 to {LARGEST_ID}")
    return int(number)


def checked_text(name: str, text: str) -> str:
    """Return a text; a subclass of str as a plain one.

    Raises:
        ConfigError: It isn't a text.
    """
    check_kind(name, text, str)
    return str.__str__(text)


def checked_key(key: str) -> str:
    """Return an idempotency key.

    Raises:
        ConfigError: It isn't 1 to 255 printable characters.
    """
    text = checked_text("key", key)
    limit = f"takes 1 to {MAX_KEY_LENGTH} printable characters"
    if not 1 <= len(text) <= MAX_KEY_LENGTH:
        raise refused("key", text, limit)
    if not text.isprintable():
        raise ConfigError("key", shown(text), f"{limit}, got one that isn't printable")
    return text


def checked_state(state: OutboxState | None) -> OutboxState | None:
    """Return the state of the entries that are wanted, None for any.

    Raises:
        ConfigError: It isn't a state.
    """
    if state is not None:
        check_kind("state", state, OutboxState)
    return state


def checked_age(seconds: float) -> float:
    """Return the age of the entries to delete, in seconds.

    Raises:
        ConfigError: It is no number, below 0 or above `LONGEST_AGE`.
    """
    if not (is_number(seconds) and 0 <= seconds <= LONGEST_AGE):
        raise refused("older_than", seconds, f"takes 0 to {LONGEST_AGE:.0f} seconds")
    return float(seconds)


def checked_concurrency(number: object) -> int:
    """Return how many messages are in flight at most.

    Raises:
        ConfigError: It isn't an integer from 1 to `LARGEST_ID`.
    """
    if not (_is_integer(number) and 1 <= number <= LARGEST_ID):
        raise refused("concurrency", number, f"takes an integer from 1 to {LARGEST_ID}")
    return int(number)


def checked_windows(smsc: object) -> int:
    """Return how many messages the windows of a client hold.

    Raises:
        ConfigError: It is another object, without the configuration of a client.
    """
    config = getattr(smsc, "config", None)
    if not isinstance(config, SmscConfig):
        got = type(smsc).__name__
        raise ConfigError("smsc", got, f"takes an SmscClient, got {got}")
    return config.window * config.binds


def checked_receipt(receipt: Receipt) -> Receipt:
    """Return a delivery receipt.

    Raises:
        ConfigError: It is another object, or its id isn't a text.
    """
    check_kind("receipt", receipt, Receipt)
    check_kind("receipt.message_id", receipt.message_id, str)
    return receipt


def checked_path(path: object) -> Path:
    """Return the path of a file.

    Raises:
        ConfigError: It is no path, or it holds a NUL.
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        got = type(path).__name__
        raise ConfigError("path", got, f"takes a str or a path of one, got {got}")
    if "\0" in os.fspath(path):
        raise ConfigError("path", shown(os.fspath(path)), "takes a path without NUL")
    return Path(path)


def _is_integer(value: object) -> TypeGuard[int]:
    """Return whether an argument is an integer; a bool is a mistake."""
    return isinstance(value, int) and not isinstance(value, bool)

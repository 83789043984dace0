"""The kinds of values in a scenario's file: each reads one, or raises the error that names it.

Rule: a reader is a function of a value and the path of its key. It checks the kind and what TOML
writes in another way; ranges are checked by what is made of the values. An error shows no text and
no number that is as long as a phone number.
"""

from __future__ import annotations

from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from pdu.masking import mask_address
from smsc_async._base_errors import ConfigError, is_number, may_be_shown, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pdu.enums import OpenIntEnum

    # Of a value and the path of its key.
    Reader: TypeAlias = Callable[[object, str], object]

T = TypeVar("T")

FILE: Final = "file"
"""What an error names that is of no key."""

LONGEST_KEY: Final = 40
"""Characters that are shown of a key."""

_KINDS: Final[Mapping[type, str]] = {
    list: "an array",
    dict: "a table",
    datetime: "a date",
    date: "a date",
    time: "a time",
}
"""Names of the other kinds of values."""

_LARGEST: Final = 2**63 - 1  # of TOML's integers


class ScenarioFileError(ConfigError):
    """A scenario's file can't be read as it is. Nothing was changed.

    Args:
        name: The key, with those of its tables: "rules.flood_length"; "file" for the whole.
        value: The invalid value, if it is a number of up to 9 digits; else its size or type.
        reason: What is wrong, what is allowed, and the remedy.
    """


def value_error(path: str, value: object, rule: str, hint: str = "") -> ScenarioFileError:
    """Return the error for a value that breaks a rule."""
    said = shown_value(value)
    kept = value if may_be_shown(value) else said
    return ScenarioFileError(path, kept, f"{rule}, got {said}{hint}")


def shown_value(value: object) -> str:
    """Return what an error shows of a value, in the words of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _KINDS.get(type(value)) or shown(value)


def kind_of(value: object) -> str:
    """Return the kind of a value that isn't shown, such as a password."""
    if isinstance(value, str):
        return "a text"
    is_shown = isinstance(value, bool) or not is_number(value)
    return shown_value(value) if is_shown else "a number"


def nearest(name: object, known: Collection[str]) -> str:
    """Return the known name that a misspelt one resembles, as the end of a sentence."""
    if not isinstance(name, str):
        return ""
    # Comparing takes time in proportion to the square of the length.
    shortened = name[:LONGEST_KEY]
    for spelling in (shortened, shortened.upper(), shortened.lower()):
        close = get_close_matches(spelling, known, n=1)
        if close:
            return f"; did you mean {close[0]!r}?"
    return ""


def read_flag(value: object, path: str) -> bool:
    """Read a truth value."""
    if not isinstance(value, bool):
        raise _text_instead(path, value, "takes true or false")
    return value


def read_number(value: object, path: str) -> float:
    """Read a number, whole or not; its range is checked where it is used."""
    # `not <=` instead of `>`: it refuses a NaN too.
    if not is_number(value) or not abs(value) <= _LARGEST:
        if isinstance(value, str):
            raise _text_instead(path, value, "takes a number")
        raise value_error(path, value, "takes a number below 2^63")
    return value


def read_integer(value: object, path: str) -> int:
    """Read a whole number; its range is checked where it is used."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise _text_instead(path, value, "takes a whole number")
    return value


def _text_instead(path: str, value: object, rule: str) -> ScenarioFileError:
    """Return the error for a value of another kind; a text may have quotes too many."""
    if isinstance(value, str):
        return ScenarioFileError(path, shown(value), f"{rule} without quotes, got a text")
    return value_error(path, value, rule)


def read_text(value: object, path: str) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise value_error(path, value, "takes a text in quotes")
    return value


def or_none(reader: Reader) -> Reader:
    """Return a reader that also takes false, for None."""
    return lambda value, path: None if value is False else reader(value, path)


def choice(*known: str) -> Reader:
    """Return a reader of one of a few texts."""

    def read(value: object, path: str) -> str:
        if not isinstance(value, str) or value not in known:
            rule = f"takes one of {', '.join(known)}"
            raise value_error(path, value, rule, nearest(value, known))
        return value

    return read


def member(kind: type[OpenIntEnum], least: int, most: int) -> Reader:
    """Return a reader of a member of an enumeration, by name in either case or by number."""
    names = tuple(kind.__members__)

    def read(value: object, path: str) -> int:
        if isinstance(value, str):
            name = value.upper()
            if name not in names:
                rule = f"takes a name of {kind.__name__}, or a number without quotes"
                raise value_error(path, value, rule, nearest(value, names))
            return kind[name]
        number = read_integer(value, path)
        if not least <= number <= most:
            raise value_error(path, value, f"takes {least} to {most} or a name of {kind.__name__}")
        return kind.of(number)

    return read


def table(
    kind: Callable[..., T],
    readers: Mapping[str, Reader],
    top: Collection[str],
    remedy: str = "",
) -> Callable[[object, str], T]:
    """Return a reader of a table: its keys are the fields of what it makes.

    Args:
        kind: Makes it, and raises a ValueError for values that it refuses.
        readers: Reader by key.
        top: Keys that stand above all tables.
        remedy: What else stands in place of a table.
    """

    def read(value: object, path: str) -> T:
        if not isinstance(value, dict):
            raise value_error(path, value, f"takes a table{remedy}")
        prefix = f"{path}." if path else ""
        for key in value:
            if key not in readers:
                raise unknown_key(key, path, readers, top)
        made = {key: readers[key](one, f"{prefix}{key}") for key, one in value.items()}
        try:
            return kind(**made)
        except ConfigError as error:
            raise ScenarioFileError(f"{prefix}{error.name}", error.value, error.reason) from None
        except ValueError as error:
            # "window takes 1 or more, got 0": the first word is the key.
            key, _, reason = str(error).partition(" ")
            if key in made:
                raise ScenarioFileError(f"{prefix}{key}", shown(made[key]), reason) from None
            raise ScenarioFileError(path or FILE, None, str(error)) from None

    return read


def unknown_key(
    key: str, path: str, known: Collection[str], top: Collection[str]
) -> ScenarioFileError:
    """Return the error for a key that a table, or the file above all tables, doesn't have."""
    if path and key in top:
        reason = f"{key!r} is no key of this table; write it above the first [table]"
        return ScenarioFileError(path, None, reason)
    names = known if path else top
    # A long one may be a text, and one of digits a number.
    is_name = len(key) <= LONGEST_KEY and mask_address(key) == key
    name = repr(key) if is_name else f"of {len(key)} characters"
    hint = nearest(key, names) or f"; known are {', '.join(names)}"
    return ScenarioFileError(path or FILE, None, f"unknown key {name}{hint}")

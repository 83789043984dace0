"""The checks of a message's fields.

Rule: what the gateway would refuse, misread or cut is an `InvalidMessageError` that names the
field, the limit and the remedy, and never shows a text. A function called check_… returns
nothing; one named after a field returns the value to keep.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pdu.errors import EncodeError
from pdu.masking import mask_address
from pdu.smpp_time import format_time
from smsc_async._base_errors import InvalidMessageError, may_be_shown, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pdu.text.coding import TextCoding

E = TypeVar("E", bound=Enum)

ADDRESS_LENGTH = 20
"""Characters of a `destination_addr` (v3.4 §4.4.1).

The gateway's document doesn't say how longer e-mail addresses travel, so they are refused unless
the setting `email_limit` permits them.
"""
LONGEST_EMAIL = 254
"""Characters of an e-mail address: a path of 256 octets less its angle brackets (RFC 5321)."""

COMMENT_MARK = "\n~~~\n"
SUBJECT_MARK = "\nsubj:"
VOICE_MARK = "\nvoice:"
BOT_MARK = "\nbot:"

_LONGEST_VALIDITY = 24 * 3600
_CALL_DEFAULTS = {"wait": 22, "interval": 20, "attempts": 5}
_CALL_LIMITS = {"wait": (0, 99), "interval": (10, 3600), "attempts": (1, 9)}

_NAME = re.compile(r"[A-Za-z0-9 !\"#$%&'()*+,\-./:;<=>?@_]{1,11}")
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_BOT_NAME = re.compile(r"[A-Za-z0-9_]{1,32}")
_CODE = re.compile(r"[0-9]{4,8}")
_CALL_NUMBERS = re.compile(r"(0|[1-9][0-9]?),([1-9][0-9]{1,3}),([1-9])")
_NUMBER_REMEDY: Final = '; a number as text has quotes: "79991234567"'
_REMEDIES: Final[dict[type, str]] = {
    bytes: "; decode octets first",
    bytearray: "; decode octets first",
    int: _NUMBER_REMEDY,
    float: "; use str(int(…))",
}


def as_str(field: str, value: object) -> str:
    """Refuse any other type than `str`."""
    if not isinstance(value, str):
        kind = type(value).__name__
        remedy = _REMEDIES.get(type(value), "")
        raise InvalidMessageError(field, kind, f"a str is needed, got {kind}{remedy}")
    return value


def member(kind: type[E], field: str, value: object, expected: str) -> E:
    """Return the member of an enumeration, also by its value.

    The error doesn't repeat a str: in a file with shifted columns it may be a text.
    """
    with suppress(ValueError):
        return kind(value)
    got = shown(value)
    raise InvalidMessageError(field, got, f"{expected}, got {got}")


def sender(value: object) -> str:
    """Return the name or the number of a sender, the number without its plus."""
    text = as_str("sender", value)
    digits = text.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        if len(digits) <= 15:
            return digits
        raise InvalidMessageError(
            "sender",
            mask_address(digits),
            f"a number takes 15 digits, got {len(digits)}; use a shorter number or a name",
        )
    if _NAME.fullmatch(text) is None:
        raise InvalidMessageError("sender", f"{len(text)} characters", _name_fault(text))
    return text


def _name_fault(text: str) -> str:
    """Return what is wrong with a sender's name, and where."""
    if len(text) > 11:
        return f"a name takes 11 characters, got {len(text)}; use a shorter registered name"
    at = next(place for place, letter in enumerate(text) if _NAME.fullmatch(letter) is None)
    return (
        "a name takes Latin letters, digits, space and common signs, got"
        f" {text[at]!r} (U+{ord(text[at]):04X}) as character {at + 1}; use a name registered in the"
        " account"
    )


def check_address(field: str, value: object) -> None:
    """Refuse anything but an e-mail address."""
    address = as_str(field, value)
    is_email = _EMAIL.fullmatch(address) is not None
    length = f"{len(address)} characters"
    if not is_email:
        raise InvalidMessageError(
            field,
            length,
            "an e-mail address looks like 'name@example.com', in ASCII without spaces"
            f"; got {length}",
        )
    if len(address) > LONGEST_EMAIL:
        raise InvalidMessageError(
            field,
            mask_address(address),
            f"an e-mail address takes {LONGEST_EMAIL} characters, got {len(address)}"
            f" ({mask_address(address)!r}); use a shorter address",
        )


def check_email_limit(limit: int, *, to: str, sender: str) -> None:
    """Refuse an e-mail address that is longer than the setting `email_limit`."""
    for field, name, address in (
        ("to", "destination_addr", to),
        ("sender", "source_addr", sender),
    ):
        if len(address) > limit:
            raise InvalidMessageError(
                field,
                mask_address(address),
                f"{name} takes {ADDRESS_LENGTH} characters and email_limit is {limit}, got"
                f" {len(address)} ({mask_address(address)!r}); use a shorter address, or set"
                " email_limit: what the gateway does with longer ones isn't known",
            )


def check_text(field: str, value: object, mark: str = "") -> None:
    """Refuse an empty text, and one with a line that the gateway would read as markup.

    Args:
        field: The field's name.
        value: Its value.
        mark: The kind's own markup, beside that of a comment.
    """
    text = as_str(field, value)
    if not text:
        raise InvalidMessageError(
            field, "empty", "empty, and would be paid for; Ping finds out whether a phone is on"
        )
    if not text.isascii():
        _check_surrogates(field, text)
    if "~~~" in text and COMMENT_MARK in f"{text}\n":
        raise _is_markup(field, COMMENT_MARK, "is just", "would take the rest for a comment")
    if mark and mark in text:
        raise _is_markup(field, mark, "begins with", "would cut the text there")


def _is_markup(field: str, mark: str, where: str, outcome: str) -> InvalidMessageError:
    """Return the error for a line that the gateway would read as markup."""
    word = mark.strip("\n")
    return InvalidMessageError(
        field,
        word,
        f"a line that {where} {word!r} is markup: the gateway {outcome}; put a space in front",
    )


def _check_surrogates(field: str, text: str) -> None:
    """Refuse half a surrogate pair, which no coding can encode."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}"
        raise InvalidMessageError(
            field,
            half,
            f"character {error.start + 1} ({half}) is half a surrogate pair and can't be encoded"
            "; decode the text properly before sending it",
        ) from None


def check_no_service(text: str, prefixes: Iterable[str]) -> None:
    """Refuse a text that begins with a service prefix, which makes another kind of message.

    Args:
        text: The text.
        prefixes: Of all kinds. One without a colon stands alone: with more text it's no prefix.
    """
    for prefix in prefixes:
        word = prefix.rstrip()
        if text.startswith(word) and (word.endswith(":") or text.rstrip() == word):
            raise InvalidMessageError(
                "text",
                word,
                f"begins with {word!r}, so the gateway would take it for another kind of message"
                "; send that kind, or put a space in front",
            )


def comment(value: object, mark: str = "") -> str | None:
    """Return a comment without markup in it; None for an empty one.

    Args:
        value: The field's value.
        mark: The kind's own markup, beside that of a comment.
    """
    text = as_str("comment", value)
    _check_surrogates("comment", text)
    if COMMENT_MARK in f"\n{text}\n":
        raise _is_markup("comment", COMMENT_MARK, "is just", "might deliver what is before it")
    if mark and mark in f"\n{text}":
        raise _is_markup("comment", mark, "begins with", "might take it for its own")
    return text or None


def check_line(field: str, value: object) -> None:
    """Refuse anything but one line that isn't empty."""
    line = as_str(field, value)
    _check_surrogates(field, line)
    if not line:
        raise InvalidMessageError(field, "empty", "empty, the gateway wants one; write a few words")
    if "\n" in line or "\r" in line:
        raise InvalidMessageError(
            field, f"{len(line)} characters", "holds a line break; write it in one line"
        )


def check_code(value: object) -> None:
    """Refuse anything but 4 to 8 digits."""
    code = as_str("code", value)
    if _CODE.fullmatch(code) is None:
        raise InvalidMessageError(
            "code",
            f"{len(code)} characters",
            f"4 to 8 digits are accepted, got {len(code)} characters; send other codes as an Sms",
        )


def bot(value: object) -> str:
    """Return the name of a bot without its at sign."""
    name = as_str("bot", value).removeprefix("@")
    if _BOT_NAME.fullmatch(name) is None:
        raise InvalidMessageError(
            "bot",
            f"{len(name)} characters",
            f"a bot's name is 1 to 32 Latin letters, digits and '_', got {len(name)} characters"
            "; write it like 'shop_bot'",
        )
    return name


def check_language(value: object) -> None:
    """Refuse anything but a code of two or three letters."""
    language = as_str("language", value)
    if _LANGUAGE.fullmatch(language) is None:
        raise InvalidMessageError(
            "language",
            f"{len(language)} characters",
            "a language is two or three small Latin letters like 'en'"
            f", got {len(language)} characters",
        )


def check_encodable(field: str, text: str, coding: TextCoding) -> None:
    """Refuse a text that *coding* can't encode."""
    try:
        coding.encode(text)
    except EncodeError as error:
        raise InvalidMessageError(field, error.value, error.reason) from None


def validity(value: object) -> timedelta:
    """Return the validity period, also when it is given in seconds."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if type(seconds) not in {int, float}:
        kind = type(value).__name__
        raise InvalidMessageError("validity", kind, f"a timedelta or seconds, got {kind}")
    span = cast("float", seconds)
    if not 1 <= span <= _LONGEST_VALIDITY:
        raise InvalidMessageError(
            "validity",
            shown(value),
            f"1 s to 24 h, got {_duration(span)}; the gateway tries no longer, so send it again"
            " after that",
        )
    return timedelta(seconds=span)


def _duration(seconds: float) -> str:
    """Return a duration in the largest unit of which it has a whole number: 48 h, 90 s, 0.5 s."""
    if seconds % 1 or not may_be_shown(seconds):
        return f"{shown(seconds)} s"
    units = ((3600, "h"), (60, "min"), (1, "s"))
    size, unit = next((one for one in units if seconds and not seconds % one[0]), units[-1])
    return f"{int(seconds) // size} {unit}"


def check_flag(name: str, value: object) -> None:
    """Refuse anything but True and False."""
    if not isinstance(value, bool):
        kind = type(value).__name__
        raise InvalidMessageError(name, kind, f"True or False, got {kind}")


def check_schedule(value: object) -> None:
    """Refuse anything but an aware datetime that an SMPP time can express."""
    if not isinstance(value, datetime):
        kind = type(value).__name__
        raise InvalidMessageError("schedule", kind, f"a datetime with a time zone, got {kind}")
    if value.utcoffset() is None:
        raise InvalidMessageError(
            "schedule",
            value,
            "has no time zone, so it names no instant"
            "; give it one: datetime(…, tzinfo=ZoneInfo('Europe/Moscow'))",
        )
    try:
        format_time(value)
    except EncodeError as error:
        raise InvalidMessageError("schedule", value, error.reason) from None


def call_fields(param: object, numbers: Mapping[str, int | None]) -> dict[str, object]:
    """Return the fields of a call that get another value than was given.

    Args:
        param: The raw parameter; None for none.
        numbers: `wait`, `interval` and `attempts`. If one is given, the others become the
            gateway's defaults.
    """
    given = [name for name, value in numbers.items() if value is not None]
    if param is None:
        return {name: _call_number(name, numbers[name]) for name in numbers if given}
    text = as_str("param", param)
    if given:
        raise InvalidMessageError("param", given[0], f"give param or {given[0]}, not both")
    _check_surrogates("param", text)
    if not text or "\n" in text:
        raise InvalidMessageError(
            "param", f"{len(text)} characters", "one line like '22,20,5'; leave it None for none"
        )
    plain = _CALL_NUMBERS.fullmatch(text)
    if plain is None:
        return {}
    read = dict(zip(_CALL_LIMITS, map(int, plain.groups()), strict=True))
    is_in_range = all(_is_in_range(name, value) for name, value in read.items())
    return {"param": None, **read} if is_in_range else {}


def _call_number(name: str, value: int | None) -> int:
    """Return a number of a call, the gateway's default for None."""
    kept = _CALL_DEFAULTS[name] if value is None else value
    if type(kept) is not int or not _is_in_range(name, kept):
        least, most = _CALL_LIMITS[name]
        got = shown(kept)
        raise InvalidMessageError(name, got, f"a whole number {least} to {most}, got {got}")
    return kept


def _is_in_range(name: str, value: int) -> bool:
    """Whether a number of a call is within its limits."""
    least, most = _CALL_LIMITS[name]
    return least <= value <= most

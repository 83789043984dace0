"""SMPP times: an absolute time is an aware `datetime`, a relative one a `timedelta`.

Rule: a time that is ambiguous or can't be represented is not written. All forms seen in receipts
and responses are read; a form without an offset gives a naive `datetime`, and a text that is no
time gives None.

See v3.4 §7.1.1.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_locals
from pdu.errors import EncodeError

if TYPE_CHECKING:
    from datetime import tzinfo

_FULL: Final = re.compile(r"([0-9]{12})([0-9])([0-9]{2})([-+R])")
_BARE: Final = re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{14}")
# A date and a time with signs in and between them, the year first; then perhaps a fraction of a
# second and an offset.
_SEPARATED: Final = re.compile(
    r"([0-9]{4}|[0-9]{2})([-/.]?)([0-9]{2})\2([0-9]{2})"
    r"(?:[ T_]+|(?<=\D..)-)([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?"
    r"(?:[.,]([0-9]{1,9}))?\s*(Z|[-+][0-9]{2}:?(?:[0-9]{2})?)?"
)
# The day first, which only full stops and a year of four digits tell from other orders.
_DAY_FIRST: Final = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})(?=[ T_])")

_QUARTER: Final = timedelta(minutes=15)
_MAX_OFFSET: Final = 48 * _QUARTER
_MAX_RELATIVE: Final = timedelta(days=100)

# Years and months have no fixed length. Reading assumes one; writing avoids them.
_YEAR_DAYS: Final = 365
_MONTH_DAYS: Final = 30


@hides_locals(EncodeError, text=str)
def parse_time(text: str, *, zone: tzinfo | None = None) -> datetime | timedelta | None:
    """Read a time in any form. Never raises.

    Args:
        text: `YYMMDDhhmmsstnnp` of 16 characters, or `YYMMDDhhmm`, `YYMMDDhhmmss`,
            `YYYYMMDDhhmm`, `YYYYMMDDhhmmss`, `YYYY-MM-DD hh:mm:ss`, `DD.MM.YYYY hh:mm:ss` and
            their like as in receipts and query_sm_resp; blanks and NULs around it are ignored.
            Twelve digits have a year of two digits if that gives a date.
        zone: Time zone of the forms without one.

    Returns:
        A `datetime`, aware if the text has an offset or *zone* was given; a `timedelta` for a
        relative time, where a year is 365 days and a month 30; None for an empty text and for
        anything that is no time. A two-digit year is 2000 to 2099.
    """
    digits = text.strip(" \t\r\n\0")
    try:
        if _BARE.fullmatch(digits):
            return _parse_digits(digits, zone)
        if full := _FULL.fullmatch(digits):
            return _parse_full(*full.groups())
        if separated := _SEPARATED.fullmatch(_DAY_FIRST.sub(r"\3.\2.\1", digits)):
            return _parse_separated(*separated.groups(), zone=zone)
    except ValueError:
        # The form is right, the date is not: a month 13, a year 0.
        return None
    return None


@hides_locals(EncodeError, value=(datetime, timedelta))
def format_time(value: datetime | timedelta | None) -> str:
    """Write a time: absolute for a `datetime`, relative for a `timedelta`, empty for None.

    An absolute time is truncated to tenths of a second, a relative one to whole seconds. A
    relative time is written in days and smaller units, since months and years have no fixed
    length: 99 days 23:59:59 at most; use an absolute time beyond it.

    Returns:
        16 characters `YYMMDDhhmmsstnnp`, or an empty text.

    Raises:
        EncodeError: A `datetime` without a zone, outside 2000 to 2099, or with an offset that
            isn't whole quarter hours or is above 12 hours; a `timedelta` below zero or too long.
    """
    if value is None:
        return ""
    return _format_relative(value) if isinstance(value, timedelta) else _format_absolute(value)


def _parse_full(digits: str, tenths: str, quarters: str, sign: str) -> datetime | timedelta:
    """Read the long form, absolute or relative."""
    if sign == "R":
        return _parse_relative(digits)
    offset = int(quarters) * _QUARTER
    # The specification's limit is 48 quarters, yet some zones are 13 or 14 hours ahead.
    zone = timezone(-offset if sign == "-" else offset)
    return _parse_digits(digits, zone).replace(microsecond=int(tenths) * 100_000)


def _parse_relative(digits: str) -> timedelta:
    """Add up years, months, days, hours, minutes and seconds."""
    pairs = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    years, months, days, hours, minutes, seconds = pairs
    days += years * _YEAR_DAYS + months * _MONTH_DAYS
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _parse_separated(  # noqa: PLR0917 - the groups of an expression
    year: str,
    _sign: str,
    month: str,
    day: str,
    hour: str,
    minute: str,
    second: str | None,
    fraction: str | None,
    offset: str | None,
    *,
    zone: tzinfo | None,
) -> datetime:
    """Read a date and a time that have signs in or between them."""
    year = year if len(year) == 4 else f"20{year}"
    moment = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}")
    moment = moment.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")), tzinfo=zone)
    if offset is None:
        return moment
    return moment.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo)


def _parse_digits(digits: str, zone: tzinfo | None) -> datetime:
    """Read 10, 12 or 14 digits; a two-digit year is 2000 to 2099."""
    if len(digits) == 12 and digits.startswith("20") and int(digits[2:4]) > 12:
        # No month, so the year has four digits and there are no seconds.
        digits = f"{digits}00"
    if len(digits) < 14:
        digits = f"20{digits}"
    return datetime.fromisoformat(f"{digits[:8]}T{digits[8:]}").replace(tzinfo=zone)


def _format_absolute(value: datetime) -> str:
    """Write local time and its offset from UTC."""
    offset = value.utcoffset()
    if offset is None:
        raise _refusal("absolute", value, "has no time zone; give an aware datetime")
    if not 2000 <= value.year <= 2099:
        raise _refusal("absolute", value, "has a year outside 2000 to 2099")
    if offset % _QUARTER or abs(offset) > _MAX_OFFSET:
        reason = f"has the offset {offset}, quarter hours up to 12 h fit; use .astimezone(UTC)"
        raise _refusal("absolute", value, reason)
    sign = "-" if offset < timedelta() else "+"
    tenths = value.microsecond // 100_000
    return f"{value:%y%m%d%H%M%S}{tenths}{abs(offset) // _QUARTER:02}{sign}"


def _format_relative(value: timedelta) -> str:
    """Write days, hours, minutes and seconds, years and months always 0."""
    if not timedelta() <= value < _MAX_RELATIVE:
        reason = "is not within 0 and 99 days 23:59:59; give an absolute time"
        raise _refusal("relative", value, reason)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"0000{value.days:02}{hours:02}{minutes:02}{seconds:02}000R"


def _refusal(field: str, value: object, reason: str) -> EncodeError:
    """Return the error; a time may be shown."""
    return EncodeError("time", field, value, f"{value} {reason}")

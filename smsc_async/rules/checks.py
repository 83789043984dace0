"""Checks: rules that remember nothing and look at the time of day.

Rule: a check is a function of a message and the time in UTC; it returns the seconds to wait. It
changes nothing, so it may be asked at any time and as often as needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Final, Protocol

from pdu._tracebacks import hides_arguments
from pdu.half_made import shows_half_made
from smsc_async._base_errors import ConfigError, check_function, refused
from smsc_async.messages import Message, Sms, Social, Viber, VoiceCall


class Check(Protocol):
    """A rule of the caller's, for `SmscClient(…, checks=…)`: any function of these two arguments.

    It is called in the event loop, so it must return quickly and can't await. If it raises an
    `Exception`, or returns anything but seconds or None, the message isn't sent: its `SendError`
    has the outcome `NOT_SENT`.
    """

    def __call__(self, message: Message[Any], now: datetime, /) -> float | None:
        """Return for how many seconds a message is held; None, 0 or less if it may be sent.

        Args:
            message: Of any kind.
            now: Time of day, an aware datetime in UTC.
        """


_SECOND: Final = timedelta(seconds=1)


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True)
class QuietHours:
    """A check that holds messages to people at night, or at any other time of day.

    ::

        night = QuietHours(time(22), time(8), tz=ZoneInfo("Europe/Moscow"))
        async with SmscClient(url, checks=[night]) as smsc: ...

    It is quiet while a clock on the wall in *tz* shows *start*, *end* or a time between them, *end*
    itself excluded. The wait ends when that clock shows *end*, through changes of daylight saving
    time; where the clock is set forward over *end*, it ends with the change.

    A message with a `schedule` is judged by its schedule. If that is quiet, waiting for now to
    change doesn't help: change the schedule. It is held until the quiet hours around its schedule
    are over: the schedule has passed then, and the message would be sent at once.

    Args:
        start: Time of day without a time zone.
        end: The same; before *start* if midnight is between them.
        tz: Time zone of both, in which the recipients live.
        kinds: Classes of messages that are held. Others pass: a one-time code can't wait, and an
            e-mail or an HLR query doesn't ring.

    Raises:
        ConfigError: A time isn't a `datetime.time` or has a time zone, both are equal, *tz* isn't
            a `tzinfo`, or *kinds* has anything but classes of messages.
    """

    start: time
    end: time
    tz: tzinfo = field(kw_only=True)
    kinds: tuple[type[Message[Any]], ...] = field(
        default=(Sms, VoiceCall, Viber, Social), kw_only=True
    )

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            _check_time(name, getattr(self, name))
        if self.start == self.end:
            raise ConfigError(
                "end", self.end, f"equals start ({self.start}): no time at all, or the whole day?"
            )
        _check_zone(self.tz)
        object.__setattr__(self, "kinds", _kinds_of(self.kinds))

    def __call__(self, message: Message[Any], now: datetime) -> float | None:
        """Return for how many seconds a message is held; None if it isn't.

        Args:
            message: Of any kind.
            now: Aware.
        """
        if not isinstance(message, self.kinds):
            return None
        schedule: datetime | None = getattr(message, "schedule", None)
        begin = at = now if schedule is None else max(now, schedule)
        for _ in range(2):  # twice where a time zone leaves a whole day out
            if self._is_quiet(at.astimezone(self.tz).time()):
                at = self._next_end(at)
        return None if at == begin else (at - now) / _SECOND

    def _is_quiet(self, clock: time) -> bool:
        """Whether it is quiet when the clock on the wall shows a time."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def _next_end(self, at: datetime) -> datetime:
        """Return the next instant at which the clock shows `end`, or is set forward over it."""
        wall = at.astimezone(self.tz)
        date = wall.date() if wall.time() < self.end else wall.date() + timedelta(days=1)
        end = datetime.combine(date, self.end)
        first, second = (end.replace(tzinfo=self.tz, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first > second:
            return self._change_between(second, first)
        # Set back over the end, the clock shows it twice.
        return first if first > at else second

    def _change_between(self, before: datetime, after: datetime) -> datetime:
        """Return when the clock is set forward between two instants, to the second."""
        offset = after.astimezone(self.tz).utcoffset()
        while after - before > _SECOND:
            middle = before + (after - before) // 2
            if middle.astimezone(self.tz).utcoffset() == offset:
                after = middle
            else:
                before = middle
        return after.replace(microsecond=0)


def wait_of(check: Check, message: Message[Any], now: datetime) -> float:
    """Ask a check for how many seconds it holds a message; 0 or less if it doesn't.

    Raises:
        TypeError: It returned something else than a number or None.
        ValueError: It returned NaN.
        OverflowError: It returned an integer that is no float.
        Exception: What it raised.
    """
    wait: object = check(message, now)
    if wait is None:
        return 0.0
    if isinstance(wait, bool) or not isinstance(wait, (int, float)):
        raise TypeError(f"takes seconds or None from a check, got {type(wait).__name__}")
    if math.isnan(wait):
        raise ValueError("takes seconds or None from a check, got NaN")
    return float(wait)


def in_utc(now: object) -> datetime:
    """Return the time of a wall clock in UTC.

    Raises:
        TypeError: It isn't an aware datetime.
    """
    if not isinstance(now, datetime) or now.utcoffset() is None:
        kind = "a naive one" if isinstance(now, datetime) else type(now).__name__
        raise TypeError(f"takes an aware datetime as datetime.now(UTC), got {kind}")
    return now.astimezone(UTC)


def name_of(check: Check) -> str:
    """Return the name of a check, for an error: its `repr` may show anything."""
    return str(getattr(check, "__qualname__", type(check).__qualname__))


def checks_of(checks: object) -> tuple[Check, ...]:
    """Return the checks of a setting.

    Raises:
        ConfigError: It isn't an iterable of functions.
    """
    if not isinstance(checks, Iterable):
        kind = type(checks).__name__
        raise ConfigError("checks", kind, f"takes a list, got {kind}; write checks=[…]")
    found = tuple(checks)
    for check in found:
        if isinstance(check, type):
            name = check.__name__
            raise ConfigError("checks", name, f"takes functions, got the class {name}; call it")
        check_function("checks", check)
    return found


def _check_time(name: str, value: object) -> None:
    """Refuse anything but a time of day without a time zone."""
    if not isinstance(value, time):
        raise refused(name, value, "takes a datetime.time as time(22)")
    if value.tzinfo is not None:
        raise ConfigError(name, value, f"takes a time without a time zone, got {value!r}; set tz=")


def _check_zone(value: object) -> None:
    """Refuse anything but a time zone."""
    if not isinstance(value, tzinfo):
        raise refused("tz", value, "takes a tzinfo as ZoneInfo('Asia/Omsk')")


def _kinds_of(kinds: object) -> tuple[type[Message[Any]], ...]:
    """Return classes of messages as a tuple."""
    found = tuple(kinds) if isinstance(kinds, Iterable) else (kinds,)
    for kind in found:
        if not (isinstance(kind, type) and issubclass(kind, Message)):
            raise refused("kinds", kind, "takes classes of messages as Sms")
    return found

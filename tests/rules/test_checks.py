"""Quiet hours and other checks: pure functions of a message and the time."""

from __future__ import annotations

import functools
import random
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smsc_async import (
    ConfigError,
    Email,
    HlrQuery,
    Message,
    Ping,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)
from smsc_async.rules.checks import QuietHours, checks_of, in_utc, name_of, wait_of

TO = "79991234567"
SMS = Sms(to=TO, text="Код входа: 4821")
MOSCOW = timezone(timedelta(hours=3))
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(8), tz=MOSCOW)
HOUR = 3600.0


def at(hour: int, minute: int = 0, *, tz: tzinfo = MOSCOW, day: int = 10, **more: int) -> datetime:
    """Return a time of March 2026, in a zone."""
    return datetime(2026, 3, day, hour, minute, tzinfo=tz, **more)


@pytest.mark.parametrize(
    ("hours", "now", "wait"),
    [
        (NIGHT, at(21, 59), None),
        (NIGHT, at(22), 10 * HOUR),
        (NIGHT, at(23, 30), 8.5 * HOUR),
        (NIGHT, at(0), 8 * HOUR),
        (NIGHT, at(7, 59), 60.0),
        (NIGHT, at(8), None),
        (NIGHT, at(12), None),
        (QuietHours(time(13), time(14, 30), tz=MOSCOW), at(12, 59), None),
        (QuietHours(time(13), time(14, 30), tz=MOSCOW), at(13), 1.5 * HOUR),
        (QuietHours(time(13), time(14, 30), tz=MOSCOW), at(14, 30), None),
        (QuietHours(time(22), time(0), tz=MOSCOW), at(23), HOUR),
        (QuietHours(time(22), time(0), tz=MOSCOW), at(0), None),
        (QuietHours(time(0), time(6), tz=MOSCOW), at(0), 6 * HOUR),
        (QuietHours(time(6), time(5, 59, 59, 999999), tz=MOSCOW), at(5, 59), 59.999999),
    ],
)
def test_message_is_held_until_the_end_of_quiet_hours(
    hours: QuietHours, now: datetime, wait: float | None
) -> None:
    """The start is quiet and the end isn't; midnight may be between them."""
    assert wait == hours(SMS, now.astimezone(UTC))
    assert wait == hours(SMS, now)


@pytest.mark.parametrize(
    ("message", "is_held"),
    [
        (SMS, True),
        (VoiceCall(to=TO, text="hi", voice=Voice.M), True),
        (Viber(to=TO, text="hi"), True),
        (Social(to=TO, text="hi"), True),
        (TelegramCode(to=TO, code="4821"), False),
        (TelegramBot(to=TO, text="hi", bot="@shop_bot"), False),
        (Email(to="a@example.com", text="hi", subject="hi", sender="b@example.com"), False),
        (HlrQuery(to=TO), False),
        (Ping(to=TO), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_codes_and_queries_pass_at_night(message: Message[Any], is_held: bool) -> None:  # noqa: FBT001 - a table's column
    """A one-time code that comes in the morning is worth nothing."""
    assert is_held is (NIGHT(message, at(2)) is not None)


def test_kinds_are_a_setting() -> None:
    """Any classes of messages, in any iterable, subclasses included."""
    calls = QuietHours(time(22), time(8), tz=MOSCOW, kinds=[VoiceCall])  # type: ignore[arg-type]
    everything = QuietHours(time(22), time(8), tz=MOSCOW, kinds=(Message,))

    assert (VoiceCall,) == calls.kinds
    assert calls(SMS, at(2)) is None
    assert 6 * HOUR == everything(Ping(to=TO), at(2))


@pytest.mark.parametrize(
    ("schedule", "now", "wait"),
    [
        (at(2), at(20, day=9), 12 * HOUR),
        (at(12), at(2), None),
        (at(2, day=9), at(12), None),
        (at(2, day=9), at(3), 5 * HOUR),
        (at(2).astimezone(UTC), at(20, day=9), 12 * HOUR),
    ],
    ids=["quiet schedule", "quiet now", "schedule has passed", "both", "in another zone"],
)
def test_scheduled_message_is_judged_by_its_schedule(
    schedule: datetime, now: datetime, wait: float | None
) -> None:
    """It is sent to the gateway now and to the recipient then; a past schedule is now."""
    message = Sms(to=TO, text="hi", schedule=schedule)

    assert wait == NIGHT(message, now.astimezone(UTC))


# The clock is set forward on 29 March 2026 at 02:00, and back on 25 October 2026 at 03:00.


def berlin(day: int, hour: int, minute: int = 0, *, month: int = 3, fold: int = 0) -> datetime:
    """Return an instant as a clock in Berlin shows it."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "ends"),
    [
        ((22, 8), berlin(28, 22), berlin(29, 8)),
        ((22, 8), berlin(24, 22, month=10), berlin(25, 8, month=10)),
        # 02:30 doesn't exist: the wait ends when the clock is set forward.
        ((22, 2.5), berlin(28, 22), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ((2.5, 3.5), berlin(29, 3), berlin(29, 3, 30)),
        # 02:30 comes twice.
        ((22, 2.5), berlin(25, 1, month=10), berlin(25, 2, 30, month=10)),
        (
            (22, 2.5),
            berlin(25, 2, 10, month=10, fold=1),
            berlin(25, 2, 30, month=10, fold=1),
        ),
    ],
    ids=["shorter", "longer", "end left out", "start left out", "first end", "second end"],
)
def test_wait_ends_when_the_clock_on_the_wall_shows_the_end(
    hours: tuple[float, float], now: datetime, ends: datetime
) -> None:
    """A night of daylight saving time is an hour shorter or longer."""
    start, end = (time(int(hour), int(hour % 1 * 60)) for hour in hours)
    wait = QuietHours(start, end, tz=BERLIN)(SMS, now)

    assert (ends - now).total_seconds() == wait


def test_night_in_which_two_hours_are_of_different_length() -> None:
    """22:00 to 08:00 is 9 hours in March and 11 in October."""
    night = QuietHours(time(22), time(8), tz=BERLIN)

    assert 9 * HOUR == night(SMS, berlin(28, 22))
    assert 11 * HOUR == night(SMS, berlin(24, 22, month=10))


def test_day_that_a_time_zone_leaves_out_is_no_end() -> None:
    """Samoa had no 30 December 2011: the 31st begins in the middle of the night."""
    apia = ZoneInfo("Pacific/Apia")
    now = datetime(2011, 12, 29, 23, tzinfo=apia).astimezone(UTC)

    assert 8 * HOUR == QuietHours(time(22), time(7), tz=apia)(SMS, now)


@pytest.mark.parametrize(
    ("zone", "noon"),
    [
        ("Europe/Berlin", (2026, 3, 28)),
        ("Europe/Berlin", (2026, 10, 24)),
        ("Australia/Lord_Howe", (2026, 4, 4)),  # half an hour back
        ("Australia/Lord_Howe", (2026, 10, 3)),
        ("America/Havana", (2026, 3, 7)),  # at midnight
        ("America/Havana", (2026, 10, 31)),
        ("Asia/Kolkata", (2026, 10, 31)),
        ("Pacific/Apia", (2011, 12, 29)),
    ],
)
def test_wait_ends_in_the_first_minute_that_is_not_quiet(
    zone: str, noon: tuple[int, int, int]
) -> None:
    """Found minute by minute, on days on which the clock is set.

    Quiet hours that begin in the hour that comes twice last until their end, so these are left out.
    """
    dice = random.Random(zone)  # noqa: S311 - the same ones each time
    tz = ZoneInfo(zone)
    for _ in range(40):
        start = time(dice.randrange(4, 24), dice.choice((0, 15, 30, 45)))
        end = time(dice.randrange(24), dice.choice((1, 16, 31, 46)))
        hours = QuietHours(start, end, tz=tz)
        now = datetime(*noon, 12, tzinfo=tz).astimezone(UTC)
        now += timedelta(minutes=dice.randrange(1800))
        free = now
        while hours._is_quiet(free.astimezone(tz).time()):
            free += timedelta(minutes=1)

        assert (free - now).total_seconds() == (hours(SMS, now) or 0.0), (hours, now)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"start": "22:00"}, r"start: takes a datetime.time as time\(22\), got 5"),
        ({"end": 8}, r"end: takes a datetime.time as time\(22\), got 8"),
        ({"start": datetime(2026, 1, 1, tzinfo=UTC)}, "start: takes a datetime.time"),
        ({"end": time(8, tzinfo=UTC)}, "end: takes a time without a time zone, .*; set tz="),
        ({"end": time(22)}, r"end: equals start \(22:00:00\): no time at all, or the whole day\?"),
        ({"tz": "Europe/Moscow"}, r"tz: takes a tzinfo as ZoneInfo\('Asia/Omsk'\), got 13"),
        ({"tz": None}, "tz: takes a tzinfo"),
        ({"kinds": Sms(to=TO, text="secret")}, "kinds: takes classes of messages as Sms"),
        ({"kinds": (Sms, int)}, "kinds: takes classes of messages as Sms, got type"),
        ({"kinds": "Sms"}, "kinds: takes classes of messages as Sms, got 1"),
    ],
)
def test_unusable_quiet_hours_are_refused(fields: dict[str, Any], said: str) -> None:
    """At once, not at night; the error shows no text."""
    usual: dict[str, Any] = {"start": time(22), "end": time(8), "tz": MOSCOW}
    arguments = usual | fields
    with pytest.raises(ConfigError, match=said) as caught:
        QuietHours(arguments.pop("start"), arguments.pop("end"), **arguments)

    assert "secret" not in str(caught.value)


def test_one_kind_needs_no_tuple() -> None:
    """A class is as clear as a tuple of one."""
    assert (Sms,) == QuietHours(time(22), time(8), tz=MOSCOW, kinds=Sms).kinds  # type: ignore[arg-type]


def test_quiet_hours_are_a_value() -> None:
    """Equal and hashable by what they say."""
    assert NIGHT == QuietHours(time(22), time(8), tz=MOSCOW)
    assert hash(NIGHT) == hash(QuietHours(time(22), time(8), tz=MOSCOW))
    assert NIGHT != QuietHours(time(22), time(9), tz=MOSCOW)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [(None, 0.0), (0, 0), (-1.5, -1.5), (2, 2), (1e9, 1e9), (float("inf"), float("inf"))],
)
def test_check_returns_seconds_or_nothing(answer: float | None, wait: float) -> None:
    """None, 0 and less let the message pass; infinity holds it as long as the check is there."""
    assert wait == wait_of(lambda _message, _now: answer, SMS, at(2))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (True, "got bool"),
        (False, "got bool"),
        ("60", "got str"),
        (timedelta(seconds=60), "got timedelta"),
        (1j, "got complex"),
        (float("nan"), "got NaN"),
    ],
)
def test_what_is_no_number_of_seconds_is_an_error(answer: Any, said: str) -> None:  # noqa: ANN401 - nonsense
    """True may mean "pass" or "hold": a guess would send at night or never."""
    with pytest.raises((TypeError, ValueError), match=f"takes seconds or None.*{said}"):
        wait_of(lambda _message, _now: answer, SMS, at(2))


def test_number_that_is_no_float_is_an_error() -> None:
    """Times are floats."""
    with pytest.raises(OverflowError):
        wait_of(lambda _message, _now: 10**400, SMS, at(2))


def test_time_of_a_wall_clock_is_the_same_instant_in_utc() -> None:
    """Checks get one zone, whatever the clock's."""
    noon = datetime(2026, 3, 10, 15, tzinfo=MOSCOW)

    assert datetime(2026, 3, 10, 12, tzinfo=UTC) == in_utc(noon)
    assert UTC is in_utc(noon).tzinfo


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 3, 10, 12), "a naive one"),  # noqa: DTZ001 - what is refused
        (time(12), "got time"),
        (1_773_144_000.0, "got float"),
        (None, "got NoneType"),
    ],
)
def test_time_without_a_zone_is_an_error(now: Any, said: str) -> None:  # noqa: ANN401 - nonsense
    """It could be of any zone, and quiet hours would be others."""
    with pytest.raises(TypeError, match=said):
        in_utc(now)


def test_check_that_raises_is_not_caught_here() -> None:
    """The client decides what it means."""
    with pytest.raises(ZeroDivisionError):
        wait_of(lambda _message, _now: 1 / 0, SMS, at(2))


def night_only(_message: Message[Any], _now: datetime) -> None:
    """A check."""


def test_check_is_named_after_its_function_or_class() -> None:
    """For the error of a held message."""
    assert "night_only" == name_of(night_only)
    assert "QuietHours" == name_of(NIGHT)
    assert "partial" == name_of(functools.partial(night_only))


def test_checks_are_any_iterable_of_functions() -> None:
    """A generator, too, which is read once."""
    assert () == checks_of(())
    assert (NIGHT, night_only) == checks_of(check for check in (NIGHT, night_only))


async def late(_message: Message[Any], _now: datetime) -> float:
    """A check that would have to be awaited."""
    return 1.0


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        (NIGHT, r"checks: takes a list, got QuietHours; write checks=\[…\]"),
        (None, "checks: takes a list, got NoneType"),
        ([NIGHT, 60], "checks: takes a function, got int"),
        ([QuietHours], "checks: takes functions, got the class QuietHours; call it"),
        ([late], "checks: takes a plain function, got an async one; it isn't awaited"),
    ],
)
def test_unusable_checks_are_refused(checks: Any, said: str) -> None:  # noqa: ANN401 - nonsense
    """When the client is made, not when the first message is sent."""
    with pytest.raises(ConfigError, match=said):
        checks_of(checks)

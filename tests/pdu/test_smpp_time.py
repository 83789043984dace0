"""SMPP times, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.smpp_time import format_time, parse_time


def zone(hours: float) -> timezone:
    """Make a zone that many hours ahead of UTC."""
    return timezone(timedelta(hours=hours))


NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("261123103000012+", datetime(2026, 11, 23, 10, 30, 0, tzinfo=zone(3))),
        ("261123103000012-", datetime(2026, 11, 23, 10, 30, 0, tzinfo=zone(-3))),
        ("261123103059900+", datetime(2026, 11, 23, 10, 30, 59, 900_000, tzinfo=UTC)),
        ("240229000000023+", datetime(2024, 2, 29, tzinfo=zone(5.75))),
        ("000101000000048-", datetime(2000, 1, 1, tzinfo=zone(-12))),
        ("991231235959048+", datetime(2099, 12, 31, 23, 59, 59, tzinfo=zone(12))),
        ("000001000000000R", timedelta(days=1)),
        ("000000000500000R", timedelta(minutes=5)),
        ("000000000000000R", timedelta()),
        ("000099235959000R", timedelta(days=99, hours=23, minutes=59, seconds=59)),
    ],
)
def test_both_ways(text: str, value: datetime | timedelta) -> None:
    """v3.4 §7.1.1: a sign is an instant, an R is a span."""
    assert text == format_time(value)
    parsed = parse_time(text)
    assert value == parsed
    if isinstance(value, datetime):
        assert isinstance(parsed, datetime)
        assert value.utcoffset() == parsed.utcoffset()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2611231030", datetime(2026, 11, 23, 10, 30)),  # noqa: DTZ001  # the text has no zone
        ("261123103059", datetime(2026, 11, 23, 10, 30, 59)),  # noqa: DTZ001  # the same
        ("20261123103059", datetime(2026, 11, 23, 10, 30, 59)),  # noqa: DTZ001  # the same
        (" 2611231030\0", datetime(2026, 11, 23, 10, 30)),  # noqa: DTZ001  # the same
    ],
)
def test_short_forms_of_receipts(text: str, value: datetime) -> None:
    """They have no zone, so none is invented; a caller that knows it passes it."""
    assert value == parse_time(text)
    assert value.replace(tzinfo=zone(3)) == parse_time(text, zone=zone(3))


def test_an_offset_in_the_text_wins() -> None:
    """The zone is for forms that name none."""
    expected = datetime(2026, 11, 23, 10, 30, tzinfo=zone(3))

    assert expected == parse_time("261123103000012+", zone=UTC)


def test_thirteen_hours_ahead_are_read() -> None:
    """Auckland's summer is beyond the specification's 48 quarters, and it exists."""
    assert datetime(2026, 1, 1, tzinfo=zone(13)) == parse_time("260101000000052+")


@pytest.mark.parametrize(
    ("text", "days"),
    [("010000000000000R", 365), ("000100000000000R", 30), ("010101000000000R", 396)],
)
def test_years_and_months_are_read_as_days(text: str, days: int) -> None:
    """They have no fixed length; the usual one is better than no answer."""
    assert timedelta(days=days) == parse_time(text)


def test_large_numbers_of_a_relative_time_add_up() -> None:
    """99 hours are no time of day, but they are a span."""
    assert timedelta(hours=99, minutes=99, seconds=99) == parse_time("000000999999000R")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "junk",
        "0000000000",  # month 0: "not yet" in some receipts
        "2613231030",
        "2611232460",
        "261123103060",
        "00001123103000",  # year 0
        "26112310300",  # eleven digits
        "261123103000012",
        "261123103000012*",
        "261123103000012++",
        "261123103000099+",  # more than a day from UTC
        "26112310300001r+",
        "2611231030٠٠",  # digits, but not ours
        "２６１１２３１０３０",
        "-611231030",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    """A receipt with a strange date is a receipt."""
    assert parse_time(text) is None


def test_nothing_is_an_empty_field() -> None:
    """At once, and the server's default."""
    assert "" == format_time(None)


def test_finer_parts_are_dropped() -> None:
    """Never rounded up: a deadline isn't moved back."""
    instant = datetime(2026, 11, 23, 12, 0, 0, 199_999, tzinfo=UTC)

    assert "261123120000100+" == format_time(instant)
    assert "000000000001000R" == format_time(timedelta(seconds=1.999))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (NOON.replace(tzinfo=None), "has no time zone; give an aware datetime"),
        (NOON.replace(year=1999), "has a year outside 2000 to 2099"),
        (NOON.replace(year=2100), "has a year outside 2000 to 2099"),
        (NOON.replace(tzinfo=zone(13)), "offset 13:00:00, quarter hours up to 12 h fit; use"),
        (NOON.replace(tzinfo=zone(-13)), "quarter hours up to 12 h fit"),
        (NOON.replace(tzinfo=timezone(timedelta(minutes=151))), "quarter hours"),
        (timedelta(seconds=-1), "is not within 0 and 99 days 23:59:59; give an absolute time"),
        (timedelta(days=100), "100 days, 0:00:00 is not within 0 and 99 days 23:59:59"),
    ],
)
def test_what_has_no_honest_form_is_refused(value: datetime | timedelta, reason: str) -> None:
    """100 days could only be months, and no month is a fixed number of days."""
    with pytest.raises(EncodeError) as caught:
        format_time(value)

    assert reason in str(caught.value)
    assert value == caught.value.value


quarter_zones = st.integers(-48, 48).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=quarter_zones)  # noqa: DTZ001  # hypothesis adds it
)
def test_instants_survive(instant: datetime) -> None:
    """To the tenth of a second, and with their offset."""
    tenths = instant.replace(microsecond=instant.microsecond // 100_000 * 100_000)
    parsed = parse_time(format_time(instant))

    assert tenths == parsed
    assert isinstance(parsed, datetime)
    assert instant.utcoffset() == parsed.utcoffset()


@given(st.integers(0, 100 * 86400 - 1))
def test_spans_survive(seconds: int) -> None:
    """To the second, over the whole range."""
    text = format_time(timedelta(seconds=seconds))

    assert 16 == len(text)
    assert timedelta(seconds=seconds) == parse_time(text)


digits = st.text("0123456789", min_size=10, max_size=15)


@given(st.text() | st.builds(str.__add__, digits, st.sampled_from(["", "+", "-", "R"])))
def test_any_text_parses(text: str) -> None:
    """Nothing raises, and what comes back is a time or None."""
    assert isinstance(parse_time(text), datetime | timedelta | None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("201906191234", datetime(2019, 6, 19, 12, 34)),  # noqa: DTZ001  # the text has no zone
        ("201012130501", datetime(2020, 10, 12, 13, 5, 1)),  # noqa: DTZ001  # a year of two digits
        ("2018-01-22 23:09:57", datetime(2018, 1, 22, 23, 9, 57)),  # noqa: DTZ001  # as above
        ("18/01/22 23:09", datetime(2018, 1, 22, 23, 9)),  # noqa: DTZ001  # as above
        ("20180122T230957.5", datetime(2018, 1, 22, 23, 9, 57, 500_000)),  # noqa: DTZ001  # as above
        ("22.01.2018 23:09", datetime(2018, 1, 22, 23, 9)),  # noqa: DTZ001  # as above
        ("2018-01-22T23:09:57Z", datetime(2018, 1, 22, 23, 9, 57, tzinfo=UTC)),
        ("2018-01-22 23:09:57 +0545", datetime(2018, 1, 22, 23, 9, 57, tzinfo=zone(5.75))),
        ("2018-01-22 23:09:57-03", datetime(2018, 1, 22, 23, 9, 57, tzinfo=zone(-3))),
    ],
)
def test_forms_that_occur(text: str, value: datetime) -> None:
    """With signs, with a year of four digits, with an offset."""
    assert value == parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "2018-01-22",
        "2018-13-22 10:00",
        "22-01-2018 10:00",
        "22/01/2018 10:00",
        "01.22.2018 10:00",
        "2018-01-22 25:00",
    ],
)
def test_forms_that_are_no_time(text: str) -> None:
    """A wrong time is worse than none."""
    assert parse_time(text) is None

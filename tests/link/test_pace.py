"""The distance between writes after a wait."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smsc_async.link.pace import CATCH_UP, next_write
from smsc_async.rules.rate import SLACK, interval

LONG_AGO = float("-inf")


def test_interval_allows_for_what_is_caught_up() -> None:
    """If it allowed for less, a second could have more messages than the rate."""
    assert SLACK == CATCH_UP


def test_write_that_is_a_little_late_delays_none_after_it() -> None:
    """Timers are late by a millisecond or so, and that mustn't add up to a lower rate."""
    assert 100.5 == next_write(100.0, LONG_AGO, 100.0 + CATCH_UP, 0.5)
    assert 101.0 == next_write(100.0, 100.5, 100.52, 0.5)


def test_overdue_writes_are_an_interval_apart() -> None:
    """Their own turns have passed, and none is left to any of them."""
    assert 103.5 == next_write(100.0, LONG_AGO, 103.0, 0.5)
    assert 104.0 == next_write(100.5, 103.5, 103.5, 0.5)
    assert 104.0 == next_write(100.5, 103.5, 103.0, 0.5)


def test_write_without_a_rule_delays_none() -> None:
    """What is written now may be followed at once."""
    assert 103.0 == next_write(100.0, LONG_AGO, 103.0, 0.0)


@given(
    late=st.lists(st.floats(0.0, 3.0), max_size=60),
    rate=st.integers(1, 30),
)
def test_no_second_has_more_than_the_rate_and_one(late: list[float], rate: int) -> None:
    """However late each write is, the limit holds in any second."""
    every, next_at, now, writes = interval(rate), LONG_AGO, 0.0, list[float]()
    for number, delay in enumerate(late):
        now = max(now, number * every, next_at) + delay
        next_at = next_write(number * every, next_at, now, every)
        writes.append(now)

    for first in writes:
        assert rate + 1 >= len([at for at in writes if first <= at < first + 1.0])

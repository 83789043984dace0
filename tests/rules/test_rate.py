"""Pacing: FIFO, one message per fixed interval for one account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.rules.rate import SLACK, decide, interval, share

LONG_AGO = float("-inf")


def test_first_message_is_sent_at_once() -> None:
    """An idle account can send at once."""
    assert (100.0, 100.5) == decide(LONG_AGO, 1, 100.0, 0.5)


def test_next_message_is_sent_an_interval_later() -> None:
    """It isn't refused, and doesn't overtake the first."""
    assert (100.5, 101.0) == decide(100.5, 1, 100.0, 0.5)


def test_parts_take_an_interval_each() -> None:
    """The gateway counts them singly."""
    assert (100.0, 101.5) == decide(LONG_AGO, 3, 100.0, 0.5)


def test_idle_time_allows_no_burst() -> None:
    """After an hour of silence the interval is what it was."""
    assert (3600.0, 3600.5) == decide(0.5, 1, 3600.0, 0.5)


def test_no_rule_takes_no_time() -> None:
    """All messages get the current time."""
    assert 0.0 == interval(None)
    assert (100.0, 100.0) == decide(100.0, 50, 100.0, interval(None))


@pytest.mark.takes_up_to(10, reason="a hundred lists of 150 times are drawn")
@given(late=st.lists(st.floats(0, SLACK, exclude_max=True), min_size=150, max_size=150))
def test_no_second_has_more_than_the_rate(late: list[float]) -> None:
    """100 a second in any second, even if writes are late by up to the slack."""
    free_at, written = LONG_AGO, []
    for delay in late:
        at, free_at = decide(free_at, 1, 100.0, interval(100.0))
        written.append(at + delay)
    written.sort()

    assert all(later - at >= 1.0 - 1e-9 for at, later in zip(written, written[100:], strict=False))


@given(rate=st.integers(1, 500), workers=st.integers(1, 50))
def test_shares_of_all_workers_are_within_the_rate(rate: int, workers: int) -> None:
    """In any second, also if all begin one at the same instant."""
    seconds = share(interval(float(rate)), workers)
    in_a_second = 1 + int(1.0 / seconds)

    if workers <= rate:
        assert workers * in_a_second <= rate
    else:
        assert pytest.approx(interval(float(rate)) * workers) == seconds


@pytest.mark.parametrize("rate", [1, 7, 40, 100, 1000])
@pytest.mark.parametrize("workers", [1, 3, 4, 33])
def test_what_is_reserved_is_left_to_others(rate: int, workers: int) -> None:
    """In whole messages a second, since all may begin at the same instant."""
    seconds = share(interval(float(rate)), workers, 0.1)

    each = (1.0 + SLACK) / seconds
    assert each * workers <= rate * 0.9 + 1e-6
    assert each < 1.0 or pytest.approx(round(each)) == each


def test_share_of_one_worker_is_all() -> None:
    """Nothing is rounded; without a rule there is nothing to share."""
    assert interval(2.5) == share(interval(2.5), 1)
    assert 0.0 == share(0.0, 7)
    assert pytest.approx(1.05 / 25) == share(interval(100.0), 4)

"""sequence_number: its range, its order, and which are skipped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smsc_async.session.sequence import MAXIMUM, next_free


def test_first_number_is_one() -> None:
    """SMPP v3.4 §3.2: 0 belongs to generic_nack."""
    assert 1 == next_free(0, ())


def test_after_the_last_number_comes_one() -> None:
    """Counters that go on past 0x7FFFFFFF were refused by peers that read them as signed."""
    assert [0x7FFFFFFF, 1] == [next_free(last, ()) for last in (0x7FFFFFFE, 0x7FFFFFFF)]


def test_numbers_in_flight_are_skipped() -> None:
    """The responses to two requests under one number could not be distinguished."""
    assert 3 == next_free(0x7FFFFFFE, {0x7FFFFFFF, 1, 2})


@given(st.integers(0, MAXIMUM), st.sets(st.integers(1, 20) | st.integers(MAXIMUM - 20, MAXIMUM)))
def test_number_is_legal_and_free_wherever_it_starts(last: int, in_use: set[int]) -> None:
    """The range is 1 to 0x7FFFFFFF, whatever is in use."""
    number = next_free(last, in_use)

    assert 1 <= number <= 0x7FFFFFFF
    assert number not in in_use

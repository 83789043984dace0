"""The numbers that requests go out under."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from smsc_async.session.sequence import MAXIMUM, Sequence


def test_numbers_rise_by_one_from_one() -> None:
    """SMPP v3.4 §3.2: the first is 1, and 0 belongs to generic_nack."""
    sequence = Sequence()

    assert [1, 2, 3] == [sequence.take(()) for _ in range(3)]


def test_after_the_last_number_comes_one() -> None:
    """Counters that go on past 0x7FFFFFFF were refused by peers that read them as signed."""
    sequence = Sequence(last=0x7FFFFFFE)

    assert [0x7FFFFFFF, 1] == [sequence.take(()) for _ in range(2)]


def test_numbers_in_flight_are_skipped() -> None:
    """Two requests under one number could not be told apart by their responses."""
    sequence = Sequence(last=0x7FFFFFFE)

    assert 3 == sequence.take({0x7FFFFFFF, 1, 2})


@given(st.integers(0, MAXIMUM), st.sets(st.integers(1, 20) | st.integers(MAXIMUM - 20, MAXIMUM)))
def test_a_number_is_legal_and_free_wherever_one_starts(last: int, in_use: set[int]) -> None:
    """The range is 1 to 0x7FFFFFFF, whatever is in use."""
    assume(last or not in_use)  # before the first number none can be
    number = Sequence(last=last).take(in_use)

    assert 1 <= number <= 0x7FFFFFFF
    assert number not in in_use


def test_repr_tells_the_last_number() -> None:
    """That is the one to look for in a log of the other side."""
    assert "Sequence(last=7)" == repr(Sequence(last=7))

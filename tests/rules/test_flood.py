"""At most fifty messages in a row to one subscriber.

«Сервер также блокирует отправку более 50 сообщений одному абоненту, которые были отправлены с
перерывом между сообщениями менее 30-ти секунд, для защиты от флуда и лишнего списания средств…»
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.rules.flood import decide, give_back, is_in, join
from smsc_async.rules.verdict import Held

if TYPE_CHECKING:
    from smsc_async.rules.flood import Streak

LENGTH, GAP = 50, 31.0


def ask(
    row: Streak | None, at: float, parts: int = 1, *, is_counted: bool = False
) -> Held | Streak:
    """Ask whether a message whose parts take no time may join."""
    return decide(row, parts, at, at, LENGTH, GAP, is_counted)


@pytest.fixture
def row_of_50() -> Streak:
    """Fifty messages, a second apart, the last one at 149."""
    row: Held | Streak | None = None
    for number in range(50):
        assert not isinstance(row, Held)
        row = ask(row, 100.0 + number)
    assert not isinstance(row, Held)
    assert row is not None
    return row


def test_fifty_in_a_row_pass(row_of_50: Streak) -> None:
    """«…более 50 сообщений одному абоненту…»: fifty aren't more than fifty."""
    assert (100.0, 50, 149.0) == row_of_50


def test_fifty_first_is_held_until_a_gap(row_of_50: Streak) -> None:
    """«…с перерывом между сообщениями менее 30-ти секунд…»: and a second on the safe side."""
    assert Held("flood", retry_at=180.0) == ask(row_of_50, 149.0)
    assert Held("flood", retry_at=180.0) == ask(row_of_50, 179.9)


def test_gap_begins_a_new_row(row_of_50: Streak) -> None:
    """«…с перерывом между сообщениями менее 30-ти секунд…»: only a gap ends a row."""
    assert (180.0, 1, 180.0) == ask(row_of_50, 180.0)


@given(at=st.floats(0, 1e9), gap=st.floats(0.1, 1e4))
def test_message_passes_at_the_very_instant_it_was_told(at: float, gap: float) -> None:
    """Rounding doesn't hold it a second time."""
    held = decide((at, 1, at), 1, at, at, 1, gap)

    assert isinstance(held, Held)
    assert not isinstance(decide((at, 1, at), 1, held.retry_at, held.retry_at, 1, gap), Held)


def test_held_attempt_leaves_no_trace(row_of_50: Streak) -> None:
    """Whether refused attempts count at the gateway isn't written; ours never reach it."""
    before = tuple(row_of_50)

    ask(row_of_50, 170.0)

    assert before == row_of_50


def test_parts_count_singly() -> None:
    """Whether they do at the gateway isn't written: this is the safe side."""
    row = ask(None, 100.0, parts=48)
    assert (100.0, 48, 100.0) == row

    assert Held("flood", retry_at=131.0) == ask((100.0, 48, 100.0), 110.0, parts=3)
    assert (100.0, 50, 110.0) == ask((100.0, 48, 100.0), 110.0, parts=2)


def test_gap_is_counted_from_the_last_part() -> None:
    """Parts are written one after the other."""
    row = decide(None, 3, 100.0, 102.0, LENGTH, GAP)

    assert (100.0, 3, 102.0) == row


def test_message_that_is_sent_again_is_counted_once(row_of_50: Streak) -> None:
    """The row has it already; its instant is a new one."""
    assert (100.0, 50, 160.0) == ask(row_of_50, 160.0, is_counted=True)


def test_row_keeps_its_latest_instant() -> None:
    """A message with many parts may end after the next one has begun."""
    assert (100.0, 4, 105.0) == ask((100.0, 3, 105.0), 103.0)


def test_message_that_goes_anyway_joins_a_full_row(row_of_50: Streak) -> None:
    """What was admitted elsewhere, or long ago, is counted and not judged."""
    assert (100.0, 51, 150.0) == join(row_of_50, 1, 150.0, 150.0, GAP, is_counted=False)
    assert (100.0, 50, 150.0) == join(row_of_50, 1, 150.0, 150.0, GAP, is_counted=True)
    assert (180.0, 1, 180.0) == join(row_of_50, 1, 180.0, 180.0, GAP, is_counted=True)
    assert (100.0, 1, 100.0) == join(None, 1, 100.0, 100.0, GAP, is_counted=False)


def test_refused_message_is_given_back(row_of_50: Streak) -> None:
    """The next one may take its place, and the gap is still counted from it."""
    row = give_back(row_of_50, 1, 120.0)

    assert (100.0, 49, 149.0) == row
    assert (100.0, 50, 150.0) == ask(row, 150.0)


def test_refused_message_of_an_earlier_row_is_not_given_back() -> None:
    """The row it was in is over, and this one hasn't got it."""
    row = (180.0, 3, 185.0)

    assert row == give_back(row, 1, 149.0)


def test_message_is_in_the_row_that_was_there_when_it_was_admitted() -> None:
    """A later row began later."""
    assert not is_in(None, 100.0)
    assert not is_in((180.0, 1, 180.0), 149.0)
    assert is_in((180.0, 1, 180.0), 180.0)

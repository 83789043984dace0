"""Flood protection: at most fifty messages in a streak to one subscriber.

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
    streak: Streak | None, at: float, parts: int = 1, *, is_counted: bool = False
) -> Held | Streak:
    """Ask whether a message whose parts take no time may join."""
    return decide(streak, parts, at, at, LENGTH, GAP, is_counted)


@pytest.fixture
def streak_of_50() -> Streak:
    """Fifty messages, a second apart, the last one at 149."""
    streak: Held | Streak | None = None
    for number in range(50):
        assert not isinstance(streak, Held)
        streak = ask(streak, 100.0 + number)
    assert not isinstance(streak, Held)
    assert streak is not None
    return streak


def test_fifty_in_a_streak_pass(streak_of_50: Streak) -> None:
    """«…более 50 сообщений одному абоненту…»: fifty aren't more than fifty."""
    assert (100.0, 50, 149.0) == streak_of_50


def test_fifty_first_is_held_until_a_gap(streak_of_50: Streak) -> None:
    """«…с перерывом между сообщениями менее 30-ти секунд…»: and a second on the safe side."""
    assert Held("flood", retry_at=180.0) == ask(streak_of_50, 149.0)
    assert Held("flood", retry_at=180.0) == ask(streak_of_50, 179.9)


def test_gap_begins_a_new_streak(streak_of_50: Streak) -> None:
    """«…с перерывом между сообщениями менее 30-ти секунд…»: only a gap ends a streak."""
    assert (180.0, 1, 180.0) == ask(streak_of_50, 180.0)


@given(at=st.floats(0, 1e9), gap=st.floats(0.1, 1e4))
def test_message_passes_at_the_very_instant_of_its_retry_at(at: float, gap: float) -> None:
    """Rounding doesn't hold it a second time."""
    held = decide((at, 1, at), 1, at, at, 1, gap)

    assert isinstance(held, Held)
    assert not isinstance(decide((at, 1, at), 1, held.retry_at, held.retry_at, 1, gap), Held)


def test_held_attempt_leaves_no_trace(streak_of_50: Streak) -> None:
    """It never reaches the gateway, so the gateway can't count it."""
    before = tuple(streak_of_50)

    ask(streak_of_50, 170.0)

    assert before == streak_of_50


def test_parts_count_singly() -> None:
    """The document doesn't say whether the gateway does so: this is the safe side."""
    streak = ask(None, 100.0, parts=48)
    assert (100.0, 48, 100.0) == streak

    assert Held("flood", retry_at=131.0) == ask((100.0, 48, 100.0), 110.0, parts=3)
    assert (100.0, 50, 110.0) == ask((100.0, 48, 100.0), 110.0, parts=2)


def test_gap_is_counted_from_the_last_part() -> None:
    """Parts are written one after the other."""
    streak = decide(None, 3, 100.0, 102.0, LENGTH, GAP)

    assert (100.0, 3, 102.0) == streak


def test_message_that_is_sent_again_is_counted_once(streak_of_50: Streak) -> None:
    """The streak has it already; only its time changes."""
    assert (100.0, 50, 160.0) == ask(streak_of_50, 160.0, is_counted=True)


def test_streak_keeps_its_latest_instant() -> None:
    """A message with many parts may end after the next one has begun."""
    assert (100.0, 4, 105.0) == ask((100.0, 3, 105.0), 103.0)


def test_message_that_is_sent_anyway_joins_a_full_streak(streak_of_50: Streak) -> None:
    """What another store admitted, or what is written late, is counted and never held."""
    assert (100.0, 51, 150.0) == join(streak_of_50, 1, 150.0, 150.0, GAP, is_counted=False)
    assert (100.0, 50, 150.0) == join(streak_of_50, 1, 150.0, 150.0, GAP, is_counted=True)
    assert (180.0, 1, 180.0) == join(streak_of_50, 1, 180.0, 180.0, GAP, is_counted=True)
    assert (100.0, 1, 100.0) == join(None, 1, 100.0, 100.0, GAP, is_counted=False)


def test_refused_message_is_given_back(streak_of_50: Streak) -> None:
    """The next one may take its place; the gap is still counted from it."""
    streak = give_back(streak_of_50, 1, 120.0)

    assert (100.0, 49, 149.0) == streak
    assert (100.0, 50, 150.0) == ask(streak, 150.0)


def test_refused_long_message_gives_back_all_its_parts() -> None:
    """One part only would leave a phantom streak of messages that were never sent."""
    assert (100.0, 2, 149.0) == give_back((100.0, 50, 149.0), 48, 120.0)


def test_refused_message_of_an_earlier_streak_is_not_given_back() -> None:
    """That streak is over, and this one never counted the message."""
    streak = (180.0, 3, 185.0)

    assert streak == give_back(streak, 1, 149.0)


def test_message_is_in_the_streak_of_its_admission() -> None:
    """A later streak began after it."""
    assert not is_in(None, 100.0)
    assert not is_in((180.0, 1, 180.0), 149.0)
    assert is_in((180.0, 1, 180.0), 180.0)

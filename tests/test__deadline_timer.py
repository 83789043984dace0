"""Deadlines are judged after the loop has read what had arrived."""

from __future__ import annotations

import asyncio

from idle_clock import pass_time
from scripted import turns, until

from smsc_async._deadline_timer import (
    HELD_UP,
    MOST_LOOKS,
    NEVER,
    READ_FIRST,
    DeadlineTimer,
    Punctuality,
)


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


def test_punctual_timer_judges_at_once() -> None:
    """A few milliseconds late is what a busy machine is."""
    punctuality = Punctuality()
    punctuality.plan(10.0)

    assert not punctuality.must_read_first(10.0)
    assert not punctuality.must_read_first(10.0 + HELD_UP)
    assert punctuality.must_read_first(10.1 + HELD_UP)


def test_what_arrives_is_followed_by_another_look() -> None:
    """A socket may hold more than one read returns."""
    punctuality = Punctuality()
    punctuality.plan(10.0)

    assert punctuality.must_read_first(10.0, has_read=True)
    assert not punctuality.must_read_first(10.0)


def test_loop_that_is_always_held_up_judges_in_the_end() -> None:
    """Every wait has an end; afterwards the next deadline has all its looks."""
    punctuality = Punctuality()
    looks = [punctuality.must_read_first(1e9) for _ in range(2 * MOST_LOOKS + 2)]

    assert ([True] * MOST_LOOKS + [False]) * 2 == looks
    assert f"{MOST_LOOKS} looks left" in repr(punctuality)


async def test_timer_calls_once_when_its_time_has_come() -> None:
    """And is stopped then."""
    calls: list[float] = []
    timer = DeadlineTimer(now, lambda: calls.append(now()))
    due = now() + 0.02
    timer.start(due)
    timer.start(due)
    assert due == timer.at
    await until(lambda: calls)

    assert due <= calls[0] < due + HELD_UP
    assert NEVER == timer.at
    assert "<DeadlineTimer at inf>" == repr(timer)


async def test_stopped_timer_never_calls() -> None:
    """Nor does one that is moved call at its old time."""
    calls: list[float] = []
    timer = DeadlineTimer(now, lambda: calls.append(now()))
    timer.start(now() + 0.01)
    timer.start(NEVER)
    timer.start(now() + 0.01)
    timer.stop()
    timer.start(began := now() + 0.05)
    await until(lambda: now() > began + 0.02)

    assert 1 == len(calls)
    assert calls[0] >= began


async def test_late_timer_looks_again() -> None:
    """The loop was held up: it has a turn to read in before the call, also if that is held up."""
    calls: list[float] = []
    timer = DeadlineTimer(now, lambda: calls.append(now()))
    loop = asyncio.get_running_loop()
    timer.start(began := now() + 0.01)
    pass_time(1.0)
    loop.call_later(READ_FIRST / 2, pass_time, 2.0)
    await turns(3)
    assert [] == calls
    await until(lambda: calls)

    assert calls[0] >= began + 3.0 - 0.02 + READ_FIRST


async def test_deadline_that_moves_away_leaves_the_timer_alone() -> None:
    """It fires early then, and never late: its owner sets it again."""
    calls: list[float] = []
    timer = DeadlineTimer(now, lambda: calls.append(now()))
    timer.start_by(None)
    assert NEVER == timer.at
    timer.start_by(due := now() + 0.02)
    timer.start_by(due + 1.0)
    assert due == timer.at
    timer.start_by(due := due - 0.01)
    await until(lambda: calls)

    assert due <= calls[0] < due + HELD_UP


async def test_timer_looks_again_after_a_read() -> None:
    """The socket may hold more than was read; without another read the second look judges."""
    calls: list[float] = []
    timer = DeadlineTimer(now, lambda: calls.append(now()))
    timer.has_read = True
    timer.start(due := now() + 0.02)
    await until(lambda: calls)

    assert calls[0] >= due + READ_FIRST
    assert not timer.has_read

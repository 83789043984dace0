"""The gateway's clock: it moves forward, and says so."""

from __future__ import annotations

import threading
import time

import pytest

from smsc_async.simulator import GatewayClock
from smsc_async.simulator.clock import LONGEST_SHIFT


def test_clock_is_ahead_by_what_it_was_moved() -> None:
    """In all."""
    clock = GatewayClock()
    before = time.monotonic()
    clock.advance(60)
    clock.advance(0.5)

    assert 60.5 <= clock() - before < 61.5
    assert (60.5, "<GatewayClock, moved by 60.5 s>") == (clock.shift, repr(clock))


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf"), True, "60", None])
def test_clock_moves_forward_only(seconds: float) -> None:
    """A gateway's clock is never set back."""
    with pytest.raises(ValueError, match="seconds takes 0 or more"):
        GatewayClock().advance(seconds)


def test_subscribers_are_called_in_order_until_they_leave() -> None:
    """Leaving twice does no harm, also while they are called."""
    clock, called = GatewayClock(), list[str]()

    def call_once() -> None:
        called.append("a")
        leave_a()

    leave_a = clock.subscribe(call_once)
    clock.subscribe(lambda: called.append("b"))
    clock.advance(1)
    clock.advance(1)
    leave_a()

    assert ["a", "b", "b"] == called


def test_moves_of_several_threads_add_up() -> None:
    """None is lost, and each is said once."""
    clock, calls = GatewayClock(), list[float]()
    clock.subscribe(lambda: calls.append(clock.shift))

    def move() -> None:
        for _ in range(500):
            clock.advance(1)

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (2000.0, 2000) == (clock.shift, len(calls))


def test_source_may_be_another_one() -> None:
    """A function of a test's own."""
    now = 5.0
    clock = GatewayClock(lambda: now)
    clock.advance(10)
    now += 1

    assert 16.0 == clock()


def test_subscriber_that_fails_keeps_no_other_from_the_move() -> None:
    """Its error is raised behind them, the first of several."""
    clock, called = GatewayClock(), list[str]()

    def fail(name: str) -> None:
        called.append(name)
        raise RuntimeError(name)

    clock.subscribe(lambda: fail("a"))
    clock.subscribe(lambda: called.append("b"))
    clock.subscribe(lambda: fail("c"))

    with pytest.raises(RuntimeError, match="a"):
        clock.advance(5)
    assert (5.0, ["a", "b", "c"]) == (clock.shift, called)


@pytest.mark.parametrize("moves", [(1e12,), (LONGEST_SHIFT, 1), (LONGEST_SHIFT - 60, 61), (1e300,)])
def test_clock_is_moved_by_ten_years_in_all(moves: tuple[float, ...]) -> None:
    """Dates end; a move that goes too far is none."""
    clock = GatewayClock()
    *allowed, too_far = moves
    for seconds in allowed:
        clock.advance(seconds)
    before = clock.shift

    with pytest.raises(ValueError, match=r"10 years in all \(315576000 s\); make a new one"):
        clock.advance(too_far)
    assert before == clock.shift

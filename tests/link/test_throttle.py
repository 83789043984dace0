"""How it goes on after "too fast": at a standstill, one, two, four, and freely."""

from __future__ import annotations

from smsc_async.link.throttle import FIRST_PAUSE, LONGEST_PAUSE, ThrottleController


def recovered(brake: ThrottleController, window: int) -> list[int]:
    """Let rounds go well until the brake is off; return how many each had."""
    rounds = []
    while brake.is_on:
        rounds.append(brake.limit(window, 0))
        brake.try_on()
        brake.settled(0, window)
    return rounds


def test_free_brake_limits_nothing() -> None:
    """The window is limit enough."""
    brake = ThrottleController()

    assert not brake.is_on
    assert 7 == brake.limit(7, 93)


def test_pressed_brake_stops_everything_for_a_moment() -> None:
    """Order is kept by letting nobody pass."""
    brake = ThrottleController()

    assert FIRST_PAUSE == brake.press(10.0)
    assert 10.0 + FIRST_PAUSE == brake.paused_until
    assert 0 == brake.limit(100, 0)
    brake.advance(10.0 + FIRST_PAUSE)
    assert 1 == brake.limit(100, 0)
    assert 0 == brake.limit(100, 1)


def test_responses_to_one_burst_are_one_fit() -> None:
    """A whole window comes back too fast: the pause isn't doubled a hundred times."""
    brake = ThrottleController()
    brake.press(10.0)

    assert [0.0, 0.0] == [brake.press(10.01), brake.press(10.02)]
    assert FIRST_PAUSE == brake.pause


def test_attempt_that_is_too_fast_again_doubles_the_pause() -> None:
    """Up to a pause that somebody can still wait for."""
    brake, now, pauses = ThrottleController(), 0.0, []
    for _ in range(7):
        pauses.append(brake.press(now))
        now = brake.paused_until
        brake.advance(now)
        brake.try_on()

    assert [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_PAUSE] == pauses


def test_each_good_round_is_twice_as_large() -> None:
    """A window of 100 is free again after seven round trips."""
    brake = ThrottleController()
    brake.press(0.0)
    brake.advance(brake.paused_until)

    assert [1, 2, 4, 8, 16, 32, 64] == recovered(brake, 100)
    assert FIRST_PAUSE == brake.press(99.0)


def test_round_as_large_as_the_window_is_not_counted() -> None:
    """The window is the limit then: counting one more round would hold back for nothing."""
    brake = ThrottleController()
    brake.press(0.0)
    brake.advance(brake.paused_until)

    assert [1, 2, 4] == recovered(brake, 8)


def test_one_good_round_lets_the_pauses_begin_anew() -> None:
    """Single messages may come too fast now and then; that is no reason to wait for seconds."""
    brake = ThrottleController()
    for now in (0.0, 10.0, 20.0):
        assert FIRST_PAUSE == brake.press(now)
        brake.advance(brake.paused_until)
        brake.try_on()
        brake.settled(0, 100)


def test_what_was_in_flight_before_proves_nothing() -> None:
    """Good responses to the burst say nothing of the time after it."""
    brake = ThrottleController()
    brake.press(0.0)
    brake.settled(0, 100)
    brake.advance(brake.paused_until)
    brake.settled(0, 100)
    assert 1 == brake.limit(100, 0)
    brake.try_on()
    brake.settled(1, 100)

    assert 1 == brake.limit(100, 0)


def test_pause_is_not_ended_early() -> None:
    """The timer of somebody else rings."""
    brake = ThrottleController()
    brake.press(10.0)
    brake.advance(10.05)

    assert 10.0 + FIRST_PAUSE == brake.paused_until

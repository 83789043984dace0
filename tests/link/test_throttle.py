"""After a throttled response: a pause, then 1, 2, 4, … requests a round, then no limit."""

from __future__ import annotations

from smsc_async.link.throttle import FIRST_PAUSE, LONGEST_PAUSE, ThrottleController


def recovered(throttle: ThrottleController, window: int) -> list[int]:
    """Finish clean rounds until the controller is off; return the limit of each."""
    rounds = []
    while throttle.is_on:
        rounds.append(throttle.limit(window, 0))
        throttle.on_probe()
        throttle.on_round_done(0, window)
    return rounds


def test_controller_that_is_off_limits_nothing() -> None:
    """Without throttling the window alone limits the requests."""
    throttle = ThrottleController()

    assert not throttle.is_on
    assert 7 == throttle.limit(7, 93)


def test_throttled_response_pauses_all_writes() -> None:
    """All messages wait, so their order is kept; then a single probe is written."""
    throttle = ThrottleController()

    assert FIRST_PAUSE == throttle.on_throttled(10.0)
    assert 10.0 + FIRST_PAUSE == throttle.paused_until
    assert 0 == throttle.limit(100, 0)
    throttle.advance(10.0 + FIRST_PAUSE)
    assert 1 == throttle.limit(100, 0)
    assert 0 == throttle.limit(100, 1)


def test_throttled_responses_of_one_burst_are_one_pause() -> None:
    """A whole window may be throttled at once: the pause isn't doubled a hundred times."""
    throttle = ThrottleController()
    throttle.on_throttled(10.0)

    assert [0.0, 0.0] == [throttle.on_throttled(10.01), throttle.on_throttled(10.02)]
    assert FIRST_PAUSE == throttle.pause


def test_throttled_probe_doubles_the_pause() -> None:
    """Up to LONGEST_PAUSE, so that writes resume soon after the gateway recovers."""
    throttle, now, pauses = ThrottleController(), 0.0, []
    for _ in range(7):
        pauses.append(throttle.on_throttled(now))
        now = throttle.paused_until
        throttle.advance(now)
        throttle.on_probe()

    assert [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_PAUSE] == pauses


def test_each_clean_round_doubles_the_limit() -> None:
    """A window of 100 is used in full again after seven round trips."""
    throttle = ThrottleController()
    throttle.on_throttled(0.0)
    throttle.advance(throttle.paused_until)

    assert [1, 2, 4, 8, 16, 32, 64] == recovered(throttle, 100)
    assert FIRST_PAUSE == throttle.on_throttled(99.0)


def test_round_as_large_as_the_window_is_not_counted() -> None:
    """The window is the limit then: counting one more round would hold back for nothing."""
    throttle = ThrottleController()
    throttle.on_throttled(0.0)
    throttle.advance(throttle.paused_until)

    assert [1, 2, 4] == recovered(throttle, 8)


def test_clean_round_resets_the_pause() -> None:
    """A single throttled message now and then is no reason for pauses of seconds."""
    throttle = ThrottleController()
    for now in (0.0, 10.0, 20.0):
        assert FIRST_PAUSE == throttle.on_throttled(now)
        throttle.advance(throttle.paused_until)
        throttle.on_probe()
        throttle.on_round_done(0, 100)


def test_responses_to_requests_before_the_pause_raise_no_limit() -> None:
    """Positive responses to the burst say nothing about the time after it."""
    throttle = ThrottleController()
    throttle.on_throttled(0.0)
    throttle.on_round_done(0, 100)
    throttle.advance(throttle.paused_until)
    throttle.on_round_done(0, 100)
    assert 1 == throttle.limit(100, 0)
    throttle.on_probe()
    throttle.on_round_done(1, 100)

    assert 1 == throttle.limit(100, 0)


def test_pause_is_not_ended_early() -> None:
    """A timer of the dispatcher may fire before the pause is over."""
    throttle = ThrottleController()
    throttle.on_throttled(10.0)
    throttle.advance(10.05)

    assert 10.0 + FIRST_PAUSE == throttle.paused_until


def test_repr_shows_limit_and_pause() -> None:
    """The repr is part of the dispatcher's."""
    throttle = ThrottleController()
    off = repr(throttle)
    throttle.on_throttled(10.0)

    assert "<ThrottleController off>" == off
    assert "<ThrottleController limit 1, pause 0.1 s>" == repr(throttle)

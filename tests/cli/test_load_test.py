"""Measurement of a link: pacing, and the sufficient window."""

from __future__ import annotations

import pytest

from smsc_async.cli import load_test
from smsc_async.cli.load_test import LoadStep, Pacer, percentile, sufficient_step


def step(window: int, rate: float) -> LoadStep:
    """Return the figures of a window."""
    return LoadStep(window=window, accepted=100, failed=0, rate=rate)


def test_smallest_window_with_nearly_the_best_rate_is_sufficient() -> None:
    """A larger one adds latency and memory only."""
    steps = [step(100, 1000.0), step(10, 960.0), step(1, 100.0)]

    assert 10 == getattr(sufficient_step(steps), "window", None)


def test_no_window_is_sufficient_if_nothing_was_accepted() -> None:
    """All rates are 0."""
    assert sufficient_step([]) is None
    assert sufficient_step([step(1, 0.0)]) is None


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([3.0], 0.99, 3.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 3.0), ([1.0, 2.0], 1.0, 2.0)],
)
def test_percentile_is_the_value_at_the_share(
    values: list[float], share: float, expected: float | None
) -> None:
    """Without values there is none."""
    assert expected == percentile(values, share)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Move time by hand: the list holds the time, then the duration of each sleep."""
    moved = [100.0]

    async def sleep(seconds: float) -> None:
        """Move the clock."""
        moved.append(seconds)
        moved[0] += seconds

    monkeypatch.setattr(load_test, "perf_counter", lambda: moved[0])
    monkeypatch.setattr("smsc_async.cli.load_test.asyncio.sleep", sleep)
    return moved


async def test_pace_is_even(clock: list[float]) -> None:
    """10 a second means one each 0.1 s; a message of three parts takes three turns."""
    pace = Pacer(10.0)
    for weight in (1, 1, 3, 1):
        await pace.wait_turn(weight)

    assert [pytest.approx(gap) for gap in (0.09, 0.1, 0.3)] == clock[1:]
    assert pytest.approx(100.49) == clock[0]


async def test_pace_does_not_make_up_for_a_long_pause(clock: list[float]) -> None:
    """The gateway would throttle a burst."""
    pace = Pacer(10.0)
    await pace.wait_turn()
    clock[0] += 60.0
    for _ in range(3):
        await pace.wait_turn()

    assert pytest.approx(160.19) == clock[0]


async def test_pacer_without_a_rate_never_waits(clock: list[float]) -> None:
    """The simulator needs no pacing."""
    for _ in range(3):
        await Pacer(None).wait_turn()

    assert [100.0] == clock

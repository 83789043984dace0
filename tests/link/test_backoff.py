"""Waits between attempts: growing, bounded, and forgiven only to a stable link."""

from __future__ import annotations

from smsc_async import ReconnectPolicy
from smsc_async.link.backoff import Backoff

STEADY = ReconnectPolicy(initial=1, maximum=60, multiplier=2, jitter=0, stable_after=30)


def test_waits_double_up_to_the_maximum() -> None:
    """The gateway blocks an address after a few refused binds: every wait is longer."""
    backoff = Backoff(STEADY)

    assert [1, 2, 4, 8, 16, 32, 60, 60] == [backoff.next_wait() for _ in range(8)]


def test_first_wait_is_not_zero() -> None:
    """All jitter taken off: half of the wait is left, so nothing loops hot."""
    backoff = Backoff(ReconnectPolicy(jitter=0.5), chance=lambda: 1.0)

    assert 0.5 == backoff.next_wait()


def test_short_lived_link_keeps_the_waits_long() -> None:
    """A bind that is accepted and dropped is no success."""
    backoff = Backoff(STEADY)
    backoff.next_wait()
    backoff.link_lived(29.9)

    assert 2 == backoff.next_wait()


def test_stable_link_starts_the_waits_anew() -> None:
    """What went wrong yesterday says nothing about today."""
    backoff = Backoff(STEADY)
    backoff.next_wait()
    backoff.link_lived(30.0)

    assert 1 == backoff.next_wait()


def test_five_thousand_attempts_overflow_nothing() -> None:
    """A weekend without a gateway: 2.0 ** 5000 would be an OverflowError."""
    backoff = Backoff(STEADY)
    for _ in range(5000):
        backoff.next_wait()

    assert 60 == backoff.next_wait()

"""Delays between attempts to connect: growing, bounded, and reset only by a stable link."""

from __future__ import annotations

from smsc_async import ReconnectPolicy
from smsc_async.link.backoff import Backoff

STEADY = ReconnectPolicy(initial=1, maximum=60, multiplier=2, jitter=0, stable_after=30)


def test_delays_double_up_to_the_maximum() -> None:
    """The gateway blocks an address after a few refused binds: every delay is longer."""
    backoff = Backoff(STEADY)

    assert [1, 2, 4, 8, 16, 32, 60, 60] == [backoff.next_delay() for _ in range(8)]


def test_first_delay_is_not_zero() -> None:
    """At the full jitter of 0.5 half of the delay is left, so the loop never spins."""
    backoff = Backoff(ReconnectPolicy(jitter=0.5), chance=lambda: 1.0)

    assert 0.5 == backoff.next_delay()


def test_short_lived_link_keeps_the_delays_long() -> None:
    """A bind that is accepted and dropped at once is no success."""
    backoff = Backoff(STEADY)
    backoff.next_delay()
    backoff.on_link_ended(29.9)

    assert 2 == backoff.next_delay()


def test_stable_link_resets_the_delays() -> None:
    """Failures before a stable link say nothing about its end."""
    backoff = Backoff(STEADY)
    backoff.next_delay()
    backoff.on_link_ended(30.0)

    assert 1 == backoff.next_delay()


def test_five_thousand_attempts_overflow_nothing() -> None:
    """A weekend without a gateway: 2.0 ** 5000 would be an OverflowError."""
    backoff = Backoff(STEADY)
    for _ in range(5000):
        backoff.next_delay()

    assert 60 == backoff.next_delay()


def test_repr_counts_the_attempts() -> None:
    """The attempts since the last stable link decide the next delay."""
    backoff = Backoff(STEADY)
    backoff.next_delay()

    assert "<Backoff, 1 attempts>" == repr(backoff)

"""Counters and state of a client, as plain values."""

from __future__ import annotations

from smsc_async import Health, LinkState, Stats


def test_new_stats_are_all_zero() -> None:
    """A client that was never entered has counted nothing."""
    assert {0} == set(Stats())


def test_ready_means_bound() -> None:
    """A readiness probe reads it."""
    assert Health(LinkState.BOUND, bound=1).is_ready
    assert not Health(LinkState.DOWN).is_ready

"""The distance between writes after a wait: messages whose turns have passed leave one by one.

Rule: only messages that waited are counted. Turns are an interval apart when they are assigned, so
one that is written in its turn needs no look at the one before it.

No clock: times are arguments, in seconds.
"""

from __future__ import annotations

CATCH_UP = 0.05
"""Seconds by which a write may be late without delaying those after it. The interval of the
account's rate allows for as much (`rules.rate.SLACK`); with less, late timers lower the rate."""


WRITTEN_TOGETHER = 1000
"""Messages of the queue written in one iteration of the event loop; each takes about 20 µs."""


def next_write(turn: float, next_at: float, now: float, interval: float) -> float:
    """Return the earliest time of the write after one that takes place *now*.

    A write that is late by up to `CATCH_UP` doesn't delay those after it. After a longer wait (no
    link, a full window, throttling, a busy event loop) the overdue messages are written an interval
    apart, counted from *now*.

    Args:
        turn: Time for which the message was admitted, or at which it began to wait for a slot.
        next_at: The result for the write before.
        now: The current time.
        interval: Seconds between two writes; 0 for no rule.
    """
    turn = max(turn, next_at)
    return (turn if now <= turn + CATCH_UP else now) + interval

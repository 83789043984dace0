"""Pacing: FIFO, one message per fixed interval for one account.

Rule: every part gets its own time, one interval after the previous one, in the order of asking.
Nothing is refused and nothing overtakes; a message to an idle account is sent at once.

The limit isn't in the gateway's text but in its news of 2017: 100 a second from an account,
raised on request; above it the gateway answers with the throttling error. The news doesn't say
whether calendar seconds are counted or any second, so the limit holds in any second.
"""

from __future__ import annotations

import math

SLACK = 0.05
"""Seconds allowed for late writes, which come closer together, as after a busy event loop.

The interval is such that `rate` messages take 1.05 s. With none late, 96 begin in any second at a
rate of 100; even if one is late by the whole slack, no second has more than 100. The price is a
twentieth of the rate. 10 ms would cover an idle loop, but neither a pause of the garbage collector
nor the jitter of the network.
"""


def interval(rate: float | None) -> float:
    """Return the seconds between two writes; 0 for no rule.

    Args:
        rate: Messages a second from one account.
    """
    return 0.0 if rate is None else (1.0 + SLACK) / rate


def share(interval: float, workers: int, reserved: float = 0.0) -> float:
    """Return the interval of one of several workers that see only their own messages.

    It has a whole number of messages a second, rounded down: all may begin one at the same instant,
    and fractions would add up to more than the rate.

    Args:
        interval: Seconds between two writes of the account; 0 for no rule.
        workers: Their number, 1 or more.
        reserved: Part of the rate that they leave to others, 0 to 1.
    """
    parts = workers / (1.0 - reserved)
    if not interval or parts == 1.0:
        return interval
    # The addend: 100 / 4 is 24.999… here.
    each = math.floor((1.0 + SLACK) / interval / parts + 1e-6)
    return (1.0 + SLACK) / each if each else interval * parts


def decide(free_at: float, parts: int, now: float, interval: float) -> tuple[float, float]:
    """Assign a message its time.

    Args:
        free_at: The next time that isn't assigned yet.
        parts: Number of submit_sm; each takes an interval.
        now: The current time.
        interval: Seconds between two writes.

    Returns:
        The time of its first part's write, and the next that is free.
    """
    at = free_at if free_at > now else now  # noqa: FURB136 - hot path
    return at, at + parts * interval

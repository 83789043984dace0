"""Exponential back-off: the delays between attempts.

Rule: the delays grow until a link has proved stable. A bind that is accepted and dropped at once
doesn't reset them, or the gateway would be hammered.
"""

from __future__ import annotations

from random import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.config import ReconnectPolicy


def exponential_delay(
    attempts: int, initial: float, maximum: float, multiplier: float = 2.0
) -> float:
    """Return the seconds to wait after some attempts: multiplied with each, up to a maximum."""
    # 2.0 ** 5000 overflows.
    return min(maximum, initial * multiplier ** min(attempts, 64))


class Backoff:
    """The delays of one link.

    Args:
        policy: Seconds and factors.
        chance: Returns 0 to 1, for the jitter.
    """

    def __init__(self, policy: ReconnectPolicy, chance: Callable[[], float] = random) -> None:
        self._policy = policy
        self._chance = chance
        self._attempts = 0

    def next_delay(self) -> float:
        """Return the seconds to wait before the next attempt, and count it."""
        policy = self._policy
        delay = exponential_delay(self._attempts, policy.initial, policy.maximum, policy.multiplier)
        self._attempts += 1
        return delay * (1 - policy.jitter * self._chance())

    def on_link_ended(self, lifetime: float) -> None:
        """A link ended that was bound for *lifetime* seconds; a stable one resets the delays."""
        if lifetime >= self._policy.stable_after:
            self._attempts = 0

    def __repr__(self) -> str:
        return f"<Backoff, {self._attempts} attempts>"

"""How long to wait before a link is built again.

Rule: waits grow until a link has proved stable. A bind that is accepted and dropped at once must
not bring the waits back to the beginning, or the gateway is hammered.
"""

from __future__ import annotations

from random import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.config import ReconnectPolicy


class Backoff:
    """The waits of one link, each longer than the last.

    Args:
        policy: Seconds and factors.
        chance: Gives 0 to 1, for the jitter.
    """

    def __init__(self, policy: ReconnectPolicy, chance: Callable[[], float] = random) -> None:
        self._policy = policy
        self._chance = chance
        self._attempts = 0

    def next_wait(self) -> float:
        """Return the seconds to wait before the next attempt, and count it."""
        policy = self._policy
        # The exponent is bounded, since nobody needs 2.0 ** 5000.
        wait = min(policy.maximum, policy.initial * policy.multiplier ** min(self._attempts, 64))
        self._attempts += 1
        return wait * (1 - policy.jitter * self._chance())

    def link_lived(self, seconds: float) -> None:
        """Take note of how long a link was bound; a stable one starts the waits anew."""
        if seconds >= self._policy.stable_after:
            self._attempts = 0

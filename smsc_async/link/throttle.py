"""Slow start after throttling: pause, probe with 1, double per clean round.

Rule: a throttled response stops all writes. After a pause one request is written, and as long as no
response is throttled, twice as many each round. The pause doubles only if the probe was throttled
too: a short burst causes a brief pause, and under a lasting limit throughput stays close to what
the gateway accepts.

No clock: times are arguments, in seconds.
"""

from __future__ import annotations

FIRST_PAUSE = 0.1
"""Seconds of the first pause. The gateway counts its rate by the second, so at most four attempts
fall into one; and a single message that was too fast is delayed by no more than this."""

LONGEST_PAUSE = 5.0
"""Seconds of the longest pause: writes resume within seconds of the gateway's recovery."""


class ThrottleController:
    """Limits the requests in flight after a throttled response.

    Attributes:
        pause: Seconds of the newest pause; 0 once a round after it had no throttled response.
        paused_until: Time until which nothing is written; 0 while nothing is paused.
        is_on: Whether fewer requests may be written than there is room for.
        began_at: When it was last switched on.
    """

    def __init__(self) -> None:
        self.pause = 0.0
        self.paused_until = 0.0
        self.is_on = False
        self.began_at = 0.0
        # Requests that may be in flight; 0 while off.
        self._limit = 0
        self._is_probing = False

    def limit(self, room: int, in_flight: int) -> int:
        """Return how many of *room* requests may be written while *in_flight* are."""
        if not self.is_on:
            return room
        return 0 if self.paused_until else max(0, min(room, self._limit - in_flight))

    def on_probe(self) -> None:
        """A request was written: the next responses decide the round."""
        self._is_probing = True

    def on_throttled(self, now: float) -> float:
        """A response was throttled. Return the seconds of a pause that begins, 0 if one runs."""
        if not self.is_on:
            self.began_at = now
        self.is_on, self._limit, self._is_probing = True, 1, False
        if self.paused_until:
            # One of the requests that were in flight together.
            return 0.0
        self.pause = min(self.pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
        self.paused_until = now + self.pause
        return self.pause

    def advance(self, now: float) -> None:
        """End the pause when its time has come."""
        if self.paused_until <= now:
            self.paused_until = 0.0

    def on_round_done(self, in_flight: int, window: int) -> None:
        """Responses came: a round without a throttled one doubles the limit, up to *window*."""
        if self.paused_until or in_flight or not self._is_probing:
            return
        self._is_probing, self.pause = False, 0.0
        self._limit *= 2
        if self._limit >= window:
            self.is_on, self._limit = False, 0

    def __repr__(self) -> str:
        if not self.is_on:
            return "<ThrottleController off>"
        return f"<ThrottleController limit {self._limit}, pause {self.pause:.1f} s>"

"""How to go on after the gateway has said "too fast".

Rule: stop at once, all of it; then try one message, and as long as nothing comes back too fast,
twice as many each time. A pause doubles only when the attempt after it was too fast again, so that
a short fit costs a moment and a lasting one costs little more than the gateway itself takes.

No clock: instants are given, in seconds.
"""

from __future__ import annotations

FIRST_PAUSE = 0.1
"""Seconds of the first pause. The gateway counts its rate by the second, so four attempts at most
fall into the same one; and a single message that was too fast costs no more than this."""

LONGEST_PAUSE = 5.0
"""Seconds of the longest. Whoever waits wants to know within seconds that it goes on again."""


class ThrottleController:
    """Pressed by a throttled response, released step by step by good ones.

    Attributes:
        pause: Seconds of the newest pause; 0 once an attempt after it went well.
        paused_until: Instant until which nothing is written; 0 while nothing is paused.
        is_on: Whether less may be written than there is room for.
    """

    def __init__(self) -> None:
        self.pause = 0.0
        self.paused_until = 0.0
        self.is_on = False
        # Requests that may be in flight at a time; 0 for no limit of ours.
        self._most = 0
        self._is_trying = False

    def limit(self, room: int, in_flight: int) -> int:
        """Return how many of *room* requests may be written while *in_flight* are."""
        if not self.is_on:
            return room
        return 0 if self.paused_until else max(0, min(room, self._most - in_flight))

    def try_on(self) -> None:
        """Take notice that one was written: the next responses tell how it goes."""
        self._is_trying = True

    def press(self, now: float) -> float:
        """Take notice of a throttled response; return the seconds of a pause that begins."""
        self.is_on, self._most, self._is_trying = True, 1, False
        if self.paused_until:
            # One of those that were in flight together: it is the same fit.
            return 0.0
        self.pause = min(self.pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
        self.paused_until = now + self.pause
        return self.pause

    def advance(self, now: float) -> None:
        """End the pause when its time has come."""
        if self.paused_until <= now:
            self.paused_until = 0.0

    def settled(self, in_flight: int, window: int) -> None:
        """Take notice of responses: a round that went well lets the next be twice as large."""
        if self.paused_until or in_flight or not self._is_trying:
            return
        self._is_trying, self.pause = False, 0.0
        self._most *= 2
        if self._most >= window:
            self.is_on, self._most = False, 0

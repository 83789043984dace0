"""The account's turns, as far as this worker knows them from the server's answers.

Rule: a turn that this worker holds is before the account's next free time, or the server has lost
its state. So each call of the script says what this worker holds; with that the server sees its
loss, and goes on behind those turns. Only times of the server's own clock are compared there.
"""

from __future__ import annotations

import math
from typing import Final

MICROSECONDS: Final = 1_000_000
DRIFT: Final = 0.001
"""Seconds by which this worker's clock and the server's may drift apart in a second."""


class AccountTurns:
    """The turns to come that this worker holds, and the account's next free time.

    Attributes:
        free_at: The account's next free time, of this worker's clock.
        answered_at: When the server last answered, of this worker's clock.
        server_free_at: As `free_at`, in microseconds of the server's clock.
        server_answered_at: Time of that answer, in microseconds of the server's clock.
        called_at: When the server was last called, of this worker's clock.
        paused_until: Until when the server assigns no turns, of this worker's clock.
    """

    def __init__(self) -> None:
        self.free_at = self.answered_at = self.called_at = self.paused_until = 0.0
        # This clock less the server's, by the fastest answer.
        self._ahead = math.inf
        self.server_free_at = self.server_answered_at = 0
        # The server's time of each turn, by that of this clock.
        self._held: dict[float, int] = {}
        self._last = self._interval = 0
        self._is_last_returned = False

    @property
    def last(self) -> int:
        """The last turn that this worker holds, in microseconds of the server's clock.

        0 if it holds none; may be over.
        """
        if self._is_last_returned:
            self._is_last_returned = False
            self._last = max(self._held.values(), default=0)
        return self._last

    @property
    def assigned_until(self) -> int:
        """Until when turns are assigned, in microseconds of the server's clock."""
        return max(self.server_free_at, self.last + self._interval)

    def on_answer(self, server_now: int, server_free_at: int, now: float) -> float:
        """Record the account's next free time; return when the script ran, of this worker's clock.

        An answer may wait for long for a busy event loop. When the script ran is known from the
        fastest answers, so its turns are over then, and aren't written together with later ones.

        Args:
            server_now: When the script ran, in microseconds of the server's clock.
            server_free_at: The next free time, of the same clock.
            now: The current time, of this worker's clock.
        """
        at = server_now / MICROSECONDS
        drifted = self._ahead + DRIFT * (now - self.answered_at)
        # Between the call and its answer, also if a clock was set.
        self._ahead = max(self.called_at - at, min(now - at, drifted))
        ran_at = at + self._ahead
        self.server_free_at, self.server_answered_at = server_free_at, server_now
        self.free_at = ran_at + (server_free_at - server_now) / MICROSECONDS
        self.answered_at = now
        return ran_at

    def keep(self, at: float, server_at: int, parts: int, interval: float, now: float) -> None:
        """Keep the turns of a message that waits for them.

        Args:
            at: The first one, of this worker's clock.
            server_at: The same, in microseconds of the server's clock.
            parts: How many turns there are.
            interval: Seconds from one to the next.
            now: The current time, of this worker's clock.
        """
        held, last = self._held, 0
        while held and (first := next(iter(held))) <= now:
            del held[first]
        self._interval = server_interval = microseconds(interval)
        for index in range(parts):
            last = server_at + index * server_interval
            held[at + index * interval] = last
        if last > self._last:  # noqa: PLR1730 - hot path
            self._last = last

    def take(self, at: float) -> int | None:
        """Return a turn of the server's clock, once; None if the server hasn't assigned it."""
        server_at = self._held.pop(at, None)
        if server_at == self._last:
            self._is_last_returned = True
        return server_at

    def __repr__(self) -> str:
        return f"<AccountTurns, {len(self._held)} to come>"


def microseconds(seconds: float) -> int:
    """Round a duration up, to the safe side."""
    return math.ceil(seconds * MICROSECONDS)

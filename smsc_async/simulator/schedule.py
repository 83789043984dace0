"""What the simulated gateway does later, by its own clock.

Rule: two times. *now* is always that of the links, the event loop's; the gateway's is `shift`
seconds ahead of it. A move of the gateway's clock does what is due one by one, each at its own
instant, and no link notices. No clock is read.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


MANY_CANCELLED: Final = 1000
"""Cancelled actions are dropped once there are more of them, and they are over half."""


class ScheduledAction:
    """An action that will be done, unless it is cancelled.

    Attributes:
        action: Called with *arguments* and the links' time; None once it is done or cancelled.
    """

    __slots__ = ("action", "arguments", "at")

    def __init__(self, at: float, action: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.at = at
        self.action: Callable[..., None] | None = action
        self.arguments = arguments

    def __repr__(self) -> str:
        return f"<ScheduledAction at {self.at:g}{'' if self.action else ', over'}>"


class Schedule:
    """Actions in the order of their times on the gateway's clock.

    Attributes:
        shift: Seconds by which the gateway's clock is ahead of that of the links.
        ran: How many actions were done.
    """

    def __init__(self) -> None:
        self.shift = 0.0
        self.ran = 0
        self._cancelled = 0
        # The number decides between equal times.
        self._actions: list[tuple[float, int, ScheduledAction]] = []
        self._order = count()

    def __len__(self) -> int:
        """Return the number of actions, with cancelled ones whose time hasn't come."""
        return len(self._actions)

    def time(self, now: float) -> float:
        """Return the gateway's time at a time of the links."""
        return now + self.shift

    def call_at(
        self, at: float, action: Callable[..., None], *arguments: object
    ) -> ScheduledAction:
        """Do `action(*arguments, now)` at a time of the gateway, with *now* of the links."""
        scheduled = ScheduledAction(at, action, arguments)
        heappush(self._actions, (at, next(self._order), scheduled))
        return scheduled

    def cancel(self, scheduled: ScheduledAction) -> None:
        """Don't do an action; once it is done, this changes nothing."""
        if scheduled.action is None:
            return
        scheduled.action, scheduled.arguments = None, ()
        self._cancelled += 1
        if self._cancelled > MANY_CANCELLED and self._cancelled * 2 > len(self._actions):
            self._actions = [each for each in self._actions if each[2].action is not None]
            heapify(self._actions)
            self._cancelled = 0

    def run_due(self, now: float) -> None:
        """Do what is due."""
        while self._actions and self._actions[0][0] <= now + self.shift:
            self._run_first(now)

    def move(self, seconds: float, now: float) -> None:
        """Move the gateway's clock forward; what is due on the way is done at its own instant.

        Args:
            seconds: Below 0 for a clock that is slower than that of the links, and so less ahead.
            now: The links' time.
        """
        shift = self.shift + seconds
        while seconds >= 0 and self._actions and self._actions[0][0] <= now + shift:
            self.shift = max(self.shift, self._actions[0][0] - now)
            self._run_first(now)
        self.shift = shift if seconds < 0 else max(self.shift, shift)

    def next_deadline(self) -> float | None:
        """Return the time of the links at which the next action is due, None if there is none."""
        actions = self._actions
        while actions and actions[0][2].action is None:
            heappop(actions)
            self._cancelled -= 1
        return actions[0][0] - self.shift if actions else None

    def _run_first(self, now: float) -> None:
        """Do the first action."""
        scheduled = heappop(self._actions)[2]
        action, arguments = scheduled.action, scheduled.arguments
        if action is None:
            self._cancelled -= 1
        else:
            scheduled.action, scheduled.arguments = None, ()
            self.ran += 1
            action(*arguments, now)

    def __repr__(self) -> str:
        return f"<Schedule, {len(self)} actions, {self.shift:g} s ahead>"

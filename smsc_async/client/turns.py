"""Turns in the account's rate of the messages that wait for them.

Rule: a turn belongs to one message at a time. One that is given back goes to the next message that
waits, whose own goes to the one after it, and so on: the order of messages doesn't change, none
is later than before, and the latest turn goes back to the store.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections import deque
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from smsc_async.instrumentation import call_logged

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.submission import MessageJob
    from smsc_async.stores import RuleStore

    WriteTime = tuple[float, float, float]
    """When a part is written: time of the links' clock, of the store's, and the interval."""

_TOLERANCE: Final = 1.01
"""Times an interval: parts this close follow each other. Clocks differ by a rounding."""

_write_at = attrgetter("write_at")


def _no_job() -> None:
    """Stands for the job of a turn that was given back."""


def _ignore() -> None:
    """Stands for `on_moved` until it is set."""


class _Turn:
    """The turn of one message: a write time for each of its parts, one after the other."""

    __slots__ = ("at", "earliest", "interval", "job", "parts", "write_at")

    def __init__(self, job: MessageJob[Any], at: float, interval: float, earliest: float) -> None:
        # The client doesn't keep messages: their receipts go elsewhere when a program drops them.
        self.job: Callable[[], MessageJob[Any] | None] = ref(job)
        self.parts = job.parts
        self.write_at = job.write_at
        self.at = at
        self.interval = interval
        self.earliest = earliest

    def write_times(self) -> list[WriteTime]:
        """Return the write time of each part."""
        interval = self.interval
        return [
            (self.write_at + index * interval, self.at + index * interval, interval)
            for index in range(self.parts)
        ]

    def move(self, write_time: WriteTime) -> None:
        """Give the message another turn, which begins with this write time."""
        self.write_at, self.at, self.interval = write_time
        if (job := self.job()) is not None:
            job.write_at = self.write_at


class TurnSchedule:
    """The turns that a client's messages wait for, in order.

    Args:
        store: Assigns turns, and takes back what no message uses.
        clock: Seconds of the links' clock.

    Attributes:
        on_moved: Called in a later iteration of the event loop when messages got earlier turns.
    """

    def __init__(self, store: RuleStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._is_one_clock = store.now is clock
        self._loop = asyncio.get_running_loop()
        self._turns: deque[_Turn] = deque()
        self._has_free = False
        self.on_moved: Callable[[], None] = _ignore

    def __len__(self) -> int:
        """Return the number of turns, including those that have just come."""
        return len(self._turns)

    def add(
        self, job: MessageJob[Any], at: float, now: float, interval: float, earliest: float
    ) -> None:
        """Let an admitted message wait for its turn; set its `write_at`.

        Args:
            job: The message.
            at: Its turn, on the store's clock, later than *now*.
            now: The current time, on the store's clock.
            interval: Seconds between two parts.
            earliest: Time before which another rule wouldn't let it pass, on the store's clock.
        """
        here = now if self._is_one_clock else self._clock()
        job.write_at = at if self._is_one_clock else here + at - now
        turns, turn = self._turns, _Turn(job, at, interval, earliest)
        while turns and turns[0].write_at <= here:
            turns.popleft()
        if turns and turns[-1].write_at > turn.write_at:
            self._insert(turn)
        else:
            turns.append(turn)
        if self._has_free:
            self.move_up()

    def give_back(self, job: MessageJob[Any]) -> None:
        """Give the turn of a message back that isn't written; nothing if the turn has come."""
        turns, write_at = self._turns, job.write_at
        if write_at <= self._clock():
            return
        place = bisect_left(turns, write_at, key=_write_at)
        if place == len(turns) or turns[place].job() is not job:
            return
        turns[place].job = _no_job
        if place == len(turns) - 1:
            self._return(turns.pop().write_times())
        elif not self._has_free:
            # Many are cancelled together: one pass for all of them.
            self._has_free = True
            self._loop.call_soon(self.move_up)

    def move(self, now: float, here: float) -> None:
        """Compute when messages are written: the store's clock was moved forward.

        Args:
            now: The current time, on the store's clock.
            here: On the links' clock.
        """
        waiting = [turn for turn in self._turns if turn.write_at > here]
        for turn in waiting:
            turn.write_at = here + turn.at - now
            if (job := turn.job()) is not None:
                job.write_at = turn.write_at
        self._turns = deque(sorted(waiting, key=_write_at))

    def move_up(self) -> None:
        """Let the messages that wait move up to the turns that were given back."""
        if not self._has_free:
            return
        self._has_free = False
        now = self._clock()
        free_times: deque[WriteTime] = deque()
        unused: list[WriteTime] = []
        waiting: deque[_Turn] = deque()
        for turn in self._turns:
            if turn.write_at <= now:
                continue
            if turn.job() is None:
                free_times.extend(turn.write_times())
                continue
            waiting.append(turn)
            if free_times:
                unused += _advance(turn, free_times)
        self._turns = waiting
        self._return([*unused, *free_times])
        self._loop.call_soon(self.on_moved)

    def _insert(self, turn: _Turn) -> None:
        """Add a message whose turn is before those of others: they move up, as far as they can."""
        turns = self._turns
        place = last = bisect_right(turns, turn.write_at, key=_write_at)
        write_time = turn.write_times()[0]
        while last < len(turns) and turn.parts == turns[last].parts == 1:
            if write_time[1] < turns[last].earliest:
                break
            time_after = turns[last].write_times()[0]
            turns[last].move(write_time)
            write_time = time_after
            last += 1
        turns.insert(last, turn)
        if last > place:
            turn.move(write_time)
        self._loop.call_soon(self.on_moved)

    def _return(self, times: list[WriteTime]) -> None:
        """Give write times back to the store, the latest first: it can forget those at the end."""
        for _, at, interval in reversed(times):
            call_logged("RuleStore.give_back_turn", self._store.give_back_turn, at, interval)

    def __repr__(self) -> str:
        return f"<TurnSchedule, {len(self)} turns>"


def _advance(turn: _Turn, free_times: deque[WriteTime]) -> list[WriteTime]:
    """Move a message to the first free write times that it can use, and free its own.

    Returns:
        The free write times before those: no message that comes after it may use them.
    """
    if turn.parts == 1 and free_times[0][1] >= turn.earliest:
        free_times.extend(turn.write_times())
        turn.move(free_times.popleft())
        return []
    parts, times = turn.parts, [*free_times, *turn.write_times()]
    first = next(
        (
            place
            for place in range(len(free_times))
            if times[place][1] >= turn.earliest and _are_consecutive(times[place : place + parts])
        ),
        len(free_times),
    )
    turn.move(times[first])
    free_times.clear()
    free_times.extend(times[first + parts :])
    return times[:first]


def _are_consecutive(times: list[WriteTime]) -> bool:
    """Whether write times follow each other without a gap, so that parts may leave at them."""
    return all(after[0] - time[0] <= time[2] * _TOLERANCE for time, after in pairwise(times))

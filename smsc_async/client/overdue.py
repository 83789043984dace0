"""Other turns for messages that have missed theirs in a rate that several workers share.

Rule: a turn that is over belongs to no message. Several workers that write what is overdue as fast
as one of them may would exceed the account's rate together. So the store gives each overdue message
another turn, and it is written in the order of turns.
"""

from __future__ import annotations

import asyncio
from logging import ERROR
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

from smsc_async._deadline_timer import NEVER
from smsc_async.instrumentation import LOG, call_logged, log, place_of
from smsc_async.link.pace import CATCH_UP
from smsc_async.rules.verdict import ANY_TIME, Admitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.submission import MessageJob
    from smsc_async.client.turns import TurnSchedule
    from smsc_async.link.dispatcher import Dispatcher
    from smsc_async.rules.engine import Step
    from smsc_async.stores import RuleStore


class OverdueTurns:
    """The overdue messages of one client, until they have other turns.

    Args:
        store: Gives the turns.
        turns: Of the messages that wait for theirs.
        clock: Seconds of the links' clock.

    Attributes:
        dispatcher: Where messages wait; set before any does.
    """

    dispatcher: Dispatcher

    def __init__(self, store: RuleStore, turns: TurnSchedule, clock: Callable[[], float]) -> None:
        self._store = store
        self._turns = turns
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._jobs: list[MessageJob[Any]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._is_moving = False
        self._retaken: WeakSet[MessageJob[Any]] = WeakSet()

    def __len__(self) -> int:
        """Return the number of messages that wait for another turn."""
        return len(self._jobs) + len(self._asking)

    def retake(self, job: MessageJob[Any]) -> bool:
        """Let a message wait for another turn, if workers share the rate; return whether they do.

        Its `write_at` is `NEVER` until then. Once only: where the clocks of store and links differ
        by much, the other turn is missed as well, and so is each after it.
        """
        if not self._store.shares_rate or job in self._retaken:
            return False
        self._retaken.add(job)
        job.write_at = NEVER
        self._jobs.append(job)
        if len(self._jobs) == 1:
            # All that is overdue, together: one call of the store for many.
            self._loop.call_soon(self._ask)
        return True

    def _ask(self) -> None:
        """Ask for a turn for each overdue message."""
        overdue = self.dispatcher.submit_queue.suspend_overdue(self._clock() - CATCH_UP)
        jobs, self._jobs = [*self._jobs, *cast("list[MessageJob[Any]]", overdue)], []
        for job in jobs:
            task = self._loop.create_task(self._take_turn(job))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        self.dispatcher.on_room()

    async def _take_turn(self, job: MessageJob[Any]) -> None:
        """Give a message another turn; if that fails, it is written an interval after others."""
        store = self._store
        try:
            admitted = await store.take_turn(step_of(job), admission_of(job))
            now = store.now()
        except Exception as error:  # noqa: BLE001 - logged, and the message is written all the same
            log(LOG, ERROR, "! RuleStore.take_turn failed: %s", place_of(error))
            job.write_at = self._clock()
        else:
            if not job.has_unsent_parts:
                self._give_back(admitted, job.parts)
                return
            job.reservation, job.admitted_at, job.interval, _ = admitted
            if admitted.not_before > now:
                self._turns.add(job, admitted.not_before, now, job.interval, ANY_TIME)
            else:
                job.write_at = self._clock()
        if not self._is_moving:
            self._is_moving = True
            self._loop.call_soon(self._move)

    def _give_back(self, admitted: Admitted, parts: int) -> None:
        """Give back the turn of a message that has ended meanwhile."""
        for index in reversed(range(parts)):
            at = admitted.not_before + index * admitted.interval
            give_back = self._store.give_back_turn
            call_logged("RuleStore.give_back_turn", give_back, at, admitted.interval)

    def _move(self) -> None:
        """Let the messages with other turns be written in the order of turns."""
        self._is_moving = False
        self.dispatcher.submit_queue.resort()
        self.dispatcher.on_room()

    def __repr__(self) -> str:
        return f"<OverdueTurns, {len(self)} messages>"


def step_of(job: MessageJob[Any]) -> Step:
    """Return the step of a message that the rules were asked for."""
    assert job.step is not None  # noqa: S101 - set by `try_admit`
    return job.step


def admission_of(job: MessageJob[Any]) -> Admitted:
    """Return the admission of a message that has a reservation."""
    return tuple.__new__(Admitted, (job.reservation, job.admitted_at, job.interval, ANY_TIME))

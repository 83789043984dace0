"""The messages that wait for their turn, in the order of their submits.

Rule: a throttled message returns to its place in that order. A message that is withdrawn leaves the
queue at its turn, or with many others: a search for each would be O(n²), and so would be a timer.

No clock: times are arguments, in seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from smsc_async._deadline_timer import NEVER
from smsc_async.link.submit_job import ENDS_THROTTLED, ENDS_UNSENT

if TYPE_CHECKING:
    from smsc_async.link.submit_job import SubmitJob
    from smsc_async.link.throttle import ThrottleController

MANY_WITHDRAWN = 1000
"""The queue is purged once it holds more withdrawn messages, and they are over half of it."""

BETWEEN_LOOKS = 0.02
"""Share of `timeouts.throttled` between two looks through the queue for messages that have waited
for too long: each look takes time in proportion to the queue, and none ends more than 2 % later."""

LEAST_WAIT = 0.25
"""Seconds that a message waits at least behind throttled ones, however short the timeout: so much
take the first pause and a response, after which it may be written."""

_order = attrgetter("order")


class SubmitQueue:
    """Messages with unsent parts, and withdrawn ones that haven't left yet.

    Attributes:
        jobs: All of them, the next one first; read it freely, and change it only through here.
    """

    def __init__(self) -> None:
        self.jobs: deque[SubmitJob[Any]] = deque()
        self._withdrawn = 0

    @property
    def waiting(self) -> int:
        """Messages that wait, without those that were withdrawn."""
        return len(self.jobs) - self._withdrawn

    def add(self, job: SubmitJob[Any], now: float) -> None:
        """Queue a message behind all others, but before those whose turns come after its own."""
        jobs = self.jobs
        is_early = jobs and now < jobs[-1].write_at > job.write_at > 0.0
        self.insert(job, now) if is_early else jobs.append(job)

    def insert(self, job: SubmitJob[Any], now: float) -> None:
        """Queue a message before those whose turns come after its own."""
        jobs, place = self.jobs, len(self.jobs)
        turn = max(now, job.write_at)
        while place and jobs[place - 1].write_at > turn and not jobs[place - 1].written:
            place -= 1
        if place < len(jobs):
            job.order = jobs[place].order
        jobs.insert(place, job)

    def put_back(self, job: SubmitJob[Any]) -> None:
        """Queue a throttled message before all that were submitted after it, once."""
        jobs = self.jobs
        place = bisect_left(jobs, job.order, key=_order)
        if place == len(jobs) or jobs[place] is not job:
            jobs.insert(place, job)

    def suspend_overdue(self, limit: float) -> list[SubmitJob[Any]]:
        """Let the messages wait that have missed their turns, until `resort` finds them new ones.

        Args:
            limit: Latest time of a turn that is missed.

        Returns:
            Those messages, in order. No part of them is written, and their `write_at` is `NEVER`.
        """
        overdue = [
            job
            for job in self.jobs
            if job.has_unsent_parts and not job.written and _turn(job) <= limit
        ]
        for job in overdue:
            job.write_at = NEVER
        self.resort()
        return overdue

    def resort(self) -> None:
        """Put all messages in the order of their turns; a message that has begun is the first."""
        orders = sorted(job.order for job in self.jobs)
        jobs = sorted(self.jobs, key=_turn)
        for job, order in zip(jobs, orders, strict=True):
            job.order = order
        self.jobs.clear()
        self.jobs.extend(jobs)

    def move(self, seconds: float) -> None:
        """Let messages that have begun be due earlier: the rules' clock was moved forward.

        Those that wait for their turn in the rate aren't changed here, see `TurnSchedule.move`.

        Args:
            seconds: By so many.
        """
        for job in self.jobs:
            if job.written:
                job.parts_deadline -= seconds
                job.write_at -= seconds

    def pop_first(self) -> SubmitJob[Any]:
        """Remove and return the first message."""
        job = self.jobs.popleft()
        if job.is_withdrawn:
            self._withdrawn -= 1
        return job

    def withdraw_one(self) -> None:
        """Count a message that was withdrawn; drop all of these if they are many."""
        self._withdrawn += 1
        if self._withdrawn > MANY_WITHDRAWN and self._withdrawn * 2 > len(self.jobs):
            self._replace([job for job in self.jobs if job.has_unsent_parts])

    def pop_linkless(self, down_at: float, since: float) -> list[SubmitJob[Any]]:
        """Remove and return the messages that have waited for a link *since* then, or longer.

        Args:
            down_at: When the last link was lost.
            since: Time of the clock; a message waits from *down_at* or from its submit on.
        """
        overdue: list[SubmitJob[Any]] = []
        while self.jobs and max(down_at, self.jobs[0].queued_at) <= since:
            job = self.pop_first()
            if job.has_unsent_parts:
                overdue.append(job)
        return overdue

    def pop_all(self) -> list[SubmitJob[Any]]:
        """Remove and return every message that waits."""
        waiting = [job for job in self.jobs if job.has_unsent_parts]
        self._replace([])
        return waiting

    def pop_throttled(
        self, throttle: ThrottleController, timeout: float, now: float
    ) -> tuple[list[SubmitJob[Any]], float]:
        """Remove and return what has been throttled, or behind throttling, for *timeout* seconds.

        Takes time in proportion to the queue.

        Returns:
            The messages, and the time at which the next one will have been; `NEVER` if none will.
        """
        waiting: list[SubmitJob[Any]] = []
        overdue: list[SubmitJob[Any]] = []
        earliest = NEVER
        for job in self.jobs:
            if not job.has_unsent_parts:
                continue
            at = throttled_since(job, throttle)
            at += timeout if job.was_throttled else max(timeout, LEAST_WAIT)
            if at <= now:
                overdue.append(job)
            else:
                waiting.append(job)
                earliest = min(earliest, at)
        self._replace(waiting)
        return overdue, earliest

    def _replace(self, jobs: list[SubmitJob[Any]]) -> None:
        """Hold these messages only, none of which is withdrawn."""
        self.jobs.clear()
        self.jobs.extend(jobs)
        self._withdrawn = 0

    def __repr__(self) -> str:
        return f"<SubmitQueue, {self.waiting} waiting>"


def _turn(job: SubmitJob[Any]) -> float:
    """Return the turn of a message; one that has begun is before all others."""
    return 0.0 if job.written else job.write_at or job.queued_at


def ends_throttled(
    job: SubmitJob[Any], throttle: ThrottleController, timeout: float, now: float
) -> bool:
    """Note that the gateway has throttled a part; return whether no part is written any more."""
    at = job.throttled_at
    must_end = at == ENDS_THROTTLED or (at == ENDS_UNSENT and not job.written)
    if at is None and job.queued_at:
        job.throttled_at = throttled_since(job, throttle)
    elif not job.was_throttled:
        job.throttled_at = now
    return must_end or throttled_since(job, throttle) + timeout <= now


def throttled_since(job: SubmitJob[Any], throttle: ThrottleController) -> float:
    """Return the time since when a message is throttled or waits behind throttling, or `NEVER`."""
    if job.throttled_at is not None and job.was_throttled:
        return job.throttled_at
    return max(throttle.began_at, job.queued_at, job.write_at) if throttle.is_on else NEVER

"""The queue of messages that wait for their turn."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import RecordingTraffic, parts_of

from smsc_async import Outcome, Sms
from smsc_async._deadline_timer import NEVER
from smsc_async.link import SubmitJob
from smsc_async.link.submit_job import ENDS_THROTTLED, ENDS_UNSENT
from smsc_async.link.submit_queue import SubmitQueue, ends_throttled, throttled_since
from smsc_async.link.throttle import ThrottleController

SMS = Sms(to="79991234567", text="a secret of ours")


def jobs_of(*orders: int) -> list[SubmitJob[Any]]:
    """Make messages that were submitted in this order."""
    jobs = [SubmitJob(SMS, parts_of(1), None, RecordingTraffic()) for _ in orders]
    for job, order in zip(jobs, orders, strict=True):
        job.order = order
        job.queued_at = float(order)
    return jobs


@pytest.fixture
def throttle() -> ThrottleController:
    """A controller that was switched on at 10."""
    controller = ThrottleController()
    controller.on_throttled(10.0)
    return controller


@pytest.mark.parametrize("came", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_throttled_message_returns_to_its_place(came: tuple[int, ...]) -> None:
    """In whichever order their responses came; a message that is there already isn't doubled."""
    queue = SubmitQueue()
    later, returned = jobs_of(4, 5), jobs_of(*came)
    queue.jobs.extend(later)
    for job in (*returned, *returned):
        queue.put_back(job)

    assert [1, 2, 3, 4, 5] == [job.order for job in queue.jobs]
    assert 5 == queue.waiting


def test_message_with_an_earlier_turn_goes_before_those_that_wait_for_theirs() -> None:
    """Not before one that is due, nor between the parts of one; throttled ones return before it."""
    queue, due, begun, first, last, early = SubmitQueue(), *jobs_of(1, 2, 3, 4, 5)
    due.write_at, begun.write_at, first.write_at, last.write_at = 9.0, 30.0, 20.0, 30.0
    begun.written, early.write_at = 1, 15.0
    queue.jobs.extend([due, begun, first, last])

    queue.insert(early, 10.0)
    assert [due, begun, early, first, last] == list(queue.jobs)

    queue.jobs.popleft()
    queue.put_back(due)
    assert [due, begun, early, first, last] == list(queue.jobs)


def test_message_with_the_latest_turn_is_the_last() -> None:
    """Its place in the order of submits stays."""
    queue, (first, last) = SubmitQueue(), jobs_of(1, 2)
    first.write_at, last.write_at = 20.0, 30.0
    queue.jobs.append(first)

    queue.insert(last, 10.0)

    assert [first, last] == list(queue.jobs)
    assert [1, 2] == [job.order for job in queue.jobs]


def test_withdrawn_message_leaves_at_its_turn() -> None:
    """It isn't counted any more before."""
    queue = SubmitQueue()
    queue.jobs.extend(jobs := jobs_of(1, 2))
    jobs[0].abandon()
    queue.withdraw_one()

    assert "<SubmitQueue, 1 waiting>" == repr(queue)
    assert [jobs[0], jobs[1]] == [queue.pop_first(), queue.pop_first()]
    assert 0 == queue.waiting


def test_all_that_wait_are_popped_together() -> None:
    """Without the withdrawn ones."""
    queue = SubmitQueue()
    queue.jobs.extend(jobs := jobs_of(1, 2, 3))
    jobs[1].abandon()
    queue.withdraw_one()

    assert [jobs[0], jobs[2]] == queue.pop_all()
    assert (0, 0) == (queue.waiting, len(queue.jobs))


def test_wait_behind_throttling_has_a_beginning(throttle: ThrottleController) -> None:
    """Its first throttled response; else the last of throttling, submit, and due time."""
    (job,) = jobs_of(5)
    assert 10.0 == throttled_since(job, throttle)
    job.queued_at = 12.0
    assert 12.0 == throttled_since(job, throttle)
    job.write_at = 14.0
    assert 14.0 == throttled_since(job, throttle)
    assert throttled_since(job, ThrottleController()) == NEVER
    job.throttled_at = 3.0
    assert 3.0 == throttled_since(job, ThrottleController())


def test_message_that_ends_when_throttled_waits_behind_others(
    throttle: ThrottleController,
) -> None:
    """It wasn't throttled itself: its parts that are left have the time of every message."""
    queue = SubmitQueue()
    queue.jobs.extend(jobs := jobs_of(1, 2, 3))
    for job, at in zip(jobs, (ENDS_UNSENT, ENDS_THROTTLED, None), strict=True):
        job.throttled_at = at

    assert ([], 12.0) == queue.pop_throttled(throttle, 2.0, 11.0)
    assert Outcome.NOT_SENT is jobs[0].throttled_error(0x58, 1.0).outcome
    assert (jobs, NEVER) == queue.pop_throttled(throttle, 2.0, 12.0)


@pytest.mark.parametrize(
    ("throttled_at", "written", "ends"),
    [
        (None, 1, False),
        (ENDS_UNSENT, 0, True),
        (ENDS_UNSENT, 1, False),
        (ENDS_THROTTLED, 0, True),
        (ENDS_THROTTLED, 1, True),
        (5.0, 1, True),
        (15.0, 1, False),
    ],
)
def test_throttled_message_ends_as_its_sender_wants(
    throttle: ThrottleController, throttled_at: float | None, written: int, *, ends: bool
) -> None:
    """At once, or only if nothing of it is with the gateway, or after `timeouts.throttled`."""
    (job,) = jobs_of(1)
    job.throttled_at, job.written = throttled_at, written

    assert ends is ends_throttled(job, throttle, 10.0, 19.0)
    assert job.was_throttled
    assert Outcome.REFUSED is job.throttled_error(0x58, 1.0).outcome


def test_message_behind_a_throttled_one_has_its_chance(throttle: ThrottleController) -> None:
    """Also where the throttled one is tried only once: it waits for the first pause at least."""
    queue = SubmitQueue()
    queue.jobs.extend(jobs := jobs_of(1, 2))
    jobs[0].throttled_at = 10.0

    assert ([jobs[0]], 10.25) == queue.pop_throttled(throttle, 0.001, 10.2)
    assert ([jobs[1]], NEVER) == queue.pop_throttled(throttle, 0.001, 10.25)


def test_messages_that_waited_for_too_long_are_popped(throttle: ThrottleController) -> None:
    """In their order, and the time of the next one is known."""
    queue = SubmitQueue()
    queue.jobs.extend(jobs := jobs_of(1, 2, 13, 15))
    jobs[1].abandon()
    queue.withdraw_one()

    assert ([], 12.0) == queue.pop_throttled(throttle, 2.0, 11.9)
    assert ([jobs[0]], 15.0) == queue.pop_throttled(throttle, 2.0, 12.0)
    assert ([jobs[2], jobs[3]], NEVER) == queue.pop_throttled(throttle, 2.0, 17.0)
    assert 0 == queue.waiting


def test_overdue_messages_leave_the_head_of_the_queue() -> None:
    """What has begun stays the first, and the order of submits becomes that of turns."""
    queue, made = SubmitQueue(), jobs_of(1, 2, 3, 4)
    for job, at in zip(made, [5.0, 1.0, 0.0, 9.0], strict=True):
        job.write_at = at
        queue.jobs.append(job)
    made[0].written = 1

    assert made[1:3] == queue.suspend_overdue(3.0)
    assert [made[0], made[3], *made[1:3]] == list(queue.jobs)
    assert [NEVER, NEVER] == [job.write_at for job in made[1:3]]
    assert [1, 2, 3, 4] == [job.order for job in queue.jobs]
    made[2].write_at = 4.0
    queue.resort()
    assert [made[0], made[2], made[3], made[1]] == list(queue.jobs)

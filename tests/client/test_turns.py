"""Turns in the rate: what is given back moves the messages up that wait."""

from __future__ import annotations

import asyncio
import gc
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import RecordingTraffic, parts_of, turns

from smsc_async import GatewayLimits, MemoryRuleStore, Sms
from smsc_async.client.admission import AdmissionControl
from smsc_async.client.submission import MessageJob
from smsc_async.rules.verdict import Admitted

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = GatewayLimits(rate=1.05)  # an interval of one second


class Paced:
    """Admission control of messages that wait for the rate; time is moved by hand.

    Args:
        ahead: Seconds by which the store's clock is ahead of the links'; None for one clock.
        limits: The gateway's limits.
    """

    def __init__(self, ahead: float | None = None, limits: GatewayLimits = SECOND) -> None:
        self.now = 1000.0
        self.moved = 0

        def clock() -> float:
            return self.now

        def other() -> float:
            return self.now + (ahead or 0.0)

        self.store = MemoryRuleStore(clock if ahead is None else other)
        self.admission = AdmissionControl(limits, self.store, clock)
        self.admission.turns.on_moved = self._on_moved

    def _on_moved(self) -> None:
        """Count."""
        self.moved += 1

    def send(self, number: int, parts: int = 1, text: str = "x") -> MessageJob[Any]:
        """Return a message that was admitted."""
        sms = Sms(to=f"7999{number:07d}", text=text)
        job = MessageJob(sms, parts_of(parts), None, RecordingTraffic())
        assert self.admission.try_admit(job, text, self.now) is None
        return job

    def waits(self, *jobs: MessageJob[Any]) -> list[object]:
        """Return the seconds until the turns of messages."""
        return [pytest.approx(max(0.0, job.write_at - self.now), abs=1e-6) for job in jobs]

    def cancel(self, *jobs: MessageJob[Any]) -> None:
        """End messages that aren't written."""
        for job in jobs:
            self.admission.release(job)


@pytest.mark.parametrize("ahead", [None, 31.0], ids=["one clock", "two clocks"])
async def test_messages_behind_a_cancelled_one_move_up(ahead: float | None) -> None:
    """An idle link and messages that wait for turns of others would be a waste."""
    paced = Paced(ahead)
    jobs = [paced.send(number) for number in range(5)]

    paced.cancel(jobs[1], jobs[2])
    await turns()

    assert paced.waits(*jobs[3:]) == [1.0, 2.0]
    assert paced.waits(paced.send(5)) == [3.0]
    assert 1 == paced.moved


async def test_new_message_is_behind_those_that_wait() -> None:
    """Also if turns were given back in this very iteration of the event loop."""
    paced = Paced()
    jobs = [paced.send(number) for number in range(4)]

    paced.cancel(jobs[1])
    new = paced.send(4)

    assert paced.waits(*jobs[2:], new) == [1.0, 2.0, 3.0]


async def test_message_with_a_turn_of_another_worker_lets_older_ones_go_first() -> None:
    """It came last: those that wait each get the turn before their own."""
    paced = Paced()
    jobs = [paced.send(number) for number in range(2)]
    other = Paced()
    other.store, other.admission = (
        paced.store,
        AdmissionControl(SECOND, paced.store, paced.store.now),
    )
    foreign = other.send(2)
    jobs += [paced.send(number) for number in range(3, 5)]

    other.cancel(foreign)
    new = paced.send(5)

    assert paced.waits(*jobs, new) == [0.0, 1.0, 2.0, 3.0, 4.0]


async def test_latest_turn_is_given_back_without_a_pass() -> None:
    """Nothing waits behind it."""
    paced = Paced()
    jobs = [paced.send(number) for number in range(3)]

    paced.cancel(jobs[2])

    assert 2 == len(paced.admission.turns) + 1
    assert paced.waits(paced.send(4)) == [2.0]
    assert 0 == paced.moved


async def test_turn_that_has_come_goes_to_no_other() -> None:
    """The link waits for a slot, say: the message in its turn would be late."""
    paced = Paced()
    jobs = [paced.send(number) for number in range(3)]
    paced.now += 1.0

    paced.cancel(jobs[1])
    await turns()

    assert paced.waits(jobs[2]) == [1.0]


async def test_long_message_moves_up_to_turns_that_follow_each_other() -> None:
    """Its parts leave one after the other, so a single turn is of no use to it."""
    paced = Paced()
    first, one, two, three, long = (paced.send(n, parts) for n, parts in enumerate([1, 1, 1, 2, 2]))
    last = paced.send(9)

    paced.cancel(one)
    await turns()
    assert paced.waits(first, two, three, long, last) == [0.0, 1.0, 2.0, 4.0, 6.0]

    paced.cancel(three)
    await turns()
    assert paced.waits(two, long, last) == [1.0, 2.0, 4.0]


async def test_long_message_passes_over_a_gap() -> None:
    """The turn before the gap stays free for a message that comes later."""
    paced, limits = Paced(), SECOND
    other = Paced()
    other.store, other.admission = (
        paced.store,
        AdmissionControl(limits, paced.store, paced.store.now),
    )
    first, one = paced.send(0), paced.send(1)
    foreign = other.send(2)
    long, last = paced.send(3, 2), paced.send(4)

    paced.cancel(one)
    await turns()

    assert paced.waits(first, foreign, long, last) == [0.0, 2.0, 3.0, 5.0]
    assert paced.waits(paced.send(5), paced.send(6)) == [1.0, 6.0]


async def test_repeat_does_not_move_up_into_its_minute() -> None:
    """It was admitted because its turn is after that; those behind it stay behind it."""
    paced = Paced()
    paced.send(1)
    paced.now += 50.0
    backlog = [paced.send(number) for number in range(2, 22)]
    repeat, last = paced.send(1), paced.send(23)
    assert paced.waits(repeat, last) == [20.0, 21.0]

    paced.cancel(*backlog)
    await turns()

    assert paced.waits(repeat, last) == [11.0, 12.0]


async def test_message_before_a_repeat_that_can_not_move_up_overtakes_it() -> None:
    """An earlier turn isn't lost because an older message may not have it."""
    paced = Paced()
    paced.send(1)
    paced.now += 55.0
    backlog = [paced.send(number) for number in range(2, 8)]
    repeat = paced.send(1)

    paced.cancel(*backlog)
    await turns()
    new = paced.send(9)

    assert paced.waits(repeat, new) == [6.0, 1.0]


async def test_schedule_keeps_no_message() -> None:
    """The receipts of a submission that a program drops are read elsewhere."""
    paced = Paced()
    jobs = [paced.send(number) for number in range(3)]
    dropped = ref(jobs.pop())
    gc.collect()

    assert dropped() is None
    assert "<TurnSchedule, 2 turns>" == repr(paced.admission.turns)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "send", "cancel", "cancel many", "pause"]),
        st.integers(0, 1000),
    ),
    max_size=60,
)


async def _check(actions: list[tuple[str, int]], choose: Callable[[int, int], int]) -> None:
    """Send, cancel and let time pass; check every write."""
    paced = Paced(limits=GatewayLimits(rate=10.5))  # an interval of a tenth of a second
    waiting: list[MessageJob[Any]] = []
    promised: dict[int, float] = {}
    written: list[float] = []
    for number, (action, value) in enumerate(actions):
        if action == "send":
            job = paced.send(value % 40, 3 if value % 7 == 0 else 1, text=str(number))
            waiting.append(job)
            promised[id(job)] = max(job.write_at, paced.now)
        elif action == "pause":
            paced.now += value / 2000
        elif waiting:
            count = 1 if action == "cancel" else 1 + value % 20
            for _ in range(min(count, len(waiting))):
                paced.cancel(waiting.pop(choose(value, len(waiting))))
        await asyncio.sleep(0)
        for job in waiting:
            assert job.write_at <= promised[id(job)] + 1e-6
        for job in [job for job in waiting if job.write_at <= paced.now]:
            waiting.remove(job)
            at = max(job.write_at, promised[id(job)] if not job.write_at else 0.0)
            written += [at + 0.1 * part for part in range(job.parts)]
    written.sort()
    assert all(later - earlier > 0.0999 for earlier, later in pairwise(written))
    # Nothing waits for turns that are free.
    paced.cancel(*waiting)
    await asyncio.sleep(0)
    after_all = paced.send(5000)
    end = max([paced.now, *(at + 0.1 for at in written)])
    assert max(after_all.write_at, paced.now) <= end + 0.1001


@given(actions=ACTIONS)
@settings(max_examples=150)
@pytest.mark.takes_up_to(20, reason="150 event loops")
def test_no_two_writes_are_closer_than_the_rate_allows(actions: list[tuple[str, int]]) -> None:
    """Whatever is sent and cancelled: no message gets later, and none waits for a free turn."""
    asyncio.run(_check(actions, lambda value, count: value % count))


def test_admission_of_an_idle_account_has_no_earliest_time() -> None:
    """A store that knows no such time allows every turn."""
    assert Admitted("token", 1.0).earliest == float("-inf")

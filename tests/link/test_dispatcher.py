"""The turns of messages: order, room, throttling, timers, withdrawal."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from idle_clock import pass_time
from scripted import (
    Gateway,
    RecordedPool,
    RecordingTraffic,
    nothing,
    parts_of,
    refusing,
    turns,
    until,
)

from pdu import CommandStatus, Pdu, QuerySm, QuerySmResp, SubmitSmResp
from smsc_async import (
    BindRefusedError,
    ClientClosedError,
    LinkLostError,
    Outcome,
    PartsOverdueError,
    Sms,
    SmscConfig,
    SubmitInterruptedError,
    ThrottledError,
)
from smsc_async.instrumentation import Hooks, LinkDown, Throttled
from smsc_async.link import Dispatcher, SubmitJob, submit_queue
from smsc_async.link.pace import WRITTEN_TOGETHER
from smsc_async.link.submit_job import ENDS_UNSENT, handler_of
from smsc_async.session import EndReason, LinkEnded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from smsc_async.link import Link

SMS = Sms(to="79991234567", text="a secret of ours")
THROTTLED = CommandStatus.ESME_RTHROTTLED


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


class WindowLink:
    """A link without a socket: a window, and the parts that were written."""

    host = "smsc.example:2775"

    def __init__(self, window: int) -> None:
        self.window = window
        self.in_flight = 0
        self.written: list[tuple[Any, int]] = []

    @property
    def room(self) -> int:
        """Free slots."""
        return self.window - self.in_flight

    def submit(self, job: SubmitJob[Any], now: float) -> None:
        """Write the next part of a message."""
        assert self.room > 0
        self.in_flight += 1
        self.written.append(handler_of(job.next_part(now)[2]))


class Driven:
    """A dispatcher with a clock that is moved by hand.

    Args:
        windows: The window of each link.
        query: Settings of the config.
        lateness: Seconds after which a message is postponed.
    """

    def __init__(self, *windows: int, query: str = "", lateness: float = 1e9) -> None:
        self.now = 1000.0
        self.events: list[Any] = []
        self.traffic = RecordingTraffic()
        self.dispatcher = Dispatcher(
            SmscConfig.from_url(f"smpp://shop:secret@host?{query}"),
            self.traffic,
            hooks=Hooks([self.events.append]),
            clock=lambda: self.now,
            lateness=lateness,
        )
        self.dispatcher.open()
        self.links = [WindowLink(window) for window in windows]
        for link in self.links:
            self.dispatcher.add(cast("Link", link))

    def submit(self, parts: int = 1, *, write_at: float = 0.0) -> SubmitJob[Any]:
        """Submit a new message."""
        job = SubmitJob(SMS, parts_of(parts), None, self.traffic)
        job.write_at = write_at
        self.dispatcher.submit(job, self.now)
        return job

    def respond(self, job: SubmitJob[Any], status: int = 0, *, index: int = 0) -> None:
        """Receive the response to a part, as a link does."""
        link = next(link for link in self.links if (job, index) in link.written)
        link.in_flight -= 1
        if job.on_response(index, SubmitSmResp(command_status=status, message_id="1")):
            self.dispatcher.on_throttled(job, status)
        self.dispatcher.on_room()

    def lose(self, link: WindowLink) -> None:
        """End a link whose requests have their outcome."""
        link.in_flight = 0
        end = LinkEnded(EndReason.LOST, lost=[], error=None)
        self.dispatcher.on_closed(cast("Link", link), end)

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and fire the timer if its time has come."""
        self.now += seconds
        if self.dispatcher._timer.at <= self.now:
            self.dispatcher.stop_timer()
            self.dispatcher._on_timer()

    @property
    def written(self) -> list[Any]:
        """The messages of the first link's parts, in the order of the writes."""
        return [job for job, _ in self.links[0].written]


def job(parts: int = 1) -> SubmitJob[Any]:
    """Make a message."""
    return SubmitJob(SMS, parts_of(parts), None, RecordingTraffic())


async def opened(gateway: Gateway, query: str = "") -> RecordedPool:
    """Open a pool."""
    links = RecordedPool(gateway.config(query))
    await links.pool.open()
    return links


# Order and room.


async def test_messages_are_written_in_the_order_of_the_submits() -> None:
    """First come, first served: each freed slot is the next message's."""
    driven = Driven(1)
    jobs = [driven.submit() for _ in range(3)]
    assert (1, 2) == (driven.dispatcher.in_flight, driven.dispatcher.waiting)
    driven.respond(jobs[0])
    driven.respond(jobs[1])

    assert jobs == driven.written
    assert 0 == driven.dispatcher.waiting


async def test_long_queue_is_written_in_several_iterations_of_the_loop() -> None:
    """10,000 at once hold up links and users' code for a quarter of a second."""
    driven = Driven(10 * WRITTEN_TOGETHER)
    jobs = [driven.submit(write_at=driven.now + 1.0) for _ in range(2 * WRITTEN_TOGETHER + 1)]
    driven.now += 1.0
    driven.dispatcher.on_room()
    counts = [len(driven.written)]
    for _ in range(3):
        await asyncio.sleep(0)
        counts.append(len(driven.written))

    assert [WRITTEN_TOGETHER, 2 * WRITTEN_TOGETHER, len(jobs), len(jobs)] == counts
    assert jobs == driven.written


async def test_what_waited_when_the_rules_clock_was_moved_is_late() -> None:
    """The rules admitted it for an earlier time of theirs; what is submitted later isn't late."""
    driven = Driven(1, lateness=1e9)
    first, second = driven.submit(), driven.submit()
    driven.now += 1.0
    driven.dispatcher.move(100.0, driven.now)
    driven.respond(first)
    third = driven.submit()
    driven.respond(second)

    assert [first, second, third] == driven.written
    assert [second] == driven.traffic.postponed


async def test_message_in_parts_begins_when_all_parts_have_a_slot() -> None:
    """Parts leave back to back, and the messages behind it wait."""
    driven = Driven(3)
    first = driven.submit()
    long, last = driven.submit(3), driven.submit()
    assert [first] == driven.written
    driven.respond(first)

    assert [first, long, long, long] == driven.written
    assert 1 == driven.dispatcher.waiting
    driven.respond(long)
    assert last is driven.written[-1]


async def test_message_with_more_parts_than_slots_begins_in_an_empty_window() -> None:
    """It would wait for ever if it needed a slot for each part at once."""
    driven = Driven(2, query="window=2")
    long = driven.submit(3)
    assert [(long, 0), (long, 1)] == driven.links[0].written
    driven.respond(long)

    assert [(long, 0), (long, 1), (long, 2)] == driven.links[0].written


async def test_link_with_most_room_is_written_to() -> None:
    """The windows of all links fill evenly."""
    driven = Driven(2, 3)
    for _ in range(5):
        driven.submit()

    assert [2, 3] == [len(link.written) for link in driven.links]
    assert 5 == driven.dispatcher.in_flight


async def test_room_is_what_would_be_written_at_once() -> None:
    """Zero while a message waits, and once the client is being left."""
    driven = Driven(2, 1)
    assert 3 == driven.dispatcher.room
    for _ in range(4):
        driven.submit()
    assert 0 == driven.dispatcher.room

    other = Driven(2)
    other.dispatcher.close()
    assert 0 == other.dispatcher.room


async def test_listeners_are_called_when_slots_may_be_free() -> None:
    """A listener may remove itself during the call."""
    driven = Driven(1)
    calls: list[str] = []

    class Once:
        """Listens once."""

        def on_room(self) -> None:
            """Record the call."""
            calls.append("room")
            driven.dispatcher.room_listeners.discard(self)

    driven.dispatcher.room_listeners.update((Once(), Once()))
    driven.dispatcher.on_room()
    driven.dispatcher.on_room()

    assert ["room", "room"] == calls


async def test_begun_message_is_finished_before_the_next(gateway: Gateway) -> None:
    """A short message is never written between the parts of a long one, though it would fit."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=2")
    messages = [job(3), job()]
    for message in messages:
        links.submit(message)
    assert 2 == links.dispatcher.waiting
    for number in range(4):
        await gateway.submitted(number + 1)
        gateway.accept(gateway.peer, gateway.submits[number])
    await until(lambda: all(message.is_finished for message in messages))
    await links.pool.close(drain=30)

    assert [("1", "2", "3"), ("4",)] == [message.message_ids for message in messages]


async def test_rest_of_a_begun_message_survives_the_loss(gateway: Gateway) -> None:
    """Its first part has a response, so no part of it has an unknown outcome."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=1")
    long, other = job(2), job()
    links.submit(long)
    await gateway.submitted()
    first = gateway.peer
    for link in links.dispatcher.links:
        link.pause_writing()
    gateway.accept(first, gateway.submits[0])
    first.transport.close()
    gateway.on_submit = gateway.accept
    links.submit(other)
    await until(lambda: long.is_finished and other.is_finished)
    await links.pool.close(drain=30)

    assert ("1", "2") == long.message_ids
    assert 2 == len(gateway.peers)


async def test_lost_link_is_reported_once_and_no_longer_used() -> None:
    """Messages without a written part are written to the other link."""
    driven = Driven(1, 1)
    jobs = [driven.submit() for _ in range(3)]
    lost = driven.links[0]
    jobs[0].on_connection_lost(0, "the connection was lost", None)
    driven.lose(lost)
    driven.lose(lost)
    driven.respond(jobs[1])

    assert [(jobs[1], 0), (jobs[2], 0)] == driven.links[1].written
    assert [LinkDown("smsc.example:2775", "the connection was lost")] == driven.events
    assert "the connection was lost" == driven.dispatcher.last_error


# Times before which nothing is written, and deadlines.


async def test_message_waits_for_its_time_and_delays_those_behind_it() -> None:
    """The rules may admit a message for later; order is kept."""
    driven = Driven(5)
    later, next_one = driven.submit(write_at=1002.0), driven.submit()
    driven.pass_time(1.9)
    assert [] == driven.written
    driven.pass_time(0.1)

    assert [later, next_one] == driven.written


async def test_interval_between_parts_is_kept() -> None:
    """One timer: for the next part of the first message."""
    driven = Driven(5)
    long = SubmitJob(SMS, parts_of(2), None, driven.traffic)
    long.interval = 0.5
    driven.dispatcher.submit(long, driven.now)
    driven.pass_time(0.4)
    assert [long] == driven.written
    driven.pass_time(0.1)

    assert [long, long] == driven.written


async def test_parts_past_their_deadline_are_not_written() -> None:
    """The gateway would not join them: the timer ends the message."""
    driven = Driven(1, query="window=1")
    long = SubmitJob(SMS, parts_of(2), None, driven.traffic)
    long.parts_window = 59.0
    driven.dispatcher.submit(long, driven.now)
    driven.links[0].window = 0
    driven.respond(long)
    driven.pass_time(59.0)
    assert not long.is_finished
    driven.pass_time(0.1)

    assert isinstance(long.failure, PartsOverdueError)
    assert [long] == driven.traffic.finished


@pytest.mark.parametrize(("seconds", "is_late"), [(0.5, False), (0.6, True)])
async def test_message_written_later_than_admitted_is_postponed(
    seconds: float, *, is_late: bool
) -> None:
    """The gateway counts from arrival, so the rules have to know the later time."""
    driven = Driven(1, lateness=0.5)
    first, second = driven.submit(), driven.submit()
    driven.now += seconds
    driven.respond(first)

    assert [first, second] == driven.written
    assert ([second] if is_late else []) == driven.traffic.postponed


async def test_message_admitted_for_later_is_late_from_then_on() -> None:
    """The rules know the time it was admitted for, so that wait isn't counted."""
    driven = Driven(1, lateness=0.5)
    driven.submit(write_at=1010.0)
    driven.pass_time(10.2)

    assert 1 == len(driven.written)
    assert [] == driven.traffic.postponed


async def test_wait_for_a_link_is_counted_from_the_submit_and_from_the_loss() -> None:
    """Two messages, one after the other: each has `timeouts.link` of its own."""
    driven = Driven(query="link_timeout=60")
    first = driven.submit()
    driven.pass_time(30.0)
    second = driven.submit()
    driven.pass_time(30.0)
    assert (True, False) == (first.is_finished, second.is_finished)
    driven.pass_time(29.9)
    assert not second.is_finished
    driven.pass_time(0.1)

    assert second.failure is not None
    assert "no link for 60.0 s" in str(second.failure)
    assert Outcome.NOT_SENT is second.failure.outcome


async def test_loss_of_the_last_link_starts_the_wait_anew() -> None:
    """A message that waited for a slot has waited for no link yet."""
    driven = Driven(1, query="link_timeout=60")
    written, waiting = driven.submit(), driven.submit()
    driven.pass_time(50.0)
    written.on_connection_lost(0, "the connection was lost", None)
    driven.lose(driven.links[0])
    driven.pass_time(59.9)
    assert not waiting.is_finished
    driven.pass_time(0.1)

    assert "no link for 60.0 s; the connection was lost" in str(waiting.failure)


async def test_early_timer_ends_no_wait(gateway: Gateway) -> None:
    """With real timers: the second message's time is counted from its own submit."""
    gateway.on_bind = lambda peer, _: peer.drop()
    links = await opened(gateway, "open=eventually&link_timeout=0.04")
    loop = asyncio.get_running_loop()
    began = loop.time()
    first, second = job(), job()
    links.submit(first)
    await until(lambda: loop.time() > began + 0.02)
    links.submit(second)
    await until(lambda: first.is_finished)

    assert not second.is_finished
    await until(lambda: second.is_finished)
    assert loop.time() >= began + 0.06
    assert "no link for 0.0 s" in str(second.failure)
    await links.pool.close(drain=30)


async def test_wait_for_a_slot_has_no_timeout_while_a_link_is_bound(gateway: Gateway) -> None:
    """`timeouts.link` limits the wait for a link alone."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=1&link_timeout=0.01")
    messages = [job(), job()]
    for message in messages:
        links.submit(message)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: loop.time() > began + 0.03)

    assert not messages[1].is_finished
    await links.pool.close(drain=0)


async def test_one_timer_serves_the_queue_and_none_an_empty_one() -> None:
    """It belongs to the first message; without a queue no timer is left."""
    driven = Driven(query="link_timeout=60")
    jobs = [driven.submit() for _ in range(3)]
    timer = driven.dispatcher._timer._handle
    assert timer is not None
    assert 1060.0 == driven.dispatcher._timer.at
    driven.submit()
    assert timer is driven.dispatcher._timer._handle
    driven.dispatcher.fail_waiting(LinkLostError("enough"))

    assert timer.cancelled()
    assert float("inf") == driven.dispatcher._timer.at
    assert all(job.is_finished for job in jobs)


# Throttling.


async def test_throttled_message_is_the_next_again_after_the_pause() -> None:
    """All messages wait meanwhile, and keep their order."""
    driven = Driven(2)
    first, second = driven.submit(), driven.submit()
    third = driven.submit()
    driven.respond(second, THROTTLED)
    driven.respond(first, THROTTLED)
    assert [first, second] == driven.written
    driven.pass_time(0.09)
    assert [first, second] == driven.written
    driven.pass_time(0.02)
    assert [first, second, first] == driven.written
    driven.respond(first)

    assert [first, second, first, second, third] == driven.written
    assert 2 == driven.dispatcher.throttled_responses


async def test_begun_message_that_is_throttled_is_queued_once() -> None:
    """It waits already for a slot for its last part: `waiting` counts messages, not responses."""
    driven = Driven(2, query="window=2")
    begun = driven.submit(3)
    driven.respond(begun, THROTTLED)
    assert 1 == driven.dispatcher.waiting
    driven.pass_time(0.1)
    driven.respond(begun, index=1)
    driven.respond(begun)
    driven.respond(begun, index=2)

    assert begun.failure is None
    assert 0 == driven.dispatcher.waiting


async def test_hook_is_called_once_for_each_pause() -> None:
    """Not for each response: a whole window may be throttled at once."""
    driven = Driven(2)
    for throttled in (driven.submit(), driven.submit()):
        driven.respond(throttled, THROTTLED)

    assert [Throttled(THROTTLED, 0.1)] == driven.events
    assert 0 == driven.dispatcher.room


async def test_pause_is_no_wait_for_a_link() -> None:
    """A message may be throttled for longer than `timeouts.link`: the link is bound."""
    driven = Driven(1, query="link_timeout=0.05")
    throttled = driven.submit()
    driven.respond(throttled, THROTTLED)
    driven.pass_time(0.1)
    driven.respond(throttled)

    assert throttled.failure is None
    assert ("1",) == throttled.message_ids


async def test_message_throttled_for_too_long_fails() -> None:
    """After `timeouts.throttled` seconds; the error says when to try again."""
    driven = Driven(1, query="throttled_timeout=10")
    throttled = driven.submit()
    driven.respond(throttled, THROTTLED)
    driven.pass_time(9.0)
    driven.respond(throttled, THROTTLED)
    assert not throttled.is_finished
    driven.pass_time(1.0)

    assert isinstance(throttled.failure, ThrottledError)
    assert 0.2 == throttled.failure.retry_after
    assert [throttled] == driven.traffic.finished


@pytest.mark.parametrize("end", ["link_timeout", "left", "failed"])
@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize(
    ("marker", "parts", "accepted"),
    [(None, 1, 0), (None, 2, 0), (None, 2, 1), (ENDS_UNSENT, 2, 1)],
)
async def test_throttled_message_without_a_link_was_refused(
    end: str, attempts: int, marker: float | None, parts: int, accepted: int
) -> None:
    """The gateway has answered its last attempt, however its wait ends; others weren't sent."""
    driven = Driven(2, query="link_timeout=5")
    throttled = job(parts)
    throttled.throttled_at = marker
    driven.dispatcher.submit(throttled, driven.now)
    for index in range(accepted):
        driven.respond(throttled, index=index)
    for index in range(accepted, parts):
        driven.respond(throttled, 0x14, index=index)
    for _ in range(1, attempts):
        driven.pass_time(10.0)
        driven.respond(throttled, 0x14, index=accepted)
    behind = driven.submit()
    driven.lose(driven.links[0])
    if end == "link_timeout":
        driven.pass_time(5.0)
    else:
        error = ClientClosedError() if end == "left" else LinkLostError("given up")
        driven.dispatcher.fail_waiting(error)

    assert isinstance(throttled.failure, ThrottledError)
    assert Outcome.REFUSED is throttled.failure.outcome
    assert 0x14 == throttled.failure.command_status
    assert ("1",) * accepted == throttled.failure.message_ids
    assert isinstance(behind.failure, SubmitInterruptedError)
    assert Outcome.NOT_SENT is behind.failure.outcome


async def test_message_in_flight_at_its_throttling_deadline_has_that_attempt() -> None:
    """The gateway may accept it; if it throttles again, the message fails."""
    driven = Driven(1, query="throttled_timeout=10")
    throttled = driven.submit()
    driven.respond(throttled, THROTTLED)
    driven.pass_time(9.9)
    assert [throttled, throttled] == driven.written
    driven.pass_time(0.5)
    assert not throttled.is_finished
    driven.respond(throttled, THROTTLED)

    assert isinstance(throttled.failure, ThrottledError)
    assert Outcome.REFUSED is throttled.failure.outcome


@pytest.mark.parametrize("number", [12, 10_000])
async def test_all_that_waits_behind_throttling_ends_in_time(number: int) -> None:
    """Each has a deadline of its own; one a pause would take 14 hours for 10 000 of them."""
    driven = Driven(10, query="throttled_timeout=2&window=10")
    jobs = [driven.submit() for _ in range(number)]
    for throttled in jobs[:10]:
        driven.respond(throttled, THROTTLED)
    for _ in range(23):
        driven.pass_time(0.1)
        for link in driven.links:
            for probe, _ in link.written[len(link.written) - link.in_flight :]:
                driven.respond(probe, THROTTLED)

    failures = [job.failure for job in jobs]
    assert {ThrottledError} == {type(failure) for failure in failures}
    assert [Outcome.REFUSED] * 10 == [failure.outcome for failure in failures[:10] if failure]
    assert {Outcome.NOT_SENT} == {failure.outcome for failure in failures[10:] if failure}
    assert 0 == driven.dispatcher.waiting
    assert float("inf") == driven.dispatcher._timer.at


async def test_wait_behind_throttling_begins_with_it_or_with_the_submit() -> None:
    """What waited for a slot before, or comes later, or is due later, has its whole time."""
    driven = Driven(1, query="throttled_timeout=10&window=1")
    first, second = driven.submit(), driven.submit()
    driven.pass_time(5.0)
    driven.links[0].window = 0
    driven.respond(first, THROTTLED)
    driven.pass_time(4.0)
    third, later = driven.submit(), driven.submit(write_at=1012.0)
    ended: dict[str, float] = {}
    for _ in range(200):
        driven.pass_time(0.1)
        for name, message in (("1", first), ("2", second), ("3", third), ("4", later)):
            if message.is_finished:
                ended.setdefault(name, driven.now - 1000.0)

    assert pytest.approx([15.0, 15.0, 19.0, 22.0], abs=0.6) == [ended[name] for name in "1234"]


async def test_recovered_gateway_ends_no_wait() -> None:
    """Throttling that ended is nothing to wait behind."""
    driven = Driven(1, query="throttled_timeout=10&window=1")
    first, second = driven.submit(), driven.submit()
    driven.respond(first, THROTTLED)
    driven.pass_time(0.2)
    driven.respond(first)
    driven.pass_time(20.0)
    driven.respond(second)

    assert (None, None) == (first.failure, second.failure)


async def test_thousands_of_throttled_messages_return_to_their_places_quickly() -> None:
    """A search from the front took quadratic time: 1.1 s for a window of 4000."""
    driven = Driven(20_000, query="window=20000")
    jobs = [driven.submit() for _ in range(20_000)]
    began = time.process_time()
    for throttled in reversed(jobs):
        driven.dispatcher.on_throttled(throttled, THROTTLED)

    assert jobs == list(driven.dispatcher._queue)
    assert time.process_time() - began < 2.0


async def test_late_timer_lets_the_loop_read_before_a_wait_ends(gateway: Gateway) -> None:
    """User code held it up for longer than `timeouts.link`; the bind was answered meanwhile."""
    gateway.on_bind = nothing
    links = await opened(gateway, "open=eventually&link_timeout=0.5")
    waiting = job()
    links.submit(waiting)
    peer = await gateway.bound()
    await turns()
    peer.answer(peer.received[0])
    pass_time(2.0)
    await until(lambda: waiting.is_finished)

    assert waiting.failure is None
    await links.pool.close(drain=30)


# Withdrawal.


async def test_withdrawn_message_is_never_written() -> None:
    """It isn't counted any more, and the message behind it has its turn."""
    driven = Driven(1)
    jobs = [driven.submit() for _ in range(4)]

    assert driven.dispatcher.withdraw(jobs[1])
    assert driven.dispatcher.withdraw(jobs[2])
    assert not driven.dispatcher.withdraw(jobs[2])
    assert 1 == driven.dispatcher.waiting
    driven.respond(jobs[0])
    assert [jobs[0], jobs[3]] == driven.written
    assert [jobs[0]] == driven.traffic.finished


async def test_written_message_is_not_withdrawn(gateway: Gateway) -> None:
    """Once a part was written the others follow, and a finished message is left alone."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=1")
    begun, waiting = job(2), job()
    links.submit(begun)
    links.submit(waiting)

    assert links.dispatcher.withdraw(waiting)
    assert not links.dispatcher.withdraw(begun)
    assert 1 == links.dispatcher.waiting
    assert begun.has_unsent_parts
    await links.pool.close(drain=0)
    assert not links.dispatcher.withdraw(begun)


async def test_withdrawn_messages_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """They leave the queue together: a search for each would take quadratic time."""
    monkeypatch.setattr(submit_queue, "MANY_WITHDRAWN", 10)
    driven = Driven()
    jobs = [driven.submit() for _ in range(40)]
    for withdrawn in jobs[1:30]:
        driven.dispatcher.withdraw(withdrawn)

    assert 11 == driven.dispatcher.waiting
    assert len(driven.dispatcher._queue) < 25


async def test_timer_is_the_next_messages_when_the_first_is_withdrawn() -> None:
    """Without a next message there is none."""
    driven = Driven(query="link_timeout=60")
    first = driven.submit()
    driven.pass_time(10.0)
    second = driven.submit()
    driven.dispatcher.withdraw(first)

    assert 1070.0 == driven.dispatcher._timer.at
    driven.dispatcher.withdraw(second)
    assert driven.dispatcher._timer._handle is None


# Refusal, closing, draining.


async def test_message_submitted_while_closing_is_written_until_the_drain_ends(
    gateway: Gateway,
) -> None:
    """It was given to `send` before, and waited for the rules; later it is NOT_SENT."""
    gateway.on_submit = nothing
    links = await opened(gateway, "window=1")
    first, second, third = job(), job(), job()
    links.submit(first)
    closing = asyncio.create_task(links.pool.close(drain=30))
    await gateway.submitted()
    links.submit(second)

    assert links.dispatcher.is_closing
    assert 0 == links.dispatcher.room
    gateway.on_submit = gateway.accept
    gateway.accept(gateway.peer, gateway.submits[0])
    await closing
    links.submit(third)
    assert (("1",), ("2",)) == (first.message_ids, second.message_ids)
    assert third.failure is not None
    assert Outcome.NOT_SENT is third.failure.outcome
    assert isinstance(third.failure.__cause__, ClientClosedError)


async def test_refusal_ends_with_the_next_link_and_closing_does_not() -> None:
    """Refused credentials are the cause until a bind succeeds after all."""
    driven = Driven()
    error = BindRefusedError(0x0E, bind="bind_transceiver", system_id="shop")
    driven.dispatcher.refuse(error)
    refused = driven.submit()
    driven.links = [WindowLink(1)]
    driven.dispatcher.add(cast("Link", driven.links[0]))
    accepted = driven.submit()
    driven.dispatcher.refuse(ClientClosedError("it was left"))
    driven.dispatcher.add(cast("Link", WindowLink(1)))
    closed = driven.submit()

    assert error is refused.failure.__cause__  # type: ignore[union-attr]
    assert [accepted] == driven.written
    assert isinstance(closed.failure.__cause__, ClientClosedError)  # type: ignore[union-attr]


async def test_drain_ends_when_nothing_waits_and_nothing_is_in_flight() -> None:
    """Several tasks may wait; cancelling one cancels no other."""
    driven = Driven(1)
    jobs = [driven.submit() for _ in range(2)]
    draining = [asyncio.create_task(driven.dispatcher.drain()) for _ in range(2)]
    await turns()
    draining[0].cancel()
    driven.respond(jobs[0])
    await turns()
    assert not draining[1].done()
    driven.respond(jobs[1])
    await draining[1]

    assert driven.dispatcher.is_idle
    await driven.dispatcher.drain()


async def test_failed_waiting_messages_end_the_drain() -> None:
    """The pool gives them up when no link will be built any more."""
    driven = Driven()
    waiting = driven.submit()
    withdrawn = driven.submit()
    driven.dispatcher.withdraw(withdrawn)
    draining = asyncio.create_task(driven.dispatcher.drain())
    await turns()
    driven.dispatcher.fail_waiting(ClientClosedError("its links have ended"))
    await draining

    assert [waiting] == driven.traffic.finished
    assert 0 == driven.dispatcher.waiting


# Other requests.


async def test_query_takes_a_slot_and_gets_its_response(gateway: Gateway) -> None:
    """Like any request; without a free slot it fails at once."""
    gateway.on_other = lambda peer, pdu: peer.answer(pdu, message_id="7")
    links = await opened(gateway, "window=1")
    response = await links.dispatcher.request(QuerySm(message_id="7"), None)
    gateway.on_submit = nothing
    links.submit(job())
    with pytest.raises(LinkLostError, match="no bound link has a free slot"):
        await links.dispatcher.request(QuerySm(message_id="7"), None)
    await links.pool.close(drain=0)

    assert isinstance(response, QuerySmResp)


async def test_negative_response_of_a_query_is_returned(gateway: Gateway) -> None:
    """The client decides what it means."""

    def refuse(peer: Any, pdu: Pdu) -> None:  # noqa: ANN401 - a Peer
        """Refuse the query."""
        refusing(CommandStatus.ESME_RQUERYFAIL)(peer, pdu)

    gateway.on_other = refuse
    links = await opened(gateway)
    response = await links.dispatcher.request(QuerySm(message_id="7"), None)
    await links.pool.close(drain=30)

    assert CommandStatus.ESME_RQUERYFAIL == response.command_status


async def test_cancelled_query_frees_no_slot(gateway: Gateway) -> None:
    """The gateway still owes its response."""
    links = await opened(gateway)
    asking = asyncio.create_task(links.dispatcher.request(QuerySm(message_id="7"), None))
    (query,) = await gateway.peer.got(QuerySm)
    asking.cancel()
    await asyncio.wait([asking])

    assert 1 == links.dispatcher.in_flight
    gateway.peer.answer(query, message_id="7")
    await until(lambda: links.dispatcher.in_flight == 0)
    await links.pool.close(drain=30)


async def test_repr_has_numbers_and_no_texts() -> None:
    """A repr appears in logs and debuggers."""
    driven = Driven(1)
    for _ in range(3):
        driven.submit()
    shown = repr(driven.dispatcher)

    assert "<Dispatcher 1 links, 1 in flight, 2 waiting, <ThrottleController off>>" == shown


# The account's rate, after a wait.

RATE = 40
EVERY = 1.05 / RATE


def paced(driven: Driven, number: int, *, is_due: bool = False) -> list[SubmitJob[Any]]:
    """Submit messages in the account's rate: with a turn each, or admitted for now."""
    jobs = [SubmitJob(SMS, parts_of(1), None, driven.traffic) for _ in range(number)]
    for index, waiting in enumerate(jobs):
        waiting.interval = EVERY
        waiting.write_at = 0.0 if is_due else driven.now + index * EVERY
        driven.dispatcher.submit(waiting, driven.now)
    return jobs


def run_for(driven: Driven, seconds: float, *, responds: bool = True) -> list[float]:
    """Let the time pass in steps of 1 ms; return when messages were written."""
    times = list[float]()
    for _ in range(round(seconds * 1000)):
        before = [len(link.written) for link in driven.links]
        driven.pass_time(0.001)
        for link, count in zip(driven.links, before, strict=True):
            for waiting, _ in link.written[count:]:
                times.append(driven.now)
                if responds:
                    driven.respond(waiting)
    return times


def most_in_a_second(times: list[float]) -> int:
    """Count the writes of the fullest second."""
    return max(len([at for at in times if first <= at < first + 1.0]) for first in times)


def move(driven: Driven, jobs: list[SubmitJob[Any]], seconds: float) -> None:
    """Move the rules' clock, and the turns of messages with it."""
    for waiting in jobs:
        if not waiting.written:
            waiting.write_at -= seconds
    driven.dispatcher.move(seconds, driven.now)


@pytest.mark.parametrize("waited", [0.0, 0.02, 0.04])
async def test_messages_that_a_move_makes_due_are_written_an_interval_apart(waited: float) -> None:
    """The gateway's clock was moved, too, so for it they all come now: none catches up."""
    driven = Driven(1000, query="window=1000")
    jobs = paced(driven, 2 * RATE)
    driven.now += waited
    move(driven, jobs, 100.0)
    moved_at, before = driven.now, len(driven.written)
    assert 2 == before
    times = run_for(driven, 3.0)

    assert jobs == driven.written
    assert all(at >= moved_at + index * EVERY - 1e-6 for index, at in enumerate(times, start=1))
    assert most_in_a_second(times) <= RATE


async def test_each_move_by_an_interval_makes_one_more_message_due() -> None:
    """The interval is one of the rules' clock."""
    driven = Driven(1000, query="window=1000")
    jobs = paced(driven, 10)
    move(driven, jobs, 10.0)
    counts = [len(driven.written)]
    for seconds in (0.4 * EVERY, 0.6 * EVERY + 1e-6, 2 * EVERY, EVERY + 1e-6):
        move(driven, jobs, seconds)
        counts.append(len(driven.written))

    assert [2, 2, 3, 4, 5] == counts


async def test_parts_keep_their_distance_when_the_rules_clock_is_moved() -> None:
    """Each move by an interval makes one due, and none is due after the minute."""
    driven = Driven(10)
    long = SubmitJob(SMS, parts_of(5), None, driven.traffic)
    long.interval, long.parts_window = 10.0, 59.0
    driven.dispatcher.submit(long, driven.now)
    counts = list[int]()
    for seconds in (9.9, 0.2, 25.0, 30.0):
        driven.dispatcher.move(seconds, driven.now)
        counts.append(len(driven.written))

    assert [1, 2, 3, 3] == counts
    assert not long.has_unsent_parts


@pytest.mark.parametrize("is_due", [False, True], ids=["with turns", "due"])
@pytest.mark.parametrize("links", [1, 2])
async def test_messages_that_waited_for_a_link_are_written_in_the_rate(
    links: int,
    is_due: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    """Their turns have passed meanwhile, and the gateway throttles what comes together."""
    driven = Driven(query="window=100")
    jobs = paced(driven, 120, is_due=is_due)
    driven.pass_time(3.0)
    driven.links = [WindowLink(100) for _ in range(links)]
    for link in driven.links:
        driven.dispatcher.add(cast("Link", link))
    driven.dispatcher.on_room()
    assert 1 == driven.dispatcher.in_flight
    times = run_for(driven, 3.5)

    assert 119 == len(times)
    assert most_in_a_second(times) <= RATE
    if links == 1:
        assert jobs == driven.written


async def test_messages_that_waited_for_a_slot_are_written_in_the_rate() -> None:
    """The window was full for 3 s."""
    driven = Driven(20, query="window=20")
    jobs = paced(driven, 140)
    run_for(driven, 3.0, responds=False)
    assert jobs[:20] == driven.written
    for sent in jobs[:20]:
        driven.respond(sent)
    times = run_for(driven, 4.0)

    assert jobs == driven.written
    assert most_in_a_second(times) <= RATE


async def test_throttled_messages_are_written_again_in_the_rate() -> None:
    """Those that were throttled together don't come back together."""
    driven = Driven(100, query="window=100")
    jobs = paced(driven, 60, is_due=True)
    run_for(driven, 1.0, responds=False)
    for sent in jobs[: len(driven.written)]:
        driven.respond(sent, THROTTLED)
    times = run_for(driven, 4.0)

    assert all(sent.is_finished for sent in jobs)
    assert most_in_a_second(times) <= RATE


@pytest.mark.parametrize("seconds", [0.3, 1.0, 3.0])
async def test_held_up_loop_is_followed_by_no_burst(seconds: float) -> None:
    """Turns that passed while the loop stood still are over."""
    driven = Driven(100, query="window=100")
    jobs = paced(driven, 140)
    times = [driven.now] * len(driven.written) + run_for(driven, 0.5)
    driven.pass_time(seconds)
    times.append(driven.now)
    times += run_for(driven, 5.0)

    assert jobs == driven.written
    assert most_in_a_second(times) <= RATE + 1


async def test_new_message_keeps_its_distance_to_overdue_ones() -> None:
    """The queue is empty, and the last overdue message was written just now."""
    driven = Driven()
    (first,) = paced(driven, 1)
    driven.pass_time(1.0)
    driven.links = [WindowLink(10)]
    driven.dispatcher.add(cast("Link", driven.links[0]))
    driven.dispatcher.on_room()
    (second,) = paced(driven, 1, is_due=True)
    assert [first] == driven.written
    driven.pass_time(EVERY)

    assert [first, second] == driven.written


async def test_messages_without_a_rate_are_written_together() -> None:
    """There is no interval to keep."""
    driven = Driven()
    jobs = [driven.submit() for _ in range(5)]
    driven.pass_time(3.0)
    driven.links = [WindowLink(10)]
    driven.dispatcher.add(cast("Link", driven.links[0]))
    driven.dispatcher.on_room()

    assert jobs == driven.written

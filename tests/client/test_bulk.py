"""`send_many`: what is pulled when, and in which order the outcomes come."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import pytest
from scripted import parts_of, turns, until

from pdu import SubmitSmResp
from smsc_async import (
    ClientClosedError,
    FailedSubmission,
    GatewayLimits,
    Hold,
    InvalidMessageError,
    MemoryRuleStore,
    RepeatedMessageError,
    SendError,
    Sms,
    SmscConfig,
    Submission,
)
from smsc_async.client.admission import AdmissionControl
from smsc_async.client.bulk import BulkSend
from smsc_async.client.receipt_wait import ReceiptWaiters
from smsc_async.client.submission import MessageJob

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator

    from smsc_async import Message
    from smsc_async.client.admission import Blocked
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.link.contract import RoomListener


class WindowDispatcher:
    """A dispatcher with a window and no links."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.is_closing = False
        self.room_listeners: set[RoomListener] = set()
        self.written: list[MessageJob[Any]] = []
        self.queue: list[MessageJob[Any]] = []

    @property
    def room(self) -> int:
        """Free slots."""
        if self.is_closing or self.queue:
            return 0
        return self.window - sum(not job.is_finished for job in self.written)

    def submit(self, job: MessageJob[Any], _now: float) -> None:
        """Write a message or queue it."""
        if self.room > 0:
            job.next_part(0.0)
            self.written.append(job)
        else:
            self.queue.append(job)

    def on_room(self) -> None:
        """Call the listeners."""
        for listener in tuple(self.room_listeners):
            listener.on_room()


class RecordingRuntime:
    """A client in use, of which a run sees these things. A sender "Held" is held by a rule.

    Args:
        dispatcher: Gets the messages.
    """

    def __init__(self, dispatcher: WindowDispatcher) -> None:
        self.config = SmscConfig.from_url("smpp://shop:secret@host?window=5")
        self.dispatcher = dispatcher
        self.receipt_waiters = ReceiptWaiters()
        self.abandoned: list[tuple[tuple[str, ...], SendError | None]] = []
        limits = GatewayLimits(repeat_window=0.02, margin=0.0, flood_length=None, flood_gap=None)
        self.admission = AdmissionControl(limits, MemoryRuleStore(), monotonic)

    def now(self) -> float:
        """Return the time."""
        return 0.0

    def prepare(
        self, message: Message[Any], timeout: float | None, _now: float, _replaces: None
    ) -> tuple[MessageJob[Any], Blocked | None]:
        """Make a job, unless the sender is "Bad"."""
        if message.sender == "Bad":
            raise InvalidMessageError("text", None, "it can't travel")
        job, blocked = MessageJob(message, parts_of(1), timeout, self), None
        if message.sender == "Held":
            # A repeat of itself.
            for _ in range(2):
                blocked = self.admission.try_admit(job, "hello", self.admission._store.now())
        return job, blocked

    def count_abandoned(self, message_ids: tuple[str, ...], error: SendError | None) -> None:
        """Record an outcome without a reader."""
        self.abandoned.append((message_ids, error))

    def withdraw(self, job: MessageJob[Any]) -> None:
        """Forget a message."""
        if job.abandon():
            self.dispatcher.queue.remove(job)

    def on_request(self, link: object, request: object) -> None:
        """No request comes without a link."""

    def on_accepted(self, job: object, message_id: str) -> None:
        """No receipt is expected."""

    def on_read_done(self) -> None:
        """No caller waits."""

    def on_postponed(self, _job: object) -> bool:
        """No rule needs to know."""
        return False

    def on_finished(self, job: MessageJob[Any], message_id: str = "") -> None:
        """Report the outcome to the run."""
        del message_id
        assert job.bulk is not None
        job.bulk.on_finished(job)


def sms(number: int, sender: str = "") -> Sms:
    """Make a message."""
    return Sms(to=f"7999{number:07d}", text="hello", sender=sender)


def accept(job: MessageJob[Any]) -> None:
    """Accept a message under the last digit of its recipient."""
    job.on_response(0, SubmitSmResp(message_id=job.message.to[-1]))


def bulk_of(dispatcher: WindowDispatcher, hold: Hold | None = None) -> BulkSend:
    """Make a run."""
    runtime = cast("ClientRuntime", RecordingRuntime(dispatcher))
    return BulkSend(runtime, None, hold or Hold.fail())


async def read(
    bulk: BulkSend, source: Iterable[Message[Any]] | AsyncIterable[Message[Any]], into: list[Any]
) -> None:
    """Read all outcomes."""
    async for outcome in bulk.run(source):
        into.append(outcome)  # noqa: PERF401 - seen from outside while it runs


async def test_outcomes_come_in_the_order_in_which_they_are_known() -> None:
    """The second gets its response first."""
    dispatcher, seen = WindowDispatcher(2), list[Any]()
    bulk = bulk_of(dispatcher)
    reading = asyncio.create_task(read(bulk, [sms(1), sms(2)], seen))
    await turns()
    accept(dispatcher.written[1])
    await turns()

    assert ["2"] == [outcome.message_id for outcome in seen]
    accept(dispatcher.written[0])
    await reading
    assert ["2", "1"] == [outcome.message_id for outcome in seen]


async def test_without_a_link_one_message_waits() -> None:
    """So that `timeouts.link` ends the wait; the next isn't pulled."""
    dispatcher, seen = WindowDispatcher(0), list[Any]()
    source = iter([sms(1), sms(2)])
    reading = asyncio.create_task(read(bulk_of(dispatcher), source, seen))
    await turns()

    assert 1 == len(dispatcher.queue)
    assert ["79990000002"] == [message.to for message in source]
    reading.cancel()
    await asyncio.wait([reading])
    assert [] == dispatcher.queue


async def test_free_slot_pulls_the_next_message() -> None:
    """The response to a message of another caller may free a slot."""
    dispatcher, seen = WindowDispatcher(1), list[Any]()
    bulk = bulk_of(dispatcher)
    reading = asyncio.create_task(read(bulk, [sms(1), sms(2)], seen))
    await turns()
    dispatcher.window = 2
    dispatcher.on_room()
    dispatcher.on_room()
    await turns()

    assert 2 == len(dispatcher.written)
    for job in dispatcher.written:
        accept(job)
    await reading


async def test_leaving_the_client_ends_the_wait_for_the_next_message() -> None:
    """Nothing is under way, and the iterable would never end."""

    async def never() -> AsyncGenerator[Sms]:
        """Never yield."""
        await asyncio.Event().wait()
        yield sms(1)

    dispatcher = WindowDispatcher(1)
    bulk = bulk_of(dispatcher)
    reading = asyncio.create_task(read(bulk, never(), []))
    await turns()
    dispatcher.is_closing = True
    dispatcher.on_room()

    with pytest.raises(ClientClosedError):
        await reading
    assert 1 == len(asyncio.all_tasks())


async def test_iterable_can_be_closed_when_the_run_has_ended() -> None:
    """Its owner may close it at once: it doesn't run any more."""

    async def slow() -> AsyncGenerator[Sms]:
        """Yield one message."""
        yield sms(1)
        await asyncio.Event().wait()

    dispatcher = WindowDispatcher(2)
    async with aclosing(slow()) as source, aclosing(bulk_of(dispatcher).run(source)) as outcomes:
        reading = asyncio.ensure_future(anext(outcomes))
        await turns()
        accept(dispatcher.written[0])

        assert isinstance(await reading, Submission)


@pytest.mark.parametrize("sender", ["Bad", "Held"])
async def test_messages_that_fail_at_once_are_pulled_as_they_are_read(sender: str) -> None:
    """They take no slot, so the window doesn't limit them."""
    pulled = 0

    def source() -> Iterator[Sms]:
        """Yield messages of the sender."""
        nonlocal pulled
        while True:
            pulled += 1
            yield sms(pulled, sender)

    async with aclosing(bulk_of(WindowDispatcher(5)).run(source())) as outcomes:
        for _ in range(3):
            assert isinstance(await anext(outcomes), FailedSubmission)

    assert 3 == pulled


async def test_reading_after_the_end_yields_nothing() -> None:
    """As any generator."""
    outcomes = bulk_of(WindowDispatcher(1)).run([])

    assert [] == [outcome async for outcome in outcomes]
    assert [] == [outcome async for outcome in outcomes]


async def test_failed_message_is_an_outcome_with_its_error() -> None:
    """The others go on."""
    dispatcher, seen = WindowDispatcher(2), list[Any]()
    reading = asyncio.create_task(read(bulk_of(dispatcher), [sms(1), sms(2)], seen))
    await turns()
    dispatcher.written[0].on_connection_lost(0, "no link", None)
    accept(dispatcher.written[1])
    await reading

    assert isinstance(seen[0], FailedSubmission)
    assert "no link" in str(seen[0].error)
    assert "2" == seen[1].message_id


async def test_error_of_the_iterable_is_raised_after_the_last_outcome() -> None:
    """What was sent before it keeps its outcome."""

    def broken() -> Iterator[Sms]:
        """Yield one message and fail."""
        yield sms(1)
        raise ZeroDivisionError("mine")

    dispatcher, seen = WindowDispatcher(2), list[Any]()
    reading = asyncio.create_task(read(bulk_of(dispatcher), broken(), seen))
    await turns()
    accept(dispatcher.written[0])
    with pytest.raises(ZeroDivisionError, match="mine"):
        await reading

    assert ["1"] == [outcome.message_id for outcome in seen]


async def test_held_message_keeps_no_other_waiting() -> None:
    """It waits for the rule in a task of its own, if it may wait."""
    dispatcher, seen = WindowDispatcher(2), list[Any]()
    bulk = bulk_of(dispatcher, Hold.wait())
    reading = asyncio.create_task(read(bulk, [sms(1, "Held"), sms(2)], seen))
    await turns()
    accept(dispatcher.written[0])
    await turns()
    assert ["2"] == [outcome.message_id for outcome in seen]
    assert "<BulkSend 1 under way, 1 wait for the rules, 0 for a slot, 0 outcomes" in repr(bulk)
    await until(lambda: len(dispatcher.written) == 2)
    accept(dispatcher.written[1])
    await reading

    assert ["2", "1"] == [outcome.message_id for outcome in seen]


async def test_no_more_messages_than_a_window_wait_for_the_rules() -> None:
    """Each of them has a task: a long list of held messages must not become as many tasks."""
    bulk = bulk_of(WindowDispatcher(50), Hold.wait())
    runtime = cast("RecordingRuntime", bulk._runtime)
    runtime.admission = AdmissionControl(GatewayLimits(), MemoryRuleStore(), monotonic)
    source = iter([sms(number, "Held") for number in range(20)])
    reading = asyncio.create_task(read(bulk, source, []))
    await turns()
    reading.cancel()
    await asyncio.wait([reading])

    assert 20 - runtime.config.window == len(list(source))


async def test_message_whose_check_fails_starts_no_task() -> None:
    """Its error is the outcome; the next message is sent."""
    dispatcher, seen = WindowDispatcher(2), list[Any]()
    bulk = bulk_of(dispatcher, Hold.wait())
    runtime = cast("RecordingRuntime", bulk._runtime)
    runtime.admission = AdmissionControl(
        GatewayLimits.off(), MemoryRuleStore(), monotonic, checks=(lambda _message, _now: 1 / 0,)
    )
    reading = asyncio.create_task(read(bulk, [sms(1, "Held"), sms(2)], seen))
    await turns()
    assert not bulk._admitting
    accept(dispatcher.written[0])
    await reading

    assert isinstance(seen[0].error, SendError)
    assert isinstance(seen[0].error.__cause__, ZeroDivisionError)
    assert ["2"] == [outcome.message_id for outcome in seen[1:]]


async def test_held_message_that_may_not_wait_fails_at_once() -> None:
    """The error says when it would pass."""
    seen = list[Any]()
    await read(bulk_of(WindowDispatcher(2)), [sms(1, "Held")], seen)

    assert isinstance(seen[0].error, RepeatedMessageError)


async def test_leaving_the_loop_cancels_the_waits_for_the_rules() -> None:
    """No task is left, and no listener."""
    dispatcher = WindowDispatcher(2)
    bulk = bulk_of(dispatcher, Hold.wait())
    async with aclosing(bulk.run([sms(1, "Held"), sms(2)])) as outcomes:
        reading = asyncio.ensure_future(anext(outcomes))
        await turns()
        accept(dispatcher.written[0])
        assert isinstance(await reading, Submission)

    assert 1 == len(asyncio.all_tasks())
    assert set() == dispatcher.room_listeners


async def test_repr_has_numbers_and_no_texts() -> None:
    """A repr appears in logs and debuggers."""
    bulk = bulk_of(WindowDispatcher(0))
    reading = asyncio.create_task(read(bulk, [sms(1)], []))
    await turns()
    shown = repr(bulk)
    reading.cancel()
    await asyncio.wait([reading])

    assert "<BulkSend 1 under way, 0 wait for the rules, 1 for a slot, 0 outcomes unread>" == shown

"""Many messages through one window, with links that a test moves by hand."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

import pytest
from scripted import Nobody, parts_of, turns

from pdu import SubmitSmResp
from smsc_async import (
    ClientClosedError,
    FailedSubmission,
    Hold,
    InvalidMessageError,
    Sms,
    SmscConfig,
    Submission,
)
from smsc_async.client.bulk import BulkSend

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator

    from smsc_async import Message
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.link.submit_job import SubmitObserver


class Links:
    """Links with a window, and nobody behind them."""

    def __init__(self, window: int) -> None:
        self.config = SmscConfig.from_url("smpp://shop:secret@host?window=5")
        self.window = window
        self.is_closing = False
        self.taken: list[Submission[Any]] = []
        self.queue: list[Submission[Any]] = []

    @property
    def room(self) -> int:
        """How much room there is."""
        if self.is_closing or self.queue:
            return 0
        return self.window - sum(not submission.is_finished for submission in self.taken)

    def submit(self, submission: Submission[Any], _now: float) -> None:
        """Take a message."""
        if self.room > 0:
            submission.next_part(0.0)
            self.taken.append(submission)
        else:
            self.queue.append(submission)


class Runs(Nobody):
    """A client that is in use, without rules."""

    def __init__(self, links: Links) -> None:
        super().__init__()
        self.links = links
        self.accepted_messages = 0

    def now(self) -> float:
        """Return an instant."""
        return 0.0

    def enter(
        self, message: Message[Any], _timeout: float | None, owner: SubmitObserver, _now: float
    ) -> tuple[Submission[Any], None]:
        """Make a submission, unless the message is a bad one."""
        if message.sender == "Bad":
            raise InvalidMessageError("text", None, "it can't travel")
        return Submission(message, parts_of(1), None, owner), None

    def failed(self, _submission: Submission[Any]) -> None:
        """No rule is told."""

    def begin_batch(self, _batch: BulkSend) -> None:
        """Nobody wakes it here."""

    def end_batch(self, _batch: BulkSend) -> None:
        """As above."""

    def withdraw(self, submission: Submission[Any]) -> None:
        """Forget a message."""
        if submission.abandon():
            self.links.queue.remove(submission)


def sms(number: int, sender: str = "") -> Sms:
    """Make a message."""
    return Sms(to=f"7999{number:07d}", text="hello", sender=sender)


def answer(submission: Submission[Any]) -> None:
    """Accept it."""
    submission.on_response(0, SubmitSmResp(message_id=submission.message.to[-1]))


def batch_of(links: Links) -> BulkSend:
    """Make a batch."""
    return BulkSend(cast("ClientRuntime", Runs(links)), None, Hold.fail())


async def read(
    batch: BulkSend, source: Iterable[Message[Any]] | AsyncIterable[Message[Any]], into: list[Any]
) -> None:
    """Read all outcomes."""
    async for outcome in batch.run(source):
        into.append(outcome)  # noqa: PERF401 - seen from outside while it runs


async def test_outcomes_come_in_the_order_in_which_they_are_known() -> None:
    """The second is answered first."""
    links, seen = Links(2), list[Any]()
    batch = batch_of(links)
    reading = asyncio.create_task(read(batch, [sms(1), sms(2)], seen))
    await turns()
    answer(links.taken[1])
    await turns()

    assert ["2"] == [outcome.message_id for outcome in seen]
    answer(links.taken[0])
    await reading
    assert ["2", "1"] == [outcome.message_id for outcome in seen]


async def test_without_a_link_one_message_waits() -> None:
    """So that somebody's patience ends some time; the next isn't pulled."""
    links, seen = Links(0), list[Any]()
    source = iter([sms(1), sms(2)])
    reading = asyncio.create_task(read(batch_of(links), source, seen))
    await turns()

    assert 1 == len(links.queue)
    assert ["79990000002"] == [message.to for message in source]
    reading.cancel()
    await asyncio.wait([reading])
    assert [] == links.queue


async def test_room_wakes_it() -> None:
    """A slot became free by somebody else's response."""
    links, seen = Links(1), list[Any]()
    batch = batch_of(links)
    reading = asyncio.create_task(read(batch, [sms(1), sms(2)], seen))
    await turns()
    links.window = 2
    batch.wake()
    batch.wake()
    await turns()

    assert 2 == len(links.taken)
    for submission in links.taken:
        answer(submission)
    await reading


async def test_closing_while_the_source_takes_its_time() -> None:
    """Nothing is under way, and the source would never end."""

    async def never() -> AsyncGenerator[Sms]:
        """Take for ever."""
        await asyncio.Event().wait()
        yield sms(1)

    links = Links(1)
    batch = batch_of(links)
    reading = asyncio.create_task(read(batch, never(), []))
    await turns()
    links.is_closing = True
    batch.wake()

    with pytest.raises(ClientClosedError):
        await reading
    assert 1 == len(asyncio.all_tasks())


async def test_pull_is_over_when_the_run_is() -> None:
    """Whoever made the iterable may close it at once: it doesn't run any more."""

    async def slow() -> AsyncGenerator[Sms]:
        """Take its time."""
        yield sms(1)
        await asyncio.Event().wait()

    links = Links(2)
    async with aclosing(slow()) as source, aclosing(batch_of(links).run(source)) as outcomes:
        reading = asyncio.ensure_future(anext(outcomes))
        await turns()
        answer(links.taken[0])

        assert isinstance(await reading, Submission)


async def test_bad_messages_are_pulled_no_faster_than_they_are_read() -> None:
    """They take no slot, so the window doesn't bound them."""
    pulled = 0

    def source() -> Iterator[Sms]:
        """Give messages."""
        nonlocal pulled
        while True:
            pulled += 1
            yield sms(pulled, "Bad")

    async with aclosing(batch_of(Links(5)).run(source())) as outcomes:
        for _ in range(3):
            assert isinstance(await anext(outcomes), FailedSubmission)

    assert 3 == pulled


async def test_reading_again_after_the_end_gives_nothing() -> None:
    """As generators do."""
    outcomes = batch_of(Links(1)).run([])

    assert [] == [outcome async for outcome in outcomes]
    assert [] == [outcome async for outcome in outcomes]

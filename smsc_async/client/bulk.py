"""Many messages through one window: pulled when there is room, told when their fate is known.

Rule: no future for a message, and no task unless it has to wait for the rules. The only thing ever
awaited is "something happened".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, cast

from smsc_async.client.submission import FailedSubmission, Submission
from smsc_async.errors import ClientClosedError, InvalidMessageError, SendError
from smsc_async.rules.verdict import Held, Hold, held_error

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from smsc_async.client.admission import Blocked
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.messages import Message

Outcome = Submission[Any] | FailedSubmission


class BulkSend:
    """One run of `send_many`.

    Args:
        running: The client that sends.
        timeout: Seconds for each response; None takes the config's.
        hold: What to do with a message that a rule holds.
    """

    def __init__(self, running: ClientRuntime, timeout: float | None, hold: Hold) -> None:
        self._running = running
        self._links = running.links
        # As an owner of messages, without a step in between.
        self.accepted = running.accepted
        self.late = running.late
        self._timeout = timeout
        self._hold = hold
        self._outcomes: deque[Outcome] = deque()
        self._under_way = 0
        # Messages that wait for the rules, each with a task: only a shared store takes that long.
        self._asking: set[asyncio.Task[None]] = set()
        self._most = self._links.config.window * self._links.config.binds
        # Those that wait for their turn at the links: one, or as many as had to ask.
        self._queued: set[Submission[Any]] = set()
        self._wake: asyncio.Future[None] | None = None
        # No more messages will come, or their source failed.
        self._is_exhausted = False
        self._failure: Exception | None = None

    def wake(self) -> None:
        """Let the run look again: a slot may be free, or an outcome known."""
        wake, self._wake = self._wake, None
        if wake is not None and not wake.done():
            wake.set_result(None)

    async def run(
        self, messages: Iterable[Message[Any]] | AsyncIterable[Message[Any]]
    ) -> AsyncGenerator[Outcome]:
        """Send all of *messages* and yield every outcome."""
        if isinstance(messages, AsyncIterable):
            source = _Source(messages, self)
            take, is_ready, close = source.take, source.is_ready, source.close
        else:
            take, is_ready, close = iter(messages).__next__, _always, _nothing
        outcomes = self._outcomes
        self._running.begin_batch(self)
        try:
            while True:
                self._pull(take)
                if outcomes and not self._under_way:
                    # Where each message fails at once, others would never get their turn.
                    await asyncio.sleep(0)
                if not outcomes:
                    if self._is_over():
                        return
                    if self._is_exhausted or not is_ready() or self._room <= 0:
                        await self._something()
                while outcomes:
                    yield outcomes.popleft()
        finally:
            self._running.end_batch(self)
            await close()
            await self._stop_asking()
            for submission in self._queued:
                self._running.withdraw(submission)

    def _pull(self, take: Callable[[], Message[Any]]) -> None:
        """Send what there is room for, and no more than so many whose outcomes are unread."""
        if self._is_exhausted:
            return
        room, outcomes, most = self._room, self._outcomes, self._most
        while room > 0 and len(outcomes) < most:
            try:
                message = take()
            except StopIteration:
                self._is_exhausted = True
                return
            except Exception as error:  # noqa: BLE001 - raised when all outcomes are told
                self._is_exhausted, self._failure = True, error
                return
            if message is NOT_YET:
                return
            unread, now = len(outcomes), self._running.now()
            submission = self._admitted(message, now)
            if submission is not None:
                self._links.submit(submission, now)
                if not submission.wants_slot:
                    room -= submission.parts
                    continue
                self._queued.add(submission)
            if len(outcomes) > unread:
                # It failed at once: no slot bounds those, so they are pulled as they are read.
                return
            room = self._room

    def _is_over(self) -> bool:
        """Whether all outcomes were told; what ended the messages early is raised behind them."""
        if self._under_way:
            return False
        if self._failure is not None:
            raise self._failure
        if self._links.is_closing and not self._is_exhausted:
            raise ClientClosedError("it was left before send_many had sent all")
        return self._is_exhausted

    @property
    def _room(self) -> int:
        """Messages that may be asked for now."""
        if len(self._asking) >= self._most:
            return 0
        # Without a link one message waits in the queue, so that its patience ends some time.
        is_first = not self._under_way and not self._links.is_closing
        return self._links.room or is_first

    def _admitted(self, message: Message[Any], now: float) -> Submission[Any] | None:
        """Return a message that may go; None for one that has to wait or has an outcome."""
        try:
            submission, blocked = self._running.enter(message, self._timeout, self, now)
        except InvalidMessageError as error:
            self._outcomes.append(FailedSubmission(message, error))
            return None
        self._under_way += 1
        if blocked is not None:
            self._wait_for_rules(submission, blocked)
            return None
        return submission

    def settled(self, submission: Submission[Any]) -> None:
        """Take the fate of a message."""
        self._under_way -= 1
        if self._queued:
            self._queued.discard(submission)
        if submission.failure is None:
            self._running.accepted_messages += 1
            self._outcomes.append(submission)
        else:
            self._running.failed(submission)
            self._outcomes.append(FailedSubmission(submission.message, submission.failure))
        if self._wake is not None:
            self.wake()

    def _wait_for_rules(self, submission: Submission[Any], blocked: Blocked) -> None:
        """Let a message wait on its own for what the rules say."""
        if not isinstance(blocked, Held) or self._hold.patience:
            task = asyncio.ensure_future(self._ask(submission, blocked))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        else:
            now = self._running.gate.now()
            self._fail(submission, held_error(submission.message, blocked, now=now))

    async def _ask(self, submission: Submission[Any], blocked: Blocked) -> None:
        """Wait for the rules, then send, or tell that they hold it."""
        try:
            await self._running.gate.ask(submission, blocked, self._hold)
        except SendError as error:
            self._fail(submission, error)
        else:
            self._links.submit(submission, self._running.now())
            if submission.wants_slot:
                self._queued.add(submission)

    async def _stop_asking(self) -> None:
        """Let nobody wait for the rules any more."""
        for task in self._asking:
            task.cancel()
        if self._asking:
            await asyncio.wait(self._asking)

    def _fail(self, submission: Submission[Any], error: SendError) -> None:
        """Take it that a message never got as far as the links."""
        self._under_way -= 1
        self._outcomes.append(FailedSubmission(submission.message, error))
        self.wake()

    async def _something(self) -> None:
        """Wait until there is an outcome, a message or a slot."""
        self._wake = asyncio.get_running_loop().create_future()
        await self._wake


NOT_YET: Any = object()
"""Stands for a message that an async iterable hasn't got ready."""


class _Source:
    """Messages of an async iterable; the next one is asked for while outcomes come in."""

    def __init__(self, messages: AsyncIterable[Message[Any]], batch: BulkSend) -> None:
        self._messages = aiter(messages)
        self._batch = batch
        self._next: asyncio.Task[Message[Any]] | None = None

    def is_ready(self) -> bool:
        """Whether `take` would have something to do."""
        return self._next is None or self._next.done()

    def take(self) -> Message[Any]:
        """Return the next message if it is there, else `NOT_YET`.

        Raises:
            StopIteration: There is none.
            Exception: What the iterable raised.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._pull())
            self._next.add_done_callback(lambda _: self._batch.wake())
        if not self._next.done():
            return cast("Message[Any]", NOT_YET)
        task, self._next = self._next, None
        message = task.result()
        if message is NOT_YET:
            raise StopIteration
        return message

    async def _pull(self) -> Message[Any]:
        """Wait for the next message; `NOT_YET` at the end, for no task may raise StopIteration."""
        return await anext(self._messages, cast("Message[Any]", NOT_YET))

    async def close(self) -> None:
        """Stop waiting for the next message."""
        task = self._next
        if task is None:
            return
        task.cancel()
        # Whoever made the iterable may close it next, and can't while it runs.
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # nobody asks for it any more


def _always() -> bool:
    """Say that an ordinary iterable is always ready."""
    return True


async def _nothing() -> None:
    """Nothing is to be ended of an ordinary iterable."""

"""Many messages through one window: pulled when there is room, told when their fate is known.

Rule: no future for a message, and no task unless it has to wait for the rules. The only thing ever
awaited is "something happened".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any

from smsc_async.errors import ClientClosedError, InvalidMessageError, SendError
from smsc_async.gateway.verdict import Admitted, Held, Hold, Verdict, held_error
from smsc_async.submission import FailedSubmission, Submission

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from smsc_async.messages import Message
    from smsc_async.running import Running

Outcome = Submission[Any] | FailedSubmission


class Batch:
    """One run of `send_many`.

    Args:
        running: The client that sends.
        timeout: Seconds for each response; None takes the config's.
        hold: What to do with a message that a rule holds.
    """

    def __init__(self, running: Running, timeout: float | None, hold: Hold) -> None:
        self._running = running
        self._links = running.links
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

    def wake(self) -> None:
        """Let the run look again: a slot may be free, or an outcome known."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def run(
        self, messages: Iterable[Message[Any]] | AsyncIterable[Message[Any]]
    ) -> AsyncGenerator[Outcome]:
        """Send all of *messages* and yield every outcome."""
        if isinstance(messages, AsyncIterable):
            source: _Source | _AsyncSource = _AsyncSource(messages, self)
        else:
            source = _Source(messages)
        outcomes = self._outcomes
        self._running.begin_batch(self)
        try:
            while True:
                self._pull(source)
                if outcomes and not self._under_way:
                    # Where each message fails at once, others would never get their turn.
                    await asyncio.sleep(0)
                if not outcomes:
                    if self._is_over(source):
                        return
                    if not (source.is_ready and self._room > 0):
                        await self._something()
                while outcomes:
                    yield outcomes.popleft()
        finally:
            self._running.end_batch(self)
            await source.close()
            await self._stop_asking()
            for submission in self._queued:
                self._running.withdraw(submission)

    def _pull(self, source: _Source | _AsyncSource) -> None:
        """Send what there is room for, and no more than so many whose outcomes are unread."""
        room, outcomes, most = self._room, self._outcomes, self._most
        while room > 0 and len(outcomes) < most:
            message = source.take()
            if message is None:
                return
            unread = len(outcomes)
            submission = self._submit(message)
            if len(outcomes) > unread:
                # It failed at once: no slot bounds those, so they are pulled as they are read.
                return
            if submission is None or submission.wants_slot:
                room = self._room
            else:
                room -= submission.parts

    def _is_over(self, source: _Source | _AsyncSource) -> bool:
        """Whether all outcomes were told; what ended the messages early is raised behind them."""
        if self._under_way:
            return False
        if source.failure is not None:
            raise source.failure
        if self._links.is_closing and not source.is_exhausted:
            raise ClientClosedError("it was left before send_many had sent all")
        return source.is_exhausted

    @property
    def _room(self) -> int:
        """Messages that may be asked for now."""
        if len(self._asking) >= self._most:
            return 0
        # Without a link one message waits in the queue, so that its patience ends some time.
        is_first = not self._under_way and not self._links.is_closing
        return self._links.room or is_first

    def _submit(self, message: Message[Any]) -> Submission[Any] | None:
        """Send a message off and return it; None for one that has to wait or has an outcome."""
        try:
            submission, verdict = self._running.enter(message, self._timeout)
        except InvalidMessageError as error:
            self._outcomes.append(FailedSubmission(message, error))
            return None
        self._under_way += 1
        if type(verdict) is not Admitted:
            self._wait_for_rules(submission, verdict)
            return None
        self._take_turn(submission)
        return submission

    def _take_turn(self, submission: Submission[Any]) -> None:
        """Hand a message to the links."""
        submission.listener = self._finished
        self._links.submit(submission)
        if submission.wants_slot:
            self._queued.add(submission)

    def _wait_for_rules(self, submission: Submission[Any], verdict: Verdict | None) -> None:
        """Let a message wait on its own for what the rules say."""
        if not isinstance(verdict, Held) or self._hold.patience:
            task = asyncio.ensure_future(self._ask(submission, verdict))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        else:
            now = self._running.gate.now()
            self._fail(submission, held_error(submission.message, verdict, now=now))

    async def _ask(self, submission: Submission[Any], verdict: Verdict | None) -> None:
        """Wait for the rules, then send, or tell that they hold it."""
        try:
            await self._running.gate.ask(submission, verdict, self._hold)
        except SendError as error:
            self._fail(submission, error)
        else:
            self._take_turn(submission)

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

    def _finished(self, submission: Submission[Any]) -> None:
        """Take the fate of a message."""
        self._under_way -= 1
        if self._queued:
            self._queued.discard(submission)
        failure = submission.failure
        if failure is None:
            self._outcomes.append(submission)
        else:
            self._outcomes.append(FailedSubmission(submission.message, failure))
        self.wake()

    async def _something(self) -> None:
        """Wait until there is an outcome, a message or a slot."""
        self._wake = asyncio.get_running_loop().create_future()
        await self._wake


class _Source:
    """Messages of an ordinary iterable."""

    is_ready = True

    def __init__(self, messages: Iterable[Message[Any]]) -> None:
        self._messages: Iterator[Message[Any]] = iter(messages)
        self.failure: Exception | None = None
        self.is_exhausted = False

    def take(self) -> Message[Any] | None:
        """Return the next message, or None at the end."""
        if self.is_exhausted:
            return None
        message = None
        try:
            message = next(self._messages, None)
        except Exception as error:  # noqa: BLE001 - raised when all outcomes are told
            self.failure = error
        self.is_exhausted = message is None
        self.is_ready = not self.is_exhausted
        return message

    async def close(self) -> None:
        """Nothing is left to be ended."""


class _AsyncSource:
    """Messages of an async iterable; the next one is asked for while outcomes come in."""

    def __init__(self, messages: AsyncIterable[Message[Any]], batch: Batch) -> None:
        self._messages = aiter(messages)
        self._batch = batch
        self._next: asyncio.Task[Message[Any] | None] | None = None
        self.failure: Exception | None = None
        self.is_exhausted = False

    @property
    def is_ready(self) -> bool:
        """Whether `take` would have something to do."""
        return not self.is_exhausted and (self._next is None or self._next.done())

    def take(self) -> Message[Any] | None:
        """Return the next message if it is there, else None."""
        if self.is_exhausted:
            return None
        if self._next is None:
            self._next = asyncio.ensure_future(self._pull())
            self._next.add_done_callback(lambda _: self._batch.wake())
        if not self._next.done():
            return None
        task, self._next = self._next, None
        message = task.result()
        self.is_exhausted = message is None
        return message

    async def _pull(self) -> Message[Any] | None:
        """Wait for the next message; None at the end."""
        try:
            return await anext(self._messages, None)
        except Exception as error:  # noqa: BLE001 - raised when all outcomes are told
            self.failure = error
            return None

    async def close(self) -> None:
        """Stop waiting for the next message."""
        if self._next is not None:
            self._next.cancel()
            # Whoever made the iterable may close it next, and can't while it runs.
            await asyncio.wait([self._next])

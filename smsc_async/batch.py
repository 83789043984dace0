"""Many messages through one window: pulled when there is room, told when their fate is known.

Rule: no task and no future for a message. One that is written needs no slot of the caller's; the
only thing ever awaited is "something happened".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any

from smsc_async.errors import ClientClosedError, InvalidMessageError
from smsc_async.submission import FailedSubmission, Submission

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from smsc_async.link import LinkManager
    from smsc_async.messages import Message

Outcome = Submission[Any] | FailedSubmission


class Batch:
    """One run of `send_many`.

    Args:
        links: Where messages go.
        prepare: Makes the submission of a message, to be told when it is finished.
    """

    def __init__(
        self,
        links: LinkManager,
        prepare: Callable[[Message[Any], Callable[[Submission[Any]], None]], Submission[Any]],
    ) -> None:
        self._links = links
        self._prepare = prepare
        self._outcomes: deque[Outcome] = deque()
        self._under_way = 0
        # The only one that may still wait for its turn, see `_may_pull`.
        self._last: Submission[Any] | None = None
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
        try:
            while True:
                self._pull(source)
                if self._outcomes and not self._under_way:
                    # Where each message fails at once, others would never get their turn.
                    await asyncio.sleep(0)
                if not self._outcomes:
                    if self._is_over(source):
                        return
                    if not (self._may_pull and source.is_ready):
                        await self._something()
                while self._outcomes:
                    yield self._outcomes.popleft()
        finally:
            await source.close()
            if self._last is not None:
                self._links.withdraw(self._last)

    def _pull(self, source: _Source | _AsyncSource) -> None:
        """Send what there is room for."""
        # Only while all outcomes are read: messages that fail at once free no slot and take none.
        while self._may_pull and not self._outcomes:
            message = source.take()
            if message is None:
                return
            self._submit(message)

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
    def _may_pull(self) -> bool:
        """Whether the next message may be asked for."""
        # Without a link one message waits in the queue, so that its patience ends some time.
        links = self._links
        return links.can_write or not (self._under_way or links.is_closing)

    def _submit(self, message: Message[Any]) -> None:
        """Send a message off; one that cannot travel is an outcome already."""
        try:
            submission = self._prepare(message, self._finished)
        except InvalidMessageError as error:
            self._outcomes.append(FailedSubmission(message, error))
            return
        self._under_way += 1
        self._last = submission
        self._links.submit(submission)

    def _finished(self, submission: Submission[Any]) -> None:
        """Take the fate of a message."""
        self._under_way -= 1
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

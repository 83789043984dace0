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
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

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
        self._wake: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Let the run look again: a slot may be free, or an outcome known."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def run(
        self, messages: Iterable[Message[Any]] | AsyncIterable[Message[Any]]
    ) -> AsyncIterator[Outcome]:
        """Send all of *messages* and yield every outcome."""
        if isinstance(messages, AsyncIterable):
            source: _Source | _AsyncSource = _AsyncSource(messages, self)
        else:
            source = _Source(messages)
        try:
            while True:
                while self._may_pull and (message := source.take()) is not None:
                    self._submit(message)
                while self._outcomes:
                    yield self._outcomes.popleft()
                if source.is_exhausted and not self._under_way and not self._outcomes:
                    return
                if self._links.is_closing and not self._under_way and not self._outcomes:
                    raise ClientClosedError("it was left before send_many had sent all")
                if not self._outcomes and not (self._may_pull and source.is_ready):
                    await self._something()
        finally:
            source.close()

    @property
    def _may_pull(self) -> bool:
        # Without a link one message waits in the queue, so that its patience ends some time.
        links = self._links
        return links.can_write or not (self._under_way or links.is_closing)

    def _submit(self, message: Message[Any]) -> None:
        try:
            submission = self._prepare(message, self._finished)
        except InvalidMessageError as error:
            self._outcomes.append(FailedSubmission(message, error))
            return
        self._under_way += 1
        self._links.submit(submission)

    def _finished(self, submission: Submission[Any]) -> None:
        self._under_way -= 1
        failure = submission.failure
        if failure is None:
            self._outcomes.append(submission)
        else:
            self._outcomes.append(FailedSubmission(submission.message, failure))
        self.wake()

    async def _something(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        await self._wake


class _Source:
    """Messages of an ordinary iterable."""

    is_ready = True

    def __init__(self, messages: Iterable[Message[Any]]) -> None:
        self._messages: Iterator[Message[Any]] = iter(messages)
        self.is_exhausted = False

    def take(self) -> Message[Any] | None:
        message = next(self._messages, None)
        if message is None:
            self.is_exhausted = True
            self.is_ready = False
        return message

    def close(self) -> None:
        """Nothing is left to be ended."""


class _AsyncSource:
    """Messages of an async iterable; the next one is asked for while outcomes come in."""

    def __init__(self, messages: AsyncIterable[Message[Any]], batch: Batch) -> None:
        self._messages = aiter(messages)
        self._batch = batch
        self._next: asyncio.Task[Message[Any] | None] | None = None
        self.is_exhausted = False

    @property
    def is_ready(self) -> bool:
        return self._next is None or self._next.done()

    def take(self) -> Message[Any] | None:
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
        return await anext(self._messages, None)

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()

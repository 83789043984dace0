"""`send_many`: many messages through one window.

Rule: messages are pulled when there is room and outcomes are yielded as they are known. There is
one wake-up future for the whole run, none for a message, and no task unless a message has to wait
for the rules.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, cast

from pdu._tracebacks import strip_frames
from smsc_async.client.submission import FailedSubmission, Submission
from smsc_async.errors import ClientClosedError, InvalidMessageError, SendError
from smsc_async.rules.verdict import Held, HeldByCheck, Hold

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from smsc_async.client.admission import Blocked
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.client.submission import MessageJob
    from smsc_async.messages import Message


class BulkSend:
    """One run of `send_many`.

    Args:
        runtime: The client that sends.
        timeout: Seconds for each response; None takes the config's.
        hold: What to do with a message that a rule holds.
    """

    def __init__(self, runtime: ClientRuntime, timeout: float | None, hold: Hold) -> None:
        self._runtime = runtime
        self._dispatcher = runtime.dispatcher
        self._timeout = timeout
        self._hold = hold
        self._outcomes: deque[Submission[Any] | FailedSubmission] = deque()
        # What is done with an outcome; no longer kept once the loop was left.
        self._keep: Callable[[Submission[Any] | FailedSubmission], None] = self._outcomes.append
        self._under_way = 0
        # Messages that wait for the rules, a task each: a shared store, or a rule that holds.
        self._admitting: set[asyncio.Task[None]] = set()
        self._limit = runtime.config.window * runtime.config.binds
        # Messages that wait for a slot: one, or as many as waited for the rules.
        self._queued: set[MessageJob[Any]] = set()
        self._wakeup: asyncio.Future[None] | None = None
        # No more messages will come, or their iterable raised.
        self._is_exhausted = False
        self._failure: BaseException | None = None

    def run(
        self, messages: Iterable[Message[Any]] | AsyncIterable[Message[Any]]
    ) -> AsyncGenerator[Submission[Any] | FailedSubmission]:
        """Send all of *messages* and yield every outcome."""
        # No argument of the generator: anything but messages may hold texts, and the frame of a
        # generator is in the traceback of what is thrown into it.
        self._messages = messages
        return self._run()

    async def _run(self) -> AsyncGenerator[Submission[Any] | FailedSubmission]:
        """Send all and yield every outcome."""
        messages = self._messages
        if isinstance(messages, AsyncIterable):
            source = _AsyncSource(messages, self)
            take, is_ready, close = source.take, source.is_ready, source.close
        else:
            take, is_ready, close = iter(messages).__next__, _is_ready, _close
        del messages, self._messages
        outcomes = self._outcomes
        self._dispatcher.room_listeners.add(self)
        try:
            while True:
                self._pull(take)
                if outcomes and not self._under_way:
                    # Messages that all fail at once must not keep other tasks from running.
                    await asyncio.sleep(0)
                if not outcomes:
                    if self._is_over():
                        return
                    if self._is_exhausted or not is_ready() or self._room <= 0:
                        self._wakeup = asyncio.get_running_loop().create_future()
                        await self._wakeup
                while outcomes:
                    yield outcomes.popleft()
        finally:
            self._dispatcher.room_listeners.discard(self)
            self._keep = self._abandon
            for outcome in outcomes:
                self._abandon(outcome)
            await close()
            await self._cancel_admissions()
            for job in self._queued:
                self._runtime.withdraw(job)

    def on_room(self) -> None:
        """Pull again: there may be a free slot, or an outcome."""
        wakeup, self._wakeup = self._wakeup, None
        if wakeup is not None and not wakeup.done():
            wakeup.set_result(None)

    def on_finished(self, job: MessageJob[Any]) -> None:
        """Keep the outcome of a message until it is read."""
        self._under_way -= 1
        if self._queued:
            self._queued.discard(job)
        if job.failure is None:
            self._keep(Submission(job))
        else:
            self._keep(_failed(job.message, job.failure))
        if self._wakeup is not None:
            self.on_room()

    def _abandon(self, outcome: Submission[Any] | FailedSubmission) -> None:
        """Count an outcome that is never yielded, since the loop was left."""
        if isinstance(outcome, Submission):
            self._runtime.count_abandoned(outcome.message_ids, None)
        elif isinstance(outcome.error, SendError):
            self._runtime.count_abandoned(outcome.error.message_ids, outcome.error)

    def _pull(self, take: Callable[[], Message[Any]]) -> None:
        """Send as many messages as there is room for, up to a limit of unread outcomes."""
        if self._is_exhausted:
            return
        room, outcomes, runtime = self._room, self._outcomes, self._runtime
        while room > 0 and len(outcomes) < self._limit:
            try:
                message = take()
            except StopIteration:
                self._is_exhausted = True
                return
            except Exception as error:  # noqa: BLE001 - raised after the last outcome
                self._is_exhausted, self._failure = True, error
                return
            if message is NOT_YET:
                return
            unread, now = len(outcomes), runtime.now()
            try:
                job, blocked = runtime.prepare(message, self._timeout, now, None)
            except InvalidMessageError as error:
                outcomes.append(_failed(message, error))
                return
            job.bulk = self
            self._under_way += 1
            if blocked is not None:
                self._wait_for_rules(job, blocked)
            else:
                self._dispatcher.submit(job, now)
                if not job.has_unsent_parts:
                    room -= job.parts
                    continue
                self._queued.add(job)
            if len(outcomes) > unread:
                # It failed at once and took no slot: pull the next when this outcome is read.
                return
            room = self._room

    def _is_over(self) -> bool:
        """Whether the last outcome was yielded; raises what ended the messages early."""
        if self._under_way:
            return False
        if self._failure is not None:
            raise self._failure
        if self._dispatcher.is_closing and not self._is_exhausted:
            raise ClientClosedError("it was left before send_many had sent all")
        return self._is_exhausted

    @property
    def _room(self) -> int:
        """Messages that may be pulled now."""
        if len(self._admitting) >= self._limit:
            return 0
        # Without a link one message waits in the queue, so that `timeouts.link` ends it.
        is_first = not self._under_way and not self._dispatcher.is_closing
        return self._dispatcher.room or is_first

    def _wait_for_rules(self, job: MessageJob[Any], blocked: Blocked) -> None:
        """Wait for the rules in a task, or fail the message if it may not wait."""
        if isinstance(blocked, SendError):
            self._fail(job, blocked)
        elif not isinstance(blocked, (Held, HeldByCheck)) or self._hold.patience:
            task = asyncio.ensure_future(self._admit(job, blocked))
            self._admitting.add(task)
            task.add_done_callback(self._admitting.discard)
        else:
            self._fail(job, self._runtime.admission.held_error(job.message, blocked))

    async def _admit(self, job: MessageJob[Any], blocked: Blocked) -> None:
        """Wait for the rules, then submit the message or fail it."""
        try:
            await self._runtime.admission.admit(job, blocked, self._hold)
        except SendError as error:
            self._fail(job, error)
        except BaseException as error:  # noqa: BLE001 - raised by the run, after the last outcome
            self._stop(error)
        else:
            self._dispatcher.submit(job, self._runtime.now())
            if job.has_unsent_parts:
                self._queued.add(job)

    async def _cancel_admissions(self) -> None:
        """End the waits for the rules."""
        for task in self._admitting:
            task.cancel()
        if self._admitting:
            await asyncio.wait(self._admitting)

    def _fail(self, job: MessageJob[Any], error: SendError) -> None:
        """Keep the error of a message that was never submitted."""
        self._under_way -= 1
        self._keep(_failed(job.message, error))
        self.on_room()

    def _stop(self, error: BaseException) -> None:
        """Pull no more messages, since a message that waited has ended without an outcome."""
        self._under_way -= 1
        self._is_exhausted = True
        self._failure = error
        self.on_room()

    def __repr__(self) -> str:
        return (
            f"<BulkSend {self._under_way} under way, {len(self._admitting)} wait for the rules,"
            f" {len(self._queued)} for a slot, {len(self._outcomes)} outcomes unread>"
        )


def _failed(message: Message[Any], error: SendError | InvalidMessageError) -> FailedSubmission:
    """Return the outcome of a message that failed; its error shows no variables of ours."""
    strip_frames(error)
    return FailedSubmission(message, error)


NOT_YET: Any = object()
"""Stands for a message that an async iterable doesn't have ready."""


class _AsyncSource:
    """Messages of an async iterable; the next one is awaited while outcomes come in."""

    def __init__(self, messages: AsyncIterable[Message[Any]], bulk: BulkSend) -> None:
        self._messages = aiter(messages)
        self._bulk = bulk
        self._next: asyncio.Task[Message[Any]] | None = None

    def is_ready(self) -> bool:
        """Whether `take` would return a message or start waiting for one."""
        return self._next is None or self._next.done()

    def take(self) -> Message[Any]:
        """Return the next message if it is ready, else `NOT_YET`.

        Raises:
            StopIteration: There is none.
            Exception: What the iterable raised.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(self._anext())
            self._next.add_done_callback(lambda _: self._bulk.on_room())
        if not self._next.done():
            return cast("Message[Any]", NOT_YET)
        task, self._next = self._next, None
        message = task.result()
        if message is NOT_YET:
            raise StopIteration
        return message

    async def _anext(self) -> Message[Any]:
        """Return the next message; `NOT_YET` at the end, since a task can't raise StopIteration."""
        return await anext(self._messages, cast("Message[Any]", NOT_YET))

    async def close(self) -> None:
        """Stop waiting for the next message."""
        task = self._next
        if task is None:
            return
        task.cancel()
        # The iterable's owner may close it next, and can't while it runs.
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # marked as retrieved


def _is_ready() -> bool:
    """An ordinary iterable is always ready."""
    return True


async def _close() -> None:
    """An ordinary iterable has nothing to close."""

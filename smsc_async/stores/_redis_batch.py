"""Script calls in batches, each within the budget.

Rule: all calls of one iteration of the event loop go in one batch, and those made while it is in
flight in the next. So the server decides them in the order in which they were made. The budget is
of each batch, from the call to the server: time in the queue says nothing about the server.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from smsc_async.stores._redis_script import Answer, ScriptCall

    Calls = list[ScriptCall]

CALLS_AT_ONCE: Final = 50
"""Calls of one batch: half of a usual window, so the server decides one half while the other is
sent. The script takes some 10 µs for each call and blocks the server meanwhile."""


class Batcher:
    """Runs the script for all queued calls, one batch at a time.

    Args:
        run: Runs the script and returns its answer.
        budget: Seconds that the server has for a batch.
        on_answer: Called with the calls of a batch and the script's answer.
        on_failure: Called with the calls of the batch that failed, those that the server never got,
            and why.
    """

    def __init__(
        self,
        run: Callable[[Calls], Coroutine[Any, Any, Answer]],
        budget: float,
        *,
        on_answer: Callable[[Calls, Answer], None],
        on_failure: Callable[[Calls, Calls, BaseException], None],
    ) -> None:
        self._run = run
        self.budget = budget
        self._on_answer = on_answer
        self._on_failure = on_failure
        self._queue: deque[ScriptCall] = deque()
        self._flight: asyncio.Task[None] | None = None
        self.abandoned: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """Return the number of queued calls."""
        return len(self._queue)

    def enqueue(self, call: ScriptCall) -> None:
        """Send a call in the next batch."""
        self._queue.append(call)
        self.beat()

    def beat(self) -> None:
        """Call the server, also without a call in the queue."""
        if self._flight is None:
            self._flight = asyncio.get_running_loop().create_task(self._send())

    async def flush(self) -> None:
        """Wait until every call has its answer or has failed. Cancelling is safe."""
        while self._flight is not None:
            await asyncio.wait([self._flight])

    async def run(self, calls: Calls) -> Answer:
        """Run the script, and abandon it if it takes longer than the budget.

        Args:
            calls: Of one batch.

        Raises:
            TimeoutError: It took too long.
        """
        return await self._answer_of(self._start(calls))

    def _start(self, calls: Calls) -> asyncio.Task[Answer]:
        """Run the script in a task that is only awaited within the budget."""
        return asyncio.get_running_loop().create_task(self._run(calls))

    async def _answer_of(self, running: asyncio.Task[Answer]) -> Answer:
        """Return the answer of a task that has just been started.

        When it is late it is cancelled but not awaited: some versions of the client ignore that for
        a while.

        Raises:
            TimeoutError: It took too long.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.budget
        try:
            await asyncio.wait([running], timeout=self.budget)
            late = loop.time() - deadline
            if not running.done() and late > 0:
                # The event loop was held up for so long, and the answer may be there unread.
                await asyncio.wait([running], timeout=min(late, self.budget))
            if not running.done():
                raise TimeoutError
            return running.result()
        finally:
            if not running.done():
                self.abandon(running)

    def abandon(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task without awaiting it."""
        self.detach(task)
        task.cancel()

    def detach(self, task: asyncio.Task[Any]) -> None:
        """Hold a reference to a task until it ends, and ignore its outcome."""
        self.abandoned.add(task)
        task.add_done_callback(self._on_abandoned_done)

    async def aclose(self) -> None:
        """Wait for detached and abandoned tasks, for the budget at most."""
        if self.abandoned:
            await asyncio.wait(self.abandoned, timeout=self.budget)

    def _on_abandoned_done(self, task: asyncio.Task[Any]) -> None:
        """Drop the reference to a task that has ended."""
        self.abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, or asyncio would log it

    async def _send(self) -> None:
        """Run the script for everything in the queue, in order; at least once.

        The next batch is sent before the callers of the last one go on, so the server decides it
        meanwhile.
        """
        calls = self._next_batch()
        running = self._start(calls)
        try:
            while True:
                answer = await self._answer_of(running)
                answered, following = calls, self._next_batch()
                calls = answered + following  # both, should the answer be malformed
                if following:
                    running = self._start(following)
                self._on_answer(answered, answer)
                calls = following
                if not calls:
                    if not self._queue:
                        return
                    calls = self._next_batch()
                    running = self._start(calls)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - or callers would wait for ever
            if not running.done():
                self.abandon(running)
            queued = list(self._queue)
            self._queue.clear()
            self._on_failure(calls, queued, error)
        finally:
            self._flight = None

    def _next_batch(self) -> Calls:
        """Take the next calls from the queue, without those whose caller was cancelled."""
        count = min(CALLS_AT_ONCE, len(self._queue))
        taken = [self._queue.popleft() for _ in range(count)]
        return [call for call in taken if not call.is_cancelled]

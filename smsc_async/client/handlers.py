"""Calls of the user's handlers, `on_receipt` and `on_incoming`.

Rule: handlers run in tasks of their own, never inside the read, at most so many at once; calls
with one key run one after the other, in the order they came. Each call ends with one report: it
returned, it raised, or it was given up because the client is left. What a handler raises ends
nothing else.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from enum import Enum
from logging import ERROR
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import anyio
import anyio.abc

from smsc_async.client.delivery_queue import MAX_UNACKNOWLEDGED
from smsc_async.errors import ConfigError
from smsc_async.instrumentation import LOG, log, place_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smsc_async.receipts import IncomingMessage, Receipt

GRACE = 2.0
"""Seconds that a cancelled handler may take to end when the client is left."""


class CallResult(Enum):
    """How a call of a handler ended."""

    RETURNED = "returned"
    RAISED = "raised"
    GIVEN_UP = "given up"
    """The client is left: cancelled, or never begun."""


class HandlerCall(NamedTuple):
    """A call that waits for its turn.

    Args:
        name: Of the handler, for the log.
        handler: An async function of the user.
        item: Its argument.
        key: Calls with one key run one after the other; None with any other.
        is_due: Asked just before the call; False skips it, without a report.
        on_end: Gets the result.
        is_last_chance: The gateway won't deliver it again: it is still called while the client is
            left.
    """

    name: str
    handler: Callable[[Any], Awaitable[object]]
    item: object
    key: str | None
    is_due: Callable[[], bool]
    on_end: Callable[[CallResult], None]
    is_last_chance: bool = False


class Handlers(NamedTuple):
    """The user's handlers; None where there is none."""

    on_receipt: Callable[[Receipt], Awaitable[object]] | None = None
    on_incoming: Callable[[IncomingMessage], Awaitable[object]] | None = None

    def checked(self) -> Self:
        """Return them, if each is None or an async function.

        Raises:
            ConfigError: One can't be awaited.
        """
        for name, handler in self._asdict().items():
            # An object may have an async `__call__`.
            functions = handler, getattr(type(handler), "__call__", None)  # noqa: B004 - see above
            if handler is not None and not any(map(inspect.iscoroutinefunction, functions)):
                kind = type(handler).__name__
                raise ConfigError(
                    name, kind, f"takes an async function of one argument, got {kind}"
                )
        return self


NO_HANDLERS = Handlers()


class HandlerRunner:
    """Runs calls of handlers, a limited number at once.

    Args:
        concurrency: Calls that run at once, at most.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._ready: deque[HandlerCall] = deque()
        # Calls behind another one with their key, which waits or runs.
        self._behind: dict[str, deque[HandlerCall]] = {}
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: set[asyncio.Task[Any]] = set()
        self._starting = 0
        self._group: anyio.abc.TaskGroup | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._is_closing = False
        self._is_closed = False
        self._ended = asyncio.Event()

    @property
    def is_overfull(self) -> bool:
        """Whether too many calls wait for their turn."""
        return self._waiting >= MAX_UNACKNOWLEDGED

    @property
    def active(self) -> int:
        """Calls that run now."""
        return len(self._tasks) + self._starting

    def open(self) -> None:
        """Start the task that the calls are children of."""
        loop = asyncio.get_running_loop()
        self._supervisor = loop.create_task(self._supervise(), name="smsc-async handlers")

    def submit(self, call: HandlerCall) -> None:
        """Run a call as soon as it is its turn; while the client is left only a last chance.

        Once `close` has cancelled the others, a last chance is given up at once.
        """
        if self._is_closing and not call.is_last_chance:
            return
        if self._is_closed:
            call.on_end(CallResult.GIVEN_UP)
            return
        self._waiting += 1
        if call.key is not None:
            behind = self._behind.get(call.key)
            if behind is not None:
                behind.append(call)
                return
            self._behind[call.key] = deque()
        self._ready.append(call)
        self._start_ready()

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 - the calls are cancelled after it
        """Wait for the calls that run, then cancel them; begin no others but last chances.

        A handler may call this: it waits for the others, and isn't cancelled itself. Cancelling
        cancels the calls at once.

        Args:
            timeout: Seconds to wait; 0 cancels at once.
        """
        if self._supervisor is None:
            return
        self._is_closing = True
        self._give_up_waiting()
        me = asyncio.current_task()
        assert me is not None  # noqa: S101 - called in a task
        self._leaving.add(me)
        try:
            with anyio.move_on_after(timeout):
                while self._others:
                    self._ended.clear()
                    await self._ended.wait()
        finally:
            self._leaving.discard(me)
            await self._cancel_others(me)

    @property
    def _others(self) -> bool:
        """Whether a call waits or runs, but for handlers that leave the client themselves."""
        return bool(self._ready or self._starting or self._tasks - self._leaving)

    def _give_up_waiting(self) -> None:
        """Report the calls that have not begun, but for last chances."""
        waiting = [*self._ready, *(call for calls in self._behind.values() for call in calls)]
        self._ready.clear()
        self._behind.clear()
        self._waiting = 0
        for call in waiting:
            if call.is_last_chance:
                self.submit(call._replace(key=None))
            else:
                call.on_end(CallResult.GIVEN_UP)

    async def _cancel_others(self, me: asyncio.Task[Any]) -> None:
        """Cancel the calls that run, wait a little for their end, and end the supervisor."""
        self._is_closed = True
        ready, self._ready = self._ready, deque()
        for call in ready:
            call.on_end(CallResult.GIVEN_UP)
        others = self._tasks - self._leaving - {me}
        for task in others:
            task.cancel()
        if others:
            _, stuck = await asyncio.wait(others, timeout=GRACE)
            if stuck:
                LOG.error("! %d handlers don't end though they were cancelled", len(stuck))
        supervisor = self._supervisor
        if supervisor is not None and not self._tasks:
            supervisor.cancel()
            await asyncio.wait([supervisor])

    async def _supervise(self) -> None:
        """Be the parent of all calls until the client is left."""
        async with anyio.create_task_group() as group:
            self._group = group
            self._start_ready()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._group = None

    def _start_ready(self) -> None:
        """Begin calls, as long as not too many run."""
        while self._group is not None and self._ready and self.active < self._concurrency:
            call = self._ready.popleft()
            self._waiting -= 1
            self._starting += 1
            self._group.start_soon(self._run, call)

    async def _run(self, call: HandlerCall) -> None:
        """Make one call, report its result, and begin the next one."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is one
        self._starting -= 1
        self._tasks.add(task)
        result: CallResult | None = CallResult.RAISED
        try:
            if call.is_due():
                await call.handler(call.item)
                result = CallResult.RETURNED
            else:
                result = None
        except (KeyboardInterrupt, SystemExit):
            raise
        # CancelledError and GeneratorExit may be the handler's own.
        except BaseException as error:  # noqa: BLE001 - logged
            if self._is_closing and isinstance(error, asyncio.CancelledError):
                result = CallResult.GIVEN_UP
            else:
                log(LOG, ERROR, "! %s raised %s", call.name, place_of(error))
        finally:
            self._tasks.discard(task)
            if result is not None:
                call.on_end(result)
            self._end(call)

    def _end(self, call: HandlerCall) -> None:
        """Let the next call with this key follow, and begin others."""
        if call.key is not None and call.key in self._behind:
            behind = self._behind[call.key]
            if behind:
                self._ready.append(behind.popleft())
            else:
                del self._behind[call.key]
        self._ended.set()
        self._start_ready()
        if self._is_closed and not self._tasks and self._supervisor is not None:
            # The last call was a handler that left the client itself.
            self._supervisor.cancel()

    def __repr__(self) -> str:
        return f"<HandlerRunner {self.active} of {self._concurrency} run, {self._waiting} wait>"

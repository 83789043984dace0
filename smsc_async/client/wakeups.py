"""What a caller of `send` waits for, and how all callers whom one read answers are woken.

Rule: callers go on when all that was read is processed, never before that, and what they send then
is written together. So users' code runs in the callback of the event loop that has read, at its
end; where the result didn't come from a read, in the next iteration of the loop.

An `asyncio.Future` costs a handle of the event loop for each caller (hot path).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context


class Wakeups:
    """The callers of one client that have their results and haven't gone on yet.

    Attributes:
        loop: The client's event loop.
        ready: What they wait for, in the order of the results.
        is_planned: Whether the loop is going to call `run`: not every result is read from a link.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.ready: list[Waiter] = []
        self.is_planned = False

    def add(self, waiter: Waiter) -> None:
        """Let a caller go on at the end of the read, or in the next iteration of the loop."""
        if not self.is_planned:
            self.is_planned = True
            self.loop.call_soon(self.run)
        self.ready.append(waiter)

    def run(self) -> None:
        """Let the callers go on that are ready."""
        self.is_planned = False
        ready, self.ready = self.ready, []
        if not ready:
            return
        if asyncio.current_task(self.loop) is not None:
            # One task can't go on within another, which has called what reads.
            for waiter in ready:
                self.add(waiter)
            return
        for waiter in ready:
            wake_up, context = waiter.wake_up, waiter.context
            # What a waiter that is kept would keep alive.
            waiter.wake_up = waiter.context = None
            if wake_up is None or context is None:
                continue
            try:
                context.run(wake_up, waiter)
            except (KeyboardInterrupt, SystemExit) as error:
                # It ends the loop, as from any task. uvloop would take what is raised within a
                # read for a failure of the connection.
                self.loop.call_soon(_raise, error)

    def __repr__(self) -> str:
        return f"<Wakeups, {len(self.ready)} ready>"


class Waiter:
    """What one task awaits, once: a result, an error or its cancellation.

    To the task it is a future: `asyncio.isfuture` says what makes it one.

    Args:
        wakeups: Of the client.

    Attributes:
        wake_up: Lets the task go on; None before it waits, and once it goes on.
        context: The one that the task runs in.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_error",
        "_is_cancelled",
        "_is_done",
        "_loop",
        "_result",
        "_wakeups",
        "context",
        "wake_up",
    )

    _result: Any

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._loop = wakeups.loop  # compared by the task
        self._is_done = self._is_cancelled = False
        self._error: object = None  # or the message of the cancellation
        self.wake_up: Callable[[Any], object] | None = None
        self.context: Context | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the result. Cancelling is safe."""
        if not self._is_done:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    @property  # type: ignore[misc]  # it can't be assigned
    def __class__(self) -> type[Any]:
        # anyio cancels no task that has its result already, if what it awaits is a future by this.
        return asyncio.Future

    def done(self) -> bool:
        """Whether it has a result or an error, or was cancelled."""
        return self._is_done

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._is_cancelled

    def result(self) -> Any:  # noqa: ANN401 - whatever it was given
        """Return the result or raise the error, once it is done."""
        error = self._error
        if self._is_cancelled:
            # Another one each time: its traceback refers to all that the task was doing.
            raise asyncio.CancelledError(*([] if error is None else [error]))
        if isinstance(error, Exception):
            raise error
        return self._result

    def set_result(self, result: object) -> None:
        """Let the task go on with a result. Only until it is done."""
        self._is_done = True
        self._result = result
        if self.wake_up is not None:
            # As `Wakeups.add` (hot path).
            wakeups = self._wakeups
            if wakeups.is_planned:
                wakeups.ready.append(self)
            else:
                wakeups.add(self)

    def set_exception(self, error: Exception) -> None:
        """Let the task go on with an error. Only until it is done."""
        self._is_done = True
        self._error = error
        if self.wake_up is not None:
            self._wakeups.add(self)

    # What the task calls.

    def add_done_callback(self, wake_up: Callable[[Any], object], *, context: Context) -> None:
        """Keep what lets the task go on."""
        self.wake_up = wake_up
        self.context = context

    def cancel(self, msg: object = None) -> bool:
        """Let the task go on with its cancellation; return False if it was done."""
        if self._is_done:
            return False
        self._is_done = self._is_cancelled = True
        self._error = msg
        if self.wake_up is not None:
            self._wakeups.add(self)
        return True

    def __repr__(self) -> str:
        return f"<Waiter {'done' if self._is_done else 'pending'}>"


def _raise(error: BaseException) -> NoReturn:
    """End the event loop with what a caller has raised."""
    raise error

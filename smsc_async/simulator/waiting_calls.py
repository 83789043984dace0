"""Callers that wait for a message, or for the end of a deliver_sm.

Rule: they go on after the flush in which it happened, so that the responses are written by then.
What they read is the log: a message that was forgotten isn't returned any more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsc_async.simulator.accounts import QueuedDelivery
    from smsc_async.simulator.records import SubmittedMessage
    from smsc_async.simulator.state import SmscState


class WaitingCalls:
    """The calls of `Simulator.wait_for_message` and `Simulator.deliver` that wait.

    Args:
        state: Has the messages and the deliver_sm that they wait for.
    """

    def __init__(self, state: SmscState) -> None:
        self._state = state
        # Messages up to this number were returned, or passed over; up to that one they are flushed.
        self._returned = self._flushed = 0
        self._is_woken = asyncio.Event()
        self._is_closed = False
        self._awaited: dict[QueuedDelivery, asyncio.Future[int]] = {}

    def on_flushed(self) -> None:
        """Wake callers whose result is ready."""
        last_number = self._state.log.last_number
        if last_number > self._flushed:
            self._flushed = last_number
            self._is_woken.set()
        for delivery in self._state.take_ended():
            future = self._awaited.pop(delivery, None)
            if future is not None and not future.done():
                future.set_result(cast("int", delivery.command_status))

    async def next_message(self, timeout: float) -> SubmittedMessage:  # noqa: ASYNC109 - passed through
        """Return the oldest message not returned here before; wait for one if there is none.

        Raises:
            TimeoutError: None came in time.
            RuntimeError: The simulator has ended.
        """
        try:
            async with asyncio.timeout(timeout):
                while (message := self._next_unread()) is None:
                    if self._is_closed:
                        raise _closed()
                    self._is_woken.clear()
                    await self._is_woken.wait()
        except TimeoutError:
            raise TimeoutError(f"no message came in {timeout:g} s") from None
        self._returned = message.number
        return message

    def _next_unread(self) -> SubmittedMessage | None:
        """Return the oldest accepted message that is kept and wasn't returned."""
        message = self._state.log.next_accepted(self._returned, self._flushed)
        if message is None:
            self._returned = self._flushed
        return message

    async def until_ended(self, deliveries: Iterable[QueuedDelivery]) -> int:
        """Wait until each has ended; return the first status that isn't 0, or 0."""
        loop = asyncio.get_running_loop()
        futures = {delivery: loop.create_future() for delivery in deliveries}
        self._awaited.update(futures)
        statuses = await asyncio.gather(*futures.values())
        return next((status for status in statuses if status), 0)

    def close(self) -> None:
        """End every wait with an error: the simulator has ended."""
        self._is_closed = True
        self._is_woken.set()
        for future in self._awaited.values():
            if not future.done():
                future.set_exception(_closed())

    def __repr__(self) -> str:
        return (
            f"<WaitingCalls, {self._returned} of {self._flushed} messages read,"
            f" {len(self._awaited)} awaited deliver_sm>"
        )


def _closed() -> RuntimeError:
    """Return the error of a caller that still waits at the end."""
    return RuntimeError("the simulator was closed meanwhile")

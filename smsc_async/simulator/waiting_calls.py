"""Callers that wait for a message, or for the end of a deliver_sm.

Rule: they go on after the flush in which it happened, so that the responses are written by then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsc_async.simulator.accounts import QueuedDelivery
    from smsc_async.simulator.records import SubmittedMessage
    from smsc_async.simulator.state import SmscState


class WaitingCalls:
    """The calls of `Simulator.wait_for_message` and `Simulator.deliver` that wait.

    Args:
        state: Has the changes they wait for.
    """

    def __init__(self, state: SmscState) -> None:
        self._state = state
        self._unread: deque[SubmittedMessage] = deque()
        self._has_unread = asyncio.Event()
        self._awaited: dict[QueuedDelivery, asyncio.Future[int]] = {}

    def on_flushed(self) -> None:
        """Let those go on that have what they wait for."""
        changes = self._state.take_changes()
        if changes.messages:
            self._unread.extend(changes.messages)
            while len(self._unread) > self._state.scenario.keep:
                self._unread.popleft()
            self._has_unread.set()
        for delivery in changes.deliveries:
            future = self._awaited.pop(delivery, None)
            if future is not None and not future.done():
                future.set_result(cast("int", delivery.command_status))

    async def next_message(self, timeout: float) -> SubmittedMessage:  # noqa: ASYNC109 - passed through
        """Return the oldest message not returned here before; wait for one if there is none."""
        try:
            async with asyncio.timeout(timeout):
                while not self._unread:
                    self._has_unread.clear()
                    await self._has_unread.wait()
        except TimeoutError:
            raise TimeoutError(f"no message came in {timeout:g} s") from None
        return self._unread.popleft()

    async def until_ended(self, deliveries: Iterable[QueuedDelivery]) -> int:
        """Wait until each has ended; return the first status that isn't 0, or 0."""
        loop = asyncio.get_running_loop()
        futures = {delivery: loop.create_future() for delivery in deliveries}
        self._awaited.update(futures)
        statuses = await asyncio.gather(*futures.values())
        return next((status for status in statuses if status), 0)

    def close(self) -> None:
        """End every wait for a deliver_sm with an error: the simulator has ended."""
        for future in self._awaited.values():
            if not future.done():
                future.set_exception(RuntimeError("the simulator was closed meanwhile"))

    def __repr__(self) -> str:
        return (
            f"<WaitingCalls {len(self._unread)} unread messages,"
            f" {len(self._awaited)} awaited deliver_sm>"
        )

"""Waits for a receipt: by its message_id, and for how long.

Rule: a receipt that comes is given to all that wait for its id. If none of them returns it, since
they were cancelled in that moment, it is unclaimed.
"""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Final

import anyio

from smsc_async._base_errors import check_duration
from smsc_async.client.wakeups import Waiter, Wakeups
from smsc_async.errors import ClientClosedError, ConfigError, ReceiptTimeoutError

if TYPE_CHECKING:
    from smsc_async.receipts import Receipt

MANY_ENDED: Final = 1000
"""Waits that have ended before their deadline are purged once so many more of them are remembered
than twice those that go on."""


class ReceiptWaiters:
    """Callers that wait for a receipt of a submission, of whichever message.

    One timer ends all their waits: one for each takes as long as the wait itself (hot path).

    Args:
        wakeups: Of the client; None makes others at the first wait.

    Attributes:
        is_cut_off: Whether the client was left: no receipt will come any more.
        unknown: Number of receipts whose id none of the messages has.
    """

    def __init__(self, wakeups: Wakeups | None = None) -> None:
        self.is_cut_off = False
        self.unknown = 0
        self._wakeups = wakeups
        self._waiting: set[Waiter] = set()
        # When waits end, on the loop's clock, with a number that no other has. Waits that have
        # ended before stay until then, or until they are many.
        self._ends: list[tuple[float, int, Waiter]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, deadline: float | None) -> Waiter:
        """Return what a caller awaits: True for a receipt or the end, False at its deadline.

        Args:
            deadline: On the clock of the event loop; None for no end.

        Raises:
            ClientClosedError: The client belongs to another event loop than that which runs.
        """
        if self._wakeups is None:
            self._wakeups = Wakeups()
        if self._wakeups.loop is not asyncio.get_running_loop():
            raise ClientClosedError("it belongs to another event loop; wait for the receipt there")
        waiter = Waiter(self._wakeups)
        self._waiting.add(waiter)
        if deadline is not None:
            self._count += 1
            heappush(self._ends, (deadline, self._count, waiter))
            if self._ends[0][2] is waiter:
                self._arm()
        return waiter

    def discard(self, waiter: Waiter) -> None:
        """Forget a wait that has ended."""
        self._waiting.discard(waiter)
        if len(self._ends) > MANY_ENDED + 2 * len(self._waiting):
            self._ends = [end for end in self._ends if not end[2].done()]
            heapify(self._ends)

    def cut_off(self) -> None:
        """Wake every caller: the client is left."""
        self.is_cut_off = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(True)
        self._ends.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        """Set the timer for the first end."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(self._ends[0][0], self._on_timer, self._ends[0][0])

    def _on_timer(self, at: float) -> None:
        """End the waits whose deadline has come: *at*, and by now perhaps more."""
        self._timer = None
        ends, now = self._ends, max(at, asyncio.get_running_loop().time())
        while ends and (ends[0][0] <= now or ends[0][2].done()):
            waiter = heappop(ends)[2]
            if not waiter.done():
                waiter.set_result(False)
        if ends:
            self._arm()

    def __repr__(self) -> str:
        return f"<ReceiptWaiters, {len(self)} waiting>"


class ReceiptWait:
    """Callers of `SmscClient.receipt` that wait for the final receipt of one id.

    Attributes:
        waiters: Their futures.
        receipt: The receipt, once it came.
        is_cut_off: Whether the client was left before.
        is_read: Whether one of them has returned it.
        is_alone: Whether nothing else yields it: no submission and no reader.
    """

    __slots__ = ("is_alone", "is_cut_off", "is_read", "receipt", "waiters")

    def __init__(self) -> None:
        self.waiters: list[asyncio.Future[None]] = []
        self.receipt: Receipt | None = None
        self.is_cut_off = False
        self.is_read = False
        self.is_alone = False

    def finish(self, receipt: Receipt, *, is_alone: bool) -> bool:
        """Give the receipt to the callers; return whether one of them still waits."""
        if not self._wake():
            return False
        self.receipt, self.is_alone = receipt, is_alone
        return True

    async def read(
        self,
        message_id: str,
        timeout: float | None,  # noqa: ASYNC109 - a wait with its own error
        everyone: ReceiptWaiters,
    ) -> Receipt:
        """Wait for the receipt, and return it. Cancelling is safe.

        Args:
            message_id: As the caller gave it, for the error.
            timeout: Seconds to wait; None waits as long as it takes.
            everyone: Those who wait for a receipt.

        Raises:
            ReceiptTimeoutError: None came in time.
            ClientClosedError: The client was left before.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        try:
            with anyio.move_on_after(timeout):
                await waiter
            if self.is_cut_off:
                raise ClientClosedError("it was left before the receipt came")
            if self.receipt is None:
                unknown = everyone.unknown
                raise ReceiptTimeoutError(message_id, timeout=timeout or 0.0, unknown=unknown)
            self.is_read = True
            return self.receipt
        finally:
            self.waiters.remove(waiter)

    def cut_off(self) -> None:
        """No receipt will come any more, since the client is left: wake the callers."""
        self.is_cut_off = True
        self._wake()

    def _wake(self) -> bool:
        """Wake the callers; return whether there was one."""
        waiting = [waiter for waiter in self.waiters if not waiter.done()]
        for waiter in waiting:
            waiter.set_result(None)
        return bool(waiting)


def check_wait(timeout: float | None) -> None:
    """Refuse what is no duration of a wait: 0 seconds or more; None and infinity have no end.

    Raises:
        ConfigError: It is negative, NaN, no number, or more than a year.
    """
    if timeout is not None and timeout != inf:
        check_duration("timeout", timeout, may_be_zero=True)


def check_id(message_id: object) -> None:
    """Refuse what is no message_id.

    Raises:
        ConfigError: It is empty or no text.
    """
    if not isinstance(message_id, str) or not message_id:
        kind = "an empty one" if message_id == "" else type(message_id).__name__
        raise ConfigError("message_id", kind, f"takes a text as send returns it, got {kind}")

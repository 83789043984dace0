"""Waits for a receipt: by its message_id, and for how long.

Rule: a receipt that comes is given to all that wait for its id. If none of them returns it, since
they were cancelled in that moment, it is unclaimed.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING

import anyio

from smsc_async._base_errors import check_duration
from smsc_async.errors import ClientClosedError, ConfigError, ReceiptTimeoutError

if TYPE_CHECKING:
    from smsc_async.receipts import Receipt


class ReceiptWaiters(set["asyncio.Future[bool]"]):
    """Futures of the callers that wait for a receipt of a submission, of whichever message.

    Attributes:
        is_cut_off: Whether the client was left: no receipt will come any more.
        unknown: Number of receipts whose id none of the messages has.
    """

    is_cut_off = False
    unknown = 0

    def cut_off(self) -> None:
        """Wake every caller: the client is left."""
        self.is_cut_off = True
        for waiter in self:
            if not waiter.done():
                waiter.set_result(True)


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


def time_out(waiter: asyncio.Future[bool]) -> None:
    """End a wait whose deadline has come."""
    if not waiter.done():
        waiter.set_result(False)

"""Waits for a receipt: by its message_id, and for how long.

Rule: a receipt that comes is given to all that wait for its id. If none of them returns it, since
they were cancelled in that moment, it is unclaimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsc_async.errors import ConfigError

if TYPE_CHECKING:
    import asyncio

    from smsc_async.receipts import Receipt


class ReceiptWaiters(set["asyncio.Future[bool]"]):
    """Futures of the callers that wait for a receipt of a submission, of whichever message.

    Attributes:
        is_cut_off: Whether the client was left: no receipt will come any more.
    """

    is_cut_off = False

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
    """

    __slots__ = ("is_cut_off", "is_read", "receipt", "waiters")

    def __init__(self) -> None:
        self.waiters: list[asyncio.Future[None]] = []
        self.receipt: Receipt | None = None
        self.is_cut_off = False
        self.is_read = False

    def finish(self, receipt: Receipt) -> bool:
        """Give the receipt to the callers; return whether one of them still waits."""
        if not self._wake():
            return False
        self.receipt = receipt
        return True

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
    """Refuse what is no duration of a wait: 0 seconds or more, or None.

    Raises:
        ConfigError: It is negative, NaN or no number.
    """
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if timeout is None or (is_number and timeout >= 0):
        return
    raise ConfigError("timeout", timeout, f"takes 0 seconds or more, or None, got {timeout!r}")


def check_id(message_id: object) -> None:
    """Refuse what is no message_id.

    Raises:
        ConfigError: It is empty or no text.
    """
    if not isinstance(message_id, str) or not message_id:
        kind = "an empty one" if message_id == "" else type(message_id).__name__
        raise ConfigError("message_id", message_id, f"takes a text as send returns it, got {kind}")

"""De-duplication of receipts.

Rule: two receipts are the same if they name the same id and the same error, or without an error
the same state. The gateway reports a status over SMPP, over HTTP or both, and repeats what it
isn't sure was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsc_async.receipts import Receipt

REMEMBERED_RECEIPTS = 50_000
"""At least this many of the newest receipts are kept; at twice as many the older half goes."""

ReceiptKey = tuple[object, ...]
"""What makes two receipts the same; of plain values only, which the garbage collector untracks."""


def key_of(receipt: Receipt) -> ReceiptKey:
    """Return what makes a receipt the same as another."""
    error, state = receipt.error_code, receipt.state
    return receipt.message_id, error, None if error or state is None else int(state)


class ReceiptDeduplicator:
    """The receipts that were handed out, so that none is handed out twice.

    Attributes:
        repeats: Receipts that were recognised.
    """

    def __init__(self) -> None:
        # Two generations: when the current one is full, the previous one goes.
        self._current: set[ReceiptKey] = set()
        self._previous: set[ReceiptKey] = set()
        self.repeats = 0

    def add(self, receipt: Receipt) -> None:
        """Remember a receipt."""
        self._current.add(key_of(receipt))
        if len(self._current) >= REMEMBERED_RECEIPTS:
            self._previous, self._current = self._current, set()

    def is_repeat(self, receipt: Receipt) -> bool:
        """Whether the same receipt was added before; counts it."""
        if not receipt.message_id:
            return False
        key = key_of(receipt)
        if key not in self._current and key not in self._previous:
            return False
        self.repeats += 1
        return True

    def __repr__(self) -> str:
        remembered = len(self._current) + len(self._previous)
        return f"<ReceiptDeduplicator {remembered} receipts, {self.repeats} repeats>"

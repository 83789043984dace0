"""De-duplication of receipts.

Rule: two receipts are the same if they name the same id, the same state and the same error. Of two
final receipts with an error the error alone counts: the gateway reports a status over SMPP, over
HTTP or both, and may name the state of a failure differently. It repeats what it isn't sure was
read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.receipts import Receipt

REMEMBERED_RECEIPTS = 50_000
"""At least the receipts of this many newest ids are kept; at twice as many the older half goes."""

MAX_REPORTS = 16
"""Different receipts that are remembered of one id, the newest."""

Report = tuple[int, int | None, bool]
"""What an id was reported with; of plain values only, which the garbage collector untracks."""


def report_of(receipt: Receipt) -> Report:
    """Return what makes a receipt the same as another of its id.

    Error, state (no matter which, if it is final and there is an error), and whether it is an
    intermediate notification.
    """
    error, state = receipt.error_code or 0, receipt.state
    if state is None or (error and receipt.is_final):
        return error, None, state is None
    return error, int(state), receipt.is_intermediate


class ReceiptDeduplicator:
    """The receipts that were handed out, so that none is handed out twice.

    Args:
        receipt_key: Makes ids of receipts comparable; None compares them as they are.

    Attributes:
        current: What the newer ids were reported with.
        previous: The same for older ids.
        repeats: Receipts that were dropped as repetitions; counted by the caller.
    """

    def __init__(self, receipt_key: Callable[[str], str] | None = None) -> None:
        self._receipt_key = receipt_key
        # Two generations: when the current one is full, the previous one goes.
        self.current: dict[str, tuple[Report, ...]] = {}
        self.previous: dict[str, tuple[Report, ...]] = {}
        self.repeats = 0

    def add(self, receipt: Receipt) -> None:
        """Remember a receipt."""
        key = receipt.message_id
        if self._receipt_key is not None:
            key = self._receipt_key(key)
        known = self.current.get(key)
        report = report_of(receipt)
        if known is None:
            self.current[key] = (report,)
        elif report not in known:
            self.current[key] = (*known[1 - MAX_REPORTS :], report)
        if len(self.current) >= REMEMBERED_RECEIPTS:
            self.previous, self.current = self.current, {}

    def is_repeat(self, receipt: Receipt) -> bool:
        """Whether the same receipt was added before.

        Without an id it never is, nor without a state: two of them may say different things.
        """
        key = receipt.message_id
        if not key or receipt.state is None:
            return False
        if self._receipt_key is not None:
            key = self._receipt_key(key)
        current, previous = self.current.get(key), self.previous.get(key)
        if current is None and previous is None:
            return False
        return report_of(receipt) in (*(current or ()), *(previous or ()))

    def forget(self, key: str) -> None:
        """Forget the receipts of an id, in comparable form: the gateway uses it again."""
        self.current.pop(key, None)
        self.previous.pop(key, None)

    def __repr__(self) -> str:
        remembered = sum(map(len, (*self.current.values(), *self.previous.values())))
        return f"<ReceiptDeduplicator {remembered} receipts, {self.repeats} repeats>"

"""What a send gives back, and how a receipt finds its message.

Rule: an id is learnt from a response and asked for by a receipt, in whichever order they come. A
receipt that overtakes its response waits for it; one that belongs to nobody here is somebody's
all the same, and goes to `receipts()`.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import OrderedDict, deque
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import anyio

from pdu import MessageState
from smsc_async.errors import ClientClosedError, InvalidMessageError, ReceiptTimeoutError, SendError
from smsc_async.link import Outgoing
from smsc_async.messages import HlrQuery, Message, R_co
from smsc_async.receipts import HlrReceipt, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import DataSm, DeliverSm, SubmitSm

KEPT_IDS = 50_000
"""Messages whose receipts are still expected; the oldest are forgotten first."""

KEPT_EARLY = 1_000
"""Receipts that wait for their response."""


class Submission(Outgoing[R_co]):
    """A message that the gateway accepted, and where its receipt arrives.

    `await submission.receipt()` waits for its fate; `receipts` and `state` tell what is known
    now. Keep the object as long as its receipt is of interest: the client itself doesn't.
    """

    __slots__ = (
        "__weakref__",
        "_is_cut_off",
        "_on_accepted",
        "_on_finished",
        "_receipts",
        "_waiters",
    )

    def __init__(
        self,
        message: Message[R_co],
        pdus: list[SubmitSm],
        timeout: float | None,
        on_accepted: Callable[[str, Submission[Any], int], None],
        on_finished: Callable[[Submission[Any]], None],
    ) -> None:
        super().__init__(message, pdus, timeout)
        self._on_accepted = on_accepted
        self._on_finished = on_finished
        self._receipts: dict[int, Receipt] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._is_cut_off = False

    @property
    def message_id(self) -> str:
        """The gateway's id, opaque; of several parts the first one's."""
        return self.message_ids[0] if self.message_ids else ""

    @property
    def receipts(self) -> tuple[R_co | None, ...]:
        """The newest receipt of each part, None where none has come."""
        return tuple(cast("R_co", self._receipts.get(index)) for index in range(self.parts))

    @property
    def state(self) -> MessageState | int:
        """What is known of the whole message now: ENROUTE until something final is."""
        receipt = self._outcome()
        if receipt is None or receipt.state is None:
            return MessageState.ENROUTE
        return receipt.state

    async def receipt(self, timeout: float | None = None) -> R_co:  # noqa: ASYNC109 - a wait with its own error
        """Wait for the final receipt.

        Of a message in parts it is the first one that says that a part will not arrive, or,
        when all have arrived, the last one. Cancelling is safe, and so is asking again.

        Args:
            timeout: Seconds to wait; None waits as long as it takes.

        Raises:
            ReceiptTimeoutError: None came in time. The message itself is fine.
            ClientClosedError: The client was left before it came. The message itself is fine.
        """
        with anyio.move_on_after(timeout):
            while (receipt := self._outcome()) is None:
                if self._is_cut_off:
                    raise ClientClosedError("it was left before the receipt came")
                await self._next_receipt()
            return cast("R_co", receipt)
        raise ReceiptTimeoutError(self.message_id, timeout=timeout or 0.0)

    def take_receipt(self, index: int, receipt: Receipt, pdu: DeliverSm | DataSm) -> None:
        """Keep a receipt of one part and wake whoever waits for it."""
        if isinstance(self.message, HlrQuery) and not isinstance(receipt, HlrReceipt):
            receipt = HlrReceipt.from_pdu(pdu)
        known = self._receipts.get(index)
        # What is final stays, whatever straggles in behind it.
        if known is None or not known.is_final or receipt.is_final:
            self._receipts[index] = receipt
        self._wake()

    def cut_off(self) -> None:
        """Take notice that no receipt will come any more: the client is left."""
        self._is_cut_off = True
        self._wake()

    def _wake(self) -> None:
        """Let whoever waits look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _outcome(self) -> Receipt | None:
        """The receipt that settles the whole message, if there is one."""
        last = None
        for receipt in self._receipts.values():
            if not receipt.is_final:
                continue
            if receipt.state != MessageState.DELIVERED:
                return receipt
            last = receipt
        arrived = sum(receipt.is_final for receipt in self._receipts.values())
        return last if arrived == self.parts else None

    async def _next_receipt(self) -> None:
        """Wait until any receipt of this message comes."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _accepted(self, index: int, message_id: str) -> None:
        """Keep the id of a part, and expect its receipts."""
        super()._accepted(index, message_id)
        self._on_accepted(message_id, self, index)

    def finished(self) -> None:
        """Tell whoever sent it."""
        self._on_finished(self)

    def __repr__(self) -> str:
        ids = ", ".join(repr(message_id) for message_id in self.message_ids)
        return f"Submission({self.message!r}, message_ids=({ids}), state={self.state!r})"


class FailedSubmission(NamedTuple):
    """A message of `send_many` that failed: what `send` would have raised."""

    message: Message[Any]
    error: SendError | InvalidMessageError


class Claim(Enum):
    """Whose a receipt is."""

    TAKEN = "taken"
    """A submission that somebody keeps has it."""
    EARLY = "early"
    """Its response may still come; until then nobody has it."""
    NOBODYS = "nobody's"
    """Of an earlier run, of another process, or of a submission nobody kept."""


class _Expected(NamedTuple):
    """Which part of which submission an id belongs to."""

    submission: weakref.ref[Submission[Any]]
    part: int


class _Early(NamedTuple):
    """A receipt that came before its response."""

    receipt: Receipt
    pdu: DeliverSm | DataSm
    arrived_at: float


class Desk:
    """Brings ids and receipts together.

    Args:
        patience: Seconds that a receipt waits for the response that names its id.
        unclaimed: Called with a receipt that waited in vain.
        claimed: Called with a receipt that waited and has found its message.
        response_key: Makes ids of responses comparable.
        receipt_key: Makes ids of receipts comparable.
    """

    def __init__(
        self,
        patience: float,
        unclaimed: Callable[[Receipt], None],
        claimed: Callable[[Receipt], None] | None = None,
        *,
        response_key: Callable[[str], str] = str,
        receipt_key: Callable[[str], str] = str,
    ) -> None:
        self._patience = patience
        self._unclaimed = unclaimed
        self._claimed = claimed
        self._response_key = response_key
        self._receipt_key = receipt_key
        self._expected: OrderedDict[str, _Expected] = OrderedDict()
        self._early: deque[tuple[str, _Early]] = deque()

    @property
    def expected(self) -> int:
        """Ids whose final receipt has not come."""
        return len(self._expected)

    def learn(self, message_id: str, submission: Submission[Any], index: int) -> None:
        """Expect receipts of an accepted part; hand over those that came before."""
        if not message_id:
            return
        key = self._response_key(message_id)
        self._expected[key] = _Expected(weakref.ref(submission), index)
        if len(self._expected) > KEPT_IDS:
            self._expected.popitem(last=False)
        if self._early:
            self._hand_over_early(key)

    def take(
        self, receipt: Receipt, pdu: DeliverSm | DataSm, *, now: float, may_be_early: bool
    ) -> Claim:
        """Bring a receipt to its message.

        Args:
            receipt: Of any message at all.
            pdu: What it was read from.
            now: The instant, in seconds.
            may_be_early: Whether a response is still owed that could name its id.
        """
        key = self._receipt_key(receipt.message_id)
        if key in self._expected:
            return Claim.TAKEN if self._hand_over(key, receipt, pdu) else Claim.NOBODYS
        if not key or not may_be_early:
            return Claim.NOBODYS
        self._early.append((key, _Early(receipt, pdu, now)))
        if len(self._early) > KEPT_EARLY:
            self._unclaimed(self._early.popleft()[1].receipt)
        return Claim.EARLY

    def next_deadline(self) -> float | None:
        """The instant at which an early receipt has waited in vain, or None."""
        return self._early[0][1].arrived_at + self._patience if self._early else None

    def expire(self, now: float) -> None:
        """Give up receipts that have waited in vain."""
        while self._early and self._early[0][1].arrived_at + self._patience <= now:
            self._unclaimed(self._early.popleft()[1].receipt)

    def close(self) -> None:
        """Give up all receipts that wait, and let nobody wait for one: none will come."""
        for expected in self._expected.values():
            submission = expected.submission()
            if submission is not None:
                submission.cut_off()
        self.give_up_early()

    @property
    def has_early(self) -> bool:
        """Whether receipts wait for their response."""
        return bool(self._early)

    def give_up_early(self) -> None:
        """Give up all receipts that wait: no response is owed any more."""
        while self._early:
            self._unclaimed(self._early.popleft()[1].receipt)

    def _hand_over(self, key: str, receipt: Receipt, pdu: DeliverSm | DataSm) -> bool:
        """Give a receipt to its submission; False if nobody keeps it any more."""
        reference, index = self._expected[key]
        submission = reference()
        if submission is None or receipt.is_final:
            del self._expected[key]
        if submission is None:
            return False
        submission.take_receipt(index, receipt, pdu)
        return True

    def _hand_over_early(self, key: str) -> None:
        """Give out the receipts that waited for this id."""
        waiting = [early for other, early in self._early if other == key]
        if not waiting:
            return
        self._early = deque(item for item in self._early if item[0] != key)
        for early in waiting:
            if key not in self._expected or not self._hand_over(key, early.receipt, early.pdu):
                self._unclaimed(early.receipt)
            elif self._claimed is not None:
                self._claimed(early.receipt)

"""What `send` returns: a message that the gateway accepted, and its receipts.

Rule: users see `Submission`, with seven public names. The rooms of the client work on its
`MessageJob`, which lives as long as its submission, or until it has its outcome.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, cast

import anyio

from pdu import MessageState
from smsc_async.errors import ClientClosedError, InvalidMessageError, ReceiptTimeoutError, SendError
from smsc_async.link import SubmitJob
from smsc_async.messages import HlrQuery, Message, R_co
from smsc_async.receipts import HlrReceipt, Receipt

if TYPE_CHECKING:
    from pdu.codec import Part
    from smsc_async.link.contract import TrafficHandler
    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Token


class BulkRun(Protocol):
    """A run of `send_many`, which collects the outcomes of its messages."""

    def on_finished(self, job: MessageJob[Any]) -> None:
        """A message of the run has its outcome."""


class MessageJob(SubmitJob[R_co]):
    """A message on its way, with what the client remembers of it.

    Args:
        message: What the user made.
        parts: Its submit_sm, in order; at least one.
        timeout: Seconds for each response; None takes the link's.
        traffic: Gets ids and the outcome.

    Attributes:
        waiter: The future that a caller of `send` waits for; its result is the error, or None.
        bulk: The run of `send_many` that it belongs to.
        step: What the rules were asked; None if there are none.
        reservation: What it has reserved with the rules; None where it has nothing.
        admitted_at: Time it was admitted for, on the rule store's clock.
    """

    __slots__ = (
        "__weakref__",
        "_receipt_waiters",
        "_receipts",
        "admitted_at",
        "bulk",
        "is_cut_off",
        "reservation",
        "step",
        "waiter",
    )

    def __init__(
        self,
        message: Message[R_co],
        parts: tuple[Part, ...],
        timeout: float | None,
        traffic: TrafficHandler,
    ) -> None:
        SubmitJob.__init__(self, message, parts, timeout, traffic)  # hot path
        self.waiter: asyncio.Future[SendError | None] | None = None
        self.bulk: BulkRun | None = None
        self.step: Step | None = None
        self.reservation: Token | None = None
        self.admitted_at = 0.0
        # Whether the client was left before a final receipt.
        self.is_cut_off = False
        self._receipts: dict[int, Receipt] | None = None
        self._receipt_waiters: list[asyncio.Future[None]] | None = None

    @property
    def is_outcome_unread(self) -> bool:
        """Whether its outcome was known before its caller, who has gone, could be woken."""
        waiter = self.waiter
        if waiter is None or not waiter.done() or waiter.cancelled():
            return False
        # At the end of `within` the caller gets another error, and the outcome comes later.
        return waiter.result() is self.failure

    @property
    def receipts(self) -> tuple[Receipt | None, ...]:
        """The newest receipt of each part, None where none has come."""
        receipts = self._receipts or {}
        return tuple(receipts.get(index) for index in range(self.parts))

    def add_receipt(self, index: int, receipt: Receipt) -> None:
        """Keep a receipt of one part and wake the callers that wait for it."""
        if isinstance(self.message, HlrQuery) and not isinstance(receipt, HlrReceipt):
            receipt = HlrReceipt.of(receipt)
        if self._receipts is None:
            self._receipts = {}
        known = self._receipts.get(index)
        # A final receipt stays, whatever comes after it.
        if known is None or not known.is_final or receipt.is_final:
            self._receipts[index] = receipt
        self._wake()

    def cut_off(self) -> None:
        """No receipt will come any more, since the client is left: wake the callers."""
        self.is_cut_off = True
        self._wake()

    def final_receipt(self) -> Receipt | None:
        """The receipt that decides the whole message, None as long as there is none."""
        last, arrived = None, 0
        for receipt in (self._receipts or {}).values():
            if receipt.is_final:
                if receipt.state != MessageState.DELIVERED:
                    return receipt
                last, arrived = receipt, arrived + 1
        return last if arrived == self.parts else None

    async def next_receipt(self) -> None:
        """Wait for `add_receipt` or `cut_off`. Cancelling is safe."""
        waiter = asyncio.get_running_loop().create_future()
        if self._receipt_waiters is None:
            self._receipt_waiters = []
        self._receipt_waiters.append(waiter)
        try:
            await waiter
        finally:
            if self._receipt_waiters and waiter in self._receipt_waiters:
                self._receipt_waiters.remove(waiter)

    def _wake(self) -> None:
        """End the wait of all callers."""
        waiters, self._receipt_waiters = self._receipt_waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)


class Submission(Generic[R_co]):
    """A message that the gateway accepted, and its receipts.

    `await submission.receipt()` waits for the final one; `receipts` and `state` are what is known
    now. Keep the object as long as its receipt is of interest: the client itself doesn't.
    """

    __slots__ = ("__weakref__", "_job")

    def __init__(self, job: MessageJob[R_co]) -> None:
        self._job = job

    @property
    def message(self) -> Message[R_co]:
        """The message, as it was given to `send`."""
        return self._job.message

    @property
    def parts(self) -> int:
        """How many submit_sm it was."""
        return self._job.parts

    @property
    def message_id(self) -> str:
        """The gateway's id, opaque; of several parts the first one's.

        Empty if the gateway accepted the message without an id: then no receipt can be matched.
        """
        return next(iter(self._job.message_ids), "")

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The gateway's ids of the accepted parts, in the order of the parts."""
        return self._job.message_ids

    @property
    def receipts(self) -> tuple[R_co | None, ...]:
        """The newest receipt of each part, None where none has come."""
        return cast("tuple[R_co | None, ...]", self._job.receipts)

    @property
    def state(self) -> MessageState | int:
        """State of the whole message: ENROUTE until there is a final receipt."""
        receipt = self._job.final_receipt()
        if receipt is None or receipt.state is None:
            return MessageState.ENROUTE
        return receipt.state

    async def receipt(self, timeout: float | None = None) -> R_co:  # noqa: ASYNC109 - a wait with its own error
        """Wait for the final receipt.

        Of a message in parts it is the first receipt of a part that was not delivered, else the
        last one. Cancelling is safe, and so is calling it again.

        Args:
            timeout: Seconds to wait; None waits as long as it takes.

        Raises:
            ReceiptTimeoutError: None came in time. The message itself is fine.
            ClientClosedError: The client was left before it came. The message itself is fine.
        """
        job = self._job
        with anyio.move_on_after(timeout):
            while (receipt := job.final_receipt()) is None:
                if job.is_cut_off:
                    raise ClientClosedError("it was left before the receipt came")
                await job.next_receipt()
            return cast("R_co", receipt)
        # It may have been read in the turn in which the time was over.
        if (receipt := job.final_receipt()) is not None:
            return cast("R_co", receipt)
        raise ReceiptTimeoutError(self.message_id, timeout=timeout or 0.0)

    def __repr__(self) -> str:
        state = self.state.name if isinstance(self.state, MessageState) else self.state
        return f"Submission({self.message!r}, message_ids={self.message_ids!r}, state={state})"


class FailedSubmission(NamedTuple):
    """A message of `send_many` that failed, with the error that `send` would have raised."""

    message: Message[Any]
    error: SendError | InvalidMessageError

"""What `send` returns: a message that the gateway accepted, and its receipts.

Rule: users see `Submission`, with seven public names. The rooms of the client work on its
`MessageJob`, which lives as long as its submission, or until it has its outcome.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, cast

from pdu import MessageState
from pdu._tracebacks import hide_frames
from pdu.half_made import shows_half_made
from smsc_async._base_errors import ConfigError, InvalidMessageError
from smsc_async.client.receipt_wait import check_wait
from smsc_async.errors import ClientClosedError, NoReceiptError, ReceiptTimeoutError, SendError
from smsc_async.link import SubmitJob
from smsc_async.link.contract import TrafficHandler
from smsc_async.messages import HlrQuery, Message, R_co
from smsc_async.receipts import HlrReceipt, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu.codec import Part
    from smsc_async.client.receipt_wait import ReceiptWaiters
    from smsc_async.client.wakeups import Waiter
    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Token


class BulkRun(Protocol):
    """A run of `send_many`, which collects the outcomes of its messages."""

    def on_finished(self, job: MessageJob[Any]) -> None:
        """A message of the run has its outcome."""


class MessageTraffic(TrafficHandler, Protocol):
    """Gets what becomes of messages, and who waits for their receipts."""

    receipt_waiters: ReceiptWaiters


class ReceiptLog(dict[int, "Receipt"]):
    """The newest receipt of each part of one message, by part.

    Attributes:
        decisive: The receipt that decides the whole message, None while there is none.
        unread: Parts whose receipt the program has not read from the submission, a bit for each.
    """

    # Defaults in the class: most messages have one part and one receipt (hot path).
    decisive: Receipt | None = None
    unread = 0
    _finals = 0
    _waiting: dict[str, list[int]] | None = None

    def add(self, index: int, receipt: Receipt, parts: int, *, is_final: bool) -> None:
        """Keep a receipt of one of so many parts. A final one stays, whatever comes after it."""
        if parts == 1:
            if is_final:
                self.decisive = receipt
            if is_final or self.decisive is None:
                self[0] = receipt
            return
        known = self.get(index)
        was_final = known is not None and known.is_final
        if was_final and not is_final:
            return
        self[index] = receipt
        if is_final:
            self._finals += not was_final
            self._decide(known, receipt, parts)

    def part_of(
        self, key: str, ids: tuple[str | None, ...], comparable: Callable[[str], str]
    ) -> int:
        """Return the part that a receipt belongs to: of parts with one id the newest that waits.

        Args:
            key: The id in comparable form.
            ids: The ids of the parts that are known now.
            comparable: Makes an id comparable.
        """
        if self._waiting is None or not self._waiting.get(key):
            self._waiting = {}
            for index, message_id in enumerate(ids):
                newest = self.get(index)
                if message_id and (newest is None or not newest.is_final):
                    self._waiting.setdefault(comparable(message_id), []).append(index)
        return self._waiting[key][-1]

    def finish_part(self, key: str) -> bool:
        """Count a part as reported; return whether no other part with its id waits."""
        assert self._waiting is not None  # noqa: S101 - by `part_of`
        self._waiting[key].pop()
        return not self._waiting[key]

    def mark_read(self, receipt: Receipt) -> None:
        """Count the receipt of one part as read."""
        for index, known in self.items():
            if known is receipt:
                self.unread &= ~(1 << index)

    def mark_unread(self, receipt: Receipt) -> None:
        """Count the receipt of one part as not read."""
        for index, known in self.items():
            # A query has one part, and its receipt became another.
            if known is receipt or isinstance(known, HlrReceipt):
                self.unread |= 1 << index

    def take_unread(self) -> list[Receipt]:
        """Return the receipts that are unread, and count them as read."""
        unread, self.unread = self.unread, 0
        return [receipt for index, receipt in self.items() if unread >> index & 1]

    def _decide(self, known: Receipt | None, receipt: Receipt, parts: int) -> None:
        """Let a final receipt of a part decide the message, if it does."""
        decisive = self.decisive
        has_failed = decisive is not None and decisive.state != MessageState.DELIVERED
        if has_failed and known is not decisive:
            return
        if receipt.state != MessageState.DELIVERED:
            self.decisive = receipt
        elif has_failed:
            # The gateway has corrected itself.
            last = receipt if self._finals == parts else None
            self.decisive = next(filter(_has_failed, self.values()), last)
        elif self._finals == parts:
            self.decisive = receipt


def _has_failed(receipt: Receipt) -> bool:
    """Whether a receipt says that its part will not be delivered."""
    return receipt.is_final and receipt.state != MessageState.DELIVERED


@shows_half_made
class MessageJob(SubmitJob[R_co]):
    """A message on its way, with what the client remembers of it.

    Args:
        message: What the user made.
        parts: Its submit_sm, in order; at least one.
        timeout: Seconds for each response; None takes the link's.
        traffic: Gets ids and the outcome, and who waits for a receipt.

    Attributes:
        waiter: What a caller of `send` waits for; its result is the error, or None.
        bulk: The run of `send_many` that it belongs to.
        step: What the rules were asked; None if there are none.
        log: Its receipts; None while there are none.
        reservation: What it has reserved with the rules; None where it has nothing.
        admitted_at: Time it was admitted for, on the rule store's clock.
    """

    __slots__ = (
        "__weakref__",
        "_receipt_waiters",
        "admitted_at",
        "bulk",
        "log",
        "reservation",
        "step",
        "waiter",
    )

    _traffic: MessageTraffic

    def __init__(
        self,
        message: Message[R_co],
        parts: tuple[Part, ...],
        timeout: float | None,
        traffic: MessageTraffic,
    ) -> None:
        SubmitJob.__init__(self, message, parts, timeout, traffic)  # hot path
        self.waiter: Waiter | None = None
        self.bulk: BulkRun | None = None
        self.step: Step | None = None
        self.reservation: Token | None = None
        self.admitted_at = 0.0
        self.log: ReceiptLog | None = None
        self._receipt_waiters: list[Waiter] | None = None

    @property
    def is_orphaned(self) -> bool:
        """Whether no submission of it will exist: it failed, or its caller has gone."""
        waiter = self.waiter
        if self.failure is not None:
            return True
        if waiter is None or not waiter.done():
            return False
        return waiter.cancelled() or waiter.result() is not None

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
        log = self.log
        if log is None:
            return (None,) * self.parts
        return tuple([log.get(index) for index in range(self.parts)])

    def add_receipt(
        self, index: int, receipt: Receipt, *, is_final: bool, is_read: bool = True
    ) -> ReceiptLog:
        """Keep a receipt of one part, and wake the callers that wait for it.

        Args:
            index: Which part.
            receipt: Its receipt.
            is_final: As its attribute says.
            is_read: Others get it too, so it needn't be read from the submission.
        """
        if isinstance(self.message, HlrQuery) and not isinstance(receipt, HlrReceipt):
            receipt = HlrReceipt.of(receipt)
        log = self.log
        if log is None:
            self.log = log = ReceiptLog()
        log.add(index, receipt, self.parts, is_final=is_final)
        if not is_read:
            log.unread |= 1 << index
        if self._receipt_waiters is not None:
            self._wake()
        return log

    def open_log(self) -> ReceiptLog:
        """Return its receipts, which begin with the first one."""
        if self.log is None:
            self.log = ReceiptLog()
        return self.log

    def final_receipt(self) -> Receipt | None:
        """The receipt that decides the whole message, None as long as there is none."""
        return None if self.log is None else self.log.decisive

    def mark_read(self) -> None:
        """The program has the receipts that came until now."""
        if self.log is not None:
            self.log.unread = 0

    async def wait_final(self, timeout: float | None) -> Receipt | None:  # noqa: ASYNC109 - see `Submission.receipt`
        """Wait for the receipt that decides the message; None if there is none in time.

        Cancelling is safe.

        Raises:
            ClientClosedError: The client was left before.
        """
        # No cancel scope, which takes several times as long (hot path).
        deadline = None
        if timeout is not None and timeout != inf:
            deadline = asyncio.get_running_loop().time() + timeout
        everyone = self._traffic.receipt_waiters
        while (receipt := self.final_receipt()) is None:
            if everyone.is_cut_off:
                raise ClientClosedError("it was left before the receipt came")
            waiter = everyone.add(deadline)
            if self._receipt_waiters is None:
                self._receipt_waiters = []
            self._receipt_waiters.append(waiter)
            try:
                if not await waiter:
                    return self.final_receipt()
            finally:
                everyone.discard(waiter)
                if self._receipt_waiters and waiter in self._receipt_waiters:
                    self._receipt_waiters.remove(waiter)
        return receipt

    def _wake(self) -> None:
        """End the wait of all callers."""
        waiters, self._receipt_waiters = self._receipt_waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(True)


@shows_half_made
class Submission(Generic[R_co]):
    """A message that the gateway accepted, and its receipts.

    `await submission.receipt()` waits for the final one; `receipts` and `state` are what is known
    now. Keep the object as long as its receipt is of interest: the client itself doesn't. Receipts
    that were not read from it when it is dropped go to `SmscClient.receipts`.
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
        self._job.mark_read()
        return cast("tuple[R_co | None, ...]", self._job.receipts)

    @property
    def state(self) -> MessageState | int:
        """State of the whole message: ENROUTE until there is a final receipt."""
        receipt = self._job.final_receipt()
        if receipt is None or receipt.state is None:
            return MessageState.ENROUTE
        self._job.mark_read()
        return receipt.state

    async def receipt(self, timeout: float | None = None) -> R_co:  # noqa: ASYNC109 - a wait with its own error
        """Wait for the final receipt.

        Of a message in parts it is the first receipt of a part that was not delivered, else the
        last one. Cancelling is safe, and so is calling it again.

        Args:
            timeout: Seconds to wait, 0 or more; None waits as long as it takes.

        Raises:
            NoReceiptError: None was requested, and none has come: see `registered_delivery`.
            ReceiptTimeoutError: None came in time. The message itself is fine.
            ClientClosedError: The client was left before it came, or belongs to another event loop.
                The message itself is fine.
            ConfigError: *timeout* is no duration.
        """
        try:
            check_wait(timeout)
        except BaseException as error:
            hide_frames(error, ConfigError)
            raise
        job = self._job
        if not (job.message.requests_receipt or job.final_receipt()):
            raise NoReceiptError(self.message_id, int(job.message.registered_delivery))
        receipt = await job.wait_final(timeout)
        if receipt is None:
            unknown = job._traffic.receipt_waiters.unknown  # noqa: SLF001 - of this module
            raise ReceiptTimeoutError(self.message_id, timeout=timeout or 0.0, unknown=unknown)
        job.mark_read()
        return cast("R_co", receipt)

    def __repr__(self) -> str:
        receipt = self._job.final_receipt()
        state = "ENROUTE"
        if receipt is not None and isinstance(receipt.state, MessageState):
            state = receipt.state.name
        return f"Submission({self.message!r}, message_ids={self.message_ids!a}, state={state})"


class FailedSubmission(NamedTuple):
    """A message of `send_many` that failed, with the error that `send` would have raised."""

    message: Message[Any]
    error: SendError | InvalidMessageError

    def __repr__(self) -> str:
        given: object = self.message  # anything, as the error says
        shown = repr(given) if isinstance(given, Message) else type(given).__name__
        return f"FailedSubmission(message={shown}, error={self.error!r})"

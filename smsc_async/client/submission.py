"""What a send gives back, and how a receipt finds its message.

Rule: an id is learnt from a response and asked for by a receipt, in whichever order they come. A
receipt that overtakes its response waits for it; one that belongs to nobody here is somebody's
all the same, and goes to `receipts()`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from weakref import ref

import anyio

from pdu import MessageState
from smsc_async.errors import ClientClosedError, InvalidMessageError, ReceiptTimeoutError, SendError
from smsc_async.link import SubmitJob
from smsc_async.messages import HlrQuery, Message, R_co
from smsc_async.receipts import HlrReceipt, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.link.submit_job import Part, SubmitObserver
    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.verdict import Token

KEPT_IDS = 50_000
"""Messages whose receipts are expected at least; of twice as many the oldest half is forgotten."""

DEAD_AT_MOST = 16
"""Submissions that nobody keeps and whose ids are still known: they are cleared away together."""

KEPT_EARLY = 1_000
"""Receipts that wait for their response."""


class Submission(SubmitJob[R_co]):
    """A message that the gateway accepted, and where its receipt arrives.

    `await submission.receipt()` waits for its fate; `receipts` and `state` tell what is known
    now. Keep the object as long as its receipt is of interest: the client itself doesn't.
    """

    __slots__ = (
        "__weakref__",
        "_is_cut_off",
        "_receipts",
        "_waiters",
        "admitted_at",
        "fingerprint",
        "reservation",
        "retries",
        "waiter",
    )

    def __init__(
        self,
        message: Message[R_co],
        parts: tuple[Part, ...],
        timeout: float | None,
        owner: SubmitObserver,
    ) -> None:
        SubmitJob.__init__(self, message, parts, timeout, owner)  # twice as fast as `super()`
        # A caller of `send`.
        self.waiter: asyncio.Future[None] | None = None
        # Its place in the gateway's rules, what it has there, and whose place it takes.
        self.fingerprint: Fingerprint = 0
        self.retries: Token | None = None
        self.reservation: Token | None = None
        self.admitted_at = 0.0
        self._receipts: dict[int, Receipt] | None = None
        self._waiters: list[asyncio.Future[None]] | None = None
        self._is_cut_off = False

    @property
    def message_id(self) -> str:
        """The gateway's id, opaque; of several parts the first one's."""
        return self.message_ids[0] if self.message_ids else ""

    @property
    def receipts(self) -> tuple[R_co | None, ...]:
        """The newest receipt of each part, None where none has come."""
        receipts = self._receipts or {}
        return tuple(cast("R_co", receipts.get(index)) for index in range(self.parts))

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

    def take_receipt(self, index: int, receipt: Receipt) -> None:
        """Keep a receipt of one part and wake whoever waits for it."""
        if isinstance(self.message, HlrQuery) and not isinstance(receipt, HlrReceipt):
            receipt = HlrReceipt.of(receipt)
        if self._receipts is None:
            self._receipts = {}
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
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _outcome(self) -> Receipt | None:
        """The receipt that settles the whole message, if there is one."""
        last = None
        if self._receipts is None:
            return None
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
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if self._waiters and waiter in self._waiters:
                self._waiters.remove(waiter)

    def __repr__(self) -> str:
        ids = ", ".join(repr(message_id) for message_id in self.message_ids)
        return f"Submission({self.message!r}, message_ids=({ids}), state={self.state!r})"


class FailedSubmission(NamedTuple):
    """A message of `send_many` that failed: what `send` would have raised."""

    message: Message[Any]
    error: SendError | InvalidMessageError


class Match(Enum):
    """Whose a receipt is."""

    MATCHED = "taken"
    """A submission that somebody keeps has it."""
    EARLY = "early"
    """Its response may still come; until then nobody has it."""
    UNMATCHED = "nobody's"
    """Of an earlier run, of another process, or of a submission nobody kept."""


class _Expected(ref[Submission[Any]]):
    """A submission whose receipt may come, and the id that it comes under."""

    __slots__ = ("key",)

    key: str


class _Early(NamedTuple):
    """A receipt that came before its response."""

    receipt: Receipt
    arrived_at: float


class ReceiptCorrelator:
    """Brings ids and receipts together.

    Args:
        patience: Seconds that a receipt waits for the response that names its id.
        unclaimed: Called with a receipt that waited in vain.
        claimed: Called with a receipt that waited and has found its message.
        response_key: Makes ids of responses comparable; None compares them as they are.
        receipt_key: Makes ids of receipts comparable; None as above.
    """

    def __init__(
        self,
        patience: float,
        unclaimed: Callable[[Receipt], None],
        claimed: Callable[[Receipt], None] | None = None,
        *,
        response_key: Callable[[str], str] | None = None,
        receipt_key: Callable[[str], str] | None = None,
    ) -> None:
        self._patience = patience
        self._unclaimed = unclaimed
        self._claimed = claimed
        self._response_key = response_key
        self._receipt_key = receipt_key
        # Submissions by id, as long as somebody else keeps them: what stays here the garbage
        # collector would look at again and again. Two generations: when the young one is full the
        # old one goes.
        self._young: dict[str, _Expected] = {}
        self._old: dict[str, _Expected] = {}
        # Those that nobody keeps any more. Noted without a line of ours, as that would be run for
        # every message.
        self._dead: list[_Expected] = []
        self._died = self._dead.append
        self._early: deque[tuple[str, _Early]] = deque()

    @property
    def expected(self) -> int:
        """Ids of submissions that somebody keeps, and whose final receipt has not come."""
        self._clear_away()
        return len(self._young) + len(self._old)

    def learn(self, message_id: str, submission: Submission[Any], _index: int) -> None:
        """Expect receipts of an accepted part; hand over those that came before."""
        if not message_id:
            return
        key = self._response_key(message_id) if self._response_key is not None else message_id
        young = self._young
        young[key] = expected = _Expected(submission, self._died)
        expected.key = key
        if len(young) >= KEPT_IDS:
            self._old, self._young = young, {}
        if len(self._dead) >= DEAD_AT_MOST:
            self._clear_away()
        if self._early:
            self._hand_over_early(key)

    def take(self, receipt: Receipt, *, now: float, may_be_early: bool) -> Match:
        """Bring a receipt to its message.

        Args:
            receipt: Of any message at all.
            now: The instant, in seconds.
            may_be_early: Whether a response is still owed that could name its id.
        """
        key = receipt.message_id
        if self._receipt_key is not None:
            key = self._receipt_key(key)
        if self._expects(key):
            return Match.MATCHED if self._hand_over(key, receipt) else Match.UNMATCHED
        if not key or not may_be_early:
            return Match.UNMATCHED
        self._early.append((key, _Early(receipt, now)))
        if len(self._early) > KEPT_EARLY:
            self._unclaimed(self._early.popleft()[1].receipt)
        return Match.EARLY

    def next_deadline(self) -> float | None:
        """The instant at which an early receipt has waited in vain, or None."""
        return self._early[0][1].arrived_at + self._patience if self._early else None

    def expire(self, now: float) -> None:
        """Give up receipts that have waited in vain."""
        while self._early and self._early[0][1].arrived_at + self._patience <= now:
            self._unclaimed(self._early.popleft()[1].receipt)

    def close(self) -> None:
        """Give up all receipts that wait, and let nobody wait for one: none will come."""
        for find in (*self._old.values(), *self._young.values()):
            submission = find()
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

    def _clear_away(self) -> None:
        """Expect nothing for submissions that nobody keeps."""
        young, old = self._young, self._old
        for expected in self._dead:
            key = expected.key
            known = young if key in young else old
            # The gateway may have used an id twice.
            if known.get(key) is expected:
                del known[key]
        self._dead.clear()

    def _expects(self, key: str) -> bool:
        """Whether an id is known whose final receipt has not come."""
        return key in self._young or key in self._old

    def _hand_over(self, key: str, receipt: Receipt) -> bool:
        """Give a receipt to its submission; False if nobody keeps it any more."""
        expected = self._young if key in self._young else self._old
        submission = expected[key]()
        if submission is None or receipt.is_final:
            del expected[key]
        if submission is None:
            return False
        submission.take_receipt(self._part_of(submission, key), receipt)
        return True

    def _part_of(self, submission: Submission[Any], key: str) -> int:
        """Return which part an id belongs to: the newest of those that have it."""
        same = self._response_key or str
        ids = submission.ids
        return next((n for n in reversed(range(len(ids))) if same(ids[n] or "") == key), 0)

    def _hand_over_early(self, key: str) -> None:
        """Give out the receipts that waited for this id."""
        waiting = [early for other, early in self._early if other == key]
        if not waiting:
            return
        self._early = deque(item for item in self._early if item[0] != key)
        for early in waiting:
            if not self._expects(key) or not self._hand_over(key, early.receipt):
                self._unclaimed(early.receipt)
            elif self._claimed is not None:
                self._claimed(early.receipt)

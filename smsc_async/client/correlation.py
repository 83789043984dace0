"""Matches receipts to messages by message_id.

Rule: an id is registered by a response and matched by a receipt, in whichever order they come. A
receipt that overtakes its response waits for it; a receipt of no message here is unmatched, and
belongs to `receipts()`. So do receipts that a program never read from its submission, once the
submission is gone. Methods return what was decided; the caller acts on it.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from smsc_async.client.receipt_wait import ReceiptWait, ReceiptWaiters

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.dedup import ReceiptDeduplicator
    from smsc_async.client.submission import MessageJob, ReceiptLog
    from smsc_async.receipts import Receipt

REGISTERED_IDS = 50_000
"""At least this many of the newest ids are kept; at twice as many, the older half is dropped."""

MAX_DEAD = 16
"""Ids of messages that were garbage-collected; more of them are removed together."""

MAX_EARLY = 1_000
"""Receipts that wait for their response."""


class Match(Enum):
    """Where a receipt belongs."""

    MATCHED = "matched"
    """Given to a message whose submission is still referenced."""
    AWAITED = "awaited"
    """Given to callers of `SmscClient.receipt` alone: no message here has this id, or not yet."""
    UNKNOWN = "unknown"
    """No message here has this id, or not yet."""
    UNMATCHED = "unmatched"
    """The id is of a message whose submission nothing refers to any more."""


class _Expected(ref["MessageJob[Any]"]):
    """A message whose receipt may come, and the id that it comes under.

    Attributes:
        log: The receipts that came; set by the first one.
    """

    __slots__ = ("key", "log")

    key: str
    log: ReceiptLog


class _Early(NamedTuple):
    """A receipt that came before its response; *is_shared* if others have it already."""

    key: str
    receipt: Receipt
    arrived_at: float
    is_shared: bool


class ReceiptCorrelator:
    """Ids of accepted parts, and receipts that came before their response.

    Args:
        patience: Seconds that a receipt waits for the response that names its id.
        dedup: Receipts that were handed out: those of an id that is used again are forgotten.
        response_key: Makes ids of responses comparable; None compares them as they are.
        receipt_key: Makes ids of receipts comparable; None as above.

    Attributes:
        early: Receipts that wait for their response, by number in the order they came.
        tracks_unread: Whether receipts that a program doesn't read from its submission are
            `released` with it; not needed where others get every receipt.
        waiters: Callers that wait for a receipt of a submission.
    """

    def __init__(
        self,
        patience: float,
        dedup: ReceiptDeduplicator,
        *,
        response_key: Callable[[str], str] | None = None,
        receipt_key: Callable[[str], str] | None = None,
    ) -> None:
        self.early: dict[int, _Early] = {}
        self.tracks_unread = True
        self._early_by_key: dict[str, list[int]] = {}
        self._early_count = 0
        self._patience = patience
        self._dedup = dedup
        self._response_key = response_key
        self._receipt_key = receipt_key
        # Weak references, in two generations: when the current one is full, the previous one goes.
        self._current: dict[str, _Expected] = {}
        self._previous: dict[str, _Expected] = {}
        # Messages that have receipts, as long as their submission is referenced.
        self._reported: dict[str, _Expected] = {}
        # The callback of the weak references is `list.append`, without a Python frame (hot path).
        self._dead: list[_Expected] = []
        self._on_dead = self._dead.append
        self._released: list[Receipt] = []
        self._waits: dict[str, ReceiptWait] = {}
        self._finished: ReceiptWait | None = None
        self.waiters = ReceiptWaiters()

    @property
    def expected(self) -> int:
        """Ids whose message is kept and has no final receipt."""
        self._remove_dead()
        return len(self._current) + len(self._previous)

    def register(self, job: MessageJob[Any], message_id: str) -> tuple[tuple[Receipt, Match], ...]:
        """Expect receipts of an accepted part.

        Returns:
            The early receipts of this id, with their matches, and receipts that were not read from
            submissions that are gone now, as unmatched ones.
        """
        if not message_id:
            return ()
        # As `key_of_response` (hot path).
        key = self._response_key(message_id) if self._response_key is not None else message_id
        current = self._current
        current[key] = expected = _Expected(job, self._on_dead)
        expected.key = key
        if len(current) >= REGISTERED_IDS:
            self._previous, self._current = current, {}
        if len(self._dead) >= MAX_DEAD:
            released = tuple([(receipt, Match.UNMATCHED) for receipt in self.release()])
            return released + self._match_early(key) if self.early else released
        return self._match_early(key) if self.early else ()

    def match(self, receipt: Receipt) -> Match:
        """Hand a receipt to its message, and to callers that wait for its id."""
        return self._hand_over(self.key_of(receipt), receipt)

    def match_repeat(self, receipt: Receipt) -> Match:
        """Hand over a receipt that equals an earlier one, if a message waits for it.

        Returns:
            UNKNOWN where nothing waits: a repetition. The id of a message without any receipt was
            used before; of several parts with one id each gets a final receipt.
        """
        key = self.key_of(receipt)
        generation = self._current if key in self._current else self._previous
        expected = generation.get(key)
        is_new = expected is not None and self._reported.get(key) is not expected
        if is_new or (expected is not None and receipt.is_final):
            return self._hand_over(key, receipt)
        if key in self._waits and receipt.is_final:
            self._finish_wait(key, receipt)
        return Match.UNKNOWN

    def mark_unread(self, receipt: Receipt) -> None:
        """Count the receipt handed over last as unread: no reader gets it, against `tracks_unread`.

        A submission releases it, or callers of `SmscClient.receipt` that are cancelled now.
        """
        wait = self._finished
        if wait is not None and wait.receipt is receipt:
            wait.is_alone = True
        else:
            self._reported[self.key_of(receipt)].log.mark_unread(receipt)

    def release(self) -> list[Receipt]:
        """Return the receipts that were not read from submissions that are gone now."""
        if self._dead:
            self._remove_dead()
        released, self._released = self._released, []
        return released

    def adopt_unread(self, earlier: ReceiptCorrelator) -> None:
        """Release what submissions of an earlier use of the client keep unread, once they are gone.

        Called before anything else, and after the earlier one's `release`.
        """
        self._reported = {
            key: expected for key, expected in earlier._reported.items() if expected.log.unread
        }
        # Their weak references call the earlier list.
        self._dead, self._on_dead = earlier._dead, earlier._on_dead

    def find(self, key: str) -> Receipt | None:
        """Return the final receipt of a message here, or an early one; None if there is none.

        Args:
            key: An id in comparable form, see `key_of_response`.
        """
        expected = self._reported.get(key)
        job = None if expected is None else expected()
        if job is not None:
            for receipt in job.receipts:
                if receipt is not None and receipt.is_final and self.key_of(receipt) == key:
                    job.open_log().mark_read(receipt)
                    return receipt
        for number in self._early_by_key.get(key, ()):
            early = self.early[number]
            if early.receipt.is_final:
                if self.tracks_unread:
                    self.early[number] = early._replace(is_shared=True)
                return early.receipt
        return None

    def wait_for(self, key: str) -> ReceiptWait:
        """Return the wait for the final receipt of an id in comparable form."""
        return self._waits.setdefault(key, ReceiptWait())

    def end_wait(self, key: str, wait: ReceiptWait) -> None:
        """Forget a wait that has no callers any more."""
        if self._waits.get(key) is wait:
            del self._waits[key]

    def key_of(self, receipt: Receipt) -> str:
        """Return the id of a receipt in comparable form."""
        key = receipt.message_id
        return key if self._receipt_key is None else self._receipt_key(key)

    def key_of_response(self, message_id: str) -> str:
        """Return the id of a response in comparable form."""
        return message_id if self._response_key is None else self._response_key(message_id)

    def wait_for_response(
        self, receipt: Receipt, now: float, *, is_shared: bool = False
    ) -> list[Receipt]:
        """Keep a receipt of an unknown id until a response names it, or `patience` is over.

        Args:
            receipt: The receipt.
            now: Current time.
            is_shared: Others have it already: only its message is missing, and it is never
                returned as given up.

        Returns:
            The oldest receipts, if there are too many.
        """
        key = self.key_of(receipt)
        self._early_count = number = self._early_count + 1
        self.early[number] = _Early(key, receipt, now, is_shared)
        self._early_by_key.setdefault(key, []).append(number)
        excess = len(self.early) - MAX_EARLY
        return self._give_up(excess)

    def next_deadline(self) -> float:
        """The time at which the oldest early receipt times out; infinity if none waits."""
        return self._oldest_early_at() + self._patience if self.early else math.inf

    def expire(self, now: float) -> list[Receipt]:
        """Return the early receipts that timed out."""
        expired: list[Receipt] = []
        while self.early and self._oldest_early_at() + self._patience <= now:
            expired += self._give_up(1)
        return expired

    def give_up_early(self) -> list[Receipt]:
        """Return all early receipts: no response is outstanding."""
        return self._give_up(len(self.early))

    def cut_off(self) -> None:
        """Wake every caller that waits for a receipt: the client is left."""
        self.waiters.cut_off()
        waits, self._waits = self._waits, {}
        for wait in waits.values():
            wait.cut_off()

    def _remove_dead(self) -> None:
        """Forget the ids of messages that were garbage-collected; release what wasn't read."""
        reported, dedup = self._reported, self._dedup
        has_memory = bool(dedup.current or dedup.previous)
        for expected in self._dead:
            key = expected.key
            generation = self._current if key in self._current else self._previous
            # The gateway may have used an id twice.
            if generation.get(key) is expected:
                del generation[key]
                if has_memory and reported.get(key) is not expected:
                    # What it was reported with is of an earlier message.
                    dedup.forget(key)
            if reported and reported.get(key) is expected:
                del reported[key]
                if expected.log.unread:
                    self._released += expected.log.take_unread()
        self._dead.clear()

    def _hand_over(self, key: str, receipt: Receipt) -> Match:
        """Hand a receipt to the message that is registered under a key, and to waiting callers."""
        is_final = receipt.is_final
        is_awaited = False
        if self._waits and is_final and key in self._waits:
            is_awaited = self._finish_wait(key, receipt)
        generation = self._current if key in self._current else self._previous
        expected = generation.get(key)
        if expected is None:
            if is_awaited:
                return Match.AWAITED
            self.waiters.unknown += 1
            return Match.UNKNOWN
        job = expected()
        # Something else may still refer to the job: a traceback, or the read that goes on.
        if job is None or job.is_orphaned:
            del generation[key]
            return Match.AWAITED if is_awaited else Match.UNMATCHED
        is_read = is_awaited or not self.tracks_unread
        if job.parts == 1:
            log = job.add_receipt(0, receipt, is_final=is_final, is_read=is_read)
            is_done = is_final
        else:
            log = job.open_log()
            index = log.part_of(key, job.ids, self._response_key or str)
            job.add_receipt(index, receipt, is_final=is_final, is_read=is_read)
            is_done = is_final and log.finish_part(key)
        if is_done:
            del generation[key]
            # An older message with this id gets no receipt of the newer one.
            self._previous.pop(key, None)
        expected.log = log
        reported = self._reported
        if key in reported and (older := reported[key]).log is not log:
            self._released += older.log.take_unread()
        reported[key] = expected
        return Match.MATCHED

    def _finish_wait(self, key: str, receipt: Receipt) -> bool:
        """Give a receipt to the callers that wait for its id; return whether there are any."""
        self._finished = wait = self._waits.pop(key)
        return wait.finish(receipt, is_alone=self.tracks_unread)

    def _match_early(self, key: str) -> tuple[tuple[Receipt, Match], ...]:
        """Hand over the receipts that waited for this id, as far as they are expected."""
        numbers = self._early_by_key.get(key)
        if numbers is None:
            return ()
        matches: list[tuple[Receipt, Match]] = []
        while numbers and (key in self._current or key in self._previous):
            early = self._pop_early(numbers[0])
            # It counted as unknown when it came, unless it was a repetition.
            self.waiters.unknown = max(0, self.waiters.unknown - 1)
            match = self._hand_over(key, early.receipt)
            if not early.is_shared:
                matches.append((early.receipt, match))
        return tuple(matches)

    def _oldest_early_at(self) -> float:
        """Return when the oldest early receipt came."""
        return next(iter(self.early.values())).arrived_at

    def _give_up(self, number: int) -> list[Receipt]:
        """Take out so many early receipts, the oldest first; return those that no one else has."""
        oldest = [self._pop_early(next(iter(self.early))) for _ in range(number)]
        return [early.receipt for early in oldest if not early.is_shared]

    def _pop_early(self, number: int) -> _Early:
        """Take out an early receipt."""
        early = self.early.pop(number)
        numbers = self._early_by_key[early.key]
        numbers.remove(number)
        if not numbers:
            del self._early_by_key[early.key]
        return early

    def __repr__(self) -> str:
        registered = len(self._current) + len(self._previous)
        return f"<ReceiptCorrelator {registered} ids, {len(self.early)} early receipts>"

"""Matches receipts to messages by message_id.

Rule: an id is registered by a response and matched by a receipt, in whichever order they come. A
receipt that overtakes its response waits for it; a receipt of no message here is unmatched, and
belongs to `receipts()`. Methods return what was decided; the caller acts on it.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.submission import MessageJob
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
    UNKNOWN = "unknown"
    """No message here has this id, or not yet."""
    UNMATCHED = "unmatched"
    """The id is of a message whose submission nothing refers to any more."""


class _Expected(ref["MessageJob[Any]"]):
    """A message whose receipt may come, and the id that it comes under."""

    __slots__ = ("key",)

    key: str


class _Early(NamedTuple):
    """A receipt that came before its response."""

    key: str
    receipt: Receipt
    arrived_at: float


class ReceiptCorrelator:
    """Ids of accepted parts, and receipts that came before their response.

    Args:
        patience: Seconds that a receipt waits for the response that names its id.
        response_key: Makes ids of responses comparable with the keys of receipts; None compares
            them as they are.

    Attributes:
        early: Receipts that wait for their response, in the order they came.
    """

    def __init__(
        self,
        patience: float,
        *,
        response_key: Callable[[str], str] | None = None,
    ) -> None:
        self.early: deque[_Early] = deque()
        self._patience = patience
        self._response_key = response_key
        # Weak references, in two generations: when the current one is full, the previous one goes.
        self._current: dict[str, _Expected] = {}
        self._previous: dict[str, _Expected] = {}
        # The callback of the weak references is `list.append`, without a Python frame (hot path).
        self._dead: list[_Expected] = []
        self._on_dead = self._dead.append

    @property
    def expected(self) -> int:
        """Ids whose message is kept and has no final receipt."""
        self._remove_dead()
        return len(self._current) + len(self._previous)

    def register(self, job: MessageJob[Any], message_id: str) -> tuple[tuple[Receipt, Match], ...]:
        """Expect receipts of an accepted part; return the early ones of this id, with matches."""
        if not message_id:
            return ()
        key = self._response_key(message_id) if self._response_key is not None else message_id
        current = self._current
        current[key] = expected = _Expected(job, self._on_dead)
        expected.key = key
        if len(current) >= REGISTERED_IDS:
            self._previous, self._current = current, {}
        if len(self._dead) >= MAX_DEAD:
            self._remove_dead()
        return self._match_early(key) if self.early else ()

    def match(self, key: str, receipt: Receipt) -> Match:
        """Hand a receipt to the message whose id has this key: the id, made comparable."""
        generation = self._current if key in self._current else self._previous
        expected = generation.get(key)
        if expected is None:
            return Match.UNKNOWN
        job = expected()
        if job is None or receipt.is_final:
            del generation[key]
        if job is None:
            return Match.UNMATCHED
        job.add_receipt(0 if job.parts == 1 else self._part_of(job, key), receipt)
        return Match.MATCHED

    def wait_for_response(self, key: str, receipt: Receipt, now: float) -> list[Receipt]:
        """Keep a receipt of an unknown id until a response names it, or `patience` is over.

        Returns:
            The oldest receipts, if there are too many.
        """
        self.early.append(_Early(key, receipt, now))
        excess = len(self.early) - MAX_EARLY
        return [self.early.popleft().receipt for _ in range(excess)]

    def next_deadline(self) -> float | None:
        """The time at which the oldest early receipt times out, or None."""
        return self.early[0].arrived_at + self._patience if self.early else None

    def expire(self, now: float) -> list[Receipt]:
        """Return the early receipts that timed out."""
        expired = []
        while self.early and self.early[0].arrived_at + self._patience <= now:
            expired.append(self.early.popleft().receipt)
        return expired

    def give_up_early(self) -> list[Receipt]:
        """Return all early receipts: no response is outstanding."""
        given_up = [early.receipt for early in self.early]
        self.early.clear()
        return given_up

    def cut_off(self) -> None:
        """Wake every caller that waits for a receipt: the client is left."""
        for find in (*self._previous.values(), *self._current.values()):
            job = find()
            if job is not None:
                job.cut_off()

    def _remove_dead(self) -> None:
        """Forget the ids of messages that were garbage-collected."""
        for expected in self._dead:
            key = expected.key
            generation = self._current if key in self._current else self._previous
            # The gateway may have used an id twice.
            if generation.get(key) is expected:
                del generation[key]
        self._dead.clear()

    def _part_of(self, job: MessageJob[Any], key: str) -> int:
        """Return the part that has this id: the newest of several."""
        comparable = self._response_key or str
        ids = job.ids
        return next((n for n in reversed(range(len(ids))) if comparable(ids[n] or "") == key), 0)

    def _match_early(self, key: str) -> tuple[tuple[Receipt, Match], ...]:
        """Hand over the receipts that waited for this id."""
        waited = [early.receipt for early in self.early if early.key == key]
        if waited:
            self.early = deque(early for early in self.early if early.key != key)
        return tuple((receipt, self.match(key, receipt)) for receipt in waited)

    def __repr__(self) -> str:
        registered = len(self._current) + len(self._previous)
        return f"<ReceiptCorrelator {registered} ids, {len(self.early)} early receipts>"

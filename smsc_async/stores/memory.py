"""The rules' memory in this process: nothing is awaited, nothing is kept longer than it matters.

Rule: no task and no timer. What can't matter any more leaves while others come in, a few at a
time and in the order in which it came, so that a million messages leave as much as a thousand.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING

from smsc_async.gateway import flood
from smsc_async.gateway.rulebook import decide, replaces
from smsc_async.gateway.verdict import Admitted, Held
from smsc_async.stores.base import RuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.gateway.flood import Row
    from smsc_async.gateway.rulebook import Step
    from smsc_async.gateway.verdict import Token, Verdict

LEAVING_AT_ONCE = 8
"""Entries of a kind that leave with one message. It brings one: so whatever has piled up goes,
and no single message pays for it all."""

CLEARED_EVERY = 1.0
"""Seconds between two looks at what may leave; entries live for half a minute and more."""

_LONG_AGO = float("-inf")


class MemoryRuleStore(RuleStore):
    """The rules' memory in this process, for one account. The default.

    Needs no event loop and no closing. Clients of one account in one process and one thread may
    share it; several processes share a `RedisRuleStore`.

    Args:
        clock: Seconds of a clock that never goes back.
        key: For the fingerprints of requests, up to 64 octets; random ones by default.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, key: bytes | None = None
    ) -> None:
        self.key = os.urandom(16) if key is None else key
        self._clock = clock
        self._requests: dict[bytes, Admitted] = {}
        self._rows: dict[str, Row] = {}
        self._free_at = _LONG_AGO
        self._token = 0
        # When to look at an entry again, how long it lives, and its key, which is there once.
        self._leaving_requests: deque[tuple[float, float, bytes]] = deque()
        self._leaving_rows: deque[tuple[float, float, str]] = deque()
        self._clear_at = _LONG_AGO

    def __len__(self) -> int:
        """Return how many entries are kept."""
        return len(self._requests) + len(self._rows)

    def __repr__(self) -> str:
        return f"<MemoryRuleStore, {len(self._requests)} requests, {len(self._rows)} rows>"

    def now(self) -> float:
        """Return the instant."""
        return self._clock()

    async def apply(self, step: Step) -> Verdict:
        """Decide; it never awaits, so there is nothing to cancel."""
        return self.apply_now(step, self._clock())

    def apply_now(self, step: Step, now: float, token: Token | None = None) -> Verdict:
        """Decide all rules of a message and remember it, or hold it and remember nothing.

        Args:
            step: The question.
            now: The instant; it never goes back.
            token: Names the reservation; the next number by default.
        """
        if now >= self._clear_at:
            self._clear(now)
        if token is None:
            self._token = token = self._token + 1
        known, row = self._requests.get(step.request), self._rows.get(step.to)
        verdict, joined, self._free_at = decide(step, known, row, self._free_at, now, token)
        if isinstance(verdict, Admitted):
            self._record(step, verdict, joined, known is None, row is None)
        return verdict

    def peek(self, step: Step, now: float) -> Held | None:
        """Say whether a rule would hold the message, and remember nothing."""
        known, row = self._requests.get(step.request), self._rows.get(step.to)
        verdict = decide(step, known, row, now, now, 0)[0]
        return verdict if isinstance(verdict, Held) else None

    def remember(self, step: Step, admitted: Admitted, now: float) -> None:
        """Remember what was admitted elsewhere, whatever the rules here say of it."""
        at, to = admitted.not_before, step.to
        row = self._rows.get(to)
        known = self._requests.get(step.request)
        is_counted = (
            known is not None
            and known.token == admitted.token
            and flood.is_in(row, known.not_before)
        )
        joined = None
        if gap := step.rules.flood_gap:
            last_at = step.last_at(at)
            joined = flood.join(row, step.parts, at, last_at, gap, is_counted)
        self._clear(now)
        self._record(
            step, admitted, joined, step.request not in self._requests, to not in self._rows
        )

    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back, once: the gateway refused the message, or it never went.

        One that stands for an earlier unknown outcome is kept.
        """
        if replaces(step, admitted):
            return
        known = self._requests.get(step.request)
        if known is not None and known.token == admitted.token:
            # Its key stays until its time, or it would stand in line twice.
            self._requests[step.request] = known._replace(not_before=_LONG_AGO)
        row = flood.give_back(self._rows.get(step.to), step.parts, admitted.not_before)
        if row is not None:
            self._rows[step.to] = row

    def postpone(self, step: Step, admitted: Admitted) -> Admitted:
        """Tell that a message is written only now; return the admission that holds from now on."""
        at, was_at = self._clock(), admitted.not_before
        later = admitted._replace(not_before=at)
        row, joined = self._rows.get(step.to), None
        if gap := step.rules.flood_gap:
            last_at = step.last_at(at)
            joined = flood.postpone(row, step.parts, was_at, at, last_at, gap)
        self._record(step, later, joined, step.request not in self._requests, row is None)
        return later

    def _record(
        self,
        step: Step,
        admitted: Admitted,
        row: Row | None,
        is_new_request: bool,  # noqa: FBT001 - called for every message, and keywords cost time
        is_new_row: bool,  # noqa: FBT001 - as above
    ) -> None:
        """Remember an admission, and when to look at it again."""
        window, _, gap, _, _, _ = step.rules
        if window:
            request = step.request
            self._requests[request] = admitted
            if is_new_request:
                self._leaving_requests.append((admitted.not_before + window, window, request))
        if row is not None:
            to = step.to
            self._rows[to] = row
            if is_new_row:
                self._leaving_rows.append((row.last_at + gap, gap, to))

    def _clear(self, now: float) -> None:
        """Let go of what can't matter any more, a few at a time."""
        for _ in range(LEAVING_AT_ONCE):
            if not (self._drop_request(now) | self._drop_row(now)):
                self._clear_at = now + CLEARED_EVERY
                return

    def _drop_request(self, now: float) -> bool:
        """Look at the request that is first in line; return False if it is too early for that."""
        line = self._leaving_requests
        if not line or line[0][0] > now:
            return False
        _, window, request = line.popleft()
        leave_at = self._requests[request].not_before + window
        if leave_at > now:
            line.append((leave_at, window, request))
        else:
            del self._requests[request]
        return True

    def _drop_row(self, now: float) -> bool:
        """Look at the row that is first in line; return False if it is too early for that."""
        line = self._leaving_rows
        if not line or line[0][0] > now:
            return False
        _, gap, to = line.popleft()
        leave_at = self._rows[to].last_at + gap
        if leave_at > now:
            line.append((leave_at, gap, to))
        else:
            del self._rows[to]
        return True

"""The rules' memory in this process: nothing is awaited, nothing is kept longer than it matters.

Rule: no task and no timer. What is remembered lives in two generations. New entries go into the
young one; once nothing in the old one can matter any more it is let go of, and the young one takes
its place. So a million messages leave as much as those of the last two minutes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from smsc_async.gateway import flood
from smsc_async.gateway.rulebook import decide, decide_unknown, replaces
from smsc_async.gateway.verdict import Admitted, Held
from smsc_async.stores.base import RuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.gateway.flood import Row
    from smsc_async.gateway.repeats import Fingerprint
    from smsc_async.gateway.rulebook import Rules, Step
    from smsc_async.gateway.verdict import Token, Verdict

PORTION: Final = 1000
"""Entries of a kind that leave at once, in a fraction of a millisecond: the generation of a busy
account is too big for one message to pay for it."""

PORTIONS: Final = 64
"""In how many portions a generation leaves at most."""

PORTION_EVERY: Final = 0.25
"""Seconds between two portions: all have left before the next generation is old."""

_LONG_AGO: Final = float("-inf")

Kept = tuple[Any, ...]
"""An `Admitted` as it is kept: its values."""

_admitted = tuple.__new__


class MemoryRuleStore(RuleStore):
    """The rules' memory in this process, for one account. The default.

    Needs no event loop and no closing. Clients of one account in one process and one thread may
    share it; several processes share a `RedisRuleStore`.

    Args:
        clock: Seconds of a clock that never goes back.
        key: For the fingerprints of requests, up to 16 octets. None for those that make sense
            in this process alone, and take a tenth of the time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, key: bytes | None = None
    ) -> None:
        self.key = key
        self._clock = clock
        # The young generation, the old one, and what leaves. Plain tuples: the garbage collector
        # doesn't look at those again, as it would at each `Admitted`.
        self._requests: dict[Fingerprint, Kept] = {}
        self._rows: dict[str, Row] = {}
        self._old_requests: dict[Fingerprint, Kept] = {}
        self._old_rows: dict[str, Row] = {}
        self._leaving: tuple[dict[Fingerprint, Kept], dict[str, Row]] = ({}, {})
        self._portion = 0
        self._free_at = _LONG_AGO
        self._last_at = _LONG_AGO  # of those writes that weren't given a free instant
        self._token = 0
        # Of the rules that were asked for: the last ones, and the longest memory of any.
        self._rules: Rules | None = None
        self._memory = 0.0
        # When nothing old matters any more, and when to look after the memory again.
        self._turn_at = _LONG_AGO
        self._look_at = _LONG_AGO

    def __len__(self) -> int:
        """Return how many entries are kept."""
        requests = len(self._requests) + len(self._old_requests) + len(self._leaving[0])
        return requests + len(self._rows) + len(self._old_rows) + len(self._leaving[1])

    def __repr__(self) -> str:
        return f"<MemoryRuleStore, {len(self)} entries>"

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
        rules, request, to, _, _ = step
        if now >= self._look_at or rules is not self._rules:
            self._look_after(rules, now)
        if token is None:
            self._token = token = self._token + 1
        # `_known`, `_row` and `_remember` written out, and `in` is faster than `get` for what isn't
        # there: every message comes by here, and most are new.
        requests, rows, known, row = self._requests, self._rows, None, None
        if request in requests:
            known = _admitted(Admitted, requests[request])
        elif request in self._old_requests:
            known = _admitted(Admitted, self._old_requests[request])
        if to in rows:
            row = rows[to]
        elif to in self._old_rows:
            row = self._old_rows[to]
        elif known is None:
            admitted, rows[to], self._free_at = decide_unknown(step, self._free_at, now, token)
            requests[request] = tuple(admitted)
            return admitted
        verdict, joined, self._free_at = decide(step, known, row, self._free_at, now, token)
        if type(verdict) is Admitted:
            requests[request] = tuple(verdict)
            if joined is not None:
                rows[to] = joined
        return verdict

    def peek(self, step: Step, now: float) -> Held | None:
        """Say whether a rule would hold the message, and remember nothing."""
        known, row = self._known(step), self._row(step)
        verdict, _, _ = decide(step, known, row, self._free_at, now, self._token)
        return verdict if isinstance(verdict, Held) else None

    def remember(self, step: Step, admitted: Admitted, now: float) -> None:
        """Remember what was admitted elsewhere, whatever the rules here say of it."""
        self._look_after(step.rules, now)
        at, rules = admitted.not_before, step.rules
        known, row = self._known(step), self._row(step)
        is_counted = (
            known is not None
            and known.token == admitted.token
            and flood.is_in(row, known.not_before)
        )
        if rules.flood_gap:
            row = flood.join(row, step.parts, at, step.last_at(at), rules.flood_gap, is_counted)
        self._free_at = max(self._free_at, at + step.parts * rules.interval)
        self._remember(step, admitted, row)

    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back, once: the gateway refused the message, or it never went.

        One that stands for an earlier unknown outcome is kept.
        """
        if replaces(step, admitted):
            return
        for requests in (self._requests, self._old_requests):
            known = requests.get(step.request)
            if known is not None and known[0] == admitted.token:
                del requests[step.request]
        for rows in (self._rows, self._old_rows):
            row = rows.get(step.to)
            if row is not None:
                rows[step.to] = flood.give_back(row, step.parts, admitted.not_before)

    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Tell that a part is written only now; return the admission that holds from now on."""
        now, row, gap = self._clock(), self._row(step), step.rules.flood_gap
        self._look_after(step.rules, now)
        later = admitted.postponed(now, index)
        at, was_at = later.not_before, admitted.not_before
        if gap:
            is_counted = flood.is_in(row, was_at)
            row = flood.join(row, step.parts, at, step.last_at(at), gap, is_counted)
        self._remember(step, later, row)
        return later

    def _known(self, step: Step) -> Admitted | None:
        """Return the newest admission of the same request."""
        kept = self._requests.get(step.request) or self._old_requests.get(step.request)
        return None if kept is None else Admitted(*kept)

    def _row(self, step: Step) -> Row | None:
        """Return the row of the step's recipient."""
        return self._rows.get(step.to) or self._old_rows.get(step.to)

    def _remember(self, step: Step, admitted: Admitted, row: Row | None) -> None:
        """Write an admission down."""
        self._last_at = max(self._last_at, step.last_at(admitted.not_before))
        self._requests[step.request] = tuple(admitted)
        if row is not None:
            self._rows[step.to] = row

    def _look_after(self, rules: Rules, now: float) -> None:
        """Let the old generation go when it is time, and a portion of what leaves."""
        self._rules, self._memory = rules, max(self._memory, rules.memory)
        if now >= self._turn_at:
            self._turn(now)
        if now >= self._look_at:
            for entries in self._leaving:
                for _ in range(min(self._portion, len(entries))):
                    entries.popitem()
            self._look_at = now + PORTION_EVERY if any(self._leaving) else self._turn_at

    def _turn(self, now: float) -> None:
        """Make the young generation the old one, until nothing in it matters any more."""
        self._leaving = self._old_requests, self._old_rows
        self._portion = max(PORTION, len(self._old_requests) // PORTIONS + 1)
        self._old_requests, self._old_rows = self._requests, self._rows
        self._requests, self._rows = {}, {}
        # Nobody was given an instant beyond the next free one.
        self._turn_at = max(now, self._free_at, self._last_at) + self._memory
        self._look_at = now

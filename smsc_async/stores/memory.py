"""The rules' memory in this process: nothing is awaited, nothing is kept longer than it matters.

Rule: no task and no timer. What is remembered lives in two generations. New entries go into the
young one; once nothing in the old one can matter any more it is let go of, and the young one takes
its place. So a million messages leave as much as those of the last two minutes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, cast

from smsc_async.rules import flood
from smsc_async.rules.engine import Step, decide, replaces
from smsc_async.rules.verdict import Admitted, Held
from smsc_async.stores.base import RuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.engine import Question, Rules
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.verdict import Token, Verdict

    KeptStreak = float | Streak
    Shelf = dict[Fingerprint | str, KeptStreak]

SHELVES: Final = 256
"""Tables of a generation. A table that has filled up is made anew, twice as large: one for all
would keep the event loop for milliseconds, and of these each takes microseconds."""

LEAVING_AT_ONCE: Final = 4
"""Shelves of a generation that leave at once, for the same reason."""

LEAVING_EVERY: Final = 0.25
"""Seconds from some to the next: all have left before the next generation is old."""

_SHELF: Final = SHELVES - 1  # what of a hash says which
_LONG_AGO: Final = float("-inf")

_admitted = _step = tuple.__new__  # half the time of calling the named tuple


def _shelves() -> list[Shelf]:
    """Make an empty generation."""
    return [{} for _ in range(SHELVES)]


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
        self.now = clock  # type: ignore[method-assign] # without the method around it
        # The young generation, the old one, and what leaves. What is remembered of a recipient is
        # on one shelf: its row by its number, and wherever that isn't known, no request is either.
        # A request is kept as the instant that it was admitted for, which names its reservation
        # too, and so is the row of a single message: of a million numbers the garbage collector
        # looks at none.
        self._young = _shelves()
        self._old = _shelves()
        self._leaving: list[Shelf] = []
        # Reservations that have another name: they were postponed, sent again, or named elsewhere.
        self._names: dict[Fingerprint, Token] = {}
        self._old_names: dict[Fingerprint, Token] = {}
        self._free_at = _LONG_AGO
        self._last_at = _LONG_AGO  # of those writes that weren't given a free instant
        # Of the rules that were asked for: the last ones, and the longest memory of any.
        self._rules: Rules | None = None
        self._memory = 0.0
        # When nothing old matters any more, and when to look after the memory again.
        self._turn_at = _LONG_AGO
        self._look_at = _LONG_AGO

    def __len__(self) -> int:
        """Return how many entries are kept."""
        return sum(map(len, (*self._young, *self._old, *self._leaving)))

    def __repr__(self) -> str:
        return f"<MemoryRuleStore, {len(self)} entries>"

    def now(self) -> float:
        """Return the instant."""
        return self._clock()

    async def apply(self, step: Step) -> Verdict:
        """Decide; it never awaits, so there is nothing to cancel."""
        return self.decide(step, self._clock())

    def apply_now(self, step: Question, now: float) -> Verdict | float:
        """Decide all rules of a message and remember it, or hold it and remember nothing.

        Args:
            step: The question.
            now: The instant; it never goes back.
        """
        rules, request, to, parts, _ = step
        if now >= self._look_at or rules is not self._rules:
            self._look_after(rules, now)
        number, free_at = hash(to) & _SHELF, self._free_at
        # `in` is faster than `get` for what isn't there: every message comes by here, and most are
        # the first one to their recipient in a while, which nothing can hold.
        young = self._young[number]
        if to in young or to in self._old[number] or parts > 1:
            return self.decide(_step(Step, step), now)
        at = free_at if free_at > now else now  # noqa: FURB136 - `max` takes as long as all the rest
        young[to] = young[request] = at
        self._free_at = at + rules.interval
        return at

    def decide(self, step: Step, now: float, token: Token | None = None) -> Verdict:
        """Decide as `apply_now` does.

        Args:
            step: The question.
            now: The instant; it never goes back.
            token: Names the reservation; by default it is named by its own instant.
        """
        rules, request, to, _, _ = step
        if now >= self._look_at or rules is not self._rules:
            self._look_after(rules, now)
        # `_known` and `_row` written out, as far as most need them.
        number, free_at = hash(to) & _SHELF, self._free_at
        young, old = self._young[number], self._old[number]
        known = self._known(step) if request in young or request in old else None
        kept = young[to] if to in young else old.get(to)
        row = kept if kept is None or isinstance(kept, tuple) else (kept, 1, kept)
        name = token
        if name is None:
            name = free_at if free_at > now else now  # noqa: FURB136 - `max` takes as long as all the rest
        verdict, joined, self._free_at = decide(step, known, row, free_at, now, name)
        if type(verdict) is Admitted:
            self._keep(step, verdict, joined)
        return verdict

    def peek(self, step: Step, now: float) -> Held | None:
        """Say whether a rule would hold the message, and remember nothing."""
        known, row = self._known(step), self._row(step)
        verdict, _, _ = decide(step, known, row, self._free_at, now, now)
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
        known, row = self._known(step), self._row(step)
        if known is not None and known.token == admitted.token:
            for kept in (*self._shelves_of(step), self._names, self._old_names):
                kept.pop(step.request, None)
        if row is not None:
            young, old = self._shelves_of(step)
            shelf = young if step.to in young else old
            shelf[step.to] = flood.give_back(row, step.parts, admitted.not_before)

    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Tell that a part is written only now; return the admission that holds from now on."""
        now, (rules, request, to, parts, replaced) = self._clock(), step
        self._look_after(rules, now)
        young, at = self._young[hash(to) & _SHELF], admitted.not_before
        if (
            young.get(to) == at == young.get(request) == admitted.token
            and parts == 1
            and replaced is None
        ):
            # The only one in its row, under its own name: as if it were asked only now. Behind a
            # long queue all are late.
            young[to] = young[request] = now
            self._last_at = max(self._last_at, now)
            return _admitted(Admitted, (now, now, rules.interval))
        row, gap = self._row(step), rules.flood_gap
        later = admitted.postponed(now, index)
        at, was_at = later.not_before, admitted.not_before
        if gap:
            is_counted = flood.is_in(row, was_at)
            row = flood.join(row, step.parts, at, step.last_at(at), gap, is_counted)
        self._remember(step, later, row)
        return later

    def _shelves_of(self, step: Step) -> tuple[Shelf, Shelf]:
        """Return where the step's recipient is remembered, the young shelf and the old one."""
        number = hash(step.to) & _SHELF
        return self._young[number], self._old[number]

    def _known(self, step: Step) -> Admitted | None:
        """Return the newest admission of the same request."""
        request, (young, old) = step.request, self._shelves_of(step)
        at = cast("float | None", young.get(request, old.get(request)))
        if at is None:
            return None
        name: Token = at
        if self._names or self._old_names:
            name = self._names.get(request, self._old_names.get(request, at))
        return _admitted(Admitted, (name, at, step.rules.interval))

    def _row(self, step: Step) -> Streak | None:
        """Return the row of the step's recipient."""
        young, old = self._shelves_of(step)
        row = young.get(step.to, old.get(step.to))
        return row if row is None or isinstance(row, tuple) else (row, 1, row)

    def _remember(self, step: Step, admitted: Admitted, row: Streak | None) -> None:
        """Write an admission down that nobody was given the instant of."""
        self._last_at = max(self._last_at, step.last_at(admitted.not_before))
        self._keep(step, admitted, row)

    def _keep(self, step: Step, admitted: Admitted, row: Streak | None) -> None:
        """Write an admission down."""
        token, at, _ = admitted
        _, request, to, _, _ = step
        shelf = self._young[hash(to) & _SHELF]
        shelf[request] = at
        if self._names or self._old_names:
            self._names.pop(request, None)
            self._old_names.pop(request, None)
        if token != at:
            self._names[request] = token
        shelf[to] = at if row is None else row

    def _look_after(self, rules: Rules, now: float) -> None:
        """Let the old generation go when it is time, and a portion of what leaves."""
        self._rules, self._memory = rules, max(self._memory, rules.memory)
        if now >= self._turn_at:
            self._turn(now)
        if now >= self._look_at:
            del self._leaving[:LEAVING_AT_ONCE]
            self._look_at = now + LEAVING_EVERY if self._leaving else self._turn_at

    def _turn(self, now: float) -> None:
        """Make the young generation the old one, until nothing in it matters any more."""
        self._leaving = [shelf for shelf in self._old if shelf]
        self._old, self._young = self._young, _shelves()
        self._old_names, self._names = self._names, {}
        # Nobody was given an instant beyond the next free one.
        self._turn_at = max(now, self._free_at, self._last_at) + self._memory
        self._look_at = now

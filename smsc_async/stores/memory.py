"""Rule state in this process: nothing is awaited, and old state is dropped.

Rule: no task and no timer. Entries live in two generations. New ones go into the current
generation; once no rule needs any entry of the previous one, that is dropped and the current one
takes its place. So a million messages leave as much state as those of the last two minutes.
"""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final, cast

from pdu.half_made import shows_half_made
from smsc_async.rules import flood
from smsc_async.rules.engine import decide, replaces
from smsc_async.rules.verdict import ANY_TIME, Admitted, Held
from smsc_async.stores.base import RuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.engine import Rules, Step
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.verdict import Token, Verdict

    Shard = dict[Fingerprint | str, float | Streak]

SHARDS: Final = 256
"""Dicts of a generation. A full dict is rebuilt at twice the size, which takes milliseconds for a
single large one and microseconds for each of these."""

EVICTED_AT_ONCE: Final = 4
"""Shards of a generation that are dropped at once, for the same reason."""

EVICTION_INTERVAL: Final = 0.25
"""Seconds between two such drops: all are done before the next generation is due."""

_SHARD: Final = SHARDS - 1  # mask: the bits of a hash that select the shard
_LONG_AGO: Final = float("-inf")
_ROUNDING: Final = 1.001  # times an interval: a turn is the last one if the free time is this near

_new = tuple.__new__  # hot path


def _generation() -> list[Shard]:
    """Make an empty generation."""
    return [{} for _ in range(SHARDS)]


@shows_half_made
class MemoryRuleStore(RuleStore):
    """Rule state in this process, for one account. The default.

    Needs no event loop and no closing. Clients of one account in one process and one thread may
    share it; several processes share a `RedisRuleStore`.

    Args:
        clock: Seconds of a clock that never goes back; a `MovableClock` wakes what waits.
        key: For the fingerprints of requests, up to 16 octets. None for those that are valid in
            this process only, and take a tenth of the time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, key: bytes | None = None
    ) -> None:
        self.key = key
        self.now = clock  # not wrapped in a method: hot path
        # All state of a recipient is in one shard: the streak under the number, and each request
        # under its fingerprint. A request is stored as the time that it was admitted for, which
        # is the token of its reservation, too; so is the streak of a single message. The garbage
        # collector has no object to visit there: hot path.
        self._current = _generation()
        self._previous = _generation()
        self._evicting: list[Shard] = []
        # Reservations with another token: postponed, sent again, or made by another store.
        self._tokens: dict[Fingerprint, Token] = {}
        self._previous_tokens: dict[Fingerprint, Token] = {}
        self._free_at = _LONG_AGO
        self._returned: list[float] = []  # turns before `_free_at` that were given back, in order
        self._last_at = _LONG_AGO  # latest write time not assigned from `_free_at`
        # The rules of the last step, and the longest memory that any step asked for.
        self._rules: Rules | None = None
        self._memory = 0.0
        # When the previous generation may be dropped, and when maintenance is due.
        self._rotate_at = _LONG_AGO
        self._maintain_at = _LONG_AGO

    def __len__(self) -> int:
        """Return the number of entries."""
        return sum(map(len, (*self._current, *self._previous, *self._evicting)))

    def __repr__(self) -> str:
        return f"<MemoryRuleStore, {len(self)} entries>"

    @property
    def free_at(self) -> float:
        """The next time that isn't assigned yet."""
        return self._free_at

    def assign_after(self, at: float) -> None:
        """Assign no time before *at*."""
        self._free_at = max(self._free_at, at)

    async def apply(self, step: Step) -> Verdict:
        """Decide; it never awaits, so there is nothing to cancel."""
        return self.decide(step, self.now())

    def apply_now(self, step: Step, now: float) -> Verdict | float:
        """Decide all rules of a message: reserve its place, or hold it and change nothing.

        Args:
            step: The question.
            now: The current time; it never goes back.
        """
        rules, request, to, parts, _ = step
        if now >= self._maintain_at or rules is not self._rules:
            self._maintain(rules, now)
        # Hot path: no rule can hold one short message to a subscriber without a streak.
        number, free_at = hash(to) & _SHARD, self._free_at
        shard = self._current[number]
        if to in shard or to in self._previous[number] or parts > 1:
            return self.decide(step, now)
        at = now
        if free_at > now:
            if self._returned:
                return self.decide(step, now)
            at = free_at
        shard[to] = shard[request] = at
        self._free_at = at + rules.interval
        return at

    def decide(self, step: Step, now: float, token: Token | None = None) -> Verdict:
        """Decide as `apply_now` does.

        Args:
            step: The question.
            now: The current time; it never goes back.
            token: For the reservation; by default its own time.
        """
        rules, request, to, parts, _ = step
        if now >= self._maintain_at or rules is not self._rules:
            self._maintain(rules, now)
        # `_admission` and `_streak` inlined: hot path.
        number, free_at = hash(to) & _SHARD, self._free_at
        current, previous = self._current[number], self._previous[number]
        known = self._admission(step) if request in current or request in previous else None
        kept = current[to] if to in current else previous.get(to)
        streak = kept if kept is None or isinstance(kept, tuple) else (kept, 1, kept)
        is_returned = bool(self._returned) and self._has_returned(parts, now)
        if is_returned:
            free_at = self._returned[0]
        if token is None:
            token = free_at if free_at > now else now  # noqa: FURB136 - hot path
        verdict, joined, next_free_at = decide(step, known, streak, free_at, now, token)
        if type(verdict) is Admitted:
            if is_returned:
                del self._returned[0]
            else:
                self._free_at = next_free_at
            self._record(step, verdict, joined)
        return verdict

    def peek(self, step: Step, now: float) -> Held | None:
        """Return what would hold the message, and change nothing."""
        if self._is_new(step):
            return None
        known, streak = self._admission(step), self._streak(step)
        free_at = self._returned[0] if self._has_returned(step[3], now) else self._free_at
        verdict, _, _ = decide(step, known, streak, free_at, now, now)
        return verdict if isinstance(verdict, Held) else None

    def remember(self, step: Step, admitted: Admitted, now: float) -> None:
        """Record an admission that another store made, whatever the state here says of it."""
        rules, request, to, parts, _ = step
        token, at, _, _ = admitted
        if now >= self._maintain_at or rules is not self._rules:
            self._maintain(rules, now)
        self._free_at = max(self._free_at, at + parts * rules.interval)
        if parts == 1 and self._is_new(step):
            # Hot path: alone in its streak, as in `apply_now`.
            shard = self._current[hash(to) & _SHARD]
            shard[to] = shard[request] = at
            if token != at:
                self._tokens[request] = token
            self._last_at = max(self._last_at, at)
            return
        known, streak = self._admission(step), self._streak(step)
        is_counted = (
            known is not None and known.token == token and flood.is_in(streak, known.not_before)
        )
        self._join(step, admitted, streak, is_counted=is_counted)

    def move(self, step: Step, now: float, token: Token) -> Admitted:
        """Give an admitted message another turn, the next free one.

        Args:
            step: The question.
            now: The current time.
            token: Of its reservation.
        """
        at = max(now, self._free_at)
        moved = Admitted(token, at, step[0].interval)
        self.remember(step, moved, now)
        return moved

    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back, once: the gateway refused the message, or it was never written.

        One that replaces an earlier unknown outcome is kept.
        """
        if replaces(step, admitted):
            return
        _, request, to, parts, _ = step
        known, streak = self._admission(step), self._streak(step)
        current, previous = self._shards(step)
        if known is not None and known.token == admitted.token:
            for kept in (current, previous, self._tokens, self._previous_tokens):
                kept.pop(request, None)
        if streak is not None:
            shard = current if to in current else previous
            shard[to] = flood.give_back(streak, parts, admitted.not_before)

    def give_back_turn(self, at: float, interval: float) -> None:
        """Give back a turn in which no message is written; the next message gets it."""
        if not self.now() < at < self._free_at:
            return
        returned = self._returned
        insort(returned, at)
        # Nothing is assigned after those at the end.
        while returned and returned[-1] + interval * _ROUNDING >= self._free_at:
            self._free_at = returned.pop()

    def _has_returned(self, parts: int, now: float) -> bool:
        """Drop the returned turns that are over; return whether a message may have the next one."""
        returned = self._returned
        del returned[: bisect_left(returned, now)]
        # Parts follow each other, and returned turns may not.
        return parts == 1 and bool(returned)

    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Record that a part is written only now; return the admission that replaces *admitted*."""
        now, (rules, request, to, parts, replaced) = self.now(), step
        self._maintain(rules, now)
        shard, at = self._current[hash(to) & _SHARD], admitted.not_before
        if (
            shard.get(to) == at == shard.get(request) == admitted.token
            and parts == 1
            and replaced is None
        ):
            # Hot path: alone in its streak, so it is as if it were admitted only now.
            shard[to] = shard[request] = now
            return _new(Admitted, (now, now, rules.interval, ANY_TIME))
        later, streak = admitted.postponed(now, index), self._streak(step)
        self._join(step, later, streak, is_counted=flood.is_in(streak, at))
        return later

    def _is_new(self, step: Step) -> bool:
        """Return whether there is no entry of the request, and none of its recipient."""
        _, request, to, _, _ = step
        number = hash(to) & _SHARD
        current, previous = self._current[number], self._previous[number]
        return not (to in current or request in current or to in previous or request in previous)

    def _shards(self, step: Step) -> tuple[Shard, Shard]:
        """Return the shards of the step's recipient: of the current and the previous generation."""
        number = hash(step[2]) & _SHARD
        return self._current[number], self._previous[number]

    def _admission(self, step: Step) -> Admitted | None:
        """Return the newest admission of the same request."""
        (rules, request, _, _, _), (current, previous) = step, self._shards(step)
        at = cast("float | None", current.get(request, previous.get(request)))
        if at is None:
            return None
        token: Token = at
        if self._tokens or self._previous_tokens:
            token = self._tokens.get(request, self._previous_tokens.get(request, at))
        return _new(Admitted, (token, at, rules.interval, ANY_TIME))

    def _streak(self, step: Step) -> Streak | None:
        """Return the streak of the step's recipient."""
        to, (current, previous) = step[2], self._shards(step)
        kept = current.get(to, previous.get(to))
        return kept if kept is None or isinstance(kept, tuple) else (kept, 1, kept)

    def _join(
        self, step: Step, admitted: Admitted, streak: Streak | None, *, is_counted: bool
    ) -> None:
        """Record an admission whose time wasn't taken from `_free_at`."""
        (rules, _, _, parts, _), at = step, admitted.not_before
        last_at = at + (parts - 1) * rules.interval
        if rules.flood_gap:
            streak = flood.join(streak, parts, at, last_at, rules.flood_gap, is_counted)
        self._last_at = max(self._last_at, last_at)
        self._record(step, admitted, streak)

    def _record(self, step: Step, admitted: Admitted, streak: Streak | None) -> None:
        """Write an admission and its recipient's streak into the current generation."""
        (token, at, _, _), (_, request, to, _, _) = admitted, step
        shard = self._current[hash(to) & _SHARD]
        shard[request] = at
        if self._tokens or self._previous_tokens:
            self._tokens.pop(request, None)
            self._previous_tokens.pop(request, None)
        if token != at:
            self._tokens[request] = token
        shard[to] = at if streak is None else streak

    def _maintain(self, rules: Rules, now: float) -> None:
        """Rotate the generations when that is due, and drop some shards of the one before."""
        self._rules, self._memory = rules, max(self._memory, rules.memory)
        if now >= self._rotate_at:
            self._rotate(now)
        if now >= self._maintain_at:
            del self._evicting[:EVICTED_AT_ONCE]
            self._maintain_at = now + EVICTION_INTERVAL if self._evicting else self._rotate_at

    def _rotate(self, now: float) -> None:
        """Make the current generation the previous one, until no rule needs its entries."""
        self._evicting = [shard for shard in self._previous if shard]
        self._previous, self._current = self._current, _generation()
        self._previous_tokens, self._tokens = self._tokens, {}
        # No admission is later than `_free_at`, except those in `_last_at`.
        self._rotate_at = max(now, self._free_at, self._last_at) + self._memory
        self._maintain_at = now

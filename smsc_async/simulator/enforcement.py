"""What the simulated gateway's rules say of the messages of one account.

Rule: the client's own rulebook decides, with the gateway's numbers: no margin, and instants are
those of arrival. No clock: `now` is an argument. A message that a rule stops leaves no trace in
any, nor does one that is refused for another reason, for it never comes here.

Two things the rulebook leaves to its user are decided here. A message in parts counts for a flood
with each part, and can be a repeat only as a whole, from its first part's arrival on. And where
the client paces, the gateway counts: so many in any one second, and refuses what is more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from smsc_async.rules.engine import Rules, decide
from smsc_async.rules.limits import GatewayLimits
from smsc_async.rules.verdict import Held

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.engine import Step
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.verdict import Admitted

StoppedBy = Literal["rate", "repeat", "flood"]
"""The rules that stop a message at the gateway."""

PARTS_KEPT: Final = 60.0
"""Seconds that parts wait for each other where no rule says how long."""

_OFF: Final = GatewayLimits.off()


class RuleEnforcement:
    """The rules' memory of one account, and their verdicts.

    The memory is no `MemoryRuleStore`, which is asked in the order of time alone: a message in
    parts counts from its first one, and by then others have come.
    """

    __slots__ = (
        "_arrived",
        "_limits",
        "_memory",
        "_of_part",
        "_of_whole",
        "_remembered",
        "_requests",
        "_streaks",
        "_together",
    )

    def __init__(self) -> None:
        self._requests: dict[Fingerprint, Admitted] = {}
        self._streaks: dict[str, Streak] = {}
        # What was remembered when: a dict is slow to tell its oldest entry.
        self._remembered: deque[tuple[float, Fingerprint, str]] = deque()
        self._memory = 0.0
        self._arrived: deque[float] = deque()
        self._limits = _OFF
        self._together = self._of_part = self._of_whole = Rules()

    def judge(
        self, limits: GatewayLimits, asked: tuple[str, str, Hashable], now: float
    ) -> StoppedBy | None:
        """Judge a message that came in one submit_sm; None lets it pass, and it is remembered.

        Args:
            limits: The gateway's; the margin doesn't count.
            asked: Sender, recipient, and what was written.
            now: The instant of its arrival.
        """
        return self._judge(limits, asked[1], asked, now, is_part=False)

    def judge_part(
        self, limits: GatewayLimits, to: str, place: Hashable, now: float
    ) -> StoppedBy | None:
        """Judge one of several parts: for the rate and for a flood it is a message of its own.

        Args:
            limits: The gateway's.
            to: Recipient.
            place: Which part it is, of which message.
            now: The instant of its arrival.
        """
        return self._judge(limits, to, place, now, is_part=True)

    def judge_whole(
        self, limits: GatewayLimits, asked: tuple[str, str, Hashable], began_at: float, now: float
    ) -> StoppedBy | None:
        """Judge a message whose parts are together now: has the same come within a minute?

        Args:
            limits: The gateway's.
            asked: Sender, recipient, and what was written.
            began_at: The instant of its first part's arrival.
            now: That of its last part's.
        """
        if limits is not self._limits:
            self._adopt(limits)
        return self._apply((self._of_whole, hash(asked), asked[1], 1, None), began_at, now)

    def _judge(
        self, limits: GatewayLimits, to: str, asked: Hashable, now: float, *, is_part: bool
    ) -> StoppedBy | None:
        """Judge one submit_sm by all rules that can be judged by it."""
        if limits is not self._limits:
            self._adopt(limits)
        if limits.rate is not None and self._is_too_fast(limits.rate, now):
            return "rate"
        rules = self._of_part if is_part else self._together
        stopped_by = self._apply((rules, hash(asked), to, 1, None), now, now)
        if stopped_by is None and limits.rate is not None:
            self._arrived.append(now)
        return stopped_by

    def _apply(self, step: Step, at: float, now: float) -> Literal["repeat", "flood"] | None:
        """Decide all rules of a message together; remember it if none stops it."""
        self._forget(now)
        rules, request, to, _, _ = step
        previous, streak = self._requests.get(request), self._streaks.get(to)
        verdict, streak, _ = decide(step, previous, streak, at, at, 0)
        if isinstance(verdict, Held):
            return "repeat" if verdict.rule == "repeat" else "flood"
        if rules.repeat_window:
            self._requests[request] = verdict
        if streak is not None:
            self._streaks[to] = streak
        self._remembered.append((now, request, to))
        return None

    def _forget(self, now: float) -> None:
        """Let go of what no rule asks for any more, unless it has come again since."""
        remembered, oldest = self._remembered, now - self._memory
        while remembered and remembered[0][0] <= oldest:
            _, request, to = remembered.popleft()
            known, streak = self._requests.get(request), self._streaks.get(to)
            if known is not None and known.not_before <= oldest:
                del self._requests[request]
            if streak is not None and streak[2] <= oldest:
                del self._streaks[to]

    def _adopt(self, limits: GatewayLimits) -> None:
        """Go by these limits from now on."""
        self._limits = limits
        self._together = rules = Rules.of(replace(limits, margin=0.0, rate=None))
        self._of_part = rules._replace(repeat_window=0.0)
        self._of_whole = rules._replace(flood_gap=0.0)
        # A message in parts may have begun that long before it is judged.
        parts = limits.multipart_window or PARTS_KEPT
        self._memory = max(rules.repeat_window + parts, rules.flood_gap)

    def _is_too_fast(self, rate: float, now: float) -> bool:
        """Whether as many as are allowed have come within the last second.

        A rate below 1 allows one in so many seconds.
        """
        most = max(1, int(rate))
        while self._arrived and self._arrived[0] <= now - most / rate:
            self._arrived.popleft()
        return len(self._arrived) >= most

    def __repr__(self) -> str:
        return f"<RuleEnforcement, {len(self._requests)} requests, {len(self._streaks)} recipients>"

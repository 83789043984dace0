"""The gateway's rules, applied to the messages of one account.

Rule: the client's rule engine decides, with the gateway's numbers: no margin, and times are
those of arrival. No clock: `now` is an argument, and here a time of the gateway. A message that a
rule stops leaves no trace in any rule. Neither does one refused for another reason: it is never
checked here.

Two things are the simulator's own. A message in parts counts for a flood with each part, and is a
repeat only as a whole, from its first part's arrival on. And where the client paces, the gateway
counts: it refuses what is over the rate in any one second.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from smsc_async.rules.engine import Rules, decide
from smsc_async.rules.limits import GatewayLimits
from smsc_async.rules.verdict import Held

if TYPE_CHECKING:
    from smsc_async.rules.duplicates import Fingerprint
    from smsc_async.rules.flood import Streak
    from smsc_async.rules.verdict import Admitted
    from smsc_async.simulator.scenario import StoppedBy, SubmitView

DEFAULT_PARTS_TIMEOUT: Final = 60.0
"""Seconds that parts wait for each other where no rule says how long."""

_OFF: Final = GatewayLimits.off()


class RuleEnforcement:
    """The memory of the rules for one account.

    Not a `MemoryRuleStore`, which takes messages in the order of time only: a message in parts
    counts from its first part, and others have come since.

    Attributes:
        retry_after: Seconds until the rule that stopped the last message would let it pass.
        twin: Number of the message that the last stopped one repeats; None for any other rule.
    """

    def __init__(self) -> None:
        self.retry_after = 0.0
        self.twin: int | None = None
        self._numbers: dict[Fingerprint, int | None] = {}
        self._requests: dict[Fingerprint, Admitted] = {}
        self._streaks: dict[str, Streak] = {}
        # In order of time (hot path).
        self._expiry: deque[tuple[float, Fingerprint, str]] = deque()
        self._retention = 0.0
        self._arrivals: deque[float] = deque()
        self._limits = _OFF
        self._single_rules = self._part_rules = self._joined_rules = Rules()

    def check(
        self,
        limits: GatewayLimits,
        view: SubmitView,
        now: float,
        *,
        is_part: bool = False,
        number: int | None = None,
    ) -> StoppedBy | None:
        """Check a submit_sm, and remember it unless a rule stops it.

        Args:
            limits: The gateway's; the margin is ignored.
            view: What the submit_sm says.
            now: The gateway's time of its arrival.
            is_part: Whether it is one of several parts: rate and flood count it as a message of
                its own, and it is never a repeat.
            number: Of the message, for one that repeats it.

        Returns:
            The rule that stops it; None for none.
        """
        self._set_limits(limits)
        if limits.rate is not None and self._is_too_fast(limits.rate, now):
            self.twin = None
            return "rate"
        rules = self._part_rules if is_part else self._single_rules
        stopped_by = self._apply(rules, view, now, now, number)
        if stopped_by is None and limits.rate is not None:
            self._arrivals.append(now)
        return stopped_by

    def check_joined(
        self,
        limits: GatewayLimits,
        view: SubmitView,
        began_at: float,
        now: float,
        number: int | None = None,
    ) -> StoppedBy | None:
        """Check a message whose parts are all there: only for a repeat.

        Args:
            limits: The gateway's; the margin is ignored.
            view: What the joined parts say.
            began_at: The gateway's time of the first part's arrival.
            now: Of the last part's.
            number: Of the message, for one that repeats it.

        Returns:
            "repeat" or None.
        """
        self._set_limits(limits)
        return self._apply(self._joined_rules, view, began_at, now, number)

    def _apply(
        self, rules: Rules, view: SubmitView, at: float, now: float, number: int | None
    ) -> Literal["repeat", "flood"] | None:
        """Decide all rules together; remember the message if none stops it."""
        self._expire(now)
        to = view.recipient
        # What makes two messages identical.
        request = hash((view.sender, to, view.octets if view.text is None else view.text))
        earlier, streak = self._requests.get(request), self._streaks.get(to)
        verdict, streak, _ = decide((rules, request, to, 1, None), earlier, streak, at, at, 0)
        if isinstance(verdict, Held):
            self.retry_after = verdict.retry_at - now
            if verdict.rule == "repeat":
                self.twin = self._numbers.get(request)
                return "repeat"
            self.twin = None
            return "flood"
        if rules.repeat_window:
            self._requests[request] = verdict
            self._numbers[request] = number
        if streak is not None:
            self._streaks[to] = streak
        self._expiry.append((now, request, to))
        return None

    def _expire(self, now: float) -> None:
        """Forget what no rule needs any more, unless it has come again since."""
        expiry, oldest = self._expiry, now - self._retention
        while expiry and expiry[0][0] <= oldest:
            _, request, to = expiry.popleft()
            earlier, streak = self._requests.get(request), self._streaks.get(to)
            if earlier is not None and earlier.not_before <= oldest:
                del self._requests[request]
                self._numbers.pop(request, None)
            if streak is not None and streak[2] <= oldest:
                del self._streaks[to]

    def _set_limits(self, limits: GatewayLimits) -> None:
        """Apply these limits from now on."""
        if limits is self._limits:
            return
        self._limits = limits
        self._single_rules = rules = Rules.of(replace(limits, margin=0.0, rate=None))
        self._part_rules = rules._replace(repeat_window=0.0)
        self._joined_rules = rules._replace(flood_gap=0.0)
        # A message in parts may have begun that long before it is checked.
        parts = limits.multipart_window or DEFAULT_PARTS_TIMEOUT
        self._retention = max(rules.repeat_window + parts, rules.flood_gap)

    def _is_too_fast(self, rate: float, now: float) -> bool:
        """Whether the last second is full. A rate below 1 allows one in 1 / *rate* seconds."""
        most = max(1, int(rate))
        arrivals = self._arrivals
        while arrivals and arrivals[0] <= now - most / rate:
            arrivals.popleft()
        if len(arrivals) < most:
            return False
        self.retry_after = arrivals[0] + most / rate - now
        return True

    def __repr__(self) -> str:
        return f"<RuleEnforcement, {len(self._requests)} requests, {len(self._streaks)} recipients>"

"""Verdicts of the rules, and how long a sender waits for a held message.

Rule: a message is admitted or held, each with a time; `engine.decide` makes the verdict. All
times are seconds of the clock of the store that gave the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, final

from pdu._tracebacks import hides_arguments, hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import ConfigError, check_duration
from smsc_async.errors import FloodLimitError, HeldByRuleError, RepeatedMessageError

if TYPE_CHECKING:
    from smsc_async.messages import Message

Token = int | float | str
"""Identifies one reservation in one store. A plain value, so that an error with it pickles."""

RuleName = Literal["repeat", "flood", "store", "check"]
"""What holds a message; "store" is a shared store that can't be reached and is required, "check" a
check that was given to the client."""

_NO_STORE: Final = "the shared rule store is unreachable, and sending without it isn't allowed"


ANY_TIME: Final = -inf
"""`Admitted.earliest` of a message that only the rate delays."""


@final
class Admitted(NamedTuple):
    """The message may be sent, and is counted from now on.

    Args:
        token: Identifies the reservation, to give it back or to resend a message whose outcome is
            unknown.
        not_before: Earliest time for the write of the first part.
        interval: Least seconds between the writes of two parts.
        earliest: Time before which another rule than the rate would hold it, however early its turn
            is; the end of a repeat window or of a streak, if that is to come.
    """

    token: Token
    not_before: float
    interval: float = 0.0
    earliest: float = ANY_TIME

    def postponed(self, now: float, index: int = 0) -> Admitted:
        """Return the admission moved so that part *index* is due now; the first has index 0."""
        return Admitted(self.token, now - index * self.interval, self.interval)


@final
class Held(NamedTuple):
    """The gateway would refuse or block the message; nothing was reserved.

    Args:
        rule: The rule that holds it; of several, the one that holds it longest.
        retry_at: Time from which it passes, unless more is sent before then.
    """

    rule: RuleName
    retry_at: float


@final
class HeldByCheck(NamedTuple):
    """A check of the client holds the message; nothing was reserved and no rule was asked.

    Args:
        check: What holds it, as "the check QuietHours"; of several, the one that does longest.
        wait: Seconds that it asked for.
        retry_at: Time at which they are over.
    """

    check: str
    wait: float
    retry_at: float


Verdict = Admitted | Held


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True)
class Hold:
    """What a send does when a rule or check holds its message: wait, or fail at once.

    ::

        await smsc.send(message, hold=Hold.wait(at_most=35))

    Args:
        patience: Seconds that it waits in all, infinite without a limit.

    Raises:
        ConfigError: *patience* is no such number, or it is more than a year but not infinite.
    """

    patience: float = 0.0

    def __post_init__(self) -> None:
        if self.patience != inf:
            check_duration("at_most", self.patience, may_be_zero=True)

    @classmethod
    @hides_locals(ConfigError)
    def wait(cls, *, at_most: float = inf) -> Self:
        """Wait until checks and rules let the message pass, with `QuietHours` until the morning.

        A message that would have to wait longer fails at once with `HeldByRuleError`, without
        waiting.

        Args:
            at_most: Seconds in all. 62 s outlast the repeat rule, 32 s the flood rule.

        Raises:
            ConfigError: *at_most* isn't above 0, or it is more than a year but not infinite.
        """
        if at_most != inf:
            check_duration("at_most", at_most)
        return cls(at_most)

    @classmethod
    def fail(cls) -> Self:
        """Fail at once with `HeldByRuleError`, which says when to try again. The default."""
        return cls()

    @hides_locals(ConfigError)
    def allows(self, held: Held | HeldByCheck, *, since: float) -> bool:
        """Return whether a send that began at *since* waits for `held.retry_at`."""
        return held.retry_at <= since + self.patience


def held_error(message: Message[Any], held: Held | HeldByCheck, *, now: float) -> HeldByRuleError:
    """Make the error that says when a held message may be sent."""
    if isinstance(held, HeldByCheck):
        return HeldByRuleError(message, retry_after=held.wait, reason=f"{held.check} holds it")
    retry_after = max(0.0, held.retry_at - now)
    if held.rule == "repeat":
        return RepeatedMessageError(message, retry_after=retry_after)
    if held.rule == "flood":
        return FloodLimitError(message, retry_after=retry_after)
    return HeldByRuleError(message, retry_after=retry_after, reason=_NO_STORE)

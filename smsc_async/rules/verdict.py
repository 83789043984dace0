"""What the rules say of a message, and how patient its sender is.

Rule: a message is admitted or held, and both say from when on; nothing here decides which. All
instants are seconds of the clock of the store that gave the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, final

from smsc_async.errors import ConfigError, FloodLimitError, HeldByRuleError, RepeatedMessageError

if TYPE_CHECKING:
    from smsc_async.messages import Message

Token = int | float | str
"""Names one reservation of one store; plain, so that an error that holds it pickles."""

RuleName = Literal["repeat", "flood", "store"]
"""Who holds a message; "store" is a shared store that is out of reach and may not be ignored."""

_NO_STORE: Final = "the shared rules are out of reach, and sending without them isn't allowed"


@final
class Admitted(NamedTuple):
    """The message may go, and its place is reserved.

    Args:
        token: Names the reservation: to give it back, or to send an unknown outcome again.
        not_before: Instant of the first part's write, at the earliest.
        interval: Seconds between the writes of two parts, at the least.
    """

    token: Token
    not_before: float
    interval: float = 0.0

    def part_at(self, index: int) -> float:
        """Return the instant at which a part may be written; the first has index 0."""
        return self.not_before + index * self.interval

    def postponed(self, now: float, index: int = 0) -> Admitted:
        """Return the admission whose part *index* is due now."""
        return Admitted(self.token, now - index * self.interval, self.interval)


@final
class Held(NamedTuple):
    """The message would be refused or blocked; nothing was reserved.

    Args:
        rule: Which rule holds it, of several the one that holds longest.
        retry_at: Instant from which it passes, if nothing else is sent until then.
    """

    rule: RuleName
    retry_at: float


Verdict = Admitted | Held


@dataclass(frozen=True, slots=True)
class Hold:
    """What a send does when a rule holds its message: wait, or fail at once.

    ::

        await smsc.send(message, hold=Hold.wait(at_most=35))

    Args:
        patience: Seconds it waits in all.
    """

    patience: float = 0.0

    @classmethod
    def wait(cls, *, at_most: float = float("inf")) -> Self:
        """Wait until the rules let the message pass.

        A message that would have to wait longer fails at once, with `HeldByRuleError`: waiting
        in vain helps nobody.

        Args:
            at_most: Seconds in all. 62 outlast a repeat, 32 a streak of messages to one subscriber.

        Raises:
            ConfigError: *at_most* isn't above 0.
        """
        if not at_most > 0:
            raise ConfigError(
                "at_most", at_most, f"above 0 s, got {at_most!r}; Hold.fail() doesn't wait"
            )
        return cls(at_most)

    @classmethod
    def fail(cls) -> Self:
        """Fail at once with `HeldByRuleError`, which says when to try again. The default."""
        return cls()

    def allows(self, held: Held, *, since: float) -> bool:
        """Whether a send that began at *since* waits for `held.retry_at`."""
        return held.retry_at <= since + self.patience


def held_error(message: Message[Any], held: Held, *, now: float) -> HeldByRuleError:
    """Return the error that tells the sender of a held message when to try again."""
    retry_after = max(0.0, held.retry_at - now)
    if held.rule == "repeat":
        return RepeatedMessageError(message, retry_after=retry_after)
    if held.rule == "flood":
        return FloodLimitError(message, retry_after=retry_after)
    return HeldByRuleError(message, retry_after=retry_after, reason=_NO_STORE)

"""Where the rules' memory is: what every store can do.

Rule: a store owns the memory, the time and the atomicity, and none of the numbers: those come
with each step. Asking may wait; giving back never does, so it may be done from anywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from smsc_async.rules.engine import Question, Step
    from smsc_async.rules.verdict import Admitted, Held, Verdict


class StoreHealth(NamedTuple):
    """How a store is.

    Args:
        is_degraded: Whether it decides without the memory it shares with others.
        since: Instant from which on that is so, seconds of the store's clock.
        last_error: Why the shared memory was last out of reach.
    """

    is_degraded: bool = False
    since: float | None = None
    last_error: str | None = None


class RuleStore(ABC):
    """What the rules remember, and the clock they go by.

    All instants that go in and out are seconds of `now()`.

    Attributes:
        key: For the fingerprints of requests, see `RuleEngine`.
    """

    key: bytes | None

    @abstractmethod
    def now(self) -> float:
        """Return the instant."""

    @abstractmethod
    async def apply(self, step: Step) -> Verdict:
        """Decide all rules of a message and remember it, or hold it and remember nothing.

        Cancelling is safe: what was reserved for a caller that has gone is given back.
        """

    def apply_now(self, step: Question, now: float) -> Verdict | float | None:
        """Decide without awaiting, where the store can; None means that `apply` must be awaited.

        Args:
            step: The question.
            now: The instant, as `now()` has it.

        Returns:
            A number stands for an admission for that instant, which names it, too: nearly all
            messages have one like that, and an object the less.
        """
        del step, now
        return None

    def peek(self, step: Step, now: float) -> Held | None:
        """Say whether a rule would hold the message, and remember nothing.

        None means that no rule is known to; in a shared store another worker may know better.

        Args:
            step: The question.
            now: The instant, as `now()` has it.
        """
        del step, now
        return None

    @abstractmethod
    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back, once: the gateway refused the message, or it never went.

        A reservation that stands for an earlier unknown outcome is kept, and so is the rate's.
        After an outcome that is unknown don't call this.
        """

    @abstractmethod
    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Tell that a part is written only now, later than `Rules.lateness` allows.

        Args:
            step: The question.
            admitted: Its answer.
            index: Of the part, 0 for the first one.

        Returns:
            The admission that is remembered from now on: of it this part is due now.
        """

    async def flush(self) -> None:  # noqa: B027 - a store that shares nothing has nothing to do
        """Wait until what was given back has arrived where it is shared. Cancelling is safe."""

    async def aclose(self) -> None:
        """Flush, and end what the store itself has begun."""
        await self.flush()

    def health(self) -> StoreHealth:
        """Return how the store is now."""
        return StoreHealth()

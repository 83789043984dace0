"""The interface of every rule store.

Rule: `apply` may wait; `release` and `postpone` never do, so they can be called from anywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.rules.engine import Step
    from smsc_async.rules.verdict import Admitted, Held, Verdict


class StoreHealth(NamedTuple):
    """Health of a store.

    Args:
        is_degraded: Whether it decides without the state that it shares with other workers.
        since: Time at which that began, seconds of the store's clock.
        last_error: Why the shared state was last unreachable.
        workers: Workers assumed for this worker's share; 10 until the server has counted them. It
            takes that share while the store is degraded. None for a store that doesn't count them.
    """

    is_degraded: bool = False
    since: float | None = None
    last_error: str | None = None
    workers: int | None = None


class MovableClock(Protocol):
    """A clock of rules that a test moves forward, and that says when it was moved.

    `smsc_async.simulator.clock.GatewayClock` is one. A `RuleStore.now` that is such an object wakes
    what waits in the clients of that store.
    """

    def __call__(self) -> float:
        """Return the current time, in seconds; never goes back."""

    def subscribe(self, callback: Callable[[], None], /) -> Callable[[], None]:
        """Call a function after each move, in any thread; return what ends that."""


class RuleStore(ABC):
    """The state of one account's rules, and their clock.

    All times that go in and out are seconds of `now()`.

    Attributes:
        key: For the fingerprints of requests, see `RuleEngine`.
        now: Returns the current time; never goes back. A function, a method or a `MovableClock`.
        shares_rate: Whether other workers take turns in the same rate. A message that misses its
            turn takes another one then, see `take_turn`.
    """

    key: bytes | None
    shares_rate: bool = False
    now: Callable[[], float]

    @abstractmethod
    async def apply(self, step: Step) -> Verdict:
        """Decide all rules of a message: reserve its place, or hold it and change nothing.

        Cancelling is safe: what was reserved for a cancelled caller is given back.
        """

    def apply_now(self, step: Step, now: float) -> Verdict | float | None:
        """Decide as `apply` does without awaiting, if the store can.

        Args:
            step: The question.
            now: The current time, as `now()` returns it.

        Returns:
            None if `apply` must be awaited. A number is an admission for that time, which is its
            token, too: hot path.
        """
        del step, now
        return None

    def peek(self, step: Step, now: float) -> Held | None:
        """Return what would hold the message, and change nothing.

        None means that no rule is known to hold it. A shared store may still hold it, because of
        messages of other workers.

        Args:
            step: The question.
            now: The current time, as `now()` returns it.
        """
        del step, now
        return None

    @abstractmethod
    def release(self, step: Step, admitted: Admitted) -> None:
        """Give a reservation back, once: the gateway refused the message, or it was never written.

        A reservation that replaces an earlier unknown outcome is kept, and so is the turn in the
        rate, see `give_back_turn`. Not for a message whose outcome is unknown.
        """

    def give_back_turn(self, at: float, interval: float) -> None:  # noqa: B027 - a store may keep turns
        """Give back a turn in the rate in which no message is written; the next message gets it.

        The default keeps it: it is never used, and the rate is less for that long.

        Args:
            at: The turn of one part, as assigned.
            interval: Seconds that it takes.
        """

    @abstractmethod
    def postpone(self, step: Step, admitted: Admitted, index: int = 0) -> Admitted:
        """Record that a part is written only now, later than `Rules.lateness` allows.

        Args:
            step: The question.
            admitted: Its verdict.
            index: Of the part, 0 for the first one.

        Returns:
            The admission that replaces *admitted*: this part is due now.
        """

    async def take_turn(self, step: Step, admitted: Admitted) -> Admitted:
        """Give an admitted message another turn, since it has missed its own.

        No rule is asked again. Called if `shares_rate`. Cancelling is safe: the turn is given back.

        Args:
            step: The question.
            admitted: Its verdict.

        Returns:
            The admission that replaces *admitted*.
        """
        return self.postpone(step, admitted)

    def attach(self) -> None:  # noqa: B027 - a store of one worker has nothing to do
        """Count this worker from now on: a client that uses the store was opened."""

    def detach(self) -> None:  # noqa: B027 - as above
        """Undo one `attach`: that client is closed."""

    async def flush(self) -> None:  # noqa: B027 - a store that shares nothing has nothing to do
        """Wait until released and postponed reservations are shared. Cancelling is safe."""

    async def aclose(self) -> None:
        """Flush, and end what the store itself has started."""
        await self.flush()

    def health(self) -> StoreHealth:
        """Return the current health of the store."""
        return StoreHealth()

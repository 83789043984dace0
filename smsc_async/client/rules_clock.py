"""The clock of the rules: which one it is, and what happens when it is moved.

Rule: the rules count by the clock of their store, everything else by the event loop's. What waits
for a time of the store is due when the store's clock says so, also if a test moves that clock.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from smsc_async._base_errors import ConfigError, check_kind
from smsc_async.instrumentation import call_logged
from smsc_async.stores import MemoryRuleStore, RuleStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.client.held import HeldCallers
    from smsc_async.client.turns import TurnSchedule
    from smsc_async.link.dispatcher import Dispatcher
    from smsc_async.stores import MovableClock

LEAST_MOVE: Final = 0.002
"""Seconds that count as a move. uvloop's clock has milliseconds, so two clocks differ by one now
and then. Smaller moves add up to one."""


def store_for(
    store: RuleStore | None, clock: Callable[[], float] | None, *, is_simulated: bool
) -> RuleStore:
    """Return the store of a client's rules, with the clock that was given.

    Args:
        store: As the user gave it.
        clock: As the user gave it, a function.
        is_simulated: The client starts a simulator, whose clock can be moved.

    Raises:
        ConfigError: *store* is none, or has another clock.
    """
    if store is None:
        if clock is None and is_simulated:
            from smsc_async.simulator.clock import GatewayClock  # noqa: PLC0415 - imported when used

            clock = GatewayClock()
        return MemoryRuleStore(monotonic if clock is None else clock)
    check_kind("store", store, RuleStore)
    # `==`, since each look at a bound method makes another object.
    if clock is not None and store.now != clock:
        reason = (
            "the rules count by the clock of their store; give it to that:"
            " store=MemoryRuleStore(clock)"
        )
        raise ConfigError("clock", type(clock).__name__, reason)
    return store


class ClockMoves:
    """Wakes what waits for the rules' clock when that is moved.

    Nothing wakes it if the clock has no `subscribe`, see `MovableClock`.

    Args:
        clock: Of the rules.
        links_clock: Of all else.
        held: Callers whose messages a rule holds.
        turns: Of the messages that wait for theirs in the rate.

    Attributes:
        dispatcher: Where messages wait; set before it is opened.
    """

    dispatcher: Dispatcher

    def __init__(
        self,
        clock: Callable[[], float] | MovableClock,
        links_clock: Callable[[], float],
        held: HeldCallers,
        turns: TurnSchedule,
    ) -> None:
        self._clock = clock
        self._links_clock = links_clock
        self._held = held
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._unsubscribe: Callable[[], None] | None = None
        self._is_planned = False
        self._lead = 0.0  # seconds by which the rules' clock is ahead of the links'

    def open(self) -> None:
        """Follow the clock, if it says when it is moved."""
        subscribe = getattr(self._clock, "subscribe", None)
        if subscribe is not None and self._unsubscribe is None:
            self._unsubscribe = call_logged("clock.subscribe", subscribe, self._on_moved)
            now = call_logged("RuleStore.now", self._clock)
            self._lead = 0.0 if now is None else now - self._links_clock()

    def close(self) -> None:
        """Follow it no longer."""
        unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            call_logged("clock.subscribe's result", unsubscribe)

    def _on_moved(self) -> None:
        """Plan to wake what is due, in the client's loop; called in any thread."""
        if self._is_planned:
            return
        self._is_planned = True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop is closed, and the client was never left
            self.close()

    def _wake(self) -> None:
        """Wake what is due by the rules' clock."""
        # First: a move after this is seen by another call.
        self._is_planned = False
        if self._unsubscribe is None:
            return
        now, here = call_logged("RuleStore.now", self._clock), self._links_clock()
        if now is None:
            return
        moved = now - here - self._lead
        if moved < LEAST_MOVE:
            return
        self._lead += moved
        self._turns.move(now, here)
        self._held.move(moved)
        self.dispatcher.move(moved, here)

    def __repr__(self) -> str:
        return f"<ClockMoves of {self._clock!r}>"

"""What users do with a simulator: decide fates, hold, release, draw faults, move its clock.

Rule: each call is one of `SimulatedSmsc`; what it has changed is written in the next iteration of
the event loop. All of it runs on the simulator's own loop, see `threaded`.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pdu._tracebacks import hides_locals
from smsc_async._base_errors import check_kind
from smsc_async.simulator.chaos import Chaos
from smsc_async.simulator.clock import LONGEST_SHIFT, GatewayClock
from smsc_async.simulator.fate_sources import FateSources, check_hold
from smsc_async.simulator.fates import Fate
from smsc_async.simulator.inspection import ON_PURPOSE, SimulatorInspection
from smsc_async.simulator.scenario import Scenario

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from smsc_async.simulator.chaos import ChaosRun
    from smsc_async.simulator.fates import HoldMode
    from smsc_async.simulator.message_log import MessageFilter
    from smsc_async.simulator.records import SubmittedMessage


class SimulatorControls(SimulatorInspection):
    """The calls of a simulator that runs, or has run.

    Args:
        scenario: How it behaves.
        clock: The gateway's, or the source of one; None makes one.
        sources: Where fates of messages come from.

    Raises:
        ConfigError: *scenario* is none.
    """

    def __init__(
        self, scenario: Scenario, clock: Callable[[], float] | None, sources: FateSources
    ) -> None:
        super().__init__(scenario)
        if isinstance(clock, GatewayClock):
            self._clock = clock
        else:
            self._clock = GatewayClock() if clock is None else GatewayClock(clock)
        self._sources = sources
        self._loop: asyncio.AbstractEventLoop
        self._thread = 0
        self._clock_base = 0.0
        self._leave_clock: Callable[[], object] = _nothing

    # What becomes of it.

    @property
    def scenario(self) -> Scenario:
        """How it behaves. A new one applies from the next PDU on, unless `Scenario` says later."""
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        """Replace the scenario.

        Raises:
            ConfigError: It is none.
        """
        check_kind("scenario", scenario, Scenario)
        self._scenario = scenario
        if self._smsc is not None:
            self._smsc.state.scenario = scenario

    @property
    def fates(self) -> Mapping[str, Fate]:
        """The fates of numbers, by their digits."""
        return self._sources.by_number

    @hides_locals(ON_PURPOSE)
    def set_fate(self, number: str, fate: Fate | None) -> None:
        """Set what becomes of every message to a number from now on; None removes it.

        Args:
            number: In any notation; or another address.
            fate: It wins over magic numbers, hold, chaos and the scenario, but for the scenario's
                rules: a repeat stays one.

        Raises:
            ConfigError: *number* is no text, or *fate* no `Fate`.
        """
        check_kind("number", number, str)
        if fate is not None:
            check_kind("fate", fate, Fate)
        self._sources.set_for(number, fate)

    @hides_locals(ON_PURPOSE)
    def decide(
        self, message: SubmittedMessage | int | str, fate: Fate, *, again: bool = False
    ) -> None:
        """Give one message its fate: it wins over all others, and takes effect at once.

        A response that is due leaves now; the outcome follows *fate.after* seconds from now, 0 by
        default, whether the message was held or not. Until then another fate may replace it.

        Args:
            message: The message, its number, or an id.
            fate: What becomes of it.
            again: Send one more receipt if it has its outcome already.

        Raises:
            AlreadyFinalError: It has its outcome already, or was refused; or the fate is one of a
                response, and that has left.
            UnknownMessageError: It isn't kept by this simulator, or not any more.
            ConfigError: *fate* is no `Fate`.
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        check_kind("fate", fate, Fate)
        one, now = self._kept(message), self._followed_time()
        self._running().outcomes.decide(one, fate, now, again=again)
        self._changed()

    @property
    def hold(self) -> HoldMode:
        """What is held of messages that come from now on: "off", "receipt" or "answer".

        "receipt" holds the outcome and its receipt, "answer" the response too: a client then runs
        into its timeout, unless the message is released.
        """
        return self._sources.hold

    @hold.setter
    def hold(self, hold: HoldMode) -> None:
        """Hold messages that come from now on; what is held stays held."""
        self._sources.hold = check_hold(hold)

    @hides_locals(ON_PURPOSE)
    def release(self, wanted: MessageFilter | None = None, fate: Fate | None = None) -> int:
        """Release what is held, in the order in which it came.

        A held response leaves now and the outcome follows as the scenario says; a held outcome
        comes now.

        Args:
            wanted: Only messages that meet it; None for everything, parts of incomplete messages
                too.
            fate: What becomes of them; None: what chaos draws, or the scenario says.

        Returns:
            How many submit_sm were released.

        Raises:
            ConfigError: *fate* is no `Fate`.
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        if fate is not None:
            check_kind("fate", fate, Fate)
        smsc, now = self._running(), self._followed_time()
        messages = None if wanted is None else smsc.state.log.find(wanted, limit=None)
        released = smsc.outcomes.release(messages, fate, now)
        self._changed()
        return released

    @property
    def chaos(self) -> ChaosRun | None:
        """What is drawn for messages now; None for nothing, also when its limit is reached."""
        run = self._sources.chaos
        if run is None or self._open_listener is None:
            return run
        is_over = run.is_over(self._running().state.schedule.time(self._now()))
        return None if is_over else run

    def start_chaos(self, chaos: Chaos) -> ChaosRun:
        """Draw fates for messages and connections that come from now on, for a limited time.

        Raises:
            ConfigError: *chaos* is none.
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        check_kind("chaos", chaos, Chaos)
        now = self._followed_time()
        return self._sources.start_chaos(chaos, self._running().state.schedule.time(now))

    def end_chaos(self) -> None:
        """Draw no more fates; what was drawn stays."""
        self._sources.chaos = None

    @hides_locals(ON_PURPOSE, sender=str, recipient=str, text=str)
    async def deliver(
        self,
        sender: str,
        recipient: str,
        text: str,
        *,
        system_id: str | None = None,
        esm_class: int = 0,
    ) -> int:
        """Send a subscriber's message, and wait until the client has responded to every part.

        Cancelling is safe and takes nothing back: the message is still delivered.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: The text; sent in parts with user data headers if it is long.
            system_id: Login of the client it is for; None takes one that can receive.
            esm_class: What it is, 0 to 255: 4 is a receipt, 8 and 16 are acknowledgements.

        Returns:
            0 when all parts were acknowledged, or the first other `command_status`.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
            RuntimeError: The simulator isn't running, or ended meanwhile.
        """
        listener = self._listener()
        deliveries = self._running().deliver(
            sender, recipient, text, listener.clock(), system_id=system_id, esm_class=esm_class
        )
        listener.plan_flush()
        return await self._calls.until_ended(deliveries)

    # Its clock.

    @property
    def clock(self) -> GatewayClock:
        """The gateway's clock.

        `SmscClient(url, clock=simulator.clock)` lets the client's rules count by it too, and
        `clock.advance(61)` moves both.
        """
        return self._clock

    def tick(self) -> None:
        """Read the clock, and do what is due. Needed only with a clock of another source.

        Clients whose rules count by `clock` look at it too, as after `clock.advance(0)`.

        Raises:
            RuntimeError: The simulator isn't running.
        """
        listener = self._listener()
        self._clock.advance(0)
        listener.tick()

    def _on_clock_moved(self) -> None:
        """Follow the clock, on the simulator's own thread."""
        if self._loop.is_closed():  # and the simulator was never left
            self._leave_clock()
        elif threading.get_ident() == self._thread:
            self._follow_move()
        else:
            # The loop may have been closed since.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._follow_move)

    def _follow_move(self) -> None:
        """Follow the clock, and set the timer anew: what is due next has come nearer."""
        if self._open_listener is not None:
            self._follow_clock()
            self._changed()

    def _follow_clock(self) -> None:
        """Move the gateway's time as far as its clock has moved."""
        if self._open_listener is None:
            return
        smsc, now = self._running(), self._now()
        schedule = smsc.state.schedule
        ahead, ran = self._clock_shift(now) - schedule.shift, schedule.ran
        if ahead:
            smsc.move(ahead, now)
        # Not after every move: a source that is faster than the loop moves with each look at it,
        # and a flush is such a look.
        if schedule.ran > ran:
            self._changed()

    def _clock_shift(self, now: float) -> float:
        """Return by how many seconds the clock is ahead of the links' time, since the start."""
        clock = self._clock
        ahead = clock() - now if clock.has_own_source else clock.shift
        return max(-LONGEST_SHIFT, min(ahead - self._clock_base, LONGEST_SHIFT))

    def _now(self) -> float:
        """Return the links' time."""
        return self._loop.time()

    def _followed_time(self) -> float:
        """Return the links' time, after a look at a clock of another source."""
        self._follow_clock()
        return self._loop.time()

    def _changed(self) -> None:
        """Write what has changed, in the next iteration of the event loop."""
        self._listener().plan_flush()


def _nothing() -> None:
    """Stands for the end of a subscription that there isn't."""

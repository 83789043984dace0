"""What users do with a simulator: read messages, decide fates, hold, move its clock.

Rule: each call is one of `SimulatedSmsc` or of its log; what it has changed is written in the next
iteration of the event loop. All of it runs on the simulator's own loop, see `threaded`.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_locals
from smsc_async._base_errors import SmscError, shown
from smsc_async.simulator.clock import GatewayClock
from smsc_async.simulator.fate_sources import FateSources, check_hold
from smsc_async.simulator.fates import UnknownMessageError
from smsc_async.simulator.message_log import EVERY, PAGE
from smsc_async.simulator.simulator_stats import SimulatorStats
from smsc_async.simulator.tap import FrameTap

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from smsc_async.listener import Listener
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.chaos import Chaos, ChaosRun
    from smsc_async.simulator.fates import Fate, HoldMode
    from smsc_async.simulator.message_log import MessageFilter
    from smsc_async.simulator.records import RefusedRequest, SubmittedMessage
    from smsc_async.simulator.scenario import Scenario
    from smsc_async.simulator.smsc import SimulatedSmsc
    from smsc_async.simulator.tap import Frame
    from smsc_async.simulator.waiting_calls import WaitingCalls

_ON_PURPOSE: Final = (SmscError, RuntimeError, TimeoutError)


class SimulatorControls:
    """The calls of a simulator that runs, or has run.

    Args:
        scenario: How it behaves.
        clock: The gateway's, or the source of one; None makes one.
        sources: Where fates of messages come from.
    """

    def __init__(
        self, scenario: Scenario, clock: Callable[[], float] | None, sources: FateSources
    ) -> None:
        self._scenario = scenario
        if isinstance(clock, GatewayClock):
            self._clock = clock
        else:
            self._clock = GatewayClock() if clock is None else GatewayClock(clock)
        self._sources = sources
        self._tap: FrameTap[ClientLink] = FrameTap(number_of=lambda link: link.number)
        self._smsc: SimulatedSmsc | None = None
        self._calls: WaitingCalls
        self._open_listener: Listener[ClientLink] | None = None
        self._loop: asyncio.AbstractEventLoop
        self._thread = 0
        self._clock_base = 0.0

    # What came.

    @property
    def messages(self) -> list[SubmittedMessage]:
        """The newest accepted messages, oldest first; also after the end."""
        return [] if self._smsc is None else self._smsc.state.messages

    @property
    def refused(self) -> list[SubmittedMessage]:
        """The newest refused messages, with `refusal` and `stop`, oldest first."""
        if self._smsc is None:
            return []
        return [message for message in self._smsc.state.log if message.refusal is not None]

    @property
    def refusals(self) -> list[RefusedRequest]:
        """The newest refused requests of any kind, with the reason of each, oldest first."""
        return [] if self._smsc is None else list(self._smsc.state.refusals)

    @property
    def stats(self) -> SimulatorStats:
        """Counters, as of now; also after the end."""
        return SimulatorStats() if self._smsc is None else self._smsc.stats()

    def find(
        self,
        wanted: MessageFilter = EVERY,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = PAGE,
    ) -> list[SubmittedMessage]:
        """Return messages, accepted and refused, the newest first.

        A message's `number` is a cursor: the next page is `before=` the last one's number, what has
        come since is `after=` the first one's.

        Args:
            wanted: What they have to meet.
            before: Only those with a smaller number.
            after: Only those with a greater number.
            limit: The most that are returned, None for all.
        """
        if self._smsc is None:
            return []
        return self._smsc.state.log.find(wanted, before=before, after=after, limit=limit)

    def message(self, message: int | str) -> SubmittedMessage:
        """Return the message with a number, or an id as "m-17" or one of its message_ids.

        Raises:
            UnknownMessageError: There is none, or none any more.
        """
        found = None if self._smsc is None else self._smsc.state.log.get(message)
        if found is None:
            raise UnknownMessageError(
                f"no message {shown(message)} is kept; the newest {self._scenario.keep} are"
            )
        return found

    def forget(self, wanted: MessageFilter = EVERY) -> int:
        """Forget messages; those that are held get no outcome any more. Return their number."""
        if self._smsc is None:
            return 0
        messages = self._smsc.state.log.find(wanted, limit=None)
        self._smsc.outcomes.forget(messages)
        return self._smsc.state.log.remove(messages)

    @hides_locals(_ON_PURPOSE)
    async def wait_for_message(self, *, timeout: float = 5.0) -> SubmittedMessage:  # noqa: ASYNC109 - one deadline, said where one waits
        """Return the oldest message not returned here before; wait for one if there is none.

        Refused messages aren't among them. Cancelling is safe: the message stays for the next call.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None was received in time.
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        return await self._calls.next_message(timeout)

    def frames(
        self, *, link: int | None = None, before: int | None = None, limit: int = 200
    ) -> list[Frame]:
        """Return the newest PDUs read and written, oldest first; also after the end.

        Of all together at most 4 MiB are kept, and no password.

        Args:
            link: Only those of one link, by `SubmittedPart.link`.
            before: Only those with a smaller number, that of the first frame of an earlier call.
            limit: The most that are returned.
        """
        return self._tap.frames(link=link, before=before, limit=limit)

    def frames_of(self, message: SubmittedMessage) -> list[Frame]:
        """Return the PDUs of one message, oldest first: submits, responses, receipts."""
        frames: set[Frame] = set()
        for link in {part.link for part in message.submits}:
            parts = [part for part in message.submits if part.link == link]
            sequence_numbers = [part.sequence_number for part in parts]
            # Receipts write ids in decimal.
            ids = [str(part.number) for part in parts]
            frames.update(self._tap.frames_of(link, sequence_numbers, ids))
        return sorted(frames)

    # What becomes of it.

    @property
    def scenario(self) -> Scenario:
        """How it behaves. A new one applies from the next PDU on, unless `Scenario` says later."""
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        """Replace the scenario."""
        self._scenario = scenario
        if self._smsc is not None:
            self._smsc.state.scenario = scenario

    @property
    def fates(self) -> Mapping[str, Fate]:
        """The fates of numbers, by their digits."""
        return self._sources.by_number

    def set_fate(self, number: str, fate: Fate | None) -> None:
        """Set what becomes of every message to a number from now on; None removes it.

        Args:
            number: In any notation; or another address.
            fate: It wins over magic numbers, hold, chaos and scenario.
        """
        self._sources.set_for(number, fate)

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
            UnknownMessageError: It isn't kept any more.
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        one = self.message(message) if isinstance(message, (int, str)) else message
        self._running().outcomes.decide(one, fate, self._now(), again=again)
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
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        smsc = self._running()
        messages = None if wanted is None else smsc.state.log.find(wanted, limit=None)
        released = smsc.outcomes.release(messages, fate, self._now())
        self._changed()
        return released

    @property
    def chaos(self) -> ChaosRun | None:
        """What is drawn for messages now, None for nothing."""
        return self._sources.chaos

    def start_chaos(self, chaos: Chaos) -> ChaosRun:
        """Draw fates for messages and connections that come from now on, for a limited time.

        Raises:
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        return self._sources.start_chaos(chaos, self._running().state.schedule.time(self._now()))

    def end_chaos(self) -> None:
        """Draw no more fates; what was drawn stays."""
        self._sources.chaos = None

    @hides_locals(_ON_PURPOSE, sender=str, recipient=str, text=str)
    async def deliver(
        self,
        sender: str,
        recipient: str,
        text: str,
        *,
        system_id: str | None = None,
        esm_class: int = 0,
    ) -> int:
        """Send a subscriber's message, and wait until the client has answered every part.

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

        Raises:
            RuntimeError: The simulator isn't running.
        """
        listener = self._listener()
        self._follow_clock()
        listener.tick()

    def _on_clock_moved(self) -> None:
        """Follow the clock, on the simulator's own thread."""
        if threading.get_ident() == self._thread:
            self._follow_clock()
        else:
            # A loop that is closed has no simulator any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._follow_clock)

    def _follow_clock(self) -> None:
        """Move the gateway's time as far as its clock has moved."""
        if self._open_listener is None:
            return
        smsc, now = self._running(), self._now()
        ahead = self._clock_shift(now) - smsc.state.schedule.shift
        if ahead:
            smsc.move(ahead, now)
            self._changed()

    def _clock_shift(self, now: float) -> float:
        """Return by how many seconds the clock is ahead of the links' time, since the start."""
        clock = self._clock
        ahead = clock() - now if clock.has_own_source else clock.shift
        return ahead - self._clock_base

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

    def _running(self) -> SimulatedSmsc:
        """Return the simulated SMSC."""
        assert self._smsc is not None  # noqa: S101 - made with the listener
        return self._smsc

    def _listener(self) -> Listener[ClientLink]:
        """Return the open port, or raise RuntimeError."""
        if self._open_listener is None:
            raise RuntimeError("the simulator is not running; enter it with `async with`")
        return self._open_listener

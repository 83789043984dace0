"""A simulator on a thread of its own, for code without an event loop.

Rule: what reads or changes messages, links and fates runs on that thread, so that no two threads
ever use them at once. `clock` has a lock of its own; `scenario` and `hold` are read as they are.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async.simulator.inspection import ON_PURPOSE
from smsc_async.simulator.message_log import EVERY, PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anyio.from_thread import BlockingPortal

    from smsc_async.simulator.chaos import Chaos, ChaosRun
    from smsc_async.simulator.clock import GatewayClock
    from smsc_async.simulator.controls import SimulatorControls
    from smsc_async.simulator.fates import Fate, HoldMode
    from smsc_async.simulator.message_log import MessageFilter
    from smsc_async.simulator.records import RefusedRequest, SubmittedMessage
    from smsc_async.simulator.scenario import Scenario
    from smsc_async.simulator.simulator_stats import SimulatorStats
    from smsc_async.simulator.tap import Frame


@shows_half_made
class HostedSimulator:
    """A running simulator that may be used from any thread.

        def test_code_is_sent(smsc_simulator):
            sign_up(phone="79991234567", gateway=smsc_simulator.url)
            message = smsc_simulator.wait_for_message()
            assert message.recipient == "79991234567"
            assert "4821" in message.text

    In a coroutine the calls that wait (`wait_for_message`, `deliver`) block the event loop; use
    `asyncio.to_thread` for them.

    Args:
        simulator: Runs on the portal's thread.
        url: Returns its address, or raises RuntimeError.
        portal: Runs calls on that thread.
    """

    def __init__(
        self, simulator: SimulatorControls, url: Callable[[], str], portal: BlockingPortal
    ) -> None:
        self._simulator = simulator
        self._url = url
        self._portal = portal

    @property
    def url(self) -> str:
        """Its address for `SmscClient`, with a login that it accepts."""
        return self._url()

    @property
    def scenario(self) -> Scenario:
        """How it behaves. A new one applies from the next PDU on."""
        return self._simulator.scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        """Replace the scenario."""
        self._portal.call(setattr, self._simulator, "scenario", scenario)

    @property
    def messages(self) -> list[SubmittedMessage]:
        """The newest messages, oldest first."""
        return self._portal.call(lambda: self._simulator.messages)

    @property
    def refused(self) -> list[SubmittedMessage]:
        """The newest refused messages, with `refusal` and `stop`, oldest first."""
        return self._portal.call(lambda: self._simulator.refused)

    @property
    def refusals(self) -> list[RefusedRequest]:
        """The newest refused requests with the reason of each, oldest first."""
        return self._portal.call(lambda: self._simulator.refusals)

    @property
    def stats(self) -> SimulatorStats:
        """Counters, as of now."""
        return self._portal.call(lambda: self._simulator.stats)

    @property
    def clock(self) -> GatewayClock:
        """The gateway's clock; it may be moved from any thread."""
        return self._simulator.clock

    @property
    def fates(self) -> Mapping[str, Fate]:
        """The fates of numbers, by their digits."""
        return self._portal.call(lambda: self._simulator.fates)

    @property
    def hold(self) -> HoldMode:
        """What is held of messages that come from now on: "off", "receipt" or "answer"."""
        return self._simulator.hold

    @hold.setter
    def hold(self, hold: HoldMode) -> None:
        """Hold messages that come from now on; what is held stays held."""
        self._portal.call(setattr, self._simulator, "hold", hold)

    @property
    def chaos(self) -> ChaosRun | None:
        """What is drawn for messages now; None for nothing, also when its limit is reached."""
        return self._portal.call(lambda: self._simulator.chaos)

    @hides_locals(ON_PURPOSE)
    def find(
        self,
        wanted: MessageFilter = EVERY,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = PAGE,
    ) -> list[SubmittedMessage]:
        """Return messages, accepted and refused, the newest first; see `Simulator.find`."""
        find = partial(self._simulator.find, before=before, after=after, limit=limit)
        return self._portal.call(find, wanted)

    @hides_locals(ON_PURPOSE)
    def message(self, message: int | str) -> SubmittedMessage:
        """Return the message with a number or an id; see `Simulator.message`."""
        return self._portal.call(self._simulator.message, message)

    @hides_locals(ON_PURPOSE)
    def forget(self, wanted: MessageFilter | None = None) -> int:
        """Forget messages; see `Simulator.forget`."""
        return self._portal.call(self._simulator.forget, wanted)

    def frames(
        self, *, link: int | None = None, before: int | None = None, limit: int = 200
    ) -> list[Frame]:
        """Return the newest PDUs read and written, oldest first; see `Simulator.frames`."""
        return self._portal.call(
            partial(self._simulator.frames, link=link, before=before, limit=limit)
        )

    @hides_locals(ON_PURPOSE)
    def frames_of(self, message: SubmittedMessage | int | str) -> list[Frame]:
        """Return the PDUs of one message, oldest first; see `Simulator.frames_of`."""
        return self._portal.call(self._simulator.frames_of, message)

    @hides_locals(ON_PURPOSE)
    def set_fate(self, number: str, fate: Fate | None) -> None:
        """Set what becomes of every message to a number from now on; see `Simulator.set_fate`."""
        self._portal.call(self._simulator.set_fate, number, fate)

    @hides_locals(ON_PURPOSE)
    def decide(
        self, message: SubmittedMessage | int | str, fate: Fate, *, again: bool = False
    ) -> None:
        """Give one message its fate; see `Simulator.decide`."""
        self._portal.call(partial(self._simulator.decide, message, fate, again=again))

    @hides_locals(ON_PURPOSE)
    def release(self, wanted: MessageFilter | None = None, fate: Fate | None = None) -> int:
        """Release what is held; see `Simulator.release`."""
        return self._portal.call(self._simulator.release, wanted, fate)

    def start_chaos(self, chaos: Chaos) -> ChaosRun:
        """Draw fates for what comes from now on; see `Simulator.start_chaos`."""
        return self._portal.call(self._simulator.start_chaos, chaos)

    def end_chaos(self) -> None:
        """Draw no more fates; what was drawn stays."""
        self._portal.call(self._simulator.end_chaos)

    def tick(self) -> None:
        """Read a clock of another source, and do what is due; see `Simulator.tick`."""
        self._portal.call(self._simulator.tick)

    @hides_locals(ON_PURPOSE)
    def wait_for_message(self, *, timeout: float = 5.0) -> SubmittedMessage:
        """Return the oldest message not returned here before; wait for one if there is none.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None was received in time.
            RuntimeError: The simulator isn't running, or ended meanwhile.
        """
        return self._portal.call(partial(self._simulator.wait_for_message, timeout=timeout))

    @hides_locals(ON_PURPOSE, sender=str, recipient=str, text=str)
    def deliver(
        self,
        sender: str,
        recipient: str,
        text: str,
        *,
        system_id: str | None = None,
        esm_class: int = 0,
    ) -> int:
        """Send a subscriber's message, and wait until the client has responded to every part.

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
        """
        deliver = partial(self._simulator.deliver, system_id=system_id, esm_class=esm_class)
        return self._portal.call(deliver, sender, recipient, text)

    def __repr__(self) -> str:
        return f"<HostedSimulator {self._portal.call(repr, self._simulator)}>"

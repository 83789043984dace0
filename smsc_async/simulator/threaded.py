"""The simulator on a thread of its own, for code without an event loop.

Rule: every access runs on the simulator's thread, so that no two threads ever use it at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

    from anyio.from_thread import BlockingPortal

    from smsc_async.simulator.records import SimulatorStats, SubmittedMessage
    from smsc_async.simulator.scenario import Scenario


class _Simulator(Protocol):
    """The methods of `Simulator` that are used here. `Simulator` itself imports this module."""

    scenario: Scenario

    @property
    def url(self) -> str:
        """See `Simulator.url`."""

    @property
    def messages(self) -> list[SubmittedMessage]:
        """See `Simulator.messages`."""

    @property
    def stats(self) -> SimulatorStats:
        """See `Simulator.stats`."""

    async def wait_for_message(self, *, timeout: float) -> SubmittedMessage:  # noqa: ASYNC109 - as there
        """See `Simulator.wait_for_message`."""

    async def deliver(
        self, sender: str, recipient: str, text: str, *, system_id: str | None
    ) -> int:
        """See `Simulator.deliver`."""


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
        portal: Runs calls on that thread.
    """

    def __init__(self, simulator: _Simulator, portal: BlockingPortal) -> None:
        self._simulator = simulator
        self._portal = portal

    @property
    def url(self) -> str:
        """Its address for `SmscClient`, with a login that it accepts."""
        return self._simulator.url

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
    def stats(self) -> SimulatorStats:
        """Counters, as of now."""
        return self._portal.call(lambda: self._simulator.stats)

    def wait_for_message(self, *, timeout: float = 5.0) -> SubmittedMessage:
        """Return the oldest message not returned here before; wait for one if there is none.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None was received in time.
        """
        return self._portal.call(partial(self._simulator.wait_for_message, timeout=timeout))

    def deliver(
        self, sender: str, recipient: str, text: str, *, system_id: str | None = None
    ) -> int:
        """Send a subscriber's message, and wait until the client has answered every part.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: The text; sent in parts with user data headers if it is long.
            system_id: Login of the client it is for; None takes one that can receive.

        Returns:
            0 when all parts were acknowledged, or the first other `command_status`.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
        """
        deliver = partial(self._simulator.deliver, system_id=system_id)
        return self._portal.call(deliver, sender, recipient, text)

    def __repr__(self) -> str:
        return f"<HostedSimulator {self._portal.call(repr, self._simulator)}>"


@contextmanager
def hosted(simulator: AbstractAsyncContextManager[_Simulator]) -> Iterator[HostedSimulator]:
    """Run a simulator on a thread of its own until the block ends."""
    with start_blocking_portal(name="smsc-simulator") as portal:  # noqa: SIM117 - needs the portal
        with portal.wrap_async_context_manager(simulator) as running:
            yield HostedSimulator(running, portal)

"""The simulator on a thread of its own, for code that has no loop to share.

Rule: every access crosses to the simulator's thread and back, so that no two threads ever look at
it at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal

    from smsc_async.simulator.records import KeptMessage, Stats
    from smsc_async.simulator.scenario import Scenario
    from smsc_async.simulator.server import Simulator


class HostedSimulator:
    """A running simulator, safe to use from any thread.

        def test_code_is_sent(smsc_simulator):
            sign_up(phone="79991234567", gateway=smsc_simulator.url)
            message = smsc_simulator.wait_for_message()
            assert message.recipient == "79991234567"
            assert "4821" in message.text

    From code inside a running loop the calls that wait (`wait_for_message`, `deliver`) hold that
    loop up; put them into `asyncio.to_thread`.

    Args:
        simulator: Running on the portal's thread.
        portal: The way there.
    """

    def __init__(self, simulator: Simulator, portal: BlockingPortal) -> None:
        self._simulator = simulator
        self._portal = portal

    @property
    def url(self) -> str:
        """Where it listens, as `SmscClient` takes it, with a login that it takes."""
        return self._simulator.url

    @property
    def scenario(self) -> Scenario:
        """How it behaves."""
        return self._simulator.scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        """Behave like this from now on."""
        self._portal.call(setattr, self._simulator, "scenario", scenario)

    @property
    def messages(self) -> list[KeptMessage]:
        """The newest messages, oldest first."""
        return self._portal.call(lambda: self._simulator.messages)

    @property
    def stats(self) -> Stats:
        """Counters, as of now."""
        return self._portal.call(lambda: self._simulator.stats)

    def wait_for_message(self, *, timeout: float = 5.0) -> KeptMessage:
        """Return the oldest message that nobody got from here yet; wait for one if there is none.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None came in time.
        """
        return self._portal.call(partial(self._simulator.wait_for_message, timeout=timeout))

    def deliver(
        self, sender: str, recipient: str, text: str, *, system_id: str | None = None
    ) -> int:
        """Let a subscriber write to the client, and wait until it has answered every part.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: What they write; in parts with user data headers if it is long.
            system_id: Login of the client it is for; None takes one that can receive.

        Returns:
            0 when all parts were taken, or the first other `command_status` that ended one.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
        """
        deliver = partial(self._simulator.deliver, system_id=system_id)
        return self._portal.call(deliver, sender, recipient, text)

    def __repr__(self) -> str:
        return f"<HostedSimulator {self._portal.call(repr, self._simulator)}>"


@contextmanager
def hosted(simulator: Simulator) -> Iterator[HostedSimulator]:
    """Run a simulator on a thread of its own until the block ends."""
    with start_blocking_portal(name="smsc-simulator") as portal:  # noqa: SIM117 - needs the portal
        with portal.wrap_async_context_manager(simulator) as running:
            yield HostedSimulator(running, portal)

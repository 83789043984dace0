"""The simulator as its users see it: an async context manager with a URL.

Rule: on a thread of its own (`Simulator.in_thread`) every access runs on that thread, so that no
two threads ever use the simulator at once.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Self, cast
from urllib.parse import quote

from anyio.from_thread import start_blocking_portal

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async._base_errors import SmscError
from smsc_async.listener import Listener
from smsc_async.simulator.records import SimulatorStats
from smsc_async.simulator.scenario import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc
from smsc_async.simulator.waiting_calls import WaitingCalls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from anyio.from_thread import BlockingPortal

    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.records import RefusedRequest, SubmittedMessage

_DEMO: Final = ("demo", "demo")
_REACHED_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where clients connect
_ON_PURPOSE: Final = (SmscError, RuntimeError, TimeoutError)
_DEFAULT: Final = Scenario()


@shows_half_made
class Simulator:
    """A local simulator of the SMSC.ru gateway on a TCP port.

        async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
            await smsc.send(Sms(to="79991234567", text="Code: 4821"))
            message = await simulator.wait_for_message()
            assert message.text == "Code: 4821"
            simulator.scenario = Scenario(state=MessageState.UNDELIVERABLE, error_code=6)

    By default only programs of this machine reach it. It accepts any login unless the scenario
    has accounts, and sends nothing but to its clients.

    Args:
        scenario: How it behaves; see `scenario`.
        host: Name or address to listen at; "0.0.0.0" opens it to the whole network.
        port: 0 takes any free one.
        tls: A server's context; with it the URL begins with smpps://. The client has to trust its
            certificate: add `?ca_file=…` to the URL.
        clock: Seconds of a monotonic clock; the event loop's by default. After moving a clock of
            your own, call `tick`.
        wall_clock: Date and time with a time zone, called once, at the start.

    Raises:
        ValueError: An empty *host*, which would mean every address of this machine.
    """

    @hides_locals(ValueError)
    def __init__(
        self,
        scenario: Scenario = _DEFAULT,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] | None = None,
        wall_clock: Callable[[], datetime] | None = None,
    ) -> None:
        if not host:
            raise ValueError("host takes a name or an address, got ''; '0.0.0.0' is everywhere")
        self.host = host
        self.port = port
        self._tls = tls
        self._clock = clock
        self._wall_clock = wall_clock or _local_time
        self._scenario = scenario
        self._smsc: SimulatedSmsc | None = None
        self._calls: WaitingCalls
        self._open_listener: Listener[ClientLink] | None = None

    async def __aenter__(self) -> Self:
        if self._smsc is not None:
            raise RuntimeError("this simulator was entered before; make a new one")
        clock = self._clock or asyncio.get_running_loop().time
        self._smsc = SimulatedSmsc(self._scenario, now=clock(), wall=self._wall_clock())
        self._calls = WaitingCalls(self._smsc.state)
        listener = Listener(self._smsc, clock, observer=self._calls)
        await listener.listen(self.host, self.port, self._tls)
        self.port = listener.port
        self._open_listener = listener
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        listener, self._open_listener = self._open_listener, None
        if listener is not None:
            await listener.close()
            self._calls.close()

    @contextmanager
    def in_thread(self) -> Iterator[HostedSimulator]:
        """Run it on a thread and an event loop of its own, for code without a loop.

        with Simulator().in_thread() as simulator:
            send_from_synchronous_code(simulator.url)
            assert simulator.wait_for_message().text == "Code: 4821"
        """
        with start_blocking_portal(name="smsc-simulator") as portal:  # noqa: SIM117 - needs the portal
            with portal.wrap_async_context_manager(self):
                yield HostedSimulator(self, portal)

    @property
    def url(self) -> str:
        """Its address for `SmscClient`, with a login that it accepts.

        Raises:
            RuntimeError: It isn't running.
        """
        self._listener()
        system_id, password = next(iter((self.scenario.accounts or {}).items()), _DEMO)
        host = _REACHED_AT.get(self.host, self.host)
        host = f"[{host}]".replace("%", "%25") if ":" in host else host
        login = f"{quote(system_id, safe='')}:{quote(password, safe='')}"
        return f"{'smpps' if self._tls else 'smpp'}://{login}@{host}:{self.port}"

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
    def messages(self) -> list[SubmittedMessage]:
        """The newest messages, oldest first; also after the end."""
        return [] if self._smsc is None else list(self._smsc.state.messages)

    @property
    def refusals(self) -> list[RefusedRequest]:
        """The newest refused requests with the reason of each, oldest first; also after the end."""
        return [] if self._smsc is None else list(self._smsc.state.refusals)

    @property
    def stats(self) -> SimulatorStats:
        """Counters, as of now; also after the end."""
        return SimulatorStats() if self._smsc is None else self._smsc.stats()

    @hides_locals(_ON_PURPOSE)
    async def wait_for_message(self, *, timeout: float = 5.0) -> SubmittedMessage:  # noqa: ASYNC109 - one deadline, said where one waits
        """Return the oldest message not returned here before; wait for one if there is none.

        Cancelling is safe: the message stays for the next call.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None was received in time.
            RuntimeError: The simulator isn't running.
        """
        self._listener()
        return await self._calls.next_message(timeout)

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
        listener, smsc = self._listener(), cast("SimulatedSmsc", self._smsc)
        deliveries = smsc.deliver(
            sender, recipient, text, listener.clock(), system_id=system_id, esm_class=esm_class
        )
        listener.plan_flush()
        return await self._calls.until_ended(deliveries)

    def tick(self) -> None:
        """Run what is due by the clock. Needed only with your own clock."""
        self._listener().tick()

    def _listener(self) -> Listener[ClientLink]:
        """Return the open port, or raise RuntimeError."""
        if self._open_listener is None:
            raise RuntimeError("the simulator is not running; enter it with `async with`")
        return self._open_listener

    def __repr__(self) -> str:
        state = "running" if self._open_listener else "not running"
        return f"<Simulator {self.host}:{self.port}, {state}, {self.stats.messages} messages>"


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
        portal: Runs calls on that thread.
    """

    def __init__(self, simulator: Simulator, portal: BlockingPortal) -> None:
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
    def refusals(self) -> list[RefusedRequest]:
        """The newest refused requests with the reason of each, oldest first."""
        return self._portal.call(lambda: self._simulator.refusals)

    @property
    def stats(self) -> SimulatorStats:
        """Counters, as of now."""
        return self._portal.call(lambda: self._simulator.stats)

    @hides_locals(_ON_PURPOSE)
    def wait_for_message(self, *, timeout: float = 5.0) -> SubmittedMessage:
        """Return the oldest message not returned here before; wait for one if there is none.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None was received in time.
        """
        return self._portal.call(partial(self._simulator.wait_for_message, timeout=timeout))

    @hides_locals(_ON_PURPOSE, sender=str, recipient=str, text=str)
    def deliver(
        self,
        sender: str,
        recipient: str,
        text: str,
        *,
        system_id: str | None = None,
        esm_class: int = 0,
    ) -> int:
        """Send a subscriber's message, and wait until the client has answered every part.

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


def _local_time() -> datetime:
    """Return date and time in the zone of this machine."""
    return datetime.now(UTC).astimezone()

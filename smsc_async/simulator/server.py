"""The simulator as its users see it: an async context manager with a URL.

Rule: this is its start and stop; what users do with it in between is in `controls`. The sockets are
those of a `Listener`, on the event loop's time; the gateway has a clock of its own.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from anyio.from_thread import start_blocking_portal

from pdu._tracebacks import hides_locals
from pdu.half_made import shows_half_made
from smsc_async.listener import Listener
from smsc_async.simulator.controls import SimulatorControls
from smsc_async.simulator.fate_sources import FateSources
from smsc_async.simulator.magic import MAGIC_PREFIX
from smsc_async.simulator.scenario import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc
from smsc_async.simulator.threaded import HostedSimulator
from smsc_async.simulator.waiting_calls import WaitingCalls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from smsc_async.simulator.fates import HoldMode

_DEMO: Final = ("demo", "demo")
_REACHED_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where clients connect
_DEFAULT: Final = Scenario()


@shows_half_made
class Simulator(SimulatorControls):
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
        clock: The gateway's clock, by which rules, delays and dates count; a `GatewayClock` by
            default. Links count by the event loop's time. Another function of no argument that
            returns seconds becomes its source; call `tick` after moving it, unless a client
            writes something then, and give clients `Simulator.clock`.
        wall_clock: Date and time with a time zone, called once, at the start.
        magic_prefix: What numbers begin with whose last four digits say what becomes of a message,
            see `magic`; 1 to 11 digits, None for none.
        hold: What is held of messages, see `hold`.

    Raises:
        ValueError: An empty *host*, which would mean every address of this machine; a prefix of
            other characters than digits; an unknown *hold*; a *scenario* that is none.
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
        magic_prefix: str | None = MAGIC_PREFIX,
        hold: HoldMode = "off",
    ) -> None:
        if not host:
            raise ValueError("host takes a name or an address, got ''; '0.0.0.0' is everywhere")
        self.host = host
        self.port = port
        self._tls = tls
        super().__init__(scenario, clock, FateSources(magic_prefix=magic_prefix, hold=hold))
        self._wall_clock = wall_clock or _local_time

    async def __aenter__(self) -> Self:
        if self._smsc is not None:
            raise RuntimeError("this simulator was entered before; make a new one")
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        now = self._loop.time()
        self._smsc = SimulatedSmsc(
            self._scenario, now=now, wall=self._wall_clock(), sources=self._sources
        )
        self._calls = WaitingCalls(self._smsc.state)
        links_time = self._followed_time if self._clock.has_own_source else self._loop.time
        listener = Listener(self._smsc, links_time, observer=self._calls)
        listener.tap = self._tap
        await listener.listen(self.host, self.port, self._tls)
        self.port = listener.port
        self._open_listener = listener
        self._clock_base = self._clock_shift(now)
        self._leave_clock = self._clock.subscribe(self._on_clock_moved)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        listener, self._open_listener = self._open_listener, None
        self._leave_clock()
        if listener is not None:
            try:
                await listener.close()
            finally:
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
                yield HostedSimulator(self, lambda: self.url, portal)

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

    def __repr__(self) -> str:
        state = "running" if self._open_listener else "not running"
        return f"<Simulator {self.host}:{self.port}, {state}, {self.stats.messages} messages>"


def _local_time() -> datetime:
    """Return date and time in the zone of this machine."""
    return datetime.now(UTC).astimezone()

"""The simulated gateway on real sockets.

Rule: nothing is decided here. Octets go to the brain, and whatever that led to (octets to write,
links to close, timers to set, people to wake) is done once per turn of the loop, in `_flush`. So
all octets of one turn leave a link in one write, however many PDUs they are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self, cast
from urllib.parse import quote

from smsc_async.simulator.records import Stats
from smsc_async.simulator.scenario import Scenario
from smsc_async.simulator.smsc import SimulatedSmsc
from smsc_async.simulator.threaded import HostedSimulator, hosted

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from smsc_async.simulator.accounts import Delivery, Link
    from smsc_async.simulator.records import KeptMessage

_DEMO: Final = ("demo", "demo")
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where one reaches these
_DEFAULT: Final = Scenario()
_HANDSHAKE_TIMEOUT: Final = 10.0


class Simulator:
    """The gateway on one's desk: a small SMSC.ru on a port of this machine.

        async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
            await smsc.send(Sms(to="79991234567", text="Code: 4821"))
            message = await simulator.wait_for_message()
            assert message.text == "Code: 4821"
            simulator.scenario = Scenario(state=MessageState.UNDELIVERABLE, error_code=6)

    Only programs of this machine reach it, unless another host is named. It takes any login,
    unless the scenario has accounts, and never sends anything to anybody but its clients.

    Args:
        scenario: How it behaves; see `scenario`.
        host: Name or address to listen at; "0.0.0.0" opens it to the whole network.
        port: 0 takes any that is free.
        tls: A server's context; with it the URL says smpps://. The client has to trust its
            certificate: add `?ca_file=…` to the URL.
        clock: Seconds of a clock that never goes back; the loop's by default. Call `tick` after
            moving one of your own.
        wall_clock: Date and time with a zone, asked once, at the start.

    Raises:
        ValueError: An empty *host*, which would mean every address of this machine.
    """

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
        self._brain: SimulatedSmsc | None = None
        self._running: _Running | None = None

    async def __aenter__(self) -> Self:
        if self._brain is not None:
            raise RuntimeError("this simulator was entered before; make a new one")
        loop = asyncio.get_running_loop()
        clock = self._clock or loop.time
        self._brain = SimulatedSmsc(self._scenario, now=clock(), wall=self._wall_clock())
        running = _Running(self._brain, clock)
        await running.listen(self.host, self.port, self._tls)
        self.port = running.port
        self._running = running
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        running, self._running = self._running, None
        if running is not None:
            await running.close()

    @contextmanager
    def in_thread(self) -> Iterator[HostedSimulator]:
        """Run it on a thread and a loop of its own, for those who have no loop.

        with Simulator().in_thread() as simulator:
            send_from_synchronous_code(simulator.url)
            assert simulator.wait_for_message().text == "Code: 4821"
        """
        with hosted(self) as simulator:
            yield simulator

    @property
    def url(self) -> str:
        """Where it listens, as `SmscClient` takes it, with a login that it takes.

        Raises:
            RuntimeError: It isn't running.
        """
        if self._running is None:
            raise RuntimeError("the simulator is not running; enter it with `async with`")
        system_id, password = next(iter((self.scenario.accounts or {}).items()), _DEMO)
        host = _ANYWHERE.get(self.host, self.host)
        place = f"[{host}]" if ":" in host else host
        login = f"{quote(system_id, safe='')}:{quote(password, safe='')}"
        return f"{'smpps' if self._tls else 'smpp'}://{login}@{place}:{self.port}"

    @property
    def scenario(self) -> Scenario:
        """How it behaves. A new one counts from the next PDU on, unless `Scenario` says later."""
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        """Behave like this from now on."""
        self._scenario = scenario
        if self._brain is not None:
            self._brain.scenario = scenario

    @property
    def messages(self) -> list[KeptMessage]:
        """The newest messages, oldest first; also after the end."""
        return [] if self._brain is None else list(self._brain.messages)

    @property
    def stats(self) -> Stats:
        """Counters, as of now; also after the end."""
        return Stats() if self._brain is None else self._brain.stats()

    async def wait_for_message(self, *, timeout: float = 5.0) -> KeptMessage:  # noqa: ASYNC109 - one deadline, said where one waits
        """Return the oldest message that nobody got from here yet; wait for one if there is none.

        Cancelling is safe: the message stays for the next who asks.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: None came in time.
            RuntimeError: The simulator isn't running.
        """
        return await self._is_running().next_message(timeout)

    async def deliver(
        self, sender: str, recipient: str, text: str, *, system_id: str | None = None
    ) -> int:
        """Let a subscriber write to the client, and wait until it has answered every part.

        Cancelling is safe and takes nothing back: the message is still delivered.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: What they write; in parts with user data headers if it is long.
            system_id: Login of the client it is for; None takes one that can receive.

        Returns:
            0 when all parts were taken, or the first other `command_status` that ended one.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
            RuntimeError: The simulator isn't running, or ended meanwhile.
        """
        return await self._is_running().deliver(sender, recipient, text, system_id)

    def tick(self) -> None:
        """Look at the clock and do what is due. Only needed with a clock of one's own."""
        self._is_running().tick()

    def _is_running(self) -> _Running:
        """Return what runs, or raise RuntimeError."""
        if self._running is None:
            raise RuntimeError("the simulator is not running; enter it with `async with`")
        return self._running

    def __repr__(self) -> str:
        state = "running" if self._running else "not running"
        return f"<Simulator {self.host}:{self.port}, {state}, {self.stats.messages} messages>"


class _Running:
    """What a simulator has between entering and leaving: a server, its links, its timers."""

    def __init__(self, brain: SimulatedSmsc, clock: Callable[[], float]) -> None:
        self.brain = brain
        self.clock = clock
        self.loop = asyncio.get_running_loop()
        self.links: dict[Link, _Connection] = {}
        self.port = 0
        self._alarm = DeadlineTimer(self.loop, clock, self._advance)
        self._is_awake = False
        self._unseen: deque[KeptMessage] = deque()
        self._arrival = asyncio.Event()
        self._awaited: dict[Delivery, asyncio.Future[int]] = {}
        self._all_gone = asyncio.Event()
        self.is_closing = False

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Open the port."""
        self._server = await self.loop.create_server(
            lambda: _Connection(self),
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=_HANDSHAKE_TIMEOUT if tls else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Write what is ready, then close everything without waiting for any peer."""
        self._server.close()
        self._flush()
        self.is_closing = True
        self._alarm.cancel()
        for connection in list(self.links.values()):
            connection.abort()
        while self.links:
            self._all_gone.clear()
            await self._all_gone.wait()
        for future in self._awaited.values():
            _settle(future, RuntimeError("the simulator was closed meanwhile"))

    def forget(self, link: Link) -> None:
        """Count a connection out."""
        del self.links[link]
        if not self.links:
            self._all_gone.set()

    async def next_message(self, timeout: float) -> KeptMessage:  # noqa: ASYNC109 - handed through
        """Wait for a message that nobody was given yet."""
        try:
            async with asyncio.timeout(timeout):
                while not self._unseen:
                    self._arrival.clear()
                    await self._arrival.wait()
        except TimeoutError:
            raise TimeoutError(f"no message came in {timeout:g} s") from None
        return self._unseen.popleft()

    async def deliver(self, sender: str, recipient: str, text: str, system_id: str | None) -> int:
        """Hand a subscriber's message to the brain and wait for every part's end."""
        deliveries = self.brain.deliver(sender, recipient, text, self.clock(), system_id=system_id)
        futures = [self.loop.create_future() for _ in deliveries]
        self._awaited.update(zip(deliveries, futures, strict=True))
        self.wake()
        statuses = await asyncio.gather(*futures)
        return next((status for status in statuses if status), 0)

    def tick(self) -> None:
        """Do what is due on every link and in the brain."""
        for connection in list(self.links.values()):
            connection.advance()
        self._advance()

    def _advance(self) -> None:
        """Let the brain do what is due."""
        self.brain.advance(self.clock())
        self.wake()

    def wake(self) -> None:
        """See to it that `_flush` runs in the next turn of the loop."""
        if not (self._is_awake or self.is_closing):
            self._is_awake = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Do all that the last turn led to."""
        self._is_awake = False
        if self.is_closing:
            return
        brain = self.brain
        touched, brain.touched = brain.touched, {}
        for link in touched:
            connection = self.links.get(link)
            if connection is not None:
                connection.flush()
        if brain.arrived:
            self._unseen.extend(brain.arrived)
            brain.arrived.clear()
            while len(self._unseen) > brain.scenario.keep:
                self._unseen.popleft()
            self._arrival.set()
        for delivery in brain.settled:
            if (future := self._awaited.pop(delivery, None)) is not None:
                _settle(future, cast("int", delivery.command_status))
        brain.settled.clear()
        self._alarm.set(brain.next_deadline())


class _Connection(asyncio.Protocol):
    """One client's connection: octets in, octets out, and its session's one timer."""

    def __init__(self, running: _Running) -> None:
        self._running = running
        self._transport: asyncio.Transport | None = None
        self._alarm = DeadlineTimer(running.loop, running.clock, self.advance)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the link to the brain."""
        self._transport = cast("asyncio.Transport", transport)
        self._link = self._running.brain.connect(self._running.clock())
        self._running.links[self._link] = self
        self._running.wake()
        # Accepted before the port was closed, made after it.
        if self._running.is_closing:
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Give octets to the brain."""
        self._running.brain.receive(self._link, data, self._running.clock())
        self._running.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the brain."""
        self._alarm.cancel()
        self._running.brain.disconnect(self._link, self._running.clock(), error=exc)
        self._running.forget(self._link)
        self._running.wake()

    def pause_writing(self) -> None:
        """Take no more from a client that doesn't read our answers."""
        self._open_transport().pause_reading()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._open_transport().resume_reading()

    def advance(self) -> None:
        """Let the session do what is due."""
        self._running.brain.advance_link(self._link, self._running.clock())
        self._running.wake()

    def flush(self) -> None:
        """Write what is ready; close the connection if the session is over."""
        session, transport = self._link.session, self._open_transport()
        octets = session.outgoing()
        if octets and not transport.is_closing():
            transport.write(octets)
        if session.is_over:
            transport.close()
        else:
            self._alarm.set(session.next_deadline())

    def abort(self) -> None:
        """Close at once, whatever is still unwritten."""
        self._open_transport().abort()

    def _open_transport(self) -> asyncio.Transport:
        """Return the transport; there is one from connection_made on."""
        return cast("asyncio.Transport", self._transport)


class DeadlineTimer:
    """One timer of the loop for a deadline that keeps moving. It may ring early, never late.

    Deadlines mostly move away. Setting the loop's timer anew each time costs more than letting
    it ring for nothing now and then.

    Args:
        loop: Whose timer.
        clock: Whose seconds the deadlines are in.
        ring: Called in time. Whoever is called sets the alarm again.
    """

    __slots__ = ("_clock", "_deadline", "_loop", "_ring", "_timer")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
        ring: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._ring = ring
        self._deadline = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    def set(self, deadline: float | None) -> None:
        """See to it that it rings at *deadline* at the latest; None needs no ringing."""
        if deadline is None or deadline >= self._deadline:
            return
        self.cancel()
        self._deadline = deadline
        delay = max(0.0, deadline - self._clock())
        self._timer = self._loop.call_later(delay, self._on_timer)

    def cancel(self) -> None:
        """Don't ring."""
        self._deadline = float("inf")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        """Ring; whoever is called sets the next deadline."""
        self.cancel()
        self._ring()

    def __repr__(self) -> str:
        return f"<DeadlineTimer at {self._deadline}>"


def _settle(future: asyncio.Future[int], outcome: int | Exception) -> None:
    """Tell whoever waits, unless they went away."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _local_time() -> datetime:
    """Return date and time in the zone of this machine."""
    return datetime.now(UTC).astimezone()

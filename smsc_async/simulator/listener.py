"""The simulated SMSC's sockets and timers.

Rule: nothing is decided here. Octets go to `SimulatedSmsc`; what that changed (octets to write,
links to close, deadlines, callers that wait) is dealt with once per iteration of the event loop, in
`Listener._flush`. So all octets of one iteration leave a link in one write.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from smsc_async.simulator.accounts import ClientLink, QueuedDelivery
    from smsc_async.simulator.records import SubmittedMessage
    from smsc_async.simulator.smsc import SimulatedSmsc

_HANDSHAKE_TIMEOUT: Final = 10.0


class Listener:
    """The open port of a running simulator, its connections, and the callers that wait.

    Args:
        smsc: Decides.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, smsc: SimulatedSmsc, clock: Callable[[], float]) -> None:
        self.smsc = smsc
        self.clock = clock
        self.loop = asyncio.get_running_loop()
        self.connections: dict[ClientLink, Connection] = {}
        self.port = 0
        self.is_closing = False
        self._timer = DeadlineTimer(self.loop, clock, self._advance)
        self._is_flush_scheduled = False
        self._unread: deque[SubmittedMessage] = deque()
        self._has_unread = asyncio.Event()
        self._awaited: dict[QueuedDelivery, asyncio.Future[int]] = {}
        self._all_closed = asyncio.Event()

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Open the port."""
        self._server = await self.loop.create_server(
            lambda: Connection(self),
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
        self._timer.cancel()
        for connection in list(self.connections.values()):
            connection.abort()
        while self.connections:
            self._all_closed.clear()
            await self._all_closed.wait()
        for future in self._awaited.values():
            if not future.done():
                future.set_exception(RuntimeError("the simulator was closed meanwhile"))

    def remove(self, link: ClientLink) -> None:
        """Remove a closed connection."""
        del self.connections[link]
        if not self.connections:
            self._all_closed.set()

    async def next_message(self, timeout: float) -> SubmittedMessage:  # noqa: ASYNC109 - passed through
        """Return the oldest message not returned here before; wait for one if there is none."""
        try:
            async with asyncio.timeout(timeout):
                while not self._unread:
                    self._has_unread.clear()
                    await self._has_unread.wait()
        except TimeoutError:
            raise TimeoutError(f"no message came in {timeout:g} s") from None
        return self._unread.popleft()

    async def deliver(
        self, sender: str, recipient: str, text: str, *, system_id: str | None, esm_class: int
    ) -> int:
        """Send a subscriber's message, and wait until every part of it has ended."""
        deliveries = self.smsc.deliver(
            sender, recipient, text, self.clock(), system_id=system_id, esm_class=esm_class
        )
        futures = [self.loop.create_future() for _ in deliveries]
        self._awaited.update(zip(deliveries, futures, strict=True))
        self.schedule_flush()
        statuses = await asyncio.gather(*futures)
        return next((status for status in statuses if status), 0)

    def tick(self) -> None:
        """Handle expired timers of every link and of the SMSC."""
        for connection in list(self.connections.values()):
            connection.advance()
        self._advance()

    def schedule_flush(self) -> None:
        """Run `_flush` in the next iteration of the event loop."""
        if not (self._is_flush_scheduled or self.is_closing):
            self._is_flush_scheduled = True
            self.loop.call_soon(self._flush)

    def _advance(self) -> None:
        """Handle expired timers of the SMSC."""
        self.smsc.advance(self.clock())
        self.schedule_flush()

    def _flush(self) -> None:
        """Deal with all changes of the last turn."""
        self._is_flush_scheduled = False
        if self.is_closing:
            return
        state = self.smsc.state
        changes = state.take_changes()
        for link in changes.links:
            connection = self.connections.get(link)
            if connection is not None:
                connection.flush()
        if changes.messages:
            self._unread.extend(changes.messages)
            while len(self._unread) > state.scenario.keep:
                self._unread.popleft()
            self._has_unread.set()
        for delivery in changes.deliveries:
            future = self._awaited.pop(delivery, None)
            if future is not None and not future.done():
                future.set_result(cast("int", delivery.command_status))
        self._timer.set(state.next_deadline())

    def __repr__(self) -> str:
        return (
            f"<Listener port {self.port}, {len(self.connections)} connections,"
            f" {len(self._unread)} unread messages, {len(self._awaited)} awaited deliver_sm>"
        )


class Connection(asyncio.Protocol):
    """One client's connection: octets in, octets out, and its session's one timer.

    Args:
        listener: Accepted it.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport
        self._link: ClientLink
        self._timer = DeadlineTimer(listener.loop, listener.clock, self.advance)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Add a link for the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._link = self._listener.smsc.connect(self._listener.clock())
        self._listener.connections[self._link] = self
        self._listener.schedule_flush()
        # Accepted before the port was closed, made after it.
        if self._listener.is_closing:
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Process octets from the client."""
        self._listener.smsc.receive(self._link, data, self._listener.clock())
        self._listener.schedule_flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the link."""
        self._timer.cancel()
        self._listener.smsc.disconnect(self._link, self._listener.clock(), error=exc)
        self._listener.remove(self._link)
        self._listener.schedule_flush()

    def pause_writing(self) -> None:
        """Stop reading from a client that doesn't read our responses."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def advance(self) -> None:
        """Handle expired timers of the session."""
        self._listener.smsc.advance_link(self._link, self._listener.clock())
        self._listener.schedule_flush()

    def flush(self) -> None:
        """Write what is ready; close the connection if the session is over."""
        session, transport = self._link.session, self._transport
        octets = session.data_to_send()
        if octets and not transport.is_closing():
            transport.write(octets)
        if session.is_over:
            transport.close()
        else:
            self._timer.set(session.next_deadline())

    def abort(self) -> None:
        """Close at once; unwritten octets are lost."""
        self._transport.abort()

    def __repr__(self) -> str:
        # asyncio logs connections that fail before `connection_made`.
        return f"<Connection {getattr(self, '_link', None)!r}, {self._timer!r}>"


class DeadlineTimer:
    """One timer of the event loop for a deadline that keeps moving. It may fire early, never late.

    Args:
        loop: The event loop.
        clock: Seconds that deadlines are in.
        on_deadline: Called when the deadline has come; it sets the next one.
    """

    __slots__ = ("_clock", "_deadline", "_loop", "_on_deadline", "_timer")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
        on_deadline: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._on_deadline = on_deadline
        self._deadline = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    def set(self, deadline: float | None) -> None:
        """Fire at *deadline* at the latest; None changes nothing."""
        if deadline is None or deadline >= self._deadline:  # hot path
            return
        self.cancel()
        self._deadline = deadline
        delay = max(0.0, deadline - self._clock())
        self._timer = self._loop.call_later(delay, self._fire)

    def cancel(self) -> None:
        """Don't fire."""
        self._deadline = float("inf")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        """Call `on_deadline`, with no deadline set."""
        self.cancel()
        self._on_deadline()

    def __repr__(self) -> str:
        return f"<DeadlineTimer at {self._deadline:g}>"

"""One client's connection: octets in, octets out, and its session's one timer.

Rule: octets go to the session, its events to the handler; nothing is written before
`Connection.flush`, once per iteration of the event loop. So all PDUs of one iteration leave in one
write. A client that doesn't read isn't read either, and one that reads nothing at all is cut.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic, cast

from smsc_async._deadline_timer import DeadlineTimer
from smsc_async.listener.client_session import ClientSession
from smsc_async.listener.contract import LinkT

if TYPE_CHECKING:
    from smsc_async.listener.contract import ConnectionOwner

CLOSING_TIMEOUT: Final = 2.0
"""Seconds for the last octets to leave a closing socket; then it is aborted."""

MAX_UNREAD: Final = 16 * 1024 * 1024
"""Octets that may wait for a client that doesn't read; beyond it the connection ends. Reading stops
long before, at the transport's high-water mark: only delayed responses can pile up this far."""


class Connection(asyncio.Protocol, Generic[LinkT]):
    """One connection, from its accept to its end.

    Args:
        owner: Accepted it.
    """

    def __init__(self, owner: ConnectionOwner[LinkT]) -> None:
        self._owner = owner
        self._clock = owner.clock
        self._transport: asyncio.Transport
        self._client: ClientSession[LinkT]
        self._is_served = False
        self._timer = DeadlineTimer(owner.clock, self.advance)
        self._closing: asyncio.TimerHandle | None = None

    @property
    def link(self) -> LinkT:
        """What the handler keeps for the connection."""
        return self._client.link

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session; a connection that is one too many, or too late, is closed at once."""
        self._transport = cast("asyncio.Transport", transport)
        owner = self._owner
        if not owner.has_room:
            self.abort()
            return
        peer = transport.get_extra_info("peername")
        host = peer[0] if isinstance(peer, tuple) else ""
        self._client = ClientSession(owner.handler, host, self._clock())
        self._is_served = True
        owner.add(self)
        owner.flush_later(self)

    def data_received(self, data: bytes) -> None:
        """Process octets from the client."""
        client, owner = self._client, self._owner
        now = self._clock()
        self._timer.has_read = True
        if owner.tap is not None:
            owner.tap.on_received(client.link, data, now)
        client.receive(data, now)
        owner.flush_later(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session, if there is one."""
        self._timer.stop()
        if self._closing is not None:
            self._closing.cancel()
        if self._is_served:
            now = self._clock()
            self._client.disconnect(now, exc)
            if self._owner.tap is not None:
                self._owner.tap.on_closed(self._client.link, now)
            self._owner.remove(self)

    def pause_writing(self) -> None:
        """Stop reading from a client that doesn't read our responses."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    # Called by the listener.

    def advance(self) -> None:
        """Handle expired timers of the session."""
        self._client.advance(self._clock())
        self._owner.flush_later(self)

    def unbind(self) -> None:
        """Ask the client to leave."""
        self._client.unbind(self._clock())
        self._owner.flush_later(self)

    def flush(self) -> None:
        """Write what is ready; close the connection if the session is over."""
        session, transport = self._client.session, self._transport
        octets = session.data_to_send()
        if octets and not transport.is_closing():
            transport.write(octets)
            if self._owner.tap is not None:
                self._owner.tap.on_sent(self._client.link, octets, self._clock())
            if transport.get_write_buffer_size() > MAX_UNREAD:
                unread = ConnectionAbortedError("the client reads none of our answers")
                self._client.end(self._clock(), unread)
                self.abort()
        if session.is_over:
            self._close()
        else:
            self._timer.start_by(session.next_deadline())

    def abort(self) -> None:
        """Close at once; unwritten octets are lost."""
        self._transport.abort()

    def _close(self) -> None:
        """Close after the last octets; a client that doesn't read them is cut."""
        if not self._transport.is_closing():
            self._timer.stop()
            self._transport.close()
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(CLOSING_TIMEOUT, self._transport.abort)

    def __repr__(self) -> str:
        # asyncio logs connections that fail before `connection_made`.
        link = self._client.link if self._is_served else None
        return f"<Connection {link!r}, {self._timer!r}>"

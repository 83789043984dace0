"""Open ports and UNIX sockets, their connections, and the one flush per iteration.

Rule: what an iteration of the event loop has changed (octets to write, connections to close,
deadlines) is dealt with once, in `Listener._flush`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic

from smsc_async._deadline_timer import DeadlineTimer
from smsc_async.listener.connection import Connection
from smsc_async.listener.contract import LinkT
from smsc_async.listener.unix_socket import bind_unix, remove_unix

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from smsc_async.listener.contract import FlushObserver, OctetTap, SmscHandler

_HANDSHAKE_TIMEOUT: Final = 10.0


class Listener(Generic[LinkT]):
    """Serves clients at any number of addresses.

    Args:
        handler: Decides.
        clock: Seconds of a monotonic clock. After moving a clock of your own, call `tick`.
        observer: Called after each flush.
        max_connections: Connections at a time; those beyond it are closed at once. None: as many
            as the operating system allows.

    Attributes:
        connections: The open connections, by what the handler keeps for each.
        port: The port of the last `listen`.
        tap: Sees all octets, if it isn't None; may be replaced at any time.
        is_closing: Whether `close` was called: nothing is written any more.
    """

    def __init__(
        self,
        handler: SmscHandler[LinkT],
        clock: Callable[[], float],
        *,
        observer: FlushObserver | None = None,
        max_connections: int | None = None,
    ) -> None:
        self.handler = handler
        self.clock = clock
        self.connections: dict[LinkT, Connection[LinkT]] = {}
        self.port = 0
        self.tap: OctetTap[LinkT] | None = None
        self.is_closing = False
        self._loop = asyncio.get_running_loop()
        self._observer = observer
        self._max_connections = float("inf") if max_connections is None else max_connections
        self._servers: list[asyncio.Server] = []
        self._paths: list[str] = []
        self._is_accepting = True
        self._timer = DeadlineTimer(clock, self._advance)
        self._changed: dict[Connection[LinkT], None] = {}
        self._is_flush_planned = False
        self._all_closed = asyncio.Event()

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Open a TCP port.

        Args:
            host: Name or address of this machine.
            port: 0 takes any free one; see `port`.
            tls: A server's context, None for none.

        Raises:
            OSError: The port is in use, or the address isn't this machine's.
        """
        server = await self._loop.create_server(
            lambda: Connection(self),
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=_HANDSHAKE_TIMEOUT if tls else None,
        )
        self._servers.append(server)
        self.port = server.sockets[0].getsockname()[1]

    async def listen_unix(self, path: str, *, mode: int = 0o600) -> None:
        """Open a UNIX socket; `close` and `stop_accepting` remove its file.

        Args:
            path: Where it is. The socket of a program that has ended is replaced.
            mode: Permissions of the file; by default this user alone connects.

        Raises:
            OSError: A program listens there, another kind of file is there, or it can't be made.
        """
        bound = bind_unix(path, mode)
        self._paths.append(path)
        server = await self._loop.create_unix_server(lambda: Connection(self), sock=bound)
        self._servers.append(server)

    def stop_accepting(self) -> None:
        """Close ports and UNIX sockets; connections stay."""
        self._is_accepting = False
        for server in self._servers:
            server.close()
        self._servers.clear()
        for path in self._paths:
            remove_unix(path)
        self._paths.clear()

    async def drain(self, timeout: float) -> None:  # noqa: ASYNC109 - it ends without an error
        """Accept no more clients, unbind those there are, and wait until they have gone.

        Requests of a client that has not answered the unbind yet are still processed. Call `close`
        afterwards. Cancelling is safe.

        Args:
            timeout: Seconds to wait at most. Each session ends by itself some seconds after its
                unbind, see `SessionLimits.unbind_timeout`.
        """
        self.stop_accepting()
        for connection in list(self.connections.values()):
            connection.unbind()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wait_closed()

    async def close(self) -> None:
        """Write what is ready, then close everything without waiting for any client."""
        self.stop_accepting()
        self._flush()
        self.is_closing = True
        self._timer.stop()
        for connection in list(self.connections.values()):
            connection.abort()
        await self._wait_closed()

    def tick(self) -> None:
        """Handle expired timers of every connection and of the handler."""
        for connection in list(self.connections.values()):
            connection.advance()
        self._advance()

    def plan_flush(self) -> None:
        """Write what the handler has changed, in the next iteration of the event loop."""
        if not (self._is_flush_planned or self.is_closing):
            self._is_flush_planned = True
            self._loop.call_soon(self._flush)

    # Called by connections.

    @property
    def has_room(self) -> bool:
        """Whether another connection may be served."""
        return self._is_accepting and len(self.connections) < self._max_connections

    def add(self, connection: Connection[LinkT]) -> None:
        """Remember an open connection."""
        self.connections[connection.link] = connection

    def remove(self, connection: Connection[LinkT]) -> None:
        """Forget a closed connection."""
        del self.connections[connection.link]
        self._changed.pop(connection, None)
        if not self.connections:
            self._all_closed.set()
        self.plan_flush()

    def flush_later(self, connection: Connection[LinkT]) -> None:
        """Flush a connection in the next iteration of the event loop."""
        self._changed[connection] = None
        self.plan_flush()

    async def _wait_closed(self) -> None:
        """Wait until no connection is open."""
        while self.connections:
            self._all_closed.clear()
            await self._all_closed.wait()

    def _advance(self) -> None:
        """Let the handler do what is due."""
        self.handler.advance(self.clock())
        self.plan_flush()

    def _flush(self) -> None:
        """Deal with all that the last iteration has changed."""
        self._is_flush_planned = False
        if self.is_closing:
            return
        changed, self._changed = self._changed, {}
        for link in self.handler.take_changed_links():
            connection = self.connections.get(link)
            if connection is not None:
                changed[connection] = None
        for connection in changed:
            connection.flush()
        if self._observer is not None:
            self._observer.on_flushed()
        self._timer.start_by(self.handler.next_deadline())

    def __repr__(self) -> str:
        return f"<Listener port {self.port}, {len(self.connections)} connections>"

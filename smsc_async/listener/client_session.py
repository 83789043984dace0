"""One client's session in the role of the SMSC, and the handler that gets its events.

Rule: no socket and no clock. A `Connection` drives it with what it reads; tests of a handler drive
it with octets of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from smsc_async.listener.contract import Accepted, LinkT
from smsc_async.session import Role, Session, SessionState

if TYPE_CHECKING:
    from smsc_async.listener.contract import SmscHandler
    from smsc_async.session import Event

_LEAVING = frozenset({SessionState.UNBINDING, SessionState.UNBOUND})


class ClientSession(Generic[LinkT]):
    """The session of one connection, from its start on.

        client = ClientSession(handler, "127.0.0.1", now=0.0)
        client.receive(octets, now=0.1)
        responses = client.session.data_to_send()

    Args:
        handler: Gets the events.
        host: The client's address; empty on a UNIX socket.
        now: The time at which the connection was made, in seconds.

    Attributes:
        session: The protocol state.
        link: What the handler keeps for the connection.
    """

    __slots__ = ("_handler", "link", "session")

    def __init__(self, handler: SmscHandler[LinkT], host: str, now: float) -> None:
        self._handler = handler
        self.session = Session(Role.SMSC, handler.session_limits(), now=now)
        self.link = handler.on_connected(Accepted(self.session, host), now)

    def receive(self, data: bytes, now: float) -> None:
        """Process octets that were read, in pieces of any size."""
        self._pass_on(self.session.receive(data, now), now)

    def advance(self, now: float) -> None:
        """Handle expired timers of the session."""
        self._pass_on(self.session.advance(now), now)

    def unbind(self, now: float) -> None:
        """Ask a bound client to leave; a session that isn't bound ends at once."""
        if self.session.mode is not None:
            self.session.unbind(now)
        elif self.session.state not in _LEAVING:
            self._pass_on(self.session.close(now), now)

    def end(self, now: float, error: Exception | None = None) -> None:
        """End the session because the connection is gone, or of no use; twice does no harm."""
        self._pass_on(self.session.receive_eof(now, error=error), now)

    def disconnect(self, now: float, error: Exception | None = None) -> None:
        """End the session of a connection that is closed. Once, and last."""
        self.end(now, error)
        self._handler.on_disconnected(self.link, now)

    def _pass_on(self, events: list[Event], now: float) -> None:
        """Pass events to the handler."""
        if events:
            self._handler.on_events(self.link, events, now)

    def __repr__(self) -> str:
        return f"<ClientSession {self.link!r}>"

"""The calls between the sockets of the SMSC's side and what decides there, in one place.

    caller                      protocol           implemented by
    ClientSession, Listener     SmscHandler        `simulator.smsc.SimulatedSmsc`
    Listener                    FlushObserver      `simulator.waiting_calls.WaitingCalls`
    Connection                  OctetTap           `simulator.tap.FrameTap`
    Connection                  ConnectionOwner    `Listener`

A handler decides synchronously, without socket and clock. It answers through the session of a
connection, at once or at any later time; what it queues there is written once per iteration of the
event loop. To end a connection it closes its session. So it can hold an answer (respond later),
refuse a connection (close the session in `on_connected`) and cut one (close it at any time).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from smsc_async.session import Event, Session, SessionLimits

LinkT = TypeVar("LinkT")
"""What a handler keeps for one connection; hashed by identity."""

LinkT_contra = TypeVar("LinkT_contra", contravariant=True)


class Accepted(NamedTuple):
    """A new connection, as a handler sees it.

    `host` is the client's address, empty on a UNIX socket.
    """

    session: Session
    host: str


class SmscHandler(Protocol[LinkT]):
    """Decides what the SMSC does: one object for all connections. Times are seconds."""

    def session_limits(self) -> SessionLimits:
        """Return window and timeouts of the session of a new connection."""

    def on_connected(self, accepted: Accepted, now: float) -> LinkT:
        """A client has connected; return the object that later calls name the connection by."""

    def on_events(self, link: LinkT, events: list[Event], now: float) -> None:
        """Process the events of a connection's session, in order."""

    def on_disconnected(self, link: LinkT, now: float) -> None:
        """The connection is closed, its last events are processed. Once for each connection."""

    def advance(self, now: float) -> None:
        """Do what is due by *now*."""

    def next_deadline(self) -> float | None:
        """Return the time to call `advance` at, or None. It is read after every other call."""

    def take_changed_links(self) -> Iterable[LinkT]:
        """Return the links whose sessions were used since the last call, in order.

        A link whose own events were processed needn't be among them.
        """


class FlushObserver(Protocol):
    """Called once per iteration of the event loop in which something happened."""

    def on_flushed(self) -> None:
        """What has changed is written; callers that wait for it may go on."""


class OctetTap(Protocol[LinkT_contra]):
    """Sees all octets of all connections. Frames are cut by `pdu.FrameBuffer`."""

    def on_received(self, link: LinkT_contra, octets: bytes, now: float) -> None:
        """Octets were read, in pieces of any size; they are processed next."""

    def on_sent(self, link: LinkT_contra, octets: bytes, now: float) -> None:
        """Whole PDUs were written."""

    def on_closed(self, link: LinkT_contra, now: float) -> None:
        """The connection is closed; the tap may have seen none of its octets."""


class ConnectionOwner(Protocol[LinkT]):
    """What a connection needs of its listener."""

    handler: SmscHandler[LinkT]
    clock: Callable[[], float]
    tap: OctetTap[LinkT] | None

    @property
    def has_room(self) -> bool:
        """Whether another connection may be served."""

    def add(self, connection: Any) -> None:  # noqa: ANN401 - a Connection, which calls this module
        """Remember an open connection."""

    def remove(self, connection: Any) -> None:  # noqa: ANN401 - as above
        """Forget a closed connection."""

    def flush_later(self, connection: Any) -> None:  # noqa: ANN401 - as above
        """Call the connection's `flush` in the next iteration of the event loop."""

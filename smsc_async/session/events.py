"""Events that a session reports to its caller.

Rule: an event needs a decision or ends a wait. UnexpectedResponseReceived and PduRejected need
neither; they are reported for counters and logs.

`context` is what the caller gave to `Session.request`. Each is returned exactly once as an outcome:
in ResponseReceived, ResponseUndecodable, ResponseOverdue or LinkEnded. A response after
ResponseOverdue returns it again, in LateResponseReceived.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pdu import BindMode, CommandStatus, Pdu
    from smsc_async.errors import RemoteProtocolError


class EndReason(Enum):
    """Why a link ended. The value completes the sentence "the link ended: …"."""

    UNBOUND = "unbound by us"
    PEER_UNBOUND = "unbound by the peer"
    CLOSED = "closed by us"
    LOST = "the connection was lost"
    BIND_OVERDUE = "no bind in time"
    ENQUIRE_LINK_OVERDUE = "enquire_link got no response"
    UNBIND_OVERDUE = "unbind got no response"
    IDLE = "nothing was received for too long"
    PDU_OVERDUE = "a PDU did not arrive whole in time"
    PROTOCOL_ERROR = "the peer broke the protocol"


@dataclass(slots=True)
class Bound:
    """ESME: the SMSC accepted our bind; traffic may start."""

    mode: BindMode
    response: Pdu


@dataclass(slots=True)
class BindRefused:
    """ESME: the SMSC refused our bind, by its response or a generic_nack. The link is still up."""

    response: Pdu


@dataclass(slots=True)
class BindRequested:
    """SMSC: a bind request arrived. Answer with `Session.respond`."""

    pdu: Pdu


class RequestReceived(NamedTuple):
    """Any other request of the peer arrived. Answer with `Session.respond`.

    outbind and alert_notification have no response.
    """

    pdu: Pdu


class ResponseReceived(NamedTuple):
    """A request was answered: by its own response or, refused, by a generic_nack."""

    sequence_number: int
    context: object
    response: Pdu

    def __repr__(self) -> str:
        return f"ResponseReceived({self.sequence_number}, response={self.response!r})"


@dataclass(slots=True)
class ResponseUndecodable:
    """A response can't be decoded beyond its header; what the peer did is unknown."""

    sequence_number: int
    context: object = field(repr=False)
    error: RemoteProtocolError


@dataclass(slots=True)
class ResponseOverdue:
    """A request reached its deadline; what the peer did is unknown. Its slot is free."""

    sequence_number: int
    context: object = field(repr=False)


@dataclass(slots=True)
class LateResponseReceived:
    """The response to a request that was reported overdue. `context` comes a second time."""

    sequence_number: int
    context: object = field(repr=False)
    response: Pdu


@dataclass(slots=True)
class UnexpectedResponseReceived:
    """A response to no request in flight: unknown number, second response, or wrong command.

    Harmless; the window is as it was.
    """

    response: Pdu


@dataclass(slots=True)
class PduRejected:
    """A PDU was rejected; the session goes on.

    Args:
        error: What was wrong, with the frame.
        command_status: Sent to the peer; None where it gets no answer: for a response, and for a
            request after an unbind.
    """

    error: RemoteProtocolError
    command_status: CommandStatus | None


@dataclass(slots=True)
class PeerUnbound:
    """The peer unbound while requests of ours are in flight: nothing else can be requested.

    Their responses are still read; LinkEnded follows. Without such requests it follows at once,
    and this isn't reported.
    """


@dataclass(slots=True)
class LinkEnded:
    """The session is over. Always the last event, and only one.

    Write what `Session.data_to_send` still returns, then close the connection.

    Args:
        reason: Why.
        error: The peer's or the transport's error, where that was the reason.
        lost: Contexts of the requests that still awaited a response, earliest deadline first.
            Whether the peer executed them is unknown.
    """

    reason: EndReason
    error: Exception | None
    lost: list[object] = field(repr=False)


Event = (
    Bound
    | BindRefused
    | BindRequested
    | RequestReceived
    | ResponseReceived
    | ResponseUndecodable
    | ResponseOverdue
    | LateResponseReceived
    | UnexpectedResponseReceived
    | PduRejected
    | PeerUnbound
    | LinkEnded
)

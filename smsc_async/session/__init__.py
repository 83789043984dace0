"""One SMPP session as a plain object: octets and times in, events and octets out.

Rule: no socket, no clock, no task. The client's link and the simulated gateway run the same
machine, each in its own role.
"""

from __future__ import annotations

from smsc_async.session.events import (
    BindRefused,
    BindRequested,
    Bound,
    EndReason,
    Event,
    LateResponseReceived,
    LinkEnded,
    PduRejected,
    PeerUnbound,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
    UnexpectedResponseReceived,
)
from smsc_async.session.limits import SessionLimits
from smsc_async.session.machine import Session
from smsc_async.session.states import Role, SessionState
from smsc_async.session.window import Window, WindowFullError

__all__ = [
    "BindRefused",
    "BindRequested",
    "Bound",
    "EndReason",
    "Event",
    "LateResponseReceived",
    "LinkEnded",
    "PduRejected",
    "PeerUnbound",
    "RequestReceived",
    "ResponseOverdue",
    "ResponseReceived",
    "ResponseUndecodable",
    "Role",
    "Session",
    "SessionLimits",
    "SessionState",
    "UnexpectedResponseReceived",
    "Window",
    "WindowFullError",
]

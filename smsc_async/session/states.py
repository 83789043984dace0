"""The operation matrix: who may send which request in which state, and the state it leads to.

Rule: these two tables are the only authority; the session never compares states to decide what is
allowed. Read them beside SMPP v3.4 §2.2 and §5.1.2.1.

Responses have no row: a response is legal while the request it answers is unanswered.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from pdu import BindMode, CommandId
from pdu.names import command_name

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(Enum):
    """Which end of the link this is."""

    ESME = "ESME"
    SMSC = "SMSC"

    @property
    def peer(self) -> Role:
        """The role at the other end."""
        return Role.SMSC if self is Role.ESME else Role.ESME


class SessionState(Enum):
    """Where a session is in its life.

    The three BOUND states, OPEN and CLOSED are those of SMPP v3.4 §2.2; SMPP v5.0 adds
    OUTBOUND and UNBOUND. BINDING and UNBINDING are the time between a request and its
    response, in which less is allowed than before and after.
    """

    OPEN = "OPEN"
    OUTBOUND = "OUTBOUND"
    BINDING = "BINDING"
    BOUND_TX = "BOUND_TX"
    BOUND_RX = "BOUND_RX"
    BOUND_TRX = "BOUND_TRX"
    UNBINDING = "UNBINDING"
    UNBOUND = "UNBOUND"
    CLOSED = "CLOSED"


_S = SessionState
_C = CommandId

_ESME = frozenset({Role.ESME})
_SMSC = frozenset({Role.SMSC})
_BOTH = _ESME | _SMSC

_OPEN = frozenset({_S.OPEN})
_BINDABLE = frozenset({_S.OPEN, _S.OUTBOUND})
_TX = frozenset({_S.BOUND_TX, _S.BOUND_TRX})
_RX = frozenset({_S.BOUND_RX, _S.BOUND_TRX})
_BOUND = _TX | _RX
_UP = frozenset(_S) - {_S.UNBOUND, _S.CLOSED}

# v3.4 lists replace_sm for BOUND_TX alone; v5.0 and real servers allow it in BOUND_TRX too.
OPERATIONS: Final[Mapping[int, tuple[frozenset[Role], frozenset[SessionState]]]] = {
    # command                sent by  in these states of the sender
    _C.BIND_RECEIVER: (_ESME, _BINDABLE),
    _C.BIND_TRANSMITTER: (_ESME, _BINDABLE),
    _C.BIND_TRANSCEIVER: (_ESME, _BINDABLE),
    _C.OUTBIND: (_SMSC, _OPEN),
    _C.UNBIND: (_BOTH, _BOUND),
    _C.ENQUIRE_LINK: (_BOTH, _UP),
    _C.SUBMIT_SM: (_ESME, _TX),
    _C.SUBMIT_MULTI: (_ESME, _TX),
    _C.QUERY_SM: (_ESME, _TX),
    _C.CANCEL_SM: (_ESME, _TX),
    _C.REPLACE_SM: (_ESME, _TX),
    _C.BROADCAST_SM: (_ESME, _TX),
    _C.QUERY_BROADCAST_SM: (_ESME, _TX),
    _C.CANCEL_BROADCAST_SM: (_ESME, _TX),
    _C.DELIVER_SM: (_SMSC, _RX),
    _C.ALERT_NOTIFICATION: (_SMSC, _RX),
    _C.DATA_SM: (_BOTH, _BOUND),
}

# The same PDU changes the state of both ends: the sender's and the receiver's.
MOVES: Final[Mapping[int, tuple[SessionState, SessionState]]] = {
    # PDU                      with ESME_ROK  with any other status
    _C.OUTBIND: (_S.OUTBOUND, _S.OUTBOUND),
    _C.BIND_RECEIVER: (_S.BINDING, _S.BINDING),
    _C.BIND_TRANSMITTER: (_S.BINDING, _S.BINDING),
    _C.BIND_TRANSCEIVER: (_S.BINDING, _S.BINDING),
    _C.BIND_RECEIVER_RESP: (_S.BOUND_RX, _S.OPEN),
    _C.BIND_TRANSMITTER_RESP: (_S.BOUND_TX, _S.OPEN),
    _C.BIND_TRANSCEIVER_RESP: (_S.BOUND_TRX, _S.OPEN),
    _C.UNBIND: (_S.UNBINDING, _S.UNBINDING),
    _C.UNBIND_RESP: (_S.UNBOUND, _S.UNBOUND),
    _C.GENERIC_NACK: (_S.OPEN, _S.OPEN),  # where it answers a bind
}

BOUND: Final = _BOUND
BINDS: Final = frozenset({_C.BIND_RECEIVER, _C.BIND_TRANSMITTER, _C.BIND_TRANSCEIVER})
UNANSWERED: Final = frozenset({_C.OUTBIND, _C.ALERT_NOTIFICATION})
"""Requests that have no response."""
OUTSIDE_WINDOW: Final = BINDS | UNANSWERED | {_C.UNBIND, _C.ENQUIRE_LINK}
"""Requests that neither count in the window nor wait for it."""

MODES: Final[Mapping[SessionState, BindMode]] = {
    _S.BOUND_TX: BindMode.TRANSMITTER,
    _S.BOUND_RX: BindMode.RECEIVER,
    _S.BOUND_TRX: BindMode.TRANSCEIVER,
}

# The first table by role and state.
_ALLOWED: Final = {
    (role, state): frozenset(
        int(command)
        for command, (senders, states) in OPERATIONS.items()
        if role in senders and state in states
    )
    for role in Role
    for state in SessionState
}


def allowed(role: Role, state: SessionState) -> frozenset[int]:
    """Every `command_id` that *role* may send in *state*."""
    return _ALLOWED[role, state]


def after(command_id: int, command_status: int) -> SessionState:
    """The state that a PDU of the second table leads to."""
    when_ok, otherwise = MOVES[command_id]
    return when_ok if command_status == 0 else otherwise


def explain(role: Role, state: SessionState, command_id: int) -> str:
    """Why *role* may not send this command in *state*, as a sentence for an error."""
    name = command_name(command_id)
    if command_id not in OPERATIONS:
        return f"{name} is no request of SMPP"
    senders, states = OPERATIONS[command_id]
    if role not in senders:
        return f"{name} is never sent by the {role.value}"
    places = ", ".join(place.value for place in SessionState if place in states)
    return f"{name} is not allowed in {state.value}, only in {places}"

"""Sessions for the tests of this room: one alone in a given state, and two wired back to back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    Outbind,
    Pdu,
    encode,
)
from smsc_async.session import BindRequested, Event, Role, Session, SessionLimits, SessionState

if TYPE_CHECKING:
    from collections.abc import Callable

S = SessionState

_BINDS: Final[dict[SessionState, tuple[Pdu, Pdu]]] = {
    S.BOUND_TX: (BindTransmitter(system_id="shop"), BindTransmitterResp()),
    S.BOUND_RX: (BindReceiver(system_id="shop"), BindReceiverResp()),
    S.BOUND_TRX: (BindTransceiver(system_id="shop"), BindTransceiverResp()),
}
_NOTHING: Final[list[Event]] = []


class Pair:
    """An ESME and an SMSC whose octets reach each other at once."""

    def __init__(self, limits: SessionLimits) -> None:
        self.now = 1000.0
        self.esme = Session(Role.ESME, limits, now=self.now)
        self.smsc = Session(Role.SMSC, limits, now=self.now)

    def exchange(self) -> tuple[list[Event], list[Event]]:
        """Carry octets both ways until none are left; return the events of both sides."""
        seen: tuple[list[Event], list[Event]] = [], []
        moving = True
        while moving:
            up, down = self.esme.data_to_send(), self.smsc.data_to_send()
            moving = bool(up or down)
            seen[1].extend(self.smsc.receive(up, self.now) if up else _NOTHING)
            seen[0].extend(self.esme.receive(down, self.now) if down else _NOTHING)
        return seen

    def wait(self, seconds: float) -> tuple[list[Event], list[Event]]:
        """Let time pass on both ends, then carry what that set off."""
        self.now += seconds
        esme, smsc = self.esme.advance(self.now), self.smsc.advance(self.now)
        more = self.exchange()
        return esme + more[0], smsc + more[1]

    def bind(self, state: SessionState = S.BOUND_TRX) -> list[Event]:
        """Bind the ESME and accept it; what the ESME saw."""
        request, response = _BINDS[state]
        self.esme.request(request, self.now)
        (event,) = self.exchange()[1]
        assert isinstance(event, BindRequested)
        self.smsc.respond(event.pdu, response, self.now)
        return self.exchange()[0]


@pytest.fixture
def make_pair() -> Callable[[SessionLimits], Pair]:
    """Two fresh sessions with the limits one names."""
    return Pair


@pytest.fixture
def open_pair() -> Pair:
    """Two sessions just connected."""
    return Pair(SessionLimits())


@pytest.fixture
def pair() -> Pair:
    """Two sessions bound as transceiver."""
    made = Pair(SessionLimits())
    made.bind()
    return made


@pytest.fixture
def session_in() -> Callable[..., Session]:
    """A lone session of the role and in the state one names, at 1000.0."""
    return _session_in


def _session_in(
    role: Role, state: SessionState, limits: SessionLimits | None = None, *, now: float = 1000.0
) -> Session:
    """Lead a session into *state* by PDUs, as a peer would."""
    session = Session(role, limits or SessionLimits(), now=now)
    if state is S.OUTBOUND:
        _outbind(session, now)
    elif state is not S.OPEN:
        _bind(session, S.BOUND_TRX if state in {S.BINDING, S.UNBINDING} else state, state, now)
    session.data_to_send()
    assert session.state is state
    return session


def _outbind(session: Session, now: float) -> None:
    """Send or receive an outbind."""
    pdu = Outbind(system_id="smsc", sequence_number=1)
    if session.role is Role.SMSC:
        session.request(pdu, now)
    else:
        session.receive(encode(pdu), now)


def _bind(session: Session, bound: SessionState, wanted: SessionState, now: float) -> None:
    """Go through the bind as far as *wanted*."""
    request, response = _BINDS[bound]
    number = 1
    if session.role is Role.ESME:
        number = session.request(request, now)
    else:
        session.receive(encode(request, sequence_number=number), now)
    if wanted is S.BINDING:
        return
    if session.role is Role.ESME:
        session.receive(encode(response, sequence_number=number), now)
    else:
        session.respond(request, response, now)
    if wanted is S.UNBINDING:
        session.unbind(now)

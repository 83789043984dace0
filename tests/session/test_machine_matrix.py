"""Every row of the operation matrix, asked of running sessions in both roles.

The rows are drawn here by hand from SMPP v3.4 Table 2-1, apart from the table that is tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pdu import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    BroadcastSm,
    CancelBroadcastSm,
    CancelSm,
    CommandStatus,
    DataSm,
    DeliverSm,
    EnquireLink,
    Outbind,
    Pdu,
    QueryBroadcastSm,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
    Unbind,
    decode,
    encode,
)
from pdu.submit import SmeAddress
from smsc_async.errors import LocalProtocolError
from smsc_async.session import (
    BindRequested,
    LinkEnded,
    PduRejected,
    RequestReceived,
    Role,
    Session,
    SessionState,
)

if TYPE_CHECKING:
    from collections.abc import Callable

S = SessionState
STATES: Final = (
    S.OPEN,
    S.OUTBOUND,
    S.BINDING,
    S.BOUND_TX,
    S.BOUND_RX,
    S.BOUND_TRX,
    S.UNBINDING,
)

# Sent by the ESME | sent by the SMSC, in OPEN OUTBOUND BINDING TX RX TRX UNBINDING.
MATRIX: Final[list[tuple[Pdu, str, str]]] = [
    (BindReceiver(system_id="shop"), "xx.....", "......."),
    (BindTransmitter(system_id="shop"), "xx.....", "......."),
    (BindTransceiver(system_id="shop"), "xx.....", "......."),
    (Outbind(system_id="smsc"), ".......", "x......"),
    (Unbind(), "...xxx.", "...xxx."),
    (EnquireLink(), "xxxxxxx", "xxxxxxx"),
    (SubmitSm(destination_addr="79991234567"), "...x.x.", "......."),
    (
        SubmitMulti(dest_address=(SmeAddress(1, 1, "79991234567"),)),
        "...x.x.",
        ".......",
    ),
    (QuerySm(message_id="1"), "...x.x.", "......."),
    (CancelSm(message_id="1"), "...x.x.", "......."),
    (ReplaceSm(message_id="1"), "...x.x.", "......."),
    (BroadcastSm(), "...x.x.", "......."),
    (QueryBroadcastSm(message_id="1"), "...x.x.", "......."),
    (CancelBroadcastSm(message_id="1"), "...x.x.", "......."),
    (DeliverSm(destination_addr="79991234567"), ".......", "....xx."),
    (AlertNotification(), ".......", "....xx."),
    (DataSm(destination_addr="79991234567"), "...xxx.", "...xxx."),
]
CELLS: Final = [
    pytest.param(
        pdu, role, state, mark == "x", id=f"{type(pdu).__name__}-{role.value}-{state.value}"
    )
    for pdu, esme, smsc in MATRIX
    for role, row in ((Role.ESME, esme), (Role.SMSC, smsc))
    for state, mark in zip(STATES, row, strict=True)
]


@pytest.mark.parametrize(("pdu", "role", "state", "expected"), CELLS)
def test_a_request_leaves_only_where_the_table_lets_it(
    session_in: Callable[..., Session],
    pdu: Pdu,
    role: Role,
    state: SessionState,
    *,
    expected: bool,
) -> None:
    """A submit before the bind costs nothing only if no octet of it leaves."""
    session = session_in(role, state)

    if expected:
        number = session.request(pdu, 1001.0)
        assert encode(pdu, sequence_number=number) == session.data_to_send()
        return
    with pytest.raises(LocalProtocolError, match=r"is not allowed in|is never sent by"):
        session.request(pdu, 1001.0)
    assert b"" == session.data_to_send()
    assert state is session.state


@pytest.mark.parametrize(("pdu", "sender", "state", "expected"), CELLS)
def test_a_request_is_taken_only_where_the_table_lets_it_come(
    session_in: Callable[..., Session],
    pdu: Pdu,
    sender: Role,
    state: SessionState,
    *,
    expected: bool,
) -> None:
    """What may not come is refused with its own response, and the session lives."""
    session = session_in(sender.peer, state)
    if state is S.UNBINDING:
        # The peer hasn't seen our unbind yet: it may do what a transceiver may.
        ((_, esme, smsc),) = [row for row in MATRIX if row[0] is pdu]
        expected = (esme if sender is Role.ESME else smsc)[STATES.index(S.BOUND_TRX)] == "x"

    events = session.receive(encode(pdu, sequence_number=77), 1001.0)

    if not expected:
        (event,) = events
        answer = decode(session.data_to_send())
        binds = isinstance(pdu, BindReceiver | BindTransmitter | BindTransceiver)
        already = binds and state in STATES[2:6]
        status = CommandStatus.ESME_RALYBND if already else CommandStatus.ESME_RINVBNDSTS
        assert isinstance(event, PduRejected)
        assert (status, status) == (event.command_status, answer.command_status)
        assert 77 == answer.sequence_number
        assert answer.command_id in {pdu.command_id | 0x80000000, 0x80000000}
        assert state is session.state
    elif isinstance(pdu, EnquireLink):
        assert [] == events
    elif isinstance(pdu, Unbind):
        assert isinstance(events[-1], LinkEnded)
    elif isinstance(pdu, BindReceiver | BindTransmitter | BindTransceiver):
        assert [BindRequested(decode(encode(pdu, sequence_number=77)))] == events
    else:
        assert [RequestReceived(decode(encode(pdu, sequence_number=77)))] == events
        assert b"" == session.data_to_send()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", STATES)
def test_enquire_link_is_answered_in_every_state(
    session_in: Callable[..., Session], role: Role, state: SessionState
) -> None:
    """SMPP v5.0 allows it in any state; 15 s late because of traffic, and the gateway cut."""
    session = session_in(role, state)

    session.receive(bytes.fromhex("00000010 00000015 00000000 0000002A"), 1001.0)

    assert bytes.fromhex("00000010 80000015 00000000 0000002A") == session.data_to_send()

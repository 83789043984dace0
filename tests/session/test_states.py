"""The operation matrix, checked against one drawn here by hand from SMPP v3.4 Table 2-1."""

from __future__ import annotations

from typing import Final

import pytest

from pdu import BindMode, CommandId
from pdu.names import command_name
from smsc_async.session.states import (
    BOUND,
    MODES,
    MOVES,
    OPERATIONS,
    OUTSIDE_WINDOW,
    Role,
    SessionState,
    after,
    allowed,
    explain,
)

S = SessionState

#        OPEN, OUTBOUND, BINDING, BOUND_TX, BOUND_RX, BOUND_TRX, UNBINDING, UNBOUND, CLOSED
MATRIX: Final = {
    "bind_receiver": ("x x . . . . . . .", "         "),
    "bind_transmitter": ("x x . . . . . . .", "         "),
    "bind_transceiver": ("x x . . . . . . .", "         "),
    "outbind": ("         ", "x . . . . . . . ."),
    "unbind": (". . . x x x . . .", ". . . x x x . . ."),
    "enquire_link": ("x x x x x x x . .", "x x x x x x x . ."),
    "submit_sm": (". . . x . x . . .", "         "),
    "submit_multi": (". . . x . x . . .", "         "),
    "query_sm": (". . . x . x . . .", "         "),
    "cancel_sm": (". . . x . x . . .", "         "),
    "replace_sm": (". . . x . x . . .", "         "),
    "broadcast_sm": (". . . x . x . . .", "         "),
    "query_broadcast_sm": (". . . x . x . . .", "         "),
    "cancel_broadcast_sm": (". . . x . x . . .", "         "),
    "deliver_sm": ("         ", ". . . . x x . . ."),
    "alert_notification": ("         ", ". . . . x x . . ."),
    "data_sm": (". . . x x x . . .", ". . . x x x . . ."),
}
CELLS: Final = [
    (name, role, state, mark == "x")
    for name, (esme, smsc) in MATRIX.items()
    for role, row in ((Role.ESME, esme), (Role.SMSC, smsc))
    for state, mark in zip(SessionState, row[::2].ljust(9), strict=True)
]


@pytest.mark.parametrize(("name", "role", "state", "expected"), CELLS)
def test_matrix(name: str, role: Role, state: SessionState, *, expected: bool) -> None:
    """Submits before the bind or after a refused one are impossible by this table."""
    assert expected == (CommandId[name.upper()] in allowed(role, state))


def test_every_request_has_a_row() -> None:
    """A command without a row could never be sent, and would be refused as unknown."""
    requests = {command for command in CommandId if command < 0x80000000}

    assert requests == set(OPERATIONS)
    assert set(MATRIX) == {command.name.lower() for command in requests}


@pytest.mark.parametrize(
    ("command", "status", "expected"),
    [
        (CommandId.OUTBIND, 0, S.OUTBOUND),
        (CommandId.BIND_RECEIVER, 0, S.BINDING),
        (CommandId.BIND_TRANSMITTER, 0, S.BINDING),
        (CommandId.BIND_TRANSCEIVER, 0, S.BINDING),
        (CommandId.BIND_RECEIVER_RESP, 0, S.BOUND_RX),
        (CommandId.BIND_TRANSMITTER_RESP, 0, S.BOUND_TX),
        (CommandId.BIND_TRANSCEIVER_RESP, 0, S.BOUND_TRX),
        (CommandId.BIND_TRANSCEIVER_RESP, 5, S.OPEN),
        (CommandId.BIND_RECEIVER_RESP, 14, S.OPEN),
        (CommandId.BIND_TRANSMITTER_RESP, 0x400, S.OPEN),
        (CommandId.GENERIC_NACK, 3, S.OPEN),
        (CommandId.GENERIC_NACK, 0, S.OPEN),
        (CommandId.UNBIND, 0, S.UNBINDING),
        (CommandId.UNBIND_RESP, 0, S.UNBOUND),
        (CommandId.UNBIND_RESP, 8, S.UNBOUND),
    ],
)
def test_move(command: int, status: int, expected: SessionState) -> None:
    """Only status 0 means bound: a client took 0x05 for success."""
    assert expected is after(command, status)


def test_moves_are_those_of_the_specification() -> None:
    """No other PDU changes the state."""
    assert {
        "outbind",
        "bind_receiver",
        "bind_transmitter",
        "bind_transceiver",
        "bind_receiver_resp",
        "bind_transmitter_resp",
        "bind_transceiver_resp",
        "unbind",
        "unbind_resp",
        "generic_nack",
    } == {command_name(command) for command in MOVES}


def test_mode_is_known_while_bound_only() -> None:
    """A shell asks it whether receipts will come."""
    assert set(BOUND) == set(MODES)
    assert BindMode.TRANSCEIVER is MODES[S.BOUND_TRX]


def test_requests_of_the_link_are_outside_the_window() -> None:
    """Requests about the link take no slot, and neither do requests without a response."""
    assert {
        "bind_receiver",
        "bind_transmitter",
        "bind_transceiver",
        "outbind",
        "unbind",
        "enquire_link",
        "alert_notification",
    } == {command_name(command) for command in OUTSIDE_WINDOW}


def test_roles_face_each_other() -> None:
    """What one may send, the other must take."""
    assert Role.SMSC is Role.ESME.peer
    assert Role.ESME is Role.SMSC.peer


@pytest.mark.parametrize(
    ("role", "state", "command", "expected"),
    [
        (
            Role.ESME,
            S.OPEN,
            CommandId.SUBMIT_SM,
            "submit_sm is not allowed in OPEN, only in BOUND_TX, BOUND_TRX",
        ),
        (Role.ESME, S.BOUND_TRX, CommandId.DELIVER_SM, "deliver_sm is never sent by the ESME"),
        (
            Role.ESME,
            S.BOUND_TRX,
            CommandId.SUBMIT_SM_RESP,
            "submit_sm_resp is no request of SMPP",
        ),
        (Role.SMSC, S.BOUND_TRX, 0x10203, "0x00010203 is no request of SMPP"),
    ],
)
def test_explanation_says_the_way_out(
    role: Role, state: SessionState, command: int, expected: str
) -> None:
    """Not allowed, and nothing more, sends one to the specification."""
    assert expected == explain(role, state, command)

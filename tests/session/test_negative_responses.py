"""Statuses of the responses to requests that are refused."""

from __future__ import annotations

import pytest

from pdu import (
    CommandId,
    CommandStatus,
    DataSmResp,
    DecodeError,
    DeliverSmResp,
    GenericNack,
    Pdu,
    SubmitSmResp,
    UnknownPdu,
    decode,
    encode,
)
from smsc_async.session import Role, SessionState
from smsc_async.session.negative_responses import (
    error_for_illegal,
    is_usable,
    negative_response,
    status_for_illegal,
    status_for_undecodable,
)

C = CommandId
S = SessionState
STATUS = CommandStatus


@pytest.mark.parametrize(
    ("command_id", "expected"),
    [
        (C.SUBMIT_SM, SubmitSmResp),
        (C.DELIVER_SM, DeliverSmResp),
        (C.DATA_SM, DataSmResp),
        (C.ALERT_NOTIFICATION, GenericNack),
        (C.OUTBIND, GenericNack),
        (0x10203, GenericNack),
    ],
)
def test_own_response_where_one_exists(command_id: int, expected: type[Pdu]) -> None:
    """SMPP v3.4 §3.3, §4.3: generic_nack is for what has no response of its own."""
    assert expected(command_status=STATUS.ESME_RSYSERR) == negative_response(
        command_id, STATUS.ESME_RSYSERR
    )


@pytest.mark.parametrize("command_id", [command for command in C if command < 0x80000000])
def test_every_refusal_can_be_encoded(command_id: int) -> None:
    """An error while refusing would end a session that should live."""
    octets = encode(
        negative_response(command_id, STATUS.ESME_RINVBNDSTS), sequence_number=0xFFFFFFFF
    )

    assert len(octets) == int.from_bytes(octets[:4], "big")
    assert bytes.fromhex("00000004 FFFFFFFF") == octets[8:16]


@pytest.mark.parametrize(
    ("command_id", "state", "expected"),
    [
        (C.SUBMIT_SM, S.OPEN, STATUS.ESME_RINVBNDSTS),
        (C.DELIVER_SM, S.BOUND_TX, STATUS.ESME_RINVBNDSTS),
        (C.BIND_TRANSCEIVER, S.BINDING, STATUS.ESME_RALYBND),
        (C.BIND_TRANSMITTER, S.BOUND_TRX, STATUS.ESME_RALYBND),
        (C.BIND_RECEIVER, S.UNBINDING, STATUS.ESME_RINVBNDSTS),
        (C.OUTBIND, S.BOUND_TRX, STATUS.ESME_RINVBNDSTS),
        (0x10203, S.BOUND_TRX, STATUS.ESME_RINVCMDID),
        (0x10203, S.OPEN, STATUS.ESME_RINVCMDID),
    ],
)
def test_status_of_what_is_illegal(
    command_id: int, state: SessionState, expected: CommandStatus
) -> None:
    """SMPP v3.4 §5.1.3: the peer learns whether the command or the moment is wrong."""
    assert expected is status_for_illegal(command_id, state)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("tlvs", STATUS.ESME_RINVPARLEN),
        ("tlvs[1].value(tag 0x0427)", STATUS.ESME_RINVPARLEN),
        ("short_message", STATUS.ESME_RINVMSGLEN),
        ("source_addr", STATUS.ESME_RINVSRCADR),
        ("dest_address[3].dl_name", STATUS.ESME_RINVDSTADR),
        ("validity_period", STATUS.ESME_RINVEXPIRY),
        ("esm_class", STATUS.ESME_RINVCMDLEN),
    ],
)
def test_status_names_the_broken_field(field: str, expected: CommandStatus) -> None:
    """The status shows the developer of the peer which field is wrong."""
    error = DecodeError("SubmitSm", field, 19, "cut short", int(C.SUBMIT_SM), 7)

    assert expected is status_for_undecodable(error, Role.SMSC)


@pytest.mark.parametrize("command_id", [C.DELIVER_SM, C.DATA_SM])
def test_unreadable_message_to_the_esme_is_given_up_for_good(command_id: int) -> None:
    """Any other status brings the same octets back for ever."""
    error = DecodeError("DeliverSm", "tlvs[0]", 60, "cut short", int(command_id), 7)

    assert STATUS.ESME_RX_P_APPN is status_for_undecodable(error, Role.ESME)


def test_unreadable_message_to_the_smsc_gets_a_status_of_its_fault() -> None:
    """The sender is probably a program in development, so the status names the fault."""
    error = DecodeError("DataSm", "tlvs[0]", 60, "cut short", int(C.DATA_SM), 7)

    assert STATUS.ESME_RINVPARLEN is status_for_undecodable(error, Role.SMSC)


def test_error_has_the_command_the_state_and_the_number() -> None:
    """They identify the request in the log of the peer."""
    error = error_for_illegal(UnknownPdu(0x10203, b"", 0, 77), Role.SMSC, S.OPEN, b"frame")

    assert "0x00010203 is no request of SMPP (seq=77)" == str(error)
    assert b"frame" == error.frame


@pytest.mark.parametrize(
    ("frame", "role", "expected"),
    [
        ("0000001A 80000004 00000000 00000001 61 00 0427 0009 02", Role.ESME, True),
        ("00000011 80000004 00000058 00000001 61", Role.ESME, True),
        ("00000011 80000009 00000000 00000001 61", Role.ESME, True),
        ("00000011 80000005 00000000 00000001 61", Role.SMSC, True),
        ("00000011 80000003 00000000 00000001 61", Role.ESME, False),
        ("00000011 80000003 00000067 00000001 61", Role.ESME, True),
        ("00000015 00000015 00000000 00000001 0427 0009 02", Role.ESME, True),
        ("00000015 00000015 00000000 00000001 0427 0009 02", Role.SMSC, False),
    ],
)
def test_use_of_a_pdu_whose_end_cannot_be_read(frame: str, role: Role, *, expected: bool) -> None:
    """A header says all of a response, but of a query's; only an SMSC refuses requests."""
    octets = bytes.fromhex(frame)
    pdu = decode(len(octets).to_bytes(4, "big") + octets[4:])

    assert pdu.fault is not None
    assert expected is is_usable(pdu, role)

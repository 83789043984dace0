"""Negative responses: which command_status a refused request gets.

Rule: a refused request gets its own response where one exists, generic_nack where none does, and
the session goes on. A response is never refused: SMPP has no answer to one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu import RESPONSES, CommandId, CommandStatus, DecodeError, GenericNack, Pdu
from smsc_async.errors import RemoteProtocolError
from smsc_async.session.states import (
    BINDS,
    BOUND,
    OPERATIONS,
    Role,
    SessionState,
    explain,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESPONSE_TO: Final = {int(request.command_id): answer for request, answer in RESPONSES.items()}

_ALREADY_BOUND: Final = BOUND | {SessionState.BINDING}

_MESSAGES_TO_ESME: Final = frozenset({CommandId.DELIVER_SM, CommandId.DATA_SM})

_ANSWERS: Final = frozenset({CommandId.QUERY_SM_RESP, CommandId.QUERY_BROADCAST_SM_RESP})
"""Responses whose fields are the answer."""

_STATUS_OF_FIELD: Final[Mapping[str, CommandStatus]] = {
    "tlvs": CommandStatus.ESME_RINVPARLEN,
    "short_message": CommandStatus.ESME_RINVMSGLEN,
    "sm_length": CommandStatus.ESME_RINVMSGLEN,
    "source_addr": CommandStatus.ESME_RINVSRCADR,
    "destination_addr": CommandStatus.ESME_RINVDSTADR,
    "dest_address": CommandStatus.ESME_RINVDSTADR,
    "message_id": CommandStatus.ESME_RINVMSGID,
    "service_type": CommandStatus.ESME_RINVSERTYP,
    "schedule_delivery_time": CommandStatus.ESME_RINVSCHED,
    "validity_period": CommandStatus.ESME_RINVEXPIRY,
    "system_id": CommandStatus.ESME_RINVSYSID,
    "password": CommandStatus.ESME_RINVPASWD,
    "system_type": CommandStatus.ESME_RINVSYSTYP,
}


def negative_response(command_id: int, status: CommandStatus) -> Pdu:
    """Return the response that refuses a request with this `command_id`."""
    return _RESPONSE_TO.get(command_id, GenericNack)(command_status=status)


def status_for_illegal(command_id: int, state: SessionState) -> CommandStatus:
    """Status for a decodable request that is illegal in *state*. See SMPP v3.4 §5.1.3."""
    if command_id not in OPERATIONS:
        return CommandStatus.ESME_RINVCMDID
    if command_id in BINDS and state in _ALREADY_BOUND:
        return CommandStatus.ESME_RALYBND
    return CommandStatus.ESME_RINVBNDSTS


def status_for_undecodable(error: DecodeError, role: Role) -> CommandStatus:
    """Status for a request that *role* received and can't decode.

    An ESME refuses an undecodable deliver_sm permanently: with any other status the SMSC would
    deliver the same octets again and again.
    """
    if role is Role.ESME and error.command_id in _MESSAGES_TO_ESME:
        return CommandStatus.ESME_RX_P_APPN
    field = error.field.partition("[")[0].partition(".")[0]
    return _STATUS_OF_FIELD.get(field, CommandStatus.ESME_RINVCMDLEN)


def is_usable(pdu: Pdu, role: Role) -> bool:
    """Whether *role* goes on with a PDU whose last octets can't be read, see `Pdu.fault`.

    The header of a response tells what became of the request; only a query asks for more. An ESME
    can't make an SMSC mend its deliveries, which would come again and again; an SMSC refuses
    requests with parameters that it can't read.
    """
    if pdu.is_response:
        return bool(pdu.command_status) or pdu.command_id not in _ANSWERS
    return role is Role.ESME


def error_for_illegal(
    pdu: Pdu, sender: Role, state: SessionState, frame: bytes
) -> RemoteProtocolError:
    """Return the error for a decodable request that *sender* may not send in *state*."""
    reason = explain(sender, state, pdu.command_id)
    return RemoteProtocolError(f"{reason} (seq={pdu.sequence_number})", frame)

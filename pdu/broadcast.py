"""Cell broadcast, from v5.0 on: broadcast_sm, query_broadcast_sm, cancel_broadcast_sm.

What a broadcast says and where it goes travels in TLVs: broadcast_area_identifier (one or more),
broadcast_content_type, broadcast_rep_num and broadcast_frequency_interval are mandatory ones.
"""

from __future__ import annotations

from pdu.enums import CommandId, DataCoding, Npi, Ton
from pdu.masking import shown_address
from pdu.schema import Pdu, c_octet_string, octet, time_string, wire


class BroadcastSm(Pdu, command_id=CommandId.BROADCAST_SM):
    """Hands a message to be broadcast to the SMSC.

    Args:
        service_type: At most 5 characters.
        source_addr_ton: Type of number of the sender.
        source_addr_npi: Numbering plan of the sender.
        source_addr: At most 20 characters.
        message_id: Of a broadcast to replace, else empty; at most 64 characters.
        priority_flag: 0 lowest to 3 highest.
        schedule_delivery_time: Empty or 16 characters.
        validity_period: Empty or 16 characters.
        replace_if_present_flag: 0 or 1.
        data_coding: How message_payload is coded.
        sm_default_msg_id: 0, or the number of a canned message.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")
    message_id: str = wire(c_octet_string(65), default="")
    priority_flag: int = wire(octet(), default=0)
    schedule_delivery_time: str = wire(time_string(), default="")
    validity_period: str = wire(time_string(), default="")
    replace_if_present_flag: int = wire(octet(), default=0)
    data_coding: int = wire(octet(DataCoding.of), default=DataCoding.SMSC_DEFAULT)
    sm_default_msg_id: int = wire(octet(), default=0)


class BroadcastSmResp(Pdu, command_id=CommandId.BROADCAST_SM_RESP):
    """Answers broadcast_sm.

    Args:
        message_id: The SMSC's id, at most 64 characters.
    """

    message_id: str = wire(c_octet_string(65), default="")


class QueryBroadcastSm(Pdu, command_id=CommandId.QUERY_BROADCAST_SM):
    """Asks what became of a broadcast.

    Args:
        message_id: At most 64 characters.
        source_addr_ton: As in the broadcast.
        source_addr_npi: As in the broadcast.
        source_addr: As in the broadcast, at most 20 characters.
    """

    message_id: str = wire(c_octet_string(65))
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")


class QueryBroadcastSmResp(Pdu, command_id=CommandId.QUERY_BROADCAST_SM_RESP):
    """Answers query_broadcast_sm; the state is in TLVs.

    Args:
        message_id: The id that was asked for.
    """

    message_id: str = wire(c_octet_string(65), default="")


class CancelBroadcastSm(Pdu, command_id=CommandId.CANCEL_BROADCAST_SM):
    """Takes a broadcast back.

    Args:
        service_type: At most 5 characters.
        message_id: At most 64 characters.
        source_addr_ton: As in the broadcast.
        source_addr_npi: As in the broadcast.
        source_addr: As in the broadcast, at most 20 characters.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    message_id: str = wire(c_octet_string(65), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")


class CancelBroadcastSmResp(Pdu, command_id=CommandId.CANCEL_BROADCAST_SM_RESP):
    """Answers cancel_broadcast_sm. Header-only."""

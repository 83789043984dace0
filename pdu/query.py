"""Asking after, taking back and replacing a message (v3.4 §4.8, §4.9, §4.10)."""

from __future__ import annotations

from pdu.enums import CommandId, MessageState, Npi, RegisteredDelivery, Ton
from pdu.masking import shown_address
from pdu.schema import Pdu, c_octet_string, octet, octet_string, time_string, wire


class QuerySm(Pdu, command_id=CommandId.QUERY_SM):
    """Asks what became of a message (v3.4 §4.8.1).

    Args:
        message_id: From the response to the submit, at most 64 characters.
        source_addr_ton: As in the submit.
        source_addr_npi: As in the submit.
        source_addr: As in the submit, at most 20 characters.
    """

    message_id: str = wire(c_octet_string(65))
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")


class QuerySmResp(Pdu, command_id=CommandId.QUERY_SM_RESP):
    """Answers query_sm (v3.4 §4.8.2).

    Args:
        message_id: The id that was asked for.
        final_date: When the state became final; empty while it isn't.
        message_state: A `MessageState`.
        error_code: The network's or the SMSC's code, 0 if there is none.
    """

    message_id: str = wire(c_octet_string(65), default="")
    final_date: str = wire(time_string(), default="")
    message_state: int = wire(octet(MessageState.of), default=MessageState.SCHEDULED)
    error_code: int = wire(octet(), default=0)


class CancelSm(Pdu, command_id=CommandId.CANCEL_SM):
    """Takes a message back (v3.4 §4.9.1).

    Args:
        service_type: At most 5 characters.
        message_id: At most 64 characters; empty cancels all that match the rest.
        source_addr_ton: Type of number of the sender.
        source_addr_npi: Numbering plan of the sender.
        source_addr: At most 20 characters.
        dest_addr_ton: Type of number of the recipient.
        dest_addr_npi: Numbering plan of the recipient.
        destination_addr: At most 20 characters.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    message_id: str = wire(c_octet_string(65), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")
    dest_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    dest_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    destination_addr: str = wire(c_octet_string(21, shown=shown_address), default="")


class CancelSmResp(Pdu, command_id=CommandId.CANCEL_SM_RESP):
    """Answers cancel_sm (v3.4 §4.9.2). Header-only."""


class ReplaceSm(Pdu, command_id=CommandId.REPLACE_SM):
    """Replaces the text of a message that waits (v3.4 §4.10.1). It has no data_coding.

    Args:
        message_id: At most 64 characters.
        source_addr_ton: As in the submit.
        source_addr_npi: As in the submit.
        source_addr: As in the submit, at most 20 characters.
        schedule_delivery_time: Empty or 16 characters.
        validity_period: Empty or 16 characters.
        registered_delivery: A `RegisteredDelivery`.
        sm_default_msg_id: 0, or the number of a canned message.
        short_message: At most 254 octets.
    """

    message_id: str = wire(c_octet_string(65))
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")
    schedule_delivery_time: str = wire(time_string(), default="")
    validity_period: str = wire(time_string(), default="")
    registered_delivery: int = wire(octet(RegisteredDelivery), default=RegisteredDelivery(0))
    sm_default_msg_id: int = wire(octet(), default=0)
    short_message: bytes = wire(octet_string("sm_length", 254), default=b"")


class ReplaceSmResp(Pdu, command_id=CommandId.REPLACE_SM_RESP):
    """Answers replace_sm (v3.4 §4.10.2). Header-only."""

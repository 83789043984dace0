"""ESME to SMSC: submit_sm, submit_multi, data_sm (v3.4 §4.4, §4.5, §4.7)."""

from __future__ import annotations

from typing import NamedTuple

from pdu.enums import CommandId, CommandStatus, DataCoding, EsmClass, Npi, RegisteredDelivery, Ton
from pdu.escaping import escape
from pdu.fields import Record, Tagged
from pdu.half_made import shows_half_made
from pdu.masking import shown_address
from pdu.schema import Pdu, c_octet_string, counted, integer, octet, octet_string, time_string, wire


class SubmitSm(Pdu, command_id=CommandId.SUBMIT_SM):
    """Submits one message (v3.4 §4.4.1).

    Args:
        service_type: At most 5 characters; empty for the default.
        source_addr_ton: Type of number of the sender.
        source_addr_npi: Numbering plan of the sender.
        source_addr: At most 20 characters.
        dest_addr_ton: Type of number of the recipient.
        dest_addr_npi: Numbering plan of the recipient.
        destination_addr: At most 20 characters.
        esm_class: An `EsmClass`.
        protocol_id: GSM TP-PID, else 0.
        priority_flag: 0 lowest to 3 highest.
        schedule_delivery_time: Empty (at once) or 16 characters, see `pdu.smpp_time`.
        validity_period: Empty (the SMSC's default) or 16 characters.
        registered_delivery: A `RegisteredDelivery`.
        replace_if_present_flag: 0 or 1.
        data_coding: How short_message is coded.
        sm_default_msg_id: 0, or the number of a canned message.
        short_message: At most 254 octets; empty when the TLV message_payload is used.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, steady=True, shown=shown_address), default="")
    dest_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    dest_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    destination_addr: str = wire(c_octet_string(21, shown=shown_address))
    esm_class: int = wire(octet(EsmClass), default=EsmClass(0))
    protocol_id: int = wire(octet(), default=0)
    priority_flag: int = wire(octet(), default=0)
    schedule_delivery_time: str = wire(time_string(), default="")
    validity_period: str = wire(time_string(), default="")
    registered_delivery: int = wire(octet(RegisteredDelivery), default=RegisteredDelivery(0))
    replace_if_present_flag: int = wire(octet(), default=0)
    data_coding: int = wire(octet(DataCoding.of), default=DataCoding.SMSC_DEFAULT)
    sm_default_msg_id: int = wire(octet(), default=0)
    short_message: bytes = wire(octet_string("sm_length", 254), default=b"")


class SubmitSmResp(Pdu, command_id=CommandId.SUBMIT_SM_RESP):
    """Answers submit_sm (v3.4 §4.4.2).

    Args:
        message_id: The SMSC's id, opaque, at most 64 characters; empty in a refusal.
    """

    message_id: str = wire(c_octet_string(65), default="")


@shows_half_made
class SmeAddress(NamedTuple):
    """One recipient of submit_multi, by address (dest_flag 1)."""

    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str

    def __repr__(self) -> str:
        return f"SmeAddress({escape(shown_address(self.destination_addr))})"


class DistributionList(NamedTuple):
    """Recipients of submit_multi by the name of a list at the SMSC (dest_flag 2)."""

    dl_name: str


@shows_half_made
class UnsuccessSme(NamedTuple):
    """A recipient that a submit_multi wasn't accepted for, and why."""

    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str
    error_status_code: int

    def __repr__(self) -> str:
        to = escape(shown_address(self.destination_addr))
        return f"UnsuccessSme({to}, {self.error_status_code:#010x})"


_ADDRESS = c_octet_string(21, shown=shown_address)

DEST_ADDRESS = Tagged(
    {
        1: Record(SmeAddress, octet(Ton.of), octet(Npi.of), _ADDRESS),
        2: Record(DistributionList, c_octet_string(21)),
    }
)

UNSUCCESS_SME = Record(
    UnsuccessSme, octet(Ton.of), octet(Npi.of), _ADDRESS, integer(4, CommandStatus.of)
)


class SubmitMulti(Pdu, command_id=CommandId.SUBMIT_MULTI):
    """Submits one message to many recipients (v3.4 §4.5.1).

    Args:
        service_type: At most 5 characters.
        source_addr_ton: Type of number of the sender.
        source_addr_npi: Numbering plan of the sender.
        source_addr: At most 20 characters.
        dest_address: 1 to 254 of `SmeAddress` and `DistributionList`.
        esm_class: An `EsmClass`.
        protocol_id: GSM TP-PID, else 0.
        priority_flag: 0 lowest to 3 highest.
        schedule_delivery_time: Empty or 16 characters.
        validity_period: Empty or 16 characters.
        registered_delivery: A `RegisteredDelivery`.
        replace_if_present_flag: Reserved, 0.
        data_coding: How short_message is coded.
        sm_default_msg_id: 0, or the number of a canned message.
        short_message: At most 254 octets.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, steady=True, shown=shown_address), default="")
    dest_address: tuple[SmeAddress | DistributionList, ...] = wire(
        counted("number_of_dests", DEST_ADDRESS, 254, min_items=1)
    )
    esm_class: int = wire(octet(EsmClass), default=EsmClass(0))
    protocol_id: int = wire(octet(), default=0)
    priority_flag: int = wire(octet(), default=0)
    schedule_delivery_time: str = wire(time_string(), default="")
    validity_period: str = wire(time_string(), default="")
    registered_delivery: int = wire(octet(RegisteredDelivery), default=RegisteredDelivery(0))
    replace_if_present_flag: int = wire(octet(), default=0)
    data_coding: int = wire(octet(DataCoding.of), default=DataCoding.SMSC_DEFAULT)
    sm_default_msg_id: int = wire(octet(), default=0)
    short_message: bytes = wire(octet_string("sm_length", 254), default=b"")


class SubmitMultiResp(Pdu, command_id=CommandId.SUBMIT_MULTI_RESP):
    """Answers submit_multi (v3.4 §4.5.2).

    Args:
        message_id: The SMSC's id, at most 64 characters.
        unsuccess_sme: The recipients it wasn't accepted for.
    """

    message_id: str = wire(c_octet_string(65), default="")
    unsuccess_sme: tuple[UnsuccessSme, ...] = wire(
        counted("no_unsuccess", UNSUCCESS_SME, 255), default=()
    )


class DataSm(Pdu, command_id=CommandId.DATA_SM):
    """A message in either direction, its text in the TLV message_payload (v3.4 §4.7.1).

    Args:
        service_type: At most 5 characters.
        source_addr_ton: Type of number of the sender.
        source_addr_npi: Numbering plan of the sender.
        source_addr: At most 64 characters.
        dest_addr_ton: Type of number of the recipient.
        dest_addr_npi: Numbering plan of the recipient.
        destination_addr: At most 64 characters.
        esm_class: An `EsmClass`.
        registered_delivery: A `RegisteredDelivery`.
        data_coding: How message_payload is coded.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(65, steady=True, shown=shown_address), default="")
    dest_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    dest_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    destination_addr: str = wire(c_octet_string(65, shown=shown_address))
    esm_class: int = wire(octet(EsmClass), default=EsmClass(0))
    registered_delivery: int = wire(octet(RegisteredDelivery), default=RegisteredDelivery(0))
    data_coding: int = wire(octet(DataCoding.of), default=DataCoding.SMSC_DEFAULT)


class DataSmResp(Pdu, command_id=CommandId.DATA_SM_RESP):
    """Answers data_sm (v3.4 §4.7.2).

    Args:
        message_id: The SMSC's id, at most 64 characters.
    """

    message_id: str = wire(c_octet_string(65), default="")

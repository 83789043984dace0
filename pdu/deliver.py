"""SMSC to ESME: deliver_sm, alert_notification (v3.4 §4.6, §4.12)."""

from __future__ import annotations

from pdu.enums import CommandId, DataCoding, EsmClass, Npi, RegisteredDelivery, Ton
from pdu.masking import shown_address
from pdu.schema import Pdu, c_octet_string, octet, octet_string, time_string, wire


class DeliverSm(Pdu, command_id=CommandId.DELIVER_SM):
    """Brings a subscriber's message or a receipt (v3.4 §4.6.1).

    Args:
        service_type: At most 5 characters.
        source_addr_ton: Type of number of the sender.
        source_addr_npi: Numbering plan of the sender.
        source_addr: At most 20 characters.
        dest_addr_ton: Type of number of the recipient.
        dest_addr_npi: Numbering plan of the recipient.
        destination_addr: At most 20 characters.
        esm_class: An `EsmClass`; `.is_receipt` tells a receipt from a message.
        protocol_id: GSM TP-PID, else 0.
        priority_flag: 0 lowest to 3 highest.
        schedule_delivery_time: Empty by the specification; whatever comes is kept.
        validity_period: The same.
        registered_delivery: What the sender asks for.
        replace_if_present_flag: 0 by the specification.
        data_coding: How short_message is coded.
        sm_default_msg_id: 0 by the specification.
        short_message: At most 254 octets; empty when the TLV message_payload is used.
    """

    service_type: str = wire(c_octet_string(6, steady=True), default="")
    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(21, shown=shown_address), default="")
    dest_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    dest_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    destination_addr: str = wire(c_octet_string(21, steady=True, shown=shown_address), default="")
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


class DeliverSmResp(Pdu, command_id=CommandId.DELIVER_SM_RESP, body_optional=False):
    """Answers deliver_sm (v3.4 §4.6.2): 0 taken, ESME_RX_T_APPN later, ESME_RX_P_APPN never.

    Args:
        message_id: Always empty by the specification: one NUL on the wire.
    """

    message_id: str = wire(c_octet_string(65), default="")


class AlertNotification(Pdu, command_id=CommandId.ALERT_NOTIFICATION):
    """Tells that a subscriber can be reached again (v3.4 §4.12.1). No response exists.

    Args:
        source_addr_ton: Type of number of the subscriber.
        source_addr_npi: Numbering plan of the subscriber.
        source_addr: At most 64 characters.
        esme_addr_ton: Type of number of the ESME.
        esme_addr_npi: Numbering plan of the ESME.
        esme_addr: At most 64 characters.
    """

    source_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    source_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    source_addr: str = wire(c_octet_string(65, shown=shown_address), default="")
    esme_addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    esme_addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    esme_addr: str = wire(c_octet_string(65, shown=shown_address), default="")

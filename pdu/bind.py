"""Opening a session: bind_transmitter, bind_receiver, bind_transceiver, outbind (v3.4 §4.1)."""

from __future__ import annotations

from pdu.enums import CommandId, Npi, Ton
from pdu.masking import shown_size
from pdu.schema import Pdu, c_octet_string, octet, wire


class Bind(Pdu):
    """What the three bind requests have in common; not a PDU by itself.

    Args:
        system_id: Login, at most 15 characters.
        password: At most 8 characters.
        system_type: At most 12 characters.
        interface_version: 0x34 for v3.4, 0x50 for v5.0.
        addr_ton: Type of number of the addresses this session serves.
        addr_npi: Their numbering plan.
        address_range: At most 40 characters, usually empty.
    """

    system_id: str = wire(c_octet_string(16))
    password: str = wire(c_octet_string(9, shown=shown_size), default="")
    system_type: str = wire(c_octet_string(13), default="")
    interface_version: int = wire(octet(), default=0x34)
    addr_ton: int = wire(octet(Ton.of), default=Ton.UNKNOWN)
    addr_npi: int = wire(octet(Npi.of), default=Npi.UNKNOWN)
    address_range: str = wire(c_octet_string(41), default="")


class BindTransmitter(Bind, command_id=CommandId.BIND_TRANSMITTER):
    """Asks for a session that may submit (v3.4 §4.1.1). Fields: see `Bind`."""


class BindReceiver(Bind, command_id=CommandId.BIND_RECEIVER):
    """Asks for a session that is delivered to (v3.4 §4.1.3). Fields: see `Bind`."""


class BindTransceiver(Bind, command_id=CommandId.BIND_TRANSCEIVER):
    """Asks for a session that does both (v3.4 §4.1.5). Fields: see `Bind`."""


class BindResp(Pdu):
    """What the three bind responses have in common; not a PDU by itself.

    Args:
        system_id: The SMSC's name, at most 15 characters.
    """

    system_id: str = wire(c_octet_string(16), default="")


class BindTransmitterResp(BindResp, command_id=CommandId.BIND_TRANSMITTER_RESP):
    """Answers bind_transmitter (v3.4 §4.1.2)."""


class BindReceiverResp(BindResp, command_id=CommandId.BIND_RECEIVER_RESP):
    """Answers bind_receiver (v3.4 §4.1.4)."""


class BindTransceiverResp(BindResp, command_id=CommandId.BIND_TRANSCEIVER_RESP):
    """Answers bind_transceiver (v3.4 §4.1.6)."""


class Outbind(Pdu, command_id=CommandId.OUTBIND):
    """Sent by an SMSC that wants the ESME to bind as a receiver (v3.4 §4.1.7). No response exists.

    Args:
        system_id: The SMSC's name, at most 15 characters.
        password: At most 8 characters.
    """

    system_id: str = wire(c_octet_string(16))
    password: str = wire(c_octet_string(9, shown=shown_size), default="")


class LongPasswordBindTransmitter(
    BindTransmitter, command_id=CommandId.BIND_TRANSMITTER, registered=False
):
    """A bind_transmitter whose password may have 64 characters: beyond the specification."""

    password: str = wire(c_octet_string(65, shown=shown_size), default="")


class LongPasswordBindReceiver(BindReceiver, command_id=CommandId.BIND_RECEIVER, registered=False):
    """A bind_receiver whose password may have 64 characters: beyond the specification."""

    password: str = wire(c_octet_string(65, shown=shown_size), default="")


class LongPasswordBindTransceiver(
    BindTransceiver, command_id=CommandId.BIND_TRANSCEIVER, registered=False
):
    """A bind_transceiver whose password may have 64 characters: beyond the specification."""

    password: str = wire(c_octet_string(65, shown=shown_size), default="")

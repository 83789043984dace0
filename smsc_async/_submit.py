"""A message that is a submit_sm's fields as they are.

Rule: nothing is added, cut or encoded: what fits into one submit_sm is sent, anything else is an
`InvalidMessageError`. What the gateway makes of it isn't known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

import smsc_async._submit_checks as checks
from pdu.enums import TlvTag
from pdu.errors import EncodeError
from pdu.masking import mask_address
from pdu.smpp_time import format_time, parse_time
from smsc_async._base_errors import InvalidMessageError
from smsc_async._message_base import Message, message_kind, set_field
from smsc_async.receipts import Receipt

MAX_ADDRESS: Final = 20
"""Characters of an address of a submit_sm (v3.4 §4.4.1)."""
MAX_OCTETS: Final = 254
"""Octets of a short_message (v3.4 §5.2.22)."""

_OCTETS: Final = (
    "data_coding",
    "esm_class",
    "protocol_id",
    "replace_if_present_flag",
    "sm_default_msg_id",
)
_NUMBERS: Final = ("source_addr_ton", "source_addr_npi", "dest_addr_ton", "dest_addr_npi")


@message_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Submit(Message[Receipt]):
    r"""A submit_sm whose fields are sent as they are: one PDU, nothing cut or encoded.

    ::

        Submit(to="79991234567", sender="Shop", data_coding=4, short_message=b"\x01\x02")

    The rules compare its octets, `service_type` and `tlvs`.

    Args:
        to: destination_addr, 1 to 20 ASCII characters.
        sender: source_addr, at most 20 ASCII characters.
        registered_delivery: As of any message.
        priority: priority_flag, 0 to 3.
        tlvs: Optional parameters, also `message_payload` and `sar_*`.
        service_type: At most 5 ASCII characters.
        short_message: At most 254 octets, with the user data header if `esm_class` announces one;
            empty if the octets are in the TLV `message_payload`.
        data_coding: 0 to 255.
        esm_class: 0 to 255.
        protocol_id: 0 to 255.
        source_addr_ton: Type of number of the sender, 0 to 255; None takes the client's settings.
        source_addr_npi: Numbering plan of the sender; as above.
        dest_addr_ton: Type of number of the recipient; as above.
        dest_addr_npi: Numbering plan of the recipient; as above.
        schedule_delivery_time: A time of SMPP (16 characters), an aware datetime or a timedelta; ""
            is at once. Kept as SMPP writes it.
        validity_period: The same; "" is the SMSC's default.
        replace_if_present_flag: 0 to 255.
        sm_default_msg_id: 0 to 255.

    Raises:
        InvalidMessageError: It doesn't fit into a submit_sm.
    """

    own_tags: ClassVar[frozenset[int]] = frozenset()

    short_message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    protocol_id: int = 0
    source_addr_ton: int | None = None
    source_addr_npi: int | None = None
    dest_addr_ton: int | None = None
    dest_addr_npi: int | None = None
    schedule_delivery_time: str | datetime | timedelta = ""
    validity_period: str | datetime | timedelta = ""
    replace_if_present_flag: int = 0
    sm_default_msg_id: int = 0

    def __post_init__(self) -> None:
        _check_address("to", self.to, 1)
        _check_address("sender", self.sender, 0)
        for name in _OCTETS:
            checks.octet(name, getattr(self, name))
        for name in _NUMBERS:
            if getattr(self, name) is not None:
                checks.octet(name, getattr(self, name))
        for name in ("schedule_delivery_time", "validity_period"):
            set_field(self, name, _time(name, getattr(self, name)))
        octets = _octets(self.short_message)
        if octets and any(tag == TlvTag.MESSAGE_PAYLOAD for tag, _ in self.tlvs):
            raise InvalidMessageError(
                "short_message",
                f"{len(octets)} octets",
                "must be empty beside the TLV message_payload; give one of them",
            )
        set_field(self, "short_message", octets)

    @property
    def payload(self) -> bytes:
        """The octets of the message: short_message, or the TLV message_payload."""
        payloads = [octets for tag, octets in self.tlvs if tag == TlvTag.MESSAGE_PAYLOAD]
        return payloads[0] if payloads else self.short_message


def _check_address(field: str, value: object, least: int) -> None:
    """Refuse what no address field can hold."""
    if not isinstance(value, str):
        kind = type(value).__name__
        raise InvalidMessageError(field, kind, f"a str is needed, got {kind}")
    if not least <= len(value) <= MAX_ADDRESS or not value.isascii() or "\0" in value:
        raise InvalidMessageError(
            field,
            mask_address(value) if value.isdigit() else f"{len(value)} characters",
            f"{least} to {MAX_ADDRESS} ASCII characters without NUL, got {len(value)}",
        )


def _octets(value: object) -> bytes:
    """Return the octets of a short_message."""
    if not isinstance(value, bytes | bytearray):
        kind = type(value).__name__
        reason = f"octets are needed, got {kind}; Sms takes a text"
        raise InvalidMessageError("short_message", kind, reason)
    if len(value) > MAX_OCTETS:
        raise InvalidMessageError(
            "short_message",
            f"{len(value)} octets",
            f"takes {MAX_OCTETS} octets, got {len(value)}; use the TLV message_payload",
        )
    return bytes(value)


def _time(field: str, value: object) -> str:
    """Return a time as SMPP writes it."""
    if isinstance(value, str):
        is_time = len(value) == 16 and value[:15].isdigit() and parse_time(value) is not None
        if value and not is_time:
            size = f"{len(value)} characters"
            raise InvalidMessageError(field, size, f"takes YYMMDDhhmmsstnnp, got {size}")
        return value
    if not isinstance(value, datetime | timedelta):
        kind = type(value).__name__
        reason = f"takes a time of SMPP, a datetime or a timedelta, got {kind}"
        raise InvalidMessageError(field, kind, reason)
    try:
        return format_time(value)
    except EncodeError as error:
        raise InvalidMessageError(field, value, error.reason) from None

"""The checks of what any message may set in its submit_sm.

Rule: as in `smsc_async._message_checks`; `checked_…` returns the value of a field to keep.
The value of a TLV never appears in an error.
"""

from __future__ import annotations

from typing import Final

from pdu.enums import TlvTag
from pdu.tlvs import Tlv, limits, name_of, size_of
from smsc_async._base_errors import InvalidMessageError, shown

MAX_TLV_OCTETS: Final = 65_000
"""Octets of all TLVs of a message, with their headers: more makes a PDU that an SMSC may refuse."""

MOST_PRIORITY: Final = 3
"""The highest priority_flag (v3.4 §5.2.14)."""

MAX_SERVICE_TYPE: Final = 5
"""Characters of a service_type (v3.4 §5.2.11)."""

OWN_TAGS: Final = frozenset(
    {
        TlvTag.SAR_MSG_REF_NUM,
        TlvTag.SAR_TOTAL_SEGMENTS,
        TlvTag.SAR_SEGMENT_SEQNUM,
        TlvTag.MESSAGE_PAYLOAD,
    }
)
"""Tags that the client writes for a long text."""

_RECEIPT_BITS: Final = 0b11  # of registered_delivery (v3.4 §5.2.17)


def octet(field: str, value: object, most: int = 255) -> int:
    """Return a whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        got = f"a str of {shown(value)}" if isinstance(value, str) else shown(value)
        raise InvalidMessageError(field, got, f"a whole number 0 to {most}, got {got}")
    return value


def checked_registered_delivery(value: object) -> bool | int:
    """Return whether a receipt is requested, or the octet that says so."""
    return value if isinstance(value, bool) else octet("registered_delivery", value)


def checked_priority(value: object) -> int:
    """Return a priority_flag."""
    return octet("priority", value, MOST_PRIORITY)


def requests_receipt(value: int) -> bool:
    """Whether a registered_delivery requests a receipt of the final state, or of a failure."""
    return bool(value & _RECEIPT_BITS)


def check_receipt_needed(value: int) -> None:
    """Refuse a registered_delivery without a receipt for a kind whose receipt is its result."""
    if not requests_receipt(value):
        raise InvalidMessageError(
            "registered_delivery",
            shown(value),
            f"the receipt is the result of this message, got {shown(value)}; leave it True",
        )


def checked_service_type(value: object) -> str:
    """Return the name of a service, as the field takes it."""
    if not isinstance(value, str):
        kind = type(value).__name__
        raise InvalidMessageError("service_type", kind, f"a str is needed, got {kind}")
    if len(value) > MAX_SERVICE_TYPE or not value.isascii() or "\0" in value:
        length = f"{len(value)} characters"
        raise InvalidMessageError(
            "service_type",
            length,
            f"at most {MAX_SERVICE_TYPE} ASCII characters without NUL, got {length}",
        )
    return value


def checked_tlvs(value: object, own: frozenset[int]) -> tuple[Tlv, ...]:
    """Return copies of TLVs, which later changes of the given ones leave as they are.

    Args:
        value: A tuple or list of `Tlv`.
        own: Tags that the client writes itself.
    """
    if not isinstance(value, tuple | list):
        kind = type(value).__name__
        raise InvalidMessageError("tlvs", kind, f"a tuple of pdu.Tlv is needed, got {kind}")
    copies = tuple([_tlv(n, one, own) for n, one in enumerate(value)])
    size = sum(4 + len(one.value) for one in copies)
    if size > MAX_TLV_OCTETS:
        raise InvalidMessageError(
            "tlvs",
            f"{size} octets",
            f"all TLVs take {MAX_TLV_OCTETS} octets with their headers, got {size}; send fewer",
        )
    return copies


def _tlv(n: int, value: object, own: frozenset[int]) -> Tlv:
    """Return a copy of the TLV at a place, if it can be sent."""
    if not isinstance(value, Tlv):
        kind = type(value).__name__
        raise _invalid(n, kind, f"takes pdu.Tlv, got {kind}; Tlv.of(tag, value) makes one")
    tag, octets = value
    if isinstance(tag, bool) or not isinstance(tag, int) or not 0 <= tag <= 0xFFFF:
        got = shown(tag)
        raise _invalid(n, got, f"takes a tag 0 to 65535, got {got}")
    name = name_of(tag)
    if tag in own:
        raise _invalid(
            n, name, f"{name} is written by the client for a long text; choose it by long_text"
        )
    if not isinstance(octets, bytes | bytearray):
        kind = type(octets).__name__
        raise _invalid(n, name, f"{name} takes octets, got {kind}; Tlv.of takes typed values")
    least, most = limits(tag)
    if not least <= len(octets) <= most:
        raise _invalid(n, name, f"{name} takes {size_of(tag)}, got {len(octets)}")
    return Tlv(tag, bytes(octets))


def _invalid(n: int, value: str, reason: str) -> InvalidMessageError:
    """Return the error for the TLV at a place."""
    return InvalidMessageError(f"tlvs[{n}]", value, reason)

"""Texts and the octets of short messages: alphabets, headers, long messages.

Rule: reading never fails, writing never guesses. No gateway is known here.
"""

from __future__ import annotations

from pdu.text.alphabet import gsm_decode, gsm_encode, gsm_septets, not_in_gsm
from pdu.text.coding import TextCoding, decode_text
from pdu.text.segments import (
    MAX_SEGMENTS,
    Carrier,
    Joined,
    Reassembler,
    Segment,
    capacity,
    read_segment,
    split,
)
from pdu.text.udh import (
    Concatenation,
    Iei,
    InformationElement,
    Ports,
    UserDataHeader,
    build_udh,
    parse_udh,
)

__all__ = [
    "MAX_SEGMENTS",
    "Carrier",
    "Concatenation",
    "Iei",
    "InformationElement",
    "Joined",
    "Ports",
    "Reassembler",
    "Segment",
    "TextCoding",
    "UserDataHeader",
    "build_udh",
    "capacity",
    "decode_text",
    "gsm_decode",
    "gsm_encode",
    "gsm_septets",
    "not_in_gsm",
    "parse_udh",
    "read_segment",
    "split",
]

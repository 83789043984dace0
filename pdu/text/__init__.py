"""Text and the octets of short messages: alphabets, user data headers, long messages.

Rule: reading never raises, writing never substitutes. Nothing here is specific to a gateway.
"""

from __future__ import annotations

from pdu.text.alphabet import gsm_decode, gsm_encode, gsm_septets, not_in_gsm
from pdu.text.coding import TextCoding, decode_text
from pdu.text.national import NO_SHIFTS, Language, ShiftTables
from pdu.text.reassembly import Joined, Reassembler, Run, body_octets, read_segment, segment_of
from pdu.text.segments import MAX_SEGMENTS, Carrier, Segment, capacity, split
from pdu.text.udh import (
    Concatenation,
    Iei,
    InformationElement,
    UserDataHeader,
    build_udh,
    parse_udh,
)

__all__ = [
    "MAX_SEGMENTS",
    "NO_SHIFTS",
    "Carrier",
    "Concatenation",
    "Iei",
    "InformationElement",
    "Joined",
    "Language",
    "Reassembler",
    "Run",
    "Segment",
    "ShiftTables",
    "TextCoding",
    "UserDataHeader",
    "body_octets",
    "build_udh",
    "capacity",
    "decode_text",
    "gsm_decode",
    "gsm_encode",
    "gsm_septets",
    "not_in_gsm",
    "parse_udh",
    "read_segment",
    "segment_of",
    "split",
]

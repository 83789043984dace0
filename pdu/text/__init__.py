"""Text and the octets of short messages: alphabets, user data headers, long messages.

Rule: reading never raises, writing never substitutes. Nothing here is specific to a gateway. An
argument of a wrong kind is a TypeError that shows nothing of it.
"""

from __future__ import annotations

from pdu._tracebacks import hides_locals
from pdu.errors import EncodeError
from pdu.text import alphabet, coding, reassembly, segments, udh
from pdu.text.alphabet import gsm_encode
from pdu.text.coding import TextCoding
from pdu.text.national import NO_SHIFTS, Language, ShiftTables
from pdu.text.reassembly import Joined, Reassembler, Run
from pdu.text.segments import MAX_SEGMENTS, Carrier, Segment, split
from pdu.text.udh import Concatenation, Iei, InformationElement, UserDataHeader

_octets = hides_locals(EncodeError, octets=(bytes, bytearray))
_text = hides_locals(EncodeError, text=str)

# Inside of the packages these are called for every message: without the check of their arguments.
body_octets = hides_locals(EncodeError)(reassembly.body_octets)
build_udh = hides_locals(EncodeError)(udh.build_udh)
capacity = hides_locals(EncodeError, header_octets=int)(segments.capacity)
decode_text = hides_locals(EncodeError, octets=(bytes, bytearray), data_coding=int)(
    coding.decode_text
)
gsm_decode = _octets(alphabet.gsm_decode)
gsm_septets = _text(alphabet.gsm_septets)
not_in_gsm = _text(alphabet.not_in_gsm)
parse_udh = _octets(udh.parse_udh)
read_segment = hides_locals(EncodeError, short_message=(bytes, bytearray))(reassembly.read_segment)
segment_of = hides_locals(EncodeError)(reassembly.segment_of)

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

"""Codings of texts: four to send in, and the specification's table for reading.

Rule: encoding may refuse, decoding never does. The error of a text that doesn't fit has the code
point of a character and never the text; invalid octets become U+FFFD.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hide_frames, hides_locals
from pdu.errors import EncodeError
from pdu.text.alphabet import ESCAPED, OUTSIDE, gsm_decode, gsm_encode, misfit
from pdu.text.national import NO_SHIFTS, ShiftTables

if TYPE_CHECKING:
    from collections.abc import Iterable

LITTLE_ENDIAN_MARK: Final = b"\xff\xfe"
BYTE_ORDER_MARKS: Final = (b"\xfe\xff", LITTLE_ENDIAN_MARK)
"""U+FEFF in either order of octets, as some senders begin a UCS-2 text."""


class TextCoding(enum.Enum):
    """The coding of the text of a short message.

    GSM is the GSM 03.38 default alphabet with its extension, unpacked: one septet per octet.
    LATIN1 is ISO-8859-1. UCS2 is UTF-16BE, so a character above U+FFFF takes two 16-bit units.
    ASCII travels as one octet a character and as GSM on air, where brackets, braces and so on take
    two septets.

    Which `data_coding` means which depends on the gateway.
    """

    GSM = "GSM 03.38"
    LATIN1 = "ISO-8859-1"
    UCS2 = "UTF-16BE"
    ASCII = "ASCII"

    @property
    def unit(self) -> int:
        """Octets of one unit: 1 for a septet or an octet, 2 for a 16-bit unit."""
        return 2 if self is TextCoding.UCS2 else 1

    @hides_locals(EncodeError, text=str)
    def encode(self, text: str) -> bytes:
        """Encode *text*.

        Raises:
            EncodeError: A character isn't in this coding; in UCS2 only half a surrogate pair.
        """
        if self is TextCoding.GSM:
            return gsm_encode(text)
        try:
            return text.encode(_CODECS[self])
        except UnicodeEncodeError as error:
            # Dropped by `hides_locals`: it holds the whole text.
            raise misfit(self.value, text, error.start) from None

    def decode(self, octets: bytes) -> str:
        """Decode *octets*. Never raises: invalid octets become U+FFFD.

        A byte order mark at the beginning of UCS2 is no text; it says which octet comes first.
        """
        try:
            if self is TextCoding.GSM:
                return gsm_decode(octets)
            if self is TextCoding.UCS2 and octets.startswith(BYTE_ORDER_MARKS):
                return octets.decode("utf-16", "replace")
            return octets.decode(_CODECS[self], "replace")
        except BaseException as error:
            hide_frames(error, EncodeError)
            raise

    @property
    def outside(self) -> re.Pattern[str]:
        """Finds a character that `encode` refuses."""
        return _OUTSIDE[self]

    def fits(self, text: str) -> bool:
        """Whether `encode` takes *text*."""
        try:
            return _OUTSIDE[self].search(text) is None
        except BaseException as error:
            hide_frames(error, EncodeError)
            raise

    @hides_locals(EncodeError, text=str)
    def misfits(self, text: str) -> tuple[str, ...]:
        """Return the distinct characters that `encode` refuses, in the order of the text."""
        return tuple(dict.fromkeys(_OUTSIDE[self].findall(text)))

    @hides_locals(EncodeError, text=str)
    def widths(self, text: str) -> Iterable[int]:
        """Return the units of each character, 1 or 2; for texts that `encode` takes."""
        if self is TextCoding.GSM or self is TextCoding.ASCII:
            return (1 + (char in ESCAPED) for char in text)
        return (1 + (self is TextCoding.UCS2 and char > "\uffff") for char in text)


_OUTSIDE: Final = {
    TextCoding.GSM: OUTSIDE,
    TextCoding.LATIN1: re.compile("[^\0-\xff]"),
    TextCoding.UCS2: re.compile("[\ud800-\udfff]"),
    TextCoding.ASCII: re.compile("[^\0-\x7f]"),
}
_CODECS: Final = {
    TextCoding.LATIN1: "latin-1",
    TextCoding.UCS2: "utf-16-be",
    TextCoding.ASCII: "ascii",
}

# v3.4 §5.2.19, where text and character set are certain. "JIS" may be several encodings: Shift JIS
# also reads plain ASCII. Pictograms (0x09) and X 0212 (0x0D) are left out as uncertain.
_STANDARD: Final = {
    0x01: "ascii",
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x0A: "iso2022_jp",
    0x0E: "euc_kr",
}


def decode_text(
    octets: bytes,
    data_coding: int,
    *,
    default: TextCoding = TextCoding.GSM,
    shifts: ShiftTables = NO_SHIFTS,
) -> str | None:
    """Decode *octets* by the specification's table of `data_coding`. Never raises.

    Args:
        octets: The text without a user data header, GSM text unpacked.
        data_coding: The octet of the PDU. Any other number is no text.
        default: This SMSC's default alphabet, which the specification leaves open.
        shifts: National tables that the header names, for GSM text.

    Returns:
        The text, with U+FFFD for invalid octets; None where the octets may not be text: binary,
        pictograms, reserved values.

    See v3.4 §5.2.19, and GSM 03.38 for the values from 0xC0 on.
    """
    if data_coding in _STANDARD:
        return octets.decode(_STANDARD[data_coding], "replace")
    if is_ucs2(data_coding):
        return TextCoding.UCS2.decode(octets)
    if data_coding == 0x00 or is_gsm(data_coding):
        return decode_shifted(octets, default, shifts)
    return None


def decode_shifted(octets: bytes, coding: TextCoding, shifts: ShiftTables) -> str:
    """Decode a text whose header names national tables, which concern GSM text only."""
    if coding is TextCoding.GSM and shifts != NO_SHIFTS:
        return shifts.decode(octets)
    return coding.decode(octets)


def is_gsm(data_coding: int) -> bool:
    """Whether the octet says a text in the default alphabet beside 0x00, by 3GPP TS 23.038 §4.

    It has a message class (0x10 to 0x13; from 0xF0 on without bit 2, 8-bit data) or is message
    waiting (0xC0 to 0xDF).
    """
    has_class = 0x10 <= data_coding <= 0x13 or (data_coding & ~0x0B) == 0xF0
    return has_class or 0xC0 <= data_coding <= 0xDF


def is_ucs2(data_coding: int) -> bool:
    """Whether the octet says UCS-2: 0x08 (v3.4 §5.2.19), or by 3GPP TS 23.038 §4.

    These are 0x18 to 0x1B, with a message class, and 0xE0 to 0xEF, message waiting.
    """
    return data_coding == 0x08 or 0x18 <= data_coding <= 0x1B or 0xE0 <= data_coding <= 0xEF

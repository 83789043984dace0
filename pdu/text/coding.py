"""Codings of texts: three to send in, and the specification's table for reading.

Rule: encoding may refuse, decoding never does. The error of a text that doesn't fit has the code
point of a character and never the text; invalid octets become U+FFFD.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_locals
from pdu.errors import EncodeError
from pdu.text.alphabet import ESCAPED, OUTSIDE, gsm_decode, gsm_encode, misfit

if TYPE_CHECKING:
    from collections.abc import Iterable


class TextCoding(enum.Enum):
    """The coding of the text of a short message.

    GSM is the GSM 03.38 default alphabet with its extension, unpacked: one septet per octet.
    LATIN1 is ISO-8859-1. UCS2 is UTF-16BE, so a character above U+FFFF takes two 16-bit units.

    Which `data_coding` means which depends on the gateway.
    """

    GSM = "GSM 03.38"
    LATIN1 = "ISO-8859-1"
    UCS2 = "UTF-16BE"

    @property
    def unit(self) -> int:
        """Octets of one unit: 1 for a septet or an octet, 2 for a 16-bit unit."""
        return 2 if self is TextCoding.UCS2 else 1

    @hides_locals(EncodeError)
    def encode(self, text: str) -> bytes:
        """Encode *text*.

        Raises:
            EncodeError: A character isn't in this coding; in UCS2 only half a surrogate pair.
        """
        if self is TextCoding.GSM:
            return gsm_encode(text)
        try:
            return text.encode("utf-16-be" if self is TextCoding.UCS2 else "latin-1")
        except UnicodeEncodeError as error:
            # Dropped by `hides_locals`: it holds the whole text.
            raise misfit(self.value, text, error.start) from None

    def decode(self, octets: bytes) -> str:
        """Decode *octets*. Never raises: invalid octets become U+FFFD."""
        if self is TextCoding.GSM:
            return gsm_decode(octets)
        return octets.decode("utf-16-be" if self is TextCoding.UCS2 else "latin-1", "replace")

    def fits(self, text: str) -> bool:
        """Whether `encode` takes *text*."""
        return _OUTSIDE[self].search(text) is None

    def misfits(self, text: str) -> tuple[str, ...]:
        """Return the distinct characters that `encode` refuses, in the order of the text."""
        return tuple(dict.fromkeys(_OUTSIDE[self].findall(text)))

    def widths(self, text: str) -> Iterable[int]:
        """Return the units of each character, 1 or 2; for texts that `encode` takes."""
        if self is TextCoding.GSM:
            return (1 + (char in ESCAPED) for char in text)
        return (1 + (self is TextCoding.UCS2 and char > "\uffff") for char in text)


_OUTSIDE: Final = {
    TextCoding.GSM: OUTSIDE,
    TextCoding.LATIN1: re.compile("[^\0-\xff]"),
    TextCoding.UCS2: re.compile("[\ud800-\udfff]"),
}

# v3.4 §5.2.19, where text and character set are certain. "JIS" may be several encodings: Shift JIS
# also reads plain ASCII. Pictograms (0x09) and X 0212 (0x0D) are left out as uncertain.
_STANDARD: Final = {
    0x01: "ascii",
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x08: "utf-16-be",
    0x0A: "iso2022_jp",
    0x0E: "euc_kr",
}


def decode_text(
    octets: bytes, data_coding: int, *, default: TextCoding = TextCoding.GSM
) -> str | None:
    """Decode *octets* by the specification's table of `data_coding`. Never raises.

    Args:
        octets: The text without a user data header, GSM text unpacked.
        data_coding: The octet of the PDU. Any other number is no text.
        default: This SMSC's default alphabet, which the specification leaves open.

    Returns:
        The text, with U+FFFD for invalid octets; None where the octets may not be text: binary,
        pictograms, reserved values.

    See v3.4 §5.2.19, and GSM 03.38 for the values from 0xC0 on.
    """
    if data_coding in _STANDARD:
        return octets.decode(_STANDARD[data_coding], "replace")
    if data_coding == 0x00 or _is_gsm_text(data_coding):
        return default.decode(octets)
    if 0xE0 <= data_coding <= 0xEF:
        return TextCoding.UCS2.decode(octets)
    return None


def _is_gsm_text(data_coding: int) -> bool:
    """Whether it is message waiting (0xC0 to 0xDF) or a message class without bit 2, 8-bit data."""
    return 0xC0 <= data_coding <= 0xDF or (data_coding & ~0x0B) == 0xF0

"""Texts and octets: three codings to send in, and the specification's table to read by.

Rule: encoding refuses, decoding never does. A text that doesn't fit is an error that names the
character by code point and never the text; octets that make no sense become U+FFFD.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from pdu.text.alphabet import ESCAPED, OUTSIDE, gsm_decode, gsm_encode, misfit

if TYPE_CHECKING:
    from collections.abc import Iterable


class TextCoding(enum.Enum):
    """How the octets of a short message spell its text.

    GSM is the GSM 03.38 default alphabet with its extension, unpacked: one septet per octet.
    LATIN1 is ISO-8859-1. UCS2 is UTF-16BE, so a character above U+FFFF takes two 16-bit units.

    Which `data_coding` stands for which is the gateway's own matter and isn't said here.
    """

    GSM = "GSM 03.38"
    LATIN1 = "ISO-8859-1"
    UCS2 = "UTF-16BE"

    @property
    def unit(self) -> int:
        """Octets of one unit: 1 for a septet or an octet, 2 for a 16-bit unit."""
        return 2 if self is TextCoding.UCS2 else 1

    def encode(self, text: str) -> bytes:
        """Encode *text*.

        Raises:
            EncodeError: A character doesn't fit; in UCS2 only half a surrogate pair doesn't.
        """
        if self is TextCoding.GSM:
            return gsm_encode(text)
        try:
            return text.encode("utf-16-be" if self is TextCoding.UCS2 else "latin-1")
        except UnicodeEncodeError as error:
            # The cause holds the whole text and must not travel with ours.
            position = error.start
        raise misfit(self.value, text, position)

    def decode(self, octets: bytes) -> str:
        """Decode *octets*. Never raises: what makes no sense becomes U+FFFD."""
        if self is TextCoding.GSM:
            return gsm_decode(octets)
        return octets.decode("utf-16-be" if self is TextCoding.UCS2 else "latin-1", "replace")

    def fits(self, text: str) -> bool:
        """Say whether `encode` would take *text*."""
        return _OUTSIDE[self].search(text) is None

    def misfits(self, text: str) -> tuple[str, ...]:
        """Name the distinct characters that don't fit, in the order of the text."""
        return tuple(dict.fromkeys(_OUTSIDE[self].findall(text)))

    def widths(self, text: str) -> Iterable[int]:
        """Units of each character of a text that fits: 1 or 2, in the order of the text."""
        if self is TextCoding.GSM:
            return (1 + (char in ESCAPED) for char in text)
        return (1 + (self is TextCoding.UCS2 and char > "\uffff") for char in text)


_OUTSIDE: Final = {
    TextCoding.GSM: OUTSIDE,
    TextCoding.LATIN1: re.compile("[^\0-\xff]"),
    TextCoding.UCS2: re.compile("[\ud800-\udfff]"),
}

# v3.4 §5.2.19, where the octet says for certain that there is text and in which characters.
# "JIS" doesn't say which of its encodings: Shift JIS is the one that also reads plain ASCII.
# Missing because not certain: pictograms (0x09) and X 0212 (0x0D).
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
        default: What this SMSC's default alphabet is; the specification leaves it open.

    Returns:
        The text, with U+FFFD for what made no sense; None where the octets aren't text for
        certain: binary, pictograms, reserved values.

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
    """Message waiting (0xC0 to 0xDF), or a message class whose bit 2 doesn't say 8-bit data."""
    return 0xC0 <= data_coding <= 0xDF or (data_coding & ~0x0B) == 0xF0

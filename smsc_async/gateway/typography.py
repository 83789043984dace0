"""Typographic signs and their plain replacements, which keep a Latin text in GSM.

Rule: a sign is replaced only on request (`TextSettings.smart`), only where that saves the whole
text from UCS-2, and only by something of the same meaning. Letters are never replaced: a name
must arrive as it was written. `smsc plan` proposes the same replacements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu.text.coding import TextCoding

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN_SIGNS: Final[Mapping[str, str]] = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a`\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\t", " "),
    # Invisible: zero-width spaces and joiners, soft hyphen.
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    # The middle dot and the bullet operator multiply: "5.3" would be another number than "5·3".
    **dict.fromkeys("\u2022\u00b7\u2219", "*"),
    "\u00d7": "x",
    "\u2026": "...",
    "\u2116": "No",
    "\u20bd": "RUB",
    "\u00a9": "(c)",
    "\u00ae": "(R)",
    "\u2122": "(TM)",
    # No degree sign: " deg" is right in "20 °C" and wrong in "N° 5".
}
"""Each typographic sign with what replaces it."""

_TRANSLATION: Final = str.maketrans(dict(PLAIN_SIGNS))


def smartened(text: str, narrow: TextCoding = TextCoding.GSM) -> str:
    """Return *text* with plain signs if it then fits *narrow*, else unchanged.

    Args:
        text: As the user wrote it.
        narrow: The alphabet to stay in.
    """
    if narrow.fits(text):
        return text
    plain = text.translate(_TRANSLATION)
    return plain if narrow.fits(plain) else text

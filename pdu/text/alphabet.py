"""The GSM 03.38 default alphabet and its extension, unpacked: one septet per octet.

Rule: encoding substitutes nothing; `not_in_gsm` names the characters that force another coding.
Decoding never fails: a receiver shows what it can, as 3GPP TS 23.038 requires.
"""

from __future__ import annotations

import re
from typing import Final

from pdu._tracebacks import hides_locals
from pdu.errors import EncodeError

ESC: Final = "\x1b"

DEFAULT: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
"""The default alphabet, rows of sixteen septets."""

EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
"""The octet after ESC, and the character of the pair."""

ESCAPED: Final = frozenset(EXTENSION.values())
"""The characters that take two septets."""

_SEPTETS: Final = {char: chr(septet) for septet, char in enumerate(DEFAULT) if char != ESC}
_SEPTETS.update({char: ESC + chr(septet) for septet, char in EXTENSION.items()})
_TO_SEPTETS: Final = str.maketrans(_SEPTETS)
_FROM_SEPTETS: Final = dict(enumerate(DEFAULT.ljust(256, "\ufffd")))

# After the default table has been applied, a pair is ESC and a character of that table. A pair
# without a meaning shows that character; ESC ESC, and ESC at the end, a space.
_UNESCAPED: Final = {DEFAULT[septet]: char for septet, char in EXTENSION.items()}
_UNESCAPED.update({ESC: " ", "": " "})
_PAIR: Final = re.compile(f"{ESC}(.?)", re.DOTALL)

OUTSIDE: Final = re.compile(f"[^{re.escape(''.join(_SEPTETS))}]")
"""Finds a character that is in neither table."""

# hot path: ASCII texts whose characters are all one septet are translated by a table of 256 octets.
# 0xFF marks what needs the tables above, and `isascii` finds the mark.
_ASCII_TO_SEPTETS: Final = bytes(
    ord(septet) if len(septet := _SEPTETS.get(chr(code), "")) == 1 else 0xFF for code in range(256)
)
_SEPTETS_TO_ASCII: Final = bytes(
    ord(char) if char.isascii() and char != ESC else 0xFF for char in DEFAULT.ljust(256, "\ufffd")
)


def misfit(alphabet: str, text: str, position: int) -> EncodeError:
    """Return the error for the character at *position*; it has the code point, not the text.

    Its sentence counts from 1, as people do.
    """
    code_point = f"U+{ord(text[position]):04X}"
    if "\ud800" <= text[position] <= "\udfff":
        reason = "is half a surrogate pair and no character; remove it"
    else:
        reason = f"is not in {alphabet}; send the text as UCS2 or replace the character"
    return EncodeError(
        "text", "coding", code_point, f"character {position + 1} ({code_point}) {reason}"
    )


@hides_locals(EncodeError, text=str)
def gsm_encode(text: str) -> bytes:
    """Encode *text*, one octet per septet; ten characters take two, ESC first.

    Raises:
        EncodeError: A character is in neither table; the error has its code point and position.
    """
    if (octets := ascii_septets(text)) is not None:
        return octets
    if found := OUTSIDE.search(text):
        raise misfit("GSM 03.38", text, found.start())
    return text.translate(_TO_SEPTETS).encode("ascii")


def gsm_decode(octets: bytes) -> str:
    """Decode unpacked septets. Never raises.

    An octet above 0x7F is no septet and becomes U+FFFD. ESC before an octet that the extension
    doesn't define shows the character of the default table; ESC before ESC or at the end, a space.
    """
    plain = octets.translate(_SEPTETS_TO_ASCII)
    if plain.isascii():
        return plain.decode("ascii")
    text = octets.decode("latin-1").translate(_FROM_SEPTETS)
    return _PAIR.sub(_unescape, text) if ESC in text else text


def gsm_septets(text: str) -> int | None:
    """Return the septets that *text* takes; None if a character is in neither table."""
    if ascii_septets(text) is not None:
        return len(text)
    if OUTSIDE.search(text):
        return None
    return len(text) + sum(map(text.count, ESCAPED))


def not_in_gsm(text: str) -> tuple[str, ...]:
    """Return the distinct characters that force another coding, in the order of the text."""
    return tuple(dict.fromkeys(OUTSIDE.findall(text)))


def ascii_septets(text: str) -> bytes | None:
    """Encode an ASCII text whose characters are all one septet; None for any other text."""
    if not text.isascii():
        return None
    octets = text.encode("ascii").translate(_ASCII_TO_SEPTETS)
    return octets if octets.isascii() else None


def _unescape(pair: re.Match[str]) -> str:
    """Read ESC and a character of the default table, or ESC and the end."""
    return _UNESCAPED.get(pair[1], pair[1])

"""National language shift tables: GSM alphabets of a language, named by the user data header.

Rule: a table is what 3GPP TS 23.038 annex A prints. A text in a language without a table here is
decoded by the default tables, as the specification asks of a receiver that doesn't have it; it
isn't encoded, since a receiver that has the table would read other characters.

A locking shift table (annex A.3) replaces the default alphabet, a single shift table (annex A.2)
its extension. Each part of a long message has its own header, so parts may differ.
"""

from __future__ import annotations

import enum
import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from pdu._tracebacks import hides_locals
from pdu.errors import EncodeError
from pdu.text.alphabet import DEFAULT, ESC, EXTENSION, misfit
from pdu.text.udh import Iei, InformationElement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pdu.text.udh import UserDataHeader


class Language(enum.IntEnum):
    """National language identifiers that have tables here (3GPP TS 23.038 §6.2.1.2.4).

    Spanish has a single shift table only.
    """

    TURKISH = 1
    SPANISH = 2
    PORTUGUESE = 3


# 3GPP TS 23.038 A.3.1 and A.3.3, rows of sixteen septets.
_LOCKING: Final = {
    Language.TURKISH: (
        "@£$¥€éùıòÇ\nĞğ\rÅå"
        "Δ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ"
        " !\"#¤%&'()*+,-./"
        "0123456789:;<=>?"
        "İABCDEFGHIJKLMNO"
        "PQRSTUVWXYZÄÖÑÜ§"
        "çabcdefghijklmno"
        "pqrstuvwxyzäöñüà"
    ),
    Language.PORTUGUESE: (
        "@£$¥êéúíóç\nÔô\rÁá"
        "Δ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ"
        " !\"#º%&'()*+,-./"
        "0123456789:;<=>?"
        "ÍABCDEFGHIJKLMNO"
        "PQRSTUVWXYZÃÕÚÜ§"
        "~abcdefghijklmno"
        "pqrstuvwxyzãõ`üà"
    ),
}
# 3GPP TS 23.038 A.2.1 to A.2.3: what each adds to the default extension, by the octet after ESC.
_SINGLE: Final = {
    Language.TURKISH: {
        0x47: "Ğ",
        0x49: "İ",
        0x53: "Ş",
        0x63: "ç",
        0x67: "ğ",
        0x69: "ı",
        0x73: "ş",
    },
    Language.SPANISH: {
        0x09: "ç",
        0x41: "Á",
        0x49: "Í",
        0x4F: "Ó",
        0x55: "Ú",
        0x61: "á",
        0x69: "í",
        0x6F: "ó",
        0x75: "ú",
    },
    Language.PORTUGUESE: {
        0x05: "ê",
        0x09: "ç",
        0x0B: "Ô",
        0x0C: "ô",
        0x0E: "Á",
        0x0F: "á",
        0x12: "Φ",
        0x13: "Γ",
        0x15: "Ω",
        0x16: "Π",
        0x17: "Ψ",
        0x18: "Σ",
        0x19: "Θ",
        0x1F: "Ê",
        0x41: "À",
        0x49: "Í",
        0x4F: "Ó",
        0x55: "Ú",
        0x5B: "Ã",
        0x5C: "Õ",
        0x61: "Â",
        0x69: "í",
        0x6F: "ó",
        0x75: "ú",
        0x7B: "ã",
        0x7C: "õ",
        0x7F: "â",
    },
}
# ESC and what follows it, which is nothing at the end; or characters without any ESC.
_PIECE: Final = re.compile(f"{ESC}(.?)|[^{ESC}]+", re.DOTALL)


class ShiftTables(NamedTuple):
    """The tables of a text: a coding like `TextCoding.GSM`, one septet an octet.

    `split` takes one instead of a `TextCoding` and puts the elements into each header. A received
    header may name a language without a table here: its text is decoded by the default tables, and
    `encode` refuses it.

    Args:
        locking: The `Language` whose table replaces the default alphabet, 0 for none.
        single: The `Language` whose table replaces the extension, 0 for none.
    """

    locking: int = 0
    single: int = 0

    @classmethod
    @hides_locals(EncodeError)
    def of(cls, header: UserDataHeader) -> Self:
        """Return the tables that a header names; of several elements the last counts."""
        found = {
            element.iei: element.octets[0]
            for element in header.elements
            if element.iei in _SHIFTS and len(element.octets) == 1
        }
        return cls(found.get(Iei.LOCKING_SHIFT, 0), found.get(Iei.SINGLE_SHIFT, 0))

    @property
    def elements(self) -> tuple[InformationElement, ...]:
        """The elements of a header that name these tables."""
        named = ((Iei.SINGLE_SHIFT, self.single), (Iei.LOCKING_SHIFT, self.locking))
        return tuple(InformationElement(iei, bytes((n,))) for iei, n in named if n)

    @property
    def unit(self) -> int:
        """Octets of one unit: 1, a septet."""
        return 1

    @hides_locals(EncodeError, text=str)
    def encode(self, text: str) -> bytes:
        """Encode *text*, one octet per septet; a character of the single shift table takes two.

        Raises:
            EncodeError: A character is in neither table; the error has its code point and position.
                Or a language has no such table here.
        """
        if name := self._without_table():
            language = getattr(self, name)
            reason = f"no {name} shift table of language {language} is known; use 0 for none"
            raise EncodeError("text", name, language, reason)
        table = _table(self)
        if found := table.outside.search(text):
            raise misfit("GSM 03.38 with these national tables", text, found.start())
        return text.translate(table.septets).encode("ascii")

    @hides_locals(EncodeError, octets=(bytes, bytearray))
    def decode(self, octets: bytes) -> str:
        """Decode unpacked septets. Never raises: an octet above 0x7F becomes U+FFFD.

        ESC before an octet that the single shift table doesn't define shows the character of the
        other table; ESC before ESC or at the end, a space.
        """
        return _PIECE.sub(_table(self).read, octets.decode("latin-1"))

    @hides_locals(EncodeError, text=str)
    def fits(self, text: str) -> bool:
        """Whether `encode` takes *text*."""
        return not self._without_table() and _table(self).outside.search(text) is None

    @hides_locals(EncodeError, text=str)
    def widths(self, text: str) -> Iterable[int]:
        """Return the septets of each character, 1 or 2; for texts that `encode` takes."""
        septets = _table(self).septets
        return (len(septets[ord(char)]) for char in text)

    def _without_table(self) -> str:
        """Return which of the two tables isn't here: "locking", "single" or ""."""
        if self.locking and self.locking not in _LOCKING:
            return "locking"
        return "single" if self.single and self.single not in _SINGLE else ""


NO_SHIFTS: Final = ShiftTables()
"""The default alphabet and its extension."""

_SHIFTS: Final = frozenset({Iei.SINGLE_SHIFT, Iei.LOCKING_SHIFT})


class _Table:
    """A locking and a single shift table, ready for use.

    Args:
        base: 128 characters.
        extension: Characters by the octet after ESC.
    """

    __slots__ = ("_after_esc", "_base", "outside", "septets")

    def __init__(self, base: str, extension: dict[int, str]) -> None:
        self._base = dict(enumerate(base.ljust(256, "\ufffd")))
        self._after_esc = {chr(octet): char for octet, char in extension.items()}
        self._after_esc |= {ESC: " ", "": " "}
        pairs = {ord(char): ESC + chr(octet) for octet, char in extension.items()}
        singles = {ord(char): chr(octet) for octet, char in enumerate(base) if char != ESC}
        self.septets = pairs | singles
        self.outside = re.compile(f"[^{re.escape(''.join(map(chr, self.septets)))}]")

    def read(self, piece: re.Match[str]) -> str:
        """Read ESC with what follows it, or characters without any."""
        after_esc: str | None = piece[1]
        if after_esc is None:
            return piece[0].translate(self._base)
        return self._after_esc.get(after_esc) or after_esc.translate(self._base)


def _table(shifts: ShiftTables) -> _Table:
    """Return the tables of a text; those of an unknown language are the default ones."""
    return _known_table(
        shifts.locking if shifts.locking in _LOCKING else 0,
        shifts.single if shifts.single in _SINGLE else 0,
    )


@cache
def _known_table(locking: int, single: int) -> _Table:
    """Return the tables of two languages, 0 for the default."""
    base = _LOCKING[Language(locking)] if locking else DEFAULT
    return _Table(base, EXTENSION | _SINGLE[Language(single)] if single else EXTENSION)

"""Grapheme clusters: what a reader sees as one character, so that no cut runs through one.

Rule: when in doubt, keep together. A cluster found here contains the one of UAX #29 and at times
more: a cut too few costs a unit or two, a cut too many splits a character.

Covered of UAX #29: CR LF, controls, combining and enclosing marks, spacing marks, variation
selectors, keycaps, skin tones, tag sequences, flags of two regional indicators, Hangul jamo,
prepended marks, Indic conjuncts (rule GB9c), emoji joined by ZWJ. Also kept together: anything that
a ZWJ joins (the standard joins emoji only), all spacing marks, and any letter after an Indic
linker. Marks are those of this Python's `unicodedata`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# hot path: characters that never join one another, which is all of nearly every text. Left out are
# the carriage return, all ranges with marks, and the joiners.
_PLAIN: Final = re.compile(
    "["
    "\0-\x0c\x0e-\u02ff"  # ASCII, Latin
    "\u0370-\u0482\u048a-\u058f"  # Greek, Cyrillic, Armenian
    "\u1e00-\u1fff\u2010-\u2027\u202f-\u205f\u2070-\u20cf\u2100-\u2bff"  # signs and arrows
    "\u3001-\u3029\u3030-\u3098\u309b-\ua4cf\uac00-\ud7a3"  # kana, ideographs, whole syllables
    "\U0001f300-\U0001f3fa\U0001f400-\U0001faff"  # emoji, without the skin tones
    "]*+"
)

# Signs that join an Indic consonant to the next.
_LINKERS: Final = (
    "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2\u1a60\u1b44\u1bab\ua9c0\uaaf6"
    "\U00010a3f\U00011133\U000113d0\U0001193e\U00011a47\U00011a99\U00011f42"
)
# A letter for each class of UAX #29 that matters; all others are "x".
_SINGLE: Final = {
    **dict.fromkeys("\u200c\u0e33\u0eb3\uff9e\uff9f", "E"),
    **dict.fromkeys(_LINKERS, "J"),
    "\r": "r",
    "\n": "n",
    "\u200d": "Z",
}
# Number signs and other marks before their base.
_PREPENDED: Final = (
    "\u0600\u0605\u06dd\u06dd\u070f\u070f\u0890\u0891\u08e2\u08e2\u0d4e\u0d4e"
    "\U000110bd\U000110bd\U000110cd\U000110cd\U000111c2\U000111c3\U000113d1\U000113d1"
    "\U0001193f\U0001193f\U00011941\U00011941\U00011a84\U00011a89\U00011d46\U00011d46"
    "\U00011f02\U00011f02"
)
# Class letter; the first and the last character of each range.
_RANGES: Final = (
    ("L", "\u1100\u115f\ua960\ua97c"),  # Hangul leading consonants
    ("V", "\u1160\u11a7\ud7b0\ud7c6\U00016d63\U00016d63\U00016d67\U00016d6a"),  # Hangul vowels
    ("T", "\u11a8\u11ff\ud7cb\ud7fb"),  # Hangul trailing consonants
    ("R", "\U0001f1e6\U0001f1ff"),  # regional indicators
    ("E", "\U0001f3fb\U0001f3ff\U000e0020\U000e007f"),  # skin tones, tags
    ("P", _PREPENDED),
)
_CATEGORIES: Final = {
    **dict.fromkeys(("Mn", "Me", "Mc"), "E"),
    **dict.fromkeys(("Cc", "Cf", "Zl", "Zp"), "C"),
    "Lo": "K",
}


class _Classes(dict[int, str]):
    """Code point to class letter, for `str.translate`; caches the first 4096."""

    def __missing__(self, code_point: int) -> str:
        letter = _class_of(chr(code_point))
        if len(self) < 4096:
            self[code_point] = letter
        return letter


_CLASSES: Final = _Classes()

# Over class letters. Every repetition is possessive, so there is no backtracking.
_CORE: Final = "(?:RR|L*+(?:V++|AV*+|B)T*+|L++|T++|[^rnCPEJZ])"
_CLUSTER: Final = re.compile(
    "rn|[rnC]"
    f"|(?:P*+{_CORE}|P++|(?=[EJZ]))"  # a base; or none, before or behind it
    f"(?:[EZ]*+J[EJZ]*+K|[EJZ]*+(?<=Z){_CORE})*+[EJZ]*+"
)


def is_plain(text: str) -> bool:
    """Whether each character of *text* is surely a cluster; False means: run `clusters`."""
    return _PLAIN.fullmatch(text) is not None


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each cluster, in order and without gaps. Linear in time."""
    return (found.span() for found in _CLUSTER.finditer(text.translate(_CLASSES)))


def _class_of(char: str) -> str:
    """Return the class letter of a character."""
    if char in _SINGLE:
        return _SINGLE[char]
    if "\uac00" <= char <= "\ud7a3":
        # Every 28th syllable has no trailing consonant yet and may take a vowel.
        return "B" if (ord(char) - 0xAC00) % 28 else "A"
    for letter, bounds in _RANGES:
        if any(low <= char <= high for low, high in zip(bounds[::2], bounds[1::2], strict=True)):
            return letter
    return _CATEGORIES.get(unicodedata.category(char), "x")

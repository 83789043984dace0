"""What a peer wrote, made fit for a log or a terminal: on one line, with nothing hidden in it.

Rule: values stay as the peer wrote them. They are escaped where they are shown, all by the one
function of this module; where the value is quoted, the builtin `ascii` (in a format `!a`) does the
same.
"""

from __future__ import annotations

_INVISIBLE = frozenset(
    [
        *map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0)),
        *map(chr, range(0x180B, 0x180E)),
        *map(chr, range(0xFE00, 0xFE0E)),  # the next two choose how an emoji looks
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)
"""Characters that `str.isprintable` takes for printable, though nothing is seen of them."""
_SPACES = frozenset("\u00a0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))
"""Spaces of other widths, which do no harm."""


def escape(text: str, *, letters: bool = False) -> str:
    r"""Return a text on one line, with backslash escapes as in a Python literal.

    A line end is `\n`, ESC `\x1b`, a bidi control `\u202e`, an emoji `\U0001f600`. Backslashes and
    quotes stay, so a text that is escaped already stays as it is.

    Args:
        text: Of any characters, lone surrogates included.
        letters: Keep the letters, signs and spaces of all scripts, for texts that people read;
            without it the result is ASCII, which any log and any terminal can show.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if " " <= char <= "~" or (letters and _is_visible(char)) else ascii(char)[1:-1]
        for char in text
    )


def _is_visible(char: str) -> bool:
    """Whether a person sees the character, on the line where it stands."""
    return (char.isprintable() and char not in _INVISIBLE) or char in _SPACES

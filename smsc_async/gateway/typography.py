"""Typographic characters replaced by plain ones, so that a Latin text stays in GSM.

Rule: only when asked to (`TextSettings.smart`), only where it saves the whole text from UCS-2, and
only for signs that say the same. Letters are never touched: a name must arrive as it was written.
"""

from __future__ import annotations

from typing import Final

from pdu.text.coding import TextCoding

_PLAIN: Final = str.maketrans(
    {
        "\u2018": "'",  # quotes
        "\u2019": "'",
        "\u201a": "'",
        "\u201b": "'",
        "\u2032": "'",
        "`": "'",
        "\u00b4": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u201f": '"',
        "\u2033": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2039": "'",
        "\u203a": "'",
        "\u2010": "-",  # hyphens and dashes
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2015": "-",
        "\u2212": "-",
        "\u2026": "...",  # ellipsis
        "\u00a0": " ",  # spaces
        "\u2002": " ",
        "\u2003": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u200b": "",  # nothing to be seen
        "\ufeff": "",
        "\u00ad": "",
        "\u2022": "*",  # bullets
        "\u00b7": ".",
        "\u00d7": "x",
    }
)


def smartened(text: str, narrow: TextCoding = TextCoding.GSM) -> str:
    """Return *text* with plain signs if it then fits *narrow*, else as it is.

    Args:
        text: As the user wrote it.
        narrow: The alphabet to stay in.
    """
    if text.isascii() and "`" not in text:
        return text
    if narrow.fits(text):
        return text
    plain = text.translate(_PLAIN)
    return plain if narrow.fits(plain) else text

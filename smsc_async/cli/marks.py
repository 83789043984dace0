"""Byte order marks: in which encoding a text on standard input is.

Rule: a mark is obeyed and dropped. It is no part of a text; in a message it would force UCS-2.
"""

from __future__ import annotations

import codecs
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def split_mark(data: bytes) -> tuple[bytes, str]:
    """Return what follows a byte order mark, and its encoding; UTF-8 without a mark.

    PowerShell redirects in UTF-16, and editors of Windows write a mark before UTF-8.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :], encoding
    return data, "utf-8"

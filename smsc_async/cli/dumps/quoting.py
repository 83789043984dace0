"""What mail and Markdown put around a dump: "> " before each line, fences, invisible characters.

Rule: only what cannot be octets is dropped, and failures name the places of the text as it was
pasted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from smsc_async.cli.failures import Failure

_QUOTED: Final = re.compile(r"(?:>+ )+|>+$")
_FENCE: Final = re.compile(r"\s*(?:```+|~~~+)\s*\w*\s*")
# Soft hyphens, spaces and joiners of no width, byte order marks: they take no column.
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


class Unquoted:
    """A text without its quoting.

    Args:
        text: As it was pasted.
    """

    __slots__ = ("_margins", "text")

    def __init__(self, text: str) -> None:
        lines = text.translate(_INVISIBLE).split("\n")
        lines = ["" if _FENCE.fullmatch(line) else line for line in lines]
        quotes = [_QUOTED.match(line) for line in lines]
        is_quoted = any(lines) and all(
            quote or not line for quote, line in zip(quotes, lines, strict=True)
        )
        self._margins = [quote.end() if quote and is_quoted else 0 for quote in quotes]
        self.text = "\n".join(
            line[margin:] for line, margin in zip(lines, self._margins, strict=True)
        )

    def put_right(self, failure: Failure) -> Failure:
        """Move the column of a failure to where it is in the text with its quoting."""
        line, column = failure.values.get("line"), failure.values.get("column")
        if isinstance(line, int) and isinstance(column, int):
            failure.values["column"] = column + self._margins[line - 1]
        return failure

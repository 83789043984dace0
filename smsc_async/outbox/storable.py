"""Text from outside as databases can store it.

Rule: what comes from the network can't make a statement fail. PostgreSQL's text has no NUL, neither
database stores a lone surrogate, and an index takes no text of any length.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ID_LENGTH: Final = 255
"""Characters of an id that are stored; SMPP's own limit is 64."""
LARGEST_INTEGER: Final = 0x7FFF_FFFF
"""The largest number that a column INTEGER of PostgreSQL holds."""


def storable_text(text: str) -> str:
    r"""Return a text with NULs and lone surrogates written as `\x00` and `\ud800`."""
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def storable_id(message_id: str) -> str:
    """Return an id for a column with an index: the end of a long one is replaced by its hash."""
    text = storable_text(message_id)
    if len(text) <= MAX_ID_LENGTH:
        return text
    digest = sha256(text.encode()).hexdigest()
    return f"{text[: MAX_ID_LENGTH - len(digest)]}{digest}"


def storable_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a statement, with all texts storable."""
    return {
        name: storable_text(value) if type(value) is str else value
        for name, value in values.items()
    }

"""Whether a text shows anything.

Rule: what a phone would show as blank is blank for every command.
"""

from __future__ import annotations

from typing import Final

INVISIBLE: Final = "\u200b\u200c\u200d\u2060\u2800\u3164\u00ad\ufeff"
"""Signs without any ink that aren't spaces for Python."""


def is_filled(text: str) -> bool:
    """Whether a text has more than spaces and other signs without ink."""
    return any(not char.isspace() and char not in INVISIBLE for char in text)

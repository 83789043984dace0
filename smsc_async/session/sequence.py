"""sequence_number of outgoing requests.

Rule: one counter for all requests of one direction, whatever their command, and never a number
that still awaits its response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

MAXIMUM: Final = 0x7FFFFFFF


class Sequence:
    """1, 2, 3 … 0x7FFFFFFF, 1, 2 …, skipping what is in use. See SMPP v3.4 §3.2, §5.1.4.

    Args:
        last: The number before the first one, 0 to 0x7FFFFFFF.

    Attributes:
        last: The number assigned last.
    """

    __slots__ = ("_unused_to", "last")

    def __init__(self, *, last: int = 0) -> None:
        self.last = last
        # On the first lap numbers were never used, and so can't be in use.
        self._unused_to = MAXIMUM if last == 0 else 0

    def take(self, in_use: Container[int]) -> int:
        """Return the next free number. *in_use* must leave at least one free."""
        number = self.last + 1
        if number > self._unused_to:
            self._unused_to = 0
            number = self._next_free(in_use)
        self.last = number
        return number

    def _next_free(self, in_use: Container[int]) -> int:
        """Return the next number that isn't in use."""
        number = self.last % MAXIMUM + 1
        while number in in_use:
            number = number % MAXIMUM + 1
        return number

    def __repr__(self) -> str:
        return f"Sequence(last={self.last})"

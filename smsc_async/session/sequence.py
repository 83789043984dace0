"""sequence_number of requests: 1, 2, 3 … 0x7FFFFFFF, 1, 2 … See SMPP v3.4 §3.2, §5.1.4.

Rule: one counter for all requests of one direction, whatever their command, and never a number
that still awaits its response. The counter is the window's, which knows those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

MAXIMUM: Final = 0x7FFFFFFF


def next_free(last: int, in_use: Container[int]) -> int:
    """Return the number after *last* that isn't in use. *in_use* must leave at least one free.

    Args:
        last: The number assigned last, 0 to 0x7FFFFFFF.
        in_use: Numbers that await their response.
    """
    number = last % MAXIMUM + 1
    while number in in_use:
        number = number % MAXIMUM + 1
    return number

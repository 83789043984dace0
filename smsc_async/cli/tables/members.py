"""Words of a cell that name one of a few choices: a kind of message, a coding.

Rule: case, "_" and "-" are as good as on the command line, and so are the Russian names of kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from smsc_async.errors import InvalidMessageError

if TYPE_CHECKING:
    from enum import Enum

_RUSSIAN_NAMES: Final = {
    "смс": "sms",
    "письмо": "email",
    "почта": "email",
    "звонок": "call",
    "вайбер": "viber",
    "соцсеть": "social",
    "соцсети": "social",
}
"""Kinds of messages by the names that Russian tables give them."""
_LONGEST_NAME: Final = 12
"""Longest word that an error repeats: a longer one may be a text in the wrong column."""


def member_of(kind: type[Enum], value: str, name: str) -> Any:  # noqa: ANN401 - a member of *kind*
    """Return the member of *kind* with the name *value*; None if that is empty.

    Args:
        kind: An enumeration.
        value: The cell.
        name: Of the field, for the error.

    Raises:
        InvalidMessageError: There is no such member.
    """
    if not value:
        return None
    members = {one.lower().replace("_", "-"): member for one, member in kind.__members__.items()}
    word = value.strip().lower().replace("_", "-")
    found = members.get(_RUSSIAN_NAMES.get(word, word))
    if found is None:
        got = (
            repr(value.strip())
            if word.isalpha() and len(word) <= _LONGEST_NAME
            else f"{len(value)} characters"
        )
        reason = f"one of {', '.join(members)} is needed, got {got}"
        raise InvalidMessageError(name, f"{len(value)} characters", reason)
    return found

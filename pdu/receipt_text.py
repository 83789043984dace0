"""The text of a receipt: `id:… stat:…` taken apart.

Rule: this can't fail. A receipt is the SMSC's own prose (v3.4 Appendix B calls it vendor
specific), so every field may be missing, empty, long or elsewhere, and a text that is no receipt
gives no fields. Values stay as they came: `+` for a space, leading zeros, whatever an id is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pdu.enums import MessageState

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLANKS: Final = " \t\n\r\f\v\0"

# The shape nearly all receipts have, in one step. It must find what the labels below find.
_USUAL: Final = re.compile(
    r"id:([^\s\0]*+) sub:([^\s\0]*+) dlvrd:([^\s\0]*+) submit date:([^\s\0]*+)"
    r" done date:([^\s\0]*+) stat:([^\s\0]*+) err:([^\s\0]*+)(?: [Tt]ext:(.*+))?",
    re.ASCII | re.DOTALL,
)
_USUAL_LABELS: Final = ("id", "sub", "dlvrd", "submit date", "done date", "stat", "err", "text")

# A label is a word, or one of the two pairs, at the start or behind a blank, with its colon at
# once. So 12:30 and http://host inside a value are none.
_TEXT: Final = re.compile(r"(?<![^\s\0])text:", re.ASCII | re.IGNORECASE)
_LABEL: Final = re.compile(
    r"(?<![^\s\0])((?:submit|done)\s++date|[a-z]\w*+):", re.ASCII | re.IGNORECASE
)

STAT_NAMES: Final[Mapping[int, str]] = {
    MessageState.SCHEDULED: "SCHEDLD",
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.SKIPPED: "SKIPPED",
}
"""The text after `stat:` for each state (v3.4 Appendix B)."""

STAT_STATES: Final[Mapping[str, MessageState]] = {
    **MessageState.__members__,
    **{name: MessageState(state) for state, name in STAT_NAMES.items()},
    # In no specification. The first three report progress, so they are not final.
    "ACKED": MessageState.ENROUTE,
    "BUFFRED": MessageState.ENROUTE,
    "BUFFERD": MessageState.ENROUTE,
    "FAILED": MessageState.UNDELIVERABLE,
}
"""The state for each text after `stat:`, full names of the states included."""


def parse_receipt_text(text: str) -> Mapping[str, str]:
    """Take the text of a receipt apart. Never raises; linear in time and memory.

    Args:
        text: The decoded text, in any order of fields. The first `text:` ends the search for
            labels: all behind it, whatever it is, is that field's value.

    Returns:
        Value by label. Labels are in lower case, `submit date` and `done date` with one space;
        of a label that comes twice the first counts. Values are raw, without blanks and NULs
        around them, except `text`, which is untouched.
    """
    if usual := _USUAL.fullmatch(text):
        # The last group is 7 without a text, and zip ends with the shorter.
        return dict(zip(_USUAL_LABELS[: usual.lastindex], usual.groups(), strict=False))
    head, *body = _TEXT.split(text, 1)
    _, *found = _LABEL.split(head)
    fields: dict[str, str] = {}
    for label, value in zip(found[::2], found[1::2], strict=True):
        fields.setdefault(" ".join(label.lower().split()), value.strip(_BLANKS))
    return fields | {"text": body[0]} if body else fields


def parse_stat(stat: str) -> MessageState | None:
    """Tell the state from the text after `stat:`, in upper or lower case; None if unknown."""
    return STAT_STATES.get(stat.upper())

"""Parsing the text of a delivery receipt (DLR): `id:… stat:…`.

Rule: this can't fail. The text is vendor specific (v3.4 Appendix B), so any field may be missing,
empty, long or in another place, and a text that is no receipt gives no fields. Values are returned
as received: `+` for a space, leading zeros, any kind of id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pdu.enums import MessageState

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLANKS: Final = "".join(map(chr, range(0x21)))

# hot path: the usual form in one step. It must find what `_LABEL` and `_TEXT` find.
_USUAL: Final = re.compile(
    r"id:([^\0-\x20,;|&]*+) sub:([^\0-\x20,;|&]*+) dlvrd:([^\0-\x20,;|&]*+)"
    r" submit date:([^\0-\x20,;|&]*+) done date:([^\0-\x20,;|&]*+) stat:([^\0-\x20,;|&]*+)"
    r" err:([^\0-\x20,;|&]*+)(?: [Tt]ext:(.*+))?",
    re.DOTALL,
).fullmatch

# A label is a word, or one of a few pairs of words, at the start, after a blank, after an octet of
# a user data header that esm_class doesn't announce, or after a sign that some SMSCs put between
# fields; perhaps with a quote or bracket before it and a quote behind it, and directly followed by
# a colon. So 12:30 and http://host inside a value are no labels.
_START: Final = r"""(?<![^\0-\x20,;|&])["'(\[{<]*+"""
_TEXT: Final = re.compile(rf"""{_START}text["']?:""", re.ASCII | re.IGNORECASE)
_LABEL: Final = re.compile(
    rf"""{_START}((?:submit|done)[\s_-]*+date|(?:message|msg|err|error)[\s-]++(?:id|state|status|code)"""
    r"""|[a-z]\w*+)["']?:""",
    re.ASCII | re.IGNORECASE,
)
_DATE: Final = re.compile(r"(submit|done)[\s_-]*+date", re.ASCII)
_PAIR: Final = re.compile(r"[\s-]+", re.ASCII)
_BETWEEN_FIELDS: Final = ",;|&"

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
    "UNDELIVERED": MessageState.UNDELIVERABLE,
    "UNDELIVRD": MessageState.UNDELIVERABLE,
    "DELIVERD": MessageState.DELIVERED,
    "EN_ROUTE": MessageState.ENROUTE,
}
"""The state for each text after `stat:`, full names of the states included."""


def parse_receipt_text(text: str) -> Mapping[str, str]:
    """Parse the text of a receipt. Never raises; linear in time and memory.

    Args:
        text: The decoded text, its fields in any order. The first `text:` is the last label:
            everything after it is its value.

    Returns:
        Value by label. Labels are in lower case, `submit date` and `done date` with one space,
        other pairs of words as `message_id`, however they are spelled; the first of two equal
        labels counts. Values are raw, without blanks and control characters around them and
        without a sign that only separates them from the next label; `text` is unchanged.
    """
    if usual := _USUAL(text):
        # Written out, since `dict(zip(…))` takes as long as the match.
        message_id, sub, dlvrd, submit_date, done_date, stat, err, quoted = usual.groups()
        known = {
            "id": message_id, "sub": sub, "dlvrd": dlvrd, "submit date": submit_date,
            "done date": done_date, "stat": stat, "err": err,
        }  # fmt: skip
        if quoted is not None:
            known["text"] = quoted
        return known
    head, *body = _TEXT.split(text, 1)
    _, *found = _LABEL.split(head)
    fields: dict[str, str] = {}
    for label, value in zip(found[::2], found[1::2], strict=True):
        raw = value.strip(_BLANKS).rstrip(_BETWEEN_FIELDS + _BLANKS)
        fields.setdefault(_label(label.lower()), raw)
    return fields | {"text": body[0]} if body else fields


def _label(label: str) -> str:
    """Return a label in lower case as it is returned, however it is spelled."""
    return _DATE.sub(r"\1 date", label) if label.endswith("date") else _PAIR.sub("_", label)


def parse_stat(stat: str) -> MessageState | None:
    """Return the state for the text after `stat:`, in any case; None if it is unknown."""
    return STAT_STATES.get(stat.upper())

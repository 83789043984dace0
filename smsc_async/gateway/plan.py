"""What sending a message takes: how many parts, of what size, and what forced UCS-2.

Rule: a text is encoded and cut by the functions that `compose` calls, so a plan is what is sent. A
comment counts: it is free of charge, but it travels in the text and takes room in the parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pdu._tracebacks import hides_assigned, hides_locals
from pdu.enums import DataCoding
from pdu.half_made import shows_half_made
from pdu.text.coding import TextCoding
from pdu.text.segments import capacity
from smsc_async._submit import MAX_OCTETS, Submit
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import DEFAULT_SETTINGS, TextSettings, text_coding
from smsc_async.gateway.compose import encode_text, long_text_of, segments_of
from smsc_async.messages import Coding, LongText, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsc_async.rules.verdict import RuleName


_CODINGS: Final[Mapping[int, Coding]] = {
    DataCoding.SMSC_DEFAULT: Coding.GSM,
    DataCoding.UCS2: Coding.UCS2,
}
"""Of a `Submit`; any other has one octet a unit."""


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What sending a message takes.

    Args:
        coding: Of the text; of a `Submit` the one that its data_coding names, else LATIN1.
        data_coding: The field of the submit_sm.
        units: Septets (GSM, ASCII), octets (ISO-8859-1) or 16-bit units (UCS-2) of the whole
            text, markup and comment included; of a `Submit` its octets.
        octets: Octets of text in each part, without its header; GSM has one septet an octet, also
            where it travels packed.
        room: Octets that still fit into the last part.
        forced_by: Distinct characters that fit no narrower coding, in the order of the text.
        long_text: How several parts travel.
        pdus: How many submit_sm are sent: `parts`, or 1 if the gateway does the cutting.
        held_by: What would hold the message now: a rule ("repeat", "flood"), "check", or "store"
            if the shared store can't be reached and is required; None if nothing would, or if the
            client isn't open.
        retry_after: Seconds until that admits it, if nothing else is sent.
    """

    coding: Coding
    data_coding: int
    units: int
    octets: tuple[int, ...]
    room: int
    forced_by: tuple[str, ...]
    long_text: LongText
    pdus: int
    held_by: RuleName | None = None
    retry_after: float = 0.0

    @property
    def parts(self) -> int:
        """How many parts are charged, if the gateway charges what travels."""
        return len(self.octets)

    def __repr__(self) -> str:
        forced_by = ", ".join(f"U+{ord(letter):04X}" for letter in self.forced_by)
        held = (
            f", held_by={self.held_by}, retry_after={self.retry_after:.1f}" if self.held_by else ""
        )
        return (
            f"Plan({self.coding.name}, parts={self.parts}, octets={list(self.octets)},"
            f" room={self.room}, forced_by=[{forced_by}]{held})"
        )


@hides_locals(InvalidMessageError)
def plan(message: Message[Any], settings: TextSettings = DEFAULT_SETTINGS) -> Plan:
    """Return how *message* would travel.

    Raises:
        InvalidMessageError: Its coding can't hold it on this bind, it needs over 255 parts, or an
            e-mail address is longer than `email_limit`.
    """
    if type(message) is Submit:
        return _plan_of_submit(message)
    text, coding, data_coding, payload = encode_text(message, settings)
    segments = segments_of(message, text, coding, payload, settings)
    alphabet, long_text = text_coding(coding, settings), long_text_of(message)
    header = segments[-1].carrier.header_octets if len(segments) > 1 else 0
    octets = tuple(len(segment.payload) for segment in segments)
    sizes = [_units(alphabet, segment.payload) for segment in segments]
    return Plan(
        coding=coding,
        data_coding=data_coding,
        units=sum(sizes),
        octets=octets,
        room=(capacity(alphabet, header_octets=header) - sizes[-1]) * alphabet.unit,
        forced_by=settings.narrow.misfits(text) if coding is Coding.UCS2 else (),
        long_text=long_text,
        pdus=1 if long_text is LongText.PAYLOAD else len(segments),
    )


def _plan_of_submit(message: Submit) -> Plan:
    """Return how a `Submit` travels: as one PDU, whatever its octets mean."""
    size = len(message.payload)
    return Plan(
        coding=_CODINGS.get(message.data_coding, Coding.LATIN1),
        data_coding=message.data_coding,
        units=size,
        octets=(size,),
        room=max(0, MAX_OCTETS - size),
        forced_by=(),
        long_text=LongText.UDH,
        pdus=1,
    )


def _units(alphabet: TextCoding, octets: bytes) -> int:
    """Return the units that an encoded text takes on air."""
    if alphabet is TextCoding.ASCII:
        return sum(alphabet.widths(octets.decode("ascii")))
    return len(octets) // alphabet.unit

"""What a message becomes on the wire: how many parts, of what size, and the PDUs themselves.

Rule: `plan` and `segments` cut the same text the same way. A comment counts here: it is free of
charge, but it travels in the text and takes room in the parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pdu.enums import EsmClass, Npi, RegisteredDelivery, TlvTag, Ton
from pdu.errors import EncodeError
from pdu.smpp_time import format_time
from pdu.submit import SubmitSm
from pdu.text.alphabet import gsm_encode
from pdu.text.coding import TextCoding
from pdu.text.segments import MAX_SEGMENTS, Carrier, Segment, capacity, split
from pdu.tlvs import Tlv
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import (
    DEFAULT_SETTINGS,
    TextSettings,
    choose,
    choose_markup,
    data_coding,
    text_coding,
)
from smsc_async.gateway.markup import render
from smsc_async.gateway.smart import smartened
from smsc_async.messages import Coding, LongText, Message, Sms

if TYPE_CHECKING:
    from datetime import timedelta

_FINAL_RECEIPT = RegisteredDelivery(RegisteredDelivery.FINAL)
_PLAIN = EsmClass(0)
_HAS_UDH = EsmClass(EsmClass.UDHI)
# Members under names of their own: looking them up in the enumeration takes longer.
_GSM, _UCS2 = Coding.GSM, Coding.UCS2
_INTERNATIONAL, _ALPHANUMERIC, _ISDN = Ton.INTERNATIONAL, Ton.ALPHANUMERIC, Npi.ISDN
_NO_TIMES = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """Type of number and numbering plan of both addresses.

    Args:
        source_ton: None is 5 for a name and 1 for a number, as the gateway's sample has it.
        source_npi: None is 1.
        dest_ton: 1, international.
        dest_npi: 1, ISDN.
    """

    source_ton: int | None = None
    source_npi: int | None = None
    dest_ton: int = Ton.INTERNATIONAL
    dest_npi: int = Npi.ISDN

    def of_sender(self, sender: str) -> tuple[int, int]:
        """Return the type of number and the numbering plan that *sender* goes out with."""
        ton, npi = self.source_ton, self.source_npi
        if ton is None:
            ton = _INTERNATIONAL if sender.isdigit() else _ALPHANUMERIC
        return ton, _ISDN if npi is None else npi


DEFAULT_ADDRESSING = Addressing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What sending a message takes. Nothing was sent to find out.

    Args:
        coding: Of the text.
        data_coding: The octet that says so.
        units: Septets (GSM), octets (ISO-8859-1) or 16-bit units (UCS-2) of the whole text,
            markup and comment included.
        octets: Octets of text in each part, its header not counted; GSM has one septet an octet.
        room: Octets that still fit into the last part.
        forced_by: Distinct characters that fit no narrower coding, in the order of the text.
        long_text: How several parts travel.
        pdus: How many submit_sm go out: `parts`, or 1 if the gateway does the cutting.
    """

    coding: Coding
    data_coding: int
    units: int
    octets: tuple[int, ...]
    room: int
    forced_by: tuple[str, ...]
    long_text: LongText
    pdus: int

    @property
    def parts(self) -> int:
        """How many parts are charged, if the gateway charges what travels."""
        return len(self.octets)

    def __repr__(self) -> str:
        forced_by = ", ".join(f"U+{ord(letter):04X}" for letter in self.forced_by)
        return (
            f"Plan({self.coding.name}, parts={self.parts}, octets={list(self.octets)},"
            f" room={self.room}, forced_by=[{forced_by}])"
        )


def plan(message: Message[Any], settings: TextSettings = DEFAULT_SETTINGS) -> Plan:
    """Work out how *message* would travel.

    Raises:
        InvalidMessageError: Its coding can't hold it on this bind, or it needs over 255 parts.
    """
    text = _wording(message, settings)
    coding, long_text = _coding_of(message, text, settings), _long_text_of(message)
    alphabet = text_coding(coding, settings)
    cut = _cut(text, alphabet, long_text, reference=0)
    octets = tuple(len(segment.payload) for segment in cut)
    return Plan(
        coding=coding,
        data_coding=data_coding(coding, flash=_is_flash(message)),
        units=sum(octets) // alphabet.unit,
        octets=octets,
        room=_capacity(alphabet, cut[-1]) - octets[-1],
        forced_by=_forced_by(text, coding, settings),
        long_text=long_text,
        pdus=1 if long_text is LongText.PAYLOAD else len(cut),
    )


def segments(
    message: Message[Any],
    *,
    reference: int = 0,
    settings: TextSettings = DEFAULT_SETTINGS,
    addressing: Addressing = DEFAULT_ADDRESSING,
) -> list[SubmitSm]:
    """Return the PDUs of *message*, in order; their sequence numbers are the session's.

    Args:
        message: Of any kind.
        reference: 0 to 255, shared by the parts of this message.
        settings: How texts are coded on this bind.
        addressing: Types of number and numbering plans.

    Raises:
        InvalidMessageError: Its coding can't hold it on this bind, or it needs over 255 parts.
    """
    text = _wording(message, settings)
    coding = _coding_of(message, text, settings)
    octet, times = data_coding(coding, flash=_is_flash(message)), _times(message)
    short = _encode_short(text, coding, settings)
    if short is not None:
        return [_submit(message, addressing, short, octet, times)]
    long_text = _long_text_of(message)
    cut = _cut(text, text_coding(coding, settings), long_text, reference)
    if long_text is LongText.PAYLOAD and len(cut) > 1:
        payload = Tlv(TlvTag.MESSAGE_PAYLOAD, b"".join(segment.payload for segment in cut))
        return [_submit(message, addressing, b"", octet, times, tlvs=(payload,))]
    return [
        _submit(
            message,
            addressing,
            segment.short_message,
            octet,
            times,
            esm_class=_HAS_UDH if segment.has_udh else _PLAIN,
            tlvs=() if segment.total == 1 or segment.has_udh else _sar(segment),
        )
        for segment in cut
    ]


def _encode_short(text: str, coding: Coding, settings: TextSettings) -> bytes | None:
    """Encode what surely is one part, which nearly all texts are; None for any other."""
    if coding is _UCS2 and len(text) <= 70:
        octets = text.encode("utf-16-be")
        return octets if len(octets) <= 140 else None
    if coding is _GSM and len(text) <= 80 and not settings.latin1:
        return gsm_encode(text) if text.isascii() else None
    return None


def _submit(  # noqa: PLR0917 - called for every message, and keywords cost time
    message: Message[Any],
    addressing: Addressing,
    short_message: bytes,
    octet: int,
    times: tuple[str, str],
    esm_class: int = _PLAIN,
    tlvs: tuple[Tlv, ...] = (),
) -> SubmitSm:
    """Make the PDU of one part."""
    sender = message.sender
    source_ton, source_npi = addressing.of_sender(sender)
    return SubmitSm(
        source_addr_ton=source_ton,
        source_addr_npi=source_npi,
        source_addr=sender,
        dest_addr_ton=addressing.dest_ton,
        dest_addr_npi=addressing.dest_npi,
        destination_addr=message.to,
        esm_class=esm_class,
        schedule_delivery_time=times[0],
        validity_period=times[1],
        registered_delivery=_FINAL_RECEIPT,
        data_coding=octet,
        short_message=short_message,
        tlvs=tlvs,
    )


def _sar(segment: Segment) -> tuple[Tlv, ...]:
    """Make the TLVs that number a part."""
    return (
        Tlv.of(TlvTag.SAR_MSG_REF_NUM, segment.reference),
        Tlv.of(TlvTag.SAR_TOTAL_SEGMENTS, segment.total),
        Tlv.of(TlvTag.SAR_SEGMENT_SEQNUM, segment.sequence),
    )


def _times(message: Message[Any]) -> tuple[str, str]:
    """Return schedule_delivery_time (absolute) and validity_period (relative)."""
    if not isinstance(message, Sms) or (message.schedule is None and message.validity is None):
        return _NO_TIMES
    return format_time(message.schedule), format_time(cast("timedelta | None", message.validity))


def _wording(message: Message[Any], settings: TextSettings) -> str:
    """Return what travels: the text with its markup, plain where that was asked for."""
    text = render(message)
    if settings.smart and isinstance(message, Sms) and message.coding is None:
        return smartened(text, TextCoding.LATIN1 if settings.latin1 else TextCoding.GSM)
    return text


def _coding_of(message: Message[Any], text: str, settings: TextSettings) -> Coding:
    """Return the coding of the whole text."""
    if not isinstance(message, Sms):
        return choose_markup(text, settings)
    return choose(text, settings) if message.coding is None else message.coding


def _long_text_of(message: Message[Any]) -> LongText:
    """Return how several parts travel; only an Sms has the choice."""
    return message.long_text if isinstance(message, Sms) else LongText.UDH


def _is_flash(message: Message[Any]) -> bool:
    """Whether the phone shall show it at once."""
    return isinstance(message, Sms) and message.flash


def _cut(
    text: str, alphabet: TextCoding, long_text: LongText, reference: int
) -> tuple[Segment, ...]:
    """Cut the text into parts, or say why it can't be."""
    carrier = Carrier.SAR if long_text is LongText.SAR else Carrier.UDH_8
    try:
        return split(text, alphabet, reference=reference, carrier=carrier)
    except EncodeError as error:
        field, value, reason = error.field, error.value, error.reason
    if field == "segments":
        reason = f"needs {value} parts, one message takes {MAX_SEGMENTS}; shorten it"
    # Outside of the handler: no context that could hold the text.
    raise InvalidMessageError("reference" if field == "reference" else "text", value, reason)


def _capacity(alphabet: TextCoding, last: Segment) -> int:
    """Octets that a part like *last* takes."""
    header = last.carrier.header_octets if last.total > 1 else 0
    return capacity(alphabet, header_octets=header) * alphabet.unit


def _forced_by(text: str, coding: Coding, settings: TextSettings) -> tuple[str, ...]:
    """Name the characters that UCS-2 was chosen for."""
    narrow = TextCoding.LATIN1 if settings.latin1 else TextCoding.GSM
    return narrow.misfits(text) if coding is Coding.UCS2 else ()

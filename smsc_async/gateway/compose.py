"""A message as submit_sm that lack only a sequence_number.

Rule: a text is encoded and cut in one place, `encode_text` and `segments_of`, for `compose` and
for `plan`. What is the same in every message of a sender is encoded once, as a template; a message
that no template fits (times, TLVs) becomes a PDU of its own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from pdu._tracebacks import hides_locals
from pdu.codec import decode, encode, make_template
from pdu.enums import EsmClass, Npi, RegisteredDelivery, TlvTag, Ton
from pdu.errors import EncodeError
from pdu.smpp_time import format_time
from pdu.submit import SubmitSm
from pdu.text.alphabet import ascii_septets
from pdu.text.packed import pack as pack_septets
from pdu.text.segments import MAX_SEGMENTS, Carrier, Segment, split
from pdu.tlvs import Tlv
from smsc_async._message_checks import COMMENT_MARK, check_email_limit
from smsc_async._submit import Submit
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.addressing import DEFAULT_ADDRESSING, Addressing
from smsc_async.gateway.coding import (
    DEFAULT_SETTINGS,
    TextSettings,
    choose,
    choose_markup,
    data_coding_of,
    text_coding,
)
from smsc_async.gateway.markup import parse, render
from smsc_async.gateway.typography import smartened
from smsc_async.messages import Coding, Email, LongText, Message, Sms

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from pdu.codec import Part

MAX_TEMPLATES: Final = 1000
"""Templates of one bind: senders in a few codings. Beyond it all are made anew."""

_FINAL_RECEIPT = RegisteredDelivery(RegisteredDelivery.FINAL)
# Attributes of an enumeration are slow to look up (hot path).
_GSM, _UCS2, _UDHI = Coding.GSM, Coding.UCS2, int(EsmClass.UDHI)
_INTERNATIONAL, _ALPHANUMERIC, _ISDN = Ton.INTERNATIONAL, Ton.ALPHANUMERIC, Npi.ISDN
_VARY = ("destination_addr", "short_message")

# Fields of a `Submit` that have the same name in the submit_sm.
_AS_THEY_ARE: Final = (
    "protocol_id", "schedule_delivery_time", "validity_period",
    "replace_if_present_flag", "sm_default_msg_id", "short_message", "tlvs",
)  # fmt: skip
_BY_SETTINGS: Final = ("source_addr_ton", "source_addr_npi", "dest_addr_ton", "dest_addr_npi")


class PrebuiltSubmit:
    """Packs a PDU that no template fits."""

    __slots__ = ("_submit",)

    def __init__(self, submit: SubmitSm) -> None:
        self._submit = submit

    def __call__(
        self, sequence_number: int, _destination_addr: str, _short_message: bytes
    ) -> bytes:
        """Return the octets under a sequence_number."""
        return encode(self._submit, sequence_number=sequence_number)


class Composer:
    """Makes the parts of messages, for one bind.

    Args:
        settings: How texts are coded on this bind.
        addressing: Types of number and numbering plans.
    """

    def __init__(
        self,
        settings: TextSettings = DEFAULT_SETTINGS,
        addressing: Addressing = DEFAULT_ADDRESSING,
    ) -> None:
        self._settings = settings
        self._packed_codings = settings.packed_codings
        self._addressing = addressing
        self._make_template = partial(make_template, SubmitSm, vary=_VARY, longest=settings.longest)
        self._templates: dict[tuple[str, int, int], Callable[..., bytes]] = {}

    def compose(self, message: Message[Any], reference: int = 0) -> tuple[str, tuple[Part, ...]]:
        """Render, encode and cut a message.

        Args:
            message: Of any kind.
            reference: 0 to 255, shared by the parts of this message.

        Returns:
            What the rules compare, as `identity_of` returns it; and the parts, 1 to 255, in order.

        Raises:
            InvalidMessageError: This bind doesn't take its coding, its addresses or over 255 parts.
        """
        if type(message) is Submit:
            return identity_of(message, render(message)), (self._submit(message),)
        text, coding, data_coding, payload = encode_text(message, self._settings)
        if payload is not None and (message.is_plain or not _has_other_fields(message)):
            key = message.sender, 0, data_coding
            pack = self._templates.get(key) or self._template(*key)
            return text, ((pack, payload),)
        segments = segments_of(message, text, coding, payload, self._settings, reference)
        identity = identity_of(message, text)
        if len(segments) > 1 and long_text_of(message) is LongText.PAYLOAD:
            payload = b"".join([segment.payload for segment in segments])
            if data_coding in self._packed_codings:
                payload = pack_septets(payload)
            tlvs = (Tlv(TlvTag.MESSAGE_PAYLOAD, payload),)
            return identity, (self._part(message, b"", data_coding, tlvs=tlvs),)
        return identity, tuple([self._part_of(message, one, data_coding) for one in segments])

    def _submit(self, message: Submit) -> Part:
        """Return the PDU of a `Submit`."""
        fields = self._constants(message.sender, message.esm_class, message.data_coding)
        fields |= {name: getattr(message, name) for name in _AS_THEY_ARE}
        for name in _BY_SETTINGS:
            number = getattr(message, name)
            if number is not None:
                fields[name] = number
        fields |= _fields_beside_text(message)
        return _prebuilt(message.to, fields)

    def _part_of(self, message: Message[Any], segment: Segment, data_coding: int) -> Part:
        """Return the part of a segment."""
        has_tlvs = segment.total > 1 and not segment.has_udh
        is_packed = data_coding in self._packed_codings
        return self._part(
            message,
            segment.packed_message if is_packed else segment.short_message,
            data_coding,
            esm_class=_UDHI if segment.has_udh else 0,
            tlvs=_sar(segment) if has_tlvs else (),
        )

    def _part(
        self,
        message: Message[Any],
        short_message: bytes,
        data_coding: int,
        *,
        esm_class: int = 0,
        tlvs: tuple[Tlv, ...] = (),
    ) -> Part:
        """Return a part by template, or as a PDU if it has other fields."""
        others = _fields_beside_text(message)
        if not tlvs and not others:
            return self._template(message.sender, esm_class, data_coding), short_message
        fields = self._constants(message.sender, esm_class, data_coding) | others
        fields["tlvs"] = (*tlvs, *message.tlvs)
        if type(message) is Email:  # its addresses may be longer than those of a `SubmitSm`
            return self._make_template(**fields), short_message
        return _prebuilt(message.to, fields | {"short_message": short_message})

    def _template(self, sender: str, esm_class: int, data_coding: int) -> Callable[..., bytes]:
        """Return the template of a sender, made at its first message."""
        key = sender, esm_class, data_coding
        pack = self._templates.get(key)
        if pack is None:
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            constants = self._constants(sender, esm_class, data_coding)
            pack = self._templates[key] = self._make_template(**constants)
        return pack

    def _constants(self, sender: str, esm_class: int, data_coding: int) -> dict[str, Any]:
        """Return the fields that messages of a sender share."""
        source_ton, source_npi = self._addressing.of_sender(sender)
        return {
            "source_addr_ton": source_ton,
            "source_addr_npi": source_npi,
            "source_addr": sender,
            "dest_addr_ton": self._addressing.dest_ton,
            "dest_addr_npi": self._addressing.dest_npi,
            "esm_class": EsmClass(esm_class),
            "registered_delivery": _FINAL_RECEIPT,
            "data_coding": data_coding,
        }


def _prebuilt(to: str, fields: dict[str, Any]) -> Part:
    """Return a part that no template fits."""
    return PrebuiltSubmit(SubmitSm(destination_addr=to, **fields)), fields["short_message"]


def _has_other_fields(message: Message[Any]) -> bool:
    """Whether a message sets fields of the submit_sm that no template has."""
    has_times = type(message) is Sms and not (message.schedule is None is message.validity)
    return message.has_submit_fields or has_times


def _fields_beside_text(message: Message[Any]) -> dict[str, Any]:
    """Return the fields of the submit_sm, but `tlvs`, that few messages set; empty for most."""
    others: dict[str, Any] = {}
    if message.is_plain:
        return others
    if type(message) is Sms and (message.schedule or message.validity):
        others["schedule_delivery_time"] = format_time(message.schedule)
        others["validity_period"] = format_time(cast("timedelta | None", message.validity))
    if message.has_submit_fields:
        others["service_type"] = message.service_type
        others["priority_flag"] = message.priority
        others["registered_delivery"] = RegisteredDelivery(int(message.registered_delivery))
    return others


def identity_of(message: Message[Any], text: str) -> str:
    """Return what the rules compare of a message: its text, and its service_type and TLVs, if any.

    Neither registered_delivery nor priority changes what is delivered.

    Args:
        message: Of any kind.
        text: Its text, as `wire_text` returns it.
    """
    if message.is_plain or not (message.tlvs or message.service_type):
        return text
    tlvs = ",".join(f"{tag:04x}{value.hex()}" for tag, value in message.tlvs)
    # No text holds half a surrogate pair.
    return f"{text}\ud800{message.service_type}\ud800{tlvs}"


@hides_locals(InvalidMessageError)
def submits_of(
    message: Message[Any],
    *,
    reference: int = 0,
    settings: TextSettings = DEFAULT_SETTINGS,
    addressing: Addressing = DEFAULT_ADDRESSING,
) -> list[SubmitSm]:
    """Return the PDUs of a message, decoded from what `Composer` makes; their numbers are 0.

    Arguments and errors are those of `Composer`.
    """
    parts = Composer(settings, addressing).compose(message, reference)[1]
    to = message.to
    return [cast("SubmitSm", decode(pack(0, to, octets))) for pack, octets in parts]


def wire_text(message: Message[Any], settings: TextSettings) -> str:
    """Return the text as it travels: with its markup, and plain punctuation if `smart` is set."""
    text = render(message)
    if not settings.smart or type(message) is not Sms or message.coding is not None:
        return text
    plain = smartened(text, settings.narrow)
    return plain if plain == text or _is_same_sms(plain, text, message) else text


def _is_same_sms(plain: str, text: str, message: Sms) -> bool:
    """Whether a text with plain signs is still an SMS: without invisible signs it may be markup."""
    try:
        parsed = parse(plain, to=message.to, sender=message.sender)
    except InvalidMessageError:
        return False
    return type(parsed) is Sms and plain.count(COMMENT_MARK) == text.count(COMMENT_MARK)


def encode_text(
    message: Message[Any], settings: TextSettings
) -> tuple[str, Coding, int, bytes | None]:
    """Return the text as it travels, its coding, the data_coding, and its payload.

    The payload is None for a text that takes several parts, or may take them: `segments_of` cuts
    it. An address longer than `email_limit` is an `InvalidMessageError`.
    """
    payload: bytes | None = None
    if type(message) is Sms and message.is_plain and not settings.smart:
        # The usual case: none of the rare fields is read, and plain ASCII is found to be GSM by
        # encoding it (hot path).
        text = message.text
        payload = ascii_septets(text) if settings.is_plain_gsm else None
        if payload is not None:
            return text, _GSM, 0, payload if len(payload) <= 160 else None
        coding = choose(text, settings)
        return text, coding, coding * 4, _one_part(text, coding, settings)
    if type(message) is not Sms:
        if type(message) is Email:
            check_email_limit(settings.email_limit, to=message.to, sender=message.sender)
        text = wire_text(message, settings)
        coding = choose_markup(text, settings)
        data_coding = coding * 4
    else:
        is_plain = message.comment is None and not settings.smart
        text = message.text if is_plain else wire_text(message, settings)
        chosen = message.coding
        if chosen is None:
            payload = ascii_septets(text) if settings.is_plain_gsm else None
            chosen = choose(text, settings) if payload is None else _GSM
        coding = chosen
        data_coding = data_coding_of(coding, flash=True) if message.flash else coding * 4
    if payload is None:
        payload = _one_part(text, coding, settings)
    elif len(payload) > 160:
        payload = None
    return text, coding, data_coding, payload


def _one_part(text: str, coding: Coding, settings: TextSettings) -> bytes | None:
    """Encode a text that certainly takes one part, as most do; None for any other."""
    if coding is _GSM and len(text) <= 160 and settings.is_plain_gsm:
        return ascii_septets(text)
    if coding is _UCS2 and len(text) <= 70:
        payload = text.encode("utf-16-be")
        return payload if len(payload) <= 140 else None
    return None


def segments_of(  # noqa: PLR0917 - the results of `encode_text`, in their order
    message: Message[Any],
    text: str,
    coding: Coding,
    payload: bytes | None,
    settings: TextSettings,
    reference: int = 0,
) -> tuple[Segment, ...]:
    """Return the segments of an encoded text.

    Raises:
        InvalidMessageError: It can't be cut.
    """
    if payload is not None:
        return (Segment(payload),)
    carrier = Carrier.SAR if long_text_of(message) is LongText.SAR else Carrier.UDH_8
    try:
        return split(text, text_coding(coding, settings), reference=reference, carrier=carrier)
    except EncodeError as error:
        reason = error.reason
        if error.field == "segments":
            reason = f"needs {error.value} parts, one message takes {MAX_SEGMENTS}; shorten it"
        field = "reference" if error.field == "reference" else "text"
        raise InvalidMessageError(field, error.value, reason) from None


def long_text_of(message: Message[Any]) -> LongText:
    """Return how several parts travel; only an Sms has the choice."""
    return message.long_text if isinstance(message, Sms) else LongText.UDH


def _sar(segment: Segment) -> tuple[Tlv, ...]:
    """Return the TLVs that number a part."""
    return (
        Tlv.of(TlvTag.SAR_MSG_REF_NUM, segment.reference),
        Tlv.of(TlvTag.SAR_TOTAL_SEGMENTS, segment.total),
        Tlv.of(TlvTag.SAR_SEGMENT_SEQNUM, segment.sequence),
    )

"""The deliver_sm of the simulated SMSC: receipts, HLR answers, subscribers' messages.

Rule: pure functions that return PDUs. The forms are those of the gateway's document; the text of
an ordinary receipt, which it doesn't give, is that of SMPP v3.4 Appendix B.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from pdu import DeliverSm, EsmClass, MessageState, Npi, Tlv, TlvTag, Ton
from pdu.receipt_text import STAT_NAMES
from pdu.text.alphabet import ESCAPED
from pdu.text.coding import TextCoding
from pdu.text.reassembly import body_octets
from pdu.text.segments import capacity, split
from smsc_async._message_checks import COMMENT_MARK
from smsc_async.gateway.coding import DEFAULT_SETTINGS, choose, data_coding_of, text_coding
from smsc_async.gateway.kinds import KIND_OF
from smsc_async.messages import HlrQuery, Message
from smsc_async.receipts import COST, FLAGS, PARTS

if TYPE_CHECKING:
    from smsc_async.gateway.coding import TextSettings
    from smsc_async.simulator.records import SubmittedPart

HLR: Final = KIND_OF[HlrQuery].flags
_FLASH: Final = 1
_CODINGS: Final = {1: TextCoding.LATIN1, 2: TextCoding.UCS2}
_TWO_SEPTETS: Final = [char.encode("ascii") for char in ESCAPED if char.isascii()]
_HAS_CLASS: Final = 0x10
_INTERMEDIATE: Final = 0x10

_GSM_NETWORK: Final = b"\x03"  # the first octet of network_error_code
_QUOTED_CHARACTERS: Final = 20
# Under coding 0 the gateway may read ASCII, see `smsc_async.gateway.coding`.
_ASCII_MARK: Final = COMMENT_MARK.encode("ascii")
_COMMENT_MARKS: Final = {
    TextCoding.GSM: (TextCoding.GSM.encode(COMMENT_MARK), _ASCII_MARK),
    TextCoding.LATIN1: (_ASCII_MARK,),
    TextCoding.ASCII: (_ASCII_MARK,),
    TextCoding.UCS2: (TextCoding.UCS2.encode(COMMENT_MARK),),
}
_PRINTABLE: Final = bytes(code if chr(code).isprintable() else ord("?") for code in range(256))
_MAX_SHORT_MESSAGE: Final = 254


def flags_of(message: Message[Any] | None, data_coding: int) -> int:
    """Return the number of a message's kind in the gateway's TLV 0x2001; 0 is an SMS."""
    number = 0 if message is None else KIND_OF[type(message)].flags
    return number or (_FLASH if data_coding & _HAS_CLASS else 0)


def charged_parts(
    octets: bytes, data_coding: int, settings: TextSettings = DEFAULT_SETTINGS
) -> int:
    """Return how many parts are charged for a text: those it has without its comment.

    «Данный текст не будет отправляться абонентам и влиять на стоимость SMS…»
    """
    bits = data_coding >> 2 & 3
    coding = _CODINGS.get(bits, TextCoding.LATIN1) if bits else settings.narrow
    for mark in _COMMENT_MARKS[coding]:
        at = octets.find(mark)
        if at >= 0 and at % coding.unit == 0:
            octets = octets[:at]
    units = len(octets) // coding.unit
    if coding is TextCoding.ASCII:
        units += sum(map(octets.count, _TWO_SEPTETS))
    return 1 if units <= capacity(coding) else ceil(units / capacity(coding, header_octets=6))


def wants_receipt(registered_delivery: int, state: int) -> bool:
    """Whether the octet requests a receipt of this outcome (v3.4 §5.2.17; 3 is of v5.0)."""
    is_delivered = state == MessageState.DELIVERED
    return (False, True, not is_delivered, is_delivered)[registered_delivery & 3]


def wants_intermediate(registered_delivery: int) -> bool:
    """Whether the octet requests intermediate notifications: bit 4 (v3.4 §5.2.17)."""
    return bool(registered_delivery & _INTERMEDIATE)


def without_tlvs(pdu: DeliverSm) -> DeliverSm:
    """Return a deliver_sm for a client below v3.4; a text in message_payload is cut to fit."""
    values = {name: getattr(pdu, name) for name in DeliverSm.fields}
    values["tlvs"] = ()
    values["short_message"] = body_octets(pdu)[:_MAX_SHORT_MESSAGE]
    return DeliverSm(**values)


def receipt(part: SubmittedPart, *, is_intermediate: bool = False) -> DeliverSm:
    """Return the receipt of a part's state."""
    esm_class = EsmClass.INTERMEDIATE_NOTIFICATION if is_intermediate else EsmClass.DELIVERY_RECEIPT
    text = _hlr_text(part) if part.flags == HLR else _text(part)
    payload: tuple[Tlv, ...] = ()
    if len(text) > _MAX_SHORT_MESSAGE:
        text, payload = b"", (Tlv(TlvTag.MESSAGE_PAYLOAD, text),)
    return DeliverSm(
        source_addr_ton=part.dest[0],
        source_addr_npi=part.dest[1],
        source_addr=part.recipient,
        dest_addr_ton=part.source[0],
        dest_addr_npi=part.source[1],
        destination_addr=part.sender,
        esm_class=EsmClass(esm_class),
        short_message=text,
        tlvs=(
            Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"%d\0" % part.number),
            Tlv(TlvTag.MESSAGE_STATE, bytes((part.state,))),
            Tlv(TlvTag.NETWORK_ERROR_CODE, _GSM_NETWORK + part.error_code.to_bytes(2, "big")),
            Tlv(COST, part.scenario.cost.encode("ascii")),
            Tlv(FLAGS, part.flags.to_bytes(2, "big")),
            Tlv(PARTS, part.charged.to_bytes(2, "big")),
            *payload,
        ),
    )


def incoming(
    sender: str,
    recipient: str,
    text: str,
    *,
    reference: int,
    settings: TextSettings,
    esm_class: int = 0,
) -> list[DeliverSm]:
    """Return the deliver_sm of a subscriber's message, several with UDH if it is long.

    Args:
        sender: The subscriber's number.
        recipient: The client's number or name.
        text: The text.
        reference: 0 to 255, shared by the parts.
        settings: Text settings of the client's bind.
        esm_class: Of each deliver_sm; the bit of a user data header is added where there is one.

    Raises:
        EncodeError: Over 255 parts, or half a surrogate pair.
    """
    coding = choose(text, settings)
    is_packed = data_coding_of(coding) in settings.packed_codings
    return [
        DeliverSm(
            source_addr_ton=Ton.INTERNATIONAL,
            source_addr_npi=Npi.ISDN,
            source_addr=sender,
            dest_addr_ton=Ton.INTERNATIONAL if recipient.isdigit() else Ton.ALPHANUMERIC,
            dest_addr_npi=Npi.ISDN,
            destination_addr=recipient,
            esm_class=esm_class | (EsmClass.UDHI if segment.has_udh else 0),
            data_coding=data_coding_of(coding),
            short_message=segment.packed_message if is_packed else segment.short_message,
        )
        for segment in split(text, text_coding(coding, settings), reference=reference)
    ]


def _text(part: SubmittedPart) -> bytes:
    """Return the text of an ordinary receipt (v3.4 Appendix B)."""
    dlvrd = "001" if part.state == MessageState.DELIVERED else "000"
    line = (
        f"id:{part.number} sub:001 dlvrd:{dlvrd} submit date:{part.submitted_at:%y%m%d%H%M}"
        f" done date:{part.done_at or part.submitted_at:%y%m%d%H%M} stat:{_stat(part)}"
        f" err:{part.error_code:03} text:"
    )
    # A receipt has no coding for its quoted text, so that is one line of ASCII.
    quote = (part.text or "")[:_QUOTED_CHARACTERS].encode("ascii", "replace")
    return line.encode("ascii") + quote.translate(_PRINTABLE)


def _hlr_text(part: SubmittedPart) -> bytes:
    """Return the text of the receipt of an HLR query."""
    line = f"id:{part.number} stat:{_stat(part)} err:{part.error_code:03} {part.hlr}"
    return line.encode("ascii", "replace")


def _stat(part: SubmittedPart) -> str:
    """Return the state as receipts spell it."""
    return STAT_NAMES.get(part.state, "UNKNOWN")

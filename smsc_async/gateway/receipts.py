"""Delivery receipts (DLR), HLR results and answers to query_sm, read into values.

Rule: reading never raises. The standard TLVs are read first, the text where they are silent or say
nothing; a value that neither has is None. The text is read by its octets: what data_coding and
esm_class say of them is often wrong in receipts.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pdu.enums import FINAL_STATES, EsmClass, MessageState, TlvTag
from pdu.receipt_text import STAT_STATES, parse_receipt_text, parse_stat
from pdu.smpp_time import parse_time
from pdu.text.packed import unpack
from pdu.text.reassembly import body_octets
from pdu.text.udh import parse_udh
from pdu.tlvs import TLVS
from smsc_async.gateway.delivery_errors import SmscRuDeliveryError
from smsc_async.gateway.kinds import KIND_OF
from smsc_async.messages import HlrQuery
from smsc_async.receipts import FLAGS, DeliveryError, HlrReceipt, QueryResult, Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdu.deliver import DeliverSm
    from pdu.query import QuerySmResp
    from pdu.submit import DataSm

_HLR: Final = KIND_OF[HlrQuery].flags
_NO_TLVS: Final[Mapping[int, bytes]] = {}
# hot path
_MESSAGE_ID: Final = int(TlvTag.RECEIPTED_MESSAGE_ID)
_STATE: Final = int(TlvTag.MESSAGE_STATE)
_ERROR: Final = int(TlvTag.NETWORK_ERROR_CODE)
_UDHI: Final = int(EsmClass.UDHI)

_TOLD: Final = frozenset(set(MessageState) - {MessageState.SCHEDULED, MessageState.SKIPPED})
"""States that a TLV of v3.4 can have (§5.2.28); others, 0 for one, say nothing."""
_FAILED: Final = FINAL_STATES - {MessageState.DELIVERED}
"""States with an error: one of 0 in a TLV says nothing then."""

# The labels of Appendix B first.
_ID_LABELS: Final = ("id", "message_id", "messageid", "msgid", "msg_id")
_STAT_LABELS: Final = (
    "stat", "status", "state", "message_state", "messagestate", "message_status", "messagestatus",
)  # fmt: skip
_ERROR_LABELS: Final = ("err", "error", "error_code", "errorcode", "errcode", "err_code")
_KNOWN_LABELS: Final = frozenset(
    {"sub", "dlvrd", "submit date", "done date", *_ID_LABELS, *_STAT_LABELS, *_ERROR_LABELS}
)
_AROUND: Final = "\"',;"
_BRACKETS: Final = {")": "(", "]": "[", "}": "{", ">": "<"}
# The word that a value begins with, and its number: "UNDELIV(5)", "255,". What "-1", "E12" and
# "DELIVERY-FAILED" mean isn't known.
_STAT_WORD: Final = re.compile(r"\W*+(\w++)(?![-/])", re.ASCII)
_ERROR_NUMBER: Final = re.compile(r"[^\w+-]*+([0-9]{1,9})(?!\w|\.\w)", re.ASCII)
_CODINGS: Final = ("latin-1", "utf-16-be", "utf-16-le", "utf-8-sig")
"""Codings in which receipts are found, whatever data_coding says."""

_DIGITS: Final = re.compile(rb"[0-9]{2,4}")
_read_text: Final = TLVS[TlvTag.RECEIPTED_MESSAGE_ID].parse


def is_receipt(pdu: DeliverSm | DataSm) -> bool:
    """Whether a PDU is a receipt: by its esm_class, or by the message_id in its TLVs."""
    if pdu.esm_class & 0x3C in {0x04, 0x20}:
        return True
    return any(tlv.tag == _MESSAGE_ID for tlv in pdu.tlvs)


def read_generic_receipt(pdu: DeliverSm | DataSm) -> Receipt:
    """Read a receipt as SMPP 3.4 defines it: the standard TLVs, then the text of Appendix B.

    Never raises: what the PDU doesn't say is empty or None.
    """
    octets, header_octets = body_octets(pdu), 0
    if pdu.esm_class & _UDHI:
        _, text = parse_udh(octets)
        octets, header_octets = text, len(octets) - len(text)
    # Reversed: of several TLVs with one tag the first counts.
    tlvs: dict[int, bytes] = {tlv.tag: tlv.value for tlv in reversed(pdu.tlvs)}
    message_id = tlvs.get(_MESSAGE_ID)
    state = tlvs.get(_STATE)
    receipt = Receipt.__new__(Receipt)  # hot path
    receipt._fields = None  # as the constructor does
    receipt.message_id = "" if message_id is None else _read_text(message_id)
    receipt.state = MessageState.of(state[-1]) if state else None
    receipt.error_code = _error_code(tlvs.get(_ERROR))
    receipt.to = pdu.source_addr
    receipt.sender = pdu.destination_addr
    receipt.raw = _decode(octets, pdu.data_coding, header_octets)
    receipt.tlvs = tlvs
    receipt.is_intermediate = pdu.esm_class & 0x3C == 0x20
    receipt.error_type = DeliveryError
    receipt._gateway_tlvs = _NO_TLVS  # noqa: SLF001 - as the constructor does
    if (
        receipt.state not in _TOLD
        or not receipt.message_id
        or receipt.error_code is None
        or (not receipt.error_code and receipt.state in _FAILED)
    ):
        _complete(receipt)
    return receipt


def read_receipt(pdu: DeliverSm | DataSm) -> Receipt | HlrReceipt:
    """Read a receipt of SMSC.ru: with its own TLVs, its list of delivery errors and HLR results.

    Never raises: what the PDU doesn't say is empty or None.

    Returns:
        An `HlrReceipt` if the text has an IMSI or the flags say that it answers an HLR query.
    """
    receipt = read_generic_receipt(pdu)
    receipt.error_type = SmscRuDeliveryError
    receipt._gateway_tlvs = receipt.tlvs  # noqa: SLF001 - as the constructor does
    return HlrReceipt.of(receipt) if _is_hlr(receipt) else receipt


def _is_hlr(receipt: Receipt) -> bool:
    """Whether a receipt answers an HLR query."""
    # The text after "text:" quotes the message, which may contain anything.
    if " imsi:" in receipt.raw and " imsi:" in receipt.raw.partition(" text:")[0]:
        return True
    flags = receipt.tlvs.get(FLAGS)
    return bool(flags and flags[-1] & 0x0F == _HLR)


def _complete(receipt: Receipt) -> None:
    """Fill in from the text what the TLVs don't say."""
    fields = receipt.fields
    if not receipt.message_id:
        receipt.message_id = _first_word(fields, _ID_LABELS)
    if receipt.state not in _TOLD and not fields.keys().isdisjoint(_STAT_LABELS):
        state = _state(fields)
        if receipt.state is None or state in FINAL_STATES:
            receipt.state = MessageState.UNKNOWN if state is None else state
    if receipt.error_code is None or (not receipt.error_code and receipt.state in _FAILED):
        error = _error(fields)
        if error is not None:
            receipt.error_code = error


def _state(fields: Mapping[str, str]) -> MessageState | None:
    """Return the state that the text names; None if it isn't known."""
    if (usual := STAT_STATES.get(fields.get("stat", ""))) is not None:  # hot path
        return usual
    stat = _STAT_WORD.match(_first_word(fields, _STAT_LABELS))
    return parse_stat(stat[1]) if stat else None


def _error(fields: Mapping[str, str]) -> int | None:
    """Return the number of the error that the text names; None if there is none."""
    if fields.get("err") == "000":  # hot path
        return 0
    err = _ERROR_NUMBER.match(_first_word(fields, _ERROR_LABELS))
    return None if err is None else int(err[1])


def _first_word(fields: Mapping[str, str], labels: tuple[str, ...]) -> str:
    """Return the first word of the first of some fields that has one; empty if none has."""
    for label in labels:
        value = fields.get(label, "")
        if value.isalnum():  # hot path
            return value
        if words := value.split():
            word = words[0]
            while word and (opening := _BRACKETS.get(word[-1])) and opening not in word:
                word = word[:-1].rstrip(_AROUND)
            return word.strip(_AROUND) or words[0]
    return ""


def _decode(octets: bytes, data_coding: int, header_octets: int) -> str:
    """Decode a receipt's text: ASCII, but for the quote of the message; packed only if it is."""
    if octets.startswith(b"id:"):  # hot path
        return octets.decode("latin-1")
    codings = dict.fromkeys(("utf-16-be" if data_coding == 0x08 else "latin-1", *_CODINGS))
    readings = [octets.decode(coding, "replace").removeprefix("\ufeff") for coding in codings]
    # Of equal ones the first: what data_coding says.
    best = max(readings, key=_known_labels)
    if octets.isascii() or _known_labels(best):
        return best
    unpacked = unpack(octets, header_octets=header_octets).decode("ascii")
    return unpacked if _known_labels(unpacked) else best


def _known_labels(text: str) -> int:
    """Count the labels of receipts in a text."""
    return len(_KNOWN_LABELS & parse_receipt_text(text).keys())


def _error_code(value: bytes | None) -> int | None:
    """Read the code after the octet of the network type (v3.4 §5.3: 3 octets).

    The gateway's document doesn't say how it fills the TLV: two to four octets and plain digits
    are taken as well.
    """
    if value is None or not 2 <= len(value) <= 4:
        return None
    if _DIGITS.fullmatch(value):
        return int(value)
    return int.from_bytes(value[-2:], "big")


class _SmscRuQueryResult(QueryResult):
    """A query result whose error is of SMSC.ru's list."""

    __slots__ = ()

    @property
    def error(self) -> DeliveryError:
        """`error_code` with its explanation; false for 0."""
        return SmscRuDeliveryError(self.error_code)


def read_query_result(response: QuerySmResp, *, is_smsc_ru: bool = True) -> QueryResult:
    """Read the response to a query_sm. Never raises.

    Args:
        response: From the SMSC.
        is_smsc_ru: Whether SMSC.ru's list explains the error.
    """
    final_at = parse_time(response.final_date)
    return (_SmscRuQueryResult if is_smsc_ru else QueryResult)(
        message_id=response.message_id,
        state=response.message_state,
        error_code=response.error_code,
        final_at=final_at if isinstance(final_at, datetime) else None,
    )

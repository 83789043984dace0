"""Validation of requests against SMPP v3.4: what is refused, and with which `command_status`.

Rule: pure functions. What the gateway documents is accepted; where its document is silent, the
specification counts. Three things are decided here:

- Reserved values are refused. v3.4 §3.3 advises to read them as the default, which would hide the
  mistake of a client under test.
- A relative validity_period counts from the delivery, so it never ends before a schedule: the
  gateway's own library combines any schedule with at most 24 hours. A schedule in the past means
  "at once".
- TLVs that are unknown, or that submit_sm doesn't have, are ignored, as v3.4 §3.3 demands.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pdu.enums import CommandStatus, EsmClass, TlvTag, Ton
from pdu.smpp_time import parse_time
from pdu.text.udh import parse_udh
from pdu.tlvs import limits, name_of, read_tlv
from smsc_async._submit import MAX_ADDRESS
from smsc_async._submit_checks import MAX_SERVICE_TYPE, MOST_PRIORITY
from smsc_async.simulator import refusals
from smsc_async.simulator.refusals import Refusal, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdu import QuerySm, SubmitSm
    from smsc_async.simulator.records import SubmittedPart

V34: Final = 0x34
V50: Final = 0x50
"""Values of interface_version (§5.2.4)."""

# Plain integers, since attributes of enumerations are slow to look up (hot path).
_TONS: Final = frozenset(range(7))
_NPIS: Final = frozenset({0, 1, 3, 4, 6, 8, 9, 10, 14, 18})
_NUMBER_TONS: Final = frozenset({int(Ton.INTERNATIONAL), int(Ton.NATIONAL)})
# Digits; «Отправка e-mail сообщения»; "@name" or "#uid" of a bot's subscriber.
_NUMBER: Final = re.compile(r"\+?[0-9]+|.*@.*|#.+")
_MODE: Final = 0x03
_TRANSACTION: Final = 0x02
_TYPE: Final = 0x3C
_SUBMITTED_TYPES: Final = frozenset({0x00, 0x08, 0x10})
_UDHI: Final = int(EsmClass.UDHI)
_RECEIPT: Final = 0x03
_SUCCESS: Final = 0x03  # only in v5.0
_UNUSED_BITS: Final = 0xE0
# «Поле coding кодируется двумя битами в составном поле data_coding»: with a message class, 0x10,
# they are 0 to 2 as well.
_WITH_CLASS: Final = frozenset(range(0x10, 0x1C))
_RESERVED_CODINGS: Final = frozenset({0x0B, 0x0C, *range(0x0F, 0xC0)}) - _WITH_CLASS
_TIME: Final = re.compile(r"[0-9]{12}(?:[0-9](?:[0-3][0-9]|4[0-8])[-+]|000R)", re.ASCII)

_CHECKED_TAGS: Final[Mapping[int, range | None]] = {
    TlvTag.USER_MESSAGE_REFERENCE: None,
    TlvTag.SOURCE_PORT: None,
    TlvTag.SOURCE_ADDR_SUBUNIT: range(5),
    TlvTag.DESTINATION_PORT: None,
    TlvTag.DEST_ADDR_SUBUNIT: range(5),
    TlvTag.SAR_MSG_REF_NUM: None,
    TlvTag.SAR_TOTAL_SEGMENTS: range(1, 256),
    TlvTag.SAR_SEGMENT_SEQNUM: range(1, 256),
    TlvTag.MORE_MESSAGES_TO_SEND: range(2),
    TlvTag.PAYLOAD_TYPE: range(2),
    TlvTag.MESSAGE_PAYLOAD: None,
    TlvTag.PRIVACY_INDICATOR: range(4),
    TlvTag.CALLBACK_NUM: None,
    TlvTag.CALLBACK_NUM_PRES_IND: None,
    TlvTag.CALLBACK_NUM_ATAG: None,
    TlvTag.SOURCE_SUBADDRESS: None,
    TlvTag.DEST_SUBADDRESS: None,
    TlvTag.USER_RESPONSE_CODE: None,
    TlvTag.DISPLAY_TIME: range(3),
    TlvTag.SMS_SIGNAL: None,
    TlvTag.MS_VALIDITY: None,
    TlvTag.MS_MSG_WAIT_FACILITIES: None,
    TlvTag.NUMBER_OF_MESSAGES: range(100),
    TlvTag.ALERT_ON_MESSAGE_DELIVERY: None,
    TlvTag.LANGUAGE_INDICATOR: None,
    TlvTag.ITS_REPLY_TYPE: range(9),
    TlvTag.ITS_SESSION_INFO: None,
    TlvTag.USSD_SERVICE_OP: None,
}
"""The TLVs of submit_sm (§4.4.1) with their values; None where §5.3 limits only the length."""

_SAR_TAGS: Final = (
    TlvTag.SAR_MSG_REF_NUM,
    TlvTag.SAR_TOTAL_SEGMENTS,
    TlvTag.SAR_SEGMENT_SEQNUM,
)
_NOT_WITH_A_HEADER: Final = frozenset({*_SAR_TAGS, TlvTag.SOURCE_PORT, TlvTag.DESTINATION_PORT})


def check_submit(pdu: SubmitSm, *, version: int, at: datetime) -> Refusal | None:
    """Return why a submit_sm is refused (§4.4.1, §5.2), or None; fields in their order.

    Args:
        pdu: The request.
        version: interface_version of the bind.
        at: When it was received, with a time zone.
    """
    return (
        _check_addresses(pdu)
        or _check_esm_class(pdu.esm_class)
        or _check_options(pdu, version)
        or _check_times(pdu, at)
        or _check_text(pdu, version)
        or (_check_tlvs(pdu) if pdu.tlvs else None)
    )


def check_query(pdu: QuerySm, part: SubmittedPart) -> Refusal | None:
    """Return why a query_sm about a message is refused, or None.

    Type, plan and address of the source are those that the message was submitted with (§4.8.1).
    """
    source = (pdu.source_addr_ton, pdu.source_addr_npi), pdu.source_addr
    if source != (part.source, part.sender):
        return refuse(CommandStatus.ESME_RQUERYFAIL, refusals.OTHER_SENDER)
    return None


def check_bind(pdu: Any) -> Refusal | None:  # noqa: ANN401 - one of three binds
    """Return why a bind is refused (§4.1), or None.

    A password may be longer than the 8 characters of §5.2.2: some gateways issue such ones.
    """
    return (
        _check_string("system_id", pdu.system_id, 15, CommandStatus.ESME_RINVSYSID)
        or _check_string("system_type", pdu.system_type, 12, CommandStatus.ESME_RINVSYSTYP)
        or _check_ton("addr_ton", pdu.addr_ton, CommandStatus.ESME_RBINDFAIL)
        or _check_npi("addr_npi", pdu.addr_npi, CommandStatus.ESME_RBINDFAIL)
        or _check_string("address_range", pdu.address_range, 40, CommandStatus.ESME_RBINDFAIL)
    )


def _check_addresses(pdu: SubmitSm) -> Refusal | None:
    """Check service_type, sender and recipient.

    §5.2.11 leaves other values of service_type to SMSC and client, so only its form is checked.
    """
    status = CommandStatus
    return (
        _check_string("service_type", pdu.service_type, MAX_SERVICE_TYPE, status.ESME_RINVSERTYP)
        or _check_ton("source_addr_ton", pdu.source_addr_ton, status.ESME_RINVSRCTON)
        or _check_npi("source_addr_npi", pdu.source_addr_npi, status.ESME_RINVSRCNPI)
        or _check_string("source_addr", pdu.source_addr, MAX_ADDRESS, status.ESME_RINVSRCADR)
        or _check_ton("dest_addr_ton", pdu.dest_addr_ton, status.ESME_RINVDSTTON)
        or _check_npi("dest_addr_npi", pdu.dest_addr_npi, status.ESME_RINVDSTNPI)
        or _check_destination(pdu)
    )


def _check_string(name: str, value: str, most: int, status: CommandStatus) -> Refusal | None:
    """Check the form of a C-octet string (§3.1)."""
    if len(value) > most:
        return refuse(status, refusals.TOO_LONG, field=name, most=most, length=len(value))
    if not (value.isascii() and value.isprintable()):
        return refuse(status, refusals.NOT_ASCII, field=name)
    return None


def _check_ton(name: str, value: int, status: CommandStatus) -> Refusal | None:
    """Check a type of number (§5.2.5)."""
    if value in _TONS:
        return None
    return refuse(
        status, refusals.OUT_OF_RANGE, field=name, least=0, most=max(_TONS), value=int(value)
    )


def _check_npi(name: str, value: int, status: CommandStatus) -> Refusal | None:
    """Check a numbering plan (§5.2.6)."""
    if value in _NPIS:
        return None
    return refuse(status, refusals.UNKNOWN_NPI, field=name, value=int(value))


def _check_destination(pdu: SubmitSm) -> Refusal | None:
    """Check the recipient's address (§5.2.9)."""
    address, status = pdu.destination_addr, CommandStatus.ESME_RINVDSTADR
    if not address:
        return refuse(status, refusals.NO_DESTINATION)
    if wrong := _check_string("destination_addr", address, MAX_ADDRESS, status):
        return wrong
    if pdu.dest_addr_ton in _NUMBER_TONS and not _NUMBER.fullmatch(address):
        return refuse(status, refusals.NOT_DIGITS)
    return None


def _check_esm_class(octet: int) -> Refusal | None:
    """Check mode and type of the message (§5.2.12)."""
    if octet & _MODE == _TRANSACTION:
        # §4.4: transaction (forward) mode is data_sm's.
        return _refuse_octet(CommandStatus.ESME_RINVESMCLASS, refusals.TRANSACTION_MODE, octet)
    if octet & _TYPE not in _SUBMITTED_TYPES:
        return _refuse_octet(CommandStatus.ESME_RINVESMCLASS, refusals.MESSAGE_TYPE, octet)
    return None


def _check_options(pdu: SubmitSm, version: int) -> Refusal | None:
    """Check priority, receipts, replacement, coding and predefined message."""
    status, receipts = CommandStatus, pdu.registered_delivery
    if pdu.priority_flag > MOST_PRIORITY:
        return _refuse_number(pdu, "priority_flag", MOST_PRIORITY, status.ESME_RINVPRTFLG)
    is_v5_only = receipts & _RECEIPT == _SUCCESS and version < V50
    if receipts & _UNUSED_BITS or is_v5_only:
        return _refuse_octet(
            status.ESME_RINVREGDLVFLG, refusals.RESERVED, receipts, "registered_delivery"
        )
    if pdu.replace_if_present_flag > 1:
        return _refuse_number(pdu, "replace_if_present_flag", 1, status.ESME_RINVREPFLAG)
    if pdu.data_coding in _RESERVED_CODINGS:
        # v3.4 has no status for it.
        code = status.ESME_RINVDCS if version >= V50 else status.ESME_RSUBMITFAIL
        return _refuse_octet(code, refusals.RESERVED, pdu.data_coding, "data_coding")
    if pdu.sm_default_msg_id:
        return refuse(
            status.ESME_RINVDFTMSGID, refusals.NO_CANNED_MESSAGE, value=pdu.sm_default_msg_id
        )
    return None


def _refuse_octet(status: CommandStatus, text: str, octet: int, field: str = "") -> Refusal:
    """Refuse an octet of bits."""
    return refuse(status, text, field=field, value=f"0x{int(octet):02X}")


def _refuse_number(pdu: SubmitSm, field: str, most: int, status: CommandStatus) -> Refusal:
    """Refuse a number that is too large."""
    value = getattr(pdu, field)
    return refuse(status, refusals.OUT_OF_RANGE, field=field, least=0, most=most, value=value)


def _check_times(pdu: SubmitSm, at: datetime) -> Refusal | None:
    """Check schedule_delivery_time and validity_period (§5.2.15, §5.2.16, §7.1.1)."""
    schedule, validity = pdu.schedule_delivery_time, pdu.validity_period
    if schedule and not _is_time(schedule):
        return refuse(
            CommandStatus.ESME_RINVSCHED, refusals.INVALID_TIME, field="schedule_delivery_time"
        )
    if not validity:
        return None
    if not _is_time(validity):
        return refuse(CommandStatus.ESME_RINVEXPIRY, refusals.INVALID_TIME, field="validity_period")
    end, start = parse_time(validity), parse_time(schedule)
    if isinstance(end, datetime):
        first = start if isinstance(start, datetime) else at + start if start else at
        is_over = end <= max(first, at)
    else:
        is_over = not end
    return refuse(CommandStatus.ESME_RINVEXPIRY, refusals.EXPIRED) if is_over else None


def _is_time(text: str) -> bool:
    """Whether a text is a time as a request has it, absolute or relative."""
    return _TIME.fullmatch(text) is not None and parse_time(text) is not None


def _check_text(pdu: SubmitSm, version: int) -> Refusal | None:
    """Check short_message, message_payload and the user data header."""
    most, text = 255 if version >= V50 else 254, pdu.short_message
    payload = None
    if pdu.tlvs:
        payload = next((value for tag, value in pdu.tlvs if tag == TlvTag.MESSAGE_PAYLOAD), None)
    if len(text) > most:
        return refuse(
            CommandStatus.ESME_RINVMSGLEN,
            refusals.OUT_OF_RANGE,
            field="sm_length",
            least=0,
            most=most,
            value=len(text),
        )
    if text and payload is not None:
        return refuse(CommandStatus.ESME_ROPTPARNOTALLWD, refusals.TWO_TEXTS)
    if pdu.esm_class & _UDHI:
        octets = text or payload or b""
        if not octets or parse_udh(octets)[1] is octets:
            return _refuse_octet(CommandStatus.ESME_RINVESMCLASS, refusals.NO_HEADER, pdu.esm_class)
    return None


def _check_tlvs(pdu: SubmitSm) -> Refusal | None:
    """Check lengths and values of the TLVs that submit_sm has (§5.3)."""
    numbers: dict[int, object] = {}
    for tag, value in pdu.tlvs:
        if tag not in _CHECKED_TAGS:
            continue
        least, most = limits(tag)
        if not least <= len(value) <= most:
            return refuse(
                CommandStatus.ESME_RINVPARLEN,
                refusals.TLV_LENGTH if least < most else refusals.TLV_FIXED_LENGTH,
                field=name_of(tag),
                least=least,
                most=most,
                length=len(value),
            )
        if tag in _NOT_WITH_A_HEADER and pdu.esm_class & _UDHI:
            return refuse(
                CommandStatus.ESME_ROPTPARNOTALLWD, refusals.TLV_AND_HEADER, field=name_of(tag)
            )
        numbers[tag] = number = read_tlv(tag, value)
        allowed = _CHECKED_TAGS[tag]
        if allowed is not None and number not in allowed:
            return refuse(
                CommandStatus.ESME_RINVOPTPARAMVAL,
                refusals.OUT_OF_RANGE,
                field=name_of(tag),
                least=allowed.start,
                most=allowed.stop - 1,
                value=number,
            )
    return _check_part(numbers)


def _check_part(numbers: Mapping[int, Any]) -> Refusal | None:
    """Check the place of a part; §5.3.2.22 ignores sar_* that aren't complete."""
    if not all(tag in numbers for tag in _SAR_TAGS):
        return None
    total, sequence = numbers[_SAR_TAGS[1]], numbers[_SAR_TAGS[2]]
    if sequence <= total:
        return None
    return refuse(
        CommandStatus.ESME_RINVOPTPARAMVAL, refusals.PART_NUMBER, value=sequence, total=total
    )

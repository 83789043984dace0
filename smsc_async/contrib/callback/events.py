"""What a request of the gateway means: a receipt, an incoming message, a confirmed call.

Rule: a signature proves one kind of request. The signed fields are joined by ":", so each has to be
of its type before the signature is looked at; then no text that is signed for one kind is that of
another. All other fields are read as leniently as a receipt that comes over SMPP.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import quote_plus

from pdu._tracebacks import hides_assigned
from pdu.enums import MessageState
from pdu.half_made import shows_half_made
from pdu.masking import mask_address
from smsc_async.contrib.callback.request import CallbackRequest, RefusedError
from smsc_async.gateway.delivery_errors import SmscRuDeliveryError
from smsc_async.instrumentation import log
from smsc_async.receipts import (
    COST,
    FLAGS,
    OPERATOR,
    PARTS,
    HlrReceipt,
    IncomingMessage,
    Receipt,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG: Final = logging.getLogger("smsc_async.callback")

# The gateway's numbers with its own words. Which SMPP state fits each is our reading, since it
# publishes no such table. Up to 0 the message is on its way; 2 and 4 may follow 1.
STATES: Final[Mapping[int, MessageState]] = {
    -3: MessageState.UNKNOWN,  # Сообщение не найдено
    -2: MessageState.SCHEDULED,  # Остановлено
    -1: MessageState.SCHEDULED,  # Ожидает отправки
    0: MessageState.ENROUTE,  # Передано оператору
    1: MessageState.DELIVERED,  # Доставлено
    2: MessageState.DELIVERED,  # Прочитано
    3: MessageState.EXPIRED,  # Просрочено
    4: MessageState.DELIVERED,  # Нажата ссылка
    6: MessageState.REJECTED,  # Заблокировано спам-фильтром (e-mail; seen in clients only)
    20: MessageState.UNDELIVERABLE,  # Невозможно доставить
    22: MessageState.UNDELIVERABLE,  # Неверный номер
    23: MessageState.REJECTED,  # Запрещено
    24: MessageState.REJECTED,  # Недостаточно средств
    25: MessageState.UNDELIVERABLE,  # Недоступный номер
}
"""States of the gateway's status numbers; any other number is `UNKNOWN`."""

_HLR: Final = 4
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}")
_WORD: Final = re.compile(r"[a-z]\w*", re.ASCII)


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CallbackMessage(IncomingMessage):
    """An incoming message reported over HTTP. Always one part.

    `text` is None if the octets aren't in the handler's charset; `octets` has them as they came.

    Args:
        fields: All fields of the request, decoded, by name. The gateway documents "phone", "mes"
            and "to".
    """

    fields: Mapping[str, str] = field(default_factory=dict, hash=False)


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class CallConfirmed:
    """A subscriber proved a number by calling.

    Args:
        phone: The subscriber, digits.
        ts: When, as the gateway writes it: digits.
        fields: All fields of the request, decoded, by name.
    """

    phone: str
    ts: str
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __repr__(self) -> str:
        return f"CallConfirmed(phone={mask_address(self.phone)!a}, ts={self.ts!a})"


Event: TypeAlias = Receipt | IncomingMessage | CallConfirmed
"""What a sink gets."""


class EventKind(NamedTuple):
    """A kind of request.

    Args:
        signed: The fields that are signed, in this order, with the type of each.
        make: Returns the event of a request.
    """

    signed: Mapping[str, re.Pattern[bytes]]
    make: Callable[[CallbackRequest], Event]

    def check_types(self, request: CallbackRequest) -> None:
        """Refuse a request if one of its signed fields isn't of its type.

        Raises:
            RefusedError: With the name of the field.
        """
        for name, kind in self.signed.items():
            if kind.fullmatch(request.octets.get(name, b"")) is None:
                raise RefusedError(403, "forbidden", f"its field {name!r} isn't of its type")


def kind_of(request: CallbackRequest) -> EventKind:
    """Return the kind of a request, by the fields it has.

    Raises:
        RefusedError: It has no status, no message and no call.
    """
    if "waitcall" in request.octets:
        return _CALL
    if "mes" in request.octets:
        return _MESSAGE
    if request.octets.get("id") and request.octets.get("status"):
        return _STATUS
    raise RefusedError(400, "bad request", "it has no status, no message and no call")


def _make_receipt(request: CallbackRequest) -> Receipt:
    """Return the receipt, as it would be over SMPP."""
    texts = request.texts()
    status = int(texts["status"])
    return (HlrReceipt if _is_hlr(texts) else Receipt)(
        message_id=texts["id"],
        state=STATES.get(status, MessageState.UNKNOWN),
        error_code=_number(texts.get("err", "")),
        to=texts["phone"],
        sender=texts.get("sender", ""),
        raw=_line(texts),
        tlvs=_tlvs(texts),
        is_intermediate=status <= 0,
        error_type=SmscRuDeliveryError,
    )


def _make_message(request: CallbackRequest) -> CallbackMessage:
    """Return the incoming message, even if its octets can't be decoded."""
    texts = request.texts()
    octets = request.octets["mes"]
    text = None
    try:
        text = octets.decode(request.charset)
    except UnicodeDecodeError:
        log(
            LOG,
            logging.WARNING,
            "a callback's text isn't %s: does the account's URL differ?",
            request.charset,
        )
    return CallbackMessage(
        sender=texts["phone"],
        recipient=texts["to"],
        text=text,
        octets=octets,
        fields=texts,
    )


def _make_call(request: CallbackRequest) -> CallConfirmed:
    """Return the confirmed call."""
    texts = request.texts()
    return CallConfirmed(phone=texts["phone"], ts=texts["ts"], fields=texts)


# What is signed for a call has one colon, for the others two and more; for a status it ends in one
# or two digits (the gateway's list ends at 25), for a message in three and more.
_DIGITS: Final = re.compile(rb"[0-9]{1,20}")
_PHONE: Final = re.compile(rb"[ +]?[0-9]{3,20}")
_PHONE_OR_EMAIL: Final = re.compile(rb"[ +]?[0-9]{3,20}|[^\s:@]{1,64}@[^\s:@]{1,255}")
_TEXT: Final = re.compile(rb".*", re.DOTALL)
_STATUS_NUMBER: Final = re.compile(rb"-?[0-9]{1,2}")

_STATUS: Final = EventKind(
    {"id": _DIGITS, "phone": _PHONE_OR_EMAIL, "status": _STATUS_NUMBER}, _make_receipt
)
_MESSAGE: Final = EventKind({"phone": _PHONE, "mes": _TEXT, "to": _PHONE}, _make_message)
_CALL: Final = EventKind({"phone": _PHONE, "ts": _DIGITS}, _make_call)


def _is_hlr(texts: Mapping[str, str]) -> bool:
    """Whether a status answers an HLR query.

    That "type" is the low half of "flag" is our guess, they number the same kinds.
    """
    kind = _number(texts.get("flag") or texts.get("type", ""))
    return bool(texts.get("imsi")) or (kind is not None and kind & 0x0F == _HLR)


def _line(texts: Mapping[str, str]) -> str:
    """Return the fields as the text of an HLR receipt, so that they are read the same way.

    "text" comes last, since no labels are read after it.
    """
    ordered = sorted(texts.items(), key=lambda item: item[0] == "text")
    return " ".join(
        f"{name}:{quote_plus(value, safe=':')}" for name, value in ordered if _WORD.fullmatch(name)
    )


def _tlvs(texts: Mapping[str, str]) -> dict[int, bytes]:
    """Return the fields that are TLVs over SMPP as TLVs."""
    operator = f"{texts.get('mcc', '')}{texts.get('mnc', '')}"
    found = {
        COST: texts.get("cost", "").encode(),
        FLAGS: _integer(texts.get("flag", "")),
        PARTS: _integer(texts.get("cnt", "")),
        OPERATOR: operator.encode(),
    }
    return {tag: value for tag, value in found.items() if value}


def _integer(text: str) -> bytes:
    """Return a number as two or four octets, no octets if there is none."""
    number = _number(text)
    if number is None or number < 0:
        return b""
    return number.to_bytes(2 if number < 0x1_0000 else 4, "big")


def _number(text: str) -> int | None:
    """Read a number of up to nine digits."""
    return int(text) if _NUMBER.fullmatch(text) else None

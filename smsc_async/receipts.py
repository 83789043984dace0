"""What comes back: receipts, HLR results, subscribers' messages.

Rule: reading can't fail. The standard TLVs answer first, the text where they are silent, and
what neither tells is None. Whatever the gateway sent stays at hand (`raw`, `tlvs`). A `repr`
masks numbers and shows no text, for a receipt may quote the message.

Receipts come by the ten thousand, so the text is taken apart only when it is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self
from urllib.parse import unquote_to_bytes

from pdu.enums import FINAL_STATES, MessageState, TlvTag
from pdu.masking import mask_number
from pdu.receipt_text import parse_receipt_text, parse_stat
from pdu.smpp_time import parse_time
from pdu.text import body_octets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdu.deliver import DeliverSm
    from pdu.query import QuerySmResp
    from pdu.submit import DataSm

COST: Final = 0x2000
FLAGS: Final = 0x2001
PARTS: Final = 0x2002
OPERATOR: Final = 0x2003

_HLR: Final = 4
# Plain numbers: looking a member up in its enumeration takes longer than comparing it.
_MESSAGE_ID: Final = int(TlvTag.RECEIPTED_MESSAGE_ID)
_STATE: Final = int(TlvTag.MESSAGE_STATE)
_ERROR: Final = int(TlvTag.NETWORK_ERROR_CODE)
_DIGITS: Final = re.compile(rb"[0-9]{2,4}")


class DeliveryError(int):
    """A code of the gateway's list of delivery errors; 0, no error, is false.

    Codes that the list doesn't have are kept, `explain` says so.
    """

    __slots__ = ()

    @property
    def is_known(self) -> bool:
        """Whether the gateway has published what this code means."""
        return int(self) in _EXPLANATIONS

    def explain(self, language: Literal["ru", "en"] = "en") -> str:
        """Say in words what happened, in Russian or English."""
        russian, english = _EXPLANATIONS.get(
            int(self), (f"код {int(self)}, в списке шлюза его нет", f"code {int(self)}, not listed")
        )
        return russian if language == "ru" else english

    def __repr__(self) -> str:
        return f"DeliveryError({int(self)}: {self.explain()})"


class Receipt:
    """What became of a message, as far as the gateway knows.

    Args:
        message_id: The gateway's id of the message, opaque; empty if the receipt names none.
        state: A `MessageState`, a number that has no name, or None if nothing was said.
        error_code: The gateway's delivery error, 0 for none; None if nothing was said.
        to: The message's recipient, who is the receipt's sender.
        sender: The message's sender.
        raw: The receipt's own text. It may quote the message.
        tlvs: Octets by tag, the first of each.
        is_intermediate: A state on the way, another receipt will follow.
    """

    __slots__ = (
        "_fields",
        "error_code",
        "is_intermediate",
        "message_id",
        "raw",
        "sender",
        "state",
        "tlvs",
        "to",
    )

    def __init__(
        self,
        *,
        message_id: str,
        state: MessageState | int | None = None,
        error_code: int | None = None,
        to: str = "",
        sender: str = "",
        raw: str = "",
        tlvs: Mapping[int, bytes] | None = None,
        is_intermediate: bool = False,
    ) -> None:
        self.message_id = message_id
        self.state = state
        self.error_code = error_code
        self.to = to
        self.sender = sender
        self.raw = raw
        self.tlvs = {} if tlvs is None else tlvs
        self.is_intermediate = is_intermediate
        self._fields: Mapping[str, str] | None = None

    @classmethod
    def from_pdu(cls, pdu: DeliverSm | DataSm) -> Self:
        """Read a receipt. Never raises: a PDU that says nothing gives a receipt without values."""
        # Backwards: of several with one tag the first is left.
        tlvs: dict[int, bytes] = {tlv.tag: tlv.value for tlv in reversed(pdu.tlvs)}
        # Not by the constructor: receipts come by the ten thousand, and keywords cost time.
        self = cls.__new__(cls)
        self.message_id = _text_tlv(tlvs.get(_MESSAGE_ID))
        self.state = _state_tlv(tlvs.get(_STATE))
        self.error_code = _error_tlv(tlvs.get(_ERROR))
        self.to = pdu.source_addr
        self.sender = pdu.destination_addr
        self.raw = _text_of(body_octets(pdu), pdu.data_coding)
        self.tlvs = tlvs
        self.is_intermediate = pdu.esm_class & 0x3C == 0x20
        self._fields = None
        if not self.message_id or self.state is None or self.error_code is None:
            self._ask_text()
        return self

    def _ask_text(self) -> None:
        """Take from the text what the TLVs didn't say."""
        self.message_id = self.message_id or self.fields.get("id", "")
        if self.state is None and "stat" in self.fields:
            state = parse_stat(self.fields["stat"])
            self.state = MessageState.UNKNOWN if state is None else state
        if self.error_code is None:
            self.error_code = _number(self.fields.get("err", ""))

    @property
    def fields(self) -> Mapping[str, str]:
        """The text taken apart: raw values by label ("id", "stat", "submit date", …)."""
        if self._fields is None:
            self._fields = parse_receipt_text(self.raw)
        return self._fields

    @property
    def is_final(self) -> bool:
        """Whether no later receipt is to be expected."""
        return self.state in FINAL_STATES and not self.is_intermediate

    @property
    def error(self) -> DeliveryError | None:
        """`error_code` with its explanation; false for 0."""
        return None if self.error_code is None else DeliveryError(self.error_code)

    @property
    def submitted_at(self) -> datetime | None:
        """When the gateway took the message. Naive: it doesn't say in which time zone."""
        return _moment(self.fields.get("submit date", ""))

    @property
    def done_at(self) -> datetime | None:
        """When the state was reached. Naive: the gateway doesn't say in which time zone."""
        return _moment(self.fields.get("done date", ""))

    @property
    def cost(self) -> str | None:
        """Price of the message as the gateway writes it ("n.nnnn", its TLV 0x2000)."""
        return _text_tlv(self.tlvs.get(COST)) or None

    @property
    def flags(self) -> int | None:
        """The gateway's TLV 0x2001: bits 3-0 are the kind of message, 4 an HLR query."""
        return _integer_tlv(self.tlvs.get(FLAGS))

    @property
    def parts(self) -> int | None:
        """Number of parts that were charged, the gateway's TLV 0x2002."""
        return _integer_tlv(self.tlvs.get(PARTS))

    @property
    def operator(self) -> str | None:
        """The gateway's TLV 0x2003, probably MCC and MNC ("25002")."""
        return _text_tlv(self.tlvs.get(OPERATOR)) or None

    def _values(self) -> tuple[object, ...]:
        """All that makes a receipt equal to another."""
        return (
            self.message_id,
            self.state,
            self.error_code,
            self.to,
            self.sender,
            self.raw,
            self.is_intermediate,
            tuple(self.tlvs.items()),
        )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        state = self.state.name if isinstance(self.state, MessageState) else self.state
        return (
            f"{type(self).__name__}(message_id={self.message_id!r}, state={state},"
            f" error_code={self.error_code}, to={mask_number(self.to)!r})"
        )


class QueryResult(NamedTuple):
    """What the gateway says of a message when it is asked (query_sm).

    Args:
        message_id: The id that was asked for.
        state: A `MessageState`, or a number that has no name.
        error_code: The gateway's delivery error, 0 for none.
        final_at: When the state became final; None while it isn't. Naive where the gateway
            doesn't say in which time zone.
    """

    message_id: str
    state: MessageState | int
    error_code: int = 0
    final_at: datetime | None = None

    @property
    def is_final(self) -> bool:
        """Whether no other state is to be expected."""
        return self.state in FINAL_STATES

    @property
    def error(self) -> DeliveryError:
        """`error_code` with its explanation; false for 0."""
        return DeliveryError(self.error_code)


class HlrReceipt(Receipt):
    """The result of an HLR query: a receipt that also tells about the subscriber.

    Judge reachability by `error_code`, not by `state` alone. Every text is empty if the
    gateway had nothing to say.
    """

    __slots__ = ()

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Make one of a receipt that doesn't show what it answers, but whose query is known."""
        return cls(
            message_id=receipt.message_id,
            state=receipt.state,
            error_code=receipt.error_code,
            to=receipt.to,
            sender=receipt.sender,
            raw=receipt.raw,
            tlvs=receipt.tlvs,
            is_intermediate=receipt.is_intermediate,
        )

    @property
    def imsi(self) -> str:
        """The SIM card's IMSI, digits."""
        return self.fields.get("imsi", "")

    @property
    def msc(self) -> str:
        """Number of the service centre in whose network the subscriber is."""
        return self.fields.get("msc", "")

    @property
    def mcc(self) -> str:
        """Code of the subscriber's country, digits."""
        return self.fields.get("mcc", "")

    @property
    def mnc(self) -> str:
        """Code of the subscriber's operator; text, for "02" isn't "2"."""
        return self.fields.get("mnc", "")

    @property
    def country(self) -> str:
        """Country of registration."""
        return _unquoted(self.fields.get("cn", ""))

    @property
    def network(self) -> str:
        """Operator of registration."""
        return _unquoted(self.fields.get("net", ""))

    @property
    def roaming_country(self) -> str:
        """Country the subscriber is visiting; empty at home."""
        return _unquoted(self.fields.get("rcn", ""))

    @property
    def roaming_network(self) -> str:
        """Operator the subscriber is visiting; empty at home."""
        return _unquoted(self.fields.get("rnet", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """What a subscriber wrote to us, its parts joined.

    Args:
        sender: The subscriber.
        recipient: Our number or name.
        text: Decoded; None where `data_coding` says that the octets are no text.
        octets: As they came, without user data headers.
        data_coding: As it came.
        parts: How many parts the octets are joined of.
        total: How many there should be; above *parts* if some never came.
        received_at: Seconds of the client's clock.
        tlvs: Octets by tag, of the first part.
    """

    sender: str
    recipient: str
    text: str | None
    octets: bytes = b""
    data_coding: int = 0
    parts: int = 1
    total: int = 1
    received_at: float = 0.0
    tlvs: tuple[tuple[int, bytes], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every part came."""
        return self.parts == self.total

    def __repr__(self) -> str:
        size = (
            f"<{len(self.octets)} octets>"
            if self.text is None
            else f"<{len(self.text)} characters>"
        )
        return (
            f"IncomingMessage(sender={mask_number(self.sender)!r},"
            f" recipient={mask_number(self.recipient)!r}, text={size},"
            f" parts={self.parts}/{self.total})"
        )


def read_query_result(response: QuerySmResp) -> QueryResult:
    """Read the answer to a query_sm. Never raises."""
    return QueryResult(
        message_id=response.message_id,
        state=response.message_state,
        error_code=response.error_code,
        final_at=_moment(response.final_date),
    )


def is_receipt(pdu: DeliverSm | DataSm) -> bool:
    """Whether a PDU tells of a message of ours: by its esm_class, or by the id in its TLVs."""
    kind = pdu.esm_class & 0x3C
    if kind in {0x04, 0x20}:
        return True
    return any(tlv.tag == _MESSAGE_ID for tlv in pdu.tlvs)


def read_receipt(pdu: DeliverSm | DataSm) -> Receipt | HlrReceipt:
    """Read a receipt; an `HlrReceipt` if it tells an IMSI or is flagged as an HLR query's."""
    return (HlrReceipt if _is_hlr(pdu) else Receipt).from_pdu(pdu)


def _is_hlr(pdu: DeliverSm | DataSm) -> bool:
    """Whether a receipt answers an HLR query."""
    octets = body_octets(pdu)
    # Behind "text:" comes a quote, which may say anything.
    if b" imsi:" in octets and b" imsi:" in octets.partition(b" text:")[0]:
        return True
    for tlv in pdu.tlvs:
        if tlv.tag == FLAGS:
            return bool(tlv.value) and tlv.value[-1] & 0x0F == _HLR
    return False


def _text_of(octets: bytes, data_coding: int) -> str:
    """A receipt is ASCII; its quote of a text may be anything, and mustn't get lost."""
    is_wide = data_coding == 0x08 and not octets.startswith(b"id:")
    return octets.decode("utf-16-be" if is_wide else "latin-1", "replace")


def _text_tlv(value: bytes | None) -> str:
    """Read a text, with or without its NUL."""
    return "" if value is None else value.partition(b"\0")[0].decode("latin-1")


def _integer_tlv(value: bytes | None) -> int | None:
    """Read a number of any size."""
    return int.from_bytes(value, "big") if value else None


def _state_tlv(value: bytes | None) -> MessageState | int | None:
    """Read a state, also one without a name."""
    return MessageState.of(value[-1]) if value else None


def _error_tlv(value: bytes | None) -> int | None:
    """Read the code behind the octet that says whose it is (v3.4 §5.3: 3 octets).

    How this gateway fills it isn't written: two octets and plain digits are taken as well.
    """
    if value is None or not 2 <= len(value) <= 4:
        return None
    if _DIGITS.fullmatch(value):
        return int(value)
    return int.from_bytes(value[-2:], "big")


def _number(text: str) -> int | None:
    """Read a code that is plain digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _moment(text: str) -> datetime | None:
    """Read a time that names a moment."""
    moment = parse_time(text)
    return moment if isinstance(moment, datetime) else None


def _unquoted(value: str) -> str:
    """Undo the gateway's urlencode; its pages are in windows-1251, its receipts may be."""
    octets = unquote_to_bytes(value.replace("+", " "))
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1251", "replace")


# The gateway's published list, in our own words: what happened, and what to do where that helps.
_EXPLANATIONS: Final[dict[int, tuple[str, str]]] = {
    0: ("ошибки нет, абонент доступен", "no error, the subscriber can be reached"),
    1: ("такого абонента нет", "there is no such subscriber"),
    2: ("почтовый ящик полон", "the mailbox is full"),
    3: ("почтовый сервер получателя не найден", "the recipient's mail server wasn't found"),
    4: ("почтовый ящик заблокирован", "the mailbox is blocked"),
    6: ("телефон выключен или вне зоны действия", "the phone is off or out of coverage"),
    11: (
        "у абонента нет этой услуги, бывает в роуминге и на городских номерах",
        "the subscriber has no such service, as in roaming or on a landline",
    ),
    12: ("сбой телефона или SIM-карты абонента", "the handset or its SIM card failed"),
    13: (
        "номер абонента заблокирован: долг, PIN-код или SIM-карта",
        "the subscriber is blocked: debt, PIN or a damaged SIM card",
    ),
    21: ("телефон абонента не поддерживает этот сервис", "the handset doesn't support the service"),
    200: (
        "тестовый режим: сообщение не отправлено и не оплачено",
        "test mode of the account: nothing was really sent or charged",
    ),
    219: (
        "SIM-карту недавно заменили, буквенные имена сутки не проходят",
        "the SIM card was replaced, named senders are blocked for a day",
    ),
    220: (
        "очередь оператора переполнена, шлюз повторяет отправку сам",
        "the operator's queue is full, the gateway tries again by itself",
    ),
    237: ("абонент не взял трубку", "the call wasn't answered"),
    238: ("текст не подходит ни под один шаблон", "the text fits none of the allowed templates"),
    239: (
        "адрес IP не разрешён в настройках аккаунта",
        "the IP address isn't allowed in the account",
    ),
    240: ("линия занята или звонок сброшен", "the line was busy or the call rejected"),
    241: (
        "не удалось преобразовать звук, или переданы не все части сообщения",
        "the audio couldn't be converted, or not all parts were handed over",
    ),
    242: ("ответил автоответчик", "an answering machine took the call"),
    243: ("для таких рассылок нужен договор", "mailings of this kind need a contract"),
    244: (
        "рассылка или ссылка в ней запрещена",
        "the mailing, or a link in it, is forbidden",
    ),
    245: (
        "оператор за сутки не сообщил статус, исход неизвестен",
        "the operator told no status within a day, the outcome is unknown",
    ),
    246: (
        "в это время отправка запрещена настройками аккаунта",
        "the account doesn't send at this time of day",
    ),
    247: ("суточный лимит аккаунта исчерпан", "the account's daily limit is reached"),
    248: ("нет маршрута на этот номер", "there is no route to the number"),
    249: ("неверный формат номера", "the number has a wrong format"),
    250: ("номер запрещён настройками аккаунта", "the account's settings forbid the number"),
    251: (
        "слишком много сообщений на один номер: суточный лимит или больше 50 подряд",
        "too many messages to one number: the daily limit, or over 50 in a row",
    ),
    252: ("на этот номер отправлять нельзя", "messages to this number are forbidden"),
    253: (
        "остановлено спам-фильтром: текст или имя отправителя",
        "stopped by the spam filter: the text or the sender's name",
    ),
    254: ("имя отправителя не зарегистрировано", "the sender's name isn't registered"),
    255: ("оператор отклонил без объяснения", "the operator rejected it and gave no cause"),
}

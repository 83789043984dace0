"""What the gateway sends: delivery receipts (DLR), HLR results, query results, messages.

Rule: what the gateway doesn't say is None or empty, and reading a property never raises. All it
sent is kept (`raw`, `tlvs`); the text is parsed only when it is needed. A `repr` masks numbers
and shows no text, since a receipt may quote the message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple, Self
from urllib.parse import unquote_to_bytes

from pdu._tracebacks import hides_assigned, hides_locals
from pdu.enums import FINAL_STATES, MessageState
from pdu.half_made import shows_half_made
from pdu.masking import mask_address, shown_text
from pdu.receipt_text import parse_receipt_text
from pdu.smpp_time import parse_time
from pdu.tlv_types import VendorTlv, short_integer, text_of
from smsc_async._base_errors import SmscError
from smsc_async._incoming_kind import IncomingKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdu.deliver import DeliverSm
    from pdu.submit import DataSm

COST: Final = 0x2000
FLAGS: Final = 0x2001
PARTS: Final = 0x2002
OPERATOR: Final = 0x2003

_TEXT: Final = text_of(1, 65)
_INTEGER: Final = short_integer()
GATEWAY_TLVS: Final = {
    COST: VendorTlv("cost", _TEXT),
    FLAGS: VendorTlv("flags", _INTEGER),
    PARTS: VendorTlv("parts", _INTEGER),
    OPERATOR: VendorTlv("operator", _TEXT),
}
"""SMSC.ru's own TLVs; a property of `Receipt` reads each of them."""


class DeliveryError(int):
    """A delivery error of a receipt; 0, no error, is false.

    What a code means depends on the SMSC: what reads its receipts gives them a subclass with its
    list, see `Receipt`. A code that isn't in the list is kept, and `explain` says so.

    Attributes:
        texts: The list, Russian and English text by code; this class has none.
    """

    __slots__ = ()
    texts: ClassVar[Mapping[int, tuple[str, str]]] = {}

    @property
    def is_known(self) -> bool:
        """Whether the list has this code."""
        return int(self) in self.texts

    def explain(self, language: Literal["ru", "en"] = "en") -> str:
        """Return what the code means, in Russian or English."""
        code = int(self)
        if code or code in self.texts:
            unlisted = f"код {code}, нет в списке", f"code {code}, not listed"
            russian, english = self.texts.get(code, unlisted)
        else:
            russian, english = "ошибки нет", "no error"
        return russian if language == "ru" else english

    def __repr__(self) -> str:
        return f"DeliveryError({int(self)}: {self.explain()})"


@shows_half_made
class Receipt:
    """A delivery receipt (DLR): the state of a message.

    Args:
        message_id: The gateway's id of the message, opaque; empty if the receipt has none.
        state: A `MessageState`, a number without a name, or None if the receipt has none.
        error_code: The delivery error, 0 for none; None if the receipt has none.
        to: The message's recipient, which is the receipt's source_addr.
        sender: The message's sender.
        raw: The receipt's text. It may quote the message.
        tlvs: Octets by tag; of several TLVs with one tag the first. `cost`, `flags`, `parts` and
            `operator` read those of SMSC.ru, 0x2000 to 0x2003.
        is_intermediate: An intermediate notification: another receipt will follow.
        error_type: Class of `error`: a `DeliveryError` with the list of the SMSC. Not compared.
    """

    __slots__ = (
        "_fields",
        "_gateway_tlvs",
        "error_code",
        "error_type",
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
        error_type: type[DeliveryError] = DeliveryError,
    ) -> None:
        self.message_id = message_id
        self.state = state
        self.error_code = error_code
        self.to = to
        self.sender = sender
        self.raw = raw
        self.tlvs = {} if tlvs is None else tlvs
        self.is_intermediate = is_intermediate
        self.error_type = error_type
        # The TLVs in which the tags of `GATEWAY_TLVS` have SMSC.ru's meaning.
        self._gateway_tlvs = self.tlvs
        self._fields: Mapping[str, str] | None = None

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of the text: raw values by label ("id", "stat", "submit date", …)."""
        if self._fields is None:
            self._fields = parse_receipt_text(self.raw)
        return self._fields

    @property
    def state_name(self) -> str:
        """The name of `state`, "DELIVERED"; digits for a number without one, empty for None."""
        return _state_name(self.state)

    @property
    def is_final(self) -> bool:
        """Whether no other receipt of this message will follow."""
        return self.state in FINAL_STATES and not self.is_intermediate

    @property
    def error(self) -> DeliveryError | None:
        """`error_code` with its explanation; false for 0."""
        return None if self.error_code is None else self.error_type(self.error_code)

    @property
    def submitted_at(self) -> datetime | None:
        """When the gateway accepted the message. Naive: it doesn't say in which time zone."""
        return _moment(self.fields.get("submit date", ""))

    @property
    def done_at(self) -> datetime | None:
        """When the state was reached. Naive: the gateway doesn't say in which time zone."""
        return _moment(self.fields.get("done date", ""))

    @property
    def cost(self) -> str | None:
        """Price of the message as the gateway writes it ("n.nnnn", its TLV 0x2000)."""
        return self._gateway_tlv(COST) or None

    @property
    def flags(self) -> int | None:
        """The gateway's TLV 0x2001: bits 3-0 are the kind of message, 4 is an HLR query."""
        flags: int | None = self._gateway_tlv(FLAGS)
        return flags

    @property
    def parts(self) -> int | None:
        """Number of parts that were charged, the gateway's TLV 0x2002."""
        parts: int | None = self._gateway_tlv(PARTS)
        return parts

    @property
    def operator(self) -> str | None:
        """The gateway's TLV 0x2003, probably MCC and MNC ("25002")."""
        return self._gateway_tlv(OPERATOR) or None

    def _gateway_tlv(self, tag: int) -> Any:  # noqa: ANN401 - the type depends on the tag
        """Read one of SMSC.ru's TLVs; None if it is missing or empty."""
        value = self._gateway_tlvs.get(tag)
        return GATEWAY_TLVS[tag].type.parse(value) if value else None

    def _values(self) -> tuple[object, ...]:
        """Return what is compared and hashed."""
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
            f"{type(self).__name__}(message_id={self.message_id!a}, state={state},"
            f" error_code={self.error_code}, to={mask_address(self.to)!a})"
        )


class QueryResult(NamedTuple):
    """The state of a message, from the response to a query_sm.

    Args:
        message_id: The id that was queried.
        state: A `MessageState`, or a number without a name.
        error_code: The gateway's delivery error, 0 for none.
        final_at: When the state became final; None while it isn't. Naive where the gateway
            doesn't say in which time zone.
    """

    message_id: str
    state: MessageState | int
    error_code: int = 0
    final_at: datetime | None = None

    @property
    def state_name(self) -> str:
        """The name of `state`, "DELIVERED"; digits for a number without one."""
        return _state_name(self.state)

    @property
    def is_final(self) -> bool:
        """Whether the state won't change any more."""
        return self.state in FINAL_STATES

    @property
    def error(self) -> DeliveryError:
        """`error_code` with its explanation; false for 0."""
        return DeliveryError(self.error_code)

    def __repr__(self) -> str:
        shown = (f"{name}={value!a}" for name, value in zip(self._fields, self, strict=True))
        return f"QueryResult({', '.join(shown)})"


@shows_half_made
class HlrReceipt(Receipt):
    """The result of an HLR query: a receipt with data about the subscriber.

    Judge reachability by `error_code`, not by `state` alone. A text is empty if the receipt
    doesn't have it.
    """

    __slots__ = ()

    @classmethod
    @hides_locals(SmscError, receipt=Receipt)
    def of(cls, receipt: Receipt) -> Self:
        """Convert a receipt that doesn't show that it answers an HLR query."""
        converted = cls.__new__(cls)
        for name in Receipt.__slots__:
            setattr(converted, name, getattr(receipt, name))
        return converted

    @property
    def imsi(self) -> str:
        """IMSI of the SIM card, digits."""
        return self.fields.get("imsi", "")

    @property
    def msc(self) -> str:
        """Number of the service centre in whose network the subscriber is."""
        return self.fields.get("msc", "")

    @property
    def mcc(self) -> str:
        """Mobile country code (MCC), digits."""
        return self.fields.get("mcc", "")

    @property
    def mnc(self) -> str:
        """Mobile network code (MNC); text, since "02" isn't "2"."""
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


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A message from a subscriber (MO), its parts joined.

    Args:
        sender: The subscriber.
        recipient: Our number or name.
        text: The decoded text; None where `data_coding` says that the octets aren't text. Parts of
            one coding are decoded together, parts of different codings by themselves; parts that
            aren't text among others that are become U+FFFD.
        octets: As received, without user data headers, the parts in order. Packed GSM text is
            unpacked, one septet an octet.
        data_coding: As received, of the first part in order; others may have another.
        parts: Number of received parts.
        total: Number of all parts; above *parts* if some never came.
        received_at: Seconds of the client's clock.
        tlvs: Octets by tag, of the first received part in order, as *esm_class* and *pdu* are.
        esm_class: As received; `kind` is read from it. 0 for a message that came over HTTP.
        pdu: The deliver_sm or data_sm; None for a message that came over HTTP. Not compared.
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
    esm_class: int = 0
    pdu: DeliverSm | DataSm | None = field(default=None, compare=False)

    @property
    def kind(self) -> IncomingKind:
        """What the message is, by bits 5 to 2 of `esm_class` (v3.4 §5.2.12)."""
        return kind_of(self.esm_class)

    @property
    def is_complete(self) -> bool:
        """Whether all parts were received."""
        return self.parts == self.total

    def __repr__(self) -> str:
        return (
            f"IncomingMessage(sender={mask_address(self.sender)!a},"
            f" recipient={mask_address(self.recipient)!a},"
            f" text={shown_text(self.text, self.octets)}, parts={self.parts}/{self.total}"
            f"{'' if self.kind is IncomingKind.MESSAGE else f', kind={self.kind.value}'})"
        )


def _state_name(state: MessageState | int | None) -> str:
    """Name a state for people: its name, else its digits; empty if there is none."""
    if isinstance(state, MessageState):
        return state.name
    return "" if state is None else str(int(state))


def _moment(text: str) -> datetime | None:
    """Read a time of the receipt's text; None for anything but an absolute time."""
    moment = parse_time(text) or _first_moment(text)
    return moment if isinstance(moment, datetime) else None


def _first_moment(text: str) -> datetime | timedelta | None:
    """Read a time with other words behind it, such as the name of a time zone."""
    words = [word.strip("\"'(),") for word in text.split()]
    if {"AM", "PM"} & {word.upper() for word in words}:
        return None  # an hour of a half day
    found = (parse_time(" ".join(words[:count])) for count in (3, 2, 1))
    return next((moment for moment in found if moment), None)


def _unquoted(value: str) -> str:
    """Decode the gateway's urlencode: UTF-8, else windows-1251 like its web pages."""
    octets = unquote_to_bytes(value.replace("+", " "))
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1251", "replace")

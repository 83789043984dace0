"""The kinds of message that the gateway takes.

Rule: a message that exists can be sent. Its constructor refuses what the gateway would refuse,
misread or cut, and names the field, the limit and the remedy. In particular no text may hold
what the gateway reads as markup, so that `parse(render(message)) == message`. A `repr` shows
only the sizes of texts, and masks numbers.

A new kind is a class here and a row in `smsc_async.gateway.kinds`; nothing else lists the kinds.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta  # noqa: TC003 - for `get_type_hints`
from enum import Enum, IntEnum
from typing import Any, ClassVar, Generic, TypeVar, cast

import smsc_async._message_checks as checks
from pdu._exec import run
from pdu.masking import mask_number
from pdu.text.coding import TextCoding
from smsc_async.receipts import HlrReceipt, Receipt

R_co = TypeVar("R_co", bound=Receipt, covariant=True)
M = TypeVar("M", bound="Message[Any]")

_SIZED = frozenset({"text", "comment", "subject", "code", "param"})
_SUSPECT = ("", "__")  # beginnings of a text that need the full check
_SERVICE_PREFIXES: set[str] = set()  # of all kinds, by `_kind`


class Coding(IntEnum):
    """The gateway's text codings. `data_coding` is the number times four."""

    GSM = 0
    """7-bit GSM 03.38, one septet per octet: 160 septets in one part."""
    LATIN1 = 1
    """8-bit ISO-8859-1: 140 characters in one part."""
    UCS2 = 2
    """UTF-16BE: 70 UTF-16 code units in one part."""


class LongText(Enum):
    """How a text that is too long for one part is sent."""

    UDH = "udh"
    """The client cuts it; each part begins with a concatenation header."""
    SAR = "sar"
    """The client cuts it; the parts carry the sar_* TLVs."""
    PAYLOAD = "payload"
    """Uncut, in the TLV message_payload; the gateway cuts it."""


class Voice(Enum):
    """The voice of a call: m is a man's, w a woman's. The gateway's default is M3."""

    M = "m"
    M2 = "m2"
    M3 = "m3"
    M4 = "m4"
    W = "w"
    W2 = "w2"
    W3 = "w3"
    W4 = "w4"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Message(Generic[R_co]):
    """Base of all kinds of message, generic in the type of their receipt.

    Attributes:
        service_prefix: What the text of this kind begins with on the wire: "__CALL__: " before a
            text, "__HLR__" alone, "" for an `Sms`.

    Args:
        to: Recipient's number with country code, 10 to 15 digits. "+7 999 123-45-67" and
            "8 999 123-45-67" become "79991234567"; with a plus no digit is ever changed.
        sender: A name of at most 11 characters (Latin letters, digits, space, signs) or a
            number of at most 15 digits, registered in the account. "" is the account's
            default sender, "." is none at all.

    Raises:
        InvalidMessageError: The gateway would refuse the message.
    """

    service_prefix: ClassVar[str] = ""

    to: str
    sender: str = ""

    def __post_init__(self) -> None:
        to = self.to
        if not (
            type(to) is str
            and to.isascii()
            and to.isdigit()
            and to[0] != "8"
            and 10 <= len(to) <= 15
        ):
            _set(self, "to", checks.number(to))
        sender = self.sender
        if not (
            type(sender) is str
            and len(sender) <= 11
            and (not sender or (sender.isascii() and sender.isalpha()))
        ):
            _set(self, "sender", checks.sender(sender))

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={_shown(field.name, value)}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _set(message: Message[Any], name: str, value: object) -> None:
    """Set a field of a frozen message while it is being made."""
    object.__setattr__(message, name, value)


def _shown(name: str, value: object) -> str:
    """Return a field's value for `repr`: the size of a text, a masked number."""
    if name in _SIZED and isinstance(value, str):
        return f"<{len(value)} characters>"
    if name in {"to", "sender"} and isinstance(value, str) and (value.isdigit() or "@" in value):
        return repr(mask_number(value))
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)


def _fast_init(kind: type[M]) -> type[M]:
    """Give a frozen dataclass a constructor that sets its slots directly."""  # hot path
    scope: dict[str, Any] = {}
    parameters, statements = [], []
    for field in fields(cast("Any", kind)):
        scope[f"set_{field.name}"] = getattr(kind, field.name).__set__
        scope[f"default_{field.name}"] = field.default
        default = "" if field.default is MISSING else f"=default_{field.name}"
        parameters.append(f"{field.name}{default}")
        statements.append(f"    set_{field.name}(self, {field.name})")
    head = f"def __init__(self, *, {', '.join(parameters)}):"
    source = "\n".join([head, *statements, "    self.__post_init__()"])
    init = run(source, f"<{kind.__name__}.__init__>", scope)["__init__"]
    init.__annotations__ = kind.__init__.__annotations__
    init.__qualname__ = f"{kind.__name__}.__init__"
    kind.__init__ = init  # type: ignore[method-assign]
    return kind


def _kind(kind: type[M]) -> type[M]:
    """Declare a kind of message: its service prefix, which an Sms can't begin with."""
    if kind.service_prefix:
        _SERVICE_PREFIXES.add(kind.service_prefix)
    return _fast_init(kind)


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sms(Message[Receipt]):
    """A text message.

    Args:
        to: Recipient's number with country code.
        sender: Name or number it comes from; "" is the account's default.
        text: At least 1 character. It must not begin with a service prefix ("__CALL__: …"),
            and no later line may be just "~~~".
        comment: Shown in the account's history only. It isn't delivered or charged, but it is
            sent in the text, so it takes room in the parts.
        coding: Of the text; None chooses GSM if all of it fits, else UCS-2.
        long_text: How a text of several parts is sent.
        validity: How long the gateway tries: a timedelta or seconds, 1 second to 24 hours.
        schedule: When the gateway sends it, an aware datetime; None is now.
        flash: Shown at once and not stored by the phone.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    text: str
    comment: str | None = None
    coding: Coding | None = None
    long_text: LongText = LongText.UDH
    validity: timedelta | float | None = None
    schedule: datetime | None = None
    flash: bool = False

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        text = self.text
        # hot path
        if type(text) is not str or not text.isascii() or "~~~" in text or text[:2] in _SUSPECT:
            checks.check_text("text", text)
            if text.startswith("__"):
                checks.check_no_service(text, _SERVICE_PREFIXES)
        if self.comment is not None and not checks.comment(self.comment):
            _set(self, "comment", None)
        if self.coding is not None:
            expected = "Coding.GSM, LATIN1 or UCS2 (or None to choose)"
            coding = checks.member(Coding, "coding", self.coding, expected)
            _set(self, "coding", coding)
            for name in ("text", "comment"):
                checks.check_encodable(name, getattr(self, name) or "", TextCoding[coding.name])
        if type(self.long_text) is not LongText:
            expected = "LongText.UDH, SAR or PAYLOAD"
            _set(self, "long_text", checks.member(LongText, "long_text", self.long_text, expected))
        if self.validity is not None:
            _set(self, "validity", checks.validity(self.validity))
        if self.schedule is not None:
            checks.check_schedule(self.schedule)


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Email(Message[Receipt]):
    """An e-mail.

    Args:
        to: An e-mail address of at most 20 characters, the limit of `destination_addr`; the
            gateway's document doesn't say how longer ones travel.
        sender: A name or number, or an e-mail address of at most 20 characters.
        text: The body. No later line may begin with "subj:".
        subject: One line.
        comment: Shown in the account's history only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    service_prefix: ClassVar[str] = "__MAIL__: "

    text: str
    subject: str
    comment: str | None = None

    def __post_init__(self) -> None:
        checks.check_address("to", self.to)
        sender = checks.as_str("sender", self.sender)
        if "@" in sender:
            checks.check_address("sender", sender)
        elif sender:
            _set(self, "sender", checks.sender(sender))
        checks.check_text("text", self.text, checks.SUBJECT_MARK)
        checks.check_line("subject", self.subject)
        if self.comment is not None and not checks.comment(self.comment, checks.SUBJECT_MARK):
            _set(self, "comment", None)


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VoiceCall(Message[Receipt]):
    """A phone call that reads the text aloud.

    `wait`, `interval` and `attempts` say how it rings, or `param` as the gateway writes it. If
    one of the three is given, the others become the gateway's defaults (22, 20, 5); a `param`
    of just three such numbers is split into them.

    Args:
        to: Recipient's number with country code.
        sender: Number the call comes from; "" is the account's default.
        text: The text to read. No later line may begin with "voice:".
        voice: The voice that reads it.
        language: Two or three small Latin letters ("en", "fr"); None is the gateway's choice.
        param: The gateway's own parameter, passed on unchanged.
        wait: Seconds it rings, 0 to 99; the gateway works with 10 to 35.
        interval: Seconds between attempts, 10 to 3600.
        attempts: 1 to 9 in all.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    service_prefix: ClassVar[str] = "__CALL__: "

    text: str
    voice: Voice = Voice.M3
    language: str | None = None
    param: str | None = None
    wait: int | None = None
    interval: int | None = None
    attempts: int | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checks.check_text("text", self.text, checks.VOICE_MARK)
        if type(self.voice) is not Voice:
            expected = f"one of {', '.join(voice.value for voice in Voice)}"
            _set(self, "voice", checks.member(Voice, "voice", self.voice, expected))
        if self.language is not None:
            checks.check_language(self.language)
        numbers = {"wait": self.wait, "interval": self.interval, "attempts": self.attempts}
        for name, value in checks.call_fields(self.param, numbers).items():
            _set(self, name, value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _TextMessage(Message[Receipt]):
    """Base of the kinds that have only a text and a comment."""

    text: str
    comment: str | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checks.check_text("text", self.text)
        if self.comment is not None and not checks.comment(self.comment):
            _set(self, "comment", None)


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Viber(_TextMessage):
    """A Viber message. The gateway's macros (buttons, files) pass through in the text.

    Args:
        to: Recipient's number with country code.
        sender: Name it comes from; "" is the account's default.
        text: At least 1 character.
        comment: Shown in the account's history only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    service_prefix: ClassVar[str] = "__VIBER__: "


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Social(_TextMessage):
    """A message in Odnoklassniki, VKontakte or Mail.Ru Agent.

    Args:
        to: Recipient's number with country code.
        sender: Name it comes from; "" is the account's default.
        text: At least 1 character.
        comment: Shown in the account's history only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    service_prefix: ClassVar[str] = "__SOC__: "


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TelegramCode(Message[Receipt]):
    """A confirmation code delivered by Telegram.

    Args:
        to: Recipient's number with country code.
        sender: Name or number it comes from; "" is the account's default.
        code: 4 to 8 digits. The gateway accepts nothing else.

    Raises:
        InvalidMessageError: *code* is not 4 to 8 digits.
    """

    service_prefix: ClassVar[str] = "__TGM__: "

    code: str

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checks.check_code(self.code)


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TelegramBot(Message[Receipt]):
    """A message from a Telegram bot that the recipient has joined.

    Args:
        to: Recipient's number with country code; the recipient has shared it with the bot.
        sender: Name or number it comes from; "" is the account's default.
        text: At least 1 character. No later line may begin with "bot:".
        bot: Name of the bot, with or without a leading "@"; kept without.
        comment: Shown in the account's history only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    service_prefix: ClassVar[str] = "__BOT__: "

    text: str
    bot: str
    comment: str | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checks.check_text("text", self.text, checks.BOT_MARK)
        _set(self, "bot", checks.bot(self.bot))
        if self.comment is not None and not checks.comment(self.comment, checks.BOT_MARK):
            _set(self, "comment", None)


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HlrQuery(Message[HlrReceipt]):
    """A query where a number is registered and whether it can be reached; nothing is delivered.

    Args:
        to: The number with country code.
        sender: Name or number it comes from; "" is the account's default.

    Raises:
        InvalidMessageError: *to* or *sender* is invalid.
    """

    service_prefix: ClassVar[str] = "__HLR__"


@_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ping(Message[Receipt]):
    """An SMS that the phone doesn't show; its receipt says whether the phone can be reached.

    Args:
        to: The number with country code.
        sender: Name or number it comes from; "" is the account's default.

    Raises:
        InvalidMessageError: *to* or *sender* is invalid.
    """

    service_prefix: ClassVar[str] = "__PING__"

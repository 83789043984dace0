"""The kinds of message that the gateway takes.

Rule: a message that exists can be sent. Its constructor refuses what the gateway would refuse,
misread or cut, and names the field, the limit and the remedy. In particular no text may hold
what the gateway reads as markup, so that `parse(render(message)) == message`. A `repr` shows
only the sizes of texts, and masks numbers.

A new kind is a class here and a row in `smsc_async.gateway.kinds`; what depends on the kind derives
from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta  # noqa: TC003 - for `get_type_hints`
from enum import Enum, IntEnum
from typing import ClassVar

import smsc_async._message_checks as checks
from pdu.text.coding import TextCoding
from smsc_async._message_base import SERVICE_PREFIXES, SUBMIT_FIELDS, message_kind, set_field
from smsc_async._message_base import Message as Message  # noqa: PLC0414 - exports it
from smsc_async._message_base import R_co as R_co  # noqa: PLC0414 - exports it
from smsc_async.receipts import HlrReceipt, Receipt


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


@message_kind
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

    rare_fields: ClassVar[tuple[str, ...]] = (
        *SUBMIT_FIELDS, "comment", "coding", "long_text", "validity", "schedule", "flash",
    )  # fmt: skip

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
        if (
            type(text) is not str
            or not text
            or text[0] == "_"
            or not text.isascii()
            or "~~~" in text
        ):
            checks.check_text("text", text)
            if text.startswith("__"):
                checks.check_no_service(text, SERVICE_PREFIXES)
        # A subclass may have a constructor of its own, which sets no flag.
        if type(self) is not Sms or not self.is_plain:
            self._check_rare_fields()

    def _check_rare_fields(self) -> None:
        """Check the fields that few messages set."""
        if self.comment is not None and not checks.comment(self.comment):
            set_field(self, "comment", None)
        if self.coding is not None:
            expected = "Coding.GSM, LATIN1 or UCS2 (or None to choose)"
            coding = checks.member(Coding, "coding", self.coding, expected)
            set_field(self, "coding", coding)
            for name in ("text", "comment"):
                checks.check_encodable(name, getattr(self, name) or "", TextCoding[coding.name])
        if type(self.long_text) is not LongText:
            expected = "LongText.UDH, SAR or PAYLOAD"
            set_field(
                self, "long_text", checks.member(LongText, "long_text", self.long_text, expected)
            )
        if self.validity is not None:
            set_field(self, "validity", checks.validity(self.validity))
        if self.schedule is not None:
            checks.check_schedule(self.schedule)
        if self.flash is not False:
            checks.check_flag("flash", self.flash)


@message_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Email(Message[Receipt]):
    """An e-mail.

    Args:
        to: An e-mail address of at most 254 characters. A client sends one of more than 20, which
            is the limit of `destination_addr`, only with the setting `email_limit`: the gateway's
            document doesn't say how longer ones travel.
        sender: A name or number, or an e-mail address, likewise.
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
            set_field(self, "sender", checks.sender(sender))
        checks.check_text("text", self.text, checks.SUBJECT_MARK)
        checks.check_line("subject", self.subject)
        if self.comment is not None and not checks.comment(self.comment, checks.SUBJECT_MARK):
            set_field(self, "comment", None)


@message_kind
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
            set_field(self, "voice", checks.member(Voice, "voice", self.voice, expected))
        if self.language is not None:
            checks.check_language(self.language)
        numbers = {"wait": self.wait, "interval": self.interval, "attempts": self.attempts}
        for name, value in checks.call_fields(self.param, numbers).items():
            set_field(self, name, value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _TextMessage(Message[Receipt]):
    """Base of the kinds that have only a text and a comment."""

    text: str
    comment: str | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        checks.check_text("text", self.text)
        if self.comment is not None and not checks.comment(self.comment):
            set_field(self, "comment", None)


@message_kind
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


@message_kind
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


@message_kind
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


@message_kind
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
        set_field(self, "bot", checks.bot(self.bot))
        if self.comment is not None and not checks.comment(self.comment, checks.BOT_MARK):
            set_field(self, "comment", None)


@message_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HlrQuery(Message[HlrReceipt]):
    """A query where a number is registered and whether it can be reached; nothing is delivered.

    Args:
        to: The number with country code.
        sender: Name or number it comes from; "" is the account's default.

    Raises:
        InvalidMessageError: *to* or *sender* is invalid, or *registered_delivery* requests no
            receipt.
    """

    service_prefix: ClassVar[str] = "__HLR__"
    needs_receipt: ClassVar[bool] = True


@message_kind
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ping(Message[Receipt]):
    """An SMS that the phone doesn't show; its receipt says whether the phone can be reached.

    Args:
        to: The number with country code.
        sender: Name or number it comes from; "" is the account's default.

    Raises:
        InvalidMessageError: *to* or *sender* is invalid, or *registered_delivery* requests no
            receipt.
    """

    service_prefix: ClassVar[str] = "__PING__"
    needs_receipt: ClassVar[bool] = True

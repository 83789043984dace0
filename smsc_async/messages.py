"""What a user asks the gateway to do: nine kinds of message, each right from birth.

Rule: a message that exists can be sent. Whatever the gateway would refuse, misread or cut is
refused here, with the field, the limit and the way out, before any I/O. In particular no text
may hold what the gateway reads as markup, so that `parse(render(message)) == message`.

A `repr` shows sizes, never a text, and masks numbers.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pdu._exec import run
from pdu.errors import EncodeError
from pdu.masking import mask_number
from pdu.smpp_time import format_time
from pdu.text.coding import TextCoding
from smsc_async.errors import InvalidMessageError
from smsc_async.receipts import HlrReceipt, Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

R_co = TypeVar("R_co", bound=Receipt, covariant=True)
M = TypeVar("M")

ADDRESS_LENGTH = 20
"""Characters of a `destination_addr` (v3.4 §4.4.1).

The gateway's text doesn't say how longer e-mail addresses travel, so they are refused.
"""

COMMENT_MARK = "\n~~~\n"
SUBJECT_MARK = "\nsubj:"
VOICE_MARK = "\nvoice:"
BOT_MARK = "\nbot:"

_LONGEST_VALIDITY = 24 * 3600
_CALL_DEFAULTS = {"wait": 22, "interval": 20, "attempts": 5}
_CALL_LIMITS = {"wait": (0, 99), "interval": (10, 3600), "attempts": (1, 9)}

_SERVICE_TEXT = re.compile(r"__(?:(?:MAIL|CALL|VIBER|SOC|TGM|BOT)__:|(?:HLR|PING)__\s*\Z)")
_DOUBTFUL = ("", "__")  # beginnings of a text that need a second look
_PUNCTUATION = str.maketrans("", "", " -()./\t\u00a0\u2009\u2010\u2011\u2012\u2013")
_NAME = re.compile(r"[A-Za-z0-9 !\"#$%&'()*+,\-./:;<=>?@_]{1,11}")
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_BOT_NAME = re.compile(r"[A-Za-z0-9_]{1,32}")
_CODE = re.compile(r"[0-9]{4,8}")
_CALL_NUMBERS = re.compile(r"(0|[1-9][0-9]?),([1-9][0-9]{1,3}),([1-9])")


class Coding(IntEnum):
    """The gateway's codings of a text. `data_coding` carries the number times four."""

    GSM = 0
    """7-bit GSM 03.38, one septet an octet: 160 in one part."""
    LATIN1 = 1
    """8-bit ISO-8859-1: 140 in one part."""
    UCS2 = 2
    """UTF-16BE: 70 units in one part."""


class LongText(Enum):
    """How a text that is too long for one part travels."""

    UDH = "udh"
    """Cut by us; each part begins with a concatenation header."""
    SAR = "sar"
    """Cut by us; the parts carry the sar_* TLVs."""
    PAYLOAD = "payload"
    """Whole, in the TLV message_payload; the gateway cuts it."""


class Voice(Enum):
    """Who reads a call aloud: m is a man's voice, w a woman's. The gateway's default is M3."""

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
    """What all kinds have: a recipient, perhaps a sender, and the kind of receipt they get.

    Args:
        to: Recipient's number with country code, 10 to 15 digits. "+7 999 123-45-67" and
            "8 999 123-45-67" become "79991234567"; with a plus no digit is ever changed.
        sender: A name of at most 11 characters (Latin letters, digits, space, signs) or a
            number of at most 15 digits, registered in the account. "" leaves the choice to
            the account, "." switches its default sender off.

    Raises:
        InvalidMessageError: Anything the gateway couldn't take.
    """

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
            _set(self, "to", _number(to))
        sender = self.sender
        if not (
            type(sender) is str
            and len(sender) <= 11
            and (not sender or (sender.isascii() and sender.isalpha()))
        ):
            _set(self, "sender", _sender(sender))

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={_shown(field.name, value)}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _filled_directly(kind: type[M]) -> type[M]:
    """Let the constructor of a frozen dataclass fill the slots itself.

    The one that `dataclass` writes goes through `object.__setattr__` for every field. That takes
    twice as long, and a message is made for every send.
    """
    scope: dict[str, Any] = {}
    given, fills = [], []
    for field in fields(cast("Any", kind)):
        scope[f"fill_{field.name}"] = getattr(kind, field.name).__set__
        scope[f"default_{field.name}"] = field.default
        default = "" if field.default is MISSING else f"=default_{field.name}"
        given.append(f"{field.name}{default}")
        fills.append(f"    fill_{field.name}(self, {field.name})")
    lines = [f"def __init__(self, *, {', '.join(given)}):", *fills, "    self.__post_init__()"]
    made = run("\n".join(lines), f"<{kind.__name__}.__init__>", scope)["__init__"]
    made.__annotations__ = kind.__init__.__annotations__
    made.__qualname__ = f"{kind.__name__}.__init__"
    kind.__init__ = made  # type: ignore[method-assign]
    return kind


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sms(Message[Receipt]):
    """A text message.

    Args:
        to: Recipient's number with country code.
        sender: Name or number it comes from; "" is the account's default.
        text: 1 character at least. Not a service prefix ("__CALL__: …") at its beginning,
            and no later line that is just "~~~".
        comment: For the history in the account only. It isn't delivered or charged, but it
            travels in the text, so it takes room in the parts.
        coding: Of the text; None chooses GSM if all of it fits, else UCS-2.
        long_text: How a text of several parts travels.
        validity: How long the gateway tries: a timedelta or seconds, 1 second to 24 hours.
        schedule: When it shall be sent, an aware datetime; None is now.
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
        # What nothing can be wrong with is passed without a call.
        if type(text) is not str or not text.isascii() or "~~~" in text or text[:2] in _DOUBTFUL:
            _check_text("text", text)
            if text.startswith("__"):
                _check_no_service(text)
        if self.comment is not None:
            _settle_comment(self, self.comment)
        if self.coding is not None:
            _settle_coding(self, self.coding)
        if type(self.long_text) is not LongText:
            _set(self, "long_text", _long_text(self.long_text))
        if self.validity is not None:
            _set(self, "validity", _validity(self.validity))
        if self.schedule is not None:
            _check_schedule(self.schedule)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Email(Message[Receipt]):
    """An e-mail.

    Args:
        to: An e-mail address of at most 20 characters, all that `destination_addr` takes;
            how the gateway wants longer ones isn't written anywhere.
        sender: As for any message, or an e-mail address of at most 20 characters.
        text: The body. No "subj:" at the beginning of a later line.
        subject: One line.
        comment: For the history in the account only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    text: str
    subject: str
    comment: str | None = None

    def __post_init__(self) -> None:
        _check_address("to", self.to)
        sender = _as_str("sender", self.sender)
        if "@" in sender:
            _check_address("sender", sender)
        elif sender:
            _set(self, "sender", _sender(sender))
        _check_text("text", self.text, SUBJECT_MARK)
        _check_line("subject", self.subject)
        if self.comment is not None:
            _settle_comment(self, self.comment, SUBJECT_MARK)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VoiceCall(Message[Receipt]):
    """A call in which the text is read aloud.

    How it rings is said by `wait`, `interval` and `attempts`, or raw by `param`. If one of
    the three is given, the others become the gateway's defaults (22, 20, 5); a `param` that
    is just three such numbers is taken apart into them.

    Args:
        to: Recipient's number with country code.
        sender: Number the call comes from; "" is the account's default.
        text: What is read. No "voice:" at the beginning of a later line.
        voice: Who reads it.
        language: Two or three small Latin letters ("en", "fr", "de"); None leaves it to the
            gateway.
        param: The gateway's own parameter, as it is.
        wait: Seconds it rings, 0 to 99; the gateway works with 10 to 35.
        interval: Seconds between attempts, 10 to 3600.
        attempts: 1 to 9 in all.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    text: str
    voice: Voice = Voice.M3
    language: str | None = None
    param: str | None = None
    wait: int | None = None
    interval: int | None = None
    attempts: int | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        _check_text("text", self.text, VOICE_MARK)
        if type(self.voice) is not Voice:
            _set(self, "voice", _voice(self.voice))
        if self.language is not None:
            _check_language(self.language)
        numbers = {name: getattr(self, name) for name in _CALL_LIMITS}
        if self.param is not None:
            _settle_param(self, self.param, numbers)
        elif any(number is not None for number in numbers.values()):
            _settle_call(self, numbers)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Viber(Message[Receipt]):
    """A Viber message. The gateway's macros (buttons, files) pass through in the text.

    Args:
        to: Recipient's number with country code.
        sender: Name it comes from; "" is the account's default.
        text: 1 character at least.
        comment: For the history in the account only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    text: str
    comment: str | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        _check_text("text", self.text)
        if self.comment is not None:
            _settle_comment(self, self.comment)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Social(Message[Receipt]):
    """A message in Odnoklassniki, VKontakte or Mail.Ru Agent.

    Args:
        to: Recipient's number with country code.
        sender: Name it comes from; "" is the account's default.
        text: 1 character at least.
        comment: For the history in the account only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    text: str
    comment: str | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        _check_text("text", self.text)
        if self.comment is not None:
            _settle_comment(self, self.comment)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TelegramCode(Message[Receipt]):
    """A confirmation code delivered by Telegram.

    Args:
        to: Recipient's number with country code.
        sender: As for any message.
        code: 4 to 8 digits. The gateway accepts nothing else.

    Raises:
        InvalidMessageError: *code* is not 4 to 8 digits.
    """

    code: str

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        _check_code(self.code)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TelegramBot(Message[Receipt]):
    """A message from a Telegram bot that the recipient has joined.

    Args:
        to: Recipient's number with country code; the recipient has shared it with the bot.
        sender: As for any message.
        text: 1 character at least. No "bot:" at the beginning of a later line.
        bot: Name of the bot, with or without "@" in front; kept without.
        comment: For the history in the account only.

    Raises:
        InvalidMessageError: The gateway would refuse or misread it.
    """

    text: str
    bot: str
    comment: str | None = None

    def __post_init__(self) -> None:
        Message.__post_init__(self)
        _check_text("text", self.text, BOT_MARK)
        _set(self, "bot", _bot(self.bot))
        if self.comment is not None:
            _settle_comment(self, self.comment, BOT_MARK)


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HlrQuery(Message[HlrReceipt]):
    """Ask where a number is registered and whether it can be reached; nothing is delivered.

    Args:
        to: The number with country code.
        sender: As for any message.

    Raises:
        InvalidMessageError: No such number can be.
    """


@_filled_directly
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ping(Message[Receipt]):
    """An SMS the phone doesn't show: its receipt tells whether the phone can be reached now.

    Args:
        to: The number with country code.
        sender: As for any message.

    Raises:
        InvalidMessageError: No such number can be.
    """


# What a field may hold. A function named _check_… raises or does nothing, one named after a
# field gives the value to keep, one named _settle_… keeps it.

_SIZED = frozenset({"text", "comment", "subject", "code", "param"})


def _set(message: Message[Receipt], name: str, value: object) -> None:
    """Settle a field of a frozen message while it is being made."""
    object.__setattr__(message, name, value)


def _shown(name: str, value: object) -> str:
    """Show a field: a text by its size, a number masked."""
    if name in _SIZED and isinstance(value, str):
        return f"<{len(value)} characters>"
    if name in {"to", "sender"} and isinstance(value, str) and not _is_name(value):
        return repr(mask_number(value))
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)


def _is_name(value: str) -> bool:
    """Whether a sender names no person."""
    return not value.isdigit() and "@" not in value


def _as_str(field: str, value: object) -> str:
    """Refuse what is no text."""
    if not isinstance(value, str):
        kind = type(value).__name__
        raise InvalidMessageError(field, kind, f"a str is needed, got {kind}; decode octets first")
    return value


def _number(value: object) -> str:
    """Return the digits of a number, however it was written."""
    text = _as_str("to", value)
    digits = text.translate(_PUNCTUATION)
    if digits.startswith("+"):
        digits = digits[1:]
    elif len(digits) == 11 and digits[0] == "8":
        digits = f"7{digits[1:]}"
    if digits.isascii() and digits.isdigit() and 10 <= len(digits) <= 15:
        return digits
    raise InvalidMessageError(
        "to",
        mask_number(text),
        "a number is 10 to 15 digits with country code, "
        f"got {len(digits)} characters ({mask_number(text)!r}); write it like '79991234567'",
    )


def _sender(value: object) -> str:
    """Return a sender, a number of it without its plus."""
    text = _as_str("sender", value)
    digits = text.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        return _sender_number(digits)
    if _NAME.fullmatch(text) is None:
        raise InvalidMessageError("sender", f"{len(text)} characters", _name_fault(text))
    return text


def _sender_number(digits: str) -> str:
    """Refuse a number that is too long."""
    if len(digits) > 15:
        raise InvalidMessageError(
            "sender",
            mask_number(digits),
            f"a number takes 15 digits, got {len(digits)}; use a shorter number or a name",
        )
    return digits


def _name_fault(text: str) -> str:
    """Say what is wrong with a name, and where."""
    if len(text) > 11:
        return f"a name takes 11 characters, got {len(text)}; use a shorter registered name"
    at = next(place for place, letter in enumerate(text) if _NAME.fullmatch(letter) is None)
    return (
        f"a name takes Latin letters, digits, space and common signs, got U+{ord(text[at]):04X}"
        f" at position {at}; use a name registered in the account"
    )


def _check_address(field: str, value: object) -> None:
    """Refuse what is no e-mail address, or too long for destination_addr."""
    address = _as_str(field, value)
    if len(address) > ADDRESS_LENGTH:
        raise InvalidMessageError(
            field,
            mask_number(address),
            f"destination_addr takes {ADDRESS_LENGTH} characters, got {len(address)}"
            f" ({mask_number(address)!r}); send to a shorter address",
        )
    if _EMAIL.fullmatch(address) is None:
        raise InvalidMessageError(
            field,
            mask_number(address),
            "an e-mail address looks like 'name@example.com', in ASCII without spaces"
            f"; got {len(address)} characters ({mask_number(address)!r})",
        )


def _check_text(field: str, value: object, mark: str = "") -> None:
    """Refuse what is no text, or what the gateway would read as the end of it."""
    text = _as_str(field, value)
    if not text:
        raise InvalidMessageError(
            field, "empty", "empty, and would be paid for; Ping finds out whether a phone is on"
        )
    if not text.isascii():
        _check_surrogates(field, text)
    if "~~~" in text and COMMENT_MARK in f"{text}\n":
        raise _is_markup(field, COMMENT_MARK, "is just", "would take the rest for a comment")
    if mark and mark in text:
        raise _is_markup(field, mark, "begins with", "would cut the text there")


def _is_markup(field: str, mark: str, where: str, outcome: str) -> InvalidMessageError:
    """Make the error for a line that the gateway would read as its own."""
    word = mark.strip("\n")
    return InvalidMessageError(
        field,
        word,
        f"a line that {where} {word!r} is markup: the gateway {outcome}; put a space in front",
    )


def _check_surrogates(field: str, text: str) -> None:
    """Refuse half a surrogate pair, which no coding takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        position = error.start
    else:
        return
    # Outside of the handler: the error above holds the text.
    half = f"U+{ord(text[position]):04X}"
    raise InvalidMessageError(
        field,
        half,
        f"half a surrogate pair {half} at position {position} can't be encoded"
        "; decode the text properly before sending it",
    )


def _check_no_service(text: str) -> None:
    """Refuse a text that would become another kind of message."""
    service = _SERVICE_TEXT.match(text)
    if service is not None:
        word = service[0].rstrip()
        raise InvalidMessageError(
            "text",
            word,
            f"begins with {word!r}, so the gateway would take it for another kind of message"
            "; send that kind, or put a space in front",
        )


def _settle_comment(message: Message[Receipt], value: object, mark: str = "") -> None:
    """Keep a comment that ends nowhere before its end; an empty one is none."""
    comment = _as_str("comment", value)
    _check_surrogates("comment", comment)
    if COMMENT_MARK in f"\n{comment}\n":
        raise _is_markup("comment", COMMENT_MARK, "is just", "might deliver what is before it")
    if mark and mark in f"\n{comment}":
        raise _is_markup("comment", mark, "begins with", "might take it for its own")
    if not comment:
        _set(message, "comment", None)


def _check_line(field: str, value: object) -> None:
    """Refuse an empty line, and what is more than one."""
    line = _as_str(field, value)
    _check_surrogates(field, line)
    if not line:
        raise InvalidMessageError(field, "empty", "empty, the gateway wants one; write a few words")
    if "\n" in line or "\r" in line:
        raise InvalidMessageError(
            field, f"{len(line)} characters", "holds a line break; write it in one line"
        )


def _check_code(value: object) -> None:
    """Refuse what is not 4 to 8 digits."""
    code = _as_str("code", value)
    if _CODE.fullmatch(code) is None:
        raise InvalidMessageError(
            "code",
            f"{len(code)} characters",
            f"4 to 8 digits are accepted, got {len(code)} characters; send other codes as an Sms",
        )


def _bot(value: object) -> str:
    """Return a bot's name without its at sign."""
    name = _as_str("bot", value).removeprefix("@")
    if _BOT_NAME.fullmatch(name) is None:
        raise InvalidMessageError(
            "bot",
            f"{len(name)} characters",
            f"a bot's name is 1 to 32 Latin letters, digits and '_', got {len(name)} characters"
            "; write it like 'shop_bot'",
        )
    return name


def _check_language(value: object) -> None:
    """Refuse what can't be a language's code."""
    language = _as_str("language", value)
    if _LANGUAGE.fullmatch(language) is None:
        raise InvalidMessageError(
            "language",
            f"{len(language)} characters",
            "a language is two or three small Latin letters like 'en'"
            f", got {len(language)} characters",
        )


def _voice(value: object) -> Voice:
    """Return a voice, also by its name."""
    try:
        return Voice(value)
    except ValueError:
        known = ", ".join(voice.value for voice in Voice)
        raise InvalidMessageError("voice", value, f"one of {known}, got {value!r}") from None


def _settle_coding(message: Sms, value: object) -> None:
    """Keep a coding that holds the text and the comment, which travels in the text."""
    try:
        coding = Coding(value)  # type: ignore[arg-type]  # what it isn't, it says itself
    except ValueError:
        raise InvalidMessageError(
            "coding", value, f"Coding.GSM, LATIN1 or UCS2 (or None to choose), got {value!r}"
        ) from None
    _set(message, "coding", coding)
    _check_held("text", message.text, coding)
    _check_held("comment", message.comment or "", coding)


def _check_held(field: str, text: str, coding: Coding) -> None:
    """Refuse a text that *coding* can't hold."""
    misfit = None
    try:
        TextCoding[coding.name].encode(text)
    except EncodeError as error:
        misfit = InvalidMessageError(field, error.value, error.reason)
    # Outside of the handler: no context that could hold the text.
    if misfit is not None:
        raise misfit


def _long_text(value: object) -> LongText:
    """Return a way for long texts, also by its name."""
    try:
        return LongText(value)
    except ValueError:
        raise InvalidMessageError(
            "long_text", value, f"LongText.UDH, SAR or PAYLOAD, got {value!r}"
        ) from None


def _validity(value: object) -> timedelta:
    """Return a span, however it was given."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if type(seconds) not in {int, float}:
        kind = type(value).__name__
        raise InvalidMessageError("validity", kind, f"a timedelta or seconds, got {kind}")
    number = cast("float", seconds)
    if not 1 <= number <= _LONGEST_VALIDITY:
        raise InvalidMessageError(
            "validity",
            value,
            f"1 s to 24 h ({_LONGEST_VALIDITY} s), got {number:g} s"
            "; the gateway tries no longer, so send it again after that",
        )
    return timedelta(seconds=number)


def _check_schedule(value: object) -> None:
    """Refuse what is no instant, or none that an SMPP time can name."""
    if not isinstance(value, datetime):
        kind = type(value).__name__
        raise InvalidMessageError("schedule", kind, f"a datetime with a time zone, got {kind}")
    if value.utcoffset() is None:
        raise InvalidMessageError(
            "schedule",
            value,
            "has no time zone, so nobody knows when it is"
            "; give it one: datetime(…, tzinfo=ZoneInfo('Europe/Moscow'))",
        )
    try:
        format_time(value)
    except EncodeError as error:
        raise InvalidMessageError("schedule", value, error.reason) from None


def _settle_param(call: VoiceCall, value: object, numbers: Mapping[str, int | None]) -> None:
    """Keep a raw parameter, or take it apart if it is just the three numbers."""
    param = _as_str("param", value)
    given = [name for name, number in numbers.items() if number is not None]
    if given:
        raise InvalidMessageError("param", given[0], f"give param or {given[0]}, not both")
    _check_surrogates("param", param)
    if not param or "\n" in param:
        raise InvalidMessageError(
            "param", f"{len(param)} characters", "one line like '22,20,5'; leave it None for none"
        )
    plain = _CALL_NUMBERS.fullmatch(param)
    if plain is not None and all(map(_fits, _CALL_LIMITS, map(int, plain.groups()))):
        _set(call, "param", None)
        for name, number in zip(_CALL_LIMITS, plain.groups(), strict=True):
            _set(call, name, int(number))


def _fits(name: str, number: int) -> bool:
    """Whether a number of a call is in its range."""
    least, most = _CALL_LIMITS[name]
    return least <= number <= most


def _settle_call(call: VoiceCall, numbers: Mapping[str, int | None]) -> None:
    """Keep the three numbers of a call, the gateway's defaults for those not given."""
    for name, number in numbers.items():
        kept = _CALL_DEFAULTS[name] if number is None else number
        if type(kept) is not int or not _fits(name, kept):
            least, most = _CALL_LIMITS[name]
            raise InvalidMessageError(name, kept, f"a whole number {least} to {most}, got {kept!r}")
        _set(call, name, kept)

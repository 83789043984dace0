"""The nine kinds of message as the gateway's texts, and back.

Rule: `parse(render(message)) == message` for what travels in the text, for every message that
can be made; writing and reading of one kind stand side by side. The forms are the gateway's
own, to the character. A comment is whatever follows the first line that is just "~~~".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from smsc_async._message_checks import BOT_MARK, COMMENT_MARK, SUBJECT_MARK, VOICE_MARK
from smsc_async.errors import InvalidMessageError
from smsc_async.messages import (
    Email,
    HlrQuery,
    Message,
    Ping,
    Sms,
    Social,
    TelegramBot,
    TelegramCode,
    Viber,
    Voice,
    VoiceCall,
)

HLR = "__HLR__"
PING = "__PING__"
MAIL = "__MAIL__: "
CALL = "__CALL__: "
VIBER = "__VIBER__: "
SOC = "__SOC__: "
TGM = "__TGM__: "
BOT = "__BOT__: "

Parser = Callable[[str, str, str], Message[Any]]


def render(message: Message[Any]) -> str:
    """Return the whole text that goes on the wire, comment included."""
    return _RENDERERS[type(message)](message)


def parse(text: str, *, to: str, sender: str = "") -> Message[Any]:
    """Return the message that the gateway would make of *text*.

    Args:
        text: The joined text of all parts.
        to: Recipient, as in `destination_addr`.
        sender: As in `source_addr`.

    Raises:
        InvalidMessageError: A text that the gateway's document knows no meaning for, as a
            "__TGM__: " without digits.
    """
    if text in _WHOLE:
        return _WHOLE[text](to=to, sender=sender)
    for prefix, read in _PARSERS.items():
        if text.startswith(prefix):
            return read(text[len(prefix) :], to, sender)
    return _parse_text(Sms, text, to, sender)


def _with_comment(text: str, comment: str | None) -> str:
    """Append the comment mark and the comment, unless it is None."""
    return text if comment is None else f"{text}{COMMENT_MARK}{comment}"


def _cut_comment(text: str) -> tuple[str, str | None]:
    """Split at the first comment mark; None means that there is none."""
    body, mark, comment = text.partition(COMMENT_MARK)
    return body, comment if mark else None


def _render_sms(message: Sms) -> str:
    r"""Write `text[\n~~~\ncomment]`."""
    comment = message.comment
    return message.text if comment is None else _with_comment(message.text, comment)


def _render_text(prefix: str, message: Viber | Social) -> str:
    r"""Write `__PREFIX__: text[\n~~~\ncomment]`."""
    return _with_comment(f"{prefix}{message.text}", message.comment)


def _parse_text(
    kind: type[Sms | Viber | Social], text: str, to: str, sender: str
) -> Sms | Viber | Social:
    """Parse a kind that has only a text and a comment."""
    body, comment = _cut_comment(text)
    return kind(to=to, sender=sender, text=body, comment=comment)


def _render_email(message: Email) -> str:
    r"""Write `__MAIL__: text\nsubj:subject`."""
    return _with_comment(f"{MAIL}{message.text}{SUBJECT_MARK}{message.subject}", message.comment)


def _parse_email(text: str, to: str, sender: str) -> Email:
    """Parse the text of an Email, its prefix removed."""
    whole, comment = _cut_comment(text)
    body, _, subject = whole.partition(SUBJECT_MARK)
    return Email(to=to, sender=sender, text=body, subject=subject, comment=comment)


def _render_call(message: VoiceCall) -> str:
    r"""Write `__CALL__: text\nvoice:m3[,en][\n~~~\nparam]`."""
    language = "" if message.language is None else f",{message.language}"
    text = f"{CALL}{message.text}{VOICE_MARK}{message.voice.value}{language}"
    if message.wait is None:
        return _with_comment(text, message.param)
    return _with_comment(text, f"{message.wait},{message.interval},{message.attempts}")


def _parse_call(text: str, to: str, sender: str) -> VoiceCall:
    """Parse the text of a VoiceCall, its prefix removed; the default voice is `Voice.M3`."""
    whole, param = _cut_comment(text)
    body, mark, spoken = whole.partition(VOICE_MARK)
    name, comma, language = spoken.partition(",")
    return VoiceCall(
        to=to,
        sender=sender,
        text=body,
        voice=_read_voice(name) if mark else Voice.M3,
        language=language if comma else None,
        param=param or None,
    )


def _read_voice(name: str) -> Voice:
    """Parse a voice. The error doesn't repeat an unknown one, which may be a piece of the text."""
    try:
        return Voice(name)
    except ValueError:
        known = ", ".join(voice.value for voice in Voice)
    raise InvalidMessageError("voice", f"{len(name)} characters", f"one of {known}")


def _render_bot(message: TelegramBot) -> str:
    r"""Write `__BOT__: text\nbot:@name`."""
    return _with_comment(f"{BOT}{message.text}{BOT_MARK}@{message.bot}", message.comment)


def _parse_bot(text: str, to: str, sender: str) -> TelegramBot:
    """Parse the text of a TelegramBot, its prefix removed."""
    whole, comment = _cut_comment(text)
    body, _, bot = whole.partition(BOT_MARK)
    return TelegramBot(to=to, sender=sender, text=body, bot=bot, comment=comment)


_RENDERERS: dict[type, Callable[[Any], str]] = {
    Sms: _render_sms,
    Email: _render_email,
    VoiceCall: _render_call,
    Viber: partial(_render_text, VIBER),
    Social: partial(_render_text, SOC),
    TelegramCode: lambda message: f"{TGM}{message.code}",
    TelegramBot: _render_bot,
    HlrQuery: lambda _: HLR,
    Ping: lambda _: PING,
}
_PARSERS: dict[str, Parser] = {
    MAIL: _parse_email,
    CALL: _parse_call,
    VIBER: partial(_parse_text, Viber),
    SOC: partial(_parse_text, Social),
    TGM: lambda text, to, sender: TelegramCode(to=to, sender=sender, code=text),
    BOT: _parse_bot,
}
_WHOLE: dict[str, Callable[..., Message[Any]]] = {HLR: HlrQuery, PING: Ping}

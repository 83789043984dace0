"""Which characters a message travels in, and what the gateway's `data_coding` says about it.

Rule: every guess about the gateway's character sets stands here and nowhere else. Known is:
«Поле coding кодируется двумя битами в составном поле data_coding, поэтому data_coding =
coding * 4», with 0 GSM, 1 ISO-8859-1, 2 UTF-16BE. Guessed, each behind a setting or in one line:

- Under coding 0 the "_" and "~" of its own markup may be read as GSM or as ASCII. Messages
  with a service prefix therefore travel in UCS-2, where there is no doubt (`TextSettings.markup`).
- system_type "ISO" makes coding 0 ISO-8859-1. Texts are then sent under coding 1, which is
  ISO-8859-1 in either reading, and coding 0 of incoming texts is read as ISO-8859-1 too.
- A flash message sets the message class: the two bits of `coding` are those of a GSM data
  coding scheme, in which 0x10 says "bits 1-0 are a class" and class 0 is shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pdu.text.alphabet import OUTSIDE
from pdu.text.coding import TextCoding, decode_text
from smsc_async.messages import Coding

if TYPE_CHECKING:
    from smsc_async.config import SmscConfig

# Members under names of their own: looking them up in the enumeration takes longer.
_GSM, _LATIN1, _UCS2 = Coding
_HAS_CLASS = 0x10
_RESERVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How texts are coded when the message doesn't say.

    Args:
        latin1: The bind said system_type "ISO".
        markup: What a message with a service prefix travels in; UCS-2 if that can't hold it.
        smart: Replace typographic signs where that keeps a text out of UCS-2.
    """

    latin1: bool = False
    markup: Coding = Coding.UCS2
    smart: bool = False

    @classmethod
    def from_config(cls, config: SmscConfig) -> Self:
        """Return how texts are coded on a bind with *config*."""
        return cls(
            latin1=config.is_latin1,
            markup=Coding[config.markup_coding.upper()],
            smart=config.smart_text,
        )


DEFAULT_SETTINGS = TextSettings()

# By the number of a coding; on a bind that said "ISO", coding 0 is ISO-8859-1.
_CODINGS = (TextCoding.GSM, TextCoding.LATIN1, TextCoding.UCS2)
_ISO_CODINGS = (TextCoding.LATIN1, TextCoding.LATIN1, TextCoding.UCS2)


def text_coding(coding: Coding, settings: TextSettings = DEFAULT_SETTINGS) -> TextCoding:
    """Return what the octets under *coding* are on this bind."""
    return (_ISO_CODINGS if settings.latin1 else _CODINGS)[coding]


def choose(text: str, settings: TextSettings = DEFAULT_SETTINGS) -> Coding:
    """Return the narrowest coding that holds all of *text*.

    That is GSM or UCS-2. ISO-8859-1 takes GSM's place on a bind that asked for it, and is never
    chosen silently on another.
    """
    if settings.latin1:
        return _LATIN1 if TextCoding.LATIN1.fits(text) else _UCS2
    return _GSM if OUTSIDE.search(text) is None else _UCS2


def choose_markup(text: str, settings: TextSettings = DEFAULT_SETTINGS) -> Coding:
    """Return the coding of a rendered text that begins with a service prefix."""
    return settings.markup if text_coding(settings.markup, settings).fits(text) else Coding.UCS2


def data_coding(coding: Coding, *, flash: bool = False) -> int:
    """Return the octet for *coding*: 0x00, 0x04 or 0x08, a flash message's with 0x10 set."""
    return coding * 4 | _HAS_CLASS if flash else coding * 4


def decode(
    octets: bytes, data_coding: int, settings: TextSettings = DEFAULT_SETTINGS
) -> str | None:
    """Decode an incoming text. Never raises.

    Args:
        octets: The joined text without user data headers.
        data_coding: As it came; a number the gateway doesn't use is read by the
            specification's own table.
        settings: Whether coding 0 is ISO-8859-1 on this bind.

    Returns:
        The text, with U+FFFD for what made no sense; None where the octets are no text.
    """
    coding = _coding_of(data_coding)
    if coding is not None:
        return text_coding(coding, settings).decode(octets)
    return decode_text(octets, data_coding)


def _coding_of(data_coding: int) -> Coding | None:
    """Return the gateway's coding: bits 3-2, where the other bits are none or a class."""
    bits = data_coding >> 2 & 3
    is_gateways = data_coding == bits * 4 or data_coding & ~0x0F == _HAS_CLASS
    return Coding(bits) if is_gateways and bits != _RESERVED else None

"""Codings of texts and the gateway's `data_coding`.

Rule: every assumption about the gateway's character sets stands here and nowhere else. Known:
«Поле coding кодируется двумя битами в составном поле data_coding, поэтому data_coding =
coding * 4», with 0 GSM, 1 ISO-8859-1, 2 UTF-16BE. Assumed, each behind a setting or in one line:

- Under coding 0 the "_" and "~" of its own markup may be read as GSM or as ASCII. Messages
  with a service prefix therefore travel in UCS-2, which is unambiguous (`TextSettings.markup`).
- system_type "ISO" makes coding 0 ISO-8859-1. Texts are then sent under coding 1, which is
  ISO-8859-1 in either reading, and coding 0 of incoming texts is read as ISO-8859-1 too.
- A flash message sets the message class: the two bits of `coding` are those of a GSM data
  coding scheme, in which 0x10 means that bits 1-0 are a class, and class 0 is shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pdu.text.alphabet import OUTSIDE
from pdu.text.coding import TextCoding, decode_text
from smsc_async.messages import Coding

if TYPE_CHECKING:
    from smsc_async.config import SmscConfig

# Attributes of an enumeration are slow to look up (hot path).
_GSM, _LATIN1, _UCS2 = Coding
_HAS_CLASS = 0x10
_RESERVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How texts are coded when the message has no coding of its own.

    Args:
        latin1: The bind has system_type "ISO".
        markup: Coding of messages with a service prefix; UCS-2 where that can't hold the text.
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

# By the number of a coding; on a bind with system_type "ISO", coding 0 is ISO-8859-1.
_CODINGS = (TextCoding.GSM, TextCoding.LATIN1, TextCoding.UCS2)
_ISO_CODINGS = (TextCoding.LATIN1, TextCoding.LATIN1, TextCoding.UCS2)


def text_coding(coding: Coding, settings: TextSettings = DEFAULT_SETTINGS) -> TextCoding:
    """Return how octets under *coding* are encoded on this bind."""
    return (_ISO_CODINGS if settings.latin1 else _CODINGS)[coding]


def choose(text: str, settings: TextSettings = DEFAULT_SETTINGS) -> Coding:
    """Return the narrowest coding that holds all of *text*.

    That is GSM or UCS-2. On a bind with system_type "ISO" it is ISO-8859-1 or UCS-2.
    """
    if settings.latin1:
        return _LATIN1 if TextCoding.LATIN1.fits(text) else _UCS2
    return _GSM if OUTSIDE.search(text) is None else _UCS2


def choose_markup(text: str, settings: TextSettings = DEFAULT_SETTINGS) -> Coding:
    """Return the coding of a rendered text that begins with a service prefix."""
    return settings.markup if text_coding(settings.markup, settings).fits(text) else Coding.UCS2


def data_coding(coding: Coding, *, flash: bool = False) -> int:
    """Return the data_coding: 0x00, 0x04 or 0x08; with 0x10 set for a flash message."""
    return coding * 4 | _HAS_CLASS if flash else coding * 4


def decode(
    octets: bytes, data_coding: int, settings: TextSettings = DEFAULT_SETTINGS
) -> str | None:
    """Decode an incoming text. Never raises.

    Args:
        octets: The joined text without user data headers.
        data_coding: Of the PDU; a value that the gateway doesn't use is read by the
            specification's table.
        settings: Whether coding 0 is ISO-8859-1 on this bind.

    Returns:
        The text, with U+FFFD for what can't be decoded; None where the octets are no text.
    """
    coding = _coding_of(data_coding)
    if coding is not None:
        return text_coding(coding, settings).decode(octets)
    return decode_text(octets, data_coding)


def _coding_of(data_coding: int) -> Coding | None:
    """Return the gateway's coding, bits 3-2, if the other bits are 0 or a message class."""
    bits = data_coding >> 2 & 3
    is_gateways = data_coding == bits * 4 or data_coding & ~0x0F == _HAS_CLASS
    return Coding(bits) if is_gateways and bits != _RESERVED else None

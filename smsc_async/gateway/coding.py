"""Codings of texts and the gateway's `data_coding`.

Rule: every assumption about the gateway's character sets stands here and nowhere else. Known:
«Поле coding кодируется двумя битами в составном поле data_coding, поэтому data_coding =
coding * 4», with 0 GSM, 1 ISO-8859-1, 2 UTF-16BE. Assumed, each behind a setting or in one line:

- Under coding 0 the "_" and "~" of its own markup may be read as GSM or as ASCII. Messages
  with a service prefix therefore travel in UCS-2, which is unambiguous (`TextSettings.markup`).
- system_type "ISO" makes coding 0 ISO-8859-1. Texts are then sent under coding 1, which is
  ISO-8859-1 in either reading, and coding 0 of incoming texts is read as ISO-8859-1 too.
- Another SMSC's coding 0 is its own choice: `default_alphabet` says what is read and written under
  it, whatever the system_type is, and `packed_gsm` that its GSM is packed.
- A flash message sets the message class: the two bits of `coding` are those of a GSM data
  coding scheme, in which 0x10 means that bits 1-0 are a class, and class 0 is shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from pdu.text.coding import TextCoding, decode_shifted, decode_text, is_gsm
from pdu.text.national import NO_SHIFTS, ShiftTables
from smsc_async._message_checks import ADDRESS_LENGTH
from smsc_async.messages import Coding

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from pdu.text.reassembly import Joined
    from smsc_async.config import SmscConfig

# Attributes of an enumeration are slow to look up (hot path).
_GSM, _LATIN1, _UCS2 = Coding
_HAS_CLASS = 0x10
_ADDRESSES = ("source_addr", "destination_addr")
_RESERVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How messages are written on a bind; texts, when the message has no coding of its own.

    Args:
        latin1: The bind has system_type "ISO".
        markup: Coding of messages with a service prefix; UCS-2 where that can't hold the text.
        smart: Replace typographic signs where that keeps a text out of UCS-2.
        default: Alphabet of coding 0; None is ISO-8859-1 if *latin1*, else GSM.
        packed: GSM text is packed on the wire, eight septets in seven octets.
        email_limit: Characters of an e-mail address at most; over 20 is more than v3.4 has.

    Attributes:
        narrow: Alphabet of the texts that need no UCS-2.
        outside: Finds a character that isn't in it.
        is_plain_gsm: Coding 0 is GSM, one septet an octet.
        packed_codings: Each `data_coding` whose texts are packed.
        longest: Characters of the addresses, where they are more than v3.4 has.
    """

    latin1: bool = False
    markup: Coding = Coding.UCS2
    smart: bool = False
    default: TextCoding | None = None
    packed: bool = False
    email_limit: int = ADDRESS_LENGTH
    narrow: TextCoding = field(init=False, repr=False, compare=False)
    outside: re.Pattern[str] = field(init=False, repr=False, compare=False)
    is_plain_gsm: bool = field(init=False, repr=False, compare=False)
    packed_codings: frozenset[int] = field(init=False, repr=False, compare=False)
    longest: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        narrow = self.default or (TextCoding.LATIN1 if self.latin1 else TextCoding.GSM)
        is_gsm_alphabet = narrow is TextCoding.GSM
        packed = _SEPTETS if self.packed and is_gsm_alphabet else frozenset[int]()
        object.__setattr__(self, "narrow", narrow)
        object.__setattr__(self, "outside", narrow.outside)
        object.__setattr__(self, "is_plain_gsm", is_gsm_alphabet and not self.packed)
        object.__setattr__(self, "packed_codings", packed)
        names = _ADDRESSES if self.email_limit > ADDRESS_LENGTH else ()
        object.__setattr__(self, "longest", dict.fromkeys(names, self.email_limit))

    @classmethod
    def from_config(cls, config: SmscConfig) -> Self:
        """Return how messages are written on a bind with *config*."""
        alphabet = config.default_alphabet or None
        return cls(
            latin1=config.is_latin1 and alphabet is None,
            markup=Coding[config.markup_coding.upper()],
            smart=config.smart_text,
            default=None if alphabet is None else TextCoding[alphabet.upper()],
            packed=config.packed_gsm,
            email_limit=config.email_limit,
        )


_SEPTETS = frozenset({0x00, *filter(is_gsm, range(256))})
DEFAULT_SETTINGS = TextSettings()


def text_coding(coding: Coding, settings: TextSettings = DEFAULT_SETTINGS) -> TextCoding:
    """Return how octets under *coding* are encoded on this bind."""
    if coding is _GSM:
        return settings.narrow
    return TextCoding.LATIN1 if coding is _LATIN1 else TextCoding.UCS2


def choose(text: str, settings: TextSettings = DEFAULT_SETTINGS) -> Coding:
    """Return the narrowest coding that holds all of *text*.

    That is coding 0, the SMSC's default alphabet (GSM here), or UCS-2. On a bind with system_type
    "ISO" it is ISO-8859-1 or UCS-2.
    """
    if settings.outside.search(text) is not None:
        return _UCS2
    return _LATIN1 if settings.latin1 else _GSM


def choose_markup(text: str, settings: TextSettings = DEFAULT_SETTINGS) -> Coding:
    """Return the coding of a rendered text that begins with a service prefix."""
    return settings.markup if text_coding(settings.markup, settings).fits(text) else Coding.UCS2


def data_coding_of(coding: Coding, *, flash: bool = False) -> int:
    """Return the data_coding: 0x00, 0x04 or 0x08; with 0x10 set for a flash message."""
    return coding * 4 | _HAS_CLASS if flash else coding * 4


def decode(
    octets: bytes,
    data_coding: int,
    settings: TextSettings = DEFAULT_SETTINGS,
    shifts: ShiftTables = NO_SHIFTS,
) -> str | None:
    """Decode an incoming text. Never raises.

    Args:
        octets: The text without user data headers, GSM text unpacked.
        data_coding: Of the PDU; a value that the gateway doesn't use is read by the
            specification's table.
        settings: What coding 0 is on this bind.
        shifts: National tables that its header names.

    Returns:
        The text, with U+FFFD for what can't be decoded; None where the octets are no text.
    """
    coding = _coding_of(data_coding)
    if coding is not None:
        return decode_shifted(octets, text_coding(coding, settings), shifts)
    default = settings.default or TextCoding.GSM
    return decode_text(octets, data_coding, default=default, shifts=shifts)


def decode_joined(joined: Joined, settings: TextSettings = DEFAULT_SETTINGS) -> str | None:
    """Decode the parts of an incoming message, those of one coding together. Never raises.

    Returns:
        The text, with one U+FFFD for parts in a row that are no text; None if no part is text.
    """
    texts = [decode(run.octets, run.data_coding, settings, run.shifts) for run in joined.runs]
    if all(text is None for text in texts):
        return None
    return "".join("\ufffd" if text is None else text for text in texts)


def _coding_of(data_coding: int) -> Coding | None:
    """Return the gateway's coding, bits 3-2, if the other bits are 0 or a message class."""
    bits = data_coding >> 2 & 3
    is_gateways = data_coding == bits * 4 or data_coding & ~0x0F == _HAS_CLASS
    return Coding(bits) if is_gateways and bits != _RESERVED else None

"""The text of a file: the encoding that was named, that of its byte order mark, UTF-8, or a guess.

Rule: a guess is shown and confirmed on a terminal; without one it ends the command, with the option
to add. An error never contains the text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from itertools import islice
from typing import Final, NamedTuple

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import _
from smsc_async.cli.tables.guess import guess_encoding

Confirm = Callable[[str, str], bool]
"""Asks whether a guessed encoding is right, given its name and some words read in it."""

UTF_8: Final = "utf-8-sig"
_BYTE_ORDER_MARK: Final = "\ufeff"
# UTF-32 first: its mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE: Final = 8
"""Words that are shown to judge a guess by."""
_LAYOUT: Final = frozenset(b"\t\n\v\f\r\x1a\x1b")
"""Control characters of texts: the last two end a file of DOS, and change the alphabet."""
_WORD: Final = re.compile(r"[^\W\d_]+")


class DecodedText(NamedTuple):
    """The text of a file.

    Args:
        text: Without a byte order mark.
        encoding: Its name in Python.
        is_guessed: Whether neither the user nor the file named it.
    """

    text: str
    encoding: str
    is_guessed: bool = False


def decode_file(octets: bytes, encoding: str | None, confirm: Confirm | None) -> DecodedText:
    """Decode the octets of a file.

    Args:
        octets: All of them.
        encoding: The name that was given; None to find it out.
        confirm: Asks about a guess; None if there is no terminal.

    Raises:
        Failure: The octets aren't in the encoding, or it is neither known nor confirmed.
    """
    mark = next((name for octets_of, name in _MARKS if octets.startswith(octets_of)), None)
    if encoding is not None:
        check_encoding(encoding)
        if mark is not None and not _is_family(encoding, mark):
            raise _failure(
                _("the file has the byte order mark of {found}, so it isn't in {encoding}"),
                _("leave out --encoding"),
                found=_shown(mark),
                encoding=encoding,
            )
    text = _decoded(octets, encoding or mark or UTF_8)
    if text is not None:
        return DecodedText(text.removeprefix(_BYTE_ORDER_MARK), encoding or mark or UTF_8)
    if encoding or mark:
        raise _failure(
            _("the file isn't in {encoding}"),
            _("leave out --encoding, or give another; if that is right, the file is damaged"),
            encoding=encoding or _shown(mark or ""),
        )
    return _guessed(octets, confirm)


def check_encoding(name: str) -> None:
    """Refuse a name that isn't an encoding of texts.

    Raises:
        Failure: With some names that are.
    """
    try:
        "".encode(name)
    except (LookupError, ValueError):
        failure = _failure(
            _("--encoding: unknown encoding {name!r}"),
            _("for example utf-8, windows-1251, cp866, koi8-r, utf-16"),
            name=name,
        )
    else:
        return
    raise failure


def _guessed(octets: bytes, confirm: Confirm | None) -> DecodedText:
    """Decode octets whose encoding isn't known."""
    name = guess_encoding(octets)
    if name is None and _is_binary(octets):
        raise _failure(
            _("the file isn't a text; named .xlsx, it isn't a workbook of Excel either"),
            _("save the table again as CSV or .xlsx"),
        )
    if name is None:
        raise _failure(
            _("the file isn't in UTF-8, and its encoding can't be guessed"),
            _("add --encoding NAME: windows-1251, cp866, koi8-r or another encoding of Python"),
        )
    text = octets.decode(name)
    if confirm is None or not confirm(name, _sample(text)):
        raise _failure(
            _("the file isn't in UTF-8; it seems to be in {encoding}"),
            _("if that is right, add --encoding {encoding}"),
            encoding=name,
        )
    return DecodedText(text, name, is_guessed=True)


def _is_binary(octets: bytes) -> bool:
    """Whether octets hold control characters that no text has, whatever its encoding is."""
    return any(octet < 0x20 and octet not in _LAYOUT for octet in octets)


def _sample(text: str) -> str:
    """Return the first words with other letters than Latin, without digits and signs."""
    found = (word[0] for word in _WORD.finditer(text) if not word[0].isascii())
    return " ".join(islice(found, _SAMPLE))


def _decoded(octets: bytes, encoding: str) -> str | None:
    """Return the text of octets; None if they aren't in the encoding, or aren't a text."""
    try:
        text = octets.decode(encoding)
    except ValueError:  # some codecs raise others than UnicodeDecodeError
        return None
    return None if "\0" in text else text


def _is_family(encoding: str, mark: str) -> bool:
    """Whether an encoding is one that begins with a mark: utf-16-le with that of utf-16."""
    return codecs.lookup(encoding).name.startswith(codecs.lookup(mark).name.removesuffix("-sig"))


def _shown(encoding: str) -> str:
    """Return the name of an encoding as users know it."""
    return encoding.removesuffix("-sig").upper()


def _failure(text: str, advice: str, **values: object) -> Failure:
    """Return the failure for an encoding."""
    return failure_before_sending("bulk.encoding", text, advice=advice, **values)

"""Lists of octets written as numbers: hexadecimal, decimal, signed, octal.

Rule: the tokens of a list are of one kind. Where two kinds are possible, the reading that is SMPP
counts; where none or both are, the list is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from string import hexdigits
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps.blocks import odd_sign, odd_token, refusal
from smsc_async.cli.dumps.headers import is_header, only_plausible
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsc_async.cli.dumps.blocks import Place, Source


class Token(NamedTuple):
    """A number as it is written, and its index in the text."""

    text: str
    at: int


_SHORT = 4
PAIRS: Final = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_PREFIXED: Final = re.compile(r"0[xX]([0-9a-fA-F](?:[0-9a-fA-F](?:[0-9a-fA-F]{2})*)?)", re.ASCII)
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,2})", re.ASCII)
_BARE: Final = re.compile(r"0|[1-9a-fA-F][0-9a-fA-F]?", re.ASCII)
_OCTAL_WORD: Final = re.compile(r"[01][0-7]{5}", re.ASCII)
_PADDED: Final = re.compile(r"[0-9]{3}", re.ASCII)


def read_numbers(tokens: Sequence[Token], source: Source, *, is_literal: bool = False) -> bytes:
    """Return the octets of a list.

    Args:
        tokens: At least one.
        source: The text they are from.
        is_literal: The list is one of a language: numbers are decimal, or pairs of digits.

    Raises:
        Failure: A token is no octet, or differs in kind from the others, or the list is ambiguous.
    """
    if any(_PREFIXED.fullmatch(token.text) for token in tokens):
        _check_padding(tokens, source)
        return b"".join(_prefixed(token, source) for token in tokens)
    texts = [token.text for token in tokens]
    _refuse_words(texts, source.place(tokens[0].at))
    possible = _OF_LITERALS if is_literal else _READINGS
    readings = [octets for reading in possible if (octets := reading(texts)) is not None]
    if not readings:
        raise _odd_number(tokens, source)
    chosen = readings[0] if len(set(readings)) == 1 else only_plausible(readings)
    if chosen is None:
        raise refusal(
            "ambiguous_hex",
            source.place(tokens[0].at),
            _("line {line}, column {column}: decimal and other readings of the list are possible"),
            advice=_("write two hexadecimal digits per octet"),
        )
    return chosen


def _refuse_words(texts: list[str], place: Place) -> None:
    """Refuse words in little-endian order, as od -An writes them: hexadecimal or octal."""
    straight, sizes = _pairs(texts), {len(text) for text in texts}
    if straight is None or is_header(straight) or len(sizes) != 1:
        return
    (size,) = sizes
    swapped = b"".join(bytes.fromhex(text)[::-1] for text in texts) if size in {4, 8, 16} else b""
    if all(map(_OCTAL_WORD.fullmatch, texts)):
        swapped = b"".join(int(text, 8).to_bytes(2, "little") for text in texts)
    if is_header(swapped):
        raise refusal(
            "ambiguous_hex",
            place,
            _("line {line}, column {column}: words of 16 bits in little-endian order"),
            advice=_("dump single octets: xxd, hexdump -C, or od -A x -t x1"),
        )


def _check_padding(tokens: Sequence[Token], source: Source) -> None:
    """Check that numbers with "0x" are all filled up with zeros to one width, or none is."""
    found = [each for token in tokens if (each := _PREFIXED.fullmatch(token.text))]
    sizes = Counter(len(each[1]) for each in found)
    is_padded = any(each[1].startswith("0") and len(each[1]) > 1 for each in found)
    ((usual, _count),) = sizes.most_common(1)
    odd = next((token for token in tokens if len(token.text) != usual + 2), None)
    if is_padded and odd is not None:
        raise odd_token(source.place(odd.at), odd.text)


def _prefixed(token: Token, source: Source) -> bytes:
    """Read a token of a list that has "0x"; one without is decimal."""
    if found := _PREFIXED.fullmatch(token.text):
        digits = found[1]
        return bytes.fromhex(digits if len(digits) % 2 == 0 else f"0{digits}")
    octets = _decimal([token.text])
    if octets is None:
        raise odd_token(source.place(token.at), token.text)
    return octets


def _odd_number(tokens: Sequence[Token], source: Source) -> Exception:
    """Return the failure of the token that keeps a list from being read."""
    is_decimal = sum(_decimal([token.text]) is not None for token in tokens)
    is_paired = sum(PAIRS.fullmatch(token.text) is not None for token in tokens)
    kind = _DECIMAL if is_decimal > is_paired else PAIRS
    for token in tokens:
        if not kind.fullmatch(token.text) or (kind is _DECIMAL and _decimal([token.text]) is None):
            if kind is PAIRS and all(sign in hexdigits for sign in token.text):
                return _odd_digits(token, source)
            if kind is PAIRS and (index := _odd_index(token.text)) is not None:
                place = source.place(token.at)
                return odd_sign(place._replace(column=place.column + index), token.text[index])
            return odd_token(source.place(token.at), token.text)
    # Each is an octet, but negative ones and those above 127 exclude each other.
    odd = next(
        (token for token in tokens if len(token.text) == 3 and token.text > "127"), tokens[0]
    )
    return odd_token(source.place(odd.at), odd.text)


def _odd_index(text: str) -> int | None:
    """Return the index of the first character that is no digit, where most of them are."""
    odd = [index for index, sign in enumerate(text) if sign not in hexdigits]
    is_digits = 2 * len(odd) <= len(text)
    return odd[0] if is_digits and (len(text) > _SHORT or not text.isascii()) else None


def _odd_digits(token: Token, source: Source) -> Exception:
    """Return the failure of a token with half an octet."""
    return refusal(
        "odd_hex",
        source.place(token.at),
        _("line {line}, column {column}: an odd number of hexadecimal digits: {digits}"),
        advice=_("a digit is missing or extra; copy the octets again"),
        digits=len(token.text),
    )


def _pairs(texts: list[str]) -> bytes | None:
    """Read pairs of hexadecimal digits."""
    if not all(map(PAIRS.fullmatch, texts)):
        return None
    return bytes.fromhex("".join(texts))


def _decimal(texts: list[str]) -> bytes | None:
    """Read decimal numbers, all from 0 to 255 or all from -128 to 127."""
    if not all(map(_DECIMAL.fullmatch, texts)):
        return None
    numbers = [int(text) for text in texts]
    lowest, highest = min(numbers), max(numbers)
    if lowest < -128 or highest > (127 if lowest < 0 else 255):
        return None
    return bytes(number & 0xFF for number in numbers)


def _bare(texts: list[str]) -> bytes | None:
    """Read hexadecimal numbers without leading zeros: `0 0 0 1f`."""
    if not all(map(_BARE.fullmatch, texts)):
        return None
    return bytes(int(text, 16) for text in texts)


def _padded(base: int) -> Callable[[list[str]], bytes | None]:
    """Return a function for numbers of three digits: `000 000 000 020`."""

    def read(texts: list[str]) -> bytes | None:
        if len(texts) < 2 or not all(map(_PADDED.fullmatch, texts)):
            return None
        try:
            return bytes(int(text, base) for text in texts)
        except ValueError:
            return None

    return read


_OF_LITERALS: Final = (_pairs, _decimal)
_READINGS: Final = (_pairs, _decimal, _bare, _padded(8), _padded(10))

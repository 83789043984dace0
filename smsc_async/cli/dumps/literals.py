r"""Literals of programming languages: lists in brackets and strings in quotes.

C, Go, Rust, Java, JavaScript, Python and Erlang; xxd -i; Wireshark's C arrays, escaped strings and
"Follow TCP stream" as C arrays, where the name of an array says which side sent it.

Rule: between the literals there are only declarations; a declared size must be that of the list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps.blocks import Block, odd_token, refusal
from smsc_async.cli.dumps.numbers import PAIRS, Token, read_numbers
from smsc_async.cli.dumps.strings import STRING, read_escapes, unfinished
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.dumps.blocks import Source

_SIGNS_OF_LITERALS: Final = re.compile(r"""["'{}\[\]<(\\]|0[xX][0-9a-fA-F]""")
_ESCAPES_ONLY: Final = re.compile(r"""\s*(?P<body>\\[x0][^"']*?)\s*""", re.DOTALL)

# PostgreSQL writes all octets behind one "\\x"; as an escape it would be a header of text.
_BYTEA: Final = re.compile(r"""\s*['"]?\\x(?P<digits>(?:[0-9a-fA-F]{2}){16,})['"]?\s*""", re.ASCII)

_SPACE: Final = re.compile(r"\s+|\\\r?\n")
_COMMENT: Final = re.compile(r"/\*.*?\*/|(?://|#)[^\n]*", re.DOTALL)
_PACKET: Final = re.compile(r"/\* Packet (\d+) \*/")
_OPEN: Final = re.compile(r"<<|<Buffer\b|[{\[(<]")
_CLOSE: Final = {"<<": ">>", "<Buffer": ">", "{": "}", "[": "]", "(": ")", "<": ">"}
_CAST: Final = re.compile(r"\((?:unsigned |signed )?(?:byte|char|uint8_t|int8_t|sbyte)\)\s*")
_FIRST: Final = re.compile(
    r"(?:\s|/\*.*?\*/)*(?:-?[0-9]|\((?:unsigned |signed )?\w+\)\s*-?[0-9]|'\\)"
)
_SIZE: Final = re.compile(r"\[\s*(?:\w+\s*;\s*)?([0-9]{1,7})\s*\]")
_NUMBER: Final = re.compile(
    r"(-?[0-9a-fA-F]+|0[xX][0-9a-fA-F]*)(?:_?u8|_?i8|[uU])?(?![\w.])", re.ASCII
)
_COUNT: Final = re.compile(r"unsigned int \w+_len = ([0-9]+);")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$!]*|\"(?:type|Buffer|data)\"", re.ASCII)
_SIGN: Final = re.compile(r">>|[=:;&*.,+!(){}<>\[\]]")
_DIGITS: Final = re.compile(r"\s*(?:[0-9a-fA-F]{2}[\s:]*)+", re.ASCII)
_BETWEEN: Final = re.compile(r"[\s:]+")
_PEER: Final = re.compile(r"peer([01])_([0-9]+)")


_OTHER_SIZE: Final = _(
    "line {line}, column {column}: the declared size is {size}, here are {have} octets"
)


class Literal(NamedTuple):
    """One list or string.

    Args:
        at: Its index in the text.
        items: Numbers, and octets of strings.
        name: The last word before it that may be its name.
        size: Octets that its declaration promises; None without one.
        packet: The number of the packet in a comment.
    """

    at: int
    items: list[Token | bytes]
    name: str
    size: int | None
    packet: int | None


def read_literals(source: Source) -> list[Block] | None:
    """Read literals; None if the text has none.

    Raises:
        Failure: A token is neither an octet nor part of a declaration, or a size doesn't agree.
    """
    if not _SIGNS_OF_LITERALS.search(source.text):
        return None
    if found := _BYTEA.fullmatch(source.text):
        return [
            Block(bytes.fromhex(found["digits"]), line=source.place(found.start("digits")).line)
        ]
    if found := _ESCAPES_ONLY.fullmatch(source.text):
        return [Block(read_escapes(source, *found.span("body")))]
    if not any(sign in source.text for sign in "\"'{[<("):
        return None
    literals = list(_Scanner(source).literals())
    if not literals:
        return None
    blocks = [_block(literal, source) for literal in literals]
    _check_order(literals, source)
    return blocks


def _block(literal: Literal, source: Source) -> Block:
    """Return the octets of a literal, with its side."""
    tokens = [item for item in literal.items if isinstance(item, Token)]
    octets = read_numbers(tokens, source, is_literal=True) if tokens else b""
    if len(tokens) < len(literal.items):
        if len(octets) != len(tokens):
            raise odd_token(source.place(tokens[0].at), tokens[0].text)
        numbers = iter(octets)
        octets = b"".join(
            item if isinstance(item, bytes) else bytes((next(numbers),)) for item in literal.items
        )
    place = source.place(literal.at)
    if literal.size not in {None, len(octets)}:
        raise refusal(
            "gap_hex",
            place,
            _("line {line}, column {column}: the declared size is {size}, here are {have} octets"),
            size=literal.size,
            have=len(octets),
        )
    peer = _PEER.fullmatch(literal.name)
    return Block(octets, int(peer[1]) if peer else None, place.line, literal.packet)


def _check_order(literals: list[Literal], source: Source) -> None:
    """Check that no array of "Follow TCP stream" is missing, doubled or of another form."""
    counts = [0, 0]
    peers = [_PEER.fullmatch(literal.name) for literal in literals]
    for literal, peer in zip(literals, peers, strict=True):
        if not any(peers):
            return
        if peer is None or int(peer[2]) != counts[int(peer[1])]:
            raise refusal(
                "gap_hex",
                source.place(literal.at),
                _("line {line}, column {column}: the array {name} doesn't follow those before it"),
                name=literal.name or "?",
            )
        counts[int(peer[1])] += 1


class _Scanner:
    """Reads literals from the first to the last character of a text."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._at = 0
        self._name = ""
        self._size: int | None = None
        self._packet: int | None = None
        strings = list(STRING.finditer(source.text))
        self._has_escapes = any("\\" in found["body"] for found in strings)
        self._is_hex = all(_DIGITS.fullmatch(found["body"]) for found in strings)

    def literals(self) -> Iterator[Literal]:
        """Yield the literals."""
        last: list[Token | bytes] = []
        while self._at < len(self._text):
            if self._skip(_SPACE) or self._skip_comment():
                continue
            if found := self._match(_COUNT):
                self._check_count(int(found[1]), last)
            elif self._skip(_WORD, name=True) or self._skip_size():
                continue
            elif found := self._match(STRING, move=False):
                last = [self._prefixed(found) or self._string(found)]
                yield self._literal(found.start(), last)
            elif self._text[self._at] in "\"'":
                raise unfinished(self._source, self._at)
            elif (found := self._match(_OPEN, move=False)) and _FIRST.match(
                self._text, found.end()
            ):
                last = self._list(found)
                yield self._literal(found.start(), last)
            elif not (self._skip(_OPEN) or self._skip(_SIGN)):
                raise self._odd()
        if self._name or self._size is not None or self._packet is not None:
            raise refusal(
                "cut_hex",
                self._source.place(len(self._text)),
                _("line {line}, column {column}: a declaration without its octets"),
            )

    def _literal(self, at: int, items: list[Token | bytes]) -> Literal:
        """Return a literal with what its declaration says."""
        literal = Literal(at, items, self._name, self._size, self._packet)
        self._name, self._size, self._packet = "", None, None
        return literal

    def _match(self, pattern: re.Pattern[str], *, move: bool = True) -> re.Match[str] | None:
        """Match at the current place."""
        found = pattern.match(self._text, self._at)
        if found and move:
            self._at = found.end()
        return found

    def _skip(self, pattern: re.Pattern[str], *, name: bool = False) -> bool:
        """Skip what matches; a *name* is remembered, unless it may be octets."""
        found = self._match(pattern, move=False)
        if found is None or (name and STRING.match(self._text, self._at) and found[0][0] != '"'):
            return False
        if name:
            if PAIRS.fullmatch(found[0]) and len(found[0]) > 1:
                raise self._odd()
            self._name = found[0]
        self._at = found.end()
        return True

    def _skip_comment(self) -> bool:
        """Skip a comment; Wireshark's has the number of the packet."""
        found = self._match(_COMMENT)
        if found and (packet := _PACKET.fullmatch(found[0])):
            self._packet = int(packet[1])
        return found is not None

    def _skip_size(self) -> bool:
        """Skip a declared size, `[23]`; a list has more than one number."""
        found = self._match(_SIZE)
        if found:
            self._size = int(found[1])
        return found is not None

    def _prefixed(self, found: re.Match[str]) -> Token | None:
        """Read a string that is a number: `['0x0', '0x10']`."""
        if self._has_escapes or not found["body"].startswith(("0x", "0X")):
            return None
        self._at = found.end()
        return Token(found["body"], found.start("body"))

    def _string(self, found: re.Match[str]) -> bytes:
        """Read a string: digits if all strings are, octets otherwise."""
        self._at = found.end()
        start, end = found.span("body")
        if self._is_hex:
            return bytes.fromhex(_BETWEEN.sub("", found["body"]))
        if not self._has_escapes:
            # Every PDU has a NUL.
            raise odd_token(self._source.place(start), found["body"])
        is_digits = PAIRS.fullmatch(found["body"]) and len(found["body"]) >= 8
        if is_digits and "b" not in found["prefix"].lower():
            raise refusal(
                "ambiguous_hex",
                self._source.place(found.start()),
                _("line {line}, column {column}: digits or a text? Other strings have escapes"),
            )
        return read_escapes(self._source, start, end)

    def _list(self, opened: re.Match[str]) -> list[Token | bytes]:
        """Read a list up to its closing bracket."""
        self._at = opened.end()
        closing = _CLOSE[opened[0]]
        items: list[Token | bytes] = []
        is_separated = True
        while not self._text.startswith(closing, self._at):
            if self._at >= len(self._text):
                raise self._not_closed(opened.start())
            if self._skip(_SPACE) or self._skip_in_list():
                continue
            if self._text[self._at] == ",":
                if is_separated:
                    raise self._odd()
                self._at, is_separated = self._at + 1, True
                continue
            self._skip(_CAST)
            items.append(self._item())
            is_separated = False
        self._at += len(closing)
        return items

    def _skip_in_list(self) -> bool:
        """Skip a comment in a list, as Wireshark's of the characters."""
        return self._text[self._at] in "/#" and self._skip_comment()

    def _item(self) -> Token | bytes:
        """Read one item of a list: a number, a character or a string."""
        if found := self._match(STRING):
            return read_escapes(self._source, *found.span("body"))
        if found := self._match(_NUMBER):
            return Token(found[1], found.start())
        raise self._odd()

    def _check_count(self, count: int, items: list[Token | bytes]) -> None:
        """Check the number that xxd -i writes behind its list."""
        if count != len(items):
            raise refusal(
                "gap_hex",
                self._source.place(self._at - 1),
                _OTHER_SIZE,
                size=count,
                have=len(items),
            )

    def _not_closed(self, at: int) -> Exception:
        """Return the failure of a list without an end."""
        return refusal(
            "cut_hex",
            self._source.place(at),
            _("line {line}, column {column}: the list that begins here has no end"),
        )

    def _odd(self) -> Exception:
        """Return the failure of what stands at the current place."""
        token = re.match(r"[^\s,;{}()\[\]]+", self._text[self._at :])
        return odd_token(self._source.place(self._at), token[0] if token else self._text[self._at])

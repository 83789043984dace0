"""Octets without offsets: hexadecimal digits with separators, decimal lists, sides by lines.

Rule: separators stand between octets, never inside of one.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from smsc_async.cli.dumps.blocks import Block, odd_token
from smsc_async.cli.dumps.frames import guess_frame, is_other
from smsc_async.cli.dumps.headers import is_header
from smsc_async.cli.dumps.numbers import PAIRS, Token, read_numbers
from smsc_async.cli.dumps.rows import is_follow_heading, refuse_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.dumps.blocks import Source

_COMMENT: Final = re.compile(r"(?:#|//)[^\n]*")
_TOKEN: Final = re.compile(r"-?[^\s,;:\-]+")
_BETWEEN: Final = re.compile(r"[\s,;]*[:\-]?\s*")
_JOINED: Final = re.compile(r"[0-9a-fA-F]+(?:[._|][0-9a-fA-F]+)+", re.ASCII)
_PART: Final = re.compile(r"[^._|]+")


def read_digits(source: Source) -> list[Block]:
    """Read digits; the result is empty if there are none.

    Raises:
        Failure: A token is no octet, or differs in kind from the others.
    """
    if blocks := _read_sides(source):
        return blocks
    refuse_rows(source)
    # Spaces in place of comments, so that places stay.
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), source.text)
    tokens = list(_tokens(source, text))
    return _lines(tokens, read_numbers(tokens, source), source) if tokens else []


def _lines(tokens: list[Token], octets: bytes, source: Source) -> list[Block]:
    """Return a block for each line that begins with a PDU: the one before may have been cut."""
    lines = [source.place(token.at).line for token in tokens]
    firsts = [index for index in range(1, len(tokens)) if lines[index] != lines[index - 1]]
    # Tokens of two digits are an octet each, others are counted by their digits.
    is_single = len(octets) == len(tokens)
    sizes = [1 if is_single else len(token.text.removeprefix("0x")) // 2 for token in tokens]
    starts = [0, *accumulate(sizes)]
    ends = [*(starts[index] for index in firsts), len(octets)]
    if all(_is_frame(octets[at:end]) for at, end in pairwise((0, *ends))):
        begins = [0, *firsts]
    else:
        begins = [0, *(index for index in firsts if is_header(octets, starts[index]))]
    return [
        Block(octets[starts[first] : starts[last]], line=lines[first])
        for first, last in pairwise((*begins, len(tokens)))
    ]


def _is_frame(octets: bytes) -> bool:
    """Tell whether a line is a frame of a network."""
    return guess_frame(octets) is not None or is_other(octets)


def _tokens(source: Source, text: str, base: int = 0) -> Iterator[Token]:
    """Yield the tokens of a text, which begins at index *base* of the source."""
    at = len(text) - len(text.lstrip())
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise odd_token(source.place(base + at), text[at])
        parts = _PART.finditer(found[0]) if _JOINED.fullmatch(found[0]) else ()
        for part in parts:
            yield Token(part[0], base + at + part.start())
        if not parts:
            yield Token(found[0], base + at)
        at = _after_gap(text, found.end())


def _after_gap(text: str, at: int) -> int:
    """Return where the next token begins: a minus after a space or a comma is its sign."""
    gap = _BETWEEN.match(text, at)
    if gap is None:
        return at
    is_sign = gap[0].endswith("-") and gap[0] != "-"
    return gap.end() - is_sign


def _read_sides(source: Source) -> list[Block]:
    """Read lines that are packets, those of the second side indented: tshark's "follow,tcp,raw".

    Without the heading of tshark the indent may be mere layout; then each side must begin with a
    PDU.
    """
    has_heading = any(line.startswith("Follow: ") for line in source.lines)
    blocks: list[Block] = []
    at = 0
    for number, line in enumerate(source.lines, start=1):
        if line.strip() and not (has_heading and is_follow_heading(line)):
            if PAIRS.fullmatch(line.strip()):
                octets = bytes.fromhex(line.strip())
            elif has_heading:
                octets = read_numbers(list(_tokens(source, line, at)), source)
            else:
                return []
            blocks.append(Block(octets, int(line[0] in " \t"), number))
        at += len(line) + 1
    sides = [b"".join(block.octets for block in blocks if block.side == side) for side in (0, 1)]
    return blocks if has_heading or all(map(is_header, sides)) else []

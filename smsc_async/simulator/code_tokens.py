"""The tokens of a text: words, numbers, signs and ends of sentences, see `codes`.

Rule: a pattern has no quantifier inside another, so a text takes time in proportion to its length.
Digits with signs between them are read as a whole: only so it is seen that "123 456" is one number,
and "12.03.2026" none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from smsc_async.simulator import code_words as words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HYPHENS: Final = "\u2010\u2011\u2012\u2013-"  # the last one, as in a class of a pattern
APOSTROPHES: Final = "'\u2019\u2018\u02bb\u02bc`"
YEAR: Final = re.compile("(?:19|20)[0-9]{2}")
DAY: Final = re.compile(
    r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
)
"""Day and month of a date, in either order."""

Role = Literal["code", "other", "enter", "link", "connector", ""]
"""What a word says of a number near it; "other" that it is no code."""

_SPACES: Final = " \u00a0\u2009\u202f"
_BREAKS: Final = frozenset("\n\r;!?\u2026")
_TOKEN: Final = re.compile(
    # A voice call has its digits apart: "4, 8, 2, 1".
    r"(?P<spoken>(?<!, )[0-9](?:, [0-9]){3,7}(?![0-9]|, ?[0-9]))"
    rf"|(?P<number>[0-9](?:[0-9]|[{_SPACES}.,:/{HYPHENS}](?=[0-9]))*)"
    rf"|(?P<word>(?:[^\W\d_]|[{APOSTROPHES}])+)"
    r"|(?P<sign>[\r\n]|\S)"
)
_PIECE: Final = re.compile(rf"[^{_SPACES}]+")
_GROUPED: Final = re.compile(rf"[0-9{HYPHENS}]+")
_GROUP: Final = re.compile("[0-9]+")
_SHORTEST, _LONGEST = 4, 8
_SHORTEST_PHONE: Final = 9


class Token(NamedTuple):
    """A word, a number, a sign or the end of a sentence.

    Args:
        kind: Which of them.
        text: Of a word in lower case without apostrophes; of a number its digits, empty if they
            can't be a code.
        start: Where it begins in the text.
        end: Where it ends.
        words: Words before it.
        sentence: Number of its sentence.
        role: Of a word.
        groups: Of a number's digits.
    """

    kind: Literal["word", "number", "sign", "break"]
    text: str
    start: int
    end: int
    words: int
    sentence: int
    role: Role = ""
    groups: int = 1


def read_tokens(text: str) -> list[Token]:
    """Split a text into tokens."""
    tokens: list[Token] = []
    count = sentence = 0
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        if found["spoken"]:
            digits = found["spoken"].replace(", ", "")
            tokens.append(Token("number", digits, start, end, count, sentence, groups=len(digits)))
        elif found["number"]:
            for digits, first, last, groups in _numbers(found["number"], start):
                tokens.append(Token("number", digits, first, last, count, sentence, groups=groups))
        elif found["word"] and (word := _plain(found["word"])):
            tokens.append(Token("word", word, start, end, count, sentence, _role(word)))
            count += 1
        elif _is_break(text, found, tokens):
            tokens.append(Token("break", "", start, end, count, sentence))
            sentence += 1
        else:
            tokens.append(Token("sign", found[0], start, end, count, sentence))
    return [_in_context(tokens, index) for index in range(len(tokens))]


def _plain(word: str) -> str:
    """Return a word in lower case without apostrophes."""
    for sign in APOSTROPHES:
        word = word.replace(sign, "")
    return word.lower()


def _role(word: str) -> Role:
    """Return what a word says of a number near it."""
    if word in words.CODES:
        return "code"
    if word in words.OTHER_NUMBERS:
        return "other"
    if word in words.ENTERING:
        return "enter"
    if word in words.LINKS:
        return "link"
    return "connector" if word in words.CONNECTORS else ""


def _in_context(tokens: Sequence[Token], index: int) -> Token:
    """Return a token; a word for a code that its neighbours make another code is changed."""
    token = tokens[index]
    if token.role != "code":
        return token
    before = index - 1
    if before > 0 and tokens[before].text in HYPHENS:
        before -= 1
    is_other = (before >= 0 and tokens[before].text in words.BEFORE_OTHER_CODES) or (
        index + 1 < len(tokens) and tokens[index + 1].text in words.BEHIND_OTHER_CODES
    )
    return token._replace(role="other") if is_other else token


def _is_break(text: str, found: re.Match[str], tokens: Sequence[Token]) -> bool:
    """Whether a sign ends a sentence. A full stop behind one or two letters doesn't."""
    sign = found[0]
    if sign[-1] in _BREAKS:
        return True
    if sign != "." or text[found.end() : found.end() + 1].strip():
        return False
    last = tokens[-1] if tokens else None
    return last is None or last.kind != "word" or len(last.text) > 2


def _numbers(chain: str, offset: int) -> Iterator[tuple[str, int, int, int]]:
    """Split digits with signs between them into numbers: digits, start, end and groups."""
    row: list[re.Match[str]] = []
    for piece in _PIECE.finditer(chain):
        if _GROUPED.fullmatch(piece[0]) and len("".join(_GROUP.findall(piece[0]))) <= _LONGEST:
            row.append(piece)
            continue
        yield from _row_of_numbers(row, offset)
        row = []
        # Decimals, a date, a time, an address, or a whole phone number.
        yield "", offset + piece.start(), offset + piece.end(), 1
    yield from _row_of_numbers(row, offset)


def _row_of_numbers(row: list[re.Match[str]], offset: int) -> Iterator[tuple[str, int, int, int]]:
    """Read groups of digits that spaces or hyphens separate: one number, or each its own."""
    groups = [group for piece in row for group in _GROUP.findall(piece[0])]
    total = sum(map(len, groups))
    is_phone = total >= _SHORTEST_PHONE and len(groups) > 2
    if len(row) > 1 and len(groups) == len(row) and _is_code(groups):
        yield "".join(groups), offset + row[0].start(), offset + row[-1].end(), len(groups)
        return
    for piece in row:
        groups = _GROUP.findall(piece[0])
        digits = "".join(groups) if not is_phone and _is_code(groups) else ""
        yield digits, offset + piece.start(), offset + piece.end(), len(groups)


def _is_code(groups: list[str]) -> bool:
    """Whether groups of digits may be a code: equally long, 4 to 8 digits in all."""
    sizes = {len(group) for group in groups}
    if len(sizes) > 1 or not _SHORTEST <= sum(map(len, groups)) <= _LONGEST:
        return False
    is_period = len(groups) == 2 and all(map(YEAR.fullmatch, groups))
    is_date = len(groups) == 3 and DAY.fullmatch("".join(groups[:2]))
    return not (is_period or is_date)

"""One-time codes in the texts of messages.

Rule: a code is guessed from the words around a number, and two guesses are none. A number counts
if a word for a code stands before it in its sentence, or else behind it, and if nothing says that
it is another number: a unit behind it, the word for an order, a card or a phone before it. The
last line of a text for browsers, "@shop.example #482913", says what the code is.

Every pass looks at each token, and at a few around it, once: a text takes time in proportion to its
length, whatever it says.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pdu._tracebacks import hides_assigned, hides_locals
from pdu.half_made import shows_half_made
from smsc_async.simulator import code_words as words
from smsc_async.simulator.code_tokens import APOSTROPHES, DAY, HYPHENS, YEAR, Token, read_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLONS: Final = frozenset(":=\u2014") | frozenset(HYPHENS)
_CURRENCIES: Final = frozenset("$€₽₸₴£₹¥")
_NEVER_BEFORE: Final = frozenset("+/\\@&•·_") | _CURRENCIES
_NEVER_BEHIND: Final = frozenset("@%‰°_") | _CURRENCIES
_NUMBER_SIGNS: Final = frozenset("#№")
_EQUAL: Final = frozenset({"is", "are", "это", "це", "бул"})

# "@host #code", and the host of a frame that may have it.
_BROWSER_LINE: Final = re.compile(r"@[^\s#@]+ #([0-9A-Za-z]{4,32})(?: [@%][^\s#@]+)?")
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}"
)

_BACK: Final = 12
"""Words between the word for a code and the code."""
_AHEAD: Final = 8
"""Words between a code and the word for it."""
_NEAR: Final = 6
"""Tokens between a number and the word that it belongs to."""


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, repr=False)
class FoundCodes:
    """The one-time codes of a text.

    Attributes:
        codes: In the order of the text, each once: digits without separators, or letters and
            digits of a text for browsers.
    """

    codes: tuple[str, ...]

    @property
    def code(self) -> str | None:
        """The code if there is exactly one, else None."""
        return self.codes[0] if len(self.codes) == 1 else None

    def __repr__(self) -> str:
        return f"<FoundCodes, {len(self.codes)} codes>"


@hides_locals(TypeError, text=str)
def find_codes(text: str) -> FoundCodes:
    """Find the one-time codes of a text.

    A code has 4 to 8 digits, also in equal groups: "123 456", "12-34", "1234-5678". Words of
    English, Russian, Ukrainian, Kazakh and Uzbek are known. Never a code: years, dates, times,
    sums, shares, durations, phone numbers, numbers of orders, contracts and cards.

    Args:
        text: Of any length; the time it takes is in proportion to it.
    """
    of_browsers = _BROWSER_LINE.fullmatch(text.rstrip().rpartition("\n")[2])
    if of_browsers:
        return FoundCodes((of_browsers[1],))
    tokens = read_tokens(text)
    found = _Search(text, tokens).run()
    return FoundCodes(tuple(dict.fromkeys(tokens[index].text for index in sorted(found))))


class _Search:
    """Finds the tokens of a text that are codes.

    Args:
        text: The text.
        tokens: Its tokens.
    """

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text, self._tokens = text, tokens
        self._labels = [index for index, token in enumerate(tokens) if token.role == "code"]
        self._used: set[int] = set()
        self._found: set[int] = set()

    def run(self) -> set[int]:
        """Return the indices of the codes."""
        free = self._search_backward()
        for index in reversed(free):
            self._search_forward(index)
        if not self._found and len(free) == 1:
            self._search_nearby(free[0])
        return self._found

    def _search_backward(self) -> list[int]:
        """Find the numbers behind a word for a code; return those that may belong to another."""
        free: list[int] = []
        label = comma = start = -1
        for index, token in enumerate(self._tokens):
            if token.role == "code":
                label = index
            elif token.kind == "break":
                start = token.words
            elif token.text == "," and token.kind == "sign":
                comma = index
            elif token.kind == "number" and token.text and not self._is_excluded(index):
                # Behind the end of a sentence only what stands first belongs to it.
                is_near = label >= 0 and (
                    self._tokens[label].sentence == token.sentence or token.words == start
                )
                verdict = self._judge(index, label if is_near else -1, has_comma=comma > label)
                if verdict == "code":
                    self._found.add(index)
                elif verdict == "free":
                    free.append(index)
        return free

    def _judge(self, index: int, label: int, *, has_comma: bool) -> str:
        """Return "code", "other", or "free" for a number that no word before it explains."""
        token = self._tokens[index]
        owner, has_colon = self._owner(index)
        role = "" if owner < 0 else self._tokens[owner].role
        has_label = label >= 0 and token.words - self._tokens[label].words - 1 <= _BACK
        if role == "other":
            # In "code for the order: 4821" the order only says which code.
            is_code = has_label and has_colon and not has_comma and label not in self._used
        elif self._has_number_sign(index) and role != "code":
            return "other"
        elif role == "enter":
            is_code = not self._is_doubtful(index)
            return "code" if is_code else "other"
        elif not has_label or label in self._used:
            if has_label and owner in self._found:
                return "code"
            return "other" if self._is_doubtful(index) else "free"
        else:
            is_code = not self._is_doubtful(index) or has_colon or self._is_close(index, label)
        if is_code:
            self._used.add(label)
        return "code" if is_code else "other"

    def _owner(self, index: int) -> tuple[int, bool]:
        """Return the word or number that a number follows, -1 for none; and whether by a colon."""
        has_colon = False
        for before in range(index - 1, max(-1, index - 1 - _NEAR), -1):
            token = self._tokens[before]
            if token.kind == "break":
                break
            if token.kind == "sign":
                has_colon = has_colon or token.text in _COLONS
            elif token.role == "link":
                has_colon = has_colon or token.text in _EQUAL
            elif token.role != "connector":
                return before, has_colon
        return -1, has_colon

    def _search_forward(self, index: int) -> None:
        """Find the word for a code that a number stands before, in the same sentence."""
        token, place = self._tokens[index], bisect(self._labels, index)
        if place < len(self._labels):
            label = self._labels[place]
            other = self._tokens[label]
            is_near = other.sentence == token.sentence and other.words - token.words <= _AHEAD
            if is_near and label not in self._used:
                self._used.add(label)
                self._found.add(index)

    def _search_nearby(self, index: int) -> None:
        """Take the only number there is, if a word for a code is near in another sentence."""
        token, place = self._tokens[index], bisect(self._labels, index)
        near = self._labels[max(0, place - 1) : place + 1]
        if any(abs(self._tokens[label].words - token.words) <= _BACK for label in near):
            self._found.add(index)

    def _is_excluded(self, index: int) -> bool:
        """Whether signs, letters or a unit beside a number say that it is no code."""
        text, token = self._text, self._tokens[index]
        before = text[token.start - 1] if token.start else " "
        after = f"{text[token.end : token.end + 2]}  "
        behind, following = after[0], after[1]
        if before in _NEVER_BEFORE or behind in _NEVER_BEHIND or _is_letter(before + behind):
            return True
        if before == "*" != behind:
            return True
        # "2000-го", "4821.html".
        is_joined = (behind in HYPHENS and following.isalpha()) or (
            behind == "." and "a" <= following <= "z"
        )
        return is_joined or self._is_counted(index) or self._is_tail(index)

    def _is_counted(self, index: int) -> bool:
        """Whether a unit follows a number."""
        token = self._tokens[index + 1] if index + 1 < len(self._tokens) else None
        if token is None:
            return False
        return token.text in (words.UNITS if token.kind == "word" else _NEVER_BEHIND)

    def _is_tail(self, index: int) -> bool:
        """Whether a number is the end of something: "$ 5000", "(495) 1234567", "AB-1234"."""
        before = [self._tokens[place].text for place in range(max(0, index - 3), index)]
        last = before[-1] if before else ""
        if last in _CURRENCIES:
            return True
        if last == ")" and len(before) == 3:
            return before[0] == "(" and self._tokens[index - 2].kind == "number"
        if self._text[self._tokens[index].start - 1] not in HYPHENS or len(before) < 2:
            return False
        word = self._tokens[index - 2]
        is_close = word.kind == "word" and word.end == self._tokens[index].start - 1
        # Google writes "G-482913".
        return is_close and word.role != "code" and word.text != "g"

    def _has_number_sign(self, index: int) -> bool:
        """Whether a "#" or "№" stands before a number."""
        before = self._tokens[index - 1] if index else None
        return before is not None and before.text in _NUMBER_SIGNS

    def _is_doubtful(self, index: int) -> bool:
        """Whether a number may be a year or a date."""
        token = self._tokens[index]
        if token.groups == 1:
            return bool(YEAR.fullmatch(token.text) or _DATE.fullmatch(token.text))
        return token.groups == 2 and bool(DAY.fullmatch(token.text))

    def _is_close(self, index: int, label: int) -> bool:
        """Whether a word for a code stands before a number, or one word in between: "is" or so."""
        if index - label > _NEAR:
            return False
        between = [token.text for token in self._tokens[label + 1 : index] if token.kind == "word"]
        if not between:
            return True
        word = between[0]
        return len(between) == 1 and (word in _EQUAL or (len(word) > 3 and word not in words.YEARS))


def _is_letter(signs: str) -> bool:
    """Whether one of the signs beside a number is a letter."""
    return any(sign.isalpha() and sign not in APOSTROPHES for sign in signs)

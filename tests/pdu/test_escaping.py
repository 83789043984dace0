"""What a peer wrote is shown on one line, with all that steers a terminal visible."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.escaping import escape

HOSTILE = "\x1b[2J\r\n\x00\x07\x7f\x85\x9b\u2028\u2029\u202e\u2066\u200b\u200d\u2060\ufeff\ud800"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("855469", "855469"),
        ("a b~", "a b~"),
        ("", ""),
        ("\x1b[31m\r\n\t", "\\x1b[31m\\r\\n\\t"),
        ("\u202eid\u200b", "\\u202eid\\u200b"),
        ("\ud800", "\\ud800"),
        ("id\U0001f600", "id\\U0001f600"),
        ("Код", "\\u041a\\u043e\\u0434"),
        ("\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80"),
        ("C:\\new 'x' \"y\"", "C:\\new 'x' \"y\""),
    ],
)
def test_ids_become_ascii(text: str, shown: str) -> None:
    """Any terminal, and a log in cp1251, can show them; look-alikes of other scripts stand out."""
    assert shown == escape(text)


@pytest.mark.parametrize(
    "text", ["Код 4821", "İstanbul ğ", "👋🏽 ❤️", "日本語", "naïve", "1\u202f000\u00a0₽"]
)
def test_texts_keep_their_letters(text: str) -> None:
    """A person reads them, emoji included."""
    assert text == escape(text, letters=True)
    assert escape(text).isascii()


@pytest.mark.parametrize("letters", [False, True])
@pytest.mark.parametrize("char", [*HOSTILE.replace("[2J", ""), "\u115f", "\u3164", "\U000e0101"])
def test_what_steers_a_terminal_or_hides_is_escaped(char: str, *, letters: bool) -> None:
    """Controls, line ends, bidi controls, zero-width marks, half a pair, fillers."""
    shown = escape(f"a{char}b", letters=letters)

    assert shown.startswith("a\\")
    assert 1 == len(shown.splitlines())
    assert shown.encode("utf-8")
    assert f"a{ascii(char)[1:-1]}b" == shown


@given(st.text(st.characters(codec=None, categories=None)))
def test_result_is_one_line_and_stays(text: str) -> None:
    """Escaped twice is escaped once, so a line may hold what is escaped already."""
    for letters in (False, True):
        shown = escape(text, letters=letters)
        assert " ".join(shown.split()).isprintable()
        assert shown == escape(shown, letters=letters)
        assert len(shown.splitlines()) <= 1
    assert escape(text).isascii()


def test_no_format_character_is_let_through() -> None:
    """Of all planes: Python's own table of what is printable is the authority."""
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            assert char != escape(char, letters=True)

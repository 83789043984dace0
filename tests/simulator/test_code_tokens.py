"""The tokens of a text: what belongs together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.simulator.code_tokens import read_tokens


def numbers(text: str) -> list[str]:
    """Return the digits of the numbers; empty for what can't be a code."""
    return [token.text for token in read_tokens(text) if token.kind == "number"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4821", ["4821"]),
        ("123 456", ["123456"]),
        ("123\u00a0456", ["123456"]),
        ("12-34", ["1234"]),
        ("1234\u20115678", ["12345678"]),
        ("12-34-56", ["123456"]),
        ("4, 8, 2, 1", ["4821"]),
        ("4 8 2 1", ["4821"]),
        ("4821 5", ["4821", ""]),
        ("4821 12.03", ["4821", ""]),
        ("123", [""]),
        ("123456789", [""]),
        ("12.34", [""]),
        ("12:30:05", [""]),
        ("1,500.00", [""]),
        ("12.03.2026 12:30", ["", ""]),
        ("555-35-35", [""]),
        ("8 800 555 35 35", ["", "", "", "", ""]),
        ("1234 5678 9012 3456", ["", "", "", ""]),
        ("4821 8-800-555-35-35", ["4821", ""]),
        ("4821 79991234567 5566", ["4821", "", "5566"]),
        ("2024-2025", [""]),
        ("12-03-26", [""]),
        ("1, 2, 3, 4, 5, 6, 7, 8, 9", [""] * 9),
    ],
)
def test_number_is_read_as_a_whole(text: str, expected: list[str]) -> None:
    """Groups of equal length are one code; dates, times, sums and phones are none."""
    assert expected == numbers(text)


def test_sentences_end_at_signs_and_lines() -> None:
    """A full stop behind an abbreviation of two letters ends none, nor does one in a name."""
    tokens = read_tokens("г. Уфа. Код: shop.ru! Да\n4821")

    assert [0, 0, 1, 1, 1, 2, 3] == [
        token.sentence for token in tokens if token.kind in {"word", "number"}
    ]


def test_apostrophes_are_part_of_a_word() -> None:
    """Uzbek is written with four of them; around a word they are quotation marks."""
    tokens = read_tokens("so'm so‘m soʻm 'код' '")

    assert ["som", "som", "som", "код", "'"] == [token.text for token in tokens]


@pytest.mark.parametrize(
    ("text", "role"),
    [("код", "code"), ("QR-код", "other"), ("promo code", "other"), ("код товара", "other")],
)
def test_neighbours_make_another_code(text: str, role: str) -> None:
    """A promo code is no one-time code."""
    assert role in [token.role for token in read_tokens(text)]


@given(st.text(alphabet="0123456789 .,:/-\nкод"))
def test_tokens_stand_in_order(text: str) -> None:
    """Each begins where the one before has ended, or later, and a number is that of its digits."""
    tokens = read_tokens(text)
    ends = [0, *(token.end for token in tokens)]

    assert all(end <= token.start < token.end for end, token in zip(ends, tokens, strict=False))
    assert all(
        token.text == "".join(filter(str.isdigit, text[token.start : token.end]))
        for token in tokens
        if token.kind == "number" and token.text
    )

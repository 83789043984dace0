"""What a cell says is the same in every format of its sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.cli.tables.canonical import canonical


@pytest.mark.parametrize(
    "spellings",
    [
        ("1500,5", "1500.5", "1500.50", "1 500,50", "1\u00a0500,5", "1\u202f500.5"),
        ("17", "17.0", "17,00", " 17 "),
        ("-3", "-3.0"),
        ("05.03.2026", "2026-03-05", "05.03.2026 0:00", "2026-03-05 00:00:00"),
        ("05.03.2026 9:05", "05.03.2026 09:05:00", "2026-03-05T09:05"),
        ("05.03.2026 09:05:07", "2026-03-05 9:05:07"),
        ("TRUE", "ИСТИНА", "true"),
        ("FALSE", "ложь"),
        ("a\nb", "a\r\nb", "a\rb"),
    ],
)
def test_spellings_of_one_value_are_one(spellings: tuple[str, ...]) -> None:
    """A number by its digits, a date by its day."""
    assert 1 == len(set(map(canonical, spellings)))


def test_values_that_differ_stay_different() -> None:
    """Leading zeros, texts, and times count."""
    cells = [
        "0042",
        "42",
        "42.1",
        "4.2",
        "42 a",
        " a",
        "a",
        "1500 5",
        "05.03.2026",
        "05.03.2026 9:05",
    ]

    assert len(cells) == len(set(map(canonical, cells)))


@given(st.text())
def test_text_with_letters_only_changes_its_line_ends(text: str) -> None:
    """It is what it is."""
    text = f"abc{text}"

    assert text.replace("\r\n", "\n").replace("\r", "\n") == canonical(text)


@given(st.text())
def test_canonical_form_is_its_own(text: str) -> None:
    """So an entry keeps its key."""
    assert canonical(text) == canonical(canonical(text))

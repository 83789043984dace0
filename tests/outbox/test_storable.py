"""Text from outside is storable in both databases."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.outbox.storable import (
    MAX_ID_LENGTH,
    storable_id,
    storable_text,
    storable_values,
)

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_becomes_valid_utf_8_without_a_nul(text: str) -> None:
    """A lone surrogate can't be encoded, and PostgreSQL's text ends nowhere at a NUL."""
    stored = storable_text(text)

    assert "\0" not in stored
    assert stored == stored.encode().decode()
    assert stored == storable_text(stored)


@pytest.mark.parametrize("text", ["", "855469", "Привет", "\U0001f600", "\\x00"])
def test_ordinary_text_stays(text: str) -> None:
    """Ids that 0.1.0 stored are found again."""
    assert (text, text) == (storable_text(text), storable_id(text))


def test_what_cannot_be_stored_is_escaped() -> None:
    """As Python writes it."""
    assert r"a\x00b\ud800" == storable_text("a\0b\ud800")


def test_long_ids_are_shortened_and_stay_different() -> None:
    """PostgreSQL's index takes no text of 70 000 characters."""
    one, two = storable_id("x" * 70_000 + "1"), storable_id("x" * 70_000 + "2")

    assert {MAX_ID_LENGTH} == {len(one), len(two)}
    assert one != two
    assert "y" * MAX_ID_LENGTH == storable_id("y" * MAX_ID_LENGTH)


def test_only_texts_of_a_statement_are_changed() -> None:
    """Numbers and NULL stay."""
    values: dict[str, Any] = {"a": "\0", "b": 17, "c": None, "d": 1.5}

    assert values | {"a": r"\x00"} == storable_values(values)

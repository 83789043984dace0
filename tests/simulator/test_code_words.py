"""Words near numbers: whole ones, and beginnings."""

from __future__ import annotations

import pytest

from smsc_async.simulator import code_words
from smsc_async.simulator.code_words import CODES, UNITS, WordList

LISTS = [value for value in vars(code_words).values() if isinstance(value, WordList)]


def test_word_or_beginning_is_found() -> None:
    """A short word is the beginning of too many others."""
    words = WordList("pin парол-", "код")

    assert ["pin", "пароль", "парол", "код"] == [
        word for word in ("pin", "pink", "пароль", "парол", "код", "кодекс") if word in words
    ]
    assert "<WordList of 3>" == repr(words)


@pytest.mark.parametrize(
    "word",
    ["code", "password", "кодом", "паролі", "кодыңызды", "құпиясөз", "kodingizni", "кодингиз"],
)
def test_words_for_a_code_are_known_in_five_languages(word: str) -> None:
    """With the endings of their grammar."""
    assert word in CODES


@pytest.mark.parametrize("word", ["кодекс", "кодак", "pink", "codec", "годен", "ай-да", "some"])
def test_similar_words_mean_nothing(word: str) -> None:
    """«Годен 5 минут» is no year, «кодекс» no code."""
    assert word not in CODES
    assert word not in UNITS


@pytest.mark.parametrize("words", LISTS)
def test_words_are_as_they_are_looked_up(words: WordList) -> None:
    """In lower case and without apostrophes, or they are never found."""
    beginnings = [one for group in words._beginnings.values() for one in group]

    assert all(len(word) >= 2 for word in beginnings)
    assert [] == [
        word
        for word in (*words._words, *beginnings)
        if word != word.lower().replace("'", "") or not word
    ]

"""Two languages that say the same."""

from __future__ import annotations

from string import Formatter

import pytest

from smsc_async.cli.i18n import TEXTS, Translator, environment_language, parse_language


def placeholders(text: str) -> set[str]:
    """Return the names that are put into a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    """A text that one language lacks would be a KeyError at the worst moment."""
    assert set(TEXTS["en"]) == set(TEXTS["ru"])


@pytest.mark.parametrize("key", TEXTS["en"])
def test_both_languages_put_in_the_same_values(key: str) -> None:
    """What one language tells, the other must not leave out."""
    assert placeholders(TEXTS["en"][key]) == placeholders(TEXTS["ru"][key])


@pytest.mark.parametrize(
    "key", [key for key, text in TEXTS["en"].items() if "|" in text and " | " not in text]
)
def test_nouns_have_all_their_forms(key: str) -> None:
    """English has two forms of a noun beside a number, Russian three."""
    assert (2, 3) == (TEXTS["en"][key].count("|") + 1, TEXTS["ru"][key].count("|") + 1)


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (0, "0 parts", "0 частей"),
        (1, "1 part", "1 часть"),
        (2, "2 parts", "2 части"),
        (5, "5 parts", "5 частей"),
        (11, "11 parts", "11 частей"),
        (12, "12 parts", "12 частей"),
        (21, "21 parts", "21 часть"),
        (112, "112 parts", "112 частей"),
        (122, "122 parts", "122 части"),
    ],
)
def test_numbers_take_the_right_form(number: int, english: str, russian: str) -> None:
    """«5 часть» is how a program speaks that nobody has read."""
    assert (english, russian) == (
        Translator("en").count("parts", number),
        Translator("ru").count("parts", number),
    )


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_GB.UTF-8", "LC_ALL": "ru_RU"}, "ru"),
        ({"LC_ALL": "ru_RU", "SMSC_LANG": "en"}, "en"),
        ({"LC_ALL": "", "LANG": "ru_RU"}, "ru"),
        ({"SMSC_LANG": "RU"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_environment_decides_the_language(environ: dict[str, str], language: str) -> None:
    """The first variable that is set decides, as POSIX has it, and ours goes before all."""
    assert language == environment_language(environ)


def test_only_spoken_languages_are_taken() -> None:
    """`--lang de` is an error that can be told, not a KeyError."""
    assert ("ru", "en", None) == (parse_language("ru"), parse_language("en"), parse_language("de"))

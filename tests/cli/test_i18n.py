"""Both languages have the same texts."""

from __future__ import annotations

from string import Formatter

import pytest

from smsc_async.cli.i18n import TEXTS, Translator, environment_language, parse_language


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    """A missing text would be a KeyError at run time."""
    assert set(TEXTS["en"]) == set(TEXTS["ru"])


@pytest.mark.parametrize("key", TEXTS["en"])
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    """Neither language may omit a fact."""
    assert placeholders(TEXTS["en"][key]) == placeholders(TEXTS["ru"][key])


@pytest.mark.parametrize(
    "key", [key for key, text in TEXTS["en"].items() if "|" in text and " | " not in text]
)
def test_nouns_have_all_their_forms(key: str) -> None:
    """English has two plural forms, Russian three."""
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
def test_plural_form_agrees_with_the_number(number: int, english: str, russian: str) -> None:
    """«5 часть» would be wrong Russian."""
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
def test_first_variable_sets_the_language(environ: dict[str, str], language: str) -> None:
    """In the order of POSIX, after SMSC_LANG."""
    assert language == environment_language(environ)


def test_only_supported_languages_are_accepted() -> None:
    """`--lang de` is a usage error, not a KeyError."""
    assert ("ru", "en", None) == (parse_language("ru"), parse_language("en"), parse_language("de"))

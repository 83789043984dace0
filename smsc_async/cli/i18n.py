"""The languages of the command line: English in the sources, Russian by gettext.

Rule: an English text stands where it is used and is the key of its translation; a text without a
translation is shown in English. `make texts` collects the texts into `locale/` and compiles them.
"""

from __future__ import annotations

import gettext
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "ru"]
Noun = tuple[str, str]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ru")
LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "smsc"
_VARIABLES = ("SMSC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def environment_language(environ: Mapping[str, str] | None = None) -> Language:
    """Return the language set in the environment: Russian, or English for any other."""
    variables = os.environ if environ is None else environ
    locale = next((value for name in _VARIABLES if (value := variables.get(name))), "")
    return "ru" if locale.lower().startswith("ru") else "en"


def parse_language(value: str) -> Language | None:
    """Return *value* if it is a supported language, else None."""
    return next((language for language in LANGUAGES if language == value), None)


def _(text: str) -> str:
    """Mark a text for translation; a `Translator` translates it when it is shown."""
    return text


def _n(one: str, many: str) -> Noun:
    """Mark a noun with its number, "{number} part" and "{number} parts", for translation."""
    return one, many


def _escape(text: str) -> str:
    """Escape a text, but letters of any alphabet."""
    from pdu.escaping import escape  # noqa: PLC0415 - `smsc --version` needs no codec

    return escape(text, letters=True)


class TextWithValues(NamedTuple):
    """A text as a value of another text: it is translated, too.

    Args:
        text: In English, with placeholders.
        values: Fill them.
    """

    text: str
    values: Mapping[str, object]


class Counted(NamedTuple):
    """A number with its noun as a value of a text.

    Args:
        noun: One of those that `_n` marks.
        number: 0 or more.
    """

    noun: Noun
    number: int


class _Value(str):
    """A text for a placeholder, escaped once: with `!r` it is quoted before that."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return format(_escape(str.__str__(self)), spec)

    def __repr__(self) -> str:
        return _escape(super().__repr__())


class Translator:
    """The texts of one language.

    Args:
        language: One of `LANGUAGES`.
    """

    __slots__ = ("_catalog", "language")

    def __init__(self, language: Language) -> None:
        self.language = language
        languages = [] if language == "en" else [language]
        self._catalog = gettext.translation(DOMAIN, LOCALE, languages, fallback=True)

    def __call__(self, text: str, /, **values: object) -> str:
        """Return the translation of an English text with its placeholders filled from *values*.

        Without *values* the braces of a text are literal. Of the values, texts are escaped: a peer
        may have written them.
        """
        translated = self._catalog.gettext(text) if text else ""  # "" is the key of the header
        if not values:
            return translated
        return translated.format(**{name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: object) -> object:
        """Return a text that escapes itself or its translation, any other value as it is."""
        if isinstance(value, Counted):
            return self.count(value.noun, value.number)
        if isinstance(value, TextWithValues):
            return self(value.text, **value.values)
        return _Value(value) if isinstance(value, str) else value

    def count(self, noun: Noun, number: int, **values: object) -> str:
        """Return a number with its noun: "1 part", "3 parts", "5 частей".

        A sentence that agrees with a number is such a noun as well, with further *values*.
        """
        sentence = self._catalog.ngettext(*noun, number)
        shown = {name: self._shown(value) for name, value in values.items()}
        return sentence.format(number=number, **shown)

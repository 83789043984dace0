"""The languages of the command line: English in the sources, Russian by gettext.

Rule: an English text stands where it is used and is the key of its translation; a text without a
translation is shown in English. `make texts` collects the texts into `locale/` and compiles them.
"""

from __future__ import annotations

import gettext
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["en", "ru"]
Noun = tuple[str, str]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ru")
LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "smsc"
OWN_VARIABLE: Final = "SMSC_LANG"
_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_PLAIN_LOCALES: Final = frozenset({"", "C", "POSIX"})
_NAMES: Final[Mapping[str, Language]] = {
    "russian": "ru",
    "english": "en",
    "c": "en",
    "posix": "en",
}
"""Languages by other names of locales: "Russian_Russia.1251", "C"."""


def environment_language(environ: Mapping[str, str] | None = None) -> Language:
    """Return the language set in the environment: Russian, or English for any other.

    SMSC_LANG sets it for this command alone. Otherwise it is chosen as gettext does: the first
    language of LANGUAGE that there is, else that of the locale. LANGUAGE isn't read in the locale
    "C", whose output is for programs.
    """
    variables = os.environ if environ is None else environ
    own = _language_of(variables.get(OWN_VARIABLE, ""))
    if own is not None:
        return own
    locale = next((value for name in _LOCALE_VARIABLES if (value := variables.get(name))), "")
    if locale not in _PLAIN_LOCALES:
        chosen = map(_language_of, variables.get("LANGUAGE", "").split(":"))
        first = next((language for language in chosen if language is not None), None)
        if first is not None:
            return first
    return _language_of(locale) or "en"


def unknown_own_language(environ: Mapping[str, str] | None = None) -> str:
    """Return the value of SMSC_LANG if no language has it; else nothing."""
    value = (os.environ if environ is None else environ).get(OWN_VARIABLE, "")
    return value if value and _language_of(value) is None else ""


def _language_of(locale: str) -> Language | None:
    """Return the language of a locale: "ru_RU.UTF-8", "en", "C"; None if there is none of it."""
    name = re.split("[_.@-]", locale.lower(), maxsplit=1)[0]
    return _NAMES.get(name) or parse_language(name)


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


class NumberText(NamedTuple):
    """A number with decimals, as the library wrote it, as a value of a text.

    Args:
        text: Like "47.6"; ".0" says nothing to people.
    """

    text: str


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
        if isinstance(value, NumberText):
            return self.decimal(value.text)
        if isinstance(value, float):
            return self.decimal(str(value))
        return _Value(value) if isinstance(value, str) else value

    def decimal(self, text: str) -> str:
        """Return a number that is written with a point as people of the language write it.

        Values of placeholders that are floats are written like that by themselves.
        """
        return text if self.language == "en" else text.removesuffix(".0").replace(".", ",")

    def count(self, noun: Noun, number: int, **values: object) -> str:
        """Return a number with its noun: "1 part", "3 parts", "5 частей".

        A sentence that agrees with a number is such a noun as well, with further *values*.
        """
        sentence = self._catalog.ngettext(*noun, number)
        shown = {name: self._shown(value) for name, value in values.items()}
        return sentence.format(number=number, **shown)

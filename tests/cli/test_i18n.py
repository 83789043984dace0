"""The languages of the command line, and the completeness of the Russian texts."""

from __future__ import annotations

import gettext
import re
from io import BytesIO
from string import Formatter
from typing import TYPE_CHECKING

import pytest
import texts

from smsc_async.cli.bench import _SENDING
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import MESSAGES, OCTETS, PARTS
from smsc_async.cli.i18n import (
    LANGUAGES,
    Language,
    NumberText,
    TextWithValues,
    Translator,
    environment_language,
    parse_language,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from subprocess import CompletedProcess

    Smsc = Callable[..., CompletedProcess[str]]

_OPTION = re.compile(r"--[a-z-]+|SMSC_[A-Z]+|[a-z]+://|smsc-async\S*")
TRANSLATED = texts.read()
ESC = "x\x1b[1mk"
ENTRIES = [message for message in TRANSLATED if message.id]


def forms(text: str | Sequence[str] | None) -> list[str]:
    """Return the forms of a text; none if it is missing."""
    return [text] if isinstance(text, str) else list(text or ())


def placeholders(text: str) -> set[tuple[str, str | None, str | None]]:
    """Return name, format and conversion of each placeholder."""
    found = Formatter().parse(text)
    return {(name, spec, conversion) for _, name, spec, conversion in found if name}


# --- the catalog ---


def test_catalog_has_exactly_the_texts_of_the_sources() -> None:
    """`make texts` adds a new text, and removes one that is gone."""
    assert set(texts.collect()) == {message.id for message in ENTRIES}


def test_every_text_is_translated() -> None:
    """A missing one is shown in English, in the middle of Russian ones."""
    missing = [one.id for one in ENTRIES if one.fuzzy or not all(forms(one.string) or [""])]

    assert [] == missing
    assert not TRANSLATED.obsolete


def test_translations_have_the_same_placeholders() -> None:
    """Neither language omits a fact, and no translation raises a KeyError."""
    for message in ENTRIES:
        expected = placeholders(forms(message.id)[0])
        for form in (*forms(message.id), *forms(message.string)):
            assert expected == placeholders(form), message.id


def test_translations_name_the_same_options() -> None:
    """A wrong option in an advice is worse than none; only examples may differ."""
    for message in ENTRIES:
        english, russian = forms(message.id)[0], forms(message.string)[0]
        if not english.startswith("smsc send "):
            assert _OPTION.findall(english) == _OPTION.findall(russian), english


def test_nouns_have_all_their_forms() -> None:
    """Russian has three plural forms."""
    nouns = [message for message in ENTRIES if not isinstance(message.id, str)]

    assert nouns
    assert {3} == {len(forms(message.string)) for message in nouns}


def test_compiled_catalog_is_up_to_date() -> None:
    """`smsc.mo` is what the command reads; `make texts` compiles it from `smsc.po`."""
    expected = gettext.GNUTranslations(BytesIO(texts.compiled(TRANSLATED)))
    with texts.MO.open("rb") as file:
        found = gettext.GNUTranslations(file)

    for message in ENTRIES:
        one = forms(message.id)[0]
        many = forms(message.id)[-1]
        for number in (1, 2, 5):
            assert expected.ngettext(one, many, number) == found.ngettext(one, many, number)
        assert expected.gettext(one) == found.gettext(one)


def test_same_texts_give_the_same_files() -> None:
    """A commit shows only what has changed; no date of the run."""
    assert texts.compiled(texts.update(TRANSLATED)) == texts.compiled(texts.update(TRANSLATED))


def test_texts_are_found_wherever_they_are_marked() -> None:
    """Within f-strings and over several lines, but neither variables nor f-strings themselves."""
    source = """
show(f"{translate('in an f-string')}", screen.translate("of an attribute", name=1))
_(
    "over two "
    "lines"
)
_n("{number} part", "{number} parts")
translate(name), translate(f"coding.{name}"), other("unmarked")
"""

    assert [
        "in an f-string",
        "of an attribute",
        "over two lines",
        ("{number} part", "{number} parts"),
    ] == list(texts.marked_texts(source))


# --- the translator ---


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
        Translator("en").count(PARTS, number),
        Translator("ru").count(PARTS, number),
    )


def test_each_noun_has_its_own_translation() -> None:
    """A number and its noun are one text."""
    translate = Translator("ru")

    assert ("3 октета", "3 сообщения") == (translate.count(OCTETS, 3), translate.count(MESSAGES, 3))


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_translation_is_shown_in_english(language: Language) -> None:
    """Nothing is raised, also for a text of braces and an empty one, the key of the header."""
    translate = Translator(language)

    assert "new: 5" == translate("new: {number}", number=5)
    assert "2 birds" == translate.count(("{number} bird", "{number} birds"), 2)
    assert ("{}", "") == (translate("{}"), translate(""))


def test_missing_catalog_leaves_english(
    smsc: Smsc, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """An incomplete installation still works."""
    monkeypatch.setattr("smsc_async.cli.i18n.LOCALE", tmp_path)
    done = smsc("plan", "--lang", "ru")

    assert ExitCode.USAGE_ERROR == done.returncode
    assert "TEXT is missing" in done.stderr


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
        ({"LANG": "run_BI.UTF-8"}, "en"),
        ({"LANG": "Russian_Russia.1251"}, "ru"),
        ({"SMSC_LANG": "xx", "LANG": "ru_RU.UTF-8"}, "ru"),
        ({"SMSC_LANG": "xx"}, "en"),
    ],
)
def test_first_variable_sets_the_language(environ: dict[str, str], language: str) -> None:
    """In the order of POSIX, after SMSC_LANG."""
    assert language == environment_language(environ)


@pytest.mark.parametrize(
    ("chosen", "locale", "language"),
    [
        ("ru", "en_GB.UTF-8", "ru"),
        ("de:ru:en", "en_GB.UTF-8", "ru"),
        ("en:ru", "ru_RU.UTF-8", "en"),
        ("ru_RU:en", "C.UTF-8", "ru"),
        ("de:fr", "ru_RU.UTF-8", "ru"),
        ("", "ru_RU.UTF-8", "ru"),
        ("ru", "C", "en"),
        ("ru", "POSIX", "en"),
        ("ru", "", "en"),
    ],
)
def test_language_is_chosen_as_gettext_does(chosen: str, locale: str, language: str) -> None:
    """The first that there is, but not in the locale "C", whose output is for programs."""
    assert language == environment_language({"LANGUAGE": chosen, "LC_ALL": locale})
    assert "en" == environment_language({"LANGUAGE": "ru", "LC_ALL": locale, "SMSC_LANG": "en"})


def test_unknown_own_language_is_named_once(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--lang de` is an error; a variable is for all commands, so the command runs."""
    monkeypatch.setenv("SMSC_LANG", "xx")
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    said = smsc("plan", "hi").stderr

    assert 1 == said.count("SMSC_LANG")
    assert "допустимые значения ru и en, получено 'xx'" in said
    assert "SMSC_LANG" not in smsc("plan", "hi", "--lang", "en").stderr
    monkeypatch.setenv("SMSC_LANG", "ru_RU.UTF-8")
    assert "" == smsc("plan", "hi").stderr


@pytest.mark.parametrize(
    ("written", "russian"),
    [("0.21", "0,21"), ("47.6", "47,6"), ("12.0", "12"), ("2.00", "2,00"), ("60", "60")],
)
def test_numbers_have_a_decimal_comma_in_russian(written: str, russian: str) -> None:
    """Wherever a person reads them; JSON and CSV are for programs."""
    english, translate = Translator("en"), Translator("ru")

    assert (written, russian) == (english.decimal(written), translate.decimal(written))
    assert f"через {russian} с" in translate("send it again in {rest} s", rest=NumberText(written))
    assert "через 47,6 с" in translate("send it again in {rest} s", rest=47.6)
    assert "in 47.6 s" in english("send it again in {rest} s", rest=47.6)


def test_values_that_are_no_numbers_keep_their_points() -> None:
    """Addresses, versions and names of files."""
    translate = Translator("ru")

    assert "127.0.0.1 2.3.csv" == translate("{host} {file}", host="127.0.0.1", file="2.3.csv")


def test_english_help_names_the_russian_one(smsc: Smsc) -> None:
    """In Russian, since its reader doesn't find the option in English."""
    assert "По-русски: smsc --lang ru --help" in smsc("--help").stdout
    assert "По-русски" not in smsc("--help", "--lang", "ru").stdout


def test_only_supported_languages_are_accepted() -> None:
    """`--lang de` is a usage error, not a KeyError."""
    assert ("ru", "en", None) == (parse_language("ru"), parse_language("en"), parse_language("de"))


@pytest.mark.parametrize(
    ("number", "russian"),
    [
        (1, "Уйдёт 1 сообщение, x, через y."),
        (2, "Уйдут 2 сообщения, x, через y."),
        (5, "Уйдёт 5 сообщений, x, через y."),
        (21, "Уйдёт 21 сообщение, x, через y."),
        (112, "Уйдёт 112 сообщений, x, через y."),
    ],
)
def test_sentence_agrees_with_its_number(number: int, russian: str) -> None:
    """The verb too."""
    shown = Translator("ru").count(_SENDING, number, parts="x", where="y")

    assert russian == shown


def test_value_can_be_a_text_with_values() -> None:
    """A reason within a sentence is translated as well; what a peer wrote is escaped."""
    inner = TextWithValues("{number} part", {"number": 1})
    hostile = TextWithValues("connected again: {host}", {"host": "\x1b[2J"})
    translate = Translator("ru")

    assert "не удалось прочитать a: 1 часть" == translate(
        "can't read {name}: {reason}", name="a", reason=inner
    )
    assert "\\x1b[2J" in translate("can't read {name}: {reason}", name="a", reason=hostile)


@pytest.mark.parametrize(
    ("value", "shown", "quoted"),
    [
        ("x\x1b[1m", r"x\x1b[1m", r"'x\x1b[1m'"),
        ("a\u202eb", r"a\u202eb", r"'a\u202eb'"),
        ("C:\\new", "C:\\new", r"'C:\\new'"),
        ("два\n", r"два\n", r"'два\n'"),
        ("ма'ма", "ма'ма", '"ма\'ма"'),
    ],
)
def test_value_of_a_placeholder_is_escaped_once(value: str, shown: str, quoted: str) -> None:
    """Quoted after it was escaped, an ESC had two backslashes, as if a user had typed one."""
    translate = Translator("en")

    assert shown == translate("{value}", value=value)
    assert quoted == translate("{value!r}", value=value)
    assert f"  {shown}" == translate("{value:>{width}}", value=value, width=len(shown) + 2)


@pytest.mark.parametrize(
    "arguments",
    [
        (ESC,),
        ("--lang", ESC, "ping"),
        ("send", "79991234567", "hi", "--coding", ESC),
        ("sim", "--port", ESC),
        ("bulk", ESC),
    ],
)
def test_command_escapes_an_argument_once(smsc: Smsc, arguments: tuple[str, ...]) -> None:
    """On the terminal as well as in JSON."""
    assert r"x\x1b[1mk" in smsc(*arguments).stderr
    assert r"\\x1b" not in smsc(*arguments).stderr

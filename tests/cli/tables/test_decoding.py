"""The encoding of a file: named, marked, UTF-8, or guessed and confirmed."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.i18n import Translator
from smsc_async.cli.tables.decoding import decode_file

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "Телефон;Текст\n79991234567;Здравствуйте, Анна!"


def refusal(*arguments: Any) -> tuple[str, str]:  # noqa: ANN401 - those of `decode_file`
    """Return text and advice of a failure, which keeps the text of the file."""
    with pytest.raises(Failure) as caught:
        decode_file(*arguments)
    failure = caught.value
    assert ("bulk.encoding", ExitCode.USAGE_ERROR) == (failure.key, failure.code)
    assert failure.__context__ is None
    translate = Translator("en")
    shown = translate(failure.text, **failure.values), translate(failure.advice, **failure.values)
    assert "Анна" not in f"{shown}{failure.values}"
    return shown


@pytest.mark.parametrize(
    "octets",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
)
def test_mark_and_utf_8_need_no_name(octets: bytes) -> None:
    """The mark is no part of the text, and the text can be written in the same encoding."""
    decoded = decode_file(octets, None, None)

    assert (TEXT, False) == decoded[::2]
    assert TEXT == TEXT.encode(decoded.encoding).decode(decoded.encoding)


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("windows-1251", TEXT.encode("cp1251")),
        ("CP1251", TEXT.encode("cp1251")),
        ("koi8_r", TEXT.encode("koi8-r")),
        ("IBM866", TEXT.encode("cp866")),
        ("mac-cyrillic", TEXT.encode("mac-cyrillic")),
        ("iso-8859-5", TEXT.encode("iso-8859-5")),
        ("utf-16-le", TEXT.encode("utf-16-le")),
        ("utf-16-le", TEXT.encode("utf-16")),
        ("UTF-8", codecs.BOM_UTF8 + TEXT.encode()),
        ("utf-7", TEXT.encode("utf-7")),
    ],
)
def test_any_encoding_of_python_can_be_named(name: str, octets: bytes) -> None:
    """A byte order mark that agrees is dropped."""
    assert (TEXT, name, False) == decode_file(octets, name, None)


@pytest.mark.parametrize("name", ["rot13", "base64", "cp99", "", "win 1251", "a\0b", "хекс"])
def test_name_of_no_encoding_of_texts_is_refused(name: str) -> None:
    """Python has codecs for octets, too."""
    text, advice = refusal(b"to", name, None)

    assert "unknown encoding" in text
    assert "windows-1251" in advice


def test_named_encoding_that_the_mark_contradicts_is_refused() -> None:
    """One of both is wrong; read as windows-1251 the header would begin with three odd signs."""
    text, advice = refusal(codecs.BOM_UTF8 + TEXT.encode(), "windows-1251", None)

    assert "mark of UTF-8" in text
    assert "leave out --encoding" in advice
    assert "mark of UTF-16" in refusal(TEXT.encode("utf-16"), "utf-8", None)[0]


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (TEXT.encode("cp1251"), "utf-8"),
        (TEXT.encode("utf-16-le")[:-1], "utf-16-le"),
        (codecs.BOM_UTF8 + b"\xff", None),
        (TEXT.encode("utf-16")[:-1], None),
        (b"to\0,text", "cp1251"),
    ],
)
def test_file_in_another_encoding_than_named_is_refused(octets: bytes, name: str | None) -> None:
    """Nothing is guessed against what was said."""
    assert "the file isn't in utf-" in refusal(octets, name, None)[0].lower() or name == "cp1251"


def test_guess_is_shown_and_asked() -> None:
    """With some words to judge by, without numbers."""
    asked: list[tuple[str, str]] = []

    def answer(*, is_right: bool) -> Callable[[str, str], bool]:
        """Return a function that notes the question."""

        def confirm(encoding: str, sample: str) -> bool:
            """Answer it."""
            asked.append((encoding, sample))
            return is_right

        return confirm

    octets = TEXT.encode("koi8-r")
    assert (TEXT, "koi8-r", True) == decode_file(octets, None, answer(is_right=True))
    assert [("koi8-r", "Телефон Текст Здравствуйте Анна")] == asked
    for confirm in (answer(is_right=False), None):
        text, advice = refusal(octets, None, confirm)
        assert "seems to be in koi8-r" in text
        assert "--encoding koi8-r" in advice


@pytest.mark.parametrize("octets", ["naïve café".encode("latin-1"), b"a\xff\xfd", b"to\xa0"])
def test_encoding_that_cannot_be_guessed_has_to_be_named(octets: bytes) -> None:
    """The question isn't asked: there is nothing to propose."""
    text, advice = refusal(octets, None, lambda *_: pytest.fail("asked"))

    assert "can't be guessed" in text
    assert "--encoding NAME" in advice


@pytest.mark.parametrize(
    "octets", [b"\0\1\2\xff", b"to\0\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", b"x\x02\xe9"]
)
def test_octets_of_no_text_are_not_asked_for_an_encoding(octets: bytes) -> None:
    """A picture, a program, or a workbook that lost its beginning: no encoding makes it a table."""
    text, advice = refusal(octets, None, lambda *_: pytest.fail("asked"))

    assert "isn't a text" in text
    assert "as CSV or .xlsx" in advice


@given(st.binary())
def test_any_octets_are_a_text_or_a_failure(octets: bytes) -> None:
    """No other error, and no NUL in a text."""
    try:
        text = decode_file(octets, None, lambda *_: True).text
    except Failure:
        return

    assert "\0" not in text

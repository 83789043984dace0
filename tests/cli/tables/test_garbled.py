"""Cells that were lost or garbled before the file was read are refused, others never."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from smsc_async.cli.tables.garbled import check_cell, check_lines, check_text_cell, is_garbled
from smsc_async.errors import InvalidMessageError

TEXT = "Привет, ваш заказ готов"
DOCS = Path(__file__).parents[3] / "docs" / "ru"


@pytest.mark.parametrize(
    "cell",
    ["#N/A", " #ССЫЛКА! ", "#SPILL!", "#ПЕРЕНОС!", "#GETTING_DATA", "########", "##", "Err:502",
     "Ошибка:504", "#CALC!", "#BUSY!"],
)  # fmt: skip
def test_error_of_a_spreadsheet_is_refused(cell: str) -> None:
    """Of every program and language; also a number that a narrow column hides."""
    with pytest.raises(InvalidMessageError, match="a formula of the row has the error"):
        check_cell(cell)


@pytest.mark.parametrize("cell", ["", "#", "#1", "#акция", "Заказ #N/A", "Err:5", "Err: 502"])
def test_text_that_resembles_an_error_is_taken(cell: str) -> None:
    """Only a whole cell is an error."""
    check_cell(cell)


@pytest.mark.parametrize("cell", ["1,23457E+12", "1E+12", "-1.5e-07", " 1,23456789012346e+17 "])
def test_number_of_a_text_with_lost_digits_is_refused(cell: str) -> None:
    """The number of a contract would be another one."""
    with pytest.raises(InvalidMessageError, match="has cut a number") as caught:
        check_text_cell(cell)

    assert cell.strip() not in str(caught.value)


@pytest.mark.parametrize("cell", ["1E12", "5e10", "12E+5", "Код 1E+12", "1500,50", "E+12"])
def test_code_with_the_letter_e_is_taken(cell: str) -> None:
    """It is no number that was cut."""
    check_text_cell(cell)


@pytest.mark.parametrize("cell", ["При\ufffdет", "\ufffd", "hi \ufffd\ufffd"])
def test_lost_character_is_refused(cell: str) -> None:
    """It is what a program writes for a character that it can't read."""
    with pytest.raises(InvalidMessageError, match=r"U\+FFFD"):
        check_cell(cell)


@pytest.mark.parametrize("read_as", ["windows-1251", "cp866", "koi8-r", "mac-cyrillic", "latin-1"])
@pytest.mark.parametrize("text", [TEXT, TEXT.upper(), "Код 1234: никому", "Скидка", "Ели «Иней»"])
def test_utf_8_that_was_read_in_another_encoding_is_refused(text: str, read_as: str) -> None:
    """A file of yesterday was in windows-1251, and --encoding still says so."""
    octets = text.encode()
    pieces = (bytes((one,)).decode(read_as, "replace") for one in octets)
    garbled = "".join(
        chr(octet) if piece == "\ufffd" else piece
        for octet, piece in zip(octets, pieces, strict=True)
    )

    assert is_garbled(garbled)
    with pytest.raises(InvalidMessageError, match="wrong encoding") as caught:
        check_cell(garbled)
    assert garbled not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "read_as"), list(permutations(("windows-1251", "cp866", "koi8-r"), 2))
)
def test_text_that_was_read_in_the_wrong_encoding_is_refused(written: str, read_as: str) -> None:
    """The octets make sense in the other one only."""
    assert is_garbled(TEXT.encode(written).decode(read_as))
    assert is_garbled(TEXT.encode("windows-1251").decode("windows-1252"))


@pytest.mark.parametrize(
    "text",
    ["Здравствуйте, Иван! Заказ №15.", "ООО «А»", "её её её", "час час час", "Ок", "Щ Ц Ю", "ЪЫЬ",
     "Привіт, ваше замовлення готове, їжа", "Құрметті клиент, тапсырысыңыз дайын", "€50 скидка…",
     "Grüße aus Köln, schöne Größe", "Það er góður dagur", "Уважаеми клиенти, поръчката е готова",
     "Ξένος", "שלום", "你好世界欢迎您", "Şişli'de çağrı", "ÀÉÈÊ éèêëàâäîïôùûü", "ФГБУ ЦКБ РЖД",
     "йцукен фывап ячсмит", "Хмм эээ ыыы"],
)  # fmt: skip
def test_text_as_people_write_it_is_taken(text: str) -> None:
    """In any language and alphabet, however odd."""
    assert not is_garbled(text)
    check_cell(text)


def test_no_word_of_the_documentation_is_garbled() -> None:
    """Thousands of words and lines in Russian."""
    pages = [path for path in DOCS.rglob("*.md") if path.name != "spreadsheets.md"]  # shows some
    lines = [line for path in pages for line in path.read_text("utf-8").splitlines()]
    words = {word for line in lines for word in (line, *line.split()) if not word.isascii()}

    assert 1000 < len(words)
    assert not [word for word in words if is_garbled(word)]


@pytest.mark.parametrize(
    "cell",
    ["Привет\n79123456780;Пока", "a\r\n+7 (912) 345-67-80;b\nc", "x\nПока;79123456780\ny"],
)
def test_rows_that_a_quote_has_swallowed_are_refused(cell: str) -> None:
    """They would be lost, and their numbers sent to another subscriber."""
    with pytest.raises(InvalidMessageError, match="holds another row") as caught:
        check_lines(cell, ";", 2)

    assert "345" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "separator", "width"),
    [
        ("Звоните:\n89123456780, Иван", ",", 2),
        ("a\n79123456780;b;c", ";", 2),
        ("a\n12;b", ";", 2),
        ("79123456780;b", ";", 2),
        ("a\n79123456780", ";", 1),
        ("a\n79123456780;b", "", 2),
        ("a\n79123456780;", ";", 2),
    ],
)
def test_lines_that_are_no_rows_are_taken(cell: str, separator: str, width: int) -> None:
    """A text may have several lines, with numbers."""
    check_lines(cell, separator, width)

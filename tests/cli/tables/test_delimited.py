"""Records of texts: separators, quotes, line breaks, `sep=;`."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.cli.failures import Failure
from smsc_async.cli.tables.columns import count_known
from smsc_async.cli.tables.delimited import SEPARATORS, read_delimited


def read(text: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """Return the separator and the records of a text."""
    found = read_delimited(text, lambda names: count_known(names, {}))
    return found.separator, [(one.number, one.cells) for one in found.records]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_separator_is_found(separator: str, newline: str) -> None:
    """Also where the other ones are in the texts, and with the line ends of every system."""
    others = "; , \t |"
    lines = [
        f"Телефон{separator}Текст",
        f'7999{separator}"{others}"',
        f'8{separator}"a{newline}""b"""',
    ]

    assert (
        separator,
        [(1, ["Телефон", "Текст"]), (2, ["7999", others]), (3, ["8", f'a{newline}"b"'])],
    ) == read(newline.join(lines))


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("to", ";"),
        ("", ";"),
        ("ФИО, полностью;to;text\n", ";"),
        ("ФИО; полностью,to,text\n", ","),
        ("a|b|c;to;text\n", ";"),
        ("name\tto\ttext, all; of it\n", "\t"),
        ('to;"a;b"\n', ";"),
    ],
)
def test_known_columns_decide(text: str, separator: str) -> None:
    """More than how often a sign is in the first line."""
    assert separator == read(text)[0]


@pytest.mark.parametrize("line", ["sep=^", "SEP=^", '"sep=^"', "\ufeffsep=^", "sep=^;;", "sep=^,"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_that_names_the_separator_is_obeyed(line: str, newline: str) -> None:
    """Excel writes and reads it, and shows the row behind it as the first one."""
    text = newline.join([line, "to^text", "7999^a;b"])

    assert ("^", [(1, ["to", "text"]), (2, ["7999", "a;b"])]) == read(text)


def test_line_that_only_looks_like_it_is_a_row() -> None:
    """A file may begin with any column."""
    assert [(1, ["sepia", "to"])] == read("sepia;to")[1]


def test_broken_text_is_refused_with_its_row() -> None:
    """The text itself isn't repeated."""
    with pytest.raises(Failure) as caught:
        read('sep=;\nto;text\n7999;"secret')

    assert ("bulk.broken", 2) == (caught.value.key, caught.value.values["number"])
    assert "secret" not in str(caught.value.values)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("to;text\n7;a\n8;b", [1, 2, 3]),
        ('to;text\n7;"a\nb\nc"\n8;b', [1, 2, 3]),
        ("to;text\n\n\n7;a\n\n8;b", [1, 4, 6]),
        ('\n"to";"text\n"\r\n7;a', [2, 3]),
        ("sep=;\nto;text\n\n7;a", [1, 3]),
    ],
)
def test_rows_are_counted_as_a_spreadsheet_counts_them(text: str, numbers: list[int]) -> None:
    """Empty ones too; a cell with line breaks is in one row."""
    assert numbers == [number for number, _cells in read(text)[1]]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('to;text\n7;"a\n8;b\n9;c', 2),
        ('to;text\n7;"a\nb"\n8;"c\n9;d', 3),
        ('to;text\n\n8;"c\n9;"d"', 3),
    ],
)
def test_row_in_which_a_quote_opens_is_named(text: str, number: int) -> None:
    """Not the end of the file, where the reader finds out."""
    with pytest.raises(Failure) as caught:
        read(text)

    assert number == caught.value.values["number"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="79161110023"', "79161110023"),
        ('"=""79161110023"""', "79161110023"),
        ('="007"', "007"),
        ('="say ""hi"""', 'say "hi"'),
        (' ="text" ', "text"),
        ('=""', ""),
        ("=1+1", "=1+1"),
        ('="a"&"b"', '="a"&"b"'),
        ('x="a"', 'x="a"'),
    ],
)
def test_formula_of_a_text_is_its_text(cell: str, text: str) -> None:
    """Excel reads it like that, and people keep the zeros of numbers with it."""
    (record,) = read_delimited(f"{cell};x", len).records

    assert [text, "x"] == record.cells
    assert (record.raw is not None) == (text != cell)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\ufeff"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5), st.sampled_from(SEPARATORS))
def test_what_a_program_writes_is_read(rows: list[list[str]], separator: str) -> None:
    """Whatever is in the cells."""
    written = StringIO()
    csv.writer(written, delimiter=separator).writerows([["to", "text", "kind"], *rows])

    assert (separator, [["to", "text", "kind"], *rows]) == (
        read(written.getvalue())[0],
        [cells for _number, cells in read(written.getvalue())[1]],
    )

"""A file as a table: what is passed over, what is refused, and what is said about it."""

from __future__ import annotations

import pytest
from workbooks import workbook

from smsc_async.cli.failures import Failure
from smsc_async.cli.tables.table import Table, TableOptions, read_table


def read(content: str | bytes, **options: str) -> Table:
    """Read a table."""
    octets = content if isinstance(content, bytes) else content.encode()
    return read_table(octets, TableOptions(**options))


EMPTY_PARTS = [
    ";;\nto;;text;;\n;;;;\n7999;;a;;\n\n ;\u00a0;\n7998;;b\n;;;;\n",
    "sep=;\nto;;text;;\n7999;;a;;;;\n7998;;b\n",
    "\n\nto\t\ttext\t\t\n7999\t\ta\n\t\t\n7998\t\tb\t\n",
    workbook(
        {"A": [[], ["to", "", "text"], [7999, None, "a", None, " "], [None], [7998, None, "b"]]}
    ),
]


@pytest.mark.parametrize("content", EMPTY_PARTS)
def test_empty_rows_and_columns_are_passed_over(content: str | bytes) -> None:
    """A spreadsheet writes them behind everything that was ever touched."""
    table = read(content)

    assert [["7999", "a"], ["7998", "b"]] == [row.cells for row in table.rows]
    assert all(row.is_complete for row in table.rows)
    assert ["to", "text"] == table.columns.names
    assert {"to": "to", "text": "text"} == table.notes.columns


def test_empty_rows_are_counted_and_others_keep_their_numbers() -> None:
    """A reason names the line in the file."""
    table = read("to;text\n;\n7999;a\n;\n;\n7998;b\n")

    assert 3 == table.notes.empty_rows
    assert [3, 6] == [row.number for row in table.rows]


@pytest.mark.parametrize("content", ["to;;text\n7999;;a\n7998;x;b\n", "to,,text\n1,x\n"])
def test_column_with_values_and_no_name_is_refused(content: str) -> None:
    """Its values might have been meant for something."""
    with pytest.raises(Failure) as caught:
        read(content)

    assert ("bulk.unnamed", 2) == (caught.value.key, caught.value.values["column"])


@pytest.mark.parametrize(
    ("row", "cells"), [("7999", 1), ("7999;a;b;c", 4), ("7999;a;;d", 4), ("7999;", 2)]
)
def test_row_of_another_length_is_incomplete(row: str, cells: int) -> None:
    """It says nothing for sure; the others are read."""
    first, second = read(f"to;text;kind\n{row}\n7998;a;\n").rows

    assert (False, cells) == (first.is_complete, len(first.cells))
    assert second.is_complete


def test_sheet_is_for_workbooks() -> None:
    """An option that does nothing is refused."""
    octets = workbook({"A": [["x"]], "B": [["Телефон", "Текст"], [7999, "a"]]})
    table = read(octets, sheet="B")

    assert ("B", "", "utf-8-sig") == (
        table.notes.sheet,
        table.notes.separator,
        table.notes.encoding,
    )
    with pytest.raises(Failure, match=r"bulk\.sheet"):
        read("to,text\n7999,a", sheet="B")


@pytest.mark.parametrize("content", ["", "\n\n", ";;;\n;;", workbook({"A": []})])
def test_file_without_values_has_no_columns(content: str | bytes) -> None:
    """It is refused like one with other columns."""
    with pytest.raises(Failure, match=r"bulk\.empty"):
        read(content)


@pytest.mark.parametrize(
    ("content", "is_plain"),
    [
        ("to,text\n7999,a\n", True),
        ("To;TEXT\n7999;a\n", True),
        ("to\ttext\n7999\ta\n", False),
        ("to,text\n,\n7999,a\n", False),
        ("Телефон,text\n7999,a\n", False),
        ("to,text\n7999,a\n".encode("utf-16"), False),
        (workbook({"A": [["to", "text"], [7999, "a"]]}), False),
    ],
)
def test_plain_file_has_nothing_to_say(content: str | bytes, is_plain: bool) -> None:  # noqa: FBT001 - a table's column
    """Everything else is said in the summary."""
    assert is_plain == read(content).notes.is_plain

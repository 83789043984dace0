"""Sheets of `.xlsx` workbooks, as the texts that they show."""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta

import pytest
from workbooks import Formula, SheetError, Styled, workbook

from smsc_async.cli.failures import Failure
from smsc_async.cli.tables import workbook as module
from smsc_async.cli.tables.workbook import cell_text, read_sheet


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        ("  as it is ", "  as it is "),
        (79123456789.0, "79123456789"),
        (79123456789, "79123456789"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e21, "1e+21"),
        (-3.0, "-3"),
        (1500.5, "1500,5"),
        (0.1 + 0.2, "0,3"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 3, 5), "05.03.2026"),
        (datetime(2026, 3, 5), "05.03.2026"),  # noqa: DTZ001 - a sheet has no time zones
        (datetime(2026, 3, 5, 9, 5), "05.03.2026 09:05"),  # noqa: DTZ001
        (datetime(2026, 3, 5, 9, 5, 7), "05.03.2026 09:05:07"),  # noqa: DTZ001
        (time(14, 30), "14:30"),
        (time(14, 30, 1), "14:30:01"),
        (timedelta(hours=25, minutes=30), "25:30"),
        (timedelta(seconds=61), "0:01:01"),
    ],
)
def test_cell_is_the_text_that_a_russian_sheet_shows(value: object, text: str) -> None:
    """A text with it is read by people."""
    assert text == cell_text(value)


def test_values_of_a_sheet() -> None:
    """Rows have the numbers of the sheet, of a formula there is the result."""
    rows: list[list[object]] = [
        ["to", None, "text"],
        [],
        [79123456789, datetime(2026, 3, 5, 14, 30), Formula("1+1", 2.0)],  # noqa: DTZ001
        [True, SheetError("#N/A"), "x"],
    ]
    sheet = read_sheet(workbook({"Лист1": rows, "Лист2": [["b"]]}), None)

    assert ("Лист1", 0) == (sheet.name, sheet.merged)
    assert [
        (1, ["to", "", "text"]),
        (2, ["", "", ""]),
        (3, ["79123456789", "05.03.2026 14:30", "2"]),
        (4, ["TRUE", "", "x"]),
    ] == [(one.number, one.cells) for one in sheet.records]


def test_sheet_is_the_first_visible_one_or_the_one_that_is_named() -> None:
    """A hidden sheet is read on demand."""
    octets = workbook({"Hidden": [["a"]], "Shown": [["b"]]}, hidden=["Hidden"])

    assert ["b"] == read_sheet(octets, None).records[0].cells
    assert ["a"] == read_sheet(octets, "Hidden").records[0].cells
    with pytest.raises(Failure) as caught:
        read_sheet(octets, "shown")
    assert ("bulk.no_sheet", "Hidden, Shown") == (caught.value.key, caught.value.values["names"])


def test_cells_merged_downwards_have_one_value() -> None:
    """One text for several recipients; a title over several columns isn't repeated."""
    rows: list[list[object]] = [
        ["title", None, None],
        ["to", "text", "x"],
        ["1", "same", None],
        ["2", None, None],
        ["3", "own", None],
        ["4"],
    ]
    sheet = read_sheet(workbook({"A": rows}, merged=["A1:C1", "B3:B4", "C2:C9", "E9:E99"]), None)

    assert ["title", "", ""] == sheet.records[0].cells
    assert ["same", "same", "own", ""] == [one.cells[1] for one in sheet.records[2:]]
    assert 5 == sheet.merged


def test_empty_sheet_has_no_rows() -> None:
    """The header is missed later."""
    assert [] == read_sheet(workbook({"A": []}), None).records


@pytest.mark.parametrize("octets", [b"PK\x03\x04 no zip", workbook({"A": [["b"]]})[:700]])
def test_damaged_workbook_is_refused(octets: bytes) -> None:
    """It isn't reported as an error of the program."""
    with pytest.raises(Failure) as caught:
        read_sheet(octets, None)

    assert "bulk.broken_workbook" == caught.value.key
    assert caught.value.__context__ is None


def test_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is optional."""
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(Failure) as caught:
        read_sheet(workbook({"A": [["b"]]}), None)

    assert "bulk.no_xlsx" == caught.value.key
    assert "pip install 'smsc-async[xlsx]'" in caught.value.advice


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Styled(0.15, 2), "15%"),
        (Styled(0.125, 2), "13%"),
        (Styled(-0.07, 2), "-7%"),
        (Styled(0.125, 5), "12,50%"),
        (Styled(1.15, 6), "115,0%"),
        (Styled(1e30, 2), "1e+30"),
        (Styled(42, 3), "00042"),
        (Styled(123456, 3), "123456"),
        (Styled(1.5, 4), "1,5"),
        ("text", "text"),
    ],
)
def test_number_is_shown_in_its_format(value: object, text: str) -> None:
    """A discount of 0,15 or a code without its zeros would be another text."""
    sheet = read_sheet(workbook({"A": [["x"], [value]]}), None)

    assert [text] == sheet.records[1].cells


def test_format_of_a_number_changes_no_text_and_no_truth_value() -> None:
    """A column may have a format and any values."""
    assert "TRUE" == module.formatted_text(True, "0%")  # noqa: FBT003 - the value of a cell
    assert "n/a" == module.formatted_text("n/a", "00000")


def test_hidden_rows_are_refused() -> None:
    """They are of those who weren't to get the message, or they are forgotten."""
    rows = [["to"], ["79123456789"], ["79123456780"], []]
    with pytest.raises(Failure) as caught:
        read_sheet(workbook({"A": rows, "B": rows}, hidden_rows=[3]), None)

    assert ("bulk.hidden_rows", 3) == (caught.value.key, caught.value.values["number"])
    assert 3 == len(read_sheet(workbook({"A": rows, "B": rows}, hidden_rows=[3]), "B").records)
    assert 3 == len(read_sheet(workbook({"A": rows}, hidden_rows=[4, 9]), None).records)


@pytest.mark.parametrize("limit", ["MOST_OCTETS", "MOST_CELLS"])
def test_workbook_that_would_fill_the_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Before it is unpacked: the package would end the process."""
    monkeypatch.setattr(module, limit, 3)
    with pytest.raises(Failure) as caught:
        read_sheet(workbook({"A": [["a", "b"], ["c", "d"]]}), None)

    assert "bulk.large_workbook" == caught.value.key

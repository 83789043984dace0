"""The rows of a sheet of an `.xlsx` workbook, as texts.

Rule: a cell has the value that its sheet shows: of a formula the result, of a number all its digits
and no ".0", of a date the date, and 15% where 15% is shown. A value of cells that are merged
downwards is that of each of them. Hidden rows with a value are refused: whether they are to be sent
can't be known.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import _
from smsc_async.cli.tables.delimited import Record
from smsc_async.cli.tables.sheet_layout import (
    MOST_OCTETS,
    SheetLayout,
    read_layout,
    unpacked_size,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_calamine import CalamineSheet, CalamineWorkbook

MOST_DIGITS: Final = 15
"""Digits of a number that a spreadsheet keeps."""
MOST_CELLS: Final = 50_000_000
"""Cells of a sheet, with the empty ones between the others."""


class Sheet(NamedTuple):
    """A sheet: its name, its records, and how many cells were filled since they are merged."""

    name: str
    records: list[Record]
    merged: int


def read_sheet(octets: bytes, name: str | None) -> Sheet:
    """Read a sheet of a workbook.

    Args:
        octets: Of the file.
        name: Of the sheet; None for the first one that is visible.

    Raises:
        Failure: The extra isn't installed, the workbook can't be read, or has no such sheet.
    """
    try:
        from python_calamine import CalamineError, load_workbook  # noqa: PLC0415 - an extra
    except ImportError:
        failure = failure_before_sending(
            "bulk.no_xlsx",
            _("an .xlsx file is read by a package that isn't installed"),
            advice=_("pip install 'smsc-async[xlsx]', or save the file as CSV in UTF-8"),
        )
    else:
        try:
            if unpacked_size(octets) > MOST_OCTETS:
                raise _too_large()
            workbook = load_workbook(BytesIO(octets))
            name = _sheet_name(workbook, name)
            return _sheet(workbook, name, read_layout(octets, name))
        except (CalamineError, BadZipFile, ExpatError, OSError, ValueError) as error:
            failure = failure_before_sending(
                "bulk.broken_workbook",
                _("the workbook can't be read ({reason})"),
                advice=_("open it, save it as .xlsx or as CSV in UTF-8, and send that file"),
                reason=type(error).__name__,
            )
    # Outside of the handlers: no context that could contain the text.
    raise failure


def _sheet_name(workbook: CalamineWorkbook, name: str | None) -> str:
    """Return the name of the sheet to read."""
    names = workbook.sheet_names
    if name is None:
        # Not an enumeration of Python, whatever its annotation says: its members have no names.
        visible = (one for one in workbook.sheets_metadata if str(one.visible).endswith(".Visible"))
        name = next((one.name for one in visible), "")
    if name in names:
        return name
    raise _no_sheet(name, names)


def _no_sheet(name: str, names: Iterable[str]) -> Failure:
    """Return the failure for a sheet that isn't there."""
    return failure_before_sending(
        "bulk.no_sheet",
        _("the workbook has no sheet {name!r}"),
        advice=_("its sheets: {names}"),
        name=name,
        names=", ".join(names),
    )


def _too_large() -> Failure:
    """Return the failure for a workbook that would fill the memory."""
    return failure_before_sending(
        "bulk.large_workbook",
        _("the workbook is too large when it is unpacked"),
        advice=_("copy the rows to a new workbook, or save the sheet as CSV in UTF-8"),
    )


def _sheet(workbook: CalamineWorkbook, name: str, layout: SheetLayout) -> Sheet:
    """Return the records of a sheet."""
    if layout.height * layout.width > MOST_CELLS:
        raise _too_large()  # the package would allocate all of them, and end the process
    sheet = workbook.get_sheet_by_name(name)
    values = sheet.to_python(skip_empty_area=False)
    rows = [[cell_text(value) for value in row] for row in values]
    for (at, place), shown in layout.formats.items():
        if at < len(values) and place < len(values[at]):
            rows[at][place] = formatted_text(values[at][place], shown)
    if hidden := [at for at in layout.hidden_rows if at < len(rows) and any(rows[at])]:
        raise failure_before_sending(
            "bulk.hidden_rows",
            _("the sheet has hidden or filtered rows, as row {number}; nothing is sent"),
            advice=_("show all rows, or copy those that are shown to a new sheet"),
            number=hidden[0] + 1,
        )
    merged = _fill_merged(rows, sheet)
    return Sheet(name, [Record(at, cells) for at, cells in enumerate(rows, 1)], merged)


def _fill_merged(rows: list[list[str]], sheet: CalamineSheet) -> int:
    """Give each of the cells that are merged downwards the value of the first; return how many."""
    filled = 0
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        for row in rows[top + 1 : bottom + 1]:
            if value and left < len(row) and not row[left]:
                row[left] = value
                filled += 1
    return filled


def cell_text(value: object) -> str:
    """Return the value of a cell as a Russian spreadsheet shows it."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, date):
        clock = value.time() if isinstance(value, datetime) else time()
        day = f"{value.day:02d}.{value.month:02d}.{value.year:04d}"
        return f"{day} {_time_text(clock)}" if clock != time() else day
    if isinstance(value, time):
        return _time_text(value)
    return _duration_text(value) if isinstance(value, timedelta) else str(value)


def formatted_text(value: object, shown: str) -> str:
    """Return the value of a cell whose format shows a percentage, or leading zeros."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return cell_text(value)
    if not abs(value) < 10**MOST_DIGITS:
        return _number_text(value)
    if shown.endswith("%"):
        # Rounded as the sheet and a CSV file of it show it, so that its key is the same.
        places = Decimal(1).scaleb(-len(shown.removeprefix("0").strip(".%")))
        percent = (Decimal(repr(value)) * 100).quantize(places, ROUND_HALF_UP)
        return f"{percent}%".replace(".", ",")
    return _number_text(value).zfill(len(shown))


def _number_text(value: float) -> str:
    """Return a number without ".0", of at most 15 digits, with a decimal comma."""
    if abs(value) < 10**MOST_DIGITS and value == int(value):
        return str(int(value))
    return f"{value:.{MOST_DIGITS}g}".replace(".", ",")


def _time_text(value: time) -> str:
    """Return a time, with its seconds if it has any: 14:30."""
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")


def _duration_text(value: timedelta) -> str:
    """Return a duration: 25:30, with its seconds if it has any."""
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")

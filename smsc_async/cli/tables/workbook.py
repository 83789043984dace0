"""The rows of a sheet of an `.xlsx` workbook, as texts.

Rule: a cell has the value that its sheet shows: of a formula the result, of a number all its digits
and no ".0", of a date the date. A value of cells that are merged downwards is that of each of them.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.failures import Failure, failure_before_sending
from smsc_async.cli.i18n import _
from smsc_async.cli.tables.delimited import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_calamine import CalamineSheet, CalamineWorkbook

MOST_DIGITS: Final = 15
"""Digits of a number that a spreadsheet keeps."""


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
            workbook = load_workbook(BytesIO(octets))
            return _sheet(workbook, _sheet_name(workbook, name))
        except (CalamineError, OSError, ValueError) as error:
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


def _sheet(workbook: CalamineWorkbook, name: str) -> Sheet:
    """Return the records of a sheet."""
    sheet = workbook.get_sheet_by_name(name)
    rows = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
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

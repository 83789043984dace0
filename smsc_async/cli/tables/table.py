"""A file as a table: its columns, its rows of cells, and what was passed over on the way in.

Rule: rows and columns without any value are passed over. A column with values has a name, or the
table is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from smsc_async.cli.blank import INVISIBLE, is_filled
from smsc_async.cli.failures import failure_before_sending
from smsc_async.cli.i18n import _
from smsc_async.cli.tables.columns import (
    Columns,
    count_known,
    find_columns,
    read_mapping,
    wrong_header,
)
from smsc_async.cli.tables.decoding import UTF_8, Confirm, decode_file
from smsc_async.cli.tables.delimited import Record, read_delimited
from smsc_async.cli.tables.formats import is_workbook
from smsc_async.cli.tables.notes import TableNotes
from smsc_async.cli.tables.workbook import read_sheet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """Options of a command that reads a table.

    Args:
        encoding: Encoding, by any of its names in Python; default: that of the byte order mark,
            else UTF-8.
        columns: Columns with names of their own: to=Phone,text=Message.
        text: Text of all messages; {name} is the value of a column.
        sheet: Sheet of a workbook; default: the first.
    """

    encoding: str | None = None
    columns: Annotated[str, Parameter(name="--map")] = ""
    text: str | None = None
    sheet: str | None = None


DEFAULT_OPTIONS: Final = TableOptions()


@dataclass(slots=True)
class Row:
    """A row with a value.

    Args:
        number: Of the row, from 1, as a spreadsheet program shows it.
        raw: All its cells, as they are written.
        cells: Those of the columns with a name; of a row with too few or too many, all of them.
        is_complete: Whether it has as many cells as there are columns.
        written: Its *cells* as they are written, if one of them is like ="text"; else None.
    """

    number: int
    raw: list[str]
    cells: list[str]
    is_complete: bool = True
    written: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was read.

    Args:
        columns: Which column is which field.
        rows: The rows with a value below the first one.
        notes: What was found and passed over.
        width: Columns up to the last one with a name.
    """

    columns: Columns
    rows: list[Row] = field(default_factory=list)
    notes: TableNotes = field(default_factory=TableNotes)
    width: int = 0


def read_table(
    octets: bytes,
    options: TableOptions,
    *,
    template_names: Collection[str] = (),
    confirm: Confirm | None = None,
) -> Table:
    """Read the table in a file.

    Args:
        octets: Of the file.
        options: Of the command.
        template_names: Names of the columns that the option `--text` needs.
        confirm: Asks about a guessed encoding; None if there is no terminal.

    Raises:
        Failure: The file isn't a table, or its header is wrong.
    """
    mapping, notes = read_mapping(options.columns), TableNotes()
    records = _read_records(octets, options, mapping, notes, confirm)
    rows = [one for one in records if any(map(is_filled, one.cells))]
    notes.empty_rows = len(records) - len(rows)
    header = [name.strip().strip(INVISIBLE) for name in rows[0].cells] if rows else []
    while header and not header[-1]:
        header.pop()
    _check_header(header, len(rows), mapping, options.encoding)
    places = [at for at, name in enumerate(header) if name]
    columns = find_columns(
        [header[at] for at in places],
        mapping,
        template_names=template_names,
        has_text=options.text is not None,
    )
    _check_unnamed(header, rows[1:])
    notes.set_columns(columns)
    table = Table(columns, notes=notes, width=len(header))
    table.rows.extend(_row(one, places, len(header)) for one in rows[1:])
    return table


def _read_records(
    octets: bytes,
    options: TableOptions,
    mapping: Mapping[str, str],
    notes: TableNotes,
    confirm: Confirm | None,
) -> list[Record]:
    """Return all records of a file, and note how they were found."""
    if is_workbook(octets):
        if options.encoding is not None:
            raise failure_before_sending(
                "bulk.encoding_of_workbook",
                _("--encoding is for texts, and the file is an .xlsx workbook"),
                advice=_("leave out --encoding"),
            )
        sheet = read_sheet(octets, options.sheet)
        notes.sheet, notes.merged_cells, notes.encoding = sheet.name, sheet.merged, UTF_8
        return sheet.records
    if options.sheet is not None:
        raise failure_before_sending(
            "bulk.sheet",
            _("--sheet is for .xlsx workbooks, and the file is a text"),
            advice=_("leave out --sheet"),
        )
    decoded = decode_file(octets, options.encoding, confirm)
    text = read_delimited(decoded.text, lambda names: count_known(names, mapping))
    notes.encoding, notes.is_guessed = decoded.encoding, decoded.is_guessed
    notes.separator = text.separator
    records = list(text.records)
    notes.formulas = sum(
        one != raw
        for record in records
        for one, raw in zip(record.cells, record.raw or record.cells, strict=True)
    )
    return records


def _check_header(
    header: Sequence[str], rows: int, mapping: Mapping[str, str], encoding: str | None
) -> None:
    """Refuse a file whose first row isn't a header, and say what it is instead."""
    if count_known(header, mapping):
        return
    if not rows:
        key, text = "bulk.empty", _("the file is empty")
    elif encoding is not None:
        text = _("the header has no column to; is --encoding {encoding} right?")
        key = "bulk.encoding_of_header"
    elif rows == 1:
        key, text = "bulk.one_row", _("the file has one row only, and that isn't a header")
    else:
        key, text = "bulk.no_header", _("the first row isn't a header: it has no known column")
    raise wrong_header(key, text, "", encoding=encoding)


def _check_unnamed(header: Sequence[str], rows: Iterable[Record]) -> None:
    """Refuse a column that has values but no name."""
    unnamed = [at for at, name in enumerate(header) if not name]
    for row in rows if unnamed else ():
        for at in unnamed:
            if at < len(row.cells) and is_filled(row.cells[at]):
                raise failure_before_sending(
                    "bulk.unnamed",
                    _("column {column} has values, as in row {number}, but no name"),
                    advice=_("give it a name in the first row, or remove it"),
                    column=at + 1,
                    number=row.number,
                )


def _row(record: Record, places: Sequence[int], width: int) -> Row:
    """Return a row with the cells of the columns that have a name."""
    raw = record.raw or record.cells
    cells = record.cells[:width]
    rest = record.cells[width:]
    if any(map(is_filled, rest)) or len(cells) < width:
        return Row(record.number, raw, [*cells, *rest], is_complete=False)
    written = None if record.raw is None else [raw[at] for at in places]
    return Row(record.number, raw, [cells[at] for at in places], written=written)

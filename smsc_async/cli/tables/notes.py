"""What was found in a table and changed on the way in, for the summary.

Rule: it is said before anything is sent. A plain file (UTF-8, known columns, nothing changed) has
nothing to say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.i18n import _, _n
from smsc_async.cli.tables.columns import REASON
from smsc_async.cli.tables.decoding import UTF_8

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.i18n import Translator
    from smsc_async.cli.tables.columns import Columns
    from smsc_async.cli.tables.numbers import Change

_EMPTY_ROWS: Final = _n("{number} empty row", "{number} empty rows")
_MERGED: Final = _n("{number} merged cell filled", "{number} merged cells filled")
_BRACES: Final = _n(
    "{number} text contains {{…}}: it is sent as it is; for personal texts use --text or a column"
    " template",
    "{number} texts contain {{…}}: they are sent as they are; for personal texts use --text or a"
    " column template",
)
_FORMULAS: Final = _n(
    '{number} like ="text" is read as its text, as Excel reads it',
    '{number} like ="text" are read as their text, as Excel reads them',
)
_REPLACED: Final = _("that of --text; the column {name} isn't used")
_LOCAL: Final = _n(
    "{number} begins with 8 (row {rows}) and is sent as 7…",
    "{number} begin with 8 (rows {rows}) and are sent as 7…",
)
_REPEATED: Final = _n("{number} occurs several times", "{number} occur several times")
_MOST_ROWS: Final = 10
"""Rows that are listed; further ones are only counted."""
_TAB: Final = _("tab")


@dataclass(slots=True)
class TableNotes:
    """What a table is and what was changed in it.

    Args:
        encoding: Of the text.
        is_guessed: Whether the encoding was guessed, and confirmed.
        separator: Between the cells; empty for a workbook.
        sheet: Name of the sheet; empty for a text.
        columns: The column of each field, by the field.
        unused: Columns that are passed over.
        replaced: The column of texts that `--text` replaces; empty without one.
        braces: Texts with a name in braces that isn't filled.
        empty_rows: Rows without any value.
        formulas: Cells like ="text", of which the text was taken.
        merged_cells: Cells that got the value of the first of their merged ones.
        changes: How many numbers were changed in each way.
        local_rows: Rows whose number begins with the Russian 8.
        repeated: Recipients of several rows.
    """

    encoding: str = UTF_8
    is_guessed: bool = False
    separator: str = ""
    sheet: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    replaced: str = ""
    braces: int = 0
    empty_rows: int = 0
    formulas: int = 0
    merged_cells: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    local_rows: list[int] = field(default_factory=list)
    repeated: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing that a user might not expect."""
        has_own_names = all(name.lower() == field for field, name in self.columns.items())
        counts = self.empty_rows + self.merged_cells + self.changes.total() + len(self.unused)
        counts += self.braces + len(self.local_rows) + self.formulas
        is_usual = self.encoding == UTF_8 and self.separator in {",", ";"}
        return is_usual and has_own_names and not counts

    def set_columns(self, columns: Columns) -> None:
        """Note the columns that are taken, and those that aren't."""
        self.columns = {field: columns.names[at] for field, at in columns.fields.items()}
        self.unused, self.replaced = columns.unused, columns.replaced

    def show(self, name: str, screen: Screen) -> None:
        """Show the notes on a file with a *name*, unless it is plain."""
        lines = [] if self.is_plain else [*self._lines(name, screen.translate)]
        if self.repeated:
            repeated = screen.translate.count(_REPEATED, self.repeated)
            lines.append((screen.translate("recipients"), repeated))
        if lines:
            screen.show(label_grid(*((label, Text(text)) for label, text in lines)))
        if not self.is_plain:
            screen.write_json({"input": self.as_json()})

    def as_json(self) -> dict[str, Any]:
        """Return the notes as a JSON object."""
        return {
            "encoding": None if self.sheet else self.encoding,
            "guessed": self.is_guessed,
            "separator": self.separator or None,
            "sheet": self.sheet or None,
            "columns": self.columns,
            "unused": self.unused,
            "braces": self.braces,
            "empty_rows": self.empty_rows,
            "formulas": self.formulas,
            "merged_cells": self.merged_cells,
            "local": self.local_rows,
            "repeated": self.repeated,
            "changed": {change.name.lower(): number for change, number in self.changes.items()},
        }

    def _lines(self, name: str, translate: Translator) -> Iterator[tuple[str, str]]:
        """Yield labels with their texts."""
        if self.sheet:
            text = translate("{name}, sheet {sheet}", name=name, sheet=self.sheet)
        else:
            separator = translate(_TAB) if self.separator == "\t" else self.separator
            guessed = translate(
                "{name}: {encoding} (guessed), separator {separator}",
                name=name,
                encoding=self.encoding,
                separator=separator,
            )
            text = (
                guessed
                if self.is_guessed
                else translate(
                    "{name}: {encoding}, separator {separator}",
                    name=name,
                    encoding=self.encoding.removesuffix("-sig"),
                    separator=separator,
                )
            )
        yield translate("file"), text
        columns = ", ".join(
            f"{field} = {column}" for field, column in self.columns.items() if field != REASON
        )
        yield translate("columns"), columns
        if self.unused:
            yield translate("not used"), ", ".join(self.unused)
        if self.replaced:
            yield translate("text"), translate(_REPLACED, name=self.replaced)
        if self.braces:
            yield translate("text"), translate.count(_BRACES, self.braces)
        if self.empty_rows:
            yield translate("passed over"), translate.count(_EMPTY_ROWS, self.empty_rows)
        if self.formulas:
            yield translate("cells"), translate.count(_FORMULAS, self.formulas)
        if self.merged_cells:
            yield translate("sheet"), translate.count(_MERGED, self.merged_cells)
        if self.changes:
            counted = (f"{translate(one.value)}: {count}" for one, count in self.changes.items())
            yield translate("numbers"), "; ".join(counted)
        if self.local_rows:
            more = ", …" * (len(self.local_rows) > _MOST_ROWS)
            rows = ", ".join(map(str, self.local_rows[:_MOST_ROWS])) + more
            local = translate.count(_LOCAL, len(self.local_rows), rows=rows)
            yield translate("numbers"), local

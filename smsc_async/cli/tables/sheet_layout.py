"""What a workbook says about a sheet beside its values: hidden rows, and formats of numbers.

Rule: only what changes the meaning is read: a hidden row may be one that isn't to be sent, and 0.15
shown as 15% or 42 shown as 00042 are other texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from posixpath import join, normpath
from typing import TYPE_CHECKING, Final
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_OCTETS: Final = 1 << 30
"""Octets of a workbook's parts, unpacked."""
_BUILT_IN: Final = {"9": "0%", "10": "0.00%"}
_PLACE: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_TRUE: Final = frozenset({"1", "true"})
_VALUES: Final = frozenset({"v", "is", "f"})
_CODE: Final = re.compile(r"[#?0]*(0(?:\.0+)?%)|(0{2,})")
"""A percentage with its decimals, or a number of so many digits."""


@dataclass(slots=True)
class SheetLayout:
    """The layout of a sheet; rows and columns from 0.

    Args:
        hidden_rows: Those that aren't shown, hidden or by a filter.
        formats: By row and column, "0.0%" with the decimals of a percentage, or as many zeros as a
            number has digits.
        height: Rows up to the last one with a value.
        width: Columns, likewise.
    """

    hidden_rows: list[int] = field(default_factory=list)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    height: int = 0
    width: int = 0


def unpacked_size(octets: bytes) -> int:
    """Return the octets of all parts of a workbook, as its directory has them."""
    with ZipFile(BytesIO(octets)) as archive:
        return sum(part.file_size for part in archive.infolist())


def read_layout(octets: bytes, sheet_name: str) -> SheetLayout:
    """Read the layout of a sheet; what the workbook doesn't say isn't there.

    Raises:
        BadZipFile: A part is damaged.
        ExpatError: As above.
    """
    with ZipFile(BytesIO(octets)) as archive:
        parts = set(archive.namelist())
        name = _part_of(archive, parts, sheet_name)
        if name not in parts:
            return SheetLayout()
        reader = _LayoutReader(_styles(archive, parts))
        _parse(archive, name, reader.on_start)
    return reader.layout


class _LayoutReader:
    """Reads the elements of a sheet.

    Args:
        styles: What is to be known of the styles of cells, by their numbers.
    """

    def __init__(self, styles: Mapping[str, str]) -> None:
        self.layout = SheetLayout()
        self._styles = styles
        self._row = self._column = -1

    def on_start(self, tag: str, values: Mapping[str, str]) -> None:
        """Note a row, a cell with a format, or the place of a value."""
        if tag == "row":
            self._row = int(values["r"]) - 1 if "r" in values else self._row + 1
            self._column = -1
            if values.get("hidden") in _TRUE:
                self.layout.hidden_rows.append(self._row)
        elif tag == "c":
            place = _PLACE.fullmatch(values.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            if shown := self._styles.get(values.get("s", "")):
                self.layout.formats[self._row, self._column] = shown
        elif tag in _VALUES:
            self.layout.height = max(self.layout.height, self._row + 1)
            self.layout.width = max(self.layout.width, self._column + 1)


def _parse(archive: ZipFile, name: str, start: Callable[[str, Mapping[str, str]], None]) -> None:
    """Call a function with the tag and the attributes of each element, without prefixes."""
    parser = ParserCreate()

    def on_start(tag: str, values: Mapping[str, str]) -> None:
        """Do so."""
        start(tag.rpartition(":")[2], values)

    parser.StartElementHandler = on_start
    with archive.open(name) as part:
        parser.ParseFile(part)


def _part_of(archive: ZipFile, parts: set[str], sheet_name: str) -> str:
    """Return the name of the part of a sheet; empty if it isn't found."""
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, relations} <= parts:
        return ""
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}

    def on_sheet(tag: str, values: Mapping[str, str]) -> None:
        """Note the id of a sheet."""
        if tag == "sheet":
            found = next((value for key, value in values.items() if key.endswith(":id")), "")
            ids[values.get("name", "")] = found

    def on_relation(_tag: str, values: Mapping[str, str]) -> None:
        """Note the part that an id stands for."""
        targets[values.get("Id", "")] = values.get("Target", "")

    _parse(archive, book, on_sheet)
    _parse(archive, relations, on_relation)
    target = targets.get(ids.get(sheet_name, ""), "")
    return normpath(join("/xl", target)).lstrip("/") if target else ""


def _styles(archive: ZipFile, parts: set[str]) -> dict[str, str]:
    """Return what is to be known of each style of a cell, by its number."""
    if "xl/styles.xml" not in parts:
        return {}
    codes: dict[str, str] = dict(_BUILT_IN)
    styles: list[str] = []
    parent = ""

    def start(tag: str, values: Mapping[str, str]) -> None:
        """Note a format, or a style that has it."""
        nonlocal parent
        if tag == "numFmt":
            codes[values.get("numFmtId", "")] = _shown(values.get("formatCode", ""))
        elif tag == "xf" and parent == "cellXfs":
            styles.append(codes.get(values.get("numFmtId", ""), ""))
        elif tag in {"cellXfs", "cellStyleXfs", "dxfs", "cellStyles"}:
            parent = tag

    _parse(archive, "xl/styles.xml", start)
    return {str(at): one for at, one in enumerate(styles) if one}


def _shown(code: str) -> str:
    """Return what is to be known of a format: "0.00%", zeros, or nothing."""
    found = _CODE.fullmatch(_QUOTED.sub("", code.partition(";")[0]))
    return (found[1] or found[2]) if found else ""


def _column(letters: str) -> int:
    """Return the place of a column: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1

"""Small `.xlsx` workbooks for tests, written as the XML that they consist of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SPREADSHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_STYLES: Final = (
    f'<styleSheet xmlns="{_SPREADSHEET}"><numFmts><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="0.0&quot;%&quot;"/>'
    '<numFmt numFmtId="166" formatCode="#0.0%;[Red]-0.0%"/></numFmts>'
    '<cellStyleXfs count="1"><xf numFmtId="9"/></cellStyleXfs>'
    '<cellXfs count="7"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/>'
    '<xf numFmtId="9"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="10"/><xf numFmtId="166"/></cellXfs></styleSheet>'
)
HIDDEN: Final = ' hidden="1"'
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook has no time zones


@dataclass(frozen=True)
class Formula:
    """A formula with its result, which a workbook stores beside it."""

    text: str
    result: float


@dataclass(frozen=True)
class Styled:
    """A number with a style: 2, 5, 6: in per cent; 3: as five digits; 4: with a quoted "%"."""

    value: float
    style: int


@dataclass(frozen=True)
class SheetError:
    """A cell that shows an error: #N/A."""

    text: str


def workbook(
    sheets: Mapping[str, Sequence[Sequence[object]]],
    *,
    merged: Sequence[str] = (),
    hidden: Sequence[str] = (),
    hidden_rows: Sequence[int] = (),
) -> bytes:
    """Return a workbook.

    Args:
        sheets: Rows of cells by name of the sheet; None is no cell.
        merged: Ranges of merged cells of the first sheet, as "A1:A3".
        hidden: Names of hidden sheets.
        hidden_rows: Numbers of hidden rows of the first sheet.
    """
    names = list(sheets)
    parts = {
        "[Content_Types].xml": _content_types(len(names)),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{at}": ("worksheet", f"worksheets/sheet{at}.xml") for at in _numbers(names)}
            | {"rId99": ("styles", "styles.xml")}
        ),
        "xl/workbook.xml": _workbook(names, hidden),
        "xl/styles.xml": _STYLES,
    }
    for at, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{at}.xml"] = _sheet(
            rows, merged if at == 1 else (), hidden_rows if at == 1 else ()
        )
    octets = BytesIO()
    with ZipFile(octets, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return octets.getvalue()


def _numbers(names: Sequence[str]) -> range:
    """Return the numbers of the sheets."""
    return range(1, len(names) + 1)


def _content_types(count: int) -> str:
    """Return the part that names the types of the others."""
    head = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{head}.worksheet+xml"/>'
        for at in range(1, count + 1)
    )
    return (
        f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{head}.sheet.main+xml"/>{overrides}'
        "</Types>"
    )


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """Return the part that names the targets of references."""
    lines = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_RELATIONS}">{lines}</Relationships>'


def _workbook(names: Sequence[str], hidden: Sequence[str]) -> str:
    """Return the part that lists the sheets."""
    lines = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name in hidden else ''}/>"
        for at, name in enumerate(names, 1)
    )
    return (
        f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>{lines}</sheets></workbook>'
    )


def _sheet(rows: Sequence[Sequence[object]], merged: Sequence[str], hidden: Sequence[int]) -> str:
    """Return the part of a sheet."""
    lines = "".join(
        f'<row r="{at}"{HIDDEN if at in hidden else ""}>'
        f"{''.join(_cell(f'{chr(65 + n)}{at}', one) for n, one in enumerate(row))}"
        "</row>"
        for at, row in enumerate(rows, 1)
    )
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    merges = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    return f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>{lines}</sheetData>{merges}</worksheet>'


def _cell(place: str, value: object) -> str:
    """Return one cell; nothing for None."""
    kind, content = _KINDS.get(type(value), _of_text)(value)
    return "" if value is None else f'<c r="{place}"{kind}>{content}</c>'


def _of_text(value: object) -> tuple[str, str]:
    """Return type and content of a cell with a text."""
    return ' t="inlineStr"', f'<is><t xml:space="preserve">{escape(str(value))}</t></is>'


_KINDS: Final[dict[type, Callable[[Any], tuple[str, str]]]] = {
    bool: lambda value: (' t="b"', f"<v>{value:d}</v>"),
    int: lambda value: ("", f"<v>{value}</v>"),
    float: lambda value: ("", f"<v>{value!r}</v>"),
    datetime: lambda value: (' s="1"', f"<v>{(value - _EPOCH).total_seconds() / 86_400!r}</v>"),
    Formula: lambda value: ("", f"<f>{value.text}</f><v>{value.result!r}</v>"),
    Styled: lambda value: (f' s="{value.style}"', f"<v>{value.value!r}</v>"),
    SheetError: lambda value: (' t="e"', f"<v>{value.text}</v>"),
}
"""Type and content of a cell, by the type of its value."""

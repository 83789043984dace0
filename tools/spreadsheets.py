"""Make the spreadsheets that the tests read: one sheet, saved by LibreOffice in each format.

They stand in `tests/cli/tables/sheets`, so that the tests need no LibreOffice. To make them again,
`apt-get install --no-install-recommends libreoffice-calc`, then `python tools/spreadsheets.py`.

The sheet has 5000 rows under Russian names: numbers as numbers, texts with quotes, separators and
line breaks, an empty column without a name, and empty rows. LibreOffice 7.4 writes no byte order
mark before UTF-8, so the mark that Excel writes is added here.
"""

from __future__ import annotations

import codecs
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

SHEETS: Final = Path(__file__).resolve().parent.parent / "tests" / "cli" / "tables" / "sheets"
ROWS: Final = 5000
HEADER: Final = ("Номер телефона", "", "Сообщение", "Отправитель")
NAMES: Final = ("Анна", "Пётр", "Юлия", "Семён", "Ольга", "Илья", "Вера", "Лев")

# Separator, quote, character set, first line; 34: windows-1251, 76: UTF-8, 65535: UTF-16.
# "false" quotes only what needs it; "true" writes cells as they are shown.
_FORMATS: Final = {
    "windows-1251.csv": ("csv", "59,34,34,1,,0,false,true"),
    "utf-8.csv": ("csv", "44,34,76,1,,0,false,true"),
    "utf-16.txt": ("csv", "9,34,65535,1,,0,false,true"),
    "book.xlsx": ("xlsx", ""),
}
_FLAT: Final = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:body><office:spreadsheet><table:table table:name="Клиенты">
{rows}</table:table></office:spreadsheet></office:body></office:document>
"""


def rows() -> Iterator[tuple[int, str, str]]:
    """Yield number, text and sender of each message."""
    for at in range(ROWS):
        name = NAMES[at % len(NAMES)]
        text = f"{name}, заказ {at} готов"
        if at % 50 == 7:
            text = f'{name}; ваш "заказ" {at},\nждём'
        yield 79000000000 + at * 1999, text, "" if at % 3 else "Shop"


def _cell(value: float | str) -> str:
    """Return a cell of a flat OpenDocument spreadsheet."""
    if isinstance(value, str):
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def _row(*cells: float | str) -> str:
    """Return a row of cells."""
    return f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>\n"


def flat_spreadsheet() -> str:
    """Return the sheet as an OpenDocument file of XML."""
    lines = [_row(*HEADER)]
    for at, (number, text, sender) in enumerate(rows()):
        lines.append(_row(number, "", text, sender))
        if at % 1000 == 500:
            lines.append(_row("", "", " ", ""))
    return _FLAT.format(rows="".join(lines))


def save(source: Path, target: Path, kind: str, options: str) -> None:
    """Let LibreOffice save a spreadsheet in a format."""
    name = f"csv:Text - txt - csv (StarCalc):{options}" if options else kind
    with TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        convert = ["--headless", "--convert-to", name, "--outdir", folder, str(source)]
        command = ["soffice", profile, *convert]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        octets = Path(folder, f"{source.stem}.{kind}").read_bytes()
    if ",76," in options and not octets.startswith(codecs.BOM_UTF8):
        octets = codecs.BOM_UTF8 + octets
    target.write_bytes(octets)


def main() -> int:
    """Make all files."""
    if shutil.which("soffice") is None:
        print("apt-get install --no-install-recommends libreoffice-calc")
        return 1
    with TemporaryDirectory() as folder:
        source = Path(folder, "sheet.fods")
        source.write_text(flat_spreadsheet(), encoding="utf-8")
        for name, (kind, options) in _FORMATS.items():
            save(source, SHEETS / name, kind, options)
            print(f"{name}: {(SHEETS / name).stat().st_size} octets")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Explained PDUs as a hex dump table, eight octets a row, each field in its own colour.

Rule: colour carries no information; the table is complete without it.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pdu.explain import Line
    from smsc_async.cli.i18n import Translator

OCTETS_A_ROW = 8
"""Leaves room for the meaning in 80 columns."""

_COLOURS = ("cyan", "green", "yellow", "magenta", "bright_blue")
_FIRST = "command_length"


def dump_table(lines: Sequence[Line], translate: Translator) -> Table:
    """Return explained octets as a table: offset, octets, field, meaning; errors in red."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(translate("at"), no_wrap=True, style="dim")
    table.add_column(translate("octets"), no_wrap=True)
    table.add_column(translate("field"), no_wrap=True)
    table.add_column(translate("meaning"), overflow="fold")
    colours = cycle(_COLOURS)
    for number, line in enumerate(lines):
        if number and line.field == _FIRST:
            table.add_row()
        style = "bold red" if line.note else next(colours)
        starts = range(0, len(line.octets) or 1, OCTETS_A_ROW)
        offsets = "\n".join(f"{line.offset + at:04x}:" for at in starts)
        octets = "\n".join(line.octets[at : at + OCTETS_A_ROW].hex(" ") for at in starts)
        note = f"! {line.note}" if line.note else ""
        text = " ".join(part for part in (line.meaning, note) if part)
        table.add_row(
            Text(offsets), Text(octets, style), Text(line.field, style), Text(text, style)
        )
    return table


def dump_as_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return explained octets as one JSON object a PDU."""
    return [
        {
            "offset": frame[0].offset,
            # None where the header is cut off.
            "command": next((line.meaning for line in frame if line.field == "command_id"), None),
            "ok": not any(line.note for line in frame),
            "fields": [
                {
                    "offset": line.offset,
                    "octets": line.octets.hex(),
                    "field": line.field,
                    "meaning": line.meaning,
                    "note": line.note or None,
                }
                for line in frame
            ],
        }
        for frame in split_pdus(lines)
    ]


def split_pdus(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the lines of each PDU."""
    frame: list[Line] = []
    for line in lines:
        if frame and line.field in {_FIRST, "cut off"}:
            yield frame
            frame = []
        frame.append(line)
    if frame:
        yield frame

"""Explained PDUs as a hex dump table, eight octets a row, each field in its own colour.

Rule: colour carries no information; the table is complete without it.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.table import Table
from rich.text import Text

from smsc_async.cli.dumps.conversation import side_name
from smsc_async.cli.i18n import _
from smsc_async.cli.sentences import in_language, meaning_in_language
from smsc_async.session.states import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pdu.explain import Line
    from smsc_async.cli.dumps.conversation import FoundPdu
    from smsc_async.cli.i18n import Translator

OCTETS_A_ROW = 8
"""Leaves room for the meaning in 80 columns."""

_COLOURS = ("cyan", "green", "yellow", "magenta", "bright_blue")
_ARROWS: Final = {Role.ESME: "->", Role.SMSC: "<-"}
_DIRECTIONS: Final = {Role.ESME: _("-> to the SMSC"), Role.SMSC: _("<- from the SMSC")}


class ExplainedPdu(NamedTuple):
    """A PDU with its explanation.

    Args:
        found: Where it is, and who sent it.
        in_itself: Its lines; their offsets count from its first octet.
        number: Of the PDU in the dump, from 1.
    """

    found: FoundPdu
    in_itself: Sequence[Line]
    number: int

    @property
    def lines(self) -> list[Line]:
        """Its lines; their offsets are those of its stream."""
        base = self.found.offset
        return [line._replace(offset=base + line.offset) for line in self.in_itself]

    @property
    def error(self) -> Line | None:
        """The first line with an error; None if there is none."""
        return next((line for line in self.lines if line.note), None)


def dump_table(lines: Sequence[Line], translate: Translator) -> Table:
    """Return an explained PDU as a table: offset, octets, field, meaning; errors in red."""
    table = _empty_table(translate)
    _add_lines(table, lines, cycle(_COLOURS), translate)
    return table


def conversation_table(pdus: Sequence[ExplainedPdu], translate: Translator) -> Table:
    """Return explained PDUs as a table, each below a row with its number and direction."""
    table, colours = _empty_table(translate), cycle(_COLOURS)
    has_several = any(pdu.found.stream for pdu in pdus)
    for pdu in pdus:
        if pdu.number > 1:
            table.add_row()
        table.add_row(*_heading(pdu, translate, has_several=has_several), style="bold")
        _add_lines(table, pdu.lines, colours, translate)
    return table


def _empty_table(translate: Translator) -> Table:
    """Return a table with its columns."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(translate("at"), no_wrap=True, style="dim")
    table.add_column(translate("octets"), no_wrap=True)
    table.add_column(translate("field"), no_wrap=True)
    table.add_column(translate("meaning"), overflow="fold")
    return table


def _add_lines(
    table: Table, lines: Sequence[Line], colours: Iterator[str], translate: Translator
) -> None:
    """Add the rows of a PDU."""
    for line in lines:
        table.add_row(*_cells(line, "bold red" if line.note else next(colours), translate))


def _heading(
    pdu: ExplainedPdu, translate: Translator, *, has_several: bool
) -> tuple[Text, Text, Text, Text]:
    """Return the row above a PDU: its number, its direction, its packet and its stream."""
    found = pdu.found
    direction = translate(_DIRECTIONS[found.role]) if found.role else ""
    if not direction and found.side is not None:
        direction = translate("from side {side}", side=side_name(found.side))
    packet = translate("packet {packet}", packet=found.packet) if found.packet else ""
    stream = translate("stream {stream}", stream=found.stream + 1) if has_several else ""
    return Text(f"#{pdu.number}"), Text(direction), Text(packet), Text(stream)


def _cells(line: Line, style: str, translate: Translator) -> tuple[Text, Text, Text, Text]:
    """Return the row of a field."""
    starts = range(0, len(line.octets) or 1, OCTETS_A_ROW)
    offsets = "\n".join(f"{line.offset + at:04x}:" for at in starts)
    octets = "\n".join(line.octets[at : at + OCTETS_A_ROW].hex(" ") for at in starts)
    note = f"! {in_language(line.note, translate)}" if line.note else ""
    meaning = meaning_in_language(line.meaning, translate)
    text = " ".join(part for part in (meaning, note) if part)
    field = meaning_in_language(line.field, translate)
    return Text(offsets), Text(octets, style), Text(field, style), Text(text, style)


def dump_as_json(pdus: Sequence[ExplainedPdu]) -> list[dict[str, Any]]:
    """Return explained PDUs as one JSON object each."""
    return [
        {
            "number": pdu.number,
            "direction": _ARROWS[pdu.found.role] if pdu.found.role else None,
            "side": None if pdu.found.side is None else side_name(pdu.found.side),
            "stream": pdu.found.stream + 1,
            "packet": pdu.found.packet,
            "offset": pdu.found.offset,
            # None where the header is cut off.
            "command": next(
                (each.meaning for each in pdu.lines if each.field == "command_id"), None
            ),
            "ok": pdu.error is None,
            "fields": [
                {
                    "offset": line.offset,
                    "octets": line.octets.hex(),
                    "field": line.field,
                    "meaning": line.meaning,
                    "note": line.note or None,
                }
                for line in pdu.lines
            ],
        }
        for pdu in pdus
    ]

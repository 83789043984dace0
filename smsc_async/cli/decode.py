"""`smsc decode`: PDUs explained, field by field."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from pdu.explain import explain
from smsc_async.cli.arguments import STANDARD_INPUT
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.dump_table import dump_as_json, dump_table, split_pdus
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.hexadecimal import read_octets

if TYPE_CHECKING:
    from pdu.explain import Line


def decode_command(*octets: str, screen: Annotated[Screen, Parameter(parse=False)]) -> int:
    """Explain PDUs.

    Args:
        octets: Hexadecimal digits in any number of arguments; "-" reads standard input.
        screen: For the output.
    """
    if STANDARD_INPUT in octets:
        # What isn't UTF-8 isn't a digit either, and is reported as such.
        octets = (sys.stdin.buffer.read().decode("utf-8", "replace"),)
    found = read_octets("\n".join(octets) if len(octets) == 1 else " ".join(octets))
    lines = explain(found).lines
    broken = next((line for line in lines if line.note), None)
    screen.show(
        dump_table(lines, screen.translate), "", _verdict(lines, len(found), broken, screen)
    )
    screen.write_json({"ok": broken is None, "octets": len(found), "pdus": dump_as_json(lines)})
    return ExitCode.DONE if broken is None else ExitCode.REFUSED


def _verdict(lines: tuple[Line, ...], size: int, broken: Line | None, screen: Screen) -> Text:
    """Return the summary: how many PDUs and octets, and the first error."""
    translate = screen.translate
    counted = {
        "pdus": translate.count("pdus", len(list(split_pdus(lines)))),
        "octets": translate.count("octets", size),
    }
    if broken is None:
        return Text(translate("decode.fine", **counted), style="green")
    text = translate("decode.broken", **counted, offset=broken.offset, note=broken.note)
    return Text(text, style="bold red")

"""`smsc decode`: PDUs explained, field by field."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from pdu.explain import explain
from smsc_async.cli.arguments import STANDARD_INPUT
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.dump_table import dump_as_json, dump_table
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.formatting import OCTETS
from smsc_async.cli.hexadecimal import read_octets
from smsc_async.cli.i18n import _n
from smsc_async.receipts import GATEWAY_TLVS


def decode_command(*octets: str, screen: Annotated[Screen, Parameter(parse=False)]) -> int:
    """Explain PDUs, field by field.

    Passwords are hidden.

    Args:
        octets: Hexadecimal digits; spaces, colons, commas, 0x, line breaks and the offsets of
            hexdump -C, xxd and Wireshark are accepted, and several PDUs in a row; - reads standard
            input.
        screen: For the output.

    Returns:
        The exit code is 1 if there is an error in the octets.

    Examples:
        smsc decode 00000010 00000015 00000000 00000001
        xxd capture.bin | smsc decode -
    """
    if STANDARD_INPUT in octets:
        # What isn't UTF-8 isn't a digit either, and is reported as such.
        octets = (sys.stdin.buffer.read().decode("utf-8", "replace"),)
    found, translate = read_octets(" ".join(octets)), screen.translate
    lines = explain(found, vendor_tlvs=GATEWAY_TLVS).lines
    broken = next((line for line in lines if line.note), None)
    pdus = dump_as_json(lines)
    counted = {
        "pdus": translate.count(_n("{number} PDU", "{number} PDUs"), len(pdus)),
        "octets": translate.count(OCTETS, len(found)),
    }
    if broken is None:
        verdict = Text(translate("{pdus}, {octets}, no errors", **counted), style="green")
    else:
        text = translate(
            "{pdus}, {octets}, error at 0x{offset:04x}: {note}",
            **counted,
            offset=broken.offset,
            note=broken.note,
        )
        verdict = Text(text, style="bold red")
    screen.show(dump_table(lines, translate), "", verdict)
    screen.write_json({"ok": broken is None, "octets": len(found), "pdus": pdus})
    return ExitCode.DONE if broken is None else ExitCode.REFUSED

"""`smsc decode`: PDUs explained, field by field.

Rule: it connects to nothing. `smsc_async.cli.dumps` finds the octets, `pdu` explains them; here is
only what is shown of both.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from pdu.explain import explain
from pdu.names import RESPONSE_BIT, status_name
from smsc_async.cli.common_options import STANDARD_INPUT
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.dump_table import ExplainedPdu, conversation_table, dump_as_json
from smsc_async.cli.dumps.conversation import side_name
from smsc_async.cli.dumps.reading import read_file, read_text
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.formatting import OCTETS
from smsc_async.cli.i18n import _, _n
from smsc_async.cli.sentences import in_language, os_reason
from smsc_async.cli.statuses import status_text
from smsc_async.receipts import GATEWAY_TLVS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smsc_async.cli.dumps.conversation import Conversation
    from smsc_async.cli.i18n import Translator

_FILES = frozenset({".pcap", ".pcapng", ".cap", ".gz", ".txt", ".log", ".bin", ".hex", ".dump"})

_FILE_LIKE: Final = re.compile(r"\S*(?:[/\\]\S*|[^\s.]\.[A-Za-z][A-Za-z0-9]{0,7})")
"""What isn't the name of a file, as far as there is none, but was meant as one."""
_REFUSED: Final = _("refused in PDU {first}: {status}")
_REFUSALS: Final = _("refusals: {count}, the first in PDU {first}: {status}")


def decode_command(*octets: str, screen: Annotated[Screen, Parameter(parse=False)]) -> int:
    r"""Explain PDUs, field by field, with their direction.

    Passwords are hidden.

    Args:
        octets: Hexadecimal digits; a dump or a literal, as it was copied: Wireshark (also Follow >
            TCP Stream in any form), tshark, tcpdump, xxd, hexdump, od, Python, C, Go, Rust, Java,
            Erlang; or a file with one of them, also a capture (.pcap, .pcapng; they need pip
            install 'smsc-async[pcap]'); - reads standard input.
        screen: For the output.

    Returns:
        The exit code is 1 if there is an error in the octets.

    Examples:
        smsc decode 00000010 00000015 00000000 00000001
        smsc decode capture.pcapng
        xxd capture.bin | smsc decode -
    """
    conversation = _read(octets)
    pdus = [
        ExplainedPdu(found, explain(found.octets, vendor_tlvs=GATEWAY_TLVS).lines, number)
        for number, found in enumerate(conversation.pdus, start=1)
    ]
    error = next((pdu for pdu in pdus if pdu.error), None)
    is_ok = error is None and not any(note.is_error for note in conversation.notes)
    size, translate = sum(len(pdu.found.octets) for pdu in pdus), screen.translate
    refused = [*_refused(pdus)]
    remarks = [*_streams(conversation, translate), *_notes(conversation, translate)]
    screen.show(
        conversation_table(pdus, translate),
        "",
        *remarks,
        _verdict(len(pdus), size, error, refused, translate, is_ok=is_ok),
    )
    screen.write_json(
        {
            "ok": is_ok,
            "octets": size,
            "pdus": dump_as_json(pdus),
            "refused": [{"pdu": one, "status": status_name(status)} for one, status in refused],
            "streams": [
                {side_name(side): str(end) for side, end in enumerate(stream.ends)}
                for stream in conversation.streams
            ],
            "notes": [translate(note.text, **note.values) for note in conversation.notes],
        }
    )
    return ExitCode.DONE if is_ok else ExitCode.REFUSED


def _read(arguments: tuple[str, ...]) -> Conversation:
    """Read the arguments: standard input, a file, or the octets themselves."""
    if STANDARD_INPUT in arguments:
        return read_file(sys.stdin.buffer.read())
    path = Path(arguments[0]) if len(arguments) == 1 and len(arguments[0]) < 256 else None
    if path is not None and (path.suffix.lower() in _FILES or _is_file(path)):
        try:
            return read_file(path.read_bytes())
        except OSError as error:
            raise Failure(
                ExitCode.USAGE_ERROR,
                "no_file",
                _("can't read {name}: {reason}"),
                advice=_("check its name and its permissions"),
                name=str(path),
                reason=os_reason(error),
            ) from error
    try:
        return read_text(" ".join(arguments))
    except Failure as failure:
        if len(arguments) == 1 and _FILE_LIKE.fullmatch(arguments[0]):
            failure.detail = f"there is no file {arguments[0]}"
        raise


def _is_file(path: Path) -> bool:
    """Tell whether an argument is the name of a file; octets may be no name at all."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _verdict(
    count: int,
    size: int,
    error: ExplainedPdu | None,
    refused: Sequence[tuple[int, int]],
    translate: Translator,
    *,
    is_ok: bool,
) -> Text:
    """Return the last line."""
    counted = {
        "pdus": translate.count(_n("{number} PDU", "{number} PDUs"), count),
        "octets": translate.count(OCTETS, size),
    }
    if error is not None and error.error is not None:
        text = translate(
            "{pdus}, {octets}, error at 0x{offset:04x} of PDU {number}: {note}",
            **counted,
            offset=error.error.offset,
            number=error.number,
            note=in_language(error.error.note, translate),
        )
        return Text(text, style="bold red")
    if not is_ok:
        return Text(
            translate("{pdus}, {octets}, but some are missing", **counted), style="bold red"
        )
    if refused:
        number, status = refused[0]
        shown = status_text(status, translate)
        of_all = {"first": number, "status": shown, "count": len(refused)}
        first = translate(_REFUSED if len(refused) == 1 else _REFUSALS, **of_all)
        text = translate("{pdus}, {octets}, the octets have no errors", **counted)
        return Text(f"{text}; {first}", style="yellow")
    return Text(translate("{pdus}, {octets}, no errors", **counted), style="green")


def _refused(pdus: Iterable[ExplainedPdu]) -> Iterator[tuple[int, int]]:
    """Yield the numbers and statuses of the responses that refuse a request."""
    for pdu in pdus:
        octets = pdu.found.octets
        command_id, status = (int.from_bytes(octets[at : at + 4]) for at in (4, 8))
        if command_id & RESPONSE_BIT and status:
            yield pdu.number, status


def _streams(conversation: Conversation, translate: Translator) -> Iterator[Text]:
    """Yield the addresses of the streams."""
    for number, stream in enumerate(conversation.streams, start=1):
        if stream.ends:
            first, second = map(str, stream.ends)
            yield Text(
                translate(
                    "stream {stream}: A {first}, B {second}",
                    stream=number,
                    first=first,
                    second=second,
                ),
                style="dim",
            )


def _notes(conversation: Conversation, translate: Translator) -> Iterator[Text]:
    """Yield the remarks."""
    for note in conversation.notes:
        style = "bold red" if note.is_error else "yellow"
        yield Text(translate(note.text, **note.values), style=style)

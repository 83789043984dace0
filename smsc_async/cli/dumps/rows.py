"""The lines of a hex dump: rows with offsets, and what stands between them.

Rule: every line is a row, or one that a known tool writes between rows; any other is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps.blocks import Place, Source, refusal
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

_OFFSET: Final = r"(?P<indent>[ \t]*)(?:0[xX])?(?P<offset>[0-9a-fA-F]{{{digits}}})"
_COLON: Final = re.compile(_OFFSET.format(digits="4,16") + r":(?:[ \t]+(?P<rest>.*))?")
_WIDE: Final = re.compile(
    _OFFSET.format(digits="4,16") + r"(?:(?:[ ]{2,}|[ ]*\t)[ \t]*(?P<rest>.*))?"
)
_NARROW: Final = re.compile(_OFFSET.format(digits="6,7") + r"(?:[ ]+(?P<rest>.*))?")

_OCTETS: Final = re.compile(r"[0-9a-fA-F]{2}", re.ASCII)
_SQUEEZED: Final = re.compile(r"\s*\*\s*")
_SECTION: Final = re.compile(
    r"\s*(?P<name>[A-Z][\w ./-]*) \((?P<size>\d+) (?:bytes?|octets?)\):?\s*"
)
_FOLLOW: Final = re.compile(r"=+|Follow: \w+,\w+|Filter: .*|Node [01]: .*")
_HEADINGS: Final = (
    re.compile(r"\s*#.*"),
    # tcpdump, also with -v (a second line), -t, -e, -#, -i any
    re.compile(
        r"\s*(?:\d+  )?(?:\S+ ){0,2}"
        r"(?:\S+ +(?:In|Out|B|M|P|Bcast|Mcast) +)?(?:IP6?|ARP,|STP|LLDP,) .*"
    ),
    re.compile(r"\s*\S+ > \S+: .*"),
    re.compile(r"\s*(?:\d+  )?\S+ .*\bethertype \S+ .*"),
    re.compile(r"\s*(?:\d+  )?(?:\S+ ){0,2}(?:AF IPv[46] \(\d+\), length \d+|ip6?): .*"),
    # tshark, a line a packet
    re.compile(r"\s*\d+\s+(?:\d{4}-\d\d-\d\d )?[\d:]+\.\d+\s+\S+\s+(?:→|->)\s+\S+\s+\S.*"),
)
_REMARKS: Final = re.compile(
    r"reading from file .*|listening on .*|tcpdump: .*|Capturing on .*"
    r"|[0-9]+ packets? (?:captured|received|dropped).*"
)
_ANNOTATED: Final = re.compile(r"[ \t]command_length\b")


class Row(NamedTuple):
    """A row of a dump.

    Args:
        line: Number of the line, from 1.
        indent: Spaces before the offset.
        offset: Its digits.
        rest: What follows: octets, perhaps a column of characters. Empty behind the last row.
        column: Where *rest* begins, from 1.
        is_repeated: The rows since the one before are like it ("*").
    """

    line: int
    indent: str
    offset: str
    rest: str
    column: int
    is_repeated: bool = False

    @property
    def place(self) -> Place:
        """The place of the offset."""
        return Place(self.line, len(self.indent) + 1)


@dataclass(slots=True)
class Run:
    """Rows with nothing between them.

    Args:
        section: "Frame", "Reassembled TCP" or another source of Wireshark; empty if it isn't named.
        size: Octets of the section; None if that isn't said.
        rows: In order.
        is_packet: The heading of a packet is before it: its offsets begin again.
    """

    section: str = ""
    size: int | None = None
    rows: list[Row] = field(default_factory=list)
    is_packet: bool = False


class RowDump(NamedTuple):
    """A dump of rows.

    Args:
        runs: Rows between other lines.
        style: The pattern of its rows.
        is_follow: It has the heading of "Follow TCP stream".
        is_annotated: Names of fields follow the octets: `smsc decode` or `pdu.explain` wrote it.
    """

    runs: list[Run]
    style: re.Pattern[str]
    is_follow: bool
    is_annotated: bool

    @property
    def has_colon(self) -> bool:
        """Whether a colon follows the offsets."""
        return self.style is _COLON


def find_rows(source: Source) -> RowDump | None:
    """Return the rows of a dump; None if the text is no dump with offsets.

    Raises:
        Failure: A line is neither a row nor one that a known tool writes.
    """
    style = _style(source.lines)
    if style is None:
        return None
    is_annotated = any(_ANNOTATED.search(line) for line in source.lines)
    is_follow = any(line.startswith("Follow: ") for line in source.lines)
    return RowDump(list(_runs(source, style, is_annotated)), style, is_follow, is_annotated)


def _style(lines: list[str]) -> re.Pattern[str] | None:
    """Return the pattern of the rows, by the first line that is no heading."""
    rows = [line for line in lines if _ANNOTATED.search(line)] or lines
    first = next((line for line in rows if line.strip() and not _is_heading(line)), "")
    if (row := _COLON.fullmatch(first)) and row["rest"]:
        return _COLON
    row = _NARROW.fullmatch(first)
    is_first = row is not None and bool(row["rest"]) and int(row["offset"], 16) == 0
    # No octets have seven digits; six may be three octets, unless each line begins so.
    if row and is_first and (len(row["offset"]) == 7 or _begin_with_six_digits(lines)):
        return _NARROW
    return _WIDE if _is_wide(first) else None


def _is_wide(line: str) -> bool:
    """Tell a row whose offset is followed by a wide gap."""
    row = _WIDE.fullmatch(line)
    if row is None or not _OCTETS.match(row["rest"] or ""):
        return False
    tokens = row["rest"].split()
    # "00000010  00000015" are digits with a wide gap.
    is_even = len(row["offset"]) == len(tokens[0])
    return not is_even or (len(tokens) > 1 and "  " not in row["rest"].rstrip())


def refuse_rows(source: Source) -> None:
    """Refuse rows in a text that begins as something else: their offsets are no octets."""
    for number, line in enumerate(source.lines, start=1):
        row = _COLON.fullmatch(line)
        if (row and _OCTETS.match(row["rest"] or "")) or _is_wide(line):
            raise refusal(
                "mixed_hex",
                Place(number, 1),
                _("line {line}, column {column}: a row with an offset, others have none"),
                advice=_("decode the two dumps one by one"),
            )


def _begin_with_six_digits(lines: list[str]) -> bool:
    """Tell whether six digits begin each of several lines, and others follow."""
    sizes = [[len(token) for token in line.split()] for line in lines if line.strip(" *\t\r")]
    starts = [line.split()[0] for line in lines if line.strip(" *\t\r")]
    # Octal words have six digits, too.
    differs = len(sizes) > 1 and (sizes[0][1] != 6 or starts[1] in {"000010", "000020", "000016"})
    return differs and all(each[0] == 6 for each in sizes)


def is_follow_heading(line: str) -> bool:
    """Tell whether "Follow TCP stream" of tshark writes such a line around the octets."""
    return _FOLLOW.fullmatch(line.rstrip("\r")) is not None


def _is_heading(line: str) -> bool:
    """Tell whether a tool writes such a line between rows."""
    return any(heading.fullmatch(line) for heading in (_FOLLOW, _SECTION, _REMARKS, *_HEADINGS))


def _runs(source: Source, style: re.Pattern[str], is_annotated: bool) -> Iterator[Run]:  # noqa: FBT001
    """Yield the rows between other lines."""
    run, is_repeated, heading = Run(), False, 0
    for number, line in enumerate(source.lines, start=1):
        row = style.fullmatch(line.rstrip("\r"))
        if row is not None:
            column = row.start("rest") + 1
            rest = row["rest"] or ""
            run.rows.append(Row(number, row["indent"], row["offset"], rest, column, is_repeated))
            is_repeated, heading = False, 0
        elif _SQUEEZED.fullmatch(line) and run.rows:
            is_repeated = True
        elif not line.strip() or _is_heading(line) or is_annotated:
            if run.rows:
                yield run
                run = Run()
            if any(each.fullmatch(line) for each in _HEADINGS[1:]):
                heading, run.is_packet = number, True
            if section := _SECTION.fullmatch(line):
                run = Run(section["name"], int(section["size"]))
        else:
            raise _no_row(number, line)
    if run.rows:
        yield run
    if heading:
        raise refusal(
            "cut_hex",
            Place(heading, 1),
            _("line {line}, column {column}: the octets of this packet are missing"),
        )


def _no_row(number: int, line: str) -> Exception:
    """Return the failure of a line that is no row."""
    return refusal(
        "bad_row",
        Place(number, len(line) - len(line.lstrip()) + 1),
        _("line {line}, column {column}: the line is neither a row of this dump nor its heading"),
    )

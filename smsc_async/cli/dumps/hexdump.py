"""Dumps with offsets: hexdump, od, xxd, Wireshark, tshark, tcpdump, `smsc decode`.

Rule: a dump is read under every hypothesis that its form allows (the base of its offsets, what its
cells are, a column of characters or none), each of them strictly: offsets agree with the octets
before them, characters with the octets beside them. What is left must be one sequence of octets,
or one that is SMPP.
"""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps import cells as forms
from smsc_async.cli.dumps.blocks import Block, Place, odd_token, refusal
from smsc_async.cli.dumps.headers import only_plausible
from smsc_async.cli.dumps.row_octets import (
    CHARACTERS,
    NOTES,
    NOTHING,
    Hypothesis,
    read_last_row,
    read_row,
)
from smsc_async.cli.dumps.rows import Row, RowDump, Run, find_rows
from smsc_async.cli.failures import Failure
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.dumps.blocks import Source

_REASSEMBLED: Final = "Reassembled TCP"
_LARGEST_GAP = 1 << 24


class Sequence(NamedTuple):
    """Rows whose offsets count from 0: one side of a stream, or one frame.

    Args:
        side: 0 or 1; None if the dump doesn't say.
        runs: With the number of each among all runs of the dump.
        size: Octets that the heading promises; None without one.
    """

    side: int | None
    runs: list[tuple[int, Run]]
    size: int | None = None


def read_hexdump(source: Source) -> list[Block] | None:
    """Read a dump with offsets; None if the text is none.

    Raises:
        Failure: A line, an octet, an offset or a character doesn't fit, or the dump can be read in
            two ways.
    """
    dump = find_rows(source)
    if dump is None:
        return None
    _check_end(dump)
    sequences = _frames_only(_sides(dump) or _sequences(dump))
    readings: list[dict[int, Block]] = []
    failures: list[Failure] = []
    for hypothesis in _hypotheses(dump):
        try:
            blocks = [block for one in sequences for block in _read(one, hypothesis)]
        except Failure as failure:
            failures.append(failure)
        else:
            readings.append(dict(blocks))
    if not readings:
        # The hypothesis that fails last is the right one, but for the damage.
        raise max(failures, key=lambda failure: (failure.values["line"], failure.values["column"]))
    return _choose(readings, sequences[0].runs[0][1].rows[0].place)


def _is_of_od(dump: RowDump) -> bool:
    """Tell whether od or hexdump wrote a dump."""
    return not dump.has_colon and len(dump.runs[0].rows[0].offset) in {6, 7}


def _check_end(dump: RowDump) -> None:
    """Check that the last line is there: od and hexdump end with an offset alone."""
    last = dump.runs[-1].rows[-1]
    if last.rest.strip() and _is_of_od(dump):
        raise refusal(
            "cut_hex",
            last.place,
            _(
                "line {line}, column {column}: the dump is cut: its last line, an offset, "
                "is missing"
            ),
        )


def _choose(readings: list[dict[int, Block]], place: Place) -> list[Block]:
    """Return the blocks of the only reading that is plausible."""
    streams = [b"".join(block.octets for block in blocks.values()) for blocks in readings]
    chosen = only_plausible(streams)
    if chosen is None:
        raise refusal(
            "ambiguous_hex",
            place,
            _("line {line}, column {column}: the dump can be read in several ways"),
            advice=_("dump single octets: xxd, hexdump -C, or od -A x -t x1"),
        )
    blocks = readings[streams.index(chosen)]
    return [blocks[number] for number in sorted(blocks)]


def _hypotheses(dump: RowDump) -> Iterator[Hypothesis]:
    """Yield what the rows may be, the likeliest first."""
    if dump.is_annotated:
        return iter((Hypothesis(16, forms.HEX, NOTES),))
    if _is_of_od(dump):
        return (
            Hypothesis(*each) for each in product((16, 8, 10), forms.OF_OD, (CHARACTERS, NOTHING))
        )
    with_characters = (
        Hypothesis(base, cells, CHARACTERS)
        for base, cells in product((16, 10), forms.WITH_CHARACTERS)
    )
    return chain(with_characters, (Hypothesis(base, forms.HEX, NOTHING) for base in (16, 10)))


def _sides(dump: RowDump) -> list[Sequence]:
    """Return a sequence for each side of a stream; none if no side is set apart by its indent."""
    indents = sorted({row.indent for run in dump.runs for row in run.rows}, key=len)
    if len(indents) == 1 and not dump.is_follow:
        return []
    if len(indents) > 2:
        odd = next(row for run in dump.runs for row in run.rows if row.indent == indents[2])
        raise refusal(
            "odd_indent",
            odd.place,
            _(
                "line {line}, column {column}: two sides of a stream have two indents, this is "
                "a third"
            ),
        )
    sides = {0: Sequence(0, []), 1: Sequence(1, [])}
    number, previous = -1, None
    for row in (row for run in dump.runs for row in run.rows):
        side = int(bool(row.indent)) if len(indents) == 1 else indents.index(row.indent)
        if side != previous:
            number, previous = number + 1, side
            sides[side].runs.append((number, Run()))
        sides[side].runs[-1][1].rows.append(row)
    return [one for one in sides.values() if one.runs]


def _sequences(dump: RowDump) -> list[Sequence]:
    """Return a sequence for each frame of a dump whose offsets begin again."""
    sequences: list[Sequence] = []
    for number, run in enumerate(dump.runs):
        first = run.rows[0]
        if not sequences or int(first.offset, 16) == 0 or run.is_packet:
            sequences.append(Sequence(None, [(number, run)], run.size))
        else:  # an empty line within a frame
            sequences[-1].runs[0][1].rows.extend(run.rows)
        again = next((row for row in run.rows[1:] if int(row.offset, 16) == 0), None)
        if again is not None:
            raise refusal(
                "doubled_hex",
                again.place,
                _("line {line}, column {column}: the offset 0 comes a second time"),
                advice=_("put an empty line between two dumps; if it is one, copy it again"),
            )
    return sequences


def _frames_only(sequences: list[Sequence]) -> list[Sequence]:
    """Leave out what Wireshark shows a second time: the PDU that was joined from several frames."""
    named = [(one.runs[0][1].section, one) for one in sequences]
    if all(name == _REASSEMBLED for name, _one in named):
        return sequences
    for name, one in named:
        if name not in {"", "Frame", "Packet", _REASSEMBLED}:
            raise refusal(
                "odd_section",
                one.runs[0][1].rows[0].place,
                _("line {line}, column {column}: octets of {section} aren't those of a frame"),
                advice=_("copy the frames, or the TCP stream by Follow > TCP Stream"),
                section=name,
            )
    return [one for name, one in named if name != _REASSEMBLED]


def _read(sequence: Sequence, hypothesis: Hypothesis) -> Iterator[tuple[int, Block]]:
    """Yield the blocks of a sequence with the numbers of their runs."""
    rows = [(number, row) for number, run in sequence.runs for row in run.rows]
    have, previous = 0, b""
    found: dict[int, list[bytes]] = {number: [] for number, _run in sequence.runs}
    for index, (number, row) in enumerate(rows):
        offset = _offset(row, hypothesis.base)
        if row.is_repeated:
            previous = _repeated(row, previous, offset - have)
            found[number].append(previous)
            have += len(previous)
        if offset != have:
            raise _gap(row, have, offset)
        following = rows[index + 1][1] if index + 1 < len(rows) else None
        previous = _row(row, following, offset, hypothesis)
        found[number].append(previous)
        have += len(previous)
    _check_size(sequence, rows[-1][1], have)
    for number, run in sequence.runs:
        if octets := b"".join(found[number]):
            yield number, Block(octets, sequence.side, run.rows[0].line)


def _check_size(sequence: Sequence, last: Row, have: int) -> None:
    """Check the number of octets, where the heading has it."""
    if sequence.size not in {None, have}:
        raise refusal(
            "gap_hex",
            Place(last.line, last.column + len(last.rest)),
            _("line {line}, column {column}: the heading says {size} octets, here are {have}"),
            size=sequence.size,
            have=have,
        )


def _offset(row: Row, base: int) -> int:
    """Return the offset of a row."""
    try:
        return int(row.offset, base)
    except ValueError:
        raise odd_token(row.place, row.offset) from None


def _gap(row: Row, have: int, offset: int) -> Failure:
    """Return the failure of an offset that doesn't agree with the octets before it."""
    return refusal(
        "gap_hex",
        row.place,
        _(
            "line {line}, column {column}: the offset is 0x{offset:04x}, but 0x{have:04x} octets "
            "are before it"
        ),
        advice=_("copy the whole dump; the octets of hidden passwords are missing in it"),
        have=have,
        offset=offset,
    )


def _repeated(row: Row, previous: bytes, size: int) -> bytes:
    """Return the rows that a tool left out since they are like the one before."""
    if size > _LARGEST_GAP:
        text = _(
            "line {line}, column {column}: the rows left out by * would have {size} octets, at "
            "most {limit} are filled in"
        )
        raise refusal("gap_hex", row.place, text, size=size, limit=_LARGEST_GAP)
    if size <= 0 or not previous or size % len(previous):
        raise refusal(
            "gap_hex",
            row.place,
            _("line {line}, column {column}: the rows left out by * don't fill up to the offset"),
        )
    return previous * (size // len(previous))


def _row(row: Row, following: Row | None, offset: int, hypothesis: Hypothesis) -> bytes:
    """Read the octets of one row."""
    if following is None or following.is_repeated:
        return read_last_row(row, hypothesis)
    end = _offset(following, hypothesis.base)
    if end <= offset:
        text = _("line {line}, column {column}: the offset 0x{end:04x} comes after 0x{offset:04x}")
        raise refusal("gap_hex", following.place, text, end=end, offset=offset)
    octets = read_row(row, end - offset, hypothesis)
    if len(octets) != end - offset:
        raise _gap(following, offset + len(octets), end)
    return octets

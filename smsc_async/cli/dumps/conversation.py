"""PDUs of streams, in order, each with the side that sent it.

Rule: who sent a PDU follows from its command where only an ESME or only an SMSC sends it; a side
whose PDUs say nothing, or contradict each other, is shown without a direction.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps.headers import find_header, frames, is_framed, is_header
from smsc_async.cli.dumps.streams import Piece, Run, Stream
from smsc_async.cli.i18n import _
from smsc_async.session.states import OPERATIONS, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smsc_async.cli.dumps.blocks import Block

_RESPONSE: Final = 0x80000000


class Note(NamedTuple):
    """A remark on a dump.

    Args:
        text: In English, with placeholders.
        values: Of the placeholders.
        is_error: Octets are missing or can't be read.
    """

    text: str
    values: dict[str, object]
    is_error: bool = False


class FoundPdu(NamedTuple):
    """A PDU in a stream.

    Args:
        octets: By `command_length`, or what is left of it.
        offset: In the stream of its side.
        stream: The number of the stream, from 0.
        side: 0 or 1; None if the dump doesn't say.
        role: Who sent it; None if that isn't known.
        packet: The number of its packet, if the dump has it.
        order: Of its first octet in the dump.
    """

    octets: bytes
    offset: int
    stream: int
    side: int | None
    role: Role | None
    packet: int | None
    order: int


class Conversation(NamedTuple):
    """What a dump contains.

    Args:
        pdus: In the order in which they begin in the dump.
        streams: Their streams.
        notes: What else there is to say.
    """

    pdus: list[FoundPdu]
    streams: list[Stream]
    notes: list[Note]


def stream_of(blocks: Iterable[Block]) -> Stream:
    """Return the blocks of a text as one stream."""
    runs: dict[int | None, list[Run]] = {}
    for order, block in enumerate(blocks):
        run = runs.setdefault(block.side, [Run([], 0, is_start=True)])[0]
        run.pieces.append(Piece(block.octets, order, block.packet))
    return Stream(runs)


def read_conversation(streams: list[Stream], *, is_capture: bool) -> Conversation:
    """Find the PDUs of streams.

    Args:
        streams: From a text, or from a capture.
        is_capture: A stream may begin inside of a PDU, or not be SMPP at all.
    """
    notes: list[Note] = []
    if is_capture:
        spoken = [stream for stream in streams if _is_smpp(stream)]
        if others := len(streams) - len(spoken):
            notes.append(Note(_("TCP connections without SMPP: {others}"), {"others": others}))
        streams = spoken
    found: list[FoundPdu] = []
    for number, stream in enumerate(streams):
        pdus = list(_pdus(stream, number, notes, is_capture=is_capture))
        roles = _roles(pdus)
        found += (pdu._replace(role=roles.get(pdu.side, _role(pdu.octets))) for pdu in pdus)
        _check_sides(stream, number, notes)
    return Conversation(sorted(found, key=lambda pdu: pdu.order), streams, notes)


def _is_smpp(stream: Stream) -> bool:
    """Tell whether a side of a stream has a PDU."""
    runs = (run for side in stream.runs.values() for run in side)
    return any(find_header(_octets(run)) is not None for run in runs)


def _check_sides(stream: Stream, number: int, notes: list[Note]) -> None:
    """Say that a side is silent: it may be missing in the dump."""
    sides = [side for side in (0, 1) if stream.runs.get(side)]
    if len(sides) == 1:
        text = _("stream {stream}: only one side sent octets, or the other isn't in the dump")
        notes.append(Note(text, {"stream": number + 1}))


def _octets(run: Run) -> bytes:
    """Return the octets of a run."""
    return b"".join(piece.octets for piece in run.pieces)


def _pdus(
    stream: Stream, number: int, notes: list[Note], *, is_capture: bool
) -> Iterator[FoundPdu]:
    """Yield the PDUs of a stream, side by side."""
    for side, runs in stream.runs.items():
        base = 0
        for run in runs:
            base += run.lost
            if run.lost:
                text = _(
                    "stream {stream}: {lost} octets are missing at 0x{offset:04x} of side {side}"
                )
                values = {"stream": number + 1, "lost": run.lost, "side": side_name(side)}
                notes.append(Note(text, {**values, "offset": base - run.lost}, is_error=True))
            octets = _octets(run)
            starts = [0, *accumulate(len(piece.octets) for piece in run.pieces)][:-1]
            skipped = _skipped(octets) if is_capture else 0
            if skipped:
                text = _(
                    "stream {stream}: {skipped} octets are passed over at 0x{offset:04x} of side "
                    "{side}: no PDU begins there"
                )
                values = {"stream": number + 1, "skipped": skipped, "side": side_name(side)}
                notes.append(Note(text, {**values, "offset": base}, is_error=run.is_start))
            # A dump may have been cut before another was pasted behind it.
            known = () if is_capture else [at for at in starts[1:] if is_header(octets, at)]
            for at, end in frames(octets[skipped:], known):
                piece = run.pieces[bisect_right(starts, skipped + at) - 1]
                yield FoundPdu(
                    octets[skipped + at : skipped + end],
                    base + skipped + at,
                    number,
                    side,
                    None,
                    piece.packet,
                    piece.order,
                )
            base += len(octets)


def side_name(side: int | None) -> str:
    """Return the name of a side."""
    return "AB"[side or 0]


def _skipped(octets: bytes) -> int:
    """Return the number of octets before the first PDU; 0 if there is no PDU."""
    found = 0 if is_header(octets) else find_header(octets) or 0
    # Unknown commands, and requests with a status, are PDUs, too.
    return 0 if is_framed(octets[:found]) else found


def _role(octets: bytes) -> Role | None:
    """Return who sends PDUs of this command; None if both do."""
    command_id = int.from_bytes(octets[4:8], "big")
    senders = OPERATIONS.get(command_id & ~_RESPONSE, (frozenset(), None))[0]
    if len(senders) != 1:
        return None
    (sender,) = senders
    return sender.peer if command_id & _RESPONSE else sender


def _roles(pdus: list[FoundPdu]) -> dict[int | None, Role | None]:
    """Return the role of each side, by the PDUs of both."""
    votes = {
        (pdu.side, role)
        for pdu in pdus
        if pdu.side is not None and is_header(pdu.octets) and (role := _role(pdu.octets))
    }
    first = {role if side == 0 else role.peer for side, role in votes}
    if len(first) != 1:
        return {}
    (role,) = first
    return {0: role, 1: role.peer}

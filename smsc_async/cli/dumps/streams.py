"""TCP streams put together from the segments of a capture.

Rule: each octet of a stream is taken once, from the segment that had it first. Octets that no
segment has end a run; what follows is another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from smsc_async.cli.dumps.frames import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smsc_async.cli.dumps.frames import Endpoint, Segment

_WRAP: Final = 1 << 32


class Piece(NamedTuple):
    """Octets of a stream that became readable with one packet.

    Args:
        octets: At least one.
        order: Of the packet among all packets: with it all octets before these were there, too.
        packet: The number of the packet to show; None if it has none.
    """

    octets: bytes
    order: int
    packet: int | None = None


class Run(NamedTuple):
    """Octets of one side without a gap.

    Args:
        pieces: In the order of the stream.
        lost: Octets missing before it.
        is_start: It begins where the stream does.
    """

    pieces: list[Piece]
    lost: int
    is_start: bool


class Stream(NamedTuple):
    """A connection, or what a dump shows as one.

    Args:
        runs: By side. Side 0 is the one that opened the connection or spoke first.
        ends: Addresses by side; empty if they aren't known.
    """

    runs: dict[int | None, list[Run]]
    ends: tuple[Endpoint, ...] = ()


@dataclass(slots=True)
class _Side:
    """The segments of one side, by distance from an arbitrary octet."""

    segments: list[tuple[int, int, Segment]] = field(default_factory=list)
    start: int | None = None
    """The distance of the first octet, if the handshake was captured."""
    latest: int | None = None
    """The last sequence number, which the next ones are close to."""
    distance: int = 0
    opening: int | None = None
    """The sequence number of its SYN, if that was captured."""
    finish: int | None = None
    """The distance of its FIN, if that was captured."""
    acknowledged: int | None = None
    """The distance up to which the other side has everything."""

    def add(self, order: int, segment: Segment) -> None:
        """Add a segment; sequence numbers may pass 2**32."""
        if self.latest is not None:
            step = (segment.sequence - self.latest) % _WRAP
            self.distance += step - _WRAP if step >= _WRAP // 2 else step
        self.latest = segment.sequence
        at = self.distance
        if segment.flags & SYN:
            self.start = at = at + 1  # SYN takes a sequence number
            self.opening = segment.sequence
        if segment.flags & FIN:
            self.finish = at + len(segment.payload) + segment.missing
        # The payload of a reset is a message to people (RFC 9293, 3.5.3), no part of the stream.
        if (segment.payload or segment.missing) and not segment.flags & RST:
            self.segments.append((at, order, segment))

    def acknowledge(self, number: int) -> None:
        """Note the sequence number that the other side expects next."""
        if self.latest is not None:
            step = (number - self.latest) % _WRAP
            at = self.distance + (step - _WRAP if step >= _WRAP // 2 else step)
            self.acknowledged = max(at, at if self.acknowledged is None else self.acknowledged)

    def runs(self) -> list[Run]:
        """Put the segments together."""
        runs: list[Run] = []
        have, order = self.start, -1
        for at, packet, segment in sorted(self.segments, key=lambda each: each[:2]):
            lost = 0 if have is None else max(at - have, 0)
            old = 0 if have is None else max(have - at, 0)
            octets = segment.payload[old:]
            if octets:
                order = max(order, packet)
                if lost or not runs:
                    runs.append(Run([], lost, have is not None and not lost))
                runs[-1].pieces.append(Piece(octets, order, packet + 1))
                have = at + old + len(octets)
            elif have is None:
                have = at
        return [*runs, *self._lost_at_end(have)]

    def _lost_at_end(self, have: int | None) -> Iterator[Run]:
        """Yield an empty run for octets that are missing behind the last one."""
        if have is None:
            return
        ends = [at + len(each.payload) + each.missing for at, _order, each in self.segments]
        if self.finish is not None:
            ends.append(self.finish)
        elif self.acknowledged is not None and self.acknowledged - have > 1:
            # A FIN that wasn't captured takes a number, too.
            ends.append(self.acknowledged)
        end = max(ends, default=have)
        if end > have:
            yield Run([], end - have, is_start=False)


@dataclass(slots=True)
class _Connection:
    """Both sides of a connection; *ends* in the order of the sides."""

    ends: tuple[Endpoint, Endpoint]
    sides: tuple[_Side, _Side] = field(default_factory=lambda: (_Side(), _Side()))

    def is_reopened(self, segment: Segment) -> bool:
        """Tell whether a SYN, or the answer to it, opens another connection of the same ports."""
        side = self.sides[self.ends.index(segment.source)]
        if segment.flags & ACK:
            is_first = side.opening is None and not side.segments
            return not is_first and side.opening != segment.sequence
        is_repeated = side.latest is not None and not side.segments
        return not is_repeated or side.latest != segment.sequence

    def add(self, order: int, segment: Segment) -> None:
        """Add a segment of one side."""
        number = self.ends.index(segment.source)
        self.sides[number].add(order, segment)
        if segment.acknowledged is not None:
            self.sides[1 - number].acknowledge(segment.acknowledged)

    def stream(self) -> Stream:
        """Return the streams of both sides."""
        return Stream({number: side.runs() for number, side in enumerate(self.sides)}, self.ends)


def put_together(segments: Iterable[tuple[int, Segment]]) -> list[Stream]:
    """Return the streams of segments, each with the number of its packet from 0.

    Returns:
        In the order of their first packets; those without a payload are left out.
    """
    connections: list[_Connection] = []
    current: dict[frozenset[Endpoint], _Connection] = {}
    for order, segment in segments:
        ends = frozenset((segment.source, segment.target))
        connection = current.get(ends)
        is_opening = bool(segment.flags & SYN)
        if connection is None or (is_opening and connection.is_reopened(segment)):
            # A capture may begin with the answer to a SYN.
            is_answer = segment.flags & (SYN | ACK) == SYN | ACK
            pair = (segment.source, segment.target)
            connection = _Connection(pair[::-1] if is_answer else pair)
            connections.append(connection)
            current[ends] = connection
        connection.add(order, segment)
    streams = (connection.stream() for connection in connections)
    return [stream for stream in streams if any(stream.runs.values())]

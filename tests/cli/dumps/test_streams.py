"""TCP streams from segments in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from smsc_async.cli.dumps.frames import ACK, FIN, RST, SYN, Endpoint, Segment
from smsc_async.cli.dumps.streams import put_together

if TYPE_CHECKING:
    from smsc_async.cli.dumps.streams import Run

CLIENT, SMSC = Endpoint("192.0.2.1", 40000), Endpoint("192.0.2.2", 2775)
STREAM = bytes(range(60))


def sent(at: int, payload: bytes, flags: int = ACK, missing: int = 0) -> Segment:
    """Return a segment of the client; *at* counts from its SYN, close to 2**32."""
    return Segment(CLIENT, SMSC, (0xFFFFFFE0 + at) % 2**32, flags, payload, missing)


def answered(payload: bytes = b"", flags: int = ACK) -> Segment:
    """Return a segment of the SMSC."""
    return Segment(SMSC, CLIENT, 5, flags, payload, 0)


def octets(run: Run) -> bytes:
    """Return the octets of a run."""
    return b"".join(piece.octets for piece in run.pieces)


@settings(max_examples=50)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 30)), max_size=12),
    data=st.data(),
    has_syn=st.booleans(),
)
def test_any_order_gives_the_same_stream(
    *, cuts: list[tuple[int, int]], data: st.DataObject, has_syn: bool
) -> None:
    """Retransmitted, overlapping, out of order, around 2**32: each octet once."""
    parts = [(at, STREAM[at : at + size]) for at, size in cuts]
    parts += [(at, STREAM[at : at + 20]) for at in (0, 20, 40)]
    segments = [sent(1 + at, part) for at, part in data.draw(st.permutations(parts))]
    opening = [sent(0, b"", SYN), answered(flags=SYN | ACK)] if has_syn else []

    (stream,) = put_together(enumerate([*opening, *segments]))

    (run,) = stream.runs[0]
    assert STREAM == octets(run)
    assert 0 == run.lost
    orders = [piece.order for piece in run.pieces]
    assert sorted(orders) == orders


def test_first_copy_of_an_octet_counts() -> None:
    """A retransmission with other octets is none; what it adds at its end is new."""
    (stream,) = put_together(enumerate([sent(1, b"abc"), sent(1, b"xyzde")]))

    assert b"abcde" == octets(stream.runs[0][0])


def test_gap_ends_a_run() -> None:
    """A packet that the capture lost."""
    (stream,) = put_together(enumerate([sent(0, b"", SYN), sent(1, b"ab"), sent(5, b"cd")]))

    assert [(b"ab", 0), (b"cd", 2)] == [(octets(run), run.lost) for run in stream.runs[0]]


def test_octets_missing_at_the_end_are_counted() -> None:
    """The last packet of a side was cut."""
    (stream,) = put_together(enumerate([sent(1, b"ab", missing=7)]))

    assert [(b"ab", 0), (b"", 7)] == [(octets(run), run.lost) for run in stream.runs[0]]


def test_octets_that_were_acknowledged_or_finished_are_counted() -> None:
    """The last packet of a side was lost: only the other side, or FIN, shows that it existed."""
    opening = [sent(0, b"", SYN), answered(flags=SYN | ACK), sent(1, STREAM[:10])]
    end = 0xFFFFFFE0 + 1 + 30

    for last in (answered()._replace(acknowledged=end % 2**32), sent(31, b"", FIN | ACK)):
        (stream,) = put_together(enumerate([*opening, last]))
        assert [0, 20] == [run.lost for run in stream.runs[0]]

    for last in (answered()._replace(acknowledged=end - 19), sent(11, b"", FIN | ACK)):
        (stream,) = put_together(enumerate([*opening, last]))  # of FIN, or of all octets
        assert [0] == [run.lost for run in stream.runs[0]]


def test_words_of_a_reset_are_no_octets_of_the_stream() -> None:
    """RFC 9293, 3.5.3: they say why."""
    (stream,) = put_together(enumerate([sent(0, STREAM), sent(60, b"No listener", RST)]))

    assert STREAM == octets(stream.runs[0][0])


def test_answer_to_a_syn_that_was_lost_is_another_connection() -> None:
    """The port was used again; the octets of the first connection stay."""
    again = [answered(flags=SYN | ACK)._replace(sequence=900), sent(0, STREAM[:20])]
    first = [sent(0, b"", SYN), answered(flags=SYN | ACK), answered(STREAM)._replace(sequence=6)]

    assert 2 == len(put_together(enumerate([*first, *again])))
    assert 1 == len(put_together(enumerate([*first, answered(flags=SYN | ACK)])))


def test_gap_at_the_start_is_known_from_the_handshake() -> None:
    """Without it a stream begins where the capture does."""
    late = sent(5, b"cd")
    (known,) = put_together(enumerate([sent(0, b"", SYN), late]))
    (unknown,) = put_together(enumerate([late]))

    assert [4] == [run.lost for run in known.runs[0]]
    assert [0] == [run.lost for run in unknown.runs[0]]


def test_ports_used_again_are_another_connection() -> None:
    """A client that reconnects from the same port; a repeated SYN doesn't."""
    again = Segment(CLIENT, SMSC, 77, SYN, b"", 0)
    after = Segment(CLIENT, SMSC, 78, ACK, b"new", 0)
    streams = put_together(
        enumerate([sent(0, b"", SYN), sent(0, b"", SYN), sent(1, b"old"), again, after])
    )

    assert [b"old", b"new"] == [octets(stream.runs[0][0]) for stream in streams]


def test_side_0_is_the_one_that_opened_the_connection() -> None:
    """Also if only the answer to its SYN was captured."""
    (stream,) = put_together(enumerate([answered(flags=SYN | ACK), sent(1, b"ab")]))

    assert (CLIENT, SMSC) == stream.ends


def test_connection_without_octets_is_left_out() -> None:
    """A port scan isn't a conversation."""
    assert [] == put_together(enumerate([sent(0, b"", SYN), answered(flags=SYN | ACK)]))

"""A stream cut into PDUs, and the lengths that can't be true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import FramingError
from pdu.framing import MAX_LENGTH, FrameBuffer

UNBIND = bytes.fromhex(
    "00000010"  # command_length 16
    "00000006"  # command_id     unbind
    "00000000"  # command_status ESME_ROK
    "0000002A"  # sequence_number 42
)
SUBMIT_SM_RESP = bytes.fromhex(
    "00000013"  # command_length 19
    "80000004"  # command_id     submit_sm_resp
    "00000000"  # command_status ESME_ROK
    "0000002B"  # sequence_number 43
    "353500"  # message_id     "55"
)


def frame(length: int) -> bytes:
    """Return a frame of that many octets."""
    return length.to_bytes(4, "big") + bytes(length - 4)


def test_many_pdus_in_one_segment_are_returned_in_order() -> None:
    """TCP may deliver a bind_resp and the first deliver_sm in one segment."""
    buffer = FrameBuffer()

    assert [UNBIND, SUBMIT_SM_RESP, UNBIND] == buffer.feed(UNBIND + SUBMIT_SM_RESP + UNBIND)
    assert 0 == buffer.pending


def test_one_octet_at_a_time_makes_no_difference() -> None:
    """A slow link may deliver octet by octet."""
    buffer = FrameBuffer()
    stream = UNBIND + SUBMIT_SM_RESP

    frames = [buffer.feed(stream[at : at + 1]) for at in range(len(stream))]

    assert [UNBIND, SUBMIT_SM_RESP] == [frame for found in frames for frame in found]
    assert [UNBIND] == frames[15]


def test_pending_counts_the_octets_of_an_incomplete_pdu() -> None:
    """It shows whether a stalled link stopped within a PDU."""
    buffer = FrameBuffer()

    assert [] == buffer.feed(b"")
    assert [] == buffer.feed(UNBIND[:3])
    assert 3 == buffer.pending
    assert [UNBIND] == buffer.feed(UNBIND[3:] + UNBIND[:15])
    assert 15 == buffer.pending


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_frames_are_independent_copies(kind: type[bytes]) -> None:
    """The buffer that was read into may be reused."""
    frames = FrameBuffer().feed(kind(UNBIND + SUBMIT_SM_RESP))

    assert [UNBIND, SUBMIT_SM_RESP] == frames
    assert {bytes} == {type(frame) for frame in frames}
    with pytest.raises(FramingError, match="HTTP"):
        FrameBuffer().feed(kind(b"HTTP/1.1 400 Bad Request"))


@pytest.mark.parametrize("length", [16, 17, 69_999, 70_000])
def test_lengths_within_the_bounds_are_taken(length: int) -> None:
    """A message_payload of 65535 octets fits, with everything around it."""
    buffer = FrameBuffer()

    assert [] == buffer.feed(frame(length)[:-1])
    assert length - 1 == buffer.pending
    assert [frame(length)] == buffer.feed(b"\0")


@pytest.mark.parametrize(
    ("length", "limit"),
    [(0, 16), (15, 16), (70_001, MAX_LENGTH), (0x7FFF_FFFF, MAX_LENGTH), (0xFFFF_FFFF, MAX_LENGTH)],
)
def test_length_that_cannot_be_true_is_refused_from_four_octets(length: int, limit: int) -> None:
    """Nothing after it is stored, so that data after a 4 GiB length can't fill the memory."""
    buffer = FrameBuffer()
    octets = length.to_bytes(4, "big")
    buffer.feed(octets[:3])

    with pytest.raises(FramingError) as caught:
        buffer.feed(octets[3:] + bytes(100_000))
    assert (length, limit) == (caught.value.length, caught.value.limit)
    assert caught.value.looks_like is None
    assert 0 == buffer.pending


def test_limit_can_be_set() -> None:
    """A caller that expects small PDUs may lower the limit."""
    buffer = FrameBuffer(max_length=32)

    assert [frame(32)] == buffer.feed(frame(32))
    with pytest.raises(FramingError, match="command_length 33, a PDU has at most 32 octets"):
        buffer.feed(frame(33))


def test_frames_before_a_bad_length_still_count() -> None:
    """A submit_sm_resp in the same segment still answers its request."""
    buffer = FrameBuffer()

    with pytest.raises(FramingError) as caught:
        buffer.feed(SUBMIT_SM_RESP + UNBIND + bytes(4) + UNBIND)
    assert (SUBMIT_SM_RESP, UNBIND) == caught.value.frames


def test_feeding_after_an_error_raises_again() -> None:
    """A stream can't be resynchronised, even if the next octets look valid."""
    buffer = FrameBuffer()
    with pytest.raises(FramingError):
        buffer.feed(UNBIND + bytes(4))

    for _ in range(2):
        with pytest.raises(FramingError) as caught:
            buffer.feed(UNBIND)
        assert (0, ()) == (caught.value.length, caught.value.frames)
        assert 0 == buffer.pending


@pytest.mark.parametrize(
    ("octets", "looks_like"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"GET / HTTP/1.1\r\n", "HTTP"),
        (b"POST /submit HTTP/1.1\r\n", "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "TLS"),
        (b"220 mail.example ESMTP\r\n", "SMTP or FTP"),
    ],
)
def test_foreign_protocol_is_recognised(octets: bytes, looks_like: str) -> None:
    """The usual mistake is a wrong port, or TLS where there is none."""
    with pytest.raises(FramingError, match=f"look like {looks_like}, not SMPP") as caught:
        FrameBuffer().feed(octets)
    assert looks_like == caught.value.looks_like


@given(st.lists(st.integers(16, 60), max_size=8), st.data())
def test_any_split_gives_the_same_frames(lengths: list[int], data: st.DataObject) -> None:
    """The network may split a stream anywhere."""
    frames = [data.draw(st.binary(min_size=n - 4, max_size=n - 4)) for n in lengths]
    whole = [(len(rest) + 4).to_bytes(4, "big") + rest for rest in frames]
    stream = b"".join(whole)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    buffer = FrameBuffer()

    found = [
        frame
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in buffer.feed(stream[start:stop])
    ]

    assert whole == found
    assert 0 == buffer.pending


@given(st.binary(max_size=300), st.data())
def test_any_split_of_any_octets_ends_alike(octets: bytes, data: st.DataObject) -> None:
    """Equal frames and equal refusals; never more is stored than one PDU may have."""
    cut = data.draw(st.integers(0, len(octets)))

    assert outcome([octets]) == outcome([octets[:cut], octets[cut:]])


def outcome(segments: list[bytes]) -> tuple[list[bytes], int | None]:
    """Return the frames of a stream, and the length it was refused for."""
    buffer = FrameBuffer(max_length=64)
    frames: list[bytes] = []
    for segment in segments:
        try:
            frames += buffer.feed(segment)
        except FramingError as error:
            return [*frames, *error.frames], error.length
        assert buffer.pending < 64
    return frames, None

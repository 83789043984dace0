"""Frames: what is in front of a TCP segment."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsc_async.cli.dumps.captures import read_capture
from smsc_async.cli.dumps.frames import guess_frame, is_other, may_hide_tcp, read_frame
from smsc_async.cli.dumps.reading import read_text
from smsc_async.cli.failures import Failure

ETHERNET, RAW, COOKED = 1, 101, 113
PAYLOAD = b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x01"
TCP = struct.pack(">HHIIBBHHH", 40000, 2775, 1000, 2000, 0x50, 0x18, 512, 0, 0)
MACS = bytes(12)


def version4(
    payload: bytes = TCP + PAYLOAD,
    *,
    total: int | None = None,
    fragment: int = 0,
    protocol: int = 6,
) -> bytes:
    """Return an IPv4 packet with its checksum."""
    size = 20 + len(payload) if total is None else total
    header = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, size, 0, fragment, 64, protocol, 0))
    header += bytes((192, 0, 2, 1, 192, 0, 2, 2))
    checksum = sum(struct.unpack(">10H", header))
    checksum = (checksum & 0xFFFF) + (checksum >> 16)
    header[10:12] = (~checksum & 0xFFFF).to_bytes(2, "big")
    return bytes(header) + payload


def version6(payload: bytes = TCP + PAYLOAD, *, kind: int = 6, size: int | None = None) -> bytes:
    """Return an IPv6 packet."""
    length = len(payload) if size is None else size
    return struct.pack(">IHBB", 6 << 28, length, kind, 64) + bytes(15) + b"\1" * 17 + payload


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (ETHERNET, MACS + b"\x08\x00" + version4()),
        (ETHERNET, MACS + b"\x08\x00" + version4() + bytes(6)),  # padding
        (ETHERNET, MACS + b"\x81\x00\x00\x07\x08\x00" + version4()),
        (ETHERNET, MACS + b"\x88\xa8\x00\x07\x81\x00\x00\x08\x86\xdd" + version6()),
        (ETHERNET, MACS + b"\x88\x64\x11\0\0\1\0\0\0\x21" + version4()),  # PPPoE
        (ETHERNET, MACS + b"\x88\x47\0\0\x10\x40\0\0\x31\x40" + version6()),  # MPLS
        (COOKED, bytes(14) + b"\x08\x00" + version4()),
        (276, b"\x86\xdd" + bytes(18) + version6()),
        (0, b"\x02\0\0\0" + version4()),
        (0, b"\0\0\0\x1e" + version6()),
        (RAW, version4(total=0)),  # the network card cuts it later
        (RAW, version6(size=0)),
        (RAW, version6(b"\x06" + bytes(7) + TCP + PAYLOAD, kind=0)),  # hop-by-hop options
        (RAW, version6(b"\x06\0\0\0" + bytes(4) + TCP + PAYLOAD, kind=44)),  # not cut after all
        (RAW, version6(b"\x06\x04" + bytes(22) + TCP + PAYLOAD, kind=51)),
    ],
)
def test_segment_is_found(link_type: int, frame: bytes) -> None:
    """Whatever is in front of it."""
    segment = read_frame(frame, link_type)

    assert segment is not None
    assert (1000, PAYLOAD, 0) == (segment.sequence, segment.payload, segment.missing)
    assert (40000, 2775) == (segment.source.port, segment.target.port)


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (ETHERNET, MACS + b"\x08\x06" + bytes(28)),  # ARP
        (RAW, version4(protocol=17)),
        (RAW, version6(kind=17)),
        (RAW, version4(fragment=0x2000)),
        (RAW, version4(fragment=5)),
        (RAW, version6(b"\x06\0\0\x01" + bytes(4) + TCP + PAYLOAD, kind=44)),
        (RAW, version4(TCP[:12] + b"\x10" + TCP[13:] + PAYLOAD)),  # a header of 4 octets
        (RAW, b"\x10" + bytes(60)),
        (0, bytes(4) + version4()),
        (105, version4()),  # Wi-Fi
    ],
)
def test_other_frames_have_no_segment(link_type: int, frame: bytes) -> None:
    """They are passed over, and counted elsewhere."""
    assert read_frame(frame, link_type) is None


@pytest.mark.parametrize("packet", [version4(), version6()])
def test_frame_that_was_cut_says_how_much_is_missing(packet: bytes) -> None:
    """`tcpdump -s`; without the TCP header nothing can be said."""
    full = len(packet)
    headers = full - len(PAYLOAD)

    for size in range(full):
        segment = read_frame(packet[:size], RAW)
        if size < headers:
            assert segment is None
        else:
            assert segment is not None
            assert full - size == segment.missing


def test_lines_of_digits_may_be_frames() -> None:
    """One packet a line; run together they are refused, not read up to the first one's end."""
    following = TCP[:4] + struct.pack(">I", 1012) + TCP[8:]
    parts = (TCP + PAYLOAD[:12], following + PAYLOAD[12:])
    frames = [MACS + b"\x08\x00" + version4(part) for part in parts]

    (found,) = read_text("\n".join(frame.hex() for frame in frames)).pdus

    assert PAYLOAD == found.octets
    with pytest.raises(Failure, match="mixed_hex"):
        read_text("".join(frame.hex() for frame in frames))


@pytest.mark.parametrize(
    ("packet", "is_hidden"),
    [
        (version4(fragment=0x2000), True),
        (version4(protocol=47), True),  # GRE
        (version4(protocol=4), True),
        (version4()[:30], True),
        (version4()[:10], True),
        (version6(kind=41), True),
        (version6(b"\x06\0\0\1" + bytes(4) + TCP, kind=44), True),
        (version6(b"\x06\0", kind=0), True),
        (version4(protocol=17), False),
        (version6(kind=17), False),
        (version6(b"\x3a\0" + bytes(6), kind=0), False),  # ICMPv6 behind options
        (b"\x00", False),
    ],
)
def test_packets_that_may_hide_tcp_are_known(packet: bytes, *, is_hidden: bool) -> None:
    """They are counted as unread; UDP and ICMP aren't."""
    assert is_hidden == may_hide_tcp(packet, RAW)


def test_addresses_are_shown_as_people_write_them() -> None:
    """IPv6 in brackets; IPv4 within IPv6 as IPv4."""
    four, six = read_frame(version4(), RAW), read_frame(version6(), RAW)
    assert four is not None
    assert six is not None

    assert "192.0.2.1:40000" == str(four.source)
    assert str(six.target) == "[101:101:101:101:101:101:101:101]:2775"


def test_pdu_is_no_frame() -> None:
    """A dump as text doesn't say where its frames begin; SMPP never looks like one."""
    assert guess_frame(PAYLOAD * 4) is None
    assert not is_other(PAYLOAD * 4)
    assert guess_frame(MACS + b"\x08\x00" + version4()) is not None


def test_header_with_a_wrong_checksum_is_no_frame() -> None:
    """A damaged dump of a frame isn't read as another one; zero is what some cards leave."""
    packet = version4()

    assert guess_frame(packet[:15] + b"\x07" + packet[16:]) is None
    assert guess_frame(packet[:10] + b"\0\0" + packet[12:]) is not None


@given(frame=st.binary(max_size=90), link_type=st.sampled_from([0, 1, 12, 101, 108, 113, 276]))
def test_any_octets_are_a_segment_or_none(frame: bytes, link_type: int) -> None:
    """Captures have damaged frames."""
    for octets in (frame, b"\x45" + frame, b"\x60" + frame, MACS + b"\x08\0E" + frame):
        read_frame(octets, link_type)
        guess_frame(octets)
        is_other(octets)


def test_frames_of_the_fixture_are_guessed_as_they_are_read() -> None:
    """With and without the link type."""
    data = (Path(__file__).parent / "fixtures" / "vlan-ipv6.pcap").read_bytes()
    segments, notes = read_capture(data)

    assert 12 == len(segments)
    assert not notes

"""Capture files: formats, damage, and the extra that reads them."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from smsc_async.cli.dumps.reading import read_file
from smsc_async.cli.failures import ExitCode, Failure

FIXTURES = Path(__file__).parent / "fixtures"
PCAP = (FIXTURES / "conversation.pcap").read_bytes()
PCAPNG = (FIXTURES / "conversation.pcapng").read_bytes()


def ends(data: bytes) -> set[int]:
    """Return where packets, or blocks, end: a cut there shows nothing."""
    found, at = set(), 24 if data is PCAP else 0
    while at < len(data):
        found.add(at)
        length = struct.unpack_from("<I", data, at + (8 if data is PCAP else 4))[0]
        at += length + (16 if data is PCAP else 0)
    return found


def test_compressed_captures_are_read() -> None:
    """Wireshark opens them, too."""
    assert read_file(PCAP).pdus == read_file(gzip.compress(PCAP)).pdus


@pytest.mark.parametrize("data", [PCAP, PCAPNG], ids=["pcap", "pcapng"])
def test_capture_that_is_cut_is_never_read_without_a_word(
    data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """A disk that was full: what is there is shown, and that something is missing."""
    for size in sorted({*range(4, len(data), 3)} - ends(data)):
        try:
            found = read_file(data[:size])
        except Failure as failure:
            assert failure.key in {"bad_pcap", "no_smpp"}  # noqa: PT017 -- one of two ends
        else:
            assert any(note.is_error for note in found.notes), size
    assert ("", "") == capfd.readouterr()


def test_damaged_capture_is_refused() -> None:
    """With what the library says."""
    for data in (PCAP[:4], b"\x1f\x8bnothing", gzip.compress(b"text"), PCAPNG[:20]):
        with pytest.raises(Failure) as caught:
            read_file(data)

        assert (ExitCode.USAGE_ERROR, "bad_pcap") == (caught.value.code, caught.value.key)


def test_capture_without_smpp_is_refused() -> None:
    """The wrong port was captured, or it is TLS."""
    with pytest.raises(Failure, match="no_smpp"):
        read_file(PCAP[:24])


def test_packets_of_an_unknown_link_type_are_an_error() -> None:
    """They may be the ones that are looked for."""
    two = (FIXTURES / "interfaces.pcapng").read_bytes()
    cooked, radio = struct.pack("<HH", 113, 0), struct.pack("<HH", 127, 0)
    assert 1 == two.count(cooked)

    found = read_file(two.replace(cooked, radio))

    assert {"link_type": 127, "packets": 6} in [
        note.values for note in found.notes if note.is_error
    ]


def test_packets_that_may_hide_pdus_are_an_error() -> None:
    """Fragments and tunnels aren't put together; that PDUs may be in them is said."""
    tunnel = bytes(12) + b"\x08\x00\x45" + bytes(8) + b"\x2f" + bytes(14)
    packet = struct.pack("<IIII", 0, 0, len(tunnel), len(tunnel)) + tunnel

    found = read_file(PCAP + packet)

    assert [{"packets": 1, "packet": 13}] == [note.values for note in found.notes if note.is_error]


def test_sections_of_a_capture_have_their_own_interfaces() -> None:
    """Files put together: the second one may have another link type."""
    frames = (FIXTURES / "raw-ip.pcap").read_bytes()
    section = b"\x1a\x2b\x3c\x4d" + struct.pack(">HHq", 1, 0, -1)
    raw = block(0x0A0D0D0A, section) + block(1, struct.pack(">HHI", 101, 0, 0))
    at = 24
    while at < len(frames):
        size = struct.unpack_from("<I", frames, at + 8)[0]
        frame = frames[at + 16 : at + 16 + size]
        raw += block(6, struct.pack(">IIIII", 0, 0, 0, size, size) + frame)
        at += 16 + size

    once, both = read_file(raw), read_file(PCAPNG + raw)

    assert 10 == len(once.pdus) == len(both.pdus) / 2
    assert [] == [note for note in both.notes if note.is_error]


def block(kind: int, contents: bytes) -> bytes:
    """Return a block of pcapng, big-endian."""
    padded = contents + bytes(-len(contents) % 4)
    size = struct.pack(">I", 12 + len(padded))
    return struct.pack(">I", kind) + size + padded + size


def test_keys_in_a_capture_are_no_damage() -> None:
    """Wireshark adds those of TLS."""
    keys = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
    secrets = block(10, b"KSLT" + struct.pack(">I", len(keys)) + keys)
    little = b"".join(secrets[at : at + 4][::-1] for at in (0, 4)) + secrets[8:-4]

    found = read_file(PCAPNG + little + secrets[-4:][::-1])

    assert [] == [note for note in found.notes if note.is_error]


def test_dump_of_a_capture_file_is_read() -> None:
    """`xxd capture.pcap | smsc decode -`."""
    assert read_file(PCAP).pdus == read_file(PCAP.hex(" ").encode()).pdus


def test_capture_that_cannot_be_read_says_why() -> None:
    """That no SMPP was found would send people to look for it elsewhere."""
    with pytest.raises(Failure, match="no_smpp") as caught:
        read_file(PCAP[:20] + struct.pack("<I", 105) + PCAP[24:])

    assert {"link_type": 105, "packets": 12}.items() <= caught.value.values.items()


def test_packets_larger_than_the_library_expects_are_read() -> None:
    """The loopback of Linux has packets of 65 549 octets with their Ethernet header."""
    pdu = bytes.fromhex("0000FFD7 00000103 00000000 00000001")
    pdu += bytes(65_495 - len(pdu))
    tcp = struct.pack(">HHIIBBHHH", 40000, 2775, 1, 1, 0x50, 0x18, 512, 0, 0) + pdu
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + bytes(8)
    frame = bytes(12) + b"\x08\x00" + header + tcp
    packet = struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame

    (found,) = read_file(PCAP[:24] + packet).pdus

    assert pdu == found.octets


def test_without_the_extra_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip install 'smsc-async[pcap]'`; texts need no extra."""
    monkeypatch.setitem(sys.modules, "scapy.utils", None)

    with pytest.raises(Failure) as caught:
        read_file(PCAP)

    assert (ExitCode.USAGE_ERROR, "no_pcap") == (caught.value.code, caught.value.key)
    assert "pip install 'smsc-async[pcap]'" in caught.value.advice
    assert 10 == len(read_file((FIXTURES / "tcpdump-x.txt").read_bytes()).pdus)


def test_texts_do_not_import_the_library() -> None:
    """It takes a fifth of a second."""
    program = (
        "import sys\n"
        "from smsc_async.cli.dumps.reading import read_text\n"
        "read_text('00000010 00000015 00000000 00000001')\n"
        "assert 'scapy' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 -- fixed

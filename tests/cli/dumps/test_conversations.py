"""One conversation in every form that people paste, and in captures: always the same PDUs.

The files were made by the tools themselves; see fixtures/make.sh.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.dumps.conversation import read_conversation
from smsc_async.cli.dumps.reading import read_file, read_text
from smsc_async.cli.dumps.streams import Piece, Run, Stream
from smsc_async.cli.failures import Failure
from smsc_async.session.states import Role

if TYPE_CHECKING:
    from smsc_async.cli.dumps.conversation import Conversation

FIXTURES = Path(__file__).parent / "fixtures"
ESME, SMSC = Role.ESME, Role.SMSC

CONVERSATION = [
    (ESME, 0x00000009, 1),  # bind_transceiver
    (SMSC, 0x80000009, 1),
    (ESME, 0x00000004, 2),  # submit_sm, in two packets
    (ESME, 0x00000015, 3),  # enquire_link, in the second of them
    (SMSC, 0x80000004, 2),
    (SMSC, 0x80000015, 3),
    (SMSC, 0x00000005, 1),  # deliver_sm, a receipt
    (ESME, 0x80000005, 1),
    (ESME, 0x00000006, 4),  # unbind
    (SMSC, 0x80000006, 4),
]
BOTH_WAYS = {0x00000015, 0x80000015, 0x00000006, 0x80000006}

WITH_SIDES = [
    "follow-hex.txt",  # tshark
    "follow-raw.txt",
    "follow-yaml.txt",
    "follow-hex-window.txt",  # Wireshark
    "follow-carrays.txt",
    "follow-yaml-old.txt",
    "tshark-x.txt",
    "tshark-p-x.txt",
    "tcpdump-x.txt",
    "tcpdump-upper-x.txt",
    "tcpdump-v-xx.txt",
    "python-smpplib.txt",
]
CAPTURES = [
    "conversation.pcap",
    "conversation.pcapng",
    "big-endian.pcap",
    "vlan-ipv6.pcap",
    "cooked.pcap",
    "cooked2.pcap",
    "loopback.pcap",
    "raw-ip.pcap",
    "interfaces.pcapng",
]
WITHOUT_SIDES = [
    "follow-raw-window.txt",
    "copy-stream.txt",
    "copy-escaped.txt",
    "tshark-fields.txt",
    "xxd.txt",
    "xxd-g1.txt",
    "xxd-p.txt",
    "xxd-i.txt",
    "xxd-b.txt",
    "xxd-e.txt",
    "od.txt",
    "od-ax-tx1.txt",
    "od-ax-tx1z.txt",
    "od-tx1.txt",
    "od-ad-tu1.txt",
    "od-b.txt",
    "od-x.txt",
    "od-an-tx1.txt",
    "hexdump.txt",
    "hexdump-c.txt",
    "hexdump-x.txt",
    "hexdump-b.txt",
    "python-repr.txt",
    "python-lines.txt",
    "python-list.txt",
    "java-signed.txt",
    "go-print.txt",
    "go-source.txt",
    "rust.txt",
    "erlang.txt",
    "node.txt",
    "json.txt",
    "decimal.txt",
    "kannel.txt",
]


def read(name: str) -> Conversation:
    """Read a fixture."""
    return read_file((FIXTURES / name).read_bytes())


def headers(conversation: Conversation) -> list[tuple[Role | None, int, int]]:
    """Return who sent each PDU, its command and its sequence number."""
    return [
        (pdu.role, int.from_bytes(pdu.octets[4:8], "big"), int.from_bytes(pdu.octets[12:16], "big"))
        for pdu in conversation.pdus
    ]


@pytest.mark.parametrize("name", WITH_SIDES + CAPTURES)
def test_every_form_with_sides_gives_the_conversation(name: str) -> None:
    """Who asks and who answers is half of what a capture is looked at for."""
    found, expected = read(name), read("conversation.pcap")

    assert CONVERSATION == headers(found)
    assert [pdu.octets for pdu in expected.pdus] == [pdu.octets for pdu in found.pdus]
    assert [] == found.notes


@pytest.mark.parametrize("name", WITHOUT_SIDES)
def test_every_form_without_sides_gives_the_pdus_in_order(name: str) -> None:
    """The direction is that of the command; unbind and enquire_link go both ways."""
    found = read(name)

    assert [
        (None if command in BOTH_WAYS else role, command, number)
        for role, command, number in CONVERSATION
    ] == headers(found)
    assert [pdu.octets for pdu in read("conversation.pcap").pdus] == [
        pdu.octets for pdu in found.pdus
    ]
    assert [] == found.notes


def test_every_fixture_is_read() -> None:
    """A fixture that no test reads proves nothing."""
    others = {"disorder.pcap", "lost.pcap", "middle.pcap", "snaplen.pcap"}

    assert {*WITH_SIDES, *CAPTURES, *WITHOUT_SIDES, *others} == {
        path.name for path in FIXTURES.iterdir() if path.suffix in {".txt", ".pcap", ".pcapng"}
    }


@pytest.mark.parametrize("name", ["conversation.pcap", "follow-carrays.txt", "follow-yaml.txt"])
def test_packets_have_their_numbers(name: str) -> None:
    """A PDU is found again in Wireshark."""
    assert [4, 5, 6, 7, 8, 8, 9, 10, 11, 12] == [pdu.packet for pdu in read(name).pdus]


def test_disorder_is_put_right() -> None:
    """Two connections at once; retransmissions, out of order; HTTP and ARP between them."""
    found = read("disorder.pcap")

    for stream in (0, 1):
        pdus = [pdu for pdu in found.pdus if pdu.stream == stream]
        assert CONVERSATION == headers(found._replace(pdus=pdus))
    assert ["192.0.2.10:40001", "198.51.100.20:5000"] == [*map(str, found.streams[1].ends)]
    assert [{"others": 1}] == [note.values for note in found.notes]


def test_capture_from_the_middle_begins_at_the_first_pdu() -> None:
    """The first packet has the end of submit_sm; that it is passed over is said."""
    found = read("middle.pcap")

    assert CONVERSATION[3:] == headers(found)
    (note,) = found.notes
    assert (40, 0, "A") == tuple(note.values[name] for name in ("skipped", "offset", "side"))
    assert not note.is_error


def test_lost_packet_is_an_error() -> None:
    """The first half of submit_sm wasn't captured: the rest is read, but it isn't all."""
    found = read("lost.pcap")

    assert CONVERSATION[:2] + CONVERSATION[3:] == headers(found)
    assert [True, False] == [note.is_error for note in found.notes]
    assert (40, 0x23) == (found.notes[0].values["lost"], found.notes[0].values["offset"])


CUT = bytes.fromhex("00000020 00000004 00000000 00000002 0000")
PROBE = bytes.fromhex("00000010 00000015 00000000 00000003")
VENDOR = bytes.fromhex("00000010 00010200 00000000 00000001")


@pytest.mark.parametrize(
    "text",
    [
        f"{CUT.hex()}\n{PROBE.hex()}\n",
        f"{CUT.hex(' ')}\n{PROBE.hex(' ')}\n",
        f"{list(CUT)}\n{list(PROBE)}",
        f"0000  {CUT.hex(' ')}\n\n0000  {PROBE.hex(' ')}\n",
    ],
)
def test_pdu_that_was_cut_takes_nothing_of_the_next(text: str) -> None:
    """Two pastes, the first one cut: the second stays itself."""
    assert [CUT, PROBE] == [pdu.octets for pdu in read_text(text).pdus]


def test_pdu_over_several_lines_stays_one() -> None:
    """Lines and packets end anywhere."""
    octets = CUT + bytes(14)
    text = f"{octets[:17].hex()}\n{octets[17:].hex()}\n{PROBE.hex()}"

    assert [octets, PROBE] == [pdu.octets for pdu in read_text(text).pdus]


def captured(octets: bytes, *, is_start: bool) -> Conversation:
    """Return the conversation of one run of a capture."""
    run = Run([Piece(octets, 0, 1)], 0, is_start)
    return read_conversation([Stream({0: [run]})], is_capture=True)


def test_pdu_of_an_unknown_command_is_not_passed_over() -> None:
    """It has a length, and a PDU follows it; its command is an error of its own."""
    for is_start in (True, False):
        found = captured(VENDOR + PROBE, is_start=is_start)

        assert [VENDOR, PROBE] == [pdu.octets for pdu in found.pdus]


def test_octets_before_the_first_pdu_of_a_connection_are_an_error() -> None:
    """A capture from the middle may begin anywhere; a connection begins with a PDU."""
    for is_start in (True, False):
        found = captured(b"PROXY" + PROBE, is_start=is_start)

        assert [PROBE] == [pdu.octets for pdu in found.pdus]
        assert [is_start] == [note.is_error for note in found.notes if "skipped" in note.values]


@pytest.mark.parametrize("octets", [VENDOR, PROBE[:11] + b"\x58" + PROBE[12:]])
def test_file_of_octets_may_begin_with_an_odd_pdu(octets: bytes) -> None:
    """A command of a vendor, or a request with a status, is explained."""
    assert [octets, PROBE] == [pdu.octets for pdu in read_file(octets + PROBE).pdus]


@pytest.mark.parametrize(
    ("data", "offset"),
    [(b"\x89PNG\0", 0), (b"\0" + PROBE, 1), ("00".encode("utf-16-le"), 0)],
)
def test_file_of_other_octets_is_refused(data: bytes, offset: int) -> None:
    """With the place of the first PDU, if there is one."""
    with pytest.raises(Failure, match="bad_binary") as caught:
        read_file(data)

    assert offset == caught.value.values["offset"]


def test_packets_cut_by_snaplen_are_an_error() -> None:
    """`tcpdump -s 100`: the PDUs behind are read from the next packet on."""
    found = read("snaplen.pcap")

    assert CONVERSATION[6:] == headers(found)[6:]
    assert [10, 56] == [note.values["lost"] for note in found.notes if note.is_error]

r"""Short texts with octets: digits, lists, literals, rows, log lines."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.explain import explain
from smsc_async.cli.dumps import read_dump
from smsc_async.cli.failures import ExitCode, Failure

ENQUIRE_LINK = bytes.fromhex(
    "00000010"  # command_length 16
    "00000015"  # command_id     enquire_link
    "00000000"  # command_status ESME_ROK
    "00000001"  # sequence_number 1
)
SUBMIT_SM_RESP = bytes.fromhex(
    "00000017"  # command_length  23
    "80000004"  # command_id      submit_sm_resp
    "00000000"  # command_status  ESME_ROK
    "00000002"  # sequence_number 2
    "38353534363900"  # message_id "855469"
)
ZEROS = SUBMIT_SM_RESP[:12] + bytes(52)


def read(text: str) -> bytes:
    """Return all octets of a text."""
    return b"".join(block.octets for block in read_dump(text))


@pytest.mark.parametrize(
    "text",
    [
        "00000010000000150000000000000001",
        "00000010 00000015 00000000 00000001",
        "0000 0010 0000 0015 0000 0000 0000 0001",
        "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:01",
        "00-00-00-10-00-00-00-15-00-00-00-00-00-00-00-01",
        "00000010.00000015.00000000.00000001",
        "00000010|00000015|00000000|00000001",
        "0x00000010, 0x00000015, 0x00000000, 0x00000001",
        "0x00000010000000150000000000000001",
        "{0x0, 0x0, 0x0, 0x10, 0x0, 0x0, 0x0, 0x15, 0, 0, 0, 0, 0x0, 0x0, 0x0, 0x1}",
        r"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01",
        r"\000\000\000\020\000\000\000\025\000\000\000\000\000\000\000\001",
        '"00000010"  # command_length 16\n"00000015"\n"00000000"\n"00000001"  # it is the first\n',
        "  00000010\n\t00000015\r\n00000000\n00000001\n",
        "00000010  # length\n00000015  // command\n0000000000000001",
        # decimal, hexadecimal without zeros, octal
        "0 0 0 16 0 0 0 21 0 0 0 0 0 0 0 1",
        "0,0,0,16,0,0,0,21,0,0,0,0,0,0,0,1",
        "0 0 0 10 0 0 0 15 0 0 0 0 0 0 0 1",
        "000 000 000 020 000 000 000 025 000 000 000 000 000 000 000 001",
        "000 000 000 016 000 000 000 021 000 000 000 000 000 000 000 001",
        # literals
        "[0 0 0 16 0 0 0 21 0 0 0 0 0 0 0 1]",
        "bytes([0, 0, 0, 16, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1])",
        'bytes.fromhex("00000010 00000015 00000000 00000001")',
        'payload = bytearray(b"\\x00\\x00\\x00\\x10\\0\\0\\0\\x15\\0\\0\\0\\0\\0\\0\\0\\x01")',
        "b'00000010000000150000000000000001'",
        '"\\u0000\\u0000\\0\\u0010\\0\\0\\0\\u0015" "\\u0000\\0\\0\\0\\0\\0\\0\\u0001"',
        "byte[] pdu = new byte[] {0, 0, 0, (byte) 16, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1};",
        "let pdu = vec![0u8, 0, 0, 16, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1];",
        "[]byte{0x0, 0x0, 0x0, 0x10, 0x0, 0x0, 0x0, 0x15, 0x0, 0x0, 0x0, 0x0, 0, 0, 0, 0x1}",
        "<<0,0,0,16,0,0,0,21,0,0,0,0,0,0,0,1>>",
        "<Buffer 00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 01>",
        "<00000010 00000015 00000000 00000001>",
        "{0, 0, 0, '\\x10', 0, 0, 0, '\\x15', 0, 0, 0, 0, 0, 0, 0, '\\1'}",
        "[0000001000000015, 0000000000000001]",
        str([hex(octet) for octet in ENQUIRE_LINK]),
        # rows
        "0000  00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 01",
        "0x0000:  0000 0010 0000 0015 0000 0000 0000 0001",
        "0000   00 00 00 10 00 00 00 15\n0008   00 00 00 00 00 00 00 01",
        "0000000 0000 1000 0000 1500 0000 0000 0000 0100\n0000010",
        "0000000 00000000 10000000 00000000 15000000\n"[:8]
        + "10000000 15000000 00000000 01000000\n0000020",
        "000000 000000 010000 000000 012400 000000 000000 000000 000400\n000010\n",
        # xxd -d
        "00000000: 0000 0010 0000 0015 0000  ..........\n00000010: 0000 0000 0001  ......",
        "000000 00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 01\n000010\n",
    ],
)
def test_octets_are_read_in_any_form(text: str) -> None:
    """Octets are pasted from logs, sources and tests without editing."""
    assert ENQUIRE_LINK == read(text)


def test_quoting_of_mail_and_markdown_is_dropped() -> None:
    """Dumps come in tickets; a failure names the place in the text as it was pasted."""
    dump = "00000000: 0000 0010 0000 0015 0000 0000 0000 0001  ................"

    for text in (f"> {dump}\n>\n", f"> > {dump}", f">> {dump}\n", f"```text\n{dump}\n```\n"):
        assert ENQUIRE_LINK == read(text)
    with pytest.raises(Failure) as caught:
        read(f"> > {dump}x")
    assert (1, 56) == (caught.value.values["line"], caught.value.values["column"])
    with pytest.raises(Failure, match="bad_hex"):
        read(f"> {dump}\n< {dump}")  # sides, not quoting


def test_spaces_and_signs_of_web_pages_are_understood() -> None:
    """Copied from a page: spaces that don't break, and signs without a width."""
    dump = "00000000: 0000 0010 0000 0015 0000 0000 0000 0001  ................"

    for space in "\u00a0\u202f\u2007":
        assert ENQUIRE_LINK == read(dump.replace(" ", space))
    for sign in "\u200b\ufeff\u00ad":
        assert ENQUIRE_LINK == read(f"{sign}{ENQUIRE_LINK.hex()[:9]}{sign}{ENQUIRE_LINK.hex()[9:]}")
    with pytest.raises(Failure, match="bad_hex"):
        read('"\\x00\u00a0"')  # in a string it is no space


def test_digits_of_postgresql_are_read() -> None:
    """One escape before all digits: as a string it would be a PDU of text."""
    for text in (f"\\x{ENQUIRE_LINK.hex()}", f"'\\x{ENQUIRE_LINK.hex()}'"):
        assert ENQUIRE_LINK == read(text)


def test_frames_with_empty_lines_between_their_rows_are_read() -> None:
    """Copied from a page that doubles the line ends."""
    rows = "0000  00 00 00 10 00 00 00 15\n\n0008  00 00 00 00 00 00 00 01\n\n"

    blocks = read_dump(f"{rows}\n{rows}")

    assert [(ENQUIRE_LINK, 1), (ENQUIRE_LINK, 6)] == [(one.octets, one.line) for one in blocks]


def test_offsets_begin_again_behind_the_heading_of_a_packet() -> None:
    """Rows without the first ones don't belong to the packet before."""
    heading = "10:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.2.2775: tcp 8\n"
    first = f"{heading}\t0x0000:  0000 0010 0000 0015\n"

    with pytest.raises(Failure, match="gap_hex"):
        read(f"{first}{heading}\t0x0008:  0000 0000 0000 0001\n")


@pytest.mark.parametrize(
    "heading",
    [
        "    1  10:53:20.000000 IP 192.0.2.1.40000 > 192.0.2.2.2775: tcp 16",
        "    1  10:53:20.000000 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800): x",
        "10:53:20.000000 AF IPv4 (2), length 44: 192.0.2.1.40000 > 192.0.2.2.2775: tcp 16",
        "2025-11-30 10:53:20.000000 ip: 192.0.2.1.40000 > 192.0.2.2.2775: tcp 16",
        "    1 2025-11-30 10:53:20.000000    192.0.2.1 → 192.0.2.2    SMPP 70 Enquire_link",
    ],
)
def test_headings_of_packets_are_no_octets(heading: str) -> None:
    """Tcpdump with -# and -e, on loopback and tunnels; tshark -t ad."""
    rows = "\t0x0000:  0000 0010 0000 0015 0000 0000 0000 0001"

    assert ENQUIRE_LINK == read(f"{heading}\n{rows}\n")


def test_long_row_takes_little_time() -> None:
    """It is read once, not once for each of its octets."""
    octets = ENQUIRE_LINK + bytes(20_000)

    assert octets == read(f"0000  {octets.hex(' ')}  {'.' * len(octets)}")
    assert octets == read(f"0000  {octets.hex(' ')}")


def test_text_in_literals_is_read() -> None:
    """Python writes printable octets as characters; Erlang has strings among numbers."""
    escaped = r"\x00\x00\x00\x17\x80\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x02"

    assert SUBMIT_SM_RESP == read(f"b'{escaped}855469\\x00'")
    assert SUBMIT_SM_RESP == read(f"{escaped}855469\\x00")
    assert SUBMIT_SM_RESP == read('<<0,0,0,23,128,0,0,4,0,0,0,0,0,0,0,2,"855469",0>>')
    assert SUBMIT_SM_RESP == read("0 0 0 23 -128 0 0 4 0 0 0 0 0 0 0 2 56 53 53 52 54 57 0")


def test_output_of_explain_is_read() -> None:
    """Octets explained in a log can be copied back."""
    assert SUBMIT_SM_RESP == read(explain(SUBMIT_SM_RESP))


def test_characters_that_look_like_octets_are_ignored() -> None:
    """The offset of the next row says where the octets of a row end."""
    dump = "00000000: 6162 6364 6566 2020 6162 2020 6162 6364  abcdef  ab  abcd\n00000010: 61  a\n"

    assert b"abcdef  ab  abcda" == read(dump)


def test_characters_of_the_last_row_may_look_like_octets() -> None:
    """A dump of one row: "ab" may be its characters, or one more octet."""
    octets = bytes.fromhex("00000012 80000004 00000000 00000002 6100")
    dump = f"00000000: {octets[:16].hex(' ', 2)}  ................\n00000010: 6100  a.\n"

    assert octets == read(dump)


def test_rows_that_are_left_out_are_filled_in() -> None:
    """Hexdump, od and xxd -a write an asterisk for rows like the one before."""
    first = ZEROS[:16]
    rows = f"{first.hex(' ')}  |{'.' * 16}|"
    dump = f"00000000  {rows}\n00000010  {bytes(16).hex(' ')}  |{'.' * 16}|\n*\n00000040\n"

    assert ZEROS == read(dump)


def test_frames_that_wireshark_joined_are_not_read_twice() -> None:
    """With "Reassembled TCP" below a frame, the PDU would come a second time."""
    row = f"0000  {ENQUIRE_LINK.hex(' ')}   ................\n"

    assert ENQUIRE_LINK == read(f"Frame (16 bytes):\n{row}\nReassembled TCP (16 bytes):\n{row}")
    with pytest.raises(Failure, match="odd_section"):
        read(f"Frame (16 bytes):\n{row}\nDecrypted TLS (16 bytes):\n{row}")
    with pytest.raises(Failure, match="gap_hex"):
        read(f"Frame (17 bytes):\n{row}")


@pytest.mark.parametrize("gap", [" ", ":", ",", "\n", "-"])
@given(octets=st.binary(min_size=1, max_size=60), size=st.sampled_from([1, 2, 4, 8]))
def test_any_octets_round_trip(gap: str, octets: bytes, size: int) -> None:
    """With separators between groups of any size."""
    pdu = ENQUIRE_LINK + octets

    assert pdu == read(pdu.hex(gap, size))
    assert pdu == read(pdu.hex())


@given(octets=st.binary(min_size=1, max_size=100))
def test_any_dump_round_trips(octets: bytes) -> None:
    """Whatever the column of characters contains."""
    pdu = ENQUIRE_LINK + octets
    rows = [pdu[at : at + 16] for at in range(0, len(pdu), 16)]
    shown = ["".join(chr(each) if 32 <= each < 127 else "." for each in row) for row in rows]
    canonical = [f"{16 * n:08x}  {row.hex(' '):<48}|{shown[n]}|" for n, row in enumerate(rows)]
    xxd = [f"{16 * n:08x}: {row.hex(' ', -2):<39}  {shown[n]}" for n, row in enumerate(rows)]

    assert pdu == read("\n".join([*canonical, f"{len(pdu):08x}"]))
    assert pdu == read("\n".join(xxd))


@given(octets=st.binary(min_size=1, max_size=100))
def test_any_literal_round_trips(octets: bytes) -> None:
    """Python's and Java's own way to write octets."""
    pdu = ENQUIRE_LINK + octets
    signed = [octet - 256 if octet > 127 else octet for octet in pdu]

    assert pdu == read(repr(pdu))
    assert pdu == read(str(list(pdu)))
    assert pdu == read(str(signed))


@given(
    text=st.one_of(
        st.text(max_size=40),
        st.text(alphabet="0123 4af:x\n\t|{}[]()<>\"'\\,.-*#bDF=", max_size=60),
    )
)
def test_any_text_gives_octets_or_a_failure(text: str) -> None:
    """Never another exception."""
    with suppress(Failure):
        assert read(text)


@pytest.mark.parametrize(
    ("text", "key", "line", "column"),
    [
        ("00 0g", "bad_hex", 1, 4),
        ("0x00, 0xж0", "bad_hex", 1, 7),
        ("000", "odd_hex", 1, 1),
        ("0000: 0000\n0010: 0000", "gap_hex", 2, 1),
        ("00000010: 3835 3534", "gap_hex", 1, 1),
        ("00 00 00 10\n0010   00 00", "mixed_hex", 2, 1),
        ("00 00 00 10  |....|", "bad_hex", 1, 14),
        ("00 00 00 10  ..ab", "bad_hex", 1, 14),
        ("00::00", "bad_hex", 1, 4),
        ("0 0 0 300 1 2", "bad_hex", 1, 7),
        ("-128 200", "bad_hex", 1, 6),
        ("10 20 3 4 5 6", "ambiguous_hex", 1, 1),
        ("0000000 0000 1100\n0000004", "ambiguous_hex", 1, 1),
        ("0x00, 0x0, 0x10", "bad_hex", 1, 7),
        ("0x00, 011", "bad_hex", 1, 7),
        ("{0x00, 0x00", "cut_hex", 1, 1),
        ("char peer0_0[] = {0x00, 0x10};\nchar peer1_0[] =", "cut_hex", 2, 17),
        ("0000 1000 0000 1500 0000 0000 0000 0100", "ambiguous_hex", 1, 1),
        ("print('hello')", "bad_hex", 1, 8),
        ("['0x0', '0xg']", "bad_hex", 1, 10),
        ("deadbeef = [0, 0]", "bad_hex", 1, 1),
        ('b"\\x00', "cut_hex", 1, 2),
        ('"\\x00\\q"', "bad_hex", 1, 6),
        ('"\\x00\\17"', "bad_hex", 1, 6),
        ('"\\u0400"', "bad_hex", 1, 2),
        ('"\\x00\\x00" "00000010"', "ambiguous_hex", 1, 12),
        ("0000  00 00\n*\n0003", "gap_hex", 3, 1),
        ("0000000 0000 1000", "cut_hex", 1, 1),
        ("0000  00 00  ..\nhello", "bad_row", 2, 1),
        ("00000010а0000015", "bad_hex", 1, 9),  # Cyrillic
        ("00000010O0000015", "bad_hex", 1, 9),
        ("000000 010000 000000 012400 000000 000000 000000 000400", "ambiguous_hex", 1, 1),
        ("10000000 15000000 00000000 01000000", "ambiguous_hex", 1, 1),
        ("0000  00 00\n*\n40000000", "gap_hex", 3, 1),
        ("x:   data: 00\nx: Octet string at 0x1:", "gap_hex", 1, 1),
        (">>b'00' (1 bytes)\n>>b'0000000000000000' (8 byte", "cut_hex", 2, 30),
    ],
)
def test_failures_name_the_place(text: str, key: str, line: int, column: int) -> None:
    """A line may have hundreds of digits."""
    with pytest.raises(Failure) as caught:
        read_dump(text)

    assert (ExitCode.USAGE_ERROR, key) == (caught.value.code, caught.value.key)
    assert (line, column) == (caught.value.values["line"], caught.value.values["column"])


@pytest.mark.parametrize("text", ["", "  \n", "# nothing"])
def test_text_without_octets_is_refused(text: str) -> None:
    """An empty pipe is usually a mistake."""
    with pytest.raises(Failure, match="no_hex"):
        read_dump(text)

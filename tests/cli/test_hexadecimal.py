"""Octets from hexadecimal text and dumps of common tools."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.explain import explain
from smsc_async.cli.failures import Failure
from smsc_async.cli.hexadecimal import read_octets

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

XXD = """\
00000000: 0000 0017 8000 0004 0000 0000 0000 0002  ................
00000010: 3835 3534 3639 00                        855469.
"""
HEXDUMP = """\
00000000  00 00 00 17 80 00 00 04  00 00 00 00 00 00 00 02  |................|
00000010  38 35 35 34 36 39 00                              |855469.|
00000017
"""
WIRESHARK = """\
0000   00 00 00 17 80 00 00 04 00 00 00 00 00 00 00 02   ................
0010   38 35 35 34 36 39 00                              855469.
"""
TCPDUMP = """\
\t0x0000:  0000 0017 8000 0004 0000 0000 0000 0002  ................
\t0x0010:  3835 3534 3639 00                        855469.
"""


@pytest.mark.parametrize(
    "text",
    [
        "00000010000000150000000000000001",
        "00000010 00000015 00000000 00000001",
        "0000 0010 0000 0015 0000 0000 0000 0001",
        "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:01",
        "0x00000010, 0x00000015, 0x00000000, 0x00000001",
        "{0x0, 0x0, 0x0, 0x10, 0x0, 0x0, 0x0, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0x0, 0x0, 0x0, 0x1}",
        r"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01",
        '"00000010"  # command_length 16\n"00000015"\n"00000000"\n"00000001"  # it is the first\n',
        "  00000010\n\t00000015\r\n00000000\n00000001\n",
    ],
)
def test_separators_do_not_matter(text: str) -> None:
    """Octets are pasted from logs, sources and tests without editing."""
    assert ENQUIRE_LINK == read_octets(text)


@pytest.mark.parametrize("dump", [XXD, HEXDUMP, WIRESHARK, TCPDUMP])
def test_dumps_are_read(dump: str) -> None:
    """Offsets and the column of characters aren't octets."""
    assert SUBMIT_SM_RESP == read_octets(dump)


def test_output_of_explain_is_read() -> None:
    """Octets explained in a log can be copied back."""
    assert SUBMIT_SM_RESP == read_octets(explain(SUBMIT_SM_RESP))


def test_characters_that_look_like_octets_are_ignored() -> None:
    """The offset of the next row says where the octets of a row end."""
    dump = "00000000: 6162 6364 6566 2020 6162 2020 6162 6364  abcdef  ab  abcd\n00000010: 61  a\n"

    assert b"abcdef  ab  abcda" == read_octets(dump)


@given(
    octets=st.binary(min_size=1, max_size=60),
    gap=st.sampled_from([" ", ":", ",", "\n", "-"]),
    size=st.sampled_from([1, 2, 4, 8]),
)
def test_any_octets_round_trip(octets: bytes, gap: str, size: int) -> None:
    """With separators of any kind between groups of any size."""
    assert octets == read_octets(octets.hex(gap, size))
    assert octets == read_octets(octets.hex())


@given(octets=st.binary(min_size=1, max_size=60))
def test_any_dump_round_trips(octets: bytes) -> None:
    """Whatever the column of characters contains."""
    rows = [octets[at : at + 16] for at in range(0, len(octets), 16)]
    dump = "\n".join(
        f"{16 * n:08x}  {row.hex(' '):<48}|{row.decode('latin-1')!r}|" for n, row in enumerate(rows)
    )

    assert octets == read_octets(dump)


@given(text=st.text(max_size=40))
def test_any_text_gives_octets_or_a_failure(text: str) -> None:
    """Never another exception."""
    with suppress(Failure):
        assert isinstance(read_octets(text), bytes)


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("", "no_hex", {}),
        ("  \n", "no_hex", {}),
        ("00 0g", "bad_hex", {"found": "U+0067", "position": 5}),
        ("0x00, 0xж0", "bad_hex", {"found": "U+0436", "position": 9}),
        ("000", "odd_hex", {"digits": 3}),
        ("0000: 0000\n0010: 0000", "gap_hex", {"have": 2, "offset": 16}),
        ("00000010: 3835 3534", "gap_hex", {"have": 0, "offset": 16}),
    ],
)
def test_failures_name_the_position(text: str, key: str, values: dict[str, object]) -> None:
    """A line may have hundreds of digits."""
    with pytest.raises(Failure) as caught:
        read_octets(text)

    assert (2, key) == (caught.value.code, caught.value.key)
    assert values == {name: caught.value.values[name] for name in values}

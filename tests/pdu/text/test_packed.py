"""Eight septets in seven octets, with spare bits and without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.packed import fill_bits, pack, unpack

septets_ = st.binary(max_size=200).map(lambda octets: bytes(octet & 0x7F for octet in octets))
headers = st.integers(0, 14)


@pytest.mark.parametrize(
    ("septets", "octets"),
    [
        (b"", ""),
        (b"a", "61"),
        (b"hello", "E8329BFD06"),
        (b"hellohello", "E8329BFD4697D9EC37"),
        (b"1234567", "31D98C56B3DD1A"),  # seven and seven spare bits: a carriage return
        (b"12345678", "31D98C56B3DD70"),
        (b"1234567\r", "31D98C56B3DD1A"),
        (b"1234567\0", "31D98C56B3DD00"),
        (b"\x1be", "9B32"),
    ],
)
def test_octets_of_septets(septets: bytes, octets: str) -> None:
    """3GPP TS 23.038 §6.1.2: the first septet is in the low bits of the first octet."""
    assert bytes.fromhex(octets) == pack(septets)


@pytest.mark.parametrize(
    ("octets", "septets"),
    [
        ("", b""),
        ("61", b"a"),
        ("E8329BFD4697D9EC37", b"hellohello"),
        ("31D98C56B3DD1A", b"1234567"),  # filled with a carriage return
        ("31D98C56B3DD00", b"1234567"),  # filled with zeros
        ("31D98C56B3DD70", b"12345678"),
        ("31D98C56B3DD7000", b"12345678\0"),  # an "@" of its own octet is text
        ("FFFFFFFF", b"\x7f\x7f\x7f\x7f"),
    ],
)
def test_septets_of_octets(octets: str, septets: bytes) -> None:
    """Octets don't tell whether they hold seven septets or eight; the last one does."""
    assert septets == unpack(bytes.fromhex(octets))


def test_the_number_of_septets_leaves_no_doubt() -> None:
    """Where it is known, as in a short message on air, all of the text is."""
    octets = pack(b"1234567\0")

    assert b"1234567\0" == unpack(octets, septets=8)
    assert b"1234567\0" == unpack(octets, padding=b"\r")
    assert b"12" == unpack(octets, septets=2)


@pytest.mark.parametrize(
    ("header_octets", "bits"), [(0, 0), (1, 6), (4, 3), (6, 1), (7, 0), (8, 6), (9, 5), (12, 2)]
)
def test_text_begins_at_a_septet(header_octets: int, bits: int) -> None:
    """3GPP TS 23.040 §9.2.3.24: fill bits behind the header."""
    assert bits == fill_bits(header_octets)
    assert (8 * header_octets + bits) % 7 == 0


def test_fill_bits_are_zero_and_in_front() -> None:
    """Behind a header of 6 octets the first septet is one bit higher."""
    assert bytes.fromhex("D06536FB0D") == pack(b"hello", header_octets=6)
    assert b"hello" == unpack(bytes.fromhex("D06536FB0D"), header_octets=6)
    assert b"hello" == unpack(bytes.fromhex("D16536FB0D"), header_octets=6)


@given(septets_, headers)
def test_what_was_packed_is_unpacked(septets: bytes, header_octets: int) -> None:
    """All of it with the number; without, but for one "@" or carriage return at an octet's end."""
    octets = pack(septets, header_octets=header_octets)

    assert septets == unpack(octets, header_octets=header_octets, septets=len(septets))
    found = unpack(octets, header_octets=header_octets)
    assert septets in {found, found + b"\0", found + b"\r"}
    kept = unpack(octets, header_octets=header_octets, padding=b"\r")
    assert septets in {kept, kept + b"\r"}


@given(septets_, headers)
def test_packed_text_is_an_eighth_smaller(septets: bytes, header_octets: int) -> None:
    """140 octets hold 160 septets, 134 behind a header 153."""
    bits = fill_bits(header_octets) + 7 * len(septets)

    assert -(-bits // 8) == len(pack(septets, header_octets=header_octets))


@given(st.binary(), headers)
def test_unpacking_never_raises(octets: bytes, header_octets: int) -> None:
    """Every result is septets."""
    assert unpack(octets, header_octets=header_octets).isascii()


def test_octets_are_not_packed() -> None:
    """A high bit would shift into the next character."""
    with pytest.raises(EncodeError, match="takes septets, 0x00 to 0x7F, got 0xE9; encode the text"):
        pack(b"a\xe9")

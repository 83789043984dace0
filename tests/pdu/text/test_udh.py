"""User data headers, octet by octet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.udh import (
    Concatenation,
    Iei,
    InformationElement,
    UserDataHeader,
    build_udh,
    parse_udh,
)

CONCATENATED_8 = bytes.fromhex(
    "05"  # five octets of header follow
    "00 03"  # concatenation, 3 octets
    "2A 03 02"  # reference 42, part 2 of 3
)
CONCATENATED_16 = bytes.fromhex(
    "06"  # six octets follow
    "08 04"  # concatenation with 16 bits, 4 octets
    "BEEF 03 02"  # reference 0xBEEF, part 2 of 3
)
PUSH = bytes.fromhex(
    "0B"  # eleven octets follow
    "05 04"  # ports with 16 bits
    "0B84 23F0"  # to 2948, from 9200
    "00 03"
    "01 02 01"
)
SHIFTED = bytes.fromhex("06 24 01 03 25 01 01")  # Portuguese single shift, Turkish locking shift


def test_eight_bit_concatenation() -> None:
    """The header nearly every long message has."""
    header, rest = parse_udh(CONCATENATED_8 + b"text")

    expected = Concatenation(reference=42, total=3, sequence=2)
    assert expected == header.concatenation
    assert b"text" == rest
    assert CONCATENATED_8 == build_udh([expected.element])


def test_sixteen_bit_concatenation() -> None:
    """A width of its own: reference 0x002A here isn't reference 0x2A there."""
    header, rest = parse_udh(CONCATENATED_16 + b"text")

    expected = Concatenation(reference=0xBEEF, total=3, sequence=2, wide=True)
    assert expected == header.concatenation
    assert b"text" == rest
    assert CONCATENATED_16 == build_udh([expected.element])


def test_ports_beside_a_concatenation() -> None:
    """A WAP push of two parts has both elements."""
    header, _ = parse_udh(PUSH)

    assert InformationElement(Iei.PORTS_16, bytes.fromhex("0B84 23F0")) in header.elements
    assert Concatenation(reference=1, total=2, sequence=1) == header.concatenation


def test_language_shifts_stay_raw() -> None:
    """They are kept for whoever knows the tables."""
    header, rest = parse_udh(SHIFTED + b"\x40")

    assert (
        InformationElement(Iei.SINGLE_SHIFT, b"\x03"),
        InformationElement(Iei.LOCKING_SHIFT, b"\x01"),
    ) == header.elements
    assert header.concatenation is None
    assert b"\x40" == rest


@pytest.mark.parametrize(
    "octets",
    [
        "",  # nothing at all
        "05 00 03 2A 03",  # ends before the header does
        "05",
        "03 00 03 2A 03 02",  # the element is longer than the header
        "06 00 03 2A 03 02 00",  # an identifier without a length
        "FF 00 03",
    ],
)
def test_lengths_that_do_not_add_up_are_no_header(octets: str) -> None:
    """The octets stay with the message: broken or not, they are the user's."""
    message = bytes.fromhex(octets)

    assert (UserDataHeader(), message) == parse_udh(message)


def test_empty_header_is_a_header() -> None:
    """A length of 0 adds up; the octet itself is no text."""
    assert (UserDataHeader(), b"text") == parse_udh(b"\x00text")


@pytest.mark.parametrize(
    "element",
    [
        "00 03 2A 00 01",  # total 0
        "00 03 2A 03 00",  # sequence 0
        "00 03 2A 02 03",  # sequence above total
        "00 02 2A 03",  # too short
        "08 03 2A 03 02",  # three octets, where 16 bits take four
        "00 04 2A 03 02 01",
    ],
)
def test_impossible_concatenation_is_ignored(element: str) -> None:
    """The message is then one of its own, without its header."""
    octets = bytes.fromhex(element)
    header, rest = parse_udh(bytes((len(octets),)) + octets + b"text")

    assert header.concatenation is None
    assert 1 == len(header.elements)
    assert b"text" == rest


def test_of_two_concatenations_the_last_counts() -> None:
    """3GPP TS 23.040 has it so, for repeated elements and for the two widths alike."""
    header, _ = parse_udh(bytes.fromhex("0B 08 04 0001 02 01 00 03 02 02 02"))

    assert Concatenation(reference=2, total=2, sequence=2) == header.concatenation


def test_an_impossible_last_one_leaves_the_one_before() -> None:
    """Ignored means ignored: it doesn't hide a good one."""
    header, _ = parse_udh(bytes.fromhex("0A 00 03 01 02 01 00 03 02 00 00"))

    assert Concatenation(reference=1, total=2, sequence=1) == header.concatenation


@pytest.mark.parametrize(
    ("concatenation", "message"),
    [
        (Concatenation(reference=256, total=2, sequence=1), "reference: takes 0 to 255, got 256"),
        (
            Concatenation(reference=65536, total=2, sequence=1, wide=True),
            "reference: takes 0 to 65535, got 65536",
        ),
        (Concatenation(reference=-1, total=2, sequence=1), "reference: takes 0 to 255, got -1"),
        (Concatenation(reference=0, total=256, sequence=1), "total: takes 1 to 255, got 256"),
        (Concatenation(reference=0, total=0, sequence=1), "total: takes 1 to 255, got 0"),
        (Concatenation(reference=0, total=2, sequence=3), "sequence: takes 1 to 2, got 3"),
    ],
)
def test_outgoing_numbers_have_limits(concatenation: Concatenation, message: str) -> None:
    """What we would ignore ourselves, we don't send."""
    with pytest.raises(EncodeError, match=f"UDH.{message}"):
        _ = concatenation.element


@pytest.mark.parametrize(
    ("elements", "field"),
    [
        ([(256, b"")], "iei"),
        ([(0x70, bytes(138))], "element_octets"),
        ([(0x70, bytes(68)), (0x71, bytes(68))], "header_octets"),
    ],
)
def test_header_fits_in_a_short_message(elements: list[tuple[int, bytes]], field: str) -> None:
    """140 octets on air, one of them the length."""
    with pytest.raises(EncodeError, match=field):
        build_udh(elements)


def test_longest_header() -> None:
    """139 octets of elements are the most."""
    assert 140 == len(build_udh([(0x70, bytes(137))]))


elements_lists = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=20)), max_size=6)


@given(elements_lists, st.binary())
def test_what_was_built_is_read(elements: list[tuple[int, bytes]], payload: bytes) -> None:
    """Every element comes back as it was, known or not."""
    header, rest = parse_udh(build_udh(elements) + payload)

    assert elements == list(header.elements)
    assert payload == rest


@given(st.binary())
def test_any_octets_parse(octets: bytes) -> None:
    """Nothing raises, and no octet behind the header is lost."""
    header, rest = parse_udh(octets)

    assert octets.endswith(rest)
    assert header.concatenation is None or header.concatenation.element

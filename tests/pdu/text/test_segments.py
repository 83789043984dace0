"""Where long texts are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.clusters import clusters
from pdu.text.coding import TextCoding
from pdu.text.national import Language, ShiftTables
from pdu.text.segments import (
    Carrier,
    Segment,
    capacity,
    split,
)

GSM, LATIN1, UCS2, ASCII = TextCoding.GSM, TextCoding.LATIN1, TextCoding.UCS2, TextCoding.ASCII
TURKISH = ShiftTables(single=Language.TURKISH)
BOTH = ShiftTables(Language.PORTUGUESE, Language.SPANISH)
FAMILY = "👩\u200d👩\u200d👧\u200d👦"  # 11 units of 16 bits
FLAG = "🇷🇺"  # 4 units


def texts(text: str, coding: TextCoding, carrier: Carrier = Carrier.UDH_8) -> list[str]:
    """Split *text* and decode each segment by itself."""
    return [coding.decode(segment.payload) for segment in split(text, coding, carrier=carrier)]


def lengths(text: str, coding: TextCoding, carrier: Carrier = Carrier.UDH_8) -> list[int]:
    """Units of each segment."""
    return [len(segment.payload) // coding.unit for segment in split(text, coding, carrier=carrier)]


@pytest.mark.parametrize(
    ("coding", "limits"),
    [
        (GSM, [160, 153, 152]),
        (LATIN1, [140, 134, 133]),
        (UCS2, [70, 67, 66]),
        (ASCII, [160, 153, 152]),
        (TURKISH, [160, 153, 152]),
    ],
)
def test_capacity(coding: TextCoding | ShiftTables, limits: list[int]) -> None:
    """140 octets on air, septets packed, a header filled up to a septet."""
    assert limits == [capacity(coding, header_octets=octets) for octets in (0, 6, 7)]


@pytest.mark.parametrize(
    ("text", "coding", "expected"),
    [
        ("", GSM, [0]),
        ("", UCS2, [0]),
        ("a" * 160, GSM, [160]),
        ("a" * 161, GSM, [153, 8]),
        ("a" * 306, GSM, [153, 153]),
        ("a" * 307, GSM, [153, 153, 1]),
        ("é" * 140, LATIN1, [140]),
        ("é" * 141, LATIN1, [134, 7]),
        ("é" * 269, LATIN1, [134, 134, 1]),
        ("я" * 70, UCS2, [70]),
        ("я" * 71, UCS2, [67, 4]),
        ("я" * 134, UCS2, [67, 67]),
        ("я" * 135, UCS2, [67, 67, 1]),
        # € takes two septets: 80 of them fill a message, and an odd limit leaves one free.
        ("€" * 80, GSM, [160]),
        ("€" * 81, GSM, [152, 10]),
        ("€" * 200, GSM, [152, 152, 96]),
        ("a" * 159 + "€", GSM, [153, 8]),
        ("a" * 152 + "€" + "a" * 10, GSM, [152, 12]),
        ("a" * 151 + "€" + "a" * 10, GSM, [153, 10]),
        # An emoji takes two units.
        ("🙂" * 35, UCS2, [70]),
        ("🙂" * 36, UCS2, [66, 6]),
        ("я" * 66 + "🙂" + "я" * 3, UCS2, [66, 5]),
        ("я" * 65 + "🙂" + "я" * 4, UCS2, [67, 4]),
        # Flags, families and combining marks go whole.
        ("я" * 64 + FLAG + "яяя", UCS2, [64, 7]),
        ("я" * 63 + FLAG + "яяяя", UCS2, [67, 4]),
        (FLAG * 18, UCS2, [64, 8]),
        ("я" * 57 + FAMILY + "яяя", UCS2, [57, 14]),
        ("я" * 56 + FAMILY + "яяяя", UCS2, [67, 4]),
        ("я" * 66 + "и\u0306" + "яяя", UCS2, [66, 5]),
        ("я" * 66 + "1\ufe0f\u20e3" + "яяя", UCS2, [66, 6]),
        ("я" * 66 + "👍\U0001f3fd" + "я", UCS2, [66, 5]),
        # CR LF is one character also where nothing else combines.
        ("a" * 152 + "\r\n" + "a" * 10, GSM, [152, 12]),
        ("é" * 133 + "\r\n" + "é" * 10, LATIN1, [133, 12]),
        # ASCII is GSM on air: its brackets take two septets, and octets are characters.
        ("a" * 160, ASCII, [160]),
        ("a" * 161, ASCII, [153, 8]),
        ("{" * 80, ASCII, [80]),
        ("{" * 81, ASCII, [76, 5]),
        ("a" * 159 + "~", ASCII, [153, 7]),
        ("a" * 152 + "[" + "a" * 10, ASCII, [152, 11]),
        ("`" * 160, ASCII, [160]),  # in no GSM table: one character of some kind
        ("a" * 152 + "\r\n" + "a" * 10, ASCII, [152, 12]),
    ],
)
def test_boundaries(text: str, coding: TextCoding, expected: list[int]) -> None:
    """Drawn by hand, on both sides of each edge."""
    assert expected == lengths(text, coding)


@pytest.mark.parametrize(
    ("text", "coding", "expected"),
    [
        ("a" * 161, GSM, [152, 9]),
        ("é" * 141, LATIN1, [133, 8]),
        ("я" * 71, UCS2, [66, 5]),
        ("🙂" * 36, UCS2, [66, 6]),
        ("€" * 81, GSM, [152, 10]),
    ],
)
def test_wide_references_leave_an_octet_less(
    text: str, coding: TextCoding, expected: list[int]
) -> None:
    """The header has 7 octets then."""
    assert expected == lengths(text, coding, Carrier.UDH_16)


@pytest.mark.parametrize("coding", TextCoding)
def test_sar_segments_leave_room_for_the_header_on_air(coding: TextCoding) -> None:
    """TLVs end at the SMSC; the handset gets the numbers in a UDH anyway."""
    assert lengths("a" * 400, coding) == lengths("a" * 400, coding, Carrier.SAR)


def test_cluster_above_a_whole_segment_is_cut_between_code_points() -> None:
    """It has to be cut somewhere: not in a pair, and not leaving room before it unused."""
    endless = "\u200d".join(["👩"] * 40)  # 40 emoji, 39 joiners: 119 units
    first, second = texts("ab" + endless, UCS2)

    assert "ab" + endless == first + second
    assert [67, 54] == lengths("ab" + endless, UCS2)


def test_cluster_of_exactly_one_segment_stays_whole() -> None:
    """It fits by itself, so it gets one to itself."""
    zalgo = "z" + "\u0301" * 66

    assert ["abc", zalgo, "abc"] == texts("abc" + zalgo + "abc", UCS2)


def test_pair_stays_whole_in_a_cluster_that_is_cut() -> None:
    """Between code points never means inside one."""
    stack = "z" + "\U000e0100" * 60  # selectors of two units each

    assert [67, 54] == lengths(stack, UCS2)


@pytest.mark.parametrize(("coding", "char", "limit"), [(GSM, "a", 153), (UCS2, "я", 67)])
def test_255_segments_are_the_most(coding: TextCoding, char: str, limit: int) -> None:
    """One octet counts them; the 256th has no number."""
    assert 255 == len(split(char * limit * 255, coding))
    with pytest.raises(EncodeError, match=r"needs 256 segments, one message takes 255; .*payload"):
        split(char * (limit * 255 + 1), coding)


@pytest.mark.parametrize(
    ("carrier", "reference", "limit"),
    [(Carrier.UDH_8, 256, 255), (Carrier.UDH_16, 65536, 65535), (Carrier.SAR, -1, 65535)],
)
def test_references_have_limits(carrier: Carrier, reference: int, limit: int) -> None:
    """For a text of one segment too, so that a wrong counter fails at its first message."""
    with pytest.raises(EncodeError, match=rf"{carrier.name} takes a reference of 0 to {limit}"):
        split("short", GSM, reference=reference, carrier=carrier)


def test_misfit_is_refused_without_the_text() -> None:
    """The coding says so; splitting adds nothing."""
    with pytest.raises(EncodeError, match=r"character 4 \(U\+044F\)"):
        split("cod\u044f", GSM)


def test_single_segment_has_no_header() -> None:
    """Six unneeded octets would turn one message into two."""
    (segment,) = split("hi", GSM, reference=7)

    assert not segment.has_udh
    assert b"hi" == segment.short_message


def test_segments_with_short_references() -> None:
    """Header, then text, counted from 1."""
    first, second = split("a" * 153 + "b" * 10, GSM, reference=0x2A)

    assert bytes.fromhex("05 00 03 2A 02 01") + b"a" * 153 == first.short_message
    assert bytes.fromhex("05 00 03 2A 02 02") + b"b" * 10 == second.short_message
    assert first.has_udh


def test_segments_with_wide_references() -> None:
    """The other element, one octet longer."""
    _, second = split("a" * 152 + "b" * 10, GSM, reference=0xBEEF, carrier=Carrier.UDH_16)

    assert bytes.fromhex("06 08 04 BEEF 02 02") + b"b" * 10 == second.short_message


def test_segments_for_sar() -> None:
    """The numbers are for TLVs, so the octets are text alone and `esm_class` says nothing."""
    _, second = split("a" * 153 + "b" * 10, GSM, reference=0xBEEF, carrier=Carrier.SAR)

    assert not second.has_udh
    assert b"b" * 10 == second.short_message
    assert (0xBEEF, 2, 2) == (second.reference, second.total, second.sequence)


def test_segment_made_by_hand_is_checked_when_written() -> None:
    """Splitting never makes such a one; an application might."""
    segment = Segment(b"x", Carrier.UDH_8, reference=300, total=2, sequence=1)

    with pytest.raises(EncodeError, match="reference: takes 0 to 255, got 300"):
        _ = segment.short_message


@pytest.mark.parametrize(
    ("text", "shifts", "sizes", "header"),
    [
        ("ş" * 77, TURKISH, [154], "03 24 01 01"),
        ("a" * 155, TURKISH, [155], "03 24 01 01"),
        ("a" * 156, TURKISH, [149, 7], "08 00 03 2A 02 01 24 01 01"),
        ("ş" * 78, TURKISH, [148, 8], "08 00 03 2A 02 01 24 01 01"),
        ("á" * 152, BOTH, [152], "06 24 01 02 25 01 03"),
        ("á" * 153, BOTH, [146, 7], "0B 00 03 2A 02 01 24 01 02 25 01 03"),
    ],
)
def test_national_tables_are_named_in_each_header(
    text: str, shifts: ShiftTables, sizes: list[int], header: str
) -> None:
    """3GPP TS 23.040 §9.2.3.24.15: three octets an element, also in a single segment."""
    segments = split(text, shifts, reference=0x2A)

    assert sizes == [len(segment.payload) for segment in segments]
    assert segments[0].short_message.startswith(bytes.fromhex(header))
    assert all(segment.has_udh for segment in segments)
    assert all(len(segment.packed_message) <= 140 for segment in segments)
    assert text == "".join(shifts.decode(segment.payload) for segment in segments)


def test_national_tables_travel_in_no_tlv() -> None:
    """v3.4 §5.2.12: a header and sar_* TLVs exclude each other."""
    with pytest.raises(EncodeError, match="national tables need a header, which sar_"):
        split("ş", TURKISH, carrier=Carrier.SAR)
    with pytest.raises(EncodeError, match=r"character 2 \(U\+044F\)"):
        split("şя", TURKISH)


def test_packed_segments() -> None:
    """Behind a header there are fill bits; without one there are none."""
    (single,) = split("hello", GSM)
    first, second = split("a" * 153 + "hellohello", GSM, reference=0x2A)
    wide = split("a" * 152 + "hellohello", GSM, reference=0x2A, carrier=Carrier.UDH_16)[1]

    assert bytes.fromhex("E8329BFD06") == single.packed_message
    assert 140 == len(first.packed_message)
    assert bytes.fromhex("0500032A0202 D06536FB8D2EB3D96F") == second.packed_message
    assert bytes.fromhex("060804002A0202 E8329BFD4697D9EC37") == wide.packed_message


def test_repr_keeps_the_text_to_itself() -> None:
    """One-time codes are texts."""
    segment = Segment(b"code 4821", Carrier.SAR, 7, 3, 2)

    assert "<Segment 2/3 SAR reference=7, 9 octets>" == repr(segment)


# Characters of every kind, the joining ones often enough to meet.
characters = st.characters(exclude_categories=["Cs"])
joining = st.sampled_from(["\u200d", "\u0301", "\ufe0f", "👩", "👧", "🇷", "\U0001f3fd", "\r", "\n"])
repeated = st.builds(lambda char, times: char * times, characters | joining, st.integers(1, 90))
long_texts = st.lists(st.text(characters | joining, max_size=12) | repeated, max_size=5).map(
    "".join
)
gsm_texts = st.lists(
    st.builds(
        lambda char, times: char * times,
        st.sampled_from("a@é€{~\r\nΩ"),
        st.integers(1, 170),
    ),
    max_size=6,
).map("".join)
latin1_texts = st.lists(
    st.text(st.characters(max_codepoint=0xFF), max_size=12)
    | st.builds(lambda times: "é" * times, st.integers(1, 150)),
    max_size=5,
).map("".join)
cases = st.one_of(
    st.tuples(st.just(UCS2), long_texts),
    st.tuples(st.just(GSM), gsm_texts),
    st.tuples(st.just(LATIN1), latin1_texts),
)
carriers = st.sampled_from(Carrier)


@settings(max_examples=40)
@given(cases, carriers)
def test_no_segment_is_too_long_and_no_cluster_is_cut(
    case: tuple[TextCoding, str], carrier: Carrier
) -> None:
    """Each segment decodes by itself, ends where clusters end, and couldn't have taken more."""
    coding, text = case
    header = carrier.header_octets
    pieces = texts(text, coding, carrier)
    limit = capacity(coding, header_octets=header if len(pieces) > 1 else 0)
    ends = {0}
    for start, end in clusters(text):
        fits = sum(coding.widths(text[start:end])) <= limit
        ends |= {end} if fits else set(range(start + 1, end + 1))

    assert text == "".join(pieces)
    at = 0
    for piece in pieces:
        at += len(piece)
        following = min((end for end in ends if end > at), default=at)
        assert at in ends
        assert sum(coding.widths(piece)) <= limit
        assert at == len(text) or sum(coding.widths(piece + text[at:following])) > limit

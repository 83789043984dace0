"""Long texts: where they are cut, and how parts find together again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.clusters import clusters
from pdu.text.coding import TextCoding
from pdu.text.segments import (
    Carrier,
    Joined,
    Reassembler,
    Segment,
    capacity,
    read_segment,
    split,
)

if TYPE_CHECKING:
    import random

GSM, LATIN1, UCS2 = TextCoding.GSM, TextCoding.LATIN1, TextCoding.UCS2
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
    [(GSM, [160, 153, 152]), (LATIN1, [140, 134, 133]), (UCS2, [70, 67, 66])],
)
def test_capacity(coding: TextCoding, limits: list[int]) -> None:
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
    """TLVs end at the SMSC; to the handset the numbers travel in a header all the same."""
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
    """Also for a text of one segment: whoever counts wrong learns it at once."""
    with pytest.raises(EncodeError, match=rf"{carrier.name} takes a reference of 0 to {limit}"):
        split("short", GSM, reference=reference, carrier=carrier)


def test_misfit_is_refused_without_the_text() -> None:
    """The coding says so; splitting adds nothing."""
    with pytest.raises(EncodeError, match=r"U\+044F at position 3"):
        split("cod\u044f", GSM)


def test_single_segment_has_no_header() -> None:
    """Six octets that nobody needs would make two messages of one."""
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


@settings(max_examples=40)
@given(st.lists(cases, min_size=1, max_size=3), carriers, st.randoms(use_true_random=False))
def test_parts_find_together_in_any_order(
    messages: list[tuple[TextCoding, str]], carrier: Carrier, order: random.Random
) -> None:
    """Several senders with one reference at once, parts shuffled: every text comes back whole."""
    parts = [
        (str(sender), segment)
        for sender, (coding, text) in enumerate(messages)
        for segment in split(text, coding, reference=9, carrier=carrier)
    ]
    order.shuffle(parts)
    reassembler = Reassembler(timeout=60.0)
    joined = [
        message
        for sender, segment in parts
        for message in reassembler.add(on_the_wire(segment), sender=sender, recipient="1", now=0.0)
    ]

    assert 0 == len(reassembler)
    assert {str(n): text for n, (_, text) in enumerate(messages)} == {
        message.sender: messages[int(message.sender)][0].decode(message.octets)
        for message in joined
    }


def on_the_wire(segment: Segment) -> Segment:
    """Write a segment and read it again, as the other side does."""
    numbers = (segment.reference, segment.total, segment.sequence)
    sar = numbers if segment.carrier is Carrier.SAR and segment.total > 1 else None
    return read_segment(segment.short_message, has_udh=segment.has_udh, sar=sar)


@pytest.mark.parametrize(
    ("octets", "has_udh", "sar", "expected"),
    [
        ("05 00 03 2A 03 02 61", True, None, Segment(b"a", Carrier.UDH_8, 0x2A, 3, 2)),
        ("06 08 04 BEEF 03 02 61", True, None, Segment(b"a", Carrier.UDH_16, 0xBEEF, 3, 2)),
        ("61", False, (0xBEEF, 3, 2), Segment(b"a", Carrier.SAR, 0xBEEF, 3, 2)),
        ("61", False, None, Segment(b"a")),
        ("05 00 03", False, None, Segment(b"\x05\x00\x03")),  # no flag, no header
        ("05 00 03", True, None, Segment(b"\x05\x00\x03")),  # a flag and half a header
        ("05 00 03 2A 00 00 61", True, None, Segment(b"a")),  # impossible numbers
        ("03 24 01 03 61", True, (7, 2, 1), Segment(b"a", Carrier.SAR, 7, 2, 1)),
        ("05 00 03 2A 03 02 61", True, (7, 2, 1), Segment(b"a", Carrier.UDH_8, 0x2A, 3, 2)),
        ("61", False, (7, 2, 3), Segment(b"a")),
        ("61", False, (7, 0, 0), Segment(b"a")),
    ],
)
def test_reading_a_part(
    *,
    octets: str,
    has_udh: bool,
    sar: tuple[int, int, int] | None,
    expected: Segment,
) -> None:
    """Headers and TLVs give the same kind of segment, nonsense a message of its own."""
    assert expected == read_segment(bytes.fromhex(octets), has_udh=has_udh, sar=sar)


@given(
    octets=st.binary(),
    has_udh=st.booleans(),
    sar=st.none() | st.tuples(*[st.integers(0, 300)] * 3),
)
def test_any_part_is_read_and_taken(
    *,
    octets: bytes,
    has_udh: bool,
    sar: tuple[int, int, int] | None,
) -> None:
    """Whatever comes, something can be handed out, and it was in the message."""
    reassembler = Reassembler(timeout=1.0)
    segment = read_segment(octets, has_udh=has_udh, sar=sar)
    out = (*add(reassembler, segment), *reassembler.expire(1.0))

    assert [segment.payload] == [message.octets for message in out]
    assert octets.endswith(segment.payload)


def part(sequence: int, payload: bytes = b"", *, reference: int = 1, total: int = 3) -> Segment:
    """Make a part of a message of three; its text is its number unless said otherwise."""
    return Segment(payload or b"%d" % sequence, Carrier.UDH_8, reference, total, sequence)


def add(reassembler: Reassembler, segment: Segment, now: float = 0.0) -> tuple[Joined, ...]:
    """Add a part that always has the same addresses."""
    return reassembler.add(segment, sender="7900", recipient="1000", data_coding=8, now=now)


@pytest.fixture
def reassembler() -> Reassembler:
    """Room for three sets, 60 seconds each."""
    return Reassembler(timeout=60.0, max_sets=3)


def test_last_part_needs_not_come_last(reassembler: Reassembler) -> None:
    """Complete is a full set, whichever part fills it."""
    assert () == add(reassembler, part(3))
    assert () == add(reassembler, part(1))
    (message,) = add(reassembler, part(2))

    assert b"123" == message.octets
    assert () == message.missing
    assert ("7900", "1000", 8) == (message.sender, message.recipient, message.data_coding)


def test_eleven_parts_are_joined_by_number(reassembler: Reassembler) -> None:
    """Not 1, 10, 11, 2."""
    *_, last = [add(reassembler, part(n, total=11)) for n in (11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)]

    assert b"1234567891011" == last[0].octets


def test_octets_are_joined_before_they_are_decoded(reassembler: Reassembler) -> None:
    """Others cut in the middle of a pair; the pair is whole again."""
    add(reassembler, part(1, b"\x00a\xd8\x3d", total=2))
    (message,) = add(reassembler, part(2, b"\xde\x00", total=2))

    assert "a😀" == UCS2.decode(message.octets)


def test_message_of_one_part_waits_for_nothing(reassembler: Reassembler) -> None:
    """Most messages are such; nothing is kept of them."""
    (message,) = add(reassembler, Segment(b"hi"))

    assert b"hi" == message.octets
    assert () == message.missing
    assert 0 == len(reassembler)


@pytest.mark.parametrize("sequence", [0, 4])
def test_impossible_numbers_make_a_message_of_one_part(
    reassembler: Reassembler, sequence: int
) -> None:
    """A segment made by hand mustn't open a set that nothing can fill."""
    (message,) = add(reassembler, part(sequence, b"x"))

    assert (b"x", 1, ()) == (message.octets, message.total, message.missing)


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "7901"},
        {"recipient": "1001"},
        {"segment": part(2, reference=2, total=2)},
        {"segment": part(2, total=3)},
        {"segment": Segment(b"2", Carrier.UDH_16, 1, 2, 2)},
        {"segment": Segment(b"2", Carrier.SAR, 1, 2, 2)},
    ],
)
def test_sets_are_told_apart(reassembler: Reassembler, other: dict[str, object]) -> None:
    """Sender, recipient, reference, total and how it travelled: all have to be the same."""
    add(reassembler, part(1, total=2))
    addresses = {"segment": part(2, total=2), "sender": "7900", "recipient": "1000"}

    assert () == reassembler.add(**(addresses | other), now=0.0)  # type: ignore[arg-type]  # a table's row
    assert 2 == len(reassembler)


def test_duplicate_of_a_waiting_part_is_harmless(reassembler: Reassembler) -> None:
    """An SMSC that missed our answer sends it again."""
    add(reassembler, part(1))
    add(reassembler, part(1), now=5.0)
    add(reassembler, part(2))
    (message,) = add(reassembler, part(3))

    assert b"123" == message.octets


def test_duplicate_after_the_message_is_no_message(reassembler: Reassembler) -> None:
    """It was handed out with the rest, so it is nothing to report when its time is over."""
    for sequence in (1, 2, 3):
        add(reassembler, part(sequence))
    assert () == add(reassembler, part(2), now=59.0)

    assert () == reassembler.expire(119.0)
    assert math.inf == reassembler.next_deadline()


def test_message_sent_twice_comes_twice(reassembler: Reassembler) -> None:
    """A sender may say the same again with the same reference; that is for him to decide."""
    for sequence in (1, 2, 3):
        add(reassembler, part(sequence))
    add(reassembler, part(1))
    add(reassembler, part(2))

    assert [b"123"] == [message.octets for message in add(reassembler, part(3))]


def test_late_repetition_gives_way_to_a_new_message(reassembler: Reassembler) -> None:
    """A sender who counts from 1 each time uses a reference again within the minute."""
    for sequence in (1, 2, 3):
        add(reassembler, part(sequence))
    assert () == add(reassembler, part(2))
    assert () == add(reassembler, part(1, b"new 1 "))
    assert () == add(reassembler, part(2, b"new 2 "))

    assert [b"new 1 new 2 new 3"] == [m.octets for m in add(reassembler, part(3, b"new 3"))]


def test_message_may_begin_like_the_one_before(reassembler: Reassembler) -> None:
    """Same reference, same first part, another end: alerts are like that."""
    for segment in (part(1, total=2), part(2, b"a", total=2), part(1, total=2)):
        add(reassembler, segment)

    assert [b"1b"] == [m.octets for m in add(reassembler, part(2, b"b", total=2))]


def test_used_reference_begins_a_new_message(reassembler: Reassembler) -> None:
    """Other octets under a known number are another message; mixing them would be worse."""
    add(reassembler, part(1, b"old"))
    (broken,) = add(reassembler, part(1, b"new"), now=10.0)

    assert b"old" == broken.octets
    assert (2, 3) == broken.missing
    assert 70.0 == reassembler.next_deadline()


def test_overdue_set_is_handed_out_with_what_came(reassembler: Reassembler) -> None:
    """Half a message says more than none, and the missing numbers say it is half."""
    add(reassembler, part(3), now=100.0)
    add(reassembler, part(1), now=150.0)

    assert () == reassembler.expire(159.9)
    (message,) = reassembler.expire(160.0)
    assert b"13" == message.octets
    assert (2,) == message.missing
    assert () == reassembler.expire(1000.0)


def test_deadline_runs_from_the_first_part(reassembler: Reassembler) -> None:
    """A set that gets a part now and then doesn't live for ever."""
    assert math.inf == reassembler.next_deadline()
    add(reassembler, part(1), now=100.0)
    add(reassembler, part(2), now=130.0)
    add(reassembler, part(1, reference=2), now=110.0)

    assert 160.0 == reassembler.next_deadline()
    assert [1, 2] == [message.reference for message in reassembler.expire(200.0)]


def test_oldest_set_makes_room(reassembler: Reassembler) -> None:
    """Memory is bounded whatever comes, and still nothing is lost unseen."""
    for reference in (1, 2, 3):
        assert () == add(reassembler, part(1, reference=reference))
    (oldest,) = add(reassembler, part(1, reference=4))

    assert 1 == oldest.reference
    assert 3 == len(reassembler)


def test_whole_messages_are_forgotten_too(reassembler: Reassembler) -> None:
    """What is remembered of them is bounded by number and by time."""
    for reference in range(10):
        add(reassembler, part(1, reference=reference, total=2))
        add(reassembler, part(2, reference=reference, total=2))
    assert 3 == len(reassembler._finished)

    reassembler.expire(60.0)
    assert 0 == len(reassembler._finished)


def test_reprs_show_no_text_and_no_number(reassembler: Reassembler) -> None:
    """They end up in logs."""
    add(reassembler, part(1))
    (key,) = reassembler._open
    (message,) = reassembler.expire(60.0)

    assert "_Key(Carrier.UDH_8, reference=1, total=3)" == repr(key)
    assert "<Reassembler 0/3 sets, timeout=60.0>" == repr(reassembler)
    assert (
        "Joined(data_coding=8, carrier=<Carrier.UDH_8: 'udh_8'>, reference=1, total=3)"
    ) == repr(message)

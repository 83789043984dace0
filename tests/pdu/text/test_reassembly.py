"""Reassembly of received parts, in any order and with parts missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdu import DataSm, DeliverSm, EsmClass, SubmitSm, Tlv, TlvTag
from pdu.text.coding import TextCoding, decode_text
from pdu.text.national import NO_SHIFTS, Language, ShiftTables
from pdu.text.reassembly import Joined, Reassembler, Run, body_octets, read_segment, segment_of
from pdu.text.segments import Carrier, Segment, split

if TYPE_CHECKING:
    import random

UCS2 = TextCoding.UCS2
PORTUGUESE = ShiftTables(single=Language.PORTUGUESE)
TURKISH = ShiftTables(Language.TURKISH)

repeated = st.builds(lambda char, times: char * times, st.sampled_from("aé{€"), st.integers(0, 400))
cases = st.tuples(st.sampled_from([TextCoding.GSM, UCS2]), repeated)


@settings(max_examples=40)
@given(
    st.lists(cases, min_size=1, max_size=3),
    st.sampled_from(Carrier),
    st.randoms(use_true_random=False),
)
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
        ("03 24 01 03 61", True, (7, 2, 1), Segment(b"a", Carrier.SAR, 7, 2, 1, PORTUGUESE)),
        ("03 24 01 03 61", True, None, Segment(b"a", shifts=PORTUGUESE)),
        ("61", False, (7, 256, 1), Segment(b"a")),
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


SAR_NUMBERS = (
    Tlv(TlvTag.SAR_MSG_REF_NUM, b"\xbe\xef"),
    Tlv(TlvTag.SAR_TOTAL_SEGMENTS, b"\3"),
    Tlv(TlvTag.SAR_SEGMENT_SEQNUM, b"\2"),
)
PAYLOAD = Tlv(TlvTag.MESSAGE_PAYLOAD, b"long")


@pytest.mark.parametrize(
    ("pdu", "segment"),
    [
        (DeliverSm(short_message=b"a"), Segment(b"a")),
        (
            DeliverSm(short_message=b"\x05\x00\x03\x2a\x03\x02a", esm_class=EsmClass(0x40)),
            Segment(b"a", Carrier.UDH_8, 0x2A, 3, 2),
        ),
        (
            SubmitSm(destination_addr="7", short_message=b"a", tlvs=SAR_NUMBERS),
            Segment(b"a", Carrier.SAR, 0xBEEF, 3, 2),
        ),
        (
            DataSm(destination_addr="7", tlvs=(*SAR_NUMBERS, PAYLOAD)),
            Segment(b"long", Carrier.SAR, 0xBEEF, 3, 2),
        ),
        (DeliverSm(short_message=b"a", tlvs=SAR_NUMBERS[1:]), Segment(b"a")),
        (
            DeliverSm(
                short_message=b"a",
                tlvs=(Tlv(TlvTag.SAR_MSG_REF_NUM, b"abc"), *SAR_NUMBERS[1:]),
            ),
            Segment(b"a"),
        ),
    ],
)
def test_segment_of_a_pdu_is_read_from_header_or_tlvs(
    pdu: SubmitSm | DeliverSm | DataSm, segment: Segment
) -> None:
    """A number that is missing or has another size makes a message of its own: no text is lost."""
    assert segment == segment_of(pdu)


def test_text_is_found_in_short_message_or_in_message_payload() -> None:
    """A sender that gives both means the short_message; data_sm has none."""
    assert [b"short", b"long", b"long", b""] == [
        body_octets(DeliverSm(short_message=b"short", tlvs=(PAYLOAD,))),
        body_octets(DeliverSm(tlvs=(*SAR_NUMBERS, PAYLOAD))),
        body_octets(DataSm(destination_addr="7", tlvs=(PAYLOAD,))),
        body_octets(DataSm(destination_addr="7")),
    ]


def part(sequence: int, payload: bytes = b"", *, reference: int = 1, total: int = 3) -> Segment:
    """Make a part of a message of three; its text is its number unless said otherwise."""
    return Segment(payload or b"%d" % sequence, Carrier.UDH_8, reference, total, sequence)


def add(reassembler: Reassembler, segment: Segment, now: float = 0.0) -> tuple[Joined, ...]:
    """Add a part that always has the same addresses."""
    return reassembler.add(segment, sender="7900", recipient="1000", data_coding=8, now=now)


@pytest.fixture
def reassembler() -> Reassembler:
    """Three incomplete messages at most, 60 seconds each."""
    return Reassembler(timeout=60.0, max_sets=3)


def test_last_part_needs_not_come_last(reassembler: Reassembler) -> None:
    """A message is complete with its last missing part, whichever that is."""
    assert () == add(reassembler, part(3))
    assert () == add(reassembler, part(1))
    (message,) = add(reassembler, part(2))

    assert b"123" == message.octets
    assert () == message.missing
    assert ("7900", "1000", 8) == (message.sender, message.recipient, message.data_coding)


def test_eleven_parts_are_joined_by_number(reassembler: Reassembler) -> None:
    """By number, not by text: not 1, 10, 11, 2."""
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
    """A segment made by hand mustn't begin a message that nothing can complete."""
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
def test_parts_of_different_messages_are_not_mixed(
    reassembler: Reassembler, other: dict[str, object]
) -> None:
    """Sender, recipient, reference, total and carrier must all be equal."""
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
    """Its message was returned before, so nothing is left to report."""
    for sequence in (1, 2, 3):
        add(reassembler, part(sequence))
    assert () == add(reassembler, part(2), now=59.0)

    assert () == reassembler.expire(119.0)
    assert math.inf == reassembler.next_deadline()


def test_message_sent_twice_comes_twice(reassembler: Reassembler) -> None:
    """A sender may say the same again with the same reference; that is for the sender to decide."""
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
    """Alerts repeat their first part and reference, and differ in the last part."""
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


def test_overdue_message_is_returned_incomplete(reassembler: Reassembler) -> None:
    """Half a message says more than none, and the missing numbers say it is half."""
    add(reassembler, part(3), now=100.0)
    add(reassembler, part(1), now=150.0)

    assert () == reassembler.expire(159.9)
    (message,) = reassembler.expire(160.0)
    assert b"13" == message.octets
    assert (2,) == message.missing
    assert () == reassembler.expire(1000.0)


def test_deadline_runs_from_the_first_part(reassembler: Reassembler) -> None:
    """A message that gets a part now and then is ended all the same."""
    assert math.inf == reassembler.next_deadline()
    add(reassembler, part(1), now=100.0)
    add(reassembler, part(2), now=130.0)
    add(reassembler, part(1, reference=2), now=110.0)

    assert 160.0 == reassembler.next_deadline()
    assert [1, 2] == [message.reference for message in reassembler.expire(200.0)]


def test_oldest_message_makes_room(reassembler: Reassembler) -> None:
    """Memory is bounded whatever comes, and still nothing is lost unseen."""
    for reference in (1, 2, 3):
        assert () == add(reassembler, part(1, reference=reference))
    (oldest,) = add(reassembler, part(1, reference=4))

    assert 1 == oldest.reference
    assert 3 == len(reassembler)


def test_fingerprints_of_complete_messages_are_forgotten_too(reassembler: Reassembler) -> None:
    """What is remembered of them is bounded by number and by time."""
    for reference in range(10):
        add(reassembler, part(1, reference=reference, total=2))
        add(reassembler, part(2, reference=reference, total=2))
    assert 3 == len(reassembler._finished)

    reassembler.expire(60.0)
    assert 0 == len(reassembler._finished)


def test_message_sent_twice_keeps_no_other_from_being_forgotten(reassembler: Reassembler) -> None:
    """What is remembered too long would hide the half of a new message as a repetition."""
    for reference, now in ((1, 0.0), (2, 1.0), (1, 30.0)):
        for sequence in (1, 2):
            add(reassembler, part(sequence, reference=reference, total=2), now=now)
    reassembler.expire(61.0)  # the second is over, the first was renewed
    add(reassembler, part(1, reference=2, total=2), now=62.0)

    (half,) = reassembler.expire(122.0)
    assert (2, (2,)) == (half.reference, half.missing)


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


def one_of_three(sequence: int, payload: bytes = b"x") -> Segment:
    """Make a part of a message in three parts."""
    return Segment(payload, Carrier.UDH_8, 42, 3, sequence)


def test_incomplete_messages_are_given_up_on_demand() -> None:
    """The receiver stops: the oldest first; what was returned before isn't returned again."""
    reassembler = Reassembler(timeout=60.0)
    for sequence in (1, 2, 3):
        reassembler.add(one_of_three(sequence), sender="0", recipient="1", now=0.0)
    reassembler.add(one_of_three(2), sender="0", recipient="1", now=1.0)
    for sender in ("1", "2"):
        reassembler.add(one_of_three(1), sender=sender, recipient="1", now=2.0)
    given_up = reassembler.give_up()

    assert [("1", (2, 3)), ("2", (2, 3))] == [(each.sender, each.missing) for each in given_up]
    assert 0 == len(reassembler)
    assert () == reassembler.give_up()


@pytest.mark.parametrize("is_repeated_meanwhile", [True, False])
def test_reopened_message_waits_for_one_part_again(*, is_repeated_meanwhile: bool) -> None:
    """It is complete with the repetition, and times out without it, from then on."""
    reassembler = Reassembler(timeout=60.0)
    finished: tuple[Joined, ...] = ()
    for sequence in (1, 3, 2):
        finished = reassembler.add(one_of_three(sequence), sender="0", recipient="1", now=0.0)
    if is_repeated_meanwhile:
        reassembler.add(one_of_three(2), sender="0", recipient="1", now=1.0)
    reassembler.reopen(finished[0], 2, now=10.0)

    assert () == reassembler.add(one_of_three(1), sender="0", recipient="1", now=20.0)
    assert 70.0 == reassembler.next_deadline()
    assert finished == reassembler.add(one_of_three(2), sender="0", recipient="1", now=30.0)
    reassembler.reopen(finished[0], 2, now=40.0)
    (left,) = reassembler.expire(100.0)
    assert (2,) == left.missing


def test_message_that_was_forgotten_can_be_reopened() -> None:
    """Of too many finished ones the oldest is forgotten."""
    reassembler = Reassembler(timeout=60.0, max_sets=1)
    finished = [
        reassembler.add(one_of_three(sequence), sender=sender, recipient="1", now=0.0)
        for sender in ("0", "1")
        for sequence in (1, 2, 3)
    ]
    (first,) = finished[2]
    reassembler.reopen(first, 3, now=1.0)

    assert (first,) == reassembler.add(one_of_three(3), sender="0", recipient="1", now=2.0)


def joined_of(*parts: tuple[int, str], total: int = 0, missing: int = 0) -> Joined:
    """Join parts of one message, given as data_coding and octets; *missing* is left out."""
    reassembler = Reassembler(timeout=60.0)
    finished: tuple[Joined, ...] = ()
    for sequence, (data_coding, octets) in enumerate(parts, 1):
        segment = Segment(bytes.fromhex(octets), Carrier.UDH_8, 1, total or len(parts), sequence)
        if sequence != missing:
            finished += reassembler.add(
                segment, sender="1", recipient="2", data_coding=data_coding, now=0.0
            )
    return (*finished, *reassembler.give_up())[0]


def text_of(joined: Joined) -> str:
    """Decode a message run by run."""
    return "".join(str(decode_text(octets, coding)) for octets, coding, _ in joined.runs)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([(0, "6869"), (8, "043F0440")], "hiпр"),
        ([(8, "043F04"), (8, "40"), (0, "00")], "пр@"),  # a unit cut in two
        ([(0, "1B"), (0, "65"), (8, "0040")], "€@"),  # an ESC pair cut in two
        ([(0, "61"), (8, "0430"), (0, "62"), (8, "0431")], "aаbб"),
        ([(0, "61"), (3, "E9"), (1, "7E")], "aé~"),
        ([(8, "FFFE3F04"), (8, "4004")], "пр"),  # little-endian, one mark
        ([(8, "FFFE3F04"), (8, "FFFE4004")], "пр"),  # a mark in each part
        ([(8, "FEFF043F"), (8, "FFFE4004")], "пр"),
        ([(8, "FFFE3F04"), (0, "61"), (8, "4004")], "пaр"),
        ([(8, "FEFF043F"), (0, "61"), (8, "0440")], "пaр"),
        ([(8, "043FFE"), (8, "FF00"), (8, "41")], "п\ufeffA"),  # no mark, half a unit before it
        ([(8, "043F04"), (8, "FEFF00"), (8, "41")], "п\u04fe\uff00\ufffd"),
    ],
)
def test_parts_are_decoded_run_by_run(parts: list[tuple[int, str]], text: str) -> None:
    """Parts of one coding as one text, others by themselves."""
    assert text == text_of(joined_of(*parts))


def test_a_missing_part_ends_a_run() -> None:
    """What stands behind the gap isn't shifted by half a unit, and an ESC doesn't reach over it."""
    parts = (8, "043F04"), (8, "40"), (8, "0441")
    assert "п\ufffdс" == text_of(joined_of(*parts, missing=2))
    assert " e" == text_of(joined_of((0, "1B"), (0, "65"), (0, "65"), missing=2))
    little = (8, "FFFE3F04"), (8, "4004"), (8, "4104")
    assert "пс" == text_of(joined_of(*little, missing=2))


def test_data_coding_is_that_of_the_first_part_in_order() -> None:
    """Whichever came first; all octets are there, in order."""
    reassembler = Reassembler(timeout=60.0)
    second = Segment(b"\x04\x3f", Carrier.UDH_8, 1, 2, 2)
    reassembler.add(second, sender="1", recipient="2", data_coding=8, now=0.0)
    first = Segment(b"a", Carrier.UDH_8, 1, 2, 1, TURKISH)
    (joined,) = reassembler.add(first, sender="1", recipient="2", data_coding=0, now=0.0)

    assert (0, b"a\x04\x3f") == (joined.data_coding, joined.octets)
    assert ((0, TURKISH), (8, NO_SHIFTS)) == joined.codings
    assert (Run(b"a", 0, TURKISH), Run(b"\x04\x3f", 8)) == joined.runs


def test_parts_of_different_tables_are_decoded_by_themselves() -> None:
    """3GPP TS 23.038 §6.2.1.2: a header speaks for its own part."""
    parts = [
        Segment(b"\x1bs", Carrier.UDH_8, 1, 3, 1, ShiftTables(single=Language.TURKISH)),
        Segment(b"\x07", Carrier.UDH_8, 1, 3, 2, TURKISH),
        Segment(b"\x07", Carrier.UDH_8, 1, 3, 3),
    ]
    reassembler = Reassembler(timeout=60.0)
    *_, (joined,) = (reassembler.add(part, sender="1", recipient="2", now=0.0) for part in parts)

    assert "şıì" == "".join(run.shifts.decode(run.octets) for run in joined.runs)


def test_codings_may_be_left_out() -> None:
    """A message made by hand has one coding for all parts."""
    joined = Joined(
        sender="1",
        recipient="2",
        data_coding=8,
        carrier=Carrier.UDH_8,
        reference=1,
        total=2,
        parts=((1, b"\x04"), (2, b"\x3f")),
    )

    assert (Run(b"\x04\x3f", 8),) == joined.runs


def test_a_reopened_message_keeps_its_codings() -> None:
    """The part that is repeated completes it as before."""
    reassembler = Reassembler(timeout=60.0)
    parts = Segment(b"a", Carrier.UDH_8, 1, 2, 1), Segment(b"\x04\x3f", Carrier.UDH_8, 1, 2, 2)
    reassembler.add(parts[0], sender="1", recipient="2", data_coding=0, now=0.0)
    (joined,) = reassembler.add(parts[1], sender="1", recipient="2", data_coding=8, now=0.0)
    reassembler.reopen(joined, 2, now=1.0)

    assert (joined,) == reassembler.add(parts[1], sender="1", recipient="2", data_coding=8, now=2.0)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_sar_numbers_of_other_widths_are_read(width: int) -> None:
    """Some SMSCs write two octets where the specification has one."""
    numbers = (
        (TlvTag.SAR_MSG_REF_NUM, 7),
        (TlvTag.SAR_TOTAL_SEGMENTS, 2),
        (TlvTag.SAR_SEGMENT_SEQNUM, 1),
    )
    tlvs = tuple(Tlv(tag, number.to_bytes(width, "big")) for tag, number in numbers)

    assert Segment(b"a", Carrier.SAR, 7, 2, 1) == segment_of(
        DeliverSm(short_message=b"a", tlvs=tlvs)
    )


@pytest.mark.parametrize("value", [b"", b"\0\0\2", b"two"])
def test_sar_numbers_that_are_none_leave_a_single_message(value: bytes) -> None:
    """Nothing waits for parts that will not come."""
    tlvs = (
        Tlv(TlvTag.SAR_MSG_REF_NUM, b"\0\7"),
        Tlv(TlvTag.SAR_TOTAL_SEGMENTS, value),
        Tlv(TlvTag.SAR_SEGMENT_SEQNUM, b"\1"),
    )

    assert Segment(b"a") == segment_of(DeliverSm(short_message=b"a", tlvs=tlvs))


@pytest.mark.parametrize("carrier", [Carrier.UDH_8, Carrier.UDH_16, Carrier.SAR])
@pytest.mark.parametrize("text", ["a" * 152 + "@" + "b" * 160, "x" * 152 + "€" + "y" * 153, "hi"])
def test_packed_parts_are_read_as_they_were_written(text: str, carrier: Carrier) -> None:
    """Fill bits behind headers of 6 and 7 octets, "@" at the end of a full part."""
    for segment in split(text, TextCoding.GSM, carrier=carrier):
        numbers = segment.reference, segment.total, segment.sequence
        sar = numbers if carrier is Carrier.SAR and segment.total > 1 else None
        octets = segment.packed_message

        assert len(octets) <= 140
        assert segment.payload == (
            read_segment(octets, has_udh=segment.has_udh, sar=sar, packed=True).payload
        )


def test_only_the_codings_that_the_smsc_packs_are_unpacked() -> None:
    """Its UCS-2 isn't."""
    packed = frozenset({0x00})

    text = bytes.fromhex("E8329BFD06")
    assert b"hello" == segment_of(DeliverSm(short_message=text), packed).payload
    assert text == segment_of(DeliverSm(short_message=text)).payload
    assert text == segment_of(DeliverSm(short_message=text, data_coding=8), packed).payload

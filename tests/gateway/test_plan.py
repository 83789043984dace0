"""What a message becomes on the wire."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from pdu import Tlv, TlvTag
from pdu.text.coding import TextCoding
from smsc_async._submit import Submit
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import submits_of
from smsc_async.gateway.plan import plan
from smsc_async.messages import Coding, LongText, Sms

TO = "79991234567"

EMOJI = (
    "😀",
    "👨\u200d👩\u200d👧\u200d👦",  # a family: four emoji joined by ZWJ, 11 units
    "🏳\ufe0f\u200d🌈",  # a flag, a variation selector and a rainbow
    "🇷🇺",  # two regional indicators
    "👍🏽",  # a thumb and its skin tone
    "1\ufe0f\u20e3",  # a keycap
)
GSM = tuple("x@\n€[]{}~^|\\")  # all but the first three take two septets
LATIN1 = ("x", "ç", "\r\n")
MARKED = ("e\u0301", "й", "и\u0306", "a\u0300\u0301\u0302")  # composed and combining
# A unit around each limit: one part, and parts with a header, in units of each coding.
LENGTHS = tuple(
    limit + step for limit in (0, 67, 70, 134, 140, 153, 160, 306) for step in (-1, 0, 1)
)


PIECES = {
    None: (*GSM, *LATIN1, *EMOJI, *MARKED),
    Coding.GSM: GSM,
    Coding.LATIN1: LATIN1,
    Coding.UCS2: (*EMOJI, *MARKED, "x", "Я"),
}


@st.composite
def messages(draw: st.DrawFn) -> Sms:
    """Draw a text whose characters take several units, most of them near the limit of a part."""
    coding = draw(st.sampled_from((None, *Coding)))
    pieces = st.sampled_from(PIECES[coding])
    filling, length = draw(pieces), draw(st.sampled_from(LENGTHS))
    text = filling * (length // len(filling)) + "".join(draw(st.lists(pieces, max_size=6)))
    long_text = draw(st.sampled_from(LongText))
    return Sms(to=TO, text=text or filling, coding=coding, long_text=long_text)


@given(
    message=messages(),
    bind=st.builds(
        TextSettings,
        latin1=st.booleans(),
        smart=st.booleans(),
        default=st.sampled_from((None, *TextCoding)).filter(lambda one: one is not TextCoding.UCS2),
    ),
)
@settings(max_examples=50)
@example(Sms(to=TO, text="😀" * 36), TextSettings())
@example(Sms(to=TO, text="x" * 161), TextSettings())
@example(Sms(to=TO, text="x" * 161, coding=Coding.GSM), TextSettings())
@example(Sms(to=TO, text="€" * 81, long_text=LongText.PAYLOAD), TextSettings())
@example(Sms(to=TO, text="ç" * 141), TextSettings(latin1=True))
@example(Sms(to=TO, text="ç" * 141), TextSettings(default=TextCoding.LATIN1))
@example(Sms(to=TO, text="{" * 81), TextSettings(default=TextCoding.ASCII))
def test_plan_has_as_many_parts_as_are_sent(message: Sms, bind: TextSettings) -> None:
    """The user decides by the plan what a text costs; with PAYLOAD the gateway does the cutting."""
    try:
        submits = submits_of(message, settings=bind)
    except InvalidMessageError:  # GSM was asked for on a bind that has ISO-8859-1 instead
        reject()
    planned = plan(message, bind)

    assert planned.pdus == len(submits)
    assert {planned.data_coding} == {submit.data_coding for submit in submits}
    if message.long_text is LongText.PAYLOAD and planned.parts > 1:
        assert (sum(planned.octets),) == tuple(len(tlv.value) for tlv in submits[0].tlvs)
    else:
        assert planned.parts == len(submits)
        headers = [6 * bool(submit.esm_class) for submit in submits]
        sizes = [len(submit.short_message) for submit in submits]
        assert list(planned.octets) == [
            n - header for n, header in zip(sizes, headers, strict=True)
        ]


@pytest.mark.parametrize(
    ("text", "octets", "room"),
    [
        ("x" * 160, (160,), 0),
        ("x" * 161, (153, 8), 145),
        ("x" * 141, (141,), 19),
        ("€" * 80, (160,), 0),
        ("€" * 81, (152, 10), 143),
        ("Я" * 70, (140,), 0),
        ("Я" * 71, (134, 8), 126),
        ("😀" * 35, (140,), 0),
        ("😀" * 36, (132, 12), 122),
        ("Я" * 68 + "😀", (140,), 0),
        ("Я" * 69 + "😀", (134, 8), 126),
    ],
)
def test_sizes_of_parts(text: str, octets: tuple[int, ...], room: int) -> None:
    """160 and 153, 70 and 67; no escape and no surrogate pair is cut."""
    planned = plan(Sms(to=TO, text=text))

    assert (octets, room) == (planned.octets, planned.room)
    assert planned.parts == planned.pdus == len(octets)


@pytest.mark.parametrize(
    ("text", "settings", "octets", "units", "room"),
    [
        ("ç" * 140, TextSettings(default=TextCoding.LATIN1), (140,), 140, 0),
        ("ç" * 141, TextSettings(default=TextCoding.LATIN1), (134, 7), 141, 127),
        ("{" * 80, TextSettings(default=TextCoding.ASCII), (80,), 160, 0),
        ("{" * 81, TextSettings(default=TextCoding.ASCII), (76, 5), 162, 143),
        ("x" * 161, TextSettings(default=TextCoding.ASCII), (153, 8), 161, 145),
        ("€" * 81, TextSettings(packed=True), (152, 10), 162, 143),
        ("Я" * 71, TextSettings(default=TextCoding.ASCII), (134, 8), 71, 126),
    ],
)
def test_sizes_in_the_smscs_alphabet(
    text: str, settings: TextSettings, octets: tuple[int, ...], units: int, room: int
) -> None:
    """ASCII is counted in septets on air; packed GSM as if each septet took an octet."""
    planned = plan(Sms(to=TO, text=text), settings)

    assert (octets, units, room) == (planned.octets, planned.units, planned.room)


def test_plan_names_what_forced_ucs2() -> None:
    """One dash doubles the price of a Latin text."""
    planned = plan(Sms(to=TO, text="Price — 5 `units`" + "." * 70))

    assert ("—", "`") == planned.forced_by
    assert (Coding.UCS2, 0x08, 2, 87) == (
        planned.coding,
        planned.data_coding,
        planned.parts,
        planned.units,
    )
    assert "Plan(UCS2, parts=2, octets=[134, 40], room=94, forced_by=[U+2014, U+0060])" == repr(
        planned
    )


def test_nothing_forced_what_needed_no_forcing() -> None:
    """A text in GSM, or one with an explicit UCS-2 coding."""
    assert () == plan(Sms(to=TO, text="Hi")).forced_by
    assert () == plan(Sms(to=TO, text="Hi", coding=Coding.UCS2)).forced_by
    assert ("—",) == plan(Sms(to=TO, text="ça —"), TextSettings(latin1=True)).forced_by
    ascii_only = TextSettings(default=TextCoding.ASCII)
    assert ("é",) == plan(Sms(to=TO, text="é`"), ascii_only).forced_by


def test_plan_of_what_cannot_travel() -> None:
    """It is refused as a send would be, and no variable on the way holds the text."""
    with pytest.raises(InvalidMessageError, match="needs 256 parts") as caught:
        plan(Sms(to=TO, text="Я" * (255 * 67 + 1)))

    shown = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    assert not [frame for frame in shown if "text" in (frame.locals or {})]


@pytest.mark.parametrize(
    ("octet", "coding"),
    [
        (0, Coding.GSM),
        (8, Coding.UCS2),
        (3, Coding.LATIN1),
        (4, Coding.LATIN1),
        (0xF5, Coding.LATIN1),
    ],
)
def test_submit_is_one_pdu_of_its_octets(octet: int, coding: Coding) -> None:
    """Nothing is cut, so the room is that of short_message."""
    planned = plan(Submit(to=TO, data_coding=octet, short_message=b"\0" * 200))
    payload = Tlv(TlvTag.MESSAGE_PAYLOAD, b"\0" * 300)
    long = plan(Submit(to=TO, data_coding=octet, tlvs=(payload,)))

    assert (coding, octet, 200, (200,), 54, 1) == (
        planned.coding,
        planned.data_coding,
        planned.units,
        planned.octets,
        planned.room,
        planned.pdus,
    )
    assert ((300,), 0, 1) == (long.octets, long.room, long.pdus)

"""National language shift tables, each character at its place in 3GPP TS 23.038 annex A."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.alphabet import gsm_decode, gsm_encode
from pdu.text.national import NO_SHIFTS, Language, ShiftTables
from pdu.text.segments import split
from pdu.text.udh import InformationElement, UserDataHeader, parse_udh

TURKISH, SPANISH, PORTUGUESE = Language
LANGUAGES = (0, *Language)
EVERY = [*itertools.starmap(ShiftTables, itertools.product(LANGUAGES, LANGUAGES))]
KNOWN = [shifts for shifts in EVERY if shifts.locking != SPANISH]  # which has a single table only
every, known = st.sampled_from(EVERY), st.sampled_from(KNOWN)


@pytest.mark.parametrize(
    ("shifts", "octets", "text"),
    [
        # A.3.1
        (ShiftTables(TURKISH), "04 07 0B 0C 1C 1D 40 60", "€ıĞğŞşİç"),
        (ShiftTables(TURKISH), "00 05 06 08 09 0E 0F 1E 1F", "@éùòÇÅåßÉ"),
        (ShiftTables(TURKISH), "1B 65 1B 3C 1B 3E", "€[]"),  # the default extension stays
        # A.3.3
        (ShiftTables(PORTUGUESE), "04 06 07 08 09 0B 0C 0E 0F", "êúíóçÔôÁá"),
        (ShiftTables(PORTUGUESE), "12 13 14 15 16 17 18 19 1A", "ªÇÀ∞^\\€Ó|"),
        (ShiftTables(PORTUGUESE), "1C 1D 1E 1F 24 40 5B 5C 5D", "ÂâÊÉºÍÃÕÚ"),
        (ShiftTables(PORTUGUESE), "5E 5F 60 7B 7C 7D 7E 7F", "Ü§~ãõ`üà"),
        # A.2.1
        (ShiftTables(single=TURKISH), "1B47 1B49 1B53 1B63 1B67 1B69 1B73", "ĞİŞçğış"),
        (ShiftTables(single=TURKISH), "1B65 1B40 1B0A", "€|\f"),
        # A.2.2
        (ShiftTables(single=SPANISH), "1B09 1B41 1B49 1B4F 1B55", "çÁÍÓÚ"),
        (ShiftTables(single=SPANISH), "1B61 1B69 1B6F 1B75 7D 5D", "áíóúñÑ"),
        # A.2.3
        (ShiftTables(single=PORTUGUESE), "1B05 1B09 1B0B 1B0C 1B0E 1B0F 1B1F", "êçÔôÁáÊ"),
        (ShiftTables(single=PORTUGUESE), "1B12 1B13 1B15 1B16 1B17 1B18 1B19", "ΦΓΩΠΨΣΘ"),
        (ShiftTables(single=PORTUGUESE), "1B41 1B49 1B4F 1B55 1B5B 1B5C", "ÀÍÓÚÃÕ"),
        (ShiftTables(single=PORTUGUESE), "1B61 1B69 1B6F 1B75 1B7B 1B7C 1B7F", "Âíóúãõâ"),
        (ShiftTables(TURKISH, PORTUGUESE), "07 1B7B", "ıã"),
    ],
)
def test_characters_of_a_table(shifts: ShiftTables, octets: str, text: str) -> None:
    """The octets are those of the specification's tables."""
    assert text == shifts.decode(bytes.fromhex(octets))
    assert text == shifts.decode(shifts.encode(text))


@pytest.mark.parametrize(
    ("shifts", "octets", "text"),
    [
        (ShiftTables(TURKISH), "1B 07", "ı"),  # no such pair: the character of the locking table
        (ShiftTables(single=SPANISH), "1B 42", "B"),
        (ShiftTables(single=SPANISH), "1B 1B 41", " A"),
        (ShiftTables(PORTUGUESE), "41 1B", "A "),
        (ShiftTables(TURKISH), "80 1B FF", "\ufffd\ufffd"),
        (ShiftTables(SPANISH), "09 07", "Çì"),  # Spanish has no locking table
        (ShiftTables(99, 200), "07 1B 65", "ì€"),  # nor has a language that isn't here
    ],
)
def test_what_no_table_has_is_shown_by_the_other(
    shifts: ShiftTables, octets: str, text: str
) -> None:
    """3GPP TS 23.038 §6.2.1.2: a receiver shows what it can."""
    assert text == shifts.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("header", "shifts"),
    [
        ("03 24 01 01", ShiftTables(0, TURKISH)),
        ("03 25 01 03", ShiftTables(PORTUGUESE, 0)),
        ("06 24 01 02 25 01 01", ShiftTables(TURKISH, SPANISH)),
        ("0B 00 03 07 02 01 25 01 01 24 01 01", ShiftTables(TURKISH, TURKISH)),
        ("06 24 01 02 24 01 01", ShiftTables(0, TURKISH)),  # the last counts
        ("04 24 02 01 01", NO_SHIFTS),  # no identifier has two octets
        ("02 24 00", NO_SHIFTS),
        ("05 00 03 07 02 01", NO_SHIFTS),
        ("03 24 01 0D", ShiftTables(0, 13)),  # Urdu: named, though there is no table
    ],
)
def test_tables_are_named_by_the_header(header: str, shifts: ShiftTables) -> None:
    """3GPP TS 23.040 §9.2.3.24.15 and .16."""
    assert shifts == ShiftTables.of(parse_udh(bytes.fromhex(header))[0])


def test_elements_of_the_tables() -> None:
    """Zero is the default and is not named."""
    both = ShiftTables(PORTUGUESE, SPANISH)

    assert () == NO_SHIFTS.elements
    assert (InformationElement(0x24, b"\x01"),) == ShiftTables(single=TURKISH).elements
    assert both == ShiftTables.of(UserDataHeader(both.elements))
    assert 1 == both.unit


def test_without_tables_it_is_the_default_alphabet() -> None:
    """One code or the other gives the same octets."""
    octets = bytes(range(128)) + b"\x1b\x65\x1b"
    text = "@é\n5 € {ok}"

    assert gsm_decode(octets) == NO_SHIFTS.decode(octets)
    assert gsm_encode(text) == NO_SHIFTS.encode(text)


@pytest.mark.parametrize(
    ("shifts", "field"),
    [
        (ShiftTables(5), "locking"),
        (ShiftTables(SPANISH), "locking"),
        (ShiftTables(TURKISH, 13), "single"),
        (ShiftTables(single=200), "single"),
        (ShiftTables(-1, TURKISH), "locking"),
        (ShiftTables(300), "locking"),
    ],
)
def test_text_in_a_table_that_is_not_known_is_not_encoded(shifts: ShiftTables, field: str) -> None:
    """A header that names it would have a receiver read other characters than were written."""
    for encode in (shifts.encode, lambda text: split(text, shifts)):
        with pytest.raises(EncodeError, match=f"no {field} shift table of language") as caught:
            encode("hello")

        assert (field, getattr(shifts, field)) == (caught.value.field, caught.value.value)
    assert not shifts.fits("hello")
    assert "hello" == shifts.decode(b"hello")


@pytest.mark.parametrize("shifts", KNOWN)
def test_every_septet_of_a_table_comes_back(shifts: ShiftTables) -> None:
    """Each of its characters is written, in one septet if the locking table has it."""
    for septet in {*range(128)} - {0x1B}:
        char = shifts.decode(bytes((septet,)))
        assert bytes((septet,)) == shifts.encode(char)
        pair = shifts.decode(bytes((0x1B, septet)))
        assert pair == shifts.decode(shifts.encode(pair))


@given(known, st.text())
def test_a_text_fits_or_is_refused(shifts: ShiftTables, text: str) -> None:
    """What was encoded comes back, and its widths are its septets."""
    if not shifts.fits(text):
        with pytest.raises(EncodeError, match=r"with these national tables|half"):
            shifts.encode(text)
        return

    octets = shifts.encode(text)
    assert text == shifts.decode(octets)
    assert len(octets) == sum(shifts.widths(text))


@given(known, st.data())
def test_texts_of_a_language_come_back(shifts: ShiftTables, data: st.DataObject) -> None:
    """Also those with nothing but its own letters."""
    letters = "".join(
        shifts.decode(bytes((first, septet))[first == 0 :])
        for first in (0, 0x1B)
        for septet in range(128)
        if septet != 0x1B
    )
    text = data.draw(st.text(st.sampled_from(letters)))

    assert text == shifts.decode(shifts.encode(text))


@given(every, st.binary())
def test_reading_never_raises(shifts: ShiftTables, octets: bytes) -> None:
    """And gives characters."""
    shifts.decode(octets).encode("utf-8")

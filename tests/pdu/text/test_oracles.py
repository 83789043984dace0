"""Comparison with independent packages on the same texts, and their known errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.text.alphabet import gsm_decode, gsm_encode, not_in_gsm
from pdu.text.clusters import clusters
from pdu.text.coding import TextCoding
from pdu.text.national import Language, ShiftTables
from pdu.text.segments import split

gsm0338 = pytest.importorskip("gsm0338")
gsmcodecs = pytest.importorskip("gsmcodecs")  # importing it registers the codec "gsm23.038"
regex = pytest.importorskip("regex")
smsutil = pytest.importorskip("smsutil")

ALPHABET = gsm_decode(bytes(range(0x1B)) + bytes(range(0x1C, 0x80))) + "\f^{}\\[~]|€"
gsm_texts = st.text(st.sampled_from(ALPHABET))

# Everything that joins something, and a few that don't.
JOINERS = (
    "\r\n\u200d\u200c\u0301\u20e3\ufe0f👩👧\U0001f3fd🇷🇺❤#1\u1100\u1161\u11a8가각"
    "\u0600\u0915\u094d\u0937\u093c\u0e01\u0e33\u0dc1\u0dca\u0dbb\u00ad🏴\U000e0067\U000e007fab я"
)


@given(gsm_texts)
def test_three_encoders_agree(text: str) -> None:
    """Each has a table of its own, and all octets are the same."""
    octets = gsm_encode(text)

    assert text.encode("gsm23.038") == octets
    assert gsm0338.Codec().encode(text)[0] == octets
    assert text.encode("gsm0338") == octets


@given(gsm_texts)
def test_three_decoders_read_our_octets(text: str) -> None:
    """What we write, they read."""
    octets = gsm_encode(text)

    assert text == octets.decode("gsm23.038")
    assert text == gsm0338.Codec().decode(octets)[0]
    assert text == octets.decode("gsm0338")


@pytest.mark.parametrize("language", Language)
def test_national_tables_are_those_of_another_package(language: Language) -> None:
    """Typed in by others from TS 23.038 annex A; all of each table is the same."""
    theirs = gsmcodecs.GSMCHARMAPS[language]
    locking, single = ShiftTables(language), ShiftTables(single=language)
    for septet, code_point in theirs.get("locking", {"decode": {}})["decode"].items():
        if septet != 0x1B:
            assert chr(code_point) == locking.decode(bytes((septet,)))
    pairs = theirs["singleShift"]["decode"]
    for septet in {*range(128)} - {0x0D, 0x1B}:
        # What the table leaves out is read by the default alphabet.
        expected = chr(pairs[septet]) if septet in pairs else gsm_decode(bytes((septet,)))
        assert expected == single.decode(bytes((0x1B, septet)))


def test_smsutil_takes_escape_for_a_character() -> None:
    """Wrong there: alone it is half a pair, and what follows becomes another character."""
    assert smsutil.is_valid_gsm("\x1b")
    assert ("\x1b",) == not_in_gsm("\x1b")


@given(st.text(st.sampled_from("abcdefg"), min_size=1, max_size=500))
def test_smsutil_splits_plain_texts_alike(text: str) -> None:
    """Where every character takes one septet, both fill each segment."""
    theirs = [part.content.encode("gsm0338") for part in smsutil.split(text).parts]

    assert theirs == [segment.payload for segment in split(text, TextCoding.GSM)]


@given(st.text(st.sampled_from("abcdя"), min_size=1, max_size=300))
def test_smsutil_splits_plain_cyrillic_alike(text: str) -> None:
    """16-bit units: 70 in a single segment, 67 in each of several."""
    theirs = [part.content.encode("utf-16-be") for part in smsutil.unicode_split(text).parts]

    assert theirs == [segment.payload for segment in split(text, TextCoding.UCS2)]


def test_smsutil_cuts_a_family_in_two() -> None:
    """The package is wrong there: it supports surrogate pairs but not joined sequences of them."""
    text = "я" * 60 + "👩\u200d👩\u200d👧\u200d👦"

    assert not smsutil.split(text).parts[0].content.endswith(("я", "👦"))
    assert text[:60] == split(text, TextCoding.UCS2)[0].payload.decode("utf-16-be")


@given(st.text(st.sampled_from(JOINERS), max_size=12))
def test_no_cluster_of_the_standard_is_cut(text: str) -> None:
    """The `regex` package knows all of UAX #29; our places to cut are among its places."""
    theirs = {found.end() for found in regex.finditer(r"\X", text)}

    assert {end for _, end in clusters(text)} <= theirs

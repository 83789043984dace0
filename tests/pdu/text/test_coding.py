"""Three codings out, the specification's table in."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.coding import TextCoding, decode_text
from pdu.text.national import Language, ShiftTables

GSM, LATIN1, UCS2, ASCII = TextCoding.GSM, TextCoding.LATIN1, TextCoding.UCS2, TextCoding.ASCII
MARK = "\ufeff"
codings = st.sampled_from(TextCoding)
any_text = st.text(st.characters() | st.characters(categories=["Cs"]))


@pytest.mark.parametrize(
    ("coding", "text", "octets"),
    [
        (GSM, "5 €@", "35 20 1B65 00"),
        (LATIN1, "né@", "6E E9 40"),
        (UCS2, "Код", "041A 043E 0434"),
        (UCS2, "😀", "D83D DE00"),  # a surrogate pair
        (UCS2, "a\ufeff", "0061 FEFF"),  # no mark at the end
        (GSM, "", ""),
    ],
)
def test_octets_of_a_text(coding: TextCoding, text: str, octets: str) -> None:
    """UCS-2 is UTF-16BE without a mark, GSM one septet per octet."""
    assert bytes.fromhex(octets) == coding.encode(text)
    assert text == coding.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("coding", "message"),
    [
        (GSM, "character 10 (U+2014) is not in GSM 03.38; send the text as UCS2"),
        (ASCII, "character 10 (U+2014) is not in ASCII; send the text as UCS2"),
        (LATIN1, "character 10 (U+2014) is not in ISO-8859-1; send the text as UCS2"),
    ],
)
def test_misfit_is_named_and_the_text_is_not(coding: TextCoding, message: str) -> None:
    """Neither the error nor what it is chained to may hold the text."""
    with pytest.raises(EncodeError) as caught:
        coding.encode("code 4821—")

    assert message in str(caught.value)
    assert "4821" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("coding", TextCoding)
@pytest.mark.parametrize("code_point", [0xD83D, 0xDE00])
def test_half_a_surrogate_pair_goes_nowhere(coding: TextCoding, code_point: int) -> None:
    """It is no character; a handset would show a box, and another decoder would fail."""
    half = chr(code_point)
    with pytest.raises(EncodeError, match=r"character 3 .* is half a surrogate pair") as caught:
        coding.encode(f"ab{half}")

    assert caught.value.__context__ is None
    assert (half,) == coding.misfits(f"ab{half}")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\xd8\x3d", "\ufffd"),  # the first half of a pair and the end
        (b"\xd8\x3d\x00a", "\ufffda"),
        (b"\xde\x00\x00a", "\ufffda"),
        (b"\x00a\x04", "a\ufffd"),  # an odd octet
        (b"", ""),
    ],
)
def test_broken_ucs2_is_shown_broken(octets: bytes, text: str) -> None:
    """Parts of other people's making end in half a pair."""
    assert text == UCS2.decode(octets)


def test_units() -> None:
    """Limits are in units, and only UCS-2 has units of two octets."""
    assert [1, 1, 2, 1] == [coding.unit for coding in TextCoding]


def test_widths_are_units_of_each_character() -> None:
    """Splitting counts by them."""
    assert [1, 2, 1] == list(GSM.widths("a€é"))
    assert [1, 1] == list(LATIN1.widths("aé"))
    assert [1, 2, 1] == list(UCS2.widths("a😀€"))
    assert [1, 2, 1] == list(ASCII.widths("a{`"))


def test_misfits_in_latin1() -> None:
    """A plan names them, once each and in order."""
    assert ("—", "я") == LATIN1.misfits("a—яé—")


@given(codings, any_text)
def test_a_text_fits_or_is_refused(coding: TextCoding, text: str) -> None:
    """Fitting, encoding, misfits and widths tell one story, and what was encoded comes back."""
    if not coding.fits(text):
        assert coding.misfits(text)
        with pytest.raises(EncodeError):
            coding.encode(text)
        return

    octets = coding.encode(text)
    assert () == coding.misfits(text)
    assert text.removeprefix(MARK if coding is UCS2 else "") == coding.decode(octets)
    if coding is not ASCII:
        assert len(octets) == coding.unit * sum(coding.widths(text))


@given(codings, st.binary())
def test_any_octets_decode_to_characters(coding: TextCoding, octets: bytes) -> None:
    """Nothing raises, and no half of a pair gets in, on which the next encoder would fail."""
    coding.decode(octets).encode("utf-8")


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x00, b"\x00\x1b\x65", "@€"),
        (0x01, b"a\xe9", "a\ufffd"),
        (0x03, b"a\xe9", "aé"),
        (0x05, b"\x82\xb1", "こ"),
        (0x06, b"\xba\xde\xd4", "Код"),
        (0x07, b"\xf9", "ש"),
        (0x08, b"\x04\x1a\xd8\x3d", "К\ufffd"),
        (0x0A, b"\x1b$B$3\x1b(B", "こ"),
        (0x0E, b"\xb0\xa1", "가"),
        (0xC8, b"\x00", "@"),  # message waiting
        (0xD0, b"\x00", "@"),
        (0x10, b"\x00", "@"),  # a message class
        (0x1B, b"\x04\x1a", "К"),
        (0xE8, b"\x04\x1a", "К"),
        (0xF0, b"\x00", "@"),  # flash
        (0xF9, b"\x00", "@"),  # bit 3 is reserved and says nothing
    ],
)
def test_standard_data_codings(data_coding: int, octets: bytes, text: str) -> None:
    """v3.4 §5.2.19: where the octet says which characters, they are read."""
    assert text == decode_text(octets, data_coding)


@pytest.mark.parametrize(
    "data_coding", [0x02, 0x04, 0x09, 0x0B, 0x0C, 0x0D, 0x0F, 0x40, 0xBF, 0xF4, 0xF7, 256, -1]
)
def test_what_is_no_text_for_certain_stays_octets(data_coding: int) -> None:
    """Binary read as text is lost; the caller still has the octets."""
    assert decode_text(b"abc", data_coding) is None


@pytest.mark.parametrize("data_coding", [0x00, 0xC0, 0xF0])
def test_default_alphabet_is_the_smscs_choice(data_coding: int) -> None:
    """The specification leaves 0x00 open, and an account may have changed it."""
    assert "@é" == decode_text(b"@\xe9", data_coding, default=LATIN1)


@given(st.binary(), st.integers(0, 255))
def test_no_octets_fail_in_any_data_coding(octets: bytes, data_coding: int) -> None:
    """Also the stateful and the two-octet encodings read what comes."""
    text = decode_text(octets, data_coding)

    assert text is None or text.encode("utf-8") is not None


@pytest.mark.parametrize("data_coding", [0x08, 0x18, 0xE0, 0xEF])
@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("FEFF 041A", "К"),
        ("FFFE 1A04", "К"),
        ("FEFF", ""),
        ("FFFE", ""),
        ("FFFE 3DD8 00DE", "😀"),
        ("FEFF 041A 04", "К\ufffd"),
        ("FFFE 1A04 3E", "К\ufffd"),
        ("FEFF FEFF 041A", "\ufeffК"),  # one is a mark, two are a mark and a character
        ("FE", "\ufffd"),
        ("041A FEFF", "К\ufeff"),
    ],
)
def test_byte_order_mark_is_obeyed_and_dropped(data_coding: int, octets: str, text: str) -> None:
    """SMPP says big-endian; senders that write a mark mean it."""
    assert text == decode_text(bytes.fromhex(octets), data_coding)


@given(st.text().filter(lambda text: not text.startswith(MARK)), st.sampled_from(["be", "le"]))
def test_any_text_behind_a_mark_is_read(text: str, order: str) -> None:
    """In either order of octets."""
    assert text == decode_text(f"{MARK}{text}".encode(f"utf-16-{order}"), 0x08)


def test_national_tables_concern_gsm_text_only() -> None:
    """A header with a table before UCS-2 or Latin-1 changes nothing."""
    turkish = ShiftTables(single=Language.TURKISH)

    assert "ş" == decode_text(b"\x1bs", 0x00, shifts=turkish)
    assert "ş" == decode_text(b"\x1bs", 0xC0, shifts=turkish)
    assert "К" == decode_text(b"\x04\x1a", 0x08, shifts=turkish)
    assert "\x1bs" == decode_text(b"\x1bs", 0x00, default=LATIN1, shifts=turkish)


def test_a_misfit_is_found_by_a_pattern() -> None:
    """For callers that look at many texts."""
    assert [None, None, None] == [coding.outside.search("a") for coding in (GSM, LATIN1, ASCII)]
    assert ASCII.outside.search("é") is not None


@pytest.mark.parametrize("coding", TextCoding)
def test_wrong_kinds_leave_no_frame_of_ours(coding: TextCoding) -> None:
    """The frame would show the text."""
    text: Any = "квазар"
    for method, wrong in ((coding.decode, text), (coding.fits, text.encode())):
        with pytest.raises((AttributeError, TypeError)) as caught:
            method(wrong)
        frames = traceback.extract_tb(caught.value.__traceback__)
        assert ["test_wrong_kinds_leave_no_frame_of_ours"] == [frame.name for frame in frames]

"""The GSM 03.38 alphabet: its tables by hand and its edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.errors import EncodeError
from pdu.text.alphabet import ESCAPED, gsm_decode, gsm_encode, gsm_septets, not_in_gsm

ROWS = [
    "@£$¥èéùìòÇ\nØø\rÅå",  # 0x00
    "Δ_ΦΓΛΩΠΨΣΘΞ",  # 0x10 to 0x1A, then ESC
    "ÆæßÉ",  # 0x1C
    " !\"#¤%&'()*+,-./",  # 0x20
    "0123456789:;<=>?",  # 0x30
    "¡ABCDEFGHIJKLMNO",  # 0x40
    "PQRSTUVWXYZÄÖÑÜ§",  # 0x50
    "¿abcdefghijklmno",  # 0x60
    "pqrstuvwxyzäöñüà",  # 0x70
]
STARTS = [0x00, 0x10, 0x1C, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70]
PAIRS = {
    "\f": "1B0A",
    "^": "1B14",
    "{": "1B28",
    "}": "1B29",
    "\\": "1B2F",
    "[": "1B3C",
    "~": "1B3D",
    "]": "1B3E",
    "|": "1B40",
    "€": "1B65",
}
ALPHABET = "".join(ROWS) + "".join(PAIRS)
gsm_texts = st.text(st.sampled_from(ALPHABET))


@pytest.mark.parametrize(("start", "row"), list(zip(STARTS, ROWS, strict=True)))
def test_rows_of_the_default_table(start: int, row: str) -> None:
    """The table is the alphabet; one shifted row garbles every message."""
    octets = bytes(range(start, start + len(row)))

    assert octets == gsm_encode(row)
    assert row == gsm_decode(octets)


@pytest.mark.parametrize(("char", "pair"), list(PAIRS.items()))
def test_ten_characters_take_two_septets(char: str, pair: str) -> None:
    """A character of the extension is ESC and an octet, so it counts twice."""
    assert bytes.fromhex(pair) == gsm_encode(char)
    assert char == gsm_decode(bytes.fromhex(pair))
    assert 2 == gsm_septets(char)
    assert char in ESCAPED


def test_at_sign_is_octet_zero() -> None:
    """A reader that ends texts at NUL would lose the rest of an address."""
    assert b"a\x00b.c" == gsm_encode("a@b.c")
    assert "a@b.c" == gsm_decode(b"a\x00b.c")


@pytest.mark.parametrize(
    "char", ["`", "ç", "\x1b", "\0", "\t", "Я", "α", "\u2126", "—", "😀", "\xff"]
)
def test_what_is_not_in_the_alphabet(char: str) -> None:
    """A look-alike in its place would change a user's text: § for a backtick, Ç for ç."""
    assert gsm_septets(f"a{char}b") is None
    assert (char,) == not_in_gsm(f"a{char}b")
    with pytest.raises(EncodeError, match=rf"character 2 \(U\+{ord(char):04X}\) .*UCS2"):
        gsm_encode(f"a{char}b")


def test_capital_c_cedilla_is_in_the_alphabet() -> None:
    """0x09 is Ç; tables with ç there go back to a misprint."""
    assert b"\x09" == gsm_encode("Ç")


def test_error_names_the_first_character_and_never_the_text() -> None:
    """A text is often a one-time code, and errors end up in logs."""
    with pytest.raises(EncodeError) as caught:
        gsm_encode("code 4821 — secret… ")

    assert (
        "text.coding: character 11 (U+2014) is not in GSM 03.38; "
        "send the text as UCS2 or replace the character"
    ) == str(caught.value)
    assert "U+2014" == caught.value.value
    assert caught.value.__context__ is None


def test_half_a_surrogate_pair_is_named_for_what_it_is() -> None:
    """UCS-2 can't encode it either, so the error must not suggest it."""
    with pytest.raises(EncodeError, match=r"character 1 \(U\+D83D\) is half a surrogate pair"):
        gsm_encode("\ud83d")


def test_misfits_come_once_each_in_the_order_of_the_text() -> None:
    """Users see them: `—` and `…` doubled the price of this text."""
    assert ("—", "…", "я") == not_in_gsm("a—b…—я…")
    assert () == not_in_gsm("plain {text} for 5 €")


@pytest.mark.parametrize(
    ("text", "septets"), [("", 0), ("abc", 3), ("5 €", 4), ("[Straße]", 10), ("ü" * 160, 160)]
)
def test_septets_count_escapes_twice(text: str, septets: int) -> None:
    """Ten characters take two septets each."""
    assert septets == gsm_septets(text)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\x1b\x41", "A"),  # nothing in the extension: the default table's character
        (b"\x1b\x00", "@"),
        (b"\x1b\x1b", " "),  # reserved for another extension table
        (b"\x1b\x1b\x65", " e"),
        (b"a\x1b", "a "),
        (b"\x1b\x65\x1b\x28", "€{"),
        (b"a\x80\xffb", "a\ufffd\ufffdb"),
        (b"\x1b\x80", "\ufffd"),
    ],
)
def test_decoding_shows_what_it_can(octets: bytes, text: str) -> None:
    """3GPP TS 23.038 says what a receiving entity shows; none of it is an error."""
    assert text == gsm_decode(octets)


@given(gsm_texts)
def test_text_survives_the_wire(text: str) -> None:
    """Every octet is a septet, as many as counted, and decoding gives the text back."""
    octets = gsm_encode(text)

    assert text == gsm_decode(octets)
    assert octets.isascii()
    assert len(octets) == gsm_septets(text)


@given(st.text(st.sampled_from(ALPHABET + "`ç\x1b—я😀\ud800\0\xff")))
def test_the_four_functions_agree(text: str) -> None:
    """A text fits, has a length, has no misfits and can be encoded, or none of these."""
    fits = not not_in_gsm(text)

    assert fits == (gsm_septets(text) is not None)
    if fits:
        gsm_encode(text)
    else:
        with pytest.raises(EncodeError):
            gsm_encode(text)


@given(st.binary())
def test_any_octets_decode(octets: bytes) -> None:
    """A gateway may send any octets."""
    assert len(gsm_decode(octets)) <= len(octets)

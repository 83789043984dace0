"""Every guess about character sets, in one place, proved or disproved here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdu.text import Carrier, Joined, Language, ShiftTables, TextCoding
from pdu.text.national import NO_SHIFTS
from smsc_async.config import SmscConfig
from smsc_async.gateway.coding import (
    TextSettings,
    choose,
    choose_markup,
    data_coding_of,
    decode,
    decode_joined,
    text_coding,
)
from smsc_async.messages import Coding

ISO = TextSettings(latin1=True)


def test_config_of_a_client_sets_how_its_texts_are_coded() -> None:
    """Three settings of the URL change the coding, and each must reach it."""
    url = "smpp://shop:secret@localhost?system_type=ISO&markup_coding=gsm&smart_text=1"

    assert TextSettings(latin1=True, markup=Coding.GSM, smart=True) == TextSettings.from_config(
        SmscConfig.from_url(url)
    )


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        ("Hello", Coding.GSM),
        ("Hello\nworld", Coding.GSM),
        ("5 € {ok}", Coding.GSM),
        ("Größe ΔΩ", Coding.GSM),
        ("Привет", Coding.UCS2),
        ("`code`", Coding.UCS2),
        ("a — b", Coding.UCS2),
        ("façade", Coding.UCS2),
        ("\t", Coding.UCS2),
        ("😀", Coding.UCS2),
    ],
)
def test_narrowest_coding_is_chosen(text: str, coding: Coding) -> None:
    """GSM if all of it fits, else UCS-2; never Latin-1 silently."""
    assert coding is choose(text)


@pytest.mark.parametrize(
    ("text", "coding"),
    [("Hello", Coding.LATIN1), ("façade", Coding.LATIN1), ("5 €", Coding.UCS2)],
)
def test_latin1_takes_the_place_of_gsm_after_an_iso_bind(text: str, coding: Coding) -> None:
    """«Для использования кодировки ISO-8859-1 (ASCII) вместо GSM… system-type = "ISO"»."""
    assert coding is choose(text, ISO)


@pytest.mark.parametrize(
    ("coding", "flash", "octet"),
    [
        (Coding.GSM, False, 0x00),
        (Coding.LATIN1, False, 0x04),
        (Coding.UCS2, False, 0x08),
        (Coding.GSM, True, 0x10),
        (Coding.LATIN1, True, 0x14),
        (Coding.UCS2, True, 0x18),
    ],
)
def test_data_coding_is_coding_times_four(coding: Coding, flash: bool, octet: int) -> None:  # noqa: FBT001 - a table's column
    """«…поэтому data_coding = coding * 4»; a flash message adds class 0."""
    assert octet == data_coding_of(coding, flash=flash)


LATIN1 = TextSettings(default=TextCoding.LATIN1)
ASCII = TextSettings(default=TextCoding.ASCII)
PACKED = TextSettings(packed=True)


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ("", TextSettings()),
        ("default_alphabet=gsm", TextSettings(default=TextCoding.GSM)),
        ("default_alphabet=latin1", LATIN1),
        ("default_alphabet=ascii", ASCII),
        ("packed_gsm=1", PACKED),
        ("system_type=ISO", ISO),
        ("system_type=ISO&default_alphabet=latin1", LATIN1),
        ("system_type=ISO&default_alphabet=gsm", TextSettings(default=TextCoding.GSM)),
    ],
)
def test_an_smscs_alphabet_goes_before_the_system_type(query: str, settings: TextSettings) -> None:
    """One is known by the user, the other is SMSC.ru's."""
    found = TextSettings.from_config(SmscConfig.from_url(f"smpp://shop:secret@localhost?{query}"))

    assert settings == found


@pytest.mark.parametrize(
    ("settings", "text", "coding"),
    [
        (LATIN1, "façade", Coding.GSM),
        (LATIN1, "5 €", Coding.UCS2),
        (LATIN1, "Ω", Coding.UCS2),
        (ASCII, "`[x]`", Coding.GSM),
        (ASCII, "é", Coding.UCS2),
        (PACKED, "5 €", Coding.GSM),
        (PACKED, "`", Coding.UCS2),
    ],
)
def test_coding_0_holds_what_the_smscs_alphabet_has(
    settings: TextSettings, text: str, coding: Coding
) -> None:
    """0 is "default" in SMPP; its number is GSM's here."""
    assert coding is choose(text, settings)
    octets = text_coding(coding, settings).encode(text)
    assert text == decode(octets, data_coding_of(coding), settings)


def test_other_texts_in_the_default_alphabet_are_in_the_smscs_too() -> None:
    """A message class or message waiting says "default alphabet" as 0 does."""
    assert "é" == decode(b"\xe9", 0x10, LATIN1) == decode(b"\xe9", 0xF0, LATIN1)
    assert "é" == decode(b"\x05", 0xF0, ISO)  # SMSC.ru's setting concerns its own codings


def test_codings_that_are_packed() -> None:
    """Those of the default alphabet, if that is GSM; Latin-1 has no septets."""
    assert {0x00, 0x10, 0x13, 0xC0, 0xDF, 0xF0, 0xFB} <= PACKED.packed_codings
    assert not {0x03, 0x04, 0x08, 0x18, 0xE0, 0xF4} & PACKED.packed_codings
    assert not TextSettings().packed_codings
    assert not TextSettings(packed=True, latin1=True).packed_codings
    assert [True, False, False, False] == [
        settings.is_plain_gsm for settings in (TextSettings(), PACKED, LATIN1, ISO)
    ]


def test_national_tables_concern_coding_0_that_is_gsm() -> None:
    """Not Latin-1, and not UCS-2."""
    turkish = ShiftTables(single=Language.TURKISH)

    assert "ş" == decode(b"\x1bs", 0x00, shifts=turkish)
    assert "ş" == decode(b"\x1bs", 0xC0, shifts=turkish)
    assert "\x1bs" == decode(b"\x1bs", 0x00, LATIN1, turkish)
    assert "\u1b73" == decode(b"\x1bs", 0x08, shifts=turkish)


@pytest.mark.parametrize(
    ("codings", "text"),
    [((0, 8), "hiм"), ((8, 8), "桩м"), ((2, 8), "\ufffdм"), ((0, 2), "hi\ufffd"), ((2, 2), None)],
)
def test_parts_are_decoded_run_by_run(codings: tuple[int, int], text: str | None) -> None:
    """A binary part shows as one sign; a message of nothing else is no text."""
    joined = Joined(
        sender="1",
        recipient="2",
        data_coding=codings[0],
        carrier=Carrier.UDH_8,
        reference=1,
        total=2,
        parts=((1, b"hi"), (2, b"\x04\x3c")),
        codings=tuple((coding, NO_SHIFTS) for coding in codings),
    )

    assert text == decode_joined(joined)


def test_markup_travels_in_ucs2() -> None:
    """Whether its "_" is GSM's or ASCII's under coding 0 isn't written."""
    assert Coding.UCS2 is choose_markup("__HLR__")


def test_one_setting_changes_the_coding_of_markup() -> None:
    """The document leaves the coding open; a text that doesn't fit is still UCS-2."""
    settings = TextSettings(markup=Coding.GSM)

    assert Coding.GSM is choose_markup("__HLR__", settings)
    assert Coding.UCS2 is choose_markup("__SOC__: Привет", settings)


def test_coding_0_is_latin1_after_an_iso_bind() -> None:
    """The other reading of the sentence has the same octets under coding 1."""
    assert b"\x40\x5f\x7e" == text_coding(Coding.GSM, ISO).encode("@_~")
    assert b"\x00\x11\x1b\x3d" == text_coding(Coding.GSM).encode("@_~")
    assert "@_~" == decode(b"\x40\x5f\x7e", 0x00, ISO)


@pytest.mark.parametrize(
    ("octets", "number", "text"),
    [
        (b"\x00Hi\x11", 0x00, "@Hi_"),
        (b"\xe7a", 0x04, "ça"),
        (b"\x04\x14\x04\x30", 0x08, "Да"),
        (b"\x04\x14\x04\x30", 0x18, "Да"),
        (b"\x00Hi", 0x11, "@Hi"),
        (b"Hi", 0x01, "Hi"),
        (b"\xe7a", 0x03, "ça"),
        (b"\xb4", 0x06, "Д"),
        (b"\x00Hi", 0xF0, "@Hi"),
        (b"\x04\x14\x04", 0x08, "Д\ufffd"),
    ],
)
def test_incoming_texts(octets: bytes, number: int, text: str) -> None:
    """By the gateway's table, and by the specification's where the gateway's has nothing."""
    assert text == decode(octets, number)


@pytest.mark.parametrize("number", [0x02, 0x0C, 0x1C, 0xF5, 0x84])
def test_octets_that_are_no_text(number: int) -> None:
    """Binary and reserved values are handed over undecoded."""
    assert None is decode(b"\x00\x01", number)


@given(
    octets=st.binary(max_size=20),
    number=st.integers(0, 255),
    settings=st.sampled_from([TextSettings(), ISO, LATIN1, ASCII, PACKED]),
)
def test_decoding_never_raises(octets: bytes, number: int, settings: TextSettings) -> None:
    """Whatever subscribers send arrives."""
    assert isinstance(decode(octets, number, settings), (str, type(None)))

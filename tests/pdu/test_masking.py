"""No number of a person, no text and no password leaves a PDU in a repr, an error or a log."""

from __future__ import annotations

import pytest

from pdu.masking import (
    mask_address,
    shown_address,
    shown_number,
    shown_size,
    shown_text,
    shown_type,
)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("79991234567", "7999***67"),
        ("7999123456", "7999***56"),
        ("9161239876", "9161***76"),
        ("+79161234567", "7916***67"),
        ("8 (916) 123-45-67", "8916***67"),
        ("7916\x001234567", "7916***67"),
        ("tel:79161234567", "7916***67"),
        ("799912345678901234567890", "7999***90"),
        ("799912345", "***"),
        ("+7 916 123", "***"),
        ("id1234567", "***"),
        ("123456", "***"),
        ("4821", "***"),
        ("+", "***"),
        ("\u0667\u0669" * 4, "***"),
    ],
)
def test_number_shows_four_and_two_digits_from_ten_on(number: str, masked: str) -> None:
    """However it is written; a shorter one is hidden, since it may be a code in a wrong place."""
    assert masked == mask_address(number)


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("clara@shop.example.com", "c***@***.com"),
        ("ab@mail.ru", "a***@***.ru"),
        ("79991234567@sms.example.com", "7***@***.com"),
        ("a@b@c.org", "a***@***.org"),
        ("a@localhost", "a***@***"),
        ("a@127.0.0.1", "a***@***"),
        ("@", "***@***"),
        ("@x.79991234567", "***@***"),
    ],
)
def test_email_shows_its_first_character_and_its_end(address: str, masked: str) -> None:
    """Neither the name nor the company; an end that is no top-level domain is hidden, too."""
    assert masked == mask_address(address)


@pytest.mark.parametrize("name", ["Shop", "SMSC.RU", "Shop 24", "Магазин", "x", "A123456", ""])
def test_name_of_a_sender_is_no_secret(name: str) -> None:
    """It stands on every phone; up to six digits beside letters are no number."""
    assert name == mask_address(name)


def test_address_of_another_type_is_masked_too() -> None:
    """A number given as an integer is as personal as one given as text."""
    assert ["'7916***67'", "'Shop'"] == [shown_address(79161234567), shown_address("Shop")]


def test_secrets_show_their_size_alone() -> None:
    """Enough to find a password that is too long; a value of a wrong type shows its type."""
    assert ["<6 characters>", "<3 octets>", "<2 octets>", "<int>"] == [
        shown_size("secret"),
        shown_size(b"abc"),
        shown_size(bytearray(2)),
        shown_size(12345678),
    ]
    assert "<float>" == shown_type(1.5)


def test_text_shows_its_size_and_undecoded_octets_theirs() -> None:
    """A text may be a one-time code, decoded or not."""
    assert "<4 characters>" == shown_text("4821", b"4821")
    assert "<3 octets>" == shown_text(None, b"\x00\x01\x02")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (4294967295, "4294967295"),
        (79161239876, "<integer of 37 bits>"),
        (-1, "-1"),
        ("79161239876", "<str>"),
        (7.9161239876e10, "<float>"),
        (None, "<NoneType>"),
    ],
)
def test_number_longer_than_a_field_is_a_size(value: object, shown: str) -> None:
    """No field of a PDU takes it, so it may be a phone number in the wrong place."""
    assert shown == shown_number(value)

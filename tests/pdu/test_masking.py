"""No number of a person, no text and no password leaves a PDU in a repr, an error or a log."""

from __future__ import annotations

import pytest

from pdu.masking import mask_address, mask_number, shown_address, shown_size, shown_text, shown_type


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("79991234567", "7999***4567"),
        ("7999123456", "7999***3456"),
        ("799912345", "***"),
        ("1234", "***"),
        ("", "***"),
    ],
)
def test_numbers_are_masked(number: str, masked: str) -> None:
    """First four and last four, and of a short one nothing: they would give it away."""
    assert masked == mask_number(number)


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("+79161234567", "+791***4567"),
        ("7916\x001234567", "7916***4567"),
        ("8 (916) 123-45-67", "8 (9***5-67"),
        ("1234567", "***"),
        ("9161234567", "***"),
        ("+7 916 123", "***"),
        ("abc@de.com", "***"),
        ("anna@example.com", "anna***.com"),
        ("a@b.ru", "***"),
        ("123456", "123456"),
        ("SMSC.RU", "SMSC.RU"),
        ("", ""),
    ],
)
def test_addresses_of_people_are_masked_and_names_are_not(address: str, masked: str) -> None:
    """Seven digits, however they are written, or an @ name a person; a short code doesn't."""
    assert masked == mask_address(address)


def test_address_of_another_type_is_masked_too() -> None:
    """A number given as an integer is as personal as one given as text."""
    assert ["'7916***4567'", "'Shop'"] == [shown_address(79161234567), shown_address("Shop")]


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

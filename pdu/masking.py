"""How secrets and personal data appear in a repr, an error or a log: masked, or only their size.

Rule: no password, no text and no whole number of a person is ever shown; a value of an unexpected
type is shown by its type alone, since it may hold any of them.
"""

from __future__ import annotations

_PERSONAL_DIGITS = 7
"""Digits from which on an address is a person's number; a short code has fewer."""


def mask_number(number: str) -> str:
    """Hide the middle of a phone number or address: "79991234567" is "7999***4567".

    Args:
        number: Anything that names a subscriber. Under 10 characters all of it is hidden,
            since the first and last four would give it away.
    """
    return f"{number[:4]}***{number[-4:]}" if len(number) >= 10 else "***"


def mask_address(address: str) -> str:
    """Mask a phone number or an e-mail address; a short code or an alphanumeric sender stays."""
    is_personal = "@" in address or sum(map(str.isdigit, address)) >= _PERSONAL_DIGITS
    if not is_personal:
        return address
    # Of ten characters eight would be shown.
    return mask_number(address) if len(address) > 10 else "***"


def shown_address(value: object) -> str:
    """Show an address field of a PDU, masked where it names a person."""
    return repr(mask_address(value if isinstance(value, str) else repr(value)))


def shown_size(value: object) -> str:
    """Show only the size of a password or a text."""
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    return f"<{len(value)} octets>" if isinstance(value, bytes | bytearray) else shown_type(value)


def shown_text(text: str | None, octets: bytes) -> str:
    """Show only the size of a text, or of the octets that couldn't be decoded."""
    return shown_size(octets if text is None else text)


def shown_type(value: object) -> str:
    """Show only the type of a value."""
    return f"<{type(value).__name__}>"

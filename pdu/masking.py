"""How secrets and personal data appear in a repr, an error or a log: masked, or only their size.

Rule: no password, no text and no complete phone number is ever shown; a value of an unexpected type
is shown by its type alone, since it may hold any of them.
"""

from __future__ import annotations

_PERSONAL_DIGITS = 7
"""Fewest digits that make a name with letters a phone number."""
_MOST_BITS = 32
"""Bits of the largest integer of a PDU."""
_SHORTEST_SHOWN = 10
"""Fewest digits that make a number of which the ends are shown: of a shorter one they are most."""


def mask_address(address: str) -> str:
    """Mask a phone number or an e-mail address; an alphanumeric sender isn't masked.

    "79991234567" and "+7 (999) 123-45-67" are `7999***67`, "clara@shop.example.com" is
    `c***@***.com`. A number of fewer than 10 digits is `***`: it may be a code as well.

    Args:
        address: Whatever names a sender or a recipient. A name has a letter and fewer than 7
            digits; all else without an "@" is a number.
    """
    if "@" in address:
        return _mask_email(address)
    digits = "".join(filter(str.isdecimal, address))
    is_name = len(digits) < _PERSONAL_DIGITS and any(map(str.isalpha, address))
    if is_name or not address:
        return address
    return f"{digits[:4]}***{digits[-2:]}" if len(digits) >= _SHORTEST_SHOWN else "***"


def _mask_email(address: str) -> str:
    """Return the first character and the top-level domain, if it is one."""
    name, _, domain = address.rpartition("@")
    top = domain.rpartition(".")[2] if "." in domain else ""
    return f"{name[:1]}***@***{f'.{top}' if top.isalpha() else ''}"


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


def shown_number(value: object) -> str:
    """Show an integer; of one that no field takes, as a phone number, only the size."""
    if not isinstance(value, int):
        return shown_type(value)
    bits = value.bit_length()
    return repr(value) if bits <= _MOST_BITS else f"<integer of {bits} bits>"

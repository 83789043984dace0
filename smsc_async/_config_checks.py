"""Checks of single settings.

Rule: an error names the setting and what it takes, and of its value only the length: a password in
the wrong place is never shown.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from smsc_async._base_errors import ConfigError, check_kind, is_number, refused

_NOT_IN_HOSTS: Final = frozenset(" /\\@?#[]<>\"'")


def check_ascii(name: str, value: str, longest: int, remedy: str = "") -> None:
    """Refuse a value that a C-octet string of *longest* characters can't carry."""
    check_kind(name, value, str)
    if not value.isascii() or "\0" in value:
        raise ConfigError(name, "***", "takes ASCII only, no Cyrillic and no NUL")
    if len(value) > longest:
        raise ConfigError(name, "***", f"takes {longest} characters, got {len(value)}{remedy}")


def check_integer(name: str, value: object, least: int, most: int) -> None:
    """Refuse anything but an integer in the range."""
    if type(value) is not int or not least <= value <= most:
        raise refused(name, value, f"a whole number {least} to {most}")


def check_number(name: str, value: object, least: float, most: float, unit: str) -> None:
    """Refuse anything but a finite number in the range."""
    if not (is_number(value) and least <= value <= most):
        raise refused(name, value, f"{least:g} to {most:g} {unit}")


def check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Refuse anything but one of *choices*."""
    if value not in choices:
        known = ", ".join(str(getattr(choice, "value", choice)) for choice in choices)
        raise refused(name, value, f"one of {known}")


def check_host_name(name: str, value: object) -> None:
    """Refuse what no resolver can be asked for.

    Labels have 1 to 63 octets, a name 253 (RFC 1035); others than ASCII's are encoded (IDNA).
    """
    check_kind(name, value, str)
    if not (isinstance(value, str) and value.isprintable() and _is_host(value)):
        reason = (
            "takes a domain name or an IP address, each part of a name with 1 to 63 characters,"
            " 253 in all"
        )
        raise refused(name, value, reason)


def _is_host(name: str) -> bool:
    """Return whether a name can be asked for, or is an IP address."""
    if not _NOT_IN_HOSTS.isdisjoint(name):
        return False
    try:
        if ":" in name:
            return bool(ip_address(name))
        length = len(name.encode("idna").removesuffix(b"."))
    except ValueError:
        return False
    return 0 < length <= 253

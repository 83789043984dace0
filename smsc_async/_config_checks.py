"""Checks of single settings.

Rule: an error names the setting and what it takes, and of its value only the length: a password in
the wrong place is never shown.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Final, Literal, get_args

from pdu.enums import BindMode
from smsc_async._base_errors import ConfigError, check_function, check_kind, is_number, refused

LONGEST_SYSTEM_ID: Final = 15
LONGEST_PASSWORD: Final = 8
LONGEST_SYSTEM_TYPE: Final = 12
LONGEST_ADDRESS_RANGE: Final = 40

_LOCAL_ADDR: Final = re.compile(r"(?:\[([^\]]*)\]|([^:\[]*))(?::([0-9]{1,5}))?")

MessageIds = Literal["opaque", "response_hex", "receipt_hex", "hex", "decimal", "caseless"]
"""How ids are compared, see `SmscConfig`."""

_NOT_IN_HOSTS: Final = frozenset(" /\\@?#[]<>\"'")


def check_ascii(name: str, value: str, longest: int, remedy: str = "") -> None:
    """Refuse a value that a C-octet string of *longest* characters can't carry."""
    check_kind(name, value, str)
    if not (value.isascii() and value.isprintable()):
        reason = "takes ASCII only, no Cyrillic and no control characters"
        raise ConfigError(name, "***", reason)
    if len(value) > longest:
        raise ConfigError(name, "***", f"takes {longest} characters, got {len(value)}{remedy}")


def check_integer(name: str, value: object, least: int, most: int) -> None:
    """Refuse anything but an integer in the range."""
    if type(value) is not int or not least <= value <= most:
        raise refused(name, value, f"a whole number {least} to {most}")


def check_octets(config: object, *names: str, or_none: bool = False) -> None:
    """Refuse anything but 0 to 255 in these fields of *config*, or None where that is allowed."""
    for name in names:
        value = getattr(config, name)
        if not (or_none and value is None):
            check_integer(name, value, 0, 0xFF)


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


def check_alphabet(alphabet: str, *, is_packed: bool) -> None:
    """Refuse an unknown default alphabet, and to pack another than GSM."""
    check_choice("default_alphabet", alphabet, ("gsm", "latin1", "ascii"))
    if is_packed and alphabet != "gsm":
        raise ConfigError("packed_gsm", alphabet, "only GSM is packed; set default_alphabet=gsm")


def check_message_ids(value: object) -> None:
    """Refuse what is neither one of `MessageIds`, nor a function, nor None."""
    if isinstance(value, str):
        check_choice("message_ids", value, get_args(MessageIds))
    elif value is not None:
        check_function("message_ids", value)


def check_local_addr(text: str | None, *, binds: int, is_simulated: bool) -> None:
    """Refuse a local address that no socket can be bound to."""
    if text is None:
        return
    _, port = read_local_addr(text)
    if is_simulated:
        raise ConfigError("local_addr", "***", "the simulator is on loopback; use smpp://")
    if port and binds > 1:
        reason = f"one port serves one link, and binds is {binds}; leave out the port"
        raise ConfigError("local_addr", port, reason)


def read_local_addr(text: str) -> tuple[str, int]:
    """Read "192.0.2.7", "192.0.2.7:0" or "[::1]:5000" into an address and a port; 0 without one.

    Raises:
        ConfigError: It is none of these.
    """
    check_kind("local_addr", text, str)
    found = _LOCAL_ADDR.fullmatch(text) if text.isprintable() else None
    in_brackets, plain, digits = found.groups() if found else (None, "", None)
    port = int(digits or 0)
    version = 4 if in_brackets is None else 6
    try:
        is_valid = ip_address(in_brackets or plain).version == version and port <= 65_535
    except ValueError:
        is_valid = False
    if not is_valid:
        reason = (
            "takes an IP address of this machine, with or without a port: IPv4:port, [IPv6]:port"
        )
        raise refused("local_addr", text, reason)
    return in_brackets or plain, port


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


def check_credentials(config: Any, password: str) -> None:  # noqa: ANN401 - as below
    """Refuse a login, password or system_type that a bind can't carry."""
    if not config.system_id and not config.is_simulated:
        raise ConfigError("system_id", "", "empty; the login of the account belongs here")
    check_ascii("system_id", config.system_id, LONGEST_SYSTEM_ID)
    check_ascii("system_type", config.system_type, LONGEST_SYSTEM_TYPE)
    check_ascii("address_range", config.address_range, LONGEST_ADDRESS_RANGE)
    longest = 65_000 if config.long_password else LONGEST_PASSWORD
    remedy = "; if the gateway issued it, set long_password=1" if password.isascii() else ""
    check_ascii("password", password, longest, remedy)


def check_options(config: Any) -> None:  # noqa: ANN401 - an SmscConfig, which calls this module
    """Refuse numbers and choices out of their range."""
    check_integer("window", config.window, 1, 100_000)
    check_integer("binds", config.binds, 1, 100)
    check_integer("receipts", config.receipts, 1, 10_000_000)
    check_integer("incoming", config.incoming, 1, 10_000_000)
    check_integer("handler_concurrency", config.handler_concurrency, 1, 100_000)
    check_octets(config, "source_ton", "source_npi", or_none=True)
    check_octets(config, "dest_ton", "dest_npi", "addr_ton", "addr_npi", "interface_version")
    check_choice("mode", config.mode, tuple(BindMode))
    check_choice("open", config.open, ("now", "eventually"))
    check_choice("markup_coding", config.markup_coding, ("ucs2", "gsm", "latin1"))
    alphabet = config.default_alphabet or ("latin1" if config.is_latin1 else "gsm")
    check_alphabet(alphabet, is_packed=config.packed_gsm)
    check_integer("email_limit", config.email_limit, 20, 254)
    check_message_ids(config.message_ids)
    check_local_addr(config.local_addr, binds=config.binds, is_simulated=config.is_simulated)

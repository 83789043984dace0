"""The URL of a configuration: its parser.

Rule: an error shows no value of the URL, only names of parameters that are known or nearly so: a
password may stand in any other place.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from pdu.enums import BindMode, MessageState
from smsc_async._base_errors import ConfigError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GATEWAY_HOSTS: Final = ("smpp.smsc.ru", "smpp2.smsc.ru")
"""The gateway and its spare, from its connection page."""
SMPP_PORT: Final = 2775
"""SMPP's registered port, the default of smpp://."""
TLS_PORT: Final = 3443
"""The gateway's port for TLS, the default of smpps:// and smsc://; without TLS it has 3700."""

_SCHEMES = ("smpp", "smpps", "smsc", "sim")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
_VERSIONS = {"3.3": 0x33, "3.4": 0x34, "5.0": 0x50}
_DECIMAL_COMMA: Final = re.compile(r"[0-9]+,[0-9]+")
_ODD_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")


def _as_flag(value: str) -> bool:
    """Read a flag."""
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise ValueError("1 or 0")


def _as_integer(value: str) -> int:
    """Read an integer, decimal or hexadecimal."""
    try:
        return int(value, 0)
    except ValueError:
        raise ValueError("a whole number") from None


def _as_number(value: str) -> float:
    """Read a number."""
    try:
        return float(value)
    except ValueError:
        is_comma = _DECIMAL_COMMA.fullmatch(value)
        raise ValueError("decimals follow a dot, as in 2.5" if is_comma else "a number") from None


def _as_version(value: str) -> int:
    """Read an interface version: "3.4", "0x34" or "52"."""
    return _VERSIONS[value] if value in _VERSIONS else _as_integer(value)


def _as_mode(value: str) -> BindMode:
    """Read a bind mode."""
    try:
        return BindMode(value)
    except ValueError:
        raise ValueError("one of transmitter, receiver, transceiver") from None


def _as_state(value: str) -> MessageState:
    """Read the name of a message state."""
    states = {state.name.lower(): state for state in MessageState}
    if value.lower() not in states:
        raise ValueError(f"one of {', '.join(states)}")
    return states[value.lower()]


class Parameter(NamedTuple):
    """The field that a parameter of the URL sets, of the configuration or of one of its parts."""

    part: Literal["", "tls", "timeouts", "reconnect", "simulator"]
    field: str
    read: Callable[[str], object]


_ONLY_FOR: Final = {
    "tls": "is for TLS; use smpps:// or smsc://",
    "simulator": "is for the embedded simulator; use sim://",
}

PARAMETERS: Final[Mapping[str, Parameter]] = {
    "system_type": Parameter("", "system_type", str),
    "long_password": Parameter("", "long_password", _as_flag),
    "window": Parameter("", "window", _as_integer),
    "binds": Parameter("", "binds", _as_integer),
    "mode": Parameter("", "mode", _as_mode),
    "interface_version": Parameter("", "interface_version", _as_version),
    "open": Parameter("", "open", str),
    "receipts": Parameter("", "receipts", _as_integer),
    "incoming": Parameter("", "incoming", _as_integer),
    "handler_concurrency": Parameter("", "handler_concurrency", _as_integer),
    "local_addr": Parameter("", "local_addr", str),
    "addr_ton": Parameter("", "addr_ton", _as_integer),
    "addr_npi": Parameter("", "addr_npi", _as_integer),
    "address_range": Parameter("", "address_range", str),
    "source_ton": Parameter("", "source_ton", _as_integer),
    "source_npi": Parameter("", "source_npi", _as_integer),
    "dest_ton": Parameter("", "dest_ton", _as_integer),
    "dest_npi": Parameter("", "dest_npi", _as_integer),
    "markup_coding": Parameter("", "markup_coding", str),
    "default_alphabet": Parameter("", "default_alphabet", str),
    "packed_gsm": Parameter("", "packed_gsm", _as_flag),
    "email_limit": Parameter("", "email_limit", _as_integer),
    "message_ids": Parameter("", "message_ids", str),
    "smart_text": Parameter("", "smart_text", _as_flag),
    "verify": Parameter("tls", "verify", _as_flag),
    "ca_file": Parameter("tls", "ca_file", str),
    "cert_file": Parameter("tls", "cert_file", str),
    "key_file": Parameter("tls", "key_file", str),
    "server_hostname": Parameter("tls", "server_hostname", str),
    "timeout": Parameter("timeouts", "response", _as_number),
    "connect_timeout": Parameter("timeouts", "connect", _as_number),
    "bind_timeout": Parameter("timeouts", "bind", _as_number),
    "unbind_timeout": Parameter("timeouts", "unbind", _as_number),
    "enquire_link_interval": Parameter("timeouts", "enquire_link_interval", _as_number),
    "enquire_link_timeout": Parameter("timeouts", "enquire_link_timeout", _as_number),
    "frame_timeout": Parameter("timeouts", "frame", _as_number),
    "link_timeout": Parameter("timeouts", "link", _as_number),
    "throttled_timeout": Parameter("timeouts", "throttled", _as_number),
    "drain_timeout": Parameter("timeouts", "drain", _as_number),
    "early_receipt_timeout": Parameter("timeouts", "early_receipt", _as_number),
    "reassembly_timeout": Parameter("timeouts", "reassembly", _as_number),
    "reconnect_initial": Parameter("reconnect", "initial", _as_number),
    "reconnect_maximum": Parameter("reconnect", "maximum", _as_number),
    "reconnect_multiplier": Parameter("reconnect", "multiplier", _as_number),
    "reconnect_jitter": Parameter("reconnect", "jitter", _as_number),
    "reconnect_stable_after": Parameter("reconnect", "stable_after", _as_number),
    "reconnect_refusals": Parameter("reconnect", "refusals", _as_integer),
    "reconnect_give_up_after": Parameter("reconnect", "give_up_after", _as_number),
    "state": Parameter("simulator", "state", _as_state),
    "error_code": Parameter("simulator", "error_code", _as_integer),
    "delay": Parameter("simulator", "receipt_delay", _as_number),
    "hold": Parameter("simulator", "hold", str),
}


def read_url(url: str, kinds: Mapping[str, Callable[..., object]]) -> dict[str, Any]:
    """Return the arguments of a configuration.

    Args:
        url: As `SmscConfig.from_url` takes it.
        kinds: The class of each part.

    Returns:
        Value by field. `hosts` holds (name, port) pairs; a field that is missing keeps its
        default.

    Raises:
        ConfigError: The URL is invalid.
    """
    scheme, rest = _read_scheme(url)
    authority, _, query = rest.partition("?")
    if "@" in query or "#" in rest:
        raise ConfigError(
            "url", "***", "'@', '?' and '#' in user or password are written %40, %3F and %23"
        )
    # First: without "@" the query may be the rest of a password.
    address = _read_authority(scheme, authority)
    groups = _read_query(query, scheme)
    simulated = groups.get("simulator", {})
    if simulated.get("error_code"):
        # As of a `Fate`: what has a delivery error isn't delivered.
        simulated.setdefault("state", MessageState.UNDELIVERABLE)
    fields = groups.pop("")
    parts = {part: _make(kinds[part], part, values) for part, values in groups.items()}
    return {**fields, **parts, **address}


def _read_scheme(url: str) -> tuple[str, str]:
    """Split a URL into its scheme and the rest."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        raise ConfigError(
            "url", "***", "no scheme; it begins with smpp://, smpps://, smsc://, sim://"
        )
    if scheme.lower() not in _SCHEMES:
        # A user and a password may stand before the "://" by mistake.
        name = f" {scheme!r}" if scheme.isalpha() else ""
        raise ConfigError(
            "url",
            "***",
            f"unknown scheme{name}{_nearest(scheme, _SCHEMES)}; known are {', '.join(_SCHEMES)}",
        )
    return scheme.lower(), rest


def _nearest(name: str, known: tuple[str, ...]) -> str:
    """Suggest the known name that a misspelt one resembles."""
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""


def _read_authority(scheme: str, authority: str) -> dict[str, Any]:
    """Read user, password and hosts, with the defaults of the scheme."""
    userinfo, at, names = authority.rpartition("@")
    names = names.removesuffix("/")
    if not at and scheme != "sim":
        raise ConfigError("url", "***", f"no user; write {scheme}://user:password@host")
    if scheme == "smsc" and not names:
        names = ",".join(GATEWAY_HOSTS)
    port = TLS_PORT if scheme in {"smpps", "smsc"} else SMPP_PORT
    hosts = tuple(_read_host(name, port) for name in names.split(",")) if names else ()
    system_id, _, password = userinfo.partition(":")
    return {
        "is_simulated": scheme == "sim",
        "hosts": hosts,
        "system_id": _decoded("system_id", system_id),
        "password": _decoded("password", password),
    }


def _read_host(text: str, default_port: int) -> tuple[str, int]:
    """Read the name and the port of a host."""
    if text.startswith("["):
        name, bracket, tail = text[1:].partition("]")
        is_valid = bracket and (not tail or tail.startswith(":"))
        port = tail[1:]
    else:
        name, colon, port = text.partition(":")
        is_valid = "/" not in text and bool(port or not colon)
    if not is_valid:
        raise ConfigError(
            "host", shown(text), f"host, host:port or [IPv6]:port expected, got {shown(text)}"
        )
    return _decoded("host", name), _read_port(port) if port else default_port


def _read_port(port: str) -> int:
    """Read a port."""
    if port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535:
        return int(port)
    raise ConfigError(
        "port",
        shown(port),
        f"1 to 65535, got {shown(port)}; write user:password@ before the host, IPv6 in brackets",
    )


def _read_query(query: str, scheme: str) -> dict[str, dict[str, object]]:
    """Read the parameters: value by field, grouped by part of the configuration."""
    groups: dict[str, dict[str, object]] = {"": {}, "timeouts": {}, "reconnect": {}}
    if scheme in {"smpps", "smsc"}:
        groups["tls"] = {}
    if scheme == "sim":
        groups["simulator"] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        _read_parameter(groups, _decoded("url", name), value)
    return groups


def _read_parameter(groups: dict[str, dict[str, object]], name: str, value: str) -> None:
    """Read one parameter into its group."""
    parameter = PARAMETERS.get(name)
    if parameter is None:
        nearest = _nearest(name, tuple(PARAMETERS))
        raise ConfigError(
            name if nearest else "url",
            None,
            f"unknown parameter{nearest or f' of {len(name)} characters'}"
            f"; known are {', '.join(PARAMETERS)}",
        )
    group = groups.get(parameter.part)
    if group is None:
        raise ConfigError(name, None, _ONLY_FOR[parameter.part])
    value = _decoded(name, value)
    if parameter.field in group:
        raise ConfigError(name, None, "given twice; keep one")
    try:
        group[parameter.field] = parameter.read(value)
    except ValueError as error:
        raise ConfigError(name, shown(value), f"{error}, got {shown(value)}") from None


def _decoded(name: str, text: str) -> str:
    """Return a part of the URL percent-decoded.

    Raises:
        ConfigError: A percent sign without two hexadecimal digits, or octets that aren't UTF-8.
    """
    if _ODD_PERCENT.search(text):
        raise ConfigError(name, "***", "a percent sign that encodes no character is written %25")
    octets = unquote_to_bytes(text)
    decoded = octets.decode("utf-8", "replace")
    # Not by the error of a strict decoder: that would hold the octets of a password.
    if decoded.encode("utf-8") != octets:
        raise ConfigError(name, "***", "percent-encoded characters are in UTF-8")
    return decoded


def _make(kind: Callable[..., object], part: str, values: dict[str, object]) -> object:
    """Make a part of the configuration; an error names the parameter, not the field."""
    try:
        return kind(**values)
    except ConfigError as error:
        parameter = next(
            name
            for name, known in PARAMETERS.items()
            if (known.part, known.field) == (part, error.name)
        )
        raise ConfigError(parameter, error.value, error.reason) from None

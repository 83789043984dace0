"""Where the gateway is, who we are, and how patient we are.

Rule: a configuration that exists makes sense. Every setting is checked at birth, and an error
names the setting, the value and what is allowed. The password shows nowhere: not in `repr`,
`str`, errors, `dataclasses.asdict` or a JSON dump; `reveal_password()` is the only way to it.

Durations are seconds. A whole configuration fits into a URL, see `SmscConfig.from_url`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, cast
from urllib.parse import unquote

from pdu.enums import BindMode
from smsc_async.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GATEWAY_HOSTS: Final = ("smpp.smsc.ru", "smpp2.smsc.ru")
"""The gateway and its spare, as its connection page names them."""
SMPP_PORT: Final = 2775
"""SMPP's registered port, the default of smpp://."""
TLS_PORT: Final = 3443
"""The gateway's port for TLS, the default of smpps:// and smsc://; without TLS it has 3700."""

LONGEST_SYSTEM_ID: Final = 15
LONGEST_PASSWORD: Final = 8
LONGEST_SYSTEM_TYPE: Final = 12

_SCHEMES = ("smpp", "smpps", "smsc", "sim")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
_VERSIONS = {"3.3": 0x33, "3.4": 0x34, "5.0": 0x50}


class Secret:
    """A text that shows nowhere by accident. It is no `str`, so that nothing formats or dumps it.

    Args:
        value: The text itself.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text. Whoever calls this is about to put it on the wire."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "'***'"

    __str__ = __repr__


class Host(NamedTuple):
    """One address of the gateway.

    Attributes:
        name: Host name or IP address, an IPv6 one without brackets.
        port: 1 to 65535.
    """

    name: str
    port: int = SMPP_PORT

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How the connection is encrypted.

    Args:
        verify: Check the certificate and the name. Without it anyone may listen.
        ca_file: Certificates to trust instead of the system's, a path.
        cert_file: Our own certificate, a path.
        key_file: The key of *cert_file*, a path; None if it is in the same file.
        server_hostname: The name to check, if it isn't that of the host.

    Raises:
        ConfigError: A key without a certificate.
    """

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_hostname: str | None = None

    def __post_init__(self) -> None:
        if self.key_file is not None and self.cert_file is None:
            raise ConfigError("key_file", self.key_file, "a key needs its certificate: cert_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each wait may last, seconds.

    Args:
        connect: TCP and TLS to one host.
        bind: The bind's response.
        response: A request's response, counted from the write.
        unbind: The unbind's response when we leave.
        enquire_link_interval: Silence after which we ask whether the gateway is there; it
            hangs up after two minutes of silence.
        enquire_link_timeout: The answer to that; without it the link is taken for dead.
        frame: A PDU that has begun to arrive.
        link: How long a message waits while no link is bound.
        throttled: How long a message is tried again that comes too fast for the gateway, or
            finds its queue full. 0.001 tries once.
        early_receipt: How long a receipt waits for the response that claims it.
        reassembly: How long the parts of an incoming message wait for each other.

    Raises:
        ConfigError: A duration that isn't positive.
    """

    connect: float = 10.0
    bind: float = 10.0
    response: float = 30.0
    unbind: float = 5.0
    enquire_link_interval: float = 30.0
    enquire_link_timeout: float = 10.0
    frame: float = 30.0
    link: float = 60.0
    throttled: float = 60.0
    early_receipt: float = 60.0
    reassembly: float = 300.0

    def __post_init__(self) -> None:
        for setting in fields(self):
            _check_number(setting.name, getattr(self, setting.name), 0.001, 86_400, "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectPolicy:
    """When a lost link is built again.

    The n-th attempt waits `initial * multiplier ** n` seconds, at most `maximum`, with up to
    `jitter` of it taken off at random. The gateway blocks an address after a few refused
    binds, so the first wait isn't zero.

    Args:
        initial: Seconds before the first attempt.
        maximum: Seconds between attempts at most.
        multiplier: How much longer each wait is than the last.
        jitter: Share of a wait that is left to chance, 0 to 1.
        stable_after: Seconds a link must have lived for the waits to begin anew.

    Raises:
        ConfigError: A number out of its range, or *initial* above *maximum*.
    """

    initial: float = 1.0
    maximum: float = 60.0
    multiplier: float = 2.0
    jitter: float = 0.5
    stable_after: float = 30.0

    def __post_init__(self) -> None:
        _check_number("initial", self.initial, 0.001, 86_400, "seconds")
        _check_number("maximum", self.maximum, 0.001, 86_400, "seconds")
        _check_number("multiplier", self.multiplier, 1, 100, "times")
        _check_number("jitter", self.jitter, 0, 1, "of the wait")
        _check_number("stable_after", self.stable_after, 0, 86_400, "seconds")
        if self.initial > self.maximum:
            raise ConfigError(
                "initial", self.initial, f"{self.initial} s is above the maximum of {self.maximum}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmscConfig:
    """All settings of a client. `SmscConfig.from_url` makes one from a single line.

    Args:
        hosts: Addresses to try, in this order. None at all for the embedded simulator.
        system_id: Login, at most 15 characters of ASCII.
        password: The password made for SMPP in the account, at most 8 characters of ASCII.
        long_password: Let a longer password go out, where the gateway issued one. Without
            it a longer one is an error; it is never cut.
        tls: Encryption, or None for plain TCP.
        is_simulated: Start the embedded simulator instead of connecting.
        system_type: At most 12 characters. "ISO" makes the gateway read coding 0 as
            ISO-8859-1 instead of GSM.
        window: Requests that may await a response on one link.
        binds: Links in parallel.
        mode: What the links let through.
        interface_version: 0x34 for SMPP 3.4, 0x50 for 5.0.
        open: "now" fails if no host binds at once, "eventually" keeps trying.
        timeouts: How long each wait may last.
        reconnect: When a lost link is built again.
        receipts: Unread receipts that are kept before reading pauses.
        incoming: Unread incoming messages that are kept before reading pauses.
        source_ton: Type of number of every sender; None is 5 for a name and 1 for a number.
        source_npi: Numbering plan of every sender; None is 1.
        dest_ton: Type of number of every recipient.
        dest_npi: Numbering plan of every recipient.
        markup_coding: What a message with a service prefix travels in if it fits: the
            gateway doesn't say whether its "_" and "~" are GSM's or ASCII's under coding 0.
        smart_text: Replace typographic quotes, dashes and the ellipsis by plain ones where that
            keeps a Latin text in GSM. Never changes a letter.
        message_ids: "opaque" compares ids as they are; "response_hex" and "receipt_hex" are
            for gateways that write one of the two in hexadecimal and the other in decimal.

    Raises:
        ConfigError: A setting out of its range.
    """

    hosts: tuple[Host, ...] = ()
    system_id: str = ""
    password: str | Secret = ""
    long_password: bool = False
    tls: Tls | None = None
    is_simulated: bool = False
    system_type: str = ""
    window: int = 100
    binds: int = 1
    mode: BindMode = BindMode.TRANSCEIVER
    interface_version: int = 0x34
    open: Literal["now", "eventually"] = "now"
    timeouts: Timeouts = field(default_factory=Timeouts)
    reconnect: ReconnectPolicy = field(default_factory=ReconnectPolicy)
    receipts: int = 1000
    incoming: int = 1000
    source_ton: int | None = None
    source_npi: int | None = None
    dest_ton: int = 1
    dest_npi: int = 1
    markup_coding: Literal["ucs2", "gsm", "latin1"] = "ucs2"
    smart_text: bool = False
    message_ids: Literal["opaque", "response_hex", "receipt_hex"] = "opaque"

    def __post_init__(self) -> None:
        secret = self.password if isinstance(self.password, Secret) else Secret(self.password)
        object.__setattr__(self, "password", secret)
        _check_where(self)
        _check_who(self, secret.reveal())
        _check_how(self)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read a configuration from one line.

        ::

            smpp://user:password@host[:port][,host2[:port]]?window=10&timeout=30
            smpps://…                        the same over TLS, with verification
            smsc://login:password@           smpp.smsc.ru over TLS, smpp2.smsc.ru as the spare
            sim://                           the embedded simulator

        Signs that mean something in a URL ("@", "?", "#", "%") are percent-encoded in user
        and password. Ports default to 2775, with TLS to 3443. An IPv6 address stands in
        brackets. Every setting of `SmscConfig`, `Tls`, `Timeouts` and `ReconnectPolicy` may
        follow as a parameter; `timeout` is the one for responses, the other waits are
        `connect_timeout`, `bind_timeout` and so on, the reconnect ones `reconnect_initial`…

        Raises:
            ConfigError: Anything that can't be read; it never shows the password.
        """
        return cls(**_read_url(url))

    @classmethod
    def from_env(cls, variable: str = "SMSC_URL", environ: Mapping[str, str] | None = None) -> Self:
        """Read the URL from an environment variable.

        Raises:
            ConfigError: The variable is unset or empty, or its URL can't be read.
        """
        url = (os.environ if environ is None else environ).get(variable, "")
        if not url:
            raise ConfigError(
                variable,
                None,
                "not set; give it a URL like 'smsc://login:password@' (or 'sim://' to try out)",
            )
        return cls.from_url(url)

    @property
    def is_latin1(self) -> bool:
        """Whether the bind asks for coding 0 to be ISO-8859-1."""
        return self.system_type == "ISO"

    def reveal_password(self) -> str:
        """Return the password itself. Whoever calls this is about to bind."""
        return cast("Secret", self.password).reveal()

    def __str__(self) -> str:
        if self.is_simulated:
            return "sim://"
        scheme = "smpp" if self.tls is None else "smpps"
        return f"{scheme}://{self.system_id}:***@{','.join(map(str, self.hosts))}"


# Checks of single settings.


def _check_where(config: SmscConfig) -> None:
    """Hosts, or the simulator, and not both."""
    if bool(config.hosts) == config.is_simulated:
        raise ConfigError(
            "hosts",
            config.hosts,
            "the simulator takes no host; use smpp:// to connect to one"
            if config.is_simulated
            else "no host to connect to; write it behind user:password@",
        )
    for host in config.hosts:
        if not host.name or not host.name.isprintable() or " " in host.name:
            raise ConfigError("host", host.name, f"no host name: {host.name!r}")
        _check_whole("port", host.port, 1, 65_535)


def _check_who(config: SmscConfig, password: str) -> None:
    """Login, password and system_type, within what a bind has room for."""
    if not config.system_id and not config.is_simulated:
        raise ConfigError("system_id", "", "empty; the login of the account belongs here")
    _check_ascii("system_id", config.system_id, LONGEST_SYSTEM_ID, config.system_id)
    _check_ascii("system_type", config.system_type, LONGEST_SYSTEM_TYPE, config.system_type)
    longest = 65_000 if config.long_password else LONGEST_PASSWORD
    way_out = "; if the gateway issued it, set long_password=1" if password.isascii() else ""
    _check_ascii("password", password, longest, "***", way_out)


def _check_how(config: SmscConfig) -> None:
    """Every number and choice, within its range."""
    _check_whole("window", config.window, 1, 100_000)
    _check_whole("binds", config.binds, 1, 100)
    _check_whole("receipts", config.receipts, 1, 10_000_000)
    _check_whole("incoming", config.incoming, 1, 10_000_000)
    _check_whole("interface_version", config.interface_version, 0, 0xFF)
    for name in ("source_ton", "source_npi", "dest_ton", "dest_npi"):
        number = getattr(config, name)
        if number is not None:
            _check_whole(name, number, 0, 0xFF)
    _check_choice("mode", config.mode, tuple(BindMode))
    _check_choice("open", config.open, ("now", "eventually"))
    _check_choice("markup_coding", config.markup_coding, ("ucs2", "gsm", "latin1"))
    _check_choice("message_ids", config.message_ids, ("opaque", "response_hex", "receipt_hex"))


def _check_ascii(name: str, value: str, longest: int, shown: str, way_out: str = "") -> None:
    """Refuse what a C-octet string of *longest* characters can't carry."""
    if not value.isascii() or "\0" in value:
        raise ConfigError(name, shown, "takes ASCII only, no Cyrillic and no NUL")
    if len(value) > longest:
        raise ConfigError(
            name, shown, f"takes {longest} characters, got {len(value)} ({shown!r}){way_out}"
        )


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number in the range."""
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(name, value, f"a whole number {least} to {most}, got {value!r}")


def _check_number(name: str, value: object, least: float, most: float, unit: str) -> None:
    """Refuse what is no finite number in the range."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (is_number and isfinite(cast("float", value)) and least <= cast("float", value) <= most):
        raise ConfigError(name, value, f"{least:g} to {most:g} {unit}, got {value!r}")


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Refuse what is none of *choices*."""
    if value not in choices:
        known = ", ".join(str(getattr(choice, "value", choice)) for choice in choices)
        raise ConfigError(name, value, f"one of {known}; got {value!r}")


# The URL. Nothing here repeats what may be a piece of the password.


def _as_flag(value: str) -> bool:
    """Read yes or no."""
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise ValueError("1 or 0")


def _as_whole(value: str) -> int:
    """Read a whole number, also a hexadecimal one."""
    try:
        return int(value, 0)
    except ValueError:
        raise ValueError("a whole number") from None


def _as_number(value: str) -> float:
    """Read a number."""
    try:
        return float(value)
    except ValueError:
        raise ValueError("a number") from None


def _as_version(value: str) -> int:
    """Read an interface version: "3.4", "0x34" or "52"."""
    return _VERSIONS[value] if value in _VERSIONS else _as_whole(value)


def _as_mode(value: str) -> BindMode:
    """Read a bind mode."""
    try:
        return BindMode(value)
    except ValueError:
        raise ValueError("one of transmitter, receiver, transceiver") from None


class _Parameter(NamedTuple):
    """What a parameter of the URL sets: a field of the configuration or of one of its parts."""

    part: Literal["", "tls", "timeouts", "reconnect"]
    field: str
    read: Callable[[str], object]


_PARAMETERS: dict[str, _Parameter] = {
    "system_type": _Parameter("", "system_type", str),
    "long_password": _Parameter("", "long_password", _as_flag),
    "window": _Parameter("", "window", _as_whole),
    "binds": _Parameter("", "binds", _as_whole),
    "mode": _Parameter("", "mode", _as_mode),
    "interface_version": _Parameter("", "interface_version", _as_version),
    "open": _Parameter("", "open", str),
    "receipts": _Parameter("", "receipts", _as_whole),
    "incoming": _Parameter("", "incoming", _as_whole),
    "source_ton": _Parameter("", "source_ton", _as_whole),
    "source_npi": _Parameter("", "source_npi", _as_whole),
    "dest_ton": _Parameter("", "dest_ton", _as_whole),
    "dest_npi": _Parameter("", "dest_npi", _as_whole),
    "markup_coding": _Parameter("", "markup_coding", str),
    "message_ids": _Parameter("", "message_ids", str),
    "smart_text": _Parameter("", "smart_text", _as_flag),
    "verify": _Parameter("tls", "verify", _as_flag),
    "ca_file": _Parameter("tls", "ca_file", str),
    "cert_file": _Parameter("tls", "cert_file", str),
    "key_file": _Parameter("tls", "key_file", str),
    "server_hostname": _Parameter("tls", "server_hostname", str),
    "timeout": _Parameter("timeouts", "response", _as_number),
    "connect_timeout": _Parameter("timeouts", "connect", _as_number),
    "bind_timeout": _Parameter("timeouts", "bind", _as_number),
    "unbind_timeout": _Parameter("timeouts", "unbind", _as_number),
    "enquire_link_interval": _Parameter("timeouts", "enquire_link_interval", _as_number),
    "enquire_link_timeout": _Parameter("timeouts", "enquire_link_timeout", _as_number),
    "frame_timeout": _Parameter("timeouts", "frame", _as_number),
    "link_timeout": _Parameter("timeouts", "link", _as_number),
    "throttled_timeout": _Parameter("timeouts", "throttled", _as_number),
    "early_receipt_timeout": _Parameter("timeouts", "early_receipt", _as_number),
    "reassembly_timeout": _Parameter("timeouts", "reassembly", _as_number),
    "reconnect_initial": _Parameter("reconnect", "initial", _as_number),
    "reconnect_maximum": _Parameter("reconnect", "maximum", _as_number),
    "reconnect_multiplier": _Parameter("reconnect", "multiplier", _as_number),
    "reconnect_jitter": _Parameter("reconnect", "jitter", _as_number),
    "reconnect_stable_after": _Parameter("reconnect", "stable_after", _as_number),
}
_PARTS: dict[str, Callable[..., object]] = {
    "tls": Tls,
    "timeouts": Timeouts,
    "reconnect": ReconnectPolicy,
}


def _read_url(url: str) -> dict[str, Any]:
    """Turn a URL into the arguments of a configuration."""
    scheme, rest = _read_scheme(url)
    authority, _, query = rest.partition("?")
    if "@" in query or "#" in rest:
        raise ConfigError(
            "url", "***", "'@', '?' and '#' in user or password are written %40, %3F and %23"
        )
    parts = _read_query(query, is_tls=scheme in {"smpps", "smsc"})
    user, hosts = _read_authority(scheme, authority)
    return {**parts.pop(""), **parts, **user, **hosts}


def _read_scheme(url: str) -> tuple[str, str]:
    """Cut the scheme off."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        raise ConfigError(
            "url", "***", "no scheme; it begins with smpp://, smpps://, smsc://, sim://"
        )
    if scheme.lower() not in _SCHEMES:
        raise ConfigError(
            "url",
            scheme,
            f"unknown scheme {scheme!r}{_nearest(scheme, _SCHEMES)}"
            f"; known are {', '.join(_SCHEMES)}",
        )
    return scheme.lower(), rest


def _nearest(name: str, known: tuple[str, ...]) -> str:
    """Guess what a misspelt name was meant to be."""
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""


def _read_authority(scheme: str, authority: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read user, password and hosts; which of them there are, the scheme says."""
    userinfo, at, names = authority.rpartition("@")
    names = names.removesuffix("/")
    if scheme == "sim":
        return _read_user(userinfo), {"is_simulated": True, "hosts": _read_hosts(names, SMPP_PORT)}
    if not at:
        raise ConfigError("url", "***", f"no user; write {scheme}://user:password@host")
    if scheme == "smsc" and not names:
        names = ",".join(GATEWAY_HOSTS)
    port = SMPP_PORT if scheme == "smpp" else TLS_PORT
    return _read_user(userinfo), {"hosts": _read_hosts(names, port)}


def _read_user(userinfo: str) -> dict[str, Any]:
    """Read login and password, percent-decoded."""
    system_id, _, password = userinfo.partition(":")
    return {"system_id": unquote(system_id), "password": Secret(unquote(password))}


def _read_hosts(names: str, port: int) -> tuple[Host, ...]:
    """Read hosts between commas."""
    return tuple(_read_host(name, port) for name in names.split(",")) if names else ()


def _read_host(text: str, default_port: int) -> Host:
    """Read a host with or without its port."""
    if text.startswith("["):
        name, bracket, tail = text[1:].partition("]")
        is_whole = bracket and (not tail or tail.startswith(":"))
        port = tail[1:]
    else:
        name, colon, port = text.partition(":")
        is_whole = "/" not in text and bool(port or not colon)
    if not is_whole:
        raise ConfigError("host", text, f"host, host:port or [IPv6]:port expected, got {text!r}")
    return Host(name, _read_port(text, port) if port else default_port)


def _read_port(text: str, port: str) -> int:
    """Read a port."""
    if port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535:
        return int(port)
    raise ConfigError("port", port, f"1 to 65535, got {port!r} in {text!r}; IPv6 takes brackets")


def _read_query(query: str, *, is_tls: bool) -> dict[str, Any]:
    """Read the parameters, each into the part of the configuration it belongs to."""
    groups: dict[str, dict[str, object]] = {"": {}, "timeouts": {}, "reconnect": {}}
    if is_tls:
        groups["tls"] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        _read_parameter(groups, name, unquote(value))
    made: dict[str, Any] = {"": groups.pop("")}
    for part, values in groups.items():
        made[part] = _make_part(part, values)
    return made


def _read_parameter(groups: dict[str, dict[str, object]], name: str, value: str) -> None:
    """Read one parameter."""
    parameter = _PARAMETERS.get(name)
    if parameter is None:
        raise ConfigError(
            name,
            None,
            f"unknown parameter{_nearest(name, tuple(_PARAMETERS))}"
            f"; known are {', '.join(_PARAMETERS)}",
        )
    group = groups.get(parameter.part)
    if group is None:
        raise ConfigError(name, value, "is for TLS; use smpps:// or smsc://")
    if parameter.field in group:
        raise ConfigError(name, value, "given twice; keep one")
    try:
        group[parameter.field] = parameter.read(value)
    except ValueError as error:
        raise ConfigError(name, value, f"{error}, got {value!r}") from None


def _make_part(part: str, values: dict[str, object]) -> object:
    """Make a part of the configuration; an error names the parameter, not the field."""
    try:
        return _PARTS[part](**values)
    except ConfigError as error:
        raise ConfigError(_url_name(part, error.name), error.value, error.reason) from None


def _url_name(part: str, field: str) -> str:
    """Find the parameter that sets a field."""
    return next(
        name for name, known in _PARAMETERS.items() if (known.part, known.field) == (part, field)
    )

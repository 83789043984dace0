"""The settings of a client: addresses of the gateway, credentials, timeouts, limits.

Rule: a configuration that exists is valid. Every setting is checked by the constructor, and an
error names the setting, the value and what is allowed. The password never appears in `repr`,
`str`, errors, `dataclasses.asdict` or a JSON dump; only `reveal_password()` returns it.

Durations are seconds. All settings can be given in a URL, see `SmscConfig.from_url`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self, cast

from pdu._tracebacks import hides_arguments, hides_locals
from pdu.enums import BindMode
from pdu.half_made import shows_half_made
from smsc_async._base_errors import ConfigError, check_kind, refused
from smsc_async._config_checks import (
    LONGEST_PASSWORD,
    MessageIds,
    check_credentials,
    check_host_name,
    check_integer,
    check_number,
    check_options,
)
from smsc_async._config_env import Secret, read_environment
from smsc_async._config_simulator import SimulatorSettings, check_simulator
from smsc_async._config_url import SMPP_PORT, read_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "LONGEST_PASSWORD",
    "Host",
    "MessageIds",
    "ReconnectPolicy",
    "Secret",
    "SimulatorSettings",
    "SmscConfig",
    "Timeouts",
    "Tls",
]


class Host(NamedTuple):
    """One address of the gateway.

    Attributes:
        name: Host name or IP address; an IPv6 address without brackets.
        port: 1 to 65535.
    """

    name: str
    port: int = SMPP_PORT

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Encryption of the connection.

    Args:
        verify: Check the gateway's certificate and name. Without it a third party can listen.
        ca_file: Path of the certificates to trust instead of the system's.
        cert_file: Path of the client's certificate.
        key_file: Path of the key of *cert_file*; None if it is in the same file.
        server_hostname: The name to check, if it differs from the host's.

    Raises:
        ConfigError: A key without a certificate, or a *server_hostname* that is no name.
    """

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_hostname: str | None = None

    def __post_init__(self) -> None:
        check_kind("verify", self.verify, bool)
        if self.server_hostname is not None:
            check_host_name("server_hostname", self.server_hostname)
        if self.key_file is not None and self.cert_file is None:
            raise ConfigError("key_file", None, "a key needs its certificate: cert_file")


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Timeouts of a client, seconds.

    Args:
        connect: For TCP and TLS to one host.
        bind: For the response to a bind.
        response: For the response to a request, counted from the write.
        unbind: For the end of a link after an unbind, the client's or the gateway's: responses
            to what was in flight are read until then.
        enquire_link_interval: Silence after which the client sends enquire_link; the gateway
            closes a link after two minutes of silence.
        enquire_link_timeout: For its response; then the link is ended.
        frame: For the rest of a PDU that has begun to arrive.
        link: How long a message waits while no link is bound.
        throttled: How long a message is retried that the gateway throttles or finds no room
            for in its queue, and how long it waits behind others that are, 0.25 at least. 0.001
            tries once.
        drain: How long leaving the client waits for the messages under way.
        early_receipt: How long a receipt waits for the response with its message_id.
        reassembly: How long the parts of an incoming message wait for the rest.

    Raises:
        ConfigError: A timeout isn't positive.
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
    drain: float = 30.0
    early_receipt: float = 60.0
    reassembly: float = 300.0

    def __post_init__(self) -> None:
        for setting in fields(self):
            check_number(setting.name, getattr(self, setting.name), 0.001, 86_400, "seconds")


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectPolicy:
    """Exponential back-off of the attempts to reconnect a lost link.

    The n-th attempt waits `initial * multiplier ** n` seconds, at most `maximum`, less a random
    share of up to `jitter`. The gateway blocks an IP address after a few refused binds, so the
    first wait isn't zero, and one link tries at a time. A client that gave up tries again only
    after `await smsc.reconnect()`.

    Args:
        initial: Seconds before the first attempt.
        maximum: Most seconds between attempts.
        multiplier: Factor from one wait to the next.
        jitter: Largest random share of a wait, 0 to 1.
        stable_after: Seconds a link must last for the waits to start again at *initial*.
        refusals: Binds in a row that the gateway may refuse because of the credentials, over all
            links, until the client gives up. The first bind of `async with` fails at once.
        give_up_after: Seconds without any bound link until the client gives up; None never does.

    Raises:
        ConfigError: A number is out of its range, or *initial* above *maximum*.
    """

    initial: float = 1.0
    maximum: float = 60.0
    multiplier: float = 2.0
    jitter: float = 0.5
    stable_after: float = 30.0
    refusals: int = 3
    give_up_after: float | None = None

    def __post_init__(self) -> None:
        check_number("initial", self.initial, 0.001, 86_400, "seconds")
        check_number("maximum", self.maximum, 0.001, 86_400, "seconds")
        check_number("multiplier", self.multiplier, 1, 100, "times")
        check_number("jitter", self.jitter, 0, 1, "of the wait")
        check_number("stable_after", self.stable_after, 0, 86_400, "seconds")
        check_integer("refusals", self.refusals, 1, 1000)
        if self.give_up_after is not None:
            check_number("give_up_after", self.give_up_after, 0.001, 31_536_000, "seconds")
        if self.initial > self.maximum:
            raise ConfigError(
                "initial", self.initial, f"{self.initial} s is above the maximum of {self.maximum}"
            )


@hides_arguments(ConfigError)
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class SmscConfig:
    """All settings of a client. `SmscConfig.from_url` makes one from a URL.

    Args:
        hosts: Addresses to try, in this order. Empty for the embedded simulator.
        system_id: Login, at most 15 characters of ASCII.
        password: The account's password for SMPP, at most 8 characters of ASCII.
        long_password: Allow a longer password, where the gateway issued one. Without this a
            longer one is an error; it is never cut.
        tls: Encryption, or None for plain TCP.
        is_simulated: Start the embedded simulator instead of connecting.
        simulator: What that does with each message.
        system_type: At most 12 characters. "ISO" makes the gateway read coding 0 as
            ISO-8859-1 instead of GSM, unless *default_alphabet* is set.
        window: Requests that may await a response on one link.
        binds: Number of parallel links.
        mode: Which directions the links carry.
        interface_version: 0x34 for SMPP 3.4, 0x50 for 5.0.
        open: "now" fails if no host binds at once, "eventually" keeps trying.
        timeouts: The timeouts.
        reconnect: The back-off after a lost link.
        receipts: Unread receipts that are kept. Before the first call of `receipts()` the newest
            ones; from then on the gateway waits while they are too many (back-pressure).
        incoming: Unread incoming messages that are kept, likewise.
        handler_concurrency: Calls of `on_receipt` and `on_incoming` that run at once, at most.
        local_addr: IP address of this machine, and a port, that sockets are bound to: "192.0.2.7",
            "192.0.2.7:0", "[::1]:5000". A port other than 0 serves one link.
        addr_ton: Type of number of *address_range*, in the bind.
        addr_npi: Numbering plan of *address_range*, in the bind.
        address_range: Addresses whose messages this bind gets, at most 40 characters of ASCII.
        source_ton: Type of number of every sender; None is 5 for a name and 1 for a number.
        source_npi: Numbering plan; None is 1. An empty sender has 0 and 0, with smsc.ru 5 and 1.
        dest_ton: Type of number of every recipient.
        dest_npi: Numbering plan of every recipient.
        markup_coding: Coding of a message with a service prefix, if its text fits: the
            gateway doesn't say whether "_" and "~" are GSM's or ASCII's under coding 0.
        smart_text: Replace typographic quotes, dashes and the ellipsis by plain ones where that
            keeps a Latin text in GSM. Letters are never changed.
        default_alphabet: What an SMSC means by data_coding 0, both ways: "gsm", "latin1" or
            "ascii". None is "gsm", on a bind with system_type "ISO" "latin1".
        packed_gsm: GSM text is packed, eight septets in seven octets, both ways.
        email_limit: Characters of an e-mail address, 20 (v3.4) to 254; a longer one isn't cut.
        message_ids: How the ids of responses and of receipts are compared. None leaves it to the
            dialect, whose default compares them as they are, as "opaque" does. As numbers, so that
            neither zeros before them nor case count: "response_hex" and "receipt_hex" if the SMSC
            writes one of the two in hexadecimal and the other in decimal, "hex" or "decimal" if it
            writes both alike. "caseless" ignores case alone. A function is called with each id
            of either and returns what is compared.

    Raises:
        ConfigError: A setting is out of its range.
    """

    hosts: tuple[Host, ...] = ()
    system_id: str = ""
    password: str | Secret = ""
    long_password: bool = False
    tls: Tls | None = None
    is_simulated: bool = False
    simulator: SimulatorSettings = field(default_factory=SimulatorSettings)
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
    handler_concurrency: int = 16
    local_addr: str | None = None
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    source_ton: int | None = None
    source_npi: int | None = None
    dest_ton: int = 1
    dest_npi: int = 1
    markup_coding: Literal["ucs2", "gsm", "latin1"] = "ucs2"
    smart_text: bool = False
    default_alphabet: Literal["gsm", "latin1", "ascii"] | None = None
    packed_gsm: bool = False
    email_limit: int = 20
    message_ids: MessageIds | Callable[[str], str] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.password, Secret):
            secret = self.password
        else:
            check_kind("password", self.password, str)
            secret = Secret(self.password)
        object.__setattr__(self, "password", secret)
        for name, kind in _KINDS.items():
            check_kind(name, getattr(self, name), kind)
        if self.tls is not None:
            check_kind("tls", self.tls, Tls)
        check_simulator(self.simulator, is_simulated=self.is_simulated)
        _check_hosts(self)
        check_credentials(self, secret.reveal())
        check_options(self)

    @classmethod
    @hides_locals(ConfigError)
    def from_url(cls, url: str) -> Self:
        """Read a configuration from a URL.

        ::

            smpp://user:password@host[:port][,host2[:port]]?window=10&timeout=30
            smpps://…                        the same over TLS, with verification
            smsc://login:password@           smpp.smsc.ru over TLS, smpp2.smsc.ru as the spare
            sim://                           the embedded simulator

        The reserved characters "@", "?", "#" and "%" are percent-encoded in user and password;
        every part is decoded, a host too. Ports default to 2775, with TLS to 3443. An IPv6 address
        is written in brackets, the "%" before its zone as "%25": "[fe80::1%25eth0]". Every
        setting of `SmscConfig`, `Tls`, `Timeouts` and `ReconnectPolicy` may follow as a
        parameter; `timeout` is the one for responses, the others are `connect_timeout`,
        `bind_timeout` and so on, those of the back-off `reconnect_initial`… `sim://` takes
        `state`, `error_code`, `delay` and `hold`, see `SimulatorSettings`.

        Raises:
            ConfigError: The URL is invalid; the error never shows the password.
        """
        check_kind("url", url, str)
        fields = read_url(url, _PARTS)
        hosts = tuple(Host(*host) for host in fields.pop("hosts"))
        return cls(hosts=hosts, **fields)

    @classmethod
    @hides_locals(ConfigError)
    def from_env(cls, variable: str = "SMSC_URL", environ: Mapping[str, str] | None = None) -> Self:
        """Read a configuration from environment variables; an empty one counts as unset.

        `SMSC_URL` holds a URL. Credentials may stand apart from it: `SMSC_LOGIN` with
        `SMSC_PASSWORD` or `SMSC_PASSWORD_FILE`, the path of a file that holds nothing else (a
        secret of Docker or systemd). They are written as they are, without percent-encoding, and
        fill a URL without credentials; alone they mean `smsc://`.

        Args:
            variable: Name of the variable with the URL. The others begin like it: for
                "BACKUP_URL" they are `BACKUP_LOGIN` and so on.
            environ: Variables to read instead of those of the process.

        Raises:
            ConfigError: The variables are unset, only one of login and password is set, credentials
                are given twice, the file can't be read, or a setting is invalid. No error shows
                a value of theirs.
        """
        url, credentials = read_environment(variable, os.environ if environ is None else environ)
        config = cls.from_url(url)
        if credentials is None:
            return config
        return replace(config, system_id=credentials.login, password=credentials.password)

    @property
    def is_latin1(self) -> bool:
        """Whether the bind makes coding 0 ISO-8859-1."""
        return self.system_type == "ISO"

    def reveal_password(self) -> str:
        """Return the password."""
        return cast("Secret", self.password).reveal()

    def __str__(self) -> str:
        if self.is_simulated:
            return "sim://"
        scheme = "smpp" if self.tls is None else "smpps"
        hosts = ",".join(map(str, self.hosts)).replace("%", "%25")
        return f"{scheme}://{self.system_id}:***@{hosts}"


_PARTS: Final = {
    "tls": Tls,
    "timeouts": Timeouts,
    "reconnect": ReconnectPolicy,
    "simulator": SimulatorSettings,
}

_KINDS: Final = {
    "long_password": bool,
    "is_simulated": bool,
    "smart_text": bool,
    "timeouts": Timeouts,
    "reconnect": ReconnectPolicy,
}


def _check_hosts(config: SmscConfig) -> None:
    """Refuse neither and both of hosts and the simulator, and invalid hosts."""
    if bool(config.hosts) == config.is_simulated:
        raise ConfigError(
            "hosts",
            None,
            "the simulator takes no host; use smpp:// to connect to one"
            if config.is_simulated
            else "no host to connect to; write it after user:password@",
        )
    if not isinstance(config.hosts, (tuple, list)):
        raise refused("hosts", config.hosts, "takes a tuple of Host")
    for host in config.hosts:
        check_kind("hosts", host, Host)
        check_host_name("host", host.name)
        check_integer("port", host.port, 1, 65_535)

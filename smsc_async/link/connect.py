"""TCP and TLS connect.

Rule: every failure is a ConnectFailedError that names the host, the cause and the remedy, chained
to the operating system's error.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import anyio

from smsc_async._deadline_timer import DeadlineTimer
from smsc_async.errors import ConfigError, ConnectFailedError
from smsc_async.link.connection import Link
from smsc_async.link.connector import bound_socket, socket_of
from smsc_async.session import SessionLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from smsc_async.config import Host, SmscConfig, Tls
    from smsc_async.link.connector import Connector
    from smsc_async.link.contract import LinkHandler, TrafficHandler


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return the TLS context of all links; it verifies chain and host name unless switched off.

    Raises:
        ConfigError: A certificate or key file is missing or malformed.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "ca_file", tls.ca_file, f"no certificates there: {_words(error)}"
        ) from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert_file is not None:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file)
        except (OSError, ssl.SSLError) as error:
            reason = f"no certificate with its key there: {_words(error)}"
            raise ConfigError("cert_file", tls.cert_file, reason) from error
    return context


async def connect(
    config: SmscConfig,
    host: Host,
    *,
    context: ssl.SSLContext | None,
    handler: LinkHandler,
    traffic: TrafficHandler,
    clock: Callable[[], float],
    connector: Connector | None = None,
) -> Link:
    """Connect to one host. Cancelling is safe.

    Raises:
        ConnectFailedError: No TCP or no TLS, within `timeouts.connect` seconds; or *connector*
            returned no connected socket.
    """
    limits = SessionLimits.from_config(config)
    loop = asyncio.get_running_loop()
    name = None
    if context is not None:
        name = (config.tls and config.tls.server_hostname) or host.name
    try:
        with _deadline(loop, config.timeouts.connect):
            target = await _target(config, host, connector)
            _, link = await loop.create_connection(
                lambda: Link(host, limits, handler, traffic, clock),
                **target,
                ssl=context,
                server_hostname=name,
            )
    except ConnectFailedError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that can't be asked for
        reason = _reason(error, config.timeouts.connect)
        if context is not None and not isinstance(error, _UNRELATED_TO_TLS):
            reason = f"{reason}; a plain port wants smpp://"
        raise ConnectFailedError(reason, hosts=(str(host),)) from error
    return link


async def _target(config: SmscConfig, host: Host, connector: Connector | None) -> dict[str, Any]:
    """Return what asyncio connects to, or a socket if a connector or a local address is given."""
    if connector is not None:
        return {"sock": await socket_of(connector, host)}
    if config.local_addr is not None:
        return {"sock": await bound_socket(config.local_addr, host)}
    return {"host": host.name, "port": host.port}


@contextmanager
def _deadline(loop: asyncio.AbstractEventLoop, seconds: float) -> Generator[None]:
    """Raise TimeoutError after so many seconds; if the loop was held up, it looks first."""
    with anyio.CancelScope() as scope:
        timer = DeadlineTimer(loop.time, scope.cancel)
        timer.start(loop.time() + seconds)
        try:
            yield
        finally:
            timer.stop()
    if scope.cancelled_caught:
        raise TimeoutError


_UNRELATED_TO_TLS = (
    ssl.SSLCertVerificationError,
    socket.gaierror,
    UnicodeError,
    ConnectionRefusedError,
)


CertificateFault = Literal[
    "expired", "not yet valid", "self-signed", "unknown CA", "wrong name", "other"
]

_FAULTS: Final[dict[int, CertificateFault]] = {
    2: "unknown CA",
    9: "not yet valid",
    10: "expired",
    18: "self-signed",
    19: "unknown CA",
    20: "unknown CA",
    21: "unknown CA",
    62: "wrong name",
    64: "wrong name",
}
"""By the codes of OpenSSL's verification, X509_V_ERR_…"""

_CERTIFICATE_REMEDIES: Final[dict[CertificateFault, str]] = {
    "expired": "if this machine's clock is right, the gateway needs a new one",
    "not yet valid": "check this machine's clock",
    "self-signed": "if it is the gateway's own, give it as ca_file",
    "unknown CA": "its CA isn't trusted here; give that CA as ca_file",
    "wrong name": ("check the host's name, or give the one in the certificate as server_hostname"),
    "other": "a CA of your own is given as ca_file",
}


def certificate_fault(error: ssl.SSLCertVerificationError) -> CertificateFault:
    """Return what is wrong with a certificate."""
    return _FAULTS.get(error.verify_code, "other")


def _reason(error: Exception, timeout: float) -> str:  # noqa: PLR0911 - a table of causes
    """Return the cause and the remedy."""
    match error:
        case ssl.SSLCertVerificationError():
            remedy = _CERTIFICATE_REMEDIES[certificate_fault(error)]
            return f"the certificate doesn't verify: {error.verify_message or error}; {remedy}"
        case ssl.SSLError():
            return f"no TLS there: {getattr(error, 'reason', None) or error}"
        case socket.gaierror() | UnicodeError():
            return "the name doesn't resolve; check it and the network"
        case ConnectionRefusedError():
            return "nothing listens there; check host and port"
        case ConnectionResetError():
            return "it hung up at once; check that the account lists this address, and the port"
        case TimeoutError():
            return f"no answer in {timeout:.1f} s; check host, port and firewall"
        case _:
            return _words(error)


def _words(error: Exception) -> str:
    """Return the system's own words for an error, without its number; else those of Python."""
    is_of_system = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    words = os.strerror(error.errno) if is_of_system and error.errno else str(error)  # type: ignore[attr-defined]
    return words or type(error).__name__

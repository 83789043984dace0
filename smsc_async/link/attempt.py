"""One attempt to build a link: connect and bind, to each host in turn.

Rule: every host is tried once, unless one refuses the credentials: all hosts count refused binds
together, and block the address. The error of an attempt is the one that says most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pdu
from pdu import BindMode
from smsc_async.config import LONGEST_PASSWORD
from smsc_async.errors import BindRefusedError, ConnectFailedError, LinkError, LinkLostError
from smsc_async.link.connect import connect

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pdu import Bind
    from smsc_async.config import SmscConfig
    from smsc_async.link.connection import Link
    from smsc_async.link.connector import Connector
    from smsc_async.link.contract import LinkHandler, TrafficHandler

_BINDS: dict[BindMode, tuple[type[Bind], type[Bind]]] = {
    BindMode.TRANSMITTER: (pdu.BindTransmitter, pdu.LongPasswordBindTransmitter),
    BindMode.RECEIVER: (pdu.BindReceiver, pdu.LongPasswordBindReceiver),
    BindMode.TRANSCEIVER: (pdu.BindTransceiver, pdu.LongPasswordBindTransceiver),
}


async def connect_and_bind(
    config: SmscConfig,
    *,
    context: ssl.SSLContext | None,
    handler: LinkHandler,
    traffic: TrafficHandler,
    clock: Callable[[], float],
    connector: Connector | None = None,
) -> Link:
    """Return a bound link to the first host that takes one. Cancelling is safe.

    Raises:
        LinkError: The most specific error of all hosts.
    """
    errors: list[LinkError] = []
    for host in config.hosts:
        try:
            link = await connect(
                config,
                host,
                context=context,
                handler=handler,
                traffic=traffic,
                clock=clock,
                connector=connector,
            )
            await _bind(link, config)
        except LinkError as error:
            errors.append(error)
            if isinstance(error, BindRefusedError) and error.is_fatal:
                break
        else:
            return link
    raise _most_telling(errors)


async def _bind(link: Link, config: SmscConfig) -> None:
    """Bind; the socket is closed if that fails, before another one is opened."""
    try:
        await link.bind(_bind_request(config), config.system_id)
    except BaseException:
        link.abort()
        await link.wait_closed()
        raise


def _bind_request(config: SmscConfig) -> Bind:
    """Return the bind request of the config."""
    password = config.reveal_password()
    usual, long = _BINDS[config.mode]
    request = long if len(password) > LONGEST_PASSWORD else usual
    return request(
        system_id=config.system_id,
        password=password,
        system_type=config.system_type,
        interface_version=config.interface_version,
        addr_ton=config.addr_ton,
        addr_npi=config.addr_npi,
        address_range=config.address_range,
    )


def _most_telling(errors: list[LinkError]) -> LinkError:
    """Return the last refused bind, else the last lost link, else all failed connects in one."""
    refused = [error for error in errors if isinstance(error, BindRefusedError)]
    lost = [error for error in errors if isinstance(error, LinkLostError)]
    if refused or lost:
        return (refused or lost)[-1]
    if len(errors) == 1:
        return errors[0]
    failed = [error for error in errors if isinstance(error, ConnectFailedError)]
    hosts = tuple(host for error in failed for host in error.hosts)
    reasons = [str(error).removeprefix("no connection to ") for error in failed]
    joined = ConnectFailedError("; ".join(reasons), hosts=hosts)
    joined.__cause__ = failed[-1].__cause__
    return joined

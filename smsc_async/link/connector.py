"""Sockets connected before asyncio gets them: by the user's connector, or from a local address.

Rule: what is returned is a connected stream socket that doesn't block; every other socket that came
is closed. A connector's error is named by its type alone, since its text may hold credentials of a
proxy; the error itself is the cause.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import ssl
from errno import errorcode
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from smsc_async._config_checks import read_local_addr
from smsc_async.errors import ConnectFailedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smsc_async.config import Host

    Connector = Callable[[str, int], Awaitable[socket.socket]]

_ABANDONED: set[asyncio.Task[Any]] = set()
"""Cancelled calls of connectors that haven't ended yet: the event loop holds tasks weakly."""

_IN_USE: WeakSet[socket.socket] = WeakSet()
"""Sockets of connectors that are links now; asyncio would read one socket for two links."""


async def socket_of(connector: Connector, host: Host) -> socket.socket:
    """Return the socket of a connector. Cancelling is safe, and doesn't wait for the connector.

    Raises:
        ConnectFailedError: The connector raised, or returned anything but a connected socket.
    """
    task = asyncio.get_running_loop().create_task(_call(connector, host))
    try:
        # `wait`: a connector that ignores being cancelled mustn't outlast the timeout.
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        _ABANDONED.add(task)
        task.add_done_callback(_discard)
        raise
    try:
        result = task.result()
    except (asyncio.CancelledError, Exception) as error:
        raise _failed(host, f"the connector raised {_name_of(error)}") from error
    return _usable(result, host)


async def bound_socket(local_addr: str, host: Host) -> socket.socket:
    """Return a socket that is bound to a local address and connected. Cancelling is safe.

    Raises:
        ConnectFailedError: It can't be bound, or no address of the host is of its family.
        OSError: No connection, for the reason of the last address.
    """
    loop = asyncio.get_running_loop()
    name, port = read_local_addr(local_addr)
    try:
        own = await loop.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except socket.gaierror as error:
        raise _failed(host, _unbound(local_addr, error)) from error
    family, *_, address = own[0]
    found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    reason: Exception = _failed(
        host, f"local_addr {local_addr}: the host has no address of its family; use another"
    )
    for other, kind, protocol, _, target in found:
        if other == family:
            sock = socket.socket(family, kind, protocol)
            try:
                _bind(sock, address, local_addr, host)
                await loop.sock_connect(sock, target)
            except OSError as error:
                sock.close()
                reason = error
            except BaseException:
                sock.close()
                raise
            else:
                return sock
    raise reason


def _bind(sock: socket.socket, address: Any, local_addr: str, host: Host) -> None:  # noqa: ANN401 - a socket address
    """Bind a socket; a port of which a connection has just ended can be used again."""
    sock.settimeout(0.0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
    except OSError as error:
        raise _failed(host, _unbound(local_addr, error)) from error


def _unbound(local_addr: str, error: OSError) -> str:
    """Return why a local address can't be used."""
    cause = error.strerror or type(error).__name__
    return f"local_addr {local_addr} can't be bound: {cause}; use an address of this machine"


async def _call(connector: Connector, host: Host) -> object:
    """Call a connector, and await what it returns if it can be awaited."""
    result: object = connector(host.name, host.port)
    return await result if inspect.isawaitable(result) else _NotAwaitable(result)


class _NotAwaitable:
    """What a connector returned that isn't async."""

    def __init__(self, result: object) -> None:
        self.result = result


def _usable(result: object, host: Host) -> socket.socket:
    """Return what a connector returned, if it is a connected socket; otherwise close it."""
    reason = _fault_of(result)
    if reason or not isinstance(result, socket.socket):
        _close(result)
        raise _failed(host, f"the connector {reason}")
    if result in _IN_USE:  # not closed: it is another link's
        raise _failed(host, "the connector returned a socket that is in use; make a new one")
    _IN_USE.add(result)
    result.settimeout(0.0)
    return result


def _fault_of(result: object) -> str:
    """Return why the result of a connector can't be used; empty if it can."""
    if isinstance(result, _NotAwaitable):
        return f"returned a {type(result.result).__name__} at once; it has to be an async function"
    if not isinstance(result, socket.socket):
        return f"returned a {type(result).__name__}; it has to return a connected socket.socket"
    if isinstance(result, ssl.SSLSocket):
        return "returned a socket with TLS; TLS is added by the client, with smpps:// or smsc://"
    try:
        result.getpeername()
    except OSError:
        return "returned a socket that isn't connected"
    if result.type != socket.SOCK_STREAM:
        return "returned a socket that isn't a stream socket"
    return ""


def _close(result: object) -> None:
    """Close what a connector returned, if that is a socket."""
    result = result.result if isinstance(result, _NotAwaitable) else result
    if isinstance(result, socket.socket):
        result.close()


def _discard(task: asyncio.Task[Any]) -> None:
    """Close the socket of a connector that was cancelled and returned it all the same."""
    _ABANDONED.discard(task)
    # Asked for, so that asyncio doesn't log it as an error that nothing handled.
    if not task.cancelled() and task.exception() is None:
        _close(task.result())


def _name_of(error: BaseException) -> str:
    """Return the type of an error, and what the operating system says to its number."""
    name = type(error).__name__
    number = error.errno if isinstance(error, OSError) else None
    return f"{name} ({os.strerror(number)})" if number and number in errorcode else name


def _failed(host: Host, reason: str) -> ConnectFailedError:
    """Return the error of a failed connect."""
    return ConnectFailedError(reason, hosts=(str(host),))

"""A UNIX socket that is reached only by those whom its mode admits, from its first moment on."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress


def bind_unix(path: str, mode: int) -> socket.socket:
    """Bind a UNIX socket; the caller listens at it.

    The socket of a program that has ended is replaced, any other file stays.

    Args:
        path: Where it is; at most about 100 octets (unix(7)).
        mode: Permissions of the file, 0o600 for this user alone.

    Raises:
        OSError: A program listens there, another kind of file is there, or it can't be made.
    """
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(path)
        # Before `listen`, so that no client connects by the mode that the umask gives.
        os.chmod(path, mode)  # noqa: PTH101 - a path is text here, as sockets take it
    except OSError:
        bound.close()
        raise
    return bound


def remove_unix(path: str) -> None:
    """Remove a socket that is closed."""
    with suppress(FileNotFoundError):  # asyncio does it by itself from Python 3.13 on
        os.unlink(path)  # noqa: PTH108 - as above


def _remove_stale(path: str) -> None:
    """Remove a socket at which no program listens."""
    try:
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if is_socket:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(0)
            if probe.connect_ex(path) == errno.ECONNREFUSED:
                os.unlink(path)  # noqa: PTH108 - as above

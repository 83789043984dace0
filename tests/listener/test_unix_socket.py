"""UNIX sockets: who may connect, and what may be replaced."""

from __future__ import annotations

import socket
import stat
from typing import TYPE_CHECKING

import pytest

from smsc_async.listener.unix_socket import bind_unix, remove_unix

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_socket_has_its_mode_before_it_is_served(tmp_path: Path, mode: int) -> None:
    """No client may slip in by the mode that the umask gives: it is refused until `listen`."""
    path = tmp_path / "smsc.sock"
    with bind_unix(str(path), mode), socket.socket(socket.AF_UNIX) as client:
        assert mode == stat.S_IMODE(path.stat().st_mode)
        with pytest.raises(ConnectionRefusedError):
            client.connect(str(path))


def test_socket_of_a_program_that_has_ended_is_replaced(tmp_path: Path) -> None:
    """A killed process removes nothing."""
    path = str(tmp_path / "smsc.sock")
    bind_unix(path, 0o600).close()

    bind_unix(path, 0o600).close()


def test_socket_that_is_served_stays(tmp_path: Path) -> None:
    """Two proxies at one address would share the clients by chance."""
    path = str(tmp_path / "smsc.sock")
    with bind_unix(path, 0o600) as served, socket.socket(socket.AF_UNIX) as client:
        served.listen()
        with pytest.raises(OSError, match="in use"):
            bind_unix(path, 0o600)

        client.connect(path)


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_what_is_no_socket_stays(tmp_path: Path, kind: str) -> None:
    """A wrong path must not cost a file; a link would lead to another one."""
    path, other = tmp_path / "smsc.sock", tmp_path / "other"
    bind_unix(str(other), 0o600).close()
    if kind == "file":
        path.write_text("text")
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to(other)
    with pytest.raises(OSError, match="in use"):
        bind_unix(str(path), 0o600)

    assert path.exists()
    assert other.exists()


def test_removing_twice_does_no_harm(tmp_path: Path) -> None:
    """Asyncio removes it too, from Python 3.13 on."""
    path = tmp_path / "smsc.sock"
    bind_unix(str(path), 0o600).close()
    remove_unix(str(path))
    remove_unix(str(path))

    assert not path.exists()

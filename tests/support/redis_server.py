"""A real Redis, started for the tests and ended with them.

Rule: it listens on loopback alone, keeps nothing on disk, and only the process that was started
here is stopped, frozen or killed. Where redis-server isn't installed its tests are skipped and say
so, except where CI or REQUIRE_COUNTERPARTS says that nothing may be skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing

import pytest

PATIENCE = 120  # seconds for a server that should be there at once


def need_redis_server() -> str:
    """Return the path of redis-server, or give the test up."""
    path = shutil.which("redis-server") or shutil.which("valkey-server")
    if path is not None:
        return path
    reason = "redis-server isn't installed: apt install redis-server"
    if os.environ.get("CI") or os.environ.get("REQUIRE_COUNTERPARTS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(f"!!! {reason}; what several workers share is NOT TESTED")


def free_port() -> int:
    """Return an unused port of loopback."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RedisServer:
    """A server on a port of its own, which it keeps when it is started again."""

    def __init__(self) -> None:
        self._path = need_redis_server()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--logfile", ""]
        self._process = subprocess.Popen(  # noqa: S603 - a fixed list of arguments
            [self._path, "--port", str(self.port), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up_at = time.monotonic() + PATIENCE
        while not self._is_there():
            if time.monotonic() > give_up_at or self._process.poll() is not None:
                pytest.fail("redis-server didn't start", pytrace=False)
            time.sleep(0.01)

    def _is_there(self) -> bool:
        """Tell whether it takes connections."""
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def freeze(self) -> None:
        """Stop it in its tracks: connections stay, nothing is answered."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, with all that it remembers."""
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(PATIENCE)
        self._process = None

    def _send(self, number: signal.Signals) -> None:
        """Send a signal to the process that was started here."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

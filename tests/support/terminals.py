"""A command that runs in a terminal of its own, as under a shell.

Rule: a test presses keys, reads what is shown, and sees the settings of the terminal. Nothing of
this works on Windows.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

_SHELL = """
import fcntl, os, signal, subprocess, sys, termios

os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
job = subprocess.Popen(sys.argv[1:], process_group=0)
print("job", job.pid, flush=True)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
while True:
    if not os.environ["JOB"]:
        os.tcsetpgrp(0, job.pid)
    os.kill(job.pid, signal.SIGCONT)
    _, status = os.waitpid(job.pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        print("ended", os.waitstatus_to_exitcode(status), flush=True)
        break
    print("stopped", flush=True)
    sys.stdin.readline()
"""
"""Runs a job as a shell does: a process group of its own, `fg` after a line."""

_SMSC = "import sys; from smsc_async.cli import main; sys.exit(main(sys.argv[1:]))"
_ECHO = 3
_SECONDS = 15


class Terminal:
    """`smsc` with arguments, in a terminal.

    with Terminal("sim", "--port", "0") as terminal:
        shown = terminal.read_until("Try it")

    Args:
        arguments: Of `smsc`.
        is_background: Run it as `smsc … &` does.
        is_piped: Run it as `smsc … | cat` does.
        wrapper: A program of Python that runs `smsc` in its own way.

    Attributes:
        job: Id of the process.
    """

    def __init__(
        self,
        *arguments: str,
        is_background: bool = False,
        is_piped: bool = False,
        wrapper: str = _SMSC,
    ) -> None:
        self._main, end = pty.openpty()
        self._shown = ""
        environment = {
            **os.environ,
            "PYTHONASYNCIODEBUG": "",
            "PYTHONIOENCODING": "utf-8",
            "TERM": "xterm",
            "COLUMNS": "100",
            "JOB": "&" if is_background else "",
        }
        command = [sys.executable, "-c", wrapper, *arguments]
        if is_piped:
            command = ["/bin/sh", "-c", 'exec "$@" | cat', "sh", *command]
        self._shell = subprocess.Popen(  # noqa: S603 - a fixed list of arguments
            [sys.executable, "-c", _SHELL, *command],
            stdin=end,
            stdout=end,
            stderr=end,
            env=environment,
        )
        os.close(end)

    def __enter__(self) -> Self:
        self.job = int(self.read_until("job [0-9]+\n").split()[-1])
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Hangs up: the kernel sends SIGHUP to what still runs there.
        os.close(self._main)
        try:
            self._shell.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._shell.kill()
            self._shell.wait()

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._main, keys.encode())

    def read_until(self, pattern: str) -> str:
        """Return what is shown up to a match of *pattern*, without colours, and forget it."""
        deadline = monotonic() + _SECONDS
        while not (found := re.search(pattern, self._shown)):
            ready, _, _ = select.select([self._main], [], [], max(0, deadline - monotonic()))
            assert ready, f"no {pattern!r} in {self._shown!r}"
            octets = os.read(self._main, 65_536)
            self._shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", octets.decode()).replace("\r", "")
        shown, self._shown = self._shown[: found.end()], self._shown[found.end() :]
        return shown

    @property
    def is_echoing(self) -> bool:
        """Whether it shows what is typed, line by line, as for a shell."""
        flags = termios.tcgetattr(self._main)[_ECHO]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = monotonic() + _SECONDS
        while not is_so():
            assert monotonic() < deadline
            sleep(0.01)

    def send(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.job, number)

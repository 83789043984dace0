"""Run a program until it ends or hangs, however busy the machine is.

Rule: a program hangs when none of its processes has used any processor time for a while. Its
processes are its descendants and whatever is in its session, orphans included.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROC = Path("/proc")
QUIET = 60.0
"""Seconds without processor time after which a program counts as hung."""
LONGEST = 3600.0
"""Seconds a program may take where there is no /proc."""

_stopped = threading.Event()


class StoppedError(Exception):
    """`stop` was called: a program was killed, or not started."""


def processor_time(leader: int) -> dict[int, int]:
    """Return the processor time of each process of a session leader's program, in clock ticks.

    Empty where there is no /proc. See proc_pid_stat(5).
    """
    parents, sessions, ticks = {}, {}, {}
    for entry in PROC.glob("[0-9]*/stat"):
        try:
            line = entry.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended
            continue
        pid = int(entry.parent.name)
        # After the name, which may have any characters: state, parent, group, session.
        fields = line.rpartition(")")[2].split()
        parents[pid], sessions[pid] = int(fields[1]), int(fields[3])
        ticks[pid] = int(fields[11]) + int(fields[12])
    found = {pid for pid in ticks if leader in {pid, sessions[pid]}}
    while more := {pid for pid in ticks.keys() - found if parents[pid] in found}:
        found |= more
    return {pid: ticks[pid] for pid in found}


def kill(leader: int) -> None:
    """Kill all processes of a session leader's program."""
    others = processor_time(leader).keys() - {leader}
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    for pid in others:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def stop() -> None:
    """Kill all programs that run, within a second, and start no other.

    Ctrl+C doesn't reach programs in sessions of their own. Safe in a signal handler.
    """
    _stopped.set()


def check_stopped() -> None:
    """Raise if `stop` was called.

    Raises:
        StoppedError: It was.
    """
    if _stopped.is_set():
        raise StoppedError


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], quiet: float = QUIET
) -> tuple[int | None, str]:
    """Run a program in a session of its own.

    Args:
        command: The program and its arguments.
        cwd: Its working directory.
        env: Its environment.
        quiet: Seconds without processor time after which it is killed.

    Returns:
        Its exit code, None if it hung, and its output.

    Raises:
        StoppedError: `stop` was called, before or meanwhile.
    """
    check_stopped()
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=printed, stderr=printed, start_new_session=True
        )
        try:
            has_ended = _wait(process, quiet)
        finally:
            if process.poll() is None:
                kill(process.pid)
                process.wait()
        printed.seek(0)
        said = printed.read().decode("utf-8", errors="replace")
    return (process.returncode if has_ended else None), said


def _wait(process: subprocess.Popen[bytes], quiet: float) -> bool:
    """Wait until a program has ended; return False if it hangs."""
    used = processor_time(process.pid)
    patience = quiet if used else LONGEST
    since = time.monotonic()
    while True:
        try:
            process.wait(min(1.0, quiet / 4))
        except subprocess.TimeoutExpired:
            check_stopped()
            now_used = processor_time(process.pid)
            if now_used != used:
                used, since = now_used, time.monotonic()
            elif time.monotonic() - since > patience:
                return False
        else:
            return True

"""The sink as a child process, compiled when its source has changed. It ends with its parent.

Rule: nothing here is measured. If the sink can't be compiled or started, that is an error; there is
no slower substitute.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).with_name("sink.c")
CACHE = SOURCE.parent.parent / ".cache"
PROGRAM = CACHE / "sink"
LIFE = 900  # seconds; a run that takes longer has hung


class SinkError(Exception):
    """The sink couldn't be compiled or started."""


class Sink:
    """A running sink.

    Args:
        process: Its process.
        port: Its port on 127.0.0.1.
    """

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.counted: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Return the URL for our client."""
        return f"smpp://bench:secret@127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop the sink and return what it counted."""
        said, _ = self._process.communicate(timeout=5)  # closes standard input, which ends it
        self.counted = json.loads(said or "{}")


def compile_sink() -> Path:
    """Return the path of the program; compile it if its source is newer.

    Raises:
        SinkError: There is no C compiler, or it failed and has printed the reason.
    """
    if PROGRAM.exists() and PROGRAM.stat().st_mtime > SOURCE.stat().st_mtime:
        return PROGRAM
    compiler = shutil.which("cc")
    if compiler is None:
        raise SinkError("the benchmarks need a C compiler named cc (Debian: apt install gcc)")
    PROGRAM.parent.mkdir(exist_ok=True)
    new = PROGRAM.with_suffix(f".{os.getpid()}")
    if subprocess.run([compiler, "-O2", "-o", new, SOURCE], check=False).returncode:
        raise SinkError("cc couldn't compile benchmarks/sink.c; the reason is above")
    new.replace(PROGRAM)
    return PROGRAM


@contextmanager
def sink(
    *,
    delay_ms: float = 0,
    receipts: bool = False,
    push: int = 0,
    ahead: int = 100,
    throttle: int = 0,
) -> Iterator[Sink]:
    """Run a sink until the end of the block.

    Args:
        delay_ms: Time from a submit_sm to its response.
        receipts: Send a receipt after each response.
        push: Number of receipts of unknown messages to send after a bind.
        ahead: How many of these may await their response.
        throttle: Number of first submit_sm that are refused at once, after the last of them.

    Raises:
        SinkError: The sink doesn't compile or start.
    """
    options: dict[str, Any] = {"--delay": delay_ms, "--push": push, "--ahead": ahead}
    options["--throttle"] = throttle
    command = [str(compile_sink()), "--life", str(LIFE)]
    command += [str(word) for option in options.items() for word in option]
    command += ["--receipts"] if receipts else []
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    if not port.isdigit():
        process.kill()
        raise SinkError("the sink doesn't start")
    running = Sink(process, int(port))
    try:
        yield running
    finally:
        running.stop()

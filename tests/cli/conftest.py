"""The command line in this process: an environment that says nothing, and what came out of it."""

from __future__ import annotations

import io
import signal
import sys
import threading
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli import main
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsc_async.simulator import HostedSimulator

SAYING = (
    "SMSC_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "SMSC_URL", "NO_COLOR", "FORCE_COLOR",
    "CLICOLOR_FORCE", "TTY_COMPATIBLE",
)  # fmt: skip


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own environment, and 80 columns."""
    for name in SAYING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def smsc(
    quiet: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., CompletedProcess[str]]:
    """Run `smsc` in this process, as fast as a function call."""
    del quiet

    def run(*arguments: str, stdin: bytes = b"") -> CompletedProcess[str]:
        """Call `main` and collect what it said."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(arguments)
        said = capsys.readouterr()
        return CompletedProcess(arguments, code, said.out, said.err)

    return run


@pytest.fixture
def gateway() -> Iterator[HostedSimulator]:
    """Run the gateway on a thread of its own; the command has its own loop."""
    with Simulator(Scenario(receipt_delay=0.01)).in_thread() as simulator:
        yield simulator


@pytest.fixture
def nobody() -> str:
    """Return a URL at which nobody listens any more."""
    with Simulator().in_thread() as simulator:
        return simulator.url


@pytest.fixture
def interrupted(smsc: Callable[..., CompletedProcess[str]]) -> Callable[..., CompletedProcess[str]]:
    """Run `smsc` and press Ctrl-C as soon as something has come true."""

    def run(*arguments: str, after: Callable[[], object]) -> CompletedProcess[str]:
        """Call `main` while another thread waits for *after* to return."""
        is_over = threading.Event()

        def press() -> None:
            """Be Ctrl-C, also where *after* fails: nothing else ends some commands."""
            try:
                after()
            finally:
                if not is_over.is_set():
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        pressing = threading.Thread(target=press)
        pressing.start()
        try:
            return smsc(*arguments)
        finally:
            is_over.set()
            pressing.join()

    return run

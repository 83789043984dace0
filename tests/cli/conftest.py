"""Fixtures that run the command line in this process, without the developer's environment."""

from __future__ import annotations

import io
import signal
import sys
import threading
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest
from russian_texts import untranslated

from smsc_async.cli import main
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsc_async.simulator import HostedSimulator

VARIABLES = (
    "SMSC_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "SMSC_URL", "SMSC_LOGIN",
    "SMSC_PASSWORD", "SMSC_PASSWORD_FILE", "NO_COLOR", "FORCE_COLOR",
    "CLICOLOR_FORCE", "TTY_COMPATIBLE",
)  # fmt: skip


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the developer's own variables, and with 80 columns."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def smsc(
    quiet: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., CompletedProcess[str]]:
    """Return a function that runs `smsc` in this process.

    Whatever the language of a run is, all that it shows must have a Russian text.
    """
    del quiet
    missing = untranslated(monkeypatch)

    def run(*arguments: str, stdin: bytes = b"") -> CompletedProcess[str]:
        """Call `main` and capture its output."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(arguments)
        output = capsys.readouterr()
        assert [] == missing
        return CompletedProcess(arguments, code, output.out, output.err)

    return run


@pytest.fixture
def gateway() -> Iterator[HostedSimulator]:
    """Run the simulator on its own thread; the command has its own event loop."""
    with Simulator(Scenario(receipt_delay=0.01)).in_thread() as simulator:
        yield simulator


@pytest.fixture
def unreachable() -> str:
    """Return the URL of a server that is closed."""
    with Simulator().in_thread() as simulator:
        return simulator.url


@pytest.fixture
def interrupted(smsc: Callable[..., CompletedProcess[str]]) -> Callable[..., CompletedProcess[str]]:
    """Return a function that runs `smsc` and interrupts it after an event."""

    def run(*arguments: str, after: Callable[[], object]) -> CompletedProcess[str]:
        """Call `main`; another thread sends SIGINT when *after* returns."""
        is_over = threading.Event()

        def press() -> None:
            """Send SIGINT, also if *after* fails: nothing else ends some commands."""
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

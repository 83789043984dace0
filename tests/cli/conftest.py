"""The command line in this process: an environment that says nothing, and what came out of it."""

from __future__ import annotations

import io
import sys
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

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

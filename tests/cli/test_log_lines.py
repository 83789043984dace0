"""Log lines on standard error: `-v` and `-vv`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli.log_lines import log_to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from smsc_async.simulator import HostedSimulator

    Smsc = Callable[..., CompletedProcess[str]]

SEND = ("send", "79991234567", "secret words")


@pytest.fixture(autouse=True)
def _silent_afterwards() -> Iterator[None]:
    """Remove the handler."""
    yield
    log_to_stderr(0)


@pytest.mark.parametrize(
    ("options", "events", "pdus"),
    [
        ((), False, False),
        (("-v",), True, False),
        (("--verbose",), True, False),
        (("-vv",), True, True),
        (("-v", "-v"), True, True),
        (("-vv", "-v"), True, True),
    ],
)
def test_log_lines_go_to_standard_error(
    smsc: Smsc, gateway: HostedSimulator, options: tuple[str, ...], events: bool, pdus: bool  # noqa: FBT001 - parameters
) -> None:  # fmt: skip
    """INFO has the events of the link, DEBUG the PDUs; none has a secret."""
    url = gateway.url.replace("://", "://", 1)
    done = smsc(*SEND, "--url", url, *options)

    assert 0 == done.returncode
    assert events == ("INFO    smsc_async = LinkBound" in done.stderr)
    assert pdus == ("DEBUG   smsc_async.wire > " in done.stderr)
    assert "LinkBound" not in done.stdout
    assert "secret" not in done.stderr
    assert "79991234567" not in done.stderr


@pytest.mark.parametrize("at", [0, 1, 3])
def test_option_is_taken_at_any_place(smsc: Smsc, gateway: HostedSimulator, at: int) -> None:
    """As the other options of all commands."""
    words = [*SEND, "--url", gateway.url]
    words.insert(at, "-v")

    assert "LinkBound" in smsc(*words).stderr


def test_json_is_not_disturbed(smsc: Smsc, gateway: HostedSimulator) -> None:
    """Standard output stays one object a line."""
    done = smsc(*SEND, "--url", gateway.url, "--json", "-vv")

    assert done.stdout.startswith("{")
    assert 1 == len(done.stdout.splitlines())


def test_line_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A peer may have written what is logged."""
    log_to_stderr(1)
    logging.getLogger("smsc_async").info("= %s", "one\n\x1b[2Jtwo")
    shown = capsys.readouterr().err

    assert shown.endswith("= one\\n\\x1b[2Jtwo\n")

"""Keys of `smsc sim` in a real terminal, which is as it was before whatever ends the command."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smsc_async import Sms, SmscClient

pytest.importorskip("termios")

from terminals import Terminal

from smsc_async.cli.terminal_keys import KeyReader

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.takes_up_to(20, reason="processes are started")

SIM = ("sim", "--port", "0", "--delay", "1h")
TO = "79991234567"
RAISING = """
import signal, sys
from smsc_async.cli import main

def fail(*_):
    raise RuntimeError("a bug")

signal.signal(signal.SIGUSR1, fail)
sys.exit(main(sys.argv[1:]))
"""
"""Runs `smsc` with a bug that a signal brings out."""


def url_of(terminal: Terminal) -> str:
    """Return the address, after the header is shown."""
    url = terminal.read_until(r"smpp://\S+\n").split()[-1]
    terminal.read_until("parts  text|части  текст")
    return url


@pytest.mark.parametrize(
    ("language", "decided", "later"),
    [
        ("en", "m-1 to 7999***67: not delivered, error 6", "receipt acknowledged"),
        ("ru", "m-1 на 7999***67: не доставлено, ошибка 6", "клиент подтвердил отчёт"),
    ],
)
async def test_key_decides_while_a_program_waits(language: str, decided: str, later: str) -> None:
    """One key, without Enter, and what is typed isn't echoed between the lines."""
    with Terminal(*SIM, "--lang", language) as terminal:
        async with SmscClient(url_of(terminal)) as smsc:
            sent = await smsc.send(Sms(to=TO, text="Code: 482193"))
            await asyncio.to_thread(terminal.read_until, "482193\n")
            terminal.press("2")
            receipt = await sent.receipt(timeout=10)
            shown = await asyncio.to_thread(terminal.read_until, later)
        terminal.press("q")
        terminal.read_until("ended 0\n")

    assert shown.startswith(f"> {decided}\n")
    assert 6 == receipt.error_code


def test_russian_letters_and_function_keys_are_read() -> None:
    """In UTF-8 a letter is two octets, a function key a sequence that begins with ESC."""
    with Terminal(*SIM) as terminal:
        url_of(terminal)
        terminal.press("р")
        terminal.read_until("> receipts of new messages are held until r\n")
        terminal.press("\x1bOP")
        terminal.read_until("Keys 1 to 6 decide")
        terminal.press("\x1b[A\x1b[15~\x1b[1;5Dе")
        shown = terminal.read_until("by 61 s in all\n")
        terminal.press("й")
        terminal.read_until("ended 0\n")

    assert 1 == shown.count("> ")


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda terminal: terminal.press("\x03"), 0),
        (lambda terminal: terminal.send(signal.SIGTERM), 0),
        (lambda terminal: terminal.send(signal.SIGUSR1), 4),
    ],
    ids=["Ctrl-C", "SIGTERM", "exception"],
)
def test_terminal_is_given_back(end: Callable[[Terminal], None], code: int) -> None:
    """Otherwise the shell shows nothing of what is typed."""
    with Terminal(*SIM, wrapper=RAISING) as terminal:
        url_of(terminal)
        assert not terminal.is_echoing
        end(terminal)
        terminal.read_until(f"ended {code}\n")

        assert terminal.is_echoing


def test_stopped_by_ctrl_z_and_continued() -> None:
    """The shell gets its terminal back, and `fg` the keys."""
    with Terminal(*SIM) as terminal:
        url_of(terminal)
        terminal.press("\x1a")
        terminal.read_until("stopped\n")
        assert terminal.is_echoing
        terminal.press("\n")
        terminal.wait_for(lambda: not terminal.is_echoing)
        terminal.press("t")
        terminal.read_until("by 61 s in all\n")
        terminal.press("q")
        terminal.read_until("ended 0\n")

        assert terminal.is_echoing


def test_in_the_background_the_terminal_is_the_shells() -> None:
    """`smsc sim &`: who reads there, or changes its settings, is stopped."""
    with Terminal(*SIM, is_background=True) as terminal:
        url_of(terminal)
        assert terminal.is_echoing
        terminal.press("q")
        terminal.send(signal.SIGTERM)
        shown = terminal.read_until("ended 0\n")

    assert "stopped" not in shown


@pytest.mark.parametrize("options", [("--json",), ()], ids=["--json", "pipe"])
def test_without_a_terminal_there_are_no_keys(options: tuple[str, ...]) -> None:
    """Programs read JSON, and a pipe has no keys."""
    with Terminal(*SIM, *options, is_piped=not options) as terminal:
        terminal.read_until(r"smpp://.+\n")

        assert terminal.is_echoing


def test_scenario_may_be_typed_before_keys() -> None:
    """Ctrl-D ends it, and the keys follow."""
    with Terminal(*SIM, "--scenario", "-") as terminal:
        terminal.press('hold = "receipt"\n\x04')
        url_of(terminal)
        terminal.press("h")
        terminal.read_until("> new messages aren't held")
        terminal.press("q")
        terminal.read_until("ended 0\n")


@pytest.mark.parametrize(
    ("reads", "keys"),
    [
        (["\x1b", "OH"], ["\x1bOH"]),
        (["\x1bO", "H"], ["\x1bOH"]),
        (["\x1b[", "1;", "5D", "h"], ["\x1b[1;5D", "h"]),
        (["\x1b", "OP"], ["F1"]),
        (["\x1b[[", "A"], ["F1"]),
        (["\x1b[?1;", "2c"], ["\x1b[?1;2c"]),
        (["\x1b[<0;1;2", "M1"], ["\x1b[<0;1;2M", "1"]),
        (["1\x1b", "h"], ["1", "\x1b", "h"]),
        (["\x1b", "\x1b", "[A"], ["\x1b", "\x1b[A"]),
        (["h", "q"], ["h", "q"]),
    ],
    ids=repr,
)
def test_sequence_in_two_reads_is_one_key(
    monkeypatch: pytest.MonkeyPatch, reads: list[str], keys: list[str]
) -> None:
    """Its end isn't a letter that was pressed: Home would hold responses."""
    with Path(os.devnull).open(encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        reader = KeyReader()

    assert keys == [key for text in reads for key in reader._split(text)]

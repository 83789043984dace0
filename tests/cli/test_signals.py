"""SIGTERM ends every command as Ctrl-C does: with a word, and the outcome of its messages."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from smsc_async.cli import main
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to send"),
    pytest.mark.takes_up_to(20, reason="a process is started"),
]
IGNORING_SIGINT = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Runs a command as a shell script runs a background job."""
SEND = ("send", "79991234567", "secret words")


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """Run `smsc` in a new process that ignores SIGINT."""
    process = await asyncio.create_subprocess_exec(
        *(*IGNORING_SIGINT, sys.executable, "-m", "smsc_async", *arguments),
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONASYNCIODEBUG": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def terminated(process: Process) -> tuple[int | None, str, str]:
    """Send SIGTERM; return exit code and output."""
    process.send_signal(signal.SIGTERM)
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_message_whose_response_comes_is_accepted() -> None:
    """It was on its way: a moment later its outcome is known, and it isn't left open."""
    async with (
        Simulator(Scenario(response_delay=0.5, receipts=False)) as gateway,
        started(*SEND, "--url", gateway.url) as process,
    ):
        await gateway.wait_for_message(timeout=300)
        code, _, errors = await terminated(process)
        message_id = gateway.messages[0].message_id

    assert 130 == code
    assert "interrupted" in errors
    assert f"yes: accepted as {message_id}" in errors
    assert f"smsc query {message_id}\n" in errors


async def test_message_that_was_not_written_is_not_sent() -> None:
    """It waits because the gateway limits the rate: nothing of it is there, and none follows."""
    async with (
        Simulator(Scenario(submit_status=0x58)) as gateway,
        started(*SEND, "--url", gateway.url) as process,
    ):
        while not gateway.stats.refused:  # noqa: ASYNC110 - the simulator reports no refusal
            await asyncio.sleep(0.01)
        code, _, errors = await terminated(process)

    assert 130 == code
    assert "the gateway limits the rate; it goes on at" in errors
    assert "interrupted; the gateway limited the rate" in errors
    assert "no: nothing was sent" in errors


async def test_receipt_is_not_waited_for() -> None:
    """The message is accepted; that is said with its id."""
    async with (
        Simulator(Scenario(receipts=False)) as gateway,
        started(*SEND, "--url", gateway.url) as process,
    ):
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(b"accepted")
        code, _, errors = await terminated(process)

    assert 130 == code
    assert "yes: accepted as" in errors


async def test_log_of_receipts_ends_with_its_summary() -> None:
    """As after Ctrl-C, its intended end."""
    async with Simulator() as gateway, started("tail", "--url", gateway.url) as process:
        assert process.stdout is not None
        while not (await process.stdout.readline()).startswith(b"time"):
            pass
        code, output, errors = await terminated(process)

    assert (0, "") == (code, errors)
    assert "0 receipts, 0 messages in" in output


async def test_measurement_says_how_many_were_accepted() -> None:
    """The figures up to then aren't lost."""
    async with (
        Simulator(Scenario(response_delay=0.05, receipts=False)) as gateway,
        started("bench", gateway.url, "--windows", "1", "--messages", "1000") as process,
    ):
        await gateway.wait_for_message(timeout=300)
        code, output, errors = await terminated(process)

    assert 130 == code
    assert "Stopped early; accepted so far: " in output
    assert "interrupted" in errors


class Interrupting(io.RawIOBase):
    """Standard input that gets SIGTERM in place of octets."""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, _buffer: object) -> int:
        """Receive the signal."""
        signal.raise_signal(signal.SIGTERM)
        return 0


def test_command_that_reads_its_input_is_ended_with_a_word(
    quiet: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no event loop yet."""
    del quiet
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Interrupting())))
    code = main(["plan", "-"])
    shown = capsys.readouterr()

    assert (130, "") == (code, shown.out)
    assert "interrupted" in shown.err

"""The example in docs/en/outbox.md works as it is, in both languages."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from smsc_async import MessageState, Sms
from smsc_async.outbox import Outbox

DOCS = Path(__file__).parents[2] / "docs"


def blocks(name: str, language: str) -> list[str]:
    """Return the blocks of code on a page."""
    page = (DOCS / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_example_runs_as_it_stands(tmp_path: Path) -> None:
    """A newcomer pastes it into a file and expects no warning."""
    code, _ = blocks("en/outbox.md", "python")
    ran = subprocess.run(  # noqa: S603 - the document's own example
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},  # its log of slow callbacks goes to stderr
    )

    assert (0, "") == (ran.returncode, ran.stderr)
    assert 1 == ran.stdout.count("ACCEPTED")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to handle")
@pytest.mark.takes_up_to(15, reason="a process is started")
async def test_service_stores_receipts_and_stops_at_sigterm(tmp_path: Path) -> None:
    """Its receipts are answered once they are stored; SIGTERM isn't an error."""
    _, code = blocks("en/outbox.md", "python")
    async with Outbox(tmp_path / "outbox.db") as outbox:
        entry = await outbox.put(Sms(to="79991234567", text="hi"))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", code),
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONASYNCIODEBUG": ""},
        )
        try:
            async with asyncio.timeout(60):
                while (now := await outbox.get(entry)) is None or now.receipt is None:  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.05)
        finally:
            process.terminate()
            _, errors = await process.communicate()

    assert (0, "") == (process.returncode, errors.decode())
    assert MessageState.DELIVERED is now.receipt


@pytest.mark.parametrize("language", ["python", "sh"])
def test_both_languages_show_the_same_code(language: str) -> None:
    """The Russian page must not fall behind the English one."""
    assert blocks("en/outbox.md", language) == blocks("ru/outbox.md", language)

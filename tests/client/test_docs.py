"""The code of the pages on timeouts runs, and both languages have the same settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from smsc_async._config_url import PARAMETERS

DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, RUSSIAN = (
    (DOCS / name).read_text("utf-8") for name in ("en/timeouts.md", "ru/timeouts.md")
)
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
SETTING = re.compile(r"`(\w+_timeout|reconnect_\w+)`")


@pytest.mark.parametrize("block", BLOCK.findall(ENGLISH), ids=["send", "reconnect"])
def test_block_of_the_page_runs(block: str) -> None:
    """Copied by a reader, it works; a warning is a failure, too."""
    run = [sys.executable, "-W", "error", "-c", block]
    done = subprocess.run(  # noqa: S603 - our own page
        run,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},  # its log of slow callbacks goes to stderr
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_both_languages_have_the_same_code_and_settings() -> None:
    """And every setting they name exists."""
    assert BLOCK.findall(ENGLISH) == BLOCK.findall(RUSSIAN)
    assert set(SETTING.findall(ENGLISH)) == set(SETTING.findall(RUSSIAN)) <= set(PARAMETERS)

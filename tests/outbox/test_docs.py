"""The example in docs/en/outbox.md works as it is, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def blocks(name: str, language: str) -> list[str]:
    """Return the blocks of code on a page."""
    page = (DOCS / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_example_runs_as_it_stands(tmp_path: Path) -> None:
    """A newcomer pastes it into a file and expects no warning."""
    (code,) = blocks("en/outbox.md", "python")
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


@pytest.mark.parametrize("language", ["python", "sh"])
def test_both_languages_show_the_same_code(language: str) -> None:
    """The Russian page must not fall behind the English one."""
    assert blocks("en/outbox.md", language) == blocks("ru/outbox.md", language)

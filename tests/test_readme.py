"""The code blocks of the READMEs work, and both languages have the same ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.ru.md")

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks of one README, in order."""
    found = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    return [code for tag, code in found if tag == language]


def headline(code: str) -> str:
    """Name a block by what it calls, for the test's name."""
    calls = re.findall(r"smsc\.(\w+)\(|(Simulator)\(|(explain)\(", code)
    return "-".join(sorted({name for call in calls for name in call if name}))


@pytest.mark.parametrize("code", blocks("README.md", "python"), ids=headline)
def test_python_blocks_run_as_they_stand(code: str) -> None:
    """A reader pastes them into a file; a warning is a failure too."""
    ran = subprocess.run(  # noqa: S603 - the README's own code
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        # asyncio's debug mode reports slow steps on a busy machine.
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )

    assert (0, "") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("language", ["python"])
def test_both_languages_show_the_same_code(language: str) -> None:
    """The Russian README must not fall behind the English one."""
    english, russian = (blocks(name, language) for name in READMES)

    assert english == russian
    assert english


def test_both_languages_show_the_same_commands() -> None:
    """Comments are translated, commands aren't."""

    def commands(name: str) -> list[str]:
        lines = "\n".join(blocks(name, "sh")).splitlines()
        return [line.partition("#")[0].rstrip() for line in lines]

    english, russian = (commands(name) for name in READMES)

    assert english == russian
    assert english

"""The code of the pages on the simulator runs, and both languages say the same.

Rule: a block of Python on these pages is a complete file of tests, so it is run as one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("en", "ru")
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(language: str, name: str) -> str:
    """Return the text of a page."""
    return (DOCS / language / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.takes_up_to(30, reason="a process runs the tests of a page")
@pytest.mark.parametrize("name", ["testing", "magic-numbers", "scenarios"])
def test_blocks_of_a_page_pass_as_tests(name: str, tmp_path: Path) -> None:
    """Copied into a file by a reader, each passes; a warning is a failure, too."""
    blocks = PYTHON.findall(page("en", name))
    for number, block in enumerate(blocks, 1):
        (tmp_path / f"test_block_{number}.py").write_text(block, encoding="utf-8")
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )

    assert blocks
    assert 0 == done.returncode, done.stdout

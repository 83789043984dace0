"""What docs/outbox.md shows works as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "outbox.md"


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_example_runs_as_it_stands(tmp_path: Path) -> None:
    """A newcomer pastes it into a file; warnings are errors there too."""
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    ran = subprocess.run(  # noqa: S603 - the document's own example
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},  # it writes of slow machines to stderr
    )

    assert (0, "") == (ran.returncode, ran.stderr)
    assert 1 == ran.stdout.count("ACCEPTED")

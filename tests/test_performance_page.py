"""The code of `docs/en/performance.md` works, and both languages have the same code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def blocks(name: str) -> list[str]:
    """Return the Python of a page."""
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)


def test_collector_leaves_what_was_imported_alone() -> None:
    """The block runs in a process of its own, since it is a setting of the whole process."""
    (block,) = blocks("en/performance.md")
    imports = "from smsc_async import Sms, SmscClient"  # the package alone imports nothing else
    program = f"{imports}\n{block}\nprint(gc.get_freeze_count(), gc.get_threshold())"
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300
    )
    frozen, thresholds = done.stdout.split(maxsplit=1)

    assert int(frozen) > 10_000
    assert thresholds.strip() == "(100000, 50, 100)"


def test_both_languages_say_the_same() -> None:
    """A reader of either page gets the same settings."""
    assert blocks("en/performance.md") == blocks("ru/performance.md")

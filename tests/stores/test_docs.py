"""The code of `docs/rules.md` runs, and both languages quote the same sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
BLOCKS = re.findall(r"```python\n(.*?)```", (DOCS / "rules.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=["settings", "several workers", "simulator"])
async def test_block_of_the_page_runs(block: str) -> None:
    """Copied by a reader, it works: no server is needed to make a store."""
    exec(compile(block, "rules.md", "exec"), {})  # noqa: S102 - our own page


def test_pages_in_both_languages_have_the_same_rules() -> None:
    """The gateway's sentences are quoted to the letter in both."""
    english, russian = [
        re.findall("«[^»]+»", (DOCS / name).read_text("utf-8"))
        for name in ("rules.md", "rules.ru.md")
    ]

    assert 3 == len(english)
    assert english == russian

"""The code of the pages on rules runs, and both languages quote the same sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("en/rules.md", "ru/rules.md")}
BLOCKS = [
    pytest.param(block, id=f"{name} {number}")
    for name, page in PAGES.items()
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
async def test_block_of_a_page_runs(block: str) -> None:
    """Copied by a reader, it works: no server is needed to make a store."""
    exec(compile(block, "en/rules.md", "exec"), {})  # noqa: S102 - our own page


def test_pages_in_both_languages_have_the_same_rules() -> None:
    """The gateway's sentences are quoted to the letter in both."""
    english, russian = [re.findall("«[^»]+»", page) for page in PAGES.values()]

    assert 3 == len(english)
    assert english == russian

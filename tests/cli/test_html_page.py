"""HTML pages: valid, self-contained and safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from smsc_async.cli.html_page import Cell, page, section, short, table

_VOID = {"meta", "img"}


class Tags(HTMLParser):
    """Checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        del attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.0456, "0.0456"),
        (1.0, "1"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.0, "1\u202f234"),
        (1_200_000.0, "1.2 M"),
    ],
)
def test_numbers_have_three_significant_digits(value: float, shown: str) -> None:
    """More digits are noise in a report."""
    assert shown == short(value)


def test_texts_are_escaped() -> None:
    """The name of a file or host is text, whatever characters it has."""
    evil = "</title><script>alert(1)</script>"
    parts = section(evil, evil, table([evil], [[evil], [Cell(evil, is_good=False)]]))

    assert "<script" not in page(evil, evil, parts, language='en"><script>')


def test_page_is_valid_and_self_contained() -> None:
    """Every tag is closed, and nothing is loaded from elsewhere."""
    part = table(["a", "b"], [["c", Cell("d", is_good=True)]])
    made = page("title", "output", section("one", "", part), section("two", "output"))
    tags = Tags()
    tags.feed(made)
    tags.close()

    assert [] == tags.open
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", made)

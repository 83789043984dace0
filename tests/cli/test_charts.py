"""Charts: correct, complete and safe."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest

from smsc_async.cli.charts import (
    Axis,
    Bar,
    Cell,
    Series,
    bars,
    lines,
    page,
    section,
    short,
    table,
)

_VOID = {"meta"}
_NUMBERS = re.compile(r' (?:x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]*)"')


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

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Skip a self-closing tag."""

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        assert self.open.pop() == tag


def chart(*points: tuple[float, float], is_log: bool = False) -> str:
    """Draw one line."""
    return lines("a line", [Series("ours", points)], Axis("x", is_log), Axis("y", is_log))


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
    """More digits are noise on a chart."""
    assert shown == short(value)


@pytest.mark.parametrize(
    "points",
    [
        [(1, 1)],
        [(0, 0), (10, 0)],
        [(1, 5), (10, 50), (2000, 470_000)],
        [(3, 0.0001), (7, 0.0002)],
    ],
)
@pytest.mark.parametrize("is_log", [False, True])
def test_points_stay_within_the_drawing(points: list[tuple[float, float]], is_log: bool) -> None:  # noqa: FBT001
    """For any figures, also a single one and none."""
    drawn = chart(*points, is_log=is_log)

    for number in _NUMBERS.findall(drawn):
        assert math.isfinite(float(number))
        assert 0 <= float(number) <= 760


def test_logarithmic_axis_omits_zero() -> None:
    """A measured zero is valid and must not raise."""
    assert 1 == chart((0, 5), (10, 0), (10, 5), is_log=True).count("<circle")


def test_chart_without_data_says_so() -> None:
    """An empty frame would look like an error."""
    assert "–" in chart()


def test_bars_are_proportional() -> None:
    """Readers compare lengths; the longest bar takes the whole width."""
    drawn = bars(
        "rates", [Bar("a", 100.0, is_ours=True), Bar("b", 50.0), Bar("c", None, "stalled")]
    )
    first, second, third = (float(width) for width in re.findall(r'width="([\d.]+)"', drawn))

    assert (2.0, 1.0) == (first / second, third)
    assert "stalled" in drawn


def test_names_are_escaped() -> None:
    """The name of a file or host is text, whatever characters it has."""
    evil = "</title><script>alert(1)</script>"
    made = page(
        evil,
        evil,
        section(
            evil,
            evil,
            bars(evil, [Bar(evil, 1.0, evil)], unit=evil),
            lines(evil, [Series(evil, [(1, 1)])] * 2, Axis(evil), Axis(evil)),
            table([evil], [[evil], [Cell(evil, is_good=False)]]),
        ),
        language='en"><script>',
    )

    assert "<script" not in made


def test_page_is_valid_and_self_contained() -> None:
    """Every tag is closed, and nothing is loaded from elsewhere."""
    parts = chart((1, 2), (3, 4)), table(["a", "b"], [["c", Cell("d", is_good=True)]])
    made = page("title", "output", section("one", "", *parts), section("two", "output"))
    tags = Tags()
    tags.feed(made)
    tags.close()

    assert [] == tags.open
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", made)

"""SVG charts and HTML pages for reports.

Rule: a page is one self-contained file: no script, no font, no external address. It supports light
and dark mode, and each chart has a text alternative with its numbers. This module imports nothing
else of the package, so that any report can use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH: Final = 760
"""Units of a drawing; a page scales it to the available width."""
_BAR, _GAP, _LABELS, _VALUES = 20, 10, 190, 120
_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 84, 34, 12, 44, 300
_COLOURS: Final = 8

STYLE: Final = """
:root{color-scheme:light dark;--ground:#fff;--card:#f6f8fa;--ink:#1b1f24;--soft:#59636e;
--line:#d8dee4;--good:#1a7f37;--bad:#c4320a;
--c0:#0969da;--c1:#bc4c00;--c2:#1a7f37;--c3:#8250df;--c4:#57606a;--c5:#bf3989;--c6:#0a7ea4;--c7:#9a6700}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--card:#161b22;--ink:#e6edf3;
--soft:#9198a1;--line:#30363d;--good:#3fb950;--bad:#ff7b54;
--c0:#58a6ff;--c1:#f0883e;--c2:#3fb950;--c3:#a371f7;--c4:#8b949e;--c5:#f778ba;--c6:#39c5cf;--c7:#d29922}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:860px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 8px}
h2{font-size:20px;margin:40px 0 4px}
p{margin:4px 0 12px;color:var(--soft);max-width:70ch}
figure{margin:16px 0;padding:16px 16px 8px;background:var(--card);border:1px solid var(--line);
border-radius:10px;overflow-x:auto}
figcaption{font-weight:600;margin-bottom:8px}
figcaption span{font-weight:400;color:var(--soft)}
svg{display:block;width:100%;min-width:520px;height:auto}
svg text{fill:var(--ink);font-size:13px;font-family:inherit}
svg .soft{fill:var(--soft);font-size:12px}
svg .grid{stroke:var(--line);stroke-width:1}
svg .bad{fill:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:12px 0;font-variant-numeric:tabular-nums;min-width:60%}
th,td{padding:6px 14px 6px 0;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:14px}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:13em}
td.good,td.bad{text-align:left;white-space:normal;min-width:8em;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}
""" + "".join(
    f"svg .f{n}{{fill:var(--c{n})}}svg .l{n}{{stroke:var(--c{n});fill:none;stroke-width:2}}\n"
    for n in range(_COLOURS)
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Args:
        label: To the left of it.
        value: Its length, 0 or more; None if there is no value.
        text: To the right of it; by default the value.
        is_ours: Highlight it with the first colour.
    """

    label: str
    value: float | None
    text: str = ""
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One line.

    Args:
        name: In the legend.
        points: x and y, in order of x. Values of 0 and less aren't drawn on a logarithmic axis.
    """

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a line chart.

    Args:
        label: The quantity and its unit.
        is_log: Logarithmic scale.
    """

    label: str
    is_log: bool = False


def bars(title: str, rows: Sequence[Bar], *, unit: str = "") -> str:
    """Return a horizontal bar chart; the longest bar takes the whole width.

    Args:
        title: Of the figure.
        rows: From top to bottom.
        unit: Shown next to the title.
    """
    longest = max((row.value or 0.0 for row in rows), default=0.0) or 1.0
    room = WIDTH - _LABELS - _VALUES
    drawn = [
        _bar(row, _GAP / 2 + index * (_BAR + _GAP), (row.value or 0.0) / longest * room)
        for index, row in enumerate(rows)
    ]
    description = "; ".join(f"{row.label}: {_bar_text(row)}" for row in rows)
    return _figure(title, unit, description, len(rows) * (_BAR + _GAP), "".join(drawn))


def _bar_text(row: Bar) -> str:
    """Return the text to the right of a bar."""
    return row.text or ("–" if row.value is None else short(row.value))


def _bar(row: Bar, top: float, length: float) -> str:
    """Return one bar with its label and value."""
    middle = top + _BAR / 2 + 5
    style = "bad" if row.value is None else "value"
    colour = "f0" if row.is_ours else "f4"
    weight = ' font-weight="600"' if row.is_ours else ""
    return (
        f'<text x="{_LABELS - 10}" y="{middle:g}" text-anchor="end"{weight}>{escape(row.label)}'
        f'</text><rect class="{colour}" x="{_LABELS}" y="{top:g}" rx="3" height="{_BAR}"'
        f' width="{max(length, 1):.1f}"/><text class="{style}" x="{_LABELS + length + 8:.1f}"'
        f' y="{middle:g}"{weight}>{escape(_bar_text(row))}</text>'
    )


def lines(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """Return a line chart, with a legend for several lines.

    Args:
        title: Of the figure.
        series: Lines; the first has the first colour.
        x: The horizontal axis.
        y: The vertical axis; a linear one starts at 0.
    """
    points = [point for one in series for point in _drawable(one, x, y)]
    if not points:
        return _figure(title, "", "", 24, '<text class="soft" x="0" y="16">–</text>')
    ticks_x = _ticks([point[0] for point in points], x)
    ticks_y = _ticks([point[1] for point in points], y)
    to_x = _scale(ticks_x, x, _LEFT, WIDTH - _RIGHT)
    to_y = _scale(ticks_y, y, _HEIGHT - _BOTTOM, _TOP)
    parts = [_grid(ticks_x, ticks_y, to_x, to_y, x, y)]
    parts += [
        _line(one.name, _drawable(one, x, y), number % _COLOURS, to_x, to_y)
        for number, one in enumerate(series)
    ]
    description = "; ".join(
        f"{one.name}: " + ", ".join(f"{short(a)} {short(b)}" for a, b in one.points)
        for one in series
    )
    height = _HEIGHT
    if len(series) > 1:
        parts.append(_legend([one.name for one in series], _HEIGHT + 12))
        height += 20 * ceil(len(series) / 3)
    return _figure(title, "", description, height, "".join(parts))


def _drawable(one: Series, x: Axis, y: Axis) -> list[tuple[float, float]]:
    """Return the points that the axes can show."""
    return [(a, b) for a, b in one.points if (a > 0 or not x.is_log) and (b > 0 or not y.is_log)]


def _ticks(values: Sequence[float], axis: Axis) -> list[float]:
    """Return round numbers that enclose all values, ascending."""
    least, most = min(values), max(values)
    if axis.is_log:
        low, high = floor(log10(least) + 1e-9), ceil(log10(most) - 1e-9)
        every = [
            factor * 10.0**power
            for power in range(low, max(high, low + 1) + 1)
            for factor in ((1, 2, 5) if high - low <= 2 else (1,))
        ]
        first = max((tick for tick in every if tick <= least * 1.0001), default=every[0])
        last = min((tick for tick in every if tick >= most * 0.9999), default=every[-1])
        return [tick for tick in every if first <= tick <= last] if first < last else every
    step = _round_step(max(most, 1e-9) / 5)
    return [step * number for number in range(ceil(max(most, 1e-9) / step - 1e-9) + 1)]


def _round_step(value: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50… that isn't below *value*."""
    power = 10.0 ** floor(log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * 0.9999)


def _scale(ticks: list[float], axis: Axis, start: float, end: float) -> Callable[[float], float]:
    """Return a function that maps a value to a coordinate from *start* to *end*."""
    of: Callable[[float], float] = log10 if axis.is_log else float
    low, high = of(ticks[0]), of(ticks[-1])
    return lambda value: start + (of(value) - low) / ((high - low) or 1) * (end - start)


def _grid(  # noqa: PLR0917 - both axes, each with its ticks, its scale and its name
    ticks_x: list[float],
    ticks_y: list[float],
    to_x: Callable[[float], float],
    to_y: Callable[[float], float],
    x: Axis,
    y: Axis,
) -> str:
    """Return grid, ticks and axis labels."""
    parts = [
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{to_y(tick):.1f}"'
        f' y2="{to_y(tick):.1f}"/><text class="soft" x="{_LEFT - 8}" y="{to_y(tick) + 4:.1f}"'
        f' text-anchor="end">{short(tick)}</text>'
        for tick in ticks_y
    ]
    parts += [
        f'<text class="soft" x="{to_x(tick):.1f}" y="{_HEIGHT - _BOTTOM + 18}"'
        f' text-anchor="middle">{short(tick)}</text>'
        for tick in ticks_x
    ]
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text class="soft" x="{(_LEFT + WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}"'
        f' text-anchor="middle">{escape(x.label)}</text>'
        f'<text class="soft" transform="translate(14 {middle:g}) rotate(-90)"'
        f' text-anchor="middle">{escape(y.label)}</text>'
    )
    return "".join(parts)


def _line(
    name: str,
    points: list[tuple[float, float]],
    colour: int,
    to_x: Callable[[float], float],
    to_y: Callable[[float], float],
) -> str:
    """Return one line with a dot at each point."""
    path = " ".join(f"{to_x(a):.1f},{to_y(b):.1f}" for a, b in points)
    dots = "".join(
        f'<circle class="f{colour}" cx="{to_x(a):.1f}" cy="{to_y(b):.1f}" r="3.5">'
        f"<title>{escape(name)}: {short(a)}, {short(b)}</title></circle>"
        for a, b in points
    )
    return f'<polyline class="l{colour}" points="{path}"/>{dots}'


def _legend(names: Sequence[str], top: float) -> str:
    """Return the legend, three entries a row."""
    width = (WIDTH - _LEFT) / 3
    return "".join(
        f'<rect class="f{number % _COLOURS}" x="{_LEFT + number % 3 * width:g}"'
        f' y="{top + number // 3 * 20 - 10:g}" width="12" height="12" rx="3"/>'
        f'<text x="{_LEFT + number % 3 * width + 18:g}" y="{top + number // 3 * 20:g}">'
        f"{escape(name)}</text>"
        for number, name in enumerate(names)
    )


def _figure(title: str, unit: str, description: str, height: float, drawing: str) -> str:
    """Return a drawing with its title and text alternative."""
    beside = f" <span>{escape(unit)}</span>" if unit else ""
    return (
        f"<figure><figcaption>{escape(title)}{beside}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{drawing}</svg></figure>"
    )


def short(value: float) -> str:
    """Return a number in compact form: 1 234, 12.3, 0.045, 1.2 M."""
    size = abs(value)
    if size >= 1_000_000:
        return f"{value / 1_000_000:.3g} M"
    if size >= 1000:
        return f"{round(value):,}".replace(",", "\u202f")
    if size >= 100 or value == round(value):
        return f"{value:.0f}"
    return f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell with a verdict.

    Args:
        text: Of the cell.
        is_good: Shown as good, else as bad.
    """

    text: str
    is_good: bool


def table(head: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> str:
    """Return a table; the first column contains words, the others numbers."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: str | Cell) -> str:
    """Return one cell."""
    if isinstance(cell, Cell):
        return f'<td class="{"good" if cell.is_good else "bad"}">{escape(cell.text)}</td>'
    return f"<td>{escape(cell)}</td>"


def section(title: str, text: str, *parts: str) -> str:
    """Return a section of a page: a title, a sentence about it, charts and tables."""
    sentence = f"<p>{escape(text)}</p>" if text else ""
    return f"<section><h2>{escape(title)}</h2>{sentence}{''.join(parts)}</section>"


def page(title: str, text: str, *sections: str, language: str = "en") -> str:
    """Return a whole page.

    Args:
        title: Of the page.
        text: A sentence below the title.
        sections: Results of `section`.
        language: Of the page, "en" or "ru".
    """
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>"
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>\n"
        + "\n".join(sections)
        + "\n</main></body></html>\n"
    )

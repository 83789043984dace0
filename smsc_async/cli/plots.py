"""Charts as figures of an HTML page, drawn by matplotlib.

Rule: matplotlib comes with the extra `plots` and is imported only when a chart is drawn; its
settings and its log are left as they were. The same figures give the same octets. Each chart has
a text alternative with its numbers. A chart that can't be drawn, for whatever reason, is left out:
its figures are paid for.
"""

from __future__ import annotations

import logging
import os
from base64 import b64encode
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from smsc_async.cli.html_page import short
from smsc_async.cli.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes

NO_PLOTS: Final = _("Without charts; for charts: pip install 'smsc-async[plots]'")
BROKEN_PLOTS: Final = _("Without charts: matplotlib is installed, but fails with its settings here")

_WIDTH, _HEIGHT, _BAR, _MARGIN = 7.6, 3.2, 0.32, 0.2
"""Inches; a page scales a chart to the available width."""
_SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "smsc-async",  # ids are random without one
    "svg.fonttype": "none",
    "text.parse_math": False,  # names of clients and files may contain "$"
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "grid.color": "#d8dee4",
}
_OURS, _OTHERS, _BAD = "#0969da", "#8c959f", "#c4320a"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Args:
        label: To the left of it.
        value: Its length, 0 or more; None if there is no value.
        text: To the right of it; by default the value.
        is_ours: Highlight it.
    """

    label: str
    value: float | None
    text: str = ""
    is_ours: bool = False

    @property
    def shown(self) -> str:
        """The text to the right of it."""
        return self.text or ("–" if self.value is None else short(self.value))


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
        decimal: Writes a number as people of the language do.
    """

    label: str
    is_log: bool = False
    decimal: Callable[[str], str] = str


def can_plot() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def no_plots() -> str:
    """Return the sentence that says why there are no charts, and how to get them."""
    return BROKEN_PLOTS if can_plot() else NO_PLOTS


def bars(title: str, rows: Sequence[Bar], *, unit: str = "") -> str:
    """Return a horizontal bar chart; empty if matplotlib isn't installed or fails.

    Args:
        title: Of the figure.
        rows: From top to bottom.
        unit: Shown next to the title.
    """
    with suppress(Exception):
        return _bars(title, rows, unit) if can_plot() else ""
    return ""


def _bars(title: str, rows: Sequence[Bar], unit: str) -> str:
    """Do what `bars` does, with matplotlib."""
    with _axes(_MARGIN + _BAR * max(len(rows), 1)) as (axes, drawing):
        places = range(len(rows))
        colours = [_OURS if row.is_ours else _OTHERS for row in rows]
        shown = axes.barh(places, [row.value or 0.0 for row in rows], color=colours)
        labels = axes.bar_label(shown, [row.shown for row in rows], padding=4)
        for label, row in zip(labels, rows, strict=True):
            label.set_color(_BAD if row.value is None else "black")
        axes.set_yticks(places, [row.label for row in rows])
        axes.tick_params(left=False)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.2 * max((row.value or 0.0 for row in rows), default=0.0) or 1.0)
        axes.xaxis.set_visible(False)
        axes.spines[:].set_visible(False)
    description = "; ".join(f"{row.label}: {row.shown}" for row in rows)
    return _figure(title, unit, _image(drawing, description))


def lines(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """Return a line chart; empty if matplotlib isn't installed or fails.

    Several lines have a legend.

    Args:
        title: Of the figure.
        series: Lines; the first has the first colour.
        x: The horizontal axis.
        y: The vertical axis; a linear one starts at 0.
    """
    with suppress(Exception):
        return _lines(title, series, x, y) if can_plot() else ""
    return ""


def _lines(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """Do what `lines` does, with matplotlib."""
    drawable = [_drawable(one, x, y) for one in series]
    if not any(drawable):
        return _figure(title, "", "–")
    with _axes(_HEIGHT) as (axes, drawing):
        from matplotlib.ticker import LogLocator  # noqa: PLC0415 -- needs the extra

        for one, points in zip(series, drawable, strict=True):
            across, up = [a for a, b in points], [b for a, b in points]
            axes.plot(across, up, marker="o", markersize=4, label=one.name)
        axes.set(xlabel=x.label, ylabel=y.label)
        axes.set(xscale="log" if x.is_log else "linear", yscale="log" if y.is_log else "linear")
        for axis, scale in ((axes.xaxis, x), (axes.yaxis, y)):
            if scale.is_log:
                axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(lambda value, _position: y.decimal(short(value)))
            axis.set_minor_formatter(lambda _value, _position: "")
        axes.grid(visible=True)
        if not y.is_log:
            axes.set_ylim(bottom=0)
        if len(series) > 1:
            axes.legend(frameon=False)
    description = "; ".join(
        f"{one.name}: " + ", ".join(f"{short(a)} {y.decimal(short(b))}" for a, b in one.points)
        for one in series
    )
    return _figure(title, "", _image(drawing, description))


def _drawable(one: Series, x: Axis, y: Axis) -> list[tuple[float, float]]:
    """Return the points that the axes can show."""
    return [(a, b) for a, b in one.points if (a > 0 or not x.is_log) and (b > 0 or not y.is_log)]


@contextmanager
def _axes(height: float) -> Iterator[tuple[Axes, BytesIO]]:
    """Yield empty axes, and the octets of the SVG once the block has drawn on them."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns where it can't store its list of fonts
    try:
        with _no_backend():
            from matplotlib import (  # noqa: PLC0415 -- needs the extra
                rc_context,
                rcdefaults,
                rcParams,
            )
            from matplotlib.figure import Figure  # noqa: PLC0415

        with rc_context():
            rcdefaults()  # whatever the user's own file of settings says
            rcParams.update(_SETTINGS)
            figure, output = Figure((_WIDTH, height), layout="constrained"), BytesIO()
            yield figure.subplots(), output
            figure.savefig(output, format="svg", metadata={"Date": None, "Creator": None})
    finally:
        log.setLevel(level)


@contextmanager
def _no_backend() -> Iterator[None]:
    """Hide MPLBACKEND: matplotlib can't be imported with a value that it doesn't accept.

    No backend is used here: an SVG needs none.
    """
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


def _image(drawing: BytesIO, description: str) -> str:
    """Return a drawing as an image, in which its ids don't meet those of others."""
    source = f"data:image/svg+xml;base64,{b64encode(drawing.getvalue()).decode()}"
    return f'<img alt="{escape(description)}" src="{source}">'


def _figure(title: str, unit: str, content: str) -> str:
    """Return a figure with its title."""
    beside = f" <span>{escape(unit)}</span>" if unit else ""
    return f"<figure><figcaption>{escape(title)}{beside}</figcaption>{content}</figure>"

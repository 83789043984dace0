"""Charts: the same figures give the same octets, and no figures are an error."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64decode
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from smsc_async.cli import plots
from smsc_async.cli.plots import Axis, Bar, Series, bars, lines

if TYPE_CHECKING:
    from pathlib import Path

draws = pytest.mark.takes_up_to(20, reason="matplotlib is imported, and lists the fonts once")

POINTS: tuple[list[tuple[float, float]], ...] = (
    [],
    [(1, 1)],
    [(0, 0), (10, 0)],
    [(0, 0), (0, 5)],
    [(1, 5), (10, 50), (2000, 470_000)],
    [(3, 0.0001), (7, 0.0002)],
)

DRAWN = """
import sys
from smsc_async.cli.plots import Axis, Series, lines
assert "matplotlib" not in sys.modules
drawn = lines("a", [Series("b", [(1, 2), (3, 4)])], Axis("x", is_log=True), Axis("y"))
assert "matplotlib.pyplot" not in sys.modules
print(drawn)
"""


def svg_of(figure: str) -> str:
    """Return the drawing of a figure."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', figure)
    assert found
    return b64decode(found[1]).decode()


def words_of(figure: str) -> list[str]:
    """Return the texts of a drawing."""
    root = ET.fromstring(svg_of(figure))  # noqa: S314 -- drawn here
    return [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]


def chart(*points: tuple[float, float], is_log: bool = False) -> str:
    """Draw one line."""
    return lines("a line", [Series("ours", points)], Axis("x", is_log), Axis("y", is_log))


@draws
@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("is_log", [False, True])
def test_any_figures_are_drawn(points: list[tuple[float, float]], is_log: bool) -> None:  # noqa: FBT001
    """Also a single one, none, and zeros on a logarithmic axis; without a warning."""
    drawn = chart(*points, is_log=is_log)
    drawable = [point for point in points if not is_log or min(point) > 0]

    assert bool(drawable) == ("<img" in drawn)
    assert bool(drawable) != (">–<" in drawn)


@draws
def test_lines_have_axes_and_a_legend() -> None:
    """Texts are texts in the SVG, so a reader can search and copy them."""
    series = [Series("p50", [(1, 5), (10, 50)]), Series("$p_95$", [(1, 9), (10, 70)])]
    drawn = lines("Время до ответа", series, Axis("окно", is_log=True), Axis("миллисекунды"))

    assert {"окно", "миллисекунды", "p50", "$p_95$", "1", "10"} <= set(words_of(drawn))
    assert 'alt="p50: 1 5, 10 50; $p_95$: 1 9, 10 70"' in drawn


@draws
def test_bars_have_their_values() -> None:
    """What has no value says why."""
    rows = [Bar("ours", 51_234.0, is_ours=True), Bar("b", 50.0), Bar("c", None, "stalled")]
    drawn = bars("Rates", rows, unit="messages a second")

    assert ["ours", "b", "c", "51\u202f234", "50", "stalled"] == words_of(drawn)
    assert "<span>messages a second</span>" in drawn
    assert "<img" in bars("none", [])


@draws
def test_names_are_escaped() -> None:
    """The name of a client is text, whatever characters it has."""
    evil = '"></title><script>alert(1)</script>'
    drawn = bars(evil, [Bar(evil, 1.0, evil)], unit=evil)
    drawn += lines(evil, [Series(evil, [(1, 1)])] * 2, Axis(evil), Axis(evil))

    assert "<script" not in drawn
    assert "<script" not in svg_of(drawn)


@draws
def test_settings_and_log_are_left_as_they_were() -> None:
    """A program that uses matplotlib itself sees no difference, nor does a chart see its style."""
    import logging  # noqa: PLC0415

    import matplotlib as mpl  # noqa: PLC0415

    expected = chart((1, 2))
    with mpl.rc_context({"axes.facecolor": "red", "text.usetex": True}):
        before = dict(mpl.rcParams), logging.getLogger("matplotlib").level
        found = chart((1, 2))
        after = dict(mpl.rcParams), logging.getLogger("matplotlib").level

    assert expected == found
    assert before == after


@draws
@pytest.mark.parametrize("home", ["empty", "missing"])
def test_same_figures_give_the_same_octets(home: str, tmp_path: object) -> None:
    """In any process, on any day, also where no list of fonts can be stored, and silently."""
    folder = str(tmp_path) if home == "empty" else os.devnull
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environ |= {"HOME": folder, "MPLCONFIGDIR": f"{folder}/matplotlib", "PYTHONPATH": ""}
    command = [sys.executable, "-W", "error", "-c", DRAWN]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 -- our own lines

    expected = lines("a", [Series("b", [(1, 2), (3, 4)])], Axis("x", is_log=True), Axis("y"))

    assert (0, "", expected) == (done.returncode, done.stderr, done.stdout.removesuffix("\n"))
    assert not re.search(r"dc:date|Matplotlib|20\d\d-", svg_of(expected))


def test_missing_library_leaves_no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report without charts is still a report."""
    monkeypatch.setattr(plots, "find_spec", lambda _name: None)

    assert ("", "") == (chart((1, 2)), bars("rates", [Bar("a", 1.0)]))


@draws
@pytest.mark.parametrize(
    "backend", ["nonsense", "module://matplotlib_inline.backend_inline", "module://", "TkAgg", ""]
)
def test_backend_of_the_environment_is_ignored(backend: str) -> None:
    """An SVG needs none, and matplotlib can't be imported with one that it doesn't know."""
    environ = os.environ | {"MPLBACKEND": backend, "PYTHONPATH": ""}
    lines_of_it = f"{DRAWN}\nimport os\nassert {backend!r} == os.environ['MPLBACKEND']"
    command = [sys.executable, "-W", "error", "-c", lines_of_it]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 -- our own lines

    assert (0, "") == (done.returncode, done.stderr)
    assert "<img" in done.stdout


@draws
def test_settings_that_cannot_be_read_leave_no_chart(tmp_path: Path) -> None:
    """A matplotlibrc may have any encoding."""
    (tmp_path / "matplotlibrc").write_bytes("font.family: Ариал".encode("cp1251"))
    environ = os.environ | {"MATPLOTLIBRC": str(tmp_path), "PYTHONPATH": ""}
    command = [sys.executable, "-W", "error", "-c", DRAWN]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 -- our own lines

    assert (0, "") == (done.returncode, done.stdout.strip())


@draws
@pytest.mark.parametrize("error", [RuntimeError, MemoryError, KeyError])
def test_failure_of_drawing_leaves_no_chart(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a version of the library does."""

    def failing(*_: object) -> None:
        """Fail."""
        raise error

    monkeypatch.setattr(plots, "_axes", failing)

    assert ("", "") == (chart((1, 2)), bars("rates", [Bar("a", 1.0)]))
    assert plots.BROKEN_PLOTS == plots.no_plots()

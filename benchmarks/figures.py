"""The figures of a run in the tables of `benchmarks/README.md`, and from there in all pages.

    python benchmarks/figures.py .cache/bench/bench.json   # tables and pages
    python benchmarks/figures.py                           # pages only

Rule: a figure in README or docs is followed by a comment that names its row and its column in
`benchmarks/README.md`, `108 000<!-- ours, send | 100 -->`, and is written by this script alone. A
table stands between `<!-- begin: name -->` and `<!-- end -->`; one that the run didn't measure
stays as it is, with its date.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "benchmarks" / "README.md"
PAGES = (
    *sorted(ROOT.glob("README*.md")),
    *sorted(ROOT.glob("docs/*/performance.md")),
    ROOT / "docs" / "internals" / "hot-path.md",
)
NUMBER = r"\d+(?:[  ]\d{3})*(?:[.,]\d+)?"
CITED = re.compile(rf"({NUMBER})(<!-- ([^|>]+) \| ([^|>]+) -->)")
BLOCK = re.compile(r"(<!-- begin: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
BOLD = {"ours send", "ours send_many"}
WINDOWS = ("1", "10", "100", "1000")

Cells = dict[tuple[str, str], str]
"""The text of a cell by row and column, without markup."""


class FigureError(Exception):
    """A page names a figure that no table has."""


# --- from the tables to the pages ---


def plain(text: str) -> str:
    """Return a cell without markup."""
    return text.strip().strip("*").replace("`", "").strip()


def read_cells(page: str) -> Cells:
    """Return all cells of all tables of a page; the first column names the row."""
    cells: Cells = {}
    columns: list[str] = []
    for line in page.splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        row = [plain(cell) for cell in line.strip().strip("|").split("|")]
        if not columns:
            columns = row
        for column, cell in zip(columns[1:], row[1:], strict=False):
            cells[row[0], column] = cell
    return cells


def cite(page: str, cells: Cells, *, comma: bool = False) -> str:
    """Return the page with each named figure as its table has it.

    Args:
        page: Its text.
        cells: Of `benchmarks/README.md`.
        comma: Whether decimals have a comma, as in Russian.

    Raises:
        FigureError: A comment names a cell that doesn't exist or holds no number.
    """

    def current(found: re.Match[str]) -> str:
        _, comment, row, column = found.groups()
        number = re.search(NUMBER, cells.get((row, column), ""))
        if number is None:
            raise FigureError(
                f"no table of benchmarks/README.md has row {row!r}, column {column!r}"
            )
        return (number[0].replace(".", ",") if comma else number[0]) + comment

    return CITED.sub(current, page)


def is_russian(page: Path) -> bool:
    """Return whether a page is in Russian."""
    return page.name == "README.ru.md" or page.parent.name == "ru"


def update_pages() -> None:
    """Write the figures of the tables into all pages."""
    cells = read_cells(TABLES.read_text(encoding="utf-8"))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(cite(text, cells, comma=is_russian(page)), encoding="utf-8")


# --- from a run to the tables ---


def number(value: float) -> str:
    """Return a rate rounded to three digits, in groups; small values with two digits."""
    if value < 100:
        return f"{value:.1f}"
    digits = max(len(str(int(value))) - 3, 0)
    return f"{round(value, -digits):,.0f}".replace(",", " ")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def conditions(data: Mapping[str, Any]) -> str:
    """Return a sentence about a run: when, what and where."""
    load = data["machine"]["load"]
    said = "unknown load" if load is None else f"load {load:.1f} at the start"
    version = data["versions"]["smsc-async"]
    return f"{data['when']}, version {version}, {data['machine']['what']}, {said}.\n"


def rates(data: Mapping[str, Any]) -> str:
    """Return the table of all clients by window."""
    from bench_client import failure, middle  # noqa: PLC0415 - needs the client

    def cell(name: str, window: str, what: str, unit: str = "") -> str:
        found = data["race"][window].get(name, [])
        value = middle(found, what)
        if value is None:
            return "stalled" if "stalled" in failure(found) else "–"
        return number(value) + unit

    rows = []
    for name in data["race"]["100"]:
        version = data["versions"].get(name, "")
        who, _, way = name.partition(" ")
        shown = f"ours, `{way}`".replace(" uvloop`", "` on uvloop") if who == "ours" else name
        label = f"**{shown}**" if name in BOLD else f"{shown} {version}".strip()
        figures = [cell(name, window, "rate") for window in WINDOWS]
        costs = [cell(name, "100", "cpu_us", " µs"), cell(name, "100", "p99_ms", " ms")]
        rows.append([label, *figures, *costs])
    return table(["messages a second", *WINDOWS, "CPU at 100", "p99 at 100"], rows)


def ratios(data: Mapping[str, Any]) -> str:
    """Return the table of ratios beside those of the last version."""
    units = data["compared"]["units"]
    rows = [
        [
            name,
            *(f"{each[0]:.2f}" if each else "–" for each in (before, now)),
            f"{now[1]:.2f}–{now[2]:.2f}" if now else "–",
            units.get(name, "–"),
            verdict,
        ]
        for name, before, now, verdict in data["changes"]["rows"]
    ]
    version = f"version {data['changes']['version']}"
    return table(["ratio", version, "now", "quartiles", "itself", ""], rows)


def by_python(data: Mapping[str, Any]) -> str:
    """Return the table of every Python."""
    rows = []
    for version, beside in data["pythons"]["rows"].items():
        middle, low, high = beside["floor"]
        rows.append([f"Python {version}", f"{middle:.2f}", f"{low:.2f}–{high:.2f}"])
    return table(["CPU of `send` / floor", "now", "quartiles"], rows)


def targets(data: Mapping[str, Any]) -> str:
    """Return the table of targets; figures without a verdict have a dash."""
    rows = [[each["claim"], each["measured"], each["verdict"]] for each in data["targets"]]
    return table(["target", "measured", ""], rows)


MADE: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "ratios": ("changes", ratios),
    "pythons": ("pythons", by_python),
    "rates": ("race", rates),
    "targets": ("targets", targets),
}
"""The tables by name: the part of a run that each needs, and what makes it."""


def fill(page: str, data: Mapping[str, Any]) -> str:
    """Return the page with the tables of a run; what it didn't measure stays."""

    def current(found: re.Match[str]) -> str:
        begin, name, end = found.groups()
        needs, make = MADE[name]
        if needs not in data:
            return found[0]
        return f"{begin}{conditions(data)}\n{make(data)}{end}"

    return BLOCK.sub(current, page)


def main() -> int:
    """Write the tables of the run that is named, if one is, and all pages."""
    if sys.argv[1:]:
        data = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        TABLES.write_text(fill(TABLES.read_text(encoding="utf-8"), data), encoding="utf-8")
    try:
        update_pages()
    except FigureError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The figures of README and docs are those of `benchmarks/README.md`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import figures
import pytest
from figures import CITED, PAGES, TABLES, FigureError, cite, fill, is_russian, read_cells

if TYPE_CHECKING:
    from pathlib import Path

ROWS = """
| messages a second | 1 | 100 |
| --- | --- | --- |
| **ours, `send`** | 9 300 | 108 000 |
| node | – | 7.5 µs |
"""
FAILED = {"failed": "stalled: no end after 9 s"}
RATE = re.compile(
    rf"({figures.NUMBER})(?:<!--[^>]*-->)?\s+(?:messages a second|сообщений в секунду)"
)
OF_ACCOUNT = "100"  # messages a second that the gateway allows; not a figure of ours


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.name}")
def test_each_figure_of_a_page_is_that_of_its_row(page: Path) -> None:
    """A new measurement must not leave an older figure in README; `figures.py` writes them all."""
    cells = read_cells(TABLES.read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")

    assert text == cite(text, cells, comma=is_russian(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.name}")
def test_each_rate_of_a_page_names_its_row(page: Path) -> None:
    """A rate without a row can't be checked, and stays when it is no longer true."""
    text = page.read_text(encoding="utf-8")

    named = {found.start() for found in CITED.finditer(text)}
    rates = {m.start(): m[1] for m in RATE.finditer(text) if m[1] != OF_ACCOUNT}

    assert set(rates) <= named, {at: rate for at, rate in rates.items() if at not in named}


def test_both_languages_name_the_same_figures() -> None:
    """A claim that one page lost would be noticed by readers of the other."""
    by_page = {
        page: [m[0][-60:] for m in CITED.finditer(page.read_text("utf-8"))] for page in PAGES
    }
    rows = {page: [m.split("<!--")[-1] for m in found] for page, found in by_page.items()}
    english = [rows[page] for page in PAGES if not is_russian(page) and rows[page]]
    russian = [rows[page] for page in PAGES if is_russian(page)]

    assert all(found in english for found in russian)
    assert 2 == len(russian)


def test_figure_follows_its_row() -> None:
    """The markup and the unit stay in the table."""
    text = "sends 1<!-- ours, send | 100 --> a second, node takes 9,1<!-- node | 100 --> µs"

    english, russian = (cite(text, read_cells(ROWS), comma=comma) for comma in (False, True))

    assert text.replace("1<", "108 000<", 1).replace("9,1", "7.5") == english
    assert english.replace("7.5", "7,5") == russian


@pytest.mark.parametrize("cell", ["gone | 100", "node | 1000", "node | 1"])
def test_figure_without_a_cell_is_an_error(cell: str) -> None:
    """A row that was renamed, a column that was dropped, and a client that wasn't measured."""
    with pytest.raises(FigureError, match=re.escape(cell.partition(" |")[0])):
        cite(f"7<!-- {cell} -->", read_cells(ROWS))


def test_table_of_what_a_run_did_not_measure_stays() -> None:
    """A short run replaces its own tables only."""
    old = "old\n<!-- end -->\n"
    page = f"a\n<!-- begin: ratios -->\n{old}b\n<!-- begin: rates -->\n{old}"
    data = {
        "when": "2026-11-30 10:00 UTC",
        "versions": {"smsc-async": "0.2.0"},
        "machine": {"what": "a machine", "load": 6.04},
        "compared": {"units": {"`send`": "9 µs"}},
        "changes": {
            "version": "0.1.0",
            "rows": [["`send`", [4, 3, 5], [3.9, 3.5, 4.25], "as before"]],
        },
    }

    filled = fill(page, data)

    assert "load 6.0 at the start" in filled
    assert "| `send` | 4.00 | 3.90 | 3.50–4.25 | 9 µs | as before |\n<!-- end -->" in filled
    assert filled.endswith(f"b\n<!-- begin: rates -->\n{old}")
    assert "3.90" == read_cells(filled)["send", "now"]


def test_every_table_is_made_from_the_file_of_a_run() -> None:
    """What is a tuple in a run is a list in its file."""
    runs = [{"rate": 108_400.0, "cpu_us": 8.77, "p99_ms": 1.12}]
    race = {"ours send": runs, "ours send uvloop": runs, "smpp34": runs, "rusmppyc": [FAILED]}
    row = ["`send`: CPU / floor", None, (3.9, 3.5, 4.25), "new"]
    data = {
        "when": "2026-11-30 10:00 UTC",
        "versions": {"smsc-async": "0.2.0", "smpp34": "1.5.0"},
        "machine": {"what": "a machine", "load": None},
        "compared": {"units": {}},
        "changes": {"version": "0.1.0", "rows": [row]},
        "pythons": {"rows": {"3.12": {"floor": (4.0, 3.9, 4.1), "at hand": (1.0, 1.0, 1.0)}}},
        "targets": [{"claim": "a claim", "measured": "3.9", "verdict": "holds"}],
        "race": dict.fromkeys(figures.WINDOWS, race),
    }
    begun = [f"<!-- begin: {name} -->\n<!-- end -->" for name in figures.MADE]

    cells = read_cells(fill("\n".join(begun), json.loads(json.dumps(data))))

    assert "108 000" == cells["ours, send", "100"]
    assert "108 000" == cells["ours, send on uvloop", "1"]
    assert "8.8 µs" == cells["smpp34 1.5.0", "CPU at 100"]
    assert "stalled" == cells["rusmppyc", "1000"]
    assert "4.00" == cells["Python 3.12", "now"]
    assert "–" == cells["send: CPU / floor", "version 0.1.0"]
    assert "3.9" == cells["a claim", "measured"]


def test_page_has_a_place_for_every_table() -> None:
    """A table without its markers would keep old figures."""
    page = TABLES.read_text(encoding="utf-8")

    assert list(figures.MADE) == [found[2] for found in figures.BLOCK.finditer(page)]


@pytest.mark.parametrize(
    ("value", "said"),
    [(8.77, "8.8"), (107_819.2, "108 000"), (9312, "9 310"), (614.4, "614"), (99_960, "100 000")],
)
def test_rates_are_rounded_to_what_is_reproducible(value: float, said: str) -> None:
    """More digits than two runs agree on would be read as accuracy."""
    assert said == figures.number(value)

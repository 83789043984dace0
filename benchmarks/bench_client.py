"""Benchmark of the whole client against the sink: `send`, `send_many`, receipts, by window.

    .cache/bench-environment/bin/python benchmarks/bench_client.py [--rounds N] [--json FILE]

Rule: all clients take turns in one run and are compared within each round. The floor runs beside
them: it shows what the event loop itself allows on this machine at this time.
"""

from __future__ import annotations

import argparse
import json
from math import inf
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from drivers import (
    FLOOR,
    FLOOR_TASKS,
    FLOOR_UVLOOP,
    OURS,
    OURS_CONFIRMED,
    OURS_MANY,
    OURS_MANY_UVLOOP,
    OURS_RECEIPTS,
    OURS_TASKS,
    OURS_UVLOOP,
    Contest,
    run,
)
from machine import describe
from measuring import WARM_UP
from ours import NOTE
from sink import sink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivers import Driver, Result

WINDOWS = (1, 10, 100, 1000)
SECONDS = 1.0  # that a driver is measured, by default
PLENTY = 10_000_000  # messages; a run ends by time, not by count
PROBED = 25_000.0  # messages a second, at which half load is found
PUSHED = 100_000  # receipts of a run
WIDTHS = (10, 9, 9, 9, 9, 9)  # of a table's columns

AT_A_PACE = (FLOOR, OURS, FLOOR_TASKS, OURS_TASKS, FLOOR_UVLOOP, OURS_UVLOOP)

Results = dict[str, list["Result"]]


def race(drivers: Sequence[Driver], window: int, rounds: int, seconds: float = SECONDS) -> Results:
    """Measure drivers at full speed and one window."""
    contest = Contest(tuple(drivers))
    with sink() as running:
        for number in range(rounds):
            contest.round(number, running.port, seconds=seconds, window=window, count=PLENTY)
    return contest.results


def paced(drivers: Sequence[Driver], rate: float, rounds: int, seconds: float) -> Results:
    """Measure drivers at an even pace: each message is sent when it is due."""
    contest = Contest(tuple(driver for driver in drivers if driver.is_paced))
    with sink() as running:
        for number in range(rounds):
            contest.round(number, running.port, seconds=seconds, window=1000, rate=round(rate, 1))
    return contest.results


def half_load(rounds: int, seconds: float) -> tuple[float, Results]:
    """Measure the floor and our client at the pace that keeps ours busy half of the time.

    Returns:
        The rate, and the figures at it.
    """
    (found,) = paced((OURS,), PROBED, 3, seconds / 2).values()
    rate = 0.5e6 / (middle(found, "cpu_us") or inf)
    return rate, paced(AT_A_PACE, rate, rounds, seconds)


def intake(rounds: int, seconds: float) -> Results:
    """Measure receipts: pushed to our client, and awaited after each send."""
    found: Results = {OURS_RECEIPTS.name: [], OURS_CONFIRMED.name: []}
    for _ in range(rounds):
        with sink(push=PUSHED + WARM_UP) as running:
            result = run(OURS_RECEIPTS, running.port, seconds=seconds, count=PUSHED)
            found[OURS_RECEIPTS.name].append(result)
        with sink(receipts=True) as running:
            result = run(OURS_CONFIRMED, running.port, seconds=SECONDS, count=PLENTY)
            found[OURS_CONFIRMED.name].append(result)
    return found


def values(results: Sequence[Result], what: str) -> list[float]:
    """Return one figure of all runs that have it."""
    return [result[what] for result in results if result.get(what) is not None]


def middle(results: Sequence[Result], what: str) -> float | None:
    """Return the median of one figure; None if no run has it."""
    found = values(results, what)
    return median(found) if found else None


def ratio(ours: Sequence[Result], other: Sequence[Result], what: str) -> float | None:
    """Return our figure divided by the other's: the median of the ratios within rounds."""
    found = [
        a[what] / b[what] for a, b in zip(ours, other, strict=False) if a.get(what) and b.get(what)
    ]
    return median(found) if found else None


def failure(results: Sequence[Result]) -> str:
    """Return why a figure is missing, or which runs failed; "" for no failure."""
    wrong = [str(each.get("failed") or each["crashed"]) for each in results if _went_wrong(each)]
    return f"{len(wrong)} of {len(results)}: {wrong[-1]}" if wrong else ""


def _went_wrong(result: Result) -> bool:
    """Whether a run failed, or crashed after it had measured."""
    return "failed" in result or "crashed" in result


def show(title: str, results: Mapping[str, Sequence[Result]]) -> None:
    """Print a table: medians, and the ratios to the floor's and smpp34's rate."""
    print(f"\n{title}")
    head = zip(("rate/s", "CPU us", "p50 ms", "p99 ms", "x floor", "x smpp34"), WIDTHS, strict=True)
    print(" " * 24 + "".join(f"{name:>{width}}" for name, width in head))
    for name, found in results.items():
        if middle(found, "rate") is None:
            print(f"{name:<24}  {failure(found)}")
            continue
        cells = [
            _number(middle(found, "rate"), 0),
            *(_number(middle(found, what), 2) for what in ("cpu_us", "p50_ms", "p99_ms")),
            _number(ratio(found, results.get("floor", ()), "rate"), 3),
            _number(ratio(found, results.get("smpp34", ()), "rate"), 2),
        ]
        row = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
        print(f"{name:<24}{row}  {failure(found)}".rstrip(), flush=True)


def _number(value: float | None, places: int) -> str:
    """Return a formatted number; "-" for None."""
    return "-" if value is None else f"{value:.{places}f}"


def main() -> None:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="the whole client against the sink")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    print(f"{describe()}; {NOTE}; medians of {asked.rounds} rounds")
    ours = (FLOOR, FLOOR_UVLOOP, OURS, OURS_MANY, OURS_UVLOOP, OURS_MANY_UVLOOP)
    data: dict[str, object] = {"machine": describe()}
    for window in WINDOWS:
        data[f"window {window}"] = results = race(ours, window, asked.rounds, asked.seconds)
        show(f"window {window}", results)
    half, results = half_load(asked.rounds, 2 * asked.seconds)
    data["half load"] = results
    show(f"half load: {half:.0f} messages a second at an even pace", results)
    data["receipts"] = found = intake(asked.rounds, 10.0)
    show("receipts: pushed at it, and awaited for each message", found)
    if asked.json:
        asked.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The ratios of a version, kept in `benchmarks/history/VERSION.json`, and what got slower since.

    .cache/bench-environment/bin/python benchmarks/history.py 1aa20ef

measures a git revision and keeps its ratios; `.` is the working tree, before a release.

Rule: only ratios within a round are kept and compared, never rates or times: machines differ. A row
is slower than in the last version if its quartiles lie above those of that version and the medians
differ by more than `NOISE`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import bench_stalls
import bench_start
import machine
import ratio
from bench_client import failure, middle
from revisions import RevisionError, SetupError, install
from sink import SinkError
from surroundings import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEPT = Path(__file__).parent / "history"
# Load slows the floor down more than the client: two runs of one revision, on a machine with other
# work, differed by this much. Within one run, `ratio.py` tells 3 %.
NOISE = 0.20
SHAPES = [shape for shape in ratio.SHAPES if shape != "make"]  # a part of `send`
SLOW = {"delayed": 5, "outbox": 5, "postgres": 5}  # a slice of these is as long as 5 of `send`
ROUNDS = 100

Spread = tuple[float, float, float]
"""The median and the quartiles of a ratio."""


# --- measuring ---


def measure(python: str, *, rounds: int = ROUNDS, postgres: str = "") -> dict[str, Any]:
    """Measure everything that is compared between versions.

    Args:
        python: Interpreter of an environment with the client.
        rounds: Of the shapes; the other measurements take fewer in proportion.
        postgres: Conninfo of a PostgreSQL server; without one its outbox isn't measured.

    Returns:
        `ratios` by row; `units`, the times that belong to them, for reading only; `stalls` in
        seconds; `missing`.
    """
    data: dict[str, Any] = {"ratios": {}, "units": {}, "missing": []}
    _shapes(data, python, rounds, postgres)
    _stalls(data, python, max(2, rounds // 33))
    _start(data, python, max(2, rounds // 7))
    return data


def _shapes(data: dict[str, Any], python: str, rounds: int, postgres: str) -> None:
    """Measure the processor time of a message beside the floor's, by shape."""
    contestants = [
        ratio.python_contestant("floor", "floor", sys.executable),
        ratio.python_contestant("ours", "ours", python),
    ]
    for shape in SHAPES:
        count = max(2, rounds // SLOW.get(shape, 1))
        name = f"{ratio.SHAPES[shape]}: CPU / floor"
        try:
            raced = ratio.race(
                shape, contestants, rounds=count, seconds=0.025, window=100, postgres=postgres
            )
        except (MissingError, ratio.RatioError) as error:
            _miss(data, name, str(error))
            continue
        cost = median(each["ours"].cost for each in raced) * 1e6
        _note(data, name, ratio.ratios(raced, "floor")["ours"]["cost"], f"{cost:.1f} µs")


def _stalls(data: dict[str, Any], python: str, rounds: int) -> None:
    """Measure the longest iteration of the loop beside that of bare tasks."""
    data["stalls"] = bench_stalls.measure(rounds, python=python)
    for case, found in data["stalls"].items():
        name = f"{case}: longest stall / bare tasks"
        pairs = [
            (a["stall"], b["stall"])
            for a, b in zip(found["ours"], found["bare"], strict=True)
            if "stall" in a and "stall" in b
        ]
        if len(pairs) < 2:  # no quartiles
            _miss(data, name, failure(found["ours"]) or failure(found["bare"]))
            continue
        stall = middle(found["ours"], "stall") or 0.0
        _note(data, name, ratio.spread([a / b for a, b in pairs]), f"{stall * 1e3:.0f} ms")


def _start(data: dict[str, Any], python: str, rounds: int) -> None:
    """Measure the processor time of imports and of the command."""
    times = bench_start.measure(rounds, python)
    for program in bench_start.PROGRAMS:
        base = bench_start.BASE if "import" in program else bench_start.BARE
        if program in {bench_start.BASE, bench_start.BARE}:
            continue
        name = f"`{program}`: CPU / {'its imports' if base == bench_start.BASE else 'bare Python'}"
        found = bench_start.beside(times, program, base)
        if found is None:
            _miss(data, name, "the program fails")
        else:
            _note(data, name, found, f"{median(times[program]) * 1e3:.0f} ms")


def _note(data: dict[str, Any], name: str, found: Spread, unit: str) -> None:
    """Add a row and print it."""
    data["ratios"][name] = [round(each, 3) for each in found]
    data["units"][name] = unit
    middle_, low, high = found
    print(f"{name:<76}{middle_:>7.2f} ({low:.2f}–{high:.2f}){unit:>10}", flush=True)


def _miss(data: dict[str, Any], name: str, why: str) -> None:
    """Name a row that couldn't be measured."""
    data["missing"].append(f"NOT MEASURED: {name}. {why}")
    print(data["missing"][-1], flush=True)


# --- comparing ---


@dataclass(frozen=True, slots=True)
class Change:
    """A row beside that of the last version.

    Args:
        name: The row.
        before: Its ratio in the last version; None if that version has none.
        now: Its ratio now; None if it wasn't measured.
    """

    name: str
    before: Spread | None
    now: Spread | None

    @property
    def factor(self) -> float | None:
        """The median now, divided by that of the last version."""
        return self.now[0] / self.before[0] if self.now and self.before else None

    @property
    def verdict(self) -> str:
        """`slower`, `faster`, `as before`, `new` or `not measured`."""
        if self.now is None:
            return "not measured"
        if self.before is None:
            return "new"
        if self.now[1] > self.before[2] and self.now[0] > self.before[0] * (1 + NOISE):
            return "slower"
        if self.now[2] < self.before[1] and self.now[0] * (1 + NOISE) < self.before[0]:
            return "faster"
        return "as before"


def compare(now: Mapping[str, Spread], before: Mapping[str, Spread]) -> list[Change]:
    """Return the rows of both, those of the present run first."""
    return [Change(name, before.get(name), now.get(name)) for name in {**now, **before}]


def versions(folder: Path = KEPT) -> Iterator[tuple[tuple[int, ...], Path]]:
    """Yield the releases that are kept, with their files; a pre-release isn't compared with."""
    for path in folder.glob("*.json"):
        parts = path.stem.split(".")
        if all(part.isdigit() for part in parts):
            yield tuple(map(int, parts)), path


def last_version(folder: Path = KEPT) -> dict[str, Any] | None:
    """Return the figures of the last version that is kept; None if there is none."""
    found = max(versions(folder), default=None)
    if found is None:
        return None
    data: dict[str, Any] = json.loads(found[1].read_text(encoding="utf-8"))
    return data


def show(changes: list[Change], version: str) -> None:
    """Print the table, and what got slower."""
    print(f"\n{'ratios (medians)':<76}{version:>8}{'now':>8}{'':>8}")
    for each in changes:
        before, now, factor = (
            "–" if value is None else f"{value:.2f}"
            for value in (each.before and each.before[0], each.now and each.now[0], each.factor)
        )
        print(f"{each.name:<76}{before:>8}{now:>8}{factor:>8}  {each.verdict}")
    slower = [each.name for each in changes if each.verdict == "slower"]
    said = "; ".join(slower) or "nothing"
    print(f"slower than version {version} by more than the noise: {said}")
    if slower:
        print("ratio.py measures both by turns, to 3 %: python benchmarks/ratio.py REVISION .")


# --- keeping ---


def main() -> int:
    """Measure a revision and write its file."""
    parser = argparse.ArgumentParser(description="keep the ratios of a version")
    parser.add_argument("revision", help="of git; `.` for the working tree")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"at least 2 ({ROUNDS})")
    parser.add_argument("--postgres", default="", metavar="CONNINFO")
    parser.add_argument("--folder", type=Path, default=KEPT)
    asked = parser.parse_args()
    try:
        python = str(install(asked.revision))
        found = measure(python, rounds=asked.rounds, postgres=asked.postgres)
    except (RevisionError, SetupError, SinkError) as error:
        print(error, file=sys.stderr)
        return 1
    question = "from importlib.metadata import version; print(version('smsc-async'))"
    said = subprocess.run([python, "-c", question], stdout=subprocess.PIPE, text=True, check=True)
    keep(asked.folder, said.stdout.strip(), found)
    return 0


def keep(folder: Path, version: str, found: dict[str, Any]) -> Path:
    """Write the file of a version and return its path."""
    data = {
        "version": version,
        "when": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine.describe(),
        "load": machine.load(),
        **found,
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{version}.json"
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)
    return path


if __name__ == "__main__":
    sys.exit(main())

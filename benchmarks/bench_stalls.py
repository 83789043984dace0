"""Benchmark of stalls: the longest iteration of the event loop, with many callers at once.

    PYTHONPATH=.:benchmarks python benchmarks/bench_stalls.py [--rounds N] [--json FILE]

Rule: each case is compared with bare asyncio within a round: as many tasks, whose futures are all
completed in one iteration. Each run is a process of its own with a time limit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_client import failure, middle, ratio
from drivers import HERE, environment_of
from machine import describe, load
from sink import sink

ROUNDS = 3
LONGEST = 120.0  # seconds of a run

Result = dict[str, Any]
Results = dict[str, dict[str, list[Result]]]
"""By case: our runs and the bare ones, `ours` and `bare`."""


@dataclass(frozen=True, slots=True)
class Case:
    """Many callers at once.

    Args:
        what: The probe.
        count: Number of callers.
        limit: The longest stall that the target allows, seconds.
        options: Further options of the probe.
    """

    what: str
    count: int
    limit: float
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in tables."""
        ends = {"held": "held by a rule at once", "throttled": "throttled in flight"}
        return f"{self.count:,} {ends[self.what]}".replace(",", " ")


CASES = (
    Case("held", 8000, 0.1, ("--hold", "6")),
    Case("held", 30_000, 0.3, ("--hold", "20")),
    Case("throttled", 4000, 0.2),
)


def probe(python: str, what: str, count: int, *options: str) -> Result:
    """Run a probe; return its figures, or why there are none."""
    command = [python, str(HERE / "probe_stalls.py"), what]
    with sink(throttle=count if what == "throttled" else 0) as running:
        try:
            done = subprocess.run(
                [*command, str(running.port), "--count", str(count), *options],
                env=environment_of(python),
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"stopped after {LONGEST:g} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]}
    found: Result = json.loads(done.stdout)
    for figure in ("waiting", "completed"):
        if found.get(figure, count) < count:
            return {"failed": f"only {found[figure]} of {count} callers: {figure}"}
    return found


def measure(rounds: int, cases: tuple[Case, ...] = CASES, python: str = sys.executable) -> Results:
    """Run all cases by turns, each beside bare asyncio."""
    results: Results = {case.name: {"ours": [], "bare": []} for case in cases}
    for _ in range(rounds):
        for case in cases:
            results[case.name]["bare"].append(probe(python, "bare", case.count))
            results[case.name]["ours"].append(probe(python, case.what, case.count, *case.options))
    return results


def show(results: Results) -> None:
    """Print the table."""
    print(
        f"\n{'longest iteration of the loop, ms of its thread':<50}{'ours':>10}{'bare':>10}{'x':>8}"
    )
    for name, found in results.items():
        ours, bare = (middle(found[who], "stall") for who in ("ours", "bare"))
        beside = ratio(found["ours"], found["bare"], "stall")
        if ours is None or bare is None or beside is None:
            print(f"{name:<50}  {failure(found['ours']) or failure(found['bare'])}")
        else:
            row = f"{name:<50}{ours * 1e3:>10.1f}{bare * 1e3:>10.1f}{beside:>8.2f}"
            print(f"{row}  {failure(found['ours'])}".rstrip(), flush=True)


def main() -> None:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="longest stall of the loop, many callers at once")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    print(f"{describe()}; load {load()}; medians of {asked.rounds} rounds")
    results = measure(asked.rounds)
    show(results)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Growth of cost with the window, the binds, the messages sent, and the concurrent callers.

    .cache/bench-environment/bin/python benchmarks/growth.py [--sent N] [--json FILE]

Rule: cost must grow linearly, so the points of each curve are far apart and reach far beyond
everyday use. Every step is a process of its own with a time limit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench_client import PLENTY, middle, race
from drivers import ENVIRONMENT, FLOOR, HERE, OURS, OURS_MANY, Driver, run
from machine import describe
from sink import sink

WINDOWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
BINDS = (1, 2, 4, 8)
WAITING = (100, 1000, 10_000, 100_000)
SENT = 1_000_000
LONGEST = 150.0  # seconds a probe may take

Line = dict[str, Any]


def probe(what: str, *options: object) -> list[Line]:
    """Run a probe and return the lines that it printed within its time limit."""
    with sink() as running:
        command = [sys.executable, str(HERE / "probes.py"), what, str(running.port)]
        process = subprocess.Popen(
            [*command, *map(str, options)],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            said, complaint = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            complaint = f"stopped after {LONGEST:g} s"
    lines: list[Line] = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    if process.returncode:
        lines.append({"failed": (complaint.strip().splitlines() or ["it printed nothing"])[-1]})
    return lines


def windows(rounds: int) -> dict[str, list[tuple[int, float]]]:
    """Return the rate by window, of the floor and of our client."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for window in WINDOWS:
        for name, results in race((FLOOR, OURS, OURS_MANY), window, rounds, 0.6).items():
            rate = middle(results, "rate")
            if rate is not None:
                curves.setdefault(name, []).append((window, rate))
    return curves


def binds(rounds: int) -> dict[str, list[tuple[int, float]]]:
    """Return the processor time of a message by number of binds, with 100 slots on each."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for count in BINDS:
        for driver in (OURS, OURS_MANY):
            with sink() as running:
                found = [_bound(driver, running.port, count) for _ in range(rounds)]
            cpu = middle(found, "cpu_us")
            if cpu is not None:
                curves.setdefault(driver.name, []).append((count, cpu))
    return curves


def _bound(driver: Driver, port: int, count: int) -> Line:
    """Run a driver with a number of binds."""
    return run(driver, port, seconds=0.6, window=100 * count, binds=count, count=PLENTY)


def waiting(rounds: int) -> dict[str, dict[int, list[Line]]]:
    """Return the figures for each number of concurrent callers, measured in turn.

    Beside our client, plain asyncio tasks are measured that await a future each. Both are measured
    again with the garbage collector set as in docs/en/performance.md.
    """
    ways = {
        "ours": ("waiting",),
        "bare tasks": ("bare",),
        "ours tuned": ("waiting", "--tuned"),
        "bare tasks tuned": ("bare", "--tuned"),
    }
    found: dict[str, dict[int, list[Line]]] = {
        name: {count: [] for count in WAITING} for name in ways
    }
    for _ in range(rounds):
        for count in WAITING:
            for name, options in ways.items():
                lines = probe(*options, "--count", count, "--total", max(count, 30_000))
                found[name][count].append(lines[0])
    return found


def measure(rounds: int, sent: int) -> dict[str, Any]:
    """Measure all curves."""
    return {
        "windows": windows(rounds),
        "binds": binds(rounds),
        "waiting": waiting(rounds),
        "sent": {
            "rules on": probe("sent", "--count", sent),
            "rules off": probe("sent", "--count", sent, "--rules", "off"),
        },
    }


def show(data: dict[str, Any]) -> None:
    """Print the curves as tables."""
    print("\nrate/s by window")
    for name, curve in data["windows"].items():
        print(f"{name:<18}" + "".join(f"{x:>5}: {y:<8.0f}" for x, y in curve))
    print("\nCPU us a message by binds, 100 slots each")
    for name, curve in data["binds"].items():
        print(f"{name:<18}" + "".join(f"{x:>5}: {y:<8.1f}" for x, y in curve))
    print("\ncallers that wait at once")
    for name, counts in data["waiting"].items():
        for count, lines in counts.items():
            cells = {what: middle(lines, what) for what in ("rate", "cpu_us", "octets")}
            in_order = all(line.get("in_order") for line in lines)
            print(f"{name:<18}{count:>8}  {cells}  first come first served: {in_order}")
    for name, lines in data["sent"].items():
        print(f"\nmessages sent, {name}")
        for line in lines:
            print(f"  {line}")


def main() -> None:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="how the cost of our client grows")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sent", type=int, default=SENT, help=f"messages ({SENT})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    print(describe())
    data = measure(asked.rounds, asked.sent)
    show(data)
    if asked.json:
        asked.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

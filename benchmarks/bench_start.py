"""Benchmark of the start: processor time of an import and of the command.

    python benchmarks/bench_start.py [--rounds N] [--json FILE]

Rule: every start is a process of its own, all take turns, and each is compared within a round with
bare Python and with the import of what the client can't do without: asyncio, ssl and construct.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import median

from drivers import environment_of
from machine import describe, load
from ratio import spread

ROUNDS = 15
BARE, BASE = "bare Python", "import asyncio, ssl, construct"
PROGRAMS: dict[str, tuple[str, ...]] = {
    BARE: ("-c", "pass"),
    BASE: ("-c", "import asyncio, ssl, construct"),
    "import smsc_async": ("-c", "import smsc_async"),
    "from smsc_async import SmscClient, Sms": ("-c", "from smsc_async import SmscClient, Sms"),
    "smsc --version": ("-m", "smsc_async", "--version"),
    "smsc --help": ("-m", "smsc_async", "--help"),
}

Times = dict[str, list[float]]
"""Seconds by program, a value for each round; none for a program that fails."""


def processor_time(python: str, program: tuple[str, ...]) -> float | None:
    """Return the seconds of processor time of a process; None if it failed.

    `-P` leaves out the current folder, where the sources may be those of another revision.
    """
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(
        python, [python, "-P", *program], environment_of(python), file_actions=silent
    )
    _, status, used = os.wait4(pid, 0)
    return None if status else used.ru_utime + used.ru_stime


def measure(rounds: int, python: str = sys.executable) -> Times:
    """Start all programs by turns; the first start of each fills the caches and isn't counted."""
    times: Times = {}
    for number in range(rounds + 1):
        for name, program in PROGRAMS.items():
            took = processor_time(python, program)
            if took is not None and number:
                times.setdefault(name, []).append(took)
    return {name: found for name, found in times.items() if len(found) == rounds}


def beside(times: Times, name: str, base: str) -> tuple[float, float, float] | None:
    """Return the ratio of two programs within rounds: the median and the quartiles."""
    if name not in times or base not in times:
        return None
    return spread([a / b for a, b in zip(times[name], times[base], strict=True)])


def show(times: Times) -> None:
    """Print the table."""
    print(f"\n{'processor time of a start':<42}{'ms':>8}{'x bare':>9}{'x imports':>11}")
    for name in PROGRAMS:
        bare, base = beside(times, name, BARE), beside(times, name, BASE)
        if bare is None or base is None:
            print(f"{name:<42}  FAILS")
            continue
        print(f"{name:<42}{median(times[name]) * 1e3:>8.1f}{bare[0]:>9.2f}{base[0]:>11.2f}")


def main() -> None:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="processor time of imports and of the command")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"at least 2 ({ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    print(f"{describe()}; load {load()}; medians of {asked.rounds} rounds")
    times = measure(asked.rounds)
    show(times)
    if asked.json:
        asked.json.write_text(json.dumps(times, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

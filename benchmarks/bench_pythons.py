"""Benchmark of every Python of the classifiers that this machine has, by the method of `ratio.py`.

    python benchmarks/bench_pythons.py [--rounds N] [--json FILE]

Rule: all Pythons take turns on one processor, each with our client and with the floor, which runs
on that Python too. A Python that this machine doesn't have is named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import ratio
from drivers import ROOT
from machine import describe, load
from sink import SinkError

sys.path.append(str(ROOT / "tools"))
import environment
import pythons

ROUNDS = 100
AT_HAND = "{}.{}".format(*sys.version_info)


def interpreters() -> tuple[dict[str, str], list[str]]:
    """Return the interpreters with our client by version, and the versions that are missing."""
    found, missing, places = {AT_HAND: sys.executable}, [], list(pythons.folders())
    for version in pythons.promised():
        if version == AT_HAND:
            continue
        python = pythons.find(version, places)
        prepare = [str(ROOT / "tools" / "environment.py"), "further"]
        if python is None:
            missing.append(f"NOT MEASURED: Python {version} isn't on this machine.")
        elif subprocess.run([str(python.path), *prepare], check=False).returncode:
            missing.append(f"NOT MEASURED: Python {version}, its environment can't be set up.")
        else:
            own = environment.python_of(ROOT / ".cache" / f"python-{version}")
            found[version] = str(own)
    return found, missing


def measure(rounds: int, seconds: float = 0.025) -> dict[str, Any]:
    """Measure `send` on all Pythons by turns.

    Returns:
        `rows`: by version our cost beside that `floor` on the same Python, and beside ours on the
        Python `at hand`, medians and quartiles; and `missing`.
    """
    found, missing = interpreters()
    contestants = [
        ratio.python_contestant(f"{who} {version}", who, python)
        for version, python in found.items()
        for who in ("floor", "ours")
    ]
    raced = ratio.race("send", contestants, rounds=rounds, seconds=seconds, window=100)
    rows = {
        version: {
            "floor": ratio.ratios(raced, f"floor {version}")[f"ours {version}"]["cost"],
            "at hand": ratio.ratios(raced, f"ours {AT_HAND}")[f"ours {version}"]["cost"],
        }
        for version in found
    }
    return {"rows": rows, "missing": missing}


def show(data: dict[str, Any]) -> None:
    """Print the table: our cost beside the floor on each Python, and beside ours at hand."""
    print(f"\nCPU of `send`{'':<15}{'/ floor':>22}{f'/ Python {AT_HAND}':>22}")
    for version, cells in data["rows"].items():
        row = "".join(f"{f'{m:.2f} ({low:.2f}–{high:.2f})':>22}" for m, low, high in cells.values())
        print(f"{f'Python {version}':<28}{row}")
    print("\n".join(data["missing"]))


def main() -> int:
    """Measure, print, and write the JSON file if one is requested."""
    parser = argparse.ArgumentParser(description="processor time of a message, by Python")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"at least 2 ({ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args()
    print(f"{describe()}; load {load()}")
    try:
        data = measure(asked.rounds)
    except (ratio.RatioError, SinkError) as error:
        print(error, file=sys.stderr)
        return 1
    show(data)
    if asked.json:
        asked.json.write_text(json.dumps(data) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""All benchmarks in one run: tables, a JSON file and an HTML page.

    make bench [ROUNDS=5] [SENT=1000000] [POSTGRES=conninfo] [STRICT=1]

Rule: all clients take turns in one run, and targets are judged by this run alone. Missing clients
are named at the beginning and at the end. Ratios are compared with those of the last version in
`benchmarks/history`. The exit code is 0 if the run was completed, even if targets were missed; with
STRICT=1 it is 2 if something got slower by more than the noise.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bench_pythons
import growth
import history
import machine
from bench_client import half_load, intake, race, show
from drivers import ENVIRONMENT, EVERYBODY, HERE, ROOT
from ours import NOTE
from ratio import RatioError
from report import render
from sink import SinkError, compile_sink
from targets import Target, all_targets

RESULTS = ROOT / ".cache" / "bench"
WINDOWS = (1, 10, 100, 1000)
PACKAGES = ("smsc-async", "construct", "uvloop")
LONGEST = 120.0  # seconds for the benchmark of one floor


def missing() -> list[str]:
    """Return a sentence for each client that isn't installed."""
    return [
        f"NOT MEASURED: {driver.name}, {driver.package} isn't installed."
        for driver in EVERYBODY
        if not driver.is_there
    ]


def floor_benchmark(script: str, *options: str) -> dict[str, Any]:
    """Run the benchmark of one floor; show its output and return its figures."""
    path, found = HERE / script, RESULTS / f"{Path(script).stem}.json"
    if not path.exists():
        print(f"\n{script} doesn't exist")
        return {}
    found.unlink(missing_ok=True)
    print(f"\n--- {script}", flush=True)
    command = [sys.executable, str(path), "--json", str(found), *options]
    try:
        subprocess.run(command, env=ENVIRONMENT, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        print(f"{script}: stopped after {LONGEST:g} s")
    if not found.exists():
        print(f"{script}: NO FIGURES")
        return {}
    data: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return data


def everybody(rounds: int) -> dict[str, Any]:
    """Measure all clients; window 100, which the targets are about, gets all rounds."""
    races = {}
    for window in WINDOWS:
        races[str(window)] = found = race(EVERYBODY, window, rounds if window == 100 else 2)
        show(f"window {window}", found)
    return races


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Run all measurements."""
    rounds = asked.rounds
    data: dict[str, Any] = {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "rounds": rounds,
        "note": NOTE,
        "missing": missing(),
        "machine": {"what": machine.describe(), "load": machine.load()},
        "versions": versions(),
    }
    print("\nbeside the floor, bare tasks and bare Python: medians and quartiles", flush=True)
    data["compared"] = history.measure(
        sys.executable, rounds=asked.ratio_rounds, postgres=asked.postgres
    )
    data["pythons"] = bench_pythons.measure(asked.ratio_rounds)
    bench_pythons.show(data["pythons"])
    data["missing"] += data["compared"]["missing"] + data["pythons"]["missing"]
    data["codec"] = floor_benchmark("bench_codec.py", "--rounds", "30")
    data["session"] = floor_benchmark("bench_session.py", "--rounds", "20")
    data["rules"] = floor_benchmark("bench_rules.py")
    data["race"] = everybody(rounds)
    data["half_rate"], data["half_load"] = half_load(rounds, 2.0)
    show(f"half load: {data['half_rate']:.0f} messages a second at an even pace", data["half_load"])
    data["receipts"] = intake(rounds, 10.0)
    show("receipts: pushed to the client, and awaited for each message", data["receipts"])
    data["growth"] = growth.measure(2, asked.sent)
    growth.show(data["growth"])
    return data


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    found = {name: machine.version(name) or "-" for name in PACKAGES}
    return found | {driver.name: driver.version for driver in EVERYBODY if driver.version}


def tell(targets: list[Target]) -> None:
    """Print the targets."""
    print(f"\n{'target':<82}{'measured':<34}")
    for each in targets:
        print(f"{each.claim:<82}{each.measured:<34}{each.verdict}")


def compare(data: dict[str, Any]) -> list[history.Change]:
    """Compare with the last version, print the table and add it to the data."""
    last = history.last_version()
    if last is None:
        print("\nno version is kept in benchmarks/history: nothing to compare with")
        return []
    changes = history.compare(data["compared"]["ratios"], last["ratios"])
    history.show(changes, last["version"])
    data["changes"] = {
        "version": last["version"],
        "rows": [[each.name, each.before, each.now, each.verdict] for each in changes],
    }
    return changes


def main() -> int:
    """Measure, print, and write the files."""
    parser = argparse.ArgumentParser(description="every benchmark in one run")
    parser.add_argument("--rounds", type=int, default=5, help="at window 100 (5)")
    parser.add_argument("--sent", type=int, default=growth.SENT, help="messages for the memory")
    parser.add_argument("--ratio-rounds", type=int, default=history.ROUNDS, help="of each shape")
    parser.add_argument("--postgres", default="", metavar="CONNINFO", help="for its outbox")
    parser.add_argument("--strict", action="store_true", help="exit code 2 if something got slower")
    asked = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        compile_sink()
    except SinkError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join([machine.describe(), NOTE, *missing()]), flush=True)
    try:
        data = measure(asked)
    except RatioError as error:
        print(error, file=sys.stderr)
        return 1
    targets = all_targets(data)
    data["targets"] = [
        {"claim": each.claim, "measured": each.measured, "verdict": each.verdict}
        for each in targets
    ]
    tell(targets)
    changes = compare(data)
    print("", *data["missing"], sep="\n")
    for name, text in (
        ("bench.json", json.dumps(data, indent=1)),
        ("bench.html", render(data, targets)),
    ):
        (RESULTS / name).write_text(text, encoding="utf-8")
        print(f"{(RESULTS / name).relative_to(ROOT)}")
    print(f"{time.monotonic() - began:.0f} s")
    return exit_code(changes, is_strict=asked.strict)


def exit_code(changes: list[history.Change], *, is_strict: bool) -> int:
    """Return 2 if something got slower and that is an error; otherwise 0."""
    return 2 if is_strict and any(each.verdict == "slower" for each in changes) else 0


if __name__ == "__main__":
    sys.exit(main())

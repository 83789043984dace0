"""The drivers: one program for each client, started by the benchmarks with a time limit.

Rule: a driver is a process that prints one line of JSON. A driver that prints none within its
time limit is stopped, and the table shows that: a client that stalls or crashes has a row too.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import version

HERE = Path(__file__).parent
ROOT = HERE.parent
NODE_MODULES = ROOT / ".cache" / "node" / "node_modules"
GRACE = 8.0  # seconds in addition to the measured ones: start, warm-up, requests still in flight
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE))),
    "NODE_PATH": str(NODE_MODULES),
}


@dataclass(frozen=True, slots=True)
class Driver:
    """A client to measure.

    Args:
        name: Its name in tables.
        script: Path of its program below `benchmarks`.
        options: Options of every run.
        package: The package it needs; "" for none.
        is_paced: Whether it can send at an even pace.
    """

    name: str
    script: str
    options: tuple[str, ...] = ()
    package: str = ""
    is_paced: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it drives our client."""
        return self.name.startswith("ours")

    @property
    def is_there(self) -> bool:
        """Whether its package is installed."""
        if self.script.endswith(".js"):
            return shutil.which("node") is not None and (NODE_MODULES / self.package).is_dir()
        return not self.package or importlib.util.find_spec(self.package) is not None

    @property
    def version(self) -> str:
        """The version of the client; "" if it isn't installed."""
        if not self.is_there:
            return ""
        if self.script.endswith(".js"):
            package = NODE_MODULES / self.package / "package.json"
            return str(json.loads(package.read_text(encoding="utf-8"))["version"])
        return version(self.package) or "" if self.package else ""


FLOOR = Driver("floor", "floor.py", is_paced=True)
FLOOR_UVLOOP = Driver("floor uvloop", "floor.py", ("--uvloop",), "uvloop", is_paced=True)
OURS = Driver("ours send", "peers/drive_ours.py", is_paced=True)
FLOOR_TASKS = Driver("floor, tasks", "floor.py", ("--tasks",), is_paced=True)
OURS_TASKS = Driver("ours send, tasks", "peers/drive_ours.py", ("--tasks",), is_paced=True)
OURS_MANY = Driver("ours send_many", "peers/drive_ours.py", ("--way", "send_many"))
OURS_RECEIPTS = Driver("ours receipts", "peers/drive_ours.py", ("--way", "receipts"))
OURS_CONFIRMED = Driver("ours send and receipt", "peers/drive_ours.py", ("--way", "confirmed"))
OURS_UVLOOP = Driver(
    "ours send uvloop", "peers/drive_ours.py", ("--uvloop",), "uvloop", is_paced=True
)
OURS_MANY_UVLOOP = Driver(
    "ours send_many uvloop",
    "peers/drive_ours.py",
    ("--way", "send_many", "--uvloop"),
    "uvloop",
)
SMPP34 = Driver("smpp34", "peers/drive_smpp34.py", package="smpp34", is_paced=True)
PEERS = (
    SMPP34,
    Driver("node smpp", "peers/drive_node.js", package="smpp"),
    Driver("smpplib", "peers/drive_smpplib.py", package="smpplib"),
    Driver("rusmppyc", "peers/drive_rusmppyc.py", package="rusmppyc", is_paced=True),
    Driver("aiosmpplib", "peers/drive_aiosmpplib.py", package="aiosmpplib", is_paced=True),
)
EVERYBODY = (
    FLOOR,
    FLOOR_UVLOOP,
    OURS,
    OURS_MANY,
    OURS_UVLOOP,
    OURS_MANY_UVLOOP,
    *PEERS,
)


def environment_of(python: str) -> dict[str, str]:
    """Return the environment variables for a Python: another one has its own `smsc_async`."""
    return ENVIRONMENT if python == sys.executable else ENVIRONMENT | {"PYTHONPATH": str(HERE)}


Result = dict[str, Any]
"""The figures of a run, or {"failed": why}."""


def run(driver: Driver, port: int, *, seconds: float, **options: object) -> Result:
    """Run a driver once.

    Args:
        driver: The driver.
        port: Port of the sink.
        seconds: Time to measure; the driver is stopped `GRACE` seconds later.
        options: Options of the driver: window, count, rate…
    """
    program = ["node"] if driver.script.endswith(".js") else [sys.executable]
    command = [*program, str(HERE / driver.script), str(port), *driver.options]
    for name, value in {"seconds": seconds, **options}.items():
        command += [f"--{name}", str(value)]
    try:
        done = subprocess.run(
            command,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=seconds + GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"stalled: no end after {seconds + GRACE:g} s"}
    return _result(done)


def _result(done: subprocess.CompletedProcess[str]) -> Result:
    """Read the line that a driver printed; it counts even if the driver crashed afterwards."""
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        return {"failed": f"ended with {done.returncode}: {last[:160]}"}
    result: Result = json.loads(lines[-1])
    if done.returncode:
        result["crashed"] = f"crashed on closing ({done.returncode})"
    return result


class Contest:
    """Rounds in which all drivers take turns.

    Args:
        drivers: The drivers to compare.
        patience: Failed runs after which a driver is left out.
    """

    def __init__(self, drivers: tuple[Driver, ...], patience: int = 2) -> None:
        self.drivers = [driver for driver in drivers if driver.is_there]
        self.results: dict[str, list[Result]] = {driver.name: [] for driver in self.drivers}
        self._patience = patience

    def round(self, number: int, port: int, *, seconds: float, **options: object) -> None:
        """Run each driver once; the first one changes from round to round."""
        first = number % len(self.drivers)
        for driver in self.drivers[first:] + self.drivers[:first]:
            results = self.results[driver.name]
            if sum("failed" in result for result in results) < self._patience:
                results.append(run(driver, port, seconds=seconds, **options))

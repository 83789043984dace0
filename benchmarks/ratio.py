"""Processor time of a message in git revisions, compared with each other and with bare asyncio.

    python benchmarks/ratio.py 1aa20ef HEAD . [--shape send] [--node] [--rounds 100] [--json FILE]

A processor changes its speed within a second, so all contestants share one processor and take turns
in slices of 25 ms; the sink runs on another. A round is one slice of each contestant. Ratios are
computed within a round; the table shows their median over all rounds, with the quartiles.

Each revision is installed in an environment of its own; `.` is the working tree. The floor
(`floor.py`) always takes part; the shape `make` is compared with the floor's `send`.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import machine
from drivers import HERE, NODE_MODULES
from revisions import RevisionError, SetupError, install
from sink import SinkError, sink
from surroundings import MissingError, redis, tls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHAPES = {
    "send": "`send`, one part of 120 octets",
    "send_many": "`send_many`",
    "receipt": "`send`, and the receipt awaited",
    "make": "the message alone, not sent",
    "long": "`send`, a text in 3 parts",
    "ucs2": "`send`, a text in UCS-2 (60 characters)",
    "tls": "`send` over TLS",
    "redis": "`send`, rules in Redis",
    "delayed": "`send`, a gateway 200 ms away",
    "outbox": "outbox in SQLite, from `put` to the response",
    "postgres": "outbox in PostgreSQL, from `put` to the response",
}
PLAIN = ("send", "send_many", "receipt", "make")  # the shapes by default
DELAY = 200.0  # milliseconds of the shape `delayed`
NODE_SHAPES = ("send", "send_many")  # node's one way, beside both of ours
TIMEOUT = 30.0  # seconds to wait for a line of a contestant


class RatioError(Exception):
    """The measurement can't be made."""


class Slice(NamedTuple):
    """A contestant's result in one slice: seconds of processor and wall time, and messages."""

    cpu: float
    wall: float
    messages: int

    @property
    def cost(self) -> float:
        """Seconds of processor time for a message."""
        return self.cpu / self.messages

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.wall


Round = dict[str, Slice]
"""By the contestants' names."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program that works in slices.

    Args:
        name: Its name in tables, unique.
        command: The start of its command line; port, shape and window are added.
    """

    name: str
    command: tuple[str, ...]


class Process:
    """A contestant's process, blocked between slices."""

    def __init__(self, contestant: Contestant, options: Sequence[str]) -> None:
        self.name = contestant.name
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        clean |= {"PYTHONPATH": str(HERE), "NODE_PATH": str(NODE_MODULES)}
        self._process = subprocess.Popen(
            [*contestant.command, *options],
            env=clean | {"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._process.communicate(timeout=5)  # closes its standard input, so it ends
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def work(self, seconds: float) -> Slice:
        """Run one slice."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return Slice(*json.loads(self.answer()))

    def answer(self) -> str:
        """Return the next line that it prints; the first one comes after the warm-up.

        Raises:
            RatioError: The process ended or doesn't answer in time.
        """
        output = self._process.stdout
        assert output is not None
        if select.select([output], [], [], TIMEOUT)[0] and (line := output.readline()):
            return line
        self._process.kill()
        raise RatioError(f"{self.name} ended or hangs; its own message, if any, is above")


# --- contestants ---


def python_contestant(name: str, who: str, python: Path | str) -> Contestant:
    """Return the floor, or the client installed in the environment of *python*."""
    script = HERE / "peers" / "drive_slices.py"
    return Contestant(name, (str(python), str(script), "--who", who))


def find_contestants(revisions: Sequence[str], *, with_node: bool) -> list[Contestant]:
    """Return the floor, the revisions and node's smpp. A revision given twice takes part twice."""
    found = [python_contestant("floor", "floor", sys.executable)]
    for at, revision in enumerate(revisions):
        again = revisions[:at].count(revision)
        name = f"{revision} ({again + 1})" if again else revision
        found.append(python_contestant(name, "ours", install(revision)))
    if with_node:
        if shutil.which("node") is None or not (NODE_MODULES / "smpp").is_dir():
            raise RatioError("node's smpp isn't installed; `make bench` installs it")
        found.append(Contestant("node", ("node", str(HERE / "peers" / "slice_node.js"))))
    return found


# --- rounds ---


def two_processors() -> tuple[int | None, int | None]:
    """Return the contestants' processor and the sink's; None where processes can't be pinned."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (allowed[0], allowed[-1]) if len(allowed) > 1 else (None, None)


@contextmanager
def pinned(processor: int | None) -> Iterator[None]:
    """Pin child processes that start in this block to one processor."""
    if processor is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def order(names: Sequence[str], number: int) -> list[str]:
    """Return the order of the slices in a round: random, but the same in each run.

    Mere rotation would give each contestant the same predecessor, and caches as that one left them.
    """
    return Random(number).sample(names, len(names))  # noqa: S311 - nothing secret


@contextmanager
def surroundings(shape: str, port: int, postgres: str) -> Iterator[str]:
    """Run what a shape needs beside the sink; yield its address.

    Raises:
        MissingError: This machine doesn't have it.
    """
    if shape == "tls":
        with tls(port) as address:
            yield address
    elif shape == "redis":
        with redis() as address:
            yield address
    elif shape == "postgres" and not postgres:
        raise MissingError("no server: name one with --postgres CONNINFO")
    else:
        yield postgres if shape == "postgres" else ""


def race(
    shape: str,
    contestants: Sequence[Contestant],
    *,
    rounds: int,
    seconds: float,
    window: int,
    postgres: str = "",
) -> list[Round]:
    """Run the contestants by turns.

    Args:
        shape: One of `SHAPES`.
        contestants: All are started; only one works at a time.
        rounds: Each is a slice of every contestant.
        seconds: Length of a slice.
        window: Requests in flight.
        postgres: Conninfo of a server, for the shape `postgres`.

    Raises:
        RatioError: A contestant failed.
        MissingError: The shape needs a program that this machine doesn't have.
        SinkError: The sink doesn't compile or start.
    """
    client_cpu, sink_cpu = two_processors()
    with ExitStack() as stack:
        with pinned(sink_cpu):
            delay = DELAY if shape == "delayed" else 0
            running = sink(receipts=shape == "receipt", delay_ms=delay)
            port = stack.enter_context(running).port
            beside = stack.enter_context(surroundings(shape, port, postgres))
        options = [str(port), "--shape", shape, "--window", str(window)]
        options += ["--beside", beside] if beside else []
        processes = {}
        for contestant in contestants:
            with pinned(client_cpu):
                process = stack.enter_context(Process(contestant, options))
            process.answer()
            processes[contestant.name] = process
        names, done = list(processes), []
        for number in range(rounds):
            slices = {name: processes[name].work(seconds) for name in order(names, number)}
            done.append({name: slices[name] for name in names})
        return done


# --- figures ---


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median, and the quartiles around it."""
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return middle, low, high


def ratios(rounds: Sequence[Round], base: str) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return each contestant's cost and rate, divided by those of *base* in the same round."""
    return {
        name: {
            "cost": spread([each[name].cost / each[base].cost for each in rounds]),
            "rate": spread([each[name].rate / each[base].rate for each in rounds]),
        }
        for name in rounds[0]
    }


def show(rounds: Sequence[Round], beside: dict[str, dict[str, Any]]) -> None:
    """Print a line for each contestant."""
    headings = [f"{what} / {base}" for base in beside for what in ("CPU", "rate")]
    print(f"{'':<14}{'µs':>7}  " + "".join(f"{heading:<20}" for heading in headings))
    for name in rounds[0]:
        cells = [beside[base][name][figure] for base in beside for figure in ("cost", "rate")]
        microseconds = median(each[name].cost for each in rounds) * 1e6
        print(
            f"{name:<14}{microseconds:>7.2f}  "
            + "".join(f"{f'{m:.2f} ({low:.2f}–{high:.2f})':<20}" for m, low, high in cells)
        )


def main() -> int:
    """Install, race, print, write."""
    parser = argparse.ArgumentParser(description="processor time of a message, by revision")
    parser.add_argument("revisions", nargs="+", help="of git; `.` for the working tree")
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=PLAIN)
    parser.add_argument("--postgres", default="", metavar="CONNINFO", help="for that shape")
    parser.add_argument("--rounds", type=int, default=100, help="at least 2 (100)")
    parser.add_argument("--slice", type=float, default=0.025, help="seconds (0.025)")
    parser.add_argument("--window", type=int, default=100, help="requests in flight (100)")
    parser.add_argument(
        "--node", action="store_true", help="npm's smpp too, for send and send_many"
    )
    parser.add_argument("--json", type=Path, help="a file for all figures")
    options = parser.parse_args()
    print(machine.describe(), f"load {machine.load()}")
    if None in two_processors():
        print("NOT PINNED: contestants and sink can't be kept apart here; ratios will swing")
    data: dict[str, Any] = {"machine": machine.describe(), "load": machine.load(), "shapes": {}}
    data |= {name: getattr(options, name) for name in ("rounds", "slice", "window")}
    try:
        found = find_contestants(options.revisions, with_node=options.node)
        for shape in options.shape:
            print(f"\n{shape}", flush=True)
            rounds = race(
                shape,
                [each for each in found if each.name != "node" or shape in NODE_SHAPES],
                rounds=options.rounds,
                seconds=options.slice,
                window=options.window,
                postgres=options.postgres,
            )
            bases = [name for name in ("floor", options.revisions[0], "node") if name in rounds[0]]
            beside = {base: ratios(rounds, base) for base in bases}
            show(rounds, beside)
            data["shapes"][shape] = {"rounds": rounds, "beside": beside}
    except (MissingError, RatioError, RevisionError, SetupError, SinkError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        options.json.write_text(json.dumps(data), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

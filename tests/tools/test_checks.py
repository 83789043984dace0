"""What the checks rely on."""

from __future__ import annotations

import ast
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import checks
import environment
import hang
import pytest
import pythons
from checks import FLOORS, Check, Finding, own_tests
from environment import ROOT

import smsc_async

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCKS = {"anyio", "asyncio", "select", "signal", "socket", "subprocess", "threading", "time"}


def imported(source: str) -> Iterator[str]:
    """Yield the top packages that a module imports anywhere."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("floor", FLOORS)
def test_tests_of_floors_0_to_2_have_nothing_to_sleep_with(floor: str) -> None:
    """Their time is moved; the limit of processor time doesn't see a test that sleeps."""
    path = Path(floor)
    tests = ROOT / (own_tests(path) if path.suffix else own_tests(path / "any.py").parent)
    modules = [tests] if path.suffix else sorted(tests.rglob("*.py"))

    assert modules
    assert {} == {
        str(module): found
        for module in modules
        if (found := CLOCKS & set(imported(module.read_text(encoding="utf-8"))))
    }


ENDLESS = """
import sys
import checks

def hang():
    sys.stdout.write("started\\n")  # in one call: two threads write
    sys.stdout.flush()
    return checks.run([sys.executable, "-c", "import time; time.sleep(600)"])

checks.STATIC = tuple(checks.Check(f"static {n}", hang) for n in range(STATIC))
checks.RUNNING = tuple(checks.Check(f"running {n}", hang) for n in range(3))
sys.argv = ["checks.py"]
sys.exit(checks.main())
"""


@pytest.mark.takes_up_to(5, reason="Python is started")
@pytest.mark.parametrize("static", [0, 3], ids=["running", "static"])
def test_interrupted_run_ends_with_one_line(static: int) -> None:
    """A check that was killed hasn't failed, and those after it aren't begun."""
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", ENDLESS.replace("STATIC)", f"{static})")],
        cwd=ROOT / "tools",
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while (line := process.stdout.readline()) != "started\n":
        assert line, "it has ended"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)

    lines = [line for line in said.splitlines() if line != "started"]
    assert (["interrupted"], 130) == (lines, process.returncode)


def test_check_that_an_interrupt_has_ended_has_not_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pip gets Ctrl+C itself, and ends with an error."""
    monkeypatch.setattr(hang, "_stopped", threading.Event())

    def pip() -> Finding:
        hang.stop()
        return Finding(passed=False, said="pip was interrupted")

    with pytest.raises(hang.StoppedError):
        checks.timed(Check("pip", pip))
    assert "" == capsys.readouterr().out


def test_missing_python_is_named_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """What wasn't tested is said last, in the words that `.ci/run` looks for."""
    done = (Check("tests 3.12", lambda: Finding(passed=True)), Finding(passed=True, summary="7"), 1)

    assert 0 == checks.sum_up([done], 1.0, ["SKIPPED Python 3.13: this machine has none"])

    lines = capsys.readouterr().out.splitlines()
    assert ["tests 3.12: 7", "SKIPPED Python 3.13: this machine has none"] == lines[-2:]


def test_tests_run_on_further_pythons_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every Python is named, found or missing, and one that fails fails the run."""
    newer = pythons.Python((3, 98, 1), Path("/opt/python3.98"))
    monkeypatch.setattr(checks, "STATIC", ())
    passes = [Check(name, lambda: Finding(passed=True)) for name in ("tests", "wheel")]
    monkeypatch.setattr(checks, "RUNNING", passes)
    monkeypatch.setattr(checks, "further_pythons", lambda: ([newer], ["3.99"]))

    every = checks.look([], is_every=True), capsys.readouterr().out
    one = checks.look([], is_every=False), capsys.readouterr().out

    assert (1, 0) == (every[0], one[0])
    done = re.findall(r"^(?:ok    |FAILED) (\S+(?: [\d.]+)?) ", every[1], re.MULTILINE)
    assert ["tests", "tests 3.98", "wheel"] == sorted(done)  # in the order in which they end
    assert "tests also on 3.98.1 (/opt/python3.98)\n" in every[1]
    assert every[1].endswith("\nSKIPPED Python 3.99: this machine has none\n")
    assert "3.98" not in one[1]
    assert "SKIPPED" not in one[1]


@pytest.mark.parametrize("group", ["STATIC", "RUNNING"])
def test_checks_run_side_by_side(monkeypatch: pytest.MonkeyPatch, group: str) -> None:
    """Five runs of the tests one after the other take twice as long on two processors."""
    together = threading.Barrier(2, timeout=60)

    def meet() -> Finding:
        together.wait()
        return Finding(passed=True)

    monkeypatch.setattr(checks, "CORES", 2)
    monkeypatch.setattr(checks, "STATIC", ())
    monkeypatch.setattr(checks, "RUNNING", ())
    monkeypatch.setattr(checks, group, (Check("one", meet), Check("other", meet)))

    assert 0 == checks.look([], is_every=False)


def test_further_pythons_are_all_promised_ones_but_the_one_at_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each version of the classifiers is used, or named as missing."""
    monkeypatch.setattr(pythons, "find", lambda _version, _places: None)

    found, missing = checks.further_pythons()

    at_hand = "{}.{}".format(*sys.version_info)
    assert [] == found
    assert [name for name in pythons.promised() if name != at_hand] == missing


@pytest.mark.skipif(not (ROOT / "pdu").is_dir(), reason="runs on the wheel itself")
def test_version_is_written_in_one_place() -> None:
    """`smsc --version`, the wheel and the changelog's check read it from the package."""
    assert smsc_async.__version__ == checks.version()
    assert "version" in environment.project()["project"]["dynamic"]

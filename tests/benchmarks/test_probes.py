"""Stalls, starts and Pythons with tiny counts: nothing else would notice that a script broke."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import bench_pythons
import bench_stalls
import bench_start
import pytest
from bench_stalls import Case

needs_sink = pytest.mark.skipif(shutil.which("cc") is None, reason="the sink needs a C compiler")
STARTS = pytest.mark.takes_up_to(30, reason="starts processes of their own")


@needs_sink
@STARTS
@pytest.mark.parametrize(
    "case", [Case("held", 300, 1.0, ("--hold", "1")), Case("throttled", 300, 1.0)]
)
def test_stall_is_measured_with_all_callers_waiting(case: Case) -> None:
    """300 callers: enough for two groups of 200, few enough for a second."""
    (found,) = bench_stalls.measure(1, (case,)).values()

    (ours,), (bare,) = found["ours"], found["bare"]
    assert 300 == ours["completed"]
    assert 0 < bare["stall"]
    assert 0 < ours["stall"] < 5


@needs_sink
@STARTS
def test_callers_that_were_not_held_are_a_failure() -> None:
    """Without the rule there is no stall to measure; its figure would look excellent."""
    found = bench_stalls.probe(sys.executable, "held", 300, "--hold", "0.001")

    assert "callers: waiting" in found["failed"]


@STARTS
def test_every_program_starts() -> None:
    """The command's options and the names that the import needs."""
    times = bench_start.measure(2)

    assert list(bench_start.PROGRAMS) == list(times)
    assert bench_start.beside(times, bench_start.BARE, bench_start.BARE) == (1, 1, 1)


def test_program_that_fails_has_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that ends with an error ends early, and would look fast."""
    monkeypatch.setitem(bench_start.PROGRAMS, "broken", ("-c", "raise SystemExit(1)"))
    monkeypatch.setattr(
        bench_start,
        "PROGRAMS",
        {name: bench_start.PROGRAMS[name] for name in ("broken", "bare Python")},
    )

    times = bench_start.measure(2)

    assert ["bare Python"] == list(times)
    assert bench_start.beside(times, "broken", "bare Python") is None


@STARTS
def test_sources_in_the_current_folder_are_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`history.py 1aa20ef` runs in the project's folder; it must not time the working tree."""
    Path(tmp_path, "smsc_async.py").write_text("raise SystemExit(1)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert bench_start.processor_time(sys.executable, ("-c", "import smsc_async"))


@needs_sink
@STARTS
def test_each_python_has_a_floor_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Python makes bare asyncio faster too."""
    found = {bench_pythons.AT_HAND: sys.executable}
    monkeypatch.setattr(bench_pythons, "interpreters", lambda: (found, ["NOT MEASURED: 3.99"]))

    data = bench_pythons.measure(2, seconds=0.001)
    bench_pythons.show(data)

    (row,) = data["rows"].values()
    assert (1, 1, 1) == row["at hand"]
    assert row["floor"][0] > 1

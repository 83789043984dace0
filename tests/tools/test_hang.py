"""A check that hangs is ended; one that is slow, on a busy machine, never is."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import hang
import pytest

needs_proc = pytest.mark.skipif(not hang.PROC.is_dir(), reason="there is no /proc")

ROOT = Path(__file__).parent
WORK = "import time\nwhile time.process_time() < 1.5: pass\nprint('done')"
WORKS = [sys.executable, "-c", WORK]


def run(command: list[str], *, quiet: float) -> tuple[int | None, str]:
    """Run a program here."""
    return hang.run(command, cwd=ROOT, env=os.environ, quiet=quiet)


def test_program_that_ends_gives_its_code_and_its_output() -> None:
    """Of both streams, in their order."""
    assert (3, "out\nerr\n") == run(["sh", "-c", "echo out; echo err >&2; exit 3"], quiet=60)


@needs_proc
def test_program_that_sleeps_is_killed_with_its_children() -> None:
    """What it printed helps to find out where it hangs."""
    code, said = run(["sh", "-c", "sleep 600 & echo $!; wait"], quiet=2)

    assert code is None
    assert said.strip().isdigit()
    assert _ends(int(said))


@needs_proc
@pytest.mark.takes_up_to(10, reason="work is what it is about")
@pytest.mark.parametrize("program", ['"$@" & wait', '("$@" &) | cat'], ids=["child", "orphan"])
def test_program_that_waits_for_a_working_child_does_not_hang(program: str) -> None:
    """The tests sleep while they wait for the processes that they start."""
    assert (0, "done\n") == run(["sh", "-c", program, "sh", *WORKS], quiet=1)


@needs_proc
def test_stopped_program_is_killed_and_no_other_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl+C ends a check at once, and the checks after it aren't begun."""
    monkeypatch.setattr(hang, "_stopped", threading.Event())
    pid = tmp_path / "pid"
    threading.Timer(0.5, hang.stop).start()

    with pytest.raises(hang.StoppedError):
        run(["sh", "-c", f"sleep 600 & echo $! >{pid}; wait"], quiet=20)
    with pytest.raises(hang.StoppedError):
        run(["touch", str(tmp_path / "started")], quiet=60)

    assert _ends(int(pid.read_text("utf-8")))
    assert not (tmp_path / "started").exists()


def _ends(pid: int) -> bool:
    """Whether a killed process ends; on a busy machine it takes a while to be scheduled."""
    deadline = time.monotonic() + 30
    while (is_there := _lives(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_there


def _lives(pid: int) -> bool:
    """Whether a process is there and isn't a zombie."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return line.rpartition(")")[2].split()[0] != "Z"

"""Environments that `make` sets up."""

from __future__ import annotations

import sys
from pathlib import Path

import environment
import pytest

PRETENDS = """#!/bin/sh
exec {python} -c "import sys; sys.version = '3.11.0 (an older one)'; exec(sys.argv[2])" "$@"
"""


def program(folder: Path, text: str) -> Path:
    """Put an interpreter in an environment."""
    path = environment.python_of(folder)
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.takes_up_to(5, reason="Python is started")
def test_environment_of_another_python_is_made_anew(tmp_path: Path) -> None:
    """Otherwise the tests would run on an older Python than the one that is named."""
    older = program(tmp_path / "older", PRETENDS.format(python=sys.executable))
    broken = program(tmp_path / "broken", "#!/bin/sh\nexit 1\n")

    assert environment.runs(Path(sys.executable))
    assert [False, False, False] == [
        environment.runs(python) for python in (older, broken, tmp_path / "missing")
    ]


def test_each_python_has_an_environment_of_its_own() -> None:
    """Two Pythons can't share one: packages have parts in C."""
    assert environment.FURTHER.name == "python-{}.{}".format(*sys.version_info)
    assert environment.FURTHER not in {environment.DEFAULT, environment.BENCH, environment.FUZZING}

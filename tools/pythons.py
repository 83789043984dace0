"""Find the Pythons that the project promises to run on: those of its classifiers.

Rule: a Python is what it says it is when it is started. A file that doesn't start, as a shim of
pyenv for a version that isn't selected, is none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from environment import project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
_QUESTION = "import sys, venv; print(*sys.version_info[:3]); print(sys.executable)"
_SECONDS = 20.0
"""Most seconds that a Python may take to start."""


class Python(NamedTuple):
    """A Python that runs on this machine; the newest compares greatest.

    Args:
        version: Three numbers, as (3, 12, 1).
        path: Its interpreter.
    """

    version: tuple[int, int, int]
    path: Path

    def __str__(self) -> str:
        """Return version and path, for people."""
        return f"{'.'.join(map(str, self.version))} ({self.path})"


def promised() -> list[str]:
    """Return the versions that the classifiers name, as "3.12"."""
    classifiers = project()["project"]["classifiers"]
    return [match[1] for line in classifiers if (match := _CLASSIFIER.fullmatch(line))]


def folders() -> Iterator[Path]:
    """Yield the folders where this machine may have a Python."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob("versions/*/bin"))
    # Beside this Python, wherever the home folder is.
    yield from sorted(Path(sys.base_prefix).parent.glob("*/bin"))
    yield from (Path(entry) for entry in os.get_exec_path() if entry)
    yield from (Path("/usr/local/bin"), Path("/usr/bin"))


def ask(path: Path) -> Python | None:
    """Start a file and return the Python that it is; None if it isn't one that runs."""
    try:
        done = subprocess.run(
            [path, "-c", _QUESTION],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
        numbers, executable = done.stdout.splitlines()
        major, minor, patch = map(int, numbers.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python((major, minor, patch), Path(executable))


def find(version: str, places: Iterable[Path]) -> Python | None:
    """Return the newest Python of a version; None if no folder has one that runs.

    Args:
        version: As "3.12".
        places: The folders to look in; of equal Pythons the first is taken.
    """
    files = dict.fromkeys(place / f"python{version}" for place in places)
    there = [python for file in files if file.exists() and (python := ask(file))]
    right = [python for python in there if "{}.{}".format(*python.version) == version]
    return max(right, key=lambda python: python.version, default=None)

"""Environments of git revisions: each has the wheel of one revision installed.

An environment is named after the hash of the revision's tree, so that it is built only once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from drivers import ROOT

sys.path.append(str(ROOT / "tools"))
import environment
from environment import SetupError

__all__ = ["RevisionError", "SetupError", "install"]

EXTRAS = "cli,redis,postgres"  # of the command and of shapes of `ratio.py`; each release has them
STAMP = "ratio-extras"


class RevisionError(Exception):
    """Git can't read a revision."""


def git(*arguments: str, **variables: str) -> str:
    """Run git in the project and return what it prints.

    Raises:
        RevisionError: Git failed and has printed the reason.
    """
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(
            command, env=os.environ | variables, stdout=subprocess.PIPE, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise RevisionError(f"revisions come from git, which failed: {error}") from error
    return done.stdout.strip()


def find_tree(revision: str) -> str:
    """Return the hash of a revision's files; `.` is the working tree with its new files."""
    if revision != ".":
        return git("rev-parse", "--verify", f"{revision}^{{tree}}")
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}  # not the repository's
        git("add", "--all", **index)
        return git("write-tree", **index)


def install(revision: str) -> Path:
    """Return the Python of an environment with the revision's wheel; build it if it is missing."""
    tree = find_tree(revision)
    place = ROOT / ".cache" / "ratio" / tree[:12]
    if not environment.is_ready(place, STAMP):
        print(f"installing {revision} in {place.relative_to(ROOT)}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            archive, sources = Path(scratch, "sources.zip"), Path(scratch, "sources")
            git("archive", f"--output={archive}", tree)
            shutil.unpack_archive(archive, sources)
            environment.create(place)
            environment.pip_install(place, f"{sources}[{EXTRAS}]")
            environment.finish(place, STAMP)
    return environment.python_of(place)

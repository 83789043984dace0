"""Git revisions of the project, each installed from its wheel in an environment of its own.

Environments are named after the revision's tree, so the second time nothing is built.
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


class RevisionError(Exception):
    """Git doesn't give the files of a revision."""


def git(*arguments: str, **variables: str) -> str:
    """Run git in the project and return what it prints.

    Raises:
        RevisionError: It failed; its own message stands above.
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
    """Return the hash of a revision's files; `.` is the working tree, new files included."""
    if revision != ".":
        return git("rev-parse", "--verify", f"{revision}^{{tree}}")
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}  # the real one stays as it is
        git("add", "--all", **index)
        return git("write-tree", **index)


def install(revision: str) -> Path:
    """Return the Python of an environment with that revision's wheel, made the first time."""
    tree = find_tree(revision)
    place = ROOT / ".cache" / "ratio" / tree[:12]
    if not environment.is_ready(place, "ratio"):
        print(f"installing {revision} in {place.relative_to(ROOT)}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            archive, sources = Path(scratch, "sources.zip"), Path(scratch, "sources")
            git("archive", f"--output={archive}", tree)
            shutil.unpack_archive(archive, sources)
            environment.create(place)
            environment.pip_install(place, str(sources))
            environment.finish(place, "ratio")
    return environment.python_of(place)

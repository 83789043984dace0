"""Mutation testing: breaks one promise of the core at a time; the nearest tests must fail.

Rule: only copies are changed, one mutation at a time. A mutation whose tests pass all the same
has survived: no test covers that promise. `mutations.toml` is the list.
"""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("mutations.toml")
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".cache", ".*_cache", ".hypothesis", "__pycache__", "node_modules"
)
HANG_AFTER = 120.0
"""Seconds after which mutated tests hang; their selections take a few. A hang is a kill."""
UNMUTATED_LIMIT = 900.0
"""Seconds for all selections together, without a mutation."""
PASSED, FAILED, HUNG = 0, 1, -signal.SIGKILL
PYTEST = ("-x", "-q", "--hypothesis-seed=0", "-p", "no:cacheprovider", "-o", "test_time_limit=0")


class MutantsError(Exception):
    """The list is wrong, or the tests don't pass without a mutation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One change that breaks a promise.

    Args:
        promise: What it breaks, as a claim that is true of the code as it is.
        file: Where, from the root of the project.
        text: What stands there, exactly once.
        instead: What replaces it.
        tests: The nearest tests, as arguments of pytest.
    """

    promise: str
    file: str
    text: str
    instead: str
    tests: str

    def applied(self, source: str) -> str:
        """Return the mutated source.

        Raises:
            MutantsError: `text` isn't there exactly once.
        """
        found = source.count(self.text)
        if found != 1:
            raise MutantsError(
                f"{self.file}: {self.text!r} is found {found} times, expected once ({self.promise})"
            )
        return source.replace(self.text, self.instead)

    def diff(self, source: str) -> str:
        """Return the change as a unified diff."""
        before, after = (one.splitlines() for one in (source, self.applied(source)))
        lines = difflib.unified_diff(before, after, self.file, self.file, n=1, lineterm="")
        return "\n".join(lines)


class Tree:
    """A copy of the project, in which one mutation at a time is made and tested.

    Args:
        root: The project.
        folder: Where the copy goes; it doesn't exist yet.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        shutil.copytree(root, folder, ignore=NOT_COPIED, symlinks=True)
        self.folder = folder
        self._writes = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """Keep a mutation in the copy for as long as the context lasts."""
        path = self.folder / mutation.file
        source = path.read_text(encoding="utf-8")
        try:
            self._write(path, mutation.applied(source))
            yield
        finally:
            self._write(path, source)

    def _write(self, path: Path, source: str) -> None:
        """Write a source, never twice with the same time: a .pyc is valid by time and size."""
        path.write_text(source, encoding="utf-8")
        self._writes += 1
        os.utime(path, (self._writes, self._writes))

    def test(self, tests: Sequence[str], limit: float) -> tuple[int, str]:
        """Run tests.

        Args:
            tests: Arguments of pytest.
            limit: Seconds after which they are killed, with all that they started.

        Returns:
            The exit code of pytest, `HUNG` if it was killed; and what it printed.
        """
        # Programs that a test starts import the copy too.
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        with tempfile.TemporaryFile() as output:
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *PYTEST, *tests],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(0 if self._is_stopped else limit)
            except subprocess.TimeoutExpired:
                self._kill()
            code = process.wait()
            output.seek(0)
            return code, output.read().decode(errors="replace")

    def is_killed(self, mutation: Mutation) -> bool:
        """Whether the nearest tests fail, or hang, with a mutation.

        Raises:
            MutantsError: They neither failed nor passed: none was found, or the mutated module
                can't be imported.
        """
        with self.mutated(mutation):
            code, printed = self.test(shlex.split(mutation.tests), HANG_AFTER)
        # Python ends with the same code as pytest where a plugin can't be imported.
        has_failed = code == FAILED and "short test summary" in printed
        if not has_failed and code not in {PASSED, HUNG}:
            raise MutantsError(f"pytest {mutation.tests} ended with {code}\n{printed}")
        return code != PASSED

    def stop(self) -> None:
        """Kill the tests that run, and those that start from now on."""
        self._is_stopped = True
        self._kill()

    def _kill(self) -> None:
        """Kill what runs, with all that it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def files_of(mutations: Iterable[Mutation]) -> list[str]:
    """Return the test files and folders of all selections, each once."""
    words = (word for mutation in mutations for word in shlex.split(mutation.tests))
    return sorted({word.partition("::")[0] for word in words if word.startswith("tests/")})


def check_unmutated(tree: Tree, files: Sequence[str]) -> None:
    """Raise MutantsError unless the tests pass as they are."""
    code, printed = tree.test(files, UNMUTATED_LIMIT)
    if code != PASSED:
        raise MutantsError(f"the tests don't pass without a mutation\n{printed}")


def survivors(mutations: Sequence[Mutation], trees: Sequence[Tree]) -> list[Mutation]:
    """Try every mutation, as many at a time as there are trees, and print how each ends."""
    free: SimpleQueue[Tree] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def try_one(mutation: Mutation) -> tuple[Mutation, bool, float]:
        """Try a mutation in a tree that is free."""
        tree, began = free.get(), time.monotonic()
        try:
            return mutation, tree.is_killed(mutation), time.monotonic() - began
        finally:
            free.put(tree)

    files, survived = files_of(mutations), []
    pool = ThreadPoolExecutor(len(trees))
    try:
        shares = [files[number :: len(trees)] for number in range(len(trees))]
        list(pool.map(check_unmutated, trees, filter(None, shares)))
        for mutation, is_killed, seconds in pool.map(try_one, mutations):
            end = "killed" if is_killed else "SURVIVED"
            print(f"{end:8} {seconds:5.1f} s  {mutation.promise}", flush=True)
            if not is_killed:
                survived.append(mutation)
    finally:
        for tree in trees:
            tree.stop()
        pool.shutdown(cancel_futures=True)
    return survived


def read(path: Path) -> list[Mutation]:
    """Read the list."""
    return [Mutation(**row) for row in tomllib.loads(path.read_text("utf-8"))["mutation"]]


def misplaced(mutations: Iterable[Mutation], root: Path) -> list[str]:
    """Return an error text for each mutation whose text isn't found once."""
    wrong = []
    for mutation in mutations:
        try:
            mutation.applied((root / mutation.file).read_text(encoding="utf-8"))
        except (OSError, MutantsError) as error:
            wrong.append(str(error))
    return wrong


def main(words: Sequence[str], root: Path = ROOT, path: Path = LIST) -> int:
    """Try all mutations, or those in whose promise or file one of the words stands."""
    began = time.monotonic()
    found = read(path)
    mutations = [
        one for one in found if not words or any(w in one.promise + one.file for w in words)
    ]
    if not mutations:
        print(f"no mutation of {len(found)} has any of {', '.join(words)}", file=sys.stderr)
        return 2
    if wrong := misplaced(mutations, root):
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    diffs = [one.diff((root / one.file).read_text(encoding="utf-8")) for one in mutations]
    try:
        with tempfile.TemporaryDirectory(prefix="smsc-async-mutants-") as folder:
            workers = range(min(os.cpu_count() or 1, len(mutations)))
            trees = [Tree(root, Path(folder, str(number))) for number in workers]
            survived = survivors(mutations, trees)
    except MutantsError as error:
        print(error, file=sys.stderr)
        return 2
    for mutation, diff in zip(mutations, diffs, strict=True):
        if mutation in survived:
            print(f"\nsurvived: {mutation.promise}\n  pytest {mutation.tests}\n{diff}")
    killed, seconds = len(mutations) - len(survived), time.monotonic() - began
    print(f"{killed} of {len(mutations)} mutants killed in {seconds:.0f} s")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

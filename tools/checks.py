"""Run all checks of the project and report every failure in one run.

Rule: a check is a name and a function that returns a `Finding`. A failure doesn't stop the other
checks; the exit code is 0 only if all of them passed. A check that hangs has failed; one that is
slow on a busy machine has not. Static checks run in parallel.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import environment
import hang
import pythons
from environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

BIN = Path(sys.executable).parent
CACHE = ROOT / ".cache"
WHEEL_ENVIRONMENT = CACHE / "wheel-environment"
CORES = os.cpu_count() or 1
INTERRUPTED = 130  # exit code, as a shell gives it

SOURCES = ("pdu", "smsc_async", "smsc_async_pytest.py", "tests")
SPELLED = (
    *SOURCES, "tools", "benchmarks", "docs", "examples", "README.md", "CHANGELOG.md",
    "CONTRIBUTING.md", "SECURITY.md",
)  # fmt: skip
# Files that the tests need in addition to the installed packages.
BESIDE_THE_WHEEL = (
    "tests", "docs", "examples", "benchmarks", "tools", "pyproject.toml", "constraints.txt",
    "Makefile", "README.md", "README.ru.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
    "LICENSE", ".github", ".pre-commit-config.yaml", ".ci",
)  # fmt: skip
# Floors 0 to 2: each module has 100 % branch coverage by its own test module.
FLOORS = (
    "pdu",
    "smsc_async/messages.py",
    "smsc_async/_submit.py",
    "smsc_async/_message_base.py",
    "smsc_async/_message_checks.py",
    "smsc_async/_number_checks.py",
    "smsc_async/_submit_checks.py",
    "smsc_async/receipts.py",
    "smsc_async/errors.py",
    "smsc_async/config.py",
    "smsc_async/_config_checks.py",
    "smsc_async/_config_env.py",
    "smsc_async/_config_simulator.py",
    "smsc_async/_config_url.py",
    "smsc_async/_base_errors.py",
    "smsc_async/session",
    "smsc_async/rules",
    "smsc_async/gateway",
)

# Without bytecode files, each of the forty processes rewrites the plugins' assertions again.
CACHED = {"PYTHONDONTWRITEBYTECODE": ""}
COVERAGE = (sys.executable, "-m", "coverage")
# Tracing is slow: there is no time limit, and hypothesis runs few and fixed examples.
TRACED_PYTEST = (
    "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=coverage",
    "-o", "test_time_limit=0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check.

    Args:
        passed: Whether the check passed.
        said: Its output, shown in full if it failed.
        summary: Shown if it passed; empty for nothing.
    """

    passed: bool
    said: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A named check."""

    name: str
    look: Callable[[], Finding]


def run(command: list[str], *, cwd: Path = ROOT, **variables: str) -> Finding:
    """Run a program; it passes if its exit code is 0."""
    code, said = hang.run(command, cwd=cwd, env={**os.environ, **CACHED, **variables})
    if code is None:
        said += f"\nkilled: it hung ({' '.join(command)}), {hang.QUIET:g} s without processor time"
    return Finding(passed=code == 0, said=said)


def tool(name: str, *arguments: str) -> Callable[[], Finding]:
    """Return a check that runs a program of the environment."""
    return lambda: run([str(BIN / name), *arguments])


def existing(*names: str) -> list[str]:
    """Return the names of files that exist."""
    return [name for name in names if (ROOT / name).exists()]


# --- single checks ---


def version() -> str:
    """Return the project's version: `smsc_async/__init__.py` is the one place that has it."""
    text = (ROOT / "smsc_async" / "__init__.py").read_text(encoding="utf-8")
    (found,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return str(found)


def changelog() -> Finding:
    """Check for an entry under "Unreleased" or under the project's version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        title, _, entries = section.partition("\n")
        if title.startswith(("[Unreleased]", f"[{version()}]")) and "\n- " in entries:
            return Finding(passed=True)
    return Finding(passed=False, said=f"no entry under [Unreleased] or [{version()}]")


def pytest_run(python: Path | str, *, cwd: Path = ROOT, **variables: str) -> Finding:
    """Run the tests; the summary is the list of skipped tests and pytest's last line."""
    command = [str(python), "-m", "pytest", "-q", "--continue-on-collection-errors"]
    command += ["-o", "faulthandler_timeout=60"]
    done = run(command, cwd=cwd, **variables)
    lines = done.said.strip().splitlines() or ["pytest said nothing"]
    skipped = [line for line in lines if line.startswith("SKIPPED")]
    return Finding(passed=done.passed, said=done.said, summary="\n".join([*skipped, lines[-1]]))


def tests() -> Finding:
    """Run all tests on the sources."""
    return pytest_run(sys.executable, NODE_PATH=str(ROOT / "node_modules"))


# --- the tests on each further Python of the classifiers ---


def tests_on(python: pythons.Python) -> Callable[[], Finding]:
    """Return a check that runs all tests on the sources, on another Python."""

    def look() -> Finding:
        # pip waits for the network without using the processor, so it isn't run by `hang`.
        prepare = [str(python.path), str(ROOT / "tools" / "environment.py"), "further"]
        if subprocess.run(prepare, check=False).returncode:
            return Finding(passed=False, said="its environment can't be set up, see above")
        name = "{}.{}".format(*python.version)
        own = environment.python_of(CACHE / f"python-{name}")
        return pytest_run(own, NODE_PATH=str(ROOT / "node_modules"))

    return look


def further_pythons() -> tuple[list[pythons.Python], list[str]]:
    """Return the promised Pythons beside the one at hand: those found, and versions missing."""
    at_hand = "{}.{}".format(*sys.version_info)
    places = list(pythons.folders())
    others = {name: pythons.find(name, places) for name in pythons.promised() if name != at_hand}
    found = [python for python in others.values() if python]
    return found, [name for name, python in others.items() if not python]


def checks_of(found: list[pythons.Python]) -> list[Check]:
    """Return a check of the tests for each further Python."""
    return [Check("tests {}.{}".format(*python.version), tests_on(python)) for python in found]


# --- coverage: each module of floors 0 to 2 by its own test module ---


def modules() -> Iterator[Path]:
    """Yield the modules of floors 0 to 2, as paths relative to the root."""
    for floor in FLOORS:
        path = ROOT / floor
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (module.relative_to(ROOT) for module in found if module.name != "__init__.py")


def own_tests(module: Path) -> Path:
    """Return the path of a module's test module; `tests` mirrors the packages."""
    rooms = module.parts[1:-1] if module.parts[0] == "smsc_async" else module.parts[:-1]
    return Path("tests", *rooms, f"test_{module.name}")


def uncovered(module: Path) -> str:
    """Report what a module's own tests leave uncovered; empty for nothing.

    Each module gets a process of its own, so that caches and generated functions of another test
    module's run don't hide a line that isn't covered.
    """
    test_module = own_tests(module)
    if not (ROOT / test_module).exists():
        return f"{module}: there is no {test_module}"
    with tempfile.TemporaryDirectory() as folder:
        data = f"--data-file={folder}/coverage"
        source = f"--source={'.'.join(module.with_suffix('').parts)}"
        tracing = [*COVERAGE, "run", data, "--branch", source, "-m", *TRACED_PYTEST]
        ran = run([*tracing, str(test_module)])
        if not ran.passed:
            return f"{module}: {test_module} failed under coverage\n{ran.said}"
        report = run([*COVERAGE, "report", data, "--fail-under=100", "--show-missing"])
    return "" if report.passed else f"{module} by {test_module}:\n{report.said}"


def coverage() -> Finding:
    """Measure the branch coverage of every module of floors 0 to 2."""
    every = list(modules())
    with ThreadPoolExecutor(CORES) as pool:
        faults = [fault for fault in pool.map(uncovered, every) if fault]
    return Finding(
        passed=bool(every) and not faults,
        said="\n".join(faults),
        summary=f"{len(every) - len(faults)} of {len(every)} modules at 100 %",
    )


# --- the wheel: built, installed away from the sources, and tested ---


def wheel() -> Finding:
    """Build the wheel, install it in a separate environment and run the tests on it."""
    built = build_wheel(CACHE / "wheel")
    if isinstance(built, Finding):
        return built
    install_wheel(built)
    python = environment.python_of(WHEEL_ENVIRONMENT)
    with tempfile.TemporaryDirectory(prefix="smsc-async-wheel-") as folder:
        away = Path(folder)
        copy_tests(away)
        imports = "import pdu, smsc_async, smsc_async_pytest as plugin"
        places = "print(pdu.__file__, smsc_async.__file__, plugin.__file__)"
        where = run([str(python), "-c", f"{imports}; {places}"], cwd=away)
        if not where.passed or where.said.count(str(WHEEL_ENVIRONMENT)) != 3:
            return Finding(passed=False, said=f"not imported from the wheel: {where.said}")
        return pytest_run(python, cwd=away, NODE_PATH=str(ROOT / "node_modules"), PYTHONPATH="")


def build_wheel(folder: Path) -> Path | Finding:
    """Build the wheel into an emptied folder; return its path, or the failure."""
    shutil.rmtree(folder, ignore_errors=True)
    made = run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)])
    return next(folder.glob("*.whl")) if made.passed else made


def install_wheel(built: Path) -> None:
    """Install a wheel, with its dependencies if the environment isn't ready yet.

    Raises:
        SetupError: pip failed.
    """
    if not environment.is_ready(WHEEL_ENVIRONMENT, "wheel"):
        environment.create(WHEEL_ENVIRONMENT)
        environment.pip_install(
            WHEEL_ENVIRONMENT, f"{built}[all,pcap]", *environment.read_group("test")
        )
        environment.finish(WHEEL_ENVIRONMENT, "wheel")
    # Always: pip leaves an older wheel of the same version alone.
    environment.pip_install(WHEEL_ENVIRONMENT, "--force-reinstall", "--no-deps", str(built))


def copy_tests(away: Path) -> None:
    """Copy the tests and the files they need, without the packages."""
    for name in existing(*BESIDE_THE_WHEEL):
        source = ROOT / name
        if source.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", ".hypothesis")
            shutil.copytree(source, away / name, ignore=unwanted)
        else:
            shutil.copy(source, away / name)


# --- all of them ---

STATIC = (
    Check("mypy", tool("mypy")),
    Check("ruff format", tool("ruff", "format", "--check", ".")),
    Check("ruff check", tool("ruff", "check", ".")),
    Check("pyright", tool("basedpyright", "--pythonpath", sys.executable)),
    Check("import-linter", tool("lint-imports", "--no-cache")),
    Check("interrogate", tool("interrogate", "-vv", "-c", "pyproject.toml", *SOURCES)),
    Check("codespell", tool("codespell", *existing(*SPELLED))),
    Check("slotscheck", tool("slotscheck", "-v", "-m", "pdu", "-m", "smsc_async")),
    Check("changelog", changelog),
)
RUNNING = (Check("tests", tests), Check("coverage", coverage), Check("wheel", wheel))


def timed(check: Check) -> tuple[Check, Finding, float]:
    """Run a check and print its result, unless the run was interrupted meanwhile."""
    hang.check_stopped()
    began = time.monotonic()
    try:
        finding = check.look()
    except (OSError, environment.SetupError) as error:
        finding = Finding(passed=False, said=f"{type(error).__name__}: {error}")
    hang.check_stopped()
    took = time.monotonic() - began
    mark = "ok    " if finding.passed else "FAILED"
    report = f"{mark} {check.name:<14} {took:6.1f} s"
    below = finding.summary if finding.passed else finding.said
    print("\n".join([report, *(f"    {line}" for line in below.splitlines())]), flush=True)
    return check, finding, took


def chosen(names: list[str], checks: Sequence[Check], group: str) -> list[Check]:
    """Return the checks that *names* select; all if it is empty."""
    return [check for check in checks if not names or group in names or check.name in names]


def interrupt(_number: int, _frame: object) -> None:
    """Let what runs be killed. Nothing is raised here, in the middle of any line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
    hang.stop()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    every = [check.name for check in (*STATIC, *RUNNING)]
    parser.add_argument("--only", nargs="+", default=[], choices=["static", "running", *every])
    parser.add_argument(
        "--pythons",
        choices=["one", "every"],
        default="one",
        help="run the tests on the Python at hand, or on every Python of the classifiers too",
    )
    return parser.parse_args()


def main() -> int:
    """Run the checks of the command line, or all, and print a summary."""
    signal.signal(signal.SIGINT, interrupt)
    options = arguments()
    try:
        return look(options.only, is_every=options.pythons == "every")
    except hang.StoppedError:
        print("interrupted", flush=True)
        return INTERRUPTED


def look(names: list[str], *, is_every: bool) -> int:
    """Run the checks that *names* select, print a summary and return the exit code.

    Args:
        names: Names of checks, or of their groups; all if it is empty.
        is_every: Whether to run the tests on further Pythons too.
    """
    began = time.monotonic()
    static = chosen(names, STATIC, "static")
    at_hand = pythons.Python(sys.version_info[:3], Path(sys.executable))
    print(f"Python {at_hand}", flush=True)
    found, missing = further_pythons() if is_every else ([], [])
    for python in found:
        print(f"tests also on {python}", flush=True)
    running = chosen(names, RUNNING, "running")
    if any(check.name == "tests" for check in running):
        running[1:1] = checks_of(found)
        notes = [f"SKIPPED Python {name}: this machine has none" for name in missing]
    else:
        notes = []
    # A run of the tests waits for timers and processes half of the time, and how busy the machine
    # is makes no test fail: as many checks run at once as there are processors.
    results = []
    for group in (static, running):
        with ThreadPoolExecutor(CORES) as pool:
            results += list(pool.map(timed, group))
    return sum_up(results, time.monotonic() - began, notes)


def sum_up(
    results: list[tuple[Check, Finding, float]], took: float, notes: Iterable[str] = ()
) -> int:
    """Print which checks failed, pytest's counts and *notes*; return the exit code."""
    failed = [check.name for check, finding, _ in results if not finding.passed]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "all passed"
    print(f"\n{len(results)} checks in {took:.0f} s, {verdict}")
    for check, finding, _ in results:
        if check.name.startswith(("tests", "wheel")) and finding.summary:
            print(f"{check.name}: {finding.summary.splitlines()[-1]}")
    for note in notes:
        print(note)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

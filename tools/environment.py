"""Prepare the virtual environments of `make`, with python3 and pip alone, when something changed.

Rule: the stamp file is written last. An environment without a stamp is installed again; one whose
installation was interrupted is made anew, so that no partly installed package remains.

On Debian `python -m venv` needs `ensurepip`, a separate package, and `pip install` outside of an
environment is refused (PEP 668). So the environment is made without pip, and `pip --python`
installs into it from outside, which pip can do since 22.3.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / ".venv"
BENCH = ROOT / ".cache" / "bench-environment"
FUZZING = ROOT / ".cache" / "fuzz-environment"  # separate: few platforms have wheels
FURTHER = ROOT / ".cache" / "python-{}.{}".format(*sys.version_info)  # a Python beside .venv's
SOURCES = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
OLDEST_PIP = (22, 3)  # the first with `pip --python`

# The extras of each level. "demo" is small, so that `make demo` is quick; "test" includes it.
LEVELS = {
    "demo": ("cli",),
    "test": ("all", "pcap"),
    "bench": ("speed", "plots", "cli", "redis", "postgres"),
}
GROUPS = {"demo": None, "test": "dev"}


class SetupError(Exception):
    """Something is missing on this machine; the message says how to get it."""


def project() -> dict[str, Any]:
    """Return `pyproject.toml`, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read_group(name: str) -> list[str]:
    """Return the requirements of a dependency group and of those it includes. See PEP 735.

    `pip install --group` does the same, but only since pip 25.1.
    """
    requirements: list[str] = []
    for entry in project()["dependency-groups"][name]:
        if isinstance(entry, str):
            requirements.append(entry)
        else:
            requirements += read_group(entry["include-group"])
    return requirements


def python_of(environment: Path) -> Path:
    """Return the path of an environment's interpreter."""
    return environment / "bin" / "python"


def runs(python: Path) -> bool:
    """Return whether an environment's interpreter works and is the Python that runs this script."""
    question = f"import sys; sys.exit(sys.version != {sys.version!r})"
    return python.exists() and subprocess.run([python, "-c", question], check=False).returncode == 0


def find_pip() -> list[str]:
    """Return the command of a pip that can install into another environment.

    Raises:
        SetupError: There is no pip, or only an older one.
    """
    candidates = [
        [sys.executable, "-m", "pip"],
        ["pip3"],
        ["pip"],
        ["/usr/bin/python3", "-m", "pip"],
    ]
    found = []
    for command in candidates:
        version = pip_version(command)
        if version >= OLDEST_PIP:
            return command
        if version:
            found.append(".".join(map(str, version)))
    older = f"; only {', '.join(sorted(set(found)))} was found" if found else ""
    raise SetupError(
        f"smsc-async's set-up needs pip 22.3 or later{older}.\n"
        "Install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip; "
        "elsewhere: python3 -m ensurepip --upgrade)."
    )


def pip_version(command: list[str]) -> tuple[int, ...]:
    """Return the version of a pip; empty if the command fails."""
    try:
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    version = re.match(r"pip (\d+)\.(\d+)", said.stdout)
    return tuple(map(int, version.groups())) if version else ()


def pip_install(environment: Path, *arguments: str) -> None:
    """Install into an environment, with the versions of `constraints.txt`.

    Raises:
        SetupError: There is no pip, or it failed and has printed the reason.
    """
    command = [*find_pip(), "--python", str(python_of(environment)), "--quiet"]
    command += ["--disable-pip-version-check", "install"]
    constrained = ["-c", str(ROOT / "constraints.txt")]
    if subprocess.run([*command, *constrained, *arguments], check=False).returncode:
        raise SetupError("pip couldn't install what is needed; the reason is above.")


def fingerprint(environment: Path, level: str) -> str:
    """Return a hash of what an environment depends on: its path, Python and requirements."""
    parts = [str(environment).encode(), level.encode(), sys.version.encode()]
    parts += [source.read_bytes() for source in SOURCES]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready(environment: Path, level: str) -> bool:
    """Return whether an environment is up to date, by its stamp."""
    stamp = environment / f".ready-{level}"
    return (
        stamp.exists()
        and stamp.read_text(encoding="utf-8") == fingerprint(environment, level)
        and runs(python_of(environment))
    )


def create(environment: Path) -> None:
    """Make an empty environment, unless a complete one exists."""
    unfinished = environment / ".unfinished"
    if unfinished.exists() or not runs(python_of(environment)):
        shutil.rmtree(environment, ignore_errors=True)
        without_pip = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
        if subprocess.run(without_pip, check=False).returncode:
            raise SetupError(f"{sys.executable} couldn't make a virtual environment.")
    unfinished.touch()


def finish(environment: Path, *levels: str) -> None:
    """Write the stamps: the environment is complete."""
    (environment / ".unfinished").unlink()
    for level in levels:
        stamp = fingerprint(environment, level)
        (environment / f".ready-{level}").write_text(stamp, encoding="utf-8")


def prepare(level: str) -> None:
    """Prepare `.venv` for a level, "demo" or "test"."""
    if is_ready(DEFAULT, level):
        return
    pip = find_pip()  # first, so that a missing pip is reported before anything is made
    print(
        f"setting up .venv for {level} ({' '.join(pip)}); the first time takes a minute", flush=True
    )
    create(DEFAULT)
    extras = ",".join(LEVELS[level])
    group = GROUPS[level]
    pip_install(DEFAULT, "-e", f"{ROOT}[{extras}]", *(read_group(group) if group else ()))
    finish(DEFAULT, *(("demo", "test") if level == "test" else ("demo",)))


def prepare_further() -> None:
    """Prepare `.cache/python-X.Y`: what the tests need, for the Python that runs this script."""
    if is_ready(FURTHER, "further"):
        return
    print(f"setting up {FURTHER.relative_to(ROOT)}; the first time takes a minute", flush=True)
    create(FURTHER)
    needed = [*read_group("test"), *read_group("build")]
    pip_install(FURTHER, "-e", f"{ROOT}[{','.join(LEVELS['test'])}]", *needed)
    finish(FURTHER, "further")


def prepare_bench() -> None:
    """Prepare the environment of the benchmarks: this client and the others.

    The other clients are installed one by one, so that one that can't be installed on this
    platform doesn't stop the rest.
    """
    if is_ready(BENCH, "bench"):
        return
    print("setting up .cache/bench-environment; the first time takes a minute", flush=True)
    create(BENCH)
    pip_install(BENCH, "-e", f"{ROOT}[{','.join(LEVELS['bench'])}]")
    for requirement in read_group("bench"):
        try:
            pip_install(BENCH, requirement)
        except SetupError:
            print(f"!!! {requirement} CAN'T BE INSTALLED HERE and is left out", flush=True)
    finish(BENCH, "bench")


def prepare_fuzzing() -> None:
    """Prepare the environment of `make fuzz`: the project and the fuzzer."""
    if is_ready(FUZZING, "fuzz"):
        return
    print(f"setting up {FUZZING.relative_to(ROOT)}", flush=True)
    create(FUZZING)
    pip_install(FUZZING, "-e", str(ROOT), *read_group("fuzz"))
    finish(FUZZING, "fuzz")


def main() -> int:
    """Prepare the environment of the level that the command line names."""
    parser = argparse.ArgumentParser(description="prepare an environment of the project")
    parser.add_argument("level", choices=sorted({*LEVELS, "further", "fuzz"}))
    level = parser.parse_args().level
    try:
        if level == "bench":
            prepare_bench()
        elif level == "fuzz":
            prepare_fuzzing()
        elif level == "further":
            prepare_further()
        else:
            prepare(level)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())

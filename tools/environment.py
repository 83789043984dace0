"""A virtual environment made ready with python3 and pip alone, and only when something changed.

Rule: the stamp is written last. An environment without its stamp is installed again; one whose
installation broke off halfway is made anew, so that no half of a package survives.

`python -m venv` needs `ensurepip`, which Debian packages separately, and a plain `pip install`
is refused there (PEP 668). An environment without pip, filled from outside by
`pip --python`, needs neither; pip can do that since 22.3.
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
FUZZING = ROOT / ".cache" / "fuzz-environment"  # apart: a fuzzer has wheels for few platforms
SOURCES = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
OLDEST_PIP = (22, 3)  # the first with `pip --python`

# What `make demo` needs is small, so that a first look is quick; `test` holds it and more.
LEVELS = {
    "demo": ("cli",),
    "test": ("all",),
    "bench": ("speed",),
}
GROUPS = {"demo": None, "test": "dev"}


class SetupError(Exception):
    """What is missing on this machine, and how to get it."""


def project() -> dict[str, Any]:
    """Return `pyproject.toml`, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read_group(name: str) -> list[str]:
    """Return a dependency group's requirements, those of the groups it includes as well.

    Own lines since `pip install --group` came with pip 25.1. See PEP 735.
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
    """Tell whether an interpreter is there, works and is new enough."""
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    return python.exists() and subprocess.run([python, "-c", question], check=False).returncode == 0


def find_pip() -> list[str]:
    """Return the command of a pip that can install into another environment.

    Raises:
        SetupError: There is none, or only an older one.
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
    """Return the version of a pip, empty where the command isn't one."""
    try:
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    version = re.match(r"pip (\d+)\.(\d+)", said.stdout)
    return tuple(map(int, version.groups())) if version else ()


def pip_install(environment: Path, *arguments: str) -> None:
    """Install into an environment, with the versions the project was tried with.

    Raises:
        SetupError: pip isn't there, or couldn't install; it has said why itself.
    """
    command = [*find_pip(), "--python", str(python_of(environment)), "--quiet"]
    command += ["--disable-pip-version-check", "install"]
    constrained = ["-c", str(ROOT / "constraints.txt")]
    if subprocess.run([*command, *constrained, *arguments], check=False).returncode:
        raise SetupError("pip couldn't install what is needed; its reason stands above.")


def fingerprint(environment: Path, level: str) -> str:
    """Return what an environment was made from: its place, its Python, its requirements."""
    parts = [str(environment).encode(), level.encode(), sys.version.encode()]
    parts += [source.read_bytes() for source in SOURCES]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready(environment: Path, level: str) -> bool:
    """Tell whether an environment's stamp says that it is up to date."""
    stamp = environment / f".ready-{level}"
    return (
        stamp.exists()
        and stamp.read_text(encoding="utf-8") == fingerprint(environment, level)
        and runs(python_of(environment))
    )


def create(environment: Path) -> None:
    """Make an empty environment, unless a sound one is there."""
    unfinished = environment / ".unfinished"
    if unfinished.exists() or not runs(python_of(environment)):
        shutil.rmtree(environment, ignore_errors=True)
        without_pip = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
        if subprocess.run(without_pip, check=False).returncode:
            raise SetupError(f"{sys.executable} couldn't make a virtual environment.")
    unfinished.touch()


def finish(environment: Path, *levels: str) -> None:
    """Stamp an environment: everything is in."""
    (environment / ".unfinished").unlink()
    for level in levels:
        stamp = fingerprint(environment, level)
        (environment / f".ready-{level}").write_text(stamp, encoding="utf-8")


def prepare(level: str) -> None:
    """Make the project's own environment ready for a level: "demo" or "test"."""
    if is_ready(DEFAULT, level):
        return
    pip = find_pip()  # asked first: its absence should be said before anything is made
    print(
        f"setting up .venv for {level} ({' '.join(pip)}); the first time takes a minute", flush=True
    )
    create(DEFAULT)
    extras = ",".join(LEVELS[level])
    group = GROUPS[level]
    pip_install(DEFAULT, "-e", f"{ROOT}[{extras}]", *(read_group(group) if group else ()))
    finish(DEFAULT, *(("demo", "test") if level == "test" else ("demo",)))


def prepare_bench() -> None:
    """Make the environment of the benchmarks ready: the client, and whoever races with it.

    Contestants are installed one by one: one that this platform lacks takes nobody with it.
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
            print(f"!!! {requirement} CAN'T BE INSTALLED HERE: it won't be raced with", flush=True)
    finish(BENCH, "bench")


def prepare_fuzzing() -> None:
    """Make the environment of `make fuzz` ready: the project, and a fuzzer."""
    if is_ready(FUZZING, "fuzz"):
        return
    print(f"setting up {FUZZING.relative_to(ROOT)}", flush=True)
    create(FUZZING)
    pip_install(FUZZING, "-e", str(ROOT), *read_group("fuzz"))
    finish(FUZZING, "fuzz")


def main() -> int:
    """Prepare what the command line asks for."""
    parser = argparse.ArgumentParser(description="make the project's environment ready")
    parser.add_argument("level", choices=sorted({*LEVELS, "fuzz"}))
    level = parser.parse_args().level
    try:
        if level == "bench":
            prepare_bench()
        elif level == "fuzz":
            prepare_fuzzing()
        else:
            prepare(level)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())

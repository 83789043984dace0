"""Which Pythons the tests run on: those of the classifiers that really start."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
import pythons

ROOT = Path(__file__).parents[2]


def fake(folder: Path, name: str, says: str) -> Path:
    """Put a program in a folder that prints what a Python would say of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python(folder: Path, version: str) -> Path:
    """Put a Python of a version in a folder."""
    major, minor, patch = version.split(".")
    name = f"python{major}.{minor}"
    return fake(folder, name, f"echo {major} {minor} {patch}; echo {folder / name}")


def test_promised_versions_are_those_of_the_classifiers() -> None:
    """A classifier is a promise; the oldest one is `requires-python`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = pythons.promised()

    assert f">={versions[0]}" == project["requires-python"]
    assert versions == sorted(versions, key=lambda version: int(version.split(".")[1]))


def test_newest_patch_version_is_found(tmp_path: Path) -> None:
    """3.12.10 is newer than 3.12.9: numbers are compared, not texts."""
    for version in ("3.12.9", "3.12.10", "3.12.1"):
        python(tmp_path / version, version)

    found = pythons.find("3.12", [tmp_path / v for v in ("3.12.9", "3.12.10", "3.12.1")])

    assert found is not None
    assert (3, 12, 10) == found.version
    assert tmp_path / "3.12.10" / "python3.12" == found.path


@pytest.mark.parametrize(
    "says",
    [
        "echo 'pyenv: python3.12: command not found' >&2; exit 127",
        "exit 0",
        "echo 3 12 4",
        "echo three twelve four; echo /python",
        "echo 3 11 4; echo /python",
    ],
    ids=["shim", "silent", "no path", "no numbers", "another version"],
)
def test_what_does_not_start_as_that_python_is_none(tmp_path: Path, says: str) -> None:
    """A shim of pyenv is on PATH for every version installed, selected or not."""
    fake(tmp_path, "python3.12", says)

    assert pythons.find("3.12", [tmp_path]) is None


def test_file_that_cannot_be_started_is_none(tmp_path: Path) -> None:
    """Of another architecture, or without permission."""
    python(tmp_path, "3.12.1").chmod(0o644)

    assert pythons.find("3.12", [tmp_path, tmp_path / "missing"]) is None


def test_python_at_hand_is_found_by_its_folder() -> None:
    """The question is one that a real interpreter understands."""
    version = "{}.{}".format(*sys.version_info)
    path = Path(sys.executable).parent / f"python{version}"

    assert pythons.ask(path) == pythons.Python(sys.version_info[:3], Path(sys.executable)) or (
        pythons.ask(path) == pythons.Python(sys.version_info[:3], path)
    )


def test_folders_of_pyenv_come_before_its_shims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shim starts the interpreter through a shell; the interpreter itself is better."""
    (tmp_path / "versions" / "3.12.1" / "bin").mkdir(parents=True)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:/opt/tools")
    (tmp_path / "beside" / "3.13.0" / "bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "beside" / "3.11.7"))

    assert [
        tmp_path / "versions" / "3.12.1" / "bin",
        tmp_path / "beside" / "3.13.0" / "bin",
        tmp_path / "shims",
        Path("/opt/tools"),
        Path("/usr/local/bin"),
        Path("/usr/bin"),
    ] == list(pythons.folders())

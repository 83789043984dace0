"""A PostgreSQL server of the tests' own, for all rooms that need one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")


def postgres_programs() -> Path | None:
    """Return the folder with a PostgreSQL server's programs, if there is one."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = sorted(one for place in PLACES for one in Path(place).glob("**/bin/initdb"))
    return found[-1].parent if found else None


IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
# PostgreSQL refuses to run as root.
AS_POSTGRES = ("runuser", "-u", "postgres", "--") if IS_ROOT else ()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server on a free port of this machine; give its conninfo."""
    programs = postgres_programs()
    if programs is None:
        said = "no PostgreSQL server here (Debian: apt install postgresql): its outbox is untested"
        if os.environ.get("CI"):
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
    with tempfile.TemporaryDirectory(prefix="smsc-async-postgres-") as folder:
        if IS_ROOT:
            shutil.chown(folder, "postgres")
        data = Path(folder, "data")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        _run(programs / "initdb", "-D", data, "-A", "trust", "-U", "smsc", "-E", "UTF8", "-N")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        _run(
            programs / "pg_ctl", "-D", data, "-w", "-t", "240", "-l", Path(folder, "log"),
            "-o", f"{options} -c fsync=off -c deadlock_timeout=20ms", "start",
        )  # fmt: skip
        try:
            yield f"host=127.0.0.1 port={port} user=smsc dbname=postgres"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _run(*command: str | Path) -> None:
    """Run one of PostgreSQL's programs."""
    ran = subprocess.run(  # noqa: S603 - fixed lists of arguments, never through a shell
        [*AS_POSTGRES, *map(str, command)],
        stdout=subprocess.DEVNULL,  # the server inherits it and would keep a pipe open
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=300,
        check=False,
    )
    assert 0 == ran.returncode, command

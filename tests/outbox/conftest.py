"""Outboxes of both kinds, a PostgreSQL server, and a scripted client.

Rule: both kinds of outbox keep the same promises, so tests take the outbox from a fixture.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from outboxes import Accepted, ScriptedClient
from zygote import open_outbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from smsc_async.outbox.base import BaseOutbox

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
_schemas = itertools.count(1)


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


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a place for the test's outbox: a path, or a conninfo."""
    if request.param == "sqlite":
        return str(tmp_path / "outbox.db")
    conninfo = request.getfixturevalue("postgres")
    schema = f"outbox_{next(_schemas)}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{conninfo} options='-c search_path={schema}'"


@pytest.fixture
def make_outbox(place: str) -> Callable[[], BaseOutbox]:
    """Make outboxes that share their entries, as those of several processes do."""
    return lambda: open_outbox(place)


@pytest.fixture
async def outbox(make_outbox: Callable[[], BaseOutbox]) -> AsyncGenerator[BaseOutbox]:
    """Give an open outbox."""
    async with make_outbox() as opened:
        yield opened


@pytest.fixture
def client() -> ScriptedClient:
    """Give a client that accepts everything, until a test changes its answers."""
    return ScriptedClient([Accepted()])

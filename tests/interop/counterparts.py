"""SMSCs and clients of other projects, started for one test and ended with it.

Rule: an SMSC listens on loopback, chooses its port, and ends when its standard input is closed; a
client ends with its unbind. A test ends only the process that it started. If one isn't installed,
its tests are skipped, or fail if CI or REQUIRE_COUNTERPARTS is set.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from contextlib import AbstractAsyncContextManager

HERE = Path(__file__).parent
LIFE = 600  # seconds after which a counterpart ends by itself
DAEMONS = "/usr/sbin:/usr/local/sbin"
PATIENCE = 120  # seconds to wait for a line


def missing(what: str, cure: str) -> None:
    """Skip the test because a counterpart is missing, or fail it if it is required."""
    reason = f"{what} isn't installed: {cure}"
    if os.environ.get("CI") or os.environ.get("REQUIRE_COUNTERPARTS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need_program(name: str, cure: str) -> str:
    """Return the path of a program, or skip the test.

    Daemons are in folders that aren't on an ordinary user's PATH.
    """
    path = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), DAEMONS)))
    if path is None:
        missing(name, cure)
    return path or ""


def node_environment() -> dict[str, str]:
    """Return the environment in which node finds npm's `smpp`, or skip the test.

    It is searched for beside the tests and in NODE_PATH.
    """
    node = need_program("node", "apt install nodejs npm, then make counterparts")
    beside = str(HERE.parent.parent / "node_modules")
    path = os.pathsep.join(filter(None, [beside, os.environ.get("NODE_PATH")]))
    variables = {**os.environ, "NODE_PATH": path}
    question = [node, "-e", "require.resolve('smpp')"]
    if subprocess.run(question, env=variables, capture_output=True, check=False).returncode:
        missing("npm's smpp", "make counterparts")
    return variables


def need_smpp34() -> None:
    """Skip the test if PyPI's `smpp34` isn't installed."""
    if importlib.util.find_spec("smpp34") is None:
        missing("PyPI's smpp34", "pip install smpp34==1.5.0")


def perl_environment() -> dict[str, str]:
    """Return the environment in which Perl finds Net::SMPP, or skip the test."""
    perl = need_program("perl", "apt install perl")
    question = [perl, "-MNet::SMPP", "-e", "1"]
    if subprocess.run(question, capture_output=True, check=False).returncode:
        missing("Perl's Net::SMPP", "apt install libnet-smpp-perl")
    return dict(os.environ)


def smpplib_environment() -> dict[str, str]:
    """Return the environment in which Python finds PyPI's `smpplib`, or skip the test."""
    if importlib.util.find_spec("smpplib") is None:
        missing("PyPI's smpplib", "pip install smpplib==2.2.4")
    return dict(os.environ)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A running SMSC or client of another project.

    Args:
        process: The process, which the test owns.
        port: The SMSC's port on 127.0.0.1.
        unread: Lines about events that no test has asked for yet.
    """

    process: asyncio.subprocess.Process
    port: int
    unread: list[dict[str, Any]] = field(default_factory=list)

    async def next_event(self, event: str) -> dict[str, Any]:
        """Return the next line about an event; lines about others are kept for later calls.

        Raises:
            TimeoutError: No such line came within `PATIENCE` seconds.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                for index, line in enumerate(self.unread):
                    if line.get("event") == event:
                        return self.unread.pop(index)
                self.unread.append(await self._line())

    async def request(self, **fields: object) -> dict[str, Any]:
        """Have a client submit a submit_sm with these fields; return the line on its response."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(fields).encode("ascii") + b"\n")
        await self.process.stdin.drain()
        return await self.next_event("submit_sm_resp")

    def end_input(self) -> None:
        """Close its standard input: an SMSC ends, a client unbinds when its deliver_sm came."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def _line(self) -> dict[str, Any]:
        """Return the next line about any event."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            pytest.fail("the counterpart has ended", pytrace=False)
        event: dict[str, Any] = json.loads(line)
        return event


@asynccontextmanager
async def started(*command: str, env: Mapping[str, str]) -> AsyncGenerator[Counterpart]:
    """Run a counterpart until the end of the block."""
    variables = {**env, "LIFE": str(LIFE)}
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=variables)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            first = json.loads(await process.stdout.readline())
        yield Counterpart(process, first["listening"])
    finally:
        await end(process)


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here: terminate it, wait, then kill it."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.communicate()


def node_smsc(port: int = 0) -> AbstractAsyncContextManager[Counterpart]:
    """Return a context that runs an SMSC on npm's `smpp`, on the given port or any free one."""
    variables = {**node_environment(), "PORT": str(port)}
    return started("node", str(HERE / "node_smsc.js"), env=variables)


def smpp34_smsc() -> AbstractAsyncContextManager[Counterpart]:
    """Return a context that runs an SMSC on PyPI's `smpp34`."""
    need_smpp34()
    return started(sys.executable, str(HERE / "smpp34_smsc.py"), env=os.environ)


def net_smpp_smsc() -> AbstractAsyncContextManager[Counterpart]:
    """Return a context that runs an SMSC on Perl's Net::SMPP."""
    return started("perl", str(HERE / "net_smpp_smsc.pl"), env=perl_environment())


_CLIENTS = {
    "node": ("node", "node_client.js", node_environment),
    "net_smpp": ("perl", "net_smpp_client.pl", perl_environment),
    "smpplib": (sys.executable, "smpplib_client.py", smpplib_environment),
}
CLIENTS = tuple(_CLIENTS)


@asynccontextmanager
async def foreign_client(
    name: str, port: int, *, bad: bool = False, deliveries: int = 0
) -> AsyncGenerator[Counterpart]:
    """Run a client of another project until the end of the block.

    Args:
        name: One of `CLIENTS`.
        port: Of the SMSC on 127.0.0.1.
        bad: Whether it binds, as "shop", with a bad password.
        deliveries: deliver_sm that it waits for before it unbinds; it unbinds when its standard
            input is closed.
    """
    program, script, environment = _CLIENTS[name]
    variables = {
        **environment(),
        "PORT": str(port),
        "PASSWORD": "bad" if bad else "secret",
        "DELIVERIES": str(deliveries),
        "LIFE": str(LIFE),
    }
    command = program, str(HERE / script)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=variables)
    try:
        yield Counterpart(process, port)
    finally:
        await end(process)

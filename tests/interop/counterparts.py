"""SMSCs of other projects, started for one test and ended with it.

Rule: a counterpart listens on loopback, chooses its port, and ends when its standard input is
closed; a test ends only the process that it started. If one isn't installed, its tests are skipped,
or fail if CI or REQUIRE_COUNTERPARTS is set.
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
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A running SMSC of another project.

    Args:
        process: The process, which the test owns.
        port: Its port on 127.0.0.1.
    """

    process: asyncio.subprocess.Process
    port: int

    async def next_event(self, event: str) -> dict[str, Any]:
        """Return the next line about an event; lines about other events are skipped.

        Raises:
            TimeoutError: No such line came within `PATIENCE` seconds.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await self._line()
                if line.get("event") == event:
                    return line

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

"""The pytest plugin, as another project uses it."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import smsc_async_pytest
from smsc_async import testing

ROOT = Path(smsc_async_pytest.__file__).parent

TESTS = """
import asyncio
import socket


def port(simulator):
    return int(simulator.url.rpartition(":")[2])


def test_plain(smsc_simulator):
    with socket.create_connection(("127.0.0.1", port(smsc_simulator))) as connection:
        connection.sendall(bytes.fromhex("0000001000000015000000000000002a"))
        assert bytes.fromhex("0000001080000015000000000000002a") == connection.recv(16)
    assert [] == smsc_simulator.messages


{mark}async def test_asynchronous(smsc_simulator):
    reader, writer = await asyncio.open_connection("127.0.0.1", port(smsc_simulator))
    writer.write(bytes.fromhex("0000001000000015000000000000002a"))
    assert bytes.fromhex("0000001080000015000000000000002a") == await reader.readexactly(16)
    writer.close()
    await writer.wait_closed()
    smsc_simulator.scenario = type(smsc_simulator.scenario)(silent=True)
    assert smsc_simulator.scenario.silent
"""

MARKS = {
    "strict": "import pytest\n@pytest.mark.asyncio\n",
    "auto": "",
    "anyio": "import pytest\n@pytest.mark.anyio\n",
}


@pytest.mark.parametrize("mode", MARKS)
@pytest.mark.takes_up_to(20, reason="a pytest of its own, as in another project")
def test_fixture_works_in_every_kind_of_test(tmp_path: Path, mode: str) -> None:
    """It is synchronous, so plain tests, pytest-asyncio in both modes and anyio can use it."""
    (tmp_path / "test_it.py").write_text(TESTS.replace("{mark}", MARKS[mode]), encoding="utf-8")
    asyncio_mode = "auto" if mode == "auto" else "strict"
    anyio_backend = (
        '\n\nimport pytest\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n'
    )
    (tmp_path / "conftest.py").write_text(anyio_backend, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-W", "error"),
        *("-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
        *("-o", f"asyncio_mode={asyncio_mode}"),
        *("-o", "asyncio_default_fixture_loop_scope=function", str(tmp_path)),
    ]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )

    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.takes_up_to(20, reason="an interpreter of its own")
def test_plugin_imports_nothing_before_it_is_used() -> None:
    """Pytest loads the plugin in every run where the distribution is installed."""
    code = (
        "import sys, pytest;"
        "before = {*sys.modules};"
        "import smsc_async_pytest;"
        "print(sorted({*sys.modules} - before))"
    )
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "['smsc_async_pytest']" == done.stdout.strip()


def test_pytest_loads_the_small_module_only() -> None:
    """The whole package costs 200 ms in every run, also of projects that don't use the fixture."""
    plugins = importlib.metadata.distribution("smsc-async").entry_points

    assert ["smsc_async_pytest"] == [one.value for one in plugins.select(group="pytest11")]


def test_fixture_keeps_its_former_module() -> None:
    """Projects name it in `pytest_plugins`, or import the fixture from it."""
    assert smsc_async_pytest.smsc_simulator is testing.smsc_simulator

"""The program of `examples/send_code.py`; those of the webhook are in contrib/test_callback.py."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pdu import MessageState
from smsc_async import GatewayLimits, SmscClient
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLE = Path(__file__).parents[1] / "examples" / "send_code.py"
PHONE = "79991234567"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The program, imported by its path."""
    spec = importlib.util.spec_from_file_location("send_code", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.takes_up_to(15, reason="a process is started")
def test_example_runs_without_an_account() -> None:
    """Its first line is its documentation, and `sim://` is its default."""
    variables = {name: value for name, value in os.environ.items() if name != "SMSC_URL"}
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", str(EXAMPLE), PHONE],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**variables, "PYTHONASYNCIODEBUG": ""},
    )

    assert (0, "", "Delivered.\n") == (ran.returncode, ran.stderr, ran.stdout)


@pytest.mark.takes_up_to(45, reason="processes are started")
@pytest.mark.parametrize("arguments", [(), (PHONE, PHONE)])
def test_example_says_how_it_is_used(arguments: tuple[str, ...]) -> None:
    """A traceback is no help."""
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(EXAMPLE), *arguments], capture_output=True, text=True, check=False
    )

    assert (1, "usage: python examples/send_code.py PHONE\n") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize(
    ("scenario", "phone", "said"),
    [
        (Scenario(), PHONE, "Delivered."),
        (
            Scenario(state=MessageState.UNDELIVERABLE, error_code=6),
            PHONE,
            "Not delivered, error 6.",
        ),
        (Scenario(submit_status=8), PHONE, "Not sent: "),
        (Scenario(), "not a number", "Not sent: "),
    ],
    ids=["delivered", "undeliverable", "refused", "invalid"],
)
async def test_example_says_what_became_of_a_code(
    example: ModuleType, scenario: Scenario, phone: str, said: str
) -> None:
    """Each branch is one that a real program needs."""
    async with Simulator(scenario) as gateway, SmscClient(gateway.url) as smsc:
        answer = await example.send_code(smsc, phone)

    assert answer.startswith(said)


async def test_code_that_may_have_been_sent_is_not_sent_again(example: ModuleType) -> None:
    """The link is lost after the write: the user is asked to wait."""
    async with (
        Simulator(Scenario(drop_after=1)) as gateway,
        SmscClient(gateway.url, limits=GatewayLimits.off()) as smsc,
    ):
        answer = await example.send_code(smsc, PHONE)

    assert answer.startswith("It may be on its way")

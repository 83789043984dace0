"""A pytest fixture: the gateway on one's desk, in every test that asks for it.

    def test_sign_up_sends_a_code(smsc_simulator):
        sign_up(phone="79991234567", gateway=smsc_simulator.url)
        message = smsc_simulator.wait_for_message()
        assert message.recipient == "79991234567"
        assert "4821" in message.text

Rule: the fixture is synchronous and the simulator runs on a thread of its own, so that it works
in plain tests and under every plugin for asynchronous ones. pytest loads this module in every
run of everybody who has the package installed, so it imports nothing until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.simulator import HostedSimulator


@pytest.fixture
def smsc_simulator() -> Iterator[HostedSimulator]:
    """Give a running simulator of its own to a test: `.url`, `.messages`, `.scenario`, and more.

    It takes any login, keeps what it is sent and sends nothing on. See `HostedSimulator`.
    """
    from smsc_async.simulator import Simulator  # noqa: PLC0415 - not before somebody needs it

    with Simulator().in_thread() as simulator:
        yield simulator

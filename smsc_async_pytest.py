"""A pytest fixture: a simulator of the gateway for each test that requests it.

    def test_sign_up_sends_a_code(smsc_simulator):
        sign_up(phone="79991234567", gateway=smsc_simulator.url)
        message = smsc_simulator.wait_for_message()
        assert message.recipient == "79991234567"
        assert "4821" in message.text

Rule: the fixture is synchronous and the simulator runs on a thread of its own, so that it works
in plain tests and under every plugin for asynchronous ones. pytest loads this module in every
run where the distribution is installed, so it stands outside of the packages and imports them only
when the fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.simulator import HostedSimulator


@pytest.fixture
def smsc_simulator() -> Iterator[HostedSimulator]:
    """A running simulator for one test: `.url`, `.messages`, `.scenario`, and more.

    It accepts any login, and no message leaves the machine. See `HostedSimulator`.
    """
    from smsc_async.simulator import Simulator  # noqa: PLC0415 - costs time in every run of pytest

    with Simulator().in_thread() as simulator:
        yield simulator

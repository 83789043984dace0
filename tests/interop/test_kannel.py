"""Kannel, configured as for the gateway, works with the simulator.

Rule: Kannel reports by HTTP how it understood our PDUs, the simulator how it understood Kannel's,
and tshark checks every PDU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kannel import kannel
from wire import dissect, recording

from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from kannel import Kannel
    from wire import Recorder

pytestmark = pytest.mark.takes_up_to(45, reason="two daemons start, talk by the second, and end")

DELIVERED, TAKEN = "1", "8"


@pytest.fixture
async def simulator() -> AsyncGenerator[Simulator]:
    """A simulator with an account for Kannel."""
    async with Simulator(Scenario(accounts={"shop": "secret"})) as running:
        yield running


@pytest.fixture
async def recorder(simulator: Simulator) -> AsyncGenerator[Recorder]:
    """The proxy between the two."""
    async with recording(simulator.port) as proxy:
        yield proxy


@pytest.fixture
async def customer(recorder: Recorder, tmp_path: Path) -> AsyncGenerator[Kannel]:
    """Kannel, bound; at the end tshark checks every PDU."""
    async with kannel(recorder.port, tmp_path) as running:
        yield running
    complaints = [each.complaint for each in dissect(recorder.frames, tmp_path) if each.complaint]
    assert [] == complaints


async def test_message_goes_out_and_its_receipts_come_back(
    customer: Kannel, simulator: Simulator, recorder: Recorder
) -> None:
    """Submitted by HTTP, accepted by the gateway, delivered, with the same id throughout.

    One test for everything, because Kannel takes seconds to start and longer to stop.
    """
    assert "0: Accepted for delivery" == await customer.send("Order 17 is ready")
    message = await simulator.wait_for_message(timeout=240)
    taken = await customer.callbacks.next("/state")
    delivered = await customer.callbacks.next("/state")

    assert ("Shop", "79991234567") == (message.sender, message.recipient)
    assert "Order 17 is ready" == message.text
    assert (TAKEN, DELIVERED) == (taken["type"], delivered["type"])
    assert message.message_id == delivered["id"]
    assert "stat:DELIVRD" in delivered["answer"]

    text = "Код входа: 4821 😀. " * 6
    await customer.send(text, coding="2")
    message = await simulator.wait_for_message(timeout=240)
    assert (text, 2, 8) == (message.text, message.parts, message.data_coding)

    assert 0 == await simulator.deliver("79991234567", "Shop", "Hello, Kannel")
    incoming = await customer.callbacks.next("/incoming")
    assert ("79991234567", "Hello, Kannel") == (incoming["from"].lstrip("+"), incoming["text"])

    await customer.leave()
    unbinds = [each for each in recorder.frames if each.octets[4:8] == b"\0\0\0\x06"]
    answers = [each for each in recorder.frames if each.octets[4:8] == b"\x80\0\0\x06"]
    assert ([True], [False]) == ([u.to_smsc for u in unbinds], [a.to_smsc for a in answers])

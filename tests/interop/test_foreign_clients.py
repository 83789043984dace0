"""Clients of other projects work with the simulator, and tshark checks both directions.

Rule: each claim is checked by what the client prints and by what the simulator has recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from counterparts import CLIENTS, foreign_client
from wire import dissect, recording

from pdu import CommandStatus, MessageState
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from wire import Recorder

pytestmark = pytest.mark.takes_up_to(
    15, reason="a process of another make submits, and tshark takes 0.5 s"
)

TO = "79991234567"
CYRILLIC = "Код входа: 4821"
PARTS = ("Первая часть, ", "вторая часть.")
HEADERS = (b"\x05\x00\x03\x2a\x02\x01", b"\x05\x00\x03\x2a\x02\x02")

# Those that every client can write; the source is that of the gateway's example.
ADDRESSES = {
    "source_addr_ton": 5,
    "source_addr_npi": 1,
    "source_addr": "Shop",
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": TO,
    "registered_delivery": 1,
}


def fields(octets: bytes, data_coding: int, **others: object) -> dict[str, Any]:
    """Return the fields of a submit_sm for a client's script."""
    text = {"short_message": octets.hex(), "data_coding": data_coding}
    return {**ADDRESSES, "esm_class": 0, **text, **others}


@pytest.fixture(params=CLIENTS)
def name(request: pytest.FixtureRequest) -> str:
    """Run the test with each client."""
    found: str = request.param
    return found


@pytest.fixture
async def simulator() -> AsyncGenerator[Simulator]:
    """A simulator with an account for the client."""
    async with Simulator(Scenario(accounts={"shop": "secret"}, receipt_delay=0.05)) as running:
        yield running


@pytest.fixture
async def recorder(simulator: Simulator, tmp_path: Path) -> AsyncGenerator[Recorder]:
    """The proxy between the two; at the end tshark checks every PDU."""
    async with recording(simulator.port) as proxy:
        yield proxy
    complaints = [each.complaint for each in dissect(proxy.frames, tmp_path) if each.complaint]
    assert [] == complaints


async def test_messages_go_out_and_their_receipts_come_back(
    name: str, simulator: Simulator, recorder: Recorder
) -> None:
    """Latin, Cyrillic and two parts are read as they were written, each is receipted."""
    async with foreign_client(name, recorder.port, deliveries=4) as client:
        bound = await client.next_event("bind")
        responses = [
            await client.request(**fields(b"Order 17 is ready", 0)),
            await client.request(**fields(CYRILLIC.encode("utf-16-be"), 8)),
        ]
        for header, part in zip(HEADERS, PARTS, strict=True):
            octets = header + part.encode("utf-16-be")
            responses.append(await client.request(**fields(octets, 8, esm_class=0x40)))
        client.end_input()
        receipts = [await client.next_event("deliver_sm") for _ in responses]
        unbound = await client.next_event("unbind_resp")

    assert (0, "SMSC") == (bound["command_status"], bound["system_id"])
    assert [0] * 4 == [response["command_status"] for response in responses]
    assert ["Order 17 is ready", CYRILLIC, "".join(PARTS)] == [
        message.text for message in simulator.messages
    ]
    assert {("Shop", TO)} == {(message.sender, message.recipient) for message in simulator.messages}
    assert {response["message_id"] for response in responses} == {
        message_id for message in simulator.messages for message_id in message.message_ids
    }
    assert {(4, TO, "Shop")} == {
        (receipt["esm_class"], receipt["source_addr"], receipt["destination_addr"])
        for receipt in receipts
    }
    assert {MessageState.DELIVERED} == {message.state for message in simulator.messages}
    assert 4 == simulator.stats.delivered
    assert 0 == unbound["command_status"]


async def test_receipt_is_read_with_its_id(
    name: str, simulator: Simulator, recorder: Recorder
) -> None:
    """In the TLV for those who have it, and in the text for all."""
    async with foreign_client(name, recorder.port, deliveries=1) as client:
        await client.next_event("bind")
        response = await client.request(**fields(b"hello", 0))
        client.end_input()
        receipt = await client.next_event("deliver_sm")
        await client.next_event("unbind_resp")

    text = receipt.get("text") or bytes.fromhex(receipt["short_message"]).decode("ascii")
    assert text.startswith(f"id:{response['message_id']} sub:001 dlvrd:001 submit date:")
    assert "stat:DELIVRD err:000" in text
    assert response["message_id"] == receipt.get("receipted_message_id", response["message_id"])
    assert [] == simulator.refusals


async def test_subscribers_message_is_received_and_answered(
    name: str, simulator: Simulator, recorder: Recorder
) -> None:
    """A Cyrillic text; the simulator gets the client's ESME_ROK."""
    async with foreign_client(name, recorder.port, deliveries=1) as client:
        await client.next_event("bind")
        client.end_input()
        status = await simulator.deliver(TO, "Shop", CYRILLIC)
        incoming = await client.next_event("deliver_sm")
        await client.next_event("unbind_resp")

    text = incoming.get("text") or bytes.fromhex(incoming["short_message"]).decode("utf-16-be")
    assert 0 == status
    assert (CYRILLIC, 8, TO) == (text, incoming["data_coding"], incoming["source_addr"])


async def test_bad_password_is_refused(name: str, recorder: Recorder) -> None:
    """The client reads the status of a response without a body."""
    async with foreign_client(name, recorder.port, bad=True) as client:
        bound = await client.next_event("bind")

    assert CommandStatus.ESME_RINVPASWD == bound["command_status"]


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({"priority_flag": 9}, CommandStatus.ESME_RINVPRTFLG),
        ({"destination_addr": ""}, CommandStatus.ESME_RINVDSTADR),
        ({"replace_if_present_flag": 7}, CommandStatus.ESME_RINVREPFLAG),
        ({"validity_period": "000000000000000R"}, CommandStatus.ESME_RINVEXPIRY),
        ({"esm_class": 0x20}, CommandStatus.ESME_RINVESMCLASS),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_the_specification_excludes_is_refused(
    name: str, simulator: Simulator, recorder: Recorder, odd: dict[str, object], status: int
) -> None:
    """The client reads the status, and its next message is accepted."""
    async with foreign_client(name, recorder.port) as client:
        await client.next_event("bind")
        refused = await client.request(**fields(b"odd", 0, registered_delivery=0) | odd)
        accepted = await client.request(**fields(b"good", 0, registered_delivery=0))
        client.end_input()
        await client.next_event("unbind_resp")

    assert (status, 0) == (refused["command_status"], accepted["command_status"])
    assert ["good"] == [message.text for message in simulator.messages]
    assert [status] == [one.command_status for one in simulator.refusals]


async def test_client_ends_with_its_unbind(
    name: str, simulator: Simulator, recorder: Recorder
) -> None:
    """No test leaves a process behind."""
    async with foreign_client(name, recorder.port) as client:
        await client.next_event("bind")
        client.end_input()
        unbound = await client.next_event("unbind_resp")
        await client.process.wait()

    assert 0 == unbound["command_status"]
    assert simulator.stats.binds == 1

"""The simulator on a thread of its own, used from a thread without an event loop."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import BinaryIO

import pytest

from pdu import (
    BindTransceiver,
    CommandStatus,
    DeliverSmResp,
    MessageState,
    Pdu,
    SubmitSm,
    decode,
    encode,
)
from smsc_async import GENERIC, Sms, SmscClient
from smsc_async.errors import InvalidMessageError
from smsc_async.simulator import HostedSimulator, Scenario, Simulator

SUBMIT = SubmitSm(
    source_addr="Shop", destination_addr="79991234567", data_coding=4, short_message=b"Code 4821"
)
BIND = BindTransceiver(system_id="demo", password="demo")


def _exchange(simulator: HostedSimulator, *requests: bytes) -> list[int]:
    """Write requests over a blocking socket, one by one; return the statuses of the responses."""
    port = int(simulator.url.rpartition(":")[2])
    statuses = []
    with (
        socket.create_connection(("127.0.0.1", port)) as connection,
        connection.makefile("rb") as stream,
    ):
        for octets in requests:
            connection.sendall(octets)
            statuses.append(int(_read(stream).command_status))
    return statuses


def _read(stream: BinaryIO) -> Pdu:
    """Read one PDU."""
    head = stream.read(4)
    return decode(head + stream.read(int.from_bytes(head, "big") - 4))


def test_blocking_code_is_served() -> None:
    """A synchronous test with a synchronous client has no event loop."""
    with Simulator().in_thread() as simulator:
        statuses = _exchange(
            simulator, encode(BIND, sequence_number=1), encode(SUBMIT, sequence_number=2)
        )
        first = simulator.wait_for_message(timeout=60)

        assert [0, 0] == statuses
        assert ["Code 4821"] == [message.text for message in simulator.messages]
        assert first is simulator.messages[0]
        assert 1 == simulator.stats.submits


def test_scenario_is_replaced_from_another_thread() -> None:
    """It applies from the next PDU on."""
    with Simulator().in_thread() as simulator:
        simulator.scenario = Scenario(bind_status=CommandStatus.ESME_RBINDFAIL)

        assert CommandStatus.ESME_RBINDFAIL == simulator.scenario.bind_status
        assert [CommandStatus.ESME_RBINDFAIL] == _exchange(
            simulator, encode(BIND, sequence_number=1)
        )


def test_waiting_for_a_message_ends_with_its_timeout() -> None:
    """A test that waits for nothing must not hang."""
    with (
        Simulator().in_thread() as simulator,
        pytest.raises(TimeoutError, match=r"no message came in 0\.01 s"),
    ):
        simulator.wait_for_message(timeout=0.01)


def test_delivery_returns_the_clients_status() -> None:
    """The client responds on a thread of its own, while this one waits."""
    with Simulator().in_thread() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(encode(BIND, sequence_number=1))
            client = threading.Thread(target=_answer_one, args=(connection,))
            client.start()
            status = simulator.deliver("79991234567", "Shop", "Hi", system_id="demo")
            client.join()

    assert 0 == status


async def test_receipt_of_another_smsc_is_delivered_as_text() -> None:
    """`GENERIC` takes a text for a receipt by its esm_class alone."""
    scenario = Scenario(receipts=False)
    with Simulator(scenario).in_thread() as simulator:
        async with SmscClient(simulator.url, dialect=GENERIC) as smsc:
            sent = await smsc.send(Sms(to="79991234567", text="hello"))
            line = f"id:{sent.message_id} stat:DELIVRD err:000"
            status = await asyncio.to_thread(
                simulator.deliver, "79991234567", "Shop", line, esm_class=4
            )
            receipt = await sent.receipt(timeout=5)

    assert (0, "DELIVERED") == (status, receipt.state_name)


def test_subscribers_message_that_cannot_be_sent_is_refused() -> None:
    """The error of the simulator's thread is raised in the caller's."""
    with Simulator().in_thread() as simulator, pytest.raises(InvalidMessageError):
        simulator.deliver("7" * 21, "Shop", "Hi")


def _answer_one(connection: socket.socket) -> None:
    """Read the bind's response and a deliver_sm, and respond to that."""
    with connection.makefile("rb") as stream:
        _read(stream)
        deliver_sm = _read(stream)
    connection.sendall(encode(DeliverSmResp(), sequence_number=deliver_sm.sequence_number))


def test_thread_ends_with_the_block() -> None:
    """A test suite would collect hundreds of threads."""
    before = threading.active_count()
    with Simulator().in_thread():
        assert before < threading.active_count()

    assert before == threading.active_count()


def test_use_after_the_block_is_an_error() -> None:
    """A port that is closed has no URL."""
    with Simulator().in_thread() as simulator:
        pass

    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url


def test_repr_is_read_on_the_simulators_thread() -> None:
    """It shows the simulator's counters."""
    with Simulator().in_thread() as simulator:
        shown = repr(simulator)

    assert shown.startswith("<HostedSimulator <Simulator 127.0.0.1:")
    assert shown.endswith(", running, 0 messages>>")


def test_clock_of_another_source_is_read_from_another_thread() -> None:
    """After the test has moved it; frames of a message are found by its number too."""
    at = 0.0
    with Simulator(Scenario(receipt_delay=60.0), clock=lambda: at).in_thread() as simulator:
        _exchange(simulator, encode(BIND, sequence_number=1), encode(SUBMIT, sequence_number=2))
        before = simulator.message(1).state
        at = 61.0
        simulator.tick()

        assert [MessageState.ENROUTE, MessageState.DELIVERED] == [
            before,
            simulator.message(1).state,
        ]
        assert [2, 2] == [frame.sequence_number for frame in simulator.frames_of("m-1")]

"""The simulator on a thread of its own, used from a thread without a loop."""

from __future__ import annotations

import socket
import threading
from typing import BinaryIO

import pytest

from pdu import BindTransceiver, CommandStatus, DeliverSmResp, Pdu, SubmitSm, decode, encode
from smsc_async.errors import InvalidMessageError
from smsc_async.simulator import HostedSimulator, Scenario, Simulator

SUBMIT = SubmitSm(
    source_addr="Shop", destination_addr="79991234567", data_coding=4, short_message=b"Code 4821"
)
BIND = BindTransceiver(system_id="demo", password="demo")


def _exchange(simulator: HostedSimulator, *requests: bytes) -> list[int]:
    """Write requests over a blocking socket, one after the other; return the answers' statuses."""
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
    """A synchronous test, a synchronous client: no loop in sight."""
    with Simulator().in_thread() as simulator:
        statuses = _exchange(
            simulator, encode(BIND, sequence_number=1), encode(SUBMIT, sequence_number=2)
        )
        message = simulator.wait_for_message(timeout=60)

        assert [0, 0] == statuses
        assert ["Code 4821"] == [kept.text for kept in simulator.messages]
        assert message is simulator.messages[0]
        assert 1 == simulator.stats.submits


def test_scenario_is_set_from_here() -> None:
    """And counts there from the next PDU on."""
    with Simulator().in_thread() as simulator:
        simulator.scenario = Scenario(bind_status=CommandStatus.ESME_RBINDFAIL)

        assert CommandStatus.ESME_RBINDFAIL == simulator.scenario.bind_status
        assert [CommandStatus.ESME_RBINDFAIL] == _exchange(
            simulator, encode(BIND, sequence_number=1)
        )


def test_waiting_ends() -> None:
    """A test that waits for nothing must not hang."""
    with (
        Simulator().in_thread() as simulator,
        pytest.raises(TimeoutError, match=r"no message came in 0\.01 s"),
    ):
        simulator.wait_for_message(timeout=0.01)


def test_subscriber_writes_from_here() -> None:
    """To a client that answers on a thread of its own."""
    with Simulator().in_thread() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(encode(BIND, sequence_number=1))
            client = threading.Thread(target=_answer_one, args=(connection,))
            client.start()
            status = simulator.deliver("79991234567", "Shop", "Hi", system_id="demo")
            client.join()

        assert 0 == status
        with pytest.raises(InvalidMessageError):
            simulator.deliver("7" * 21, "Shop", "Hi")


def _answer_one(connection: socket.socket) -> None:
    """Read the bind's response and a deliver_sm, and answer that."""
    with connection.makefile("rb") as stream:
        _read(stream)
        deliver_sm = _read(stream)
    connection.sendall(encode(DeliverSmResp(), sequence_number=deliver_sm.sequence_number))


def test_thread_ends_with_the_block() -> None:
    """Nothing of it is left behind."""
    before = threading.active_count()
    with Simulator().in_thread() as simulator:
        shown = repr(simulator)

    assert shown.startswith("<HostedSimulator <Simulator 127.0.0.1:")
    assert before == threading.active_count()
    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url

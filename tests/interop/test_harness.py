"""The counterparts, the recorder and tshark work as the other tests here expect.

Octets are written by hand and sent through a plain socket, without any code of the packages.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from wire import Frame, dissect

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Wire

BIND_TRANSCEIVER = bytes.fromhex(
    "00000021"  # command_length 33
    "00000009"  # command_id     bind_transceiver
    "00000000"  # command_status ESME_ROK
    "00000001"  # sequence_number 1
    "73686F7000"  # system_id    "shop"
    "73656372657400"  # password "secret"
    "00"  # system_type          ""
    "34"  # interface_version    3.4
    "000000"  # addr_ton, addr_npi, address_range ""
)
BIND_WITH_BAD_PASSWORD = bytes.fromhex(
    "0000001E"  # command_length 30
    "00000009"  # command_id     bind_transceiver
    "00000000"  # command_status ESME_ROK
    "00000001"  # sequence_number 1
    "73686F7000"  # system_id    "shop"
    "62616400"  # password       "bad"
    "00"  # system_type          ""
    "34"  # interface_version    3.4
    "000000"  # addr_ton, addr_npi, address_range ""
)
SUBMIT_SM = bytes.fromhex(
    "0000003C"  # command_length 60
    "00000004"  # command_id     submit_sm
    "00000000"  # command_status ESME_ROK
    "00000002"  # sequence_number 2
    "00"  # service_type         ""
    "0501"  # source TON, NPI    alphanumeric, ISDN
    "53686F7000"  # source_addr  "Shop"
    "0101"  # dest TON, NPI      international, ISDN
    "373939393132333435363700"  # destination_addr "79991234567"
    "000000"  # esm_class, protocol_id, priority_flag
    "0000"  # schedule_delivery_time "", validity_period ""
    "01"  # registered_delivery  a final receipt
    "00"  # replace_if_present_flag
    "08"  # data_coding          UCS-2
    "00"  # sm_default_msg_id
    "0C"  # sm_length            12
    "041F04400438043204350442"  # short_message "Привет"
)
UNBIND = bytes.fromhex(
    "00000010"  # command_length 16
    "00000006"  # command_id     unbind
    "00000000"  # command_status ESME_ROK
    "00000003"  # sequence_number 3
)
# The message above with an sm_length of 200.
FALSE_LENGTH = SUBMIT_SM.replace(b"\x0c\x04\x1f", b"\xc8\x04\x1f")


async def exchange(port: int, *requests: bytes) -> None:
    """Send requests one after the other and read the answer to each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in requests:
            writer.write(request)
            await asyncio.wait_for(reader.read(4096), 60)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.takes_up_to(5, reason="a process of another make answers, and tshark takes 0.5 s")
async def test_counterpart_takes_a_message_and_the_judge_reads_it(wire: Wire) -> None:
    """Bind, a Cyrillic message, its receipt: each PDU is recorded, and tshark accepts it."""
    await exchange(wire.recorder.port, BIND_TRANSCEIVER, SUBMIT_SM)

    event = await wire.smsc.next_event("submit_sm")

    assert "79991234567" == event["destination_addr"]
    assert ["Привет"] == [submit.text for submit in wire.submitted()]
    assert BIND_TRANSCEIVER == wire.recorder.frames[0].octets
    assert 0x80000009 == wire.judged()[1].command_id


@pytest.mark.takes_up_to(5, reason="a process of another make answers, and tshark takes 0.5 s")
async def test_node_refuses_a_bad_password(node: Wire) -> None:
    """The client's test needs this refusal; its status is ESME_RINVPASWD."""
    await exchange(node.recorder.port, BIND_WITH_BAD_PASSWORD)

    (_, response) = node.judged()

    assert "0x0000000e" == response.first("smpp.command_status")


@pytest.mark.takes_up_to(5, reason="tshark takes 0.5 s to start")
def test_judge_finds_a_false_length(tmp_path: Path) -> None:
    """A check that never fails proves nothing."""
    (judged,) = dissect([Frame(to_smsc=True, octets=FALSE_LENGTH)], tmp_path)

    assert judged.complaint is not None
    assert "Malformed" in judged.complaint


@pytest.mark.takes_up_to(5, reason="tshark takes 0.5 s to start")
def test_judge_knows_what_is_no_smpp(tmp_path: Path) -> None:
    """Octets that tshark silently skips don't count as checked."""
    (judged,) = dissect([Frame(to_smsc=True, octets=b"GET / HTTP/1.1\r\n\r\n")], tmp_path)

    assert judged.complaint is not None


@pytest.mark.takes_up_to(5, reason="a process of another make is started and ended")
async def test_counterpart_ends_with_its_fixture(wire: Wire) -> None:
    """It ends when its standard input is closed, so that no test leaves a process behind."""
    assert wire.smsc.process.stdin is not None

    wire.smsc.process.stdin.close()

    assert await asyncio.wait_for(wire.smsc.process.wait(), 60) is not None

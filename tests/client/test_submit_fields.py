"""Fields of the submit_sm through a real client, over a socket, to the simulator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pdu import Tlv, TlvTag
from smsc_async import (
    Coding,
    LongText,
    MessageState,
    NoReceiptError,
    RepeatedMessageError,
    Sms,
    SmscClient,
    Submit,
    Viber,
)
from smsc_async.outbox import Outbox, OutboxState
from smsc_async.simulator import Scenario, Simulator
from smsc_async.simulator import smsc as room
from smsc_async.simulator.received import read_submit

if TYPE_CHECKING:
    from pathlib import Path

    from pdu import SubmitSm
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.received import ReceivedSubmit

TO = "79991234567"
TLVS = (Tlv(0x1400, b"campaign"), Tlv.of(TlvTag.USER_MESSAGE_REFERENCE, 17))


@pytest.fixture
def submits(monkeypatch: pytest.MonkeyPatch) -> list[SubmitSm]:
    """Return the PDUs that the simulator reads."""
    seen: list[SubmitSm] = []

    def watched(link: ClientLink, pdu: SubmitSm) -> ReceivedSubmit:
        seen.append(pdu)
        return read_submit(link, pdu)

    monkeypatch.setattr(room, "read_submit", watched)
    return seen


@pytest.mark.parametrize("long_text", LongText)
async def test_fields_arrive_with_every_part(submits: list[SubmitSm], long_text: LongText) -> None:
    """The message is delivered as one without them."""
    message = Sms(
        to=TO, text="x" * 400, long_text=long_text, priority=3, service_type="WAP", tlvs=TLVS
    )
    async with Simulator(Scenario(receipt_delay=0)) as gateway, SmscClient(gateway.url) as smsc:
        sent = await smsc.send(message)
        receipt = await sent.receipt(timeout=30)

    assert MessageState.DELIVERED is receipt.state
    assert sent.parts == len(submits)
    assert "x" * 400 == gateway.messages[-1].text
    for submit in submits:
        assert (3, "WAP", 1) == (
            submit.priority_flag,
            submit.service_type,
            submit.registered_delivery,
        )
        assert TLVS == submit.tlvs[-2:]


async def test_receipt_is_neither_requested_nor_awaited() -> None:
    """The gateway sends none, so no wait would end."""
    async with Simulator(Scenario(receipt_delay=0)) as gateway, SmscClient(gateway.url) as smsc:
        sent = await smsc.send(Viber(to=TO, text="hello", registered_delivery=False))
        with pytest.raises(NoReceiptError, match=r"registered_delivery=0"):
            await sent.receipt()

        assert MessageState.ENROUTE is sent.state


async def test_repeat_is_what_the_user_wrote() -> None:
    """A plan asks the same rules as a send."""
    first = Sms(to=TO, text="hello")
    repeat = Sms(to=TO, text="hello", priority=1, registered_delivery=False)
    other = Sms(to=TO, text="hello", tlvs=TLVS)
    async with Simulator(Scenario(rules=None)) as gateway, SmscClient(gateway.url) as smsc:
        await smsc.send(first)

        assert ("repeat", None) == (smsc.plan(repeat).held_by, smsc.plan(other).held_by)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(repeat)
        await smsc.send(other)
        assert "repeat" == smsc.plan(other).held_by


async def test_submit_is_sent_planned_and_kept_like_any_message(
    submits: list[SubmitSm], tmp_path: Path
) -> None:
    """Through client, rules, outbox and simulator."""
    message = Submit(
        to="900", sender="Shop", data_coding=4, protocol_id=0x7F, short_message=b"\x00\xff"
    )
    async with (
        Simulator(Scenario(receipt_delay=0, rules=None)) as gateway,
        SmscClient(gateway.url) as smsc,
        Outbox(tmp_path / "outbox.db") as outbox,
    ):
        receipt = await (await smsc.send(message)).receipt(timeout=30)
        planned = smsc.plan(message)
        number = await outbox.put(replace(message, short_message=b"\x01"))
        await outbox.run(smsc, stop_when_empty=True)
        entry = await outbox.get(number)

    assert MessageState.DELIVERED is receipt.state
    assert (Coding.LATIN1, 4, (2,), 252, 1, "repeat") == (
        planned.coding,
        planned.data_coding,
        planned.octets,
        planned.room,
        planned.pdus,
        planned.held_by,
    )
    assert entry is not None
    assert OutboxState.ACCEPTED is entry.state
    assert [b"\x00\xff", b"\x01"] == [submit.short_message for submit in submits]
    assert {("900", 4, 0x7F)} == {
        (submit.destination_addr, submit.data_coding, submit.protocol_id) for submit in submits
    }

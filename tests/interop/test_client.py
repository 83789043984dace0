"""SMSCs of other projects understand what our client writes, and tshark checks it.

Rule: each claim is checked twice, by what the counterpart prints and by the recorded octets. tshark
must accept every PDU of both directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsc_async import BindRefusedError, CommandStatus, MessageState, Sms, SmscClient

if TYPE_CHECKING:
    from conftest import Wire

    from smsc_async import Receipt, Submission

pytestmark = pytest.mark.takes_up_to(
    10, reason="a process of another make answers, and tshark takes 0.5 s"
)

LATIN = "Order 17 is ready"
CYRILLIC = "Код входа: 4821"
# 150 characters: three parts of at most 67, all different.
LONG = "".join(f"Строка {number:03d} о заказе. " for number in range(7))[:150]


async def sent_by_client(wire: Wire, text: str) -> tuple[Submission[Receipt], Receipt]:
    """Send one text and wait for its receipt."""
    async with SmscClient(wire.url()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text=text, sender="Shop"))
        return sent, await sent.receipt(timeout=60)


@pytest.mark.parametrize("text", [LATIN, CYRILLIC], ids=["latin", "cyrillic"])
async def test_short_text_arrives_and_is_receipted(wire: Wire, text: str) -> None:
    """One part: tshark reads what was written, and the receipt reaches its message."""
    sent, receipt = await sent_by_client(wire, text)

    event = await wire.smsc.next_event("submit_sm")

    assert event["message_id"] == sent.message_id
    assert MessageState.DELIVERED is receipt.state
    assert [text] == [submit.text for submit in wire.submitted()]


async def test_long_text_is_put_together_again(wire: Wire) -> None:
    """Three parts with user data headers: tshark reassembles the same text."""
    sent, receipt = await sent_by_client(wire, LONG)

    submits = wire.submitted()

    assert 3 == sent.parts == len(submits)
    assert MessageState.DELIVERED is receipt.state
    assert submits[-1].reassembled is not None
    assert LONG == submits[-1].reassembled.decode("utf-16-be")


async def test_node_reads_the_cyrillic_text(node: Wire) -> None:
    """The decoder of the receiving side reads the same text and addresses."""
    await sent_by_client(node, CYRILLIC)

    event = await node.smsc.next_event("submit_sm")

    assert CYRILLIC == event["text"]
    assert ("Shop", "79991234567") == (event["source_addr"], event["destination_addr"])


async def test_receipt_is_answered(wire: Wire) -> None:
    """Without a deliver_sm_resp of ESME_ROK, a gateway repeats the receipt or ends the session."""
    async with SmscClient(wire.url()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text=LATIN, sender="Shop"))
        await sent.receipt(timeout=60)
        event = await wire.smsc.next_event("deliver_sm_resp")

    assert 0 == event["command_status"]


async def test_bad_password_is_refused_by_name(node: Wire) -> None:
    """Node refuses with a bare header; the error must still have its status."""
    with pytest.raises(BindRefusedError) as refused:
        async with SmscClient(node.url(bad=True)):
            pytest.fail("bound with a bad password")

    assert CommandStatus.ESME_RINVPASWD == refused.value.command_status
    assert 2 == len(node.judged())


async def test_leaving_unbinds(node: Wire) -> None:
    """A gateway that only sees a broken connection keeps the session for a while."""
    async with SmscClient(node.url()):
        pass

    assert "unbind" == (await node.smsc.next_event("unbind"))["event"]
    assert 0x80000006 == node.judged()[-1].command_id


@pytest.mark.takes_up_to(3, reason="a process of another make closes the connection")
async def test_leaving_does_not_wait_for_a_gateway_that_just_closes(smpp34: Wire) -> None:
    """This SMSC closes the connection instead of answering an unbind."""
    async with SmscClient(smpp34.url()):
        pass

    assert "unbound" == (await smpp34.smsc.next_event("unbound"))["event"]

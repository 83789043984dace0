"""Late, early, mangled, unmatched and too many receipts: none is lost or breaks the session.

Rule: every receipt is answered and reaches a reader, whatever its form.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from faultlab import frame, sms
from scripted import nothing, receipt_fields, turns, until

from pdu import (
    BindTransceiver,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
)
from smsc_async import MessageState

if TYPE_CHECKING:
    from faultlab import Lab
    from scripted import Peer

    from smsc_async import Receipt, SmscClient


async def next_receipt(smsc: SmscClient) -> Receipt:
    """Return the next receipt of `receipts()`."""
    async with aclosing(smsc.receipts()) as receipts:
        return await anext(receipts)


@pytest.mark.parametrize(
    ("text", "message_id", "state"),
    [
        (
            b"id:77 submit date:261123000000 done date:261123000100 stat:DELIVRD err:000 text:hi",
            "77",
            MessageState.DELIVERED,
        ),
        (b"id:77 stat:UNDELIV err:0A1", "77", MessageState.UNDELIVERABLE),
        (b"id:77 stat:UNDELIV err:4", "77", MessageState.UNDELIVERABLE),
        (b"id:77 sub: dlvrd: submit date: done date: stat:EXPIRED", "77", MessageState.EXPIRED),
        (b"id:77 stat:WHATEVER err:", "77", MessageState.UNKNOWN),
        (b"id:77", "77", None),
        (b"\xff\xfe\x00id:77", "77", None),
        (b"", "", None),
    ],
    ids=["12-digit-dates", "hex-error", "short-error", "empty-fields", "odd-state", "id-alone",
         "octets", "nothing"],
)  # fmt: skip
async def test_mangled_receipt_is_answered_once_and_handed_over(
    lab: Lab, text: bytes, message_id: str, state: MessageState | None
) -> None:
    """If it were refused, it would be repeated without end; its raw text is kept."""
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        peer.deliver(esm_class=4, short_message=text)
        receipt = await next_receipt(smsc)
        (answer,) = await peer.got(DeliverSmResp)
        await lab.lives(smsc)

    assert (message_id, state) == (receipt.message_id, receipt.state)
    assert 0 == answer.command_status
    assert text.decode("latin-1") == receipt.raw


async def test_tlvs_win_over_the_text(lab: Lab) -> None:
    """The text has no standard form, the TLVs have."""
    tlvs = (Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"1\0"), Tlv(TlvTag.MESSAGE_STATE, b"\5"))
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.deliver(**{**receipt_fields("2", "DELIVRD"), "tlvs": tlvs})
        receipt = await sent.receipt(timeout=5)

    assert ("1", MessageState.UNDELIVERABLE) == (receipt.message_id, receipt.state)


@pytest.mark.parametrize("together", [True, False], ids=["one-write", "two-writes"])
async def test_receipt_before_its_response_finds_its_message(lab: Lab, *, together: bool) -> None:
    """It waits for the response with its id; if it were dropped, it would be lost."""

    def receipt_first(peer: Peer, submit: SubmitSm) -> None:
        """Deliver the receipt, then accept."""
        response = SubmitSmResp(message_id="77", sequence_number=submit.sequence_number)
        receipt = DeliverSm(**receipt_fields("77"), sequence_number=1)
        if together:
            peer.write(receipt, response)
        else:
            peer.write(receipt)
            asyncio.get_running_loop().call_later(0.01, peer.write, response)

    lab.gateway.on_submit = receipt_first
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        receipt = await sent.receipt(timeout=5)

    assert ("77", MessageState.DELIVERED) == (receipt.message_id, receipt.state)


async def test_reader_of_all_gets_early_receipts_too(lab: Lab) -> None:
    """Of 20 receipts that overtake their responses, a reader of `receipts()` gets 20."""

    def receipt_first(peer: Peer, submit: SubmitSm) -> None:
        """Deliver the receipt, then accept."""
        number = submit.sequence_number
        receipt = DeliverSm(**receipt_fields(f"id{number}"), sequence_number=number)
        peer.write(receipt, SubmitSmResp(message_id=f"id{number}", sequence_number=number))

    lab.gateway.on_submit = receipt_first
    async with lab.client() as smsc, aclosing(smsc.receipts()) as receipts:
        first = asyncio.ensure_future(anext(receipts))
        await turns()
        outcomes = [each async for each in smsc.send_many(sms(number) for number in range(20))]
        read = {(await first).message_id} | {(await anext(receipts)).message_id for _ in range(19)}

    assert 20 == len(outcomes) == len(read)


@pytest.mark.parametrize(
    ("setting", "in_response", "in_receipt"),
    [
        ("opaque", "0913121205", "0913121205"),
        ("opaque", "AbC-00d", "AbC-00d"),
        ("response_hex", "D0DAD", "855469"),
        ("receipt_hex", "855469", "000D0DAD"),
    ],
)
async def test_ids_meet_as_the_setting_says(
    lab: Lab, setting: str, in_response: str, in_receipt: str
) -> None:
    """Ids are opaque by default: case and leading zeros matter."""
    lab.gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id=in_response)
    async with lab.client(f"message_ids={setting}") as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.deliver_receipt(in_receipt)
        receipt = await sent.receipt(timeout=5)

    assert (in_response, in_receipt) == (sent.message_id, receipt.message_id)


@pytest.mark.parametrize("in_receipt", ["913121205", "0913121205 ", "abc"])
async def test_ids_that_only_look_alike_do_not_meet(lab: Lab, in_receipt: str) -> None:
    """A receipt of another message must not end this one; it goes to `receipts()`."""
    lab.gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="ABC")
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.deliver_receipt(in_receipt)
        receipt = await next_receipt(smsc)

    assert (in_receipt.strip(), MessageState.ENROUTE) == (receipt.message_id, sent.state)


async def test_receipt_of_another_run_is_no_error(lab: Lab) -> None:
    """Of an ended process, or of a link that was lost: `receipts()` yields it."""
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.drop()
        await until(lambda: smsc.stats().connects == 2)
        lab.gateway.peer.deliver_receipt("of-last-week")
        foreign = await next_receipt(smsc)
        lab.gateway.peer.deliver_receipt(sent.message_id)
        own = await sent.receipt(timeout=5)

    assert ("of-last-week", "1") == (foreign.message_id, own.message_id)


async def test_receipts_of_another_link_find_their_message(lab: Lab) -> None:
    """Two binds: the response comes on one, the receipt on the other."""
    lab.several = True
    async with lab.client("binds=2") as smsc:
        await lab.gateway.bound(2)
        await until(lambda: smsc.health().bound == 2)
        sent = await smsc.send(sms())
        (other,) = [peer for peer in lab.gateway.peers if not peer.all(SubmitSm)]
        other.deliver_receipt(sent.message_id)
        receipt = await sent.receipt(timeout=5)

    assert MessageState.DELIVERED is receipt.state


async def test_full_queue_holds_the_answers_back_and_nothing_else(lab: Lab) -> None:
    """Unread receipts aren't acknowledged (back-pressure); other PDUs still pass."""
    async with lab.client("receipts=3") as smsc:
        peer = lab.gateway.peer
        receipts = smsc.receipts()
        peer.deliver_receipt("first")
        await anext(receipts)
        for number in range(10):
            peer.deliver_receipt(str(number))
        await peer.got(DeliverSmResp, 4)
        peer.write(EnquireLink(sequence_number=99))
        await peer.got(EnquireLinkResp)
        await lab.lives(smsc)
        assert (4, 3) == (len(peer.all(DeliverSmResp)), smsc.stats().unread_receipts)
        async with aclosing(receipts):
            read = [(await anext(receipts)).message_id for _ in range(10)]
        await peer.got(DeliverSmResp, 11)

    assert [str(number) for number in range(10)] == read


async def test_unread_receipts_are_bounded(lab: Lab) -> None:
    """A gateway that doesn't wait gets a temporary error for receipts beyond a thousand."""
    async with lab.client("receipts=1") as smsc:
        peer = lab.gateway.peer
        receipts = smsc.receipts()
        peer.deliver_receipt("first")
        await anext(receipts)
        peer.write(
            *(DeliverSm(**receipt_fields(str(n)), sequence_number=n + 1) for n in range(1101))
        )
        answers = await peer.got(DeliverSmResp, 102)
        await lab.lives(smsc)

    assert 2 == sum(not answer.command_status for answer in answers)
    assert {0, 0x64} == {answer.command_status for answer in answers}


async def test_data_sm_brings_receipts_and_is_answered(lab: Lab) -> None:
    """It gets a data_sm_resp; an unanswered receipt would be repeated."""
    tlvs = (Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"1\0"), Tlv(TlvTag.MESSAGE_STATE, b"\2"))
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.write(
            DataSm(destination_addr="Shop", esm_class=4, tlvs=tlvs, sequence_number=9)
        )
        receipt = await sent.receipt(timeout=5)
        (answer,) = await lab.gateway.peer.got(DataSmResp)

    assert (MessageState.DELIVERED, 9) == (receipt.state, answer.sequence_number)


async def test_every_part_has_its_receipt(lab: Lab) -> None:
    """Receipts of parts in any order, one of them twice: one state, one receipt for each part."""
    async with lab.client() as smsc:
        sent = await smsc.send(sms(text="я" * 200))
        for number in (3, 2, 2):
            lab.gateway.peer.deliver_receipt(str(number))
        await lab.gateway.peer.got(DeliverSmResp, 3)
        assert MessageState.ENROUTE is sent.state
        assert [None, "2", "3"] == [each and each.message_id for each in sent.receipts]
        lab.gateway.peer.deliver_receipt("1")
        receipt = await sent.receipt(timeout=5)

    assert (MessageState.DELIVERED, "1") == (receipt.state, receipt.message_id)


async def test_receipt_repeated_for_want_of_an_answer_changes_nothing(lab: Lab) -> None:
    """The link was lost before our response, so the receipt is repeated on the next link."""
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        lab.gateway.peer.deliver_receipt("1")
        first = await sent.receipt(timeout=5)
        lab.gateway.peer.drop()
        await until(lambda: smsc.stats().connects == 2)
        lab.gateway.peer.deliver_receipt("1", "UNDELIV")
        await lab.gateway.peer.got(DeliverSmResp)

    assert first is sent.receipts[0]


async def test_reader_that_raises_ends_itself_alone(lab: Lab) -> None:
    """The user's exception reaches the user; the link goes on, and the next reader continues."""
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        peer.deliver_receipt("1")
        peer.deliver_receipt("2")

        async def stumble() -> None:
            """Raise at a receipt."""
            async with aclosing(smsc.receipts()) as receipts:
                async for _ in receipts:
                    raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await stumble()
        second = await next_receipt(smsc)
        await lab.lives(smsc)

    assert "2" == second.message_id


async def test_slow_reader_delays_nothing_else(lab: Lab) -> None:
    """While a reader sleeps, enquire_link is answered and messages are sent."""
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        awake = asyncio.Event()

        async def doze() -> None:
            """Sleep at a receipt."""
            async with aclosing(smsc.receipts()) as receipts:
                async for _ in receipts:
                    await awake.wait()
                    return

        dozing = asyncio.create_task(doze())
        peer.deliver_receipt("7")
        await peer.got(DeliverSmResp)
        peer.write(EnquireLink(sequence_number=99))
        await peer.got(EnquireLinkResp)
        await lab.lives(smsc)
        assert not dozing.done()
        awake.set()
        await dozing


async def test_early_receipt_of_a_message_that_is_lost_goes_to_all(lab: Lab) -> None:
    """The response will never come, so the receipt goes to `receipts()`."""
    async with lab.client() as smsc:
        lab.gateway.on_submit = nothing
        sending = asyncio.create_task(smsc.send(sms()))
        await lab.gateway.submitted()
        lab.gateway.peer.deliver_receipt("77")
        await lab.gateway.peer.got(DeliverSmResp)
        await turns()
        lab.gateway.on_submit = lab.gateway.accept
        lab.gateway.peer.drop()
        receipt = await next_receipt(smsc)
        (lost,) = await asyncio.gather(sending, return_exceptions=True)

    assert ("77", True) == (receipt.message_id, isinstance(lost, Exception))


async def test_alert_and_outbind_want_no_answer(lab: Lab) -> None:
    """Both are decoded, neither is answered, and the session continues."""
    alert = bytes.fromhex("0101373939390005015368 6F70000422000100")
    async with lab.client() as smsc:
        peer = lab.gateway.peer
        peer.raw(frame(0x102, 0, 5, alert))
        await lab.lives(smsc)

        assert [BindTransceiver, SubmitSm] == [type(pdu) for pdu in peer.received]

"""Receipts and messages that nothing reads: kept, bounded, and never in the way of others."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway, nothing, receipt_fields, response_to, turns, until

from pdu import DeliverSm, DeliverSmResp, MessageState, Pdu, SubmitSm
from smsc_async import (
    ClientClosedError,
    ConfigError,
    GatewayLimits,
    HlrQuery,
    Receipt,
    ReceiptTimeoutError,
    ResponseTimeoutError,
    Sms,
    SmscClient,
    SubmitRefusedError,
)
from smsc_async.client import correlation

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from scripted import Peer

    from smsc_async import Message

LONG = "Длинный текст для трёх частей. " * 6


def sms(number: int = 0, text: str = "hello") -> Sms:
    """Make a message."""
    return Sms(to=f"7999{number:07d}", text=text)


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


def client(gateway: Gateway, settings: str = "") -> SmscClient:
    """Make a client that no rule holds."""
    return SmscClient(gateway.url(settings), limits=GatewayLimits.off())


def with_receipt(gateway: Gateway, *states: str) -> None:
    """Have each message accepted and reported in one segment."""

    def accept(peer: Peer, submit: SubmitSm) -> None:
        """Answer, and report."""
        gateway._ids += 1
        message_id = str(gateway._ids)
        peer.write(
            response_to(submit, message_id=message_id),
            *(DeliverSm(sequence_number=1, **receipt_fields(message_id, each)) for each in states),
        )

    gateway.on_submit = accept


def deliver_with_bind(gateway: Gateway, *message_ids: str) -> None:
    """Have receipts written in the segment that accepts the bind."""

    def accept(peer: Peer, bind: Pdu) -> None:
        """Answer, and report."""
        receipts = [
            DeliverSm(sequence_number=number, **receipt_fields(message_id))
            for number, message_id in enumerate(message_ids, 70)
        ]
        peer.write(response_to(bind), *receipts)

    gateway.on_bind = accept


class RecordedLink:
    """A link that records the statuses of responses."""

    is_over = False

    def __init__(self) -> None:
        self.statuses: list[int] = []

    def respond(self, request: Pdu, response: Pdu) -> None:
        """Record."""
        del request
        self.statuses.append(response.command_status)


async def read_all(smsc: SmscClient) -> list[str]:
    """Read the ids of what is kept, after the client was left."""
    return [receipt.message_id async for receipt in smsc.receipts()]


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings that were logged."""
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


# Before the first reader: a ring.


async def test_awaited_receipt_comes_behind_five_thousand_unread_ones(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that never reads `receipts()`: the newest are kept, the others are counted."""
    with_receipt(gateway, "DELIVRD")
    async with client(gateway) as smsc:
        async for _ in smsc.send_many(sms(number) for number in range(5000)):
            pass
        del _
        sent = await smsc.send(sms(5000))
        receipt = await sent.receipt(timeout=5)
        stats = smsc.stats()

    assert MessageState.DELIVERED is receipt.state
    assert (4000, 1000) == (stats.dropped_receipts, stats.unread_receipts)
    assert [
        "! more than 1000 receipts are unread, the oldest are dropped; read receipts()"
    ] == warnings_of(caplog)
    assert [str(number) for number in range(4001, 5001)] == await read_all(smsc)


async def test_awaited_receipt_comes_behind_five_thousand_unread_messages(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """The same for incoming messages that nothing reads."""
    async with client(gateway) as smsc:
        sent = await smsc.send(sms())
        for number in range(5000):
            gateway.peer.deliver(source_addr="7999", short_message=b"%d" % number)
        gateway.peer.deliver_receipt("1")
        receipt = await sent.receipt(timeout=5)
        stats = smsc.stats()
    first = await anext(smsc.incoming())

    assert MessageState.DELIVERED is receipt.state
    assert (4000, 1000) == (stats.dropped_incoming, stats.unread_incoming)
    assert "4000" == first.text
    assert ["! more than 1000 incoming are unread, the oldest are dropped; read incoming()"] == (
        warnings_of(caplog)
    )


async def test_every_delivery_without_a_reader_is_acknowledged(gateway: Gateway) -> None:
    """Receipts, messages, and parts: the gateway's window never fills."""
    async with client(gateway, "receipts=2&incoming=2") as smsc:
        peer = gateway.peer
        for number in range(4):
            peer.deliver_receipt(str(number))
            peer.deliver(source_addr="7999", short_message=b"hi")
            part = bytes([5, 0, 3, number, 2, 1]) + b"half"
            peer.deliver(source_addr="7999", esm_class=0x40, short_message=part)
        responses = await peer.got(DeliverSmResp, 12)
        stats = smsc.stats()

    assert {0} == {response.command_status for response in responses}
    assert (2, 2) == (stats.dropped_receipts, stats.dropped_incoming)


async def test_first_reader_gets_the_ring_and_ends_it(gateway: Gateway) -> None:
    """From then on the gateway waits, and nothing is dropped."""
    async with client(gateway, "receipts=2") as smsc:
        for number in range(3):
            gateway.peer.deliver_receipt(str(number))
        await gateway.peer.got(DeliverSmResp, 3)
        async with aclosing(smsc.receipts()) as receipts:
            got = [(await anext(receipts)).message_id]
            for number in range(3, 8):
                gateway.peer.deliver_receipt(str(number))
            await until(lambda: smsc.stats().receipts == 8)
            await gateway.peer.got(DeliverSmResp, 4)
            await turns()
            waiting = len(gateway.peer.all(DeliverSmResp))
            got += [(await anext(receipts)).message_id for _ in range(6)]

        assert [str(number) for number in range(1, 8)] == got
        assert (1, 4) == (smsc.stats().dropped_receipts, waiting)


async def test_reader_that_stopped_leaves_awaited_receipts_alone(gateway: Gateway) -> None:
    """The usual loop with a `break`: later receipts beyond the limit are refused for now."""
    async with client(gateway, "receipts=2") as smsc:
        peer = gateway.peer
        peer.deliver_receipt("first")
        async for _ in smsc.receipts():
            break
        await turns()
        for number in range(4):
            peer.deliver_receipt(str(number))
        await peer.got(DeliverSmResp, 5)
        sent = await smsc.send(sms())
        peer.deliver_receipt(sent.message_id)
        receipt = await sent.receipt(timeout=5)
        responses = await peer.got(DeliverSmResp, 6)

    assert MessageState.DELIVERED is receipt.state
    assert [0, 0, 0, 0x64, 0x64, 0] == [each.command_status for each in responses]
    assert ["0", "1"] == await read_all(smsc)


# A receipt is with a submission only while the program can await it.


@pytest.mark.parametrize("way", ["dropped", "timed out", "refused part", "cancelled"])
async def test_receipt_that_no_submission_can_be_asked_for_is_unclaimed(
    gateway: Gateway, way: str
) -> None:
    """Fire and forget, also where a traceback keeps the frames of `send` alive."""
    kept: list[Any] = []
    async with client(gateway) as smsc:
        peer = gateway.peer
        if way == "dropped":
            with_receipt(gateway, "DELIVRD")
            await smsc.send(sms())
        elif way == "timed out":
            gateway.on_submit = nothing
            with pytest.raises(ResponseTimeoutError) as caught:
                await smsc.send(sms(), timeout=0.01)
            kept.append(caught.value)
            gateway.accept(peer, gateway.submits[0])
            peer.deliver_receipt("1")
        elif way == "refused part":
            gateway.on_submit = nothing
            sending = asyncio.create_task(smsc.send(sms(text=LONG)))
            await gateway.submitted(3)
            gateway.accept(peer, gateway.submits[0])
            peer.deliver_receipt("1")
            peer.answer(gateway.submits[1], 0x45)
            gateway.accept(peer, gateway.submits[2])
            with pytest.raises(SubmitRefusedError) as refused:
                await sending
            kept.append(refused.value)
            del sending
        else:
            gateway.on_submit = nothing
            sending = asyncio.create_task(smsc.send(sms()))
            await gateway.submitted()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await sending
            kept.append(cancelled.value)
            gateway.accept(peer, gateway.submits[0])
            peer.deliver_receipt("1")
        await peer.got(DeliverSmResp)
        gc.collect()
        async with aclosing(smsc.receipts()) as receipts:
            receipt = await asyncio.wait_for(anext(receipts), 5)

    assert "1" == receipt.message_id
    assert bool(kept) is (way != "dropped")


async def test_hundred_sends_reported_in_the_segment_of_their_response_lose_nothing(
    gateway: Gateway,
) -> None:
    """The submission was dropped when its receipt was there already."""
    with_receipt(gateway, "DELIVRD")
    async with client(gateway) as smsc:
        for number in range(100):
            await smsc.send(sms(number))
        async with aclosing(smsc.receipts()) as receipts:
            got = {(await anext(receipts)).message_id for _ in range(100)}

    assert {str(number) for number in range(1, 101)} == got


async def test_receipt_that_was_read_from_its_submission_is_not_unclaimed(gateway: Gateway) -> None:
    """Awaited, or seen as a state or among the receipts; a `repr` isn't read by the program."""
    with_receipt(gateway, "ACCEPTD", "DELIVRD")
    async with client(gateway) as smsc:
        await (await smsc.send(sms(1))).receipt(timeout=5)
        assert MessageState.DELIVERED is (await smsc.send(sms(2))).state
        assert [MessageState.DELIVERED] == [
            each and each.state for each in (await smsc.send(sms(3))).receipts
        ]
        sent = await smsc.send(sms(4))
        shown = repr(sent)
        before = smsc.stats().unread_receipts
        del sent

        assert "DELIVERED" in shown
        assert (0, 1) == (before, smsc.stats().unread_receipts)


# An id that the gateway uses several times.


async def test_one_id_for_all_parts_ends_the_wait_with_the_last_receipt(gateway: Gateway) -> None:
    """Three equal receipts are no repetitions while three parts wait."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="same")
    async with client(gateway) as smsc:
        sent = await smsc.send(sms(text=LONG))
        states = []
        for number in range(1, 5):
            gateway.peer.deliver_receipt("same")
            await gateway.peer.got(DeliverSmResp, number)
            states.append(sent.state)

        assert [MessageState.ENROUTE] * 2 + [MessageState.DELIVERED] * 2 == states
        assert 1 == smsc.stats().repeated_receipts


async def test_one_id_for_all_parts_is_matched_by_early_receipts(gateway: Gateway) -> None:
    """All three receipts overtook the responses."""
    gateway.on_submit = nothing
    async with client(gateway) as smsc:
        sending = asyncio.create_task(smsc.send(sms(text=LONG)))
        submits = await gateway.submitted(3)
        for _ in range(3):
            gateway.peer.deliver_receipt("same")
        await gateway.peer.got(DeliverSmResp, 3)
        for submit in submits:
            gateway.peer.answer(submit, message_id="same")
        sent = await sending

        assert MessageState.DELIVERED is (await sent.receipt(timeout=5)).state


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("is_read", [True, False])
async def test_id_of_a_restarted_gateway_is_a_new_one(
    gateway: Gateway, *, is_kept: bool, is_read: bool
) -> None:
    """It counts from 1 again: the receipts of the second "1" are no repetitions."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="1")
    async with client(gateway) as smsc:
        got = []
        reader = smsc.receipts() if is_read else None
        kept = []
        for number in range(2):
            sent = await smsc.send(sms(number))
            gateway.peer.deliver_receipt("1")
            await gateway.peer.got(DeliverSmResp, number + 1)
            if reader is not None:
                got.append(await asyncio.wait_for(anext(reader), 5))
            elif is_kept:
                got.append(await sent.receipt(timeout=5))
            if is_kept:
                kept.append(sent)
            del sent
        if not (is_read or is_kept):
            assert 2 == smsc.stats().unread_receipts
            return

    assert ["1", "1"] == [receipt.message_id for receipt in got]


@pytest.mark.parametrize("is_read", [True, False])
async def test_id_that_is_used_again_is_matched_by_an_early_receipt(
    gateway: Gateway, *, is_read: bool
) -> None:
    """It equals the receipt of the first message, and overtakes the response of the second."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="1")
    async with client(gateway) as smsc:
        reader = smsc.receipts() if is_read else None
        sent = await smsc.send(sms(1))
        gateway.peer.deliver_receipt("1")
        await sent.receipt(timeout=5)
        gateway.on_submit = nothing
        sending = asyncio.create_task(smsc.send(sms(2)))
        submits = await gateway.submitted(2)
        gateway.peer.deliver_receipt("1")
        await gateway.peer.got(DeliverSmResp, 2)
        gateway.peer.answer(submits[1], message_id="1")
        receipt = await (await sending).receipt(timeout=5)
        got = [] if reader is None else [await anext(reader) for _ in range(2)]

    assert MessageState.DELIVERED is receipt.state
    assert [MessageState.DELIVERED] * 2 * is_read == [each.state for each in got]


async def test_intermediate_receipt_of_an_id_that_is_used_again_is_news(gateway: Gateway) -> None:
    """Its second message is on its way, as the first one was."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="1")
    shown: list[Receipt | None] = []
    async with client(gateway) as smsc:
        for number in range(2):
            sent = await smsc.send(sms(number))
            for _ in range(2):
                gateway.peer.deliver_receipt("1", "ENROUTE")
            gateway.peer.deliver_receipt("1")
            await gateway.peer.got(DeliverSmResp, 3 + 3 * number)
            shown.append(sent.receipts[0])

        assert [MessageState.DELIVERED] * 2 == [each and each.state for each in shown]
        assert 2 == smsc.stats().repeated_receipts


@pytest.mark.parametrize(
    ("first", "last"), [("ENROUTE", "UNDELIV"), ("ACCEPTD", "EXPIRED"), ("ENROUTE", "REJECTD")]
)
async def test_final_receipt_with_the_error_of_an_earlier_one_ends_the_wait(
    gateway: Gateway, first: str, last: str
) -> None:
    """Error 6 on its way, then error 6 for good."""
    async with client(gateway) as smsc:
        sent = await smsc.send(sms())
        for state in (first, last):
            fields = receipt_fields("1", state)
            fields["short_message"] = fields["short_message"].replace(b"err:000", b"err:006")
            gateway.peer.deliver(**fields)
        receipt = await sent.receipt(timeout=5)
        del sent
        again = await smsc.receipt("1", timeout=5) if smsc.stats().unread_receipts else receipt

    assert (True, 6) == (again.is_final, receipt.error_code)


# Leaving.


async def test_nothing_that_was_acknowledged_is_lost_by_leaving(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """Unread receipts and messages, two of three parts, a receipt without its response."""
    client_ = client(gateway)
    async with client_ as smsc:
        peer = gateway.peer
        peer.deliver_receipt("1")
        peer.deliver(source_addr="7999", short_message=b"whole")
        for sequence in (1, 3):
            part = bytes([5, 0, 3, 42, 3, sequence]) + b"part %d " % sequence
            peer.deliver(source_addr="7999", esm_class=0x40, short_message=part)
        await peer.got(DeliverSmResp, 4)
        gateway.on_submit = nothing
        sending = asyncio.create_task(smsc.send(sms(), timeout=0.01))
        await gateway.submitted()
        peer.deliver_receipt("early")
        await peer.got(DeliverSmResp, 5)
    with pytest.raises(ResponseTimeoutError):
        await sending
    messages = [(each.text, each.parts, each.total) async for each in smsc.incoming()]

    assert ["1", "early"] == await read_all(smsc)
    assert [("whole", 1, 1), ("part 1 part 3 ", 2, 3)] == messages
    assert [
        "! the client was left with 2 receipts unread; receipts() still yields them",
        "! the client was left with 2 incoming unread; incoming() still yields them",
    ] == warnings_of(caplog)
    assert [] == await read_all(smsc)


async def test_reader_goes_on_after_the_client_was_left(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """It reads what is there, then its loop ends; so nothing counts as unread."""
    async with client(gateway) as smsc:
        receipts = smsc.receipts()
        for number in range(3):
            gateway.peer.deliver_receipt(str(number))
        first = await anext(receipts)
        await gateway.peer.got(DeliverSmResp, 3)

    assert ["0", "1", "2"] == [first.message_id, *[each.message_id async for each in receipts]]
    assert [] == warnings_of(caplog)


async def test_what_was_not_read_survives_entering_again(gateway: Gateway) -> None:
    """The client of a worker that is entered for each run."""
    smsc = client(gateway)
    with pytest.raises(ClientClosedError):
        smsc.receipts()
    async with smsc:
        gateway.peer.deliver_receipt("1")
        gateway.peer.deliver(source_addr="7999", short_message=b"hi")
        await gateway.peer.got(DeliverSmResp, 2)
    async with smsc, aclosing(smsc.receipts()) as receipts, aclosing(smsc.incoming()) as incoming:
        assert "1" == (await anext(receipts)).message_id
        assert "hi" == (await anext(incoming)).text


async def fill_without_reader(gateway: Gateway, smsc: SmscClient) -> None:
    """Let a reader end, and the queue for one receipt be full."""
    gateway.peer.deliver_receipt("read")
    async with aclosing(smsc.receipts()) as receipts:
        await anext(receipts)
    gateway.peer.deliver_receipt("stored")
    await gateway.peer.got(DeliverSmResp, 2)


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize(
    "message",
    [sms(), sms(text=LONG), HlrQuery(to="79991234567")],
    ids=["one part", "three parts", "HLR query"],
)
async def test_receipt_that_a_full_queue_without_reader_leaves_out_is_released(
    gateway: Gateway, message: Message[Any], *, is_read: bool
) -> None:
    """Its message alone got it; if the program reads it there, nothing else yields it."""
    async with client(gateway, "receipts=1") as smsc:
        await fill_without_reader(gateway, smsc)
        sent = await smsc.send(message)
        ids = list(sent.message_ids)
        for message_id in ids:
            gateway.peer.deliver_receipt(message_id)
        responses = await gateway.peer.got(DeliverSmResp, 2 + len(ids))
        if is_read:
            assert None not in sent.receipts
            ids = []
        del sent

        assert {0} == {each.command_status for each in responses}
    assert ["stored", *ids] == await read_all(smsc)


@pytest.mark.parametrize("is_sent", [True, False])
@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_receipt_by_id_beside_a_full_queue_without_reader_is_kept_if_unread(
    gateway: Gateway, *, is_sent: bool, is_cancelled: bool
) -> None:
    """Its caller may be cancelled in the moment in which it comes."""
    async with client(gateway, "receipts=1") as smsc:
        await fill_without_reader(gateway, smsc)
        sent = await smsc.send(sms()) if is_sent else None
        waiting = asyncio.create_task(smsc.receipt("1"))
        await turns()
        link, request = RecordedLink(), DeliverSm(sequence_number=9, **receipt_fields("1"))
        smsc._open_runtime().inbound.on_request(link, request)
        if is_cancelled:
            waiting.cancel()
        await asyncio.wait([waiting])
        del sent

        assert is_cancelled is waiting.cancelled()
        assert [0] == link.statuses
    assert ["stored", *["1"] * is_cancelled] == await read_all(smsc)


@pytest.mark.parametrize("is_dropped_before", [True, False])
@pytest.mark.parametrize("uses", [1, 2])
async def test_receipt_of_a_submission_outlives_the_use_of_the_client(
    gateway: Gateway, uses: int, *, is_dropped_before: bool
) -> None:
    """The submission goes after the client was left, or only when it is entered again."""
    with_receipt(gateway, "DELIVRD")
    smsc = client(gateway)
    async with smsc:
        sent = [await smsc.send(sms(number)) for number in range(3)]
        await gateway.peer.got(DeliverSmResp, 3)
    assert MessageState.DELIVERED is sent[1].state
    if is_dropped_before:
        sent.clear()
    for _ in range(uses):
        async with smsc:
            pass
    async with smsc:
        sent.clear()
        gc.collect()
        assert 2 == smsc.stats().unread_receipts

    assert ["1", "3"] == sorted(await read_all(smsc))


async def test_receipt_of_an_earlier_use_is_found_by_its_id(gateway: Gateway) -> None:
    """It is read with that, so that nothing else yields it."""
    with_receipt(gateway, "DELIVRD")
    smsc = client(gateway)
    async with smsc:
        sent = await smsc.send(sms())
        await gateway.peer.got(DeliverSmResp)
    async with smsc:
        assert sent.message_id == (await smsc.receipt(sent.message_id, timeout=0)).message_id
        del sent

    assert [] == await read_all(smsc)


async def test_what_was_unread_is_older_than_what_comes_with_the_bind(gateway: Gateway) -> None:
    """The ring drops the oldest, and a repetition is one."""
    smsc = client(gateway, "receipts=3")
    async with smsc:
        for number in range(3):
            gateway.peer.deliver_receipt(f"old-{number}")
        await gateway.peer.got(DeliverSmResp, 3)
    deliver_with_bind(gateway, "old-2", "new-0", "new-1")
    async with smsc:
        await gateway.peer.got(DeliverSmResp, 3)

    assert ["old-2", "new-0", "new-1"] == await read_all(smsc)
    assert (2, 1) == (smsc.stats().dropped_receipts, smsc.stats().repeated_receipts)


@pytest.mark.parametrize("is_first", [True, False])
async def test_entering_that_is_cancelled_loses_nothing_that_was_answered(
    gateway: Gateway, *, is_first: bool
) -> None:
    """A receipt may come in the segment of the bind's response."""
    answered, accept = 0, gateway.on_bind
    for number in range(16):
        smsc = client(gateway)
        gateway.on_bind = accept
        if not is_first:
            async with smsc:
                gateway.peer.deliver_receipt("old")
                await gateway.peer.got(DeliverSmResp)
        deliver_with_bind(gateway, "new")
        entering = asyncio.create_task(smsc.__aenter__())
        known = len(gateway.peers)
        while len(gateway.peers) == known or not gateway.peer.received:
            await turns(1)
        await turns(number)
        entering.cancel()
        await asyncio.wait([entering])
        await smsc.aclose(0)
        await turns(20)
        new = ["new"] * len(gateway.peer.all(DeliverSmResp))
        answered += entering.cancelled() and len(new)

        assert ["old"] * (not is_first) + new == await read_all(smsc)
    assert answered


@pytest.mark.parametrize("ends", ["aclose", "refused", "timeout"])
async def test_what_was_unread_survives_an_entering_that_fails(gateway: Gateway, ends: str) -> None:
    """However it fails, what was answered earlier can be read."""
    smsc = client(gateway, "bind_timeout=0.05")
    async with smsc:
        gateway.peer.deliver_receipt("1")
        gateway.peer.deliver(source_addr="7999", short_message=b"hi")
        await gateway.peer.got(DeliverSmResp, 2)
    gateway.on_bind = nothing
    if ends == "refused":
        gateway.on_bind = lambda peer, bind: peer.answer(bind, 0x0E)
    entering = asyncio.create_task(smsc.__aenter__())
    await turns(5)
    if ends == "aclose":
        await smsc.aclose(0)
    await asyncio.wait([entering])

    assert entering.exception() is not None
    assert ["1"] == await read_all(smsc)
    assert ["hi"] == [message.text async for message in smsc.incoming()]


async def test_receipts_can_be_read_while_the_client_is_being_left(gateway: Gateway) -> None:
    """A message is still in flight; the reader is called only now."""
    gateway.on_submit = nothing
    smsc = client(gateway)
    await smsc.__aenter__()
    gateway.peer.deliver_receipt("7")
    await gateway.peer.got(DeliverSmResp)
    sending = asyncio.create_task(smsc.send(sms()))
    await gateway.submitted()
    leaving = asyncio.create_task(smsc.__aexit__(None, None, None))
    await turns()
    receipts = smsc.receipts()
    first = await anext(receipts)
    gateway.accept(gateway.peer, gateway.submits[0])
    await asyncio.gather(leaving, sending)

    assert "7" == first.message_id
    assert [] == [each async for each in receipts]


async def test_part_that_completes_a_message_is_acknowledged_without_room(gateway: Gateway) -> None:
    """The other parts were: the gateway would repeat the last one alone, and the rest be lost."""
    async with client(gateway, "incoming=1") as smsc:
        incoming = smsc.incoming()
        gateway.peer.deliver(source_addr="7999", short_message=b"0")
        assert "0" == (await anext(incoming)).text
        gateway.peer.deliver(source_addr="7999", short_message=b"1")
        for sequence in (1, 2):
            part = bytes([5, 0, 3, 42, 2, sequence]) + b"part %d " % sequence
            gateway.peer.deliver(source_addr="7999", esm_class=0x40, short_message=part)
        await gateway.peer.got(DeliverSmResp, 4)
        gateway.peer.drop()
        await until(lambda: smsc.stats().connects == 2)

        assert ["1", "part 1 part 2 "] == [(await anext(incoming)).text for _ in range(2)]


# `receipt(message_id)`.


async def test_receipt_is_found_among_unread_ones_and_taken_out(gateway: Gateway) -> None:
    """It came before anything waited for it."""
    with_receipt(gateway, "ACCEPTD", "DELIVRD")
    async with client(gateway) as smsc:
        message_id = (await smsc.send(sms())).message_id
        receipt = await smsc.receipt(message_id)

        assert (message_id, True) == (receipt.message_id, receipt.is_final)
        assert 0 == smsc.stats().unread_receipts
        with pytest.raises(ReceiptTimeoutError, match="message_id '1'"):
            await smsc.receipt(message_id, timeout=0)


async def test_all_that_wait_for_a_receipt_get_it(gateway: Gateway) -> None:
    """Two callers with the id and one with the submission; it isn't unread then."""
    async with client(gateway) as smsc:
        sent = await smsc.send(sms())
        waits = [asyncio.create_task(smsc.receipt("1", timeout=5)) for _ in range(2)]
        waits.append(asyncio.create_task(sent.receipt(timeout=5)))
        await turns()
        gateway.peer.deliver_receipt("1", "ACCEPTD")
        gateway.peer.deliver_receipt("1")
        got = await asyncio.gather(*waits)
        again = await smsc.receipt("1", timeout=0)

        assert [MessageState.DELIVERED] * 4 == [receipt.state for receipt in (*got, again)]
        assert 0 == smsc.stats().unread_receipts


async def test_receipt_of_each_part_is_found_by_its_own_id(gateway: Gateway) -> None:
    """Before it comes, after it came, and of a message that was dropped."""
    async with client(gateway) as smsc:
        sent = await smsc.send(sms(text=LONG))
        gateway.peer.deliver_receipt("2")
        await gateway.peer.got(DeliverSmResp)
        second = await smsc.receipt("2", timeout=5)
        waiting = asyncio.create_task(smsc.receipt("3", timeout=5))
        await turns()
        gateway.peer.deliver_receipt("3")
        third = await waiting
        before = sent.state
        del sent
        gateway.peer.deliver_receipt("1")
        first = await smsc.receipt("1", timeout=5)

        assert ["1", "2", "3"] == [each.message_id for each in (first, second, third)]
        assert MessageState.ENROUTE is before
        assert 0 == smsc.stats().unread_receipts


async def test_receipt_of_a_cancelled_send_is_read_by_its_id(gateway: Gateway) -> None:
    """Its response came after the caller had gone."""
    gateway.on_submit = nothing
    async with client(gateway) as smsc:
        sending = asyncio.create_task(smsc.send(sms()))
        (submit,) = await gateway.submitted()
        sending.cancel()
        await asyncio.wait([sending])
        waiting = asyncio.create_task(smsc.receipt("1", timeout=5))
        await turns()
        gateway.accept(gateway.peer, submit)
        gateway.peer.deliver_receipt("1")

        assert MessageState.DELIVERED is (await waiting).state


async def test_early_receipt_reaches_a_caller_and_its_message(gateway: Gateway) -> None:
    """Asked for by id before and after it came; the response names the id only then."""
    gateway.on_submit = nothing
    async with client(gateway) as smsc:
        sends = [asyncio.create_task(smsc.send(sms(number))) for number in range(2)]
        submits = await gateway.submitted(2)
        before = asyncio.create_task(smsc.receipt("1", timeout=5))
        await turns()
        for message_id in ("1", "2"):
            gateway.peer.deliver_receipt(message_id)
        await gateway.peer.got(DeliverSmResp, 2)
        got = [await before, await smsc.receipt("2", timeout=5)]
        for submit in submits:
            gateway.accept(gateway.peer, submit)
        got += [await (await sending).receipt(timeout=5) for sending in sends]

        assert ["1", "2", "1", "2"] == [each.message_id for each in got]
        assert 0 == smsc.stats().unread_receipts


async def test_reader_gets_what_was_found_by_its_id(gateway: Gateway) -> None:
    """A reader of all receipts misses none: kept ones and ones that were waited for."""
    async with client(gateway) as smsc:
        receipts = smsc.receipts()
        gateway.peer.deliver_receipt("1")
        await gateway.peer.got(DeliverSmResp)
        found = await smsc.receipt("1", timeout=5)
        waiting = asyncio.create_task(smsc.receipt("2", timeout=5))
        await turns()
        gateway.peer.deliver_receipt("2")
        await waiting
        got = [(await anext(receipts)).message_id for _ in range(2)]

    assert ("1", ["1", "2"]) == (found.message_id, got)


@pytest.mark.parametrize("number", [1, 2])
async def test_receipt_whose_callers_were_cancelled_is_unclaimed(
    gateway: Gateway, number: int
) -> None:
    """Cancelled in the turn in which it came, or before: it isn't lost, and is there once."""
    async with client(gateway) as smsc:
        waiting = [asyncio.create_task(smsc.receipt("1", timeout=5)) for _ in range(number)]
        await turns()
        inbound = smsc._runtime.inbound  # type: ignore[union-attr]
        wait = inbound.correlator.wait_for("1")
        gateway.peer.deliver_receipt("1")
        await until(lambda: wait.receipt is not None or wait.waiters[0].done())
        for task in waiting:
            task.cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)

        assert {asyncio.CancelledError} == {type(each) for each in done}
        assert 1 == smsc.stats().unread_receipts
        assert "1" == (await smsc.receipt("1", timeout=0)).message_id


async def test_cancelled_caller_takes_no_receipt_from_another(gateway: Gateway) -> None:
    """One of two was cancelled in the turn in which the receipt came."""
    async with client(gateway) as smsc:
        waiting = [asyncio.create_task(smsc.receipt("1", timeout=5)) for _ in range(2)]
        await turns()
        waiting[0].cancel()
        gateway.peer.deliver_receipt("1")
        results = await asyncio.gather(*waiting, return_exceptions=True)

        assert isinstance(results[0], asyncio.CancelledError)
        assert not isinstance(results[1], BaseException)
        assert 0 == smsc.stats().unread_receipts


@pytest.mark.parametrize(
    ("settings", "asked", "reported"),
    [
        ("message_ids=response_hex", "FF", "255"),
        ("message_ids=receipt_hex", "255", "ff"),
        ("message_ids=opaque", "0a", "0a"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
async def test_id_that_is_asked_for_is_compared_as_configured(
    gateway: Gateway, settings: str, asked: str, reported: str, *, is_first: bool
) -> None:
    """As the response shows it."""
    async with client(gateway, settings) as smsc:
        if is_first:
            gateway.peer.deliver_receipt(reported)
            await gateway.peer.got(DeliverSmResp)
        waiting = asyncio.create_task(smsc.receipt(asked, timeout=5))
        await turns()
        if not is_first:
            gateway.peer.deliver_receipt(reported)

        assert reported == (await waiting).message_id


@pytest.mark.parametrize(
    ("message_id", "seconds", "name"),
    [
        ("", 1, "message_id"),
        (855469, 1, "message_id"),
        (None, 1, "message_id"),
        (b"1", 1, "message_id"),
        ("1", -1, "timeout"),
        ("1", float("nan"), "timeout"),
        ("1", True, "timeout"),
        ("1", "30", "timeout"),
    ],
)
async def test_what_is_no_id_or_no_duration_is_refused(
    gateway: Gateway,
    message_id: Any,  # noqa: ANN401 - what is no id
    seconds: Any,  # noqa: ANN401 - what is no duration
    name: str,
) -> None:
    """At once, with the name of the argument."""
    async with client(gateway) as smsc:
        with pytest.raises(ConfigError, match=name):
            await smsc.receipt(message_id, timeout=seconds)


@pytest.mark.parametrize("message_id", ["same", "", "1"])
async def test_no_wait_for_a_receipt_outlives_the_client(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, message_id: str
) -> None:
    """Of one id for several messages, of none, of one that newer ones have displaced."""
    monkeypatch.setattr(correlation, "REGISTERED_IDS", 2)
    ids = iter([message_id] * 5 + ["6"] if message_id != "1" else "123456")
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id=next(ids))
    async with client(gateway) as smsc:
        sent = [await smsc.send(sms(number)) for number in range(6)]
        waiting = [asyncio.create_task(each.receipt()) for each in (sent[0], *sent)]
        await turns()
        waiting[1].cancel()
        gateway.peer.deliver_receipt("6")
        await gateway.peer.got(DeliverSmResp)
    ended = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)

    assert [ClientClosedError, asyncio.CancelledError] == [type(each) for each in ended[:2]]
    assert [ClientClosedError] * 4 + [Receipt] == [type(each) for each in ended[2:]]
    with pytest.raises(ClientClosedError):
        await sent[0].receipt()
    with pytest.raises(ClientClosedError):
        await sent[0].receipt(timeout=0)
    assert MessageState.DELIVERED is (await sent[5].receipt()).state


async def test_wait_for_a_receipt_goes_on_while_the_client_is_being_left(gateway: Gateway) -> None:
    """A receipt may come as long as a link reads; a message may be accepted until then."""
    gateway.on_submit = nothing
    smsc = client(gateway)
    await smsc.__aenter__()
    sending = asyncio.create_task(smsc.send(sms()))
    submits = await gateway.submitted()
    leaving = asyncio.create_task(smsc.aclose(5))
    await turns()
    message_id = "1"
    gateway.peer.write(
        response_to(submits[0], message_id=message_id),
        DeliverSm(sequence_number=1, **receipt_fields(message_id)),
    )
    sent = await sending
    assert message_id == (await sent.receipt()).message_id
    await leaving


async def test_wait_for_an_id_ends_in_time_and_with_the_client(gateway: Gateway) -> None:
    """An unknown id, without end; nothing is left of it."""
    async with client(gateway) as smsc:
        for _ in range(3):
            with pytest.raises(ReceiptTimeoutError):
                await smsc.receipt("unknown", timeout=0.01)
        inbound = smsc._runtime.inbound  # type: ignore[union-attr]
        assert not inbound.correlator._waits
        waiting = asyncio.create_task(smsc.receipt("unknown", timeout=None))
        await turns()

    with pytest.raises(ClientClosedError, match="before the receipt came"):
        await waiting
    with pytest.raises(ClientClosedError):
        await smsc.receipt("unknown")


@pytest.mark.parametrize("is_by_id", [False, True])
@pytest.mark.parametrize("spellings", [("255",), ("0ff", "254"), ("FF", "Ff", "fF")])
async def test_missing_receipt_says_that_others_came(
    gateway: Gateway,
    is_by_id: bool,  # noqa: FBT001 - a parameter of pytest
    spellings: tuple[str, ...],
) -> None:
    """A wrong `message_ids` looks as if no receipt had come: the ids differ in spelling."""
    gateway.on_submit = lambda peer, submit: peer.answer(submit, message_id="ff")
    async with client(gateway) as smsc:
        sent = await smsc.send(sms())
        for spelling in spellings:
            gateway.peer.deliver_receipt(spelling)
        await gateway.peer.got(DeliverSmResp, len(spellings))
        with pytest.raises(ReceiptTimeoutError, match="see message_ids") as caught:
            await (smsc.receipt("ff", timeout=0) if is_by_id else sent.receipt(timeout=0))

    assert len(spellings) == caught.value.unknown


async def test_early_receipt_is_of_no_unknown_id(gateway: Gateway) -> None:
    """Its response came later, and named it."""
    gateway.on_submit = nothing
    async with client(gateway) as smsc:
        sending = asyncio.create_task(smsc.send(sms()))
        (submit,) = await gateway.submitted()
        gateway.peer.deliver_receipt("ff")
        await gateway.peer.got(DeliverSmResp)
        gateway.peer.answer(submit, message_id="ff")
        sent = await sending
        assert "ff" == (await sent.receipt(timeout=1)).message_id
        with pytest.raises(ReceiptTimeoutError) as caught:
            await smsc.receipt("another", timeout=0)

    assert 0 == caught.value.unknown

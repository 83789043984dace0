"""A link to a faulty gateway: binds, windows, connection losses, closing.

Rule: every message has exactly one outcome, and a message reported as accepted was accepted.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import fields
from math import isfinite
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from typing import TYPE_CHECKING, Any

import pytest
from faultlab import Lab, answering, client_of, fate, frame, sms
from scripted import Peer, nothing, refusing, turns, until

from pdu import (
    BindTransceiver,
    BindTransceiverResp,
    CommandStatus,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    encode,
)
from smsc_async import (
    BindRefusedError,
    LinkLostError,
    LinkState,
    Outcome,
    ResponseTimeoutError,
    SubmitInterruptedError,
    SubmitRefusedError,
    Timeouts,
)
from smsc_async.link import connection
from smsc_async.simulator import Scenario, Simulator

if TYPE_CHECKING:
    from random import Random

BIND_TRANSCEIVER_RESP, SUBMIT_SM_RESP = 0x80000009, 0x80000004
CYCLES = int(os.environ.get("FAULTS_CYCLES", "40"))


def drop(peer: Peer, _: Pdu) -> None:
    """Cut the connection instead of answering."""
    peer.drop()


# Binds.


@pytest.mark.parametrize("status", [0x0E, 0x0F])
@pytest.mark.parametrize("body", [b"", b"SMSC\0"], ids=["header", "whole"])
async def test_wrong_credentials_are_reported_at_once_and_not_tried_again(
    lab: Lab, status: int, body: bytes
) -> None:
    """After a few attempts the gateway would block the address."""

    def refuse(number: int) -> bytes:
        """Draw the refusal."""
        return frame(BIND_TRANSCEIVER_RESP, status, number, body)

    lab.gateway.on_bind = answering(refuse)
    with pytest.raises(BindRefusedError, match="bind_transceiver refused") as caught:
        await client_of(lab.gateway.url()).__aenter__()
    await asyncio.sleep(0.02)

    assert (status, True) == (caught.value.command_status, caught.value.is_fatal)
    assert 1 == len(lab.gateway.peers)


async def test_bind_failed_later_is_tried_again_and_keeps_the_messages(lab: Lab) -> None:
    """ESME_RBINDFAIL doesn't concern the login: messages wait for the next bind."""
    async with lab.client() as smsc:
        lab.gateway.on_bind = refusing(CommandStatus.ESME_RBINDFAIL)
        lab.gateway.peer.drop()
        await until(lambda: not smsc.health().is_ready)
        sending = [asyncio.create_task(smsc.send(sms(number))) for number in range(3)]
        await lab.gateway.bound(3)
        lab.gateway.on_bind = Peer.answer
        sent = await asyncio.gather(*sending)

    assert ["1", "2", "3"] == [each.message_id for each in sent]


async def test_already_bound_is_not_bound(lab: Lab) -> None:
    """Other clients take 0x05 for success; here nothing is written until status 0."""
    lab.gateway.on_bind = refusing(CommandStatus.ESME_RALYBND)
    async with lab.client("open=eventually") as smsc:
        sending = asyncio.create_task(smsc.send(sms()))
        await lab.gateway.bound(2)
        assert LinkState.BOUND is not smsc.health().state
        assert [] == lab.gateway.submits
        lab.gateway.on_bind = Peer.answer
        await sending


async def test_first_pdu_of_every_link_is_the_bind(lab: Lab) -> None:
    """Waiting messages are written after the bind's response, never before it."""
    responses: list[Peer] = []

    def late(peer: Peer, bind: BindTransceiver) -> None:
        """Answer some turns later; only the bind may have come by then."""
        assert [BindTransceiver] == [type(pdu) for pdu in peer.received]
        responses.append(peer)
        asyncio.get_running_loop().call_later(0.01, peer.answer, bind)

    lab.gateway.on_bind = late
    async with lab.client("open=eventually") as smsc:
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(20)))

    assert 1 == len(responses)


async def test_socket_is_closed_before_the_next_one_is_opened(lab: Lab) -> None:
    """One host refuses, the spare is tried at once: a link never has two connections."""
    order: list[str] = []

    def refuse_first(peer: Peer, bind: BindTransceiver) -> None:
        """Refuse the first bind."""
        order.append("refused" if len(lab.gateway.peers) == 1 else "bound")
        status = CommandStatus.ESME_RALYBND if len(lab.gateway.peers) == 1 else 0
        peer.answer(bind, status)

    lab.gateway.on_bind = refuse_first
    url = lab.gateway.url().replace("@", f"@127.0.0.1:{lab.gateway.port},")
    async with client_of(url) as smsc:
        await lab.lives(smsc)

    assert ["refused", "bound"] == order
    assert 2 == len(lab.links)


@pytest.mark.parametrize("how", ["hang up", "drop"])
async def test_refused_then_closed_is_a_refusal(lab: Lab, how: str) -> None:
    """The response was read, so the closed connection after it doesn't matter."""

    def refuse(peer: Peer, bind: BindTransceiver) -> None:
        """Refuse and close."""
        peer.answer(bind, CommandStatus.ESME_RBINDFAIL)
        if how == "hang up":
            peer.hang_up()

    lab.gateway.on_bind = refuse
    with pytest.raises(BindRefusedError, match="ESME_RBINDFAIL"):
        await client_of(lab.gateway.url()).__aenter__()


async def test_bind_response_before_the_bind_is_harmless(lab: Lab) -> None:
    """A gateway may write first; one bind still leads to one link."""

    def too_soon(peer: Peer) -> None:
        """Answer a request that wasn't made."""
        peer.write(BindTransceiverResp(sequence_number=1), BindTransceiverResp(sequence_number=9))

    lab.gateway.on_connect = too_soon
    async with lab.client() as smsc:
        await lab.lives(smsc)


async def test_requests_before_the_bind_are_refused(lab: Lab) -> None:
    """Messages before the bind's response aren't valid yet."""

    def deliver_first(peer: Peer, bind: BindTransceiver) -> None:
        """Deliver, then accept the bind."""
        peer.deliver(source_addr="1", short_message=b"too soon")
        peer.answer(bind)

    lab.gateway.on_bind = deliver_first
    async with lab.client() as smsc:
        (answer,) = await lab.gateway.peer.got(DeliverSmResp)
        await lab.lives(smsc)

    assert CommandStatus.ESME_RINVBNDSTS is CommandStatus.of(answer.command_status)


async def test_waits_grow_until_a_link_has_proved_stable(lab: Lab) -> None:
    """Accepted and dropped again and again: the sixth attempt comes after 31 first waits."""
    arrivals: list[float] = []

    def accept_and_drop(peer: Peer, bind: BindTransceiver) -> None:
        """Accept the bind and close the connection."""
        arrivals.append(asyncio.get_running_loop().time())
        peer.answer(bind)
        peer.hang_up()

    lab.gateway.on_bind = accept_and_drop
    query = "open=eventually&reconnect_jitter=0"
    url = lab.gateway.url(query).replace("multiplier=1", "multiplier=2")
    url = url.replace("reconnect_maximum=0.001", "reconnect_maximum=1")
    async with client_of(url):
        await until(lambda: len(arrivals) >= 6)

    assert arrivals[5] - arrivals[0] >= 0.031


# Windows and numbers.


async def test_window_is_never_exceeded(lab: Lab) -> None:
    """Counted at the gateway, which would refuse the excess."""
    later: list[tuple[Peer, SubmitSm]] = []

    def answer_in_pairs(peer: Peer, submit: SubmitSm) -> None:
        """Answer the newer of two first."""
        later.append((peer, submit))
        if len(later) == 2:
            for waiting, request in reversed(later):
                lab.gateway.accept(waiting, request)
            later.clear()

    lab.gateway.on_submit = answer_in_pairs
    async with lab.client("window=4") as smsc:
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(60)))

    assert 4 == lab.gateway.peer.most_in_flight


async def test_messages_are_written_in_the_order_of_the_calls(lab: Lab) -> None:
    """A full window isn't an error: calls wait in their order."""
    async with lab.client("window=2") as smsc:
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(50)))

    assert [sms(n).to for n in range(50)] == [s.destination_addr for s in lab.gateway.submits]


async def test_cancelled_and_overdue_callers_leak_no_slot(lab: Lab) -> None:
    """60 callers are cancelled at any moment, a third of the responses are missing."""

    def answer_some(peer: Peer, submit: SubmitSm) -> None:
        """Answer all but every third."""
        if submit.sequence_number % 3:
            lab.gateway.accept(peer, submit)

    lab.gateway.on_submit = answer_some
    async with lab.client("window=4&timeout=0.02") as smsc:
        sends = [asyncio.create_task(fate(smsc, sms(number))) for number in range(60)]
        for number in range(0, 60, 2):
            await turns(number % 5)
            sends[number].cancel()
        fates = await asyncio.gather(*sends, return_exceptions=True)
        lab.gateway.on_submit = lab.gateway.accept
        await until(lambda: not smsc.stats().in_flight)
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(4)))

    assert {str, ResponseTimeoutError, asyncio.CancelledError} == {type(each) for each in fates}
    assert 4 <= lab.gateway.peer.most_in_flight


async def test_stray_responses_are_harmless(lab: Lab) -> None:
    """Doubled, without a request, for number 0, for the last number, of a wrong kind."""

    def answer_oddly(peer: Peer, submit: SubmitSm) -> None:
        """Send the right response among wrong ones."""
        number = submit.sequence_number
        peer.write(
            SubmitSmResp(message_id="wrong", sequence_number=0),
            SubmitSmResp(message_id="wrong", sequence_number=0x7FFFFFFF),
            SubmitSmResp(message_id="wrong", sequence_number=number + 1000),
            QuerySmResp(message_id="wrong", sequence_number=number),
            EnquireLinkResp(sequence_number=number),
            SubmitSmResp(message_id="right", sequence_number=number),
            SubmitSmResp(message_id="wrong", sequence_number=number),
            GenericNack(command_status=3, sequence_number=number),
        )

    lab.gateway.on_submit = answer_oddly
    async with lab.client() as smsc:
        sent = [await smsc.send(sms(number)) for number in range(3)]
        assert 1 == smsc.stats().connects

    assert ["right"] * 3 == [each.message_id for each in sent]


async def test_answer_under_number_0_is_no_answer(lab: Lab) -> None:
    """The request times out alone, its slot is freed, and the others aren't affected."""

    def answer_under_zero(peer: Peer, submit: SubmitSm) -> None:
        """Answer the first message under number 0, the others correctly."""
        if submit.destination_addr == sms(0).to:
            peer.write(SubmitSmResp(message_id="1", sequence_number=0))
        else:
            lab.gateway.accept(peer, submit)

    lab.gateway.on_submit = answer_under_zero
    async with lab.client("window=2") as smsc:
        first = asyncio.create_task(smsc.send(sms(0), timeout=0.03))
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(1, 5)))
        with pytest.raises(ResponseTimeoutError) as caught:
            await first
        await lab.lives(smsc)

    assert Outcome.UNKNOWN is caught.value.outcome


async def test_late_response_frees_nothing_twice(lab: Lab) -> None:
    """A response after the timeout is counted and frees no slot; its id still matches a receipt."""
    overdue: list[SubmitSm] = []
    lab.gateway.on_submit = lambda _, submit: overdue.append(submit)
    async with lab.client("window=1&timeout=0.02") as smsc:
        with pytest.raises(ResponseTimeoutError):
            await smsc.send(sms())
        lab.gateway.peer.answer(overdue[0], message_id="late")
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)
        assert 0 == smsc.stats().in_flight


async def test_generic_nack_fails_its_request_alone(lab: Lab) -> None:
    """ESME_RINVCMDID for one submit_sm, and the next one is accepted."""

    def nack(number: int) -> bytes:
        """Return the nack."""
        return frame(0x80000000, 3, number)

    async with lab.client() as smsc:
        lab.gateway.on_submit = answering(nack)
        with pytest.raises(SubmitRefusedError, match="ESME_RINVCMDID"):
            await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await lab.lives(smsc)


async def test_gateways_request_under_our_number_answers_nothing(lab: Lab) -> None:
    """Each direction has its own sequence numbers."""

    def ask_first(peer: Peer, submit: SubmitSm) -> None:
        """Send a request with the same number, then answer."""
        peer.write(EnquireLink(sequence_number=submit.sequence_number))
        lab.gateway.accept(peer, submit)

    lab.gateway.on_submit = ask_first
    async with lab.client() as smsc:
        sent = await smsc.send(sms())
        (answer,) = await lab.gateway.peer.got(EnquireLinkResp)

    assert "1" == sent.message_id
    assert lab.gateway.submits[0].sequence_number == answer.sequence_number


async def test_all_our_requests_share_one_sequence(lab: Lab) -> None:
    """enquire_link, messages and parts: no number is used twice or left out."""
    async with lab.client("enquire_link_interval=0.005") as smsc:
        for number in range(10):
            await smsc.send(sms(number, "Длинный текст. " * 12))
            await asyncio.sleep(0.002)
        await lab.gateway.peer.got(EnquireLink)
        received = list(lab.gateway.peer.received)

    numbers = [pdu.sequence_number for pdu in received]
    assert list(range(1, len(received) + 1)) == numbers


async def test_numbers_wrap_on_the_wire(lab: Lab) -> None:
    """0x7FFFFFFF is followed by 1; 2 is skipped while it still awaits its response."""
    held: list[SubmitSm] = []
    async with lab.client() as smsc:
        lab.gateway.on_submit = lambda _, submit: held.append(submit)
        first = asyncio.create_task(smsc.send(sms(1)))
        await lab.gateway.submitted(1)
        lab.links[0].session.window.last_number = 0x7FFFFFFE
        lab.gateway.on_submit = lab.gateway.accept
        await asyncio.gather(*(smsc.send(sms(number)) for number in range(2, 5)))
        lab.gateway.peer.answer(held[0], message_id="held")
        sent = await first

    assert [2, 0x7FFFFFFF, 1, 3] == [submit.sequence_number for submit in lab.gateway.submits]
    assert "held" == sent.message_id


async def test_answer_in_the_same_turn_is_never_missed(lab: Lab) -> None:
    """A request is registered before it is written, however fast the response."""
    async with lab.client("window=1") as smsc:
        sent = [await smsc.send(sms(number)) for number in range(100)]

    assert [str(number) for number in range(1, 101)] == [each.message_id for each in sent]


# enquire_link.


async def test_half_open_connection_is_found_out(lab: Lab) -> None:
    """The socket accepts everything and returns nothing: only enquire_link detects that."""
    async with lab.client("enquire_link_interval=0.02&enquire_link_timeout=0.03") as smsc:
        first = lab.gateway.peer
        first.transport.pause_reading()
        with pytest.raises(SubmitInterruptedError, match="enquire_link got no response") as caught:
            await smsc.send(sms())
        await until(lambda: smsc.stats().connects == 2)
        await lab.lives(smsc, links=2)

    assert Outcome.UNKNOWN is caught.value.outcome


async def test_write_that_is_stuck_ends_with_the_link(lab: Lab) -> None:
    """The network accepts nothing more: memory stays constant, and every wait ends."""
    text = "Длинный текст. " * 60
    async with lab.client(
        "window=1000&enquire_link_interval=0.02&enquire_link_timeout=0.1"
    ) as smsc:
        first = lab.gateway.peer
        for transport in (first.transport, lab.links[0]._transport):
            assert transport is not None
            socket = transport.get_extra_info("socket")
            socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
            socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        first.transport.pause_reading()
        sends = [asyncio.create_task(fate(smsc, sms(number, text))) for number in range(60)]
        await until(lambda: not smsc.health().is_ready)
        fates = await asyncio.gather(*sends)

    outcomes = Counter(each if isinstance(each, str) else each.outcome for each in fates)
    del outcomes[Outcome.UNKNOWN]
    assert all(isinstance(each, str) for each in outcomes)
    assert 1 == max(outcomes.values(), default=1)


@pytest.mark.takes_up_to(5, reason="a flood that fills the buffers of two sockets")
async def test_flood_of_requests_with_unread_responses_ends_the_link(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Responses that aren't read accumulate: the link ends long before memory is full."""
    monkeypatch.setattr(connection, "MAX_UNREAD", 200_000)
    async with lab.client("enquire_link_interval=60") as smsc:
        first, link = lab.gateway.peer, lab.links[0]
        assert link._transport is not None
        first.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        link._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        first.transport.pause_reading()
        flood = encode(EnquireLink(sequence_number=1)) * 4000
        most = 0
        while not link.session.is_over:
            if not first.transport.get_write_buffer_size():
                first.transport.write(flood)
            await turns(2)
            most = max(most, link._transport.get_write_buffer_size())
        await until(lambda: smsc.stats().connects == 2)
        assert "the gateway reads none of our answers" in str(link._lost)
        first.drop()
        await lab.lives(smsc, links=2)

    assert most < 600_000


@pytest.mark.parametrize("backlog", [0, 3000])
async def test_enquire_link_is_answered_before_any_traffic(lab: Lab, backlog: int) -> None:
    """3000 messages wait for a window of 1; the response to enquire_link waits for none of them."""
    async with lab.client("window=1") as smsc:
        peer = lab.gateway.peer
        lab.gateway.on_submit = nothing
        sends = [asyncio.create_task(smsc.send(sms(number))) for number in range(backlog)]
        await turns(3)
        before = len(peer.all(SubmitSm))
        peer.write(EnquireLink(sequence_number=5))
        await peer.got(EnquireLinkResp)
        assert len(peer.all(SubmitSm)) <= before + 1
        for send in sends:
            send.cancel()
        await asyncio.gather(*sends, return_exceptions=True)
        for submit in peer.all(SubmitSm):
            peer.answer(submit, message_id="1")


async def test_hook_that_raises_costs_nothing(lab: Lab) -> None:
    """An exception of the user's hook is logged and doesn't affect the link."""

    def hook(_: object) -> None:
        """Fail."""
        raise ZeroDivisionError

    async with lab.client(hooks=[hook]) as smsc:
        lab.gateway.peer.drop()
        await until(lambda: smsc.stats().connects == 2)
        await lab.lives(smsc, links=2)


async def test_wall_clock_that_jumps_moves_no_timer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is set a day ahead and back: nothing is overdue."""
    async with lab.client("timeout=5&enquire_link_interval=1") as smsc:
        for day in (86_400, -86_400):
            monkeypatch.setattr(time, "time", lambda day=day: 1_790_000_000.0 + day)
            await asyncio.sleep(0.005)
            await lab.lives(smsc)


def test_every_wait_has_an_end_by_default() -> None:
    """Other clients wait without a limit by default."""
    defaults = Timeouts()

    assert all(isfinite(getattr(defaults, setting.name)) for setting in fields(defaults))


# Losses.


async def test_drop_gives_every_message_one_outcome(lab: Lab) -> None:
    """5 written ones are UNKNOWN at once; 15 unwritten ones go out on the next link, once each."""
    async with lab.client("window=5") as smsc:
        lab.gateway.on_submit = nothing
        sends = [asyncio.create_task(fate(smsc, sms(number))) for number in range(20)]
        first = lab.gateway.peer
        await lab.gateway.submitted(5)
        lab.gateway.on_submit = lab.gateway.accept
        first.drop()
        fates = await asyncio.gather(*sends)

    unknown = [each for each in fates if isinstance(each, SubmitInterruptedError)]
    assert [Outcome.UNKNOWN] * 5 == [error.outcome for error in unknown]
    assert sorted(str(number) for number in range(1, 16)) == sorted(
        each for each in fates if isinstance(each, str)
    )
    sent = Counter(submit.destination_addr for submit in lab.gateway.submits)
    assert {1} == set(sent.values())


async def test_drops_at_any_moment_lose_and_double_nothing(lab: Lab) -> None:
    """100 messages, a link that is lost at every ninth: the records of both sides agree."""
    accepted: list[str] = []

    def accept_or_die(peer: Peer, submit: SubmitSm) -> None:
        """Accept; some responses are never written."""
        accepted.append(submit.destination_addr)
        lab.gateway.accept(peer, submit)
        if len(accepted) % 9 == 0:
            peer.drop()

    lab.gateway.on_submit = accept_or_die
    async with lab.client("window=3") as smsc:
        messages = [sms(number) for number in range(100)]
        fates = await asyncio.gather(*(fate(smsc, message) for message in messages))

    confirmed = {m.to for m, each in zip(messages, fates, strict=True) if isinstance(each, str)}
    unknown = {m.to for m, each in zip(messages, fates, strict=True) if m.to not in confirmed}
    assert {Outcome.UNKNOWN} >= {each.outcome for each in fates if not isinstance(each, str)}
    assert {1} == set(Counter(accepted).values())
    assert confirmed <= set(accepted) <= confirmed | unknown
    assert set(accepted) == confirmed | (set(accepted) & unknown)


async def test_response_that_was_read_counts_whatever_follows(lab: Lab) -> None:
    """A complete response counts, an incomplete one doesn't: only the second message is UNKNOWN."""
    waiting: list[SubmitSm] = []

    def both(peer: Peer, submit: SubmitSm) -> None:
        """Answer the first, begin to answer the second, close."""
        waiting.append(submit)
        if len(waiting) == 2:
            whole, half = (
                frame(SUBMIT_SM_RESP, 0, request.sequence_number, b"%d\0" % at)
                for at, request in enumerate(waiting)
            )
            peer.raw(whole + half[:17])
            peer.hang_up()

    async with lab.client() as smsc:
        lab.gateway.on_submit = both
        first, second = await asyncio.gather(fate(smsc, sms(0)), fate(smsc, sms(1)))
        lab.gateway.on_submit = lab.gateway.accept

    assert "0" == first
    assert isinstance(second, SubmitInterruptedError)
    assert Outcome.UNKNOWN is second.outcome


async def test_slow_reader_gets_whole_pdus(lab: Lab, chance: Random | None) -> None:
    """The socket accepts a little at a time: the stream stays correct to the last octet."""
    text = "Длинный текст. " * 60
    async with lab.client("window=1000") as smsc:
        peer = lab.gateway.peer
        loop = asyncio.get_running_loop()

        def rest(peer: Peer, submit: SubmitSm) -> None:
            """Accept, and read nothing for a while."""
            lab.gateway.accept(peer, submit)
            if submit.sequence_number % 50 == 0:
                peer.transport.pause_reading()
                pause = 0.001 if chance is None else chance.random() * 0.002
                loop.call_later(pause, peer.transport.resume_reading)

        lab.gateway.on_submit = rest
        await asyncio.gather(*(smsc.send(sms(number, text)) for number in range(40)))

    arrived: dict[str, bytes] = {}
    for submit in peer.all(SubmitSm):
        sofar = arrived.get(submit.destination_addr, b"")
        arrived[submit.destination_addr] = sofar + submit.short_message[6:]
    assert {sms(number).to: text for number in range(40)} == {
        recipient: octets.decode("utf-16-be") for recipient, octets in arrived.items()
    }


async def test_garbage_in_mid_traffic_ends_the_link_and_nothing_else(lab: Lab) -> None:
    """Each link gets garbage after its tenth response: all 40 messages have an outcome."""
    count = Counter[Peer]()

    def accept_then_garbage(peer: Peer, submit: SubmitSm) -> None:
        """Accept ten, then write garbage."""
        count[peer] += 1
        if count[peer] <= 10:
            lab.gateway.accept(peer, submit)
        if count[peer] == 10:
            peer.raw(b"\xde\xad\xbe\xef" * 8)

    lab.gateway.on_submit = accept_then_garbage
    async with lab.client("window=4") as smsc:
        fates = await asyncio.gather(*(fate(smsc, sms(number)) for number in range(40)))

    assert all(isinstance(f, str) or f.outcome is Outcome.UNKNOWN for f in fates)
    assert sum(isinstance(each, str) for each in fates) >= 28


# Closing.


@pytest.mark.parametrize("in_flight", [0, 5])
async def test_gateways_unbind_is_answered_in_mid_traffic(lab: Lab, in_flight: int) -> None:
    """It is answered; messages that aren't in time are UNKNOWN; the link is opened again."""
    async with lab.client("unbind_timeout=0.05") as smsc:
        first = lab.gateway.peer
        lab.gateway.on_submit = nothing
        sends = [asyncio.create_task(fate(smsc, sms(number))) for number in range(in_flight)]
        await lab.gateway.submitted(in_flight)
        lab.gateway.on_submit = lab.gateway.accept
        first.write(Unbind(sequence_number=4711))
        (answer,) = await first.got(UnbindResp)
        fates = await asyncio.gather(*sends)
        await until(lambda: smsc.stats().connects == 2)
        await lab.lives(smsc, links=2)

    assert 4711 == answer.sequence_number
    assert [Outcome.UNKNOWN] * in_flight == [each.outcome for each in fates]  # type: ignore[union-attr]


@pytest.mark.takes_up_to(5, reason="twenty links, one after the other")
@pytest.mark.parametrize("scenario", [{"unbind_after": 5}, {"drop_after": 5}], ids=str)
async def test_simulated_maintenance_loses_and_doubles_nothing(scenario: dict[str, int]) -> None:
    """The simulator unbinds after every fifth message: each of 100 has an outcome."""
    fast = "reconnect_initial=0.001&reconnect_maximum=0.001&window=7"
    async with Simulator(Scenario(**scenario)) as simulator:  # type: ignore[arg-type]
        async with client_of(f"{simulator.url}?{fast}") as smsc:
            fates = await asyncio.gather(*(fate(smsc, sms(number)) for number in range(100)))
        kept = [message.recipient for message in simulator.messages]

    accepted = {sms(n).to for n, each in enumerate(fates) if isinstance(each, str)}
    unknown = {sms(n).to for n, each in enumerate(fates) if not isinstance(each, str)}
    assert {Outcome.UNKNOWN} >= {e.outcome for e in fates if not isinstance(e, str)}
    assert len(set(kept)) == len(kept)
    assert accepted <= set(kept) <= accepted | unknown


async def test_answers_before_the_unbind_count(lab: Lab) -> None:
    """A gateway may write its last responses and the unbind at once; the responses count."""

    def accept_and_unbind(peer: Peer, submit: SubmitSm) -> None:
        """Accept and unbind."""
        response = SubmitSmResp(message_id="7", sequence_number=submit.sequence_number)
        peer.write(response, Unbind(sequence_number=1))

    async with lab.client() as smsc:
        lab.gateway.on_submit = accept_and_unbind
        sent = await smsc.send(sms())
        lab.gateway.on_submit = lab.gateway.accept
        await until(lambda: smsc.stats().connects == 2)

    assert "7" == sent.message_id


async def test_leaving_drains_then_unbinds(lab: Lab) -> None:
    """First the requests in flight end, then unbind; only unbind_resp answers it."""
    order: list[str] = []

    def accept_late(peer: Peer, submit: SubmitSm) -> None:
        """Accept while the client is closing."""
        asyncio.get_running_loop().call_later(0.01, _accept, peer, submit)

    def _accept(peer: Peer, submit: SubmitSm) -> None:
        """Accept now."""
        order.append("accepted")
        lab.gateway.accept(peer, submit)

    def answer_wrongly_first(peer: Peer, unbind: Unbind) -> None:
        """Answer with other PDUs, then correctly."""
        order.append("unbind")
        number = unbind.sequence_number
        peer.write(EnquireLinkResp(sequence_number=number), EnquireLink(sequence_number=8))
        peer.answer(unbind)

    lab.gateway.on_submit, lab.gateway.on_unbind = accept_late, answer_wrongly_first
    async with client_of(lab.gateway.url()) as smsc:
        sending = asyncio.create_task(smsc.send(sms()))
        await lab.gateway.submitted()
    sent = await sending

    await until(lambda: lab.gateway.peer.is_closed)
    assert (["accepted", "unbind"], "1") == (order, sent.message_id)
    assert 1 == len(lab.gateway.peer.all(Unbind))
    assert [8] == [pdu.sequence_number for pdu in lab.gateway.peer.all(EnquireLinkResp)]


@pytest.mark.parametrize("answer", [drop, nothing], ids=["drop", "silence"])
async def test_leaving_ends_whatever_the_gateway_does(lab: Lab, answer: Any) -> None:  # noqa: ANN401 - a hook
    """A connection closed after our unbind is a clean end; silence ends by the timeout."""
    lab.gateway.on_unbind = answer
    async with lab.client("unbind_timeout=0.02") as smsc:
        await lab.lives(smsc)

    assert LinkState.CLOSED is smsc.health().state


async def test_leaving_twice_at_once_is_one_leave(lab: Lab) -> None:
    """From two tasks with messages in flight: both return, and one unbind is written."""
    smsc = client_of(lab.gateway.url())
    await smsc.__aenter__()
    lab.gateway.on_submit = nothing
    sending = asyncio.create_task(smsc.send(sms()))
    (submit,) = await lab.gateway.submitted()
    leaving = [asyncio.create_task(smsc.__aexit__(None, None, None)) for _ in range(2)]
    await turns()
    lab.gateway.peer.answer(submit, message_id="1")
    await asyncio.wait_for(asyncio.gather(sending, *leaving), 60)

    assert 1 == len(lab.gateway.peer.all(Unbind))
    await smsc.__aexit__(None, None, None)


async def test_leaving_while_the_link_is_built_again_ends_at_once(lab: Lab) -> None:
    """There is no bound link to unbind, and no message that needs a new one."""
    async with client_of(lab.gateway.url()) as smsc:
        lab.gateway.on_bind = nothing
        lab.gateway.peer.drop()
        await lab.gateway.bound(2)

    assert LinkState.CLOSED is smsc.health().state


async def test_every_wait_fails_once_when_the_link_is_lost(lab: Lab) -> None:
    """Messages, a query, and closing itself."""
    async with lab.client() as smsc:
        lab.gateway.on_submit = nothing
        sending = asyncio.create_task(fate(smsc, sms()))
        asking = asyncio.create_task(smsc.query("7"))
        await lab.gateway.submitted()
        await turns()
        lab.gateway.peer.drop()
        with pytest.raises(LinkLostError):
            await asking
        lost = await sending

    assert isinstance(lost, SubmitInterruptedError)


@pytest.mark.takes_up_to(120, reason="as many links as FAULTS_CYCLES says, one after the other")
async def test_links_that_come_and_go_leave_nothing(lab: Lab) -> None:
    """The number of tasks, sockets and timers is the same after the first and the last link."""
    seen: list[int] = []
    lab.gateway.on_bind = Peer.answer
    async with lab.client() as smsc:
        for number in range(1, CYCLES):
            await lab.lives(smsc, links=number)
            seen.append(len(asyncio.all_tasks()))
            lab.gateway.peer.drop()
            lab.gateway.peers[:-1] = []
            lab.links[:-1] = []
            await until(lambda number=number: smsc.stats().connects == number + 1)  # type: ignore[misc]

    assert 1 == len(set(seen))


@pytest.mark.takes_up_to(
    20, reason="some hundred clients, one for each iteration of the event loop"
)
async def test_cancelled_at_any_turn_leaves_nothing(lab: Lab, chance: Random | None) -> None:
    """Connecting, binding, sending, querying, closing may be cancelled between any two steps.

    The first run cancels at each turn; runs with random timing cancel at every tenth.
    """
    lab.several = True
    turn = range(400) if chance is None else range(chance.randrange(10), 400, 10)

    async def life() -> str:
        """Use a little of everything."""
        async with client_of(lab.gateway.url("window=2&binds=2")) as smsc:
            sends = [smsc.send(sms(number, "Длинный текст. " * 8)) for number in range(3)]
            sent = await asyncio.gather(*sends)
            many = [each async for each in smsc.send_many(sms(number) for number in range(3))]
            lab.gateway.peers[-1].deliver_receipt(sent[0].message_id)
            return f"{len(many)} {sent[0].message_id}"

    before = len(asyncio.all_tasks())
    for number in turn:
        living = asyncio.create_task(life())
        for _ in range(number):
            if living.done():
                break
            await asyncio.sleep(0)
        if living.done():
            assert living.result()
            break
        living.cancel()
        await asyncio.wait([living])
        await until(lambda: all(peer.is_closed for peer in lab.gateway.peers))
        await until(lambda: before == len(asyncio.all_tasks()))
        assert living.cancelled() or living.exception() is None
    assert number > 20


async def test_two_threads_cannot_share_a_client(lab: Lab) -> None:
    """One event loop owns the socket; a call from another raises an error that says so."""
    async with lab.client() as smsc:

        def elsewhere() -> BaseException | None:
            """Send from another loop."""

            async def send() -> BaseException | None:
                """Return the error."""
                return (await asyncio.gather(smsc.send(sms()), return_exceptions=True))[0]  # type: ignore[return-value]

            return asyncio.run(send())

        error = await asyncio.to_thread(elsewhere)
        await asyncio.get_running_loop().shutdown_default_executor()
        await lab.lives(smsc)

    assert "another event loop" in str(error)


ENDINGS = {
    "interrupted": "await asyncio.sleep(30)",
    "left with work in flight": "raise SystemExit(0)",
    "loop stopped": "asyncio.get_running_loop().stop()\n        await asyncio.sleep(30)",
}

PROGRAM = """
import asyncio, sys
from smsc_async import Sms, SmscClient

async def main():
    async with SmscClient("sim://") as smsc:
        async def load():
            number = 0
            while True:
                number += 1
                await smsc.send(Sms(to=f"7999{{number:07d}}", text="hello"))
        tasks = [asyncio.create_task(load()) for _ in range(20)]
        for task in tasks:
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.sleep(0.1)
        print("ready", flush=True)
        {ending}

{run}
"""


@pytest.mark.takes_up_to(10, reason="an interpreter starts, works, and ends")
@pytest.mark.parametrize("ending", ENDINGS)
def test_interpreter_exits_cleanly_under_load(ending: str) -> None:
    """No crash, no "never awaited", no "exception ignored", however the process ends."""
    run = "asyncio.run(main())"
    if ending == "loop stopped":
        run = "loop = asyncio.new_event_loop()\ntask = loop.create_task(main())\n"
        run += "loop.run_forever()\nloop.close()"
    program = PROGRAM.format(ending=ENDINGS[ending], run=run)
    process = subprocess.Popen(  # noqa: S603 - the program above
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONASYNCIODEBUG": ""},
    )
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    if ending == "interrupted":
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)

    assert {"interrupted": -signal.SIGINT}.get(ending, 0) == process.returncode
    if ending == "interrupted":
        assert said.endswith("KeyboardInterrupt\n")
    elif ending == "left with work in flight":
        assert not said
    # If the loop was stopped while a client was open, asyncio itself reports pending tasks.
    assert "Fatal" not in said
    assert "Segmentation" not in said

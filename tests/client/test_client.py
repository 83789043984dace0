"""The client against an SMSC that behaves, and against one that doesn't."""

from __future__ import annotations

import asyncio
import gc
import random
import traceback
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway, nothing, refusing, turns, until

from pdu import (
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    Pdu,
    QuerySm,
    SubmitSm,
    Unbind,
    UnbindResp,
)
from smsc_async import (
    BindRefusedError,
    ClientClosedError,
    Coding,
    ConfigError,
    ConnectFailedError,
    FailedSubmission,
    GatewayLimits,
    HlrQuery,
    InvalidMessageError,
    LinkLostError,
    LinkState,
    LocalProtocolError,
    MessageState,
    Outcome,
    Receipt,
    ReceiptTimeoutError,
    RequestRefusedError,
    RequestTimeoutError,
    ResponseTimeoutError,
    Sms,
    SmscClient,
    Submission,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from scripted import Peer


SECRET = "секретный код 4821"
LONG = "Длинный текст для трёх частей. " * 6  # 186 characters: 67 in each part


def sms(number: int = 0, text: str = "hello") -> Sms:
    """Make a message."""
    return Sms(to=f"7999{number:07d}", text=text)


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves until told otherwise."""
    async with Gateway() as running:
        yield running


def timers() -> int:
    """Count the timers of the loop that would still ring."""
    loop: Any = asyncio.get_running_loop()
    return sum(not handle.cancelled() for handle in loop._scheduled)


# The window.


async def test_never_more_in_flight_than_the_window(gateway: Gateway) -> None:
    """100 sends at once, window=5; answers come only after all that can be written was."""
    waiting: list[SubmitSm] = []
    gateway.on_submit = lambda _, submit: waiting.append(submit)
    seen: list[int] = []

    async with SmscClient(gateway.url("window=5"), limits=GatewayLimits.off()) as smsc:
        sends = [asyncio.create_task(smsc.send(sms(n))) for n in range(100)]
        while not all(send.done() for send in sends):
            await until(lambda: len(waiting) == 5 or all(send.done() for send in sends))
            seen.append(smsc.stats().in_flight)
            while waiting:
                gateway.peer.answer(waiting.pop(0), message_id="1")
            await turns(3)
        stats = smsc.stats()

    assert 5 == gateway.peer.most_in_flight
    assert {5} == set(seen[:20])
    assert (100, 0, 0, 0) == (stats.accepted, stats.failed, stats.in_flight, stats.waiting)


@pytest.mark.takes_up_to(4, reason="twenty windows of 50 ms, as slow as a real gateway")
async def test_slow_gateway_never_has_more_than_the_window(gateway: Gateway) -> None:
    """The same on a real clock: each answer takes 50 ms."""
    loop = asyncio.get_running_loop()
    seen: set[int] = set()

    def answer_later(peer: Peer, submit: SubmitSm) -> None:
        """Answer after 50 ms."""
        seen.add(smsc.stats().in_flight)
        loop.call_later(0.05, lambda: peer.answer(submit, message_id="1"))

    gateway.on_submit = answer_later
    async with SmscClient(gateway.url("window=5")) as smsc:
        await asyncio.gather(*(smsc.send(sms(n)) for n in range(100)))

    assert 5 == gateway.peer.most_in_flight == max(seen)


async def test_cancelled_caller_frees_no_slot(gateway: Gateway) -> None:
    """The gateway still owes a response, so the window still counts it."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("window=2")) as smsc:
        first = [asyncio.create_task(smsc.send(sms(n))) for n in range(2)]
        await gateway.submitted(2)
        for send in first:
            send.cancel()
        await asyncio.wait(first)
        third = asyncio.create_task(smsc.send(sms(3)))
        await turns()

        assert 2 == smsc.stats().in_flight
        assert 1 == smsc.stats().waiting
        assert 2 == len(gateway.submits)

        gateway.on_submit = gateway.accept
        for submit in list(gateway.submits):
            gateway.peer.answer(submit, message_id="x")
        await third

        assert 0 == smsc.stats().in_flight


async def test_message_cancelled_in_the_queue_is_never_written(gateway: Gateway) -> None:
    """Before the first octet cancelling is safe: it neither goes out nor waits on."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("window=1")) as smsc:
        first = asyncio.create_task(smsc.send(sms(1)))
        await gateway.submitted()
        second, third = (asyncio.create_task(smsc.send(sms(n))) for n in (2, 3))
        await until(lambda: smsc.stats().waiting == 2)
        second.cancel()
        await asyncio.wait([second])

        assert 1 == smsc.stats().waiting

        gateway.on_submit = gateway.accept
        gateway.peer.answer(gateway.submits[0], message_id="x")
        await asyncio.gather(first, third)

    assert ["79990000001", "79990000003"] == [s.destination_addr for s in gateway.submits]


@pytest.mark.takes_up_to(30, reason="10 000 sends, each with a task, in asyncio's debug mode")
async def test_ten_thousand_sends_with_random_cancellations_leak_nothing(gateway: Gateway) -> None:
    """No slot, task or timer is left, whenever the callers went away."""
    chance = random.Random(20261123)  # noqa: S311 - no secret
    held: list[SubmitSm] = []

    def answer_some(peer: Peer, submit: SubmitSm) -> None:
        """Answer most, in any order."""
        held.append(submit)
        while held and chance.random() < 0.9:
            gateway.accept(peer, held.pop(chance.randrange(len(held))))

    gateway.on_submit = answer_some
    tasks_before, timers_before = len(asyncio.all_tasks()), timers()
    async with SmscClient(gateway.url("window=20"), limits=GatewayLimits.off()) as smsc:
        sends: list[asyncio.Task[Any]] = []
        for number in range(10_000):
            sends.append(asyncio.create_task(smsc.send(sms(number))))
            if chance.random() < 0.3:
                sends[chance.randrange(max(0, number - 40), number + 1)].cancel()
            if chance.random() < 0.2:
                await asyncio.sleep(0)
        gateway.on_submit = gateway.accept
        while held:
            gateway.accept(gateway.peer, held.pop())
        await asyncio.wait(sends)
        await until(lambda: smsc.stats().in_flight == 0)
        stats = smsc.stats()

        assert (0, 0) == (stats.in_flight, stats.waiting)
        assert 20 == gateway.peer.most_in_flight
        assert any(send.cancelled() for send in sends)
        assert any(not send.cancelled() for send in sends)

    assert 0 == gateway.peer.in_flight
    assert tasks_before == len(asyncio.all_tasks())
    assert timers_before == timers()


# Bad input, and a gateway that says no.


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("7999\x00123456", "takes.*, got|digits"),
        ("7" * 21, "10 to 15"),
    ],
    ids=["NUL", "21 characters"],
)
def test_bad_address_is_refused_before_any_octet(to: str, said: str) -> None:
    """A NUL would shift every field behind it, and nothing is ever cut."""
    with pytest.raises(InvalidMessageError, match=said) as caught:
        Sms(to=to, text=SECRET)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_text_that_its_coding_cannot_hold_is_refused() -> None:
    """The message says what doesn't fit, and the traceback doesn't quote the text."""
    with pytest.raises(InvalidMessageError, match="text") as caught:
        Sms(to="79991234567", text=SECRET, coding=Coding.GSM)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop:s3cret@host", "unknown scheme 'http'.*smpp"),
        ("smpp://shop:s3cret@host:99999", "1 to 65535, got '99999'"),
        ("smpp://shop:s3cret@host?windw=5", "unknown parameter, did you mean 'window'"),
        ("smpp://shop:s3cret@host?window=0", "1 to 100000, got 0"),
        ("smpp://shop:s3cret-too-long@host", "takes 8 characters, got 15 .*long_password=1"),
    ],
)
def test_wrong_url_says_what_is_wrong_and_no_password(url: str, said: str) -> None:
    """The error comes before any I/O, and the password shows nowhere."""
    with pytest.raises(ConfigError, match=said) as caught:
        SmscClient(url)

    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


async def test_wrong_password_is_told_at_once_and_not_retried(gateway: Gateway) -> None:
    """Other clients said "timed out" after 10 s, or asked for ever until they were blocked."""
    gateway.on_bind = refusing(0x0E)
    with pytest.raises(BindRefusedError) as caught:
        async with SmscClient(gateway.url()):
            raise AssertionError("entered")
    await turns(50)

    assert "bind_transceiver refused: ESME_RINVPASWD (0x0000000E) for system_id 'shop'" == str(
        caught.value
    )
    assert caught.value.is_fatal
    assert 1 == len(gateway.peers)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


async def test_closed_port_is_told_with_the_way_out() -> None:
    """Refused is refused, not "bind timed out"."""
    async with Gateway() as closed:
        url = closed.url()
    with pytest.raises(ConnectFailedError) as caught:
        async with SmscClient(url):
            raise AssertionError("entered")

    assert (
        f"no connection to 127.0.0.1:{closed.port}: nothing listens there; check host and port"
        == str(caught.value)
    )
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


async def test_bind_that_is_not_answered_is_told_as_such(gateway: Gateway) -> None:
    """It names the request, the seconds, and what to check."""
    gateway.on_bind = nothing
    with pytest.raises(LinkLostError, match=r"bind_transceiver got no response in 0\.1 s; check"):
        await SmscClient(gateway.url("bind_timeout=0.05")).__aenter__()


async def test_bind_that_is_answered_by_hanging_up_is_told_as_such(gateway: Gateway) -> None:
    """A TLS port does just that."""
    gateway.on_bind = lambda peer, _: peer.drop()
    with pytest.raises(LinkLostError, match=r"bind_transceiver got no response.*smpps://"):
        await SmscClient(gateway.url()).__aenter__()


async def test_bind_accepted_and_dropped_in_one_breath(gateway: Gateway) -> None:
    """The end comes in the same read as the yes; the link never counts as bound."""

    def accept_and_unbind(peer: Peer, bind: Pdu) -> None:
        """Say yes and goodbye in one breath."""
        peer.answer(bind)
        peer.write(Unbind(sequence_number=1))

    gateway.on_bind = accept_and_unbind
    client = SmscClient(gateway.url())
    with pytest.raises(LinkLostError, match="unbound by the peer"):
        await client.__aenter__()

    assert 0 == client.health().bound


async def test_refused_message_has_its_status(gateway: Gateway) -> None:
    """REFUSED is free of charge, and the number says why."""
    gateway.on_submit = refusing(0x0B)
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(SubmitRefusedError) as caught:
            await smsc.send(sms())
        failed = smsc.stats().failed

    assert 0x0B == caught.value.command_status
    assert Outcome.REFUSED is caught.value.outcome
    assert 1 == failed


async def test_throttled_message_is_told_when_to_come_again(gateway: Gateway) -> None:
    """Their no, and free of charge."""
    gateway.on_submit = refusing(0x58)
    async with SmscClient(gateway.url("throttled_timeout=0.1")) as smsc:
        with pytest.raises(ThrottledError) as caught:
            await smsc.send(sms())

    assert caught.value.retry_after > 0


async def test_no_response_is_unknown(gateway: Gateway) -> None:
    """The message may have gone, and the late response still brings its receipt."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ResponseTimeoutError, match=r"7999\*\*\*0000 got no response") as caught:
            await smsc.send(sms(), timeout=0.02)

        assert Outcome.UNKNOWN is caught.value.outcome
        assert 0 == smsc.stats().in_flight

        gateway.peer.answer(gateway.submits[0], message_id="late")
        gateway.peer.deliver_receipt("late")
        async with aclosing(smsc.receipts()) as receipts:
            receipt = await anext(receipts)

    assert "late" == receipt.message_id


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
async def test_timeout_that_is_no_duration_harms_nobody(gateway: Gateway, seconds: float) -> None:
    """Found late, when the message's turn comes, it would end the link for all."""
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ConfigError, match="takes more than 0 seconds"):
            await smsc.send(sms(), timeout=seconds)
        await smsc.send(sms())


# Links that come and go.


async def test_dropped_after_the_write_is_unknown_at_once(gateway: Gateway) -> None:
    """It may have been delivered; nobody waits 30 s to be told so."""
    gateway.on_submit = lambda peer, _: peer.drop()
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(SubmitInterruptedError, match="the connection was lost") as caught:
            await smsc.send(sms())

    assert Outcome.UNKNOWN is caught.value.outcome


async def test_dropped_before_the_write_goes_out_on_the_next_link(gateway: Gateway) -> None:
    """Nobody has to send it again: it never left."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("window=1")) as smsc:
        first = asyncio.create_task(smsc.send(sms(1)))
        second = asyncio.create_task(smsc.send(sms(2)))
        await gateway.submitted()
        gateway.on_submit = gateway.accept
        gateway.peer.drop()
        with pytest.raises(SubmitInterruptedError):
            await first
        sent = await second

    assert "1" == sent.message_id
    assert 2 == len(gateway.peers)


async def test_message_that_finds_no_link_in_time_was_not_sent(gateway: Gateway) -> None:
    """The error says how long, why there is no link, and that sending again is safe."""
    async with SmscClient(gateway.url("link_timeout=0.03&reconnect_jitter=0")) as smsc:
        gateway.on_bind = lambda peer, _: peer.drop()
        gateway.peer.drop()
        await until(lambda: smsc.health().bound == 0)
        with pytest.raises(SubmitInterruptedError, match=r"no link for 0\.0 s; .*") as caught:
            await smsc.send(sms())

    assert Outcome.NOT_SENT is caught.value.outcome


async def test_gateways_unbind_is_answered_and_the_link_built_again(gateway: Gateway) -> None:
    """Ignored by some clients, which then stay bound to nothing for days."""
    async with SmscClient(gateway.url()) as smsc:
        first = await gateway.bound()
        first.write(Unbind(sequence_number=7))
        await gateway.bound(2)
        await smsc.send(sms())

        assert "unbound by the peer" == smsc.health().last_error

    assert (UnbindResp, 7) == (type(first.received[-1]), first.received[-1].sequence_number)


async def test_unanswered_enquire_link_ends_the_link_and_it_is_built_again(
    gateway: Gateway,
) -> None:
    """A half-open connection looks bound for days otherwise."""
    gateway.on_enquire_link = nothing
    url = gateway.url("enquire_link_interval=0.01&enquire_link_timeout=0.02")
    async with SmscClient(url) as smsc:
        first = gateway.peer
        await until(lambda: first.is_closed)
        gateway.on_enquire_link = type(first).answer
        await gateway.bound(2)
        await until(lambda: smsc.stats().connects >= 2)

    assert first.all(EnquireLink)


async def test_bind_that_is_accepted_and_dropped_does_not_loop_hot(gateway: Gateway) -> None:
    """Others came back every 0.8 s for ever: here each wait is longer than the last."""

    def accept_and_drop(peer: Peer, bind: Pdu) -> None:
        """Say yes and hang up."""
        peer.answer(bind)
        peer.transport.close()

    gateway.on_bind = accept_and_drop
    url = gateway.url("open=eventually").replace("multiplier=1", "multiplier=8")
    url = url.replace("reconnect_maximum=0.001", "reconnect_maximum=86400&reconnect_jitter=0")
    loop = asyncio.get_running_loop()
    async with SmscClient(url):
        began = loop.time()
        await until(lambda: loop.time() > began + 0.05)

    # The waits are 1, 8 and 64 ms: the fourth attempt would come after 73 ms.
    assert 2 <= len(gateway.peers) <= 3


async def test_second_host_is_tried_when_the_first_is_down(gateway: Gateway) -> None:
    """The gateway has a spare, and one line of URL names both."""
    async with Gateway() as closed:
        pass
    url = gateway.url().replace("@", f"@127.0.0.1:{closed.port},")
    async with SmscClient(url) as smsc:
        sent = await smsc.send(sms())

    assert "1" == sent.message_id


async def test_every_host_that_failed_is_named() -> None:
    """Two closed ports: one error tells of both."""
    async with Gateway() as one, Gateway() as two:
        url = one.url().replace("@", f"@127.0.0.1:{two.port},")
    with pytest.raises(ConnectFailedError) as caught:
        await SmscClient(url).__aenter__()

    assert (f"127.0.0.1:{two.port}", f"127.0.0.1:{one.port}") == caught.value.hosts


async def test_opening_eventually_returns_at_once_and_binds_later(gateway: Gateway) -> None:
    """A service that starts before its gateway; what is sent meanwhile waits."""
    gateway.on_bind = lambda peer, _: peer.drop()
    async with SmscClient(gateway.url("open=eventually")) as smsc:
        assert not smsc.health().is_ready
        send = asyncio.create_task(smsc.send(sms()))
        await until(lambda: len(gateway.peers) > 1)
        gateway.on_bind = type(gateway.peer).answer
        sent = await send

        assert LinkState.BOUND is smsc.health().state

    assert "1" == sent.message_id


async def test_credentials_refused_later_end_all_waits(gateway: Gateway) -> None:
    """A password that was changed: what waits fails at once, and so does what comes."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.on_bind = refusing(0x0E)
        gateway.peer.drop()
        await until(lambda: smsc.health().bound == 0)
        with pytest.raises(SubmitInterruptedError, match="ESME_RINVPASWD") as caught:
            await smsc.send(sms())
        with pytest.raises(SubmitInterruptedError, match="ESME_RINVPASWD"):
            await smsc.send(sms())

        assert LinkState.FAILED is smsc.health().state

    assert Outcome.NOT_SENT is caught.value.outcome
    assert 2 == len(gateway.peers)


async def test_two_links_share_the_traffic(gateway: Gateway) -> None:
    """binds=2 doubles what may be in flight."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("binds=2&window=1")) as smsc:
        await gateway.bound(2)
        sends = [asyncio.create_task(smsc.send(sms(n))) for n in range(3)]
        await gateway.submitted(2)
        await turns()

        assert [1, 1] == [peer.in_flight for peer in gateway.peers]
        assert 2 == smsc.stats().in_flight
        for peer in gateway.peers:
            peer.drop()
        gateway.on_submit = gateway.accept
        results = await asyncio.gather(*sends, return_exceptions=True)

    assert [SubmitInterruptedError, SubmitInterruptedError, Submission] == [
        type(result) for result in results
    ]


# Parts.


async def test_parts_leave_back_to_back_and_their_ids_come_in_order(gateway: Gateway) -> None:
    """Another message never gets between them, and ids are those of the parts in order."""
    held: list[SubmitSm] = []
    gateway.on_submit = lambda _, submit: held.append(submit)
    async with SmscClient(gateway.url()) as smsc:
        long = asyncio.create_task(smsc.send(sms(1, LONG)))
        short = asyncio.create_task(smsc.send(sms(2)))
        await until(lambda: len(held) == 4)
        for number, submit in reversed(list(enumerate(held))):
            gateway.peer.answer(submit, message_id=str(number))
        sent, _ = await asyncio.gather(long, short)

    assert ["79990000001"] * 3 + ["79990000002"] == [submit.destination_addr for submit in held]
    assert ("0", "1", "2") == sent.message_ids
    assert 3 == sent.parts


async def test_two_long_messages_have_two_references(gateway: Gateway) -> None:
    """A phone joins parts by recipient and reference: with the same one it would mix them up."""
    async with SmscClient(gateway.url()) as smsc:
        for text in (LONG, LONG[::-1]):
            await smsc.send(sms(1, text))

    references = [submit.short_message[3] for submit in gateway.submits]
    assert [references[0]] * 3 + [(references[0] + 1) % 256] * 3 == references


async def test_refused_second_part_tells_of_those_accepted(gateway: Gateway) -> None:
    """They are paid."""

    def refuse_second(peer: Peer, submit: SubmitSm) -> None:
        """Refuse the second part."""
        if len(gateway.submits) == 2:
            peer.answer(submit, 0x45)
        else:
            gateway.accept(peer, submit)

    gateway.on_submit = refuse_second
    async with SmscClient(gateway.url("window=1")) as smsc:
        with pytest.raises(SubmitRefusedError) as caught:
            await smsc.send(sms(1, LONG))

    assert ("1",) == caught.value.message_ids
    assert 2 == len(gateway.submits)


async def test_caller_cancelled_after_the_first_part_lets_the_rest_go(gateway: Gateway) -> None:
    """Half a message is paid and worth nothing."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("window=1")) as smsc:
        send = asyncio.create_task(smsc.send(sms(1, LONG)))
        await gateway.submitted()
        send.cancel()
        await asyncio.wait([send])
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, gateway.submits[0])
        await gateway.submitted(3)
        await until(lambda: smsc.stats().accepted == 1)


# Entering and leaving.


async def test_leaving_unbinds_on_the_wire(gateway: Gateway) -> None:
    """Without it a quick reconnect is told ESME_RALYBND."""
    async with SmscClient(gateway.url()):
        pass

    assert isinstance(gateway.peer.received[-1], Unbind)
    assert gateway.peer.is_closed


async def test_leaving_a_peer_that_just_closes_is_clean(gateway: Gateway) -> None:
    """An end of file after our unbind is an answer too."""
    gateway.on_unbind = lambda peer, _: peer.drop()
    async with SmscClient(gateway.url()):
        pass

    assert isinstance(gateway.peer.received[-1], Unbind)


async def test_leaving_a_peer_that_does_not_answer_ends_in_time(gateway: Gateway) -> None:
    """The unbind timeout bounds it."""
    gateway.on_unbind = nothing
    async with SmscClient(gateway.url("unbind_timeout=0.01")):
        pass

    assert isinstance(gateway.peer.received[-1], Unbind)


async def test_leaving_waits_for_what_is_in_flight(gateway: Gateway) -> None:
    """In flight and waiting ones are answered first, then comes the unbind."""
    gateway.on_submit = nothing
    client = SmscClient(gateway.url("window=1"))
    await client.__aenter__()
    sends = [asyncio.create_task(client.send(sms(n))) for n in range(2)]
    await gateway.submitted()
    leaving = asyncio.create_task(client.__aexit__(None, None, None))
    await turns()

    assert not leaving.done()
    with pytest.raises(ClientClosedError):
        await client.send(sms(3))

    gateway.on_submit = gateway.accept
    gateway.accept(gateway.peer, gateway.submits[0])
    await leaving

    assert ["1", "2"] == [(await send).message_id for send in sends]
    assert isinstance(gateway.peer.received[-1], Unbind)
    assert 2 == client.stats().accepted


async def test_leaving_with_a_cancelled_message_in_the_queue_takes_no_time(
    gateway: Gateway,
) -> None:
    """There is no link, and nobody waits for the message any more."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.on_bind = lambda peer, _: peer.drop()
        gateway.peer.drop()
        await until(lambda: not smsc.health().is_ready)
        send = asyncio.create_task(smsc.send(sms()))
        await until(lambda: smsc.stats().waiting == 1)
        send.cancel()
        await asyncio.wait([send])

    assert 0 == smsc.stats().waiting


async def test_leaving_while_the_password_turns_out_wrong_takes_no_time(gateway: Gateway) -> None:
    """Nothing can go out any more, so nothing is waited for."""
    client = SmscClient(gateway.url())
    await client.__aenter__()
    gateway.on_bind = nothing
    gateway.peer.drop()
    await until(lambda: not client.health().is_ready)
    send = asyncio.create_task(client.send(sms()))
    leaving = asyncio.create_task(client.__aexit__(None, None, None))
    await gateway.bound(2)
    refusing(0x0E)(gateway.peer, gateway.peer.received[0])
    await leaving

    with pytest.raises(SubmitInterruptedError, match="ESME_RINVPASWD"):
        await send


async def test_exception_in_the_body_is_the_users_and_nothing_is_drained(gateway: Gateway) -> None:
    """It comes out as it was; in flight ones are told UNKNOWN, waiting ones NOT_SENT."""
    gateway.on_submit = nothing
    sends: list[asyncio.Task[Any]] = []

    async def body() -> None:
        """Fail inside of the block."""
        async with SmscClient(gateway.url("window=1")) as smsc:
            sends.extend(asyncio.create_task(smsc.send(sms(n))) for n in range(2))
            await gateway.submitted()
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await body()
    results = await asyncio.gather(*sends, return_exceptions=True)

    outcomes = [result.outcome for result in results if isinstance(result, SubmitInterruptedError)]
    assert [Outcome.UNKNOWN, Outcome.NOT_SENT] == outcomes
    assert isinstance(gateway.peer.received[-1], Unbind)


async def test_begun_message_that_is_cut_off_may_have_gone(gateway: Gateway) -> None:
    """The first of its parts is on the wire: NOT_SENT would invite to pay twice."""
    gateway.on_submit = nothing
    client = SmscClient(gateway.url("window=1"))
    await client.__aenter__()
    send = asyncio.create_task(client.send(sms(1, LONG)))
    await gateway.submitted()
    await client.__aexit__(KeyError, KeyError(), None)

    with pytest.raises(SubmitInterruptedError) as caught:
        await send
    assert Outcome.UNKNOWN is caught.value.outcome


async def test_cancelling_the_leave_closes_at_once(gateway: Gateway) -> None:
    """No answer comes; whoever cancels doesn't wait for one, and no timer is left behind."""
    gateway.on_submit = nothing
    before = timers()
    client = SmscClient(gateway.url())
    await client.__aenter__()
    send = asyncio.create_task(client.send(sms()))
    await gateway.submitted()
    leaving = asyncio.create_task(client.__aexit__(None, None, None))
    await turns()
    leaving.cancel()
    await asyncio.wait([leaving])

    assert leaving.cancelled()
    with pytest.raises(SubmitInterruptedError):
        await send
    await until(lambda: gateway.peer.is_closed)
    assert LinkState.CLOSED is client.health().state
    assert before == timers()


async def test_cancelling_the_unbind_closes_at_once(gateway: Gateway) -> None:
    """The same a step later."""
    gateway.on_unbind = nothing
    before = timers()
    client = SmscClient(gateway.url())
    await client.__aenter__()
    leaving = asyncio.create_task(client.__aexit__(None, None, None))
    await gateway.peer.got(Unbind)
    leaving.cancel()
    await asyncio.wait([leaving])
    await until(lambda: gateway.peer.is_closed)

    assert before == timers()


async def test_cancelling_during_the_bind_leaves_nothing(gateway: Gateway) -> None:
    """The connection is closed, the client may be entered again."""
    gateway.on_bind = nothing
    before = timers()
    client = SmscClient(gateway.url())
    entering = asyncio.create_task(client.__aenter__())
    await gateway.bound()
    entering.cancel()
    await asyncio.wait([entering])
    await until(lambda: gateway.peer.is_closed)

    assert entering.cancelled()
    assert before == timers()
    gateway.on_bind = type(gateway.peer).answer
    async with client:
        await client.send(sms())


async def test_cancelling_during_the_connect_leaves_nothing(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers at all; the attempt ends with whoever asked for it."""
    loop = asyncio.get_running_loop()
    stuck = asyncio.Event()

    async def create_connection(*_: object, **__: object) -> None:
        """Stand in for the network."""
        stuck.set()
        await loop.create_future()

    monkeypatch.setattr(loop, "create_connection", create_connection)
    before = timers()
    client = SmscClient(gateway.url())
    entering = asyncio.create_task(client.__aenter__())
    await stuck.wait()
    entering.cancel()
    await asyncio.wait([entering])

    assert entering.cancelled()
    assert before == timers()
    assert 1 == len(asyncio.all_tasks())


async def test_client_is_used_only_inside(gateway: Gateway) -> None:
    """Before, after, and twice: each is told what to do instead."""
    client = SmscClient(gateway.url())
    with pytest.raises(ClientClosedError, match="async with"):
        await client.send(sms())
    with pytest.raises(ClientClosedError):
        await anext(client.receipts())
    with pytest.raises(ClientClosedError):
        await anext(client.incoming())
    with pytest.raises(ClientClosedError):
        await anext(client.send_many([sms()]))
    await client.__aexit__(None, None, None)
    async with client:
        with pytest.raises(ClientClosedError, match="in use already"):
            await client.__aenter__()
        await client.send(sms(1))
    with pytest.raises(ClientClosedError):
        await client.send(sms(2))
    async with client:
        await client.send(sms(3))

        assert 1 == client.stats().accepted
    assert 2 == len(gateway.peers)
    assert "smpp://shop:***@127.0.0.1" in repr(client)
    assert "closed" in repr(client)


async def test_client_belongs_to_one_loop(gateway: Gateway) -> None:
    """A thread with a loop of its own would corrupt the stream."""
    async with SmscClient(gateway.url()) as smsc:

        def elsewhere() -> None:
            """Use it in a loop of another thread."""
            with pytest.raises(ClientClosedError, match="another event loop"):
                asyncio.run(smsc.send(sms()))

        await asyncio.to_thread(elsewhere)


def test_one_client_in_two_loops_one_after_the_other() -> None:
    """A synchronous program that calls asyncio.run more than once."""
    seen: list[str] = []

    async def once(client: SmscClient) -> None:
        """Send one message."""
        async with client:
            sent = await client.send(sms(len(seen)))
            receipt = await sent.receipt(timeout=1)
            seen.append(receipt.message_id)

    client = SmscClient("sim://")
    asyncio.run(once(client))
    asyncio.run(once(client))

    assert 2 == len(seen)


async def test_receiver_cannot_send(gateway: Gateway) -> None:
    """The way out is in the sentence."""
    async with SmscClient(gateway.url("mode=receiver")) as smsc:
        with pytest.raises(LocalProtocolError, match="mode=transceiver"):
            await smsc.send(sms())


async def test_hook_that_raises_is_contained(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """A user's metrics must not end the client."""
    events: list[Any] = []

    def bad(_: object) -> None:
        """Fail."""
        raise ZeroDivisionError

    async with SmscClient(gateway.url(), hooks=[bad, events.append]) as smsc:
        await smsc.send(sms())

    assert ["LinkBound", "LinkDown"] == [type(event).__name__ for event in events]
    assert "ZeroDivisionError" in caplog.text


async def test_idle_client_has_one_timer_and_no_work(gateway: Gateway) -> None:
    """No ticks: the loop sleeps until the next enquire_link."""
    before = timers()
    async with SmscClient(gateway.url()) as smsc:
        await smsc.send(sms())
        await turns()
        loop: Any = asyncio.get_running_loop()

        # The link's own, and the patience that was set while there was no link.
        assert timers() - before <= 2
        assert not loop._ready


def test_plan_needs_no_link() -> None:
    """It is a calculation."""
    plan = SmscClient("smpp://shop:secret@127.0.0.1").plan(sms(1, LONG))

    assert 3 == plan.parts


# Receipts.


async def test_receipt_comes_to_who_keeps_the_submission(gateway: Gateway) -> None:
    """The usual way."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        before = sent.state
        gateway.peer.deliver_receipt(sent.message_id)
        receipt = await sent.receipt(timeout=1)
        (response,) = await gateway.peer.got(DeliverSmResp)

        assert [MessageState.DELIVERED] * 2 == [receipt.state, sent.state]
        assert 0 == response.command_status
        assert receipt is await sent.receipt()
        assert 0 == smsc.stats().unread_receipts
        assert MessageState.ENROUTE is before


async def test_receipt_may_overtake_its_response(gateway: Gateway) -> None:
    """Both in one segment, the receipt first: lost by others as unknown."""

    def receipt_first(peer: Peer, submit: SubmitSm) -> None:
        """Bring the receipt, then the response."""
        peer.deliver_receipt("1")
        gateway.accept(peer, submit)

    gateway.on_submit = receipt_first
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        receipt = await sent.receipt(timeout=1)

    assert MessageState.DELIVERED is receipt.state


async def test_early_receipt_waits_while_any_response_is_owed(gateway: Gateway) -> None:
    """The response that names its id may be the last one."""
    held: list[SubmitSm] = []
    gateway.on_submit = lambda _, submit: held.append(submit)
    async with SmscClient(gateway.url()) as smsc:
        sends = [asyncio.create_task(smsc.send(sms(number))) for number in range(2)]
        await until(lambda: len(held) == 2)
        gateway.peer.deliver_receipt("b")
        gateway.peer.answer(held[0], message_id="a")
        await sends[0]
        gateway.peer.answer(held[1], message_id="b")
        sent = await sends[1]

        assert "b" == (await sent.receipt(timeout=1)).message_id


async def test_receipts_of_nobody_here_go_to_all(gateway: Gateway) -> None:
    """Of an earlier run, and of a submission that nobody kept."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.peer.deliver_receipt("earlier-run")
        sent = await smsc.send(sms())
        message_id = sent.message_id
        del sent
        gc.collect()
        gateway.peer.deliver_receipt(message_id)
        async with aclosing(smsc.receipts()) as receipts:
            got = [(await anext(receipts)).message_id for _ in range(2)]

    assert ["earlier-run", "1"] == got


async def test_reader_of_all_gets_kept_ones_too(gateway: Gateway) -> None:
    """Whoever reads all receipts misses none."""
    async with SmscClient(gateway.url()) as smsc:
        async with aclosing(smsc.receipts()) as receipts:
            reading = asyncio.ensure_future(anext(receipts))
            await turns()
            sent = await smsc.send(sms())
            gateway.peer.deliver_receipt("1")

            assert "1" == (await asyncio.wait_for(reading, 1)).message_id
        assert "1" == (await sent.receipt()).message_id


async def test_waiting_for_a_receipt_ends_in_time(gateway: Gateway) -> None:
    """The message is fine; asking again is allowed."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        with pytest.raises(ReceiptTimeoutError, match="no final receipt for message_id '1'"):
            await sent.receipt(timeout=0.01)
        gateway.peer.deliver_receipt("1")

        assert "1" == (await sent.receipt(timeout=1)).message_id


async def test_waiting_for_a_receipt_ends_with_the_client(gateway: Gateway) -> None:
    """None can come any more, so nobody waits for ever."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        waiting = asyncio.create_task(sent.receipt())
        await turns()

    with pytest.raises(ClientClosedError, match="before the receipt came"):
        await waiting


async def test_full_queue_makes_the_gateway_wait_and_nothing_else(gateway: Gateway) -> None:
    """enquire_link and sends go on; what is read is answered, in order."""
    async with SmscClient(gateway.url("receipts=2")) as smsc:
        peer = gateway.peer
        for number in range(4):
            peer.deliver_receipt(str(number))
        await peer.got(DeliverSmResp, 2)
        peer.write(EnquireLink(sequence_number=99))
        await peer.got(EnquireLinkResp)
        await smsc.send(sms())

        assert 2 == len(peer.all(DeliverSmResp))
        assert 2 == smsc.stats().unread_receipts

        async with aclosing(smsc.receipts()) as receipts:
            got = [(await anext(receipts)).message_id for _ in range(4)]
        responses = await peer.got(DeliverSmResp, 4)

    assert ["0", "1", "2", "3"] == got
    assert [1, 2, 3, 4] == [response.sequence_number for response in responses]


async def test_readers_end_with_the_client(gateway: Gateway) -> None:
    """What is there is still read, then the loop ends."""
    client = SmscClient(gateway.url())
    await client.__aenter__()
    gateway.peer.deliver_receipt("7")
    await until(lambda: client.stats().receipts == 1)
    receipts, incoming = client.receipts(), client.incoming()
    first = await anext(receipts)
    reading = asyncio.ensure_future(anext(incoming, None))
    await turns()
    await client.__aexit__(None, None, None)

    assert "7" == first.message_id
    assert await reading is None
    assert [] == [receipt async for receipt in receipts]


# Many.


async def read(iterator: AsyncIterator[Any], into: list[Any]) -> None:
    """Read them all, seen from outside meanwhile."""
    async for outcome in iterator:
        into.append(outcome)  # noqa: PERF401 - what came before an error counts


async def outcomes_of(
    iterator: AsyncIterator[Submission[Any] | FailedSubmission],
) -> list[Submission[Any] | FailedSubmission]:
    """Read them all."""
    return [outcome async for outcome in iterator]


async def endless() -> AsyncGenerator[Sms]:
    """Messages without end, from somewhere that takes its time."""
    number = 0
    while True:
        await asyncio.sleep(0)
        number += 1
        yield sms(number)


async def few(number: int) -> AsyncGenerator[Sms]:
    """Give a few messages."""
    for each in range(number):
        await asyncio.sleep(0)
        yield sms(each)


@pytest.mark.parametrize("number", [0, 1, 25])
async def test_send_many_tells_each_outcome_once(gateway: Gateway, number: int) -> None:
    """Sync and async iterables, the empty one too."""
    async with SmscClient(gateway.url("window=3")) as smsc:
        sync = await outcomes_of(smsc.send_many(sms(n) for n in range(number)))
        slow = await outcomes_of(smsc.send_many(few(number)))

    assert [str(n + 1) for n in range(number)] == [o.message_id for o in sync]  # type: ignore[union-attr]
    assert number == len(slow)


async def test_async_source_is_pulled_while_answers_are_owed(gateway: Gateway) -> None:
    """The end of the source comes while messages are in flight: nothing spins, nothing hangs."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url()) as smsc:
        reading = asyncio.create_task(outcomes_of(smsc.send_many(few(2))))
        await gateway.submitted(2)
        await turns()
        for submit in gateway.submits:
            gateway.accept(gateway.peer, submit)

        assert 2 == len(await reading)


async def test_send_many_pulls_no_further_than_the_window(gateway: Gateway) -> None:
    """An endless source: memory stays flat."""
    gateway.on_submit = nothing
    pulled = 0

    def source() -> Iterator[Sms]:
        """Give messages."""
        nonlocal pulled
        while True:
            pulled += 1
            yield sms(pulled)

    async with SmscClient(gateway.url("window=4")) as smsc:
        reading = asyncio.ensure_future(anext(smsc.send_many(source())))
        await gateway.submitted(4)
        await turns()

        assert 4 == pulled
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, gateway.submits[0])
        await reading
        for submit in gateway.submits[1:4]:
            gateway.accept(gateway.peer, submit)


async def test_leaving_the_loop_early_stops_pulling(gateway: Gateway) -> None:
    """The source's pending pull is ended; what was written may still be delivered."""
    ended = asyncio.Event()

    async def source() -> AsyncGenerator[Sms]:
        """Give messages."""
        try:
            yield sms(1)
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with SmscClient(gateway.url()) as smsc:
        async with aclosing(smsc.send_many(source())) as outcomes:
            async for outcome in outcomes:
                assert isinstance(outcome, Submission)
                break
        await ended.wait()

    assert 1 == len(gateway.submits)


async def test_message_still_waiting_when_the_loop_is_left_is_not_sent(gateway: Gateway) -> None:
    """There is no link: the one that waits for it goes nowhere once nobody asks for it."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.on_bind = nothing
        gateway.peer.drop()
        await until(lambda: not smsc.health().is_ready)
        reading = asyncio.create_task(outcomes_of(smsc.send_many([sms(1), sms(2)])))
        await until(lambda: smsc.stats().waiting == 1)
        reading.cancel()
        await asyncio.wait([reading])

        assert 0 == smsc.stats().waiting


@pytest.mark.parametrize("is_async", [False, True])
async def test_source_that_fails_loses_no_outcome(gateway: Gateway, *, is_async: bool) -> None:
    """What was accepted is paid, so it is told before the source's own error."""

    def source() -> Iterator[Sms]:
        """Give messages."""
        yield sms(1)
        yield sms(2)
        raise KeyError("mine")

    async def slow() -> AsyncGenerator[Sms]:
        """Take its time."""
        for message in source():
            yield message

    seen: list[Any] = []
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(KeyError, match="mine"):
            await read(smsc.send_many(slow() if is_async else source()), seen)

    assert ["1", "2"] == [outcome.message_id for outcome in seen]


async def test_message_that_cannot_travel_is_an_outcome(gateway: Gateway) -> None:
    """One bad message of many ends nothing."""
    bad = sms(2, "слово " * 3000)
    async with SmscClient(gateway.url()) as smsc:
        outcomes = await outcomes_of(smsc.send_many([sms(1), bad, sms(3)]))

    failed = [outcome for outcome in outcomes if isinstance(outcome, FailedSubmission)]
    assert [bad] == [outcome.message for outcome in failed]
    assert isinstance(failed[0].error, InvalidMessageError)
    assert 3 == len(outcomes)


async def test_endless_bad_messages_let_others_have_their_turn(gateway: Gateway) -> None:
    """Each fails at once: they neither pile up nor starve the loop."""
    bad = sms(2, "слово " * 3000)

    def source() -> Iterator[Sms]:
        """Give messages."""
        while True:
            yield bad

    async with SmscClient(gateway.url()) as smsc:
        seen: list[Any] = []
        reading = asyncio.create_task(read(smsc.send_many(source()), seen))
        await turns()
        reading.cancel()
        await asyncio.wait([reading])

    assert {FailedSubmission} == {type(outcome) for outcome in seen}
    assert len(seen) <= 20


async def test_refusals_and_losses_are_outcomes(gateway: Gateway) -> None:
    """The link is lost in the middle: those written are UNKNOWN, the others go out later."""

    def drop_third(peer: Peer, submit: SubmitSm) -> None:
        """Hang up on the third, refuse the second."""
        if len(gateway.submits) == 3:
            peer.drop()
        elif submit.destination_addr.endswith("1"):
            peer.answer(submit, 0x0B)
        else:
            gateway.accept(peer, submit)

    gateway.on_submit = drop_third
    async with SmscClient(gateway.url("window=1")) as smsc:
        outcomes = await outcomes_of(smsc.send_many([sms(n) for n in range(5)]))

    told = [
        outcome.error.outcome if isinstance(outcome, FailedSubmission) else None  # type: ignore[union-attr]
        for outcome in outcomes
    ]
    assert [None, Outcome.REFUSED, Outcome.UNKNOWN, None, None] == told


async def test_client_left_in_the_middle_of_many(gateway: Gateway) -> None:
    """Those in flight are told, then it says that it was left."""
    gateway.on_submit = nothing
    client = SmscClient(gateway.url("window=2"))
    await client.__aenter__()
    seen: list[Any] = []

    reading = asyncio.create_task(read(client.send_many(endless()), seen))
    await gateway.submitted(2)
    leaving = asyncio.create_task(client.__aexit__(None, None, None))
    await turns()
    for submit in gateway.submits:
        gateway.accept(gateway.peer, submit)
    await leaving

    with pytest.raises(ClientClosedError, match="before send_many had sent all"):
        await reading
    assert ["1", "2"] == [outcome.message_id for outcome in seen]


async def test_many_with_wrong_credentials_fail_one_by_one(gateway: Gateway) -> None:
    """Each is told, none hangs."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.on_bind = refusing(0x0E)
        gateway.peer.drop()
        await until(lambda: smsc.health().state is LinkState.FAILED)
        outcomes = await outcomes_of(smsc.send_many(sms(n) for n in range(3)))

    assert 3 == len(outcomes)
    assert all(isinstance(outcome, FailedSubmission) for outcome in outcomes)


async def test_garbage_from_the_gateway_ends_the_link_and_is_told(gateway: Gateway) -> None:
    """Three clients acted on a length of 0; here the link ends, typed, and is built again."""

    def garbage(peer: Peer, _: SubmitSm) -> None:
        """Answer with a length of 0."""
        peer.raw(bytes(16))

    gateway.on_submit = garbage
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(SubmitInterruptedError, match="broke the protocol") as caught:
            await smsc.send(sms())
        gateway.on_submit = gateway.accept
        await smsc.send(sms(1))

    assert Outcome.UNKNOWN is caught.value.outcome


# Incoming messages, requests, the simulator.


async def test_parts_that_never_come_are_handed_out_in_time(gateway: Gateway) -> None:
    """The timer is the client's own; an early receipt behind it has a shorter one."""
    gateway.on_submit = nothing
    url = gateway.url("reassembly_timeout=0.05&early_receipt_timeout=0.01")
    async with SmscClient(url) as smsc:
        send = asyncio.create_task(smsc.send(sms()))
        await gateway.submitted()
        gateway.peer.deliver(
            source_addr="79991234567",
            esm_class=0x40,
            short_message=bytes([5, 0, 3, 42, 2, 1]) + b"half",
        )
        gateway.peer.deliver_receipt("of another")
        receipts, incoming = smsc.receipts(), smsc.incoming()
        first, second = (
            asyncio.ensure_future(anext(receipts)),
            asyncio.ensure_future(anext(incoming)),
        )
        done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)

        assert {first} == done
        assert "of another" == (await first).message_id
        message = await second
        gateway.accept(gateway.peer, gateway.submits[0])
        await send

    assert ("half", False) == (message.text, message.is_complete)


async def test_query_and_other_requests(gateway: Gateway) -> None:
    """QUERY_SM by id and by submission; a refusal and a silence have their own errors."""
    asked: list[QuerySm] = []

    def on_other(peer: Peer, pdu: Pdu) -> None:
        """Answer queries by what they ask for."""
        if isinstance(pdu, QuerySm):
            asked.append(pdu)
            status = 0x67 if pdu.message_id == "none" else 0
            if pdu.message_id != "silent":
                peer.answer(pdu, status, message_id=pdu.message_id, message_state=2)

    gateway.on_other = on_other
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="hello", sender="Shop"))
        by_submission = await smsc.query(sent)
        by_id = await smsc.query("42")
        with pytest.raises(RequestRefusedError, match="query_sm refused: ESME_RQUERYFAIL"):
            await smsc.query("none")
        with pytest.raises(RequestTimeoutError, match="query_sm got no response"):
            await smsc.query("silent", timeout=0.01)
        with pytest.raises(LocalProtocolError, match="send"):
            await smsc.request(SubmitSm(destination_addr="79991234567"))

    assert MessageState.DELIVERED is by_submission.state is by_id.state
    assert ["Shop", ""] == [query.source_addr for query in asked[:2]]


async def test_simulator_is_started_by_its_url() -> None:
    """A developer without an account: nothing else is needed."""
    async with SmscClient("sim://") as smsc:
        sent = await smsc.send(sms())
        receipt = await sent.receipt(timeout=1)

    assert MessageState.DELIVERED is receipt.state


async def test_client_takes_a_config(gateway: Gateway) -> None:
    """For those who don't build URLs."""
    async with SmscClient(gateway.config(), clock=asyncio.get_running_loop().time) as smsc:
        await smsc.send(sms())

        assert smsc.health().bound_since is not None


async def test_unexpected_response_is_harmless(gateway: Gateway) -> None:
    """Twice answered, or for a number nobody used."""
    async with SmscClient(gateway.url()) as smsc:
        await smsc.send(sms())
        gateway.peer.answer(gateway.submits[0], message_id="1")
        await smsc.send(sms(2))

        assert 0 == smsc.stats().in_flight


async def test_enquire_link_is_answered_while_the_user_is_slow(gateway: Gateway) -> None:
    """A reader that takes its time over a receipt holds up nobody."""
    async with SmscClient(gateway.url("receipts=1")) as smsc:
        go_on = asyncio.Event()

        async def slow() -> list[str]:
            """Take its time."""
            seen: list[str] = []
            async for receipt in smsc.receipts():
                seen.append(receipt.message_id)
                await go_on.wait()
                if len(seen) == 3:
                    break
            return seen

        reading = asyncio.create_task(slow())
        for number in range(3):
            gateway.peer.deliver_receipt(str(number))
        gateway.peer.write(EnquireLink(sequence_number=99))
        await gateway.peer.got(EnquireLinkResp)

        assert not reading.done()
        go_on.set()
        assert ["0", "1", "2"] == await reading


async def test_nothing_is_written_into_half_a_connection(gateway: Gateway) -> None:
    """The end of file was read: a message sent in that very turn waits for the next link."""
    async with SmscClient(gateway.url()) as smsc:
        (link,) = smsc._runtime.dispatcher.links  # type: ignore[union-attr]
        gateway.peer.transport.write_eof()
        await until(lambda: link.session.is_over)
        sent = await smsc.send(sms())

    assert "1" == sent.message_id


async def test_status_over_http_reaches_its_submission(gateway: Gateway) -> None:
    """The account's HTTP handler and SMPP are two ways to one receipt."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        await smsc.take(Receipt(message_id=sent.message_id, state=MessageState.DELIVERED))
        receipt = await sent.receipt(timeout=1)

    assert MessageState.DELIVERED is receipt.state


async def test_hlr_status_over_http_is_an_hlr_receipt(gateway: Gateway) -> None:
    """Whatever the handler's form tells of it, the query is known."""
    async with SmscClient(gateway.url()) as smsc:
        asked = await smsc.send(HlrQuery(to="79991234567"))
        status = Receipt(message_id=asked.message_id, state=MessageState.DELIVERED, raw="mnc:02")
        await smsc.take(status)
        receipt = await asked.receipt(timeout=1)

    assert "02" == receipt.mnc


async def test_closed_client_takes_no_status() -> None:
    """The gateway shall tell it again."""
    with pytest.raises(ClientClosedError):
        await SmscClient("sim://").take(Receipt(message_id="1"))

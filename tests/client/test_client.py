"""The client against an SMSC that behaves, and against one that doesn't."""

from __future__ import annotations

import asyncio
import gc
import random
import traceback
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway, nothing, receipt_fields, refusing, response_to, turns, until

from pdu import (
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    Pdu,
    QuerySm,
    SubmitSm,
    Unbind,
    UnbindResp,
    encode,
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
    Message,
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
from smsc_async.instrumentation import SendAbandoned

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
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


def timers() -> int:
    """Count the timers of the loop that would still ring."""
    loop: Any = asyncio.get_running_loop()
    return sum(not handle.cancelled() for handle in loop._scheduled)


# The window.


async def test_never_more_in_flight_than_the_window(gateway: Gateway) -> None:
    """100 sends at once, window=5; responses come only after all that can be written was."""
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


async def test_slow_gateway_never_has_more_than_the_window(gateway: Gateway) -> None:
    """Each response takes 50 ms, as long as a real gateway's."""
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
    """Cancelling before the first octet is safe: the message is forgotten."""
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
    """No slot, task or timer is left, whenever the callers were cancelled."""
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
    """A NUL would shift every field behind it, and no address is ever truncated."""
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
        ("smpp://shop:s3cret@host:99999", "1 to 65535, got 5 characters"),
        ("smpp://shop:s3cret@host?windw=5", "unknown parameter, did you mean 'window'"),
        ("smpp://shop:s3cret@host?window=0", "1 to 100000, got 0"),
        ("smpp://shop:s3cret-too-long@host", "takes 8 characters, got 15; .*long_password=1"),
    ],
)
def test_wrong_url_says_what_is_wrong_and_no_password(url: str, said: str) -> None:
    """The error comes before any I/O, and the password shows nowhere."""
    with pytest.raises(ConfigError, match=said) as caught:
        SmscClient(url)

    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


async def test_wrong_password_is_raised_at_once_and_not_retried(gateway: Gateway) -> None:
    """Other clients reported a timeout after 10 s, or retried until they were blocked."""
    gateway.on_bind = refusing(0x0E)
    with pytest.raises(BindRefusedError) as caught:
        async with SmscClient(gateway.url()):
            raise AssertionError("entered")
    await turns(50)

    line = "bind_transceiver refused: ESME_RINVPASWD (0x0000000E) for system_id 'shop'"
    assert str(caught.value).startswith(f"{line} at 127.0.0.1:")
    assert "; check login and password" in str(caught.value)
    assert caught.value.is_fatal
    assert 1 == len(gateway.peers)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


async def test_closed_port_is_an_error_with_the_remedy() -> None:
    """A refused connection isn't reported as a timeout of the bind."""
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


async def test_bind_without_a_response_has_an_error_of_its_own(gateway: Gateway) -> None:
    """The error names the request, the seconds, and what to check."""
    gateway.on_bind = nothing
    with pytest.raises(LinkLostError, match=r"bind_transceiver got no response in 0\.1 s; check"):
        await SmscClient(gateway.url("bind_timeout=0.05")).__aenter__()


async def test_bind_answered_by_hanging_up_has_an_error_of_its_own(gateway: Gateway) -> None:
    """A TLS port does that."""
    gateway.on_bind = lambda peer, _: peer.drop()
    with pytest.raises(LinkLostError, match=r"bind_transceiver got no response.*smpps://"):
        await SmscClient(gateway.url()).__aenter__()


async def test_bind_accepted_and_dropped_in_one_read_fails(gateway: Gateway) -> None:
    """The end comes in the read of the positive response; the link never counts as bound."""

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
    """REFUSED is free of charge, and the status says why."""
    gateway.on_submit = refusing(0x0B)
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(SubmitRefusedError) as caught:
            await smsc.send(sms())
        failed = smsc.stats().failed

    assert 0x0B == caught.value.command_status
    assert Outcome.REFUSED is caught.value.outcome
    assert 1 == failed


async def test_throttled_message_fails_with_retry_after(gateway: Gateway) -> None:
    """REFUSED as well, so free of charge."""
    gateway.on_submit = refusing(0x58)
    async with SmscClient(gateway.url("throttled_timeout=0.1")) as smsc:
        with pytest.raises(ThrottledError) as caught:
            await smsc.send(sms())

    assert caught.value.retry_after > 0


async def test_no_response_is_unknown(gateway: Gateway) -> None:
    """The message may have been sent, and the late response registers its id for the receipt."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ResponseTimeoutError, match=r"7999\*\*\*00 got no response") as caught:
            await smsc.send(sms(), timeout=0.02)

        assert Outcome.UNKNOWN is caught.value.outcome
        assert 0 == smsc.stats().in_flight

        gateway.peer.answer(gateway.submits[0], message_id="late")
        gateway.peer.deliver_receipt("late")
        async with aclosing(smsc.receipts()) as receipts:
            receipt = await anext(receipts)

    assert "late" == receipt.message_id
    assert (0, 1) == (smsc.stats().accepted, smsc.stats().failed), "its outcome is counted once"


@pytest.mark.parametrize("end", ["within", "link_timeout", "left", "exhausted"])
async def test_throttled_message_ends_refused_in_every_way(gateway: Gateway, end: str) -> None:
    """The gateway answered it: NOT_SENT would say that it never got it."""
    gateway.on_submit = refusing(0x58)
    query = "link_timeout=1" + "&throttled_timeout=0.5" * (end == "exhausted")
    async with SmscClient(gateway.url(query)) as smsc:
        within = 0.35 if end == "within" else None
        send = asyncio.create_task(smsc.send(sms(), within=within))
        await until(lambda: 2 == smsc.stats().throttled)
        if end == "link_timeout":
            gateway.on_bind = nothing
            gateway.peer.drop()
        elif end == "left":
            await smsc.aclose(0)
        with pytest.raises(ThrottledError) as caught:
            await send

    assert Outcome.REFUSED is caught.value.outcome
    assert 0x58 == caught.value.command_status


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
async def test_timeout_that_is_no_duration_affects_no_other_message(
    gateway: Gateway, seconds: float
) -> None:
    """Found only at the write it would end the link for all messages."""
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ConfigError, match="takes more than 0 seconds"):
            await smsc.send(sms(), timeout=seconds)
        await smsc.send(sms())


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "5", True, 10**400], ids=range(6))
async def test_request_refuses_what_is_no_duration(gateway: Gateway, seconds: Any) -> None:  # noqa: ANN401 - anything
    """As `send` does."""
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ConfigError, match="timeout"):
            await smsc.query("1", timeout=seconds)


@pytest.mark.parametrize("seconds", [-1, float("nan"), "5", True, 10**400, 1e300], ids=range(6))
async def test_leaving_refuses_what_is_no_duration(gateway: Gateway, seconds: Any) -> None:  # noqa: ANN401 - anything
    """The client stays open, and goes on."""
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ConfigError, match="timeout"):
            await smsc.aclose(seconds)
        await smsc.send(sms())


# Links that come and go.


async def test_dropped_after_the_write_is_unknown_at_once(gateway: Gateway) -> None:
    """It may have been delivered; the caller doesn't wait 30 s for the response timeout."""
    gateway.on_submit = lambda peer, _: peer.drop()
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(SubmitInterruptedError, match="the connection was lost") as caught:
            await smsc.send(sms())

    assert Outcome.UNKNOWN is caught.value.outcome


async def test_message_dropped_before_the_write_is_sent_on_the_next_link(gateway: Gateway) -> None:
    """No octet of it left, so the user needn't send it again."""
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


async def test_message_without_a_link_in_time_was_not_sent(gateway: Gateway) -> None:
    """The error says how long, why there is no link, and that sending again is safe."""
    async with SmscClient(gateway.url("link_timeout=0.03&reconnect_jitter=0")) as smsc:
        gateway.on_bind = lambda peer, _: peer.drop()
        gateway.peer.drop()
        await until(lambda: smsc.health().bound == 0)
        with pytest.raises(SubmitInterruptedError, match=r"no link for 0\.0 s; .*") as caught:
            await smsc.send(sms())

    assert Outcome.NOT_SENT is caught.value.outcome


async def test_gateways_unbind_is_answered_and_the_link_built_again(gateway: Gateway) -> None:
    """Some clients ignored it and kept an unresponsive link for days."""
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


async def test_bind_that_is_accepted_and_dropped_makes_no_busy_loop(gateway: Gateway) -> None:
    """Other clients reconnected every 0.8 s for ever: here each delay is longer than the last."""

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
    """The gateway has a second host, and one URL names both."""
    async with Gateway() as closed:
        pass
    url = gateway.url().replace("@", f"@127.0.0.1:{closed.port},")
    async with SmscClient(url) as smsc:
        sent = await smsc.send(sms())

    assert "1" == sent.message_id


async def test_every_host_that_failed_is_named() -> None:
    """Two closed ports: one error names both."""
    async with Gateway() as one, Gateway() as two:
        url = one.url().replace("@", f"@127.0.0.1:{two.port},")
    with pytest.raises(ConnectFailedError) as caught:
        await SmscClient(url).__aenter__()

    assert (f"127.0.0.1:{two.port}", f"127.0.0.1:{one.port}") == caught.value.hosts


async def test_opening_eventually_returns_at_once_and_binds_later(gateway: Gateway) -> None:
    """A service may start before its gateway; messages sent meanwhile wait."""
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
    """After a changed password waiting messages fail, and then new ones do at once."""
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
    assert 1 + 3 == len(gateway.peers)


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
    """No other message is written between them, and ids are those of the parts in order."""
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
    """A phone joins parts by recipient and reference: one reference would mix the texts up."""
    async with SmscClient(gateway.url()) as smsc:
        for text in (LONG, LONG[::-1]):
            await smsc.send(sms(1, text))

    references = [submit.short_message[3] for submit in gateway.submits]
    assert [references[0]] * 3 + [(references[0] + 1) % 256] * 3 == references


async def test_refused_second_part_lists_the_accepted_ones(gateway: Gateway) -> None:
    """The accepted parts are charged."""

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


async def test_parts_follow_after_the_caller_was_cancelled(gateway: Gateway) -> None:
    """An incomplete message is charged and useless."""
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
    """Without unbind a quick reconnect is refused with ESME_RALYBND."""
    async with SmscClient(gateway.url()):
        pass

    assert isinstance(gateway.peer.received[-1], Unbind)
    assert gateway.peer.is_closed


async def test_leaving_a_peer_that_just_closes_is_clean(gateway: Gateway) -> None:
    """An end of file after our unbind counts as its response."""
    gateway.on_unbind = lambda peer, _: peer.drop()
    async with SmscClient(gateway.url()):
        pass

    assert isinstance(gateway.peer.received[-1], Unbind)


async def test_leaving_a_peer_that_does_not_answer_ends_in_time(gateway: Gateway) -> None:
    """The unbind timeout limits the wait."""
    gateway.on_unbind = nothing
    async with SmscClient(gateway.url("unbind_timeout=0.01")):
        pass

    assert isinstance(gateway.peer.received[-1], Unbind)


async def test_leaving_waits_for_what_is_in_flight(gateway: Gateway) -> None:
    """Messages in flight and waiting get their responses first, then unbind is sent."""
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
    """There is no link, and the caller of the message has gone."""
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
    """No message can be sent any more, so there is nothing to drain."""
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
    """It is raised unchanged; messages in flight end UNKNOWN, waiting ones NOT_SENT."""
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


async def test_message_cut_off_after_its_first_part_is_unknown(gateway: Gateway) -> None:
    """Its first part was written: after NOT_SENT the user would send it again."""
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
    """The response isn't awaited any more, and no timer is left behind."""
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
    """While the response to unbind is awaited."""
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
    """The host doesn't respond at all; the attempt ends with its caller."""
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
    """Before, after, and twice: each error names the remedy."""
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
    """A synchronous program may call asyncio.run more than once."""
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
    """The error names the remedy."""
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
    """It looks at the clock once in the shortest timeout of the session, and does nothing else."""
    before = timers()
    async with SmscClient(gateway.url()) as smsc:
        await smsc.send(sms())
        await turns()
        loop: Any = asyncio.get_running_loop()

        # The link's own, and the patience that was set while there was no link.
        assert timers() - before <= 2
        assert not loop._ready


def test_plan_needs_no_link() -> None:
    """A plan is a calculation."""
    plan = SmscClient("smpp://shop:secret@127.0.0.1").plan(sms(1, LONG))

    assert 3 == plan.parts


# Receipts.


async def test_receipt_is_matched_to_its_submission(gateway: Gateway) -> None:
    """The usual case."""
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
    """Both in one segment, the receipt first: other clients lost it as unknown."""

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


async def test_receipts_of_no_message_here_go_to_readers_of_all(gateway: Gateway) -> None:
    """Of an earlier run, and of a submission that was not kept."""
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


async def test_reader_of_all_gets_matched_receipts_too(gateway: Gateway) -> None:
    """A reader of all receipts misses none."""
    async with SmscClient(gateway.url()) as smsc:
        async with aclosing(smsc.receipts()) as receipts:
            reading = asyncio.ensure_future(anext(receipts))
            await turns()
            sent = await smsc.send(sms())
            gateway.peer.deliver_receipt("1")

            assert "1" == (await reading).message_id
        assert "1" == (await sent.receipt()).message_id


async def test_waiting_for_a_receipt_ends_in_time(gateway: Gateway) -> None:
    """The message is fine; a second wait is allowed."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        with pytest.raises(ReceiptTimeoutError, match="no final receipt for message_id '1'"):
            await sent.receipt(timeout=0.01)
        gateway.peer.deliver_receipt("1")

        assert "1" == (await sent.receipt(timeout=1)).message_id


async def test_waiting_for_a_receipt_ends_with_the_client(gateway: Gateway) -> None:
    """None can come any more, so no task waits for ever."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        waiting = asyncio.create_task(sent.receipt())
        await turns()

    with pytest.raises(ClientClosedError, match="before the receipt came"):
        await waiting


async def test_full_queue_makes_the_gateway_wait_and_nothing_else(gateway: Gateway) -> None:
    """enquire_link and sends go on; each item that is read is acknowledged, in order."""
    async with SmscClient(gateway.url("receipts=2")) as smsc:
        peer = gateway.peer
        receipts = smsc.receipts()
        peer.deliver_receipt("first")
        assert "first" == (await anext(receipts)).message_id
        for number in range(4):
            peer.deliver_receipt(str(number))
        await peer.got(DeliverSmResp, 3)
        peer.write(EnquireLink(sequence_number=99))
        await peer.got(EnquireLinkResp)
        await smsc.send(sms())

        assert 3 == len(peer.all(DeliverSmResp))
        assert 2 == smsc.stats().unread_receipts

        async with aclosing(receipts):
            got = [(await anext(receipts)).message_id for _ in range(4)]
        responses = await peer.got(DeliverSmResp, 5)

    assert ["0", "1", "2", "3"] == got
    assert [1, 2, 3, 4, 5] == [response.sequence_number for response in responses]


async def test_readers_end_with_the_client(gateway: Gateway) -> None:
    """Stored items are still read, then the loop ends."""
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
    """Messages without end, from a slow source."""
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
async def test_send_many_yields_each_outcome_once(gateway: Gateway, number: int) -> None:
    """Sync and async iterables, the empty one too."""
    async with SmscClient(gateway.url("window=3")) as smsc:
        sync = await outcomes_of(smsc.send_many(sms(n) for n in range(number)))
        slow = await outcomes_of(smsc.send_many(few(number)))

    assert [str(n + 1) for n in range(number)] == [o.message_id for o in sync]  # type: ignore[union-attr]
    assert number == len(slow)


async def test_async_iterable_is_pulled_while_responses_are_outstanding(gateway: Gateway) -> None:
    """The iterable ends while messages are in flight: no busy loop, no hang."""
    gateway.on_submit = nothing
    async with SmscClient(gateway.url()) as smsc:
        reading = asyncio.create_task(outcomes_of(smsc.send_many(few(2))))
        await gateway.submitted(2)
        await turns()
        for submit in gateway.submits:
            gateway.accept(gateway.peer, submit)

        assert 2 == len(await reading)


async def test_send_many_pulls_no_further_than_the_window(gateway: Gateway) -> None:
    """With an endless iterable memory stays flat."""
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
    """The pending pull is cancelled; messages already written may still be delivered."""
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


async def test_outcomes_after_the_loop_was_left_are_abandoned(gateway: Gateway) -> None:
    """Each is counted and reported once: those known but unread, and those that come later."""
    events: list[Any] = []
    accepted = {sms(n).to for n in (1, 2)}

    def accept_some(peer: Peer, submit: SubmitSm) -> None:
        """Accept two messages at once, the others later."""
        if submit.destination_addr in accepted:
            gateway.accept(peer, submit)

    gateway.on_submit = accept_some
    limits = GatewayLimits.off()
    async with SmscClient(gateway.url(), limits=limits, hooks=[events.append]) as smsc:
        async with aclosing(smsc.send_many([sms(n) for n in range(1, 5)])) as outcomes:
            async for outcome in outcomes:
                assert isinstance(outcome, Submission)
                break
        for submit in gateway.submits[2:]:
            gateway.peer.answer(submit, 0x45)
        await until(lambda: smsc.stats().abandoned == 3)

    reported = [(e.message_ids, e.error) for e in events if isinstance(e, SendAbandoned)]
    assert [("2",), (), ()] == [message_ids for message_ids, _ in reported]
    assert [None, Outcome.REFUSED, Outcome.REFUSED] == [e and e.outcome for _, e in reported]


async def test_message_still_waiting_when_the_loop_is_left_is_not_sent(gateway: Gateway) -> None:
    """There is no link: the message that waits for one is withdrawn."""
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
async def test_iterable_that_raises_loses_no_outcome(gateway: Gateway, *, is_async: bool) -> None:
    """Accepted messages are charged, so they are yielded before the iterable's own error."""

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
    """One invalid message of many doesn't end the others."""
    bad = sms(2, "слово " * 3000)
    async with SmscClient(gateway.url()) as smsc:
        outcomes = await outcomes_of(smsc.send_many([sms(1), bad, sms(3)]))

    failed = [outcome for outcome in outcomes if isinstance(outcome, FailedSubmission)]
    assert [bad] == [outcome.message for outcome in failed]
    assert isinstance(failed[0].error, InvalidMessageError)
    assert 3 == len(outcomes)


async def test_endless_invalid_messages_do_not_block_the_loop(gateway: Gateway) -> None:
    """Each fails at once: they neither pile up nor block the event loop."""
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
    """The link is lost in the middle: written ones are UNKNOWN, the others are sent later."""

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

    ends = [
        outcome.error.outcome if isinstance(outcome, FailedSubmission) else None  # type: ignore[union-attr]
        for outcome in outcomes
    ]
    assert [None, Outcome.REFUSED, Outcome.UNKNOWN, None, None] == ends


async def test_leaving_the_client_ends_send_many(gateway: Gateway) -> None:
    """Messages in flight are yielded, then ClientClosedError is raised."""
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
    """Each is yielded as failed, none hangs."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.on_bind = refusing(0x0E)
        gateway.peer.drop()
        await until(lambda: smsc.health().state is LinkState.FAILED)
        outcomes = await outcomes_of(smsc.send_many(sms(n) for n in range(3)))

    assert 3 == len(outcomes)
    assert all(isinstance(outcome, FailedSubmission) for outcome in outcomes)


async def test_garbage_from_the_gateway_ends_the_link_with_its_reason(gateway: Gateway) -> None:
    """Three clients acted on a length of 0; here the link ends with its reason and is rebuilt."""

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


async def test_incomplete_incoming_message_is_read_in_time(gateway: Gateway) -> None:
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
        gateway.peer.deliver_receipt("of-another")
        receipts, incoming = smsc.receipts(), smsc.incoming()
        first, second = (
            asyncio.ensure_future(anext(receipts)),
            asyncio.ensure_future(anext(incoming)),
        )
        done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)

        assert {first} == done
        assert "of-another" == (await first).message_id
        message = await second
        gateway.accept(gateway.peer, gateway.submits[0])
        await send

    assert ("half", False) == (message.text, message.is_complete)


async def test_query_and_other_requests(gateway: Gateway) -> None:
    """QUERY_SM by id and by submission; a refusal and a timeout have their own errors."""
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
    """A developer needs no account and nothing else."""
    async with SmscClient("sim://") as smsc:
        sent = await smsc.send(sms())
        receipt = await sent.receipt(timeout=1)

    assert MessageState.DELIVERED is receipt.state


async def test_client_takes_a_config(gateway: Gateway) -> None:
    """A SmscConfig is accepted in place of a URL."""
    async with SmscClient(gateway.config(), clock=asyncio.get_running_loop().time) as smsc:
        await smsc.send(sms())

        assert smsc.health().bound_since is not None


async def test_unexpected_response_is_harmless(gateway: Gateway) -> None:
    """A second response, or one for an unused number."""
    async with SmscClient(gateway.url()) as smsc:
        await smsc.send(sms())
        gateway.peer.answer(gateway.submits[0], message_id="1")
        await smsc.send(sms(2))

        assert 0 == smsc.stats().in_flight


async def test_enquire_link_is_answered_while_the_user_is_slow(gateway: Gateway) -> None:
    """A slow reader of receipts delays no response to the gateway."""
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


async def test_nothing_is_written_after_an_end_of_file(gateway: Gateway) -> None:
    """The end of file was read: a message sent in the same iteration waits for the next link."""
    async with SmscClient(gateway.url()) as smsc:
        (link,) = smsc._runtime.dispatcher.links  # type: ignore[union-attr]
        gateway.peer.transport.write_eof()
        await until(lambda: link.session.is_over)
        sent = await smsc.send(sms())

    assert "1" == sent.message_id


async def test_receipt_over_http_is_matched_to_its_submission(gateway: Gateway) -> None:
    """The account's HTTP handler and SMPP report the same status."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(sms())
        await smsc.take(Receipt(message_id=sent.message_id, state=MessageState.DELIVERED))
        receipt = await sent.receipt(timeout=1)

    assert MessageState.DELIVERED is receipt.state


async def test_hlr_receipt_over_http_is_an_hlr_receipt(gateway: Gateway) -> None:
    """Whatever the form's fields say, the message is known to be an HLR query."""
    async with SmscClient(gateway.url()) as smsc:
        asked = await smsc.send(HlrQuery(to="79991234567"))
        status = Receipt(message_id=asked.message_id, state=MessageState.DELIVERED, raw="mnc:02")
        await smsc.take(status)
        receipt = await asked.receipt(timeout=1)

    assert "02" == receipt.mnc


async def test_closed_client_refuses_receipts_over_http() -> None:
    """The gateway has to report it again."""
    with pytest.raises(ClientClosedError):
        await SmscClient("sim://").take(Receipt(message_id="1"))


class Letter(Sms):
    """A subclass of a kind."""


NO_KINDS: list[Any] = [Letter(to="79991234567", text=SECRET), Message(to="79991234567")]
NO_KINDS += [{"to": "79991234567", "text": SECRET}, SECRET, None, Sms]


@pytest.mark.parametrize("message", NO_KINDS, ids=[type(one).__name__ for one in NO_KINDS])
async def test_what_is_no_message_is_refused_before_any_io(
    gateway: Gateway,
    message: Any,  # noqa: ANN401 - a user's mistake
) -> None:
    """One typed error that names the type and shows nothing of the object."""
    closed = SmscClient(gateway.url())
    async with SmscClient(gateway.url()) as smsc:
        for plan in (closed.plan, smsc.plan):
            with pytest.raises(InvalidMessageError, match=f"got {type(message).__name__}$"):
                plan(message)
        with pytest.raises(InvalidMessageError, match=r"^message: ") as caught:
            await smsc.send(message)

    assert SECRET not in str(caught.value)
    assert [] == gateway.submits


async def test_what_is_no_message_fails_alone_in_send_many(gateway: Gateway) -> None:
    """Like any other message that fails: the outcomes of all others are yielded."""
    messages: list[Any] = [sms(1), *NO_KINDS, sms(2)]
    async with SmscClient(gateway.url()) as smsc:
        outcomes = [outcome async for outcome in smsc.send_many(messages)]

    failed = [one for one in outcomes if isinstance(one, FailedSubmission)]
    assert [id(one) for one in NO_KINDS] == [id(one.message) for one in failed]
    assert all(isinstance(one.error, InvalidMessageError) for one in failed)
    assert [messages[0], messages[-1]] == [
        one.message for one in outcomes if isinstance(one, Submission)
    ]


async def test_callers_go_on_when_all_that_was_read_is_processed(gateway: Gateway) -> None:
    """The first one finds the outcome of the second, and a receipt that came with its response."""
    gateway.on_submit = nothing
    found: list[tuple[int, bool]] = []

    async def send(text: str) -> None:
        """Send a message, and look around once it is accepted."""
        sent = await smsc.send(Sms(to="79991234567", text=text))
        found.append((smsc.stats().accepted, sent.receipts[0] is not None))

    async with SmscClient(gateway.url()) as smsc:
        tasks = [asyncio.create_task(send(text)) for text in ("one", "two")]
        submits = await gateway.submitted(2)
        gateway.peer.raw(
            b"".join(
                [encode(response_to(submit, message_id=submit.short_message.decode()))
                 for submit in submits]
                + [encode(DeliverSm(sequence_number=number, **receipt_fields(name)))
                   for number, name in enumerate(("one", "two"), 1)]
            )
        )  # fmt: skip
        gateway.peer.in_flight = 0
        await asyncio.gather(*tasks)

    assert [(2, True), (2, True)] == found


async def test_receipt_of_a_cancelled_wait_goes_to_the_readers(gateway: Gateway) -> None:
    """The wait, its timeout of an hour included, keeps no submission that the program dropped."""
    async with SmscClient(gateway.url()) as smsc:
        sent = await smsc.send(Sms(to="79991234567", text="hello"))
        wait = asyncio.create_task(sent.receipt(timeout=3600))
        await turns()
        wait.cancel()
        await asyncio.wait([wait])
        del sent, wait
        gc.collect()
        gateway.peer.deliver_receipt("1")
        await until(lambda: smsc.stats().receipts)

        assert 1 == smsc.stats().unread_receipts

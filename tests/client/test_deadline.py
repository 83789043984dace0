"""`send(…, within=…)`: seconds for the whole send, whatever it waits for."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from idle_clock import pass_time
from scripted import Gateway, nothing, refusing, turns, until

from smsc_async import (
    ConfigError,
    GatewayLimits,
    HeldByRuleError,
    Hold,
    MemoryRuleStore,
    Outcome,
    RepeatedMessageError,
    ResponseTimeoutError,
    SendError,
    Sms,
    SmscClient,
    SubmitInterruptedError,
    ThrottledError,
)
from smsc_async.instrumentation import SendAbandoned

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LONG = "long " * 40
FREE = GatewayLimits.off()


@pytest.fixture
async def gateway() -> AsyncGenerator[Gateway]:
    """An SMSC that behaves unless a test replaces its hooks."""
    async with Gateway() as running:
        yield running


def sms(number: int = 0, text: str = "hello") -> Sms:
    """Make a message."""
    return Sms(to=f"7999{number:07d}", text=text)


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


async def error_of(smsc: SmscClient, within: float, **settings: Any) -> SendError:  # noqa: ANN401 - what `send` takes
    """Return how a send ends that doesn't succeed, which takes no longer than *within*."""
    began = now()
    with pytest.raises(SendError) as caught:
        await smsc.send(sms(1), within=within, **settings)
    assert now() - began < within + 0.1
    return caught.value


async def test_message_without_a_response_is_unknown(gateway: Gateway) -> None:
    """It was written; its response is waited for no longer than the whole send."""
    async with SmscClient(gateway.url(), limits=FREE) as smsc:
        gateway.on_submit = nothing
        error = await error_of(smsc, 0.05)

        assert isinstance(error, ResponseTimeoutError)
        assert isinstance(error, TimeoutError)
        assert (Outcome.UNKNOWN, 0.05) == (error.outcome, error.timeout)
        assert 1 == smsc.stats().in_flight
        gateway.accept(gateway.peer, gateway.submits[0])


async def test_message_without_a_slot_was_not_sent(gateway: Gateway) -> None:
    """It leaves the queue, and is never written."""
    async with SmscClient(gateway.url("window=1"), limits=FREE) as smsc:
        gateway.on_submit = nothing
        first = asyncio.create_task(smsc.send(sms(2)))
        await gateway.submitted()
        error = await error_of(smsc, 0.05)
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, gateway.submits[0])
        await first

        assert isinstance(error, SubmitInterruptedError)
        assert Outcome.NOT_SENT is error.outcome
        assert "it wasn't written within 0.1 s: its turn hadn't come" in str(error)
        assert 1 == smsc.stats().failed
    assert 1 == len(gateway.submits)


async def test_message_without_a_link_was_not_sent(gateway: Gateway) -> None:
    """And the error says why there is none."""
    async with SmscClient(gateway.url(), limits=FREE) as smsc:
        gateway.on_bind = nothing
        gateway.peer.drop()
        await until(lambda: not smsc.health().is_ready)
        error = await error_of(smsc, 0.05)

    assert Outcome.NOT_SENT is error.outcome
    assert "no link is bound; the connection was lost" in str(error)


async def test_throttled_message_ends_as_one(gateway: Gateway) -> None:
    """It was refused; one that waited behind it wasn't written at all."""
    async with SmscClient(gateway.url("window=1"), limits=FREE) as smsc:
        gateway.on_submit = refusing(0x58)
        first, second = await asyncio.gather(
            smsc.send(sms(1), within=0.35), smsc.send(sms(2), within=0.35), return_exceptions=True
        )

    assert isinstance(first, ThrottledError)
    assert Outcome.REFUSED is first.outcome
    assert isinstance(second, SubmitInterruptedError)
    assert Outcome.NOT_SENT is second.outcome
    assert "the gateway throttles" in str(second)


async def test_held_message_fails_at_once_if_it_could_not_pass_in_time(gateway: Gateway) -> None:
    """The rule's error says when it could: waiting would change nothing."""
    async with SmscClient(gateway.url()) as smsc:
        await smsc.send(sms(1))
        began = now()
        error = await error_of(smsc, 5.0, hold=Hold.wait(at_most=100))

    assert isinstance(error, RepeatedMessageError)
    assert Outcome.NOT_SENT is error.outcome
    assert now() - began < 1


async def test_silent_store_was_not_sent(gateway: Gateway) -> None:
    """A store that doesn't answer holds a send up no longer than that, and nothing is written."""

    class SilentStore(MemoryRuleStore):
        """Never answers."""

        def apply_now(self, *_: Any) -> Any:  # noqa: ANN401 - what a store takes
            """Ask to be awaited."""
            return None

        async def apply(self, _step: Any) -> Any:  # noqa: ANN401 - as above
            """Wait for ever."""
            await asyncio.get_running_loop().create_future()

    async with SmscClient(gateway.url(), store=SilentStore()) as smsc:
        error = await error_of(smsc, 0.05)

    assert isinstance(error, SubmitInterruptedError)
    assert Outcome.NOT_SENT is error.outcome
    assert "the rules hadn't admitted it" in str(error)
    assert [] == gateway.submits


async def test_message_that_passes_a_rule_in_time_is_sent(gateway: Gateway) -> None:
    """Both waits count in the same seconds."""
    limits = GatewayLimits(repeat_window=0.05, margin=0.0)
    async with SmscClient(gateway.url(), limits=limits) as smsc:
        await smsc.send(sms(1))
        sent = await smsc.send(sms(1), within=5, hold=Hold.wait(at_most=1))

    assert "2" == sent.message_id


async def test_written_message_goes_on_to_its_outcome(gateway: Gateway) -> None:
    """It is counted and reported to the hooks; all its parts follow, since one alone is useless."""
    events: list[object] = []
    async with SmscClient(gateway.url("window=1"), limits=FREE, hooks=[events.append]) as smsc:
        gateway.on_submit = nothing
        with pytest.raises(ResponseTimeoutError) as caught:
            await smsc.send(sms(1, LONG), within=0.05)
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, gateway.submits[0])
        await until(lambda: smsc.stats().abandoned)

        assert () == caught.value.message_ids
        assert [SendAbandoned(("1", "2"), None)] == events[1:]
        assert (1, 0) == smsc.stats()[:2]


async def test_refusal_of_an_abandoned_message_is_reported(gateway: Gateway) -> None:
    """The hook gets the error that the caller would have got."""
    events: list[Any] = []
    async with SmscClient(gateway.url(), hooks=[events.append]) as smsc:
        gateway.on_submit = nothing
        send = asyncio.create_task(smsc.send(sms(1)))
        (submit,) = await gateway.submitted()
        send.cancel()
        await turns()
        refusing(0x45)(gateway.peer, submit)
        await until(lambda: smsc.stats().abandoned)
        gateway.on_submit = gateway.accept
        await smsc.send(sms(1))

    assert Outcome.REFUSED is events[1].error.outcome
    assert "79990000001" not in repr(events[1])


async def test_unknown_message_may_be_sent_again_on_purpose(gateway: Gateway) -> None:
    """`retry_of` works as after a time-out of the response."""
    async with SmscClient(gateway.url()) as smsc:
        gateway.on_submit = nothing
        error = await error_of(smsc, 0.05)
        gateway.on_submit = gateway.accept
        with pytest.raises(RepeatedMessageError):
            await smsc.send(sms(1))
        assert (await smsc.send(sms(1), retry_of=error)).message_id
        gateway.accept(gateway.peer, gateway.submits[0])


async def test_message_that_was_never_written_reserves_nothing(gateway: Gateway) -> None:
    """The same message may be sent at once."""
    async with SmscClient(gateway.url("window=1")) as smsc:
        gateway.on_submit = nothing
        first = asyncio.create_task(smsc.send(sms(2)))
        await gateway.submitted()
        await error_of(smsc, 0.05)
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, gateway.submits[0])
        await first
        assert "2" == (await smsc.send(sms(1), within=5)).message_id


async def test_response_that_had_arrived_counts(gateway: Gateway) -> None:
    """User code held up the loop past the deadline."""
    async with SmscClient(gateway.url(), limits=FREE) as smsc:
        gateway.on_submit = nothing
        send = asyncio.create_task(smsc.send(sms(1), within=0.5))
        (submit,) = await gateway.submitted()
        gateway.peer.answer(submit, message_id="7")
        pass_time(3.0)

        assert "7" == (await send).message_id


async def test_cancelled_send_leaves_no_timer(gateway: Gateway) -> None:
    """Nor does one that was accepted."""
    loop: Any = asyncio.get_running_loop()
    async with SmscClient(gateway.url("window=1"), limits=FREE) as smsc:
        await smsc.send(sms(1), within=4000)
        gateway.on_submit = nothing
        sends = [asyncio.create_task(smsc.send(sms(n), within=4000)) for n in range(2)]
        await gateway.submitted(2)
        for send in sends:
            send.cancel()
        await asyncio.wait(sends)
        late = [t for t in loop._scheduled if not t.cancelled() and t.when() > now() + 1000]
        gateway.accept(gateway.peer, gateway.submits[1])

        assert [] == late
        assert 0 == smsc.stats().waiting
    assert 2 == len(gateway.submits)


NO_DURATIONS = [0, -1.0, float("nan"), float("inf"), "5", True, 10**400, Decimal(1)]


@pytest.mark.parametrize("name", ["within", "timeout"])
@pytest.mark.parametrize("seconds", NO_DURATIONS, ids=range(len(NO_DURATIONS)))
async def test_no_duration_is_refused_before_the_rules_are_asked(
    gateway: Gateway, name: str, seconds: object
) -> None:
    """Nothing is reserved: the same message is sent afterwards."""
    async with SmscClient(gateway.url()) as smsc:
        settings: dict[str, Any] = {name: seconds}
        with pytest.raises(ConfigError, match=name):
            await smsc.send(sms(1), **settings)
        assert "1" == (await smsc.send(sms(1))).message_id


@pytest.mark.parametrize(
    "settings",
    [{"hold": 5}, {"hold": True}, {"hold": "wait"}, {"retry_of": ValueError()}, {"retry_of": 7}],
    ids=str,
)
async def test_option_of_another_kind_is_refused_before_the_rules_are_asked(
    gateway: Gateway, settings: dict[str, Any]
) -> None:
    """As a wrong duration."""
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ConfigError, match=next(iter(settings))):
            await smsc.send(sms(1), **settings)
        assert "1" == (await smsc.send(sms(1))).message_id


@pytest.mark.parametrize("settings", [{"timeout": 0}, {"timeout": 10**400}, {"hold": 5}], ids=str)
async def test_send_many_refuses_wrong_options_before_it_pulls(
    gateway: Gateway, settings: dict[str, Any]
) -> None:
    """No message of the iterable is lost."""
    messages = iter([sms(1)])
    async with SmscClient(gateway.url()) as smsc:
        with pytest.raises(ConfigError):
            smsc.send_many(messages, **settings)

    assert sms(1) == next(messages)


@pytest.mark.parametrize("within", [0.3, 0.5])
@pytest.mark.parametrize("held_up", [0.6, 5.0])
async def test_message_admitted_after_the_deadline_is_not_written(
    gateway: Gateway, within: float, held_up: float
) -> None:
    """User code held up the loop; what was reserved is given back."""
    opens = now() + 0.2
    checks = [lambda _message, _time: opens - now()]
    async with SmscClient(gateway.url(), checks=checks) as smsc:
        send = asyncio.create_task(smsc.send(sms(1), hold=Hold.wait(), within=within))
        await turns()
        pass_time(held_up)
        with pytest.raises(SubmitInterruptedError, match="the rules") as caught:
            await send
        assert Outcome.NOT_SENT is caught.value.outcome
        assert [] == gateway.submits
        assert "1" == (await smsc.send(sms(1))).message_id


@pytest.mark.parametrize("held_up", [0.4, 2.0, 100.0])
@pytest.mark.parametrize("text", ["hello", LONG])
async def test_slot_that_is_free_after_the_deadline_is_not_taken(
    gateway: Gateway, held_up: float, text: str
) -> None:
    """User code held up the loop, which reads a response before the timer is due."""
    async with SmscClient(gateway.url("window=1")) as smsc:
        gateway.on_submit = nothing
        first = asyncio.create_task(smsc.send(sms(2)))
        await gateway.submitted()
        second = asyncio.create_task(smsc.send(sms(1, text), within=0.3))
        await turns()
        gateway.accept(gateway.peer, gateway.submits[0])
        pass_time(held_up)
        await first
        with pytest.raises(SubmitInterruptedError, match="it wasn't written within") as caught:
            await second
        assert Outcome.NOT_SENT is caught.value.outcome
        await turns()
        assert 1 == len(gateway.submits)
        gateway.on_submit = gateway.accept
        assert (await smsc.send(sms(1, text))).message_id


async def test_message_whose_turn_comes_too_late_is_refused_at_once(gateway: Gateway) -> None:
    """It takes no turn: the next one that has time gets it. The error says how much it takes."""
    limits = GatewayLimits(rate=10.5)  # a tenth of a second apart
    async with SmscClient(gateway.url(), limits=limits, store=MemoryRuleStore(now)) as smsc:
        sends = [asyncio.create_task(smsc.send(sms(10 + number))) for number in range(4)]
        await turns()
        began = now()
        for _ in range(3):
            error = await error_of(smsc, 0.2)
            assert isinstance(error, HeldByRuleError)
            assert Outcome.NOT_SENT is error.outcome
            assert error.retry_after == pytest.approx(0.22, abs=0.01)
            assert "its turn in the account's rate comes in 0.40 s, which leaves no time" in str(
                error
            )
        assert now() - began < 0.01
        await smsc.send(sms(9), within=0.6)
        await asyncio.gather(*sends)

    assert now() - began == pytest.approx(0.4, abs=0.1)
    assert 5 == len(gateway.submits)


async def test_message_whose_last_part_comes_too_late_is_refused_at_once(gateway: Gateway) -> None:
    """An incomplete message is charged, and the answer to the last part would be too late."""
    limits = GatewayLimits(rate=2.1)  # half a second apart
    async with SmscClient(gateway.url(), limits=limits, store=MemoryRuleStore(now)) as smsc:
        await smsc.send(sms(1))
        with pytest.raises(HeldByRuleError):
            await smsc.send(sms(2, LONG), within=1.0)
        await smsc.send(sms(2, LONG), within=1.5)

    assert 3 == len(gateway.submits)


@pytest.mark.takes_up_to(10, reason="600 messages in four seconds")
async def test_more_than_the_rate_is_written_at_the_rate_and_the_rest_refused(
    gateway: Gateway,
) -> None:
    """150 a second for four seconds where 100 are allowed: those that have no time take no turn."""
    async with SmscClient(gateway.url(), store=MemoryRuleStore(now)) as smsc:
        began, sends = now(), []
        for second in range(4):
            before = len(gateway.submits)
            for number in range(150):
                until_next = began + second + number / 150 - now()
                await asyncio.sleep(max(0.0, until_next))
                send = smsc.send(sms(150 * second + number), within=1.0)
                sends.append(asyncio.create_task(send))
            assert 90 <= len(gateway.submits) - before <= 100
        outcomes = await asyncio.gather(*sends, return_exceptions=True)

    refused = [error for error in outcomes if isinstance(error, SendError)]
    assert all(isinstance(error, HeldByRuleError) for error in refused)
    assert 600 - len(refused) == len(gateway.submits)


async def cancelled_sends(smsc: SmscClient, count: int) -> None:
    """Cancel so many sends that wait for their turns."""
    sends = [asyncio.create_task(smsc.send(sms(number))) for number in range(count)]
    await turns()
    for send in sends:
        send.cancel()
    await asyncio.gather(*sends, return_exceptions=True)


@pytest.mark.takes_up_to(10, reason="1500 messages")
async def test_cancelled_sends_delay_nothing(gateway: Gateway) -> None:
    """The link is idle; the same texts may be sent again, too, since none of them was."""
    async with SmscClient(gateway.url(), store=MemoryRuleStore(now)) as smsc:
        await cancelled_sends(smsc, 1500)
        began = now()
        await smsc.send(sms(1400))
        await smsc.send(sms(1401), within=1.0)

        assert now() - began < 0.1


@pytest.mark.takes_up_to(10, reason="1500 messages")
async def test_sends_behind_cancelled_ones_move_up(gateway: Gateway) -> None:
    """In their order, and at the rate."""
    async with SmscClient(gateway.url(), store=MemoryRuleStore(now)) as smsc:
        cancelled = asyncio.create_task(cancelled_sends(smsc, 1500))
        await asyncio.sleep(0)
        sends = [asyncio.create_task(smsc.send(sms(2000 + number))) for number in range(20)]
        await cancelled
        began = now()
        await asyncio.gather(*sends)

        assert now() - began == pytest.approx(0.21, abs=0.05)
    sent = [submit.destination_addr for submit in gateway.submits[-20:]]
    assert sorted(sent) == sent


@pytest.mark.takes_up_to(10, reason="300 messages in two seconds")
async def test_callers_timeouts_leave_the_rate_to_others(gateway: Gateway) -> None:
    """150 a second, each cancelled after half a second: the link is never idle."""
    async with SmscClient(gateway.url(), store=MemoryRuleStore(now)) as smsc:
        began, sends = now(), []
        for number in range(300):
            await asyncio.sleep(max(0.0, began + number / 150 - now()))
            send = asyncio.wait_for(smsc.send(sms(number)), 0.5)
            sends.append(asyncio.create_task(send))
        outcomes = await asyncio.gather(*sends, return_exceptions=True)

    accepted = sum(not isinstance(outcome, Exception) for outcome in outcomes)
    assert accepted > 2 * 90
    assert len(gateway.submits) <= 2.6 * 100

"""The gateway's rules as a user of the client meets them, octets counted at the other end.

Rule: sockets are real, the rules' time is moved. The error of a held message has its
`retry_after`, and nothing of the message is on the wire.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest
from scripted import Gateway, nothing, refusing, turns, until

from pdu import CommandStatus
from smsc_async import (
    Email,
    FailedSubmission,
    FloodLimitError,
    GatewayLimits,
    HeldByRuleError,
    Hold,
    MemoryRuleStore,
    MessageState,
    Outcome,
    PartsOverdueError,
    RepeatedMessageError,
    ResponseTimeoutError,
    SendError,
    Sms,
    SmscClient,
    Submission,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
    Viber,
)
from smsc_async.rules.engine import RuleEngine
from smsc_async.rules.verdict import Admitted
from smsc_async.simulator import Scenario, Simulator
from smsc_async.simulator.clock import GatewayClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from scripted import Peer

    from pdu import SubmitSm
    from smsc_async import Message

    Connect = Callable[..., SmscClient]

TO = "79991234567"
HI = Sms(to=TO, text="Hi", sender="Shop")
LONG = Sms(to=TO, text="Длинный текст для трёх частей. " * 6)
FLOOD = 50


class Clock:
    """Time that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """An SMSC that behaves until a test replaces its hooks."""
    async with Gateway() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """The rules' time."""
    return Clock()


@pytest.fixture
def connect(gateway: Gateway, clock: Clock) -> Connect:
    """Make a client whose rules go by that clock; unpaced, since it stands still."""

    def client(query: str = "", **limits: Any) -> SmscClient:  # noqa: ANN401 - any of the limits
        rules = GatewayLimits(**({"rate": None} | limits))
        return SmscClient(gateway.url(query), limits=rules, store=MemoryRuleStore(clock))

    return client


def numbered(number: int, to: str = TO) -> Sms:
    """A message unlike the others."""
    return Sms(to=to, text=f"Text {number}")


# A repeat.


async def test_same_message_within_the_minute_never_leaves(
    gateway: Gateway, connect: Connect, clock: Clock
) -> None:
    """Held for 61 s: the gateway's minute counts from arrival, and a second is for the way."""
    async with connect() as smsc:
        await smsc.send(HI)
        clock.now = 1012.5
        with pytest.raises(RepeatedMessageError) as held:
            await smsc.send(HI)
        await turns()

        assert (48.5, Outcome.NOT_SENT) == (held.value.retry_after, held.value.outcome)
        assert 1 == len(gateway.submits)

        clock.now = 1060.9
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI)
        clock.now = 1061.0
        assert "2" == (await smsc.send(HI)).message_id
    assert 2 == len(gateway.submits)


@pytest.mark.parametrize(
    "other",
    [
        Sms(to=TO, text="Ho", sender="Shop"),
        Sms(to=TO, text="Hi", sender="Shop", comment="order 17"),
        Sms(to=TO, text="Hi", sender="Store"),
        Sms(to="79991234568", text="Hi", sender="Shop"),
        Viber(to=TO, text="Hi", sender="Shop"),
    ],
    ids=["text", "comment", "sender", "recipient", "kind"],
)
async def test_message_that_differs_in_anything_is_sent(
    gateway: Gateway, connect: Connect, other: Message[Any]
) -> None:
    """All that the user wrote has to be the same."""
    async with connect() as smsc:
        await smsc.send(HI)
        await smsc.send(other)

    assert 2 == len(gateway.submits)


async def test_only_one_of_many_at_once_is_sent(gateway: Gateway, connect: Connect) -> None:
    """A loop gone wild sends from many tasks."""
    async with connect() as smsc:
        outcomes = await asyncio.gather(*[smsc.send(HI) for _ in range(20)], return_exceptions=True)

    assert 19 == sum(isinstance(outcome, RepeatedMessageError) for outcome in outcomes)
    assert 1 == len(gateway.submits)


# A flood.


async def test_fifty_first_message_in_a_row_is_held(
    gateway: Gateway, connect: Connect, clock: Clock
) -> None:
    """Until 31 s after the last; held attempts don't lengthen the row, others aren't concerned."""
    async with connect() as smsc:
        for number in range(FLOOD):
            clock.now += 1.0
            await smsc.send(numbered(number))
        last = clock.now
        for seconds in (0.0, 10.0, 30.5):
            clock.now = last + seconds
            with pytest.raises(FloodLimitError) as held:
                await smsc.send(numbered(FLOOD))
            assert 31.0 - seconds == held.value.retry_after
        await smsc.send(numbered(FLOOD, to="79991234568"))
        await turns()
        assert FLOOD + 1 == len(gateway.submits)

        clock.now = last + 31.0
        await smsc.send(numbered(FLOOD))
    assert FLOOD + 2 == len(gateway.submits)


# What is given back, and what is kept.


@pytest.mark.parametrize("status", [CommandStatus.ESME_RINVSRCADR, CommandStatus.ESME_RSYSERR])
async def test_refused_message_may_be_sent_again_at_once(
    gateway: Gateway, connect: Connect, status: int
) -> None:
    """The gateway has none of it: it counts neither as a request nor in the row."""
    gateway.on_submit = refusing(status)
    async with connect(flood_length=1) as smsc:
        with pytest.raises(SubmitRefusedError):
            await smsc.send(HI)
        gateway.on_submit = gateway.accept
        await smsc.send(HI)

    assert 2 == len(gateway.submits)


async def test_message_throttled_for_good_may_be_sent_again(
    gateway: Gateway, connect: Connect
) -> None:
    """Too fast isn't accepted either."""
    gateway.on_submit = refusing(CommandStatus.ESME_RTHROTTLED)
    async with connect("throttled_timeout=0.1") as smsc:
        with pytest.raises(ThrottledError):
            await smsc.send(HI)
        gateway.on_submit = gateway.accept
        await smsc.send(HI)


async def test_message_cancelled_before_the_write_is_given_back(
    gateway: Gateway, connect: Connect
) -> None:
    """Nothing of it can have gone."""
    gateway.on_submit = nothing
    async with connect("window=1") as smsc:
        first = asyncio.create_task(smsc.send(numbered(1)))
        (submit,) = await gateway.submitted()
        cancelled = asyncio.create_task(smsc.send(HI))
        await until(lambda: smsc.stats().waiting)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        gateway.on_submit = gateway.accept
        gateway.peer.answer(submit, message_id="0")
        await first
        await smsc.send(HI)

    assert 2 == len(gateway.submits)


async def test_message_cancelled_after_the_write_is_kept(
    gateway: Gateway, connect: Connect
) -> None:
    """It may be delivered and charged; once the gateway has refused it, it surely isn't."""
    gateway.on_submit = nothing
    async with connect() as smsc:
        cancelled = asyncio.create_task(smsc.send(HI))
        (submit,) = await gateway.submitted()
        cancelled.cancel()
        await asyncio.wait([cancelled])
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI)

        gateway.on_submit = gateway.accept
        gateway.peer.answer(submit, CommandStatus.ESME_RINVDSTADR)
        await until(lambda: not smsc.stats().in_flight)
        await smsc.send(HI)

    assert 2 == len(gateway.submits)


def unanswered(_: Peer, __: SubmitSm) -> None:
    """Take a message and say nothing."""


def dropped(peer: Peer, _: SubmitSm) -> None:
    """Take a message and hang up."""
    peer.drop()


@pytest.mark.parametrize(
    ("fault", "error"),
    [(unanswered, ResponseTimeoutError), (dropped, SubmitInterruptedError)],
)
async def test_unknown_outcome_is_kept_and_sent_again_on_purpose_only(
    gateway: Gateway,
    connect: Connect,
    fault: Callable[[Peer, SubmitSm], None],
    error: type[SendError],
) -> None:
    """A second attempt could be delivered and charged twice."""
    gateway.on_submit = fault
    async with connect() as smsc:
        with pytest.raises(error) as unknown:
            await smsc.send(HI, timeout=0.05)
        assert Outcome.UNKNOWN is unknown.value.outcome
        gateway.on_submit = gateway.accept
        with pytest.raises(RepeatedMessageError) as held:
            await smsc.send(HI)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI, retry_of=held.value)
        assert 1 == len(gateway.submits)

        await smsc.send(HI, retry_of=unknown.value)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI)
    assert 2 == len(gateway.submits)


async def test_refused_second_attempt_gives_the_first_one_not_back(
    gateway: Gateway, connect: Connect
) -> None:
    """The gateway calls it a repeat: so it has the first one, and a third would be no better."""
    gateway.on_submit = nothing
    async with connect() as smsc:
        with pytest.raises(ResponseTimeoutError) as unknown:
            await smsc.send(HI, timeout=0.05)
        gateway.on_submit = refusing(CommandStatus.ESME_RSUBMITFAIL)
        with pytest.raises(SubmitRefusedError):
            await smsc.send(HI, retry_of=unknown.value)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI)


# Patience.


async def test_send_may_wait_until_the_rule_lets_it_pass(gateway: Gateway) -> None:
    """A twentieth of a second instead of a minute."""
    limits = GatewayLimits(repeat_window=0.05, margin=0.0, rate=None)
    loop = asyncio.get_running_loop()
    async with SmscClient(gateway.url(), limits=limits, clock=loop.time) as smsc:
        await smsc.send(HI)
        began = loop.time()
        await smsc.send(HI, hold=Hold.wait(at_most=5))
        took = loop.time() - began

    assert 2 == len(gateway.submits)
    assert 0.04 < took < 5


async def test_send_that_would_wait_in_vain_fails_at_once(
    gateway: Gateway, connect: Connect
) -> None:
    """A minute is more than half of one."""
    async with connect() as smsc:
        await smsc.send(HI)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI, hold=Hold.wait(at_most=30))

    assert 1 == len(gateway.submits)


async def test_send_that_is_cancelled_while_held_leaves_no_trace(
    gateway: Gateway, connect: Connect, clock: Clock
) -> None:
    """It never had a place."""
    async with connect() as smsc:
        await smsc.send(HI)
        waiting = asyncio.create_task(smsc.send(HI, hold=Hold.wait()))
        await turns()
        waiting.cancel()
        await asyncio.wait([waiting])
        clock.now += 61.0
        await smsc.send(HI)

    assert 2 == len(gateway.submits)


async def test_held_message_fails_when_the_client_is_left(connect: Connect) -> None:
    """Leaving ends the wait at once, and the held message is NOT_SENT."""
    async with connect() as smsc:
        await smsc.send(HI)
        waiting = asyncio.create_task(smsc.send(HI, hold=Hold.wait()))
        await turns()
    with pytest.raises(SubmitInterruptedError) as left:
        await waiting

    assert Outcome.NOT_SENT is left.value.outcome


async def test_send_many_reports_a_held_message(gateway: Gateway, connect: Connect) -> None:
    """An outcome like any other; the rest goes."""
    async with connect() as smsc:
        outcomes = [one async for one in smsc.send_many([HI, HI, numbered(1)])]

    (failed,) = [one for one in outcomes if isinstance(one, FailedSubmission)]
    assert isinstance(failed.error, RepeatedMessageError)
    assert (HI, 2) == (failed.message, len(gateway.submits))


async def test_held_message_of_send_many_delays_no_other(gateway: Gateway) -> None:
    """The one that is held comes last, and comes."""
    limits = GatewayLimits(repeat_window=0.05, margin=0.0, rate=None)
    messages = [HI, HI, *(numbered(number) for number in range(5))]
    async with SmscClient(gateway.url(), limits=limits) as smsc:
        hold = Hold.wait(at_most=5)
        outcomes = [one async for one in smsc.send_many(messages, hold=hold)]

    assert all(isinstance(one, Submission) for one in outcomes)
    assert HI == outcomes[-1].message
    assert 7 == len(gateway.submits)


# Foresight, and no rules at all.


async def test_plan_predicts_a_hold_and_reserves_nothing(
    gateway: Gateway, connect: Connect, clock: Clock
) -> None:
    """Looking is free."""
    async with connect() as smsc:
        assert [None] * 2 == [smsc.plan(HI).held_by for _ in range(2)]
        await smsc.send(HI)
        clock.now += 11.0
        planned = smsc.plan(HI)
        assert ("repeat", 50.0) == (planned.held_by, planned.retry_after)
        for number in range(FLOOD - 1):
            await smsc.send(numbered(number))
        planned = smsc.plan(numbered(FLOOD))

    assert ("flood", 31.0) == (planned.held_by, planned.retry_after)
    assert FLOOD == len(gateway.submits)


async def test_plan_takes_no_turn_of_the_rate(clock: Clock) -> None:
    """A plan that is asked for again and again doesn't hold back what is sent then."""
    store = MemoryRuleStore(clock)
    step = RuleEngine(GatewayLimits(rate=1.0), store.key).step(HI, 1, "Hi")
    for _ in range(2):
        assert store.peek(step, clock.now) is None

    verdict = await store.apply(step)
    assert isinstance(verdict, Admitted)
    assert clock.now == verdict.not_before


async def test_message_admitted_elsewhere_takes_its_turn_of_the_rate(clock: Clock) -> None:
    """A worker that loses its server goes on at the pace that the account has already."""
    store = MemoryRuleStore(clock)
    engine = RuleEngine(GatewayLimits(rate=1.05), store.key)
    store.remember(engine.step(HI, 1, "Hi"), Admitted("token", clock.now), clock.now)

    verdict = await store.apply(engine.step(numbered(1), 1, "Text 1"))
    assert isinstance(verdict, Admitted)
    assert clock.now + 1.0 == verdict.not_before


async def test_rules_may_be_off(gateway: Gateway) -> None:
    """Another SMSC takes what it takes."""
    async with SmscClient(gateway.url(), limits=GatewayLimits.off()) as smsc:
        for _ in range(FLOOD + 2):
            await smsc.send(HI)
        assert smsc.plan(HI).held_by is None

    assert FLOOD + 2 == len(gateway.submits)


# All parts within the minute.


async def test_parts_go_on_over_the_next_link(gateway: Gateway) -> None:
    """The link broke between two parts, and there is time left."""
    gateway.on_submit = first_then_hang_up(gateway)
    async with SmscClient(gateway.url(), limits=GatewayLimits(rate=20.0)) as smsc:
        sent = await smsc.send(LONG)

    assert ("1", "2", "3") == sent.message_ids
    assert [1, 2] == [len(peer.all(type(gateway.submits[0]))) for peer in gateway.peers]


async def test_parts_that_would_be_late_are_not_written(gateway: Gateway) -> None:
    """An incomplete message is charged and rejected; the error says how much was accepted."""
    gateway.on_submit = first_then_hang_up(gateway)
    accept_bind = gateway.on_bind
    limits, clock = GatewayLimits(rate=20.0), GatewayClock()
    async with SmscClient(gateway.url(), limits=limits, clock=clock) as smsc:
        gateway.on_bind = nothing
        sending = asyncio.create_task(smsc.send(LONG))
        second = await gateway.bound(2)
        clock.advance(59.5)
        accept_bind(second, second.received[-1])
        gateway.on_bind = accept_bind
        with pytest.raises(PartsOverdueError) as late:
            await sending
        with pytest.raises(HeldByRuleError):
            await smsc.send(LONG)

    assert (1, 3, ("1",)) == (late.value.accepted, late.value.total, late.value.message_ids)
    assert 1 == len(gateway.submits)


async def test_no_link_within_the_minute_ends_the_message_then(gateway: Gateway) -> None:
    """The incomplete message can't be completed later, so it doesn't wait for `timeouts.link`."""
    gateway.on_submit = first_then_hang_up(gateway)
    limits = GatewayLimits(rate=20.0, multipart_window=0.2, margin=0.0)
    async with SmscClient(gateway.url("bind_timeout=60"), limits=limits) as smsc:
        gateway.on_bind = nothing
        with pytest.raises(PartsOverdueError) as late:
            await asyncio.wait_for(smsc.send(LONG), 60)

    assert (1, 3) == (late.value.accepted, late.value.total)


def first_then_hang_up(gateway: Gateway) -> Callable[[Peer, SubmitSm], None]:
    """Accept all, but hang up after the first one."""

    def accept(peer: Peer, submit: SubmitSm) -> None:
        gateway.accept(peer, submit)
        if len(gateway.submits) == 1:
            peer.transport.close()

    return accept


# Both ends keep the rules.


@pytest.mark.parametrize("seed", range(5))
async def test_gateway_never_has_to_stop_what_the_client_lets_pass(clock: Clock, seed: int) -> None:
    """Whatever is sent, and whenever: the simulator counts by the gateway's own numbers."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    held, sent = 0, 0
    simulator = Simulator(Scenario(inactivity_timeout=None), clock=clock)
    store, limits = MemoryRuleStore(clock), GatewayLimits(rate=None)
    async with simulator, SmscClient(simulator.url, limits=limits, store=store) as smsc:
        for _ in range(200):
            clock.now += chance.choice([0.0, 0.5, 5.0, 29.5, 31.0])
            simulator.tick()
            text = f"Text {chance.randrange(40)} " * chance.choice([1, 1, 30])
            try:
                await smsc.send(Sms(to=f"7999123456{chance.randrange(2)}", text=text))
            except HeldByRuleError:
                held += 1
            else:
                sent += 1
        clock.now += 60.0
        simulator.tick()
        states = {message.state for message in simulator.messages}

    assert held > 0
    assert (0, 0, sent) == (
        simulator.stats.refused,
        simulator.stats.stopped,
        simulator.stats.messages,
    )
    assert {MessageState.DELIVERED} == states


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    """The gateway with its rules, by the same clock."""
    scenario = Scenario(inactivity_timeout=None, receipt_delay=0.0)
    async with Simulator(scenario, clock=clock) as running:
        yield running


async def test_gateway_refuses_a_repeat_of_a_client_without_rules(
    clock: Clock, simulator: Simulator
) -> None:
    """«Сервер не принимает более одного одинакового запроса … в течение минуты…»."""
    async with SmscClient(simulator.url, limits=GatewayLimits.off()) as smsc:
        await smsc.send(HI)
        clock.now += 59.9
        with pytest.raises(SubmitRefusedError) as refused:
            await smsc.send(HI)
        clock.now += 0.1
        await smsc.send(HI)

    assert CommandStatus.ESME_RSUBMITFAIL == refused.value.command_status
    assert 2 == len(simulator.messages)


async def test_gateway_has_a_message_once_however_soon_it_is_sent_again(
    clock: Clock, simulator: Simulator
) -> None:
    """Within the minute its own rule makes that safe: what it refuses as a repeat, it has."""
    simulator.scenario = Scenario(inactivity_timeout=None, silent=True)
    limits, store = GatewayLimits(rate=None), MemoryRuleStore(clock)
    async with SmscClient(simulator.url, limits=limits, store=store) as smsc:
        with pytest.raises(ResponseTimeoutError) as unknown:
            await smsc.send(HI, timeout=0.05)
        simulator.scenario = Scenario(inactivity_timeout=None)
        clock.now += 30.0
        with pytest.raises(SubmitRefusedError):
            await smsc.send(HI, retry_of=unknown.value)

    assert (1, 1) == (len(simulator.messages), simulator.stats.stopped)


async def test_gateway_blocks_a_flood_of_a_client_without_rules(
    clock: Clock, simulator: Simulator
) -> None:
    """«Сервер также блокирует отправку более 50 сообщений одному абоненту…»."""
    async with SmscClient(simulator.url, limits=GatewayLimits.off()) as smsc:
        errors = []
        for number in range(FLOOD + 1):
            clock.now += 0.1
            sent = await smsc.send(numbered(number))
            errors.append((await sent.receipt(timeout=5)).error_code)
        clock.now += 30.0
        sent = await smsc.send(numbered(FLOOD))
        receipt = await sent.receipt(timeout=5)

    assert [0] * FLOOD + [251] == errors
    assert MessageState.DELIVERED is receipt.state


async def test_gateway_blocks_late_parts_of_a_client_without_rules(
    clock: Clock, simulator: Simulator
) -> None:
    """«…все SMS-части должны быть переданы на сервер в течение минуты»: here each takes 40 s."""
    simulator.scenario = Scenario(inactivity_timeout=None, response_delay=40.0)
    url = f"{simulator.url}?window=1"
    async with SmscClient(url, limits=GatewayLimits.off()) as smsc:
        sending = asyncio.create_task(smsc.send(LONG))
        for number in range(1, 4):
            await until(lambda: simulator.stats.submits == number)  # noqa: B023 - called at once
            clock.now += 40.0
            simulator.tick()
        sent = await sending
        receipt = await sent.receipt(timeout=5)

    assert (MessageState.UNDELIVERABLE, 241) == (receipt.state, receipt.error_code)


async def test_email_is_held_as_any_other_message(gateway: Gateway, connect: Connect) -> None:
    """«…не допустить многократной отправки сообщения одному абоненту»: of any kind."""
    mail = Email(to="ivan@example.com", text="Hi", subject="Order")
    async with connect() as smsc:
        await smsc.send(mail)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(mail)

    assert 1 == len(gateway.submits)

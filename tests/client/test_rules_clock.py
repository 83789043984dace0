"""The clock of the rules: whose it is, and what its moves wake."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import uvloop
from idle_clock import IdleClockLoop
from scripted import Gateway, nothing, refusing, turns

from pdu import CommandStatus
from smsc_async import (
    ConfigError,
    GatewayLimits,
    HeldByRuleError,
    Hold,
    MemoryRuleStore,
    Outcome,
    PartsOverdueError,
    RepeatedMessageError,
    Sms,
    SmscClient,
)
from smsc_async.client.rules_clock import ClockMoves, store_for
from smsc_async.simulator import Scenario, Simulator
from smsc_async.simulator.clock import GatewayClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from smsc_async import Submission

HI = Sms(to="79991234567", text="Hi")
LONG = Sms(to="79991234567", text="x" * 400)
UNPACED = GatewayLimits(rate=None)
SLOW = GatewayLimits(rate=1.05)  # an interval of one second
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "idle": IdleClockLoop,
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
SOON = 0.1
"""Seconds in which what a move wakes is written."""


def numbered(number: int, text: str = "Hi") -> Sms:
    """Return a message to a number of its own."""
    return Sms(to=f"7916{number:07d}", text=text)


def run_on(loop: str, main: Coroutine[Any, Any, None]) -> None:
    """Run on one of the event loops."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(main)


def start(
    smsc: SmscClient, messages: list[Sms], hold: Hold | None = None
) -> list[asyncio.Task[Submission[Any]]]:
    """Send messages at once."""
    return [asyncio.create_task(smsc.send(message, hold=hold)) for message in messages]


def from_another_thread(call: Callable[[], object]) -> None:
    """Call a function in a thread, and wait for its end."""
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


async def soon(tasks: list[asyncio.Task[Any]]) -> None:
    """Wait until tasks are done, and assert that it takes no time."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)
    assert loop.time() - began < SOON


async def ticked(clock: GatewayClock, seconds: float) -> None:
    """Move a clock, and let what that wakes happen."""
    clock.advance(seconds)
    await turns(5)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Yield an SMSC that accepts everything."""
    async with Gateway() as running:
        yield running


# Whose clock it is.


def test_clock_is_that_of_the_default_store() -> None:
    """The rules count by it."""
    clock = GatewayClock()

    assert store_for(None, clock, is_simulated=False).now is clock
    assert store_for(None, None, is_simulated=False).now is time.monotonic


def test_clock_of_the_store_may_be_given_twice() -> None:
    """Of a bound method each look makes another object."""
    clock = GatewayClock()
    store, bound = MemoryRuleStore(clock), MemoryRuleStore(clock.__call__)

    assert store is store_for(store, clock, is_simulated=False)
    assert bound is store_for(bound, clock.__call__, is_simulated=False)


@pytest.mark.parametrize("clock", [GatewayClock(), time.perf_counter, lambda: 0.0])
@pytest.mark.parametrize("url", ["sim://", "smpp://shop:p4ss@127.0.0.1"])
def test_store_and_another_clock_exclude_each_other(url: str, clock: Any) -> None:  # noqa: ANN401 - any function
    """Two clocks of one rule are none; the error says where the clock belongs."""
    with pytest.raises(ConfigError, match=r"clock: the rules .* store=MemoryRuleStore\(clock\)$"):
        SmscClient(url, store=MemoryRuleStore(), clock=clock)


@pytest.mark.parametrize("store", [12, object(), MemoryRuleStore])
def test_store_is_a_rule_store(store: Any) -> None:  # noqa: ANN401 - anything
    """What is none is refused before its clock is looked at."""
    with pytest.raises(ConfigError, match="store: takes a RuleStore"):
        SmscClient("sim://", store=store, clock=GatewayClock())


async def test_links_have_the_time_of_the_loop(gateway: Gateway) -> None:
    """A rules' clock that jumps by hours cuts no link, and ends no timeout."""
    clock = GatewayClock()
    async with SmscClient(gateway.url("timeout=60"), clock=clock) as smsc:
        bound_since = smsc.health().bound_since
        gateway.on_submit = nothing
        sending = asyncio.create_task(smsc.send(HI))
        (submit,) = await gateway.submitted()
        await ticked(clock, 7200.0)

        assert bound_since is not None
        assert abs(bound_since - asyncio.get_running_loop().time()) < 60
        assert 1 == smsc.health().bound == len(gateway.peers)
        gateway.accept(gateway.peer, submit)
        await soon([sending])


async def test_wait_for_a_receipt_has_the_time_of_the_loop(gateway: Gateway) -> None:
    """It would end for nothing."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        sent = await smsc.send(HI)
        waiting = asyncio.create_task(sent.receipt(timeout=60))
        await turns()
        await ticked(clock, 3600.0)
        gateway.peer.deliver_receipt(sent.message_id)

        assert sent.message_id == (await waiting).message_id


# Callers that are held.


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("move", ["same thread", "another thread"])
def test_held_caller_goes_on_when_the_clock_was_moved(loop: str, move: str) -> None:
    """A test of a minute takes no time."""

    async def main() -> None:
        """Do it in a loop of its own."""
        clock = GatewayClock()
        async with Gateway() as gateway, SmscClient(gateway.url(), clock=clock) as smsc:
            await smsc.send(HI)
            (sending,) = start(smsc, [HI], Hold.wait(at_most=70))
            await turns()
            if move == "same thread":
                clock.advance(61)
            else:
                from_another_thread(lambda: clock.advance(61))
            await soon([sending])

            assert 2 == len(gateway.submits)

    run_on(loop, main())


async def test_caller_who_is_not_due_stays_held(gateway: Gateway) -> None:
    """Half a second is less than a minute; it adds up."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        await smsc.send(HI)
        (sending,) = start(smsc, [HI], Hold.wait(at_most=70))
        await turns()
        for _ in range(5):
            await ticked(clock, 0.5)
        assert not sending.done()
        await ticked(clock, 58.0)
        assert not sending.done()
        clock.advance(1)
        await soon([sending])


async def test_patience_is_time_of_the_rules(gateway: Gateway) -> None:
    """A repeat that comes meanwhile holds the message for another minute."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        await smsc.send(HI)
        first, second = start(smsc, [HI, HI], Hold.wait(at_most=70))
        await turns()
        clock.advance(61)
        await soon([first])
        with pytest.raises(RepeatedMessageError) as held:
            await second

    assert 59 < held.value.retry_after <= 61


async def test_two_threads_move_at_once(gateway: Gateway) -> None:
    """Each by half of what is missing."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        await smsc.send(HI)
        (sending,) = start(smsc, [HI], Hold.wait(at_most=70))
        await turns()
        both = threading.Barrier(2)

        def advance() -> None:
            """Move it at the same time as the other thread."""
            both.wait()
            clock.advance(30.6)

        threads = [threading.Thread(target=advance) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        await soon([sending])


async def test_two_clients_of_one_clock_are_both_woken(gateway: Gateway) -> None:
    """Each has rules of its own."""
    clock = GatewayClock()
    async with (
        SmscClient(gateway.url(), clock=clock) as one,
        SmscClient(gateway.url(), store=MemoryRuleStore(clock)) as other,
    ):
        await asyncio.gather(one.send(HI), other.send(HI))
        sending = start(one, [HI], Hold.wait()) + start(other, [HI], Hold.wait())
        await turns()
        clock.advance(61)
        await soon(sending)

    assert [] == clock._callbacks


async def test_cancelled_caller_is_not_sent_by_a_move(gateway: Gateway) -> None:
    """It was cancelled while it was held, or in the very iteration in which it is woken."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=UNPACED) as smsc:
        messages = [numbered(number) for number in range(3)]
        await asyncio.gather(*start(smsc, messages))
        before, at_once, third = start(smsc, messages, Hold.wait())
        await turns()
        before.cancel()
        clock.advance(61)
        at_once.cancel()
        await soon([third])
        await asyncio.wait([before, at_once])

    assert [True, True] == [before.cancelled(), at_once.cancelled()]
    assert 4 == len(gateway.submits)


@pytest.mark.parametrize("is_moved", [False, True])
async def test_leaving_lets_those_go_who_become_due(gateway: Gateway, *, is_moved: bool) -> None:
    """`drain` is time of the loop: a move neither ends nor prolongs it."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=UNPACED) as smsc:
        await smsc.send(numbered(1))
        await ticked(clock, 60.5)
        await smsc.send(numbered(2))
        soonest, later = start(smsc, [numbered(1), numbered(2)], Hold.wait())
        await turns()
        leaving = asyncio.create_task(smsc.aclose(timeout=20))
        await turns()
        assert later.done()
        if is_moved:
            clock.advance(0.6)
            await soon([soonest, leaving])
        await asyncio.wait([soonest, leaving])

    assert later.exception() is not None
    assert soonest.exception() is None
    assert 3 == len(gateway.submits)


# Messages that wait for their turn in the rate.


@pytest.mark.parametrize("loop", LOOPS)
def test_paced_messages_are_written_when_the_clock_was_moved(loop: str) -> None:
    """One of them at once, and each further one an interval after it, by the rules' clock."""

    async def main() -> None:
        """Do it in a loop of its own."""
        clock = GatewayClock()
        async with (
            Gateway() as gateway,
            SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc,
        ):
            sends = start(smsc, [numbered(number) for number in range(8)])
            await gateway.submitted()
            clock.advance(4.4)
            await soon(sends[:2])
            for number in range(2, 8):
                await turns()
                assert number == len(gateway.submits)
                clock.advance(1.01)
                await soon([sends[number]])
            assert [f"7916{number:07d}" for number in range(8)] == [
                submit.destination_addr for submit in gateway.submits
            ]

    run_on(loop, main())


async def test_message_after_a_move_keeps_the_rate(gateway: Gateway) -> None:
    """A move is no permission to be too fast afterwards."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        sends = start(smsc, [numbered(number) for number in range(3)])
        await gateway.submitted()
        for _ in sends[1:]:
            await ticked(clock, 10)
        await soon(sends)
        next_one = asyncio.create_task(smsc.send(numbered(4)))
        await turns()
        assert not next_one.done()
        await ticked(clock, 0.5)
        assert not next_one.done()
        clock.advance(0.6)
        await soon([next_one])


async def test_repeat_is_counted_from_the_write_after_a_move(gateway: Gateway) -> None:
    """Its turn was long before that; the gateway counts from arrival."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        sends = start(smsc, [numbered(number) for number in range(2)])
        await gateway.submitted()
        clock.advance(50)
        await soon(sends)
        await ticked(clock, 30)
        held = smsc.plan(numbered(1))

    assert held.held_by == "repeat"
    assert held.retry_after is not None
    assert 30 < held.retry_after <= 31.1


async def test_message_that_waited_for_a_slot_is_counted_from_its_write(gateway: Gateway) -> None:
    """It had its turn before the move, and no slot."""
    clock = GatewayClock()
    gateway.on_submit = nothing
    limits = GatewayLimits(rate=None)
    async with SmscClient(gateway.url("window=1"), clock=clock, limits=limits) as smsc:
        sends = start(smsc, [numbered(1), numbered(2)])
        (submit,) = await gateway.submitted()
        await ticked(clock, 40)
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, submit)
        await soon(sends)
        held = smsc.plan(numbered(2)).retry_after, smsc.plan(numbered(1)).retry_after

    assert held[0] is not None
    assert held[1] is not None
    assert 60 < held[0] <= 61
    assert 20 < held[1] <= 21


@pytest.mark.takes_up_to(8, reason="messages miss their turns, a second apart")
async def test_overdue_messages_stay_an_interval_apart_after_a_move(gateway: Gateway) -> None:
    """A full window made them overdue: they are written an interval apart, of the rules' clock."""
    clock = GatewayClock()
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("window=1"), clock=clock, limits=SLOW) as smsc:
        sends = start(smsc, [numbered(number) for number in range(6)])
        (submit,) = await gateway.submitted()
        gateway.on_submit = gateway.accept
        await asyncio.sleep(5.5)
        gateway.accept(gateway.peer, submit)
        await soon(sends[:2])
        assert not sends[2].done()
        for number in range(2, 6):
            clock.advance(10)
            await soon([sends[number]])
            await turns()
            assert number + 1 == len(gateway.submits)


async def test_outbox_queue_is_woken_too(gateway: Gateway) -> None:
    """Its messages wait apart from the others."""

    class Ticket:
        """A message of a queue."""

        replaces: Any = None
        reservation: Any = None
        is_written = False
        message_ids: tuple[str, ...] = ()

        def remaining(self) -> float:
            """Return the seconds that are left."""
            return float("inf")

    async def agree(tickets: Any) -> set[Ticket]:  # noqa: ANN401 - any sequence
        """Let everything be written."""
        return set(tickets)

    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        queue = smsc.write_queue(agree)
        sends = [asyncio.create_task(queue.send(numbered(n), Ticket())) for n in range(4)]
        await gateway.submitted()
        clock.advance(2.2)
        await soon(sends[:2])
        await turns()
        assert 2 == len(gateway.submits)
        clock.advance(1.1)
        await soon([sends[2]])
        assert not sends[3].done()
        clock.advance(1.1)
        await soon(sends)
        assert queue.now is clock
        queue.close()


async def test_turn_of_a_cancelled_message_goes_to_the_next_after_a_move(gateway: Gateway) -> None:
    """The turns that are left stay in order, and can be given back."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        sends = start(smsc, [numbered(number) for number in range(6)])
        await gateway.submitted()
        clock.advance(1.5)
        await soon(sends[:2])
        sends[2].cancel()
        sends[3].cancel()
        await turns()
        clock.advance(1.01)
        await soon([sends[4]])
        assert not sends[5].done()
        clock.advance(1.01)
        await soon([sends[5]])


# A gateway on the same clock.


def accepted_numbers(simulator: Simulator) -> list[str]:
    """Return the recipients of what the simulator has accepted, in order."""
    return [message.recipient for message in simulator.messages]


async def send_by(way: str, smsc: SmscClient, messages: list[Sms]) -> None:
    """Send messages at once, by one of the client's methods."""
    if way == "send":
        await asyncio.gather(*start(smsc, messages))
    else:
        outcomes = [outcome async for outcome in smsc.send_many(messages)]
        assert len(messages) == len(outcomes)


@pytest.mark.takes_up_to(8, reason="the rate is kept: it takes seconds")
@pytest.mark.parametrize(
    ("way", "rate", "count", "moves"),
    [
        ("send", 100.0, 300, [100.0]),
        ("send", 100.0, 150, [0.5] * 3),
        ("send", 100.0, 150, [0.011] * 20),
        ("send_many", 100.0, 150, [100.0]),
        ("send_many", 100.0, 150, [0.04] * 20),
        ("send", 10.0, 16, [100.0]),
        ("send_many", 10.0, 16, [0.5] * 3),
        ("send", 0.5, 2, [1.0]),
    ],
)
def test_move_gets_no_message_throttled(
    way: str, rate: float, count: int, moves: list[float]
) -> None:
    """For the gateway, all that a move wakes arrives after it: at the rate, and in order."""

    async def main() -> None:
        """Do it in a loop of its own."""
        limits, clock = GatewayLimits(rate=rate), GatewayClock()
        simulator = Simulator(Scenario(rules=limits), clock=clock)
        async with simulator, SmscClient(simulator.url, clock=clock, limits=limits) as smsc:
            messages = [numbered(number) for number in range(count)]
            sending = asyncio.create_task(send_by(way, smsc, messages))
            await turns(50)
            assert simulator.messages
            for seconds in moves:
                clock.advance(seconds)
                await asyncio.sleep(0.01)
            await sending

            assert 0 == smsc.stats().throttled
            assert [message.to for message in messages] == accepted_numbers(simulator)

    run_on("asyncio", main())


@pytest.mark.takes_up_to(5, reason="the rate is kept: it takes seconds")
async def test_parts_of_many_messages_are_not_throttled_after_a_move() -> None:
    """A part counts as a message, and a message that has begun is finished before the next."""
    limits, clock = GatewayLimits(rate=50), GatewayClock()
    simulator = Simulator(Scenario(rules=limits), clock=clock)
    async with simulator, SmscClient(simulator.url, clock=clock, limits=limits) as smsc:
        messages = [Sms(to=f"7916{number:07d}", text="x" * 1000) for number in range(4)]
        sends = start(smsc, messages)
        await turns(50)
        await ticked(clock, 0.3)
        await ticked(clock, 20)
        await asyncio.gather(*sends)

        assert 0 == smsc.stats().throttled
        assert [message.to for message in messages] == accepted_numbers(simulator)


# The minute of a message's parts.


@pytest.mark.parametrize("loop", LOOPS)
def test_parts_are_overdue_when_the_clock_was_moved(loop: str) -> None:
    """As after a minute in which the rest had no turn."""

    async def main() -> None:
        """Do it in a loop of its own."""
        clock = GatewayClock()
        limits = GatewayLimits(rate=0.06)
        async with (
            Gateway() as gateway,
            SmscClient(gateway.url(), clock=clock, limits=limits) as smsc,
        ):
            sending = asyncio.create_task(smsc.send(LONG))
            await gateway.submitted()
            clock.advance(60)
            with pytest.raises(PartsOverdueError) as overdue:
                await asyncio.wait_for(sending, SOON)

        assert (1, 3) == (overdue.value.accepted, overdue.value.total)

    run_on(loop, main())


async def test_parts_that_are_due_by_a_move_are_written(gateway: Gateway) -> None:
    """The rest is in time; parts of which some are still to come keep their distance."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        sending = asyncio.create_task(smsc.send(LONG))
        await gateway.submitted()
        await ticked(clock, 1.1)
        await gateway.submitted(2)
        await turns()
        assert 2 == len(gateway.submits)
        clock.advance(1.1)
        await soon([sending])
        more = asyncio.create_task(smsc.send(Sms(to="79990000000", text="y" * 400)))
        for number in range(4, 7):
            await ticked(clock, 1.1)
            await gateway.submitted(number)
        await soon([more])

    assert 6 == len(gateway.submits)


async def test_parts_keep_their_distance_after_a_move(gateway: Gateway) -> None:
    """Also if the turns of all of them are over."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        first = asyncio.create_task(smsc.send(HI))
        whole, partly = start(smsc, [LONG, Sms(to="79990000000", text="y" * 400)])
        await gateway.submitted()
        for number in range(2, 8):
            await ticked(clock, 9)
            await gateway.submitted(number)
            await turns()
            assert number == len(gateway.submits)
        await soon([first, whole, partly])


async def test_minute_of_parts_that_were_not_begun_does_not_run(gateway: Gateway) -> None:
    """The gateway has no part of it."""
    clock = GatewayClock()
    gateway.on_submit = nothing
    async with SmscClient(gateway.url("window=3"), clock=clock, limits=UNPACED) as smsc:
        blocker, sending = start(smsc, [numbered(1), LONG])
        (submit,) = await gateway.submitted()
        await ticked(clock, 600)
        gateway.on_submit = gateway.accept
        gateway.accept(gateway.peer, submit)
        await soon([blocker, sending])

    assert 3 == (await sending).parts


async def test_deadline_of_a_send_is_time_of_the_loop(gateway: Gateway) -> None:
    """`within` is no rule: nothing ends before it, and a turn that comes earlier helps."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        first = asyncio.create_task(smsc.send(HI))
        second = asyncio.create_task(smsc.send(numbered(2), within=30))
        third = asyncio.create_task(smsc.send(LONG, within=30))
        await gateway.submitted()
        for _ in range(4):
            await ticked(clock, 12)
        await soon([first, second, third])


# Clocks and their subscriptions.


async def test_plain_function_wakes_nothing(gateway: Gateway) -> None:
    """It can't say when it is moved; the rules count by it all the same."""
    ahead = 0.0
    began = time.monotonic()
    async with SmscClient(gateway.url(), clock=lambda: began + ahead) as smsc:
        await smsc.send(HI)
        with pytest.raises(RepeatedMessageError):
            await smsc.send(HI)
        ahead = 61.5
        await smsc.send(HI)


class OddClock:
    """A clock that fails when a test says so."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []
        self.shift = 0.0
        self.fails = self.refuses = False

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Keep a callback, or fail."""
        if self.refuses:
            raise ZeroDivisionError
        self.callbacks.append(callback)
        return nothing

    def __call__(self) -> float:
        """Return the time, or fail."""
        if self.fails:
            raise ZeroDivisionError
        return time.monotonic() + self.shift


async def test_clock_whose_subscribe_fails_is_a_plain_one(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """The place of its error is logged, and messages go out."""
    clock = OddClock()
    clock.refuses = True
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        await smsc.send(HI)

    assert "! clock.subscribe failed: ZeroDivisionError" in caplog.text


async def test_clock_that_fails_after_a_move_ends_a_held_caller(gateway: Gateway) -> None:
    """It gets the error, when its time has come or at the end of the client."""
    clock = OddClock()
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        await smsc.send(HI)
        (sending,) = start(smsc, [HI], Hold.wait())
        await turns()
        clock.fails = True
        clock.callbacks[0]()
        await turns()
        assert not sending.done()

    assert sending.exception() is not None


async def test_clock_that_goes_back_moves_nothing(gateway: Gateway) -> None:
    """It never should; what waits goes on at the time of the loop."""
    clock = OddClock()
    async with SmscClient(gateway.url(), clock=clock, limits=SLOW) as smsc:
        sends = start(smsc, [numbered(1), numbered(2)])
        await gateway.submitted()
        clock.shift = -50.0
        clock.callbacks[0]()
        await turns()
        assert 1 == len(gateway.submits)
        await asyncio.gather(*sends)

    assert 2 == len(gateway.submits)


async def test_client_that_was_left_is_not_called(gateway: Gateway) -> None:
    """The clock lives on, and forgets the client; entering follows it again."""
    clock = GatewayClock()
    smsc = SmscClient(gateway.url(), clock=clock, limits=UNPACED)
    assert [] == clock._callbacks
    for _ in range(2):
        async with smsc:
            assert 1 == len(clock._callbacks)
        assert [] == clock._callbacks
        clock.advance(100)
        await turns()


async def test_client_that_could_not_be_entered_is_not_called() -> None:
    """Nothing of it is left."""
    clock = GatewayClock()
    async with Gateway() as gateway:
        gateway.on_bind = refusing(CommandStatus.ESME_RINVPASWD)
        with pytest.raises(Exception, match="refused"):
            await SmscClient(gateway.url(), clock=clock).__aenter__()

    assert [] == clock._callbacks


async def test_move_while_the_client_is_left_is_harmless(gateway: Gateway) -> None:
    """Its call is under way already."""
    clock = GatewayClock()
    async with SmscClient(gateway.url(), clock=clock) as smsc:
        moves = smsc._runtime.admission.moves  # type: ignore[union-attr] # it is open
    moves._on_moved()
    await turns()

    assert repr(moves) == "<ClockMoves of <GatewayClock, moved by 0 s>>"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_closed_loop_raises_nothing_in_the_moving_thread(loop: str) -> None:
    """A program that ends its loop without leaving the client; the clock forgets it then."""
    clock = GatewayClock()

    async def main() -> None:
        """Do it in a loop of its own."""
        ClockMoves(clock, time.monotonic, Mock(), Mock()).open()

    run_on(loop, main())
    assert 1 == len(clock._callbacks)
    from_another_thread(lambda: clock.advance(5))
    assert [] == clock._callbacks
    clock.advance(5)
    assert 10 == clock.shift


# Many.


class LongestTurn:
    """Measures the longest turn of a loop, in seconds of processor time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._task = asyncio.create_task(self._measure())

    async def _measure(self) -> None:
        """Look at each turn."""
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            self.seconds = max(self.seconds, time.thread_time() - began)

    def stop(self) -> None:
        """End it."""
        self._task.cancel()


MANY = 10_000
LONGEST_TURN = 0.1
"""Seconds of processor time in one turn of the loop."""


async def move_many(url: str, limits: GatewayLimits, *, are_held: bool) -> float:
    """Let a move wake 10,000 callers, who go on in order; return the longest turn it takes."""
    clock = GatewayClock()
    async with SmscClient(url, clock=clock, limits=limits) as smsc:
        messages = [numbered(number) for number in range(MANY)]
        if are_held:
            await asyncio.gather(*start(smsc, messages))
        order: list[int] = []

        async def send(number: int) -> None:
            """Send one of them, and note when it was accepted."""
            await smsc.send(messages[number], hold=Hold.wait())
            order.append(number)

        tasks = [asyncio.create_task(send(number)) for number in range(MANY)]
        await asyncio.sleep(0.01)
        done = len(order)
        turn = LongestTurn()
        await asyncio.sleep(0.01)
        clock.advance(200)
        await asyncio.gather(*tasks)
        turn.stop()

    assert done < MANY / 4
    assert list(range(MANY)) == order
    return turn.seconds


@pytest.mark.takes_up_to(20, reason="20,000 messages are sent and answered")
@pytest.mark.parametrize("window", [100, 50_000])
@pytest.mark.parametrize("are_held", [True, False], ids=["held", "paced"])
def test_move_wakes_many_in_small_turns(window: int, *, are_held: bool) -> None:
    """10,000 at once would hold up links and users' code."""
    limits = UNPACED if are_held else GatewayLimits(rate=2000)
    scenario = Scenario(rules=None, window=MANY, receipts=False)
    gc.collect()
    gc.disable()  # it visits all objects of the whole suite
    try:
        with (
            Simulator(scenario).in_thread() as simulator,
            asyncio.Runner(debug=False, loop_factory=asyncio.new_event_loop) as runner,
        ):
            url = f"{simulator.url}?window={window}"
            longest = runner.run(move_many(url, limits, are_held=are_held))
    finally:
        gc.enable()

    assert longest < LONGEST_TURN


# `sim://`.


async def test_simulator_and_client_have_one_clock() -> None:
    """A repeat passes both, when the clock was moved."""
    clock = GatewayClock()
    async with SmscClient("sim://", clock=clock) as smsc:
        assert smsc.simulator is not None
        assert clock is smsc.simulator.clock
        await smsc.send(HI)
        with pytest.raises(HeldByRuleError) as held:
            await smsc.send(HI)
        clock.advance(61)
        await smsc.send(HI)
        assert 2 == len(smsc.simulator.messages)

    assert Outcome.NOT_SENT is held.value.outcome


async def test_simulator_by_url_has_a_clock_that_can_be_moved() -> None:
    """Without a word of the user."""
    async with SmscClient("sim://") as smsc:
        assert smsc.simulator is not None
        clock: Any = smsc.simulator.clock
        assert isinstance(clock, GatewayClock)
        await smsc.send(HI)
        clock.advance(61)
        await smsc.send(HI)


@pytest.mark.parametrize("given", ["store", "plain clock", "store of its own"])
async def test_simulator_has_the_clock_of_the_store_if_it_can_be_moved(given: str) -> None:
    """Any other may be anything, and is the client's alone."""
    clock = GatewayClock()
    arguments: dict[str, dict[str, Any]] = {
        "store": {"store": MemoryRuleStore(clock)},
        "plain clock": {"clock": time.monotonic},
        "store of its own": {"store": MemoryRuleStore()},
    }
    async with SmscClient("sim://", **arguments[given]) as smsc:
        await smsc.send(HI)
        assert smsc.simulator is not None
        assert (smsc.simulator.clock is clock) is (given == "store")


async def test_simulator_can_be_read_after_leaving(gateway: Gateway) -> None:
    """For what it received; another URL has none."""
    smsc = SmscClient("sim://")
    found = [smsc.simulator]
    async with smsc:
        await smsc.send(HI)
    found += [smsc.simulator]
    async with smsc:
        found += [smsc.simulator]
    before, first, second = found
    assert before is None
    assert first is not None
    assert ["Hi"] == [message.text for message in first.messages]
    assert first is not second is not None
    async with SmscClient(gateway.url()) as other:
        assert other.simulator is None

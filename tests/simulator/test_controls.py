"""What users do with a simulator, seen from a client of it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from scripted import until

from pdu import CommandStatus, MessageState
from smsc_async import GatewayLimits, Hold, Sms, SmscClient
from smsc_async.errors import ConfigError, LinkError, ResponseTimeoutError, SubmitRefusedError
from smsc_async.simulator import (
    AlreadyFinalError,
    Chaos,
    Fate,
    GatewayClock,
    MessageFilter,
    Scenario,
    Simulator,
    UnknownMessageError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsc_async import Receipt

TO = "79991234567"
LATER = Scenario(receipt_delay=3600.0)
"""Nothing becomes of a message by itself."""
OFF = Fate(state=MessageState.UNDELIVERABLE, error_code=6)
NO_RULES = GatewayLimits.off()
"""The client sends what the gateway refuses."""


async def test_decision_is_the_receipt_that_the_client_awaits() -> None:
    """A click, a key or a test decides while the client waits."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url) as smsc:
        sent = await smsc.send(Sms(to=TO, text="Code: 4821"))
        simulator.decide(sent.message_id, OFF)
        receipt = await sent.receipt(timeout=5)

    assert (MessageState.UNDELIVERABLE, 6) == (receipt.state, receipt.error_code)


async def test_message_is_named_by_number_id_or_itself() -> None:
    """As a test has it at hand; each decision is final here."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url) as smsc:
        for text in ("a", "b", "c"):
            await smsc.send(Sms(to=TO, text=text))
        first, _, third = simulator.messages
        for name in (first, 2, third.id):
            simulator.decide(name, OFF)

        assert ["done"] * 3 == [message.status for message in simulator.messages]
        with pytest.raises(AlreadyFinalError, match="m-2 has its outcome already"):
            simulator.decide("m-2", OFF)
        with pytest.raises(UnknownMessageError, match="the newest 500 are"):
            simulator.decide("m-4", OFF)


async def test_fate_of_a_number_is_set_and_removed() -> None:
    """The mapping shows digits."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url) as smsc:
        simulator.set_fate("+7 999 123-45-67", Fate(answer="refuse", command_status=0x0B))
        assert [TO] == list(simulator.fates)
        with pytest.raises(SubmitRefusedError) as caught:
            await smsc.send(Sms(to=TO, text="a"))
        simulator.set_fate(TO, None)
        await smsc.send(Sms(to=TO, text="a"))

    assert CommandStatus.ESME_RINVDSTADR == caught.value.command_status
    assert ["a"] == [message.text for message in simulator.refused]


async def test_hold_and_release_keep_the_order() -> None:
    """Receipts come as the messages came."""
    async with Simulator(hold="receipt") as simulator, SmscClient(simulator.url) as smsc:
        sent = [await smsc.send(Sms(to=TO, text=str(number))) for number in range(5)]
        assert ["held"] * 5 == [message.status for message in simulator.messages]
        assert 5 == simulator.release()
        received = [receipt.message_id async for receipt in _first(smsc, 5)]

    assert [one.message_id for one in sent] == received


async def _first(smsc: SmscClient, count: int) -> AsyncIterator[Receipt]:
    """Return the first receipts."""
    async for receipt in smsc.receipts():
        yield receipt
        count -= 1
        if not count:
            return


async def test_held_response_runs_into_the_timeout_of_the_client() -> None:
    """Its outcome is UNKNOWN; the response that is released later is too late."""
    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        simulator.hold = "answer"
        with pytest.raises(ResponseTimeoutError):
            await smsc.send(Sms(to=TO, text="a"), timeout=0.05)
        assert 1 == simulator.release()
        simulator.hold = "off"
        await smsc.send(Sms(to=TO, text="b"))

        held, later = simulator.messages
        assert ["received", "held", "answered"] == [one.event for one in held.timeline][:3]
        assert ["received", "answered"] == [one.event for one in later.timeline][:2]
        submits, responses = (
            [one.sequence_number for one in simulator.frames() if one.command_id == command_id]
            for command_id in (0x4, 0x80000004)
        )
        assert (2, submits) == (len(submits), responses)


@pytest.mark.parametrize("hold", ["on", "", None, "Receipt"])
def test_hold_has_three_modes(hold: str) -> None:
    """Nothing else."""
    with pytest.raises(ValueError, match="hold takes one of off, receipt, answer"):
        Simulator().hold = hold  # type: ignore[assignment]
    with pytest.raises(ValueError, match="hold takes one of"):
        Simulator(hold=hold)  # type: ignore[arg-type]


async def test_gateway_takes_a_repeat_after_its_clock_has_moved() -> None:
    """The refused one is kept with its twin, and says when it passes."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url, limits=NO_RULES) as smsc:
        message = Sms(to=TO, text="Code: 4821")
        await smsc.send(message)
        with pytest.raises(SubmitRefusedError):
            await smsc.send(message)
        (refused,) = simulator.refused
        assert refused.stop is not None
        assert ("repeat", 1) == (refused.stop.rule, refused.stop.twin)
        assert 59.0 < refused.stop.retry_after <= 60.0
        simulator.clock.advance(refused.stop.retry_after)
        await smsc.send(message)

    assert (2, ["m-1", "m-3"]) == (
        simulator.stats.messages,
        [message.id for message in simulator.messages],
    )


async def test_ten_minutes_at_once_end_no_link() -> None:
    """What was due comes in order, each receipt with the date of its own instant."""
    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        sent = []
        for seconds in (500.0, 30.0, 200.0):
            simulator.set_fate(TO, Fate(after=seconds))
            sent.append(await smsc.send(Sms(to=TO, text=f"{seconds}")))
        simulator.clock.advance(600.0)
        receipts = [receipt async for receipt in _first(smsc, 3)]
        await smsc.send(Sms(to=TO, text="still bound"))

        assert (1, 1) == (simulator.stats.connections, simulator.stats.links)
    order = [sent[1].message_id, sent[2].message_id, sent[0].message_id]
    assert order == [receipt.message_id for receipt in receipts]
    spans = [
        (part.done_at - part.submitted_at).total_seconds()
        for message in simulator.messages[:3]
        for part in message.submits
        if part.done_at is not None
    ]
    assert [500.0, 30.0, 200.0] == spans


async def test_clock_is_moved_from_another_thread() -> None:
    """The simulator acts on its own."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url) as smsc:
        sent = await smsc.send(Sms(to=TO, text="a"))
        mover = threading.Thread(target=simulator.clock.advance, args=(3600.0,))
        mover.start()
        receipt = await sent.receipt(timeout=5)
        mover.join()

    assert MessageState.DELIVERED is receipt.state
    simulator.clock.advance(1.0)


def test_simulator_that_never_ran_is_empty() -> None:
    """Reading is no error, deciding is."""
    simulator = Simulator()

    assert ([], [], []) == (simulator.messages, simulator.refused, simulator.find())
    assert (0, None) == (simulator.forget(), simulator.chaos)
    simulator.set_fate(TO, OFF)
    simulator.end_chaos()
    with pytest.raises(UnknownMessageError):
        simulator.message(1)
    with pytest.raises(RuntimeError, match="not running"):
        simulator.release()
    with pytest.raises(RuntimeError, match="not running"):
        simulator.decide(1, OFF)


def test_thread_without_a_loop_decides() -> None:
    """The same calls, from any thread."""
    with Simulator(LATER).in_thread() as simulator:

        async def send() -> MessageState | int | None:
            """Send two messages."""
            async with SmscClient(simulator.url) as smsc:
                simulator.hold = "receipt"
                sent = await smsc.send(Sms(to=TO, text="Code: 4821"))
                assert ("receipt", "held") == (simulator.hold, simulator.message("m-1").status)
                assert 1 == simulator.release(MessageFilter(to=TO), OFF)
                first = await sent.receipt(timeout=5)
                simulator.hold = "off"
                simulator.set_fate(TO, Fate(state=MessageState.EXPIRED, after=0.0))
                assert [TO] == list(simulator.fates)
                second = await smsc.send(Sms(to=TO, text="b"))
                assert first.state == MessageState.UNDELIVERABLE
                return (await second.receipt(timeout=5)).state

        assert MessageState.EXPIRED is asyncio.run(send())
        with pytest.raises(AlreadyFinalError):
            simulator.decide(1, OFF)
        simulator.decide(1, OFF, again=True)
        simulator.clock.advance(1.0)
        assert 2 == len(simulator.find())
        assert (2, [], None) == (simulator.forget(), simulator.refused, simulator.chaos)


async def test_chaos_is_drawn_until_it_ends() -> None:
    """With a seed the same messages meet the same faults."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url) as smsc:
        run = simulator.start_chaos(Chaos(outcome=100, seed=4821, messages=2))
        sent = [await smsc.send(Sms(to=TO, text=str(number))) for number in range(3)]
        simulator.clock.advance(3600.0)
        states = [(await one.receipt(timeout=5)).state for one in sent]
        assert 4821 == run.seed
        simulator.end_chaos()

        assert simulator.chaos is None
    failed = MessageState.UNDELIVERABLE
    assert [failed, failed, MessageState.DELIVERED] == states


async def test_chaos_refuses_connections() -> None:
    """Closed at once: the client connects again by itself when it has ended."""
    async with Simulator() as simulator:
        simulator.start_chaos(Chaos(connect=100, seed=1))
        with pytest.raises(LinkError):
            async with SmscClient(simulator.url):
                pass
        simulator.end_chaos()
        async with SmscClient(simulator.url) as smsc:
            await smsc.send(Sms(to=TO, text="a"))

        assert (2, 1) == (simulator.stats.connections, simulator.stats.messages)


async def test_only_a_message_that_is_kept_is_decided() -> None:
    """Neither one that was forgotten, nor another simulator's with the same number."""
    async with (
        Simulator(LATER) as simulator,
        SmscClient(simulator.url) as smsc,
        Simulator(LATER) as other,
        SmscClient(other.url) as others_client,
    ):
        await others_client.send(Sms(to=TO, text="a"))
        await smsc.send(Sms(to=TO, text="a"))
        (kept,) = simulator.messages
        with pytest.raises(UnknownMessageError, match="m-1 isn't kept by this simulator"):
            other.decide(kept, OFF)
        assert 1 == simulator.forget()
        for name in (kept, kept.id, kept.number, kept.message_id):
            with pytest.raises(UnknownMessageError):
                simulator.decide(name, OFF)
            with pytest.raises(UnknownMessageError):
                simulator.frames_of(name)
        with pytest.raises(TimeoutError):
            await simulator.wait_for_message(timeout=0)

        assert "on_its_way" == other.message(1).status


@pytest.mark.parametrize("wrong", ["x", 5, MessageState.DELIVERED])
async def test_value_of_another_kind_is_refused_where_it_is_given(wrong: Any) -> None:  # noqa: ANN401 - wrong
    """Not when the next message comes: that would end its link."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url) as smsc:
        await smsc.send(Sms(to=TO, text="a"))
        for call in (
            lambda: simulator.set_fate(TO, wrong),
            lambda: simulator.decide(1, wrong),
            lambda: simulator.release(fate=wrong),
        ):
            with pytest.raises(ConfigError, match="fate: takes a Fate, got"):
                call()
        with pytest.raises(ConfigError, match="scenario: takes a Scenario, got"):
            simulator.scenario = wrong
        with pytest.raises(ConfigError, match="chaos: takes a Chaos, got"):
            simulator.start_chaos(wrong)
        await smsc.send(Sms(to=TO, text="b"))

        assert 1 == simulator.stats.connections
    with pytest.raises(ConfigError, match="scenario: takes a Scenario, got"):
        Simulator(wrong)


async def test_clock_that_is_faster_than_the_loop_does_not_spin() -> None:
    """A look at it plans no flush, as each flush looks at it."""
    async with (
        Simulator(LATER, clock=lambda: time.monotonic() * 10) as simulator,
        SmscClient(simulator.url) as smsc,
    ):
        await smsc.send(Sms(to=TO, text="a"))
        listener = cast("Any", simulator)._open_listener
        flushes, flush = [], listener._flush
        listener._flush = lambda: flushes.append(flush())
        for _ in range(200):
            await asyncio.sleep(0)

        assert len(flushes) <= 2


async def test_decision_looks_at_a_clock_of_another_source() -> None:
    """What is due by then comes before it, and it is dated as a message of that moment."""
    at = 0.0
    async with (
        Simulator(Scenario(receipt_delay=60.0), clock=lambda: at) as simulator,
        SmscClient(simulator.url) as smsc,
    ):
        await smsc.send(Sms(to=TO, text="a"))
        at = 100.0
        with pytest.raises(AlreadyFinalError):
            simulator.decide(1, OFF)
        at = 200.0
        runs = [simulator.start_chaos(Chaos(outcome=100, seconds=50)), simulator.chaos]
        for at in (249.0, 251.0):  # noqa: B007 - the source of the clock reads it
            simulator.tick()
            runs.append(simulator.chaos)

        assert [runs[0], runs[0], None] == runs[1:]
        assert MessageState.DELIVERED is simulator.message(1).state


async def test_tick_wakes_callers_of_a_client_on_the_same_clock() -> None:
    """As `advance` does: a source can't say that it was moved."""
    at = 0.0
    async with (
        Simulator(LATER, clock=lambda: at) as simulator,
        SmscClient(simulator.url, clock=simulator.clock) as smsc,
    ):
        message = Sms(to=TO, text="Code: 4821")
        await smsc.send(message)
        again = asyncio.create_task(smsc.send(message, hold=Hold.wait()))
        await asyncio.sleep(0)
        at = 61.0
        simulator.tick()
        await asyncio.wait_for(again, 5)

        assert 2 == simulator.stats.messages


async def test_source_may_jump_far() -> None:
    """Ten years of it count, as dates end."""
    at = 0.0
    async with Simulator(clock=lambda: at) as simulator, SmscClient(simulator.url) as smsc:
        for at in (1e6, 1e12, -1e12, 1e300):
            simulator.tick()
            await smsc.send(Sms(to=TO, text=f"{at}"), timeout=5)

        assert 1 == simulator.stats.connections


def test_simulator_that_was_never_left_keeps_none_from_the_move() -> None:
    """Its loop is closed, and another simulator has the same clock."""
    clock, loop = GatewayClock(), asyncio.new_event_loop()
    lost = Simulator(clock=clock)
    loop.run_until_complete(lost.__aenter__())
    cast("Any", lost)._open_listener.stop_accepting()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    moves: list[float] = []
    clock.subscribe(lambda: moves.append(clock.shift))
    clock.advance(1)
    thread = threading.Thread(target=clock.advance, args=(1,))
    thread.start()
    thread.join()

    assert [1.0, 2.0] == moves
    assert 1 == len(clock._callbacks)


async def test_source_that_is_slower_than_the_loop_does_not_spin() -> None:
    """What isn't due by it is looked at again after as many seconds as are missing."""
    at = 0.0
    async with (
        Simulator(Scenario(receipt_delay=0.02), clock=lambda: at) as simulator,
        SmscClient(simulator.url) as smsc,
    ):
        await smsc.send(Sms(to=TO, text="a"))
        listener, loop = cast("Any", simulator)._open_listener, asyncio.get_running_loop()
        began, flushes, flush = loop.time(), list[None](), listener._flush
        listener._flush = lambda: flushes.append(flush())
        await until(lambda: len(flushes) >= 5)
        before = simulator.message(1).state
        assert loop.time() - began >= 0.04
        at = 0.02
        simulator.tick()

        assert [MessageState.ENROUTE, MessageState.DELIVERED] == [
            before,
            simulator.message(1).state,
        ]

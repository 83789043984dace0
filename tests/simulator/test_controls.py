"""What users do with a simulator, seen from a client of it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from pdu import CommandStatus, MessageState
from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.errors import LinkError, ResponseTimeoutError, SubmitRefusedError
from smsc_async.simulator import (
    AlreadyFinalError,
    Chaos,
    Fate,
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

        assert ["answered", "answered"] == [
            next(entry.event for entry in message.timeline if entry.event == "answered")
            for message in simulator.messages
        ]


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


async def test_messages_are_found_and_forgotten() -> None:
    """Accepted and refused ones, by cursor."""
    async with Simulator(LATER) as simulator, SmscClient(simulator.url, limits=NO_RULES) as smsc:
        for text in ("a", "b", "b", "c"):
            with_refusal = smsc.send(Sms(to=TO, text=text))
            await asyncio.gather(with_refusal, return_exceptions=True)
        newest, *_ = page = simulator.find(limit=2)

        assert ["c", "b"] == [message.text for message in page]
        assert ["b", "a"] == [m.text for m in simulator.find(before=page[-1].number)]
        assert [] == simulator.find(after=newest.number)
        assert ["b"] == [m.text for m in simulator.find(MessageFilter(status="refused"))]
        assert "m-4" == simulator.message(newest.message_id).id
        assert 1 == simulator.forget(MessageFilter(text="c"))
        assert 3 == simulator.forget()
        assert ([], []) == (simulator.messages, simulator.refused)


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


async def test_messages_stay_behind_the_end() -> None:
    """A test looks at them after the block."""
    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        await smsc.send(Sms(to=TO, text="a"))

    assert ["a"] == [message.text for message in simulator.find()]
    with pytest.raises(RuntimeError, match="not running"):
        simulator.decide(1, OFF)
    with pytest.raises(RuntimeError, match="not running"):
        simulator.tick()


def test_thread_without_a_loop_decides() -> None:
    """The same calls, from any thread."""
    with Simulator(LATER).in_thread() as simulator:

        async def send() -> MessageState | int | None:
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


async def test_frames_of_a_message_are_those_of_the_wire() -> None:
    """Submit, response, receipt and its response; no others, and no password."""
    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        await (await smsc.send(Sms(to=TO, text="first"))).receipt(timeout=5)
        sent = await smsc.send(Sms(to=TO, text="Code: 4821"))
        await sent.receipt(timeout=5)
        await smsc.send(Sms(to=TO, text="third"))
        message = simulator.message(sent.message_id)
        frames = simulator.frames_of(message)

        assert [0x4, 0x80000004, 0x5, 0x80000005] == [frame.command_id for frame in frames]
        assert ["in", "out", "out", "in"] == [frame.direction for frame in frames]
        newest = simulator.frames(limit=1)
        assert simulator.frames(before=newest[0].number, limit=1)[0].number < newest[0].number
    assert not any(b"demo\0demo" in frame.octets for frame in simulator.frames())


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

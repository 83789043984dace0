"""What users read of a simulator, seen from a client of it."""

from __future__ import annotations

import asyncio
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from pdu import MessageState
from smsc_async import GatewayLimits, Sms, SmscClient
from smsc_async.simulator import Fate, MessageFilter, Scenario, Simulator, UnknownMessageError

TO = "79991234567"
LATER = Scenario(receipt_delay=3600.0)
"""Nothing becomes of a message by itself."""
OFF = Fate(state=MessageState.UNDELIVERABLE, error_code=6)
NO_RULES = GatewayLimits.off()
"""The client sends what the gateway refuses."""


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


async def test_frames_of_a_refused_message_are_its_submit_and_response() -> None:
    """Which of its link they are is recorded with it."""
    async with Simulator() as simulator, SmscClient(simulator.url, limits=NO_RULES) as smsc:
        for text in ("a", "b", "b"):
            await asyncio.gather(smsc.send(Sms(to=TO, text=text)), return_exceptions=True)
        (refused,) = simulator.refused
        frames = simulator.frames_of(refused)

    assert [(0x4, 0), (0x80000004, 0x45)] == [
        (one.command_id, one.command_status) for one in frames
    ]
    assert b"b" == frames[0].octets[-1:]


async def test_messages_stay_behind_the_end() -> None:
    """A test looks at them after the block."""
    async with Simulator() as simulator, SmscClient(simulator.url) as smsc:
        await smsc.send(Sms(to=TO, text="a"))

    assert ["a"] == [message.text for message in simulator.find()]
    with pytest.raises(RuntimeError, match="not running"):
        simulator.decide(1, OFF)
    with pytest.raises(RuntimeError, match="not running"):
        simulator.tick()


def test_waiting_thread_goes_on_when_the_simulator_ends() -> None:
    """With an error and at once: leaving doesn't wait for the timeout."""
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with Simulator().in_thread() as simulator:
            calls = cast("Any", simulator)._simulator._calls
            wait = calls.next_message

            async def next_message(timeout: float) -> object:  # noqa: ASYNC109 - passed through
                """Note that the call waits."""
                begun.set()
                return await wait(timeout)

            calls.next_message = next_message
            waiting = pool.submit(simulator.wait_for_message, timeout=300.0)
            assert begun.wait(5)
        with pytest.raises(RuntimeError, match="closed meanwhile"):
            waiting.result(5)


async def test_errors_show_no_number_that_was_passed() -> None:
    """A crash reporter sends the variables of each frame; ours have left the traceback."""
    async with Simulator() as simulator:
        for call in (
            lambda: simulator.message(TO),
            lambda: simulator.decide(TO, OFF),
            lambda: simulator.frames_of(TO),
            lambda: simulator.find(MessageFilter(to=TO), limit=-1),
            lambda: simulator.set_fate(TO, cast("Any", "x")),
        ):
            with pytest.raises((UnknownMessageError, ValueError)) as caught:
                call()
            frames = [frame for frame, _ in traceback.walk_tb(caught.tb)]
            assert {__name__} == {frame.f_globals["__name__"] for frame in frames}
            assert TO not in str(caught.value)

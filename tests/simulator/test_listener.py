"""The timer of the simulator's listener; its sockets are tested by `test_server`."""

from __future__ import annotations

import asyncio

import pytest

from smsc_async.simulator.listener import DeadlineTimer


async def test_timer_fires_once_for_the_earliest_deadline() -> None:
    """A deadline that moves away may fire for nothing; one that comes nearer is never late."""
    fired = asyncio.Event()
    loop = asyncio.get_running_loop()
    timer = DeadlineTimer(loop, loop.time, fired.set)
    timer.set(None)
    timer.set(loop.time() + 60.0)
    timer.set(loop.time())
    timer.set(loop.time() + 30.0)
    await fired.wait()

    assert "<DeadlineTimer at inf>" == repr(timer)


async def test_cancelled_timer_has_no_deadline() -> None:
    """It may be cancelled again, as a lost connection does while the simulator closes."""
    loop = asyncio.get_running_loop()
    timer = DeadlineTimer(loop, loop.time, pytest.fail)
    timer.set(1e9)
    assert "<DeadlineTimer at 1e+09>" == repr(timer)

    timer.cancel()
    timer.cancel()
    assert "<DeadlineTimer at inf>" == repr(timer)

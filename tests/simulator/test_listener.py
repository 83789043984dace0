"""The simulator's listener where no socket is needed; `test_server` has the rest."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from smsc_async.simulator import Scenario
from smsc_async.simulator.listener import Connection, DeadlineTimer, Listener
from smsc_async.simulator.smsc import SimulatedSmsc


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


async def test_connection_that_failed_while_it_was_made_has_a_repr() -> None:
    """Asyncio logs it, for instance after a TLS handshake that failed."""
    loop = asyncio.get_running_loop()
    smsc = SimulatedSmsc(Scenario(), now=0.0, wall=datetime.now(UTC))

    assert "<Connection None, <DeadlineTimer at inf>>" == repr(
        Connection(Listener(smsc, loop.time))
    )

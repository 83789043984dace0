"""A listener on a loopback socket, its handler, and a client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from listener_doubles import Handler, Link, Wire

from smsc_async.listener import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def handler() -> Handler:
    """A handler without links."""
    return Handler()


@pytest.fixture
async def listener(handler: Handler) -> AsyncIterator[Listener[Link]]:
    """A listener at a port of this machine."""
    listener = Listener(handler, asyncio.get_running_loop().time, observer=handler)
    await listener.listen("127.0.0.1", 0)
    yield listener
    await listener.close()


@pytest.fixture
async def wire(listener: Listener[Link]) -> AsyncIterator[Wire]:
    """A bound client of it."""
    async with Wire.open(listener.port) as wire:
        await wire.bind()
        yield wire

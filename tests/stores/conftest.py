"""The servers and the stores that are tested here; their classes are in `tests/support`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from redis_server import RedisServer
from rules_world import World, new_account

from smsc_async import MemoryRuleStore, RedisRuleStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for all tests that neither freeze nor kill it; each account is used once."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that a test may freeze and kill."""
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["memory", "redis", "redis, two workers"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """An account with each kind of store in turn."""
    if request.param == "memory":
        world = World(MemoryRuleStore)
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        account = new_account()
        world = World(
            lambda clock: RedisRuleStore(
                server.url, account=account, secret="s", clock=clock, budget=5.0
            ),
            workers=2 if "two" in request.param else 1,
        )
    yield world
    for store in world.stores:
        await store.aclose()

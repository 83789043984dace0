"""Outboxes of both kinds, and a scripted client.

Rule: both kinds of outbox keep the same promises, so tests take the outbox from a fixture.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import psycopg
import pytest
from outboxes import Accepted, ScriptedClient
from zygote import open_outbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from smsc_async.outbox.base import BaseOutbox

_schemas = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a place for the test's outbox: a path, or a conninfo."""
    if request.param == "sqlite":
        return str(tmp_path / "outbox.db")
    conninfo = request.getfixturevalue("postgres")
    schema = f"outbox_{next(_schemas)}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{conninfo} options='-c search_path={schema}'"


@pytest.fixture
def make_outbox(place: str) -> Callable[[], BaseOutbox]:
    """Make outboxes that share their entries, as those of several processes do."""
    return lambda: open_outbox(place)


@pytest.fixture
async def outbox(make_outbox: Callable[[], BaseOutbox]) -> AsyncGenerator[BaseOutbox]:
    """Give an open outbox."""
    async with make_outbox() as opened:
        yield opened


@pytest.fixture
def client() -> ScriptedClient:
    """Give a client that accepts everything, until a test changes its answers."""
    return ScriptedClient([Accepted()])

"""Helpers for tests of the outbox: a sudden death, and a client that does as it is told."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import psycopg

from smsc_async import Health, LinkState, SmscConfig
from smsc_async.outbox.postgres import PostgresStore
from smsc_async.outbox.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from smsc_async import Message, Receipt, SmscClient
    from smsc_async.outbox.base import BaseOutbox


async def die(outbox: BaseOutbox) -> None:
    """Let the owner of an outbox be dead: what kill -9 does, in this process."""
    store = outbox._ledger._store
    if isinstance(store, SqliteStore):
        assert store._lock is not None
        os.close(store._lock._descriptor)
        store._lock = None
    elif isinstance(store, PostgresStore):
        assert store._connection is not None
        with psycopg.connect(store._conninfo, autocommit=True) as other:
            pid = store._connection.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        store._owner = None


@dataclass
class TamedClient:
    """A client whose `send` does what the test says, one answer after the other.

    Args:
        answers: An error to raise, or what to return; the last one again and again.
        sent: What it was given.
    """

    answers: list[Any] = field(default_factory=list)
    sent: list[Message[Any]] = field(default_factory=list)
    receipts_to_come: list[Receipt] = field(default_factory=list)
    state: LinkState = LinkState.BOUND
    was_called: asyncio.Event = field(default_factory=asyncio.Event)
    were_read: asyncio.Event = field(default_factory=asyncio.Event)
    config: SmscConfig = field(default_factory=lambda: SmscConfig.from_url("sim://"))

    async def send(self, message: Message[Any]) -> Any:  # noqa: ANN401 - something like a Submission
        """Do as told."""
        self.sent.append(message)
        self.was_called.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(message)
        if asyncio.isfuture(answer):
            return await answer
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def receipts(self) -> AsyncGenerator[Receipt]:
        """Give the receipts, then wait."""
        for receipt in self.receipts_to_come:
            yield receipt
        self.were_read.set()
        await asyncio.get_running_loop().create_future()

    async def accept_after_receipts(self, accepted: Accepted) -> Accepted:
        """Return the answer when all receipts have been read."""
        await self.were_read.wait()
        return accepted

    def health(self) -> Health:
        """Be bound, or not."""
        return Health(self.state, int(self.state is LinkState.BOUND), None, "told so")

    @property
    def as_client(self) -> SmscClient:
        """For those who ask for a real one."""
        return cast("SmscClient", self)


@dataclass(frozen=True)
class Accepted:
    """What of a Submission an outbox looks at."""

    message_ids: tuple[str, ...] = ("17",)
    receipts: tuple[Receipt | None, ...] = (None,)

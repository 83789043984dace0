"""Helpers for tests of the outbox: a killed owner, and a scripted client."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import psycopg

from smsc_async import (
    SMSC_RU,
    ClientClosedError,
    Dialect,
    GatewayLimits,
    Health,
    LinkState,
    LocalProtocolError,
    Outcome,
    SmscConfig,
    SubmitInterruptedError,
)
from smsc_async.outbox.postgres import PostgresStore
from smsc_async.outbox.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from smsc_async import Message, Receipt, SmscClient
    from smsc_async.outbox.attempt import Attempt
    from smsc_async.outbox.base import BaseOutbox


async def kill_owner(outbox: BaseOutbox) -> None:
    """Release the owner's lock as kill -9 of its process would."""
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


async def begin_sending(outbox: BaseOutbox, number: int = 1) -> list[Attempt]:
    """Claim entries, and store that they are about to be written; return the attempts."""
    claimed = [attempt for attempt, _ in await outbox._ledger.claim_due(number)]
    await outbox._ledger.begin_sending(claimed, time.monotonic)
    return claimed


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until a condition holds that another task or process brings about."""
    while True:
        holds = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        await asyncio.sleep(0.01)


async def turn_loop() -> None:
    """Let the loop run everything that is ready."""
    for _ in range(10):
        await asyncio.sleep(0)


@dataclass
class ScriptedQueue:
    """A write queue that asks before each message, and has its client send it.

    Args:
        client: The client.
        before_write: Called with the ticket of each message.
        was_stopped: Whether nothing is written any more.
    """

    client: ScriptedClient
    before_write: Any
    was_stopped: bool = False

    @property
    def now(self) -> Any:  # noqa: ANN401 - a clock
        """The loop's clock."""
        return asyncio.get_running_loop().time

    async def send(self, message: Message[Any], ticket: Any) -> Any:  # noqa: ANN401 - as the real one
        """Ask, and send the message."""
        self.client.tickets.append(ticket)
        allowed = await self.before_write([ticket])
        if self.was_stopped or ticket not in allowed or ticket.remaining() <= 0:
            raise SubmitInterruptedError(message, outcome=Outcome.NOT_SENT)
        ticket.is_written = True
        try:
            return await self.client.send(message)
        except (ClientClosedError, LocalProtocolError):
            ticket.is_written = False
            raise

    def stop(self) -> None:
        """Write no more."""
        self.was_stopped = True

    def give_back(self, reason: str) -> None:
        """Note that claimed entries are given back."""
        self.client.given_back.append(reason)

    def close(self) -> None:
        """Write no more."""
        self.was_stopped = True


@dataclass
class ScriptedClient:
    """A client whose `send` gives prepared answers.

    Args:
        answers: What each `send` returns, or the error it raises; the last one is repeated.
        sent: The messages it was given.
        tickets: Those of its write queues.
        given_back: Why its write queues gave messages back.
        receipts_to_come: What `receipts` yields.
        state: The state of its link.
        was_called: Set by `send`.
        were_read: Set when all receipts were read.
        health_reads: Number of calls of `health`.
    """

    answers: list[Any] = field(default_factory=list)
    sent: list[Message[Any]] = field(default_factory=list)
    tickets: list[Any] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)
    receipts_to_come: list[Receipt] = field(default_factory=list)
    state: LinkState = LinkState.BOUND
    was_called: asyncio.Event = field(default_factory=asyncio.Event)
    were_read: asyncio.Event = field(default_factory=asyncio.Event)
    health_reads: int = 0
    dialect: Dialect = SMSC_RU
    config: SmscConfig = field(default_factory=lambda: SmscConfig.from_url("sim://"))

    limits: GatewayLimits = field(default_factory=GatewayLimits)

    def write_queue(self, before_write: Any) -> ScriptedQueue:  # noqa: ANN401 - as the real one
        """Return a queue."""
        return ScriptedQueue(self, before_write)

    async def send(self, message: Message[Any]) -> Any:  # noqa: ANN401 - an `Accepted`
        """Give the next answer."""
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
        """Yield the receipts, then wait."""
        for receipt in self.receipts_to_come:
            yield receipt
        self.were_read.set()
        await asyncio.get_running_loop().create_future()

    async def accept_after_receipts(self, accepted: Accepted) -> Accepted:
        """Return the answer when all receipts have been read."""
        await self.were_read.wait()
        return accepted

    def health(self) -> Health:
        """Return the state of the link."""
        self.health_reads += 1
        return Health(self.state, int(self.state is LinkState.BOUND), None, "login refused")

    @property
    def as_client(self) -> SmscClient:
        """The client with the type of a real one."""
        return cast("SmscClient", self)


@dataclass(frozen=True)
class Accepted:
    """The fields of a Submission that an outbox reads."""

    message_ids: tuple[str, ...] = ("17",)
    receipts: tuple[Receipt | None, ...] = (None,)

"""Our client in the shapes of `ratio.py`: the part of `drive_slices.py` that needs the client.

Rule: only the public API of the first release is used, so that it can drive any revision.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from measuring import SENDER, TEXT, recipient

from smsc_async import GatewayLimits, Sms, SmscClient, Submission
from smsc_async.outbox import Outbox, PostgresOutbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

REST = TEXT[8:]  # the end of each text, after eight digits that differ
# Three parts; and as many octets as the ordinary text has, in half as many characters.
RESTS = {
    "long": (TEXT * 4)[:392],
    "ucs2": ("Ваш заказ отправлен и придёт завтра с 10 до 12. " * 2)[:52],
}
AT_ONCE = 200  # messages that are put into an outbox before its worker runs


class Ours:
    """The client, and its outbox in the shapes that have one.

    Args:
        smsc: The client, open.
        outbox: The outbox, open; None for the other shapes.
        rest: The end of each text.
    """

    def __init__(self, smsc: SmscClient, outbox: Outbox | PostgresOutbox | None, rest: str) -> None:
        self._smsc, self._outbox, self._rest, self._numbers = smsc, outbox, rest, count()

    def work(self, shape: str) -> Callable[[float], Awaitable[int]] | None:
        """Return the work that takes the end and returns its count; None if it is `call`s."""
        return {
            "make": self._make,
            "send_many": self._send_many,
            "outbox": self._store_and_send,
            "postgres": self._store_and_send,
        }.get(shape)

    def call(self, shape: str) -> Callable[[], Awaitable[object]]:
        """Return the call that sends one message."""
        if shape == "receipt":
            return self._receipt
        return lambda: self._smsc.send(self._message())

    def _message(self) -> Sms:
        """Return a message with a unique recipient and text."""
        number = next(self._numbers)
        return Sms(to=recipient(number), text=f"{number:08d}{self._rest}", sender=SENDER)

    def _messages(self, end: float) -> Iterator[Sms]:
        yield self._message()
        while perf_counter() < end:
            yield self._message()

    async def _make(self, end: float) -> int:
        return sum(1 for _ in self._messages(end))

    async def _send_many(self, end: float) -> int:
        done = 0
        async for outcome in self._smsc.send_many(self._messages(end)):
            if not isinstance(outcome, Submission):
                raise outcome.error
            done += 1
        return done

    async def _receipt(self) -> None:
        sent = await self._smsc.send(self._message())
        await sent.receipt(timeout=10)

    async def _store_and_send(self, end: float) -> int:
        """Put messages, and run a worker until the outbox is empty."""
        assert self._outbox is not None
        done = 0
        while not done or perf_counter() < end:
            await asyncio.gather(*(self._outbox.put(self._message()) for _ in range(AT_ONCE)))
            await self._outbox.run(self._smsc, stop_when_empty=True)
            done += AT_ONCE
        return done


@asynccontextmanager
async def opened(port: int, shape: str, window: int, beside: str) -> AsyncIterator[Ours]:
    """Open the client with all rules on and pacing off, and what the shape needs.

    Args:
        port: Of the sink.
        shape: As in `ratio.py`.
        window: Requests in flight.
        beside: Address of what the shape needs beside the sink.
    """
    url = f"smpp://bench:secret@127.0.0.1:{port}?window={window}"
    if shape == "tls":
        url = f"smpps://bench:secret@{beside}&window={window}"
    options: dict[str, Any] = {"limits": GatewayLimits(rate=None)}
    if shape == "redis":
        from smsc_async.stores.redis import RedisRuleStore  # noqa: PLC0415 - an extra

        options["store"] = RedisRuleStore(beside, account=f"bench-{os.getpid()}", **options)
    async with AsyncExitStack() as stack:
        outbox = None
        if shape in {"outbox", "postgres"}:
            outbox = stack.enter_context(new_outbox(beside))
            await stack.enter_async_context(outbox)
        smsc = await stack.enter_async_context(SmscClient(url, **options))
        yield Ours(smsc, outbox, RESTS.get(shape, REST))


@contextmanager
def new_outbox(conninfo: str) -> Iterator[Outbox | PostgresOutbox]:
    """Yield an empty outbox: a file, or a schema of PostgreSQL if *conninfo* isn't empty."""
    if not conninfo:
        with tempfile.TemporaryDirectory() as folder:
            yield Outbox(Path(folder, "outbox.db"))
        return
    import psycopg  # noqa: PLC0415 - an extra

    schema = f"outbox_ratio_{os.getpid()}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        try:
            yield PostgresOutbox(f"{conninfo} options='-c search_path={schema}'")
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())

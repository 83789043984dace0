"""Durable queue of messages: stored before `put` returns, sent by a worker.

    async with Outbox("outbox.db") as outbox, SmscClient(url) as smsc:
        await outbox.put(Sms(to="79991234567", text="Order 17 is ready"), key="order 17")
        await outbox.run(smsc, stop_when_empty=True)

Rule: delivery is at most once. A message whose outcome is unknown is sent again only if a user
calls `resend`. The client doesn't import this package. A worker calls `write_queue`, `health` and
`receipts` of an `SmscClient`, and imports `LinkState` and the back-off from `link`, the comparison
of ids from `gateway.receipts`, the limits from `rules`, and the logger.

`Outbox` is a file (SQLite, from the standard library) for the processes of one machine;
`PostgresOutbox` is tables in PostgreSQL for several machines and needs the extra `postgres`.
"""

from __future__ import annotations

from smsc_async.outbox.entry import OutboxEntry, OutboxState
from smsc_async.outbox.errors import (
    OutboxConsentError,
    OutboxError,
    OutboxFullError,
    OutboxKeyError,
    OutboxLockedError,
    OutboxMovedError,
    OutboxStateError,
    OutboxUnavailableError,
    OutboxVersionError,
)
from smsc_async.outbox.postgres import PostgresOutbox
from smsc_async.outbox.sqlite import Outbox

__all__ = [
    "Outbox",
    "OutboxConsentError",
    "OutboxEntry",
    "OutboxError",
    "OutboxFullError",
    "OutboxKeyError",
    "OutboxLockedError",
    "OutboxMovedError",
    "OutboxState",
    "OutboxStateError",
    "OutboxUnavailableError",
    "OutboxVersionError",
    "PostgresOutbox",
]

"""Counters and state of a client, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from smsc_async.stores import StoreHealth

if TYPE_CHECKING:
    from smsc_async.link import LinkState


class Stats(NamedTuple):
    """Counters of a client since it was entered.

    Args:
        accepted: Messages that the gateway accepted.
        failed: Messages that ended in an error after checks and rules had admitted them.
        in_flight: Requests that await their response now; never above window * binds.
        waiting: Messages that wait for a slot now.
        receipts: Delivery receipts that came, repeated ones included.
        incoming: deliver_sm of incoming messages, parts counted singly.
        unread_receipts: Receipts that wait for a reader of `receipts()` now.
        unread_incoming: Messages that wait for a reader of `incoming()` now.
        connects: Binds that were accepted.
        throttled: Responses with ESME_RTHROTTLED or ESME_RMSGQFUL.
        repeated_receipts: Receipts that were dropped as repetitions.
        abandoned: Messages whose outcome came when the caller of `send` had gone: cancelled, or at
            the end of `within`. They count as accepted or failed, too.
        dropped_receipts: Unclaimed receipts that were dropped, the oldest of more than
            `config.receipts`, because nothing reads `receipts()`.
        dropped_incoming: Incoming messages that were dropped likewise.
    """

    accepted: int = 0
    failed: int = 0
    in_flight: int = 0
    waiting: int = 0
    receipts: int = 0
    incoming: int = 0
    unread_receipts: int = 0
    unread_incoming: int = 0
    connects: int = 0
    throttled: int = 0
    repeated_receipts: int = 0
    abandoned: int = 0
    dropped_receipts: int = 0
    dropped_incoming: int = 0


class Health(NamedTuple):
    """State of a client.

    Args:
        state: Of the links as a whole.
        bound: Links that are bound.
        bound_since: When the newest of them was bound, in seconds of the event loop's clock.
        last_error: Why the last link ended or could not be built.
        rules: State of the rules' store; `rules.is_degraded` if it can't reach its server.
        wanted: Links that the client keeps up; 0 while it is closed.
    """

    state: LinkState
    bound: int = 0
    bound_since: float | None = None
    last_error: str | None = None
    rules: StoreHealth = StoreHealth()
    wanted: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether a message sent now would find a link."""
        return self.bound > 0

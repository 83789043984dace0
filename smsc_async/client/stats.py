"""What can be asked of a client at any time: numbers and a state, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from smsc_async.stores import StoreHealth

if TYPE_CHECKING:
    from smsc_async.link import LinkState


class Stats(NamedTuple):
    """What a client counted since it was entered.

    Args:
        accepted: Messages that the gateway accepted.
        failed: Messages that ended in an error.
        in_flight: Requests that await their response now; never above window * binds.
        waiting: Messages that wait for a slot now.
        receipts: Receipts that came.
        incoming: deliver_sm of subscribers that came, parts counted singly.
        unread_receipts: Receipts that wait for a reader of `receipts()` now.
        unread_incoming: Messages that wait for a reader of `incoming()` now.
        throttled: Responses that said "too fast" or "queue full".
        connects: Binds that were accepted.
        repeated_receipts: Receipts that said what was known already; nobody reads them twice.
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


class Health(NamedTuple):
    """How a client stands with the gateway.

    Args:
        state: Of the links as a whole.
        bound: Links that are bound.
        bound_since: When the newest of them was bound, seconds of the client's clock.
        last_error: Why the last link ended or didn't come to be.
        rules: How the store of the rules is; `rules.is_degraded` says that it decides alone.
    """

    state: LinkState
    bound: int = 0
    bound_since: float | None = None
    last_error: str | None = None
    rules: StoreHealth = StoreHealth()

    @property
    def is_ready(self) -> bool:
        """Whether a message sent now would find a link."""
        return self.bound > 0

"""Queues with an end, between what the gateway brings and whoever reads it.

Rule: what is answered has a place; what has none is not answered, and so the gateway waits or
brings it again. Nothing is dropped, and nothing grows without limit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pdu import CommandStatus
from smsc_async.instrumentation import LOG

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

T = TypeVar("T")

MAX_UNANSWERED = 1000
"""Deliveries that wait for a place in a queue; beyond it the gateway is told to come again."""


class Delivery(Protocol):
    """Whoever brought an item and waits to hear that it has its place."""

    @property
    def is_void(self) -> bool:
        """Whether nobody waits any more; the item will be brought again."""

    def answer(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Say that it has its place, or with any other status that it has none."""


class DeliveryQueue(Generic[T]):
    """Items for whoever reads, at most *size* of them; what is beyond waits unanswered.

    Several readers share the items, each gets others. Reading ends when the queue is closed
    and empty.

    Args:
        name: Of the method that reads, for the log.
        size: Items that have a place.
        placed: ExternalDelivery each item that has found its place.
    """

    def __init__(
        self, name: str, size: int, placed: Callable[[T], object] = lambda _: None
    ) -> None:
        self._name = name
        self._size = size
        self._placed = placed
        self._items: deque[T] = deque()
        self._unanswered: deque[tuple[T, Delivery | None]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self._warned = False
        self.is_read = False

    def __len__(self) -> int:
        return len(self._items)

    @property
    def unanswered(self) -> int:
        """Deliveries that wait for a place."""
        return len(self._unanswered)

    @property
    def is_overfull(self) -> bool:
        """Whether even those that wait for a place are too many."""
        return len(self._unanswered) >= MAX_UNANSWERED

    def put(self, item: T, delivery: Delivery | None = None) -> None:
        """Take an item and answer its delivery as soon as there is a place for it."""
        if len(self._items) < self._size and not self._unanswered:
            self._place(item, delivery)
        elif delivery is not None and self.is_overfull:
            delivery.answer(CommandStatus.ESME_RX_T_APPN)
        else:
            self._unanswered.append((item, delivery))
            self._warn()
        self._wake()

    async def read(self) -> AsyncGenerator[T]:
        """Yield items as they come, until the queue is closed and empty."""
        self.is_read = True
        while True:
            while self._items:
                item = self._items.popleft()
                self._admit()
                yield item
            if self._is_closed:
                return
            await self._next_put()

    def close(self) -> None:
        """Let readers finish what is here and end."""
        self._is_closed = True
        # What has no place is not answered: the gateway keeps it and brings it again. What was
        # answered before, as a part or an early receipt, stays.
        self._items.extend(item for item, delivery in self._unanswered if delivery is None)
        self._unanswered.clear()
        self._wake()

    def _admit(self) -> None:
        """Give places that became free to those who wait longest."""
        while self._unanswered and len(self._items) < self._size:
            item, delivery = self._unanswered.popleft()
            # What its link or its caller doesn't wait for any more is brought again.
            if delivery is None or not delivery.is_void:
                self._place(item, delivery)

    def _place(self, item: T, delivery: Delivery | None) -> None:
        """Give an item its place, and say so."""
        self._items.append(item)
        self._placed(item)
        if delivery is not None:
            delivery.answer()

    async def _next_put(self) -> None:
        """Wait until something is put in or the queue is closed."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _wake(self) -> None:
        """Wake all who wait; whoever finds nothing waits again."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _warn(self) -> None:
        """Say once that the gateway has to wait."""
        if not self._warned:
            self._warned = True
            LOG.warning(
                "! %d %s are unread, the gateway has to wait; read %s()",
                self._size,
                self._name,
                self._name,
            )

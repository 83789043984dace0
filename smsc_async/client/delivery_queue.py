"""Bounded queues between the gateway's deliveries and their readers.

Rule: an item is acknowledged once it is stored; what isn't stored isn't acknowledged, so the
gateway waits or delivers it again (back-pressure). Nothing is dropped, and nothing grows without
limit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pdu import CommandStatus
from smsc_async.instrumentation import LOG

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

MAX_UNACKNOWLEDGED = 1000
"""Deliveries that wait to be stored; further ones are refused, and the gateway repeats them
later."""


class Delivery(Protocol):
    """The delivery of an item, to be acknowledged once the item is stored."""

    @property
    def is_stale(self) -> bool:
        """Whether its sender doesn't wait any more and will deliver the item again."""

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Report that the item is stored, or with any other status that it isn't."""


class Memory(Protocol[T_contra]):
    """Remembers the items that were stored."""

    def add(self, item: T_contra, /) -> None:
        """Remember an item."""


class DeliveryQueue(Generic[T]):
    """Items for readers, at most *size* of them; further deliveries wait unacknowledged.

    Several readers share the items, each gets others. Reading ends when the queue is closed and
    empty.

    Args:
        name: Of the method that reads, for the log.
        size: Items that are stored at most.
        memory: Gets every item that is stored.

    Attributes:
        is_read: Whether `read` was ever iterated.
    """

    def __init__(self, name: str, size: int, memory: Memory[T] | None = None) -> None:
        self.is_read = False
        self._memory = memory
        self._name = name
        self._size = size
        self._items: deque[T] = deque()
        self._unacknowledged: deque[tuple[T, Delivery | None]] = deque()
        self._readers: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self._has_warned = False

    def __len__(self) -> int:
        return len(self._items)

    @property
    def unacknowledged(self) -> int:
        """Deliveries that wait to be stored."""
        return len(self._unacknowledged)

    @property
    def is_overfull(self) -> bool:
        """Whether even the deliveries that wait to be stored are too many."""
        return len(self._unacknowledged) >= MAX_UNACKNOWLEDGED

    def put(self, item: T, delivery: Delivery | None = None) -> None:
        """Store an item and acknowledge its delivery, as soon as there is room for it."""
        if len(self._items) < self._size and not self._unacknowledged:
            self._store(item, delivery)
        elif delivery is not None and self.is_overfull:
            delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)
        else:
            self._unacknowledged.append((item, delivery))
            self._warn()
        self._wake()

    async def read(self) -> AsyncGenerator[T]:
        """Yield items as they come, until the queue is closed and empty."""
        self.is_read = True
        while True:
            while self._items:
                item = self._items.popleft()
                self._store_waiting()
                yield item
            if self._is_closed:
                return
            await self._next_put()

    def close(self) -> None:
        """End the readers once they have read what is stored."""
        self._is_closed = True
        # A delivery without acknowledgement is repeated by the gateway. Items that were
        # acknowledged before, as a part or an early receipt, stay.
        self._items.extend(item for item, delivery in self._unacknowledged if delivery is None)
        self._unacknowledged.clear()
        self._wake()

    def _store_waiting(self) -> None:
        """Store the deliveries that wait, oldest first, as far as there is room."""
        while self._unacknowledged and len(self._items) < self._size:
            item, delivery = self._unacknowledged.popleft()
            if delivery is None or not delivery.is_stale:
                self._store(item, delivery)

    def _store(self, item: T, delivery: Delivery | None) -> None:
        """Store an item and acknowledge its delivery."""
        self._items.append(item)
        if self._memory is not None:
            self._memory.add(item)
        if delivery is not None:
            delivery.acknowledge()

    async def _next_put(self) -> None:
        """Wait until an item is put or the queue is closed."""
        waiter = asyncio.get_running_loop().create_future()
        self._readers.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._readers:
                self._readers.remove(waiter)

    def _wake(self) -> None:
        """Wake all readers; one that finds nothing waits again."""
        while self._readers:
            waiter = self._readers.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _warn(self) -> None:
        """Log once that the gateway has to wait."""
        if not self._has_warned:
            self._has_warned = True
            LOG.warning(
                "! %d %s are unread, the gateway has to wait; read %s()",
                self._size,
                self._name,
                self._name,
            )

    def __repr__(self) -> str:
        return (
            f"<DeliveryQueue {self._name}, {len(self)} of {self._size} stored,"
            f" {self.unacknowledged} unacknowledged>"
        )

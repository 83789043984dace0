"""Bounded queues between the gateway's deliveries and their readers.

Rule: an item is acknowledged once it is stored. Before the first call of `read` the newest items
are kept in a ring, and older ones are dropped and counted: a program that doesn't read must not
make the gateway wait. From then on nothing is dropped: what isn't stored isn't acknowledged, so the
gateway waits (back-pressure) or delivers it again. Nothing grows without limit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from logging import INFO, WARNING
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakSet, finalize

from pdu import CommandStatus
from smsc_async.instrumentation import LOG, log

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

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
        """Report that the item is stored, or with any other status that it isn't.

        With any other status the gateway delivers it again; of an item that was joined from parts
        only the last one, so the item is reopened and waits for that part.
        """


class Memory(Protocol[T_contra]):
    """Remembers the items that were stored."""

    def add(self, item: T_contra, /) -> None:
        """Remember an item."""


class Reader:
    """Lives as long as an iterator of `DeliveryQueue.read`, begun or not."""

    __slots__ = ("__weakref__",)


class DeliveryQueue(Generic[T]):
    """At most *size* items for readers: a ring until `read` is called, then with back-pressure.

    Several readers share the items, each gets others. Reading ends when the queue is closed and
    empty.

    A reader that has ended (`break`, cancellation, an exception) may be followed by another: items
    are stored as before. While there is none, deliveries beyond *size* are refused instead of
    left unanswered: the gateway delivers them again, and its window stays free for others.

    Args:
        name: Of the method that reads, for the log.
        size: Items that are stored at most.
        memory: Gets every item that is stored.

    Attributes:
        is_read: Whether `read` was ever called.
        dropped: Items that the ring has dropped.
        has_warned: Whether the log says that items are unread.
    """

    def __init__(self, name: str, size: int, memory: Memory[T] | None = None) -> None:
        self.is_read = False
        self.dropped = 0
        self.has_warned = False
        self._memory = memory
        self._name = name
        self._size = size
        self._items: deque[T] = deque()
        self._unacknowledged: deque[tuple[T, Delivery | None]] = deque()
        self._readers: WeakSet[Reader] = WeakSet()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._is_closed = False

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

    @property
    def has_readers(self) -> bool:
        """Whether an iterator of `read` is referenced that has not ended."""
        return bool(self._readers)

    @property
    def refuses(self) -> bool:
        """Whether it is full and has no reader now, although it was read before."""
        return self.is_read and len(self._items) >= self._size and not self._readers

    def put(self, item: T, delivery: Delivery | None = None) -> None:
        """Store an item and acknowledge its delivery, as soon as there is room for it.

        Without a delivery the item was acknowledged before, and is never refused.
        """
        if not self.is_read:
            self._store(item, delivery)
            if len(self._items) > self._size:
                self._drop_oldest()
            return
        if (len(self._items) < self._size and not self._unacknowledged) or self._is_closed:
            self._store(item, delivery)
        elif delivery is not None and (self.is_overfull or not self._readers):
            delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)
            if not self._readers:
                self._refuse_waiting()
        else:
            self._unacknowledged.append((item, delivery))
            self._warn("! %d %s are unread, the gateway has to wait; read %s()")
        self._wake()

    def read(self) -> AsyncGenerator[T]:
        """Return an iterator of the items as they come, until the queue is closed and empty."""
        self.is_read = True
        reader = Reader()
        self._readers.add(reader)
        with suppress(RuntimeError):  # outside of a loop nothing is delivered
            loop = asyncio.get_running_loop()
            finalize(reader, self._on_reader_gone, loop).atexit = False
        return self._read(reader)

    def take(self, is_wanted: Callable[[T], bool]) -> T | None:
        """Return the newest item that is wanted, or None. In the ring it is taken out."""
        item = next(filter(is_wanted, reversed(self._items)), None)
        if item is not None and not self.is_read:
            self._items.remove(item)
        return item

    def take_all(self) -> list[T]:
        """Take out all items that are stored."""
        items = list(self._items)
        self._items.clear()
        return items

    def close(self) -> None:
        """End the readers once they have read what is stored."""
        self._is_closed = True
        # A delivery without acknowledgement is repeated by the gateway. Items that were
        # acknowledged before, as a part or an early receipt, stay.
        self._items.extend(item for item, delivery in self._unacknowledged if delivery is None)
        self._unacknowledged.clear()
        self._wake()

    def warn_unread(self) -> None:
        """Log how many items are unread when the client is left, unless a reader goes on.

        After an earlier warning only in detail.
        """
        if self._items and not self._readers:
            LOG.log(
                INFO if self.has_warned else WARNING,
                "! the client was left with %d %s unread; %s() still yields them",
                len(self._items),
                self._name,
                self._name,
            )

    async def _read(self, reader: Reader) -> AsyncGenerator[T]:
        """Yield items as they come, until the queue is closed and empty."""
        try:
            while True:
                while self._items:
                    item = self._items.popleft()
                    self._store_waiting()
                    yield item
                if self._is_closed:
                    return
                await self._next_put()
        finally:
            self._readers.discard(reader)
            self._refuse_unread()

    def _on_reader_gone(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse what waits for a reader that was dropped, perhaps before it began."""
        # The garbage collector calls this, in any thread and amid anything; the loop may be closed.
        if self._unacknowledged:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._refuse_unread)

    def _refuse_unread(self) -> None:
        """Refuse what waits, if no reader is left."""
        if not self._readers:
            self._refuse_waiting()

    def _store_waiting(self) -> None:
        """Store the deliveries that wait, oldest first, as far as there is room."""
        while self._unacknowledged and len(self._items) < self._size:
            item, delivery = self._unacknowledged.popleft()
            if delivery is None or not delivery.is_stale:
                self._store(item, delivery)

    def _refuse_waiting(self) -> None:
        """Let the gateway deliver again what waits: the last reader has ended."""
        waiting, self._unacknowledged = self._unacknowledged, deque()
        for item, delivery in waiting:
            if delivery is None:
                self._unacknowledged.append((item, None))
            else:
                delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)

    def _store(self, item: T, delivery: Delivery | None) -> None:
        """Store an item and acknowledge its delivery."""
        self._items.append(item)
        if self._memory is not None:
            self._memory.add(item)
        if delivery is not None:
            delivery.acknowledge()

    def _drop_oldest(self) -> None:
        """Drop the item that has been in the ring for longest."""
        self._items.popleft()
        self.dropped += 1
        self._warn("! more than %d %s are unread, the oldest are dropped; read %s()")

    async def _next_put(self) -> None:
        """Wait until an item is put or the queue is closed."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _wake(self) -> None:
        """Wake all readers; one that finds nothing waits again."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _warn(self, line: str) -> None:
        """Log once that items are unread."""
        if not self.has_warned:
            self.has_warned = True
            log(LOG, WARNING, line, self._size, self._name, self._name)

    def __repr__(self) -> str:
        return (
            f"<DeliveryQueue {self._name}, {len(self)} of {self._size} stored,"
            f" {self.unacknowledged} unacknowledged, {self.dropped} dropped>"
        )

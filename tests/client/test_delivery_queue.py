"""Bounded queues: what is stored is acknowledged, what isn't waits or is refused."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from typing import Any

import pytest
from scripted import turns

from pdu import CommandStatus
from smsc_async.client.delivery_queue import MAX_UNACKNOWLEDGED, DeliveryQueue, Reader


class RecordedDelivery:
    """A delivery that records its acknowledgement."""

    def __init__(self) -> None:
        self.is_stale = False
        self.statuses: list[int] = []

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Record the status."""
        self.statuses.append(command_status)


READER = Reader()

RETRY = CommandStatus.ESME_RX_T_APPN


def begin(queue: DeliveryQueue[Any]) -> None:
    """Give a queue a reader that is busy with something else."""
    queue.is_read = True
    queue._readers.add(READER)


def with_reader(name: str, size: int) -> DeliveryQueue[Any]:
    """Make a queue with a reader that is busy with something else."""
    queue: DeliveryQueue[Any] = DeliveryQueue(name, size)
    begin(queue)
    return queue


@pytest.mark.parametrize("end", ["dropped", "closed", "dropped in a cycle"])
async def test_end_of_a_reader_that_never_began_refuses_what_waits(end: str) -> None:
    """The gateway isn't left waiting; another reader keeps what waits."""
    queue: DeliveryQueue[Any] = DeliveryQueue("messages", 1)
    reader: Any = queue.read()
    other: Any = queue.read()
    deliveries = [RecordedDelivery() for _ in range(3)]
    for number, delivery in enumerate(deliveries):
        queue.put(number, delivery)
    del other
    await turns()
    assert [[0], [], []] == [delivery.statuses for delivery in deliveries]
    if end == "closed":
        await reader.aclose()
    elif end == "dropped in a cycle":
        cycle = [reader]
        cycle.append(cycle)
        del cycle
    del reader
    gc.collect()
    await turns()

    assert [[0], [RETRY], [RETRY]] == [delivery.statuses for delivery in deliveries]
    assert [0] == await read(queue, 1)


def test_reader_may_be_dropped_outside_of_its_loop() -> None:
    """Of a client that was left, or whose loop has been closed meanwhile."""
    queue: DeliveryQueue[Any] = DeliveryQueue("messages", 1)

    async def begin_reading() -> object:
        """Make a reader, and let a delivery wait for it."""
        reader = queue.read()
        for number in range(2):
            queue.put(number, RecordedDelivery())
        return reader

    reader: object = asyncio.run(begin_reading())
    del reader
    reader = queue.read()
    del reader

    assert not queue.has_readers


async def read(queue: DeliveryQueue[Any], number: int) -> list[Any]:
    """Read some items."""
    items: list[Any] = []
    async for item in queue.read():
        items.append(item)
        if len(items) == number:
            break
    return items


def test_stored_item_is_acknowledged_at_once() -> None:
    """While there is room for it; without room it waits unacknowledged."""
    queue = with_reader("messages", 1)
    deliveries = [RecordedDelivery(), RecordedDelivery()]
    for delivery in deliveries:
        queue.put("hi", delivery)

    assert [[0], []] == [delivery.statuses for delivery in deliveries]
    assert (1, 1) == (len(queue), queue.unacknowledged)


def test_item_is_remembered_before_it_is_acknowledged() -> None:
    """Receipts are recognised as repetitions only once they are stored."""
    remembered: list[str] = []

    class Memory:
        """Remembers."""

        def add(self, item: str, /) -> None:
            """Remember an item."""
            assert [] == delivery.statuses
            remembered.append(item)

    delivery = RecordedDelivery()
    queue: DeliveryQueue[str] = DeliveryQueue("messages", 1, Memory())
    begin(queue)
    queue.put("stored", delivery)
    queue.put("waits", RecordedDelivery())

    assert ["stored"] == remembered
    assert [0] == delivery.statuses


def test_too_many_unacknowledged_deliveries_are_refused() -> None:
    """The gateway delivers them again later; items that were acknowledged before are kept."""
    queue = with_reader("messages", 0)
    for _ in range(MAX_UNACKNOWLEDGED):
        queue.put("hi", RecordedDelivery())
    assert queue.is_overfull
    refused = RecordedDelivery()
    queue.put("refused", refused)
    queue.put("joined of acknowledged parts")

    assert [CommandStatus.ESME_RX_T_APPN] == refused.statuses
    assert MAX_UNACKNOWLEDGED + 1 == queue.unacknowledged


async def test_read_items_make_room_in_order() -> None:
    """Each item that is read stores one more, and its delivery is acknowledged then."""
    queue = with_reader("numbers", 2)
    deliveries = [RecordedDelivery() for _ in range(4)]
    for number, delivery in enumerate(deliveries):
        queue.put(number, delivery)
    assert [[0], [0], [], []] == [delivery.statuses for delivery in deliveries]

    assert [0, 1, 2] == await read(queue, 3)
    assert [[0]] * 4 == [delivery.statuses for delivery in deliveries]


async def test_item_never_overtakes_one_that_waits() -> None:
    """A new item waits behind the others, even if a reader has just made room."""
    queue = with_reader("numbers", 1)
    for number in range(3):
        queue.put(number)

    assert [0, 1, 2] == await read(queue, 3)


async def test_stale_delivery_is_dropped() -> None:
    """Its sender has gone and delivers the item again, so it must not be read twice."""
    queue = with_reader("messages", 1)
    stale = RecordedDelivery()
    queue.put("first")
    queue.put("stale", stale)
    queue.put("last")
    stale.is_stale = True

    assert ["first", "last"] == await read(queue, 2)
    assert [] == stale.statuses


async def test_readers_share_and_a_cancelled_one_loses_nothing() -> None:
    """Each item goes to one reader."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 10)
    readers = [asyncio.create_task(read(queue, 1)) for _ in range(3)]
    await turns()
    readers[0].cancel()
    queue.put(1)
    queue.put(2)
    results = await asyncio.gather(*readers, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert [[1], [2]] == results[1:]
    assert 0 == len(queue)


async def test_closed_queue_keeps_what_was_acknowledged() -> None:
    """The gateway repeats what wasn't; what was would be lost."""
    queue = with_reader("messages", 1)
    first, unacknowledged = RecordedDelivery(), RecordedDelivery()
    queue.put("first", first)
    queue.put("unacknowledged", unacknowledged)
    queue.put("joined of acknowledged parts")
    queue.close()

    assert ["first", "joined of acknowledged parts"] == [item async for item in queue.read()]
    assert ([0], []) == (first.statuses, unacknowledged.statuses)


async def test_close_ends_waiting_readers() -> None:
    """Their loops end without an error."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 1)
    readers = [asyncio.create_task(read(queue, 1)) for _ in range(2)]
    await turns()
    assert queue.is_read
    queue.close()

    assert [[], []] == await asyncio.gather(*readers)


def test_unread_queue_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    """The line names the remedy, and the log isn't flooded."""
    queue = with_reader("receipts", 1)
    for number in range(4):
        queue.put(number)

    assert 1 == caplog.text.count("1 receipts are unread, the gateway has to wait; read receipts()")


# Before the first call of `read`: a ring.


def test_ring_keeps_the_newest_and_counts_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """A program that doesn't read: each item is acknowledged, and one warning names the remedy."""
    queue: DeliveryQueue[int] = DeliveryQueue("receipts", 2)
    deliveries = [RecordedDelivery() for _ in range(5)]
    for number, delivery in enumerate(deliveries):
        queue.put(number, delivery)

    assert ([3, 4], 3) == (queue.take_all(), queue.dropped)
    assert [[0]] * 5 == [delivery.statuses for delivery in deliveries]
    assert ["! more than 2 receipts are unread, the oldest are dropped; read receipts()"] == [
        record.getMessage() for record in caplog.records
    ]


async def test_ring_ends_with_the_call_of_read() -> None:
    """Not with the first item: nothing is dropped or refused between the two."""
    queue: DeliveryQueue[int] = DeliveryQueue("receipts", 1)
    items = queue.read()
    deliveries = [RecordedDelivery() for _ in range(2)]
    for number, delivery in enumerate(deliveries):
        queue.put(number, delivery)
    before = [list(each.statuses) for each in deliveries]

    assert [0, 1] == [await anext(items) for _ in range(2)]
    assert [[[0], []], [[0], [0]]] == [before, [each.statuses for each in deliveries]]
    assert 0 == queue.dropped


@pytest.mark.parametrize("is_closed", [True, False])
async def test_iterator_that_is_dropped_unused_blocks_no_delivery(*, is_closed: bool) -> None:
    """It never began: what waits is refused with the next delivery."""
    queue: DeliveryQueue[int] = DeliveryQueue("receipts", 1)
    items = queue.read()
    deliveries = [RecordedDelivery() for _ in range(3)]
    for number in range(2):
        queue.put(number, deliveries[number])
    if is_closed:
        await items.aclose()
    else:
        del items
        gc.collect()
    assert queue.refuses
    queue.put(2, deliveries[2])

    assert [[0], [0x64], [0x64]] == [each.statuses for each in deliveries]


async def test_wanted_item_is_taken_out_of_the_ring() -> None:
    """The newest of several; a reader of all items still gets it, once there is one."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 5)
    for number in (1, 2, 3, 4):
        queue.put(number)
    taken = queue.take(lambda number: number % 2 == 0)
    missing = queue.take(lambda number: number > 4)
    queue.close()
    items = queue.read()

    assert (4, None) == (taken, missing)
    assert 2 == queue.take(lambda number: number == 2)
    assert [1, 2, 3] == [number async for number in items]


# Readers that stopped.


@pytest.mark.parametrize("way", ["break", "cancellation", "exception"])
async def test_reader_that_stopped_blocks_no_delivery(way: str) -> None:
    """What is too much is refused, to be delivered again: the gateway's window stays free."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 1)
    waits, late = RecordedDelivery(), RecordedDelivery()

    async def stop() -> None:
        """Read one item, and stop at the second."""
        async with aclosing(queue.read()) as items:
            async for _ in items:
                if way == "break":
                    break
                if way == "exception":
                    raise ZeroDivisionError
                await asyncio.Event().wait()

    queue.put(1)
    reading = asyncio.create_task(stop())
    if way == "cancellation":
        await turns()
        queue.put(2)
        queue.put(3, waits)
        reading.cancel()
    await asyncio.wait([reading])
    if way != "cancellation":
        queue.put(2)
        queue.put(3, waits)
    queue.put(4, late)

    assert queue.refuses
    assert [[CommandStatus.ESME_RX_T_APPN]] * 2 == [waits.statuses, late.statuses]
    assert [2] == await read(queue, 1)
    del reading


async def test_next_reader_goes_on_where_one_stopped() -> None:
    """Also with what was acknowledged before and waits for room."""
    queue: DeliveryQueue[int] = DeliveryQueue("numbers", 1)
    for number in (1, 2):
        queue.put(number)
        assert [number] == await read(queue, 1)
    for number in (3, 4):
        queue.put(number)

    assert [3, 4] == await read(queue, 2)


async def test_item_put_after_the_close_is_kept() -> None:
    """A handler that ends late leaves its message to readers."""
    queue = with_reader("messages", 1)
    queue.close()
    for number in (1, 2):
        queue.put(number)

    assert [1, 2] == [item async for item in queue.read()]


def test_repr_has_numbers_and_no_items() -> None:
    """A repr appears in logs and debuggers."""
    queue = with_reader("incoming", 1)
    queue.put("a secret of ours")
    queue.put("another")

    assert "<DeliveryQueue incoming, 1 of 1 stored, 1 unacknowledged, 0 dropped>" == repr(queue)

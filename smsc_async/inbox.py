"""What the gateway brings: receipts and subscribers' messages, in queues with an end.

Rule: a deliver_sm is answered when what it brought has its place: with the submission it belongs
to, among the parts that wait for each other, or in a queue. While a queue is full the answer
waits, and so does the gateway; answers to others and enquire_link never do.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import pdu
from pdu import RESPONSES, CommandStatus, DataSm, DeliverSm, TlvTag
from pdu.text.segments import Reassembler, read_segment
from smsc_async.gateway.coding import TextSettings, decode
from smsc_async.instrumentation import LOG
from smsc_async.receipts import IncomingMessage, Receipt, body, is_receipt, read_receipt
from smsc_async.submission import Claim, Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pdu import Pdu
    from pdu.text.segments import Joined, Segment
    from smsc_async.config import SmscConfig
    from smsc_async.link import Link

T = TypeVar("T")

MAX_UNANSWERED = 1000
"""Deliveries that wait for a place in a queue; beyond it the gateway is told to come again."""


class Delivery(NamedTuple):
    """A request of the gateway that still has no answer."""

    link: Link
    request: Pdu

    def answer(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Answer it; a link that is gone doesn't mind."""
        response = RESPONSES[type(self.request)]
        self.link.respond(self.request, response(command_status=command_status))


class Queue(Generic[T]):
    """Items for whoever reads, at most *size* of them; what is beyond waits unanswered.

    Several readers share the items, each gets others. Reading ends when the queue is closed
    and empty.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
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
            self._items.append(item)
            if delivery is not None:
                delivery.answer()
        elif delivery is not None and self.is_overfull:
            delivery.answer(CommandStatus.ESME_RX_T_APPN)
        else:
            self._unanswered.append((item, delivery))
            self._warn()
        self._wake()

    async def read(self) -> AsyncIterator[T]:
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
            self._items.append(item)
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


class Inbox:
    """Sorts what the gateway brings.

    Args:
        config: Sizes of queues, patience, comparison of ids.
        settings: How texts are coded on this bind.
        clock: Seconds of a monotonic clock.
        owes_response: Whether a submit is in flight, so that a receipt may be early.
        waits: Called when `next_deadline` may have changed.
    """

    def __init__(
        self,
        config: SmscConfig,
        settings: TextSettings,
        *,
        clock: Callable[[], float],
        owes_response: Callable[[], bool],
        waits: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._owes_response = owes_response
        self._waits = waits
        response_key, receipt_key = _keys(config.message_ids)
        self.desk = Desk(
            config.timeouts.early_receipt,
            self._unclaimed,
            self._claimed,
            response_key=response_key,
            receipt_key=receipt_key,
        )
        self.receipts: Queue[Receipt] = Queue("receipts", config.receipts)
        self.incoming: Queue[IncomingMessage] = Queue("incoming", config.incoming)
        self._parts = Reassembler(timeout=config.timeouts.reassembly)
        self.receipts_taken = 0
        self.messages_taken = 0

    def requested(self, link: Link, request: Pdu) -> None:
        """Take a request of the gateway."""
        if not isinstance(request, DeliverSm | DataSm):
            # alert_notification and outbind want no answer, and nothing else gets here.
            LOG.debug("< %s", type(request).__name__)
            return
        delivery = Delivery(link, request)
        if is_receipt(request):
            self._take_receipt(request, delivery)
        else:
            self._take_message(request, delivery)

    def next_deadline(self) -> float | None:
        """The instant at which something here has waited long enough, or None."""
        parts = self._parts.next_deadline()
        early = self.desk.next_deadline()
        earliest = min(parts, math.inf if early is None else early)
        return None if earliest == math.inf else earliest

    def expire(self, now: float) -> None:
        """Hand out what has waited long enough."""
        self.desk.expire(now)
        for joined in self._parts.expire(now):
            self.incoming.put(self._incoming(joined))

    def close(self) -> None:
        """No more will come: let readers finish."""
        self.desk.close()
        self.receipts.close()
        self.incoming.close()

    def _take_receipt(self, request: DeliverSm | DataSm, delivery: Delivery) -> None:
        """Bring a receipt to its submission, to the readers, or to both."""
        self.receipts_taken += 1
        receipt = read_receipt(request)
        # Early receipts are answered before they have a place, so they need one in sight.
        may_be_early = not self.receipts.is_overfull and self._owes_response()
        claim = self.desk.take(receipt, request, now=self._clock(), may_be_early=may_be_early)
        # Whoever keeps a submission has its receipt there; a reader of all gets it as well.
        if claim is Claim.NOBODYS or (claim is Claim.TAKEN and self.receipts.is_read):
            self.receipts.put(receipt, delivery)
            return
        delivery.answer()
        if claim is Claim.EARLY:
            self._waits()

    def _unclaimed(self, receipt: Receipt) -> None:
        """Take a receipt back that no submission wanted."""
        self.receipts.put(receipt)

    def _claimed(self, receipt: Receipt) -> None:
        """Show a receipt that has found its message to a reader of all, as if it had come now."""
        if self.receipts.is_read:
            self.receipts.put(receipt)

    def _take_message(self, request: DeliverSm | DataSm, delivery: Delivery) -> None:
        """Take a message in, or a part of one."""
        self.messages_taken += 1
        if self.incoming.is_overfull:
            delivery.answer(CommandStatus.ESME_RX_T_APPN)
            return
        segment = _segment(request)
        if segment.total == 1:
            self.incoming.put(self._single(request, segment), delivery)
            return
        finished = self._parts.add(
            segment,
            sender=request.source_addr,
            recipient=request.destination_addr,
            data_coding=request.data_coding,
            now=self._clock(),
        )
        if not finished:
            delivery.answer()
            self._waits()
            return
        *earlier, last = finished
        for joined in earlier:
            self.incoming.put(self._incoming(joined))
        self.incoming.put(self._incoming(last), delivery)

    def _single(self, request: DeliverSm | DataSm, segment: Segment) -> IncomingMessage:
        """Make a message of one part."""
        return IncomingMessage(
            sender=request.source_addr,
            recipient=request.destination_addr,
            text=decode(segment.payload, request.data_coding, self._settings),
            octets=segment.payload,
            data_coding=request.data_coding,
            received_at=self._clock(),
            tlvs=tuple((tlv.tag, tlv.value) for tlv in request.tlvs),
        )

    def _incoming(self, joined: Joined) -> IncomingMessage:
        """Make a message of its joined parts."""
        return IncomingMessage(
            sender=joined.sender,
            recipient=joined.recipient,
            text=decode(joined.octets, joined.data_coding, self._settings),
            octets=joined.octets,
            data_coding=joined.data_coding,
            parts=len(joined.parts),
            total=len(joined.parts) + len(joined.missing),
            received_at=self._clock(),
        )


def _segment(request: DeliverSm | DataSm) -> Segment:
    """Read which part of a message a PDU is."""
    has_udh = bool(request.esm_class & pdu.EsmClass.UDHI)
    sar: tuple[int, int, int] | None = None
    if request.tlvs:
        numbers: list[Any] = [request.tlv(tag) for tag in _SAR]
        if all(isinstance(number, int) for number in numbers):
            sar = (numbers[0], numbers[1], numbers[2])
    return read_segment(body(request), has_udh=has_udh, sar=sar)


_SAR = (TlvTag.SAR_MSG_REF_NUM, TlvTag.SAR_TOTAL_SEGMENTS, TlvTag.SAR_SEGMENT_SEQNUM)


def _keys(message_ids: str) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Return what makes ids of responses and of receipts comparable."""
    response_key = _decimal if message_ids == "response_hex" else str
    receipt_key = _decimal if message_ids == "receipt_hex" else str
    return response_key, receipt_key


def _decimal(message_id: str) -> str:
    """Return a hexadecimal id in decimal; what is none stays as it is."""
    try:
        return str(int(message_id, 16))
    except ValueError:
        return message_id

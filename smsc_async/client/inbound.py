"""What the gateway brings: receipts and subscribers' messages, in queues with an end.

Rule: a deliver_sm is answered when what it brought has its place: with the submission it belongs
to, among the parts that wait for each other, or in a queue. While a queue is full the answer
waits, and so does the gateway; answers to others and enquire_link never do.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pdu
from pdu import RESPONSES, CommandStatus, DataSm, DeliverSm, Pdu, TlvTag
from pdu.text.segments import Reassembler, read_segment
from smsc_async.client.delivery_queue import DeliveryQueue
from smsc_async.client.submission import Match, ReceiptCorrelator
from smsc_async.gateway.coding import TextSettings, decode
from smsc_async.gateway.receipts import body, id_normalizers, is_receipt, read_receipt
from smsc_async.instrumentation import LOG
from smsc_async.receipts import IncomingMessage, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu.text.segments import Joined, Segment
    from smsc_async.client.delivery_queue import Delivery
    from smsc_async.config import SmscConfig
    from smsc_async.link import Link

KEPT_KNOWN = 50_000
"""Receipts that are recognised when they come again."""


class PendingDelivery(NamedTuple):
    """A request of the gateway that still has no answer."""

    link: Link
    request: Pdu

    @property
    def is_void(self) -> bool:
        """Whether its link is over: what was not answered there is brought again."""
        return self.link.is_over

    def answer(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Answer it; a link that is gone doesn't mind."""
        self.link.respond(self.request, _ANSWERS[type(self.request), command_status])


class _Answers(dict[tuple[type[Pdu], int], Pdu]):
    """Responses by request and status, each made once: the number is put in as they are written."""

    def __missing__(self, asked: tuple[type[Pdu], int]) -> Pdu:
        kind, command_status = asked
        self[asked] = made = RESPONSES[kind](command_status=command_status)
        return made


_ANSWERS = _Answers()


class ExternalDelivery:
    """An event that was told some other way than over a link; `heard` ends when it has a place."""

    def __init__(self) -> None:
        self._placed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_void(self) -> bool:
        """Whether whoever told it has gone: the gateway will tell it again."""
        return self._placed.cancelled()

    def answer(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """End the wait."""
        if self._placed.done():
            return
        if command_status:
            self._placed.set_exception(asyncio.QueueFull("too many wait unread already"))
        else:
            self._placed.set_result(None)

    async def heard(self) -> None:
        """Wait until the event has its place. Cancelling withdraws it."""
        await self._placed


class ReceiptDeduplicator:
    """Receipts that have their place already, so that nobody reads one twice.

    The gateway tells a status over SMPP, over HTTP or both, and repeats what it isn't sure was
    heard. Two receipts say the same if they name the same id and the same error, or without an
    error the same state. The newest 50 000 at least are known.
    """

    def __init__(self) -> None:
        # Two generations: when the young one is full the old one goes.
        self._young: set[tuple[object, ...]] = set()
        self._old: set[tuple[object, ...]] = set()
        self.repeats = 0

    def add(self, receipt: Receipt) -> None:
        """Know a receipt from now on."""
        self._young.add(_statement(receipt))
        if len(self._young) >= KEPT_KNOWN:
            self._old, self._young = self._young, set()

    def is_repeat(self, receipt: Receipt) -> bool:
        """Whether the same was said before; counts it."""
        if not receipt.message_id:
            return False
        statement = _statement(receipt)
        if statement not in self._young and statement not in self._old:
            return False
        self.repeats += 1
        return True


def _statement(receipt: Receipt) -> tuple[object, ...]:
    """Return what makes a receipt say the same as another.

    Of plain numbers: the garbage collector doesn't look at such tuples again.
    """
    error, state = receipt.error_code, receipt.state
    return receipt.message_id, error, None if error or state is None else int(state)


class InboundRouter:
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
        response_key, receipt_key = id_normalizers(config.message_ids)
        self.correlator = ReceiptCorrelator(
            config.timeouts.early_receipt,
            self._unclaimed,
            self._claimed,
            response_key=response_key,
            receipt_key=receipt_key,
        )
        self._known = ReceiptDeduplicator()
        self.receipts: DeliveryQueue[Receipt] = DeliveryQueue(
            "receipts", config.receipts, self._known.add
        )
        self.incoming: DeliveryQueue[IncomingMessage] = DeliveryQueue("incoming", config.incoming)
        self._parts = Reassembler(timeout=config.timeouts.reassembly)
        self.receipts_taken = 0
        self.messages_taken = 0

    @property
    def repeated_receipts(self) -> int:
        """Receipts that said what was known already."""
        return self._known.repeats

    def requested(self, link: Link, request: Pdu) -> None:
        """Take a request of the gateway."""
        if not isinstance(request, (DeliverSm, DataSm)):  # a tuple is looked at faster
            # alert_notification and outbind want no answer, and nothing else gets here.
            LOG.debug("< %s", type(request).__name__)
            return
        delivery = PendingDelivery(link, request)
        if is_receipt(request):
            self._take_receipt(read_receipt(request), delivery)
        else:
            self._take_message(request, delivery)

    async def take(self, event: object) -> None:
        """Take what the gateway told some other way, over HTTP for one. Cancelling withdraws it.

        Raises:
            TypeError: Neither a receipt nor a subscriber's message.
            QueueFull: Too many wait unread already; the gateway shall tell it again.
        """
        told = ExternalDelivery()
        if isinstance(event, Receipt):
            self._take_receipt(event, told)
        elif isinstance(event, IncomingMessage):
            self.messages_taken += 1
            self.incoming.put(event, told)
        else:
            kind = type(event).__name__
            raise TypeError(f"takes a Receipt or an IncomingMessage, got a {kind}")
        await told.heard()

    def next_deadline(self) -> float | None:
        """The instant at which something here has waited long enough, or None."""
        parts = self._parts.next_deadline()
        early = self.correlator.next_deadline()
        earliest = min(parts, math.inf if early is None else early)
        return None if earliest == math.inf else earliest

    def expire(self, now: float) -> None:
        """Hand out what has waited long enough."""
        self.correlator.expire(now)
        for joined in self._parts.expire(now):
            self.incoming.put(self._incoming(joined))

    def close(self) -> None:
        """No more will come: let readers finish."""
        self.correlator.close()
        self.receipts.close()
        self.incoming.close()

    def _take_receipt(self, receipt: Receipt, delivery: Delivery) -> None:
        """Bring a receipt to its submission, to the readers, or to both."""
        self.receipts_taken += 1
        if self._known.is_repeat(receipt):
            delivery.answer()
            return
        # Early receipts are answered before they have a place, so they need one in sight.
        may_be_early = not self.receipts.is_overfull and self._owes_response()
        claim = self.correlator.take(receipt, now=self._clock(), may_be_early=may_be_early)
        # Whoever keeps a submission has its receipt there; a reader of all gets it as well.
        if claim is Match.UNMATCHED or (claim is Match.MATCHED and self.receipts.is_read):
            self.receipts.put(receipt, delivery)
            return
        if claim is Match.EARLY:
            self._waits()
        else:
            self._known.add(receipt)
        delivery.answer()

    def _unclaimed(self, receipt: Receipt) -> None:
        """Take a receipt back that no submission wanted."""
        self.receipts.put(receipt)

    def _claimed(self, receipt: Receipt) -> None:
        """Show a receipt that has found its message to a reader of all, as if it had come now."""
        if self.receipts.is_read:
            self.receipts.put(receipt)

    def _take_message(self, request: DeliverSm | DataSm, delivery: PendingDelivery) -> None:
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

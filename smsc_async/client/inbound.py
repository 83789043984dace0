"""Inbound traffic: receipts and incoming messages (MO), in bounded queues.

Rule: deliver_sm_resp is sent only after the item is stored: with its message, among the parts of an
incomplete message, or in a queue. While a queue is full the response waits, and so does the gateway
(back-pressure); other responses and enquire_link never wait for a reader.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, NamedTuple

from pdu import RESPONSES, CommandStatus, DataSm, DeliverSm, Pdu
from pdu.text import Reassembler, segment_of
from smsc_async.client.correlation import Match, ReceiptCorrelator
from smsc_async.client.dedup import ReceiptDeduplicator
from smsc_async.client.delivery_queue import DeliveryQueue
from smsc_async.client.receipt_reader import ReceiptReader
from smsc_async.gateway.coding import TextSettings, decode
from smsc_async.gateway.dialect import GENERIC, SMSC_RU
from smsc_async.instrumentation import LOG
from smsc_async.link.deadline_timer import DeadlineTimer
from smsc_async.receipts import IncomingMessage, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdu.text import Joined, Segment
    from smsc_async.client.delivery_queue import Delivery
    from smsc_async.config import SmscConfig
    from smsc_async.gateway.dialect import Dialect
    from smsc_async.link import Dispatcher
    from smsc_async.link.contract import Responder


class _Responses(dict[tuple[type[Pdu], int], Pdu]):
    """Responses by request and status, each made once; the link numbers them."""

    def __missing__(self, key: tuple[type[Pdu], int]) -> Pdu:
        request, command_status = key
        self[key] = response = RESPONSES[request](command_status=command_status)
        return response


_RESPONSES = _Responses()


class PendingDelivery(NamedTuple):
    """A deliver_sm or data_sm awaiting our response."""

    link: Responder
    request: Pdu

    @property
    def is_stale(self) -> bool:
        """Whether its link has ended: the gateway delivers again what was not answered."""
        return self.link.is_over

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Respond; does nothing once the link has ended."""
        self.link.respond(self.request, _RESPONSES[type(self.request), command_status])


class ExternalDelivery:
    """A receipt or message that came out of band (HTTP)."""

    def __init__(self) -> None:
        self._stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_stale(self) -> bool:
        """Whether its sender has gone: it will deliver it again."""
        return self._stored.cancelled()

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """End the wait."""
        if self._stored.done():
            return
        if command_status:
            self._stored.set_exception(asyncio.QueueFull("too many wait unread already"))
        else:
            self._stored.set_result(None)

    async def wait_stored(self) -> None:
        """Wait until it is stored. Cancelling withdraws it.

        Raises:
            QueueFull: Too many wait unread already.
        """
        await self._stored


class InboundRouter:
    """Routes receipts to their messages and to readers, and incoming messages to readers.

    Args:
        config: Sizes of queues, timeouts, comparison of ids.
        settings: How texts are coded on this bind.
        dispatcher: Knows whether a response is outstanding, so that a receipt may be early.
        clock: Seconds of a monotonic clock.
        dialect: How the SMSC writes receipts and ids.

    Attributes:
        correlator: Knows the ids of the messages whose receipts are expected.
        receipts: For `SmscClient.receipts`.
        incoming: For `SmscClient.incoming`.
        receipts_taken: Receipts that came, repeated ones included.
        messages_taken: deliver_sm of incoming messages, parts counted singly.
    """

    def __init__(
        self,
        config: SmscConfig,
        settings: TextSettings,
        dispatcher: Dispatcher,
        *,
        clock: Callable[[], float],
        dialect: Dialect = SMSC_RU,
    ) -> None:
        self._settings = settings
        self._dispatcher = dispatcher
        self._clock = clock
        self._reader = reader = ReceiptReader(dialect, config.message_ids)
        self.correlator = ReceiptCorrelator(
            config.timeouts.early_receipt, response_key=reader.response_key
        )
        self._dedup = ReceiptDeduplicator()
        self.receipts: DeliveryQueue[Receipt] = DeliveryQueue(
            "receipts", config.receipts, self._dedup
        )
        self.incoming: DeliveryQueue[IncomingMessage] = DeliveryQueue("incoming", config.incoming)
        self._reassembler = Reassembler(timeout=config.timeouts.reassembly)
        self._timer = DeadlineTimer(clock, self._on_timer)
        self.receipts_taken = 0
        self.messages_taken = 0

    @property
    def repeated_receipts(self) -> int:
        """Receipts that were recognised as repetitions."""
        return self._dedup.repeats

    def on_request(self, link: Responder, request: Pdu) -> None:
        """Process a request of the gateway."""
        if not isinstance(request, (DeliverSm, DataSm)):
            # alert_notification and outbind, which have no response.
            LOG.debug("< %s", type(request).__name__)
            return
        delivery = PendingDelivery(link, request)
        if not self._reader.is_receipt(request):
            self._route_message(request, delivery)
            return
        receipt = self._reader.read_receipt(request)
        if receipt is not None:
            self._route_receipt(receipt, delivery)
        else:
            # Not matched and never a repeat: what is read of it may be wrong.
            self.receipts_taken += 1
            self.receipts.put(GENERIC.read_receipt(request), delivery)

    async def take(self, event: object) -> None:
        """Route what the gateway reported out of band, for example over HTTP.

        Cancelling withdraws it.

        Raises:
            TypeError: Neither a receipt nor an incoming message.
            QueueFull: Too many wait unread already; the gateway has to report it again.
        """
        delivery = ExternalDelivery()
        if isinstance(event, Receipt):
            self._route_receipt(event, delivery)
        elif isinstance(event, IncomingMessage):
            self.messages_taken += 1
            self.incoming.put(event, delivery)
        else:
            kind = type(event).__name__
            raise TypeError(f"takes a Receipt or an IncomingMessage, got a {kind}")
        await delivery.wait_stored()

    def route_early(self, matches: Iterable[tuple[Receipt, Match]]) -> None:
        """Pass on early receipts whose response has arrived now."""
        for receipt, match in matches:
            if match is not Match.MATCHED or self.receipts.is_read:
                self.receipts.put(receipt)

    def on_room(self) -> None:
        """Stop waiting for early receipts' responses once none is outstanding."""
        if not self._dispatcher.in_flight:
            self._dispatcher.room_listeners.discard(self)
            self._put_all(self.correlator.give_up_early())

    def next_deadline(self) -> float | None:
        """The time at which something here times out, or None."""
        parts = self._reassembler.next_deadline()
        early = self.correlator.next_deadline()
        earliest = min(parts, math.inf if early is None else early)
        return None if earliest == math.inf else earliest

    def expire(self, now: float) -> None:
        """Pass on early receipts and incomplete messages that have waited long enough."""
        self._put_all(self.correlator.expire(now))
        for joined in self._reassembler.expire(now):
            self.incoming.put(self._joined_message(joined))

    def close(self) -> None:
        """End the readers once they have read what is stored; cut off waits for receipts."""
        self._timer.stop()
        self.correlator.cut_off()
        self._put_all(self.correlator.give_up_early())
        self.receipts.close()
        self.incoming.close()

    def _route_receipt(self, receipt: Receipt, delivery: Delivery) -> None:
        """Pass a receipt to its message, to the readers, or to both."""
        self.receipts_taken += 1
        if self._dedup.is_repeat(receipt):
            delivery.acknowledge()
            return
        key, receipt_key = receipt.message_id, self._reader.receipt_key
        if receipt_key is not None:
            key = receipt_key(key)
        match = self.correlator.match(key, receipt)
        if match is Match.UNKNOWN and self._may_be_early(receipt):
            self._put_all(self.correlator.wait_for_response(key, receipt, self._clock()))
            self._dispatcher.room_listeners.add(self)
            self._arm()
            delivery.acknowledge()
        elif match is Match.MATCHED and not self.receipts.is_read:
            self._dedup.add(receipt)
            delivery.acknowledge()
        else:
            self.receipts.put(receipt, delivery)

    def _may_be_early(self, receipt: Receipt) -> bool:
        """Whether a response may still name the id of a receipt."""
        # An early receipt is acknowledged before it is stored, so the queue needs room for it.
        return (
            receipt.message_id != ""
            and not self.receipts.is_overfull
            and self._dispatcher.in_flight > 0
        )

    def _put_all(self, receipts: Iterable[Receipt]) -> None:
        """Queue receipts that belong to no message."""
        for receipt in receipts:
            self.receipts.put(receipt)

    def _route_message(self, request: DeliverSm | DataSm, delivery: PendingDelivery) -> None:
        """Pass an incoming message to the readers, or keep its part until the others come."""
        self.messages_taken += 1
        if self.incoming.is_overfull:
            delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)
            return
        segment = segment_of(request)
        if segment.total == 1:
            self.incoming.put(self._single_message(request, segment), delivery)
            return
        finished = self._reassembler.add(
            segment,
            sender=request.source_addr,
            recipient=request.destination_addr,
            data_coding=request.data_coding,
            now=self._clock(),
        )
        if not finished:
            delivery.acknowledge()
            self._arm()
            return
        *earlier, last = finished
        for joined in earlier:
            self.incoming.put(self._joined_message(joined))
        self.incoming.put(self._joined_message(last), delivery)

    def _single_message(self, request: DeliverSm | DataSm, segment: Segment) -> IncomingMessage:
        """Return a message of one part."""
        return IncomingMessage(
            sender=request.source_addr,
            recipient=request.destination_addr,
            text=decode(segment.payload, request.data_coding, self._settings),
            octets=segment.payload,
            data_coding=request.data_coding,
            received_at=self._clock(),
            tlvs=tuple((tlv.tag, tlv.value) for tlv in request.tlvs),
        )

    def _joined_message(self, joined: Joined) -> IncomingMessage:
        """Return a message of its joined parts."""
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

    def _arm(self) -> None:
        """Keep one timer for what waits here."""
        deadline = self.next_deadline()
        if deadline is not None and deadline < self._timer.at:
            self._timer.start(deadline)

    def _on_timer(self) -> None:
        """Pass on what has waited long enough."""
        self.expire(self._clock())
        self._arm()

    def __repr__(self) -> str:
        return (
            f"<InboundRouter {self.receipts_taken} receipts, {self.messages_taken} messages taken,"
            f" {len(self.receipts)} and {len(self.incoming)} unread>"
        )

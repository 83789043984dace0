"""Inbound traffic: receipts and incoming messages (MO), in bounded queues.

Rule: deliver_sm_resp is sent only after the item is stored: with its message, among the parts of an
incomplete message, or in a queue; or after the user's handler returned. While a queue is full the
response waits, and so does the gateway (back-pressure); other responses, enquire_link and receipts
that are awaited never wait for a reader or a handler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import CommandStatus, DataSm, DeliverSm, EsmClass, Pdu
from smsc_async._deadline_timer import DeadlineTimer
from smsc_async.client.correlation import Match, ReceiptCorrelator
from smsc_async.client.dedup import ReceiptDeduplicator
from smsc_async.client.deliveries import ExternalDelivery, PendingDelivery
from smsc_async.client.delivery_queue import DeliveryQueue
from smsc_async.client.handlers import NO_HANDLERS, CallResult, HandlerCall, HandlerRunner
from smsc_async.client.incoming import MessageRouter
from smsc_async.client.receipt_parts import ReceiptParts, is_part
from smsc_async.client.receipt_reader import ReceiptReader
from smsc_async.client.receipt_wait import check_id, check_wait
from smsc_async.gateway.dialect import GENERIC, SMSC_RU
from smsc_async.instrumentation import LOG
from smsc_async.receipts import IncomingMessage, Receipt

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from smsc_async.client.delivery_queue import Delivery
    from smsc_async.client.handlers import Handlers
    from smsc_async.client.receipt_wait import ReceiptWait
    from smsc_async.config import SmscConfig
    from smsc_async.gateway.coding import TextSettings
    from smsc_async.gateway.dialect import Dialect
    from smsc_async.link import Dispatcher
    from smsc_async.link.contract import Responder

_new = tuple.__new__  # hot path


class InboundRouter:
    """Routes receipts to their messages, to handlers and to readers; incoming messages likewise.

    Args:
        config: Sizes of queues, timeouts, comparison of ids.
        settings: How texts are coded on this bind.
        dispatcher: Knows whether a response is outstanding, so that a receipt may be early.
        clock: Seconds of a monotonic clock.
        dialect: How the SMSC writes receipts and ids.
        handlers: The user's handlers.

    Attributes:
        correlator: Knows the ids of the messages whose receipts are expected.
        receipts: For `SmscClient.receipts`.
        dedup: Recognises and counts repeated receipts.
        messages: Routes and counts incoming messages.
        incoming: For `SmscClient.incoming`.
        handlers: Runs the handlers.
        receipts_taken: Receipts that came, repeated ones included.
    """

    def __init__(
        self,
        config: SmscConfig,
        settings: TextSettings,
        dispatcher: Dispatcher,
        *,
        clock: Callable[[], float],
        dialect: Dialect = SMSC_RU,
        handlers: Handlers = NO_HANDLERS,
    ) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._reader = reader = ReceiptReader(dialect, config.message_ids)
        self._on_receipt = handlers.on_receipt
        self._has_handlers = handlers != NO_HANDLERS
        self.dedup = ReceiptDeduplicator(reader.receipt_key)
        self.correlator = ReceiptCorrelator(
            config.timeouts.early_receipt,
            self.dedup,
            response_key=reader.response_key,
            receipt_key=reader.receipt_key,
        )
        self.correlator.tracks_unread = handlers.on_receipt is None
        self.receipts = DeliveryQueue[Receipt]("receipts", config.receipts, self.dedup)
        self.handlers = HandlerRunner(config.handler_concurrency)
        self.messages = MessageRouter(
            config,
            settings,
            self.handlers,
            clock=clock,
            on_deadline=self._arm,
            on_incoming=handlers.on_incoming,
        )
        self.incoming = self.messages.queue
        self._parts = ReceiptParts(config.timeouts.reassembly, clock)
        self._external: set[ExternalDelivery] = set()
        self._timer = DeadlineTimer(clock, self._on_timer)
        self._is_closed = False
        self.receipts_taken = 0

    def open(self) -> None:
        """Get ready to call handlers."""
        if self._has_handlers:
            self.handlers.open()

    def on_request(self, link: Responder, request: Pdu) -> None:
        """Process a request of the gateway."""
        if not isinstance(request, (DeliverSm, DataSm)):
            LOG.debug("< %s", type(request).__name__)  # it has no response
            return
        delivery = _new(PendingDelivery, (link, request))
        if not self._reader.is_receipt(request):
            self.messages.route(request, delivery)
            return
        if not request.esm_class & EsmClass.UDHI:
            receipt = self._reader.read_receipt(request)
            is_whole = receipt and receipt.message_id and receipt.state is not None
            if is_whole or not is_part(request):
                self._route_read(request, receipt, delivery)
                return
        self._read_joined(self._parts.add(request, delivery))
        self._arm()

    def _read_joined(self, requests: Iterable[tuple[DeliverSm | DataSm, Delivery]]) -> None:
        """Read receipts that came in parts."""
        for request, delivery in requests:
            self._route_read(request, self._reader.read_receipt(request), delivery)

    def _route_read(
        self, request: DeliverSm | DataSm, receipt: Receipt | None, delivery: Delivery
    ) -> None:
        """Route a receipt, None if the dialect couldn't read it."""
        if receipt is not None:
            self._route_receipt(receipt, delivery)
        else:
            self._route_unreadable(GENERIC.read_receipt(request), delivery)

    async def take(self, event: object) -> None:
        """Route what the gateway reported out of band, for example over HTTP.

        Cancelling withdraws it.

        Raises:
            TypeError: Neither a receipt nor an incoming message.
            QueueFull: Too many wait unread already, or the handler raised; the gateway has to
                report it again.
            ClientClosedError: The client was left before it was stored.
        """
        if not isinstance(event, (Receipt, IncomingMessage)):
            kind = type(event).__name__
            raise TypeError(f"takes a Receipt or an IncomingMessage, got {kind}")
        delivery = ExternalDelivery()
        self._external.add(delivery)
        try:
            if isinstance(event, Receipt):
                self._route_receipt(event, delivery)
            else:
                self.messages.taken += 1
                self.messages.pass_on(event, delivery)
            await delivery.wait_stored()
        finally:
            self._external.discard(delivery)

    def read_receipts(self) -> AsyncGenerator[Receipt]:
        """Return an iterator of receipts; from now on every receipt is read there."""
        self.release()
        self.correlator.tracks_unread = False
        return self.receipts.read()

    async def wait_for_receipt(self, message_id: str, timeout: float | None) -> Receipt:  # noqa: ASYNC109 - a wait with its own error
        """Return the final receipt of an id, see `SmscClient.receipt`."""
        check_id(message_id)
        check_wait(timeout)
        self.release()
        correlator = self.correlator
        key = correlator.key_of_response(message_id)
        receipt = correlator.find(key)
        if receipt is None:
            receipt = self.receipts.take(
                lambda known: known.is_final and correlator.key_of(known) == key
            )
        if receipt is not None:
            if self._on_receipt is None:  # a handler that raised gets it again
                self.dedup.add(receipt)
            return receipt
        wait = correlator.wait_for(key)
        try:
            return await wait.read(message_id, timeout, correlator.waiters)
        finally:
            if not wait.waiters:
                self._end_wait(key, wait)

    def release(self) -> None:
        """Pass on the receipts that were not read from submissions that are gone."""
        for receipt in self.correlator.release():
            self.receipts.put(receipt)

    def route_early(self, matches: Iterable[tuple[Receipt, Match]]) -> None:
        """Pass on early receipts whose response has arrived, and those of submissions gone."""
        for receipt, match in matches:
            if match is not Match.MATCHED or self.receipts.is_read:
                self.receipts.put(receipt)
            else:
                self.dedup.add(receipt)

    def on_room(self) -> None:
        """Stop waiting for early receipts' responses once none is outstanding."""
        if not self._dispatcher.in_flight:
            self._dispatcher.room_listeners.discard(self)
            self._put_early(self.correlator.give_up_early())

    def next_deadline(self) -> float:
        """The time at which the next thing here times out; infinity if nothing waits."""
        return min(each.next_deadline() for each in (self.messages, self._parts, self.correlator))

    def expire(self, now: float) -> None:
        """Pass on early receipts and incomplete messages that have waited long enough."""
        self._put_early(self.correlator.expire(now))
        self.messages.expire(now)
        self._read_joined(self._parts.expire(now))

    async def close_handlers(self, timeout: float) -> None:  # noqa: ASYNC109 - the handlers are cancelled after it
        """Pass on incomplete messages, and wait for the handlers that run, then cancel them."""
        self.messages.give_up_parts()
        self._read_joined(self._parts.give_up())
        await self.handlers.close(timeout)

    def close(self) -> None:
        """End the readers once they have read what is stored; cut off waits for receipts."""
        if self._is_closed:
            return
        self._is_closed = True
        self._timer.stop()
        if self._on_receipt is None:
            self._read_joined(self._parts.give_up())
        self.correlator.cut_off()
        self._put_early(self.correlator.give_up_early())
        self.release()
        self.receipts.close()
        self.messages.close()
        for delivery in self._external:
            delivery.cut_off()
        self.receipts.warn_unread()
        self.incoming.warn_unread()

    def restore(self, earlier: InboundRouter) -> None:
        """Store what was not read before the client was left and entered again."""
        earlier.release()
        self.correlator.adopt_unread(earlier.correlator)
        for receipt in earlier.receipts.take_all():
            self.receipts.put(receipt)
        for message in earlier.incoming.take_all():
            self.incoming.put(message)

    def _route_receipt(self, receipt: Receipt, delivery: Delivery) -> None:
        """Pass a receipt to its message, to the handler, to the readers, or to several of them."""
        self.receipts_taken += 1
        if self.dedup.is_repeat(receipt):
            # A message that waits for it is asked first: the gateway may use an id several times.
            match = self.correlator.match_repeat(receipt)
            if match is Match.UNKNOWN:
                self._drop_repeat(receipt)
                delivery.acknowledge()
                return
            self.dedup.forget(self.correlator.key_of(receipt))
        else:
            match = self.correlator.match(receipt)
        if self._on_receipt is not None:
            self._call_on_receipt(receipt, delivery, match)
        elif match is Match.MATCHED:
            if not self.receipts.is_read:
                self.dedup.add(receipt)
                delivery.acknowledge()
            elif self.receipts.refuses:
                self._keep_unread(receipt, delivery)
            else:
                self.receipts.put(receipt, delivery)
        elif match is Match.UNKNOWN and self._may_be_early(receipt):
            self._wait_for_response(receipt)
            delivery.acknowledge()
        else:
            self._pass_on(receipt, delivery, match)

    def _route_unreadable(self, receipt: Receipt, delivery: Delivery) -> None:
        """Pass on a receipt that the dialect couldn't read, without a state, which may be wrong.

        It isn't matched: its message waits for one that can be read.
        """
        receipt.state = receipt.error_code = None
        self.receipts_taken += 1
        if self._on_receipt is not None:
            self._call_on_receipt(receipt, delivery, Match.UNMATCHED)
        else:
            self.receipts.put(receipt, delivery)

    def _pass_on(self, receipt: Receipt, delivery: Delivery, match: Match) -> None:
        """Pass a receipt to the readers, unless callers of `SmscClient.receipt` alone get it."""
        if match is Match.AWAITED:
            if self._may_be_early(receipt):
                self._wait_for_response(receipt, is_shared=True)
            if not self.receipts.is_read or self.receipts.refuses:
                self._keep_unread(receipt, delivery)
                return
        self.receipts.put(receipt, delivery)

    def _keep_unread(self, receipt: Receipt, delivery: Delivery) -> None:
        """Leave a receipt to whom it was handed over; the queue gets it if they don't read it."""
        self.correlator.mark_unread(receipt)
        self.dedup.add(receipt)
        delivery.acknowledge()

    def _wait_for_response(self, receipt: Receipt, *, is_shared: bool = False) -> None:
        """Keep a receipt until a response names its id."""
        now = self._clock()
        self._put_early(self.correlator.wait_for_response(receipt, now, is_shared=is_shared))
        self._dispatcher.room_listeners.add(self)
        self._arm()

    def _may_be_early(self, receipt: Receipt) -> bool:
        """Whether a response may still name the id of a receipt."""
        # An early receipt is acknowledged before it is stored, so the queue needs room for it.
        return (
            receipt.message_id != ""
            and not self.receipts.is_overfull
            and self._dispatcher.in_flight > 0
        )

    def _drop_repeat(self, receipt: Receipt) -> None:
        """Drop a repetition, unless a response may still give its id to another message."""
        if receipt.is_final and self._may_be_early(receipt):
            self._wait_for_response(receipt)
        else:
            self.dedup.repeats += 1

    def _put_early(self, receipts: Iterable[Receipt]) -> None:
        """Queue receipts that no response has named; each was acknowledged when it came."""
        for receipt in receipts:
            if self.dedup.is_repeat(receipt):
                self.dedup.repeats += 1
            else:
                self.receipts.put(receipt)

    def _end_wait(self, key: str, wait: ReceiptWait) -> None:
        """End a wait for a receipt; queue the receipt if its callers were cancelled meanwhile."""
        self.correlator.end_wait(key, wait)
        if wait.receipt is not None and not wait.is_read and wait.is_alone:
            self.receipts.put(wait.receipt)

    def _call_on_receipt(self, receipt: Receipt, delivery: Delivery, match: Match) -> None:
        """Let the handler process a receipt, and answer its delivery then."""
        if match in {Match.UNKNOWN, Match.AWAITED} and self._may_be_early(receipt):
            self._wait_for_response(receipt, is_shared=True)
        if self.handlers.is_overfull or (self.receipts.is_overfull and self.receipts.has_readers):
            delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)
            return

        def is_due() -> bool:
            """Whether it still has to be handled: not if it was meanwhile, on another link."""
            if delivery.is_stale:
                return False
            if match is Match.MATCHED or not self.dedup.is_repeat(receipt):
                return True
            self.dedup.repeats += 1
            delivery.acknowledge()
            return False

        def on_end(result: CallResult) -> None:
            """Answer, and remember what was handled."""
            if result is CallResult.RETURNED:
                self.dedup.add(receipt)
                delivery.acknowledge()
                if self.receipts.has_readers:
                    self.receipts.put(receipt)
            elif result is CallResult.RAISED:
                delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)

        handler = self._on_receipt
        assert handler is not None  # noqa: S101 - asked by the caller
        key = self.correlator.key_of(receipt) or None
        self.handlers.submit(HandlerCall("on_receipt", handler, receipt, key, is_due, on_end))

    def _arm(self) -> None:
        """Keep one timer for what waits here."""
        deadline = self.next_deadline()
        if deadline < self._timer.at:
            self._timer.start(deadline)

    def _on_timer(self) -> None:
        """Pass on what has waited long enough."""
        self.expire(self._clock())
        self._arm()

    def __repr__(self) -> str:
        return (
            f"<InboundRouter {self.receipts_taken} receipts, {self.messages.taken} messages taken,"
            f" {len(self.receipts)} and {len(self.incoming)} unread>"
        )

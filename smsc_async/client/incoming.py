"""Incoming messages (MO): parts are joined, messages go to the user's handler or to readers.

Rule: a part that waits for the others is acknowledged at once; the one that completes its message
when the message is stored, or handled. A message of which parts were acknowledged is never refused
as a whole: the gateway would repeat its last part alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import CommandStatus
from pdu.text.reassembly import Reassembler, segment_of
from smsc_async.client.delivery_queue import DeliveryQueue
from smsc_async.client.handlers import CallResult, HandlerCall
from smsc_async.gateway.coding import TextSettings, decode, decode_joined
from smsc_async.receipts import IncomingMessage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pdu import DataSm, DeliverSm
    from pdu.text import Joined, Segment
    from smsc_async.client.delivery_queue import Delivery
    from smsc_async.client.handlers import HandlerRunner
    from smsc_async.config import SmscConfig


class _HandledParts:
    """A message in parts whose handler runs, and the deliveries that its end answers."""

    __slots__ = ("deliveries", "joined", "sequence")

    def __init__(self, joined: Joined, sequence: int, delivery: Delivery) -> None:
        self.joined = joined
        self.sequence = sequence
        self.deliveries = [delivery]

    def includes(self, segment: Segment, request: DeliverSm | DataSm) -> bool:
        """Whether a delivery repeats one of its parts."""
        joined = self.joined
        return (request.source_addr, request.destination_addr, *segment[1:4]) == (
            joined.sender,
            joined.recipient,
            joined.carrier,
            joined.reference,
            joined.total,
        ) and (segment.sequence, segment.payload) in joined.parts

    def acknowledge(self, command_status: int) -> None:
        """Answer the part that completed it, and its repetitions."""
        for delivery in self.deliveries:
            delivery.acknowledge(command_status)


class MessageRouter:
    """Routes incoming messages.

    Args:
        config: Size of the queue, timeout of parts.
        settings: How texts are coded on this bind.
        handlers: Runs the handler.
        clock: Seconds of a monotonic clock.
        on_deadline: Called when `next_deadline` may be another.
        on_incoming: The user's handler of every incoming message, or None.

    Attributes:
        queue: For `SmscClient.incoming`.
        taken: deliver_sm of incoming messages, parts counted singly.
    """

    def __init__(
        self,
        config: SmscConfig,
        settings: TextSettings,
        handlers: HandlerRunner,
        *,
        clock: Callable[[], float],
        on_deadline: Callable[[], None],
        on_incoming: Callable[[IncomingMessage], Awaitable[object]] | None = None,
    ) -> None:
        self.queue: DeliveryQueue[IncomingMessage] = DeliveryQueue("incoming", config.incoming)
        self.taken = 0
        self._settings = settings
        self._handlers = handlers
        self._clock = clock
        self._on_deadline = on_deadline
        self._on_incoming = on_incoming
        self._reassembler = Reassembler(timeout=config.timeouts.reassembly)
        self._handled_parts: list[_HandledParts] = []
        self._is_leaving = False

    def route(self, request: DeliverSm | DataSm, delivery: Delivery) -> None:
        """Pass an incoming message on, or keep its part until the others come."""
        self.taken += 1
        if self._is_overfull:
            delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)
            return
        segment = segment_of(request, self._settings.packed_codings)
        if segment.total == 1:
            self.pass_on(self._single_message(request, segment), delivery)
            return
        for handled in self._handled_parts:
            if handled.includes(segment, request):
                handled.deliveries.append(delivery)
                return
        finished = self._reassembler.add(
            segment,
            sender=request.source_addr,
            recipient=request.destination_addr,
            data_coding=request.data_coding,
            now=self._clock(),
            item=request,
        )
        if not finished:
            delivery.acknowledge()
            self._on_deadline()
            return
        *earlier, last = finished
        for joined in earlier:
            self.pass_on(self._joined_message(joined))
        if last.total == 1:
            # Its numbers contradict each other.
            self.pass_on(self._joined_message(last), delivery)
        elif self._on_incoming is not None:
            self._call_on_joined(_HandledParts(last, segment.sequence, delivery))
        else:
            # Its other parts were acknowledged before: this one isn't left unanswered, since the
            # gateway would repeat a single part.
            self.queue.put(self._joined_message(last))
            delivery.acknowledge()

    def next_deadline(self) -> float:
        """The time at which the oldest incomplete message times out; infinity if none waits."""
        return self._reassembler.next_deadline()

    def expire(self, now: float) -> None:
        """Pass on the incomplete messages that have waited long enough."""
        for joined in self._reassembler.expire(now):
            self.pass_on(self._joined_message(joined))

    def give_up_parts(self) -> None:
        """Let the handler process all incomplete messages: the client is being left."""
        self._is_leaving = True
        if self._on_incoming is None:
            return
        for joined in self._reassembler.give_up():
            self.pass_on(self._joined_message(joined))

    def close(self) -> None:
        """End the readers once they have read what is stored, incomplete messages included."""
        for joined in self._reassembler.give_up():
            self.queue.put(self._joined_message(joined))
        self.queue.close()

    @property
    def _is_overfull(self) -> bool:
        """Whether too many messages wait, for the handler or for readers."""
        if self._on_incoming is None:
            return self.queue.is_overfull or self.queue.refuses
        return self._handlers.is_overfull or (self.queue.is_overfull and self.queue.has_readers)

    def pass_on(self, message: IncomingMessage, delivery: Delivery | None = None) -> None:
        """Pass a message to the handler, or to the readers."""
        handler = self._on_incoming
        if handler is None:
            self.queue.put(message, delivery)
            return

        def is_due() -> bool:
            """Whether it still has to be handled: not if the gateway delivers it again."""
            return delivery is None or not delivery.is_stale

        def on_end(result: CallResult) -> None:
            """Answer; without a delivery what wasn't handled is kept for readers."""
            if result is CallResult.RETURNED:
                self._offer(message)
                if delivery is not None:
                    delivery.acknowledge()
            elif delivery is None:
                self.queue.put(message)
            elif result is CallResult.RAISED:
                delivery.acknowledge(CommandStatus.ESME_RX_T_APPN)

        is_last_chance = delivery is None
        self._handlers.submit(
            HandlerCall("on_incoming", handler, message, None, is_due, on_end, is_last_chance)
        )

    def _call_on_joined(self, parts: _HandledParts) -> None:
        """Let the handler process a message in parts, and answer the part that completed it."""
        message = self._joined_message(parts.joined)
        self._handled_parts.append(parts)

        def on_end(result: CallResult) -> None:
            """Answer; if it raised wait for the last part again, which the gateway repeats."""
            self._handled_parts.remove(parts)
            if result is CallResult.RETURNED:
                self._offer(message)
                parts.acknowledge(CommandStatus.ESME_ROK)
            elif result is CallResult.RAISED and not self._is_leaving:
                self._reassembler.reopen(parts.joined, parts.sequence, now=self._clock())
                self._on_deadline()
                parts.acknowledge(CommandStatus.ESME_RX_T_APPN)
            else:
                # The other parts were acknowledged: they will not come again.
                self.queue.put(message)

        handler = self._on_incoming
        assert handler is not None  # noqa: S101 - asked by the caller
        self._handlers.submit(
            HandlerCall("on_incoming", handler, message, None, _always, on_end, is_last_chance=True)
        )

    def _offer(self, message: IncomingMessage) -> None:
        """Pass a message that was handled to the readers, if there are any."""
        if self.queue.has_readers:
            self.queue.put(message)

    def _single_message(self, request: DeliverSm | DataSm, segment: Segment) -> IncomingMessage:
        """Return a message of one part."""
        return IncomingMessage(
            sender=request.source_addr,
            recipient=request.destination_addr,
            text=decode(segment.payload, request.data_coding, self._settings, segment.shifts),
            octets=segment.payload,
            data_coding=request.data_coding,
            received_at=self._clock(),
            tlvs=_octets_by_tag(request),
            esm_class=int(request.esm_class),
            pdu=request,
        )

    def _joined_message(self, joined: Joined) -> IncomingMessage:
        """Return a message of its joined parts; what only one can have is of the first of them."""
        first: DeliverSm | DataSm = joined.items[0]
        return IncomingMessage(
            sender=joined.sender,
            recipient=joined.recipient,
            text=decode_joined(joined, self._settings),
            octets=joined.octets,
            data_coding=joined.data_coding,
            parts=len(joined.parts),
            total=len(joined.parts) + len(joined.missing),
            received_at=self._clock(),
            tlvs=_octets_by_tag(first),
            esm_class=int(first.esm_class),
            pdu=first,
        )

    def __repr__(self) -> str:
        return f"<MessageRouter {self.taken} taken, {len(self._reassembler)} incomplete>"


def _octets_by_tag(request: DeliverSm | DataSm) -> tuple[tuple[int, bytes], ...]:
    """Return the TLVs of a PDU."""
    return tuple((tlv.tag, tlv.value) for tlv in request.tlvs)


def _always() -> bool:
    """Whether a call is due that can't be skipped."""
    return True

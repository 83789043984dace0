"""Receipts in several parts, joined before they are read.

Rule: a part that waits for the others is acknowledged at once. A receipt that its handler couldn't
process waits again for the part that completed it, since the gateway repeats that one alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pdu import CommandStatus, DeliverSm, EsmClass, TlvTag
from pdu.text.reassembly import Reassembler, segment_of
from smsc_async.client.deliveries import StoredDelivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdu import DataSm
    from pdu.text import Joined
    from smsc_async.client.delivery_queue import Delivery

    ReadyReceipt = tuple[DeliverSm | DataSm, Delivery]

_PAYLOAD: Final = int(TlvTag.MESSAGE_PAYLOAD)


class ReceiptParts:
    """The receipts of which parts are missing.

    Args:
        timeout: Seconds that a receipt waits for its parts.
        clock: Seconds of a monotonic clock.
    """

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._reassembler = Reassembler(timeout=timeout)
        self._clock = clock

    def add(self, request: DeliverSm | DataSm, delivery: Delivery) -> list[ReadyReceipt]:
        """Add a receipt that has a user data header.

        Returns:
            The receipts that it completes, joined and without a header, each with the delivery to
            acknowledge; usually one or none.
        """
        segment = segment_of(request)
        if segment.total == 1:
            return [(request, delivery)]
        finished = self._reassembler.add(
            segment,
            sender=request.source_addr,
            recipient=request.destination_addr,
            data_coding=request.data_coding,
            now=self._clock(),
            item=request,
        )
        # At most one is complete, the last one.
        if not finished or finished[-1].missing:
            delivery.acknowledge()
            return self._incomplete(finished)
        *displaced, complete = finished
        completing = _CompletingDelivery(self, complete, segment.sequence, delivery)
        return [*self._incomplete(displaced), (_receipt(complete), completing)]

    def expire(self, now: float) -> list[ReadyReceipt]:
        """Return the receipts that have waited long enough, with the parts received."""
        return self._incomplete(self._reassembler.expire(now))

    def give_up(self) -> list[ReadyReceipt]:
        """Return all incomplete receipts: no part will come any more."""
        return self._incomplete(self._reassembler.give_up())

    def next_deadline(self) -> float:
        """The time at which the oldest incomplete receipt times out; infinity if none waits."""
        return self._reassembler.next_deadline()

    def reopen(self, joined: Joined, sequence: int) -> None:
        """Wait again for the part that completed a receipt."""
        self._reassembler.reopen(joined, sequence, now=self._clock())

    def _incomplete(self, receipts: Iterable[Joined]) -> list[ReadyReceipt]:
        """Return receipts whose parts were acknowledged as they came."""
        return [(_receipt(joined), StoredDelivery()) for joined in receipts]

    def __repr__(self) -> str:
        return f"<ReceiptParts {len(self._reassembler)} incomplete>"


class _CompletingDelivery(NamedTuple):
    """The delivery of the part that completed a receipt."""

    parts: ReceiptParts
    joined: Joined
    sequence: int
    delivery: Delivery

    @property
    def is_stale(self) -> bool:
        """Whether its link has ended: the gateway delivers this part again."""
        return self.delivery.is_stale

    def acknowledge(self, command_status: int = CommandStatus.ESME_ROK) -> None:
        """Respond; the gateway repeats the part if it isn't accepted."""
        if command_status:
            self.parts.reopen(self.joined, self.sequence)
        self.delivery.acknowledge(command_status)


def _receipt(joined: Joined) -> DeliverSm:
    """Return a receipt in one PDU.

    It has the esm_class of the first part in order, and the TLVs of all parts; of equal ones the
    first, of several with one tag all. message_payload holds the octets of one part with its
    header, which `short_message` has joined and without it.
    """
    tlvs = [tlv for part in joined.items for tlv in part.tlvs if tlv.tag != _PAYLOAD]
    return DeliverSm(
        source_addr=joined.sender,
        destination_addr=joined.recipient,
        esm_class=EsmClass(joined.items[0].esm_class & ~EsmClass.UDHI),
        data_coding=joined.data_coding,
        short_message=joined.octets,
        tlvs=tuple(dict.fromkeys(tlvs)),
    )

"""Receipts in several parts, joined before they are read.

Some SMSCs repeat the header of the part that a receipt is about: parts with ids of their own are
receipts of their own.

Rule: a part that waits for the others is acknowledged at once. A receipt that its handler couldn't
process waits again for the part that completed it, since the gateway repeats that one alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pdu import CommandStatus, DeliverSm, EsmClass, TlvTag
from pdu.text.coding import TextCoding, is_ucs2
from pdu.text.reassembly import Reassembler, segment_of
from smsc_async.client.deliveries import StoredDelivery
from smsc_async.gateway.dialect import GENERIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdu import DataSm
    from pdu.text import Joined, Run
    from smsc_async.client.delivery_queue import Delivery

    ReadyReceipt = tuple[DeliverSm | DataSm, Delivery]

_UCS2: Final = 0x08
# Text in two octets a character has one, at each space if not before; text in one octet has none.
_CONTROL: Final = re.compile(rb"[\0-\x08\x0E-\x1F]")
_SAR: Final = (TlvTag.SAR_MSG_REF_NUM, TlvTag.SAR_TOTAL_SEGMENTS, TlvTag.SAR_SEGMENT_SEQNUM)
_OF_PARTS: Final = frozenset((*_SAR, TlvTag.MESSAGE_PAYLOAD))


def is_part(receipt: DeliverSm | DataSm) -> bool:
    """Whether TLVs say that a receipt is one of several parts.

    It is needed where a receipt has no id or no state: others can be read without their parts.
    """
    return any(tlv.tag in _SAR for tlv in receipt.tlvs) and segment_of(receipt).total > 1


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
        """Add a receipt that has a user data header, or a part as `is_part` says.

        Returns:
            The receipts that it completes, joined and without a header or numbers, each with the
            delivery to acknowledge; usually one or none.
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
        if _are_receipts(complete.items):
            others = [(item, StoredDelivery()) for item in complete.items if item is not request]
            return [*self._incomplete(displaced), *others, (request, delivery)]
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
        return [(receipt, StoredDelivery()) for joined in receipts for receipt in _split(joined)]

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


def _are_receipts(items: tuple[DeliverSm | DataSm, ...]) -> bool:
    """Whether each part is a receipt of its own, about the part of a message with that header."""
    receipts = [GENERIC.read_receipt(item) for item in items]
    # A text that is quoted may look like a receipt, but doesn't begin a part.
    ids = {
        receipt.message_id
        for receipt in receipts
        if receipt.state is not None
        and (TlvTag.RECEIPTED_MESSAGE_ID in receipt.tlvs or receipt.raw[:3].lower() == "id:")
    }
    return len(ids - {""}) == len(items) > 1


def _split(joined: Joined) -> tuple[DeliverSm | DataSm, ...]:
    """Return the receipt of which parts are missing, or the receipts that its parts are."""
    return joined.items if _are_receipts(joined.items) else (_receipt(joined),)


def _receipt(joined: Joined) -> DeliverSm:
    """Return a receipt in one PDU.

    It has the esm_class of the first part in order, and the TLVs of all parts but those that number
    them; of equal ones the first, of several with one tag all. message_payload holds the octets of
    one part with its header, which `short_message` has joined and without it.
    """
    data_coding, octets = joined.data_coding, joined.octets
    runs = joined.runs
    if len(runs) > 1 and any(map(_is_wide, runs)):
        texts = [
            TextCoding.UCS2.decode(run.octets) if _is_wide(run) else run.octets.decode("latin-1")
            for run in runs
        ]
        data_coding, octets = _UCS2, TextCoding.UCS2.encode("".join(texts))
    tlvs = [tlv for part in joined.items for tlv in part.tlvs if tlv.tag not in _OF_PARTS]
    return DeliverSm(
        source_addr=joined.sender,
        destination_addr=joined.recipient,
        esm_class=EsmClass(joined.items[0].esm_class & ~EsmClass.UDHI),
        data_coding=data_coding,
        short_message=octets,
        tlvs=tuple(dict.fromkeys(tlvs)),
    )


def _is_wide(run: Run) -> bool:
    """Whether consecutive parts are UCS-2, and not ASCII that data_coding calls so."""
    return is_ucs2(run.data_coding) and _CONTROL.search(run.octets) is not None

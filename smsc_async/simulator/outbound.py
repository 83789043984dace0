"""The deliver_sm queue: receipts and subscribers' messages.

Rule: a deliver_sm stays queued until the client acknowledges it or refuses it for good. Without a
response, or without the link it went over, it is sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pdu import CommandStatus, DeliverSm, EncodeError, encode
from smsc_async.errors import InvalidMessageError, LocalProtocolError
from smsc_async.simulator.accounts import Account, QueuedDelivery
from smsc_async.simulator.pdus import incoming, receipt, without_tlvs

if TYPE_CHECKING:
    from smsc_async.simulator.records import SubmittedPart
    from smsc_async.simulator.state import SmscState

# v3.4 §4.6.2 names the first one; sending the same again would be useless after either.
_PERMANENT: Final = frozenset({CommandStatus.ESME_RX_P_APPN, CommandStatus.ESME_RX_R_APPN})


class OutboundQueue:
    """Sends deliver_sm as far as the windows of each account's links allow.

    Args:
        state: Shared with the other parts of the simulated SMSC.
    """

    def __init__(self, state: SmscState) -> None:
        self._state = state
        # Holds what goes to the first client that can receive; it never has a link.
        self._unassigned = Account("")
        self._reference = 0

    @property
    def waiting(self) -> int:
        """deliver_sm that wait for a link or for room in its window."""
        accounts = self._state.accounts.values()
        return len(self._unassigned.waiting) + sum(len(account.waiting) for account in accounts)

    def deliver(
        self,
        sender: str,
        recipient: str,
        text: str,
        now: float,
        system_id: str | None,
        *,
        esm_class: int,
    ) -> list[QueuedDelivery]:
        """Queue a subscriber's message; arguments are those of `SimulatedSmsc.deliver`."""
        account = self._receiver() if system_id is None else self._state.account(system_id)
        self._reference = self._reference % 255 + 1
        pdus = _incoming(sender, recipient, text, self._reference, account, esm_class=esm_class)
        deliveries = [QueuedDelivery(pdu, account) for pdu in pdus]
        for delivery in deliveries:
            self._enqueue(delivery, now)
        return deliveries

    def send_receipt(
        self, part: SubmittedPart, now: float, *, is_intermediate: bool = False
    ) -> None:
        """Queue a receipt of a part's state, unless the scenario has none."""
        if part.scenario.receipts:
            pdu = receipt(part, is_intermediate=is_intermediate)
            part.note(self._state.date_at(now), "receipt", part.state)
            self._enqueue(QueuedDelivery(pdu, self._state.account(part.system_id), part), now)

    def on_bound(self, account: Account, now: float) -> None:
        """Send what waits for an account that has a new receiving link."""
        while self._unassigned.waiting:
            delivery = self._unassigned.waiting.popleft()
            delivery.account = account
            account.waiting.append(delivery)
        self._send_waiting(account, now)

    def on_response(self, delivery: QueuedDelivery, status: int, now: float) -> None:
        """Handle deliver_sm_resp: acknowledged, refused for good, or to be sent again later."""
        if status == CommandStatus.ESME_ROK:
            self._state.stats.delivered += 1
            self._end(delivery, status, now)
        elif status in _PERMANENT:
            self._drop(delivery, status, now)
        else:
            schedule = self._state.schedule
            at = schedule.time(now) + self._state.scenario.redelivery_delay
            schedule.call_at(at, self.requeue, [delivery])
        self._send_waiting(delivery.account, now)

    def requeue(self, deliveries: list[QueuedDelivery], now: float) -> None:
        """Put deliver_sm that were sent back to the head of their queues."""
        for delivery in reversed(deliveries):
            self._state.stats.redelivered += 1
            delivery.account.waiting.appendleft(delivery)
        for account in {delivery.account for delivery in deliveries}:
            self._send_waiting(account, now)

    def _receiver(self) -> Account:
        """Return an account that can receive now, or else any, or else the unassigned queue."""
        accounts = self._state.accounts.values()
        first = next(iter(accounts), self._unassigned)
        return next((account for account in accounts if account.links), first)

    def _enqueue(self, delivery: QueuedDelivery, now: float) -> None:
        """Send a deliver_sm as soon as a link has room; over the limit the oldest is dropped."""
        waiting = delivery.account.waiting
        waiting.append(delivery)
        self._send_waiting(delivery.account, now)
        while len(waiting) > self._state.scenario.receipt_queue:
            self._drop(waiting.popleft(), CommandStatus.ESME_RMSGQFUL, now)

    def _send_waiting(self, account: Account, now: float) -> None:
        """Send what waits, as far as the windows of the account's links allow."""
        while account.waiting and (link := account.free_link()) is not None:
            delivery = account.waiting.popleft()
            try:
                pdu = delivery.pdu if link.has_tlvs else without_tlvs(delivery.pdu)
                link.session.request(pdu, now, context=delivery)
            except LocalProtocolError:
                # An address that was read leniently (8-bit, too long) and can't be written.
                self._drop(delivery, CommandStatus.ESME_RSYSERR, now)
            self._state.changed_links[link] = None

    def _drop(self, delivery: QueuedDelivery, status: int, now: float) -> None:
        """End a deliver_sm that the client didn't acknowledge."""
        self._state.stats.dropped += 1
        self._end(delivery, status, now)

    def _end(self, delivery: QueuedDelivery, status: int, now: float) -> None:
        """Record how a deliver_sm ended."""
        delivery.command_status = status
        self._state.ended.append(delivery)
        if delivery.part is not None:
            delivery.part.note(self._state.date_at(now), "acknowledged", status)

    def __repr__(self) -> str:
        stats = self._state.stats
        return (
            f"<OutboundQueue {self.waiting} waiting, {stats.delivered} delivered,"
            f" {stats.redelivered} redelivered, {stats.dropped} dropped>"
        )


def _incoming(
    sender: str, recipient: str, text: str, reference: int, account: Account, *, esm_class: int
) -> list[DeliverSm]:
    """Make the deliver_sm of a subscriber's message, and check that they can be encoded."""
    try:
        pdus = incoming(
            sender,
            recipient,
            text,
            reference=reference,
            settings=account.settings,
            esm_class=esm_class,
        )
        for pdu in pdus:
            encode(pdu)
    except EncodeError as error:
        field, reason = error.field, error.reason
    else:
        return pdus
    # Raised outside of the handler: a context could hold the text.
    raise InvalidMessageError(field, "of deliver_sm", reason)

"""State of the simulated SMSC: scenario, counters, records and its schedule.

Rule: one object holds what binds and submits, reassembly and the deliver_sm queue share; each of
them gets it as an argument. It has no clock: every *now* is an argument, a time of the links.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smsc_async.simulator.accounts import MAX_ACCOUNTS, Account
from smsc_async.simulator.message_log import MAX_MESSAGE_OCTETS, MessageLog
from smsc_async.simulator.records import SubmittedMessage
from smsc_async.simulator.schedule import Schedule
from smsc_async.simulator.simulator_stats import SimulatorStats

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from smsc_async.simulator.accounts import ClientLink, QueuedDelivery
    from smsc_async.simulator.records import RefusedRequest, RuleStop, SubmittedPart
    from smsc_async.simulator.refusals import Refusal
    from smsc_async.simulator.scenario import Scenario, SubmitView

IDS_PER_MESSAGE: Final = 10
"""A long message has several ids, so more ids than messages are kept."""


class SmscState:
    """Everything the simulated SMSC remembers.

    Args:
        scenario: How it behaves; may be replaced at any time.
        now: Current time of a monotonic clock, in seconds.
        wall: Date and time at *now*, with a time zone; dates in receipts are counted from it.

    Attributes:
        stats: Counters; `waiting` isn't maintained here, see `SimulatedSmsc.stats`.
        schedule: What is done later, and the gateway's time.
        accounts: Accounts by system_id.
        log: The newest messages, accepted and refused.
        parts: The newest accepted submit_sm by message_id; their texts have `keep_octets`
            characters at most, too.
        refusals: The newest refused requests, oldest first.
        ended: deliver_sm that ended, acknowledged or dropped, since the last `take_ended`.
        changed_links: Links written to since the last `take_changed_links`, other than by the
            processing of their own events; in order.
    """

    def __init__(self, scenario: Scenario, *, now: float, wall: datetime) -> None:
        self.scenario = scenario
        self.stats = SimulatorStats()
        self.schedule = Schedule()
        self.accounts: dict[str, Account] = {}
        self.log = MessageLog()
        self.parts: OrderedDict[str, SubmittedPart] = OrderedDict()
        self.refusals: deque[RefusedRequest] = deque()
        self.ended: list[QueuedDelivery] = []
        self.changed_links: dict[ClientLink, None] = {}
        self._started_at = now
        self._wall = self._date = wall
        self._dated = 0.0
        self._parts_characters = 0

    @property
    def messages(self) -> list[SubmittedMessage]:
        """The newest accepted messages, oldest first."""
        return [message for message in self.log if message.refusal is None]

    def account(self, system_id: str) -> Account:
        """Return the account of a login; the first use creates it. The oldest are forgotten."""
        account = self.accounts.get(system_id)
        if account is None:
            if len(self.accounts) >= MAX_ACCOUNTS:
                self._forget_account()
            account = self.accounts[system_id] = Account(system_id)
        return account

    def _forget_account(self) -> None:
        """Forget the oldest account without links; if possible one that nothing waits for."""
        unused = [account for account in self.accounts.values() if not account.links]
        idle = (each for each in unused if not each.waiting and not each.partial_messages)
        oldest = next(idle, next(iter(unused), None))
        if oldest is not None:
            del self.accounts[oldest.system_id]

    def date_at(self, now: float) -> datetime:
        """Return the gateway's date and time at a time of the links."""
        since = now - self._started_at + self.schedule.shift
        # Whatever one read causes has the same time (hot path).
        if since != self._dated:
            self._dated, self._date = since, self._wall + timedelta(seconds=since)
        return self._date

    def record_part(self, part: SubmittedPart) -> None:
        """Remember an accepted submit_sm for query_sm; the oldest ones are forgotten."""
        parts, scenario = self.parts, self.scenario
        replaced = parts.pop(part.message_id, None)
        parts[part.message_id] = part
        self._parts_characters += _length(part) - _length(replaced)
        while len(parts) > scenario.keep * IDS_PER_MESSAGE or (
            self._parts_characters > scenario.keep_octets and len(parts) > 1
        ):
            self._parts_characters -= _length(parts.popitem(last=False)[1])

    def record_refusal(self, refused: RefusedRequest) -> None:
        """Remember a refused request; the oldest ones are forgotten."""
        self.stats.refusals += 1
        self.refusals.append(refused)
        while len(self.refusals) > self.scenario.keep:
            self.refusals.popleft()

    def record_message(
        self,
        view: SubmitView,
        submits: tuple[SubmittedPart, ...],
        received_at: datetime,
        number: int,
        *,
        parts: int = 1,
        total: int = 1,
        refusal: Refusal | None = None,
        stop: RuleStop | None = None,
        link: int = 0,
        sequence_number: int = 0,
    ) -> None:
        """Remember a message; the oldest ones are forgotten.

        Args:
            view: What it says.
            submits: The records of its parts; none of one that was refused.
            received_at: The gateway's date and time.
            number: Of `MessageLog.next_number`.
            parts: submit_sm received.
            total: submit_sm expected.
            refusal: Why it was refused; None if it was accepted.
            stop: The rule that stopped it, refused or not.
            link: Of one that was refused: number of the link that it came over.
            sequence_number: Likewise, of the submit_sm on that link.
        """
        octets, text = view.octets, view.text
        is_cut = len(octets) > MAX_MESSAGE_OCTETS
        if is_cut:
            octets = octets[:MAX_MESSAGE_OCTETS]
            text = None if text is None else text[:MAX_MESSAGE_OCTETS]
        message = SubmittedMessage(
            system_id=view.system_id,
            sender=view.sender,
            recipient=view.recipient,
            text=text,
            octets=octets,
            data_coding=view.data_coding,
            parts=parts,
            total=total,
            received_at=received_at,
            number=number,
            submits=submits,
            refusal=refusal,
            stop=stop,
            link=link,
            sequence_number=sequence_number,
            is_cut=is_cut,
        )
        if refusal is None:
            self.stats.messages += 1
        self.log.add(message, self.scenario.keep, self.scenario.keep_octets)

    def take_ended(self) -> list[QueuedDelivery]:
        """Return the deliver_sm that have ended since the last call, and begin anew."""
        ended, self.ended = self.ended, []
        return ended

    def take_changed_links(self) -> Iterable[ClientLink]:
        """Return the links written to since the last call, and begin anew."""
        links, self.changed_links = self.changed_links, {}
        return links

    def __repr__(self) -> str:
        return (
            f"<SmscState {len(self.accounts)} accounts, {len(self.log)} messages,"
            f" {len(self.schedule)} actions scheduled>"
        )


def _length(part: SubmittedPart | None) -> int:
    """Return the characters that are kept of a part."""
    return 0 if part is None or part.text is None else len(part.text)

"""State of the simulated SMSC: scenario, counters, records and timed actions.

Rule: one object holds what binds and submits, reassembly and the deliver_sm queue share; each of
them gets it as an argument. It has no clock: every time is an argument.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from smsc_async.simulator.accounts import MAX_ACCOUNTS, Account
from smsc_async.simulator.records import SimulatorStats, SubmittedMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from smsc_async.simulator.accounts import ClientLink, QueuedDelivery
    from smsc_async.simulator.records import RefusedRequest, SubmittedPart
    from smsc_async.simulator.scenario import Scenario, SubmitView

# A long message has several ids, so more ids than messages are kept.
_IDS_PER_MESSAGE: Final = 10


@dataclass(slots=True)
class Changes:
    """What has happened since the last `SmscState.take_changes`.

    Args:
        messages: New messages, oldest first.
        deliveries: deliver_sm that ended: acknowledged or dropped.
    """

    messages: list[SubmittedMessage] = field(default_factory=list)
    deliveries: list[QueuedDelivery] = field(default_factory=list)


class SmscState:
    """Everything the simulated SMSC remembers.

    Args:
        scenario: How it behaves; may be replaced at any time.
        now: Current time of a monotonic clock, in seconds.
        wall: Date and time at *now*, with a time zone; dates in receipts are counted from it.

    Attributes:
        stats: Counters; `waiting` isn't maintained here, see `SimulatedSmsc.stats`.
        accounts: Accounts by system_id.
        messages: The newest messages, oldest first.
        parts: Accepted submit_sm by message_id.
        refusals: The newest refused requests, oldest first.
        changes: What has happened since the last `take_changes`.
        changed_links: Links written to since the last `take_changed_links`, other than by the
            processing of their own events; in order.
    """

    def __init__(self, scenario: Scenario, *, now: float, wall: datetime) -> None:
        self.scenario = scenario
        self.stats = SimulatorStats()
        self.accounts: dict[str, Account] = {}
        self.messages: deque[SubmittedMessage] = deque()
        self.parts: dict[str, SubmittedPart] = {}
        self.refusals: deque[RefusedRequest] = deque()
        self.changes = Changes()
        self.changed_links: dict[ClientLink, None] = {}
        self._started_at = now
        self._wall = wall
        # (time, order, action, its arguments): the order decides between equal times.
        self._due: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()

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
        """Return date and time at a monotonic time."""
        return self._wall + timedelta(seconds=now - self._started_at)

    def call_at(self, at: float, action: Callable[..., None], *arguments: object) -> None:
        """Schedule `action(*arguments, now)` for the time *at*."""
        heappush(self._due, (at, next(self._order), action, arguments))

    def run_due(self, now: float) -> None:
        """Run the scheduled actions that are due by now."""
        while self._due and self._due[0][0] <= now:
            _, _, action, arguments = heappop(self._due)
            action(*arguments, now)

    def next_deadline(self) -> float | None:
        """Return the time of the next scheduled action, None if there is none."""
        return self._due[0][0] if self._due else None

    def record_part(self, part: SubmittedPart) -> None:
        """Remember an accepted submit_sm for query_sm; the oldest ones are forgotten."""
        self.parts[part.message_id] = part
        while len(self.parts) > self.scenario.keep * _IDS_PER_MESSAGE:
            del self.parts[next(iter(self.parts))]

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
        *,
        parts: int = 1,
        total: int = 1,
    ) -> None:
        """Remember a message; the oldest ones are forgotten."""
        message = SubmittedMessage(
            system_id=view.system_id,
            sender=view.sender,
            recipient=view.recipient,
            text=view.text,
            octets=view.octets,
            data_coding=view.data_coding,
            parts=parts,
            total=total,
            received_at=received_at,
            submits=submits,
        )
        self.stats.messages += 1
        self.changes.messages.append(message)
        self.messages.append(message)
        while len(self.messages) > self.scenario.keep:
            self.messages.popleft()

    def take_changes(self) -> Changes:
        """Return what has happened since the last call, and begin anew."""
        changes, self.changes = self.changes, Changes()
        return changes

    def take_changed_links(self) -> Iterable[ClientLink]:
        """Return the links written to since the last call, and begin anew."""
        links, self.changed_links = self.changed_links, {}
        return links

    def __repr__(self) -> str:
        return (
            f"<SmscState {len(self.accounts)} accounts, {len(self.messages)} messages,"
            f" {len(self._due)} actions scheduled>"
        )

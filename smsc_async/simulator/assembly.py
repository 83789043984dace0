"""Reassembly of long messages from their parts.

Rule: where the scenario has a time limit for parts, no part has an outcome before all parts are
there; a message that stays incomplete ends as UNDELIV. Without a limit each part has an outcome of
its own at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsc_async.gateway.coding import decode_joined
from smsc_async.simulator.accounts import MAX_PARTIAL_MESSAGES, PartialMessage
from smsc_async.simulator.enforcement import DEFAULT_PARTS_TIMEOUT
from smsc_async.simulator.pdus import charged_parts
from smsc_async.simulator.scenario import SubmitView

if TYPE_CHECKING:
    from pdu.text import Joined, Segment
    from smsc_async.simulator.accounts import Account
    from smsc_async.simulator.outbound import OutboundQueue
    from smsc_async.simulator.records import SubmittedPart
    from smsc_async.simulator.state import SmscState


class MessageAssembly:
    """Joins the parts of long messages, and records messages that are complete or given up.

    Args:
        state: Shared with the other parts of the simulated SMSC.
        outbound: Gets the parts of messages that stay incomplete.
    """

    def __init__(self, state: SmscState, outbound: OutboundQueue) -> None:
        self._state = state
        self._outbound = outbound

    def add(
        self, part: SubmittedPart, segment: Segment, data_coding: int, now: float
    ) -> tuple[SubmittedPart, ...]:
        """Add a part to its message.

        Returns:
            The parts whose outcome is decided now; the caller schedules it.
        """
        account = self._state.account(part.system_id)
        rules, sets = self._state.scenario.rules, account.partial_messages
        window = None if rules is None else rules.multipart_window
        account.reassembler.timeout = window or DEFAULT_PARTS_TIMEOUT
        key = part.sender, part.recipient, segment.carrier, segment.reference, segment.total
        finished = account.reassembler.add(
            segment,
            sender=part.sender,
            recipient=part.recipient,
            data_coding=data_coding,
            now=now,
        )
        # A set that was given up may have the same key: it ends before this part is added.
        for joined in finished:
            if joined.missing:
                self._end_incomplete(account, joined, now)
        if key not in sets:
            sets[key] = PartialMessage(now, is_outcome_deferred=window is not None)
            at = now + account.reassembler.timeout
            self._state.call_at(at, self._expire, account, key, sets[key])
        partial = sets[key]
        partial.add(segment.sequence, part)
        # A part that is repeated after its message was complete begins a set that stays incomplete.
        while len(sets) > 2 * MAX_PARTIAL_MESSAGES:
            self._end_partial(sets.pop(next(iter(sets))), now)
        for joined in finished:
            if not joined.missing:
                self._end_complete(account, joined, now)
        if not partial.is_outcome_deferred:
            return (part,)
        return () if sets.get(key) is partial else partial.parts

    def _expire(
        self, account: Account, key: tuple[object, ...], partial: PartialMessage, now: float
    ) -> None:
        """Give up messages whose time is over."""
        for joined in account.reassembler.expire(now):
            self._end_incomplete(account, joined, now)
        # Parts repeated after their message was complete are in no set of the reassembler.
        if account.partial_messages.get(key) is partial:
            del account.partial_messages[key]
            self._end_partial(partial, now)

    def _end_complete(self, account: Account, joined: Joined, now: float) -> None:
        """Record a complete message, and apply the rules to it."""
        view, partial = self._record(account, joined, now)
        parts, scenario = partial.parts, self._state.scenario
        # A part that a rule stopped makes the others useless.
        error = next((part.stop_error for part in parts if part.stop_error), 0)
        if (
            scenario.rules is not None
            and not error
            and account.enforcement.check_joined(scenario.rules, view, partial.began_at, now)
        ):
            error = scenario.repeat_error
        self._stop(parts, error)
        charged = charged_parts(joined.octets, joined.data_coding, account.settings)
        for index, part in enumerate(parts):
            part.charged = int(index < charged)

    def _end_incomplete(self, account: Account, joined: Joined, now: float) -> None:
        """Record what there is of a message, and end it."""
        _, partial = self._record(account, joined, now)
        self._end_partial(partial, now)

    def _end_partial(self, partial: PartialMessage, now: float) -> None:
        """End the parts of an incomplete message, where a rule limits its time."""
        if partial.is_outcome_deferred:
            self._stop(partial.parts, self._state.scenario.parts_error)
            for part in partial.parts:
                self._outbound.complete(part, now)

    def _stop(self, parts: tuple[SubmittedPart, ...], error: int) -> None:
        """Set a delivery error, unless it is 0, on the parts that have none."""
        for part in parts:
            if error and not part.stop_error:
                part.stop_error = error
                self._state.stats.stopped += 1

    def _record(
        self, account: Account, joined: Joined, now: float
    ) -> tuple[SubmitView, PartialMessage]:
        """Record a message made of parts, complete or not; its set is closed."""
        key = joined.sender, joined.recipient, joined.carrier, joined.reference, joined.total
        # A set that had to make room was closed already.
        partial = account.partial_messages.pop(key, None) or PartialMessage(
            now, is_outcome_deferred=False
        )
        view = SubmitView(
            system_id=account.system_id,
            sender=joined.sender,
            recipient=joined.recipient,
            text=decode_joined(joined, account.settings),
            octets=joined.octets,
            data_coding=joined.data_coding,
        )
        parts = partial.by_sequence
        submits = tuple(parts[sequence] for sequence, _ in joined.parts if sequence in parts)
        date, count = self._state.date_at(now), len(joined.parts)
        self._state.record_message(view, submits, date, parts=count, total=joined.total)
        return view, partial

    def __repr__(self) -> str:
        accounts = self._state.accounts.values()
        count = sum(len(account.partial_messages) for account in accounts)
        return f"<MessageAssembly {count} partial messages>"

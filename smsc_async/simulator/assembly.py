"""Reassembly of long messages from their parts.

Rule: where the scenario has a time limit for parts, no part has an outcome before all parts are
there; a message that stays incomplete ends as UNDELIV. Without a limit each part has an outcome of
its own at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsc_async.gateway.coding import decode_joined
from smsc_async.simulator.accounts import MAX_PARTIAL_MESSAGES, PartialMessage
from smsc_async.simulator.decisions import stop_of
from smsc_async.simulator.enforcement import DEFAULT_PARTS_TIMEOUT
from smsc_async.simulator.fates import NOTHING_GIVEN
from smsc_async.simulator.pdus import charged_parts
from smsc_async.simulator.scenario import SubmitView

if TYPE_CHECKING:
    from pdu.text import Joined, Segment
    from smsc_async.simulator.accounts import Account
    from smsc_async.simulator.fates import Given
    from smsc_async.simulator.outcomes import Outcomes
    from smsc_async.simulator.received import ReceivedSubmit
    from smsc_async.simulator.records import RuleStop, SubmittedPart
    from smsc_async.simulator.state import SmscState


class MessageAssembly:
    """Joins the parts of long messages, and records messages that are complete or given up.

    Args:
        state: Shared with the other parts of the simulated SMSC.
        outcomes: Ends the parts of messages that stay incomplete.
    """

    def __init__(self, state: SmscState, outcomes: Outcomes) -> None:
        self._state = state
        self._outcomes = outcomes

    def given_to(self, account: Account, submit: ReceivedSubmit) -> Given | None:
        """Return what the sources of fates have said of the message that a submit_sm is a part of.

        None if it is no part, or the first one.
        """
        segment, view = submit.segment, submit.view
        if segment.total == 1:
            return None
        partial = account.partial_messages.get(_key(view.sender, view.recipient, segment))
        return None if partial is None else partial.given

    def add(
        self,
        part: SubmittedPart,
        segment: Segment,
        data_coding: int,
        now: float,
        *,
        given: Given = NOTHING_GIVEN,
        stop: RuleStop | None = None,
    ) -> tuple[SubmittedPart, ...]:
        """Add a part to its message.

        Args:
            part: Its record.
            segment: Which part it is, and its text.
            data_coding: Of the submit_sm.
            now: The links' time.
            given: What the sources of fates say of the message; that of its first part counts.
            stop: The rule that stopped the part after it was accepted; None for none.

        Returns:
            The parts whose outcome is decided now; the caller schedules it.
        """
        account, schedule = self._state.account(part.system_id), self._state.schedule
        at_gateway = schedule.time(now)
        rules, sets = self._state.scenario.rules, account.partial_messages
        window = None if rules is None else rules.multipart_window
        account.reassembler.timeout = window or DEFAULT_PARTS_TIMEOUT
        key = _key(part.sender, part.recipient, segment)
        finished = account.reassembler.add(
            segment,
            sender=part.sender,
            recipient=part.recipient,
            data_coding=data_coding,
            now=at_gateway,
        )
        # A set that was given up may have the same key: it ends before this part is added.
        for joined in finished:
            if joined.missing:
                self._end_incomplete(account, joined, now)
        if key not in sets:
            sets[key] = PartialMessage(
                at_gateway, is_outcome_deferred=window is not None, given=given
            )
            at = at_gateway + account.reassembler.timeout
            schedule.call_at(at, self._expire, account, key, sets[key])
        partial = sets[key]
        partial.add(segment.sequence, part)
        part.partial = partial
        partial.stop = partial.stop or stop
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
        for joined in account.reassembler.expire(self._state.schedule.time(now)):
            self._end_incomplete(account, joined, now)
        # Parts repeated after their message was complete are in no set of the reassembler.
        if account.partial_messages.get(key) is partial:
            del account.partial_messages[key]
            self._end_partial(partial, now)

    def _end_complete(self, account: Account, joined: Joined, now: float) -> None:
        """Apply the rules to a complete message, and record it."""
        view, partial = _view_of(account, joined), self._take(account, joined, now)
        parts, rules = partial.parts, self._state.scenario.rules
        number, enforcement = self._state.log.next_number(), account.enforcement
        # A part that a rule stopped makes the others useless.
        error = next((part.stop_error for part in parts if part.stop_error), 0)
        if rules is not None and not error:
            at = self._state.schedule.time(now)
            rule = enforcement.check_joined(rules, view, partial.began_at, at, number)
            if rule is not None:
                error = self._state.scenario.repeat_error
                partial.stop = stop_of(rule, rules, enforcement, self._state.date_at(now))
        self._stop(parts, error)
        self._record(joined, view, partial, number, now)
        charged = charged_parts(joined.octets, joined.data_coding, account.settings)
        for index, part in enumerate(parts):
            part.charged = int(index < charged)
        for part in parts:
            part.partial = None
        if partial.given.is_magic:
            self._outcomes.on_joined(parts, view)

    def _end_incomplete(self, account: Account, joined: Joined, now: float) -> None:
        """Record what there is of a message, and end it."""
        view, partial = _view_of(account, joined), self._take(account, joined, now)
        self._record(joined, view, partial, self._state.log.next_number(), now)
        self._end_partial(partial, now)

    def _end_partial(self, partial: PartialMessage, now: float) -> None:
        """End the parts of an incomplete message, where a rule limits its time."""
        for part in partial.parts:
            part.partial = None
        if partial.is_outcome_deferred:
            accepted = tuple(part for part in partial.parts if not part.command_status)
            self._stop(accepted, self._state.scenario.parts_error)
            for part in accepted:
                self._outcomes.complete(part, now)

    def _stop(self, parts: tuple[SubmittedPart, ...], error: int) -> None:
        """Set a delivery error, unless it is 0, on the parts that have none."""
        for part in parts:
            if error and not part.stop_error:
                part.stop_error = error
                self._state.stats.stopped += 1

    def _take(self, account: Account, joined: Joined, now: float) -> PartialMessage:
        """Close the set of a message."""
        key = joined.sender, joined.recipient, joined.carrier, joined.reference, joined.total
        # A set that had to make room was closed already.
        return account.partial_messages.pop(key, None) or PartialMessage(
            self._state.schedule.time(now), is_outcome_deferred=False
        )

    def _record(
        self,
        joined: Joined,
        view: SubmitView,
        partial: PartialMessage,
        number: int,
        now: float,
    ) -> None:
        """Record a message made of parts, complete or not."""
        parts = partial.by_sequence
        self._state.record_message(
            view,
            tuple(parts[sequence] for sequence, _ in joined.parts if sequence in parts),
            self._state.date_at(now),
            number,
            parts=len(joined.parts),
            total=joined.total,
            stop=partial.stop,
        )

    def __repr__(self) -> str:
        accounts = self._state.accounts.values()
        count = sum(len(account.partial_messages) for account in accounts)
        return f"<MessageAssembly {count} partial messages>"


def _key(sender: str, recipient: str, segment: Segment) -> tuple[object, ...]:
    """Return what the parts of one message have in common."""
    return sender, recipient, segment.carrier, segment.reference, segment.total


def _view_of(account: Account, joined: Joined) -> SubmitView:
    """Return what the joined parts say."""
    return SubmitView(
        system_id=account.system_id,
        sender=joined.sender,
        recipient=joined.recipient,
        text=decode_joined(joined, account.settings),
        octets=joined.octets,
        data_coding=joined.data_coding,
    )

"""Responses to accepted submit_sm and outcomes of messages: when, which, or held.

Rule: every part has a fate, and whatever is scheduled for it can be taken back until its outcome is
reached. So a fate that is given to a message replaces all that its scenario has planned. No socket,
no clock: *now* is the links' time, the schedule has the gateway's.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from pdu import CommandStatus, MessageState, SubmitSmResp
from smsc_async.errors import InvalidMessageError
from smsc_async.simulator.fates import AlreadyFinalError
from smsc_async.simulator.pdus import wants_intermediate, wants_receipt
from smsc_async.simulator.state import IDS_PER_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdu import SubmitSm
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.fate_sources import FateSources
    from smsc_async.simulator.fates import Fate, HoldMode
    from smsc_async.simulator.outbound import OutboundQueue
    from smsc_async.simulator.records import SubmittedMessage, SubmittedPart
    from smsc_async.simulator.scenario import SubmitView
    from smsc_async.simulator.state import SmscState

_NO_ANSWER: Final = frozenset({"never", "break"})


class _PendingAnswer(NamedTuple):
    """A submit_sm without its response, and the link that it came over."""

    link: ClientLink
    request: SubmitSm


class Outcomes:
    """Decides for each accepted submit_sm what is done when.

    Args:
        state: Shared with the other parts of the simulated SMSC.
        sources: Where fates come from.
        outbound: Sends receipts and replies.
        break_link: Closes a link without a response.
    """

    def __init__(
        self,
        state: SmscState,
        sources: FateSources,
        outbound: OutboundQueue,
        break_link: Callable[[ClientLink, float], None],
    ) -> None:
        self._state = state
        self._sources = sources
        self._outbound = outbound
        self._break_link = break_link
        # Responses that are held, or come later.
        self._pending: dict[SubmittedPart, _PendingAnswer] = {}
        self._held: dict[SubmittedPart, None] = {}

    def begin(  # noqa: PLR0917 - one caller
        self,
        part: SubmittedPart,
        link: ClientLink,
        request: SubmitSm,
        decided: tuple[SubmittedPart, ...],
        hold: HoldMode,
        now: float,
    ) -> None:
        """Respond to an accepted submit_sm, and plan the outcome of what is complete with it.

        Args:
            part: Its record, with its fate.
            link: Which it came over.
            request: The submit_sm.
            decided: The parts whose outcome is due now: itself, all parts of its message, or none.
            hold: What is held of it.
            now: The links' time.
        """
        for one in decided:
            one.may_complete = True
        if hold != "off":
            self._hold(part, now)
        for one in decided:
            if one.is_early and not one.is_held:
                self.complete(one, now)
        fate, scenario = part.fate, part.scenario
        delay = scenario.response_delay
        if hold == "answer":
            link.unanswered += 1
            self._pending[part] = _PendingAnswer(link, request)
        elif scenario.silent or link.is_dropped or fate.answer in _NO_ANSWER:
            self._leave_unanswered(part, now)
            link.is_dropped = link.is_dropped or fate.answer == "break"
        else:
            if fate.answer == "late" and fate.after is not None:
                delay = fate.after
            self._respond_after(part, _PendingAnswer(link, request), delay, now)
        for one in decided:
            if not (one.is_held or one.done_at):
                self._plan(one, delay, self._outcome_delay(one), now)

    def refuse(
        self, link: ClientLink, request: SubmitSm, response: SubmitSmResp, now: float
    ) -> None:
        """Respond to a submit_sm that isn't accepted; the scenario may delay that."""
        scenario = self._state.scenario
        if scenario.silent or link.is_dropped:
            return
        if not scenario.response_delay:
            link.session.respond(request, response, now)
            return
        link.unanswered += 1
        at = self._state.schedule.time(now) + scenario.response_delay
        self._state.schedule.call_at(at, self._refuse_late, link, request, response)

    def complete(self, part: SubmittedPart, now: float) -> None:
        """Set the outcome of a part, and send its receipt."""
        if part.next_step is not None or part.is_held:
            self._take_back(part)
        fate = part.fate
        if part.stop_error and not part.is_decided:
            part.state, part.error_code = MessageState.UNDELIVERABLE, part.stop_error
        elif fate.state is not None:
            part.state, part.error_code = fate.state, fate.error_code or 0
        elif fate.error_code:
            part.state, part.error_code = MessageState.UNDELIVERABLE, fate.error_code
        else:
            part.state, part.error_code = part.scenario.state, part.scenario.error_code
        part.done_at = date = self._state.date_at(now)
        part.note(date, "outcome", part.state)
        if fate.receipt != "never" and wants_receipt(part.registered_delivery, part.state):
            self._outbound.send_receipt(part, now)
            if fate.receipt == "twice":
                self._outbound.send_receipt(part, now)
        if fate.reply is not None and part.sequence == 1:
            self._reply(part, fate.reply, now)

    def decide(
        self, message: SubmittedMessage, fate: Fate, now: float, *, again: bool = False
    ) -> None:
        """Give a message its fate, in place of all that was planned for it.

        Its response leaves now if it is due, its outcome `fate.after` seconds from now, also if the
        message was held.

        Args:
            message: Accepted.
            fate: What becomes of it.
            now: The links' time.
            again: Send one more receipt if it has its outcome already.

        Raises:
            AlreadyFinalError: It was refused, or has its outcome; or the fate is one of a response,
                and that has left.
        """
        parts = [part for part in message.submits if not part.command_status]
        if not parts:
            raise AlreadyFinalError(f"{message.id} was refused, nothing more becomes of it")
        if message.is_final and not again:
            raise AlreadyFinalError(
                f"{message.id} has its outcome already; again=True sends one more receipt"
            )
        if fate.answer is not None:
            parts = [part for part in parts if part in self._pending]
            if not parts:
                raise AlreadyFinalError(f"the response to {message.id} has left, or never will")
        for part in parts:
            part.is_decided = True
            part.note(self._state.date_at(now), "fate")
            self._apply(part, fate, now, held_delay=0.0)

    def release(
        self, messages: Iterable[SubmittedMessage] | None, fate: Fate | None, now: float
    ) -> int:
        """Release what is held, in the order in which it came.

        Args:
            messages: Of these messages; None: all of it, also parts of messages that aren't
                complete.
            fate: What becomes of them; None: what chaos draws, or the scenario says.
            now: The links' time.

        Returns:
            The number of submit_sm released.
        """
        if messages is None:
            parts = list(self._held)
        else:
            wanted = {part for message in messages for part in message.submits}
            parts = [part for part in self._held if part in wanted]
        for part in parts:
            self._release(part, fate, now)
        return len(parts)

    def forget(self, messages: Iterable[SubmittedMessage]) -> None:
        """Do nothing more with what is held of messages: no response, no outcome."""
        for message in messages:
            for part in message.submits:
                if part.is_held:
                    self._take_back(part)
                    self._drop_pending(part)

    def on_joined(self, parts: tuple[SubmittedPart, ...], view: SubmitView, now: float) -> None:
        """Take the fate of a long message from its whole text, where its number has one."""
        first = parts[0]
        if first.fate.reply is not None:
            fate, _ = self._sources.of(view.recipient, view.text, self._state.schedule.time(now))
            first.fate = fate

    def _respond_after(
        self, part: SubmittedPart, answer: _PendingAnswer, delay: float, now: float
    ) -> None:
        """Respond now or later."""
        if not delay:
            self._respond(part, answer, now)
            return
        answer.link.unanswered += 1
        self._pending[part] = answer
        at = self._state.schedule.time(now) + delay
        self._state.schedule.call_at(at, self._respond_late, part, answer)

    def _respond_late(self, part: SubmittedPart, answer: _PendingAnswer, now: float) -> None:
        """Send a response that was delayed, unless a fate has come in between."""
        if self._pending.get(part) is answer:
            self._drop_pending(part)
            self._respond(part, answer, now)
            self._state.changed_links[answer.link] = None

    def _refuse_late(
        self, link: ClientLink, request: SubmitSm, response: SubmitSmResp, now: float
    ) -> None:
        """Send a refusal that was delayed."""
        link.unanswered -= 1
        link.session.respond(request, response, now)
        self._state.changed_links[link] = None

    def _respond(
        self, part: SubmittedPart, answer: _PendingAnswer, now: float, command_status: int = 0
    ) -> None:
        """Send a response, unless its link has ended: the client sends the message again."""
        link, request = answer
        if link.session.is_over:
            self._leave_unanswered(part, now)
            return
        if command_status:
            response = SubmitSmResp(command_status=CommandStatus.of(command_status))
        else:
            response = SubmitSmResp(message_id=part.message_id)
        link.session.respond(request, response, now)
        part.is_answer_due = False
        part.command_status = command_status
        part.note(self._state.date_at(now), "answered", command_status)

    def _leave_unanswered(self, part: SubmittedPart, now: float) -> None:
        """Note that a response never comes."""
        part.is_answer_due = False
        part.note(self._state.date_at(now), "unanswered")

    def _plan(self, part: SubmittedPart, response_in: float, delay: float, now: float) -> None:
        """Schedule an outcome, so many seconds after the response."""
        schedule, scenario = self._state.schedule, part.scenario
        at = schedule.time(now) + response_in + delay
        if scenario.intermediate or part.fate.receipt == "intermediate":
            schedule.call_at(at - delay / 2, self._send_intermediate, part)
        part.next_step = schedule.call_at(at, self.complete, part)

    def _outcome_delay(self, part: SubmittedPart) -> float:
        """Return the seconds from the response to the outcome of a part that isn't held."""
        fate = part.fate
        if fate.after is None or fate.answer == "late":
            return part.scenario.receipt_delay
        return fate.after

    def _hold(self, part: SubmittedPart, now: float) -> None:
        """Hold a part; over the limit the oldest is released."""
        part.is_held = True
        self._held[part] = None
        part.note(self._state.date_at(now), "held")
        if len(self._held) > self._state.scenario.keep * IDS_PER_MESSAGE:
            self._release(next(iter(self._held)), None, now)

    def _release(self, part: SubmittedPart, fate: Fate | None, now: float) -> None:
        """Release a part that is held."""
        if fate is None:
            fate = self._sources.drawn(self._state.schedule.time(now))
        is_answered = part not in self._pending
        self._apply(part, fate, now, held_delay=0.0 if is_answered else None)

    def _apply(
        self, part: SubmittedPart, fate: Fate, now: float, *, held_delay: float | None
    ) -> None:
        """Let a part go on with a fate: its response first, if that is due.

        Args:
            part: The part.
            fate: Its fate from now on.
            now: The links' time.
            held_delay: Seconds until the outcome where the fate says none; None: the scenario's.
        """
        self._take_back(part)
        part.fate = fate
        delay = self._outcome_delay(part)
        if held_delay is not None and (fate.after is None or fate.answer == "late"):
            delay = held_delay
        answer, response_in = self._drop_pending(part), 0.0
        if answer is not None:
            match fate.answer:
                case "refuse":
                    self._respond(part, answer, now, fate.command_status or 0)
                case "late":
                    response_in = fate.after or 0.0
                    self._respond_after(part, answer, response_in, now)
                case "never":
                    self._leave_unanswered(part, now)
                case "break":
                    self._leave_unanswered(part, now)
                    self._break_link(answer.link, now)
                case None:
                    self._respond(part, answer, now)
            self._state.changed_links[answer.link] = None
        if part.may_complete and not part.command_status:
            if response_in or delay:
                self._plan(part, response_in, delay, now)
            else:
                self.complete(part, now)

    def _take_back(self, part: SubmittedPart) -> None:
        """Take back what is planned for a part, and that it is held."""
        if part.next_step is not None:
            part.next_step.cancel()
            part.next_step = None
        if part.is_held:
            part.is_held = False
            del self._held[part]

    def _drop_pending(self, part: SubmittedPart) -> _PendingAnswer | None:
        """Return the response of a part that is due, once."""
        answer = self._pending.pop(part, None)
        if answer is not None:
            answer.link.unanswered -= 1
        return answer

    def _send_intermediate(self, part: SubmittedPart, now: float) -> None:
        """Send a receipt ENROUTE, if one is requested and the outcome isn't reached."""
        if part.done_at is not None:
            return
        if part.scenario.strict and part.fate.receipt != "intermediate":
            is_wanted = wants_intermediate(part.registered_delivery)
        else:
            is_wanted = wants_receipt(part.registered_delivery, MessageState.DELIVERED)
        if is_wanted:
            self._outbound.send_receipt(part, now, is_intermediate=True)

    def _reply(self, part: SubmittedPart, text: str, now: float) -> None:
        """Send what the subscriber answers, unless the sender is an address that can't get it."""
        part.note(self._state.date_at(now), "reply")
        with suppress(InvalidMessageError):
            self._outbound.deliver(
                part.recipient, part.sender, text, now, part.system_id, esm_class=0
            )

    def __repr__(self) -> str:
        return f"<Outcomes, {len(self._held)} held, {len(self._pending)} responses due>"

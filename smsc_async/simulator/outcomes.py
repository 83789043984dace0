"""What becomes of accepted messages: response, receipts and outcome, when, or held.

Rule: what is still to come for a part (its response, an intermediate receipt, its outcome) is
scheduled once and can be taken back until it is done, so a new fate replaces all of it. No socket,
no clock: *now* is the links' time, the schedule has the gateway's.

A part goes through `begin`, `_go_on`, `_answer`, `_plan` and `complete`, at its arrival as well as
when it is released or decided.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pdu import MessageState
from smsc_async.errors import InvalidMessageError
from smsc_async.simulator.fates import AlreadyFinalError, Given
from smsc_async.simulator.pdus import wants_intermediate, wants_receipt
from smsc_async.simulator.responses import PendingResponse, Responses
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


class Outcomes:
    """Decides for each accepted submit_sm what is done when.

    Args:
        state: Shared with the other parts of the simulated SMSC.
        sources: Where fates come from.
        outbound: Sends receipts and replies.
        break_link: Closes a link without a response.

    Attributes:
        responses: To submit_sm.
    """

    def __init__(
        self,
        state: SmscState,
        sources: FateSources,
        outbound: OutboundQueue,
        break_link: Callable[[ClientLink, float], None],
    ) -> None:
        self._state = state
        self._schedule = state.schedule
        self._sources = sources
        self._outbound = outbound
        self._break_link = break_link
        self.responses = Responses(state)
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
        if hold == "answer":
            self.responses.keep(part, PendingResponse(link, request))
            self._hold(part, now)
        else:
            if hold == "receipt":
                self._hold(part, now)
            for one in decided:
                if one.is_early:
                    self._plan(one, 0.0, now)
            self._answer(part, PendingResponse(link, request), part.scenario.response_delay, now)
        for one in decided:
            if one.outcome_step is None:
                self._plan(one, self._outcome_delay(one), now)

    def complete(self, part: SubmittedPart, now: float) -> None:
        """Set the outcome of a part, and send its receipt; a response that is held stays held."""
        self._cancel_steps(part)
        if part.is_held and self.responses.of(part) is None:
            self._unhold(part)
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
        message was held. Parts that have their outcome keep it.

        Args:
            message: Accepted.
            fate: What becomes of it.
            now: The links' time.
            again: Also of parts that have their outcome: they get one more receipt.

        Raises:
            AlreadyFinalError: It was refused, or has its outcome; or the fate is one of a response,
                and that has left.
        """
        accepted = [part for part in message.submits if not part.command_status]
        if not accepted:
            raise AlreadyFinalError(f"{message.id} was refused, nothing more becomes of it")
        parts = [part for part in accepted if again or part.done_at is None or part.is_held]
        if not parts:
            raise AlreadyFinalError(
                f"{message.id} has its outcome already; again=True sends one more receipt"
            )
        if fate.answer is not None:
            parts = [part for part in parts if self.responses.of(part)]
            if not parts:
                raise AlreadyFinalError(f"the response to {message.id} has left, or never will")
        for part in parts:
            part.is_decided = True
            part.note(self._state.date_at(now), "fate")
            if again and part.done_at is not None:
                part.done_at = None
                part.may_complete = True
            self._go_on(part, fate, now, outcome_delay=0.0)

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
        parts = self._held_of(messages)
        for part in parts:
            self._release(part, fate, now)
        return len(parts)

    def forget(self, messages: Iterable[SubmittedMessage] | None) -> None:
        """Do nothing more with what is held of messages: no response, no outcome.

        Args:
            messages: Of these messages; None: all that is held, also parts of messages that aren't
                complete.
        """
        for part in self._held_of(messages):
            self._drop(part)

    def _held_of(self, messages: Iterable[SubmittedMessage] | None) -> list[SubmittedPart]:
        """Return what is held of messages, in the order in which it came; None: all of it."""
        if messages is None:
            return list(self._held)
        wanted = {part for message in messages for part in message.submits}
        return [part for part in self._held if part in wanted]

    def on_joined(self, parts: tuple[SubmittedPart, ...], view: SubmitView) -> None:
        """Read the fate of a long message to a magic number from its whole text."""
        fate = self._sources.magic(view.recipient, view.text)
        for part in parts:
            if fate is not None and not part.is_decided:
                part.fate = fate

    def _go_on(
        self,
        part: SubmittedPart,
        fate: Fate,
        now: float,
        *,
        outcome_delay: float | None,
        is_answer_hurried: bool = True,
    ) -> None:
        """Let a part go on with another fate: its response first, if that is due.

        Args:
            part: The part.
            fate: Its fate from now on, and that of its message's parts that are missing.
            now: The links' time.
            outcome_delay: Seconds until its outcome if the fate has none; None: the scenario's.
            is_answer_hurried: Whether a response that is scheduled leaves now.
        """
        self._cancel_steps(part)
        if part.is_held:
            self._unhold(part)
        part.fate = fate
        if part.partial is not None:
            part.partial.given = Given(fate)
        delay = self._outcome_delay(part)
        if outcome_delay is not None and (fate.after is None or fate.answer == "late"):
            delay = outcome_delay
        answer = self.responses.of(part)
        if answer is not None and part.is_early:
            self._plan(part, 0.0, now)
        if answer is not None and (is_answer_hurried or answer.step is None or fate.answer):
            self.responses.take(part)
            self._answer(part, answer, 0.0, now)
            self._state.changed_links[answer.link] = None
        if part.outcome_step is None:
            self._plan(part, delay, now)

    def _release(self, part: SubmittedPart, fate: Fate | None, now: float) -> None:
        """Release a part that is held."""
        answer = self.responses.of(part)
        is_answer_held = answer is not None and answer.step is None
        if fate is None:
            fate = self._sources.drawn(self._schedule.time(now))
        else:
            part.is_decided = True
        delay = None if is_answer_held else 0.0
        self._go_on(part, fate, now, outcome_delay=delay, is_answer_hurried=False)

    def _answer(
        self, part: SubmittedPart, answer: PendingResponse, delay: float, now: float
    ) -> None:
        """Respond as the fate of a part says: now, after *delay* seconds, or never."""
        fate, link = part.fate, answer.link
        if fate.answer == "refuse":
            self.responses.send(part, answer, now, fate.command_status or 0)
        elif part.scenario.silent or link.is_dropped or fate.answer in _NO_ANSWER:
            self.responses.leave_out(part, now)
            if fate.answer == "break" and not link.is_dropped:
                link.is_dropped = True
                self._break_link(link, now)
        else:
            if fate.answer == "late":
                delay = fate.after or 0.0
            if delay:
                self.responses.send_at(part, answer, self._schedule.time(now) + delay)
            else:
                self.responses.send(part, answer, now)

    def _plan(self, part: SubmittedPart, delay: float, now: float) -> None:
        """Schedule the outcome of a part, so many seconds after its response.

        Nothing is scheduled for a part that is held, was refused, has its outcome, or waits for
        others of its message.
        """
        if part.is_held or part.command_status or part.done_at or not part.may_complete:
            return
        schedule, answer = self._schedule, self.responses.of(part)
        at = schedule.time(now) + delay
        if answer is not None and answer.step is not None and not part.is_early:
            at = answer.step.at + delay
        elif not delay:
            self.complete(part, now)
            return
        if part.scenario.intermediate or part.fate.receipt == "intermediate":
            part.intermediate_step = schedule.call_at(at - delay / 2, self._send_intermediate, part)
        part.outcome_step = schedule.call_at(at, self.complete, part)

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

    def _unhold(self, part: SubmittedPart) -> None:
        """Hold a part no longer."""
        part.is_held = False
        del self._held[part]

    def _drop(self, part: SubmittedPart) -> None:
        """Do nothing more with a part that is held."""
        self._cancel_steps(part)
        self._unhold(part)
        self.responses.take(part)

    def _cancel_steps(self, part: SubmittedPart) -> None:
        """Take back what is scheduled for the outcome of a part."""
        if part.outcome_step is not None:
            self._schedule.cancel(part.outcome_step)
            part.outcome_step = None
        if part.intermediate_step is not None:
            self._schedule.cancel(part.intermediate_step)
            part.intermediate_step = None

    def _send_intermediate(self, part: SubmittedPart, now: float) -> None:
        """Send a receipt ENROUTE, if one is requested."""
        part.intermediate_step = None
        if part.fate.receipt == "never":
            return
        if part.scenario.strict and part.fate.receipt != "intermediate":
            is_wanted = wants_intermediate(part.registered_delivery)
        else:
            is_wanted = wants_receipt(part.registered_delivery, MessageState.DELIVERED)
        if is_wanted:
            self._outbound.send_receipt(part, now, is_intermediate=True)

    def _reply(self, part: SubmittedPart, text: str, now: float) -> None:
        """Send what the subscriber answers, unless no deliver_sm holds it."""
        with suppress(InvalidMessageError):
            self._outbound.deliver(
                part.recipient, part.sender, text, now, part.system_id, esm_class=0
            )
            part.note(self._state.date_at(now), "reply")

    def __repr__(self) -> str:
        return f"<Outcomes, {len(self._held)} held, {len(self.responses)} responses due>"

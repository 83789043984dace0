"""Responses to submit_sm: now, later, or never.

Rule: a response that doesn't leave at once is kept here until it leaves or is taken back. Until
then it counts against the window of its link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdu import CommandStatus, SubmitSmResp

if TYPE_CHECKING:
    from pdu import SubmitSm
    from smsc_async.simulator.accounts import ClientLink
    from smsc_async.simulator.records import SubmittedPart
    from smsc_async.simulator.schedule import ScheduledAction
    from smsc_async.simulator.state import SmscState


class PendingResponse:
    """The response to a submit_sm that hasn't left yet.

    Attributes:
        link: Over which it leaves.
        request: The submit_sm.
        step: When it leaves; None while it is held.
    """

    __slots__ = ("link", "request", "step")

    def __init__(self, link: ClientLink, request: SubmitSm) -> None:
        self.link = link
        self.request = request
        self.step: ScheduledAction | None = None

    def __repr__(self) -> str:
        return f"<PendingResponse to {self.request!r}, {self.step or 'held'}>"


class Responses:
    """Responses of a simulated SMSC.

    Args:
        state: Shared with the other parts of the simulated SMSC.
    """

    def __init__(self, state: SmscState) -> None:
        self._state = state
        self._pending: dict[SubmittedPart, PendingResponse] = {}

    def __len__(self) -> int:
        """Return how many responses haven't left."""
        return len(self._pending)

    def of(self, part: SubmittedPart) -> PendingResponse | None:
        """Return the response of a part that hasn't left; None if it has, or never will."""
        return self._pending.get(part)

    def keep(self, part: SubmittedPart, response: PendingResponse) -> None:
        """Hold a response."""
        response.link.unanswered += 1
        self._pending[part] = response

    def take(self, part: SubmittedPart) -> PendingResponse | None:
        """Take a response back, once; it isn't scheduled any more."""
        response = self._pending.pop(part, None)
        if response is not None:
            response.link.unanswered -= 1
            if response.step is not None:
                self._state.schedule.cancel(response.step)
                response.step = None
        return response

    def send_at(self, part: SubmittedPart, response: PendingResponse, at: float) -> None:
        """Schedule a response for a time of the gateway."""
        self.keep(part, response)
        response.step = self._state.schedule.call_at(at, self._send_late, part)

    def send(
        self, part: SubmittedPart, response: PendingResponse, now: float, command_status: int = 0
    ) -> None:
        """Send a response, unless its link has ended: the client sends the message again."""
        session = response.link.session
        if session.is_over:
            self.leave_out(part, now)
            # It is refused all the same: nothing more becomes of it.
            part.command_status = command_status or None
            return
        if command_status:
            pdu = SubmitSmResp(command_status=CommandStatus.of(command_status))
        else:
            pdu = SubmitSmResp(message_id=part.message_id)
        session.respond(response.request, pdu, now)
        part.is_answer_due = False
        part.command_status = command_status
        part.note(self._state.date_at(now), "answered", command_status)

    def leave_out(self, part: SubmittedPart, now: float) -> None:
        """Note that the response to a part never comes."""
        part.is_answer_due = False
        part.note(self._state.date_at(now), "unanswered")

    def refuse(self, link: ClientLink, request: SubmitSm, pdu: SubmitSmResp, now: float) -> None:
        """Respond to a submit_sm that isn't accepted; the scenario may delay that, or leave it out.

        Args:
            link: Which it came over.
            request: The submit_sm.
            pdu: The response.
            now: The links' time.
        """
        scenario, schedule = self._state.scenario, self._state.schedule
        if scenario.silent or link.is_dropped:
            return
        if not scenario.response_delay:
            link.session.respond(request, pdu, now)
            return
        link.unanswered += 1
        at = schedule.time(now) + scenario.response_delay
        schedule.call_at(at, self._refuse_late, link, request, pdu)

    def _send_late(self, part: SubmittedPart, now: float) -> None:
        """Send a response that was delayed."""
        response = self.take(part)
        if response is not None:
            self.send(part, response, now)
            self._state.changed_links[response.link] = None

    def _refuse_late(
        self, link: ClientLink, request: SubmitSm, pdu: SubmitSmResp, now: float
    ) -> None:
        """Send a refusal that was delayed."""
        link.unanswered -= 1
        link.session.respond(request, pdu, now)
        self._state.changed_links[link] = None

    def __repr__(self) -> str:
        return f"<Responses, {len(self)} pending>"

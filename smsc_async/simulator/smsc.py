"""The simulated SMSC: it responds to binds, submits and queries.

Rule: no socket and no clock. It is the handler of a `Listener` (`listener.contract`): events and
times come in, and responses are written to the session of their link. `decisions` says what is
refused, `assembly` joins the parts of long messages, `outcomes` responds and ends messages, and
`outbound` sends deliver_sm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from pdu import (
    RESPONSES,
    BindMode,
    CommandStatus,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    Tlv,
    TlvTag,
)
from pdu.names import command_name
from smsc_async.session import (
    BindRequested,
    LinkEnded,
    PduRejected,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    SessionLimits,
)
from smsc_async.session.negative_responses import negative_response
from smsc_async.simulator import refusals
from smsc_async.simulator.accounts import ClientLink, QueuedDelivery
from smsc_async.simulator.assembly import MessageAssembly
from smsc_async.simulator.conformance import V34, V50
from smsc_async.simulator.decisions import refusal_of_bind, refusal_of_query, verdict_on_submit
from smsc_async.simulator.fate_sources import FateSources
from smsc_async.simulator.outbound import OutboundQueue
from smsc_async.simulator.outcomes import Outcomes
from smsc_async.simulator.received import accepted_part, read_submit, text_settings
from smsc_async.simulator.records import RefusedRequest
from smsc_async.simulator.refusals import refuse
from smsc_async.simulator.state import SmscState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from smsc_async.listener import Accepted
    from smsc_async.session import Event
    from smsc_async.simulator.decisions import SubmitVerdict
    from smsc_async.simulator.fates import Given
    from smsc_async.simulator.received import ReceivedSubmit
    from smsc_async.simulator.records import RuleStop, SubmittedPart
    from smsc_async.simulator.refusals import Refusal
    from smsc_async.simulator.scenario import Scenario
    from smsc_async.simulator.simulator_stats import SimulatorStats

SYSTEM_ID: Final = "SMSC"
FIRST_ID: Final = 855_469
"""The message_id in the gateway's own example of a receipt."""

_RECEIVING: Final = (BindMode.RECEIVER, BindMode.TRANSCEIVER)


class SimulatedSmsc:
    """The simulated SMSC without its sockets.

        smsc = SimulatedSmsc(Scenario(), now=0.0, wall=datetime.now(UTC))
        client = ClientSession(smsc, "127.0.0.1", now=0.0)
        client.receive(octets, now=0.1)
        responses = client.session.data_to_send()
        smsc.advance(now=smsc.next_deadline())

    Args:
        scenario: How it behaves; `state.scenario` may be replaced at any time.
        now: The links' time, in seconds of a monotonic clock.
        wall: Date and time at *now*, with a time zone; dates in receipts are counted from it.
        sources: Where fates of messages come from; None: magic numbers alone.

    Attributes:
        state: Scenario, messages, and the changes that callers wait for.
        outcomes: Responses and outcomes of messages that were accepted.
    """

    def __init__(
        self, scenario: Scenario, *, now: float, wall: datetime, sources: FateSources | None = None
    ) -> None:
        self.state = SmscState(scenario, now=now, wall=wall)
        self.sources = FateSources() if sources is None else sources
        self._outbound = OutboundQueue(self.state)
        self.outcomes = Outcomes(self.state, self.sources, self._outbound, self._break_link)
        self._assembly = MessageAssembly(self.state, self.outcomes)
        self._last_id = FIRST_ID - 1

    def session_limits(self) -> SessionLimits:
        """Return window and timeouts of a new connection."""
        scenario = self.state.scenario
        return SessionLimits(
            window=scenario.receipt_window,
            response_timeout=scenario.deliver_timeout,
            enquire_link_interval=None,  # the gateway waits for the client's, and cuts
            inactivity_timeout=scenario.inactivity_timeout,
        )

    def on_connected(self, accepted: Accepted, now: float) -> ClientLink:
        """Add a link for a new connection."""
        stats = self.state.stats
        stats.connections += 1
        stats.links += 1
        if self.sources.refuses_connection(self.state.schedule.time(now)):
            accepted.session.close(now)
        return ClientLink(accepted.session, stats.connections, accepted.host)

    def on_disconnected(self, link: ClientLink, now: float) -> None:  # noqa: ARG002 - of all handlers
        """Count the link of a closed connection off."""
        self.state.stats.links -= 1

    def advance(self, now: float) -> None:
        """Do what is due by *now*: delayed responses, outcomes, receipts."""
        self.state.schedule.run_due(now)

    def move(self, seconds: float, now: float) -> None:
        """Move the gateway's clock forward, and do what is due on the way, one by one.

        The links' time stays: none of them ends by it.
        """
        self.state.schedule.move(seconds, now)

    def next_deadline(self) -> float | None:
        """The links' time to call `advance` at, or None. Ask again after every other call."""
        return self.state.schedule.next_deadline()

    def take_changed_links(self) -> Iterable[ClientLink]:
        """Return the links written to since the last call, other than in `on_events` of each."""
        return self.state.take_changed_links()

    def deliver(
        self,
        sender: str,
        recipient: str,
        text: str,
        now: float,
        *,
        system_id: str | None = None,
        esm_class: int = 0,
    ) -> list[QueuedDelivery]:
        """Send a subscriber's message to the client.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: The text; sent in parts with user data headers if it is long.
            now: Current time, in seconds.
            system_id: The account; None: one that can receive now, or the first that ever did.
            esm_class: Of the deliver_sm.

        Returns:
            One delivery for each part.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
        """
        return self._outbound.deliver(sender, recipient, text, now, system_id, esm_class=esm_class)

    def stats(self) -> SimulatorStats:
        """Return the counters as of now."""
        return replace(self.state.stats, waiting=self._outbound.waiting)

    def on_events(self, link: ClientLink, events: Iterable[Event], now: float) -> None:
        """Act on the events of a link's session; after a drop only the link's end counts."""
        for event in events:
            match event:
                case LinkEnded():
                    self._on_link_ended(link, event, now)
                case _ if link.is_dropped:
                    pass
                case RequestReceived(pdu=SubmitSm() as pdu):
                    self._on_submit(link, pdu, now)
                case ResponseReceived(context=QueuedDelivery() as delivery, response=response):
                    self._outbound.on_response(delivery, response.command_status, now)
                case ResponseOverdue(context=QueuedDelivery() as delivery):
                    self._outbound.requeue([delivery], now)
                case BindRequested(pdu=pdu):
                    self._on_bind(link, pdu, now)
                case RequestReceived(pdu=pdu):
                    self._on_request(link, pdu, now)
                case PduRejected(error=error, command_status=status) if status is not None:
                    command_id = int.from_bytes(error.frame[4:8], "big")
                    refusal = refuse(status, refusals.PROTOCOL_ERROR, reason=str(error))
                    self._record_refusal(link, command_id, refusal, now)

    def _on_link_ended(self, link: ClientLink, event: LinkEnded, now: float) -> None:
        """Send what the link didn't acknowledge over the other links of its account."""
        if link in link.account.links:
            link.account.links.remove(link)
            lost = [context for context in event.lost if isinstance(context, QueuedDelivery)]
            self._outbound.requeue(lost, now)

    def _on_request(self, link: ClientLink, pdu: Pdu, now: float) -> None:
        """Respond to any other request than submit_sm."""
        if isinstance(pdu, QuerySm):
            self._on_query(link, pdu, now)
        else:
            self._refuse_command(link, pdu, now)

    def _refuse_command(self, link: ClientLink, pdu: Pdu, now: float) -> None:
        """Refuse a command that the gateway doesn't have.

        «Команда SUBMIT_MULTI для множественной рассылки пока не реализована»; cancel_sm,
        replace_sm, data_sm and broadcast_sm aren't mentioned by it at all.
        """
        # SMPP defines these commands, so each gets its own response instead of a generic_nack,
        # with ESME_RINVCMDID: to a server that lacks a command its id is an unknown one. Which
        # status the gateway gives isn't written; clients treat any other than 0 alike.
        status = CommandStatus.ESME_RINVCMDID
        link.session.respond(pdu, negative_response(pdu.command_id, status), now)
        self._record_refusal(
            link, pdu.command_id, refuse(status, refusals.UNSUPPORTED_COMMAND), now
        )

    def _record_refusal(  # noqa: PLR0917 - one call for each kind of request
        self,
        link: ClientLink,
        command_id: int,
        refusal: Refusal,
        now: float,
        sender: str = "",
        recipient: str = "",
        system_id: str | None = None,
    ) -> None:
        """Remember a refused request."""
        self.state.record_refusal(
            RefusedRequest(
                command=command_name(command_id),
                command_status=CommandStatus.of(refusal.command_status),
                refusal=refusal,
                system_id=link.account.system_id if system_id is None else system_id,
                sender=sender,
                recipient=recipient,
                received_at=self.state.date_at(now),
            )
        )

    def _on_bind(self, link: ClientLink, pdu: Any, now: float) -> None:  # noqa: ANN401 - one of three binds
        """Accept or refuse a bind; send what waits if the link can receive."""
        state = self.state
        response: Any = RESPONSES[type(pdu)]
        refusal = refusal_of_bind(state.scenario, pdu)
        if refusal is not None:
            state.stats.binds_refused += 1
            status = CommandStatus.of(refusal.command_status)
            link.session.respond(pdu, response(command_status=status), now)
            self._record_refusal(link, pdu.command_id, refusal, now, system_id=pdu.system_id)
            return
        state.stats.binds += 1
        link.settings = text_settings(state.scenario, pdu.system_type)
        link.account = account = state.account(pdu.system_id)
        account.settings = link.settings
        link.has_tlvs = pdu.interface_version >= V34 or not state.scenario.strict
        link.interface_version = pdu.interface_version
        version = V50 if pdu.interface_version >= V50 else V34
        tlvs = (Tlv.of(TlvTag.SC_INTERFACE_VERSION, version),) if link.has_tlvs else ()
        link.session.respond(pdu, response(system_id=SYSTEM_ID, tlvs=tlvs), now)
        if link.session.mode in _RECEIVING:
            account.links.append(link)
            self._outbound.on_bound(account, now)

    def _on_submit(self, link: ClientLink, pdu: SubmitSm, now: float) -> None:
        """Accept or refuse a submit_sm; the scenario may end the link after it."""
        state = self.state
        stats, drop_after = state.stats, state.scenario.drop_after
        stats.submits += 1
        link.submits += 1
        link.is_dropped = drop_after is not None and link.submits >= drop_after
        submit = read_submit(link, pdu)
        view = submit.view
        given = self._assembly.given_to(link.account, submit)
        if given is None:
            given = self.sources.of(view.recipient, view.text, state.schedule.time(now))
        number = state.log.last_number + 1
        verdict = verdict_on_submit(state, link, submit, given.fate, number, now)
        if verdict.refusal is None:
            self._accept(link, submit, verdict, given, now)
        else:
            self._refuse(link, submit, verdict.refusal, verdict.stop, now)
        if link.is_dropped:
            if not link.session.is_over:
                self._break_link(link, now)
        elif link.submits == state.scenario.unbind_after and link.session.mode is not None:
            link.session.unbind(now)

    def _accept(
        self,
        link: ClientLink,
        submit: ReceivedSubmit,
        verdict: SubmitVerdict,
        given: Given,
        now: float,
    ) -> None:
        """Record a submit_sm, and go on with its response and outcome."""
        state = self.state
        self._last_id += 1
        date, error, stop = state.date_at(now), verdict.error, verdict.stop
        part = accepted_part(
            self._last_id,
            submit,
            error,
            state.scenario,
            at=date,
            fate=given.fate,
            link=link.number,
            settings=link.settings,
        )
        state.record_part(part)
        decided: tuple[SubmittedPart, ...] = (part,)
        if submit.segment.total == 1:
            state.record_message(submit.view, decided, date, state.log.next_number(), stop=stop)
        else:
            coding = submit.pdu.data_coding
            decided = self._assembly.add(part, submit.segment, coding, now, given=given, stop=stop)
        self.outcomes.begin(part, link, submit.pdu, decided, given.hold, now)

    def _refuse(
        self,
        link: ClientLink,
        submit: ReceivedSubmit,
        refusal: Refusal,
        stop: RuleStop | None,
        now: float,
    ) -> None:
        """Refuse a submit_sm, and record it."""
        state, pdu = self.state, submit.pdu
        state.stats.refused += 1
        self.outcomes.responses.refuse(link, pdu, refusal.response(link.interface_version), now)
        addresses = pdu.source_addr, pdu.destination_addr
        self._record_refusal(link, pdu.command_id, refusal, now, *addresses)
        state.record_message(
            submit.view,
            (),
            state.date_at(now),
            state.log.next_number(),
            total=submit.segment.total,
            refusal=refusal,
            stop=stop,
            link=link.number,
            sequence_number=pdu.sequence_number,
        )

    def _break_link(self, link: ClientLink, now: float) -> None:
        """Close a link; what it didn't acknowledge goes over others."""
        self.on_events(link, link.session.close(now), now)
        self.state.changed_links[link] = None

    def _on_query(self, link: ClientLink, pdu: QuerySm, now: float) -> None:
        """Respond to query_sm for messages of the same account."""
        part = self.state.parts.get(pdu.message_id)
        refusal = refusal_of_query(self.state.scenario, link, pdu, part)
        if refusal is not None:
            status = CommandStatus.of(refusal.command_status)
            link.session.respond(pdu, QuerySmResp(command_status=status), now)
            self._record_refusal(link, pdu.command_id, refusal, now, pdu.source_addr)
            return
        link.session.respond(pdu, _queried(cast("SubmittedPart", part)), now)

    def __repr__(self) -> str:
        stats = self.stats()
        return (
            f"<SimulatedSmsc {stats.links} links, {stats.submits} submits,"
            f" {stats.messages} messages, {stats.waiting} deliver_sm waiting>"
        )


def _queried(part: SubmittedPart) -> QuerySmResp:
    """Return the response to a query_sm."""
    return QuerySmResp(
        message_id=part.message_id,
        final_date=part.final_date,
        message_state=part.state,
        error_code=min(part.error_code, 255),
    )

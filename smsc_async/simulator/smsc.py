"""Decisions of the simulated SMSC: binds, submits, queries.

Rule: no socket and no clock. Octets and times come in; responses are written to the session of
their link, and `SmscState.take_changes` names the links to look at. `assembly` joins the parts of
long messages, `outbound` sends deliver_sm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pdu import (
    RESPONSES,
    BindMode,
    CommandStatus,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
)
from pdu.text import Segment, segment_of
from smsc_async.gateway.coding import TextSettings, decode
from smsc_async.session import (
    BindRequested,
    LinkEnded,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    Role,
    Session,
    SessionLimits,
)
from smsc_async.session.negative_responses import negative_response
from smsc_async.simulator.accounts import ClientLink, QueuedDelivery
from smsc_async.simulator.assembly import MessageAssembly
from smsc_async.simulator.outbound import OutboundQueue
from smsc_async.simulator.pdus import charged_parts, flags_of
from smsc_async.simulator.records import SimulatorStats, SubmittedPart, parse_message
from smsc_async.simulator.scenario import SubmitView
from smsc_async.simulator.state import SmscState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from smsc_async.session import Event
    from smsc_async.simulator.scenario import Scenario

SYSTEM_ID: Final = "SMSC"
FIRST_ID: Final = 855_469
"""The message_id in the gateway's own example of a receipt."""

_RECEIVING: Final = (BindMode.RECEIVER, BindMode.TRANSCEIVER)
_V50: Final = 0x50
_V34: Final = 0x34


class _Submit(NamedTuple):
    """A submit_sm, what it says, and which part of a message it is."""

    pdu: SubmitSm
    view: SubmitView
    segment: Segment


class SimulatedSmsc:
    """The simulated SMSC without its sockets.

        smsc = SimulatedSmsc(Scenario(), now=0.0, wall=datetime.now(UTC))
        link = smsc.connect(now=0.0)
        smsc.receive(link, octets, now=0.1)
        responses = link.session.data_to_send()
        smsc.advance(now=smsc.next_deadline())

    Args:
        scenario: How it behaves; `state.scenario` may be replaced at any time.
        now: Current time of a monotonic clock, in seconds.
        wall: Date and time at *now*, with a time zone; dates in receipts are counted from it.

    Attributes:
        state: Scenario, messages, and the changes that the owner of the sockets has to act on.
    """

    def __init__(self, scenario: Scenario, *, now: float, wall: datetime) -> None:
        self.state = SmscState(scenario, now=now, wall=wall)
        self._outbound = OutboundQueue(self.state)
        self._assembly = MessageAssembly(self.state, self._outbound)
        self._last_id = FIRST_ID - 1

    def connect(self, now: float) -> ClientLink:
        """Add a link for a new connection."""
        scenario, stats = self.state.scenario, self.state.stats
        limits = SessionLimits(
            window=scenario.receipt_window,
            response_timeout=scenario.deliver_timeout,
            enquire_link_interval=None,  # the gateway waits for the client's, and cuts
            inactivity_timeout=scenario.inactivity_timeout,
        )
        link = ClientLink(Session(Role.SMSC, limits, now=now))
        stats.connections += 1
        stats.links += 1
        self.state.changes.links[link] = None
        return link

    def receive(self, link: ClientLink, data: bytes, now: float) -> None:
        """Process octets received over a link, in pieces of any size."""
        self._handle(link, link.session.receive(data, now), now)

    def disconnect(self, link: ClientLink, now: float, *, error: Exception | None = None) -> None:
        """Remove the link of a closed connection. Once for each `connect`."""
        self.state.stats.links -= 1
        self._handle(link, link.session.receive_eof(now, error=error), now)

    def advance_link(self, link: ClientLink, now: float) -> None:
        """Run a link's own timers; `link.session` has their deadline."""
        self._handle(link, link.session.advance(now), now)

    def advance(self, now: float) -> None:
        """Run what is due by *now*: delayed responses, outcomes, receipts."""
        self.state.run_due(now)

    def next_deadline(self) -> float | None:
        """The time to call `advance` at, or None. Ask again after every other call."""
        return self.state.next_deadline()

    def deliver(
        self, sender: str, recipient: str, text: str, now: float, *, system_id: str | None = None
    ) -> list[QueuedDelivery]:
        """Send a subscriber's message to the client.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: The text; sent in parts with user data headers if it is long.
            now: Current time, in seconds.
            system_id: The account it is for; None takes one that can receive now, or else the
                first that ever bound, or else the first that will.

        Returns:
            One delivery for each part.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
        """
        return self._outbound.deliver(sender, recipient, text, now, system_id)

    def stats(self) -> SimulatorStats:
        """Return the counters as of now."""
        return replace(self.state.stats, waiting=self._outbound.waiting)

    def _handle(self, link: ClientLink, events: Iterable[Event], now: float) -> None:
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
                case RequestReceived(pdu=QuerySm() as pdu):
                    self._on_query(link, pdu, now)
                case RequestReceived(pdu=pdu):
                    self._refuse(link, pdu, now)
        self.state.changes.links[link] = None

    def _on_link_ended(self, link: ClientLink, event: LinkEnded, now: float) -> None:
        """Send what the link didn't acknowledge over the other links of its account."""
        if link in link.account.links:
            link.account.links.remove(link)
            lost = [context for context in event.lost if isinstance(context, QueuedDelivery)]
            self._outbound.requeue(lost, now)

    def _refuse(self, link: ClientLink, pdu: Pdu, now: float) -> None:
        """Refuse a command that the gateway doesn't have.

        «Команда SUBMIT_MULTI для множественной рассылки пока не реализована»; cancel_sm,
        replace_sm, data_sm and broadcast_sm aren't mentioned by it at all.
        """
        # SMPP defines these commands, so each gets its own response instead of a generic_nack,
        # with ESME_RINVCMDID: to a server that lacks a command its id is an unknown one. Which
        # status the gateway gives isn't written; clients treat any other than 0 alike.
        response = negative_response(pdu.command_id, CommandStatus.ESME_RINVCMDID)
        link.session.respond(pdu, response, now)

    def _on_bind(self, link: ClientLink, pdu: Any, now: float) -> None:  # noqa: ANN401 - one of three binds
        """Accept or refuse a bind; send what waits if the link can receive."""
        state = self.state
        response: Any = RESPONSES[type(pdu)]
        status = _bind_status(state.scenario, pdu)
        if status:
            state.stats.binds_refused += 1
            link.session.respond(pdu, response(command_status=status), now)
            return
        state.stats.binds += 1
        link.settings = TextSettings(latin1=pdu.system_type == "ISO")
        link.account = account = state.account(pdu.system_id)
        account.settings = link.settings
        version = _V50 if pdu.interface_version >= _V50 else _V34
        tlvs = (Tlv.of(TlvTag.SC_INTERFACE_VERSION, version),)
        link.session.respond(pdu, response(system_id=SYSTEM_ID, tlvs=tlvs), now)
        if link.session.mode in _RECEIVING:
            account.links.append(link)
            self._outbound.on_bound(account, now)

    def _on_submit(self, link: ClientLink, pdu: SubmitSm, now: float) -> None:
        """Accept or refuse a submit_sm; the scenario may end the link after it."""
        stats, drop_after = self.state.stats, self.state.scenario.drop_after
        stats.submits += 1
        link.submits += 1
        link.is_dropped = drop_after is not None and link.submits >= drop_after
        submit = _read(link, pdu)
        status, error = self._check(link, submit, now)
        if status:
            stats.refused += 1
            self._respond(link, pdu, SubmitSmResp(command_status=CommandStatus.of(status)), now)
        else:
            self._accept(link, submit, error, now)
        if link.is_dropped:
            self._handle(link, link.session.close(now), now)
        elif link.submits == self.state.scenario.unbind_after and link.session.mode is not None:
            link.session.unbind(now)

    def _check(self, link: ClientLink, submit: _Submit, now: float) -> tuple[int, int]:
        """Return `command_status` and delivery error of a submit_sm, 0 for none."""
        scenario, view = self.state.scenario, submit.view
        if link.unanswered >= scenario.window:
            return CommandStatus.ESME_RTHROTTLED, 0
        status = scenario.submit_status
        status = status(view) if callable(status) else status
        if status or scenario.rules is None:
            return status, 0
        is_part = submit.segment.total > 1
        rule = link.account.enforcement.check(scenario.rules, view, now, is_part=is_part)
        if rule is None:
            return 0, 0
        self.state.stats.stopped += 1
        match rule:
            case "rate":
                return CommandStatus.ESME_RTHROTTLED, 0
            case "repeat":
                return scenario.repeat_status, scenario.repeat_error
            case "flood":
                return scenario.flood_status, scenario.flood_error

    def _accept(self, link: ClientLink, submit: _Submit, error: int, now: float) -> None:
        """Record a submit_sm, respond with its id, and schedule its outcome."""
        state, scenario = self.state, self.state.scenario
        self._last_id += 1
        date = state.date_at(now)
        part = _part(self._last_id, submit, error, scenario, date)
        state.record_part(part)
        decided: tuple[SubmittedPart, ...] = (part,)
        if submit.segment.total == 1:
            state.record_message(submit.view, decided, date)
        else:
            decided = self._assembly.add(part, submit.segment, submit.pdu.data_coding, now)
        if scenario.receipt_before_response:
            for one in decided:
                self._outbound.complete(one, now)
        self._respond(link, submit.pdu, SubmitSmResp(message_id=part.message_id), now)
        if scenario.receipt_before_response:
            return
        at = now + scenario.response_delay + scenario.receipt_delay
        if scenario.intermediate:
            half = scenario.receipt_delay / 2
            state.call_at(at - half, self._outbound.send_intermediate, part)
        for one in decided:
            state.call_at(at, self._outbound.complete, one)

    def _respond(
        self, link: ClientLink, request: SubmitSm, response: SubmitSmResp, now: float
    ) -> None:
        """Respond to a submit_sm now, later or never."""
        scenario = self.state.scenario
        if scenario.silent or link.is_dropped:
            return
        if not scenario.response_delay:
            link.session.respond(request, response, now)
            return
        link.unanswered += 1
        at = now + scenario.response_delay
        self.state.call_at(at, self._respond_late, link, request, response)

    def _respond_late(
        self, link: ClientLink, request: SubmitSm, response: SubmitSmResp, now: float
    ) -> None:
        """Send a response that was delayed."""
        link.unanswered -= 1
        link.session.respond(request, response, now)
        self.state.changes.links[link] = None

    def _on_query(self, link: ClientLink, pdu: QuerySm, now: float) -> None:
        """Answer query_sm for messages of the same account."""
        part = self.state.parts.get(pdu.message_id)
        if part is None or part.system_id != link.account.system_id:
            response = QuerySmResp(command_status=CommandStatus.ESME_RINVMSGID)
        else:
            response = QuerySmResp(
                message_id=pdu.message_id,
                final_date=part.final_date,
                message_state=part.state,
                error_code=min(part.error_code, 255),
            )
        link.session.respond(pdu, response, now)

    def __repr__(self) -> str:
        stats = self.stats()
        return (
            f"<SimulatedSmsc {stats.links} links, {stats.submits} submits,"
            f" {stats.messages} messages, {stats.waiting} deliver_sm waiting>"
        )


def _bind_status(scenario: Scenario, pdu: Any) -> int:  # noqa: ANN401 - one of three binds
    """Return the `command_status` for a bind."""
    accounts = scenario.accounts
    if scenario.bind_status or accounts is None:
        return scenario.bind_status
    if pdu.system_id not in accounts:
        return CommandStatus.ESME_RINVSYSID
    if pdu.password != accounts[pdu.system_id]:
        return CommandStatus.ESME_RINVPASWD
    return CommandStatus.ESME_ROK


def _read(link: ClientLink, pdu: SubmitSm) -> _Submit:
    """Read a submit_sm: its text, and which part of a message it is."""
    segment = segment_of(pdu)
    text = decode(segment.payload, pdu.data_coding, link.settings)
    view = SubmitView(
        link.account.system_id,
        pdu.source_addr,
        pdu.destination_addr,
        text,
        segment.payload,
        pdu.data_coding,
    )
    return _Submit(pdu, view, segment)


def _part(
    number: int, submit: _Submit, error: int, scenario: Scenario, at: datetime
) -> SubmittedPart:
    """Make the record of an accepted submit_sm."""
    pdu, view, segment = submit
    is_single = segment.total == 1
    # Every other kind than an SMS begins so (hot path).
    is_markup = is_single and view.text is not None and view.text.startswith("__")
    message = parse_message(view.text, view.recipient, view.sender) if is_markup else None
    return SubmittedPart(
        number=number,
        system_id=view.system_id,
        sender=view.sender,
        recipient=view.recipient,
        source=(pdu.source_addr_ton, pdu.source_addr_npi),
        dest=(pdu.dest_addr_ton, pdu.dest_addr_npi),
        registered_delivery=pdu.registered_delivery,
        text=view.text,
        flags=flags_of(message, pdu.data_coding),
        charged=charged_parts(segment.payload, pdu.data_coding) if is_single else 1,
        scenario=scenario,
        submitted_at=at,
        stop_error=error,
    )

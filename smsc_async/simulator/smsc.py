"""What the simulated gateway decides: answers, ids, outcomes, and which receipts go to whom.

Rule: no socket and no clock. Octets and instants come in; what is to be written stands in the
`Session` of each link, and `touched` names the links to look at. What happens later waits in one
heap, and `next_deadline` says until when.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final

from pdu import (
    RESPONSES,
    BindMode,
    CommandStatus,
    DeliverSm,
    EncodeError,
    MessageState,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    encode,
)
from pdu.smpp_time import format_time
from pdu.text import Segment, segment_of
from smsc_async.errors import InvalidMessageError, LocalProtocolError
from smsc_async.gateway.coding import TextSettings, decode
from smsc_async.session import (
    BindRequested,
    LinkEnded,
    RequestReceived,
    ResponseOverdue,
    ResponseReceived,
    ResponseUndecodable,
    Role,
    Session,
    SessionLimits,
)
from smsc_async.session.negative_responses import negative_response
from smsc_async.simulator.accounts import MOST_OPEN_SETS, Account, Delivery, Link, PartialMessage
from smsc_async.simulator.enforcement import PARTS_KEPT
from smsc_async.simulator.pdus import (
    charged_parts,
    flags_of,
    incoming,
    receipt,
    wants_receipt,
)
from smsc_async.simulator.records import FINAL, KeptMessage, Part, Stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pdu.text import Joined
    from smsc_async.session import Event
    from smsc_async.simulator.enforcement import StoppedBy
    from smsc_async.simulator.scenario import Scenario

SYSTEM_ID: Final = "SMSC"
FIRST_ID: Final = 855_469
"""The id in the gateway's own example of a receipt."""

_RECEIVING: Final = (BindMode.RECEIVER, BindMode.TRANSCEIVER)
_V50: Final = 0x50
_V34: Final = 0x34

# v3.4 §4.6.2 names the first; delivering the same again would be no use after either.
_FOR_GOOD: Final = frozenset({CommandStatus.ESME_RX_P_APPN, CommandStatus.ESME_RX_R_APPN})


# Ids outlive the messages kept by so much, since a long message has many.
_IDS_PER_MESSAGE: Final = 10


class SimulatedSmsc:
    """The gateway without its sockets.

        brain = SimulatedSmsc(Scenario(), now=0.0, wall=datetime.now(UTC))
        link = brain.connect(now=0.0)
        brain.receive(link, octets, now=0.1)
        answer = link.session.outgoing()
        brain.advance(now=brain.next_deadline())

    Args:
        scenario: How it behaves; may be replaced at any time.
        now: An instant of a clock that never goes back, in seconds.
        wall: Date and time at that instant, with a zone; those in receipts are counted from it.

    Attributes:
        messages: The newest messages, oldest first.
        touched: Links with something to write, to close, or with another deadline; in order.
            Whoever looks at them empties it.
        arrived: Messages kept since somebody last emptied this list.
        settled: Deliveries that ended since somebody last emptied this list.
    """

    def __init__(self, scenario: Scenario, *, now: float, wall: datetime) -> None:
        self.scenario = scenario
        self.messages: deque[KeptMessage] = deque()
        self.touched: dict[Link, None] = {}
        self.arrived: list[KeptMessage] = []
        self.settled: list[Delivery] = []
        self._stats = Stats()
        self._began = (now, wall)
        self._accounts: dict[str, Account] = {}
        # Owns what is for the first who can receive it, and never has a link.
        self._nobody = Account("")
        self._parts: dict[str, Part] = {}
        self._last_id = FIRST_ID - 1
        self._reference = 0
        # (instant, order, what to do, with what); the order decides between equal instants.
        self._due: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = 0

    # What comes from the links.

    def connect(self, now: float) -> Link:
        """Take a new connection in."""
        limits = SessionLimits(
            window=self.scenario.receipt_window,
            response_timeout=self.scenario.deliver_timeout,
            enquire_link_interval=None,  # the gateway waits for the client's, and cuts
            inactivity_timeout=self.scenario.inactivity_timeout,
        )
        link = Link(Session(Role.SMSC, limits, now=now))
        self._stats.connections += 1
        self._stats.links += 1
        self.touched[link] = None
        return link

    def receive(self, link: Link, data: bytes, now: float) -> None:
        """Take octets that a link brought, in pieces of any size."""
        self._take(link, link.session.receive(data, now), now)

    def disconnect(self, link: Link, now: float, *, error: Exception | None = None) -> None:
        """Take notice that a connection is gone. Once for each `connect`."""
        self._stats.links -= 1
        self._take(link, link.session.receive_eof(now, error=error), now)

    # What comes with time.

    def advance_link(self, link: Link, now: float) -> None:
        """Let a link's own timers do what is due; `link.session` has their deadline."""
        self._take(link, link.session.advance(now), now)

    def advance(self, now: float) -> None:
        """Do what is due by now: late responses, outcomes, receipts."""
        while self._due and self._due[0][0] <= now:
            _, _, action, arguments = heappop(self._due)
            action(*arguments, now)

    def next_deadline(self) -> float | None:
        """The instant to call `advance` at, or None. Ask again after every other call."""
        return self._due[0][0] if self._due else None

    def _later(self, at: float, action: Callable[..., None], *arguments: object) -> None:
        """Call *action* with these arguments and the instant, when that has come."""
        self._order += 1
        heappush(self._due, (at, self._order, action, arguments))

    def _date_at(self, now: float) -> datetime:
        """Return date and time at an instant."""
        began, wall = self._began
        return wall + timedelta(seconds=now - began)

    # What comes from whoever sits at the desk.

    def deliver(
        self, sender: str, recipient: str, text: str, now: float, *, system_id: str | None = None
    ) -> list[Delivery]:
        """Let a subscriber write to the client.

        Args:
            sender: The subscriber's number.
            recipient: The client's number or name.
            text: What they write; in parts with user data headers if it is long.
            now: The instant, in seconds.
            system_id: The account it is for; None takes one that can receive now, or else the
                first that ever could, or else the first that will.

        Returns:
            One delivery for each part.

        Raises:
            InvalidMessageError: Addresses or a text that no deliver_sm holds.
        """
        account = self._receiver() if system_id is None else self._account(system_id)
        self._reference = self._reference % 255 + 1
        pdus = _incoming(sender, recipient, text, self._reference, account)
        deliveries = [Delivery(pdu, account) for pdu in pdus]
        for delivery in deliveries:
            self._enqueue(delivery, now)
        return deliveries

    def stats(self) -> Stats:
        """Return the counters of this moment."""
        waiting = sum(len(account.waiting) for account in self._accounts.values())
        return replace(self._stats, waiting=waiting + len(self._nobody.waiting))

    # Events of a session.

    def _take(self, link: Link, events: Iterable[Event], now: float) -> None:
        """Act on what a session says. After a drop nothing of the same read counts any more."""
        for event in events:
            match event:
                case LinkEnded():
                    self._end(link, event, now)
                case _ if link.is_dropped:
                    pass
                case RequestReceived(pdu=SubmitSm() as pdu):
                    self._submit(link, pdu, now)
                case ResponseReceived(context=Delivery() as delivery, response=response):
                    self._answered(delivery, response.command_status, now)
                case (
                    ResponseOverdue(context=Delivery() as delivery)
                    | ResponseUndecodable(context=Delivery() as delivery)
                ):
                    self._put_back([delivery], now)
                case BindRequested(pdu=pdu):
                    self._bind(link, pdu, now)
                case RequestReceived(pdu=QuerySm() as pdu):
                    self._query(link, pdu, now)
                case RequestReceived(pdu=pdu):
                    self._refuse(link, pdu, now)
        self.touched[link] = None

    def _end(self, link: Link, event: LinkEnded, now: float) -> None:
        """Give what the link didn't answer to the others of its account."""
        account = link.account
        if account is None or link not in account.links:
            return
        account.links.remove(link)
        self._put_back([lost for lost in event.lost if isinstance(lost, Delivery)], now)

    def _refuse(self, link: Link, pdu: Pdu, now: float) -> None:
        """Refuse what the gateway doesn't have.

        «Команда SUBMIT_MULTI для множественной рассылки пока не реализована»; cancel_sm,
        replace_sm, data_sm and broadcast_sm aren't mentioned by it at all.
        """
        # The commands are SMPP's own, so each gets its own response and no generic_nack, and
        # ESME_RINVCMDID in it: to a server that lacks a command its id is an unknown one. Which
        # status the gateway gives isn't written; clients treat any other than 0 alike.
        link.session.respond(
            pdu, negative_response(pdu.command_id, CommandStatus.ESME_RINVCMDID), now
        )

    # Binds.

    def _bind(self, link: Link, pdu: Any, now: float) -> None:  # noqa: ANN401 - one of three binds
        """Let a client in, or not; one that can receive gets what waits for it."""
        response: Any = RESPONSES[type(pdu)]
        status = self._judge_bind(pdu)
        if status:
            self._stats.binds_refused += 1
            link.session.respond(pdu, response(command_status=status), now)
            return
        self._stats.binds += 1
        link.settings = TextSettings(latin1=pdu.system_type == "ISO")
        link.account = account = self._account(pdu.system_id)
        account.settings = link.settings
        version = _V50 if pdu.interface_version >= _V50 else _V34
        tlvs = (Tlv.of(TlvTag.SC_INTERFACE_VERSION, version),)
        link.session.respond(pdu, response(system_id=SYSTEM_ID, tlvs=tlvs), now)
        if link.session.mode in _RECEIVING:
            account.links.append(link)
            self._claim(account)
            self._pump(account, now)

    def _judge_bind(self, pdu: Any) -> int:  # noqa: ANN401 - one of three binds
        """Return the `command_status` that a bind earns."""
        accounts = self.scenario.accounts
        if self.scenario.bind_status or accounts is None:
            return self.scenario.bind_status
        if pdu.system_id not in accounts:
            return CommandStatus.ESME_RINVSYSID
        if pdu.password != accounts[pdu.system_id]:
            return CommandStatus.ESME_RINVPASWD
        return CommandStatus.ESME_ROK

    def _account(self, system_id: str) -> Account:
        """Return what is known of a login, from its first bind or message on."""
        account = self._accounts.get(system_id)
        if account is None:
            account = Account(system_id)
            self._accounts[system_id] = account
        return account

    def _receiver(self) -> Account:
        """Return an account that can receive now, or else any, or nobody's if nobody ever bound."""
        accounts = self._accounts.values()
        first = next(iter(accounts), self._nobody)
        return next((account for account in accounts if account.links), first)

    # Submits.

    def _submit(self, link: Link, pdu: SubmitSm, now: float) -> None:
        """Take one submit_sm in, or refuse it; perhaps it is the last one of its link."""
        drop_after = self.scenario.drop_after
        self._stats.submits += 1
        link.submits += 1
        link.is_dropped = drop_after is not None and link.submits >= drop_after
        segment = segment_of(pdu)
        message = self._message(link, pdu, segment, now)
        status, error = self._judge(link, message, segment, now)
        if status:
            self._stats.refused += 1
            self._answer(link, pdu, SubmitSmResp(command_status=CommandStatus.of(status)), now)
        else:
            self._accept(
                link, pdu, self._part(message, pdu, segment, error), (message, segment), now
            )
        if link.is_dropped:
            self._take(link, link.session.close(now), now)
        elif link.submits == self.scenario.unbind_after and link.session.mode is not None:
            link.session.unbind(now)

    def _judge(
        self, link: Link, message: KeptMessage, segment: Segment, now: float
    ) -> tuple[int, int]:
        """Return the `command_status` and the delivery error that a submit_sm earns, 0 for none."""
        scenario = self.scenario
        if link.unanswered >= scenario.window:
            return CommandStatus.ESME_RTHROTTLED, 0
        status = scenario.submit_status
        # Whoever keeps what it is shown doesn't see it grow an id.
        status = status(replace(message)) if callable(status) else status
        if status or scenario.rules is None:
            return status, 0
        referee = self._account(message.system_id).referee
        if segment.total == 1:
            stopped_by = referee.judge(scenario.rules, _asked(message), now)
        else:
            place = message.sender, message.recipient, *segment[1:]
            stopped_by = referee.judge_part(scenario.rules, message.recipient, place, now)
        if stopped_by is None:
            return 0, 0
        self._stats.stopped += 1
        return _answer_to(stopped_by, scenario)

    def _accept(
        self, link: Link, pdu: SubmitSm, part: Part, read: tuple[KeptMessage, Segment], now: float
    ) -> None:
        """Take a submit_sm in: an id, a place in memory, a response and an outcome to come."""
        scenario = self.scenario
        decided = self._take_part(pdu, part, read, now)
        if scenario.receipt_before_response:
            for one in decided:
                self._settle(one, now)
        self._answer(link, pdu, SubmitSmResp(message_id=part.message_id), now)
        if scenario.receipt_before_response:
            return
        at = now + scenario.response_delay + scenario.receipt_delay
        if scenario.intermediate:
            self._later(at - scenario.receipt_delay / 2, self._enroute, part)
        for one in decided:
            self._later(at, self._settle, one)

    def _answer(self, link: Link, request: SubmitSm, response: SubmitSmResp, now: float) -> None:
        """Respond to a submit_sm now, later or never."""
        if self.scenario.silent or link.is_dropped:
            return
        if not self.scenario.response_delay:
            link.session.respond(request, response, now)
            return
        link.unanswered += 1
        self._later(now + self.scenario.response_delay, self._respond, link, request, response)

    def _respond(self, link: Link, request: SubmitSm, response: SubmitSmResp, now: float) -> None:
        """Give a response whose time has come."""
        link.unanswered -= 1
        link.session.respond(request, response, now)
        self.touched[link] = None

    # Memory.

    def _take_part(
        self, pdu: SubmitSm, part: Part, read: tuple[KeptMessage, Segment], now: float
    ) -> tuple[Part, ...]:
        """Remember a submit_sm, and the message if it is whole now.

        Returns:
            The parts whose outcome can be told, once it is time.
        """
        message, segment = read
        self._parts[part.message_id] = part
        while len(self._parts) > self.scenario.keep * _IDS_PER_MESSAGE:
            del self._parts[next(iter(self._parts))]
        if segment.total == 1:
            self._keep(message, (part,))
            return (part,)
        return self._join(self._account(part.system_id), segment, pdu, part, now)

    def _message(self, link: Link, pdu: SubmitSm, segment: Segment, now: float) -> KeptMessage:
        """Read a submit_sm as if it were a message of its own."""
        return KeptMessage(
            system_id=link.account.system_id if link.account else "",
            sender=pdu.source_addr,
            recipient=pdu.destination_addr,
            text=decode(segment.payload, pdu.data_coding, link.settings),
            octets=segment.payload,
            data_coding=pdu.data_coding,
            parts=1,
            total=1,
            received_at=self._date_at(now),
        )

    def _part(self, message: KeptMessage, pdu: SubmitSm, segment: Segment, error: int) -> Part:
        """Make what is remembered of one submit_sm."""
        self._last_id += 1
        is_whole = segment.total == 1
        # Only a text that begins like markup is worth reading at once.
        is_markup = is_whole and message.text is not None and message.text.startswith("__")
        return Part(
            number=self._last_id,
            system_id=message.system_id,
            sender=pdu.source_addr,
            recipient=pdu.destination_addr,
            source=(pdu.source_addr_ton, pdu.source_addr_npi),
            dest=(pdu.dest_addr_ton, pdu.dest_addr_npi),
            registered_delivery=pdu.registered_delivery,
            text=message.text,
            flags=flags_of(message.message if is_markup else None, pdu.data_coding),
            charged=charged_parts(segment.payload, pdu.data_coding) if is_whole else 1,
            scenario=self.scenario,
            submitted_at=message.received_at,
            stop_error=error,
        )

    def _join(
        self, account: Account, segment: Segment, pdu: SubmitSm, part: Part, now: float
    ) -> tuple[Part, ...]:
        """Put a part to the others of its message; keep what became whole or was given up.

        Returns:
            The parts whose outcome can be told: none before all have come, where there is a rule.
        """
        sender, recipient = part.sender, part.recipient
        key = (sender, recipient, segment.carrier, segment.reference, segment.total)
        rules = self.scenario.rules
        window = None if rules is None else rules.multipart_window
        account.reassembler.timeout = window or PARTS_KEPT
        ended = account.reassembler.add(
            segment, sender=sender, recipient=recipient, data_coding=pdu.data_coding, now=now
        )
        # What was given up may have had the same key: its parts leave before this one joins.
        for joined in ended:
            if joined.missing:
                self._keep_torso(account, joined, now)
        if key not in account.open_sets:
            account.open_sets[key] = PartialMessage(now, waits=window is not None)
            at = now + account.reassembler.timeout
            self._later(at, self._expire, account, key, account.open_sets[key])
        opened = account.open_sets[key]
        opened.add(segment.sequence, part)
        # Parts that come after their message was whole open sets that may never be.
        while len(account.open_sets) > 2 * MOST_OPEN_SETS:
            self._end_torso(account.open_sets.pop(next(iter(account.open_sets))), now)
        for joined in ended:
            if not joined.missing:
                self._keep_whole(account, joined, now)
        if not opened.waits:
            return (part,)
        return () if account.open_sets.get(key) is opened else opened.parts

    def _expire(
        self, account: Account, key: tuple[object, ...], opened: PartialMessage, now: float
    ) -> None:
        """Keep what came of messages whose other parts never came."""
        for joined in account.reassembler.expire(now):
            self._keep_torso(account, joined, now)
        # Parts that were repeated after their message was whole make no message, and end as well.
        if account.open_sets.get(key) is opened:
            del account.open_sets[key]
            self._end_torso(opened, now)

    def _keep_whole(self, account: Account, joined: Joined, now: float) -> None:
        """Keep a message all of whose parts have come, and see whether a rule stops it."""
        message, opened = self._keep_joined(account, joined, now)
        parts, rules = opened.parts, self.scenario.rules
        error = next((part.stop_error for part in parts if part.stop_error), 0)
        if (
            rules is not None
            and not error
            and account.referee.judge_whole(rules, _asked(message), opened.began_at, now)
        ):
            error = self.scenario.repeat_error
        # A message of which a part is blocked is no use without it.
        self._stop(parts, error)
        charged = charged_parts(message.octets, message.data_coding)
        for place, part in enumerate(parts):
            part.charged = int(place < charged)

    def _keep_torso(self, account: Account, joined: Joined, now: float) -> None:
        """Keep what came of a message, and end it."""
        _, opened = self._keep_joined(account, joined, now)
        self._end_torso(opened, now)

    def _end_torso(self, opened: PartialMessage, now: float) -> None:
        """End a message whose other parts never came, where there is a rule against it."""
        if opened.waits:
            self._stop(opened.parts, self.scenario.parts_error)
            for part in opened.parts:
                self._settle(part, now)

    def _stop(self, parts: tuple[Part, ...], error: int) -> None:
        """Give parts a delivery error, unless it is 0 or they have one."""
        for part in parts:
            if error and not part.stop_error:
                part.stop_error = error
                self._stats.stopped += 1

    def _keep_joined(
        self, account: Account, joined: Joined, now: float
    ) -> tuple[KeptMessage, PartialMessage]:
        """Keep a message of many parts, or what came of it."""
        key = (joined.sender, joined.recipient, joined.carrier, joined.reference, joined.total)
        # One that had to make room has ended already.
        opened = account.open_sets.pop(key, None) or PartialMessage(now, waits=False)
        message = KeptMessage(
            system_id=account.system_id,
            sender=joined.sender,
            recipient=joined.recipient,
            text=decode(joined.octets, joined.data_coding, account.settings),
            octets=joined.octets,
            data_coding=joined.data_coding,
            parts=len(joined.parts),
            total=joined.total,
            received_at=self._date_at(now),
        )
        places = opened.places
        self._keep(message, tuple(places[place] for place, _ in joined.parts if place in places))
        return message, opened

    def _keep(self, message: KeptMessage, parts: tuple[Part, ...]) -> None:
        """Remember a message; the oldest one makes room."""
        message.taken = parts
        self._stats.messages += 1
        self.arrived.append(message)
        self.messages.append(message)
        while len(self.messages) > self.scenario.keep:
            self.messages.popleft()

    def _query(self, link: Link, pdu: QuerySm, now: float) -> None:
        """Answer query_sm from memory; nobody learns of others' messages."""
        part = self._parts.get(pdu.message_id)
        if part is None or link.account is None or part.system_id != link.account.system_id:
            response = QuerySmResp(command_status=CommandStatus.ESME_RINVMSGID)
        else:
            response = QuerySmResp(
                message_id=pdu.message_id,
                final_date=_final_date(part),
                message_state=part.state,
                error_code=min(part.error_code, 255),
            )
        link.session.respond(pdu, response, now)

    # Receipts, and everything else that goes to the client.

    def _enroute(self, part: Part, now: float) -> None:
        """Tell that a message is on its way."""
        self._tell(part, now, is_intermediate=True)

    def _settle(self, part: Part, now: float) -> None:
        """Give a part its outcome."""
        if part.stop_error:
            part.state, part.error_code = MessageState.UNDELIVERABLE, part.stop_error
        else:
            part.state, part.error_code = part.scenario.state, part.scenario.error_code
        part.done_at = self._date_at(now)
        self._tell(part, now, is_intermediate=False)

    def _tell(self, part: Part, now: float, *, is_intermediate: bool) -> None:
        """Send a receipt of the part's state to those who asked for one of such an outcome."""
        state = MessageState.DELIVERED if is_intermediate else part.state
        if part.scenario.receipts and wants_receipt(part.registered_delivery, state):
            pdu = receipt(part, is_intermediate=is_intermediate)
            self._enqueue(Delivery(pdu, self._account(part.system_id)), now)

    def _enqueue(self, delivery: Delivery, now: float) -> None:
        """Send a deliver_sm as soon as a link has room for it; the oldest one makes room."""
        waiting = delivery.account.waiting
        waiting.append(delivery)
        self._pump(delivery.account, now)
        while len(waiting) > self.scenario.receipt_queue:
            self._give_up(waiting.popleft(), CommandStatus.ESME_RMSGQFUL)

    def _claim(self, account: Account) -> None:
        """Give the first account that can receive what had no owner yet."""
        while self._nobody.waiting:
            delivery = self._nobody.waiting.popleft()
            delivery.account = account
            account.waiting.append(delivery)

    def _pump(self, account: Account, now: float) -> None:
        """Send what waits, as far as the windows of the account's links go."""
        while account.waiting and (link := account.free_link()) is not None:
            delivery = account.waiting.popleft()
            try:
                link.session.request(delivery.pdu, now, context=delivery)
            except LocalProtocolError:
                # An address that came in leniently, 8-bit or too long, and can't go out again.
                self._give_up(delivery, CommandStatus.ESME_RSYSERR)
            self.touched[link] = None

    def _answered(self, delivery: Delivery, status: int, now: float) -> None:
        """Take the client's word: taken, never again, or again in a while."""
        if status == CommandStatus.ESME_ROK:
            self._stats.delivered += 1
            delivery.command_status = status
            self.settled.append(delivery)
        elif status in _FOR_GOOD:
            self._give_up(delivery, status)
        else:
            at = now + self.scenario.redelivery_delay
            self._later(at, self._put_back, [delivery])
        self._pump(delivery.account, now)

    def _put_back(self, deliveries: list[Delivery], now: float) -> None:
        """Queue again what has been sent, ahead of what hasn't."""
        for delivery in reversed(deliveries):
            self._stats.redelivered += 1
            delivery.account.waiting.appendleft(delivery)
        for account in {delivery.account for delivery in deliveries}:
            self._pump(account, now)

    def _give_up(self, delivery: Delivery, status: int) -> None:
        """End a deliver_sm that the client never took."""
        self._stats.dropped += 1
        delivery.command_status = status
        self.settled.append(delivery)


def _final_date(part: Part) -> str:
    """Return when the state became final, as an SMPP time; empty while it isn't."""
    if part.state not in FINAL or part.done_at is None:
        return ""
    # In UTC: SMPP writes no offset but whole quarters of an hour.
    return format_time(part.done_at.astimezone(UTC))


def _asked(message: KeptMessage) -> tuple[str, str, str | bytes]:
    """Return what has to be the same for a message to be a repeat."""
    written = message.octets if message.text is None else message.text
    return message.sender, message.recipient, written


def _answer_to(stopped_by: StoppedBy, scenario: Scenario) -> tuple[int, int]:
    """Return the `command_status` of what a rule stopped, and its delivery error otherwise."""
    match stopped_by:
        case "rate":
            return CommandStatus.ESME_RTHROTTLED, 0
        case "repeat":
            return scenario.repeat_status, scenario.repeat_error
        case _:
            return scenario.flood_status, scenario.flood_error


def _incoming(
    sender: str, recipient: str, text: str, reference: int, account: Account
) -> list[DeliverSm]:
    """Make the deliver_sm of a subscriber's message, and make sure that they can be sent."""
    try:
        pdus = incoming(sender, recipient, text, reference=reference, settings=account.settings)
        for pdu in pdus:
            encode(pdu)
    except EncodeError as error:
        field, reason = error.field, error.reason
    else:
        return pdus
    # Outside of the handler: no context that could hold the text.
    raise InvalidMessageError(field, "of deliver_sm", reason)

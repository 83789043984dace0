"""Records of the simulated SMSC: parts, messages, refusals.

Rule: what was received stays as it was; only responses and outcomes are written later, part by
part. A `repr` shows sizes, never a text, and masks numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pdu._tracebacks import hides_assigned
from pdu.enums import FINAL_STATES, MessageState
from pdu.escaping import escape
from pdu.half_made import shows_half_made
from pdu.masking import mask_address, shown_address, shown_text
from pdu.smpp_time import format_time
from smsc_async.simulator.fates import ORDINARY
from smsc_async.simulator.message_text import codes_of, parse_message

if TYPE_CHECKING:
    from datetime import datetime

    from pdu.enums import CommandStatus
    from smsc_async.messages import Message
    from smsc_async.simulator.codes import FoundCodes
    from smsc_async.simulator.fates import Fate
    from smsc_async.simulator.refusals import Refusal
    from smsc_async.simulator.scenario import HlrAnswer, Scenario, StoppedBy
    from smsc_async.simulator.schedule import ScheduledAction

_new = tuple.__new__  # hot path

FINAL = FINAL_STATES | {MessageState.UNKNOWN}
"""States after which the simulator sends no receipt of a message any more."""

MessageStatus = Literal[
    "refused", "incomplete", "held", "unanswered", "blocked", "done", "on_its_way"
]
"""What has become of a message: refused in a response; given up without all of its parts; held
until it is released; never answered; stopped by a rule after it was accepted; final; or none of
these yet."""

TimelineEvent = Literal[
    "received",
    "held",
    "answered",
    "unanswered",
    "fate",
    "outcome",
    "receipt",
    "acknowledged",
    "reply",
]


class TimelineEntry(NamedTuple):
    """Something that happened to a message.

    Args:
        at: By the gateway's clock.
        event: What; "receipt" is queued, "acknowledged" by the client.
        value: Of "answered" and "acknowledged" the command_status, of "outcome" and "receipt" the
            state; else 0.
    """

    at: datetime
    event: TimelineEvent
    value: int = 0


@shows_half_made
@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class SubmittedPart:
    """One accepted submit_sm.

    Args:
        number: Its id as a number; the scenario says how responses and receipts write it.
        system_id: Login of the account that submitted it.
        sender: `source_addr`, with its type and plan below.
        recipient: `destination_addr`, with its type and plan below.
        source: Type of number and numbering plan of the sender.
        dest: Type of number and numbering plan of the recipient.
        registered_delivery: Which receipts were requested.
        text: Of this part alone; None where the octets are no text.
        flags: The kind of message, as the gateway's TLV 0x2001 has it.
        charged: Parts that are charged for this submit_sm.
        scenario: The scenario in force when it was received.
        submitted_at: When it was received.
        sequence: Which part of its message it is, from 1.
        link: Number of the link that it came over.
        sequence_number: Of the submit_sm on that link.
        stop_error: Delivery error of the rule that stopped it; 0 for none.
        state: Its current state.
        error_code: The delivery error of that state.
        done_at: When the outcome was reached; None until then.
        fate: What becomes of it, beside what the scenario says.
        may_complete: Whether it waits for no other part of its message.
        is_decided: Whether that was decided for this message, after it had come.
        is_held: Whether it waits to be released.
        is_answer_due: Whether its response hasn't left yet, and may.
        command_status: In its response; None as long as there is none.
        outcome_step: Its scheduled outcome.
        intermediate_step: Its scheduled intermediate receipt.
        partial: The message that it is a part of, as long as parts of that are missing.
        later: What happened after it was received, in order.
    """

    number: int
    system_id: str
    sender: str
    recipient: str
    source: tuple[int, int]
    dest: tuple[int, int]
    registered_delivery: int
    text: str | None
    flags: int
    charged: int
    scenario: Scenario
    submitted_at: datetime
    sequence: int = 1
    link: int = 0
    sequence_number: int = 0
    stop_error: int = 0
    state: MessageState | int = MessageState.ENROUTE
    error_code: int = 0
    done_at: datetime | None = None
    fate: Fate = ORDINARY
    may_complete: bool = False
    is_decided: bool = False
    is_held: bool = False
    is_answer_due: bool = True
    command_status: int | None = None
    outcome_step: ScheduledAction | None = None
    intermediate_step: ScheduledAction | None = None
    partial: Any = None  # a PartialMessage, whose module imports this one
    later: list[TimelineEntry] = field(default_factory=list)

    @property
    def hlr(self) -> HlrAnswer:
        """The answer to it, if it is an HLR query."""
        return self.fate.hlr or self.scenario.hlr

    def note(self, at: datetime, event: TimelineEvent, value: int = 0) -> None:
        """Add what happens now."""
        self.later.append(_new(TimelineEntry, (at, event, value)))

    @property
    def timeline(self) -> tuple[TimelineEntry, ...]:
        """What happened, in order."""
        return (TimelineEntry(self.submitted_at, "received"), *self.later)

    @property
    def is_early(self) -> bool:
        """Whether its receipt overtakes its response."""
        return self.fate.receipt == "early" or self.scenario.receipt_before_response

    @property
    def is_final(self) -> bool:
        """Whether it was refused, or has its outcome."""
        return self.done_at is not None or bool(self.command_status)

    @property
    def message_id(self) -> str:
        """The id in the response."""
        if self.scenario.id_format == "hex_in_response":
            return f"{self.number:X}"
        return str(self.number)

    @property
    def final_date(self) -> str:
        """When the state became final, as an SMPP time; empty while it isn't final."""
        if self.state not in FINAL or self.done_at is None:
            return ""
        # In UTC: SMPP writes offsets in whole quarters of an hour only.
        return format_time(self.done_at.astimezone(UTC))

    def __repr__(self) -> str:
        to = escape(mask_address(self.recipient))
        return f"<SubmittedPart {self.message_id} to {to}, state {self.state!r}>"


@shows_half_made
@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class SubmittedMessage:
    """One message as the gateway understood it, its parts joined.

    Args:
        system_id: Login of the account that submitted it.
        sender: `source_addr`.
        recipient: `destination_addr`.
        text: Decoded, with markup and comment; None where the octets are no text.
        octets: As received, without user data headers.
        data_coding: As received, of the first part.
        parts: Number of submit_sm received.
        total: Number of submit_sm expected; above *parts* if some never came.
        received_at: When its last part was received, by the gateway's clock.
        number: Of the message; a cursor, see `Simulator.find`.
        submits: The submit_sm it is made of, in order; `message_ids` and `state` are theirs.
        refusal: Why it was refused; None if it was accepted.
        stop: The rule that stopped it, refused or not; None for none.
        link: Number of the link, if it was refused; 0 of an accepted one, whose *submits* have it.
        sequence_number: Of the submit_sm on that link, likewise.
        is_cut: Whether it was longer than what is kept of it.
    """

    system_id: str
    sender: str
    recipient: str
    text: str | None
    octets: bytes
    data_coding: int
    parts: int
    total: int
    received_at: datetime
    number: int = 0
    submits: tuple[SubmittedPart, ...] = ()
    refusal: Refusal | None = None
    stop: RuleStop | None = None
    link: int = 0
    sequence_number: int = 0
    is_cut: bool = False
    _parsed: Message[Any] | None = field(default=None, init=False)
    _codes: FoundCodes | None = field(default=None, init=False)

    @property
    def id(self) -> str:
        """Its name in this simulator: "m-17"."""
        return f"m-{self.number}"

    @property
    def codes(self) -> FoundCodes:
        """The one-time codes in its text, as the subscriber reads it."""
        if self._codes is None:
            self._codes = codes_of(self.message, self.text)
        return self._codes

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The ids in the responses, in the order of the parts."""
        return tuple(part.message_id for part in self.submits)

    @property
    def message_id(self) -> str:
        """The first of `message_ids`; empty if there is none."""
        return self.submits[0].message_id if self.submits else ""

    @property
    def message(self) -> Message[Any] | None:
        """What the gateway makes of the text: `Sms(...)` or another kind.

        None where the markup has no meaning, or the number isn't one that a message takes.
        """
        if self._parsed is None:
            self._parsed = parse_message(self.text, self.recipient, self.sender)
        return self._parsed

    @property
    def kind(self) -> str:
        """Name of its kind: "Sms", "HlrQuery", …; "text" or "binary" if `message` is None."""
        if self.message is not None:
            return type(self.message).__name__
        return "binary" if self.text is None else "text"

    @property
    def state(self) -> MessageState | int:
        """Its current state; not final until the state of every part is. REJECTED if refused."""
        if self.refusal is not None:
            return MessageState.REJECTED
        states = [part.state for part in self.submits] or [MessageState.ENROUTE]
        return next((state for state in states if state not in FINAL), states[-1])

    @property
    def error_code(self) -> int:
        """Delivery error of the first part that has one; 0 for none."""
        return next((part.error_code for part in self.submits if part.error_code), 0)

    @property
    def is_complete(self) -> bool:
        """Whether every part was received."""
        return self.parts == self.total

    @property
    def is_final(self) -> bool:
        """Whether it was refused, or every part was refused or has its outcome."""
        return self.refusal is not None or all(part.is_final for part in self.submits)

    @property
    def status(self) -> MessageStatus:
        """What has become of it."""
        parts = self.submits
        if self.refusal is not None or any(part.command_status for part in parts):
            return "refused"
        if not self.is_complete:
            return "incomplete"
        if any(part.is_held for part in parts):
            return "held"
        if any(part.command_status is None and not part.is_answer_due for part in parts):
            return "unanswered"
        if any(part.stop_error and not part.is_decided for part in parts):
            return "blocked"
        return "done" if self.is_final else "on_its_way"

    @property
    def timeline(self) -> tuple[TimelineEntry, ...]:
        """What happened to its parts, in order."""
        entries = (entry for part in self.submits for entry in part.timeline)
        return tuple(sorted(entries, key=lambda entry: entry.at))

    def __repr__(self) -> str:
        state = self.state.name if isinstance(self.state, MessageState) else self.state
        return (
            f"SubmittedMessage({self.id}, {self.kind}, message_id={self.message_id!r},"
            f" sender={escape(shown_address(self.sender))},"
            f" recipient={escape(shown_address(self.recipient))},"
            f" text={shown_text(self.text, self.octets)}, parts={self.parts}/{self.total},"
            f" state={state})"
        )


class RuleStop(NamedTuple):
    """The rule that stopped a message, refused or accepted.

    Args:
        rule: "rate", "repeat" or "flood".
        limit: Its number: messages a second, seconds between repeats, messages in a row.
        retry_at: When it lets the message pass, by the gateway's clock.
        retry_after: Seconds until then, from the message's arrival.
        twin: Number of the message that it repeats, which may be forgotten; None for another rule.
    """

    rule: StoppedBy
    limit: float
    retry_at: datetime
    retry_after: float
    twin: int | None = None


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RefusedRequest:
    """One request that was refused.

    Args:
        command: "submit_sm", "bind_transceiver", "query_sm", …
        command_status: In the response.
        refusal: Why, as a text with values for the command line; `reason` has both.
        system_id: Login of the account; of a bind, the login that was refused.
        sender: `source_addr`; empty if the request has none or couldn't be read.
        recipient: `destination_addr`; likewise.
        received_at: By the gateway's clock.
    """

    command: str
    command_status: CommandStatus | int
    refusal: Refusal
    system_id: str
    sender: str
    recipient: str
    received_at: datetime

    @property
    def reason(self) -> str:
        """Why it was refused: field, value, limit. Never an address or a message."""
        return str(self.refusal)

    def __repr__(self) -> str:
        status = getattr(self.command_status, "name", hex(self.command_status))
        return f"<RefusedRequest {self.command}, {status}: {self.reason}>"

"""Records of the simulated SMSC: parts, messages, counters.

Rule: what was received stays as it was; only outcomes are written later, part by part. A `repr`
shows sizes, never a text, and masks numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from pdu._tracebacks import hides_assigned
from pdu.enums import FINAL_STATES, MessageState
from pdu.escaping import escape
from pdu.half_made import shows_half_made
from pdu.masking import mask_address, shown_address, shown_text
from pdu.smpp_time import format_time
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.markup import parse

if TYPE_CHECKING:
    from datetime import datetime

    from pdu.enums import CommandStatus
    from smsc_async.messages import Message
    from smsc_async.simulator.refusals import Refusal
    from smsc_async.simulator.scenario import Scenario

FINAL = FINAL_STATES | {MessageState.UNKNOWN}
"""States after which the simulator sends no receipt of a message any more."""


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
        stop_error: Delivery error of the rule that stopped it; 0 for none.
        state: Its current state.
        error_code: The delivery error of that state.
        done_at: When the outcome was reached; None until then.
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
    stop_error: int = 0
    state: MessageState | int = MessageState.ENROUTE
    error_code: int = 0
    done_at: datetime | None = None

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
        received_at: When its last part was received, by the wall clock.
        submits: The submit_sm it is made of, in order; `message_ids` and `state` are theirs.
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
    submits: tuple[SubmittedPart, ...] = ()
    _parsed: Message[Any] | None = field(default=None, init=False)

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
        """Its current state; not final until the state of every part is."""
        states = [part.state for part in self.submits] or [MessageState.ENROUTE]
        return next((state for state in states if state not in FINAL), states[-1])

    @property
    def is_complete(self) -> bool:
        """Whether every part was received."""
        return self.parts == self.total

    def __repr__(self) -> str:
        state = self.state.name if isinstance(self.state, MessageState) else self.state
        return (
            f"SubmittedMessage({self.kind}, message_id={self.message_id!r},"
            f" sender={escape(shown_address(self.sender))},"
            f" recipient={escape(shown_address(self.recipient))},"
            f" text={shown_text(self.text, self.octets)}, parts={self.parts}/{self.total},"
            f" state={state})"
        )


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
        received_at: By the wall clock.
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


@shows_half_made
@dataclass(slots=True, kw_only=True)
class SimulatorStats:
    """Counters since the start; `links` and `waiting` are current values.

    Args:
        links: Open connections.
        connections: Connections accepted.
        binds: Binds accepted.
        binds_refused: Binds refused.
        submits: submit_sm received.
        refused: submit_sm refused.
        refusals: Requests of any kind refused, those no longer in `refusals` too.
        stopped: submit_sm stopped by a rule of the gateway, refused or not; of a message whose
            parts are stopped together, each part counts.
        messages: Messages received, parts joined; includes those no longer in `messages`.
        delivered: deliver_sm that the client acknowledged.
        redelivered: deliver_sm that were put back in the queue.
        dropped: deliver_sm that ended without: refused for good, or the queue was full.
        waiting: deliver_sm that wait for a link or for room in its window.
    """

    links: int = 0
    connections: int = 0
    binds: int = 0
    binds_refused: int = 0
    submits: int = 0
    refused: int = 0
    refusals: int = 0
    stopped: int = 0
    messages: int = 0
    delivered: int = 0
    redelivered: int = 0
    dropped: int = 0
    waiting: int = 0


def parse_message(text: str | None, recipient: str, sender: str) -> Message[Any] | None:
    """Return what the gateway makes of a text, None if that is nothing."""
    if text is None:
        return None
    try:
        return parse(text, to=recipient, sender=sender)
    except InvalidMessageError:
        return None

"""What the simulated gateway remembers of a message.

Rule: what came in stays as it came; only the outcome is written later, part by part. A `repr`
shows sizes, never a text, and masks numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pdu.enums import FINAL_STATES, MessageState
from pdu.masking import mask_number, shown_address
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.markup import parse

if TYPE_CHECKING:
    from datetime import datetime

    from smsc_async.messages import Message
    from smsc_async.simulator.scenario import Scenario

FINAL = FINAL_STATES | {MessageState.UNKNOWN}
"""States after which the simulator says no more about a message."""


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Part:
    """One submit_sm that was taken in.

    Args:
        number: Its id, a number; responses and receipts write it each in their own way.
        system_id: Who submitted it.
        sender: `source_addr`, with its type and plan below.
        recipient: `destination_addr`, with its type and plan below.
        source: Type of number and numbering plan of the sender.
        dest: Type of number and numbering plan of the recipient.
        registered_delivery: Which receipts were asked for.
        text: Of this part alone; None where the octets are no text.
        flags: The kind of message, as the gateway's TLV 0x2001 has it.
        charged: Parts that are charged for this submit_sm.
        scenario: The one in force when it came.
        submitted_at: When it came.
        stop_error: Delivery error of the rule that stopped it; 0 for none.
        state: What has become of it so far.
        error_code: The delivery error that goes with it.
        done_at: When the state was reached.
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
        """The id that the response gave."""
        if self.scenario.id_format == "hex_in_response":
            return f"{self.number:X}"
        return str(self.number)

    def __repr__(self) -> str:
        return f"<Part {self.message_id} to {mask_number(self.recipient)}, state {self.state!r}>"


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class KeptMessage:
    """One message as the gateway understood it, its parts joined.

    Args:
        system_id: Who submitted it.
        sender: `source_addr`.
        recipient: `destination_addr`.
        text: Decoded, markup and comment included; None where the octets are no text.
        octets: As they came, without user data headers.
        data_coding: As it came, of the first part.
        parts: In how many submit_sm it came.
        total: How many there should be; above *parts* if some never came.
        received_at: When it was whole, by the wall clock.
        taken: The submit_sm it is made of, in order; `message_ids` and `state` are theirs.
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
    taken: tuple[Part, ...] = ()
    _parsed: Message[Any] | None = field(default=None, init=False)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The ids that the responses gave, in the order of the parts."""
        return tuple(part.message_id for part in self.taken)

    @property
    def message_id(self) -> str:
        """The first of them; empty if there is none yet."""
        return self.taken[0].message_id if self.taken else ""

    @property
    def message(self) -> Message[Any] | None:
        """The message that the gateway would make of the text, `Sms(...)` or another kind.

        None where it would know no meaning for it, or the number is none that a message takes.
        """
        if self._parsed is None and self.text is not None:
            try:
                self._parsed = parse(self.text, to=self.recipient, sender=self.sender)
            except InvalidMessageError:
                return None
        return self._parsed

    @property
    def kind(self) -> str:
        """Name of its kind ("Sms", "HlrQuery", …); "text" or "binary" where it is none."""
        if self.message is not None:
            return type(self.message).__name__
        return "binary" if self.text is None else "text"

    @property
    def state(self) -> MessageState | int:
        """What has become of it by now: not final until every part's state is."""
        states = [part.state for part in self.taken] or [MessageState.ENROUTE]
        return next((state for state in states if state not in FINAL), states[-1])

    @property
    def is_complete(self) -> bool:
        """Whether every part came."""
        return self.parts == self.total

    def __repr__(self) -> str:
        size = (
            f"<{len(self.octets)} octets>"
            if self.text is None
            else f"<{len(self.text)} characters>"
        )
        state = self.state.name if isinstance(self.state, MessageState) else self.state
        return (
            f"KeptMessage({self.kind}, message_id={self.message_id!r},"
            f" sender={shown_address(self.sender)},"
            f" recipient={shown_address(self.recipient)}, text={size},"
            f" parts={self.parts}/{self.total}, state={state})"
        )


@dataclass(slots=True, kw_only=True)
class Stats:
    """Counters since the start; `links` and `waiting` are of this moment.

    Args:
        links: Connections that are open.
        connections: Connections that were made.
        binds: Binds that were taken.
        binds_refused: Binds that were refused.
        submits: submit_sm that came.
        refused: Those of them that were refused.
        stopped: Those that a rule of the gateway stopped, refused or not; of a message whose
            parts are stopped together, each of them.
        messages: Messages that were taken in, parts joined; also those no longer kept.
        delivered: deliver_sm that the client answered positively.
        redelivered: deliver_sm that had to be put back in the queue.
        dropped: deliver_sm that were given up: refused for good, or no room in the queue.
        waiting: deliver_sm that wait for a link or for room in its window.
    """

    links: int = 0
    connections: int = 0
    binds: int = 0
    binds_refused: int = 0
    submits: int = 0
    refused: int = 0
    stopped: int = 0
    messages: int = 0
    delivered: int = 0
    redelivered: int = 0
    dropped: int = 0
    waiting: int = 0

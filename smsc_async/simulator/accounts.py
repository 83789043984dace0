"""Accounts of the simulated SMSC, their links, and the deliver_sm on their way to them.

Rule: a deliver_sm belongs to an account, never to a link. What one link didn't acknowledge is sent
again over another link of the account.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from pdu.text import Reassembler
from smsc_async.gateway.coding import DEFAULT_SETTINGS
from smsc_async.simulator.enforcement import DEFAULT_PARTS_TIMEOUT, RuleEnforcement
from smsc_async.simulator.fates import NOTHING_GIVEN

if TYPE_CHECKING:
    from pdu import DeliverSm
    from smsc_async.session import Session
    from smsc_async.simulator.fates import Given
    from smsc_async.simulator.records import RuleStop, SubmittedPart

MAX_PARTIAL_MESSAGES: Final = 1000
"""Incomplete messages that one account may have."""

MAX_ACCOUNTS: Final = 1000
"""Logins that are remembered, besides those with links: any name may bind."""


class PartialMessage:
    """The parts of one message received so far.

    Args:
        began_at: The gateway's time of the first part's arrival.
        is_outcome_deferred: Whether no part gets an outcome before all parts are there.
        given: What the sources of fates say of the message.

    Attributes:
        by_sequence: The newest part of each sequence number.
        replaced: Parts whose sequence number came again.
        stop: The rule that stopped it after it was accepted; None for none.
    """

    __slots__ = ("began_at", "by_sequence", "given", "is_outcome_deferred", "replaced", "stop")

    def __init__(
        self, began_at: float, *, is_outcome_deferred: bool, given: Given = NOTHING_GIVEN
    ) -> None:
        self.began_at = began_at
        self.is_outcome_deferred = is_outcome_deferred
        self.given = given
        self.by_sequence: dict[int, SubmittedPart] = {}
        self.replaced: list[SubmittedPart] = []
        self.stop: RuleStop | None = None

    def add(self, sequence: int, part: SubmittedPart) -> None:
        """Add a part."""
        if sequence in self.by_sequence:
            self.replaced.append(self.by_sequence[sequence])
        self.by_sequence[sequence] = part

    @property
    def parts(self) -> tuple[SubmittedPart, ...]:
        """All parts in order, then the replaced ones."""
        return (*(self.by_sequence[number] for number in sorted(self.by_sequence)), *self.replaced)

    def __repr__(self) -> str:
        return f"<PartialMessage, {len(self.parts)} parts>"


class QueuedDelivery:
    """One deliver_sm on its way to the client, however often it is sent.

    Args:
        pdu: The deliver_sm.
        account: The account it is for.
        part: What it is a receipt of; None for a subscriber's message.

    Attributes:
        command_status: How it ended: 0 acknowledged, any other dropped. None until then.
    """

    __slots__ = ("account", "command_status", "part", "pdu")

    def __init__(self, pdu: DeliverSm, account: Account, part: SubmittedPart | None = None) -> None:
        self.pdu = pdu
        self.account = account
        self.part = part
        self.command_status: int | None = None

    def __repr__(self) -> str:
        return f"<QueuedDelivery {self.pdu!r}, command_status={self.command_status}>"


class Account:
    """What the links of one system_id share.

    Args:
        system_id: The login.
    """

    def __init__(self, system_id: str) -> None:
        self.system_id = system_id
        self.settings = DEFAULT_SETTINGS
        self.links: list[ClientLink] = []
        self.waiting: deque[QueuedDelivery] = deque()
        self.enforcement = RuleEnforcement()
        self.reassembler = Reassembler(timeout=DEFAULT_PARTS_TIMEOUT, max_sets=MAX_PARTIAL_MESSAGES)
        self.partial_messages: dict[tuple[object, ...], PartialMessage] = {}

    def free_link(self) -> ClientLink | None:
        """Return the link with the fewest deliver_sm in flight that has room for one more."""
        free = (link for link in self.links if link.has_room)
        return min(free, key=lambda link: link.session.window.in_flight, default=None)

    def __repr__(self) -> str:
        return (
            f"<Account {self.system_id!a}, {len(self.links)} receiving links,"
            f" {len(self.waiting)} deliver_sm waiting,"
            f" {len(self.partial_messages)} partial messages>"
        )


UNBOUND: Final = Account("")
"""The account of a link that hasn't bound yet. Nothing is ever stored in it."""


class ClientLink:
    """One connection of a client: its session and its counters.

    Args:
        session: The protocol state of this connection.
        number: Counts the connections, from 1.
        host: The client's address; empty on a UNIX socket.

    Attributes:
        submits: submit_sm received.
        unanswered: submit_sm whose response is delayed.
        is_dropped: Whether the scenario closes the link after the current submit_sm.
        interface_version: That of the bind.
        has_tlvs: Whether the client gets TLVs: not below v3.4 (§3.4 of it).
    """

    __slots__ = (
        "account",
        "has_tlvs",
        "host",
        "interface_version",
        "is_dropped",
        "number",
        "session",
        "settings",
        "submits",
        "unanswered",
    )

    def __init__(self, session: Session, number: int = 0, host: str = "") -> None:
        self.session = session
        self.number = number
        self.host = host
        self.account = UNBOUND
        self.settings = DEFAULT_SETTINGS
        self.submits = 0
        self.unanswered = 0
        self.is_dropped = False
        self.interface_version = 0
        self.has_tlvs = True

    @property
    def has_room(self) -> bool:
        """Whether a deliver_sm may go out now."""
        return self.session.mode is not None and not self.session.window.is_full

    def __repr__(self) -> str:
        return (
            f"<ClientLink {self.account.system_id!a}, {self.submits} submits,"
            f" {self.unanswered} unanswered, {self.session!r}>"
        )

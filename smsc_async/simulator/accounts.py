"""Who is connected to the simulated gateway, and what is on its way to them.

Rule: a deliver_sm belongs to an account, never to a link. Links come and go; what one of them
didn't answer goes out over the next.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pdu.text import Reassembler
from smsc_async.gateway.coding import DEFAULT_SETTINGS
from smsc_async.simulator.enforcement import PARTS_KEPT, RuleEnforcement

if TYPE_CHECKING:
    from pdu import DeliverSm
    from smsc_async.session import Session
    from smsc_async.simulator.records import Part

MOST_OPEN_SETS = 1000
"""Unfinished messages of many parts that one account may have."""


class PartialMessage:
    """The parts of one message that have come so far.

    Args:
        began_at: The instant at which the first one came.
        waits: Whether no part has an outcome before all have come.

    Attributes:
        places: The newest part of each place.
        repeated: Those whose place was taken again.
    """

    __slots__ = ("began_at", "places", "repeated", "waits")

    def __init__(self, began_at: float, *, waits: bool) -> None:
        self.began_at = began_at
        self.waits = waits
        self.places: dict[int, Part] = {}
        self.repeated: list[Part] = []

    def add(self, place: int, part: Part) -> None:
        """Take a part in."""
        if place in self.places:
            self.repeated.append(self.places[place])
        self.places[place] = part

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, in order, those whose place was taken again behind."""
        return (*(self.places[place] for place in sorted(self.places)), *self.repeated)

    def __repr__(self) -> str:
        return f"<PartialMessage, {len(self.places)} parts>"


class Delivery:
    """One deliver_sm on its way to the client, however often it has to be sent.

    Args:
        pdu: What is sent.
        account: Whose it is.

    Attributes:
        command_status: How it ended: 0 taken, any other given up. None while it hasn't.
    """

    __slots__ = ("account", "command_status", "pdu")

    def __init__(self, pdu: DeliverSm, account: Account) -> None:
        self.pdu = pdu
        self.account = account
        self.command_status: int | None = None

    def __repr__(self) -> str:
        return f"<Delivery {self.pdu!r}, command_status={self.command_status}>"


class Account:
    """What the links of one system_id share.

    Args:
        system_id: The login.
    """

    __slots__ = ("links", "open_sets", "reassembler", "referee", "settings", "system_id", "waiting")

    def __init__(self, system_id: str) -> None:
        self.system_id = system_id
        self.settings = DEFAULT_SETTINGS
        self.links: list[Link] = []
        self.waiting: deque[Delivery] = deque()
        self.referee = RuleEnforcement()
        self.reassembler = Reassembler(timeout=PARTS_KEPT, max_sets=MOST_OPEN_SETS)
        self.open_sets: dict[tuple[object, ...], PartialMessage] = {}

    def free_link(self) -> Link | None:
        """Return the link with the fewest deliver_sm in flight that has room for one more."""
        free = (link for link in self.links if link.has_room)
        return min(free, key=_in_flight, default=None)

    def __repr__(self) -> str:
        return (
            f"<Account {self.system_id!r}, {len(self.links)} receiving links,"
            f" {len(self.waiting)} deliver_sm waiting>"
        )


class Link:
    """One connection of a client: its session, and what the gateway counts on it.

    Args:
        session: The protocol of this connection.
    """

    __slots__ = ("account", "is_dropped", "session", "settings", "submits", "unanswered")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.account: Account | None = None
        self.settings = DEFAULT_SETTINGS
        self.submits = 0
        self.unanswered = 0
        self.is_dropped = False

    @property
    def has_room(self) -> bool:
        """Whether a deliver_sm may go out now."""
        return not (self.session.is_over or self.session.window.is_full)

    def __repr__(self) -> str:
        return f"<Link {self.account!r}, {self.session!r}>"


def _in_flight(link: Link) -> int:
    """Choose links by this."""
    return link.session.window.in_flight

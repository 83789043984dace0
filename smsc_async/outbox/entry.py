"""An entry of the outbox, and the states it goes through.

Rule: the table below is the protocol. An entry is SENDING on disk before an octet of it may
leave, and leaves UNKNOWN only by the hand of a user.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pdu.enums import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smsc_async.messages import Message


class OutboxState(Enum):
    """How far an entry has come. The values are what stands on disk."""

    QUEUED = "queued"
    """To be sent; nothing of it is paid."""
    SENDING = "sending"
    """In a worker's hands: it may be on its way."""
    ACCEPTED = "accepted"
    """The gateway took it, `message_ids` are its ids; or a user says that it did."""
    REFUSED = "refused"
    """The gateway, or the client before it, said no; `reason` tells why."""
    UNKNOWN = "unknown"
    """It may have been accepted, delivered and paid. It waits for a user's decision."""
    DISCARDED = "discarded"
    """Given up by a user."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing happens to it any more, unless a user wants it to."""
        return self in FINISHED


_QUEUED, _SENDING, _ACCEPTED, _REFUSED, _UNKNOWN, _DISCARDED = OutboxState

TRANSITIONS: Final[Mapping[OutboxState, frozenset[OutboxState]]] = {
    _QUEUED: frozenset({_SENDING, _DISCARDED}),
    _SENDING: frozenset({_QUEUED, _ACCEPTED, _REFUSED, _UNKNOWN}),
    _ACCEPTED: frozenset(),
    _REFUSED: frozenset({_QUEUED, _DISCARDED}),
    _UNKNOWN: frozenset({_QUEUED, _ACCEPTED, _DISCARDED}),
    _DISCARDED: frozenset({_QUEUED}),
}
"""Where an entry may go. From UNKNOWN on it is a user who moves it, or the worker that had it
and comes back with the truth."""

FINISHED: Final = frozenset({_ACCEPTED, _REFUSED, _DISCARDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message in the outbox, as it was when it was looked at.

    Args:
        id: Its number; entries are sent in this order.
        key: The caller's own name for it; None if there was none.
        message: What is to be sent.
        state: How far it has come.
        created_at: When it was put, seconds since 1970.
        changed_at: When its state changed last.
        not_before: When it may be sent at the earliest.
        attempts: How many times a worker has taken it.
        message_ids: The gateway's ids of the parts it accepted. These are paid, whatever the state.
        command_status: The number in the refusal, or None.
        reason: Why it isn't accepted, or what was decided about it; no text of the message.
        receipt: The final state by the receipts, of the message as a whole; None until they say.
    """

    id: int
    key: str | None
    message: Message[Any]
    state: OutboxState
    created_at: float
    changed_at: float
    not_before: float
    attempts: int = 0
    message_ids: tuple[str, ...] = ()
    command_status: int | None = None
    reason: str = ""
    receipt: MessageState | int | None = None


def before(target: OutboxState) -> tuple[OutboxState, ...]:
    """Return the states from which one may get to *target*."""
    return tuple(state for state in OutboxState if target in TRANSITIONS[state])


def as_message_state(number: int | None) -> MessageState | int | None:
    """Return a state by its name, where it has one."""
    return next((state for state in MessageState if state == number), number)


def of_parts(states: Iterable[int | None]) -> int | None:
    """Return the final state of a whole message: the worst of its parts, or None until known.

    The first part that will not arrive decides; that all have arrived is known with the last.
    """
    known = list(states)
    failed = (state for state in known if state not in {None, MessageState.DELIVERED})
    return next(failed, None if None in known or not known else int(MessageState.DELIVERED))

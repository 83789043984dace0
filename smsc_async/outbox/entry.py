"""An entry of the outbox and its state machine.

Rule: `TRANSITIONS` is the protocol. An entry is SENDING on disk from just before its first octet
is written to the network, and leaves UNKNOWN only if a user decides so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pdu._tracebacks import hides_assigned
from pdu.enums import MessageState
from pdu.half_made import shows_half_made

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smsc_async.messages import Message


class OutboxState(Enum):
    """The state of an entry. The values are what the tables store."""

    QUEUED = "queued"
    """To be sent; nothing of it is charged."""
    CLAIMED = "claimed"
    """A worker holds it until it is its turn; nothing of it was written."""
    SENDING = "sending"
    """It is being written, or awaits its response: it may be on its way."""
    ACCEPTED = "accepted"
    """The gateway accepted it under `message_ids`; or a user says that it did."""
    REFUSED = "refused"
    """The gateway, or the client before it, refused it; see `reason`."""
    UNKNOWN = "unknown"
    """It may have been accepted, delivered and charged. It awaits a user's decision."""
    DISCARDED = "discarded"
    """A user gave it up."""

    @property
    def is_finished(self) -> bool:
        """Whether it stays so unless a user moves the entry."""
        return self in FINISHED


_QUEUED, _CLAIMED, _SENDING, _ACCEPTED, _REFUSED, _UNKNOWN, _DISCARDED = OutboxState

TRANSITIONS: Final[Mapping[OutboxState, frozenset[OutboxState]]] = {
    _QUEUED: frozenset({_CLAIMED, _DISCARDED}),
    _CLAIMED: frozenset({_SENDING, _QUEUED, _REFUSED, _UNKNOWN, _DISCARDED}),
    _SENDING: frozenset({_QUEUED, _ACCEPTED, _REFUSED, _UNKNOWN}),
    _ACCEPTED: frozenset(),
    _REFUSED: frozenset({_QUEUED, _DISCARDED}),
    _UNKNOWN: frozenset({_QUEUED, _ACCEPTED, _DISCARDED}),
    _DISCARDED: frozenset({_QUEUED}),
}
"""The next states of each state. Users move entries that aren't SENDING, and don't queue CLAIMED
ones again. A CLAIMED entry becomes UNKNOWN if an earlier attempt is, and it is too late to send it
again. Besides, a worker that was taken for a stale owner may settle its own UNKNOWN entry when it
is connected again."""

FINISHED: Final = frozenset({_ACCEPTED, _REFUSED, _DISCARDED})


@hides_assigned
@shows_half_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A snapshot of a message in the outbox.

    Args:
        id: Number of the entry; entries are sent in this order.
        key: The caller's idempotency key, None without one.
        message: The message; None if what is stored can't be read, see `reason`.
        state: The state.
        created_at: When `put` stored it, seconds since 1970.
        changed_at: When its state changed last, seconds since 1970.
        not_before: Earliest time to send it, seconds since 1970; 0 for at once.
        attempts: How many times a worker claimed it.
        message_ids: The gateway's ids of the parts it accepted. These are charged, in any state.
        command_status: The status of the refusal, or None.
        reason: Why it isn't accepted, with the gateway's own words if it sent some, or what a user
            decided; never the message's text.
        receipt: Final state of the whole message by its delivery receipts (DLR); None until known.
    """

    id: int
    key: str | None
    message: Message[Any] | None
    state: OutboxState
    created_at: float
    changed_at: float
    not_before: float
    attempts: int = 0
    message_ids: tuple[str, ...] = ()
    command_status: int | None = None
    reason: str = ""
    receipt: MessageState | int | None = None


def sources_of(target: OutboxState) -> tuple[OutboxState, ...]:
    """Return the states from which an entry may move to *target*."""
    return tuple(state for state in OutboxState if target in TRANSITIONS[state])


def as_message_state(number: int | None) -> MessageState | int | None:
    """Return the `MessageState` with a number; other numbers and None as they are."""
    return None if number is None else MessageState.of(number)


def overall_state(parts: Iterable[int | None]) -> int | None:
    """Return the final state of a whole message, None until it is known.

    The first part that failed decides; DELIVERED is known with the last part.
    """
    states = list(parts)
    failed = (state for state in states if state not in {None, MessageState.DELIVERED})
    return next(failed, None if None in states or not states else int(MessageState.DELIVERED))

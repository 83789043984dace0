"""An attempt to send an entry, and what becomes of it.

Rule: each attempt ends in exactly one `Settlement`. An attempt that repeats one which may have been
accepted is never settled as REFUSED: a refusal says nothing of the earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from smsc_async._deadline_timer import NEVER
from smsc_async.errors import (
    HeldByRuleError,
    Outcome,
    SendError,
    SmscError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.link.backoff import exponential_delay
from smsc_async.outbox.entry import OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from smsc_async.outbox.resend_window import FirstWrite, WriteLimit
    from smsc_async.rules.verdict import Token

FIRST_PAUSE: Final = 1.0
"""Seconds until a message that wasn't sent is retried; doubled with each attempt."""
LONGEST_PAUSE: Final = 60.0
"""Seconds between two attempts at most, unless a rule of the gateway asks for more."""
LEAST_HOLD: Final = 0.1
"""A held message is tried again after at least this many seconds: a check may ask for less."""
LONGEST_HOLD: Final = 86_400.0
"""A held message is tried again after at most this many seconds: a check may ask for any time."""

_TOO_LATE: Final = (
    "it wasn't sent again: the gateway may no longer refuse a repeat;"
    " resend(entry, may_pay_twice=True) sends it nevertheless"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt of a worker to send an entry; an outcome counts only for its own attempt.

    Args:
        entry_id: Number of the entry.
        owner: The worker's store, see `Store.acquire_owner`.
        number: Attempt number, from 1.
        first_write: When the first attempt was written that may have been accepted; None if
            nothing of the message can have been.
        may_pay_twice: Whether a user allows that both are charged.
        reservation: What the rules have reserved for that attempt.
        earlier_ids: Ids of parts that were accepted then.
        retries: How many attempts before this one have ended in a pause that grows.
        response_key: Makes ids of responses comparable with those of receipts; None compares them
            as they are.
        expects_receipts: Whether the message requests a receipt.
    """

    entry_id: int
    owner: int
    number: int
    first_write: FirstWrite | None = None
    may_pay_twice: bool = False
    reservation: Token | None = None
    earlier_ids: tuple[str, ...] = ()
    retries: int = 0
    response_key: Callable[[str], str] | None = None
    expects_receipts: bool = True

    @property
    def identity(self) -> tuple[int, int]:
        """The entry and the attempt number: an entry may have several attempts in memory."""
        return self.entry_id, self.number

    def comparable(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return ids of responses as receipts are compared with them."""
        return tuple(map(self.response_key, ids) if self.response_key else ids)


@dataclass(eq=False, slots=True)
class OutboxTicket:
    """An attempt on its way through the client's write queue; see its `WriteTicket`.

    Args:
        attempt: The attempt.
        limit: The latest instant of its write, if it repeats one that may have been accepted.
        replaces: What the rules have reserved for that one.
        reservation: What the rules have reserved for this one.
        is_written: Whether an octet of it may have left.
        message_ids: Ids of the parts that were accepted before a cancel.
    """

    attempt: Attempt
    limit: WriteLimit | None
    replaces: Token | None
    reservation: Token | None = None
    is_written: bool = False
    message_ids: tuple[str, ...] = ()

    def remaining(self) -> float:
        """Return the seconds in which it may still be written."""
        return NEVER if self.limit is None else self.limit.remaining()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of an attempt.

    Args:
        attempt: The attempt.
        state: The entry's next state.
        after: Seconds until the entry may be sent again, if it is QUEUED.
        is_retry: Whether the next pause is longer. Neither a held message nor one that is given
            back has failed.
        message_ids: Ids of the parts that the gateway accepted.
        receipts: Final states that are known already, by these ids in comparable form.
        command_status: The status of a refusal.
        reason: Why the entry isn't accepted.
        reservation: What the rules keep reserved for a message of unknown outcome.
    """

    attempt: Attempt
    state: OutboxState
    after: float = 0.0
    is_retry: bool = False
    message_ids: tuple[str, ...] = ()
    receipts: tuple[tuple[str, int], ...] = ()
    command_status: int | None = None
    reason: str = ""
    reservation: Token | None = None

    @property
    def expected(self) -> tuple[str, ...]:
        """The ids that receipts will carry, in comparable form; none if none was requested."""
        if not self.attempt.expects_receipts:
            return ()
        return self.attempt.comparable(filter(None, self.message_ids))

    @property
    def may_be_accepted(self) -> bool:
        """Whether the gateway may have accepted a part of it."""
        state = self.state  # `in` would hash it, which is a call: hot path
        return (
            state is OutboxState.ACCEPTED or state is OutboxState.UNKNOWN or bool(self.message_ids)
        )

    @property
    def stored_reservation(self) -> str | None:
        """The reservation, if other processes can use it: those of a shared store are texts."""
        return self.reservation if isinstance(self.reservation, str) else None


def settlement_of(attempt: Attempt, error: SendError) -> Settlement:
    """Return the outcome of an attempt that raised an error."""
    ids = error.message_ids
    if error.outcome is Outcome.UNKNOWN:
        return unknown(attempt, str(error), ids, error.reservation)
    if isinstance(error, HeldByRuleError):
        return requeued(attempt, min(max(error.retry_after, LEAST_HOLD), LONGEST_HOLD), error)
    if not ids and (isinstance(error, ThrottledError) or error.outcome is Outcome.NOT_SENT):
        first = error.retry_after if isinstance(error, ThrottledError) else FIRST_PAUSE
        limit = max(first, LONGEST_PAUSE)
        pause = exponential_delay(attempt.retries, initial=first, maximum=limit)
        return requeued(attempt, pause, error, is_retry=True)
    status = error.command_status if isinstance(error, SubmitRefusedError) else None
    words = error.status_text if isinstance(error, SubmitRefusedError) else ""
    return Settlement(
        attempt=attempt,
        state=OutboxState.REFUSED,
        message_ids=ids,
        command_status=status,
        reason=f"{error}: {words}" if words else str(error),
        reservation=error.reservation,
    )


def of_resend(settlement: Settlement, remaining: float) -> Settlement:
    """Return the outcome of an attempt whose entry was UNKNOWN before.

    Args:
        settlement: The outcome of the attempt alone.
        remaining: Seconds in which it may still be sent again.
    """
    state = settlement.state
    if state is OutboxState.ACCEPTED:
        return settlement
    ids = (*settlement.attempt.earlier_ids, *settlement.message_ids)
    reservation = settlement.reservation or settlement.attempt.reservation
    settlement = replace(settlement, message_ids=ids, reservation=reservation)
    if state is OutboxState.QUEUED:
        if settlement.after < remaining:
            return settlement
        return replace(settlement, state=OutboxState.UNKNOWN, after=0.0, reason=_TOO_LATE)
    # The outcome in the error's text is that of the repeat, not of the entry.
    reason = settlement.reason.partition(" (outcome=")[0]
    return replace(settlement, state=OutboxState.UNKNOWN, reason=f"sent again: {reason}")


def requeued(
    attempt: Attempt, after: float, error: SmscError, *, is_retry: bool = False
) -> Settlement:
    """Return the outcome of an attempt that is repeated after some seconds."""
    return Settlement(
        attempt=attempt,
        state=OutboxState.QUEUED,
        after=after,
        is_retry=is_retry,
        reason=str(error),
    )


def unknown(
    attempt: Attempt,
    reason: str,
    message_ids: tuple[str, ...] = (),
    reservation: Token | None = None,
) -> Settlement:
    """Return the outcome of an attempt that awaits a user's decision."""
    return Settlement(
        attempt=attempt,
        state=OutboxState.UNKNOWN,
        reason=reason,
        message_ids=message_ids,
        reservation=reservation,
    )

"""One message on its way: its segments, what was answered to each, what went wrong.

Rule: it is finished exactly once, when every segment that was written has been answered, is
overdue or was lost, and no other will be written. Whoever waits for it may go away; what was
written stays owed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol

from pdu import CommandStatus
from smsc_async.errors import (
    LinkLostError,
    Outcome,
    RequestTimeoutError,
    ResponseTimeoutError,
    SendError,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.messages import Message, R_co

if TYPE_CHECKING:
    import asyncio

    from pdu import Pdu, SubmitSm

THROTTLING = frozenset({CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL})

RETRY_THROTTLED_AFTER = 1.0
"""Seconds after which another attempt makes sense; the gateway counts its rate by the second."""


class Waiter(Protocol):
    """Whoever a response is for. *index* is the caller's own, one for each request."""

    timeout: float | None

    def answered(self, index: int, response: Pdu) -> None:
        """Take the response."""

    def answered_late(self, index: int, response: Pdu) -> None:
        """Take a response after its request was told to be overdue."""

    def overdue(self, index: int, timeout: float) -> None:
        """Take notice that there was no response in time."""

    def garbled(self, index: int, error: Exception) -> None:
        """Take notice that the response can't be read."""

    def lost(self, index: int, reason: str, cause: Exception | None) -> None:
        """Take notice that the link ended before the response."""


Context = tuple[Waiter, int]
"""What a session keeps beside each request."""


class Asked:
    """A single request other than a submit, and the future that gets its response.

    Args:
        name: Of the request, for errors.
        future: Gets the response, or the exception.
        timeout: Seconds for the response; None takes the link's.
    """

    __slots__ = ("_future", "_name", "timeout")

    def __init__(self, name: str, future: asyncio.Future[Pdu], timeout: float | None) -> None:
        self._name = name
        self._future = future
        self.timeout = timeout

    def answered(self, _index: int, response: Pdu) -> None:
        """Take the response."""
        if not self._future.done():
            self._future.set_result(response)

    def answered_late(self, _index: int, response: Pdu) -> None:
        """Nobody waits any more."""

    def overdue(self, _index: int, timeout: float) -> None:
        """End the wait."""
        self._fail(RequestTimeoutError(self._name, timeout=timeout))

    def garbled(self, _index: int, error: Exception) -> None:
        """End the wait."""
        self._fail(error)

    def lost(self, _index: int, reason: str, cause: Exception | None) -> None:
        """End the wait."""
        error = LinkLostError(reason)
        error.__cause__ = cause
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        """End the wait with an error, unless nobody waits."""
        if not self._future.done():
            self._future.set_exception(error)


class Outgoing(Generic[R_co]):
    """The segments of one message and their fates.

    Args:
        message: What the user made.
        pdus: Its submit_sm, in order; at least one.
        timeout: Seconds for each response; None takes the link's.
    """

    __slots__ = (
        "_ids",
        "_in_flight",
        "_is_stopped",
        "_pdus",
        "_written",
        "failure",
        "is_finished",
        "message",
        "queued_at",
        "timeout",
    )

    def __init__(
        self, message: Message[R_co], pdus: list[SubmitSm], timeout: float | None = None
    ) -> None:
        self.message = message
        self.timeout = timeout
        self.failure: SendError | None = None
        self.is_finished = False
        self.queued_at = 0.0
        self._pdus = pdus
        self._ids: list[str | None] = [None] * len(pdus)
        self._written = 0
        self._in_flight = 0
        self._is_stopped = False

    @property
    def parts(self) -> int:
        """How many submit_sm the message is."""
        return len(self._ids)

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The gateway's ids of the accepted parts, in the order of the parts."""
        return tuple(message_id for message_id in self._ids if message_id is not None)

    @property
    def is_started(self) -> bool:
        """Whether a first segment was written."""
        return self._written > 0

    @property
    def wants_slot(self) -> bool:
        """Whether a segment is still to be written."""
        return not self._is_stopped and self._written < len(self._ids)

    def next_segment(self) -> tuple[SubmitSm, Context]:
        """Take the segment to write now, with the context that brings its response back."""
        index = self._written
        self._written += 1
        self._in_flight += 1
        return self._pdus[index], (self, index)

    def abandon(self) -> bool:
        """Forget the message if nothing of it was written; return whether that was so.

        Parts of a message that has begun still go out: half a message is paid and worth nothing.
        """
        if self._written:
            return False
        self._is_stopped = True
        return True

    def answered(self, index: int, response: Pdu) -> None:
        """Take the response to a segment."""
        status = response.command_status
        if status:
            self._refused(status)
        else:
            self._accepted(index, getattr(response, "message_id", ""))
        self._settled()

    def answered_late(self, index: int, response: Pdu) -> None:
        """Take a response after the segment was overdue: its id still brings the receipt."""
        if not response.command_status:
            self._accepted(index, getattr(response, "message_id", ""))

    def overdue(self, _index: int, timeout: float) -> None:
        """Take notice that a segment got no response in time."""
        self._fail(
            ResponseTimeoutError(self.message, timeout=timeout, message_ids=self.message_ids)
        )
        self._settled()

    def garbled(self, index: int, error: Exception) -> None:
        """Take notice that a segment's response can't be read."""
        self.lost(index, "its response could not be read", error)

    def lost(self, _index: int, reason: str, cause: Exception | None) -> None:
        """Take notice that the link went away before a segment was answered."""
        error = SubmitInterruptedError(
            self.message, outcome=Outcome.UNKNOWN, message_ids=self.message_ids, reason=reason
        )
        error.__cause__ = cause
        self._fail(error)
        self._settled()

    def give_up(self, reason: str, cause: Exception | None = None) -> None:
        """End a message that has segments left and no link to go out on."""
        outcome = Outcome.UNKNOWN if self._written else Outcome.NOT_SENT
        error = SubmitInterruptedError(
            self.message, outcome=outcome, message_ids=self.message_ids, reason=reason
        )
        error.__cause__ = cause
        self._fail(error)
        if not self._in_flight:
            self._finish()

    def _refused(self, status: int) -> None:
        """Note that the gateway refused a segment."""
        ids = self.message_ids
        if status in THROTTLING:
            self._fail(
                ThrottledError(
                    self.message,
                    command_status=status,
                    retry_after=RETRY_THROTTLED_AFTER,
                    message_ids=ids,
                )
            )
        else:
            self._fail(SubmitRefusedError(self.message, command_status=status, message_ids=ids))

    def _accepted(self, index: int, message_id: str) -> None:
        """Note the id of an accepted segment."""
        self._ids[index] = message_id

    def _fail(self, error: SendError) -> None:
        """Write no more segments, and remember why."""
        # The first fault is the cause; what follows it is its consequence.
        self._is_stopped = True
        if self.failure is None:
            self.failure = error

    def _settled(self) -> None:
        """Count a segment as settled; finish when it was the last."""
        self._in_flight -= 1
        if not self._in_flight and not self.wants_slot:
            self._finish()

    def _finish(self) -> None:
        """Tell the fate, once."""
        if self.is_finished:
            return
        self.is_finished = True
        if self.failure is not None:
            # Parts that were accepted after the first fault are paid too.
            self.failure.message_ids = self.message_ids
        self._pdus = []
        self.finished()

    def finished(self) -> None:
        """Told once, when the message's fate is known: `failure` says whether it failed."""

    def __repr__(self) -> str:
        name = type(self).__name__
        fate: Any = "under way"
        if self.is_finished:
            fate = "accepted" if self.failure is None else type(self.failure).__name__
        return f"{name}({self.message!r}, parts={self.parts}, {fate})"

"""One message on its way: its parts, what was answered to each, what went wrong.

Rule: it is finished exactly once, when every part that was written has been answered, is overdue
or was lost, and no other will be written. A part that came too fast for the gateway is written
again. Whoever waits for the message may go away; what was written stays owed.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, Generic, Protocol

from pdu import CommandStatus
from smsc_async.errors import (
    LinkLostError,
    Outcome,
    PartsOverdueError,
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
    from collections.abc import Callable

    from pdu import Pdu

THROTTLING = frozenset({CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL})

NEVER = float("inf")

Part = tuple["Callable[[int, str, bytes], bytes]", bytes]
"""One submit_sm: its short_message, and what gives all octets for that, a sequence_number and the
destination_addr."""


class ResponseHandler(Protocol):
    """Whoever a response is for. *index* is the caller's own, one for each request."""

    timeout: float | None

    def answered(self, index: int, response: Pdu) -> bool:
        """Take the response; return whether the request is to be written again, later."""

    def answered_late(self, index: int, response: Pdu) -> None:
        """Take a response after its request was told to be overdue."""

    def overdue(self, index: int, timeout: float) -> None:
        """Take notice that there was no response in time."""

    def garbled(self, index: int, error: Exception) -> None:
        """Take notice that the response can't be read."""

    def lost(self, index: int, reason: str, cause: Exception | None) -> None:
        """Take notice that the link ended before the response."""


Context = ResponseHandler | tuple[ResponseHandler, int]
"""What a session keeps beside each request; a waiter alone has one request."""


def waiter_of(context: Context) -> tuple[ResponseHandler, int]:
    """Return whose request it was, and which of them."""
    return context if isinstance(context, tuple) else (context, 0)


class SubmitObserver(Protocol):
    """Who is told what becomes of a message."""

    def accepted(self, message_id: str, outgoing: Any, index: int) -> None:  # noqa: ANN401 - an SubmitJob or what is made of it
        """Take the gateway's id of an accepted part."""

    def late(self, outgoing: Any) -> None:  # noqa: ANN401 - as above
        """Take notice, before the first write, that it comes later than the rules were told."""

    def settled(self, outgoing: Any) -> None:  # noqa: ANN401 - as above
        """Take its fate, once: `outgoing.failure` says whether it failed."""


class PendingRequest:
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

    def answered(self, _index: int, response: Pdu) -> bool:
        """Take the response."""
        if not self._future.done():
            self._future.set_result(response)
        return False

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


class SubmitJob(Generic[R_co]):
    """The parts of one message and their fates.

    Args:
        message: What the user made.
        parts: Its submit_sm, in order; at least one.
        timeout: Seconds for each response; None takes the link's.
        owner: Who is told.

    Attributes:
        parts: How many submit_sm the message is.
        written: How many of them were written; 0 again if the gateway has none of these.
        wants_slot: Whether a part is still to be written.
        write_at: Instant of the next part's write, at the earliest.
        parts_deadline: The last instant at which a further part may be written.
        parts_window: Seconds from the first part's write to that.
        interval: Seconds between the writes of two parts, at the least.
    """

    __slots__ = (
        "_again",
        "_all",
        "_id",
        "_in_flight",
        "_more_ids",
        "_octets",
        "_owner",
        "_pack",
        "failure",
        "interval",
        "is_finished",
        "message",
        "order",
        "parts",
        "parts_deadline",
        "parts_window",
        "queued_at",
        "throttled_at",
        "timeout",
        "wants_slot",
        "write_at",
        "written",
    )

    def __init__(
        self,
        message: Message[R_co],
        parts: tuple[Part, ...],
        timeout: float | None,
        owner: SubmitObserver,
    ) -> None:
        self._owner = owner
        self.message = message
        self.timeout = timeout
        self.failure: SendError | None = None
        self.is_finished = False
        self.parts = len(parts)
        self.written = 0
        self.wants_slot = True
        # What the rules said, in instants of the links' clock.
        self.write_at = 0.0
        self.interval = 0.0
        self.parts_deadline = NEVER
        self.parts_window = NEVER
        # What the manager notes: its place in the order of sends, when it began to wait.
        self.order = 0
        self.queued_at = 0.0
        # The only part, and all if there are several. Without tuples around it: whatever is
        # allocated for a message on its way is one more thing for the garbage collector.
        self._pack, self._octets = parts[0]
        self._all = parts if len(parts) > 1 else ()
        self.throttled_at: float | None = None
        # That of the first part, and those of the others by part; None where none was accepted.
        self._id: str | None = None
        self._more_ids: dict[int, str] | None = None
        self._in_flight = 0
        # Those that came too fast; None as long as nothing did.
        self._again: list[int] | None = None

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The gateway's ids of the accepted parts, in the order of the parts."""
        return tuple([message_id for message_id in self.ids if message_id is not None])

    @property
    def ids(self) -> tuple[str | None, ...]:
        """The gateway's ids by part, None where there is none."""
        more = self._more_ids or {}
        return self._id, *[more.get(index) for index in range(1, self.parts)]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was abandoned, and so never gets a fate."""
        return not (self.wants_slot or self.is_finished or self.written)

    def next_part(self, now: float) -> tuple[Callable[[int, str, bytes], bytes], bytes, Context]:
        """Take the part to write *now*, with the context that brings its response back."""
        if self.parts == 1:
            self.written = self._in_flight = 1
            self.wants_slot = False
            return self._pack, self._octets, self
        again = self._again
        if again:
            index = again.pop(0)
        else:
            index = self.written
            if not index:
                self.parts_deadline = now + self.parts_window
            self.written = index + 1
        if again or self.written < self.parts:
            self.write_at = now + self.interval
        else:
            self.wants_slot = False
        self._in_flight += 1
        pack, octets = self._all[index]
        return pack, octets, (self, index)

    def abandon(self) -> bool:
        """Forget the message if nothing of it can have gone; return whether that was so.

        Parts of a message that has begun still go out: half a message is paid and worth nothing.
        """
        if self.is_finished or self._may_have_gone:
            return False
        self.wants_slot = False
        return True

    def answered(self, index: int, response: Pdu) -> bool:
        """Take the response to a part; return whether it is to be written again, later."""
        status = response.command_status
        if not status:
            try:
                message_id = response.message_id  # type: ignore[attr-defined]
            except AttributeError:  # a generic_nack that refuses nothing
                message_id = ""
            self._keep_id(index, message_id)
            self._owner.accepted(message_id, self, index)
        elif status not in THROTTLING:
            self._fail(
                SubmitRefusedError(
                    self.message, command_status=status, message_ids=self.message_ids
                )
            )
        elif self.failure is None:
            self._throttled(index)
            return True
        self._in_flight -= 1
        if not self._in_flight and not self.wants_slot:
            self._finish()
        return False

    def answered_late(self, index: int, response: Pdu) -> None:
        """Take a response after the part was overdue: its id still brings the receipt."""
        if not response.command_status:
            message_id = getattr(response, "message_id", "")
            self._keep_id(index, message_id)
            self._owner.accepted(message_id, self, index)

    def overdue(self, _index: int, timeout: float) -> None:
        """Take notice that a part got no response in time."""
        self._fail(
            ResponseTimeoutError(self.message, timeout=timeout, message_ids=self.message_ids)
        )
        self._settled()

    def garbled(self, index: int, error: Exception) -> None:
        """Take notice that a part's response can't be read."""
        self.lost(index, "its response could not be read", error)

    def lost(self, _index: int, reason: str, cause: Exception | None) -> None:
        """Take notice that the link went away before a part was answered."""
        self._fail(self._interrupted(Outcome.UNKNOWN, reason, cause))
        self._settled()

    def give_up(self, reason: str, cause: Exception | None = None) -> None:
        """End a message that has parts left and no link to go out on."""
        outcome = Outcome.UNKNOWN if self._may_have_gone else Outcome.NOT_SENT
        self._stop(self._interrupted(outcome, reason, cause))

    def stay_throttled(self, command_status: int, retry_after: float) -> None:
        """End a message that the gateway didn't take for too long."""
        self._stop(
            ThrottledError(
                self.message,
                command_status=command_status,
                retry_after=retry_after,
                message_ids=self.message_ids,
            )
        )

    def miss_parts(self) -> None:
        """End a message whose next part would come too late for the gateway to join it."""
        self.wants_slot = False
        if not self._in_flight:
            self._finish()

    def be_late(self) -> None:
        """Take notice that the first part is written later than the rules were told."""
        self._owner.late(self)

    @property
    def _may_have_gone(self) -> bool:
        """Whether the gateway has a part of it, or may have."""
        return self._in_flight > 0 or self._id is not None or self._more_ids is not None

    def _keep_id(self, index: int, message_id: str) -> None:
        """Keep the id of a part."""
        if not index:
            self._id = message_id
            return
        if self._more_ids is None:
            self._more_ids = {}
        self._more_ids[index] = message_id

    def _throttled(self, index: int) -> None:
        """Note that a part came too fast and is to be written again."""
        self._in_flight -= 1
        if self._again is None:
            self._again = []
        insort(self._again, index)
        self.wants_slot = True
        if not self._may_have_gone:
            # As if nothing had happened: the gateway has none of it, so its minute hasn't begun.
            self._again = None
            self.written = 0
            self.parts_deadline = NEVER

    def _interrupted(
        self, outcome: Outcome, reason: str, cause: Exception | None
    ) -> SubmitInterruptedError:
        """Make the error of a message whose link went away."""
        error = SubmitInterruptedError(
            self.message, outcome=outcome, message_ids=self.message_ids, reason=reason
        )
        error.__cause__ = cause
        return error

    def _fail(self, error: SendError) -> None:
        """Write no more parts, and remember why."""
        # The first fault is the cause; what follows it is its consequence.
        self.wants_slot = False
        if self.failure is None:
            self.failure = error

    def _stop(self, error: SendError) -> None:
        """Fail, and finish if nothing is in flight."""
        self._fail(error)
        if not self._in_flight:
            self._finish()

    def _settled(self) -> None:
        """Count a part as settled; finish when it was the last."""
        self._in_flight -= 1
        if not self._in_flight and not self.wants_slot:
            self._finish()

    def _finish(self) -> None:
        """Tell the fate, once."""
        if self.is_finished:
            return
        self.is_finished = True
        if self.failure is None and self.written < self.parts:
            self.failure = PartsOverdueError(
                self.message, accepted=len(self.message_ids), total=self.parts
            )
        if self.failure is not None:
            # Parts that were accepted after the first fault are paid too.
            self.failure.message_ids = self.message_ids
        self._octets, self._all = b"", ()
        self._owner.settled(self)

    def __repr__(self) -> str:
        name = type(self).__name__
        fate: Any = "under way"
        if self.is_finished:
            fate = "accepted" if self.failure is None else type(self.failure).__name__
        return f"{name}({self.message!r}, parts={self.parts}, {fate})"

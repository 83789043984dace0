"""One message being submitted: its parts, their responses, and its outcome.

Rule: a job finishes exactly once, when every written part has its response, is overdue or was
lost, and no other part will be written. A throttled part is written again. Cancelling the caller
of `send` doesn't end the job once a part was written.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Generic

from pdu import CommandStatus, TlvTag
from smsc_async._deadline_timer import NEVER
from smsc_async.errors import (
    Outcome,
    PartsOverdueError,
    ResponseTimeoutError,
    SendError,
    SubmitInterruptedError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.messages import Message, R_co

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import Pdu
    from pdu.codec import Part
    from smsc_async.link.contract import Context, ResponseHandler, TrafficHandler

THROTTLING = frozenset({CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RMSGQFUL})

_NO_ACCEPTANCE = "generic_nack with ESME_ROK doesn't say whether it was accepted"

ENDS_UNSENT = -NEVER
"""`throttled_at` of a message that ends when a part is throttled, if none is accepted or sent."""
ENDS_THROTTLED = -1e300
"""`throttled_at` of a message that ends when a part is throttled."""


def handler_of(context: Context) -> tuple[ResponseHandler, int]:
    """Return the handler of a request, and which of its requests it is."""
    return context if isinstance(context, tuple) else (context, 0)


class SubmitJob(Generic[R_co]):
    """The parts of one message and their outcomes.

    Args:
        message: What the user made.
        parts: Its submit_sm, in order; at least one.
        timeout: Seconds for each response; None takes the link's.
        traffic: Gets ids and the outcome.

    Attributes:
        parts: How many submit_sm the message is.
        written: How many were written; less the throttled ones if those were all or are given up.
        has_unsent_parts: Whether a part is still to be written.
        write_at: Time of the next part's write, at the earliest.
        parts_deadline: Latest time at which a further part may be written.
        parts_window: Seconds from the first part's write to `parts_deadline`.
        interval: Seconds between the writes of two parts, at the least.
        order: Position in the order of submits, set by the dispatcher.
        queued_at: When it began to wait for a slot; 0 if it never did.
        throttled_at: When a part was first throttled, or when it began to wait behind throttling
            if that was before. A sender may set `ENDS_UNSENT` or `ENDS_THROTTLED` instead.
        failure: The error, None while there is none.
        is_finished: Whether the outcome is final.
    """

    __slots__ = (
        "_id",
        "_in_flight",
        "_more_ids",
        "_more_parts",
        "_octets",
        "_pack",
        "_throttled_parts",
        "_traffic",
        "failure",
        "has_unsent_parts",
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
        "write_at",
        "written",
    )

    def __init__(
        self,
        message: Message[R_co],
        parts: tuple[Part, ...],
        timeout: float | None,
        traffic: TrafficHandler,
    ) -> None:
        self._traffic = traffic
        self.message = message
        self.timeout = timeout
        self.failure: SendError | None = None
        self.is_finished = False
        self.parts = len(parts)
        self.written = 0
        self.has_unsent_parts = True
        # Set by admission, on the links' clock.
        self.write_at = 0.0
        self.interval = 0.0
        self.parts_deadline = NEVER
        self.parts_window = NEVER
        # Set by the dispatcher.
        self.order = 0
        self.queued_at = 0.0
        self.throttled_at: float | None = None
        # The first part apart from the others: most messages have one (hot path).
        self._pack, self._octets = parts[0]
        self._more_parts = parts if len(parts) > 1 else ()
        self._id: str | None = None
        self._more_ids: dict[int, str] | None = None
        self._in_flight = 0
        self._throttled_parts: list[int] | None = None

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
        """Whether it was abandoned, and so never gets an outcome."""
        return not (self.has_unsent_parts or self.is_finished or self.written)

    @property
    def was_throttled(self) -> bool:
        """Whether a part was throttled, and `throttled_at` is a time."""
        return self.throttled_at is not None and self.throttled_at > ENDS_THROTTLED

    @property
    def is_throttled(self) -> bool:
        """Whether the gateway has throttled what was last written, and nothing is in flight."""
        is_refused = bool(self._throttled_parts) or not self.written
        return is_refused and not self._in_flight and self.was_throttled

    def next_part(self, now: float) -> tuple[Callable[[int, str, bytes], bytes], bytes, Context]:
        """Return the part to write *now*, and the context under which its response is reported."""
        if self.parts == 1:
            self.written = self._in_flight = 1
            self.has_unsent_parts = False
            return self._pack, self._octets, self
        throttled = self._throttled_parts
        if throttled:
            index = throttled.pop(0)
        else:
            index = self.written
            if not index:
                self.parts_deadline = now + self.parts_window
            self.written = index + 1
        if throttled or self.written < self.parts:
            self.write_at = now + self.interval
        else:
            self.has_unsent_parts = False
        self._in_flight += 1
        pack, octets = self._more_parts[index]
        return pack, octets, (self, index)

    def abandon(self) -> bool:
        """Forget the message if no part can have left; return whether that was so.

        Once a part was written the others follow: an incomplete message is charged and useless.
        """
        if self.is_finished or self._may_have_gone:
            return False
        self.has_unsent_parts = False
        return True

    def on_response(self, index: int, response: Pdu) -> bool:
        """Process the response to a part; return whether it is to be written again, later."""
        status = response.command_status
        if not status:
            try:
                message_id: str = response.message_id  # type: ignore[attr-defined]
            except AttributeError:
                self.on_connection_lost(index, _NO_ACCEPTANCE, None)
                return False
            self._in_flight -= 1
            if self.parts > 1 or self.is_finished or self.failure is not None:
                self._accept(index, message_id)
                return False
            # What `_accept` and `_conclude` do, for nearly all messages (hot path).
            self._id = message_id
            self.is_finished = True
            self._octets = b""
            self._traffic.on_finished(self, message_id)
            return False
        if status not in THROTTLING:
            ids = self.message_ids
            refused = SubmitRefusedError(self.message, command_status=status, message_ids=ids)
            words = response.tlv(TlvTag.ADDITIONAL_STATUS_INFO_TEXT)
            refused.status_text = words if isinstance(words, str) else ""
            self._fail(refused)
        elif self.failure is None:
            self._take_back(index)
            return True
        self._in_flight -= 1
        if not self._in_flight and not self.has_unsent_parts:
            self._finish()
        return False

    def on_late_response(self, index: int, response: Pdu) -> None:
        """Keep the id of a late response: the receipt is found by it."""
        message_id: str | None = getattr(response, "message_id", None)
        if not response.command_status and message_id is not None:
            self._accept(index, message_id)

    def on_timeout(self, _index: int, timeout: float) -> None:
        """Fail with UNKNOWN: a part got no response in time."""
        self._end_part(
            ResponseTimeoutError(self.message, timeout=timeout, message_ids=self.message_ids)
        )

    def on_decode_error(self, index: int, error: Exception) -> None:
        """Fail with UNKNOWN: a part's response can't be decoded."""
        self.on_connection_lost(index, "its response could not be read", error)

    def on_connection_lost(self, _index: int, reason: str, cause: Exception | None) -> None:
        """Fail with UNKNOWN: the link ended before a part's response, or that says nothing."""
        self._end_part(self._interrupted(Outcome.UNKNOWN, reason, cause))

    def give_up(self, reason: str, cause: Exception | None = None) -> None:
        """Write no more parts: there is no link for them. NOT_SENT if no part can have left."""
        outcome = Outcome.UNKNOWN if self._may_have_gone else Outcome.NOT_SENT
        self._stop(self._interrupted(outcome, reason, cause))

    def give_up_throttled(self, command_status: int, retry_after: float) -> None:
        """Write no more parts: the gateway has throttled for too long. NOT_SENT if none was."""
        self._stop(self.throttled_error(command_status, retry_after))

    def throttled_error(self, command_status: int, retry_after: float) -> ThrottledError:
        """Return the error of a message that was throttled, or that waits behind throttling."""
        outcome = Outcome.REFUSED
        if not self.was_throttled:
            outcome = Outcome.UNKNOWN if self._may_have_gone else Outcome.NOT_SENT
        return ThrottledError(
            self.message,
            command_status=command_status,
            retry_after=retry_after,
            outcome=outcome,
            message_ids=self.message_ids,
        )

    def give_up_late_parts(self) -> None:
        """Write no more parts: the next one would come too late for the gateway to join it."""
        self.written -= len(self._throttled_parts or ())
        self._throttled_parts, self.has_unsent_parts = None, False
        if not self._in_flight:
            self._finish()

    @property
    def _may_have_gone(self) -> bool:
        """Whether the gateway has a part of it, or may have."""
        return self._in_flight > 0 or self._id is not None or self._more_ids is not None

    def _accept(self, index: int, message_id: str) -> None:
        """Keep the id of an accepted part; report it, with the outcome if it is the last part."""
        if not index:
            self._id = message_id
        else:
            if self._more_ids is None:
                self._more_ids = {}
            self._more_ids[index] = message_id
        if self._in_flight or self.has_unsent_parts or self.is_finished:
            self._traffic.on_accepted(self, message_id)
        else:
            self._conclude()
            self._traffic.on_finished(self, message_id)

    def _take_back(self, index: int) -> None:
        """Note that a part was throttled and is to be written again."""
        self._in_flight -= 1
        self._throttled_parts = self._throttled_parts or []
        insort(self._throttled_parts, index)
        self.has_unsent_parts = True
        if not self._may_have_gone:
            # The gateway has no part of it, so its minute for the parts hasn't begun.
            self._throttled_parts, self.written, self.parts_deadline = None, 0, NEVER

    def _interrupted(
        self, outcome: Outcome, reason: str, cause: Exception | None
    ) -> SubmitInterruptedError:
        """Return the error of a message whose link was lost."""
        error = SubmitInterruptedError(
            self.message, outcome=outcome, message_ids=self.message_ids, reason=reason
        )
        error.__cause__ = cause
        return error

    def _fail(self, error: SendError) -> None:
        """Write no more parts, and keep the error."""
        # The first error is the cause; later ones are its consequences.
        self.has_unsent_parts = False
        if self.failure is None:
            self.failure = error

    def _stop(self, error: SendError) -> None:
        """Fail, and finish if nothing is in flight."""
        self._fail(error)
        if not self._in_flight:
            self._finish()

    def _end_part(self, error: SendError) -> None:
        """Fail because of a part in flight; finish if it was the last."""
        self._fail(error)
        self._in_flight -= 1
        if not self._in_flight:
            self._finish()

    def _finish(self) -> None:
        """Report the outcome, once."""
        if not self.is_finished:
            self._conclude()
            self._traffic.on_finished(self)

    def _conclude(self) -> None:
        """Make the outcome final."""
        self.is_finished = True
        if self.failure is None and self.written < self.parts:
            self.failure = PartsOverdueError(
                self.message, accepted=len(self.message_ids), total=self.parts
            )
        if self.failure is not None:
            # Parts that were accepted after the first error are charged too.
            self.failure.message_ids = self.message_ids
        self._octets, self._more_parts = b"", ()

    def __repr__(self) -> str:
        outcome = "under way"
        if self.is_finished:
            outcome = "accepted" if self.failure is None else type(self.failure).__name__
        return (
            f"<{type(self).__name__} {self.message!r}, {self.written}/{self.parts} parts written,"
            f" {self._in_flight} in flight, {outcome}>"
        )

"""Messages whose sender stores something just before their first octet is written.

Rule: a message waits here, not in the dispatcher, until it is due and has a slot. Then its sender
is asked, together with those of all messages that are written in the same iteration of the event
loop; what it agrees to is written at once or not at all. One group at a time: the next one is asked
for when the octets of the last have been handed to the socket. An agreement doesn't last: a process
that was stopped or suspended after it writes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from smsc_async._deadline_timer import NEVER
from smsc_async.client.admission import FAIL_AT_ONCE
from smsc_async.client.submission import Submission
from smsc_async.client.wakeups import Waiter
from smsc_async.errors import Outcome, SendError, SubmitInterruptedError
from smsc_async.link.pace import next_write
from smsc_async.link.submit_job import ENDS_THROTTLED, ENDS_UNSENT

if TYPE_CHECKING:
    from smsc_async.client.runtime import ClientRuntime
    from smsc_async.client.submission import MessageJob
    from smsc_async.messages import Message, R_co
    from smsc_async.rules.verdict import Token


class WriteTicket(Protocol):
    """One message of a sender, as the queue knows it.

    Attributes:
        replaces: The reservation of an earlier attempt whose outcome is unknown.
        reservation: What the rules have reserved for this attempt; set by the queue.
        is_written: Whether an octet of it may have left; set by the queue.
        message_ids: Ids of the parts that were accepted before a cancel; set by the queue.
    """

    replaces: Token | None
    reservation: Token | None
    is_written: bool
    message_ids: tuple[str, ...]

    def remaining(self) -> float:
        """Return the seconds in which it may still be written; infinite without a limit."""


MAX_DELAY: Final = 10.0
"""Seconds after which a group is no longer written, counted from when its sender was asked. Longer
than a busy disk takes; well below the minute after which a server drops a silent connection, and
other workers may send what this one was going to."""

T = TypeVar("T", bound=WriteTicket)

BeforeWrite = Callable[[Sequence[T]], Awaitable[Collection[T]]]
"""Called with the tickets of a group; returns those that may be written."""


def boot_seconds() -> float:
    """Return the seconds since this machine's boot, suspended ones included, where it counts them.

    No one can set this clock.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class _Waiting(Generic[T]):
    """A message that waits for its turn."""

    __slots__ = ("job", "ticket", "waiter")

    def __init__(self, ticket: T, job: MessageJob[Any], waiter: Waiter) -> None:
        self.ticket = ticket
        self.job = job
        self.waiter = waiter


def _turn(waiting: _Waiting[Any]) -> float:
    """Return the turn of a message."""
    return waiting.job.write_at or waiting.job.queued_at


class WriteQueue(Generic[T]):
    """The messages of one sender.

    Args:
        runtime: The client that sends.
        before_write: Called just before a group is written. If it raises, nothing of the group is
            written, and `send` raises the same.

    Attributes:
        now: The clock of the rules, by which the gateway refuses a repeat.
    """

    def __init__(self, runtime: ClientRuntime, before_write: BeforeWrite[T]) -> None:
        self.now = runtime.rules_clock
        self._runtime = runtime
        self._dispatcher = runtime.dispatcher
        self._before_write = before_write
        self._queue: deque[_Waiting[T]] = deque()
        self._group: asyncio.Task[None] | None = None
        self._is_planned = False
        self._is_stopped = False
        self._has_overdue = False
        self._timer: asyncio.TimerHandle | None = None
        self._dispatcher.room_listeners.add(self)

    async def send(self, message: Message[R_co], ticket: T) -> Submission[R_co]:
        """Send a message when it is its turn, and wait until the gateway has accepted it.

        After a cancel `ticket.is_written` says whether it may have been sent, and
        `ticket.message_ids` which parts of it were accepted by then.

        Raises:
            SendError: As `SmscClient.send`. A message that is throttled ends at once, unless a part
                of it was accepted.
            InvalidMessageError: The message can't travel on this bind. Nothing was sent.
        """
        runtime = self._runtime
        job, blocked = runtime.prepare(message, None, runtime.now(), ticket.replaces)
        if blocked is not None:
            await runtime.admission.admit(job, blocked, FAIL_AT_ONCE)
        # Its sender has a queue of its own; and no part of a repeat is written later than allowed.
        job.throttled_at = ENDS_UNSENT if ticket.remaining() == NEVER else ENDS_THROTTLED
        job.queued_at = runtime.now()
        job.waiter = waiter = Waiter(runtime.wakeups)
        self._insert(_Waiting(ticket, job, waiter))
        self._plan()
        try:
            failure: SendError | None = await waiter
        except asyncio.CancelledError:
            if ticket.is_written:
                ticket.message_ids = job.message_ids
                runtime.withdraw(job)
            else:
                runtime.admission.release(job)
            # A traceback must not keep the job, see `SmscClient.send`.
            del job
            raise
        if failure is None:
            return Submission(job)
        del job
        raise failure

    def stop(self) -> None:
        """Write no more: messages that wait end NOT_SENT, those in flight go on."""
        self._is_stopped = True
        self._advance()

    def give_back(self, reason: str) -> None:
        """End all messages that wait, NOT_SENT; later ones are written again."""
        while self._queue:
            self._fail(self._queue.popleft(), reason)

    def close(self) -> None:
        """Stop, and let the client forget this queue."""
        self.stop()
        self._dispatcher.room_listeners.discard(self)

    def on_room(self) -> None:
        """There may be a free slot or another turn, or the client is being left."""
        if self._has_overdue:
            self._queue = deque(sorted(self._queue, key=_turn))
            self._has_overdue = any(waiting.job.write_at == NEVER for waiting in self._queue)
        self._advance()

    def _insert(self, waiting: _Waiting[T]) -> None:
        """Queue a message before those whose turns come after its own."""
        queue, place, turn = self._queue, len(self._queue), waiting.job.write_at
        if turn:
            turn = max(turn, waiting.job.queued_at)
            while place and queue[place - 1].job.write_at > turn:
                place -= 1
        queue.insert(place, waiting)

    def _plan(self) -> None:
        """Look for what is due at the end of this iteration of the event loop, once."""
        if not self._is_planned:
            self._is_planned = True
            self._runtime.loop.call_soon(self._on_planned)

    def _on_planned(self) -> None:
        """Look for what is due."""
        self._is_planned = False
        self._advance()

    def _on_timer(self) -> None:
        """The first message is due."""
        self._timer = None
        self._advance()

    @property
    def _is_over(self) -> bool:
        """Whether nothing is written any more."""
        return self._is_stopped or self._dispatcher.is_closing

    def _advance(self) -> None:
        """Begin a group of all messages that are due and have a slot."""
        if self._is_over:
            self.give_back("it was stopped before this message's turn")
        if not self._queue or self._group is not None:
            return
        group = self._take_due(self._runtime.now())
        if group:
            self._group = asyncio.ensure_future(self._write_group(group))

    def _take_due(self, now: float) -> list[_Waiting[T]]:
        """Take the messages that are due and have a slot, in order."""
        queue, group, promised = self._queue, list[_Waiting[T]](), 0
        next_at = self._dispatcher.next_write_at
        while queue:
            job = queue[0].job
            if not queue[0].waiter.done():
                turn = max(job.write_at, next_at)
                if turn > now:
                    self._arm(turn - now)
                    break
                if not self._dispatcher.has_room(job.parts, promised):
                    break
                if self._runtime.admission.retake_overdue(job, now):
                    self._has_overdue = True
                    queue.rotate(-1)
                    continue
                promised += job.parts
                group.append(queue[0])
                turn = max(job.queued_at, job.write_at)
                next_at = next_write(turn, next_at, now, job.parts * job.interval)
            queue.popleft()
        return group

    def _arm(self, delay: float) -> None:
        """Look again after a delay."""
        if self._timer is not None:
            self._timer.cancel()
        if delay < NEVER:
            self._timer = self._runtime.loop.call_later(delay, self._on_timer)

    async def _write_group(self, group: list[_Waiting[T]]) -> None:
        """Ask the sender, write what it agrees to, and let the octets leave."""
        asked_at, asked_on_boot = self._runtime.now(), boot_seconds()
        try:
            allowed = await self._before_write([waiting.ticket for waiting in group])
        except Exception as error:  # noqa: BLE001 - raised by `send`
            for waiting in group:
                self._fail(waiting, "", error)
        else:
            now = self._runtime.now()
            delay = max(now - asked_at, boot_seconds() - asked_on_boot)
            for waiting in group:
                if delay > MAX_DELAY:
                    self._fail(waiting, f"it stood still for {delay:.0f} s before the write")
                else:
                    self._write(waiting, now, is_allowed=waiting.ticket in allowed)
            # The link writes at the end of this iteration.
            await asyncio.sleep(0)
        finally:
            self._group = None
            self._advance()

    def _write(self, waiting: _Waiting[T], now: float, *, is_allowed: bool) -> None:
        """Write a message now, or fail it."""
        job, ticket = waiting.job, waiting.ticket
        if waiting.waiter.done():
            return
        remaining = ticket.remaining()
        if not is_allowed:
            self._fail(waiting, "it was moved by another process or user")
        elif self._is_over:
            self._fail(waiting, "it was stopped before this message's turn")
        elif remaining <= 0.0:
            self._fail(waiting, "it was too late to send it again")
        else:
            # No part of it is written later, either.
            job.parts_window = min(job.parts_window, remaining)
            ticket.is_written = True
            self._dispatcher.submit(job, now, is_paced=True)
            ticket.reservation = job.reservation
            if not (job.written or job.is_finished):
                ticket.is_written = False
                self._dispatcher.withdraw(job)
                self._fail(waiting, "its slot was taken")

    def _fail(self, waiting: _Waiting[T], reason: str, error: Exception | None = None) -> None:
        """End a message of which nothing was written."""
        self._runtime.admission.release(waiting.job)
        if waiting.waiter.done():
            return
        if error is not None:
            waiting.waiter.set_exception(error)
            return
        message = waiting.job.message
        waiting.waiter.set_result(
            SubmitInterruptedError(message, outcome=Outcome.NOT_SENT, reason=reason)
        )

    def __repr__(self) -> str:
        return f"<WriteQueue {len(self._queue)} waiting>"

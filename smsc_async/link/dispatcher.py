"""Schedules messages onto links.

Rule: first come, first served, and nothing is written that the gateway has no room for. A message
that has begun is finished before the next one; the others wait for a link, and losing one doesn't
affect them. When the gateway throttles, all wait, and the throttled one is the next again.
"""

from __future__ import annotations

import asyncio
from logging import INFO, WARNING
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from smsc_async._deadline_timer import NEVER, DeadlineTimer
from smsc_async.errors import ClientClosedError, LinkError, LinkLostError, ThrottledError
from smsc_async.instrumentation import Hooks, LinkDown, Throttled
from smsc_async.link.pace import WRITTEN_TOGETHER, next_write
from smsc_async.link.pending_request import send_request
from smsc_async.link.submit_queue import BETWEEN_LOOKS, SubmitQueue, ends_throttled, throttled_since
from smsc_async.link.throttle import ThrottleController
from smsc_async.session import EndReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import Pdu
    from smsc_async.config import SmscConfig
    from smsc_async.link.connection import Link
    from smsc_async.link.contract import RoomListener, TrafficHandler
    from smsc_async.link.submit_job import SubmitJob
    from smsc_async.session import LinkEnded


class Dispatcher:
    """The queue of one client's messages, and the links they are written to.

    Args:
        config: Window and timeouts.
        traffic: Gets the outcome of every message.
        hooks: Called when the gateway throttles and when a link ends.
        clock: Seconds of a monotonic clock.
        lateness: Seconds that a message may wait here for its first write before `on_postponed`.

    Attributes:
        links: The links that are bound.
        ending: The links that the gateway unbound; responses to what is in flight may come.
        room_listeners: Called whenever slots may have become free.
        is_closing: Whether the client is being left, so that nothing new is pulled.
        last_error: Why the last link ended or could not be built.
        throttled_responses: How many there were.
        down_at: When the last link was lost, or the client opened.
        next_write_at: Earliest write of a message with an interval, while overdue ones are written.
        moved_at: When the rules' clock was moved: what waited then is late.
    """

    def __init__(
        self,
        config: SmscConfig,
        traffic: TrafficHandler,
        *,
        hooks: Hooks,
        clock: Callable[[], float],
        lateness: float = NEVER,
    ) -> None:
        self.links: list[Link] = []
        self.ending: list[Link] = []
        self.room_listeners: set[RoomListener] = set()
        self.is_closing = False
        self.last_error: str | None = None
        self.throttled_responses = 0
        self._config = config
        self._traffic = traffic
        self._hooks = hooks
        self._clock = clock
        self._lateness = lateness
        self._throttle = ThrottleController()
        self.submit_queue = SubmitQueue()
        # The deque itself, whose truth costs no call (hot path).
        self._queue = self.submit_queue.jobs
        self._order = 0
        self._refusal: LinkError | None = None
        self.down_at = self.next_write_at = self.moved_at = 0.0
        # The last throttling status, and the next look for messages that waited for too long.
        self._throttling_status = 0
        self._look_at = NEVER
        self._idle: asyncio.Future[None] | None = None
        self._timer = DeadlineTimer(clock, self._on_timer)

    # For the client.

    @property
    def in_flight(self) -> int:
        """Requests that await their response, on all links."""
        return sum([link.in_flight for link in self.links + self.ending])

    @property
    def waiting(self) -> int:
        """Messages that wait for a slot."""
        return self.submit_queue.waiting

    @property
    def room(self) -> int:
        """Parts that would be written at once if they were submitted now."""
        if self._queue or self.is_closing:
            return 0
        return self._throttle.limit(sum([link.room for link in self.links]), self.in_flight)

    def has_room(self, parts: int, promised: int) -> bool:
        """Return whether a message would begin at once, with *promised* slots taken before it."""
        room = self.room
        if parts > 1 and self.links:
            room = min(room, max(link.room for link in self.links))
        # As in `_write`: all parts on one link, or as many as it ever has room for.
        least = parts if promised else min(parts, self._throttle.limit(self._config.window, 0))
        return room - promised >= max(1, least)

    def submit(self, job: SubmitJob[Any], now: float, *, is_paced: bool = False) -> None:
        """Write a message now if there is room, else when its turn comes.

        Args:
            job: The message, no part of it written yet.
            now: Current time, of the clock.
            is_paced: Whether its sender has waited for `next_write_at`.
        """
        if self._refusal is not None:
            job.give_up(str(self._refusal), self._refusal)
            return
        job.order = self._order = self._order + 1
        if not self._queue and job.write_at <= now and (self.next_write_at <= now or is_paced):
            self._write(job, now)
            if not job.has_unsent_parts:
                return
        job.queued_at = now
        self.submit_queue.add(job, now)
        if self._throttle.is_on:
            self._look_by(now)
        if len(self._queue) == 1:
            self._arm(now)

    def withdraw(self, job: SubmitJob[Any]) -> bool:
        """Forget a message if no part of it can have left; return whether that was so."""
        if not (job.has_unsent_parts and job.abandon()):
            return False
        self.submit_queue.withdraw_one()
        if self._queue and self._queue[0] is job:
            self._pump()
        return True

    @property
    def why_waiting(self) -> str:
        """What a message that waits here waits for, for an error."""
        if not self.links:
            return f"no link is bound; {self.last_error or 'none was yet'}"
        return "the gateway throttles" if self._throttle.is_on else "its turn hadn't come"

    def throttled_error(self, job: SubmitJob[Any]) -> ThrottledError:
        """Return the error of a message that the gateway throttles."""
        return job.throttled_error(self._throttling_status, self._throttle.pause)

    async def request(self, request: Pdu, timeout: float | None) -> Pdu:  # noqa: ASYNC109 - counted by the session
        """Send another request that takes a slot on a bound link, see `send_request`."""
        return await send_request(self.links, request, timeout)

    # For the pool.

    @property
    def is_idle(self) -> bool:
        """Whether no message waits and none is in flight."""
        return not self._queue and not self.in_flight

    def open(self) -> None:
        """Take messages; those that wait for a link wait from now on."""
        self.is_closing, self._refusal = False, None
        self._start_waiting_for_link()

    def add(self, link: Link) -> None:
        """Use a link that was bound, from the next `on_room` on."""
        self.links.append(link)
        if not isinstance(self._refusal, ClientClosedError):
            self._refusal = None

    def refuse(self, error: LinkError) -> None:
        """Refuse new messages with *error*, NOT_SENT: until a link is added, or for good."""
        self._refusal = error

    def close(self) -> None:
        """Pull no new messages: the client is being left."""
        self.is_closing = True

    async def drain(self) -> None:
        """Wait until no message waits and none is in flight. Cancelling is safe."""
        while not self.is_idle:
            if self._idle is None or self._idle.done():
                self._idle = asyncio.get_running_loop().create_future()
            # `wait`, since several tasks may wait: cancelling one mustn't cancel the future.
            await asyncio.wait([self._idle])

    def fail_waiting(self, error: LinkError) -> None:
        """End every message that waits."""
        for job in self.submit_queue.pop_all():
            self._give_up(job, error)
        self._pump()

    def move(self, seconds: float, now: float) -> None:
        """Let messages be due earlier by *seconds*: the rules' clock was moved forward.

        They are written an interval apart, as what a busy event loop has delayed: a gateway on the
        same clock gets all of them after the move.
        """
        self.moved_at = now
        self.next_write_at = max(now, self.next_write_at - seconds)
        self.submit_queue.move(seconds)
        self.on_room()

    def stop_timer(self) -> None:
        """End the timer; no message waits any more."""
        self._timer.stop()

    # LinkHandler.

    def on_room(self) -> None:
        """Write the next messages, then let the listeners submit more."""
        if self._throttle.is_on:
            window = self._config.window * max(1, len(self.links))
            self._throttle.on_round_done(self.in_flight, window)
        if self._queue:
            self._pump()
        elif self._idle is not None:
            self._check_idle()
        for listener in tuple(self.room_listeners) if self.room_listeners else ():
            listener.on_room()

    def on_throttled(self, job: SubmitJob[Any], command_status: int) -> None:
        """Pause all messages, and queue the throttled one in its order."""
        now = self._clock()
        self.throttled_responses += 1
        self._throttling_status = command_status
        if pause := self._throttle.on_throttled(now):
            self._hooks.tell(Throttled(command_status, pause))
        if ends_throttled(job, self._throttle, self._config.timeouts.throttled, now):
            job.give_up_throttled(command_status, self._throttle.pause)
            self._arm(now)
            return
        job.queued_at = job.queued_at or now
        self.submit_queue.put_back(job)
        self._look_by(throttled_since(job, self._throttle))

    def on_unbound(self, link: Link) -> None:
        """Use a link no longer that the gateway unbound; its responses still count."""
        self.ending.append(link)
        self._remove(link, EndReason.PEER_UNBOUND)

    def on_closed(self, link: Link, end: LinkEnded) -> None:
        """Use a link no longer. Messages without a written part go to the others."""
        if link in self.ending:
            self.ending.remove(link)
            self._check_idle()
        elif link in self.links:
            self._remove(link, end.reason)

    def _remove(self, link: Link, reason: EndReason) -> None:
        """Use a link no longer; report why."""
        self.links.remove(link)
        self.last_error = reason.value
        level = INFO if reason in {EndReason.UNBOUND, EndReason.CLOSED} else WARNING
        self._hooks.tell(LinkDown(str(link.host), reason.value), level)
        if not self.links:
            self._start_waiting_for_link()
        self._pump()

    def _write(self, job: SubmitJob[Any], now: float) -> None:
        """Write as many parts as are due and have room, on one link if it has room for all.

        Call it only for a job with unsent parts whose `write_at` has come.
        """
        if now > job.parts_deadline:
            job.give_up_late_parts()
            return
        links, throttle, traffic = self.links, self._throttle, self._traffic
        while links:
            link = links[0] if len(links) == 1 else max(links, key=_room)
            room = link.room
            if throttle.is_on:
                room = throttle.limit(room, self.in_flight)
            if not room:
                return
            # Parts leave back to back: a message begins when all of them have a slot.
            least = 1 if job.written else job.parts
            if room < least and room < throttle.limit(self._config.window, 0):
                return
            if turn := job.queued_at or job.write_at:
                turn = max(turn, job.write_at)
                is_late = now > turn + self._lateness or turn < self.moved_at
                if is_late and not job.written and traffic.on_postponed(job):
                    return
                self.next_write_at = next_write(turn, self.next_write_at, now, job.interval)
            link.submit(job, now)
            if throttle.is_on:
                throttle.on_probe()
            if not job.has_unsent_parts or job.write_at > now:
                return

    def _pump(self) -> None:
        """Write the messages that wait, in order, as far as there is room."""
        queue, now = self._queue, self._clock()
        for _ in range(min(len(queue), WRITTEN_TOGETHER)):
            job = queue[0]
            if job.has_unsent_parts:
                if job.write_at <= now and self.next_write_at <= now:
                    self._write(job, now)
                if job.has_unsent_parts:
                    break
            self.submit_queue.pop_first()
        else:
            if queue:
                asyncio.get_running_loop().call_soon(self.on_room)
        self._arm(now)
        self._check_idle()

    def _check_idle(self) -> None:
        """End the wait of `drain`, if nothing is left."""
        if self._idle is not None and not self._idle.done() and self.is_idle:
            self._idle.set_result(None)

    # The timer: the first message of the queue is due, or has waited too long.

    def _arm(self, now: float) -> None:
        """Keep one timer for the first message of the queue."""
        # Listeners wait for the end of a pause even if the queue is empty.
        at = NEVER if self.is_closing else self._throttle.paused_until or NEVER
        self._timer.start(self._next_deadline(now) if self._queue else at)

    def _next_deadline(self, now: float) -> float:
        """The time at which the first message of the queue is due or times out."""
        first = self._queue[0]
        gives_up_at = min(first.parts_deadline, self._look_at)
        turn = max(first.write_at, self.next_write_at)
        if not self.links:
            return min(gives_up_at, max(self.down_at, first.queued_at) + self._config.timeouts.link)
        if self._throttle.paused_until:
            return min(gives_up_at, max(self._throttle.paused_until, turn))
        return min(gives_up_at, turn) if turn > now else gives_up_at

    def _on_timer(self) -> None:
        """Handle the timer."""
        now = self._clock()
        self._throttle.advance(now)
        if not self.links:
            self._expire_waiting(now)
        if self._look_at <= now:
            self._expire_throttled(now)
        self.on_room()

    def _start_waiting_for_link(self) -> None:
        """Count `timeouts.link` from now on for every message that waits."""
        self.down_at = self._clock()
        self._arm(self.down_at)

    def _expire_waiting(self, now: float) -> None:
        """End the messages that have waited for a link for too long."""
        timeout = self._config.timeouts.link
        reason = f"no link for {timeout:.1f} s"
        error = LinkLostError(f"{reason}; {self.last_error}" if self.last_error else reason)
        for job in self.submit_queue.pop_linkless(self.down_at, now - timeout):
            self._give_up(job, error)

    def _give_up(self, job: SubmitJob[Any], error: LinkError) -> None:
        """End a message that has no link; a throttled one as the gateway has answered it."""
        if job.is_throttled:
            job.give_up_throttled(self._throttling_status, self._throttle.pause)
        else:
            job.give_up(str(error), error)

    def _look_by(self, since: float) -> None:
        """Look through the queue when a message that waits *since* then has waited for too long."""
        if (at := since + self._config.timeouts.throttled) < self._look_at:
            self._look_at = at
            self._arm(self._clock())

    def _expire_throttled(self, now: float) -> None:
        """End the messages that were throttled for too long, or waited behind those."""
        timeout = self._config.timeouts.throttled
        overdue, earliest = self.submit_queue.pop_throttled(self._throttle, timeout, now)
        self._look_at = max(earliest, now + timeout * BETWEEN_LOOKS)
        for job in overdue:
            job.give_up_throttled(self._throttling_status, self._throttle.pause)

    def __repr__(self) -> str:
        return (
            f"<Dispatcher {len(self.links)} links, {self.in_flight} in flight,"
            f" {self.waiting} waiting, {self._throttle!r}>"
        )


_room = attrgetter("room")

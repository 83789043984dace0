"""Keeps the links up and gives every message its turn.

Rule: first come, first served, and nothing is written that the gateway has no room for. A
message that has begun is finished before the next one starts; one that hasn't waits for a
link and survives the loss of any. When the gateway says "too fast" all wait, and the one it
said it to is the next again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

import pdu
from pdu import BindMode
from pdu.names import command_name
from smsc_async.config import LONGEST_PASSWORD
from smsc_async.errors import (
    BindRefusedError,
    ClientClosedError,
    ConnectFailedError,
    LinkError,
    LinkLostError,
)
from smsc_async.instrumentation import LOG, ConnectFailed, Hooks, LinkBound, LinkDown, Throttled
from smsc_async.link.backoff import Backoff
from smsc_async.link.connect import connect, tls_context
from smsc_async.link.submit_job import NEVER, PendingRequest
from smsc_async.link.throttle import ThrottleController
from smsc_async.session import LinkEnded, SessionLimits

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pdu import Bind, Pdu
    from smsc_async.config import Host, SmscConfig
    from smsc_async.link.connection import Link
    from smsc_async.link.submit_job import SubmitJob


class LinkState(Enum):
    """How the manager stands with the gateway."""

    CONNECTING = "connecting"
    BOUND = "bound"
    DOWN = "down"
    """Not bound; the next attempt comes after a wait."""
    FAILED = "failed"
    """Given up: the gateway refuses these credentials."""
    CLOSED = "closed"


class Requests(NamedTuple):
    """What the gateway asks for on a link, and who is told."""

    requested: Callable[[Link, Pdu], None]
    unexpected: Callable[[Link, object], None]
    has_room: Callable[[], None]


_BINDS: dict[BindMode, tuple[type[Bind], type[Bind]]] = {
    BindMode.TRANSMITTER: (pdu.BindTransmitter, pdu.LongPasswordBindTransmitter),
    BindMode.RECEIVER: (pdu.BindReceiver, pdu.LongPasswordBindReceiver),
    BindMode.TRANSCEIVER: (pdu.BindTransceiver, pdu.LongPasswordBindTransceiver),
}


class Dispatcher:
    """All links of one client.

    Args:
        config: Hosts, window, timeouts, how many links.
        requests: Who takes what the gateway asks.
        hooks: Who is told of links that come and go.
        clock: Seconds of a monotonic clock.
        lateness: Seconds that a message may wait here before its first write without being told
            `be_late`.
    """

    def __init__(
        self,
        config: SmscConfig,
        requests: Requests,
        *,
        hooks: Hooks,
        clock: Callable[[], float],
        lateness: float = NEVER,
    ) -> None:
        self.config = config
        self._lateness = lateness
        self._requests = requests
        self._hooks = hooks
        self._clock = clock
        self._links: list[Link] = []
        self._queue: deque[SubmitJob[Any]] = deque()
        self._context: ssl.SSLContext | None = None
        self._task: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] | None = None
        self._is_closing = False
        self._idle: asyncio.Future[None] | None = None
        self._brake = ThrottleController()
        self._order = 0
        self._withdrawn = 0
        self._turn: asyncio.TimerHandle | None = None
        self._turn_at = NEVER
        self._down_at = 0.0
        self._fatal: LinkError | None = None
        self.state = LinkState.CLOSED
        self.last_error: str | None = None
        self.connects = 0
        self.throttled_responses = 0
        self.bound_at: float | None = None

    # For the client.

    @property
    def in_flight(self) -> int:
        """Requests that await their response, on all links."""
        return sum(link.in_flight for link in self._links)

    @property
    def owes_response(self) -> bool:
        """Whether a response may still come that names an id."""
        return any(link.in_flight for link in self._links)

    @property
    def waiting(self) -> int:
        """Messages that wait for a slot."""
        return len(self._queue) - self._withdrawn

    @property
    def links(self) -> tuple[Link, ...]:
        """The links that are bound."""
        return tuple(self._links)

    @property
    def room(self) -> int:
        """Parts that would be written at once if they were submitted now."""
        if self._queue or self._is_closing:
            return 0
        return self._brake.limit(sum([link.room for link in self._links]), self.in_flight)

    @property
    def is_closing(self) -> bool:
        """Whether no new messages are taken."""
        return self._is_closing

    async def open(self) -> None:
        """Start building links; return when the first is bound, or at once if so configured.

        Cancelling is safe: `close` ends what was begun.

        Raises:
            ConnectFailedError: No host took the connection.
            BindRefusedError: A host refused the bind, and no other took it.
            LinkLostError: It hung up during the bind.
            ConfigError: A certificate file is wrong.
        """
        loop = asyncio.get_running_loop()
        if self.config.tls is not None:
            self._context = tls_context(self.config.tls)
        self._is_closing = False
        self._opened = loop.create_future()
        self._enter(LinkState.CONNECTING)
        self._lost_all()
        self._task = loop.create_task(self._run(), name="smsc-async links")
        self._task.add_done_callback(self._ran)
        if self.config.open == "now":
            await self._opened

    def submit(self, outgoing: SubmitJob[Any], now: float) -> None:
        """Take a message: write it now if there is room, else when its turn comes.

        Args:
            outgoing: The message, none of it written yet.
            now: The instant, as the clock has it.
        """
        if self._fatal is not None or self._is_closing:
            error = self._fatal or ClientClosedError("it is being left")
            outgoing.give_up(str(error), error)
            return
        outgoing.order = self._order = self._order + 1
        if not self._queue and outgoing.write_at <= now:
            self._write(outgoing, now)
            if not outgoing.wants_slot:
                return
        outgoing.queued_at = now
        self._queue.append(outgoing)
        if len(self._queue) == 1:
            self._watch(now)

    def withdraw(self, outgoing: SubmitJob[Any]) -> bool:
        """Forget a message if nothing of it can have gone; return whether that was so."""
        if not (outgoing.wants_slot and outgoing.abandon()):
            return False
        # It leaves the queue when its turn comes: looking for it would take long.
        self._withdrawn += 1
        if self._queue and self._queue[0] is outgoing:
            self._pump()
        elif self._withdrawn > 1000 and self._withdrawn * 2 > len(self._queue):
            self._queue = deque(waiting for waiting in self._queue if waiting.wants_slot)
            self._withdrawn = 0
        return True

    async def request(self, request: Pdu, timeout: float | None) -> Pdu:  # noqa: ASYNC109 - a session counts it, from the write
        """Send another request that takes a slot and return its response, whatever it says.

        Waits neither for a link nor for a slot: such requests are few.

        Raises:
            LinkLostError: No link has a free slot, or it was lost before the response.
            RequestTimeoutError: No response in time.
            RemoteProtocolError: The response can't be read.
        """
        link = next((link for link in self._links if link.room), None)
        if link is None:
            raise LinkLostError("no bound link has a free slot")
        name = command_name(request.command_id)
        future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        link.request(request, PendingRequest(name, future, timeout))
        return await future

    async def close(self, *, drain: bool) -> None:
        """End all links: drain, unbind, close. Idempotent; cancelling closes at once.

        Args:
            drain: Let what waits and what is in flight come to its end first.
        """
        if self._task is None:
            self._enter(LinkState.CLOSED)
            return
        self._is_closing = True
        try:
            if drain and not self._fatal:
                await self._drained()
            self._give_up_queue(ClientClosedError("it was left before this message's turn came"))
            links = tuple(self._links)
            for link in links:
                link.unbind()
            for link in links:
                await link.wait_closed()
        finally:
            await self._end_task()

    async def _end_task(self) -> None:
        """End the keepers; raise what they failed of."""
        task, self._task = self._task, None
        if self._turn is not None:
            self._turn.cancel()
        self._enter(LinkState.CLOSED)
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    async def _drained(self) -> None:
        """Wait until nothing waits and nothing is in flight."""
        while self._queue or self.in_flight:
            if self._idle is None or self._idle.done():
                self._idle = asyncio.get_running_loop().create_future()
            # Several may wait, and one that is cancelled leaves the others waiting.
            await asyncio.wait([self._idle])

    # Turns.

    def _write(self, outgoing: SubmitJob[Any], now: float) -> None:
        """Write as many parts as it is time and room for, all on one link if it has it.

        Only one that wants a slot and whose time to be written has come.
        """
        if now > outgoing.parts_deadline:
            outgoing.miss_parts()
            return
        links, brake = self._links, self._brake
        while links:
            link = links[0] if len(links) == 1 else max(links, key=_room)
            room = link.room
            if brake.is_on:
                room = brake.limit(room, self.in_flight)
            if not room:
                return
            if not outgoing.written:
                # Parts leave back to back: a message begins when all of them have a slot.
                if room < outgoing.parts and room < brake.limit(self.config.window, 0):
                    return
                # Later than the rules were told: they know when it was asked for, and when due.
                if (
                    outgoing.queued_at
                    and now > outgoing.queued_at + self._lateness
                    and now > outgoing.write_at + self._lateness
                ):
                    outgoing.be_late()
            link.submit(outgoing, now)
            if brake.is_on:
                brake.try_on()
            if not outgoing.wants_slot or outgoing.write_at > now:
                return

    def _pump(self) -> None:
        """Give those who wait their turn, in order."""
        queue, now = self._queue, self._clock()
        while queue:
            outgoing = queue[0]
            if outgoing.wants_slot:
                if outgoing.write_at <= now:
                    self._write(outgoing, now)
                if outgoing.wants_slot:
                    break
            self._leave(queue.popleft())
        self._watch(now)
        if self._idle is not None and not queue and not self._idle.done() and not self.in_flight:
            self._idle.set_result(None)

    def _leave(self, outgoing: SubmitJob[Any]) -> None:
        """Count a message out that leaves the queue."""
        if outgoing.is_withdrawn:
            self._withdrawn -= 1

    def _watch(self, now: float) -> None:
        """Keep one timer for the first of the queue: its time to be written, or to give up."""
        at = self._next_turn(now) if self._queue else NEVER
        if at == self._turn_at:
            return
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._turn_at = at
        if at < NEVER:
            loop = asyncio.get_running_loop()
            self._turn = loop.call_later(max(0.0, at - now), self._take_turn)

    def _next_turn(self, now: float) -> float:
        """The instant at which something is due for the first of the queue."""
        first = self._queue[0]
        if not self._links:
            waits_since = max(self._down_at, first.queued_at)
            return min(first.parts_deadline, waits_since + self.config.timeouts.link)
        if self._brake.paused_until:
            return min(first.parts_deadline, max(self._brake.paused_until, first.write_at))
        if first.write_at > now:
            return first.write_at
        return first.parts_deadline

    def _take_turn(self) -> None:
        """Do what is due."""
        self._turn, self._turn_at = None, NEVER
        self._brake.advance(self._clock())
        if not self._links:
            self._end_patience()
        self.has_room()

    def _give_up_queue(self, error: LinkError) -> None:
        """End all that waits."""
        queue, self._queue = self._queue, deque()
        self._withdrawn = 0
        for outgoing in queue:
            if outgoing.wants_slot:
                outgoing.give_up(str(error), error)
        self._pump()

    # What links tell (Receiver).

    def requested(self, link: Link, request: Pdu) -> None:
        """Pass on what the gateway asks."""
        self._requests.requested(link, request)

    def unexpected(self, link: Link, event: object) -> None:
        """Pass on what should not have happened."""
        self._requests.unexpected(link, event)

    def has_room(self, _link: Link | None = None) -> None:
        """Give the next messages their turn, then whoever pulls more of them."""
        if self._brake.is_on:
            window = self.config.window * max(1, len(self._links))
            self._brake.settled(self.in_flight, window)
        self._pump()
        self._requests.has_room()

    def throttled(self, _link: Link, outgoing: SubmitJob[Any], command_status: int) -> None:
        """Let all wait, and put the message where it was in their order."""
        now = self._clock()
        self.throttled_responses += 1
        pause = self._brake.press(now)
        if pause:
            self._hooks.tell(Throttled(command_status, pause))
        if outgoing.throttled_at is None:
            outgoing.throttled_at = now
        elif now - outgoing.throttled_at >= self.config.timeouts.throttled:
            outgoing.stay_throttled(command_status, self._brake.pause)
            return
        self._put_back(outgoing)

    def _put_back(self, outgoing: SubmitJob[Any]) -> None:
        """Queue a message before all that were sent after it."""
        queue, place = self._queue, 0
        outgoing.queued_at = outgoing.queued_at or self._clock()
        while place < len(queue) and queue[place].order < outgoing.order:
            place += 1
        if place == len(queue) or queue[place] is not outgoing:
            queue.insert(place, outgoing)

    def ended(self, link: Link, end: LinkEnded) -> None:
        """Take a link out; its keeper builds the next."""
        if link not in self._links:
            return
        self._links.remove(link)
        self.last_error = end.reason.value
        self._hooks.tell(LinkDown(str(link.host), end.reason.value))
        if not self._links and self._task is not None:
            self._enter(LinkState.DOWN)
            self._lost_all()
        self._pump()

    # Keepers: one for each link.

    async def _run(self) -> None:
        """Run the keepers; the others begin when the first link is bound."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._keep, 0)
            assert self._opened is not None  # noqa: S101 - set before this task
            await asyncio.wait([self._opened])
            if self._opened.exception() is None:
                for number in range(1, self.config.binds):
                    group.start_soon(self._keep, number)

    def _ran(self, task: asyncio.Task[None]) -> None:
        """Let nobody wait for keepers that are gone."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            LOG.error("! links ended by a fault of ours: %r", error)
        self._settle_opened(LinkLostError("the client stopped"))
        self._give_up_queue(self._fatal or ClientClosedError("its links have ended"))

    async def _keep(self, _number: int) -> None:
        """Keep one link up until the client closes or the gateway refuses for good."""
        backoff = Backoff(self.config.reconnect)
        # Messages that wait while the client is left may still need a link.
        while self._queue or not self._is_closing:
            try:
                link = await self._connect_any()
            except LinkError as error:
                if self._gives_up(error):
                    return
                wait = backoff.next_wait()
                self._hooks.tell(ConnectFailed(str(error), wait))
            else:
                bound_at = self._clock()
                await self._hold(link)
                backoff.link_lived(self._clock() - bound_at)
                wait = backoff.next_wait()
            await anyio.sleep(wait)

    def _gives_up(self, error: LinkError) -> bool:
        """Take a failed attempt in; return whether it was the last."""
        self.last_error = str(error)
        is_fatal = isinstance(error, BindRefusedError) and error.is_fatal
        is_first = self._opened is not None and not self._opened.done()
        if is_fatal and not self._links:
            self._fail_for_good(error)
        elif is_first and self.config.open == "now":
            self._settle_opened(error)
        elif not is_fatal:
            return False
        self._hooks.tell(ConnectFailed(str(error), None))
        return True

    def _fail_for_good(self, error: LinkError) -> None:
        """Stop: the gateway will not have these credentials."""
        self._fatal = error
        self._enter(LinkState.FAILED)
        self._settle_opened(error)
        self._give_up_queue(error)

    def _settle_opened(self, error: LinkError | None = None) -> None:
        """End the wait of `open`, once."""
        opened = self._opened
        if opened is None or opened.done():
            return
        if error is None:
            opened.set_result(None)
        else:
            opened.set_exception(error)
            # With open="eventually" nobody awaits it, and nobody needs to.
            opened.exception()

    async def _connect_any(self) -> Link:
        """Try every host once.

        Raises:
            LinkError: Of the hosts' refusals the most telling one.
        """
        if not self._links:
            self._enter(LinkState.CONNECTING)
        errors: list[LinkError] = []
        for host in self.config.hosts:
            try:
                return await self._connect(host)
            except LinkError as error:
                errors.append(error)
                if isinstance(error, BindRefusedError) and error.is_fatal:
                    break
        if not self._links:
            self._enter(LinkState.DOWN)
        raise _most_telling(errors)

    async def _connect(self, host: Host) -> Link:
        """Connect to one host and bind."""
        config = self.config
        link = await connect(
            config,
            host,
            context=self._context,
            limits=SessionLimits.from_config(config),
            receiver=self,
            clock=self._clock,
        )
        try:
            await link.bind(_bind_request(config), config.system_id)
        except BaseException:
            # The old socket is closed before the next one is opened.
            link.abort()
            await link.wait_closed()
            raise
        self._links.append(link)
        self._fatal = None
        self.connects += 1
        self.bound_at = self._clock()
        self._enter(LinkState.BOUND)
        self._hooks.tell(LinkBound(str(host), config.mode))
        self._settle_opened()
        self.has_room(link)
        return link

    async def _hold(self, link: Link) -> None:
        """Wait until the socket is closed; close it if the wait is cancelled."""
        try:
            await link.wait_closed()
        finally:
            link.abort()

    # Patience of those who wait while there is no link.

    def _enter(self, state: LinkState) -> None:
        """Note how things stand."""
        self.state = state

    def _lost_all(self) -> None:
        """Begin to count the patience of those who wait for a link."""
        self._down_at = self._clock()
        self._watch(self._down_at)

    def _end_patience(self) -> None:
        """Tell those of the queue that there was no link for too long."""
        patience = self.config.timeouts.link
        reason = f"no link for {patience:.1f} s"
        error = LinkLostError(f"{reason}; {self.last_error}" if self.last_error else reason)
        now = self._clock()
        while self._queue and max(self._down_at, self._queue[0].queued_at) + patience <= now:
            outgoing = self._queue.popleft()
            self._leave(outgoing)
            if outgoing.wants_slot:
                outgoing.give_up(str(error), error)


def _room(link: Link) -> int:
    """The room of a link."""
    return link.room


def _bind_request(config: SmscConfig) -> Bind:
    """Make the bind request of the config."""
    password = config.reveal_password()
    usual, long = _BINDS[config.mode]
    request = long if len(password) > LONGEST_PASSWORD else usual
    return request(
        system_id=config.system_id,
        password=password,
        system_type=config.system_type,
        interface_version=config.interface_version,
    )


def _most_telling(errors: list[LinkError]) -> LinkError:
    """A refusal says more than a lost link, and that more than no connection at all."""
    refused = [error for error in errors if isinstance(error, BindRefusedError)]
    lost = [error for error in errors if isinstance(error, LinkLostError)]
    if refused or lost:
        return (refused or lost)[-1]
    if len(errors) == 1:
        return errors[0]
    failed = [error for error in errors if isinstance(error, ConnectFailedError)]
    hosts = tuple(host for error in failed for host in error.hosts)
    joined = ConnectFailedError("; ".join(_why(error) for error in failed), hosts=hosts)
    joined.__cause__ = failed[-1].__cause__
    return joined


def _why(error: ConnectFailedError) -> str:
    """Return an error without its beginning, for a list of several."""
    return str(error).removeprefix("no connection to ")

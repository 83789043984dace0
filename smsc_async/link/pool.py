"""Keeps the links of one client up: connect, bind, reconnect, unbind.

Rule: the pool builds links and never writes a message; bound links go to the dispatcher. A link
that ends is built again after a growing delay, one link at a time, until the client is left. The
pool gives up when the gateway has refused the credentials several times in a row, or when no link
was bound for too long; then only `reconnect` makes it try again.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from logging import ERROR, WARNING
from typing import TYPE_CHECKING

import anyio

from smsc_async._deadline_timer import DeadlineTimer
from smsc_async.errors import BindRefusedError, ClientClosedError, LinkError, LinkLostError
from smsc_async.instrumentation import LOG, ConnectFailed, Hooks, LinkBound, log, place_of
from smsc_async.link.attempt import connect_and_bind
from smsc_async.link.backoff import Backoff
from smsc_async.link.connect import tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from smsc_async.config import SmscConfig
    from smsc_async.link.connection import Link
    from smsc_async.link.connector import Connector
    from smsc_async.link.contract import TrafficHandler
    from smsc_async.link.dispatcher import Dispatcher


class LinkState(Enum):
    """State of a client's links as a whole."""

    CONNECTING = "connecting"
    BOUND = "bound"
    DOWN = "down"
    """Not bound; the next attempt follows after a delay."""
    FAILED = "failed"
    """Given up: the gateway refuses these credentials, or no link was bound for too long.
    `await smsc.reconnect()` tries again."""
    CLOSED = "closed"


class LinkPool:
    """All links of one client.

    Args:
        config: Hosts, credentials, timeouts, how many links.
        dispatcher: Gets every bound link.
        traffic: Gets the requests of the gateway.
        hooks: Called with every event of the links.
        clock: Seconds of a monotonic clock.
        connector: Makes every socket; None connects to the hosts themselves.

    Attributes:
        config: May be replaced before `open`.
        connects: Binds that were accepted.
        bound_at: When the newest of them was, in seconds of the clock.
    """

    def __init__(
        self,
        config: SmscConfig,
        dispatcher: Dispatcher,
        traffic: TrafficHandler,
        *,
        hooks: Hooks,
        clock: Callable[[], float],
        connector: Connector | None = None,
    ) -> None:
        self.config = config
        self.connects = 0
        self.bound_at: float | None = None
        self._dispatcher = dispatcher
        self._traffic = traffic
        self._hooks = hooks
        self._clock = clock
        self._connector = connector
        self._context: ssl.SSLContext | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] | None = None
        self._is_closing = False
        self._connecting = 0
        # One link at a time tries, and pauses after a failure.
        self._turn = asyncio.Lock()
        # Binds refused because of the credentials since the last accepted one.
        self._refusals = 0
        # Why nothing is tried, and the end of that.
        self._gave_up: LinkError | None = None
        self._resumed = asyncio.Event()
        # Set by `reconnect`: the next attempt follows without a pause.
        self._at_once = asyncio.Event()
        # The outcome of the next attempt, for `reconnect`.
        self._attempt: asyncio.Future[None] | None = None
        # Runs while no link is bound, if `give_up_after` is set.
        self._deadline = DeadlineTimer(clock, self._on_deadline)

    @property
    def state(self) -> LinkState:
        """State of the links as a whole."""
        if self._supervisor is None:
            return LinkState.CLOSED
        if self._dispatcher.links:
            return LinkState.BOUND
        if self._gave_up is not None:
            return LinkState.FAILED
        is_first = self._dispatcher.last_error is None
        return LinkState.CONNECTING if self._connecting or is_first else LinkState.DOWN

    async def open(self) -> None:
        """Start building links; return when the first is bound, or at once if so configured.

        Cancelling is safe: `close` ends what was begun.

        Raises:
            ConnectFailedError: No host accepted the connection.
            BindRefusedError: A host refused the bind, and no other accepted it.
            LinkLostError: The gateway hung up during the bind.
            ConfigError: A certificate file is wrong.
        """
        loop = asyncio.get_running_loop()
        if self.config.tls is not None:
            self._context = tls_context(self.config.tls)
        self._opened = loop.create_future()
        self._is_closing = False
        self._gave_up, self._refusals = None, 0
        self._resumed.set()
        self._connecting = 0
        self._dispatcher.open()
        self._start_deadline()
        self._supervisor = loop.create_task(self._supervise(), name="smsc-async links")
        self._supervisor.add_done_callback(self._on_supervisor_done)
        if self.config.open == "now":
            await self._opened

    async def reconnect(self) -> None:
        """Try at once to build the links that aren't bound; return when one of them is.

        Does nothing if all are bound. If the attempt fails, more follow as usual; but a pool that
        had given up does so again when the credentials are refused. Cancelling ends the wait only.

        Raises:
            LinkError: Why the attempt failed.
        """
        if len(self._dispatcher.links) >= self.config.binds:
            return
        if self._attempt is None:
            self._attempt = asyncio.get_running_loop().create_future()
        attempt = self._attempt
        if self._gave_up is not None:
            self._gave_up = None
            self._refusals = self.config.reconnect.refusals - 1
            if not self._dispatcher.links:
                self._dispatcher.open()
                self._start_deadline()
        self._resumed.set()
        self._at_once.set()
        # `wait`, since several tasks may wait: cancelling one mustn't cancel the future.
        await asyncio.wait([attempt])
        attempt.result()

    async def close(self, *, drain: float) -> None:
        """End all links: drain, unbind, close. Idempotent; cancelling closes at once.

        Args:
            drain: Seconds to wait first for the messages that wait and those in flight; of
                several calls the one that ends first counts.
        """
        if self._supervisor is None:
            return
        self._dispatcher.close()
        self._is_closing = True
        try:
            if drain > 0 and self.state is not LinkState.FAILED:
                with anyio.move_on_after(drain):
                    await self._dispatcher.drain()
            error = ClientClosedError("it was left before this message's turn came")
            self._dispatcher.refuse(error)
            self._dispatcher.fail_waiting(error)
            links = (*self._dispatcher.links, *self._dispatcher.ending)
            for link in links:
                link.unbind()
            for link in links:
                await link.wait_closed()
        finally:
            await self._end_supervisor()

    async def _end_supervisor(self) -> None:
        """End the tasks of the links; raise the error that ended them, if any."""
        task, self._supervisor = self._supervisor, None
        self._dispatcher.stop_timer()
        self._deadline.stop()
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    async def _supervise(self) -> None:
        """Run a task for each link; all but the first start when the first is bound."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._maintain_link)
            assert self._opened is not None  # noqa: S101 - set before this task
            await asyncio.wait([self._opened])
            if self._opened.exception() is None:
                for _ in range(1, self.config.binds):
                    group.start_soon(self._maintain_link)

    def _on_supervisor_done(self, task: asyncio.Task[None]) -> None:
        """Fail what waits: no link will be built any more."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log(LOG, ERROR, "! link supervisor failed: %s", place_of(error))
        stopped = self._gave_up or ClientClosedError("its links have ended")
        _finish(self._opened, LinkLostError("the client stopped"))
        self._finish_attempt(stopped)
        self._dispatcher.fail_waiting(stopped)

    # One task for each link.

    @property
    def _is_needed(self) -> bool:
        """Whether links are built; messages that wait while the client is left may need one."""
        return self._dispatcher.waiting > 0 or not self._is_closing

    async def _maintain_link(self) -> None:
        """Keep one link up until the client is left."""
        backoff = Backoff(self.config.reconnect)
        while self._is_needed:
            async with self._turn:
                link = await self._build_link(backoff)
            if link is None:
                await self._resumed.wait()
                continue
            bound_at = self._clock()
            try:
                await link.wait_closed()
            finally:
                link.abort()
            # What was bound is tried again, even if another link was refused since.
            self._gave_up = None
            if not self._dispatcher.links:
                self._start_deadline()
            backoff.on_link_ended(self._clock() - bound_at)
            await self._pause(backoff.next_delay())

    async def _build_link(self, backoff: Backoff) -> Link | None:
        """Try until a link is bound; return None if the pool gives up, or none is needed."""
        while self._is_needed and self._gave_up is None:
            try:
                return await self._connect_any()
            except LinkError as error:
                delay = None if self._gives_up(error) else backoff.next_delay()
                self._report_failure(error, delay)
            if delay is not None:
                await self._pause(delay)
        return None

    async def _pause(self, delay: float) -> None:
        """Wait before an attempt, until `reconnect` at the longest."""
        with anyio.move_on_after(delay):
            await self._at_once.wait()

    async def _connect_any(self) -> Link:
        """Try every host once; give the bound link to the dispatcher."""
        self._at_once.clear()
        self._connecting += 1
        try:
            link = await connect_and_bind(
                self.config,
                context=self._context,
                handler=self._dispatcher,
                traffic=self._traffic,
                clock=self._clock,
                connector=self._connector,
            )
        finally:
            self._connecting -= 1
        self.connects += 1
        self.bound_at = self._clock()
        self._refusals = 0
        self._deadline.stop()
        self._dispatcher.add(link)
        self._hooks.tell(LinkBound(str(link.host), self.config.mode))
        _finish(self._opened)
        self._finish_attempt()
        self._gave_up = None
        self._resumed.set()
        self._dispatcher.on_room()
        return link

    # Failures.

    def _gives_up(self, error: LinkError) -> bool:
        """Count a failed attempt; return whether no other follows."""
        opened = self._opened
        if opened is not None and not opened.done() and self.config.open == "now":
            self._rest(error)
            _finish(opened, error)
        elif isinstance(error, BindRefusedError) and error.is_fatal:
            self._refusals += 1
            # While the client is left, none of its messages is worth another refusal.
            if self._refusals >= self.config.reconnect.refusals or self._is_closing:
                self._give_up(error)
        return self._gave_up is not None

    def _give_up(self, error: LinkError) -> None:
        """Try no more; without any link no message can be written."""
        self._rest(error)
        if not self._dispatcher.links:
            self._dispatcher.refuse(error)
            self._dispatcher.fail_waiting(error)

    def _rest(self, error: LinkError) -> None:
        """Try nothing until another link is bound, or `reconnect`."""
        self._gave_up = error
        self._resumed.clear()

    def _report_failure(self, error: LinkError, delay: float | None) -> None:
        """Report why there is no link, and when the next attempt follows; None: never."""
        self._dispatcher.last_error = str(error)
        level = ERROR if delay is None else WARNING
        self._hooks.tell(ConnectFailed(str(error), delay), level)
        self._finish_attempt(error)

    def _finish_attempt(self, error: LinkError | None = None) -> None:
        """End the waits of `reconnect`."""
        attempt, self._attempt = self._attempt, None
        _finish(attempt, error)

    # The deadline of `give_up_after`.

    def _start_deadline(self) -> None:
        """Give up after so many seconds without a bound link, if that is configured."""
        patience = self.config.reconnect.give_up_after
        if patience is not None:
            self._deadline.start(self._dispatcher.down_at + patience)

    def _on_deadline(self) -> None:
        """Give up."""
        now = self._clock()
        if self._gave_up is None:
            reason = f"no link for {now - self._dispatcher.down_at:.1f} s; reconnect() tries again"
            last_error = self._dispatcher.last_error
            error = LinkLostError(f"{reason}; {last_error}" if last_error else reason)
            self._give_up(error)
            self._report_failure(error, None)

    def __repr__(self) -> str:
        bound = len(self._dispatcher.links)
        return f"<LinkPool {self.state.value}, {bound} of {self.config.binds} links bound>"


def _finish(future: asyncio.Future[None] | None, error: LinkError | None = None) -> None:
    """End the wait for a future, once."""
    if future is None or future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        # It may never be awaited: mark the exception as retrieved.
        future.exception()

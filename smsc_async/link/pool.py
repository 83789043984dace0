"""Keeps the links of one client up: connect, bind, reconnect, unbind.

Rule: the pool builds links and never writes a message; bound links go to the dispatcher. A link
that ends is built again after a growing delay, until the client is left or the gateway refuses the
credentials.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING

import anyio

import pdu
from pdu import BindMode
from smsc_async.config import LONGEST_PASSWORD
from smsc_async.errors import (
    BindRefusedError,
    ClientClosedError,
    ConnectFailedError,
    LinkError,
    LinkLostError,
)
from smsc_async.instrumentation import LOG, ConnectFailed, Hooks, LinkBound
from smsc_async.link.backoff import Backoff
from smsc_async.link.connect import connect, tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pdu import Bind
    from smsc_async.config import Host, SmscConfig
    from smsc_async.link.connection import Link
    from smsc_async.link.contract import TrafficHandler
    from smsc_async.link.dispatcher import Dispatcher


class LinkState(Enum):
    """State of a client's links as a whole."""

    CONNECTING = "connecting"
    BOUND = "bound"
    DOWN = "down"
    """Not bound; the next attempt follows after a delay."""
    FAILED = "failed"
    """Given up: the gateway refuses these credentials."""
    CLOSED = "closed"


_BINDS: dict[BindMode, tuple[type[Bind], type[Bind]]] = {
    BindMode.TRANSMITTER: (pdu.BindTransmitter, pdu.LongPasswordBindTransmitter),
    BindMode.RECEIVER: (pdu.BindReceiver, pdu.LongPasswordBindReceiver),
    BindMode.TRANSCEIVER: (pdu.BindTransceiver, pdu.LongPasswordBindTransceiver),
}


class LinkPool:
    """All links of one client.

    Args:
        config: Hosts, credentials, timeouts, how many links.
        dispatcher: Gets every bound link.
        traffic: Gets the requests of the gateway.
        hooks: Called with every event of the links.
        clock: Seconds of a monotonic clock.

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
    ) -> None:
        self.config = config
        self.connects = 0
        self.bound_at: float | None = None
        self._dispatcher = dispatcher
        self._traffic = traffic
        self._hooks = hooks
        self._clock = clock
        self._context: ssl.SSLContext | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] | None = None
        self._connecting = 0
        self._fatal: LinkError | None = None

    @property
    def state(self) -> LinkState:
        """State of the links as a whole."""
        if self._supervisor is None:
            return LinkState.CLOSED
        if self._fatal is not None:
            return LinkState.FAILED
        if self._dispatcher.links:
            return LinkState.BOUND
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
        self._fatal = None
        self._connecting = 0
        self._dispatcher.open()
        self._supervisor = loop.create_task(self._supervise(), name="smsc-async links")
        self._supervisor.add_done_callback(self._on_supervisor_done)
        if self.config.open == "now":
            await self._opened

    async def close(self, *, drain: bool) -> None:
        """End all links: drain, unbind, close. Idempotent; cancelling closes at once.

        Args:
            drain: Wait first for the messages that wait and those in flight.
        """
        if self._supervisor is None:
            return
        self._dispatcher.close()
        try:
            if drain and self._fatal is None:
                await self._dispatcher.drain()
            error = ClientClosedError("it was left before this message's turn came")
            self._dispatcher.fail_waiting(error)
            links = tuple(self._dispatcher.links)
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
        """Fail `open` and the messages that wait: no link will be built any more."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            LOG.error("! link supervisor failed: %r", error)
        self._finish_open(LinkLostError("the client stopped"))
        self._dispatcher.fail_waiting(self._fatal or ClientClosedError("its links have ended"))

    async def _maintain_link(self) -> None:
        """Keep one link up until the client is left or the gateway refuses for good."""
        backoff = Backoff(self.config.reconnect)
        # Messages that wait while the client is being left may still need a link.
        while self._dispatcher.waiting or not self._dispatcher.is_closing:
            try:
                link = await self._connect_any()
            except LinkError as error:
                if self._gives_up(error):
                    return
                delay = backoff.next_delay()
                self._hooks.tell(ConnectFailed(str(error), delay))
            else:
                bound_at = self._clock()
                try:
                    await link.wait_closed()
                finally:
                    link.abort()
                backoff.on_link_ended(self._clock() - bound_at)
                delay = backoff.next_delay()
            await anyio.sleep(delay)

    def _gives_up(self, error: LinkError) -> bool:
        """Report a failed attempt; return whether it was the last."""
        self._dispatcher.last_error = str(error)
        is_fatal = isinstance(error, BindRefusedError) and error.is_fatal
        is_first = self._opened is not None and not self._opened.done()
        if is_fatal and not self._dispatcher.links:
            self._fatal = error
            self._dispatcher.refuse(error)
            self._finish_open(error)
            self._dispatcher.fail_waiting(error)
        elif is_first and self.config.open == "now":
            self._finish_open(error)
        elif not is_fatal:
            return False
        self._hooks.tell(ConnectFailed(str(error), None))
        return True

    def _finish_open(self, error: LinkError | None = None) -> None:
        """End the wait of `open`, once."""
        opened = self._opened
        if opened is None or opened.done():
            return
        if error is None:
            opened.set_result(None)
        else:
            opened.set_exception(error)
            # With open="eventually" it is never awaited: mark the exception as retrieved.
            opened.exception()

    async def _connect_any(self) -> Link:
        """Try every host once.

        Raises:
            LinkError: The most specific error of all hosts.
        """
        errors: list[LinkError] = []
        self._connecting += 1
        try:
            for host in self.config.hosts:
                try:
                    return await self._connect(host)
                except LinkError as error:
                    errors.append(error)
                    if isinstance(error, BindRefusedError) and error.is_fatal:
                        break
        finally:
            self._connecting -= 1
        raise _most_telling(errors)

    async def _connect(self, host: Host) -> Link:
        """Connect to one host and bind."""
        config = self.config
        link = await connect(
            config,
            host,
            context=self._context,
            handler=self._dispatcher,
            traffic=self._traffic,
            clock=self._clock,
        )
        try:
            await link.bind(_bind_request(config), config.system_id)
        except BaseException:
            # The old socket is closed before the next one is opened.
            link.abort()
            await link.wait_closed()
            raise
        self._fatal = None
        self.connects += 1
        self.bound_at = self._clock()
        self._dispatcher.add(link)
        self._hooks.tell(LinkBound(str(host), config.mode))
        self._finish_open()
        self._dispatcher.on_room()
        return link

    def __repr__(self) -> str:
        bound = len(self._dispatcher.links)
        return f"<LinkPool {self.state.value}, {bound} of {self.config.binds} links bound>"


def _bind_request(config: SmscConfig) -> Bind:
    """Return the bind request of the config."""
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
    """Return the last refused bind, else the last lost link, else all failed connects in one."""
    refused = [error for error in errors if isinstance(error, BindRefusedError)]
    lost = [error for error in errors if isinstance(error, LinkLostError)]
    if refused or lost:
        return (refused or lost)[-1]
    if len(errors) == 1:
        return errors[0]
    failed = [error for error in errors if isinstance(error, ConnectFailedError)]
    hosts = tuple(host for error in failed for host in error.hosts)
    reasons = [str(error).removeprefix("no connection to ") for error in failed]
    joined = ConnectFailedError("; ".join(reasons), hosts=hosts)
    joined.__cause__ = failed[-1].__cause__
    return joined

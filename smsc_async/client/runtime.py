"""Per-`async with` state of a client: what exists from entering it to leaving it.

Rule: made in one event loop and used in that loop alone. It connects the rooms below (messages
become PDUs, PDUs go to links, responses and receipts come back) and is their one `TrafficHandler`.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pdu import BindMode
from smsc_async.client.admission import AdmissionControl
from smsc_async.client.handlers import NO_HANDLERS
from smsc_async.client.inbound import InboundRouter
from smsc_async.client.stats import Stats
from smsc_async.client.submission import MessageJob
from smsc_async.config import SmscConfig
from smsc_async.errors import ClientClosedError, ConfigError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import Addressing, Composer, wire_text
from smsc_async.link import Dispatcher, LinkPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdu import Pdu
    from smsc_async.client.admission import Blocked
    from smsc_async.client.handlers import Handlers
    from smsc_async.gateway.plan import Plan
    from smsc_async.instrumentation import Hooks
    from smsc_async.link.contract import Responder
    from smsc_async.messages import Message, R_co
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token
    from smsc_async.stores import RuleStore


HANDLER_DRAIN = 30.0
"""Seconds that running handlers may take to end when the client is left."""


class ClientRuntime:
    """A client that is in use.

    Args:
        config: As the user gave it.
        limits: The gateway's limits.
        store: Where the rules' state is.
        hooks: Called with the events of the links.
        clock: Seconds of a monotonic clock; None takes the event loop's.
        handlers: The user's handlers of receipts and incoming messages.
    """

    def __init__(
        self,
        config: SmscConfig,
        limits: GatewayLimits,
        store: RuleStore,
        hooks: Hooks,
        clock: Callable[[], float] | None,
        *,
        handlers: Handlers = NO_HANDLERS,
    ) -> None:
        self.config = config
        self.loop = asyncio.get_running_loop()
        self.thread = threading.get_ident()
        self.now = clock or _clock_of(self.loop)
        self._text_settings = settings = TextSettings.from_config(config)
        self.addressing = Addressing.from_config(config)
        self._composer = Composer(settings, self.addressing)
        # Two processes that begin at 0 would mix up their parts at the same phone.
        self._reference = random.randrange(256)  # noqa: S311 - no secret
        self._store = store
        self._simulator = AsyncExitStack()
        self.accepted_messages = 0
        self.failed_messages = 0
        self.is_leaving = False
        self.may_send = config.mode is not BindMode.RECEIVER
        self.admission = AdmissionControl(limits, store, self.now)
        self.dispatcher = Dispatcher(
            config, self, hooks=hooks, clock=self.now, lateness=self.admission.lateness
        )
        self.pool = LinkPool(config, self.dispatcher, self, hooks=hooks, clock=self.now)
        self.inbound = InboundRouter(
            config, settings, self.dispatcher, clock=self.now, handlers=handlers
        )
        self._correlator = self.inbound.correlator

    async def open(self) -> None:
        """Connect and bind; start the simulator first if the config asks for it."""
        try:
            if self.config.is_simulated:
                self.pool.config = await self._start_simulator()
            self.inbound.open()
            await self.pool.open()
        except BaseException:
            await self.close(drain=False)
            raise

    async def close(self, *, drain: bool) -> None:
        """Refuse new messages, wait for those under way if *drain*, unbind, close.

        Handlers that run are waited for first, so that their deliveries are answered. Cancelling
        closes at once.
        """
        self.is_leaving, self.may_send = True, False
        self.admission.shutdown()
        try:
            await self._close_handlers(HANDLER_DRAIN if drain else 0.0)
            await self.pool.close(drain=drain)
            await self._store.flush()
        finally:
            self.inbound.close()
            self.dispatcher.on_room()
            await self._simulator.aclose()

    async def _close_handlers(self, timeout: float) -> None:  # noqa: ASYNC109 - see `HandlerRunner.close`
        """Wait for the handlers; when cancelled, wait for the links no more either."""
        try:
            await self.inbound.close_handlers(timeout)
        except BaseException:
            for link in tuple(self.dispatcher.links):
                link.abort()
            await self.pool.close(drain=False)
            raise

    def check_loop(self, *, may_leave: bool = False) -> None:
        """Raise ClientClosedError in any loop but its own, and unless *may_leave* while leaving."""
        if asyncio.get_running_loop() is not self.loop:
            raise ClientClosedError("it belongs to another event loop; make a client for each loop")
        if self.is_leaving and not may_leave:
            raise ClientClosedError

    def prepare(
        self, message: Message[R_co], timeout: float | None, now: float, replaces: Token | None
    ) -> tuple[MessageJob[R_co], Blocked | None]:
        """Make the parts of a message, and ask the rules at once.

        The rendered text isn't returned: tracebacks may show the local variables of callers.

        Args:
            message: Of any kind.
            timeout: Seconds for each response; None takes the config's.
            now: Current time, as `self.now()` returns it.
            replaces: The reservation of an earlier attempt whose outcome is unknown.

        Returns:
            The job, and why it isn't admitted yet, for `admission.admit`.

        Raises:
            InvalidMessageError: It can't travel on this bind.
            ConfigError: *timeout* is no duration.
        """
        if timeout is not None and not timeout > 0:
            raise ConfigError("timeout", timeout, f"takes more than 0 seconds, got {timeout!r}")
        text, parts = self._composer.compose(message, self._reference)
        if len(parts) > 1:
            self._reference = (self._reference + 1) % 256
        job = MessageJob(message, parts, timeout, self)
        return job, self.admission.try_admit(job, text, now, replaces)

    def preview(self, message: Message[Any], planned: Plan) -> Plan:
        """Add to a plan what the rules would say of the message now."""
        text = wire_text(message, self._text_settings)
        blocked = self.admission.peek(message, planned.pdus, text)
        if blocked is None:
            return planned
        held, retry_after = blocked
        return replace(planned, held_by=held.rule, retry_after=retry_after)

    def withdraw(self, job: MessageJob[Any]) -> None:
        """Forget a message whose caller has gone, if no part of it can have left."""
        if self.dispatcher.withdraw(job):
            self.admission.release(job)

    def stats(self) -> Stats:
        """Return the counters."""
        self.inbound.release()
        return Stats(
            accepted=self.accepted_messages,
            failed=self.failed_messages,
            in_flight=self.dispatcher.in_flight,
            waiting=self.dispatcher.waiting,
            connects=self.pool.connects,
            throttled=self.dispatcher.throttled_responses,
            repeated_receipts=self.inbound.repeated_receipts,
            receipts=self.inbound.receipts_taken,
            incoming=self.inbound.messages_taken,
            unread_receipts=len(self.inbound.receipts),
            unread_incoming=len(self.inbound.incoming),
            dropped_receipts=self.inbound.receipts.dropped,
            dropped_incoming=self.inbound.incoming.dropped,
        )

    # TrafficHandler.

    def on_request(self, link: Responder, request: Pdu) -> None:
        """Route a receipt or an incoming message."""
        self.inbound.on_request(link, request)

    def on_accepted(self, job: MessageJob[Any], message_id: str) -> None:
        """Expect the receipts of an accepted part."""
        early = self._correlator.register(job, message_id)
        if early:
            self.inbound.route_early(early)

    def on_postponed(self, job: MessageJob[Any]) -> None:
        """Report to the rules that a message is written later than they admitted it for."""
        self.admission.postpone(job)

    def on_finished(self, job: MessageJob[Any], message_id: str = "") -> None:
        """Count the outcome of a message, report it to the rules and to the caller."""
        if job.failure is None:
            self.accepted_messages += 1
        else:
            self.failed_messages += 1
            self.admission.record_outcome(job)
        waiter = job.waiter
        if waiter is None:
            if job.bulk is not None:
                job.bulk.on_finished(job)
        elif not waiter.done():
            waiter.set_result(None)
        if message_id:
            self.on_accepted(job, message_id)

    async def _start_simulator(self) -> SmscConfig:
        """Start the embedded simulator; return the config that leads to it."""
        from smsc_async.simulator import Simulator  # noqa: PLC0415 - imported when used

        simulator = await self._simulator.enter_async_context(Simulator())
        target = SmscConfig.from_url(simulator.url)
        return replace(
            self.config,
            is_simulated=False,
            hosts=target.hosts,
            system_id=self.config.system_id or target.system_id,
            password=self.config.password if self.config.system_id else target.password,
        )

    def __repr__(self) -> str:
        return f"<ClientRuntime {self.pool!r}, {self.dispatcher!r}, {self.inbound!r}>"


def _clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Return the clock of a loop; of asyncio's own loops the function itself (hot path)."""
    is_plain = type(loop).time is asyncio.BaseEventLoop.time
    return time.monotonic if is_plain else loop.time

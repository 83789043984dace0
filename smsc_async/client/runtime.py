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

import anyio

from pdu import BindMode
from pdu._tracebacks import strip_frames
from smsc_async._base_errors import check_duration
from smsc_async.client.admission import AdmissionControl, utc_now
from smsc_async.client.handlers import NO_HANDLERS
from smsc_async.client.inbound import InboundRouter
from smsc_async.client.receipt_wait import ReceiptWaiters
from smsc_async.client.stats import Stats
from smsc_async.client.submission import MessageJob
from smsc_async.client.wakeups import Wakeups
from smsc_async.config import SimulatorSettings, SmscConfig
from smsc_async.errors import (
    ClientClosedError,
    Outcome,
    ResponseTimeoutError,
    SendError,
    SubmitInterruptedError,
)
from smsc_async.gateway.addressing import Addressing
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import Composer, identity_of, wire_text
from smsc_async.gateway.dialect import SMSC_RU
from smsc_async.instrumentation import SendAbandoned
from smsc_async.link import Dispatcher, LinkPool, LinkState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pdu import Pdu
    from smsc_async.client.admission import Blocked
    from smsc_async.client.handlers import Handlers
    from smsc_async.gateway.dialect import Dialect
    from smsc_async.gateway.plan import Plan
    from smsc_async.instrumentation import Hooks
    from smsc_async.link.connector import Connector
    from smsc_async.link.contract import Responder
    from smsc_async.messages import Message, R_co
    from smsc_async.rules.checks import Check
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Token
    from smsc_async.simulator import Simulator
    from smsc_async.stores import RuleStore


class ClientRuntime:
    """A client that is in use.

    Args:
        config: As the user gave it.
        limits: The gateway's limits.
        store: Where the rules' state is; they count by its clock, all else by the event loop's.
        hooks: Called with the events of the links.
        dialect: How the SMSC writes receipts and ids.
        checks: Asked before the rules.
        wall_clock: Time of day for the checks, aware; None takes the system's.
        handlers: The user's handlers of receipts and incoming messages.
        connector: Makes every socket; None connects to the hosts themselves.
    """

    def __init__(
        self,
        config: SmscConfig,
        limits: GatewayLimits,
        store: RuleStore,
        hooks: Hooks,
        *,
        dialect: Dialect = SMSC_RU,
        checks: tuple[Check, ...] = (),
        wall_clock: Callable[[], datetime] | None = None,
        handlers: Handlers = NO_HANDLERS,
        connector: Connector | None = None,
    ) -> None:
        self.config = config
        self.loop = asyncio.get_running_loop()
        self.wakeups = Wakeups()
        self.thread = threading.get_ident()
        self.now = _clock_of(self.loop)
        self._text_settings = settings = TextSettings.from_config(config)
        self.addressing = Addressing.from_config(config)
        self._composer = Composer(settings, self.addressing)
        # Two processes that begin at 0 would mix up their parts at the same phone.
        self._reference = random.randrange(256)  # noqa: S311 - no secret
        self._hooks = hooks
        self.simulator: Simulator | None = None
        self._simulator_life = AsyncExitStack()
        self.accepted_messages = 0
        self.failed_messages = 0
        self.abandoned_messages = 0
        self.is_leaving = False
        self.may_send = config.mode is not BindMode.RECEIVER
        self.rules_clock = store.now
        self.admission = AdmissionControl(
            limits, store, self.now, checks=checks, wall_clock=wall_clock or utc_now
        )
        self.dispatcher = Dispatcher(
            config, self, hooks=hooks, clock=self.now, lateness=self.admission.lateness
        )
        self.admission.turns.on_moved = self.dispatcher.on_room
        self.admission.overdue.dispatcher = self.admission.moves.dispatcher = self.dispatcher
        self.pool = LinkPool(
            config, self.dispatcher, self, hooks=hooks, clock=self.now, connector=connector
        )
        self.inbound = InboundRouter(
            config, settings, self.dispatcher, clock=self.now, dialect=dialect, handlers=handlers
        )
        self._correlator = self.inbound.correlator
        self.receipt_waiters = self._correlator.waiters = ReceiptWaiters(self.wakeups)

    async def open(self) -> None:
        """Connect and bind; start the simulator first if the config asks for it.

        Raises:
            ClientClosedError: It was closed meanwhile.
        """
        try:
            if self.config.is_simulated:
                self.pool.config = await self._start_simulator()
                self.check_loop()  # `close` may have ended meanwhile
            self.inbound.open()
            self.admission.open()
            await self.pool.open()
            self.check_loop()
        except BaseException:
            await self.close(drain=0.0)
            raise

    async def close(self, *, drain: float) -> None:
        """Refuse new messages, wait *drain* seconds for those under way, unbind, close.

        Handlers that run have the same time, so that their deliveries are answered. Cancelling
        closes at once.
        """
        self.is_leaving, self.may_send = True, False
        self.dispatcher.close()
        deadline = self.now() + drain
        try:
            if drain > 0 and self.pool.state is not LinkState.FAILED:
                self.admission.shutdown(after=drain)
                with anyio.move_on_after(drain):
                    await self.admission.drain()
            self.admission.shutdown()
            await self._close_handlers(max(0.0, deadline - self.now()))
            await self.pool.close(drain=deadline - self.now())
            self.admission.turns.move_up()
            self.admission.close()
            await self.admission.flush()
        finally:
            self.admission.close()
            self.inbound.close()
            self.dispatcher.on_room()
            await self._simulator_life.aclose()

    async def _close_handlers(self, timeout: float) -> None:  # noqa: ASYNC109 - see `HandlerRunner.close`
        """Wait for the handlers; when cancelled, wait for the links no more either."""
        try:
            await self.inbound.close_handlers(timeout)
        except BaseException:
            for link in tuple(self.dispatcher.links):
                link.abort()
            await self.pool.close(drain=0.0)
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

        The identity holds the text and isn't returned: tracebacks may show the local variables of
        callers.

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
        if timeout is not None:
            check_duration("timeout", timeout)
        identity, parts = self._composer.compose(message, self._reference)
        if len(parts) > 1:
            self._reference = (self._reference + 1) % 256
        job = MessageJob(message, parts, timeout, self)
        return job, self.admission.try_admit(job, identity, now, replaces)

    def preview(self, message: Message[Any], planned: Plan) -> Plan:
        """Add to a plan what checks and rules would say of the message now.

        Raises:
            SendError: A check has failed.
        """
        blocked = self.admission.ask_checks(message)
        if isinstance(blocked, SendError):
            raise blocked
        if blocked is not None:
            return replace(planned, held_by="check", retry_after=blocked.wait)
        return self._preview_rules(message, planned)

    def _preview_rules(self, message: Message[Any], planned: Plan) -> Plan:
        """Add to a plan what the rules would say of the message now."""
        identity = identity_of(message, wire_text(message, self._text_settings))
        blocked = self.admission.peek(message, planned.pdus, identity)
        if blocked is None:
            return planned
        held, retry_after = blocked
        return replace(planned, held_by=held.rule, retry_after=retry_after)

    def withdraw(self, job: MessageJob[Any]) -> None:
        """Forget a message whose caller has gone, if no part of it can have left."""
        if self.dispatcher.withdraw(job):
            self.admission.release(job)
        elif job.is_outcome_unread:
            self.count_abandoned(job.message_ids, job.failure)

    def expire(self, job: MessageJob[Any], within: float) -> None:
        """End the wait of a caller whose `within` seconds are over.

        A message that was written goes on to its outcome.
        """
        waiter = job.waiter
        if waiter is None or waiter.done():
            return
        if self.dispatcher.withdraw(job):
            self.failed_messages += 1
            self.admission.release(job)
            waiter.set_result(self.unwritten_error(job, within))
            return
        error = ResponseTimeoutError(job.message, timeout=within, message_ids=job.message_ids)
        error.reservation = job.reservation
        waiter.set_result(error)

    def unwritten_error(self, job: MessageJob[Any], within: float) -> SendError:
        """Return why no part of a message is with the gateway."""
        if job.was_throttled:
            return self.dispatcher.throttled_error(job)
        return not_sent(job.message, within, self.dispatcher.why_waiting)

    def count_abandoned(self, message_ids: tuple[str, ...], error: SendError | None) -> None:
        """Count and report the outcome of a message whose caller has gone."""
        if error is None or error.outcome is not Outcome.NOT_SENT:
            self.abandoned_messages += 1
            if error is not None:
                strip_frames(error)
            self._hooks.tell(SendAbandoned(message_ids, error))

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
            repeated_receipts=self.inbound.dedup.repeats,
            abandoned=self.abandoned_messages,
            receipts=self.inbound.receipts_taken,
            incoming=self.inbound.messages.taken,
            unread_receipts=len(self.inbound.receipts),
            unread_incoming=len(self.inbound.incoming),
            dropped_receipts=self.inbound.receipts.dropped,
            dropped_incoming=self.inbound.incoming.dropped,
        )

    # TrafficHandler.

    def on_read_done(self) -> None:
        """Let the callers go on whose results were read."""
        self.wakeups.run()

    def on_request(self, link: Responder, request: Pdu) -> None:
        """Route a receipt or an incoming message."""
        self.inbound.on_request(link, request)

    def on_accepted(self, job: MessageJob[Any], message_id: str) -> None:
        """Expect the receipts of an accepted part."""
        early = self._correlator.register(job, message_id)
        if early:
            self.inbound.route_early(early)

    def on_postponed(self, job: MessageJob[Any]) -> bool:
        """Report to the rules that a message is due later than they admitted it for."""
        return self.admission.postpone(job)

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
            waiter.set_result(job.failure)
        else:
            self.count_abandoned(job.message_ids, job.failure)
        if message_id:
            early = self._correlator.register(job, message_id)
            if early:
                self.inbound.route_early(early)

    async def _start_simulator(self) -> SmscConfig:
        """Start the embedded simulator; return the config that leads to it."""
        from smsc_async.simulator import Scenario, Simulator  # noqa: PLC0415 - imported when used
        from smsc_async.simulator.clock import GatewayClock  # noqa: PLC0415 - as above

        config, wanted = self.config, self.config.simulator
        scenario = Scenario(
            default_alphabet=config.default_alphabet or None,
            packed_gsm=config.packed_gsm,
            state=wanted.state,
            error_code=wanted.error_code,
            receipt_delay=wanted.receipt_delay,
        )
        clock = self.rules_clock if isinstance(self.rules_clock, GatewayClock) else None
        self.simulator = simulator = Simulator(scenario, clock=clock, hold=wanted.hold)
        await self._simulator_life.enter_async_context(simulator)
        target = SmscConfig.from_url(simulator.url)
        return replace(
            self.config,
            is_simulated=False,
            simulator=SimulatorSettings(),
            hosts=target.hosts,
            system_id=self.config.system_id or target.system_id,
            password=self.config.password if self.config.system_id else target.password,
        )

    def __repr__(self) -> str:
        return f"<ClientRuntime {self.pool!r}, {self.dispatcher!r}, {self.inbound!r}>"


def not_sent(message: Message[Any], within: float, why: str) -> SubmitInterruptedError:
    """Return the error of a message that wasn't written in time."""
    reason = f"it wasn't written within {within:.1f} s: {why}"
    return SubmitInterruptedError(message, outcome=Outcome.NOT_SENT, reason=reason)


def _clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Return the clock of a loop; of asyncio's own loops the function itself (hot path)."""
    is_plain = type(loop).time is asyncio.BaseEventLoop.time
    return time.monotonic if is_plain else loop.time

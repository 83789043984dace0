"""All that exists only between entering a client and leaving it.

Rule: made in one event loop and used in that loop alone. It joins the rooms below: messages become
PDUs, PDUs find a link, what comes back finds its message.
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
from smsc_async.client.admission import AT_ONCE, AdmissionControl
from smsc_async.client.bulk import BulkSend
from smsc_async.client.inbound import InboundRouter
from smsc_async.client.stats import Stats
from smsc_async.client.submission import Submission
from smsc_async.config import SmscConfig
from smsc_async.errors import ClientClosedError, ConfigError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.compose import Addressing, Composer
from smsc_async.instrumentation import LOG
from smsc_async.link import Dispatcher
from smsc_async.link.dispatcher import Requests

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable

    from smsc_async.client.admission import Blocked
    from smsc_async.client.submission import FailedSubmission
    from smsc_async.gateway.plan import Plan
    from smsc_async.instrumentation import Hooks
    from smsc_async.link import Link
    from smsc_async.link.submit_job import SubmitObserver
    from smsc_async.messages import Message, R_co
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.rules.verdict import Hold, Token
    from smsc_async.stores import RuleStore


class ClientRuntime:
    """A client that is in use.

    Args:
        config: As the user gave it.
        rules: The gateway's limits, and where their memory is.
        hooks: Who is told of links that come and go.
        clock: Seconds of a monotonic clock; None takes the event loop's.
    """

    def __init__(
        self,
        config: SmscConfig,
        rules: tuple[GatewayLimits, RuleStore],
        hooks: Hooks,
        clock: Callable[[], float] | None,
    ) -> None:
        self._config = config
        self.loop = asyncio.get_running_loop()
        self.thread = threading.get_ident()
        self.now = clock or _clock_of(self.loop)
        settings = TextSettings.from_config(config)
        self.addressing = Addressing.from_config(config)
        self._composer = Composer(settings, self.addressing)
        self._store = rules[1]
        self.gate = AdmissionControl(*rules, self.now)
        # Two processes that begin at 0 would mix up their parts at the same phone.
        self._reference = random.randrange(256)  # noqa: S311 - no secret
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._batches: set[BulkSend] = set()
        self._simulator = AsyncExitStack()
        self.accepted_messages = 0
        self.failed_messages = 0
        self.is_leaving = False
        self.may_send = config.mode is not BindMode.RECEIVER
        self.inbound = InboundRouter(
            config,
            settings,
            clock=self.now,
            owes_response=lambda: self.links.owes_response,
            waits=self._arm,
        )
        requests = Requests(self.inbound.requested, self._unexpected, self._has_room)
        self.links = Dispatcher(
            config, requests, hooks=hooks, clock=self.now, lateness=self.gate.lateness
        )
        # As an owner of messages, without a step in between.
        self.accepted = self.inbound.correlator.learn
        self.late = self.gate.postpone

    async def open(self) -> None:
        """Connect and bind; start the simulator first if the config asks for it."""
        try:
            if self._config.is_simulated:
                self.links.config = await self._started_simulator()
            await self.links.open()
        except BaseException:
            await self.close(drain=False)
            raise

    async def close(self, *, drain: bool) -> None:
        """Take nothing new, let what is under way end if *drain*, unbind, close.

        Cancelling closes at once.
        """
        self.is_leaving, self.may_send = True, False
        self.gate.leave()
        try:
            await self.links.close(drain=drain)
            await self._store.flush()
        finally:
            self.inbound.close()
            self._has_room()
            if self._timer is not None:
                self._timer.cancel()
            await self._simulator.aclose()

    def check_loop(self) -> None:
        """Raise ClientClosedError in any loop but its own, and while it is being left."""
        if asyncio.get_running_loop() is not self.loop:
            raise ClientClosedError("it belongs to another event loop; make a client for each loop")
        if self.is_leaving:
            raise ClientClosedError

    def enter(
        self,
        message: Message[R_co],
        timeout: float | None,
        owner: SubmitObserver,
        now: float,
        token: Token | None = None,
    ) -> tuple[Submission[R_co], Blocked | None]:
        """Turn a message into parts that wait for their turn, and ask the rules at once.

        The text stays in here: whoever shows the variables of a traceback shows no text.

        Args:
            message: Of any kind.
            timeout: Seconds for each response; None takes the config's.
            owner: Who is told its fate.
            now: The instant, as `self.now()` has it.
            token: Of an unknown outcome that is sent again on purpose.

        Returns:
            The submission, and what keeps it from going, for `gate.ask` to wait for.

        Raises:
            InvalidMessageError: It can't travel on this bind.
            ConfigError: *timeout* is no duration.
        """
        if timeout is not None and not timeout > 0:
            raise ConfigError("timeout", timeout, f"takes more than 0 seconds, got {timeout!r}")
        text, parts = self._composer.compose(message, self._reference)
        if len(parts) > 1:
            self._reference = (self._reference + 1) % 256
        submission = Submission(message, parts, timeout, owner)
        return submission, self.gate.ask_now(submission, text, now, token)

    def foresee(self, message: Message[Any], planned: Plan) -> Plan:
        """Add to a plan what the rules would say of the message now."""
        told = self.gate.peek(message, planned.pdus, self._composer.wire_text(message))
        if told is None:
            return planned
        held, retry_after = told
        return replace(planned, held_by=held.rule, retry_after=retry_after)

    def withdraw(self, submission: Submission[Any]) -> None:
        """Forget a message whose sender has gone, if nothing of it can have gone."""
        if self.links.withdraw(submission):
            self.gate.release(submission)

    def settled(self, submission: Submission[Any]) -> None:
        """Take the fate of a message of `send`: wake whoever waits for it."""
        if submission.failure is None:
            self.accepted_messages += 1
        else:
            self.failed(submission)
        waiter = submission.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def failed(self, submission: Submission[Any]) -> None:
        """Count a message that failed, and tell the rules."""
        self.failed_messages += 1
        self.gate.settle(submission)

    def send_many(
        self,
        messages: Iterable[Message[Any]] | AsyncIterable[Message[Any]],
        timeout: float | None,
        hold: Hold | None,
    ) -> AsyncGenerator[Submission[Any] | FailedSubmission]:
        """Send messages one after the other, see `SmscClient.send_many`."""
        return BulkSend(self, timeout, hold or AT_ONCE).run(messages)

    def begin_batch(self, batch: BulkSend) -> None:
        """Let a run look again whenever there may be room."""
        self._batches.add(batch)

    def end_batch(self, batch: BulkSend) -> None:
        """Forget a run."""
        self._batches.discard(batch)

    def stats(self) -> Stats:
        """Return what was counted so far."""
        return Stats(
            accepted=self.accepted_messages,
            failed=self.failed_messages,
            in_flight=self.links.in_flight,
            waiting=self.links.waiting,
            connects=self.links.connects,
            throttled=self.links.throttled_responses,
            repeated_receipts=self.inbound.repeated_receipts,
            receipts=self.inbound.receipts_taken,
            incoming=self.inbound.messages_taken,
            unread_receipts=len(self.inbound.receipts),
            unread_incoming=len(self.inbound.incoming),
        )

    async def _started_simulator(self) -> SmscConfig:
        """Start the embedded simulator; return the config that leads to it."""
        from smsc_async.simulator import Simulator  # noqa: PLC0415 - only who asks pays for it

        simulator = await self._simulator.enter_async_context(Simulator())
        target = SmscConfig.from_url(simulator.url)
        return replace(
            self._config,
            is_simulated=False,
            hosts=target.hosts,
            system_id=self._config.system_id or target.system_id,
            password=self._config.password if self._config.system_id else target.password,
        )

    def _unexpected(self, _link: Link, event: object) -> None:
        """Note what should not have happened."""
        LOG.debug("< unexpected: %s", type(event).__name__)

    def _has_room(self) -> None:
        """Let every batch look again, and receipts wait for no response that isn't owed."""
        if self.inbound.correlator.has_early and not self.links.owes_response:
            self.inbound.correlator.give_up_early()
        for batch in self._batches:
            batch.wake()

    def _arm(self) -> None:
        """Keep one timer for what waits in the inbound."""
        deadline = self.inbound.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        wait = max(0.0, deadline - self.now())
        self._timer = self.loop.call_later(wait, self._expire)

    def _expire(self) -> None:
        """Hand out what has waited long enough in the inbound."""
        self._timer = None
        self.inbound.expire(self.now())
        self._arm()


def _clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Return the clock of a loop: of asyncio's own loops without the method around it."""
    is_plain = type(loop).time is asyncio.BaseEventLoop.time
    return time.monotonic if is_plain else loop.time

"""All that exists only between entering a client and leaving it.

Rule: made in one event loop and used in that loop alone. It joins the rooms below: messages become
PDUs, PDUs find a link, what comes back finds its message.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsc_async.batch import Batch
from smsc_async.config import SmscConfig
from smsc_async.errors import ClientClosedError, ConfigError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import Addressing, segments
from smsc_async.inbox import Inbox
from smsc_async.instrumentation import LOG
from smsc_async.link import LinkManager
from smsc_async.link.manager import Requests
from smsc_async.messages import Coding, Message, R_co
from smsc_async.status import Stats
from smsc_async.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsc_async.instrumentation import Hooks
    from smsc_async.link import Link


class Running:
    """A client that is in use.

    Args:
        config: As the user gave it.
        hooks: Who is told of links that come and go.
        clock: Seconds of a monotonic clock; None takes the event loop's.
    """

    def __init__(self, config: SmscConfig, hooks: Hooks, clock: Callable[[], float] | None) -> None:
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._clock = clock or self._loop.time
        self._settings = text_settings(config)
        self.addressing = _addressing(config)
        # Two processes that begin at 0 would mix up their parts at the same phone.
        self._reference = random.randrange(256)  # noqa: S311 - no secret
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._batches: set[Batch] = set()
        self._simulator = AsyncExitStack()
        self._accepted = 0
        self._failed = 0
        self.is_leaving = False
        self.inbox = Inbox(
            config,
            self._settings,
            clock=self._clock,
            owes_response=lambda: self.links.owes_response,
            waits=self._arm,
        )
        requests = Requests(self.inbox.requested, self._unexpected, self._has_room)
        self.links = LinkManager(config, requests, hooks=hooks, clock=self._clock)

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
        self.is_leaving = True
        try:
            await self.links.close(drain=drain)
        finally:
            self.inbox.close()
            self._has_room()
            if self._timer is not None:
                self._timer.cancel()
            await self._simulator.aclose()

    def check_loop(self) -> None:
        """Raise ClientClosedError in any loop but its own, and while it is being left."""
        if asyncio.get_running_loop() is not self._loop:
            raise ClientClosedError("it belongs to another event loop; make a client for each loop")
        if self.is_leaving:
            raise ClientClosedError

    def submission(
        self,
        message: Message[R_co],
        timeout: float | None,
        on_finished: Callable[[Submission[Any]], None],
    ) -> Submission[R_co]:
        """Turn a message into PDUs that wait for their turn.

        Raises:
            InvalidMessageError: It can't travel on this bind.
            ConfigError: *timeout* is no duration.
        """
        if timeout is not None and not timeout > 0:
            raise ConfigError("timeout", timeout, f"takes more than 0 seconds, got {timeout!r}")
        pdus = segments(
            message,
            reference=self._reference,
            settings=self._settings,
            addressing=self.addressing,
        )
        if len(pdus) > 1:
            self._reference = (self._reference + 1) % 256

        def finished(submission: Submission[Any]) -> None:
            self._count(submission)
            on_finished(submission)

        return Submission(message, pdus, timeout, self.inbox.desk.learn, finished)

    def batch(self, timeout: float | None) -> Batch:
        """Make a run of `send_many`; `end_batch` when it is over."""
        batch = Batch(
            self.links, lambda message, finished: self.submission(message, timeout, finished)
        )
        self._batches.add(batch)
        return batch

    def end_batch(self, batch: Batch) -> None:
        """Forget a run."""
        self._batches.discard(batch)

    def stats(self) -> Stats:
        """Return what was counted so far."""
        return Stats(
            accepted=self._accepted,
            failed=self._failed,
            in_flight=self.links.in_flight,
            waiting=self.links.waiting,
            connects=self.links.connects,
            repeated_receipts=self.inbox.repeated_receipts,
            receipts=self.inbox.receipts_taken,
            incoming=self.inbox.messages_taken,
            unread_receipts=len(self.inbox.receipts),
            unread_incoming=len(self.inbox.incoming),
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

    def _count(self, submission: Submission[Any]) -> None:
        """Count a message whose fate is known."""
        if submission.failure is None:
            self._accepted += 1
        else:
            self._failed += 1

    def _unexpected(self, _link: Link, event: object) -> None:
        """Note what should not have happened."""
        LOG.debug("< unexpected: %s", type(event).__name__)

    def _has_room(self) -> None:
        """Let every batch look again, and receipts wait for no response that isn't owed."""
        if self.inbox.desk.has_early and not self.links.owes_response:
            self.inbox.desk.give_up_early()
        for batch in self._batches:
            batch.wake()

    def _arm(self) -> None:
        """Keep one timer for what waits in the inbox."""
        deadline = self.inbox.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        wait = max(0.0, deadline - self._clock())
        self._timer = self._loop.call_later(wait, self._expire)

    def _expire(self) -> None:
        """Hand out what has waited long enough in the inbox."""
        self._timer = None
        self.inbox.expire(self._clock())
        self._arm()


def text_settings(config: SmscConfig) -> TextSettings:
    """Return how texts are coded on a bind with this config."""
    return TextSettings(
        latin1=config.is_latin1,
        markup=Coding[config.markup_coding.upper()],
        smart=config.smart_text,
    )


def _addressing(config: SmscConfig) -> Addressing:
    """Return the types of number and numbering plans of a config."""
    return Addressing(
        source_ton=config.source_ton,
        source_npi=config.source_npi,
        dest_ton=config.dest_ton,
        dest_npi=config.dest_npi,
    )

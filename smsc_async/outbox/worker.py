"""The worker: claims entries, sends them, stores their outcomes.

Rule: a claimed entry is SENDING on disk before its first octet is written, and not earlier; each
attempt ends in exactly one outcome. A cancel stops claims, gives back what wasn't written, and
gives the messages in flight a grace period; those without an outcome by then are UNKNOWN.
"""

from __future__ import annotations

import asyncio
from logging import INFO, WARNING
from typing import TYPE_CHECKING, Any

import anyio

from smsc_async._deadline_timer import NEVER
from smsc_async.client.receipt_reader import id_keys
from smsc_async.errors import ClientClosedError, InvalidMessageError, SendError, SmscError
from smsc_async.instrumentation import LOG, log
from smsc_async.link import LinkState
from smsc_async.outbox import worker_queries
from smsc_async.outbox.attempt import OutboxTicket, Settlement, of_resend, settlement_of, unknown
from smsc_async.outbox.entry import OutboxState
from smsc_async.outbox.errors import OutboxUnavailableError
from smsc_async.outbox.resend_window import WriteLimit, window_of
from smsc_async.outbox.shielded import run_to_completion

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from smsc_async.client.client import SmscClient
    from smsc_async.client.submission import Submission
    from smsc_async.client.write_queue import WriteQueue
    from smsc_async.messages import Message
    from smsc_async.outbox.attempt import Attempt
    from smsc_async.outbox.ledger import Ledger
    from smsc_async.receipts import Receipt

POLL_INTERVAL = 1.0
"""Seconds after which an idle worker looks for entries of other processes."""
LINK_POLL_INTERVAL = 0.1
"""Seconds between two looks at a link that is down; no database is read."""
DATABASE_POLL_INTERVAL = 0.5
"""Seconds between two attempts to reach a database that is down."""
RECOVERY_INTERVAL = 5.0
"""Seconds between two searches for entries of stale owners."""
EXPIRY_INTERVAL = 3600.0
"""Seconds between two searches for receipts that no message has claimed."""
CLOCK_STEP = 1.0
"""Seconds by which the database's clock must fall behind to count as set back."""
MAX_RECORDINGS = 1000
"""Receipts that are being stored at once."""


class Worker:
    """One run of a worker.

    Args:
        ledger: Provides the entries and stores the outcomes.
        smsc: The client; open while this runs.
        concurrency: Messages claimed and in flight at most.
        stop_when_empty: End when no entry is queued; otherwise only a cancel ends the run.
        grace: Seconds that messages in flight get when the worker stops.
        receipts: Read the client's receipts and store the final ones.
        patience: Seconds to go on while the database can't be reached.

    Attributes:
        receipt_key: Makes ids of receipts comparable; None compares them as they are.
    """

    def __init__(
        self,
        ledger: Ledger,
        smsc: SmscClient,
        *,
        concurrency: int,
        stop_when_empty: bool,
        grace: float,
        receipts: bool,
        patience: float,
    ) -> None:
        self._ledger = ledger
        self._smsc = smsc
        self._concurrency = concurrency
        self._stop_when_empty = stop_when_empty
        self._grace = grace
        self._patience = patience
        self._response_key, self.receipt_key = id_keys(smsc.dialect, smsc.config.message_ids)
        self._reads_receipts = receipts
        self._queue: WriteQueue[OutboxTicket] = smsc.write_queue(self._begin_sending)
        self._sends: set[asyncio.Task[Any]] = set()
        # Those of them whose message the client has.
        self._in_client: set[asyncio.Task[Any]] = set()
        self._recordings: set[asyncio.Task[Any]] = set()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._is_over = False
        self._pause = 0.0
        self._recover_at = 0.0
        self._expire_at = 0.0
        # How far the database's clock is ahead of the loop's; unknown at first.
        self._clock_lead = NEVER
        self._has_more = False
        self._link_down_since: float | None = None
        self._is_unstored = True
        self._unavailable_since: float | None = None
        self._failure: BaseException | None = None

    def __repr__(self) -> str:
        state = "stopping" if self._is_stopping else "running"
        return f"<Worker {state}, {len(self._sends)} of {self._concurrency} in flight>"

    async def run(self) -> None:
        """Work until no entry is left, a failure, or a cancel.

        Raises:
            OutboxError: The database failed; known outcomes are kept in the ledger.
            LinkError: The client is closed, or the gateway refused its login for good.
        """
        self._ledger.listeners.add(self._wake)
        try:
            await run_to_completion(self._work(), on_cancel=lambda again: self._stop(at_once=again))
        finally:
            self._ledger.listeners.discard(self._wake)

    def _stop(self, *, at_once: bool) -> None:
        """Claim and write no more; cancel what is in flight after the grace period, or at once."""
        self._is_stopping = True
        self._wake.set()
        self._queue.stop()
        loop = asyncio.get_running_loop()
        loop.call_later(0 if at_once else self._grace, self._cancel_sends)

    def _cancel_sends(self) -> None:
        """Cancel the messages that the client has; those that were written are UNKNOWN."""
        for task in self._in_client:
            task.cancel()

    async def _work(self) -> None:
        """Claim and send until there is a reason to stop, then wait for what is in flight."""
        reader = asyncio.create_task(self._read_receipts()) if self._reads_receipts else None
        try:
            await self._claim_and_send()
        except Exception as error:  # noqa: BLE001 - raised below, when nothing is in flight
            self._fail(error)
        if not self._is_stopping:
            self._stop(at_once=False)
        while self._sends:
            await asyncio.wait(self._sends)
        self._queue.close()
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
        while self._recordings:
            await asyncio.wait(self._recordings)
        if self._failure is not None:
            raise self._failure

    def _start(self, work: Coroutine[Any, Any, Any], tasks: set[asyncio.Task[Any]]) -> None:
        """Start a task; its failure ends the run, but no other task."""
        task = asyncio.create_task(work)  # hot path
        tasks.add(task)

        def on_done(task: asyncio.Task[Any]) -> None:
            """Keep a failure; claim again when a message has ended."""
            tasks.discard(task)
            error = None if task.cancelled() else task.exception()
            if error is not None:
                self._fail(error)
            if tasks is self._sends:
                self._wake.set()

        task.add_done_callback(on_done)

    def _fail(self, error: BaseException) -> None:
        """Keep the first failure; it ends the run."""
        self._failure = self._failure or error
        self._wake.set()

    # --- claims ---

    async def _claim_and_send(self) -> None:
        """Claim entries and start to send each, until the worker stops."""
        while not (self._is_over or self._is_stopping or self._failure):
            self._wake.clear()
            self._pause = POLL_INTERVAL
            try:
                await self._claim_once()
                await self._recover_before_the_end()
            except OutboxUnavailableError as error:
                self._is_over = False
                self._note_unavailable(error)
                self._pause = DATABASE_POLL_INTERVAL
            else:
                self._note_available()
            if not self._is_over:
                # Until an entry is queued or a message has ended.
                with anyio.move_on_after(self._pause):
                    await self._wake.wait()

    async def _claim_once(self) -> None:
        """Store what couldn't be stored before, and claim what is due and has room."""
        if self._is_unstored:
            self._expire_at = 0.0
            await self._ledger.settle_unstored()
        now = anyio.current_time()
        if now >= self._expire_at:
            # It writes, so it also shows that the database can be used again.
            await self._ledger.expire_receipts()
            self._expire_at, self._is_unstored = now + EXPIRY_INTERVAL, False
        if now >= self._recover_at:
            self._recover_at = now + RECOVERY_INTERVAL
            await self._ledger.recover_orphans()
        health = self._smsc.health()
        if not health.is_ready:
            if health.state in {LinkState.FAILED, LinkState.CLOSED}:
                raise ClientClosedError(health.last_error or "the outbox needs it open")
            if self._stop_when_empty:
                await self._look_ahead()
            self._pause = LINK_POLL_INTERVAL
            self._give_back_in_time()
            return
        self._link_down_since = None
        room = self._concurrency - len(self._sends)
        if room > 0 and (self._has_more or await self._look_ahead()):
            claimed = await self._ledger.claim_due(room, self._response_key)
            for attempt, message in claimed:
                self._start(self._send(attempt, message), self._sends)
            self._has_more = len(claimed) == room
            if not self._has_more:
                await self._look_ahead()

    def _give_back_in_time(self) -> None:
        """Give claimed entries back when the link is down for long: another worker may have one."""
        now = anyio.current_time()
        self._link_down_since = self._link_down_since or now
        timeout = self._smsc.config.timeouts.link
        if now - self._link_down_since >= timeout:
            self._queue.give_back(f"no link for {timeout:.1f} s")

    async def _look_ahead(self) -> bool:
        """Find out whether an entry is due, when the next one is, and whether there is none."""
        now, due = await self._ledger.read(worker_queries.look)
        lead = now - anyio.current_time()
        if lead < self._clock_lead - CLOCK_STEP:
            await self._ledger.release_ahead()
        self._clock_lead = lead
        self._pause = POLL_INTERVAL if due is None else min(max(due, 0.0), POLL_INTERVAL)
        self._is_over = due is None and self._stop_when_empty and not self._sends
        return due is not None and due <= 0

    async def _recover_before_the_end(self) -> None:
        """Before the run ends, take back what processes held that have ended meanwhile."""
        if self._is_over:
            await self._ledger.recover_orphans()
            await self._look_ahead()

    def _note_unavailable(self, error: OutboxUnavailableError) -> None:
        """Go on without the database for a while; at the end of the patience the run fails."""
        now = anyio.current_time()
        self._ledger.last_error = str(error)
        self._is_unstored = True
        if self._unavailable_since is None:
            self._unavailable_since = now
            log(LOG, WARNING, "! %s; trying again for %.0f s", error, self._patience)
        if now - self._unavailable_since >= self._patience:
            self._fail(error)

    def _note_available(self) -> None:
        """The database answers."""
        if self._unavailable_since is not None:
            log(LOG, INFO, "= the outbox's database answers again")
        self._unavailable_since = self._ledger.last_error = None

    # --- one message ---

    async def _begin_sending(self, tickets: Sequence[OutboxTicket]) -> set[OutboxTicket]:
        """Store that a group is about to be written; return those that still are this worker's."""
        attempts = [ticket.attempt for ticket in tickets]
        kept = await self._ledger.begin_sending(attempts, self._queue.now)
        return {ticket for ticket in tickets if ticket.attempt.identity in kept}

    async def _send(self, attempt: Attempt, message: Message[Any]) -> None:
        """Send an entry and store its outcome."""
        ticket = OutboxTicket(
            attempt,
            self._limit_of(attempt),
            None if attempt.first_write is None else attempt.reservation,
        )
        if self._is_stopping or ticket.remaining() <= 0.0:
            settlement = Settlement(attempt=attempt, state=OutboxState.QUEUED)
        else:
            settlement = await self._outcome(ticket, message)
        if attempt.first_write is not None:
            settlement = of_resend(settlement, ticket.remaining())
        try:
            await self._ledger.settle(settlement)
        except OutboxUnavailableError as error:
            self._note_unavailable(error)

    def _limit_of(self, attempt: Attempt) -> WriteLimit | None:
        """Return the latest instant of the write, if an earlier attempt may have been accepted."""
        if attempt.first_write is None or attempt.may_pay_twice:
            return None
        clock = self._queue.now
        elapsed, window = attempt.first_write.elapsed(), window_of(self._smsc.limits)
        if elapsed is None:
            return WriteLimit(0.0, clock)
        elapsed = max(elapsed, self._ledger.seconds_since_write(attempt.entry_id, clock))
        return WriteLimit(window - elapsed, clock)

    async def _outcome(self, ticket: OutboxTicket, message: Message[Any]) -> Settlement:
        """Send an entry; return the outcome, whatever it is."""
        attempt, task = ticket.attempt, asyncio.current_task()
        assert task is not None  # noqa: S101 - `_start` made one
        self._in_client.add(task)
        try:
            sent = await self._queue.send(message, ticket)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - raised by run()
            return self._failed(ticket, error)
        finally:
            self._in_client.discard(task)
        return self._accepted(attempt, sent)

    def _failed(self, ticket: OutboxTicket, error: BaseException) -> Settlement:
        """Return the outcome of a message that wasn't accepted."""
        attempt = ticket.attempt
        if isinstance(error, SendError) and (ticket.is_written or not self._is_stopping):
            return settlement_of(attempt, error)
        if isinstance(error, InvalidMessageError):
            return Settlement(attempt=attempt, state=OutboxState.REFUSED, reason=str(error))
        if isinstance(error, OutboxUnavailableError):
            self._note_unavailable(error)
        elif not isinstance(error, (SendError, asyncio.CancelledError)):
            self._fail(error)
        if not ticket.is_written:
            reason = str(error) if isinstance(error, SmscError) else ""
            return Settlement(attempt=attempt, state=OutboxState.QUEUED, reason=reason)
        reason = f"sending it failed unexpectedly ({type(error).__name__})"
        if isinstance(error, asyncio.CancelledError):
            reason = "the worker was stopped before the response came"
        return unknown(attempt, reason, ticket.message_ids, ticket.reservation)

    def _accepted(self, attempt: Attempt, sent: Submission[Receipt]) -> Settlement:
        """Return the outcome of an accepted message, with the receipts that came already."""
        ids = attempt.comparable(sent.message_ids)
        receipts = [
            (part_id, int(receipt.state))
            for part_id, receipt in zip(ids, sent.receipts, strict=False)
            if receipt is not None and receipt.is_final and receipt.state is not None
        ]
        return Settlement(
            attempt=attempt,
            state=OutboxState.ACCEPTED,
            message_ids=sent.message_ids,
            receipts=tuple(receipts),
        )

    # --- receipts ---

    async def _read_receipts(self) -> None:
        """Store all final receipts, concurrently, so that they share transactions."""
        try:
            async for receipt in self._smsc.receipts():
                if receipt.is_final and receipt.state is not None:
                    part_id = receipt.message_id
                    if self.receipt_key is not None:
                        part_id = self.receipt_key(part_id)
                    while len(self._recordings) >= MAX_RECORDINGS:
                        await asyncio.wait(self._recordings, return_when=asyncio.FIRST_COMPLETED)
                    self._start(self._record(part_id, int(receipt.state)), self._recordings)
        except SmscError as error:
            LOG.debug("! the outbox reads no receipts: %s", error)

    async def _record(self, part_id: str, state: int) -> None:
        """Store a receipt; the gateway has its answer already, so it is kept until it is stored."""
        while True:
            try:
                await self._ledger.record(part_id, state)
            except OutboxUnavailableError as error:
                self._note_unavailable(error)
                if self._is_stopping or self._failure:
                    raise
                await asyncio.sleep(DATABASE_POLL_INTERVAL)
            else:
                return

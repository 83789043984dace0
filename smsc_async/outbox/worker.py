"""The worker: claims entries, sends them, stores their outcomes.

Rule: an entry is SENDING on disk before the client gets it, and each attempt ends in exactly one
outcome. A cancel stops claims and gives the messages in flight a grace period; those without an
outcome by then are UNKNOWN.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio

from smsc_async.client.receipt_reader import id_keys
from smsc_async.errors import (
    ClientClosedError,
    HeldByRuleError,
    InvalidMessageError,
    LocalProtocolError,
    Outcome,
    SendError,
    SmscError,
    SubmitRefusedError,
    ThrottledError,
)
from smsc_async.instrumentation import LOG
from smsc_async.link import LinkState
from smsc_async.link.backoff import exponential_delay
from smsc_async.outbox import queries
from smsc_async.outbox.entry import OutboxState
from smsc_async.outbox.queries import Attempt, Settlement

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from smsc_async.client.client import SmscClient
    from smsc_async.client.submission import Submission
    from smsc_async.outbox.entry import OutboxEntry
    from smsc_async.outbox.ledger import Ledger
    from smsc_async.receipts import Receipt

POLL_INTERVAL = 1.0
"""Seconds after which an idle worker looks for entries of other processes."""
LINK_POLL_INTERVAL = 0.1
"""Seconds between two looks at a link that is down; no database is read."""
RECOVERY_INTERVAL = 5.0
"""Seconds between two searches for SENDING entries of stale owners."""
FIRST_PAUSE = 1.0
"""Seconds until a message that wasn't sent is retried; doubled with each attempt."""
LONGEST_PAUSE = 60.0
"""Seconds between two attempts at most, unless a rule of the gateway asks for more."""
LONGEST_HOLD = 86_400.0
"""A held message is tried again after at most this many seconds: a check may ask for any time."""
MAX_RECORDINGS = 1000
"""Receipts that are being stored at once."""


class Worker:
    """One run of a worker.

    Args:
        ledger: Provides the entries and stores the outcomes.
        smsc: The client; open while this runs.
        concurrency: Messages in flight at most.
        stop_when_empty: End when no entry is queued; otherwise only a cancel ends the run.
        grace: Seconds that messages in flight get when the worker stops.
        receipts: Read the client's receipts and store the final ones.

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
    ) -> None:
        self._ledger = ledger
        self._smsc = smsc
        self._concurrency = concurrency
        self._stop_when_empty = stop_when_empty
        self._grace = grace
        self._response_key, self.receipt_key = id_keys(smsc.dialect, smsc.config.message_ids)
        self._reads_receipts = receipts
        self._sends: set[asyncio.Task[Any]] = set()
        # Those of them whose message the client has.
        self._in_client: set[asyncio.Task[Any]] = set()
        self._recordings: set[asyncio.Task[Any]] = set()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._is_over = False
        self._pause: float | None = None
        self._recover_at = 0.0
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
        work = asyncio.create_task(self._work(), name="smsc-outbox-worker")
        work.add_done_callback(lambda _: self._ledger.listeners.discard(self._wake))
        cancelled: asyncio.CancelledError | None = None
        while not work.done():
            try:
                # anyio's scopes cancel repeatedly: after the first time this is shielded.
                with anyio.CancelScope(shield=cancelled is not None):
                    await asyncio.wait([work])
            except asyncio.CancelledError as error:
                self._stop(at_once=cancelled is not None)
                cancelled = error
        if cancelled is not None:
            raise cancelled from work.exception()
        work.result()

    def _stop(self, *, at_once: bool) -> None:
        """Claim no more entries; cancel those in flight after the grace period, or at once."""
        self._is_stopping = True
        self._wake.set()
        loop = asyncio.get_running_loop()
        loop.call_later(0 if at_once else self._grace, self._cancel_sends)

    def _cancel_sends(self) -> None:
        """Cancel the messages that the client has; each is stored as UNKNOWN."""
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

    async def _claim_and_send(self) -> None:
        """Claim entries and start to send each, until the worker stops."""
        await self._ledger.settle_unstored()
        while not (self._is_over or self._is_stopping or self._failure):
            self._wake.clear()
            self._pause = None
            if anyio.current_time() >= self._recover_at:
                self._recover_at = anyio.current_time() + RECOVERY_INTERVAL
                await self._ledger.recover_orphans()
            room = self._concurrency - len(self._sends)
            health = self._smsc.health()
            if not health.is_ready:
                if health.state in {LinkState.FAILED, LinkState.CLOSED}:
                    raise ClientClosedError(health.last_error or "the outbox needs it open")
                if self._stop_when_empty:
                    await self._look_ahead()
                self._pause = LINK_POLL_INTERVAL
            elif room > 0:
                claimed = await self._ledger.claim_due(room)
                for attempt, entry in claimed:
                    self._start(self._send(attempt, entry), self._sends)
                if len(claimed) < room:
                    await self._look_ahead()
            if not self._is_over:
                # Until an entry is queued or a message has ended.
                with anyio.move_on_after(self._pause):
                    await self._wake.wait()

    async def _look_ahead(self) -> None:
        """Find out when the next entry is due, and whether there is none."""
        due = await self._ledger.run(queries.next_due)
        self._pause = POLL_INTERVAL if due is None else min(max(due, 0.0), POLL_INTERVAL)
        self._is_over = due is None and self._stop_when_empty and not self._sends

    # --- one message ---

    async def _send(self, attempt: Attempt, entry: OutboxEntry) -> None:
        """Send an entry and store its outcome."""
        if self._is_stopping:
            settlement = Settlement(attempt=attempt, state=OutboxState.QUEUED)
        else:
            settlement = await self._outcome(attempt, entry)
        await self._ledger.settle(settlement)

    async def _outcome(self, attempt: Attempt, entry: OutboxEntry) -> Settlement:
        """Send an entry; return the outcome, whatever it is."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - `_start` made one
        self._in_client.add(task)
        try:
            sent = await self._smsc.send(entry.message)
        except (ClientClosedError, LocalProtocolError) as error:
            # Raised before anything is sent: the client can't be used at all.
            self._fail(error)
            return _requeued(attempt, 0.0, error)
        except SendError as error:
            return settlement_of(attempt, error)
        except InvalidMessageError as error:
            return Settlement(attempt=attempt, state=OutboxState.REFUSED, reason=str(error))
        except asyncio.CancelledError:
            return _unknown(attempt, "the worker was stopped before the response came")
        except Exception as error:  # noqa: BLE001 - raised by run(); its outcome is unknown
            self._fail(error)
            return _unknown(attempt, f"sending it failed unexpectedly ({type(error).__name__})")
        finally:
            self._in_client.discard(task)
        return self._accepted(attempt, sent)

    def _accepted(self, attempt: Attempt, sent: Submission[Receipt]) -> Settlement:
        """Return the outcome of an accepted message, with the receipts that came already."""
        ids = sent.message_ids
        part_ids = tuple(map(self._response_key, ids)) if self._response_key else ids
        receipts = [
            (part_id, int(receipt.state))
            for part_id, receipt in zip(part_ids, sent.receipts, strict=False)
            if receipt is not None and receipt.is_final and receipt.state is not None
        ]
        return Settlement(
            attempt=attempt,
            state=OutboxState.ACCEPTED,
            message_ids=ids,
            part_ids=part_ids,
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
                    self._start(self._ledger.record(part_id, int(receipt.state)), self._recordings)
        except SmscError as error:
            LOG.debug("! the outbox reads no receipts: %s", error)


def settlement_of(attempt: Attempt, error: SendError) -> Settlement:
    """Return the outcome of an attempt that raised an error."""
    ids = error.message_ids
    if error.outcome is Outcome.UNKNOWN:
        return _unknown(attempt, str(error), ids)
    if isinstance(error, HeldByRuleError):
        return _requeued(attempt, min(error.retry_after, LONGEST_HOLD), error)
    if not ids and (isinstance(error, ThrottledError) or error.outcome is Outcome.NOT_SENT):
        first = error.retry_after if isinstance(error, ThrottledError) else FIRST_PAUSE
        limit = max(first, LONGEST_PAUSE)
        pause = exponential_delay(attempt.number - 1, initial=first, maximum=limit)
        return _requeued(attempt, pause, error)
    status = error.command_status if isinstance(error, SubmitRefusedError) else None
    return Settlement(
        attempt=attempt,
        state=OutboxState.REFUSED,
        message_ids=ids,
        command_status=status,
        reason=str(error),
    )


def _requeued(attempt: Attempt, after: float, error: SmscError) -> Settlement:
    """Return the outcome of an attempt that is repeated after some seconds."""
    return Settlement(attempt=attempt, state=OutboxState.QUEUED, after=after, reason=str(error))


def _unknown(attempt: Attempt, reason: str, message_ids: tuple[str, ...] = ()) -> Settlement:
    """Return the outcome of an attempt that awaits a user's decision."""
    return Settlement(
        attempt=attempt, state=OutboxState.UNKNOWN, reason=reason, message_ids=message_ids
    )

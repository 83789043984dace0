"""The worker: takes entries, sends them, writes down what became of them.

Rule: an entry is SENDING on disk before the client hears of it, and whatever the client says, or
doesn't get to say, ends in exactly one outcome. Cancelling takes no new entries and lets those
under way come to their end, for a while; what hasn't by then is UNKNOWN.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio

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
from smsc_async.gateway.receipts import id_normalizers
from smsc_async.instrumentation import LOG
from smsc_async.link import LinkState
from smsc_async.outbox.entry import OutboxState
from smsc_async.outbox.queries import Claim, Settlement

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from smsc_async.client.client import SmscClient
    from smsc_async.client.submission import Submission
    from smsc_async.outbox.entry import OutboxEntry
    from smsc_async.outbox.ledger import Ledger
    from smsc_async.receipts import Receipt

LOOK_AFTER = 1.0
"""Seconds after which an idle worker looks for what other processes have put."""
LINK_AFTER = 0.1
"""The same for a link that is down; it asks no database."""
BURY_AFTER = 5.0
"""Seconds between two looks for dead workers."""
AGAIN_AFTER = 1.0
"""Seconds until a message that didn't leave is tried again; doubled with each attempt."""
LONGEST_PAUSE = 60.0
"""Seconds between two attempts at most, unless a rule of the gateway says more."""
MOST_RECEIPTS = 1000
"""Receipts that are being written down at once."""


class Worker:
    """One run.

    Args:
        ledger: What there is to send, and where its outcomes go.
        smsc: Sends it; open for as long as this runs.
        concurrency: Messages under way at once.
        stop_when_empty: End when nothing is queued any more; else only cancelling ends it.
        grace: Seconds that messages under way have after a cancel.
        receipts: Read the client's receipts and keep the final ones.
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
        self._id_of_response, self._id_of_receipt = id_normalizers(smsc.config.message_ids)
        self._reads_receipts = receipts
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_client: set[asyncio.Task[Any]] = set()
        self._recording: set[asyncio.Task[Any]] = set()
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._is_over = False
        self._pause: float | None = None
        self._bury_at = 0.0
        self._failure: BaseException | None = None

    async def run(self) -> None:
        """Work until nothing is left, a failure, or a cancel.

        Raises:
            OutboxError: The database failed; outcomes that are known are kept in the ledger.
            LinkError: The client is closed, or its login was refused for good.
        """
        self._ledger.listeners.add(self._wake)
        work = asyncio.create_task(self._work(), name="smsc-outbox-worker")
        work.add_done_callback(lambda _: self._ledger.listeners.discard(self._wake))
        cancelled: asyncio.CancelledError | None = None
        while not work.done():
            try:
                # Shielded from anyio, which would cancel again and again, once is enough.
                with anyio.CancelScope(shield=cancelled is not None):
                    await asyncio.wait([work])
            except asyncio.CancelledError as error:
                self._stop(at_once=cancelled is not None)
                cancelled = error
        if cancelled is not None:
            raise cancelled from work.exception()
        work.result()

    def _stop(self, *, at_once: bool) -> None:
        """Take no new entries; after the grace, or at once, give up those under way."""
        self._is_stopping = True
        self._wake.set()
        loop = asyncio.get_running_loop()
        loop.call_later(0 if at_once else self._grace, self._abandon)

    def _abandon(self) -> None:
        """Cancel what the client still has; each of them writes down that it is UNKNOWN."""
        for task in self._in_client:
            task.cancel()

    async def _work(self) -> None:
        """Take entries as long as there is reason to."""
        reader = asyncio.create_task(self._read_receipts()) if self._reads_receipts else None
        try:
            await self._ledger.settle_the_rest()
            while not (self._is_over or self._is_stopping or self._failure):
                await self._turn()
        except Exception as error:  # noqa: BLE001 - raised below, when nothing is under way
            self._fail(error)
        if not self._is_stopping:
            self._stop(at_once=False)
        await self._finish(reader)
        if self._failure is not None:
            raise self._failure

    async def _finish(self, reader: asyncio.Task[None] | None) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
        while self._recording:
            await asyncio.wait(self._recording)

    async def _turn(self) -> None:
        """Take what there is room for, then wait for a reason to look again."""
        self._wake.clear()
        self._pause = None
        await self._bury_the_dead()
        room = self._concurrency - len(self._under_way)
        if not self._smsc.health().is_ready:
            self._check_link()
            if self._stop_when_empty:
                await self._look_ahead()
            self._pause = LINK_AFTER
        elif room > 0:
            await self._take(room)
        if not self._is_over:
            await self._wait()

    async def _take(self, room: int) -> None:
        """Take entries and send each."""
        claimed = await self._ledger.claim(room)
        for taken, entry in claimed:
            self._start(self._send(taken, entry), self._under_way)
        if len(claimed) < room:
            await self._look_ahead()

    async def _look_ahead(self) -> None:
        """Find out when something will be due, and whether that was all."""
        due = await self._ledger.next_due()
        self._pause = LOOK_AFTER if due is None else min(max(due, 0.0), LOOK_AFTER)
        self._is_over = due is None and self._stop_when_empty and not self._under_way

    async def _wait(self) -> None:
        """Wait until something was queued or has ended, at most for the pause."""
        loop = asyncio.get_running_loop()
        timer = None if self._pause is None else loop.call_later(self._pause, self._wake.set)
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    async def _bury_the_dead(self) -> None:
        """Look for dead workers now and then."""
        now = asyncio.get_running_loop().time()
        if now >= self._bury_at:
            self._bury_at = now + BURY_AFTER
            await self._ledger.bury_the_dead()

    def _check_link(self) -> None:
        """Raise if there will never be a link again."""
        health = self._smsc.health()
        if health.state in {LinkState.FAILED, LinkState.CLOSED}:
            raise ClientClosedError(health.last_error or "the outbox needs it open")

    def _start(self, coroutine: Coroutine[Any, Any, Any], tasks: set[asyncio.Task[Any]]) -> None:
        """Run something beside the others, and look again when it has ended."""
        task = asyncio.create_task(coroutine)
        tasks.add(task)

        def ended(task: asyncio.Task[Any]) -> None:
            """Make room, and keep the first failure."""
            tasks.discard(task)
            error = None if task.cancelled() else task.exception()
            self._fail(error)
            self._wake.set()

        task.add_done_callback(ended)

    def _fail(self, error: BaseException | None) -> None:
        """Keep the first failure; it ends the run."""
        if self._failure is None:
            self._failure = error

    # --- one message ---

    async def _send(self, taken: Claim, entry: OutboxEntry) -> None:
        """Send an entry and write down what became of it."""
        if self._is_stopping:
            settlement = Settlement(claim=taken, state=OutboxState.QUEUED)
        else:
            settlement = await self._outcome(taken, entry)
        await self._ledger.settle(settlement)

    async def _outcome(self, taken: Claim, entry: OutboxEntry) -> Settlement:
        """Send an entry; return what became of it, whatever it was."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - `_start` made one
        self._in_client.add(task)
        try:
            sent = await self._smsc.send(entry.message)
        except (ClientClosedError, LocalProtocolError) as error:
            # Before anything else happened: the client can't be used at all.
            self._fail(error)
            return _back(taken, 0.0, error)
        except SendError as error:
            return settlement_of(taken, error)
        except InvalidMessageError as error:
            return Settlement(claim=taken, state=OutboxState.REFUSED, reason=str(error))
        except asyncio.CancelledError:
            return _unknown(taken, "the worker was stopped before the response came")
        except Exception as error:  # noqa: BLE001 - raised by run(); what it left behind is unknown
            self._fail(error)
            return _unknown(taken, f"sending it failed unexpectedly ({type(error).__name__})")
        finally:
            self._in_client.discard(task)
        return self._accepted(taken, sent)

    def _accepted(self, taken: Claim, sent: Submission[Receipt]) -> Settlement:
        """Keep the gateway's ids, and what receipts have come already."""
        ids = sent.message_ids
        part_ids = tuple(map(self._id_of_response, ids)) if self._id_of_response else ids
        receipts = [
            (part_id, int(receipt.state))
            for part_id, receipt in zip(part_ids, sent.receipts, strict=False)
            if receipt is not None and receipt.is_final and receipt.state is not None
        ]
        return Settlement(
            claim=taken,
            state=OutboxState.ACCEPTED,
            message_ids=ids,
            part_ids=part_ids,
            receipts=tuple(receipts),
        )

    # --- receipts ---

    async def _read_receipts(self) -> None:
        """Keep all final receipts, as they come."""
        try:
            async for receipt in self._smsc.receipts():
                if receipt.is_final and receipt.state is not None:
                    part_id = receipt.message_id
                    if self._id_of_receipt is not None:
                        part_id = self._id_of_receipt(part_id)
                    await self._record(part_id, int(receipt.state))
        except SmscError as error:
            LOG.debug("! the outbox reads no receipts: %s", error)

    async def _record(self, message_id: str, state: int) -> None:
        """Write a receipt down beside others, so that they share their transactions."""
        while len(self._recording) >= MOST_RECEIPTS:
            await asyncio.wait(self._recording, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._ledger.record(message_id, state))
        self._recording.add(task)
        task.add_done_callback(self._recorded)

    def _recorded(self, task: asyncio.Task[bool]) -> None:
        """A receipt that can't be written down ends the run, as an outcome would."""
        self._recording.discard(task)
        if not task.cancelled():
            self._fail(task.exception())
        if self._failure is not None:
            self._wake.set()


def settlement_of(taken: Claim, error: SendError) -> Settlement:
    """Return where an entry goes after an error of sending."""
    ids = error.message_ids
    if error.outcome is Outcome.UNKNOWN:
        return _unknown(taken, str(error), ids)
    if isinstance(error, HeldByRuleError):
        return _back(taken, error.retry_after, error)
    if isinstance(error, ThrottledError) and not ids:
        return _back(taken, _pause(taken.attempt, error.retry_after), error)
    if error.outcome is Outcome.NOT_SENT and not ids:
        return _back(taken, _pause(taken.attempt, AGAIN_AFTER), error)
    status = error.command_status if isinstance(error, SubmitRefusedError) else None
    return Settlement(
        claim=taken,
        state=OutboxState.REFUSED,
        message_ids=ids,
        command_status=status,
        reason=str(error),
    )


def _pause(attempt: int, first: float) -> float:
    """Return the seconds until the next attempt: doubled each time, up to a limit."""
    doublings = min(attempt - 1, 10)
    return min(first * float(2**doublings), max(first, LONGEST_PAUSE))


def _back(taken: Claim, after: float, error: SmscError) -> Settlement:
    """Put an entry back, to be tried again."""
    return Settlement(claim=taken, state=OutboxState.QUEUED, after=after, reason=str(error))


def _unknown(taken: Claim, reason: str, message_ids: tuple[str, ...] = ()) -> Settlement:
    """Leave an entry to a user's decision."""
    return Settlement(
        claim=taken, state=OutboxState.UNKNOWN, reason=reason, message_ids=message_ids
    )

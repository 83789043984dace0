"""One run of `smsc bulk`: stores the rows, sends them, waits for their receipts.

Rule: what a row becomes is read from the outbox, and the result file is written however the run
ends: by itself, by an error, by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from smsc_async.cli.bulk_earlier import earlier_runs, read_entries
from smsc_async.cli.bulk_keys import adopt_entries, hold_corrected, outbox_path
from smsc_async.cli.bulk_plan import PlannedRows, plan_rows
from smsc_async.cli.bulk_progress import BulkProgress, done_of, show_progress
from smsc_async.cli.bulk_reasons import ALL_SENT, RESUME, RESUME_WITH_RESULTS
from smsc_async.cli.bulk_rejected import check_rejected, rejected_path
from smsc_async.cli.bulk_repeats import find_repeats
from smsc_async.cli.bulk_report import BulkReport, is_awaited
from smsc_async.cli.bulk_result import STALE, ResultFile, result_path
from smsc_async.cli.failures import COUNTED, NOT_SENT, PARTLY_SENT, ExitCode, Failure, failure_of
from smsc_async.cli.foreign_deliveries import ForeignDeliveries
from smsc_async.cli.formatting import cause
from smsc_async.cli.i18n import _
from smsc_async.cli.runner import connected
from smsc_async.errors import LinkError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.dialect import SMSC_RU
from smsc_async.outbox import (
    Outbox,
    OutboxConsentError,
    OutboxError,
    OutboxMovedError,
    OutboxState,
    OutboxStateError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from smsc_async.cli.bulk_earlier import EarlierRuns
    from smsc_async.cli.bulk_rejected import ReadTable
    from smsc_async.cli.console import Screen
    from smsc_async.cli.csv_input import CsvFile, CsvRow
    from smsc_async.cli.runner import SendProgress
    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import Message
    from smsc_async.outbox import OutboxEntry
    from smsc_async.receipts import Receipt
    from smsc_async.rules.limits import GatewayLimits
    from smsc_async.stores.base import RuleStore

_REPAIR: Final = _(
    "fix the problem and run the command again; as long as the .outbox file stays, nothing is sent"
    " twice"
)
OUTBOX_MOVED: Final = _(
    "put the .outbox file back with its -wal file, then run the command again; if it is gone, check"
    " the history first: the command would send every row of the file again"
)
ROW_REMOVED: Final = "its row was taken out of the file before it was sent"
PUT_BATCH: Final = 500
"""Rows stored in the outbox together."""
LOOK_INTERVAL: Final = 0.2
"""Seconds between two looks for receipts, unless a look takes long itself."""
LOOK_SHARE: Final = 10
"""A look for receipts is followed by a pause of so many times its own duration."""


@dataclass(slots=True, kw_only=True)
class BulkOptions:
    """What the options of a run ask for.

    Args:
        resent: States of the entries to send again.
        may_pay_twice: Also those that may be charged twice.
        limits: The rules of the account, and the rate.
        store: Shares the state of these rules; None for a state of this run alone.
        wait: Seconds to wait for receipts once all is sent; None doesn't wait.
        result: Path of the result file; None for the one beside the input.
        read_table: Reads a table with the options of the command, but in the encoding given.
    """

    resent: frozenset[OutboxState]
    may_pay_twice: bool
    limits: GatewayLimits
    read_table: ReadTable
    store: RuleStore | None = None
    wait: float | None = None
    result: Path | None = None


@dataclass(slots=True)
class BulkRun:
    """One run of the command over one file."""

    csv_file: CsvFile
    config: SmscConfig
    progress: SendProgress
    screen: Screen
    options: BulkOptions
    withheld: set[str] = field(default_factory=set)
    """Keys of rows that aren't sent again, because that may be charged twice."""
    written: str = ""
    """Name of the result file, once it is written."""
    stale: str = ""
    """Name of the result file, if it is older than the end of the run."""
    is_moved: bool = False
    """Whether the outbox was moved or deleted: without it nothing is known of earlier runs."""

    async def check(self) -> tuple[PlannedRows, EarlierRuns]:
        """Check what `run` checks before it stores or sends anything, and change nothing.

        Raises:
            Failure: The files of the run can't be written, or have other contents.
        """
        planned, result = self._planned(), self._result()
        entries: list[OutboxEntry] = []
        with suppress(OutboxError):  # the run itself reports it
            self._check_names(result)
            entries = await read_entries(self.csv_file.path)
            await self._check_files(result, entries, planned)
        result.check_writable()
        return planned, earlier_runs(entries, planned.valid)

    async def run(self) -> int:
        """Store the rows, send them, wait for receipts, report."""
        planned, result = self._planned(), self._result()
        failure: Failure | None = None
        try:
            self._check_names(result)
            async with Outbox(outbox_path(self.csv_file.path)) as outbox:
                await adopt_entries(outbox, planned.valid)
                entries_before = [entry async for entry in outbox.entries()]
                await self._check_files(result, entries_before, planned)
                earlier = earlier_runs(entries_before, planned.valid)
                earlier.show(self.screen)
                rows = earlier.to_send(planned.valid, self.options.resent)
                settings = TextSettings.from_config(self.config)
                find_repeats(rows, settings, self.options.limits).show(self.screen)
                try:
                    entries = await self._store_and_send(outbox, planned.valid, result)
                except BaseException as error:
                    if isinstance(error, asyncio.CancelledError):
                        await self._count_interrupted(outbox)
                    await self._write_last_result(outbox, result)
                    raise
                report = BulkReport(
                    planned,
                    entries,
                    frozenset(self.withheld),
                    earlier.accepted,
                    translate=self.screen.translate,
                )
                return report.show(result, self.screen, is_waiting=self.options.wait is not None)
        except OutboxError as error:
            code = ExitCode.USAGE_ERROR if self.progress.outcome == NOT_SENT else ExitCode.UNKNOWN
            failure = Failure(
                code,
                "bulk.outbox",
                _("the .outbox file next to the CSV file can't be used"),
                advice=OUTBOX_MOVED if isinstance(error, OutboxMovedError) else _REPAIR,
                outcome=self.progress.outcome,
                detail=str(error),
            )
        # Outside of the handler: the detail says it all.
        raise failure

    def _planned(self) -> PlannedRows:
        """Return the rows, validated."""
        return plan_rows(self.csv_file, TextSettings.from_config(self.config))

    def _result(self) -> ResultFile:
        """Return the result file."""
        path = result_path(self.csv_file.path, self.options.result)
        return ResultFile(path, self.csv_file, self.screen.translate)

    def _check_names(self, result: ResultFile) -> None:
        """Refuse a result file that is another file of the command.

        Raises:
            Failure: It is one.
            OutboxError: The outbox has no usable name.
        """
        others = self.csv_file.path, rejected_path(self.csv_file), outbox_path(self.csv_file.path)
        result.check_name(others)

    async def _check_files(
        self, result: ResultFile, entries: list[OutboxEntry], planned: PlannedRows
    ) -> None:
        """Read what earlier runs wrote; refuse to overwrite anything else.

        Raises:
            Failure: The result file or that of the rejected rows has other contents.
            OutboxError: The outbox of the rejected rows can't be read.
        """
        await hold_corrected(rejected_path(self.csv_file), entries, planned)
        result.read_earlier(entries)
        await check_rejected(self.csv_file, entries, self.options.read_table)

    async def _store_and_send(
        self, outbox: Outbox, valid: list[CsvRow], result: ResultFile
    ) -> dict[str | None, OutboxEntry]:
        """Store the rows, send them, and wait for receipts; return the entries, by key."""
        await self._put(outbox, valid)
        # A file that can't be written is found out before anything is sent.
        await self._write_result(outbox, result)
        await self._send(outbox, valid, result)
        return await self._write_result(outbox, result)

    def complete(self, failure: Failure) -> None:
        """Add to the failure that ends the run how it goes on, and where its results are."""
        if failure.code is ExitCode.INTERRUPTED:
            self.advise(failure)
        if self.stale:
            failure.results, failure.values["stale"] = STALE, self.stale

    def advise(self, failure: Failure) -> None:
        """Say in the failure that ends the run how it goes on, and where its results are."""
        counts, failure.advice = self.progress.counts, RESUME
        if self.is_moved:
            failure.advice = OUTBOX_MOVED
        elif self.written:
            is_sent = bool(counts) and not (counts["queued"] or counts["unknown"])
            failure.advice = ALL_SENT if is_sent else RESUME_WITH_RESULTS
            failure.values["result"] = self.written

    async def _write_result(
        self, outbox: Outbox, result: ResultFile
    ) -> dict[str | None, OutboxEntry]:
        """Write the result file; return the entries, by key."""
        entries = {entry.key: entry async for entry in outbox.entries()}
        result.write(self.csv_file.rows, entries, outcome=self.progress.outcome)
        self.written = result.path.name
        return entries

    async def _write_last_result(self, outbox: Outbox, result: ResultFile) -> None:
        """Write the result of a run that ends early; one that can't be written is out of date."""
        try:
            await self._write_result(outbox, result)
        except (Failure, OutboxError):
            if result.path.exists():
                self.stale, self.written = result.path.name, ""

    async def _send(self, outbox: Outbox, valid: list[CsvRow], result: ResultFile) -> None:
        """Send the rows that aren't sent yet, and wait for receipts."""
        from smsc_async.client.receipt_reader import id_keys  # noqa: PLC0415 - an invalid file needs no client

        keys = {row.key for row in valid}
        counts = await outbox.counts()
        is_waiting = self.options.wait is not None
        if not counts[OutboxState.QUEUED] and not (is_waiting and await _awaited(outbox, keys)):
            return

        has_begun = asyncio.Event()
        foreign = ForeignDeliveries(self.screen)

        async def on_receipt(receipt: Receipt) -> None:
            """Store a state; its receipt is answered then, so none is lost.

            One that overtakes its response is stored, and refused as that of another program: it
            comes again.
            """
            await has_begun.wait()  # from then on the outbox compares ids as the client does
            key = receipt_key(receipt.message_id) if receipt_key else receipt.message_id
            if receipt.is_final and receipt.error:
                result.part_errors[key] = cause(receipt.error, self.screen.translate)
            # Nothing waits for other states.
            if not await outbox.record(receipt) and receipt.is_final:
                await foreign.refuse(key)

        progress = BulkProgress(outbox, before=done_of(counts))
        result.response_key, receipt_key = id_keys(SMSC_RU, self.config.message_ids)
        async with AsyncExitStack() as stack:
            if self.options.store is not None:
                stack.push_async_callback(self.options.store.aclose)
            with self.screen.spinner(_("connecting …")):
                smsc = await connected(
                    stack,
                    self.config,
                    progress.on_link_event,
                    limits=self.options.limits,
                    store=self.options.store,
                    on_receipt=on_receipt,
                    on_incoming=foreign.on_incoming,
                )
            stack.callback(foreign.end)
            self.progress.outcome = PARTLY_SENT
            asyncio.get_running_loop().call_soon(has_begun.set)
            await self._run(outbox, smsc, progress)
            if is_waiting:
                await self._wait_for_receipts(outbox, keys)

    async def _wait_for_receipts(self, outbox: Outbox, keys: set[str]) -> None:
        """Wait until all accepted messages of the file are final, or the time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (self.options.wait or 0.0)
        with self.screen.spinner(_("all is sent, waiting for the receipts …")):
            while True:
                began = loop.time()
                awaited = await _awaited(outbox, keys)
                now = loop.time()
                if not awaited or now >= deadline:
                    return
                pause = max(LOOK_INTERVAL, LOOK_SHARE * (now - began))
                await asyncio.sleep(min(pause, deadline - now))

    async def _put(self, outbox: Outbox, valid: list[CsvRow]) -> None:
        """Update the outbox from the file: add new rows, discard removed ones."""
        known = {entry.key: entry async for entry in outbox.entries()}
        new = [row for row in valid if row.key not in known]
        for begin in range(0, len(new), PUT_BATCH):
            together = new[begin : begin + PUT_BATCH]
            await asyncio.gather(
                *(outbox.put(row.message, row.key) for row in together if row.message)
            )
        messages = {row.key: row.message for row in valid}
        for key, entry in known.items():
            try:
                await self._update_entry(outbox, entry, messages.get(key or ""))
            except OutboxConsentError:
                self.withheld.add(key or "")
            except OutboxStateError:
                # Another process has it now, or it repeats an attempt that may have been accepted:
                # a repeat is refused only if it is the same message.
                continue

    async def _update_entry(
        self, outbox: Outbox, entry: OutboxEntry, message: Message[Receipt] | None
    ) -> None:
        """Update an entry of an earlier run to the file and the options of this one."""
        state = entry.state
        if message is None:
            if state is OutboxState.QUEUED:
                await outbox.discard(entry, ROW_REMOVED)
            return
        is_restored = state is OutboxState.DISCARDED and entry.reason == ROW_REMOVED
        if is_restored or state in self.options.resent:
            entry = await outbox.resend(entry, may_pay_twice=self.options.may_pay_twice)
        # Other options may change the message, as long as it can't have been sent.
        if entry.state is OutboxState.QUEUED and entry.message != message:
            await outbox.replace(entry, message)

    async def _run(self, outbox: Outbox, smsc: SmscClient, progress: BulkProgress) -> None:
        """Run the outbox and show the progress."""
        failure: Failure | None = None
        with show_progress(self.screen) as show:
            polling = asyncio.create_task(progress.poll(smsc, show))
            try:
                await outbox.run(smsc, stop_when_empty=True, receipts=False)
            except LinkError as error:
                failure = failure_of(error)
            finally:
                polling.cancel()
                with suppress(asyncio.CancelledError, OutboxError):
                    await polling
            show(await progress.step())
        if failure is not None:
            await self._count(outbox)
            failure.outcome = self.progress.outcome
            failure.values |= self.progress.counts
            self.advise(failure)
            raise failure

    async def _count_interrupted(self, outbox: Outbox) -> None:
        """Count for an interruption, as far as the outbox can be used."""
        try:
            await self._count(outbox)
        except OutboxMovedError:
            self.is_moved = True
        except OutboxError:
            return

    async def _count(self, outbox: Outbox) -> None:
        """Count for the failure that ends the command; nothing if none can have been sent."""
        counts = await outbox.counts()
        if self.progress.outcome != PARTLY_SENT:
            return
        self.progress.counts = {
            "accepted": counts[OutboxState.ACCEPTED],
            "refused": counts[OutboxState.REFUSED],
            "queued": counts[OutboxState.QUEUED] + counts[OutboxState.CLAIMED],
            "unknown": counts[OutboxState.UNKNOWN] + counts[OutboxState.SENDING],
        }
        self.progress.outcome = COUNTED
        self.screen.write_json(self.progress.counts)


async def _awaited(outbox: Outbox, keys: set[str]) -> int:
    """Return the number of accepted messages with these keys whose final receipt is to come."""
    accepted = outbox.entries(OutboxState.ACCEPTED)
    return len([1 async for entry in accepted if entry.key in keys and is_awaited(entry)])

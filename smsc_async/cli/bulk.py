"""`smsc bulk`: sends each message of a CSV file once, however often the command is run.

Rule: a row is stored in the outbox next to the file before its message is sent, so an interrupted
run is resumed by the same command. A message with an unknown outcome is sent again only on request.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from smsc_async.cli.arguments import STANDARD_INPUT
from smsc_async.cli.bulk_keys import adopt_entries, outbox_path
from smsc_async.cli.bulk_progress import poll_counts, progress_display, show_counts
from smsc_async.cli.bulk_report import BulkReport, PlannedRows, show_rejected
from smsc_async.cli.console import Screen, label_grid
from smsc_async.cli.csv_input import CsvFile, CsvRow, read_csv, unreadable_file
from smsc_async.cli.failures import (
    COUNTED,
    NOT_SENT,
    PARTLY_SENT,
    ExitCode,
    Failure,
    failure_before_sending,
    failure_of,
)
from smsc_async.cli.i18n import _
from smsc_async.cli.kinds import DEFAULT_KIND, MessageKind
from smsc_async.cli.runner import SendProgress, read_config, run_async
from smsc_async.cli.tables.asking import encoding_question
from smsc_async.cli.tables.table import DEFAULT_OPTIONS, TableOptions
from smsc_async.errors import InvalidMessageError, LinkError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan
from smsc_async.outbox import (
    Outbox,
    OutboxConsentError,
    OutboxError,
    OutboxMovedError,
    OutboxState,
    OutboxStateError,
)

if TYPE_CHECKING:
    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import Message
    from smsc_async.outbox import OutboxEntry
    from smsc_async.receipts import Receipt

_RESUME: Final = _("run the command again: it sends the rest, and no message twice")
_REPAIR: Final = _(
    "fix the problem and run the command again; as long as the .outbox file stays, nothing is sent"
    " twice"
)
_OUTBOX_MOVED: Final = _(
    "put the .outbox file back with its -wal file, then run the command again; if it is gone, check"
    " the history first: the command would send every row of the file again"
)
ROW_REMOVED: Final = "its row was taken out of the file before it was sent"
PUT_BATCH: Final = 500
"""Rows stored in the outbox together."""


def bulk_command(
    file: str,
    *,
    table: Annotated[TableOptions, Parameter(name="*")] = DEFAULT_OPTIONS,
    kind: MessageKind = DEFAULT_KIND,
    sender: str = "",
    url: str | None = None,
    resend_refused: Annotated[bool, Parameter(negative="")] = False,
    resend_unknown: Annotated[bool, Parameter(negative="")] = False,
    may_pay_twice: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Send the messages of a CSV or .xlsx file, each of them once.

    The state of each row is stored in FILE.csv.outbox: an interrupted command is resumed by
    running it again, and nothing is sent twice as long as that file exists, also if the table is
    saved again in another format.

    Invalid rows and those that the gateway refuses are written with the reason to
    FILE.rejected.csv; once corrected, that file can be sent.

    Args:
        file: A header, then one row per message; the separator is found. Columns, in English or
            Russian: to,text[,template,sender,comment,kind,subject,voice,language,bot,coding].
        table: How the file is read.
        kind: For rows without a kind.
        sender: For rows without a sender.
        url: Gateway; default: $SMSC_URL. Other users see a password given here (ps).
        resend_refused: Send rows again that the gateway refused.
        resend_unknown: Send rows again whose outcome is unknown, while the gateway refuses repeats
            (for about a minute).
        may_pay_twice: With --resend-unknown or --resend-refused: also later; they may be charged
            twice.
        dry_run: Show the number of messages and parts, and the rejected rows; send nothing.
        screen: For the output.

    Examples:
        smsc bulk clients.csv --dry-run
        smsc bulk clients.csv --encoding windows-1251 --sender Shop --url sim://
        smsc bulk clients.xlsx --map to=Телефон --text "Здравствуйте, {Имя}!"
    """
    progress = SendProgress(NOT_SENT)
    if may_pay_twice and not (resend_unknown or resend_refused):
        raise failure_before_sending(
            "bulk.option",
            _("--may-pay-twice alone sends nothing again"),
            advice=_("add --resend-unknown or --resend-refused, or leave it out"),
        )
    if file == STANDARD_INPUT:
        reason = screen.translate("a file is needed: the .outbox file is stored next to it")
        raise unreadable_file("-", reason)
    csv_file = read_csv(
        Path(file),
        table,
        kind=kind,
        sender=sender,
        translate=screen.translate,
        confirm=encoding_question(screen),
    )
    csv_file.notes.show(csv_file.path.name, screen)
    if dry_run and url is None and not os.environ.get("SMSC_URL"):
        url = "sim://"  # a plan needs no gateway
    config = read_config(url, progress)
    if dry_run:
        return _show_dry(csv_file, TextSettings.from_config(config), screen)
    resent = {OutboxState.REFUSED} if resend_refused else set()
    resent |= {OutboxState.UNKNOWN} if resend_unknown else set()
    bulk_run = _BulkRun(csv_file, config, progress, screen, frozenset(resent), may_pay_twice)
    try:
        return run_async(bulk_run.run(), progress, screen)
    except Failure as failure:
        if failure.code is ExitCode.INTERRUPTED:
            failure.advice = _OUTBOX_MOVED if bulk_run.is_moved else _RESUME
        raise


def _plan_rows(csv_file: CsvFile, settings: TextSettings) -> PlannedRows:
    """Plan every row, so that rejected ones are known before anything is sent."""
    planned = PlannedRows()
    for row in csv_file.rows:
        if row.message is not None:
            try:
                planned.parts += plan(row.message, settings).parts
            except InvalidMessageError as error:
                row.message, row.reason = None, str(error)
        (planned.rejected if row.message is None else planned.valid).append(row)
    return planned


def _show_dry(csv_file: CsvFile, settings: TextSettings, screen: Screen) -> int:
    """Show what would be sent, and the rejected rows with their reasons."""
    translate, planned = screen.translate, _plan_rows(csv_file, settings)
    show_rejected(planned.rejected, screen)
    screen.show(
        label_grid(
            (translate("messages"), Text(str(len(planned.valid)), style="bold")),
            (translate("parts"), Text(str(planned.parts), style="bold")),
            (translate("rejected"), Text(str(len(planned.rejected)))),
        ),
        Text(translate("Nothing was sent."), style="dim"),
    )
    screen.write_json(
        {
            "rows": len(csv_file.rows),
            "messages": len(planned.valid),
            "parts": planned.parts,
            "rejected": len(planned.rejected),
        }
    )
    return ExitCode.REFUSED if planned.rejected else ExitCode.DONE


@dataclass(slots=True)
class _BulkRun:
    """One run of the command over one file."""

    csv_file: CsvFile
    config: SmscConfig
    progress: SendProgress
    screen: Screen
    resent: frozenset[OutboxState]
    may_pay_twice: bool
    withheld: set[str] = field(default_factory=set)
    """Keys of rows that aren't sent again, because that may be charged twice."""
    is_moved: bool = False
    """Whether the outbox was moved or deleted: without it nothing is known of earlier runs."""

    async def run(self) -> int:
        """Store the rows, send them, report."""
        planned = _plan_rows(self.csv_file, TextSettings.from_config(self.config))
        failure: Failure | None = None
        try:
            async with Outbox(outbox_path(self.csv_file.path)) as outbox:
                try:
                    await self._send(outbox, planned.valid)
                except asyncio.CancelledError:
                    await self._count_interrupted(outbox)
                    raise
                entries = {entry.key: entry async for entry in outbox.entries()}
                report = BulkReport(planned, entries, frozenset(self.withheld))
                return report.show(self.csv_file, self.screen)
        except OutboxError as error:
            code = ExitCode.USAGE_ERROR if self.progress.outcome == NOT_SENT else ExitCode.UNKNOWN
            failure = Failure(
                code,
                "bulk.outbox",
                _("the .outbox file next to the CSV file can't be used"),
                advice=_OUTBOX_MOVED if isinstance(error, OutboxMovedError) else _REPAIR,
                outcome=self.progress.outcome,
                detail=str(error),
            )
        # Outside of the handler: the detail says it all.
        raise failure

    async def _send(self, outbox: Outbox, valid: list[CsvRow]) -> None:
        """Send the rows that aren't sent yet."""
        from smsc_async.client.client import SmscClient  # noqa: PLC0415 - an invalid file needs no client

        await adopt_entries(outbox, valid)
        await self._put(outbox, valid)
        counts = await outbox.counts()
        if not counts[OutboxState.QUEUED]:
            return
        async with AsyncExitStack() as stack:
            with self.screen.spinner(_("connecting …")):
                smsc = await stack.enter_async_context(SmscClient(self.config))
            self.progress.outcome = PARTLY_SENT
            await self._run(outbox, smsc)

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
        if is_restored or state in self.resent:
            entry = await outbox.resend(entry, may_pay_twice=self.may_pay_twice)
        # Other options may change the message, as long as it can't have been sent.
        if entry.state is OutboxState.QUEUED and entry.message != message:
            await outbox.replace(entry, message)

    async def _run(self, outbox: Outbox, smsc: SmscClient) -> None:
        """Run the outbox and show the progress."""
        failure: Failure | None = None
        with progress_display(self.screen) as show:
            polling = asyncio.create_task(poll_counts(outbox, show))
            try:
                await outbox.run(smsc, stop_when_empty=True)
            except LinkError as error:
                failure = failure_of(error)
            finally:
                polling.cancel()
                with suppress(asyncio.CancelledError, OutboxError):
                    await polling
            await show_counts(outbox, show)
        if failure is not None:
            await self._count(outbox)
            failure.outcome, failure.advice = self.progress.outcome, _RESUME
            failure.values |= self.progress.counts
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

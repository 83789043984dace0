"""`smsc bulk`: a CSV file of messages, sent once each, however often the command is run.

Rule: a row is in the outbox beside the file before its message leaves, so that an interrupted run
is simply run again. What may have left is never sent again unless that is asked for.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from smsc_async.cli import csv_input as rows
from smsc_async.cli.arguments import STANDARD_INPUT
from smsc_async.cli.console import Screen, labelled
from smsc_async.cli.csv_input import Encoding, Row, Table
from smsc_async.cli.failures import ExitCode, Failure, failure_of
from smsc_async.cli.formatting import number
from smsc_async.cli.kinds import Kind
from smsc_async.cli.runner import NOT_SENT, Course, read_config, travel
from smsc_async.errors import InvalidMessageError, LinkError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan
from smsc_async.outbox import Outbox, OutboxError, OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig
    from smsc_async.messages import Message
    from smsc_async.outbox import OutboxEntry
    from smsc_async.receipts import Receipt

WENT: Final = "went.bulk"
TAKEN_OUT: Final = "its row was taken out of the file before it was sent"
AT_ONCE: Final = 500
"""Rows that are put into the outbox together."""
LOOK_AFTER: Final = 0.2
"""Seconds between two looks at how far it is."""
LINE_AFTER: Final = 5.0
"""Seconds between two lines about it, where there is no terminal to draw a bar on."""


def bulk(
    file: str,
    *,
    encoding: Encoding = Encoding.UTF_8,
    kind: Kind = Kind.SMS,
    sender: str = "",
    url: str | None = None,
    resend_refused: Annotated[bool, Parameter(negative="")] = False,
    resend_unknown: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Send the messages of a file.

    Args:
        file: CSV with a header.
        encoding: Of the file.
        kind: Of rows that don't say theirs.
        sender: Of rows that name none.
        url: Of the gateway; None takes SMSC_URL.
        resend_refused: Send again what the gateway refused.
        resend_unknown: Send again what may have been sent.
        dry_run: Only judge the rows.
        screen: Where to show it all.
    """
    course = Course(NOT_SENT)
    if file == STANDARD_INPUT:
        reason = screen.say("bulk.stdin")
        raise Failure(
            ExitCode.WRONG_USE, "bulk.cannot_read", went=course.went, name="-", reason=reason
        )
    table = rows.read(Path(file), encoding, kind=kind, sender=sender, say=screen.say)
    if dry_run:
        return _show_dry(table, screen)
    config = read_config(url, course)
    resent = {OutboxState.REFUSED} if resend_refused else set()
    resent |= {OutboxState.UNKNOWN} if resend_unknown else set()
    mailing = _Mailing(table, config, course, screen, frozenset(resent))
    try:
        return travel(mailing.run(), course, screen)
    except Failure as failure:
        if failure.code is ExitCode.INTERRUPTED:
            failure.do = "bulk.interrupted.do"
        raise


@dataclass(slots=True)
class _Judged:
    """What planning the rows came to."""

    good: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    parts: int = 0


def _judge(table: Table, settings: TextSettings) -> _Judged:
    """Plan every row, so that what can't travel is known before anything leaves."""
    judged = _Judged()
    for row in table.rows:
        if row.message is not None:
            try:
                judged.parts += plan(row.message, settings).parts
            except InvalidMessageError as error:
                row.message, row.reason = None, str(error)
        (judged.rejected if row.message is None else judged.good).append(row)
    return judged


def _show_dry(table: Table, screen: Screen) -> int:
    """Show what would be sent, and what is rejected and why."""
    say, judged = screen.say, _judge(table, TextSettings())
    for row in judged.rejected:
        screen.show(Text(_rejection(row, screen), style="red"))
        screen.write({"row": row.number, "outcome": "rejected", "reason": row.reason})
    screen.show(
        labelled(
            (say("bulk.messages"), Text(str(len(judged.good)), style="bold")),
            (say("bulk.parts"), Text(str(judged.parts), style="bold")),
            (say("bulk.rejected"), Text(str(len(judged.rejected)))),
        ),
        Text(say("nothing_sent"), style="dim"),
    )
    screen.write(
        {
            "rows": len(table.rows),
            "messages": len(judged.good),
            "parts": judged.parts,
            "rejected": len(judged.rejected),
        }
    )
    return ExitCode.REFUSED if judged.rejected else ExitCode.DONE


def _rejection(row: Row, screen: Screen) -> str:
    """Return a rejected row as a line."""
    return screen.say("bulk.row", number=row.number, reason=row.reason)


@dataclass(slots=True)
class _Mailing:
    """One run of the command over one file."""

    table: Table
    config: SmscConfig
    course: Course
    screen: Screen
    resent: frozenset[OutboxState]

    @property
    def outbox_path(self) -> Path:
        """Where it is kept what became of each row."""
        return self.table.path.with_name(f"{self.table.path.name}.outbox")

    @property
    def rejected_path(self) -> Path:
        """Where the rows go that weren't taken."""
        return self.table.path.with_name(f"{self.table.path.stem}.rejected.csv")

    async def run(self) -> int:
        """Put, send, tell."""
        judged = _judge(self.table, TextSettings.from_config(self.config))
        failure: Failure | None = None
        try:
            async with Outbox(self.outbox_path) as outbox:
                await self._send(outbox, judged.good)
                return await self._tell(outbox, judged)
        except OutboxError as error:
            code = ExitCode.WRONG_USE if self.course.went == NOT_SENT else ExitCode.UNKNOWN
            failure = Failure(code, "bulk.outbox", went=self.course.went, detail=str(error))
        # Outside of the handler: its own sentence says it all.
        raise failure

    async def _send(self, outbox: Outbox, good: list[Row]) -> None:
        """Send what isn't sent yet."""
        from smsc_async.client.client import SmscClient  # noqa: PLC0415 - as above

        await self._put(outbox, good)
        counts = await outbox.counts()
        if not counts[OutboxState.QUEUED]:
            return
        async with AsyncExitStack() as stack:
            with self.screen.waiting("connecting"):
                smsc = await stack.enter_async_context(SmscClient(self.config))
            self.course.went = WENT
            await self._run(outbox, smsc)

    async def _put(self, outbox: Outbox, good: list[Row]) -> None:
        """Bring the outbox up to the file: new rows in, those that are gone from it out."""
        known = {entry.key: entry async for entry in outbox.entries()}
        new = [row for row in good if row.key not in known]
        for begin in range(0, len(new), AT_ONCE):
            together = new[begin : begin + AT_ONCE]
            await asyncio.gather(
                *(outbox.put(row.message, row.key) for row in together if row.message)
            )
        messages = {row.key: row.message for row in good}
        for key, entry in known.items():
            await self._revise(outbox, entry, messages.get(key or ""))

    async def _revise(
        self, outbox: Outbox, entry: OutboxEntry, message: Message[Receipt] | None
    ) -> None:
        """Do with an entry of an earlier run what the file and the options say now."""
        state = entry.state
        if message is None:
            if state is OutboxState.QUEUED:
                await outbox.discard(entry, TAKEN_OUT)
            return
        is_back = state is OutboxState.DISCARDED and entry.reason == TAKEN_OUT
        if is_back or state in self.resent:
            entry = await outbox.resend(entry)
        # With other options, of another sender perhaps. What may have been sent stays as it was.
        if entry.state is OutboxState.QUEUED and entry.message != message:
            await outbox.replace(entry, message)

    async def _run(self, outbox: Outbox, smsc: SmscClient) -> None:
        """Let the outbox work, and show how far it is."""
        failure: Failure | None = None
        with _progress(self.screen) as show:
            watch = asyncio.create_task(_watch(outbox, show))
            try:
                await outbox.run(smsc, stop_when_empty=True)
            except LinkError as error:
                failure = failure_of(error)
            finally:
                watch.cancel()
                with suppress(asyncio.CancelledError, OutboxError):
                    await watch
            await _look(outbox, show)
        if failure is not None:
            failure.went, failure.do = WENT, "bulk.interrupted.do"
            raise failure

    async def _tell(self, outbox: Outbox, judged: _Judged) -> int:
        """Tell what became of every row."""
        entries = {entry.key: entry async for entry in outbox.entries()}
        accepted, parts, unknown = 0, 0, 0
        rejected = list(judged.rejected)
        for row in judged.good:
            entry = entries[row.key]
            if entry.state is OutboxState.ACCEPTED:
                accepted, parts = accepted + 1, parts + len(entry.message_ids)
            elif not entry.state.is_finished:  # UNKNOWN, or another process is sending it now
                unknown += 1
                self._tell_unknown(row, entry)
            else:
                row.reason = entry.reason
                rejected.append(row)
        rejected.sort(key=lambda row: row.number)
        for row in rejected:
            self.screen.show(Text(_rejection(row, self.screen), style="red"))
            self.screen.write({"row": row.number, "outcome": "rejected", "reason": row.reason})
        rows.write_rejected(self.rejected_path, self.table, rejected)
        self._show_sum(accepted, parts, unknown, len(rejected))
        if unknown:
            return ExitCode.UNKNOWN
        return ExitCode.REFUSED if rejected else ExitCode.DONE

    def _tell_unknown(self, row: Row, entry: OutboxEntry) -> None:
        """Tell of a row that may have been sent."""
        to = number(entry.message.to, is_full=False)
        said = self.screen.say("bulk.row.unknown", number=row.number, to=to)
        self.screen.show(Text(said, style="yellow"))
        self.screen.write({"row": row.number, "outcome": "unknown", "reason": entry.reason})

    def _show_sum(self, accepted: int, parts: int, unknown: int, rejected: int) -> None:
        """Show the sums, and where the rest is."""
        say = self.screen.say
        lines: list[tuple[str, RenderableType]] = [
            (say("accepted"), Text(say("bulk.accepted", count=accepted, parts=parts), style="bold"))
        ]
        if rejected:
            said = say("bulk.rejected.in", count=rejected, name=self.rejected_path.name)
            lines.append((say("bulk.rejected"), Text(said, style="bold red")))
        if unknown:
            lines.append((say("bulk.unknown"), Text(str(unknown), style="bold yellow")))
            lines.append((say("do"), say("bulk.unknown.do")))
        self.screen.show(labelled(*lines))
        self.screen.write(
            {
                "rows": len(self.table.rows),
                "accepted": accepted,
                "parts": parts,
                "unknown": unknown,
                "rejected": rejected,
                "rejected_file": str(self.rejected_path) if rejected else None,
            }
        )


async def _watch(outbox: Outbox, show: Callable[[int, int], None]) -> None:
    """Look how far it is, until cancelled."""
    while True:
        await _look(outbox, show)
        await asyncio.sleep(LOOK_AFTER)


async def _look(outbox: Outbox, show: Callable[[int, int], None]) -> None:
    """Show how far it is now."""
    counts = await outbox.counts()
    total = sum(counts.values()) - counts[OutboxState.DISCARDED]
    show(total - counts[OutboxState.QUEUED] - counts[OutboxState.SENDING], total)


@contextmanager
def _progress(screen: Screen) -> Iterator[Callable[[int, int], None]]:
    """Give what shows how far it is: a bar on a terminal, else a line now and then."""
    if screen.is_json:
        yield lambda _done, _total: None
    elif not screen.out.is_terminal:
        yield _Lines(screen)
    else:
        columns = (
            TextColumn(screen.say("bulk.sending")),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=screen.out) as bar:
            task = bar.add_task("", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Progress where lines can't be drawn over.

    Args:
        screen: Where they are shown.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = (0, monotonic())

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is, if that is news."""
        shown, at = self._last
        if done == shown or (done < total and monotonic() - at < LINE_AFTER):
            return
        self._last = (done, monotonic())
        self._screen.show(self._screen.say("bulk.progress", done=done, total=total))

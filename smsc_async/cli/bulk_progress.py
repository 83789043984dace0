"""The progress of `smsc bulk`: a bar on a terminal, else lines.

Rule: the counts are those of the outbox; the display keeps none of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from smsc_async.cli.i18n import _
from smsc_async.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsc_async.cli.console import Screen
    from smsc_async.outbox import Outbox

POLL_INTERVAL: Final = 0.2
"""Seconds between two updates of the progress."""
LINE_INTERVAL: Final = 5.0
"""Seconds between two lines of progress, where the output isn't a terminal."""


async def poll_counts(outbox: Outbox, show: Callable[[int, int], None]) -> None:
    """Show the progress at intervals until cancelled."""
    while True:
        await show_counts(outbox, show)
        await asyncio.sleep(POLL_INTERVAL)


async def show_counts(outbox: Outbox, show: Callable[[int, int], None]) -> None:
    """Show the progress."""
    counts = await outbox.counts()
    total = sum(counts.values()) - counts[OutboxState.DISCARDED]
    waiting = (OutboxState.QUEUED, OutboxState.CLAIMED, OutboxState.SENDING)
    show(total - sum(counts[state] for state in waiting), total)


@contextmanager
def progress_display(screen: Screen) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows the progress: as a bar on a terminal, else as lines."""
    if screen.is_json:
        yield lambda _done, _total: None
    elif not screen.out.is_terminal:
        yield _ProgressLines(screen)
    else:
        columns = (
            TextColumn(screen.translate("sending")),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=screen.out) as bar:
            task = bar.add_task("", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


class _ProgressLines:
    """Progress as lines, where the output isn't a terminal.

    Args:
        screen: For the output.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = (0, monotonic())

    def __call__(self, done: int, total: int) -> None:
        """Show a line if there is progress and the interval is over, or all is done."""
        shown, at = self._last
        if done == shown or (done < total and monotonic() - at < LINE_INTERVAL):
            return
        self._last = (done, monotonic())
        self._screen.show_text(_("{done} of {total}"), done=done, total=total)

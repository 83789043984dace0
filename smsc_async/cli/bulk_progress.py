"""The progress of `smsc bulk`: a bar on a terminal, else lines; and what it waits for.

Rule: the counts are those of the outbox; the display keeps none of its own. While nothing can be
sent, it says why and until when: the connection is down, or a rule of the gateway holds what is
left.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from smsc_async.cli.i18n import TextWithValues, _
from smsc_async.cli.sentences import read_sentence
from smsc_async.instrumentation import ConnectFailed, LinkBound, LinkDown, Throttled
from smsc_async.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from smsc_async.cli.console import Screen
    from smsc_async.client.client import SmscClient
    from smsc_async.instrumentation import LinkEvent
    from smsc_async.outbox import Outbox, OutboxEntry

POLL_INTERVAL: Final = 0.2
"""Seconds between two updates of the progress."""
LINE_INTERVAL: Final = 5.0
"""Seconds between two lines of progress, where the output isn't a terminal."""

LINK_DOWN: Final = _("connection lost: {reason}; reconnecting")
NO_LINK: Final = _("no connection: {reason}; next attempt at {time}")
THROTTLED: Final = _("the gateway limits the rate; it goes on at {time}")
RULES_UNREACHABLE: Final = _("the shared rules can't be reached; this run goes by its own")

_RUNNING: Final = (OutboxState.CLAIMED, OutboxState.SENDING)
_WAITING: Final = (OutboxState.QUEUED, *_RUNNING)


class Step(NamedTuple):
    """What the display shows.

    Args:
        done: Messages that aren't waiting any more.
        total: All messages.
        notice: What the rest waits for, None while it is being sent.
    """

    done: int
    total: int
    notice: TextWithValues | None = None


def done_of(counts: Mapping[OutboxState, int]) -> int:
    """Return how many messages of an outbox aren't waiting any more; discarded ones are none."""
    return sum(counts.values()) - sum(counts[one] for one in (*_WAITING, OutboxState.DISCARDED))


class BulkProgress:
    """Finds out how far a run is.

    Args:
        outbox: Of the run.
        before: Messages that weren't waiting any more when it began: they are none of this run.
    """

    def __init__(self, outbox: Outbox, *, before: int = 0) -> None:
        self._outbox = outbox
        self._before = before
        self._link: TextWithValues | None = None
        self._throttled: tuple[float, TextWithValues] | None = None
        self._hold: tuple[float, TextWithValues] | None = None

    def on_link_event(self, event: LinkEvent) -> None:
        """Remember why there is no link, and why nothing may be written."""
        match event:
            case LinkBound():
                self._link = None
            case LinkDown(reason=reason):
                self._link = TextWithValues(LINK_DOWN, {"reason": read_sentence(reason)})
            case ConnectFailed(retry_in=float() as wait, reason=reason):
                at = clock_time(time.time() + wait)
                self._link = TextWithValues(NO_LINK, {"reason": read_sentence(reason), "time": at})
            case Throttled(pause=pause):
                until = time.time() + pause
                notice = TextWithValues(THROTTLED, {"time": clock_time(until)})
                self._throttled = until, notice

    async def poll(self, smsc: SmscClient, show: Callable[[Step], None]) -> None:
        """Show the progress at intervals until cancelled."""
        while True:
            show(await self.step(smsc))
            await asyncio.sleep(POLL_INTERVAL)

    async def step(self, smsc: SmscClient | None = None) -> Step:
        """Return the current progress; without a client nothing is waited for."""
        counts = await self._outbox.counts()
        waiting = sum(counts[state] for state in _WAITING)
        done = done_of(counts) - self._before
        notice = None
        if smsc is not None and waiting:
            is_running = any(counts[state] for state in _RUNNING)
            notice = await self._notice(smsc, is_running=is_running)
        return Step(done, done + waiting, notice)

    async def _notice(self, smsc: SmscClient, *, is_running: bool) -> TextWithValues | None:
        """Return what the rest waits for."""
        health, now = smsc.health(), time.time()
        if not health.is_ready:
            return self._link
        if self._throttled is not None and now < self._throttled[0]:
            return self._throttled[1]
        if health.rules.is_degraded:
            return TextWithValues(RULES_UNREACHABLE, {})
        if is_running:
            return None
        if self._hold is None or now >= self._hold[0]:
            queued = [entry async for entry in self._outbox.entries(OutboxState.QUEUED)]
            self._hold = hold_of(queued, now)
        return None if self._hold is None else self._hold[1]


HELD: Final = _("what is left waits until {time}")
_HOLDS: Final = (
    (
        "takes no repeat",
        _("the gateway takes no repeat within a minute; what is left waits until {time}"),
    ),
    (
        "in a row to one subscriber",
        _("too many messages in a row to one number; what is left waits until {time}"),
    ),
)
"""Words of the errors of a hold, which the outbox stores as reasons, and the notices."""


def hold_of(queued: Iterable[OutboxEntry], now: float) -> tuple[float, TextWithValues] | None:
    """Return until when all *queued* entries are held, and the notice; None if one is due."""
    first = min(queued, key=lambda entry: entry.not_before, default=None)
    if first is None or first.not_before <= now:
        return None
    text = next((text for words, text in _HOLDS if words in first.reason), HELD)
    return first.not_before, TextWithValues(text, {"time": clock_time(first.not_before)})


def clock_time(at: float) -> str:
    """Return a time, seconds since 1970, as a clock in the user's zone shows it."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")


@contextmanager
def show_progress(screen: Screen) -> Iterator[Callable[[Step], None]]:
    """Yield a function that shows the progress: as a bar on a terminal, else as lines."""
    if screen.is_json:
        yield lambda _step: None
    elif not screen.out.is_terminal:
        yield _ProgressLines(screen)
    else:
        with _Bar(screen) as bar:
            yield bar.show


class _Bar(Progress):
    """A bar, and under it what the run waits for.

    Args:
        screen: For the output.
    """

    def __init__(self, screen: Screen) -> None:
        self._translate = screen.translate
        self._notice: TextWithValues | None = None
        super().__init__(
            TextColumn(screen.translate("sending")),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=screen.out,
        )
        self._task = self.add_task("", total=None)

    def show(self, step: Step) -> None:
        """Show the progress."""
        self._notice = step.notice
        self.update(self._task, completed=step.done, total=step.total)

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the bar and the notice."""
        yield from super().get_renderables()
        if self._notice is not None:
            text = self._translate(self._notice.text, **self._notice.values)
            yield Text(text, style="yellow")


class _ProgressLines:
    """Progress as lines, where the output isn't a terminal.

    Args:
        screen: For the output.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = (0, monotonic())
        self._notice: TextWithValues | None = None
        self._noticed_at = -LINE_INTERVAL

    def __call__(self, step: Step) -> None:
        """Show a line if there is progress and the interval is over, or all is done."""
        self._show_notice(step.notice)
        shown, at = self._last
        done, total = step.done, step.total
        if done == shown or (done < total and monotonic() - at < LINE_INTERVAL):
            return
        self._last = (done, monotonic())
        self._screen.show_text(_("{done} of {total}"), done=done, total=total)

    def _show_notice(self, notice: TextWithValues | None) -> None:
        """Show what is waited for, when that changes; of one kind, a line in an interval."""
        if notice is None or notice == self._notice:
            return
        is_new = self._notice is None or notice.text != self._notice.text
        if is_new or monotonic() - self._noticed_at >= LINE_INTERVAL:
            self._notice, self._noticed_at = notice, monotonic()
            self._screen.show_text(notice.text, "yellow", **notice.values)

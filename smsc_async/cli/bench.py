"""`smsc bench`: throughput and latency of a link, and the smallest sufficient window.

Rule: nothing is sent before the cost is confirmed, and only the window sizes that were asked for
are measured.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count as numbers
from pathlib import Path  # noqa: TC003 -- cyclopts reads the annotations
from time import perf_counter
from typing import Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from smsc_async.cli.arguments import parse_duration
from smsc_async.cli.bench_report import show_head, show_step, show_stop, show_summary
from smsc_async.cli.bench_task import (
    BenchTask,
    check_range,
    check_writable,
    confirm,
    parse_windows,
    parts_of,
    recipients_of,
)
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode
from smsc_async.cli.load_test import LoadStep, LoadTest
from smsc_async.cli.runner import NOT_SENT, UNKNOWN, SendProgress, read_config, run_async
from smsc_async.messages import Sms
from smsc_async.rules.limits import GatewayLimits

WINDOWS: Final = "1,2,5,10,20,50,100"
_LOWEST_RATE: Final = 0.01
_REDRAW_INTERVAL: Final = 0.5


def bench_command(
    url: str | None = None,
    *,
    recipients: Path | None = None,
    windows: str = WINDOWS,
    messages: int = 100,
    warm_up: int = 10,
    rate: float | None = None,
    text: str = "smsc bench",
    sender: str = "",
    wait: Annotated[float, Parameter(converter=parse_duration)] = 10.0,
    html: Path | None = None,
    yes: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Measure a link.

    Args:
        url: Of the gateway; None means SMSC_URL.
        recipients: File with one number a line; not needed for the simulator.
        windows: Window sizes to measure, in this order, separated by commas.
        messages: At each window.
        warm_up: Messages before the measurement, at each window.
        rate: Maximum parts a second; None means the default of an account, for the simulator none.
        text: Of the messages; a number is appended.
        sender: Name or number of the sender.
        wait: Timeout of the receipts, seconds; 0 doesn't wait.
        html: File for a report.
        yes: Don't ask for consent.
        screen: For the output.
    """
    sizes = parse_windows(windows)
    check_range("--messages", messages, 1)
    check_range("--warm-up", warm_up, 0)
    check_range("--rate", rate, _LOWEST_RATE)
    progress = SendProgress(NOT_SENT)
    config = read_config(url, progress)
    total = len(sizes) * (messages + warm_up)
    to = recipients_of(recipients, config, total)
    task = BenchTask(
        config=replace(config, window=max(sizes)),
        messages=(Sms(to=next(to), text=f"{text} {n}", sender=sender) for n in numbers(1)),
        parts=parts_of(config, text, sender, total),
        windows=sizes,
        count=messages,
        warm_up=warm_up,
        rate=rate or (None if config.is_simulated else GatewayLimits().rate),
        wait=wait,
        html=html,
    )
    check_writable(html)
    confirm(task, screen, is_agreed=yes)
    return run_async(_measure(task, progress, screen), progress, screen)


async def _measure(task: BenchTask, progress: SendProgress, screen: Screen) -> int:
    """Connect, measure, and show the figures of each window."""
    # Imported here: an invalid URL needs no client.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    steps: list[LoadStep] = []
    async with AsyncExitStack() as stack:
        with screen.spinner("connecting"):
            # All rules are on, but the load test does the pacing.
            client = SmscClient(task.config, limits=GatewayLimits(rate=None))
            smsc = await stack.enter_async_context(client)
        progress.outcome = UNKNOWN
        show_head(screen)
        line = _StatusLine(screen, task.count)
        load_test = LoadTest(
            smsc,
            task.messages,
            parts=task.parts,
            rate=task.rate,
            wait=task.wait,
            on_progress=line.update,
        )
        stack.callback(line.stop)
        try:
            async for step in load_test.steps(task.windows, task.count, warm_up=task.warm_up):
                line.stop()
                steps.append(step)
                show_step(step, screen)
        except BaseException:
            line.stop()
            show_stop(load_test.accepted, screen)
            raise
    show_summary(steps, task, screen)
    return ExitCode.REFUSED if any(step.failed for step in steps) else ExitCode.DONE


class _StatusLine:
    """Progress of a window, shown on a terminal only.

    Drawing takes processor time, which is measured as well, so the line is redrawn rarely.
    """

    def __init__(self, screen: Screen, count: int) -> None:
        self._translate = screen.translate
        self._count = count
        is_shown = screen.err.is_terminal and not screen.is_json
        self._status = screen.err.status("", refresh_per_second=2) if is_shown else None
        self._drawn_at = 0.0

    def update(self, window: int, answered: int) -> None:
        """Show the number of answered messages."""
        now = perf_counter()
        if self._status is not None and now - self._drawn_at >= _REDRAW_INTERVAL:
            counted = {"window": window, "answered": answered, "count": self._count}
            self._status.update(Text(self._translate("bench.at", **counted), style="dim"))
            self._status.start()
            self._drawn_at = now

    def stop(self) -> None:
        """Remove the line."""
        if self._status is not None:
            self._status.stop()

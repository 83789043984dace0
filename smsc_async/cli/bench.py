"""`smsc bench`: how much a link carries, and at which window it carries no more.

Rule: every message of it is paid, so it begins with a number and a question. Without recipients
that were named there is nobody to send to but the simulator; a window that was asked for is
measured, one that wasn't is not.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import count as numbers
from itertools import cycle
from pathlib import Path  # noqa: TC003 -- cyclopts reads the annotations
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from rich.text import Text

from smsc_async.cli.arguments import seconds, wrong_use
from smsc_async.cli.charts import Axis, Series, lines, page, section, short, table
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import ExitCode, Failure
from smsc_async.cli.load_test import Step, Sweep, enough
from smsc_async.cli.runner import NOT_SENT, UNKNOWN, Course, read_config, travel
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan as make_plan
from smsc_async.messages import Sms
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.cli.i18n import Say
    from smsc_async.client.client import SmscClient
    from smsc_async.config import SmscConfig

WINDOWS: Final = "1,2,5,10,20,50,100"
RATE: Final = 100.0
"""Messages a second: an account's own limit unless it was raised."""
_FLOOD: Final = 50
"""Messages to one subscriber within the run; the gateway's flood rule begins there."""
_MOST: Final = 1_000_000
_SLOWEST: Final = 0.01
_SELDOM: Final = 0.5
_LARGEST: Final = 10_000
_YES: Final = frozenset({"yes", "y", "да", "д"})
_COLUMNS: Final = "{:>8} {:>10} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9}"


def bench(
    url: str | None = None,
    *,
    recipients: Path | None = None,
    windows: str = WINDOWS,
    messages: int = 100,
    warm_up: int = 10,
    rate: float | None = None,
    text: str = "smsc bench",
    sender: str = "",
    wait: Annotated[float, Parameter(converter=seconds)] = 10.0,
    html: Path | None = None,
    yes: Annotated[bool, Parameter(negative="")] = False,
    screen: Annotated[Screen, Parameter(parse=False)],
) -> int:
    """Measure a link.

    Args:
        url: Of the gateway; None takes SMSC_URL.
        recipients: File with a number in each line; the simulator needs none.
        windows: To measure, in this order, with commas between them.
        messages: At each window.
        warm_up: Messages before the measurement, at each window.
        rate: Parts a second at most; None is the account's usual limit, for the simulator none.
        text: Of the messages, each with a number behind it.
        sender: Name or number they come from.
        wait: For receipts, seconds; 0 doesn't.
        html: File for a report.
        yes: Don't ask.
        screen: Where to show it all.
    """
    sizes = _windows(windows)
    _check_at_least("--messages", messages, 1)
    _check_at_least("--warm-up", warm_up, 0)
    _check_at_least("--rate", rate, _SLOWEST)
    course = Course(NOT_SENT)
    config = read_config(url, course)
    total = len(sizes) * (messages + warm_up)
    to = _recipients(recipients, config, total)
    made = (Sms(to=next(to), text=f"{text} {number}", sender=sender) for number in numbers(1))
    task = _Task(
        config=replace(config, window=max(sizes)),
        messages=made,
        parts=_parts(config, text, sender, total),
        windows=sizes,
        count=messages,
        warm_up=warm_up,
        rate=rate or (None if config.is_simulated else RATE),
        wait=wait,
        html=html,
    )
    _check_writable(html)
    _agree(task, total, screen, is_agreed=yes)
    return travel(_measure(task, course, screen), course, screen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What was agreed on."""

    config: SmscConfig
    messages: Iterator[Sms]
    parts: int
    windows: tuple[int, ...]
    count: int
    warm_up: int
    rate: float | None
    wait: float
    html: Path | None


# Before anything is sent.


def _windows(written: str) -> tuple[int, ...]:
    """Read "1,10,100"."""
    words = written.split(",")
    if all(word.isascii() and word.isdigit() and 1 <= int(word) <= _LARGEST for word in words):
        return tuple(map(int, words))
    raise wrong_use("use.value", "smsc bench", name="--windows", value=written)


def _check_at_least(name: str, value: float | None, least: float) -> None:
    """Refuse a number that is too small; None was not given."""
    if value is not None and not least <= value <= _MOST:
        raise wrong_use("use.value", "smsc bench", name=name, value=f"{value:g}")


def _check_writable(html: Path | None) -> None:
    """Refuse a report that can't be written, before anything is paid for it."""
    if html is None:
        return
    try:
        html.touch()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _refusal("bench.no_file", file=str(html), reason=reason) from None


def _recipients(file: Path | None, config: SmscConfig, total: int) -> Iterator[str]:
    """Return numbers by turns: those of the file, or for the simulator invented ones.

    Raises:
        Failure: No file, none that can be read, a line that is no number, or too few of them.
    """
    if total > _MOST:
        raise _refusal("bench.too_many", total=total, most=_MOST)
    if file is None:
        if not config.is_simulated:
            raise _refusal("bench.no_recipients")
        return (f"7916{number % 10_000_000:07d}" for number in numbers())
    found = _read(file)
    needed = -(-total // _FLOOD)
    if len(found) < needed:
        raise _refusal("bench.too_few", given=len(found), needed=needed, total=total)
    return cycle(found)


def _read(file: Path) -> list[str]:
    """Read a file of numbers; empty lines and those that begin with "#" don't count."""
    try:
        lines_ = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8?"
        raise _refusal("bench.no_file", file=str(file), reason=reason) from None
    found: dict[str, None] = {}
    for number, line in enumerate(lines_, 1):
        written = line.strip()
        if written and not written.startswith("#"):
            found[_number(written, number, file)] = None
    return list(found)


def _number(written: str, line: int, file: Path) -> str:
    """Return a number as a message takes it; what was written isn't repeated."""
    try:
        return Sms(to=written, text="-").to
    except InvalidMessageError:
        pass
    # Outside of the handler: no context that could hold the number.
    raise _refusal("bench.bad_number", file=str(file), line=line)


def _parts(config: SmscConfig, text: str, sender: str, total: int) -> int:
    """Return how many parts the longest of the messages is; refuse what can't travel."""
    message = Sms(to="79161234567", text=f"{text} {total}", sender=sender)
    return make_plan(message, TextSettings.from_config(config)).parts


def _agree(task: _Task, total: int, screen: Screen, *, is_agreed: bool) -> None:
    """Say what it will cost; go on if that is agreed to, or costs nothing."""
    say = screen.say
    counted = {
        "messages": say.count("messages", total),
        "parts": say.count("parts", total * task.parts),
    }
    if task.config.is_simulated:
        screen.show(Text(say("bench.free", **counted), style="dim"))
        return
    least = total * task.parts / (task.rate or 1)
    screen.show(
        Text(say("bench.cost", **counted, where=str(task.config)), style="bold yellow"),
        Text(say("bench.takes", seconds=f"{least:.0f}", rate=f"{task.rate:g}"), style="dim"),
    )
    if is_agreed:
        return
    if screen.is_json or not _can_ask():
        raise _refusal("bench.needs_yes", **counted)
    if screen.out.input(say("bench.ask") + " ").strip().lower() not in _YES:
        raise _refusal("bench.declined")


def _can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def _refusal(key: str, **values: str | int) -> Failure:
    """Make the failure for what isn't begun."""
    failure = Failure(ExitCode.WRONG_USE, key, went=NOT_SENT)
    failure.values.update(values)
    return failure


# The measurement.


def _client(task: _Task) -> SmscClient:
    """Return the client, with all rules on and the pace that was agreed on."""
    # Imported here, as above.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    # The sweep keeps the pace itself.
    return SmscClient(task.config, limits=GatewayLimits(rate=None))


async def _measure(task: _Task, course: Course, screen: Screen) -> int:
    """Connect, measure, and show each window as it is done."""
    steps: list[Step] = []
    async with AsyncExitStack() as stack:
        with screen.waiting("connecting"):
            smsc = await stack.enter_async_context(_client(task))
        course.went = UNKNOWN
        _show_head(screen)
        progress = _Progress(screen, task.count)
        sweep = Sweep(
            smsc,
            task.messages,
            parts=task.parts,
            rate=task.rate,
            wait=task.wait,
            told=progress.told,
        )
        stack.callback(progress.stop)
        try:
            async for step in sweep.steps(task.windows, task.count, warm_up=task.warm_up):
                progress.stop()
                steps.append(step)
                _show_step(step, screen)
        except BaseException:
            progress.stop()
            _show_stop(sweep.accepted, screen)
            raise
    _sum_up(steps, task, screen)
    return ExitCode.REFUSED if any(step.failed for step in steps) else ExitCode.DONE


class _Progress:
    """A line on a terminal that tells how far it is; nothing elsewhere.

    Drawing it takes processor time, which is measured here: so it is drawn seldom.
    """

    def __init__(self, screen: Screen, count: int) -> None:
        self._say = screen.say
        self._count = count
        is_shown = screen.err.is_terminal and not screen.is_json
        self._status = screen.err.status("", refresh_per_second=2) if is_shown else None
        self._shown_at = 0.0

    def told(self, window: int, answered: int) -> None:
        """Show how far a window is."""
        now = perf_counter()
        if self._status is not None and now - self._shown_at >= _SELDOM:
            said = self._say("bench.at", window=window, answered=answered, count=self._count)
            self._status.update(Text(said, style="dim"))
            self._status.start()
            self._shown_at = now

    def stop(self) -> None:
        """Take the line away."""
        if self._status is not None:
            self._status.stop()


# What is shown.


def _show_head(screen: Screen) -> None:
    """Name the columns."""
    names = ("window", "rate", "p50", "p95", "p99", "cpu", "receipts", "failed")
    head = _COLUMNS.format(*(screen.say(f"bench.columns.{name}") for name in names))
    screen.show("", Text(head, style="dim"), wrap=False)


def _show_step(step: Step, screen: Screen) -> None:
    """Show one window."""
    receipts = _seconds(step.receipt_p50) if step.receipts else "–"
    row = _COLUMNS.format(
        step.window,
        short(step.rate),
        *(_milliseconds(value) for value in (step.p50, step.p95, step.p99)),
        short(step.cpu * 1e6),
        receipts,
        step.failed,
    )
    screen.show(Text(row, style="red" if step.failed else ""), wrap=False)
    screen.write(_as_json(step))


def _show_stop(accepted: int, screen: Screen) -> None:
    """Say what is paid by now, where it ends before the end."""
    counted = screen.say.count("messages", accepted)
    screen.show("", Text(screen.say("bench.stopped", messages=counted), style="bold yellow"))
    screen.write({"event": "stopped", "accepted": accepted})


def _as_json(step: Step) -> dict[str, Any]:
    """Return one window for a program, with the units in the names."""
    return {
        "event": "step",
        "window": step.window,
        "accepted": step.accepted,
        "failed": step.failed,
        "why": step.why,
        "rate": round(step.rate, 1),
        "p50_ms": _rounded(step.p50, 1e3),
        "p95_ms": _rounded(step.p95, 1e3),
        "p99_ms": _rounded(step.p99, 1e3),
        "cpu_us": _rounded(step.cpu, 1e6),
        "receipts": step.receipts,
        "receipt_p50_s": _rounded(step.receipt_p50, 1),
        "receipt_p95_s": _rounded(step.receipt_p95, 1),
    }


def _rounded(value: float | None, times: float) -> float | None:
    """Return seconds in another unit, as far as they mean something."""
    return None if value is None else round(value * times, 3)


def _sum_up(steps: list[Step], task: _Task, screen: Screen) -> None:
    """Say which window is enough, and write the report."""
    for sentence in _conclusions(steps, task, screen.say):
        screen.show("", Text(sentence, style="bold"))
    found = enough(steps)
    screen.write(
        {
            "event": "summary",
            "url": str(task.config),
            "rate_limit": task.rate,
            "parts": task.parts,
            "enough": None if found is None else found.window,
            "accepted": sum(step.accepted for step in steps),
            "failed": sum(step.failed for step in steps),
        }
    )
    if task.html is not None:
        task.html.write_text(_report(steps, task, screen.say), encoding="utf-8")
        screen.show("", Text(str(task.html), style="dim"), wrap=False)


def _conclusions(steps: list[Step], task: _Task, say: Say) -> list[str]:
    """Return what follows from the figures."""
    found = enough(steps)
    if found is None:
        return [say("bench.nothing")]
    is_largest = len(steps) > 1 and found.window == max(step.window for step in steps)
    key = "bench.largest" if is_largest else "bench.enough"
    said = [say(key, window=found.window, rate=short(found.rate))]
    if task.rate is not None and found.rate * task.parts >= task.rate * 0.9:
        said.append(say("bench.paced", rate=f"{task.rate:g}"))
    why = {name for step in steps for name in step.why}
    said += [
        say("bench.failed", what=say(name), times=sum(step.why.get(name, 0) for step in steps))
        for name in sorted(why)
    ]
    if task.config.is_simulated:
        said.append(say("bench.simulated"))
    return said


def _milliseconds(value: float | None) -> str:
    """Return a latency as a table has room for it."""
    return "–" if value is None else f"{value * 1000:.3g}"


def _seconds(value: float | None) -> str:
    """Return a receipt's delay as a table has room for it."""
    return "–" if value is None else f"{value:.3g}"


def _report(steps: list[Step], task: _Task, say: Say) -> str:
    """Return the report as a page."""
    window = Axis(say("bench.columns.window"), is_log=True)
    latencies = [
        Series(name, [(step.window, (getattr(step, name) or 0) * 1000) for step in steps])
        for name in ("p50", "p95", "p99")
    ]
    rates = Series(say("bench.rate"), [(step.window, step.rate) for step in steps])
    names = ("window", "rate", "p50", "p95", "p99", "cpu", "receipts", "failed")
    rows = [
        [
            str(step.window),
            short(step.rate),
            *(_milliseconds(value) for value in (step.p50, step.p95, step.p99)),
            short(step.cpu * 1e6),
            _seconds(step.receipt_p50),
            str(step.failed),
        ]
        for step in steps
    ]
    return page(
        say("bench.title"),
        f"{task.config}. {' '.join(_conclusions(steps, task, say))}",
        section(
            say("bench.figures"),
            "",
            lines(say("bench.rate"), [rates], window, Axis("1/s")),
            lines(say("bench.latency"), latencies, window, Axis(say("bench.ms"))),
            table([say(f"bench.columns.{name}") for name in names], rows),
        ),
        language=say.language,
    )

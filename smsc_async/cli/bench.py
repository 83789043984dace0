"""`smsc bench`: throughput and latency of a link, and the smallest sufficient window.

Rule: every message may be charged, so nothing is sent before the user has seen their number
and agreed, and only the window sizes that were asked for are measured. On this machine itself a
simulator listens: without a file of recipients, numbers are generated for it, and it needs no
consent. A file of recipients does, as a tunnel from this machine may lead to a gateway.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count as numbers
from itertools import cycle
from pathlib import Path  # noqa: TC003 -- cyclopts reads the annotations
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from smsc_async.cli.arguments import parse_duration, usage_error, value_out_of_range
from smsc_async.cli.bench_report import show_head, show_step, show_stop, show_summary, write_report
from smsc_async.cli.console import Screen  # noqa: TC001 -- cyclopts reads the annotations
from smsc_async.cli.failures import (
    MEASURED,
    NOT_SENT,
    UNKNOWN,
    ExitCode,
    Failure,
    failure_before_sending,
)
from smsc_async.cli.foreign_deliveries import without_receipts
from smsc_async.cli.formatting import MESSAGES, PARTS
from smsc_async.cli.html_page import short
from smsc_async.cli.i18n import TextWithValues, _, _n
from smsc_async.cli.load_test import BenchTask, LoadStep, LoadTest
from smsc_async.cli.runner import SendProgress, is_local, read_config, run_async
from smsc_async.cli.sentences import os_reason
from smsc_async.cli.tables.numbers import clean_number
from smsc_async.errors import InvalidMessageError
from smsc_async.gateway.coding import TextSettings
from smsc_async.gateway.plan import plan
from smsc_async.messages import Sms
from smsc_async.rules.limits import GatewayLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsc_async.config import SmscConfig

_MOST_MESSAGES: Final = 1_000_000
_LARGEST_WINDOW: Final = 10_000
_YES: Final = frozenset({"yes", "y", "да", "д"})
_REDRAW_INTERVAL: Final = 0.5


def bench_command(
    url: str | None = None,
    *,
    recipients: Path | None = None,
    windows: str = "1,2,5,10,20,50,100",
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
    """Measure throughput and latency of a link.

    They are measured at each window size, and the smallest sufficient window is named. All
    messages are sent, and a gateway charges them.

    The number of messages is shown first, and nothing is sent to a gateway before you confirm. A
    simulator on this machine (sim://, localhost, 127.0.0.1, ::1) needs neither recipients nor
    consent.

    Args:
        url: Gateway; default: $SMSC_URL. sim:// is the simulator.
        recipients: Numbers to send to, one per line; not needed on this machine, unless a tunnel
            leads from it to a gateway.
        windows: Window sizes to measure.
        messages: Messages measured at each window size.
        warm_up: Unmeasured messages sent before them at each window size.
        rate: Maximum parts per second; default: 100, none on this machine.
        text: Text of the messages; a number is appended.
        sender: Name or number of the sender.
        wait: Timeout of the receipts at each window size, which are taken from other programs of
            the login, too; 0 doesn't wait and takes none.
        html: Write a report; with pip install 'smsc-async[plots]' it has charts.
        yes: Don't ask before sending.
        screen: For the output.

    Examples:
        smsc bench sim://
        smsc bench --recipients my-numbers.txt --windows 10,50 --html report.html
    """
    sizes = _parse_windows(windows)
    _check_range("--messages", messages, 1)
    _check_range("--warm-up", warm_up, 0)
    _check_range("--rate", rate, 0.01)
    config = read_config(url, SendProgress(NOT_SENT))
    config = config if wait else without_receipts(config, url)
    # With recipients it may be a gateway, behind a tunnel from this machine.
    is_free = is_local(config) and recipients is None
    progress = SendProgress("" if is_free else NOT_SENT)
    total = len(sizes) * (messages + warm_up)
    to = _recipients_of(recipients, config, total)
    run = run_label(datetime.now(UTC))
    longest = Sms(to="79161234567", text=f"{text} {run} {total}", sender=sender)
    task = BenchTask(
        config=replace(config, window=max(sizes)),
        messages=(Sms(to=next(to), text=f"{text} {run} {n}", sender=sender) for n in numbers(1)),
        parts=plan(longest, TextSettings.from_config(config)).parts,
        windows=sizes,
        count=messages,
        warm_up=warm_up,
        rate=rate or (None if is_free else GatewayLimits().rate),
        wait=wait,
        html=html,
        is_free=is_free,
    )
    _check_writable(html)
    _confirm(task, screen, is_agreed=yes)
    return run_async(_measure(task, progress, screen), progress, screen)


def run_label(now: datetime) -> str:
    """Return what tells the texts of this run from those of others within the hour.

    The gateway refuses the same text to the same number within a minute. It has always 7 digits:
    two runs have the same number of parts.
    """
    return f"{now:%M%S}{now.microsecond // 1000:03d}"


def _parse_windows(value: str) -> tuple[int, ...]:
    """Return the window sizes of "1,10,100"."""
    words = value.split(",")
    if all(
        word.isascii() and word.isdigit() and 1 <= int(word) <= _LARGEST_WINDOW for word in words
    ):
        return tuple(map(int, words))
    raise usage_error(
        "use.windows",
        _(
            "--windows: whole numbers from 1 to {most}, separated by commas, are needed,"
            " got {value!r}"
        ),
        "smsc bench",
        most=_LARGEST_WINDOW,
        value=value,
    )


def _check_range(name: str, value: float | None, least: float) -> None:
    """Reject a number below *least* or too large; None wasn't given."""
    if value is not None and not least <= value <= _MOST_MESSAGES:
        raise value_out_of_range(name, f"{value:g}", "smsc bench", least=least, most=_MOST_MESSAGES)


def _check_writable(html: Path | None) -> None:
    """Reject a report file that can't be written, before any message is charged."""
    if html is None:
        return
    try:
        is_other = html.exists() and not html.is_file()
        if not is_other:
            with html.open("ab"):
                return
    except (OSError, ValueError) as error:
        raise _unusable_file(html, error) from None
    # A full device says so only when it is written to.
    raise failure_before_sending(
        "bench.not_a_file",
        _("can't use {file}: it isn't an ordinary file"),
        advice=_("use another file"),
        file=str(html),
    )


def _unusable_file(file: Path, error: Exception) -> Failure:
    """Return the failure for a file that can't be read or written."""
    text, advice = _("can't use {file}: {reason}"), _("use another file")
    reason = os_reason(error)
    if isinstance(error, UnicodeDecodeError):
        reason = TextWithValues(_("it isn't UTF-8 text"), {})
    return failure_before_sending(
        "bench.no_file", text, advice=advice, file=str(file), reason=reason
    )


def _recipients_of(file: Path | None, config: SmscConfig, total: int) -> Iterator[str]:
    """Yield numbers endlessly: those of the file in turn, or generated ones on this machine.

    Raises:
        Failure: There is no file, it can't be read, a line is no number, or there are too few.
    """
    if total > _MOST_MESSAGES:
        raise failure_before_sending(
            "bench.too_many",
            _("too many messages: {total}; the maximum is {most}"),
            advice=_("send fewer messages: --messages, --warm-up, --windows"),
            total=total,
            most=_MOST_MESSAGES,
        )
    if file is None:
        if not is_local(config):
            raise failure_before_sending(
                "bench.no_recipients",
                _("recipients are needed: a gateway on another machine requires --recipients"),
                advice=_("write your own test numbers to a file, one per line: --recipients FILE"),
            )
        # Of no subscriber: no area of Russia has a code that begins with 0.
        return (f"7000{number % 10_000_000:07d}" for number in numbers())
    found = _read_numbers(file)
    needed = -(-total // (GatewayLimits().flood_length or total))
    if len(found) < needed:
        raise failure_before_sending(
            "bench.too_few",
            _("too few numbers: {given}; more to one number are a flood, needed are {needed}"),
            advice=_("add numbers, or send fewer messages: --messages, --warm-up, --windows"),
            given=len(found),
            needed=needed,
        )
    return cycle(found)


def _read_numbers(file: Path) -> list[str]:
    """Return the different numbers of a file, without empty lines and "#" comments."""
    try:
        content = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable_file(file, error) from None
    found: dict[str, None] = {}
    for number, line in enumerate(content, 1):
        if line.strip() and not line.strip().startswith("#"):
            try:
                found[Sms(to=clean_number(line).text, text="-").to] = None
                continue
            except InvalidMessageError as error:
                reason = error.reason
            # Outside of the handler: no context that could contain the number.
            failure = failure_before_sending(
                "bench.bad_number",
                _("line {line} of {file} isn't a phone number"),
                advice=_("write one number per line, with the country code: 79991234567"),
                file=str(file),
                line=number,
            )
            failure.detail = reason
            raise failure
    return list(found)


_SENDING: Final = _n(
    "{number} message, {parts}, will be sent through {where}.",
    "{number} messages, {parts}, will be sent through {where}.",
)


def _confirm(task: BenchTask, screen: Screen, *, is_agreed: bool) -> None:
    """Show what will be sent and ask for confirmation, unless it is free or *is_agreed*.

    Raises:
        Failure: The user declines or can't be asked.
    """
    translate, parts = screen.translate, task.total * task.parts
    counted = {
        "messages": translate.count(MESSAGES, task.total),
        "parts": translate.count(PARTS, parts),
    }
    style = "dim" if task.is_free else "bold yellow"
    text = translate.count(_SENDING, task.total, parts=counted["parts"], where=str(task.config))
    text += "" if task.is_free else " " + translate("All of them are charged.")
    screen.show(Text(text, style=style))
    if task.rate is None:
        screen.show_text(_("The rate isn't limited; --rate N limits it."), "dim")
    else:
        text = _("At {rate} parts per second it takes at least {seconds} s.")
        decimal = screen.translate.decimal
        rate, seconds = decimal(f"{task.rate:g}"), decimal(short(parts / task.rate))
        screen.show_text(text, "dim", rate=rate, seconds=seconds)
    if task.is_free or is_agreed:
        return
    if screen.is_json or not _can_ask():
        raise failure_before_sending(
            "bench.needs_yes",
            _("sending {messages}, {parts}, needs confirmation"),
            advice=_("add --yes, or try it free of charge: smsc bench sim://"),
            **counted,
        )
    if screen.out.input(translate("Send them? yes/no:") + " ").strip().lower() not in _YES:
        raise failure_before_sending(
            "bench.declined",
            _("cancelled by you"),
            advice=_("use fewer --messages or --windows; smsc bench sim:// is free of charge"),
        )


def _can_ask() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin.isatty()


async def _measure(task: BenchTask, progress: SendProgress, screen: Screen) -> int:
    """Connect, measure, and show the figures of each window."""
    # Imported here: an invalid URL needs no client.
    from smsc_async.client.client import SmscClient  # noqa: PLC0415

    steps: list[LoadStep] = []
    async with AsyncExitStack() as stack:
        with screen.spinner(_("connecting …")):
            # All rules are on, but the load test does the pacing.
            client = SmscClient(task.config, limits=GatewayLimits(rate=None))
            smsc = await stack.enter_async_context(client)
        progress.outcome = "" if task.is_free else UNKNOWN
        show_head(screen)
        line = _StatusLine(screen, task.count)
        load_test = LoadTest(smsc, task, line.update)
        stack.callback(line.stop)
        try:
            async for step in load_test.steps():
                line.stop()
                steps.append(step)
                show_step(step, screen)
        except BaseException:
            line.stop()
            show_stop(load_test.accepted, screen)
            raise
    show_summary(steps, task, screen)
    _write_report(steps, task, screen, load_test.accepted)
    return ExitCode.REFUSED if any(step.failed for step in steps) else ExitCode.DONE


def _write_report(steps: list[LoadStep], task: BenchTask, screen: Screen, accepted: int) -> None:
    """Write the report; everything is sent already.

    Raises:
        Failure: The file can't be written.
    """
    try:
        write_report(steps, task, screen)
    except (OSError, ValueError) as error:
        raise Failure(
            ExitCode.USAGE_ERROR,
            "bench.cannot_write",
            _("can't write the report to {file}: {reason}"),
            advice=_("the table above has all figures; don't measure again for the report alone"),
            outcome="" if task.is_free else MEASURED,
            file=str(task.html),
            reason=os_reason(error),
            accepted=accepted,
            total=task.total,
        ) from error


class _StatusLine:
    """Progress of a window, shown on a terminal only.

    Drawing takes processor time, which is measured as well, so the line is redrawn rarely.
    """

    def __init__(self, screen: Screen, count: int) -> None:
        self._screen = screen
        self._count = count
        is_shown = screen.err.is_terminal and not screen.is_json
        self._status = screen.err.status("", refresh_per_second=2) if is_shown else None
        self._drawn_at = 0.0

    def update(self, window: int, answered: int) -> None:
        """Show the number of answered messages."""
        now = perf_counter()
        if self._status is not None and now - self._drawn_at >= _REDRAW_INTERVAL:
            counted = {"window": window, "answered": answered, "count": self._count}
            text = self._screen.translate("window {window}: {answered} of {count}", **counted)
            self._status.update(Text(text, style="dim"))
            self._status.start()
            self._drawn_at = now

    def stop(self) -> None:
        """Remove the line."""
        if self._status is not None:
            self._status.stop()

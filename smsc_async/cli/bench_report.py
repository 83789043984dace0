"""Output of `smsc bench`: the table on the terminal, JSON objects, and the report as a page.

Rule: nothing is measured or decided here. A report that can't be written is a failure that says how
many messages are charged.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from smsc_async.cli.failures import ERROR_TEXTS
from smsc_async.cli.formatting import MESSAGES
from smsc_async.cli.html_page import page, section, short, table
from smsc_async.cli.i18n import _
from smsc_async.cli.load_test import sufficient_step
from smsc_async.cli.plots import Axis, Series, lines, no_plots

if TYPE_CHECKING:
    from smsc_async.cli.console import Screen
    from smsc_async.cli.i18n import Translator
    from smsc_async.cli.load_test import BenchTask, LoadStep

_TITLES: Final = (
    _("window"), _("msg/s"), _("p50, ms"), _("p95, ms"), _("p99, ms"), _("CPU, us"),
    _("receipt, s"), _("failed"),
)  # fmt: skip
_COLUMNS: Final = "{:>8} {:>10} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9}"


def show_head(screen: Screen) -> None:
    """Show the header of the table."""
    screen.show("", Text(_COLUMNS.format(*_head(screen.translate)), style="dim"), wrap=False)


def show_step(step: LoadStep, screen: Screen) -> None:
    """Show the figures of one window."""
    row = _COLUMNS.format(*_cells(step, screen.translate))
    screen.show(Text(row, style="red" if step.failed else ""), wrap=False)
    screen.write_json(
        {
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
    )


def show_stop(accepted: int, screen: Screen) -> None:
    """Show how many messages were accepted before the measurement was stopped."""
    counted = screen.translate.count(MESSAGES, accepted)
    text = screen.translate("Stopped early; accepted so far: {messages}.", messages=counted)
    screen.show("", Text(text, style="bold yellow"))
    screen.write_json({"event": "stopped", "accepted": accepted})


def show_summary(steps: list[LoadStep], task: BenchTask, screen: Screen) -> None:
    """Show the conclusions."""
    for sentence in _conclusions(steps, task, screen.translate):
        screen.show("", Text(sentence, style="bold"))
    found = sufficient_step(steps)
    screen.write_json(
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


def write_report(steps: list[LoadStep], task: BenchTask, screen: Screen) -> None:
    """Write the report, if one is wanted.

    Raises:
        OSError: The file can't be written.
    """
    if task.html is None:
        return
    charts = _charts(steps, screen.translate)
    why = "" if all(charts) else no_plots()
    content = _report(steps, task, screen.translate, charts=charts, why=why)
    task.html.write_text(content, encoding="utf-8")
    screen.show("", Text(str(task.html), style="dim"), wrap=False)
    if why:
        screen.show_text(why, "dim")


def _head(translate: Translator) -> list[str]:
    """Return the titles of the columns."""
    return [translate(title) for title in _TITLES]


def _cells(step: LoadStep, translate: Translator) -> list[str]:
    """Return the figures of one window as a row."""
    figures = [
        str(step.window),
        short(step.rate),
        *(_figure(value, 1000) for value in (step.p50, step.p95, step.p99)),
        short(step.cpu * 1e6),
        _figure(step.receipt_p50),
        str(step.failed),
    ]
    return [*map(translate.decimal, figures)]


def _figure(value: float | None, times: float = 1) -> str:
    """Return a latency with three digits, in seconds times *times*."""
    return "–" if value is None else f"{value * times:.3g}"


def _rounded(value: float | None, times: float) -> float | None:
    """Return seconds in another unit, to three decimal places."""
    return None if value is None else round(value * times, 3)


def _conclusions(steps: list[LoadStep], task: BenchTask, translate: Translator) -> list[str]:
    """Return sentences about the sufficient window, the limits and the errors."""
    found = sufficient_step(steps)
    if found is None:
        return [translate("No message was accepted.")]
    is_largest = len(steps) > 1 and found.window == max(step.window for step in steps)
    text = (
        _("The largest window, {window}, is the fastest: {rate} messages/s; try larger ones.")
        if is_largest
        else _("Window {window} is sufficient: {rate} messages/s; larger ones hardly help.")
    )
    sentences = [translate(text, window=found.window, rate=translate.decimal(short(found.rate)))]
    if task.rate is not None and found.rate * task.parts >= task.rate * 0.9:
        sentences.append(
            translate(
                "The rate limit of {rate} parts per second is the bottleneck, not the link.",
                rate=translate.decimal(f"{task.rate:g}"),
            )
        )
    why = sum((Counter(step.why) for step in steps), Counter[str]())
    sentences += [f"{why[name]} x {translate(ERROR_TEXTS[name])}." for name in sorted(why)]
    if task.config.is_simulated:
        sentences.append(
            translate("The simulator runs in the same process, so the figures include its work.")
        )
    return sentences


def _charts(steps: list[LoadStep], translate: Translator) -> tuple[str, str]:
    """Return the charts of the report; empty where one can't be drawn."""
    decimal = translate.decimal
    window = Axis(translate("window"), is_log=True)
    latencies = [
        Series(name, [(step.window, (getattr(step, name) or 0) * 1000) for step in steps])
        for name in ("p50", "p95", "p99")
    ]
    title = translate("Messages per second")
    rates = Series(title, [(step.window, step.rate) for step in steps])
    return (
        lines(title, [rates], window, Axis(translate("msg/s"), decimal=decimal)),
        lines(
            translate("Time to the response"),
            latencies,
            window,
            Axis(translate("milliseconds"), decimal=decimal),
        ),
    )


def _report(
    steps: list[LoadStep],
    task: BenchTask,
    translate: Translator,
    *,
    charts: tuple[str, str],
    why: str,
) -> str:
    """Return the report as an HTML page.

    Args:
        steps: Figures of each window.
        task: What was measured.
        translate: Texts of the page.
        charts: Figures of the page.
        why: Why some of them are missing; empty if none is.
    """
    return page(
        translate("Link measurement"),
        f"{task.config}. {' '.join(_conclusions(steps, task, translate))}",
        section(
            translate("Figures"),
            translate(why) if why else "",
            *charts,
            table(_head(translate), [_cells(step, translate) for step in steps]),
        ),
        language=translate.language,
    )
